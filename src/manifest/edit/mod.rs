//! Other versions in place of those that files ask for: the text of the files as it would be. Only the words that say the version and the
//! index change; names, extras, markers, comments, line endings and everything else stay.
//!
//! `site` says where a request stands, `requirement` rewrites it, `index` finds the index that it comes from, `variables` the values of
//! variables in it, `project` what pyproject.toml says of indexes, `conda` hands over to pip what conda's list has. Whether a change does
//! what it is for is judged by whoever asks for it.

mod conda;
mod draft;
mod index;
mod project;
mod requirement;
pub(super) mod site;
#[cfg(test)]
mod tests;
mod variables;

use std::{collections::BTreeMap, fmt};

use self::draft::Draft;
pub use self::{conda::selects as selects_of_conda, draft::Changed};
use super::Shelf;
use crate::facts::{Environment, Location, RequestPlace, RequestRole};
use crate::python;

/// A package in the version that is wanted. Its parts are written as they are: they have to be words that are harmless in any file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Normalised name.
    pub name: String,
    /// `==2.7.1+cu128`.
    pub specifiers: String,
    /// The index that has it; nothing for the default one.
    pub index: Option<String>,
}

/// Requests for one package that are changed together.
const MOST_REQUESTS: usize = 50;

/// Why a text cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoEdit {
    /// The place is not known, or not one that is understood.
    Place(String),
    /// The file has no place for an index: the package, and the address.
    Index(String, String),
    /// It is all that a command asks for.
    Last(String),
    /// A file is too large, or asks for the package too often.
    TooMuch(String),
    /// A file is no plain UTF-8.
    Encoding(String),
    /// A lock file is written by its tool.
    Lock,
    /// It comes from the default index, and another one is named in its place.
    Elsewhere(String),
    /// It stands in the command that was given, which is no file.
    Command,
    /// Two changes are about the same words.
    Clash,
}

impl fmt::Display for NoEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place(name) => {
                write!(f, "gpucheck does not know how to rewrite the way in which {name} is asked for")
            }
            Self::Index(name, url) => {
                write!(f, "the file has no place for an index, and {name} comes from {url}: the tool has to be told")
            }
            Self::Last(name) => write!(f, "{name} is all that the command asks for"),
            Self::TooMuch(what) => write!(f, "{what} is too much to be rewritten"),
            Self::Encoding(file) => write!(f, "{file} is not plain UTF-8"),
            Self::Lock => f.write_str("a lock file is written by its own tool"),
            Self::Elsewhere(name) => {
                write!(f, "{name} would come from the default index, in whose place another one is named here")
            }
            Self::Command => f.write_str("the command itself asks for it, and no file"),
            Self::Clash => f.write_str("two changes would be about the same words"),
        }
    }
}

/// How a change is made, where there is a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manner {
    /// Whether variables get other values; if not, words with variables are replaced by plain ones.
    variables: bool,
    /// Whether an address of PyTorch's that is there becomes another one; if not, another one is added.
    replace: bool,
    /// How much of the version is written.
    written: Written,
}

/// How much of a version is written where an index is named in place of the default one, so that the index tells the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// What stands there already, if it allows the version.
    Kept,
    /// The version without the build (`==2.7.1`).
    Public,
    /// All of it (`==2.7.1+cu128`).
    Full,
}

/// The declared environment that changes, and where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Declaration<'d> {
    /// With the packages that its steps bring.
    pub environment: &'d Environment,
    /// Its number among the environments.
    pub number: usize,
    /// Places by pointer.
    pub written: &'d BTreeMap<String, Location>,
}

impl<'d> Declaration<'d> {
    /// Where a request is written.
    fn written_at(&self, place: RequestPlace) -> Option<&'d Location> {
        let RequestPlace { step, request } = place;
        self.written.get(&format!("/environments/{}/steps/{step}/requests/{request}", self.number))
    }
}

/// The ways in which the files could ask for these packages and no longer for those that are gone, the one that keeps most of what is
/// written first.
///
/// # Errors
/// When there is none.
pub fn ways(
    shelf: &Shelf,
    declaration: &Declaration<'_>,
    wanted: &[Wanted],
    gone: &[String],
) -> Result<Vec<Vec<Changed>>, NoEdit> {
    let manners = [(true, true), (false, true), (true, false), (false, false)];
    let mut ways: Vec<Vec<Changed>> = Vec::new();
    let mut why = NoEdit::Clash;
    for (variables, replace) in manners {
        // Where an index is added, nobody knows what another one has.
        let all = [Written::Kept, Written::Public, Written::Full];
        for written in all.into_iter().filter(|written| replace || *written == Written::Full) {
            match way(shelf, declaration, wanted, gone, Manner { variables, replace, written }) {
                Ok(way) if way.is_empty() || ways.contains(&way) => {}
                Ok(way) => ways.push(way),
                Err(error) => why = error,
            }
        }
    }
    if ways.is_empty() { Err(why) } else { Ok(ways) }
}

