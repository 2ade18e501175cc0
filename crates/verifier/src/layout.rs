//! Where things lie in a bundle (docs/format/bundle.md).

use crate::bag;

/// The BagIt declaration, and its only contents (RFC 8493, section 2.1.1).
pub const BAGIT: &str = "bagit.txt";
/// What [`BAGIT`] says.
pub const BAGIT_TEXT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
/// Facts about the bag.
pub const BAG_INFO: &str = "bag-info.txt";
/// SHA-256 of every payload file.
pub const MANIFEST: &str = "manifest-sha256.txt";
/// BLAKE2b-512 of every payload file, for `b2sum -c`.
pub const B2SUMS: &str = "b2sums.txt";
/// SHA-256 of every tag file but itself and those that seal it.
pub const TAGMANIFEST: &str = "tagmanifest-sha256.txt";
/// SSH signature over the tag manifest.
pub const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";
/// The leaf that records the export.
pub const EXPORT_LEAF: &str = "export.leaf";
/// Its proof.
pub const EXPORT_PROOF: &str = "export.tlog-proof";
/// That the log of [`CHECKPOINT`] is the beginning of the log that the export is recorded in.
pub const EXPORT_CONSISTENCY: &str = "export.consistency";
/// For people.
pub const README: &str = "README.txt";
/// For people, in a browser.
pub const PAGE: &str = "index.html";
/// The chain of custody, for people, with a certificate to fill in.
pub const CUSTODY: &str = "custody.html";
/// The chain of custody as PREMIS 3.
pub const PREMIS: &str = "premis.xml";
/// The chain of custody as CASE/UCO.
pub const CASE_UCO: &str = "case.jsonld";
/// The bundle as an RO-Crate; the name is that standard's.
pub const RO_CRATE: &str = "ro-crate-metadata.json";
/// A verifier in Python, for who has no casefile: the file to run, and those that it needs.
pub const VERIFIER: [&str; 6] = [
    "verify.py",
    "verify_bag.py",
    "verify_leaf.py",
    "verify_log.py",
    "verify_origins.py",
    "verify_mldsa.py",
];
/// One line of canonical JSON for each exhibit.
pub const EXHIBITS: &str = "exhibits.jsonl";
/// Openings that the bundle discloses; absent where there are none.
pub const OPENINGS: &str = "openings.jsonl";
/// The log's verifier key.
pub const VKEY: &str = "log/vkey";
/// Whose signatures make a checkpoint of the log valid (C2SP tlog-policy).
pub const POLICY: &str = "log/policy";
/// The checkpoint that the proofs lead to.
pub const CHECKPOINT: &str = "log/checkpoint";
/// For `ssh-keygen -Y verify`.
pub const ALLOWED_SIGNERS: &str = "log/allowed_signers";

/// Files that seal the tag manifest and so cannot be listed in it.
pub const SEALS: [&str; 5] =
    [TAGMANIFEST, SIGNATURE, EXPORT_LEAF, EXPORT_PROOF, EXPORT_CONSISTENCY];

/// Files that follow from the records of the bundle.
pub const DOCUMENTS: [&str; 4] = [CUSTODY, PREMIS, CASE_UCO, RO_CRATE];

/// Files that every bundle has, seals included.
pub const REQUIRED: [&str; 26] = [
    BAGIT,
    BAG_INFO,
    MANIFEST,
    B2SUMS,
    TAGMANIFEST,
    SIGNATURE,
    EXPORT_LEAF,
    EXPORT_PROOF,
    EXPORT_CONSISTENCY,
    README,
    PAGE,
    CUSTODY,
    PREMIS,
    CASE_UCO,
    RO_CRATE,
    VERIFIER[0],
    VERIFIER[1],
    VERIFIER[2],
    VERIFIER[3],
    VERIFIER[4],
    VERIFIER[5],
    EXHIBITS,
    VKEY,
    POLICY,
    CHECKPOINT,
    ALLOWED_SIGNERS,
];

/// Folders that hold one file for each exhibit or record.
pub const FOLDERS: [&str; 7] = [
    "data/items",
    "data/readings",
    "log/cosigned",
    "log/evidence",
    "log/leaves",
    "log/proofs",
    "log/timestamps",
];

/// Where cosigned checkpoints lie.
pub const COSIGNED: &str = "log/cosigned/";
/// Whose cosignatures they bear (C2SP tlog-policy); absent where there are none.
pub const COSIGNED_POLICY: &str = "log/cosigned/policy";

/// Where evidence records lie.
pub const EVIDENCE: &str = "log/evidence/";
/// Certificates of all evidence records; absent where there are none.
pub const EVIDENCE_CERTIFICATES: &str = "log/evidence/certificates.pem";
/// Revocation lists of all evidence records; absent where there are none.
pub const EVIDENCE_REVOCATIONS: &str = "log/evidence/revocations.pem";

/// Where timestamps lie.
pub const TIMESTAMPS: &str = "log/timestamps/";

/// Ending of the proof that the log continues a stamped or cosigned checkpoint.
pub const CONSISTENCY: &str = "consistency";

