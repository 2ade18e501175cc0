//! Repair: what a case has lost, taken back from another copy of it or from a bundle.
//!
//! By digest only: nothing gets into the case that is not what a record, a commitment or the signed
//! root says it must be, wherever it comes from. What was damaged is evidence of what happened, and
//! is kept in `damaged/`; nothing is deleted.
//!
//! Crash story: log files, then objects, then openings, then key, checkpoint and VERSION, each
//! durable before the next. Of a damaged file: the good one is durable; the damaged one goes aside;
//! the good one gets its name. A kill in between leaves a file missing that was damaged before: the
//! next run puts it back. A checkpoint only ever takes the place of one that is unreadable or a
//! beginning of it, when all that it covers has been looked through.

use crate::follow::{self, Recorded};
use crate::land::Landing;
use crate::store::Store;
use crate::tiles::{self, Copy};
use archive::batch::OpeningLine;
use archive::objects::{self, Medium, State};
use archive::standing::{Standing, standing};
use archive::{Case, Error, case, codes, durable, guard, layout, log};
use check::scrub::Sweep;
use custody::note::Verifier;
use custody::tile::{self, Tile, WIDTH};
use custody::{Checkpoint, checkpoint};
use record::{Finding, Sha256, canonical};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where good copies may be found, and what is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A mirror, or any other copy of the case; of one in a store, all but its objects.
    pub copy: Option<&'a Path>,
    /// Single files that should have these digests, such as those of a bundle.
    pub files: &'a BTreeMap<Sha256, PathBuf>,
    /// The log's key as known from elsewhere.
    pub trusted: Option<&'a str>,
    /// Whether a lost checkpoint may be replaced by an older one.
    pub older: bool,
}

/// What a repair came to.
#[derive(Debug, Default)]
pub struct Report {
    /// Objects put back.
    pub objects: u64,
    /// Files of the log put back, its checkpoint and key among them.
    pub log_files: u64,
    /// Other files put back.
    pub others: u64,
    /// Records that the case had lost.
    pub gained: u64,
    /// Records of the case.
    pub records: u64,
    /// What was put back (notices), and what could not be (faults).
    pub findings: Vec<Finding>,
}

/// Mends the case at `root`, which may have lost anything, even all. `progress` hears how many
/// objects of how many have been looked at.
pub fn repair<'a>(
    root: &'a Path,
    request: Request<'a>,
    store: Option<&'a mut dyn Store>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Report, Error> {
    let names = objects::names(root)?;
    let ours =
        [layout::VERSION_FILE, layout::MIRROR, layout::OBJECTS, layout::LOG, layout::PRIVATE];
    let own = names.iter().any(|name| ours.contains(&name.as_str()));
    let left = |name: &String| [layout::LOCK_FILE, layout::DAMAGED].contains(&name.as_str());
    if !own && !names.iter().all(left) {
        return Err(Error::Exists { path: root.into() });
    }
    durable::make_folders(root)?;
    let _lock = case::lock(root, layout::LOCK_FILE)?;
    let mut run =
        Run { root, request, store, aside: None, log_is_whole: true, report: Report::default() };
    if let Some(truth) = run.truth()? {
        run.report.records = truth.checkpoint.size;
        run.log(&truth)?;
        let recorded = follow::recorded(root, truth.checkpoint.size, &mut run.report.findings);
        run.objects(&recorded, progress)?;
        run.private(&recorded)?;
        run.seal(&truth)?;
    }
    run.report.findings.sort();
    run.report.findings.dedup();
    Ok(run.report)
}

/// What the case must come to.
struct Truth {
    verifier: Verifier,
    checkpoint: Checkpoint,
    signed: String,
    /// The copy's checkpoint size, where it has one of this log.
    copy_size: u64,
}

pub(crate) struct Run<'a> {
    pub(crate) root: &'a Path,
    pub(crate) request: Request<'a>,
    pub(crate) store: Option<&'a mut dyn Store>,
    /// Where this run keeps damaged files, once there is one.
    aside: Option<String>,
    /// Whether every file of the log is now as its root demands.
    log_is_whole: bool,
    pub(crate) report: Report,
}

