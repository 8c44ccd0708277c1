//! The rules, one file each, and the one registry that lists them.
//!
//! To add a rule: write its file in the folder of its subject (the head comment is its page, see `gpucheck rule`), with a
//! `pub const RULE: Rule`, and add its name to the registry below.

mod broken;
pub mod code;
mod condition;
mod extension;
mod family;
mod nvcc;
mod packages_on_gpu;
mod pages;
mod rule;
mod run;
mod shared;
mod signs;
mod slugs;
mod smoke_runs;
mod stack;
mod statement;
mod steps;
mod symptom;
mod toolkit;
mod truth;
mod user_space;
mod vendored;

pub use broken::torch_broken;
pub use environment::{
    environment_incomplete::{Unmet, unmet, wanted},
    files_overwritten::overwritten,
};
pub use extension::{cuda_major, of_nvidia};
pub use family::Family;
pub use packages_on_gpu::{PackageOnGpu, packages_on_gpu};
pub use pages::{page, titles};
pub use rule::{Context, Draft, Judges, Outcome, Rule, Scope};
pub use run::{Judged, Undecided, Verdicts, run};
pub use shared::{
    COMPANIONS, chosen_cuda, driver, gpu_name, label, main_libraries, torch_on_gpu, variants, wanted_cuda,
};
pub use slugs::slug;
pub use smoke_runs::{peak_gigabytes, peak_teraflops};
pub use statement::{Standing, Told, told};
pub use steps::said;
pub use vendored::{is_cuda_runtime, is_driver_library};

/// Rules refer to it, and findings carry it.
pub use crate::finding::Remedy;

/// A rule and its page.
pub struct Entry {
    /// The rule.
    pub rule: &'static Rule,
    /// The head comment of its file, as Markdown: what it means, how it is decided, how to fix it.
    pub page: &'static str,
}

impl Entry {
    /// What people see of it in a log, where its page says so with a text: the first one of the section, if it can come on that system.
    pub fn in_log(&self, windows: bool) -> Option<String> {
        let (_, section) = self.page.split_once("## In a log\n")?;
        let (text, _) = section.trim_start().strip_prefix('`')?.split_once('`')?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!windows || !is_of_linux(&text)).then_some(text)
    }

    /// What it means, in its page's first sentence.
    pub fn title(&self) -> String {
        let paragraph =
            self.page.lines().skip(1).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
        let text = paragraph.collect::<Vec<_>>().join(" ");
        match text.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => text,
        }
    }
}

/// Whether a text can only come on Linux: from its loader, its kernel or its shells.
pub fn is_of_linux(text: &str) -> bool {
    const WORDS: [&str; 8] = [
        ".so",
        "shared object",
        "undefined symbol",
        "GLIBC",
        "Segmentation fault",
        "Killed process",
        "Exec format",
        "NVRM",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

/// Declares the module of each rule and lists it. The order is that of equal findings in a report: causes first.
macro_rules! registry {
    ($($folder:ident { $($rule:ident),+ $(,)? })+) => {
        $(mod $folder { $(pub mod $rule;)+ })+

        /// Every rule.
        pub const REGISTRY: &[Entry] = &[$($(Entry {
            rule: &$folder::$rule::RULE,
            // Written by build.rs.
            page: include_str!(concat!(env!("OUT_DIR"), "/pages/", stringify!($folder), "/", stringify!($rule), ".md")),
        },)+)+];
    };
}

registry! {
    driver {
        nouveau_conflict,
        secure_boot_blocks_module,
        driver_not_loaded,
        driver_library_version_mismatch,
        open_kernel_modules_required,
        open_kernel_modules_unsupported,
        gpu_passed_through,
        bios_above_4g_decoding,
        uvm_not_ready,
        fabric_manager_not_running,
        compat_lib_shadows_driver,
        forward_compat_unsupported_gpu,
        driver_stub_library,
        gpu_lost,
        gpu_needs_reset,
        mig_without_instances,
        driver_no_permission,
        driver_hangs,
        driver_crashes,
        driver_eats_memory,
        driver_answers_nonsense,
        driver_library_broken,
        driver_library_missing,
        driver_library_too_old,
        driver_clean_up_fails,
        process_left_running,
        nvml_init_failed,
        cuda_init_failed,
        cuda_visible_devices_hides_gpu,
        device_ordinal_out_of_range,
        nvml_cuda_disagree,
        gpu_not_in_driver,
        expected_gpu_missing,
        no_nvidia_gpu,
        driver_too_old_for_gpu,
        gpu_dropped_by_driver,
        no_kernel_module_for_all_gpus,
        driver_too_old_for_container_image,
        driver_too_old_for_cuda_runtime,
        driver_too_old_for_ptx,
        driver_too_old_for_zstd,
    }
    container {
        container_runtime_not_configured,
        container_no_gpu_flag,
        container_toolkit_missing,
        container_cgroup_lost_gpu,
        container_capability_missing,
        container_requirement_unmet,
        container_requirement_differs,
        wsl_linux_driver_installed,
        wsl_libcuda_not_found,
        wsl_libcuda_name,
        wsl_container_library_missing,
    }
    arch {
        gpu_of_another_processor,
        gpu_too_new_for_wheel,
        gpu_too_old_for_wheel,
        gpu_needs_ptx_jit,
        triton_ptxas_too_old,
        ptx_jit_switched,
        knowledge_conflict,
        newer_than_knowledge,
        required_arch_missing,
    }
    packages {
        torch_not_installed,
        cpu_only_torch,
        torch_companion_mismatch,
        python_unsupported_by_torch,
        glibc_too_old,
        torch_nightly_needless,
        torch_replaced,
        version_not_on_index,
        torch_not_allowed,
        gpu_too_old_for_extension,
        bitsandbytes_binary_missing,
        extension_abi_mismatch,
        extension_for_public_torch,
        cudnn_major_mismatch,
        extension_cuda_major_mismatch,
        cuda_libs_not_found,
        extension_arch_missing,
        extension_ptx_too_new_for_driver,
        extension_needs_ptx_jit,
        driver_too_old_for_package,
        code_lacks_gpu,
        driver_library_bundled,
        cuda_runtime_bundled,
        known_problem,
    }
    environment {
        project_not_installed,
        installer_refuses,
        declaration_unclear,
        ignore_unclear,
        library_damaged,
        torch_shadowed,
        installed_twice,
        metadata_missing,
        versions_disagree,
        torch_editable,
        ld_library_path_shadowing,
        files_overwritten,
        environment_incomplete,
        torch_left_to_the_index,
        installers_differ,
        lock_stale,
        files_disagree,
        several_cuda_majors,
        variable_read_by_nothing,
    }
    page {
        page_out_of_date,
    }
    smoke {
        smoke_no_device,
        smoke_not_judged,
        smoke_not_started,
        smoke_hangs,
        smoke_dies,
        driver_refuses_image,
        driver_rules_disagree,
        smoke_kernel_failed,
        smoke_wrong_results,
        smoke_slow,
        ptx_jit_only,
        framework_not_run,
        framework_import_failed,
        framework_step_failed,
        framework_wrong_numbers,
        framework_step_died,
        framework_hangs,
    }
    build {
        arch_list_invalid,
        arch_list_lacks_gpu,
        nvcc_too_old_for_arch,
        nvcc_too_new_for_arch,
        nvcc_torch_cuda_mismatch,
        libcuda_linker_name_missing,
    }
    log {
        error_in_log,
    }
}

/// The rule of this slug.
pub fn find(slug: &str) -> Option<&'static Entry> {
    REGISTRY.iter().find(|entry| entry.rule.slug == slug)
}
