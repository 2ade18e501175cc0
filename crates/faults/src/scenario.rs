//! The write paths under test: what each starts from, and what is run.

use crate::look;
use crate::parties::Server;
use crate::route::Route;
use crate::stage::{APPROVED, COSIGNER, LATE, SEALED, STAMPED, stamping};
use crate::trace::Launch;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Items of a case that is put in order. With the record that opens it they make 244 leaves, so
/// that the new items cross the end of a full tile (256), in the second commit.
const TILE_ITEMS: usize = 243;

/// Items of a capture, and how many go into one commit: two commits are flushed as a whole
/// (`syncfs`, from eight files on), the last one file by file.
const NEW_ITEMS: usize = 24;
const COMMIT_EVERY: usize = 10;

/// Items to be read: more than one commit of `casefile read` holds (64).
const READ_ITEMS: usize = 66;

/// Items of every other case: each costs time in each of thousands of runs.
const FEW_ITEMS: usize = 3;

/// Bytes of the largest new item: more than one chunk (1 MiB), so that the way with two hashing
/// threads is gone too.
const LARGE_BYTES: usize = 1_500_000;

/// What lies in the place beside the case, and stays.
pub(crate) const ASIDE: [&str; 4] = ["base", "beside", "earlier", "new"];

/// Where a run has what it needs only while it lasts.
pub(crate) const SCRATCH: &str = "scratch";

/// A write path made ready.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) route: Route,
    pub(crate) program: PathBuf,
    /// The folder in which all of it happens.
    pub(crate) place: PathBuf,
    /// Whether that is on a file system as exFAT is.
    pub(crate) is_bare: bool,
    /// Digests of the items that are in the case before.
    pub(crate) earlier: BTreeSet<String>,
    /// Digests of the items that are to be taken in.
    pub(crate) new: BTreeSet<String>,
    /// How many items are to be taken in whose digests nobody knows before: they are sealed.
    pub(crate) to_seal: usize,
    /// Bytes that must be nowhere: in the case while items are sealed; in case and mirror when an
    /// item was erased. Empty where there are none.
    pub(crate) secret: Vec<u8>,
    /// Who answers over the network while runs go on.
    pub(crate) server: Option<Server>,
}

impl Scenario {
    /// Makes everything in `place`, an empty folder, that `route` starts from.
    pub(crate) fn prepare(
        route: Route,
        program: &Path,
        place: &Path,
        is_bare: bool,
    ) -> io::Result<Self> {
        let (earlier, new) = match route {
            Route::Init => (0, 0),
            Route::Capture => (FEW_ITEMS, NEW_ITEMS),
            Route::Recover => (TILE_ITEMS, NEW_ITEMS),
            Route::Read => (READ_ITEMS, 0),
            Route::Receive => (FEW_ITEMS, FEW_ITEMS),
            _ => (FEW_ITEMS, 0),
        };
        let mut scenario = Self {
            route,
            program: program.into(),
            place: place.into(),
            is_bare,
            earlier: make_items(&place.join("earlier"), earlier)?,
            new: make_items(&place.join("new"), new)?,
            to_seal: 0,
            secret: Vec::new(),
            server: None,
        };
        if new > 0 {
            let large = b"a long report\n".repeat(LARGE_BYTES / 14);
            fs::write(place.join("new/large.txt"), &large)?;
            // Bytes that the case has already: the same item, taken in a second time.
            fs::copy(place.join("earlier/0.txt"), place.join("new/again.txt"))?;
            scenario.new.insert(look::digest(&large));
            scenario.new.insert(look::digest(&fs::read(place.join("earlier/0.txt"))?));
        }
        if route == Route::Init {
            return Ok(scenario);
        }
        if route == Route::Seal {
            make_items(&place.join("new/sealed"), FEW_ITEMS)?;
            scenario.to_seal = FEW_ITEMS;
            scenario.secret = b"(sealed)".to_vec();
        }
        let init = ["init", "case", "--unprotected", "--name", "faults", "--actor", "Ida"];
        scenario.expect_done(&init)?;
        scenario.expect_done(&["-C", "case", "capture", "earlier"])?;
        scenario.set_up()?;
        fs::rename(place.join("case"), place.join("base"))?;
        Ok(scenario)
    }

