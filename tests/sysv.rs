//! System V segments: the calls one to one, their owner, and the list of all.

#![cfg(target_os = "linux")]

mod common;

use core::ffi::c_void;
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};
use std::{env, io, process, ptr, thread};

use rawshm::descriptor::Mode;
use rawshm::mm::page_size;
use rawshm::syscall::{SYS_mseal, SYS_setresgid, SYS_setresuid, syscall3};
use rawshm::sysv::{self, IpcMode, Key, ListedSegment, ShmFlags, ShmId, ShmatFlags};
use rawshm::sysv::{ftok, shmat, shmctl_rmid, shmctl_stat, shmdt, shmget};
use rawshm::{Call, Errno, MapOptions, Mapping, Refused, Segment};

use common::{NOBODY, assert_fails, is_root, maps_entry, skip};

/// Readable and writable for its owner, as every segment here unless a test says otherwise.
const CREATE: ShmFlags = ShmFlags::CREAT.union(ShmFlags::R).union(ShmFlags::W);

/// What the lowest bits of an id tell: the place in the kernel's table.
const INDEX: i32 = 0x7fff;

/// A key that nobody else uses.
fn unique_key() -> Key {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    assert!(count < 1 << 9);
    // No process has a number of more than 22 bits.
    Key::new((process::id() << 9 | count) as i32)
}

/// A segment of one of the calls, which is gone when the test ends, however it does.
struct Created(ShmId);

impl Created {
    fn new(len: usize) -> Self {
        Self(shmget(Key::PRIVATE, len, CREATE).unwrap())
    }
}

impl Drop for Created {
    fn drop(&mut self) {
        // The test may have destroyed it.
        let _ = shmctl_rmid(self.0);
    }
}

/// A segment with an owner, which is gone when the test ends.
fn segment(len: usize) -> Segment {
    Segment::create(len).unwrap().destroy_on_drop()
}

fn mode(bits: u32) -> Mode {
    Mode::from_bits_retain(bits)
}

/// An id that no segment has any more.
fn destroyed() -> ShmId {
    segment(1).id()
}

fn nattch(id: ShmId) -> u64 {
    shmctl_stat(id).unwrap().nattch()
}

fn permissions(address: usize) -> String {
    maps_entry(address).expect("it is mapped").permissions
}

/// A forked child has all that is attached, as long as it lives: who counts attachments holds
/// this for reading, who forks for writing.
static FORKS: RwLock<()> = RwLock::new(());

fn without_forks() -> impl Drop {
    FORKS.read().unwrap_or_else(PoisonError::into_inner)
}

fn with_forks() -> impl Drop {
    FORKS.write().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `child` in a forked process and returns what it returns.
///
/// Other threads may have been inside of anything: the child must only call the kernel.
fn in_forked_child(child: impl FnOnce() -> i32) -> i32 {
    let _forking = with_forks();
    // SAFETY: by the contract of this function the child only calls the kernel.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", io::Error::last_os_error()),
        0 => {
            let code = child();
            // SAFETY: _exit touches no memory.
            unsafe { libc::_exit(code) }
        }
        pid => {
            let mut status = 0;
            // SAFETY: waitpid writes the status.
            let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
            assert!(waited == pid && libc::WIFEXITED(status), "{status:#x}");
            libc::WEXITSTATUS(status)
        }
    }
}

/// Runs `body` in a process of its own; see [`common::in_own_process`].
#[track_caller]
fn in_own_process(test: &str, body: impl FnOnce()) {
    let _forking = with_forks();
    common::in_own_process(test, body);
}

/// Runs `body` where there are no segments but its own.
fn in_own_namespace(body: impl FnOnce() + Send) {
    common::unshared(libc::CLONE_NEWIPC, body);
}

/// Sets `kernel.shmmax`, `shmall` or `shmmni`, of this thread's namespace.
fn set_limit(name: &str, limit: usize) {
    fs::write(format!("/proc/sys/kernel/{name}"), limit.to_string()).unwrap();
}

fn limit(name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap();
    text.trim().parse().unwrap()
}

// --- the calls of gen2brain/shm --------------------------------------------

/// `Get`, `At`, `Size`, `Rm` and `Dt` of that Go package, in the order of its own test.
#[test]
fn get_at_size_rm_dt() {
    let _undisturbed = without_forks();
    let all = ShmFlags::from_mode(mode(0o777));
    let created = Created(shmget(Key::PRIVATE, 65_536, ShmFlags::CREAT | all).unwrap());
    let id = created.0;
    // SAFETY: without REMAP nothing is replaced.
    let address = unsafe { shmat(id, ptr::null(), ShmatFlags::empty()) }.unwrap();
    assert_eq!(shmctl_stat(id).unwrap().segsz(), 65_536);
    shmctl_rmid(id).unwrap();
    let last = address.cast::<u8>().wrapping_add(65_535);
    // SAFETY: attached for writing, and nobody else knows it.
    unsafe { last.write(7) };
    // SAFETY: as above.
    assert_eq!(unsafe { last.read() }, 7);
    // SAFETY: nobody uses it any more.
    unsafe { shmdt(address) }.unwrap();
    assert!(maps_entry(address.addr()).is_none_or(|entry| entry.inode != id.raw() as u64));
    assert_fails(shmctl_stat(id), Call::ShmctlIpcStat, Errno::EINVAL);
}

// --- shmget ----------------------------------------------------------------

#[test]
fn shmget_creates_what_it_is_asked_for() {
    let key = unique_key();
    let flags = ShmFlags::CREAT | ShmFlags::EXCL | ShmFlags::from_mode(mode(0o7641));
    let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let before = now();
    let mut created = None;
    common::with_umask(0o777, || {
        created = Some(Created(shmget(key, 5000, flags).unwrap()));
    });
    let created = created.expect("the umask was set");
    let stat = shmctl_stat(created.0).unwrap();
    assert_eq!((stat.segsz(), stat.nattch()), (5000, 0));
    assert_eq!((stat.atime(), stat.dtime(), stat.lpid()), (0, 0, 0));
    assert!((before..=now()).contains(&stat.ctime()));
    assert_eq!(stat.cpid(), process::id() as i32);
    let perm = stat.perm();
    assert_eq!(perm.key(), key);
    assert_eq!(perm.mode(), IpcMode::from_bits_retain(0o641));
    // SAFETY: geteuid touches no memory.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: getegid touches no memory.
    let gid = unsafe { libc::getegid() };
    assert_eq!((perm.uid(), perm.cuid()), (uid, uid));
    assert_eq!((perm.gid(), perm.cgid()), (gid, gid));
    let mapping = Segment::open(created.0).unwrap().attach().unwrap();
    assert_eq!(
        (mapping.len(), mapping.mapped_len() % page_size()),
        (5000, 0)
    );
    assert!(mapping.shared().load::<u64>(0) == 0 && mapping.shared().load::<u8>(4999) == 0);
}

