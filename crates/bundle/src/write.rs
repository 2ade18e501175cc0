//! Writing a bundle: exhibit by exhibit, hashing as it goes, then manifests, then the seals.
//!
//! Everything is written into an `Unfinished` folder beside its place; `seal` makes it durable and
//! gives it its name.

use crate::unfinished::Unfinished;
use crate::{Error, page, readme};
use custody::growth::Growth;
use custody::sshsig::{self, PublicKey};
use custody::tlog_proof::TlogProof;
use record::{Digests, Hasher, Leaf, Reading, Sha256, canonical};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use verifier::bag::{self, Info, Manifest};
use verifier::documents::{self, Basis};
use verifier::exhibits::{ExhibitLine, OpeningLine};
use verifier::{digest_of, layout, other_logs, zipped};

/// Bytes copied at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// What the whole bundle is about.
#[derive(Debug, Clone)]
pub struct About {
    /// Name of the case.
    pub case: String,
    /// Time of the export, RFC 3339.
    pub time: String,
    /// Program and version.
    pub tool: String,
    /// Name of the actor who exports.
    pub actor_name: String,
    /// That actor's public key line.
    pub actor_key: String,
    /// Name of the log.
    pub origin: String,
    /// The log's verifier keys.
    pub log_key: custody::note::Verifier,
    /// The signed checkpoint that the proofs lead to.
    pub checkpoint: String,
    /// What cosigners saw, those first who saw less.
    pub seen: Vec<Sighting>,
}

/// What a cosigner saw, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Leaf of the record that names the cosigner.
    pub named: u64,
    /// The cosigner's verifier key.
    pub key: String,
    /// Who they are, as the case says.
    pub who: Option<String>,
    /// How many of the log's leaves they saw.
    pub size: u64,
    /// When, as they say.
    pub time: String,
}

impl Sighting {
    /// The cosigner in words: the name in the key, and who that is.
    pub fn words(&self) -> String {
        let name = self.key.split('+').next().unwrap_or_default();
        match &self.who {
            Some(who) => format!("{name} ({who})"),
            None => name.into(),
        }
    }
}

/// A leaf and the proof that it is in the log.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// Its proof.
    pub proof: TlogProof,
}

/// The record of an export, with what shows that it stands in the log that the bundle is about.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The record and its proof, under a checkpoint later than the bundle's.
    pub record: Proved,
    /// From the bundle's checkpoint to that one: the same log, grown.
    pub growth: Growth,
}

/// One exhibit, apart from its bytes.
#[derive(Debug, Clone)]
pub struct Exhibit {
    /// Its number.
    pub number: u64,
    /// The item.
    pub item: Digests,
    /// Name it came under.
    pub name: String,
    /// Who made the claims in it.
    pub source: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// When it was taken in, by the record.
    pub captured: String,
    /// Its reading, if it has been read.
    pub reading: Option<Reading>,
    /// Its text, or as much of it as is to be shown.
    pub text: Option<page::Text>,
    /// What is to be known where it is sealed or erased, in a sentence.
    pub sealed: Option<String>,
    /// The records about it.
    pub leaves: Vec<Proved>,
}

/// A comparison table for the page.
#[derive(Debug, Clone)]
pub struct Table {
    /// The question that the accounts answer.
    pub question: String,
    /// In what relation they stand, in one word.
    pub relation: String,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// Why they are together: name of each rule, and what it says.
    pub reasons: Vec<(String, String)>,
    /// Account by account.
    pub rows: Vec<Row>,
    /// What named conventions would record: name, value if any, reason.
    pub conventions: Vec<(String, Option<u64>, String)>,
}

/// One account of a comparison table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Number of the exhibit.
    pub exhibit: u64,
    /// First byte of the figure in the item, by which its mark in the exhibit's text is found.
    pub start: u64,
    /// The cells: words, counted, given by, date, place, published.
    pub cells: [String; 6],
}

/// A bundle on its way.
pub struct Writer {
    unfinished: Unfinished,
    /// Where it is written.
    partial: PathBuf,
    /// Opened before anything is written, so that the flush at the end reports every lost write.
    folder: File,
    about: About,
    payload: Manifest,
    b2sums: Manifest,
    payload_bytes: u64,
    tags: Manifest,
    page: BufWriter<File>,
    exhibits: BufWriter<File>,
    count: u64,
    /// Records in it, each with the key that signed it.
    leaves: BTreeMap<u64, Option<PublicKey>>,
    /// What the documents about custody follow from.
    basis: Basis,
}

