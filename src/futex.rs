//! Waiting for another process, and waking it: futexes in shared memory.
//!
//! First the kernel's calls, one to one; then [`wait`](SharedAtomic::wait) and
//! [`wake`](SharedAtomic::wake), which add what every use needs: a look before sleeping, a
//! deadline that signals do not move, and no wake-up without a change.
//!
//! Everybody who has the object mapped can take part, at whatever address. Nobody is
//! obliged to: a peer may change the value and wake nobody, or wake without a change. Who
//! depends on a peer to go on gives a timeout.
//!
//! ```
//! use std::sync::atomic::Ordering::{Acquire, Release};
//! use rawshm::MapOptions;
//!
//! let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
//! let ready = mapping.shared().atomic_u32(0)?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| {
//!         mapping.shared().slice(64..68).copy_from_slice(b"text");
//!         ready.store(1, Release);
//!         ready.wake(1)
//!     });
//!     assert_eq!(ready.wait(0, None), Ok(1));
//!     assert!(mapping.shared().slice(64..68).equals(b"text"));
//! });
//! # Ok::<(), rawshm::Error>(())
//! ```

use core::hint;
use core::sync::atomic::Ordering;
use core::time::Duration;

use crate::Errno;
use crate::access::Access;
use crate::error::{Call, Error, InCall, Result};
use crate::slice::{AtomicInteger, SharedAtomic};
use crate::sys;

/// How often [`wait`](SharedAtomic::wait) looks before it sleeps, with a pause of the
/// processor between two looks: 10 to 50 microseconds, by processor, which a wake-up costs as well.
pub const SPINS: u32 = 1000;

/// The integers that the kernel waits for: [`u32`] and [`i32`].
///
/// ```
/// use rawshm::futex::Word;
/// use rawshm::slice::SharedAtomic;
///
/// fn wake_all(word: SharedAtomic<'_, impl Word>) -> rawshm::Result<u32> {
///     word.wake(u32::MAX)
/// }
/// let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// assert_eq!(wake_all(mapping.shared().atomic::<i32>(0)?)?, 0);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait Word: AtomicInteger + private::Word {}

mod private {
    pub trait Word {
        fn bits(self) -> u32;
    }
}

macro_rules! words {
    ($($type:ty)*) => {
        $(
            impl Word for $type {}

            impl private::Word for $type {
                #[inline]
                fn bits(self) -> u32 {
                    self as u32
                }
            }
        )*
    };
}

words! { u32 i32 }

/// `long futex(uint32_t *uaddr, FUTEX_WAIT, uint32_t val, const struct timespec *timeout)`:
/// sleeps while the value is `expected`.
///
/// Returns when somebody wakes, which may be without a reason: the caller looks again.
///
/// # Errors
///
/// - `EAGAIN`: the value is not `expected`.
/// - `EINTR`: a signal came.
/// - `ETIMEDOUT`: the time is over.
/// - `EFAULT`: the object has been truncated; or the memory is secret, or anonymous and
///   read-only, where the kernel finds no futex.
///
/// Source: [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html).
///
/// ```
/// use rawshm::{Errno, MapOptions, futex::futex_wait};
///
/// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
/// let word = mapping.shared().atomic_u32(0)?;
/// assert!(futex_wait(word, 1, None).unwrap_err() == Errno::EAGAIN);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "FUTEX_WAIT")]
#[inline]
pub fn futex_wait<T: Word, A: Access>(
    word: SharedAtomic<'_, T, A>,
    expected: T,
    timeout: Option<Duration>,
) -> Result<()> {
    sys::futex_wait(word.as_ptr().cast(), expected.bits(), timeout).in_call(Call::FutexWait)
}

