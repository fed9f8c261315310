//! Objects that get their name when they are complete: what is seen of them meanwhile, what
//! those leave who are killed, and who opens what.

#![cfg(target_os = "linux")]

mod common;

use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{io, panic, ptr, thread};

use rawshm::descriptor::{Mode, OFlags, ftruncate};
use rawshm::fd::OwnedFd;
use rawshm::mm::page_size;
use rawshm::shm::{self, Removal, SharedMemoryOptions, shm_open};
use rawshm::syscall::{SYS_linkat, SYS_openat, SYS_renameat2};
use rawshm::{Call, Errno, Error, MapOptions, Mapping, Shared, SharedMemory, SharedSlice};

use common::{UniqueName, assert_fails, is_root, skip};

/// Long enough for everything; nobody waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

const LEN: u64 = 40_000;

// --- what there is ---------------------------------------------------------

/// A directory in `/dev/shm` that nobody else uses, gone with all that is in it.
struct OwnDirectory {
    name: UniqueName,
    fd: OwnedFd,
}

impl OwnDirectory {
    fn new() -> Self {
        let name = UniqueName::new("directory");
        fs::create_dir(name.path()).unwrap();
        let fd = shm::open_directory(name.path().as_os_str().as_bytes()).unwrap();
        Self { name, fd }
    }

    fn options(&self) -> SharedMemoryOptions<'_> {
        SharedMemory::options().directory(&self.fd)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.name.path().join(name)
    }

    /// All names in it, in order.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.name.path()).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<_> = entries
            .map(|entry| name(entry).into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn temporary_names(&self) -> usize {
        let listed = shm::list_in(&self.fd).unwrap();
        listed
            .filter(|object| object.as_ref().unwrap().is_temporary())
            .count()
    }
}

fn not_called(_: SharedSlice<'_>) {
    panic!("it is not called");
}

/// Fills with a value, 8 bytes each.
fn fill_with(value: u64) -> impl Fn(SharedSlice<'_>) {
    move |slice| slice.copy_from_slice(&value.to_ne_bytes().repeat(slice.len() / 8))
}

/// The value that all of it is filled with.
#[track_caller]
fn value_of(memory: &SharedMemory) -> u64 {
    let mapping = memory.map_read_only().unwrap();
    assert_eq!(mapping.len() as u64, LEN);
    let mut bytes = vec![0; mapping.len()];
    mapping.shared().copy_to_slice(&mut bytes);
    // Each value is the one before it.
    assert!(bytes[8..] == bytes[..bytes.len() - 8], "half made");
    u64::from_ne_bytes(bytes[..8].try_into().unwrap())
}

// --- what the kernel can ---------------------------------------------------

/// One rule of a filter: this call fails, or kills, if an argument has this bit.
struct Rule {
    call: usize,
    argument: u32,
    bit: u32,
    action: u32,
}

impl Rule {
    fn fails(call: usize, argument: u32, bit: u32, errno: Errno) -> Self {
        let action = libc::SECCOMP_RET_ERRNO | errno.raw() as u32;
        Self {
            call,
            argument,
            bit,
            action,
        }
    }

    fn no_link_by_descriptor() -> Self {
        Self::fails(SYS_linkat, 4, libc::AT_EMPTY_PATH as u32, Errno::ENOENT)
    }

    fn no_unnamed() -> Self {
        // The bit of O_TMPFILE that O_DIRECTORY does not have.
        Self::fails(SYS_openat, 2, 0o20_000_000, Errno::EOPNOTSUPP)
    }

    fn no_rename_to_new() -> Self {
        Self::fails(SYS_renameat2, 4, libc::RENAME_NOREPLACE, Errno::EINVAL)
    }
}

/// Has the kernel apply the rules to this thread, for good; `false` if it cannot.
fn filter(rules: &[Rule]) -> bool {
    if rules.is_empty() {
        return true;
    }
    let statement = |code, k| libc::sock_filter {
        code,
        jt: 0,
        jf: 0,
        k,
    };
    let jump = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let (load, equal, set, give) = (0x20, 0x15, 0x45, 0x06);
    let mut program = Vec::new();
    for rule in rules {
        // struct seccomp_data: the call's number at 0, the arguments of 8 bytes from 16 on.
        program.extend([
            statement(load, 0),
            jump(equal, rule.call as u32, 0, 3),
            statement(load, 16 + 8 * rule.argument),
            jump(set, rule.bit, 0, 1),
            statement(give, rule.action),
        ]);
    }
    program.push(statement(give, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: prctl touches no memory here.
    let allowed = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    let mode = libc::SECCOMP_MODE_FILTER;
    // SAFETY: the kernel reads the program, which lives until then.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) };
    if (allowed, set) != (0, 0) {
        skip(format_args!("a filter: {}", io::Error::last_os_error()));
    }
    (allowed, set) == (0, 0)
}

/// A way in which an object can be made.
#[derive(Clone, Copy, Debug)]
enum Way {
    AsItIs,
    ThroughProc,
    TemporaryNames,
    TemporaryNamesAndLinks,
    WithoutProc,
    WithoutAnyLink,
}

impl Way {
    /// Whether there are temporary names while an object is made.
    fn has_temporary_names(self) -> bool {
        match self {
            Self::AsItIs | Self::ThroughProc => false,
            Self::WithoutProc => !is_root() && !everybody_may_link(),
            Self::TemporaryNames | Self::TemporaryNamesAndLinks | Self::WithoutAnyLink => true,
        }
    }
}

/// Whether it takes no privilege to link by a descriptor: from Linux 6.10 on.
#[allow(clippy::unnecessary_cast, reason = "a char of C has a sign or not")]
fn everybody_may_link() -> bool {
    // SAFETY: all zeroes are a value of it.
    let mut name: libc::utsname = unsafe { std::mem::zeroed() };
    // SAFETY: uname writes it.
    unsafe { libc::uname(&raw mut name) };
    let release = name.release.map(|byte| char::from(byte as u8));
    let mut numbers = release.split(|char| !char.is_ascii_digit());
    let mut number = || -> Option<u32> { String::from_iter(numbers.next()?).parse().ok() };
    (number(), number()) >= (Some(6), Some(10))
}

/// Runs `body` on a thread of its own with each of the ways.
fn each_way(body: impl Fn(Way) + Sync) {
    let filtered = |way: Way, rules: &[Rule]| {
        if filter(rules) {
            body(way);
        }
    };
    thread::scope(|scope| {
        let ways = [
            (Way::AsItIs, vec![]),
            (Way::ThroughProc, vec![Rule::no_link_by_descriptor()]),
            (Way::TemporaryNames, vec![Rule::no_unnamed()]),
            (
                Way::TemporaryNamesAndLinks,
                vec![Rule::no_unnamed(), Rule::no_rename_to_new()],
            ),
        ];
        for (way, rules) in ways {
            let thread = scope.spawn(move || filtered(way, &rules));
            thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic));
        }
    });
    for (way, rules) in [
        (Way::WithoutProc, vec![]),
        (Way::WithoutAnyLink, vec![Rule::no_link_by_descriptor()]),
    ] {
        common::unshared(libc::CLONE_NEWNS, || {
            let private = mount(c"/", libc::MS_REC | libc::MS_PRIVATE);
            if let Err(error) = private.and_then(|()| mount(c"/proc", 0)) {
                return skip(format_args!("mount: {error}"));
            }
            assert!(!fs::exists("/proc/thread-self").unwrap());
            filtered(way, &rules);
        });
    }
}

