//! What a reader puts together: an environment that files declare, and where in them each part of it is written.

use std::collections::BTreeMap;

use crate::{
    facts::{
        ContainerImage, CudaVersion, Environment, Fact, Gap, GapWeight, Location, Manager, Origin, PythonVersion,
        Request, RequestRole, Source, Statement, Step, Toolkit, ToolkitLead,
    },
    system::redact,
};

/// Requests of one step beyond these many are not kept: lock files of large projects have 2,000.
const MAX_REQUESTS: usize = 10_000;

/// An environment and the places of its parts.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The environment, without packages: its steps say what is installed.
    pub environment: Environment,
    /// Places by pointer below the environment: `/steps/0/requests/3`.
    places: BTreeMap<String, Location>,
    /// Why somebody who names a folder does not mean it.
    pub aside: Option<&'static str>,
}

/// One step that is being read.
#[derive(Debug, Clone, Default)]
pub struct StepSheet {
    /// The step.
    pub step: Step,
    places: Vec<Option<Location>>,
}

impl StepSheet {
    /// Says that requests stand here, and not where they were read.
    pub fn place(&mut self, meant: impl Fn(&Request) -> bool, at: &Location) {
        for (request, place) in self.step.requests.iter().zip(&mut self.places) {
            if meant(request) {
                *place = Some(at.clone());
            }
        }
    }

