//! The check of evidence records in a bundle (RFC 4998): each against its exhibit's bytes, every
//! token in it against whom one trusts.

use crate::exhibits::ExhibitLine;
use crate::verify::{Check, JSON_LIMIT_BYTES};
use crate::{codes, layout};
use record::canonical;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use timestamp::algorithm::Running;
use timestamp::evidence::{self, RECORD_LIMIT_BYTES};
use timestamp::{Certificate, Fault, Given, Hash, certificate, revocation};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

impl Check<'_> {
    /// Every evidence record.
    pub(crate) fn evidence(&mut self, roots: Option<&[Certificate]>) {
        let in_folder = |path: &&String| path.starts_with(layout::EVIDENCE);
        let mut paths: Vec<String> = self.present.iter().filter(in_folder).cloned().collect();
        if paths.is_empty() {
            return;
        }
        paths.retain(|path| {
            path != layout::EVIDENCE_CERTIFICATES && path != layout::EVIDENCE_REVOCATIONS
        });
        let kept = match self.kept() {
            Ok(kept) => kept,
            Err(fault) => {
                self.fault(codes::BUNDLE_EVIDENCE, layout::EVIDENCE, fault.to_string());
                return;
            }
        };
        let exhibits = self.exhibits_by_record();
        for path in paths {
            match exhibits.get(&path) {
                Some(line) => self.record(&path, line, &kept, roots),
                None => {
                    let message = "it is the evidence record of no exhibit in this bundle";
                    self.fault(codes::BUNDLE_EVIDENCE, &path, message);
                }
            }
        }
    }

    /// The certificates and lists that came along: those that issued themselves are the roots.
    fn kept(&mut self) -> Result<Given, Fault> {
        let limit_bytes = certificate::FILE_LIMIT_BYTES as u64;
        let pem = self.bytes(layout::EVIDENCE_CERTIFICATES, limit_bytes).unwrap_or_default();
        let (roots, others) =
            certificate::read_file(&pem)?.into_iter().partition(Certificate::is_self_issued);
        let lists = self.bytes(layout::EVIDENCE_REVOCATIONS, limit_bytes);
        let crls = lists.as_deref().map(revocation::read_file).transpose()?.unwrap_or_default();
        Ok(Given { roots, others, crls })
    }

    fn exhibits_by_record(&mut self) -> BTreeMap<String, ExhibitLine> {
        let text = self.text(layout::EXHIBITS, JSON_LIMIT_BYTES).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| canonical::from_bytes::<ExhibitLine>(line.as_bytes()).ok())
            .map(|line| (layout::evidence(line.number), line))
            .collect()
    }

    fn record(
        &mut self,
        path: &str,
        line: &ExhibitLine,
        kept: &Given,
        roots: Option<&[Certificate]>,
    ) {
        let Some(der) = self.bytes(path, RECORD_LIMIT_BYTES as u64) else { return };
        let digest = |hash| self.digest(line, hash);
        let verdict = evidence::check(&der, &digest, kept);
        let trusted = roots.map(|roots| {
            let others = kept.others.iter().chain(&kept.roots).cloned().collect();
            let given = Given { roots: roots.to_vec(), others, crls: kept.crls.clone() };
            evidence::check(&der, &digest, &given)
        });
        match verdict {
            Ok(evidence) => {
                let oldest = evidence.stamps.first().map(|(_, one)| one.time.to_string());
                self.report.evidence.insert(line.number, oldest.unwrap_or_default());
            }
            Err(fault) => self.fault(codes::BUNDLE_EVIDENCE, path, fault.to_string()),
        }
        if let Some(Err(fault)) = trusted {
            let message = format!("under the roots given with --tsa-roots: {fault}");
            self.fault(codes::BUNDLE_TIMESTAMP_UNTRUSTED, path, message);
        }
    }

    /// The exhibit's digest of a kind, from its bytes. What cannot be read has no digest, which no
    /// record is about.
    fn digest(&self, line: &ExhibitLine, hash: Hash) -> Vec<u8> {
        // Only a file that was found in the bundle and read through: a path is hostile until then.
        if !self.digests.contains_key(&line.path) {
            return Vec::new();
        }
        let Ok(mut file) = File::open(self.root.join(&line.path)) else { return Vec::new() };
        let (mut running, mut chunk) = (Running::new(hash), vec![0; CHUNK_BYTES]);
        while let Ok(filled @ 1..) = file.read(&mut chunk) {
            running.update(chunk.get(..filled).unwrap_or_default());
        }
        running.finish()
    }
}
