//! Version 3 of the SSH file transfer protocol (draft-ietf-secsh-filexfer-02), as much of it as a
//! mirror needs, spoken over the pipes of a program: the user's own `ssh`, so that their keys,
//! agents and known hosts count.
//!
//! What the other side says is never trusted for a length: packets are bounded, and a file is as
//! long as what comes of it.

use mirror::store::too_long;
use std::io::{self, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Longest packet that is taken: what OpenSSH itself takes.
const PACKET_LIMIT_BYTES: u32 = 256 << 10;
/// Bytes of a file that one packet carries: what every server takes.
pub(crate) const BLOCK_BYTES: usize = 32 << 10;
/// Packets under way at a time: 1 MiB, which fills a line of 100 Mbit/s over 80 ms.
const WINDOW: usize = 32;

/// Most names in a folder: of ten million objects 40,000 lie in one.
const NAMES_LIMIT: usize = 1 << 20;

const INIT: u8 = 1;
const VERSION: u8 = 2;
const OPEN: u8 = 3;
const CLOSE: u8 = 4;
const READ: u8 = 5;
const WRITE: u8 = 6;
const LSTAT: u8 = 7;
const OPENDIR: u8 = 11;
const READDIR: u8 = 12;
const REMOVE: u8 = 13;
const MKDIR: u8 = 14;
const RENAME: u8 = 18;
const STATUS: u8 = 101;
const HANDLE: u8 = 102;
const DATA: u8 = 103;
const NAME: u8 = 104;
const ATTRS: u8 = 105;
const EXTENDED: u8 = 200;

const READ_FLAG: u32 = 1;
const WRITE_FLAG: u32 = 2;
const CREATE_FLAG: u32 = 8;
const TRUNCATE_FLAG: u32 = 16;
const SIZE_ATTRIBUTE: u32 = 1;
const OWNER_ATTRIBUTE: u32 = 2;
const MODE_ATTRIBUTE: u32 = 4;
const TIME_ATTRIBUTE: u32 = 8;

const OK: u32 = 0;
const END_OF_FILE: u32 = 1;
const NO_SUCH_FILE: u32 = 2;
const PERMISSION_DENIED: u32 = 3;

/// A file or folder in a listing.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) is_folder: bool,
}

/// An open connection.
pub(crate) struct Link {
    child: Arc<Mutex<Child>>,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    next: u32,
    extensions: Vec<String>,
    beats: Arc<Beats>,
}

/// What tells silence from work.
#[derive(Default)]
struct Beats {
    /// Packets so far.
    count: AtomicU64,
    /// Whether this side waits for the other.
    waits: AtomicBool,
}

/// A reply, taken apart as far as its kind and number.
struct Reply {
    kind: u8,
    number: u32,
    rest: Vec<u8>,
}

impl Link {
    /// Speaks with `program`, and ends it when nothing has come for `silence`.
    pub(crate) fn open(mut program: Command, silence: Duration) -> io::Result<Self> {
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let to = child.stdin.take();
        let from = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let child = Arc::new(Mutex::new(child));
        let beats = Arc::new(Beats::default());
        watch(Arc::downgrade(&child), Arc::clone(&beats), silence);
        let from = BufReader::new(from);
        let mut link = Self { child, to, from, next: 0, extensions: Vec::new(), beats };
        link.write(&[&5_u32.to_be_bytes()[..], &[INIT], &3_u32.to_be_bytes()].concat())?;
        let (kind, packet) = link.packet()?;
        let mut fields = Fields(&packet);
        if kind != VERSION || fields.number()? < 3 {
            return Err(malformed("the other side does not speak version 3 of the protocol"));
        }
        while let Ok(name) = fields.text() {
            fields.bytes()?;
            link.extensions.push(name);
        }
        Ok(link)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let to = self.to.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        self.beats.waits.store(true, Ordering::Relaxed);
        let done = to.write_all(bytes).and_then(|()| to.flush());
        self.beats.waits.store(false, Ordering::Relaxed);
        self.beats.count.fetch_add(1, Ordering::Relaxed);
        done
    }

