//! Messages on sockets, and the descriptors of other processes.

use core::mem::MaybeUninit;

use super::control_message::{Rights, messages};
use super::socket_layout::{Iovec, Msghdr};
use super::{
    AF_UNIX, MSG_CMSG_CLOEXEC, MSG_NOSIGNAL, Result, SCM_PIDFD, SCM_RIGHTS, SO_DOMAIN,
    SOCK_CLOEXEC, SOL_SOCKET, number, owned,
};
use crate::Errno;
use crate::fd::{BorrowedFd, OwnedFd, RawFd};
use crate::syscall::{
    SYS_getsockopt, SYS_pidfd_getfd, SYS_pidfd_open, SYS_recvmsg, SYS_sendmsg, SYS_socketpair,
    syscall2, syscall3, syscall4, syscall5,
};

/// Two Unix sockets that are connected with each other, close-on-exec.
#[inline]
pub(crate) fn socketpair(kind: u32) -> Result<[OwnedFd; 2]> {
    let mut numbers = MaybeUninit::<[RawFd; 2]>::uninit();
    let place = numbers.as_mut_ptr().expose_provenance();
    let kind = (kind | SOCK_CLOEXEC) as usize;
    // SAFETY: socketpair writes two descriptors.
    unsafe { syscall4(SYS_socketpair, AF_UNIX as usize, kind, 0, place) }?;
    // SAFETY: the call succeeded, so that both are written.
    let numbers = unsafe { numbers.assume_init() };
    // SAFETY: socketpair opened them.
    Ok(numbers.map(|number| unsafe { owned(number as usize) }))
}

/// Whether a socket is one between processes of this machine.
#[inline]
pub(crate) fn is_unix_socket(socket: BorrowedFd<'_>) -> Result<bool> {
    let mut domain = 0_u32;
    let mut len = size_of_val(&domain) as u32;
    let value = (&raw mut domain).expose_provenance();
    let value_len = (&raw mut len).expose_provenance();
    // SAFETY: getsockopt writes a number of `len` bytes, and how many these were.
    unsafe {
        syscall5(
            SYS_getsockopt,
            number(socket),
            SOL_SOCKET as usize,
            SO_DOMAIN as usize,
            value,
            value_len,
        )
    }?;
    Ok(domain == AF_UNIX)
}

/// Sends bytes and copies of descriptors; `EINVAL` for more than a message can carry.
pub(crate) fn sendmsg(
    socket: BorrowedFd<'_>,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<usize> {
    let rights = Rights::new(descriptors).ok_or(Errno::EINVAL)?;
    let control = rights.as_bytes();
    let data = Iovec {
        iov_base: bytes.as_ptr().expose_provenance(),
        iov_len: bytes.len(),
    };
    let message = message(&data, control.as_ptr().expose_provenance(), control.len());
    let message = (&raw const message).expose_provenance();
    // SAFETY: sendmsg reads the message, and the bytes and control data that it points to.
    unsafe { syscall3(SYS_sendmsg, number(socket), message, MSG_NOSIGNAL as usize) }
}

/// Receives bytes, and hands each descriptor that came with them to `take`.
///
/// Returns how many bytes they are, and the `MSG_` flags of the message. The control data go
/// to `control`.
pub(crate) fn recvmsg(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
    mut take: impl FnMut(OwnedFd),
) -> Result<(usize, u32)> {
    let data = Iovec {
        iov_base: buffer.as_mut_ptr().expose_provenance(),
        iov_len: buffer.len(),
    };
    let place = control.as_mut_ptr().expose_provenance();
    let mut message = message(&data, place, control.len());
    let flags = MSG_CMSG_CLOEXEC as usize;
    let header = (&raw mut message).expose_provenance();
    // SAFETY: recvmsg writes to the buffers that the message points to as many bytes as it
    // says, and to the message itself.
    let len = unsafe { syscall3(SYS_recvmsg, number(socket), header, flags) }?;
    let control = control.get(..message.msg_controllen).unwrap_or_default();
    for message in messages(control) {
        let rights = message.is_of_socket(SCM_RIGHTS);
        if !rights && !message.is_of_socket(SCM_PIDFD) {
            continue;
        }
        // Instead of a pidfd there may be an error.
        for number in message.numbers().filter(|&number| number >= 0) {
            // SAFETY: recvmsg opened it: the kernel alone wrote the control data.
            let fd = unsafe { owned(number as usize) };
            // A pidfd that the socket's options ask for is nobody's here.
            if rights {
                take(fd);
            }
        }
    }
    Ok((len, message.msg_flags))
}

/// A message without an address.
#[inline]
fn message(data: &Iovec, control: usize, control_len: usize) -> Msghdr {
    Msghdr {
        msg_name: 0,
        msg_namelen: 0,
        msg_iov: (&raw const *data).expose_provenance(),
        msg_iovlen: 1,
        msg_control: control,
        msg_controllen: control_len,
        msg_flags: 0,
    }
}

#[inline]
pub(crate) fn pidfd_open(process: i32, flags: u32) -> Result<OwnedFd> {
    // SAFETY: pidfd_open touches no memory.
    let fd = unsafe { syscall2(SYS_pidfd_open, process as usize, flags as usize) }?;
    // SAFETY: pidfd_open opened it.
    Ok(unsafe { owned(fd) })
}

#[inline]
pub(crate) fn pidfd_getfd(process: BorrowedFd<'_>, target: RawFd) -> Result<OwnedFd> {
    // SAFETY: pidfd_getfd touches no memory; there are no flags.
    let fd = unsafe { syscall3(SYS_pidfd_getfd, number(process), target as usize, 0) }?;
    // SAFETY: pidfd_getfd opened it.
    Ok(unsafe { owned(fd) })
}
