//! Replies and tokens taken apart (RFC 3161, section 2.4.2; RFC 5652, section 5). Nothing here is
//! checked but the form: whether a token holds is for [`crate::verify()`].
//!
//! The order of the certificates in a token is not asked for: they are in no signature, and the
//! authority of OpenSSL 3.0 writes them out of order when it sends more than its own.

use crate::algorithm::Hash;
use crate::codes;
use crate::fault::Fault;
use crate::request;
use crate::revocation::Crl;
use crate::time::GenTime;
use crate::tlv::{self, Cursor, Element, OCTET_STRING, SEQUENCE, SET};
use const_oid::db::{rfc5911, rfc5912};
use der::asn1::ObjectIdentifier;

/// Most bytes of a reply or token that is read. Real ones have 1 to 10 kB; with a chain of large
/// post-quantum certificates some 50 kB.
pub const TOKEN_LIMIT_BYTES: usize = 256 * 1024;

/// Most certificates in a token that are looked at.
const CERTIFICATES_LIMIT: usize = 32;

/// Most signed attributes; real tokens have four or five.
const ATTRIBUTES_LIMIT: usize = 32;

/// id-ct-TSTInfo (RFC 3161, section 2.4.2).
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// What an authority states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// The policy it was given under, as a dotted object identifier.
    pub policy: String,
    /// Kind of the digest.
    pub hash: Hash,
    /// Digest of what was stamped.
    pub digest: Vec<u8>,
    /// The token's serial number, big-endian.
    pub serial: Vec<u8>,
    /// The time stated.
    pub time: GenTime,
    /// How far the true time may be from it, in microseconds, where that is stated.
    pub accuracy_micros: Option<u64>,
    /// The nonce, big-endian without leading zeros.
    pub nonce: Option<Vec<u8>>,
    /// DER of the directory name of the authority, where it is stated in that form.
    pub(crate) authority: Option<Vec<u8>>,
}

/// Who signed: an issuer's name with a serial number, or a key identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignerId<'a> {
    /// DER of the issuer's name, and the serial number.
    Issued { issuer: &'a [u8], serial: &'a [u8] },
    /// The subject key identifier.
    Key(&'a [u8]),
}

/// A signed attribute that has exactly one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) id: ObjectIdentifier,
    pub(crate) value: Element<'a>,
}

/// A token, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// The DER of the whole token.
    pub der: &'a [u8],
    /// What the authority states.
    pub info: Info,
    /// DER of the statement: what the signed digest is of.
    pub(crate) content: &'a [u8],
    /// DER of each certificate that came along.
    pub(crate) certificates: Vec<&'a [u8]>,
    pub(crate) signer: SignerId<'a>,
    pub(crate) digest_hash: Hash,
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// DER of the signed attributes as the SET that is signed (RFC 5652, section 5.4).
    pub(crate) signed: Vec<u8>,
    /// DER of the signature's algorithm.
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

/// The token in a reply, where the authority granted it (RFC 3161, section 2.4.2).
///
/// # Errors
/// Where the reply has not its form, or refuses.
pub fn of_reply(reply: &[u8]) -> Result<&[u8], Fault> {
    limit(reply)?;
    let mut all = Cursor::new(reply, codes::FORM, "the reply");
    let mut body = all.open(SEQUENCE, "the reply")?;
    all.end()?;
    let mut status = body.open(SEQUENCE, "the reply's status")?;
    let granted = status.small()?;
    // 0 granted, 1 granted with modifications: what was modified, `verify` compares.
    if granted > 1 {
        let mut message = format!("the authority refused, with status {granted}");
        if let Some(mut texts) = status.open_optional(SEQUENCE, "the reply's words")? {
            while !texts.is_empty() && message.len() < 500 {
                message.push_str(": ");
                message.push_str(&String::from_utf8_lossy(texts.any()?.content));
            }
        }
        return Err(Fault::new(codes::REFUSED, message));
    }
    if body.is_empty() {
        return Err(Fault::new(codes::TOKEN_MISSING, "the reply grants a token and has none"));
    }
    let token = body.any()?;
    body.end()?;
    Ok(token.whole)
}

