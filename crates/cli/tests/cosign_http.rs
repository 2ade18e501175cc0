//! Cosigners over the network: asked, asked again, asked by many at once, killed, and hostile.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod program;

use custody::growth;
use custody::{checkpoint, note};
use listen as serve;
use program::check;
use remote::ask::{Answer, post};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

const NAME: &str = "cosigner.example/one";

fn key(folder: &Path, of: &str) -> String {
    fs::read_to_string(folder.join(of)).unwrap().trim_end().to_string()
}

/// A case with three records, and a cosigner that knows its log and was named in it.
fn with_cosigner() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    check(at, &["init", "case", "--unprotected"], 0, &[]);
    add_one(at, "first");
    check(at, &["cosigner", "new", "outside", "--name", NAME, "--unprotected"], 0, &[]);
    check(at, &["cosigner", "know", "outside", &key(at, "case/log/vkey")], 0, &[]);
    check(at, &["-C", "case", "cosign", "name", &key(at, "outside/vkey")], 0, &[NAME]);
    folder
}

fn add_one(folder: &Path, name: &str) {
    fs::write(folder.join(name), format!("about 70 people, says {name}\n")).unwrap();
    check(folder, &["-C", "case", "capture", name], 0, &[]);
}

/// The bytes of a request from one size to the log's present one.
fn request(folder: &Path, from: u64, name: &str) -> Vec<u8> {
    let from = from.to_string();
    let ask = ["-C", "case", "cosign", "ask", NAME, name, "--from", &from];
    check(folder, &ask, 0, &[]);
    fs::read(folder.join(name)).unwrap()
}

/// A cosigner's program, and where it answers. Killed when it is dropped.
struct Running(Child, String);

impl Running {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_casefile"))
            .args(["cosigner", "serve", "outside", "--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        Self(child, address.into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sent(address: &str, body: &[u8]) -> Answer {
    post(&format!("{address}/add-checkpoint"), body, 100_000).unwrap()
}

#[test]
fn a_growing_log_is_cosigned_over_the_network() {
    let folder = with_cosigner();
    let at = folder.path();
    // Signed already, and the answer lost: it is asked again from there.
    request(at, 0, "lost");
    check(at, &["cosigner", "sign", "outside", "lost", "answer"], 0, &[]);
    add_one(at, "second");
    let running = Running::start(at);
    check(at, &["cosigner", "sign", "outside", "lost", "no"], 3, &["is writing to"]);
    for seen in [4, 6, 8] {
        let send = ["-C", "case", "cosign", "send", NAME, "--url", &running.1];
        check(at, &send, 0, &[NAME, &format!("first {seen} records")]);
        check(at, &["-C", "case", "cosign", "list"], 0, &[&format!("saw {seen}")]);
        add_one(at, &format!("round-{seen}"));
    }
    check(at, &["verify", "case"], 0, &[]);
    // A log that nobody told it of.
    check(at, &["init", "other", "--unprotected"], 0, &[]);
    check(at, &["-C", "other", "cosign", "name", &key(at, "outside/vkey")], 0, &[]);
    let send = ["-C", "other", "cosign", "send", NAME, "--url", &running.1];
    check(at, &send, 3, &["does not know this log"]);
}

#[test]
fn each_status_is_that_of_the_specification() {
    let folder = with_cosigner();
    let at = folder.path();
    let running = Running::start(at);
    let first = request(at, 0, "first-request");
    let answer = sent(&running.1, &first);
    assert_eq!(answer.status, 200);
    // The answer is the cosigner's line alone.
    let line = String::from_utf8(answer.untrusted_body).unwrap();
    assert!(line.starts_with(&format!("\u{2014} {NAME} ")) && line.lines().count() == 1, "{line}");
    add_one(at, "later");
    let later = request(at, 3, "later-request");
    let text = String::from_utf8(later.clone()).unwrap();
    let (size, mut lines) = (b"3\n", text.lines());
    let wrong_hash = text.replacen(lines.nth(1).unwrap(), &("A".repeat(43) + "="), 1);
    for (body, status) in [
        (b"".to_vec(), 400),
        (b"old x\n\n".to_vec(), 400),
        (text.replacen("old 3", "old 9", 1).into_bytes(), 400),
        (text.replace("casefile/case", "casefile/cast").into_bytes(), 404),
        (text.replacen("\n4\n", "\n5\n", 1).into_bytes(), 403),
        (wrong_hash.into_bytes(), 422),
        (vec![b'a'; growth::LIMIT_BYTES + 1], 413),
    ] {
        let words = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(sent(&running.1, &body).status, status, "{words:.300}");
    }
    let stale = sent(&running.1, &first);
    let told = (stale.status, stale.untrusted_kind.as_str(), stale.untrusted_body.as_slice());
    assert_eq!(told, (409, "text/x.tlog.size", &size[..]));
    assert_eq!(post(&format!("{}/else", running.1), b"", 99).unwrap().status, 404);
    assert_eq!(sent(&running.1, &later).status, 200);
}

/// Of many requests from one size, each to another, one is signed: looking and keeping is one step.
#[test]
fn of_requests_that_race_one_is_signed() {
    let folder = with_cosigner();
    let at = folder.path();
    let running = Running::start(at);
    assert_eq!(sent(&running.1, &request(at, 0, "start")).status, 200);
    let mut requests = Vec::new();
    for number in 0..6 {
        add_one(at, &format!("racing-{number}"));
        requests.push(request(at, 3, &format!("request-{number}")));
    }
    let signed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (number, body) in requests.iter().enumerate() {
            let (address, signed) = (&running.1, &signed);
            scope.spawn(move || match sent(address, body).status {
                200 => signed.lock().unwrap().push(4 + number as u64),
                status => assert_eq!(status, 409),
            });
        }
    });
    let signed = signed.into_inner().unwrap();
    assert_eq!(signed.len(), 1);
    assert_eq!(kept(at), signed[0]);
}

