//! Signatures in OpenSSH's form (PROTOCOL.sshsig of OpenSSH): Ed25519 with SHA-512, by a key in a
//! file or in a security key (FIDO; PROTOCOL.u2f of OpenSSH).
//!
//! The small part of the format that casefile needs, so that `ssh-keygen -Y verify` is the judge.
//! Read strictly: what is read and written again must give the same bytes, so no flipped bit goes
//! unnoticed.

use crate::from_base64;
use data_encoding::{BASE64, BASE64_NOPAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

/// Most bytes in an armoured signature: about 300 with our namespaces, 400 by a security key;
/// namespaces may be longer.
pub const SIGNATURE_LIMIT_BYTES: usize = 2_048;

/// Most bytes of the application that a security key's key is for; OpenSSH's own is `ssh:`.
const APPLICATION_LIMIT_BYTES: usize = 128;

const MAGIC: &[u8] = b"SSHSIG";
const KEY_TYPE: &str = "ssh-ed25519";
const SECURITY_KEY_TYPE: &str = "sk-ssh-ed25519@openssh.com";
const HASH: &[u8] = b"sha512";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const END: &str = "-----END SSH SIGNATURE-----\n";
/// Characters to a line of the armour, as `ssh-keygen` writes it.
const LINE: usize = 70;
/// The flag by which a security key says that somebody touched it (PROTOCOL.u2f, "user presence").
const TOUCHED: u8 = 1;

/// A public key: Ed25519, in a file or in a security key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key (RFC 8032).
    bytes: [u8; 32],
    /// What the key of a security key is for; `None` for a key in a file.
    application: Option<String>,
}

/// What a key made over a message.
struct Made {
    signature: [u8; 64],
    /// Flags and counter of a security key.
    device: Option<(u8, u32)>,
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SshsigError {
    /// Not an armoured Ed25519 signature exactly as `ssh-keygen` writes it.
    #[error("not an armoured SSH signature of the expected kind (Ed25519, SHA-512)")]
    Form,
    /// It was made for another purpose.
    #[error("the signature is for another namespace")]
    Namespace,
    /// A security key signed without being touched: whoever had the machine could have it sign.
    #[error("the security key was not touched when it signed")]
    Untouched,
    /// It does not hold for this message.
    #[error("the signature does not hold")]
    Signature,
}

impl PublicKey {
    /// The key in a file.
    pub fn of(bytes: [u8; 32]) -> Self {
        Self { bytes, application: None }
    }

    /// Its 32 bytes (RFC 8032).
    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether it is a security key's.
    pub fn is_of_device(&self) -> bool {
        self.application.is_some()
    }

    fn kind(&self) -> &'static str {
        if self.is_of_device() { SECURITY_KEY_TYPE } else { KEY_TYPE }
    }

    /// The key as SSH writes it (RFC 4253, section 6.6): what fingerprints are taken over, and what
    /// an agent knows it by.
    pub fn blob(&self) -> Vec<u8> {
        let mut blob = Vec::new();
        push(&mut blob, self.kind().as_bytes());
        push(&mut blob, &self.bytes);
        if let Some(application) = &self.application {
            push(&mut blob, application.as_bytes());
        }
        blob
    }

    fn of_blob(blob: &[u8]) -> Option<Self> {
        let (kind, rest) = string(blob)?;
        let (bytes, rest) = string(rest)?;
        let application = if kind == SECURITY_KEY_TYPE.as_bytes() {
            let (application, _) = string(rest)?;
            let text = std::str::from_utf8(application).ok()?;
            if text.len() > APPLICATION_LIMIT_BYTES {
                return None;
            }
            Some(text.to_string())
        } else {
            None
        };
        let key = Self { bytes: bytes.try_into().ok()?, application };
        (key.blob() == blob).then_some(key)
    }
}

/// The public key of a secret one.
pub fn public_key(seed: &[u8; 32]) -> PublicKey {
    PublicKey::of(SigningKey::from_bytes(seed).verifying_key().to_bytes())
}

/// The key as one line of `authorized_keys`, without comment.
pub fn public_key_line(key: &PublicKey) -> String {
    format!("{} {}", key.kind(), BASE64.encode(&key.blob()))
}

/// Reads exactly what [`public_key_line`] writes.
pub fn parse_public_key_line(line: &str) -> Option<PublicKey> {
    let (_kind, base64) = line.split_once(' ')?;
    let key = PublicKey::of_blob(&from_base64(base64)?)?;
    (public_key_line(&key) == line).then_some(key)
}

