//! End to end: `gpucheck scan` of packages on servers, good ones and bad ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command, sync::Arc, time::Duration};

use common::{
    gpucheck, run,
    server::{Reply, Request, Server, authority, proxy, zip},
};
use serde_json::Value;

const WHEEL: &str = "demo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl";
const SECRET: &str = "hunter2";

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin").join(name)).unwrap()
}

/// A wheel with one library for sm_120 and one for nothing, and `padding` bytes of something else behind.
fn wheel(padding: usize) -> Arc<Vec<u8>> {
    Arc::new(zip(&[
        ("demo/kernels_cuda.so", &corpus("c13.5/so-sm_120.so")),
        ("demo/tables.fatbin", &corpus("c13.5/sass-sm_90.fatbin")),
        ("demo/data.bin", &vec![7; padding]),
        ("demo-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"),
    ]))
}

/// The binary with nothing of this machine's configuration of pip and uv.
fn scan(arguments: &[&str]) -> Command {
    let mut command = gpucheck();
    command.args(["scan"]).args(arguments).env("HOME", env!("CARGO_TARGET_TMPDIR")).env("PIP_CONFIG_FILE", "/dev/null");
    command.env("PIP_DEFAULT_TIMEOUT", "20").env("UV_NO_CONFIG", "1");
    command
}

fn report(command: &mut Command) -> (i32, Value) {
    let (code, out, err) = run(command.args(["--format", "json"]));
    assert!(!out.contains(SECRET) && !err.contains(SECRET), "{out}{err}");
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}")))
}

/// The one line that a command which must fail says.
fn fault(command: &mut Command) -> String {
    let (code, out, err) = run(command);
    // What only the network or the server can mend is not the user's mistake.
    let unreachable = [
        "no response within",
        "connection failed",
        "cannot connect through the proxy",
        "cannot resolve",
        "too slow",
        "truncated three times",
        "429: ",
        "the server failed three times",
    ];
    let wanted = if unreachable.iter().any(|words| err.contains(words)) { 3 } else { 2 };
    assert_eq!((code, out.as_str(), err.lines().count()), (wanted, "", 1), "{out}{err}");
    assert!(!err.contains(SECRET), "{err}");
    err
}

/// An index with one project, whose files are given out in parts.
fn index(files: Vec<(String, Arc<Vec<u8>>)>, json: bool) -> Server {
    Server::start(move |request, _| match request.path.as_str() {
        "/simple/demo/" if json => {
            let list: Vec<Value> = files
                .iter()
                .map(|(name, bytes)| serde_json::json!({"filename": name, "url": format!("../../files/{}", name.replace('+', "%2B")), "hashes": {}, "size": bytes.len()}))
                .collect();
            let page = serde_json::json!({"meta": {"api-version": "1.1"}, "name": "demo", "files": list});
            Reply::page("application/vnd.pypi.simple.v1+json", page.to_string())
        }
        "/simple/demo/" => {
            let link = |name: &str| {
                format!("<a href=\"/files/{}\" data-requires-python=\"&gt;=3.9\">x</a>", name.replace('+', "%2B"))
            };
            let list: String = files.iter().map(|(name, _)| link(name)).collect();
            Reply::page("text/html", format!("<!DOCTYPE html><html><body>{list}</body></html>"))
        }
        path => match files.iter().find(|(name, _)| path == format!("/files/{}", name.replace('+', "%2B"))) {
            Some((_, bytes)) => Reply::part(bytes, request),
            None => Reply::status(404),
        },
    })
}

fn names(names: &[&str]) -> Vec<(String, Arc<Vec<u8>>)> {
    names.iter().map(|name| ((*name).to_owned(), wheel(0))).collect()
}

