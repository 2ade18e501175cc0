//! A mirror in an S3-like store, with the layout of a case below a prefix.
//!
//! Crash story: an object of a store is there whole or not at all. A kill leaves objects that no
//! record of the mirror speaks of, perhaps not read back yet: the next run reads those that the
//! mirror's checkpoint does not cover. It leaves uploads in parts that were not ended, which the
//! store keeps, and bills, until its own rules drop them.
//!
//! Nothing is believed of the store but what comes back: what was written is read again and
//! digested, since that a store has checked a digest at writing says nothing about what it kept.
//! Nobody can be kept out; the checkpoint is put in place on the condition that it still is the one
//! that was read.

use crate::http::{Answer, Client};
use crate::s3_requests::{Condition, Requests, Written};
use archive::{Error, codes, layout, sealed};
use custody::tile;
use mirror::follow::Object;
use mirror::store::{Head, Named, Occasion, SMALL_LIMIT_BYTES, Small, Store, Taken, misread};
use record::{Digests, Hasher, Sha256};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, thread};

/// Objects up to this size go whole, from memory; longer ones in parts of at least this size.
const PART_BYTES: u64 = 64 << 20;
/// Most parts that an upload may have (the limit of S3 itself).
const PARTS_LIMIT: u64 = 10_000;

/// Bytes in memory before they are sent.
const BYTES_TO_A_FLUSH: u64 = 64 << 20;
/// Objects in memory before they are sent.
const OBJECTS_TO_A_FLUSH: usize = 256;
/// Requests under way at a time: over a line that takes 100 ms each way, 40 small objects a second.
const CONNECTIONS: usize = 8;

/// A mirror in a bucket.
pub struct S3 {
    requests: Requests,
    bucket: String,
    /// What all keys begin with, with a slash at its end unless it is empty.
    prefix: String,
    /// Objects that there are, and their sizes; listed once.
    listed: Option<BTreeMap<Sha256, u64>>,
    staged: Vec<(Digests, Vec<u8>)>,
    staged_bytes: u64,
    /// Objects that went in parts since the last settling.
    sent: Vec<Digests>,
}

/// What is wrong with an address or the settings for it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct Unusable {
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

fn unusable(what: impl Into<String>, remedy: &str) -> Unusable {
    Unusable { what: what.into(), remedy: remedy.into() }
}

impl S3 {
    /// The mirror at `address`, `s3://BUCKET/PREFIX`. The endpoint is that given, or in
    /// AWS_ENDPOINT_URL, or Amazon's for the region in AWS_REGION; access keys come from
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the file in AWS_SHARED_CREDENTIALS_FILE.
    pub fn new(address: &str, endpoint: Option<&str>) -> Result<Self, Unusable> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let region = region.unwrap_or_else(|| "us-east-1".into());
        let given = endpoint.map(str::to_owned).or_else(|| set("AWS_ENDPOINT_URL"));
        let style = if given.is_some() { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = given.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let credentials = match Credentials::from_env() {
            Some(credentials) => Some(credentials),
            None => from_file(&set)?,
        };
        Self::with(address, (&endpoint, style), region, credentials, Client::default())
    }

