//! Waiting for another thread or process, and waking it.
//!
//! No time is ever too long for a test, but that after which something must have gone wrong.

#![cfg(target_os = "linux")]

mod common;
#[path = "common/peer.rs"]
mod peer;

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize};
use std::time::{Duration, Instant};
use std::{io, mem, ptr, thread};

use common::{UniqueName, assert_fails};
use peer::{Peer, WATCHDOG};
use rawshm::futex::{SPINS, Word, futex_wait, futex_wake};
use rawshm::mm::{Access, page_size};
use rawshm::slice::SharedAtomic;
use rawshm::syscall::{SYS_futex, SYS_gettid, SYS_tgkill, syscall0, syscall3, syscall6};
use rawshm::{Call, Errno, MapOptions, Mapping, Memfd, Segment, Shared, SharedMemory};

const LEN: usize = 4096;

fn memory() -> Mapping<Shared> {
    MapOptions::new().len(LEN).map_shared_anonymous().unwrap()
}

/// Runs `body` with the handle to shared memory of each kind.
fn with_each_kind(body: impl Fn(&str, rawshm::SharedSlice<'_>)) {
    body("anonymous", memory().shared());
    let memfd = Memfd::create("futex", LEN as u64).unwrap();
    body("memfd", memfd.map().unwrap().shared());
    let name = UniqueName::new("futex");
    let object = SharedMemory::create(&name, LEN as u64).unwrap();
    body("POSIX", object.map().unwrap().shared());
    let segment = Segment::create(LEN).unwrap().destroy_on_drop();
    body("System V", segment.attach().unwrap().shared());
    let mut private = MapOptions::new().len(LEN).map_anonymous().unwrap();
    body("private", private.shared_mut());
}

/// The offset of the word that [`sleepers`] moves them to and back.
const ASIDE: usize = LEN - 4;

/// How many sleep at a word of such a memory: by moving them aside, which nobody notices.
fn sleepers(memory: rawshm::SharedSlice<'_>, offset: usize) -> usize {
    let place = |offset| {
        memory
            .atomic_u32(offset)
            .unwrap()
            .as_ptr()
            .expose_provenance()
    };
    let move_all = |from, to| {
        let operation = libc::FUTEX_REQUEUE as usize;
        let most = i32::MAX as usize;
        // SAFETY: FUTEX_REQUEUE touches no memory; it wakes none.
        unsafe { syscall6(SYS_futex, place(from), operation, 0, most, place(to), 0) }.unwrap()
    };
    move_all(offset, ASIDE);
    move_all(ASIDE, offset)
}

/// Waits until so many sleep there.
#[track_caller]
fn await_sleepers(memory: rawshm::SharedSlice<'_>, offset: usize, count: usize) {
    let start = Instant::now();
    while sleepers(memory, offset) < count {
        assert!(start.elapsed() < WATCHDOG, "they never sleep");
        thread::yield_now();
    }
}

/// Runs `body`, which fails if it takes so long that a wake-up must have been lost.
#[track_caller]
fn in_time<T>(body: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = body();
    assert!(start.elapsed() < WATCHDOG, "a wake-up was lost");
    value
}

/// How long to wait for what must come: the test fails before it hangs.
const LONG: Option<Duration> = Some(Duration::from_secs(90));

fn milliseconds(milliseconds: u64) -> Option<Duration> {
    Some(Duration::from_millis(milliseconds))
}

#[test]
fn another_value_is_not_waited_for() {
    with_each_kind(|kind, memory| {
        let word = memory.atomic_u32(8).unwrap();
        word.store(7, Relaxed);
        for expected in [0, 6, 8, u32::MAX, 7 | 1 << 31] {
            for timeout in [None, milliseconds(0), Some(Duration::MAX)] {
                assert_eq!(word.wait(expected, timeout), Ok(7), "{kind}");
                assert_eq!(word.wait_spinning(expected, 0, timeout), Ok(7), "{kind}");
                assert_fails(
                    futex_wait(word, expected, timeout),
                    Call::FutexWait,
                    Errno::EAGAIN,
                );
            }
        }
        let word = memory.atomic::<i32>(8).unwrap();
        word.store(i32::MIN, Relaxed);
        for expected in [0, i32::MAX, -1] {
            assert_eq!(word.wait(expected, None), Ok(i32::MIN), "{kind}");
            assert_eq!(
                word.wait_spinning(expected, 0, None),
                Ok(i32::MIN),
                "{kind}"
            );
            assert_fails(
                futex_wait(word, expected, None),
                Call::FutexWait,
                Errno::EAGAIN,
            );
        }
    });
}

/// Never before its time: how long it is after it nobody can tell.
fn assert_times_out<T: Word, A: Access>(word: SharedAtomic<'_, T, A>, expected: T) {
    let waits: [&dyn Fn(Duration) -> rawshm::Result<T>; 4] = [
        &|timeout| word.wait(expected, Some(timeout)),
        &|timeout| word.wait_spinning(expected, 0, Some(timeout)),
        &|timeout| word.wait_spinning(expected, 3 * SPINS, Some(timeout)),
        &|timeout| futex_wait(word, expected, Some(timeout)).map(|()| expected),
    ];
    for wait in waits {
        for timeout in [0, 1, 999, 1_000_000, 20_000_001].map(Duration::from_nanos) {
            let start = Instant::now();
            let result = wait(timeout);
            let elapsed = start.elapsed();
            assert_fails(result, Call::FutexWait, Errno::ETIMEDOUT);
            assert!(elapsed >= timeout, "{elapsed:?} instead of {timeout:?}");
        }
    }
}

#[test]
fn who_is_not_woken_waits_as_long_as_said() {
    with_each_kind(|_, memory| {
        assert_times_out(memory.atomic_u32(8).unwrap(), 0);
        memory.atomic::<i32>(12).unwrap().store(-5, Relaxed);
        assert_times_out(memory.atomic::<i32>(12).unwrap(), -5);
    });
}

/// A number of seconds that no clock has, and some that it has but will never show.
#[test]
fn a_time_that_never_comes_is_waited_for() {
    const NEVER: [Duration; 5] = [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(i64::MAX as u64 - 1_000_000),
        Duration::from_secs(1 << 40),
    ];
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    for round in 0..2 * NEVER.len() as u32 {
        let timeout = NEVER[round as usize % NEVER.len()];
        let by_call = round as usize >= NEVER.len();
        let seen = thread::scope(|scope| {
            let waiter = scope.spawn(move || match by_call {
                false => word.wait_spinning(round, 0, Some(timeout)),
                true => futex_wait(word, round, Some(timeout)).map(|()| word.load(Acquire)),
            });
            await_sleepers(memory.shared(), 0, 1);
            word.store(round + 1, Release);
            let woken = word.wake(1);
            let seen = waiter.join().unwrap();
            assert_eq!(woken, Ok(1), "{timeout:?}");
            seen
        });
        assert_eq!(seen, Ok(round + 1), "{timeout:?}");
    }
}

#[test]
fn who_waits_sees_what_was_written_before() {
    with_each_kind(|kind, memory| {
        let word = memory.atomic_u32(8).unwrap();
        let payload = memory.get(64..164).unwrap();
        thread::scope(|scope| {
            let waiter = scope.spawn(move || {
                let value = in_time(|| word.wait(0, LONG));
                let mut bytes = [0; 100];
                payload.copy_to_slice(&mut bytes);
                (value, bytes)
            });
            await_sleepers(memory, 8, 1);
            payload.fill(9);
            word.store(3, Release);
            assert_eq!(word.wake(u32::MAX), Ok(1), "{kind}");
            assert_eq!(waiter.join().unwrap(), (Ok(3), [9; 100]), "{kind}");
        });
    });
}

#[test]
fn negative_numbers_are_waited_for() {
    let memory = memory();
    let word = memory.shared().atomic::<i32>(0).unwrap();
    word.store(-1, Relaxed);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| in_time(|| word.wait_spinning(-1, 0, LONG)));
        await_sleepers(memory.shared(), 0, 1);
        word.store(i32::MIN, Release);
        assert_eq!(word.wake(1), Ok(1));
        assert_eq!(waiter.join().unwrap(), Ok(i32::MIN));
    });
}