fn mount(target: &std::ffi::CStr, flags: u64) -> io::Result<()> {
    common::mount(target, flags, c"")
}

// --- other processes -------------------------------------------------------

/// A child that runs a closure; killed on drop.
struct Child(libc::pid_t);

impl Child {
    /// Only in a process of one test, whose other threads do nothing.
    fn fork(body: impl FnOnce()) -> Self {
        // SAFETY: no other thread holds a lock that the child needs.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", io::Error::last_os_error()),
            0 => {
                // Nor does it outlive a test that is killed.
                // SAFETY: prctl touches no memory here.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                let passed = panic::catch_unwind(panic::AssertUnwindSafe(body)).is_ok();
                // SAFETY: the child ends here.
                unsafe { libc::_exit(i32::from(!passed)) }
            }
            child => Self(child),
        }
    }

    fn kill(&self) {
        // SAFETY: a child that nobody has waited for yet.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
    }

    /// Its exit code, or the signal that killed it as a negative number.
    fn wait(self) -> i32 {
        let mut status = 0;
        // SAFETY: waitpid writes the status.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!(waited, self.0, "waitpid: {}", io::Error::last_os_error());
        std::mem::forget(self);
        match libc::WIFSIGNALED(status) {
            true => -libc::WTERMSIG(status),
            false => libc::WEXITSTATUS(status),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        // SAFETY: nothing is written.
        unsafe { libc::waitpid(self.0, ptr::null_mut(), 0) };
    }
}

/// Memory of this process and its children: a barrier of processes, and numbers.
struct Meeting {
    memory: Mapping<Shared>,
}

impl Meeting {
    const NUMBERS: usize = 128;

    fn new(processes: u32) -> Self {
        let len = Self::NUMBERS + 8 * (processes as usize + 1);
        let memory = MapOptions::new().len(len).map_shared_anonymous().unwrap();
        assert!(size_of::<libc::pthread_barrier_t>() <= Self::NUMBERS);
        // SAFETY: all zeroes are a value of it.
        let mut attributes: libc::pthread_barrierattr_t = unsafe { std::mem::zeroed() };
        // SAFETY: they are written.
        unsafe { libc::pthread_barrierattr_init(&raw mut attributes) };
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: they are initialised.
        unsafe { libc::pthread_barrierattr_setpshared(&raw mut attributes, shared) };
        let barrier = memory.as_mut_ptr().cast();
        // SAFETY: the memory is large enough, and aligned to a page.
        let made = unsafe { libc::pthread_barrier_init(barrier, &raw const attributes, processes) };
        assert_eq!(made, 0);
        Self { memory }
    }

    /// Waits until all are there.
    fn wait(&self) {
        // SAFETY: it is initialised, and lives as long as the memory.
        unsafe { libc::pthread_barrier_wait(self.memory.as_mut_ptr().cast()) };
    }

    fn set(&self, process: usize, number: u64) {
        self.memory
            .shared()
            .store(Self::NUMBERS + 8 * process, number);
    }

    fn get(&self, process: usize) -> u64 {
        self.memory.shared().load(Self::NUMBERS + 8 * process)
    }
}

/// Numbers that look as if they were random.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// Looks at the clock, because a sleep takes at least some 50 µs; others may have the processor.
fn pass(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        thread::yield_now();
    }
}

/// Microseconds in which an object is made here a few times: 1500, unless the machine is slow.
fn long_enough_to_create(options: SharedMemoryOptions<'_>) -> u64 {
    let start = Instant::now();
    for _ in 0..3 {
        drop(options.create_with("a", LEN, fill_with(0)).unwrap());
        options.unlink("a").unwrap();
    }
    1500.max(start.elapsed().as_micros() as u64)
}

// --- create_with -----------------------------------------------------------

#[test]
fn every_way_of_making_an_object_makes_the_same() {
    each_way(|way| {
        println!("{way:?}");
        let directory = OwnDirectory::new();
        create_with_and_its_kin(way, &directory);
        // In /dev/shm itself.
        let name = UniqueName::new("way");
        let memory = SharedMemory::create_with(&name, LEN, fill_with(1)).unwrap();
        assert_eq!((memory.len().unwrap(), value_of(&memory)), (LEN, 1));
        let replaced = SharedMemory::replace_with(&name, LEN, fill_with(2)).unwrap();
        assert_eq!(value_of(&SharedMemory::open(&name).unwrap()), 2);
        assert_eq!(replaced.stat().unwrap().nlink(), 1);
        assert_eq!(memory.stat().unwrap().nlink(), 0);
        let opened = SharedMemory::open_or_create_with(&name, LEN, fill_with(3)).unwrap();
        assert_eq!(value_of(&opened), 2);
        SharedMemory::unlink(&name).unwrap();
    });
}

#[derive(Debug, PartialEq)]
enum OwnError {
    Own,
    OfTheCrate(Error),
}

impl From<Error> for OwnError {
    fn from(error: Error) -> Self {
        Self::OfTheCrate(error)
    }
}

