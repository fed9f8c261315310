//! Who makes the calls, and how each of them does.

use std::ffi::{CStr, c_void};
use std::hint::black_box;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::ptr;

use rawshm::descriptor::{self, FallocateFlags, FdFlags, Mode, OFlags, Whence};
use rawshm::memfd::{self, MemfdFlags};
use rawshm::mm::{self, Advice, MapFlags, MsyncFlags, ProtFlags};
use rawshm::shm;
use rawshm::sysv::{self, Key, ShmFlags, ShmatFlags};

use crate::by_hand::call;

/// Those that measure one call; some need a second that undoes it.
pub(crate) const CALLS: [&str; 19] = [
    "ftruncate",
    "fallocate",
    "fstat",
    "fchmod",
    "fcntl(F_GETFD)",
    "fcntl(F_SETFD)",
    "lseek",
    "pread",
    "pwrite",
    "mprotect",
    "madvise",
    "msync",
    "mlock, munlock",
    "mmap, munmap",
    "memfd_create, close",
    "fcntl(F_DUPFD_CLOEXEC), close",
    "shmget, shmctl(IPC_RMID)",
    "shmat, shmdt",
    "shm_open, shm_unlink, close",
];

/// The loop around the calls.
pub(crate) const NOTHING: &str = "nothing";

/// Makes a call so many times.
pub(crate) type Rounds = fn(&Setting, u64);

pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) find: fn(&str) -> Option<Rounds>,
}

impl Candidate {
    /// Ours first, then what it is held against.
    pub(crate) const ALL: [Self; 4] = [
        Self {
            name: "rawshm",
            find: rawshm_calls,
        },
        Self {
            name: "by hand",
            find: calls_by_hand,
        },
        Self {
            name: "glibc",
            find: glibc_calls,
        },
        Self {
            name: "rustix",
            find: rustix_calls,
        },
    ];
}

const LEN: usize = 4096;

const NAME: &str = "rawshm-instructions";
const NAME_WITH_NUL: &CStr = c"rawshm-instructions";

/// Eight bytes to read into.
#[inline(always)]
fn buffer() -> [u8; 8] {
    black_box([0; 8])
}

/// What the calls are made on.
pub(crate) struct Setting {
    memfd: OwnedFd,
    address: *mut c_void,
    segment: sysv::Segment,
}

impl Setting {
    pub(crate) fn new() -> io::Result<Self> {
        let memfd = OwnedFd::from(
            rawshm::Memfd::options()
                .resizable(true)
                .create("counted", LEN as u64)?,
        );
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: without FIXED nothing is replaced.
        let address = unsafe {
            mm::mmap(
                ptr::null_mut(),
                LEN,
                protection,
                MapFlags::SHARED,
                &memfd,
                0,
            )
        }?;
        // Of a run that was stopped.
        let _ = shm::shm_unlink(NAME);
        let segment = sysv::Segment::create(LEN)?.destroy_on_drop();
        Ok(Self {
            memfd,
            address,
            segment,
        })
    }
}

/// A call that is measured does not fail.
#[cold]
#[inline(never)]
pub(crate) fn failed() -> ! {
    eprintln!("a call failed: {}", io::Error::last_os_error());
    std::process::exit(1)
}

/// Takes an answer that nobody wants.
#[inline(always)]
fn unused<T: Copy>(_: T) {}

#[inline(always)]
fn check<T, E>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|_| failed())
}

#[inline(always)]
fn not_negative(answer: i32) -> i32 {
    if answer < 0 {
        failed()
    }
    answer
}

/// A match of names to loops. Within a loop `fd`, `raw` (its number), `address` and `id` are
/// those of the setting.
macro_rules! calls {
    ($find:ident: ($fd:ident, $raw:ident, $address:ident, $id:ident); $($name:literal => $body:expr;)*) => {
        fn $find(name: &str) -> Option<Rounds> {
            match name {
                NOTHING => Some(|setting, rounds| {
                    let ($fd, $raw) = (setting.memfd.as_fd(), setting.memfd.as_raw_fd());
                    let ($address, $id) = (setting.address, setting.segment.id());
                    let _ = ($fd, $raw, $address, $id);
                    for _ in 0..rounds {
                        black_box(());
                    }
                }),
                $($name => Some(|setting, rounds| {
                    let ($fd, $raw) = (setting.memfd.as_fd(), setting.memfd.as_raw_fd());
                    let ($address, $id) = (setting.address, setting.segment.id());
                    let _ = ($fd, $raw, $address, $id);
                    for _ in 0..rounds {
                        black_box(());
                        #[allow(unused_unsafe)]
                        let _: () = $body;
                    }
                }),)*
                _ => None,
            }
        }
    };
}

