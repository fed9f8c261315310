//! Names of objects: any bytes against the rules, and against what glibc says of the same name.

#![no_main]

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use rawshm::descriptor::{Mode, OFlags};
use rawshm::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use rawshm::shm::Removal;
use rawshm::{Call, Errno, Error, SharedMemory, SharedSlice, shm};
use rawshm_fuzz::surroundings::Arena;
use rawshm_fuzz::{errno, leaks};

thread_local! {
    static ARENA: Arena = Arena::new();
}

fuzz_target!(
    init: ARENA.with(|_| ()),
    |name: &[u8]| {
        ARENA.with(|arena| {
            match rule(name) {
                Ok(component) => accepted(arena, name, component),
                Err(errno) => refused(arena, name, errno),
            }
            like_glibc(arena, name);
            let left = fs::read_dir(&arena.path).unwrap().count();
            assert_eq!(left, 0, "names are left");
        });
        leaks::check();
    }
);

/// What `shm_open(3)` says of a name, and that dots alone are none.
fn rule(name: &[u8]) -> Result<&[u8], Errno> {
    let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
    let component = &name[slashes..];
    if component.is_empty() || component == b"." || component == b".." {
        return Err(Errno::EINVAL);
    }
    if component.contains(&b'/') || component.contains(&0) {
        return Err(Errno::EINVAL);
    }
    if component.len() > 255 {
        return Err(Errno::ENAMETOOLONG);
    }
    Ok(component)
}

/// Every way in and out, and what the directory shows meanwhile.
fn accepted(arena: &Arena, name: &[u8], component: &[u8]) {
    let options = SharedMemory::options().directory(&arena.directory);
    let path = arena.path.join(OsStr::from_bytes(component));
    let memory = options.create(name, 1).expect("a good name");
    let there: Vec<_> = fs::read_dir(&arena.path).unwrap().collect();
    let [Ok(entry)] = &there[..] else {
        panic!("one name: {there:?}");
    };
    assert_eq!(entry.file_name().as_bytes(), component);
    let listed: Vec<_> = shm::list_in(&arena.directory).unwrap().collect();
    let [Ok(listed)] = &listed[..] else {
        panic!("one object: {listed:?}");
    };
    assert_eq!(listed.name(), component);
    let opened = options.open(component).unwrap();
    assert_eq!(opened.stat().unwrap().ino(), memory.stat().unwrap().ino());
    // The same name however it is spelt.
    let taken = options.create([b"//", component].concat(), 1);
    assert_eq!(errno(taken).unwrap_err(), Errno::EEXIST);
    if arena.is_dev_shm {
        shm::shm_open(name, OFlags::RDWR, Mode::empty()).unwrap();
    }
    options.unlink(name).unwrap();
    assert!(!path.exists());

    // The ways that give the name at the end, or take it away.
    let made = options.unlink_on_drop(true).create_with(name, 2, |slice| {
        assert!(!path.exists());
        slice.store(0, 7_u16);
    });
    assert_eq!(made.unwrap().map().unwrap().shared().load::<u16>(0), 7);
    assert!(!path.exists());
    options
        .replace_with(name, 1, |slice| slice.fill(1))
        .unwrap();
    let found = options.open_or_create_with(name, 1, nothing_to_fill);
    drop(found.unwrap());
    if options.remove_if_orphaned(name).unwrap() != Removal::Removed {
        options.unlink(name).unwrap();
    }
    let gone = options.open(name);
    assert_eq!(errno(gone).unwrap_err(), Errno::ENOENT);
}

/// Every way in says the same, and makes nothing.
fn refused(arena: &Arena, name: &[u8], due: Errno) {
    let options = SharedMemory::options().directory(&arena.directory);
    let flags = OFlags::RDWR | OFlags::CREAT;
    let opens: [Option<Error>; 7] = [
        shm::shm_open(name, flags, Mode::RUSR).err(),
        options.create(name, 1).err(),
        options.open(name).err(),
        options.create_with(name, 1, nothing_to_fill).err(),
        options.open_or_create_with(name, 1, nothing_to_fill).err(),
        options.replace_with(name, 1, nothing_to_fill).err(),
        options.remove_if_orphaned(name).err(),
    ];
    for error in opens {
        let error = error.expect("a bad name");
        assert_eq!((error.call(), error.errno()), (Call::ShmOpen, due));
    }
    for error in [shm::shm_unlink(name), options.unlink(name)] {
        let error = error.expect_err("a bad name");
        assert_eq!((error.call(), error.errno()), (Call::ShmUnlink, due));
    }
}