/// Takes a token apart.
///
/// # Errors
/// Where it has not the form of one.
pub fn parse(der: &[u8]) -> Result<Token<'_>, Fault> {
    limit(der)?;
    let mut all = Cursor::new(der, codes::FORM, "the token");
    let mut outer = all.open(SEQUENCE, "the token")?;
    all.end()?;
    if outer.object_id()? != rfc5911::ID_SIGNED_DATA {
        return Err(Fault::new(codes::CONTENT, "it is no signed data"));
    }
    let mut wrapped = outer.open(tlv::context(0), "the token's content")?;
    outer.end()?;
    let mut data = wrapped.open(SEQUENCE, "the signed data")?;
    wrapped.end()?;
    let version = data.small()?;
    // RFC 5652, section 5.1: 3 where a timestamp is signed, more where attribute certificates or
    // other forms come along.
    if !(3..=5).contains(&version) {
        return Err(Fault::new(codes::VERSION, format!("signed data of version {version}")));
    }
    let digests = data.open(SET, "the digests")?;
    let content = content(&mut data)?;
    let certificates = match data.open_optional(tlv::context(0), "the certificates")? {
        Some(set) => certificates(set)?,
        None => Vec::new(),
    };
    if let Some(set) = data.open_optional(tlv::context(1), "the revocation lists")? {
        revocation_lists(set)?;
    }
    let mut signers = data.open(SET, "the signers")?;
    data.end()?;
    if signers.is_empty() {
        return Err(Fault::new(codes::SIGNERS, "nobody signed it"));
    }
    let mut signer = signers.open(SEQUENCE, "the signer")?;
    if !signers.is_empty() {
        return Err(Fault::new(codes::SIGNERS, "more than one signed it"));
    }
    let version = signer.small()?;
    let id = signer_id(&mut signer)?;
    // RFC 5652, section 5.3.
    if version != if matches!(id, SignerId::Key(_)) { 3 } else { 1 } {
        return Err(Fault::new(codes::VERSION, format!("a signer of version {version}")));
    }
    let digest_hash = Hash::read(&mut signer)?;
    listed(digests, digest_hash)?;
    let Some(set) = signer.optional(tlv::context(0))? else {
        return Err(Fault::new(codes::ATTRIBUTES_MISSING, "it has no signed attributes"));
    };
    let attributes = attributes(set)?;
    let algorithm = signer.any()?.whole;
    let signature = signer.expect(OCTET_STRING)?;
    // Unsigned attributes: nothing that is relied on.
    signer.optional(tlv::context(1))?;
    signer.end()?;
    Ok(Token {
        der,
        info: info(content)?,
        content,
        certificates,
        signer: id,
        digest_hash,
        attributes,
        signed: tlv::element(SET, &[set]),
        algorithm,
        signature,
    })
}

fn limit(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.len() <= TOKEN_LIMIT_BYTES {
        return Ok(());
    }
    Err(Fault::new(codes::TOO_LONG, format!("longer than {TOKEN_LIMIT_BYTES} bytes")))
}

/// The EncapsulatedContentInfo, which must hold a TSTInfo; its DER.
fn content<'a>(data: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
    let mut wrapped = data.open(SEQUENCE, "the content")?;
    let id = wrapped.object_id()?;
    if id != TST_INFO {
        return Err(Fault::new(codes::CONTENT, format!("it signs {id}, which is no timestamp")));
    }
    let mut explicit = wrapped.open(tlv::context(0), "the content")?;
    wrapped.end()?;
    let content = explicit.expect(OCTET_STRING)?;
    explicit.end()?;
    Ok(content)
}

