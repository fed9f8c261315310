//! Control messages: any bytes taken apart, and any messages sent over real sockets.

#![no_main]

use std::os::unix::fs::MetadataExt as _;
use std::{fs, mem};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use rawshm::fd_passing::{self, SocketType, messages};
use rawshm::{Errno, Memfd};
use rawshm_fuzz::{errno, leaks};

#[derive(Arbitrary, Debug)]
struct Input<'i> {
    control: &'i [u8],
    /// Where in memory the control data start.
    shift: u8,
    kind: Kind,
    options: Options,
    sent: Vec<Message>,
    /// The length of the buffer that is received into.
    buffer: u8,
    places: Places,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Kind {
    SequencedPackets,
    Datagrams,
    Stream,
}

/// What the receiving socket wants to be told besides.
#[derive(Arbitrary, Debug)]
struct Options {
    credentials: bool,
    time: bool,
    pidfd: bool,
}

#[derive(Arbitrary, Debug)]
enum Message {
    /// By the crate.
    Send { len: u8, descriptors: Vec<u8> },
    /// By `sendmsg` itself, with several control messages.
    Raw { len: u8, control: Vec<Control> },
}

#[derive(Arbitrary, Debug)]
enum Control {
    Rights(Vec<u8>),
    /// Numbers that may be nobody's.
    Numbers(Vec<i32>),
    Credentials,
    /// With a length that need not be right.
    Other {
        level: u8,
        kind: u8,
        data: Vec<u8>,
        len: Option<u16>,
    },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Places {
    None,
    One,
    Three,
    Many,
}

fuzz_target!(|input: Input<'_>| {
    taken_apart(input.control, usize::from(input.shift % 8));
    received(&input);
    leaks::check();
});

// --- any bytes -------------------------------------------------------------

type Fields<'c> = (i32, i32, &'c [u8]);

const HEADER: usize = 16;

/// cmsg(3) once more, by indices.
fn expected(control: &[u8]) -> Vec<Fields<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start + HEADER <= control.len() {
        let number = |at: usize| {
            let bytes = &control[start + at..start + at + 4];
            i32::from_ne_bytes(bytes.try_into().unwrap())
        };
        let len = u64::from_ne_bytes(control[start..start + 8].try_into().unwrap());
        let room = (control.len() - start) as u64;
        if len < HEADER as u64 || len > room {
            break;
        }
        let len = len as usize;
        found.push((number(8), number(12), &control[start + HEADER..start + len]));
        start += len.div_ceil(8) * 8;
    }
    found
}

fn taken_apart(control: &[u8], shift: usize) {
    // Not aligned, and nothing behind.
    let copy = [vec![0; shift], control.to_vec()]
        .concat()
        .into_boxed_slice();
    let control = &copy[shift..];
    let mut ours = messages(control);
    let found: Vec<Fields<'_>> = ours
        .by_ref()
        .map(|message| (message.level, message.kind, message.data))
        .collect();
    assert_eq!(found, expected(control));
    assert!(ours.next().is_none());
    for (_, _, data) in &found {
        let inside = control.as_ptr_range();
        assert!(data.is_empty() || inside.contains(&data.as_ptr()));
    }
    // The C library's macros see no more, and the same before they end.
    let theirs = by_macros(control);
    assert!(theirs.len() <= found.len(), "{theirs:?} {found:?}");
    for (theirs, ours) in theirs.iter().zip(&found) {
        assert_eq!((theirs.0, theirs.1, &theirs.2[..]), *ours);
    }
}

fn by_macros(control: &[u8]) -> Vec<(i32, i32, Vec<u8>)> {
    let mut aligned = vec![0_u64; control.len().div_ceil(8)];
    // SAFETY: integers may be written as bytes, and there are at least as many.
    unsafe {
        std::ptr::copy_nonoverlapping(control.as_ptr(), aligned.as_mut_ptr().cast(), control.len())
    };
    // SAFETY: all zeros are a message without anything.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_control = aligned.as_mut_ptr().cast();
    header.msg_controllen = control.len();
    let mut found = Vec::new();
    // SAFETY: the control data are as long as the header says.
    let mut place = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    // SAFETY: the macro returns null or the place of a whole, aligned header.
    while let Some(message) = unsafe { place.as_ref() } {
        let offset = place.addr() - aligned.as_ptr().addr();
        // The macros do not look at the first one's length, nor whether it holds a header.
        let Some(data) = control.get(offset + HEADER..offset.saturating_add(message.cmsg_len))
        else {
            break;
        };
        found.push((message.cmsg_level, message.cmsg_type, data.to_vec()));
        // SAFETY: as above.
        place = unsafe { libc::CMSG_NXTHDR(&raw const header, place) };
    }
    found
}

