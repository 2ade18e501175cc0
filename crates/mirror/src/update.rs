//! Mirroring: a second copy of a case brought up to date in a store, and read back.
//!
//! A mirror must never get anything whose digest was not checked on the way and again when it was
//! read back, and nothing in it is ever replaced by something different.
//!
//! Crash story, step by step; each is durable before the next, and a kill leaves a mirror that is a
//! valid older state of the case, or none yet:
//!
//! 1. MIRROR, with the log's key: the place is now known to be ours, and may be gone on with;
//! 2. objects: streamed in, made durable, read back, named without replacing. *A kill leaves what
//!    the store clears away in its next run, and objects that no record of the mirror speaks of;*
//! 3. openings and keys, where asked for; of sealed items, those that are not erased;
//! 4. bundles and tiles, made from the leaves, which lead from the mirror's root to the case's.
//!    *A kill leaves log files beyond the mirror's checkpoint: the next run finds them as they must
//!    be and keeps them;*
//! 5. all of these read back, and found to be what leads to the case's root;
//! 6. the checkpoint: only now has the mirror grown. VERSION after the first one: only now is it
//!    a case;
//! 7. key files of erased items that the mirror has from before: destroyed, asked for or not. *A
//!    kill before leaves a key file whose erasure is on record: the next run destroys it.*

use crate::check;
use crate::follow::{self, Object, Recorded, place_of, root_mismatch};
use crate::store::{self, Head, Occasion, Small, Store, Taken, misread};
use archive::standing::{Standing, standing};
use archive::{Case, Error, codes, durable, layout, log, sealed};
use custody::edge::LogFile;
use custody::note::Verifier;
use custody::tile::Kind;
use custody::{Checkpoint, Edge, checkpoint};
use record::Finding;
use std::fs;
use std::path::Path;

/// A full tile of this level ends 65,536 leaves: 256 bundles and as many tiles, which share a
/// flush, with 50 MB where records are as usual.
const MANY: Kind = Kind::Hashes(1);

/// Bytes after which log files are flushed where records are not as usual.
const BYTES_TO_A_FLUSH: usize = 256 << 20;

/// What to do about what differs.
const TRY_AGAIN: &str = "move it aside and mirror again";

/// What is said of a small file that differs.
const LEFT_AS_IT_IS: &str = "it differs from the case's: it was left as it is; move it aside and \
                             mirror again, if the case's is the right one";

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

