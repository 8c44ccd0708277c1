//! A progress line on standard error: to a terminal only, after half a second, and gone when the work is done.

use std::{
    io::{self, IsTerminal, Write},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use crate::scan::Progress;

/// Work that ends before this shows nothing.
const QUIET: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);
const BAR: usize = 24;

/// Does the work, and shows how far it has come. `silent`: shows nothing.
pub fn while_shown<T>(progress: &Progress, silent: bool, work: impl FnOnce() -> T) -> T {
    if silent || !io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        let start = Instant::now();
        // Without a thread for it nothing is shown.
        let _ = thread::Builder::new().spawn_scoped(scope, move || {
            let mut shown = false;
            // The sender goes when the work ends, also by a panic.
            while wait.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if start.elapsed() >= QUIET {
                    shown = true;
                    draw(&line(progress.now(), start.elapsed()));
                }
            }
            if shown {
                draw("");
            }
        });
        let result = work();
        drop(done);
        result
    })
}

/// Writes over the line. Nothing is hidden or switched, so that an interrupt leaves a terminal as it was.
fn draw(text: &str) {
    let _ = write!(io::stderr().lock(), "\r\x1b[2K{text}").and_then(|()| io::stderr().flush());
}

fn line((done, total): (u64, u64), elapsed: Duration) -> String {
    // What comes over the network is counted by its own means.
    if total == 0 {
        return format!("reading, {} s", elapsed.as_secs());
    }
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let share = if total == 0 { 0.0 } else { done as f64 / total as f64 };
    let filled = ((share * BAR as f64) as usize).min(BAR);
    let bar = "#".repeat(filled) + &"-".repeat(BAR - filled);
    format!("reading [{bar}] {} of {} MB, {} s", megabytes(done), megabytes(total), elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_holds_at_both_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(line((0, 0), second), "reading, 1 s");
        assert_eq!(line((5_000_000, 10_000_000), second), "reading [############------------] 5 of 10 MB, 1 s");
        assert_eq!(line((9, 9), second), "reading [########################] 0 of 0 MB, 1 s");
        assert_eq!(while_shown(&Progress::default(), false, || 7), 7);
    }
}
