//! What holds on every system, and where one has limits that the other has not.
//!
//! Short names and no look at `/proc`: all of it runs on macOS too.

#[cfg(feature = "std")]
use std::io::{Read as _, Write as _};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rawshm::descriptor::{
    FdFlags, Mode, OFlags, close, dup, fchmod, fchown, fcntl_getfd, fcntl_getfl, fcntl_setfd,
    fstat, ftruncate,
};
use rawshm::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use rawshm::fd_passing::{self, SocketType, receive, send, socketpair};
use rawshm::memfd::{MemfdFlags, SealFlags, add_seals, memfd_create, seals};
use rawshm::mm::{self, Advice, Hint, MsyncFlags, ProtFlags, page_size};
use rawshm::shm::{shm_open, shm_unlink};
#[cfg(feature = "std")]
use rawshm::slice::Cursor;
use rawshm::sysv::{Key, ftok};
use rawshm::{Call, Errno, Error, FrozenMemfd, MapOptions, Memfd, Refused, Segment, SharedMemory};

const MACOS: bool = cfg!(target_os = "macos");

/// The longest name of an object.
const LONGEST: usize = if MACOS { 30 } else { 255 };

/// A name that nobody else uses, of 30 bytes at most; removed on drop.
struct Name(String);

impl Name {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("rsp-{}-{count}", process::id()))
    }

    /// One of so many bytes.
    fn of_len(len: usize) -> Self {
        let mut name = Self::new();
        name.0.push('-');
        name.0.extend(std::iter::repeat_n('x', len - name.0.len()));
        name
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = shm_unlink(&self.0);
    }
}

#[track_caller]
fn assert_fails<T>(result: Result<T, impl Into<Error>>, call: Call, errno: Errno) {
    match result {
        Ok(_) => panic!("{call} succeeded, {errno} was due"),
        Err(error) => {
            let error = error.into();
            assert_eq!((error.call(), error.errno()), (call, errno));
        }
    }
}

/// What a size becomes.
fn as_kept(len: u64) -> u64 {
    match MACOS {
        true => len.next_multiple_of(page_size() as u64),
        false => len,
    }
}

// --- error numbers ----------------------------------------------------------

#[test]
fn error_numbers_are_those_of_the_system() {
    for (errno, number) in [
        (Errno::EPERM, libc::EPERM),
        (Errno::ENOENT, libc::ENOENT),
        (Errno::EAGAIN, libc::EAGAIN),
        (Errno::ENOSYS, libc::ENOSYS),
        (Errno::ENODATA, libc::ENODATA),
        (Errno::ENAMETOOLONG, libc::ENAMETOOLONG),
        (Errno::EOPNOTSUPP, libc::EOPNOTSUPP),
        (Errno::EBADMSG, libc::EBADMSG),
    ] {
        assert_eq!(errno.raw(), number, "{errno}");
        assert_eq!(Errno::from_raw(number), Some(errno));
        let name = errno.name().unwrap();
        assert_eq!(Errno::from_name(name), Some(errno));
    }
}

// --- objects ----------------------------------------------------------------

#[test]
fn an_object_is_reached_by_its_name() {
    let name = Name::new();
    assert_fails(SharedMemory::open(&name), Call::ShmOpen, Errno::ENOENT);
    let memory = SharedMemory::create(&name, 100).unwrap();
    assert_eq!(memory.len().unwrap(), as_kept(100));
    assert_fails(SharedMemory::create(&name, 1), Call::ShmOpen, Errno::EEXIST);

    let ours = memory.map().unwrap();
    ours.shared().store(8, 42_u64);
    let theirs = SharedMemory::open_read_only(&name).unwrap();
    let mapping = theirs.map_read_only().unwrap();
    assert_eq!(mapping.shared().load::<u64>(8), 42);
    assert!(theirs.map().is_err());
    ours.shared().store(8, 43_u64);
    assert_eq!(mapping.shared().load::<u64>(8), 43);

    SharedMemory::unlink(&name).unwrap();
    assert_fails(SharedMemory::open(&name), Call::ShmOpen, Errno::ENOENT);
    assert_fails(SharedMemory::unlink(&name), Call::ShmUnlink, Errno::ENOENT);
    assert_eq!(mapping.shared().load::<u64>(8), 43);
}

