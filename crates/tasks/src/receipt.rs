//! `casefile receipt`: proofs that records are in the log, as COSE receipts (RFC 9942), for
//! programs of supply-chain transparency. They say no more than a bundle does, in another form.
//!
//! Nothing is recorded, and nothing in the case changes. What is handed out are the records
//! themselves, withheld fields as commitments only.

use crate::catalogue::{self, Item};
use crate::{Ask, Error, export, open_writer};
use archive::durable;
use record::Finding;
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The log's public key among the receipts.
const KEY: &str = "log-key.pem";

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
    fs::create_dir(out).map_err(Error::io("make folder", out))?;
    let receipts = writer.receipts();
    for (index, proof) in records.iter().zip(case.log().prove(&records)?) {
        let receipt = receipts.of(*index, &proof.hashes);
        write(&out.join(format!("{index:08}.leaf")), &case.log().leaf(*index)?)?;
        write(&out.join(format!("{index:08}.cose")), &receipt)?;
    }
    write(&out.join(KEY), custody::receipt::key_pem(case.log().verifier()).as_bytes())?;
    // One flush for all of them: there are two for each record.
    durable::sync_file_system(out, &File::open(out).map_err(Error::io("open", out))?)?;
    Ok(Outcome { out: out.into(), records, tree_size: case.log().size(), recovered })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(Error::io("write", path))
}
