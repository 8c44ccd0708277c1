//! Which room of the house may import which: the arrows between the folders and files of `src/`, from the ground up, and the circles that
//! are still there, each with its reason. An arrow that is new fails here, and one that is gone has to leave the lists: they only shrink.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The rooms from the ground to the top, each with those below it that it imports.
const ROOMS: &[(&str, &[&str])] = &[
    ("exit", &[]),
    ("json", &[]),
    ("memory", &[]),
    ("parallel", &[]),
    ("start", &[]),
    ("files", &[]),
    ("tar", &[]),
    ("text", &[]),
    ("system", &["files"]),
    ("facts", &[]),
    ("python", &["facts"]),
    ("knowledge", &["facts", "files", "python", "text"]),
    ("binary", &["facts", "files", "json", "parallel", "python", "tar"]),
    ("image", &["binary", "facts", "files", "parallel", "python", "system", "tar"]),
    ("compat", &["facts", "knowledge"]),
    ("enrich", &["facts", "knowledge", "parallel", "python"]),
    ("driver_api", &["facts"]),
    ("probe", &["binary", "compat", "driver_api", "facts", "json", "knowledge", "parallel", "python", "system"]),
    ("manifest", &["facts", "python", "system"]),
    ("log", &["facts", "python", "system"]),
    ("fuzzing", &["facts", "image", "log", "manifest", "probe", "system"]),
    ("remote", &["binary", "json", "python", "system"]),
    ("shell", &["facts", "python", "remote", "system", "text"]),
    ("finding", &["facts", "shell"]),
    ("rules", &["compat", "facts", "finding", "knowledge", "parallel", "python", "shell", "text"]),
    ("resolve", &["facts", "finding", "rules"]),
    ("fix", &["compat", "enrich", "facts", "finding", "knowledge", "parallel", "python", "resolve", "rules", "shell"]),
    ("readiness", &["compat", "facts", "finding", "knowledge", "rules"]),
    ("report", &["compat", "facts", "finding", "knowledge", "readiness", "rules", "text"]),
    (
        "scan",
        &[
            "binary",
            "compat",
            "facts",
            "knowledge",
            "parallel",
            "probe",
            "python",
            "remote",
            "report",
            "rules",
            "system",
            "text",
        ],
    ),
    (
        "judge",
        &[
            "compat",
            "enrich",
            "facts",
            "finding",
            "fix",
            "knowledge",
            "manifest",
            "parallel",
            "python",
            "readiness",
            "report",
            "resolve",
            "rules",
            "scan",
            "shell",
            "system",
            "text",
        ],
    ),
    ("render", &["facts", "finding", "knowledge", "python", "readiness", "report", "rules", "text"]),
    ("verify", &["binary", "compat", "facts", "knowledge", "python", "rules"]),
    ("online", &["binary", "facts", "fix", "knowledge", "python", "remote", "scan", "system", "text", "verify"]),
    (
        "cli",
        &[
            "binary",
            "exit",
            "facts",
            "files",
            "finding",
            "image",
            "judge",
            "knowledge",
            "log",
            "manifest",
            "online",
            "probe",
            "python",
            "remote",
            "render",
            "report",
            "rules",
            "scan",
            "start",
            "system",
            "text",
            "verify",
        ],
    ),
];

/// Arrows that go up: room, what it imports from above it, and why that still stands.
const UPWARDS: &[(&str, &str, &str)] = &[];

/// Files of one room that import each other in a circle, and why they still do. A folder's `mod.rs` is its own files' ground and roof:
/// what it declares and they use is no circle here.
const INNER_CIRCLES: &[(&[&str], &str)] = &[
    (&["binary::file", "binary::source"], "a source says whether it is a plain file, which alone is read ahead"),
    (
        &["rules::broken", "rules::shared"],
        "whether torch is broken decides what it is judged by: to become one judge of device code",
    ),
];

