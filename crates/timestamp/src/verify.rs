//! Whether a token holds: every check of RFC 3161, section 2.4.2, and RFC 5652, section 5.6, given
//! what was asked and whom one trusts.
//!
//! Nothing is looked up and no clock is read: a certificate must have been valid at the time that
//! the token states, so that the verdict is the same in forty years.

use crate::algorithm::{self, Hash, Scheme};
use crate::certificate::Certificate;
use crate::chain;
use crate::codes;
use crate::fault::Fault;
use crate::request::Question;
use crate::revocation::Crl;
use crate::time::GenTime;
use crate::tlv::{self, Cursor, OCTET_STRING, SEQUENCE};
use crate::token::{self, SignerId, TIME_STAMPING, Token};
use sha2::Digest as _;

/// Second at which RSA keys below [`algorithm::RSA_LASTING_BITS`] bits are no longer to be relied
/// on: 2031-01-01T00:00:00Z.
const SHORT_RSA_ENDS: u64 = 1_924_992_000;

/// What is given for a check.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Certificates that are trusted.
    pub roots: Vec<Certificate>,
    /// Certificates that may lead there; those in the token come on top.
    pub others: Vec<Certificate>,
    /// Revocation lists.
    pub crls: Vec<Crl>,
}

/// A token that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The authority: the subject of the certificate that signed.
    pub authority: String,
    /// The time it states.
    pub time: GenTime,
    /// How far the true time may be from it, in microseconds, where that is stated.
    pub accuracy_micros: Option<u64>,
    /// The policy it was given under.
    pub policy: String,
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    /// The certificates from the signer to the trusted root, the root last.
    pub chain: Vec<Certificate>,
    /// Subjects of those for which no revocation list was given: whether they had been revoked is
    /// not known.
    pub unchecked: Vec<String>,
    /// Second by which the token should be renewed, since 1970.
    pub renew_by: u64,
    /// Why then.
    pub renew_because: String,
}

/// Checks that `token` answers `question`, and is signed by an authority for timestamps that a root
/// in `given` vouches for, at the time that it states.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn verify(token: &Token<'_>, question: &Question, given: &Given) -> Result<Verified, Fault> {
    answers(token, question)?;
    let inside: Vec<Certificate> =
        token.certificates.iter().filter_map(|der| Certificate::read(der).ok()).collect();
    let signer = signer(token, &inside, given)?;
    let others: Vec<Certificate> = inside.iter().chain(&given.others).cloned().collect();
    signature(token, signer)?;
    purpose(signer)?;
    let seconds = token.info.time.seconds;
    let path = chain::build(signer, &others, &given.roots, seconds)?;
    let unchecked = chain::uncleared(&path, &given.crls, seconds)?;
    let (renew_by, renew_because) = renewal(&path);
    Ok(Verified {
        authority: signer.subject(),
        time: token.info.time,
        accuracy_micros: token.info.accuracy_micros,
        policy: token.info.policy.clone(),
        serial: token.info.serial.clone(),
        chain: path.into_iter().cloned().collect(),
        unchecked,
        renew_by,
        renew_because,
    })
}

/// Whether the token is an answer to the question: same digest, nonce, policy.
fn answers(token: &Token<'_>, question: &Question) -> Result<(), Fault> {
    let info = &token.info;
    if info.hash != question.hash {
        let message = format!(
            "it is about a {} digest, and a {} one was sent",
            info.hash.name(),
            question.hash.name()
        );
        return Err(Fault::new(codes::IMPRINT_HASH, message));
    }
    if info.digest != question.digest {
        return Err(Fault::new(codes::IMPRINT, "it is a timestamp of other bytes"));
    }
    match (&question.nonce, &info.nonce) {
        (sent, found) if sent == found => {}
        (Some(_), None) => {
            return Err(Fault::new(codes::NONCE_MISSING, "the nonce that was sent is not in it"));
        }
        _ => {
            let message = "it carries another nonce than the one sent: it answers another request";
            return Err(Fault::new(codes::NONCE, message));
        }
    }
    if question.policy.as_ref().is_some_and(|policy| *policy != info.policy) {
        let message = format!("it was given under the policy {}, not the one asked", info.policy);
        return Err(Fault::new(codes::POLICY, message));
    }
    Ok(())
}

/// The signer's certificate: among those in the token, where it has any, since it was asked to
/// bring that one (RFC 3161, section 2.4.1), and a damaged copy must not pass because a good one is
/// given.
fn signer<'a>(
    token: &Token<'_>,
    inside: &'a [Certificate],
    given: &'a Given,
) -> Result<&'a Certificate, Fault> {
    let is_signer = |certificate: &&Certificate| match &token.signer {
        SignerId::Issued { issuer, serial } => {
            certificate.issuer_der() == *issuer && certificate.serial() == *serial
        }
        SignerId::Key(id) => certificate.key_id().is_some_and(|own| own == *id),
    };
    let found = match token.certificates.as_slice() {
        [] => given.others.iter().chain(&given.roots).find(is_signer),
        _ => inside.iter().find(is_signer),
    };
    found.ok_or_else(|| {
        let message = "the certificate of its signer is neither in it nor given";
        Fault::new(codes::SIGNER_MISSING, message)
    })
}

