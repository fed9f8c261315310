//! One of two programs that are started separately and share memory by its name.
//!
//! This one creates the memory, writes a question into it, and waits until `guest`, started
//! by somebody in another terminal, has answered.
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

use rawshm::{Errno, SharedMemory, SharedSlice};

const USAGE: &str = "\
Creates shared memory with a name, and waits for the example `guest` to answer in it.

Usage: host [OPTIONS]

Options:
  --name NAME        the name of the memory (default: rawshm-host-guest)
  --timeout SECONDS  how long to wait for the guest (default: 60)
  --help             print this";

const DEFAULT_NAME: &str = "rawshm-host-guest";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How often to look whether the guest has answered.
const INTERVAL: Duration = Duration::from_millis(10);

// The memory is a struct, and these are the offsets of its fields. `guest.rs` has the same:
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

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(io::stdout(), $($line)*).map_err(|error| format!("cannot print: {error}"))
    };
}

/// Prints what the host has done: the verb, and what it did that to.
macro_rules! step {
    ($verb:literal, $($object:tt)*) => {
        say!("  {:<10}{}", $verb, format_args!($($object)*))
    };
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("host: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match Options::parse(env::args_os().skip(1))? {
        Some(options) => host(&options),
        None => say!("{USAGE}"),
    }
}

fn host(options: &Options) -> Result<()> {
    let name = &options.name;
    let memory = SharedMemory::create(name, LEN as u64).map_err(|error| {
        let hint = match error.errno() {
            Errno::EEXIST => "; another host has it, or was killed before it removed it",
            _ => "",
        };
        format!("cannot create POSIX object {name:?}: {error}{hint}")
    })?;
    let created = Name::of_ours(name);
    let mapping = memory
        .map()
        .map_err(|error| format!("cannot map POSIX object {name:?}: {error}"))?;
    let shared = mapping.shared();

    say!("host, pid {}", process::id())?;
    step!("created", "POSIX object {name:?}, {LEN} bytes")?;
    ask(shared);
    step!("wrote", "sequence number {QUESTION}")?;
    let seconds = options.timeout.as_secs_f64();
    step!("waiting", "{seconds} seconds; run in another terminal:")?;
    say!("\n    {}\n", options.guest_command())?;

    wait_for_answer(shared, options.timeout)?;
    let pid: u32 = shared.load(GUEST_PID_AT);
    let text = read_text(shared)?;
    step!("read", "sequence number {ANSWER} of pid {pid}: {text:?}")?;
    created.remove()?;
    step!("removed", "POSIX object {name:?}")
}

/// Writes the question.
fn ask(shared: SharedSlice<'_>) {
    shared.store(SEQUENCE_AT, QUESTION);
    shared.store(HOST_PID_AT, process::id());
    // The fence keeps the stores before it before the one after it: a guest that sees the
    // magic number, and has an acquire fence after that, sees the question too.
    fence(Ordering::Release);
    shared.store(MAGIC_AT, MAGIC);
}

fn wait_for_answer(shared: SharedSlice<'_>, timeout: Duration) -> Result<()> {
    let start = Instant::now();
    while shared.load::<u32>(SEQUENCE_AT) != ANSWER {
        let Some(left) = timeout.checked_sub(start.elapsed()) else {
            let seconds = timeout.as_secs_f64();
            return Err(format!("no guest has answered within {seconds} seconds"));
        };
        thread::sleep(INTERVAL.min(left));
    }
    // The other half of the release fence in the guest: what it stored before the sequence
    // number is what we load from here on.
    fence(Ordering::Acquire);
    Ok(())
}

/// The guest's text. Its length is the guest's word, and checked like anything from outside.
fn read_text(shared: SharedSlice<'_>) -> Result<String> {
    let len: u32 = shared.load(TEXT_LEN_AT);
    let (_, room) = shared.split_at(TEXT_AT);
    let text = room
        .get(..len as usize)
        .ok_or_else(|| format!("the guest claims a text of {len} bytes"))?;
    let mut bytes = vec![0; text.len()];
    text.copy_to_slice(&mut bytes);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The name of an object that this process created: it goes, however the process fails.
struct Name<'a> {
    name: &'a str,
    present: bool,
}

impl<'a> Name<'a> {
    fn of_ours(name: &'a str) -> Self {
        Self {
            name,
            present: true,
        }
    }

    /// Removes it, and tells the error that a drop cannot.
    fn remove(mut self) -> Result<()> {
        self.present = false;
        SharedMemory::unlink(self.name)
            .map_err(|error| format!("cannot remove POSIX object {:?}: {error}", self.name))
    }
}

impl Drop for Name<'_> {
    fn drop(&mut self) {
        if self.present {
            // Something else has failed before, and is the one to tell.
            let _ = SharedMemory::unlink(self.name);
        }
    }
}

struct Options {
    name: String,
    timeout: Duration,
}

impl Options {
    /// `None` if it is help that is asked for.
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            name: DEFAULT_NAME.into(),
            timeout: DEFAULT_TIMEOUT,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || value_of(&argument, arguments.next());
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--name") => options.name = value()?,
                Some("--timeout") => options.timeout = parse_seconds(&value()?)?,
                _ => return Err(format!("unknown argument {argument:?}, see --help")),
            }
        }
        Ok(Some(options))
    }

    /// What starts the guest for this host.
    fn guest_command(&self) -> String {
        let command = "cargo run --example guest";
        match self.name.as_str() {
            DEFAULT_NAME => command.into(),
            name => format!("{command} -- --name {name}"),
        }
    }
}

fn value_of(option: &OsString, value: Option<OsString>) -> Result<String> {
    let option = option.to_string_lossy();
    value
        .ok_or_else(|| format!("{option} needs a value, see --help"))?
        .into_string()
        .map_err(|value| format!("{option} {value:?} is not UTF-8"))
}

fn parse_seconds(value: &str) -> Result<Duration> {
    let seconds = value.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("--timeout {value:?} is not a number of seconds"))
}
