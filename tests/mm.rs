//! The calls of the `mmap` family, one to one: what each does, and each error that can be provoked.

#![cfg(target_os = "linux")]

mod common;

use std::ffi::c_void;
use std::fs::{self, File};
use std::ptr;

use rawshm::descriptor::{FallocateFlags, Mode, OFlags, fallocate, fstat, ftruncate};
use rawshm::fd::{AsFd, OwnedFd};
use rawshm::memfd::{MemfdFlags, SealFlags, add_seals, memfd_create};
use rawshm::mm::{
    self, Advice, MapFlags, MlockFlags, MlockallFlags, MremapFlags, MsyncFlags, ProtFlags,
    mlockall, munlockall, page_size,
};
use rawshm::shm::shm_open;
use rawshm::syscall::{SYS_mseal, syscall3};
use rawshm::{Call, Errno, Result};

use common::{
    HugePages, NOT_MAPPED, UniqueName, as_ordinary_user, assert_fails, has_vm_flag, in_own_process,
    is_emulated, is_root, maps_entry, not_open, open, path_only, reopen, skip, smaps, with_limit,
    with_too_many_mappings,
};

const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

// --- the calls, on memory that only one test has ---------------------------

/// Some pages of a file, for reading and writing unless said otherwise.
fn map_file(fd: impl AsFd, pages: usize, protection: ProtFlags) -> Result<usize> {
    mmap(0, pages * page_size(), protection, MapFlags::SHARED, fd, 0)
}

/// Some private pages for reading and writing, whose bytes are their numbers from 1 on.
fn map_pages(pages: usize) -> usize {
    let start = mmap_anonymous(0, pages * page_size(), READ_WRITE, MapFlags::PRIVATE).unwrap();
    for page in 0..pages {
        write(start + page * page_size(), (page + 1) as u8);
    }
    start
}

fn mmap(
    at: usize,
    len: usize,
    protection: ProtFlags,
    flags: MapFlags,
    fd: impl AsFd,
    offset: u64,
) -> Result<usize> {
    // SAFETY: where a test gives FIXED the range is its own, and nothing borrows it.
    unsafe { mm::mmap(pointer(at), len, protection, flags, fd, offset) }.map(address)
}

fn mmap_anonymous(at: usize, len: usize, protection: ProtFlags, flags: MapFlags) -> Result<usize> {
    // SAFETY: as above.
    unsafe { mm::mmap_anonymous(pointer(at), len, protection, flags) }.map(address)
}

fn munmap(at: usize, len: usize) -> Result<()> {
    // SAFETY: the range is the test's own, and nothing borrows it.
    unsafe { mm::munmap(pointer(at), len) }
}

fn mprotect(at: usize, len: usize, protection: ProtFlags) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::mprotect(pointer(at), len, protection) }
}

fn mremap(at: usize, from: usize, to: usize, flags: MremapFlags, new: usize) -> Result<usize> {
    // SAFETY: as above, for both ranges.
    unsafe { mm::mremap(pointer(at), from, to, flags, pointer(new)) }.map(address)
}

fn madvise(at: usize, len: usize, advice: Advice) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::madvise(pointer(at), len, advice) }
}

fn msync(at: usize, len: usize, flags: MsyncFlags) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::msync(pointer(at), len, flags) }
}

fn mlock(at: usize, len: usize) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::mlock(pointer(at), len) }
}

fn mlock2(at: usize, len: usize, flags: MlockFlags) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::mlock2(pointer(at), len, flags) }
}

fn munlock(at: usize, len: usize) -> Result<()> {
    // SAFETY: as above.
    unsafe { mm::munlock(pointer(at), len) }
}

fn pointer(address: usize) -> *mut c_void {
    ptr::with_exposed_provenance_mut(address)
}

fn address(pointer: *mut c_void) -> usize {
    pointer.expose_provenance()
}

fn read(at: usize) -> u8 {
    // SAFETY: the test has mapped it for reading.
    unsafe { pointer(at).cast::<u8>().read_volatile() }
}

fn write(at: usize, byte: u8) {
    // SAFETY: the test has mapped it for writing.
    unsafe { pointer(at).cast::<u8>().write_volatile(byte) }
}

/// A file of some pages, which reads as their numbers from 1 on.
fn file(pages: usize) -> OwnedFd {
    let fd = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&fd, (pages * page_size()) as u64).unwrap();
    if pages > 0 {
        let start = map_file(&fd, pages, READ_WRITE).unwrap();
        for page in 0..pages {
            write(start + page * page_size(), page as u8 + 1);
        }
        munmap(start, pages * page_size()).unwrap();
    }
    fd
}

fn read_only(fd: &OwnedFd) -> OwnedFd {
    reopen(fd, File::options().read(true))
}

fn kilobytes(address: usize, key: &str) -> usize {
    smaps(address, key)
        .strip_suffix(" kB")
        .unwrap()
        .parse()
        .unwrap()
}

// --- mmap ------------------------------------------------------------------

