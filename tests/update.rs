//! `gpucheck kb update`: a signed file that is good, old, forged, cut off, too long, for another program; from a file and from a server; and what is
//! in force after it. Every test signs with a key of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
    process::Command,
};

use common::{
    gpucheck, run,
    server::{Reply, Server},
};
use gpucheck::knowledge::{Files, Knowledge, update::to_sign};
use minisign::KeyPair;
use serde_json::Value;
use tempfile::TempDir;

/// A user with a folder for data, and a publisher.
struct Case {
    folder: TempDir,
    keys: KeyPair,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keys: KeyPair::generate_unencrypted_keypair().unwrap() }
    }

    fn gpucheck(&self) -> Command {
        let mut command = gpucheck();
        command.env("XDG_DATA_HOME", self.folder.path().join("data"));
        command
    }

    fn key(&self) -> String {
        self.keys.pk.to_base64()
    }

    fn signed(&self, text: &str) -> String {
        signed(&self.keys, text)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn update(&self, from: &Path) -> (i32, String, String) {
        run(self.gpucheck().args(["kb", "update", "--key", &self.key(), "--from"]).arg(from))
    }

    /// The day of the rows in force.
    fn date(&self) -> String {
        let (_, text, _) = run(self.gpucheck().args(["kb", "list", "--format", "json"]));
        let list: Value = serde_json::from_str(&text).unwrap();
        list["knowledge"]["date"].as_str().unwrap().to_owned()
    }
}

fn signed(keys: &KeyPair, text: &str) -> String {
    let signature = minisign::sign(Some(&keys.pk), &keys.sk, Cursor::new(text), None, None).unwrap().into_string();
    format!("{}\n{text}", signature.trim_end())
}

/// The rows of `knowledge/`, and one GPU more, as they are published on a day.
fn rows(date: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let mut files = Files::default();
    for (below, prefix) in [(folder.clone(), ""), (folder.join("packages"), "packages/")] {
        for entry in fs::read_dir(&below).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".toml") {
                let mut text = fs::read_to_string(below.join(&name)).unwrap();
                if name == "gpus.toml" {
                    text += "\n[[gpu]]\nname = \"Lab Card 9000\"\ncapability = \"12.0\"\nsource = [\"repos\"]\nverified = \"2026-11-21\"\n";
                }
                files.add(&format!("{prefix}{name}"), &name, &text).unwrap();
            }
        }
    }
    to_sign(&files.parts().unwrap(), date)
}

#[test]
fn newer_rows_are_taken_and_shown_and_given_back() {
    let case = Case::new();
    let builtin = Knowledge::builtin().unwrap().date;
    let good = case.file("good", case.signed(&rows("2099-01-01")));
    let (code, dry, _) =
        run(case.gpucheck().args(["kb", "update", "--dry-run", "--key", &case.key(), "--from"]).arg(&good));
    assert_eq!((code, case.date()), (0, builtin.clone()), "{dry}");
    let (code, text, complaint) = case.update(&good);
    assert_eq!(code, 0, "{complaint}");
    assert!(text.contains("2099-01-01") && text.contains(&builtin) && text.contains("gpus"), "{text}");
    assert_eq!(case.date(), "2099-01-01");
    let (_, list, _) = run(case.gpucheck().args(["kb", "list"]));
    assert!(list.contains("update: from"), "{list}");
    let (_, path, _) = run(case.gpucheck().args(["kb", "path"]));
    assert!(path.contains("2099-01-01"), "{path}");
    // Its rows answer, and reports name its day.
    let (code, report, complaint) =
        run(case.gpucheck().args(["matrix", "--gpu", "Lab Card 9000", "--os", "linux", "--format", "json"]));
    assert_eq!(code, 0, "{complaint}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["knowledge"]["date"], "2099-01-01");
    // The same once more changes nothing.
    let (code, text, _) = case.update(&good);
    assert!(code == 0 && text.contains("in force already"), "{text}");
    let (code, text, _) = run(case.gpucheck().args(["kb", "update", "--remove"]));
    assert!(code == 0 && text.contains("removed"), "{text}");
    assert_eq!(case.date(), builtin);
}

#[test]
fn nothing_is_taken_from_a_file_that_is_not_right() {
    let case = Case::new();
    let builtin = case.date();
    let good = case.signed(&rows("2099-01-01"));
    let mut forged = good.clone();
    forged.replace_range(good.len() - 9..good.len() - 8, "x");
    let other = signed(&KeyPair::generate_unencrypted_keypair().unwrap(), &rows("2099-01-01"));
    let newer = case.signed(&rows("2099-01-01").replacen("\"gpucheck_knowledge\":1", "\"gpucheck_knowledge\":2", 1));
    let lacks = case.signed(&rows("2099-01-01").replacen("\ngpus\t", "\nspug\t", 1));
    let unreadable = case.signed(&rows("2099-01-01").replacen("\ngpus\t{", "\ngpus\t{\"new_kind\":1,", 1));
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("old", case.signed(&rows("2020-01-01")).into(), "an older file is not taken"),
        ("forged", forged.into(), "its signature is wrong"),
        ("truncated", good.as_bytes()[..good.len() / 2].into(), "its signature is wrong"),
        ("cut-in-the-signature", good.as_bytes()[..200].into(), "not a knowledge file"),
        ("another-key", other.into(), "signed with another key"),
        ("newer-program", newer.into(), "update the program"),
        ("lacks-a-part", lacks.into(), "its part 'gpus' is missing"),
        ("unreadable-rows", unreadable.into(), "cannot read its part 'gpus'"),
        ("no-text", vec![0xff; 1000], "UTF-8"),
        ("empty", Vec::new(), "not a knowledge file"),
    ];
    for (name, bytes, why) in cases {
        let (code, text, complaint) = case.update(&case.file(name, bytes));
        assert_eq!((code, text.as_str()), (2, ""), "{name}");
        assert!(complaint.contains(why) && complaint.lines().count() == 1, "{name}: {complaint}");
        assert_eq!(case.date(), builtin, "{name}");
    }
    // A file of a gigabyte is not read, wherever it comes from.
    let large = case.folder.path().join("large");
    fs::File::create(&large).unwrap().set_len(1 << 30).unwrap();
    let (code, _, complaint) = case.update(&large);
    assert!(code == 2 && complaint.contains("the limit of 8 MiB"), "{complaint}");
    assert!(case.update(Path::new("/no/such/file")).2.contains("cannot read /no/such/file"));
    // Without a key of a publisher, and with one that is none.
    let (code, _, complaint) = run(case.gpucheck().args(["kb", "update", "--from"]).arg(&large));
    assert!(code == 2 && complaint.contains("--key"), "{complaint}");
    let (code, _, complaint) = run(case.gpucheck().args(["kb", "update", "--key", "nonsense", "--from"]).arg(&large));
    assert!(code == 2 && complaint.contains("not a public key"), "{complaint}");
}