/// `long futex(uint32_t *uaddr, FUTEX_WAKE, uint32_t val)`: wakes at most `count` of those
/// who sleep; the kernel takes 0 for 1.
///
/// Returns how many.
///
/// # Errors
///
/// - `EFAULT`: the object has been truncated; or the memory is secret, or anonymous and
///   read-only, where the kernel finds no futex.
///
/// Source: [futex(2)](https://man7.org/linux/man-pages/man2/futex.2.html).
///
/// ```
/// use rawshm::{MapOptions, futex::futex_wake};
///
/// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
/// assert_eq!(futex_wake(mapping.shared().atomic_u32(0)?, 1)?, 0);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "FUTEX_WAKE")]
#[inline]
pub fn futex_wake<T: Word, A: Access>(word: SharedAtomic<'_, T, A>, count: u32) -> Result<u32> {
    sys::futex_wake(word.as_ptr().cast(), count).in_call(Call::FutexWake)
}

impl<T: Word, A: Access> SharedAtomic<'_, T, A> {
    /// Waits until the value is not `expected`, and returns it.
    ///
    /// Looks [`SPINS`] times first, then sleeps: an answer that comes at once is seen within
    /// a fraction of a microsecond. What the peer has written before it stored the value
    /// is seen afterwards (`Acquire`). Without a timeout it may wait forever; looking before
    /// it sleeps does not count as time.
    ///
    /// # Errors
    ///
    /// - `ETIMEDOUT`: it still is `expected`.
    /// - `EFAULT`: the object has been truncated (the look at the value may raise `SIGBUS`
    ///   then; [`try_load`](crate::SharedSlice::try_load) would not), or the memory is secret, or
    ///   anonymous and read-only, where the kernel finds no futex.
    ///
    /// See the [module](self) for an example.
    #[inline]
    pub fn wait(self, expected: T, timeout: Option<Duration>) -> Result<T> {
        self.wait_spinning(expected, SPINS, timeout)
    }

    /// Waits as [`wait`](Self::wait) does, and looks `spins` times before it sleeps.
    ///
    /// None are best where the answer never comes at once, or the peer needs this processor.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// use std::time::Duration;
    /// use rawshm::{Errno, MapOptions};
    ///
    /// let mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// let word = mapping.shared().atomic_u32(0)?;
    /// let error = word.wait_spinning(0, 0, Some(Duration::from_millis(1))).unwrap_err();
    /// assert!(error == Errno::ETIMEDOUT);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn wait_spinning(self, expected: T, spins: u32, timeout: Option<Duration>) -> Result<T> {
        for _ in 0..spins {
            let value = self.load(Ordering::Acquire);
            if value != expected {
                return Ok(value);
            }
            hint::spin_loop();
        }
        self.wait_asleep(expected, timeout)
    }

    /// Sleeps until the value is not `expected`.
    fn wait_asleep(self, expected: T, timeout: Option<Duration>) -> Result<T> {
        // A time that never comes is none.
        let until = match timeout {
            None => None,
            Some(timeout) => sys::monotonic_time()
                .in_call(Call::ClockGettime)?
                .checked_add(timeout),
        };
        loop {
            let value = self.load(Ordering::Acquire);
            if value != expected {
                return Ok(value);
            }
            let woken = sys::futex_wait_until(self.as_ptr().cast(), expected.bits(), until);
            let is_over = match woken {
                // A peer that wakes without pause must not make the kernel forget the time.
                Ok(()) | Err(Errno::EAGAIN | Errno::EINTR) => match until {
                    None => false,
                    Some(until) => sys::monotonic_time().in_call(Call::ClockGettime)? >= until,
                },
                Err(Errno::ETIMEDOUT) => true,
                Err(errno) => return Err(Error::new(Call::FutexWait, errno)),
            };
            if is_over {
                let value = self.load(Ordering::Acquire);
                if value != expected {
                    return Ok(value);
                }
                return Err(Error::new(Call::FutexWait, Errno::ETIMEDOUT));
            }
        }
    }

    /// Wakes at most `count` of those who wait for the value to change, and tells how many
    /// slept.
    ///
    /// Store the new value first. It is a call into the kernel also if nobody sleeps: who
    /// wakes often counts those who do in a value of their own, and calls if there are any.
    ///
    /// # Errors
    ///
    /// - `EFAULT`: as of [`wait`](Self::wait).
    ///
    /// See the [module](self) for an example.
    #[inline]
    pub fn wake(self, count: u32) -> Result<u32> {
        if count == 0 {
            return Ok(0);
        }
        futex_wake(self, count)
    }
}
