//! Process 1 of an initramfs: mounts what programs expect, runs what it is told, says how that
//! ended, and powers off.
//!
//! The kernel hands it the words behind `--` on its command line, which are one command. Without
//! any it reads `/init.list`: a command a line, its words separated by blanks, `#` for comments.
//!
//! ```sh
//! qemu-system-x86_64 -kernel vmlinuz -initrd initramfs -nographic -no-reboot \
//!     -append 'console=ttyS0 rdinit=/init -- /tests/mapping --test-threads=1'
//! ```
//!
//! Each command is followed by a line `init: COMMAND: status N` (128 and the signal's number,
//! if one killed it), all of them by `init: N run, N failed`.

#![no_std]
#![no_main]

use core::ffi::{CStr, c_char};
use core::{fmt, ptr};

use program::{Arguments, say};
use rawshm::Errno;
use rawshm::descriptor;
use rawshm::fd::{BorrowedFd, FromRawFd, OwnedFd};
use rawshm::shm::{self, MountFlags};
use rawshm::syscall::{
    SYS_chdir, SYS_clone, SYS_close, SYS_dup3, SYS_execve, SYS_fcntl, SYS_getpid, SYS_mkdirat,
    SYS_mount, SYS_openat, SYS_reboot, SYS_sync, SYS_umask, SYS_wait4, syscall0, syscall1,
    syscall3, syscall4, syscall5,
};

program::main!(main);

/// How many words a command may have.
const WORDS: usize = 64;

/// How many bytes the list may have.
const LIST: usize = 16 << 10;

const ENVIRONMENT: [&CStr; 4] = [c"PATH=/bin", c"HOME=/", c"TMPDIR=/tmp", c"RUST_BACKTRACE=1"];

fn main(arguments: Arguments) -> u8 {
    // SAFETY: getpid touches no memory.
    if unsafe { syscall0(SYS_getpid) } != Ok(1) {
        say!(
            Error,
            "init: only for process 1: it mounts file systems and powers off"
        );
        return 1;
    }
    prepare();
    let mut results = Results::default();
    let mut command = Command::new();
    for word in arguments.skip(1) {
        command.push(word);
    }
    if command.is_empty() {
        run_list(&mut results);
    } else {
        results.add(&command);
    }
    say!(
        Standard,
        "init: {} run, {} failed",
        results.run,
        results.failed
    );
    power_off(results.failed != 0)
}

#[derive(Default)]
struct Results {
    run: u32,
    failed: u32,
}

impl Results {
    fn add(&mut self, command: &Command<'_>) {
        let status = match command.run() {
            Ok(status) => status,
            Err(errno) => {
                say!(Standard, "init: {command}: {errno}");
                127
            }
        };
        say!(Standard, "init: {command}: status {status}");
        self.run += 1;
        self.failed += u32::from(status != 0);
    }
}

fn run_list(results: &mut Results) {
    // The last byte stays a NUL.
    let mut list = [0; LIST + 1];
    let len = match read(c"/init.list", &mut list[..LIST]) {
        Ok(LIST) => {
            results.failed += 1;
            return say!(Standard, "init: /init.list: {LIST} bytes or more");
        }
        Ok(len) => len,
        Err(errno) => {
            results.failed += 1;
            return say!(Standard, "init: /init.list: {errno}");
        }
    };
    // Each blank becomes the end of a string; lines are told apart before.
    for line in list[..len + 1].split_inclusive_mut(|&byte| matches!(byte, b'\n' | 0)) {
        let end = line.iter().position(|&byte| byte == b'#');
        let end = end.unwrap_or(line.len() - 1);
        for byte in &mut line[..=end] {
            if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'#') {
                *byte = 0;
            }
        }
        let mut command = Command::new();
        for word in line[..=end].split_inclusive(|&byte| byte == 0) {
            match CStr::from_bytes_with_nul(word) {
                Ok(word) if !word.is_empty() => command.push(word),
                _ => {}
            }
        }
        if !command.is_empty() {
            results.add(&command);
        }
    }
}

