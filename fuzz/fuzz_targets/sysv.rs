//! System V segments: random lives of some, against a model and the kernel's own list.

#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::descriptor::Mode;
use rawshm::mm::page_size;
use rawshm::sysv::{self, IpcMode, Key, ShmId};
use rawshm::{Errno, Error, Mapping, ReadOnly, Refused, Segment, Shared, SharedSlice};
use rawshm_fuzz::surroundings::own_segments;
use rawshm_fuzz::{errno, leaks, maps, pattern};

#[derive(Arbitrary, Debug)]
enum Operation {
    Create {
        len: Len,
    },
    Open {
        key: u8,
        create: bool,
        exclusive: bool,
        no_reserve: bool,
        mode: u16,
        len: Len,
    },
    OpenId(u8),
    OpenNumber(i32),
    Attach {
        segment: u8,
        read_only: bool,
    },
    AttachAt {
        segment: u8,
        read_only: bool,
        place: u8,
        shift: u8,
    },
    Detach {
        mapping: u8,
        drop: bool,
    },
    IntoReadOnly(u8),
    Write {
        mapping: u8,
        start: u16,
        len: u16,
        seed: u8,
    },
    Destroy(u8),
    DestroyById(u8),
    DestroyOnDrop(u8),
    Drop(u8),
    SetMode {
        segment: u8,
        mode: u16,
    },
    SetOwner {
        segment: u8,
    },
    Lock {
        segment: u8,
        lock: bool,
    },
    Remap(u8),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Len {
    Bytes(u16),
    /// More than there is room for.
    Far(u16),
}

impl Len {
    fn bytes(self) -> usize {
        match self {
            Self::Bytes(len) => usize::from(len) % (3 * page_size()),
            Self::Far(len) => usize::MAX - usize::from(len),
        }
    }
}

/// So many of each at a time.
const MOST: usize = 8;
const OPERATIONS: usize = 40;

/// Where nothing is, with the sanitizer's memory elsewhere.
const PLACE: usize = 0x2000_0000_0000;

/// A segment that the kernel has.
#[derive(Debug)]
struct Made {
    key: i32,
    mode: u32,
    contents: Vec<u8>,
    attached: u64,
    destroyed: bool,
    locked: bool,
}

enum Attached {
    Shared(Mapping<Shared>),
    ReadOnly(Mapping<ReadOnly>),
}

impl Attached {
    fn bytes(&self) -> &[u8] {
        let (start, len) = match self {
            Self::Shared(mapping) => (mapping.as_ptr(), mapping.len()),
            Self::ReadOnly(mapping) => (mapping.as_ptr(), mapping.len()),
        };
        // SAFETY: attached while it is borrowed, and nothing writes it meanwhile.
        unsafe { std::slice::from_raw_parts(start, len) }
    }

    fn addresses(&self) -> std::ops::Range<usize> {
        let start = self.bytes().as_ptr().addr();
        start..start + self.bytes().len().next_multiple_of(page_size())
    }
}

struct Handle {
    segment: Segment,
    destroys: bool,
}

#[derive(Default)]
struct World {
    made: BTreeMap<i32, Made>,
    handles: Vec<Handle>,
    mappings: Vec<(ShmId, Attached)>,
    root: bool,
    alone: bool,
}

thread_local! {
    /// Whether segments are ours alone, and whether we are root.
    static SURROUNDINGS: (bool, bool) = {
        let alone = own_segments();
        // SAFETY: geteuid touches no memory.
        (alone, unsafe { libc::geteuid() == 0 })
    };
}

fuzz_target!(
    init: SURROUNDINGS.with(|_| ()),
    |operations: Vec<Operation>| {
        let (alone, root) = SURROUNDINGS.with(|&both| both);
        let mut world = World { alone, root, ..World::default() };
        for operation in operations.iter().take(OPERATIONS) {
            world.run(operation);
            world.check();
        }
        world.end();
        leaks::check();
    }
);

impl World {
    fn handle(&self, number: u8) -> Option<usize> {
        usize::from(number).checked_rem(self.handles.len())
    }

    fn mapping(&self, number: u8) -> Option<usize> {
        usize::from(number).checked_rem(self.mappings.len())
    }

    /// The key itself; none of everybody's.
    fn key(&self, number: u8) -> Key {
        match number % 4 {
            0 => Key::PRIVATE,
            number => {
                Key::new(0x5eed_f000 + i32::from(number) + (std::process::id() as i32 % 0x100) * 16)
            }
        }
    }

