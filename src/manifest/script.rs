//! Scripts of shells that install software: `install.sh`. What they leave open is read in every way that it can go.

use std::collections::BTreeMap;

use super::{
    Choices, Format, Reading, Sheet, Text,
    command::{Files, Scene},
    shell::{self, Language, Variables},
    ways,
};

/// The format.
pub struct Script;

impl Format for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn claims(&self, text: &Text) -> bool {
        language(text).is_some()
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let Some(language) = language(text) else { return };
        let sheets = read(text, language, &[], &text.shown, reading);
        reading.sheets.extend(sheets);
    }
}

/// The language of a script, by its name or its first line.
pub(super) fn language(text: &Text) -> Option<Language> {
    if let Some(language) = Language::of(text.name()) {
        return Some(language);
    }
    let first = text.line(1).and_then(|line| line.strip_prefix("#!"))?;
    let program = first.split(['/', ' ']).rfind(|word| !word.is_empty() && !word.starts_with('-'))?;
    ["sh", "bash", "zsh", "dash"].contains(&program).then_some(Language::Shell)
}

/// Reads a script that is called with these words: an environment for each way that it can go.
pub(super) fn read(
    text: &Text,
    language: Language,
    words: &[String],
    id: &str,
    reading: &mut Reading<'_>,
) -> Vec<Sheet> {
    let script = shell::Script::of(text);
    let sheets = ways::each(reading, |reading, way| {
        let mut sheet = Sheet::new(id, &text.shown);
        let mut variables = variables(reading.choices, &way.set);
        for (number, word) in words.iter().enumerate() {
            variables.put(&(number + 1).to_string(), shell::Value::known(word, None));
        }
        if !words.is_empty() {
            variables.put("@", shell::Value { items: words.to_vec(), unknown: None, at: None });
            variables.put("*", shell::Value { items: words.to_vec(), unknown: None, at: None });
            variables.put("#", shell::Value::known(words.len().to_string(), None));
        }
        let mut scene = Scene {
            reading,
            sheet: &mut sheet,
            folder: text.folder().to_owned(),
            variables: BTreeMap::new(),
            files: Files::default(),
        };
        shell::run_as(language, &script, &mut variables, &mut scene);
        sheet
    });
    sheets
}

/// Variables as a person and a way have chosen them.
pub(super) fn variables(choices: &Choices, way: &BTreeMap<String, String>) -> Variables {
    let mut chosen = BTreeMap::new();
    for (name, value) in way.iter().chain(&choices.set) {
        // Names are in capitals where their case does not count.
        chosen.entry(name.to_ascii_uppercase()).or_insert_with(|| value.clone());
        chosen.insert(name.clone(), value.clone());
    }
    Variables::new(BTreeMap::new(), chosen)
}