#[test]
fn another_process_is_woken_at_another_address() {
    let memfd = Memfd::create("futex", 3 * page_size() as u64).unwrap();
    let offset = page_size() + 40;
    let ours = memfd.map().unwrap();
    let (word, answer) = (
        ours.shared().atomic_u32(offset).unwrap(),
        ours.shared().atomic_u32(0).unwrap(),
    );
    let peer = Peer::start(|| {
        let theirs = memfd.map().unwrap();
        assert_ne!(theirs.addr(), ours.addr());
        let word = theirs.shared().atomic_u32(offset).unwrap();
        assert_eq!(in_time(|| word.wait_spinning(0, 0, LONG)), Ok(1));
        let answer = theirs.shared().atomic_u32(0).unwrap();
        answer.store(2, Release);
        answer.wake(1).unwrap();
    });
    await_sleepers(ours.shared(), offset, 1);
    word.store(1, Release);
    assert_eq!(word.wake(1), Ok(1));
    assert_eq!(in_time(|| answer.wait_spinning(0, 0, LONG)), Ok(2));
    peer.join();
}

#[test]
fn who_may_only_read_can_wait_and_wake() {
    let memfd = Memfd::create("futex", LEN as u64).unwrap();
    let (ours, theirs) = (memfd.map().unwrap(), memfd.map_read_only().unwrap());
    let ours = ours.shared();
    let word = ours.atomic_u32(0).unwrap();
    let read_only = theirs.shared().atomic_u32(0).unwrap();
    assert_times_out(read_only, 0);
    thread::scope(|scope| {
        let waiter = scope.spawn(move || in_time(|| read_only.wait(0, LONG)));
        await_sleepers(ours, 0, 1);
        word.store(1, Release);
        assert_eq!(word.wake(1), Ok(1));
        assert_eq!(waiter.join().unwrap(), Ok(1));

        let waiter = scope.spawn(move || in_time(|| word.wait(1, LONG)));
        await_sleepers(ours, 0, 1);
        word.store(2, Release);
        assert_eq!(read_only.wake(1), Ok(1));
        assert_eq!(waiter.join().unwrap(), Ok(2));
    });
}

