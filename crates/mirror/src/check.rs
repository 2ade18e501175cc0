//! A mirror in a store checked as a whole, and read out of it: its log lands in a folder, where it
//! is checked as any case's is; its objects are read through where they are.

use crate::follow::{self, Object, Recorded};
use crate::store::{self, Form, Store};
use ::check::Report;
use archive::{Error, codes, durable, layout};
use record::{Digests, Finding, Hasher};
use std::io::Read;
use std::path::Path;

/// Bytes read at a time.
const CHUNK_BYTES: u64 = 1 << 20;

/// Most small files that land in a folder together, each with up to 180 kB where records are as
/// usual.
const FILES_TO_A_FLUSH: usize = 256;

/// Copies all of a mirror but its objects to the empty folder `into`, which then has the layout of
/// a mirror. Nothing about it is checked.
pub fn copy_out(store: &mut dyn Store, into: &Path) -> Result<(), Error> {
    let mut places: Vec<String> = vec![layout::MIRROR.into(), layout::VERSION_FILE.into()];
    for folder in [layout::LOG, layout::PRIVATE] {
        places.extend(store.list(folder)?.into_iter().map(|path| format!("{folder}/{path}")));
    }
    let mut wanted = Vec::new();
    for place in places {
        // What a store calls its files must not lead out of the folder.
        if !store::is_plain(&place) {
            continue;
        }
        let Some(bytes) = store.read(&place)? else { continue };
        let mode = durable::MODE_SECRET;
        wanted.push(durable::Wanted { path: layout::at(into, &place), bytes, mode });
        if wanted.len() >= FILES_TO_A_FLUSH {
            durable::replace_all(&std::mem::take(&mut wanted))?;
        }
    }
    durable::replace_all(&wanted)
}

/// Checks the mirror in `store`. Its log and openings are first copied to the empty folder `into`.
pub fn check(
    store: &mut dyn Store,
    into: &Path,
    trusted: Option<&str>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    let form = store.form()?;
    let mut findings = Vec::new();
    as_found(copy_out(store, into), &mut findings)?;
    let mut report = ::check::check(into, trusted, &|_, _| {})?;
    // The objects are not in the folder, and are looked at in the store.
    report.findings.retain(|finding| {
        let object = finding.place.starts_with(layout::OBJECTS);
        !(object && finding.code == codes::OBJECT_MISSING)
    });
    let size = archive::log::read_key(into)
        .and_then(|key| archive::log::read_checkpoint(into, &key))
        .map_or(0, |(checkpoint, _)| checkpoint.size);
    let mut unread = Vec::new();
    let recorded = follow::recorded(into, size, &mut unread);
    each_object(store, &recorded, &form, &mut report, progress)?;
    as_found(others(store, &recorded, &mut report.findings), &mut findings)?;
    report.findings.extend(form.findings);
    report.findings.extend(findings);
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

fn each_object(
    store: &mut dyn Store,
    recorded: &Recorded,
    form: &Form,
    report: &mut Report,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), Error> {
    let of = recorded.objects.len() as u64;
    report.object_bytes = 0;
    for (done, object) in (0..).zip(recorded.in_order()) {
        progress(done, of);
        let findings = &mut report.findings;
        let seen = form.whole.contains(&object.digests)
            && as_found(store.is_in_place(object), findings)?.unwrap_or_default();
        let found = if seen {
            Some(object.digests)
        } else {
            as_found(digests_in(store, object), findings)?.flatten()
        };
        report.object_bytes += found.map_or(0, |found| found.size);
        let place = format!("{}/{}", store.name(), layout::object(object.digests.sha256));
        let leaf = object.leaf;
        let (code, message) = match found {
            Some(found) if found == object.digests => continue,
            Some(_) => (
                codes::OBJECT_DAMAGED,
                format!("the bytes do not have the digests that leaf {leaf} records"),
            ),
            None => (codes::OBJECT_MISSING, format!("leaf {leaf} records it")),
        };
        report.findings.push(Finding::fault(code, place, message));
    }
    Ok(())
}

/// Says what stands among the objects that no record accounts for.
fn others(
    store: &mut dyn Store,
    recorded: &Recorded,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    for path in store.list(layout::OBJECTS)? {
        let object = path.split_once('/').and_then(|(at, name)| layout::object_named(at, name));
        let place = format!("{}/{path}", layout::OBJECTS);
        let (code, message) = match object {
            Some(object) if recorded.objects.contains_key(&object) => continue,
            Some(_) => (
                codes::OBJECT_UNRECORDED,
                "no record speaks of it: an interrupted run left it, or another put it there",
            ),
            // What an interrupted run left, which the next one clears away.
            None if place.starts_with(&format!("{}/", layout::INCOMING)) => continue,
            None => (codes::FILE_FOREIGN, "no mirror has such a file: casefile did not write it"),
        };
        findings.push(Finding::notice(code, format!("{}/{place}", store.name()), message));
    }
    Ok(())
}

/// Damage that ends a reading is a finding here, and what is asked for is not there.
fn as_found<T>(read: Result<T, Error>, findings: &mut Vec<Finding>) -> Result<Option<T>, Error> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(Error::Damaged { code, place, message }) => {
            findings.push(Finding::fault(code, place, message));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The digests of what stands in an object's place; of what can be read of it.
pub(crate) fn digests_in(store: &mut dyn Store, object: &Object) -> Result<Option<Digests>, Error> {
    let Some(source) = store.open(object)? else { return Ok(None) };
    // A byte too many tells as well as all of a stream without end.
    let mut source = source.take(object.digests.size.saturating_add(1));
    let mut hasher = Hasher::default();
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        match source.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk) {
            Ok(0) => break,
            Ok(_) => hasher.update(&chunk),
            // A bad sector, or a connection that broke: not whole, as far as can be told.
            Err(error) => {
                tracing::warn!(object = %object.digests.sha256, %error, "cannot be read through");
                break;
            }
        }
    }
    Ok(Some(hasher.finish()))
}