#[test]
fn shmget_finds_by_key() {
    let key = unique_key();
    let get = |len, flags| shmget(key, len, flags);
    assert_fails(get(100, ShmFlags::R), Call::Shmget, Errno::ENOENT);
    let created = Created(get(100, CREATE).unwrap());
    let exclusive = CREATE | ShmFlags::EXCL;
    for (len, flags) in [(0, ShmFlags::empty()), (1, ShmFlags::R), (100, CREATE)] {
        assert_eq!(get(len, flags).unwrap(), created.0);
    }
    for (len, flags, errno) in [
        (100, exclusive, Errno::EEXIST),
        (101, CREATE, Errno::EINVAL),
        (usize::MAX, ShmFlags::empty(), Errno::EINVAL),
    ] {
        assert_fails(get(len, flags), Call::Shmget, errno);
    }
    if is_root() {
        common::as_ordinary_user(|| {
            assert_fails(get(100, ShmFlags::R), Call::Shmget, Errno::EACCES);
            assert_eq!(get(100, ShmFlags::empty()).unwrap(), created.0);
        });
    }
    shmctl_rmid(created.0).unwrap();
    assert_fails(get(100, ShmFlags::R), Call::Shmget, Errno::ENOENT);
}

#[test]
fn shmget_makes_another_one_without_a_key_each_time() {
    let [first, second] = [Created::new(1), Created::new(1)];
    assert_ne!(first.0, second.0);
}

#[test]
fn shmget_refuses_sizes_that_cannot_be() {
    for len in [0, usize::MAX] {
        assert_fails(
            shmget(unique_key(), len, CREATE),
            Call::Shmget,
            Errno::EINVAL,
        );
    }
    if fs::read("/proc/sys/vm/overcommit_memory").unwrap() != b"0\n" {
        return skip("vm.overcommit_memory is not 0");
    }
    // More than any machine has, unless nothing is reserved.
    let options = Segment::options().create(true);
    assert_fails(options.open(1 << 45), Call::Shmget, Errno::ENOMEM);
    let huge = options
        .no_reserve(true)
        .open(1 << 45)
        .unwrap()
        .destroy_on_drop();
    assert_eq!(huge.len().unwrap(), 1 << 45);
}

#[test]
fn shmget_heeds_the_limits() {
    if !is_root() {
        return skip("only root has a namespace of its own");
    }
    let fails = |len, errno| assert_fails(shmget(Key::PRIVATE, len, CREATE), Call::Shmget, errno);
    in_own_namespace(|| {
        set_limit("shmmax", 10_000);
        fails(10_001, Errno::EINVAL);
        let _largest = Created::new(10_000);
    });
    in_own_namespace(|| {
        set_limit("shmall", 2);
        fails(2 * page_size() + 1, Errno::ENOSPC);
        let _all = Created::new(2 * page_size());
        fails(1, Errno::ENOSPC);
    });
    in_own_namespace(|| {
        set_limit("shmmni", 3);
        let created = [(); 3].map(|()| Created::new(1));
        fails(1, Errno::ENOSPC);
        drop(created);
        let _again = Created::new(1);
    });
}

#[test]
fn huge_pages() {
    let Some(pages) = common::HugePages::reserve(1) else {
        return;
    };
    let _undisturbed = without_forks();
    let options = Segment::options().create(true).huge_pages(pages.size);
    let segment = options.open(100).unwrap().destroy_on_drop();
    assert_eq!(segment.len().unwrap(), 100);
    let mapping = segment.attach().unwrap();
    mapping.shared().store(92, 7_u64);
    assert_eq!(mapping.addr() % pages.size, 0);
    let size = common::smaps(mapping.addr(), "KernelPageSize");
    assert_eq!(size, format!("{} kB", pages.size / 1024));
    assert_eq!((mapping.len(), mapping.mapped_len()), (100, pages.size));
    let mapping = mapping.into_read_only().unwrap();
    let last = mapping.addr() + pages.size - 1;
    assert_eq!(
        (permissions(last).as_str(), mapping.shared().load::<u64>(92)),
        ("r--s", 7)
    );
    let between = pages.size + page_size(); // pages of this size cannot start there
    assert_fails(segment.attach_at(between), Call::Shmat, Errno::EEXIST);
    drop(mapping);
    assert_eq!(segment.stat().unwrap().nattch(), 0, "detached as a whole");
}

#[test]
fn huge_pages_that_are_not_there() {
    let options = Segment::options().create(true);
    for size in [0, 3, 3 << 20, usize::MAX] {
        assert_fails(
            options.huge_pages(size).open(1),
            Call::Shmget,
            Errno::EINVAL,
        );
    }
    // No processor that we support has them; 16 GiB has arm64 with pages of 64 KiB.
    let unknown = CREATE | ShmFlags::HUGETLB | ShmFlags::HUGE_512KB;
    assert_fails(
        shmget(Key::PRIVATE, 1, unknown),
        Call::Shmget,
        Errno::EINVAL,
    );
    let Some(pages) = common::HugePages::reserve(0) else {
        return;
    };
    let open = || options.huge_pages(pages.size).open(1);
    if is_root() {
        assert_fails(open(), Call::Shmget, Errno::ENOMEM);
    }
    let group: u32 = fs::read_to_string("/proc/sys/vm/hugetlb_shm_group")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    if group == NOBODY {
        return skip("the group of nobody may have huge pages");
    }
    common::as_ordinary_user(|| assert_fails(open(), Call::Shmget, Errno::EPERM));
}

// --- shmat and shmdt -------------------------------------------------------

/// Attaches where nobody has anything, or at pages that the test gives up.
fn attach(id: ShmId, address: usize, flags: ShmatFlags) -> rawshm::Result<*mut c_void> {
    // SAFETY: the callers replace only memory of their own that nobody uses.
    unsafe { shmat(id, ptr::with_exposed_provenance(address), flags) }
}

fn detach(address: *const c_void) -> rawshm::Result<()> {
    // SAFETY: the callers do not use it any more.
    unsafe { shmdt(address) }
}

/// Pages that the test may put something else into.
fn pages(count: usize) -> Mapping<rawshm::Shared> {
    let options = MapOptions::new().len(count * page_size());
    options.map_shared_anonymous().unwrap()
}

#[test]
fn shmat_flags() {
    let _undisturbed = without_forks();
    let segment = segment(2 * page_size());
    Segment::set_mode(&segment, mode(0o700)).unwrap();
    for (flags, expected) in [
        (ShmatFlags::empty(), "rw-s"),
        (ShmatFlags::RDONLY, "r--s"),
        (ShmatFlags::EXEC, "rwxs"),
        (ShmatFlags::RDONLY | ShmatFlags::EXEC, "r-xs"),
    ] {
        if flags.contains(ShmatFlags::EXEC) && common::is_emulated() {
            skip("the emulator executes nothing in its own memory");
            break;
        }
        let address = attach(segment.id(), 0, flags).unwrap();
        for page in 0..2 {
            assert_eq!(permissions(address.addr() + page * page_size()), expected);
        }
        detach(address).unwrap();
    }
    assert_eq!(nattch(segment.id()), 0);
}

