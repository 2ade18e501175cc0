//! Inventories of OCFL objects, as bytes: what each version holds, and the digests of all content
//! (OCFL 1.1, section 3.5). No disk here.
//!
//! There is one spelling of an inventory, so that a check can make it again and compare: what is
//! written is a function of the versions and their files.

use crate::store;
use record::{Blake2b512, Digests, Sha256};
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use std::collections::BTreeMap;

/// OCFL 1.1, section 3.5.1.
const TYPE: &str = "https://ocfl.io/1.1/spec/#inventory";

/// The algorithm that content is addressed by (section 3.4: `sha512` is recommended).
pub(crate) const ALGORITHM: &str = "sha512";

/// Names of the further digests in the fixity block (section 3.4).
const FIXITY: [&str; 2] = ["blake2b-512", "sha256"];

/// Name of the file.
pub(crate) const FILE: &str = "inventory.json";
/// Name of the file with its digest.
pub(crate) const SIDECAR: &str = "inventory.json.sha512";

/// Digests to paths.
type Paths = BTreeMap<String, Vec<String>>;

/// The inventory of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inventory {
    pub(crate) id: String,
    r#type: String,
    digest_algorithm: String,
    /// The newest version, `v` and its number.
    pub(crate) head: String,
    fixity: BTreeMap<String, Paths>,
    /// Content files by SHA-512, as paths from the object's root.
    manifest: Paths,
    versions: BTreeMap<String, Version>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    created: String,
    message: String,
    user: User,
    /// Logical paths by SHA-512.
    state: Paths,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: String,
    address: String,
}

/// The digests of a content file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) sha512: String,
    pub(crate) others: Digests,
}

/// When and by whom a version was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// RFC 3339: the time of the newest record that is mirrored, so that the same mirroring gives
    /// the same bytes.
    pub(crate) created: &'a str,
    pub(crate) message: &'a str,
    /// The URI of the log.
    pub(crate) address: &'a str,
}

