//! Digests and signatures that a token may rest on, and those too weak to rest anything on.
//!
//! A weak algorithm is a fault, never a remark: whoever can forge it can back-date with it.

use crate::codes;
use crate::fault::Fault;
use crate::tlv::{self, Cursor};
use const_oid::db::{rfc5912, rfc8410};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use sha2::Digest as _;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Fewest bits of an RSA key: below, factoring is within reach (NIST SP 800-131A, revision 2).
pub const RSA_LEAST_BITS: u32 = 2_048;

/// RSA keys below this many bits are to be relied on until the end of 2030 only (NIST SP 800-57
/// part 1, revision 5, table 4: 112 bits of strength).
pub const RSA_LASTING_BITS: u32 = 3_072;

/// A digest of the SHA-2 family (FIPS 180-4), the only ones that tokens here may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hash {
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl Hash {
    /// All of them, in order of length.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest of `bytes`.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    /// Bytes in a digest.
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Its name, as records carry it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The digest of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.name() == name)
    }

    pub(crate) const fn id(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => rfc5912::ID_SHA_256,
            Self::Sha384 => rfc5912::ID_SHA_384,
            Self::Sha512 => rfc5912::ID_SHA_512,
        }
    }

    pub(crate) fn from_id(id: &ObjectIdentifier) -> Result<Self, Fault> {
        if let Some(hash) = Self::ALL.into_iter().find(|hash| hash.id() == *id) {
            return Ok(hash);
        }
        let weak = [rfc5912::ID_SHA_1, rfc5912::ID_MD_5, rfc5912::ID_SHA_224].contains(id);
        let code = if weak { codes::WEAK } else { codes::ALGORITHM };
        Err(Fault::new(code, format!("the digest {} is not one to rely on", name_of(id))))
    }

    /// Reads an AlgorithmIdentifier of a digest: parameters absent or NULL (RFC 5754, section 2).
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, Fault> {
        let mut algorithm = cursor.open(tlv::SEQUENCE, "the algorithm of a digest")?;
        let id = algorithm.object_id()?;
        if !algorithm.is_empty() && !algorithm.expect(0x05)?.is_empty() {
            return Err(algorithm.fault("parameters that no digest has"));
        }
        algorithm.end()?;
        Self::from_id(&id)
    }

    /// The AlgorithmIdentifier, parameters absent.
    pub(crate) fn algorithm(self) -> Vec<u8> {
        tlv::element(tlv::SEQUENCE, &[&tlv::object_id(&self.id())])
    }
}

/// A digest in the making, for objects that do not fit into memory.
#[derive(Debug, Clone)]
pub enum Running {
    /// Of SHA-256.
    Sha256(sha2::Sha256),
    /// Of SHA-384.
    Sha384(sha2::Sha384),
    /// Of SHA-512.
    Sha512(sha2::Sha512),
}

impl Running {
    /// Of nothing, so far.
    pub fn new(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Hash::Sha384 => Self::Sha384(sha2::Sha384::new()),
            Hash::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(running) => running.update(bytes),
            Self::Sha384(running) => running.update(bytes),
            Self::Sha512(running) => running.update(bytes),
        }
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(running) => running.finalize().to_vec(),
            Self::Sha384(running) => running.finalize().to_vec(),
            Self::Sha512(running) => running.finalize().to_vec(),
        }
    }
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RSASSA-PKCS1-v1_5 with this digest; `None`: the digest is named beside it (RFC 5652).
    Pkcs1(Option<Hash>),
    /// RSASSA-PSS with this digest, in MGF1 too, and salt of this many bytes.
    Pss(Hash, u8),
    /// ECDSA with this digest.
    Ecdsa(Hash),
    /// Ed25519, over the message itself.
    Ed25519,
}

