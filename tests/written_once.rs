//! A copy or fill writes each byte of shared memory exactly once, and none beyond its ends.
//!
//! That is watched: a second process copies one instruction at a time, and after each the test
//! looks which bytes have changed and puts others in their place. A byte that is written again
//! would change again; one that is read and written back would bring back an old value.
//!
//! All routines that the processor can run are watched, at every length from 0 to 300 on
//! x86_64. Elsewhere, where the processor is an emulated one as a rule, from 70 on every 11th;
//! fewer with `RAWSHM_BRIEF`.

#![cfg(target_os = "linux")]
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the included file serves the crate, which uses all of it"
)]

#[path = "../arch/mod.rs"]
mod arch;
mod common;

use std::ops::Range;
use std::{env, fmt, io, ptr};

use arch::access as fast;
use common::{is_emulated, skip};
use rawshm::syscall::{SYS_getpid, SYS_kill, syscall0, syscall2};
use rawshm::{MapOptions, Mapping, Shared};

type Copy = unsafe fn(*const u8, *mut u8, usize);
type Fill = unsafe fn(*mut u8, u8, usize);

#[derive(Clone, Copy)]
enum Routine {
    Copy(Copy),
    Fill(Fill),
}

struct Case {
    name: &'static str,
    routine: Routine,
    len: usize,
    /// Where in the source, and in the shared memory.
    from: usize,
    at: usize,
}

/// What a fill writes; a copy writes the bytes of [`source`], which are below 128 and not 0.
const FILLED: u8 = 0x5a;

/// What the test puts in the place of bytes that have been written.
const WRITTEN: u8 = 0xff;

/// What the test puts, by turns, in the place of all others.
const UNTOUCHED: [u8; 2] = [0, 0xc8];

/// How far beyond the ends the test looks: twice the widest register.
const MARGIN: usize = 128;

/// The longest: three turns of the non-temporal loop, and some.
const MOST: usize = 3 * 4 * 4096 + 77;

/// Whether to watch every length.
fn all() -> bool {
    cfg!(target_arch = "x86_64") && !brief()
}

/// `RAWSHM_BRIEF` is for test runs that repeat others, or whose processor is an emulated one.
fn brief() -> bool {
    env::var_os("RAWSHM_BRIEF").is_some()
}

fn source() -> Vec<u8> {
    (0..MOST + 64)
        .map(|index| (index % 127 + 1) as u8)
        .collect()
}

/// The lengths at which a routine runs other code than those before it in the list.
fn lengths(name: &str) -> Vec<usize> {
    let (every, step) = if brief() { (20, 23) } else { (70, 11) };
    let short = move || (0..=300).filter(move |len| all() || *len < every || len % step == 0);
    let medium = [511, 513, 577, 700, 1025];
    let long = [4095, 4096, 4097, 5000, 8200];
    match name {
        // To a debugger `rep movsb` and `rep stosb` are an instruction for each byte.
        "the chosen" if all() => short().chain(medium).chain([4095, 4097, 5000]).collect(),
        "sse2" | "avx" => vec![4096],
        "without rep stosb" => long.into(),
        "pieces" | "out of line" => (0..=64).filter(|len| !brief() || len % 7 < 2).collect(),
        "non-temporal" => vec![MOST - 2 * 16_384, MOST],
        _ if all() => short().chain(medium).chain(long).collect(),
        _ => short().chain([511, 513, 1025, 4097]).collect(),
    }
}

fn cases(routines: impl IntoIterator<Item = (&'static str, Routine)>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, routine) in routines {
        for len in lengths(name) {
            cases.push(Case {
                name,
                routine,
                len,
                from: len * 5 % 64,
                // Around the end of a page, so that some copies end one and some do not.
                at: 4096 - 64 + len * 11 % 128,
            });
        }
    }
    cases
}

impl Case {
    /// Runs the routine.
    ///
    /// # Safety
    ///
    /// The source has `MOST + 64` bytes, and the memory that many behind `at`.
    unsafe fn run(&self, source: *const u8, memory: *mut u8) {
        let to = memory.wrapping_add(self.at);
        match self.routine {
            // SAFETY: by the caller's word there are so many bytes on both sides.
            Routine::Copy(copy) => unsafe { copy(source.wrapping_add(self.from), to, self.len) },
            // SAFETY: as above.
            Routine::Fill(fill) => unsafe { fill(to, FILLED, self.len) },
        }
    }

