//! Facts with hostile text in every place where text is read.

use gpucheck::facts::{Build, Cpu, Environment, Fact, Facts, How, Manager, Os, Package, Platform, ShellKind, Source};

/// What shells, terminals, Markdown and programs take for something else than text, and what looks like a name.
const PIECES: [&str; 80] = [
    "torch",
    "nvidia",
    "a",
    "Z",
    "9",
    "1.0",
    "2.7.1",
    "-",
    "_",
    ".",
    "--",
    "-r",
    "--index-url=http://evil.example/",
    "-e",
    "+cu128",
    "==",
    ">=",
    "<",
    ">",
    "~",
    "~/",
    "~root",
    "/",
    "//",
    "..",
    "\\",
    "\\\\",
    " ",
    "  ",
    "'",
    "''",
    "\"",
    "\"\"",
    "`",
    "```",
    "`touch pwned`",
    "$",
    "$(touch pwned)",
    "${PATH}",
    "$env:PATH",
    "$HOME",
    "; touch pwned; #",
    ";",
    "&",
    "&& touch pwned",
    "|",
    "| touch pwned",
    "(",
    ")",
    "{a,b}",
    "[a]",
    "*",
    "?",
    "!",
    "!!",
    "%PATH%",
    "%",
    "^",
    "@",
    "=",
    ",",
    "#",
    ":",
    "é",
    "环境",
    "\u{2019}",
    "\u{201c}",
    "\u{2013}",
    "\n",
    "\r",
    "\t",
    "\x1b[2J",
    "\x07",
    "\u{9b}31m",
    "\u{202e}",
    "\u{200b}",
    "\u{fdd0}",
    "\u{fff0}",
    "\u{fff8}",
    "\u{7f}",
];

/// Numbers that look random and are the same in every run (xorshift64*, Vigna 2016).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Text of a few pieces.
    pub fn text(&mut self) -> String {
        (0..=self.below(4)).map(|_| self.pick(&PIECES)).collect()
    }

    /// A name: mostly hostile, sometimes none at all, sometimes a good one.
    pub fn name(&mut self) -> String {
        match self.below(4) {
            0 => self.pick(&["nvidia-good", "z_evil.pkg", "A", "x9"]).to_owned(),
            _ => self.text(),
        }
    }

    fn version(&mut self) -> String {
        match self.below(3) {
            0 => self.text(),
            _ => self.pick(&["1.0", "2.7.1+cu126", "1!2.0rc1", "3.4.dev5", "0.1.post2"]).to_owned(),
        }
    }
}

fn seen<T>(value: T, dice: &mut Dice) -> Fact<T> {
    Fact::known(value, Source::new(How::File, dice.text()))
}

fn package(name: String, version: String, dice: &mut Dice) -> Package {
    Package {
        version: seen(version, dice),
        build: Fact::unknown(dice.text()),
        installer: dice.pick(&[None, Some("pip"), Some("conda"), Some("uv")]).map(str::to_owned),
        requires: Vec::new(),
        at: dice.text(),
        name,
        ..lone_package()
    }
}

/// A package of which nothing is known but what a test says.
fn lone_package() -> Package {
    let json = serde_json::json!({
        "name": "", "at": "", "version": {"state": "unknown", "why": ""}, "build": {"state": "unknown", "why": ""}
    });
    serde_json::from_value(json).unwrap()
}

/// The machine of the patient with these environments.
pub fn facts(environments: Vec<Environment>, dice: &mut Dice) -> Facts {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder).unwrap()).unwrap();
    let mut facts: Facts = serde_json::from_value(report["facts"].clone()).unwrap();
    facts.environments = environments;
    facts.host.distribution = seen(dice.text(), dice);
    facts.host.container = seen(dice.text(), dice);
    facts.env_vars.insert("TORCH_CUDA_ARCH_LIST".to_owned(), format!("8.9;{}", dice.text()));
    facts.env_vars.insert("CUDA_VISIBLE_DEVICES".to_owned(), format!("0,{},7", dice.text()));
    facts
}

/// An environment whose fixes name what is hostile in it. `interpreter` is where its Python is.
pub fn environment(id: String, interpreter: String, dice: &mut Dice) -> Environment {
    let mut torch = package("torch".to_owned(), dice.pick(&["2.7.1", "2.6.0", "2.9.0"]).to_owned(), dice);
    let build = Build { version: format!("{}+cu126", torch.version.value().unwrap()), cuda: "12.6".parse().ok() };
    torch.build = seen(build, dice);
    torch.requires = (0..dice.below(3)).map(|_| format!("{}=={}", dice.name(), dice.version())).collect();
    let (one, other) = (dice.name(), dice.name());
    let mut packages = vec![torch];
    for name in [one, other, "nvidia-cudnn-cu12".to_owned()] {
        let version = dice.version();
        packages.push(package(name, version, dice));
    }
    // Two packages that own the same file, so that one of them has to go.
    let library = gpucheck::facts::Library {
        path: format!("shared/{}.so", dice.text()),
        container: gpucheck::facts::Container::Elf,
        cpu: None,
        needed: vec![dice.text()],
        glibc: None,
        code: Fact::unknown(dice.text()),
    };
    packages[1].libraries = vec![library.clone()];
    packages[2].libraries = vec![library];
    let os = dice.pick(&[Os::Linux, Os::Linux, Os::Windows]);
    Environment {
        id,
        found_by: dice.text(),
        active: dice.below(3) == 0,
        interpreter: seen(interpreter, dice),
        platform: seen(Platform { os, cpu: Cpu::X86_64 }, dice),
        manager: seen(dice.pick(&MANAGERS), dice),
        packages,
        ..bare_environment()
    }
}

fn bare_environment() -> Environment {
    let unknown = serde_json::json!({"state": "unknown", "why": ""});
    let json = serde_json::json!({
        "id": "", "origin": "installed", "selected": true, "found_by": "", "active": false, "interpreter": unknown,
        "python": {"state": "known", "value": "3.12", "via": {"how": "file", "at": ""}}, "platform": unknown,
        "manager": unknown, "packages": []
    });
    serde_json::from_value(json).unwrap()
}

/// The tools that lines are written for.
const MANAGERS: [Manager; 8] = [
    Manager::Pip,
    Manager::Uv,
    Manager::UvProject,
    Manager::Conda,
    Manager::Pixi,
    Manager::Poetry,
    Manager::Docker,
    Manager::System,
];

/// The shells that lines are written for.
pub const SHELLS: [ShellKind; 3] = [ShellKind::Sh, ShellKind::PowerShell, ShellKind::Cmd];

/// A library with code for sm_90a alone.
pub fn library() -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/data/sm90a.so");
    std::fs::read(path).unwrap()
}
