//! The shell that the user pastes into, on Windows, where two are usual and neither runs the other's lines. What a shell leaves in the variables of
//! its children tells, or nothing does.

use crate::{
    facts::{Fact, How, ShellKind, Source},
    system::{Root, Surroundings},
};

/// Why nothing is known.
const NOT_GIVEN: &str = "not given (--shell)";

/// The shell that started this program, on Windows.
pub fn shell(root: &Root, surroundings: &Surroundings, windows: bool) -> Fact<ShellKind> {
    let told = (windows && root.is_live()).then(|| told(surroundings)).flatten();
    told.map_or_else(|| Fact::unknown(NOT_GIVEN), |(shell, name)| Fact::known(shell, Source::new(How::Variable, name)))
}

/// By the variables, and the one that decides.
///
/// bash writes into `_` what it starts. cmd sets PROMPT where nobody has; PowerShell adds the folder of the user's own modules, and those of its
/// version, to PSModulePath, which Windows itself sets to its own two ("about_PSModulePath" of PowerShell's documentation). Both together mean
/// that one was started in the other.
fn told(surroundings: &Surroundings) -> Option<(ShellKind, &'static str)> {
    let started = surroundings.filled("_").map(|path| path.rsplit(['/', '\\']).next().unwrap_or_default());
    let own = |name: &str| name.strip_suffix(".exe").unwrap_or(name) == "gpucheck";
    if surroundings.filled("MSYSTEM").is_some() && started.is_some_and(own) {
        return Some((ShellKind::Sh, "_"));
    }
    let prompt = surroundings.filled("PROMPT").is_some();
    let powershell = surroundings.filled("PSModulePath").is_some_and(|list| list.split(';').any(is_powershells));
    match (prompt, powershell) {
        (true, false) => Some((ShellKind::Cmd, "PROMPT")),
        (false, true) => Some((ShellKind::PowerShell, "PSModulePath")),
        _ => None,
    }
}

/// Whether only a running PowerShell adds this folder: one of modules, which neither Windows nor the installer of another program has put there.
fn is_powershells(folder: &str) -> bool {
    let folder = folder.trim().trim_end_matches(['\\', '/']).to_ascii_lowercase().replace('/', "\\");
    let modules = folder.ends_with("\\windowspowershell\\modules") || folder.ends_with("\\powershell\\modules");
    let installed = folder.split('\\').nth(1).is_some_and(|top| top.starts_with("program files") || top == "windows");
    modules && !installed
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: &str =
        r"C:\Program Files\WindowsPowerShell\Modules;C:\Windows\system32\WindowsPowerShell\v1.0\Modules";

    fn of(variables: &[(&str, &str)]) -> Option<ShellKind> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        told(&Surroundings { variables, ..Default::default() }).map(|(shell, _)| shell)
    }

    #[test]
    fn each_shell_leaves_its_mark() {
        let documents = format!(r"C:\Users\Jürgen\OneDrive\Dokumente\WindowsPowerShell\Modules;{WINDOWS}");
        let seven = format!(r"C:\Users\x\Documents\PowerShell\Modules;C:\Program Files\PowerShell\Modules;{WINDOWS}");
        assert_eq!(of(&[("PROMPT", "$P$G"), ("PSModulePath", WINDOWS)]), Some(ShellKind::Cmd));
        assert_eq!(of(&[("PSModulePath", &documents)]), Some(ShellKind::PowerShell));
        assert_eq!(of(&[("PSModulePath", &seven)]), Some(ShellKind::PowerShell));
        assert_eq!(
            of(&[("MSYSTEM", "MINGW64"), ("_", "/c/Tools/gpucheck.exe"), ("PROMPT", "$P$G")]),
            Some(ShellKind::Sh)
        );
        assert_eq!(
            of(&[("MSYSTEM", "MINGW64"), ("_", "/c/Windows/system32/cmd"), ("PROMPT", "$P$G")]),
            Some(ShellKind::Cmd)
        );
    }

    #[test]
    fn what_both_may_have_left_decides_nothing() {
        let user = format!(r"C:\Users\x\Documents\WindowsPowerShell\Modules;{WINDOWS}");
        assert_eq!(of(&[("PROMPT", "$P$G"), ("PSModulePath", &user)]), None);
        assert_eq!(of(&[("PSModulePath", WINDOWS)]), None);
        let sql = format!(r"{WINDOWS};C:\Program Files (x86)\Microsoft SQL Server\150\Tools\PowerShell\Modules\");
        assert_eq!(of(&[("PSModulePath", &sql)]), None);
        assert_eq!(of(&[]), None);
    }
}
