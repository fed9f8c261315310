//! Waiting for a value in memory to change.

use core::time::Duration;

use super::{
    CLOCK_MONOTONIC, FUTEX_BITSET_MATCH_ANY, FUTEX_CMP_REQUEUE, FUTEX_OP_ADD, FUTEX_PRIVATE_FLAG,
    FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_WAKE, FUTEX_WAKE_OP,
};
use super::{Errno, Result};
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
/// No memory behind the page is pinned, so that it works on secret memory too.
pub(crate) fn touch_for_writing(place: *const u32) -> Result<()> {
    // Add 0; the rest says whom to wake if the old value was 0: nobody sleeps at ours, and
    // who sleeps at the place must bear a wake-up without reason like every futex's user.
    let add_nothing = FUTEX_OP_ADD << 28;
    let ours = 0_u32;
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

/// Faults the page of a place in as a read would. Where a read would raise a signal this is
/// `EFAULT`.
pub(crate) fn touch_for_reading(place: *const u32) -> Result<()> {
    let ours = 0_u32;
    // SAFETY: FUTEX_CMP_REQUEUE reads the value of the place, whose address the kernel checks;
    // it wakes none and moves none.
    let compared = unsafe {
        syscall6(
            SYS_futex,
            place.expose_provenance(),
            (FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG) as usize,
            0,
            0,
            (&raw const ours).expose_provenance(),
            0,
        )
    };
    match compared {
        // The value is or is not 0: it was read.
        Ok(_) | Err(Errno::EAGAIN) => Ok(()),
        Err(errno) => Err(errno),
    }
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