impl Run<'_> {
    /// The log's key and the newest checkpoint that may be taken. `None` where it is said why not.
    fn truth(&mut self) -> Result<Option<Truth>, Error> {
        let Some(verifier) = self.key() else { return Ok(None) };
        let read = |folder: &Path| log::read_checkpoint(folder, &verifier).ok();
        let ours = read(self.root);
        let theirs = self.request.copy.and_then(read);
        let copy_size = theirs.as_ref().map_or(0, |(theirs, _)| theirs.size);
        let chosen = match (ours, theirs) {
            (Some(ours), None) => Some(ours),
            (Some(ours), Some(theirs)) => self.newer(ours, theirs)?,
            (None, theirs) => self.instead_of_lost(&verifier, theirs)?,
        };
        Ok(chosen.map(|(checkpoint, signed)| Truth { verifier, checkpoint, signed, copy_size }))
    }

    /// The log's key: as given, else the case's own, else the copy's.
    fn key(&mut self) -> Option<Verifier> {
        let own = log::read_key(self.root).ok();
        let theirs = self.request.copy.and_then(|copy| log::read_key(copy).ok());
        // Told in one line, the second key is a digest: the files have it whole.
        let given = self.request.trusted.map(|told| {
            let known = own.iter().chain(&theirs).find(|key| key.is_told(told));
            known.map_or_else(|| Verifier::parse(told), |key| Ok(key.clone()))
        });
        let fault = |code, message: &str| Finding::fault(code, layout::LOG_KEY, message);
        let signs = |key: &Verifier| log::read_checkpoint(self.root, key).is_ok();
        match (given, own, theirs) {
            // A whole log of another key is another case, not a damaged one.
            (Some(Ok(given)), Some(own), _) if given.vkey() != own.vkey() && signs(&own) => {
                let message = "the case is signed by another key than the one given with --trust";
                self.report.findings.push(fault(codes::KEY_UNTRUSTED, message));
                None
            }
            (Some(Ok(given)), ..) => Some(given),
            (Some(Err(error)), ..) => {
                self.report.findings.push(fault(codes::KEY_UNTRUSTED, &error.to_string()));
                None
            }
            (None, Some(own), Some(theirs)) if own.vkey() != theirs.vkey() => {
                let message = "it holds another log than this case's: nothing was taken from it";
                let place = self.request.copy.unwrap_or(self.root).display().to_string();
                self.report.findings.push(Finding::fault(codes::MIRROR_FOREIGN, place, message));
                None
            }
            (None, Some(own), _) => Some(own),
            (None, None, Some(theirs)) => {
                let message = "the case had lost its key, and that of the copy was taken: compare \
                               it with what you wrote down (`casefile verify --trust KEY`)";
                let notice = Finding::notice(codes::KEY_UNCHECKED, layout::LOG_KEY, message);
                self.report.findings.push(notice);
                Some(theirs)
            }
            (None, None, None) => {
                let message = "neither the case nor what it is to be mended from has the log's \
                               key: give it with --trust, or name a mirror";
                self.report.findings.push(fault(codes::FILE_MISSING, message));
                None
            }
        }
    }

    /// The copy's checkpoint where it goes on from ours, ours otherwise.
    fn newer(
        &mut self,
        ours: (Checkpoint, String),
        theirs: (Checkpoint, String),
    ) -> Result<Option<(Checkpoint, String)>, Error> {
        if theirs.0.size < ours.0.size {
            return Ok(Some(ours));
        }
        let copy = self.request.copy.unwrap_or(self.root);
        let our_tiles = &mut |tile| log::read_tile(self.root, tile);
        let their_tiles =
            &mut |tile| log::read_tile(copy, tile).map_err(|error| error.in_folder(copy));
        match standing((&ours.0, our_tiles), (&theirs.0, Some(their_tiles))) {
            Ok(Standing::Ahead { records }) => {
                self.report.gained = records;
                Ok(Some(theirs))
            }
            Ok(Standing::Forked) => {
                let message = "it and this case have gone on in different ways from a common \
                               beginning: nothing was taken from it";
                let place = copy.display().to_string();
                self.report.findings.push(Finding::fault(codes::LOG_FORKED, place, message));
                Ok(None)
            }
            Ok(_) => Ok(Some(ours)),
            // The copy's log is itself damaged: ours is the measure.
            Err(Error::Damaged { code, place, message }) => {
                self.report.findings.push(Finding::fault(code, place, message));
                Ok(Some(ours))
            }
            Err(error) => Err(error),
        }
    }

    /// A checkpoint in place of one that is lost: the newest that the copy or a guard has. An older
    /// one would make acknowledged records unacknowledged, so it must be wished for.
    fn instead_of_lost(
        &mut self,
        verifier: &Verifier,
        theirs: Option<(Checkpoint, String)>,
    ) -> Result<Option<(Checkpoint, String)>, Error> {
        let guarded = guard::held(self.root, verifier)?;
        let opened = guarded.into_iter().filter_map(|signed| {
            Some((checkpoint::open(signed.as_bytes(), verifier).ok()?, signed))
        });
        let newest = theirs.into_iter().chain(opened).max_by_key(|(one, _)| one.size);
        let fault = |code, message| Finding::fault(code, layout::CHECKPOINT, message);
        let Some(newest) = newest else {
            let message = "the case has no readable checkpoint, and neither the copy nor a guard \
                           has one of this log: nothing says what must be there";
            self.report.findings.push(fault(codes::CHECKPOINT_INVALID, message.to_string()));
            return Ok(None);
        };
        let size = newest.0.size;
        let beyond =
            log::list_files(&layout::at(self.root, layout::LOG))?.into_iter().any(|path| {
                tile::parse_path(&path)
                    .is_some_and(|tile| tile.end() > tile::count_of(size, tile.kind))
            });
        if beyond && !self.request.older {
            let message = format!(
                "the case has log files beyond {size} records, the newest state that the copy or a \
                 guard knows: with that checkpoint they would count as never acknowledged. Look \
                 for a newer mirror or guard; --older takes this one"
            );
            self.report.findings.push(fault(codes::REPAIR_OLDER, message));
            return Ok(None);
        }
        Ok(Some(newest))
    }

    /// Puts every file of the log in order.
    fn log(&mut self, truth: &Truth) -> Result<(), Error> {
        let root = self.root;
        let size = truth.checkpoint.size;
        let mut copies = vec![Copy { folder: root, size }];
        copies.extend(self.request.copy.map(|folder| Copy { folder, size: truth.copy_size }));
        let led = tiles::go_through(&copies, &truth.checkpoint, &mut |tile, bytes| {
            let place = format!("{}/{tile}", layout::LOG);
            match bytes {
                Some(bytes) => {
                    self.report.log_files += 1;
                    self.put(&place, &bytes, durable::MODE_KEPT)
                }
                None => {
                    self.log_is_whole = false;
                    self.lost(codes::TILE_DAMAGED, &place);
                    Ok(())
                }
            }
        })?;
        if !led {
            self.log_is_whole = false;
            let message = format!(
                "the files at the end of the log, of neither copy, lead to the root that the \
                 checkpoint of {size} records signs: look for another mirror"
            );
            let fault = Finding::fault(codes::ROOT_MISMATCH, layout::CHECKPOINT, message);
            self.report.findings.push(fault);
            return Ok(());
        }
        self.narrower_tiles(size)
    }

    /// Partial files of smaller sizes, where there are some, are the beginning of what grew out of
    /// them.
    fn narrower_tiles(&mut self, size: u64) -> Result<(), Error> {
        for path in log::list_files(&layout::at(self.root, layout::LOG))? {
            let Some(tile) = tile::parse_path(&path) else { continue };
            let count = tile::count_of(size, tile.kind);
            if tile.is_full() || tile.end() >= count {
                continue;
            }
            let width = (count - tile.index * WIDTH).min(WIDTH) as u16;
            let grown = log::read_tile(self.root, Tile { width, ..tile }).ok();
            let Some(bytes) = grown.and_then(|bytes| log::beginning(&bytes, width, tile)) else {
                continue;
            };
            let place = format!("{}/{path}", layout::LOG);
            if fs::read(layout::at(self.root, &place)).ok().as_deref() != Some(&bytes) {
                self.report.log_files += 1;
                self.put(&place, &bytes, durable::MODE_KEPT)?;
            }
        }
        Ok(())
    }

    /// Puts back every recorded object that is damaged or missing.
    fn objects(
        &mut self,
        recorded: &Recorded,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<(), Error> {
        let wanted: Vec<Sha256> = recorded.objects.keys().copied().collect();
        let sweep = Sweep { medium: Medium::Disk, rate_bytes: None, journal: None, progress };
        let states = sweep.read(self.root, &wanted)?;
        let root = self.root;
        let mut landing = Landing::new(root)?;
        for (object, state) in recorded.objects.values().zip(states) {
            let digests = &object.digests;
            if matches!(state, Ok(State::Whole(size)) if size == digests.size) {
                continue;
            }
            if !self.fetch(&mut landing, object)? {
                let missing = matches!(state, Ok(State::Missing));
                let code = if missing { codes::OBJECT_MISSING } else { codes::OBJECT_DAMAGED };
                self.lost(code, &layout::object(digests.sha256));
            }
            if landing.is_due() {
                self.name(&mut landing)?;
            }
        }
        self.name(&mut landing)
    }

    fn name(&mut self, landing: &mut Landing) -> Result<(), Error> {
        let mut put = Vec::new();
        landing.name(&mut |place| self.set_aside(place), &mut |digests, done| {
            if done {
                put.push(layout::object(digests.sha256));
            }
        })?;
        self.report.objects += put.len() as u64;
        for place in put {
            // A copy of it that was rescued earlier has done its service.
            let name = place.replace(['/'], "").replace(layout::OBJECTS, "");
            durable::remove_if_there(&layout::at(self.root, layout::RESCUED).join(name))?;
            self.repaired(place);
        }
        Ok(())
    }

    /// Puts back openings and key files that are lost, and keys where there are none; and destroys
    /// key files whose erasure the case has only now on record again.
    fn private(&mut self, recorded: &Recorded) -> Result<(), Error> {
        self.erase(recorded)?;
        let Some(copy) = self.request.copy else { return Ok(()) };
        if layout::is_mirror(self.root) && !layout::at(self.root, layout::PRIVATE).exists() {
            return Ok(());
        }
        let opens = |path: &Path| -> Option<Vec<u8>> {
            let bytes = fs::read(path).ok()?;
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let mut lines = lines.map(canonical::from_bytes::<OpeningLine>).peekable();
            lines.peek()?;
            let right = lines.all(|line| {
                line.is_ok_and(|line| {
                    let key = (line.leaf, line.opening.field.clone());
                    recorded.withheld.get(&key) == Some(&line.opening.commitment())
                })
            });
            right.then_some(bytes)
        };
        for name in objects::names(&layout::at(copy, layout::OPENINGS))? {
            let place = format!("{}/{name}", layout::OPENINGS);
            let Some(bytes) = opens(&layout::at(copy, &place)) else { continue };
            // One that opens less was cut off between two lines.
            let own = opens(&layout::at(self.root, &place));
            if own.is_none_or(|own| own.len() < bytes.len()) {
                self.report.others += 1;
                self.put(&place, &bytes, durable::MODE_SECRET)?;
            }
        }
        for name in objects::names(&layout::at(copy, layout::ACTORS))? {
            let place = format!("{}/{name}", layout::ACTORS);
            let theirs = layout::at(copy, &place);
            if !name.ends_with(".new") && !layout::at(self.root, &place).exists() {
                let bytes = fs::read(&theirs).map_err(Error::io("read", &theirs))?;
                self.report.others += 1;
                self.put(&place, &bytes, durable::MODE_SECRET)?;
            }
        }
        self.key_files(recorded, copy)?;
        for place in [layout::KEYS_SEALED, layout::KEYS_OPEN] {
            let (own, theirs) = (layout::at(self.root, place), layout::at(copy, place));
            let keyless = ![layout::KEYS_SEALED, layout::KEYS_OPEN]
                .iter()
                .any(|place| layout::at(self.root, place).exists());
            if keyless && !own.exists() && theirs.exists() {
                let bytes = fs::read(&theirs).map_err(Error::io("read", &theirs))?;
                self.report.others += 1;
                self.put(place, &bytes, durable::MODE_SECRET)?;
            }
        }
        Ok(())
    }

    /// The key with the second one that the first record names: by now that record is known to be
    /// right, and a file of keys may have been stripped of a line.
    fn whole_key(&self, verifier: &Verifier) -> Verifier {
        let genesis = Case::open(self.root).and_then(|case| case.genesis()).ok();
        let named = genesis.as_ref().and_then(log::named_by);
        named.filter(|named| named.first() == verifier.first()).unwrap_or_else(|| verifier.clone())
    }

    /// Puts key, checkpoint and VERSION in order: from now on the case opens.
    fn seal(&mut self, truth: &Truth) -> Result<(), Error> {
        let key = self.whole_key(&truth.verifier).lines();
        if fs::read(layout::at(self.root, layout::LOG_KEY)).ok() != Some(key.clone().into_bytes()) {
            self.report.log_files += 1;
            self.put(layout::LOG_KEY, key.as_bytes(), durable::MODE_KEPT)?;
        }
        match log::read_checkpoint(self.root, &truth.verifier) {
            // A newer one takes the place of its beginning, which is no damage, in one step; and
            // only where the log that it speaks of is all there.
            Ok((own, _)) if own.size < truth.checkpoint.size && self.log_is_whole => {
                let path = layout::at(self.root, layout::CHECKPOINT);
                durable::replace(&path, truth.signed.as_bytes(), 0o644)?;
                self.report.log_files += 1;
                let records = truth.checkpoint.size - own.size;
                let message = format!("the case had lost {records} record(s): they were put back");
                let notice = Finding::notice(codes::REPAIRED, layout::CHECKPOINT, message);
                self.report.findings.push(notice);
            }
            Ok(_) => {}
            Err(_) => {
                self.report.log_files += 1;
                self.put(layout::CHECKPOINT, truth.signed.as_bytes(), 0o644)?;
            }
        }
        if case::check_version(self.root).is_err() {
            self.report.others += 1;
            self.put(layout::VERSION_FILE, layout::VERSION.as_bytes(), durable::MODE_KEPT)?;
        }
        Ok(())
    }

    /// Puts a small file in its place, what stands there aside.
    pub(crate) fn put(&mut self, place: &str, bytes: &[u8], mode: u32) -> Result<(), Error> {
        let path = layout::at(self.root, place);
        let folder = path.parent().expect("a file lies in a folder");
        durable::make_folders(folder)?;
        self.set_aside(place)?;
        durable::replace(&path, bytes, mode)?;
        if objects::read_from_disk(&path)? != bytes {
            return Err(crate::store::misread(&self.root.display().to_string(), place));
        }
        self.repaired(place.into());
        Ok(())
    }

    /// Moves what stands at `place` into `damaged/`, durably.
    fn set_aside(&mut self, place: &str) -> Result<(), Error> {
        let from = layout::at(self.root, place);
        match fs::symlink_metadata(&from) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("look at", &from)(error)),
        }
        let root = self.root;
        let aside = self.aside.get_or_insert_with(|| {
            (1..)
                .map(|number| format!("{}/{number}", layout::DAMAGED))
                .find(|folder| !layout::at(root, folder).exists())
                .expect("there is always a free number")
        });
        let to = layout::at(root, aside).join(place);
        let folders = [&from, &to].map(|path| path.parent().expect("it lies in a folder"));
        folders.iter().try_for_each(|folder| durable::make_folders(folder))?;
        fs::rename(&from, &to).map_err(Error::io("set aside", &from))?;
        durable::sync_folders(&folders.iter().map(|folder| folder.to_path_buf()).collect())
    }

    fn repaired(&mut self, place: String) {
        let kept = self.aside.as_ref().map(|aside| format!("{aside}/{place}"));
        let kept = kept.filter(|kept| layout::at(self.root, kept).exists());
        let message = match kept {
            Some(kept) => format!("it was put back; the damaged one is kept in {kept}"),
            None => "it was missing, and was put back".into(),
        };
        self.report.findings.push(Finding::notice(codes::REPAIRED, place, message));
    }

    fn lost(&mut self, code: &str, place: &str) {
        let message = "no good copy of it was found there: look for another mirror or bundle";
        self.report.findings.push(Finding::fault(code, place, message));
    }
}
