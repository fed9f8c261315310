//! Errors: which call said what.

use core::fmt;
use core::num::NonZeroU32;

use crate::Errno;

/// What the functions of this crate return.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A call that failed, and the error number that it failed with.
///
/// Four bytes, `Copy`, and compares with an [`Errno`]:
///
/// ```
/// use rawshm::{Errno, SharedMemory};
///
/// let error = SharedMemory::open("rawshm-no-such-object").unwrap_err();
/// assert!(error == Errno::ENOENT);
/// assert_eq!(error.to_string(), "shm_open: no such file or directory (ENOENT)");
/// ```
///
/// With the feature `std` it converts into `std::io::Error` with the right kind and
/// this text. That error's `raw_os_error()` is `None`, because such an error cannot
/// carry both; convert [`errno()`](Self::errno) instead to keep the number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error {
    /// The call in the upper half; in the lower one a bit that is always set, and one less than
    /// the number.
    ///
    /// As one integer of a descriptor's size a `Result` of either needs no memory: compilers
    /// keep it in two registers. It is packed so that nothing is tested to unpack it.
    packed: NonZeroU32,
}

static_assertions::const_assert_eq!(size_of::<Error>(), 4);
static_assertions::assert_impl_all!(Error: Send, Sync);

impl Error {
    /// Error numbers are under it.
    const ALWAYS_SET: u32 = 1 << 12;

    /// The error of a call that failed with this error number.
    ///
    /// Gives a call's name to what the module `syscall` returns, a bare error number; and
    /// [`help`](Self::help) can be asked what it would mean.
    ///
    /// ```
    /// use rawshm::{Call, Errno, Error};
    ///
    /// let error = Error::new(Call::Mmap, Errno::ENOMEM);
    /// assert_eq!(error.to_string(), "mmap: out of memory or address space (ENOMEM)");
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(call: Call, errno: Errno) -> Self {
        let number = errno.raw() as u32 - 1;
        match NonZeroU32::new((call as u32) << 16 | Self::ALWAYS_SET | number) {
            Some(packed) => Self { packed },
            // With a bit that is set it is not zero.
            None => Self {
                packed: NonZeroU32::MIN,
            },
        }
    }

    /// The call that failed.
    ///
    /// ```
    /// let error = rawshm::SharedMemory::open("").unwrap_err();
    /// assert_eq!(error.call().name(), "shm_open");
    /// ```
    #[inline]
    #[must_use]
    pub const fn call(self) -> Call {
        let index = (self.packed.get() >> 16) as usize;
        if index < Call::ALL.len() {
            Call::ALL[index]
        } else {
            // It was packed from one of them.
            Call::ALL[0]
        }
    }

    /// What the kernel said, or this crate where it refused before asking.
    ///
    /// ```
    /// let error = rawshm::SharedMemory::open("").unwrap_err();
    /// assert_eq!(error.errno(), rawshm::Errno::EINVAL);
    /// ```
    #[inline]
    #[must_use]
    pub const fn errno(self) -> Errno {
        Errno::one_more_than(self.packed.get() & (Self::ALWAYS_SET - 1))
    }

    #[cfg(feature = "std")]
    fn io_kind(self) -> std::io::ErrorKind {
        self.errno().into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call(), self.errno())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {:?})", self.call(), self.errno())
    }
}

impl core::error::Error for Error {}

impl PartialEq<Errno> for Error {
    #[inline]
    fn eq(&self, errno: &Errno) -> bool {
        self.errno() == *errno
    }
}

impl PartialEq<Error> for Errno {
    #[inline]
    fn eq(&self, error: &Error) -> bool {
        *self == error.errno()
    }
}

impl From<Error> for Errno {
    #[inline]
    fn from(error: Error) -> Self {
        error.errno()
    }
}

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    /// Keeps the kind and the text; `raw_os_error()` is `None`.
    fn from(error: Error) -> Self {
        Self::new(error.io_kind(), error)
    }
}

#[cfg(feature = "embedded-io-07")]
impl embedded_io_07::Error for Error {
    fn kind(&self) -> embedded_io_07::ErrorKind {
        use embedded_io_07::ErrorKind;

        match self.errno() {
            Errno::ENOENT => ErrorKind::NotFound,
            Errno::EACCES | Errno::EPERM => ErrorKind::PermissionDenied,
            Errno::EPIPE => ErrorKind::BrokenPipe,
            Errno::EEXIST => ErrorKind::AlreadyExists,
            Errno::EINVAL => ErrorKind::InvalidInput,
            Errno::ETIMEDOUT => ErrorKind::TimedOut,
            Errno::EINTR => ErrorKind::Interrupted,
            Errno::ENOSYS | Errno::EOPNOTSUPP => ErrorKind::Unsupported,
            Errno::ENOMEM => ErrorKind::OutOfMemory,
            Errno::ENOSPC => ErrorKind::WriteZero,
            _ => ErrorKind::Other,
        }
    }
}

/// Gives a bare error number the name of the call that returned it.
pub(crate) trait InCall<T> {
    fn in_call(self, call: Call) -> Result<T>;
}