#[test]
fn page_size_is_that_of_libc() {
    // SAFETY: sysconf touches no memory.
    let theirs = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    assert_eq!(page_size(), theirs as usize);
}

#[test]
fn mmap_maps_a_range_of_a_file() {
    let page = page_size();
    let fd = file(3);
    let inode = fstat(&fd).unwrap().ino();
    for (protection, flags, permissions) in [
        (READ_WRITE, MapFlags::SHARED, "rw-s"),
        (READ_WRITE, MapFlags::SHARED_VALIDATE, "rw-s"),
        (ProtFlags::READ, MapFlags::SHARED, "r--s"),
        (READ_WRITE, MapFlags::PRIVATE, "rw-p"),
        (ProtFlags::READ | ProtFlags::EXEC, MapFlags::PRIVATE, "r-xp"),
    ] {
        if flags == MapFlags::SHARED_VALIDATE && is_emulated() {
            skip("the emulator does not know SHARED_VALIDATE");
            continue;
        }
        let start = mmap(0, page + 1, protection, flags, &fd, page as u64).unwrap();
        let entry = maps_entry(start).unwrap();
        assert_eq!(
            (entry.permissions.as_str(), entry.inode),
            (permissions, inode)
        );
        assert_eq!(entry.offset, page as u64);
        assert_eq!((read(start), read(start + page)), (2, 3), "{permissions}");
        if protection.contains(ProtFlags::WRITE) {
            let other = map_file(&fd, 3, ProtFlags::READ).unwrap();
            write(start, 9);
            assert_eq!(
                read(other + page),
                if permissions == "rw-s" { 9 } else { 2 }
            );
            write(start, 2);
            munmap(other, 3 * page).unwrap();
        }
        munmap(start, 2 * page).unwrap();
    }
}

#[test]
fn mmap_anonymous_maps_zeroes() {
    for (protection, flags, permissions) in [
        (ProtFlags::NONE, MapFlags::PRIVATE, "---p"),
        (READ_WRITE, MapFlags::PRIVATE, "rw-p"),
        (READ_WRITE, MapFlags::SHARED, "rw-s"),
    ] {
        let start = mmap_anonymous(0, 1, protection, flags).unwrap();
        assert_eq!(maps_entry(start).unwrap().permissions, permissions);
        if protection == READ_WRITE {
            assert_eq!(read(start + page_size() - 1), 0);
        }
        munmap(start, 1).unwrap();
    }
}

#[test]
fn mmap_goes_where_the_flags_say() {
    let page = page_size();
    let start = map_pages(3);
    let at = |flags| mmap_anonymous(start + page, page, READ_WRITE, MapFlags::PRIVATE | flags);
    let elsewhere = at(MapFlags::empty()).unwrap();
    assert!(
        !(start..start + 3 * page).contains(&elsewhere),
        "a hint replaces nothing"
    );
    if is_emulated() {
        skip("the emulator takes FIXED_NOREPLACE for a hint");
    } else {
        assert_fails(at(MapFlags::FIXED_NOREPLACE), Call::Mmap, Errno::EEXIST);
    }
    assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [1, 2, 3]);
    assert_eq!(at(MapFlags::FIXED).unwrap(), start + page);
    assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [1, 0, 3]);
    munmap(start, 3 * page).unwrap();
    munmap(elsewhere, page).unwrap();

    #[cfg(target_arch = "x86_64")]
    {
        let low =
            mmap_anonymous(0, page, READ_WRITE, MapFlags::PRIVATE | MapFlags::BITS_32).unwrap();
        assert!(low < 1 << 31);
        munmap(low, page).unwrap();
    }
}

#[test]
fn flags_of_mmap_show_in_the_mapping() {
    let len = 16 * page_size();
    let map = |flags| mmap_anonymous(0, len, READ_WRITE, flags).unwrap();
    // Shared mappings are not merged with their neighbours: what is shown is theirs alone.
    for (flags, resident) in [
        (MapFlags::empty(), 0),
        (MapFlags::POPULATE, len / 1024),
        (MapFlags::POPULATE | MapFlags::LOCKED, len / 1024),
    ] {
        let start = map(MapFlags::SHARED | flags);
        if is_emulated() {
            skip(format_args!("the emulator may not pass {flags:?} on"));
        } else {
            assert_eq!(kilobytes(start, "Rss"), resident, "{flags:?}");
            assert_eq!(has_vm_flag(start, "lo"), flags.contains(MapFlags::LOCKED));
        }
        munmap(start, len).unwrap();
    }
    for (flags, shown) in [(MapFlags::NORESERVE, "nr"), (MapFlags::GROWSDOWN, "gd")] {
        let start = map(MapFlags::PRIVATE | flags);
        assert!(has_vm_flag(start, shown), "{flags:?}");
        munmap(start, len).unwrap();
    }
}