#[test]
fn as_many_are_woken_as_said() {
    const COUNT: u32 = 7;
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    let returned = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..COUNT {
            scope.spawn(|| {
                futex_wait(word, 0, LONG).unwrap();
                returned.fetch_add(1, Release);
            });
        }
        await_sleepers(memory.shared(), 0, COUNT as usize);
        let mut left = COUNT;
        for (count, woken) in [(0, 0), (1, 1), (0, 0), (2, 2), (u32::MAX, 4), (1, 0)] {
            assert_eq!(word.wake(count), Ok(woken), "{count}");
            left -= woken;
            assert_eq!(sleepers(memory.shared(), 0), left as usize);
        }
        assert_eq!(futex_wake(word, u32::MAX), Ok(0));
    });
    assert_eq!(returned.into_inner(), COUNT);
}

#[test]
fn the_call_wakes_as_many_as_said() {
    let memory = memory();
    let word = memory.shared().atomic::<i32>(0).unwrap();
    // The kernel takes 0 for 1.
    for count in [0, 1, 2, 3, i32::MAX as u32, 1 << 31, u32::MAX] {
        thread::scope(|scope| {
            (0..3).for_each(|_| _ = scope.spawn(|| futex_wait(word, 0, LONG).unwrap()));
            await_sleepers(memory.shared(), 0, 3);
            let woken = count.clamp(1, 3);
            assert_eq!(futex_wake(word, count), Ok(woken), "{count}");
            assert_eq!(futex_wake(word, 100), Ok(3 - woken), "{count}");
        });
    }
}

/// Whoever is at another word, or at another memory, is not meant.
#[test]
fn nobody_else_is_woken() {
    let (memory, other) = (memory(), memory());
    let word = memory.shared().atomic_u32(64).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| futex_wait(word, 0, LONG));
        await_sleepers(memory.shared(), 64, 1);
        for offset in [0, 60, 68, 2048] {
            let elsewhere = memory.shared().atomic_u32(offset).unwrap();
            assert_eq!(elsewhere.wake(u32::MAX), Ok(0));
        }
        assert_eq!(other.shared().atomic_u32(64).unwrap().wake(u32::MAX), Ok(0));
        assert_eq!(word.wake(u32::MAX), Ok(1));
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

