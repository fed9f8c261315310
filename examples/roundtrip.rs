//! Two processes, one memory, and a pointer in it that means the same to both.
//!
//! The parent puts a file into shared memory, behind a header that holds the address of the
//! text, and starts this program again as a second process. That one maps the memory at the
//! same address, follows the pointer, counts what it finds there and writes its answer into
//! the header, where the parent compares it with its own count.
//!
//! ```sh
//! cargo run --release --example roundtrip
//! cargo run --release --example roundtrip -- --memory memfd --occupy second Cargo.toml
//! cargo run --release --example roundtrip -- --memory sysv
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::iter;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitCode, ExitStatus, Stdio};

use rawshm::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use rawshm::fd_passing;
use rawshm::mm::page_size;
use rawshm::sysv::ShmId;
use rawshm::{
    Errno, MapOptions, Mapping, Memfd, Private, Segment, Shared, SharedMemory, SharedSlice,
};

const USAGE: &str = "\
Two processes share a file in memory at one address and follow a pointer in it.

Usage: roundtrip [OPTIONS] [FILE]

FILE is what both count; without it, this crate's README.md.

Options:
  --memory posix|memfd|sysv
                          a POSIX object, which the second process opens by its name
                          (the default), a memfd, whose descriptor it inherits, or a
                          System V segment, whose id it is told
  --name NAME             the name of the memory (default: rawshm-roundtrip-PID);
                          a segment has none
  --address ADDRESS       where to map it at first (default: 0x2000000000)
  --occupy parent|second  map something else there beforehand in that process, to see
                          the two agree on another address
  --help                  print this";

const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Where to map, in this order: 128 GiB and up, which is far from where Linux puts programs,
/// heaps and stacks, and exists in address spaces of 39, 47 and 48 bits alike.
const ADDRESSES: [usize; 4] = [
    0x20_0000_0000,
    0x30_0000_0000,
    0x40_0000_0000,
    0x50_0000_0000,
];

/// The first argument of the second process.
const SECOND: &str = "--second";

/// The second process's exit code if something is mapped at the address already. A panic
/// would be 101, any other failure 1.
const ADDRESS_TAKEN: u8 = 3;

/// What a line on stderr starts with.
const PREFIX: &str = "roundtrip: ";

/// How much of the text is copied at once.
const CHUNK: usize = 64 << 10;

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(io::stdout(), $($line)*).map_err(|error| format!("cannot print: {error}"))
    };
}

