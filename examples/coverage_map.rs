//! Runs a program that AFL++ has instrumented, and prints which of its edges were taken.
//!
//! It is what `afl-showmap` does. The program counts in a System V segment how often it goes
//! from one place in its code to another: a byte for each of these edges. It learns the
//! segment's id from the environment variable `__AFL_SHM_ID`, attaches it before `main`, and
//! sets the byte at index 0 as a sign that it has, which is no edge.
//!
//! How large the map has to be only the program knows. With `AFL_DUMP_MAP_SIZE` in its
//! environment it prints that and exits, before `main` too; with `AFL_MAP_SIZE` it is told
//! how large the map is. Run in this way, without the descriptors 198 and 199 over which
//! `afl-fuzz` talks to a fork server, it runs once and ends.
//!
//! ```sh
//! afl-clang-fast -o /tmp/coverage_map examples/coverage_map.c
//! printf 'hello\nhello\n' >/tmp/two; printf 'goodbye\n' >/tmp/none
//! cargo run --example coverage_map -- /tmp/two /tmp/coverage_map
//! cargo run --example coverage_map -- --compare /tmp/none /tmp/two /tmp/coverage_map @@
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rawshm::Segment;

const USAGE: &str = "\
Runs a program that AFL++ has instrumented, and prints which of its edges were taken, and
how often.

Usage: coverage_map [OPTIONS] INPUT PROGRAM [ARGUMENT]...

The program reads the file INPUT where an argument says @@, or as its standard input if none
does. What it prints goes to stderr. An edge that is taken more than 255 times counts from 1
again.

Options:
  --compare INPUT    run it with this input too, and print only where the two differ
  --map-size BYTES   the size of the map (default: what the program asks for, and at least
                     65536)
  --timeout SECONDS  how long the program may run (default: 10)
  --help             print this";

/// The size of the map in AFL, and in AFL++ unless a program needs more.
const USUAL_MAP_SIZE: usize = 65_536;

/// The byte that the instrumented program sets as soon as it has attached the map.
const ATTACHED_AT: usize = 0;

/// How often to look whether the program has ended.
const INTERVAL: Duration = Duration::from_millis(1);

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(io::stdout(), $($line)*).map_err(|error| format!("cannot print: {error}"))
    };
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("coverage_map: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = Options::parse(env::args_os().skip(1))? else {
        return say!("{USAGE}");
    };
    let target = Target::new(&options)?;
    let first = target.run(&options.input)?;
    first.print_summary(&options.input)?;
    let Some(other) = &options.compare else {
        return first.print();
    };
    let second = target.run(other)?;
    second.print_summary(other)?;
    first.print_differences(&second)
}

/// The instrumented program, and how to run it.
struct Target<'a> {
    program: &'a OsStr,
    arguments: &'a [OsString],
    map_size: usize,
    timeout: Duration,
}

impl<'a> Target<'a> {
    fn new(options: &'a Options) -> Result<Self> {
        let mut target = Self {
            program: &options.program,
            arguments: &options.arguments,
            map_size: USUAL_MAP_SIZE,
            timeout: options.timeout,
        };
        if let Some(size) = options.map_size {
            target.map_size = size;
        } else if let Some(size) = target.wanted_map_size()? {
            target.map_size = size.max(USUAL_MAP_SIZE);
        }
        Ok(target)
    }

    /// How large a map the program asks for, `None` if it does not say so: one of the original
    /// AFL just runs, and sees an empty input.
    fn wanted_map_size(&self) -> Result<Option<usize>> {
        let mut command = Command::new(self.program);
        command.env("AFL_DUMP_MAP_SIZE", "1").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = Running(self.spawn(&mut command)?);
        let Some(mut stdout) = child.0.stdout.take() else {
            return Ok(None);
        };
        // A thread, because nobody can say when, or whether, a program will print anything.
        let (sender, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut line = [0; 32];
            let read = stdout.read(&mut line).unwrap_or(0);
            // Nobody waits any more if it took too long.
            let _ = sender.send(String::from_utf8_lossy(&line[..read]).into_owned());
        });
        let line = answer.recv_timeout(self.timeout).unwrap_or_default();
        Ok(line.trim_end().parse().ok())
    }

    /// Runs it once, with a map of its own.
    fn run(&self, input: &Path) -> Result<Map> {
        let size = self.map_size;
        // It goes, however this process fails; only a signal that kills leaves it.
        let segment = Segment::create(size)
            .map_err(|error| format!("cannot create a segment of {size} bytes: {error}"))?
            .destroy_on_drop();
        let id = segment.id();
        // We only read: it is the program that counts in it.
        let mapping = segment
            .attach_read_only()
            .map_err(|error| format!("cannot attach segment {id}: {error}"))?;

        let mut command = self.command(input)?;
        command.env("__AFL_SHM_ID", id.to_string());
        command.env("AFL_MAP_SIZE", size.to_string());
        command.env_remove("AFL_DUMP_MAP_SIZE");
        command.stdout(io::stderr());
        let mut child = Running(self.spawn(&mut command)?);
        let status = child.wait(self.timeout)?;

        let mut counts = vec![0; mapping.len()];
        mapping.shared().copy_to_slice(&mut counts);
        if counts[ATTACHED_AT] == 0 {
            let (program, end) = (self.program, describe_end(status));
            return Err(format!(
                "{program:?} has not attached the map: is it instrumented by AFL++, and the map \
                 large enough? It {end}"
            ));
        }
        Ok(Map { counts, status })
    }

    /// The command that runs it on an input.
    fn command(&self, input: &Path) -> Result<Command> {
        let failed = |error| format!("cannot read {input:?}: {error}");
        let file = File::open(input).map_err(failed)?;
        let mut command = Command::new(self.program);
        if self.arguments.iter().any(|argument| argument == "@@") {
            command.stdin(Stdio::null());
        } else {
            command.stdin(file);
        }
        command.args(
            self.arguments
                .iter()
                .map(|argument| match argument.to_str() {
                    Some("@@") => input.as_os_str(),
                    _ => argument,
                }),
        );
        Ok(command)
    }

    fn spawn(&self, command: &mut Command) -> Result<Child> {
        let started = command.spawn();
        started.map_err(|error| format!("cannot start {:?}: {error}", self.program))
    }
}

