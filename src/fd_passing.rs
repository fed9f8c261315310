//! Handing descriptors to another process, and with them the memory behind.
//!
//! - Over a Unix socket: [`send`] and [`receive`], for processes that talk to each other.
//! - To a child, when it is started: [`inheritable`] in the parent, [`inherited`] in the child.
//! - Without the other's help: [`pidfd_open`] and [`pidfd_getfd`], for a debugger or whoever
//!   else may trace it.
//!
//! Whoever receives a descriptor knows nothing of it but what the kernel tells: give it to
//! [`Memfd::from_fd`](crate::Memfd::from_fd) or `FrozenMemfd::try_from`, which ask.
//!
//! ```
//! use rawshm::fd::AsFd;
//! use rawshm::fd_passing::{self, SocketType};
//! use rawshm::{FrozenMemfd, Memfd};
//!
//! let [ours, theirs] = fd_passing::socketpair(SocketType::SEQPACKET)?;
//! let memfd = Memfd::create("doc", 100)?.freeze()?;
//! fd_passing::send(&ours, b"a picture", &[memfd.as_fd()])?;
//!
//! // In the other process:
//! let mut bytes = [0; 16];
//! let (len, [fd]) = fd_passing::receive(&theirs, &mut bytes)?;
//! assert_eq!(&bytes[..len], b"a picture");
//! assert_eq!(&*FrozenMemfd::try_from(fd)?.map()?, [0; 100]);
//! # Ok::<(), rawshm::Error>(())
//! ```

//!
//! # macOS
//!
//! The calls that open descriptors do not make them close-on-exec there; this crate does right
//! afterwards. A program that another thread executes in between inherits them. Sockets that
//! keep messages are [`SocketType::DGRAM`], and one that was sent over raises no `SIGPIPE` any
//! more, whoever writes to it.

use core::iter::FusedIterator;

#[cfg(target_os = "linux")]
use crate::flags::flags;

use crate::error::{Call, Error, InCall, Result};
#[cfg(target_os = "linux")]
use crate::fd::RawFd;
pub use crate::fd::inherited;
use crate::fd::{AsFd, BorrowedFd, OwnedFd};
use crate::number::open_numbers;
use crate::{Errno, sys};

#[cfg(target_os = "linux")]
pub use crate::sys::{ControlMessage, ControlMessages, messages};

/// How many descriptors one message can carry: 253.
#[doc(alias = "SCM_MAX_FD")]
pub const MAX_DESCRIPTORS: usize = sys::SCM_MAX_FD;

/// Room for the most descriptors, and for what a socket's options may add: credentials, a
/// pidfd, the label of a security module.
const CONTROL_LEN: usize = 2048;

open_numbers! {
    /// What a socket keeps of the messages.
    ///
    /// Other numbers are passed on: the kernel decides. See
    /// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html), and [`socketpair`] for an
    /// example.
    pub struct SocketType;
    /// Bytes in order, without ends between messages.
    #[doc(alias = "SOCK_STREAM")]
    const STREAM = sys::SOCK_STREAM;
    /// Messages, each as it was sent; the other end closing is not told.
    #[doc(alias = "SOCK_DGRAM")]
    const DGRAM = sys::SOCK_DGRAM;
    if cfg(target_os = "linux") {
        /// Messages, each as it was sent, in order and over a connection. Linux only.
        #[doc(alias = "SOCK_SEQPACKET")]
        const SEQPACKET = sys::SOCK_SEQPACKET;
    }
}

#[cfg(target_os = "linux")]
flags! {
    /// How `pidfd_open` opens.
    ///
    /// Linux only.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html).
    ///
    /// See [`pidfd_open`] for an example.
    pub struct PidfdFlags: u32 {
        /// Waiting for the process does not block (Linux 5.10).
        #[doc(alias = "PIDFD_NONBLOCK")]
        const NONBLOCK = sys::PIDFD_NONBLOCK;
        /// A thread, which need not be the first of its process (Linux 6.9).
        #[doc(alias = "PIDFD_THREAD")]
        const THREAD = sys::PIDFD_THREAD;
        const _ = !0;
    }
}

// --- over a socket ---------------------------------------------------------

