//! The custody log as mathematics: hashes, tiles, proofs, notes, signatures. No I/O of any kind.
//!
//! A log in the layout of C2SP tlog-tiles with RFC 6962 hashing, checkpoints as C2SP signed notes,
//! and leaves signed in OpenSSH's SSHSIG form, each so that tools which we did not write can check
//! it. Bytes that come in are hostile until a function here has said otherwise; no input may panic.

pub mod checkpoint;
pub mod edge;
pub mod leaf;
pub mod note;
pub mod proof;
pub mod sshsig;
pub mod tile;
pub mod tlog_proof;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use edge::Edge;
pub use tree::{Hash, leaf_hash, node_hash};
