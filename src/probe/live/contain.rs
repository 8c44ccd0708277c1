//! Runs a child that may hang, crash or answer nonsense, and comes back in time with what it wrote and what became of it.

use std::{
    io::{self, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

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
    /// What it has written so far.
    output: Arc<Mutex<Vec<u8>>>,
    /// Told when its output has ended.
    closed: Receiver<()>,
    is_closed: bool,
    started: Instant,
    timeout: Duration,
}

/// What became of a child.
pub struct Ended {
    /// What it wrote, up to the end or to its deadline.
    pub output: Vec<u8>,
    /// How it ended: by itself and well, or otherwise.
    pub how: Result<(), Answer>,
    /// What to say where the output is not whole: a child that closed its output and did not end was late.
    unfinished: Option<Answer>,
}

impl Running {
    /// Starts a program, which has until `timeout` to answer. Its input is empty, what it complains is lost.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, timeout: Duration) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        // The driver starts programs too (nvidia-modprobe): a group of its own lets them end together.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child = command.spawn()?;
        let started = Instant::now();
        let output = Arc::new(Mutex::new(Vec::new()));
        let (sender, closed) = mpsc::channel();
        let pipe = child.stdout.take();
        let shared = Arc::clone(&output);
        // It is not waited for: a grandchild may keep the pipe open for ever.
        let listener = thread::Builder::new().spawn(move || {
            if let Some(pipe) = pipe {
                gather(pipe, &shared);
            }
            // The receiver is gone when nobody waits any more.
            let _ = sender.send(());
        });
        if let Err(error) = listener {
            // Nobody would listen to it.
            let _ = child.kill();
            let _ = child.wait();
            return Err(error);
        }
        Ok(Self { child, output, closed, is_closed: false, started, timeout })
    }

    /// Whether it has answered, or closed its output, by then.
    pub fn listen(&mut self, until: Instant) -> bool {
        if !self.is_closed {
            let heard = self.closed.recv_timeout(until.saturating_duration_since(Instant::now()));
            self.is_closed = heard != Err(RecvTimeoutError::Timeout);
        }
        self.is_closed
    }

    /// Its message, or what became of it. Afterwards it is gone, or named.
    ///
    /// # Errors
    /// [`Answer::TimedOut`], [`Answer::Crashed`] or [`Answer::Garbled`].
    pub fn finish<T: DeserializeOwned>(&mut self) -> Result<T, Answer> {
        let Ended { output, how, unfinished } = self.end();
        how?;
        match (serde_json::from_slice(&output), unfinished) {
            (Ok(message), _) => Ok(message),
            (Err(_), Some(late)) => Err(late),
            (Err(_), None) if output.is_empty() => Err(Answer::Garbled { what: "nothing".to_owned() }),
            // The text itself may be anything, and is kept out of the report.
            (Err(error), None) => {
                let place = format!("no report at line {}, column {}", error.line(), error.column());
                Err(Answer::Garbled { what: place })
            }
        }
    }

    /// What it wrote and what became of it, for a child that tells how far it is. Afterwards it is gone, or named.
    pub fn end(&mut self) -> Ended {
        self.listen(self.started + self.timeout);
        let ended = if self.is_closed { self.ended_within(LEAVING) } else { self.ended_within(Duration::ZERO) };
        let left_running = match ended {
            Some(_) => None,
            None => self.kill(),
        };
        let output = std::mem::take(&mut *self.output.lock().unwrap_or_else(PoisonError::into_inner));
        let how = match ended {
            _ if output.len() as u64 > LONGEST => {
                Err(Answer::Garbled { what: format!("more than {} MiB", LONGEST >> 20) })
            }
            Some(status) if !status.success() => Err(Answer::Crashed { how: how(status) }),
            _ if self.is_closed => Ok(()),
            _ => Err(self.late(left_running)),
        };
        // One that does not end after a whole answer hangs in the driver's clean-up, which is nothing to programs.
        let unfinished = ended.is_none().then(|| self.late(left_running));
        Ended { output, how, unfinished }
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

/// Takes what comes through the pipe, up to more than any answer.
fn gather(pipe: impl Read, output: &Mutex<Vec<u8>>) {
    let mut pipe = pipe.take(LONGEST + 1);
    let mut piece = [0; 4096];
    loop {
        match pipe.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                let bytes = piece.get(..count).unwrap_or_default();
                output.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
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
    use crate::probe::live::Message;

    const SOON: Duration = Duration::from_millis(300);
    const ANSWER: &str =
        r#"printf '{"library":null,"answer":{"state":"no-library"},"driver":null,"cuda":null,"devices":[]}'"#;

    fn shell(script: &str, timeout: Duration) -> Running {
        Running::start(Command::new("/bin/sh").args(["-c", script]), timeout).unwrap()
    }

    fn run(script: &str, timeout: Duration) -> (Result<Message, Answer>, Duration) {
        let start = Instant::now();
        (shell(script, timeout).finish(), start.elapsed())
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
    fn what_was_written_before_the_end_is_kept() {
        let ended = shell("echo one; echo two; kill -SEGV $$", Duration::from_secs(20)).end();
        assert_eq!(ended.output, b"one\ntwo\n");
        assert_eq!(ended.how, Err(Answer::Crashed { how: "signal 11 (SIGSEGV)".to_owned() }));
        let ended = shell("echo one; sleep 60", SOON).end();
        assert_eq!(ended.output, b"one\n");
        assert_eq!(ended.how, Err(Answer::TimedOut { after_ms: 300, left_running: None }));
        let ended = shell("printf half; exit 0", Duration::from_secs(20)).end();
        assert_eq!((ended.output.as_slice(), ended.how), (&b"half"[..], Ok(())));
    }

    #[test]
    fn a_crash_is_seen_though_a_grandchild_keeps_the_pipe() {
        let (result, _) = run("sleep 5 & kill -ABRT $$", SOON);
        assert_eq!(result.unwrap_err(), Answer::Crashed { how: "signal 6 (SIGABRT)".to_owned() });
    }

    #[test]
    fn what_is_not_there_cannot_start() {
        assert!(Running::start(&mut Command::new("/no/such/program"), SOON).is_err());
    }
}
