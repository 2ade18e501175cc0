//! Runs a program, stops it at every watched system call on a file of ours, and lets the call be,
//! fails it, cuts it short, or kills the program before it. Says of every fault whether it fired.
//!
//! Calls are counted over all threads and children together, in the order in which the kernel
//! reports them: the flush has a thread of its own, and what counts by thread would never reach it.

use crate::bare::Bare;
use crate::caller;
use crate::calls::{self, Kind, Names, Watched};
use crate::launch;
use crate::scenario::SCRATCH;
use nix::errno::Errno;
use nix::libc::{O_APPEND, O_CREAT, O_RDWR, O_WRONLY, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// After so long a run is stopped, and counts as hung. The longest takes a second or two; a busy
/// machine may make it ten.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// What stands for every pipe.
pub(crate) const PIPE: &str = "pipe";

/// Longest path that the kernel takes.
const PATH_LIMIT_BYTES: usize = 4096;

/// What is cut short goes on for one part in so many: no half, since lines come in pairs, and a cut
/// between two lines tests nothing.
const PART: u64 = 3;

/// A program to be run, and where.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// The folder whose files are ours; standard output and error go to `said` and `errors` in it.
    pub(crate) place: PathBuf,
    /// Whether that lies on a file system without modes and links (`bare`).
    pub(crate) is_bare: bool,
    /// What it is asked over the network, where it answers there; it is ended afterwards.
    pub(crate) request: Option<PathBuf>,
}

/// A call that was seen.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) watched: &'static Watched,
    /// The file in the place, or `pipe`.
    pub(crate) path: String,
    /// The second file, of a rename or link.
    pub(crate) to: String,
    /// Whether it opens a file to write.
    pub(crate) writes: bool,
    /// Whether it may make the file that it opens.
    pub(crate) makes: bool,
    /// How many bytes it is to write or read.
    pub(crate) length: u64,
    /// Where in the file the bytes go.
    pub(crate) offset: u64,
    /// The bytes, where they are kept.
    pub(crate) bytes: Vec<u8>,
    /// The flags of an `openat`.
    pub(crate) flags: i32,
    /// The mode of a file that is made or changed, or the length that a file is given.
    pub(crate) argument: u64,
    /// When it was entered and when it came back, in events seen; `u64::MAX` until it has.
    pub(crate) entered: u64,
    pub(crate) left: u64,
    /// What it came to, where that is kept.
    pub(crate) result: i64,
}

/// What is done at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The program is killed before it.
    Kill,
    /// A part of its bytes is written, then the program is killed.
    KillHalfway,
    /// It fails, this once.
    Fail(Errno),
    /// It fails, and so does from then on every call that can fail so.
    FailOn(Errno),
    /// It writes or reads a part of what it should.
    Short,
}

/// At which call what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aim {
    /// Name of the call.
    pub(crate) call: &'static str,
    /// Whether it is on a pipe between the program and its readers.
    pub(crate) pipe: bool,
    /// Which one, from 1, among all of that name on files of ours, or on pipes.
    pub(crate) occurrence: u64,
    /// What is done.
    pub(crate) act: Act,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exit(i32),
    Killed,
    Hung,
    /// It was asked what it was to be asked, and ended from outside.
    Asked,
}

/// A run that was watched.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) end: End,
    /// The call at which the fault fired; `None` where it did not.
    pub(crate) fired: Option<Call>,
    /// How many calls a bare file system refused.
    pub(crate) refused: usize,
    /// Every call, where they are kept.
    pub(crate) calls: Vec<Call>,
}

