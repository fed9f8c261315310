//! The other of two programs that are started separately and share memory by its name.
//!
//! This one opens the memory that `host` has created, in another terminal, and answers the
//! question in it.
//!
//! ```sh
//! cargo run --example host
//! cargo run --example guest # in another terminal
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::sync::atomic::{Ordering, fence};
use std::thread;
use std::time::{Duration, Instant};

use rawshm::{Errno, Mapping, Shared, SharedMemory, SharedSlice};

const USAGE: &str = "\
Answers the example `host` in the shared memory that it has created.

Usage: guest [OPTIONS]

Options:
  --name NAME  the name of the memory (default: rawshm-host-guest)
  --help       print this";

const DEFAULT_NAME: &str = "rawshm-host-guest";

/// How long a host may take from creating its memory to writing the question.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How often to look whether it has.
const INTERVAL: Duration = Duration::from_millis(10);

// The memory is a struct, and these are the offsets of its fields. `host.rs` has the same:
// they are all that the two programs have agreed on.
const MAGIC_AT: usize = 0; // u64
const SEQUENCE_AT: usize = 8; // u32
const HOST_PID_AT: usize = 12; // u32
const GUEST_PID_AT: usize = 16; // u32
const TEXT_LEN_AT: usize = 20; // u32
const TEXT_AT: usize = 24; // that many bytes, to the end at most
const LEN: usize = 256;

const MAGIC: u64 = u64::from_be_bytes(*b"rawshm:2");
const QUESTION: u32 = 42;
const ANSWER: u32 = QUESTION + 1;

const TEXT: &str = "Greetings from the guest";
const _: () = assert!(TEXT.len() <= LEN - TEXT_AT);

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(io::stdout(), $($line)*).map_err(|error| format!("cannot print: {error}"))
    };
}

/// Prints what the guest has done: the verb, and what it did that to.
macro_rules! step {
    ($verb:literal, $($object:tt)*) => {
        say!("  {:<10}{}", $verb, format_args!($($object)*))
    };
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("guest: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match Options::parse(env::args_os().skip(1))? {
        Some(options) => guest(&options.name),
        None => say!("{USAGE}"),
    }
}

fn guest(name: &str) -> Result<()> {
    let memory = SharedMemory::open(name).map_err(|error| {
        let hint = match error.errno() {
            Errno::ENOENT => "; is the host running?",
            _ => "",
        };
        format!("cannot open POSIX object {name:?}: {error}{hint}")
    })?;
    say!("guest, pid {}", process::id())?;
    step!("opened", "POSIX object {name:?}")?;

    let mapping = wait_for_question(&memory, name)?;
    let shared = mapping.shared();
    let sequence: u32 = shared.load(SEQUENCE_AT);
    let pid: u32 = shared.load(HOST_PID_AT);
    step!("read", "sequence number {sequence} of pid {pid}")?;
    if sequence != QUESTION {
        return Err("another guest has answered before".into());
    }
    answer(shared);
    step!("wrote", "sequence number {ANSWER}: {TEXT:?}")
}

/// Maps the memory, once the host has made it ready: before, it may be empty or zero.
fn wait_for_question(memory: &SharedMemory, name: &str) -> Result<Mapping<Shared>> {
    let failed = |error| format!("cannot map POSIX object {name:?}: {error}");
    let start = Instant::now();
    loop {
        if memory.len().map_err(failed)? >= LEN as u64 {
            let mapping = memory.map().map_err(failed)?;
            if mapping.shared().load::<u64>(MAGIC_AT) == MAGIC {
                // The other half of the release fence in the host: what it stored before
                // the magic number is what we load from here on.
                fence(Ordering::Acquire);
                return Ok(mapping);
            }
        }
        if start.elapsed() >= TIMEOUT {
            return Err(format!(
                "there is no question of a host in POSIX object {name:?}"
            ));
        }
        thread::sleep(INTERVAL);
    }
}

/// Writes the answer.
fn answer(shared: SharedSlice<'_>) {
    let (_, room) = shared.split_at(TEXT_AT);
    room.split_at(TEXT.len()).0.copy_from_slice(TEXT.as_bytes());
    shared.store(TEXT_LEN_AT, TEXT.len() as u32);
    shared.store(GUEST_PID_AT, process::id());
    // The fence keeps the stores before it before the one after it: a host that sees the
    // new sequence number, and has an acquire fence after that, sees the answer too.
    fence(Ordering::Release);
    shared.store(SEQUENCE_AT, ANSWER);
}

struct Options {
    name: String,
}

impl Options {
    /// `None` if it is help that is asked for.
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            name: DEFAULT_NAME.into(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || value_of(&argument, arguments.next());
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--name") => options.name = value()?,
                _ => return Err(format!("unknown argument {argument:?}, see --help")),
            }
        }
        Ok(Some(options))
    }
}

fn value_of(option: &OsString, value: Option<OsString>) -> Result<String> {
    let option = option.to_string_lossy();
    value
        .ok_or_else(|| format!("{option} needs a value, see --help"))?
        .into_string()
        .map_err(|value| format!("{option} {value:?} is not UTF-8"))
}
