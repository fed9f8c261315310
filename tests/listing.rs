//! The list of POSIX objects, and whether they are in use.

#![cfg(target_os = "linux")]

mod common;

use std::collections::HashMap;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rawshm::descriptor::{Mode, OFlags};
use rawshm::shm::{self, ListedObject, shm_open};
use rawshm::{Call, Errno, SharedMemory};

use common::{UniqueName, assert_fails, is_root, skip};

fn listed(name: &UniqueName) -> Option<ListedObject<'static>> {
    let mut objects = shm::list().unwrap().map(Result::unwrap);
    objects.find(|object| object.name() == name.as_ref())
}

fn is_in_use(name: &UniqueName) -> Option<bool> {
    listed(name).expect("it is listed").is_in_use()
}

// --- what is listed --------------------------------------------------------

#[test]
fn objects_are_listed_as_they_are() {
    let words: [&[u8]; 5] = [b"", b"\xff\xfe", b" \n\x01", "ü".as_bytes(), b".hidden"];
    let longest = UniqueName::of_len(255);
    let names = words.map(UniqueName::new).into_iter().chain([longest]);
    for (number, name) in names.enumerate() {
        let len = 5000 * number as u64;
        let memory = SharedMemory::create(&name, len).unwrap();
        memory
            .set_mode(Mode::from_bits_retain(0o640 + number as u32))
            .unwrap();
        if is_root() {
            memory.set_owner(Some(1), Some(2)).unwrap();
        }
        let found = listed(&name).unwrap();
        let (stat, file) = (found.stat(), fs::metadata(name.path()).unwrap());
        assert_eq!((stat.size(), file.len()), (len, len));
        assert_eq!(stat.mode().bits(), 0o100_640 + number as u32);
        assert_eq!((stat.uid(), stat.gid()), (file.uid(), file.gid()));
        assert!(!is_root() || (stat.uid(), stat.gid()) == (1, 2));
        assert_eq!((stat.dev().raw(), stat.ino()), (file.dev(), file.ino()));
        assert_eq!(stat.blocks(), file.blocks());
        let text = format!("{found:?}");
        let shown = name.as_ref().escape_ascii().to_string();
        assert!(text.contains(&shown), "{text}");
        SharedMemory::unlink(&name).unwrap();
        assert!(listed(&name).is_none());
    }
}

#[test]
fn hundreds_of_objects_are_listed_once_each() {
    let lens = 0..300_usize;
    // Some of the entries fill a buffer to its end, others do not.
    let names: Vec<_> = lens.map(|len| UniqueName::of_len(50 + len % 206)).collect();
    for (len, name) in names.iter().enumerate() {
        let sparse = SharedMemory::options().sparse(true);
        sparse.create(name, len as u64).unwrap();
    }
    let mut counted = HashMap::new();
    for object in shm::list().unwrap() {
        let object = object.unwrap();
        *counted
            .entry((object.name().to_vec(), object.stat().size()))
            .or_insert(0) += 1;
    }
    for (len, name) in names.iter().enumerate() {
        let object = (name.as_ref().to_vec(), len as u64);
        assert_eq!(counted.get(&object), Some(&1), "the one of {len} bytes");
    }
}

#[test]
fn what_is_no_object_is_passed_over() {
    let [directory, fifo, socket, link, target] =
        ["directory", "fifo", "socket", "link", "target"].map(UniqueName::new);
    fs::create_dir(directory.path()).unwrap();
    let path = CString::new(fifo.path().as_os_str().as_bytes()).unwrap();
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let _listener = UnixListener::bind(socket.path()).unwrap();
    fs::write(target.path(), "text").unwrap();
    symlink(target.path(), link.path()).unwrap();
    for name in [&directory, &fifo, &socket, &link] {
        assert!(fs::symlink_metadata(name.path()).is_ok() && listed(name).is_none());
    }
    assert_eq!(listed(&target).unwrap().stat().size(), 4);
}

#[test]
fn a_directory_of_its_own_is_listed_to_its_end() {
    common::with_own_dev_shm(0, c"", || {
        let mut list = shm::list().unwrap();
        assert!(list.next().is_none() && list.next().is_none());
        fs::create_dir("/dev/shm/only").unwrap();
        assert!(shm::list().unwrap().next().is_none());
        // Short names leave no room at the end of a buffer.
        let mut names: Vec<_> = (0..300).map(|number| number.to_string()).collect();
        for name in &names {
            fs::write(format!("/dev/shm/{name}"), "text").unwrap();
        }
        let objects = shm::list().unwrap().map(Result::unwrap);
        let name = |object: ListedObject| String::from_utf8(object.name().to_vec()).unwrap();
        let mut listed: Vec<_> = objects.map(name).collect();
        listed.sort();
        names.sort();
        assert_eq!(listed, names);
    });
}

