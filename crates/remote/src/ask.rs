//! One question to an address that a person named, and the answer: both small, within a limit of
//! time for the whole, however slowly bytes drip. Stores, where bodies are large and trying again
//! helps, are asked by `http`.
//!
//! Redirects are not followed: who is asked is who was named.

use std::io::Read as _;
use std::time::Duration;
use ureq::Agent;

/// Longest that it may take to reach the other side: a satellite link needs some seconds.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// Longest that request and answer may take in all, however slowly bytes drip.
const WHOLE_LIMIT: Duration = Duration::from_secs(60);

/// What came back. Nothing of it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status (RFC 9110, section 15).
    pub status: u16,
    /// The `Content-Type`, as it came; empty where there is none.
    pub untrusted_kind: String,
    /// The body.
    pub untrusted_body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The address cannot be asked, cannot be reached, or broke off.
    #[error("{address} could not be asked: {why}")]
    Unreached {
        /// The address.
        address: String,
        /// In the words of the library.
        why: String,
    },
    /// The answer is longer than was allowed.
    #[error("{address} answers with more than {limit_bytes} bytes")]
    TooLong {
        /// The address.
        address: String,
        /// The limit.
        limit_bytes: u64,
    },
}

/// Sends `body` to `address` (POST), and returns the answer, whatever its status. A body of more
/// than `limit_bytes` is an error.
pub fn post(address: &str, body: &[u8], limit_bytes: u64) -> Result<Answer, AskError> {
    let unreached = |why: String| AskError::Unreached { address: address.into(), why };
    let config = Agent::config_builder()
        .timeout_connect(Some(CONNECT_LIMIT))
        .timeout_global(Some(WHOLE_LIMIT))
        .max_redirects(0)
        .http_status_as_error(false)
        // Who asks need not say with what.
        .user_agent("")
        .build();
    let sent = Agent::from(config).post(address).content_type("text/plain").send(body);
    let mut answer = sent.map_err(|error| unreached(error.to_string()))?;
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let untrusted_kind = kind.unwrap_or_default().to_owned();
    let mut untrusted_body = Vec::new();
    let reader = answer.body_mut().as_reader();
    let read = reader.take(limit_bytes.saturating_add(1)).read_to_end(&mut untrusted_body);
    read.map_err(|error| unreached(error.to_string()))?;
    if untrusted_body.len() as u64 > limit_bytes {
        return Err(AskError::TooLong { address: address.into(), limit_bytes });
    }
    Ok(Answer { status: answer.status().as_u16(), untrusted_kind, untrusted_body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::net::TcpListener;

    #[allow(clippy::disallowed_methods, reason = "a false cosigner, for a test")]
    /// A server that gives every caller the same bytes, and its address.
    fn that_says(bytes: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/x", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut asked = [0; 1024];
                let _ = std::io::Read::read(&mut stream, &mut asked);
                let _ = stream.write_all(bytes);
            }
        });
        address
    }

    #[test]
    fn answers_come_as_they_are() {
        for (bytes, status, kind, body) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"[..], 200, "", "hi"),
            (
                b"HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n5\n",
                409,
                "text/x.tlog.size",
                "5\n",
            ),
            // Not followed.
            (
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                302,
                "",
                "",
            ),
        ] {
            let answer = post(&that_says(bytes), b"x", 100).unwrap();
            assert_eq!((answer.status, answer.untrusted_kind.as_str()), (status, kind));
            assert_eq!(answer.untrusted_body, body.as_bytes());
        }
    }

    #[test]
    fn hostile_answers_are_errors() {
        for bytes in [
            &b""[..],
            b"no HTTP at all\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhi",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 99999 OK\r\n\r\n",
        ] {
            let said = post(&that_says(bytes), b"x", 100);
            assert!(matches!(said, Err(AskError::Unreached { .. })), "{said:?}");
        }
        let long = b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n\
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let said = post(&that_says(long), b"x", 100);
        assert!(matches!(said, Err(AskError::TooLong { .. })), "{said:?}");
        assert!(post("http://127.0.0.1:1/", b"x", 100).is_err());
        assert!(post("file:///etc/passwd", b"x", 100).is_err());
        assert!(post("not an address", b"x", 100).is_err());
    }
}
