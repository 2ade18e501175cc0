//! A whole authority in memory, and every way to forge or break what it gives.
//!
//! Keys are fixed and signatures deterministic (RFC 6979), so every run sees the same bytes.

mod authority;
mod evidence;
mod forgeries;
mod seeds;