#[test]
fn shmat_at_an_address() {
    let _undisturbed = without_forks();
    let segment = segment(page_size());
    segment.attach().unwrap().shared().store(0, 42_u32);
    let place = pages(3);
    place.shared().fill(7);
    let middle = place.addr() + page_size();
    let fails = |address, flags| {
        assert_fails(
            attach(segment.id(), address, flags),
            Call::Shmat,
            Errno::EINVAL,
        );
    };
    fails(middle, ShmatFlags::empty());
    fails(middle + 1, ShmatFlags::REMAP);
    fails(middle + 1, ShmatFlags::RND);
    if !common::is_emulated() {
        fails(0, ShmatFlags::REMAP); // with the emulator, 0 is any address
    }
    assert_eq!(place.shared().load::<u8>(page_size()), 7, "it stays");

    let flags = ShmatFlags::REMAP | ShmatFlags::RND;
    let address = attach(segment.id(), middle + page_size() - 1, flags).unwrap();
    assert_eq!(address.addr(), middle);
    let [before, inside, after] = [0, 1, 2].map(|page| page * page_size());
    assert_eq!(place.shared().load::<u8>(before + page_size() - 1), 7);
    assert_eq!(place.shared().load::<u32>(inside), 42);
    assert_eq!(place.shared().load::<u8>(after), 7);
    detach(address).unwrap();
    assert!(maps_entry(middle).is_none(), "there is a hole now");

    let address = attach(segment.id(), middle + 1, ShmatFlags::RND).unwrap();
    assert_eq!(address.addr(), middle);
    detach(address).unwrap();
    let address = attach(segment.id(), middle, ShmatFlags::empty()).unwrap();
    assert_eq!(address.addr(), middle);
    // Unmapping the place unmaps what was put into it, and that detaches.
    drop(place);
    assert_eq!(nattch(segment.id()), 0);
}

#[test]
fn shmat_refuses_what_is_not_there() {
    for id in [ShmId::from_raw(-1), ShmId::from_raw(i32::MAX), destroyed()] {
        let refused = attach(id, 0, ShmatFlags::empty());
        assert_fails(refused, Call::Shmat, Errno::EINVAL);
    }
}

#[test]
fn shmat_heeds_the_mode() {
    if !is_root() {
        return skip("it takes two users");
    }
    let segment = segment(1);
    let cases = [
        (0o600, ShmatFlags::empty(), false),
        (0o600, ShmatFlags::RDONLY, false),
        (0o604, ShmatFlags::empty(), false),
        (0o602, ShmatFlags::empty(), false),
        (0o604, ShmatFlags::RDONLY, true),
        (0o606, ShmatFlags::empty(), true),
        (0o606, ShmatFlags::EXEC, false),
        (0o607, ShmatFlags::EXEC, true),
    ];
    for (bits, flags, allowed) in cases {
        segment.set_mode(mode(bits)).unwrap();
        common::as_ordinary_user(|| match attach(segment.id(), 0, flags) {
            Ok(address) if allowed => detach(address).unwrap(),
            result => {
                assert!(!allowed, "{bits:o} {flags:?}");
                assert_fails(result, Call::Shmat, Errno::EACCES);
            }
        });
    }
}

#[test]
fn shmat_below_the_lowest_address() {
    if common::is_emulated() || fs::read("/proc/sys/vm/mmap_min_addr").unwrap() == b"0\n" {
        return skip("there is no lowest address");
    }
    common::as_ordinary_user(|| {
        let segment = segment(1);
        let refused = attach(segment.id(), 1, ShmatFlags::RND);
        assert_fails(refused, Call::Shmat, Errno::EPERM);
    });
}

#[test]
fn shmat_without_room() {
    const TEST: &str = "shmat_without_room";
    let one = segment(1);
    let sparse = Segment::options().create(true).no_reserve(true);
    let wide = sparse.open(1 << 40).unwrap().destroy_on_drop();
    in_own_process(TEST, || {
        common::with_limit(libc::RLIMIT_AS, 1 << 39, || {
            assert_fails(wide.attach(), Call::Shmat, Errno::ENOMEM);
        });
        common::with_too_many_mappings(|| {
            assert_fails(one.attach(), Call::Shmat, Errno::ENOMEM);
        });
        assert_eq!((nattch(one.id()), nattch(wide.id())), (0, 0));
    });
}

#[test]
fn shmdt_refuses_what_is_not_attached() {
    let _undisturbed = without_forks();
    let place = pages(1);
    let segment = segment(2 * page_size());
    let mapping = segment.attach().unwrap();
    for address in [
        common::NOT_MAPPED,
        place.addr(),
        mapping.addr() + 1,
        mapping.addr() + page_size(),
    ] {
        let refused = detach(ptr::without_provenance(address));
        assert_fails(refused, Call::Shmdt, Errno::EINVAL);
    }
    assert_eq!(nattch(segment.id()), 1);
    let address = attach(segment.id(), 0, ShmatFlags::empty()).unwrap();
    detach(address).unwrap();
    assert_fails(detach(address), Call::Shmdt, Errno::EINVAL);
}

#[test]
fn shmdt_leaves_what_is_sealed() {
    let segment = segment(1);
    // Until that process ends, and not only the test.
    in_own_process("shmdt_leaves_what_is_sealed", || {
        let address = attach(segment.id(), 0, ShmatFlags::empty()).unwrap();
        // SAFETY: mseal reads and writes no memory.
        if let Err(errno) = unsafe { syscall3(SYS_mseal, address.addr(), page_size(), 0) } {
            return skip(format_args!("mseal: {errno}"));
        }
        detach(address).unwrap();
        assert_eq!(
            (permissions(address.addr()).as_str(), nattch(segment.id())),
            ("rw-s", 1)
        );
    });
}

// --- shmctl ----------------------------------------------------------------

/// A line of `/proc/sysvipc/shm`: key, id, permissions, size, creator, last process, how
/// often attached, user, group, their creators, and the three times.
fn proc_line(id: ShmId) -> Vec<i64> {
    let text = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let lines = text.lines().skip(1);
    let fields = lines.map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    let mine = { fields }
        .find(|fields| fields[1] == id.to_string())
        .unwrap();
    let number = |(at, field): (usize, &&str)| match at {
        2 => i64::from_str_radix(field, 8).unwrap(),
        _ => field.parse().unwrap(),
    };
    mine[..14].iter().enumerate().map(number).collect()
}

