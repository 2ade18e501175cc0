//! Mirrors: a second copy of a case in another folder, brought up to date and read back.
//!
//! A mirror has the layout of a case, so it is opened, verified and repaired from as one; the file
//! MIRROR in it says that nothing may be recorded there. It must never get anything whose digest
//! was not checked on the way and again on its own disk, and nothing in it is ever replaced by
//! something different.
//!
//! Crash story, step by step; each is durable before the next, and a kill leaves a mirror that is a
//! valid older state of the case, or none yet:
//!
//! 1. MIRROR, with the log's key: the folder is now known to be ours, and may be gone on with;
//! 2. objects: streamed to `objects/incoming`, flushed, read back from the disk, named without
//!    replacing. *A kill leaves files in `incoming`, which the next run removes, and objects that
//!    no record of the mirror speaks of;*
//! 3. openings and keys, where asked for; of sealed items, those that are not erased;
//! 4. bundles and tiles, made from the leaves, which lead from the mirror's root to the case's.
//!    *A kill leaves log files beyond the mirror's checkpoint: the next run finds them as they must
//!    be and keeps them;*
//! 5. all of these read back, and the root made again from them;
//! 6. the checkpoint: only now has the mirror grown. VERSION after the first one: only now is it
//!    a case;
//! 7. key files of erased items that the mirror has from before: destroyed, asked for or not. *A
//!    kill before leaves a key file whose erasure is on record: the next run destroys it.*

use crate::follow::{self, Recorded, root_mismatch};
use crate::land::{Landing, Taken, misread};
use archive::case::lock;
use archive::standing::{Standing, standing};
use archive::{Case, Error, codes, durable, layout, log};
use archive::{objects, sealed};
use custody::edge::LogFile;
use custody::tile::Tile;
use custody::{Checkpoint, Edge};
use record::{Digests, Finding};
use std::fs;
use std::io;
use std::path::Path;

/// Most log files that share one flush: at 180 kB for a bundle of usual records, 50 MB.
const LOG_FILES_TO_A_FLUSH: usize = 256;

/// First line of the file MIRROR.
const HEADER: &str = "casefile mirror 1";