#[test]
fn mmap_says_why_not() {
    let page = page_size();
    let fd = file(1);
    let (reader, writer) = (read_only(&fd), reopen(&fd, File::options().write(true)));
    let sealed = file(1);
    add_seals(&sealed, SealFlags::WRITE).unwrap();
    let directory = open("/dev", File::options().read(true));
    let (shared, private) = (MapFlags::SHARED, MapFlags::PRIVATE);
    let fixed = shared | MapFlags::FIXED;
    let unknown = MapFlags::SHARED_VALIDATE | MapFlags::SYNC;
    let not_supported = if is_emulated() {
        Errno::EINVAL
    } else {
        Errno::EOPNOTSUPP
    };
    let largest = 1 << 63;
    for (result, errno) in [
        (mmap(0, 0, READ_WRITE, shared, &fd, 0), Errno::EINVAL),
        (mmap(1, page, READ_WRITE, fixed, &fd, 0), Errno::EINVAL),
        (mmap(0, page, READ_WRITE, shared, &fd, 1), Errno::EINVAL),
        (
            mmap(0, page, READ_WRITE, MapFlags::empty(), &fd, 0),
            Errno::EINVAL,
        ),
        (mmap_anonymous(0, 0, READ_WRITE, private), Errno::EINVAL),
        (
            mmap_anonymous(0, page, READ_WRITE, MapFlags::empty()),
            Errno::EINVAL,
        ),
        (
            mmap(0, page, ProtFlags::READ, private, &writer, 0),
            Errno::EACCES,
        ),
        (mmap(0, page, READ_WRITE, shared, &reader, 0), Errno::EACCES),
        (mmap(0, page, READ_WRITE, shared, &sealed, 0), Errno::EPERM),
        (
            mmap(0, page, ProtFlags::READ, shared, &directory, 0),
            Errno::ENODEV,
        ),
        (mmap(0, 1 << 62, READ_WRITE, shared, &fd, 0), Errno::ENOMEM),
        (
            mmap_anonymous(0, usize::MAX, READ_WRITE, private),
            Errno::ENOMEM,
        ),
        (mmap(0, page, READ_WRITE, unknown, &fd, 0), not_supported),
        (
            mmap(0, page, READ_WRITE, shared, &fd, largest),
            Errno::EOVERFLOW,
        ),
        (
            mmap(0, page, READ_WRITE, shared, path_only(&fd), 0),
            Errno::EBADF,
        ),
        (
            mmap(0, page, READ_WRITE, shared, not_open(), 0),
            Errno::EBADF,
        ),
    ] {
        assert_fails(result, Call::Mmap, errno);
    }
    if is_emulated() {
        return skip("the emulator has rules of its own for page zero and executable pages");
    }
    as_ordinary_user(|| {
        let lowest = mmap_anonymous(0, page, READ_WRITE, private | MapFlags::FIXED);
        assert_fails(lowest, Call::Mmap, Errno::EPERM);
    });
    common::with_own_dev_shm(libc::MS_NOEXEC, c"", || {
        let name = UniqueName::new("noexec");
        let fd = shm_open(&name, OFlags::RDWR | OFlags::CREAT, Mode::RWXU).unwrap();
        let executable = map_file(fd, 1, ProtFlags::READ | ProtFlags::EXEC);
        assert_fails(executable, Call::Mmap, Errno::EPERM);
    });
    if let Some(none) = HugePages::reserve(0) {
        let huge = mmap_anonymous(0, none.size, READ_WRITE, private | MapFlags::HUGETLB);
        assert_fails(huge, Call::Mmap, Errno::ENOMEM);
    }
}

// --- munmap ----------------------------------------------------------------

#[test]
fn munmap_unmaps_whole_pages_of_a_range() {
    let page = page_size();
    let fd = file(3);
    let inode = fstat(&fd).unwrap().ino();
    let start = map_file(&fd, 3, READ_WRITE).unwrap();
    // Another thread may map something in the hole at once, but not this file.
    let is_mapped = |n| maps_entry(start + n * page).is_some_and(|entry| entry.inode == inode);
    assert_eq!([0, 1, 2].map(is_mapped), [true; 3]);
    munmap(start + page, 1).unwrap();
    assert_eq!([0, 1, 2].map(is_mapped), [true, false, true]);
    assert_eq!((read(start), read(start + 2 * page)), (1, 3));
    munmap(start, page).unwrap();
    munmap(start + 2 * page, page).unwrap();
    assert_eq!([0, 1, 2].map(is_mapped), [false; 3]);
    munmap(NOT_MAPPED, page).unwrap();
}

#[test]
fn munmap_says_why_not() {
    let page = page_size();
    let start = map_pages(1);
    assert_fails(munmap(start, 0), Call::Munmap, Errno::EINVAL);
    assert_fails(munmap(start + 1, page), Call::Munmap, Errno::EINVAL);
    munmap(start, page).unwrap();
    if let Some(pages) = HugePages::reserve(1) {
        let flags = MapFlags::PRIVATE | MapFlags::HUGETLB;
        let start = mmap_anonymous(0, pages.size, READ_WRITE, flags).unwrap();
        assert_fails(munmap(start, page), Call::Munmap, Errno::EINVAL);
        munmap(start, pages.size).unwrap();
    }
}