    /// Whether its mode lets us, who are its owner, do what the bits say.
    fn allows(&self, made: &Made, wanted: u32) -> bool {
        self.root || (wanted >> 6 | wanted >> 3 | wanted) & !(made.mode >> 6) & 7 == 0
    }

    fn run(&mut self, operation: &Operation) {
        match *operation {
            Operation::Create { len } => {
                let made = errno(Segment::create(len.bytes()));
                self.created(made, Key::PRIVATE, 0o600, len);
            }
            Operation::Open {
                key,
                create,
                exclusive,
                no_reserve,
                mode,
                len,
            } => {
                let (key, mode) = (self.key(key), u32::from(mode) & 0o777);
                let options = Segment::options()
                    .key(key)
                    .create(create)
                    .exclusive(exclusive);
                let options = options
                    .no_reserve(no_reserve)
                    .mode(Mode::from_bits_retain(mode));
                let opened = errno(options.open(len.bytes()));
                let found = self.made.iter().find(|(_, made)| {
                    key != Key::PRIVATE && !made.destroyed && made.key == key.raw()
                });
                let Some((&id, made)) = found else {
                    if key == Key::PRIVATE || create {
                        self.created(opened, key, mode, len);
                    } else {
                        assert_eq!(opened.unwrap_err(), Errno::ENOENT);
                    }
                    return;
                };
                let expected = if create && exclusive {
                    Err(Errno::EEXIST)
                } else if len.bytes() > made.contents.len() {
                    Err(Errno::EINVAL)
                } else if !self.allows(made, mode) {
                    Err(Errno::EACCES)
                } else {
                    Ok(id)
                };
                assert_eq!(
                    opened
                        .as_ref()
                        .map(|segment| segment.id().raw())
                        .map_err(|&errno| errno),
                    expected
                );
                self.keep(opened);
            }
            Operation::OpenId(number) => {
                // One that is there, or one that was.
                let there = usize::from(number).checked_rem(self.made.len());
                let Some(id) = there.and_then(|number| self.made.keys().nth(number).copied())
                else {
                    return;
                };
                let opened = errno(Segment::open(ShmId::from_raw(id)));
                let due = self.allows(&self.made[&id], 0o444);
                assert_eq!(opened.as_ref().err(), (!due).then_some(&Errno::EACCES));
                self.keep(opened);
            }
            Operation::OpenNumber(id) => {
                if self.alone && !self.made.contains_key(&id) {
                    let opened = errno(Segment::open(ShmId::from_raw(id)));
                    assert_eq!(opened.unwrap_err(), Errno::EINVAL);
                }
            }
            Operation::Attach { segment, read_only } => {
                let Some(number) = self.handle(segment) else {
                    return;
                };
                let segment = &self.handles[number].segment;
                let attached = if read_only {
                    errno(segment.attach_read_only()).map(Attached::ReadOnly)
                } else {
                    errno(segment.attach()).map(Attached::Shared)
                };
                self.attached(segment.id(), attached, read_only, None);
            }
            Operation::AttachAt {
                segment,
                read_only,
                place,
                shift,
            } => {
                let Some(number) = self.handle(segment) else {
                    return;
                };
                let segment = &self.handles[number].segment;
                let address =
                    PLACE + usize::from(place % 16) * page_size() + usize::from(shift / 250);
                let attached = if read_only {
                    errno(segment.attach_read_only_at(address)).map(Attached::ReadOnly)
                } else {
                    errno(segment.attach_at(address)).map(Attached::Shared)
                };
                self.attached(segment.id(), attached, read_only, Some(address));
            }
            Operation::Detach { mapping, drop } => {
                let Some(number) = self.mapping(mapping) else {
                    return;
                };
                let (id, attached) = self.mappings.swap_remove(number);
                self.detach(id, attached, drop);
            }
            Operation::IntoReadOnly(mapping) => {
                let Some(number) = self.mapping(mapping) else {
                    return;
                };
                let (id, attached) = self.mappings.swap_remove(number);
                let attached = match attached {
                    Attached::Shared(mapping) => {
                        Attached::ReadOnly(mapping.into_read_only().unwrap())
                    }
                    attached => attached,
                };
                self.mappings.push((id, attached));
            }
            Operation::Write {
                mapping,
                start,
                len,
                seed,
            } => {
                let Some(number) = self.mapping(mapping) else {
                    return;
                };
                if let (id, Attached::Shared(mapping)) = &self.mappings[number] {
                    let start = usize::from(start) % mapping.len();
                    let len = usize::from(len) % (mapping.len() - start + 1);
                    let bytes = pattern(seed, len);
                    let part: SharedSlice<'_> = mapping.shared().slice(start..start + len);
                    part.copy_from_slice(&bytes);
                    let made = self.made.get_mut(&id.raw()).expect("it is attached");
                    made.contents[start..start + len].copy_from_slice(&bytes);
                }
            }
            Operation::Destroy(segment) => {
                let Some(number) = self.handle(segment) else {
                    return;
                };
                let Handle { segment, destroys } = self.handles.swap_remove(number);
                let id = segment.id();
                match (segment.destroy(), self.made.contains_key(&id.raw())) {
                    (Ok(()), true) => self.destroyed(id),
                    (Err(Refused { error, value }), false) => {
                        assert_eq!((error.errno(), value.id()), (Errno::EINVAL, id));
                        self.handles.push(Handle {
                            segment: value,
                            destroys,
                        });
                    }
                    (result, there) => panic!("{result:?}, there: {there}"),
                }
            }
            Operation::DestroyById(number) => {
                let there = usize::from(number).checked_rem(self.made.len());
                let Some(id) = there.and_then(|number| self.made.keys().nth(number).copied())
                else {
                    return;
                };
                Segment::destroy_by_id(ShmId::from_raw(id)).unwrap();
                self.destroyed(ShmId::from_raw(id));
            }
            Operation::DestroyOnDrop(segment) => {
                let Some(number) = self.handle(segment) else {
                    return;
                };
                let handle = self.handles.swap_remove(number);
                let segment = handle.segment.destroy_on_drop();
                self.handles.push(Handle {
                    segment,
                    destroys: true,
                });
            }
            Operation::Drop(segment) => {
                let Some(number) = self.handle(segment) else {
                    return;
                };
                self.drop_handle(number);
            }
            Operation::SetMode { segment, mode } => {
                let mode = u32::from(mode) & 0o777;
                self.change(
                    segment,
                    0o444,
                    |segment| segment.set_mode(Mode::from_bits_retain(mode)),
                    |made| made.mode = mode,
                );
            }
            Operation::SetOwner { segment } => {
                // SAFETY: getgid touches no memory.
                let group = unsafe { libc::getegid() };
                self.change(
                    segment,
                    0o444,
                    |segment| segment.set_owner(None, Some(group)),
                    |_| (),
                );
            }
            Operation::Lock { segment, lock } => {
                // Others have limits for that.
                if self.root {
                    let call = |segment: &Segment| {
                        if lock {
                            segment.lock()
                        } else {
                            segment.unlock()
                        }
                    };
                    self.change(segment, 0, call, |made| made.locked = lock);
                }
            }
            Operation::Remap(mapping) => {
                let Some(number) = self.mapping(mapping) else {
                    return;
                };
                let (id, attached) = self.mappings.swap_remove(number);
                let Attached::Shared(mapping) = attached else {
                    return self.mappings.push((id, attached));
                };
                let len = mapping.len();
                let Err(Refused { error, value }) = mapping.shrink(len) else {
                    panic!("a segment has no parts");
                };
                assert_eq!(error.errno(), Errno::EINVAL);
                self.mappings.push((id, Attached::Shared(value)));
            }
        }
    }