/// Files outside of `system` that ask the operating system for files or for what the process inherits, and why.
const ON_THEIR_OWN: &[(&str, &str)] = &[
    ("binary::file", "reads a library piece by piece, where it is hot"),
    ("cli::complaint", "asks which letters the locale has"),
    ("cli::output", "asks what decides the colour, and for --output"),
    ("cli::output::file", "writes the report"),
    ("cli::store", "keeps and removes the rows that a person takes"),
    ("cli::probe", "the child: /dev/null, and what it has inherited"),
    ("driver_api::library", "/proc of this very process, and where Windows keeps the driver"),
    ("files", "what system itself opens files with, and those who only need a bounded one"),
    ("image::blob", "an archive that is open, read at any place"),
    ("image::spool", "standard input and pipes, laid down in a file without a name"),
    ("knowledge::load", "the overlays that a person names"),
    ("probe::framework", "a folder for what runs, and its removal"),
    ("probe::live::contain", "gives a child what it inherits"),
    ("probe::live::watch", "/proc of its own children"),
    ("probe::resolver", "what a resolver is asked, in a folder that is removed"),
    ("scan::collect::walk", "walks what a person named, links and pipes included, and asks for sizes"),
    ("start", "what the process begins with, before anything else looks"),
];

#[test]
fn files_and_the_surroundings_are_asked_for_through_system() {
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut Vec::new(), &mut files);
    let asks = |text: &str| {
        let tokens = without_tests(&tokens(text));
        tokens.windows(3).any(|three| match [three[0].as_str(), three[1].as_str(), three[2].as_str()] {
            ["fs" | "File" | "OpenOptions", "::", what] => is_name(what),
            ["env", "::", what] => ["var", "vars", "var_os", "vars_os", "current_dir", "home_dir"].contains(&what),
            _ => false,
        })
    };
    files.retain(|(module, text)| module[0] != "system" && asks(text));
    let found: BTreeSet<String> = files.into_iter().map(|(module, _)| module.join("::")).collect();
    let listed: BTreeSet<String> = ON_THEIR_OWN.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert!(ON_THEIR_OWN.iter().all(|(_, why)| !why.is_empty()));
    let (new, gone) = (found.difference(&listed), listed.difference(&found));
    assert_eq!(found, listed, "new: {:#?}\ngone: {:#?}", new.collect::<Vec<_>>(), gone.collect::<Vec<_>>());
}

#[test]
fn arrows_between_rooms_point_down() {
    let house = House::read();
    let order: Vec<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let there: BTreeSet<&str> = house.modules.keys().map(|module| module[0].as_str()).collect();
    assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), there, "the rooms of the list, and those of src/");
    let place = |room: &str| order.iter().position(|other| *other == room).unwrap();
    let mut allowed = BTreeSet::new();
    for (room, imports) in ROOMS {
        for import in *imports {
            assert!(place(import) < place(room), "{room} → {import} goes up: with a reason, it belongs into UPWARDS");
            allowed.insert((*room, *import));
        }
    }
    for (room, import, why) in UPWARDS {
        assert!(place(import) > place(room) && !why.is_empty(), "{room} → {import} does not go up, or has no reason");
        allowed.insert((*room, *import));
    }
    let mut new = BTreeMap::new();
    let mut drawn = BTreeSet::new();
    for (from, to) in house.arrows().filter(|(from, to)| from[0] != to[0]) {
        let arrow = (from[0].as_str(), to[0].as_str());
        drawn.insert(arrow);
        if !allowed.contains(&arrow) {
            new.entry(arrow).or_insert_with(|| format!("{} imports {}", from.join("::"), to.join("::")));
        }
    }
    assert!(new.is_empty(), "new arrows between rooms: {new:#?}");
    let gone: Vec<_> = allowed.difference(&drawn).collect();
    assert!(gone.is_empty(), "arrows that are gone, and leave the lists: {gone:?}");
}

#[test]
fn circles_within_a_room_only_become_fewer() {
    let house = House::read();
    let mut within: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for (from, to) in house.arrows().filter(|(from, to)| from[0] == to[0]) {
        if !from.starts_with(to) && !to.starts_with(from) {
            within.entry(from).or_default().insert(to);
        }
    }
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        within.keys().map(|module| (*module, reached(&within, module))).collect();
    let circles: BTreeSet<Vec<String>> = reached
        .iter()
        .filter(|(module, seen)| seen.contains(*module))
        .map(|(module, seen)| {
            let back = |other: &&&Module| reached.get(*other).is_some_and(|seen| seen.contains(module));
            seen.iter().filter(back).map(|other| other.join("::")).collect()
        })
        .collect();
    let listed = INNER_CIRCLES.iter().map(|(files, why)| {
        assert!(!why.is_empty(), "{files:?} have no reason");
        files.iter().map(|file| (*file).to_owned()).collect::<Vec<_>>()
    });
    let listed: BTreeSet<Vec<String>> = listed.collect();
    let (new, gone) = (circles.difference(&listed), listed.difference(&circles));
    assert_eq!(circles, listed, "new: {:#?}\ngone: {:#?}", new.collect::<Vec<_>>(), gone.collect::<Vec<_>>());
}