impl Writer {
    /// Begins a bundle at `out`, which must not exist. `genesis` is the record that opens the case;
    /// `tables` are the comparisons to be shown.
    pub fn create(
        out: &Path,
        about: About,
        genesis: &Proved,
        tables: &[Table],
    ) -> Result<Self, Error> {
        let unfinished = Unfinished::begin(out)?;
        let partial = unfinished.folder();
        for folder in layout::FOLDERS {
            let path = partial.join(folder);
            fs::create_dir_all(&path).map_err(Error::io("make folder", &path))?;
        }
        let folder = File::open(&partial).map_err(Error::io("open", &partial))?;
        let open = |name: &str| {
            let path = partial.join(name);
            File::create_new(&path).map(BufWriter::new).map_err(Error::io("create", &path))
        };
        let (page, exhibits) = (open(layout::PAGE)?, open(layout::EXHIBITS)?);
        let mut writer = Self {
            unfinished,
            partial,
            folder,
            about,
            payload: Manifest::new(),
            b2sums: Manifest::new(),
            payload_bytes: 0,
            tags: Manifest::new(),
            page,
            exhibits,
            count: 0,
            leaves: BTreeMap::new(),
            basis: Basis::default(),
        };
        writer.on_page(&page::head(&writer.about, tables))?;
        writer.prove(genesis)?;
        Ok(writer)
    }

    /// Adds an exhibit with its bytes. Bytes that do not have the recorded digest are not handed
    /// out.
    pub fn add(&mut self, exhibit: &Exhibit, bytes: &mut dyn Read) -> Result<(), Error> {
        let path = layout::item(exhibit.number, &exhibit.name);
        let found = self.payload(&path, bytes)?;
        if found != exhibit.item {
            return Err(Error::Damaged { number: exhibit.number });
        }
        let mut reading_path = None;
        if let Some(reading) = &exhibit.reading {
            let path = layout::reading(exhibit.number);
            self.payload(&path, &mut canonical::to_bytes(reading).as_slice())?;
            reading_path = Some(path);
        }
        for proved in &exhibit.leaves {
            self.prove(proved)?;
        }
        let line = ExhibitLine {
            number: exhibit.number,
            path: path.clone(),
            reading: reading_path,
            item: exhibit.item,
            name: exhibit.name.clone(),
            leaves: exhibit.leaves.iter().map(|proved| proved.proof.index).collect(),
        };
        self.basis.items.push(line.held());
        self.basis.listed.extend(&line.leaves);
        let mut line = canonical::to_bytes(&line);
        line.push(b'\n');
        let place = self.partial.join(layout::EXHIBITS);
        self.exhibits.write_all(&line).map_err(Error::io("write", &place))?;
        self.on_page(&page::exhibit(exhibit, &path, &self.about.seen))?;
        self.count += 1;
        Ok(())
    }

    /// Adds a record about actors: a bundle carries all of them, up to its checkpoint.
    pub fn actor(&mut self, record: &Proved) -> Result<(), Error> {
        self.prove(record)
    }

    /// Adds a record about timestamps with the files it names, each by its field, and from a
    /// stamped checkpoint the proof that the bundle's log continues it.
    pub fn stamp(
        &mut self,
        record: &Proved,
        named: &[(&str, Vec<u8>)],
        growth: Option<&Growth>,
    ) -> Result<(), Error> {
        self.prove(record)?;
        let leaf = record.proof.index;
        for (field, bytes) in named {
            self.tag(&layout::timestamp(leaf, field), bytes)?;
        }
        match growth {
            Some(growth) => {
                let path = layout::timestamp(leaf, layout::CONSISTENCY);
                self.tag(&path, growth.text().as_bytes())
            }
            None => Ok(()),
        }
    }

    /// Adds the record that names a cosigner.
    pub fn cosigner(&mut self, record: &Proved) -> Result<(), Error> {
        self.prove(record)
    }

    /// Adds a record of a cosigned checkpoint, that checkpoint, and the proof that the bundle's log
    /// continues it.
    pub fn cosigned(
        &mut self,
        record: &Proved,
        checkpoint: &[u8],
        growth: &Growth,
    ) -> Result<(), Error> {
        self.prove(record)?;
        let leaf = record.proof.index;
        self.tag(&layout::cosigned(leaf), checkpoint)?;
        self.tag(&layout::cosigned_consistency(leaf), growth.text().as_bytes())
    }