fn create_with_and_its_kin(way: Way, directory: &OwnDirectory) {
    let options = directory.options();
    let open = |name: &str| value_of(&options.open(name).unwrap());
    let nothing: [String; 0] = [];

    let made = options.create_with("new", LEN, |slice| {
        assert_eq!(slice.len() as u64, LEN);
        assert!(slice.equals(&vec![0; LEN as usize]));
        let names = directory.names();
        assert_eq!(names.len(), usize::from(way.has_temporary_names()));
        assert_eq!(names.len(), directory.temporary_names());
        // Whoever opens it meanwhile finds none.
        assert_fails(options.open("new"), Call::ShmOpen, Errno::ENOENT);
        fill_with(7)(slice);
    });
    assert_eq!((value_of(&made.unwrap()), open("new")), (7, 7));
    assert_eq!(directory.names(), ["new"]);
    let file = fs::metadata(directory.path("new")).unwrap();
    assert!(file.blocks() * 512 >= LEN, "it is reserved");
    assert_eq!((file.nlink(), file.mode() & 0o7777), (1, 0o600));

    let taken = options.create_with("new", LEN, not_called);
    assert_fails(taken, Call::Linkat, Errno::EEXIST);
    let error = options
        .create_with("late", LEN, |_| {
            fs::write(directory.path("late"), "theirs").unwrap();
        })
        .unwrap_err();
    assert!(error == Errno::EEXIST);
    assert_eq!(fs::read(directory.path("late")).unwrap(), b"theirs");
    fs::remove_file(directory.path("late")).unwrap();

    assert_eq!(
        value_of(&options.open_or_create_with("new", LEN, not_called).unwrap()),
        7
    );
    assert_eq!(
        value_of(
            &options
                .open_or_create_with("ooc", LEN, fill_with(8))
                .unwrap()
        ),
        8
    );
    // Somebody was faster.
    let late = options.open_or_create_with("late", LEN, |slice| {
        options.create_with("late", LEN, fill_with(1)).unwrap();
        fill_with(2)(slice);
    });
    assert_eq!((value_of(&late.unwrap()), open("late")), (1, 1));
    let longer = options.open_or_create_with("new", LEN + 1, |_| ());
    assert_fails(longer, Call::Open, Errno::ERANGE);

    let old = options.open("new").unwrap();
    options
        .replace_with("new", LEN, |slice| {
            assert_eq!(open("new"), 7);
            fill_with(9)(slice);
        })
        .unwrap();
    assert_eq!((open("new"), value_of(&old)), (9, 7));
    assert_eq!(
        value_of(&options.replace_with("first", LEN, fill_with(3)).unwrap()),
        3
    );
    assert_eq!(directory.names(), ["first", "late", "new", "ooc"]);
    for name in directory.names() {
        options.unlink(name).unwrap();
    }

    // What fails leaves nothing.
    let fails = |_: SharedSlice<'_>| Err(OwnError::Own);
    let error = options.create_with("a", 1 << 60, fails).unwrap_err();
    assert!(matches!(error, OwnError::OfTheCrate(error) if error == Errno::ENOSPC));
    for result in [
        options.create_with("a", LEN, fails),
        options.open_or_create_with("a", LEN, fails),
        options.replace_with("a", LEN, fails),
    ] {
        assert_eq!(result.unwrap_err(), OwnError::Own);
    }
    fn panics(_: SharedSlice<'_>) {
        panic::resume_unwind(Box::new("own"));
    }
    let caught = [
        panic::catch_unwind(|| drop(options.create_with("a", LEN, panics))),
        panic::catch_unwind(|| drop(options.open_or_create_with("a", LEN, panics))),
        panic::catch_unwind(|| drop(options.replace_with("a", LEN, panics))),
    ];
    assert!(caught.iter().all(Result::is_err));
    for (len, call, errno) in [
        (1 << 60, Call::Fallocate, Errno::ENOSPC),
        (1 << 63, Call::Ftruncate, Errno::EINVAL),
        (0, Call::Mmap, Errno::EINVAL),
    ] {
        assert_fails(options.create_with("a", len, |_| ()), call, errno);
        assert_fails(options.replace_with("a", len, |_| ()), call, errno);
        assert_fails(options.open_or_create_with("a", len, |_| ()), call, errno);
    }
    fs::create_dir(directory.path("directory")).unwrap();
    let replaced = options.replace_with("directory", LEN, |_| ());
    assert_fails(replaced, Call::Renameat2, Errno::EISDIR);
    fs::remove_dir(directory.path("directory")).unwrap();
    assert_eq!(directory.names(), nothing);

    // Their names go with them.
    let unlinking = options.unlink_on_drop(true);
    let creates: [&dyn Fn() -> rawshm::Result<SharedMemory>; 4] = [
        &|| unlinking.create("a", LEN),
        &|| unlinking.create_with("a", LEN, |_| ()),
        &|| unlinking.open_or_create_with("a", LEN, |_| ()),
        &|| unlinking.replace_with("a", LEN, |_| ()),
    ];
    for create in creates {
        let memory = create().unwrap();
        drop(unlinking.open("a").unwrap());
        drop(unlinking.open_or_create_with("a", LEN, |_| ()).unwrap());
        assert_eq!(directory.names(), ["a"]);
        drop(memory);
        assert_eq!(directory.names(), nothing);
    }
}

#[test]
fn the_mode_is_the_creators() {
    each_way(|_| {
        let directory = OwnDirectory::new();
        common::with_umask(0o027, || {
            let all = directory.options().mode(Mode::from_bits_retain(0o666));
            all.create_with("a", LEN, |_| ()).unwrap();
            all.replace_with("b", LEN, |_| ()).unwrap();
        });
        for name in ["a", "b"] {
            let mode = fs::metadata(directory.path(name)).unwrap().mode();
            assert_eq!(mode & 0o7777, 0o640);
        }
    });
}

// --- races -----------------------------------------------------------------

#[test]
fn of_200_processes_one_makes_the_object() {
    const PROCESSES: usize = 200;
    const ROUNDS: u64 = 100;
    common::in_own_process("of_200_processes_one_makes_the_object", || {
        let name = UniqueName::new("race");
        let meeting = Meeting::new(PROCESSES as u32 + 1);
        let open = |value: u64| {
            let made = SharedMemory::open_or_create_with(&name, LEN, fill_with(value));
            let memory = made.unwrap();
            value_of(&memory) << 32 | memory.stat().unwrap().ino()
        };
        let race = |process: usize| {
            for round in 0..ROUNDS {
                meeting.wait();
                let value = round * PROCESSES as u64 + process as u64;
                // Whoever fails still comes to the meetings.
                let found = panic::catch_unwind(|| open(value)).unwrap_or(u64::MAX);
                meeting.set(process, found);
                meeting.wait();
                meeting.wait();
            }
        };
        let children: Vec<_> = (0..PROCESSES)
            .map(|process| Child::fork(|| race(process)))
            .collect();
        let mut makers = std::collections::HashSet::new();
        for round in 0..ROUNDS {
            meeting.wait();
            meeting.wait();
            let found: Vec<_> = (0..PROCESSES).map(|process| meeting.get(process)).collect();
            assert!(found.iter().all(|other| *other == found[0]), "{found:?}");
            let memory = SharedMemory::open(&name).unwrap();
            assert_eq!(memory.stat().unwrap().ino(), found[0] & 0xffff_ffff);
            assert_eq!((found[0] >> 32) / PROCESSES as u64, round);
            makers.insert((found[0] >> 32) % PROCESSES as u64);
            SharedMemory::unlink(&name).unwrap();
            meeting.wait();
        }
        children
            .into_iter()
            .for_each(|child| assert_eq!(child.wait(), 0));
        println!("{} different processes were first", makers.len());
    });
}