impl Scheme {
    /// Reads the DER of an AlgorithmIdentifier of a signature.
    pub(crate) fn read(der: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(der, codes::FORM, "the algorithm of a signature");
        let mut algorithm = cursor.open(tlv::SEQUENCE, "the algorithm of a signature")?;
        let id = algorithm.object_id()?;
        let parameters = if algorithm.is_empty() { None } else { Some(algorithm.any()?) };
        algorithm.end()?;
        cursor.end()?;
        let scheme = Self::from_id(&id, parameters.map_or(&[], |element| element.whole))?;
        // RFC 4055, section 5; RFC 5758, section 3.2; RFC 8410, section 3.
        let due: &[&[u8]] = match scheme {
            Self::Pss(..) => return Ok(scheme),
            Self::Pkcs1(_) => &[&NULL, &[]],
            Self::Ecdsa(_) | Self::Ed25519 => &[&[]],
        };
        if due.contains(&parameters.map_or(&[], |element| element.whole)) {
            return Ok(scheme);
        }
        Err(algorithm.fault("parameters that this algorithm does not have"))
    }

    fn from_id(id: &ObjectIdentifier, parameters: &[u8]) -> Result<Self, Fault> {
        Ok(match *id {
            rfc5912::RSA_ENCRYPTION => Self::Pkcs1(None),
            rfc5912::SHA_256_WITH_RSA_ENCRYPTION => Self::Pkcs1(Some(Hash::Sha256)),
            rfc5912::SHA_384_WITH_RSA_ENCRYPTION => Self::Pkcs1(Some(Hash::Sha384)),
            rfc5912::SHA_512_WITH_RSA_ENCRYPTION => Self::Pkcs1(Some(Hash::Sha512)),
            rfc5912::ID_RSASSA_PSS => pss(parameters)?,
            rfc5912::ECDSA_WITH_SHA_256 => Self::Ecdsa(Hash::Sha256),
            rfc5912::ECDSA_WITH_SHA_384 => Self::Ecdsa(Hash::Sha384),
            rfc5912::ECDSA_WITH_SHA_512 => Self::Ecdsa(Hash::Sha512),
            rfc8410::ID_ED_25519 => Self::Ed25519,
            other => {
                let weak = WEAK_SIGNATURES.contains(&other);
                let code = if weak { codes::WEAK } else { codes::ALGORITHM };
                let message =
                    format!("the signature algorithm {} is not one to rely on", name_of(&other));
                return Err(Fault::new(code, message));
            }
        })
    }

    /// The digest that it names itself.
    pub(crate) fn hash(self) -> Option<Hash> {
        match self {
            Self::Pkcs1(hash) => hash,
            Self::Pss(hash, _) | Self::Ecdsa(hash) => Some(hash),
            // RFC 8419, section 3.1: digest of the content by SHA-512.
            Self::Ed25519 => Some(Hash::Sha512),
        }
    }
}

/// The DER of NULL.
const NULL: [u8; 2] = [5, 0];

const WEAK_SIGNATURES: [ObjectIdentifier; 4] = [
    rfc5912::SHA_1_WITH_RSA_ENCRYPTION,
    rfc5912::MD_5_WITH_RSA_ENCRYPTION,
    rfc5912::ECDSA_WITH_SHA_224,
    // ecdsa-with-SHA1
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
];

/// The parameters of RSASSA-PSS (RFC 4055, section 3.1). Absent ones mean SHA-1.
fn pss(der: &[u8]) -> Result<Scheme, Fault> {
    let bad = || Fault::new(codes::FORM, "the parameters of RSASSA-PSS cannot be read");
    let params = rsa::pkcs1::RsaPssParams::<der::Any>::from_der(der).map_err(|_| bad())?;
    let hash = Hash::from_id(&params.hash.oid)?;
    let inner = params.mask_gen.parameters.ok_or_else(bad)?;
    if Hash::from_id(&inner.oid)? != hash {
        let message = "RSASSA-PSS with two different digests";
        return Err(Fault::new(codes::ALGORITHM_MISMATCH, message));
    }
    Ok(Scheme::Pss(hash, params.salt_len))
}