#[test]
fn names_are_checked() {
    for name in ["", "/", ".", "..", "a/b", "/a/b", "a\0b"] {
        assert_fails(SharedMemory::create(name, 1), Call::ShmOpen, Errno::EINVAL);
        assert_fails(shm_unlink(name), Call::ShmUnlink, Errno::EINVAL);
    }
    let longest = Name::of_len(LONGEST);
    SharedMemory::create(&longest, 1).unwrap();
    SharedMemory::open(format!("//{}", longest.0)).unwrap();
    let too_long = Name::of_len(LONGEST + 1);
    assert_fails(
        SharedMemory::create(&too_long, 1),
        Call::ShmOpen,
        Errno::ENAMETOOLONG,
    );
}

#[test]
fn an_object_has_the_status_of_a_regular_file() {
    let name = Name::new();
    let memory = SharedMemory::options()
        .mode(Mode::RUSR | Mode::WUSR)
        .create(&name, 1)
        .unwrap();
    let stat = memory.stat().unwrap();
    assert!(stat.mode().is_regular());
    assert_eq!(stat.mode().permissions(), Mode::RUSR | Mode::WUSR);
    // SAFETY: geteuid touches no memory.
    assert_eq!(stat.uid(), unsafe { libc::geteuid() });
    let fd = OwnedFd::from(memory);
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    SharedMemory::try_from(fd).unwrap();
}

#[test]
fn what_has_no_size_yet_is_not_ready() {
    let name = Name::new();
    let flags = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
    let fd = shm_open(&name, flags, Mode::RUSR | Mode::WUSR).unwrap();
    assert_fails(SharedMemory::open(&name), Call::Open, Errno::ENODATA);
    let waited = SharedMemory::open_ready(&name, Duration::from_millis(10));
    assert_fails(waited, Call::Open, Errno::ENODATA);
    ftruncate(&fd, 0).unwrap();
    ftruncate(&fd, 100).unwrap();
    let memory = SharedMemory::open_ready(&name, Duration::ZERO).unwrap();
    assert_eq!(memory.len().unwrap(), as_kept(100));
}

#[test]
fn a_size_is_set_once_on_macos() {
    let name = Name::new();
    let memory = SharedMemory::create(&name, 100).unwrap();
    memory.resize(as_kept(100)).unwrap();
    for len in [0, 1 << 20] {
        let resized = memory.resize(len);
        if MACOS {
            assert_fails(resized, Call::Ftruncate, Errno::EINVAL);
            assert_eq!(memory.len().unwrap(), as_kept(100));
        } else {
            resized.unwrap();
            assert_eq!(memory.len().unwrap(), len);
        }
    }
    assert_fails(memory.resize(u64::MAX), Call::Ftruncate, Errno::EINVAL);
}

#[test]
fn owner_and_mode_cannot_change_on_macos() {
    let name = Name::new();
    let memory = SharedMemory::create(&name, 1).unwrap();
    let (mode, owner) = (memory.set_mode(Mode::RUSR), memory.set_owner(None, None));
    if MACOS {
        assert_fails(mode, Call::Fchmod, Errno::EINVAL);
        assert_fails(owner, Call::Fchown, Errno::EINVAL);
    } else {
        assert_eq!((mode, owner), (Ok(()), Ok(())));
        fchmod(&memory, Mode::RUSR | Mode::WUSR).unwrap();
        fchown(&memory, None, None).unwrap();
    }
}

// --- memory without a name --------------------------------------------------

#[test]
fn a_memfd_is_memory_of_its_own() {
    let [one, other] = ["same", "same"].map(|name| Memfd::create(name, 4096).unwrap());
    one.map().unwrap().shared().fill(1);
    assert_eq!(other.map_read_only().unwrap().shared().load::<u8>(4095), 0);
    assert_eq!(one.map_read_only().unwrap().shared().load::<u8>(4095), 1);
    assert_eq!(fcntl_getfd(&one).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fcntl_getfl(&one).unwrap() & OFlags::ACCMODE, OFlags::RDWR);
}

