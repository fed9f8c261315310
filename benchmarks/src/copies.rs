//! Copies out of shared memory and into it.
//!
//! Every candidate is handed the same two parts: a `SharedSlice`, which the peers take for a
//! pointer and a length, and a slice of private memory.

use std::hint::black_box;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use rawshm::SharedSlice;
use vm_memory::VolatileSlice;

use crate::Result;
use crate::harness::{Bound, Candidate, Random, Target};
use crate::memory::Memory;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "copies",
    about: "copies out of shared memory and into it, 8 B to 256 MiB",
    run: sections,
};

const SIZES: [usize; 25] = [
    8,
    16,
    24,
    32,
    48,
    63,
    64,
    100,
    128,
    200,
    256,
    512,
    1000,
    1 << 10,
    2 << 10,
    4 << 10,
    8 << 10,
    16 << 10,
    64 << 10,
    256 << 10,
    1 << 20,
    4 << 20,
    16 << 20,
    64 << 20,
    256 << 20,
];

/// The largest size that `--quick` copies.
const QUICK: usize = 1 << 20;

/// Lengths are drawn from 0 to each of these, inclusive.
const MIXES: [usize; 3] = [64, 256, 1024];

/// So many copies has a mix, then it repeats: too many for a branch predictor to learn.
const MIX_LEN: usize = 1 << 14;

/// Copies of a mix start below this offset: both sides fit in the first-level cache.
const MIX_OFFSETS: usize = 8 << 10;

/// Room for offsets behind the largest size.
const SLACK: usize = 64 << 10;

static SMALL: Target = Target {
    text: "copies of 8 to 64 B: at least 1.0 times memcpy",
    bound: Bound::RatioAtLeast(1.0),
};
static MEDIUM: Target = Target {
    text: "copies of more than 64 B and less than 4 KiB: at least 0.9 times memcpy",
    bound: Bound::RatioAtLeast(0.9),
};
static LARGE: Target = Target {
    text: "copies of 4 KiB and more, less than 64 MiB: at least 1.0 times memcpy",
    bound: Bound::RatioAtLeast(1.0),
};
static HUGE: Target = Target {
    text: "copies of 64 MiB and more: at least 1.1 times memcpy",
    bound: Bound::RatioAtLeast(1.1),
};
static VM_MEMORY: Target = Target {
    text: "copies of any size: never slower than vm-memory",
    bound: Bound::RatioAtLeast(1.0),
};

fn memcpy_target(len: usize) -> &'static Target {
    match len {
        0..=64 => &SMALL,
        65..=0xfff => &MEDIUM,
        0x1000..=0x3ff_ffff => &LARGE,
        _ => &HUGE,
    }
}

fn sections(session: &Session) -> Result<Vec<Section>> {
    let largest = if session.quick {
        QUICK
    } else {
        SIZES[SIZES.len() - 1]
    };
    let sizes = SIZES.into_iter().filter(|&len| len <= largest);
    let mut memory = Memory::new(largest + SLACK)?;
    let memfd = memory.memfd.as_fd().as_raw_fd();
    let sides = Sides::of(&mut memory);

    let mut sections = vec![against_itself(session, sides, largest)?];
    for direction in [Direction::Out, Direction::In] {
        for alignment in [Alignment::Aligned, Alignment::Unaligned] {
            let mut section = Section {
                title: format!("{}, {}", direction.title(), alignment.title()),
                about: alignment.about(),
                rows: Vec::new(),
            };
            for len in sizes.clone() {
                let spans = Fixed(alignment.span(len));
                let candidates = candidates(direction, sides, memfd, spans, |peer| match peer {
                    Peer::Memcpy => Some(memcpy_target(len)),
                    Peer::VmMemory => Some(&VM_MEMORY),
                });
                session.row(&mut section, size(len), Some(len), candidates)?;
            }
            sections.push(section);
        }
    }
    for direction in [Direction::Out, Direction::In] {
        let mut section = Section {
            title: format!("{}, mixed", direction.title()),
            about: "Each copy has another length, drawn evenly, and starts elsewhere on both \
                    sides within 8 KiB: nothing is aligned, and branches are hard to predict. \
                    Times are for one copy.",
            rows: Vec::new(),
        };
        for longest in MIXES {
            let spans = Mixed {
                spans: &mixed(longest),
                position: 0,
            };
            let candidates = candidates(direction, sides, memfd, spans, |peer| match peer {
                Peer::Memcpy => None,
                Peer::VmMemory => Some(&VM_MEMORY),
            });
            let label = format!("0 to {longest} B");
            session.row(&mut section, label, Some(longest / 2), candidates)?;
        }
        sections.push(section);
    }
    Ok(sections)
}