/// The signed attributes bind content and certificate; the signature binds the attributes.
fn signature(token: &Token<'_>, signer: &Certificate) -> Result<(), Fault> {
    let attribute = |id| {
        let found = token.attributes.iter().find(|attribute| attribute.id == id);
        found.map(|attribute| attribute.value)
    };
    if attribute(token::CONTENT_TYPE).map(|value| value.whole.to_vec())
        != Some(tlv::object_id(&token::TST_INFO_ID))
    {
        let message = "its signed attributes do not say that a timestamp is signed";
        return Err(Fault::new(codes::CONTENT_TYPE, message));
    }
    let Some(digest) = attribute(token::MESSAGE_DIGEST) else {
        let message = "its signed attributes hold no digest of the statement";
        return Err(Fault::new(codes::DIGEST_MISSING, message));
    };
    if digest.tag != OCTET_STRING || digest.content != token.digest_hash.of(token.content) {
        let message = "its statement was changed: the signed digest is another one";
        return Err(Fault::new(codes::DIGEST, message));
    }
    let v1 = attribute(token::SIGNING_CERTIFICATE);
    let v2 = attribute(token::SIGNING_CERTIFICATE_V2);
    if v1.is_none() && v2.is_none() {
        let message = "no signed attribute names the signer's certificate (ESSCertID)";
        return Err(Fault::new(codes::CERTIFICATE_ID_MISSING, message));
    }
    for (value, second) in [(v1, false), (v2, true)] {
        if let Some(value) = value {
            names_certificate(value.whole, second, signer)?;
        }
    }
    if token.info.authority.as_ref().is_some_and(|name| *name != signer.subject_der()) {
        let message = format!("it names another authority than {}, who signed", signer.subject());
        return Err(Fault::new(codes::AUTHORITY, message));
    }
    let scheme = Scheme::read(token.algorithm)?;
    let (beside, key) = (Some(token.digest_hash), signer.key());
    algorithm::verify(scheme, beside, key, &token.signed, token.signature)
}

/// The first certificate named must be the signer's (RFC 5035, sections 3 and 4; RFC 2634, 5.4).
fn names_certificate(value: &[u8], second: bool, signer: &Certificate) -> Result<(), Fault> {
    let mut all = Cursor::new(value, codes::FORM, "the signer's certificate in the attributes");
    let mut attribute = all.open(SEQUENCE, "the signer's certificate in the attributes")?;
    let mut list = attribute.open(SEQUENCE, "the certificates named in the attributes")?;
    let mut first = list.open(SEQUENCE, "the first certificate named in the attributes")?;
    let due = if second {
        let mut peek = first;
        let named = peek.any()?.tag == SEQUENCE;
        let hash = if named { Hash::read(&mut first)? } else { Hash::Sha256 };
        hash.of(&signer.der)
    } else {
        // SHA-1, as RFC 3161 first had it. A second preimage would be needed to abuse it, of a
        // certificate that the chain accepts too.
        sha1::Sha1::digest(&signer.der).to_vec()
    };
    if first.expect(OCTET_STRING)? == due {
        return Ok(());
    }
    let message = "the signed attributes name another certificate than the signer's";
    Err(Fault::new(codes::CERTIFICATE_ID, message))
}

/// For timestamps, critically, and for nothing else (RFC 3161, section 2.3).
fn purpose(signer: &Certificate) -> Result<(), Fault> {
    let (uses, name) = (signer.uses()?, signer.subject());
    let fault = |code, why: &str| Err(Fault::new(code, format!("the certificate of {name} {why}")));
    let Some((critical, purposes)) = uses.extended else {
        return fault(codes::PURPOSE_MISSING, "does not say that it is for timestamps");
    };
    if !purposes.0.contains(&TIME_STAMPING) {
        return fault(codes::PURPOSE_MISSING, "does not say that it is for timestamps");
    }
    if purposes.0.len() != 1 {
        return fault(codes::PURPOSE_NOT_SOLE, "is for other things than timestamps too");
    }
    if !critical {
        return fault(codes::PURPOSE_NOT_CRITICAL, "says that it is for timestamps, uncritically");
    }
    match uses.key {
        Some(usage) if !usage.digital_signature() && !usage.non_repudiation() => {
            fault(codes::KEY_USAGE, "may not sign")
        }
        _ => Ok(()),
    }
}

/// When a token must have been renewed: before a certificate of its chain ends, and before a key in
/// it becomes too short.
fn renewal(path: &[&Certificate]) -> (u64, String) {
    let ends = path
        .iter()
        .map(|one| (one.not_after, format!("the certificate of {} ends", one.subject())));
    let short = path.iter().filter(|one| !algorithm::lasts(one.key())).map(|one| {
        (SHORT_RSA_ENDS, format!("the RSA key of {} is too short from then on", one.subject()))
    });
    ends.chain(short).min().unwrap_or_default()
}
