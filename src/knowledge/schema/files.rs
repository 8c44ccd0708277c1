//! All files together: reading them from text, laying one set over another.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    AdviceFile, ArchListFile, ArchitectureFile, CudaFile, ErrorFile, FailureFile, GpuFile, LibrariesFile, PackageFile,
    TorchFile, VariableFile, libraries,
    problem::{Places, Problem},
    validate, validate_cuda, validate_gpus, validate_others, validate_package, validate_torch,
};

/// The content of a knowledge folder. A folder that is laid over another may lack any of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// `gpus.toml`.
    pub gpus: Option<GpuFile>,
    /// `architectures.toml`.
    pub architectures: Option<ArchitectureFile>,
    /// `cuda.toml`.
    pub cuda: Option<CudaFile>,
    /// `torch.toml`.
    pub torch: Option<TorchFile>,
    /// `arch_list.toml`.
    pub arch_list: Option<ArchListFile>,
    /// `advice.toml`.
    pub advice: Option<AdviceFile>,
    /// `libraries.toml`.
    pub libraries: Option<LibrariesFile>,
    /// `variables.toml`.
    #[serde(default)]
    pub variables: Option<VariableFile>,
    /// `errors.toml`.
    pub errors: Option<ErrorFile>,
    /// `failures.toml`.
    #[serde(default)]
    pub failures: Option<FailureFile>,
    /// `packages/*.toml`.
    #[serde(default)]
    pub packages: Vec<PackageFile>,
}

impl Files {
    /// Adds a file, by its path inside the folder. The faults of one file do not keep the others from being read.
    ///
    /// # Errors
    /// Every fault that was found in it; a name that is not known is one.
    pub fn add(&mut self, name: &str, shown: &str, text: &str) -> Result<(), Vec<Problem>> {
        match name {
            "gpus.toml" => self.gpus = Some(read(shown, text, validate_gpus::gpus)?),
            "architectures.toml" => self.architectures = Some(read(shown, text, validate::architectures)?),
            "cuda.toml" => self.cuda = Some(read(shown, text, validate_cuda::cuda)?),
            "torch.toml" => self.torch = Some(read(shown, text, validate_torch::torch)?),
            "arch_list.toml" => self.arch_list = Some(read(shown, text, validate::arch_list)?),
            "variables.toml" => self.variables = Some(read(shown, text, validate_others::variables)?),
            "errors.toml" => self.errors = Some(read(shown, text, validate_others::errors)?),
            "failures.toml" => self.failures = Some(read(shown, text, validate_others::failures)?),
            "advice.toml" => self.advice = Some(read(shown, text, validate::advice)?),
            "libraries.toml" => self.libraries = Some(read(shown, text, libraries::libraries)?),
            name if name.starts_with("packages/") => self.packages.push(read(shown, text, validate_package::package)?),
            _ => {
                let known = "gpus, architectures, cuda, torch, arch_list, variables, failures, errors, advice, libraries or \
                             packages/NAME";
                return Err(vec![Problem::at(
                    shown,
                    text,
                    0,
                    format!("not a knowledge file: it should be {known} .toml"),
                )]);
            }
        }
        Ok(())
    }

    /// Takes over what another set holds.
    pub fn take(&mut self, other: Self) {
        self.gpus = other.gpus.or(self.gpus.take());
        self.architectures = other.architectures.or(self.architectures.take());
        self.cuda = other.cuda.or(self.cuda.take());
        self.torch = other.torch.or(self.torch.take());
        self.arch_list = other.arch_list.or(self.arch_list.take());
        self.variables = other.variables.or(self.variables.take());
        self.errors = other.errors.or(self.errors.take());
        self.failures = other.failures.or(self.failures.take());
        self.advice = other.advice.or(self.advice.take());
        self.packages.extend(other.packages);
    }

    /// The newest day on which a row was verified.
    pub fn date(&self) -> Option<&str> {
        self.dates().max()
    }

    /// The days on which rows were verified.
    pub fn dates(&self) -> impl Iterator<Item = &str> {
        let gpus = self.gpus.iter().flat_map(|file| &file.gpu).map(|row| row.verified.as_str());
        let torch = self.torch.iter().flat_map(|file| &file.release).map(|row| row.verified.as_str());
        let cuda = self.cuda.iter().flat_map(|file| &file.toolkit).map(|row| row.verified.as_str());
        let variables = self.variables.iter().flat_map(|file| &file.variable).map(|row| row.verified.as_str());
        let failures = self.failures.iter().flat_map(|file| &file.failure).map(|row| row.verified.as_str());
        let errors = self.errors.iter().flat_map(|file| &file.error).map(|row| row.verified.as_str());
        let packages = self.packages.iter().map(|file| file.package.verified.as_str());
        let libraries = self.libraries.iter().flat_map(|file| &file.library).map(|row| row.verified.as_str());
        gpus.chain(torch).chain(cuda).chain(variables).chain(failures).chain(errors).chain(libraries).chain(packages)
    }
}

/// Reads one file and checks what its types cannot.
fn read<T: DeserializeOwned>(
    shown: &str,
    text: &str,
    check: fn(&T, &Places<'_>) -> Vec<Problem>,
) -> Result<T, Vec<Problem>> {
    let file: T = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        vec![Problem::at(shown, text, offset, error.message())]
    })?;
    let places = Places::new(shown, text);
    let mut problems = check(&file, &places);
    problems.append(&mut places.unused_sources());
    if problems.is_empty() { Ok(file) } else { Err(problems) }
}
