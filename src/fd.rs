//! File descriptors: the standard library's types with `std`, the same names without.
//!
//! Without the feature `std` these are a strict subset of `std::os::fd`: what
//! compiles against them compiles against the standard library's types too.

use crate::Errno;
use crate::error::{Call, Error, InCall, Result};
use crate::sys;

#[cfg(feature = "std")]
pub use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

#[cfg(not(feature = "std"))]
pub use without_std::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

/// `int fcntl(int fd, int cmd, ...)`: any command on a descriptor, raw.
///
/// [`descriptor`](crate::descriptor) has the commands that shared memory needs as functions
/// of their own. Command and argument are passed on as they are; so is the answer.
///
/// # Errors
///
/// Whatever the command returns; `EINVAL` if the kernel does not know it.
///
/// # Safety
///
/// - The command is sound with this argument: where it is a pointer, what the kernel reads
///   and writes there is valid for it, and its provenance was exposed.
/// - A descriptor that the command opens is the caller's to close.
///
/// # Reference
///
/// [fcntl(2)](https://man7.org/linux/man-pages/man2/fcntl.2.html)
///
/// ```
/// use rawshm::{Memfd, fd::fcntl};
///
/// const F_GETFL: u32 = 3;
/// let memfd = Memfd::create("doc", 1)?;
/// // SAFETY: F_GETFL takes no argument and touches no memory.
/// let flags = unsafe { fcntl(&memfd, F_GETFL, 0) }?;
/// assert_eq!(flags & 0o3, 0o2); // O_RDWR
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub unsafe fn fcntl(fd: impl AsFd, command: u32, argument: usize) -> Result<usize> {
    // SAFETY: the caller answers for the command.
    unsafe { sys::fcntl(fd.as_fd(), command, argument) }.in_call(Call::Fcntl)
}

/// Types with a field `fd` that they own.
macro_rules! owns_descriptor {
    ($($owner:ty),*) => {
        $(
            impl $crate::fd::AsFd for $owner {
                #[inline]
                fn as_fd(&self) -> $crate::fd::BorrowedFd<'_> {
                    self.fd.as_fd()
                }
            }

            impl $crate::fd::AsRawFd for $owner {
                #[inline]
                fn as_raw_fd(&self) -> $crate::fd::RawFd {
                    self.fd.as_raw_fd()
                }
            }

            impl From<$owner> for $crate::fd::OwnedFd {
                #[inline]
                fn from(owner: $owner) -> Self {
                    owner.fd
                }
            }
        )*
    };
}

pub(crate) use owns_descriptor;

#[cfg(not(feature = "std"))]
mod without_std {
    use core::fmt;
    use core::marker::PhantomData;
    use core::mem::ManuallyDrop;

    use crate::sys;

    /// A bare file descriptor.
    pub type RawFd = core::ffi::c_int;

    /// A descriptor that closes itself when it is dropped.
    ///
    /// An error of that close is not reported; [`descriptor::close`](crate::descriptor::close) tells it.
    ///
    /// ```
    /// use rawshm::fd::{AsRawFd, OwnedFd};
    ///
    /// let fd: OwnedFd = rawshm::memfd::memfd_create("doc", rawshm::memfd::MemfdFlags::CLOEXEC)?;
    /// assert!(fd.as_raw_fd() >= 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[repr(transparent)]
    pub struct OwnedFd {
        raw: RawFd,
    }

