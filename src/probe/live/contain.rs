//! Runs a child that may hang, crash, answer nonsense or eat memory, and comes back in time with what it wrote and what became of it.
//! An answer is whole with its last line: what the library does to the process afterwards takes nothing from it.

#[cfg(unix)]
use std::ffi::{OsStr, OsString};
use std::{
    io,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;

use super::watch::{IsLast, Shared, watch};
pub use super::watch::{LONGEST, Limits};
use crate::{
    facts::{Aftermath, ContactOutcome},
    json,
};

/// How long a killed child may take to end. One inside a driver call that never returns (state D) does not.
const DYING: Duration = Duration::from_secs(1);
/// How long a child that has closed its output may take to end, and how often it is looked for.
const LEAVING: Duration = Duration::from_millis(200);
const TICK: Duration = Duration::from_millis(1);
/// Lists of folders in which a relative one means another folder to each process.
#[cfg(unix)]
const LISTS: [&str; 2] = ["LD_LIBRARY_PATH", "PYTHONPATH"];

/// A child that was started. Dropping it ends it.
pub struct Running {
    child: Child,
    shared: Shared,
    /// The kernel's number of its output's pipe.
    pipe: Option<u64>,
    started: Instant,
    limits: Limits,
}

/// What became of a child.
pub struct Ended {
    /// What it wrote, up to the end or to its deadline.
    pub output: Vec<u8>,
    /// How it ended: with a whole answer or by itself and well, or otherwise.
    pub how: Result<(), ContactOutcome>,
    /// What it did after a whole answer, and what it left behind.
    pub aftermath: Aftermath,
    /// What to say where the output is not whole: a child that closed its output and did not end was late.
    unfinished: Option<ContactOutcome>,
}

impl Running {
    /// Starts a program, whose last line `is_last` knows. Its input is empty, what it complains is lost.
    ///
    /// # Errors
    /// When it cannot be started, or no thread can be had to watch it: then it is ended.
    pub fn start(command: &mut Command, limits: Limits, is_last: IsLast) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        aside(command);
        // The driver starts programs too (nvidia-modprobe): a group of its own lets them end together.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let mut child = command.spawn()?;
        let pipe = child.stdout.take();
        let number = pipe.as_ref().and_then(number_of);
        // From here on, whatever fails, dropping this ends the child.
        let running = Self { child, shared: Shared::default(), pipe: number, started: Instant::now(), limits };
        let Some(pipe) = pipe else { return Err(io::Error::other("its output could not be read")) };
        let (shared, child) = (running.shared.clone(), running.child.id());
        // It is not waited for: a grandchild may keep the pipe open for ever.
        thread::Builder::new().spawn(move || watch(pipe, &shared, child, &limits, is_last))?;
        Ok(running)
    }

    /// Whether it has answered, or closed its output, by then.
    pub fn listen(&mut self, until: Instant) -> bool {
        self.shared.wait(until, super::watch::Seen::is_settled)
    }

    /// Its message, or what became of it; and what came after. Afterwards it is gone, or named.
    pub fn finish<T: DeserializeOwned>(&mut self) -> (Result<T, ContactOutcome>, Aftermath) {
        let Ended { output, how, aftermath, unfinished } = self.end();
        let message = how.and_then(|()| {
            let said = output.split(|byte| *byte == b'\n').find_map(|line| json::read(line).ok());
            match (said, unfinished, json::read::<serde::de::IgnoredAny>(&output)) {
                (Some(message), ..) => Ok(message),
                (None, Some(late), _) => Err(late),
                _ if output.is_empty() => Err(ContactOutcome::Garbled { what: "empty output".to_owned() }),
                // The text itself may be anything, and is kept out of the report.
                (None, None, Err(error)) => {
                    let place = format!("not a report (line {}, column {})", error.line(), error.column());
                    Err(ContactOutcome::Garbled { what: place })
                }
                (None, None, Ok(_)) => Err(ContactOutcome::Garbled { what: "not a report, but other JSON".to_owned() }),
            }
        });
        (message, aftermath)
    }

    /// What it wrote and what became of it, for a child that tells how far it is. Afterwards it is gone, or named.
    pub fn end(&mut self) -> Ended {
        self.listen(self.started + self.limits.answer);
        let (whole_at, is_closed) = {
            let seen = self.shared.seen();
            (seen.whole_at, seen.is_closed || seen.ate_memory)
        };
        let patience = match whole_at {
            _ if is_closed => LEAVING,
            Some(at) => self.limits.ending.saturating_sub(at.elapsed()),
            None => Duration::ZERO,
        };
        let is_whole = whole_at.is_some();
        let has_ended = self.ends_within(patience);
        // One whose output has ended is on its way out: the kernel may take its time with the driver's files.
        let is_held = !self.shared.seen().is_closed;
        let status = self.reap();
        let own = status.is_none().then(|| self.child.id());
        let mut left_running = Vec::new();
        if is_held && !self.shared.wait(Instant::now() + LEAVING, |seen| seen.is_closed) {
            left_running.extend(self.holders().into_iter().filter(|process| Some(*process) != own));
        }
        let (output, ate_memory) = {
            let mut seen = self.shared.seen();
            (std::mem::take(&mut seen.output), seen.ate_memory)
        };
        let ended = status.filter(|_| has_ended);
        let died = ended.filter(|status| !status.success()).map(how);
        let how = match &died {
            _ if output.len() > self.limits.output => {
                Err(ContactOutcome::Garbled { what: format!("more than {} MiB of output", self.limits.output >> 20) })
            }
            _ if is_whole => Ok(()),
            _ if ate_memory => Err(ContactOutcome::TooMuchMemory { limit: self.limits.memory }),
            Some(how) => Err(ContactOutcome::Crashed { how: how.clone() }),
            None if is_closed => Ok(()),
            None => Err(self.late(own)),
        };
        // One that closes its output and does not end hangs in the driver's clean-up.
        let unfinished = ended.is_none().then(|| self.late(own));
        let hung = is_whole && !has_ended && is_held && !ate_memory;
        if hung {
            left_running.extend(own);
        }
        let aftermath = Aftermath {
            died: died.filter(|_| is_whole),
            hung_ms: hung.then(|| u64::try_from(self.limits.ending.as_millis()).unwrap_or(u64::MAX)),
            left_running,
        };
        Ended { output, how, aftermath, unfinished }
    }

    fn late(&self, left_running: Option<u32>) -> ContactOutcome {
        let after_ms = u64::try_from(self.limits.answer.as_millis()).unwrap_or(u64::MAX);
        ContactOutcome::TimedOut { after_ms, left_running }
    }

    /// Whether it ends in this time. It is not waited for, so that its number stays its own.
    #[cfg(target_os = "linux")]
    fn ends_within(&mut self, time: Duration) -> bool {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let until = Instant::now() + time;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        loop {
            match waitid(WaitId::Pid(Pid::from_child(&self.child)), options) {
                Ok(Some(_)) => return true,
                // Someone else has waited for it (SIGCHLD is ignored): how it ended is lost, but it has.
                Err(_) => {
                    self.shared.seen().is_gone = true;
                    return true;
                }
                Ok(None) if Instant::now() >= until => return false,
                Ok(None) => thread::sleep(TICK),
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn ends_within(&mut self, time: Duration) -> bool {
        self.ended_within(time).is_some()
    }

    /// Ends it and what is left of its group, and waits for it; nothing when it does not end.
    fn reap(&mut self) -> Option<ExitStatus> {
        #[cfg(target_os = "linux")]
        if !self.shared.seen().is_gone {
            super::watch::end_group(self.child.id());
        }
        // It has ended, or it is too late for it.
        let _ = self.child.kill();
        if !self.ends_within(DYING) {
            return None;
        }
        self.shared.seen().is_gone = true;
        self.ended_within(DYING)
    }

    fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + time;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Err(_) => return Some(ExitStatus::default()),
                Ok(None) if Instant::now() >= until => return None,
                Ok(None) => thread::sleep(TICK),
            }
        }
    }

    /// Who keeps its output open.
    fn holders(&self) -> Vec<u32> {
        self.pipe.map(super::watch::holders).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.shared.seen().is_gone {
            self.reap();
        }
    }
}

