//! Objects with names and without: random lives of some, with several handles to each, against
//! a model of what is in the directory and in the memory.

#![no_main]

use std::collections::BTreeMap;
use std::fs;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::descriptor::{self, Mode};
use rawshm::fd::{AsFd as _, OwnedFd};
use rawshm::memfd::{self, SealFlags};
use rawshm::mm::page_size;
use rawshm::shm::{self, Removal};
use rawshm::{
    Errno, Error, Frozen, FrozenMemfd, MapOptions, Mapping, Memfd, Private, ReadOnly, Refused,
    Shared, SharedMemory, SharedSlice,
};
use rawshm_fuzz::surroundings::Arena;
use rawshm_fuzz::{errno, leaks, pattern};

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Operation {
    Create {
        name: Name,
        len: Len,
        sparse: bool,
        takes_name: bool,
        mode: u16,
    },
    CreateWith {
        name: Name,
        len: Len,
        takes_name: bool,
        how: Fill,
    },
    OpenOrCreateWith {
        name: Name,
        len: Len,
        takes_name: bool,
        how: Fill,
    },
    ReplaceWith {
        name: Name,
        len: Len,
        takes_name: bool,
        how: Fill,
    },
    Open {
        name: Name,
        read_only: bool,
        required: Required,
    },
    OpenReady {
        name: Name,
    },
    Unlink(Name),
    RemoveIfOrphaned(Name),
    Memfd {
        len: Len,
        resizable: bool,
        sparse: bool,
    },
    Seal {
        handle: u8,
        seals: u8,
    },
    Freeze {
        handle: u8,
        with: Option<u8>,
    },
    TryFrozen {
        handle: u8,
    },
    Drop {
        handle: u8,
    },
    IntoDescriptor {
        handle: u8,
    },
    Duplicate {
        handle: u8,
    },
    Resize {
        handle: u8,
        len: Len,
    },
    SetMode {
        handle: u8,
        mode: u16,
    },
    WriteAt {
        handle: u8,
        start: u16,
        len: u16,
        seed: u8,
    },
    ReadAt {
        handle: u8,
        start: u64,
        len: u16,
    },
    Map {
        handle: u8,
        how: How,
    },
    Unmap {
        mapping: u8,
        drop: bool,
    },
    WriteMapped {
        mapping: u8,
        start: u16,
        len: u16,
        seed: u8,
    },
}

/// Few, so that they are met again.
#[derive(Arbitrary, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    A,
    B,
    C,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
        }
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Len {
    Bytes(u16),
    /// More than there is room for.
    Far(u16),
}

impl Len {
    fn bytes(self) -> u64 {
        match self {
            Self::Bytes(len) => u64::from(len) % (3 * page_size() as u64),
            // Either side of what a file can have.
            Self::Far(len) => (i64::MAX as u64 - 8 + u64::from(len % 16)) | 1,
        }
    }

