//! The `casefile` program.
fn main() {}
