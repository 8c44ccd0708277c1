//! What a reader puts together: an environment that files declare, and where in them each part of it is written.

use std::collections::BTreeMap;

use crate::{
    facts::{
        ContainerImage, Environment, Fact, Gap, GapWeight, Location, Manager, Origin, PythonVersion, Request, Source,
        Step,
    },
    system::redact,
};

/// An environment and the places of its parts.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The environment, without packages: its steps say what is installed.
    pub environment: Environment,
    /// Places by pointer below the environment: `/steps/0/requests/3`.
    places: BTreeMap<String, Location>,
}

/// One step that is being read.
#[derive(Debug, Clone, Default)]
pub struct StepSheet {
    /// The step.
    pub step: Step,
    places: Vec<Option<Location>>,
}

impl StepSheet {
    /// Adds a request that is written here.
    pub fn ask(&mut self, request: Request, at: Location) {
        self.step.requests.push(request);
        self.places.push(Some(at));
    }

    /// The requests, each with its place.
    pub fn into_requests(self) -> impl Iterator<Item = (Request, Option<Location>)> {
        self.step.requests.into_iter().zip(self.places)
    }
}

impl Sheet {
    /// An environment that a file declares; `id` is how reports name it.
    pub fn new(id: impl Into<String>, file: impl Into<String>) -> Self {
        let file = file.into();
        let why = "no file says it";
        let mut environment = Environment::unknown(id, Origin::Declared(file.clone()), why);
        environment.found_by = file;
        environment.active = true;
        Self { environment, places: BTreeMap::new() }
    }

    /// Adds a step that begins here.
    pub fn step(&mut self, step: StepSheet, at: Location) {
        let index = self.environment.steps.len();
        for (request, place) in step.places.into_iter().enumerate() {
            if let Some(place) = place {
                self.places.insert(format!("/steps/{index}/requests/{request}"), place);
            }
        }
        self.places.insert(format!("/steps/{index}"), at);
        self.environment.steps.push(step.step);
    }

    /// Says what nobody has read or understood, and what hangs on it.
    pub fn gap(&mut self, what: impl AsRef<str>, weight: GapWeight, at: Location) {
        let gap = Gap { what: redact::urls(what.as_ref()), weight };
        if self.environment.gaps.contains(&gap) {
            return;
        }
        self.places.insert(format!("/gaps/{}", self.environment.gaps.len()), at);
        self.environment.gaps.push(gap);
    }

    /// The image that the environment is part of, which is created where there is none.
    pub fn image(&mut self) -> &mut ContainerImage {
        self.environment.image.get_or_insert_default()
    }

    /// An environment variable of the image, written here.
    pub fn variable(&mut self, name: &str, value: &str, at: Location) {
        let value = redact::variable(name, value, []);
        self.image().env_vars.insert(name.to_owned(), value);
        self.places.insert(format!("/image/env_vars/{name}"), at);
    }

    /// The image that a build starts from, written here.
    pub fn base(&mut self, base: &str, at: Location) {
        self.image().base = Some(redact::urls(base));
        self.places.insert("/image/base".to_owned(), at);
    }

    /// The Python that is meant, where a file says it.
    pub fn python(&mut self, python: PythonVersion, at: &Location) {
        self.environment.python = Fact::known(python, Source::file(at.to_string()));
    }

    /// The tool that the environment is made with.
    pub fn manager(&mut self, manager: Manager, at: &Location) {
        self.environment.manager = Fact::known(manager, Source::file(at.to_string()));
    }

    /// Whether anything is declared in it.
    pub fn is_empty(&self) -> bool {
        self.environment.steps.is_empty() && self.environment.image.is_none() && self.environment.gaps.is_empty()
    }

    /// The environment as that of this number among the facts, with its places.
    pub fn placed(self, number: usize) -> (Environment, impl Iterator<Item = (String, Location)>) {
        let places = self.places.into_iter().map(move |(below, at)| (format!("/environments/{number}{below}"), at));
        (self.environment, places)
    }
}