#[test]
fn a_race_where_there_is_not_space_for_all() {
    common::with_own_dev_shm(0, c"size=128k", || {
        thread::scope(|scope| {
            for round in 0..20 {
                let race = move || {
                    let slow = |slice: SharedSlice<'_>| {
                        fill_with(round)(slice);
                        thread::sleep(Duration::from_millis(5));
                    };
                    SharedMemory::open_or_create_with("race", LEN, slow).map(|it| value_of(&it))
                };
                let racers: Vec<_> = (0..10).map(|_| scope.spawn(race)).collect();
                for racer in racers {
                    assert_eq!(racer.join().unwrap(), Ok(round));
                }
                SharedMemory::unlink("race").unwrap();
            }
        });
        let space = shm::space().unwrap();
        assert_eq!(space.free(), space.total());
    });
}

// --- kills -----------------------------------------------------------------

/// Opens the name until it is told to end, and finds nothing half made.
///
/// Returns how often there was an object.
fn keep_opening(options: SharedMemoryOptions<'_>, name: &str, end: &AtomicBool) -> u64 {
    let mut opened = 0;
    while !end.load(Ordering::Relaxed) {
        match options.open(name) {
            Ok(memory) => {
                value_of(&memory);
                opened += 1;
            }
            Err(error) => assert_eq!(
                (error.call(), error.errno()),
                (Call::ShmOpen, Errno::ENOENT)
            ),
        }
    }
    opened
}

#[test]
fn a_creator_that_is_killed_leaves_nothing() {
    common::in_own_process("a_creator_that_is_killed_leaves_nothing", || {
        let directory = OwnDirectory::new();
        let options = directory.options();
        let (mut random, end) = (Random(1), AtomicBool::new(false));
        let longest = long_enough_to_create(options);
        let (mut named, mut unnamed) = (0, 0);
        thread::scope(|scope| {
            let opener = scope.spawn(|| keep_opening(options, "a", &end));
            for round in 0..1000 {
                let child = Child::fork(|| {
                    loop {
                        drop(options.create_with("a", LEN, fill_with(round)).unwrap());
                        options.unlink("a").unwrap();
                    }
                });
                pass(Duration::from_micros(random.below(longest)));
                child.kill();
                assert_eq!(child.wait(), -libc::SIGKILL);
                match options.open("a") {
                    Ok(memory) => {
                        assert_eq!(value_of(&memory), round);
                        named += 1;
                        options.unlink("a").unwrap();
                    }
                    Err(error) => {
                        assert!(error == Errno::ENOENT, "{error}");
                        unnamed += 1;
                    }
                }
                assert_eq!(directory.names(), [""; 0]);
            }
            end.store(true, Ordering::Relaxed);
            let opened = opener.join().unwrap();
            println!("{named} times there was an object, {unnamed} times none; opened {opened}");
            assert!(opened > 0);
        });
    });
}

/// What is left of a `replace_with` that is killed between its two last calls.
fn killed_before_the_rename(options: SharedMemoryOptions<'_>, name: &str) -> i32 {
    let child = Child::fork(|| {
        let kill = Rule {
            call: SYS_renameat2,
            argument: 0,
            bit: !0,
            action: libc::SECCOMP_RET_KILL_PROCESS,
        };
        filter(&[kill]);
        drop(options.replace_with(name, LEN, fill_with(0)));
    });
    child.wait()
}

#[test]
fn what_a_killed_replacer_leaves_goes_with_the_next() {
    common::in_own_process("what_a_killed_replacer_leaves_goes_with_the_next", || {
        let directory = OwnDirectory::new();
        let options = directory.options();
        options.create_with("a", LEN, fill_with(1)).unwrap();
        for left in 1..4 {
            if killed_before_the_rename(options, "b") != -libc::SIGSYS {
                return skip("no filter");
            }
            assert_eq!(directory.temporary_names(), 1, "the former went");
            assert_eq!(directory.names().len(), 2, "{left}");
        }
        // Of another name: it stays.
        options.replace_with("a", LEN, fill_with(2)).unwrap();
        assert_eq!(directory.temporary_names(), 1);
        let left = shm::list_in(&directory.fd).unwrap().flatten();
        let mut left = left.filter(|object| object.is_temporary());
        let left = left.next().unwrap();
        assert_eq!((left.stat().size(), left.is_in_use()), (LEN, Some(false)));
        // Somebody has it: it may be that the replacer still lives.
        let held = options.open(left.name()).unwrap();
        options.replace_with("b", LEN, fill_with(3)).unwrap();
        assert_eq!(directory.names().len(), 3);
        drop(held);
        options.replace_with("b", LEN, fill_with(4)).unwrap();
        assert_eq!(directory.names(), ["a", "b"]);
    });
}

#[test]
fn replacers_leave_each_other_alone() {
    let directory = OwnDirectory::new();
    let options = directory.options();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for _ in 0..200 {
                    let memory = options.replace_with("a", LEN, fill_with(thread)).unwrap();
                    assert_eq!(value_of(&memory), thread);
                }
            });
        }
    });
    assert_eq!(directory.names(), ["a"]);
    value_of(&options.open("a").unwrap());
}

#[test]
fn readers_find_the_old_or_the_new() {
    let test = "readers_find_the_old_or_the_new";
    common::in_own_process(test, || {
        let directory = OwnDirectory::new();
        let options = directory.options();
        options.create_with("a", LEN, fill_with(0)).unwrap();
        let (mut random, end, version) = (Random(7), AtomicBool::new(false), AtomicU64::new(0));
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut versions = std::collections::HashSet::new();
                        while !end.load(Ordering::Relaxed) {
                            // Never told that there is none.
                            versions.insert(value_of(&options.open("a").unwrap()));
                        }
                        versions.len()
                    })
                })
                .collect();
            for round in 0..300 {
                let first = version.fetch_add(1 << 32, Ordering::Relaxed);
                let child = Child::fork(|| {
                    for version in first.. {
                        drop(options.replace_with("a", LEN, fill_with(version)).unwrap());
                    }
                });
                pass(Duration::from_micros(random.below(3000)));
                child.kill();
                assert_eq!(child.wait(), -libc::SIGKILL);
                assert!(directory.temporary_names() <= 1, "round {round}");
            }
            end.store(true, Ordering::Relaxed);
            for reader in readers {
                println!("{} versions", reader.join().unwrap());
            }
        });
        drop(options.replace_with("a", LEN, fill_with(1)).unwrap());
        assert_eq!(directory.names(), ["a"]);
    });
}