    fn is_possible(self) -> bool {
        matches!(self, Self::Bytes(_))
    }
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Fill {
    Pattern(u8),
    Refuse,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Required {
    Nothing,
    Len(u16),
    MinLen(u16),
    Owner { ours: bool },
    OnlyOwnerWrites,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum How {
    Shared,
    ReadOnly,
    Frozen,
    Private,
}

/// So many of each at a time.
const MOST: usize = 8;
const OPERATIONS: usize = 40;
/// Questions that may sleep.
const QUESTIONS: usize = 2;

/// What all its handles and mappings see.
#[derive(Debug)]
struct Object {
    contents: Vec<u8>,
    mode: u32,
    /// `None` for one with a name.
    seals: Option<SealFlags>,
}

#[expect(clippy::large_enum_variant, reason = "there are a handful")]
enum Owner {
    Named(SharedMemory),
    Memfd(Memfd),
    Frozen(FrozenMemfd),
}

struct Handle {
    owner: Owner,
    object: usize,
    writable: bool,
    takes_name: Option<Name>,
}

impl Handle {
    fn fd(&self) -> rawshm::fd::BorrowedFd<'_> {
        match &self.owner {
            Owner::Named(memory) => memory.as_fd(),
            Owner::Memfd(memfd) => memfd.as_fd(),
            Owner::Frozen(frozen) => frozen.as_fd(),
        }
    }
}

enum Mapped {
    Shared(Mapping<Shared>),
    ReadOnly(Mapping<ReadOnly>),
    Frozen(Mapping<Frozen>),
    /// With what it should hold.
    Private(Mapping<Private>, Vec<u8>),
}

struct World<'a> {
    arena: &'a Arena,
    objects: Vec<Object>,
    names: BTreeMap<Name, usize>,
    handles: Vec<Handle>,
    mappings: Vec<(usize, Mapped)>,
    root: bool,
    questions: usize,
}

thread_local! {
    static ARENA: Arena = Arena::new();
}

fuzz_target!(
    init: {
        ARENA.with(|_| ());
        // SAFETY: umask touches no memory.
        unsafe { libc::umask(0) };
    },
    |operations: Vec<Operation>| {
        ARENA.with(|arena| {
            let mut world = World {
                arena,
                objects: Vec::new(),
                names: BTreeMap::new(),
                handles: Vec::new(),
                mappings: Vec::new(),
                // SAFETY: geteuid touches no memory.
                root: unsafe { libc::geteuid() == 0 },
                questions: 0,
            };
            for &operation in operations.iter().take(OPERATIONS) {
                world.run(operation);
                world.check(operation);
            }
            world.end();
        });
        leaks::check();
    }
);

/// What a closure that fills says if it does not.
#[derive(Debug, PartialEq)]
enum Failure {
    Refused,
    Error(Errno),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error.errno())
    }
}

fn fill(how: Fill) -> impl FnOnce(SharedSlice<'_>) -> Result<(), Failure> {
    move |slice| match how {
        Fill::Pattern(seed) => {
            slice.copy_from_slice(&pattern(seed, slice.len()));
            Ok(())
        }
        Fill::Refuse => Err(Failure::Refused),
    }
}

/// What `create_with` and its kin say of a length and a closure; and the contents.
fn filled(len: Len, how: Fill) -> Result<Vec<u8>, Failure> {
    match (len, how) {
        (Len::Bytes(_), _) if len.bytes() == 0 => Err(Failure::Error(Errno::EINVAL)),
        (Len::Bytes(_), Fill::Pattern(seed)) => Ok(pattern(seed, len.bytes() as usize)),
        (Len::Bytes(_), Fill::Refuse) => Err(Failure::Refused),
        (Len::Far(_), _) => Err(too_long(len.bytes())),
    }
}

fn too_long(len: u64) -> Failure {
    let valid = i64::try_from(len).is_ok();
    Failure::Error(if valid { Errno::ENOSPC } else { Errno::EINVAL })
}