impl<T> InCall<T> for core::result::Result<T, Errno> {
    #[inline]
    fn in_call(self, call: Call) -> Result<T> {
        self.map_err(|errno| Error::new(call, errno))
    }
}

/// An operation that takes a value and was refused: the error, and the value unharmed.
///
/// It converts into the plain [`Error`], which drops the value, so that `?` works.
///
/// ```
/// use rawshm::{Errno, Memfd, Refused};
///
/// let memfd = Memfd::create("config", 4096)?;
/// let mapping = memfd.map()?; // in the way of freezing
/// let Refused { error, value: memfd } = memfd.freeze().unwrap_err();
/// assert!(error == Errno::EBUSY);
/// drop(mapping);
/// memfd.freeze()?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T, E = Error> {
    /// Why.
    pub error: E,
    /// What the operation was given.
    pub value: T,
}

impl<T, E: fmt::Display> fmt::Display for Refused<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<T, E: fmt::Debug> fmt::Debug for Refused<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refused({:?})", self.error)
    }
}

impl<T, E: fmt::Display + fmt::Debug> core::error::Error for Refused<T, E> {}

impl<T, E: Into<Error>> From<Refused<T, E>> for Error {
    #[inline]
    fn from(refused: Refused<T, E>) -> Self {
        refused.error.into()
    }
}

#[cfg(feature = "std")]
impl<T, E: Into<std::io::Error>> From<Refused<T, E>> for std::io::Error {
    fn from(refused: Refused<T, E>) -> Self {
        refused.error.into()
    }
}

/// A copy that ended early: the error, and how many bytes were copied before it.
///
/// It converts into the plain [`Error`], which forgets the number, so that `?` works.
///
/// ```
/// use rawshm::{Errno, Memfd, PartialCopy, mm::page_size};
///
/// let memfd = Memfd::options().resizable(true).create("doc", 2 * page_size() as u64)?;
/// let mapping = memfd.map()?;
/// memfd.resize(1)?; // what a peer may do at any time
/// let mut bytes = vec![0; mapping.len()];
/// let PartialCopy { error, copied } = mapping.shared().try_copy_to_slice(&mut bytes).unwrap_err();
/// assert!(error == Errno::EFAULT);
/// assert_eq!(copied, page_size());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartialCopy {
    /// Why.
    pub error: Error,
    /// How many bytes were copied, from the first one on.
    pub copied: usize,
}

impl fmt::Display for PartialCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, after {} bytes", self.error, self.copied)
    }
}

impl core::error::Error for PartialCopy {}

impl From<PartialCopy> for Error {
    #[inline]
    fn from(partial: PartialCopy) -> Self {
        partial.error
    }
}

#[cfg(feature = "std")]
impl From<PartialCopy> for std::io::Error {
    /// Keeps the kind and the text; `raw_os_error()` is `None`.
    fn from(partial: PartialCopy) -> Self {
        Self::new(partial.error.io_kind(), partial)
    }
}

macro_rules! calls {
    ($($variant:ident $name:literal $($page:literal)?;)*) => {
        /// The calls that an [`Error`] can come from.
        ///
        /// ```
        /// assert_eq!(rawshm::Call::ShmOpen.to_string(), "shm_open");
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum Call {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl Call {
            /// The manual's name; for a command of `fcntl` and its like, the command in parentheses.
            ///
            /// ```
            /// assert_eq!(rawshm::Call::AddSeals.name(), "fcntl(F_ADD_SEALS)");
            /// ```
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// The page of the Linux manual that tells about it, as `man` takes it.
            ///
            /// `None` for what is not a call of the kernel but a check of this crate.
            ///
            /// ```
            /// use rawshm::Call;
            ///
            /// assert_eq!(Call::AddSeals.manual_page(), Some("fcntl(2)"));
            /// assert_eq!(Call::ShmOpen.manual_page(), Some("shm_open(3)"));
            /// assert_eq!(Call::Atomic.manual_page(), None);
            /// ```
            #[must_use]
            pub const fn manual_page(self) -> Option<&'static str> {
                match self {
                    $($(Self::$variant => Some($page),)?)*
                    _ => None,
                }
            }

            /// All of them, each at the place that its number tells; new ones may come, and in
            /// any place.
            ///
            /// ```
            /// assert!(rawshm::Call::ALL.contains(&rawshm::Call::Mmap));
            /// ```
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The call with a name, as [`name`](Self::name) has it.
            ///
            /// ```
            /// use rawshm::Call;
            ///
            /// assert_eq!(Call::from_name("shm_open"), Some(Call::ShmOpen));
            /// assert_eq!(Call::from_name("shmctl(IPC_RMID)"), Some(Call::ShmctlIpcRmid));
            /// assert_eq!(Call::from_name("fork"), None);
            /// ```
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|call| call.name() == name)
            }
        }
    };
}

