//! Every way to forge or break a token that we could think of, each under its own code.

use super::authority::{
    CODE_SIGNING, ISSUE, Issue, List, Party, SIGN, Scene, TIME_STAMPING, clock, good, id, middle,
    root, sequence,
};
use crate::algorithm::Hash;
use crate::tlv::{self, OCTET_STRING, context, element};
use crate::{codes, request, token};
use std::collections::BTreeSet;

type Change = fn(&mut Scene);

#[test]
fn what_is_good_holds() {
    let verified = good().verdict().unwrap();
    assert_eq!(verified.authority, "CN=Clock One");
    assert_eq!(verified.time.to_string(), "2026-06-15T12:00:00.25Z");
    assert_eq!(verified.accuracy_micros, Some(1_500_100));
    assert_eq!(verified.policy, "1.2.3.4.1");
    assert_eq!(verified.serial, [42]);
    assert_eq!(verified.chain.len(), 3);
    assert_eq!(verified.unchecked, ["CN=Clock One", "CN=Issuing Authority"]);
    assert_eq!(crate::time::date_time(verified.renew_by), "2034-01-01T00:00:00Z");
    let bytes = request::request(&good().question).unwrap();
    assert_eq!(request::parse(&bytes), Ok(good().question));
}

/// Variations that hold too: what real authorities do differently.
#[test]
fn variations_that_hold() {
    let table: &[(&str, Change)] = &[
        ("granted with modifications", |s| s.stamp.status = 1),
        ("no accuracy", |s| s.stamp.accuracy.clear()),
        ("no name of the authority", |s| s.stamp.named = None),
        ("certificate named by SHA-1", |s| s.stamp.first_version = true),
        ("certificates in another order", |s| s.stamp.enclosed.reverse()),
        ("certificates given, none enclosed", |s| {
            let issuing = Issue::ca(20).to(&middle(), &root());
            s.given.others = vec![s.stamp.certificate.clone(), issuing];
            s.stamp.enclosed.clear();
        }),
        ("an extension that is not critical", |s| {
            let value = element(OCTET_STRING, &[&[5, 0]]);
            let one = sequence(&[&id("1.2.3.4"), &value]);
            s.stamp.extensions = element(context(1), &[&one]);
        }),
        ("no policy asked", |s| s.question.policy = None),
        ("no nonce asked, none given", |s| {
            s.question.nonce = None;
            s.stamp.nonce = None;
        }),
        ("no key usage", |s| s.certify(&Issue { usage: None, ..Issue::tsa(30) })),
        ("the root itself issued it", |s| s.certify_by(&Issue::tsa(30), &root())),
        ("the signer itself is trusted", |s| s.given.roots = vec![s.stamp.certificate.clone()]),
        ("path length met", |s| {
            s.given.roots =
                vec![Issue { authority: Some(Some(1)), ..Issue::ca(10) }.to(&root(), &root())];
        }),
        ("superseded after the timestamp", |s| {
            let list = List::new(vec![(30, "20260620000000Z", Some(4))]);
            s.given.crls = vec![list.to(&middle(), &middle())];
        }),
        ("another certificate revoked", |s| {
            let list = List::new(vec![(31, "20260101000000Z", Some(1))]);
            s.given.crls = vec![list.to(&middle(), &middle())];
        }),
        ("a list of another authority", |s| {
            let other = Party::new("Somebody Else", 9);
            s.given.crls = vec![List::new(vec![(30, "20260101000000Z", None)]).to(&other, &other)];
        }),
    ];
    for (name, change) in table {
        let mut scene = good();
        change(&mut scene);
        assert_eq!(scene.verdict().err(), None, "{name}");
    }
}

#[test]
fn lists_of_both_authorities_leave_nothing_unchecked() {
    let mut scene = good();
    let empty = List::new(Vec::new());
    scene.given.crls = vec![empty.to(&middle(), &middle()), empty.to(&root(), &root())];
    assert!(scene.verdict().unwrap().unchecked.is_empty());
}

