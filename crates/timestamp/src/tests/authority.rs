//! An authority that signs whatever it is told to: certificates, revocation lists, tokens.

use crate::algorithm::Hash;
use crate::certificate::Certificate;
use crate::request::Question;
use crate::revocation::Crl;
use crate::tlv::{self, OCTET_STRING, SEQUENCE, SET, context, element};
use crate::token;
use crate::verify::Given;
use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;

pub(crate) fn id(text: &str) -> Vec<u8> {
    tlv::object_id(&ObjectIdentifier::new_unwrap(text))
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

pub(crate) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(crate) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
pub(crate) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";

/// A name with a key that its number fixes.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) name: &'static str,
    key: SigningKey,
}

impl Party {
    pub(crate) fn new(name: &'static str, number: u8) -> Self {
        Self { name, key: SigningKey::from_slice(&[number; 32]).unwrap() }
    }

    pub(crate) fn name(&self) -> Vec<u8> {
        let value = element(0x0c, &[self.name.as_bytes()]);
        sequence(&[&element(SET, &[&sequence(&[&id("2.5.4.3"), &value])])])
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.key.sign(message);
        signature.to_der().as_bytes().to_vec()
    }

    fn signed(&self, body: &[u8], algorithm: &[u8]) -> Vec<u8> {
        let signature = [&[0][..], &self.sign(body)].concat();
        sequence(&[body, algorithm, &element(tlv::BIT_STRING, &[&signature])])
    }
}