#[test]
fn a_wheel_is_found_on_an_index_and_read_in_parts() {
    let files = || {
        vec![
            (WHEEL.to_owned(), wheel(40 << 20)),
            (WHEEL.replace("1.0", "0.9+cu128"), wheel(0)),
            ("demo-1.0-cp311-cp311-win_amd64.whl".to_owned(), wheel(0)),
            ("demo-1.1.tar.gz".to_owned(), Arc::new(Vec::new())),
        ]
    };
    for json in [true, false] {
        let server = index(files(), json);
        let (_, port) = server.url("").rsplit_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
        let url = format!("http://me:{SECRET}@127.0.0.1:{port}/simple");
        let linux = [
            "--platform",
            "manylinux_2_28_x86_64",
            "--python-version",
            "3.11",
            "--index-url",
            &url,
            "--gpu",
            "RTX 5090",
        ];
        let (code, found) = report(scan(&["Demo==1.0"]).args(linux));
        let remote = &found["remote"][0];
        assert_eq!(
            (code, &remote["file"], &remote["sampled"]),
            (0, &Value::from(WHEEL), &Value::from(false)),
            "{remote}"
        );
        assert!(remote["bytes"].as_u64().unwrap() < 600_000 && remote["size"].as_u64().unwrap() > 40 << 20, "{remote}");
        assert!(remote["index"].as_str().unwrap().contains("[redacted]@127.0.0.1"), "{remote}");
        let library =
            found["scan"].as_array().unwrap().iter().find(|one| one["path"] == "demo/kernels_cuda.so").unwrap();
        assert_eq!(library["runs_on"][0]["how"], "sass sm_120");
        let asked = server.requests();
        assert_eq!(remote["requests"], asked.len());
        assert!(asked[1..].iter().all(|request| request.header("range").is_some()), "{asked:?}");
        assert!(
            asked.iter().all(|request| request.header("authorization") == Some("Basic bWU6aHVudGVyMg==")),
            "{asked:?}"
        );
        // The older version's name has a plus sign, which is %2B in addresses.
        let (code, found) = report(scan(&["demo<1"]).args(linux));
        assert_eq!((code, found["remote"][0]["file"].as_str()), (0, Some(WHEEL.replace("1.0", "0.9+cu128").as_str())));
        let (_, found) = report(
            scan(&["demo==1.0", "--os", "windows", "--python-version", "3.11", "--index-url", &url]).args(["-q"]),
        );
        assert_eq!(found["remote"][0]["file"], "demo-1.0-cp311-cp311-win_amd64.whl");
    }
}

/// What is read over the network says what the file says.
#[test]
fn a_real_wheel_says_the_same() {
    let folder = common::wheel("bitsandbytes==0.50.2", "manylinux_2_24_x86_64");
    let path = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"))
        .unwrap();
    let bytes = Arc::new(fs::read(&path).unwrap());
    let served = Arc::clone(&bytes);
    let server = Server::start(move |request, _| Reply::part(&served, request));
    let url = server.url(&format!("/{}", path.file_name().unwrap().to_str().unwrap()));
    let (_, here) = report(&mut scan(&[path.to_str().unwrap()]));
    let (code, there) = report(&mut scan(&[&url, "--full"]));
    assert_eq!((code, &there["scan"], &there["remote"][0]["sampled"]), (0, &here["scan"], &Value::from(false)));
    let (code, sample) = report(&mut scan(&[&url, "--gpu", "sm_90"]));
    let remote = &sample["remote"][0];
    assert_eq!((code, &remote["sampled"]), (0, &Value::from(true)));
    assert!(remote["bytes"].as_u64().unwrap() < bytes.len() as u64 / 4, "{remote}");
    // A baseline needs all of it: a sample neither passes nor becomes one.
    let kept = tempfile::tempdir().unwrap();
    let baseline = kept.path().join("gpu.toml");
    let with = [&url, "--baseline", baseline.to_str().unwrap()];
    let (code, _, err) = run(scan(&with).arg("--update-baseline"));
    assert!(code == 2 && err.contains("only a sample of bitsandbytes 0.50.2 was read"), "{err}");
    assert_eq!(run(scan(&with).args(["--update-baseline", "--full"])).0, 0);
    assert_eq!(run(scan(&with).arg("--full")).0, 0);
    let (code, out, _) = run(scan(&with).arg("-q"));
    assert!(code == 1 && out.contains("only a sample was read"), "{out}");
    let (_, out, _) = run(&mut scan(&[&url]));
    assert!(out.contains("members were not read (--full reads everything)") && out.contains("requests"), "{out}");
}

