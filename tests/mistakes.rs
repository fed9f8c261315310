//! Common mistakes, made for real: the error and the help that one gets.
//!
//! `cargo test --test mistakes -- --show-output` prints them all.

#![cfg(target_os = "linux")]

mod common;

use common::{UniqueName, as_ordinary_user, in_own_process, skip, with_limit};
use rawshm::descriptor::pwrite;
use rawshm::fd::OwnedFd;
use rawshm::mm::page_size;
use rawshm::{Error, MapOptions, Memfd, Segment, SharedMemory};

/// Prints what one gets, and compares it: the error, and its help in at most three sentences.
#[track_caller]
fn explains(mistake: &str, error: impl Into<Error>, expected: [&str; 2]) {
    let error = error.into();
    println!("# {mistake}\n{error}\n{}\n", error.help());
    assert_eq!([error.to_string(), error.help().to_string()], expected);
    assert!(error.help().is_of_call());
}

#[test]
fn a_slash_inside_of_a_name() {
    explains(
        "a slash inside of a name",
        SharedMemory::create("cache/index", 4096).unwrap_err(),
        [
            "shm_open: invalid argument (EINVAL)",
            "This cannot be the name of an object: it is empty, `.` or `..`, or has a slash \
             or a NUL inside. Objects have no directories: use a dot or a hyphen, as in \
             `cache.index`. O_TMPFILE, which takes a directory, is refused too.",
        ],
    );
}

#[test]
fn a_name_that_is_taken() {
    let name = UniqueName::new("taken");
    let _first = SharedMemory::create(&name, 1).unwrap();
    explains(
        "a name that an earlier run has left behind",
        SharedMemory::create(&name, 4096).unwrap_err(),
        [
            "shm_open: file exists (EEXIST)",
            "An object has this name already, perhaps left behind by an earlier run. \
             `open_or_create_with` opens it, and `replace_with` puts a new one in its place. \
             `remove_if_orphaned` removes it, if nobody has it open.",
        ],
    );
}

#[test]
fn a_name_that_is_missing() {
    explains(
        "a program that starts before the one that creates the object",
        SharedMemory::open(UniqueName::new("missing")).unwrap_err(),
        [
            "shm_open: no such file or directory (ENOENT)",
            "There is no object of this name, or no /dev/shm at all. Start the program that \
             creates it first, or wait for it with `open_ready`. `ls /dev/shm` shows the \
             names that there are; each container has its own.",
        ],
    );
}

#[test]
fn more_than_dev_shm_can_hold() {
    explains(
        "an object that is larger than what is free",
        SharedMemory::create(UniqueName::new("large"), 1 << 60).unwrap_err(),
        [
            "fallocate: no space left (ENOSPC)",
            "There is not so much space: `df -h /dev/shm` shows what objects can have, and \
             the example `shmls` what takes it up. Containers get 64 MiB unless told \
             otherwise (`docker run --shm-size=1g`, in Kubernetes an emptyDir of `medium: \
             Memory`); elsewhere `mount -o remount,size=1g /dev/shm` enlarges it. A memfd is \
             bounded only by memory, swap and vm.overcommit_memory.",
        ],
    );
}

#[test]
fn a_size_over_the_limit() {
    in_own_process("a_size_over_the_limit", || {
        with_limit(libc::RLIMIT_FSIZE, 4096, || {
            explains(
                "an object that is larger than `ulimit -f` allows",
                Memfd::create("limited", 4097).unwrap_err(),
                [
                    "ftruncate: file too large (EFBIG)",
                    "The size is more than RLIMIT_FSIZE lets this process make any file. \
                     `ulimit -f` shows the limit in KiB. Raise it, or make the object \
                     smaller.",
                ],
            );
        });
    });
}

#[test]
fn a_memfd_that_is_frozen_while_it_is_mapped() {
    let memfd = Memfd::create("mapped", 4096).unwrap();
    let mapping = memfd.map().unwrap();
    explains(
        "a memfd that is frozen while it is mapped",
        memfd.freeze().unwrap_err(),
        [
            "fcntl(F_ADD_SEALS): device or resource busy (EBUSY)",
            "Somebody has the memory mapped shared through a descriptor that is open for \
             writing; even a read-only mapping counts then, and a forked child's copy. Drop \
             such mappings, or give ours to `freeze_with`; `grep memfd /proc/*/maps` finds \
             others. If a child is just being started, try again a little later.",
        ],
    );
    drop(mapping);
}

#[test]
fn a_memfd_that_is_written_past_its_end() {
    let memfd = Memfd::create("short", 4096).unwrap();
    explains(
        "a memfd that is written past its end",
        pwrite(&memfd, b"text", 4096).unwrap_err(),
        [
            "pwrite: operation not permitted (EPERM)",
            "A seal forbids it: F_SEAL_WRITE any writing, F_SEAL_GROW writing past the end. A \
             memfd keeps its size unless it is made with `Memfd::options().resizable(true)`; \
             a frozen one never changes again.",
        ],
    );
}

