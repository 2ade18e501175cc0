//! A timestamp as it was kept: record, reply, certificates, revocation lists, each against the
//! others.

use crate::certificate;
use crate::codes;
use crate::fault::Fault;
use crate::request::Question;
use crate::revocation;
use crate::token;
use crate::verify::{Given, Verified, verify};
use data_encoding::HEXLOWER;
use record::{Digests, Timestamp, TimestampRequest};

/// What a record of a timestamp names, as bytes.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The authority's reply.
    pub reply: Vec<u8>,
    /// The certificates from the signer to a root, PEM, the root last.
    pub certificates: Vec<u8>,
    /// The revocation lists, PEM.
    pub revocations: Option<Vec<u8>>,
}

impl Parts {
    /// Their digests.
    pub fn objects(&self) -> Objects {
        Objects {
            reply: Digests::of(&self.reply),
            certificates: Digests::of(&self.certificates),
            revocations: self.revocations.as_deref().map(Digests::of),
        }
    }

    /// The certificates and lists as given for a check: the last certificate is the root.
    pub fn given(&self) -> Result<Given, Fault> {
        let mut others = certificate::read_file(&self.certificates)?;
        let roots = others.pop().into_iter().collect();
        let lists = self.revocations.as_deref().map(revocation::read_file).transpose()?;
        Ok(Given { roots, others, crls: lists.unwrap_or_default() })
    }
}

/// The objects of a timestamp, by their digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objects {
    /// The authority's reply.
    pub reply: Digests,
    /// The certificates.
    pub certificates: Digests,
    /// The revocation lists.
    pub revocations: Option<Digests>,
}

/// The record of a token that holds, answering the request `asked`, which stands at `leaf`.
pub fn record(
    leaf: u64,
    asked: &TimestampRequest,
    verified: &Verified,
    objects: Objects,
) -> Timestamp {
    Timestamp {
        request: leaf,
        tree_size: asked.tree_size,
        root: asked.root,
        reply: objects.reply,
        certificates: objects.certificates,
        revocations: objects.revocations,
        authority: verified.authority.clone(),
        gen_time: verified.time.to_string(),
        accuracy_micros: verified.accuracy_micros,
        policy: verified.policy.clone(),
        serial: HEXLOWER.encode(&verified.serial),
    }
}

/// Checks a kept timestamp: its objects are those recorded, its token holds under the root that was
/// given at receipt, and the record says what the token says.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    recorded: &Timestamp,
    asked: &TimestampRequest,
    question: &Question,
    parts: &Parts,
) -> Result<Verified, Fault> {
    let wrong = |message: &str| Fault::new(codes::RECORD, message);
    let objects = parts.objects();
    let named = Objects {
        reply: recorded.reply,
        certificates: recorded.certificates,
        revocations: recorded.revocations,
    };
    if objects != named {
        return Err(wrong("a file of the timestamp is not the one recorded"));
    }
    let verified = under(parts, question, &parts.given()?)?;
    if record(recorded.request, asked, &verified, objects) == *recorded {
        return Ok(verified);
    }
    Err(wrong("the record does not say what the token says"))
}

/// The verdict on a kept token, given whom one trusts now.
///
/// # Errors
/// The first thing that is wrong.
pub fn under(parts: &Parts, question: &Question, given: &Given) -> Result<Verified, Fault> {
    verify(&token::parse(token::of_reply(&parts.reply)?)?, question, given)
}