#[test]
fn memfd_create_makes_what_has_no_size() {
    let fd = memfd_create("name", MemfdFlags::ALLOW_SEALING).unwrap();
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::empty());
    fcntl_setfd(&fd, FdFlags::CLOEXEC).unwrap();
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fstat(&fd).unwrap().size(), 0);
    ftruncate(&fd, 1).unwrap();
    let mapping = MapOptions::new().len(1).map_shared(&fd).unwrap();
    mapping.shared().store(0, 7_u8);
    close(fd).unwrap();
    assert_eq!(mapping.shared().load::<u8>(0), 7);

    for name in [&b"a\0b"[..], &[b'x'; 250]] {
        let created = memfd_create(name, MemfdFlags::CLOEXEC);
        assert_fails(created, Call::MemfdCreate, Errno::EINVAL);
    }
    let unknown = memfd_create("name", MemfdFlags::from_bits_retain(1 << 30));
    assert_fails(unknown, Call::MemfdCreate, Errno::EINVAL);
    let too_large = Memfd::create("name", u64::MAX);
    assert_fails(too_large, Call::Ftruncate, Errno::EINVAL);
}

#[test]
fn a_frozen_memfd_keeps_what_was_written() {
    let memfd = Memfd::create("frozen", 5).unwrap();
    let options = MapOptions::new().len(5);
    let mapping = options.map_shared(&memfd).unwrap();
    mapping.shared().copy_from_slice(b"bytes");
    let frozen = if MACOS {
        // A copy: whoever has the old memory is not in the way.
        let frozen = memfd.freeze().unwrap();
        mapping.shared().fill(0);
        frozen
    } else {
        let Refused { error, value } = memfd.freeze().unwrap_err();
        assert_eq!(
            (error.call(), error.errno()),
            (Call::AddSeals, Errno::EBUSY)
        );
        drop(mapping);
        value.freeze().unwrap()
    };
    assert_eq!(frozen.len().unwrap(), as_kept(5));
    assert_eq!(frozen.map().unwrap()[..5], *b"bytes");
    let mut ours = frozen.map_private().unwrap();
    ours[..5].copy_from_slice(b"other");
    assert_eq!(*options.map_frozen(&frozen).unwrap(), *b"bytes");
    assert_eq!(*options.map_private(&frozen).unwrap(), *b"bytes");
    assert!(MapOptions::new().map_shared(&frozen).is_err());
    assert!(ftruncate(&frozen, 0).is_err());
    assert!(ftruncate(&frozen, 1 << 30).is_err());
    assert_eq!(frozen.map().unwrap()[..5], *b"bytes");
}

#[test]
fn freezing_with_a_mapping_takes_it() {
    let memfd = Memfd::create("frozen", 4096).unwrap();
    let mapping = memfd.map().unwrap();
    mapping.shared().fill(7);
    let frozen: FrozenMemfd = memfd.freeze_with(mapping).unwrap();
    assert_eq!(frozen.map().unwrap()[..4096], [7; 4096]);
}

#[test]
fn seals_forbid() {
    let memfd = Memfd::create("sealed", 4096).unwrap();
    let before = seals(&memfd).unwrap();
    assert!(
        before.contains(SealFlags::SHRINK | SealFlags::GROW),
        "{before:?}"
    );
    add_seals(&memfd, SealFlags::WRITE).unwrap();
    assert!(seals(&memfd).unwrap().contains(SealFlags::WRITE));
    assert_fails(memfd.map(), Call::Mmap, Errno::EPERM);
    assert_fails(memfd.resize(1), Call::Ftruncate, Errno::EPERM);
    let unknown = add_seals(&memfd, SealFlags::from_bits_retain(1 << 30));
    assert_fails(unknown, Call::AddSeals, Errno::EINVAL);

    add_seals(&memfd, SealFlags::SEAL).unwrap();
    let more = add_seals(&memfd, SealFlags::SHRINK);
    assert_fails(more, Call::AddSeals, Errno::EPERM);
    assert_fails(memfd.freeze(), Call::AddSeals, Errno::EPERM);
}

#[test]
fn what_comes_from_others_must_keep_its_size() {
    let unsized_one = memfd_create("size", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING);
    let refused = Memfd::try_from(unsized_one.unwrap()).unwrap_err();
    assert_eq!(refused.error.missing(), SealFlags::SHRINK);

    let memfd = Memfd::create("size", 4096).unwrap();
    memfd.map().unwrap().shared().store(0, 7_u8);
    let memfd = Memfd::try_from(OwnedFd::from(memfd)).unwrap();
    assert_eq!(memfd.map().unwrap().shared().load::<u8>(0), 7);

    let writable = Memfd::from_fd(OwnedFd::from(memfd), SealFlags::WRITE).unwrap_err();
    assert_eq!(writable.error.missing(), SealFlags::WRITE);
}

