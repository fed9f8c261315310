//! Descriptors, under the names that hold with and without the feature `std`.
//!
//! The same text compiles with both: without `std` the types are a subset of std's.

#![cfg(target_os = "linux")]

use rawshm::descriptor::{fcntl_getfd, fstat};
use rawshm::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use rawshm::memfd::{MemfdFlags, memfd_create};
use rawshm::{Errno, Memfd};

fn open() -> OwnedFd {
    memfd_create("fd", MemfdFlags::CLOEXEC).unwrap()
}

/// The inode of a number in this process, `None` if it is not open.
///
/// Tests run side by side, so that a number which was closed may be open again.
fn inode(raw: RawFd) -> Option<u64> {
    // SAFETY: only asked for its status, which no number can break.
    let fd = unsafe { BorrowedFd::borrow_raw(raw) };
    match fstat(fd) {
        Ok(stat) => Some(stat.ino()),
        Err(error) => {
            assert!(error == Errno::EBADF);
            None
        }
    }
}

#[test]
fn a_drop_closes() {
    let fd = open();
    let (raw, before) = (fd.as_raw_fd(), inode(fd.as_raw_fd()));
    assert!(before.is_some());
    drop(fd);
    assert_ne!(inode(raw), before);
}

#[test]
fn ownership_goes_out_and_back() {
    let fd = open();
    let before = fstat(&fd).unwrap().ino();
    let raw = fd.into_raw_fd();
    assert_eq!(inode(raw), Some(before));
    // SAFETY: the number was just given up, and is open.
    let fd = unsafe { OwnedFd::from_raw_fd(raw) };
    assert_eq!(fstat(&fd).unwrap().ino(), before);
}

#[test]
fn everything_lends() {
    fn raw(fd: impl AsFd) -> RawFd {
        fd.as_fd().as_raw_fd()
    }
    let mut fd = open();
    let number = fd.as_raw_fd();
    let borrowed = fd.as_fd();
    assert_eq!(raw(borrowed), number);
    assert_eq!(raw(&fd), number);
    assert_eq!(raw(&mut fd), number);
    assert_eq!(raw(fd), number);

    let memfd = Memfd::create("fd", 1).unwrap();
    assert_eq!(raw(&memfd), memfd.as_raw_fd());
    let owned: OwnedFd = memfd.into();
    assert!(fcntl_getfd(owned).is_ok());
}

#[test]
fn they_show_their_number() {
    let fd = open();
    let number = fd.as_raw_fd();
    assert_eq!(format!("{fd:?}"), format!("OwnedFd {{ fd: {number} }}"));
    assert_eq!(
        format!("{:?}", fd.as_fd()),
        format!("BorrowedFd {{ fd: {number} }}")
    );
    assert_eq!(number.as_raw_fd(), number.into_raw_fd());
}