fn way(
    shelf: &Shelf,
    declaration: &Declaration<'_>,
    wanted: &[Wanted],
    gone: &[String],
    manner: Manner,
) -> Result<Vec<Changed>, NoEdit> {
    let mut draft = Draft::new(shelf, manner);
    let list = conda::list(declaration, wanted, gone);
    if let Some(list) = &list {
        draft.by_pip(list)?;
    }
    let handed_over = |name: &str| list.as_ref().is_some_and(|list| list.hands_over(name));
    for one in wanted.iter().filter(|one| !handed_over(&one.name)) {
        let mut any = false;
        let places = requests(declaration, &one.name, &one.specifiers);
        if places.len() > MOST_REQUESTS {
            return Err(NoEdit::TooMuch(format!("what asks for {}", one.name)));
        }
        for place in places {
            let unplaced = || NoEdit::Place(one.name.clone());
            let at = declaration.written_at(place).ok_or_else(unplaced)?;
            let step = declaration.environment.steps.get(place.step).ok_or_else(unplaced)?;
            let request = step.requests.get(place.request).ok_or_else(unplaced)?;
            draft.rewrite(at, step, request, one)?;
            any = true;
        }
        if let Some((at, image, parts)) = base(declaration, one).filter(|_| !any) {
            draft.base(at, image, &parts)?;
            continue;
        }
        if !any {
            let beside = beside(declaration, &one.name).ok_or_else(|| NoEdit::Place(one.name.clone()))?;
            let step = declaration.environment.steps.get(beside.step).ok_or(NoEdit::Clash)?;
            let at = declaration.written_at(beside).ok_or_else(|| NoEdit::Place(one.name.clone()))?;
            draft.add(at, step, one)?;
        }
    }
    for name in gone.iter().filter(|name| !handed_over(name)) {
        let steps = declaration.environment.steps.iter().enumerate();
        let places = steps.flat_map(|(index, step)| {
            let own = step.requests.iter().enumerate();
            let own = own.filter(|(_, request)| request.name == *name && request.role != RequestRole::Removed);
            own.map(move |(request, _)| RequestPlace { step: index, request })
        });
        for place in places {
            let at = declaration.written_at(place).ok_or_else(|| NoEdit::Place(name.clone()))?;
            let step = declaration.environment.steps.get(place.step);
            let only =
                step.is_some_and(|step| step.requests.iter().filter(|request| request.name != *name).count() == 0);
            draft.remove(at, name, only)?;
        }
    }
    draft.changed()
}

/// Gives a variable of the image another value where the files set it.
///
/// # Errors
/// When the place is not understood.
pub fn assigned(shelf: &Shelf, declaration: &Declaration<'_>, name: &str, value: &str) -> Result<Vec<Changed>, NoEdit> {
    let unplaced = || NoEdit::Place(name.to_owned());
    let image = declaration.environment.image.as_deref().ok_or_else(unplaced)?;
    let old = image.env_vars.get(name).ok_or_else(unplaced)?;
    let pointer = format!("/environments/{}/image/env_vars/{name}", declaration.number);
    let at = declaration.written.get(&pointer).ok_or_else(unplaced)?;
    let mut draft = Draft::new(shelf, Manner { variables: true, replace: true, written: Written::Full });
    draft.assign(at, name, old, value)?;
    draft.changed()
}

/// The place of an image, its name, and what of its tag has to become what.
type Base<'d> = (&'d Location, &'d str, Vec<(String, String)>);

/// Where the image is named that brings a package, the image, and what of its tag has to become what.
fn base<'d>(declaration: &Declaration<'d>, wanted: &Wanted) -> Option<Base<'d>> {
    let package = declaration.environment.package(&wanted.name).filter(|package| package.request.is_none())?;
    let image = declaration.environment.image.as_ref()?.base.as_deref()?;
    let at = declaration.written.get(&format!("/environments/{}/image/base", declaration.number))?;
    let (old, new) = (package.version.value()?, python::exact_version(&wanted.specifiers)?);
    let cuda = |version: &str| python::cuda_of_local(version).map(|cuda| cuda.to_string());
    let mut parts = vec![(python::public_version(old).to_owned(), python::public_version(new).to_owned())];
    parts.push((cuda(old)?, cuda(new)?));
    // PyTorch's images have cuDNN 9 since 2.4.
    if image.contains("cudnn8") && python::satisfies(">=2.4", python::public_version(new)) == Some(true) {
        parts.push(("cudnn8".to_owned(), "cudnn9".to_owned()));
    }
    Some((at, image, parts))
}

/// The requests that decide the version of a package: the one that brings it, and others of its name that would not have the new one.
fn requests(declaration: &Declaration<'_>, name: &str, specifiers: &str) -> Vec<RequestPlace> {
    let Declaration { environment, .. } = declaration;
    let brings = environment.package(name).and_then(|package| package.request);
    let version = python::exact_version(specifiers);
    let mut places = Vec::new();
    for (index, step) in environment.steps.iter().enumerate() {
        for (number, request) in step.requests.iter().enumerate() {
            let place = RequestPlace { step: index, request: number };
            if request.name != name || request.role == RequestRole::Removed {
                continue;
            }
            let others = request.asked.marker.is_none()
                && version.is_some_and(|version| python::satisfies(&request.asked.specifiers, version) == Some(false));
            if brings == Some(place) || others {
                places.push(place);
            }
        }
    }
    places
}

/// The request beside which one is written for a package that none names: the one that brings it, else the last one.
fn beside(declaration: &Declaration<'_>, name: &str) -> Option<RequestPlace> {
    let Declaration { environment, .. } = declaration;
    let brings = environment.package(name).and_then(|package| package.request);
    brings.or_else(|| {
        let last = |(step, requests): (usize, usize)| Some(RequestPlace { step, request: requests.checked_sub(1)? });
        let steps = environment.steps.iter().map(|step| step.requests.len()).enumerate();
        steps.filter_map(last).rfind(|place| declaration.written_at(*place).is_some())
    })
}
