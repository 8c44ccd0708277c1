//! What somebody means who names a folder: the files in it that ask for software for NVIDIA's GPUs. What is for other hardware by its name, or
//! runs where no GPU is, is passed over with a remark; whoever names such a file has it judged.

use std::path::Path;

use super::{FORMATS, Reading, Sheet, Text, requirements, ways};
use crate::facts::{GapWeight, Location};

/// Files beyond these many are not read for one command.
const MAX_FILES: usize = 10_000;
/// As deep as folders are looked into.
const MAX_DEPTH: usize = 8;
/// Folders of tools.
const OF_TOOLS: [&str; 5] = ["node_modules", "site-packages", "__pycache__", "venv", "target"];

impl Reading<'_> {
    /// Reads what a folder has, and folders in it; hidden ones and those of tools are left out. Programs in Python are launchers where they are at
    /// the top. Where nothing declares anything, its README
    /// is read.
    pub(super) fn folder(&mut self, folder: &Path) {
        let from = self.sheets.len();
        self.walk(folder, 0);
        if self.sheets.iter().skip(from).all(Sheet::is_empty) {
            self.readme(folder);
        }
        let mut sheets = self.sheets.split_off(from);
        beside(&mut sheets);
        self.sheets.extend(apart(&self.shelf.shown(folder), sheets));
    }

    fn walk(&mut self, folder: &Path, depth: usize) {
        for name in self.shelf.names(folder) {
            let path = folder.join(&name);
            if self.shelf.is_folder(&path) {
                let meant = !name.starts_with('.') || [".github", ".devcontainer"].contains(&name.as_str());
                if meant && !OF_TOOLS.contains(&name.as_str()) && depth < MAX_DEPTH {
                    self.walk(&path, depth + 1);
                }
                continue;
            }
            let at_the_top = depth == 0 && name.ends_with(".py");
            if !(may_be_declaration(&name) || at_the_top) || name != "pyproject.toml" && self.included.contains(&path) {
                continue;
            }
            if self.files >= MAX_FILES {
                // Once is enough.
                if self.files == MAX_FILES {
                    self.files += 1;
                    let what = format!("the files of the folder beyond {MAX_FILES}");
                    self.left_out(&path, &what, GapWeight::Decides);
                }
                return;
            }
            self.files += 1;
            match self.shelf.named(&path) {
                Ok(text) if is_meant(&text) => {
                    if let Some(format) = FORMATS.iter().find(|format| format.claims(&text)) {
                        self.with(*format, &text);
                    }
                }
                Ok(_) => {}
                Err(why) => {
                    // By its name alone it asks for software, or may.
                    let named = FORMATS.iter().any(|format| format.claims(&Text::new(path.clone(), &name, "")));
                    let weight = if named { GapWeight::Missing } else { GapWeight::PassedOver };
                    self.left_out(&path, &format!("the file {name} ({why})"), weight);
                }
            }
        }
    }

    /// Says of a file that it was not read.
    fn left_out(&mut self, path: &Path, what: &str, weight: GapWeight) {
        let shown = self.shelf.shown(path);
        let mut sheet = Sheet::new(&shown, &shown);
        sheet.gap(what, weight, Location { path: shown, line: 1, column: 1 });
        self.sheets.push(sheet);
    }

    /// Reads the commands of a folder's README.
    fn readme(&mut self, folder: &Path) {
        let is_readme = |name: &&String| name.to_ascii_lowercase().starts_with("readme.md");
        if let Some(text) = self.shelf.names(folder).iter().find(is_readme)
            && let Ok(text) = self.shelf.named(&folder.join(text))
        {
            self.text(&text);
        }
    }
}

/// Whether a file of a folder is looked into at all, by its name.
fn may_be_declaration(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    matches!(ending, "txt" | "in" | "toml" | "lock" | "yml" | "yaml" | "json" | "dockerfile" | "cfg")
        || lower.contains("dockerfile")
        || lower.contains("containerfile")
        // Of scripts, those that are there to install.
        || matches!(ending, "sh" | "bat" | "cmd" | "ps1") && ["install", "setup", "start", "launch"].iter().any(|word| lower.contains(word))
}

/// Whether a text of a folder is not just words, one a line, which look like requirements.
fn is_meant(text: &Text) -> bool {
    let is_list = [".txt", ".in"].iter().any(|ending| text.name().to_ascii_lowercase().ends_with(ending));
    !is_list || requirements::is_meant(text)
}

/// Says of lists that name no torch but bring one along which file at or above their folder names it: they are installed after it, as a rule.
fn beside(sheets: &mut [Sheet]) {
    let named: Vec<String> =
        sheets.iter().filter_map(|sheet| sheet.place_of("torch").or_else(|| may_name(sheet))).collect();
    for sheet in sheets {
        let file = &sheet.environment.found_by;
        let is_list = [".txt", ".in"].iter().any(|ending| file.to_ascii_lowercase().ends_with(ending));
        if is_list && sheet.place_of("torch").is_none() {
            let above = |other: &&String| folder_of(file).starts_with(&folder_of(other));
            sheet.environment.beside = named.iter().find(above).cloned();
        }
    }
}

/// The file of an environment that may have torch: with an extra that nobody chose, or if a script goes another way than is known.
fn may_name(sheet: &Sheet) -> Option<String> {
    let environment = &sheet.environment;
    let offers = environment.steps.iter().flat_map(|step| &step.offers);
    let offered = offers.flat_map(|offer| &offer.packages).any(|package| package == "torch");
    let is_script = [".py", ".sh", ".bat", ".ps1"].iter().any(|ending| environment.found_by.ends_with(ending));
    let is_open = is_script && environment.gaps.iter().any(|gap| gap.weight == GapWeight::Decides);
    (offered || is_open).then(|| environment.found_by.clone())
}

/// The folder of a file as it is shown, with what separates it from the file.
fn folder_of(file: &str) -> String {
    let file = file.replace('\\', "/");
    file.rfind('/').and_then(|end| file.get(..=end)).unwrap_or_default().to_owned()
}

/// The sheets, with those that are not meant turned into remarks; where none is meant, as they are.
fn apart(folder: &str, sheets: Vec<Sheet>) -> Vec<Sheet> {
    let why = |sheet: &Sheet| match sheet.aside {
        Some(why) => Some(why),
        None => is_elsewhere(folder, sheet).then_some("what is for other hardware than NVIDIA's GPUs"),
    };
    if sheets.iter().all(|sheet| sheet.environment.steps.is_empty() || why(sheet).is_some()) {
        return sheets;
    }
    let meant = |sheet: Sheet| match why(&sheet) {
        Some(what) if !sheet.is_empty() => sheet.passed_over(what),
        _ => sheet,
    };
    sheets.into_iter().map(meant).collect()
}

/// Whether something is for other hardware: by its name below the folder that was named, or by the indexes that it asks.
fn is_elsewhere(folder: &str, sheet: &Sheet) -> bool {
    let id = &sheet.environment.id;
    let name = id.strip_prefix(folder).unwrap_or(id).to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| word != "none" && ways::is_other_hardware(word)) || ways::asks_elsewhere(sheet)
}
