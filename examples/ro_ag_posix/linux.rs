//! The program; see `main.rs`.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::process::{self, Child, Command, ExitCode, Stdio};

use rawshm::descriptor::fstat;
use rawshm::fd::{AsRawFd, RawFd};
use rawshm::mm::{Access, page_size};
use rawshm::{MapOptions, Memfd, SharedMemory, SharedSlice, fd_passing};

const USAGE: &str = "\
The examples of the Go package ro-ag/posix.

Usage: ro_ag_posix roundtrip | host | shm_exe [COUNT] | stat

  roundtrip  a child finds an object by its name and answers in it
  host       a child inherits a memfd and follows a pointer in it
  shm_exe    COUNT children (60 without it) write into a memfd each
  stat       the status of a memfd";

/// Near which address to map. Theirs, 2 TiB, does not exist in all of the address spaces that
/// arm64 has; 128 GiB does.
const HINT: usize = 0x20_0000_0000;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => { writeln!(io::stdout(), $($line)*) };
}

/// Their `main` and `CheckErr`: the call, the error number's name and text, and what to do.
pub(crate) fn main() -> ExitCode {
    let Err(error) = run() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("ro_ag_posix: {error}");
    if let Some(error) = error.downcast_ref::<rawshm::Error>() {
        eprintln!("help: {}", error.help());
    }
    ExitCode::FAILURE
}

fn run() -> Result {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["roundtrip"] => roundtrip::parent(),
        ["roundtrip", "child", name] => roundtrip::child(name),
        ["host"] => host::parent(),
        ["host", "child", number] => host::child(number.parse()?),
        ["shm_exe"] => shm_exe::parent(60),
        ["shm_exe", count] => shm_exe::parent(count.parse()?),
        ["shm_exe", "child", number] => shm_exe::child(number.parse()?),
        ["stat"] => stat(),
        ["--help"] => Ok(say!("{USAGE}")?),
        _ => Err(USAGE.into()),
    }
}

/// This program again, as a child with a task.
fn start(example: &str, task: &str) -> Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    Ok(command
        .args([example, "child", task])
        .stdin(Stdio::null())
        .spawn()?)
}

/// The child's process id. That it has ended also makes all visible that it has written.
fn finish(mut child: Child) -> Result<u32> {
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("the child failed: {status}").into());
    }
    Ok(child.id())
}

/// A copy, which nobody else changes while it is looked at.
fn text<A: Access>(slice: SharedSlice<'_, A>) -> Result<String> {
    let mut bytes = vec![0; slice.len()];
    slice.copy_to_slice(&mut bytes);
    Ok(String::from_utf8(bytes)?)
}

mod roundtrip {
    use super::*;

    // The payload, a struct in their example.
    const MAGIC_AT: usize = 0; // u64
    const SEQ_AT: usize = 8; // u64
    const CHILD_PID_AT: usize = 16; // u64
    const REPLY_LEN_AT: usize = 24; // u64
    const REPLY_AT: usize = 32; // that many bytes, 96 at most
    const LEN: usize = REPLY_AT + 96;

    const MAGIC: u64 = 0x504f_5349_5872;

    pub(crate) fn parent() -> Result {
        let name = format!("/posix-rt-{}", process::id());
        let options = SharedMemory::options().unlink_on_drop(true);
        let memory = options.create(&name, LEN as u64)?;
        let mapping = MapOptions::new().at(HINT).map_shared(&memory)?;
        say!(
            "parent: mapped {name:?} at {:#x} (hint {HINT:#x})",
            mapping.addr()
        )?;

        let payload = mapping.shared();
        payload.store(MAGIC_AT, MAGIC);
        payload.store(SEQ_AT, 42_u64);
        say!("parent: wrote Seq=42")?;

        let child = finish(start("roundtrip", &name)?)?;
        let seq: u64 = payload.load(SEQ_AT);
        let pid: u64 = payload.load(CHILD_PID_AT);
        if (seq, pid) != (43, child.into()) {
            return Err(format!("expected Seq=43 of {child}, found {seq} of {pid}").into());
        }
        // A length in shared memory is a claim: `get` checks it.
        let len: u64 = payload.load(REPLY_LEN_AT);
        let reply = payload.get(REPLY_AT..REPLY_AT.saturating_add(usize::try_from(len)?));
        let reply = text(reply.ok_or("the reply is too long")?)?;
        say!("parent: read back Seq={seq} ChildPID={pid} Reply={reply:?}")?;
        Ok(say!("round-trip OK")?)
    }