#[test]
fn what_is_not_on_an_index_is_told_with_what_is() {
    let server = index(names(&[WHEEL, "demo-1.0-cp312-cp312-win_amd64.whl", "demo-0.8.tar.gz"]), true);
    let url = server.url("/simple");
    let ask = |arguments: &[&str]| fault(scan(arguments).args(["--index-url", &url]));
    let said = ask(&["demo==2.0"]);
    assert!(said.contains("demo==2.0: no such version; available: 0.8, 1.0"), "{said}");
    let said = ask(&["demo==1.0", "--platform", "linux-aarch64", "--python-version", "3.11"]);
    assert!(
        said.contains("no wheel for Python 3.11 on Linux aarch64") && said.contains("win_amd64 (Python 3.12)"),
        "{said}"
    );
    let said = ask(&["demo==1.0", "--platform", "manylinux_2_17_x86_64", "--python-version", "3.11"]);
    assert!(said.contains("glibc 2.17"), "{said}");
    let said = ask(&["demo==1.0", "--platform", "linux-x86_64", "--abi", "abi3"]);
    assert!(said.contains("ABI abi3"), "{said}");
    assert!(ask(&["demo==0.8"]).contains("only source code"));
    assert!(ask(&["nothing==1"]).contains("no package nothing on http://127.0.0.1"));
    let (code, found) = report(scan(&["demo", "--platform", "linux-x86_64"]).args(["--index-url", &url]));
    assert_eq!((code, found["remote"][0]["file"].as_str()), (0, Some(WHEEL)));
}

#[test]
fn several_indexes_are_asked() {
    let (old, new) = (index(names(&[WHEEL]), true), index(names(&[&WHEEL.replace("1.0", "1.5")]), false));
    let empty = Server::start(|_, _| Reply::status(404));
    let urls = [empty.url("/simple"), old.url("/simple"), new.url("/simple")];
    let linux = ["demo>0.1", "--platform", "linux-x86_64"];
    let (_, found) = report(scan(&linux).args([
        "--index-url",
        &urls[0],
        "--extra-index-url",
        &urls[1],
        "--extra-index-url",
        &urls[2],
    ]));
    assert!(found["remote"][0]["file"].as_str().unwrap().starts_with("demo-1.5"), "the best of all, as pip does");
    // What uv's variables name comes first, and the first that has the package decides.
    let (_, found) =
        report(scan(&linux).env("UV_INDEX", format!("a={} {}", urls[1], urls[2])).env("UV_DEFAULT_INDEX", &urls[0]));
    assert!(found["remote"][0]["file"].as_str().unwrap().starts_with("demo-1.0"));
    assert!(found["remote"][0]["index"].as_str().unwrap().ends_with("(UV_INDEX)"), "{}", found["remote"]);
    let (_, found) = report(scan(&linux).env("PIP_INDEX_URL", &urls[1]).env("PIP_EXTRA_INDEX_URL", &urls[2]));
    assert!(found["remote"][0]["index"].as_str().unwrap().ends_with("(PIP_EXTRA_INDEX_URL)"), "{}", found["remote"]);
}

#[test]
fn nothing_is_asked_that_nobody_named() {
    let server = index(names(&[WHEEL]), true);
    let scan = |arguments: &[&str]| fault(scan(arguments).env("PIP_INDEX_URL", server.url("/simple")));
    assert!(scan(&["demo"]).contains("--index-url"));
    for path in ["demo.so", "./demo", WHEEL, "no/demo==1.0", "demo-1.0.conda"] {
        assert!(scan(&[path]).contains("No such file"), "{path}");
    }
    assert!(scan(&["ftp://127.0.0.1/a.whl"]).contains("ftp://"));
    assert!(server.requests().is_empty(), "{:?}", server.requests());
    let said = fault(self::scan(&["demo==1.0"]).env("PIP_INDEX_URL", server.url("/simple")).env("PIP_NO_INDEX", "1"));
    assert!(said.contains("no-index in PIP_NO_INDEX") && server.requests().is_empty(), "{said}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demo==1.0"), corpus("c13.5/so-sm_120.so")).unwrap();
    let (code, ..) =
        run(self::scan(&["demo==1.0"]).env("PIP_INDEX_URL", server.url("/simple")).current_dir(folder.path()));
    assert!(code == 0 && server.requests().is_empty(), "a file of that name is the file");
}