/// Runs `launch` with at most one fault; with `keep`, keeps every call with its bytes.
pub(crate) fn run(launch: &Launch, aim: Option<Aim>, keep: bool) -> io::Result<Run> {
    let out = |name: &str| File::create(launch.place.join(name));
    let mut child = Command::new(std::env::current_exe()?)
        .arg(launch::VERB)
        .arg(&launch.program)
        .args(&launch.arguments)
        .current_dir(&launch.place)
        .env("TMPDIR", launch.place.join(SCRATCH))
        .stdin(Stdio::piped())
        .stdout(out("said")?)
        .stderr(out("errors")?)
        .spawn()?;
    let main = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    ptrace::seize(
        main,
        Options::PTRACE_O_TRACESECCOMP
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_EXITKILL,
    )?;
    if let Some(mut go) = child.stdin.take() {
        go.write_all(&[0])?;
    }
    let (ended, watch) = mpsc::channel::<()>();
    let clock = thread::spawn(move || {
        let hung = watch.recv_timeout(TIME_LIMIT) == Err(mpsc::RecvTimeoutError::Timeout);
        if hung {
            // It may just have ended: then there is nobody to kill.
            let _ = kill(main, Signal::SIGKILL);
        }
        hung
    });
    let over = Arc::new(AtomicBool::new(false));
    let caller = launch.request.clone().map(|file| {
        let (place, over) = (launch.place.clone(), Arc::clone(&over));
        thread::spawn(move || caller::call(&place, &file, main, &over))
    });
    let watcher = Watcher { place: &launch.place, main, aim, keep, ..Watcher::new(launch, main) };
    let run = watcher.watch();
    drop(ended);
    let hung = clock.join().map_err(|_| io::Error::other("the clock broke"))?;
    over.store(true, Ordering::SeqCst);
    if let Some(caller) = caller {
        caller.join().map_err(|_| io::Error::other("the caller broke"))??;
    }
    let mut run = run?;
    if hung {
        run.end = End::Hung;
    }
    Ok(run)
}

struct Watcher<'a> {
    place: &'a Path,
    main: Pid,
    aim: Option<Aim>,
    keep: bool,
    /// How often each call was made so far on files, and on pipes.
    counts: BTreeMap<(&'static str, bool), u64>,
    calls: Vec<Call>,
    fired: Option<Call>,
    /// A file system without modes and links, where there is one.
    bare: Option<Bare>,
    refused: usize,
    /// Threads inside a call whose end is waited for, and which call it is.
    inside: BTreeMap<i32, usize>,
    /// The thread that is to be killed when its call has ended.
    doomed: Option<Pid>,
    /// Events seen so far.
    clock: u64,
}

impl<'a> Watcher<'a> {
    fn new(launch: &'a Launch, main: Pid) -> Self {
        Self {
            place: &launch.place,
            main,
            aim: None,
            keep: false,
            counts: BTreeMap::new(),
            calls: Vec::new(),
            fired: None,
            bare: launch.is_bare.then(Bare::default),
            refused: 0,
            inside: BTreeMap::new(),
            doomed: None,
            clock: 0,
        }
    }

