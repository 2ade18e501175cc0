//! What each write path starts from, beyond a case with a few items: people, sealed items,
//! authorities and cosigners, damage, and what killed runs have left.

use crate::look;
use crate::route::Route;
use crate::scenario::{Scenario, copy};
use crate::trace::{self, Act, Aim, Launch};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::process::Command;

/// Who is enrolled by a run, or approved.
pub(crate) const LATE: &str = "Zoe";

/// The authorities of the tests, by openssl.
const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/authority.sh");

impl Scenario {
    /// Brings the case to where the run begins.
    pub(crate) fn set_up(&mut self) -> io::Result<()> {
        match self.route {
            Route::Recover => self.leave_unfinished(),
            Route::Export | Route::ExportZip => self.expect_done(&["-C", "case", "read"]),
            Route::ExportAll => self.have_everything(),
            Route::Repair => self.do_harm(),
            Route::Guard => fs::create_dir_all(self.place.join("beside/out")),
            Route::Cosign | Route::Vouch => self.be_cosigned(),
            Route::Seal => self.make_identity("me"),
            Route::Unseal => self.seal_one(),
            Route::Erase => self.seal_one().and_then(|()| self.keep_secret()),
            Route::Carry => self.erase_after_mirror(),
            Route::Receipt => self.expect_done(&["-C", "case", "receipt", "new/receipts"]),
            Route::Enrol => self.enrol(&["Ben"]),
            Route::Rotate | Route::Revoke => self.enrol(&["Ben", LATE]),
            Route::Approve => self.await_approval(),
            Route::Stamp => self.await_stamp(),
            Route::Renew => self.be_stamped(),
            _ => self.meet_others(),
        }
    }

    fn enrol(&self, names: &[&str]) -> io::Result<()> {
        names.iter().try_for_each(|name| {
            self.expect_done(&["-C", "case", "actor", "enrol", name, "--unprotected"])
        })
    }

    /// Under the rule of two persons a key waits: [`APPROVED`] is its number.
    fn await_approval(&self) -> io::Result<()> {
        self.enrol(&["Ben", "Eva"])?;
        self.expect_done(&["-C", "case", "actor", "two-person", "on"])?;
        self.enrol(&[LATE])
    }

    /// An identity of age, made by age itself.
    pub(crate) fn make_identity(&self, name: &str) -> io::Result<()> {
        let mut make = Command::new("age-keygen");
        let made = make.arg("-o").arg(self.place.join("new").join(name)).output()?;
        let said = [made.stdout, made.stderr].concat();
        if made.status.success() { Ok(()) } else { Err(io::Error::other(look::lossy(&said))) }
    }

    /// The public key of that identity.
    pub(crate) fn recipient_of(&self, name: &str) -> String {
        let identity = self.line(&format!("new/{name}"));
        let mut words = identity.split_whitespace();
        words.find(|word| word.starts_with("age1")).unwrap_or_default().to_string()
    }

    /// One item is sealed: the fourth of the case.
    fn seal_one(&self) -> io::Result<()> {
        self.make_identity("me")?;
        let plain = "Somebody (new) saw what happened at the bridge.\n".repeat(100);
        fs::write(self.place.join("new/plain.txt"), plain)?;
        let words = ["-C", "case", "capture", "--sealed", "--recipient"];
        self.expect_done(&[&words[..], &[&self.recipient_of("me"), "new/plain.txt"]].concat())
    }

    /// The end of the key file of the sealed item: nowhere after the erasure.
    fn keep_secret(&mut self) -> io::Result<()> {
        let folder = self.case().join("private/sealed");
        let names = look::files(&folder)?;
        let name = names.first().ok_or_else(|| io::Error::other("nothing was sealed"))?;
        let file = fs::read(folder.join(name))?;
        self.secret = file.rchunks(SECRET_BYTES).next().unwrap_or_default().to_vec();
        Ok(())
    }

    /// A mirror has the key of an item that the case has erased since.
    fn erase_after_mirror(&mut self) -> io::Result<()> {
        self.seal_one()?;
        self.keep_secret()?;
        fs::create_dir(self.place.join("beside"))?;
        self.expect_done(&["-C", "case", "mirror", "beside/out", "--with-private"])?;
        self.expect_done(&["-C", "case", "erase", SEALED, "--reason", "consent withdrawn"])
    }