/// A handler that gives out the wheel, but some requests differently.
fn but(bytes: &Arc<Vec<u8>>, other: impl Fn(&Request, usize, Reply) -> Reply + Send + Sync + 'static) -> Server {
    let bytes = Arc::clone(bytes);
    Server::start(move |request, number| other(request, number, Reply::part(&bytes, request)))
}

#[test]
fn each_fault_has_its_line() {
    let small = wheel(0);
    let large = wheel(20 << 20);
    let ask = |server: &Server| fault(&mut scan(&[&server.url(&format!("/a/{WHEEL}?token={SECRET}"))]));
    for (status, words) in [
        (401, "requires a user name and password"),
        (403, "access denied"),
        (404, "no such file"),
        (418, "responded with 418"),
        (429, "too many requests"),
        (500, "the server failed"),
        (503, "the server failed"),
    ] {
        let server = Server::start(move |_, _| Reply::status(status));
        let said = ask(&server);
        assert!(said.contains(words) && said.contains("?[redacted]"), "{said}");
        assert_eq!(server.requests().len(), if matches!(status, 429 | 500 | 503) { 3 } else { 1 }, "{status}");
    }
    let bytes = Arc::clone(&large);
    let said = ask(&Server::start(move |_, _| Reply { body: bytes.to_vec(), ..Reply::status(200) }));
    assert!(said.contains("ignores Range requests") && said.contains("--full to download its 21.0 MB"), "{said}");
    for range in ["bytes 5-9/100", "bytes 0-0/*", "lines 1-2/3", "bytes 9-1/100"] {
        let said = ask(&but(&small, move |_, _, part| part.with("content-range", range)));
        assert!(said.contains("a different part of the file"), "{range}: {said}");
    }
    let said = ask(&but(&large, |_, number, part| if number > 0 { Reply { cut: Some(1000), ..part } } else { part }));
    assert!(said.contains("too early") || said.contains("truncated"), "{said}");
    let said = ask(&but(&large, |_, number, part| if number > 0 { part.with("etag", "\"two\"") } else { part }));
    assert!(said.contains("changed while it was being read"), "{said}");
    let said = ask(&but(&large, |_, number, part| {
        let range = part.headers.iter().find(|(name, _)| name == "content-range").unwrap().1.clone();
        if number > 0 {
            part.with("content-range", &range.replace(&range[range.find('/').unwrap()..], "/99999999"))
        } else {
            part
        }
    }));
    assert!(said.contains("changed while it was being read"), "{said}");
    let said = ask(&Server::start(|_, _| Reply { raw: Some(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), ..Reply::default() }));
    assert!(said.contains("not a valid HTTP response") || said.contains("connection failed"), "{said}");
    let said = ask(&Server::start(|_, _| Reply { raw: Some(Vec::new()), ..Reply::default() }));
    assert!(said.contains("too early"), "{said}");
    let said = ask(&Server::start(|_, _| Reply::page("text/html", "<html>log in</html>")));
    assert!(said.contains("no end-of-central-directory record"), "{said}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let said = fault(&mut scan(&[&format!("http://127.0.0.1:{closed}/{WHEEL}")]));
    assert!(said.contains("connection refused"), "{said}");
    let said = fault(&mut scan(&[&format!("http://no-such-host.invalid/{WHEEL}")]));
    assert!(said.contains("cannot resolve the host name no-such-host.invalid"), "{said}");
    let said = fault(&mut scan(&["https://127.0.0.1/libtorch_cuda.so"]));
    assert!(said.contains("only wheels and conda packages"), "{said}");
}

#[test]
fn what_passes_is_tried_again() {
    let bytes = wheel(20 << 20);
    for number in [0, 1, 3] {
        for kind in 0..3 {
            let server = but(&bytes, move |_, now, part| match (now == number, kind) {
                (false, _) => part,
                (true, 0) => Reply::status(503),
                (true, 1) => Reply { cut: Some(part.body.len() / 2), ..part },
                (true, _) => Reply { raw: Some(Vec::new()), ..Reply::default() },
            });
            let (code, found) = report(&mut scan(&[&server.url(&format!("/{WHEEL}")), "--gpu", "sm_120"]));
            assert_eq!(code, 0, "a table for another generation does not decide");
            assert_eq!(found["scan"].as_array().unwrap().len(), 2);
        }
    }
}

#[test]
fn a_server_that_says_nothing_is_left() {
    let server = Server::start(|_, _| Reply { silence: Duration::from_secs(60), ..Reply::default() });
    let said = fault(scan(&[&server.url(&format!("/{WHEEL}"))]).env("PIP_DEFAULT_TIMEOUT", "0.5"));
    assert!(said.contains("no response within"), "{said}");
}

#[test]
fn redirects_are_followed_with_care() {
    let bytes = wheel(0);
    let far = but(&bytes, |_, _, part| part);
    let to = far.url(&format!("/far/{WHEEL}?sig={SECRET}"));
    let near = Server::start(move |request, _| match request.path.as_str() {
        "/a/relative.whl" => Reply::redirect("../b/absolute.whl"),
        "/b/absolute.whl" => Reply::redirect(&to),
        "/nowhere.whl" => Reply::status(302),
        "/mail.whl" => Reply::redirect("mailto:x"),
        _ => Reply::redirect(&request.path),
    });
    let with = |path: &str| format!("http://me:{SECRET}@127.0.0.1:{}{path}", near.port);
    let (code, found) = report(&mut scan(&[&with("/a/relative.whl")]));
    assert_eq!((code, found["scan"].as_array().unwrap().len()), (0, 2));
    assert!(near.requests().iter().all(|request| request.header("authorization").is_some()));
    assert!(far.requests().iter().all(|request| request.header("authorization").is_none()), "not for another server");
    assert_eq!(near.requests().len(), 2, "where it led is remembered");
    assert!(fault(&mut scan(&[&with("/loop.whl")])).contains("form a loop"));
    assert!(fault(&mut scan(&[&with("/nowhere.whl")])).contains("it has no Location header"));
    assert!(fault(&mut scan(&[&with("/mail.whl")])).contains("only http and https"));
}

#[test]
fn certificates_are_checked() {
    let bytes = wheel(0);
    let server = Server::start_tls(move |request, _| match request.path.as_str() {
        "/plain.whl" => Reply::redirect("http://127.0.0.1:1/x.whl"),
        _ => Reply::part(&bytes, request),
    });
    let url = format!("https://localhost:{}/{WHEEL}", server.port);
    let said = fault(&mut scan(&[&url]));
    assert!(
        said.contains("not trusted") && said.contains("SSL_CERT_FILE=") && said.contains("UnknownIssuer"),
        "{said}"
    );
    for variable in ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"] {
        let (code, found) = report(scan(&[&url]).env(variable, authority()));
        assert_eq!((code, found["scan"].as_array().unwrap().len()), (0, 2), "{variable}");
    }
    let said = fault(scan(&[&format!("https://localhost:{}/plain.whl", server.port)]).env("PIP_CERT", authority()));
    assert!(said.contains("from https to http://"), "{said}");
    let said = fault(scan(&[&url]).env("SSL_CERT_FILE", "/no/such.pem"));
    assert!(said.contains("/no/such.pem") && said.contains("SSL_CERT_FILE"), "{said}");
    let said = fault(scan(&[&url]).env("PIP_CERT", Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")));
    assert!(said.contains("PIP_CERT") && said.contains("PEM"), "{said}");
    // A server that speaks no TLS.
    let plain = Server::start(|_, _| Reply::status(404));
    let said = fault(&mut scan(&[&format!("https://127.0.0.1:{}/{WHEEL}", plain.port)]));
    assert!(said.starts_with("gpucheck: https://127.0.0.1") && !said.contains("404"), "{said}");
}

#[test]
fn proxies_are_used_where_they_are_named() {
    let bytes = wheel(0);
    let server = but(&bytes, |_, _, part| part);
    let url = server.url(&format!("/{WHEEL}"));
    let (port, log) = proxy();
    let through = format!("http://me:{SECRET}@127.0.0.1:{port}");
    for variable in ["http_proxy", "HTTP_PROXY", "PIP_PROXY", "all_proxy"] {
        let before = log.lock().unwrap().len();
        let (code, found) = report(scan(&[&url]).env(variable, &through));
        assert_eq!((code, found["scan"].as_array().unwrap().len()), (0, 2), "{variable}");
        let asked = log.lock().unwrap();
        assert!(asked.len() > before && asked[before].method == "CONNECT", "{variable}: {asked:?}");
        assert_eq!(asked[before].header("proxy-authorization"), Some("Basic bWU6aHVudGVyMg=="));
    }
    let before = log.lock().unwrap().len();
    let (code, _) = report(scan(&[&url]).env("http_proxy", &through).env("NO_PROXY", "127.0.0.1"));
    assert_eq!((code, log.lock().unwrap().len()), (0, before));
    let refusing = Server::start(|_, _| Reply::status(407));
    let said = fault(scan(&[&url]).env("http_proxy", refusing.url("")));
    assert!(said.contains("407: the proxy requires"), "{said}");
    let refusing = Server::start(|_, _| Reply::status(403));
    let said = fault(scan(&[&url]).env("http_proxy", refusing.url("")));
    assert!(said.contains("cannot connect through the proxy") && said.contains("403"), "{said}");
    let said = fault(scan(&[&url]).env("http_proxy", format!("http://x:{SECRET}@127.0.0.1:1")));
    assert!(said.contains("through the proxy http://[redacted]@127.0.0.1:1"), "{said}");
    let said = fault(scan(&[&url]).env("http_proxy", format!("gopher://x:{SECRET}@h")));
    assert!(said.contains("is not a proxy URL"), "{said}");
}

#[test]
fn credentials_come_from_netrc_too() {
    let bytes = wheel(0);
    let server = Server::start(move |request, _| match request.header("authorization") {
        Some("Basic bWU6aHVudGVyMg==") => Reply::part(&bytes, request),
        _ => Reply::status(401),
    });
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".netrc"), format!("machine 127.0.0.1 login me password {SECRET}\n")).unwrap();
    let url = server.url(&format!("/{WHEEL}"));
    assert!(fault(&mut scan(&[&url])).contains("~/.netrc"));
    let (code, _) = report(scan(&[&url]).env("HOME", home.path()));
    assert_eq!(code, 0);
}