/// Wakes again and again without a change, and with one that is taken back.
#[test]
fn a_wake_up_without_a_change_does_not_end_a_wait() {
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let value = in_time(|| word.wait_spinning(0, 0, LONG));
            ended.store(true, Release);
            value
        });
        for _ in 0..100 {
            await_sleepers(memory.shared(), 0, 1);
            assert_eq!(word.wake(1), Ok(1));
            assert!(!ended.load(Acquire));
        }
        await_sleepers(memory.shared(), 0, 1);
        word.store(5, Release);
        word.wake(1).unwrap();
        assert_eq!(waiter.join().unwrap(), Ok(5));
    });
}

// --- signals ---------------------------------------------------------------

/// How many signals the handler has seen; each test has a signal of its own.
static SIGNALS: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];

fn signal(which: usize) -> libc::c_int {
    libc::SIGRTMIN() + 3 + which as libc::c_int
}

extern "C" fn note(signal: libc::c_int) {
    let which = signal - libc::SIGRTMIN() - 3;
    SIGNALS[which as usize].fetch_add(1, Relaxed);
}

/// Has a signal interrupt calls: without `SA_RESTART`.
fn handle(which: usize) {
    let handler: extern "C" fn(libc::c_int) = note;
    // SAFETY: the struct consists of integers, an address and an optional function.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler as usize;
    // SAFETY: the handler does nothing but count.
    let done = unsafe { libc::sigaction(signal(which), &action, ptr::null_mut()) };
    assert_eq!(done, 0, "sigaction: {}", io::Error::last_os_error());
}

/// Sends the signal to a thread of this process.
fn interrupt(which: usize, thread: i32) {
    let process = std::process::id() as usize;
    // SAFETY: tgkill touches no memory; the signal has a handler.
    let done = unsafe { syscall3(SYS_tgkill, process, thread as usize, signal(which) as usize) };
    done.unwrap();
}

fn own_thread() -> i32 {
    // SAFETY: gettid touches no memory.
    unsafe { syscall0(SYS_gettid) }.unwrap() as i32
}

/// Waits until the thread has said which one it is.
fn await_thread(thread: &AtomicI32) -> i32 {
    loop {
        match thread.load(Acquire) {
            0 => thread::yield_now(),
            thread => return thread,
        }
    }
}

#[test]
fn a_signal_does_not_end_a_wait() {
    handle(0);
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    let (thread, ended) = (AtomicI32::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            thread.store(own_thread(), Release);
            let value = in_time(|| word.wait_spinning(0, 0, LONG));
            ended.store(true, Release);
            value
        });
        let target = await_thread(&thread);
        for count in 1..=20 {
            await_sleepers(memory.shared(), 0, 1);
            interrupt(0, target);
            while SIGNALS[0].load(Relaxed) < count {
                thread::yield_now();
            }
            assert!(!ended.load(Acquire));
        }
        await_sleepers(memory.shared(), 0, 1);
        word.store(1, Release);
        word.wake(1).unwrap();
        assert_eq!(waiter.join().unwrap(), Ok(1));
    });
}

#[test]
fn a_signal_ends_the_call() {
    handle(1);
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    for timeout in [None, LONG] {
        let thread = AtomicI32::new(0);
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                thread.store(own_thread(), Release);
                futex_wait(word, 0, timeout)
            });
            let target = await_thread(&thread);
            await_sleepers(memory.shared(), 0, 1);
            interrupt(1, target);
            assert_fails(waiter.join().unwrap(), Call::FutexWait, Errno::EINTR);
        });
    }
}

/// Signals come all the time: the wait would never end if each began it anew.
#[test]
fn signals_do_not_move_the_deadline() {
    handle(2);
    let memory = memory();
    let word = memory.shared().atomic_u32(0).unwrap();
    let (thread, ended) = (AtomicI32::new(0), AtomicBool::new(false));
    let timeout = Duration::from_millis(300);
    let (result, elapsed) = thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            thread.store(own_thread(), Release);
            let start = Instant::now();
            let result = word.wait(0, Some(timeout));
            let elapsed = start.elapsed();
            ended.store(true, Release);
            (result, elapsed)
        });
        let target = await_thread(&thread);
        let start = Instant::now();
        // The thread is there until it has been waited for.
        while !ended.load(Acquire) && start.elapsed() < WATCHDOG / 2 {
            interrupt(2, target);
            thread::sleep(Duration::from_millis(5));
        }
        let in_time = ended.load(Acquire);
        let ended = waiter.join().unwrap();
        assert!(in_time, "the deadline moves");
        ended
    });
    assert!(SIGNALS[2].load(Relaxed) > 0);
    assert_fails(result, Call::FutexWait, Errno::ETIMEDOUT);
    assert!(elapsed >= timeout, "{elapsed:?}");
}