#[test]
fn a_server_gives_it_too() {
    let case = Case::new();
    let good = case.signed(&rows("2099-01-01"));
    let long = vec![b'x'; 9 << 20];
    let server = Server::start(move |request, _| match request.path.as_str() {
        "/knowledge.signed" => Reply::page("text/plain", good.clone()),
        "/long" => Reply::page("text/plain", long.clone()),
        _ => Reply::status(404),
    });
    let address = |path: &str| PathBuf::from(server.url(path));
    let (code, _, complaint) = case.update(&address("/long"));
    assert!(code != 0 && complaint.lines().count() == 1, "{complaint}");
    assert_ne!(case.update(&address("/nothing")).0, 0);
    assert_ne!(case.date(), "2099-01-01");
    let (code, _, complaint) = case.update(&address("/knowledge.signed"));
    assert_eq!((code, case.date().as_str()), (0, "2099-01-01"), "{complaint}");
}

#[test]
fn what_was_damaged_since_is_said_and_not_used() {
    let case = Case::new();
    let builtin = case.date();
    assert_eq!(case.update(&case.file("good", case.signed(&rows("2099-01-01")))).0, 0);
    let kept = case.folder.path().join("data/gpucheck/knowledge.signed");
    let whole = fs::read(&kept).unwrap();
    for damaged in [&whole[..whole.len() - 100], &whole[..10], b"", b"\xff\xfe"] {
        fs::write(&kept, damaged).unwrap();
        let (code, _, complaint) = run(case.gpucheck().args(["kb", "list"]));
        assert_eq!(code, 0);
        assert!(complaint.contains("the program's own are") && complaint.lines().count() == 1, "{complaint}");
        assert_eq!(case.date(), builtin);
    }
    // A newer program carries newer rows than were once taken.
    let (old, day) = (case.signed(&rows("2020-01-01")), case.key());
    let head = serde_json::json!({"from": "x", "key": day, "read_by": "another program"});
    fs::write(&kept, format!("{head}\n{old}")).unwrap();
    let (_, _, complaint) = run(case.gpucheck().args(["kb", "list"]));
    assert_eq!((complaint.as_str(), case.date()), ("", builtin));
    // Those that another program took are read whole before they are relied on.
    let strange = case.signed(&rows("2099-01-01").replacen("\ngpus\t{", "\ngpus\t{\"new_kind\":1,", 1));
    fs::write(&kept, format!("{head}\n{strange}")).unwrap();
    let (code, _, complaint) = run(case.gpucheck().args(["matrix", "--gpu", "5090", "--os", "linux"]));
    assert!(code == 0 && complaint.contains("cannot read its part 'gpus'"), "{complaint}");
}
