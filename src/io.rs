//! What the types that own an object do with its descriptor: `stat`; `Read`, `Write` and
//! `Seek`, where the system can do that.

#![cfg_attr(
    not(any(feature = "std", feature = "embedded-io-07")),
    allow(dead_code, unused_macros, reason = "the traits are of these features")
)]

#[cfg(target_os = "linux")]
mod streams;

#[cfg(target_os = "linux")]
pub(crate) use streams::reads_and_writes;
#[cfg(all(target_os = "linux", any(feature = "std", feature = "embedded-io-07")))]
pub(crate) use streams::{seek, streams};

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

pub(crate) use tells_status;