/// Shows how far a ratio may be from 1 for no reason.
fn against_itself(session: &Session, sides: Sides<'_>, largest: usize) -> Result<Section> {
    let mut section = Section {
        title: "memcpy against itself".to_owned(),
        about: "Two candidates that are the same: what they differ by is noise.",
        rows: Vec::new(),
    };
    for len in [8, 64, 1 << 10, 64 << 10, 4 << 20, 64 << 20] {
        if len <= largest {
            let spans = Fixed(Alignment::Aligned.span(len));
            let memcpy = || candidate(Memcpy, Direction::Out, sides, spans);
            session.row(&mut section, size(len), Some(len), vec![memcpy(), memcpy()])?;
        }
    }
    Ok(section)
}

/// The peers that targets are about.
enum Peer {
    Memcpy,
    VmMemory,
}

fn candidates<'a>(
    direction: Direction,
    sides: Sides<'a>,
    memfd: RawFd,
    spans: impl Spans + 'a,
    target: impl Fn(Peer) -> Option<&'static Target>,
) -> Vec<Candidate<'a>> {
    let kernel = Kernel {
        memfd,
        start: sides.shared.as_ptr(),
    };
    let memcpy = candidate(Memcpy, direction, sides, spans);
    let vm_memory = candidate(VmMemory, direction, sides, spans);
    vec![
        candidate(Ours, direction, sides, spans),
        memcpy.held_to(target(Peer::Memcpy)),
        vm_memory.held_to(target(Peer::VmMemory)),
        candidate(AtomicBytes, direction, sides, spans),
        candidate(AtomicWords, direction, sides, spans),
        candidate(kernel, direction, sides, spans),
    ]
}

fn candidate<'a, C: Copier + 'a>(
    copier: C,
    direction: Direction,
    sides: Sides<'a>,
    mut spans: impl Spans + 'a,
) -> Candidate<'a> {
    let name = copier.name(direction);
    match direction {
        Direction::Out => Candidate::new(name, move || {
            // SAFETY: candidates run one at a time, and each lets go of the parts.
            let (shared, private) = unsafe { sides.parts(spans.next()) };
            copier.copy_out(shared, private);
        }),
        Direction::In => Candidate::new(name, move || {
            // SAFETY: as above.
            let (shared, private) = unsafe { sides.parts(spans.next()) };
            copier.copy_in(private, shared);
        }),
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Out,
    In,
}

impl Direction {
    fn title(self) -> &'static str {
        match self {
            Self::Out => "Out of shared memory",
            Self::In => "Into shared memory",
        }
    }
}

#[derive(Clone, Copy)]
enum Alignment {
    Aligned,
    Unaligned,
}

impl Alignment {
    fn title(self) -> &'static str {
        match self {
            Self::Aligned => "aligned",
            Self::Unaligned => "unaligned",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Aligned => "Both sides start at a multiple of 64.",
            Self::Unaligned => {
                "The shared side starts 1, the private side 3 past a multiple of 64."
            }
        }
    }

    fn span(self, len: usize) -> Span {
        // Half a page apart: a processor takes a load for one that depends on a store before
        // it if the lowest 12 bits of their addresses agree.
        let (shared, private) = match self {
            Self::Aligned => (0, 2048),
            Self::Unaligned => (1, 2048 + 3),
        };
        Span {
            shared,
            private,
            len,
        }
    }
}

/// A size as the report names it.
pub(crate) fn size(len: usize) -> String {
    match len {
        _ if len >= 1 << 30 && len % (1 << 30) == 0 => format!("{} GiB", len >> 30),
        _ if len >= 1 << 20 && len % (1 << 20) == 0 => format!("{} MiB", len >> 20),
        _ if len >= 1 << 10 && len % (1 << 10) == 0 => format!("{} KiB", len >> 10),
        _ => format!("{len} B"),
    }
}

/// One copy: where it starts on either side, and how long it is.
#[derive(Clone, Copy)]
struct Span {
    shared: usize,
    private: usize,
    len: usize,
}

/// What is copied, one after the other.
trait Spans: Copy {
    fn next(&mut self) -> Span;
}

#[derive(Clone, Copy)]
struct Fixed(Span);

impl Spans for Fixed {
    #[inline(always)]
    fn next(&mut self) -> Span {
        self.0
    }
}