    /// Puts the place back to what it was after `prepare`.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.clear()?;
        fs::create_dir(self.place.join(SCRATCH))?;
        if self.route == Route::Init {
            return Ok(());
        }
        copy(&self.place.join("base"), &self.case())?;
        let beside = self.place.join("beside");
        if !beside.exists() {
            return Ok(());
        }
        for name in fs::read_dir(&beside)? {
            let name = name?.file_name();
            copy(&beside.join(&name), &self.place.join(&name))?;
        }
        Ok(())
    }

    /// Removes the case, and all that a run left beside it.
    pub(crate) fn clear(&self) -> io::Result<()> {
        for name in fs::read_dir(&self.place)? {
            let path = name?.path();
            let stays = ASIDE.iter().any(|name| path.ends_with(name));
            match (stays, path.is_dir()) {
                (true, _) => {}
                (false, true) => fs::remove_dir_all(&path)?,
                (false, false) => fs::remove_file(&path)?,
            }
        }
        Ok(())
    }

    /// How many items a run takes in.
    pub(crate) fn to_take_in(&self) -> usize {
        self.new.len() + self.to_seal
    }

    /// The items that `said` acknowledges.
    pub(crate) fn acknowledged(&self, said: &str) -> BTreeSet<String> {
        if self.route == Route::Receive {
            // All or nothing.
            let all = said.contains("\"held\": true");
            return if all { self.new.clone() } else { BTreeSet::new() };
        }
        let digests = look::digests(said);
        if self.to_seal > 0 { digests } else { digests.intersection(&self.new).cloned().collect() }
    }

    /// The case.
    pub(crate) fn case(&self) -> PathBuf {
        self.place.join("case")
    }

    /// The bundle that an export makes.
    pub(crate) fn bundle(&self) -> Option<PathBuf> {
        match self.route {
            Route::Export | Route::ExportAll => Some(self.place.join("out")),
            Route::ExportZip => Some(self.place.join("out.zip")),
            _ => None,
        }
    }

    /// What a run makes outside the case, under a name that nothing may have before.
    pub(crate) fn made(&self) -> Option<PathBuf> {
        match self.route {
            Route::Timestamp | Route::Renew => Some(self.place.join("out.tsq")),
            Route::Unseal
            | Route::Receipt
            | Route::Custody
            | Route::Vouch
            | Route::Serve
            | Route::Receive
            | Route::RecoveryShare
            | Route::NewCosigner
            | Route::PaperWrite
            | Route::PaperRead => Some(self.place.join("out")),
            _ => self.bundle(),
        }
    }

    /// What is run, with a fault or without.
    pub(crate) fn launch(&self) -> Launch {
        let every = COMMIT_EVERY.to_string();
        let recipient = self.recipient_of("me");
        let to_others = self.words_to_others();
        let words = match self.route {
            Route::Init => vec!["init", "case", "--unprotected", "--name", "faults"],
            Route::Capture | Route::Recover => {
                let withheld = ["--collector", "A. Person", "--machine", "192.0.2.7"];
                [&["-C", "case", "capture", "new", "--commit-every", &every], &withheld[..]]
                    .concat()
            }
            Route::Read => vec!["-C", "case", "read"],
            Route::Scrub => vec!["-C", "case", "scrub"],
            Route::Mirror => vec!["-C", "case", "mirror", "out"],
            Route::Repair => vec!["-C", "case", "repair", "new/mirror"],
            Route::Guard => vec!["-C", "case", "mirror", "--guard", "out"],
            Route::Cosign => vec!["-C", "case", "cosign", "add", "new/answer"],
            Route::Vouch => vec!["cosigner", "sign", "cosigner", "new/request", "out"],
            Route::Timestamp => vec!["-C", "case", "timestamp", "request", "out.tsq"],
            Route::Stamp => stamping("new/two.tsr").to_vec(),
            Route::Renew => {
                vec!["-C", "case", "timestamp", "request", "out.tsq", "--renew", STAMPED]
            }
            Route::Enrol => vec!["-C", "case", "actor", "enrol", LATE, "--unprotected"],
            Route::Rotate => vec!["-C", "case", "actor", "rotate", LATE, "--unprotected"],
            Route::Revoke => vec!["-C", "case", "actor", "revoke", LATE, "--reason", "it was lost"],
            Route::Approve => vec!["-C", "case", "--as", "Ben", "approve", APPROVED],
            Route::Seal => {
                vec!["-C", "case", "capture", "new/sealed", "--sealed", "--recipient", &recipient]
            }
            Route::Unseal => {
                vec!["-C", "case", "unseal", SEALED, "--identity", "new/me", "-o", "out"]
            }
            Route::Erase => vec!["-C", "case", "erase", SEALED, "--reason", "consent withdrawn"],
            Route::Carry => vec!["-C", "case", "mirror", "out"],
            Route::Receipt => vec!["-C", "case", "receipt", "out"],
            Route::Custody => vec!["-C", "case", "custody", "--page", "out"],
            Route::Export => vec!["-C", "case", "export", "out"],
            Route::ExportZip => vec!["-C", "case", "export", "out.zip"],
            Route::ExportAll => {
                let key = ["--disclose", "key", "--identity", "new/me"];
                [&["-C", "case", "--as", "Ben", "export", "out"], &key[..]].concat()
            }
            _ => to_others.iter().map(String::as_str).collect(),
        };
        Launch {
            program: self.program.clone(),
            arguments: words.into_iter().chain(["--json"]).map(OsString::from).collect(),
            place: self.place.clone(),
            is_bare: self.is_bare,
            request: (self.route == Route::Serve).then(|| self.place.join("new/request")),
        }
    }

    /// Runs the same again, as a person would after it had failed.
    pub(crate) fn again(&self) -> io::Result<Output> {
        match self.route {
            Route::Capture => {
                self.casefile(&["-C", "case", "--json", "capture", "new", "--resume"])
            }
            Route::Recover => {
                // One item without the collector's words, then the rest with others: what the
                // killed runs withheld belongs to records that are made anew now.
                let words = ["-C", "case", "--json", "capture", "new/0.txt"];
                let mut first = self.casefile(&words)?;
                let words = ["-C", "case", "--json", "capture", "new", "--collector", "B. Person"];
                let second = self.casefile(&words)?;
                first.stdout.extend(second.stdout);
                first.stderr.extend(second.stderr);
                first.status = if first.status.success() { second.status } else { first.status };
                Ok(first)
            }
            Route::Vouch | Route::Serve => {
                let first =
                    self.casefile(&["cosigner", "sign", "cosigner", "new/request", "out"])?;
                if first.status.success() {
                    return Ok(first);
                }
                // It remembers having signed: it is asked again, from there.
                let from = self.casefile(&["-C", "case", "log", "--json"])?;
                let size = look::lossy(&from.stdout).lines().count().to_string();
                let ask = ["-C", "case", "cosign", "ask", COSIGNER, "out.request", "--from", &size];
                self.expect_done(&ask)?;
                self.casefile(&["cosigner", "sign", "cosigner", "out.request", "out"])
            }
            _ => {
                let launch = self.launch();
                self.output(Command::new(&self.program).args(launch.arguments))
            }
        }
    }

    /// Runs the program without a fault.
    pub(crate) fn casefile(&self, words: &[&str]) -> io::Result<Output> {
        self.output(Command::new(&self.program).args(words))
    }

    fn output(&self, command: &mut Command) -> io::Result<Output> {
        command.current_dir(&self.place).stdin(Stdio::null()).output()
    }

    pub(crate) fn expect_done(&self, words: &[&str]) -> io::Result<()> {
        let output = self.casefile(words)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("casefile {}: {said}", words.join(" "))))
    }
}

/// Makes `count` reports in `folder`, and gives the digests of their bytes.
fn make_items(folder: &Path, count: usize) -> io::Result<BTreeSet<String>> {
    fs::create_dir(folder)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut digests = BTreeSet::new();
    for number in 0..count {
        let killed = number * 7 + 3;
        let text = format!("Report {number} ({name}).\nAt least {killed} people were killed.\n");
        fs::write(folder.join(format!("{number}.txt")), &text)?;
        digests.insert(look::digest(text.as_bytes()));
    }
    Ok(digests)
}

/// Copies a folder with everything in it; modes go along.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut folders = vec![(from.to_path_buf(), to.to_path_buf())];
    while let Some((from, to)) = folders.pop() {
        fs::create_dir(&to)?;
        fs::set_permissions(&to, fs::metadata(&from)?.permissions())?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (path, copy) = (entry.path(), to.join(entry.file_name()));
            if entry.file_type()?.is_dir() {
                folders.push((path, copy));
            } else {
                fs::copy(&path, &copy)?;
            }
        }
    }
    Ok(())
}
