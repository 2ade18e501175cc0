//! How far long work has come, on standard error, and only where a person looks at it.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// A bar, or nothing where nobody looks.
pub(crate) fn bar(quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = "{spinner} {pos}{prefix} {wide_msg} {elapsed}";
    bar.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar
}

/// Moves the bar.
pub(crate) fn step(bar: &ProgressBar, done: u64, of: u64, what: &str) {
    bar.set_position(done);
    if of > 0 {
        bar.set_prefix(format!(" of {of}"));
    }
    bar.set_message(what.to_string());
    bar.tick();
}
