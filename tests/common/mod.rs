//! What the integration tests share: names, changed surroundings, what the kernel shows of us.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::ffi::{CStr, OsStr};
use std::fs::{self, File, OpenOptions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fmt, io, iter, mem, panic, process, ptr, thread};

use rawshm::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rawshm::mm::{self, ProtFlags};
use rawshm::syscall::{
    SYS_prlimit64, SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_unshare, syscall1, syscall2,
    syscall3, syscall4,
};
use rawshm::{Call, Errno, Error, MapOptions, Memfd, Refused};

/// An ordinary user, whom no test expects to own anything.
pub(crate) const NOBODY: u32 = 65534;

// --- names -----------------------------------------------------------------

/// A name in `/dev/shm` that nobody else uses; whatever bears it is removed on drop.
pub(crate) struct UniqueName(Vec<u8>);

impl UniqueName {
    /// A name that ends with `word`.
    pub(crate) fn new(word: impl AsRef<[u8]>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = format!("rawshm-test-{}-{count}-", process::id()).into_bytes();
        name.extend(word.as_ref());
        Self(name)
    }

    /// A name of so many bytes.
    pub(crate) fn of_len(len: usize) -> Self {
        let mut name = Self::new("");
        name.0.resize(len, b'x');
        name
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from("/dev/shm").join(OsStr::from_bytes(&self.0))
    }

    /// Removes what bears the name, if anything does.
    pub(crate) fn remove(&self) {
        let path = self.path();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
}

impl AsRef<[u8]> for UniqueName {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for UniqueName {
    fn drop(&mut self) {
        self.remove();
    }
}

// --- verdicts --------------------------------------------------------------

/// Says why a test does not hold here; the test returns then.
pub(crate) fn skip(reason: impl fmt::Display) {
    println!("skipped: {reason}");
}

/// The call failed with this error.
#[track_caller]
pub(crate) fn assert_fails<T, E: Into<Error>>(result: Result<T, E>, call: Call, errno: Errno) {
    match result {
        Ok(_) => panic!("{call} succeeded, {errno} was due"),
        Err(error) => {
            let error = error.into();
            assert_eq!((error.call(), error.errno()), (call, errno));
        }
    }
}

/// The call failed with this error, and what it was given comes back.
#[track_caller]
pub(crate) fn assert_comes_back<T, U, E: Into<Error>>(
    result: Result<T, Refused<U, E>>,
    call: Call,
    errno: Errno,
) -> U {
    let Err(Refused { error, value }) = result else {
        panic!("{call} succeeded, {errno} was due");
    };
    let error = error.into();
    assert_eq!((error.call(), error.errno()), (call, errno));
    value
}

// --- who and where we are --------------------------------------------------

/// Whether this thread may do everything.
pub(crate) fn is_root() -> bool {
    // SAFETY: geteuid touches no memory.
    unsafe { libc::geteuid() == 0 }
}

/// Whether this is user-mode qemu: it hides itself in `/proc/self`, but in no other way there.
pub(crate) fn is_emulated() -> bool {
    fs::read_link("/proc/self/exe").ok() != fs::read_link("/proc/thread-self/exe").ok()
}

/// Runs `body` on a thread of its own, and passes its panic on.
pub(crate) fn on_own_thread<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(body).join())
        .unwrap_or_else(|panic| panic::resume_unwind(panic))
}

/// Runs `body` without privileges.
///
/// To the kernel a user is a thread's: only libc's functions change those of all threads.
pub(crate) fn as_ordinary_user<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    on_own_thread(|| {
        if is_root() {
            let id = NOBODY as usize;
            // SAFETY: no group is read; only this thread changes.
            unsafe { syscall2(SYS_setgroups, 0, 0) }.unwrap();
            // SAFETY: only this thread changes.
            unsafe { syscall3(SYS_setresgid, id, id, id) }.unwrap();
            // SAFETY: only this thread changes.
            unsafe { syscall3(SYS_setresuid, id, id, id) }.unwrap();
        }
        body()
    })
}

/// Runs `body` on a thread that no longer shares with the others what `flags` name.
pub(crate) fn unshared(flags: libc::c_int, body: impl FnOnce() + Send) {
    on_own_thread(|| {
        // SAFETY: only this thread changes, and it shares memory and descriptors as before.
        match unsafe { syscall1(SYS_unshare, flags as usize) } {
            Ok(_) => body(),
            Err(errno) => skip(format_args!("unshare({flags:#x}): {errno}")),
        }
    });
}

