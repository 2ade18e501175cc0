//! Second copies of a case: brought up to date from it, told apart from it, and what it has lost
//! taken back from them.
//!
//! Bytes go from one copy to another by their digest only: nothing is kept, here or there, because
//! of where it came from. Nothing is replaced by something different, and nothing recorded here.

mod check;
pub mod codes;
mod fetch;
mod folder;
pub mod follow;
mod key_files;
mod land;
pub mod ocfl;
pub mod repair;
pub mod store;
mod tiles;
pub mod update;

pub use check::{check, copy_out};
pub use folder::Folder;
pub use ocfl::Ocfl;
pub use repair::repair;
pub use store::Store;
pub use update::{Report, Request, update};
