//! Mappings of one object and of memory: random sequences of calls, against a model of
//! `/proc/self/maps`.
//!
//! `Typed` are the crate's mappings; `Raw` the one-to-one calls, which split what they change,
//! in a range of addresses of their own.

#![no_main]

use std::collections::BTreeMap;
use std::ops::Range;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::mm::{
    self, Access, Advice, Hint, MapFlags, MremapFlags, MsyncFlags, ProtFlags, page_size,
};
use rawshm::{
    Errno, Error, Frozen, MapOptions, Mapping, Memfd, Private, ReadOnly, Refused, Shared,
};
use rawshm_fuzz::{errno, leaks, maps, pattern};

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Operation {
    Map {
        kind: Kind,
        offset: u16,
        len: Option<u16>,
        place: Place,
        populate: bool,
        locked: bool,
    },
    Unmap {
        mapping: u8,
        drop: bool,
    },
    GiveUpWriting(u8),
    Write {
        mapping: u8,
        start: u16,
        len: u16,
        seed: u8,
    },
    Advise {
        mapping: u8,
        part: Part,
        hint: u8,
    },
    Lock {
        mapping: u8,
        part: Part,
        on_fault: bool,
    },
    Unlock {
        mapping: u8,
        part: Part,
    },
    Prefault {
        mapping: u8,
        part: Part,
    },
    Sync {
        mapping: u8,
        part: Part,
        flags: u8,
    },
    Discard {
        mapping: u8,
        part: Part,
    },
    Remap {
        mapping: u8,
        len: u16,
        in_place: bool,
        other_object: bool,
    },
    Shrink {
        mapping: u8,
        len: u16,
    },
    Resize {
        mapping: u8,
        len: u16,
        in_place: bool,
    },
    ResizeObject(u16),
    Raw(Raw),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Kind {
    Shared,
    ReadOnly,
    Anonymous,
    SharedAnonymous,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Place {
    Anywhere,
    Exactly { slot: u8, shift: bool },
}

/// Bytes of a mapping, most often inside.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Part {
    All,
    Bytes(u16, u16),
    Pages(u8, u8),
    Far(usize, usize),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Raw {
    Map {
        pages: Pages,
        offset: u8,
        protection: u8,
        object: bool,
        replace: bool,
    },
    Unmap(Pages),
    Protect {
        pages: Pages,
        protection: u8,
    },
    Lock(Pages),
    Unlock(Pages),
    Advise {
        pages: Pages,
        advice: u8,
    },
    Sync {
        pages: Pages,
        flags: u8,
    },
    Remap {
        pages: Pages,
        to: u8,
    },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
struct Pages {
    start: u8,
    count: u8,
}

/// Addresses that the sanitizer leaves alone; the crate's mappings that want one, and the raw
/// ones, each with so many pages.
const TYPED: usize = 0x2100_0000_0000;
const RAW: usize = 0x2200_0000_0000;
const SLOTS: usize = 32;

const MOST: usize = 5;
const OPERATIONS: usize = 30;
/// The most pages that the object has.
const OBJECT_PAGES: usize = 5;

/// What `/proc/self/maps` should tell of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Page {
    readable: bool,
    writable: bool,
    shared: bool,
    /// Of the object, the offset in it.
    object: Option<u64>,
}

enum Mapped {
    Shared(Mapping<Shared>),
    ReadOnly(Mapping<ReadOnly>),
    Private(Mapping<Private>),
    Frozen(Mapping<Frozen>),
}

/// The same for each kind.
macro_rules! each {
    ($mapped:expr, $mapping:ident => $value:expr) => {
        match $mapped {
            Mapped::Shared($mapping) => $value,
            Mapped::ReadOnly($mapping) => $value,
            Mapped::Private($mapping) => $value,
            Mapped::Frozen($mapping) => $value,
        }
    };
}

/// The same for each kind, with a result that gives the mapping back in any case.
macro_rules! each_changed {
    ($mapped:expr, $mapping:ident => $value:expr) => {
        match $mapped {
            Mapped::Shared($mapping) => changed($value, Mapped::Shared),
            Mapped::ReadOnly($mapping) => changed($value, Mapped::ReadOnly),
            Mapped::Private($mapping) => changed($value, Mapped::Private),
            Mapped::Frozen($mapping) => changed($value, Mapped::Frozen),
        }
    };
}

fn changed<A: Access>(
    result: Result<Mapping<A>, Refused<Mapping<A>>>,
    again: fn(Mapping<A>) -> Mapped,
) -> (Mapped, Result<(), Errno>) {
    match result {
        Ok(mapping) => (again(mapping), Ok(())),
        Err(Refused { error, value }) => (again(value), Err(error.errno())),
    }
}

struct Typed {
    /// Always there, but while it is changed.
    mapped: Option<Mapped>,
    start: usize,
    len: usize,
    /// Of the object, where in it.
    offset: Option<usize>,
    /// Of memory, what it holds.
    contents: Vec<u8>,
    /// Where parts are not like the others the kernel has several mappings.
    in_parts: bool,
    /// Whether some of it may be.
    locked: bool,
    /// Whether writes are others' to see.
    shared: bool,
}

impl Typed {
    fn mapped_len(&self) -> usize {
        self.len.next_multiple_of(page_size())
    }

    fn mapped(&self) -> &Mapped {
        self.mapped.as_ref().expect("it is there")
    }

    fn pages(&self) -> impl Iterator<Item = (usize, Page)> + use<> {
        let (readable, writable) = (
            true,
            matches!(self.mapped, Some(Mapped::Shared(_) | Mapped::Private(_))),
        );
        let (start, offset, shared) = (self.start, self.offset, self.shared);
        (0..self.mapped_len()).step_by(page_size()).map(move |at| {
            let object = offset.map(|offset| (offset + at) as u64);
            let page = Page {
                readable,
                writable,
                shared,
                object,
            };
            (start + at, page)
        })
    }
}

struct World {
    object: Memfd,
    other: Memfd,
    inode: u64,
    contents: Vec<u8>,
    typed: Vec<Typed>,
    raw: BTreeMap<usize, Page>,
}

fuzz_target!(|operations: Vec<Operation>| {
    let contents = pattern(1, OBJECT_PAGES * page_size() / 2 + 10);
    let options = Memfd::options().resizable(true).sparse(true);
    let object = options.create("fuzz", contents.len() as u64).unwrap();
    object.write_at(&contents, 0).unwrap();
    let mut world = World {
        other: options.create("other", contents.len() as u64).unwrap(),
        inode: object.stat().unwrap().ino(),
        object,
        contents,
        typed: Vec::new(),
        raw: BTreeMap::new(),
    };
    for &operation in operations.iter().take(OPERATIONS) {
        world.run(operation);
        world.check(operation);
    }
    world.typed.clear();
    // SAFETY: nobody has references to any of it.
    unsafe { mm::munmap(address(RAW), SLOTS * page_size()) }.unwrap();
    world.raw.clear();
    world.check(Operation::ResizeObject(0));
    drop(world);
    leaks::check();
});

fn address(place: usize) -> *mut std::ffi::c_void {
    std::ptr::with_exposed_provenance_mut(place)
}

impl Part {
    fn of(self, len: usize) -> Range<usize> {
        match self {
            Self::All => 0..len,
            Self::Bytes(start, count) => {
                let start = usize::from(start) % (len + 1);
                start..start + usize::from(count) % (len - start + 2)
            }
            Self::Pages(start, count) => {
                let start = usize::from(start % 4) * page_size();
                start..start + usize::from(count % 4) * page_size()
            }
            Self::Far(start, end) => start..end,
        }
    }
}

impl Kind {
    fn is_of_object(self) -> bool {
        matches!(self, Self::Shared | Self::ReadOnly)
    }
}

impl World {
    fn number(&self, number: u8) -> Option<usize> {
        usize::from(number).checked_rem(self.typed.len())
    }

    /// Where the object's last page ends.
    fn object_end(&self) -> usize {
        self.contents.len().next_multiple_of(page_size())
    }

    /// The pages of a part of a mapping, as offsets, if it is inside.
    fn part(&self, typed: &Typed, part: &Range<usize>) -> Option<Range<usize>> {
        if part.start > part.end || part.end > typed.len {
            return None;
        }
        let start = part.start / page_size() * page_size();
        let end = match part.is_empty() {
            true => start,
            false => part.end.next_multiple_of(page_size()),
        };
        Some(start..end)
    }

    /// Whether all of these pages have memory behind.
    fn is_there(&self, typed: &Typed, pages: &Range<usize>) -> bool {
        pages.is_empty()
            || typed
                .offset
                .is_none_or(|offset| offset + pages.end <= self.object_end())
    }

    fn run(&mut self, operation: Operation) {
        match operation {
            Operation::Map {
                kind,
                offset,
                len,
                place,
                populate,
                locked,
            } => self.map(kind, offset, len, place, populate, locked),
            Operation::Unmap {
                mapping,
                drop: by_drop,
            } => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = self.typed.swap_remove(number);
                let (start, len) = (typed.start, typed.mapped_len());
                match by_drop {
                    true => drop(typed),
                    false => each!(typed.mapped.unwrap(), mapping => mapping.unmap().unwrap()),
                }
                assert!(
                    !maps::is_all_mapped(start, page_size())
                        && !maps::is_all_mapped(start + len - page_size(), page_size())
                );
            }
            Operation::GiveUpWriting(mapping) => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = &mut self.typed[number];
                typed.mapped = typed.mapped.take().map(|mapped| match mapped {
                    Mapped::Shared(mapping) => Mapped::ReadOnly(mapping.into_read_only().unwrap()),
                    Mapped::Private(mapping) => Mapped::Frozen(mapping.into_frozen().unwrap()),
                    mapped => mapped,
                });
            }
            Operation::Write {
                mapping,
                start,
                len,
                seed,
            } => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = &mut self.typed[number];
                // What is past the object's end is nobody's.
                let there = match typed.offset {
                    Some(offset) => typed.len.min(self.contents.len().saturating_sub(offset)),
                    None => typed.len,
                };
                let Some(start) = usize::from(start).checked_rem(there) else {
                    return;
                };
                let bytes = pattern(seed, usize::from(len) % (there - start + 1));
                let range = start..start + bytes.len();
                match typed.mapped.as_mut().expect("it is there") {
                    Mapped::Shared(mapping) => mapping
                        .shared()
                        .slice(range.clone())
                        .copy_from_slice(&bytes),
                    Mapped::Private(mapping) => mapping[range.clone()].copy_from_slice(&bytes),
                    Mapped::ReadOnly(_) | Mapped::Frozen(_) => return,
                }
                match typed.offset {
                    Some(offset) => self.contents[offset..][range].copy_from_slice(&bytes),
                    None => typed.contents[range].copy_from_slice(&bytes),
                }
            }
            Operation::Advise {
                mapping,
                part,
                hint,
            } => {
                self.with_part(mapping, part, |typed, part, pages, _| {
                    let hint = HINTS[usize::from(hint) % HINTS.len()];
                    let advised =
                        errno(each!(typed.mapped(), mapping => mapping.advise(part, hint)));
                    typed.in_parts |=
                        advised.is_ok() && pages.as_ref() != Some(&(0..typed.mapped_len()));
                    match pages {
                        None => assert_eq!(advised, Err(Errno::EINVAL)),
                        // The others are of kernels or of memory that need not know them.
                        Some(_)
                            if matches!(
                                hint,
                                Hint::Normal | Hint::Random | Hint::Sequential | Hint::DoDump
                            ) =>
                        {
                            assert_eq!(advised, Ok(()), "{hint:?}");
                        }
                        Some(_) => {}
                    }
                });
            }
            Operation::Lock {
                mapping,
                part,
                on_fault,
            } => {
                self.with_part(mapping, part, |typed, part, pages, is_there| {
                    let locked = errno(each!(typed.mapped(), mapping => match on_fault {
                        true => mapping.lock_on_fault(part),
                        false => mapping.lock(part),
                    }));
                    typed.locked |= pages.is_some();
                    typed.in_parts |= pages.as_ref() != Some(&(0..typed.mapped_len()));
                    let expected = match pages {
                        None => Err(Errno::EINVAL),
                        Some(_) if !is_there && !on_fault => Err(Errno::ENOMEM),
                        Some(_) => Ok(()),
                    };
                    assert_eq!(locked, expected);
                });
            }
            Operation::Unlock { mapping, part } => {
                self.with_part(mapping, part, |typed, part, pages, _| {
                    let unlocked = errno(each!(typed.mapped(), mapping => mapping.unlock(part)));
                    typed.in_parts |= pages.as_ref() != Some(&(0..typed.mapped_len()));
                    assert_eq!(unlocked, pages.map(drop).ok_or(Errno::EINVAL));
                });
            }
            Operation::Prefault { mapping, part } => {
                self.with_part(mapping, part, |typed, part, pages, is_there| {
                    let result = errno(each!(typed.mapped(), mapping => mapping.prefault(part)));
                    let expected = match pages {
                        None => Err(Errno::EINVAL),
                        Some(_) if !is_there => Err(Errno::EFAULT),
                        Some(_) => Ok(()),
                    };
                    assert_eq!(result, expected);
                });
            }
            Operation::Sync {
                mapping,
                part,
                flags,
            } => {
                self.with_part(mapping, part, |typed, part, pages, _| {
                    let flags = MsyncFlags::from_bits_retain(u32::from(flags % 8));
                    let result = errno(each!(typed.mapped(), mapping => mapping.sync(part, flags)));
                    let both = MsyncFlags::SYNC | MsyncFlags::ASYNC;
                    match pages {
                        None => assert_eq!(result, Err(Errno::EINVAL)),
                        Some(_) if flags.contains(both) => assert_eq!(result, Err(Errno::EINVAL)),
                        Some(_) if typed.locked && flags.contains(MsyncFlags::INVALIDATE) => {}
                        Some(_) => assert_eq!(result, Ok(())),
                    }
                });
            }
            Operation::Discard { mapping, part } => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = &mut self.typed[number];
                let (len, mapped_len) = (typed.len, typed.mapped_len());
                let part = part.of(len);
                let Some(Mapped::Private(mapping)) = &mut typed.mapped else {
                    return;
                };
                let discarded = errno(mapping.discard(part.clone()));
                let whole = |at: usize| at % page_size() == 0;
                let end = if part.end == len {
                    mapped_len
                } else {
                    part.end
                };
                let valid =
                    part.start <= part.end && part.end <= len && whole(part.start) && whole(end);
                if !valid {
                    assert_eq!(discarded, Err(Errno::EINVAL));
                } else if !typed.locked {
                    assert_eq!(discarded, Ok(()));
                }
                if discarded.is_ok() {
                    typed.contents[part].fill(0);
                } else if valid {
                    // Up to what is locked it was done.
                    typed.contents.copy_from_slice(mapping);
                }
            }
            Operation::Remap {
                mapping,
                len,
                in_place,
                other_object,
            } => {
                let object_len = self.contents.len();
                let object = if other_object {
                    &self.other
                } else {
                    &self.object
                };
                let Some(number) = usize::from(mapping).checked_rem(self.typed.len()) else {
                    return;
                };
                let typed = &mut self.typed[number];
                let len = usize::from(len) % (OBJECT_PAGES * page_size());
                let mapped = typed.mapped.take().expect("it is there");
                let (mapped, result) = each_changed!(mapped, mapping => match in_place {
                    true => mapping.remap_in_place(object, len),
                    false => mapping.remap(object, len),
                });
                typed.mapped = Some(mapped);
                let refused = match typed.offset {
                    None => Some(Errno::EINVAL),
                    Some(_) if other_object => Some(Errno::EINVAL),
                    Some(offset) if offset + len > object_len => Some(Errno::ENXIO),
                    Some(_) if len == 0 => Some(Errno::EINVAL),
                    Some(_) => None,
                };
                typed.resized(len, result, refused, in_place);
            }
            Operation::Shrink { mapping, len } => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = &mut self.typed[number];
                let len = usize::from(len) % (typed.len + 2);
                let mapped = typed.mapped.take().expect("it is there");
                let (mapped, result) = each_changed!(mapped, mapping => mapping.shrink(len));
                let refused = (len == 0 || len > typed.len).then_some(Errno::EINVAL);
                typed.mapped = Some(mapped);
                typed.resized(len, result, refused, true);
            }
            Operation::Resize {
                mapping,
                len,
                in_place,
            } => {
                let Some(number) = self.number(mapping) else {
                    return;
                };
                let typed = &mut self.typed[number];
                let len = usize::from(len) % (OBJECT_PAGES * page_size());
                let mapping = match typed.mapped.take() {
                    Some(Mapped::Private(mapping)) => mapping,
                    mapped => return typed.mapped = mapped,
                };
                let (mapped, result) = changed(
                    match in_place {
                        true => mapping.resize_in_place(len),
                        false => mapping.resize(len),
                    },
                    Mapped::Private,
                );
                typed.mapped = Some(mapped);
                typed.resized(len, result, (len == 0).then_some(Errno::EINVAL), in_place);
            }
            Operation::ResizeObject(len) => {
                let len = usize::from(len) % (OBJECT_PAGES * page_size());
                self.object.resize(len as u64).unwrap();
                self.contents.resize(len, 0);
            }
            Operation::Raw(raw) => self.run_raw(raw),
        }
    }

    fn map(
        &mut self,
        kind: Kind,
        offset: u16,
        len: Option<u16>,
        place: Place,
        populate: bool,
        locked: bool,
    ) {
        // Now and then one that is not a page's.
        let offset = match offset % 16 {
            15 => usize::from(offset),
            _ => usize::from(offset) % (OBJECT_PAGES + 1) * page_size(),
        };
        let offset = if kind.is_of_object() { offset } else { 0 };
        let mut options = MapOptions::new().offset(offset as u64);
        let mut len = len.map(|len| usize::from(len) % (OBJECT_PAGES * page_size()));
        if let Some(len) = len {
            options = options.len(len);
        }
        if populate {
            options = options.populate();
        }
        if locked {
            options = options.locked();
        }
        let at = match place {
            Place::Anywhere => None,
            Place::Exactly { slot, shift } => {
                Some(TYPED + usize::from(slot) % SLOTS * page_size() + usize::from(shift))
            }
        };
        if let Some(at) = at {
            options = options.exactly_at(at);
        }
        let mapped = match kind {
            Kind::Shared => errno(options.map_shared(&self.object)).map(Mapped::Shared),
            Kind::ReadOnly => errno(options.map_read_only(&self.object)).map(Mapped::ReadOnly),
            Kind::Anonymous => errno(options.map_anonymous()).map(Mapped::Private),
            Kind::SharedAnonymous => errno(options.map_shared_anonymous()).map(Mapped::Shared),
        };
        let mut expected = Ok(());
        if kind.is_of_object() {
            match self.contents.len().checked_sub(offset) {
                Some(rest) if len.is_none_or(|len| len <= rest) => len = len.or(Some(rest)),
                _ => expected = Err(Errno::ENXIO),
            }
        }
        let len = len.unwrap_or(0);
        let mapped_len = len.next_multiple_of(page_size());
        let whole = |number: usize| number % page_size() == 0;
        let wanted = at.map(|at| at..at + mapped_len);
        let taken = wanted.is_some_and(|wanted| {
            let is_taken = |typed: &Typed| {
                typed.start < wanted.end && wanted.start < typed.start + typed.mapped_len()
            };
            self.typed.iter().any(is_taken)
        });
        if expected.is_ok() {
            if len == 0 || !whole(offset) || !at.is_none_or(whole) {
                expected = Err(Errno::EINVAL);
            } else if taken {
                expected = Err(Errno::EEXIST);
            }
        }
        assert_eq!(mapped.as_ref().map(drop).map_err(|&errno| errno), expected);
        let Ok(mapped) = mapped else { return };
        let (start, mapping_len, whole_len) =
            each!(&mapped, mapping => (mapping.addr(), mapping.len(), mapping.mapped_len()));
        assert_eq!((mapping_len, whole_len), (len, mapped_len));
        assert!(at.is_none_or(|at| at == start));
        self.typed.push(Typed {
            mapped: Some(mapped),
            start,
            len,
            offset: kind.is_of_object().then_some(offset),
            contents: if kind.is_of_object() {
                Vec::new()
            } else {
                vec![0; len]
            },
            in_parts: false,
            locked,
            shared: !matches!(kind, Kind::Anonymous),
        });
        if self.typed.len() > MOST {
            self.typed.remove(0);
        }
    }

    fn with_part(
        &mut self,
        mapping: u8,
        part: Part,
        call: impl FnOnce(&mut Typed, Range<usize>, Option<Range<usize>>, bool),
    ) {
        let Some(number) = self.number(mapping) else {
            return;
        };
        let typed = &self.typed[number];
        let part = part.of(typed.len);
        let pages = self.part(typed, &part);
        let is_there = pages
            .as_ref()
            .is_none_or(|pages| self.is_there(typed, pages));
        call(&mut self.typed[number], part, pages, is_there);
    }

    // --- one to one --------------------------------------------------------------

    fn run_raw(&mut self, raw: Raw) {
        match raw {
            Raw::Map {
                pages,
                offset,
                protection,
                object,
                replace,
            } => {
                let range = pages.range();
                let offset = usize::from(offset) % OBJECT_PAGES * page_size();
                let protection = ProtFlags::from_bits_retain(u32::from(protection % 4));
                let place = if replace {
                    MapFlags::FIXED
                } else {
                    MapFlags::FIXED_NOREPLACE
                };
                let (start, len) = (address(range.start), range.len());
                let mapped = if object {
                    let (flags, offset) = (place | MapFlags::SHARED, offset as u64);
                    // SAFETY: nobody has references to anything in this range of addresses.
                    unsafe { mm::mmap(start, len, protection, flags, &self.object, offset) }
                } else {
                    let flags = place | MapFlags::PRIVATE;
                    // SAFETY: as above.
                    unsafe { mm::mmap_anonymous(start, len, protection, flags) }
                };
                let mapped = errno(mapped);
                let taken = self.raw.range(range.clone()).next().is_some();
                let expected = if len == 0 {
                    Err(Errno::EINVAL)
                } else if taken && !replace {
                    Err(Errno::EEXIST)
                } else {
                    Ok(start)
                };
                assert_eq!(mapped, expected);
                if mapped.is_ok() {
                    let page = |at: usize| Page {
                        readable: protection.contains(ProtFlags::READ),
                        writable: protection.contains(ProtFlags::WRITE),
                        shared: object,
                        object: object.then_some((offset + at - range.start) as u64),
                    };
                    self.raw
                        .extend(range.clone().step_by(page_size()).map(|at| (at, page(at))));
                }
            }
            Raw::Unmap(pages) => {
                let range = pages.range();
                // SAFETY: as above.
                let unmapped = errno(unsafe { mm::munmap(address(range.start), range.len()) });
                assert_eq!(unmapped.is_err(), range.is_empty());
                self.raw.retain(|at, _| !range.contains(at));
            }
            Raw::Protect { pages, protection } => {
                let range = pages.range();
                let protection = ProtFlags::from_bits_retain(u32::from(protection % 4));
                // SAFETY: as above.
                let protected =
                    errno(unsafe { mm::mprotect(address(range.start), range.len(), protection) });
                assert_eq!(protected, self.expected(&range));
                // It is done up to the first page that is not mapped.
                for at in range.step_by(page_size()) {
                    let Some(page) = self.raw.get_mut(&at) else {
                        break;
                    };
                    page.readable = protection.contains(ProtFlags::READ);
                    page.writable = protection.contains(ProtFlags::WRITE);
                }
            }
            Raw::Lock(pages) => {
                let range = pages.range();
                // SAFETY: as above.
                let locked = errno(unsafe { mm::mlock(address(range.start), range.len()) });
                let expected = self.expected(&range);
                // Nor can it be done where nothing may be read or the object ends.
                assert!(
                    locked == expected || expected.is_ok() && locked == Err(Errno::ENOMEM),
                    "{locked:?}"
                );
            }
            Raw::Unlock(pages) => {
                let range = pages.range();
                // SAFETY: as above.
                let unlocked = errno(unsafe { mm::munlock(address(range.start), range.len()) });
                assert_eq!(unlocked, self.expected(&range));
            }
            Raw::Advise { pages, advice } => {
                let range = pages.range();
                let advice = match advice % 4 {
                    0 => Advice::NORMAL,
                    1 => Advice::RANDOM,
                    2 => Advice::SEQUENTIAL,
                    _ => Advice::DODUMP,
                };
                // SAFETY: as above.
                let advised =
                    errno(unsafe { mm::madvise(address(range.start), range.len(), advice) });
                assert_eq!(advised, self.expected(&range));
            }
            Raw::Sync { pages, flags } => {
                let range = pages.range();
                let flags = MsyncFlags::from_bits_retain(
                    u32::from(flags % 8) & !MsyncFlags::INVALIDATE.bits(),
                );
                // SAFETY: as above.
                let synced = errno(unsafe { mm::msync(address(range.start), range.len(), flags) });
                let both = MsyncFlags::SYNC | MsyncFlags::ASYNC;
                let expected = if flags.contains(both) {
                    Err(Errno::EINVAL)
                } else {
                    self.expected(&range)
                };
                assert_eq!(synced, expected);
            }
            Raw::Remap { pages, to } => {
                let range = pages.range();
                let all = RAW + SLOTS * page_size();
                let len = (usize::from(to) % 8 * page_size()).min(all - range.start);
                let (start, nowhere) = (address(range.start), address(0));
                if range.is_empty() {
                    return;
                }
                // SAFETY: as above; it moves nothing and replaces nothing.
                let remapped = errno(unsafe {
                    mm::mremap(start, range.len(), len, MremapFlags::empty(), nowhere)
                });
                let new_end = range.start + len;
                if len == 0 {
                    assert_eq!(remapped, Err(Errno::EINVAL));
                } else if len <= range.len() {
                    // What is cut off need not have been there.
                    if remapped.is_ok() {
                        self.raw.retain(|at, _| !(new_end..range.end).contains(at));
                    } else {
                        assert!(self.expected(&range).is_err(), "{remapped:?}");
                    }
                } else {
                    let taken = self.raw.range(range.end..new_end).next().is_some();
                    assert!(!taken || remapped.is_err());
                    // It may have been of several parts, which only the kernel knows.
                    if let (true, Some(&last)) =
                        (remapped.is_ok(), self.raw.get(&(range.end - page_size())))
                    {
                        for at in (range.end..new_end).step_by(page_size()) {
                            let further = (at - range.end + page_size()) as u64;
                            let object = last.object.map(|offset| offset + further);
                            self.raw.insert(at, Page { object, ..last });
                        }
                    }
                }
            }
        }
    }

    /// `ENOMEM` if a page of the range is not mapped.
    fn expected(&self, range: &Range<usize>) -> Result<(), Errno> {
        let pages = range.len() / page_size();
        if self.raw.range(range.clone()).count() == pages {
            Ok(())
        } else {
            Err(Errno::ENOMEM)
        }
    }

    // --- what must hold --------------------------------------------------------------

    fn check(&self, operation: Operation) {
        let mut expected = self.raw.clone();
        let mut of_memory = Vec::new();
        for typed in &self.typed {
            expected.extend(typed.pages());
            if typed.offset.is_none() && !(TYPED..RAW).contains(&typed.start) {
                of_memory.push(typed.start..typed.start + typed.mapped_len());
            }
        }
        let mut found = BTreeMap::new();
        // What is of the object is ours wherever it is, and whatever is in our ranges.
        of_memory.push(TYPED..RAW + SLOTS * page_size());
        maps::for_each(|region| {
            let of_object = region.inode == self.inode && region.name.starts_with("/memfd:fuzz");
            let all = region.addresses.clone();
            let ours = match of_object {
                true => std::slice::from_ref(&all),
                false => &of_memory[..],
            };
            // The sanitizer has mappings of many terabytes.
            let ours = ours.iter().flat_map(|ours| {
                let (start, end) = (ours.start.max(all.start), ours.end.min(all.end));
                (start..end).step_by(page_size())
            });
            for at in ours {
                let permissions = region.permissions.as_bytes();
                let offset = region.offset + (at - all.start) as u64;
                let page = Page {
                    readable: permissions[0] == b'r',
                    writable: permissions[1] == b'w',
                    shared: permissions[3] == b's',
                    object: of_object.then_some(offset),
                };
                found.insert(at, page);
            }
        });
        if found != expected {
            let different: Vec<_> = found
                .keys()
                .chain(expected.keys())
                .filter(|at| found.get(at) != expected.get(at))
                .map(|at| {
                    format!(
                        "{at:#x}: {:?}, {:?} was due",
                        found.get(at),
                        expected.get(at)
                    )
                })
                .collect();
            panic!("{operation:?}: {different:#?}");
        }
        for typed in &self.typed {
            self.check_contents(typed, operation);
        }
    }

    fn check_contents(&self, typed: &Typed, operation: Operation) {
        let (start, len, mapped_len) =
            each!(typed.mapped(), mapping => (mapping.addr(), mapping.len(), mapping.mapped_len()));
        assert_eq!(
            (start, len, mapped_len),
            (typed.start, typed.len, typed.mapped_len()),
            "{operation:?}"
        );
        let mut copy = vec![0; len];
        let copied =
            each!(typed.mapped(), mapping => mapping.shared().try_copy_to_slice(&mut copy));
        let checked = errno(each!(typed.mapped(), mapping => mapping.check()));
        let Some(offset) = typed.offset else {
            assert!(copy == typed.contents, "{operation:?}");
            return assert!(copied.is_ok() && checked.is_ok());
        };
        let there = self.object_end().saturating_sub(offset).min(len);
        assert_eq!(
            checked,
            if there == len {
                Ok(())
            } else {
                Err(Errno::EFAULT)
            }
        );
        match copied {
            Ok(()) => assert_eq!(there, len),
            Err(partial) => {
                assert_eq!(
                    (partial.copied, Error::from(partial).errno()),
                    (there, Errno::EFAULT)
                );
                assert!(there < len);
            }
        }
        let same = self.contents.len().saturating_sub(offset).min(len);
        assert!(
            copy[..same] == self.contents[self.contents.len().min(offset)..][..same],
            "{operation:?}"
        );
    }
}

