//! Any bytes as a trust policy: one that asks for nobody is met by nobody, and who is not named
//! never counts.
#![no_main]

use custody::policy::Policy;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;

fuzz_target!(|bytes: &[u8]| {
    let Ok(policy) = Policy::parse(bytes) else { return };
    let nobody = BTreeSet::new();
    assert_eq!(policy.is_met_by(&nobody), !policy.asks_for_cosigners());
    let stranger = BTreeSet::from(["a name with blanks".to_owned()]);
    assert_eq!(policy.is_met_by(&stranger), policy.is_met_by(&nobody));
    let all: BTreeSet<String> = policy.cosigners.keys().cloned().collect();
    assert!(policy.is_met_by(&all), "who has every signature has enough");
});
