//! What a page says in its prose and its tables, as statements that can be looked up. A sentence that says several things, or says them in
//! other words than these, is passed over: what is not understood is no statement.

use gpucheck_ground::Order as _;

use super::words::{self, Named};
use crate::{
    facts::{CudaVersion, Location, Said, Statement},
    manifest::Text,
    system::redact,
};

/// Statements beyond these many are not kept.
const MOST: usize = 300;
/// Longer lines are no prose.
const MAX_LINE: usize = 2_000;
/// As many letters of a sentence are shown.
const MAX_SHOWN: usize = 160;

/// Reads a page.
pub(super) fn read(text: &Text) -> Vec<(Statement, Location)> {
    let mut page =
        Page { said: Vec::new(), subject: None, heading: Named::default(), leader: None, header: None, versions: None };
    let mut fence: Option<&str> = None;
    for (start, line) in text.lines() {
        if page.said.len() >= MOST {
            break;
        }
        let trimmed = line.trim_start();
        if let Some(sign) = ["```", "~~~"].into_iter().find(|sign| trimmed.starts_with(sign)) {
            match fence {
                Some(open) if open == sign => fence = None,
                None => fence = Some(sign),
                Some(_) => {}
            }
            page.versions = None;
            continue;
        }
        if line.len() > MAX_LINE {
            continue;
        }
        let place = |within: usize| text.at(start + within);
        page.arch_list(line, &place);
        match fence {
            // Code is not prose; a list of versions may stand there all the same.
            Some(_) => page.versions(trimmed, &place(line.len() - trimmed.len())),
            None => page.line(line, &place),
        }
    }
    page.said
}

struct Page {
    said: Vec<(Statement, Location)>,
    /// The GPU that the page is about: the one of its title.
    subject: Option<String>,
    /// What the heading above names.
    heading: Named,
    /// A list's first line that ends with a colon, and how far it is indented.
    leader: Option<(usize, Named)>,
    /// The names of a table's columns.
    header: Option<Vec<String>>,
    /// The version of PyTorch that a list names.
    versions: Option<String>,
}

impl Page {
    fn line(&mut self, line: &str, place: &dyn Fn(usize) -> Location) {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if trimmed.is_empty() {
            self.header = None;
            return;
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) {
            let named = words::named(trimmed);
            if let Some(gpu) = named.gpus.first().filter(|_| level == 1 && self.subject.is_none()) {
                self.subject = Some(gpu.clone());
            }
            (self.leader, self.header, self.versions) = (None, None, None);
            self.sentence(trimmed, &named, &place(indent), true);
            self.heading = named;
            return;
        }
        if trimmed.starts_with('|') {
            self.row(trimmed, &place(indent));
            return;
        }
        self.header = None;
        if self.leader.as_ref().is_some_and(|(above, _)| indent <= *above) {
            self.leader = None;
        }
        let bare = trimmed.trim_end().trim_end_matches('*');
        if bare.ends_with(':') {
            self.leader = Some((indent, words::named(trimmed)));
        }
        self.versions(trimmed, &place(indent));
        let mut at = indent;
        for sentence in sentences(trimmed) {
            let mut named = words::named(&shortened(sentence));
            self.inherit(&mut named);
            self.sentence(sentence, &named, &place(at), false);
            at += sentence.len();
        }
    }

    /// What the line above a list says counts for its points.
    fn inherit(&self, named: &mut Named) {
        let Some((_, leader)) = &self.leader else { return };
        if named.gpu().is_none() && leader.tone.least {
            named.gpus.clone_from(&leader.gpus);
            named.tone.least = true;
        }
        if named.cuda.is_empty() && named.variants.is_empty() && !leader.tone.least && named.tone.offer {
            named.cuda.clone_from(&leader.cuda);
        }
    }

    fn say(&mut self, text: &str, at: &Location, says: Said) {
        let bare = text.replace("**", "").replace('`', "");
        let plain: String = bare.trim().trim_start_matches(['#', '-', '*', '|', ' ']).chars().take(MAX_SHOWN).collect();
        let statement = Statement { text: redact::urls(plain.trim_end_matches(['|', ' '])), says };
        let same = |(one, there): &(Statement, Location)| one.says == statement.says && there.line == at.line;
        if !self.said.iter().any(same) {
            self.said.push((statement, at.clone()));
        }
    }

