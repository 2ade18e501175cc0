//! A mirror over SFTP whose link is cut at every packet, and whose server refuses and lies at every
//! one: the run says so or gets over it, never takes for kept what is not, harms nothing that was
//! kept before, and the next run has all of it in place.
//!
//! The server is OpenSSH's own; what goes wrong is done to the packets between.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod relay;
mod small_case;

use archive::sealed::Item;
use archive::standing::Standing;
use archive::{Case, Error, layout};
use mirror::{Report, Request, Store, update};
use record::{Digests, Sha256, finding};
use relay::{Fault, Relay};
use remote::Sftp;
use small_case::{add, new_case};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Long enough for a busy machine.
const SILENCE: Duration = Duration::from_secs(60);

/// A folder that costs no flush to a disk, where there is one.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn through(program: Command, root: &Path) -> Result<Sftp, std::io::Error> {
    Sftp::through(program, "sftp://there/m", root.to_str().unwrap().into(), SILENCE)
}

/// Mirrors; a connection that does not come about is an error like any other.
fn run(case: &Path, program: Command, root: &Path) -> Result<Report, String> {
    let mut store = through(program, root).map_err(|error| error.to_string())?;
    let said: Result<Report, Error> = update(case, &mut store, Request::default(), &mut |_, _| {});
    said.map_err(|error| error.to_string())
}

/// Whether the mirror is whole, by all that is read back from it, and how many records it has.
fn check(root: &Path, when: &str) -> u64 {
    let out = folder();
    let mut store = through(Command::new(relay::SERVER), root).unwrap();
    let report = mirror::check(&mut store, out.path(), None, &mut |_, _| {}).unwrap();
    assert!(finding::passes(&report.findings), "{when}: {:?}", report.findings);
    report.leaves
}

