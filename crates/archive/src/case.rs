//! A case: opened to read by anyone, to write by one program at a time.

use crate::guard::Guards;
use crate::keys::{self, ActorKey, Keys, Passphrase};
use crate::log::{self, Log};
use crate::{Batch, Error, codes, durable, layout, recover, signers};
use actors::{Fault, Roster};
use custody::cosignature::Cosigner;
use custody::note::Signer;
use custody::receipt::Receipts;
use custody::sshsig::PublicKey;
use record::leaf::LEAF_VERSION;
use record::{Digests, Event, Finding, Genesis, Leaf, Sha256, canonical};
use rustix::fs::{FlockOperation, flock};
use sealing::Identities;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A case opened for reading. Needs no lock: a checkpoint is replaced whole, and what it covers
/// never changes.
#[derive(Debug)]
pub struct Case {
    root: PathBuf,
    log: Log,
}

impl Case {
    /// Opens the case at `root`: version known, checkpoint signed by the log's key, right edge of
    /// the tree in agreement with it. (`check` looks at all the rest.)
    pub fn open(root: &Path) -> Result<Self, Error> {
        check_version(root)?;
        Ok(Self { root: root.into(), log: Log::open(root)? })
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its custody log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Every record with its index, in order; each leaf's signature and form is checked on the way.
    pub fn leaves(&self) -> impl Iterator<Item = Result<(u64, Leaf), Error>> + '_ {
        self.log.leaves(0).map(|read| {
            let (index, bytes) = read?;
            Ok((index, leaf_of(index, &bytes, self.log.origin())?))
        })
    }

    /// Up to `limit_bytes` of an object, checked where that is the whole of it.
    pub fn read(&self, object: Sha256, limit_bytes: u64) -> Result<Vec<u8>, Error> {
        crate::objects::read(&self.root, object, limit_bytes)
    }

    /// Opens an object for streaming; the caller checks its digest.
    pub fn stream(&self, object: Sha256) -> Result<File, Error> {
        crate::objects::open(&self.root, object)
    }

    /// The actor's name and public key, from the genesis record.
    pub fn genesis(&self) -> Result<Genesis, Error> {
        match self.leaves().next().transpose()? {
            Some((_, Leaf { event: Event::Genesis(genesis), .. })) => Ok(genesis),
            _ => Err(Error::Damaged {
                code: codes::GENESIS_INVALID,
                place: "leaf 0".into(),
                message: "the first record does not open the case".into(),
            }),
        }
    }
}

/// A record from the bytes of a leaf whose signature holds.
pub fn leaf_of(index: u64, bytes: &[u8], origin: &str) -> Result<Leaf, Error> {
    let damaged =
        |code, message: String| Error::Damaged { code, place: format!("leaf {index}"), message };
    let opened = custody::leaf::open_leaf(bytes)
        .map_err(|error| damaged(codes::LEAF_INVALID, error.to_string()))?;
    let leaf: Leaf = canonical::from_bytes(opened.record)
        .map_err(|error| damaged(codes::LEAF_INVALID, error.to_string()))?;
    if leaf.v != LEAF_VERSION {
        let message =
            format!("the record has version {}; this program knows {LEAF_VERSION}", leaf.v);
        return Err(damaged(codes::LEAF_INVALID, message));
    }
    if leaf.actor != opened.fingerprint {
        let message =
            format!("it names {} as actor and is signed by {}", leaf.actor, opened.fingerprint);
        return Err(damaged(codes::ACTOR_UNKNOWN, message));
    }
    if leaf.log != origin {
        return Err(damaged(codes::LEAF_FOREIGN, format!("it belongs to the log {}", leaf.log)));
    }
    Ok(leaf)
}

/// What a new case is made with.
pub struct New {
    /// Name of the case.
    pub case: String,
    /// Name of the actor, as they want it to stand in the record.
    pub actor_name: String,
    /// Passphrase for the keys; `None` leaves them in the open, by explicit wish.
    pub passphrase: Option<Passphrase>,
    /// Program and version.
    pub tool: String,
}

