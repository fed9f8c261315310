//! The kernel's structs of messages on sockets.
//!
//! The same on every 64-bit architecture; held against `libc` by `tests/linux_abi.rs`.

use static_assertions::const_assert_eq;

/// `struct iovec`: a part of the data.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Iovec {
    pub(crate) iov_base: usize,
    pub(crate) iov_len: usize,
}

const_assert_eq!(size_of::<Iovec>(), 16);

/// `struct msghdr`. What it points to is an address here.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Msghdr {
    pub(crate) msg_name: usize,
    pub(crate) msg_namelen: u32,
    pub(crate) msg_iov: usize,
    pub(crate) msg_iovlen: usize,
    pub(crate) msg_control: usize,
    pub(crate) msg_controllen: usize,
    pub(crate) msg_flags: u32,
}

const_assert_eq!(size_of::<Msghdr>(), 56);

/// `struct cmsghdr`: what each control message starts with.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Cmsghdr {
    /// Of header and data together, in bytes.
    pub(crate) cmsg_len: usize,
    pub(crate) cmsg_level: i32,
    pub(crate) cmsg_type: i32,
}

const_assert_eq!(size_of::<Cmsghdr>(), 16);
