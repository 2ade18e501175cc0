//! Readers run in a confined child process: hostile bytes in, a reading out, nothing else within
//! reach.
//!
//! The child is this same program. Before it looks at any byte it gives up the file system
//! (Landlock, where the kernel has it) and takes limits on memory and files; time and output are
//! watched from outside. A crash, a hang or a flood costs the item one problem, never the run.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr};
use read::Facts;
use record::{Problem, Reading, Sha256, canonical};
use rlimit::Resource;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

/// The hidden verb that makes this program a reader.
pub const VERB: &str = "reader";

/// Most bytes of a reading: the text of an item of the read limit (16 MiB), escaped in JSON at
/// worst six bytes for one, and its map; beyond that something is wrong.
pub const OUTPUT_LIMIT_BYTES: usize = 128 << 20;

/// Time that one item may take. The slowest real report takes milliseconds; an item of the read
/// limit a few seconds on an old laptop.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Address space of a reader: the read limit many times over, and far less than a laptop has.
const MEMORY_LIMIT_BYTES: u64 = 1 << 30;

/// Problem codes of readers that did not come to an end.
pub mod codes {
    /// The reader crashed.
    pub const READER_CRASHED: &str = "reader-crashed";
    /// The reader took too long and was stopped.
    pub const READER_TIMEOUT: &str = "reader-timeout";
    /// The reader wrote too much, or what is no reading.
    pub const READER_OUTPUT: &str = "reader-output";
}

/// No reader could be started: the machine's problem, not the item's.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a reader with {}: {source}", program.display())]
pub struct Error {
    /// What was to be run.
    pub program: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// One item to be read.
#[derive(Debug)]
pub struct Job {
    /// Its name.
    pub item: Sha256,
    /// Its first bytes, at most the read limit.
    pub bytes: Vec<u8>,
    /// Its whole size.
    pub size: u64,
    /// What the collector said.
    pub facts: Facts,
}

#[derive(Serialize, Deserialize)]
struct Header {
    item: Sha256,
    size: u64,
    length: u64,
    report_date: Option<String>,
    outlet: Option<String>,
}

/// A reader process, started when first needed and again after it was lost.
pub struct Worker {
    running: Option<Running>,
    /// What is run, with which arguments; this program as a reader, but for tests.
    program: Option<(PathBuf, Vec<String>)>,
    time_limit: Duration,
}

impl Default for Worker {
    fn default() -> Self {
        Self { running: None, program: None, time_limit: TIME_LIMIT }
    }
}

struct Running {
    child: Child,
    jobs: Sender<(Vec<u8>, Vec<u8>)>,
    answers: Receiver<io::Result<Vec<u8>>>,
}

impl Worker {
    /// Has one item read. The answer is always a reading: where the reader was lost, one that says
    /// so.
    pub fn read(&mut self, job: Job) -> Result<Reading, Error> {
        let (item, size) = (job.item, job.size);
        let header = Header {
            item,
            size,
            length: job.bytes.len() as u64,
            report_date: job.facts.report_date,
            outlet: job.facts.outlet,
        };
        let header = canonical::to_bytes(&header);
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(start(self.program.as_ref())?),
        };
        // Where the child is gone already, so is the thread that speaks to it: the answer says so.
        let _ = running.jobs.send((header, job.bytes));
        let (code, message) = match running.answers.recv_timeout(self.time_limit) {
            Ok(Ok(bytes)) => match canonical::from_bytes::<Reading>(&bytes) {
                Ok(reading) if reading.item == item && reading.item_size == size => {
                    return Ok(reading);
                }
                _ => (
                    codes::READER_OUTPUT,
                    "the reader's answer is no reading of this item".to_string(),
                ),
            },
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                (codes::READER_OUTPUT, error.to_string())
            }
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                (codes::READER_CRASHED, "the reader crashed on it".to_string())
            }
            Err(RecvTimeoutError::Timeout) => {
                let message = format!(
                    "reading it took longer than {} s and was stopped",
                    self.time_limit.as_secs()
                );
                (codes::READER_TIMEOUT, message)
            }
        };
        self.stop();
        let message = format!(
            "{message}: look at the item with care, it may be hostile; nothing else was harmed"
        );
        Ok(unread(item, size, code, message))
    }

    fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may be gone already; either way it must not stay as a zombie.
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The reading of an item that could not be read at all.
pub fn unread(item: Sha256, size: u64, code: &str, message: String) -> Reading {
    let problems = vec![Problem { code: code.into(), message, span: None }];
    Reading { problems, ..Reading::empty(item, size, "none/1") }
}

fn start(program: Option<&(PathBuf, Vec<String>)>) -> Result<Running, Error> {
    let (program, arguments) = match program {
        Some((program, arguments)) => (program.clone(), arguments.clone()),
        None => {
            let own = std::env::current_exe()
                .map_err(|source| Error { program: PathBuf::from("this program"), source })?;
            (own, vec![VERB.into()])
        }
    };
    let mut child = Command::new(&program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| Error { program, source })?;
    let (mut to, mut from) = match (child.stdin.take(), child.stdout.take()) {
        (Some(to), Some(from)) => (to, from),
        _ => unreachable!("both were asked to be pipes"),
    };
    let (jobs, incoming) = mpsc::channel::<(Vec<u8>, Vec<u8>)>();
    let (answer, answers) = mpsc::channel();
    // Speaking to a child that hangs would hang too: so a thread does it, and ends when the child
    // is killed.
    thread::spawn(move || {
        for (header, bytes) in incoming {
            let answered = send(&mut to, &header, &bytes).and_then(|()| receive(&mut from));
            let lost = answered.is_err();
            if answer.send(answered).is_err() || lost {
                break;
            }
        }
    });
    Ok(Running { child, jobs, answers })
}