/// The fingerprint as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    format!("SHA256:{}", BASE64_NOPAD.encode(&Sha256::digest(key.blob())))
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

    /// Its public key.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for `namespace`; the result is an armoured signature file.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> String {
        let signature = self.0.sign(&to_sign(namespace, message)).to_bytes();
        armour(&self.public(), namespace, &Made { signature, device: None })
    }
}

/// [`Secret::sign`] with the key that `seed` stands for.
pub fn sign(seed: &[u8; 32], namespace: &str, message: &[u8]) -> String {
    Secret::new(seed).sign(namespace, message)
}

/// What an ssh-agent is asked for a signature with (draft-ietf-sshm-ssh-agent, section 3.6), the
/// length of it all before it.
pub fn agent_request(key: &PublicKey, namespace: &str, message: &[u8]) -> Vec<u8> {
    let framed = |bytes: Vec<u8>| {
        let length = u32::try_from(bytes.len()).expect("keys and digests are short");
        [&length.to_be_bytes()[..], &bytes].concat()
    };
    let (key, signed) = (framed(key.blob()), framed(to_sign(namespace, message)));
    framed([&[AGENT_SIGN_REQUEST][..], &key, &signed, &0u32.to_be_bytes()].concat())
}

/// The signature in its answer, for [`of_agent`]; nothing where it refused.
pub fn agent_answer(untrusted_answer: &[u8]) -> Option<&[u8]> {
    let rest = untrusted_answer.strip_prefix(&[AGENT_SIGN_RESPONSE])?;
    let (length, blob) = rest.split_first_chunk::<4>()?;
    (u64::from(u32::from_be_bytes(*length)) == blob.len() as u64).then_some(blob)
}

/// SSH_AGENTC_SIGN_REQUEST.
const AGENT_SIGN_REQUEST: u8 = 13;
/// SSH_AGENT_SIGN_RESPONSE.
const AGENT_SIGN_RESPONSE: u8 = 14;

/// The armoured signature, from what an agent answered when it was asked to sign [`to_sign`] with
/// `key`: a signature blob (RFC 4253, section 6.6; for a security key PROTOCOL.u2f). `None` where
/// that is not one by this key that holds: an agent is another program.
pub fn of_agent(key: &PublicKey, namespace: &str, message: &[u8], blob: &[u8]) -> Option<String> {
    let armoured = armour(key, namespace, &made_of_blob(key, blob)?);
    verify(&armoured, namespace, message).is_ok().then_some(armoured)
}

/// Checks an armoured signature over `message` for `namespace`, and returns the key that made it:
/// whether that key may, is for the caller to say. A security key must have been touched.
pub fn verify(armoured: &str, namespace: &str, message: &[u8]) -> Result<PublicKey, SshsigError> {
    let (key, found, made) = take_apart(armoured).ok_or(SshsigError::Form)?;
    if armour(&key, &found, &made) != armoured {
        return Err(SshsigError::Form);
    }
    if found != namespace {
        return Err(SshsigError::Namespace);
    }
    let mut signed = to_sign(namespace, message);
    if let (Some(application), Some((flags, counter))) = (&key.application, made.device) {
        if flags & TOUCHED == 0 {
            return Err(SshsigError::Untouched);
        }
        signed = signed_by_device(application, flags, counter, &signed);
    }
    let verifying = VerifyingKey::from_bytes(&key.bytes).map_err(|_| SshsigError::Form)?;
    verifying
        .verify_strict(&signed, &Signature::from_bytes(&made.signature))
        .map_err(|_| SshsigError::Signature)?;
    Ok(key)
}

fn take_apart(armoured: &str) -> Option<(PublicKey, String, Made)> {
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
    let (made, _) = string(rest)?;
    let key = PublicKey::of_blob(key)?;
    let made = made_of_blob(&key, made)?;
    Some((key, std::str::from_utf8(namespace).ok()?.to_string(), made))
}

/// A signature blob taken apart; whether its type is the key's shows when it is put together again.
fn made_of_blob(key: &PublicKey, blob: &[u8]) -> Option<Made> {
    let (_kind, rest) = string(blob)?;
    let (signature, rest) = string(rest)?;
    let device = if key.is_of_device() {
        let (flags, rest) = rest.split_first()?;
        Some((*flags, u32::from_be_bytes(*rest.first_chunk()?)))
    } else {
        None
    };
    Some(Made { signature: signature.try_into().ok()?, device })
}

