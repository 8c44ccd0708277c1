//! Walks the commands of a script as a shell would, without running one.

use std::{collections::BTreeMap, mem, rc::Rc};

use super::{
    Language, Script,
    test::{self, Status},
    tree::{Join, Node, Simple, Word},
    value::{Fill, Value, Variables},
};
use crate::{
    facts::{GapWeight, Location, Step},
    manifest::command::{self, CommandWord, Scene},
};

/// Commands of one script beyond these many are not walked.
const MAX_COMMANDS: u32 = 5_000;
/// Longer scripts are not read.
const MAX_SCRIPT: usize = 1 << 20;
/// As deep as functions and scripts may call each other.
const MAX_CALLS: u32 = 16;

/// Reads what a script does. Variables that it sets stay set.
pub fn run(script: &Script, variables: &mut Variables, scene: &mut Scene<'_, '_>) {
    run_as(Language::Shell, script, variables, scene);
}

/// Reads what a script in one of the languages does, as [`run`] does.
pub fn run_as(language: Language, script: &Script, variables: &mut Variables, scene: &mut Scene<'_, '_>) {
    if script.text.len() > MAX_SCRIPT {
        let what = format!("what a script of more than {} MiB does", MAX_SCRIPT >> 20);
        scene.sheet.gap(what, GapWeight::Decides, script.at(0));
        return;
    }
    let node = language.parse(&script.text);
    with(script, variables, scene, |shell| {
        shell.all(&node);
    });
}

/// Reads a command that is there in words already. Variables that it sets stay set.
pub fn run_words(words: Vec<CommandWord>, variables: &mut Variables, scene: &mut Scene<'_, '_>) {
    let Some(at) = words.first().map(|word| word.at.clone()) else { return };
    with(&Script::piece("", at), variables, scene, |shell| {
        shell.command(words);
    });
}

fn with(
    script: &Script,
    variables: &mut Variables,
    scene: &mut Scene<'_, '_>,
    walk: impl FnOnce(&mut Shell<'_, '_, '_>),
) {
    let scene_left = scene.reading.commands;
    let mut shell = Shell {
        scene,
        variables: mem::take(variables),
        script: Rc::new(script.clone()),
        functions: BTreeMap::new(),
        left: MAX_COMMANDS.min(scene_left),
        calls: 0,
        stopped: false,
        last: Status::Yes,
        labels: Vec::new(),
    };
    let begun = shell.left;
    walk(&mut shell);
    shell.scene.reading.commands = shell.scene.reading.commands.saturating_sub(begun - shell.left);
    if shell.left == 0 {
        shell.scene.sheet.gap(
            format!("what a script does after {MAX_COMMANDS} commands"),
            GapWeight::Decides,
            script.at(0),
        );
    }
    *variables = shell.variables;
}

/// A shell that only thinks.
pub(super) struct Shell<'s, 'c, 'r> {
    pub scene: &'s mut Scene<'c, 'r>,
    pub variables: Variables,
    /// What is being read, for places.
    pub script: Rc<Script>,
    functions: BTreeMap<String, Rc<(Rc<Script>, Node)>>,
    left: u32,
    calls: u32,
    /// Whether `exit` or `return` was reached.
    stopped: bool,
    /// How the last command went.
    last: Status,
    /// Labels that are being read after a `goto`.
    labels: Vec<String>,
}

impl Fill for Shell<'_, '_, '_> {
    fn variables(&mut self) -> &mut Variables {
        &mut self.variables
    }

    fn output(&mut self, body: &Node, text: &str) -> Value {
        if self.spent() {
            return Value::unknown("a script of too many commands");
        }
        self.printed(body).unwrap_or_else(|| Value::unknown(format!("$({})", text.trim())))
    }
}