/// What a certificate says.
#[derive(Clone)]
pub(crate) struct Issue {
    pub(crate) serial: u8,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// `None`: no basic constraints. `Some(None)`: an authority without a limit to its path.
    pub(crate) authority: Option<Option<u8>>,
    /// Key usage as the bits of its first byte.
    pub(crate) usage: Option<u8>,
    pub(crate) purposes: Option<(bool, Vec<&'static str>)>,
    pub(crate) extra: Option<(&'static str, bool)>,
    pub(crate) algorithm: &'static str,
}

pub(crate) const SIGN: u8 = 0x80;
pub(crate) const ISSUE: u8 = 0x06;

impl Issue {
    pub(crate) fn tsa(serial: u8) -> Self {
        Self {
            serial,
            from: "20240101000000Z",
            to: "20340101000000Z",
            authority: None,
            usage: Some(SIGN),
            purposes: Some((true, vec![TIME_STAMPING])),
            extra: None,
            algorithm: ECDSA_SHA256,
        }
    }

    pub(crate) fn ca(serial: u8) -> Self {
        Self { authority: Some(None), usage: Some(ISSUE), purposes: None, ..Self::tsa(serial) }
    }

    fn extensions(&self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut add = |oid: &str, critical: bool, value: &[u8]| {
            let flag = if critical { element(tlv::BOOLEAN, &[&[0xff]]) } else { Vec::new() };
            all.extend(sequence(&[&id(oid), &flag, &element(OCTET_STRING, &[value])]));
        };
        if let Some(limit) = self.authority {
            let limit = limit.map(|most| tlv::unsigned(&[most])).unwrap_or_default();
            add("2.5.29.19", true, &sequence(&[&element(tlv::BOOLEAN, &[&[0xff]]), &limit]));
        }
        if let Some(bits) = self.usage {
            let unused = u8::try_from(bits.trailing_zeros()).unwrap();
            add("2.5.29.15", true, &element(tlv::BIT_STRING, &[&[unused, bits]]));
        }
        if let Some((critical, purposes)) = &self.purposes {
            let ids: Vec<u8> = purposes.iter().flat_map(|purpose| id(purpose)).collect();
            add("2.5.29.37", *critical, &sequence(&[&ids]));
        }
        if let Some((oid, critical)) = self.extra {
            add(oid, critical, &sequence(&[]));
        }
        all
    }

    /// The certificate of `subject`, issued by `issuer`.
    pub(crate) fn to(&self, subject: &Party, issuer: &Party) -> Certificate {
        Certificate::read(&self.der(subject, issuer)).unwrap()
    }

    pub(crate) fn der(&self, subject: &Party, issuer: &Party) -> Vec<u8> {
        let algorithm = sequence(&[&id(self.algorithm)]);
        let key = p256::ecdsa::VerifyingKey::from(&subject.key);
        let key = p256::PublicKey::from(key).to_public_key_der().unwrap();
        let validity = sequence(&[&time(self.from), &time(self.to)]);
        let body = sequence(&[
            &element(context(0), &[&tlv::unsigned(&[2])]),
            &tlv::unsigned(&[self.serial]),
            &algorithm,
            &issuer.name(),
            &validity,
            &subject.name(),
            key.as_bytes(),
            &element(context(3), &[&sequence(&[&self.extensions()])]),
        ]);
        issuer.signed(&body, &algorithm)
    }
}

/// Certificates give years up to 2049 with two digits (RFC 5280, section 4.1.2.5).
fn time(text: &str) -> Vec<u8> {
    element(0x17, &[&text.as_bytes()[2..]])
}

/// A revocation list.
#[derive(Clone)]
pub(crate) struct List {
    pub(crate) made: &'static str,
    pub(crate) next: &'static str,
    /// Serial, day, reason.
    pub(crate) entries: Vec<(u8, &'static str, Option<u8>)>,
    /// An extension with DER of its value.
    pub(crate) extension: Option<(&'static str, Vec<u8>)>,
}

impl List {
    pub(crate) fn new(entries: Vec<(u8, &'static str, Option<u8>)>) -> Self {
        Self { made: "20260701000000Z", next: "20260801000000Z", entries, extension: None }
    }

    /// The list that `named` seems to give, signed by `signer`.
    pub(crate) fn to(&self, named: &Party, signer: &Party) -> Crl {
        let algorithm = sequence(&[&id(ECDSA_SHA256)]);
        let mut entries = Vec::new();
        for (serial, day, reason) in &self.entries {
            let extensions = reason.map(|reason| {
                let value = element(OCTET_STRING, &[&element(0x0a, &[&[reason]])]);
                sequence(&[&sequence(&[&id("2.5.29.21"), &value])])
            });
            let parts = (tlv::unsigned(&[*serial]), time(day), extensions.unwrap_or_default());
            entries.extend(sequence(&[&parts.0, &parts.1, &parts.2]));
        }
        let entries = if entries.is_empty() { entries } else { sequence(&[&entries]) };
        let extensions = self.extension.as_ref().map(|(oid, value)| {
            let critical = element(tlv::BOOLEAN, &[&[0xff]]);
            let value = element(OCTET_STRING, &[value]);
            let one = sequence(&[&id(oid), &critical, &value]);
            element(context(0), &[&sequence(&[&one])])
        });
        let body = sequence(&[
            &tlv::unsigned(&[1]),
            &algorithm,
            &named.name(),
            &time(self.made),
            &time(self.next),
            &entries,
            &extensions.unwrap_or_default(),
        ]);
        Crl::read(&signer.signed(&body, &algorithm)).unwrap()
    }
}

/// A token, every part of which can be spoiled.
#[derive(Clone)]
pub(crate) struct Stamp {
    pub(crate) party: Party,
    pub(crate) certificate: Certificate,
    /// What stands in the token as certificates.
    pub(crate) enclosed: Vec<Vec<u8>>,
    pub(crate) status: u8,
    pub(crate) content_type: &'static str,
    pub(crate) version: u8,
    pub(crate) policy: &'static str,
    pub(crate) hash: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) time: &'static [u8],
    pub(crate) accuracy: Vec<u8>,
    pub(crate) nonce: Option<Vec<u8>>,
    pub(crate) named: Option<Party>,
    pub(crate) extensions: Vec<u8>,
    /// The value of the content type attribute.
    pub(crate) says: Option<&'static str>,
    /// What the digest attribute is of; `None`: of the content.
    pub(crate) digest_of: Option<Vec<u8>>,
    pub(crate) without_digest: bool,
    /// What the certificate attribute is of; `None`: no such attribute.
    pub(crate) names_certificate: Option<Vec<u8>>,
    /// Whether it is named by SHA-1.
    pub(crate) first_version: bool,
    pub(crate) twice: bool,
    pub(crate) disordered: bool,
    pub(crate) without_attributes: bool,
    pub(crate) digest_algorithm: Vec<u8>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) signers: usize,
    pub(crate) spoil_signature: bool,
}

pub(crate) const CHECKPOINT: &[u8] = b"casefile/example/01234567\n7\nroot\n\nsigned\n";
pub(crate) const NONCE: [u8; 4] = [0x91, 2, 3, 4];

impl Stamp {
    fn statement(&self) -> Vec<u8> {
        let digest = element(OCTET_STRING, &[&self.digest]);
        let named = self.named.as_ref();
        let named =
            named.map(|party| element(context(0), &[&element(context(4), &[&party.name()])]));
        sequence(&[
            &tlv::unsigned(&[self.version]),
            &id(self.policy),
            &sequence(&[&self.hash, &digest]),
            &tlv::unsigned(&[42]),
            &element(tlv::GENERALIZED_TIME, &[self.time]),
            &self.accuracy,
            &self.nonce.as_ref().map(|nonce| tlv::unsigned(nonce)).unwrap_or_default(),
            &named.unwrap_or_default(),
            &self.extensions,
        ])
    }

    fn attributes(&self, statement: &[u8]) -> Vec<u8> {
        let attribute = |oid: &str, value: &[u8]| sequence(&[&id(oid), &element(SET, &[value])]);
        let mut all = Vec::new();
        if let Some(says) = self.says {
            all.push(attribute("1.2.840.113549.1.9.3", &id(says)));
        }
        let of = self.digest_of.clone().unwrap_or_else(|| statement.to_vec());
        if !self.without_digest {
            let digest = element(OCTET_STRING, &[&Hash::Sha256.of(&of)]);
            all.push(attribute("1.2.840.113549.1.9.4", &digest));
        }
        if let Some(der) = &self.names_certificate {
            let (oid, digest) = if self.first_version {
                let digest = <sha1::Sha1 as sha2::Digest>::digest(der).to_vec();
                ("1.2.840.113549.1.9.16.2.12", digest)
            } else {
                ("1.2.840.113549.1.9.16.2.47", Hash::Sha256.of(der))
            };
            let one = sequence(&[&element(OCTET_STRING, &[&digest])]);
            all.push(attribute(oid, &sequence(&[&sequence(&[&one])])));
        }
        if self.twice {
            all.push(attribute("1.2.840.113549.1.9.3", &id("1.2.3")));
        }
        all.sort();
        if self.disordered {
            all.reverse();
        }
        all.concat()
    }

    pub(crate) fn token(&self) -> Vec<u8> {
        let statement = self.statement();
        let attributes = self.attributes(&statement);
        let mut signature = self.party.sign(&element(SET, &[&attributes]));
        if self.spoil_signature {
            *signature.last_mut().unwrap() ^= 1;
        }
        let issuer = self.certificate.issuer_der();
        let marked = element(context(0), &[&attributes]);
        let signer = sequence(&[
            &tlv::unsigned(&[1]),
            &sequence(&[&issuer, &element(tlv::INTEGER, &[self.certificate.serial()])]),
            &self.digest_algorithm,
            if self.without_attributes { &[] } else { &marked },
            &self.algorithm,
            &element(OCTET_STRING, &[&signature]),
        ]);
        let octets = element(OCTET_STRING, &[&statement]);
        let content = sequence(&[&id(self.content_type), &element(context(0), &[&octets])]);
        let data = sequence(&[
            &tlv::unsigned(&[3]),
            &element(SET, &[&self.digest_algorithm]),
            &content,
            &element(context(0), &[&self.enclosed.concat()]),
            &element(SET, &[&signer.repeat(self.signers)]),
        ]);
        sequence(&[&id("1.2.840.113549.1.7.2"), &element(context(0), &[&data])])
    }

    pub(crate) fn reply(&self) -> Vec<u8> {
        let status = sequence(&[&tlv::unsigned(&[self.status])]);
        if self.status > 1 {
            let words = sequence(&[&element(0x0c, &[b"not today"])]);
            return sequence(&[&sequence(&[&tlv::unsigned(&[self.status]), &words])]);
        }
        sequence(&[&status, &self.token()])
    }
}

/// Everything that a check gets, all of it good.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) stamp: Stamp,
    pub(crate) question: Question,
    pub(crate) given: Given,
}

pub(crate) fn root() -> Party {
    Party::new("Root of Trust", 1)
}
pub(crate) fn middle() -> Party {
    Party::new("Issuing Authority", 2)
}
pub(crate) fn clock() -> Party {
    Party::new("Clock One", 3)
}

/// A token of Clock One, issued by the Issuing Authority, issued by the root, of 2026-06-15.
pub(crate) fn good() -> Scene {
    let certificate = Issue::tsa(30).to(&clock(), &middle());
    let issuing = Issue::ca(20).to(&middle(), &root());
    let stamp = Stamp {
        party: clock(),
        enclosed: vec![certificate.der.clone(), issuing.der],
        status: 0,
        content_type: "1.2.840.113549.1.9.16.1.4",
        version: 1,
        policy: "1.2.3.4.1",
        hash: Hash::Sha256.algorithm(),
        digest: Hash::Sha256.of(CHECKPOINT),
        time: b"20260615120000.25Z",
        accuracy: sequence(&[
            &tlv::unsigned(&[1]),
            &element(0x80, &[&[1, 244]]),
            &element(0x81, &[&[100]]),
        ]),
        nonce: Some(NONCE.to_vec()),
        named: Some(clock()),
        extensions: Vec::new(),
        says: Some("1.2.840.113549.1.9.16.1.4"),
        digest_of: None,
        without_digest: false,
        names_certificate: Some(certificate.der.clone()),
        first_version: false,
        twice: false,
        disordered: false,
        without_attributes: false,
        digest_algorithm: Hash::Sha256.algorithm(),
        algorithm: sequence(&[&id(ECDSA_SHA256)]),
        signers: 1,
        spoil_signature: false,
        certificate,
    };
    let question = Question {
        hash: Hash::Sha256,
        digest: Hash::Sha256.of(CHECKPOINT),
        nonce: Some(NONCE.to_vec()),
        policy: Some("1.2.3.4.1".into()),
    };
    let given = Given {
        roots: vec![Issue::ca(10).to(&root(), &root())],
        others: Vec::new(),
        crls: Vec::new(),
    };
    Scene { stamp, question, given }
}

impl Scene {
    /// Gives the clock another certificate, in the token and its attributes too.
    pub(crate) fn certify(&mut self, issue: &Issue) {
        self.certify_by(issue, &middle());
    }

    pub(crate) fn certify_by(&mut self, issue: &Issue, issuer: &Party) {
        let certificate = issue.to(&clock(), issuer);
        self.stamp.names_certificate = Some(certificate.der.clone());
        if let Some(first) = self.stamp.enclosed.first_mut() {
            first.clone_from(&certificate.der);
        }
        self.stamp.certificate = certificate;
    }

    /// Gives the issuing authority another certificate.
    pub(crate) fn issue(&mut self, issue: &Issue) {
        self.stamp.enclosed.truncate(1);
        self.stamp.enclosed.push(issue.to(&middle(), &root()).der);
    }

    /// The verdict on the reply: its code, or the time.
    pub(crate) fn verdict(&self) -> Result<crate::Verified, crate::Fault> {
        let reply = self.stamp.reply();
        self.verdict_on(token::of_reply(&reply)?)
    }

    pub(crate) fn verdict_on(&self, token: &[u8]) -> Result<crate::Verified, crate::Fault> {
        crate::verify(&token::parse(token)?, &self.question, &self.given)
    }
}
