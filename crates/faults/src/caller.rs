//! Whoever asks a watched program over the network: sends it one request when it says where it
//! listens, keeps what is answered, and ends it.
//!
//! HTTP by hand (RFC 9112), so that no code of ours is on both sides.

use crate::parties::{BETWEEN_LOOKS, address_in};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where the answer is kept, in the place.
pub(crate) const ANSWER: &str = "answer";

/// After so long nobody answers any more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends the request in `file` to the program `main`, which works in `place`, and ends it; does
/// nothing where it ends of itself before.
pub(crate) fn call(place: &Path, file: &Path, main: Pid, ended: &AtomicBool) -> io::Result<()> {
    let body = fs::read(file)?;
    let address = loop {
        if ended.load(Ordering::SeqCst) {
            return Ok(());
        }
        let said = fs::read_to_string(place.join("said")).unwrap_or_default();
        if let Some(address) = address_in(&said) {
            break address.to_owned();
        }
        std::thread::sleep(BETWEEN_LOOKS);
    };
    // A program that was killed meanwhile answers nothing, which is an answer too.
    let answer = ask(&address, &body).unwrap_or_default();
    fs::write(place.join(ANSWER), answer)?;
    if !ended.load(Ordering::SeqCst) {
        // It may just have ended: then there is nobody to end.
        let _ = kill(main, Signal::SIGTERM);
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "whoever asks a program is no part of it")]
fn ask(address: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: \
         {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
