//! COSE receipts (RFC 9942): the proof that a leaf is in the log, in the form of the IETF's
//! supply-chain transparency (SCITT), from the same tree as the log's other proofs.
//!
//! A receipt is signed by the log's own key over the root. What is signed begins with CBOR bytes
//! that no signed note begins with, so that neither signature passes for the other.

use crate::note::{Signer, Verifier};
use crate::tree::Hash;
use data_encoding::BASE64;

/// COSE header parameter: the algorithm (RFC 9052, section 3.1).
const ALGORITHM: u64 = 1;
/// COSE header parameter: the id of the key.
const KEY_ID: u64 = 4;
/// COSE header parameter: claims about the receipt (RFC 9597).
const CLAIMS: u64 = 15;
/// The claim that names the issuer (RFC 8392, section 3.1.1).
const ISSUER: u64 = 1;
/// COSE header parameter: the kind of verifiable data structure (RFC 9942).
const STRUCTURE: u64 = 395;
/// COSE header parameter: its proofs.
const PROOFS: u64 = 396;
/// EdDSA is -8 (RFC 9053, section 2.2), and CBOR writes -1 - n.
const EDDSA_NEGATED: u64 = 7;
/// The tree of RFC 9162 with SHA-256, which is that of RFC 6962.
const RFC9162_SHA256: u64 = 1;
/// An inclusion proof is -1 among the proofs.
const INCLUSION_NEGATED: u64 = 0;
/// CBOR tag of a message with one signer (RFC 9052, section 2).
const COSE_SIGN1: u64 = 18;

/// Major types of CBOR (RFC 8949, section 3.1).
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
/// The simple value null: the root is not in the receipt, since whoever checks it computes it.
const NULL: u8 = 0xf6;

/// Receipts under one root: all bear the same signature.
pub struct Receipts {
    size: u64,
    protected: Vec<u8>,
    signature: [u8; 64],
}

impl Receipts {
    /// Signs the root of the tree of `size` leaves.
    pub fn sign(size: u64, root: &Hash, log: &Signer) -> Self {
        let protected = protected(log.name(), log.verifier().id());
        // Sig_structure (RFC 9052, section 4.4), with nothing from outside.
        let mut signed = head(ARRAY, 4);
        string(&mut signed, TEXT, b"Signature1");
        string(&mut signed, BYTES, &protected);
        string(&mut signed, BYTES, b"");
        string(&mut signed, BYTES, root);
        Self { size, protected, signature: log.sign_bytes(&signed) }
    }

    /// The receipt of the leaf at `index`, whose inclusion `hashes` prove, from the leaf up.
    pub fn of(&self, index: u64, hashes: &[Hash]) -> Vec<u8> {
        let mut proof = head(ARRAY, 3);
        proof.extend(head(UNSIGNED, self.size));
        proof.extend(head(UNSIGNED, index));
        proof.extend(head(ARRAY, hashes.len() as u64));
        hashes.iter().for_each(|hash| string(&mut proof, BYTES, hash));

        let mut receipt = head(TAG, COSE_SIGN1);
        receipt.extend(head(ARRAY, 4));
        string(&mut receipt, BYTES, &self.protected);
        receipt.extend(head(MAP, 1));
        receipt.extend(head(UNSIGNED, PROOFS));
        receipt.extend(head(MAP, 1));
        receipt.extend(head(NEGATIVE, INCLUSION_NEGATED));
        receipt.extend(head(ARRAY, 1));
        string(&mut receipt, BYTES, &proof);
        receipt.push(NULL);
        string(&mut receipt, BYTES, &self.signature);
        receipt
    }
}

/// The log's key in the form that tools for receipts take: PEM of an Ed25519 public key (RFC 8410,
/// sections 4 and 10.1).
pub fn key_pem(log: &Verifier) -> String {
    let algorithm = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let key = [&algorithm[..], &log.public_key()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&key))
}