    pub(crate) fn child(name: &str) -> Result {
        let mapping = SharedMemory::options()
            .require_min_len(LEN as u64)
            .open(name)?
            .map()?;
        let payload = mapping.shared();
        let found: (u64, u64) = (payload.load(MAGIC_AT), payload.load(SEQ_AT));
        if found != (MAGIC, 42) {
            return Err(format!("expected the magic number and Seq=42, found {found:x?}").into());
        }
        let reply = b"hello from child";
        payload
            .slice(REPLY_AT..REPLY_AT + reply.len())
            .copy_from_slice(reply);
        payload.store(REPLY_LEN_AT, reply.len() as u64);
        payload.store(CHILD_PID_AT, u64::from(process::id()));
        payload.store(SEQ_AT, 43_u64);
        Ok(())
    }
}

mod host {
    use super::*;

    // Their `Head`, whose pointers mean the same where it is mapped at the same address.
    const ADDRESS_AT: usize = 0; // u64
    const SIZE_AT: usize = 8; // u64
    const TEXT_LEN_AT: usize = 16; // u64
    const TEXT_POINTER_AT: usize = 24; // u64
    const HEAD_LEN: usize = 32;

    const TEXT: &str = "This works as mmap in C";

    pub(crate) fn parent() -> Result {
        let memfd = Memfd::create("test-mem", 4 * page_size() as u64)?;
        let mapping = MapOptions::new().at(HINT).map_shared(&memfd)?;
        let (address, size) = (mapping.addr(), mapping.len());
        say!("got address {address:#x}")?;

        let pointer = address + HEAD_LEN;
        let head = mapping.shared();
        head.store(ADDRESS_AT, address as u64);
        head.store(SIZE_AT, size as u64);
        head.store(TEXT_LEN_AT, TEXT.len() as u64);
        head.store(TEXT_POINTER_AT, pointer as u64);
        head.slice(HEAD_LEN..HEAD_LEN + TEXT.len())
            .copy_from_slice(TEXT.as_bytes());
        say!("bytes written: {}", TEXT.len())?;
        say!(
            "head: {size} bytes at {address:#x}, text of {} at {pointer:#x}",
            TEXT.len()
        )?;

        let lent = fd_passing::inheritable(&memfd)?;
        finish(start("host", &lent.as_raw_fd().to_string())?)?;
        Ok(say!("- example done -")?)
    }

    pub(crate) fn child(number: RawFd) -> Result {
        let memfd = fd_passing::open_inherited(number)?;
        let anywhere = MapOptions::new().len(HEAD_LEN).map_read_only(&memfd)?;
        let word = |at| usize::try_from(anywhere.shared().load::<u64>(at));
        let (address, size) = (word(ADDRESS_AT)?, word(SIZE_AT)?);
        // Nothing that is mapped there is replaced, as their MAP_FIXED would.
        let there = MapOptions::new().len(size).exactly_at(address);
        let mapping = there.map_read_only(&memfd)?;
        let text = mapping
            .shared()
            .at_address(word(TEXT_POINTER_AT)?, word(TEXT_LEN_AT)?);
        let text = super::text(text.ok_or("the pointer leads out of the memory")?)?;
        Ok(say!("(child) got text: {text}")?)
    }
}

mod shm_exe {
    use super::*;

    const LEN: usize = 50;

    fn answer(pid: u32) -> String {
        format!("PID: {pid:010}")
    }

    pub(crate) fn parent(count: usize) -> Result {
        let mut segments = Vec::new();
        for _ in 0..count {
            let memfd = Memfd::create("testing", LEN as u64)?;
            let mapping = memfd.map()?;
            // Closed again as soon as its child has it: the others do not get it.
            let lent = fd_passing::inheritable(&memfd)?;
            segments.push((mapping, start("shm_exe", &lent.as_raw_fd().to_string())?));
        }
        say!("{count} children, each with a memfd")?;
        for (index, (mapping, child)) in segments.into_iter().enumerate() {
            let expected = answer(finish(child)?);
            if !mapping
                .shared()
                .slice(..expected.len())
                .equals(expected.as_bytes())
            {
                return Err(format!("memfd {index} lacks {expected:?}").into());
            }
        }
        Ok(say!("each holds its child's process id")?)
    }

    pub(crate) fn child(number: RawFd) -> Result {
        let mapping = MapOptions::new().map_shared(fd_passing::open_inherited(number)?)?;
        let answer = answer(process::id());
        let room = mapping.shared().get(..answer.len());
        room.ok_or("the memory is too small")?
            .copy_from_slice(answer.as_bytes());
        Ok(())
    }
}

/// Their `Fstat` and `DisplayStatInfo`, as the tests call them.
fn stat() -> Result {
    let memfd = Memfd::create("test-anon", page_size() as u64)?;
    Ok(say!("{}", fstat(&memfd)?)?)
}