// --- mprotect --------------------------------------------------------------

#[test]
fn mprotect_sets_the_protection() {
    let page = page_size();
    let start = map_pages(3);
    for (protection, permissions) in [
        (ProtFlags::NONE, "---p"),
        (ProtFlags::READ, "r--p"),
        (ProtFlags::READ | ProtFlags::EXEC, "r-xp"),
        (READ_WRITE, "rw-p"),
    ] {
        mprotect(start + page, 1, protection).unwrap();
        let shown = |n| maps_entry(start + n * page).unwrap().permissions;
        assert_eq!([0, 1, 2].map(shown), ["rw-p", permissions, "rw-p"]);
    }
    assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [1, 2, 3]);
    munmap(start, 3 * page).unwrap();
}

#[test]
fn mprotect_says_why_not() {
    let page = page_size();
    let start = map_pages(1);
    let reader = map_file(read_only(&file(1)), 1, ProtFlags::READ).unwrap();
    let both_ways = ProtFlags::GROWSDOWN | ProtFlags::GROWSUP;
    for (result, errno) in [
        (mprotect(reader, page, READ_WRITE), Errno::EACCES),
        (mprotect(start + 1, page, READ_WRITE), Errno::EINVAL),
        (
            mprotect(start, page, ProtFlags::from_bits_retain(1 << 7)),
            Errno::EINVAL,
        ),
        (mprotect(start, page, both_ways), Errno::EINVAL),
        (mprotect(NOT_MAPPED, page, READ_WRITE), Errno::ENOMEM),
    ] {
        assert_fails(result, Call::Mprotect, errno);
    }
    munmap(start, page).unwrap();
    munmap(reader, page).unwrap();

    let sealed = file(1);
    add_seals(&sealed, SealFlags::WRITE).unwrap();
    match map_file(&sealed, 1, ProtFlags::READ) {
        Ok(start) => {
            assert_fails(
                mprotect(start, page, READ_WRITE),
                Call::Mprotect,
                Errno::EACCES,
            );
            munmap(start, page).unwrap();
        }
        Err(error) => skip(format_args!("a kernel before 6.7: {error}")),
    }
}

// --- mremap ----------------------------------------------------------------

#[test]
fn mremap_shrinks_and_grows() {
    let page = page_size();
    let fd = file(4);
    let inode = fstat(&fd).unwrap().ino();
    let start = map_file(&fd, 4, READ_WRITE).unwrap();
    let none = MremapFlags::empty();
    assert_eq!(mremap(start, 4 * page, 2 * page, none, 0).unwrap(), start);
    let cut_off = maps_entry(start + 2 * page);
    assert!(cut_off.is_none_or(|entry| entry.inode != inode));
    let grown = mremap(start, 2 * page, 4 * page, MremapFlags::MAYMOVE, 0).unwrap();
    assert_eq!([0, 1, 2, 3].map(|n| read(grown + n * page)), [1, 2, 3, 4]);
    munmap(grown, 4 * page).unwrap();

    // Nobody else maps anything meanwhile.
    in_own_process("mremap_shrinks_and_grows", || {
        let start = map_pages(2);
        munmap(start + page, page).unwrap();
        assert_eq!(mremap(start, page, 2 * page, none, 0).unwrap(), start);
        assert_eq!((read(start), read(start + page)), (1, 0));
    });
}

#[test]
fn mremap_moves_to_an_address() {
    let page = page_size();
    let fixed = MremapFlags::MAYMOVE | MremapFlags::FIXED;
    for len in [1, 2, 3] {
        let (old, new) = (map_pages(2), map_pages(4));
        let target = new + page;
        assert_eq!(
            mremap(old, 2 * page, len * page, fixed, target).unwrap(),
            target
        );
        let expected = [[1, 1, 3, 4], [1, 1, 2, 4], [1, 1, 2, 0]][len - 1];
        assert_eq!([0, 1, 2, 3].map(|n| read(new + n * page)), expected);
        munmap(new, 4 * page).unwrap();
    }
}

#[test]
fn mremap_can_leave_the_old_range_mapped() {
    let page = page_size();
    let keep = MremapFlags::MAYMOVE | MremapFlags::DONTUNMAP;
    let old = map_pages(2);
    let new = match mremap(old, 2 * page, 2 * page, keep, 0) {
        Ok(new) => new,
        Err(error) => return skip(format_args!("an emulator, or a kernel before 5.7: {error}")),
    };
    assert_eq!([old, old + page, new, new + page].map(read), [0, 0, 1, 2]);
    let fixed = keep | MremapFlags::FIXED;
    assert_eq!(mremap(new, 2 * page, 2 * page, fixed, old).unwrap(), old);
    assert_eq!([old, old + page, new, new + page].map(read), [1, 2, 0, 0]);
    munmap(old, 2 * page).unwrap();
    munmap(new, 2 * page).unwrap();
}

