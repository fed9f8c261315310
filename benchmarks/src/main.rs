//! rawshm against its peers, side by side in one run.
//!
//! A group is a module with a function that returns sections of rows; [`GROUPS`] lists them.
//! `harness` measures, `report` prints, `machine` tells where.

mod arguments;
mod atomics;
mod attach;
mod calls;
mod copies;
mod harness;
mod lives;
mod machine;
mod memory;
mod plot;
mod prefault;
mod report;
mod scalars;
mod session;
mod wake;

use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;

use arguments::Arguments;
use machine::Processors;
use plot::Plot;
use report::Targets;
use session::{Group, Session};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const GROUPS: &[Group] = &[
    copies::GROUP,
    scalars::GROUP,
    atomics::GROUP,
    wake::GROUP,
    calls::GROUP,
    lives::GROUP,
    prefault::GROUP,
    attach::GROUP,
];

const PLOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/report.svg");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const PLOT_LINE: &str = "![The same as a plot](report.svg)";
const REPORT_START: &str = "<!-- report -->\n";
const REPORT_END: &str = "<!-- /report -->";

const INTRODUCTION: &str = "\
A ratio is the peer's time divided by ours: **1.10 = rawshm is 1.10 times as fast**, below 1 it
is slower. It is the median over the rounds, with the middle half of them in brackets. Times
are of one run.";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1).peekable();
    // Before anything else: what it takes is measured.
    if words.next_if_eq(attach::CHILD).is_some() {
        return exit_code(attach::child(words));
    }
    let done = match Arguments::parse(words, GROUPS) {
        Ok(Some(arguments)) => run(&arguments),
        Ok(None) => {
            print!("{}", arguments::usage(GROUPS));
            Ok(())
        }
        Err(error) => Err(error),
    };
    exit_code(done)
}

fn exit_code(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benchmarks: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let processors = Processors::choose()?;
    let mut report = heading(processors)?;
    print!("{report}");

    // One processor for everything that is measured: the caches stay the same.
    machine::pin(processors.own)?;
    let session = Session::new(arguments, processors);
    let mut sections = Vec::new();
    let mut plot = Plot::default();
    for group in GROUPS.iter().filter(|group| arguments.wants(group.name)) {
        let first = sections.len();
        for section in (group.run)(&session)? {
            if !section.rows.is_empty() {
                let text = format!("\n{section}");
                print!("{text}");
                report += &text;
                sections.push(section);
            }
        }
        plot.add(group.name, first..sections.len());
    }
    let text = format!("\n{}", Targets(&sections));
    print!("{text}");
    report += &text;

    if let Some(file) = &arguments.plot {
        plot.draw(&sections, file)?;
    }
    if arguments.write_readme {
        plot.draw(&sections, PLOT)?;
        write_readme(&report)?;
    }
    Ok(())
}

fn heading(processors: Processors) -> Result<String> {
    let mut text = format!("{INTRODUCTION}\n\n| | |\n|---|---|\n");
    for (name, value) in machine::facts(processors) {
        writeln!(text, "| {name} | {value} |")?;
    }
    Ok(text)
}

fn write_readme(report: &str) -> Result<()> {
    let text = fs::read_to_string(README)?;
    let missing = || format!("{README} has no place for a report");
    let (before, rest) = text.split_once(REPORT_START).ok_or_else(missing)?;
    let (_, after) = rest.split_once(REPORT_END).ok_or_else(missing)?;
    let text = format!("{before}{REPORT_START}\n{PLOT_LINE}\n\n{report}\n{REPORT_END}{after}");
    Ok(fs::write(README, text)?)
}
