//! The system: platform, distribution, kernel, C library, container and WSL.

use std::path::Path;

use super::{container, container_configs, container_tools, glibc, header, pci, shell};
use crate::{
    facts::{Cpu, Fact, Host, How, Os, Platform, Source},
    system::{Root, Surroundings},
};

const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
const KERNEL: &str = "/proc/sys/kernel/osrelease";

/// What there is to know about the system without asking a driver.
pub fn host(root: &Root, surroundings: &Surroundings) -> Host {
    let platform = platform(root);
    let linux = platform.value().is_none_or(|platform| platform.os == Os::Linux);
    let kernel = kernel(root, linux);
    let wsl = container::wsl(root, surroundings, &kernel);
    Host {
        distribution: distribution(root, linux),
        glibc: if linux { glibc::version(root) } else { Fact::unknown("only Linux has a GNU C library") },
        container: container::container(root, surroundings),
        container_configs: container_configs::container_configs(root, linux),
        other_gpus: pci::others(root, linux, wsl.value().is_some()),
        shell: shell::shell(root, surroundings, platform.value().is_some_and(|platform| platform.os == Os::Windows)),
        container_tools: container_tools::container_tools(root, surroundings, linux, wsl.value().is_some()),
        wsl,
        platform,
        kernel,
    }
}

/// The platform of this program, which runs here; below another root that of a program that every system has.
pub(super) fn platform(root: &Root) -> Fact<Platform> {
    if root.is_live() {
        return match running() {
            Some(platform) => Fact::known(platform, Source::new(How::Binary, "gpucheck itself")),
            None => Fact::unknown(format!(
                "gpucheck was built for {}-{}, which has no NVIDIA driver",
                std::env::consts::OS,
                std::env::consts::ARCH
            )),
        };
    }
    let loaders = ["/lib64", "/lib"].into_iter().flat_map(|folder| {
        let names = root.names(Path::new(folder)).into_iter().filter(|name| name.starts_with("ld-linux-"));
        names.map(move |name| Path::new(folder).join(name)).collect::<Vec<_>>()
    });
    let programs = ["/bin/sh", "/usr/bin/env", "/Windows/System32/ntdll.dll"].into_iter().map(Into::into);
    for path in programs.chain(loaders) {
        if let Some(platform) = header::platform(root, &path) {
            return Fact::known(platform, Source::new(How::Binary, root.shown(&path)));
        }
    }
    Fact::unknown("no /bin/sh or dynamic loader under the root shows it")
}

/// The platform this program was compiled for.
fn running() -> Option<Platform> {
    let os = match std::env::consts::OS {
        "linux" => Os::Linux,
        "windows" => Os::Windows,
        "macos" => Os::Macos,
        _ => return None,
    };
    let cpu = match std::env::consts::ARCH {
        "x86_64" => Cpu::X86_64,
        "aarch64" => Cpu::Aarch64,
        _ => return None,
    };
    Some(Platform { os, cpu })
}

/// PRETTY_NAME of os-release (freedesktop.org's os-release(5)).
fn distribution(root: &Root, linux: bool) -> Fact<String> {
    if !linux {
        return Fact::unknown("only Linux names its distribution in a text file");
    }
    for path in OS_RELEASE {
        let Ok(text) = root.read_text(Path::new(path), 64 << 10) else { continue };
        let field = |key: &str| text.lines().find_map(|line| line.trim().strip_prefix(key)).map(unquoted);
        let name = field("PRETTY_NAME=").or_else(|| field("NAME=")).filter(|name| !name.is_empty());
        return match name {
            Some(name) => Fact::known(name, Source::file(path)),
            None => Fact::absent(Source::file(path)),
        };
    }
    Fact::unknown("neither /etc/os-release nor /usr/lib/os-release can be read")
}

/// A shell-quoted value: the quotes go, and the backslash before what a shell would take for itself.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let mut out = String::new();
    let mut escaped = false;
    for c in inner.unwrap_or(value).chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}

fn kernel(root: &Root, linux: bool) -> Fact<String> {
    if root.is_live() && !linux {
        return Fact::unknown("the kernel release is only read on Linux");
    }
    match root.read_text(Path::new(KERNEL), 256).map(|text| text.trim().to_owned()) {
        Ok(release) if !release.is_empty() => Fact::known(release, Source::file(KERNEL)),
        _ if !root.is_live() => Fact::unknown("no kernel runs under --root"),
        _ => Fact::unknown(format!("{KERNEL} cannot be read")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::header::tests::elf, *};
    use std::fs;

    #[test]
    fn another_root_is_asked_by_its_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("etc")).unwrap();
        fs::create_dir_all(dir.path().join("bin")).unwrap();
        fs::write(dir.path().join("etc/os-release"), "NAME=x\nPRETTY_NAME=\"Debian \\\"12\\\"\"\n").unwrap();
        fs::write(dir.path().join("bin/sh"), elf(183)).unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let host = host(&root, &Surroundings::default());
        assert_eq!(host.platform.value().unwrap().to_string(), "linux-aarch64");
        assert_eq!(host.distribution.value().unwrap(), "Debian \"12\"");
        assert!(host.kernel.is_unknown() && host.glibc.is_unknown() && host.wsl.is_unknown());
    }

    #[test]
    fn an_empty_root_still_gives_a_host() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let host = host(&root, &Surroundings::default());
        assert!(host.platform.is_unknown() && host.distribution.is_unknown());
    }

    #[test]
    fn this_machine_has_a_platform() {
        let root = Root::new(None, None).unwrap();
        assert!(host(&root, &Surroundings::default()).platform.value().is_some());
    }
}