#[test]
fn mremap_says_why_not() {
    if is_emulated() {
        return skip("the emulator has checks of its own");
    }
    let page = page_size();
    let (start, other) = (map_pages(4), map_pages(2));
    mprotect(start + page, page, ProtFlags::READ).unwrap();
    let (none, may_move) = (MremapFlags::empty(), MremapFlags::MAYMOVE);
    let fixed = may_move | MremapFlags::FIXED;
    let keep = may_move | MremapFlags::DONTUNMAP;
    for (result, errno) in [
        (
            mremap(NOT_MAPPED, page, 2 * page, may_move, 0),
            Errno::EFAULT,
        ),
        (
            mremap(start, 2 * page, 3 * page, may_move, 0),
            Errno::EFAULT,
        ),
        (mremap(other + 1, page, page, may_move, 0), Errno::EINVAL),
        (mremap(other, page, 0, may_move, 0), Errno::EINVAL),
        (mremap(other, page, page, fixed, start + 1), Errno::EINVAL),
        (
            mremap(other, page, page, MremapFlags::FIXED, start),
            Errno::EINVAL,
        ),
        (
            mremap(other, page, page, MremapFlags::DONTUNMAP, 0),
            Errno::EINVAL,
        ),
        (mremap(other, page, 2 * page, keep, 0), Errno::EINVAL),
        (
            mremap(other, 2 * page, 2 * page, fixed, other + page),
            Errno::EINVAL,
        ),
        (
            mremap(other, page, page, MremapFlags::from_bits_retain(1 << 7), 0),
            Errno::EINVAL,
        ),
        (mremap(start, page, 2 * page, none, 0), Errno::ENOMEM),
    ] {
        assert_fails(result, Call::Mremap, errno);
    }
    assert_eq!([0, 1, 2, 3].map(|n| read(start + n * page)), [1, 2, 3, 4]);
    assert_eq!([0, 1].map(|n| read(other + n * page)), [1, 2]);
    munmap(start, 4 * page).unwrap();
    munmap(other, 2 * page).unwrap();
}

// --- madvise ---------------------------------------------------------------

/// Advises, and tells whether the kernel knows the advice; the emulator ignores most.
#[track_caller]
fn is_advised(start: usize, len: usize, advice: Advice) -> bool {
    if is_emulated() {
        skip(format_args!("the emulator ignores {advice:?}"));
        return false;
    }
    match madvise(start, len, advice) {
        Err(error) if error == Errno::EINVAL => {
            skip(format_args!("this kernel does not know {advice:?}"));
            false
        }
        Err(error) if error == Errno::EBADF && advice == Advice::WILLNEED => {
            skip("this kernel has no swap, from which anonymous memory could be read");
            false
        }
        result => {
            result.unwrap();
            true
        }
    }
}

#[test]
fn advices_that_are_kept_show_in_the_mapping() {
    let page = page_size();
    let start = map_pages(1);
    for (advice, undone_by, shown) in [
        (Advice::RANDOM, Advice::NORMAL, "rr"),
        (Advice::SEQUENTIAL, Advice::NORMAL, "sr"),
        (Advice::DONTFORK, Advice::DOFORK, "dc"),
        (Advice::MERGEABLE, Advice::UNMERGEABLE, "mg"),
        (Advice::HUGEPAGE, Advice::NOHUGEPAGE, "hg"),
        (Advice::NOHUGEPAGE, Advice::HUGEPAGE, "nh"),
        (Advice::DONTDUMP, Advice::DODUMP, "dd"),
        (Advice::WIPEONFORK, Advice::KEEPONFORK, "wf"),
    ] {
        if is_advised(start, page, advice) {
            assert!(has_vm_flag(start, shown), "{shown} after {advice:?}");
            madvise(start, page, undone_by).unwrap();
            assert!(!has_vm_flag(start, shown), "{shown} after {undone_by:?}");
        }
    }
    assert_eq!(read(start), 1);
    munmap(start, page).unwrap();
}

#[test]
fn hints_keep_contents() {
    let page = page_size();
    for advice in [Advice::WILLNEED, Advice::COLD, Advice::PAGEOUT] {
        let anonymous = map_pages(2);
        let shared = map_file(file(2), 2, READ_WRITE).unwrap();
        for start in [anonymous, shared] {
            if is_advised(start, 2 * page, advice) {
                assert_eq!((read(start), read(start + page)), (1, 2), "{advice:?}");
            }
            munmap(start, 2 * page).unwrap();
        }
    }
}