calls! { rawshm_calls: (fd, raw, address, id);
    "ftruncate" => check(descriptor::ftruncate(fd, LEN as u64));
    "fallocate" => check(descriptor::fallocate(fd, FallocateFlags::empty(), 0, LEN as u64));
    "fstat" => unused(black_box(check(descriptor::fstat(fd)).size()));
    "fchmod" => check(descriptor::fchmod(fd, Mode::RUSR | Mode::WUSR));
    "fcntl(F_GETFD)" => unused(black_box(check(descriptor::fcntl_getfd(fd))));
    "fcntl(F_SETFD)" => check(descriptor::fcntl_setfd(fd, FdFlags::CLOEXEC));
    "lseek" => unused(check(descriptor::lseek(fd, 0, Whence::SET)));
    "pread" => unused(check(descriptor::pread(fd, &mut buffer(), 0)));
    "pwrite" => unused(check(descriptor::pwrite(fd, b"8 bytes ", 0)));
    // SAFETY: nobody uses the range.
    "mprotect" => check(unsafe { mm::mprotect(address, LEN, ProtFlags::READ) });
    // SAFETY: as above.
    "madvise" => check(unsafe { mm::madvise(address, LEN, Advice::WILLNEED) });
    // SAFETY: as above.
    "msync" => check(unsafe { mm::msync(address, LEN, MsyncFlags::SYNC) });
    "mlock, munlock" => {
        // SAFETY: as above.
        check(unsafe { mm::mlock(address, LEN) });
        // SAFETY: as above.
        check(unsafe { mm::munlock(address, LEN) });
    };
    "mmap, munmap" => {
        // SAFETY: without FIXED nothing is replaced.
        let place = check(unsafe { mm::mmap(ptr::null_mut(), LEN, ProtFlags::READ, MapFlags::SHARED, fd, 0) });
        // SAFETY: nobody uses the range.
        check(unsafe { mm::munmap(place, LEN) });
    };
    "memfd_create, close" => check(descriptor::close(check(memfd::memfd_create("name", MemfdFlags::CLOEXEC))));
    "fcntl(F_DUPFD_CLOEXEC), close" => check(descriptor::close(check(descriptor::dup(fd))));
    "shmget, shmctl(IPC_RMID)" => {
        let mode = ShmFlags::from_bits_retain(0o600);
        let id = check(sysv::shmget(Key::PRIVATE, LEN, mode));
        check(sysv::shmctl_rmid(id));
    };
    "shmat, shmdt" => {
        // SAFETY: without REMAP nothing is replaced.
        let place = check(unsafe { sysv::shmat(id, ptr::null(), ShmatFlags::empty()) });
        // SAFETY: nobody uses the range.
        check(unsafe { sysv::shmdt(place) });
    };
    "shm_open, shm_unlink, close" => {
        let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
        let name = black_box(NAME);
        let object = check(shm::shm_open(name, flags, Mode::RUSR | Mode::WUSR));
        check(shm::shm_unlink(name));
        check(descriptor::close(object));
    };
}

