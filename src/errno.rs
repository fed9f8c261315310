//! Error numbers: what the kernel said.

use core::fmt;
use core::num::NonZeroU32;
#[cfg(feature = "std")]
use std::io;

use crate::sys;
#[cfg(feature = "std")]
use crate::{Error, PartialCopy};

/// An error number of the kernel, 1 to 4095.
///
/// The constants bear the manual's names; a number that has none here is kept all
/// the same. See [errno(3)](https://man7.org/linux/man-pages/man3/errno.3.html).
///
/// ```
/// use rawshm::Errno;
///
/// let errno = Errno::from_raw(28).unwrap();
/// assert_eq!(errno, Errno::ENOSPC);
/// assert_eq!(errno.to_string(), "no space left (ENOSPC)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Errno(NonZeroU32);

impl Errno {
    /// The largest number that the kernel returns as an error.
    const MAX: i32 = 4095;

    /// The error with a number, `None` if it is not between 1 and 4095.
    ///
    /// ```
    /// assert_eq!(rawshm::Errno::from_raw(2), Some(rawshm::Errno::ENOENT));
    /// assert_eq!(rawshm::Errno::from_raw(0), None);
    /// ```
    #[inline]
    #[must_use]
    pub const fn from_raw(number: i32) -> Option<Self> {
        if number < 1 || number > Self::MAX {
            return None;
        }
        match NonZeroU32::new(number as u32) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, as C's `errno` holds it.
    ///
    /// ```
    /// assert_eq!(rawshm::Errno::EINVAL.raw(), 22);
    /// ```
    #[inline]
    #[must_use]
    pub const fn raw(self) -> i32 {
        self.0.get() as i32
    }

    /// Splits what the kernel left in the result register: the last page of numbers are errors.
    #[cfg(target_os = "linux")]
    #[inline]
    pub(crate) const fn decode(result: usize) -> Result<usize, Self> {
        if result <= usize::MAX - Self::MAX as usize {
            return Ok(result);
        }
        seldom();
        // Minus the result is one more than its complement.
        Err(Self::one_more_than(!result as u32))
    }

    /// The error whose number is one more than this one, which is under [`MAX`](Self::MAX):
    /// said in this way it is not zero, without a test.
    #[inline]
    pub(crate) const fn one_more_than(number: u32) -> Self {
        debug_assert!(number < Self::MAX as u32);
        Self(NonZeroU32::MIN.saturating_add(number & Self::MAX as u32))
    }
}

/// Tells the compiler that a branch is seldom taken: it makes no result ready there in advance.
#[cfg(target_os = "linux")]
#[cold]
#[inline(always)]
const fn seldom() {}

macro_rules! define {
    ($($name:ident $number:literal $message:literal;)*) => {
        /// The numbers by name.
        impl Errno {
            $(
                #[doc = concat!(stringify!($name), ": ", $message, ".")]
                pub const $name: Self = Self::known($number);
            )*

            const fn known(number: u32) -> Self {
                match NonZeroU32::new(number) {
                    Some(number) => Self(number),
                    None => panic!("the table holds no zero"),
                }
            }

            /// The manual's name, `None` for a number that this crate does not know.
            ///
            /// ```
            /// assert_eq!(rawshm::Errno::EEXIST.name(), Some("EEXIST"));
            /// ```
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0.get() {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// What it means, in a few words; `None` for a number that this crate does not know.
            ///
            /// ```
            /// assert_eq!(rawshm::Errno::EEXIST.message(), Some("file exists"));
            /// ```
            #[must_use]
            pub const fn message(self) -> Option<&'static str> {
                match self.0.get() {
                    $($number => Some($message),)*
                    _ => None,
                }
            }
        }
    };
}

macro_rules! define_aliases {
    ($($alias:ident $name:ident;)*) => {
        /// Second names.
        impl Errno {
            $(
                #[doc = concat!("Another name of [`", stringify!($name), "`](Self::", stringify!($name), ").")]
                pub const $alias: Self = Self::$name;
            )*

            /// The number with a name, second names included.
            ///
            /// ```
            /// use rawshm::Errno;
            ///
            /// assert_eq!(Errno::from_name("EWOULDBLOCK"), Some(Errno::EAGAIN));
            /// assert_eq!(Errno::from_name("EUNKNOWN"), None);
            /// ```
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($alias) => return Some(Self::$alias),)*
                    _ => {}
                }
                (1..=Self::MAX)
                    .filter_map(Self::from_raw)
                    .find(|errno| errno.name() == Some(name))
            }
        }
    };
}

sys::for_each_errno!(define);
sys::for_each_errno_alias!(define_aliases);

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Errno({})", self.raw()),
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message(), self.name()) {
            (Some(message), Some(name)) => write!(f, "{message} ({name})"),
            _ => write!(f, "error number {}", self.raw()),
        }
    }
}

impl core::error::Error for Errno {}