// --- real sockets ----------------------------------------------------------

/// Those that are sent: each can be told by its inode.
const FILES: usize = 4;

thread_local! {
    static MEMFDS: Vec<Memfd> = (0..FILES)
        .map(|_| Memfd::create("fuzz", 1).unwrap())
        .collect();
}

/// What is due to arrive with a message.
struct Due {
    len: usize,
    /// Of the descriptors, in order.
    inodes: Vec<u64>,
}

fn received(input: &Input<'_>) {
    let kind = match input.kind {
        Kind::SequencedPackets => SocketType::SEQPACKET,
        Kind::Datagrams => SocketType::DGRAM,
        Kind::Stream => SocketType::STREAM,
    };
    let [ours, theirs] = fd_passing::socketpair(kind).unwrap();
    for (wanted, option) in [
        (input.options.credentials, libc::SO_PASSCRED),
        (input.options.time, libc::SO_TIMESTAMP),
        (input.options.pidfd, SO_PASSPIDFD),
    ] {
        if wanted {
            set_option(&theirs, option);
        }
    }
    MEMFDS.with(|memfds| {
        for message in input.sent.iter().take(4) {
            let Some(due) = send(&ours, message, memfds) else {
                continue;
            };
            // One at a time: a stream would put them together.
            match input.places {
                Places::None => receive::<0>(&theirs, input, &due),
                Places::One => receive::<1>(&theirs, input, &due),
                Places::Three => receive::<3>(&theirs, input, &due),
                Places::Many => receive::<253>(&theirs, input, &due),
            }
            drain(&theirs);
        }
    });
}

const SO_PASSPIDFD: libc::c_int = 76;

fn set_option(socket: &OwnedFd, option: libc::c_int) {
    let (number, one) = (socket.as_raw_fd(), 1_i32);
    let (value, len) = ((&raw const one).cast(), 4);
    // SAFETY: setsockopt reads a number of four bytes.
    unsafe { libc::setsockopt(number, libc::SOL_SOCKET, option, value, len) };
}

/// `None` if the kernel does not take it.
fn send(socket: &OwnedFd, message: &Message, memfds: &[Memfd]) -> Option<Due> {
    let numbers = |files: &[u8]| -> Vec<usize> {
        let files = files.iter().take(300);
        files.map(|&file| usize::from(file) % FILES).collect()
    };
    match message {
        Message::Send { len, descriptors } => {
            let files = numbers(descriptors);
            let descriptors: Vec<_> = files.iter().map(|&file| memfds[file].as_fd()).collect();
            let bytes = vec![b'x'; usize::from(*len)];
            let sent = errno(fd_passing::send(socket, &bytes, &descriptors));
            if bytes.is_empty() || files.len() > 253 {
                assert_eq!(sent, Err(Errno::EINVAL));
                return None;
            }
            assert_eq!(sent, Ok(bytes.len()));
            let numbers = descriptors.iter().map(|fd| fd.as_raw_fd());
            Some(Due {
                len: bytes.len(),
                inodes: numbers.map(inode).collect(),
            })
        }
        Message::Raw { len, control } => {
            let mut bytes = Vec::new();
            for control in control.iter().take(8) {
                let (socket, rights) = (libc::SOL_SOCKET, libc::SCM_RIGHTS);
                match control {
                    Control::Rights(sent) => {
                        let sent = numbers(sent).into_iter();
                        let sent = as_bytes(sent.map(|file| memfds[file].as_raw_fd()));
                        append(&mut bytes, socket, rights, &sent, None);
                    }
                    Control::Numbers(sent) => {
                        let sent = as_bytes(sent.iter().copied());
                        append(&mut bytes, socket, rights, &sent, None);
                    }
                    Control::Credentials => {
                        // SAFETY: getuid touches no memory.
                        let user = unsafe { libc::getuid() };
                        // SAFETY: getgid touches no memory.
                        let group = unsafe { libc::getgid() };
                        let ids = [std::process::id() as i32, user as i32, group as i32];
                        let kind = libc::SCM_CREDENTIALS;
                        append(&mut bytes, socket, kind, &as_bytes(ids), None);
                    }
                    Control::Other {
                        level,
                        kind,
                        data,
                        len,
                    } => {
                        append(&mut bytes, (*level).into(), (*kind).into(), data, *len);
                    }
                }
            }
            // A length that is wrong makes others of them, which may be numbers of anything.
            let rights = expected(&bytes)
                .into_iter()
                .filter(|&(level, kind, _)| (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS));
            let inodes = rights
                .flat_map(|(_, _, data)| data.chunks_exact(4))
                .map(|number| inode(i32::from_ne_bytes(number.try_into().unwrap())))
                .collect();
            let data = vec![b'y'; usize::from(*len)];
            let sent = send_raw(socket, &data, &mut bytes)?;
            Some(Due { len: sent, inodes })
        }
    }
}

