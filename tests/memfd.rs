//! Memory without a name: creation, what each seal forbids, and freezing.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rawshm::descriptor::{
    FallocateFlags, FdFlags, Mode, OFlags, dup, fallocate, fchmod, fcntl_getfd, fcntl_getfl, fstat,
    ftruncate,
};
use rawshm::fd::{AsRawFd as _, OwnedFd};
use rawshm::memfd::{MemfdFlags, SealFlags, add_seals, memfd_create, seals};
use rawshm::{Call, Errno, Error, FrozenMemfd, MapOptions, Mapping, Memfd, Refused, Shared};

use common::{
    HugePages, assert_comes_back, assert_fails, into_file, not_open, open, path_only, reopen, skip,
};

const SEALABLE: MemfdFlags = MemfdFlags::CLOEXEC.union(MemfdFlags::ALLOW_SEALING);

/// Sealable memory that holds `text`.
fn text() -> OwnedFd {
    let fd = memfd_create("test", SEALABLE).unwrap();
    into_file(dup(&fd).unwrap()).write_all(b"text").unwrap();
    fd
}

/// The same with seals.
fn sealed(seals: SealFlags) -> OwnedFd {
    let fd = text();
    add_seals(&fd, seals).unwrap();
    fd
}

fn read_only(fd: &OwnedFd) -> OwnedFd {
    reopen(fd, File::options().read(true))
}

// --- memfd_create ----------------------------------------------------------

#[test]
fn memfd_create_makes_an_empty_file_without_a_directory() {
    let fd = memfd_create("a name", MemfdFlags::CLOEXEC).unwrap();
    let stat = fstat(&fd).unwrap();
    assert!(stat.mode().is_regular());
    assert_eq!((stat.size(), stat.nlink()), (0, 0));
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fcntl_getfl(&fd).unwrap() & OFlags::ACCMODE, OFlags::RDWR);
    assert_eq!(seals(&fd).unwrap() & SealFlags::SEAL, SealFlags::SEAL);
    let link = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
    assert_eq!(link.to_str(), Some("/memfd:a name (deleted)"));

    let inherited = memfd_create("", MemfdFlags::empty()).unwrap();
    assert_eq!(fcntl_getfd(&inherited).unwrap(), FdFlags::empty());
    assert!(!seals(text()).unwrap().contains(SealFlags::SEAL));
}

#[test]
fn names_are_any_bytes_without_nul_up_to_249() {
    let longest = [b'x'; 249];
    for name in [b"".as_slice(), b"/../a", b"\xff\n", &longest] {
        memfd_create(name, MemfdFlags::CLOEXEC).unwrap();
        Memfd::create(name, 1).unwrap();
    }
    for name in [
        b"\0".as_slice(),
        b"a\0b",
        b"a\0",
        &[b'x'; 250],
        &[b'x'; 5000],
    ] {
        let created = memfd_create(name, MemfdFlags::CLOEXEC);
        assert_fails(created, Call::MemfdCreate, Errno::EINVAL);
        assert_fails(Memfd::create(name, 1), Call::MemfdCreate, Errno::EINVAL);
    }
}

#[test]
fn memfd_create_says_why_not() {
    let unknown = MemfdFlags::from_bits_retain(1 << 20);
    let no_such_page =
        MemfdFlags::HUGETLB | MemfdFlags::from_bits_retain(13 << MemfdFlags::HUGE_SHIFT);
    for (flags, errno) in [
        (unknown, Errno::EINVAL),
        (MemfdFlags::HUGE_2MB, Errno::EINVAL),
        (MemfdFlags::EXEC | MemfdFlags::NOEXEC_SEAL, Errno::EINVAL),
        (no_such_page, Errno::ENODEV),
    ] {
        assert_fails(memfd_create("test", flags), Call::MemfdCreate, errno);
    }
    common::in_own_process("memfd_create_says_why_not", || {
        let create = || memfd_create("test", SEALABLE);
        let result = common::with_limit(libc::RLIMIT_NOFILE, 3, create);
        assert_fails(result, Call::MemfdCreate, Errno::EMFILE);
    });
}

