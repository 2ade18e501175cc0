//! Any text as a checkpoint: what is read begins with what would be written.
#![no_main]

use custody::checkpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(read) = checkpoint::parse(text) {
        assert!(text.starts_with(&read.text()));
        assert_eq!(checkpoint::parse(&read.text()), Ok(read));
    }
});
