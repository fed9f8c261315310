//! Mappings that know who may write: where and how they are made, and what may be done to them.

#![cfg(target_os = "linux")]

mod common;

use std::fs::File;
use std::ops::Bound;
use std::{ptr, thread};

use rawshm::descriptor::ftruncate;
use rawshm::fd::AsFd;
use rawshm::memfd::{MemfdFlags, SealFlags, memfd_create};
use rawshm::mm::{Access, Advice, Hint, MsyncFlags, page_size};
use rawshm::syscall::{SYS_mseal, syscall3};
use rawshm::{
    Call, Errno, Frozen, MapOptions, Mapping, Memfd, Private, ReadOnly, Result, Segment, Shared,
    SharedSlice,
};

use common::{
    HugePages, as_ordinary_user, assert_comes_back, assert_fails, has_vm_flag, in_own_process,
    is_emulated, maps_entry, not_open, open, path_only, reopen, skip, smaps, with_limit,
    with_too_many_mappings,
};

/// So many pages of shared memory, which no neighbour is merged with.
fn shared_pages(count: usize) -> Mapping<Shared> {
    MapOptions::new()
        .len(count * page_size())
        .map_shared_anonymous()
        .unwrap()
}

/// So many pages of private memory, full of ones.
fn private_pages(count: usize) -> Mapping<Private> {
    let mut mapping = MapOptions::new()
        .len(count * page_size())
        .map_anonymous()
        .unwrap();
    mapping.fill(1);
    mapping
}

fn permissions<A: Access>(mapping: &Mapping<A>) -> String {
    maps_entry(mapping.addr()).unwrap().permissions
}

/// Memory that nothing will ever change or unmap; `None` where the kernel cannot do that.
fn sealed<A: Access>(mapping: Mapping<A>) -> Option<Mapping<A>> {
    // SAFETY: mseal reads and writes no memory.
    match unsafe { syscall3(SYS_mseal, mapping.addr(), mapping.mapped_len(), 0) } {
        Ok(_) => Some(mapping),
        Err(errno) => {
            skip(format_args!(
                "an emulator, or a kernel before 6.10: {errno}"
            ));
            None
        }
    }
}

/// Ranges of each type that are inside of 100 bytes, in the order of their ends.
macro_rules! inside {
    (|$range:ident| $result:expr) => {
        inside!(@ $range, $result;
            .., 0.., 99.., 100.., ..0, ..100, ..=99, 5..50, 5..=50, 100..100,
            (Bound::Excluded(4), Bound::Included(99)),
            (Bound::Excluded(4), Bound::<usize>::Unbounded))
    };
    (@ $range:ident, $result:expr; $($each:expr),*) => {
        $({
            let $range = $each;
            $result.unwrap_or_else(|error| panic!("{:?}: {error}", $each));
        })*
    };
}

/// Ranges of each type that are not inside of 100 bytes.
macro_rules! outside {
    (|$range:ident| $result:expr, $call:expr) => {
        outside!(@ $range, $result, $call;
            101.., usize::MAX.., ..101, ..usize::MAX, ..=100, ..=usize::MAX, 0..101, 50..=100,
            (Bound::Included(50), Bound::Excluded(49)),
            (Bound::Excluded(100), Bound::<usize>::Unbounded),
            (Bound::Excluded(usize::MAX), Bound::<usize>::Unbounded))
    };
    (@ $range:ident, $result:expr, $call:expr; $($each:expr),*) => {
        $({
            let $range = $each;
            assert_fails($result, $call, Errno::EINVAL);
        })*
    };
}

// --- MapOptions ------------------------------------------------------------

#[test]
fn lengths_are_those_of_the_object_or_as_asked_for() {
    let page = page_size();
    let beyond = Err(Errno::ENXIO);
    let invalid = Err(Errno::EINVAL);
    for (size, offset, len, expected) in [
        (1, 0, None, Ok((1, page))),
        (page, 0, None, Ok((page, page))),
        (page + 1, 0, None, Ok((page + 1, 2 * page))),
        (page + 1, page, None, Ok((1, page))),
        (3 * page, page, Some(1), Ok((1, page))),
        (3 * page, page, Some(page + 1), Ok((page + 1, 2 * page))),
        (3 * page, page, Some(2 * page), Ok((2 * page, 2 * page))),
        (3 * page, page, Some(2 * page + 1), beyond),
        (0, 0, None, invalid),
        (page, page, None, invalid),
        (page, 0, Some(0), invalid),
        (page, 1, None, invalid),
        (page, page - 1, Some(1), invalid),
        (0, 0, Some(1), beyond),
        (page, page, Some(1), beyond),
        (page, 2 * page, None, beyond),
        (1, 0, Some(2), beyond),
        (1, 0, Some(usize::MAX), beyond),
        (page, usize::MAX - page + 1, None, beyond),
    ] {
        let memfd = Memfd::create("test", size as u64).unwrap();
        let mut options = MapOptions::new().offset(offset as u64);
        if let Some(len) = len {
            options = options.len(len);
        }
        let case = (size, offset, len);
        assert_lengths(options.map_shared(&memfd), expected, case);
        assert_lengths(options.map_read_only(&memfd), expected, case);
        let frozen = memfd.freeze().unwrap();
        assert_lengths(options.map_frozen(&frozen), expected, case);
        assert_lengths(options.map_private(&frozen), expected, case);
    }
}

#[track_caller]
fn assert_lengths<A: Access>(
    mapped: Result<Mapping<A>>,
    expected: Result<(usize, usize), Errno>,
    case: (usize, usize, Option<usize>),
) {
    let lengths = mapped.map(|mapping| (mapping.len(), mapping.mapped_len()));
    match expected {
        Ok(expected) => assert_eq!(lengths.unwrap(), expected, "{case:?}"),
        Err(errno) => assert_fails(lengths, Call::Mmap, errno),
    }
}