/// Prints what a process has done: the verb, and what it did that to.
macro_rules! step {
    ($verb:literal, $($object:tt)*) => {
        say!("  {:<10}{}", $verb, format_args!($($object)*))
    };
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{PREFIX}{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    match Invocation::parse(env::args_os().skip(1))? {
        Invocation::Help => say!("{USAGE}").map(|()| ExitCode::SUCCESS),
        Invocation::Parent(options) => parent(&options).map(|()| ExitCode::SUCCESS),
        Invocation::Second(task) => second(&task),
    }
}

// ---- The parent ----

fn parent(options: &Options) -> Result<()> {
    let source = Source::open(&options.file)?;
    let len = Header::LEN
        .checked_add(source.len)
        .ok_or_else(|| format!("{:?} is larger than any memory", source.path))?;

    say!("parent, pid {}", process::id())?;
    step!("file", "{}, {} bytes", source.path.display(), source.len)?;
    let memory = Memory::create(options, len)?;
    let header = Header::LEN;
    step!("created", "{memory}, {len} bytes ({header} of header)")?;

    let _occupied = match options.occupy {
        Some(Side::Parent) => Some(occupy(options.address)?),
        _ => None,
    };
    let mut addresses = candidates(options.address);
    let mut mapping = map_at_first_free(&memory, &mut addresses)?;
    let text = Header(mapping.shared()).text_place();
    let own = source.copy_to(text)?;
    let (place, bytes) = (text.as_ptr(), text.len());
    step!("copied", "to {place:p} the file, {bytes} bytes")?;

    let (pid, mapping) = loop {
        Header(mapping.shared()).write(source.len)?;
        match start_second(&memory, mapping.addr(), options)? {
            Outcome::Done(pid) => break (pid, mapping),
            Outcome::AddressTaken => {
                say!("\nparent, pid {}", process::id())?;
                step!("trying", "another address")?;
                // Text and header are in the object, whatever address it is mapped at.
                drop(mapping);
                mapping = map_at_first_free(&memory, &mut addresses)?;
            }
        }
    };

    say!("\nparent, pid {}", process::id())?;
    let answer = Header(mapping.shared()).read_answer(pid)?;
    compare(&own, &answer)?;
    memory.remove()
}

/// Where to try to map, the wish first.
fn candidates(first: usize) -> impl Iterator<Item = usize> {
    iter::once(first).chain(ADDRESSES.into_iter().filter(move |&other| other != first))
}

/// Maps at the next address that is free in this process.
fn map_at_first_free(
    memory: &Memory,
    addresses: &mut impl Iterator<Item = usize>,
) -> Result<Mapping<Shared>> {
    for address in addresses {
        if let Some(mapping) = memory.map_at(address)? {
            return Ok(mapping);
        }
    }
    Err("none of the addresses is free in both processes".into())
}

/// Starts this program again, waits for it, and tells how it ended.
fn start_second(memory: &Memory, address: usize, options: &Options) -> Result<Outcome> {
    let program = env::current_exe().map_err(|error| format!("cannot find myself: {error}"))?;
    let (handle, lent) = memory.lend()?;
    let task = Task {
        memory: handle,
        address,
        occupy: (options.occupy == Some(Side::Second)).then_some(options.address),
    };
    step!("starting", "this program again")?;
    say!()?;

    let mut command = Command::new(program);
    command.arg(SECOND).args(task.arguments());
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
    // It has its own by now.
    drop(lent);
    wait(child)
}

fn wait(child: Child) -> Result<Outcome> {
    let pid = child.id();
    // Its end also orders memory: what it wrote before is there for us to read.
    let output = child
        .wait_with_output()
        .map_err(|error| format!("cannot wait for the second process, pid {pid}: {error}"))?;
    if output.status.success() {
        return Ok(Outcome::Done(pid));
    }
    if output.status.code() == Some(ADDRESS_TAKEN.into()) {
        return Ok(Outcome::AddressTaken);
    }
    let end = describe_end(output.status, &output.stderr);
    Err(format!("the second process, pid {pid}, {end}"))
}

/// How a process failed, in one line.
fn describe_end(status: ExitStatus, stderr: &[u8]) -> String {
    if let Some(signal) = status.signal() {
        return format!("was killed by signal {signal}");
    }
    let stderr = String::from_utf8_lossy(stderr);
    match stderr.lines().find(|line| !line.is_empty()) {
        Some(line) => format!("failed: {}", line.strip_prefix(PREFIX).unwrap_or(line)),
        None => format!("failed: {status}"),
    }
}

/// How the second process ended.
enum Outcome {
    Done(u32),
    AddressTaken,
}

fn compare(own: &Count, answer: &Count) -> Result<()> {
    say!("\n                   lines        words        bytes    CRC-32")?;
    say!("  parent    {own}")?;
    say!("  second    {answer}")?;
    if own != answer {
        return Err("the two counts differ".into());
    }
    say!("  They agree.\n")
}

/// The file to share.
struct Source<'a> {
    path: &'a Path,
    file: File,
    len: usize,
}

impl<'a> Source<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let failed = |error: io::Error| format!("cannot read {path:?}: {error}");
        // Asked before opening it, which would wait for the other end of a FIFO.
        let kind = fs::metadata(path).map_err(failed)?.file_type();
        if kind.is_dir() {
            return Err(format!("cannot read {path:?}: it is a directory"));
        }
        if !kind.is_file() {
            return Err(format!("cannot read {path:?}: it is not a regular file"));
        }
        let file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let len = usize::try_from(len).map_err(|_| format!("{path:?} is too large"))?;
        Ok(Self { path, file, len })
    }

    /// Copies the file to shared memory, and counts it on the way.
    fn copy_to(&self, text: SharedSlice<'_>) -> Result<Count> {
        let changed = || {
            let Self { path, len, .. } = self;
            format!("{path:?} changed its size, {len} bytes, while it was read")
        };
        let mut chunk = vec![0; CHUNK];
        let mut counter = Counter::default();
        let mut done = 0;
        loop {
            let read = match (&self.file).read(&mut chunk) {
                Ok(0) if done == text.len() => return Ok(counter.finish()),
                Ok(0) => return Err(changed()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("cannot read {:?}: {error}", self.path)),
            };
            let place = text.get(done..done + read).ok_or_else(changed)?;
            place.copy_from_slice(&chunk[..read]);
            counter.add(&chunk[..read]);
            done += read;
        }
    }
}

