//! A store that speaks as much of S3 as a mirror asks for, over one request a connection, and fails
//! at the request that it is told to, in the way that it is told.
#![allow(clippy::disallowed_methods, reason = "the other machine is this one")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is cut before anything is done.
    CutBefore,
    /// What is asked is done, and the connection cut before the answer.
    CutAfter,
    /// The answer stops in its middle.
    CutWithin,
    /// 503, and nothing is done.
    Busy,
    /// Nothing comes for a long time.
    Stall,
    /// 403: no further try helps.
    Forbidden,
    /// One bit of what comes back is wrong.
    Flip,
    /// A listing leaves its first object out.
    Omit,
    /// A listing names objects that are not there.
    Invent,
    /// A write is acknowledged and not done.
    Forget,
}

/// What is to go wrong, and what did.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Requests so far.
    pub(crate) seen: usize,
    /// At which request, and in which way.
    pub(crate) at: Option<(usize, Fault)>,
    /// Whether it went wrong.
    pub(crate) fired: bool,
    /// Objects that a listing is to invent, of 37 bytes each.
    pub(crate) invented: Vec<String>,
}

/// The store.
#[derive(Debug, Default)]
pub(crate) struct Imitation {
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) plan: Plan,
}

/// Starts the store; gives it, and its address.
pub(crate) fn start() -> (Arc<Mutex<Imitation>>, String) {
    let store = Arc::new(Mutex::new(Imitation::default()));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let shared = Arc::clone(&store);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(stream, &shared));
        }
    });
    (store, address)
}

struct Asked {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn serve(mut stream: TcpStream, store: &Mutex<Imitation>) {
    let Some(asked) = read_request(&mut stream) else { return };
    let fault = {
        let mut store = store.lock().unwrap();
        store.plan.seen += 1;
        let seen = store.plan.seen;
        store.plan.at.filter(|(at, _)| *at == seen).map(|(_, fault)| fault)
    };
    let fire = |fits: bool| {
        store.lock().unwrap().plan.fired |= fits;
        fits
    };
    match fault {
        Some(Fault::CutBefore) if fire(true) => return,
        Some(Fault::Busy) if fire(true) => return answer(&mut stream, 503, &[], b"", false),
        Some(Fault::Forbidden) if fire(true) => return answer(&mut stream, 403, &[], b"", false),
        Some(Fault::Stall) if fire(true) => {
            thread::sleep(Duration::from_secs(5));
            return;
        }
        Some(Fault::Forget) if fire(asked.method == "PUT") => {
            return answer(&mut stream, 200, &[("etag", "\"0\"")], b"", false);
        }
        _ => {}
    }
    let listing = asked.query.contains_key("list-type");
    let (status, tag, mut body) = store.lock().unwrap().act(&asked, fault);
    match fault {
        Some(Fault::CutAfter) if fire(true) => return,
        Some(Fault::Flip) if fire(asked.method == "GET" && !listing && !body.is_empty()) => {
            let middle = body.len() / 2;
            body[middle] ^= 4;
        }
        Some(Fault::Omit | Fault::Invent) => {
            fire(listing);
        }
        _ => {}
    }
    let cut = fault == Some(Fault::CutWithin) && fire(body.len() > 1);
    let head = asked.method == "HEAD";
    let body = if head { b"" } else { body.as_slice() };
    answer(&mut stream, status, &[("etag", &tag)], body, cut);
}

impl Imitation {
    fn act(&mut self, asked: &Asked, fault: Option<Fault>) -> (u16, String, Vec<u8>) {
        let key = asked.path.strip_prefix("/bucket/").unwrap_or_default().to_owned();
        let tag = |bytes: &[u8]| format!("\"{}\"", record::Sha256::of(bytes));
        let held = self.objects.get(&key).map(|bytes| tag(bytes));
        match asked.method.as_str() {
            "GET" if asked.query.contains_key("list-type") => {
                (200, String::new(), self.list(&asked.query["prefix"], fault).into_bytes())
            }
            "GET" | "HEAD" => match self.objects.get(&key) {
                Some(bytes) => (200, tag(bytes), bytes.clone()),
                None => (404, String::new(), Vec::new()),
            },
            "PUT" => {
                let absent = asked.headers.contains_key("if-none-match");
                let tagged = asked.headers.get("if-match");
                if (absent && held.is_some())
                    || tagged.is_some_and(|tag| held.as_ref() != Some(tag))
                {
                    return (412, String::new(), Vec::new());
                }
                self.objects.insert(key, asked.body.clone());
                (200, tag(&asked.body), Vec::new())
            }
            "DELETE" => {
                self.objects.remove(&key);
                (204, String::new(), Vec::new())
            }
            _ => (501, String::new(), Vec::new()),
        }
    }

    fn list(&self, prefix: &str, fault: Option<Fault>) -> String {
        let skip = usize::from(fault == Some(Fault::Omit));
        let real = self.objects.iter().map(|(key, bytes)| (key.clone(), bytes.len()));
        let real = real.filter(|(key, _)| key.starts_with(prefix)).skip(skip);
        let invented = self.plan.invented.iter().filter(|_| fault == Some(Fault::Invent));
        let each = real
            .chain(invented.map(|key| (key.clone(), 37)))
            .map(|(key, size)| format!("<Contents><Key>{key}</Key><Size>{size}</Size></Contents>"));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}\
             </ListBucketResult>",
            each.collect::<String>()
        )
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.replace("%2F", "/").replace("%2f", "/"))
    };
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let query = query.split('&').map(pair).collect();
    Some(Asked { method, path: path.to_owned(), query, headers, body })
}

fn answer(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8], cut: bool) {
    let mut text = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n", body.len());
    let sent = if cut { &body[..body.len() / 2] } else { body };
    // The other side may have gone.
    let _ = stream.write_all(&[text.as_bytes(), sent].concat());
}