/// The protected header, keys in the order of deterministic CBOR (RFC 8949, section 4.2.1).
fn protected(origin: &str, key_id: [u8; 4]) -> Vec<u8> {
    let mut header = head(MAP, 4);
    header.extend(head(UNSIGNED, ALGORITHM));
    header.extend(head(NEGATIVE, EDDSA_NEGATED));
    header.extend(head(UNSIGNED, KEY_ID));
    string(&mut header, BYTES, &key_id);
    header.extend(head(UNSIGNED, CLAIMS));
    header.extend(head(MAP, 1));
    header.extend(head(UNSIGNED, ISSUER));
    string(&mut header, TEXT, origin.as_bytes());
    header.extend(head(UNSIGNED, STRUCTURE));
    header.extend(head(UNSIGNED, RFC9162_SHA256));
    header
}

/// Appends a string of bytes or text.
fn string(out: &mut Vec<u8>, major: u8, bytes: &[u8]) {
    out.extend(head(major, bytes.len() as u64));
    out.extend(bytes);
}

/// The head of a CBOR item, in its shortest form (RFC 8949, sections 3 and 4.2.1).
fn head(major: u8, argument: u64) -> Vec<u8> {
    let bytes = argument.to_be_bytes();
    let (short, width) = match argument {
        0..=23 => return vec![major << 5 | bytes[7]],
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    [&[major << 5 | short][..], &bytes[8 - width..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{leaf_hash, node_hash};
    use ciborium::Value;
    use data_encoding::HEXLOWER;

    #[test]
    fn heads_are_the_shortest() {
        // RFC 8949, appendix A.
        for (major, argument, expect) in [
            (UNSIGNED, 0, "00"),
            (UNSIGNED, 23, "17"),
            (UNSIGNED, 24, "1818"),
            (UNSIGNED, 100, "1864"),
            (UNSIGNED, 1_000, "1903e8"),
            (UNSIGNED, 1_000_000, "1a000f4240"),
            (UNSIGNED, 1_000_000_000_000, "1b000000e8d4a51000"),
            (UNSIGNED, u64::MAX, "1bffffffffffffffff"),
            (NEGATIVE, 0, "20"),
            (NEGATIVE, 99, "3863"),
        ] {
            assert_eq!(HEXLOWER.encode(&head(major, argument)), expect);
        }
    }

    /// Read by another implementation of CBOR, and checked by the signature of its own reading.
    #[test]
    fn another_reader_finds_every_part_and_the_signature_holds() {
        let log = Signer::new("casefile/x", &[7; 32]).unwrap();
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let root = node_hash(&left, &right);
        let receipt = Receipts::sign(2, &root, &log).of(1, &[left]);
        let read: Value = ciborium::from_reader(receipt.as_slice()).unwrap();
        let Value::Tag(18, message) = read else { panic!("{read:?}") };
        let parts = message.into_array().unwrap();
        let [protected, proofs, payload, signature] = parts.as_slice() else { panic!("{parts:?}") };
        let protected = protected.as_bytes().unwrap();
        let header: Value = ciborium::from_reader(protected.as_slice()).unwrap();
        let id = log.verifier().id().to_vec();
        let claims = Value::Map(vec![(1.into(), "casefile/x".into())]);
        let expect: [(Value, Value); 4] = [
            (1.into(), (-8).into()),
            (4.into(), Value::Bytes(id)),
            (15.into(), claims),
            (395.into(), 1.into()),
        ];
        assert_eq!(header, Value::Map(expect.to_vec()));
        assert!(payload.is_null());
        let mut proof = Vec::new();
        let hashes = Value::Array(vec![Value::Bytes(left.to_vec())]);
        ciborium::into_writer(&Value::Array(vec![2.into(), 1.into(), hashes]), &mut proof).unwrap();
        let proof = Value::Array(vec![Value::Bytes(proof)]);
        assert_eq!(*proofs, Value::Map(vec![(396.into(), Value::Map(vec![((-1).into(), proof)]))]));

        let signed = Value::Array(vec![
            "Signature1".into(),
            Value::Bytes(protected.clone()),
            Value::Bytes(Vec::new()),
            Value::Bytes(root.to_vec()),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&signed, &mut bytes).unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        let signature = signature.as_bytes().unwrap().as_slice().try_into().unwrap();
        key.verify_strict(&bytes, &ed25519_dalek::Signature::from_bytes(signature)).unwrap();
    }
}