// ---- The second process ----

fn second(task: &Task) -> Result<ExitCode> {
    say!("second process, pid {}", process::id())?;
    let _occupied = task.occupy.map(occupy).transpose()?;
    let Some(mapping) = task.memory.map_at(task.address)? else {
        return Ok(ExitCode::from(ADDRESS_TAKEN));
    };
    let header = Header::check(mapping.shared())?;
    let text = header.follow_pointer()?;
    header.write_answer(&count(text))?;
    Ok(ExitCode::SUCCESS)
}

/// Counts a text that others may write: each part is copied out before it is looked at.
fn count(text: SharedSlice<'_>) -> Count {
    let mut chunk = vec![0; CHUNK];
    let mut counter = Counter::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.len().min(CHUNK));
        let chunk = &mut chunk[..part.len()];
        part.copy_to_slice(chunk);
        counter.add(chunk);
        rest = after;
    }
    counter.finish()
}

/// What the second process is to do: its arguments.
struct Task {
    memory: Handle,
    address: usize,
    /// Where to map something else first, to be in the way.
    occupy: Option<usize>,
}

impl Task {
    fn arguments(&self) -> Vec<String> {
        let (kind, which) = match &self.memory {
            Handle::Name(name) => ("posix", name.clone()),
            Handle::Descriptor(number) => ("memfd", number.to_string()),
            Handle::Id(id) => ("sysv", id.to_string()),
        };
        let mut arguments = vec![kind.into(), which, format!("{:#x}", self.address)];
        arguments.extend(self.occupy.map(|address| format!("{address:#x}")));
        arguments
    }

    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let unusable = || format!("{SECOND} is for the parent to use, see --help");
        let arguments = arguments
            .map(OsString::into_string)
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|_| unusable())?;
        let [kind, which, address, occupy @ ..] = arguments.as_slice() else {
            return Err(unusable());
        };
        let memory = match kind.as_str() {
            "posix" => Handle::Name(which.clone()),
            "memfd" => Handle::Descriptor(which.parse().map_err(|_| unusable())?),
            "sysv" => Handle::Id(ShmId::from_raw(which.parse().map_err(|_| unusable())?)),
            _ => return Err(unusable()),
        };
        Ok(Self {
            memory,
            address: parse_address(address)?,
            occupy: occupy.first().map(|it| parse_address(it)).transpose()?,
        })
    }
}

/// How the second process gets at the memory.
enum Handle {
    Name(String),
    Descriptor(RawFd),
    Id(ShmId),
}

impl Handle {
    fn map_at(&self, address: usize) -> Result<Option<Mapping<Shared>>> {
        match self {
            Self::Name(name) => {
                let object = SharedMemory::open(name)
                    .map_err(|error| format!("cannot open POSIX object {name:?}: {error}"))?;
                step!("opened", "POSIX object {name:?}")?;
                map_at(object, address)
            }
            Self::Descriptor(number) => {
                let memfd = open_inherited(*number)?;
                step!("opened", "inherited descriptor {number}")?;
                map_at(memfd, address)
            }
            Self::Id(id) => {
                let segment = Segment::open(*id)
                    .map_err(|error| format!("cannot open System V segment {id}: {error}"))?;
                step!("opened", "System V segment {id}")?;
                attach_at(&segment, address)
            }
        }
    }
}

/// Opens what the parent has left open for us, if it is a memfd that nobody can shorten.
fn open_inherited(number: RawFd) -> Result<Memfd> {
    let unusable = |error| format!("cannot use the inherited descriptor {number}: {error}");
    #[cfg(not(target_os = "linux"))]
    return Err(unusable(
        "only Linux lets a program open it safely".to_owned(),
    ));
    #[cfg(target_os = "linux")]
    let fd = fd_passing::open_inherited(number).map_err(|error| unusable(error.to_string()))?;
    #[cfg(target_os = "linux")]
    Memfd::try_from(fd).map_err(|refused| unusable(refused.to_string()))
}

// ---- The memory, and what is in it ----

/// Maps shared memory at exactly this address; `None` if something is mapped there.
fn map_at(memory: impl AsFd, address: usize) -> Result<Option<Mapping<Shared>>> {
    let mapped = MapOptions::new().exactly_at(address).map_shared(memory);
    unless_taken(mapped, address)
}