// --- handing over -----------------------------------------------------------

#[test]
fn descriptors_pass_over_sockets() {
    let memfd = Memfd::create("passed", 4096).unwrap();
    memfd.map().unwrap().shared().store(0, 42_u32);
    for kind in [SocketType::STREAM, SocketType::DGRAM] {
        let [ours, theirs] = socketpair(kind).unwrap();
        for end in [&ours, &theirs] {
            assert_eq!(fcntl_getfd(end).unwrap(), FdFlags::CLOEXEC);
        }
        assert_eq!(
            send(&ours, b"two", &[memfd.as_fd(), theirs.as_fd()]).unwrap(),
            3
        );
        let mut bytes = [0; 8];
        let (len, [first, second]) = receive(&theirs, &mut bytes).unwrap();
        assert_eq!(&bytes[..len], b"two");
        assert_eq!(fcntl_getfd(&first).unwrap(), FdFlags::CLOEXEC);
        assert_eq!(fcntl_getfd(&second).unwrap(), FdFlags::CLOEXEC);
        let received = Memfd::try_from(first).unwrap();
        let mapping = received.map_read_only().unwrap();
        assert_eq!(mapping.shared().load::<u32>(0), 42);

        send(&ours, b"none", &[]).unwrap();
        let none = receive::<1>(&theirs, &mut bytes);
        assert_fails(none, Call::Recvmsg, Errno::EBADMSG);
        drop((second, theirs));
        assert!(send(&ours, b"nobody", &[]).is_err()); // and no signal
    }
}

#[test]
fn as_many_descriptors_pass_as_a_message_carries() {
    let memfd = Memfd::create("many", 1).unwrap();
    let [ours, theirs] = socketpair(SocketType::STREAM).unwrap();
    let many = [memfd.as_fd(); fd_passing::MAX_DESCRIPTORS + 1];
    let too_many = send(&ours, b"x", &many);
    assert_fails(too_many, Call::Sendmsg, Errno::EINVAL);
    send(&ours, b"x", &many[..100]).unwrap();
    let (_, received) = receive::<100>(&theirs, &mut [0; 1]).unwrap();
    assert!(received.iter().all(|fd| fstat(fd).is_ok()));
}

#[test]
fn a_child_inherits_what_is_lent() {
    let memfd = Memfd::create("lent", 4096).unwrap();
    let lent = fd_passing::inheritable(&memfd).unwrap();
    assert_eq!(fcntl_getfd(&lent).unwrap(), FdFlags::empty());
    // SAFETY: nobody closes it meanwhile, and no program is started.
    let taken = unsafe { fd_passing::inherited(lent.as_raw_fd()) }.unwrap();
    assert_eq!(fcntl_getfd(&taken).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fcntl_getfd(&lent).unwrap(), FdFlags::CLOEXEC);
    // SAFETY: as above.
    let again = unsafe { fd_passing::inherited(lent.as_raw_fd()) };
    assert_fails(again, Call::FcntlGetfd, Errno::EINVAL);
    // SAFETY: nobody has this number.
    let closed = unsafe { fd_passing::inherited(i32::MAX) };
    assert_fails(closed, Call::FcntlGetfd, Errno::EBADF);
    memfd.map().unwrap().shared().store(0, 7_u8);
    let copy = dup(&taken).unwrap();
    let mapping = MapOptions::new().map_read_only(&copy).unwrap();
    assert_eq!(mapping.shared().load::<u8>(0), 7);
}

// --- mappings ---------------------------------------------------------------

#[test]
fn the_four_kinds_of_memory() {
    let mut private = MapOptions::new().len(100).map_anonymous().unwrap();
    private.copy_from_slice(&[7; 100]);
    let frozen = private.into_frozen().unwrap();
    assert_eq!(*frozen, [7; 100]);

    let shared = MapOptions::new().len(100).map_shared_anonymous().unwrap();
    shared.shared().fill(8);
    shared.sync(.., MsyncFlags::SYNC).unwrap();
    shared.advise(.., Hint::WillNeed).unwrap();
    shared.lock(..1).unwrap();
    shared.unlock(..1).unwrap();
    let read_only = shared.into_read_only().unwrap();
    assert_eq!(read_only.shared().load::<u8>(99), 8);
    read_only.unmap().unwrap();

    assert_fails(MapOptions::new().map_anonymous(), Call::Mmap, Errno::EINVAL);
    assert!(page_size().is_power_of_two());
}