fn armour(key: &PublicKey, namespace: &str, made: &Made) -> String {
    let mut blob = [MAGIC, &1u32.to_be_bytes()].concat();
    push(&mut blob, &key.blob());
    push(&mut blob, namespace.as_bytes());
    push(&mut blob, b"");
    push(&mut blob, HASH);
    let mut inner = Vec::new();
    push(&mut inner, key.kind().as_bytes());
    push(&mut inner, &made.signature);
    if let Some((flags, counter)) = made.device {
        inner.push(flags);
        inner.extend_from_slice(&counter.to_be_bytes());
    }
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

/// What a key really signs: the message only as its digest, bound to the namespace. An agent is
/// asked to sign these bytes.
pub fn to_sign(namespace: &str, message: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    push(&mut bytes, namespace.as_bytes());
    push(&mut bytes, b"");
    push(&mut bytes, HASH);
    push(&mut bytes, &Sha512::digest(message));
    bytes
}

/// What a security key makes of the bytes it is to sign (PROTOCOL.u2f, "SSH U2F Signatures").
fn signed_by_device(application: &str, flags: u8, counter: u32, bytes: &[u8]) -> Vec<u8> {
    let mut signed = Sha256::digest(application.as_bytes()).to_vec();
    signed.push(flags);
    signed.extend_from_slice(&counter.to_be_bytes());
    signed.extend_from_slice(&Sha256::digest(bytes));
    signed
}

/// Adds an SSH string (RFC 4251, section 5): its length as a uint32, then its bytes.
pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("keys, digests and namespaces are short");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

pub(crate) fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
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
            &line.replace("ssh-", "sk-ssh-"),
        ] {
            assert_eq!(parse_public_key_line(bad), None, "{bad}");
        }
    }

    /// A security key in software: what a real one does with its secret (PROTOCOL.u2f).
    fn touched(application: &str, flags: u8, counter: u32, message: &[u8]) -> String {
        let secret = SigningKey::from_bytes(&[4; 32]);
        let bytes = secret.verifying_key().to_bytes();
        let key = PublicKey { bytes, application: Some(application.into()) };
        let signed = to_sign("casefile-leaf@v1", message);
        let signed = signed_by_device(application, flags, counter, &signed);
        let made =
            Made { signature: secret.sign(&signed).to_bytes(), device: Some((flags, counter)) };
        armour(&key, "casefile-leaf@v1", &made)
    }

    #[test]
    fn a_security_key_must_be_touched_and_no_bit_of_it_changed() {
        let verify = |armoured: &str| verify(armoured, "casefile-leaf@v1", b"message\n");
        let good = touched("ssh:", 1, 7, b"message\n");
        let key = verify(&good).unwrap();
        assert!(key.is_of_device());
        let line = public_key_line(&key);
        assert!(line.starts_with("sk-ssh-ed25519@openssh.com "), "{line}");
        assert_eq!(parse_public_key_line(&line), Some(key));
        assert!(verify(&touched("ssh:x", 5, 0, b"message\n")).is_ok());
        assert_eq!(verify(&touched("ssh:", 0, 7, b"message\n")), Err(SshsigError::Untouched));
        assert_eq!(verify(&touched("ssh:", 4, 7, b"message\n")), Err(SshsigError::Untouched));
        assert_eq!(verify(&touched("ssh:", 1, 7, b"other\n")), Err(SshsigError::Signature));
        let long = "x".repeat(APPLICATION_LIMIT_BYTES + 1);
        assert_eq!(verify(&touched(&long, 1, 7, b"message\n")), Err(SshsigError::Form));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone().into_bytes();
            bad[bit / 8] ^= 1 << (bit % 8);
            let Ok(bad) = String::from_utf8(bad) else { continue };
            assert!(verify(&bad).is_err(), "bit {bit}");
        }
        for end in 0..good.len() {
            assert!(verify(&good[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn an_agent_is_not_believed() {
        let key = public_key(&[3; 32]);
        let blob = |kind: &str, seed: u8| {
            let signed = to_sign("file", b"message");
            let mut blob = Vec::new();
            push(&mut blob, kind.as_bytes());
            push(&mut blob, &SigningKey::from_bytes(&[seed; 32]).sign(&signed).to_bytes());
            blob
        };
        let good = of_agent(&key, "file", b"message", &blob("ssh-ed25519", 3));
        assert_eq!(good, Some(sign(&[3; 32], "file", b"message")));
        assert_eq!(of_agent(&key, "file", b"message", &blob("ssh-ed25519", 4)), None);
        assert_eq!(of_agent(&key, "file", b"message", b""), None);
    }
}
