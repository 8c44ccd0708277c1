//! Which distribution provides a shared library, and which driver something needs.

use gpucheck_model::knowledge::{CommonOwner, CommonRow, LibraryRow};

use super::load::Knowledge;
use crate::{
    facts::{ComputeCapability, CudaVersion, PtxIsa},
    python::Requirement,
};

/// What a requirement of a package may provide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bringer<'k> {
    /// A distribution that is required itself, or by an extra that is asked for.
    Required(&'k str),
    /// One that some build of the required distribution requires in turn.
    Perhaps {
        /// The required distribution.
        carrier: &'k str,
        /// What it may require.
        distribution: &'k str,
    },
}

impl Knowledge {
    /// The rows of the distributions that have a library of this file name, on Linux or on Windows (where case does not count).
    pub fn distributions_with<'s>(&'s self, library: &'s str) -> impl Iterator<Item = &'s LibraryRow> {
        self.libraries.library.iter().filter(move |row| {
            row.linux.iter().any(|name| name == library)
                || row.windows.iter().any(|name| name.eq_ignore_ascii_case(library))
        })
    }

    /// Whether a library of this name chooses among its kernels at run time.
    pub fn dispatches(&self, library: &str) -> bool {
        self.distributions_with(library).any(|row| row.dispatches)
    }

    /// What provides a library that no distribution has.
    pub fn common_owner(&self, library: &str) -> Option<CommonOwner> {
        self.common_rows(library).next().map(|row| row.by)
    }

    /// The rows that say so.
    pub fn common_rows(&self, library: &str) -> impl Iterator<Item = &CommonRow> {
        let library = library.to_ascii_lowercase();
        let fits = move |name: &String| match name.strip_suffix('*') {
            Some(start) => library.starts_with(start),
            None => name.eq_ignore_ascii_case(&library),
        };
        self.libraries.common.iter().filter(move |row| row.names.iter().any(&fits))
    }

    /// Every library that some distribution has, by its file name.
    pub fn library_names(&self) -> impl Iterator<Item = &str> {
        self.libraries.library.iter().flat_map(|row| row.linux.iter().chain(&row.windows)).map(String::as_str)
    }

    /// The distributions that a requirement brings with it, as far as is known.
    pub fn brought_by<'k>(&'k self, requirement: &Requirement) -> Vec<Bringer<'k>> {
        let of = |name: &str| {
            self.libraries
                .library
                .iter()
                .map(|row| row.distribution.as_str())
                .find(|distribution| *distribution == name)
        };
        let mut brought: Vec<Bringer<'k>> = of(&requirement.name).map(Bringer::Required).into_iter().collect();
        for row in self.libraries.collection.iter().filter(|row| row.distribution == requirement.name) {
            let extras = requirement.extras.iter().filter_map(|extra| row.extras.get(extra));
            brought.extend(extras.flatten().map(|distribution| Bringer::Required(distribution)));
        }
        for row in self.libraries.carrier.iter().filter(|row| row.distribution == requirement.name) {
            let carrier = row.distribution.as_str();
            brought.extend(row.linux.iter().map(|distribution| Bringer::Perhaps { carrier, distribution }));
        }
        brought
    }

    /// The usual name for the GPUs of a capability, such as `RTX 50`.
    pub fn products(&self, capability: ComputeCapability) -> &[String] {
        self.architecture(capability).map_or(&[], |row| &row.products)
    }

    /// The first driver branch that reports this CUDA release or a newer one.
    pub fn branch_with(&self, cuda: CudaVersion) -> Option<u32> {
        self.cuda.driver.iter().filter(|row| row.cuda >= cuda).map(|row| row.branch).min()
    }

    /// The first CUDA release and the first driver branch that compile this PTX ISA.
    pub fn ptx_needs(&self, isa: PtxIsa) -> Option<(CudaVersion, Option<u32>)> {
        let cuda = self.ptx_cuda(isa)?;
        Some((cuda, self.branch_with(cuda)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'k>(knowledge: &'k Knowledge, library: &'k str) -> Vec<&'k str> {
        knowledge.distributions_with(library).map(|row| row.distribution.as_str()).collect()
    }

    #[test]
    fn libraries_have_owners() {
        let knowledge = Knowledge::builtin().unwrap();
        assert_eq!(names(&knowledge, "libcudart.so.12"), ["nvidia-cuda-runtime-cu12"]);
        assert_eq!(names(&knowledge, "CUBLAS64_13.DLL"), ["nvidia-cublas"]);
        // One name in wheels of three CUDA majors.
        assert_eq!(names(&knowledge, "libcudnn.so.9"), ["nvidia-cudnn-cu11", "nvidia-cudnn-cu12", "nvidia-cudnn-cu13"]);
        assert!(knowledge.dispatches("libcublasLt.so.12") && !knowledge.dispatches("libcudart.so.12"));
        assert!(names(&knowledge, "libcudart.so").is_empty(), "a name without its version is another library");
        assert_eq!(knowledge.common_owner("libcuda.so.1"), Some(CommonOwner::Driver));
        assert_eq!(knowledge.common_owner("KERNEL32.dll"), Some(CommonOwner::System));
        assert_eq!(knowledge.common_owner("python311.dll"), Some(CommonOwner::Python));
        assert_eq!(knowledge.common_owner("libcudart.so.12"), None);
    }

    #[test]
    fn requirements_bring_distributions() {
        let knowledge = Knowledge::builtin().unwrap();
        let brought = |line: &str| knowledge.brought_by(&line.parse().unwrap());
        assert_eq!(brought("nvidia-cuda-runtime-cu12==12.6.77"), [Bringer::Required("nvidia-cuda-runtime-cu12")]);
        assert_eq!(
            brought("cuda-toolkit[cublas,cudart]==13.2.2; platform_system == 'Linux'"),
            [
                Bringer::Required("nvidia-cublas"),
                Bringer::Required("nvidia-cuda-nvrtc"),
                Bringer::Required("nvidia-cuda-runtime")
            ]
        );
        assert!(brought("torch>=2.4").iter().any(|found| matches!(
            found,
            Bringer::Perhaps { carrier: "torch", distribution: "nvidia-cuda-runtime-cu12" }
        )));
        assert!(brought("numpy").is_empty());
    }

    #[test]
    fn what_people_call_a_capability_is_part_of_a_product_name() {
        let knowledge = Knowledge::builtin().unwrap();
        for row in &knowledge.architectures.architecture {
            for name in &row.products {
                let mut products = knowledge.gpus.gpu.iter().filter(|gpu| gpu.capability == row.capability);
                assert!(products.any(|gpu| gpu.name.contains(name.as_str())), "{name} for {}", row.capability);
            }
        }
    }

    #[test]
    fn ptx_names_the_driver_that_it_needs() {
        let knowledge = Knowledge::builtin().unwrap();
        let isa = |text: &str| knowledge.ptx_needs(text.parse().unwrap());
        assert_eq!(isa("8.7"), Some((CudaVersion::new(12, 8), Some(570))));
        assert_eq!(isa("8.5"), Some((CudaVersion::new(12, 5), Some(555))));
        assert_eq!(isa("99.0"), None);
    }
}