/// What is to be mirrored.
#[derive(Debug, Default, Clone, Copy)]
pub struct Request {
    /// Whether `private/` goes along.
    pub with_private: bool,
    /// Whether nothing is to be written: only how the two stand to each other is looked at.
    pub compare: bool,
    /// Whether the log goes on where an object cannot be copied. The mirror then lacks it, as the
    /// case does.
    pub incomplete: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Report {
    /// How the mirror stood to the case before.
    pub standing: Standing,
    /// Records of the case.
    pub records: u64,
    /// Objects copied.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Log files written.
    pub log_files: u64,
    /// Files in `private/` copied.
    pub private_files: u64,
    /// Key files of erased items destroyed in the mirror.
    pub erased: u64,
    /// What differs, and what is not whole.
    pub findings: Vec<Finding>,
}

/// Brings the mirror of the case at `root` in the folder `target` up to date. `progress` hears how
/// many objects of how many are done.
pub fn update(
    root: &Path,
    target: &Path,
    request: Request,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    let case = Case::open(root)?;
    let ours = case.log().signed();
    let (standing, _) = find(&case, &ours, target)?;
    let mut report = Report {
        standing,
        records: ours.size,
        objects: 0,
        bytes: 0,
        log_files: 0,
        private_files: 0,
        erased: 0,
        findings: Vec::new(),
    };
    if let Some(refusal) = refusal(standing, target) {
        report.findings.push(refusal);
        return Ok(report);
    }
    if request.compare {
        return Ok(report);
    }
    durable::make_folders(target)?;
    let _lock = lock(target, layout::LOCK_FILE)?;
    // Another run may have brought it on meanwhile.
    let (now, theirs) = find(&case, &ours, target)?;
    if let Some(refusal) = refusal(now, target) {
        report.findings.push(refusal);
        return Ok(report);
    }
    let mut run = Run { case: &case, ours, target, lacking: 0, report };
    run.prepare(now)?;
    let recorded = follow::recorded(root, run.ours.size, &mut run.report.findings);
    run.objects(&recorded, progress)?;
    if request.with_private {
        run.private(&recorded)?;
    }
    if run.lacking == 0 || request.incomplete {
        run.log(theirs)?;
    }
    run.erase(&recorded)?;
    run.report.findings.sort();
    Ok(run.report)
}

/// The log key that the file MIRROR names, if there is one.
fn key_of(target: &Path) -> Result<Option<String>, Error> {
    let path = layout::at(target, layout::MIRROR);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let mut lines = text.lines();
    Ok((lines.next() == Some(HEADER)).then(|| lines.next().unwrap_or_default().to_string()))
}

/// How the folder stands to the case, with its checkpoint if it has one.
fn find(
    case: &Case,
    ours: &Checkpoint,
    target: &Path,
) -> Result<(Standing, Option<Checkpoint>), Error> {
    let verifier = case.log().verifier();
    let named = key_of(target)?;
    if named.as_ref().is_some_and(|key| *key != verifier.vkey()) {
        return Ok((Standing::Foreign, None));
    }
    // A question that the disk does not answer is no "no".
    let there = |place| {
        let path = layout::at(target, place);
        path.try_exists().map_err(Error::io("look at", &path))
    };
    if named.is_some() && !there(layout::CHECKPOINT)? {
        return Ok((Standing::New, None));
    }
    if named.is_none() && !there(layout::VERSION_FILE)? {
        let rest = objects::names(target)?;
        // What a run leaves that was killed before the file MIRROR.
        return if rest.iter().all(|name| name == layout::LOCK_FILE || name == "MIRROR.new") {
            Ok((Standing::New, None))
        } else {
            Err(Error::Exists { path: target.into() })
        };
    }
    let key = log::read_key(target).map_err(|error| error.in_folder(target))?;
    if key.vkey() != verifier.vkey() {
        return Ok((Standing::Foreign, None));
    }
    let (theirs, _) =
        log::read_checkpoint(target, verifier).map_err(|error| error.in_folder(target))?;
    let standing = standing((case.root(), ours), (Some(target), &theirs))?;
    Ok((standing, Some(theirs)))
}

/// What is said where nothing may be written.
fn refusal(standing: Standing, target: &Path) -> Option<Finding> {
    let (code, message) = match standing {
        Standing::New | Standing::Same | Standing::Behind { .. } => return None,
        Standing::Ahead { records } => (
            codes::MIRROR_AHEAD,
            format!(
                "it has {records} record(s) more than this case, which is an older copy: record \
                 nothing here; `casefile repair` from it brings this case up to it"
            ),
        ),
        Standing::Forked => (
            codes::LOG_FORKED,
            "it and this case have both gone on from a common beginning, in different ways: two \
             histories are signed with one key. Change neither, and find out how it came about"
                .into(),
        ),
        Standing::Foreign => (
            codes::MIRROR_FOREIGN,
            "it holds another log than this case's: nothing was written there".into(),
        ),
    };
    Some(Finding::fault(code, target.display().to_string(), message))
}

/// A mirroring under way.
struct Run<'a> {
    case: &'a Case,
    ours: Checkpoint,
    target: &'a Path,
    /// Objects that the target should have and does not.
    lacking: u64,
    report: Report,
}

