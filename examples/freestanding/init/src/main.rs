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
    SYS_chdir, SYS_clone, SYS_dup3, SYS_execve, SYS_getpid, SYS_mkdirat, SYS_mount, SYS_openat,
    SYS_reboot, SYS_sync, SYS_wait4, syscall0, syscall1, syscall3, syscall4, syscall5,
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
    power_off()
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
        Ok(LIST) => return say!(Standard, "init: /init.list: more than {LIST} bytes"),
        Ok(len) => len,
        Err(errno) => return say!(Standard, "init: /init.list: {errno}"),
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
}

impl<'a> Command<'a> {
    const fn new() -> Self {
        Self {
            words: [None; WORDS],
            len: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What does not fit is left out, and said.
    fn push(&mut self, word: &'a CStr) {
        match self.words.get_mut(self.len) {
            Some(place) => {
                *place = Some(word);
                self.len += 1;
            }
            None => say!(Error, "init: left out, over {WORDS} words: {word:?}"),
        }
    }

    fn words(&self) -> impl Iterator<Item = &'a CStr> {
        self.words.iter().copied().flatten()
    }

    /// Runs it to its end: its status, or 128 and the number of the signal.
    fn run(&self) -> Result<i32, Errno> {
        const SIGCHLD: usize = 17;
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
    if let Err(errno) = make_directory(c"/tmp", 0o1777).and_then(|()| change_directory(c"/tmp")) {
        say!(Error, "init: /tmp: {errno}");
    }
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
    let Ok(console) = open(c"/dev/console", O_RDWR) else {
        return;
    };
    for number in 0..3 {
        // SAFETY: none of the three is open.
        let _ = unsafe { syscall3(SYS_dup3, console as usize, number, 0) };
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
fn power_off() -> ! {
    const MAGIC: usize = 0xfee1_dead;
    const MAGIC2: usize = 672_274_793;
    const POWER_OFF: usize = 0x4321_fedc;
    const RESTART: usize = 0x0123_4567;

    // SAFETY: sync touches no memory.
    let _ = unsafe { syscall0(SYS_sync) };
    // A machine that cannot power off is started anew, which ends an emulator that was told so.
    for command in [POWER_OFF, RESTART].into_iter().cycle() {
        // SAFETY: everything is told and written, and nobody else is left to ask.
        let _ = unsafe { syscall3(SYS_reboot, MAGIC, MAGIC2, command) };
    }
    program::exit(0)
}