#[test]
fn each_kind_has_its_permissions() {
    let page = page_size();
    let memfd = Memfd::create("test", 2 * page as u64).unwrap();
    let inode = memfd.stat().unwrap().ino();
    let options = MapOptions::new().offset(page as u64);
    let shared = options.map_shared(&memfd).unwrap();
    shared.shared().fill(7);
    let read_only = options.map_read_only(&memfd).unwrap();
    assert_eq!(read_only.shared().load::<u8>(page - 1), 7);
    for (mapping, expected) in [(shared.addr(), "rw-s"), (read_only.addr(), "r--s")] {
        let entry = maps_entry(mapping).unwrap();
        assert_eq!((entry.permissions.as_str(), entry.inode), (expected, inode));
        assert_eq!(entry.offset, page as u64);
    }
    drop((shared, read_only));
    let memfd = memfd.freeze().unwrap();
    let frozen = options.map_frozen(&memfd).unwrap();
    let private = options.map_private(&memfd).unwrap();
    assert!(permissions(&frozen).starts_with("r--"));
    assert_eq!(permissions(&private), "rw-p");
    assert_eq!((frozen[0], private[page - 1]), (7, 7));
    assert_eq!(permissions(&shared_pages(1)), "rw-s");
    assert_eq!(permissions(&private_pages(1)), "rw-p");
}

#[test]
fn anonymous_memory_is_zeroed() {
    let options = MapOptions::new().len(page_size() + 1);
    let mut ours = options.map_anonymous().unwrap();
    assert_eq!(&*ours, vec![0; page_size() + 1]);
    ours[page_size()] = 7;
    assert_eq!(ours.shared().load::<u8>(page_size()), 7);
    let shared = options.map_shared_anonymous().unwrap();
    assert_eq!(
        (shared.len(), shared.mapped_len()),
        (page_size() + 1, 2 * page_size())
    );
    assert_eq!(shared.shared().load::<u8>(page_size()), 0);
}

#[test]
fn an_exact_address_is_taken_or_refused_but_never_replaced() {
    let page = page_size();
    let memfd = Memfd::create("test", 2 * page as u64).unwrap();
    let there = private_pages(2);
    for address in [there.addr(), there.addr() + page, there.addr() - page] {
        let exactly = MapOptions::new().exactly_at(address);
        assert_fails(exactly.map_shared(&memfd), Call::Mmap, Errno::EEXIST);
        assert_fails(exactly.map_read_only(&memfd), Call::Mmap, Errno::EEXIST);
        let anonymous = exactly.len(2 * page);
        assert_fails(anonymous.map_anonymous(), Call::Mmap, Errno::EEXIST);
        assert_fails(anonymous.map_shared_anonymous(), Call::Mmap, Errno::EEXIST);
        let hint = MapOptions::new().at(address).map_shared(&memfd).unwrap();
        assert!(hint.addr() + 2 * page <= there.addr() || there.addr() + 2 * page <= hint.addr());
    }
    assert!(there.iter().all(|&byte| byte == 1));

    // Another thread may be faster at a free address.
    let at_free_address = |place: fn(MapOptions, usize) -> MapOptions| {
        (0..1000).any(|_| {
            let free = shared_pages(2).addr();
            let mapped = place(MapOptions::new(), free).map_shared(&memfd);
            mapped.is_ok_and(|mapping| mapping.addr() == free)
        })
    };
    assert!(at_free_address(MapOptions::exactly_at));
    assert!(at_free_address(MapOptions::at));
}

#[test]
fn exact_addresses_are_whole_pages_of_this_process() {
    if is_emulated() {
        return skip("the emulator takes an exact address for a hint, as kernels before 4.17");
    }
    let page = page_size();
    let last_page = usize::MAX - page + 1;
    let memfd = Memfd::create("test", 1).unwrap();
    for (address, errno) in [
        (0, Errno::EINVAL),
        (1, Errno::EINVAL),
        (private_pages(1).addr() + 1, Errno::EINVAL),
        (last_page, Errno::ENOMEM),
    ] {
        let exactly = MapOptions::new().exactly_at(address);
        assert_fails(exactly.map_shared(&memfd), Call::Mmap, errno);
        assert_fails(exactly.len(1).map_anonymous(), Call::Mmap, errno);
    }
}

#[test]
fn pages_are_populated_and_locked_as_asked_for() {
    if is_emulated() {
        return skip("the emulator may not pass the flags on");
    }
    let len = 16 * page_size();
    let options = MapOptions::new().len(len);
    for (options, resident, locked) in [
        (options, 0, false),
        (options.populate(), len / 1024, false),
        (options.locked(), len / 1024, true),
    ] {
        let mapping = options.map_shared_anonymous().unwrap();
        assert_eq!(smaps(mapping.addr(), "Rss"), format!("{resident} kB"));
        assert_eq!(has_vm_flag(mapping.addr(), "lo"), locked);
    }
}

