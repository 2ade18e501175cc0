//! Writes the seeds again, byte for byte: `cargo run --example seeds` in this folder.

use custody::growth::Growth;
use custody::note::Signer;
use custody::tlog_proof::TlogProof;
use custody::{Checkpoint, leaf, leaf_hash, node_hash, policy, sshsig, tile};
use record::leaf::LEAF_VERSION;
use record::{Blake2b512, Digests, Event, Leaf, ReadingMade, Sha256, canonical};
use std::io;

fn main() -> io::Result<()> {
    let log = Signer::new("casefile/fuzz", &[7; 32]).expect("a name without blanks");
    let other = Signer::new("cosigner", &[8; 32]).expect("a name without blanks");
    let left = leaf_hash(b"left");
    let root = node_hash(&left, &leaf_hash(b"leaf"));
    let checkpoint = Checkpoint { origin: "casefile/fuzz".into(), size: 2, root };
    let note = checkpoint.sign(&log);
    let cosigned =
        format!("{note}{}", &other.sign(&checkpoint.text())[checkpoint.text().len() + 1..]);
    let proof = TlogProof { index: 1, hashes: vec![left], checkpoint: note.clone() };
    let growth = Growth { old_size: 1, hashes: vec![leaf_hash(b"leaf")], checkpoint: note.clone() };
    let policy = format!(
        "# who\nlog {}\nwitness one {}\ngroup archives 1 one\nquorum archives\n",
        log.vkey(),
        other.vkey()
    );
    let manifest = format!("{}  data/items/000001-a.txt\n", Sha256::of(b"a"));
    let info = "Bag-Software-Agent: a\nBagging-Date: 2031-04-05\nExternal-Description: a\n\
                External-Identifier: a\nPayload-Oxum: 1.1\n";
    let mut bundle = Vec::new();
    tile::push_leaf(&mut bundle, b"one");
    tile::push_leaf(&mut bundle, b"");
    // The fuzzer takes the width from the end of the input.
    bundle.extend_from_slice(&[2, 0]);
    let key = sshsig::public_key(&[3; 32]);
    let examples: Vec<_> = read::figures::rules().iter().map(|r| r.example).collect();
    for (target, name, bytes) in [
        ("figures", "examples", examples.join("\n\n").into_bytes()),
        ("tile_path", "hashes", b"tile/1/x001/x234/067".to_vec()),
        ("tile_path", "entries", b"tile/entries/000.p/37".to_vec()),
        ("entry_bundle", "two", bundle),
        ("note", "signed", note.into_bytes()),
        ("note", "cosigned", cosigned.into_bytes()),
        ("note", "vkey", log.vkey().into_bytes()),
        ("note", "private", log.private_key().into_bytes()),
        ("checkpoint", "plain", checkpoint.text().into_bytes()),
        ("checkpoint", "extended", (checkpoint.text() + "extension\n").into_bytes()),
        ("tlog_proof", "two", proof.text().into_bytes()),
        ("growth", "two", growth.text().into_bytes()),
        ("policy", "alone", policy::of_log(&log.vkey()).into_bytes()),
        ("policy", "group", policy.into_bytes()),
        ("bag", "manifest", manifest.into_bytes()),
        ("bag", "info", info.as_bytes().to_vec()),
        ("sshsig", "leaf", sshsig::sign(&[3; 32], "casefile-leaf@v1", b"message\n").into_bytes()),
        ("sshsig", "file", sshsig::sign(&[3; 32], "file", b"message\n").into_bytes()),
        ("sshsig", "key", sshsig::public_key_line(&key).into_bytes()),
        ("record_leaf", "reading", canonical::to_bytes(&reading())),
        ("leaf", "signed", leaf::sign_leaf(&[5; 32], br#"{"type":"genesis","v":1}"#)),
    ] {
        let folder = std::path::Path::new("seeds").join(target);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

/// A record with a number, a list and a nested object in it.
fn reading() -> Leaf {
    let (item, blake2b512) = (Sha256::of(b"item"), Blake2b512::of(b"item"));
    Leaf {
        v: LEAF_VERSION,
        log: "casefile/fuzz".into(),
        actor: sshsig::fingerprint(&sshsig::public_key(&[5; 32])),
        time: "2016-08-19T00:00:00Z".into(),
        tool: "casefile 0".into(),
        event: Event::Reading(ReadingMade {
            item,
            reading: Digests { sha256: item, blake2b512, size: 4 },
            reader: "text 1".into(),
            figures: 3,
            problems: vec!["cut-off".into()],
        }),
    }
}