#[test]
fn servers_without_ranges() {
    // A small file is taken as a whole.
    let bytes = wheel(0);
    let server = Server::start(move |_, _| Reply { body: bytes.to_vec(), ..Reply::status(200) });
    let (code, found) = report(&mut scan(&[&server.url(&format!("/{WHEEL}"))]));
    assert_eq!((code, &found["remote"][0]["requests"]), (0, &Value::from(1)));
    // A large one with --full, and nothing stays behind.
    let bytes = wheel(20 << 20);
    let server = Server::start(move |_, _| Reply { body: bytes.to_vec(), ..Reply::status(200) });
    let folder = tempfile::tempdir().unwrap();
    let (code, found) = report(scan(&[&server.url(&format!("/{WHEEL}")), "--full"]).env("TMPDIR", folder.path()));
    assert_eq!((code, &found["remote"][0]["downloaded"]), (0, &Value::from(true)));
    assert_eq!(found["scan"].as_array().unwrap().len(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    // Only ranges with a beginning.
    let bytes = wheel(20 << 20);
    let server = but(&bytes, |request, _, part| match request.header("range") {
        Some(range) if range.starts_with("bytes=-") => Reply::status(416),
        _ => part,
    });
    let (code, _) = report(&mut scan(&[&server.url(&format!("/{WHEEL}"))]));
    assert_eq!(code, 0);
}

#[test]
fn pages_that_are_none() {
    let ask = |reply: Reply| {
        let server = Server::start(move |_, _| reply.clone());
        fault(&mut scan(&["demo==1", "--index-url", &server.url("/simple")]))
    };
    assert!(ask(Reply::page("application/json", "{}")).contains("its JSON cannot be read"));
    assert!(ask(Reply::page("image/png", "x")).contains("not a package index page: its content type is image/png"));
    assert!(ask(Reply::status(500)).contains("the server failed"));
    assert!(ask(Reply::page("text/html", "<html>hello</html>")).contains("no package demo"));
    assert!(ask(Reply { cut: Some(3), ..Reply::page("text/html", "<html>hello</html>") }).contains("too early"));
    let said = fault(&mut scan(&["demo==1", "--index-url", &format!("https://me:{SECRET}@ho st/")]));
    assert!(said.contains("not a valid URL"), "{said}");
}
