//! OpenSSH's `ssh-keygen` as the judge of our signatures, and ours of its own.
//!
//! Where the machine has no `ssh-keygen`, this says so and checks nothing; under CI that is a
//! failure.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may start programs and write files below a temporary folder"
)]

use custody::{leaf, sshsig};
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SEED: [u8; 32] = [42; 32];

fn keygen(folder: &Path, arguments: &[&str], input: &str) -> Option<Output> {
    fs::write(folder.join("input"), input).unwrap();
    let stdin: Stdio = fs::File::open(folder.join("input")).unwrap().into();
    let ran = Command::new("ssh-keygen").args(arguments).current_dir(folder).stdin(stdin).output();
    match ran {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
            eprintln!("skipped: ssh-keygen does not start: {error}");
            None
        }
    }
}

#[test]
fn ssh_keygen_accepts_our_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let key = sshsig::public_key(&SEED);
    let namespaces = ["casefile-leaf@v1", "casefile-bundle@v1"];
    let signers = sshsig::allowed_signer("actor", &namespaces, &key);
    fs::write(folder.path().join("signers"), signers).unwrap();
    for (namespace, signed, judged, expect) in [
        ("casefile-leaf@v1", "message\n", "message\n", true),
        ("casefile-bundle@v1", "", "", true),
        ("casefile-leaf@v1", "message\n", "message", false),
        ("file", "message\n", "message\n", false),
    ] {
        let signature = sshsig::sign(&SEED, namespace, signed.as_bytes());
        fs::write(folder.path().join("sig"), signature).unwrap();
        let verify = ["-Y", "verify", "-f", "signers", "-I", "actor", "-n", namespace, "-s", "sig"];
        let Some(output) = keygen(folder.path(), &verify, judged) else { return };
        assert_eq!(output.status.success(), expect, "{namespace} {judged:?}: {output:?}");
    }

    fs::write(folder.path().join("key.pub"), sshsig::public_key_line(&key)).unwrap();
    let Some(output) = keygen(folder.path(), &["-l", "-f", "key.pub"], "") else { return };
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!(" {} ", sshsig::fingerprint(&key))), "{said}");
}

#[test]
fn a_stranger_checks_a_leaf_with_head_and_tail() {
    let folder = tempfile::tempdir().unwrap();
    let signed = leaf::sign_leaf(&SEED, br#"{"type":"genesis","case":"Vale of Sarn"}"#);
    let text = String::from_utf8(signed.clone()).unwrap();
    let (line, signature) = text.split_at(text.find('\n').unwrap() + 1);
    let opened = leaf::open_leaf(&signed).unwrap();
    let signers = sshsig::allowed_signer("actor", &[leaf::NAMESPACE], &opened.key);
    fs::write(folder.path().join("signers"), signers).unwrap();
    fs::write(folder.path().join("sig"), signature).unwrap();
    let verify = ["-Y", "verify", "-f", "signers", "-I", "actor", "-n", leaf::NAMESPACE];
    let verify = [&verify[..], &["-s", "sig"]].concat();
    let Some(output) = keygen(folder.path(), &verify, line) else { return };
    assert!(output.status.success(), "{output:?}");
    let Some(output) = keygen(folder.path(), &verify, &line.replace("Sarn", "Sorn")) else {
        return;
    };
    assert!(!output.status.success(), "{output:?}");
}

#[test]
fn we_accept_what_ssh_keygen_signs_and_would_have_written_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let make = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "key"];
    if keygen(folder.path(), &make, "").is_none() {
        return;
    }
    let line = fs::read_to_string(folder.path().join("key.pub")).unwrap();
    let key = sshsig::parse_public_key_line(line.trim_end()).unwrap();
    let seed = seed_of(&fs::read_to_string(folder.path().join("key")).unwrap());
    assert_eq!(sshsig::public_key(&seed), key);
    for (namespace, message) in
        [("file", "message\n"), ("casefile-leaf@v1", ""), ("a-longer-name@example.org", "é\0\n")]
    {
        let sign = ["-Y", "sign", "-f", "key", "-n", namespace];
        let Some(output) = keygen(folder.path(), &sign, message) else { return };
        let armoured = String::from_utf8(output.stdout).unwrap();
        assert_eq!(sshsig::verify(&armoured, namespace, message.as_bytes()), Ok(key.clone()));
        // Ed25519 has no randomness in it, so the same key gives the same file.
        assert_eq!(sshsig::sign(&seed, namespace, message.as_bytes()), armoured);
    }
}

/// A security key is not at hand, so one in software signs, by OpenSSH's PROTOCOL.u2f: over the
/// digest of the application, its flags and counter, and the digest of what it was given.
#[test]
fn ssh_keygen_accepts_a_security_keys_signature_as_we_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let secret = SigningKey::from_bytes(&SEED);
    let ssh = |parts: &[&[u8]]| -> Vec<u8> {
        let one =
            |part: &&[u8]| [&u32::try_from(part.len()).unwrap().to_be_bytes(), *part].concat();
        parts.iter().flat_map(one).collect()
    };
    let kind = b"sk-ssh-ed25519@openssh.com";
    let blob = ssh(&[kind, secret.verifying_key().as_bytes(), b"ssh:"]);
    let line = format!("sk-ssh-ed25519@openssh.com {}", data_encoding::BASE64.encode(&blob));
    let key = sshsig::parse_public_key_line(&line).unwrap();
    let signers = sshsig::allowed_signer("actor", &[leaf::NAMESPACE], &key);
    fs::write(folder.path().join("signers"), signers).unwrap();
    let message = b"{}\n";
    let device = [&[1][..], &77u32.to_be_bytes()].concat();
    let given = Sha256::digest(sshsig::to_sign(leaf::NAMESPACE, message));
    let signed = [&Sha256::digest(b"ssh:")[..], &device, &given[..]].concat();
    let made = [ssh(&[kind, &secret.sign(&signed).to_bytes()]), device].concat();
    let armoured = sshsig::of_agent(&key, leaf::NAMESPACE, message, &made).unwrap();
    fs::write(folder.path().join("sig"), armoured).unwrap();
    let verify = ["-Y", "verify", "-f", "signers", "-I", "actor", "-n", leaf::NAMESPACE];
    let verify = [&verify[..], &["-s", "sig"]].concat();
    for (judged, expect) in [("{}\n", true), ("{ }\n", false)] {
        let Some(output) = keygen(folder.path(), &verify, judged) else { return };
        assert_eq!(output.status.success(), expect, "{judged:?}: {output:?}");
    }
    fs::write(folder.path().join("key.pub"), &line).unwrap();
    let Some(output) = keygen(folder.path(), &["-l", "-f", "key.pub"], "") else { return };
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&format!(" {} ", sshsig::fingerprint(&key))), "{said}");
}

/// The seed in an unencrypted private key file (PROTOCOL.key of OpenSSH): the first 32 of the 64
/// bytes of the secret key, which stand behind their length.
fn seed_of(file: &str) -> [u8; 32] {
    let base64: String = file.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = data_encoding::BASE64.decode(base64.as_bytes()).unwrap();
    let at = bytes.windows(4).position(|four| four == 64u32.to_be_bytes()).unwrap();
    bytes[at + 4..at + 36].try_into().unwrap()
}