/// Attaches a segment at exactly this address; `None` if something is mapped there.
fn attach_at(segment: &Segment, address: usize) -> Result<Option<Mapping<Shared>>> {
    unless_taken(segment.attach_at(address), address)
}

/// What came of mapping at an address; `None` if something is mapped there.
fn unless_taken(
    mapped: rawshm::Result<Mapping<Shared>>,
    address: usize,
) -> Result<Option<Mapping<Shared>>> {
    match mapped {
        Ok(mapping) => {
            let end = address + mapping.mapped_len();
            step!("mapped", "at {address:#x}..{end:#x}")?;
            Ok(Some(mapping))
        }
        Err(error) if error == Errno::EEXIST => {
            step!("refused", "at {address:#x}, which is taken in this process")?;
            Ok(None)
        }
        Err(error) => Err(format!("cannot map at {address:#x}: {error}")),
    }
}

/// Maps a page of something else, to be in the way.
fn occupy(address: usize) -> Result<Option<Mapping<Private>>> {
    match MapOptions::new().len(1).exactly_at(address).map_anonymous() {
        Ok(page) => {
            step!("occupied", "at {address:#x} a page")?;
            Ok(Some(page))
        }
        // Something else has done so before.
        Err(error) if error == Errno::EEXIST => Ok(None),
        Err(error) => Err(format!("cannot occupy {address:#x}: {error}")),
    }
}

/// The memory, as its creator has it.
#[allow(
    clippy::large_enum_variant,
    reason = "there is only one; on macOS it is small"
)]
enum Memory {
    Posix { object: SharedMemory, name: Name },
    Memfd { memfd: Memfd, name: String },
    Sysv { segment: Segment },
}

impl Memory {
    fn create(options: &Options, len: usize) -> Result<Self> {
        let default = || format!("rawshm-roundtrip-{}", process::id());
        let name = options.name.clone().unwrap_or_else(default);
        match options.memory {
            Kind::Posix => {
                let object = SharedMemory::create(&name, len as u64)
                    .map_err(|error| format!("cannot create POSIX object {name:?}: {error}"))?;
                let name = Name::of_ours(name);
                Ok(Self::Posix { object, name })
            }
            Kind::Memfd => {
                let memfd = Memfd::create(&name, len as u64)
                    .map_err(|error| format!("cannot create memfd {name:?}: {error}"))?;
                Ok(Self::Memfd { memfd, name })
            }
            Kind::Sysv => {
                let segment = Segment::create(len)
                    .map_err(|error| format!("cannot create a System V segment: {error}"))?;
                // It goes, however this process fails; only a signal that kills leaves it.
                let segment = segment.destroy_on_drop();
                Ok(Self::Sysv { segment })
            }
        }
    }

    /// How a child gets at the memory, and the descriptor that it inherits, if it does.
    fn lend(&self) -> Result<(Handle, Option<OwnedFd>)> {
        match self {
            Self::Posix { name, .. } => Ok((Handle::Name(name.name.clone()), None)),
            Self::Sysv { segment } => Ok((Handle::Id(segment.id()), None)),
            Self::Memfd { memfd, .. } => {
                let lent = fd_passing::inheritable(memfd)
                    .map_err(|error| format!("cannot lend the memfd: {error}"))?;
                Ok((Handle::Descriptor(lent.as_raw_fd()), Some(lent)))
            }
        }
    }

    fn map_at(&self, address: usize) -> Result<Option<Mapping<Shared>>> {
        match self {
            Self::Posix { object, .. } => map_at(object, address),
            Self::Memfd { memfd, .. } => map_at(memfd, address),
            Self::Sysv { segment } => attach_at(segment, address),
        }
    }

    /// Frees the memory: an object by its name, a segment by its id.
    fn remove(self) -> Result<()> {
        let shown = self.to_string();
        match self {
            Self::Posix { name, .. } => {
                name.remove()?;
                step!("removed", "{shown}")
            }
            Self::Memfd { .. } => step!("closed", "{shown}"),
            Self::Sysv { segment } => {
                let destroyed = segment.destroy();
                destroyed.map_err(|refused| format!("cannot destroy {shown}: {refused}"))?;
                step!("destroyed", "{shown}")
            }
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Posix { name, .. } => write!(f, "POSIX object {:?}", name.name),
            Self::Memfd { memfd, name } => {
                let number = memfd.as_raw_fd();
                write!(f, "memfd {name:?}, descriptor {number}")
            }
            Self::Sysv { segment } => write!(f, "System V segment {}", segment.id()),
        }
    }
}

