//! Signatures in OpenSSH's form (PROTOCOL.sshsig of OpenSSH), Ed25519 with SHA-512.
//!
//! The small part of the format that casefile needs, so that `ssh-keygen -Y verify` is the judge.
//! Read strictly: what is read and written again must give the same bytes, so no flipped bit goes
//! unnoticed.

use crate::from_base64;
use data_encoding::{BASE64, BASE64_NOPAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

/// A public key, 32 bytes (RFC 8032).
pub type PublicKey = [u8; 32];

/// Most bytes in an armoured signature: about 300 with our namespaces; namespaces may be longer.
pub const SIGNATURE_LIMIT_BYTES: usize = 2_048;

const MAGIC: &[u8] = b"SSHSIG";
const KEY_TYPE: &[u8] = b"ssh-ed25519";
const HASH: &[u8] = b"sha512";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// Characters to a line of the armour, as `ssh-keygen` writes it.
const LINE: usize = 70;

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SshsigError {
    /// Not an armoured Ed25519 signature exactly as `ssh-keygen` writes it.
    #[error("not an armoured SSH signature of the expected kind (Ed25519, SHA-512)")]
    Form,
    /// It was made for another purpose.
    #[error("the signature is for another namespace")]
    Namespace,
    /// It does not hold for this message.
    #[error("the signature does not hold")]
    Signature,
}

/// The public key of a secret one.
pub fn public_key(seed: &[u8; 32]) -> PublicKey {
    SigningKey::from_bytes(seed).verifying_key().to_bytes()
}

/// The key as one line of `authorized_keys`, without comment.
pub fn public_key_line(key: &PublicKey) -> String {
    format!("ssh-ed25519 {}", BASE64.encode(&key_blob(key)))
}

/// Reads exactly what [`public_key_line`] writes.
pub fn parse_public_key_line(line: &str) -> Option<PublicKey> {
    let blob = from_base64(line.strip_prefix("ssh-ed25519 ")?)?;
    let key: PublicKey = blob.last_chunk::<32>().copied()?;
    (public_key_line(&key) == line).then_some(key)
}

/// The fingerprint as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(key_blob(key))))
}

/// A line for an `allowed_signers` file (ssh-keygen(1), "ALLOWED SIGNERS"): who, for which
/// namespaces, with which key. Neither the principal nor a namespace may hold blanks, quotes or
/// commas: they are names of ours, never a person's words.
pub fn allowed_signer(principal: &str, namespaces: &[&str], key: &PublicKey) -> String {
    format!("{principal} namespaces=\"{}\" {}\n", namespaces.join(","), public_key_line(key))
}

/// A secret key with its public one worked out: deriving it costs as much as a signature, so
/// whoever signs often keeps one of these. Its bytes are cleared when it goes.
pub struct Secret(SigningKey);

impl Secret {
    /// The key that `seed` stands for.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Signs `message` for `namespace`; the result is an armoured signature file.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> String {
        let signature = self.0.sign(&signed_bytes(namespace, message)).to_bytes();
        armour(&self.0.verifying_key().to_bytes(), namespace, &signature)
    }
}

/// [`Secret::sign`] with the key that `seed` stands for.
pub fn sign(seed: &[u8; 32], namespace: &str, message: &[u8]) -> String {
    Secret::new(seed).sign(namespace, message)
}

/// Checks an armoured signature over `message` for `namespace`, and returns the key that made it:
/// whether that key may, is for the caller to say.
pub fn verify(armoured: &str, namespace: &str, message: &[u8]) -> Result<PublicKey, SshsigError> {
    let (key, found, signature) = take_apart(armoured).ok_or(SshsigError::Form)?;
    if armour(&key, &found, &signature) != armoured {
        return Err(SshsigError::Form);
    }
    if found != namespace {
        return Err(SshsigError::Namespace);
    }
    let verifying = VerifyingKey::from_bytes(&key).map_err(|_| SshsigError::Form)?;
    verifying
        .verify_strict(&signed_bytes(namespace, message), &Signature::from_bytes(&signature))
        .map_err(|_| SshsigError::Signature)?;
    Ok(key)
}

fn take_apart(armoured: &str) -> Option<(PublicKey, String, [u8; 64])> {
    if armoured.len() > SIGNATURE_LIMIT_BYTES {
        return None;
    }
    let lines = armoured.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let blob = from_base64(&lines.replace('\n', ""))?;
    let rest = blob.strip_prefix(MAGIC)?.strip_prefix(&1u32.to_be_bytes())?;
    let (key, rest) = string(rest)?;
    let (namespace, rest) = string(rest)?;
    let (_reserved, rest) = string(rest)?;
    let (_hash, rest) = string(rest)?;
    let (signature, _) = string(rest)?;
    let namespace = std::str::from_utf8(namespace).ok()?.to_string();
    Some((*key.last_chunk()?, namespace, *signature.last_chunk()?))
}

fn armour(key: &PublicKey, namespace: &str, signature: &[u8; 64]) -> String {
    let mut blob = [MAGIC, &1u32.to_be_bytes()].concat();
    push(&mut blob, &key_blob(key));
    push(&mut blob, namespace.as_bytes());
    push(&mut blob, b"");
    push(&mut blob, HASH);
    let mut inner = Vec::new();
    push(&mut inner, KEY_TYPE);
    push(&mut inner, signature);
    push(&mut blob, &inner);
    let base64 = BASE64.encode(&blob);
    let mut out = String::from(BEGIN);
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out + END
}

/// What is really signed: the message only as its digest, bound to the namespace.
fn signed_bytes(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    push(&mut bytes, namespace.as_bytes());
    push(&mut bytes, b"");
    push(&mut bytes, HASH);
    push(&mut bytes, &Sha512::digest(message));
    bytes
}

fn key_blob(key: &PublicKey) -> Vec<u8> {
    let mut blob = Vec::new();
    push(&mut blob, KEY_TYPE);
    push(&mut blob, key);
    blob
}

/// Adds an SSH string (RFC 4251, section 5): its length as a uint32, then its bytes.
fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("keys, digests and namespaces are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_is_caught() {
        let armoured = sign(&[3; 32], "casefile-leaf@v1", b"message\n");
        assert_eq!(verify(&armoured, "casefile-leaf@v1", b"message\n"), Ok(public_key(&[3; 32])));
        assert_eq!(verify(&armoured, "casefile-leaf@v1", b"other"), Err(SshsigError::Signature));
        assert_eq!(verify(&armoured, "file", b"message\n"), Err(SshsigError::Namespace));
        for bit in 0..armoured.len() * 8 {
            let mut bad = armoured.clone().into_bytes();
            bad[bit / 8] ^= 1 << (bit % 8);
            let Ok(bad) = String::from_utf8(bad) else { continue };
            // A flip in the key gives a signature of nobody: it does not hold either.
            assert!(verify(&bad, "casefile-leaf@v1", b"message\n").is_err(), "bit {bit}");
        }
        for end in 0..armoured.len() {
            assert!(
                verify(&armoured[..end], "casefile-leaf@v1", b"message\n").is_err(),
                "cut at {end}"
            );
        }
    }

    #[test]
    fn key_lines() {
        let key = public_key(&[3; 32]);
        let line = public_key_line(&key);
        assert_eq!(parse_public_key_line(&line), Some(key));
        for bad in [
            "",
            "ssh-ed25519 ",
            &line[..line.len() - 4],
            &format!("{line} comment"),
            &line.replace("ed25519", "rsa"),
        ] {
            assert_eq!(parse_public_key_line(bad), None, "{bad}");
        }
    }
}
