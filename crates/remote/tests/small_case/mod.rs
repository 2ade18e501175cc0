//! A case with a few items, for the tests beside this folder.

use archive::Writer;
use archive::case::{New, create};
use record::{Capture, Event};
use std::path::{Path, PathBuf};

pub(crate) fn new_case(folder: &Path, items: usize) -> PathBuf {
    let root = folder.join("case");
    let new = New {
        case: "Test".into(),
        actor_name: "tester".into(),
        passphrase: None,
        tool: "test".into(),
    };
    create(&root, new).unwrap();
    add(&root, 0, items);
    root
}

pub(crate) fn add(root: &Path, from: usize, items: usize) {
    let mut writer = Writer::open(root, None, "test").unwrap();
    let mut batch = writer.begin().unwrap();
    for number in from..from + items {
        let text = format!("report {number}: nobody was hurt in Norwick\n");
        let item = batch.take_in_bytes(text.as_bytes()).unwrap();
        let capture = Capture::of(item, &format!("{number}.txt"));
        batch.record(Event::Capture(capture), Vec::new());
    }
    batch.commit(&mut writer).unwrap();
}