#[test]
fn mapping_an_object_says_why_not() {
    let options = MapOptions::new();
    let fd = memfd_create("test", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&fd, 10).unwrap();
    let (reader, writer) = (
        reopen(&fd, File::options().read(true)),
        reopen(&fd, File::options().write(true)),
    );
    let directory = open("/dev", File::options().read(true));
    let terminal = open("/dev/null", File::options().read(true));
    for (result, errno) in [
        (
            options.huge_pages(2 << 20).map_read_only(&fd),
            Errno::EINVAL,
        ),
        (options.map_read_only(&directory), Errno::ENODEV),
        (options.map_read_only(&terminal), Errno::ENODEV),
        (options.map_read_only(&writer), Errno::EACCES),
        (options.len(1).map_read_only(&directory), Errno::ENODEV),
        (options.map_read_only(path_only(&fd)), Errno::EBADF),
        (options.map_read_only(not_open()), Errno::EBADF),
    ] {
        assert_fails(result, Call::Mmap, errno);
    }
    for (result, errno) in [
        (options.huge_pages(2 << 20).map_shared(&fd), Errno::EINVAL),
        (options.map_shared(&reader), Errno::EACCES),
        (options.map_shared(&writer), Errno::EACCES),
        (options.map_shared(path_only(&fd)), Errno::EBADF),
        (options.map_shared(not_open()), Errno::EBADF),
    ] {
        assert_fails(result, Call::Mmap, errno);
    }
    let sparse = Memfd::options()
        .sparse(true)
        .create("test", 1 << 62)
        .unwrap();
    assert_fails(options.map_shared(&sparse), Call::Mmap, Errno::ENOMEM);
    drop(options.map_read_only(&reader).unwrap());
    let frozen = Memfd::create("test", 1).unwrap().freeze().unwrap();
    assert_fails(options.map_shared(&frozen), Call::Mmap, Errno::EPERM);
    assert_fails(options.map_frozen(not_open()), Call::Seals, Errno::EBADF);
    assert_fails(options.map_private(not_open()), Call::Seals, Errno::EBADF);
}

#[test]
fn mapping_memory_says_why_not() {
    let page = page_size();
    let (options, one) = (MapOptions::new(), MapOptions::new().len(1));
    for (options, errno) in [
        (options, Errno::EINVAL),
        (options.len(0), Errno::EINVAL),
        (one.offset(page as u64), Errno::EINVAL),
        (one.huge_pages(0), Errno::EINVAL),
        (one.huge_pages(3 << 20), Errno::EINVAL),
        (one.huge_pages(page / 2), Errno::EINVAL),
        (options.len(usize::MAX), Errno::ENOMEM),
        (options.len(1 << 62), Errno::ENOMEM),
    ] {
        assert_fails(options.map_anonymous(), Call::Mmap, errno);
        assert_fails(options.map_shared_anonymous(), Call::Mmap, errno);
    }
    let huge = options.len(usize::MAX).huge_pages(2 << 20);
    assert_fails(huge.map_anonymous(), Call::MmapHugetlb, Errno::ENOMEM);
}

#[test]
fn huge_pages_are_taken_from_those_that_are_reserved() {
    if let Some(none) = HugePages::reserve(0) {
        let options = MapOptions::new().len(1).huge_pages(none.size);
        for error in [
            options.map_anonymous().unwrap_err(),
            options.map_shared_anonymous().unwrap_err(),
        ] {
            assert_eq!(
                (error.call(), error.errno()),
                (Call::MmapHugetlb, Errno::ENOMEM)
            );
            assert!(error.help().to_string().contains("vm.nr_hugepages"));
        }
    }
    let Some(pages) = HugePages::reserve(2) else {
        return;
    };
    let options = MapOptions::new().len(1).huge_pages(pages.size);
    let (mut ours, shared) = (
        options.map_anonymous().unwrap(),
        options.map_shared_anonymous().unwrap(),
    );
    ours[0] = 7;
    shared.shared().fill(7);
    for (addr, len, mapped_len) in [
        (ours.addr(), ours.len(), ours.mapped_len()),
        (shared.addr(), shared.len(), shared.mapped_len()),
    ] {
        assert_eq!((len, mapped_len), (1, pages.size));
        assert_eq!(
            smaps(addr, "KernelPageSize"),
            format!("{} kB", pages.size / 1024)
        );
    }
    ours.unmap().unwrap();
    shared.unmap().unwrap();
}

#[test]
fn limits_of_the_process_are_kept() {
    in_own_process("limits_of_the_process_are_kept", || {
        let page = page_size();
        let memfd = Memfd::create("test", 2 * page as u64).unwrap();
        let ours = private_pages(2);
        let map_locked = || MapOptions::new().locked().map_shared(&memfd);
        with_limit(libc::RLIMIT_MEMLOCK, page as u64, || {
            as_ordinary_user(|| {
                assert_fails(map_locked(), Call::Mmap, Errno::EAGAIN);
                assert_fails(ours.lock(..), Call::Mlock, Errno::ENOMEM);
                ours.lock(..page).unwrap();
                ours.unlock(..).unwrap();
            });
        });
        with_limit(libc::RLIMIT_MEMLOCK, 0, || {
            as_ordinary_user(|| assert_fails(ours.lock(..page), Call::Mlock, Errno::EPERM));
        });
        with_limit(libc::RLIMIT_AS, page as u64, || {
            assert_fails(memfd.map(), Call::Mmap, Errno::ENOMEM);
            assert_fails(
                MapOptions::new().len(1).map_anonymous(),
                Call::Mmap,
                Errno::ENOMEM,
            );
        });
    });
}

// --- methods that take a range ---------------------------------------------

#[test]
fn ranges_are_checked_against_the_length() {
    let mut mapping = MapOptions::new().len(100).map_anonymous().unwrap();
    inside!(|range| mapping.advise(range, Hint::Normal));
    outside!(|range| mapping.advise(range, Hint::Normal), Call::Madvise);
    let normal = |range: (Bound<usize>, Bound<usize>)| {
        // SAFETY: the advice changes nothing.
        unsafe { mapping.advise_unchecked(range, Advice::NORMAL) }
    };
    normal((Bound::Included(5), Bound::Included(99))).unwrap();
    let outside = normal((Bound::Included(5), Bound::Included(100)));
    assert_fails(outside, Call::Madvise, Errno::EINVAL);
    inside!(|range| mapping.lock(range));
    outside!(|range| mapping.lock(range), Call::Mlock);
    inside!(|range| mapping.unlock(range));
    outside!(|range| mapping.unlock(range), Call::Munlock);
    inside!(|range| mapping.sync(range, MsyncFlags::SYNC));
    outside!(|range| mapping.sync(range, MsyncFlags::SYNC), Call::Msync);
    outside!(|range| mapping.discard(range), Call::Madvise);
}

