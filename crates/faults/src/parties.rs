//! Routes on which a case deals with others: another archive, holders of shares, cosigners on the
//! network, paper, a storage root. What each starts from, and what is run.

use crate::look;
use crate::route::Route;
use crate::scenario::{Scenario, copy};
use crate::stage::{COSIGNER, LATE};
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Who holds shares of a recovery key; each has an identity of age in `new/`.
pub(crate) const HOLDERS: [&str; 2] = ["alice", "bob"];

/// Where what a cosigner on the network says is kept.
const SERVING: &str = "new/serving";

/// A program that answers others while runs go on; ended with this. It is nobody's child here, so
/// that whoever waits for a watched run does not wait for it.
#[derive(Debug)]
pub(crate) struct Server {
    number: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = Command::new("kill").arg(&self.number).stderr(Stdio::null()).status();
    }
}

impl Scenario {
    /// Brings the case to where a run with others begins.
    pub(crate) fn meet_others(&mut self) -> io::Result<()> {
        match self.route {
            Route::Receive => self.be_given(),
            Route::Acknowledge => self.give(),
            Route::RecoverySet => self.make_holders(),
            Route::RecoveryShare => self.have_shares(),
            Route::RecoveryEnrol => self.have_shares(),
            Route::RecoveryRevoke => {
                self.expect_done(&["-C", "case", "actor", "enrol", LATE, "--unprotected"])?;
                self.have_shares()
            }
            Route::MirrorOcfl => {
                fs::create_dir(self.place.join("beside"))?;
                self.expect_done(&["-C", "case", "mirror", "--ocfl", "beside/out"])?;
                self.expect_done(&["-C", "case", "read"])
            }
            Route::Know => self.be_unknown(),
            Route::Serve => self.be_cosigned(),
            Route::Send => self.be_answered(),
            Route::PaperWrite | Route::PaperRead => self.print_out(),
            _ => Ok(()),
        }
    }

    /// What is run on such a route.
    pub(crate) fn words_to_others(&self) -> Vec<String> {
        let key = |path: &str| self.line(path);
        let mut words: Vec<&str> = Vec::new();
        let (theirs, log, url) = (key("new/key"), key("new/log"), self.url());
        let holders = HOLDERS.map(|name| format!("{name}={}", self.recipient_of(name)));
        let shares = HOLDERS.map(|name| format!("new/{name}.share"));
        let by_holders: Vec<&str> =
            shares.iter().flat_map(|share| ["--share", share.as_str()]).collect();
        match self.route {
            Route::Receive => {
                let from = ["-C", "case", "receive", "new/bundle", "--trust", &theirs];
                words.extend(from.into_iter().chain(["--receipt", "out"]));
            }
            Route::Acknowledge => {
                words.extend(["-C", "case", "acknowledge", "new/receipt", "--trust", &theirs]);
            }
            Route::RecoverySet => {
                words.extend(["-C", "case", "recovery", "set", "--threshold", "2"]);
                words.extend(holders.iter().flat_map(|one| ["--holder", one.as_str()]));
            }
            Route::RecoveryShare => {
                words.extend(["-C", "case", "recovery", "share", "alice"]);
                words.extend(["--identity", "new/alice", "--out", "out"]);
            }
            Route::RecoveryEnrol => {
                words.extend(["-C", "case", "recovery", "enrol", LATE, "--unprotected"]);
                words.extend(by_holders);
            }
            Route::RecoveryRevoke => {
                words.extend(["-C", "case", "recovery", "revoke", LATE, "--reason", "it was lost"]);
                words.extend(by_holders);
            }
            Route::MirrorOcfl => words.extend(["-C", "case", "mirror", "--ocfl", "out"]),
            Route::NewCosigner => {
                words.extend(["cosigner", "new", "out", "--name", COSIGNER, "--unprotected"]);
            }
            Route::Know => words.extend(["cosigner", "know", "cosigner", &log]),
            Route::Serve => words.extend(["cosigner", "serve", "cosigner", "--listen", ANY_PORT]),
            Route::Send => {
                words.extend(["-C", "case", "cosign", "send", COSIGNER, "--url", &url]);
            }
            Route::PaperWrite => words.extend(["paper", "write", "new/report", "out"]),
            Route::PaperRead => words.extend(["paper", "read", "new/text", "out"]),
            _ => {}
        }
        words.into_iter().map(str::to_string).collect()
    }

