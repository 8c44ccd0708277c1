//! devcontainer.json: the image or the Dockerfile that people develop in, what it is built with, what is installed in it afterwards, and whether
//! it gets a GPU. Format: <https://containers.dev/implementors/json_reference/>.

use std::{collections::BTreeMap, path::Path};

use super::{
    Format, Reading, Sheet, Text,
    command::{CommandWord, Files, Scene, joined},
    dockerfile::{self, Order},
    shell::{self, Language, Value, Variables},
    workflow,
    yaml::{self, Node},
};
use crate::facts::{GapWeight, Manager};

/// The format.
pub struct Devcontainer;

impl Format for Devcontainer {
    fn name(&self) -> &'static str {
        "devcontainer.json"
    }

    fn is_aside(&self) -> bool {
        true
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        name == "devcontainer.json" || name == ".devcontainer.json"
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        // Its lines and columns are those of the file.
        let bare = Text::new(text.path.clone(), &text.shown, without_comments(&text.text));
        let sheet = match yaml::read(&bare) {
            Ok(tree) => container(&bare, &tree, reading),
            Err(error) => {
                let mut sheet = Sheet::new(&text.shown, &text.shown);
                sheet.gap(format!("what {} asks for ({error})", text.shown), GapWeight::Decides, error.at);
                sheet
            }
        };
        reading.sheets.push(sheet);
    }
}