#[test]
fn every_page_that_is_partly_in_a_range_counts() {
    let page = page_size();
    let mapping = shared_pages(5);
    let pages_with =
        |flag| [0, 1, 2, 3, 4].map(|n| u8::from(has_vm_flag(mapping.addr() + n * page, flag)));
    mapping.lock(2 * page - 1..=3 * page).unwrap();
    assert_eq!(pages_with("lo"), [0, 1, 1, 1, 0]);
    mapping.unlock(2 * page..2 * page + 1).unwrap();
    assert_eq!(pages_with("lo"), [0, 1, 0, 1, 0]);
    if !is_emulated() {
        mapping.advise(page + 1..2 * page, Hint::Random).unwrap();
        assert_eq!(pages_with("rr"), [0, 1, 0, 0, 0]);
        // SAFETY: the advice changes neither contents nor access.
        unsafe { mapping.advise_unchecked(4 * page.., Advice::SEQUENTIAL) }.unwrap();
        assert_eq!(pages_with("sr"), [0, 0, 0, 0, 1]);
    }
}

#[test]
fn hints_change_no_contents() {
    let len = 2 * page_size();
    let ours = private_pages(2);
    let shared = shared_pages(2);
    shared.shared().fill(1);
    for hint in [
        Hint::Normal,
        Hint::Random,
        Hint::Sequential,
        Hint::WillNeed,
        Hint::DoFork,
        Hint::Mergeable,
        Hint::Unmergeable,
        Hint::HugePage,
        Hint::NoHugePage,
        Hint::DontDump,
        Hint::DoDump,
        Hint::KeepOnFork,
        Hint::Cold,
        Hint::PageOut,
        Hint::PopulateRead,
        Hint::PopulateWrite,
    ] {
        for advised in [ours.advise(.., hint), shared.advise(.., hint)] {
            if let Err(error) = advised {
                // The kernel does not know the hint, two pages are too few for it, or there
                // is no swap to read anonymous memory from.
                let no_swap = matches!(hint, Hint::WillNeed) && error == Errno::EBADF;
                assert!(error == Errno::EINVAL || no_swap, "{hint:?}: {error}");
            }
        }
        assert!(ours.iter().all(|&byte| byte == 1), "{hint:?}");
        let mut bytes = vec![0; len];
        shared.shared().copy_to_slice(&mut bytes);
        assert_eq!(bytes, vec![1; len], "{hint:?}");
    }
}

#[test]
fn methods_pass_the_kernels_errors_on() {
    let memfd = Memfd::options()
        .resizable(true)
        .create("test", page_size() as u64)
        .unwrap();
    let mapping = memfd.map().unwrap();
    let both = MsyncFlags::ASYNC | MsyncFlags::SYNC;
    assert_fails(mapping.sync(.., both), Call::Msync, Errno::EINVAL);
    mapping.lock(..).unwrap();
    assert_fails(
        mapping.sync(.., MsyncFlags::INVALIDATE),
        Call::Msync,
        Errno::EBUSY,
    );
    mapping.unlock(..).unwrap();
    mapping
        .sync(.., MsyncFlags::SYNC | MsyncFlags::INVALIDATE)
        .unwrap();
    memfd.resize(0).unwrap();
    assert_fails(mapping.lock(..), Call::Mlock, Errno::ENOMEM);
    if is_emulated() {
        return skip("the emulator ignores most advices");
    }
    assert_fails(
        mapping.advise(.., Hint::PopulateRead),
        Call::Madvise,
        Errno::EFAULT,
    );
    let mapping = mapping.into_read_only().unwrap();
    assert_fails(
        mapping.advise(.., Hint::PopulateWrite),
        Call::Madvise,
        Errno::EINVAL,
    );
}

// --- discard ---------------------------------------------------------------

#[test]
fn what_is_discarded_reads_as_at_first() {
    let page = page_size();
    let mut ours = private_pages(3);
    ours.discard(page..2 * page).unwrap();
    let first_of_each = |bytes: &[u8]| [bytes[0], bytes[page], bytes[2 * page]];
    assert_eq!(first_of_each(&ours), [1, 0, 1]);
    ours.discard(..).unwrap();
    assert_eq!(first_of_each(&ours), [0, 0, 0]);

    let memfd = Memfd::create("test", page as u64 + 4).unwrap();
    memfd.map().unwrap().shared().fill(2);
    let mut copy = memfd.freeze().unwrap().map_private().unwrap();
    copy.fill(3);
    copy.discard(page..).unwrap();
    assert_eq!((copy[0], copy[page], copy[page + 3]), (3, 2, 2));
    copy.discard(..page).unwrap();
    assert_eq!(copy[0], 2);
}

#[test]
fn whole_pages_are_discarded_or_nothing() {
    let page = page_size();
    let mut ours = MapOptions::new()
        .len(2 * page + 100)
        .map_anonymous()
        .unwrap();
    ours.fill(1);
    for (start, end) in [
        (1, page),
        (0, 1),
        (page, 2 * page + 99),
        (2 * page + 1, 2 * page + 100),
    ] {
        assert_fails(ours.discard(start..end), Call::Madvise, Errno::EINVAL);
    }
    assert_fails(ours.discard(..2 * page + 101), Call::Madvise, Errno::EINVAL);
    if !is_emulated() {
        ours.lock(page..page + 1).unwrap();
        assert_fails(ours.discard(page..2 * page), Call::Madvise, Errno::EINVAL);
        ours.unlock(..).unwrap();
    }
    assert!(ours.iter().all(|&byte| byte == 1));
    ours.discard(page..page).unwrap();
    ours.discard(2 * page..).unwrap();
    assert_eq!((ours[page], ours[2 * page]), (1, 0));
}

// --- changes of length -----------------------------------------------------

