//! POSIX objects: names, what may bear them, and the life of an object.

#![cfg(target_os = "linux")]

mod common;

use std::ffi::CString;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, io, process, thread};

use rawshm::descriptor::{FdFlags, Mode, OFlags, fcntl_getfd, fcntl_getfl, fstat, ftruncate};
use rawshm::memfd::{SealFlags, add_seals, seals};
use rawshm::mm::page_size;
use rawshm::shm::{shm_anonymous, shm_open, shm_unlink};
use rawshm::{Call, Errno, MapOptions, Memfd, SharedMemory, shm};

use common::{UniqueName, assert_fails, skip};

const READ_WRITE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Runs `body`, which must not wait for anything, with names that end with these words.
fn without_waiting<const N: usize>(words: [&str; N], body: fn(&[UniqueName; N])) {
    let names = Arc::new(words.map(UniqueName::new));
    let (done, is_done) = mpsc::channel();
    let theirs = Arc::clone(&names);
    let thread = thread::spawn(move || {
        body(&theirs);
        done.send(())
    });
    if is_done.recv_timeout(Duration::from_secs(60)) == Err(RecvTimeoutError::Timeout) {
        names.iter().for_each(UniqueName::remove);
        panic!("it hangs");
    }
    thread.join().expect("the body passed").unwrap();
}

/// Every function that takes a name refuses it.
#[track_caller]
fn assert_refused(name: impl AsRef<[u8]>, errno: Errno) {
    let name = name.as_ref();
    let flags = OFlags::RDWR | OFlags::CREAT | OFlags::TRUNC;
    assert_fails(shm_open(name, flags, READ_WRITE), Call::ShmOpen, errno);
    assert_fails(shm_unlink(name), Call::ShmUnlink, errno);
    assert_fails(SharedMemory::create(name, 1), Call::ShmOpen, errno);
    assert_fails(SharedMemory::open(name), Call::ShmOpen, errno);
    assert_fails(SharedMemory::open_read_only(name), Call::ShmOpen, errno);
    assert_fails(SharedMemory::unlink(name), Call::ShmUnlink, errno);
}

// --- names -----------------------------------------------------------------

#[test]
fn names_that_are_no_file_of_the_directory_are_refused() {
    let names: [&[u8]; 19] = [
        b"",
        b"/",
        b"///",
        b".",
        b"..",
        b"/.",
        b"/..",
        b"//..",
        b"a/b",
        b"/a/b",
        b"a/",
        b"a//",
        b"./a",
        b"../a",
        b"../../tmp",
        b"\0",
        b"a\0",
        b"\0a",
        b"/a\0b",
    ];
    for name in names {
        assert_refused(name, Errno::EINVAL);
    }
    for name in [
        [b'x'; 256].as_slice(),
        &[b'x'; 5000],
        &[b"/".as_slice(), &[b'x'; 256]].concat(),
    ] {
        assert_refused(name, Errno::ENAMETOOLONG);
    }
    assert_refused([b"a/".as_slice(), &[b'x'; 256]].concat(), Errno::EINVAL);
}

