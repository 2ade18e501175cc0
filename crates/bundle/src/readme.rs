//! The README of a bundle: tells a stranger what it is and how to check it without casefile.

use crate::write::About;
use verifier::layout;

/// The verifier that goes with each bundle, written from the pages on formats without our code: the
/// files of [`layout::VERIFIER`].
pub(crate) const VERIFIER_TEXTS: [&str; 6] = [
    include_str!("../../../oracle/verify.py"),
    include_str!("../../../oracle/verify_bag.py"),
    include_str!("../../../oracle/verify_leaf.py"),
    include_str!("../../../oracle/verify_log.py"),
    include_str!("../../../oracle/verify_origins.py"),
    include_str!("../../../oracle/verify_mldsa.py"),
];

/// The text, with `{names}` where facts go.
const TEMPLATE: &str = include_str!("readme.txt");

/// What cosigners saw, a line each.
fn seen(about: &About) -> String {
    if about.seen.is_empty() {
        return "Nobody outside has signed this log in the bundle.".into();
    }
    let lines = about.seen.iter().map(|one| {
        format!("\n   the first {} records, at {}, by {}", one.size, one.time, one.words(),)
    });
    format!(
        "These parties outside signed the log, as the bundle says:{}",
        lines.collect::<String>()
    )
}

/// The text.
pub(crate) fn text(about: &About, exhibits: u64) -> String {
    let (exhibits, seen, log_key) = (exhibits.to_string(), seen(about), about.log_key.told());
    let facts = [
        ("{exhibits}", exhibits.as_str()),
        ("{time}", &about.time),
        ("{tool}", &about.tool),
        ("{origin}", &about.origin),
        ("{log_key}", &log_key),
        ("{actor_key}", &about.actor_key),
        ("{PRINCIPAL}", layout::PRINCIPAL),
        ("{bundle_namespace}", layout::NAMESPACE),
        ("{seen}", &seen),
        ("{leaf_namespace}", custody::leaf::NAMESPACE),
        // Names that people chose come last, so that nothing in them is taken for a fact's place.
        ("{actor_name}", &about.actor_name),
        ("{case}", &about.case),
    ];
    facts.into_iter().fold(TEMPLATE.to_string(), |text, (name, fact)| text.replace(name, fact))
}
