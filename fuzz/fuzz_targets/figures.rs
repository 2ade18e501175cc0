//! Any text, with and without a report's date: figures in order, each the very bytes it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use read::figures::{Context, find};

fuzz_target!(|text: &str| {
    for report_date in [None, "2016-08-19".parse().ok()] {
        let context = Context { report_date, ..Context::default() };
        let mut end = 0;
        for figure in find(text, &context) {
            assert!(figure.start >= end && figure.end > figure.start);
            end = figure.end;
            assert_eq!(figure.span().of(text.as_bytes()), Some(figure.text.as_bytes()));
            assert!(figure.low.zip(figure.high).is_none_or(|(low, high)| low <= high));
        }
    }
});
