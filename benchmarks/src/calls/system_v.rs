//! System V, which of the peers only the C library has.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use rawshm::Error;
use rawshm::sysv::{self, Key, ShmFlags, ShmatFlags};

use super::{LEN, PEERS};
use crate::Result;
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn section(session: &Session) -> Result<Section> {
    let mut section = Section {
        title: "System V, one to one".to_owned(),
        about: "On a segment of a page.",
        rows: Vec::new(),
    };
    let segment = rawshm::Segment::create(LEN)?.destroy_on_drop();
    let id = segment.id();
    let mode = ShmFlags::from_mode(rawshm::descriptor::Mode::from_bits_retain(0o600));

    let ours = Candidate::fallible("rawshm", || {
        sysv::shmctl_rmid(sysv::shmget(Key::PRIVATE, LEN, mode)?)
    });
    let libc = libc(|| {
        // SAFETY: touches no memory.
        let id = checked(unsafe { libc::shmget(libc::IPC_PRIVATE, LEN, 0o600) })?;
        // SAFETY: reads no buffer.
        checked(unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) }).map(drop)
    });
    let label = "shmget(IPC_PRIVATE), IPC_RMID";
    session.row(&mut section, label, None, vec![ours, libc])?;

    let ours = Candidate::fallible("rawshm", || -> Result<(), Error> {
        // SAFETY: replaces nothing.
        let start = unsafe { sysv::shmat(id, ptr::null(), ShmatFlags::empty()) }?;
        // SAFETY: just attached, and used by nobody.
        unsafe { sysv::shmdt(start) }
    });
    let libc = self::libc(|| {
        // SAFETY: replaces nothing.
        let start = unsafe { libc::shmat(id.raw(), ptr::null(), 0) };
        if start.addr() == usize::MAX {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just attached, and used by nobody.
        checked(unsafe { libc::shmdt(start) }).map(drop)
    });
    session.row(&mut section, "shmat, shmdt", None, vec![ours, libc])?;

    let ours = Candidate::fallible("rawshm", || sysv::shmctl_stat(id).map(|stat| stat.segsz()));
    let libc = self::libc(|| {
        let mut status = MaybeUninit::<libc::shmid_ds>::uninit();
        // SAFETY: the kernel writes one `shmid_ds`.
        checked(unsafe { libc::shmctl(id.raw(), libc::IPC_STAT, status.as_mut_ptr()) })?;
        // SAFETY: written, since the call succeeded.
        let status = unsafe { status.assume_init() };
        std::hint::black_box(status.shm_segsz);
        Ok(())
    });
    session.row(&mut section, "shmctl(IPC_STAT)", None, vec![ours, libc])?;
    Ok(section)
}

fn libc<'a>(steps: impl FnMut() -> io::Result<()> + 'a) -> Candidate<'a> {
    Candidate::fallible("libc", steps).held_to(&PEERS)
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}
