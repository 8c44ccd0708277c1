//! Those environment variables that change what CUDA and PyTorch do.

use std::collections::{BTreeMap, BTreeSet};

use crate::system::{Root, Surroundings, redact};

/// Names, from the CUDA programming guide, PyTorch's "CUDA environment variables", the container toolkit and conda.
const NAMES: [&str; 31] = [
    "BNB_CUDA_VERSION",
    "CONDA_OVERRIDE_CUDA",
    "CUDA_CACHE_DISABLE",
    "CUDA_CACHE_MAXSIZE",
    "CUDA_DEVICE_ORDER",
    "CUDA_DISABLE_PTX_JIT",
    "CUDA_FORCE_PTX_JIT",
    "CUDA_HOME",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_MODULE_LOADING",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "NO_CUDA_GRAPH",
    "NO_TORCH_COMPILE",
    "NVIDIA_DISABLE_REQUIRE",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_REQUIRE_CUDA",
    "NVIDIA_TF32_OVERRIDE",
    "NVIDIA_VISIBLE_DEVICES",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTORCH_ALLOC_CONF",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_NVML_BASED_CUDA_CHECK",
    "TORCHDYNAMO_DISABLE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCH_CUDA_ARCH_LIST",
    "TRITON_PTXAS_BLACKWELL_PATH",
    "TRITON_PTXAS_PATH",
];

/// The variables that are set, also those set to nothing: an empty CUDA_VISIBLE_DEVICES hides every GPU.
/// `more` are those that rows of the knowledge base ask for.
/// `identify`: the UUIDs of GPUs stay in them.
pub fn env_vars(
    root: &Root,
    surroundings: &Surroundings,
    more: &BTreeSet<String>,
    identify: bool,
) -> BTreeMap<String, String> {
    let value = |name: &str| {
        let value = redact::variable(name, surroundings.variable(name)?, root.homes());
        Some(if identify { value } else { redact::uuids(&value) })
    };
    let names = NAMES.into_iter().chain(more.iter().map(String::as_str));
    names.filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn only_what_matters_and_no_secret() {
        let variables = [
            ("CUDA_VISIBLE_DEVICES", ""),
            ("HF_TOKEN", "planted"),
            ("PYTHONPATH", "/home/sam/x:https://sam:planted@host/y"),
            ("USER", "sam"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let surroundings = Surroundings { variables, ..Default::default() };
        let root = Root::new(None, Some(Path::new("/home/sam"))).unwrap();
        let found = env_vars(&root, &surroundings, &BTreeSet::new(), false);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["CUDA_VISIBLE_DEVICES", "PYTHONPATH"]);
        assert_eq!(found["PYTHONPATH"], "~/x:https://[redacted]@host/y");
    }
}
