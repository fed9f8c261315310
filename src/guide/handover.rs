//! Recipes: giving memory to another process.
//!
//! Each starts with what goes wrong, and then shows the lines that solve it.
//!
//! # A peer shortens the memory, and we die of `SIGBUS`
//!
//! Whoever has a descriptor of a file can truncate it, and a touch of what is gone kills. A
//! [`Memfd`](crate::Memfd) has its size sealed. From one that arrives, demand the same: the
//! kernel answers, not the sender.
//!
//! ```
//! use rawshm::{Errno, Memfd, fd::OwnedFd};
//!
//! # let received = OwnedFd::from(Memfd::create("doc", 4096)?);
//! let memfd = Memfd::try_from(received)?; // has the seal SHRINK, or is refused
//! let mapping = memfd.map()?;
//!
//! # let received = OwnedFd::from(Memfd::options().resizable(true).create("doc", 4096)?);
//! let refused = Memfd::try_from(received).unwrap_err();
//! assert!(refused.to_string().ends_with("missing seals: SHRINK"));
//! # drop(mapping);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # The reader wants a plain `&[u8]`, and the writer could still write
//!
//! Freeze it: the contents are final for everybody, and the reader's type says so. What stands
//! in the way is any mapping for writing, our own first of all: give it back with the
//! same call. If another process still maps the memory (`EBUSY`), both come back.
//!
//! ```
//! use rawshm::{FrozenMemfd, Memfd, fd::OwnedFd};
//!
//! let memfd = Memfd::create("doc", 5)?;
//! let mapping = memfd.map()?;
//! mapping.shared().copy_from_slice(b"hello");
//! let frozen = memfd.freeze_with(mapping)?;
//!
//! # let received = OwnedFd::from(frozen);
//! // In the process that received it:
//! let bytes = FrozenMemfd::try_from(received)?.map()?;
//! assert_eq!(&*bytes, b"hello");
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Each process needs to change its copy, and copying takes too long
//!
//! Map the frozen memory privately: only the pages that are written are copied, when they are.
//!
//! ```
//! use rawshm::Memfd;
//!
//! # let frozen = Memfd::create("doc", 1 << 20)?.freeze()?;
//! let mut ours = frozen.map_private()?;
//! ours[..4].copy_from_slice(b"mine");
//! assert_eq!(frozen.map()?[..4], [0; 4]);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # We go on writing, and nobody else must ever write
//!
//! A descriptor that is open for reading only is not enough: whoever has it can open the file
//! anew through `/proc`, unless its mode forbids it, and the same user can change the mode. Map
//! first, then seal: what is handed out afterwards is read-only for good, to root as well.
//!
//! ```
//! use rawshm::{Errno, Memfd};
//!
//! let memfd = Memfd::create("doc", 4096)?;
//! let ours = memfd.map()?;
//! match memfd.refuse_new_writers() {
//!     Ok(()) => assert!(memfd.map().unwrap_err() == Errno::EPERM),
//!     // Linux before 5.1: firm against other users at least.
//!     Err(error) if error == Errno::EINVAL => drop(memfd.reopen_read_only()?),
//!     Err(error) => return Err(error),
//! }
//! ours.shared().store(0, 1_u32); // we still write
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! | handed out                | cannot be written by                          | needs       |
//! |---------------------------|-----------------------------------------------|-------------|
//! | after [`freeze`]          | anybody: the contents are final               | Linux 4.14  |
//! | after [`refuse_new_writers`] | anybody but those who had it mapped before | Linux 5.1   |
//! | of [`reopen_read_only`]   | other users without privileges                | `/proc`     |
//!
//! [`freeze`]: crate::Memfd::freeze
//! [`refuse_new_writers`]: crate::Memfd::refuse_new_writers
//! [`reopen_read_only`]: crate::Memfd::reopen_read_only
//!
//! # Descriptors leak, or come with the wrong message
//!
//! `SCM_RIGHTS` by hand loses descriptors in silence: too small a buffer, a full table of
//! descriptors, one more than expected; on a stream the bytes of two messages flow together.
//! Here whatever does not fit is an error, and what did arrive is closed.
//!
//! ```
//! use rawshm::fd::AsFd;
//! use rawshm::fd_passing::{SocketType, receive, send, socketpair};
//! use rawshm::{Errno, Memfd};
//!
//! let [ours, theirs] = socketpair(SocketType::SEQPACKET)?; // keeps messages apart
//! let memfd = Memfd::create("doc", 4096)?;
//! send(&ours, b"one picture", &[memfd.as_fd()])?;
//! let mut bytes = [0; 64];
//! let (len, [picture]) = receive(&theirs, &mut bytes)?; // exactly one, or an error
//! # drop(picture);
//!
//! drop(ours);
//! let end = receive::<1>(&theirs, &mut bytes).unwrap_err();
//! assert!(end == Errno::EPIPE); // the peer has gone
//! # assert_eq!(len, 11);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # A child is to find the memory when it starts
//!
//! Everything is close-on-exec, so that no program gets what is not meant for it. Lend a copy that
//! is not, tell its number, and drop it when the child is started. The child opens it
//! anew; without `/proc` there is `inherited`, which is `unsafe`.
//!
//! ```no_run
//! use std::process::Command;
//! use rawshm::fd::AsRawFd;
//! use rawshm::{Memfd, fd_passing};
//!
//! # let memfd = Memfd::create("doc", 4096)?;
//! let lent = fd_passing::inheritable(&memfd)?;
//! let child = Command::new("viewer").arg(lent.as_raw_fd().to_string()).spawn();
//! drop(lent);
//! # drop(child);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! ```
//! use rawshm::{Memfd, fd_passing};
//!
//! # use rawshm::fd::AsRawFd;
//! # let lent = fd_passing::inheritable(&Memfd::create("doc", 4096)?)?;
//! # let argument = lent.as_raw_fd().to_string();
//! let number = argument.parse().expect("a number"); // in the child
//! let memfd = Memfd::try_from(fd_passing::open_inherited(number)?)?;
//! assert_eq!(memfd.len()?, 4096);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # A process does not send its memory, and its descriptor is needed
//!
//! A debugger, a profiler or a test looks into a program that knows nothing of it. Whoever may
//! trace a process can take a copy of its descriptor, by the number in `/proc/PID/fd`:
//!
//! ```no_run
//! use rawshm::fd_passing::{PidfdFlags, pidfd_getfd, pidfd_open};
//! use rawshm::{Memfd, memfd::SealFlags};
//!
//! # let (pid, number) = (1, 3);
//! let process = pidfd_open(pid, PidfdFlags::empty())?;
//! let memfd = Memfd::from_fd(pidfd_getfd(&process, number)?, SealFlags::empty())?;
//! # Ok::<(), rawshm::Error>(())
//! ```
