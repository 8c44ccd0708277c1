//! What GPUs computed, a line for each run: how many kernels are right, from which code, how fast.

use super::{Subject, SubjectKind};
use crate::{
    facts::{CodeKind, ContactOutcome, Facts, KernelOutcome, KernelRun, Smoke, SmokeDevice},
    knowledge::Knowledge,
    rules::{peak_gigabytes, peak_teraflops},
};

/// The lines of one GPU.
pub fn computing(facts: &Facts, gpu: &str, knowledge: &Knowledge) -> Vec<Subject> {
    let runs = facts.smoke.value().map(Vec::as_slice).unwrap_or_default();
    let of_gpu = runs.iter().filter(|run| run.gpu == gpu);
    of_gpu.flat_map(|run| [Some(line(run, knowledge)), libraries(run)]).flatten().collect()
}

fn line(run: &Smoke, knowledge: &Knowledge) -> Subject {
    let right = |kernel: &&KernelRun| matches!(kernel.outcome, KernelOutcome::Right { .. });
    let tried = |kernel: &&KernelRun| !matches!(kernel.outcome, KernelOutcome::NotRun { .. });
    let (tried, right) = (run.kernels.iter().filter(tried).count(), run.kernels.iter().filter(right).count());
    let mut parts = Vec::new();
    match &run.answer {
        ContactOutcome::Ready if tried == 0 => parts.push("no kernel could be run".to_owned()),
        ContactOutcome::Ready if right == tried => parts.push(format!("{right} kernels correct{}", taken(run))),
        ContactOutcome::Ready => parts.push(format!("{right} of {tried} kernels correct{}", taken(run))),
        ContactOutcome::Failed { .. } if tried == 0 => parts.push("could not start".to_owned()),
        _ if tried == 0 => parts.push("did not finish".to_owned()),
        _ => parts.push(format!("did not finish; {right} of {tried} kernels correct")),
    }
    let device = run.device.clone().unwrap_or_default();
    parts.extend(speeds(run, &device, knowledge));
    Subject { notes: notes(run), ..Subject::new(SubjectKind::More, format!("computes: {}", parts.join("; "))) }
}

/// ` (sm_120; PTX compiles in 85 ms)`
fn taken(run: &Smoke) -> String {
    let mut images: Vec<String> =
        run.images.iter().filter(|load| load.used).map(|load| load.image.to_string()).collect();
    images.dedup();
    let spare = run
        .images
        .iter()
        .filter(|load| load.image.kind == CodeKind::Ptx && load.answer == ContactOutcome::Ready && !load.used);
    let micros: u64 = spare.map(|load| load.micros).sum();
    if micros > 0 {
        images.push(format!("PTX compiles in {} ms", micros.div_ceil(1000)));
    }
    if images.is_empty() { String::new() } else { format!(" ({})", images.join("; ")) }
}

fn speeds(run: &Smoke, device: &SmokeDevice, knowledge: &Knowledge) -> Vec<String> {
    let speed = |name: &str| run.kernels.iter().find(|kernel| kernel.kernel == name).and_then(|kernel| kernel.speed);
    let of = |is: f64, peak: Option<f64>| match peak {
        Some(peak) if peak > 0.0 => format!(" ({:.0}% of {})", 100.0 * is / peak, number(peak)),
        _ => String::new(),
    };
    let mut parts = Vec::new();
    if let Some(speed) = speed("matmul_f32") {
        let is = speed.teraflops();
        parts.push(format!("fp32 {} TFLOP/s{}", number(is), of(is, peak_teraflops(device, knowledge))));
    }
    for (name, kernel) in [("fp16", "matmul_f16"), ("bf16", "matmul_bf16")] {
        if let Some(speed) = speed(kernel) {
            parts.push(format!("{name} {} TFLOP/s", number(speed.teraflops())));
        }
    }
    if let Some(speed) = speed("copy") {
        let is = speed.gigabytes();
        parts.push(format!("memory {} GB/s{}", number(is), of(is, peak_gigabytes(device))));
    }
    if let Some(transfer) = run.transfer {
        let rate = |nanos: u64| number(transfer.bytes as f64 / nanos.max(1) as f64);
        parts.push(format!(
            "host to GPU {} GB/s, back {}",
            rate(transfer.to_device_nanos),
            rate(transfer.to_host_nanos)
        ));
    }
    parts
}

/// Three significant digits: a measurement of a millisecond has no more.
fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn notes(run: &Smoke) -> Vec<String> {
    let mut notes: Vec<String> =
        run.context_micros.iter().map(|micros| format!("context in {} ms", micros.div_ceil(1000))).collect();
    for load in &run.images {
        let time = format!("{:.1} ms", load.micros as f64 / 1000.0);
        let code = load.binary.map_or_else(String::new, |binary| format!(", code for {binary}"));
        let said = match &load.answer {
            ContactOutcome::Ready if load.image.kind == CodeKind::Ptx => format!("compiled in {time}{code}"),
            ContactOutcome::Ready => format!("loaded in {time}{code}"),
            ContactOutcome::Failed { code, .. } => format!("refused: {code}"),
            _ => "not loaded".to_owned(),
        };
        notes.push(format!("{} kernels, {}: {said}", load.module, load.image));
    }
    for kernel in &run.kernels {
        let said = match &kernel.outcome {
            KernelOutcome::Right { worst_permille } => {
                format!("correct, largest deviation {:.1}% of its tolerance", f64::from(*worst_permille) / 10.0)
            }
            KernelOutcome::Wrong { .. } | KernelOutcome::Overrun { .. } => "wrong".to_owned(),
            KernelOutcome::Failed { code, .. } => format!("failed: {code}"),
            KernelOutcome::NotRun { why } => format!("not run: {why}"),
        };
        notes.push(format!("{}: {said}", kernel.kernel));
    }
    notes.push(format!("{} ms in total, --seed {} repeats the inputs", run.micros.div_ceil(1000), run.seed));
    notes
}

/// What the driver said about the installed libraries' code.
fn libraries(run: &Smoke) -> Option<Subject> {
    if run.libraries.is_empty() {
        return None;
    }
    let taken =
        |loads: &[&crate::facts::LibraryLoad]| loads.iter().filter(|load| load.answer == ContactOutcome::Ready).count();
    let all: Vec<_> = run.libraries.iter().collect();
    let mut paths: Vec<&str> = all.iter().map(|load| load.path.as_str()).collect();
    paths.dedup();
    let text = format!("the driver loads {} of {} fatbins from {} libraries", taken(&all), all.len(), paths.len());
    let note = |load: &&crate::facts::LibraryLoad| {
        let images: Vec<String> = load.images.iter().map(|image| image.code.to_string()).collect();
        let said = match &load.answer {
            ContactOutcome::Ready => format!("loaded in {:.1} ms", load.micros as f64 / 1000.0),
            ContactOutcome::Failed { code, .. } => format!("refused: {code}"),
            _ => "no response".to_owned(),
        };
        format!("{} [{}]: {said}", load.path, images.join(" "))
    };
    Some(Subject { notes: all.iter().map(note).collect(), ..Subject::new(SubjectKind::More, text) })
}
