//! Lists the shared memory of this system, System V segments and POSIX objects, without libc:
//! one static file that runs in a container that holds nothing else.
//!
//! ```sh
//! shmls [--orphans]    only what nobody holds, as far as one may ask
//! ```

#![no_std]
#![no_main]

use core::fmt;

use program::{Arguments, say};
use rawshm::{Result, shm, sysv};

program::main!(main);

const USAGE: &str = "\
Lists System V segments and POSIX objects.

Usage: shmls [--orphans]

--orphans  only segments that are attached nowhere, and objects that nobody has open or
           mapped, or of which we may not ask whether";

fn main(arguments: Arguments) -> u8 {
    let mut orphans = false;
    for argument in arguments.skip(1) {
        match argument.to_bytes() {
            b"--orphans" => orphans = true,
            b"--help" | b"-h" => {
                say!(Standard, "{USAGE}");
                return 0;
            }
            _ => {
                say!(Error, "shmls: unknown argument {argument:?}, see --help");
                return 1;
            }
        }
    }
    // That one kind is missing is no reason not to list the other.
    let failed = [segments(orphans), objects(orphans)].map(|listed| match listed {
        Ok(()) => false,
        Err(error) => {
            say!(Error, "shmls: {error}");
            true
        }
    });
    failed.contains(&true).into()
}

fn segments(orphans: bool) -> Result<()> {
    say!(Standard, "System V segments");
    say!(
        Standard,
        "{:>12} {:>12} {:>6} {:>6} {:>16} {:>9} {:>11}",
        "key",
        "id",
        "owner",
        "perms",
        "bytes",
        "attaches",
        "creator"
    );
    for segment in sysv::list()? {
        if orphans && !segment.is_orphaned() {
            continue;
        }
        let stat = segment.stat();
        say!(
            Standard,
            "{:>12} {:>12} {:>6} {:>6o} {:>16} {:>9} {:>11} {}",
            stat.perm().key().raw(),
            segment.id().raw(),
            stat.perm().uid(),
            stat.perm().mode().permissions().bits(),
            stat.segsz(),
            stat.nattch(),
            stat.cpid(),
            known(segment.creator_alive(), "alive", "gone")
        );
    }
    Ok(())
}

fn objects(orphans: bool) -> Result<()> {
    say!(Standard, "\nPOSIX objects");
    say!(
        Standard,
        "{:>16} {:>6} {:>6} {:>8} name",
        "bytes",
        "owner",
        "perms",
        "in use"
    );
    for object in shm::list()? {
        let object = object?;
        // Not without need, as it opens the object: here each answer is shown or decides.
        let in_use = object.is_in_use();
        if orphans && in_use == Some(true) {
            continue;
        }
        let stat = object.stat();
        say!(
            Standard,
            "{:>16} {:>6} {:>6o} {:>8} {}",
            stat.size(),
            stat.uid(),
            stat.mode().permissions().bits(),
            known(in_use, "yes", "no"),
            Printable(object.name())
        );
    }
    Ok(())
}

fn known(answer: Option<bool>, yes: &'static str, no: &'static str) -> &'static str {
    match answer {
        Some(true) => yes,
        Some(false) => no,
        None => "unknown",
    }
}

/// A name as one can print it: anything but printable ASCII is escaped.
struct Printable<'a>(&'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}