/// The name of an object that this process created: it goes, however the process fails.
struct Name {
    name: String,
    present: bool,
}

impl Name {
    fn of_ours(name: String) -> Self {
        Self {
            name,
            present: true,
        }
    }

    /// Removes it, and tells the error that a drop cannot.
    fn remove(mut self) -> Result<()> {
        self.present = false;
        SharedMemory::unlink(&self.name)
            .map_err(|error| format!("cannot remove POSIX object {:?}: {error}", self.name))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.present {
            // Something else has failed before, and is the one to tell.
            let _ = SharedMemory::unlink(&self.name);
        }
    }
}

/// The start of the memory, a struct of which these are the fields' offsets; the text
/// follows. No field needs an atomic access: each process starts and ends while the other
/// only waits.
#[derive(Clone, Copy)]
struct Header<'a>(SharedSlice<'a>);

impl<'a> Header<'a> {
    const LEN: usize = 64;
    const MAGIC: u64 = u64::from_be_bytes(*b"rawshm:1");

    const MAGIC_AT: usize = 0;
    const TEXT_ADDRESS_AT: usize = 8;
    const TEXT_LEN_AT: usize = 16;
    const LINES_AT: usize = 24;
    const WORDS_AT: usize = 32;
    const BYTES_AT: usize = 40;
    const CRC32_AT: usize = 48;
    const PID_AT: usize = 52;

    /// Checks that this is such memory.
    fn check(memory: SharedSlice<'a>) -> Result<Self> {
        if memory.len() < Self::LEN || memory.load::<u64>(Self::MAGIC_AT) != Self::MAGIC {
            return Err("this is not the memory of a roundtrip".into());
        }
        step!("checked", "at {:p} the magic number", memory.as_ptr())?;
        Ok(Self(memory))
    }

    /// Where the parent puts the text; the second process follows the pointer instead.
    fn text_place(self) -> SharedSlice<'a> {
        self.0.split_at(Self::LEN).1
    }

    fn write(self, text_len: usize) -> Result<()> {
        let text = self.text_place().as_ptr().addr();
        self.0.store(Self::MAGIC_AT, Self::MAGIC);
        self.0.store(Self::TEXT_ADDRESS_AT, text);
        self.0.store(Self::TEXT_LEN_AT, text_len);
        let at = self.address_of(Self::TEXT_ADDRESS_AT);
        step!("wrote", "at {at:#x} the pointer {text:#x}")
    }

    /// The text, wherever the header says it is: a pointer that leads out of the memory is
    /// an error and not undefined behaviour.
    fn follow_pointer(self) -> Result<SharedSlice<'a>> {
        let address: usize = self.0.load(Self::TEXT_ADDRESS_AT);
        let len: usize = self.0.load(Self::TEXT_LEN_AT);
        let text = self.0.at_address(address, len).ok_or_else(|| {
            format!("the pointer {address:#x} to {len} bytes leads out of the memory")
        })?;
        let at = self.address_of(Self::TEXT_ADDRESS_AT);
        step!(
            "followed",
            "at {at:#x} the pointer {address:#x} to {len} bytes"
        )?;
        Ok(text)
    }

    fn write_answer(self, count: &Count) -> Result<()> {
        self.0.store(Self::LINES_AT, count.lines);
        self.0.store(Self::WORDS_AT, count.words);
        self.0.store(Self::BYTES_AT, count.bytes);
        self.0.store(Self::CRC32_AT, count.crc32);
        self.0.store(Self::PID_AT, process::id());
        let at = self.address_of(Self::LINES_AT);
        step!("wrote", "at {at:#x} the answer")
    }

    /// The answer of the process with this id.
    fn read_answer(self, pid: u32) -> Result<Count> {
        if self.0.load::<u32>(Self::PID_AT) != pid {
            return Err(format!("the second process, pid {pid}, left no answer"));
        }
        let at = self.address_of(Self::LINES_AT);
        step!("read", "at {at:#x} the answer")?;
        Ok(Count {
            lines: self.0.load(Self::LINES_AT),
            words: self.0.load(Self::WORDS_AT),
            bytes: self.0.load(Self::BYTES_AT),
            crc32: self.0.load(Self::CRC32_AT),
        })
    }

    fn address_of(self, field: usize) -> usize {
        self.0.as_ptr().addr() + field
    }
}