/// `int socketpair(AF_UNIX, int type, 0, int sv[2])`: makes two sockets that are connected with
/// each other, close-on-exec.
///
/// [`SocketType::SEQPACKET`] is best for passing descriptors: each message arrives as it was
/// sent.
///
/// # Errors
///
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ESOCKTNOSUPPORT`, `EINVAL`: not a type that the kernel knows.
/// - `ENOMEM`, `ENOBUFS`: no memory.
///
/// # Reference
///
/// [socketpair(2)](https://man7.org/linux/man-pages/man2/socketpair.2.html)
///
/// ```
/// use rawshm::fd_passing::{SocketType, socketpair};
///
/// let [ours, theirs] = socketpair(SocketType::SEQPACKET)?;
/// # Ok::<(), rawshm::Error>(())
/// ```
#[inline]
pub fn socketpair(kind: SocketType) -> Result<[OwnedFd; 2]> {
    sys::socketpair(kind.raw()).in_call(Call::Socketpair)
}

/// Sends bytes and copies of descriptors over a Unix socket (`sendmsg` with `SCM_RIGHTS`).
///
/// At least one byte must go with them, or on a stream nothing at all would be sent. Waits
/// while the socket's buffer is full, unless it does not block; a signal does not end that.
/// The copies share everything with ours but their number; the receiver has them even if
/// we close ours at once.
///
/// Returns how many bytes were sent. Of a socket that keeps messages these are all; of a
/// stream there may be a rest to send, now without the descriptors: they are with the first
/// of the bytes.
///
/// # Errors
///
/// - `EINVAL`: no bytes, or more than [`MAX_DESCRIPTORS`].
/// - `EAFNOSUPPORT`: not a Unix socket, and there are descriptors, which it would drop.
/// - `ENOTSOCK`: not a socket.
/// - `EBADF`: the socket or one of the descriptors is not open.
/// - `EPIPE`: the other end is closed; there is no signal.
/// - `ECONNREFUSED`, `ECONNRESET`: the same of `DGRAM`, or with messages not yet read.
/// - `ENOTCONN`: not connected.
/// - `EAGAIN`: it would have to wait, and does not block or `SO_SNDTIMEO` is over
///   (which each signal that comes starts anew).
/// - `EMSGSIZE`: larger than a message can be.
/// - `ETOOMANYREFS`: this user has more descriptors on their way than `RLIMIT_NOFILE`; or
///   sockets that carry each other are nested too deep.
/// - `ENOBUFS`, `ENOMEM`: no memory.
///
/// # Reference
///
/// [sendmsg(2)](https://man7.org/linux/man-pages/man2/sendmsg.2.html),
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
///
/// See the [module](self) for an example.
#[doc(alias("sendmsg", "SCM_RIGHTS"))]
pub fn send(socket: impl AsFd, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<usize> {
    let socket = socket.as_fd();
    if bytes.is_empty() {
        return Err(Error::new(Call::Sendmsg, Errno::EINVAL));
    }
    // Sockets of the internet take the descriptors and lose them.
    if !descriptors.is_empty() && !sys::is_unix_socket(socket).in_call(Call::GetsockoptDomain)? {
        return Err(Error::new(Call::Sendmsg, Errno::EAFNOSUPPORT));
    }
    unless_interrupted(|| sys::sendmsg(socket, bytes, descriptors)).in_call(Call::Sendmsg)
}

/// Receives a message with exactly `N` descriptors over a Unix socket (`recvmsg` with
/// `SCM_RIGHTS`).
///
/// Waits for one, unless the socket does not block; a signal does not end that. Returns how
/// many bytes came, and the descriptors in the order they were sent, close-on-exec. If it
/// fails, all that did arrive are closed.
///
/// On a stream bytes that were sent before, without descriptors, may come with them, and the
/// rest of bytes that have no room comes with the next call: agree on a length that both sides
/// use, or take [`SocketType::SEQPACKET`].
///
/// # Errors
///
/// - `EBADMSG`: more or fewer descriptors than `N` came.
/// - `EPIPE`: the other end is closed, and all was received (an empty message, which
///   [`send`] never sends, looks the same).
/// - `EMFILE`: not all descriptors arrived (`MSG_CTRUNC`): the process has as many as
///   `RLIMIT_NOFILE` allows, or a security module refuses one.
/// - `EMSGSIZE`: the message is longer than the buffer, and its rest is lost. (On a stream
///   it stays for the next call.)
/// - `EINVAL`: the buffer is empty.
/// - `ECONNRESET`: the other end was closed with messages of ours not yet read.
/// - `EAGAIN`: there is no message, and the socket does not block or `SO_RCVTIMEO` is over
///   (which each signal that comes starts anew).
/// - `ENOTSOCK`: not a socket.
/// - `EBADF`: the descriptor is not open.
/// - `ENOTCONN`: not connected.
///
/// # Reference
///
/// [recvmsg(2)](https://man7.org/linux/man-pages/man2/recvmsg.2.html),
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
///
/// ```
/// # use rawshm::fd::AsFd;
/// use rawshm::Errno;
/// use rawshm::fd_passing::{SocketType, receive, send, socketpair};
///
/// let [ours, theirs] = socketpair(SocketType::SEQPACKET)?;
/// send(&ours, b"me and you", &[ours.as_fd(), theirs.as_fd()])?;
/// let (len, [first, second]) = receive(&theirs, &mut [0; 16])?;
/// # drop((first, second));
///
/// send(&ours, b"only me", &[ours.as_fd()])?;
/// let error = receive::<2>(&theirs, &mut [0; 16]).unwrap_err();
/// assert!(error == Errno::EBADMSG);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias("recvmsg", "SCM_RIGHTS"))]
#[expect(clippy::missing_panics_doc, reason = "they are counted before")]
pub fn receive<const N: usize>(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> Result<(usize, [OwnedFd; N])> {
    let (len, descriptors) = receive_up_to(socket, buffer)?;
    if descriptors.len() != N {
        return Err(Error::new(Call::Recvmsg, Errno::EBADMSG));
    }
    let descriptors = descriptors.places.map(|fd| fd.expect("all are there"));
    Ok((len, descriptors))
}

/// Receives a message with at most `N` descriptors over a Unix socket.
///
/// For a protocol whose messages tell how many there are. Otherwise as [`receive`].
///
/// # Errors
///
/// As [`receive`]; `EBADMSG` if more than `N` came.
///
/// # Reference
///
/// [recvmsg(2)](https://man7.org/linux/man-pages/man2/recvmsg.2.html),
/// [unix(7)](https://man7.org/linux/man-pages/man7/unix.7.html)
///
/// ```
/// # use rawshm::fd::AsFd;
/// use rawshm::fd_passing::{SocketType, receive_up_to, send, socketpair};
///
/// let [ours, theirs] = socketpair(SocketType::SEQPACKET)?;
/// send(&ours, b"one of four", &[ours.as_fd()])?;
/// let (len, descriptors) = receive_up_to::<4>(&theirs, &mut [0; 16])?;
/// assert_eq!((len, descriptors.len()), (11, 1));
/// for fd in descriptors {
///     rawshm::descriptor::close(fd)?;
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn receive_up_to<const N: usize>(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> Result<(usize, Descriptors<N>)> {
    receive_with(socket.as_fd(), buffer, &mut [0; CONTROL_LEN])
}

/// Receives with a buffer for the control data.
fn receive_with<const N: usize>(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
) -> Result<(usize, Descriptors<N>)> {
    if buffer.is_empty() {
        return Err(Error::new(Call::Recvmsg, Errno::EINVAL));
    }
    let mut places = [const { None }; N];
    let mut free = places.iter_mut();
    let mut count = 0;
    // Those without a place are closed at once.
    let mut take = |fd| {
        count += 1;
        if let Some(place) = free.next() {
            *place = Some(fd);
        }
    };
    let (len, flags) = unless_interrupted(|| sys::recvmsg(socket, buffer, control, &mut take))
        .in_call(Call::Recvmsg)?;
    let errno = if flags & sys::MSG_CTRUNC != 0 {
        Errno::EMFILE
    } else if count > N {
        Errno::EBADMSG
    } else if flags & sys::MSG_TRUNC != 0 {
        Errno::EMSGSIZE
    } else if len == 0 && count == 0 {
        Errno::EPIPE
    } else {
        return Ok((len, Descriptors { places }));
    };
    Err(Error::new(Call::Recvmsg, errno))
}

/// Calls until no signal comes first.
fn unless_interrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// The descriptors that came with a message, at most `N`, in the order they were sent.
///
/// Those that are not taken out are closed when it is dropped.
///
/// See [`receive_up_to`] for an example.
#[derive(Debug)]
pub struct Descriptors<const N: usize> {
    /// Those that are there stand before those that are not, but for what was taken out.
    places: [Option<OwnedFd>; N],
}

impl<const N: usize> Iterator for Descriptors<N> {
    type Item = OwnedFd;

    #[inline]
    fn next(&mut self) -> Option<OwnedFd> {
        self.places.iter_mut().find_map(Option::take)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.places.iter().flatten().count();
        (len, Some(len))
    }
}

impl<const N: usize> ExactSizeIterator for Descriptors<N> {}

impl<const N: usize> FusedIterator for Descriptors<N> {}

// --- to a child ------------------------------------------------------------

/// `int fcntl(int fd, F_DUPFD, 0)`: a second descriptor of the same open file, which programs
/// inherit that are executed from now on.
///
/// Tell the child its number, start it, and drop the descriptor; the child takes it over
/// with [`inherited`]. Meanwhile every program that another thread starts inherits it too:
/// where that matters, pass it over a socket.
///
/// # Errors
///
/// - `EMFILE`: the process has as many descriptors as `RLIMIT_NOFILE` allows; `EINVAL` if that
///   is 0.
/// - `EBADF`: the descriptor is not open.
///
/// # Reference
///
/// [F_DUPFD(2const)](https://man7.org/linux/man-pages/man2/F_DUPFD.2const.html)
///
/// ```
/// use std::process::Command;
/// use rawshm::fd::AsRawFd;
/// use rawshm::{Memfd, fd_passing};
///
/// let memfd = Memfd::create("doc", 100)?;
/// let lent = fd_passing::inheritable(&memfd)?;
/// let child = Command::new("test")
///     .args(["-e", &format!("/proc/self/fd/{}", lent.as_raw_fd())])
///     .spawn();
/// drop(lent);
/// # if cfg!(target_arch = "aarch64") { return Ok(()); } // an emulator starts no programs
/// assert!(child.unwrap().wait().unwrap().success());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[doc(alias = "F_DUPFD")]
#[inline]
pub fn inheritable(fd: impl AsFd) -> Result<OwnedFd> {
    sys::dup_inheritable(fd.as_fd()).in_call(Call::DupInheritable)
}

/// Opens anew what whoever started this program has left open, by its number.
///
/// Linux only.
///
/// Works for memfds and other files, through the link that `/proc` has for the number, which
/// is left as it is: no duty comes with that, as one does with [`inherited`]. Read-only, if the
/// file's mode forbids writing.
///
/// # Errors
///
/// All of `openat`:
///
/// - `ENOENT`: the number is not open, or there is no `/proc`.
/// - `EACCES`: the file's mode forbids reading too.
/// - `EISDIR`, `ENXIO`: it is a directory, or something else that is no memory.
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
///
/// ```
/// use rawshm::fd::AsRawFd;
/// use rawshm::{Memfd, fd_passing};
///
/// // As if it had come from a parent:
/// let lent = fd_passing::inheritable(&Memfd::create("doc", 100)?)?;
/// let memfd = Memfd::try_from(fd_passing::open_inherited(lent.as_raw_fd())?)?;
/// assert_eq!(memfd.len()?, 100);
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
pub fn open_inherited(number: RawFd) -> Result<OwnedFd> {
    let open = |access| {
        let flags = access | sys::O_CLOEXEC | sys::O_NONBLOCK | sys::O_NOCTTY;
        sys::reopen(number, flags)
    };
    let fd = match open(sys::O_RDWR) {
        Err(Errno::EACCES) => open(sys::O_RDONLY),
        opened => opened,
    };
    fd.and_then(|fd| {
        let stat = sys::fstat(fd.as_fd())?;
        sys::check_regular(&stat).map(|()| fd)
    })
    .in_call(Call::Openat)
}

// --- without the other's help ----------------------------------------------

/// `int pidfd_open(pid_t pid, unsigned int flags)`: opens a process, close-on-exec.
///
/// Linux only.
///
/// While the descriptor is open it stays that process's, even if another one gets its
/// number.
///
/// # Errors
///
/// - `ESRCH`: there is no such process.
/// - `EINVAL`: not the number of a process; flags that the kernel does not know; a thread
///   that is not the first of its process ([`PidfdFlags::THREAD`] opens it).
/// - `EMFILE`, `ENFILE`: the process, or the system, has too many open files.
/// - `ENOSYS`: Linux before 5.3, or an emulator.
///
/// # Reference
///
/// [pidfd_open(2)](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)
///
/// ```
/// use rawshm::fd::AsRawFd;
/// use rawshm::fd_passing::{PidfdFlags, pidfd_getfd, pidfd_open};
/// use rawshm::{Errno, Memfd};
///
/// let memfd = Memfd::create("doc", 100)?;
/// let same = pidfd_open(std::process::id() as i32, PidfdFlags::empty())
///     .and_then(|process| pidfd_getfd(process, memfd.as_raw_fd()));
/// match same {
///     Ok(fd) => assert_eq!(Memfd::try_from(fd)?.len()?, 100),
///     Err(error) => println!("an old kernel, or a container: {}", error.help()),
/// }
/// # Ok::<(), rawshm::Error>(())
/// ```
#[cfg(target_os = "linux")]
#[inline]
pub fn pidfd_open(process: i32, flags: PidfdFlags) -> Result<OwnedFd> {
    sys::pidfd_open(process, flags.bits()).in_call(Call::PidfdOpen)
}

/// `int pidfd_getfd(int pidfd, int targetfd, 0)`: copies a descriptor of another process, by
/// its number there; close-on-exec.
///
/// Linux only.
///
/// # Errors
///
/// - `EBADF`: the process has no such descriptor, or `process` is none of [`pidfd_open`].
/// - `EPERM`: this process may not trace that one (another user, or one of the rules of
///   [ptrace(2)](https://man7.org/linux/man-pages/man2/ptrace.2.html), Yama's among them), or a
///   container's filter denies it.
/// - `ESRCH`: the process has ended.
/// - `EMFILE`: the process has as many descriptors as `RLIMIT_NOFILE` allows.
/// - `ENOSYS`: Linux before 5.6, or an emulator.
///
/// # Reference
///
/// [pidfd_getfd(2)](https://man7.org/linux/man-pages/man2/pidfd_getfd.2.html)
///
/// See [`pidfd_open`] for an example.
#[cfg(target_os = "linux")]
#[inline]
pub fn pidfd_getfd(process: impl AsFd, target: RawFd) -> Result<OwnedFd> {
    sys::pidfd_getfd(process.as_fd(), target).in_call(Call::PidfdGetfd)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, vec};

    use super::{CONTROL_LEN, Descriptors, SocketType, receive_with, send, socketpair};
    use crate::error::Call;
    use crate::fd::AsFd;
    use crate::{Errno, Memfd};

    /// How many descriptors this process has of the memory.
    fn count(name: &str) -> usize {
        let entries = fs::read_dir("/proc/self/fd").unwrap();
        let links = entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        links
            .filter(|link| link.to_string_lossy().contains(name))
            .count()
    }

    /// User-mode qemu hides itself in `/proc/self`, and loses descriptors in small buffers.
    fn is_emulated() -> bool {
        fs::read_link("/proc/self/exe").ok() != fs::read_link("/proc/thread-self/exe").ok()
    }

    #[test]
    fn a_truncated_control_message_leaves_no_descriptor() {
        const SENT: usize = 5;
        const WHOLE: usize = 16 + 4 * SENT;
        if is_emulated() {
            std::println!("skipped: the emulator itself loses descriptors");
            return;
        }
        let memfd = Memfd::create("truncated-control", 1).unwrap();
        let [ours, theirs] = socketpair(SocketType::SEQPACKET).unwrap();
        for len in (0..=WHOLE + 8).chain([CONTROL_LEN]) {
            send(&ours, b"x", &[memfd.as_fd(); SENT]).unwrap();
            let mut control = vec![0xff; len];
            let received = receive_with(theirs.as_fd(), &mut [0; 9], &mut control);
            if len >= WHOLE {
                let (_, descriptors): (_, Descriptors<SENT>) = received.unwrap();
                assert_eq!((descriptors.len(), count("truncated-control")), (SENT, 6));
            } else {
                let error = received.err().unwrap();
                assert_eq!(
                    (error.call(), error.errno()),
                    (Call::Recvmsg, Errno::EMFILE),
                    "{len} bytes"
                );
            }
            assert_eq!(count("truncated-control"), 1, "{len} bytes");
        }
    }

    #[test]
    fn what_the_buffer_held_before_is_no_message() {
        let [ours, theirs] = socketpair(SocketType::SEQPACKET).unwrap();
        send(&ours, b"x", &[]).unwrap();
        // SCM_RIGHTS with a number that nobody ever has.
        let mut stale = vec![];
        stale.extend(20_usize.to_ne_bytes());
        stale.extend([1, 1, i32::MAX, 0].map(i32::to_ne_bytes).concat());
        let received = receive_with::<1>(theirs.as_fd(), &mut [0; 9], &mut stale);
        assert_eq!(received.unwrap().1.len(), 0);
    }
}