#[test]
fn contents_that_are_not_needed_go() {
    let page = page_size();
    let start = map_pages(3);
    madvise(start + page, 1, Advice::DONTNEED).unwrap();
    assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [1, 0, 3]);
    mlock(start, 3 * page).unwrap();
    if is_advised(start, page, Advice::DONTNEED_LOCKED) {
        assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [0, 0, 3]);
    }
    munlock(start, 3 * page).unwrap();
    madvise(start + 2 * page, page, Advice::FREE).unwrap();
    assert!(
        [0, 3].contains(&read(start + 2 * page)),
        "dropped now or later"
    );
    write(start + 2 * page, 7);
    assert_eq!(read(start + 2 * page), 7);
    munmap(start, 3 * page).unwrap();
}

#[test]
fn removing_punches_a_hole_into_the_file() {
    let page = page_size();
    let fd = file(3);
    let start = map_file(&fd, 3, READ_WRITE).unwrap();
    if is_advised(start + page, page, Advice::REMOVE) {
        assert_eq!([0, 1, 2].map(|n| read(start + n * page)), [1, 0, 3]);
        madvise(start, page, Advice::REMOVE).unwrap();
        // One page is left, and one was read as a hole, which shared memory fills in.
        assert!(fstat(&fd).unwrap().blocks() as usize * 512 <= 2 * page);
    }
    munmap(start, 3 * page).unwrap();
}

#[test]
fn populating_faults_pages_in() {
    let len = 16 * page_size();
    for advice in [Advice::POPULATE_READ, Advice::POPULATE_WRITE] {
        let start = mmap_anonymous(0, len, READ_WRITE, MapFlags::SHARED).unwrap();
        assert_eq!(kilobytes(start, "Rss"), 0);
        if is_advised(start, len, advice) {
            assert_eq!(kilobytes(start, "Rss"), len / 1024, "{advice:?}");
        }
        munmap(start, len).unwrap();
    }
}

#[test]
fn collapsing_gathers_pages_into_huge_ones() {
    let len = 8 << 20;
    let start = map_pages(len / page_size());
    match madvise(start, len, Advice::COLLAPSE) {
        Ok(()) if is_emulated() => skip("the emulator ignores the advice"),
        Ok(()) => assert!(kilobytes(start + len / 2, "AnonHugePages") > 0),
        Err(error) => {
            let tolerated = [Errno::EINVAL, Errno::ENOMEM, Errno::EAGAIN, Errno::EBUSY];
            assert!(tolerated.contains(&error.errno()), "{error}");
            skip(format_args!("no huge pages here, or none now: {error}"));
        }
    }
    assert_eq!((read(start), read(start + page_size())), (1, 2));
    munmap(start, len).unwrap();
}

#[test]
fn madvise_says_why_not() {
    if is_emulated() {
        return skip("the emulator ignores most advices");
    }
    let page = page_size();
    let start = map_pages(1);
    let reader = map_file(read_only(&file(1)), 1, ProtFlags::READ).unwrap();
    let shared = map_file(file(1), 1, READ_WRITE).unwrap();
    let locked = map_pages(1);
    mlock(locked, page).unwrap();
    let beyond_end = map_file(file(0), 1, READ_WRITE).unwrap();
    for (result, errno) in [
        (madvise(start + 1, page, Advice::NORMAL), Errno::EINVAL),
        (madvise(start, page, Advice::from_raw(77)), Errno::EINVAL),
        (madvise(start, page, Advice::REMOVE), Errno::EINVAL),
        (madvise(shared, page, Advice::FREE), Errno::EINVAL),
        (madvise(shared, page, Advice::WIPEONFORK), Errno::EINVAL),
        (madvise(locked, page, Advice::DONTNEED), Errno::EINVAL),
        (madvise(NOT_MAPPED, page, Advice::NORMAL), Errno::ENOMEM),
        (madvise(reader, page, Advice::REMOVE), Errno::EACCES),
        (
            madvise(beyond_end, page, Advice::POPULATE_READ),
            Errno::EFAULT,
        ),
    ] {
        assert_fails(result, Call::Madvise, errno);
    }
    assert_eq!(read(start), 1);
    as_ordinary_user(|| {
        for advice in [Advice::HWPOISON, Advice::SOFT_OFFLINE] {
            // EINVAL: a kernel that cannot do without broken memory does not know these.
            let error = madvise(start, page, advice).unwrap_err();
            assert!(error == Errno::EPERM || error == Errno::EINVAL, "{error}");
        }
    });
    for start in [start, reader, shared, locked, beyond_end] {
        munmap(start, page).unwrap();
    }
}

// --- msync -----------------------------------------------------------------

#[test]
fn msync_writes_a_file_back() {
    let page = page_size();
    let path = std::env::temp_dir().join(format!("rawshm-test-{}-msync", std::process::id()));
    let mut options = File::options();
    let on_disk = options.read(true).write(true).create_new(true).open(&path);
    let on_disk = common::adopt(on_disk.unwrap());
    fs::remove_file(&path).unwrap();
    for fd in [on_disk, file(0)] {
        fallocate(&fd, FallocateFlags::empty(), 0, 2 * page as u64).unwrap();
        let start = map_file(&fd, 2, READ_WRITE).unwrap();
        write(start + page, 7);
        let sync = MsyncFlags::SYNC | MsyncFlags::INVALIDATE;
        for flags in [
            MsyncFlags::empty(),
            MsyncFlags::ASYNC,
            MsyncFlags::SYNC,
            sync,
        ] {
            msync(start + page, 1, flags).unwrap();
        }
        assert_eq!(read(start + page), 7);
        munmap(start, 2 * page).unwrap();
    }
}