/// What can be reached from a module.
fn reached<'m>(arrows: &BTreeMap<&'m Module, BTreeSet<&'m Module>>, from: &Module) -> BTreeSet<&'m Module> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Module> = vec![from];
    while let Some(module) = open.pop() {
        for next in arrows.get(module).into_iter().flatten() {
            if seen.insert(*next) {
                open.push(next);
            }
        }
    }
    seen
}

/// `["rules", "driver", "gpu_lost"]`.
type Module = Vec<String>;

/// The modules of `src/` without their tests.
struct House {
    /// The paths that a module names.
    modules: BTreeMap<Module, Vec<Module>>,
    /// Names that a module hands on, and what they stand for.
    exports: BTreeMap<(Module, String), Module>,
}

impl House {
    fn read() -> Self {
        let mut files = Vec::new();
        walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut Vec::new(), &mut files);
        let names: BTreeSet<Module> = files.iter().map(|(module, _)| module.clone()).collect();
        let mut house = Self { modules: BTreeMap::new(), exports: BTreeMap::new() };
        for (module, text) in files {
            let tokens = without_tests(&tokens(&text));
            let mut paths = Vec::new();
            let mut at = 0;
            while at < tokens.len() {
                let word = tokens[at].as_str();
                if word == "use" {
                    let public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].as_str());
                    at += 1;
                    for (path, name) in tree(&tokens, &mut at, &[]) {
                        let Some(path) = absolute(&path, &module, &names) else { continue };
                        if public {
                            house.exports.insert((module.clone(), name), path.clone());
                        }
                        paths.push(path);
                    }
                } else if ["crate", "super"].contains(&word) && tokens.get(at + 1).is_some_and(|next| next == "::") {
                    let path: Vec<String> = tokens[at..]
                        .chunks(2)
                        .take_while(|pair| is_name(&pair[0]))
                        .scan(true, |more, pair| {
                            std::mem::replace(more, pair.get(1).is_some_and(|next| next == "::"))
                                .then(|| pair[0].clone())
                        })
                        .collect();
                    paths.extend(absolute(&path, &module, &names));
                    at += 2 * path.len() - 1;
                } else {
                    at += 1;
                }
            }
            house.modules.insert(module, paths);
        }
        house
    }

    /// Each import: the module that has it, and the one that what it names comes from.
    fn arrows(&self) -> impl Iterator<Item = (&Module, &Module)> {
        let to = |path| self.home(path, 0);
        self.modules.iter().flat_map(move |(from, paths)| {
            paths.iter().filter_map(move |path| Some((from, to(path)?))).filter(|(from, to)| from != to)
        })
    }

    /// The module that the thing at the end of a path is written in, behind all that hand it on.
    fn home(&self, path: &[String], depth: usize) -> Option<&Module> {
        let (module, rest) = (1..=path.len()).rev().find_map(|end| {
            let (module, _) = self.modules.get_key_value(&path[..end])?;
            Some((module, &path[end..]))
        })?;
        let handed_on = rest.first().and_then(|name| self.exports.get(&(module.clone(), name.clone())));
        match handed_on.filter(|_| depth < 8) {
            Some(path) => self.home(&[path, &rest[1..]].concat(), depth + 1),
            None => Some(module),
        }
    }
}