/// The offsets on both sides and the length, small, so that reading them costs little.
type SmallSpan = [u16; 3];

fn mixed(longest: usize) -> Box<[SmallSpan; MIX_LEN]> {
    let mut random = Random::new();
    let mut below = |bound| random.below(bound) as u16;
    Box::new(std::array::from_fn(|_| {
        [below(MIX_OFFSETS), below(MIX_OFFSETS), below(longest + 1)]
    }))
}

#[derive(Clone, Copy)]
struct Mixed<'a> {
    spans: &'a [SmallSpan; MIX_LEN],
    position: usize,
}

impl Spans for Mixed<'_> {
    #[inline(always)]
    fn next(&mut self) -> Span {
        let [shared, private, len] = &self.spans[self.position % MIX_LEN];
        self.position += 1;
        Span {
            shared: usize::from(*shared),
            private: usize::from(*private),
            len: usize::from(*len),
        }
    }
}

/// Both memories, for candidates that all hold them and of which one runs at a time.
#[derive(Clone, Copy)]
struct Sides<'a> {
    shared: NonNull<u8>,
    private: NonNull<u8>,
    memory: PhantomData<&'a mut Memory>,
}

impl<'a> Sides<'a> {
    fn of(memory: &'a mut Memory) -> Self {
        let not_null = |start| NonNull::new(start).expect("a mapping is never at address 0");
        Self {
            shared: not_null(memory.shared.as_mut_ptr()),
            private: not_null(memory.private.as_mut_ptr()),
            memory: PhantomData,
        }
    }

    /// The parts to copy between, of lengths that the compiler neither knows nor knows to
    /// be equal: whoever compares them does so in the measured loop.
    ///
    /// # Safety
    ///
    /// - The span is inside of both memories.
    /// - No other part of the private memory is in use.
    #[inline(always)]
    unsafe fn parts(self, span: Span) -> (SharedSlice<'a>, &'a mut [u8]) {
        // SAFETY: inside, by the caller's word.
        let shared = unsafe { self.shared.add(span.shared) };
        // SAFETY: inside of a mapping that is writable and lives as long.
        let shared = unsafe { SharedSlice::from_raw_parts(shared, black_box(span.len)) };
        // SAFETY: inside, by the caller's word.
        let private = unsafe { self.private.add(span.private) };
        // SAFETY: initialized, inside of a mapping that lives as long, and not in use.
        let private = unsafe { slice::from_raw_parts_mut(private.as_ptr(), black_box(span.len)) };
        (shared, private)
    }
}

/// A way to copy. Both parts are equally long.
trait Copier {
    fn name(&self, direction: Direction) -> &'static str;
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]);
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>);
}

struct Ours;

impl Copier for Ours {
    fn name(&self, _: Direction) -> &'static str {
        "rawshm"
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        shared.copy_to_slice(private);
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        shared.copy_from_slice(private);
    }
}

/// The C library's. Nobody else writes here, so that it is sound, as it would not be in earnest.
struct Memcpy;

impl Copier for Memcpy {
    fn name(&self, _: Direction) -> &'static str {
        "memcpy"
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        // SAFETY: both are as long, and the memories are different.
        unsafe { ptr::copy_nonoverlapping(shared.as_ptr(), private.as_mut_ptr(), private.len()) }
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        // SAFETY: as above.
        unsafe { ptr::copy_nonoverlapping(private.as_ptr(), shared.as_mut_ptr(), private.len()) }
    }
}

struct VmMemory;

impl VmMemory {
    #[inline(always)]
    fn volatile(shared: SharedSlice<'_>) -> VolatileSlice<'_> {
        // SAFETY: mapped and writable, and all others access it likewise.
        unsafe { VolatileSlice::new(shared.as_mut_ptr(), shared.len()) }
    }
}

impl Copier for VmMemory {
    fn name(&self, _: Direction) -> &'static str {
        "vm-memory"
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        Self::volatile(shared).copy_to(private);
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        Self::volatile(shared).copy_from(private);
    }
}

/// What Rust has for it so far: one relaxed access for each byte.
struct AtomicBytes;

impl AtomicBytes {
    /// # Safety
    ///
    /// `place` is inside of shared memory.
    #[inline(always)]
    unsafe fn byte<'a>(place: *mut u8) -> &'a AtomicU8 {
        // SAFETY: mapped, and all accesses meanwhile are atomic ones of a byte.
        unsafe { AtomicU8::from_ptr(place) }
    }

