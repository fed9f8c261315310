//! The tool of the Go package `ghetzel/shm` (`shmtool`), in this crate's way.
//!
//! ```sh
//! echo hello | cargo run --example ghetzel_shmtool -- open -s 4096 # prints the id
//! cargo run --example ghetzel_shmtool -- read -s 6 ID
//! cargo run --example ghetzel_shmtool -- rm ID
//! echo hello | cargo run --example ghetzel_shmtool -- copy         # its README's program
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use rawshm::slice::{Cursor, MemoryMut};
use rawshm::sysv::ShmId;
use rawshm::{Mapping, Segment, Shared};

const USAGE: &str = "\
Writes and reads System V segments, as shmtool does.

Usage:
  ghetzel_shmtool open -s SIZE [-o OFFSET]     makes a segment, prints its id, fills it from stdin
  ghetzel_shmtool open [-o OFFSET] ID          fills one that exists
  ghetzel_shmtool read [-o OFFSET] [-s SIZE] ID  prints what is in it
  ghetzel_shmtool rm ID                        removes it
  ghetzel_shmtool copy                         stdin into a segment, and from there to stdout";

/// What its README's program asks for.
const COPY_LEN: usize = 28 << 20;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let Err(error) = run() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("ghetzel_shmtool: {error}");
    ExitCode::FAILURE
}

fn run() -> Result {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().ok_or(USAGE)?;
    let options = Options::parse(arguments)?;
    match (command.as_str(), options) {
        ("open", Options { id, size, offset }) => open(id, size, offset),
        (
            "read",
            Options {
                id: Some(id),
                size,
                offset,
            },
        ) => read(id, size, offset),
        (
            "rm",
            Options {
                id: Some(id),
                size: None,
                offset: 0,
            },
        ) => Ok(Segment::destroy_by_id(id)?),
        (
            "copy",
            Options {
                id: None,
                size: None,
                offset: 0,
            },
        ) => copy(),
        ("--help", _) => Ok(writeln!(io::stdout(), "{USAGE}")?),
        _ => Err(USAGE.into()),
    }
}

struct Options {
    id: Option<ShmId>,
    size: Option<usize>,
    offset: u64,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            id: None,
            size: None,
            offset: 0,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(USAGE);
            match argument.as_str() {
                "-s" | "--size" => options.size = Some(value()?.parse()?),
                "-o" | "--offset" => options.offset = value()?.parse()?,
                id if options.id.is_none() => options.id = Some(id.parse()?),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// A segment, attached, with a position.
fn attach(segment: &Segment, offset: u64) -> Result<Cursor<Mapping<Shared>>> {
    let mut cursor = segment.attach()?.into_cursor();
    cursor.set_position(offset);
    Ok(cursor)
}

fn open(id: Option<ShmId>, size: Option<usize>, offset: u64) -> Result {
    let segment = match (id, size) {
        (None, Some(size)) => Segment::create(size)?,
        (Some(id), None) => Segment::open(id)?,
        _ => return Err("either -s SIZE for a new segment, or the ID of one that exists".into()),
    };
    let mut cursor = attach(&segment, offset)?;
    writeln!(io::stdout(), "{}", segment.id())?;
    let written = fill(&mut cursor)?;
    eprintln!("wrote {written} bytes to shared memory");
    Ok(())
}

/// All of stdin.
fn fill<M: MemoryMut>(cursor: &mut Cursor<M>) -> Result<usize> {
    let mut buffer = [0; 4096];
    let mut written = 0;
    loop {
        match io::stdin().read(&mut buffer)? {
            0 => return Ok(written),
            read if cursor.copy_in(&buffer[..read]) < read => {
                return Err("stdin is longer than the segment".into());
            }
            read => written += read,
        }
    }
}

fn read(id: ShmId, size: Option<usize>, offset: u64) -> Result {
    let cursor = attach(&Segment::open(id)?, offset)?;
    print(cursor, size.unwrap_or(usize::MAX))
}

/// So many bytes from the position on, or as many as there are.
fn print(mut cursor: Cursor<Mapping<Shared>>, mut len: usize) -> Result {
    let mut buffer = [0; 4096];
    while len > 0 {
        let room = buffer.len().min(len);
        match cursor.copy_out(&mut buffer[..room]) {
            0 => break,
            read => {
                io::stdout().write_all(&buffer[..read])?;
                len -= read;
            }
        }
    }
    Ok(())
}

/// Their README's program. It goes on reading where it has written last, so that it prints
/// the zeroes behind; this one goes back to the start.
fn copy() -> Result {
    let segment = Segment::create(COPY_LEN)?.destroy_on_drop();
    let mut cursor = attach(&segment, 0)?;
    let written = fill(&mut cursor)?;
    cursor.rewind();
    print(cursor, written)
}