/// Makes a new case in `root`, which must not exist or be empty. VERSION is written last: before
/// that a folder is no case, and an interrupted `create` leaves nothing that could be mistaken for
/// one.
pub fn create(root: &Path, new: New) -> Result<(), Error> {
    if !crate::objects::names(root)?.is_empty() {
        let path = root.into();
        let unfinished = is_unfinished(root)?;
        return Err(if unfinished { Error::Unfinished { path } } else { Error::Exists { path } });
    }
    for folder in [layout::INCOMING, layout::LOG, layout::OPENINGS] {
        durable::make_folders(&layout::at(root, folder))?;
    }
    close_to_others(&layout::at(root, layout::PRIVATE))?;
    let keys = Keys::generate()?;
    keys::write(root, layout::KEYS_OPEN, &keys, new.passphrase)?;

    let actor = keys.actor.public();
    let signer = log::signer(&log::new_origin(&new.case, &keys), &keys);
    let record = canonical::to_bytes(&Leaf {
        v: LEAF_VERSION,
        log: signer.name().into(),
        actor: custody::sshsig::fingerprint(&actor),
        time: now(),
        tool: new.tool,
        event: Event::Genesis(Genesis {
            case: new.case,
            actor_key: custody::sshsig::public_key_line(&actor),
            actor_name: new.actor_name,
            log_key: signer.vkey(),
            log_key_pq: signer.verifier().second().map(Cosigner::vkey),
        }),
    });
    let line = [&record[..], b"\n"].concat();
    let signature = keys.actor.sign(custody::leaf::NAMESPACE, &line)?;
    let leaf = [line, signature.into_bytes()].concat();
    Log::create(root, &signer)?.append(&signer, &[leaf])?;
    let path = layout::at(root, layout::VERSION_FILE);
    durable::replace(&path, layout::VERSION.as_bytes(), durable::MODE_KEPT)
}

/// Whether `root` holds what an interrupted [`create`] left and nothing else. A whole case that has
/// lost its VERSION is not that: nobody may be told that nothing was kept in it.
fn is_unfinished(root: &Path) -> Result<bool, Error> {
    let only = |place: &str, allowed: &[&str]| -> Result<bool, Error> {
        let names = crate::objects::names(&layout::at(root, place))?;
        Ok(names.iter().all(|name| allowed.contains(&name.as_str())))
    };
    Ok(only("", &["VERSION.new", layout::LOG, layout::OBJECTS, layout::PRIVATE])?
        && only(layout::OBJECTS, &["incoming"])?
        && only(layout::INCOMING, &[])?
        && only(layout::OPENINGS, &[])?
        && only("log/tile/entries", &["000.p"])?
        // The genesis record alone.
        && only("log/tile/entries/000.p", &["1", "1.new"])?)
}

/// A case opened for writing. One at a time: the lock is held until this is dropped, or by the
/// system's doing when the program dies.
pub struct Writer {
    pub(crate) root: PathBuf,
    pub(crate) log: Log,
    pub(crate) keys: Keys,
    /// The log's, worked out of its seeds once.
    pub(crate) signer: Signer,
    pub(crate) actor: String,
    roster: Roster,
    pub(crate) tool: String,
    /// What the opening had to recover from.
    pub recovered: Vec<Finding>,
    pub(crate) guards: Guards,
    _lock: File,
}

impl Writer {
    /// [`Writer::open_with`] the keys that the case was made with.
    pub fn open(root: &Path, passphrase: Option<Passphrase>, tool: &str) -> Result<Self, Error> {
        Self::open_with(root, layout::KEYS_OPEN, passphrase, tool)
    }

    /// Opens the case at `root` for writing: takes the lock, clears up after a crash (and says what
    /// in `recovered`), opens the keys at `place`, which must be the log's and one that may sign.
    pub fn open_with(
        root: &Path,
        place: &str,
        passphrase: Option<Passphrase>,
        tool: &str,
    ) -> Result<Self, Error> {
        Self::open_by(root, tool, |_| keys::read(root, place, passphrase))
    }