    fn packet(&mut self) -> io::Result<(u8, Vec<u8>)> {
        self.beats.waits.store(true, Ordering::Relaxed);
        let read = self.read_packet();
        self.beats.waits.store(false, Ordering::Relaxed);
        self.beats.count.fetch_add(1, Ordering::Relaxed);
        read
    }

    fn read_packet(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length == 0 || length > PACKET_LIMIT_BYTES {
            return Err(malformed("a packet of the other side is too long"));
        }
        let mut packet = vec![0; length as usize];
        self.from.read_exact(&mut packet)?;
        let kind = packet.remove(0);
        Ok((kind, packet))
    }

    fn send(&mut self, kind: u8, fields: &[&[u8]]) -> io::Result<u32> {
        self.next = self.next.wrapping_add(1);
        let payload: usize = fields.iter().map(|field| field.len()).sum();
        let mut packet = Vec::with_capacity(payload + 9);
        packet.extend(u32::try_from(payload + 5).unwrap_or(u32::MAX).to_be_bytes());
        packet.push(kind);
        packet.extend(self.next.to_be_bytes());
        fields.iter().for_each(|field| packet.extend(*field));
        self.write(&packet)?;
        Ok(self.next)
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let (kind, packet) = self.packet()?;
        let mut fields = Fields(&packet);
        let number = fields.number()?;
        Ok(Reply { kind, number, rest: fields.0.to_vec() })
    }

    fn call(&mut self, kind: u8, fields: &[&[u8]]) -> io::Result<Reply> {
        let number = self.send(kind, fields)?;
        let reply = self.reply()?;
        if reply.number == number { Ok(reply) } else { Err(malformed("a reply out of turn")) }
    }

    /// A call that is answered by a status alone.
    fn told(&mut self, kind: u8, fields: &[&[u8]]) -> io::Result<()> {
        self.call(kind, fields)?.status()
    }

    fn open_file(&mut self, path: &str, flags: u32) -> io::Result<Vec<u8>> {
        let mode = [MODE_ATTRIBUTE.to_be_bytes(), 0o600_u32.to_be_bytes()].concat();
        let attributes = if flags & CREATE_FLAG == 0 { vec![0; 4] } else { mode };
        self.call(OPEN, &[&text(path), &flags.to_be_bytes(), &attributes])?.opened()
    }

    /// Opens a file for [`Link::read_blocks`].
    pub(crate) fn open_reading(&mut self, path: &str) -> io::Result<Vec<u8>> {
        self.open_file(path, READ_FLAG)
    }

    pub(crate) fn close(&mut self, handle: &[u8]) -> io::Result<()> {
        self.told(CLOSE, &[&text_of(handle)])
    }

    /// Writes a file from what `source` gives, which replaces what it held, and has the other side
    /// flush it, where it can. `Ok(Err)` is an error of the source.
    pub(crate) fn write_file(
        &mut self,
        path: &str,
        source: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    ) -> io::Result<io::Result<()>> {
        let handle = self.open_file(path, WRITE_FLAG | CREATE_FLAG | TRUNCATE_FLAG)?;
        let (mut offset, mut under_way) = (0_u64, 0);
        let read = loop {
            let block = match source() {
                Ok(block) if block.is_empty() => break Ok(()),
                Ok(block) => block,
                Err(error) => break Err(error),
            };
            self.send(WRITE, &[&text_of(&handle), &offset.to_be_bytes(), &text_of(&block)])?;
            offset += block.len() as u64;
            under_way += 1;
            if under_way == WINDOW {
                self.reply()?.status()?;
                under_way -= 1;
            }
        };
        for _ in 0..under_way {
            self.reply()?.status()?;
        }
        let fsync = "fsync@openssh.com";
        if self.extensions.iter().any(|known| known == fsync) {
            self.told(EXTENDED, &[&text(fsync), &text_of(&handle)])?;
        }
        self.close(&handle)?;
        Ok(read)
    }

