//! `casefile receipt`: proofs that records are in the log, as COSE receipts (RFC 9942), for
//! programs of supply-chain transparency. They say no more than a bundle does, in another form.
//!
//! Nothing is recorded, and nothing in the case changes. What is handed out are the records
//! themselves, withheld fields as commitments only.

use crate::catalogue::{self, Item};
use crate::{Ask, Error, export, open_writer, outside};
use record::Finding;
use serde::Serialize;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The log's public key among the receipts.
const KEY: &str = "log-key.pem";
/// How the name of a record ends.
const LEAF: &str = ".leaf";
/// How the name of its receipt ends.
const RECEIPT: &str = ".cose";

/// What was written.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The new folder.
    pub out: PathBuf,
    /// Records that have a receipt in it, in order: `NNNNNNNN.leaf` and `NNNNNNNN.cose`.
    pub records: Vec<u64>,
    /// Size of the log that the receipts are about.
    pub tree_size: u64,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Writes receipts of the records about the items that `wanted` names, or about all, into the new
/// folder `out`.
pub fn run(root: &Path, out: &Path, wanted: &[String], ask: Ask<'_>) -> Result<Outcome, Error> {
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let all = catalogue::items(&case)?;
    let items = export::selected(&all, wanted)?;
    let mut records: Vec<u64> = items.into_iter().flat_map(Item::leaves).collect();
    records.sort_unstable();
    outside::new_folder(out, is_ours, |folder| {
        let receipts = writer.receipts();
        for (index, proof) in records.iter().zip(case.log().prove(&records)?) {
            let receipt = receipts.of(*index, &proof.hashes);
            write(&folder.join(format!("{index:08}{LEAF}")), &case.log().leaf(*index)?)?;
            write(&folder.join(format!("{index:08}{RECEIPT}")), &receipt)?;
        }
        let key = custody::receipt::key_pem(case.log().verifier());
        write(&folder.join(KEY), key.as_bytes())
    })?;
    Ok(Outcome { out: out.into(), records, tree_size: case.log().size(), recovered })
}

fn is_ours(name: &str) -> bool {
    name == KEY || name.ends_with(LEAF) || name.ends_with(RECEIPT)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(Error::io("write", path))
}