    /// [`Writer::open_with`] the recovery key in force, by who has opened it.
    pub fn open_recovered(root: &Path, identities: &Identities, tool: &str) -> Result<Self, Error> {
        Self::open_by(root, tool, |roster| {
            let key = roster
                .recovery_key()
                .ok_or_else(|| Error::Nobody { name: "the holders of a recovery key".into() })?;
            keys::read_by(root, &keys::place_of(&key.key), identities)
        })
    }

    fn open_by(
        root: &Path,
        tool: &str,
        read: impl FnOnce(&Roster) -> Result<Keys, Error>,
    ) -> Result<Self, Error> {
        check_version(root)?;
        if layout::is_mirror(root) {
            return Err(Error::Mirror { path: root.into() });
        }
        let lock = lock(root, layout::LOCK_FILE)?;
        let case = Case::open(root)?;
        let roster = signers::roster(&case.log)?;
        let keys = read(&roster)?;
        let actor = custody::sshsig::fingerprint(&keys.actor.public());
        let signer = log::signer(case.log.origin(), &keys);
        let untrusted = |message: String| Error::Damaged {
            code: codes::KEY_UNTRUSTED,
            place: layout::PRIVATE.into(),
            message,
        };
        if log::named_by(&case.genesis()?) != Some(signer.verifier()) {
            let message = "the keys in it are not those that this case's log names";
            return Err(untrusted(message.into()));
        }
        match roster.may_sign(&actor) {
            Ok(_) => {}
            Err(Fault::Revoked { .. }) => return Err(Error::Nobody { name: actor }),
            Err(fault) => return Err(untrusted(format!("a record would not count: {fault}"))),
        }
        // Before anything is set aside: what lies beyond an old checkpoint may be needed.
        let (guards, mut recovered) = Guards::open(&case)?;
        recovered.extend(recover::clear_up(root, &case.log, &roster)?);
        Ok(Self {
            root: root.into(),
            log: case.log,
            keys,
            signer,
            actor,
            roster,
            tool: tool.into(),
            recovered,
            guards,
            _lock: lock,
        })
    }

    /// Begins a batch.
    pub fn begin(&self) -> Result<Batch, Error> {
        Batch::new(&self.root, 0)
    }

    /// Keeps `bytes` as an object and records `event` about it, in one commit.
    pub fn keep(
        &mut self,
        bytes: &[u8],
        event: impl FnOnce(Digests) -> Event,
    ) -> Result<u64, Error> {
        let mut batch = self.begin()?;
        let digests = batch.take_in_bytes(bytes)?;
        batch.record(event(digests), Vec::new());
        Ok(batch.commit(self)?.first().map_or(0, |kept| kept.index))
    }

    /// The case as it now stands, for reading.
    pub fn case(&self) -> Result<Case, Error> {
        Case::open(&self.root)
    }

    /// Signs `message` with the actor's key under an SSHSIG namespace.
    pub fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, Error> {
        self.keys.actor.sign(namespace, message)
    }

    /// The key that signs.
    pub fn actor(&self) -> Result<&actors::Key, Error> {
        self.roster.may_sign(&self.actor).map_err(|_| Error::Nobody { name: self.actor.clone() })
    }

    /// Who may sign, as the log stood when it was opened.
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Records acts about actors in one commit, if each would count, one after another. Gives the
    /// index of the first.
    pub fn decide(&mut self, events: Vec<Event>) -> Result<u64, Error> {
        self.would_count(&events)?;
        let first = self.log.size();
        let mut batch = self.begin()?;
        events.into_iter().for_each(|event| batch.record(event, Vec::new()));
        batch.commit(self)?;
        self.roster = signers::roster(&self.log)?;
        Ok(first)
    }

    /// Whether records would count, one after another; else the first that would not is an error.
    pub fn would_count(&self, events: &[Event]) -> Result<(), Error> {
        let mut roster = self.roster.clone();
        for (index, event) in (self.log.size()..).zip(events) {
            let leaf = self.leaf(event.clone(), self.now());
            let bytes = canonical::to_bytes(&leaf);
            let counts = roster.admit(index, &leaf, &bytes);
            counts.map_err(|fault| Error::WouldNotCount { why: fault.to_string() })?;
        }
        Ok(())
    }

