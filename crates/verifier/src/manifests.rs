//! The check of the bag (RFC 8493): every file against the manifest that lists it, and every file
//! in exactly one.

use crate::bag::{self, MANIFEST_LIMIT_BYTES, Manifest, ManifestError};
use crate::verify::Check;
use crate::{Error, codes, layout};
use record::{Digests, Hasher};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

impl Check<'_> {
    fn manifest(&mut self, path: &str, digest_length: usize) -> Manifest {
        let Some(text) = self.text(path, MANIFEST_LIMIT_BYTES) else { return Manifest::new() };
        bag::parse(&text, digest_length).unwrap_or_else(|error| {
            let code = match &error {
                ManifestError::Form => codes::BUNDLE_FORM,
                ManifestError::Family => codes::BUNDLE_DIGEST_FAMILY,
                ManifestError::Path(_) => codes::BUNDLE_FORM_PATH,
                ManifestError::Twice(_) => codes::BUNDLE_FORM_TWICE,
            };
            self.fault(code, path, error.to_string());
            Manifest::new()
        })
    }

    /// Every digest is the one listed, and nothing is listed that is not there.
    pub(crate) fn digests(&mut self) {
        let payload = self.manifest(layout::MANIFEST, 64);
        let b2sums = self.manifest(layout::B2SUMS, 128);
        let tags = self.manifest(layout::TAGMANIFEST, 64);
        if self.text(layout::BAGIT, 1024).is_some_and(|text| text != layout::BAGIT_TEXT) {
            let message = "it is not the declaration of a BagIt 1.0 bag";
            self.fault(codes::BUNDLE_FORM, layout::BAGIT, message);
        }
        for path in &self.present.clone() {
            let is_payload = path.starts_with("data/");
            let listed = if is_payload { payload.get(path) } else { tags.get(path) };
            if listed.is_none() && !layout::SEALS.contains(&path.as_str()) {
                let message = "no manifest lists it: it was added afterwards";
                self.fault(codes::BUNDLE_FILE_UNLISTED, path, message);
            }
            let Some(listed) = listed.filter(|_| self.is_plain(path)) else { continue };
            match digest_of(&self.root.join(path)) {
                Ok(found) => {
                    self.same_bytes(path, found.sha256);
                    self.as_listed(path, &found, listed, is_payload.then_some(&b2sums));
                }
                Err(error) => {
                    let message = format!("it cannot be read through: {error}");
                    self.fault(codes::BUNDLE_DIGEST, path, message);
                }
            }
        }
        self.payload_files = payload.len() as u64;
        for (name, list) in
            [(layout::MANIFEST, &payload), (layout::B2SUMS, &b2sums), (layout::TAGMANIFEST, &tags)]
        {
            self.listed(name, list);
        }
        for path in b2sums.keys().filter(|path| !payload.contains_key(*path)) {
            let message = "b2sums.txt lists it, manifest-sha256.txt does not";
            self.fault(codes::BUNDLE_DIGEST_DISAGREE, path, message);
        }
    }

    fn as_listed(&mut self, path: &str, found: &Digests, listed: &str, b2sums: Option<&Manifest>) {
        let same = found.sha256.to_string() == *listed;
        if !same {
            let message = "its SHA-256 is not the one listed: it was changed";
            self.fault(codes::BUNDLE_DIGEST, path, message);
        }
        let Some(b2sums) = b2sums else { return };
        let also_same = b2sums.get(path) == Some(&found.blake2b512.to_string());
        if !also_same {
            let message = "its BLAKE2b-512 is not the one listed in b2sums.txt";
            self.fault(codes::BUNDLE_DIGEST, path, message);
        }
        if same != also_same {
            let message = "manifest-sha256.txt and b2sums.txt do not speak of the same bytes: one \
                           of them was made anew";
            self.fault(codes::BUNDLE_DIGEST_DISAGREE, path, message);
        }
        self.report.payload_bytes += found.size;
        self.digests.insert(path.into(), *found);
    }

    /// What a manifest lists must be there, and be of the kind that it lists.
    fn listed(&mut self, name: &str, list: &Manifest) {
        let of_payload = name != layout::TAGMANIFEST;
        for path in list.keys() {
            if !self.present.contains(path) {
                let message = "a manifest lists it, and it is not there";
                self.fault(codes::BUNDLE_FILE_MISSING, path, message);
            }
            if !layout::is_of_bundle(path) {
                let message = format!("{name} lists it, and no bundle has such a file");
                self.fault(codes::BUNDLE_FILE_FOREIGN, path, message);
            }
            if path.starts_with("data/") != of_payload || layout::SEALS.contains(&path.as_str()) {
                let message = format!("it lists {path}, which is not its to list");
                self.fault(codes::BUNDLE_FORM_PATH, name, message);
            }
        }
    }

    /// What bag-info.txt states, against what is known by now.
    pub(crate) fn info(&mut self) {
        let Some(text) = self.text(layout::BAG_INFO, 64 << 10) else { return };
        let mut wrong = |message: &str| {
            self.report.findings.push(record::Finding::fault(
                codes::BUNDLE_FORM_INFO,
                layout::BAG_INFO,
                message,
            ));
        };
        let Some((description, identifier, oxum, day)) = bag::info(&text) else {
            return wrong("it has not the five fields of a bundle, or has others");
        };
        if oxum != (self.report.payload_bytes, self.payload_files) {
            wrong("its Payload-Oxum is not the size of the payload");
        }
        let digits = day.bytes().filter(u8::is_ascii_digit).count();
        if day.len() != 10 || digits != 8 || day.split('-').map(str::len).ne([4, 2, 2]) {
            wrong("its Bagging-Date is no day");
        }
        if let Some(genesis) = &self.genesis
            && (description != bag::description(&genesis.case)
                || genesis.log_key.split('+').next() != Some(identifier))
        {
            wrong("it names another case or log than the record that opens the case");
        }
    }
}

/// The digests of a file.
pub fn digest_of(path: &Path) -> Result<Digests, Error> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    let mut hasher = Hasher::default();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(filled) => hasher.update(&chunk[..filled]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read", path)(error)),
        }
    }
}