calls! { calls_by_hand: (fd, raw, address, id);
    "ftruncate" => unused(call!(77, raw => "rdi", LEN => "rsi"));
    "fallocate" => unused(call!(285, raw => "rdi", 0 => "rsi", 0 => "rdx", LEN => "r10"));
    "fstat" => {
        let mut stat = MaybeUninit::<libc::stat>::uninit();
        call!(5, raw => "rdi", stat.as_mut_ptr() => "rsi");
        // SAFETY: fstat has filled it.
        black_box(unsafe { stat.assume_init_ref() }.st_size);
    };
    "fchmod" => unused(call!(91, raw => "rdi", 0o600 => "rsi"));
    "fcntl(F_GETFD)" => unused(black_box(call!(72, raw => "rdi", 1 => "rsi")));
    "fcntl(F_SETFD)" => unused(call!(72, raw => "rdi", 2 => "rsi", 1 => "rdx"));
    "lseek" => unused(call!(8, raw => "rdi", 0 => "rsi", 0 => "rdx"));
    "pread" => {
        let mut buffer = buffer();
        call!(17, raw => "rdi", buffer.as_mut_ptr() => "rsi", 8 => "rdx", 0 => "r10");
    };
    "pwrite" => unused(call!(18, raw => "rdi", b"8 bytes ".as_ptr() => "rsi", 8 => "rdx", 0 => "r10"));
    "mprotect" => unused(call!(10, address => "rdi", LEN => "rsi", 1 => "rdx"));
    "madvise" => unused(call!(28, address => "rdi", LEN => "rsi", 3 => "rdx"));
    "msync" => unused(call!(26, address => "rdi", LEN => "rsi", 4 => "rdx"));
    "mlock, munlock" => {
        call!(149, address => "rdi", LEN => "rsi");
        call!(150, address => "rdi", LEN => "rsi");
    };
    "mmap, munmap" => {
        let place = call!(9, 0 => "rdi", LEN => "rsi", 1 => "rdx", 1 => "r10", raw => "r8", 0 => "r9");
        call!(11, place => "rdi", LEN => "rsi");
    };
    "memfd_create, close" => {
        let memfd = call!(319, c"name".as_ptr() => "rdi", 1 => "rsi");
        call!(3, memfd => "rdi");
    };
    "fcntl(F_DUPFD_CLOEXEC), close" => {
        let copy = call!(72, raw => "rdi", 1030 => "rsi", 0 => "rdx");
        call!(3, copy => "rdi");
    };
    "shmget, shmctl(IPC_RMID)" => {
        let id = call!(29, 0 => "rdi", LEN => "rsi", 0o600 => "rdx");
        call!(31, id => "rdi", 0 => "rsi", 0 => "rdx");
    };
    "shmat, shmdt" => {
        let place = call!(30, id.raw() => "rdi", 0 => "rsi", 0 => "rdx");
        call!(67, place => "rdi");
    };
    // No name is checked, none put together, and what is opened may be anything.
    "shm_open, shm_unlink, close" => {
        let path = c"/dev/shm/rawshm-instructions".as_ptr();
        let object = call!(257, -100 => "rdi", path => "rsi", 0o2_400_302 => "rdx", 0o600 => "r10");
        call!(263, -100 => "rdi", path => "rsi", 0 => "rdx");
        call!(3, object => "rdi");
    };
}

calls! { glibc_calls: (fd, raw, address, id);
    // SAFETY: the size is that of the mapping still.
    "ftruncate" => unused(not_negative(unsafe { libc::ftruncate(raw, LEN as i64) }));
    // SAFETY: nothing is taken away.
    "fallocate" => unused(not_negative(unsafe { libc::fallocate(raw, 0, 0, LEN as i64) }));
    "fstat" => {
        let mut stat = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: fstat fills it.
        not_negative(unsafe { libc::fstat(raw, stat.as_mut_ptr()) });
        // SAFETY: it has.
        black_box(unsafe { stat.assume_init_ref() }.st_size);
    };
    // SAFETY: no memory is touched.
    "fchmod" => unused(not_negative(unsafe { libc::fchmod(raw, 0o600) }));
    // SAFETY: as above.
    "fcntl(F_GETFD)" => unused(black_box(not_negative(unsafe { libc::fcntl(raw, libc::F_GETFD) })));
    // SAFETY: as above.
    "fcntl(F_SETFD)" => unused(not_negative(unsafe { libc::fcntl(raw, libc::F_SETFD, libc::FD_CLOEXEC) }));
    // SAFETY: as above.
    "lseek" => unused(not_negative(unsafe { libc::lseek(raw, 0, libc::SEEK_SET) } as i32));
    // SAFETY: the buffer has eight bytes.
    "pread" => unused(not_negative(unsafe { libc::pread(raw, buffer().as_mut_ptr().cast(), 8, 0) } as i32));
    // SAFETY: so has the text.
    "pwrite" => unused(not_negative(unsafe { libc::pwrite(raw, b"8 bytes ".as_ptr().cast(), 8, 0) } as i32));
    // SAFETY: nobody uses the range.
    "mprotect" => unused(not_negative(unsafe { libc::mprotect(address, LEN, libc::PROT_READ) }));
    // SAFETY: as above.
    "madvise" => unused(not_negative(unsafe { libc::madvise(address, LEN, libc::MADV_WILLNEED) }));
    // SAFETY: as above.
    "msync" => unused(not_negative(unsafe { libc::msync(address, LEN, libc::MS_SYNC) }));
    "mlock, munlock" => {
        // SAFETY: as above.
        not_negative(unsafe { libc::mlock(address, LEN) });
        // SAFETY: as above.
        not_negative(unsafe { libc::munlock(address, LEN) });
    };
    "mmap, munmap" => {
        // SAFETY: without MAP_FIXED nothing is replaced.
        let place = unsafe { libc::mmap(ptr::null_mut(), LEN, libc::PROT_READ, libc::MAP_SHARED, raw, 0) };
        if place == libc::MAP_FAILED { failed() }
        // SAFETY: nobody uses the range.
        not_negative(unsafe { libc::munmap(place, LEN) });
    };
    "memfd_create, close" => {
        // SAFETY: the name ends with NUL.
        let memfd = not_negative(unsafe { libc::memfd_create(c"name".as_ptr(), libc::MFD_CLOEXEC) });
        // SAFETY: it was just opened.
        not_negative(unsafe { libc::close(memfd) });
    };
    "fcntl(F_DUPFD_CLOEXEC), close" => {
        // SAFETY: no memory is touched.
        let copy = not_negative(unsafe { libc::fcntl(raw, libc::F_DUPFD_CLOEXEC, 0) });
        // SAFETY: it was just opened.
        not_negative(unsafe { libc::close(copy) });
    };
    "shmget, shmctl(IPC_RMID)" => {
        // SAFETY: no memory is touched.
        let id = not_negative(unsafe { libc::shmget(libc::IPC_PRIVATE, LEN, 0o600) });
        // SAFETY: as above.
        not_negative(unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) });
    };
    "shmat, shmdt" => {
        // SAFETY: without SHM_REMAP nothing is replaced.
        let place = unsafe { libc::shmat(id.raw(), ptr::null(), 0) };
        if place as isize == -1 { failed() }
        // SAFETY: nobody uses the range.
        not_negative(unsafe { libc::shmdt(place) });
    };
    "shm_open, shm_unlink, close" => {
        let name = black_box(NAME_WITH_NUL).as_ptr();
        let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
        // SAFETY: the name ends with NUL.
        let object = not_negative(unsafe { libc::shm_open(name, flags, 0o600) });
        // SAFETY: as above.
        not_negative(unsafe { libc::shm_unlink(name) });
        // SAFETY: it was just opened.
        not_negative(unsafe { libc::close(object) });
    };
}