    /// The mirror at `address`, all else given.
    pub fn with(
        address: &str,
        (endpoint, style): (&str, UrlStyle),
        region: String,
        credentials: Option<Credentials>,
        client: Client,
    ) -> Result<Self, Unusable> {
        let form = "An address is s3://BUCKET or s3://BUCKET/PREFIX.";
        let rest = address.strip_prefix("s3://").ok_or_else(|| unusable("no s3 address", form))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(unusable("the address names no bucket", form));
        }
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let parsed = endpoint.parse().map_err(|error| {
            unusable(format!("the endpoint is no address: {error}"), "Give it as https://HOST.")
        })?;
        let opened = Bucket::new(parsed, style, bucket.to_owned(), region).map_err(|error| {
            unusable(format!("the endpoint cannot be used: {error}"), "Give it as https://HOST.")
        })?;
        Ok(Self {
            requests: Requests { bucket: opened, credentials, client },
            bucket: bucket.into(),
            prefix,
            listed: None,
            staged: Vec::new(),
            staged_bytes: 0,
            sent: Vec::new(),
        })
    }

    fn key(&self, place: &str) -> String {
        format!("{}{place}", self.prefix)
    }

    /// Wraps what went wrong at a place.
    fn at(&self, action: &'static str, place: &str) -> impl FnOnce(io::Error) -> Error {
        let path = PathBuf::from(format!("{}/{place}", self.name()));
        move |source| Error::Io { action, path, source }
    }

    /// Every file below a place: path in it, and size.
    fn listed(&self, place: &str) -> Result<Vec<(String, u64)>, Error> {
        let prefix = self.key(place);
        let mut found = Vec::new();
        let mut each = |key: String, size| {
            if let Some(path) = key.strip_prefix(&prefix) {
                found.push((path.to_owned(), size));
            }
        };
        self.requests.list(&prefix, &mut each).map_err(self.at("list", place))?;
        found.sort();
        Ok(found)
    }

    /// Writes what must be new, and reads it back. `false` where something else is there.
    fn put_new(&self, place: &str, bytes: &[u8]) -> Result<bool, Error> {
        let key = self.key(place);
        let written = self.requests.put(&key, bytes, Condition::Absent);
        let written = written.map_err(self.at("write", place))?;
        let wanted = Digests::of(bytes);
        let back = self.digests_of(place, wanted.size).map_err(self.at("read back", place))?;
        match (back == Some(wanted), written) {
            // An answer that got lost makes the second try find what the first one wrote.
            (true, _) => Ok(true),
            (false, Written::Refused) => Ok(false),
            (false, Written::Done) => Err(misread(&self.name(), place)),
        }
    }

    /// The digests of what is at a place, read through; where it is longer than `size`, of a byte
    /// more than that.
    fn digests_of(&self, place: &str, size: u64) -> io::Result<Option<Digests>> {
        let Some(answer) = self.requests.get(&self.key(place))? else { return Ok(None) };
        let mut source = answer.stream().take(size.saturating_add(1));
        let mut hasher = Hasher::default();
        let mut chunk = vec![0; 1 << 16];
        loop {
            match source.read(&mut chunk)? {
                0 => return Ok(Some(hasher.finish())),
                read => hasher.update(chunk.get(..read).unwrap_or_default()),
            }
        }
    }

    /// Writes and reads back many at a time.
    fn put_all(&self, wanted: &[(String, Vec<u8>)]) -> Result<Vec<bool>, Error> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((place, bytes)) = wanted.get(at) else { return done };
                done.push((at, self.put_new(place, bytes)));
            }
        };
        let done = thread::scope(|scope| {
            let workers: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
            let each = workers.into_iter();
            let each = each.map(|worker| worker.join().expect("a request does not panic"));
            each.flatten().collect::<BTreeMap<_, _>>()
        });
        done.into_values().collect()
    }

    /// Sends a long object in parts. It comes to be only if its digests are right.
    fn send_in_parts(&self, wanted: &Digests, source: &mut dyn Read) -> Result<Taken, Error> {
        let place = layout::object(wanted.sha256);
        let key = self.key(&place);
        let part_bytes = PART_BYTES.max(wanted.size.div_ceil(PARTS_LIMIT));
        let begun = self.requests.begin_parts(&key).map_err(self.at("write", &place))?;
        let upload = (key.as_str(), begun.as_str());
        let mut hasher = Hasher::default();
        let mut tags = Vec::new();
        let mut part = Vec::new();
        let ended = loop {
            part.clear();
            match source.take(part_bytes).read_to_end(&mut part) {
                Ok(0) => break Ok(()),
                Ok(_) => hasher.update(&part),
                Err(error) => break Err(error),
            }
            let number = u16::try_from(tags.len() + 1).unwrap_or(u16::MAX);
            let tag = self.requests.put_part(upload, number, &part);
            tags.push(tag.map_err(self.at("write", &place))?);
        };
        let right = ended.is_ok() && hasher.finish() == *wanted;
        if !right {
            self.requests.drop_parts(upload).map_err(self.at("write", &place))?;
        }
        match ended {
            Err(error) => Ok(Taken::Unreadable(error)),
            Ok(()) if !right => Ok(Taken::Other),
            Ok(()) => {
                let end = self.requests.end_parts(upload, &tags);
                end.map_err(self.at("write", &place))?;
                Ok(Taken::Right)
            }
        }
    }
}