#[test]
fn nothing_is_replaced() {
    let memfd = Memfd::create("place", 3 * page_size() as u64).unwrap();
    let mapping = memfd.map().unwrap();
    mapping.shared().fill(1);
    let place = MapOptions::new().exactly_at(mapping.addr());
    assert_fails(place.map_shared(&memfd), Call::Mmap, Errno::EEXIST);
    let other = place.len(page_size()).map_anonymous();
    assert_fails(other, Call::Mmap, Errno::EEXIST);
    assert_eq!(mapping.shared().load::<u8>(0), 1);

    let mapping = mapping.shrink(page_size()).unwrap();
    assert_eq!(mapping.mapped_len(), page_size());
    let free = MapOptions::new().len(page_size()).map_anonymous().unwrap();
    let address = free.addr();
    free.unmap().unwrap();
    if let Ok(mapping) = MapOptions::new().exactly_at(address).map_shared(&memfd) {
        assert_eq!(
            (mapping.addr(), mapping.shared().load::<u8>(0)),
            (address, 1)
        );
    }
}

#[test]
fn offset_and_length_stay_inside() {
    let page = page_size() as u64;
    let memfd = Memfd::create("inside", 2 * page).unwrap();
    memfd.map().unwrap().shared().store(page as usize, 7_u8);
    let second = MapOptions::new().offset(page).map_shared(&memfd).unwrap();
    assert_eq!(
        (second.len(), second.shared().load::<u8>(0)),
        (page_size(), 7)
    );
    for beyond in [
        MapOptions::new().len(2 * page_size() + 1),
        MapOptions::new().offset(page).len(page_size() + 1),
        MapOptions::new().offset(4 * page),
    ] {
        assert_fails(beyond.map_shared(&memfd), Call::Mmap, Errno::ENXIO);
    }
    assert_fails(
        MapOptions::new().offset(1).map_shared(&memfd),
        Call::Mmap,
        Errno::EINVAL,
    );
}

#[test]
fn a_copy_from_what_cannot_be_read_is_an_error() {
    let mapping = MapOptions::new()
        .len(3 * page_size())
        .map_shared_anonymous()
        .unwrap();
    mapping.shared().fill(7);
    let second = mapping.as_mut_ptr().wrapping_add(page_size()).cast();
    // SAFETY: nothing borrows the page.
    unsafe { mm::mprotect(second, page_size(), ProtFlags::NONE) }.unwrap();
    let mut bytes = vec![0; 3 * page_size()];
    let error = mapping.shared().try_copy_to_slice(&mut bytes).unwrap_err();
    assert_eq!(
        (error.error.errno(), error.copied),
        (Errno::EFAULT, page_size())
    );
    assert_eq!(bytes[..page_size()], *vec![7; page_size()]);
    let error = mapping.shared().try_copy_from_slice(&bytes).unwrap_err();
    assert_eq!(
        (error.error.errno(), error.copied),
        (Errno::EFAULT, page_size())
    );
    assert!(mapping.shared().try_load::<u8>(page_size()).unwrap_err() == Errno::EFAULT);

    // SAFETY: as above.
    unsafe { mm::mprotect(second, page_size(), ProtFlags::READ) }.unwrap();
    mapping.shared().try_copy_to_slice(&mut bytes).unwrap();
    assert_eq!(bytes, vec![7; 3 * page_size()]);
    mapping.check().unwrap();
}