calls! {
    ShmOpen "shm_open" "shm_open(3)";
    ShmUnlink "shm_unlink" "shm_unlink(3)";
    Open "SharedMemory::open";
    Linkat "linkat" "linkat(2)";
    Renameat2 "renameat2" "renameat2(2)";
    Fstatfs "fstatfs" "fstatfs(2)";
    OpenDirectory "open(O_DIRECTORY)" "open(2)";
    Mkdir "mkdir" "mkdir(2)";
    Mount "mount" "mount(2)";
    MemfdCreate "memfd_create" "memfd_create(2)";
    AddSeals "fcntl(F_ADD_SEALS)" "fcntl(2)";
    Seals "fcntl(F_GET_SEALS)" "fcntl(2)";
    MemfdSecret "memfd_secret" "memfd_secret(2)";
    Mmap "mmap" "mmap(2)";
    MmapHugetlb "mmap(MAP_HUGETLB)" "mmap(2)";
    Munmap "munmap" "munmap(2)";
    Mprotect "mprotect" "mprotect(2)";
    Mremap "mremap" "mremap(2)";
    Madvise "madvise" "madvise(2)";
    MadviseCollapse "madvise(MADV_COLLAPSE)" "madvise(2)";
    MadvisePopulateRead "madvise(MADV_POPULATE_READ)" "madvise(2)";
    MadvisePopulateWrite "madvise(MADV_POPULATE_WRITE)" "madvise(2)";
    Mseal "mseal" "mseal(2)";
    Msync "msync" "msync(2)";
    Mlock "mlock" "mlock(2)";
    Mlock2 "mlock2" "mlock2(2)";
    Munlock "munlock" "munlock(2)";
    Mlockall "mlockall" "mlockall(2)";
    Munlockall "munlockall" "munlockall(2)";
    Ftruncate "ftruncate" "ftruncate(2)";
    Fallocate "fallocate" "fallocate(2)";
    FallocateHugetlb "fallocate(MFD_HUGETLB)" "fallocate(2)";
    Fstat "fstat" "fstat(2)";
    Fchmod "fchmod" "fchmod(2)";
    Fchown "fchown" "fchown(2)";
    Fcntl "fcntl" "fcntl(2)";
    FcntlGetfd "fcntl(F_GETFD)" "fcntl(2)";
    FcntlSetfd "fcntl(F_SETFD)" "fcntl(2)";
    FcntlGetfl "fcntl(F_GETFL)" "fcntl(2)";
    FcntlGetlease "fcntl(F_GETLEASE)" "fcntl(2)";
    FcntlSetlease "fcntl(F_SETLEASE)" "fcntl(2)";
    FcntlSetsig "fcntl(F_SETSIG)" "fcntl(2)";
    Dup "fcntl(F_DUPFD_CLOEXEC)" "fcntl(2)";
    DupInheritable "fcntl(F_DUPFD)" "fcntl(2)";
    Close "close" "close(2)";
    Read "read" "read(2)";
    Write "write" "write(2)";
    Pread "pread" "pread(2)";
    Pwrite "pwrite" "pwrite(2)";
    Lseek "lseek" "lseek(2)";
    Getdents "getdents64" "getdents(2)";
    Atomic "atomic";
    FutexWait "futex(FUTEX_WAIT)" "futex(2)";
    FutexWake "futex(FUTEX_WAKE)" "futex(2)";
    ClockGettime "clock_gettime" "clock_gettime(2)";
    Pipe2 "pipe2" "pipe(2)";
    ProcessVmReadv "process_vm_readv" "process_vm_readv(2)";
    ProcessVmWritev "process_vm_writev" "process_vm_writev(2)";
    Openat "openat" "open(2)";
    Socketpair "socketpair" "socketpair(2)";
    GetsockoptDomain "getsockopt(SO_DOMAIN)" "getsockopt(2)";
    Sendmsg "sendmsg" "sendmsg(2)";
    Recvmsg "recvmsg" "recvmsg(2)";
    PidfdOpen "pidfd_open" "pidfd_open(2)";
    PidfdGetfd "pidfd_getfd" "pidfd_getfd(2)";
    Ftok "ftok" "ftok(3)";
    Shmget "shmget" "shmget(2)";
    Shmat "shmat" "shmat(2)";
    Shmdt "shmdt" "shmdt(2)";
    ShmctlIpcStat "shmctl(IPC_STAT)" "shmctl(2)";
    ShmctlIpcSet "shmctl(IPC_SET)" "shmctl(2)";
    ShmctlIpcRmid "shmctl(IPC_RMID)" "shmctl(2)";
    ShmctlIpcInfo "shmctl(IPC_INFO)" "shmctl(2)";
    ShmctlShmLock "shmctl(SHM_LOCK)" "shmctl(2)";
    ShmctlShmUnlock "shmctl(SHM_UNLOCK)" "shmctl(2)";
    ShmctlShmStat "shmctl(SHM_STAT)" "shmctl(2)";
    ShmctlShmStatAny "shmctl(SHM_STAT_ANY)" "shmctl(2)";
    ShmctlShmInfo "shmctl(SHM_INFO)" "shmctl(2)";
    Shmctl "shmctl" "shmctl(2)";
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