#[test]
fn msync_says_why_not() {
    let page = page_size();
    let start = map_pages(1);
    for (result, errno) in [
        (msync(start + 1, page, MsyncFlags::SYNC), Errno::EINVAL),
        (
            msync(start, page, MsyncFlags::ASYNC | MsyncFlags::SYNC),
            Errno::EINVAL,
        ),
        (
            msync(start, page, MsyncFlags::from_bits_retain(1 << 7)),
            Errno::EINVAL,
        ),
        (msync(NOT_MAPPED, page, MsyncFlags::SYNC), Errno::ENOMEM),
    ] {
        assert_fails(result, Call::Msync, errno);
    }
    mlock(start, page).unwrap();
    assert_fails(
        msync(start, page, MsyncFlags::INVALIDATE),
        Call::Msync,
        Errno::EBUSY,
    );
    munmap(start, page).unwrap();
}

// --- mlock -----------------------------------------------------------------

#[test]
fn mlock_locks_whole_pages_of_a_range() {
    let page = page_size();
    let start = mmap_anonymous(0, 4 * page, READ_WRITE, MapFlags::SHARED).unwrap();
    mlock(start + page + 1, page).unwrap();
    let is_locked = |n| has_vm_flag(start + n * page, "lo");
    assert_eq!([0, 1, 2, 3].map(is_locked), [false, true, true, false]);
    assert_eq!(kilobytes(start + page, "Rss"), 2 * page / 1024);
    mlock(start + page, page).unwrap();
    munlock(start + page, page).unwrap();
    assert_eq!([0, 1, 2, 3].map(is_locked), [false, false, true, false]);
    munmap(start, 4 * page).unwrap();
}

#[test]
fn mlock2_locks_at_once_or_as_pages_are_touched() {
    let page = page_size();
    let start = mmap_anonymous(0, 2 * page, READ_WRITE, MapFlags::SHARED).unwrap();
    match mlock2(start, 2 * page, MlockFlags::ONFAULT) {
        Err(error) if error == Errno::ENOSYS && is_emulated() => return skip(error),
        result => result.unwrap(),
    }
    assert!(has_vm_flag(start, "lo"));
    assert_eq!(kilobytes(start, "Rss"), 0);
    write(start, 1);
    assert_eq!(kilobytes(start, "Rss"), page / 1024);
    mlock2(start, 2 * page, MlockFlags::empty()).unwrap();
    assert_eq!(kilobytes(start, "Rss"), 2 * page / 1024);
    munmap(start, 2 * page).unwrap();

    let unknown = mlock2(start, page, MlockFlags::from_bits_retain(1 << 7));
    assert_fails(unknown, Call::Mlock2, Errno::EINVAL);
    let absent = mlock2(NOT_MAPPED, page, MlockFlags::ONFAULT);
    assert_fails(absent, Call::Mlock2, Errno::ENOMEM);
}

#[test]
fn mlock_and_munlock_say_why_not() {
    let page = page_size();
    let last = usize::MAX - page + 1;
    assert_fails(mlock(NOT_MAPPED, page), Call::Mlock, Errno::ENOMEM);
    assert_fails(mlock(last, 2 * page), Call::Mlock, Errno::EINVAL);
    assert_fails(munlock(NOT_MAPPED, page), Call::Munlock, Errno::ENOMEM);
    assert_fails(munlock(last, 2 * page), Call::Munlock, Errno::EINVAL);
}

#[test]
fn mlockall_locks_what_is_mapped_and_what_will_be() {
    in_own_process("mlockall_locks_what_is_mapped_and_what_will_be", || {
        let page = page_size();
        let lazily = MlockallFlags::ONFAULT;
        for (flags, current, future) in [
            (MlockallFlags::CURRENT | lazily, true, false),
            (MlockallFlags::FUTURE | lazily, false, true),
            (
                MlockallFlags::CURRENT | MlockallFlags::FUTURE | lazily,
                true,
                true,
            ),
        ] {
            let before = mmap_anonymous(0, page, READ_WRITE, MapFlags::SHARED).unwrap();
            match mlockall(flags) {
                Err(error) if error == Errno::ENOMEM && !is_root() => return skip(error),
                result => result.unwrap(),
            }
            let after = mmap_anonymous(0, page, READ_WRITE, MapFlags::SHARED).unwrap();
            assert_eq!(has_vm_flag(before, "lo"), current, "{flags:?}");
            assert_eq!(has_vm_flag(after, "lo"), future, "{flags:?}");
            munlockall().unwrap();
            assert!(
                ![before, after]
                    .map(|start| has_vm_flag(start, "lo"))
                    .contains(&true)
            );
        }
    });
    for flags in [
        MlockallFlags::empty(),
        MlockallFlags::ONFAULT,
        MlockallFlags::from_bits_retain(8),
    ] {
        assert_fails(mlockall(flags), Call::Mlockall, Errno::EINVAL);
    }
}