/// Puts the program where no stranger's files lie: an empty entry of LD_LIBRARY_PATH, and a relative one, mean the current folder, which
/// may be a repository that was just cloned. So the program starts in the root folder, and relative entries are left out: there they would
/// mean yet another place than the user's programs get.
fn aside(command: &mut Command) {
    command.current_dir(if cfg!(windows) {
        std::env::var_os("SystemRoot").map_or_else(|| PathBuf::from("C:\\"), PathBuf::from)
    } else {
        PathBuf::from("/")
    });
    #[cfg(unix)]
    for list in LISTS {
        match std::env::var_os(list).and_then(|value| absolute_entries(&value)) {
            Some(value) => command.env(list, value),
            None => command.env_remove(list),
        };
    }
}

/// The entries of a list of folders that begin with `/`; nothing when none is left. The loader takes semicolons for colons.
#[cfg(unix)]
fn absolute_entries(value: &OsStr) -> Option<OsString> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let entries = value.as_bytes().split(|byte| matches!(byte, b':' | b';')).filter(|entry| entry.starts_with(b"/"));
    let kept = entries.collect::<Vec<_>>().join(&b':');
    (!kept.is_empty()).then(|| OsString::from_vec(kept))
}

#[cfg(target_os = "linux")]
fn number_of(pipe: &std::process::ChildStdout) -> Option<u64> {
    rustix::fs::fstat(pipe).ok().map(|stat| stat.st_ino)
}

