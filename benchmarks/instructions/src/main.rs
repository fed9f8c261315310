//! How many instructions a call takes in user space, counted by valgrind: exactly, and the same
//! in every run.
//!
//! Valgrind runs this program again: with each call made `ROUNDS` times, and with one of them
//! made twice as often. The difference is that call's, less what the loop around it takes.
//!
//! ```sh
//! cargo run --release --manifest-path benchmarks/instructions/Cargo.toml            # the table
//! cargo run --release --manifest-path benchmarks/instructions/Cargo.toml -- --check # the limits
//! ```

#[cfg(not(target_arch = "x86_64"))]
compile_error!("the calls by hand are written for x86_64");

mod by_hand;
mod candidates;

use std::env;
use std::process::{Command, ExitCode};

use candidates::{CALLS, Candidate, Setting};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ROUNDS: u64 = 1000;

/// How many instructions more than by hand a call may take.
const MORE_THAN_BY_HAND: u64 = 2;

/// What a name costs that is checked and put behind `/dev/shm/`: so many may take the two calls
/// that do.
const NAMES_AT_MOST: u64 = 150;
const NAMES: &str = "shm_open, shm_unlink, close";

/// The first argument of the program that is counted.
const COUNTED: &str = "--counted";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => table().map(|rows| print(&rows)),
        ["--check"] => table().and_then(|rows| {
            print(&rows);
            check(&rows)
        }),
        [COUNTED, candidate, more] => counted(candidate, more),
        _ => Err("usage: rawshm-instructions [--check]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rawshm-instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A call, and what it takes with each candidate that has it.
struct Row {
    call: &'static str,
    counts: Vec<Option<u64>>,
}

fn table() -> Result<Vec<Row>> {
    let mut rows: Vec<_> = CALLS
        .iter()
        .map(|&call| Row {
            call,
            counts: Vec::new(),
        })
        .collect();
    for candidate in Candidate::ALL {
        let base = instructions(candidate.name, "")?;
        let of = |call| -> Result<u64> {
            let more = instructions(candidate.name, call)?;
            Ok((more - base) / ROUNDS)
        };
        let around = of(candidates::NOTHING)?;
        for row in &mut rows {
            let count = match (candidate.find)(row.call) {
                Some(_) => Some(of(row.call)? - around),
                None => None,
            };
            row.counts.push(count);
        }
    }
    Ok(rows)
}

/// How many instructions all calls take, one of them made twice as often.
fn instructions(candidate: &str, more: &str) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind
        .arg(env::current_exe()?)
        .args([COUNTED, candidate, more]);
    let output = valgrind
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{candidate}, {more}: {said}").into());
    }
    let count = said
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    Ok(count
        .ok_or_else(|| format!("no count in: {said}"))?
        .1
        .trim()
        .parse()?)
}

/// What valgrind counts.
fn counted(candidate: &str, more: &str) -> Result<()> {
    let named = |known: &&Candidate| known.name == candidate;
    let candidate = Candidate::ALL
        .iter()
        .find(named)
        .ok_or("no such candidate")?;
    let setting = Setting::new()?;
    for call in CALLS.into_iter().chain([candidates::NOTHING]) {
        let rounds = if call == more { 2 * ROUNDS } else { ROUNDS };
        if let Some(call) = (candidate.find)(call) {
            call(&setting, rounds);
        }
    }
    Ok(())
}

fn print(rows: &[Row]) {
    let names = Candidate::ALL.iter().map(|candidate| candidate.name);
    println!("| call | {} |", names.collect::<Vec<_>>().join(" | "));
    println!("|---|{}", "--:|".repeat(Candidate::ALL.len()));
    for row in rows {
        let counts = row.counts.iter().map(|count| match count {
            Some(count) => count.to_string(),
            None => "–".to_owned(),
        });
        println!(
            "| {} | {} |",
            row.call,
            counts.collect::<Vec<_>>().join(" | ")
        );
    }
}

fn check(rows: &[Row]) -> Result<()> {
    let mut over = Vec::new();
    for row in rows {
        let [Some(ours), Some(by_hand), ..] = row.counts[..] else {
            return Err(format!("{}: not counted", row.call).into());
        };
        let most = match row.call {
            NAMES => NAMES_AT_MOST,
            _ => by_hand + MORE_THAN_BY_HAND,
        };
        if ours > most {
            over.push(format!("{}: {ours}, to be {most} at most", row.call));
        }
    }
    if over.is_empty() {
        Ok(())
    } else {
        Err(over.join("; ").into())
    }
}