/// The forgeries, each with the code it must be refused under.
const FORGERIES: &[(&str, &str, Change)] = &[
    ("the authority refused", codes::REFUSED, |s| s.stamp.status = 2),
    ("another content type", codes::CONTENT, |s| s.stamp.content_type = "1.2.840.113549.1.7.1"),
    ("version 2", codes::VERSION, |s| s.stamp.version = 2),
    ("a time with an offset", codes::TIME_FORM, |s| s.stamp.time = b"20260615120000+0200"),
    ("a time in the thirteenth month", codes::TIME_FORM, |s| s.stamp.time = b"20261315120000Z"),
    ("an unknown critical extension", codes::EXTENSION, |s| {
        let flag = element(tlv::BOOLEAN, &[&[0xff]]);
        let one = sequence(&[&id("1.2.3.4"), &flag, &element(OCTET_STRING, &[&[5, 0]])]);
        s.stamp.extensions = element(context(1), &[&one]);
    }),
    ("a timestamp of other bytes", codes::IMPRINT, |s| {
        s.stamp.digest = Hash::Sha256.of(b"another checkpoint");
    }),
    ("another kind of digest", codes::IMPRINT_HASH, |s| {
        s.stamp.hash = Hash::Sha512.algorithm();
        s.stamp.digest = Hash::Sha512.of(super::authority::CHECKPOINT);
    }),
    ("a digest of the wrong length", codes::FORM, |s| s.stamp.digest = vec![7; 20]),
    ("a SHA-1 imprint", codes::WEAK, |s| {
        s.stamp.hash = sequence(&[&id("1.3.14.3.2.26")]);
        s.stamp.digest = vec![7; 20];
    }),
    ("no nonce", codes::NONCE_MISSING, |s| s.stamp.nonce = None),
    ("the nonce of another request", codes::NONCE, |s| s.stamp.nonce = Some(vec![1])),
    ("a nonce that nobody sent", codes::NONCE, |s| s.question.nonce = None),
    ("another policy", codes::POLICY, |s| s.stamp.policy = "1.2.3.4.2"),
    ("an accuracy of a thousand milliseconds", codes::FORM, |s| {
        s.stamp.accuracy = sequence(&[&element(0x80, &[&[3, 232]])]);
    }),
    ("nobody signed", codes::SIGNERS, |s| s.stamp.signers = 0),
    ("two signers", codes::SIGNERS, |s| s.stamp.signers = 2),
    ("no certificate of the signer", codes::SIGNER_MISSING, |s| {
        s.stamp.enclosed.remove(0);
    }),
    ("no signed attributes", codes::ATTRIBUTES_MISSING, |s| s.stamp.without_attributes = true),
    ("signed attributes out of order", codes::ATTRIBUTES_ORDER, |s| s.stamp.disordered = true),
    ("a signed attribute twice", codes::ATTRIBUTE_TWICE, |s| s.stamp.twice = true),
    ("no signed content type", codes::CONTENT_TYPE, |s| s.stamp.says = None),
    ("another signed content type", codes::CONTENT_TYPE, |s| s.stamp.says = Some("1.2.3")),
    ("no signed digest", codes::DIGEST_MISSING, |s| s.stamp.without_digest = true),
    ("the digest of another statement", codes::DIGEST, |s| s.stamp.digest_of = Some(vec![1])),
    ("no certificate in the attributes", codes::CERTIFICATE_ID_MISSING, |s| {
        s.stamp.names_certificate = None;
    }),
    ("another certificate in the attributes", codes::CERTIFICATE_ID, |s| {
        s.stamp.names_certificate = Some(b"another".to_vec());
    }),
    ("the same, by SHA-1", codes::CERTIFICATE_ID, |s| {
        s.stamp.names_certificate = Some(b"another".to_vec());
        s.stamp.first_version = true;
    }),
    ("another certificate of the same key", codes::CERTIFICATE_ID, |s| {
        let other = Issue { to: "20330101000000Z", ..Issue::tsa(30) };
        s.stamp.names_certificate = Some(other.to(&clock(), &middle()).der);
    }),
    ("the name of another authority", codes::AUTHORITY, |s| {
        s.stamp.named = Some(Party::new("Clock Two", 9));
    }),
    ("a signature with one bit changed", codes::SIGNATURE, |s| s.stamp.spoil_signature = true),
    ("signed by another key", codes::SIGNATURE, |s| s.stamp.party = Party::new("Clock One", 9)),
    ("a signature with SHA-1", codes::WEAK, |s| {
        s.stamp.algorithm = sequence(&[&id("1.2.840.10045.4.1")]);
    }),
    ("digested with MD5", codes::WEAK, |s| {
        s.stamp.digest_algorithm = sequence(&[&id("1.2.840.113549.2.5")]);
    }),
    ("an unknown signature algorithm", codes::ALGORITHM, |s| {
        s.stamp.algorithm = sequence(&[&id("1.2.3.4.5")]);
    }),
    ("signature and digest disagree", codes::ALGORITHM_MISMATCH, |s| {
        s.stamp.algorithm = sequence(&[&id("1.2.840.10045.4.3.4")]);
    }),
    ("an RSA signature by an ECDSA key", codes::ALGORITHM_MISMATCH, |s| {
        s.stamp.algorithm = sequence(&[&id("1.2.840.113549.1.1.11")]);
    }),
    ("a certificate without a purpose", codes::PURPOSE_MISSING, |s| {
        s.certify(&Issue { purposes: None, ..Issue::tsa(30) });
    }),
    ("a certificate for code", codes::PURPOSE_MISSING, |s| {
        s.certify(&Issue { purposes: Some((true, vec![CODE_SIGNING])), ..Issue::tsa(30) });
    }),
    ("a certificate for two purposes", codes::PURPOSE_NOT_SOLE, |s| {
        let both = vec![TIME_STAMPING, CODE_SIGNING];
        s.certify(&Issue { purposes: Some((true, both)), ..Issue::tsa(30) });
    }),
    ("a purpose that is not critical", codes::PURPOSE_NOT_CRITICAL, |s| {
        s.certify(&Issue { purposes: Some((false, vec![TIME_STAMPING])), ..Issue::tsa(30) });
    }),
    ("a key that may not sign", codes::KEY_USAGE, |s| {
        s.certify(&Issue { usage: Some(0x20), ..Issue::tsa(30) });
    }),
    ("an expired certificate", codes::EXPIRED, |s| {
        s.certify(&Issue { to: "20260614235959Z", ..Issue::tsa(30) });
    }),
    ("a certificate of the future", codes::NOT_YET_VALID, |s| {
        s.certify(&Issue { from: "20260615120001Z", ..Issue::tsa(30) });
    }),
    ("an expired issuer", codes::EXPIRED, |s| {
        s.issue(&Issue { to: "20260614235959Z", ..Issue::ca(20) });
    }),
    ("an expired root", codes::EXPIRED, |s| {
        let issue = Issue { to: "20260614235959Z", ..Issue::ca(10) };
        s.given.roots = vec![issue.to(&root(), &root())];
    }),
    ("a certificate that the issuer did not sign", codes::CERTIFICATE_SIGNATURE, |s| {
        let forger = Party::new("Issuing Authority", 9);
        s.certify_by(&Issue::tsa(30), &forger);
    }),
    ("a root of the same name", codes::CERTIFICATE_SIGNATURE, |s| {
        let forger = Party::new("Root of Trust", 9);
        s.given.roots = vec![Issue::ca(10).to(&forger, &forger)];
    }),
    ("no root given", codes::CHAIN_MISSING, |s| s.given.roots.clear()),
    ("another root given", codes::CHAIN_MISSING, |s| {
        let other = Party::new("Another Root", 9);
        s.given.roots = vec![Issue::ca(10).to(&other, &other)];
    }),
    ("the issuer's certificate missing", codes::CHAIN_MISSING, |s| s.stamp.enclosed.truncate(1)),
    ("an issuer that is no authority", codes::ISSUER, |s| {
        s.issue(&Issue { authority: None, ..Issue::ca(20) });
    }),
    ("an issuer that may not sign certificates", codes::ISSUER, |s| {
        s.issue(&Issue { usage: Some(SIGN), ..Issue::ca(20) });
    }),
    ("an issuer for code only", codes::ISSUER, |s| {
        s.issue(&Issue { purposes: Some((false, vec![CODE_SIGNING])), ..Issue::ca(20) });
    }),
    ("a root that allows no authority beneath it", codes::PATH_LENGTH, |s| {
        let issue = Issue { authority: Some(Some(0)), ..Issue::ca(10) };
        s.given.roots = vec![issue.to(&root(), &root())];
    }),
    ("an unknown critical extension of the signer", codes::CERTIFICATE_EXTENSION, |s| {
        s.certify(&Issue { extra: Some(("1.2.3.4", true)), ..Issue::tsa(30) });
    }),
    ("names that the issuer is bound to", codes::CERTIFICATE_EXTENSION, |s| {
        s.issue(&Issue { extra: Some(("2.5.29.30", true)), usage: Some(ISSUE), ..Issue::ca(20) });
    }),
    ("revoked before the timestamp", codes::REVOKED, |s| {
        let list = List::new(vec![(30, "20260614000000Z", Some(4))]);
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
    ("the key compromised, found out later", codes::REVOKED, |s| {
        let list = List::new(vec![(30, "20260620000000Z", Some(1))]);
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
    ("revoked later, without a reason", codes::REVOKED, |s| {
        let list = List::new(vec![(30, "20260620000000Z", None)]);
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
    ("the issuer revoked", codes::REVOKED, |s| {
        let list = List::new(vec![(20, "20260101000000Z", Some(5))]);
        s.given.crls = vec![list.to(&root(), &root())];
    }),
    ("a list that the issuer did not sign", codes::CRL_SIGNATURE, |s| {
        let forger = Party::new("Issuing Authority", 9);
        s.given.crls = vec![List::new(Vec::new()).to(&middle(), &forger)];
    }),
    ("a list that had ended", codes::CRL_STALE, |s| {
        let list = List { made: "20260501000000Z", next: "20260601000000Z", ..List::new(vec![]) };
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
    ("a list of changes only", codes::CRL_SCOPE, |s| {
        let list =
            List { extension: Some(("2.5.29.27", tlv::unsigned(&[1]))), ..List::new(vec![]) };
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
    ("a list of other issuers' certificates", codes::CRL_SCOPE, |s| {
        let scope = sequence(&[&element(0x84, &[&[0xff]])]);
        let list = List { extension: Some(("2.5.29.28", scope)), ..List::new(vec![]) };
        s.given.crls = vec![list.to(&middle(), &middle())];
    }),
];

#[test]
fn each_forgery_is_refused_under_its_own_code() {
    let mut met = BTreeSet::new();
    for (name, code, change) in FORGERIES {
        let mut scene = good();
        change(&mut scene);
        let fault = scene.verdict().expect_err(name);
        assert_eq!(fault.code, *code, "{name}: {fault}");
        met.insert(*code);
    }
    assert!(FORGERIES.len() >= 60 && met.len() >= 35, "{} {}", FORGERIES.len(), met.len());
}

#[test]
fn replies_that_are_none() {
    let reply = good().stamp.reply();
    let inside = token::of_reply(&reply).unwrap().to_vec();
    let granted = sequence(&[&tlv::unsigned(&[0])]);
    for (name, bytes, code) in [
        ("nothing", Vec::new(), codes::FORM),
        ("words", b"HTTP/1.1 503 try again".to_vec(), codes::FORM),
        ("a token without its reply", inside, codes::FORM),
        ("granted, and no token", sequence(&[&granted]), codes::TOKEN_MISSING),
        ("too long", vec![0x30; token::TOKEN_LIMIT_BYTES + 1], codes::TOO_LONG),
        ("something after it", [&reply[..], &[5, 0]].concat(), codes::FORM),
        ("an indefinite length", [&[0x30, 0x80], &reply[4..], &[0, 0]].concat(), codes::FORM),
    ] {
        let verdict = token::of_reply(&bytes).and_then(token::parse).map(|_| ());
        assert_eq!(verdict.expect_err(name).code, code, "{name}");
    }
}

#[test]
fn every_flipped_bit_is_caught() {
    let scene = good();
    let token = scene.stamp.token();
    assert_eq!(scene.verdict_on(&token).err(), None);
    for bit in 0..token.len() * 8 {
        let mut bad = token.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(scene.verdict_on(&bad).is_err(), "bit {} of byte {}", bit % 8, bit / 8);
    }
    for end in 0..token.len() {
        assert!(scene.verdict_on(&token[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn files_of_certificates() {
    let (one, two) = (Issue::ca(10).to(&root(), &root()), Issue::ca(20).to(&middle(), &root()));
    let pem = format!("subject: anybody\n{}\nand another\n{}", one.pem(), two.pem());
    let read = |bytes: &[u8]| crate::certificate::read_file(bytes);
    assert_eq!(read(pem.as_bytes()).unwrap(), [one.clone(), two]);
    assert_eq!(read(&one.der).unwrap(), std::slice::from_ref(&one));
    for bad in [
        String::new(),
        "no certificate".into(),
        one.pem().replace("-----END CERTIFICATE-----", ""),
        one.pem().replace("MII", "MI*"),
        one.pem().replace("END CERTIFICATE", "END X509 CRL"),
        one.pem().replace("CERTIFICATE", "PRIVATE KEY"),
        one.pem().replacen("MII", "MIIMII", 1),
    ] {
        assert_eq!(read(bad.as_bytes()).unwrap_err().code, codes::CERTIFICATE_FORM, "{bad}");
    }
    assert_eq!(crate::revocation::read_file(b"none").unwrap_err().code, codes::CRL_FORM);
    let cut = &one.der[..one.der.len() - 1];
    assert_eq!(read(cut).unwrap_err().code, codes::CERTIFICATE_FORM);
    let named = Issue { algorithm: "1.2.840.113549.1.1.5", ..Issue::tsa(30) };
    let mut scene = good();
    scene.certify(&named);
    assert_eq!(scene.verdict().unwrap_err().code, codes::WEAK);
}

/// A hundred cross-signed authorities of one name must not make the search run away.
#[test]
fn a_thicket_of_authorities_ends() {
    let mut scene = good();
    scene.given.roots.clear();
    let issuers = (1..=100u8).map(|serial| Issue::ca(serial).to(&middle(), &middle()));
    scene.given.others = issuers.collect();
    let code = scene.verdict().unwrap_err().code;
    assert_eq!(code, codes::CHAIN_MISSING);
}