#[test]
fn an_atomic_integer_at_an_odd_offset() {
    let mapping = MapOptions::new().len(4096).map_shared_anonymous().unwrap();
    explains(
        "an atomic integer at an odd offset",
        mapping.shared().atomic::<u32>(6).unwrap_err(),
        [
            "atomic: invalid argument (EINVAL)",
            "The address of an atomic integer must be a multiple of its size, and at this \
             offset it is not. A mapping starts at a page, a part of it where it was cut. \
             Choose offsets that are multiples of 8 from the mapping's start.",
        ],
    );
}

#[test]
fn a_segment_that_was_removed() {
    let segment = Segment::create(4096).unwrap().destroy_on_drop();
    let id = segment.id();
    segment.destroy().unwrap();
    explains(
        "a segment that was removed, opened by its id",
        Segment::open(id).unwrap_err(),
        [
            "shmctl(IPC_STAT): invalid argument (EINVAL)",
            "There is no segment with this id: it was removed, or is of another IPC namespace \
             (another container). `ipcs -m` lists those that there are. Ask its creator for \
             the id of a new one.",
        ],
    );
}

#[test]
fn a_mapping_beyond_the_end() {
    let memfd = Memfd::create("short", 4096).unwrap();
    let longer = MapOptions::new().len(page_size() + 4096);
    explains(
        "a mapping that is longer than its object",
        longer.map_shared(&memfd).unwrap_err(),
        [
            "mmap: no such device or address (ENXIO)",
            "Offset and length reach past the end of the object; a touch there would raise \
             SIGBUS. Compare with its `len()`: perhaps the creator has not resized it yet, or \
             it is of another version of the program.",
        ],
    );
}

#[test]
fn an_object_without_a_size() {
    let memfd = Memfd::create("empty", 0).unwrap();
    explains(
        "an object that is mapped before it has a size",
        memfd.map().unwrap_err(),
        [
            "mmap: invalid argument (EINVAL)",
            "This address, length or offset is not possible: the object or the length is \
             empty, or an offset or exact address is no multiple of the page size. Give the \
             object a size first, and round offsets to `mm::page_size()`. Huge pages are only \
             for anonymous memory and memfds, in sizes that the kernel has.",
        ],
    );
}

#[test]
fn a_descriptor_without_seals() {
    let peers = Memfd::options().resizable(true).create("theirs", 4096);
    let descriptor = OwnedFd::from(peers.unwrap());
    explains(
        "a memfd of a peer who could still shrink it",
        Memfd::try_from(descriptor).unwrap_err(),
        [
            "fcntl(F_GET_SEALS): operation not permitted (EPERM)",
            "The memory lacks a seal that was asked for, so that a peer could still change or \
             shrink it. Its creator sets F_SEAL_WRITE with `freeze`, and F_SEAL_SHRINK by not \
             making it resizable. Do not trust it meanwhile: copy what you need with \
             `try_copy_to_slice`.",
        ],
    );
}

#[test]
fn an_object_that_was_opened_for_reading() {
    let name = UniqueName::new("read-only");
    let _ours = SharedMemory::create(&name, 4096).unwrap();
    let theirs = SharedMemory::open_read_only(&name).unwrap();
    explains(
        "an object that was opened for reading, mapped for writing",
        theirs.map().unwrap_err(),
        [
            "mmap: permission denied (EACCES)",
            "The descriptor is not open for what was asked: every mapping needs it open for \
             reading, a shared and writable one for writing too. Open the object with `open`, \
             or map what you have with `map_read_only`.",
        ],
    );
}

#[test]
fn more_locked_memory_than_the_limit() {
    let len = 1 << 30;
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: getrlimit writes the structure that it is given.
    unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) };
    if limit.rlim_cur == 0 || limit.rlim_cur >= len as u64 {
        return skip(format_args!("RLIMIT_MEMLOCK is {}", limit.rlim_cur));
    }
    let mapping = MapOptions::new().len(len).map_anonymous().unwrap();
    explains(
        "more locked memory than `ulimit -l` allows",
        as_ordinary_user(|| mapping.lock(..)).unwrap_err(),
        [
            "mlock: out of memory or address space (ENOMEM)",
            "The process would have more memory locked than RLIMIT_MEMLOCK allows, or part of \
             the range is past the end of its object. `ulimit -l` shows the limit in KiB. \
             Raise it (`LimitMEMLOCK=` in systemd, `--ulimit memlock=-1` in Docker), or give \
             the process CAP_IPC_LOCK.",
        ],
    );
}
