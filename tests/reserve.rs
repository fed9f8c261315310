//! Reservations that the kernel refuses, interrupts or does not know: what they leave.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd as StdFd};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::mpsc;
use std::{io, panic, thread};

use rawshm::descriptor::{FallocateFlags, Stat};
use rawshm::fd::OwnedFd;
use rawshm::mm::page_size;
use rawshm::shm::{self, SharedMemoryOptions};
use rawshm::syscall::{SYS_fallocate, SYS_seccomp, syscall3};
use rawshm::{Call, Errno, Memfd, Result, SharedMemory, SharedSlice};

use common::{UniqueName, assert_fails, skip};

const MIB: u64 = 1 << 20;

/// Of an object that becomes larger: part of a page, so that its rest has to stay.
const SMALL: u64 = 5000;

/// More than is reserved by one call, as `src/reserve.rs` has it.
const LARGE: u64 = 128 * MIB;

// --- a kernel of our own ---------------------------------------------------

/// A call of `fallocate`.
#[derive(Clone, Copy, Debug)]
struct Reservation {
    flags: FallocateFlags,
    offset: u64,
    len: u64,
}

impl Reservation {
    fn gives_back(self) -> bool {
        self.flags.contains(FallocateFlags::PUNCH_HOLE)
    }
}

/// What somebody else says of each reservation of a thread: `None` has the kernel do it.
type Verdict<'v> = dyn Fn(Reservation) -> Option<Errno> + Sync + 'v;

/// A reservation and the verdict.
type Decided = (Reservation, Option<Errno>);

/// Runs `body` on a thread of its own, whose reservations this thread decides on; returns all
/// of them, or `None`, with the reason printed, if that cannot be had.
///
/// Whatever the verdict is, it must not make a reservation itself.
fn supervised(verdict: &Verdict<'_>, body: impl FnOnce() + Send) -> Option<Vec<Decided>> {
    let mut all = Vec::new();
    let supervised = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let thread = scope.spawn(move || match listener() {
            Ok(listener) => {
                sender.send(listener).unwrap();
                drop(sender);
                body();
            }
            Err(errno) => skip(format_args!("seccomp: {errno}")),
        });
        // If a verdict panics this is closed, and the thread goes on with `ENOSYS`.
        let listener = receiver.recv();
        if let Ok(listener) = &listener {
            while !thread.is_finished() {
                if let Some((id, reservation)) = next(listener) {
                    let errno = verdict(reservation);
                    all.push((reservation, errno));
                    answer(listener, id, errno);
                }
            }
        }
        thread
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic));
        listener.is_ok()
    });
    supervised.then_some(all)
}

/// Has the kernel ask whoever has the descriptor about each `fallocate` of this thread, for good.
fn listener() -> Result<StdFd, Errno> {
    let instruction = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let answer = libc::BPF_RET | libc::BPF_K;
    let mut filter = [
        // The number of the call comes first.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            SYS_fallocate as u32,
        ),
        instruction(answer, 0, 0, libc::SECCOMP_RET_USER_NOTIF),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: prctl touches no memory here.
    let set = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(set, 0);
    let (mode, flags) = (
        libc::SECCOMP_SET_MODE_FILTER as usize,
        libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as usize,
    );
    let program = (&raw const program).expose_provenance();
    // SAFETY: seccomp reads the program, and only this thread changes.
    let fd = unsafe { syscall3(SYS_seccomp, mode, flags, program) }?;
    // SAFETY: the kernel has just opened it.
    Ok(unsafe { StdFd::from_raw_fd(fd as i32) })
}