    /// Writes the key file of another actor, with the log's key in it: before the enrolment is on
    /// record, so that nobody is enrolled whose key is lost.
    pub fn make_keys(
        &self,
        actor: ActorKey,
        passphrase: Option<Passphrase>,
    ) -> Result<PublicKey, Error> {
        let key = actor.public();
        self.actors_folder()?;
        let keys = self.keys_with(actor);
        keys::write(&self.root, &keys::place_of(&key), &keys, passphrase)?;
        Ok(key)
    }

    /// Makes a recovery key and writes its file, which only who has the secret half of `recipient`
    /// can open: before it is on record, as with other keys.
    pub fn make_recovery_key(&self, recipient: &str) -> Result<PublicKey, Error> {
        let actor = ActorKey::Here(keys::random()?);
        let key = actor.public();
        self.actors_folder()?;
        let keys = self.keys_with(actor);
        keys::write_to(&self.root, &keys::place_of(&key), &keys, recipient)?;
        Ok(key)
    }

    fn actors_folder(&self) -> Result<(), Error> {
        let folder = layout::at(&self.root, layout::ACTORS);
        durable::make_folders(&folder)?;
        close_to_others(&folder)
    }

    fn keys_with(&self, actor: ActorKey) -> Keys {
        let Keys { log, log_second, .. } = &self.keys;
        Keys { log: log.clone(), log_second: log_second.clone(), actor }
    }

    /// A record of this writer's.
    pub(crate) fn leaf(&self, event: Event, time: String) -> Leaf {
        Leaf {
            v: LEAF_VERSION,
            log: self.log.origin().into(),
            actor: self.actor.clone(),
            time,
            tool: self.tool.clone(),
            event,
        }
    }

    /// Signs the log's present state for COSE receipts of its leaves.
    pub fn receipts(&self) -> Receipts {
        let state = self.log.signed();
        Receipts::sign(state.size, &state.root, &self.signer)
    }

    pub(crate) fn now(&self) -> String {
        now()
    }
}

/// The machine's time in RFC 3339, UTC, whole seconds: a claim that records carry, never a proof.
pub fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second())
        .map_or_else(|_| now.to_string(), |t| t.to_string())
}

/// Takes a folder from the sight of the machine's other users; exFAT, without modes, refuses that.
pub fn close_to_others(folder: &Path) -> Result<(), Error> {
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
    match fs::set_permissions(folder, mode) {
        Err(error) if durable::is_refused_by_kind(&error) => Ok(()),
        closed => closed.map_err(Error::io("close to others", folder)),
    }
}

/// Whether the folder is a case of a form that this program knows.
pub fn check_version(root: &Path) -> Result<(), Error> {
    let path = layout::at(root, layout::VERSION_FILE);
    let mut head = String::new();
    let not_a_case = |error: io::Error| match error.kind() {
        // Missing, or no text. That it cannot be read now says nothing about the folder.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidData => {
            Error::NotACase { path: root.into() }
        }
        _ => Error::io("read", &path)(error),
    };
    let file = File::open(&path).map_err(not_a_case)?;
    file.take(4096).read_to_string(&mut head).map_err(not_a_case)?;
    match head.lines().next() {
        Some(layout::VERSION_LINE) => Ok(()),
        found => Err(Error::Version { path: root.into(), found: found.unwrap_or_default().into() }),
    }
}

/// Takes the lock at `place` of the case, and leaves this process's number in it.
pub fn lock(root: &Path, place: &str) -> Result<File, Error> {
    let path = layout::at(root, place);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io("open", &path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let read = (&mut file).take(20).read_to_string(&mut holder);
            let holder = match read {
                Ok(_) if !holder.trim().is_empty() => holder.trim().into(),
                _ => "unknown".into(),
            };
            return Err(Error::Locked { path, holder });
        }
        Err(errno) => return Err(Error::io("lock", &path)(errno.into())),
    }
    file.set_len(0).map_err(Error::io("write", &path))?;
    file.rewind().map_err(Error::io("write", &path))?;
    writeln!(file, "{}", std::process::id()).map_err(Error::io("write", &path))?;
    Ok(file)
}