/// Whether this object is mapped at an address: another thread may map something else there.
fn is_of(address: usize, inode: u64) -> bool {
    maps_entry(address).is_some_and(|entry| entry.inode == inode)
}

#[test]
fn private_memory_grows_with_zeroes_and_shrinks() {
    let page = page_size();
    let mut ours = MapOptions::new().len(100).map_anonymous().unwrap();
    ours.fill(1);
    let ours = ours.resize(page).unwrap();
    assert_eq!(
        (&ours[..100], ours[100], ours.len()),
        (&[1; 100][..], 0, page)
    );
    let ours = ours.resize(100 * page + 1).unwrap();
    assert_eq!(
        (ours.len(), ours.mapped_len()),
        (100 * page + 1, 101 * page)
    );
    assert_eq!(
        maps_entry(ours.addr() + 100 * page).unwrap().permissions,
        "rw-p"
    );
    assert!(
        ours.iter()
            .enumerate()
            .all(|(at, &byte)| byte == u8::from(at < 100))
    );

    let address = ours.addr();
    let mut ours = ours.resize(page + 7).unwrap();
    assert_eq!(
        (ours.addr(), ours.len(), ours.mapped_len()),
        (address, page + 7, 2 * page)
    );
    ours.fill(2);
    // What was cut off does not come back, neither in the last page nor behind it.
    let ours = ours.resize(page + 3).unwrap().resize(3 * page).unwrap();
    assert!(
        ours.iter()
            .enumerate()
            .all(|(at, &byte)| byte == 2 * u8::from(at < page + 3))
    );
    let same = ours.resize_in_place(3 * page).unwrap();
    assert_eq!(same.len(), 3 * page);
}

#[test]
fn each_kind_of_mapping_grows_with_its_object() {
    /// Maps the second page, then the next five, and finds the numbers of all.
    fn grows<A: Access>(map: fn(MapOptions, &Memfd) -> Result<Mapping<A>>, freeze: bool) {
        let page = page_size();
        let memfd = Memfd::options().resizable(true);
        let memfd = memfd.create("test", 2 * page as u64).unwrap();
        if !freeze {
            let mapping = map(MapOptions::new().offset(page as u64), &memfd).unwrap();
            memfd.resize(7 * page as u64).unwrap();
            number_pages(&memfd);
            return check(&memfd, mapping);
        }
        memfd.resize(7 * page as u64).unwrap();
        number_pages(&memfd);
        rawshm::memfd::add_seals(&memfd, SealFlags::WRITE | SealFlags::SHRINK).unwrap();
        let second = MapOptions::new().offset(page as u64).len(page);
        check(&memfd, map(second, &memfd).unwrap());
    }

    fn number_pages(memfd: &Memfd) {
        let mapping = memfd.map().unwrap();
        (0..7).for_each(|n| mapping.shared().store(n * page_size(), n as u8));
    }

    fn check<A: Access>(memfd: &Memfd, mapping: Mapping<A>) {
        let (page, before) = (page_size(), permissions(&mapping));
        let numbers = |mapping: &Mapping<A>| -> Vec<u8> {
            let starts = (0..mapping.len()).step_by(page);
            starts.map(|at| mapping.shared().load(at)).collect()
        };
        let mapping = mapping.remap(memfd, 6 * page).unwrap();
        assert_eq!((mapping.len(), mapping.mapped_len()), (6 * page, 6 * page));
        assert_eq!(permissions(&mapping), before);
        assert_eq!(numbers(&mapping), [1, 2, 3, 4, 5, 6]);
        let mapping = assert_comes_back(
            mapping.remap(memfd, 6 * page + 1),
            Call::Mremap,
            Errno::ENXIO,
        );
        assert_eq!(numbers(&mapping), [1, 2, 3, 4, 5, 6]);
        let mapping = mapping.remap(memfd, 2 * page + 1).unwrap();
        assert_eq!(
            (mapping.len(), mapping.mapped_len()),
            (2 * page + 1, 3 * page)
        );
        assert_eq!(numbers(&mapping), [1, 2, 3]);
    }

    grows(|options, memfd| options.map_shared(memfd), false);
    grows(|options, memfd| options.map_read_only(memfd), false);
    grows(|options, memfd| options.map_frozen(memfd), true);
    grows(|options, memfd| options.map_private(memfd), true);
}

#[test]
fn what_was_written_to_a_private_copy_moves_with_it() {
    let page = page_size();
    let frozen = Memfd::create("test", 64 * page as u64)
        .unwrap()
        .freeze()
        .unwrap();
    let mut ours = MapOptions::new().len(page).map_private(&frozen).unwrap();
    ours.fill(1);
    // There is no other room.
    let behind = MapOptions::new().exactly_at(ours.addr() + page).len(1);
    let _behind = behind.map_anonymous();
    let ours = ours.remap(&frozen, 64 * page).unwrap();
    assert!(ours[..page].iter().all(|&byte| byte == 1));
    assert!(ours[page..].iter().all(|&byte| byte == 0));
    let ours = assert_comes_back(ours.resize(65 * page), Call::Mremap, Errno::EINVAL);
    assert_eq!(ours.resize(100).unwrap()[99], 1);
}