#[test]
fn without_unnamed_objects_a_killed_creator_leaves_a_temporary_name_at_most() {
    let test = "without_unnamed_objects_a_killed_creator_leaves_a_temporary_name_at_most";
    common::in_own_process(test, || {
        if !filter(&[Rule::no_unnamed()]) {
            return;
        }
        let directory = OwnDirectory::new();
        let options = directory.options();
        let (mut random, mut left) = (Random(3), 0);
        let longest = long_enough_to_create(options);
        for round in 0..300 {
            let child = Child::fork(|| {
                loop {
                    drop(options.create_with("a", LEN, fill_with(round)).unwrap());
                    options.unlink("a").unwrap();
                }
            });
            pass(Duration::from_micros(random.below(longest)));
            child.kill();
            assert_eq!(child.wait(), -libc::SIGKILL);
            if let Ok(memory) = options.open("a") {
                value_of(&memory);
                options.unlink("a").unwrap();
            }
            let names = directory.names();
            assert_eq!(names.len(), directory.temporary_names());
            assert!(names.len() <= 1, "{names:?}");
            left += names.len();
        }
        println!("{left} of 300 left a temporary name");
        assert!(left > 0);
        drop(options.create_with("a", LEN, |_| ()).unwrap());
        assert_eq!(directory.names(), ["a"]);
    });
}

// --- unlink_on_drop --------------------------------------------------------

#[test]
fn only_the_creators_process_takes_the_name_along() {
    common::in_own_process("only_the_creators_process_takes_the_name_along", || {
        let directory = OwnDirectory::new();
        for options in [SharedMemory::options(), directory.options()] {
            let name = UniqueName::new("fork");
            let memory = options.unlink_on_drop(true).create(&name, LEN).unwrap();
            let mut memory = Some(memory);
            assert_eq!(Child::fork(|| drop(memory.take())).wait(), 0);
            options.open(&name).unwrap();
            drop(memory);
            assert_fails(options.open(&name), Call::ShmOpen, Errno::ENOENT);
        }
    });
}

#[test]
fn a_forked_child_with_its_creators_number_leaves_the_name() {
    common::in_own_process(
        "a_forked_child_with_its_creators_number_leaves_the_name",
        || {
            // In a namespace of processes the first is number 1: creator and child alike.
            let first_of_all = |body: &mut dyn FnMut()| match unshare_processes() {
                Err(error) => common::skip(format_args!("unshare(CLONE_NEWPID): {error}")),
                Ok(()) => assert_eq!(Child::fork(body).wait(), 0),
            };
            let name = UniqueName::new("first");
            first_of_all(&mut || {
                let options = SharedMemory::options().unlink_on_drop(true);
                let mut memory = Some(options.create(&name, LEN).unwrap());
                let creator = std::process::id();
                first_of_all(&mut || {
                    assert_eq!((creator, std::process::id()), (1, 1));
                    drop(memory.take());
                });
                SharedMemory::open(&name).unwrap();
                drop(memory.take());
                assert_fails(SharedMemory::open(&name), Call::ShmOpen, Errno::ENOENT);
            });
        },
    );
}