#[test]
fn refused_names_lead_nowhere() {
    let directory = UniqueName::new("directory");
    fs::create_dir(directory.path()).unwrap();
    let inside = directory.path().join("file");
    let outside = env::temp_dir().join(format!("rawshm-test-{}-outside", process::id()));
    for path in [&inside, &outside] {
        fs::write(path, "text").unwrap();
        let below_root = path.strip_prefix("/").unwrap();
        let name = Path::new("../..").join(below_root);
        assert_refused(name.as_os_str().as_bytes(), Errno::EINVAL);
        assert_refused(path.as_os_str().as_bytes(), Errno::EINVAL);
        let from_directory = path.strip_prefix("/dev/shm").unwrap_or(path);
        assert_refused(from_directory.as_os_str().as_bytes(), Errno::EINVAL);
        assert_eq!(fs::read(path).unwrap(), b"text");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn names_are_any_other_bytes() {
    let words: [&[u8]; 6] = [
        b"",
        b"...",
        b" ",
        b"\xff\xfe",
        b"\x01\n\x7f",
        "ü".as_bytes(),
    ];
    let longest = [UniqueName::of_len(255)];
    for name in words.map(UniqueName::new).iter().chain(&longest) {
        for slashes in ["", "/", "///"] {
            let slashed = [slashes.as_bytes(), name.as_ref()].concat();
            SharedMemory::create(&slashed, 1).unwrap();
            assert_eq!(fs::metadata(name.path()).unwrap().len(), 1);
            SharedMemory::open(name).unwrap();
            SharedMemory::unlink(&slashed).unwrap();
            assert!(!fs::exists(name.path()).unwrap());
        }
    }
    for dots in ["...", "..x", ".x"] {
        assert_fails(SharedMemory::open(dots), Call::ShmOpen, Errno::ENOENT);
    }
}

// --- shm_open --------------------------------------------------------------

#[test]
fn shm_open_does_what_its_flags_say() {
    let name = UniqueName::new("flags");
    let open = |flags| shm_open(&name, flags, READ_WRITE);
    assert_fails(open(OFlags::RDWR), Call::ShmOpen, Errno::ENOENT);
    let created = open(OFlags::RDWR | OFlags::CREAT).unwrap();
    let inode = fs::metadata(name.path()).unwrap().ino();
    assert_eq!(fcntl_getfd(&created).unwrap(), FdFlags::CLOEXEC);
    common::into_file(created).write_all(b"text").unwrap();

    let again = open(OFlags::RDONLY | OFlags::CREAT).unwrap();
    assert_eq!(
        (fstat(&again).unwrap().ino(), fstat(&again).unwrap().size()),
        (inode, 4)
    );
    assert!(
        common::into_file(again).write(b"x").is_err(),
        "opened for reading only"
    );
    let exclusive = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
    assert_fails(open(exclusive), Call::ShmOpen, Errno::EEXIST);
    let append = open(OFlags::WRONLY | OFlags::APPEND).unwrap();
    common::into_file(append).write_all(b"more").unwrap();
    assert_eq!(fs::read(name.path()).unwrap(), b"textmore");
    open(OFlags::RDWR | OFlags::CREAT | OFlags::TRUNC).unwrap();
    assert_eq!(fs::metadata(name.path()).unwrap().len(), 0);
}

#[test]
fn the_umask_is_taken_from_the_mode() {
    let all = Mode::RWXU | Mode::RWXG | Mode::RWXO;
    for (mask, mode) in [(0o027, 0o750), (0, 0o777), (0o777, 0)] {
        common::with_umask(mask, || {
            let [given, default] = ["given", "default"].map(UniqueName::new);
            let mode_of = |name: &UniqueName| fs::metadata(name.path()).unwrap().mode() & 0o7777;
            let memory = SharedMemory::options().mode(all).create(&given, 1).unwrap();
            assert_eq!(mode_of(&given), mode);
            memory.set_mode(Mode::RUSR).unwrap();
            assert_eq!(mode_of(&given), 0o400);
            SharedMemory::create(&default, 1).unwrap();
            assert_eq!(mode_of(&default), 0o600 & !mask);
        });
    }
}

#[test]
fn what_is_planted_under_a_name_is_refused() {
    let words = ["fifo", "socket", "directory", "link", "dangling", "target"];
    without_waiting(
        words,
        |[fifo, socket, directory, link, dangling, target]| {
            make_node(&fifo.path(), libc::S_IFIFO, 0);
            let _listener = UnixListener::bind(socket.path()).unwrap();
            fs::create_dir(directory.path()).unwrap();
            fs::write(target.path(), "text").unwrap();
            symlink(target.path(), link.path()).unwrap();
            symlink("/nowhere", dangling.path()).unwrap();
            for (name, errno) in [
                (fifo, Errno::ENXIO),
                (socket, Errno::ENXIO),
                (directory, Errno::EISDIR),
                (link, Errno::ELOOP),
                (dangling, Errno::ELOOP),
            ] {
                assert_planted(name, errno);
            }
            assert_fails(shm_unlink(directory), Call::ShmUnlink, Errno::EISDIR);
            assert_eq!(fs::read(target.path()).unwrap(), b"text");
        },
    );
}

#[test]
fn a_planted_device_is_refused() {
    if !common::is_root() {
        return skip("only root makes devices");
    }
    common::with_own_dev_shm(0, c"", || {
        let [null, nobodys] = ["null", "nobodys"].map(UniqueName::new);
        make_node(&null.path(), libc::S_IFCHR, libc::makedev(1, 3));
        make_node(&nobodys.path(), libc::S_IFBLK, libc::makedev(0xfff, 0));
        assert_planted(&null, Errno::ENXIO);
        assert_planted(&nobodys, Errno::ENXIO);
    });
}

fn make_node(path: &Path, kind: libc::mode_t, device: libc::dev_t) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: mknod reads the path, which ends with NUL.
    let made = unsafe { libc::mknod(path.as_ptr(), kind | 0o666, device) };
    assert_eq!(made, 0, "mknod: {}", io::Error::last_os_error());
}

/// However it is opened, the name is refused.
#[track_caller]
fn assert_planted(name: &UniqueName, errno: Errno) {
    let created = OFlags::RDWR | OFlags::CREAT;
    for flags in [
        OFlags::RDONLY,
        OFlags::WRONLY,
        OFlags::RDWR,
        created,
        created | OFlags::TRUNC,
    ] {
        assert_fails(shm_open(name, flags, READ_WRITE), Call::ShmOpen, errno);
    }
    // Such a descriptor of a link is of the link itself; and nothing is created with one.
    let itself = match errno {
        Errno::ELOOP => Errno::ENXIO,
        _ => errno,
    };
    for flags in [OFlags::PATH, OFlags::PATH | created | OFlags::EXCL] {
        assert_fails(shm_open(name, flags, READ_WRITE), Call::ShmOpen, itself);
    }
    assert_fails(SharedMemory::open(name), Call::ShmOpen, errno);
    assert_fails(SharedMemory::open_read_only(name), Call::ShmOpen, errno);
    assert_fails(SharedMemory::create(name, 1), Call::ShmOpen, Errno::EEXIST);
    assert!(fs::symlink_metadata(name.path()).is_ok(), "it stays");
}

#[test]
fn somebody_elses_object_is_opened_and_not_created() {
    if !common::is_root() {
        return skip("it takes two users");
    }
    let name = UniqueName::new("theirs");
    let for_all = Mode::from_bits_retain(0o666);
    let create = || {
        SharedMemory::create(&name, 10)
            .unwrap()
            .set_mode(for_all)
            .unwrap()
    };
    let open = || {
        let flags = OFlags::RDWR | OFlags::CREAT;
        let fd = shm_open(&name, flags, READ_WRITE).unwrap();
        assert_eq!(fstat(&fd).unwrap().size(), 10);
    };
    create();
    common::as_ordinary_user(open);
    SharedMemory::unlink(&name).unwrap();
    common::as_ordinary_user(create);
    open();
}

#[test]
fn permissions_are_the_kernels() {
    if !common::is_root() {
        return skip("it takes two users");
    }
    let name = UniqueName::new("private");
    SharedMemory::create(&name, 10).unwrap();
    common::as_ordinary_user(|| {
        assert_fails(SharedMemory::open(&name), Call::ShmOpen, Errno::EACCES);
        assert_fails(
            SharedMemory::open_read_only(&name),
            Call::ShmOpen,
            Errno::EACCES,
        );
    });
    // The directory decides who unlinks: a sticky one the owner, another one who may write it.
    for (options, errno) in [(c"mode=1777", Errno::EPERM), (c"mode=755", Errno::EACCES)] {
        common::with_own_dev_shm(0, options, || {
            let [theirs, ours] = ["theirs", "ours"].map(UniqueName::new);
            SharedMemory::create(&theirs, 1).unwrap();
            common::as_ordinary_user(|| {
                assert_fails(SharedMemory::unlink(&theirs), Call::ShmUnlink, errno);
                if errno == Errno::EACCES {
                    assert_fails(SharedMemory::create(&ours, 1), Call::ShmOpen, errno);
                }
            });
        });
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let name = UniqueName::new("none");
    assert_not_found(&name);
    common::with_own_dev_shm(0, c"", || {
        common::mount(c"/dev", 0, c"").unwrap();
        assert_fails(SharedMemory::create(&name, 1), Call::ShmOpen, Errno::ENOENT);
        assert_not_found(&name);
    });
}

fn assert_not_found(name: &UniqueName) {
    assert_fails(SharedMemory::open(name), Call::ShmOpen, Errno::ENOENT);
    assert_fails(
        SharedMemory::open_read_only(name),
        Call::ShmOpen,
        Errno::ENOENT,
    );
    assert_fails(SharedMemory::unlink(name), Call::ShmUnlink, Errno::ENOENT);
}

#[test]
fn too_many_files_are_refused() {
    common::with_own_dev_shm(0, c"nr_inodes=2", || {
        let [first, second] = ["first", "second"].map(UniqueName::new);
        SharedMemory::create(&first, 1).unwrap();
        assert_fails(
            SharedMemory::create(&second, 1),
            Call::ShmOpen,
            Errno::ENOSPC,
        );
        assert!(!fs::exists(second.path()).unwrap());
    });
    common::in_own_process("too_many_files_are_refused", || {
        let name = UniqueName::new("limit");
        let create = || SharedMemory::create(&name, 1);
        let result = common::with_limit(libc::RLIMIT_NOFILE, 3, create);
        assert_fails(result, Call::ShmOpen, Errno::EMFILE);
    });
}

// --- SharedMemory ----------------------------------------------------------

#[test]
fn create_zeroes_and_reserves_unless_it_is_sparse() {
    for (sparse, len, blocks) in [(false, 10, 8), (false, 0, 0), (true, 1 << 40, 0)] {
        let name = UniqueName::new("create");
        let options = SharedMemory::options().sparse(sparse);
        let memory = options.create(&name, len).unwrap();
        let file = fs::metadata(name.path()).unwrap();
        assert_eq!((memory.len().unwrap(), file.len()), (len, len));
        assert_eq!(memory.is_empty().unwrap(), len == 0);
        assert!(file.blocks() >= blocks && (blocks > 0 || file.blocks() == 0));
        assert_eq!(memory.stat().unwrap().ino(), file.ino());
        assert!(len > 10 || fs::read(name.path()).unwrap() == vec![0; len as usize]);
        assert_eq!(fcntl_getfd(&memory).unwrap(), FdFlags::CLOEXEC);
    }
}

#[test]
fn create_leaves_what_exists_alone() {
    let name = UniqueName::new("taken");
    fs::write(name.path(), "text").unwrap();
    assert_fails(SharedMemory::create(&name, 1), Call::ShmOpen, Errno::EEXIST);
    assert_eq!(fs::read(name.path()).unwrap(), b"text");
}

#[test]
fn create_leaves_nothing_behind_when_it_fails() {
    let name = UniqueName::new("nothing");
    let fails = |len, call, errno| {
        assert_fails(SharedMemory::create(&name, len), call, errno);
        assert!(!fs::exists(name.path()).unwrap());
    };
    fails(1 << 63, Call::Ftruncate, Errno::EINVAL);
    fails(u64::MAX, Call::Ftruncate, Errno::EINVAL);
    let sparse = SharedMemory::options().sparse(true).create(&name, 1 << 63);
    assert_fails(sparse, Call::Ftruncate, Errno::EINVAL);
    assert!(!fs::exists(name.path()).unwrap());
    common::with_own_dev_shm(0, c"size=64k", || {
        fails(1 << 20, Call::Fallocate, Errno::ENOSPC);
    });
    common::in_own_process("create_leaves_nothing_behind_when_it_fails", || {
        // No signal: SIGXFSZ would kill the process.
        common::with_limit(libc::RLIMIT_FSIZE, 4096, || {
            fails(4097, Call::Ftruncate, Errno::EFBIG);
        });
    });
}

#[test]
fn two_who_open_it_see_each_others_bytes() {
    let name = UniqueName::new("bytes");
    let ours = SharedMemory::create(&name, 8).unwrap().map().unwrap();
    let theirs = SharedMemory::open(&name).unwrap().map().unwrap();
    let reader = SharedMemory::open_read_only(&name).unwrap();
    assert_fails(reader.map(), Call::Mmap, Errno::EACCES);
    let reader = reader.map_read_only().unwrap();
    ours.shared().store(0, 1_u32);
    theirs.shared().store(4, 2_u32);
    for mapping in [ours.shared(), theirs.shared()] {
        assert_eq!((mapping.load::<u32>(0), mapping.load::<u32>(4)), (1, 2));
    }
    assert_eq!(reader.shared().load::<u32>(4), 2);
    let expected = [1_u32.to_ne_bytes(), 2_u32.to_ne_bytes()].concat();
    assert_eq!(fs::read(name.path()).unwrap(), expected);
}

#[test]
fn what_is_unlinked_stays_usable() {
    let name = UniqueName::new("unlinked");
    let memory = SharedMemory::create(&name, 8).unwrap();
    SharedMemory::unlink(&name).unwrap();
    assert!(!fs::exists(name.path()).unwrap());
    assert_eq!(memory.stat().unwrap().nlink(), 0);
    let mapping = memory.map().unwrap();
    mapping.shared().store(0, 7_u64);
    assert_eq!(memory.map_read_only().unwrap().shared().load::<u64>(0), 7);

    let second = SharedMemory::create(&name, 8).unwrap();
    assert_ne!(second.stat().unwrap().ino(), memory.stat().unwrap().ino());
    assert_eq!(second.map().unwrap().shared().load::<u64>(0), 0);
    drop(second);
    assert!(fs::exists(name.path()).unwrap(), "a drop does not unlink");
}

#[test]
fn resize_keeps_bytes_and_reserves_what_it_adds() {
    let name = UniqueName::new("resize");
    let memory = SharedMemory::create(&name, 4).unwrap();
    memory.map().unwrap().shared().copy_from_slice(b"text");
    for (len, bytes) in [(6, b"text\0\0".as_slice()), (2, b"te"), (4, b"te\0\0")] {
        memory.resize(len).unwrap();
        assert_eq!(fs::read(name.path()).unwrap(), bytes);
    }
    memory.resize(100_000).unwrap();
    let file = fs::metadata(name.path()).unwrap();
    assert!(file.len() == 100_000 && file.blocks() * 512 >= 100_000);

    let reader = SharedMemory::open_read_only(&name).unwrap();
    assert_fails(reader.resize(5), Call::Ftruncate, Errno::EINVAL);
    assert_fails(memory.resize(1 << 63), Call::Ftruncate, Errno::EINVAL);
    assert_eq!(memory.len().unwrap(), 100_000);
}

#[test]
fn a_resize_that_fails_changes_nothing() {
    common::with_own_dev_shm(0, c"size=64k", || {
        let name = UniqueName::new("resize");
        let memory = SharedMemory::create(&name, 10).unwrap();
        memory.map().unwrap().shared().fill(7);
        assert_fails(memory.resize(1 << 20), Call::Fallocate, Errno::ENOSPC);
        assert_eq!(fs::read(name.path()).unwrap(), [7; 10]);
        assert_eq!(
            fs::metadata(name.path()).unwrap().blocks(),
            memory.stat().unwrap().blksize() / 512
        );
        memory.resize(30_000).unwrap();
    });
    let all = 2 * page_size() as u64;
    let size = CString::new(format!("size={all}")).unwrap();
    common::with_own_dev_shm(0, &size, || {
        let name = UniqueName::new("pages");
        let memory = SharedMemory::create(&name, 10).unwrap();
        memory.resize(20).unwrap(); // in the page that is there
        memory.resize(all).unwrap(); // in the one that is left
        assert_fails(memory.resize(all + 1), Call::Fallocate, Errno::ENOSPC);
        assert_eq!(memory.len().unwrap(), all);
    });
}

#[test]
fn what_can_never_be_reserved_is_refused_at_once() {
    let name = UniqueName::new("never");
    let before = memory_in_use();
    let created = SharedMemory::create(&name, 1 << 60);
    assert_fails(created, Call::Fallocate, Errno::ENOSPC);
    let created = rawshm::Memfd::create("never", 1 << 60);
    assert_fails(created, Call::Fallocate, Errno::ENOSPC);
    // Less than a gigabyte more, whatever the other tests take meanwhile.
    assert!(memory_in_use() < before + (1 << 20));
}

/// `Shmem` of `/proc/meminfo`, in KiB.
fn memory_in_use() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Shmem:"));
    let number = line.unwrap().trim().strip_suffix(" kB").unwrap();
    number.parse().unwrap()
}

#[test]
fn owner_and_mode_can_be_set() {
    let name = UniqueName::new("owner");
    let memory = SharedMemory::create(&name, 1).unwrap();
    memory.set_mode(Mode::from_bits_retain(0o640)).unwrap();
    let before = fs::metadata(name.path()).unwrap();
    assert_eq!(before.mode() & 0o7777, 0o640);
    memory.set_owner(None, Some(before.gid())).unwrap();
    if !common::is_root() {
        let result = memory.set_owner(Some(0), None);
        return assert_fails(result, Call::Fchown, Errno::EPERM);
    }
    memory.set_owner(Some(common::NOBODY), None).unwrap();
    let after = fs::metadata(name.path()).unwrap();
    assert_eq!((after.uid(), after.gid()), (common::NOBODY, before.gid()));
}

// --- shm_anonymous, NAME_MAX -----------------------------------------------

#[test]
fn an_anonymous_object_is_empty_has_no_name_and_can_be_sealed() {
    let fd = shm_anonymous().unwrap();
    let stat = fstat(&fd).unwrap();
    assert!(stat.mode().is_regular());
    assert_eq!((stat.size(), stat.nlink()), (0, 0));
    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(fcntl_getfl(&fd).unwrap() & OFlags::ACCMODE, OFlags::RDWR);
    assert!(!seals(&fd).unwrap().contains(SealFlags::SEAL));

    // Each is another one, and both ends of one are the same.
    let other = fstat(shm_anonymous().unwrap()).unwrap();
    assert_ne!((stat.dev(), stat.ino()), (other.dev(), other.ino()));
    ftruncate(&fd, 8).unwrap();
    let (ours, theirs) = (
        MapOptions::new().map_shared(&fd),
        MapOptions::new().map_read_only(&fd),
    );
    ours.unwrap().shared().store(0, 42_u64);
    assert_eq!(theirs.unwrap().shared().load::<u64>(0), 42);

    add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW).unwrap();
    Memfd::try_from(fd).unwrap().freeze().unwrap();
}

