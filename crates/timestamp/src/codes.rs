//! Codes of what may be wrong with a timestamp; docs/format/timestamp.md says what each means.

/// The bytes are not the DER that the reply or token must be.
pub const FORM: &str = "timestamp-form";
/// More bytes than any real one has.
pub const TOO_LONG: &str = "timestamp-too-long";
/// The authority did not grant the request.
pub const REFUSED: &str = "timestamp-refused";
/// The authority's reply says "granted" and brings no token.
pub const TOKEN_MISSING: &str = "timestamp-token-missing";
/// The signed content is something else than a timestamp.
pub const CONTENT: &str = "timestamp-content";
/// The content has a version that RFC 3161 does not have.
pub const VERSION: &str = "timestamp-version";
/// The time in it is not of the form of RFC 3161.
pub const TIME_FORM: &str = "timestamp-time-form";
/// It carries a critical extension that is not known.
pub const EXTENSION: &str = "timestamp-extension";
/// It is about other bytes.
pub const IMPRINT: &str = "timestamp-imprint";
/// It is about a digest of another kind than the one asked for.
pub const IMPRINT_HASH: &str = "timestamp-imprint-hash";
/// The nonce that was sent is not in it.
pub const NONCE_MISSING: &str = "timestamp-nonce-missing";
/// It carries another nonce than the one sent: the answer to another question.
pub const NONCE: &str = "timestamp-nonce";
/// It was given under another policy than the one asked for.
pub const POLICY: &str = "timestamp-policy";
/// It is not signed by exactly one signer.
pub const SIGNERS: &str = "timestamp-signers";
/// The certificate of its signer is neither in it nor given.
pub const SIGNER_MISSING: &str = "timestamp-signer-missing";
/// Signed attributes are missing: nothing binds the signature to the content.
pub const ATTRIBUTES_MISSING: &str = "timestamp-attributes-missing";
/// Signed attributes are not in DER order, so what was signed has two spellings.
pub const ATTRIBUTES_ORDER: &str = "timestamp-attributes-order";
/// A signed attribute is there twice, or with more than one value.
pub const ATTRIBUTE_TWICE: &str = "timestamp-attribute-twice";
/// The signed content type is missing or another one.
pub const CONTENT_TYPE: &str = "timestamp-content-type";
/// The signed digest is missing.
pub const DIGEST_MISSING: &str = "timestamp-digest-missing";
/// The signed digest is not the content's: the content was changed.
pub const DIGEST: &str = "timestamp-digest";
/// No signed attribute names the signer's certificate.
pub const CERTIFICATE_ID_MISSING: &str = "timestamp-certificate-id-missing";
/// The signed attribute names another certificate.
pub const CERTIFICATE_ID: &str = "timestamp-certificate-id";
/// The authority named in it is not the one whose certificate signed.
pub const AUTHORITY: &str = "timestamp-authority";
/// The signature does not hold.
pub const SIGNATURE: &str = "timestamp-signature";
/// An algorithm or key that is too weak to rely on (MD5, SHA-1, RSA below 2048 bits).
pub const WEAK: &str = "timestamp-algorithm-weak";
/// An algorithm that this program does not know.
pub const ALGORITHM: &str = "timestamp-algorithm-unknown";
/// The algorithms in it contradict each other.
pub const ALGORITHM_MISMATCH: &str = "timestamp-algorithm-mismatch";
/// A certificate cannot be read.
pub const CERTIFICATE_FORM: &str = "certificate-form";
/// The signer's certificate does not say that it is for timestamps.
pub const PURPOSE_MISSING: &str = "certificate-purpose-missing";
/// The signer's certificate says so, but not critically.
pub const PURPOSE_NOT_CRITICAL: &str = "certificate-purpose-not-critical";
/// The signer's certificate is for something else too.
pub const PURPOSE_NOT_SOLE: &str = "certificate-purpose-not-sole";
/// The signer's key may not sign.
pub const KEY_USAGE: &str = "certificate-key-usage";
/// A certificate had ended at the time of the timestamp.
pub const EXPIRED: &str = "certificate-expired";
/// A certificate had not begun at the time of the timestamp.
pub const NOT_YET_VALID: &str = "certificate-not-yet-valid";
/// A certificate's signature by its issuer does not hold.
pub const CERTIFICATE_SIGNATURE: &str = "certificate-signature";
/// The certificates do not lead to a given root.
pub const CHAIN_MISSING: &str = "certificate-chain-missing";
/// A certificate's issuer is no certification authority, or may not issue.
pub const ISSUER: &str = "certificate-issuer-not-authority";
/// The chain is longer than one of its authorities allows.
pub const PATH_LENGTH: &str = "certificate-path-length";
/// A certificate carries a critical extension that this program does not know.
pub const CERTIFICATE_EXTENSION: &str = "certificate-extension";
/// A certificate was revoked, in a way that touches this timestamp.
pub const REVOKED: &str = "certificate-revoked";
/// A revocation list cannot be read.
pub const CRL_FORM: &str = "crl-form";
/// A revocation list is not signed by the issuer it names.
pub const CRL_SIGNATURE: &str = "crl-signature";
/// A revocation list had ended before the time of the timestamp.
pub const CRL_STALE: &str = "crl-stale";
/// A revocation list covers a part only, in a way that this program does not know.
pub const CRL_SCOPE: &str = "crl-scope";
/// A request cannot be read.
pub const REQUEST_FORM: &str = "timestamp-request-form";
/// What a record says of a timestamp is not what the token says, or its request is not there.
pub const RECORD: &str = "timestamp-record";
/// The log does not continue the checkpoint that was stamped: it was made up anew.
pub const CHECKPOINT: &str = "timestamp-checkpoint";
/// The bytes are not the DER that an evidence record must be.
pub const EVIDENCE_FORM: &str = "evidence-form";
/// The record is about another object, or a token in it does not stamp what came before.
pub const EVIDENCE_OBJECT: &str = "evidence-object";
/// The hash tree does not lead to what its token stamps, or can be read in two ways.
pub const EVIDENCE_TREE: &str = "evidence-tree";
/// Digests in the record contradict each other.
pub const EVIDENCE_HASH: &str = "evidence-hash";
/// A token is older than the one that it renews.
pub const EVIDENCE_ORDER: &str = "evidence-order";
/// A token was renewed only after its certificates had ended.
pub const EVIDENCE_LATE: &str = "evidence-late";