    fn watch(mut self) -> io::Result<Run> {
        let mut end = End::Killed;
        loop {
            let status = match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(status) => status,
                Err(Errno::EINTR) => continue,
                // Nobody is left.
                Err(Errno::ECHILD) => break,
                Err(errno) => return Err(errno.into()),
            };
            self.clock += 1;
            match status {
                WaitStatus::Exited(pid, code) if pid == self.main => end = End::Exit(code),
                WaitStatus::Signaled(pid, signal, _) if pid == self.main => {
                    end = if signal == Signal::SIGTERM { End::Asked } else { End::Killed };
                }
                WaitStatus::PtraceEvent(pid, _, event)
                    if event == ptrace::Event::PTRACE_EVENT_SECCOMP as i32 =>
                {
                    alive(self.at_call(pid))?;
                }
                WaitStatus::PtraceEvent(pid, ..) => alive(go_on(pid, None))?,
                WaitStatus::PtraceSyscall(pid) => alive(self.after_call(pid))?,
                WaitStatus::Stopped(pid, signal) => alive(go_on(pid, Some(signal)))?,
                _ => {}
            }
        }
        Ok(Run { end, fired: self.fired, refused: self.refused, calls: self.calls })
    }

    fn at_call(&mut self, pid: Pid) -> io::Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        let Some(call) = self.call_of(pid, &registers) else { return go_on(pid, None) };
        let count = self.counts.entry((call.watched.name, call.path == PIPE)).or_default();
        *count += 1;
        let aim = self.aim.filter(|aim| {
            (aim.call, aim.pipe, aim.occurrence) == (call.watched.name, call.path == PIPE, *count)
        });
        let act = match (aim, &self.fired, self.aim) {
            (Some(aim), ..) => Some(aim.act),
            // A disk that is full, or broken, stays so; the screen is not on it.
            (None, Some(_), Some(Aim { act: Act::FailOn(errno), .. }))
                if !["said", "errors", PIPE].contains(&call.path.as_str())
                    && calls::errors(call.watched, call.writes).contains(&errno) =>
            {
                Some(Act::Fail(errno))
            }
            _ => None,
        };
        if aim.is_some() {
            self.fired = Some(call.clone());
        }
        match act {
            None => {}
            Some(Act::Kill) => return kill_all_of(pid),
            Some(Act::Fail(errno) | Act::FailOn(errno)) => {
                return refuse(pid, registers, errno);
            }
            Some(Act::Short | Act::KillHalfway) => {
                *length_of(call.watched, &mut registers) = (call.length / PART).max(1);
                ptrace::setregs(pid, registers)?;
                if act == Some(Act::KillHalfway) {
                    self.doomed = Some(pid);
                    return Ok(ptrace::syscall(pid, None)?);
                }
            }
        }
        if act.is_none()
            && let Some(bare) = &mut self.bare
        {
            if let Some(errno) = bare.refuses(&call, &registers) {
                self.refused += 1;
                return refuse(pid, registers, errno);
            }
            bare.forget_mode(&call, &mut registers);
            ptrace::setregs(pid, registers)?;
        }
        if !self.keep {
            return go_on(pid, None);
        }
        self.inside.insert(pid.as_raw(), self.calls.len());
        self.calls.push(call);
        Ok(ptrace::syscall(pid, None)?)
    }

    fn after_call(&mut self, pid: Pid) -> io::Result<()> {
        if self.doomed == Some(pid) {
            return kill_all_of(pid);
        }
        if let Some(call) = self.inside.remove(&pid.as_raw()).and_then(|at| self.calls.get_mut(at))
        {
            call.left = self.clock;
            call.result = ptrace::getregs(pid)?.rax.cast_signed();
        }
        go_on(pid, None)
    }

    /// The call that `pid` is about to make, if it is on a file of ours.
    fn call_of(&self, pid: Pid, registers: &user_regs_struct) -> Option<Call> {
        let watched = calls::of_number(registers.orig_rax.cast_signed())?;
        let words = [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8];
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let (path, to) = match watched.names {
            Names::Fd(at) => (open_file(pid, word(at)), None),
            Names::Path(at) => (named(pid, None, word(at)), None),
            Names::At(at) => (named(pid, Some(word(at)), word(at + 1)), None),
            Names::Paths(from, to) => (named(pid, None, word(from)), named(pid, None, word(to))),
            Names::AtBoth(from, to) => (
                named(pid, Some(word(from)), word(from + 1)),
                named(pid, Some(word(to)), word(to + 1)),
            ),
        };
        let path = self.ours(&path?)?;
        let flags = if watched.name == "openat" { word(2) as i32 } else { word(1) as i32 };
        let opens = watched.kind == Kind::Opens;
        let by_length = matches!(watched.kind, Kind::Writes) || watched.name == "read";
        let length = if by_length { *length_of(watched, &mut registers.clone()) } else { 0 };
        let mut call = Call {
            watched,
            path,
            to: to.and_then(|to| self.ours(&to)).unwrap_or_default(),
            writes: opens && flags & (O_WRONLY | O_RDWR | O_CREAT) != 0,
            makes: opens && flags & O_CREAT != 0,
            length,
            offset: 0,
            bytes: Vec::new(),
            argument: 0,
            flags: if opens { flags } else { 0 },
            entered: self.clock,
            left: u64::MAX,
            result: 0,
        };
        match (self.keep, watched.name) {
            (true, "write") => {
                call.offset = position(pid, word(0));
                call.bytes = memory(pid, word(1), length);
            }
            (true, "pwrite64") => {
                call.offset = word(3);
                call.bytes = memory(pid, word(1), length);
            }
            (true, "openat") => call.argument = word(3),
            (true, "fchmodat") => call.argument = word(2),
            (true, "ftruncate" | "chmod" | "fchmod") => call.argument = word(1),
            _ => {}
        }
        Some(call)
    }

    /// The path from our place, or what stands for a pipe; `None` for what is not ours.
    fn ours(&self, path: &Path) -> Option<String> {
        match path.strip_prefix(self.place) {
            Ok(inside) => Some(inside.to_string_lossy().into_owned()),
            Err(_) => path.to_string_lossy().starts_with("pipe:").then(|| PIPE.into()),
        }
    }
}

