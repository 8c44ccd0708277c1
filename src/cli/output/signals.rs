//! Signals that end the program wait while a file is being replaced.
//!
//! The default action of a signal ends a process at once, and what it was about to rename stays behind. While this is held, a signal is
//! only noted; afterwards it does what it would have done.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// While it is held, signals are noted.
#[derive(Default)]
pub struct Signals {
    /// Whether any has come that ends the program.
    come: Arc<AtomicBool>,
    /// From when on each has its default action again.
    #[cfg(unix)]
    released: Arc<AtomicBool>,
    /// The signals, and whether each has come.
    #[cfg(unix)]
    held: Vec<(i32, Arc<AtomicBool>)>,
}

#[cfg(unix)]
impl Signals {
    /// Holds those that people and systems end programs with, and the one about a file that grows too large (`ulimit -f`).
    pub fn hold() -> Self {
        use signal_hook::{
            consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
            flag::{register, register_conditional_default},
        };
        /// Linux and macOS have the same number for it, and the crate has no name.
        const SIGXFSZ: i32 = 25;
        let mut signals = Self::default();
        // The write fails when the file is too large, and its error says more than the signal.
        let _ = register(SIGXFSZ, Arc::default());
        let ignored = ignored();
        // What nohup or a shell told the program to ignore stays ignored.
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0) {
            let own = Arc::new(AtomicBool::new(false));
            let noted = register_conditional_default(signal, Arc::clone(&signals.released))
                .and_then(|_| register(signal, Arc::clone(&own)))
                .and_then(|_| register(signal, Arc::clone(&signals.come)));
            // A signal that cannot be held acts at once, as ever.
            if noted.is_ok() {
                signals.held.push((signal, own));
            }
        }
        signals
    }

    /// Lets a signal that arrived take effect, which ends the program.
    pub fn release(self) {
        self.released.store(true, Ordering::SeqCst);
        for (signal, _) in self.held.iter().filter(|(_, own)| own.load(Ordering::SeqCst)) {
            // All of these end the program; it only fails for numbers that are not signals.
            let _ = signal_hook::low_level::emulate_default_handler(*signal);
        }
    }
}

/// The signals that the program was started to ignore, a bit for each.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = crate::files::head(std::path::Path::new("/proc/self/status"), 16 << 10).unwrap_or_default();
    let text = String::from_utf8_lossy(&status);
    let mask = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
impl Signals {
    /// Nothing is held: signals here end a program without running any of its code.
    pub fn hold() -> Self {
        Self::default()
    }

    /// See [`Signals::hold`].
    pub fn release(self) {}
}

impl Signals {
    /// Whether one has come that will end the program.
    pub fn has_come(&self) -> bool {
        self.come.load(Ordering::SeqCst)
    }

    /// As if one had come.
    #[cfg(test)]
    pub fn come() -> Self {
        Self { come: Arc::new(AtomicBool::new(true)), ..Self::default() }
    }
}