    /// Where a request stands, by its index.
    pub fn place_of(&self, request: usize) -> Option<&Location> {
        self.places.get(request)?.as_ref()
    }

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
        Self { environment, places: BTreeMap::new(), aside: None }
    }

    /// Nothing but the remark that it was passed over.
    pub fn passed_over(self, what: &str) -> Self {
        let Origin::Declared(file) = self.environment.origin.clone() else { return self };
        let mut sheet = Self::new(self.environment.id, &file);
        sheet.gap(what, GapWeight::PassedOver, Location { path: file, line: 1, column: 1 });
        sheet
    }

    /// Adds a step that begins here.
    pub fn step(&mut self, mut step: StepSheet, at: Location) {
        if step.step.requests.len() > MAX_REQUESTS {
            step.step.requests.truncate(MAX_REQUESTS);
            step.places.truncate(MAX_REQUESTS);
            self.gap(format!("the requests of a step beyond {MAX_REQUESTS}"), GapWeight::Decides, at.clone());
        }
        let index = self.environment.steps.len();
        for (request, place) in step.places.into_iter().enumerate() {
            if let Some(place) = place {
                self.places.insert(format!("/steps/{index}/requests/{request}"), place);
            }
        }
        self.places.insert(format!("/steps/{index}"), at);
        self.environment.steps.push(step.step);
    }

    /// The file that asks for this package by its name.
    pub fn place_of(&self, package: &str) -> Option<String> {
        let steps = self.environment.steps.iter().enumerate();
        let mut requests = steps.flat_map(|(step, all)| all.requests.iter().enumerate().map(move |one| (step, one)));
        let meant = |one: &Request| one.role == RequestRole::Wanted && one.name == package;
        let (step, (request, _)) = requests.find(|(_, (_, one))| meant(one))?;
        let place = self.places.get(&format!("/steps/{step}/requests/{request}"));
        Some(place.map_or_else(|| self.environment.found_by.clone(), |at| at.path.clone()))
    }

    /// How much is declared so far, for [`Sheet::take_since`].
    pub fn mark(&self) -> usize {
        self.environment.steps.len()
    }

    /// Says that the steps that were declared since a mark go to another place than the environment.
    pub fn elsewhere_since(&mut self, mark: usize) {
        self.environment.steps.iter_mut().skip(mark).for_each(|step| step.elsewhere = true);
    }

    /// Takes back the steps that were declared since, each with where it begins.
    pub fn take_since(&mut self, mark: usize) -> Vec<(Step, Location)> {
        let steps = self.environment.steps.split_off(mark.min(self.environment.steps.len()));
        let mut taken = Vec::with_capacity(steps.len());
        for (number, step) in steps.into_iter().enumerate() {
            let pointer = format!("/steps/{}", mark + number);
            for request in 0..step.requests.len() {
                self.places.remove(&format!("{pointer}/requests/{request}"));
            }
            if let Some(at) = self.places.remove(&pointer) {
                taken.push((step, at));
            }
        }
        taken
    }

    /// Adds what another one declares, as if it came here: its steps and gaps, and what of its image is not said otherwise.
    /// Says whether there was room for it.
    pub fn absorb(&mut self, other: &Self) -> bool {
        if self.size() + other.size() > 200_000 {
            return false;
        }
        let moved = |pointer: &str, kind: &str, number: usize, to: usize| {
            let rest = pointer.strip_prefix(&format!("/{kind}/{number}"))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("/{kind}/{to}{rest}"))
        };
        for (number, step) in other.environment.steps.iter().enumerate() {
            let to = self.environment.steps.len();
            self.environment.steps.push(step.clone());
            let below = other.places.range(format!("/steps/{number}")..);
            let below = below.take_while(|(pointer, _)| pointer.starts_with(&format!("/steps/{number}")));
            let places: Vec<(String, Location)> =
                below.filter_map(|(pointer, at)| Some((moved(pointer, "steps", number, to)?, at.clone()))).collect();
            self.places.extend(places);
        }
        for (number, gap) in other.environment.gaps.iter().enumerate() {
            if let Some(at) = other.places.get(&format!("/gaps/{number}")) {
                self.gap(&gap.what, gap.weight, at.clone());
            }
        }
        true
    }

    /// How much it asks for.
    pub fn size(&self) -> usize {
        let requests = self.environment.steps.iter().map(|step| step.requests.len() + 1).sum::<usize>();
        requests + self.environment.gaps.len()
    }

    /// Adds what another one, in which parts of this image are built, compiles: the variables that steer it, the image that it is done in.
    pub fn absorb_build(&mut self, other: &Self) {
        let Some(image) = other.environment.image.as_deref().filter(|image| !image.compiled.is_empty()) else { return };
        for (number, name) in image.compiled.iter().enumerate() {
            if let Some(at) = other.places.get(&format!("/image/compiled/{number}")) {
                self.compiles(name, at.clone());
            }
        }
        for name in ["TORCH_CUDA_ARCH_LIST", "CUDA_HOME", "CUDA_PATH", "FORCE_CUDA"] {
            if let (Some(value), Some(at)) =
                (image.env_vars.get(name), other.places.get(&format!("/image/env_vars/{name}")))
                && !self.image().env_vars.contains_key(name)
            {
                self.variable(name, value, at.clone());
            }
        }
        let (base, at) = match (&image.builder, &image.base) {
            (Some(builder), _) => (builder.clone(), other.places.get("/image/builder").cloned()),
            (None, Some(base)) => (base.clone(), other.places.get("/image/base").cloned()),
            (None, None) => return,
        };
        self.image().builder = Some(base);
        if let Some(at) = at {
            self.places.insert("/image/builder".to_owned(), at);
        }
    }

    /// Whether a container of the image gets a GPU where it is started here.
    pub fn gpus(&mut self, gpus: bool, at: Location) {
        self.image().gpus = Some(gpus);
        self.places.insert("/image/gpus".to_owned(), at);
    }

    /// A CUDA toolkit with nvcc that is installed in the image, here.
    pub fn toolkit(&mut self, release: CudaVersion, at: Location) {
        let toolkits = &mut self.image().toolkits;
        if toolkits.len() >= 16 || toolkits.iter().any(|there| there.version.value() == Some(&release)) {
            return;
        }
        // The last one that comes is what /usr/local/cuda leads to.
        let folder = ToolkitLead::folder("/usr/local/cuda");
        toolkits.iter_mut().for_each(|there| there.found_by.retain(|way| *way != folder));
        toolkits.push(Toolkit {
            path: format!("/usr/local/cuda-{release}"),
            version: Fact::known(release, Source::file(at.to_string())),
            nvcc: true,
            found_by: vec![folder],
        });
        let pointer = format!("/image/toolkits/{}", toolkits.len() - 1);
        self.places.insert(pointer, at);
    }

    /// Says what is compiled in the image, here.
    pub fn compiles(&mut self, name: &str, at: Location) {
        let name = redact::urls(name);
        let image = self.image();
        if image.compiled.contains(&name) || image.compiled.len() >= 1_000 {
            return;
        }
        image.compiled.push(name);
        let pointer = format!("/image/compiled/{}", image.compiled.len() - 1);
        self.places.insert(pointer, at);
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

    /// What a page says here.
    pub fn says(&mut self, statement: Statement, at: Location) {
        self.places.insert(format!("/statements/{}", self.environment.statements.len()), at);
        self.environment.statements.push(statement);
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

    /// Another Python is used than before, of a version that is not known.
    pub fn another_python(&mut self) {
        self.environment.python = Fact::default();
        if let Some(image) = &mut self.environment.image {
            image.other_python = true;
        }
    }

    /// The tool that the environment is made with.
    pub fn manager(&mut self, manager: Manager, at: &Location) {
        self.environment.manager = Fact::known(manager, Source::file(at.to_string()));
    }

    /// Whether no step asks for anything.
    pub fn installs_nothing(&self) -> bool {
        self.environment.steps.iter().all(|step| step.requests.is_empty())
    }

    /// Whether anything is declared in it.
    pub fn is_empty(&self) -> bool {
        let Environment { steps, image, gaps, statements, .. } = &self.environment;
        steps.is_empty() && image.is_none() && gaps.is_empty() && statements.is_empty()
    }

    /// The environment as that of this number among the facts, with its places.
    pub fn placed(self, number: usize) -> (Environment, impl Iterator<Item = (String, Location)>) {
        let places = self.places.into_iter().map(move |(below, at)| (format!("/environments/{number}{below}"), at));
        (self.environment, places)
    }
}
