//! METADATA of a wheel or an installed distribution, and the older egg-info.
//!
//! Source: core metadata specification; setuptools' requires.txt.

/// What gpucheck reads of METADATA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `Name`.
    pub name: Option<String>,
    /// `Version`.
    pub version: Option<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// `Requires-Dist` lines as they are, without those that only an extra asks for.
    pub requires: Vec<String>,
}

impl Metadata {
    /// Reads the head: header lines up to the first empty one. A line that is none is passed over.
    pub fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        let mut lines = text.lines().take_while(|line| !line.trim_end().is_empty()).peekable();
        while let Some(line) = lines.next() {
            let Some((key, value)) = line.split_once(':') else { continue };
            let mut value = value.trim().to_owned();
            // Folded lines begin with white space.
            while let Some(more) = lines.next_if(|line| line.starts_with([' ', '\t'])) {
                value.push(' ');
                value += more.trim();
            }
            match key.to_ascii_lowercase().as_str() {
                "name" => metadata.name = Some(value),
                "version" => metadata.version = Some(value),
                "requires-python" => metadata.requires_python = Some(value),
                "requires-dist" if !asks_for_extra(&value) => metadata.requires.push(value),
                _ => {}
            }
        }
        metadata
    }
}

/// Whether the marker of a requirement has to do with an extra, so that plain installs leave it out.
fn asks_for_extra(requirement: &str) -> bool {
    let Some((_, marker)) = requirement.split_once(';') else { return false };
    marker.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == "extra")
}

/// The requirements in an egg-info's requires.txt: those at the top, and those of `[:marker]` sections with their marker. Sections
/// of extras are left out.
pub fn egg_requires(text: &str) -> Vec<String> {
    let mut requires = Vec::new();
    let mut section = Some(String::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.strip_prefix(':').map(str::to_owned);
            continue;
        }
        match section.as_deref() {
            Some("") => requires.push(line.to_owned()),
            Some(marker) => requires.push(format!("{line} ; {marker}")),
            None => {}
        }
    }
    requires
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_metadata_is_read() {
        let text = "Metadata-Version: 2.1\r\nName: torch\r\nVersion: 2.7.1\r\nRequires-Python: >=3.9.0\r\n\
            Requires-Dist: filelock\r\nRequires-Dist: nvidia-cudnn-cu12==9.5.1.17;\r\n  platform_system == \"Linux\"\r\n\
            Requires-Dist: optree>=0.13.0; extra == \"optree\"\r\n\r\nRequires-Dist: in the description\r\n";
        let metadata = Metadata::parse(text);
        assert_eq!(metadata.name.as_deref(), Some("torch"));
        assert_eq!(metadata.requires_python.as_deref(), Some(">=3.9.0"));
        assert_eq!(metadata.requires, ["filelock", "nvidia-cudnn-cu12==9.5.1.17; platform_system == \"Linux\""]);
        assert_eq!(Metadata::parse(""), Metadata::default());
    }

    #[test]
    fn egg_info_sections_become_markers() {
        let text = "numpy\n\n[:python_version < \"3.8\"]\ntyping-extensions\n\n[dev]\npytest\n";
        assert_eq!(egg_requires(text), ["numpy", "typing-extensions ; python_version < \"3.8\""]);
    }
}