/// The files below a folder with the modules that they are. The roots of the crates stand for nothing, and tests may import anything.
fn walk(folder: &Path, above: &mut Module, files: &mut Vec<(Module, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if stem == "tests" || above.is_empty() && ["lib", "main"].contains(&stem.as_str()) {
            continue;
        }
        if path.is_dir() {
            above.push(stem);
            walk(&path, above, files);
            above.pop();
        } else if path.extension().is_some_and(|end| end == "rs") {
            let own = (stem != "mod").then_some(stem);
            files.push((above.iter().cloned().chain(own).collect(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A path from the root of the crate; nothing for those of other crates.
fn absolute(path: &[String], module: &Module, names: &BTreeSet<Module>) -> Option<Module> {
    let mut base = module.clone();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            base.truncate(base.len().checked_sub(ups)?);
            Some([base, path[ups..].to_vec()].concat())
        }
        "self" => Some([base, path[1..].to_vec()].concat()),
        first => {
            base.push(first.to_owned());
            names.contains(&base).then(|| [module, path].concat())
        }
    }
}

/// The paths of a `use` up to its semicolon or the end of a group, each with the name that it gets here.
fn tree(tokens: &[String], at: &mut usize, above: &[String]) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut path = above.to_vec();
    let mut alias = None;
    loop {
        let token = tokens[*at].as_str();
        *at += 1;
        match token {
            "::" => {}
            "as" => {
                alias = Some(tokens[*at].clone());
                *at += 1;
            }
            "{" => {
                found.extend(tree(tokens, at, &path));
                path.clear();
            }
            "," | "}" | ";" => {
                if path.len() > above.len() {
                    if path.last().is_some_and(|last| last == "self") {
                        path.pop();
                    }
                    let name = alias.take().or_else(|| path.last().cloned());
                    found.extend(name.map(|name| (path.clone(), name)));
                }
                path = above.to_vec();
                if token != "," {
                    return found;
                }
            }
            name => path.push(name.to_owned()),
        }
    }
}

/// The tokens without the items that are there for tests alone.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().map(String::as_str).take(TEST.len()).eq(TEST) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += TEST.len();
        // To the end of the item: its semicolon, or the brace that closes it.
        let mut depth = 0;
        loop {
            let token = tokens[at].as_str();
            at += 1;
            match token {
                "{" => depth += 1,
                "}" if depth == 1 => break,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => {}
            }
        }
    }
    kept
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single signs; comments and literals are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let literal = [rest.strip_prefix("br"), rest.strip_prefix('r')].into_iter().flatten().find_map(raw);
        let plain = rest.strip_prefix('b').unwrap_or(rest);
        rest = if rest.starts_with("//") {
            &rest[rest.find('\n').unwrap_or(rest.len())..]
        } else if rest.starts_with("/*") {
            &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..]
        } else if let Some(behind) = literal {
            behind
        } else if let Some(inside) = plain.strip_prefix('"') {
            behind(inside, '"')
        } else if let Some(inside) = plain.strip_prefix('\'').filter(|inside| is_character(inside)) {
            behind(inside, '\'')
        } else if name > 0 {
            tokens.push(rest[..name].to_owned());
            &rest[name..]
        } else if let Some(behind) = rest.strip_prefix("::") {
            tokens.push("::".to_owned());
            behind
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            &rest[first.len_utf8()..]
        };
    }
    tokens
}

/// What stands behind the sign that ends a literal.
fn behind(inside: &str, end: char) -> &str {
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == end {
            return &inside[at + 1..];
        }
    }
    ""
}

/// What stands behind a raw string, of which this begins behind its `r`.
fn raw(text: &str) -> Option<&str> {
    let inside = text.trim_start_matches('#');
    let end = format!("\"{}", &text[..text.len() - inside.len()]);
    let inside = inside.strip_prefix('"')?;
    Some(&inside[inside.find(&end)? + end.len()..])
}

/// Whether an apostrophe before this begins a character, and no lifetime.
fn is_character(inside: &str) -> bool {
    let mut characters = inside.chars();
    characters.next() == Some('\\') || characters.next() == Some('\'')
}

/// The reader sees what it should: imports of every spelling, and nothing in comments, literals and tests.
#[test]
fn imports_are_read() {
    let text = r##"
        //! use crate::comment;
        pub(crate) use crate::a::{self, b::{C as D, *}, e};
        use super::f;
        const X: &str = "use crate::text; \" // ";
        const Y: &str = r#"use crate::raw;"#;
        fn f<'a>(x: &'a str) -> char { crate::g::h(x); super::super::i::J { k: '"' }; '\'' }
        #[cfg(test)]
        mod tests { use crate::tested; fn f() {} }
        #[cfg(test)]
        use crate::also;
        use crate::last;
    "##;
    let tokens = without_tests(&tokens(text));
    let mut found = Vec::new();
    for start in tokens.iter().enumerate().filter(|(_, token)| *token == "use").map(|(at, _)| at) {
        let paths = tree(&tokens, &mut (start + 1), &[]);
        found.extend(paths.into_iter().map(|(path, name)| format!("{} {name}", path.join("::"))));
    }
    let expected =
        ["crate::a a", "crate::a::b::C D", "crate::a::b::* *", "crate::a::e e", "super::f f", "crate::last last"];
    assert_eq!(found, expected);
    assert!(tokens.iter().any(|token| token == "J") && !tokens.iter().any(|token| token == "raw"), "{tokens:?}");
}
