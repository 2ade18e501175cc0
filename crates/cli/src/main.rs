//! The `casefile` program: arguments in, words out. All work is in `tasks`; nothing is decided
//! here.
//!
//! Exit codes: 0 done; 1 done, and something was found or passed over that needs a person; 2 wrong
//! usage; 3 not done, the reason on standard error, and nothing kept was harmed.

mod acting;
mod args;
mod ask;
mod copies;
mod cosigning;
mod custody;
mod demo;
mod print;
mod progress;
mod recovering;
mod sealing;
mod stamps;
mod transferring;
mod verbs;

use clap::Parser as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Done, and something needs a person.
const EXIT_FOUND: u8 = 1;
/// Not done.
const EXIT_FAILED: u8 = 3;

fn main() -> ExitCode {
    // A reader must have no more of this program than it needs, not even its arguments.
    if std::env::args().nth(1).as_deref() == Some(tasks::reader::VERB) {
        let served =
            tasks::reader::serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
        return if served.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILED) };
    }
    let args = args::Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("CASEFILE_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let json = args.json;
    match verbs::run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_FOUND),
        Err(verbs::Failure::Closed) => ExitCode::SUCCESS,
        Err(verbs::Failure::Task(error)) => {
            let mut out = std::io::stderr().lock();
            let (what, remedy) = (error.to_string(), error.remedy());
            // Standard error may be closed too: then there is nobody left to tell.
            let _ = if json {
                let error = serde_json::json!({ "error": what, "remedy": remedy });
                writeln!(out, "{error}")
            } else {
                writeln!(out, "casefile: {}\n  {}", print::clean(&what), print::clean(&remedy))
            };
            ExitCode::from(EXIT_FAILED)
        }
    }
}