#[test]
fn what_may_not_be_listed() {
    common::with_own_dev_shm(0, c"mode=700", || {
        common::as_ordinary_user(|| assert_fails(shm::list(), Call::Getdents, Errno::EACCES));
        common::mount(c"/dev", 0, c"").unwrap();
        assert_fails(shm::list(), Call::Getdents, Errno::ENOENT);
    });
    common::in_own_process("what_may_not_be_listed", || {
        let result = common::with_limit(libc::RLIMIT_NOFILE, 3, shm::list);
        assert_fails(result, Call::Getdents, Errno::EMFILE);
    });
}

// --- is_in_use -------------------------------------------------------------

/// Nobody has the object any more.
///
/// A process that another test is just starting has all our descriptors until it executes
/// its program: so this waits a while.
#[track_caller]
fn assert_becomes_unused(name: &UniqueName) {
    let start = Instant::now();
    while is_in_use(name) != Some(false) {
        assert!(start.elapsed() < Duration::from_secs(60), "it stays in use");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether leases can be had here at all.
fn has_leases() -> bool {
    let name = UniqueName::new("lease");
    drop(SharedMemory::create(&name, 1).unwrap());
    let answer = is_in_use(&name);
    if answer.is_none() {
        skip("no leases");
    }
    answer.is_some()
}

#[test]
fn open_and_mapped_objects_are_in_use() {
    if !has_leases() {
        return;
    }
    let name = UniqueName::new("used");
    let memory = SharedMemory::create(&name, 10).unwrap();
    assert_eq!(is_in_use(&name), Some(true));
    let mapping = memory.map().unwrap();
    drop(memory);
    assert_eq!(is_in_use(&name), Some(true), "it is mapped");
    mapping.shared().store(0, 7_u8);
    drop(mapping);
    assert_becomes_unused(&name);
    let reader = SharedMemory::open_read_only(&name).unwrap();
    assert_eq!(is_in_use(&name), Some(true));
    let mapping = reader.map_read_only().unwrap();
    drop(reader);
    assert_eq!(is_in_use(&name), Some(true), "it is mapped");
    drop(mapping);
    assert_becomes_unused(&name);
    // To ask changes nothing.
    let memory = SharedMemory::open(&name).unwrap();
    assert_eq!(memory.len().unwrap(), 10);
    assert_eq!(memory.map().unwrap().shared().load::<u8>(0), 7);
}

#[test]
fn what_another_process_has_is_in_use() {
    if !has_leases() {
        return;
    }
    let name = UniqueName::new("theirs");
    drop(SharedMemory::create(&name, 10).unwrap());
    assert_becomes_unused(&name);
    let mut theirs = Command::new("sleep");
    theirs
        .arg("1000")
        .stdin(fs::File::open(name.path()).unwrap());
    let mut child = theirs.stdout(Stdio::null()).spawn().unwrap();
    drop(theirs); // and with it our descriptor
    let answer = is_in_use(&name);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer, Some(true));
    assert_becomes_unused(&name);
}

#[test]
fn only_the_owner_may_ask() {
    if !is_root() {
        return skip("it takes two users");
    }
    let name = UniqueName::new("roots");
    let memory = SharedMemory::create(&name, 10).unwrap();
    for bits in [0o600, 0o666] {
        memory.set_mode(Mode::from_bits_retain(bits)).unwrap();
        common::as_ordinary_user(|| assert_eq!(is_in_use(&name), None));
    }
    if !has_leases() {
        return;
    }
    let owner = Some(common::NOBODY);
    memory.set_owner(owner, None).unwrap();
    common::as_ordinary_user(|| assert_eq!(is_in_use(&name), Some(true)));
    // Who may not read it may not ask either.
    memory.set_mode(Mode::WUSR).unwrap();
    common::as_ordinary_user(|| assert_eq!(is_in_use(&name), None));
    memory.set_mode(Mode::RUSR).unwrap();
    drop(memory);
    common::as_ordinary_user(|| assert_becomes_unused(&name));
    assert_becomes_unused(&name);
}

#[test]
fn what_is_another_object_by_now_is_not_known() {
    let [name, other] = ["name", "other"].map(UniqueName::new);
    drop(SharedMemory::create(&name, 10).unwrap());
    let found = listed(&name).unwrap();
    drop(SharedMemory::create(&other, 10).unwrap());
    fs::rename(other.path(), name.path()).unwrap();
    assert_eq!(found.is_in_use(), None);
    SharedMemory::unlink(&name).unwrap();
    assert_eq!(found.is_in_use(), None);
}

#[test]
fn to_ask_makes_no_open_fail() {
    if !has_leases() {
        return;
    }
    let name = UniqueName::new("asked");
    drop(SharedMemory::create(&name, 10).unwrap());
    let found = listed(&name).unwrap();
    let opened = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                assert_ne!(found.is_in_use(), None, "the object is ours");
                if opened.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let create = || shm_open(&name, OFlags::RDWR | OFlags::CREAT, Mode::RUSR).map(drop);
        for _ in 0..1000 {
            let results = [
                SharedMemory::open(&name).map(drop),
                SharedMemory::open_read_only(&name).map(drop),
                create(),
            ];
            if results != [Ok(()); 3] {
                opened.store(true, Ordering::Relaxed);
                panic!("{results:?}");
            }
        }
        opened.store(true, Ordering::Relaxed);
    });
}
