//! Kills and failing system calls at every step by which casefile writes anything: nothing that was
//! acknowledged may be lost, and nothing may fail in silence.
//!
//! The real program runs under ptrace. A fault that did not fire is a failure of the test.

mod bare;
mod caller;
mod calls;
mod cut;
mod disk;
mod done;
mod judge;
mod launch;
mod look;
mod parties;
mod plan;
mod route;
mod scenario;
mod stage;
mod trace;

use clap::Parser as _;
use route::{ROUTES, Route};
use scenario::Scenario;
use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Memory as a file system: a flush costs nothing there, and a kill leaves the same files.
const MEMORY: &str = "/dev/shm";

/// From so many runs of `capture` on, one must have ended between two acknowledgements: about a
/// third do, so that chance spares all of them once in a billion times; it may spare a smaller
/// sample.
const MANY_RUNS: usize = 50;

/// Fail casefile at every system call by which it writes, and look at what is left.
#[derive(Debug, clap::Parser)]
struct Args {
    /// The program.
    #[arg(long, default_value = "target/release/casefile")]
    casefile: PathBuf,
    /// Only these write paths.
    #[arg(long)]
    only: Vec<Route>,
    /// Cut the power instead, at moments of a run without a fault.
    #[arg(long)]
    cuts: bool,
    /// Cut it with a disk that lied about flushes: harm must be named.
    #[arg(long)]
    lies: bool,
    /// On a file system as exFAT is, without links and modes.
    #[arg(long)]
    bare: bool,
    /// Only kinds of faults whose name holds these words ("kill", "EIO once").
    #[arg(long, value_name = "WORDS", default_value = "")]
    kind: String,
    /// Only every N-th fault.
    #[arg(long, value_name = "N", default_value_t = 1)]
    every: usize,
    /// Begin with this one of every N.
    #[arg(long, value_name = "K", default_value_t = 0)]
    from: usize,
}

/// What came of all faults so far.
#[derive(Debug, Default)]
struct Tally {
    runs: usize,
    faults: usize,
    /// Runs ended by the fault after some items had been acknowledged and before all were.
    between_commits: usize,
    /// Runs after which the next opening had to say what was left, and did.
    left: usize,
    /// The three worst, which are never to be: of the defects those that lost what was
    /// acknowledged, those after which a case did not open and hold, and those that went unsaid.
    lost: usize,
    shut: usize,
    silent: usize,
    /// Calls that a bare file system refused.
    refused: usize,
}

impl Tally {
    /// Counts one defect, by what is said of it.
    fn count(&mut self, faults: &[String]) {
        if faults.is_empty() {
            return;
        }
        let any = |words: &str| usize::from(faults.iter().any(|fault| fault.contains(words)));
        self.faults += 1;
        self.lost += any("is lost");
        self.shut += any("verify ends with");
        self.silent += any("silence");
    }

    fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.faults += other.faults;
        self.lost += other.lost;
        self.shut += other.shut;
        self.silent += other.silent;
        self.refused += other.refused;
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some((verb, rest)) = words.split_first()
        && verb == launch::VERB
    {
        let failed = launch::become_watched(rest);
        let _ = writeln!(io::stderr(), "faults: {failed:?}");
        return ExitCode::from(FAILED_TO_START);
    }
    match all(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "faults: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The exit code of a launcher that could not become the program.
const FAILED_TO_START: u8 = 126;

fn all(args: &Args) -> Result<bool, Box<dyn Error>> {
    let program = args.casefile.canonicalize()?;
    let routes = if args.only.is_empty() { ROUTES.to_vec() } else { args.only.clone() };
    let memory = Path::new(MEMORY);
    let place = match tempfile::tempdir_in(memory) {
        Ok(place) => place,
        Err(_) => tempfile::tempdir()?,
    };
    let mut sum = Tally::default();
    let begun = Instant::now();
    for route in routes {
        let folder = place.path().join(format!("{route:?}"));
        std::fs::create_dir(&folder)?;
        let scenario = Scenario::prepare(route, &program, &folder, args.bare)?;
        let every = args.every.max(1);
        let tally = match (args.cuts, args.lies) {
            (_, true) => cut::lies(&scenario, args.from, every)?,
            (true, false) => cut::all(&scenario, args.from, every)?,
            (false, false) => one(&scenario, args)?,
        };
        sum.add(&tally);
        std::fs::remove_dir_all(&folder)?;
    }
    let seconds = begun.elapsed().as_secs();
    let what = if args.cuts || args.lies { "power cuts made" } else { "faults injected" };
    if args.bare && sum.refused == 0 {
        return Err("the file system refused nothing: the test tests nothing".into());
    }
    let Tally { runs, faults, lost, shut, silent, .. } = sum;
    writeln!(
        io::stdout(),
        "{runs} {what}, {faults} of them found a defect, {seconds} s; acknowledged and lost \
         {lost}, cases that did not open and hold {shut}, harm in silence {silent}"
    )?;
    Ok(faults == 0)
}

/// How often a fault is tried that does not fire. Sealed items and requests for timestamps have
/// digests by chance, and one in some twenty times two of them share a folder, which is then made
/// and flushed once: five times in a row, once in three million.
const TRIES: usize = 5;

/// Runs with the fault of `aim`, until it fires.
fn fire(scenario: &Scenario, aim: trace::Aim) -> io::Result<trace::Run> {
    let mut tries = 1;
    loop {
        scenario.reset()?;
        let run = trace::run(&scenario.launch(), Some(aim), false)?;
        if run.fired.is_some() || tries == TRIES {
            return Ok(run);
        }
        tries += 1;
    }
}

fn one(scenario: &Scenario, args: &Args) -> Result<Tally, Box<dyn Error>> {
    let mut out = io::stdout();
    scenario.reset()?;
    let launch = scenario.launch();
    let clean = trace::run(&launch, None, true)?;
    let ends = if launch.request.is_some() { trace::End::Asked } else { trace::End::Exit(0) };
    if clean.end != ends {
        let errors = std::fs::read_to_string(scenario.place.join("errors"))?;
        return Err(format!("{:?} fails without a fault: {errors}", scenario.route).into());
    }
    if args.bare {
        writeln!(out, "{:?}: the file system refused {} calls", scenario.route, clean.refused)?;
    }
    let mut plan = plan::all(&clean.calls);
    plan.retain(|aim| plan::kind_of(aim.act).contains(&args.kind));
    writeln!(
        out,
        "{:?}: {} calls, {} faults possible",
        scenario.route,
        clean.calls.len(),
        plan.len()
    )?;
    let mut tally = Tally::default();
    let mut kinds = BTreeMap::<String, usize>::new();
    for aim in plan.into_iter().skip(args.from).step_by(args.every.max(1)) {
        let run = fire(scenario, aim)?;
        let verdict = judge::judge(scenario, aim, &run)?;
        tally.refused += run.refused;
        tally.runs += 1;
        tally.left += usize::from(verdict.left);
        tally.between_commits += usize::from(verdict.acknowledged > 0 && verdict.more_to_come);
        *kinds.entry(plan::kind_of(aim.act)).or_default() += 1;
        tally.count(&verdict.faults);
        if !verdict.faults.is_empty() {
            let path = run.fired.map(|call| call.path).unwrap_or_default();
            let aimed = format!("{:?} at {} {}", aim.act, aim.call, aim.occurrence);
            writeln!(out, "FAULT {aimed} ({path}): {}", verdict.faults.join("; "))?;
        }
    }
    for (kind, count) in kinds {
        writeln!(out, "  {count:>5}  {kind}")?;
    }
    writeln!(
        out,
        "  {} runs left something that the next opening had to speak of, and did; {} ended between \
         two acknowledgements; {} defects",
        tally.left, tally.between_commits, tally.faults
    )?;
    let due = scenario.route == Route::Capture && tally.runs >= MANY_RUNS;
    if due && tally.between_commits == 0 {
        return Err("no run ended between two acknowledgements: the test tests too little".into());
    }
    Ok(tally)
}