/// A thread that was killed meanwhile has nothing to be done for: its end is reported by itself.
fn alive(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => Ok(()),
        done => done,
    }
}

/// Has the call that `pid` is about to make fail.
fn refuse(pid: Pid, mut registers: user_regs_struct, errno: Errno) -> io::Result<()> {
    // No such call: the kernel passes over it, and hands out what stands in `rax`.
    registers.orig_rax = u64::MAX;
    registers.rax = (-i64::from(errno as i32)).cast_unsigned();
    ptrace::setregs(pid, registers)?;
    go_on(pid, None)
}

fn go_on(pid: Pid, signal: Option<Signal>) -> io::Result<()> {
    Ok(ptrace::cont(pid, signal)?)
}

/// Kills the program that the thread belongs to: a reader is a program of its own.
fn kill_all_of(thread: Pid) -> io::Result<()> {
    let status = fs::read_to_string(format!("/proc/{thread}/status"))?;
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    let group = group.and_then(|group| group.trim().parse().ok()).unwrap_or(thread.as_raw());
    Ok(kill(Pid::from_raw(group), Signal::SIGKILL)?)
}

/// The argument that says how many bytes.
fn length_of<'r>(watched: &Watched, registers: &'r mut user_regs_struct) -> &'r mut u64 {
    match watched.name {
        "copy_file_range" | "splice" => &mut registers.r8,
        "sendfile" => &mut registers.r10,
        _ => &mut registers.rdx,
    }
}

fn open_file(pid: Pid, fd: u64) -> Option<PathBuf> {
    // The kernel looks at the lower half only.
    let fd = fd as i32;
    fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()
}

fn named(pid: Pid, folder: Option<u64>, at: u64) -> Option<PathBuf> {
    let mut bytes = memory(pid, at, PATH_LIMIT_BYTES as u64);
    let end = bytes.iter().position(|byte| *byte == 0)?;
    bytes.truncate(end);
    let path = PathBuf::from(OsString::from_vec(bytes));
    // A file without a name, by its number.
    if let Some(fd) = path.to_str().and_then(|path| path.strip_prefix("/proc/self/fd/")) {
        return fd.parse().ok().and_then(|fd| open_file(pid, fd));
    }
    if path.is_absolute() {
        return Some(path);
    }
    let folder = match folder.map(|fd| fd as i32) {
        None | Some(nix::libc::AT_FDCWD) => fs::read_link(format!("/proc/{pid}/cwd")).ok()?,
        Some(fd) => fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?,
    };
    Some(if path.as_os_str().is_empty() { folder } else { folder.join(path) })
}

/// Where in an open file the next bytes go; [`AT_THE_END`] where it was opened to append.
fn position(pid: Pid, fd: u64) -> u64 {
    let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", fd as i32)).unwrap_or_default();
    let value = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let flags = value("flags:").and_then(|flags| i32::from_str_radix(flags, 8).ok());
    if flags.unwrap_or_default() & O_APPEND != 0 {
        return AT_THE_END;
    }
    value("pos:").and_then(|position| position.parse().ok()).unwrap_or_default()
}

/// The offset of bytes that go to the end of a file, wherever that is.
pub(crate) const AT_THE_END: u64 = u64::MAX;

/// Up to `length` bytes of the program's memory: fewer where it ends.
fn memory(pid: Pid, at: u64, length: u64) -> Vec<u8> {
    let Ok(file) = File::open(format!("/proc/{pid}/mem")) else { return Vec::new() };
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        // By pages: a read that runs into what is not there gives nothing at all.
        let here = at + filled as u64;
        let to_page = usize::try_from(PAGE_BYTES - here % PAGE_BYTES).unwrap_or(1);
        let wanted = rest.len().min(to_page);
        let Some(part) = rest.get_mut(..wanted) else { break };
        match file.read_at(part, here) {
            Ok(read) if read > 0 => filled += read,
            _ => break,
        }
    }
    bytes.truncate(filled);
    bytes
}

/// Memory is there or not by pages of so many bytes.
const PAGE_BYTES: u64 = 4096;
