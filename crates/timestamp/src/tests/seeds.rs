//! The seeds of the fuzz targets about timestamps: what the authority here makes, byte for byte.

#![allow(clippy::disallowed_methods, reason = "a test may look at files of the project")]

use super::authority::{Issue, List, good, middle, root};
use super::evidence::Plan;
use crate::request;
use std::fs;
use std::path::Path;

/// The seeds are those that the authority makes. Where `CASEFILE_WRITE_SEEDS` is set they are
/// written instead.
#[test]
fn the_seeds_are_what_the_authority_makes() {
    let scene = good();
    let stamp = &scene.stamp;
    let mut first = stamp.clone();
    first.first_version = true;
    let both = Issue::ca(20).to(&middle(), &root()).pem() + &stamp.certificate.pem();
    let list = List::new(vec![(30, "20260620000000Z", Some(4)), (31, "20260101000000Z", None)]);
    let list = list.to(&middle(), &middle());
    let seeds = [
        ("timestamp_token/reply", stamp.reply()),
        ("timestamp_token/first-version", first.reply()),
        ("timestamp_token/token", stamp.token()),
        ("timestamp_token/request", request::request(&scene.question).unwrap()),
        ("evidence_record/one", Plan::new(1).record()),
        ("evidence_record/three", Plan::new(3).record()),
        ("certificate_file/root.pem", Issue::ca(10).to(&root(), &root()).pem().into_bytes()),
        ("certificate_file/two.pem", both.into_bytes()),
        ("certificate_file/signer.der", stamp.certificate.der.clone()),
        ("certificate_file/list.pem", list.pem().into_bytes()),
        ("certificate_file/list.der", list.der),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (name, bytes) in seeds {
        let path = folder.join(name);
        if std::env::var_os("CASEFILE_WRITE_SEEDS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).unwrap() == bytes, "{name} is not what the authority makes");
    }
}