/// The digests named ahead of the content must hold the one that the signer used.
fn listed(mut digests: Cursor<'_>, used: Hash) -> Result<(), Fault> {
    while !digests.is_empty() {
        let named = digests.any()?;
        let mut one = Cursor::new(named.whole, codes::FORM, "a digest named ahead");
        if Hash::read(&mut one).is_ok_and(|hash| hash == used) {
            return Ok(());
        }
    }
    let message = "the signer's digest is not among those named ahead of the content";
    Err(Fault::new(codes::ALGORITHM_MISMATCH, message))
}

fn certificates(mut set: Cursor<'_>) -> Result<Vec<&[u8]>, Fault> {
    let mut found = Vec::new();
    while !set.is_empty() {
        let element = set.any()?;
        match element.tag {
            SEQUENCE => found.push(element.whole),
            // Attribute certificates and the like (RFC 5652, section 10.2.2): nothing that we rely
            // on.
            tag if (0..=3).map(tlv::context).any(|other| other == tag) => {}
            _ => return Err(set.fault("something that is no certificate")),
        }
        if found.len() > CERTIFICATES_LIMIT {
            return Err(Fault::new(
                codes::TOO_LONG,
                format!("more than {CERTIFICATES_LIMIT} certificates in the token"),
            ));
        }
    }
    Ok(found)
}

/// Revocation lists in a token: nothing is taken from them, those that are given count. But they
/// must be what they stand for (RFC 5652, section 10.2.1), or a token's certificates, their tag
/// changed, would pass for them.
fn revocation_lists(mut set: Cursor<'_>) -> Result<(), Fault> {
    while !set.is_empty() {
        let element = set.any()?;
        if element.tag != tlv::context(1) {
            Crl::read(element.whole)?;
        }
    }
    Ok(())
}

fn signer_id<'a>(signer: &mut Cursor<'a>) -> Result<SignerId<'a>, Fault> {
    let element = signer.any()?;
    if element.tag == tlv::context_primitive(0) {
        return Ok(SignerId::Key(element.content));
    }
    if element.tag != SEQUENCE {
        return Err(signer.fault("it does not say who signed"));
    }
    let mut issued = Cursor::new(element.content, codes::FORM, "the signer's issuer");
    let issuer = issued.any()?.whole;
    let serial = issued.integer()?;
    issued.end()?;
    Ok(SignerId::Issued { issuer, serial })
}

/// Signed attributes: in DER order, each once, each with one value (RFC 5652, sections 5.3 and 11).
fn attributes(set: &[u8]) -> Result<Vec<Attribute<'_>>, Fault> {
    let mut cursor = Cursor::new(set, codes::FORM, "the signed attributes");
    let mut found: Vec<Attribute<'_>> = Vec::new();
    let mut last: &[u8] = &[];
    while !cursor.is_empty() {
        let element = cursor.any()?;
        if element.tag != SEQUENCE {
            return Err(cursor.fault("this is no attribute"));
        }
        if element.whole < last {
            let message = "the signed attributes are not in DER order";
            return Err(Fault::new(codes::ATTRIBUTES_ORDER, message));
        }
        last = element.whole;
        let mut attribute = Cursor::new(element.content, codes::FORM, "a signed attribute");
        let id = attribute.object_id()?;
        let mut values = attribute.open(SET, "the values of a signed attribute")?;
        attribute.end()?;
        let value = values.any()?;
        if !values.is_empty() || found.iter().any(|other| other.id == id) {
            let message = format!("the signed attribute {id} has more than one value");
            return Err(Fault::new(codes::ATTRIBUTE_TWICE, message));
        }
        found.push(Attribute { id, value });
        if found.len() > ATTRIBUTES_LIMIT {
            return Err(Fault::new(codes::TOO_LONG, "more signed attributes than any token has"));
        }
    }
    Ok(found)
}