calls! { rustix_calls: (fd, raw, address, id);
    "ftruncate" => check(rustix::fs::ftruncate(fd, LEN as u64));
    "fallocate" => check(rustix::fs::fallocate(fd, rustix::fs::FallocateFlags::empty(), 0, LEN as u64));
    "fstat" => unused(black_box(check(rustix::fs::fstat(fd)).st_size));
    "fchmod" => check(rustix::fs::fchmod(fd, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR));
    "fcntl(F_GETFD)" => unused(black_box(check(rustix::io::fcntl_getfd(fd))));
    "fcntl(F_SETFD)" => check(rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC));
    "lseek" => unused(check(rustix::fs::seek(fd, rustix::fs::SeekFrom::Start(0))));
    "pread" => unused(check(rustix::io::pread(fd, &mut buffer(), 0)));
    "pwrite" => unused(check(rustix::io::pwrite(fd, b"8 bytes ", 0)));
    // SAFETY: nobody uses the range.
    "mprotect" => check(unsafe { rustix::mm::mprotect(address, LEN, rustix::mm::MprotectFlags::READ) });
    // SAFETY: as above.
    "madvise" => check(unsafe { rustix::mm::madvise(address, LEN, rustix::mm::Advice::WillNeed) });
    // SAFETY: as above.
    "msync" => check(unsafe { rustix::mm::msync(address, LEN, rustix::mm::MsyncFlags::SYNC) });
    "mlock, munlock" => {
        // SAFETY: as above.
        check(unsafe { rustix::mm::mlock(address, LEN) });
        // SAFETY: as above.
        check(unsafe { rustix::mm::munlock(address, LEN) });
    };
    "mmap, munmap" => {
        let (protection, flags) = (rustix::mm::ProtFlags::READ, rustix::mm::MapFlags::SHARED);
        // SAFETY: without FIXED nothing is replaced.
        let place = check(unsafe { rustix::mm::mmap(ptr::null_mut(), LEN, protection, flags, fd, 0) });
        // SAFETY: nobody uses the range.
        check(unsafe { rustix::mm::munmap(place, LEN) });
    };
    // It closes by dropping, which does not tell.
    "memfd_create, close" => drop(check(rustix::fs::memfd_create("name", rustix::fs::MemfdFlags::CLOEXEC)));
    "fcntl(F_DUPFD_CLOEXEC), close" => drop(check(rustix::io::fcntl_dupfd_cloexec(fd, 0)));
    "shm_open, shm_unlink, close" => {
        let flags = rustix::shm::OFlags::RDWR | rustix::shm::OFlags::CREATE | rustix::shm::OFlags::EXCL;
        let mode = rustix::shm::Mode::RUSR | rustix::shm::Mode::WUSR;
        let name = black_box(NAME);
        let object = check(rustix::shm::open(name, flags, mode));
        check(rustix::shm::unlink(name));
        drop(object);
    };
}