impl Shell<'_, '_, '_> {
    /// Takes one command from what is left. Whether nothing is.
    fn spent(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// Walks a command.
    pub fn all(&mut self, node: &Node) -> Status {
        if self.stopped || self.spent() {
            return Status::Yes;
        }
        match node {
            Node::Opaque => Status::Unknown("a condition of arithmetic".to_owned()),
            Node::Shared(node) => self.all(node),
            Node::Label(label) => {
                self.labels.push(label.clone());
                Status::Yes
            }
            Node::Failed(level) => self.failed(*level),
            Node::Not(node) => self.all(node).not(),
            Node::List(list) => self.list(list),
            Node::Simple(simple) => self.simple(simple),
            Node::Function(name, body) => {
                self.functions.insert(name.clone(), Rc::new((Rc::clone(&self.script), (**body).clone())));
                Status::Yes
            }
            Node::Subshell(body) => {
                let (variables, folder) = (self.variables.clone(), self.scene.folder.clone());
                let status = self.all(body);
                self.variables = variables;
                self.scene.folder = folder;
                self.stopped = false;
                status
            }
            Node::If(arms, otherwise) => {
                let arms = arms.iter().map(|(condition, body)| (Condition::Command(condition), body));
                self.arms(arms.collect(), otherwise.as_deref())
            }
            Node::Case(word, arms) => {
                let value = self.single(word);
                let arms = arms.iter().map(|(patterns, body)| (Condition::Pattern(&value, patterns), body));
                self.arms(arms.collect(), None)
            }
            Node::For(name, words, body) => self.loop_over(name, words, body),
            Node::While(condition, body) => {
                // A loop is walked once: what it installs, it installs the first time.
                let holds = self.all(condition);
                match self.settled(holds) {
                    Status::No => Status::Yes,
                    Status::Yes => self.all(body),
                    Status::Unknown(why) => self.doubtful(&why, |shell| {
                        shell.all(body);
                    }),
                }
            }
        }
    }

    fn list(&mut self, list: &[(Join, Node)]) -> Status {
        let mut status = Status::Yes;
        let mut rest = list.iter().peekable();
        while let Some((join, node)) = rest.next() {
            if self.stopped {
                break;
            }
            let runs = match join {
                Join::Then | Join::Pipe => Status::Yes,
                Join::And => status.clone(),
                Join::Or => status.clone().not(),
            };
            // `cat files | xargs pip install`: the words come through the pipe.
            if let Some((Join::Pipe, Node::Simple(next))) = rest.peek()
                && let Some(words) = self.piped(node, next)
            {
                rest.next();
                self.command(words);
                continue;
            }
            status = match self.settled(runs) {
                Status::Yes => self.all(node),
                Status::No => status,
                Status::Unknown(why) => {
                    let mut own = Status::Yes;
                    self.doubtful(&why, |shell| own = shell.all(node));
                    match own {
                        Status::No => Status::No,
                        _ => Status::Unknown(why),
                    }
                }
            };
        }
        // A list whose last command was not reached for sure went well, as far as anybody can tell.
        status
    }

    /// The arms of `if` and `case`: the first whose condition holds.
    fn arms(&mut self, arms: Vec<(Condition<'_>, &Node)>, otherwise: Option<&Node>) -> Status {
        let mut doubt: Option<String> = None;
        let before = self.variables.clone();
        let mut outcomes: Vec<BTreeMap<String, Value>> = Vec::new();
        let mut decided = false;
        for (condition, body) in arms {
            if self.spent() {
                break;
            }
            let holds = match condition {
                Condition::Command(condition) => self.all(condition),
                Condition::Pattern(value, patterns) => self.fits(value, patterns),
            };
            match (self.settled(holds), &doubt) {
                (Status::No, _) => {}
                (Status::Yes, None) => return self.all(body),
                (Status::Yes, Some(why)) => {
                    let why = why.clone();
                    self.trial(&why, body, &before, &mut outcomes);
                    decided = true;
                    break;
                }
                (Status::Unknown(why), _) => {
                    let why = doubt.get_or_insert(why).clone();
                    self.trial(&why, body, &before, &mut outcomes);
                }
            }
        }
        let Some(why) = doubt else {
            return otherwise.map_or(Status::Yes, |body| self.all(body));
        };
        if !decided {
            match otherwise {
                Some(body) => self.trial(&why, body, &before, &mut outcomes),
                None => outcomes.push(before.set.as_ref().clone()),
            }
        }
        self.variables = before;
        self.variables.replace(merged(outcomes, &why));
        Status::Yes
    }

    /// One arm of which nobody knows whether it is taken.
    fn trial(&mut self, why: &str, body: &Node, before: &Variables, outcomes: &mut Vec<BTreeMap<String, Value>>) {
        self.variables = before.clone();
        let mut stopped = false;
        self.doubtful(why, |shell| {
            shell.all(body);
            stopped = mem::take(&mut shell.stopped);
        });
        // What ends the script has no say in what follows.
        if !stopped {
            outcomes.push(Rc::unwrap_or_clone(mem::take(&mut self.variables.set)));
        }
        self.variables = before.clone();
    }

    /// A condition that hangs on something unknown, as it is on the way that is read.
    fn settled(&mut self, status: Status) -> Status {
        let Status::Unknown(why) = status else { return status };
        let doubts = &mut self.scene.reading.doubts;
        doubts.compare(&why, None);
        doubts.assumed(&why).map_or(Status::Unknown(why), Status::of)
    }

    /// Walks something that may or may not be done: what it would install is not installed, but said.
    fn doubtful(&mut self, why: &str, walk: impl FnOnce(&mut Self)) -> Status {
        let mark = self.scene.sheet.mark();
        walk(self);
        self.stopped = false;
        doubted(self.scene, mark, why);
        Status::Unknown(why.to_owned())
    }

    fn fits(&mut self, value: &Value, patterns: &[Word]) -> Status {
        if let Some(why) = &value.unknown {
            for pattern in patterns.iter().take(1) {
                let like = super::pattern::like(&self.single(pattern).text());
                self.scene.reading.doubts.compare(why, like.as_deref());
            }
            if self.scene.reading.doubts.is_other(why) {
                return Status::of(patterns.iter().any(|pattern| pattern.is("*")));
            }
            return match patterns.iter().any(|pattern| pattern.is("*")) {
                true => Status::Yes,
                false => Status::Unknown(why.clone()),
            };
        }
        let text = value.text();
        Status::of(patterns.iter().any(|pattern| super::pattern::fits(&text, &self.single(pattern).text())))
    }

    fn loop_over(&mut self, name: &str, words: &[Word], body: &Node) -> Status {
        let fields: Vec<_> = words.iter().flat_map(|word| self.fields(word)).collect();
        for field in fields {
            if self.stopped {
                break;
            }
            let value = Value { items: vec![field.text], unknown: field.unknown, at: None };
            self.variables.put(name, value);
            self.all(body);
        }
        Status::Yes
    }

    fn simple(&mut self, simple: &Simple) -> Status {
        let before = (!simple.words.is_empty() && !simple.assignments.is_empty()).then(|| self.variables.clone());
        for assignment in &simple.assignments {
            let start = assignment.values.first().map_or(0, |word| word.start);
            let values: Vec<Value> = match assignment.list {
                true => {
                    let fields: Vec<_> = assignment.values.iter().flat_map(|word| self.fields(word)).collect();
                    let value = |field: super::value::Field| Value {
                        items: vec![field.text],
                        unknown: field.unknown,
                        at: None,
                    };
                    fields.into_iter().map(value).collect()
                }
                false => assignment.values.iter().map(|word| self.single(word)).collect(),
            };
            let at = values.first().and_then(|value| value.at.clone()).unwrap_or_else(|| self.script.at(start));
            let unknown = values.iter().find_map(|value| value.unknown.clone());
            let items = values.into_iter().flat_map(|value| value.items).collect();
            self.assign(&assignment.name, Value { items, unknown, at: Some(at) }, assignment.adds, assignment.list);
        }
        if simple.words.is_empty() {
            return Status::Yes;
        }
        let status = self.called(simple);
        if let Some(before) = before {
            self.variables = before;
        }
        status
    }

    /// Sets a variable, and says so where it is one of the image's.
    pub fn assign(&mut self, name: &str, mut value: Value, adds: bool, list: bool) {
        if adds && let Some(mut there) = self.variables.get(name) {
            match list {
                true => there.items.extend(value.items),
                false => there.items = vec![format!("{}{}", there.text(), value.text())],
            }
            there.unknown = there.unknown.or(value.unknown);
            value = there;
        }
        let builds = ["TORCH_CUDA_ARCH_LIST", "CUDA_HOME", "CUDA_PATH", "FORCE_CUDA"].contains(&name);
        if builds
            && self.scene.sheet.environment.image.is_some()
            && value.unknown.is_none()
            && let Some(at) = value.at.clone()
        {
            self.scene.sheet.variable(name, &value.text(), at);
        }
        self.variables.put(name, value);
    }

    fn called(&mut self, simple: &Simple) -> Status {
        let first = simple.words.first().and_then(Word::plain).unwrap_or_default();
        if matches!(first.as_str(), "[" | "[[" | "test") {
            let values: Vec<Value> = simple.words.iter().skip(1).map(|word| self.single(word)).collect();
            let ends = |value: &Value| matches!(value.text().as_str(), "]" | "]]");
            let length = values.len() - usize::from(first != "test" && values.last().is_some_and(ends));
            let mut doubts = mem::take(&mut self.scene.reading.doubts);
            let scene = &mut self.scene;
            let mut is_file = |name: &str| {
                Some(
                    scene.open(name).is_ok()
                        || scene.place(name).is_some_and(|path| scene.reading.shelf.is_folder(&path)),
                )
                .filter(|is| *is || scene.files.isolated)
            };
            let words = values.get(..length).unwrap_or_default();
            let status = test::decide(words, first == "[[", &mut doubts, &mut is_file);
            self.scene.reading.doubts = doubts;
            return status;
        }
        let script = Rc::clone(&self.script);
        let words: Vec<CommandWord> = simple
            .words
            .iter()
            .flat_map(|word| {
                let at = script.at(word.start);
                let fields = self.fields(word);
                fields.into_iter().map(move |field| CommandWord {
                    text: field.text,
                    at: at.clone(),
                    unknown: field.unknown,
                })
            })
            .collect();
        for one in simple.redirections.iter().filter(|one| one.glued) {
            let target = one.target.plain().unwrap_or_default();
            if target.starts_with(|c: char| c == '=' || c.is_ascii_digit())
                && words.iter().any(|word| word.text == "install")
            {
                let what = format!(
                    "'{}{target}' without quotes: for the shell it is the name of a file, and no version is asked for",
                    one.sign
                );
                self.scene.sheet.gap(what, GapWeight::PassedOver, script.at(one.target.start));
            }
        }
        if self.writes(simple, &words) {
            return Status::Yes;
        }
        self.command(words)
    }

    /// A program or a function that is called with these words.
    pub fn command(&mut self, words: Vec<CommandWord>) -> Status {
        let Some(first) = words.first() else { return Status::Yes };
        if self.spent() {
            return Status::Yes;
        }
        if let Some(function) = self.functions.get(&first.text).cloned() {
            let labels = self.labels.len();
            let status = self.call(&words, &function.0, &function.1);
            self.labels.truncate(labels);
            return status;
        }
        match first.text.as_str() {
            "exit" | "return" => {
                self.stopped = true;
                return Status::Yes;
            }
            "true" | ":" => return Status::Yes,
            "false" => return Status::No,
            _ => {}
        }
        if first.text == "goto" {
            self.goto(words.get(1..).unwrap_or_default());
            return Status::Yes;
        }
        let uv_python =
            self.variables.get("UV_PYTHON").filter(|value| value.unknown.is_none()).map(|value| value.text());
        command::note_interpreter(&words, uv_python.as_deref(), self.scene);
        self.last = self.program(&words);
        self.last.clone()
    }

    /// Goes on at a label, and ends what it stands in. A loop is read once.
    fn goto(&mut self, words: &[CommandWord]) {
        let label = words.first().map(|word| word.text.clone()).unwrap_or_default();
        if let (false, Some(function)) = (self.labels.contains(&label), self.functions.get(&label).cloned()) {
            let labels = self.labels.len();
            self.call(words, &function.0, &function.1);
            self.labels.truncate(labels);
        }
        self.stopped = true;
    }

    /// Whether the last command failed with this number or a larger one. Of a choice of a person the number says which.
    fn failed(&mut self, level: i64) -> Status {
        match self.variables.get("ERRORLEVEL") {
            Some(Value { unknown: Some(why), .. }) => {
                let doubts = &mut self.scene.reading.doubts;
                doubts.compare(&why, Some(&level.to_string()));
                match doubts.is_other(&why) {
                    true => Status::No,
                    false => Status::Unknown(why),
                }
            }
            Some(value) => Status::of(value.text().parse::<i64>().is_ok_and(|number| number >= level)),
            None => self.last.clone().not(),
        }
    }

    /// Calls a function or a script, with its arguments as `$1` and so on.
    pub fn call(&mut self, words: &[CommandWord], script: &Rc<Script>, body: &Node) -> Status {
        if self.calls >= MAX_CALLS {
            return Status::Yes;
        }
        self.calls += 1;
        let names: Vec<String> =
            (0..10).map(|number| number.to_string()).chain(["@".into(), "*".into(), "#".into()]).collect();
        let before: Vec<(String, Option<Value>)> =
            names.into_iter().map(|name| (name.clone(), self.variables.remove(&name))).collect();
        let value =
            |word: &CommandWord| Value { items: vec![word.text.clone()], unknown: word.unknown.clone(), at: None };
        for (number, word) in words.iter().enumerate().skip(1).take(9) {
            self.variables.put(&number.to_string(), value(word));
        }
        let arguments = words.iter().skip(1);
        let all = Value { items: arguments.map(|word| word.text.clone()).collect(), unknown: None, at: None };
        self.variables.put("#", Value::known(all.items.len().to_string(), None));
        self.variables.put("*", all.clone());
        self.variables.put("@", all);
        let outer = mem::replace(&mut self.script, Rc::clone(script));
        let status = self.all(body);
        self.script = outer;
        self.stopped = false;
        self.calls -= 1;
        for (name, value) in before {
            match value {
                Some(value) => self.variables.put(&name, value),
                None => {
                    self.variables.remove(&name);
                }
            }
        }
        status
    }

    /// Reads a script that a word has.
    pub fn nested(&mut self, words: &[CommandWord], script: Script) -> Status {
        self.nested_as(Language::Shell, words, script)
    }

    /// Reads a script in one of the languages.
    pub fn nested_as(&mut self, language: Language, words: &[CommandWord], script: Script) -> Status {
        if script.text.len() > MAX_SCRIPT {
            return Status::Yes;
        }
        let node = language.parse(&script.text);
        self.call(words, &Rc::new(script), &node)
    }

    /// Where a step stands.
    pub fn place(&self, words: &[CommandWord]) -> Location {
        words.first().map_or_else(|| self.script.at(0), |word| word.at.clone())
    }
}

/// What decides on an arm.
enum Condition<'n> {
    Command(&'n Node),
    Pattern(&'n Value, &'n [Word]),
}

/// Variables after one of several ways was taken, nobody knows which: those that are the same in all of them are known.
fn merged(outcomes: Vec<BTreeMap<String, Value>>, why: &str) -> BTreeMap<String, Value> {
    let mut outcomes = outcomes.into_iter();
    let Some(mut all) = outcomes.next() else { return BTreeMap::new() };
    for other in outcomes {
        for (name, value) in &mut all {
            if other.get(name).is_none_or(|there| there.items != value.items || there.unknown != value.unknown) {
                *value = Value::unknown(why);
            }
        }
        for name in other.into_keys() {
            all.entry(name).or_insert_with(|| Value::unknown(why));
        }
    }
    all
}

/// Takes back the steps that were read since, of which nobody knows whether they are done, and says so.
pub fn doubted(scene: &mut Scene<'_, '_>, mark: usize, why: &str) {
    for (step, at) in scene.sheet.take_since(mark) {
        let weight = if matters(&step) { GapWeight::Decides } else { GapWeight::PassedOver };
        if weight == GapWeight::Decides {
            scene.reading.doubts.decide(why);
        }
        let names: Vec<&str> = step.requests.iter().map(|request| request.name.as_str()).take(4).collect();
        let what = match names.is_empty() {
            true => format!("the value of {why}"),
            false => format!("the value of {why}, on which it hangs whether {} is installed", names.join(", ")),
        };
        scene.sheet.gap(what, weight, at);
    }
}

/// Whether a step that may not be done can change what a GPU is used with: it names torch or CUDA, or an index, or what it brings is not known.
fn matters(step: &Step) -> bool {
    let named = |name: &str| {
        ["torch", "cuda", "cu1", "nvidia", "xformers", "flash", "vllm", "jax"].iter().any(|part| name.contains(part))
    };
    step.requests.iter().any(|request| named(&request.name)) || !step.indexes.is_empty() || step.requests.is_empty()
}