impl World<'_> {
    fn options(&self) -> rawshm::shm::SharedMemoryOptions<'_> {
        SharedMemory::options().directory(&self.arena.directory)
    }

    fn handle(&self, number: u8) -> Option<usize> {
        usize::from(number).checked_rem(self.handles.len())
    }

    fn named(
        &mut self,
        owner: SharedMemory,
        contents: Vec<u8>,
        mode: u32,
        name: Name,
        takes_name: bool,
    ) {
        self.objects.push(Object {
            contents,
            mode,
            seals: None,
        });
        let object = self.objects.len() - 1;
        self.names.insert(name, object);
        self.keep(Handle {
            owner: Owner::Named(owner),
            object,
            writable: true,
            takes_name: takes_name.then_some(name),
        });
    }

    fn keep(&mut self, handle: Handle) {
        self.handles.push(handle);
        if self.handles.len() > MOST {
            let handle = self.handles.remove(0);
            self.drop_handle(handle);
        }
    }

    fn drop_handle(&mut self, handle: Handle) {
        if let Some(name) = handle.takes_name {
            if self.names.get(&name) == Some(&handle.object) {
                self.names.remove(&name);
            }
        }
        drop(handle);
    }

    fn run(&mut self, operation: Operation) {
        match operation {
            Operation::Create {
                name,
                len,
                sparse,
                takes_name,
                mode,
            } => {
                let mode = self.mode(mode);
                let options = self.options().sparse(sparse).unlink_on_drop(takes_name);
                let options = options.mode(Mode::from_bits_retain(mode));
                // A sparse one may be as long as it likes.
                if sparse && !len.is_possible() {
                    return;
                }
                let made = errno(options.create(name.text(), len.bytes()));
                let valid = i64::try_from(len.bytes()).is_ok();
                let expected = if !valid {
                    Err(Errno::EINVAL)
                } else if self.names.contains_key(&name) {
                    Err(Errno::EEXIST)
                } else if len.is_possible() {
                    Ok(())
                } else {
                    Err(Errno::ENOSPC)
                };
                assert_eq!(made.as_ref().map(drop).map_err(|&errno| errno), expected);
                if let Ok(made) = made {
                    self.named(made, vec![0; len.bytes() as usize], mode, name, takes_name);
                }
            }
            Operation::CreateWith {
                name,
                len,
                takes_name,
                how,
            } => {
                let options = self.options().unlink_on_drop(takes_name);
                let made = options.create_with(name.text(), len.bytes(), fill(how));
                let expected = match self.names.contains_key(&name) {
                    true => Err(Failure::Error(Errno::EEXIST)),
                    false => filled(len, how),
                };
                self.made(made, expected, name, takes_name);
            }
            Operation::OpenOrCreateWith {
                name,
                len,
                takes_name,
                how,
            } => {
                // Who finds too little space asks again, in case others give some back.
                if !len.is_possible() && i64::try_from(len.bytes()).is_ok() {
                    return;
                }
                let options = self.options().unlink_on_drop(takes_name);
                let made = options.open_or_create_with(name.text(), len.bytes(), fill(how));
                let Some(&object) = self.names.get(&name) else {
                    return self.made(made, filled(len, how), name, takes_name);
                };
                let there = self.objects[object].contents.len() as u64;
                let expected = match there {
                    0 => Err(Failure::Error(Errno::ENODATA)),
                    _ if there < len.bytes() => Err(Failure::Error(Errno::ERANGE)),
                    _ => Ok(()),
                };
                assert_eq!(
                    made.as_ref()
                        .map(drop)
                        .map_err(|error| format!("{error:?}")),
                    expected.map_err(|error| format!("{error:?}"))
                );
                self.opened(made.ok(), object, true);
            }
            Operation::ReplaceWith {
                name,
                len,
                takes_name,
                how,
            } => {
                let options = self.options().unlink_on_drop(takes_name);
                let made = options.replace_with(name.text(), len.bytes(), fill(how));
                self.made(made, filled(len, how), name, takes_name);
            }
            Operation::Open {
                name,
                read_only,
                required,
            } => {
                // SAFETY: geteuid touches no memory.
                let we = unsafe { libc::geteuid() };
                let options = self.options().read_only(read_only);
                let options = match required {
                    Required::Nothing => options,
                    Required::Len(len) => options.require_len(len.into()),
                    Required::MinLen(len) => options.require_min_len(len.into()),
                    Required::Owner { ours } => {
                        options.require_owner(if ours { we } else { we + 1 })
                    }
                    Required::OnlyOwnerWrites => options.require_only_owner_writes(true),
                };
                let opened = errno(options.open(name.text()));
                let Some(&object) = self.names.get(&name) else {
                    assert_eq!(opened.unwrap_err(), Errno::ENOENT);
                    return;
                };
                let Object { contents, mode, .. } = &self.objects[object];
                let len = contents.len() as u64;
                let expected = match required {
                    Required::Owner { ours: false } => Err(Errno::EPERM),
                    Required::OnlyOwnerWrites if mode & 0o022 != 0 => Err(Errno::EACCES),
                    Required::Len(0) if len > 0 => Err(Errno::ERANGE),
                    Required::Len(0) | Required::MinLen(0) => Ok(()),
                    _ if len == 0 => Err(Errno::ENODATA),
                    Required::Len(wanted) if len != u64::from(wanted) => Err(Errno::ERANGE),
                    Required::MinLen(wanted) if len < u64::from(wanted) => Err(Errno::ERANGE),
                    _ => Ok(()),
                };
                assert_eq!(
                    opened.as_ref().map(drop).map_err(|&errno| errno),
                    expected,
                    "{len}"
                );
                self.opened(opened.ok(), object, !read_only);
            }
            Operation::OpenReady { name } => {
                let opened = errno(
                    self.options()
                        .open_ready(name.text(), std::time::Duration::ZERO),
                );
                let object = self.names.get(&name).copied();
                let expected = match object.map(|object| self.objects[object].contents.len()) {
                    None => Err(Errno::ENOENT),
                    Some(0) => Err(Errno::ENODATA),
                    Some(_) => Ok(()),
                };
                assert_eq!(opened.as_ref().map(drop).map_err(|&errno| errno), expected);
                if let Some(object) = object {
                    self.opened(opened.ok(), object, true);
                }
            }
            Operation::Unlink(name) => {
                let expected = self.names.remove(&name).map(drop).ok_or(Errno::ENOENT);
                assert_eq!(errno(self.options().unlink(name.text())), expected);
            }
            Operation::RemoveIfOrphaned(name) => {
                self.questions += 1;
                if self.questions > QUESTIONS {
                    return;
                }
                let removed = errno(self.options().remove_if_orphaned(name.text()));
                let expected = self.names.get(&name).ok_or(Errno::ENOENT).map(|object| {
                    let held = self.handles.iter().any(|handle| handle.object == *object)
                        || self.mappings.iter().any(|(mapped, _)| mapped == object);
                    if held {
                        Removal::InUse
                    } else {
                        Removal::Removed
                    }
                });
                // Before Linux 5.4 nobody is told.
                if removed == Ok(Removal::Unknown) {
                    return;
                }
                assert_eq!(removed, expected);
                if removed == Ok(Removal::Removed) {
                    self.names.remove(&name);
                }
            }
            Operation::Memfd {
                len,
                resizable,
                sparse,
            } => {
                if sparse && !len.is_possible() {
                    return;
                }
                let options = Memfd::options().resizable(resizable).sparse(sparse);
                let made = errno(options.create("fuzz", len.bytes()));
                if !len.is_possible() {
                    assert_eq!(Failure::Error(made.unwrap_err()), too_long(len.bytes()));
                    return;
                }
                let made = made.unwrap();
                let seals = memfd::seals(&made).unwrap();
                let size = SealFlags::SHRINK | SealFlags::GROW;
                let due = if resizable { SealFlags::empty() } else { size };
                assert_eq!(seals - SealFlags::EXEC, due);
                let mode = made.stat().unwrap().mode().permissions().bits();
                let contents = vec![0; len.bytes() as usize];
                self.objects.push(Object {
                    contents,
                    mode,
                    seals: Some(seals),
                });
                let object = self.objects.len() - 1;
                self.keep(Handle {
                    owner: Owner::Memfd(made),
                    object,
                    writable: true,
                    takes_name: None,
                });
            }
            Operation::Seal { handle, seals } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let seals = SealFlags::from_bits_retain(u32::from(seals) & 0x1f);
                let (object, writable) =
                    (self.handles[number].object, self.handles[number].writable);
                let sealed = errno(memfd::add_seals(self.handles[number].fd(), seals));
                let expected = if writable {
                    self.may_seal(object, seals)
                } else {
                    Err(Errno::EPERM)
                };
                assert_eq!(sealed, expected);
                if sealed.is_ok() {
                    self.sealed(object, seals);
                }
            }
            Operation::Freeze { handle, with } => self.freeze(handle, with),
            Operation::TryFrozen { handle } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let object = self.handles[number].object;
                let copy = descriptor::dup(self.handles[number].fd()).unwrap();
                let needed = SealFlags::WRITE | SealFlags::SHRINK;
                let due = self.objects[object]
                    .seals
                    .is_some_and(|seals| seals.contains(needed));
                match FrozenMemfd::try_from(copy) {
                    Ok(frozen) => {
                        assert!(due);
                        self.keep(Handle {
                            owner: Owner::Frozen(frozen),
                            object,
                            writable: true,
                            takes_name: None,
                        });
                    }
                    Err(Refused { error, value: _ }) => {
                        assert!(!due);
                        assert_eq!(Error::from(error).errno(), Errno::EPERM);
                    }
                }
            }
            Operation::Drop { handle } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let handle = self.handles.swap_remove(number);
                self.drop_handle(handle);
            }
            Operation::IntoDescriptor { handle } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let Handle {
                    owner,
                    object,
                    writable,
                    takes_name,
                } = self.handles.swap_remove(number);
                // It counts as a drop: the name goes.
                if let Some(name) = takes_name {
                    if self.names.get(&name) == Some(&object) {
                        self.names.remove(&name);
                    }
                }
                let owner = match owner {
                    Owner::Named(memory) => {
                        Owner::Named(SharedMemory::try_from(OwnedFd::from(memory)).unwrap())
                    }
                    // What is sealed for good is no longer made into one that is not.
                    Owner::Memfd(memfd) => {
                        Owner::Named(SharedMemory::try_from(OwnedFd::from(memfd)).unwrap())
                    }
                    Owner::Frozen(frozen) => {
                        Owner::Frozen(FrozenMemfd::try_from(OwnedFd::from(frozen)).unwrap())
                    }
                };
                self.keep(Handle {
                    owner,
                    object,
                    writable,
                    takes_name: None,
                });
            }
            Operation::Duplicate { handle } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let Handle {
                    object, writable, ..
                } = self.handles[number];
                let copy = descriptor::dup(self.handles[number].fd()).unwrap();
                let owner = Owner::Named(SharedMemory::try_from(copy).unwrap());
                self.keep(Handle {
                    owner,
                    object,
                    writable,
                    takes_name: None,
                });
            }
            Operation::Resize { handle, len } => self.resize(handle, len),
            Operation::SetMode { handle, mode } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                if let Owner::Named(memory) = &self.handles[number].owner {
                    let object = self.handles[number].object;
                    // A memfd's may be sealed.
                    if self.objects[object].seals.is_none() {
                        let mode = self.mode(mode);
                        memory.set_mode(Mode::from_bits_retain(mode)).unwrap();
                        self.objects[object].mode = mode;
                    }
                }
            }
            Operation::WriteAt {
                handle,
                start,
                len,
                seed,
            } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let Handle {
                    object, writable, ..
                } = self.handles[number];
                let Some((start, bytes)) = self.part(object, start, len, seed) else {
                    return;
                };
                let written = errno(descriptor::pwrite(
                    self.handles[number].fd(),
                    &bytes,
                    start as u64,
                ));
                let Object {
                    contents, seals, ..
                } = &mut self.objects[object];
                let sealed = SealFlags::WRITE | SealFlags::FUTURE_WRITE;
                let sealed = seals.is_some_and(|seals| seals.intersects(sealed));
                let expected = match (writable, sealed) {
                    (false, _) => Err(Errno::EBADF),
                    (true, true) if !bytes.is_empty() => Err(Errno::EPERM),
                    (true, _) => Ok(bytes.len()),
                };
                assert_eq!(written, expected);
                if written.is_ok() {
                    contents[start..start + bytes.len()].copy_from_slice(&bytes);
                }
            }
            Operation::ReadAt { handle, start, len } => {
                let Some(number) = self.handle(handle) else {
                    return;
                };
                let contents = &self.objects[self.handles[number].object].contents;
                let mut bytes = vec![0; len.into()];
                let read = errno(descriptor::pread(
                    self.handles[number].fd(),
                    &mut bytes,
                    start,
                ));
                if i64::try_from(start).is_err() {
                    assert_eq!(read, Err(Errno::EINVAL));
                    return;
                }
                // Past what a file can have the kernel may say so.
                let Ok(read) = read else {
                    return assert!(start > 1 << 62);
                };
                let from = usize::try_from(start).unwrap().min(contents.len());
                let to = contents.len().min(from + bytes.len());
                assert_eq!(bytes[..read], contents[from..to]);
            }
            Operation::Map { handle, how } => self.map(handle, how),
            Operation::Unmap {
                mapping,
                drop: by_drop,
            } => {
                let Some(number) = usize::from(mapping).checked_rem(self.mappings.len()) else {
                    return;
                };
                match (self.mappings.swap_remove(number).1, by_drop) {
                    (mapped, true) => drop(mapped),
                    (Mapped::Shared(mapping), false) => mapping.unmap().unwrap(),
                    (Mapped::ReadOnly(mapping), false) => mapping.unmap().unwrap(),
                    (Mapped::Frozen(mapping), false) => mapping.unmap().unwrap(),
                    (Mapped::Private(mapping, _), false) => mapping.unmap().unwrap(),
                }
            }
            Operation::WriteMapped {
                mapping,
                start,
                len,
                seed,
            } => {
                let Some(number) = usize::from(mapping).checked_rem(self.mappings.len()) else {
                    return;
                };
                let object = self.mappings[number].0;
                let Some((start, bytes)) = self.part(object, start, len, seed) else {
                    return;
                };
                let end = start + bytes.len();
                match &mut self.mappings[number].1 {
                    Mapped::Shared(mapping) if end <= mapping.len() => {
                        mapping.shared().slice(start..end).copy_from_slice(&bytes);
                        self.objects[object].contents[start..end].copy_from_slice(&bytes);
                    }
                    Mapped::Private(mapping, contents) if end <= mapping.len() => {
                        mapping[start..end].copy_from_slice(&bytes);
                        contents[start..end].copy_from_slice(&bytes);
                    }
                    _ => {}
                }
            }
        }
    }

    /// One that lets us in again.
    fn mode(&self, mode: u16) -> u32 {
        let mode = u32::from(mode) & 0o777;
        if self.root { mode } else { mode | 0o600 }
    }

    /// Bytes for a part of an object.
    fn part(&self, object: usize, start: u16, len: u16, seed: u8) -> Option<(usize, Vec<u8>)> {
        let all = self.objects[object].contents.len();
        let start = usize::from(start).checked_rem(all)?;
        Some((start, pattern(seed, usize::from(len) % (all - start + 1))))
    }

    fn made(
        &mut self,
        made: Result<SharedMemory, Failure>,
        expected: Result<Vec<u8>, Failure>,
        name: Name,
        takes_name: bool,
    ) {
        match (made, expected) {
            (Ok(made), Ok(contents)) => self.named(made, contents, 0o600, name, takes_name),
            (made, expected) => assert_eq!(made.map(drop), expected.map(drop)),
        }
    }

    fn opened(&mut self, opened: Option<SharedMemory>, object: usize, writable: bool) {
        if let Some(opened) = opened {
            self.keep(Handle {
                owner: Owner::Named(opened),
                object,
                writable,
                takes_name: None,
            });
        }
    }

    // --- seals ---------------------------------------------------------------

    /// What the kernel says of further seals.
    fn may_seal(&self, object: usize, seals: SealFlags) -> Result<(), Errno> {
        // An object with a name is sealed against seals.
        let before = self.objects[object].seals.unwrap_or(SealFlags::SEAL);
        let could_write = self.mappings.iter().any(|(mapped, mapping)| {
            *mapped == object && matches!(mapping, Mapped::Shared(_) | Mapped::ReadOnly(_))
        });
        if before.contains(SealFlags::SEAL) {
            Err(Errno::EPERM)
        } else if (seals - before).contains(SealFlags::WRITE) && could_write {
            Err(Errno::EBUSY)
        } else {
            Ok(())
        }
    }

    fn sealed(&mut self, object: usize, seals: SealFlags) {
        let before = self.objects[object].seals.as_mut().expect("a memfd");
        *before |= seals;
    }

    fn freeze(&mut self, number: u8, with: Option<u8>) {
        let Some(number) = self.handle(number) else {
            return;
        };
        let Handle {
            owner,
            object,
            writable,
            takes_name,
        } = self.handles.swap_remove(number);
        let Owner::Memfd(memfd) = owner else {
            return self.handles.push(Handle {
                owner,
                object,
                writable,
                takes_name,
            });
        };
        let all = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        let with = with.and_then(|with| {
            let number = usize::from(with).checked_rem(self.mappings.len())?;
            matches!(self.mappings[number].1, Mapped::Shared(_))
                .then(|| self.mappings.swap_remove(number))
        });
        let owner = match with {
            Some((of, Mapped::Shared(mapping))) => {
                let fits = of == object && mapping.len() == self.objects[object].contents.len();
                // The mapping must not count among those that could write.
                let expected = if fits {
                    self.may_seal(object, all)
                } else {
                    Err(Errno::EINVAL)
                };
                let (start, len) = (mapping.addr(), mapping.len());
                match memfd.freeze_with(mapping) {
                    Ok(frozen) => {
                        assert_eq!(expected, Ok(()));
                        self.sealed(object, all);
                        Owner::Frozen(frozen)
                    }
                    Err(Refused { error, value }) => {
                        let error = error.errno();
                        // Which of two reasons is told is not promised.
                        let due = expected.expect_err("it could be frozen");
                        assert!(error == due || !fits, "{error}, {due} was due");
                        if let Some(mapping) = value.mapping {
                            assert_eq!((mapping.addr(), mapping.len()), (start, len));
                            self.mappings.push((of, Mapped::Shared(mapping)));
                        }
                        Owner::Memfd(value.memfd)
                    }
                }
            }
            _ => {
                let expected = self.may_seal(object, all);
                match memfd.freeze() {
                    Ok(frozen) => {
                        assert_eq!(expected, Ok(()));
                        self.sealed(object, all);
                        Owner::Frozen(frozen)
                    }
                    Err(Refused { error, value }) => {
                        assert_eq!(Err(error.errno()), expected);
                        Owner::Memfd(value)
                    }
                }
            }
        };
        self.handles.push(Handle {
            owner,
            object,
            writable,
            takes_name,
        });
    }

    // --- size and mappings ----------------------------------------------------

    fn resize(&mut self, number: u8, len: Len) {
        let Some(number) = self.handle(number) else {
            return;
        };
        let handle = &self.handles[number];
        let resized = match &handle.owner {
            Owner::Named(memory) => errno(memory.resize(len.bytes())),
            Owner::Memfd(memfd) => errno(memfd.resize(len.bytes())),
            Owner::Frozen(_) => return,
        };
        let Object {
            contents, seals, ..
        } = &mut self.objects[handle.object];
        let (before, len_bytes) = (contents.len() as u64, len.bytes());
        let seals = seals.unwrap_or(SealFlags::empty());
        let (grows, shrinks) = (len_bytes > before, len_bytes < before);
        let possible = len.is_possible()
            && handle.writable
            && !(grows && seals.contains(SealFlags::GROW))
            && !(shrinks && seals.contains(SealFlags::SHRINK));
        // One that is sealed against writing takes no memory either.
        let is_open = !grows || !seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE);
        if possible && is_open {
            assert_eq!(resized, Ok(()));
        } else if !possible {
            assert!(resized.is_err(), "{before} to {len_bytes}");
        }
        if resized.is_ok() {
            contents.resize(len_bytes as usize, 0);
        }
    }

    fn map(&mut self, number: u8, how: How) {
        let Some(number) = self.handle(number) else {
            return;
        };
        let handle = &self.handles[number];
        let (fd, object) = (handle.fd(), handle.object);
        let Object {
            contents, seals, ..
        } = &self.objects[object];
        let seals = seals.unwrap_or(SealFlags::SEAL);
        let sealed = seals.intersects(SealFlags::WRITE | SealFlags::FUTURE_WRITE);
        let frozen = seals.contains(SealFlags::WRITE | SealFlags::SHRINK);
        let options = MapOptions::new();
        let empty = contents.is_empty();
        let expected = match how {
            How::Frozen | How::Private if !frozen => Err(Errno::EPERM),
            _ if empty => Err(Errno::EINVAL),
            How::Shared if !handle.writable => Err(Errno::EACCES),
            How::Shared if sealed => Err(Errno::EPERM),
            _ => Ok(()),
        };
        let mapped = match how {
            How::Shared => errno(options.map_shared(fd)).map(Mapped::Shared),
            How::ReadOnly => match errno(options.map_read_only(fd)) {
                // Kernels before 6.7 map nothing shared that is sealed.
                Err(Errno::EPERM) if sealed => return,
                // One that cannot become writable does not count.
                Ok(_) if sealed || !handle.writable => return,
                mapped => mapped.map(Mapped::ReadOnly),
            },
            How::Frozen => errno(options.map_frozen(fd)).map(Mapped::Frozen),
            How::Private => errno(options.map_private(fd))
                .map(|mapping| Mapped::Private(mapping, contents.clone())),
        };
        assert_eq!(mapped.as_ref().map(drop).map_err(|&errno| errno), expected);
        if let Ok(mapped) = mapped {
            self.mappings.push((object, mapped));
            if self.mappings.len() > MOST {
                self.mappings.remove(0);
            }
        }
    }

    // --- what must hold ---------------------------------------------------------

    fn check(&self, operation: Operation) {
        let listed = shm::list_in(&self.arena.directory).unwrap();
        let listed: BTreeMap<_, _> = listed
            .map(|object| object.unwrap())
            .map(|object| {
                (
                    object.name().to_vec(),
                    (
                        object.stat().size(),
                        object.stat().mode().permissions().bits(),
                        object.stat().nlink(),
                    ),
                )
            })
            .collect();
        let expected: BTreeMap<_, _> = self
            .names
            .iter()
            .map(|(name, &object)| {
                let Object { contents, mode, .. } = &self.objects[object];
                (
                    name.text().as_bytes().to_vec(),
                    (contents.len() as u64, *mode, 1),
                )
            })
            .collect();
        assert_eq!(listed, expected, "{operation:?}");
        // The list passes over what is no object.
        assert_eq!(
            fs::read_dir(&self.arena.path).unwrap().count(),
            expected.len()
        );
        for handle in &self.handles {
            let object = &self.objects[handle.object];
            let stat = descriptor::fstat(handle.fd()).unwrap();
            assert_eq!(stat.size(), object.contents.len() as u64, "{operation:?}");
            let named = self.names.values().any(|&named| named == handle.object);
            assert_eq!(stat.nlink(), u64::from(named), "{operation:?}");
            let seals = memfd::seals(handle.fd()).unwrap();
            assert_eq!(seals, object.seals.unwrap_or(SealFlags::SEAL));
            let mut contents = vec![0; object.contents.len() + 1];
            let len = descriptor::pread(handle.fd(), &mut contents, 0).unwrap();
            assert!(contents[..len] == object.contents, "{operation:?}");
        }
        for (object, mapped) in &self.mappings {
            let contents = &self.objects[*object].contents;
            match mapped {
                Mapped::Shared(mapping) => {
                    check_shared(mapping.shared(), mapping.check(), contents)
                }
                Mapped::ReadOnly(mapping) => {
                    check_shared(mapping.shared(), mapping.check(), contents)
                }
                Mapped::Frozen(mapping) => assert!(mapping[..] == contents[..mapping.len()]),
                Mapped::Private(mapping, contents) => assert!(mapping[..] == contents[..]),
            }
        }
    }

    fn end(mut self) {
        self.mappings.clear();
        while let Some(handle) = self.handles.pop() {
            self.drop_handle(handle);
        }
        for name in self.names.keys() {
            self.options().unlink(name.text()).unwrap();
        }
        let left = fs::read_dir(&self.arena.path).unwrap().count();
        assert_eq!(left, 0, "names are left");
    }
}

/// What is beyond the object's last page is gone, and said to be.
fn check_shared<A: rawshm::mm::Access>(
    slice: SharedSlice<'_, A>,
    checked: Result<(), Error>,
    contents: &[u8],
) {
    let pages_end = contents.len().next_multiple_of(page_size());
    let mut copy = vec![0; slice.len()];
    let copied = slice.try_copy_to_slice(&mut copy);
    if slice.len() <= pages_end {
        assert_eq!(checked, Ok(()));
        copied.unwrap();
    } else {
        assert_eq!(checked.unwrap_err().errno(), Errno::EFAULT);
        let partial = copied.unwrap_err();
        assert_eq!(partial.error.errno(), Errno::EFAULT);
        assert_eq!(
            partial.copied,
            pages_end,
            "{} of {}",
            slice.len(),
            contents.len()
        );
    }
    let there = slice.len().min(contents.len());
    assert!(copy[..there] == contents[..there]);
}