/// The same by libc, in the same order.
fn libc_stat(id: ShmId) -> (Vec<i64>, u16) {
    let mut status = MaybeUninit::<libc::shmid_ds>::zeroed();
    // SAFETY: IPC_STAT fills one struct shmid_ds.
    let result = unsafe { libc::shmctl(id.raw(), libc::IPC_STAT, status.as_mut_ptr()) };
    assert_eq!(result, 0, "shmctl: {}", io::Error::last_os_error());
    // SAFETY: it was filled, and holds only integers.
    let stat = unsafe { status.assume_init() };
    let perm = stat.shm_perm;
    #[cfg(not(target_env = "musl"))]
    let key = perm.__key;
    #[cfg(target_env = "musl")]
    let key = perm.__ipc_perm_key;
    let fields = vec![
        i64::from(key),
        i64::from(id.raw()),
        i64::from(perm.mode),
        stat.shm_segsz as i64,
        i64::from(stat.shm_cpid),
        i64::from(stat.shm_lpid),
        stat.shm_nattch as i64,
        i64::from(perm.uid),
        i64::from(perm.gid),
        i64::from(perm.cuid),
        i64::from(perm.cgid),
        stat.shm_atime,
        stat.shm_dtime,
        stat.shm_ctime,
    ];
    // Wider in musl.
    (fields, i64::from(perm.__seq) as u16)
}

/// And by the accessors.
fn our_stat(id: ShmId, stat: &sysv::ShmidDs) -> (Vec<i64>, u16) {
    let perm = stat.perm();
    let fields = vec![
        i64::from(perm.key().raw()),
        i64::from(id.raw()),
        i64::from(perm.mode().bits()),
        stat.segsz() as i64,
        i64::from(stat.cpid()),
        i64::from(stat.lpid()),
        stat.nattch() as i64,
        i64::from(perm.uid()),
        i64::from(perm.gid()),
        i64::from(perm.cuid()),
        i64::from(perm.cgid()),
        stat.atime(),
        stat.dtime(),
        stat.ctime(),
    ];
    (fields, perm.seq())
}

#[test]
fn every_field_of_a_status() {
    let key = unique_key();
    // Created by one process, attached by another, at three different times.
    let created = in_forked_child(|| {
        // SAFETY: only the child changes; without privileges nothing does.
        let _ = unsafe { syscall3(SYS_setresgid, 4, 4, 0) };
        // SAFETY: as above.
        let _ = unsafe { syscall3(SYS_setresuid, 3, 3, 0) };
        i32::from(shmget(key, 12_345, CREATE).is_err())
    });
    assert_eq!(created, 0);
    let created = Created(shmget(key, 0, ShmFlags::empty()).unwrap());
    let id = created.0;
    let segment = Segment::open(id).unwrap();
    let _undisturbed = without_forks();
    if is_root() {
        segment.set_owner(Some(1), Some(2)).unwrap();
    }
    thread::sleep(Duration::from_millis(1100));
    let mappings = [(); 4].map(|()| segment.attach().unwrap());
    thread::sleep(Duration::from_millis(1100));
    let [_first, _second, _third, fourth] = mappings;
    drop(fourth);

    let stat = shmctl_stat(id).unwrap();
    assert!(stat.ctime() < stat.atime() && stat.atime() < stat.dtime());
    assert!(stat.cpid() != stat.lpid() && stat.nattch() == 3);
    let perm = stat.perm();
    let ids = [perm.uid(), perm.gid(), perm.cuid(), perm.cgid()];
    assert!(!is_root() || ids == [1, 2, 3, 4], "{perm:?}");
    let (ours, seq) = our_stat(id, &stat);
    assert_eq!(ours, proc_line(id));
    assert_eq!((ours, seq), libc_stat(id));
    // The id is made of the place in the table and of how often that was used.
    assert_eq!(id.raw() >> 15, i32::from(seq));

    let index = (id.raw() & INDEX) as usize;
    for by_index in [sysv::shmctl_shm_stat, sysv::shmctl_shm_stat_any] {
        match by_index(index) {
            Err(error) if common::is_emulated() => skip(error),
            result => {
                let (found, stat) = result.unwrap();
                assert_eq!(found, id);
                assert_eq!(our_stat(id, &stat), libc_stat(id));
            }
        }
    }
}

#[test]
fn shmctl_set_sets_owner_group_and_permissions() {
    let segment = segment(1);
    let id = segment.id();
    let before = shmctl_stat(id).unwrap().perm();
    let (owner, group) = if is_root() {
        (1, 2)
    } else {
        (before.uid(), before.gid())
    };
    // Bits that are no permissions are dropped.
    sysv::shmctl_set(id, owner, group, mode(0o7751)).unwrap();
    let after = shmctl_stat(id).unwrap().perm();
    assert_eq!((after.uid(), after.gid()), (owner, group));
    assert_eq!((after.cuid(), after.cgid()), (before.cuid(), before.cgid()));
    assert_eq!(after.mode(), IpcMode::from_bits_retain(0o751));
    for (uid, gid) in [(u32::MAX, group), (owner, u32::MAX)] {
        let refused = sysv::shmctl_set(id, uid, gid, mode(0o600));
        assert_fails(refused, Call::ShmctlIpcSet, Errno::EINVAL);
    }
    assert_eq!(shmctl_stat(id).unwrap().perm().mode(), after.mode());
}

#[test]
fn shmctl_rmid_waits_for_the_last_one_to_detach() {
    let _undisturbed = without_forks();
    let key = unique_key();
    let created = Created(shmget(key, 1, CREATE).unwrap());
    let segment = Segment::open(created.0).unwrap();
    let mapping = segment.attach().unwrap();
    for _ in 0..2 {
        shmctl_rmid(created.0).unwrap();
        let perm = segment.stat().unwrap().perm();
        assert_eq!(
            perm.mode(),
            IpcMode::DEST | IpcMode::from_bits_retain(0o600)
        );
        assert_eq!(perm.mode().permissions(), mode(0o600));
        assert_eq!(perm.key(), Key::PRIVATE);
    }
    assert_fails(shmget(key, 1, ShmFlags::R), Call::Shmget, Errno::ENOENT);
    drop(segment.attach().unwrap());
    drop(mapping);
    assert_fails(shmctl_rmid(created.0), Call::ShmctlIpcRmid, Errno::EINVAL);
}

#[test]
fn shmctl_lock_and_unlock() {
    let segment = segment(1);
    let mode = || segment.stat().unwrap().perm().mode();
    for _ in 0..2 {
        segment.lock().unwrap();
        assert_eq!(mode(), IpcMode::LOCKED | IpcMode::from_bits_retain(0o600));
    }
    segment.unlock().unwrap();
    assert_eq!(mode(), IpcMode::from_bits_retain(0o600));
}