#[test]
fn executable_ones_can_be_forbidden() {
    // The rule is one of a namespace of process ids, which the children of this thread are in.
    common::unshared(libc::CLONE_NEWPID, || {
        common::in_own_process("executable_ones_can_be_forbidden", || {
            if let Err(error) = fs::write("/proc/sys/vm/memfd_noexec", "2") {
                return skip(format_args!("vm.memfd_noexec: {error}"));
            }
            let executable = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::EXEC);
            assert_fails(executable, Call::MemfdCreate, Errno::EACCES);
            Memfd::create("test", 1).unwrap();
        });
    });
}

// --- seals -----------------------------------------------------------------

#[test]
fn seals_add_up_and_are_the_files() {
    let fd = text();
    assert_eq!(seals(&fd).unwrap(), SealFlags::empty());
    let mut all = SealFlags::empty();
    for seal in [
        SealFlags::GROW,
        SealFlags::SHRINK,
        SealFlags::WRITE,
        SealFlags::SEAL,
    ] {
        add_seals(dup(&fd).unwrap(), seal).unwrap();
        all |= seal;
        assert_eq!(seals(&fd).unwrap(), all);
        assert_eq!(seals(read_only(&fd)).unwrap(), all);
    }
}

#[test]
fn a_seal_on_the_size_forbids_its_direction_only() {
    for (seal, shrinks, grows) in [
        (SealFlags::SHRINK, false, true),
        (SealFlags::GROW, true, false),
        (SealFlags::WRITE, true, true),
    ] {
        for (len, allowed) in [(3, shrinks), (5, grows), (4, true)] {
            let fd = sealed(seal);
            let result = ftruncate(&fd, len);
            assert_eq!(result.is_ok(), allowed, "{seal:?}, {len} bytes");
            let now = fstat(&fd).unwrap().size();
            assert_eq!(now, if allowed { len } else { 4 });
        }
        let result = fallocate(sealed(seal), FallocateFlags::empty(), 0, 5);
        assert_eq!(result.is_ok(), grows, "{seal:?}");
    }
}

#[test]
fn a_seal_on_writing_forbids_every_way_to_write() {
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    for seal in [SealFlags::WRITE, SealFlags::FUTURE_WRITE] {
        let fd = sealed(seal);
        assert_fails(fallocate(&fd, hole, 0, 1), Call::Fallocate, Errno::EPERM);
        assert_fails(MapOptions::new().map_shared(&fd), Call::Mmap, Errno::EPERM);
        let mut file = into_file(fd);
        assert_eq!(
            file.write(b"x").unwrap_err().raw_os_error(),
            Some(libc::EPERM)
        );
    }
    let reader = read_only(&sealed(SealFlags::FUTURE_WRITE));
    let mapping = MapOptions::new().map_read_only(reader).unwrap();
    assert_eq!(mapping.shared().load::<u8>(3), b't');
}

#[test]
fn a_seal_on_future_writing_leaves_mappings() {
    let fd = text();
    let mapping = MapOptions::new().map_shared(&fd).unwrap();
    assert_fails(
        add_seals(&fd, SealFlags::WRITE),
        Call::AddSeals,
        Errno::EBUSY,
    );
    add_seals(&fd, SealFlags::FUTURE_WRITE).unwrap();
    mapping.shared().store(0, b'n');
    let mut bytes = [0; 4];
    mapping.shared().copy_to_slice(&mut bytes);
    assert_eq!(&bytes, b"next");
}

#[test]
fn a_seal_on_execution_keeps_the_mode() {
    let fd = text();
    if let Err(error) = add_seals(&fd, SealFlags::EXEC) {
        return skip(format_args!("a kernel before 6.3: {error}"));
    }
    let mode = fstat(&fd).unwrap().mode().permissions();
    let result = fchmod(&fd, mode.symmetric_difference(Mode::XUSR));
    assert_fails(result, Call::Fchmod, Errno::EPERM);
    fchmod(&fd, mode.symmetric_difference(Mode::WOTH)).unwrap();
}

