//! Power cuts: what a run did is recorded, and then laid on disks in every way in which what no
//! flush had covered may have come through, or not. The real program opens each.
//!
//! First the test is tested: with flushes left out, or a word said too early, it must find a loss.

use crate::Tally;
use crate::disk::{Fate, Record};
use crate::done;
use crate::judge::{self, Verdict};
use crate::route::Route;
use crate::scenario::{ASIDE, Scenario};
use crate::trace::{self, End};
use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write as _};

/// Random states at each moment.
const RANDOM_STATES: u64 = 4;

/// Disks that lie, each in its own way.
const LYING_DISKS: u64 = 16;

/// What came through of what no flush had covered.
#[derive(Debug, Clone, Copy)]
enum Came {
    /// Nothing.
    Nothing,
    /// Names, and no bytes.
    Names,
    /// Names, and zeros for bytes.
    NamesAndZeros,
    /// Bytes, and no names.
    Bytes,
    /// This operation alone.
    Only(usize),
    /// All but this operation.
    AllBut(usize),
    /// All, but of this operation a part.
    AllButPartOf(usize),
    /// Each operation or not, or in part, by chance.
    Any(u64),
}

/// Cuts the power in a run of `scenario`: every state from `from` on, in steps of `every`.
pub(crate) fn all(scenario: &Scenario, from: usize, every: usize) -> Result<Tally, Box<dyn Error>> {
    scenario.reset()?;
    let clean = trace::run(&scenario.launch(), None, true)?;
    if ![End::Exit(0), End::Asked].contains(&clean.end) {
        return Err(format!("{:?} fails without a fault", scenario.route).into());
    }
    let record = || -> io::Result<Record> {
        scenario.reset()?;
        Record::new(&scenario.place, &ASIDE, &clean.calls)
    };
    let mut tally = Tally::default();
    if scenario.route == Route::Capture {
        for (what, plant) in [
            ("flushes of the file system left out", Record::plant_no_flush as fn(&mut Record)),
            ("words said before the checkpoint is flushed", Record::plant_early_word),
        ] {
            let mut planted = record()?;
            plant(&mut planted);
            let tried = until_found(scenario, &planted)?;
            let tried = tried.ok_or(format!("{what}: not found"))?;
            writeln!(io::stdout(), "  planted, {what}: found in state {tried}")?;
        }
    }
    let record = record()?;
    let mut seen = BTreeSet::new();
    let plan = plan(&record);
    let possible = plan.len();
    let mut with_word = 0;
    for (moment, came) in plan.into_iter().skip(from).step_by(every) {
        let Some(verdict) = try_one(scenario, &record, (moment, came), &mut seen)? else {
            continue;
        };
        tally.runs += 1;
        tally.left += usize::from(verdict.left);
        tally.between_commits += usize::from(verdict.acknowledged > 0 && verdict.more_to_come);
        with_word += usize::from(verdict.acknowledged > 0);
        tally.count(&verdict.faults);
        if !verdict.faults.is_empty() {
            let faults = verdict.faults.join("; ");
            writeln!(io::stdout(), "FAULT cut at {moment}, {came:?} came through: {faults}")?;
        }
    }
    writeln!(
        io::stdout(),
        "{:?}: {} power cuts with different disks (of {possible} possible with repetitions); in \
         {with_word} something had been acknowledged, {} lay between two acknowledgements, in {} \
         the next opening had to speak of what was left; {} defects",
        scenario.route,
        tally.runs,
        tally.between_commits,
        tally.left,
        tally.faults
    )?;
    Ok(tally)
}

/// Tries states of a run in which a defect was planted, until it is found; after how many.
fn until_found(scenario: &Scenario, record: &Record) -> io::Result<Option<usize>> {
    let mut seen = BTreeSet::new();
    let mut tried = 0;
    for moment in record.moments() {
        let verdict = try_one(scenario, record, (moment, Came::Nothing), &mut seen)?;
        tried += usize::from(verdict.is_some());
        let lost = |fault: &String| fault.contains("lost") || fault.contains("verify");
        if verdict.is_some_and(|verdict| verdict.faults.iter().any(lost)) {
            return Ok(Some(tried));
        }
    }
    Ok(None)
}

/// Every moment, with everything that may have come through then.
fn plan(record: &Record) -> Vec<(u64, Came)> {
    let mut plan = Vec::new();
    for moment in record.moments() {
        let open = record.open_at(moment);
        plan.extend(
            [Came::Nothing, Came::Names, Came::NamesAndZeros, Came::Bytes]
                .map(|came| (moment, came)),
        );
        for one in open {
            let each = [Came::Only(one), Came::AllBut(one), Came::AllButPartOf(one)];
            plan.extend(each.map(|came| (moment, came)));
        }
        plan.extend((0..RANDOM_STATES).map(|seed| (moment, Came::Any(moment * 64 + seed))));
    }
    plan
}

