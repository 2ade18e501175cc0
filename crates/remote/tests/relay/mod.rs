//! Stands between a mirror and OpenSSH's sftp-server, and lets one packet go wrong in the way that
//! it is told. The mirror speaks to a program that passes bytes on to two pipes with names; behind
//! them is a thread of the test.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// The server.
pub(crate) const SERVER: &str = "/usr/lib/openssh/sftp-server";

/// A way to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The link is cut before a request arrives.
    CutBefore,
    /// What is asked is done, and the link cut before the answer.
    CutAfter,
    /// Half of a request arrives.
    CutWithin,
    /// Half of an answer arrives.
    CutReply,
    /// The server says that it failed, as it does where a disk is full, and does nothing.
    Full,
    /// It says that this is not allowed, and does nothing.
    Forbidden,
    /// It says that it is done, and does nothing.
    Forget,
    /// One bit of what is read back is wrong.
    Flip,
    /// Half of what is asked for is read back.
    Short,
    /// A file ends too early.
    End,
    /// A file is said to be one byte longer than it is.
    Larger,
    /// A file is said not to be there.
    Absent,
    /// A listing leaves its first file out.
    Omit,
    /// An answer that makes no sense.
    Nonsense,
}

const HELLO: u8 = 1;
const OPEN: u8 = 3;
const READ: u8 = 5;
const LSTAT: u8 = 7;
const OPENDIR: u8 = 11;
const READDIR: u8 = 12;
const STATUS: u8 = 101;
const DATA: u8 = 103;
const NAME: u8 = 104;
const ATTRS: u8 = 105;

/// One connection with one fault.
pub(crate) struct Relay {
    pipes: [PathBuf; 2],
    thread: JoinHandle<(usize, bool)>,
}

impl Relay {
    /// Waits for the mirror; the fault is at request `at` of those that [`counts`] counts, from 1.
    pub(crate) fn start(folder: &Path, at: usize, fault: Fault) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let pipes = ["to", "from"].map(|name| folder.join(format!("{name}-{number}")));
        assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
        let [to, from] = pipes.clone();
        let thread = thread::spawn(move || {
            let asks = File::open(to).unwrap();
            let answers = OpenOptions::new().write(true).open(from).unwrap();
            pass(asks, answers, at, fault)
        });
        Self { pipes, thread }
    }

    /// The program that the mirror is to speak with.
    pub(crate) fn program(&self) -> Command {
        let mut program = Command::new("sh");
        // What runs beside would have no input of its own but for the third descriptor.
        let script = "exec 3<&0; cat <&3 >\"$1\" & exec cat <\"$2\" 3<&-";
        program.args(["-c", script, "sh"]).args(&self.pipes);
        program
    }

    /// How many requests there were, and whether the fault came about.
    pub(crate) fn ended(self) -> (usize, bool) {
        let told = self.thread.join().unwrap();
        self.pipes.iter().for_each(|pipe| std::fs::remove_file(pipe).unwrap());
        told
    }
}

/// A packet: what follows its length.
fn packet(from: &mut impl Read) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let mut packet = vec![0; u32::from_be_bytes(length) as usize];
    from.read_exact(&mut packet).ok()?;
    Some(packet)
}

fn framed(packet: &[u8]) -> Vec<u8> {
    [&u32::try_from(packet.len()).unwrap().to_be_bytes()[..], packet].concat()
}

fn status(number: &[u8], code: u32) -> Vec<u8> {
    [&[STATUS][..], number, &code.to_be_bytes(), &[0; 8]].concat()
}