// --- limits ----------------------------------------------------------------

#[test]
fn an_ordinary_user_locks_as_much_as_the_limit_allows() {
    in_own_process("an_ordinary_user_locks_as_much_as_the_limit_allows", || {
        let page = page_size();
        let start = map_pages(2);
        with_limit(libc::RLIMIT_MEMLOCK, page as u64, || {
            as_ordinary_user(|| {
                assert_fails(mlock(start, 2 * page), Call::Mlock, Errno::ENOMEM);
                let on_fault = mlock2(start, 2 * page, MlockFlags::ONFAULT);
                assert_fails(on_fault, Call::Mlock2, Errno::ENOMEM);
                assert_fails(
                    mlockall(MlockallFlags::CURRENT),
                    Call::Mlockall,
                    Errno::ENOMEM,
                );
                let flags = MapFlags::PRIVATE | MapFlags::LOCKED;
                let mapped = mmap_anonymous(0, 2 * page, READ_WRITE, flags);
                assert_fails(mapped, Call::Mmap, Errno::EAGAIN);
                mlock(start, page).unwrap();
                let grown = mremap(start, page, 2 * page, MremapFlags::MAYMOVE, 0);
                assert_fails(grown, Call::Mremap, Errno::EAGAIN);
                munlock(start, page).unwrap();
            });
        });
        with_limit(libc::RLIMIT_MEMLOCK, 0, || {
            as_ordinary_user(|| {
                assert_fails(mlock(start, page), Call::Mlock, Errno::EPERM);
                let on_fault = mlock2(start, page, MlockFlags::ONFAULT);
                assert_fails(on_fault, Call::Mlock2, Errno::EPERM);
                assert_fails(
                    mlockall(MlockallFlags::FUTURE),
                    Call::Mlockall,
                    Errno::EPERM,
                );
            });
        });
    });
}

#[test]
fn address_space_is_limited() {
    in_own_process("address_space_is_limited", || {
        let page = page_size();
        let start = map_pages(1);
        with_limit(libc::RLIMIT_AS, page as u64, || {
            let mapped = mmap_anonymous(0, page, READ_WRITE, MapFlags::PRIVATE);
            assert_fails(mapped, Call::Mmap, Errno::ENOMEM);
            let grown = mremap(start, page, 2 * page, MremapFlags::MAYMOVE, 0);
            assert_fails(grown, Call::Mremap, Errno::ENOMEM);
        });
    });
}

#[test]
fn there_can_be_too_many_mappings() {
    in_own_process("there_can_be_too_many_mappings", || {
        let page = page_size();
        let (start, locked) = (map_pages(3), map_pages(3));
        mlock(locked, 3 * page).unwrap();
        with_too_many_mappings(|| {
            // The middle of a mapping would make three of one.
            let middle = start + page;
            assert_fails(munmap(middle, page), Call::Munmap, Errno::ENOMEM);
            let protected = mprotect(middle, page, ProtFlags::READ);
            assert_fails(protected, Call::Mprotect, Errno::ENOMEM);
            assert_fails(mlock(middle, page), Call::Mlock, Errno::ENOMEM);
            let on_fault = mlock2(middle, page, MlockFlags::ONFAULT);
            assert_fails(on_fault, Call::Mlock2, Errno::ENOMEM);
            assert_fails(munlock(locked + page, page), Call::Munlock, Errno::ENOMEM);
            let one_more = mmap_anonymous(0, page, READ_WRITE, MapFlags::SHARED);
            assert_fails(one_more, Call::Mmap, Errno::ENOMEM);
        });
    });
}

#[test]
fn sealed_memory_stays_as_it_is() {
    let page = page_size();
    // Nothing ever unmaps it: as long as the process lives nobody else gets the addresses.
    let start = map_pages(1);
    mprotect(start, page, ProtFlags::READ).unwrap();
    // SAFETY: mseal reads and writes no memory, and the range is only the test's.
    if let Err(errno) = unsafe { syscall3(SYS_mseal, start, page, 0) } {
        return skip(format_args!(
            "an emulator, or a kernel before 6.10: {errno}"
        ));
    }
    assert_fails(munmap(start, page), Call::Munmap, Errno::EPERM);
    assert_fails(
        mprotect(start, page, READ_WRITE),
        Call::Mprotect,
        Errno::EPERM,
    );
    let grown = mremap(start, page, 2 * page, MremapFlags::MAYMOVE, 0);
    assert_fails(grown, Call::Mremap, Errno::EPERM);
    assert_fails(
        madvise(start, page, Advice::DONTNEED),
        Call::Madvise,
        Errno::EPERM,
    );
    assert_eq!(read(start), 1);
}