/// Children from here on are in a new namespace of processes.
fn unshare_processes() -> io::Result<()> {
    // SAFETY: nothing of this process itself changes.
    match unsafe { libc::unshare(libc::CLONE_NEWPID) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[test]
fn the_name_of_another_object_stays() {
    let directory = OwnDirectory::new();
    let options = directory.options().unlink_on_drop(true);
    let first = options.create("a", LEN).unwrap();
    let second = options.replace_with("a", LEN, |_| ()).unwrap();
    drop(first);
    assert_eq!(directory.names(), ["a"]);
    // Renamed away, and another one in its place.
    fs::rename(directory.path("a"), directory.path("b")).unwrap();
    fs::write(directory.path("a"), "text").unwrap();
    drop(second);
    assert_eq!(directory.names(), ["a", "b"]);
    // A descriptor that is taken out is not ours any more.
    let third = options.create("c", LEN).unwrap();
    let fd = OwnedFd::from(third);
    assert_eq!(directory.names(), ["a", "b"]);
    drop(fd);
}

// --- remove_if_orphaned ----------------------------------------------------

/// Asks until the answer is another than `InUse`: a process that another test is just starting
/// has all our descriptors until it executes its program.
#[track_caller]
fn remove_at_last(options: SharedMemoryOptions<'_>, name: &str) -> Removal {
    let start = Instant::now();
    loop {
        match options.remove_if_orphaned(name).unwrap() {
            Removal::InUse => assert!(start.elapsed() < PATIENCE, "it stays in use"),
            other => return other,
        }
    }
}

#[test]
fn what_somebody_has_is_not_removed() {
    let directory = OwnDirectory::new();
    let options = directory.options();
    let remove = || options.remove_if_orphaned("a").unwrap();
    let missing = options.remove_if_orphaned("a");
    assert_fails(missing, Call::ShmOpen, Errno::ENOENT);

    let memory = options.create("a", LEN).unwrap();
    if remove() == Removal::Unknown {
        return skip("no leases");
    }
    assert_eq!(remove(), Removal::InUse);
    let mapping = memory.map().unwrap();
    drop(memory);
    assert_eq!(remove(), Removal::InUse, "it is mapped");
    drop(mapping);
    assert_eq!(directory.names(), ["a"]);
    assert_eq!(remove_at_last(options, "a"), Removal::Removed);
    assert_eq!(directory.names(), [""; 0]);

    // Another process has it, first open and then nobody.
    drop(options.create("a", LEN).unwrap());
    let mut theirs = Command::new("sleep");
    let file = File::open(directory.path("a")).unwrap();
    theirs.arg("1000").stdin(file).stdout(Stdio::null());
    let mut child = theirs.spawn().unwrap();
    drop(theirs);
    let answer = remove();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer, Removal::InUse);
    assert_eq!(remove_at_last(options, "a"), Removal::Removed);
}

#[test]
fn of_many_who_remove_an_orphan_while_others_create_it() {
    let directory = OwnDirectory::new();
    let options = directory.options();
    drop(options.create("leases", 1).unwrap());
    let has_leases = options.remove_if_orphaned("leases").unwrap() != Removal::Unknown;
    let (removed, end) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                match options.remove_if_orphaned("a") {
                    Ok(Removal::Removed) => removed.fetch_add(1, Ordering::Relaxed),
                    Ok(_) => continue,
                    Err(error) if error == Errno::ENOENT => continue,
                    Err(error) => panic!("{error}"),
                };
            }
        });
        // If this one panics the other must end as well.
        let _end = End(&end);
        let start = Instant::now();
        while has_leases && removed.load(Ordering::Relaxed) < 50 {
            assert!(start.elapsed() < PATIENCE, "removed {removed:?} times");
            for round in 0..20 {
                let memory = options
                    .open_or_create_with("a", LEN, fill_with(round))
                    .unwrap();
                // Whoever has it keeps its name.
                let same = options.open("a").unwrap();
                assert_eq!(memory.stat().unwrap().ino(), same.stat().unwrap().ino());
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Sets a flag at the end, however that comes.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn somebody_elses_is_not_removed_and_not_replaced() {
    if !is_root() {
        return skip("it takes two users");
    }
    common::with_own_dev_shm(0, c"mode=1777", || {
        let readable = Mode::from_bits_retain(0o644);
        let roots = SharedMemory::options()
            .mode(readable)
            .create("a", LEN)
            .unwrap();
        drop(SharedMemory::create("private", LEN).unwrap());
        common::as_ordinary_user(|| {
            for name in ["a", "private"] {
                let removed = SharedMemory::remove_if_orphaned(name).unwrap();
                assert_eq!(removed, Removal::Unknown);
                let replaced = SharedMemory::replace_with(name, LEN, |_| ());
                assert_fails(replaced, Call::Renameat2, Errno::EPERM);
                let created = SharedMemory::create_with(name, LEN, |_| ());
                assert_fails(created, Call::Linkat, Errno::EEXIST);
                let opened = SharedMemory::open_or_create_with(name, LEN, |_| ());
                assert_fails(opened, Call::ShmOpen, Errno::EACCES);
            }
            let mine = SharedMemory::options()
                .read_only(true)
                .require_owner(common::NOBODY);
            assert_fails(mine.open("a"), Call::Open, Errno::EPERM);
            assert_fails(mine.open_ready("a", PATIENCE), Call::Open, Errno::EPERM);
            mine.require_owner(0).open("a").unwrap();
            SharedMemory::create_with("theirs", LEN, |_| ()).unwrap();
        });
        assert_eq!(shm::list().unwrap().count(), 3);
        assert_eq!(roots.stat().unwrap().nlink(), 1);
        // Root may do all of it.
        SharedMemory::replace_with("theirs", LEN, |_| ()).unwrap();
        assert_eq!(
            SharedMemory::open("theirs").unwrap().stat().unwrap().uid(),
            0
        );
    });
}

// --- what is opened --------------------------------------------------------

#[test]
fn what_has_no_size_yet_is_not_ready() {
    let name = UniqueName::new("unready");
    let flags = OFlags::RDWR | OFlags::CREAT;
    let fd = shm_open(&name, flags, Mode::RUSR | Mode::WUSR).unwrap();
    let options = SharedMemory::options();
    let not_ready = |opened| assert_fails(opened, Call::Open, Errno::ENODATA);
    not_ready(SharedMemory::open(&name));
    not_ready(SharedMemory::open_read_only(&name));
    not_ready(SharedMemory::open_ready(&name, Duration::ZERO));
    not_ready(SharedMemory::open_ready(&name, Duration::from_millis(20)));
    not_ready(SharedMemory::open_or_create_with(&name, LEN, |_| ()));
    not_ready(options.require_len(LEN).open(&name));
    assert!(
        options
            .require_min_len(0)
            .open(&name)
            .unwrap()
            .is_empty()
            .unwrap()
    );
    ftruncate(&fd, LEN).unwrap();
    SharedMemory::open(&name).unwrap();
    SharedMemory::open_ready(&name, Duration::ZERO).unwrap();
}

#[test]
fn a_slow_creator_is_waited_for() {
    let name = UniqueName::new("slow");
    thread::scope(|scope| {
        scope.spawn(|| {
            let flags = OFlags::RDWR | OFlags::CREAT;
            thread::sleep(Duration::from_millis(30));
            let fd = shm_open(&name, flags, Mode::RUSR | Mode::WUSR).unwrap();
            thread::sleep(Duration::from_millis(30));
            ftruncate(&fd, LEN).unwrap();
        });
        let memory = SharedMemory::open_ready(&name, PATIENCE).unwrap();
        assert_eq!(memory.len().unwrap(), LEN);
    });
    SharedMemory::unlink(&name).unwrap();
    let waited = SharedMemory::open_ready(&name, Duration::from_millis(20));
    assert_fails(waited, Call::ShmOpen, Errno::ENOENT);
}

#[test]
fn what_is_not_as_required_is_not_opened() {
    let name = UniqueName::new("required");
    let memory = SharedMemory::create(&name, 100).unwrap();
    let options = SharedMemory::options();
    let stat = memory.stat().unwrap();
    let [right, wrong] = [stat.uid(), stat.uid() + 1];
    for good in [
        options.require_len(100),
        options.require_min_len(100),
        options.require_min_len(1),
        options.require_owner(right),
        options.require_only_owner_writes(true),
        options.require_len(1).require_min_len(2),
        options
            .require_owner(right)
            .require_len(100)
            .require_only_owner_writes(true),
    ] {
        good.open(&name).unwrap();
        good.read_only(true)
            .open_ready(&name, Duration::ZERO)
            .unwrap();
    }
    for (bad, errno) in [
        (options.require_len(99), Errno::ERANGE),
        (options.require_len(101), Errno::ERANGE),
        (options.require_min_len(101), Errno::ERANGE),
        (options.require_owner(wrong), Errno::EPERM),
    ] {
        assert_fails(bad.open(&name), Call::Open, errno);
        assert_fails(bad.open_ready(&name, PATIENCE), Call::Open, errno);
        assert_fails(bad.open_or_create_with(&name, 1, |_| ()), Call::Open, errno);
    }
    for bits in [0o620, 0o602, 0o666] {
        memory.set_mode(Mode::from_bits_retain(bits)).unwrap();
        let opened = options.require_only_owner_writes(true).open(&name);
        assert_fails(opened, Call::Open, Errno::EACCES);
    }
    memory.set_mode(Mode::from_bits_retain(0o644)).unwrap();
    options.require_only_owner_writes(true).open(&name).unwrap();
}

// --- what is planted -------------------------------------------------------

/// Nothing opens it, nothing is made of it, and it stays.
#[track_caller]
fn assert_planted(name: &UniqueName, errno: Errno) {
    let kind = || fs::symlink_metadata(name.path()).unwrap().file_type();
    let (before, options) = (kind(), SharedMemory::options());
    assert_fails(SharedMemory::open(name), Call::ShmOpen, errno);
    assert_fails(
        SharedMemory::open_ready(name, PATIENCE),
        Call::ShmOpen,
        errno,
    );
    assert_fails(options.require_min_len(0).open(name), Call::ShmOpen, errno);
    let created = SharedMemory::create_with(name, LEN, not_called);
    assert_fails(created, Call::Linkat, Errno::EEXIST);
    let opened = SharedMemory::open_or_create_with(name, LEN, not_called);
    assert_fails(opened, Call::ShmOpen, errno);
    assert_fails(SharedMemory::remove_if_orphaned(name), Call::ShmOpen, errno);
    assert_eq!(kind(), before);
}

#[test]
fn what_is_planted_is_refused() {
    let [fifo, socket, directory, link, dangling, target] =
        ["fifo", "socket", "directory", "link", "dangling", "target"].map(UniqueName::new);
    let path = CString::new(fifo.path().as_os_str().as_bytes()).unwrap();
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o666) }, 0);
    let _listener = UnixListener::bind(socket.path()).unwrap();
    fs::create_dir(directory.path()).unwrap();
    fs::write(target.path(), "text").unwrap();
    symlink(target.path(), link.path()).unwrap();
    symlink("/nowhere", dangling.path()).unwrap();
    assert_planted(&fifo, Errno::ENXIO);
    assert_planted(&socket, Errno::ENXIO);
    assert_planted(&directory, Errno::EISDIR);
    assert_planted(&link, Errno::ELOOP);
    assert_planted(&dangling, Errno::ELOOP);
    // What is one's own may be replaced, and nothing but the name.
    SharedMemory::replace_with(&link, LEN, fill_with(1)).unwrap();
    assert_eq!(value_of(&SharedMemory::open(&link).unwrap()), 1);
    assert_eq!(fs::read(target.path()).unwrap(), b"text");
}