#[test]
fn add_seals_says_why_not() {
    let device = || open("/dev/null", File::options().read(true).write(true));
    let fd = text();
    for (result, errno) in [
        (
            add_seals(sealed(SealFlags::SEAL), SealFlags::GROW),
            Errno::EPERM,
        ),
        (
            add_seals(
                memfd_create("test", MemfdFlags::CLOEXEC).unwrap(),
                SealFlags::GROW,
            ),
            Errno::EPERM,
        ),
        (add_seals(read_only(&fd), SealFlags::GROW), Errno::EPERM),
        (add_seals(device(), SealFlags::GROW), Errno::EINVAL),
        (
            add_seals(&fd, SealFlags::from_bits_retain(1 << 20)),
            Errno::EINVAL,
        ),
        (add_seals(path_only(&fd), SealFlags::GROW), Errno::EBADF),
        (add_seals(not_open(), SealFlags::GROW), Errno::EBADF),
    ] {
        assert_fails(result, Call::AddSeals, errno);
    }
    assert_eq!(seals(&fd).unwrap(), SealFlags::empty());
    assert_fails(seals(device()), Call::Seals, Errno::EINVAL);
    assert_fails(seals(path_only(&fd)), Call::Seals, Errno::EBADF);
    assert_fails(seals(not_open()), Call::Seals, Errno::EBADF);
}

#[test]
fn every_mapping_of_a_writable_descriptor_is_in_the_way_of_a_write_seal() {
    let fd = text();
    let writer = MapOptions::new().map_shared(&fd).unwrap();
    let busy = || add_seals(&fd, SealFlags::WRITE);
    assert_fails(busy(), Call::AddSeals, Errno::EBUSY);
    let gave_up = writer.into_read_only().unwrap();
    assert_fails(busy(), Call::AddSeals, Errno::EBUSY);
    drop(gave_up);
    let reader = MapOptions::new().map_read_only(&fd).unwrap();
    assert_fails(busy(), Call::AddSeals, Errno::EBUSY);
    drop(reader);
    let _no_writer = MapOptions::new().map_read_only(read_only(&fd)).unwrap();
    busy().unwrap();
}

// --- Memfd -----------------------------------------------------------------

#[test]
fn memory_is_zeroed_reserved_and_sealed_in_size() {
    for len in [0, 1, 100_000] {
        let memfd = Memfd::create("test", len).unwrap();
        let file = into_file(dup(&memfd).unwrap()).metadata().unwrap();
        assert_eq!((memfd.len().unwrap(), file.len()), (len, len));
        assert_eq!(memfd.is_empty().unwrap(), len == 0);
        assert!(memfd.stat().unwrap().blocks() * 512 >= len);
        let size_seals = SealFlags::SHRINK | SealFlags::GROW;
        assert_eq!(
            seals(&memfd).unwrap().difference(SealFlags::EXEC),
            size_seals
        );
        // Not executable where the kernel can make it so.
        let executable = memfd.stat().unwrap().mode().intersects(Mode::XUSR);
        let not_executable = memfd_create("test", MemfdFlags::NOEXEC_SEAL).is_ok();
        assert_eq!(executable, !not_executable);
        assert_eq!(
            seals(&memfd).unwrap().contains(SealFlags::EXEC),
            not_executable
        );
        assert_fails(memfd.resize(len + 1), Call::Fallocate, Errno::EPERM);
        if len > 0 {
            assert_fails(memfd.resize(len - 1), Call::Ftruncate, Errno::EPERM);
            let mapping = memfd.map().unwrap();
            assert_eq!(mapping.len() as u64, len);
            assert_eq!(mapping.shared().load::<u8>(len as usize - 1), 0);
        }
        assert_eq!(memfd.len().unwrap(), len);
    }
}

