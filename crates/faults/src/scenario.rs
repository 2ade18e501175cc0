//! The write paths under test: what each starts from, and what is run.

use crate::look;
use crate::trace::{self, Act, Aim, Launch};
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
pub(crate) const ASIDE: [&str; 3] = ["base", "earlier", "new"];

/// A write path of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Route {
    /// A new case is made.
    Init,
    /// Items are taken in, in several commits.
    Capture,
    /// A case is put in order that two interrupted runs left behind, and items are taken in until a
    /// tile is full, and beyond.
    Recover,
    /// Items are read, in several commits.
    Read,
    /// Everything kept is read again, and that is recorded.
    Scrub,
    /// A second copy of the case is brought up to date.
    Mirror,
    /// A damaged and a lost object are put back from a second copy.
    Repair,
    /// The last checkpoint is kept elsewhere too, from now on.
    Guard,
    /// A cosigned checkpoint is taken in.
    Cosign,
    /// A timestamp is asked for.
    Timestamp,
    /// A bundle is written as a folder.
    Export,
    /// A bundle is written as a zip file.
    ExportZip,
}

/// All of them.
pub(crate) const ROUTES: [Route; 12] = [
    Route::Init,
    Route::Capture,
    Route::Recover,
    Route::Read,
    Route::Scrub,
    Route::Mirror,
    Route::Repair,
    Route::Guard,
    Route::Cosign,
    Route::Timestamp,
    Route::Export,
    Route::ExportZip,
];

/// A write path made ready.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) route: Route,
    pub(crate) program: PathBuf,
    /// The folder in which all of it happens.
    pub(crate) place: PathBuf,
    /// Digests of the items that are in the case before.
    pub(crate) earlier: BTreeSet<String>,
    /// Digests of the items that are to be taken in.
    pub(crate) new: BTreeSet<String>,
}

impl Scenario {
    /// Makes everything in `place`, an empty folder, that `route` starts from.
    pub(crate) fn prepare(route: Route, program: &Path, place: &Path) -> io::Result<Self> {
        let (earlier, new) = match route {
            Route::Init => (0, 0),
            Route::Capture => (FEW_ITEMS, NEW_ITEMS),
            Route::Recover => (TILE_ITEMS, NEW_ITEMS),
            Route::Read => (READ_ITEMS, 0),
            _ => (FEW_ITEMS, 0),
        };
        let mut scenario = Self {
            route,
            program: program.into(),
            place: place.into(),
            earlier: make_items(&place.join("earlier"), earlier)?,
            new: make_items(&place.join("new"), new)?,
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
        scenario.expect_done(&["init", "case", "--unprotected", "--name", "faults"])?;
        scenario.expect_done(&["-C", "case", "capture", "earlier"])?;
        match route {
            Route::Recover => scenario.leave_unfinished()?,
            Route::Export | Route::ExportZip => scenario.expect_done(&["-C", "case", "read"])?,
            Route::Repair => scenario.do_harm()?,
            Route::Cosign => scenario.be_cosigned()?,
            _ => {}
        }
        fs::rename(place.join("case"), place.join("base"))?;
        Ok(scenario)
    }

    /// Puts the place back to what it was after `prepare`.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.clear()?;
        let base = self.place.join("base");
        match self.route {
            Route::Init => Ok(()),
            Route::Guard => {
                copy(&base, &self.case()).and_then(|()| fs::create_dir(self.place.join("out")))
            }
            _ => copy(&base, &self.case()),
        }
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

    /// The case.
    pub(crate) fn case(&self) -> PathBuf {
        self.place.join("case")
    }

    /// The bundle that an export makes.
    pub(crate) fn bundle(&self) -> Option<PathBuf> {
        match self.route {
            Route::Export => Some(self.place.join("out")),
            Route::ExportZip => Some(self.place.join("out.zip")),
            _ => None,
        }
    }

    /// What is run, with a fault or without.
    pub(crate) fn launch(&self) -> Launch {
        let every = COMMIT_EVERY.to_string();
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
            Route::Timestamp => vec!["-C", "case", "timestamp", "request", "out.tsq"],
            Route::Export => vec!["-C", "case", "export", "out"],
            Route::ExportZip => vec!["-C", "case", "export", "out.zip"],
        };
        Launch {
            program: self.program.clone(),
            arguments: words.into_iter().chain(["--json"]).map(OsString::from).collect(),
            place: self.place.clone(),
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

    fn expect_done(&self, words: &[&str]) -> io::Result<()> {
        let output = self.casefile(words)?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(format!("casefile {}: {said}", words.join(" "))))
    }

    /// Makes a second copy of the case; then, in the case, an object is lost and another one rots.
    fn do_harm(&self) -> io::Result<()> {
        self.expect_done(&["-C", "case", "mirror", "new/mirror"])?;
        let mut objects = self.earlier.iter().map(|digest| {
            let (folder, name) = digest.split_at(2);
            self.case().join("objects").join(folder).join(name)
        });
        if let (Some(lost), Some(rotten)) = (objects.next(), objects.next()) {
            fs::remove_file(lost)?;
            fs::remove_file(&rotten)?;
            fs::write(rotten, "rot")?;
        }
        Ok(())
    }

    /// Names a cosigner in the case, and has its answer ready.
    fn be_cosigned(&self) -> io::Result<()> {
        let name = "cosigner.example/faults";
        self.expect_done(&["cosigner", "new", "cosigner", "--name", name, "--unprotected"])?;
        let read = |path: &str| fs::read_to_string(self.place.join(path));
        let (log, key) = (read("case/log/vkey")?, read("cosigner/vkey")?);
        self.expect_done(&["cosigner", "know", "cosigner", log.trim_end()])?;
        self.expect_done(&["-C", "case", "cosign", "name", key.trim_end()])?;
        self.expect_done(&["-C", "case", "cosign", "ask", name, "new/request"])?;
        self.expect_done(&["cosigner", "sign", "cosigner", "new/request", "new/answer"])?;
        fs::remove_dir_all(self.place.join("cosigner"))
    }

    /// Two runs are killed in the case: one before its checkpoint, one while an item comes in.
    fn leave_unfinished(&self) -> io::Result<()> {
        let words = ["-C", "case", "capture", "new"];
        let launch = Launch {
            program: self.program.clone(),
            arguments: words.map(OsString::from).to_vec(),
            place: self.place.clone(),
        };
        let clean = self.place.join("clean");
        copy(&self.case(), &clean)?;
        let calls = trace::run(&launch, None, true)?.calls;
        fs::remove_dir_all(self.case())?;
        fs::rename(&clean, self.case())?;
        let checkpoint = |call: &trace::Call| {
            call.watched.name == "rename" && call.to.ends_with("log/checkpoint")
        };
        let renames = calls.iter().filter(|call| call.watched.name == "rename");
        let before = renames.take_while(|call| !checkpoint(call)).count() as u64;
        let aim = Aim { call: "rename", pipe: false, occurrence: before + 1, act: Act::Kill };
        let run = trace::run(&launch, Some(aim), false)?;
        let unfinished = self.case().join("objects/incoming/1-0");
        fs::write(unfinished, "half a rep")?;
        match run.fired {
            Some(_) => Ok(()),
            None => Err(io::Error::other("no run could be killed before its checkpoint")),
        }
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