    /// Another archive has made a bundle of the new items, for this one.
    fn be_given(&self) -> io::Result<()> {
        fs::create_dir(self.place.join("beside"))?;
        let giver = "beside/giver";
        self.expect_done(&["init", giver, "--unprotected", "--name", "giver"])?;
        self.expect_done(&["-C", giver, "capture", "new", "--collector", "A. Person"])?;
        self.expect_done(&["-C", giver, "export", "new/bundle"])?;
        fs::copy(self.place.join(giver).join("log/vkey"), self.place.join("new/key"))?;
        fs::copy(self.place.join("case/log/vkey"), self.place.join("new/log")).map(|_| ())
    }

    /// Another archive has received a bundle of this one's, and its receipt has come.
    fn give(&self) -> io::Result<()> {
        self.expect_done(&["-C", "case", "export", "new/bundle"])?;
        self.expect_done(&["init", "new/taker", "--unprotected", "--name", "taker"])?;
        let key = self.line("case/log/vkey");
        let receive = ["-C", "new/taker", "receive", "new/bundle", "--trust", &key];
        self.expect_done(&[&receive[..], &["--receipt", "new/receipt"]].concat())?;
        fs::copy(self.place.join("new/taker/log/vkey"), self.place.join("new/key")).map(|_| ())
    }

    fn make_holders(&self) -> io::Result<()> {
        HOLDERS.into_iter().try_for_each(|name| self.make_identity(name))
    }

    /// A recovery key is on record, and its holders have opened their shares.
    fn have_shares(&self) -> io::Result<()> {
        self.make_holders()?;
        let holders = HOLDERS.map(|name| format!("{name}={}", self.recipient_of(name)));
        let [one, two] = holders.each_ref().map(String::as_str);
        let set = ["-C", "case", "recovery", "set", "--threshold", "2", "--holder", one];
        self.expect_done(&[&set[..], &["--holder", two]].concat())?;
        self.open_shares("new")
    }

    /// Each holder opens their share of the newest recovery key, into `FOLDER/NAME.share`.
    pub(crate) fn open_shares(&self, folder: &str) -> io::Result<()> {
        HOLDERS.into_iter().try_for_each(|name| {
            let (own, out) = (format!("new/{name}"), format!("{folder}/{name}.share"));
            let share = ["-C", "case", "recovery", "share", name, "--identity", &own];
            self.expect_done(&[&share[..], &["--out", &out]].concat())
        })
    }

    /// There is a cosigner, and it does not know this log.
    fn be_unknown(&self) -> io::Result<()> {
        fs::create_dir(self.place.join("beside"))?;
        let new = ["cosigner", "new", "beside/cosigner", "--name", COSIGNER, "--unprotected"];
        self.expect_done(&new)?;
        let key = self.line("beside/cosigner/vkey");
        self.expect_done(&["-C", "case", "cosign", "name", &key])?;
        self.expect_done(&["-C", "case", "cosign", "ask", COSIGNER, "new/request"])?;
        fs::copy(self.place.join("case/log/vkey"), self.place.join("new/log")).map(|_| ())
    }

