//! A server of SFTP that never comes to an end: what is read from it does.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use mirror::Store;
use mirror::store::Small;
use remote::Sftp;
use std::process::Command;
use std::time::Duration;

/// Does whatever it is asked to; gives as many bytes and names as are wanted, and then more.
const SERVER: &str = r#"
import struct, sys
text = lambda b: struct.pack(">I", len(b)) + b
number = lambda n: struct.pack(">I", n)
names = b"".join(text(b"%060d" % n) + text(b"") + number(0) for n in range(2000))
while True:
    head = sys.stdin.buffer.read(5)
    if len(head) < 5:
        break
    body = sys.stdin.buffer.read(struct.unpack(">I", head[:4])[0] - 1)
    kind, tag = head[4], body[:4]
    if kind == 1:
        answer = bytes([2]) + number(3)
    elif kind in (3, 11):
        answer = bytes([102]) + tag + text(b"h")
    elif kind == 5:
        answer = bytes([103]) + tag + text(bytes(struct.unpack(">I", body[-4:])[0]))
    elif kind == 12:
        answer = bytes([104]) + tag + number(2000) + names
    else:
        answer = bytes([101]) + tag + number(0) + text(b"") + text(b"")
    sys.stdout.buffer.write(text(answer))
    sys.stdout.buffer.flush()
"#;

#[test]
fn a_server_without_end_is_read_to_a_limit() {
    let mut python = Command::new("python3");
    let there = python.arg("-V").output().is_ok();
    if !there {
        println!("skipped: python3 is not there");
        return;
    }
    let mut server = Command::new("python3");
    server.args(["-c", SERVER]);
    let silence = Duration::from_secs(60);
    let mut store = Sftp::through(server, "sftp://there/m", "/m".into(), silence).unwrap();
    let small = Small { place: "log/vkey".into(), bytes: b"a key".to_vec(), mode: 0o444 };
    let said = store.put(vec![small]).unwrap_err().to_string();
    assert!(said.contains("no file of a case is so long"), "{said}");
    let said = store.list("log").unwrap_err().to_string();
    assert!(said.contains("has no end"), "{said}");
}