/// Brings the mirror of the case at `root` in `store` up to date. `progress` hears how many objects
/// of how many are done.
pub fn update(
    root: &Path,
    store: &mut dyn Store,
    request: Request,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, Error> {
    let case = Case::open(root)?;
    let ours = case.log().signed();
    let (standing, _) = find(&case, &ours, store)?;
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
    if let Some(refusal) = store::refusal(standing, store) {
        report.findings.push(refusal);
        return Ok(report);
    }
    if request.compare {
        return Ok(report);
    }
    let recorded = follow::recorded(root, ours.size, &mut report.findings);
    store.begin(Occasion { time: recorded.last_time.clone(), records: ours.size })?;
    // Another run may have brought it on meanwhile.
    let (now, theirs) = find(&case, &ours, store)?;
    if let Some(refusal) = store::refusal(now, store) {
        report.findings.push(refusal);
        return Ok(report);
    }
    let covered = theirs.as_ref().map_or(0, |(theirs, _)| theirs.size);
    let mut run = Run { case: &case, ours, store, covered, lacking: 0, report };
    run.claim(now)?;
    run.objects(&recorded, progress)?;
    if request.with_private {
        run.private(&recorded)?;
    }
    if run.lacking == 0 || request.incomplete {
        run.log(theirs.as_ref())?;
    }
    run.erase(&recorded)?;
    run.report.findings.sort();
    Ok(run.report)
}

/// The log key that the file MIRROR names, if there is one.
fn key_of(store: &mut dyn Store) -> Result<Option<String>, Error> {
    let Some(bytes) = store.read(layout::MIRROR)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines();
    Ok((lines.next() == Some(HEADER)).then(|| lines.next().unwrap_or_default().to_string()))
}

/// How the store stands to the case, with its checkpoint, and the text of that, if it has one.
fn find(
    case: &Case,
    ours: &Checkpoint,
    store: &mut dyn Store,
) -> Result<(Standing, Option<(Checkpoint, String)>), Error> {
    let verifier = case.log().verifier();
    let named = key_of(store)?;
    if named.as_ref().is_some_and(|key| *key != verifier.vkey()) {
        return Ok((Standing::Foreign, None));
    }
    if named.is_some() && store.read(layout::CHECKPOINT)?.is_none() {
        return Ok((Standing::New, None));
    }
    if named.is_none() && store.read(layout::VERSION_FILE)?.is_none() {
        return if store.is_free()? {
            Ok((Standing::New, None))
        } else {
            Err(Error::Exists { path: store.name().into() })
        };
    }
    let key = text_in(store, layout::LOG_KEY)?;
    let key = Verifier::parse_lines(&key).map_err(|error| {
        let place = format!("{}/{}", store.name(), layout::LOG_KEY);
        Error::Damaged { code: codes::CHECKPOINT_INVALID, place, message: error.to_string() }
    })?;
    if key.vkey() != verifier.vkey() {
        return Ok((Standing::Foreign, None));
    }
    let signed = text_in(store, layout::CHECKPOINT)?;
    let theirs = checkpoint::open(signed.as_bytes(), verifier).map_err(|error| {
        let place = format!("{}/{}", store.name(), layout::CHECKPOINT);
        Error::Damaged { code: codes::CHECKPOINT_INVALID, place, message: error.to_string() }
    })?;
    let our_tiles = &mut |tile| log::read_tile(case.root(), tile);
    let their_tiles = &mut |tile| follow::tile_in(store, tile);
    let standing = standing((ours, our_tiles), (&theirs, Some(their_tiles)))?;
    Ok((standing, Some((theirs, signed))))
}

/// A small file of text that must be there.
fn text_in(store: &mut dyn Store, place: &str) -> Result<String, Error> {
    let bytes = store.read(place)?.ok_or_else(|| Error::Damaged {
        code: codes::FILE_MISSING,
        place: format!("{}/{place}", store.name()),
        message: "the file is missing".into(),
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What stands in an object's place in a mirror.
enum There {
    /// The object.
    Whole,
    /// Something else, and what tells.
    Other(String),
    /// Nothing.
    Nothing,
}

/// A mirroring under way.
struct Run<'a> {
    case: &'a Case,
    ours: Checkpoint,
    store: &'a mut dyn Store,
    /// Records that the mirror had.
    covered: u64,
    /// Objects that the mirror should have and does not.
    lacking: u64,
    report: Report,
}

impl Run<'_> {
    /// Makes the place ours.
    fn claim(&mut self, standing: Standing) -> Result<(), Error> {
        // A run that was killed may have left it.
        if standing == Standing::New && self.store.read(layout::MIRROR)?.is_none() {
            let text = format!(
                "{HEADER}\n{}\nA copy of a case, made by `casefile mirror`. Record nothing here. \
                 `casefile verify` checks it,\n`casefile -C CASE repair THIS` gives back what CASE \
                 has lost.\n",
                self.case.log().verifier().vkey()
            );
            self.put(layout::MIRROR, text.as_bytes(), durable::MODE_KEPT)?;
        }
        Ok(())
    }

    /// Copies every recorded object that the mirror has no file for.
    fn objects(
        &mut self,
        recorded: &Recorded,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), Error> {
        let of = recorded.objects.len() as u64;
        for (done, object) in (0..).zip(recorded.in_order()) {
            progress(done, of);
            let place = layout::object(object.digests.sha256);
            match self.look_at(object)? {
                There::Whole => continue,
                There::Other(message) => {
                    let message = format!("{message}: it was left as it is; {TRY_AGAIN}");
                    self.differs(&place, message);
                    self.lacking += 1;
                    continue;
                }
                There::Nothing => {}
            }
            if let Some((code, message)) = self.copy(object)? {
                let message = format!(
                    "{message}: it was not copied, and the mirror's log stays as it was; mend it \
                     with `casefile repair`, or mirror with --incomplete"
                );
                self.report.findings.push(Finding::fault(code, place, message));
                self.lacking += 1;
            }
            if self.store.is_due() {
                self.settle()?;
            }
        }
        self.settle()
    }

    /// What stands in an object's place. What the mirror's checkpoint covers was read back by the
    /// run that put it there.
    fn look_at(&mut self, object: &Object) -> Result<There, Error> {
        let wanted = object.digests.size;
        match self.store.size_of(object)? {
            None => Ok(There::Nothing),
            Some(size) if size != wanted => {
                Ok(There::Other(format!("it has {size} bytes where the case records {wanted}")))
            }
            Some(_) if object.leaf < self.covered || !self.store.names_unread() => Ok(There::Whole),
            Some(_) => Ok(match check::digests_in(self.store, object)? {
                None => There::Nothing,
                Some(found) if found == object.digests => There::Whole,
                Some(_) => There::Other("it does not have the digests on record".into()),
            }),
        }
    }

    /// Streams one object to the store. What is wrong with the case's own, if something is.
    fn copy(&mut self, object: &Object) -> Result<Option<(&'static str, String)>, Error> {
        let case = self.case;
        let mut source = match case.stream(object.digests.sha256) {
            Ok(source) => source,
            Err(Error::Damaged { code, message, .. }) => return Ok(Some((code, message))),
            Err(error) => return Ok(Some((codes::FILE_UNREADABLE, error.to_string()))),
        };
        let record = || case.log().leaf(object.leaf);
        Ok(match self.store.take(object, &mut source, &record)? {
            Taken::Right => None,
            Taken::Other => {
                let message = "the case's own copy does not have its digests";
                Some((codes::OBJECT_DAMAGED, message.into()))
            }
            Taken::Unreadable(error) => Some((codes::FILE_UNREADABLE, error.to_string())),
        })
    }

    fn settle(&mut self) -> Result<(), Error> {
        let mut crossed = Vec::new();
        let report = &mut self.report;
        self.store.settle(&mut |digests, done| {
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
            if self.small(&place, &bytes, durable::MODE_SECRET)? {
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
                    if self.small(&item.place(), &bytes, durable::MODE_SECRET)? {
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
            if self.store.destroy(item)? > 0 {
                self.report.erased += 1;
                let message = "its item was erased: the mirror's copy of its key file is destroyed";
                let place = format!("{}/{}", self.store.name(), item.place());
                let notice = Finding::notice(codes::ERASURE_CARRIED, place, message);
                self.report.findings.push(notice);
            }
        }
        Ok(())
    }

    /// Brings the log from the mirror's checkpoint to the case's.
    fn log(&mut self, theirs: Option<&(Checkpoint, String)>) -> Result<(), Error> {
        let (root, size) = (self.case.root(), self.ours.size);
        let edge = match theirs {
            Some((theirs, _)) => follow::edge_of(self.store, theirs)?,
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
            let is_last_of_many = file.tile.kind == MANY && file.tile.is_full();
            whole &= self.want(file, &mut wanted)?;
            if is_last_of_many
                || wanted.iter().map(|file| file.bytes.len()).sum::<usize>() > BYTES_TO_A_FLUSH
            {
                self.store.put(std::mem::take(&mut wanted))?;
            }
            Ok(())
        })?;
        self.store.put(wanted)?;
        if !whole {
            return Ok(());
        }
        follow::extend(root, edge, size, &mut |file| {
            let place = place_of(file.tile);
            let back = self.store.read_back(&place)?;
            let name = self.store.name();
            if back == Some(file.bytes) { Ok(()) } else { Err(misread(&name, &place)) }
        })?;
        self.head(theirs.map(|(_, signed)| signed.as_str()))?;
        self.store.tidy(before, size);
        Ok(())
    }

    /// Puts key, checkpoint and VERSION in place: only now has the mirror grown.
    fn head(&mut self, was: Option<&str>) -> Result<(), Error> {
        let key = self.case.log().verifier().lines();
        for (place, text) in
            [(layout::LOG_KEY, key.as_str()), (layout::VERSION_FILE, layout::VERSION)]
        {
            if self.store.read(place)?.is_some_and(|there| there != text.as_bytes()) {
                self.differs(place, LEFT_AS_IT_IS.into());
            }
        }
        let checkpoint = match was {
            // Of one size and root: what it was signed with besides may differ.
            Some(was) if self.report.standing == Standing::Same => was,
            _ => self.case.log().checkpoint(),
        };
        self.store.swap(was, Head { key: &key, checkpoint, version: layout::VERSION })
    }

    /// Adds a log file to `wanted` unless the mirror has it. Whether the mirror has nothing else in
    /// its place.
    fn want(&mut self, file: LogFile, wanted: &mut Vec<Small>) -> Result<bool, Error> {
        let place = place_of(file.tile);
        match self.store.read(&place)? {
            Some(bytes) if bytes == file.bytes => return Ok(true),
            Some(_) => {
                let message = "it is not what the case's log has in its place: it was left as it \
                               is, and the mirror's checkpoint too; move it aside and mirror again";
                self.differs(&place, message.into());
                return Ok(false);
            }
            None => {}
        }
        self.report.log_files += 1;
        wanted.push(Small { place, bytes: file.bytes, mode: durable::MODE_KEPT });
        Ok(true)
    }

    /// Writes a small file and reads it back, unless it is there. Whether it was written.
    fn small(&mut self, place: &str, bytes: &[u8], mode: u32) -> Result<bool, Error> {
        match self.store.read(place)? {
            Some(there) if there == bytes => Ok(false),
            Some(_) => {
                self.differs(place, LEFT_AS_IT_IS.into());
                Ok(false)
            }
            None => self.put(place, bytes, mode).map(|()| true),
        }
    }

    /// Writes a small file and reads it back.
    fn put(&mut self, place: &str, bytes: &[u8], mode: u32) -> Result<(), Error> {
        self.store.put(vec![Small { place: place.into(), bytes: bytes.into(), mode }])?;
        if self.store.read_back(place)?.as_deref() == Some(bytes) {
            Ok(())
        } else {
            Err(misread(&self.store.name(), place))
        }
    }

    fn differs(&mut self, place: &str, message: String) {
        let finding = store::differs(self.store, place, message);
        self.report.findings.push(finding);
    }
}
