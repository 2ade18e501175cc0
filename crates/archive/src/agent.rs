//! Asking a running ssh-agent to sign: for keys that never leave it, or a security key.
//!
//! Two messages of its protocol (draft-ietf-sshm-ssh-agent, section 3.6), over the socket that
//! `SSH_AUTH_SOCK` names. What it answers is another program's word: a signature that does not hold
//! is refused. Nothing else of an agent is used, and no key is ever added to it.

use crate::Error;
use custody::sshsig::{self, PublicKey};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Variable that names the agent's socket.
const VARIABLE: &str = "SSH_AUTH_SOCK";

/// Most bytes of an answer: a signature takes some 120; OpenSSH's own limit for any message.
const ANSWER_LIMIT_BYTES: u32 = 256 * 1024;

/// A conversation with an agent about one key.
pub(crate) struct Agent<'k> {
    socket: UnixStream,
    path: PathBuf,
    key: &'k PublicKey,
}

impl<'k> Agent<'k> {
    /// Turns to the agent that the environment names.
    pub(crate) fn of(key: &'k PublicKey) -> Result<Self, Error> {
        let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
            return Err(Error::Agent { why: format!("{VARIABLE} names none") });
        };
        let socket = UnixStream::connect(&path).map_err(Error::io("connect to", &path))?;
        Ok(Self { socket, path, key })
    }

    /// Has `message` signed for `namespace`; the result is an armoured signature file. Waits as
    /// long as it takes to touch a security key.
    pub(crate) fn sign(&mut self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        let asked = sshsig::agent_request(self.key, namespace, message);
        let answer = self.exchange(&asked).map_err(Error::io("ask", &self.path))?;
        let blob = sshsig::agent_answer(&answer).ok_or_else(|| Error::Agent {
            why: format!("it does not sign with {}", sshsig::fingerprint(self.key)),
        })?;
        sshsig::of_agent(self.key, namespace, message, blob).ok_or_else(|| Error::Agent {
            why: "what it signed does not hold: the security key was not touched, or it is no \
                  agent"
                .into(),
        })
    }

    fn exchange(&mut self, asked: &[u8]) -> io::Result<Vec<u8>> {
        self.socket.write_all(asked)?;
        let mut length = [0; 4];
        self.socket.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        if length > ANSWER_LIMIT_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its answer is too long"));
        }
        let mut answer = vec![0; length as usize];
        self.socket.read_exact(&mut answer)?;
        Ok(answer)
    }
}