    /// Reads a file through; `false` where there is none. That it has more than `limit_bytes` is an
    /// error.
    pub(crate) fn read_file(
        &mut self,
        path: &str,
        limit_bytes: u64,
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<bool> {
        let handle = match self.open_file(path, READ_FLAG) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            opened => opened?,
        };
        let mut offset = 0_u64;
        loop {
            let bytes = self.read_blocks(&handle, offset)?;
            if bytes.is_empty() {
                break;
            }
            offset += bytes.len() as u64;
            if offset > limit_bytes {
                return Err(too_long());
            }
            each(&bytes);
        }
        self.close(&handle)?;
        Ok(true)
    }

    /// The next bytes of a file, up to the first block that is short; none at its end.
    pub(crate) fn read_blocks(&mut self, handle: &[u8], from: u64) -> io::Result<Vec<u8>> {
        let mut numbers = Vec::with_capacity(WINDOW);
        for block in 0..WINDOW as u64 {
            let offset = from + block * BLOCK_BYTES as u64;
            let length = (BLOCK_BYTES as u32).to_be_bytes();
            numbers.push(self.send(READ, &[&text_of(handle), &offset.to_be_bytes(), &length])?);
        }
        let mut replies = Vec::with_capacity(WINDOW);
        for _ in &numbers {
            replies.push(self.reply()?);
        }
        let mut bytes = Vec::new();
        for number in numbers {
            let reply = replies.iter().find(|reply| reply.number == number);
            let reply = reply.ok_or_else(|| malformed("a reply is missing"))?;
            let Some(block) = reply.data()? else { break };
            bytes.extend_from_slice(block);
            if block.len() < BLOCK_BYTES {
                break;
            }
        }
        Ok(bytes)
    }

