//! A new case for the tests beside this folder.

use archive::case::{New, create};
use std::path::{Path, PathBuf};

/// Makes a case in `folder`, with its keys in the open.
pub(crate) fn new_case(folder: &Path) -> PathBuf {
    let root = folder.join("case");
    let new = New {
        case: "Test".into(),
        actor_name: "tester".into(),
        passphrase: None,
        tool: "test".into(),
    };
    create(&root, new).unwrap();
    root
}
