//! Messages on sockets.

use core::mem::MaybeUninit;

use rustix::io::{FdFlags, IoSlice, IoSliceMut};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sockopt,
};

use super::{Result, SCM_MAX_FD, errno, lend, take};
use crate::Errno;
use crate::fd::{BorrowedFd, OwnedFd};

/// Two Unix sockets that are connected with each other, close-on-exec.
///
/// The flag is set afterwards: a program that another thread executes in between inherits
/// both.
pub(crate) fn socketpair(kind: u32) -> Result<[OwnedFd; 2]> {
    let kind = SocketType::from_raw(kind);
    let (first, second) =
        rustix::net::socketpair(AddressFamily::UNIX, kind, SocketFlags::empty(), None)
            .map_err(errno)?;
    for end in [&first, &second] {
        rustix::io::fcntl_setfd(end, FdFlags::CLOEXEC).map_err(errno)?;
    }
    Ok([take(first), take(second)])
}

/// Whether a socket is one between processes of this machine.
pub(crate) fn is_unix_socket(socket: BorrowedFd<'_>) -> Result<bool> {
    let address = rustix::net::getsockname(lend(socket)).map_err(errno)?;
    Ok(address.address_family() == AddressFamily::UNIX)
}

/// Sends bytes and copies of descriptors; `EINVAL` for more than a message can carry.
///
/// The socket is told first that a closed end raises no signal, and stays so.
pub(crate) fn sendmsg(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<usize> {
    let socket = lend(socket);
    match sockopt::set_socket_nosigpipe(socket, true).map_err(errno) {
        // What the system says of a socket whose other end is closed.
        Err(Errno::EINVAL) => return Err(Errno::EPIPE),
        set => set?,
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SCM_MAX_FD))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let mut lent = [socket; SCM_MAX_FD];
    let lent = lent.get_mut(..descriptors.len()).ok_or(Errno::EINVAL)?;
    for (place, fd) in lent.iter_mut().zip(descriptors) {
        *place = lend(*fd);
    }
    if !lent.is_empty() && !control.push(SendAncillaryMessage::ScmRights(lent)) {
        return Err(Errno::EINVAL);
    }
    let data = [IoSlice::new(bytes)];
    rustix::net::sendmsg(socket, &data, &mut control, SendFlags::empty()).map_err(errno)
}

/// Receives bytes, and hands each descriptor that came with them to `place`.
///
/// Returns how many bytes they are, and the `MSG_` flags of the message. The control data go
/// to `control`. The descriptors are made close-on-exec one after the other: a program that
/// another thread executes before that inherits them.
pub(crate) fn recvmsg(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
    mut place: impl FnMut(OwnedFd),
) -> Result<(usize, u32)> {
    let (start, len) = (
        control.as_mut_ptr().cast::<MaybeUninit<u8>>(),
        control.len(),
    );
    // SAFETY: the bytes are borrowed mutably, and what is written to them are bytes of the
    // system's, which are initialized.
    let control = unsafe { core::slice::from_raw_parts_mut(start, len) };
    let mut control = RecvAncillaryBuffer::new(control);
    let mut data = [IoSliceMut::new(buffer)];
    let received = rustix::net::recvmsg(lend(socket), &mut data, &mut control, RecvFlags::empty())
        .map_err(errno)?;
    let mut marked = Ok(());
    for message in control.drain() {
        let RecvAncillaryMessage::ScmRights(descriptors) = message else {
            continue;
        };
        for fd in descriptors {
            marked = marked.and(rustix::io::fcntl_setfd(&fd, FdFlags::CLOEXEC));
            place(take(fd));
        }
    }
    marked.map_err(errno)?;
    Ok((received.bytes, received.flags.bits()))
}
