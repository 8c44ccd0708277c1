//! Runs a child that may hang, crash or answer nonsense, and comes back in time with its message or with what became of it.

use std::{
    io::{self, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use super::message::Message;
use crate::facts::Answer;

/// More than any answer: eight GPUs take 8 KiB.
const LONGEST: u64 = 4 << 20;
/// How long a killed child may take to end. One inside a driver call that never returns (state D) does not.
const DYING: Duration = Duration::from_secs(1);
/// How long a child that has answered may take to end, and how often it is looked for.
const LEAVING: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_millis(1);

/// A child that was started. Dropping it ends it.
pub struct Running {
    child: Child,
    output: Receiver<Output>,
    heard: Option<Output>,
    started: Instant,
    timeout: Duration,
}

/// What the child wrote.
enum Output {
    Whole(Vec<u8>),
    TooLong,
}

impl Running {
    /// Starts `program`, which has until `timeout` to answer.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &Path, arguments: &[&str], timeout: Duration) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The driver starts programs too (nvidia-modprobe): a group of its own lets them end together.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let started = Instant::now();
        let (sender, output) = mpsc::channel();
        let pipe = child.stdout.take();
        // It is not waited for: a grandchild may keep the pipe open for ever.
        thread::Builder::new().spawn(move || {
            let mut bytes = Vec::new();
            let read = pipe.map(|pipe| pipe.take(LONGEST + 1).read_to_end(&mut bytes));
            let too_long = matches!(read, Some(Ok(length)) if length as u64 > LONGEST);
            // The receiver is gone when nobody waits any more.
            let _ = sender.send(if too_long { Output::TooLong } else { Output::Whole(bytes) });
        })?;
        Ok(Self { child, output, heard: None, started, timeout })
    }

    /// Whether it has answered, or closed its output, by then.
    pub fn listen(&mut self, until: Instant) -> bool {
        if self.heard.is_none() {
            self.heard = match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(output) => Some(output),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Output::Whole(Vec::new())),
            };
        }
        self.heard.is_some()
    }

    /// Its message, or what became of it. Afterwards it is gone, or named.
    ///
    /// # Errors
    /// [`Answer::TimedOut`], [`Answer::Crashed`] or [`Answer::Garbled`].
    pub fn finish(&mut self) -> Result<Message, Answer> {
        self.listen(self.started + self.timeout);
        let ended = if self.heard.is_some() { self.ended_within(LEAVING) } else { self.ended_within(Duration::ZERO) };
        let left_running = match ended {
            Some(_) => None,
            None => self.kill(),
        };
        match (self.heard.take(), ended) {
            (Some(Output::TooLong), _) => Err(Answer::Garbled { what: format!("more than {} MiB", LONGEST >> 20) }),
            (_, Some(status)) if !status.success() => Err(Answer::Crashed { how: how(status) }),
            // One that does not end after a whole answer hangs in the driver's clean-up, which is nothing to programs.
            (Some(Output::Whole(bytes)), _) => {
                read(&bytes, ended.is_some()).unwrap_or_else(|| Err(self.late(left_running)))
            }
            (None, _) => Err(self.late(left_running)),
        }
    }

    fn late(&self, left_running: Option<u32>) -> Answer {
        let after_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        Answer::TimedOut { after_ms, left_running }
    }

    fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + time;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                // Someone else has waited for it (SIGCHLD is ignored): how it ended is lost, but it has.
                Err(_) => return Some(ExitStatus::default()),
                Ok(None) if Instant::now() >= until => return None,
                Ok(None) => thread::sleep(TICK),
            }
        }
    }

    /// Ends it; its number when that does not succeed.
    fn kill(&mut self) -> Option<u32> {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // It has not been waited for, so that the number is still its own.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
        match self.ended_within(DYING) {
            Some(_) => None,
            None => Some(self.child.id()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// The message; nothing when it is not whole and the child was still at it.
fn read(bytes: &[u8], ended: bool) -> Option<Result<Message, Answer>> {
    match serde_json::from_slice(bytes) {
        Ok(message) => Some(Ok(message)),
        Err(_) if !ended => None,
        Err(_) if bytes.is_empty() => Some(Err(Answer::Garbled { what: "nothing".to_owned() })),
        // The text itself may be anything, and is kept out of the report.
        Err(error) => {
            let place = format!("no report at line {}, column {}", error.line(), error.column());
            Some(Err(Answer::Garbled { what: place }))
        }
    }
}

/// `signal 6 (SIGABRT)` or `exit code 3`.
fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(number) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal_name(number) {
            Some(name) => format!("signal {number} ({name})"),
            None => format!("signal {number}"),
        };
    }
    match status.code() {
        // Windows' exceptions are known by their hexadecimal form: 0xc0000005.
        Some(code) if !(0..=255).contains(&code) => format!("exit code {code:#x}"),
        Some(code) => format!("exit code {code}"),
        None => "no exit code".to_owned(),
    }
}

/// Signals that end a broken program (signal(7); the numbers are the same on x86-64 and ARM64).
#[cfg(unix)]
fn signal_name(number: i32) -> Option<&'static str> {
    Some(match number {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        31 => "SIGSYS",
        _ => return None,
    })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(300);
    const ANSWER: &str =
        r#"printf '{"library":null,"answer":{"state":"no-library"},"driver":null,"cuda":null,"devices":[]}'"#;

    fn run(script: &str, timeout: Duration) -> (Result<Message, Answer>, Duration) {
        let start = Instant::now();
        let mut running = Running::start(Path::new("/bin/sh"), &["-c", script], timeout).unwrap();
        (running.finish(), start.elapsed())
    }

    fn failed(script: &str) -> Answer {
        run(script, Duration::from_secs(20)).0.unwrap_err()
    }

    #[test]
    fn an_answer_comes_back() {
        let (message, _) = run(ANSWER, Duration::from_secs(20));
        assert_eq!(message.unwrap(), Message::new(None, Answer::NoLibrary));
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let (result, time) = run(&format!("sleep 60 & echo $! > {}; trap '' TERM; wait", file.display()), SOON);
        assert_eq!(result.unwrap_err(), Answer::TimedOut { after_ms: 300, left_running: None });
        assert!(time >= SOON && time < SOON + DYING, "{time:?}");
        if cfg!(target_os = "linux") {
            let pid = std::fs::read_to_string(file).unwrap();
            let status = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
            let gone = || status().is_empty() || status().contains(") Z ");
            let end = Instant::now() + Duration::from_secs(5);
            while !gone() && Instant::now() < end {
                thread::sleep(TICK);
            }
            assert!(gone(), "{}", status());
        }
    }

    #[test]
    fn how_it_died_is_told() {
        assert_eq!(failed("kill -ABRT $$"), Answer::Crashed { how: "signal 6 (SIGABRT)".to_owned() });
        assert_eq!(failed("kill -SEGV $$"), Answer::Crashed { how: "signal 11 (SIGSEGV)".to_owned() });
        assert_eq!(failed("exit 3"), Answer::Crashed { how: "exit code 3".to_owned() });
        assert_eq!(failed(&format!("{ANSWER}; exit 101")), Answer::Crashed { how: "exit code 101".to_owned() });
    }

    #[test]
    fn nonsense_is_garbled_and_not_repeated() {
        assert_eq!(failed("true"), Answer::Garbled { what: "nothing".to_owned() });
        for script in
            ["echo secret", "printf '{\"answer\": \"secret\"}'", "printf '\\377\\376secret'", "printf '[[[[['"]
        {
            let Answer::Garbled { what } = failed(script) else { panic!("{script}") };
            assert!(what.starts_with("no report at line 1") && !what.contains("secret"), "{what}");
        }
    }

    #[test]
    fn a_flood_is_cut_off() {
        let (result, time) = run("exec cat /dev/zero", Duration::from_secs(20));
        assert_eq!(result.unwrap_err(), Answer::Garbled { what: "more than 4 MiB".to_owned() });
        assert!(time < Duration::from_secs(10), "{time:?}");
    }

    #[test]
    fn a_flood_of_errors_does_not_block_it() {
        let script = format!("head -c 8388608 /dev/zero >&2; {ANSWER}");
        assert!(run(&script, Duration::from_secs(20)).0.is_ok());
    }

    #[test]
    fn a_whole_answer_counts_even_when_it_does_not_end() {
        let (result, time) = run(&format!("{ANSWER}; exec 1>&-; sleep 60"), Duration::from_secs(20));
        assert!(result.is_ok() && time < Duration::from_secs(10), "{time:?}");
        let (result, _) = run("printf '{'; exec 1>&-; sleep 60", SOON);
        assert!(matches!(result.unwrap_err(), Answer::TimedOut { .. }));
    }

    #[test]
    fn a_crash_is_seen_though_a_grandchild_keeps_the_pipe() {
        let (result, _) = run("sleep 5 & kill -ABRT $$", SOON);
        assert_eq!(result.unwrap_err(), Answer::Crashed { how: "signal 6 (SIGABRT)".to_owned() });
    }

    #[test]
    fn what_is_not_there_cannot_start() {
        assert!(Running::start(Path::new("/no/such/program"), &[], SOON).is_err());
    }
}