// ---- Commands ----

/// A program and its arguments, as the kernel wants them.
struct Command<'a> {
    words: [Option<&'a CStr>; WORDS],
    len: usize,
    /// There were more words.
    is_cut: bool,
}

impl<'a> Command<'a> {
    const fn new() -> Self {
        Self {
            words: [None; WORDS],
            len: 0,
            is_cut: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// With a word too many the command will not run.
    fn push(&mut self, word: &'a CStr) {
        match self.words.get_mut(self.len) {
            Some(place) => {
                *place = Some(word);
                self.len += 1;
            }
            None => self.is_cut = true,
        }
    }

    fn words(&self) -> impl Iterator<Item = &'a CStr> {
        self.words.iter().copied().flatten()
    }

    /// Runs it to its end: its status, or 128 and the number of the signal.
    fn run(&self) -> Result<i32, Errno> {
        const SIGCHLD: usize = 17;
        if self.is_cut {
            return Err(Errno::E2BIG);
        }
        // SAFETY: a copy of the process that shares nothing with it but descriptors; there
        // is no other thread that could hold something.
        let child = unsafe { syscall5(SYS_clone, SIGCHLD, 0, 0, 0, 0) }?;
        if child == 0 {
            let errno = self.execute();
            say!(Error, "init: {self}: {errno}");
            program::exit(127);
        }
        // Whatever else ends meanwhile was left to process 1 by its parent.
        loop {
            let mut status = 0_i32;
            let place = (&raw mut status).expose_provenance();
            // SAFETY: wait4 writes the status, and nothing else.
            match unsafe { syscall4(SYS_wait4, usize::MAX, place, 0, 0) } {
                Ok(ended) if ended == child => {
                    let signal = status & 0x7f;
                    return Ok(if signal == 0 {
                        status >> 8 & 0xff
                    } else {
                        128 + signal
                    });
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Becomes the command, or tells why not.
    fn execute(&self) -> Errno {
        let mut arguments = [ptr::null::<c_char>(); WORDS + 1];
        for (place, word) in arguments.iter_mut().zip(self.words()) {
            *place = word.as_ptr();
        }
        let mut environment = [ptr::null::<c_char>(); ENVIRONMENT.len() + 1];
        for (place, variable) in environment.iter_mut().zip(ENVIRONMENT) {
            *place = variable.as_ptr();
        }
        let path = arguments[0].expose_provenance();
        let arguments = arguments.as_ptr().expose_provenance();
        let environment = environment.as_ptr().expose_provenance();
        // SAFETY: execve reads strings that end with NUL, and arrays of them that end with null.
        match unsafe { syscall3(SYS_execve, path, arguments, environment) } {
            Err(errno) => errno,
            Ok(_) => Errno::ENOEXEC,
        }
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            write!(f, "{blank}{}", word.to_bytes().escape_ascii())?;
        }
        Ok(())
    }
}

// ---- The system ----

/// Has what programs expect. Of what cannot be had it tells, and goes on.
fn prepare() {
    for (kind, target) in [
        (c"devtmpfs", c"/dev"),
        (c"proc", c"/proc"),
        (c"sysfs", c"/sys"),
    ] {
        let mounted = make_directory(target, 0o755).and_then(|()| mount(kind, target));
        if kind == c"devtmpfs" {
            // From here on there is where to print.
            open_console();
        }
        // EBUSY: it is there already.
        if let Err(errno) = mounted.or_else(unless(Errno::EBUSY)) {
            say!(Error, "init: mount {target:?}: {errno}");
        }
    }
    if !shm::available() {
        if let Err(error) = shm::mount(MountFlags::NOSUID | MountFlags::NODEV, None) {
            say!(Error, "init: /dev/shm: {error}");
        }
    }
    // The kernel starts with a umask that would take away from the mode.
    // SAFETY: umask touches no memory.
    let before = unsafe { syscall1(SYS_umask, 0) };
    if let Err(errno) = make_directory(c"/tmp", 0o1777).and_then(|()| change_directory(c"/tmp")) {
        say!(Error, "init: /tmp: {errno}");
    }
    // SAFETY: as above.
    let _ = before.and_then(|umask| unsafe { syscall1(SYS_umask, umask) });
}

/// Takes an error for success.
fn unless(accepted: Errno) -> impl Fn(Errno) -> Result<(), Errno> {
    move |errno| {
        if errno == accepted {
            Ok(())
        } else {
            Err(errno)
        }
    }
}

/// The kernel opens the console itself if the initramfs holds `/dev/console`.
fn open_console() {
    // SAFETY: asking is all that is done with it, and of what is not open the kernel says so.
    let output = unsafe { BorrowedFd::borrow_raw(1) };
    if descriptor::fcntl_getfd(output).is_ok() {
        return;
    }
    const O_RDWR: usize = 2;
    const F_SETFD: usize = 2;
    let Ok(console) = open(c"/dev/console", O_RDWR) else {
        return;
    };
    let console = console as usize;
    for number in (0..3).filter(|&number| number != console) {
        // SAFETY: what is replaced, if anything, is nobody's: there was no console.
        let _ = unsafe { syscall3(SYS_dup3, console, number, 0) };
    }
    if console > 2 {
        // SAFETY: it was just opened, and is copied.
        let _ = unsafe { syscall1(SYS_close, console) };
    } else {
        // Commands are to have it as well.
        // SAFETY: F_SETFD with no flag takes close-on-exec away, and touches no memory.
        let _ = unsafe { syscall3(SYS_fcntl, console, F_SETFD, 0) };
    }
}

const AT_FDCWD: usize = -100_isize as usize;

fn open(path: &CStr, flags: usize) -> Result<i32, Errno> {
    const O_CLOEXEC: usize = 0o2_000_000;
    let path = path.as_ptr().expose_provenance();
    // SAFETY: openat reads the path, which ends with NUL.
    unsafe { syscall4(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0) }.map(|fd| fd as i32)
}

/// Reads a file until it ends, or the buffer is full.
fn read(path: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
    let fd = open(path, 0)?;
    // SAFETY: it was just opened.
    let file = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut len = 0;
    loop {
        match descriptor::read(&file, &mut buffer[len..])? {
            0 => return Ok(len),
            more => len += more,
        }
    }
}

fn make_directory(path: &CStr, mode: usize) -> Result<(), Errno> {
    let path = path.as_ptr().expose_provenance();
    // SAFETY: mkdirat reads the path, which ends with NUL.
    let made = unsafe { syscall3(SYS_mkdirat, AT_FDCWD, path, mode) }.map(drop);
    made.or_else(unless(Errno::EEXIST))
}

fn change_directory(path: &CStr) -> Result<(), Errno> {
    let path = path.as_ptr().expose_provenance();
    // SAFETY: chdir reads the path, which ends with NUL.
    unsafe { syscall1(SYS_chdir, path) }.map(drop)
}

fn mount(kind: &CStr, target: &CStr) -> Result<(), Errno> {
    let (kind, target) = (kind.as_ptr(), target.as_ptr());
    let (kind, target) = (kind.expose_provenance(), target.expose_provenance());
    // SAFETY: mount reads the strings, which end with NUL.
    unsafe { syscall5(SYS_mount, kind, target, kind, 0, 0) }.map(drop)
}

/// A process 1 that ended would take the kernel with it.
fn power_off(failed: bool) -> ! {
    const MAGIC: usize = 0xfee1_dead;
    const MAGIC2: usize = 672_274_793;
    const POWER_OFF: usize = 0x4321_fedc;

    // SAFETY: sync touches no memory.
    let _ = unsafe { syscall0(SYS_sync) };
    // A machine that cannot power off halts: the kernel sees to that, and does not return.
    // SAFETY: everything is told and written, and nobody else is left to ask.
    let _ = unsafe { syscall3(SYS_reboot, MAGIC, MAGIC2, POWER_OFF) };
    // Only where process 1 may not, as in a container, which ends with it.
    program::exit(u8::from(failed))
}
