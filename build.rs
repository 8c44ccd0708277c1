//! Checks `knowledge/` and embeds it as compact JSON, a text for each part, so that no TOML is parsed at start and no part that is not
//! needed; lists the built kernels; packs the completions and the man pages; takes the page of each rule out of its file.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "build scripts speak to cargo by printing")]

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use flate2::{Compression, write::ZlibEncoder};
use gpucheck_model::knowledge::Files;

/// Completion scripts, and man pages: `cargo xtask pages` writes them.
const COMPLETIONS: &str = "contrib/completions";
const MAN: &str = "docs/man";

fn main() -> ExitCode {
    link_small();
    println!("cargo::rerun-if-changed=knowledge");
    println!("cargo::rerun-if-changed=kernels/built");
    println!("cargo::rerun-if-changed=src/rules");
    println!("cargo::rerun-if-changed={COMPLETIONS}");
    println!("cargo::rerun-if-changed={MAN}");
    match embed().and_then(|()| kernels()).and_then(|()| pages()).and_then(|()| texts()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Links the program without tables for unwinding: in the release profile a panic aborts. rustc can leave them out (`-C force-unwind-tables=no`), but
/// a profile cannot ask it to. And functions that came out alike stand in it once, where rustc brings the linker that can do that. Only with the
/// linkers that rustc takes by itself, GNU's and LLVM's, which read the script.
fn link_small() {
    println!("cargo::rerun-if-changed=link");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let own_linker = variable("RUSTC_LINKER").is_empty() && !variable("CARGO_ENCODED_RUSTFLAGS").contains("link");
    let linux = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if linux && own_linker && variable("PROFILE") == "release" {
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}/link/no-unwinding.ld", variable("CARGO_MANIFEST_DIR"));
        if has_lld(&variable("RUSTC"), &variable("TARGET")) {
            println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        }
    }
}

/// Whether rustc links this target with the LLD beside it: on x86_64 since 1.90, unless it was built without.
fn has_lld(rustc: &str, target: &str) -> bool {
    let asked = Command::new(rustc).args(["--print", "sysroot"]).output();
    let sysroot = asked.ok().and_then(|answer| String::from_utf8(answer.stdout).ok()).unwrap_or_default();
    let beside = Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("bin/gcc-ld/ld.lld");
    target == "x86_64-unknown-linux-gnu" && beside.is_file()
}

/// Parts of the knowledge base that few commands read, and none for every file or GPU: a quarter of their size.
const PACKED: [&str; 3] = ["advice", "dependents", "errors"];

fn embed() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let folder = root.join("knowledge");
    let mut files = Files::default();
    let mut problems = Vec::new();
    for name in
        toml_files(&folder, Path::new("")).map_err(|error| format!("cannot list {}: {error}", folder.display()))?
    {
        let text = fs::read_to_string(folder.join(&name)).map_err(|error| format!("knowledge/{name}: {error}"))?;
        if let Err(mut found) = files.add(&name, &format!("knowledge/{name}"), &text) {
            problems.append(&mut found);
        }
    }
    if !problems.is_empty() {
        return Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }
    let mut hasher = DefaultHasher::new();
    for (name, json) in files.parts()? {
        json.hash(&mut hasher);
        let json = match PACKED.contains(&name) {
            true => packed(json.as_bytes()).map_err(|error| error.to_string())?,
            false => json.into_bytes(),
        };
        fs::write(out.join(name).with_extension("json"), json).map_err(|error| error.to_string())?;
    }
    println!("cargo::rustc-env=GPUCHECK_KNOWLEDGE_DATE={}", files.date().as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=GPUCHECK_KNOWLEDGE_HASH={:016x}", hasher.finish());
    Ok(())
}

/// Writes the table of the kernels, names and lengths. The kernels themselves are embedded as `kernels/build.py` packed them.
fn kernels() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let folder = root.join("kernels/built");
    let wrong = |error: io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(wrong)? {
        names.extend(entry.map_err(wrong)?.file_name().into_string());
    }
    names.sort();
    let (mut rows, mut all) = (String::new(), 0);
    for name in &names {
        let parts: Vec<&str> = name.split('.').collect();
        if let [module, target, "cubin" | "ptx"] = parts.as_slice() {
            let length = fs::metadata(folder.join(name)).map_err(wrong)?.len();
            rows += &format!("({module:?}, {target:?}, {length}),\n");
            all += length;
        }
    }
    let table = format!("static EMBEDDED: &[(&str, &str, usize)] = &[\n{rows}];\nconst LENGTH: usize = {all};\n");
    fs::write(out.join("kernels.rs"), table).map_err(|error| error.to_string())
}

/// Writes the table of the completion scripts and man pages, names and lengths, and all of them one behind the other, packed: a tenth of
/// their size, and an eighth of the code that would make them.
fn texts() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let mut files = Vec::new();
    for folder in [COMPLETIONS, MAN] {
        let wrong = |error: io::Error| format!("{folder}: {error}");
        for entry in fs::read_dir(root.join(folder)).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            files.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).map_err(wrong)?));
        }
    }
    files.sort();
    let rows: String = files.iter().map(|(name, text)| format!("({name:?}, {}),\n", text.len())).collect();
    let all: Vec<u8> = files.into_iter().flat_map(|(_, text)| text).collect();
    let table = format!("static TEXTS: &[(&str, usize)] = &[\n{rows}];\nconst LENGTH: usize = {};\n", all.len());
    packed(&all)
        .and_then(|packed| fs::write(out.join("texts.zlib"), packed))
        .and_then(|()| fs::write(out.join("texts.rs"), table))
        .map_err(|error| error.to_string())
}

fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    packer.finish()
}

/// Writes the page of each rule, the comment at the head of its file, as Markdown: `pages/driver/gpu_lost.md`.
fn pages() -> Result<(), String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("pages");
    let write = || -> io::Result<()> {
        for folder in fs::read_dir(root.join("src/rules"))? {
            let folder = folder?;
            if !folder.file_type()?.is_dir() {
                continue;
            }
            let pages = out.join(folder.file_name());
            fs::create_dir_all(&pages)?;
            for file in fs::read_dir(folder.path())? {
                let path = file?.path();
                let name = path.file_stem().unwrap_or_default();
                fs::write(pages.join(name).with_extension("md"), page(&fs::read_to_string(&path)?))?;
            }
        }
        Ok(())
    };
    write().map_err(|error| format!("src/rules: {error}"))
}

fn page(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).flat_map(|line| [line, "\n"]).collect()
}

/// Names of the TOML files below `folder`, with forward slashes, sorted so that the result does not depend on the file system.
fn toml_files(folder: &Path, below: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder.join(below))? {
        let entry = entry?;
        let name = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            names.extend(toml_files(folder, &name)?);
        } else if name.extension().is_some_and(|extension| extension == "toml") {
            names.push(name.to_string_lossy().replace('\\', "/"));
        }
    }
    names.sort();
    Ok(names)
}