/// Checks a signature over `message` by the key in `key`. `beside` is the digest named beside the
/// algorithm, where there is one.
pub(crate) fn verify(
    scheme: Scheme,
    beside: Option<Hash>,
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Fault> {
    let hash = match (scheme.hash(), beside) {
        (Some(own), Some(beside)) if own != beside => {
            let message = format!(
                "the signature is made with {} and the digest with {}",
                own.name(),
                beside.name()
            );
            return Err(Fault::new(codes::ALGORITHM_MISMATCH, message));
        }
        (own, beside) => own
            .or(beside)
            .ok_or_else(|| Fault::new(codes::ALGORITHM, "no digest is named for the signature"))?,
    };
    let der = key.to_der().map_err(|_| bad_key())?;
    let digest = hash.of(message);
    let holds = match (scheme, key.algorithm.oid) {
        (Scheme::Pkcs1(_), rfc5912::RSA_ENCRYPTION) => {
            let padding = match hash {
                Hash::Sha256 => rsa::Pkcs1v15Sign::new::<sha2::Sha256>(),
                Hash::Sha384 => rsa::Pkcs1v15Sign::new::<sha2::Sha384>(),
                Hash::Sha512 => rsa::Pkcs1v15Sign::new::<sha2::Sha512>(),
            };
            rsa_key(&der)?.verify(padding, &digest, signature).is_ok()
        }
        (Scheme::Pss(_, salt), rfc5912::RSA_ENCRYPTION) => {
            let (key, salt) = (rsa_key(&der)?, usize::from(salt));
            match hash {
                Hash::Sha256 => {
                    key.verify(rsa::Pss::<sha2::Sha256>::new_with_salt(salt), &digest, signature)
                }
                Hash::Sha384 => {
                    key.verify(rsa::Pss::<sha2::Sha384>::new_with_salt(salt), &digest, signature)
                }
                Hash::Sha512 => {
                    key.verify(rsa::Pss::<sha2::Sha512>::new_with_salt(salt), &digest, signature)
                }
            }
            .is_ok()
        }
        (Scheme::Ecdsa(_), rfc5912::ID_EC_PUBLIC_KEY) => ecdsa(&der, key, &digest, signature)?,
        (Scheme::Ed25519, rfc8410::ID_ED_25519) => ed25519(key, message, signature)?,
        _ => {
            let message = "the signature is of another kind than the key";
            return Err(Fault::new(codes::ALGORITHM_MISMATCH, message));
        }
    };
    if holds { Ok(()) } else { Err(Fault::new(codes::SIGNATURE, "the signature does not hold")) }
}

fn ecdsa(
    der: &[u8],
    key: &SubjectPublicKeyInfoOwned,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, Fault> {
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
    match curve {
        Some(rfc5912::SECP_256_R_1) => {
            let key = p256::ecdsa::VerifyingKey::from_public_key_der(der).map_err(|_| bad_key())?;
            Ok(p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
        }
        Some(rfc5912::SECP_384_R_1) => {
            let key = p384::ecdsa::VerifyingKey::from_public_key_der(der).map_err(|_| bad_key())?;
            Ok(p384::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()))
        }
        _ => Err(Fault::new(codes::ALGORITHM, "a key on another curve than P-256 and P-384")),
    }
}

fn ed25519(
    key: &SubjectPublicKeyInfoOwned,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Fault> {
    let bytes = key.subject_public_key.as_bytes().and_then(|bytes| bytes.try_into().ok());
    let key = bytes
        .and_then(|bytes: [u8; 32]| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
        .ok_or_else(bad_key)?;
    Ok(ed25519_dalek::Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
}

fn rsa_key(der: &[u8]) -> Result<rsa::PublicKey, Fault> {
    let key = rsa::PublicKey::from_public_key_der(der);
    let bits = key.as_ref().map_or(0, |key| key.n().bit_width());
    match key {
        Ok(key) if bits >= RSA_LEAST_BITS => Ok(key),
        Ok(_) => {
            let message = format!("an RSA key of {bits} bits; {RSA_LEAST_BITS} are the least");
            Err(Fault::new(codes::WEAK, message))
        }
        Err(_) => Err(bad_key()),
    }
}

/// The strength of a key in words, and whether it is good beyond 2030.
pub(crate) fn lasts(key: &SubjectPublicKeyInfoOwned) -> bool {
    let der = key.to_der().unwrap_or_default();
    key.algorithm.oid != rfc5912::RSA_ENCRYPTION
        || rsa_key(&der).is_ok_and(|key| key.n().bit_width() >= RSA_LASTING_BITS)
}

fn bad_key() -> Fault {
    Fault::new(codes::CERTIFICATE_FORM, "a public key cannot be read, or is out of range")
}

/// An object identifier with its name where it has one.
fn name_of(id: &ObjectIdentifier) -> String {
    const_oid::db::DB.by_oid(id).map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
}