    /// A cosigner was named, and answers over the network.
    fn be_answered(&mut self) -> io::Result<()> {
        self.be_cosigned()?;
        // Its folder is made anew before every run; it looks there for each request.
        copy(&self.place.join("beside/cosigner"), &self.place.join("cosigner"))?;
        let script = format!(
            "\"$0\" cosigner serve cosigner --json --listen {ANY_PORT} </dev/null >{SERVING} \
             2>{SERVING}.errors & echo $!"
        );
        let mut start = Command::new("bash");
        start.current_dir(&self.place).arg("-c").arg(script).arg(&self.program);
        let output = start.output()?;
        let number = look::lossy(&output.stdout).trim().to_string();
        self.server = Some(Server { number });
        for _ in 0..LOOKS {
            if !self.url().is_empty() {
                return Ok(());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(io::Error::other("no cosigner answers"))
    }

    /// Where the cosigner answers; empty where none does.
    fn url(&self) -> String {
        let said = fs::read_to_string(self.place.join(SERVING)).unwrap_or_default();
        address_in(&said).map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// A file, its page, and what a scanner would make of that, which is the text in it.
    fn print_out(&self) -> io::Result<()> {
        let at = |name: &str| self.place.join("new").join(name);
        fs::write(at("report"), "Nobody was hurt on the mole.\n".repeat(60))?;
        self.expect_done(&["paper", "write", "new/report", "new/page"])?;
        let page = fs::read_to_string(at("page"))?;
        let texts = page.split("<pre>").skip(1).filter_map(|rest| rest.split("</pre>").next());
        fs::write(at("text"), texts.collect::<Vec<&str>>().join("\n"))
    }

    /// The text of a small file in the place, without what ends it; empty where there is none.
    pub(crate) fn line(&self, path: &str) -> String {
        let text = fs::read_to_string(self.place.join(path)).unwrap_or_default();
        text.trim_end().into()
    }
}

/// Any port that is free, of this machine alone.
const ANY_PORT: &str = "127.0.0.1:0";

/// How often it is looked whether a program has begun to answer, and how long is waited in between.
const LOOKS: usize = 1_000;
pub(crate) const BETWEEN_LOOKS: std::time::Duration = std::time::Duration::from_millis(10);

/// The address that a cosigner said it listens at, if it has said all of it.
pub(crate) fn address_in(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("\"address\": \"")?;
    rest.split_once('"').map(|(address, _)| address)
}

/// What is wrong with a storage root as it lies on the disk, told by OCFL 1.1 alone: of every
/// object, the inventory has the digest in its sidecar, and each content file the one in it. Gives
/// the SHA-256 of all content.
pub(crate) fn storage_root(root: &Path) -> io::Result<Result<Vec<String>, String>> {
    use sha2::{Digest as _, Sha512};
    let sha512 = |bytes: &[u8]| -> String {
        Sha512::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let files = look::files(root)?;
    let mut found = Vec::new();
    let is_inventory = |path: &&String| {
        let folder = path.strip_suffix("inventory.json").unwrap_or_default();
        files.contains(&format!("{folder}0=ocfl_object_1.1"))
    };
    for path in files.iter().filter(is_inventory) {
        let bytes = fs::read(root.join(path))?;
        let sidecar = fs::read_to_string(root.join(format!("{path}.sha512"))).unwrap_or_default();
        if sidecar.split_whitespace().next() != Some(&sha512(&bytes)) {
            return Ok(Err(format!("{path} has not the digest in its sidecar")));
        }
        let inventory: serde_json::Value = serde_json::from_slice(&bytes)?;
        let manifest = inventory.get("manifest").and_then(serde_json::Value::as_object);
        let folder = path.trim_end_matches("inventory.json");
        for (digest, paths) in manifest.into_iter().flatten() {
            for content in paths.as_array().into_iter().flatten().filter_map(|one| one.as_str()) {
                let bytes = fs::read(root.join(folder).join(content)).unwrap_or_default();
                if sha512(&bytes) != *digest {
                    return Ok(Err(format!("{folder}{content} has not the digest on record")));
                }
                found.push(look::digest(&bytes));
            }
        }
    }
    Ok(Ok(found))
}