#[test]
fn what_another_user_plants_is_refused() {
    if !is_root() {
        return skip("it takes two users");
    }
    common::with_own_dev_shm(0, c"mode=1777", || {
        let [link, fifo, target, null] = ["link", "fifo", "target", "null"].map(UniqueName::new);
        fs::write(target.path(), "text").unwrap();
        let path = CString::new(null.path().as_os_str().as_bytes()).unwrap();
        let device = libc::makedev(1, 3);
        // SAFETY: the path ends with NUL.
        let made = unsafe { libc::mknod(path.as_ptr(), libc::S_IFCHR | 0o666, device) };
        assert_eq!(made, 0);
        common::as_ordinary_user(|| {
            symlink(target.path(), link.path()).unwrap();
            let path = CString::new(fifo.path().as_os_str().as_bytes()).unwrap();
            // SAFETY: the path ends with NUL.
            assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o666) }, 0);
        });
        assert_planted(&link, Errno::ELOOP);
        assert_planted(&fifo, Errno::ENXIO);
        assert_planted(&null, Errno::ENXIO);
        assert_eq!(fs::read(target.path()).unwrap(), b"text");
    });
}

// --- limits ----------------------------------------------------------------

#[test]
fn a_full_file_system_is_an_error_and_leaves_nothing() {
    let page = page_size() as u64;
    let size = CString::new(format!("size={}", 16 * page)).unwrap();
    common::with_own_dev_shm(0, &size, || {
        let is_empty = || {
            let space = shm::space().unwrap();
            assert_eq!(
                (space.total(), space.free()),
                (Some(16 * page), space.total())
            );
            assert_eq!(fs::read_dir("/dev/shm").unwrap().count(), 0);
        };
        each_way(|_| {
            is_empty();
            let options = SharedMemory::options();
            let too_much = 17 * page;
            for error in [
                options.create("a", too_much).map(drop).unwrap_err(),
                options
                    .create_with("a", too_much, |_| ())
                    .map(drop)
                    .unwrap_err(),
                options
                    .open_or_create_with("a", too_much, |_| ())
                    .map(drop)
                    .unwrap_err(),
                options
                    .replace_with("a", too_much, |_| ())
                    .map(drop)
                    .unwrap_err(),
            ] {
                assert_eq!(
                    (error.call(), error.errno()),
                    (Call::Fallocate, Errno::ENOSPC)
                );
                let help = error.help().to_string();
                assert!(help.contains("64 MiB") && help.contains("df"), "{help}");
                is_empty();
            }
            // The old version and the new one must both fit.
            let old = options
                .create_with("a", 9 * page, |slice| slice.fill(1))
                .unwrap();
            let replaced = options.replace_with("a", 9 * page, |_| ());
            assert_fails(replaced, Call::Fallocate, Errno::ENOSPC);
            assert_fails(old.resize(too_much), Call::Fallocate, Errno::ENOSPC);
            assert_eq!(options.open("a").unwrap().len().unwrap(), 9 * page);
            assert_eq!(shm::space().unwrap().free(), Some(7 * page));
            options
                .replace_with("a", 7 * page, |slice| slice.fill(2))
                .unwrap();
            drop(old);
            assert_eq!(shm::space().unwrap().free(), Some(9 * page));
            SharedMemory::unlink("a").unwrap();
            is_empty();
        });
    });
}

#[test]
fn no_descriptor_left_is_an_error_and_leaves_nothing() {
    let test = "no_descriptor_left_is_an_error_and_leaves_nothing";
    common::in_own_process(test, || {
        each_way(|way| {
            let directory = OwnDirectory::new();
            let options = directory.options().unlink_on_drop(true);
            let kept = UniqueName::new("kept");
            drop(SharedMemory::create(&kept, 8).unwrap());
            let run = |work: &dyn Fn() -> Result<(), Error>| {
                let mut failures = 0;
                loop {
                    let limit = 3 + failures;
                    let before = fs::read_dir("/proc/self/fd").map(Iterator::count).ok();
                    match common::with_limit(libc::RLIMIT_NOFILE, limit, work) {
                        Ok(()) => break,
                        Err(error) => assert!(error == Errno::EMFILE, "{way:?}: {error}"),
                    }
                    let after = fs::read_dir("/proc/self/fd").map(Iterator::count).ok();
                    assert_eq!(after, before);
                    assert_eq!(directory.names(), [""; 0]);
                    failures += 1;
                }
                assert!(failures > 0);
                failures
            };
            let works: [&dyn Fn() -> Result<(), Error>; 9] = [
                &|| options.create("a", LEN).map(drop),
                &|| options.create_with("a", LEN, |_| ()).map(drop),
                &|| options.open_or_create_with("a", LEN, |_| ()).map(drop),
                &|| options.replace_with("a", LEN, |_| ()).map(drop),
                &|| SharedMemory::open(&kept).map(drop),
                &|| {
                    SharedMemory::remove_if_orphaned(&kept)
                        .map(|removal| assert_ne!(removal, Removal::Removed))
                },
                &|| shm::list_in(&directory.fd).map(drop),
                &|| shm::space().map(drop),
                &|| shm::open_directory("/").map(drop),
            ];
            // `remove_if_orphaned` is to fail otherwise than for want of descriptors.
            let held = SharedMemory::open(&kept).unwrap();
            let failures = works.map(run);
            println!("{way:?}: {failures:?} limits were too low");
            drop(held);
        });
    });
}

