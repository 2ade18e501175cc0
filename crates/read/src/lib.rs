//! placeholder

pub mod figures;
