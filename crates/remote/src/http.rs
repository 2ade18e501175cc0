//! HTTP requests, each tried again where trying again can help.
//!
//! No redirect is followed: it could lead a request, with what it carries, anywhere. Addresses
//! without TLS are taken of this machine alone. An address may hold a signature, so none is ever in
//! an error.

use std::io::{self, Read};
use std::thread;
use std::time::Duration;
use ureq::http::{Request, Response, Uri};
use ureq::{Agent, Body};

/// How long a connection may take to come about: three times what a satellite link needs.
const CONNECT_SECONDS: u64 = 20;
/// How long nothing may come or go before a connection counts as cut.
const SILENCE_SECONDS: u64 = 60;

/// How often a request is made in all.
const TRIES: u32 = 5;
/// Pause after the first failure, four times as long after each further one: 0.1, 0.4, 1.6 and 6.4
/// seconds, which outlasts what restarts and what asks to be left alone for a moment.
const FIRST_PAUSE_MILLISECONDS: u64 = 100;

/// Makes requests.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    first_pause: Duration,
}

/// One request, as often as it is made.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// `GET`, `PUT` and so on.
    pub method: &'a str,
    /// Names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// What it carries; empty where the method carries nothing.
    pub body: &'a [u8],
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    response: Response<Body>,
}

impl Answer {
    /// A header, if there is one and it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The body, as it comes in: who reads it says how far.
    pub fn stream(self) -> Box<dyn Read> {
        Box::new(self.response.into_body().into_with_config().limit(u64::MAX).reader())
    }

    /// The whole body. One that is longer than `limit_bytes`, or ends before the length that was
    /// announced, is an error.
    pub fn bytes(self, limit_bytes: u64) -> io::Result<Vec<u8>> {
        let body = self.response.into_body().into_with_config().limit(limit_bytes);
        body.read_to_vec().map_err(as_io)
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Duration::from_secs(SILENCE_SECONDS))
    }
}

impl Client {
    /// A client that counts a connection as cut after `silence`.
    pub fn new(silence: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(CONNECT_SECONDS).min(silence)))
            .timeout_recv_response(Some(silence))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence))
            .user_agent(concat!("casefile/", env!("CARGO_PKG_VERSION")));
        let first_pause = Duration::from_millis(FIRST_PAUSE_MILLISECONDS).min(silence / 100);
        Self { agent: config.build().new_agent(), first_pause }
    }

    /// Makes a request, until there is an answer that another try would not better. `url` gives the
    /// address anew for each try, since a signature in it grows old.
    pub fn send(&self, url: &dyn Fn() -> String, ask: &Ask<'_>) -> io::Result<Answer> {
        let mut pause = self.first_pause;
        let mut left = TRIES;
        loop {
            left -= 1;
            let answer = self.once(&url(), ask);
            let again = match &answer {
                Ok(answer) => is_passing(answer.status),
                Err(error) => is_of_the_connection(error),
            };
            if !again {
                return answer;
            }
            if left == 0 {
                return answer.map_err(|error| {
                    io::Error::new(io::ErrorKind::TimedOut, format!("tried in vain: {error}"))
                });
            }
            match &answer {
                Ok(answer) => tracing::debug!(status = answer.status, "asking again"),
                Err(error) => tracing::debug!(%error, "asking again"),
            }
            thread::sleep(pause);
            pause *= 4;
        }
    }

    /// Makes a request once.
    fn once(&self, url: &str, ask: &Ask<'_>) -> io::Result<Answer> {
        if !is_safe(url) {
            let message = "an address without TLS (https) is taken of this machine alone";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let mut request = Request::builder().method(ask.method).uri(url);
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        let answer = if ask.body.is_empty() && !matches!(ask.method, "PUT" | "POST") {
            self.agent.run(request.body(()).map_err(io::Error::other)?)
        } else {
            self.agent.run(request.body(ask.body).map_err(io::Error::other)?)
        };
        let response = answer.map_err(as_io)?;
        Ok(Answer { status: response.status().as_u16(), response })
    }
}

/// Statuses after which the same request may well succeed: the other side's trouble, or its wish
/// for a pause (RFC 9110, section 15.6; RFC 6585, section 4).
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Whether a connection broke, or never came about.
fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::NotConnected
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::TimedOut
            | Kind::WouldBlock
    )
}

/// Whether what is sent there cannot be read on the way.
fn is_safe(url: &str) -> bool {
    // Taken apart as the library does that connects: what stands before an @ is no host.
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let is_here = |host| matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => uri.host().is_some_and(is_here),
        _ => false,
    }
}

/// The library's error as one of the system's, without the address.
fn as_io(error: ureq::Error) -> io::Error {
    match error {
        ureq::Error::Io(error) => error,
        ureq::Error::Timeout(_) => io::Error::new(io::ErrorKind::TimedOut, "nothing came in time"),
        ureq::Error::HostNotFound => io::Error::new(io::ErrorKind::NotFound, "no such machine"),
        ureq::Error::ConnectionFailed => {
            io::Error::new(io::ErrorKind::ConnectionRefused, "no connection")
        }
        ureq::Error::BadUri(_) => io::Error::new(io::ErrorKind::InvalidInput, "not an address"),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, safe) in [
            ("https://store.example/b?x=y", true),
            ("http://localhost:9000/b", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:9000/b", true),
            ("http://store.example", false),
            ("http://localhost:80@store.example/b", false),
            ("http://127.0.0.1@store.example", false),
            ("http://localhost.store.example/b", false),
            ("http://store.example/?http://localhost", false),
            ("ftp://localhost/", false),
            ("localhost", false),
            ("", false),
        ] {
            assert_eq!(is_safe(url), safe, "{url}");
        }
    }
}