#[test]
fn shmctl_lock_heeds_the_limit() {
    in_own_process("shmctl_lock_heeds_the_limit", || {
        for (limit, len, errno) in [
            (0, 1, Some(Errno::EPERM)),
            (65_536, 65_537, Some(Errno::ENOMEM)),
            (65_536, 65_536, None),
        ] {
            common::with_limit(libc::RLIMIT_MEMLOCK, limit, || {
                common::as_ordinary_user(|| {
                    let segment = segment(len);
                    match errno {
                        Some(errno) => assert_fails(segment.lock(), Call::ShmctlShmLock, errno),
                        None => segment.lock().unwrap(),
                    }
                });
            });
        }
    });
}

/// The commands on one segment, by their calls.
fn commands(id: ShmId) -> [(Call, rawshm::Result<()>); 5] {
    [
        (Call::ShmctlIpcStat, shmctl_stat(id).map(drop)),
        (Call::ShmctlIpcSet, sysv::shmctl_set(id, 0, 0, mode(0o600))),
        (Call::ShmctlShmLock, sysv::shmctl_lock(id)),
        (Call::ShmctlShmUnlock, sysv::shmctl_unlock(id)),
        (Call::ShmctlIpcRmid, shmctl_rmid(id)),
    ]
}

#[test]
fn no_command_finds_what_is_not_there() {
    for id in [ShmId::from_raw(-1), ShmId::from_raw(i32::MAX), destroyed()] {
        for (call, result) in commands(id) {
            assert_fails(result, call, Errno::EINVAL);
        }
    }
    for index in [INDEX as usize, i32::MAX as usize, usize::MAX] {
        let by_index = sysv::shmctl_shm_stat(index);
        assert_fails(by_index, Call::ShmctlShmStat, Errno::EINVAL);
        let by_index = sysv::shmctl_shm_stat_any(index);
        assert_fails(by_index, Call::ShmctlShmStatAny, Errno::EINVAL);
    }
}

