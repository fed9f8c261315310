//! Nothing is lost: after ten thousand lives of each owning type (five hundred with
//! `RAWSHM_BRIEF`) there are as many descriptors, mappings, names and segments as before.
//!
//! One test alone, because what is counted belongs to the whole process.

#![cfg(target_os = "linux")]

use std::{env, fs};

use rawshm::fd::{AsFd, AsRawFd, OwnedFd};
use rawshm::fd_passing::{self, SocketType};
use rawshm::{
    FrozenMemfd, MapOptions, Memfd, Refused, SecretMemory, Segment, SharedMemory, shm, sysv,
};

/// How many times each type comes and goes.
fn lives() -> usize {
    match env::var_os("RAWSHM_BRIEF") {
        None => 10_000,
        Some(_) => 500,
    }
}

/// What the process has at the moment; names by their prefix.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptors: usize,
    mappings: usize,
    names: usize,
    segments: usize,
}

/// The size of every object here. Smaller mappings may be the allocator's.
const LEN: u64 = 3 * 65_536;

fn held(prefix: &str) -> Held {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let ours = |line: &&str| {
        let (range, rest) = line.split_once(' ').unwrap();
        let (start, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        address(end) - address(start) >= LEN
            || rest.contains("memfd:leaks")
            || rest.contains("/dev/shm/rawshm-leaks")
            || rest.contains("/SYSV")
    };
    let names = fs::read_dir("/dev/shm").unwrap();
    Held {
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        mappings: maps.lines().filter(ours).count(),
        names: names
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_string_lossy().starts_with(prefix)
            })
            .count(),
        segments: sysv::list()
            .unwrap()
            .filter(|segment| segment.stat().cpid() == std::process::id() as i32)
            .count(),
    }
}

/// The name that a life which fails leaves behind goes all the same.
struct Remove<'a>(&'a str);

impl Drop for Remove<'_> {
    fn drop(&mut self) {
        let _ = SharedMemory::unlink(self.0);
    }
}

#[test]
fn nothing_is_lost() {
    live("shared memory", shared_memory);
    live("a creation that fails", a_creation_that_fails_in_the_middle);
    live("published objects", published_objects);
    live("memfd", memfd);
    live("frozen memfd", frozen_memfd);
    live("descriptors passed", descriptors_passed);
    live("anonymous mappings", anonymous_mappings);
    live("secret memory", secret_memory);
    live("segment", segment);
    live("a copy that ends early", a_copy_that_ends_early);
}

/// Lives many times and compares what is held before and after.
fn live(what: &str, life: fn(&str)) {
    let prefix = format!("rawshm-leaks-{}", std::process::id());
    let _remove = Remove(&prefix);
    life(&prefix); // what is set up once is set up now
    let before = held(&prefix);
    for _ in 0..lives() {
        life(&prefix);
    }
    assert_eq!(held(&prefix), before, "{what}");
}

fn shared_memory(name: &str) {
    let memory = SharedMemory::options()
        .sparse(true)
        .create(name, LEN)
        .unwrap();
    let mapping = memory.map().unwrap();
    let read_only = SharedMemory::open_read_only(name)
        .unwrap()
        .map_read_only()
        .unwrap();
    mapping.shared().store(0, 1_u8);
    assert_eq!(read_only.shared().load::<u8>(0), 1);
    assert!(SharedMemory::create(name, LEN).is_err());
    SharedMemory::unlink(name).unwrap();
}

fn published_objects(name: &str) {
    let directory = shm::open_directory("/dev/shm").unwrap();
    let options = SharedMemory::options().directory(&directory).sparse(true);
    let old = options.create_with(name, LEN, |_| ()).unwrap();
    assert!(options.create_with(name, LEN, |_| ()).is_err());
    let same = options.open_or_create_with(name, LEN, |_| ()).unwrap();
    let unlinking = options.unlink_on_drop(true);
    let new = unlinking.replace_with(name, LEN, |_| ()).unwrap();
    assert_ne!(new.stat().unwrap().ino(), same.stat().unwrap().ino());
    drop((old, new));
    assert!(options.remove_if_orphaned(name).is_err());
}

fn a_creation_that_fails_in_the_middle(name: &str) {
    assert!(SharedMemory::create(name, u64::MAX).is_err());
    assert!(SharedMemory::replace_with(name, 0, |_| ()).is_err());
    assert!(Memfd::create("leaks", u64::MAX).is_err());
}