#[test]
fn what_is_cut_off_is_unmapped() {
    let page = page_size();
    let memfd = Memfd::create("test", 4 * page as u64).unwrap();
    let inode = memfd.stat().unwrap().ino();
    type Shrink = fn(&Memfd, Mapping<Shared>, usize) -> Mapping<Shared>;
    let shrink: [Shrink; 3] = [
        |_, mapping, len| mapping.shrink(len).unwrap(),
        |memfd, mapping, len| mapping.remap(memfd, len).unwrap(),
        |memfd, mapping, len| mapping.remap_in_place(memfd, len).unwrap(),
    ];
    for shrink in shrink {
        let mapping = memfd.map().unwrap();
        let pages = [0, 1, 2, 3].map(|n| mapping.addr() + n * page);
        let mapped = || pages.map(|address| is_of(address, inode));
        let mapping = shrink(&memfd, mapping, 3 * page);
        assert_eq!(mapped(), [true, true, true, false]);
        let mapping = shrink(&memfd, mapping, page + 1);
        assert_eq!(mapped(), [true, true, false, false]);
        let mapping = shrink(&memfd, mapping, 1);
        assert_eq!(
            (mapping.addr(), mapping.len(), mapping.mapped_len()),
            (pages[0], 1, page)
        );
        drop(mapping);
        assert_eq!(mapped(), [false; 4]);
    }
}

#[test]
fn what_must_not_move_grows_only_where_there_is_room() {
    let page = page_size();
    let memfd = Memfd::create("test", 4 * page as u64).unwrap();
    let address = shared_pages(4).addr();
    let wall = MapOptions::new().exactly_at(address + page).len(3 * page);
    let Ok(wall) = wall.map_shared_anonymous() else {
        return skip("another thread took the room");
    };
    let first = MapOptions::new().exactly_at(address).len(page);
    let Ok(mapping) = first.map_shared(&memfd) else {
        return skip("another thread took the room");
    };
    mapping.shared().fill(7);
    let mapping = assert_comes_back(
        mapping.remap_in_place(&memfd, 2 * page),
        Call::Mremap,
        Errno::ENOMEM,
    );
    assert_eq!(
        (mapping.addr(), mapping.len(), mapping.mapped_len()),
        (address, page, page)
    );
    assert_eq!(mapping.shared().load::<u8>(page - 1), 7);
    let mapping = mapping.remap(&memfd, 4 * page).unwrap();
    assert_ne!(mapping.addr(), address);
    assert_eq!(mapping.shared().load::<u8>(page - 1), 7);
    assert!(!is_of(address, memfd.stat().unwrap().ino()));
    wall.shared().fill(1);
    assert_eq!(mapping.shared().load::<u8>(page), 0);

    let ours = private_pages(1);
    let address = ours.addr();
    // There may be something behind it already.
    let behind = MapOptions::new().exactly_at(address + page).len(page);
    let _behind = behind.map_shared_anonymous();
    let ours = assert_comes_back(ours.resize_in_place(2 * page), Call::Mremap, Errno::ENOMEM);
    assert_eq!((ours.addr(), &*ours), (address, &*vec![1; page]));
    let ours = ours.resize(2 * page).unwrap();
    assert_eq!((ours[page - 1], ours[page]), (1, 0));
    assert_ne!(ours.addr(), address);

    // Where there is room it stays, unless another thread is faster.
    let stayed = (0..1000).any(|_| {
        let mapping = memfd.map().unwrap().shrink(page).unwrap();
        let address = mapping.addr();
        let grown = mapping.remap_in_place(&memfd, 4 * page);
        grown.is_ok_and(|mapping| (mapping.addr(), mapping.len()) == (address, 4 * page))
    });
    assert!(stayed);
    let stayed = (0..1000).any(|_| {
        let ours = private_pages(4).shrink(page).unwrap();
        let address = ours.addr();
        let grown = ours.resize_in_place(4 * page);
        grown.is_ok_and(|ours| (ours.addr(), ours[page], ours[page - 1]) == (address, 0, 1))
    });
    assert!(stayed);
}

#[test]
fn changing_the_length_says_why_not() {
    let page = page_size();
    let memfd = Memfd::options().resizable(true);
    let memfd = memfd.create("test", 2 * page as u64).unwrap();
    let other = Memfd::create("test", 9 * page as u64).unwrap();
    let mut mapping = memfd.map().unwrap();
    mapping.shared().fill(7);
    let segment = Segment::create(2 * page).unwrap().destroy_on_drop();
    for (object, len, errno) in [
        (memfd.as_fd(), 0, Errno::EINVAL),
        (memfd.as_fd(), 2 * page + 1, Errno::ENXIO),
        (memfd.as_fd(), usize::MAX, Errno::ENXIO),
        (other.as_fd(), page, Errno::EINVAL),
        (other.as_fd(), 3 * page, Errno::EINVAL),
        (not_open(), page, Errno::EBADF),
    ] {
        mapping = assert_comes_back(mapping.remap(object, len), Call::Mremap, errno);
        mapping = assert_comes_back(mapping.remap_in_place(object, len), Call::Mremap, errno);
    }
    mapping = assert_comes_back(mapping.shrink(0), Call::Mremap, Errno::EINVAL);
    mapping = assert_comes_back(mapping.shrink(2 * page + 1), Call::Mremap, Errno::EINVAL);
    assert_eq!(
        (mapping.len(), mapping.shared().load::<u8>(2 * page - 1)),
        (2 * page, 7)
    );
    // A place in the file system tells the size as well.
    mapping = mapping.remap(path_only(&memfd), page).unwrap();
    memfd.resize(page as u64 - 1).unwrap();
    mapping = assert_comes_back(mapping.remap(&memfd, page), Call::Mremap, Errno::ENXIO);
    drop(mapping.remap(&memfd, page - 1).unwrap());

    let attached = segment.attach().unwrap();
    let attached = assert_comes_back(attached.shrink(page), Call::Mremap, Errno::EINVAL);
    let attached = assert_comes_back(attached.remap(&memfd, page), Call::Mremap, Errno::EINVAL);
    assert_eq!(attached.shared().load::<u8>(2 * page - 1), 0);
    let shared = shared_pages(2);
    let shared = assert_comes_back(shared.remap(&memfd, 1), Call::Mremap, Errno::EINVAL);
    assert_eq!(shared.shrink(page).unwrap().len(), page);

    let mut ours = private_pages(2);
    for len in [0, isize::MAX as usize, usize::MAX] {
        let Err(refused) = ours.resize(len) else {
            panic!("{len:#x} bytes were had");
        };
        assert!(
            refused.error == Errno::EINVAL || refused.error == Errno::ENOMEM,
            "{refused}"
        );
        assert_eq!(refused.error.call(), Call::Mremap);
        ours = refused.value;
    }
    assert!(ours.len() == 2 * page && ours.iter().all(|&byte| byte == 1));

    let zero = open("/dev/zero", File::options().read(true).write(true));
    let device = MapOptions::new().len(2 * page).map_shared(&zero).unwrap();
    let device = assert_comes_back(device.remap(&zero, page), Call::Mremap, Errno::ENODEV);
    assert_eq!(device.shrink(1).unwrap().mapped_len(), page);
}

