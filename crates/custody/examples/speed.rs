//! How long signing, checking and appending leaves takes, a line each.
//!
//! `cargo run --release -p casefile-custody --example speed`

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement looks at the clock and prints"
)]

use custody::sshsig::Secret;
use custody::{Edge, leaf};
use std::time::Instant;

/// Leaves signed and checked: a large capture.
const SIGNED: usize = 20_000;
/// Leaves appended: a large case.
const APPENDED: usize = 200_000;
/// Bytes of a record: about those of a capture.
const RECORD_BYTES: usize = 700;

fn main() {
    let (seed, record) = ([5; 32], vec![b'1'; RECORD_BYTES]);
    let leaves = timed("sign, deriving the key each time", SIGNED, || {
        (0..SIGNED).map(|_| leaf::sign_leaf(&seed, &record)).collect::<Vec<_>>()
    });
    let secret = Secret::new(&seed);
    let again = timed("sign with a prepared key", SIGNED, || {
        (0..SIGNED).map(|_| leaf::sign_leaf_with(&secret, &record)).collect::<Vec<_>>()
    });
    assert!(leaves == again);
    let opened = timed("check", SIGNED, || {
        leaves.iter().filter(|leaf| leaf::open_leaf(leaf).is_ok()).count()
    });
    assert_eq!(opened, SIGNED);
    let many = || leaves.iter().map(Vec::as_slice).cycle().take(APPENDED);
    let files = timed("append in one batch", APPENDED, || Edge::empty().append(many()).len());
    assert!(files > 2 * APPENDED / 256);
    let mut edge = Edge::empty();
    timed("append one by one", SIGNED, || {
        many().take(SIGNED).for_each(|leaf| drop(edge.append([leaf])));
    });
}

fn timed<T>(what: &str, count: usize, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let made = work();
    let seconds = start.elapsed().as_secs_f64();
    let each = seconds * 1e6 / count as f64;
    println!("{what}: {count} in {seconds:.2} s, {each:.1} µs each");
    made
}
