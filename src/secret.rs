//! Memory that the kernel does not have mapped itself: `memfd_secret`.
//!
//! [`memfd_secret`] is the kernel's call, [`SecretMemory`] owns such memory.

use crate::flags::flags;

use crate::error::{Call, Error, InCall, Refused, Result};
use crate::fd::{AsFd, OwnedFd, owns_descriptor};
use crate::io::tells_status;
use crate::mm::{MapOptions, Mapping, ReadOnly, Shared};
use crate::{Errno, reserve, sys};

flags! {
    /// How `memfd_secret` creates.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [memfd_secret(2)](https://man7.org/linux/man-pages/man2/memfd_secret.2.html).
    ///
    /// See [`memfd_secret`] for an example.
    pub struct SecretFlags: u32 {
        /// Closed when the process executes another program. The kernel takes `O_CLOEXEC`,
        /// not the `FD_CLOEXEC` of the manual.
        #[doc(alias = "O_CLOEXEC")]
        const CLOEXEC = sys::O_CLOEXEC;
        const _ = !0;
    }
}

/// `int syscall(SYS_memfd_secret, unsigned int flags)`: makes memory that is only in the page
/// tables of those who map it (Linux 5.14).
///
/// It is empty; [`ftruncate`](crate::descriptor::ftruncate) sets its size in bytes, once.
///
/// # Errors
///
/// - `ENOSYS`: the kernel is older, was built without, or has it off (`secretmem.enable`).
/// - `EINVAL`: flags that the kernel does not know.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ENOMEM`: no memory.
///
/// # Reference
///
/// [memfd_secret(2)](https://man7.org/linux/man-pages/man2/memfd_secret.2.html)
///
/// ```
/// use rawshm::descriptor::ftruncate;
/// use rawshm::secret::{SecretFlags, memfd_secret};
///
/// match memfd_secret(SecretFlags::CLOEXEC) {
///     Ok(fd) => ftruncate(&fd, 4096)?,
///     Err(error) => println!("{}", error.help()),
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn memfd_secret(flags: SecretFlags) -> Result<OwnedFd> {
    sys::memfd_secret(flags.bits()).in_call(Call::MemfdSecret)
}

/// Memory for keys and their like, which nobody can read who does not map it: neither the
/// kernel nor a debugger as root.
///
/// - It is in no core dump, never in swap, and keeps the machine from hibernating.
/// - `ptrace`, `/proc/PID/mem` and `process_vm_readv` do not reach it. Calls that copy for
///   the process itself, such as `read` into it, do.
/// - A child shares it after `fork`, and so does everybody who is given the descriptor.
/// - Its size is set once. Nothing is reserved: a page is taken when it is first touched;
///   [`Mapping::prefault`] finds out in time whether there is one.
/// - It cannot be read or written through the descriptor, nor sealed, nor punched.
/// - Nobody can [`wait`](crate::slice::SharedAtomic::wait) in it (`EFAULT`).
/// - What is mapped counts as locked, except to some kernels before 6.18: more than
///   `RLIMIT_MEMLOCK` allows is `EAGAIN`. [`Mapping::lock`] itself fails (`ENOMEM`).
///
/// ```
/// use rawshm::{Errno, SecretMemory};
///
/// let memory = match SecretMemory::create(32) {
///     Err(error) if error == Errno::ENOSYS => return Ok(()), // off: see `error.help()`
///     created => created?,
/// };
/// let key = memory.map()?;
/// key.shared().copy_from_slice(&[7; 32]);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Debug)]
pub struct SecretMemory {
    fd: OwnedFd,
}

impl SecretMemory {
    /// Creates secret memory of a size in bytes, which never changes.
    ///
    /// # Errors
    ///
    /// - As [`memfd_secret`].
    /// - `EINVAL` of `ftruncate`: a size of 0, or over 2⁶³ − 1.
    /// - `EFBIG` of `ftruncate`: larger than `RLIMIT_FSIZE`.
    ///
    /// See the [type](Self) for an example.
    pub fn create(len: u64) -> Result<Self> {
        if len == 0 {
            return Err(Error::new(Call::Ftruncate, Errno::EINVAL));
        }
        reserve::check_limit(len)?;
        let fd = memfd_secret(SecretFlags::CLOEXEC)?;
        sys::ftruncate(fd.as_fd(), len).in_call(Call::Ftruncate)?;
        Ok(Self { fd })
    }

    /// Maps all of it for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`MapOptions::map_shared`], which also maps a part of it or at an address. `EAGAIN`:
    /// locked memory beyond `RLIMIT_MEMLOCK`.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn map(&self) -> Result<Mapping<Shared>> {
        MapOptions::new().map_shared(&self.fd)
    }

    /// Maps all of it for reading.
    ///
    /// # Errors
    ///
    /// As [`map`](Self::map).
    ///
    /// ```
    /// # use rawshm::SecretMemory;
    /// if let Ok(memory) = SecretMemory::create(32) {
    ///     assert_eq!(memory.map_read_only()?.shared().load::<u8>(0), 0);
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn map_read_only(&self) -> Result<Mapping<ReadOnly>> {
        MapOptions::new().map_read_only(&self.fd)
    }
}

impl TryFrom<OwnedFd> for SecretMemory {
    type Error = Refused<OwnedFd>;

    /// Takes a descriptor that was received or inherited, if it is of secret memory.
    ///
    /// `EINVAL` of `memfd_secret`: it is of something else.
    fn try_from(fd: OwnedFd) -> Result<Self, Refused<OwnedFd>> {
        let error = match sys::is_secret(fd.as_fd()) {
            Ok(true) => return Ok(Self { fd }),
            Ok(false) => Errno::EINVAL,
            Err(errno) => errno,
        };
        let error = Error::new(Call::MemfdSecret, error);
        Err(Refused { error, value: fd })
    }
}

owns_descriptor!(SecretMemory);
tells_status!(SecretMemory);