    /// Size of a file, or `None` where there is none.
    pub(crate) fn size(&mut self, path: &str) -> io::Result<Option<u64>> {
        let reply = self.call(LSTAT, &[&text(path)])?;
        if reply.kind != ATTRS {
            return match reply.status() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
                Ok(()) => Err(malformed("a status where attributes belong")),
            };
        }
        Ok(Some(Fields(&reply.rest).attributes()?.0))
    }

    /// What is in a folder; nothing where there is none.
    pub(crate) fn list(&mut self, path: &str) -> io::Result<Vec<Entry>> {
        let handle = match self.call(OPENDIR, &[&text(path)])?.opened() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let mut found = Vec::new();
        loop {
            let reply = self.call(READDIR, &[&text_of(&handle)])?;
            if reply.kind != NAME {
                if reply.status_code()? == END_OF_FILE {
                    break;
                }
                reply.status()?;
                return Err(malformed("a status where names belong"));
            }
            let mut fields = Fields(&reply.rest);
            for _ in 0..fields.number()? {
                let name = fields.text()?;
                fields.bytes()?;
                let (size, mode) = fields.attributes()?;
                if found.len() == NAMES_LIMIT {
                    return Err(malformed("a folder of the other side has no end"));
                }
                if name != "." && name != ".." && !name.contains('/') {
                    let is_folder = mode & 0o170_000 == 0o040_000;
                    found.push(Entry { name, size, is_folder });
                }
            }
        }
        self.close(&handle)?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Removes a file; that it is not there is fine.
    pub(crate) fn remove(&mut self, path: &str) -> io::Result<()> {
        match self.told(REMOVE, &[&text(path)]) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }

    /// Makes a folder. That it cannot be made is no error, since it may be there: what needs it
    /// fails then.
    pub(crate) fn make_folder(&mut self, path: &str) -> io::Result<()> {
        let reply = self.call(MKDIR, &[&text(path), &[0; 4]])?;
        reply.status_code().map(drop)
    }

    /// Gives a file another name; fails where something has it.
    pub(crate) fn rename_new(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.told(RENAME, &[&text(from), &text(to)])
    }

    /// Gives a file another name, in the place of what has it. `false` where the other side cannot.
    pub(crate) fn rename_over(&mut self, from: &str, to: &str) -> io::Result<bool> {
        let rename = "posix-rename@openssh.com";
        if !self.extensions.iter().any(|known| known == rename) {
            return Ok(false);
        }
        self.told(EXTENDED, &[&text(rename), &text(from), &text(to)]).map(|()| true)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // At the end of its input the program ends; and if it does not, it is ended.
        self.to = None;
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Ends the program once nothing has come or gone for `silence` while this side waited: whoever
/// waits then hears.
fn watch(child: std::sync::Weak<Mutex<Child>>, beats: Arc<Beats>, silence: Duration) {
    thread::spawn(move || {
        let mut last = beats.count.load(Ordering::Relaxed);
        loop {
            thread::sleep(silence);
            let now = beats.count.load(Ordering::Relaxed);
            let Some(child) = child.upgrade() else { return };
            if now == last
                && beats.waits.load(Ordering::Relaxed)
                && let Ok(mut child) = child.lock()
            {
                let _ = child.kill();
                return;
            }
            last = now;
        }
    });
}

impl Reply {
    fn status_code(&self) -> io::Result<u32> {
        if self.kind == STATUS {
            Fields(&self.rest).number()
        } else {
            Err(malformed("another reply than a status"))
        }
    }

    fn status(&self) -> io::Result<()> {
        let code = self.status_code()?;
        let kind = match code {
            OK => return Ok(()),
            END_OF_FILE => io::ErrorKind::UnexpectedEof,
            NO_SUCH_FILE => io::ErrorKind::NotFound,
            PERMISSION_DENIED => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::Other,
        };
        let mut fields = Fields(&self.rest);
        fields.number()?;
        let said = fields.text().unwrap_or_default();
        Err(io::Error::new(kind, format!("the other side says {code}: {}", said.escape_debug())))
    }

    fn opened(&self) -> io::Result<Vec<u8>> {
        if self.kind == HANDLE {
            return Ok(Fields(&self.rest).bytes()?.to_vec());
        }
        self.status()?;
        Err(malformed("a status where a handle belongs"))
    }

    /// Bytes, or `None` at the end of the file.
    fn data(&self) -> io::Result<Option<&[u8]>> {
        if self.kind == DATA {
            let bytes = Fields(&self.rest).bytes()?;
            if bytes.len() > BLOCK_BYTES {
                return Err(malformed("more bytes than were asked for"));
            }
            return Ok(Some(bytes).filter(|bytes| !bytes.is_empty()));
        }
        if self.status_code()? == END_OF_FILE {
            return Ok(None);
        }
        self.status()?;
        Err(malformed("a status where bytes belong"))
    }
}

/// The rest of a packet, taken apart from its beginning.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let short = || malformed("a packet of the other side ends too early");
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> io::Result<u32> {
        let bytes = self.take(4)?.try_into().map_err(|_| malformed("a short number"))?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn text(&mut self) -> io::Result<String> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    /// Size and mode.
    fn attributes(&mut self) -> io::Result<(u64, u32)> {
        let flags = self.number()?;
        let (mut size, mut mode) = (0, 0);
        if flags & SIZE_ATTRIBUTE != 0 {
            size = u64::from(self.number()?) << 32 | u64::from(self.number()?);
        }
        if flags & OWNER_ATTRIBUTE != 0 {
            self.take(8)?;
        }
        if flags & MODE_ATTRIBUTE != 0 {
            mode = self.number()?;
        }
        if flags & TIME_ATTRIBUTE != 0 {
            self.take(8)?;
        }
        if flags >> 31 != 0 {
            for _ in 0..self.number()? {
                self.bytes()?;
                self.bytes()?;
            }
        }
        Ok((size, mode))
    }
}

fn text(text: &str) -> Vec<u8> {
    text_of(text.as_bytes())
}

fn text_of(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

fn malformed(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