/// Lays one state on the disk, has it opened, and completes the work; `None` where that disk was
/// tried before.
fn try_one(
    scenario: &Scenario,
    record: &Record,
    cut: (u64, Came),
    seen: &mut BTreeSet<(u64, usize)>,
) -> io::Result<Option<Verdict>> {
    let Some(said) = lay(scenario, record, cut, seen)? else { return Ok(None) };
    let acknowledged = scenario.acknowledged(&said);
    let mut verdict = Verdict {
        acknowledged: acknowledged.len(),
        more_to_come: acknowledged.len() < scenario.to_take_in(),
        ..Verdict::default()
    };
    // A cosigner on the network says at once where it listens, and promises nothing by that.
    let promised = !said.is_empty() && scenario.route != Route::Serve;
    if promised && scenario.to_take_in() == 0 && !done::is_done(scenario)? {
        verdict.faults.push("what was said to be done is lost".into());
    }
    judge::after(scenario, &acknowledged, &mut verdict)?;
    Ok(Some(verdict))
}

/// Lays one state on the disk, and gives what the run had said by then.
fn lay(
    scenario: &Scenario,
    record: &Record,
    (moment, came): (u64, Came),
    seen: &mut BTreeSet<(u64, usize)>,
) -> io::Result<Option<String>> {
    let mut chance = Chance(match came {
        Came::Any(seed) => seed,
        _ => 0,
    });
    let disk = record.cut(moment, &mut |one| {
        let naming = record.is_naming(one);
        let done = |done: bool| if done { Fate::Done } else { Fate::Lost };
        match came {
            Came::Nothing => Fate::Lost,
            Came::Names => done(naming),
            Came::NamesAndZeros if naming => Fate::Done,
            Came::NamesAndZeros => Fate::Zeros,
            Came::Bytes => done(!naming),
            Came::Only(only) => done(one == only),
            Came::AllBut(but) => done(one != but),
            Came::AllButPartOf(but) if one == but => Fate::Partly,
            Came::AllButPartOf(_) => Fate::Done,
            Came::Any(_) => chance.fate(),
        }
    });
    let said: Vec<&str> = record
        .said
        .iter()
        .filter(|(entered, _)| *entered <= moment)
        .map(|(_, said)| said.as_str())
        .collect();
    if !seen.insert((disk.fingerprint(), said.len())) {
        return Ok(None);
    }
    scenario.clear()?;
    disk.write_to(&scenario.place)?;
    Ok(Some(said.concat()))
}

/// Cuts the power where the disk lied about every second flush, by chance. Nothing can be promised
/// then; but what is gone must be named, and nothing may break down.
pub(crate) fn lies(
    scenario: &Scenario,
    from: usize,
    every: usize,
) -> Result<Tally, Box<dyn Error>> {
    scenario.reset()?;
    let clean = trace::run(&scenario.launch(), None, true)?;
    let (mut tally, mut seen, mut named) = (Tally::default(), BTreeSet::new(), 0);
    for seed in 0..LYING_DISKS {
        scenario.reset()?;
        let mut record = Record::new(&scenario.place, &ASIDE, &clean.calls)?;
        let mut chance = Chance(seed);
        record.lie(|| chance.next().is_multiple_of(2));
        let moments = record.moments().into_iter().skip(from).step_by(every);
        for cut in moments.map(|moment| (moment, Came::Any(moment * LYING_DISKS + seed))) {
            if lay(scenario, &record, cut, &mut seen)?.is_none() {
                continue;
            }
            tally.runs += 1;
            match judge::silence(scenario)? {
                None => named += 1,
                Some(faults) if faults.is_empty() => {}
                Some(faults) => {
                    tally.count(std::slice::from_ref(&faults));
                    writeln!(io::stdout(), "FAULT {cut:?}, disk {seed}: {faults}")?;
                }
            }
        }
    }
    writeln!(
        io::stdout(),
        "{:?}: {} power cuts on lying disks; {named} did harm, which was named; {} defects",
        scenario.route,
        tally.runs,
        tally.faults
    )?;
    Ok(tally)
}

/// Chance that is the same in every run (xorshift, Marsaglia 2003).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        for (left, right) in [(13, 7), (17, 9)] {
            mixed ^= mixed << left;
            mixed ^= mixed >> right;
        }
        mixed
    }

    fn fate(&mut self) -> Fate {
        match self.next() % 8 {
            0..3 => Fate::Done,
            3..6 => Fate::Lost,
            6 => Fate::Partly,
            _ => Fate::Zeros,
        }
    }
}