/// To look a segment up and to have it are two steps: what is destroyed in between is `EIDRM`.
#[test]
fn what_is_destroyed_at_this_moment() {
    const PATIENCE: Duration = Duration::from_secs(2);
    let start = Instant::now();
    let id = AtomicI32::new(-1);
    let done = AtomicBool::new(false);
    let current = || ShmId::from_raw(id.load(Ordering::Relaxed));
    let tries: [(Call, &dyn Fn() -> rawshm::Result<()>); 4] = [
        (Call::ShmctlIpcStat, &|| shmctl_stat(current()).map(drop)),
        (Call::ShmctlShmLock, &|| sysv::shmctl_lock(current())),
        (Call::ShmctlShmUnlock, &|| sysv::shmctl_unlock(current())),
        (Call::Shmat, &|| {
            let address = attach(current(), 0, ShmatFlags::empty())?;
            detach(address)
        }),
    ];
    thread::scope(|scope| {
        scope.spawn(|| {
            // Should the other side fail, this ends as well.
            while !done.load(Ordering::Relaxed) && start.elapsed() < 2 * PATIENCE {
                let segment = segment(1);
                id.store(segment.id().raw(), Ordering::Relaxed);
            }
        });
        for (call, attempt) in tries {
            loop {
                match attempt() {
                    Err(error) if error == Errno::EIDRM => break assert_eq!(error.call(), call),
                    Err(error) if error != Errno::EINVAL => panic!("{error}"),
                    _ if start.elapsed() > PATIENCE => {
                        break skip(format_args!("{call} did not meet it"));
                    }
                    _ => {}
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn no_command_obeys_somebody_else() {
    if !is_root() {
        return skip("it takes two users");
    }
    let segment = segment(1);
    let index = (segment.id().raw() & INDEX) as usize;
    common::as_ordinary_user(|| {
        for (call, result) in commands(segment.id()) {
            let errno = match call {
                Call::ShmctlIpcStat => Errno::EACCES,
                _ => Errno::EPERM,
            };
            assert_fails(result, call, errno);
        }
        assert_fails(
            sysv::shmctl_shm_stat(index),
            Call::ShmctlShmStat,
            Errno::EACCES,
        );
        if !common::is_emulated() {
            assert_eq!(sysv::shmctl_shm_stat_any(index).unwrap().0, segment.id());
        }
    });
    // To have created it is enough, whoever owns it; so is to own it.
    common::as_ordinary_user(|| {
        let theirs = Segment::create(1).unwrap().destroy_on_drop();
        theirs.set_owner(Some(1), None).unwrap();
        theirs.set_mode(mode(0o640)).unwrap();
    });
    segment.set_owner(Some(NOBODY), None).unwrap();
    common::as_ordinary_user(|| segment.set_mode(mode(0o640)).unwrap());
}

#[test]
fn limits_are_those_of_proc() {
    let check = || {
        let (limits, _) = sysv::shmctl_ipc_info().unwrap();
        for (name, value) in [
            ("shmmax", limits.shmmax()),
            ("shmall", limits.shmall()),
            ("shmmni", limits.shmmni()),
            ("shmmni", limits.shmseg()),
        ] {
            assert_eq!(value, limit(name), "{name}");
        }
        assert_eq!(limits.shmmin(), 1);
    };
    check();
    if !is_root() {
        return skip("only root has a namespace of its own");
    }
    in_own_namespace(|| {
        for (name, limit) in [("shmmax", 10_001), ("shmall", 102), ("shmmni", 103)] {
            set_limit(name, limit);
        }
        check();
    });
}

#[test]
fn what_is_in_use_is_counted() {
    if !is_root() {
        return skip("only root has a namespace of its own");
    }
    let _undisturbed = without_forks();
    in_own_namespace(|| {
        let in_use = || {
            let (info, highest) = sysv::shmctl_shm_info().unwrap();
            assert_eq!(sysv::shmctl_ipc_info().unwrap().1, highest);
            (
                info.used_ids(),
                info.shm_tot(),
                info.shm_rss(),
                info.shm_swp(),
                highest,
            )
        };
        assert_eq!(in_use(), (0, 0, 0, 0, 0));
        let [first, _second, third] = [1, 2, 3].map(|pages| segment(pages * page_size()));
        assert_eq!(in_use(), (3, 6, 0, 0, 2));
        third.attach().unwrap().shared().fill(1);
        assert_eq!(in_use(), (3, 6, 3, 0, 2));
        drop(first);
        assert_eq!(in_use(), (2, 5, 3, 0, 2));
        drop(third);
        assert_eq!(in_use(), (1, 2, 0, 0, 1));
    });
}

#[test]
fn shmctl_passes_everything_on() {
    let segment = segment(100);
    let mut status = MaybeUninit::<libc::shmid_ds>::zeroed();
    let buffer = status.as_mut_ptr().cast();
    let command = libc::IPC_STAT as u32;
    // SAFETY: IPC_STAT fills one struct shmid_ds.
    let answer = unsafe { sysv::shmctl(segment.id().raw(), command, buffer) };
    assert_eq!(answer.unwrap(), 0);
    // SAFETY: zeroes are a value of the struct, and it was filled.
    assert_eq!(unsafe { status.assume_init() }.shm_segsz, 100);
    // SAFETY: no command has this number.
    let unknown = unsafe { sysv::shmctl(segment.id().raw(), 99, ptr::null_mut()) };
    assert_fails(unknown, Call::Shmctl, Errno::EINVAL);
}

// --- ftok, keys and ids ----------------------------------------------------

#[test]
fn ftok_is_libcs() {
    let program = env::current_exe().unwrap();
    let long = format!("/{}", "./".repeat(2047));
    let paths = [
        "/",
        "/proc",
        "/dev/null",
        "/dev/shm",
        "/etc",
        ".",
        "/proc/self",
        &long,
    ];
    for path in paths
        .map(str::as_bytes)
        .iter()
        .chain([&program.as_os_str().as_bytes()])
    {
        let text = std::ffi::CString::new(*path).unwrap();
        for project in 0..=255 {
            let ours = ftok(path, project).unwrap();
            // SAFETY: the path ends with NUL.
            let theirs = unsafe { libc::ftok(text.as_ptr(), project.into()) };
            assert_eq!(ours.raw(), theirs, "{text:?} {project}");
        }
    }
}

/// A directory that is removed with all that is in it.
struct Directory(PathBuf);

impl Directory {
    fn new(word: &str, mode: u32) -> Self {
        let path = env::temp_dir().join(format!("rawshm-test-{}-{word}", process::id()));
        fs::DirBuilder::new().mode(mode).create(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn ftok_fails_as_stat_does() {
    let directory = Directory::new("ftok", 0o700);
    let [link, file] = ["link", "file"].map(|name| directory.0.join(name));
    symlink(&link, &link).unwrap();
    File::create(&file).unwrap();
    let bytes = |path: &PathBuf| path.as_os_str().as_bytes().to_vec();
    let cases = [
        (b"".to_vec(), Errno::ENOENT),
        (b"/nowhere".to_vec(), Errno::ENOENT),
        (b"/dev/null/x".to_vec(), Errno::ENOTDIR),
        (b"/dev\0".to_vec(), Errno::EINVAL),
        (b"/".repeat(4096), Errno::ENAMETOOLONG),
        ([b'x'; 256].to_vec(), Errno::ENAMETOOLONG),
        (bytes(&link), Errno::ELOOP),
    ];
    for (path, errno) in cases {
        assert_fails(ftok(path, 1), Call::Ftok, errno);
    }
    let key = ftok(bytes(&file), 1).unwrap();
    let through_link = directory.0.join("good");
    symlink(&file, &through_link).unwrap();
    assert_eq!(ftok(bytes(&through_link), 1).unwrap(), key);
    if !is_root() {
        return skip("it takes two users");
    }
    common::as_ordinary_user(|| {
        assert_fails(ftok(bytes(&file), 1), Call::Ftok, Errno::EACCES);
    });
}

#[test]
fn keys_and_ids_as_text() {
    for (key, text) in [
        (0, "0x00000000"),
        (0x5eed, "0x00005eed"),
        (-1, "0xffffffff"),
    ] {
        assert_eq!(Key::new(key).to_string(), text);
        assert_eq!(format!("{:?}", Key::new(key)), format!("Key({text})"));
    }
    for (id, text) in [(0, "0"), (65_538, "65538"), (-1, "-1")] {
        assert_eq!(ShmId::from_raw(id).to_string(), text);
        assert_eq!(
            format!("{:?}", ShmId::from_raw(id)),
            format!("ShmId({text})")
        );
    }
    assert_eq!(format!("[{:>6}]", ShmId::from_raw(42)), "[    42]");
    let segment = Segment::options()
        .key(unique_key())
        .create(true)
        .open(100)
        .unwrap();
    let segment = segment.destroy_on_drop();
    let stat = format!("{:?}", segment.stat().unwrap());
    for part in [
        "ShmidDs",
        "segsz: 100",
        "nattch: 0",
        "IpcPerm { key: Key(0x",
    ] {
        assert!(stat.contains(part), "{stat}");
    }
}

// --- Segment ---------------------------------------------------------------

#[test]
fn options_find_and_create() {
    let key = unique_key();
    let options = Segment::options().key(key);
    assert_fails(options.open(1), Call::Shmget, Errno::ENOENT);
    let creating = options.create(true);
    let segment = creating
        .mode(mode(0o644))
        .exclusive(true)
        .open(100)
        .unwrap();
    let segment = segment.destroy_on_drop();
    assert_eq!(segment.len().unwrap(), 100);
    let perm = segment.stat().unwrap().perm();
    assert_eq!((perm.key(), perm.mode().bits()), (key, 0o644));
    for options in [options, creating, creating.exclusive(true).exclusive(false)] {
        assert_eq!(options.open(0).unwrap().id(), segment.id());
    }
    assert_fails(
        creating.exclusive(true).open(100),
        Call::Shmget,
        Errno::EEXIST,
    );
    assert_fails(options.open(101), Call::Shmget, Errno::EINVAL);
    if is_root() {
        common::as_ordinary_user(|| {
            assert_fails(options.open(0), Call::Shmget, Errno::EACCES);
            assert_eq!(
                options.mode(mode(0o444)).open(0).unwrap().id(),
                segment.id()
            );
        });
    }
}

#[test]
fn two_who_attach_it_see_each_others_bytes() {
    let segment = segment(page_size() + 1);
    let ours = segment.attach().unwrap();
    let theirs = Segment::open(segment.id()).unwrap().attach().unwrap();
    let reader = segment.attach_read_only().unwrap();
    for mapping in [&ours, &theirs] {
        assert_eq!(mapping.len(), page_size() + 1);
        assert_eq!(mapping.mapped_len(), 2 * page_size());
        assert_eq!(permissions(mapping.addr()), "rw-s");
    }
    ours.shared().store(0, 1_u32);
    theirs.shared().store(page_size(), 2_u8);
    assert_eq!(theirs.shared().load::<u32>(0), 1);
    assert_eq!(reader.shared().load::<u8>(page_size()), 2);
    assert_eq!(permissions(reader.addr() + page_size()), "r--s");
    // Another process, too.
    let read = in_forked_child(|| {
        let mapping = Segment::open(segment.id()).and_then(|segment| segment.attach());
        mapping.map_or(-1, |mapping| {
            mapping.shared().store(4, 3_u32);
            mapping.shared().load::<u8>(page_size()).into()
        })
    });
    assert_eq!((read, ours.shared().load::<u32>(4)), (2, 3));
}

#[test]
fn open_wants_to_read() {
    for id in [ShmId::from_raw(-1), destroyed()] {
        assert_fails(Segment::open(id), Call::ShmctlIpcStat, Errno::EINVAL);
    }
    if !is_root() {
        return skip("it takes two users");
    }
    let segment = segment(1);
    common::as_ordinary_user(|| {
        let refused = Segment::open(segment.id());
        assert_fails(refused, Call::ShmctlIpcStat, Errno::EACCES);
        assert_fails(segment.attach(), Call::Shmat, Errno::EACCES);
        assert_fails(segment.attach_read_only(), Call::Shmat, Errno::EACCES);
        let address = 0x30_2000_0000;
        assert_fails(segment.attach_at(address), Call::Shmat, Errno::EACCES);
        assert_fails(segment.len(), Call::ShmctlIpcStat, Errno::EACCES);
        let refused = segment.set_owner(None, None);
        assert_fails(refused, Call::ShmctlIpcStat, Errno::EACCES);
        assert_fails(
            segment.set_mode(mode(0)),
            Call::ShmctlIpcStat,
            Errno::EACCES,
        );
    });
}

#[test]
fn attach_at_replaces_nothing() {
    let segment = segment(2 * page_size());
    let id = segment.id();
    let mut place = pages(3);
    let start = place.addr();
    place.shared().fill(7);
    for address in [start, start + page_size(), start - page_size()] {
        assert_fails(segment.attach_at(address), Call::Shmat, Errno::EEXIST);
        assert_fails(
            segment.attach_read_only_at(address),
            Call::Shmat,
            Errno::EEXIST,
        );
    }
    // SAFETY: nobody else has these pages.
    let bytes = unsafe { place.as_mut_slice() };
    assert!(bytes.iter().all(|&byte| byte == 7));
    let last_page = usize::MAX - page_size() + 1;
    for address in [0, 1, start + 1, usize::MAX, last_page] {
        assert_fails(segment.attach_at(address), Call::Shmat, Errno::EINVAL);
    }
    assert_fails(segment.attach_at(1 << 60), Call::Shmat, Errno::ENOMEM);
    assert_eq!(nattch(id), 0);
    drop(segment);
    let gone = Segment::open(id);
    assert_fails(gone, Call::ShmctlIpcStat, Errno::EINVAL);
}

#[test]
fn attach_at_a_free_address() {
    const TEST: &str = "attach_at_a_free_address";
    let segment = segment(2 * page_size());
    // Nobody else maps anything meanwhile.
    in_own_process(TEST, || {
        let address = {
            let place = pages(3);
            place.addr()
        };
        let mapping = segment.attach_at(address).unwrap();
        assert_eq!(
            (mapping.addr(), permissions(address).as_str()),
            (address, "rw-s")
        );
        mapping.shared().store(0, 7_u8);
        assert_fails(segment.attach_at(address), Call::Shmat, Errno::EEXIST);
        drop(mapping);
        let mapping = segment.attach_read_only_at(address).unwrap();
        assert_eq!(
            (mapping.addr(), permissions(address).as_str()),
            (address, "r--s")
        );
        assert_eq!(mapping.shared().load::<u8>(0), 7);
        drop(mapping);
        let id = segment.id();
        segment.destroy().unwrap();
        let gone = Segment::open(id);
        assert_fails(gone, Call::ShmctlIpcStat, Errno::EINVAL);
    });
}

#[test]
fn a_mapping_detaches_when_it_is_dropped() {
    let _undisturbed = without_forks();
    let segment = segment(3 * page_size());
    let id = segment.id();
    let mapping = segment.attach().unwrap();
    let reader = segment.attach_read_only().unwrap();
    assert_eq!(nattch(id), 2);
    drop(reader);
    assert_eq!(nattch(id), 1);
    mapping.unmap().unwrap();
    assert_eq!(nattch(id), 0);

    // Also what the kernel has split into parts.
    let mapping = segment.attach().unwrap();
    if let Err(error) = mapping.lock(page_size()..2 * page_size()) {
        assert!(error == Errno::ENOMEM || error == Errno::EPERM);
    }
    mapping.shared().store(0, 7_u8);
    let mapping = mapping.into_read_only().unwrap();
    assert_eq!(permissions(mapping.addr() + page_size()), "r--s");
    assert_eq!((mapping.shared().load::<u8>(0), nattch(id) > 0), (7, true));
    let start = mapping.addr();
    drop(mapping);
    assert_eq!(nattch(id), 0);
    let inode = |page| maps_entry(start + page * page_size()).map_or(0, |entry| entry.inode);
    assert!((0..3).all(|page| inode(page) != id.raw() as u64));
}

#[test]
fn owner_and_mode_can_be_set() {
    let segment = segment(1);
    let perm = || segment.stat().unwrap().perm();
    let before = perm();
    segment.set_mode(mode(0o7444)).unwrap();
    assert_eq!(perm().mode().bits(), 0o444);
    segment.set_owner(None, None).unwrap();
    assert_eq!((perm().uid(), perm().gid()), (before.uid(), before.gid()));
    assert_eq!(perm().mode().bits(), 0o444, "it stays");
    if !is_root() {
        return skip("only root gives it away");
    }
    segment.set_owner(Some(1), None).unwrap();
    assert_eq!((perm().uid(), perm().gid()), (1, before.gid()));
    segment.set_owner(None, Some(2)).unwrap();
    assert_eq!(
        (perm().uid(), perm().gid(), perm().mode().bits()),
        (1, 2, 0o444)
    );
    common::as_ordinary_user(|| {
        let refused = segment.set_mode(mode(0o600));
        assert_fails(refused, Call::ShmctlIpcSet, Errno::EPERM);
    });
}

#[test]
fn destroy_gives_back_what_it_could_not_destroy() {
    let segment = segment(1);
    let id = segment.id();
    let [again, last] = [Segment::open(id).unwrap(), Segment::open(id).unwrap()];
    segment.destroy().unwrap();
    let Refused { error, value } = again.destroy().unwrap_err();
    assert_eq!(
        (error.call(), error.errno()),
        (Call::ShmctlIpcRmid, Errno::EINVAL)
    );
    assert_eq!(value.id(), id);
    assert_fails(last.destroy(), Call::ShmctlIpcRmid, Errno::EINVAL);
    assert_fails(
        Segment::destroy_by_id(id),
        Call::ShmctlIpcRmid,
        Errno::EINVAL,
    );
}

#[test]
fn destroy_is_the_owners() {
    if !is_root() {
        return skip("it takes two users");
    }
    let segment = segment(1);
    segment.set_mode(mode(0o644)).unwrap();
    let id = segment.id();
    common::as_ordinary_user(|| {
        let theirs = Segment::open(id).unwrap().destroy_on_drop();
        let Refused { error, value } = theirs.destroy().unwrap_err();
        assert_eq!(
            (error.call(), error.errno()),
            (Call::ShmctlIpcRmid, Errno::EPERM)
        );
        assert_eq!(value.len().unwrap(), 1);
        assert_fails(
            Segment::destroy_by_id(id),
            Call::ShmctlIpcRmid,
            Errno::EPERM,
        );
    });
    assert_eq!(segment.len().unwrap(), 1);
}

#[test]
fn what_is_destroyed_stays_usable() {
    let _undisturbed = without_forks();
    let segment = Segment::create(4).unwrap();
    let id = segment.id();
    let mapping = segment.attach().unwrap();
    segment.destroy().unwrap();
    mapping.shared().store(0, 7_u32);
    let second = Segment::open(id).unwrap();
    assert!(second.stat().unwrap().perm().mode().contains(IpcMode::DEST));
    let reader = second.attach_read_only().unwrap();
    drop(mapping);
    assert_eq!(reader.shared().load::<u32>(0), 7);
    drop(reader);
    assert_fails(second.attach(), Call::Shmat, Errno::EINVAL);
    assert_fails(second.attach_at(0x30_3000_0000), Call::Shmat, Errno::EINVAL);
}

#[test]
fn a_drop_destroys_only_what_it_was_asked_to() {
    let kept = Segment::create(1).unwrap().id();
    assert_eq!(Segment::open(kept).unwrap().len().unwrap(), 1);
    Segment::destroy_by_id(kept).unwrap();
    assert_fails(Segment::open(kept), Call::ShmctlIpcStat, Errno::EINVAL);

    let segment = segment(1);
    let id = segment.id();
    let mut segment = Some(segment);
    let code = in_forked_child(|| {
        drop(segment.take()); // the child's copy
        i32::from(shmctl_stat(id).is_err())
    });
    assert_eq!(code, 0, "a child destroyed it");
    assert_eq!(Segment::open(id).unwrap().len().unwrap(), 1);
    drop(segment);
    assert_fails(Segment::open(id), Call::ShmctlIpcStat, Errno::EINVAL);

    // A child destroys what it was asked to itself.
    let key = unique_key();
    let code = in_forked_child(|| {
        let segment = Segment::options().key(key).create(true).open(1);
        i32::from(segment.map(Segment::destroy_on_drop).is_err())
    });
    assert_eq!(code, 0);
    assert_fails(
        shmget(key, 0, ShmFlags::empty()),
        Call::Shmget,
        Errno::ENOENT,
    );
}

#[test]
fn five_gibibytes() {
    let _undisturbed = without_forks();
    const LEN: usize = 5 << 30;
    let options = Segment::options().create(true).no_reserve(true);
    let segment = options.open(LEN).unwrap().destroy_on_drop();
    assert_eq!(segment.len().unwrap(), LEN);
    assert_eq!(proc_line(segment.id())[3], LEN as i64);
    let mapping = segment.attach().unwrap();
    assert_eq!((mapping.len(), mapping.mapped_len()), (LEN, LEN));
    mapping.shared().store(0, 1_u8);
    mapping.shared().store(LEN - 1, 2_u8);
    let reader = segment.attach_read_only().unwrap();
    assert_eq!(reader.shared().load::<u8>(0), 1);
    assert_eq!(reader.shared().load::<u8>(LEN - 1), 2);
    let id = segment.id();
    segment.destroy().unwrap();
    drop((mapping, reader));
    assert_fails(Segment::open(id), Call::ShmctlIpcStat, Errno::EINVAL);
}

// --- list ------------------------------------------------------------------

fn listed(id: ShmId) -> Option<ListedSegment> {
    sysv::list().unwrap().find(|listed| listed.id() == id)
}

#[test]
fn list_tells_what_each_segment_is() {
    let _undisturbed = without_forks();
    let key = unique_key();
    let segment = Segment::options().key(key).create(true).mode(mode(0o640));
    let segment = segment.open(12_345).unwrap().destroy_on_drop();
    let id = segment.id();
    let found = listed(id).unwrap();
    assert_eq!(our_stat(id, found.stat()), libc_stat(id));
    assert_eq!(
        (found.stat().segsz(), found.stat().perm().key()),
        (12_345, key)
    );
    assert!(found.is_orphaned());
    let mapping = segment.attach().unwrap();
    let found = listed(id).unwrap();
    assert_eq!((found.is_orphaned(), found.stat().nattch()), (false, 1));
    // Marked to be destroyed it is still there.
    segment.destroy().unwrap();
    assert!(
        listed(id)
            .unwrap()
            .stat()
            .perm()
            .mode()
            .contains(IpcMode::DEST)
    );
    drop(mapping);
    assert!(listed(id).is_none());
}

#[test]
fn list_shows_what_may_not_be_read() {
    if !is_root() {
        return skip("it takes two users");
    }
    let segment = segment(7);
    common::as_ordinary_user(|| match listed(segment.id()) {
        Some(found) => assert_eq!(found.stat().segsz(), 7),
        None if common::is_emulated() => skip("the emulator has no SHM_STAT_ANY"),
        None => panic!("it is not listed"),
    });
}

#[test]
fn list_shows_all_and_no_others() {
    if !is_root() {
        return skip("only root has a namespace of its own");
    }
    let outside = segment(1);
    in_own_namespace(|| {
        let sizes = || {
            let list = sysv::list().unwrap();
            list.map(|listed| listed.stat().segsz()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(), []);
        let [first, second, third] = [1, 2, 3].map(segment);
        assert_eq!(sizes(), [1, 2, 3]);
        assert!(listed(outside.id()).is_none_or(|listed| listed.stat().cpid() != 0));
        drop(second);
        assert_eq!(sizes(), [1, 3]);
        drop(first);
        assert_eq!(sizes(), [3]);
        let mut list = sysv::list().unwrap();
        drop(third);
        assert!(list.next().is_none() && list.next().is_none());
    });
}

#[test]
fn list_knows_whether_the_creator_lives() {
    let ours = segment(1);
    assert_eq!(listed(ours.id()).unwrap().creator_alive(), Some(true));

    let key = unique_key();
    let code = in_forked_child(|| i32::from(shmget(key, 1, CREATE).is_err()));
    assert_eq!(code, 0);
    let theirs = Created(shmget(key, 0, ShmFlags::empty()).unwrap());
    assert_eq!(listed(theirs.0).unwrap().creator_alive(), Some(false));

    if !is_root() {
        return skip("only root has other users' processes, and pids, at hand");
    }
    // Somebody else's process lives as well.
    common::as_ordinary_user(|| {
        if let Some(found) = listed(ours.id()) {
            assert_eq!(found.creator_alive(), Some(true));
        }
    });
    common::unshared(libc::CLONE_NEWPID, || {
        let answer = || match listed(ours.id()).map(|found| found.creator_alive()) {
            Some(None) => 0,
            _ => 1,
        };
        assert_eq!(
            in_forked_child(answer),
            0,
            "the creator has no number there"
        );
    });
}
