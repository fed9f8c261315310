//! What the types that own an object do with its descriptor: `stat`; `Read`, `Write` and
//! `Seek` of the standard library and of `embedded_io`.

#![cfg_attr(
    not(any(feature = "std", feature = "embedded-io-07")),
    allow(dead_code, unused_macros, reason = "the traits are of these features")
)]

use crate::descriptor::{Whence, lseek};
use crate::error::Result;
use crate::fd::BorrowedFd;

/// Where to seek to: `SeekFrom` of whichever library.
#[derive(Clone, Copy)]
pub(crate) enum SeekTo {
    Start(u64),
    Current(i64),
    End(i64),
}

macro_rules! seek_from {
    ($feature:literal, $($seek_from:ident)::+) => {
        #[cfg(feature = $feature)]
        impl From<$($seek_from)::+> for SeekTo {
            #[inline]
            fn from(from: $($seek_from)::+) -> Self {
                match from {
                    $($seek_from)::+::Start(position) => Self::Start(position),
                    $($seek_from)::+::Current(distance) => Self::Current(distance),
                    $($seek_from)::+::End(distance) => Self::End(distance),
                }
            }
        }
    };
}

seek_from!("std", std::io::SeekFrom);
seek_from!("embedded-io-07", embedded_io_07::SeekFrom);

/// A start over 2⁶³ − 1 is a negative offset to the kernel: `EINVAL`.
#[inline]
pub(crate) fn seek(fd: BorrowedFd<'_>, to: SeekTo) -> Result<u64> {
    match to {
        SeekTo::Start(position) => lseek(fd, position as i64, Whence::SET),
        SeekTo::Current(distance) => lseek(fd, distance, Whence::CUR),
        SeekTo::End(distance) => lseek(fd, distance, Whence::END),
    }
}

/// What `fstat` tells, for types with a field `fd`.
macro_rules! tells_status {
    ($($owner:ident),*) => {
        $(
            impl $owner {
                /// The size in bytes, asked of the kernel: unless it is sealed others may
                /// change it.
                ///
                /// # Errors
                ///
                /// None that a descriptor which is open can cause.
                ///
                /// See [`stat`](Self::stat) for an example.
                #[inline]
                pub fn len(&self) -> $crate::Result<u64> {
                    self.stat().map(|stat| stat.size())
                }

                /// Whether the size is 0, as it is before its creator has set it.
                ///
                /// # Errors
                ///
                /// As [`len`](Self::len).
                ///
                /// See [`stat`](Self::stat) for an example.
                #[inline]
                pub fn is_empty(&self) -> $crate::Result<bool> {
                    self.len().map(|len| len == 0)
                }

                /// Size, owner, mode and times.
                ///
                /// # Errors
                ///
                /// As [`fstat`](crate::descriptor::fstat).
                ///
                /// ```
                /// let memory = rawshm::Memfd::create("doc", 10)?;
                /// assert_eq!((memory.len()?, memory.is_empty()?), (10, false));
                /// assert!(memory.stat()?.mode().is_regular());
                /// # Ok::<(), rawshm::Error>(())
                /// ```
                #[inline]
                pub fn stat(&self) -> $crate::Result<$crate::descriptor::Stat> {
                    $crate::descriptor::fstat(&self.fd)
                }
            }
        )*
    };
}

/// Reading and writing through the descriptor, for types with a field `fd` and for
/// references to them, which share the descriptor's one position.
macro_rules! reads_and_writes {
    ($($owner:ident),*) => {
        $(
            impl $owner {
                /// Reads from an offset in bytes on, without touching a mapping: where the
                /// object was truncated or punched meanwhile it reads less, or zeroes, and
                /// never faults. Returns how many bytes were read, 0 at the end.
                ///
                /// # Errors
                ///
                /// As [`pread`](crate::descriptor::pread).
                ///
                /// See [`write_at`](Self::write_at) for an example.
                #[doc(alias = "pread")]
                #[inline]
                pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> $crate::Result<usize> {
                    $crate::descriptor::pread(&self.fd, buffer, offset)
                }

                /// Writes from an offset in bytes on, without touching a mapping; past the
                /// end the object grows. Returns how many bytes were written.
                ///
                /// # Errors
                ///
                /// As [`pwrite`](crate::descriptor::pwrite).
                ///
                /// ```
                /// let memory = rawshm::Memfd::create("doc", 100)?;
                /// assert_eq!(memory.write_at(b"text", 10)?, 4);
                /// let mut bytes = [0; 8];
                /// assert_eq!(memory.read_at(&mut bytes, 12)?, 8);
                /// assert_eq!(&bytes[..3], b"xt\0");
                /// # Ok::<(), rawshm::Error>(())
                /// ```
                #[doc(alias = "pwrite")]
                #[inline]
                pub fn write_at(&self, bytes: &[u8], offset: u64) -> $crate::Result<usize> {
                    $crate::descriptor::pwrite(&self.fd, bytes, offset)
                }
            }

            #[cfg(feature = "std")]
            $crate::io::streams!($owner, std::io, std::io::Result);
            #[cfg(feature = "embedded-io-07")]
            $crate::io::streams!($owner, embedded_io_07, $crate::Result);
            #[cfg(feature = "embedded-io-07")]
            impl embedded_io_07::ErrorType for $owner {
                type Error = $crate::Error;
            }
            #[cfg(feature = "embedded-io-07")]
            impl embedded_io_07::ErrorType for &$owner {
                type Error = $crate::Error;
            }
        )*
    };
}

/// The traits of one library, whose errors ours converts into.
macro_rules! streams {
    ($owner:ident, $($library:ident)::+, $($result:tt)+) => {
        $crate::io::streams!(@ $owner, $($library)::+, $($result)+);
        $crate::io::streams!(@ &$owner, $($library)::+, $($result)+);
    };
    (@ $owner:ty, $($library:ident)::+, $($result:tt)+) => {
        impl $($library)::+::Read for $owner {
            #[inline]
            fn read(&mut self, buffer: &mut [u8]) -> $($result)+<usize> {
                $crate::descriptor::read(&self.fd, buffer).map_err(From::from)
            }
        }

        impl $($library)::+::Write for $owner {
            #[inline]
            fn write(&mut self, bytes: &[u8]) -> $($result)+<usize> {
                $crate::descriptor::write(&self.fd, bytes).map_err(From::from)
            }

            #[inline]
            fn flush(&mut self) -> $($result)+<()> {
                Ok(())
            }
        }

        impl $($library)::+::Seek for $owner {
            #[inline]
            fn seek(&mut self, to: $($library)::+::SeekFrom) -> $($result)+<u64> {
                $crate::io::seek(self.fd.as_fd(), to.into()).map_err(From::from)
            }
        }
    };
}

#[cfg(any(feature = "std", feature = "embedded-io-07"))]
pub(crate) use streams;
pub(crate) use {reads_and_writes, tells_status};