    #[inline(always)]
    fn out(shared: *mut u8, private: &mut [u8]) {
        for (index, byte) in private.iter_mut().enumerate() {
            // SAFETY: the shared part is as long.
            let place = unsafe { shared.add(index) };
            // SAFETY: inside.
            *byte = unsafe { Self::byte(place) }.load(Ordering::Relaxed);
        }
    }

    #[inline(always)]
    fn into(private: &[u8], shared: *mut u8) {
        for (index, byte) in private.iter().enumerate() {
            // SAFETY: the shared part is as long.
            let place = unsafe { shared.add(index) };
            // SAFETY: inside.
            unsafe { Self::byte(place) }.store(*byte, Ordering::Relaxed);
        }
    }
}

impl Copier for AtomicBytes {
    fn name(&self, _: Direction) -> &'static str {
        "`AtomicU8` loop"
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        Self::out(shared.as_mut_ptr(), private);
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        Self::into(private, shared.as_mut_ptr());
    }
}

/// Words where the shared side is aligned, bytes before and after.
struct AtomicWords;

impl AtomicWords {
    /// How many bytes come before the first whole word.
    #[inline(always)]
    fn head(shared: *const u8, len: usize) -> usize {
        (shared.addr().wrapping_neg() % 8).min(len)
    }

    /// # Safety
    ///
    /// `place` is aligned, and the word is inside of shared memory.
    #[inline(always)]
    unsafe fn word<'a>(place: *mut u8) -> &'a AtomicU64 {
        // SAFETY: mapped and aligned, and all accesses meanwhile are atomic ones of a word.
        unsafe { AtomicU64::from_ptr(place.cast()) }
    }
}

impl Copier for AtomicWords {
    fn name(&self, _: Direction) -> &'static str {
        "`AtomicU64` loop"
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        let mut place = shared.as_mut_ptr();
        let (head, rest) = private.split_at_mut(Self::head(place, private.len()));
        AtomicBytes::out(place, head);
        // SAFETY: the shared part is as long.
        place = unsafe { place.add(head.len()) };
        let mut words = rest.chunks_exact_mut(8);
        for bytes in &mut words {
            // SAFETY: inside, and aligned since the head was copied.
            let word = unsafe { Self::word(place) }.load(Ordering::Relaxed);
            bytes.copy_from_slice(&word.to_ne_bytes());
            // SAFETY: the shared part is as long.
            place = unsafe { place.add(8) };
        }
        AtomicBytes::out(place, words.into_remainder());
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        let mut place = shared.as_mut_ptr();
        let (head, rest) = private.split_at(Self::head(place, private.len()));
        AtomicBytes::into(head, place);
        // SAFETY: the shared part is as long.
        place = unsafe { place.add(head.len()) };
        let mut words = rest.chunks_exact(8);
        for bytes in &mut words {
            let word = u64::from_ne_bytes(bytes.try_into().expect("chunks of 8"));
            // SAFETY: inside, and aligned since the head was copied.
            unsafe { Self::word(place) }.store(word, Ordering::Relaxed);
            // SAFETY: the shared part is as long.
            place = unsafe { place.add(8) };
        }
        AtomicBytes::into(words.remainder(), place);
    }
}

/// Through the descriptor: nothing is mapped, but each copy is a call.
struct Kernel {
    memfd: RawFd,
    /// Where the memory is mapped from its first byte on.
    start: *const u8,
}

impl Kernel {
    #[inline(always)]
    fn offset(&self, shared: SharedSlice<'_>) -> libc::off_t {
        (shared.as_ptr().addr() - self.start.addr()) as libc::off_t
    }
}

impl Copier for Kernel {
    fn name(&self, direction: Direction) -> &'static str {
        match direction {
            Direction::Out => "`pread`",
            Direction::In => "`pwrite`",
        }
    }

    #[inline(always)]
    fn copy_out(&self, shared: SharedSlice<'_>, private: &mut [u8]) {
        let (start, offset) = (private.as_mut_ptr().cast(), self.offset(shared));
        // SAFETY: the kernel writes at most the part.
        let copied = unsafe { libc::pread(self.memfd, start, private.len(), offset) };
        assert_eq!(copied, private.len() as isize, "pread");
    }

    #[inline(always)]
    fn copy_in(&self, private: &[u8], shared: SharedSlice<'_>) {
        let (start, offset) = (private.as_ptr().cast(), self.offset(shared));
        // SAFETY: the kernel reads at most the part.
        let copied = unsafe { libc::pwrite(self.memfd, start, private.len(), offset) };
        assert_eq!(copied, private.len() as isize, "pwrite");
    }
}