    /// Adds the record that a bundle was received, and the excerpt of the log that it came from.
    pub fn origin(
        &mut self,
        record: &Proved,
        excerpt: &BTreeMap<String, Vec<u8>>,
    ) -> Result<(), Error> {
        self.prove(record)?;
        let folder = layout::origin(record.proof.index);
        for (path, bytes) in excerpt {
            let path = format!("{folder}{path}");
            let place = self.partial.join(&path);
            let above = place.parent().unwrap_or(&self.partial);
            fs::create_dir_all(above).map_err(Error::io("make folder", above))?;
            self.tag(&path, bytes)?;
        }
        Ok(())
    }

    /// Adds evidence records of exhibits, by number, with the certificates and revocation lists
    /// that their tokens need, PEM.
    pub fn evidence(
        &mut self,
        records: &[(u64, Vec<u8>)],
        certificates: &str,
        revocations: &str,
    ) -> Result<(), Error> {
        for (number, record) in records {
            self.tag(&layout::evidence(*number), record)?;
        }
        let pem = [
            (layout::EVIDENCE_CERTIFICATES, certificates),
            (layout::EVIDENCE_REVOCATIONS, revocations),
        ];
        for (path, text) in pem.into_iter().filter(|(_, text)| !text.is_empty()) {
            self.tag(path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Adds openings to be disclosed, as lines of canonical JSON.
    pub fn disclose(&mut self, lines: &[u8]) -> Result<(), Error> {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if let Ok(OpeningLine { leaf, opening }) = canonical::from_bytes(line) {
                self.basis.opened.insert((leaf, opening.field), opening.value);
            }
        }
        if lines.is_empty() { Ok(()) } else { self.tag(layout::OPENINGS, lines) }
    }

    /// Writes the rest: key, checkpoint, manifests. Returns the tag manifest, which is to be
    /// signed.
    pub fn finish(&mut self) -> Result<Vec<u8>, Error> {
        self.on_page(&page::foot(&self.about))?;
        for (file, name) in [(&mut self.page, layout::PAGE), (&mut self.exhibits, layout::EXHIBITS)]
        {
            let path = self.partial.join(name);
            file.flush().map_err(Error::io("write", &path))?;
            let digest = digest_of(&path)?;
            bag::list(&mut self.tags, name, digest.sha256);
        }
        let about = self.about.clone();
        let info = Info {
            tool: &about.tool,
            day: about.time.get(..10).unwrap_or(&about.time),
            case: &about.case,
            log: &about.origin,
            oxum: (self.payload_bytes, self.payload.len() as u64),
        };
        let files = [
            (layout::BAGIT, layout::BAGIT_TEXT.to_string()),
            (layout::BAG_INFO, info.text()),
            (layout::README, readme::text(&about, self.count)),
            (layout::VKEY, about.log_key.lines()),
            (layout::POLICY, custody::policy::of_log(&about.log_key.vkey())),
            (layout::CHECKPOINT, about.checkpoint.clone()),
            (layout::ALLOWED_SIGNERS, layout::allowed_signers(&self.signers())),
            (layout::MANIFEST, bag::text(&self.payload)),
            (layout::B2SUMS, bag::text(&self.b2sums)),
        ];
        let texts = readme::VERIFIER_TEXTS.map(str::to_string);
        for (name, text) in files.into_iter().chain(layout::VERIFIER.into_iter().zip(texts)) {
            self.tag(name, text.as_bytes())?;
        }
        if !about.seen.is_empty() {
            let cosigners: BTreeMap<u64, &str> =
                about.seen.iter().map(|seen| (seen.named, seen.key.as_str())).collect();
            let cosigners: Vec<(u64, &str)> = cosigners.into_iter().collect();
            let text = custody::policy::of_cosigned(&about.log_key.vkey(), &cosigners);
            self.tag(layout::COSIGNED_POLICY, text.as_bytes())?;
        }
        self.documents()?;
        let text = bag::text(&self.tags).into_bytes();
        self.file(layout::TAGMANIFEST, &text)?;
        Ok(text)
    }

    /// Writes the documents that follow from what is in the bundle by now.
    fn documents(&mut self) -> Result<(), Error> {
        let about = &self.about;
        self.basis.origin.clone_from(&about.origin);
        self.basis.log_key = about.log_key.told();
        self.basis.log_size = documents::size_of(&about.checkpoint);
        self.basis.day = about.time.get(..10).unwrap_or(&about.time).into();
        let read = |path: &str| fs::read(self.partial.join(path)).ok();
        self.basis.before = other_logs(self.tags.keys().map(String::as_str), &read);
        for path in layout::DOCUMENTS {
            let place = self.partial.join(path);
            let file = File::create_new(&place).map_err(Error::io("create", &place))?;
            let mut out = BufWriter::new(file);
            let written = self.basis.document(path, &mut out).and_then(|()| out.flush());
            written.map_err(Error::io("write", &place))?;
            bag::list(&mut self.tags, path, digest_of(&place)?.sha256);
        }
        Ok(())
    }

    /// Adds what seals the bundle, makes all of it durable and gives it its name.
    pub fn seal(self, signature: &str, export: &Recorded) -> Result<PathBuf, Error> {
        self.add_seals(signature, export)?;
        // One flush of the file system: a bundle has thousands of files.
        let flushed = rustix::fs::syncfs(&self.folder).map_err(std::io::Error::from);
        flushed.map_err(Error::io("make durable", &self.partial))?;
        self.unfinished.put_in_place(&self.partial)
    }

    /// The same as one zip file: the folder need not be durable, since it goes.
    pub fn seal_as_zip(self, signature: &str, export: &Recorded) -> Result<PathBuf, Error> {
        self.add_seals(signature, export)?;
        let packed = self.unfinished.zip();
        zipped::pack(&self.partial, &packed)?;
        self.unfinished.put_in_place(&packed)
    }

    fn add_seals(&self, signature: &str, export: &Recorded) -> Result<(), Error> {
        self.file(layout::SIGNATURE, signature.as_bytes())?;
        self.file(layout::EXPORT_LEAF, &export.record.leaf)?;
        self.file(layout::EXPORT_PROOF, export.record.proof.text().as_bytes())?;
        self.file(layout::EXPORT_CONSISTENCY, export.growth.text().as_bytes())
    }

    /// How many exhibits it has.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The keys that signed the records, in order of their first; that of the exporter last.
    fn signers(&self) -> Vec<PublicKey> {
        let own = sshsig::parse_public_key_line(&self.about.actor_key);
        let mut keys: Vec<PublicKey> = Vec::new();
        for key in self.leaves.values().flatten().chain(own.as_ref()) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }

    fn prove(&mut self, proved: &Proved) -> Result<(), Error> {
        let index = proved.proof.index;
        if self.leaves.contains_key(&index) {
            return Ok(());
        }
        let opened = custody::leaf::open_leaf(&proved.leaf).ok();
        let record = opened.as_ref().map(|opened| canonical::from_bytes::<Leaf>(opened.record));
        if let Some(Ok(record)) = record {
            self.basis.records.insert(index, record);
        }
        self.leaves.insert(index, opened.map(|opened| opened.key));
        self.tag(&layout::leaf(index), &proved.leaf)?;
        self.tag(&layout::proof(index), proved.proof.short(&self.about.log_key).text().as_bytes())
    }

    fn payload(&mut self, path: &str, bytes: &mut dyn Read) -> Result<Digests, Error> {
        let place = self.partial.join(path);
        let mut out = File::create_new(&place).map_err(Error::io("create", &place))?;
        let mut hasher = Hasher::default();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let filled = match bytes.read(&mut chunk) {
                Ok(0) => break,
                Ok(filled) => filled,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("read what goes into", &place)(error)),
            };
            hasher.update(&chunk[..filled]);
            out.write_all(&chunk[..filled]).map_err(Error::io("write", &place))?;
        }
        let digests = hasher.finish();
        bag::list(&mut self.payload, path, digests.sha256);
        self.b2sums.insert(path.into(), digests.blake2b512.to_string());
        self.payload_bytes += digests.size;
        Ok(digests)
    }

    fn tag(&mut self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.file(path, bytes)?;
        bag::list(&mut self.tags, path, Sha256::of(bytes));
        Ok(())
    }

    fn file(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        let place = self.partial.join(path);
        let mut file = File::create_new(&place).map_err(Error::io("create", &place))?;
        file.write_all(bytes).map_err(Error::io("write", &place))
    }

    fn on_page(&mut self, html: &str) -> Result<(), Error> {
        let place = self.partial.join(layout::PAGE);
        self.page.write_all(html.as_bytes()).map_err(Error::io("write", &place))
    }
}
