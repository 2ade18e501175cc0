//! The custody log as mathematics: hashes, tiles, proofs, notes, signatures. No I/O of any kind.
//!
//! A log in the layout of C2SP tlog-tiles with RFC 6962 hashing, checkpoints as C2SP signed notes,
//! and leaves signed in OpenSSH's SSHSIG form, each so that tools which we did not write can check
//! it. Bytes that come in are hostile until a function here has said otherwise; no input may panic.

pub mod checkpoint;
pub mod cosignature;
pub mod cosigner;
pub mod edge;
pub mod growth;
pub mod leaf;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod sshsig;
pub mod tile;
pub mod tlog_proof;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use edge::Edge;
pub use tree::{Hash, leaf_hash, node_hash};

/// Reads base64 (RFC 4648, section 4) in its one spelling. The decoder alone also takes padded
/// pieces one after another, and then one signature would have several spellings.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use data_encoding::BASE64;
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    (BASE64.encode(&bytes) == text).then_some(bytes)
}