#[test]
fn what_the_kernel_has_split_does_not_grow() {
    if is_emulated() {
        return skip("the emulator keeps its own account of mappings");
    }
    let page = page_size();
    let ours = private_pages(3);
    ours.lock(page..2 * page).unwrap();
    let ours = assert_comes_back(ours.resize(4 * page), Call::Mremap, Errno::EFAULT);
    assert!(ours.iter().all(|&byte| byte == 1));
    ours.unlock(..).unwrap();
    let ours = ours.resize(4 * page).unwrap();
    ours.advise(..page, Hint::DontDump).unwrap();
    // Shorter it becomes all the same.
    assert_eq!(ours.resize(1).unwrap()[0], 1);
}

#[test]
fn locked_memory_stays_locked_when_it_grows() {
    if is_emulated() {
        return skip("the emulator shows neither locked nor resident pages");
    }
    let page = page_size();
    let memfd = Memfd::create("test", 8 * page as u64).unwrap();
    let mapping = MapOptions::new().len(page).map_shared(&memfd).unwrap();
    mapping.lock(..).unwrap();
    let mapping = mapping.remap(&memfd, 8 * page).unwrap();
    assert!(has_vm_flag(mapping.addr() + 7 * page, "lo"));
    assert_eq!(
        smaps(mapping.addr(), "Rss"),
        format!("{} kB", 8 * page / 1024)
    );
    assert_eq!(
        smaps(mapping.addr(), "Locked"),
        format!("{} kB", 8 * page / 1024)
    );
}

#[test]
fn locked_memory_grows_to_the_limit() {
    in_own_process("locked_memory_grows_to_the_limit", || {
        let page = page_size();
        let mut ours = private_pages(1);
        with_limit(libc::RLIMIT_MEMLOCK, 2 * page as u64, || {
            as_ordinary_user(|| {
                ours.lock(..).unwrap();
                ours = ours.resize(2 * page).unwrap();
                let refused = ours.resize(3 * page).unwrap_err();
                assert!(refused.error == Errno::EAGAIN, "{refused}");
                assert!(refused.error.help().to_string().contains("RLIMIT_MEMLOCK"));
                assert_eq!((refused.value.len(), refused.value[0]), (2 * page, 1));
            });
        });
    });
}

#[test]
fn huge_pages_become_less_but_not_more() {
    let Some(pages) = HugePages::reserve(4) else {
        return;
    };
    let size = pages.size;
    let mut ours = MapOptions::new()
        .len(2 * size)
        .huge_pages(size)
        .map_anonymous()
        .unwrap();
    ours.fill(1);
    let ours = assert_comes_back(ours.resize(3 * size), Call::Mremap, Errno::EINVAL);
    let ours = ours.resize(1).unwrap();
    assert_eq!((ours.mapped_len(), ours[0]), (size, 1));
    let mut ours = ours.resize(size).unwrap();
    assert_eq!((ours[0], ours[1], ours[size - 1]), (1, 0, 0));
    ours.fill(1);

    let options = Memfd::options().resizable(true).huge_pages(size);
    let memfd = options.create("test", 2 * size as u64).unwrap();
    let inode = memfd.stat().unwrap().ino();
    let mapping = memfd.map().unwrap();
    let second = mapping.addr() + size;
    let mapping = mapping.remap(&memfd, 1).unwrap();
    assert_eq!((mapping.len(), mapping.mapped_len()), (1, size));
    assert!(!is_of(second, inode));
    let mapping = assert_comes_back(mapping.remap(&memfd, 2 * size), Call::Mremap, Errno::EINVAL);
    mapping.shared().store(0, 1_u8);
    assert_eq!(memfd.map().unwrap().shared().load::<u8>(0), 1);
    // Before the pages are given back.
    drop((ours, mapping, memfd));
}

// --- changes of kind, and the end ------------------------------------------

#[test]
fn into_read_only_gives_up_writing() {
    let memfd = Memfd::create("test", 100).unwrap();
    let (ours, theirs) = (memfd.map().unwrap(), memfd.map().unwrap());
    let address = ours.addr();
    let ours: Mapping<ReadOnly> = ours.into_read_only().unwrap();
    assert_eq!(
        (ours.addr(), ours.len(), ours.mapped_len()),
        (address, 100, page_size())
    );
    assert_eq!(permissions(&ours), "r--s");
    theirs.shared().fill(7);
    assert_eq!(ours.shared().load::<u8>(99), 7);
}

#[test]
fn into_frozen_gives_up_writing_for_good() {
    let ours = private_pages(2);
    let address = ours.addr();
    let ours: Mapping<Frozen> = ours.into_frozen().unwrap();
    assert_eq!((ours.addr(), ours.len()), (address, 2 * page_size()));
    assert_eq!(permissions(&ours), "r--p");
    assert!(ours.iter().all(|&byte| byte == 1));
}