// --- where objects are -----------------------------------------------------

#[test]
fn dev_shm_is_made_where_there_is_none() {
    if !is_root() {
        let mounted = shm::mount(shm::MountFlags::NOSUID, Some(1 << 20));
        return assert_fails(mounted, Call::Mount, Errno::EPERM);
    }
    common::unshared(libc::CLONE_NEWNS, || {
        if let Err(error) = mount(c"/", libc::MS_REC | libc::MS_PRIVATE) {
            return skip(format_args!("mount: {error}"));
        }
        assert!(shm::available());
        // An initramfs: a /dev without anything in it, on a disk or in memory.
        mount(c"/dev", 0).unwrap();
        assert!(!shm::available());
        assert_fails(shm::space(), Call::OpenDirectory, Errno::ENOENT);
        let flags = shm::MountFlags::NOSUID | shm::MountFlags::NODEV | shm::MountFlags::NOEXEC;
        shm::mount(flags, Some(1 << 20)).unwrap();
        assert!(shm::available());
        assert_eq!(shm::space().unwrap().total(), Some(1 << 20));
        let directory = fs::metadata("/dev/shm").unwrap();
        assert_eq!(directory.mode() & 0o7777, 0o1777);
        let mounts = fs::read_to_string("/proc/thread-self/mounts").unwrap();
        let line = mounts
            .lines()
            .rfind(|line| line.contains(" /dev/shm "))
            .unwrap();
        assert!(line.contains("nosuid,nodev,noexec"), "{line}");
        let memory = SharedMemory::create_with("a", LEN, fill_with(1)).unwrap();
        common::as_ordinary_user(|| SharedMemory::create("theirs", 1).map(drop).unwrap());

        // Larger, with what is in it.
        shm::mount(flags | shm::MountFlags::REMOUNT, Some(2 << 20)).unwrap();
        assert_eq!(shm::space().unwrap().total(), Some(2 << 20));
        assert_eq!(value_of(&SharedMemory::open("a").unwrap()), 1);
        // A new one over it, without a limit.
        shm::mount(flags, Some(0)).unwrap();
        assert_eq!(
            (shm::space().unwrap().total(), shm::space().unwrap().free()),
            (None, None)
        );
        assert_fails(SharedMemory::open("a"), Call::ShmOpen, Errno::ENOENT);
        drop(memory);
        shm::mount(flags, None).unwrap();
        assert!(shm::space().unwrap().total().unwrap() > 0);
        shm::mount(flags, Some(u64::MAX >> 1))
            .map_err(|error| println!("{error}"))
            .ok();
    });
}

#[test]
fn a_mount_that_fails_leaves_no_directory() {
    if !is_root() {
        return skip("it takes root to mount");
    }
    common::unshared(libc::CLONE_NEWNS, || {
        let private = mount(c"/", libc::MS_REC | libc::MS_PRIVATE);
        if let Err(error) = private.and_then(|()| mount(c"/dev", 0)) {
            return skip(format_args!("mount: {error}"));
        }
        let remount = shm::MountFlags::REMOUNT;
        assert_fails(shm::mount(remount, Some(4096)), Call::Mount, Errno::EINVAL);
        assert!(!fs::exists("/dev/shm").unwrap());
        fs::write("/dev/shm", "text").unwrap();
        let mounted = shm::mount(shm::MountFlags::empty(), None);
        assert_fails(mounted, Call::Mount, Errno::ENOTDIR);
        assert_eq!(fs::read("/dev/shm").unwrap(), b"text");
        assert!(!shm::available());
        fs::remove_file("/dev/shm").unwrap();
        mount(c"/dev", libc::MS_RDONLY).unwrap();
        let mounted = shm::mount(shm::MountFlags::empty(), None);
        assert_fails(mounted, Call::Mkdir, Errno::EROFS);
    });
}

#[test]
fn directories_are_opened_by_their_paths() {
    let open = |path: &[u8]| shm::open_directory(path);
    open(b"/").unwrap();
    open(b".").unwrap();
    assert_fails(open(b""), Call::OpenDirectory, Errno::ENOENT);
    assert_fails(open(b"/no/such"), Call::OpenDirectory, Errno::ENOENT);
    assert_fails(open(b"/proc/version"), Call::OpenDirectory, Errno::ENOTDIR);
    assert_fails(open(b"/\0"), Call::OpenDirectory, Errno::EINVAL);
    let long = [b'/'; 4096];
    assert_fails(open(&long), Call::OpenDirectory, Errno::ENAMETOOLONG);
    open(&long[1..]).unwrap();
}

#[test]
fn a_directory_has_its_own_names_and_space() {
    let directory = OwnDirectory::new();
    let options = directory.options();
    let name = UniqueName::new("own");
    let memory = options.create(&name, LEN).unwrap();
    assert_fails(SharedMemory::open(&name), Call::ShmOpen, Errno::ENOENT);
    let listed: Vec<_> = shm::list_in(&directory.fd)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].name(), listed[0].stat().size()),
        (name.as_ref(), LEN)
    );
    assert_ne!(listed[0].is_in_use(), Some(false));
    assert!(!listed[0].is_temporary());
    drop(memory);
    let total = shm::space_in(&directory.fd).unwrap().total();
    assert_eq!(total, shm::space().unwrap().total());
    // Opened by other means, too.
    let file = File::open(directory.name.path()).unwrap();
    let file = common::adopt(file);
    SharedMemory::options()
        .directory(&file)
        .open(&name)
        .unwrap();
    assert_eq!(shm::list_in(&file).unwrap().count(), 1);
    assert_eq!(
        shm::list_in(&file).unwrap().count(),
        1,
        "it has a position of its own"
    );
    options.unlink(&name).unwrap();
    assert_eq!(directory.names(), [""; 0]);
    // What is no directory.
    let version = common::open("/proc/version", File::options().read(true));
    let options = SharedMemory::options().directory(&version);
    assert_fails(options.open(&name), Call::ShmOpen, Errno::ENOTDIR);
    assert_fails(
        options.create_with(&name, LEN, |_| ()),
        Call::ShmOpen,
        Errno::ENOTDIR,
    );
    assert_fails(shm::list_in(&version), Call::Getdents, Errno::ENOTDIR);
}
