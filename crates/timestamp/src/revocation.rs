//! Certificate revocation lists (RFC 5280, section 5): whether an authority took a certificate back
//! in a way that touches a timestamp.

use crate::certificate::{self, Certificate};
use crate::codes;
use crate::fault::Fault;
use crate::time::date_time;
use crate::tlv::{self, Cursor};
use const_oid::db::rfc5912;
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use x509_cert::crl::{CertificateList, RevokedCert};
use x509_cert::ext::pkix::CrlReason;
use x509_cert::ext::pkix::crl::dp::IssuingDistributionPoint;

/// The label of a list in PEM.
const LABEL: &str = "X509 CRL";

/// A revocation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crl {
    /// Its DER.
    pub der: Vec<u8>,
    signed: Vec<u8>,
    algorithm: Vec<u8>,
    parsed: CertificateList,
}

/// Reads a file of revocation lists: PEM, or the DER of a single one.
///
/// # Errors
/// Where one of them cannot be read, or there is none.
pub fn read_file(bytes: &[u8]) -> Result<Vec<Crl>, Fault> {
    let found = certificate::blocks(bytes, &[LABEL], codes::CRL_FORM)?;
    found.iter().map(|der| Crl::read(der)).collect()
}

impl Crl {
    /// Reads the DER of one list.
    ///
    /// # Errors
    /// Where it is none, or not in DER.
    pub fn read(der: &[u8]) -> Result<Self, Fault> {
        let parsed = CertificateList::from_der(der).map_err(|error| {
            Fault::new(codes::CRL_FORM, format!("a revocation list cannot be read: {error}"))
        })?;
        let mut all = Cursor::new(der, codes::CRL_FORM, "a revocation list");
        let mut parts = all.open(tlv::SEQUENCE, "a revocation list")?;
        let signed = parts.any()?.whole.to_vec();
        let algorithm = parts.any()?.whole.to_vec();
        if parsed.tbs_cert_list.signature != parsed.signature_algorithm {
            let message = "a revocation list names two different algorithms of its signature";
            return Err(Fault::new(codes::ALGORITHM_MISMATCH, message));
        }
        Ok(Self { der: der.to_vec(), signed, algorithm, parsed })
    }

    /// The list as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        certificate::pem(LABEL, &self.der)
    }

    fn issuer_der(&self) -> Vec<u8> {
        self.parsed.tbs_cert_list.issuer.to_der().unwrap_or_default()
    }

    /// Signed by the issuer, who may sign lists.
    fn signed_by(&self, issuer: &Certificate) -> Result<(), Fault> {
        let name = issuer.subject();
        if issuer.uses()?.key.is_some_and(|usage| !usage.crl_sign()) {
            let message = format!("{name} may not sign revocation lists");
            return Err(Fault::new(codes::CRL_SIGNATURE, message));
        }
        let signature = self.parsed.signature.as_bytes().unwrap_or_default();
        let held = certificate::signed(&self.algorithm, issuer, &self.signed, signature);
        held.map_err(|fault| match fault.code {
            codes::SIGNATURE => Fault::new(
                codes::CRL_SIGNATURE,
                format!("the revocation list of {name} is not signed by it"),
            ),
            _ => fault,
        })
    }

    /// Whole lists only: one that covers some reasons, or changes since another list, leaves open
    /// whether the certificate was revoked. `false`: a whole list, of other certificates.
    fn covers(&self, authority: bool) -> Result<bool, Fault> {
        let unknown = |what: String| Err(Fault::new(codes::CRL_SCOPE, what));
        let extensions = self.parsed.tbs_cert_list.crl_extensions.clone().unwrap_or_default();
        for extension in &extensions {
            if extension.extn_id == rfc5912::ID_CE_ISSUING_DISTRIBUTION_POINT {
                let Ok(scope) = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes())
                else {
                    return unknown("the scope of a revocation list cannot be read".into());
                };
                if scope.indirect_crl || scope.only_some_reasons.is_some() {
                    return unknown("a revocation list that covers a part only".into());
                }
                if scope.only_contains_attribute_certs
                    || (scope.only_contains_user_certs && authority)
                    || (scope.only_contains_ca_certs && !authority)
                {
                    return Ok(false);
                }
            } else if extension.critical {
                let id = extension.extn_id;
                return unknown(format!("a revocation list with the critical extension {id}"));
            }
        }
        Ok(true)
    }

    /// It must say something about that time: made after it, or valid at it.
    fn fresh_at(&self, seconds: u64) -> Result<(), Fault> {
        let list = &self.parsed.tbs_cert_list;
        let made = list.this_update.to_unix_duration().as_secs();
        let ends = list.next_update.map_or(made, |time| time.to_unix_duration().as_secs());
        if made >= seconds || ends >= seconds {
            return Ok(());
        }
        let message = format!("the revocation list ended on {}", date_time(ends));
        Err(Fault::new(codes::CRL_STALE, message))
    }
}

/// Whether `crls` clear `certificate`, issued by `issuer`, for a signature at `seconds`: `false`
/// where no list is about it.
pub(crate) fn cleared(
    certificate: &Certificate,
    issuer: &Certificate,
    crls: &[Crl],
    seconds: u64,
) -> Result<bool, Fault> {
    let authority = certificate.uses()?.basic.is_some_and(|basic| basic.ca);
    let mut cleared = false;
    for crl in crls.iter().filter(|crl| crl.issuer_der() == certificate.issuer_der()) {
        crl.signed_by(issuer)?;
        if !crl.covers(authority)? {
            continue;
        }
        let revoked = crl.parsed.tbs_cert_list.revoked_certificates.iter().flatten();
        for entry in revoked.filter(|entry| entry.serial_number.as_bytes() == certificate.serial())
        {
            touched(entry, certificate, seconds)?;
        }
        crl.fresh_at(seconds)?;
        cleared = true;
    }
    Ok(cleared)
}

/// RFC 3161, section 4: what was signed before the revocation stays valid where the reason says
/// that the key was not compromised (unspecified, affiliation changed, superseded, cessation);
/// with any other reason, or none stated, every token of that key is invalid.
fn touched(entry: &RevokedCert, certificate: &Certificate, seconds: u64) -> Result<(), Fault> {
    let name = certificate.subject();
    let at = entry.revocation_date.to_unix_duration().as_secs();
    let mut harmless = false;
    for extension in entry.crl_entry_extensions.iter().flatten() {
        if extension.extn_id == CRL_REASONS {
            let reason = CrlReason::from_der(extension.extn_value.as_bytes());
            harmless = matches!(
                reason,
                Ok(CrlReason::Unspecified
                    | CrlReason::AffiliationChanged
                    | CrlReason::Superseded
                    | CrlReason::CessationOfOperation)
            );
        } else if extension.critical {
            let message = format!("the entry about {name} has a critical extension not known");
            return Err(Fault::new(codes::CRL_SCOPE, message));
        }
    }
    if harmless && seconds < at {
        return Ok(());
    }
    let when = if harmless { "before the timestamp" } else { "in a way that ends all its tokens" };
    let message = format!("the certificate of {name} was revoked on {}, {when}", date_time(at));
    Err(Fault::new(codes::REVOKED, message))
}

const CRL_REASONS: ObjectIdentifier = rfc5912::ID_CE_CRL_REASONS;