#[test]
fn what_is_unmapped_or_dropped_is_gone() {
    let memfd = Memfd::create("test", 3 * page_size() as u64).unwrap();
    let inode = memfd.stat().unwrap().ino();
    // Another thread may map something there at once, but not this file.
    let is_mapped = |address| maps_entry(address).is_some_and(|entry| entry.inode == inode);
    let remove: [fn(Mapping<Shared>); 2] = [drop, |mapping| mapping.unmap().unwrap()];
    for remove in remove {
        let mapping = memfd.map().unwrap();
        let pages = [0, 1, 2].map(|n| mapping.addr() + n * page_size());
        assert_eq!(pages.map(is_mapped), [true; 3]);
        remove(mapping);
        assert_eq!(pages.map(is_mapped), [false; 3]);
    }
}

#[test]
fn what_is_refused_comes_back_unharmed() {
    let shared = shared_pages(1);
    shared.shared().fill(1);
    let Some(shared) = sealed(shared) else { return };
    let shared = assert_comes_back(shared.into_read_only(), Call::Mprotect, Errno::EPERM);
    let shared = assert_comes_back(shared.unmap(), Call::Munmap, Errno::EPERM);
    assert_eq!(shared.shared().load::<u8>(0), 1);
    shared.shared().fill(2);

    let shared = MapOptions::new()
        .len(2 * page_size())
        .map_shared_anonymous();
    let shared = sealed(shared.unwrap()).unwrap();
    let shared = assert_comes_back(shared.shrink(1), Call::Munmap, Errno::EPERM);
    shared.shared().fill(2);

    let ours = sealed(private_pages(1)).unwrap();
    let grown = ours.resize(2 * page_size());
    let ours = assert_comes_back(grown, Call::Mremap, Errno::EPERM);
    let mut ours = assert_comes_back(ours.into_frozen(), Call::Mprotect, Errno::EPERM);
    ours.fill(2);
    let address = ours.addr();
    drop(ours);
    assert_eq!(maps_entry(address).unwrap().permissions, "rw-p");
}

#[test]
fn there_can_be_too_many_mappings_to_split_one_off() {
    in_own_process("there_can_be_too_many_mappings_to_split_one_off", || {
        let page = page_size();
        let memfd = Memfd::create("test", 3 * page as u64).unwrap();
        let free = [3, 3, 4].map(shared_pages).map(|pages| pages.addr());
        let options = |start: usize, n: usize| {
            let options = MapOptions::new().exactly_at(start + n * page).len(page);
            options.offset((n * page) as u64)
        };
        // To the kernel each three are one mapping.
        let [_first, shared, _last] =
            [0, 1, 2].map(|n| options(free[0], n).map_shared(&memfd).unwrap());
        let [_first, ours, _last] =
            [0, 1, 2].map(|n| options(free[1], n).offset(0).map_anonymous().unwrap());
        let three = options(free[2], 0).len(3 * page).map_anonymous().unwrap();
        let _fourth = options(free[2], 3).offset(0).map_anonymous().unwrap();
        with_too_many_mappings(|| {
            let shared = assert_comes_back(shared.into_read_only(), Call::Mprotect, Errno::ENOMEM);
            assert_fails(shared.lock(..), Call::Mlock, Errno::ENOMEM);
            let shared = assert_comes_back(shared.unmap(), Call::Munmap, Errno::ENOMEM);
            shared.shared().fill(1);
            let mut ours = assert_comes_back(ours.into_frozen(), Call::Mprotect, Errno::ENOMEM);
            ours.fill(1);
            let three = assert_comes_back(three.shrink(page), Call::Munmap, Errno::ENOMEM);
            assert_eq!(three.len(), 3 * page);
            assert_fails(memfd.map(), Call::Mmap, Errno::ENOMEM);
        });
    });
}

// --- pointers, slices, threads ---------------------------------------------

#[test]
fn pointers_slices_and_handles_are_of_the_same_bytes() {
    let mut shared = MapOptions::new().len(4).map_shared_anonymous().unwrap();
    // SAFETY: nobody else has this memory.
    unsafe { shared.as_mut_slice() }.copy_from_slice(b"text");
    // SAFETY: nobody writes it.
    assert_eq!(unsafe { shared.as_slice() }, b"text");
    assert!(ptr::eq(shared.as_ptr(), shared.as_mut_ptr()));
    assert!(ptr::eq(shared.shared().as_ptr(), shared.as_ptr()));
    let reader = shared.into_read_only().unwrap();
    // SAFETY: nobody writes it.
    assert_eq!(unsafe { reader.as_slice() }, b"text");

    let mut ours = MapOptions::new().len(4).map_anonymous().unwrap();
    ours.shared_mut().copy_from_slice(b"text");
    assert_eq!(&*ours, b"text");
    assert!(ptr::eq(ours.as_mut_ptr(), ours.as_ptr()));
    assert_eq!(ours.as_ptr().addr(), ours.addr());
    let (start, len, mapped_len) = (ours.as_ptr(), 4, page_size());
    let expected =
        format!("Mapping<Private> {{ start: {start:?}, len: {len}, mapped_len: {mapped_len} }}");
    assert_eq!(format!("{ours:?}"), expected);
}

#[test]
fn mappings_go_from_thread_to_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Mapping<Shared>>();
    is_send_and_sync::<Mapping<ReadOnly>>();
    is_send_and_sync::<Mapping<Private>>();
    is_send_and_sync::<Mapping<Frozen>>();
    is_send_and_sync::<SharedSlice<'_, Shared>>();

    let shared = shared_pages(1);
    thread::scope(|scope| {
        for n in 0..4_u32 {
            let place = shared.shared().get(4 * n as usize..).unwrap();
            scope.spawn(move || place.store(0, n));
        }
    });
    assert_eq!(
        [0, 1, 2, 3].map(|n| shared.shared().load::<u32>(4 * n)),
        [0, 1, 2, 3]
    );
    let mut ours = private_pages(1);
    let ours = thread::spawn(move || {
        ours.fill(7);
        ours
    });
    assert_eq!(ours.join().unwrap()[0], 7);
}