/// A program that runs; it is killed when this is dropped.
struct Running(Child);

impl Running {
    /// Waits until it ends. That also orders memory: what it wrote before is there to read.
    fn wait(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            let ended = self.0.try_wait();
            if let Some(status) = ended.map_err(|error| format!("cannot wait: {error}"))? {
                return Ok(status);
            }
            if start.elapsed() >= timeout {
                let seconds = timeout.as_secs_f64();
                return Err(format!(
                    "the program has not ended within {seconds} seconds"
                ));
            }
            thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn describe_end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => format!("ended: {status}"),
    }
}

/// What a run has left in the map.
struct Map {
    counts: Vec<u8>,
    status: ExitStatus,
}

impl Map {
    /// The edges that were taken: index and count.
    fn edges(&self) -> impl Iterator<Item = (usize, u8)> {
        let counts = self.counts.iter().copied().enumerate();
        counts.filter(|&(index, count)| count != 0 && index != ATTACHED_AT)
    }

    fn print_summary(&self, input: &Path) -> Result<()> {
        let (edges, size) = (self.edges().count(), self.counts.len());
        let end = describe_end(self.status);
        say!(
            "{}: {edges} edges in a map of {size} bytes; it {end}",
            input.display()
        )
    }

    fn print(&self) -> Result<()> {
        for (index, count) in self.edges() {
            say!("{index}: {count}")?;
        }
        Ok(())
    }

    fn print_differences(&self, other: &Self) -> Result<()> {
        let both = self.counts.iter().zip(&other.counts).enumerate();
        let mut differ = both.filter(|(_, (one, other))| one != other).peekable();
        if differ.peek().is_none() {
            return say!("no edge differs");
        }
        for (index, (one, other)) in differ {
            say!("{index}: {one}, {other}")?;
        }
        Ok(())
    }
}

// ---- Arguments ----

struct Options {
    input: PathBuf,
    program: OsString,
    arguments: Vec<OsString>,
    compare: Option<PathBuf>,
    map_size: Option<usize>,
    timeout: Duration,
}

impl Options {
    /// `None` if it is help that is asked for.
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut arguments = arguments.peekable();
        let (mut compare, mut map_size, mut timeout) = (None, None, Duration::from_secs(10));
        // What begins with a dash behind the input belongs to the program.
        let is_option = |argument: &OsString| argument.as_encoded_bytes().starts_with(b"-");
        while let Some(option) = arguments.next_if(is_option) {
            let mut value = || {
                let missing = || format!("{} needs a value, see --help", option.to_string_lossy());
                arguments.next().ok_or_else(missing)
            };
            match option.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--compare") => compare = Some(value()?.into()),
                Some("--map-size") => map_size = Some(parse_size(&value()?)?),
                Some("--timeout") => timeout = parse_seconds(&value()?)?,
                Some("--") => break,
                _ => return Err(format!("unknown option {option:?}, see --help")),
            }
        }
        let (Some(input), Some(program)) = (arguments.next(), arguments.next()) else {
            return Err("an input and a program are needed, see --help".into());
        };
        Ok(Some(Self {
            input: input.into(),
            program,
            arguments: arguments.collect(),
            compare,
            map_size,
            timeout,
        }))
    }
}

fn parse_size(value: &OsStr) -> Result<usize> {
    let size = value.to_str().and_then(|value| value.parse().ok());
    size.filter(|&size| size > 0)
        .ok_or_else(|| format!("--map-size {value:?} is not a number of bytes"))
}

fn parse_seconds(value: &OsStr) -> Result<Duration> {
    let seconds = value.to_str().and_then(|value| value.parse().ok());
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("--timeout {value:?} is not a number of seconds"))
}