/// Runs `body` on a thread with this umask.
pub(crate) fn with_umask(mask: libc::mode_t, body: impl FnOnce() + Send) {
    unshared(libc::CLONE_FS, || {
        // SAFETY: umask touches no memory; this thread has one of its own.
        unsafe { libc::umask(mask) };
        body();
    });
}

/// Runs `body` on a thread whose mounts nobody else sees, with a new `/dev/shm`.
///
/// The options are those of tmpfs, such as `size=64k`.
pub(crate) fn with_own_dev_shm(flags: u64, options: &CStr, body: impl FnOnce() + Send) {
    unshared(libc::CLONE_NEWNS, || {
        let private = mount(c"/", libc::MS_REC | libc::MS_PRIVATE, c"");
        match private.and_then(|()| mount(c"/dev/shm", flags, options)) {
            Ok(()) => body(),
            Err(error) => skip(format_args!("mount: {error}")),
        }
    });
}

/// Mounts a tmpfs, or changes a mount.
pub(crate) fn mount(target: &CStr, flags: u64, options: &CStr) -> io::Result<()> {
    let kind = c"tmpfs".as_ptr();
    // SAFETY: all strings end with NUL; the mounts are this thread's own.
    match unsafe { libc::mount(kind, target.as_ptr(), kind, flags, options.as_ptr().cast()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

// --- processes -------------------------------------------------------------

/// Tells the program that it was executed for one test alone.
const OWN_PROCESS: &str = "RAWSHM_TEST_OWN_PROCESS";

/// Runs `body` in a process of its own, for what threads share: limits, signals, all mappings.
///
/// `test` is the whole name of the test that calls this: the program is executed once more for it.
#[track_caller]
pub(crate) fn in_own_process(test: &str, body: impl FnOnce()) {
    // With nothing to do before it, the new process never has a copy of our mappings.
    in_own_process_after(test, None, body);
}

/// As [`in_own_process`]; `before` runs in the new process when it has no other thread yet.
///
/// Like every function between `fork` and `exec` it must do no more than call the kernel.
#[track_caller]
pub(crate) fn in_own_process_after(
    test: &str,
    before: Option<fn() -> io::Result<()>>,
    body: impl FnOnce(),
) {
    if env::var_os(OWN_PROCESS).is_some() {
        return body();
    }
    if is_emulated() {
        return skip("the emulator may not execute programs, and copies mappings when it does");
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]);
    command.env(OWN_PROCESS, "");
    if let Some(before) = before {
        // SAFETY: by the contract of this function `before` only calls the kernel.
        unsafe { command.pre_exec(before) };
    }
    let output = match command.output() {
        Err(error) if before.is_some() => {
            return skip(format_args!("preparing a process: {error}"));
        }
        output => output.unwrap(),
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{}: {text}", output.status);
    assert!(text.contains("1 passed"), "no test is named {test}: {text}");
    let skipped = text.lines().filter_map(|line| line.split_once("skipped: "));
    skipped.for_each(|(_, reason)| skip(reason));
}

/// Runs `body` under another soft limit of this process, one of `libc::RLIMIT_*`.
///
/// What type those have differs between C libraries.
pub(crate) fn with_limit<T>(
    resource: impl TryInto<u32, Error: fmt::Debug>,
    limit: u64,
    body: impl FnOnce() -> T,
) -> T {
    struct Restore(u32, libc::rlimit64);
    impl Drop for Restore {
        fn drop(&mut self) {
            swap_limit(self.0, Some(self.1));
        }
    }
    assert!(env::var_os(OWN_PROCESS).is_some(), "limits are a process's");
    let resource = resource.try_into().unwrap();
    let before = Restore(resource, swap_limit(resource, None));
    let rlim_max = before.1.rlim_max;
    let limits = libc::rlimit64 {
        rlim_cur: limit,
        rlim_max,
    };
    swap_limit(resource, Some(limits));
    body()
}

/// Sets the limits, if there are any to set, and returns the former ones.
fn swap_limit(resource: u32, limits: Option<libc::rlimit64>) -> libc::rlimit64 {
    let mut before = libc::rlimit64 {
        rlim_cur: 0,
        rlim_max: 0,
    };
    let new = limits
        .as_ref()
        .map_or(ptr::null(), ptr::from_ref)
        .expose_provenance();
    let old = ptr::from_mut(&mut before).expose_provenance();
    // SAFETY: prlimit64 reads one struct and writes the other, where it is given any.
    unsafe { syscall4(SYS_prlimit64, 0, resource as usize, new, old) }.unwrap();
    before
}

/// A forked process, which is ended and waited for at the latest when this is dropped.
pub(crate) struct Child(libc::pid_t);

impl Child {
    /// Other threads may have been inside of anything: the child must only call the kernel.
    pub(crate) fn fork(body: impl FnOnce() -> libc::c_int) -> Self {
        // SAFETY: by the contract of this function the child only calls the kernel.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", io::Error::last_os_error()),
            0 => {
                let code = body();
                // SAFETY: _exit touches no memory.
                unsafe { libc::_exit(code) }
            }
            child => Self(child),
        }
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> libc::pid_t {
        self.0
    }

    /// The status of a child that has ended.
    pub(crate) fn wait(self) -> libc::c_int {
        let mut status = 0;
        // SAFETY: waitpid writes the status.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!(waited, self.0);
        mem::forget(self);
        status
    }

    /// What the body returned.
    #[track_caller]
    pub(crate) fn code(self) -> libc::c_int {
        let status = self.wait();
        assert!(libc::WIFEXITED(status), "{status:#x}");
        libc::WEXITSTATUS(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child was not waited for, so that the number is still its.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: no status is written.
        unsafe { libc::waitpid(self.0, ptr::null_mut(), 0) };
    }
}

// --- descriptors -----------------------------------------------------------

/// A descriptor of the standard library as one of the crate.
pub(crate) fn adopt(fd: impl Into<std::os::fd::OwnedFd>) -> OwnedFd {
    let raw = std::os::fd::IntoRawFd::into_raw_fd(fd.into());
    // SAFETY: the descriptor is open, and was just given up.
    unsafe { OwnedFd::from_raw_fd(raw) }
}

/// A descriptor of the crate as a file of the standard library.
pub(crate) fn into_file(fd: impl Into<OwnedFd>) -> File {
    let raw = fd.into().into_raw_fd();
    // SAFETY: the descriptor is open, and was just given up.
    unsafe { std::os::fd::FromRawFd::from_raw_fd(raw) }
}

/// Opens a path as a descriptor of the crate.
#[track_caller]
pub(crate) fn open(path: &str, options: &mut OpenOptions) -> OwnedFd {
    adopt(options.open(path).unwrap())
}

/// Opens the same file once more, in another way.
#[track_caller]
pub(crate) fn reopen(fd: &impl AsRawFd, options: &mut OpenOptions) -> OwnedFd {
    open(&format!("/proc/self/fd/{}", fd.as_raw_fd()), options)
}

/// The same file as a mere place in the file system, with `O_PATH`.
#[track_caller]
pub(crate) fn path_only(fd: &impl AsRawFd) -> OwnedFd {
    reopen(fd, File::options().read(true).custom_flags(libc::O_PATH))
}

/// A descriptor that is not open.
pub(crate) fn not_open() -> BorrowedFd<'static> {
    // SAFETY: it is not -1, and over every limit: nobody's descriptor ever bears this number.
    unsafe { BorrowedFd::borrow_raw(i32::MAX) }
}

// --- memory ----------------------------------------------------------------

/// What `/proc/self/maps` tells of an address.
#[derive(Debug)]
pub(crate) struct MapsEntry {
    /// Such as `rw-s`.
    pub(crate) permissions: String,
    /// Where in the file the address is.
    pub(crate) offset: u64,
    /// The file; 0 if there is none.
    pub(crate) inode: u64,
}

/// The mapping that an address is in.
pub(crate) fn maps_entry(address: usize) -> Option<MapsEntry> {
    // The emulator leaves out what other threads change the neighbourhood of.
    let attempts = if is_emulated() { 20 } else { 1 };
    (0..attempts).find_map(|_| {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        maps.lines().find_map(|line| parse_maps_line(line, address))
    })
}

fn parse_maps_line(line: &str, address: usize) -> Option<MapsEntry> {
    let start = start_of_mapping(line, address)?;
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let number = |text, radix| u64::from_str_radix(text, radix).unwrap();
    Some(MapsEntry {
        permissions: fields[1].to_owned(),
        offset: number(fields[2], 16) + (address - start) as u64,
        inode: number(fields[4], 10),
    })
}

/// The start of the range at the start of a line, if the address is in it.
fn start_of_mapping(line: &str, address: usize) -> Option<usize> {
    let (start, end) = line.split_once(' ')?.0.split_once('-')?;
    let number = |text| usize::from_str_radix(text, 16).ok();
    let range = number(start)?..number(end)?;
    range.contains(&address).then_some(range.start)
}

/// A line of `/proc/self/smaps` on the mapping that an address is in, such as `VmFlags`.
#[track_caller]
pub(crate) fn smaps(address: usize, key: &str) -> String {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut lines = smaps.lines();
    lines
        .find(|line| start_of_mapping(line, address).is_some())
        .expect("the address is mapped");
    lines
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .expect("the line is there")
        .trim()
        .to_owned()
}

/// Whether the mapping that an address is in has a flag of two letters, such as `lo`.
#[track_caller]
pub(crate) fn has_vm_flag(address: usize, flag: &str) -> bool {
    smaps(address, "VmFlags")
        .split(' ')
        .any(|each| each == flag)
}

/// An address that nothing is ever mapped at.
pub(crate) const NOT_MAPPED: usize = 1 << 16;

/// Runs `body` when this process, which must be one of the test's own, may not map any more.
///
/// Splitting a mapping fails then, too.
pub(crate) fn with_too_many_mappings(body: impl FnOnce()) {
    assert!(
        env::var_os(OWN_PROCESS).is_some(),
        "mappings are a process's"
    );
    let most = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let most: usize = most.trim().parse().unwrap();
    if most > 1 << 20 {
        return skip(format_args!("a process may have {most} mappings"));
    }
    let page = mm::page_size();
    // Sparse, so that a small machine does not refuse so much memory.
    let len = ((most + 1) * page) as u64;
    let memfd = Memfd::options().sparse(true).create("many", len).unwrap();
    let many = memfd.map().unwrap();
    drop(memfd);
    let readable = (0..most).step_by(2).find(|n| {
        let place = many.as_mut_ptr().wrapping_add(n * page).cast();
        // SAFETY: nobody reads or writes the memory.
        unsafe { mm::mprotect(place, page, ProtFlags::READ) }.is_err()
    });
    readable.expect("one could not be split off");
    // One mapping more than that may be had, if it is not split off another one.
    let last = MapOptions::new().len(page);
    let last: Vec<_> = iter::repeat_with(|| last.map_shared_anonymous())
        .map_while(Result::ok)
        .collect();
    body();
    drop((last, many));
}

// --- huge pages ------------------------------------------------------------

/// Reserved huge pages, given back on drop; while it lives no other test counts them.
pub(crate) struct HugePages {
    /// The size of one in bytes.
    pub(crate) size: usize,
    before: Option<String>,
    _lock: File,
}

impl HugePages {
    const COUNT: &'static str = "/proc/sys/vm/nr_hugepages";

    /// Has at least so many that are free; with 0, none at all.
    ///
    /// `None`, with the reason printed, if that cannot be had.
    pub(crate) fn reserve(count: usize) -> Option<Self> {
        if is_emulated() {
            skip("the emulator has no huge pages");
            return None;
        }
        let lock = match OpenOptions::new()
            .write(count > 0)
            .read(true)
            .open(Self::COUNT)
        {
            Ok(file) => file,
            Err(error) => {
                skip(format_args!("{}: {error}", Self::COUNT));
                return None;
            }
        };
        // SAFETY: flock touches no memory.
        let locked = unsafe { libc::flock(std::os::fd::AsRawFd::as_raw_fd(&lock), libc::LOCK_EX) };
        assert_eq!(locked, 0, "flock: {}", io::Error::last_os_error());
        let pages = Self {
            size: meminfo("Hugepagesize") * 1024,
            before: (count > 0).then(|| fs::read_to_string(Self::COUNT).unwrap()),
            _lock: lock,
        };
        if count > 0 {
            let total = meminfo("HugePages_Total") + count;
            fs::write(Self::COUNT, total.to_string()).unwrap();
        }
        let free = meminfo("HugePages_Free");
        if free < count || (count == 0 && free > 0) {
            skip(format_args!("{free} huge pages are free"));
            return None;
        }
        Some(pages)
    }
}

impl Drop for HugePages {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            fs::write(Self::COUNT, before).unwrap();
        }
    }
}

fn meminfo(key: &str) -> usize {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_ascii_whitespace().next());
    number.expect("the line is there").parse().unwrap()
}