impl Run<'_> {
    /// Makes the folder ours, and clears away what a killed run left in `incoming`.
    fn prepare(&mut self, standing: Standing) -> Result<(), Error> {
        if standing == Standing::New {
            let text = format!(
                "{HEADER}\n{}\nA copy of a case, made by `casefile mirror`. Record nothing here. \
                 `casefile verify` checks it,\n`casefile -C CASE repair THIS` gives back what CASE \
                 has lost.\n",
                self.case.log().verifier().vkey()
            );
            let path = layout::at(self.target, layout::MIRROR);
            durable::replace(&path, text.as_bytes(), durable::MODE_KEPT)?;
        }
        Ok(())
    }

    /// Copies every recorded object that the target has no file for.
    fn objects(
        &mut self,
        recorded: &Recorded,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Error> {
        let of = recorded.objects.len() as u64;
        let mut landing = Landing::new(self.target)?;
        for (done, digests) in (0..).zip(recorded.objects.values()) {
            progress(done, of);
            let place = layout::object(digests.sha256);
            match fs::metadata(layout::at(self.target, &place)) {
                Ok(there) if there.len() == digests.size => continue,
                Ok(there) => {
                    let message = format!(
                        "it has {} bytes where the case records {}: it was left as it is; move it \
                         aside and mirror again",
                        there.len(),
                        digests.size
                    );
                    self.differs(&place, message);
                    self.lacking += 1;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("look at", self.target)(error)),
            }
            if let Some((code, message)) = self.copy(&mut landing, digests)? {
                let message = format!(
                    "{message}: it was not copied, and the mirror's log stays as it was; mend it \
                     with `casefile repair`, or mirror with --incomplete"
                );
                self.report.findings.push(Finding::fault(code, place, message));
                self.lacking += 1;
            }
            if landing.is_due() {
                self.name(&mut landing)?;
            }
        }
        self.name(&mut landing)
    }

    /// Streams one object to the target. What is wrong with the case's own, if something is.
    fn copy(
        &mut self,
        landing: &mut Landing<'_>,
        digests: &Digests,
    ) -> Result<Option<(&'static str, String)>, Error> {
        let mut source = match self.case.stream(digests.sha256) {
            Ok(source) => source,
            Err(Error::Damaged { code, message, .. }) => return Ok(Some((code, message))),
            Err(error) => return Ok(Some((codes::FILE_UNREADABLE, error.to_string()))),
        };
        Ok(match landing.take(&mut source, digests)? {
            Taken::Right => None,
            Taken::Other => {
                let message = "the case's own copy does not have its digests";
                Some((codes::OBJECT_DAMAGED, message.into()))
            }
            Taken::Unreadable(error) => Some((codes::FILE_UNREADABLE, error.to_string())),
        })
    }

    fn name(&mut self, landing: &mut Landing<'_>) -> Result<(), Error> {
        let mut crossed = Vec::new();
        let report = &mut self.report;
        landing.name(&mut |_| Ok(()), &mut |digests, done| {
            if done {
                report.objects += 1;
                report.bytes += digests.size;
            } else {
                crossed.push(layout::object(digests.sha256));
            }
        })?;
        for place in crossed {
            self.differs(&place, "it came to be while this run copied it".into());
            self.lacking += 1;
        }
        Ok(())
    }

    /// Copies `private/`, but for what belongs to this machine alone.
    fn private(&mut self, recorded: &Recorded) -> Result<(), Error> {
        let source = layout::at(self.case.root(), layout::PRIVATE);
        for path in log::list_files(&source)? {
            let place = format!("{}/{path}", layout::PRIVATE);
            // Openings of a commit that is not in our checkpoint may still come to be others.
            let early = path
                .strip_prefix("openings/")
                .and_then(layout::openings_index)
                .is_some_and(|index| index >= self.ours.size);
            let sealed = place.starts_with(layout::SEALED);
            let aside = place.starts_with(layout::OPENINGS_UNACKNOWLEDGED);
            if place == layout::GUARDS || path.ends_with(".new") || early || sealed || aside {
                continue;
            }
            let from = source.join(&path);
            let bytes = fs::read(&from).map_err(Error::io("read", &from))?;
            if self.put(&place, &bytes, durable::MODE_SECRET)? {
                self.report.private_files += 1;
            }
        }
        self.key_files(recorded)
    }

    /// Copies the key files of sealed items, none of which is erased.
    fn key_files(&mut self, recorded: &Recorded) -> Result<(), Error> {
        let items = recorded.sealed.items.values();
        for item in items.filter(|item| !recorded.sealed.is_erased(item)) {
            match sealed::read(self.case.root(), item) {
                Ok(bytes) => {
                    if self.put(&item.place(), &bytes, durable::MODE_SECRET)? {
                        self.report.private_files += 1;
                    }
                }
                Err(Error::Damaged { code, place, message }) => {
                    self.report.findings.push(Finding::fault(code, place, message));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Destroys what the mirror still has of key files whose items are erased.
    fn erase(&mut self, recorded: &Recorded) -> Result<(), Error> {
        let items = recorded.sealed.items.values();
        for item in items.filter(|item| recorded.sealed.is_erased(item)) {
            if sealed::destroy(self.target, item)? > 0 {
                self.report.erased += 1;
                let message = "its item was erased: the mirror's copy of its key file is destroyed";
                let place = self.target.join(item.place()).display().to_string();
                let notice = Finding::notice(codes::ERASURE_CARRIED, place, message);
                self.report.findings.push(notice);
            }
        }
        Ok(())
    }

    /// Brings the log from the mirror's checkpoint to the case's.
    fn log(&mut self, theirs: Option<Checkpoint>) -> Result<(), Error> {
        let (root, target, size) = (self.case.root(), self.target, self.ours.size);
        let edge = match &theirs {
            Some(theirs) => {
                follow::edge_of(target, theirs).map_err(|error| error.in_folder(target))?
            }
            None => Edge::empty(),
        };
        let before = edge.size();
        // Once through without writing: what does not lead to the signed root is not copied.
        if follow::extend(root, edge.clone(), size, &mut |_| Ok(()))?.root() != self.ours.root {
            return Err(root_mismatch(layout::CHECKPOINT.into(), size));
        }
        let mut wanted = Vec::new();
        let mut whole = true;
        follow::extend(root, edge.clone(), size, &mut |file| {
            whole &= self.want(file, &mut wanted)?;
            if wanted.len() >= LOG_FILES_TO_A_FLUSH {
                durable::replace_all(&std::mem::take(&mut wanted))?;
            }
            Ok(())
        })?;
        durable::replace_all(&wanted)?;
        if !whole {
            return Ok(());
        }
        let again = follow::extend(target, edge, size, &mut |file| {
            let path = layout::at(target, layout::LOG).join(file.tile.to_string());
            let bytes = objects::read_from_disk(&path)?;
            if bytes == file.bytes { Ok(()) } else { Err(misread(target, &place_of(file.tile))) }
        })
        .map_err(|error| error.in_folder(target))?;
        if again.root() != self.ours.root {
            return Err(root_mismatch(target.display().to_string(), size));
        }
        let key = format!("{}\n", self.case.log().verifier().vkey());
        self.put(layout::LOG_KEY, key.as_bytes(), durable::MODE_KEPT)?;
        if theirs.is_none_or(|theirs| theirs.size != size) {
            let signed = self.case.log().checkpoint();
            let path = layout::at(target, layout::CHECKPOINT);
            durable::replace(&path, signed.as_bytes(), 0o644)?;
        }
        self.put(layout::VERSION_FILE, layout::VERSION.as_bytes(), durable::MODE_KEPT)?;
        log::drop_superseded(target, before, size);
        Ok(())
    }

    /// Adds a log file to `wanted` unless the target has it. Whether the target has nothing else in
    /// its place.
    fn want(&mut self, file: LogFile, wanted: &mut Vec<durable::Wanted>) -> Result<bool, Error> {
        let place = place_of(file.tile);
        let path = layout::at(self.target, &place);
        match fs::read(&path) {
            Ok(bytes) if bytes == file.bytes => return Ok(true),
            Ok(_) => {
                let message = "it is not what the case's log has in its place: it was left as it \
                               is, and the mirror's checkpoint too; move it aside and mirror again";
                self.differs(&place, message.into());
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", &path)(error)),
        }
        self.report.log_files += 1;
        wanted.push(durable::Wanted { path, bytes: file.bytes, mode: durable::MODE_KEPT });
        Ok(true)
    }

    /// Writes a small file and reads it back, unless it is there. Whether it was written.
    fn put(&mut self, place: &str, bytes: &[u8], mode: u32) -> Result<bool, Error> {
        let path = layout::at(self.target, place);
        match fs::read(&path) {
            Ok(there) if there == bytes => return Ok(false),
            Ok(_) => {
                let message = "it differs from the case's: it was left as it is; move it aside and \
                               mirror again, if the case's is the right one";
                self.differs(place, message.into());
                return Ok(false);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", &path)(error)),
        }
        durable::replace(&path, bytes, mode)?;
        if objects::read_from_disk(&path)? != bytes {
            return Err(misread(self.target, place));
        }
        Ok(true)
    }

    fn differs(&mut self, place: &str, message: String) {
        let place = self.target.join(place).display().to_string();
        self.report.findings.push(Finding::fault(codes::MIRROR_DIFFERS, place, message));
    }
}

fn place_of(tile: Tile) -> String {
    format!("{}/{tile}", layout::LOG)
}