    /// A descriptor that is open for as long as `'fd`.
    ///
    /// ```
    /// use rawshm::fd::{AsFd, AsRawFd, BorrowedFd};
    ///
    /// let fd = rawshm::memfd::memfd_create("doc", rawshm::memfd::MemfdFlags::CLOEXEC)?;
    /// let borrowed: BorrowedFd<'_> = fd.as_fd();
    /// assert_eq!(borrowed.as_raw_fd(), fd.as_raw_fd());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub struct BorrowedFd<'fd> {
        raw: RawFd,
        owner: PhantomData<&'fd OwnedFd>,
    }

    /// Whatever can lend a descriptor.
    pub trait AsFd {
        /// Lends the descriptor.
        fn as_fd(&self) -> BorrowedFd<'_>;
    }

    /// Whatever can tell the number of its descriptor.
    pub trait AsRawFd {
        /// The number; still the owner's to close.
        fn as_raw_fd(&self) -> RawFd;
    }

    /// Whatever can be made of a bare descriptor.
    pub trait FromRawFd {
        /// Takes ownership of a bare descriptor.
        ///
        /// # Safety
        ///
        /// `raw` is open, and nobody else owns it.
        unsafe fn from_raw_fd(raw: RawFd) -> Self;
    }

    /// Whatever can give up the ownership of its descriptor.
    pub trait IntoRawFd {
        /// The number; the caller's to close from now on.
        fn into_raw_fd(self) -> RawFd;
    }

    impl BorrowedFd<'_> {
        /// Borrows a bare descriptor.
        ///
        /// # Safety
        ///
        /// `raw` is not -1, and stays open for as long as the lifetime that is chosen.
        #[inline]
        #[must_use]
        pub const unsafe fn borrow_raw(raw: RawFd) -> Self {
            debug_assert!(raw != -1);
            Self {
                raw,
                owner: PhantomData,
            }
        }
    }

    impl Drop for OwnedFd {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the descriptor is open and ours, and nobody uses it after the drop.
            let result = unsafe { sys::close_raw(self.raw) };
            // A destructor has nobody to tell; `descriptor::close` does.
            let _ = result;
        }
    }

    impl AsFd for OwnedFd {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            // SAFETY: the descriptor is open for as long as `self`, which is borrowed.
            unsafe { BorrowedFd::borrow_raw(self.raw) }
        }
    }

    impl AsFd for BorrowedFd<'_> {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            *self
        }
    }

    impl<T: AsFd + ?Sized> AsFd for &T {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            T::as_fd(self)
        }
    }

    impl<T: AsFd + ?Sized> AsFd for &mut T {
        #[inline]
        fn as_fd(&self) -> BorrowedFd<'_> {
            T::as_fd(self)
        }
    }

    /// Pointers lend what they point to.
    #[cfg(feature = "alloc")]
    macro_rules! pointers {
        ($($pointer:ty),*) => {
            $(
                impl<T: AsFd + ?Sized> AsFd for $pointer {
                    #[inline]
                    fn as_fd(&self) -> BorrowedFd<'_> {
                        T::as_fd(self)
                    }
                }
            )*
        };
    }

    #[cfg(feature = "alloc")]
    pointers!(alloc::boxed::Box<T>, alloc::rc::Rc<T>, alloc::sync::Arc<T>);

    impl AsRawFd for OwnedFd {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            self.raw
        }
    }

    impl AsRawFd for BorrowedFd<'_> {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            self.raw
        }
    }

    impl AsRawFd for RawFd {
        #[inline]
        fn as_raw_fd(&self) -> RawFd {
            *self
        }
    }

    impl FromRawFd for OwnedFd {
        #[inline]
        unsafe fn from_raw_fd(raw: RawFd) -> Self {
            debug_assert!(raw != -1);
            Self { raw }
        }
    }

    impl FromRawFd for RawFd {
        #[inline]
        unsafe fn from_raw_fd(raw: RawFd) -> Self {
            raw
        }
    }

    impl IntoRawFd for OwnedFd {
        #[inline]
        fn into_raw_fd(self) -> RawFd {
            ManuallyDrop::new(self).raw
        }
    }

    impl IntoRawFd for RawFd {
        #[inline]
        fn into_raw_fd(self) -> RawFd {
            self
        }
    }

    impl fmt::Debug for OwnedFd {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("OwnedFd").field("fd", &self.raw).finish()
        }
    }

    impl fmt::Debug for BorrowedFd<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("BorrowedFd").field("fd", &self.raw).finish()
        }
    }
}

/// Takes over a descriptor that whoever started this program has left open, by its number.
///
/// Returns a copy of it, close-on-exec. The number itself stays open until the process
/// ends, and is made close-on-exec: no further program inherits it, and taking it over
/// once more is refused. Only 0, 1 and 2 are left as they are, because children expect them.
///
/// # Errors
///
/// - `EBADF` of `fcntl(F_GETFD)`: the number is not open.
/// - `EINVAL` of `fcntl(F_GETFD)`: it is close-on-exec, so that it was not inherited, or was
///   taken over before.
/// - `EMFILE`: the process has as many descriptors as `RLIMIT_NOFILE` allows.
///
/// # Safety
///
/// - The number was inherited: nobody in this process owns it.
/// - Nobody in this process closes it meanwhile, nor relies on the flag of a descriptor with
///   this number that it is about to hand to a program.
///
/// A number that is close-on-exec is refused, which finds most mistakes.
///
/// # Reference
///
/// [F_DUPFD_CLOEXEC(2const)](https://man7.org/linux/man-pages/man2/F_DUPFD_CLOEXEC.2const.html)
///
/// ```
/// use rawshm::fd::AsRawFd;
/// use rawshm::{Errno, Memfd, fd_passing};
///
/// let memfd = Memfd::create("doc", 100)?;
/// // SAFETY: nobody closes it meanwhile, and it is refused.
/// let not_ours = unsafe { fd_passing::inherited(memfd.as_raw_fd()) }.unwrap_err();
/// assert!(not_ours == Errno::EINVAL);
///
/// // As if it had come from a parent:
/// let lent = fd_passing::inheritable(&memfd)?;
/// // SAFETY: nobody closes it meanwhile, and no program is started.
/// let memfd = Memfd::try_from(unsafe { fd_passing::inherited(lent.as_raw_fd()) }?)?;
/// assert_eq!(memfd.len()?, 100);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub unsafe fn inherited(number: RawFd) -> Result<OwnedFd> {
    /// The highest of the three that every program has.
    const STDERR: RawFd = 2;
    let flags = sys::fcntl_getfd_number(number).in_call(Call::FcntlGetfd)?;
    if flags & sys::FD_CLOEXEC != 0 {
        return Err(Error::new(Call::FcntlGetfd, Errno::EINVAL));
    }
    let fd = sys::dup_number(number).in_call(Call::Dup)?;
    if number > STDERR {
        sys::fcntl_setfd_number(number, flags | sys::FD_CLOEXEC).in_call(Call::FcntlSetfd)?;
    }
    Ok(fd)
}
