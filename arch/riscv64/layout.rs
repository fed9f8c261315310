//! The kernel's structs and flag values where riscv64 has its own.
//!
//! Sizes and offsets are held against `linux-raw-sys` by `tests/linux_abi.rs`.

use static_assertions::{const_assert, const_assert_eq};

/// `struct stat`, as `fstat` fills it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Stat {
    pub(crate) st_dev: u64,
    pub(crate) st_ino: u64,
    pub(crate) st_mode: u32,
    pub(crate) st_nlink: u32,
    pub(crate) st_uid: u32,
    pub(crate) st_gid: u32,
    pub(crate) st_rdev: u64,
    __pad1: u64,
    pub(crate) st_size: i64,
    pub(crate) st_blksize: i32,
    __pad2: i32,
    pub(crate) st_blocks: i64,
    pub(crate) st_atime: i64,
    pub(crate) st_atime_nsec: u64,
    pub(crate) st_mtime: i64,
    pub(crate) st_mtime_nsec: u64,
    pub(crate) st_ctime: i64,
    pub(crate) st_ctime_nsec: u64,
    __unused: [u32; 2],
}

const_assert_eq!(size_of::<Stat>(), 128);
const_assert_eq!(align_of::<Stat>(), 8);

/// The sizes that a page may have, in bytes, ascending.
pub(crate) const PAGE_SIZES: &[usize] = &[4096];

const_assert!(!PAGE_SIZES.is_empty());

pub(crate) const O_DIRECT: u32 = 0o040_000;
pub(crate) const O_LARGEFILE: u32 = 0o100_000;
pub(crate) const O_DIRECTORY: u32 = 0o200_000;
pub(crate) const O_NOFOLLOW: u32 = 0o400_000;