fn memfd(_: &str) {
    let memfd = Memfd::options().sparse(true).create("leaks", LEN).unwrap();
    let mapping = memfd.map().unwrap().into_read_only().unwrap();
    let Refused { value: memfd, .. } = memfd.freeze().unwrap_err();
    let mapping = mapping.shrink(1).unwrap();
    let mapping = mapping.remap(&memfd, LEN as usize).unwrap();
    let Refused { value: mapping, .. } = mapping.remap(&memfd, 0).unwrap_err();
    mapping.unmap().unwrap();
    let Refused { value: fd, .. } = FrozenMemfd::try_from(OwnedFd::from(memfd)).unwrap_err();
    assert!(MapOptions::new().map_frozen(&fd).is_err());
}

fn frozen_memfd(_: &str) {
    let memfd = Memfd::options().sparse(true).create("leaks", LEN).unwrap();
    let frozen = memfd.freeze().unwrap();
    let (shared, mut private) = (frozen.map().unwrap(), frozen.map_private().unwrap());
    private[0] = 1;
    assert_eq!(shared[0], 0);
}

fn descriptors_passed(_: &str) {
    let memfd = Memfd::options().sparse(true).create("leaks", LEN).unwrap();
    let [ours, theirs] = fd_passing::socketpair(SocketType::SEQPACKET).unwrap();
    fd_passing::send(&ours, b"two", &[memfd.as_fd(); 2]).unwrap();
    let (_, [first, _second]) = fd_passing::receive(&theirs, &mut [0; 9]).unwrap();
    fd_passing::send(&ours, b"two", &[first.as_fd(); 2]).unwrap();
    assert!(fd_passing::receive::<1>(&theirs, &mut [0; 9]).is_err());
    fd_passing::send(&ours, b"never received", &[first.as_fd(); 2]).unwrap();
    let lent = fd_passing::inheritable(&first).unwrap();
    // SAFETY: nobody closes it meanwhile, and this process starts no programs.
    let inherited = unsafe { fd_passing::inherited(lent.as_raw_fd()) };
    let memfd = Memfd::try_from(inherited.unwrap()).unwrap();
    let (mapping, other) = (memfd.map().unwrap(), memfd.map().unwrap());
    let Refused { value, .. } = memfd.freeze_with(mapping).unwrap_err();
    drop(other);
    let read_only = value.memfd.reopen_read_only().unwrap();
    assert!(MapOptions::new().map_shared(read_only).is_err());
}

fn anonymous_mappings(_: &str) {
    let options = MapOptions::new().len(LEN as usize);
    let mut private = options.map_anonymous().unwrap();
    private[0] = 1;
    private.discard(..).unwrap();
    let private = private.resize(2 * LEN as usize).unwrap();
    let Refused { value: private, .. } = private.resize(isize::MAX as usize).unwrap_err();
    let frozen = private.into_frozen().unwrap();
    let taken = options.exactly_at(frozen.addr()).map_shared_anonymous();
    assert!(taken.is_err());
    assert!(options.map_shared_anonymous().unwrap().unmap().is_ok());
}

/// Before it says so it makes a pipe.
fn a_copy_that_ends_early(_: &str) {
    let memfd = Memfd::options().sparse(true).resizable(true);
    let memfd = memfd.create("leaks", LEN).unwrap();
    let mapping = memfd.map().unwrap();
    memfd.resize(0).unwrap();
    assert!(mapping.shared().try_store(0, 1_u8).is_err());
    assert!(mapping.check().is_err());
}

fn secret_memory(_: &str) {
    assert!(SecretMemory::create(u64::MAX).is_err());
    let Ok(secret) = SecretMemory::create(LEN) else {
        return; // the kernel has none
    };
    let Ok(mapping) = secret.map() else {
        return; // an ordinary user may have less
    };
    let fd = OwnedFd::from(secret);
    let Refused { value: fd, .. } = FrozenMemfd::try_from(fd).unwrap_err();
    let secret = SecretMemory::try_from(fd).unwrap();
    assert_eq!(mapping.len() as u64, secret.len().unwrap());
}

fn segment(_: &str) {
    let segment = Segment::create(LEN as usize).unwrap().destroy_on_drop();
    let mapping = segment.attach().unwrap().into_read_only().unwrap();
    assert!(segment.attach_at(mapping.addr()).is_err());
    let theirs = Segment::open(segment.id()).unwrap();
    let cursor = theirs.attach_read_only().unwrap().into_cursor();
    assert_eq!(cursor.remaining(), LEN as usize);
    theirs.destroy().unwrap();
}
