//! The kernel's calls, one at a time.

mod libc;
mod nix;
mod rawshm;
mod rustix;
mod system_v;

use std::error::Error;
use std::ffi::{CString, c_void};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::Result;
use crate::harness::{Bound, Candidate, Target};
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) use self::libc::Libc;
pub(crate) use self::nix::Nix;
pub(crate) use self::rawshm::Rawshm;
pub(crate) use self::rustix::Rustix;

pub(crate) const GROUP: Group = Group {
    name: "calls",
    about: "the kernel's calls, one to one, against libc, rustix and nix",
    run: sections,
};

static PEERS: Target = Target {
    text: "calls: at least 0.98 times the fastest peer that does the same",
    bound: Bound::RatioAtLeast(0.98),
};

/// What a library offers of the kernel's calls, each as one would call it there.
pub(crate) trait Calls {
    const NAME: &'static str;
    type Error: Into<Box<dyn Error>>;

    /// Returns the size.
    fn fstat(fd: BorrowedFd<'_>) -> Result<i64, Self::Error>;
    fn ftruncate(fd: BorrowedFd<'_>, len: usize) -> Result<(), Self::Error>;
    /// From the start, and sets the size.
    fn fallocate(fd: BorrowedFd<'_>, len: usize) -> Result<(), Self::Error>;
    fn fcntl_getfd(fd: BorrowedFd<'_>) -> Result<(), Self::Error>;
    /// Against shrinking and growing.
    fn add_seals(fd: BorrowedFd<'_>) -> Result<(), Self::Error>;
    /// Close-on-exec.
    fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd, Self::Error>;
    fn close(fd: OwnedFd) -> Result<(), Self::Error>;

    /// Close-on-exec, may be sealed.
    fn memfd_create() -> Result<OwnedFd, Self::Error>;
    /// For reading and writing.
    fn shm_open(name: &Name) -> Result<OwnedFd, Self::Error>;
    /// For reading and writing, and nobody else's.
    fn shm_create(name: &Name) -> Result<OwnedFd, Self::Error>;
    fn shm_unlink(name: &Name) -> Result<(), Self::Error>;

    /// Shared, for reading and writing.
    fn mmap(fd: BorrowedFd<'_>, len: usize) -> Result<*mut c_void, Self::Error>;
    /// Private, for reading and writing.
    fn mmap_anonymous(len: usize) -> Result<*mut c_void, Self::Error>;
    /// # Safety
    ///
    /// Nothing uses the range any more.
    unsafe fn munmap(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
    /// For reading and writing.
    ///
    /// # Safety
    ///
    /// The range is mapped, and nothing relies on its being protected.
    unsafe fn mprotect(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
    /// `MADV_NORMAL`.
    ///
    /// # Safety
    ///
    /// The range is mapped.
    unsafe fn madvise(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
    /// `MS_ASYNC`.
    ///
    /// # Safety
    ///
    /// The range is mapped.
    unsafe fn msync(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
    /// # Safety
    ///
    /// The range is mapped.
    unsafe fn mlock(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
    /// # Safety
    ///
    /// The range is mapped, and nothing relies on its being locked.
    unsafe fn munlock(start: *mut c_void, len: usize) -> Result<(), Self::Error>;
}

/// The name of an object, as Rust and as C want it.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) c: CString,
    /// Whether the object ends with this.
    ours: bool,
}

impl Name {
    /// One that no other process uses.
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let text = format!("/rawshm-benchmark-{}-{purpose}", std::process::id());
        let mut name = Self::of(text)?;
        name.ours = true;
        Ok(name)
    }

    /// That of another process's object.
    pub(crate) fn of(text: String) -> Result<Self> {
        let c = CString::new(text.as_str())?;
        Ok(Self {
            text,
            c,
            ours: false,
        })
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if self.ours {
            // Often it is gone already.
            let _ = Libc::shm_unlink(self);
        }
    }
}

fn sections(session: &Session) -> Result<Vec<Section>> {
    Ok(vec![
        descriptors_and_memory(session)?,
        by_name(session)?,
        system_v::section(session)?,
    ])
}

/// The same steps with each library, ours first, the others held to the target. `$calls` is
/// the library in the steps, which may return early with its error.
macro_rules! with_each {
    ($calls:ident => $steps:block) => {
        with_each!($calls => $steps, &PEERS)
    };
    ($calls:ident => $steps:block, $target:expr) => {
        vec![
            with_each!(@one $calls = Rawshm, $steps),
            with_each!(@one $calls = Libc, $steps).held_to($target),
            with_each!(@one $calls = Rustix, $steps).held_to($target),
            with_each!(@one $calls = Nix, $steps).held_to($target),
        ]
    };
    (@one $calls:ident = $library:ident, $steps:block) => {{
        type $calls = $library;
        Candidate::fallible($calls::NAME, || -> Result<(), <$calls as Calls>::Error> {
            $steps
            Ok(())
        })
    }};
}

const LEN: usize = 4096;

/// A page that is mapped as long as this lives.
struct Page(*mut c_void);

impl Page {
    fn of(fd: BorrowedFd<'_>) -> Result<Self> {
        Ok(Self(Libc::mmap(fd, LEN)?))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: who measures has borrowed this. It was mapped, so that it does not fail.
        let _ = unsafe { Libc::munmap(self.0, LEN) };
    }
}

fn descriptors_and_memory(session: &Session) -> Result<Section> {
    let mut section = Section {
        title: "Calls, one to one".to_owned(),
        about: "A call, or a call with the one that undoes it, on a page of memory that is there.",
        rows: Vec::new(),
    };
    let memfd = Libc::memfd_create()?;
    let fd = memfd.as_fd();
    Libc::ftruncate(fd, LEN)?;
    let page = Page::of(fd)?;
    let start = page.0;

    let mut row = |label, candidates| session.row(&mut section, label, None, candidates);
    row("fstat", with_each!(C => { C::fstat(fd)?; }))?;
    row(
        "ftruncate, to the same size",
        with_each!(C => { C::ftruncate(fd, LEN)?; }),
    )?;
    row("fcntl(F_GETFD)", with_each!(C => { C::fcntl_getfd(fd)?; }))?;
    let candidates = with_each!(C => {
        // SAFETY: mapped while `page` lives; the protection stays the same.
        unsafe { C::mprotect(start, LEN) }?;
    });
    row("mprotect, to the same", candidates)?;
    let candidates = with_each!(C => {
        // SAFETY: mapped while `page` lives.
        unsafe { C::madvise(start, LEN) }?;
    });
    row("madvise(MADV_NORMAL)", candidates)?;
    let candidates = with_each!(C => {
        // SAFETY: mapped while `page` lives.
        unsafe { C::msync(start, LEN) }?;
    });
    row("msync(MS_ASYNC)", candidates)?;
    let candidates = with_each!(C => {
        // SAFETY: mapped while `page` lives.
        unsafe { C::mlock(start, LEN) }?;
        // SAFETY: as above.
        unsafe { C::munlock(start, LEN) }?;
    });
    row("mlock, munlock", candidates)?;
    let candidates = with_each!(C => {
        let start = C::mmap_anonymous(LEN)?;
        // SAFETY: just mapped, and used by nobody.
        unsafe { C::munmap(start, LEN) }?;
    });
    row("mmap, munmap: anonymous", candidates)?;
    let candidates = with_each!(C => {
        let start = C::mmap(fd, LEN)?;
        // SAFETY: just mapped, and used by nobody.
        unsafe { C::munmap(start, LEN) }?;
    });
    row("mmap, munmap: a memfd", candidates)?;
    let candidates = with_each!(C => { C::close(C::dup(fd)?)?; });
    row("fcntl(F_DUPFD_CLOEXEC), close", candidates)?;
    let candidates = with_each!(C => { C::close(C::memfd_create()?)?; });
    row("memfd_create, close", candidates)?;
    Ok(section)
}

fn by_name(session: &Session) -> Result<Section> {
    let mut section = Section {
        title: "Calls on names, one to one".to_owned(),
        about: "Of an object that exists, ours looks whether it is a regular file (`fstat`): \
                what else somebody may have put under the name is refused. *libc, which looks* \
                does the same; the others do not.",
        rows: Vec::new(),
    };
    let existing = Name::new("existing")?;
    drop(Libc::shm_create(&existing)?);
    let created = Name::new("created")?;

    let looking = |steps: fn(&Name) -> Result<()>, name| {
        Candidate::fallible("libc, which looks", move || steps(name)).held_to(&PEERS)
    };
    let open_and_look = |name: &Name| {
        let fd = Libc::shm_open(name)?;
        Libc::fstat(fd.as_fd())?;
        Ok(Libc::close(fd)?)
    };
    let mut candidates = with_each!(C => { C::close(C::shm_open(&existing)?)?; }, None);
    candidates.insert(1, looking(open_and_look, &existing));
    session.row(&mut section, "shm_open, close", None, candidates)?;

    // What is new is a regular file, so that nobody need look.
    let create = |name: &Name| {
        Libc::close(Libc::shm_create(name)?)?;
        Ok(Libc::shm_unlink(name)?)
    };
    let mut candidates = with_each!(C => {
        C::close(C::shm_create(&created)?)?;
        C::shm_unlink(&created)?;
    });
    candidates.insert(1, looking(create, &created));
    let label = "shm_open(O_CREAT \\| O_EXCL), close, shm_unlink";
    session.row(&mut section, label, None, candidates)?;
    Ok(section)
}