    fn created(&mut self, made: Result<Segment, Errno>, key: Key, mode: u32, len: Len) {
        let Len::Bytes(_) = len else {
            // The one limit or the other.
            made.expect_err("there is no room for it");
            return;
        };
        if len.bytes() == 0 {
            assert_eq!(made.unwrap_err(), Errno::EINVAL);
            return;
        }
        let made = made.expect("there is room");
        let before = self.made.insert(
            made.id().raw(),
            Made {
                key: key.raw(),
                mode,
                contents: vec![0; len.bytes()],
                attached: 0,
                destroyed: false,
                locked: false,
            },
        );
        assert!(before.is_none(), "the id is another's");
        self.keep(Ok(made));
    }

    fn keep(&mut self, segment: Result<Segment, Errno>) {
        let Ok(segment) = segment else { return };
        self.handles.push(Handle {
            segment,
            destroys: false,
        });
        if self.handles.len() > MOST {
            self.drop_handle(0);
        }
    }

    fn drop_handle(&mut self, number: usize) {
        let Handle { segment, destroys } = self.handles.swap_remove(number);
        let id = segment.id();
        drop(segment);
        if destroys && self.made.contains_key(&id.raw()) {
            self.destroyed(id);
        }
    }

    fn destroyed(&mut self, id: ShmId) {
        let made = self.made.get_mut(&id.raw()).expect("it is there");
        made.destroyed = true;
        // At once it loses its key.
        made.key = Key::PRIVATE.raw();
        if made.attached == 0 {
            self.made.remove(&id.raw());
        }
    }