impl Inventory {
    /// The inventory of an object that has no version yet.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            r#type: TYPE.into(),
            digest_algorithm: ALGORITHM.into(),
            head: "v0".into(),
            fixity: FIXITY.map(|name| (name.into(), Paths::new())).into(),
            manifest: Paths::new(),
            versions: BTreeMap::new(),
        }
    }

    /// The number of the newest version.
    pub(crate) fn number(&self) -> u64 {
        number_of(&self.head).unwrap_or_default()
    }

    /// The newest version's files, by logical path: their SHA-512.
    pub(crate) fn state(&self) -> BTreeMap<String, String> {
        let newest = self.versions.get(&self.head).map(|version| &version.state);
        let each = newest.into_iter().flatten();
        each.flat_map(|(digest, paths)| paths.iter().map(|path| (path.clone(), digest.clone())))
            .collect()
    }

    /// Where the content of a logical path of the newest version lies, from the object's root.
    pub(crate) fn content(&self, logical: &str) -> Option<&str> {
        let state = &self.versions.get(&self.head)?.state;
        let (digest, _) =
            state.iter().find(|(_, paths)| paths.iter().any(|path| path == logical))?;
        self.manifest.get(digest)?.first().map(String::as_str)
    }

    /// Whether content with this digest is held, in any version.
    pub(crate) fn holds(&self, sha512: &str) -> bool {
        self.manifest.contains_key(sha512)
    }

    /// Adds the version whose files are `state` (logical path to SHA-512); `added` is the content
    /// that it brings, by path in its content folder.
    pub(crate) fn add(
        &mut self,
        occasion: Occasion<'_>,
        state: &BTreeMap<String, String>,
        added: &BTreeMap<String, Content>,
    ) {
        let head = format!("v{}", self.number() + 1);
        for (path, content) in added {
            let path = format!("{head}/content/{path}");
            let Digests { sha256, blake2b512, .. } = content.others;
            let fixity = [blake2b512.to_string(), sha256.to_string()];
            for (name, digest) in FIXITY.iter().zip(fixity) {
                let paths = self.fixity.entry((*name).into()).or_default();
                paths.entry(digest).or_default().push(path.clone());
            }
            self.manifest.entry(content.sha512.clone()).or_default().push(path);
        }
        let mut inverted = Paths::new();
        for (path, digest) in state {
            inverted.entry(digest.clone()).or_default().push(path.clone());
        }
        let version = Version {
            created: occasion.created.into(),
            message: occasion.message.into(),
            user: User { name: "casefile mirror".into(), address: occasion.address.into() },
            state: inverted,
        };
        self.versions.insert(head.clone(), version);
        self.head = head;
    }

    /// What the inventory was when version `number` was the newest.
    pub(crate) fn at(&self, number: u64) -> Self {
        let within = |path: &String| {
            let version = path.split('/').next().and_then(number_of);
            version.is_some_and(|version| version <= number)
        };
        let kept = |paths: &Paths| -> Paths {
            let each = paths.iter().map(|(digest, paths)| {
                (digest.clone(), paths.iter().filter(|path| within(path)).cloned().collect())
            });
            each.filter(|(_, paths): &(String, Vec<String>)| !paths.is_empty()).collect()
        };
        let versions = self.versions.iter().filter(|(name, _)| within(name));
        Self {
            head: format!("v{number}"),
            fixity: self.fixity.iter().map(|(name, paths)| (name.clone(), kept(paths))).collect(),
            manifest: kept(&self.manifest),
            versions: versions.map(|(name, version)| (name.clone(), version.clone())).collect(),
            ..self.clone()
        }
    }

    /// Every content file with its digests, by path from the object's root. `None` where the three
    /// lists of digests do not name the same files once each.
    pub(crate) fn contents(&self) -> Option<BTreeMap<String, (String, Blake2b512, Sha256)>> {
        let by_path = |paths: &Paths| -> Option<BTreeMap<String, String>> {
            let each = paths.iter().flat_map(|(digest, paths)| {
                paths.iter().map(|path| (path.clone(), digest.clone()))
            });
            let found: BTreeMap<_, _> = each.collect();
            let listed = paths.values().map(Vec::len).sum::<usize>();
            (found.len() == listed).then_some(found)
        };
        let [blake2b512, sha256] = FIXITY.map(|name| by_path(self.fixity.get(name)?));
        let (mut blake2b512, mut sha256) = (blake2b512?, sha256?);
        let mut contents = BTreeMap::new();
        for (path, sha512) in by_path(&self.manifest)? {
            let blake2b512 = Blake2b512::parse(&blake2b512.remove(&path)?)?;
            let sha256 = Sha256::parse(&sha256.remove(&path)?)?;
            contents.insert(path, (sha512, blake2b512, sha256));
        }
        (blake2b512.is_empty() && sha256.is_empty()).then_some(contents)
    }

    /// What is wrong with an inventory that has the right spelling, if something is: versions that
    /// are not v1 to the newest, or a file whose content is not held.
    pub(crate) fn fault(&self) -> Option<String> {
        let mut numbers = (1..=self.versions.len()).map(|number| format!("v{number}"));
        let all = numbers.all(|name| self.versions.contains_key(&name));
        if !all || self.number() != self.versions.len() as u64 || self.number() == 0 {
            return Some("its versions are not v1 and so on up to its head".into());
        }
        if self.r#type != TYPE || self.digest_algorithm != ALGORITHM {
            return Some("it is of another version of OCFL, or uses another digest".into());
        }
        let digests = self.versions.values().flat_map(|version| version.state.keys());
        if digests.into_iter().any(|digest| !self.holds(digest)) {
            return Some("a version has a file whose content it does not list".into());
        }
        None
    }

    /// Its one spelling.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("text and lists have a JSON form");
        bytes.push(b'\n');
        bytes
    }

    /// Reads an inventory; only its one spelling is taken, and no content that lies outside of the
    /// object.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let inventory: Self = serde_json::from_slice(bytes).ok()?;
        let within = inventory.manifest.values().flatten().all(|path| store::is_plain(path));
        (within && inventory.to_bytes() == bytes).then_some(inventory)
    }
}

/// The number of a version from its name.
pub(crate) fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix('v')?.parse().ok()?;
    (format!("v{number}") == name).then_some(number)
}

/// The file beside an inventory with its digest (section 3.7), as `sha512sum -c` reads it.
pub(crate) fn sidecar(inventory: &[u8]) -> Vec<u8> {
    format!("{}  {FILE}\n", sha512(inventory)).into_bytes()
}

pub(crate) fn sha512(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&sha2::Sha512::digest(bytes))
}
