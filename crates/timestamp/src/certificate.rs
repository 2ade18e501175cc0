//! Certificates (RFC 5280): read, with the bytes that were signed kept as they came.

use crate::algorithm::{self, Scheme};
use crate::codes;
use crate::fault::Fault;
use crate::tlv::{self, Cursor};
use const_oid::db::rfc5912;
use data_encoding::BASE64;
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};

/// Most bytes of a file of certificates or revocation lists that is read.
pub const FILE_LIMIT_BYTES: usize = 16 << 20;

/// Most certificates or lists in one file. The root store of a system has about 150.
const FILE_LIMIT: usize = 1_000;

/// Critical extensions that are looked at here, or that narrow nothing for a timestamp.
const KNOWN_CRITICAL: [ObjectIdentifier; 5] = [
    rfc5912::ID_CE_BASIC_CONSTRAINTS,
    rfc5912::ID_CE_KEY_USAGE,
    rfc5912::ID_CE_EXT_KEY_USAGE,
    rfc5912::ID_CE_SUBJECT_ALT_NAME,
    // Any policy will do: which policy the token was given under is compared with the request.
    rfc5912::ID_CE_CERTIFICATE_POLICIES,
];

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its DER.
    pub der: Vec<u8>,
    /// First second at which it is valid, since 1970.
    pub not_before: u64,
    /// Last second at which it is valid, since 1970.
    pub not_after: u64,
    /// DER of the part that is signed.
    signed: Vec<u8>,
    algorithm: Vec<u8>,
    parsed: x509_cert::Certificate,
}

impl Certificate {
    /// Reads the DER of one certificate.
    ///
    /// # Errors
    /// Where it is none, or not in DER.
    pub fn read(der: &[u8]) -> Result<Self, Fault> {
        let parsed = x509_cert::Certificate::from_der(der).map_err(|error| {
            Fault::new(codes::CERTIFICATE_FORM, format!("a certificate cannot be read: {error}"))
        })?;
        let mut all = Cursor::new(der, codes::CERTIFICATE_FORM, "a certificate");
        let mut parts = all.open(tlv::SEQUENCE, "a certificate")?;
        let signed = parts.any()?.whole.to_vec();
        let algorithm = parts.any()?.whole.to_vec();
        let validity = parsed.tbs_certificate().validity();
        // The algorithm stands twice, once under the signature (RFC 5280, section 4.1.1.2).
        if parsed.tbs_certificate().signature() != parsed.signature_algorithm() {
            let message = "a certificate names two different algorithms of its signature";
            return Err(Fault::new(codes::ALGORITHM_MISMATCH, message));
        }
        Ok(Self {
            der: der.to_vec(),
            not_before: validity.not_before.to_unix_duration().as_secs(),
            not_after: validity.not_after.to_unix_duration().as_secs(),
            signed,
            algorithm,
            parsed,
        })
    }

    /// The name of whom it is about: its parts as RFC 4514 writes them, in the order in which they
    /// stand.
    pub fn subject(&self) -> String {
        self.parsed.tbs_certificate().subject().to_string()
    }

    /// Whether it names itself as its issuer: a root, where it is trusted.
    pub fn is_self_issued(&self) -> bool {
        self.subject_der() == self.issuer_der()
    }