    fn expected(&self, source: &[u8]) -> Vec<u8> {
        match self.routine {
            Routine::Copy(_) => source[self.from..][..self.len].to_vec(),
            Routine::Fill(_) => vec![FILLED; self.len],
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            len,
            from,
            at,
            ..
        } = self;
        write!(f, "{name}: {len} bytes from {from} to {at}")
    }
}

/// The second process, which is killed and reaped at the end.
struct Tracee(libc::pid_t);

#[derive(PartialEq, Eq)]
enum Stop {
    /// The process has stopped itself between two cases.
    Marker,
    /// After one instruction.
    Step,
    Exit(i32),
}

/// The code with which the second process tells that nobody may watch it.
const NOT_PERMITTED: i32 = 42;

impl Tracee {
    /// Runs all cases in a new process, which stops before each and behind the last.
    fn start(cases: &[Case], source: &[u8], memory: &Mapping<Shared>) -> Self {
        let memory = memory.as_mut_ptr();
        // SAFETY: the child, which is a copy of this thread alone, does nothing but call the
        // kernel and run the routines.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", io::Error::last_os_error()),
            0 => {
                // SAFETY: PTRACE_TRACEME touches no memory.
                if unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) } != 0 {
                    // SAFETY: _exit touches no memory.
                    unsafe { libc::_exit(NOT_PERMITTED) }
                }
                for case in cases {
                    stop();
                    // SAFETY: both are as long as the longest case.
                    unsafe { case.run(source.as_ptr(), memory) };
                }
                stop();
                // SAFETY: _exit touches no memory.
                unsafe { libc::_exit(0) }
            }
            pid => Self(pid),
        }
    }

    fn wait(&mut self) -> Stop {
        let mut status = 0;
        // SAFETY: waitpid writes the status.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, libc::__WALL) };
        assert_eq!(waited, self.0, "waitpid: {}", io::Error::last_os_error());
        if libc::WIFEXITED(status) {
            self.0 = 0;
            return Stop::Exit(libc::WEXITSTATUS(status));
        }
        assert!(libc::WIFSTOPPED(status), "it died: {status:#x}");
        match libc::WSTOPSIG(status) {
            libc::SIGSTOP => Stop::Marker,
            libc::SIGTRAP => Stop::Step,
            signal => panic!("it was stopped by signal {signal}"),
        }
    }

    /// Has it killed with the thread that watches it.
    fn die_with_us(&self) {
        self.request(libc::PTRACE_SETOPTIONS, libc::PTRACE_O_EXITKILL as usize);
    }

    fn step(&self) {
        self.request(libc::PTRACE_SINGLESTEP, 0);
    }

    fn go_on(&self) {
        self.request(libc::PTRACE_CONT, 0);
    }

    fn request(&self, request: libc::c_uint, data: usize) {
        let nowhere = ptr::null_mut::<u8>();
        // SAFETY: the requests above touch no memory of ours.
        let done = unsafe { libc::ptrace(request, self.0, nowhere, data) };
        assert_eq!(done, 0, "ptrace: {}", io::Error::last_os_error());
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        if self.0 != 0 {
            // SAFETY: kill touches no memory; the process is ours, and not reaped yet.
            unsafe { libc::kill(self.0, libc::SIGKILL) };
            // SAFETY: waitpid is not asked for a status.
            unsafe { libc::waitpid(self.0, ptr::null_mut(), libc::__WALL) };
        }
    }
}

/// Stops this process until the one that watches it goes on.
fn stop() {
    // SAFETY: getpid touches no memory.
    let own = unsafe { syscall0(SYS_getpid) }.unwrap_or(0);
    // SAFETY: the signal stops this process alone.
    let _ = unsafe { syscall2(SYS_kill, own, libc::SIGSTOP as usize) };
}

/// What the memory around the destination of a case should look like.
struct Watch<'a> {
    case: &'a Case,
    expected: Vec<u8>,
    window: Range<usize>,
    /// The memory at even and at odd steps.
    models: [Vec<u8>; 2],
    turn: usize,
}

