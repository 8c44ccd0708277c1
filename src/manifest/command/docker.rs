//! `docker build`, `docker compose build` and `docker run`, and what is called the same of Podman and others.

use super::{CommandWord, Scene, Tool, joined, program};
use crate::{
    facts::{GapWeight, Manager},
    manifest::{
        Sheet, compose,
        dockerfile::{self, Order},
        shell::Value,
    },
};

/// Docker, and what takes its place.
pub struct Docker;

impl Tool for Docker {
    fn claims(&self, words: &[CommandWord]) -> bool {
        let name = words.first().map(|word| program(&word.text));
        let verb =
            words.iter().skip(1).any(|word| matches!(word.text.as_str(), "build" | "up" | "run" | "bake" | "create"));
        matches!(name, Some("docker" | "podman" | "nerdctl" | "docker-compose" | "podman-compose" | "buildah")) && verb
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        // What is built inside of an image is another one.
        if scene.files.isolated {
            return;
        }
        let composes = words.first().is_some_and(|word| program(&word.text).ends_with("-compose"));
        let words = words.get(1..).unwrap_or_default();
        let verb = words.iter().find(|word| !word.text.starts_with('-')).map_or("", |word| word.text.as_str());
        match verb {
            "compose" => compose_command(words, scene),
            _ if composes => compose_command(words, scene),
            "build" | "buildx" | "image" | "builder" | "bud" => build(words, scene),
            "run" | "container" | "create" => run(words, scene),
            _ => {}
        }
    }
}

/// Options of `docker build` and `docker run` that take no value.
const FLAGS: &[&str] = &[
    "--no-cache",
    "--pull",
    "--push",
    "--load",
    "-q",
    "--quiet",
    "--rm",
    "--force-rm",
    "--squash",
    "--compress",
    "-it",
    "-i",
    "-t",
    "-d",
    "--detach",
    "--interactive",
    "--tty",
    "--init",
    "--privileged",
    "-P",
    "--publish-all",
    "--read-only",
    "-ti",
    "-dit",
    "-itd",
];

/// Options with their values, and what is no option.
fn parted(words: &[CommandWord], flags: &[&str]) -> (Vec<(String, CommandWord)>, Vec<CommandWord>) {
    let (mut options, mut plain) = (Vec::new(), Vec::new());
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !word.text.starts_with('-') || word.text == "-" {
            plain.push(word.clone());
            continue;
        }
        match word.text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => {
                options.push((name.to_owned(), CommandWord { text: value.to_owned(), ..word.clone() }));
            }
            _ if flags.contains(&word.text.as_str()) => {
                options.push((word.text.clone(), CommandWord { text: String::new(), ..word.clone() }))
            }
            _ => options.extend(rest.next().map(|value| (word.text.clone(), value.clone()))),
        }
    }
    (options, plain)
}

fn build(words: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let after = words.iter().position(|word| matches!(word.text.as_str(), "build" | "bud")).map_or(0, |at| at + 1);
    // -t names the image here.
    let flags: Vec<&str> = FLAGS.iter().copied().filter(|flag| *flag != "-t").collect();
    let (options, plain) = parted(words.get(after..).unwrap_or_default(), &flags);
    let Some(context) = plain.last() else { return };
    if let Some(name) = plain.iter().chain(options.iter().map(|(_, word)| word)).find_map(|word| word.unknown.clone()) {
        scene.sheet.gap(format!("the value of {name}"), GapWeight::PassedOver, context.at.clone());
    }
    if context.text.contains("://") || context.text == "-" {
        scene.sheet.gap(format!("the Dockerfile of {}", context.text), GapWeight::Decides, context.at.clone());
        return;
    }
    let option = |names: &[&str]| {
        options.iter().rfind(|(name, _)| names.contains(&name.as_str())).map(|(_, word)| word.text.clone())
    };
    let folder = joined(&scene.folder, &context.text);
    let file = option(&["-f", "--file"]);
    let path = match &file {
        Some(file) => joined(&scene.folder, file),
        None => folder.join("Dockerfile"),
    };
    let containerfile = folder.join("Containerfile");
    let text = scene.reading.beside(&scene.folder, &path.to_string_lossy());
    let text = match text {
        Err(_) if file.is_none() => scene.reading.beside(&scene.folder, &containerfile.to_string_lossy()),
        text => text,
    };
    let text = match text {
        Ok(text) => text,
        Err(why) => {
            let name = file.unwrap_or_else(|| "Dockerfile".to_owned());
            scene.sheet.gap(format!("the file {name} ({why})"), GapWeight::Decides, context.at.clone());
            return;
        }
    };
    let args = options.iter().filter(|(name, _)| name == "--build-arg").filter_map(|(_, word)| {
        let (name, value) = word.text.split_once('=')?;
        Some((name.to_owned(), Value::known(value, Some(word.at.clone()))))
    });
    let order = Order {
        id: scene.sheet.environment.id.clone(),
        context: folder,
        stage: scene.reading.choices.stage.clone().or_else(|| option(&["--target"])),
        args: args.collect(),
    };
    let sheet = dockerfile::build(&text, scene.reading, &order);
    put(scene, sheet);
}

