//! What the rules about building share: which toolkit compiles, and which entries of TORCH_CUDA_ARCH_LIST it cannot compile for.

use gpucheck_ground::Order as _;

use super::{Context, Draft, Outcome, shared::arch_list_of, toolkit};
use crate::{
    compat::arch_list,
    facts::{ComputeCapability, CudaVersion, Toolkit},
    finding::Evidence,
    knowledge::{ArchitectureRow, ToolkitPart},
};

/// The toolkit that compiles torch extensions in this environment, and its release.
fn compiler<'a>(context: &Context<'a>) -> Option<(usize, &'a Toolkit, CudaVersion)> {
    let (index, toolkit) = toolkit::taken(context, ToolkitPart::Nvcc).filter(|(_, toolkit)| toolkit.nvcc)?;
    Some((index, toolkit, *toolkit.version.value()?))
}

/// Checks the entries of TORCH_CUDA_ARCH_LIST against the toolkit that compiles: a finding for those whose architecture the release does
/// not support, according to `lacks`. `summary` gets the release, where it is, and the entries with what their rows say.
pub fn judge(
    context: &Context<'_>,
    lacks: impl Fn(&ArchitectureRow, CudaVersion) -> Option<String>,
    summary: impl Fn(CudaVersion, &str, &str) -> String,
) -> Outcome {
    let Some((text, _, parser)) = arch_list_of(context) else { return Outcome::NotApplicable };
    let (Some(items), Some((index, toolkit, cuda))) = (arch_list(text, parser), compiler(context)) else {
        return Outcome::NotApplicable;
    };
    let mut capabilities: Vec<ComputeCapability> =
        items.iter().filter_map(|item| item.code.as_ref()).flatten().map(|code| code.target.capability).collect();
    capabilities.order();
    capabilities.dedup();
    let rows = capabilities.into_iter().filter_map(|capability| context.knowledge.architecture(capability));
    let wrong: Vec<(&ArchitectureRow, String)> = rows.filter_map(|row| Some((row, lacks(row, cuda)?))).collect();
    let Some((first, _)) = wrong.first() else { return Outcome::Holds };
    let entries: Vec<String> = wrong.iter().map(|(row, said)| format!("{} ({said})", row.capability)).collect();
    let mut draft = Draft::new("TORCH_CUDA_ARCH_LIST", summary(cuda, &toolkit.path, &entries.join(", ")))
        .evidence(context.variable_evidence("TORCH_CUDA_ARCH_LIST"))
        .evidence(
            Evidence::new(format!("CUDA toolkit {cuda}: {}", toolkit.path), toolkit.leads())
                .at(format!("{}/{index}", context.toolkits().1)),
        )
        .symptom(format!("nvcc fatal   : Unsupported gpu architecture 'compute_{}'", first.capability.number()))
        .cause(cuda);
    for (row, said) in wrong {
        draft = draft.cause(row.capability).evidence(Evidence::new(
            format!("compute capability {}: {said}", row.capability),
            format!("knowledge: {}", context.knowledge.cite_architecture(row, row.source.first())),
        ));
    }
    draft.found()
}
