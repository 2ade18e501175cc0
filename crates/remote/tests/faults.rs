//! A mirror in an S3-like store whose every request fails in every way once: the run says so or
//! gets over it, never acknowledges what is not there, and the next run has all of it in place.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod imitation;
mod small_case;

use archive::standing::Standing;
use archive::{Case, Error};
use imitation::{Fault, Imitation, start};
use mirror::{Report, Request, Store, update};
use record::finding;
use remote::S3;
use remote::http::Client;
use rusty_s3::{Credentials, UrlStyle};
use small_case::{add, new_case};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Long enough for a busy machine, short enough to wait for.
const SILENCE: Duration = Duration::from_secs(2);

fn store_at(address: &str) -> S3 {
    let keys = Some(Credentials::new("key", "secret"));
    let endpoint = (address, UrlStyle::Path);
    S3::with("s3://bucket/m", endpoint, "here".into(), keys, Client::new(SILENCE)).unwrap()
}

fn run(root: &Path, address: &str) -> Result<Report, Error> {
    update(root, &mut store_at(address), Request::default(), &mut |_, _| {})
}

/// Whether the mirror is whole, by all that is read back from it, and how many records it has.
fn check(address: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let mut store = store_at(address);
    let report = mirror::check(&mut store, folder.path(), None, &mut |_, _| {}).unwrap();
    assert!(finding::passes(&report.findings), "{:?}", report.findings);
    report.leaves
}

fn has_checkpoint(store: &Mutex<Imitation>) -> bool {
    store.lock().unwrap().objects.contains_key("m/log/checkpoint")
}

/// Makes every request of a run fail in turn, after `before` has put the store in its place.
fn fail_everywhere(
    root: &Path,
    (store, address): (&Mutex<Imitation>, &str),
    earlier: &BTreeMap<String, Vec<u8>>,
    fault: Fault,
    every: usize,
) -> (usize, usize) {
    let (mut fired, mut failed) = (0, 0);
    let records = Case::open(root).unwrap().log().size();
    for at in (1..).step_by(every) {
        {
            let mut store = store.lock().unwrap();
            store.objects = earlier.clone();
            store.plan.seen = 0;
            store.plan.fired = false;
            store.plan.at = Some((at, fault));
        }
        let said = run(root, address);
        let (seen, did) = {
            let mut store = store.lock().unwrap();
            store.plan.at = None;
            (store.plan.seen, store.plan.fired)
        };
        let holds = said.as_ref().is_ok_and(|report| finding::passes(&report.findings));
        fired += usize::from(did);
        failed += usize::from(!holds);
        let when = format!("{fault:?} at request {at}: {said:?}");
        if holds {
            assert_eq!(check(address), records, "{when}");
        } else if has_checkpoint(store) {
            // What it has acknowledged before is still all there.
            assert!(check(address) <= records, "{when}");
        }
        let again = run(root, address).map_err(|error| format!("{when}, then {error}")).unwrap();
        assert!(finding::passes(&again.findings), "{when}: {:?}", again.findings);
        assert_eq!(check(address), records, "{when}");
        if at > seen {
            break;
        }
    }
    (fired, failed)
}

#[test]
fn every_request_may_fail_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path(), 2);
    let (store, address) = start();
    run(&root, &address).unwrap();
    let earlier = store.lock().unwrap().objects.clone();
    add(&root, 2, 3);
    let objects = archive::objects::list(&root).unwrap().into_iter().map(Result::unwrap);
    let places = objects.map(|object| format!("m/{}", archive::layout::object(object)));
    store.lock().unwrap().plan.invented =
        places.filter(|place| !earlier.contains_key(place)).collect();
    let table = [
        (Fault::CutBefore, 1, false),
        (Fault::CutAfter, 2, false),
        (Fault::CutWithin, 3, true),
        (Fault::Busy, 5, false),
        (Fault::Forbidden, 5, true),
        (Fault::Flip, 1, true),
        (Fault::Omit, 1, false),
        (Fault::Invent, 1, false),
        (Fault::Forget, 1, true),
        (Fault::Stall, 9, false),
    ];
    for (fault, every, may_fail) in table {
        let (fired, failed) = fail_everywhere(&root, (&store, &address), &earlier, fault, every);
        println!("{fault:?}: fired {fired} times, {failed} runs failed");
        assert!(fired > 0, "{fault:?} never fired");
        assert!(may_fail || failed == 0, "{fault:?}: {failed} runs did not get over it");
    }
}

#[test]
fn two_writers_do_not_overwrite_each_others_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path(), 1);
    let (store, address) = start();
    run(&root, &address).unwrap();
    let head = |was: Option<&str>, now: &str| {
        let head = mirror::store::Head { key: "key", checkpoint: now, version: "version" };
        store_at(&address).swap(was, head)
    };
    let held = || {
        let store = store.lock().unwrap();
        String::from_utf8(store.objects["m/log/checkpoint"].clone()).unwrap()
    };
    let was = held();
    assert!(head(Some("another"), "mine").is_err());
    assert!(head(None, "mine").is_err());
    assert_eq!(held(), was);
    // `key` and `version` differ from what is there, and are left as they are.
    assert!(head(Some(&was), "mine").is_ok());
    assert_eq!(held(), "mine");
    let standing = run(&root, &address);
    assert!(standing.is_err(), "a checkpoint that nobody signed: {standing:?}");
}

#[test]
fn an_address_without_tls_is_taken_of_this_machine_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path(), 1);
    let error = run(&root, "http://store.example:9000").unwrap_err().to_string();
    assert!(error.contains("without TLS"), "{error}");
    // Nor does an error show what an address carries.
    let error = run(&root, "http://127.0.0.1:1").unwrap_err().to_string();
    assert!(error.contains("s3://bucket/m") && !error.contains("X-Amz"), "{error}");
}

#[test]
fn a_restore_from_a_store_is_rehearsed() {
    let folder = tempfile::tempdir().unwrap();
    let root = new_case(folder.path(), 4);
    let (_store, address): (Arc<Mutex<Imitation>>, _) = start();
    let report = run(&root, &address).unwrap();
    assert_eq!((report.standing, report.objects), (Standing::New, 4));
    let (copy, new) = (folder.path().join("copy"), folder.path().join("new"));
    let mut store = store_at(&address);
    mirror::copy_out(&mut store, &copy).unwrap();
    let files = BTreeMap::new();
    let request =
        mirror::repair::Request { copy: Some(&copy), files: &files, trusted: None, older: false };
    let report = mirror::repair(&new, request, Some(&mut store), &|_, _| {}).unwrap();
    assert!(finding::passes(&report.findings), "{:?}", report.findings);
    assert_eq!(report.objects, 4);
    let report = ::check::check(&new, None, &|_, _| {}).unwrap();
    assert_eq!((report.leaves, report.objects), (5, 4));
}