    /// The certificate as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.der)
    }

    pub(crate) fn subject_der(&self) -> Vec<u8> {
        self.parsed.tbs_certificate().subject().to_der().unwrap_or_default()
    }

    pub(crate) fn issuer_der(&self) -> Vec<u8> {
        self.parsed.tbs_certificate().issuer().to_der().unwrap_or_default()
    }

    pub(crate) fn serial(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    pub(crate) fn key(&self) -> &x509_cert::spki::SubjectPublicKeyInfoOwned {
        self.parsed.tbs_certificate().subject_public_key_info()
    }

    /// Whether its signature is by `issuer`'s key.
    pub(crate) fn signed_by(&self, issuer: &Self) -> Result<(), Fault> {
        let name = self.subject();
        let signature = self.parsed.signature().as_bytes().unwrap_or_default();
        signed(&self.algorithm, issuer, &self.signed, signature).map_err(|fault| match fault.code {
            codes::SIGNATURE => Fault::new(
                codes::CERTIFICATE_SIGNATURE,
                format!("the certificate of {name} is not signed by {}", issuer.subject()),
            ),
            _ => fault,
        })
    }

    /// Whether it was valid at that second.
    pub(crate) fn valid_at(&self, seconds: u64) -> Result<(), Fault> {
        let fault = |code, what: &str, at| {
            let (name, day) = (self.subject(), crate::time::date_time(at));
            let message = format!("the certificate of {name} {what} on {day}");
            Err(Fault::new(code, message))
        };
        if seconds < self.not_before {
            return fault(codes::NOT_YET_VALID, "began only", self.not_before);
        }
        if seconds > self.not_after {
            return fault(codes::EXPIRED, "ended", self.not_after);
        }
        Ok(())
    }

    /// No critical extension but those that are looked at here (RFC 5280, section 4.2).
    pub(crate) fn known_extensions(&self) -> Result<(), Fault> {
        let extensions = self.parsed.tbs_certificate().extensions().cloned().unwrap_or_default();
        for extension in &extensions {
            if extension.critical && !KNOWN_CRITICAL.contains(&extension.extn_id) {
                let (name, id) = (self.subject(), extension.extn_id);
                let message = format!("the certificate of {name} has the critical extension {id}");
                return Err(Fault::new(codes::CERTIFICATE_EXTENSION, message));
            }
        }
        Ok(())
    }

    /// The basic constraints, the key usage, the extended key usage and whether that is critical.
    pub(crate) fn uses(&self) -> Result<Uses, Fault> {
        let tbs = self.parsed.tbs_certificate();
        let bad = |_| {
            let message = format!("an extension of the certificate of {}", self.subject());
            Fault::new(codes::CERTIFICATE_FORM, format!("{message} cannot be read"))
        };
        Ok(Uses {
            basic: tbs.get_extension::<BasicConstraints>().map_err(bad)?.map(|(_, it)| it),
            key: tbs.get_extension::<KeyUsage>().map_err(bad)?.map(|(_, it)| it),
            extended: tbs.get_extension::<ExtendedKeyUsage>().map_err(bad)?,
        })
    }

    pub(crate) fn key_id(&self) -> Option<Vec<u8>> {
        let found = self.parsed.tbs_certificate().get_extension::<SubjectKeyIdentifier>();
        found.ok().flatten().map(|(_, id)| id.0.as_bytes().to_vec())
    }
}

/// What a certificate's key is for.
pub(crate) struct Uses {
    pub(crate) basic: Option<BasicConstraints>,
    pub(crate) key: Option<KeyUsage>,
    pub(crate) extended: Option<(bool, ExtendedKeyUsage)>,
}

/// Whether `signature` over `message` is by the key of `issuer`; `algorithm` is DER.
pub(crate) fn signed(
    algorithm: &[u8],
    issuer: &Certificate,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Fault> {
    algorithm::verify(Scheme::read(algorithm)?, None, issuer.key(), message, signature)
}

/// DER as PEM under a label, 64 characters to a line (RFC 7468, section 2).
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out + &format!("-----END {label}-----\n")
}

/// Reads a file of certificates: PEM, with any words between them, or the DER of a single one.
///
/// # Errors
/// Where one of them cannot be read, or there is none.
pub fn read_file(bytes: &[u8]) -> Result<Vec<Certificate>, Fault> {
    let found = blocks(bytes, &["CERTIFICATE"], codes::CERTIFICATE_FORM)?;
    found.iter().map(|der| Certificate::read(der)).collect()
}

/// The DER of each PEM block with one of these labels, or the bytes themselves where they are DER.
pub(crate) fn blocks(
    bytes: &[u8],
    labels: &[&str],
    code: &'static str,
) -> Result<Vec<Vec<u8>>, Fault> {
    let bad = |why: &str| Fault::new(code, format!("the file: {why}"));
    if bytes.len() > FILE_LIMIT_BYTES {
        return Err(bad(&format!("longer than {FILE_LIMIT_BYTES} bytes")));
    }
    if bytes.first() == Some(&tlv::SEQUENCE) {
        return Ok(vec![bytes.to_vec()]);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| bad("neither PEM nor DER"))?;
    let (mut found, mut open): (Vec<Vec<u8>>, Option<(&str, String)>) = (Vec::new(), None);
    for line in text.lines().map(str::trim) {
        let marked = |mark: &str| line.strip_prefix(mark)?.strip_suffix("-----");
        if let Some(label) = marked("-----BEGIN ") {
            open =
                labels.iter().find(|known| **known == label).map(|known| (*known, String::new()));
        } else if let Some(label) = marked("-----END ") {
            if let Some((opened, base64)) = open.take() {
                let der = BASE64.decode(base64.as_bytes());
                let der = der.ok().filter(|_| opened == label);
                found.push(der.ok_or_else(|| bad("a PEM block that is damaged"))?);
            }
        } else if let Some((_, base64)) = &mut open {
            base64.push_str(line);
        }
    }
    if open.is_some() {
        return Err(bad("a PEM block without its end"));
    }
    match found.len() {
        0 => Err(bad(&format!("no {} in it", labels.first().unwrap_or(&"block")))),
        1..=FILE_LIMIT => Ok(found),
        _ => Err(bad(&format!("more than {FILE_LIMIT} in it"))),
    }
}