// --- peers that do not play along ------------------------------------------

#[test]
fn the_calls_tell_that_the_memory_is_gone() {
    let page = page_size();
    let memfd = Memfd::options().resizable(true);
    let memfd = memfd.create("futex", 2 * page as u64).unwrap();
    let (ours, theirs) = (memfd.map().unwrap(), memfd.map_read_only().unwrap());
    let (kept, gone) = (0, page);
    memfd.resize(page as u64).unwrap();
    let word = ours.shared().atomic_u32(gone).unwrap();
    let read_only = theirs.shared().atomic::<i32>(gone).unwrap();
    for timeout in [None, milliseconds(1)] {
        assert_fails(futex_wait(word, 0, timeout), Call::FutexWait, Errno::EFAULT);
        assert_fails(
            futex_wait(read_only, 0, timeout),
            Call::FutexWait,
            Errno::EFAULT,
        );
    }
    assert_fails(word.wake(1), Call::FutexWake, Errno::EFAULT);
    assert_fails(futex_wake(read_only, 1), Call::FutexWake, Errno::EFAULT);
    // The page before it is as good as ever.
    let word = ours.shared().atomic_u32(kept).unwrap();
    assert_fails(
        futex_wait(word, 0, milliseconds(0)),
        Call::FutexWait,
        Errno::ETIMEDOUT,
    );
    assert_eq!(word.wake(1), Ok(0));
}

/// Who sleeps is not told that the memory goes; a timeout ends the wait.
#[test]
fn memory_that_goes_wakes_nobody() {
    let memfd = Memfd::options().resizable(true);
    let memfd = memfd.create("futex", LEN as u64).unwrap();
    let mapping = memfd.map().unwrap();
    let word = mapping.shared().atomic_u32(0).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| futex_wait(word, 0, milliseconds(200)));
        await_sleepers(mapping.shared(), 0, 1);
        memfd.resize(0).unwrap();
        assert_fails(waiter.join().unwrap(), Call::FutexWait, Errno::ETIMEDOUT);
    });
    assert_fails(futex_wait(word, 0, None), Call::FutexWait, Errno::EFAULT);
}

// --- no wake-up is lost ----------------------------------------------------

/// Two take turns: each stores the next number, wakes the other and waits for its answer.
fn take_turns(word: SharedAtomic<'_, u32>, first: u32, rounds: u32, spins: u32) {
    for round in 0..rounds {
        let turn = 2 * round + first;
        if turn > 0 {
            assert_eq!(word.wait_spinning(turn - 1, spins, LONG), Ok(turn));
        }
        word.store(turn + 1, Release);
        word.wake(1).unwrap();
    }
}

#[test]
fn processes_take_turns() {
    const ROUNDS: u32 = 1_000;
    for spins in [0, SPINS] {
        let memfd = Memfd::create("futex", LEN as u64).unwrap();
        let ours = memfd.map().unwrap();
        let peer = Peer::start(|| {
            let theirs = memfd.map().unwrap();
            take_turns(theirs.shared().atomic_u32(12).unwrap(), 1, ROUNDS, spins);
        });
        let word = ours.shared().atomic_u32(12).unwrap();
        in_time(|| take_turns(word, 0, ROUNDS, spins));
        assert_eq!(in_time(|| word.wait(2 * ROUNDS - 1, LONG)), Ok(2 * ROUNDS));
        peer.join();
    }
}

#[test]
fn threads_take_turns_on_each_kind_of_memory() {
    with_each_kind(|_, memory| {
        for spins in [0, SPINS] {
            let word = memory.atomic_u32(12).unwrap();
            word.store(0, Relaxed);
            in_time(|| {
                thread::scope(|scope| {
                    scope.spawn(|| take_turns(word, 1, 200, spins));
                    take_turns(word, 0, 200, spins);
                });
            });
        }
    });
}