fn copy(from: &Path, to: &Path) {
    if to.exists() {
        fs::remove_dir_all(to).unwrap();
    }
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

/// A case, and a mirror of what it was three items ago.
struct Ready {
    folder: tempfile::TempDir,
    case: PathBuf,
    earlier: PathBuf,
    root: PathBuf,
}

fn ready() -> Ready {
    let folder = folder();
    let case = new_case(folder.path(), 2);
    let earlier = folder.path().join("earlier");
    let first = run(&case, Command::new(relay::SERVER), &earlier).unwrap();
    assert_eq!(first.standing, Standing::New);
    add(&case, 2, 3);
    let root = folder.path().join("m");
    Ready { folder, case, earlier, root }
}

/// Lets every `every`th packet at which the fault can come about go wrong, each in a run of its own.
/// How often it came about, and how many runs said that they had failed.
fn fail_everywhere(ready: &Ready, fault: Fault, every: usize) -> (usize, usize) {
    let Ready { folder, case, earlier, root } = ready;
    let (mut fired, mut failed) = (0, 0);
    let records = Case::open(case).unwrap().log().size();
    for at in (1..).step_by(every) {
        copy(earlier, root);
        let relay = Relay::start(folder.path(), at, fault);
        let said = run(case, relay.program(), root);
        let (seen, did) = relay.ended();
        let when = format!("{fault:?} at packet {at}: {said:?}");
        fired += usize::from(did);
        let holds = said.as_ref().is_ok_and(|report| finding::passes(&report.findings));
        failed += usize::from(!holds);
        let there = check(root, &when);
        if holds {
            assert_eq!(there, records, "{when}");
        } else {
            // Nothing of what was kept before is lost.
            assert!((3..=records).contains(&there), "{when}: {there} records");
        }
        let again = run(case, Command::new(relay::SERVER), root);
        let again = again.map_err(|error| format!("{when}, then {error}")).unwrap();
        assert!(finding::passes(&again.findings), "{when}: {:?}", again.findings);
        assert_eq!(check(root, &when), records, "{when}");
        assert_eq!(fs::read_dir(root.join(layout::INCOMING)).unwrap().count(), 0, "{when}");
        if at > seen {
            break;
        }
    }
    (fired, failed)
}

/// Each fault; at which packets in `./test` (all of them with CASEFILE_EVERY=1); whether a run may
/// fail by it, and whether one must.
const FAULTS: [(Fault, usize, bool, bool); 14] = [
    (Fault::CutBefore, 11, true, true),
    (Fault::CutAfter, 11, true, true),
    (Fault::CutWithin, 11, true, true),
    (Fault::CutReply, 11, true, true),
    (Fault::Full, 7, true, true),
    (Fault::Forbidden, 7, true, true),
    (Fault::Forget, 3, true, true),
    (Fault::Flip, 3, true, true),
    (Fault::Short, 3, true, false),
    (Fault::End, 3, true, true),
    (Fault::Larger, 3, true, false),
    (Fault::Absent, 3, true, false),
    (Fault::Omit, 1, true, false),
    (Fault::Nonsense, 11, true, true),
];

#[test]
fn every_packet_may_go_wrong_in_every_way() {
    if !Path::new(relay::SERVER).exists() {
        println!("skipped: {} is not there (Debian: openssh-sftp-server)", relay::SERVER);
        return;
    }
    let ready = ready();
    let given = std::env::var("CASEFILE_EVERY").ok().and_then(|every| every.parse().ok());
    for (fault, every, may_fail, must_fail) in FAULTS {
        let (fired, failed) = fail_everywhere(&ready, fault, given.unwrap_or(every));
        println!("{fault:?}: fired {fired} times, {failed} runs failed");
        assert!(fired > 0, "{fault:?} never fired");
        assert!(may_fail || failed == 0, "{fault:?}: {failed} runs did not get over it");
        assert!(!must_fail || failed > 0, "{fault:?}: no run noticed it");
    }
}

/// A case that went its own way, and a mirror whose server says that it has the same: what tells
/// them apart is signed.
#[test]
fn no_lie_makes_two_logs_the_same() {
    if !Path::new(relay::SERVER).exists() {
        return;
    }
    let ready = ready();
    let other = ready.folder.path().join("other");
    copy(&ready.case, &other);
    add(&ready.case, 10, 2);
    add(&other, 20, 2);
    copy(&ready.earlier, &ready.root);
    run(&ready.case, Command::new(relay::SERVER), &ready.root).unwrap();
    for fault in [Fault::Flip, Fault::Short, Fault::Absent, Fault::Larger, Fault::End, Fault::Omit]
    {
        for at in 1.. {
            let relay = Relay::start(ready.folder.path(), at, fault);
            let said = run(&other, relay.program(), &ready.root);
            let (seen, _) = relay.ended();
            if let Ok(report) = &said {
                assert!(
                    report.standing != Standing::Same && !finding::passes(&report.findings),
                    "{fault:?} at packet {at}: {report:?}"
                );
            }
            if at > seen {
                break;
            }
        }
    }
    // It is still the other's.
    let last = run(&ready.case, Command::new(relay::SERVER), &ready.root).unwrap();
    assert_eq!(last.standing, Standing::Same);
    check(&ready.root, "in the end");
}

/// The key of an erased item is said to be destroyed only where it is gone.
#[test]
fn a_key_file_that_stays_is_said_to_stay() {
    if !Path::new(relay::SERVER).exists() {
        return;
    }
    let folder = folder();
    let key_file = Digests::of(b"a key");
    let item = Item { leaf: 7, item: Sha256::of(b"an item"), key_file };
    let root = folder.path().join("m");
    let place = root.join(item.place());
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    let faults = [Fault::Forget, Fault::Full, Fault::Forbidden, Fault::CutBefore, Fault::CutAfter];
    for fault in faults {
        let mut failed = 0;
        for at in 1.. {
            fs::write(&place, "a key").unwrap();
            let relay = Relay::start(folder.path(), at, fault);
            let said = through(relay.program(), &root).unwrap().destroy(&item);
            let (seen, _) = relay.ended();
            assert!(said.is_err() || !place.exists(), "{fault:?} at packet {at}: {said:?}");
            failed += usize::from(said.is_err());
            if at > seen {
                break;
            }
        }
        assert!(failed > 0, "{fault:?}: nothing noticed it");
    }
}