// ---- Counting ----

/// What a text has; lines and words as `wc` counts them.
#[derive(PartialEq, Eq)]
struct Count {
    lines: u64,
    words: u64,
    bytes: u64,
    crc32: u32,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lines,
            words,
            bytes,
            crc32,
        } = self;
        write!(f, "{lines:>12} {words:>12} {bytes:>12}  {crc32:08x}")
    }
}

/// Counts a text that comes in parts.
#[derive(Default)]
struct Counter {
    lines: u64,
    words: u64,
    bytes: u64,
    in_word: bool,
    crc32: crc32fast::Hasher,
}

impl Counter {
    fn add(&mut self, part: &[u8]) {
        for &byte in part {
            let space = matches!(byte, b' ' | b'\t'..=b'\r');
            self.lines += u64::from(byte == b'\n');
            self.words += u64::from(!space && !self.in_word);
            self.in_word = !space;
        }
        self.bytes += part.len() as u64;
        self.crc32.update(part);
    }

    fn finish(self) -> Count {
        Count {
            lines: self.lines,
            words: self.words,
            bytes: self.bytes,
            crc32: self.crc32.finalize(),
        }
    }
}

// ---- Arguments ----

/// What the command line asks for.
enum Invocation {
    Help,
    Parent(Options),
    Second(Task),
}

struct Options {
    memory: Kind,
    name: Option<String>,
    address: usize,
    occupy: Option<Side>,
    file: PathBuf,
}

#[derive(Clone, Copy)]
enum Kind {
    Posix,
    Memfd,
    Sysv,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Parent,
    Second,
}

impl Invocation {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self> {
        let mut arguments = arguments.peekable();
        if arguments.next_if(|first| first == SECOND).is_some() {
            return Task::parse(arguments).map(Self::Second);
        }
        let mut options = Options {
            memory: Kind::Posix,
            name: None,
            address: ADDRESSES[0],
            occupy: None,
            file: DEFAULT_FILE.into(),
        };
        let mut files = Vec::new();
        while let Some(argument) = arguments.next() {
            let mut value = || value_of(&argument, arguments.next());
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(Self::Help),
                Some("--memory") => options.memory = parse_kind(&value()?)?,
                Some("--name") => options.name = Some(value()?),
                Some("--address") => options.address = parse_address(&value()?)?,
                Some("--occupy") => options.occupy = Some(parse_side(&value()?)?),
                Some("--") => files.extend(arguments.by_ref()),
                _ if argument.as_encoded_bytes().starts_with(b"-") => {
                    return Err(format!("unknown option {argument:?}, see --help"));
                }
                _ => files.push(argument),
            }
        }
        let mut files = files.into_iter();
        if let Some(file) = files.next() {
            options.file = file.into();
        }
        if let Some(file) = files.next() {
            return Err(format!("one file is enough, and {file:?} is another"));
        }
        match (options.memory, &options.name) {
            (Kind::Sysv, Some(name)) => Err(format!("--name {name:?}: a segment has no name")),
            _ => Ok(Self::Parent(options)),
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

fn parse_kind(value: &str) -> Result<Kind> {
    match value {
        "posix" => Ok(Kind::Posix),
        "memfd" => Ok(Kind::Memfd),
        "sysv" => Ok(Kind::Sysv),
        _ => Err(format!("--memory {value:?} is not posix, memfd or sysv")),
    }
}

fn parse_side(value: &str) -> Result<Side> {
    match value {
        "parent" => Ok(Side::Parent),
        "second" => Ok(Side::Second),
        _ => Err(format!("--occupy {value:?} is neither parent nor second")),
    }
}

fn parse_address(value: &str) -> Result<usize> {
    let parsed = match value.strip_prefix("0x") {
        Some(digits) => usize::from_str_radix(digits, 16),
        None => value.parse(),
    };
    let problem = match parsed {
        Ok(0) | Err(_) => "is not an address to map at",
        Ok(address) if address % page_size() != 0 => "is not a multiple of the page size",
        Ok(address) => return Ok(address),
    };
    Err(format!("--address {value:?} {problem}"))
}
