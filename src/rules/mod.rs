//! The rules, one file each, and the one registry that lists them.
//!
//! To add a rule: write its file in the folder of its subject (the head comment is its page, see `gpucheck rule`), with a
//! `pub const RULE: Rule`, and add its name to the registry below.

mod rule;
mod run;
mod shared;

pub use environment::environment_incomplete::{Unmet, unmet, wanted};
pub use rule::{Context, Draft, Outcome, Remedy, Rule, Scope};
pub use run::{Judged, Undecided, Verdicts, run};
pub use shared::{gpu_name, label, torch_on_gpu};

/// A rule and its page.
pub struct Entry {
    /// The rule.
    pub rule: &'static Rule,
    /// Source text of its file, whose head comment is the page.
    source: &'static str,
}

impl Entry {
    /// What it means, in its page's first sentence.
    pub fn title(&self) -> String {
        let page = self.page();
        let paragraph = page.lines().skip(1).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
        let text = paragraph.collect::<Vec<_>>().join(" ");
        match text.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => text,
        }
    }

    /// The page of the rule: the head comment of its file, as Markdown.
    pub fn page(&self) -> String {
        self.source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect()
    }
}

/// Declares the module of each rule and lists it. The order is that of equal findings in a report: causes first.
macro_rules! registry {
    ($($folder:ident { $($rule:ident),+ $(,)? })+) => {
        $(mod $folder { $(pub mod $rule;)+ })+

        /// Every rule.
        pub const REGISTRY: &[Entry] = &[$($(Entry {
            rule: &$folder::$rule::RULE,
            source: include_str!(concat!(stringify!($folder), "/", stringify!($rule), ".rs")),
        },)+)+];
    };
}

registry! {
    driver {
        driver_too_old_for_gpu,
        gpu_dropped_by_driver,
        no_kernel_module_for_all_gpus,
        driver_too_old_for_cuda_runtime,
        driver_too_old_for_ptx,
        driver_too_old_for_zstd,
    }
    arch {
        gpu_too_new_for_wheel,
        gpu_too_old_for_wheel,
        gpu_needs_ptx_jit,
        triton_ptxas_too_old,
        ptx_jit_switched,
        knowledge_conflict,
    }
    packages {
        torch_not_installed,
        cpu_only_torch,
        torch_companion_mismatch,
        python_unsupported_by_torch,
    }
    environment {
        environment_incomplete,
    }
    build {
        arch_list_invalid,
        arch_list_lacks_gpu,
    }
}

/// The rule of this slug.
pub fn find(slug: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.rule.slug == slug)
}