#[cfg(feature = "std")]
impl Errno {
    /// The number that an error of the standard library carries.
    ///
    /// That is its `raw_os_error()`, or the number of what it was made from, if that was an
    /// [`Error`], a [`PartialCopy`] or an `Errno`. `None` if it carries none.
    ///
    /// ```
    /// use rawshm::{Errno, SharedMemory};
    /// use std::{fs::File, io};
    ///
    /// let missing = File::open("/no/such/file").unwrap_err();
    /// assert_eq!(Errno::from_io_error(&missing), Some(Errno::ENOENT));
    ///
    /// let missing = io::Error::from(SharedMemory::open("rawshm-no-such-object").unwrap_err());
    /// assert_eq!(missing.raw_os_error(), None); // but it has the call's name
    /// assert_eq!(Errno::from_io_error(&missing), Some(Errno::ENOENT));
    /// ```
    #[must_use]
    pub fn from_io_error(error: &io::Error) -> Option<Self> {
        if let Some(number) = error.raw_os_error() {
            return Self::from_raw(number);
        }
        let inner = error.get_ref()?;
        inner
            .downcast_ref::<Error>()
            .map(|error| error.errno())
            .or_else(|| Some(inner.downcast_ref::<PartialCopy>()?.error.errno()))
            .or_else(|| inner.downcast_ref().copied())
    }
}

#[cfg(feature = "std")]
impl From<Errno> for io::Error {
    /// Keeps the number: `raw_os_error()` is `Some`.
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.raw())
    }
}

#[cfg(feature = "std")]
impl From<Errno> for io::ErrorKind {
    /// The kind that the standard library files this number under.
    ///
    /// ```
    /// use std::io::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::from(rawshm::Errno::ENOSPC), ErrorKind::StorageFull);
    /// ```
    fn from(errno: Errno) -> Self {
        io::Error::from(errno).kind()
    }
}

#[cfg(feature = "std")]
impl TryFrom<io::ErrorKind> for Errno {
    /// The kind itself, if no error number is of this kind.
    type Error = io::ErrorKind;

    /// The error number that stands for a kind; of two the more frequent one.
    ///
    /// ```
    /// use rawshm::Errno;
    /// use std::io::ErrorKind;
    ///
    /// assert_eq!(Errno::try_from(ErrorKind::PermissionDenied), Ok(Errno::EACCES));
    /// assert_eq!(Errno::try_from(ErrorKind::UnexpectedEof), Err(ErrorKind::UnexpectedEof));
    /// ```
    fn try_from(kind: io::ErrorKind) -> Result<Self, io::ErrorKind> {
        use io::ErrorKind;

        Ok(match kind {
            ErrorKind::AddrInUse => Self::EADDRINUSE,
            ErrorKind::AddrNotAvailable => Self::EADDRNOTAVAIL,
            ErrorKind::AlreadyExists => Self::EEXIST,
            ErrorKind::ArgumentListTooLong => Self::E2BIG,
            ErrorKind::BrokenPipe => Self::EPIPE,
            ErrorKind::ConnectionAborted => Self::ECONNABORTED,
            ErrorKind::ConnectionRefused => Self::ECONNREFUSED,
            ErrorKind::ConnectionReset => Self::ECONNRESET,
            ErrorKind::CrossesDevices => Self::EXDEV,
            ErrorKind::Deadlock => Self::EDEADLK,
            ErrorKind::DirectoryNotEmpty => Self::ENOTEMPTY,
            ErrorKind::ExecutableFileBusy => Self::ETXTBSY,
            ErrorKind::FileTooLarge => Self::EFBIG,
            ErrorKind::HostUnreachable => Self::EHOSTUNREACH,
            ErrorKind::Interrupted => Self::EINTR,
            ErrorKind::InvalidInput => Self::EINVAL,
            ErrorKind::IsADirectory => Self::EISDIR,
            ErrorKind::NetworkDown => Self::ENETDOWN,
            ErrorKind::NetworkUnreachable => Self::ENETUNREACH,
            ErrorKind::NotADirectory => Self::ENOTDIR,
            ErrorKind::NotConnected => Self::ENOTCONN,
            ErrorKind::NotFound => Self::ENOENT,
            ErrorKind::NotSeekable => Self::ESPIPE,
            ErrorKind::OutOfMemory => Self::ENOMEM,
            ErrorKind::PermissionDenied => Self::EACCES,
            ErrorKind::QuotaExceeded => Self::EDQUOT,
            ErrorKind::ReadOnlyFilesystem => Self::EROFS,
            ErrorKind::ResourceBusy => Self::EBUSY,
            ErrorKind::StaleNetworkFileHandle => Self::ESTALE,
            ErrorKind::StorageFull => Self::ENOSPC,
            ErrorKind::TimedOut => Self::ETIMEDOUT,
            ErrorKind::TooManyLinks => Self::EMLINK,
            ErrorKind::Unsupported => Self::ENOSYS,
            ErrorKind::WouldBlock => Self::EAGAIN,
            _ => return Err(kind),
        })
    }
}
