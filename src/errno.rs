//! Error numbers: what the kernel said.

use core::fmt;
use core::num::NonZeroU16;

use crate::sys;

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
pub struct Errno(NonZeroU16);

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
        match NonZeroU16::new(number as u16) {
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
        match NonZeroU16::new(result.wrapping_neg() as u16) {
            Some(number) if result > usize::MAX - Self::MAX as usize => Err(Self(number)),
            _ => Ok(result),
        }
    }
}

macro_rules! define {
    ($($name:ident $number:literal $message:literal;)*) => {
        /// The numbers by name.
        impl Errno {
            $(
                #[doc = concat!(stringify!($name), ": ", $message, ".")]
                pub const $name: Self = Self::known($number);
            )*

            const fn known(number: u16) -> Self {
                match NonZeroU16::new(number) {
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
impl From<Errno> for std::io::Error {
    /// Keeps the number: `raw_os_error()` is `Some`.
    fn from(errno: Errno) -> Self {
        Self::from_raw_os_error(errno.raw())
    }
}
