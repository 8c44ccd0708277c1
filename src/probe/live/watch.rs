//! Watches a child from a thread of its own: takes what it writes, tells when its answer is whole, and ends it when it takes more memory
//! than any answer needs.

use std::{
    io::{self, Read},
    process::ChildStdout,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// More than any answer: eight GPUs take 8 KiB.
pub const LONGEST: usize = 4 << 20;
/// How often its memory is looked at: at 10 GB a second it is over the limit by half a gigabyte.
#[cfg(target_os = "linux")]
const TICK: Duration = Duration::from_millis(50);

/// What a child may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until its answer is whole.
    pub answer: Duration,
    /// From its whole answer until it has ended.
    pub ending: Duration,
    /// Memory that it really has, in bytes.
    pub memory: u64,
    /// What it writes, in bytes.
    pub output: usize,
}

/// Tells the last line of an answer.
pub type IsLast = fn(&[u8]) -> bool;

/// What is known of a child.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it has written so far.
    pub output: Vec<u8>,
    /// Where the line begins that is not yet complete.
    line: usize,
    /// When the last line of its answer came.
    pub whole_at: Option<Instant>,
    /// Whether its output has ended.
    pub is_closed: bool,
    /// Whether it was ended for its memory.
    pub ate_memory: bool,
    /// Whether it has been waited for: its number may be another process's now.
    pub is_gone: bool,
}

impl Seen {
    /// Whether there is nothing more to wait for.
    pub fn is_settled(&self) -> bool {
        self.whole_at.is_some() || self.is_closed || self.ate_memory
    }

    fn take(&mut self, bytes: &[u8], is_last: IsLast) {
        self.output.extend_from_slice(bytes);
        while let Some(length) = self.output.get(self.line..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            let end = self.line + length;
            if self.whole_at.is_none() && self.output.get(self.line..end).is_some_and(is_last) {
                self.whole_at = Some(Instant::now());
            }
            self.line = end + 1;
        }
    }
}

/// What the watching thread and the waiting one share.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<(Mutex<Seen>, Condvar)>);

impl Shared {
    /// What is known now. While it is held nothing is learnt, and nothing is ended.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until this holds, or until then; whether it holds.
    pub fn wait(&self, until: Instant, holds: impl Fn(&Seen) -> bool) -> bool {
        let time = until.saturating_duration_since(Instant::now());
        let waited = self.0.1.wait_timeout_while(self.seen(), time, |seen| !holds(seen));
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        holds(&seen)
    }

    fn learn(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen());
        self.0.1.notify_all();
    }
}

/// Takes what comes through the pipe, up to the limit, and keeps an eye on the memory until the child is gone.
#[cfg(target_os = "linux")]
pub fn watch(mut pipe: ChildStdout, shared: &Shared, child: u32, limits: &Limits, is_last: IsLast) {
    let mut is_open = true;
    let mut looked = Instant::now();
    loop {
        if !is_open {
            std::thread::sleep(TICK);
        } else if is_readable(&pipe) {
            is_open = read(&mut pipe, shared, limits, is_last);
        }
        if looked.elapsed() >= TICK {
            looked = Instant::now();
            // Held over the look and the deed: the number stays its own.
            let mut seen = shared.seen();
            if seen.is_gone {
                return;
            }
            if resident(child).is_some_and(|bytes| bytes > limits.memory) {
                end_group(child);
                seen.ate_memory = true;
                drop(seen);
                shared.learn(|_| {});
                return;
            }
        }
    }
}

/// Elsewhere memory is not watched.
#[cfg(not(target_os = "linux"))]
pub fn watch(mut pipe: ChildStdout, shared: &Shared, _child: u32, limits: &Limits, is_last: IsLast) {
    while read(&mut pipe, shared, limits, is_last) {}
}

/// Whether there is something to read, or the end, within a tick.
#[cfg(target_os = "linux")]
fn is_readable(pipe: &ChildStdout) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let tick = Timespec { tv_sec: 0, tv_nsec: TICK.as_nanos() as i64 };
    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    // An interruption is no answer; any other error shows in reading.
    match poll(&mut polled, Some(&tick)) {
        Ok(count) => count > 0,
        Err(error) => error != rustix::io::Errno::INTR,
    }
}

/// Takes a piece; whether there may be more.
fn read(pipe: &mut ChildStdout, shared: &Shared, limits: &Limits, is_last: IsLast) -> bool {
    let mut piece = [0; 4096];
    match pipe.read(&mut piece) {
        Ok(count) if count > 0 => {
            let bytes = piece.get(..count).unwrap_or_default();
            let mut is_too_long = false;
            shared.learn(|seen| {
                seen.take(bytes, is_last);
                is_too_long = seen.output.len() > limits.output;
                seen.is_closed |= is_too_long;
            });
            !is_too_long
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => true,
        _ => {
            shared.learn(|seen| seen.is_closed = true);
            false
        }
    }
}

/// Ends a child that has not been waited for, with all that belongs to it.
#[cfg(target_os = "linux")]
pub fn end_group(child: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(child).ok().and_then(Pid::from_raw) {
        // What has ended already cannot be ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The memory that a process really has (proc(5)). Not what it has reserved: CUDA reserves far more than there is.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Processes that hold a pipe open, besides this one: what has left its group and its parent is found by that.
#[cfg(target_os = "linux")]
pub fn holders(pipe: u64) -> Vec<u32> {
    /// More are not named.
    const MOST: usize = 16;
    let wanted = format!("pipe:[{pipe}]");
    let holds = |process: u32| {
        let open = std::fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
        open.into_iter().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|to| to.as_os_str() == wanted.as_str()))
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|process| *process != std::process::id() && holds(*process)).take(MOST).collect()
}

/// Elsewhere they are not looked for.
#[cfg(not(target_os = "linux"))]
pub fn holders(_pipe: u64) -> Vec<u32> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_line_and_not_before() {
        let is_last: IsLast = |line| line == b"end";
        let mut seen = Seen::default();
        for (piece, whole) in [("noise\nen", false), ("d", false), ("\nmore", true), ("\n", true)] {
            seen.take(piece.as_bytes(), is_last);
            assert_eq!(seen.whole_at.is_some(), whole, "{piece:?}");
        }
        assert_eq!(seen.output, b"noise\nend\nmore\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_is_told_of_what_is_there() {
        assert!(resident(std::process::id()).is_some_and(|bytes| bytes > 1 << 20));
        assert_eq!(resident(u32::MAX), None);
    }
}