/// The size that the cosigner's folder remembers.
fn kept(folder: &Path) -> u64 {
    let logs = fs::read_dir(folder.join("outside/logs")).unwrap();
    let log = logs.map(|entry| entry.unwrap().path()).next().unwrap();
    let text = fs::read_to_string(log.join("checkpoint")).unwrap();
    let body = &text[..=text.find("\n\n").unwrap()];
    assert!(note::signers(text.as_bytes()).unwrap().iter().any(|(name, _)| *name == NAME));
    checkpoint::parse(body).unwrap().size
}

/// Whatever was answered is remembered, whenever the program is killed.
#[test]
fn killed_at_any_moment_it_remembers_what_it_signed() {
    let folder = with_cosigner();
    let at = folder.path();
    let (mut answered, mut from) = (0, 0);
    for round in 0..8u64 {
        let running = Running::start(at);
        add_one(at, &format!("round-{round}"));
        let body = request(at, from, &format!("request-{round}"));
        let size = 4 + round;
        std::thread::scope(|scope| {
            let address = &running.1;
            let asking = scope
                .spawn(move || post(&format!("{address}/add-checkpoint"), &body, 100_000).ok());
            // Somewhere between before and after, whatever the machine does: both are right.
            std::thread::sleep(std::time::Duration::from_millis(round * 2));
            let killed = Command::new("kill").arg("-9").arg(running.0.id().to_string()).status();
            assert!(killed.unwrap().success());
            if let Some(answer) = asking.join().unwrap() {
                assert_eq!(answer.status, 200);
                answered = size;
            }
        });
        drop(running);
        let logs = fs::read_dir(at.join("outside/logs")).unwrap();
        let log = logs.map(|entry| entry.unwrap().path()).next().unwrap();
        from = if log.join("checkpoint").exists() { kept(at) } else { 0 };
        assert!(from >= answered, "{answered} were answered, {from} are remembered");
    }
    let running = Running::start(at);
    add_one(at, "last");
    let send = ["-C", "case", "cosign", "send", NAME, "--url", &running.1];
    check(at, &send, 0, &["first 12 records"]);
}

/// Whatever a false cosigner answers, nothing gets on record.
#[test]
fn hostile_answers_are_refused() {
    let folder = with_cosigner();
    let at = folder.path();
    check(at, &["cosigner", "new", "other", "--name", NAME, "--unprotected"], 0, &[]);
    check(at, &["cosigner", "know", "other", &key(at, "case/log/vkey")], 0, &[]);
    request(at, 0, "request");
    check(at, &["cosigner", "sign", "other", "request", "signed"], 0, &[]);
    check(at, &["cosigner", "sign", "outside", "request", "right"], 0, &[]);
    let last = |name: &str| {
        let text = fs::read_to_string(at.join(name)).unwrap();
        text.trim_end().rsplit('\n').next().unwrap().to_owned() + "\n"
    };
    let (stranger, right) = (last("signed"), last("right"));
    let altered = right.replacen("AAAA", "AAAB", 1);
    let size = "text/x.tlog.size";
    for (status, kind, body, said) in [
        (200, "", String::new(), "no signature by the key"),
        (200, "", "<html>\n".into(), "no signature by the key"),
        (200, "", stranger.clone(), "no signature by the key"),
        (200, "", altered, "does not hold"),
        (200, "", right.trim_end().to_owned(), "no signature by the key"),
        (200, "", "a".repeat(70_000), "more than"),
        (409, size, "9\n".into(), "an old"),
        (409, size, "0\n".into(), "not the beginning"),
        (409, size, "+1\n".into(), "not the beginning"),
        (409, size, "18446744073709551616\n".into(), "not the beginning"),
        (409, "", "1\n".into(), "not the beginning"),
        (422, "", String::new(), "not the beginning"),
        (500, "", String::new(), "status 500"),
        (302, "", String::new(), "status 302"),
    ] {
        let said = if said == "an old" { "older than what they saw" } else { said };
        let kind = if kind.is_empty() { "text/plain" } else { kind };
        let listener = serve::listen(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let bytes = body.clone().into_bytes();
        std::thread::spawn(move || {
            serve::serve(listener, 100_000, move |_| serve::Answer {
                status,
                kind,
                body: bytes.clone(),
            })
        });
        check(at, &["-C", "case", "cosign", "send", NAME, "--url", &url], 3, &[said]);
    }
    check(at, &["-C", "case", "cosign", "list"], 0, &["has signed nothing yet"]);
    let listener = serve::listen(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // A stranger's line beside the right one is not kept.
    let body = format!("{stranger}{right}").into_bytes();
    std::thread::spawn(move || {
        serve::serve(listener, 100_000, move |_| serve::Answer {
            status: 200,
            kind: "text/plain",
            body: body.clone(),
        })
    });
    check(at, &["-C", "case", "cosign", "send", NAME, "--url", &url], 0, &["first 3 records"]);
    check(at, &["verify", "case"], 0, &[]);
}