    /// One sentence, and what it names.
    fn sentence(&mut self, text: &str, named: &Named, at: &Location, is_heading: bool) {
        let tone = named.tone;
        let alone = named.gpus.is_empty() && named.capabilities.is_empty();
        // A heading of the page's own GPU, and a compute capability below a heading with a GPU.
        if let ([gpu], [capability]) = (named.gpus.as_slice(), named.capabilities.as_slice()) {
            self.say(text, at, Said::Capability { gpu: gpu.clone(), capability: capability.clone() });
        } else if let ([], [capability], [gpu]) =
            (named.gpus.as_slice(), named.capabilities.as_slice(), self.heading.gpus.as_slice())
            && text.to_lowercase().contains("capability")
            && !named.pytorch
        {
            let (gpu, capability) = (gpu.clone(), capability.clone());
            self.say(text, at, Said::Capability { gpu, capability });
        }
        let subject = if is_heading { self.subject.clone() } else { None };
        let gpu = named.gpu().cloned().or(subject);
        let cuda = one_cuda(named);
        if named.nightly && named.pytorch && !tone.no {
            let gpu = named.gpu().cloned().or_else(|| self.subject.clone());
            if gpu.is_some() || cuda.is_some() {
                self.say(text, at, Said::Nightly { gpu, cuda });
            }
            return;
        }
        if self.driver(text, named, at) || self.offered(text, named, at) {
            return;
        }
        let Some(gpu) = gpu else { return };
        let torch = match named.torch.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => return,
        };
        if tone.least && !tone.later && (!alone || !named.generations.is_empty()) {
            self.needs(text, named, at, &gpu);
            return;
        }
        // A heading names more than it says.
        let yes = match is_heading {
            true => tone.mark,
            false => tone.yes || tone.perhaps && (cuda.is_some() || torch.is_some()),
        };
        let says_so = tone.no || yes || tone.later;
        let is_of_torch = named.pytorch || torch.is_some() || cuda.is_some();
        // Several releases of CUDA at once are told apart by nobody.
        if !says_so || !is_of_torch || (cuda.is_none() && named.cuda.len() + named.variants.len() > 1) {
            return;
        }
        let works = !tone.no && !tone.later;
        let or_later = torch.as_ref().is_some_and(|one| one.or_later);
        let torch = torch.filter(|_| !or_later).map(|one| one.version);
        self.say(text, at, Said::Runs { gpu, torch, cuda, works });
    }

    /// `RTX 5090 needs CUDA 12.8 and PyTorch 2.7`.
    fn needs(&mut self, text: &str, named: &Named, at: &Location, gpu: &str) {
        let cuda = one_cuda(named).or_else(|| one_cuda(&self.heading).filter(|_| named.torch.is_empty()));
        let torch = match named.torch.as_slice() {
            [one] => Some(one.version.clone()),
            _ => None,
        };
        if cuda.is_some() || torch.is_some() {
            self.say(text, at, Said::Needs { gpu: gpu.to_owned(), cuda, torch });
        }
    }

    /// `Driver 525+ is required for CUDA 12.4`.
    fn driver(&mut self, text: &str, named: &Named, at: &Location) -> bool {
        let ([driver], Some(cuda)) = (named.drivers.as_slice(), one_cuda(named)) else { return false };
        if named.tone.least || text.contains('+') {
            self.say(text, at, Said::Driver { cuda, driver: driver.clone() });
        }
        true
    }

    /// `PyTorch 2.7.1+cu128: official wheels available`; `torchvision is not available with CUDA 12.8`.
    fn offered(&mut self, text: &str, named: &Named, at: &Location) -> bool {
        let tone = named.tone;
        if !tone.offer || !(tone.yes || tone.perhaps || tone.no || tone.later) {
            return false;
        }
        let exists = !tone.no && !tone.later;
        let mut releases: Vec<CudaVersion> = match &named.built {
            Some((_, cuda)) => vec![*cuda],
            None => named.cuda.iter().map(|(cuda, _)| *cuda).chain(named.variants.iter().copied()).collect(),
        };
        releases.order();
        releases.dedup();
        if releases.is_empty() || releases.len() > 4 {
            return false;
        }
        let (version, or_later) = match named.torch.as_slice() {
            [] => (None, false),
            [one] => (Some(one.version.clone()), one.or_later),
            _ => return false,
        };
        let packages: Vec<&str> = match named.companions.as_slice() {
            [] if named.pytorch || named.gpu().is_none() && text.contains("wheel") => vec!["torch"],
            [] => return false,
            companions => companions.iter().map(|(name, _)| *name).collect(),
        };
        for cuda in releases {
            for package in &packages {
                let version = version.clone().filter(|_| *package == "torch");
                let says = Said::Published { package: (*package).to_owned(), version, or_later, cuda, exists };
                self.say(text, at, says);
            }
        }
        true
    }

    /// A row of a table: each cell with the name of its column, where those name something.
    fn row(&mut self, line: &str, at: &Location) {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        if cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':' | ' '))) {
            return;
        }
        let Some(header) = self.header.clone() else {
            self.header = Some(cells.iter().map(|cell| (*cell).to_owned()).collect());
            self.versions = None;
            return;
        };
        let columns: Vec<Named> = header.iter().map(|name| words::named(name)).collect();
        let cell = |index: usize| {
            let name = header.get(index).map(String::as_str).unwrap_or_default();
            format!("{name} {}", cells.get(index).copied().unwrap_or_default())
        };
        if columns.iter().any(|column| !column.gpus.is_empty()) {
            // One column for each GPU: what the first cell names works there, or does not.
            for (index, _) in columns.iter().enumerate().skip(1) {
                let pair = format!("{} | {}", cell(0), cell(index));
                let named = words::named(&shortened(&pair));
                if !named.gpus.is_empty() || named.tone.offer || named.pytorch {
                    self.sentence(&pair, &named, at, false);
                }
            }
            return;
        }
        let versions = |name: &String| {
            let name = name.to_ascii_lowercase();
            ["cuda", "pytorch", "torch", "torchvision", "torchaudio"].contains(&name.as_str())
        };
        let whole = match header.iter().any(versions) {
            true => (0..cells.len()).map(cell).collect::<Vec<_>>().join(" | "),
            false => line.to_owned(),
        };
        // Two versions of one thing are the least and the recommended one, the old and the new.
        let numbers = cells.iter().filter(|cell| words::is_version(cell)).count();
        match numbers > 1 && !header.iter().any(versions) {
            true => self.versions = None,
            false => self.versions(&whole, at),
        }
        let named = words::named(&shortened(&whole));
        // A version beside the CUDA release that it is built with.
        if let ([release], [cuda], false) = (named.torch.as_slice(), named.variants.as_slice(), named.tone.no)
            && named.gpu().is_none()
            && !named.nightly
        {
            let (version, package) = (Some(release.version.clone()), "torch".to_owned());
            self.say(&whole, at, Said::Published { package, version, or_later: false, cuda: *cuda, exists: true });
            return;
        }
        self.sentence(&whole, &named, at, false);
    }

    /// Versions that stand below each other, or in a row, are meant to be used together.
    fn versions(&mut self, line: &str, at: &Location) {
        let named = words::named(line);
        if let [release] = named.torch.as_slice()
            && !release.or_later
            && release.version.split('.').count() == 3
        {
            self.versions = Some(release.version.clone());
        }
        // A line of a requirements file is read as such.
        if line.contains("==") {
            return;
        }
        let Some(torch) = self.versions.clone() else { return };
        for (package, version) in &named.companions {
            if let Some(version) = version.clone().filter(|version| version.split('.').count() == 3) {
                let (torch, package) = (torch.clone(), (*package).to_owned());
                self.say(line, at, Said::Together { torch, package, version });
            }
        }
    }

    /// `TORCH_CUDA_ARCH_LIST="12.0"`, wherever it stands.
    fn arch_list(&mut self, line: &str, place: &dyn Fn(usize) -> Location) {
        const NAME: &str = "TORCH_CUDA_ARCH_LIST";
        let Some(at) = line.find(NAME) else { return };
        let rest = line.get(at + NAME.len()..).unwrap_or_default().trim_start();
        let Some(value) = rest.strip_prefix(['=', ':']) else { return };
        let value = value.trim_start().trim_start_matches(['"', '\'', '`', ' ']);
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ';' | '+' | ' ' | ',');
        let list: String = value.chars().take_while(|c| known(*c)).take(200).collect();
        let list = list.trim().trim_end_matches('.');
        // What follows an end of quotes is prose.
        let list = if rest.contains(['"', '\'']) { list } else { list.split(' ').next().unwrap_or(list) };
        let mut gpus = self.heading.gpus.clone();
        gpus.extend(self.subject.clone());
        gpus.dedup();
        if list.starts_with(|c: char| c.is_ascii_digit()) && !gpus.is_empty() {
            self.say(line, &place(at), Said::ArchList { list: list.to_owned(), gpus });
        }
    }
}