#[test]
fn an_anonymous_object_is_not_executable() {
    let plain = SealFlags::empty();
    // Kernels before 6.3 cannot promise it.
    if seals(shm_anonymous().unwrap()).unwrap() == plain {
        return skip("the kernel does not know MFD_NOEXEC_SEAL");
    }
    let fd = shm_anonymous().unwrap();
    assert_eq!(seals(&fd).unwrap(), SealFlags::EXEC);
    let execute = Mode::XUSR | Mode::XGRP | Mode::XOTH;
    assert!(!fstat(&fd).unwrap().mode().intersects(execute));
}

#[test]
fn no_anonymous_object_without_a_free_descriptor() {
    common::in_own_process("no_anonymous_object_without_a_free_descriptor", || {
        let result = common::with_limit(libc::RLIMIT_NOFILE, 3, shm_anonymous);
        assert_fails(result, Call::MemfdCreate, Errno::EMFILE);
    });
}

#[test]
fn the_longest_name_is_that_of_the_file_system() {
    assert_eq!(shm::NAME_MAX, libc::NAME_MAX as usize);
    let name = UniqueName::of_len(shm::NAME_MAX);
    shm_open(
        &name,
        OFlags::CREAT | OFlags::EXCL | OFlags::RDWR,
        READ_WRITE,
    )
    .unwrap();
    shm_unlink(&name).unwrap();
}
