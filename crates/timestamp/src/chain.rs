//! From a signer's certificate to a trusted root (RFC 5280, section 6), at the time of a timestamp.

use crate::certificate::Certificate;
use crate::codes;
use crate::fault::Fault;
use crate::revocation::{self, Crl};
use crate::token::TIME_STAMPING;
use const_oid::db::rfc5912;
use std::collections::VecDeque;

/// Most certificates in a chain, signer and root included. Real ones have three or four.
const PATH_LIMIT: usize = 8;

/// Most signatures tried while looking for a chain: each takes up to a millisecond, and hostile
/// certificates could be arranged to make the number of paths grow without end.
const TRIES_LIMIT: usize = 200;

/// The certificates from `signer` to a root of `roots`, each valid at `seconds`, each issued by the
/// next, who may issue; the root last.
///
/// # Errors
/// The first thing that keeps the nearest candidate from being a chain.
pub(crate) fn build<'a>(
    signer: &'a Certificate,
    others: &'a [Certificate],
    roots: &'a [Certificate],
    seconds: u64,
) -> Result<Vec<&'a Certificate>, Fault> {
    signer.valid_at(seconds)?;
    signer.known_extensions()?;
    if roots.contains(signer) {
        return Ok(vec![signer]);
    }
    let mut missing = None;
    let mut tries = 0;
    let mut paths = VecDeque::from([vec![signer]]);
    while let Some(path) = paths.pop_front() {
        let Some(last) = path.last() else { continue };
        let wanted = last.issuer_der();
        let candidates = roots.iter().map(|root| (root, true));
        let candidates = candidates.chain(others.iter().map(|other| (other, false)));
        for (issuer, trusted) in candidates.filter(|(one, _)| one.subject_der() == wanted) {
            if path.contains(&issuer) || path.len() >= PATH_LIMIT {
                continue;
            }
            tries += 1;
            if tries > TRIES_LIMIT {
                let message = format!("more than {TRIES_LIMIT} ways to a root");
                return Err(Fault::new(codes::CHAIN_MISSING, message));
            }
            match issues(issuer, last, path.len(), seconds) {
                Ok(()) => {
                    let mut longer = path.clone();
                    longer.push(issuer);
                    if trusted {
                        return Ok(longer);
                    }
                    paths.push_back(longer);
                }
                Err(fault) => missing = missing.or(Some(fault)),
            }
        }
    }
    Err(missing.unwrap_or_else(|| {
        let message = format!("no given root leads to {}", signer.subject());
        Fault::new(codes::CHAIN_MISSING, message)
    }))
}

/// Whether `issuer` issued `subject`, below which `beneath` certificates stand, and may.
fn issues(
    issuer: &Certificate,
    subject: &Certificate,
    beneath: usize,
    seconds: u64,
) -> Result<(), Fault> {
    subject.signed_by(issuer)?;
    issuer.valid_at(seconds)?;
    issuer.known_extensions()?;
    let (uses, name) = (issuer.uses()?, issuer.subject());
    let not = |why: &str| Err(Fault::new(codes::ISSUER, format!("{name} {why}")));
    let Some(basic) = uses.basic.filter(|basic| basic.ca) else {
        return not("is no certification authority");
    };
    if uses.key.is_some_and(|usage| !usage.key_cert_sign()) {
        return not("may not sign certificates");
    }
    let purposes = uses.extended.map(|(_, purposes)| purposes.0);
    let any = [TIME_STAMPING, rfc5912::ANY_EXTENDED_KEY_USAGE];
    if purposes.is_some_and(|purposes| !purposes.iter().any(|purpose| any.contains(purpose))) {
        return not("may not issue certificates for timestamps");
    }
    // Authorities beneath it, the signer not counted (RFC 5280, section 4.2.1.9). Those that issued
    // themselves do not count there; here they do, which is stricter and met by no real chain.
    if basic.path_len_constraint.is_some_and(|most| beneath > usize::from(most) + 1) {
        let message = format!("{name} may not stand that high in a chain");
        return Err(Fault::new(codes::PATH_LENGTH, message));
    }
    Ok(())
}

/// The certificates of `path` that no revocation list clears, the root left out: nobody revokes it.
///
/// # Errors
/// Where one is revoked, or a list about it does not hold.
pub(crate) fn uncleared(
    path: &[&Certificate],
    crls: &[Crl],
    seconds: u64,
) -> Result<Vec<String>, Fault> {
    let mut open = Vec::new();
    for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
        if !revocation::cleared(certificate, issuer, crls, seconds)? {
            open.push(certificate.subject());
        }
    }
    Ok(open)
}