#[cfg(not(target_os = "linux"))]
fn number_of(_pipe: &std::process::ChildStdout) -> Option<u64> {
    None
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
    const LONG: Duration = Duration::from_secs(20);
    const ANSWER: &str =
        r#"echo '{"library":null,"answer":{"state":"no-library"},"driver":null,"cuda":null,"devices":[]}'"#;

    fn shell(script: &str, answer: Duration) -> Running {
        let limits = Limits { answer, ending: SOON, memory: 1 << 28, output: LONGEST };
        let is_last: IsLast = |line| json::read::<Message>(line).is_ok();
        Running::start(Command::new("/bin/sh").args(["-c", script]), limits, is_last).unwrap()
    }

    fn run(script: &str, timeout: Duration) -> (Result<Message, ContactOutcome>, Duration) {
        let start = Instant::now();
        (shell(script, timeout).finish().0, start.elapsed())
    }

    /// What came after a whole answer.
    fn after(script: &str) -> Aftermath {
        let start = Instant::now();
        let (message, aftermath) = shell(script, LONG).finish::<Message>();
        assert_eq!(message.unwrap(), Message::new(None, ContactOutcome::NoLibrary), "{script}");
        assert!(start.elapsed() < Duration::from_secs(10), "{script}: {:?}", start.elapsed());
        aftermath
    }

    fn failed(script: &str) -> ContactOutcome {
        run(script, Duration::from_secs(20)).0.unwrap_err()
    }

    #[test]
    fn an_answer_comes_back() {
        let (message, _) = run(ANSWER, Duration::from_secs(20));
        assert_eq!(message.unwrap(), Message::new(None, ContactOutcome::NoLibrary));
    }

    #[test]
    fn one_that_hangs_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let (result, time) = run(&format!("sleep 60 & echo $! > {}; trap '' TERM; wait", file.display()), SOON);
        assert_eq!(result.unwrap_err(), ContactOutcome::TimedOut { after_ms: 300, left_running: None });
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
        assert_eq!(failed("kill -ABRT $$"), ContactOutcome::Crashed { how: "signal 6 (SIGABRT)".to_owned() });
        assert_eq!(failed("kill -SEGV $$"), ContactOutcome::Crashed { how: "signal 11 (SIGSEGV)".to_owned() });
        assert_eq!(failed("exit 3"), ContactOutcome::Crashed { how: "exit code 3".to_owned() });
    }

    #[test]
    fn nonsense_is_garbled_and_not_repeated() {
        assert_eq!(failed("true"), ContactOutcome::Garbled { what: "empty output".to_owned() });
        for script in
            ["echo secret", "printf '{\"answer\": \"secret\"}'", "printf '\\377\\376secret'", "printf '[[[[['"]
        {
            let ContactOutcome::Garbled { what } = failed(script) else { panic!("{script}") };
            assert!(what.starts_with("not a report") && !what.contains("secret"), "{what}");
        }
    }

    #[test]
    fn a_flood_is_cut_off() {
        let (result, time) = run("exec cat /dev/zero", Duration::from_secs(20));
        assert_eq!(result.unwrap_err(), ContactOutcome::Garbled { what: "more than 4 MiB of output".to_owned() });
        assert!(time < Duration::from_secs(10), "{time:?}");
    }

    #[test]
    fn a_flood_of_errors_does_not_block_it() {
        let script = format!("head -c 8388608 /dev/zero >&2; {ANSWER}");
        assert!(run(&script, Duration::from_secs(20)).0.is_ok());
    }

    #[test]
    fn a_whole_answer_counts_whatever_comes_after_it() {
        assert!(after(ANSWER).is_quiet());
        assert!(after(&format!("echo noise; {ANSWER}; echo more noise")).is_quiet());
        assert_eq!(after(&format!("{ANSWER}; exit 101")).died.unwrap(), "exit code 101");
        assert_eq!(after(&format!("{ANSWER}; kill -SEGV $$")).died.unwrap(), "signal 11 (SIGSEGV)");
        assert_eq!(after(&format!("{ANSWER}; exec sleep 60")), Aftermath { hung_ms: Some(300), ..Default::default() });
        // Its output has ended: it is on its way out.
        assert!(after(&format!("{ANSWER}; exec 1>&-; sleep 60")).is_quiet());
        let (result, _) = run("printf '{'; exec 1>&-; sleep 60", SOON);
        assert!(matches!(result.unwrap_err(), ContactOutcome::TimedOut { .. }));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_keeps_the_pipe_is_named_or_ended() {
        // In its group: ended with it.
        assert!(after(&format!("sleep 60 & {ANSWER}")).is_quiet());
        // In a session of its own.
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let daemon = format!("setsid sh -c 'echo $$ > {}; exec sleep 60' & ", file.display());
        let wait = format!("while ! [ -s {} ]; do sleep 0.01; done; ", file.display());
        let left = after(&format!("{daemon}{wait}{ANSWER}")).left_running;
        let pid: u32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        assert_eq!(left, [pid]);
        assert!(Command::new("/bin/sh").args(["-c", &format!("kill {pid}")]).status().unwrap().success());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn one_that_eats_memory_is_ended() {
        let (result, time) = run("x=$(head -c 600000000 /dev/zero | tr '\\0' a); sleep 60", LONG);
        assert_eq!(result.unwrap_err(), ContactOutcome::TooMuchMemory { limit: 1 << 28 });
        assert!(time < LONG, "{time:?}");
    }

    #[test]
    fn it_starts_in_no_folder_of_a_stranger() {
        let ended = shell("pwd", LONG).end();
        assert_eq!(ended.output, b"/\n");
        let kept = |value: &str| absolute_entries(OsStr::new(value)).map(|kept| kept.into_string().unwrap());
        assert_eq!(kept("/a::lib:/b:./c;/d:$ORIGIN:").as_deref(), Some("/a:/b:/d"));
        assert_eq!((kept(""), kept(":"), kept("lib")), (None, None, None));
    }

    #[test]
    fn what_was_written_before_the_end_is_kept() {
        let ended = shell("echo one; echo two; kill -SEGV $$", Duration::from_secs(20)).end();
        assert_eq!(ended.output, b"one\ntwo\n");
        assert_eq!(ended.how, Err(ContactOutcome::Crashed { how: "signal 11 (SIGSEGV)".to_owned() }));
        let ended = shell("echo one; sleep 60", SOON).end();
        assert_eq!(ended.output, b"one\n");
        assert_eq!(ended.how, Err(ContactOutcome::TimedOut { after_ms: 300, left_running: None }));
        let ended = shell("printf half; exit 0", Duration::from_secs(20)).end();
        assert_eq!((ended.output.as_slice(), ended.how), (&b"half"[..], Ok(())));
    }

    #[test]
    fn a_crash_is_seen_though_a_grandchild_keeps_the_pipe() {
        let (result, _) = run("sleep 5 & kill -ABRT $$", SOON);
        assert_eq!(result.unwrap_err(), ContactOutcome::Crashed { how: "signal 6 (SIGABRT)".to_owned() });
    }

    #[test]
    fn what_is_not_there_cannot_start() {
        let limits = Limits { answer: SOON, ending: SOON, memory: 0, output: LONGEST };
        assert!(Running::start(&mut Command::new("/no/such/program"), limits, |_| false).is_err());
    }
}