/// The one CUDA release that is named; a build's own name says it, too.
fn one_cuda(named: &Named) -> Option<CudaVersion> {
    let mut all: Vec<CudaVersion> = named.cuda.iter().map(|(cuda, _)| *cuda).collect();
    all.extend(named.variants.iter().copied());
    all.extend(named.built.iter().map(|(_, cuda)| *cuda));
    all.order();
    all.dedup();
    match all.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// Without what is there in place of what is meant.
fn shortened(sentence: &str) -> String {
    let lower = sentence.to_ascii_lowercase();
    let ends = ["fall back", "falls back", "fallback", "instead of", "rather than"];
    let end = ends.iter().filter_map(|end| lower.find(end)).min().unwrap_or(sentence.len());
    sentence.get(..end).unwrap_or(sentence).to_owned()
}

/// The sentences of a line: a full stop before white space ends one.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(". ").map_or(rest.len(), |at| at + 2);
        // `1. ` begins a list.
        let end = if rest.get(..end).is_some_and(|start| start.len() <= 4) { rest.len() } else { end };
        let (one, after) = rest.split_at(end);
        rest = after;
        Some(one)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(page: &str) -> Vec<String> {
        let all = read(&Text::new("p.md", "p.md", page));
        all.into_iter().map(|(one, at)| format!("{}: {}", at.line, serde_json::to_string(&one.says).unwrap())).collect()
    }

    #[test]
    fn statements_are_read() {
        let page = "# RTX 5090\n\nThe RTX 5090 (sm_120) needs CUDA 12.8+.\n- PyTorch 2.6 does not support sm_120\n\n\
                    | GPU | Capability |\n|---|---|\n| RTX 4090 | sm_89 |\n\n```\nPyTorch: 2.5.1\nTorchVision: 0.20.1\nTORCH_CUDA_ARCH_LIST=\"9.0\"\n```\n\
                    Use PyTorch nightly.\n- driver >= 525 for CUDA 12.4\n";
        let all = said(page);
        for (line, kind) in [
            (3, "capability"),
            (3, "needs"),
            (4, "runs"),
            (8, "capability"),
            (12, "together"),
            (13, "arch-list"),
            (15, "nightly"),
            (16, "driver"),
        ] {
            let found = |one: &String| one.starts_with(&format!("{line}: ")) && one.contains(&format!("\"{kind}\""));
            assert!(all.iter().any(found), "{line} {kind}: {all:#?}");
        }
        assert_eq!(all.len(), 8, "{all:#?}");
    }

    #[test]
    fn prose_about_other_things_says_nothing() {
        let page = "# My tool\n\nNightly builds of our docs. Requires Python 3.10 or later, Node 20.1+.\nWorks with PyTorch. Supports CUDA.\n\
                    Tested with torch 2.1 and CUDA 11.8 on many GPUs. A100 was used for training.\nversion 2.0 supports 12.8 GB.\n";
        assert!(said(page).is_empty(), "{:#?}", said(page));
        read(&Text::new("p.md", "p.md", "| ".repeat(100_000)));
        read(&Text::new("p.md", "p.md", format!("# RTX 5090\n{}", "PyTorch nightly. ".repeat(100_000))));
    }
}