/// Waits a moment for the next reservation.
fn next(listener: &StdFd) -> Option<(u64, Reservation)> {
    /// `_IOWR('!', 0, struct seccomp_notif)`
    const RECV: u32 = 0xc050_2100;

    let mut poll = libc::pollfd {
        fd: listener.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: poll reads and writes one struct.
    let ready = unsafe { libc::poll(&raw mut poll, 1, 10) };
    if ready != 1 || poll.revents & libc::POLLIN == 0 {
        return None;
    }
    // SAFETY: all zeroes are a value of it, and what the kernel wants.
    let mut question: libc::seccomp_notif = unsafe { std::mem::zeroed() };
    assert_eq!(size_of_val(&question), RECV as usize >> 16 & 0x3fff);
    // SAFETY: the kernel writes one struct.
    let got = unsafe { libc::ioctl(listener.as_raw_fd(), RECV as _, &raw mut question) };
    assert_eq!(got, 0, "{}", io::Error::last_os_error());
    let [_, flags, offset, len, ..] = question.data.args;
    let reservation = Reservation {
        flags: FallocateFlags::from_bits_retain(flags as u32),
        offset,
        len,
    };
    Some((question.id, reservation))
}

fn answer(listener: &StdFd, id: u64, errno: Option<Errno>) {
    /// `_IOWR('!', 1, struct seccomp_notif_resp)`
    const SEND: u32 = 0xc018_2101;

    let (error, flags) = match errno {
        Some(errno) => (-errno.raw(), 0),
        None => (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
    };
    let mut answer = libc::seccomp_notif_resp {
        id,
        val: 0,
        error,
        flags,
    };
    assert_eq!(size_of_val(&answer), SEND as usize >> 16 & 0x3fff);
    // SAFETY: the kernel reads one struct.
    let sent = unsafe { libc::ioctl(listener.as_raw_fd(), SEND as _, &raw mut answer) };
    assert_eq!(sent, 0, "{}", io::Error::last_os_error());
}

// --- what there is ---------------------------------------------------------

/// A directory in `/dev/shm`, gone with all that is in it.
struct Surroundings {
    name: UniqueName,
    directory: OwnedFd,
    /// Whether nobody else takes space in `/dev/shm`.
    alone: bool,
}

/// What a failure must not change.
#[derive(Debug, PartialEq)]
struct State {
    descriptors: usize,
    names: Vec<std::ffi::OsString>,
    free: Option<u64>,
}

impl Surroundings {
    fn new(alone: bool) -> Self {
        let name = UniqueName::new("reserve");
        fs::create_dir(name.path()).unwrap();
        let directory = shm::open_directory(name.path().as_os_str().as_bytes()).unwrap();
        Self {
            name,
            directory,
            alone,
        }
    }

    fn options(&self) -> SharedMemoryOptions<'_> {
        SharedMemory::options().directory(&self.directory)
    }

    fn state(&self) -> State {
        let names = fs::read_dir(self.name.path()).unwrap();
        let space = shm::space().unwrap();
        State {
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            names: names.map(|entry| entry.unwrap().file_name()).collect(),
            free: self.alone.then(|| space.free().unwrap()),
        }
    }

    /// The call fails, and nothing is left of it.
    #[track_caller]
    fn assert_fails<T>(&self, errno: Errno, call: impl FnOnce() -> Result<T>) {
        let before = self.state();
        assert_fails(call(), Call::Fallocate, errno);
        assert_eq!(self.state(), before);
    }

    /// No kind of creation succeeds, and none leaves anything.
    #[track_caller]
    fn assert_not_created(&self, errno: Errno, len: u64) {
        for options in [self.options(), self.options().unlink_on_drop(true)] {
            self.assert_fails(errno, || options.create("new", len));
            self.assert_fails(errno, || options.create_with("new", len, not_called));
            self.assert_fails(errno, || options.replace_with("new", len, not_called));
        }
        self.assert_fails(errno, || Memfd::create("new", len));
        // What there is stays.
        let there = File::create(self.name.path().join("there"));
        there.unwrap().set_len(1).unwrap();
        self.assert_fails(errno, || {
            self.options().replace_with("there", len, not_called)
        });
        self.options().open("there").unwrap();
        self.options().unlink("there").unwrap();
    }

    /// Nothing that can become larger does, nor changes.
    #[track_caller]
    fn assert_not_enlarged(&self, errno: Errno, len: u64) {
        let memory = self.options().sparse(true).create("it", SMALL).unwrap();
        let mapping = memory.map().unwrap();
        mapping.shared().fill(7);
        let before = blocks(&memory.stat().unwrap());
        assert_eq!(before, SMALL.next_multiple_of(page_size() as u64));
        self.assert_fails(errno, || memory.resize(len));
        let stat = memory.stat().unwrap();
        assert_eq!((stat.size(), blocks(&stat)), (SMALL, before));
        assert!(mapping.shared().equals(&[7; SMALL as usize]));
        // To become smaller takes no memory.
        memory.resize(1).unwrap();
        assert_eq!(memory.len().unwrap(), 1);
        self.options().unlink("it").unwrap();

        let memfd = Memfd::options().resizable(true).sparse(true);
        let memfd = memfd.create("it", SMALL).unwrap();
        self.assert_fails(errno, || memfd.resize(len));
        let stat = memfd.stat().unwrap();
        assert_eq!(stat.size(), SMALL);
        // The page that its end is in may stay.
        assert!(blocks(&stat) <= page_size() as u64);
    }
}

fn not_called(_: SharedSlice<'_>) {
    panic!("it is not called");
}

/// How much memory a file takes.
fn blocks(stat: &Stat) -> u64 {
    stat.blocks() * 512
}

/// Runs `body` in a process of its own, supervised: in everybody's `/dev/shm`, and in one that
/// nobody else has if that can be had; then `check` gets all reservations.
fn everywhere(
    test: &str,
    verdict: &Verdict<'_>,
    body: impl Fn(&Surroundings) + Sync,
    check: impl Fn(&[Decided]) + Sync,
) {
    if common::is_emulated() {
        return skip("the emulator has no filters");
    }
    common::in_own_process(test, || {
        let run = |alone| {
            let free = shm::space().unwrap().free();
            if free.is_some_and(|free| free < 2 * LARGE) {
                return skip(format_args!("/dev/shm has {free:?} bytes left"));
            }
            let all = supervised(verdict, || body(&Surroundings::new(alone)));
            if let Some(all) = all {
                check(&all);
            }
        };
        run(false);
        common::with_own_dev_shm(0, c"size=300m", || run(true));
    });
}

// --- interrupted -----------------------------------------------------------

#[test]
fn what_is_interrupted_again_and_again_ends() {
    everywhere(
        "what_is_interrupted_again_and_again_ends",
        &|_| Some(Errno::EINTR),
        |here| {
            for len in [1, 3 * MIB + 1, LARGE] {
                here.assert_not_created(Errno::EINTR, len);
                here.assert_not_enlarged(Errno::EINTR, SMALL + len);
            }
        },
        |all| {
            // 3 × (6 objects and a memfd, one more object, and two that become larger).
            let calls = 3 * 10;
            assert!(all.len() > calls * 10, "there was another attempt");
            assert!(all.len() < calls * 1000, "{} reservations", all.len());
        },
    );
}

#[test]
fn what_is_interrupted_only_when_it_takes_long_succeeds() {
    everywhere(
        "what_is_interrupted_only_when_it_takes_long_succeeds",
        &|reservation| (reservation.len > MIB).then_some(Errno::EINTR),
        |here| {
            let len = 9 * MIB + 1;
            let memory = here.options().create("it", len).unwrap();
            let stat = memory.stat().unwrap();
            assert_eq!(stat.size(), len);
            assert!(blocks(&stat) >= len);
            memory.resize(20 * MIB + SMALL).unwrap();
            assert!(blocks(&memory.stat().unwrap()) >= 20 * MIB + SMALL);
            let memfd = Memfd::create("it", 9 * MIB).unwrap();
            assert!(blocks(&memfd.stat().unwrap()) >= 9 * MIB);
        },
        |all| assert!(all.iter().any(|(_, errno)| errno.is_some())),
    );
}

/// The signal comes when most is reserved already.
#[test]
fn what_was_reserved_before_interruptions_is_given_back() {
    everywhere(
        "what_was_reserved_before_interruptions_is_given_back",
        &|each| (!each.gives_back() && each.offset >= 64 * MIB).then_some(Errno::EINTR),
        |here| {
            here.assert_not_created(Errno::EINTR, LARGE);
            here.assert_not_enlarged(Errno::EINTR, LARGE);
        },
        |all| assert!(all.iter().any(|(_, errno)| errno.is_none())),
    );
}

// --- not known -------------------------------------------------------------

#[test]
fn what_cannot_be_reserved_is_sparse() {
    const TEST: &str = "what_cannot_be_reserved_is_sparse";
    for errno in [Errno::EOPNOTSUPP, Errno::ENOSYS] {
        everywhere(
            TEST,
            &|_| Some(errno),
            |here| {
                let len = MIB + 1;
                let assert_sparse = |stat: Stat, len| {
                    assert_eq!((stat.size(), stat.blocks()), (len, 0));
                };
                let options = here.options();
                let memory = options.create("it", len).unwrap();
                assert_sparse(memory.stat().unwrap(), len);
                memory.resize(2 * len).unwrap();
                assert_sparse(memory.stat().unwrap(), 2 * len);
                let made = options.create_with("made", len, |_| ()).unwrap();
                assert_sparse(made.stat().unwrap(), len);
                let memfd = Memfd::options().resizable(true).create("it", len).unwrap();
                assert_sparse(memfd.stat().unwrap(), len);
                memfd.resize(2 * len).unwrap();
                assert_sparse(memfd.stat().unwrap(), 2 * len);
                memory.map().unwrap().shared().fill(7);
                assert!(blocks(&memory.stat().unwrap()) >= 2 * len);
            },
            // Who does not know it is not asked twice.
            |all| assert_eq!(all.len(), 5, "{all:?}"),
        );
    }
}

// --- refused ---------------------------------------------------------------

/// As by a file system that others fill meanwhile.
fn full_from_64_mib(each: Reservation) -> Option<Errno> {
    (!each.gives_back() && each.offset >= 64 * MIB).then_some(Errno::ENOSPC)
}

#[test]
fn what_was_reserved_before_there_was_too_little_is_given_back() {
    everywhere(
        "what_was_reserved_before_there_was_too_little_is_given_back",
        &full_from_64_mib,
        |here| {
            here.assert_not_created(Errno::ENOSPC, LARGE);
            here.assert_not_enlarged(Errno::ENOSPC, LARGE);
        },
        |all| {
            let count = |refused| {
                let of_it =
                    |(each, errno): &&Decided| !each.gives_back() && errno.is_some() == refused;
                all.iter().filter(of_it).count()
            };
            // Each had a part, and was then refused once.
            assert_eq!((count(false), count(true)), (10, 10), "{all:?}");
        },
    );
}

/// While an object gets its memory, its name gets another one, or is removed.
#[test]
fn what_others_put_under_the_name_survives_a_failure() {
    if common::is_emulated() {
        return skip("the emulator has no filters");
    }
    for theirs in [None, Some("theirs")] {
        let (name, other) = (UniqueName::new("name"), UniqueName::new("other"));
        for unlink_on_drop in [false, true] {
            let all = supervised(
                &|each| {
                    if each.gives_back() {
                        return None;
                    }
                    fs::remove_file(name.path()).unwrap();
                    if let Some(theirs) = theirs {
                        fs::write(other.path(), theirs).unwrap();
                        fs::rename(other.path(), name.path()).unwrap();
                    }
                    Some(Errno::ENOSPC)
                },
                || {
                    let options = SharedMemory::options().unlink_on_drop(unlink_on_drop);
                    let created = options.create(&name, 100);
                    assert_fails(created, Call::Fallocate, Errno::ENOSPC);
                },
            );
            if all.is_some() {
                let left = fs::read_to_string(name.path()).ok();
                assert_eq!(left.as_deref(), theirs, "of somebody else");
            }
            name.remove();
        }
    }
}

// --- small pages -----------------------------------------------------------

/// Where the pages are known to be small, the last reservation sets the size.
#[test]
fn nobody_sees_the_size_before_all_of_the_memory_is_there() {
    if common::is_emulated() {
        return skip("the emulator has no filters");
    }
    let free = shm::space().unwrap().free();
    if free.is_some_and(|free| free < 2 * LARGE) {
        return skip(format_args!("/dev/shm has {free:?} bytes left"));
    }
    let assert_reserved = |stat: Stat, len| {
        assert_eq!(stat.size(), len);
        assert!(blocks(&stat) >= len, "{stat:?}");
    };
    for len in [1, SMALL, MIB + 1, LARGE + 1] {
        let name = UniqueName::new("size");
        let all = supervised(
            &|_| {
                assert_eq!(fs::metadata(name.path()).unwrap().len(), 0);
                None
            },
            || {
                let memory = SharedMemory::create(&name, len).unwrap();
                assert_reserved(memory.stat().unwrap(), len);
            },
        );
        for (each, _) in all.unwrap_or_default() {
            let last = each.offset + each.len == len;
            let keeps_size = each.flags.contains(FallocateFlags::KEEP_SIZE);
            assert_eq!(keeps_size, !last, "{each:?}");
        }
        assert_reserved(Memfd::create("it", len).unwrap().stat().unwrap(), len);
        let made = UniqueName::new("made");
        let memory = SharedMemory::create_with(&made, len, |_| ()).unwrap();
        assert_reserved(memory.stat().unwrap(), len);
    }
}

#[test]
fn what_is_refused_at_the_last_part_is_given_back() {
    if common::is_emulated() {
        return skip("the emulator has no filters");
    }
    for len in [SMALL, LARGE + 1] {
        let name = UniqueName::new("last");
        let all = supervised(
            &|each| (each.offset + each.len == len && !each.gives_back()).then_some(Errno::ENOSPC),
            || {
                let created = SharedMemory::create(&name, len);
                assert_fails(created, Call::Fallocate, Errno::ENOSPC);
                let created = SharedMemory::create_with(&name, len, not_called);
                assert_fails(created.map(drop), Call::Fallocate, Errno::ENOSPC);
                assert_fails(Memfd::create("it", len), Call::Fallocate, Errno::ENOSPC);
            },
        );
        assert!(!name.path().exists());
        let refused = |all: Vec<Decided>| all.iter().filter(|(_, errno)| errno.is_some()).count();
        assert!(all.is_none_or(|all| refused(all) == 3));
    }
}

/// Nobody is asked first how much there is, so that the kernel has to find out.
#[test]
fn a_little_more_than_there_is_fails_and_leaves_nothing() {
    if common::is_emulated() {
        return skip("the emulator has no mounts");
    }
    common::with_own_dev_shm(0, c"size=64k", || {
        let free = || shm::space().unwrap().free();
        let before = free();
        for len in [(64 << 10) + 1, MIB, MIB + 1] {
            for options in [
                SharedMemory::options(),
                SharedMemory::options().unlink_on_drop(true),
            ] {
                let created = options.create("it", len);
                assert_fails(created, Call::Fallocate, Errno::ENOSPC);
                let created = options.create_with("it", len, not_called);
                assert_fails(created, Call::Fallocate, Errno::ENOSPC);
            }
            assert_eq!(free(), before);
            assert_eq!(fs::read_dir("/dev/shm").unwrap().count(), 0);
        }
        SharedMemory::create("it", 64 << 10).unwrap();
        assert_eq!(free(), Some(0));
    });
}