/// JSON without its comments and the commas before what closes, each character of them a space.
fn without_comments(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |part: &str| part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect::<String>();
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => {
                let mut end = 1;
                let bytes = rest.as_bytes();
                while let Some(byte) = bytes.get(end).filter(|byte| **byte != b'"') {
                    end += if *byte == b'\\' { 2 } else { 1 };
                }
                let length = (end + 1).min(rest.len());
                let length = (length..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
                bare.push_str(rest.get(..length).unwrap_or_default());
                length
            }
            '/' if rest.starts_with("//") => {
                let length = rest.find('\n').unwrap_or(rest.len());
                bare.push_str(&blank(rest.get(..length).unwrap_or_default()));
                length
            }
            '/' if rest.starts_with("/*") => {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                bare.push_str(&blank(rest.get(..length).unwrap_or_default()));
                length
            }
            '}' | ']' => {
                let kept = bare.trim_end().len();
                if bare.get(..kept).is_some_and(|before| before.ends_with(',')) {
                    bare.replace_range(kept - 1..kept, " ");
                }
                bare.push(c);
                1
            }
            '\t' => {
                bare.push(' ');
                1
            }
            c => {
                bare.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    bare
}

fn container(text: &Text, tree: &Node, reading: &mut Reading<'_>) -> Sheet {
    let folder = text.folder().to_owned();
    let build = tree.get("build");
    let file = build.and_then(|build| build.get("dockerfile")).or_else(|| tree.get("dockerFile"));
    let mut sheet = match file {
        Some(file) => built(text, build, file, &folder, reading),
        None => Sheet::new(&text.shown, &text.shown),
    };
    sheet.manager(Manager::Docker, &tree.at(text));
    if let Some(image) = tree.get("image").filter(|_| file.is_none())
        && let Some(name) = image.text()
    {
        sheet.base(name, image.at(text));
    }
    for (name, options) in tree.get("features").map(Node::map).unwrap_or_default().iter().take(100) {
        let is_cuda = name.text().is_some_and(|name| {
            name.contains("nvidia-cuda") || name.rsplit('/').next().is_some_and(|name| name.starts_with("cuda"))
        });
        let version = options.get("cudaVersion").or_else(|| options.get("version")).filter(|_| is_cuda);
        if let Some(node) = version
            && let Some(Ok(release)) = node.text().map(str::parse)
        {
            sheet.toolkit(release, node.at(text));
        }
    }
    for key in ["containerEnv", "remoteEnv"] {
        for (name, value) in tree.get(key).map(Node::map).unwrap_or_default().iter().take(1_000) {
            if let (Some(name), Some(set)) = (name.text(), value.text())
                && dockerfile::is_told(name)
                && !set.contains("${")
            {
                sheet.variable(name, set, value.at(text));
            }
        }
    }
    gpus(text, tree, &mut sheet);
    commands(text, tree, &mut sheet, reading);
    sheet
}

/// What the Dockerfile makes.
fn built(text: &Text, build: Option<&Node>, file: &Node, folder: &Path, reading: &mut Reading<'_>) -> Sheet {
    let name = file.text().unwrap_or_default();
    let key = |key: &str| build.and_then(|build| build.get(key));
    let dockerfile = match reading.beside(folder, name) {
        Ok(dockerfile) => dockerfile,
        Err(why) => {
            let mut sheet = Sheet::new(&text.shown, &text.shown);
            sheet.image();
            sheet.gap(format!("the file {name} ({why})"), GapWeight::Decides, file.at(text));
            return sheet;
        }
    };
    let mut args = BTreeMap::new();
    for (name, value) in key("args").map(Node::map).unwrap_or_default().iter().take(1_000) {
        if let (Some(name), Some(set)) = (name.text(), value.text()) {
            let at = Some(value.at(text));
            // `${localEnv:NAME}` is what the person's own machine has.
            let value = if set.contains("${") { Value { at, ..Value::unknown(set) } } else { Value::known(set, at) };
            args.insert(name.to_owned(), value);
        }
    }
    let place = key("context").and_then(Node::text).unwrap_or(".");
    let order = Order {
        id: text.shown.clone(),
        context: joined(folder, place),
        stage: key("target").and_then(Node::text).map(str::to_owned).or_else(|| reading.choices.stage.clone()),
        args,
    };
    dockerfile::build(&dockerfile, reading, &order)
}

/// Whether the container gets a GPU.
fn gpus(text: &Text, tree: &Node, sheet: &mut Sheet) {
    let run = tree.get("runArgs").map(Node::list).unwrap_or_default();
    let flag = run.iter().find(|word| {
        word.text().is_some_and(|word| {
            word.starts_with("--gpus") || word.contains("nvidia.com/gpu") || word == "--runtime=nvidia"
        })
    });
    let required =
        tree.get("hostRequirements").and_then(|host| host.get("gpu")).filter(|gpu| gpu.text() != Some("false"));
    if let Some(node) = flag.or(required) {
        sheet.gpus(true, node.at(text));
    }
}

/// Commands that run once the container is there.
fn commands(text: &Text, tree: &Node, sheet: &mut Sheet, reading: &mut Reading<'_>) {
    let folder = text.folder();
    let inside = folder.ancestors().find(|above| above.file_name().is_some_and(|name| name == ".devcontainer"));
    let project = inside.and_then(Path::parent).unwrap_or(folder).to_owned();
    let mut scene = Scene { reading, sheet, folder: project, variables: BTreeMap::new(), files: Files::default() };
    let mut variables = Variables::new(BTreeMap::new(), scene.reading.choices.set.clone());
    for key in ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand"] {
        let Some(node) = tree.get(key) else { continue };
        let several: Vec<&Node> = node.map().iter().map(|(_, command)| command).take(100).collect();
        for command in if several.is_empty() { vec![node] } else { several } {
            if command.text().is_some() {
                shell::run_as(Language::Shell, &workflow::script_of(command, text), &mut variables, &mut scene);
                continue;
            }
            let words = command.list().iter().filter_map(|word| {
                Some(CommandWord { text: word.text()?.to_owned(), at: word.at(text), unknown: None })
            });
            shell::run_words(words.take(1_000).collect(), &mut variables, &mut scene);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::environment, without_comments};

    #[test]
    fn comments_leave_places_as_they_are() {
        let text = "// a\n{\"u\": \"http://x\", /* b\n */ \"l\": [1, 2,],\n}";
        assert_eq!(without_comments(text), "    \n{\"u\": \"http://x\",     \n    \"l\": [1, 2 ] \n}");
    }

    #[test]
    fn an_image_its_toolkit_and_what_is_installed_afterwards_are_read() {
        let (environment, places) = environment(
            "devcontainer.json",
            "{\n  \"image\": \"mcr.example/base:ubuntu\", // why\n  \"features\": {\"ghcr.io/devcontainers/features/nvidia-cuda:1\": {\"cudaVersion\": \"11.8\"}},\n  \
             \"hostRequirements\": {\"gpu\": \"optional\"},\n  \"containerEnv\": {\"TORCH_CUDA_ARCH_LIST\": \"8.6\", \"A\": \"b\"},\n  \
             \"postCreateCommand\": \"pip install torch==2.4.0\",\n}\n",
        );
        let image = environment.image.as_deref().unwrap();
        assert_eq!(image.base.as_deref(), Some("mcr.example/base:ubuntu"));
        assert_eq!(image.gpus, Some(true));
        assert_eq!(image.env_vars.keys().collect::<Vec<_>>(), ["TORCH_CUDA_ARCH_LIST"]);
        assert_eq!(image.toolkits.len(), 1);
        assert_eq!(environment.steps[0].requests[0].asked.text, "torch==2.4.0");
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 6);
    }
}
