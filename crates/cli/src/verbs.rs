//! Verb by verb: what was asked for goes to `tasks`, what comes back is printed.

use crate::args::{Args, CaptureArgs, TimestampVerb, Verb};
use crate::{ask, custody, demo, print, progress, stamps};
use clap::CommandFactory as _;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tasks::timestamp::What;
use tasks::{Ask, Error, Signing};

/// Why a verb did not come to its end.
pub(crate) enum Failure {
    /// It could not be done.
    Task(Error),
    /// Nobody reads the output any more (`casefile log | head`).
    Closed,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Task(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Task(Error::io("write to", Path::new("standard output"))(error)),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

/// Does what was asked. `Ok(false)`: done, and something needs a person.
pub(crate) fn run(args: Args) -> Result<bool, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = run_to(args, &mut out)?;
    out.flush()?;
    Ok(done)
}

/// [`run`], with the output going to `out`.
pub(crate) fn run_to(args: Args, out: &mut dyn Write) -> Result<bool, Failure> {
    let file = args.passphrase_file.clone();
    let given = file.clone();
    let mut passphrase =
        Signing::new(args.actor.clone(), move || ask::passphrase(given.as_deref()));
    let (case, json, quiet) = (args.case.as_path(), args.json, args.quiet || args.json);
    let mut shell = Shell { case, json, quiet, out };
    match args.verb {
        Verb::Init { dir, name, actor, unprotected } => {
            let passphrase =
                if unprotected { None } else { Some(ask::new_passphrase(file.as_deref())?) };
            let made = tasks::init::run(&case.join(dir), name, actor, passphrase)?;
            shell.say(&made, print::made).map(|()| true)
        }
        Verb::Capture(wanted) => shell.capture(wanted, &mut passphrase),
        Verb::Read { stdout: Some(path), date, outlet, .. } => shell.read_one(&path, date, outlet),
        Verb::Read { again, .. } => shell.read(again, &mut passphrase),
        Verb::Figures { all } => shell.figures(all),
        Verb::Show { item } => shell.show(&item),
        Verb::Unseal(wanted) => shell.unseal(&wanted),
        Verb::Erase(wanted) => shell.erase(&wanted, &mut passphrase),
        Verb::Log { from } => shell.log(from),
        Verb::Custody { items, page } => {
            let outcome = tasks::custody::run(case, &tasks::custody::Request { items, page })?;
            shell.say(&outcome, custody::told).map(|()| true)
        }
        Verb::Export { out, items, disclose, identity } => {
            let request = tasks::export::Request { out, items, disclose, identity };
            shell.export(&request, &mut passphrase)
        }
        Verb::Receipt { out, items } => {
            let written = tasks::receipt::run(case, &out, &items, &mut passphrase)?;
            shell.say(&written, print::receipts).map(|()| true)
        }
        Verb::Verify { path, trust, policy, tsa_roots } => {
            let trusted = tasks::verify::Trusted {
                log_keys: &trust,
                policy: policy.as_deref(),
                tsa_roots: tsa_roots.as_deref(),
            };
            shell.verify(path.as_deref(), trusted)
        }
        Verb::Receive(wanted) => shell.receive(wanted, &mut passphrase),
        Verb::Acknowledge(wanted) => shell.acknowledge(&wanted, &mut passphrase),
        Verb::Scrub(wanted) => shell.scrub(&wanted, &mut passphrase),
        Verb::Timestamp { what } => shell.timestamp(what, &mut passphrase),
        Verb::Mirror(wanted) => shell.mirror(&wanted),
        Verb::Repair(wanted) => shell.repair(wanted, &mut passphrase),
        Verb::Cosign { what } => shell.cosign(&what, &mut passphrase),
        Verb::Cosigner { what } => {
            let new = || ask::new_passphrase(file.as_deref());
            shell.cosigner(&what, &new, &mut passphrase)
        }
        Verb::Paper { what } => shell.paper(&what),
        Verb::Actor { what } => shell.actor(what, &mut passphrase),
        Verb::Recovery { what } => shell.recovery(what, &mut passphrase),
        Verb::Approve { leaves } => shell.approve(&leaves, &mut passphrase),
        Verb::Rules { name } => {
            let mut rules = tasks::rules::run();
            rules.retain(|rule| name.as_deref().is_none_or(|name| rule.name.contains(name)));
            shell.say(&rules, |out, rules| print::rules(out, rules)).map(|()| true)
        }
        Verb::Demo { dir } => demo::run(&dir, json, shell.out),
        Verb::Completions { shell: which } => {
            clap_complete::generate(which, &mut Args::command(), "casefile", shell.out);
            Ok(true)
        }
    }
}

/// Where a verb works and speaks.
pub(crate) struct Shell<'a> {
    pub(crate) case: &'a Path,
    json: bool,
    pub(crate) quiet: bool,
    out: &'a mut dyn Write,
}

