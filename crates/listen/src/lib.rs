//! The crate that others connect to: requests over HTTP/1.1, each with a limit in bytes and in
//! time, handed to one function.
//!
//! It carries bytes and knows nothing of what is in them; who connects is hostile until somebody
//! else has checked what came. What must never happen here: to open a file, or to connect to
//! anybody.
//!
//! That function runs on threads of its own, at most `AT_ONCE` at a time, so that it may wait for
//! a disk. A caller who is slow or sends too much is cut off and costs nobody else anything.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Connections that are open at a time; the next one waits until one ends.
const AT_ONCE: usize = 64;

/// Longest that the head of a request may take to come, and that a kept connection may be silent.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// Longest that its body may take.
const BODY_LIMIT: Duration = Duration::from_secs(20);

/// Most bytes in the head of a request.
const HEAD_LIMIT_BYTES: usize = 16 * 1024;

/// How long to wait after a connection could not be taken: for want of handles, others must end.
const PAUSE: Duration = Duration::from_millis(100);

/// What was asked. Nothing of it is checked.
#[derive(Debug)]
pub struct Asked {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, without what follows a question mark.
    pub path: String,
    /// The body.
    pub untrusted_body: Vec<u8>,
}

/// What is answered.
#[derive(Debug)]
pub struct Answer {
    /// Status (RFC 9110, section 15).
    pub status: u16,
    /// The `Content-Type`.
    pub kind: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A plain text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        let body = text.into().into_bytes();
        Self { status, kind: "text/plain; charset=utf-8", body }
    }
}

/// Takes the address, so that connections wait from now on; port 0 takes any free one.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Answers what comes, with bodies of at most `limit_bytes`, and never returns but for an error
/// before the first connection.
pub fn serve(
    listener: TcpListener,
    limit_bytes: usize,
    answer: impl Fn(Asked) -> Answer + Send + Sync + 'static,
) -> io::Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (answer, seats) = (Arc::new(answer), Arc::new(Semaphore::new(AT_ONCE)));
        loop {
            let seat = Arc::clone(&seats).acquire_owned().await.map_err(io::Error::other)?;
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // A caller who has gone, or too many open files: neither ends the service.
                Err(_) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let service = service_fn(|request| one(request, limit_bytes, Arc::clone(&answer)));
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(HEAD_LIMIT)
                    .max_buf_size(HEAD_LIMIT_BYTES)
                    .serve_connection(TokioIo::new(stream), service);
                // How a caller breaks off is the caller's affair.
                let _ = connection.await;
                drop(seat);
            });
        }
    })
}

async fn one<F>(
    request: Request<Incoming>,
    limit_bytes: usize,
    answer: Arc<F>,
) -> Result<Response<Full<Bytes>>, Infallible>
where
    F: Fn(Asked) -> Answer + Send + Sync + 'static,
{
    let (head, body) = request.into_parts();
    let whole = tokio::time::timeout(BODY_LIMIT, Limited::new(body, limit_bytes).collect());
    let untrusted_body = match whole.await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return Ok(response(Answer::text(413, "too long\n")));
        }
        Ok(Err(_)) => return Ok(response(Answer::text(400, "broken off\n"))),
        Err(_) => return Ok(response(Answer::text(408, "too slow\n"))),
    };
    let (method, path) = (head.method.to_string(), head.uri.path().to_owned());
    let asked = Asked { method, path, untrusted_body };
    let answered = tokio::task::spawn_blocking(move || answer(asked)).await;
    Ok(response(answered.unwrap_or_else(|_| Answer::text(500, "failed\n"))))
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    let failed = StatusCode::INTERNAL_SERVER_ERROR;
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(failed);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use remote::ask;
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    fn echo() -> SocketAddr {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            serve(listener, 1000, |asked| match asked.path.as_str() {
                "/panic" => panic!("on purpose"),
                _ => Answer::text(
                    200,
                    format!("{} {} {}", asked.method, asked.path, asked.untrusted_body.len()),
                ),
            })
        });
        address
    }

    fn said(address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let _ = stream.write_all(bytes);
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said).into_owned();
        said.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_asked_is_answered_and_what_is_too_much_is_not() {
        let address = echo();
        let at = |path: &str| format!("http://{address}{path}");
        let asked =
            |path: &str, bytes: usize| ask::post(&at(path), &vec![0; bytes], 9_999).unwrap();
        let body = |answer: ask::Answer| String::from_utf8(answer.untrusted_body).unwrap();
        assert_eq!(body(asked("/a/b?c=d", 1000)), "POST /a/b 1000");
        assert_eq!(asked("/a", 1001).status, 413);
        assert_eq!(asked("/panic", 1).status, 500);
        for (bytes, first) in [
            (&b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"[..], "HTTP/1.1 200 OK"),
            (b"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            (
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 400 Bad Request",
            ),
        ] {
            assert_eq!(said(address, bytes), first);
        }
        let long = [&b"GET / HTTP/1.1\r\nX: "[..], &vec![b'a'; 2 * HEAD_LIMIT_BYTES], b"\r\n\r\n"]
            .concat();
        assert!(!said(address, &long).contains(" 200 "));
        assert_eq!(body(asked("/still/there", 0)), "POST /still/there 0");
    }

    /// Callers who say nothing hold the places that they have, and no others.
    #[test]
    fn a_silent_caller_keeps_nobody_waiting() {
        let address = echo();
        let _silent: Vec<TcpStream> =
            (0..AT_ONCE - 1).map(|_| TcpStream::connect(address).unwrap()).collect();
        let answer = ask::post(&format!("http://{address}/"), b"", 99).unwrap();
        assert_eq!(answer.status, 200);
    }
}