#[test]
fn memory_that_is_resizable_is_reserved_as_it_grows() {
    let memfd = Memfd::options().resizable(true).create("test", 4).unwrap();
    assert!(
        !seals(&memfd)
            .unwrap()
            .intersects(SealFlags::SHRINK | SealFlags::GROW)
    );
    memfd.map().unwrap().shared().copy_from_slice(b"text");
    for len in [100_000, 2, 0, 50_000] {
        memfd.resize(len).unwrap();
        let stat = memfd.stat().unwrap();
        assert_eq!(stat.size(), len);
        assert!(stat.blocks() * 512 >= len);
    }
    assert_eq!(memfd.map_read_only().unwrap().shared().load::<u32>(0), 0);
    assert_fails(memfd.resize(1 << 63), Call::Ftruncate, Errno::EINVAL);
    assert_eq!(memfd.len().unwrap(), 50_000);
}

#[test]
fn sparse_memory_is_taken_when_it_is_touched() {
    let memfd = Memfd::options()
        .sparse(true)
        .create("test", 1 << 30)
        .unwrap();
    assert_eq!(memfd.stat().unwrap().blocks(), 0);
    memfd.map().unwrap().shared().store(1 << 29, 1_u8);
    assert!((1..1 << 20).contains(&memfd.stat().unwrap().blocks()));
}

#[test]
fn more_than_all_memory_is_refused() {
    let created = Memfd::create("test", 1 << 62);
    assert_fails(created, Call::Fallocate, Errno::ENOSPC);
    let memfd = Memfd::options().resizable(true).create("test", 4).unwrap();
    memfd.map().unwrap().shared().copy_from_slice(b"text");
    assert_fails(memfd.resize(1 << 62), Call::Fallocate, Errno::ENOSPC);
    assert_eq!(memfd.len().unwrap(), 4);
    assert_eq!(&*memfd.freeze().unwrap().map().unwrap(), b"text");
}

#[test]
fn memory_larger_than_any_file_is_refused() {
    for len in [1 << 63, u64::MAX] {
        assert_fails(Memfd::create("test", len), Call::Ftruncate, Errno::EINVAL);
    }
    common::in_own_process("memory_larger_than_any_file_is_refused", || {
        // No signal: SIGXFSZ would kill the process.
        common::with_limit(libc::RLIMIT_FSIZE, 4096, || {
            Memfd::create("test", 4096).unwrap();
            assert_fails(Memfd::create("test", 4097), Call::Ftruncate, Errno::EFBIG);
        });
    });
}

#[test]
fn sizes_of_huge_pages_are_checked() {
    for size in [0, 1, 1024, 3 << 20] {
        let created = Memfd::options().huge_pages(size).create("test", 1);
        assert_fails(created, Call::MemfdCreate, Errno::EINVAL);
    }
    let too_long = Memfd::options()
        .huge_pages(2 << 20)
        .create("test", u64::MAX);
    assert_fails(too_long, Call::Ftruncate, Errno::EINVAL);
    let no_such_page = Memfd::options().huge_pages(1 << 40).create("test", 1);
    assert_fails(no_such_page, Call::MemfdCreate, Errno::ENODEV);
}