/// 0 for a number that is not open, which nobody can send.
fn inode(number: i32) -> u64 {
    fs::metadata(format!("/proc/self/fd/{number}")).map_or(0, |file| file.ino())
}

fn as_bytes(numbers: impl IntoIterator<Item = i32>) -> Vec<u8> {
    numbers.into_iter().flat_map(i32::to_ne_bytes).collect()
}

fn append(bytes: &mut Vec<u8>, level: i32, kind: i32, data: &[u8], len: Option<u16>) {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    let len = len.map_or(HEADER + data.len(), usize::from);
    bytes.extend(len.to_ne_bytes());
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
}

fn send_raw(socket: &OwnedFd, data: &[u8], control: &mut [u8]) -> Option<usize> {
    let mut part = libc::iovec {
        iov_base: data.as_ptr().cast_mut().cast(),
        iov_len: data.len(),
    };
    // SAFETY: all zeros are a message without anything.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    (header.msg_iov, header.msg_iovlen) = (&raw mut part, 1);
    (header.msg_control, header.msg_controllen) = (control.as_mut_ptr().cast(), control.len());
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: sendmsg reads the message, and what it points to.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, flags) };
    usize::try_from(sent).ok()
}

fn receive<const N: usize>(socket: &OwnedFd, input: &Input<'_>, due: &Due) {
    // Nothing there: a stream takes no message without bytes.
    if !is_readable(socket) {
        assert_eq!(due.len, 0);
        return;
    }
    let mut buffer = vec![0; usize::from(input.buffer)];
    let arrived = errno(fd_passing::receive_up_to::<N>(socket, &mut buffer));
    let count = due.inodes.len();
    let is_cut = due.len > buffer.len() && !matches!(input.kind, Kind::Stream);
    let expected = if buffer.is_empty() {
        Err(Errno::EINVAL)
    } else if count > N {
        Err(Errno::EBADMSG)
    } else if is_cut {
        Err(Errno::EMSGSIZE)
    } else if due.len == 0 && count == 0 {
        Err(Errno::EPIPE)
    } else {
        Ok(due.len.min(buffer.len()))
    };
    match (arrived, expected) {
        (Ok((len, descriptors)), Ok(expected)) => {
            assert_eq!(len, expected);
            assert_eq!(descriptors.len(), count);
            for (fd, &inode) in descriptors.zip(&due.inodes) {
                let flags = rawshm::descriptor::fcntl_getfd(&fd).unwrap();
                assert!(flags.contains(rawshm::descriptor::FdFlags::CLOEXEC));
                assert_eq!(rawshm::descriptor::fstat(&fd).unwrap().ino(), inode);
            }
        }
        (arrived, expected) => {
            let arrived = arrived.map(|(len, _)| len);
            assert_eq!(arrived, expected, "{count} descriptors, {} bytes", due.len);
        }
    }
}

fn is_readable(socket: &OwnedFd) -> bool {
    let mut poll = libc::pollfd {
        fd: socket.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: poll reads and writes one struct.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

/// Takes what is left of a message that was not received as a whole.
fn drain(socket: &OwnedFd) {
    while is_readable(socket) {
        let mut rest = [0; 256];
        let (place, len) = (rest.as_mut_ptr().cast(), rest.len());
        // SAFETY: recv writes to the buffer, and throws descriptors away.
        unsafe { libc::recv(socket.as_raw_fd(), place, len, libc::MSG_DONTWAIT) };
    }
}
