//! Waiting for a value in memory to change.

use core::time::Duration;

use super::Result;
use super::{
    CLOCK_MONOTONIC, FUTEX_BITSET_MATCH_ANY, FUTEX_OP_ADD, FUTEX_PRIVATE_FLAG, FUTEX_WAIT,
    FUTEX_WAIT_BITSET, FUTEX_WAKE, FUTEX_WAKE_OP,
};
use crate::syscall::{SYS_clock_gettime, SYS_futex, syscall2, syscall3, syscall6};

/// `struct timespec` as the kernel reads and writes it.
#[derive(Clone, Copy)]
#[repr(C)]
struct Time {
    seconds: i64,
    nanoseconds: i64,
}

static_assertions::const_assert_eq!(size_of::<Time>(), 16);

impl Time {
    /// `None` for what no clock ever reaches.
    fn new(time: Duration) -> Option<Self> {
        let seconds = i64::try_from(time.as_secs()).ok()?;
        let nanoseconds = time.subsec_nanos().into();
        Some(Self {
            seconds,
            nanoseconds,
        })
    }
}

/// Sleeps while the value is `expected`, for a time.
#[inline]
pub(crate) fn futex_wait(
    place: *const u32,
    expected: u32,
    timeout: Option<Duration>,
) -> Result<()> {
    wait(FUTEX_WAIT, place, expected, timeout)
}

/// Sleeps while the value is `expected`, until the monotonic clock shows a time.
#[inline]
pub(crate) fn futex_wait_until(
    place: *const u32,
    expected: u32,
    time: Option<Duration>,
) -> Result<()> {
    wait(FUTEX_WAIT_BITSET, place, expected, time)
}

#[inline]
fn wait(operation: u32, place: *const u32, expected: u32, time: Option<Duration>) -> Result<()> {
    let time = time.and_then(Time::new);
    let time: *const Time = time.as_ref().map_or(core::ptr::null(), |time| time);
    // SAFETY: futex reads the value, whose address the kernel checks, and the time, which
    // lives until then.
    unsafe {
        syscall6(
            SYS_futex,
            place.expose_provenance(),
            operation as usize,
            expected as usize,
            time.expose_provenance(),
            0,
            FUTEX_BITSET_MATCH_ANY as usize,
        )
    }
    .map(drop)
}

/// Wakes at most so many who sleep there, and tells how many.
#[inline]
pub(crate) fn futex_wake(place: *const u32, count: u32) -> Result<u32> {
    let count = count.min(i32::MAX as u32) as usize;
    // SAFETY: FUTEX_WAKE touches no memory.
    unsafe {
        syscall3(
            SYS_futex,
            place.expose_provenance(),
            FUTEX_WAKE as usize,
            count,
        )
    }
    .map(|woken| woken as u32)
}

/// Faults the page of a place in as a write would, and changes nothing: the kernel adds 0 to
/// the value, atomically. Where a write would raise a signal this is `EFAULT`.
///
/// No memory is pinned for it, so that it works on secret memory too.
pub(crate) fn touch_for_writing(place: *const u32) -> Result<()> {
    // Whoever sleeps at ours, nobody, is woken, and one who sleeps at the place if the value
    // is 0: futexes wake without reason at times.
    let ours = 0_u32;
    let add_nothing = FUTEX_OP_ADD << 28;
    // SAFETY: FUTEX_WAKE_OP changes no more than the value of the place, by 0 and atomically;
    // the kernel checks the address.
    unsafe {
        syscall6(
            SYS_futex,
            (&raw const ours).expose_provenance(),
            (FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG) as usize,
            0,
            0,
            place.expose_provenance(),
            add_nothing as usize,
        )
    }
    .map(drop)
}

/// What the clock shows that nobody sets.
#[inline]
pub(crate) fn monotonic_time() -> Result<Duration> {
    let mut time = Time {
        seconds: 0,
        nanoseconds: 0,
    };
    let place = (&raw mut time).expose_provenance();
    // SAFETY: clock_gettime writes one struct timespec.
    unsafe { syscall2(SYS_clock_gettime, CLOCK_MONOTONIC as usize, place) }?;
    Ok(Duration::new(time.seconds as u64, time.nanoseconds as u32))
}