/// Where what came along of other archives' logs lies: a folder for each bundle that was received,
/// named by the index of the record that says so.
pub const ORIGINS: &str = "origins/";
/// The record of an export with its proofs, in a bundle and in an excerpt.
pub const EXPORT: [&str; 3] = [EXPORT_LEAF, EXPORT_PROOF, EXPORT_CONSISTENCY];
/// Files that every excerpt of another log has.
pub const EXCERPT: [&str; 7] = [
    EXPORT_LEAF,
    EXPORT_PROOF,
    EXPORT_CONSISTENCY,
    VKEY,
    CHECKPOINT,
    "log/leaves/00000000.leaf",
    "log/proofs/00000000.tlog-proof",
];
/// How an item came that came from another archive: the method of its capture.
pub const FROM_BUNDLE: &str = "bundle";

/// SSHSIG namespace of the signature over the tag manifest.
pub const NAMESPACE: &str = "casefile-bundle@v1";

/// Longest part of a name that goes into a path.
const NAME_LIMIT: usize = 60;

/// Whether a bundle may have a file of this path.
pub fn is_of_bundle(path: &str) -> bool {
    if let Some(rest) = in_excerpt(path) {
        return bag::is_safe(path) && (EXCERPT.contains(&rest) || is_of_log(rest));
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    REQUIRED.contains(&path)
        || path == OPENINGS
        || (FOLDERS.contains(&folder) && bag::is_safe(path))
}

/// Whether a bundle may have a folder of this path.
pub fn is_folder_of_bundle(path: &str) -> bool {
    let excerpt = |rest: &str| ["", "log/", "log/leaves/", "log/proofs/", ORIGINS].contains(&rest);
    let within = format!("{path}/");
    let inside = |folder: &&str| folder.split_once('/').is_some_and(|(above, _)| above == path);
    FOLDERS.contains(&path)
        || FOLDERS.iter().any(inside)
        || within == ORIGINS
        || in_excerpt(&within).is_some_and(excerpt)
}

/// Whether a path is that of a leaf or its proof.
pub fn is_of_log(path: &str) -> bool {
    leaf_index(path).is_some() || proof_index(path).is_some()
}

/// What is kept of a bundle that another archive sent, beside its items: its log and its seals, by
/// which their custody is proved. Nothing that was disclosed stands in it.
pub fn is_kept_of_received(path: &str) -> bool {
    let others = [MANIFEST, B2SUMS, BAG_INFO, EXHIBITS];
    path.starts_with("log/")
        || path.starts_with(ORIGINS)
        || SEALS.contains(&path)
        || others.contains(&path)
}

/// The path in the innermost of the excerpts that a path leads into; `None` outside of all.
pub fn in_excerpt(path: &str) -> Option<&str> {
    let mut rest = path;
    while let Some(inner) = rest.strip_prefix(ORIGINS) {
        let Some((number, after)) = inner.split_once('/') else { break };
        let index: u64 = number.parse().ok()?;
        if format!("{index:08}") != number {
            return None;
        }
        rest = after;
    }
    (rest.len() < path.len()).then_some(rest)
}

/// Folder of the excerpt that a record asks for.
pub fn origin(leaf: u64) -> String {
    format!("{ORIGINS}{leaf:08}/")
}

/// Index of the leaf at a path.
pub fn leaf_index(path: &str) -> Option<u64> {
    let index = path.strip_prefix("log/leaves/")?.strip_suffix(".leaf")?.parse().ok()?;
    (leaf(index) == path).then_some(index)
}

/// Index of the leaf that the proof at a path is of.
pub fn proof_index(path: &str) -> Option<u64> {
    let index = path.strip_prefix("log/proofs/")?.strip_suffix(".tlog-proof")?.parse().ok()?;
    (proof(index) == path).then_some(index)
}

/// Path of an item: number and name, the name reduced to what every file system and tool takes.
pub fn item(number: u64, name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let mut plain: Vec<char> = last.chars().map(plain).collect();
    // The end of a name says what it is.
    let cut = plain.len().saturating_sub(NAME_LIMIT);
    let plain: String = plain.drain(cut..).collect();
    format!("data/items/{number:06}-{plain}")
}

/// Path of a reading.
pub fn reading(number: u64) -> String {
    format!("data/readings/{number:06}.json")
}

/// Path of a leaf.
pub fn leaf(index: u64) -> String {
    format!("log/leaves/{index:08}.leaf")
}

/// Path of a leaf's proof.
pub fn proof(index: u64) -> String {
    format!("log/proofs/{index:08}.tlog-proof")
}

/// Path of a file that a record of a timestamp, or of a request for one, names in a field.
pub fn timestamp(leaf: u64, field: &str) -> String {
    format!("{TIMESTAMPS}{leaf:08}.{field}")
}

/// Path of the cosigned checkpoint that a record names.
pub fn cosigned(leaf: u64) -> String {
    format!("{COSIGNED}{leaf:08}.checkpoint")
}

/// Path of the proof that the log continues a cosigned checkpoint.
pub fn cosigned_consistency(leaf: u64) -> String {
    format!("{COSIGNED}{leaf:08}.{CONSISTENCY}")
}

/// Path of an exhibit's evidence record.
pub fn evidence(number: u64) -> String {
    format!("{EVIDENCE}{number:06}.ers")
}

/// Name under which the actors' keys stand in `allowed_signers`.
pub const PRINCIPAL: &str = "actor";

/// The `allowed_signers` file: keys good for records and tag manifests.
pub fn allowed_signers(keys: &[custody::sshsig::PublicKey]) -> String {
    let namespaces = [custody::leaf::NAMESPACE, NAMESPACE];
    keys.iter().map(|key| custody::sshsig::allowed_signer(PRINCIPAL, &namespaces, key)).collect()
}