#[test]
fn huge_pages_are_reserved_or_refused() {
    if let Some(none) = HugePages::reserve(0) {
        let created = Memfd::options().huge_pages(none.size).create("test", 1);
        assert_fails(created, Call::FallocateHugetlb, Errno::ENOSPC);
    }
    let Some(pages) = HugePages::reserve(2) else {
        return;
    };
    let size = pages.size as u64;
    let options = Memfd::options().huge_pages(pages.size);
    let memfd = options.resizable(true).create("test", 1).unwrap();
    assert_eq!(
        (memfd.len().unwrap(), memfd.stat().unwrap().blksize()),
        (size, size)
    );
    assert_fails(ftruncate(&memfd, size + 1), Call::Ftruncate, Errno::EINVAL);
    let mapping = memfd.map().unwrap();
    assert_eq!(
        (mapping.len(), mapping.mapped_len()),
        (pages.size, pages.size)
    );
    assert_eq!(
        common::smaps(mapping.addr(), "KernelPageSize"),
        format!("{} kB", size / 1024)
    );
    let part = MapOptions::new().len(1).map_shared(&memfd).unwrap();
    assert_eq!((part.len(), part.mapped_len()), (1, pages.size));
    drop((mapping, part));

    memfd.resize(2 * size).unwrap();
    assert_fails(memfd.resize(1 << 50), Call::FallocateHugetlb, Errno::ENOSPC);
    assert_eq!(memfd.len().unwrap(), 2 * size);
    let frozen = memfd.freeze().unwrap();
    assert_eq!(frozen.map().unwrap().len(), 2 * pages.size);
}

// --- freezing --------------------------------------------------------------

#[test]
fn freezing_makes_contents_final() {
    let memfd = Memfd::create("test", 4).unwrap();
    memfd.map().unwrap().shared().copy_from_slice(b"text");
    let frozen = memfd.freeze().unwrap();
    assert_eq!(
        (frozen.len().unwrap(), frozen.is_empty().unwrap()),
        (4, false)
    );
    assert_eq!(frozen.stat().unwrap().size(), 4);
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    assert_eq!(seals(&frozen).unwrap() & all, all);
    let mapping = frozen.map().unwrap();
    assert_eq!(&*mapping, b"text");
    assert!(
        common::maps_entry(mapping.addr())
            .unwrap()
            .permissions
            .starts_with("r--")
    );
    assert_fails(
        MapOptions::new().map_shared(&frozen),
        Call::Mmap,
        Errno::EPERM,
    );
    drop(frozen);
    assert_eq!(&*mapping, b"text");
}

#[test]
fn freezing_is_refused_while_somebody_maps_it() {
    let memfd = Memfd::create("test", 4).unwrap();
    let mapping = memfd.map_read_only().unwrap();
    let memfd = assert_comes_back(memfd.freeze(), Call::AddSeals, Errno::EBUSY);
    memfd.map().unwrap().shared().copy_from_slice(b"text");
    drop(mapping);
    assert_eq!(&*memfd.freeze().unwrap().map().unwrap(), b"text");

    let memfd = Memfd::create("test", 4).unwrap();
    add_seals(&memfd, SealFlags::SEAL).unwrap();
    let memfd = assert_comes_back(memfd.freeze(), Call::AddSeals, Errno::EPERM);
    assert!(memfd.map().is_ok());
}