#[test]
fn the_calls_on_memory() {
    use rawshm::mm::{MapFlags, mmap, mmap_anonymous, munmap};

    let (protection, len) = (ProtFlags::READ | ProtFlags::WRITE, page_size());
    let nowhere = std::ptr::null_mut();
    // SAFETY: without FIXED nothing is replaced.
    let address = unsafe { mmap_anonymous(nowhere, len, protection, MapFlags::PRIVATE) }.unwrap();
    // SAFETY: freshly mapped, and ours alone.
    unsafe { address.cast::<u32>().write(7) };
    // SAFETY: the advice changes no contents.
    unsafe { mm::madvise(address, len, Advice::NORMAL) }.unwrap();
    // SAFETY: SYNC changes nothing.
    unsafe { mm::msync(address, len, MsyncFlags::SYNC) }.unwrap();
    let both = MsyncFlags::SYNC | MsyncFlags::ASYNC;
    // SAFETY: as above.
    let both = unsafe { mm::msync(address, len, both) };
    assert_fails(both, Call::Msync, Errno::EINVAL);
    // SAFETY: nobody uses the range.
    unsafe { munmap(address, len) }.unwrap();

    let memfd = Memfd::create("calls", 1).unwrap();
    // SAFETY: without FIXED nothing is replaced.
    let empty = unsafe { mmap(nowhere, 0, protection, MapFlags::SHARED, &memfd, 0) };
    assert_fails(empty, Call::Mmap, Errno::EINVAL);
}

// --- access -----------------------------------------------------------------

#[cfg(feature = "std")]
#[test]
fn a_cursor_reads_what_it_wrote() {
    let memfd = Memfd::create("cursor", 4096).unwrap();
    let mapping = memfd.map().unwrap();
    let mut cursor = Cursor::new(mapping.shared());
    write!(cursor, "line {}", 7).unwrap();
    let mut text = [0; 6];
    Cursor::new(mapping.shared()).read_exact(&mut text).unwrap();
    assert_eq!(&text, b"line 7");
}

#[test]
fn atomic_integers_count_for_all_threads() {
    let name = Name::new();
    let memory = SharedMemory::create(&name, 4096).unwrap();
    let mappings = [memory.map().unwrap(), memory.map().unwrap()];
    thread::scope(|scope| {
        for mapping in &mappings {
            scope.spawn(|| {
                let count = mapping.shared().atomic_u64(64).unwrap();
                for _ in 0..10_000 {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let count = mappings[0].shared().atomic_u64(64).unwrap();
    assert_eq!(count.load(Ordering::Acquire), 20_000);
    assert_eq!(
        count.compare_exchange(20_000, 1, Ordering::AcqRel, Ordering::Acquire),
        Ok(20_000)
    );
    assert_eq!(count.swap(3, Ordering::SeqCst), 1);
}

// --- System V ---------------------------------------------------------------

#[test]
fn a_segment_is_reached_by_its_id() {
    let segment = Segment::create(4096).unwrap().destroy_on_drop();
    assert_eq!(segment.len().unwrap(), 4096);
    let ours = segment.attach().unwrap();
    ours.shared().store(0, 42_u64);
    let theirs = Segment::open(segment.id())
        .unwrap()
        .attach_read_only()
        .unwrap();
    assert_eq!(theirs.shared().load::<u64>(0), 42);
    let stat = segment.stat().unwrap();
    assert_eq!((stat.segsz(), stat.nattch()), (4096, 2));
    assert_eq!(stat.cpid() as u32, process::id());
    assert_eq!(stat.perm().key(), Key::PRIVATE);
    assert_eq!(stat.perm().mode().permissions(), Mode::RUSR | Mode::WUSR);
    segment.set_mode(Mode::RUSR).unwrap();
    let perm = segment.stat().unwrap().perm();
    assert_eq!(perm.mode().permissions(), Mode::RUSR);
    drop(theirs);
    ours.unmap().unwrap();
    assert_eq!(segment.stat().unwrap().nattch(), 0);

    let id = segment.id();
    segment.destroy().unwrap();
    assert!(Segment::open(id).is_err());
    assert_fails(Segment::create(0), Call::Shmget, Errno::EINVAL);
}

#[test]
fn a_path_has_a_key() {
    let here = std::env::current_exe().unwrap();
    let here = here.to_str().unwrap();
    let [one, same, other] = [1, 1, 2].map(|project| ftok(here, project).unwrap());
    assert_eq!(one, same);
    assert_eq!(one.raw() as u32 >> 24, 1);
    assert_eq!(other.raw() as u32 >> 24, 2);
    assert_eq!(one.raw() & 0xff_ffff, other.raw() & 0xff_ffff);
    assert_fails(ftok("/no/such/file", 1), Call::Ftok, Errno::ENOENT);
    assert_fails(ftok("a\0b", 1), Call::Ftok, Errno::EINVAL);
}
