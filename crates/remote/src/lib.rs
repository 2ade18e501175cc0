//! Everything that opens a connection to another machine: mirrors in S3-like stores and over SFTP.
//!
//! Evidence must never depend on what another machine says: what goes out is read back, what comes
//! in is told right from wrong by digests and signatures elsewhere. Secrets (access keys) come from
//! the environment or a file, never from the command line, and get into no record, message or log.

pub mod ask;
pub mod http;
pub mod s3;
mod s3_requests;
mod sftp;
mod sftp_link;
mod target;

pub use s3::{S3, Unusable};
pub use sftp::Sftp;
pub use target::Target;