/// Access keys from a file in the form that the store's own tools use.
fn from_file(set: &dyn Fn(&str) -> Option<String>) -> Result<Option<Credentials>, Unusable> {
    let named = set("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let home = || Some(PathBuf::from(set("HOME")?).join(".aws/credentials"));
    let Some(path) = named.clone().or_else(home) else { return Ok(None) };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {
            return Ok(None);
        }
        Err(error) => {
            let what = format!("cannot read {}: {error}", path.display());
            return Err(unusable(what, "Check AWS_SHARED_CREDENTIALS_FILE."));
        }
    };
    let profile = set("AWS_PROFILE").unwrap_or_else(|| "default".into());
    Ok(credentials_in(&text, &profile))
}

/// The access keys of a profile: a section in brackets, a setting a line.
fn credentials_in(text: &str, profile: &str) -> Option<Credentials> {
    let mut ours = false;
    let mut settings = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            ours = section.trim() == profile;
        } else if let Some((name, value)) = line.split_once('=').filter(|_| ours) {
            settings.insert(name.trim(), value.trim());
        }
    }
    let mut take = |name| settings.remove(name).filter(|value| !value.is_empty());
    let (key, secret) = (take("aws_access_key_id")?, take("aws_secret_access_key")?);
    Some(match take("aws_session_token") {
        Some(token) => Credentials::new_with_token(key, secret, token),
        None => Credentials::new(key, secret),
    })
}

impl Store for S3 {
    fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }

    fn is_free(&mut self) -> Result<bool, Error> {
        Ok(self.listed("")?.is_empty())
    }

    fn begin(&mut self, _: Occasion) -> Result<(), Error> {
        self.listed = None;
        Ok(())
    }

    fn read(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        let answer = self.requests.get(&self.key(place)).map_err(self.at("read", place))?;
        let bytes =
            |answer: Answer| answer.bytes(SMALL_LIMIT_BYTES).map_err(self.at("read", place));
        answer.map(bytes).transpose()
    }

    fn read_back(&mut self, place: &str) -> Result<Option<Vec<u8>>, Error> {
        self.read(place)
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, Error> {
        Ok(self.listed(&format!("{folder}/"))?.into_iter().map(|(path, _)| path).collect())
    }

    fn size_of(&mut self, object: &Object) -> Result<Option<u64>, Error> {
        if self.listed.is_none() {
            let listed = self.listed(&format!("{}/", layout::OBJECTS))?.into_iter();
            let named = |(path, size): (String, u64)| {
                let (folder, name) = path.split_once('/')?;
                Some((layout::object_named(folder, name)?, size))
            };
            self.listed = Some(listed.filter_map(named).collect());
        }
        let listed = self.listed.as_ref().and_then(|all| all.get(&object.digests.sha256));
        Ok(listed.copied())
    }

    fn names_unread(&self) -> bool {
        true
    }

    fn open(&mut self, object: &Object) -> Result<Option<Box<dyn Read + '_>>, Error> {
        let place = layout::object(object.digests.sha256);
        let answer = self.requests.get(&self.key(&place)).map_err(self.at("read", &place))?;
        Ok(answer.map(|answer| answer.stream() as Box<dyn Read>))
    }

    fn take(
        &mut self,
        object: &Object,
        source: &mut dyn Read,
        _: &dyn Fn() -> Result<Vec<u8>, Error>,
    ) -> Result<Taken, Error> {
        let wanted = object.digests;
        if wanted.size > PART_BYTES {
            let taken = self.send_in_parts(&wanted, source)?;
            if matches!(taken, Taken::Right) {
                self.sent.push(wanted);
            }
            return Ok(taken);
        }
        let mut bytes = Vec::new();
        if let Err(error) = source.take(wanted.size + 1).read_to_end(&mut bytes) {
            return Ok(Taken::Unreadable(error));
        }
        if Digests::of(&bytes) != wanted {
            return Ok(Taken::Other);
        }
        self.staged_bytes += wanted.size;
        self.staged.push((wanted, bytes));
        Ok(Taken::Right)
    }

    fn is_due(&self) -> bool {
        self.staged.len() >= OBJECTS_TO_A_FLUSH || self.staged_bytes >= BYTES_TO_A_FLUSH
    }

    fn settle(&mut self, named: Named<'_>) -> Result<(), Error> {
        self.staged_bytes = 0;
        for wanted in std::mem::take(&mut self.sent) {
            let place = layout::object(wanted.sha256);
            let back =
                self.digests_of(&place, wanted.size).map_err(self.at("read back", &place))?;
            named(&wanted, back == Some(wanted));
        }
        let (digests, bytes): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.staged).into_iter().unzip();
        let places = digests.iter().map(|one: &Digests| layout::object(one.sha256));
        let done = self.put_all(&places.zip(bytes).collect::<Vec<_>>())?;
        digests.iter().zip(done).for_each(|(one, done)| named(one, done));
        Ok(())
    }

    fn put(&mut self, files: Vec<Small>) -> Result<(), Error> {
        let wanted: Vec<_> = files.into_iter().map(|file| (file.place, file.bytes)).collect();
        let done = self.put_all(&wanted)?;
        match wanted.iter().zip(done).find(|(_, done)| !done) {
            None => Ok(()),
            Some(((place, _), _)) => Err(crossed(&self.name(), place)),
        }
    }

    fn swap(&mut self, was: Option<&str>, now: Head<'_>) -> Result<(), Error> {
        // Not every store refuses to write over something: what is there is left as it is.
        if self.read(layout::LOG_KEY)?.is_none() {
            self.put_new(layout::LOG_KEY, now.key.as_bytes())?;
        }
        if was != Some(now.checkpoint) {
            self.swap_checkpoint(was, now.checkpoint)?;
        }
        if self.read(layout::VERSION_FILE)?.is_none() {
            self.put_new(layout::VERSION_FILE, now.version.as_bytes())?;
        }
        Ok(())
    }

    fn destroy(&mut self, item: &sealed::Item) -> Result<u64, Error> {
        let place = item.place();
        let key = self.key(&place);
        let mut destroyed = 0;
        // Of a bucket with versions, each of them: what lies below comes up when one goes.
        while let Some(answer) = self.requests.head(&key).map_err(self.at("look at", &place))? {
            let version = answer.header("x-amz-version-id").map(str::to_owned);
            let done = self.requests.delete(&key, version.as_deref());
            done.map_err(self.at("remove", &place))?;
            destroyed += 1;
            if destroyed > VERSIONS_LIMIT {
                let message =
                    "the store does not remove it: remove it there, with all its versions";
                return Err(Error::Damaged {
                    code: codes::SEALED_KEY_KEPT,
                    place: format!("{}/{place}", self.name()),
                    message: message.into(),
                });
            }
        }
        Ok(destroyed)
    }

    fn tidy(&mut self, before: u64, after: u64) {
        for full in tile::superseding(before, after) {
            let folder = format!("{}/{full}.p/", layout::LOG);
            for (path, _) in self.listed(&folder).unwrap_or_default() {
                if let Err(error) =
                    self.requests.delete(&self.key(&format!("{folder}{path}")), None)
                {
                    tracing::debug!(%error, "partial tiles stay");
                }
            }
        }
    }
}