fn nothing_to_fill(_: SharedSlice<'_>) {
    panic!("there is nothing to fill");
}

/// Each of the two libraries finds what the other has made, or both say why not.
fn like_glibc(arena: &Arena, name: &[u8]) {
    // A C string ends at its first NUL; dots alone are a directory's names to glibc.
    let Ok(c_name) = CString::new(name) else {
        return;
    };
    let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
    if matches!(name[slashes..], [b'.'] | [b'.', b'.']) {
        return;
    }
    let ours = |flags| shm::shm_open(name, flags, Mode::RUSR | Mode::WUSR);
    let ours_unlinks = || errno(shm::shm_unlink(name));
    let theirs_unlinks = || {
        // SAFETY: shm_unlink reads the name, which ends with NUL.
        decode(unsafe { libc::shm_unlink(c_name.as_ptr()) }).map(drop)
    };
    let theirs = |flags: OFlags| {
        let flags = flags.bits() as libc::c_int;
        // SAFETY: shm_open reads the name, which ends with NUL.
        let number = decode(unsafe { libc::shm_open(c_name.as_ptr(), flags, 0o600) })?;
        // SAFETY: shm_open opened it.
        Ok(unsafe { OwnedFd::from_raw_fd(number) })
    };
    if !arena.is_dev_shm {
        // Only looking; others may make and remove theirs at any time.
        if let (Err(ours), Err(theirs)) = (errno(ours(OFlags::RDONLY)), theirs(OFlags::RDONLY)) {
            agree(name, Some(ours), Some(theirs));
        }
        return;
    }
    agree(
        name,
        errno(ours(OFlags::RDONLY)).err(),
        theirs(OFlags::RDONLY).err(),
    );
    let (unlinked, due) = (ours_unlinks(), theirs_unlinks());
    // Of a name that is none glibc's shm_unlink says as well that there is no such object.
    let no_name = rule(name).is_err() && due == Err(Errno::ENOENT);
    if !no_name {
        agree(name, unlinked.err(), due.err());
    }
    let create = OFlags::RDWR | OFlags::CREAT | OFlags::EXCL;
    match (errno(ours(create)), theirs(create)) {
        (Ok(made), Err(taken)) => {
            assert_eq!(taken, Errno::EEXIST);
            same_file(&made, &theirs(OFlags::RDWR).expect("it is there"));
            assert_eq!(theirs_unlinks(), Ok(()));
        }
        (ours, theirs) => {
            let (ours, theirs) = (ours.expect_err("a bad name"), theirs.err());
            return agree(name, Some(ours), theirs);
        }
    }
    let made = theirs(create).expect("the name is free");
    same_file(&made, &ours(OFlags::RDWR).expect("it is there"));
    assert_eq!(errno(ours(create)).unwrap_err(), Errno::EEXIST);
    assert_eq!(ours_unlinks(), Ok(()));
    assert_eq!(ours_unlinks(), Err(Errno::ENOENT));
}

/// The same, but that of names over 255 bytes glibc 2.36 says `EINVAL` from 260 bytes on.
#[track_caller]
fn agree(name: &[u8], ours: Option<Errno>, theirs: Option<Errno>) {
    let too_long = rule(name) == Err(Errno::ENAMETOOLONG);
    let theirs = theirs.filter(|&errno| !(too_long && errno == Errno::EINVAL));
    let theirs = theirs.or(too_long.then_some(Errno::ENAMETOOLONG));
    assert_eq!(ours, theirs);
}

fn decode(result: libc::c_int) -> Result<libc::c_int, Errno> {
    if result >= 0 {
        return Ok(result);
    }
    let error = io::Error::last_os_error().raw_os_error();
    Err(error
        .and_then(Errno::from_raw)
        .expect("an error has a number"))
}

fn same_file(one: &OwnedFd, other: &OwnedFd) {
    let place = |fd: &OwnedFd| fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).unwrap();
    assert_eq!(place(one), place(other));
}