/// Passes requests on one by one, each with its answer. The order stays what it was, since the
/// server answers one after the other too.
fn pass(mut asks: File, mut answers: File, at: usize, fault: Fault) -> (usize, bool) {
    let mut server = Command::new(SERVER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut from = server.stdout.take().unwrap();
    let (mut seen, mut fired) = (0, false);
    while let Some(asked) = packet(&mut asks) {
        let counts = counts(&asked, fault);
        seen += usize::from(counts);
        let due = (counts && seen == at).then_some(fault);
        let Some((answer, did)) = answer(&asked, due, &mut server, &mut from) else {
            fired = true;
            break;
        };
        fired |= did;
        if due == Some(Fault::CutReply) {
            let _ = answers.write_all(&answer[..answer.len() / 2]);
            fired = true;
            break;
        }
        if answers.write_all(&answer).is_err() {
            break;
        }
    }
    drop((asks, answers));
    drop(server.stdin.take());
    let _ = server.wait();
    (seen, fired)
}

/// Whether a fault can come about at a request, and is of interest there: not where it only says
/// which versions are spoken, or reads on behind the end of a file, all of which are small here.
fn counts(asked: &[u8], fault: Fault) -> bool {
    let kind = asked[0];
    let reads_on = kind == READ && {
        let handle = u32::from_be_bytes(asked[5..9].try_into().unwrap()) as usize;
        asked[9 + handle..17 + handle] != [0; 8]
    };
    let fits = match fault {
        Fault::Forget => ![HELLO, OPEN, READ, LSTAT, OPENDIR, READDIR].contains(&kind),
        Fault::Flip | Fault::Short | Fault::End => kind == READ,
        Fault::Larger => [LSTAT, READDIR].contains(&kind),
        Fault::Absent => [OPEN, LSTAT].contains(&kind),
        Fault::Omit => kind == READDIR,
        _ => kind != HELLO,
    };
    fits && !reads_on
}

/// The answer to a request with its length, and whether it is wrong; `None` where the link is cut.
fn answer(
    asked: &[u8],
    fault: Option<Fault>,
    server: &mut Child,
    from: &mut ChildStdout,
) -> Option<(Vec<u8>, bool)> {
    let number = &asked[1..5];
    let mut to = server.stdin.as_ref().unwrap();
    match fault {
        Some(Fault::CutBefore) => return None,
        Some(Fault::CutWithin) => {
            let bytes = framed(asked);
            to.write_all(&bytes[..bytes.len() / 2]).unwrap();
            return None;
        }
        Some(Fault::Full) => return Some((framed(&status(number, 4)), true)),
        Some(Fault::Forbidden) => return Some((framed(&status(number, 3)), true)),
        // What is answered by a status alone.
        Some(Fault::Forget) => return Some((framed(&status(number, 0)), true)),
        Some(Fault::Absent) => return Some((framed(&status(number, 2)), true)),
        _ => {}
    }
    to.write_all(&framed(asked)).unwrap();
    let mut answer = packet(from).unwrap();
    let did = match (fault, answer[0]) {
        (Some(Fault::CutAfter), _) => return None,
        (Some(Fault::Flip), DATA) => {
            let middle = 9 + (answer.len() - 9) / 2;
            answer[middle] ^= 4;
            true
        }
        (Some(Fault::Short), DATA) => {
            let half = (answer.len() - 9) / 2;
            answer.truncate(9 + half);
            answer[5..9].copy_from_slice(&u32::try_from(half).unwrap().to_be_bytes());
            true
        }
        (Some(Fault::End), DATA) => {
            answer = status(number, 1);
            true
        }
        (Some(Fault::Larger), ATTRS) => larger(&mut answer, 5),
        (Some(Fault::Larger), NAME) => {
            first_file(&answer).is_some_and(|(_, at, _)| larger(&mut answer, at))
        }
        (Some(Fault::Omit), NAME) => match first_file(&answer) {
            Some((start, _, end)) => {
                answer.drain(start..end);
                let count = u32::from_be_bytes(answer[5..9].try_into().unwrap()) - 1;
                answer[5..9].copy_from_slice(&count.to_be_bytes());
                true
            }
            None => false,
        },
        (Some(Fault::Nonsense), _) => {
            answer.truncate(5);
            answer[0] = NAME;
            true
        }
        _ => false,
    };
    Some((framed(&answer), did))
}

/// Adds one to a size in attributes, which OpenSSH always gives first.
fn larger(answer: &mut [u8], attributes: usize) -> bool {
    let at = attributes + 4;
    let size = u64::from_be_bytes(answer[at..at + 8].try_into().unwrap()) + 1;
    answer[at..at + 8].copy_from_slice(&size.to_be_bytes());
    true
}

/// Where the first file of a listing begins, where its attributes do, and where it ends.
fn first_file(answer: &[u8]) -> Option<(usize, usize, usize)> {
    let number = |at: usize| u32::from_be_bytes(answer[at..at + 4].try_into().unwrap()) as usize;
    let mut at = 9;
    for _ in 0..number(5) {
        let name = &answer[at + 4..at + 4 + number(at)];
        let long = at + 4 + name.len();
        let attributes = long + 4 + number(long);
        // Flags, size, owners, mode, times: all of them, always, and nothing else.
        let end = attributes + 4 + 8 + 8 + 4 + 8;
        if name != b"." && name != b".." {
            return Some((at, attributes, end));
        }
        at = end;
    }
    None
}