/// Versions of one key file that may have to be removed: it is written once.
const VERSIONS_LIMIT: u64 = 100;

impl S3 {
    /// Puts the checkpoint in place, if it still is the one that was read.
    fn swap_checkpoint(&self, was: Option<&str>, now: &str) -> Result<(), Error> {
        let place = layout::CHECKPOINT;
        let key = self.key(place);
        let there = self.requests.get(&key).map_err(self.at("read", place))?;
        let mut tag = String::new();
        let held = match there {
            Some(answer) => {
                tag = answer.header("etag").unwrap_or_default().to_owned();
                Some(answer.bytes(SMALL_LIMIT_BYTES).map_err(self.at("read", place))?)
            }
            None => None,
        };
        if held.as_deref() != was.map(str::as_bytes) {
            return Err(crossed(&self.name(), place));
        }
        let condition = if was.is_some() { Condition::Tagged(&tag) } else { Condition::Absent };
        let written = self.requests.put(&key, now.as_bytes(), condition);
        let written = written.map_err(self.at("write", place))?;
        let wanted = Digests::of(now.as_bytes());
        let back = self.digests_of(place, wanted.size).map_err(self.at("read back", place))?;
        match (back == Some(wanted), written) {
            (true, _) => Ok(()),
            (false, Written::Refused) => Err(crossed(&self.name(), place)),
            (false, Written::Done) => Err(misread(&self.name(), place)),
        }
    }
}

/// The error where somebody else has written to the mirror meanwhile.
fn crossed(store: &str, place: &str) -> Error {
    Error::Damaged {
        code: codes::MIRROR_DIFFERS,
        place: format!("{store}/{place}"),
        message: "another has written there since this run began: nothing was replaced; run it \
                  again to see how the two stand to each other"
            .into(),
    }
}
