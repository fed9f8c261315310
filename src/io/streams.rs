//! `Read`, `Write` and `Seek` of the standard library and of `embedded_io`.

#![cfg_attr(
    not(any(feature = "std", feature = "embedded-io-07")),
    allow(dead_code, unused_macros, reason = "the traits are of these features")
)]

use super::SeekTo;
use crate::descriptor::{Whence, lseek};
use crate::error::Result;
use crate::fd::BorrowedFd;

/// A start over 2⁶³ − 1 is a negative offset to the kernel: `EINVAL`.
#[inline]
pub(crate) fn seek(fd: BorrowedFd<'_>, to: SeekTo) -> Result<u64> {
    match to {
        SeekTo::Start(position) => lseek(fd, position as i64, Whence::SET),
        SeekTo::Current(distance) => lseek(fd, distance, Whence::CUR),
        SeekTo::End(distance) => lseek(fd, distance, Whence::END),
    }
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

pub(crate) use reads_and_writes;
#[cfg(any(feature = "std", feature = "embedded-io-07"))]
pub(crate) use streams;
