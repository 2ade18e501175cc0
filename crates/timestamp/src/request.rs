//! Requests for timestamps (RFC 3161, section 2.4.1), to be carried to an authority by any means.
//!
//! Read again when the reply comes: what was asked decides what is an answer.

use crate::algorithm::Hash;
use crate::codes;
use crate::fault::Fault;
use crate::tlv::{self, Cursor, INTEGER, OCTET_STRING, SEQUENCE};
use der::asn1::ObjectIdentifier;

/// Most bytes of a request that is read: ours have about a hundred.
pub const REQUEST_LIMIT_BYTES: usize = 1_024;

/// What is asked of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Kind of the digest.
    pub hash: Hash,
    /// Digest of the bytes that are to be stamped.
    pub digest: Vec<u8>,
    /// The number that the reply must carry, big-endian without leading zeros: a reply to an older
    /// request cannot pass for one to this. `None` where none was sent: then none may come.
    pub nonce: Option<Vec<u8>>,
    /// The policy asked for, as a dotted object identifier; `None` leaves it to the authority.
    pub policy: Option<String>,
}

/// The request as DER, which asks for the authority's certificate to come along.
///
/// # Errors
/// Where the policy is no object identifier.
pub fn request(question: &Question) -> Result<Vec<u8>, Fault> {
    let imprint = tlv::element(
        SEQUENCE,
        &[&question.hash.algorithm(), &tlv::element(OCTET_STRING, &[&question.digest])],
    );
    let policy = match &question.policy {
        Some(policy) => tlv::object_id(&policy.parse::<ObjectIdentifier>().map_err(|_| {
            Fault::new(codes::REQUEST_FORM, format!("{policy:?} is no object identifier"))
        })?),
        None => Vec::new(),
    };
    let nonce = question.nonce.as_ref().map(|nonce| tlv::unsigned(nonce)).unwrap_or_default();
    let wants_certificate = tlv::element(tlv::BOOLEAN, &[&[0xff]]);
    let version = tlv::unsigned(&[1]);
    Ok(tlv::element(SEQUENCE, &[&version, &imprint, &policy, &nonce, &wants_certificate]))
}

/// Reads exactly what [`request`] writes.
///
/// # Errors
/// Where it is anything else.
pub fn parse(bytes: &[u8]) -> Result<Question, Fault> {
    let bad = |why: &str| Fault::new(codes::REQUEST_FORM, format!("the request: {why}"));
    if bytes.len() > REQUEST_LIMIT_BYTES {
        return Err(bad("longer than any of ours"));
    }
    let mut all = Cursor::new(bytes, codes::REQUEST_FORM, "the request");
    let mut body = all.open(SEQUENCE, "the request")?;
    body.small()?;
    let (hash, digest) = imprint(&mut body)?;
    let policy = match body.optional(tlv::OBJECT_ID)? {
        Some(content) => {
            Some(ObjectIdentifier::from_bytes(content).map_err(|_| bad("a bad policy"))?)
        }
        None => None,
    };
    let nonce = body.optional(INTEGER)?;
    let question = Question {
        hash,
        digest: digest.to_vec(),
        nonce: nonce.map(|nonce| nonce.iter().copied().skip_while(|byte| *byte == 0).collect()),
        policy: policy.map(|policy| policy.to_string()),
    };
    if request(&question)? == bytes { Ok(question) } else { Err(bad("not as casefile writes it")) }
}

/// Reads a MessageImprint: the kind of a digest, and the digest.
pub(crate) fn imprint<'a>(cursor: &mut Cursor<'a>) -> Result<(Hash, &'a [u8]), Fault> {
    let mut imprint = cursor.open(SEQUENCE, "the imprint")?;
    let hash = Hash::read(&mut imprint)?;
    let digest = imprint.expect(OCTET_STRING)?;
    imprint.end()?;
    if digest.len() == hash.length() {
        return Ok((hash, digest));
    }
    Err(imprint.fault("the digest does not have the length of its kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_again() {
        for (hash, nonce, policy) in [
            (Hash::Sha256, Some(vec![7; 16]), None),
            (Hash::Sha512, Some(vec![0x80]), Some("1.2.3.4.1".to_string())),
            (Hash::Sha384, None, None),
        ] {
            let question = Question { hash, digest: hash.of(b"x"), nonce, policy };
            let bytes = request(&question).unwrap();
            assert_eq!(parse(&bytes), Ok(question));
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 0x80;
                assert_ne!(parse(&bad), parse(&bytes), "byte {at}");
                assert!(parse(&bytes[..at]).is_err(), "cut at {at}");
            }
        }
        let bad = Question {
            hash: Hash::Sha256,
            digest: vec![0; 32],
            nonce: None,
            policy: Some("no policy".into()),
        };
        assert_eq!(request(&bad).unwrap_err().code, codes::REQUEST_FORM);
    }
}