/// The TSTInfo (RFC 3161, section 2.4.2).
fn info(der: &[u8]) -> Result<Info, Fault> {
    let mut all = Cursor::new(der, codes::FORM, "the statement");
    let mut body = all.open(SEQUENCE, "the statement")?;
    all.end()?;
    let version = body.small()?;
    if version != 1 {
        return Err(Fault::new(codes::VERSION, format!("a statement of version {version}")));
    }
    let policy = body.object_id()?;
    let (hash, digest) = request::imprint(&mut body)?;
    let serial = body.integer()?;
    let time = GenTime::parse(body.expect(tlv::GENERALIZED_TIME)?)?;
    let accuracy_micros = match body.open_optional(SEQUENCE, "the accuracy")? {
        Some(accuracy) => Some(accuracy_of(accuracy)?),
        None => None,
    };
    // Whether the authority's tokens are ordered by their times: nothing that we rely on.
    if body.optional(tlv::BOOLEAN)?.is_some_and(|ordering| ordering != [0xff]) {
        return Err(body.fault("a BOOLEAN that is not in DER"));
    }
    let nonce = body.optional(tlv::INTEGER)?;
    if nonce.is_some_and(|nonce| !tlv::is_integer(nonce)) {
        return Err(body.fault("a bad INTEGER"));
    }
    let authority = match body.open_optional(tlv::context(0), "the authority's name")? {
        Some(mut name) => name.optional(tlv::context(4))?.map(<[u8]>::to_vec),
        None => None,
    };
    if let Some(extensions) = body.open_optional(tlv::context(1), "the extensions")? {
        no_critical(extensions)?;
    }
    body.end()?;
    Ok(Info {
        policy: policy.to_string(),
        hash,
        digest: digest.to_vec(),
        serial: serial.to_vec(),
        time,
        accuracy_micros,
        nonce: nonce.map(|nonce| nonce.iter().copied().skip_while(|byte| *byte == 0).collect()),
        authority,
    })
}

/// Seconds, and 1 to 999 each of thousandths and millionths.
fn accuracy_of(mut accuracy: Cursor<'_>) -> Result<u64, Fault> {
    let bad = accuracy.fault("an accuracy out of range");
    let seconds = match accuracy.optional(tlv::INTEGER)? {
        Some(bytes) => tlv::small(bytes).filter(|_| tlv::is_integer(bytes)).ok_or(bad.clone())?,
        None => 0,
    };
    let mut micros = seconds.checked_mul(1_000_000).ok_or(bad.clone())?;
    for (number, unit) in [(0, 1_000), (1, 1)] {
        if let Some(bytes) = accuracy.optional(tlv::context_primitive(number))? {
            let value = tlv::small(bytes)
                .filter(|value| tlv::is_integer(bytes) && (1..=999).contains(value))
                .ok_or(bad.clone())?;
            micros = micros.checked_add(value * unit).ok_or(bad.clone())?;
        }
    }
    accuracy.end()?;
    Ok(micros)
}

/// An extension that is critical and not known ends it (RFC 3161, section 2.4.2): we know none.
fn no_critical(mut extensions: Cursor<'_>) -> Result<(), Fault> {
    while !extensions.is_empty() {
        let mut extension = extensions.open(SEQUENCE, "an extension")?;
        let id = extension.object_id()?;
        if extension.optional(tlv::BOOLEAN)?.is_some() {
            let message = format!("the critical extension {id} is not known");
            return Err(Fault::new(codes::EXTENSION, message));
        }
        extension.expect(OCTET_STRING)?;
        extension.end()?;
    }
    Ok(())
}

/// The attribute that says what is signed.
pub(crate) const CONTENT_TYPE: ObjectIdentifier = rfc5911::ID_CONTENT_TYPE;
/// The attribute that holds the digest of the content.
pub(crate) const MESSAGE_DIGEST: ObjectIdentifier = rfc5911::ID_MESSAGE_DIGEST;
/// The attribute that names the signer's certificate by its SHA-1 (RFC 2634, section 5.4).
pub(crate) const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// The attribute that names it by another digest (RFC 5035, section 3).
pub(crate) const SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// DER content of the identifier of a timestamp's content.
pub(crate) const TST_INFO_ID: ObjectIdentifier = TST_INFO;
/// For time stamping (RFC 3161, section 2.3).
pub(crate) const TIME_STAMPING: ObjectIdentifier = rfc5912::ID_KP_TIME_STAMPING;