impl<'a> Watch<'a> {
    fn new(case: &'a Case, source: &[u8], memory: &mut [u8]) -> Self {
        let window = case.at - MARGIN..case.at + case.len + MARGIN;
        let watch = Self {
            case,
            expected: case.expected(source),
            models: UNTOUCHED.map(|value| vec![value; window.len()]),
            window,
            turn: 0,
        };
        memory.fill(UNTOUCHED[0]);
        watch
    }

    /// After one instruction.
    fn look(&mut self, memory: &mut [u8]) {
        let memory = &mut memory[self.window.clone()];
        self.note(memory, 0);
        self.turn ^= 1;
        memory.copy_from_slice(&self.models[self.turn]);
    }

    /// Notes what has changed in a part of the window: in one half of it, most of the time.
    fn note(&mut self, part: &[u8], start: usize) {
        if part == &self.models[self.turn][start..start + part.len()] {
            return;
        }
        if let [now] = part {
            return self.note_byte(*now, start);
        }
        let (first, second) = part.split_at(part.len() / 2);
        self.note(first, start);
        self.note(second, start + first.len());
    }

    fn note_byte(&mut self, now: u8, index: usize) {
        let case = || {
            let offset = index as isize - MARGIN as isize;
            format!("byte {offset} of {}", self.case)
        };
        let inside = index.checked_sub(MARGIN);
        let expected = inside.and_then(|index| self.expected.get(index));
        assert!(expected.is_some(), "{now:#x} beyond the ends: {}", case());
        let was = self.models[self.turn][index];
        assert_ne!(was, WRITTEN, "written again: {}", case());
        assert_eq!(Some(&now), expected, "a wrong value: {}", case());
        self.models
            .iter_mut()
            .for_each(|model| model[index] = WRITTEN);
    }

    /// After the last instruction.
    fn assert_all_written(&self, memory: &[u8]) {
        let case = self.case;
        let inside = MARGIN..MARGIN + self.case.len;
        let missing = self.models[0][inside]
            .iter()
            .position(|&byte| byte != WRITTEN);
        assert_eq!(missing, None, "never written: {case}");
        let (below, above) = (&memory[..self.window.start], &memory[self.window.end..]);
        let untouched = |bytes: &[u8]| bytes == vec![UNTOUCHED[0]; bytes.len()];
        assert!(untouched(below) && untouched(above), "far beyond {case}");
    }
}

#[test]
fn copies_write_each_byte_once() {
    let routines = fast::routines().into_iter();
    watch(routines.map(|(name, copy)| (name, Routine::Copy(copy))));
}

#[test]
fn fills_write_each_byte_once() {
    let routines = fast::fills().into_iter();
    watch(routines.map(|(name, fill)| (name, Routine::Fill(fill))));
}

fn watch(routines: impl IntoIterator<Item = (&'static str, Routine)>) {
    if is_emulated() {
        return skip("the emulator has no ptrace");
    }
    if cfg!(target_arch = "riscv64") {
        return skip("the kernel cannot execute single instructions here");
    }
    // The routine is chosen before, or the choice would be watched each time.
    // SAFETY: the value is copied to another one's place.
    unsafe { fast::copy_to_shared([1; 100].as_ptr(), [2; 100].as_mut_ptr(), 100) };
    let (cases, source) = (cases(routines), source());
    let memory = MapOptions::new().len(4096 + 64 + MOST + MARGIN);
    let mut memory = memory.map_shared_anonymous().unwrap();
    let mut tracee = Tracee::start(&cases, &source, &memory);
    if let Stop::Exit(code) = tracee.wait() {
        assert_eq!(code, NOT_PERMITTED);
        return skip("ptrace is not permitted");
    }
    tracee.die_with_us();
    let mut steps = 0;
    for case in &cases {
        // SAFETY: the other process, which alone has the memory too, has stopped.
        let bytes = unsafe { memory.as_mut_slice() };
        let mut watch = Watch::new(case, &source, bytes);
        loop {
            tracee.step();
            match tracee.wait() {
                Stop::Step => {
                    // SAFETY: as above.
                    watch.look(unsafe { memory.as_mut_slice() });
                    steps += 1;
                }
                Stop::Marker => break,
                Stop::Exit(code) => panic!("it ended with {code}"),
            }
        }
        // SAFETY: as above.
        watch.assert_all_written(unsafe { memory.as_mut_slice() });
    }
    tracee.go_on();
    assert!(tracee.wait() == Stop::Exit(0));
    println!("{} copies and fills, {steps} instructions", cases.len());
}