fn compose_command(words: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let flags = [
        "--build",
        "-d",
        "--detach",
        "--no-cache",
        "--pull",
        "--rm",
        "-q",
        "--quiet",
        "--force-recreate",
        "--remove-orphans",
        "--no-deps",
        "--push",
        "--wait",
        "-it",
        "-i",
        "-t",
        "--parallel",
    ];
    let (options, plain) = parted(words, &flags);
    let files = options.iter().filter(|(name, _)| name == "-f" || name == "--file");
    let mut texts = Vec::new();
    for (_, file) in files {
        match scene.open(&file.text) {
            Ok(text) => texts.push(text),
            Err(why) => scene.sheet.gap(format!("the file {} ({why})", file.text), GapWeight::Decides, file.at.clone()),
        }
    }
    if texts.is_empty() {
        let project = options.iter().find(|(name, _)| name == "--project-directory");
        let folder = project.map_or_else(|| scene.folder.clone(), |(_, word)| joined(&scene.folder, &word.text));
        texts = compose::default_files(&folder, scene.reading);
    }
    let Some(first) = words.first() else { return };
    if texts.is_empty() {
        scene.sheet.gap("a Compose file", GapWeight::Decides, first.at.clone());
        return;
    }
    let verbs = ["compose", "build", "up", "run", "create", "start", "config"];
    let services: Vec<String> =
        plain.iter().map(|word| word.text.clone()).filter(|word| !verbs.contains(&word.as_str())).collect();
    // `compose run SERVICE command words`
    let services =
        if plain.iter().any(|word| word.text == "run") { services.into_iter().take(1).collect() } else { services };
    for sheet in compose::services(&texts, scene.reading, &services) {
        put(scene, sheet);
    }
}

fn run(words: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let after = words.iter().position(|word| matches!(word.text.as_str(), "run" | "create")).map_or(0, |at| at + 1);
    let rest = words.get(after..).unwrap_or_default();
    // What follows the image is a command in it.
    let mut length = 0;
    let mut valued = false;
    for word in rest {
        length += 1;
        let option = word.text.starts_with('-');
        if !option && !valued {
            break;
        }
        valued = option && !word.text.contains('=') && !FLAGS.contains(&word.text.as_str());
    }
    let (options, plain) = parted(rest.get(..length).unwrap_or_default(), FLAGS);
    let Some(image) = plain.first() else { return };
    let mut sheet = Sheet::new(&scene.sheet.environment.id, &image.at.path);
    match &image.unknown {
        Some(name) => {
            sheet.gap(format!("the value of {name}, which names the image"), GapWeight::Decides, image.at.clone())
        }
        None => sheet.base(&image.text, image.at.clone()),
    }
    sheet.manager(Manager::Docker, &image.at);
    let mut gpus = false;
    for (name, word) in &options {
        gpus |= name == "--gpus"
            || name == "--runtime" && word.text.contains("nvidia")
            || name == "--device" && word.text.contains("nvidia");
        if matches!(name.as_str(), "-e" | "--env")
            && let Some((name, value)) = word.text.split_once('=').filter(|(name, _)| dockerfile::is_told(name))
        {
            sheet.variable(name, value, word.at.clone());
        }
    }
    sheet.gpus(gpus, image.at.clone());
    put(scene, sheet);
}

/// An image that a command makes or starts is an environment of its own; the command's own one, where nothing is in that yet.
fn put(scene: &mut Scene<'_, '_>, sheet: Sheet) {
    match scene.sheet.is_empty() && scene.sheet.environment.found_by == "command" {
        true => *scene.sheet = sheet,
        false => scene.reading.sheets.push(sheet),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_parted_from_words() {
        let at = crate::facts::Location { path: "x".to_owned(), line: 1, column: 1 };
        let words: Vec<CommandWord> = "-f a --build-arg X=1 --target=b --no-cache ."
            .split(' ')
            .map(|text| CommandWord { text: text.to_owned(), at: at.clone(), unknown: None })
            .collect();
        let (options, plain) = parted(&words, FLAGS);
        let names: Vec<String> = options.iter().map(|(name, word)| format!("{name} {}", word.text)).collect();
        assert_eq!(names, ["-f a", "--build-arg X=1", "--target b", "--no-cache "]);
        assert_eq!(plain.len(), 1);
    }
}