impl Shell<'_> {
    fn show(&mut self, item: &str) -> Result<bool, Failure> {
        let shown = tasks::show::run(self.case, item)?;
        self.say(&shown, print::shown).map(|()| true)
    }

    pub(crate) fn say<T: Serialize>(
        &mut self,
        result: &T,
        words: impl Fn(&mut dyn Write, &T) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.json {
            serde_json::to_writer_pretty(&mut self.out, result)?;
            writeln!(self.out)?;
        } else {
            words(self.out, result)?;
        }
        Ok(())
    }

    /// Lets whoever reads along see what was said so far.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    fn capture(&mut self, wanted: CaptureArgs, ask: Ask<'_>) -> Result<bool, Failure> {
        let request = tasks::capture::Request {
            paths: wanted.paths,
            source: wanted.source,
            address: wanted.address,
            obtained: wanted.obtained,
            note: wanted.note,
            collector: wanted.collector,
            machine: wanted.machine,
            identity: wanted.identity,
            recipients: wanted.recipient,
            resume: wanted.resume,
            commit_every: wanted.commit_every,
        };
        let bar = progress::bar(self.quiet);
        let (json, out) = (self.json, &mut *self.out);
        let mut closed = None;
        // Said at once, commit by commit: who waits for it may rely on it from then on.
        let mut say = |taken: &[tasks::capture::Taken]| -> io::Result<()> {
            for one in taken {
                if json {
                    writeln!(out, "{}", serde_json::to_string(one)?)?;
                } else {
                    print::taken(out, one)?;
                }
            }
            out.flush()
        };
        let mut acknowledge = |taken: &[tasks::capture::Taken]| {
            // What is kept is kept, whoever listens: it is said at the end.
            if let Err(error) = bar.suspend(|| say(taken)) {
                closed.get_or_insert(error);
            }
        };
        let mut step = |done, of, what: &str| progress::step(&bar, done, of, what);
        let outcome = tasks::capture::run(self.case, &request, ask, &mut acknowledge, &mut step)?;
        bar.finish_and_clear();
        if let Some(error) = closed {
            return Err(error.into());
        }
        if self.json {
            writeln!(self.out, "{}", serde_json::to_string(&outcome)?)?;
        } else {
            print::captured(self.out, &outcome)?;
        }
        Ok(outcome.problems.is_empty())
    }

    fn read(&mut self, again: bool, ask: Ask<'_>) -> Result<bool, Failure> {
        let bar = progress::bar(self.quiet);
        let mut step = |done, of, what: &str| progress::step(&bar, done, of, what);
        let outcome = tasks::read::run(self.case, again, ask, &mut step)?;
        bar.finish_and_clear();
        self.say(&outcome, print::read)?;
        // That a sealed item is not read is as it should be, and nobody can do anything about it.
        Ok(outcome.problems.iter().all(|problem| problem.code == tasks::read::ITEM_SEALED))
    }

    /// The reading of one file in the form of the labelling guide, with all else that a reading
    /// has.
    fn read_one(
        &mut self,
        path: &Path,
        date: Option<String>,
        outlet: Option<String>,
    ) -> Result<bool, Failure> {
        let facts = read::Facts { report_date: date.clone(), outlet: outlet.clone() };
        let reading = tasks::read::one(path, facts)?;
        let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let day = reading.published.as_ref().map(|day| day.value.clone()).or(date);
        let mut value = serde_json::to_value(&reading)?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("id".into(), id.into());
            fields.insert("report_date".into(), day.into());
            if let Some(outlet) = outlet {
                fields.insert("outlet".into(), outlet.into());
            }
        }
        serde_json::to_writer_pretty(&mut self.out, &value)?;
        writeln!(self.out)?;
        Ok(true)
    }

    fn figures(&mut self, all: bool) -> Result<bool, Failure> {
        let bar = progress::bar(self.quiet);
        let mut step = |done, of, what: &str| progress::step(&bar, done, of, what);
        let outcome = tasks::figures::run(self.case, &mut step)?;
        bar.finish_and_clear();
        self.say(&outcome, |out, outcome| print::compared(out, outcome, all))?;
        Ok(true)
    }

    fn log(&mut self, from: u64) -> Result<bool, Failure> {
        let (json, out) = (self.json, &mut *self.out);
        let mut failed = None;
        tasks::log::run(self.case, from, &mut |entry| {
            if failed.is_some() {
                return;
            }
            let said = if json {
                serde_json::to_string(&entry)
                    .map_err(io::Error::from)
                    .and_then(|e| writeln!(out, "{e}"))
            } else {
                let (leaf, record) = (entry.leaf, &entry.record);
                writeln!(out, "{leaf:>6}  {}  {}", record.time, print::clean(&entry.words))
            };
            failed = said.err();
        })?;
        failed.map_or(Ok(true), |error| Err(error.into()))
    }

    fn export(&mut self, request: &tasks::export::Request, ask: Ask<'_>) -> Result<bool, Failure> {
        let bar = progress::bar(self.quiet);
        let mut step = |done, of, what: &str| progress::step(&bar, done, of, what);
        let outcome = tasks::export::run(self.case, request, ask, &mut step)?;
        bar.finish_and_clear();
        self.say(&outcome, print::exported)?;
        Ok(true)
    }

    fn timestamp(&mut self, what: Option<TimestampVerb>, ask: Ask<'_>) -> Result<bool, Failure> {
        match what {
            None => {
                let listed = tasks::timestamp::list(self.case)?;
                self.say(&listed, stamps::listed)?;
                Ok(listed.findings.is_empty())
            }
            Some(TimestampVerb::Request { out, hash, policy, items, renew }) => {
                let what = match renew {
                    Some(leaf) => What::Renewal(leaf),
                    None if items => What::Items,
                    None => What::Checkpoint,
                };
                let wanted = tasks::timestamp::Wanted { out, hash, policy, what };
                let requested = tasks::timestamp::request(self.case, &wanted, ask)?;
                self.say(&requested, stamps::requested)?;
                Ok(true)
            }
            Some(TimestampVerb::Add { reply, chain, crl }) => {
                let given = tasks::timestamp::Reply { reply, chain, crls: crl };
                let received = tasks::timestamp::add(self.case, &given, ask)?;
                self.say(&received, stamps::received)?;
                Ok(true)
            }
        }
    }

    fn verify(
        &mut self,
        path: Option<&Path>,
        trusted: tasks::verify::Trusted<'_>,
    ) -> Result<bool, Failure> {
        let bar = progress::bar(self.quiet);
        let step = |done, of| progress::step(&bar, done, of, "checking objects");
        let outcome = tasks::verify::run(path.unwrap_or(self.case), trusted, &step)?;
        bar.finish_and_clear();
        self.say(&outcome, print::verified)?;
        Ok(outcome.holds)
    }
}
