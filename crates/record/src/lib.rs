//! The nouns of casefile and their canonical bytes.
//!
//! Every stage reads and writes what stands here, and nothing else passes between them. No I/O,
//! clock, randomness or hash-map order may enter: the same value gives the same bytes on every
//! machine.

pub mod canonical;
pub mod commitment;
pub mod digest;
pub mod finding;
pub mod leaf;
pub mod reading;
pub mod span;
pub mod transfer;

pub use commitment::{Commitment, Opening};
pub use digest::{Blake2b512, Digests, Hasher, Sha256};
pub use finding::{Finding, Grade};
pub use leaf::{Approval, Disclosure, Enrolment, Holder, Revocation, TwoPerson};
pub use leaf::{
    Capture, Cosigned, CosignedBy, Cosigner, Erasure, Event, Export, Genesis, Leaf, Name,
    ReadingMade, Recovery, RecoveryHolder, Repair, Scrub, Sealed,
};
pub use leaf::{Stamped, Timestamp, TimestampRequest};
pub use reading::{Figure, Hedge, Measure, Problem, Reading, Stated};
pub use span::Span;
pub use transfer::{Acknowledged, FromBundle, Received};