    fn stamp(&self, authority: &str, request: &str, reply: &str) -> io::Result<()> {
        let mut stamp = Command::new(self.place.join("new/tsa/stamp"));
        let status = stamp.current_dir(&self.place).args([authority, request, reply]).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other("openssl stamps nothing")) }
    }

    /// A timestamp over the checkpoint is in the case: as leaf [`STAMPED`].
    fn be_stamped(&self) -> io::Result<()> {
        let made = Command::new("bash").arg(AUTHORITY).arg(self.place.join("new/tsa")).output()?;
        if !made.status.success() {
            return Err(io::Error::other(look::lossy(&made.stderr)));
        }
        self.expect_done(&["-C", "case", "timestamp", "request", "new/now.tsq"])?;
        self.stamp("one", "new/now.tsq", "new/one.tsr")?;
        self.expect_done(&stamping("new/one.tsr"))
    }

    /// The answer to a request to renew that timestamp has come.
    fn await_stamp(&self) -> io::Result<()> {
        self.be_stamped()?;
        let renew = ["-C", "case", "timestamp", "request", "new/renew.tsq", "--renew", STAMPED];
        self.expect_done(&renew)?;
        self.stamp("two", "new/renew.tsq", "new/two.tsr")
    }

    /// Timestamps, so that there are evidence records; a cosigned checkpoint; a sealed item, whose
    /// key is to be disclosed; two people.
    fn have_everything(&self) -> io::Result<()> {
        self.await_stamp()?;
        self.expect_done(&stamping("new/two.tsr"))?;
        // All items at once, from which evidence records come.
        self.expect_done(&["-C", "case", "timestamp", "request", "new/items.tsq", "--items"])?;
        self.stamp("one", "new/items.tsq", "new/items.tsr")?;
        self.expect_done(&stamping("new/items.tsr"))?;
        self.seal_one()?;
        self.enrol(&["Ben"])?;
        self.expect_done(&["-C", "case", "read"])?;
        self.be_cosigned()?;
        self.expect_done(&["-C", "case", "cosign", "add", "new/answer"])
    }

    /// Makes a second copy of the case; then, in the case, an object is lost and another one rots.
    pub(crate) fn do_harm(&self) -> io::Result<()> {
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
    pub(crate) fn be_cosigned(&self) -> io::Result<()> {
        let name = COSIGNER;
        self.expect_done(&["cosigner", "new", "cosigner", "--name", name, "--unprotected"])?;
        let read = |path: &str| fs::read_to_string(self.place.join(path));
        let (log, key) = (read("case/log/vkey")?, read("cosigner/vkey")?);
        self.expect_done(&["cosigner", "know", "cosigner", log.trim_end()])?;
        self.expect_done(&["-C", "case", "cosign", "name", key.trim_end()])?;
        self.expect_done(&["-C", "case", "cosign", "ask", name, "new/request"])?;
        fs::create_dir(self.place.join("beside"))?;
        if ![Route::Vouch, Route::Serve, Route::Send].contains(&self.route) {
            self.expect_done(&["cosigner", "sign", "cosigner", "new/request", "new/answer"])?;
            return fs::remove_dir_all(self.place.join("cosigner"));
        }
        fs::rename(self.place.join("cosigner"), self.place.join("beside/cosigner"))
    }

    /// Two runs are killed in the case: one before its checkpoint, one while an item comes in.
    pub(crate) fn leave_unfinished(&self) -> io::Result<()> {
        let words = ["-C", "case", "capture", "new"];
        let launch = Launch {
            program: self.program.clone(),
            arguments: words.map(OsString::from).to_vec(),
            place: self.place.clone(),
            is_bare: self.is_bare,
            request: None,
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

/// Who cosigns.
pub(crate) const COSIGNER: &str = "cosigner.example/faults";

/// How many bytes of a key file are looked for.
const SECRET_BYTES: usize = 48;

/// The sealed item, after three open ones.
pub(crate) const SEALED: &str = "4";

/// The timestamp: leaf 0 opens the case, three items and the request come before.
pub(crate) const STAMPED: &str = "5";

/// The act that waits for a second person: after three items, two keys and the rule.
pub(crate) const APPROVED: &str = "7";

/// How a reply is taken in.
pub(crate) fn stamping(reply: &str) -> [&str; 9] {
    let (chain, crl) = ("new/tsa/root.pem", "new/tsa/crl.pem");
    ["-C", "case", "timestamp", "add", reply, "--chain", chain, "--crl", crl]
}