impl Typed {
    /// After another length was asked for: `refused` if it had to be.
    fn resized(
        &mut self,
        len: usize,
        result: Result<(), Errno>,
        refused: Option<Errno>,
        in_place: bool,
    ) {
        if let Some(errno) = refused {
            return assert_eq!(result, Err(errno));
        }
        let grows = len > self.mapped_len();
        match result {
            Ok(()) => {
                let start = each!(self.mapped(), mapping => mapping.addr());
                assert!(start == self.start || grows && !in_place, "it moved");
                (self.start, self.len) = (start, len);
                if self.offset.is_none() {
                    self.contents.resize(len, 0);
                }
            }
            // To the kernel it is several; something is behind; too much is locked.
            Err(Errno::EFAULT) if grows && self.in_parts => {}
            Err(Errno::ENOMEM) if grows && in_place => {}
            Err(Errno::EAGAIN) if grows && self.locked => {}
            Err(errno) => panic!("{errno}: to {len} from {}", self.len),
        }
    }
}

impl Pages {
    fn range(self) -> Range<usize> {
        let start = usize::from(self.start) % SLOTS;
        let count = (usize::from(self.count) % 9).min(SLOTS - start);
        RAW + start * page_size()..RAW + (start + count) * page_size()
    }
}

const HINTS: [Hint; 16] = [
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
];
