//! Control messages: what goes with the data of a message on a socket.
//!
//! Read and written as bytes, so that no alignment is asked for and nothing here is unsafe.

#![forbid(unsafe_code)]

use core::iter::{self, FusedIterator};
use core::mem;

use super::socket_layout::Cmsghdr;
use super::{SCM_MAX_FD, SCM_RIGHTS, SOL_SOCKET};
use crate::fd::{AsRawFd, BorrowedFd, RawFd};

const HEADER_LEN: usize = size_of::<Cmsghdr>();

/// Each message starts at a multiple of this.
const ALIGNMENT: usize = align_of::<Cmsghdr>();

/// One control message, as it stands in the buffer.
///
/// See [`messages`] for an example.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[doc(alias = "cmsghdr")]
#[non_exhaustive]
pub struct ControlMessage<'a> {
    /// The protocol that it is of.
    #[doc(alias = "cmsg_level")]
    pub level: i32,
    /// What it is, a number of that protocol.
    #[doc(alias = "cmsg_type")]
    pub kind: i32,
    /// What it says; it need not be aligned.
    #[doc(alias = "CMSG_DATA")]
    pub data: &'a [u8],
}

/// The control messages in a buffer; [`messages`] makes it.
///
/// See [`messages`] for an example.
#[derive(Clone, Debug)]
pub struct ControlMessages<'a> {
    rest: &'a [u8],
}

/// Takes the control data of `recvmsg` apart, as the macros `CMSG_FIRSTHDR`, `CMSG_NXTHDR` and
/// `CMSG_DATA` of [cmsg(3)](https://man7.org/linux/man-pages/man3/cmsg.3.html) do.
///
/// Any bytes may be given: a message whose length does not hold its header, or reaches past
/// the end, ends them. Numbers in `SCM_RIGHTS` are only numbers here; whoever received them
/// owns them.
///
/// ```
/// let mut control = [0; 24];
/// control[..8].copy_from_slice(&20_usize.to_ne_bytes()); // header and data
/// control[8..12].copy_from_slice(&1_i32.to_ne_bytes()); // SOL_SOCKET
/// control[12..16].copy_from_slice(&1_i32.to_ne_bytes()); // SCM_RIGHTS
/// control[16..20].copy_from_slice(&7_i32.to_ne_bytes());
///
/// let mut messages = rawshm::fd_passing::messages(&control);
/// let message = messages.next().unwrap();
/// assert_eq!((message.level, message.kind), (1, 1));
/// assert_eq!(message.data, 7_i32.to_ne_bytes());
/// assert!(messages.next().is_none());
/// ```
#[doc(alias("CMSG_FIRSTHDR", "CMSG_NXTHDR"))]
#[inline]
#[must_use]
pub const fn messages(control: &[u8]) -> ControlMessages<'_> {
    ControlMessages { rest: control }
}

impl<'a> Iterator for ControlMessages<'a> {
    type Item = ControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = mem::take(&mut self.rest);
        let (len, fields) = bytes.split_first_chunk()?;
        let (level, fields) = fields.split_first_chunk()?;
        let (kind, _) = fields.split_first_chunk()?;
        let len = usize::from_ne_bytes(*len);
        // None as well if the length does not hold the header.
        let data = bytes.get(HEADER_LEN..len)?;
        self.rest = bytes
            .get(len.next_multiple_of(ALIGNMENT)..)
            .unwrap_or_default();
        Some(ControlMessage {
            level: i32::from_ne_bytes(*level),
            kind: i32::from_ne_bytes(*kind),
            data,
        })
    }
}

impl FusedIterator for ControlMessages<'_> {}

impl<'a> ControlMessage<'a> {
    /// Whether the socket layer itself has sent it, and it is of this kind.
    pub(super) fn is_of_socket(&self, kind: u32) -> bool {
        (self.level, self.kind) == (SOL_SOCKET as i32, kind as i32)
    }

    /// The data as numbers of descriptors; bytes left over at the end are none.
    pub(super) fn numbers(&self) -> impl Iterator<Item = RawFd> + use<'a> {
        let mut rest = self.data;
        iter::from_fn(move || {
            let (number, after) = rest.split_first_chunk()?;
            rest = after;
            Some(RawFd::from_ne_bytes(*number))
        })
    }
}

/// The control data that send descriptors.
pub(super) struct Rights {
    bytes: [u8; HEADER_LEN + SCM_MAX_FD * size_of::<RawFd>()],
    len: usize,
}

impl Rights {
    /// `None` for more descriptors than a message can carry. Without any there are no control
    /// data at all.
    pub(super) fn new(descriptors: &[BorrowedFd<'_>]) -> Option<Self> {
        let mut rights = Self {
            bytes: [0; HEADER_LEN + SCM_MAX_FD * size_of::<RawFd>()],
            len: 0,
        };
        if descriptors.is_empty() {
            return Some(rights);
        }
        let len = HEADER_LEN + size_of_val(descriptors);
        let (header, places) = rights.bytes.get_mut(..len)?.split_at_mut(HEADER_LEN);
        let (cmsg_len, fields) = header.split_at_mut(size_of::<usize>());
        let (level, kind) = fields.split_at_mut(size_of::<i32>());
        cmsg_len.copy_from_slice(&len.to_ne_bytes());
        level.copy_from_slice(&SOL_SOCKET.to_ne_bytes());
        kind.copy_from_slice(&SCM_RIGHTS.to_ne_bytes());
        for (place, fd) in places.chunks_mut(size_of::<RawFd>()).zip(descriptors) {
            place.copy_from_slice(&fd.as_raw_fd().to_ne_bytes());
        }
        rights.len = len;
        Some(rights)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        // Never past the end: there is no way to panic.
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