fn send(to: &mut impl Write, header: &[u8], bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(header.len() as u64).to_be_bytes())?;
    to.write_all(header)?;
    to.write_all(bytes)?;
    to.flush()
}

fn receive(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = read_length(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    if length > OUTPUT_LIMIT_BYTES {
        let message = format!("the reader wrote {length} bytes; the limit is {OUTPUT_LIMIT_BYTES}");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn read_length(from: &mut impl Read) -> io::Result<Option<usize>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Ok(()) => Ok(Some(usize::try_from(u64::from_be_bytes(length)).unwrap_or(usize::MAX))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the child does: confines itself, then reads item after item until its input ends.
pub fn serve(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    confine()?;
    while let Some(length) = read_length(from)? {
        let mut header = vec![0; length.min(1 << 16)];
        from.read_exact(&mut header)?;
        let header: Header = serde_json::from_slice(&header)?;
        let mut bytes = vec![0; header.length.min(read::READ_LIMIT_BYTES) as usize];
        from.read_exact(&mut bytes)?;
        let facts = Facts { report_date: header.report_date, outlet: header.outlet };
        let reading = read::read(header.item, &bytes, header.size, &facts);
        let answer = canonical::to_bytes(&reading);
        to.write_all(&(answer.len() as u64).to_be_bytes())?;
        to.write_all(&answer)?;
        to.flush()?;
    }
    Ok(())
}

/// Takes the limits and gives up files and network. What the kernel does not have is passed over
/// (Landlock is there since Linux 5.13): the limits and the separate process remain.
fn confine() -> io::Result<()> {
    for (resource, limit) in [
        (Resource::AS, MEMORY_LIMIT_BYTES),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 16),
    ] {
        resource.set(limit, limit)?;
    }
    let ruled = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V5)))
        .and_then(Ruleset::create)
        .and_then(|rules| rules.restrict_self());
    match ruled {
        Ok(status) => tracing::debug!(?status, "reader confined"),
        Err(error) => return Err(io::Error::other(error.to_string())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of two items whose reader is the shell command `hostile`.
    fn lost(hostile: &str) -> Vec<String> {
        let mut worker = Worker {
            running: None,
            program: Some(("/bin/sh".into(), vec!["-c".into(), hostile.into()])),
            time_limit: Duration::from_millis(500),
        };
        let items = [&b"first"[..], b"second"];
        let read = |bytes: &[u8]| {
            let item = Sha256::of(bytes);
            let facts = Facts::default();
            let job = Job { item, bytes: bytes.to_vec(), size: bytes.len() as u64, facts };
            let reading = worker.read(job).unwrap();
            assert_eq!(reading.item, item);
            let [problem] = reading.problems.as_slice() else { panic!("{reading:?}") };
            problem.code.clone()
        };
        items.map(read).to_vec()
    }

    #[test]
    fn a_lost_reader_costs_each_item_one_problem_and_the_run_goes_on() {
        for (hostile, code) in [
            ("exit 1", codes::READER_CRASHED),
            ("kill -SEGV $$", codes::READER_CRASHED),
            ("sleep 60", codes::READER_TIMEOUT),
            // Eight bytes that promise far more than the limit.
            ("printf '\\377\\377\\377\\377\\377\\377\\377\\377'; sleep 60", codes::READER_OUTPUT),
            ("printf '\\0\\0\\0\\0\\0\\0\\0\\2{}'; sleep 60", codes::READER_OUTPUT),
            // Half an answer, and silence.
            ("printf '\\0\\0\\0\\0\\0\\0\\0\\11{'; sleep 60", codes::READER_TIMEOUT),
        ] {
            assert_eq!(lost(hostile), [code, code], "{hostile}");
        }
    }

    /// Set in the process that [`a_confined_process_reaches_nothing`] starts.
    const CONFINED: &str = "CASEFILE_TEST_CONFINED";

    #[test]
    fn a_confined_process_reaches_nothing() {
        let this = "tests::a_confined_process_reaches_nothing";
        if std::env::var_os(CONFINED).is_some() {
            return try_everything();
        }
        let secret = tempfile::tempdir().unwrap();
        std::fs::write(secret.path().join("secret"), "x").unwrap();
        let out = Command::new(std::env::current_exe().unwrap())
            .args([this, "--exact", "--nocapture"])
            .current_dir(secret.path())
            .env(CONFINED, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success() && said.contains("reached nothing"), "{said}");
        let left: Vec<_> = std::fs::read_dir(secret.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "it made a file: {left:?}");
    }

    #[expect(clippy::disallowed_methods, reason = "to see that the network refuses")]
    fn try_everything() {
        use std::io::ErrorKind::PermissionDenied;
        let refused = |error: io::Error| assert_eq!(error.kind(), PermissionDenied, "{error}");
        // Each is there for the taking before, so that a refusal after it is the confinement's.
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::net::TcpStream::connect(address).unwrap();
        assert_eq!(std::fs::read("secret").unwrap(), b"x");
        let mut room: Vec<u8> = Vec::new();
        room.try_reserve_exact(2 << 30).unwrap();
        drop(room);

        confine().unwrap();
        refused(std::fs::read("secret").unwrap_err());
        refused(std::fs::read_dir(".").unwrap_err());
        refused(std::fs::write("new", "x").unwrap_err());
        refused(std::fs::remove_file("secret").unwrap_err());
        refused(std::net::TcpStream::connect(address).unwrap_err());
        refused(Command::new("/bin/true").spawn().unwrap_err());
        let mut room: Vec<u8> = Vec::new();
        assert!(room.try_reserve_exact(2 << 30).is_err(), "memory without limit");
        println!("reached nothing");
    }
}