    fn attached(
        &mut self,
        id: ShmId,
        attached: Result<Attached, Errno>,
        read_only: bool,
        place: Option<usize>,
    ) {
        let made = self.made.get(&id.raw());
        let expected = match (made, place) {
            (_, Some(place)) if place % page_size() != 0 => Err(Errno::EINVAL),
            (None, _) => Err(Errno::EINVAL),
            (Some(made), _) if !self.allows(made, if read_only { 0o444 } else { 0o666 }) => {
                Err(Errno::EACCES)
            }
            (Some(made), Some(place)) => {
                let wanted = place..place + made.contents.len().next_multiple_of(page_size());
                let taken = self.mappings.iter().any(|(_, other)| {
                    let other = other.addresses();
                    other.start < wanted.end && wanted.start < other.end
                });
                if taken { Err(Errno::EEXIST) } else { Ok(()) }
            }
            (Some(_), None) => Ok(()),
        };
        assert_eq!(
            attached.as_ref().map(drop).map_err(|&errno| errno),
            expected
        );
        let Ok(attached) = attached else { return };
        let start = attached.addresses().start;
        assert!(place.is_none_or(|place| place == start));
        self.made.get_mut(&id.raw()).expect("it is there").attached += 1;
        self.mappings.push((id, attached));
        if self.mappings.len() > MOST {
            let (id, attached) = self.mappings.remove(0);
            self.detach(id, attached, true);
        }
    }

    fn detach(&mut self, id: ShmId, attached: Attached, by_drop: bool) {
        let addresses = attached.addresses();
        match (attached, by_drop) {
            (attached, true) => drop(attached),
            (Attached::Shared(mapping), false) => mapping.unmap().unwrap(),
            (Attached::ReadOnly(mapping), false) => mapping.unmap().unwrap(),
        }
        assert!(!maps::is_all_mapped(addresses.start, page_size()));
        let made = self.made.get_mut(&id.raw()).expect("it was attached");
        made.attached -= 1;
        if made.destroyed && made.attached == 0 {
            self.made.remove(&id.raw());
        }
    }

    fn change(
        &mut self,
        segment: u8,
        wanted: u32,
        call: impl FnOnce(&Segment) -> Result<(), Error>,
        model: impl FnOnce(&mut Made),
    ) {
        let Some(number) = self.handle(segment) else {
            return;
        };
        let segment = &self.handles[number].segment;
        let changed = errno(call(segment));
        let id = segment.id().raw();
        let expected = match self.made.get(&id) {
            None => Err(Errno::EINVAL),
            Some(made) if !self.allows(made, wanted) => Err(Errno::EACCES),
            Some(_) => Ok(()),
        };
        assert_eq!(changed, expected);
        if changed.is_ok() {
            model(self.made.get_mut(&id).expect("it is there"));
        }
    }

    fn check(&self) {
        let listed = sysv::list().unwrap();
        let listed: BTreeMap<i32, _> = listed.map(|each| (each.id().raw(), each)).collect();
        if self.alone {
            assert!(
                listed.keys().eq(self.made.keys()),
                "{listed:?} {:?}",
                self.made
            );
        }
        for (id, made) in &self.made {
            let listed = listed.get(id).expect("it is there");
            let stat = listed.stat();
            let mode = stat.perm().mode();
            assert_eq!(stat.segsz(), made.contents.len());
            assert_eq!(stat.nattch(), made.attached);
            assert_eq!(listed.is_orphaned(), made.attached == 0);
            assert_eq!(stat.perm().key().raw(), made.key);
            assert_eq!(mode.permissions().bits(), made.mode);
            assert_eq!(mode.contains(IpcMode::DEST), made.destroyed);
            assert_eq!(mode.contains(IpcMode::LOCKED), made.locked);
        }
        for (id, attached) in &self.mappings {
            assert!(attached.bytes() == self.made[&id.raw()].contents, "{id}");
        }
        for Handle { segment, .. } in &self.handles {
            let made = self.made.get(&segment.id().raw());
            let due = made.filter(|made| self.allows(made, 0o444));
            assert_eq!(segment.len().ok(), due.map(|made| made.contents.len()));
        }
    }

    fn end(mut self) {
        while let Some((id, attached)) = self.mappings.pop() {
            self.detach(id, attached, true);
        }
        while !self.handles.is_empty() {
            self.drop_handle(0);
        }
        for &id in self.made.keys() {
            Segment::destroy_by_id(ShmId::from_raw(id)).unwrap();
        }
        self.made.clear();
        self.check();
    }
}