/// Freezes, however long the child of another test keeps a copy of our mapping.
fn freeze_at_last(mut memfd: Memfd, mut mapping: Mapping<Shared>) -> FrozenMemfd {
    loop {
        match memfd.freeze_with(mapping) {
            Ok(frozen) => return frozen,
            Err(Refused { error, value }) => {
                assert!(error == Errno::EBUSY, "{error}");
                memfd = value.memfd;
                mapping = value.mapping.unwrap();
                assert_eq!(mapping.len() as u64, memfd.len().unwrap());
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

#[test]
fn freezing_takes_the_mapping() {
    for len in [4, 4096, 100_000] {
        let memfd = Memfd::create("test", len).unwrap();
        let mapping = memfd.map().unwrap();
        mapping.shared().copy_from_slice(&vec![b'x'; len as usize]);
        let (address, inode) = (mapping.addr(), memfd.stat().unwrap().ino());
        let frozen = freeze_at_last(memfd, mapping);
        let left = common::maps_entry(address);
        assert!(left.is_none_or(|entry| entry.inode != inode));
        assert_eq!(&*frozen.map().unwrap(), vec![b'x'; len as usize]);
    }
}

#[test]
fn freezing_takes_no_mapping_of_another_memfd() {
    let [ours, theirs] = ["ours", "theirs"].map(|name| Memfd::create(name, 4096).unwrap());
    let mapping = theirs.map().unwrap();
    let Refused { error, value } = ours.freeze_with(mapping).unwrap_err();
    assert_eq!(
        (error.call(), error.errno()),
        (Call::AddSeals, Errno::EINVAL)
    );
    let mapping = value.mapping.unwrap();
    mapping.shared().fill(9);
    assert_eq!(theirs.map().unwrap().shared().load::<u8>(4095), 9);
    assert_eq!(value.memfd.map().unwrap().shared().load::<u8>(4095), 0);
}

#[test]
fn freezing_gives_the_mapping_back_at_its_place() {
    common::in_own_process("freezing_gives_the_mapping_back_at_its_place", || {
        let mut memfd = Memfd::create("test", 100_000).unwrap();
        let place = 0x20_0000_0000;
        let mut mapping = MapOptions::new()
            .exactly_at(place)
            .map_shared(&memfd)
            .unwrap();
        let other = memfd.map_read_only().unwrap();
        for n in 0..100_u64 {
            mapping.shared().store(99_991, n);
            let refused = memfd.freeze_with(mapping).unwrap_err();
            assert_eq!(
                refused.to_string(),
                "fcntl(F_ADD_SEALS): device or resource busy (EBUSY)"
            );
            memfd = refused.value.memfd;
            mapping = refused.value.mapping.unwrap();
            assert_eq!((mapping.addr(), mapping.len()), (place, 100_000));
            assert_eq!(common::maps_entry(place).unwrap().permissions, "rw-s");
            assert_eq!(mapping.shared().load::<u64>(99_991), n);
            assert_eq!(other.shared().load::<u64>(99_991), n);
        }
        drop(other);
        memfd.freeze_with(mapping).unwrap();
    });
}

#[test]
fn freezing_touches_no_mapping_when_it_is_sure_to_fail() {
    let memfd = Memfd::create("test", 100_000).unwrap();
    let part = MapOptions::new().len(4096).map_shared(&memfd).unwrap();
    let address = part.addr();
    let refused = memfd.freeze_with(part).unwrap_err();
    assert!(refused.error == Errno::EINVAL && refused.error.call() == Call::AddSeals);
    let part = refused.value.mapping.unwrap();
    assert_eq!((part.addr(), part.len()), (address, 4096));

    let memfd = refused.value.memfd;
    add_seals(&memfd, SealFlags::SEAL).unwrap();
    let all = memfd.map().unwrap();
    all.shared().store(5, b'x');
    let refused = memfd.freeze_with(all).unwrap_err();
    assert!(refused.error == Errno::EPERM && refused.error.call() == Call::AddSeals);
    let all = refused.value.mapping.unwrap();
    assert_eq!(all.shared().load::<u8>(5), b'x');
    assert_eq!(part.shared().load::<u8>(5), b'x');

    // Here it could not be mapped again.
    let memfd = Memfd::create("test", 1).unwrap();
    let all = memfd.map().unwrap();
    if let Err(error) = memfd.refuse_new_writers() {
        return skip(format_args!("a kernel before 5.1: {error}"));
    }
    add_seals(&memfd, SealFlags::SEAL).unwrap();
    let refused = memfd.freeze_with(all).unwrap_err();
    assert!(refused.error == Errno::EPERM && refused.value.mapping.is_some());
}

#[test]
fn a_mapping_whose_place_is_taken_comes_back_elsewhere() {
    /// Ends the other thread, also when this one fails.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    common::in_own_process(
        "a_mapping_whose_place_is_taken_comes_back_elsewhere",
        || {
            let mut memfd = Memfd::create("test", 4096).unwrap();
            let mut mapping = memfd.map().unwrap();
            mapping.shared().store(0, 7_u8);
            let before = mapping.addr();
            let _in_the_way = memfd.map_read_only().unwrap();
            let stopped = AtomicBool::new(false);
            thread::scope(|scope| {
                let _stop = Stop(&stopped);
                scope.spawn(|| {
                    let place = MapOptions::new().len(4096).at(before);
                    while !stopped.load(Ordering::Relaxed) {
                        drop(place.map_shared_anonymous().unwrap());
                    }
                });
                for _ in 0..5_000 {
                    let refused = memfd.freeze_with(mapping).unwrap_err();
                    assert!(refused.error == Errno::EBUSY);
                    memfd = refused.value.memfd;
                    mapping = refused.value.mapping.unwrap();
                    assert_eq!(mapping.shared().load::<u8>(0), 7);
                    if mapping.addr() != before {
                        return;
                    }
                }
                skip("the other thread was never fast enough");
            });
        },
    );
}

#[test]
fn the_last_writer_freezes() {
    common::in_own_process("the_last_writer_freezes", || {
        let memfd = Memfd::create("test", 4).unwrap();
        let (ours, theirs) = (memfd.map().unwrap(), memfd.map().unwrap());
        if let Err(error) = memfd.refuse_new_writers() {
            return skip(format_args!("a kernel before 5.1: {error}"));
        }
        theirs.shared().copy_from_slice(b"text");
        // Nobody can map it for writing any more, we neither.
        let refused = memfd.freeze_with(ours).unwrap_err();
        assert!(refused.error == Errno::EBUSY);
        assert!(refused.value.mapping.is_none());
        let frozen = refused.value.memfd.freeze_with(theirs).unwrap();
        assert_eq!(&*frozen.map().unwrap(), b"text");
    });
}

// --- descriptors of others -------------------------------------------------

/// The seals that there are, each alone.
const SEALS: [(SealFlags, &str); 6] = [
    (SealFlags::SEAL, "SEAL"),
    (SealFlags::SHRINK, "SHRINK"),
    (SealFlags::GROW, "GROW"),
    (SealFlags::WRITE, "WRITE"),
    (SealFlags::FUTURE_WRITE, "FUTURE_WRITE"),
    (SealFlags::EXEC, "EXEC"),
];

#[test]
fn each_missing_seal_is_named() {
    let mut all = SealFlags::from_bits_retain(0x3f);
    if let Err(error) = add_seals(text(), SealFlags::EXEC) {
        skip(format_args!("EXEC on a kernel before 6.3: {error}"));
        all -= SealFlags::EXEC;
    }
    for present in 0..=all.bits() {
        let fd = sealed(SealFlags::from_bits_retain(present));
        // The kernel adds some of its own: with EXEC those that it implies.
        let present = seals(&fd).unwrap();
        for required in 0..=all.bits() {
            let required = SealFlags::from_bits_retain(required);
            let missing = required.difference(present);
            let taken = Memfd::from_fd(dup(&fd).unwrap(), required);
            if missing.is_empty() {
                taken.unwrap();
                continue;
            }
            let refused = taken.unwrap_err();
            assert_eq!(refused.error.missing(), missing);
            let message = refused.to_string();
            assert_eq!(message, refused.error.to_string());
            let (kernel, names) = message.split_once(", missing seals: ").unwrap();
            assert_eq!(
                kernel,
                "fcntl(F_GET_SEALS): operation not permitted (EPERM)"
            );
            let expected: Vec<_> = SEALS
                .iter()
                .filter(|(seal, _)| missing.contains(*seal))
                .map(|(_, name)| *name)
                .collect();
            assert_eq!(names.split(" | ").collect::<Vec<_>>(), expected);
            assert_eq!(fstat(&refused.value).unwrap().size(), 4);
            let error = Error::from(refused);
            assert_eq!((error.call(), error.errno()), (Call::Seals, Errno::EPERM));
        }
    }
}

#[test]
fn the_seals_that_a_type_needs_are_asked_for() {
    let missing = |fd: OwnedFd| {
        let memfd = Memfd::try_from(dup(&fd).unwrap()).map_err(|refused| refused.error.missing());
        let frozen = FrozenMemfd::try_from(fd).map_err(|refused| refused.error.missing());
        (memfd.err(), frozen.err())
    };
    let both = SealFlags::SHRINK | SealFlags::WRITE;
    let none = sealed(SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL);
    assert_eq!(missing(none), (Some(SealFlags::SHRINK), Some(both)));
    let write = sealed(SealFlags::WRITE);
    let shrink = SealFlags::SHRINK;
    assert_eq!(missing(write), (Some(shrink), Some(shrink)));
    assert_eq!(missing(sealed(shrink)), (None, Some(SealFlags::WRITE)));
    assert_eq!(missing(sealed(both)), (None, None));
}

#[test]
fn what_has_no_seals_at_all_is_refused() {
    let device = || open("/dev/null", File::options().read(true).write(true));
    let required = SealFlags::SHRINK | SealFlags::WRITE;
    let refused = Memfd::from_fd(device(), required).unwrap_err();
    assert_eq!(refused.error.missing(), required);
    assert_eq!(
        refused.to_string(),
        "fcntl(F_GET_SEALS): invalid argument (EINVAL), missing seals: SHRINK | WRITE"
    );
    let refused = Memfd::from_fd(device(), SealFlags::empty()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "fcntl(F_GET_SEALS): invalid argument (EINVAL)"
    );
    let refused = Memfd::from_fd(path_only(&text()), SealFlags::empty());
    assert_comes_back(refused, Call::Seals, Errno::EBADF);
    #[cfg(feature = "std")]
    {
        let error = std::io::Error::from(Memfd::from_fd(device(), required).unwrap_err());
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        assert!(error.to_string().ends_with("missing seals: SHRINK | WRITE"));
    }
}

#[test]
fn frozen_is_what_nobody_can_write_or_shorten() {
    let needed = SealFlags::WRITE | SealFlags::SHRINK;
    let others = SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
    for bits in 0..=(needed | others).bits() {
        let fd = sealed(SealFlags::from_bits_retain(bits));
        let seals = seals(&fd).unwrap();
        let options = MapOptions::new();
        if seals.contains(needed) {
            assert_eq!(&*options.map_frozen(&fd).unwrap(), b"text", "{seals:?}");
            assert_eq!(&*options.map_private(&fd).unwrap(), b"text", "{seals:?}");
            FrozenMemfd::try_from(fd).unwrap();
        } else {
            assert_fails(options.map_frozen(&fd), Call::Seals, Errno::EPERM);
            assert_fails(options.map_private(&fd), Call::Seals, Errno::EPERM);
            let frozen = FrozenMemfd::try_from(fd);
            let fd = assert_comes_back(frozen, Call::Seals, Errno::EPERM);
            assert_eq!(fstat(fd).unwrap().size(), 4);
        }
    }
    let device = open("/dev/zero", File::options().read(true));
    assert_fails(
        MapOptions::new().len(1).map_frozen(&device),
        Call::Seals,
        Errno::EINVAL,
    );
    assert_fails(
        MapOptions::new().len(1).map_private(&device),
        Call::Seals,
        Errno::EINVAL,
    );
    assert_fails(FrozenMemfd::try_from(device), Call::Seals, Errno::EINVAL);
}

#[test]
fn a_private_mapping_copies_what_is_written() {
    let frozen = FrozenMemfd::try_from(sealed(SealFlags::WRITE | SealFlags::SHRINK)).unwrap();
    let mut ours = frozen.map_private().unwrap();
    let mut theirs = frozen.map_private().unwrap();
    assert_eq!(common::maps_entry(ours.addr()).unwrap().permissions, "rw-p");
    ours[0] = b'n';
    assert_eq!((&*ours, &*theirs), (b"next".as_slice(), b"text".as_slice()));
    theirs.fill(b'-');
    assert_eq!(&*frozen.map().unwrap(), b"text");
}
