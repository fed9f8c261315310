//! Copies to and from memory that others may write.
//!
//! One routine serves every direction: it goes upwards, reads a byte before it writes
//! anything above it, and writes each byte once. Which one is chosen at the first copy, by
//! what the processor has.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::{store_u8, store_u16, store_u32, store_u64};

/// Copies up to this long are made where they are asked for; all registers hold as much.
const SHORT: usize = 64;

/// From here on the microcode's `rep movsb` is as fast as any loop, where it is fast.
const REP_MOVSB: usize = 4 << 10;

/// From here on the caches would only be emptied: stores go past them.
const NON_TEMPORAL: usize = 32 << 20;

/// Pages that one turn of the non-temporal loop works on.
const INTERLEAVED: usize = 4;

/// Whatever the size of pages, these are what the processor fetches ahead in.
const PAGE: usize = 4096;

type Copy = unsafe fn(*const u8, *mut u8, usize);

/// The routine for this processor, a [`Copy`]; at first the one that finds it.
static COPY: AtomicPtr<()> = AtomicPtr::new(choose_and_copy as *mut ());

/// Whether it is [`copy_masked`], so that short copies need no call.
static MASKED: AtomicBool = AtomicBool::new(false);

/// Whether `rep movsb` is to be used.
static FAST_REP_MOVSB: AtomicBool = AtomicBool::new(false);

/// Copies `len` bytes from shared memory to memory of our own.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is valid for writes of `len` bytes, which only we access.
#[inline]
pub(crate) unsafe fn copy_from_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// Copies `len` bytes from memory of our own to shared memory, writing each byte once.
///
/// # Safety
///
/// - `source` is valid for reads of `len` bytes, which nobody writes meanwhile.
/// - `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn copy_to_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// Copies `len` bytes of shared memory to shared memory, upwards, writing each byte once.
///
/// # Safety
///
/// - `source` is mapped and readable for `len` bytes.
/// - `destination` is mapped and writable for `len` bytes; where the two overlap, it is
///   below `source`.
#[inline]
pub(crate) unsafe fn copy_between_shared(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    unsafe { copy(source, destination, len) }
}

/// # Safety
///
/// As [`copy_between_shared`]; so of every function below that copies.
#[inline]
unsafe fn copy(source: *const u8, destination: *mut u8, len: usize) {
    if len > SHORT {
        if len <= 2 * SHORT && MASKED.load(Ordering::Relaxed) {
            // SAFETY: the processor has the instructions, or `MASKED` would not be set.
            return unsafe { copy_two_masked(source, destination, len) };
        }
        let routine = COPY.load(Ordering::Relaxed);
        // SAFETY: nothing but functions of this type is ever stored there.
        let routine = unsafe { core::mem::transmute::<*mut (), Copy>(routine) };
        // SAFETY: the duties are the same.
        unsafe { routine(source, destination, len) }
    } else if len.is_power_of_two() && len < SHORT {
        // Of a length that the compiler knows, one or two moves remain.
        // SAFETY: the duties are the same.
        unsafe { copy_pieces(source, destination, len) }
    } else if MASKED.load(Ordering::Relaxed) && !ends_page(source, destination) {
        // SAFETY: the processor has the instructions, or `MASKED` would not be set.
        unsafe { copy_short_masked(source, destination, len) }
    } else {
        // SAFETY: the duties are the same.
        unsafe { copy_short(source, destination, len) }
    }
}

/// Whether a register's length from one of the two addresses on reaches another page.
///
/// A masked access may: what it does not touch does not fault. But it then takes microcode.
#[inline]
fn ends_page(source: *const u8, destination: *mut u8) -> bool {
    let last = SHORT - 1;
    let turns = |address: usize| address ^ address.wrapping_add(last);
    (turns(source.addr()) | turns(destination.addr())) & PAGE != 0
}

/// Moves one register's worth.
macro_rules! move_one {
    ($instruction:literal, $class:ident, $modifier:literal, $source:expr, $destination:expr) => {
        // SAFETY: the caller vouches for both addresses.
        unsafe {
            asm!(
                concat!($instruction, " {value", $modifier, "}, [{source}]"),
                concat!($instruction, " [{destination}], {value", $modifier, "}"),
                value = out($class) _,
                source = in(reg) $source,
                destination = in(reg) $destination,
                options(nostack, preserves_flags),
            );
        }
    };
}

/// Copies less than 64 bytes as the powers of two that they are the sum of.
#[inline(always)]
unsafe fn copy_pieces(mut source: *const u8, mut destination: *mut u8, len: usize) {
    macro_rules! piece {
        ($size:literal: $instruction:literal, $class:ident, $modifier:literal) => {
            if len & $size != 0 {
                move_one!($instruction, $class, $modifier, source, destination);
                source = source.wrapping_add($size);
                destination = destination.wrapping_add($size);
            }
        };
    }
    if len & 32 != 0 {
        move_one!("movups", xmm_reg, "", source, destination);
        source = source.wrapping_add(16);
        destination = destination.wrapping_add(16);
        move_one!("movups", xmm_reg, "", source, destination);
        source = source.wrapping_add(16);
        destination = destination.wrapping_add(16);
    }
    piece!(16: "movups", xmm_reg, "");
    piece!(8: "mov", reg, ":r");
    piece!(4: "mov", reg, ":e");
    piece!(2: "mov", reg, ":x");
    if len & 1 != 0 {
        move_one!("mov", reg_byte, "", source, destination);
    }
}

/// Copies at most 64 bytes in one register of as many bytes, of which a mask chooses.
///
/// # Safety
///
/// The processor has AVX-512BW and BMI2, and the system keeps their registers.
#[inline(always)]
unsafe fn copy_short_masked(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: what the mask leaves out is neither read nor written.
    unsafe {
        asm!(
            "mov {mask}, -1",
            "bzhi {mask}, {mask}, {len}",
            "kmovq k1, {mask}",
            "vmovdqu8 zmm16 {{k1}} {{z}}, [{source}]",
            "vmovdqu8 [{destination}] {{k1}}, zmm16",
            mask = out(reg) _,
            len = in(reg) len,
            source = in(reg) source,
            destination = in(reg) destination,
            out("k1") _,
            out("xmm16") _,
            options(nostack),
        );
    }
}

/// Copies 64 bytes, and of the last 64 those that the first have not.
#[inline(always)]
unsafe fn copy_two_masked(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: see above.
    unsafe {
        asm!(
            "mov {mask}, -1",
            "shlx {mask}, {mask}, {left_out}",
            "kmovq k1, {mask}",
            "vmovdqu64 zmm17, [{source} + {len} - 64]",
            "vmovdqu64 zmm16, [{source}]",
            "vmovdqu64 [{destination}], zmm16",
            "vmovdqu8 [{destination} + {len} - 64] {{k1}}, zmm17",
            mask = out(reg) _,
            left_out = in(reg) len.wrapping_neg(),
            len = in(reg) len,
            source = in(reg) source,
            destination = in(reg) destination,
            out("k1") _,
            out("xmm16") _,
            out("xmm17") _,
            options(nostack, preserves_flags),
        );
    }
}

/// Copies at most 64 bytes without masks: where the processor has none, at the end of a
/// page, and before the routine is chosen.
#[inline(never)]
unsafe fn copy_short(source: *const u8, destination: *mut u8, len: usize) {
    ensure_chosen();
    if len < SHORT {
        // SAFETY: the duties are the same.
        return unsafe { copy_pieces(source, destination, len) };
    }
    // SAFETY: the first half.
    unsafe { copy_pieces(source, destination, SHORT / 2) };
    let (source, destination) = (
        source.wrapping_add(SHORT / 2),
        destination.wrapping_add(SHORT / 2),
    );
    // SAFETY: the second half.
    unsafe { copy_pieces(source, destination, SHORT / 2) };
}

/// Stands for the routine until the first copy.
#[cold]
unsafe fn choose_and_copy(source: *const u8, destination: *mut u8, len: usize) {
    let routine = choose();
    // SAFETY: the duties are the same, and the processor has what the routine needs.
    unsafe { routine(source, destination, len) }
}

#[inline]
fn ensure_chosen() {
    if COPY.load(Ordering::Relaxed) == choose_and_copy as *mut () {
        choose();
    }
}

#[inline]
fn fast_rep_movsb() -> bool {
    ensure_chosen();
    FAST_REP_MOVSB.load(Ordering::Relaxed)
}

/// Finds the routine for this processor, and keeps it for the next time.
#[cold]
fn choose() -> Copy {
    let processor = Processor::detect();
    let routine: Copy = match processor {
        Processor { masks: true, .. } => copy_masked,
        Processor { avx: true, .. } => copy_avx,
        _ => copy_sse2,
    };
    // Each is right without the others.
    FAST_REP_MOVSB.store(processor.fast_rep_movsb, Ordering::Relaxed);
    COPY.store(routine as *mut (), Ordering::Relaxed);
    MASKED.store(processor.masks, Ordering::Relaxed);
    routine
}

/// All routines that this processor can run, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn routines() -> std::vec::Vec<(&'static str, Copy)> {
    let processor = Processor::detect();
    let mut routines: std::vec::Vec<(&'static str, Copy)> = std::vec![
        ("the chosen", copy),
        ("sse2", copy_sse2),
        ("sse2 without rep movsb", loop_sse2),
        ("non-temporal", |source, destination, len| {
            match len < INTERLEAVED * PAGE + SHORT {
                // SAFETY: the duties are the same.
                true => unsafe { copy(source, destination, len) },
                // SAFETY: as above, and there is enough for a turn.
                false => unsafe { copy_non_temporal(source, destination, len) },
            }
        }),
        ("pieces and halves", |source, destination, len| match len {
            // SAFETY: the duties are the same.
            0..=SHORT => unsafe { copy_short(source, destination, len) },
            // SAFETY: as above.
            _ => unsafe { copy(source, destination, len) },
        }),
    ];
    if processor.avx {
        routines.push(("avx", copy_avx));
        routines.push(("avx without rep movsb", loop_avx));
    }
    if processor.masks {
        routines.push(("masked", |source, destination, len| match len {
            // SAFETY: the processor has the instructions.
            0..=SHORT => unsafe { copy_short_masked(source, destination, len) },
            // SAFETY: as above.
            _ => unsafe { copy_masked(source, destination, len) },
        }));
    }
    routines
}

/// All ways to fill, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn fills() -> std::vec::Vec<(&'static str, unsafe fn(*mut u8, u8, usize))> {
    std::vec![
        ("the chosen", fill),
        ("without rep stosb", |destination, value, len| match len {
            // SAFETY: the duties are the same.
            0..SHORT => unsafe { fill(destination, value, len) },
            // SAFETY: as above, and there are 64 bytes.
            _ => unsafe { fill_loop(destination, value, len) },
        }),
    ]
}

/// What a copy can use.
struct Processor {
    /// The registers of AVX, kept by the system.
    avx: bool,
    /// Byte masks of 64 bits, and wide registers that do not slow the clock down.
    masks: bool,
    /// `rep movsb` that is as fast as a loop from some thousand bytes on.
    fast_rep_movsb: bool,
}

impl Processor {
    fn detect() -> Self {
        let bit = |register: u32, bit: u32| register >> bit & 1 == 1;
        let [highest, vendor, ..] = cpuid(0);
        // Of other makers neither masked stores nor `rep movsb` were ever measured here.
        let intel = vendor == u32::from_le_bytes(*b"Genu");
        let features = cpuid(1)[2];
        let (osxsave, avx) = (bit(features, 27), bit(features, 28));
        let kept = if osxsave { xgetbv() } else { 0 };
        let keeps = |registers: u32| kept & registers == registers;
        let [_, more, _, recent] = if highest < 7 { [0; 4] } else { cpuid(7) };
        let avx512 = bit(more, 8) && bit(more, 16) && bit(more, 30) && keeps(0xe6);
        Self {
            avx: avx && keeps(0x06),
            // Fast short `rep movsb` came with the processors whose clock is not slowed down.
            masks: intel && avx512 && bit(recent, 4),
            fast_rep_movsb: intel && bit(more, 9),
        }
    }
}

/// The registers `eax`, `ebx`, `ecx` and `edx` for a leaf, of which the first part.
fn cpuid(leaf: u32) -> [u32; 4] {
    let (eax, ebx, ecx, edx);
    // SAFETY: every 64-bit processor has the instruction. The compiler may need `rbx`.
    unsafe {
        asm!(
            "mov {kept}, rbx",
            "cpuid",
            "xchg {kept}, rbx",
            kept = out(reg) ebx,
            inout("eax") leaf => eax,
            inout("ecx") 0 => ecx,
            out("edx") edx,
            options(nostack, preserves_flags),
        );
    }
    let ebx: u64 = ebx;
    [eax, ebx as u32, ecx, edx]
}

/// Which registers the system keeps for each thread.
fn xgetbv() -> u32 {
    let kept;
    // SAFETY: only called where `cpuid` says that the system has enabled the instruction.
    unsafe {
        asm!(
            "xgetbv",
            in("ecx") 0,
            out("eax") kept,
            out("edx") _,
            options(nomem, nostack, preserves_flags),
        );
    }
    kept
}

/// With registers of 64 bytes and masks.
///
/// # Safety
///
/// As [`copy_short_masked`].
unsafe fn copy_masked(source: *const u8, destination: *mut u8, len: usize) {
    if len <= 8 * SHORT {
        // SAFETY: the duties are the same, and there are more than 64 bytes.
        return unsafe { copy_medium_masked(source, destination, len) };
    }
    if len < REP_MOVSB {
        // SAFETY: the duties are the same.
        return unsafe { copy_long_masked(source, destination, len) };
    }
    // SAFETY: the duties are the same.
    unsafe { copy_large(copy_long_masked, source, destination, len) }
}

/// Whole registers upwards, then the rest as the upper lanes of the last 64 bytes.
///
/// # Safety
///
/// As [`copy_masked`], and `len` is more than 64.
#[inline(always)]
unsafe fn copy_medium_masked(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the last register starts 64 bytes before the end, and lanes that another
    // register has written are left out. It is loaded before anything below is written.
    unsafe {
        asm!(
            "mov {rest:e}, {len:e}",
            "neg {rest:e}",
            "mov {mask}, -1",
            "shlx {mask}, {mask}, {rest}",
            "kmovq k1, {mask}",
            "vmovdqu64 zmm17, [{source} + {len} - 64]",
            "lea {last}, [{destination} + {len} - 64]",
            "vmovdqu64 zmm16, [{source}]",
            "vmovdqu64 [{destination}], zmm16",
            "cmp {len}, 128",
            "jbe 3f",
            "vmovdqu64 zmm16, [{source} + 64]",
            "vmovdqu64 [{destination} + 64], zmm16",
            "cmp {len}, 192",
            "jbe 3f",
            "2:",
            "vmovdqu64 zmm16, [{source} + 128]",
            "vmovdqu64 [{destination} + 128], zmm16",
            "add {source}, 64",
            "add {destination}, 64",
            "sub {len}, 64",
            "cmp {len}, 192",
            "ja 2b",
            "3:",
            "vmovdqu8 [{last}] {{k1}}, zmm17",
            rest = out(reg) _,
            mask = out(reg) _,
            last = out(reg) _,
            len = inout(reg) len => _,
            source = inout(reg) source => _,
            destination = inout(reg) destination => _,
            out("k1") _,
            out("xmm16") _,
            out("xmm17") _,
            options(nostack),
        );
    }
}

/// To an address that is a multiple of 64 first, then whole registers, then the rest.
///
/// # Safety
///
/// As [`copy_masked`], and `len` is more than 128.
unsafe fn copy_long_masked(source: *const u8, destination: *mut u8, len: usize) {
    let head = destination.addr().wrapping_neg() & (SHORT - 1);
    // SAFETY: the mask chooses the first `head` bytes of 64 that are all inside; the loop
    // stays below `blocks` times 256 bytes, and more than 64 remain for the rest.
    unsafe {
        asm!(
            "mov {mask}, -1",
            "bzhi {mask}, {mask}, {head}",
            "kmovq k1, {mask}",
            "vmovdqu64 zmm16, [{source}]",
            "vmovdqu8 [{destination}] {{k1}}, zmm16",
            head = in(reg) head,
            mask = out(reg) _,
            source = in(reg) source,
            destination = in(reg) destination,
            out("k1") _,
            out("xmm16") _,
            options(nostack),
        );
    }
    let (mut source, mut destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    let mut len = len - head;
    let blocks = (len - SHORT - 1) / 256;
    if blocks > 0 {
        // SAFETY: see above.
        unsafe {
            asm!(
                "2:",
                "vmovdqu64 zmm16, [{source}]",
                "vmovdqu64 zmm17, [{source} + 64]",
                "vmovdqu64 zmm18, [{source} + 128]",
                "vmovdqu64 zmm19, [{source} + 192]",
                "vmovdqa64 [{destination}], zmm16",
                "vmovdqa64 [{destination} + 64], zmm17",
                "vmovdqa64 [{destination} + 128], zmm18",
                "vmovdqa64 [{destination} + 192], zmm19",
                "add {source}, 256",
                "add {destination}, 256",
                "dec {blocks}",
                "jnz 2b",
                blocks = inout(reg) blocks => _,
                source = inout(reg) source,
                destination = inout(reg) destination,
                out("xmm16") _,
                out("xmm17") _,
                out("xmm18") _,
                out("xmm19") _,
                options(nostack),
            );
        }
        len -= blocks * 256;
    }
    // SAFETY: the last bytes, which are more than 64.
    unsafe { copy_medium_masked(source, destination, len) }
}

/// Defines a routine that uses registers of `$width` bytes.
macro_rules! vectors {
    (
        $name:ident, $loop_name:ident, $width:literal,
        $register:literal, $unaligned:literal, $aligned:literal, $end:literal
    ) => {
        /// # Safety
        ///
        /// As [`copy_between_shared`], and the processor has these registers.
        unsafe fn $name(source: *const u8, destination: *mut u8, len: usize) {
            if len < REP_MOVSB {
                // SAFETY: the duties are the same.
                unsafe { $loop_name(source, destination, len) }
            } else {
                // SAFETY: the duties are the same.
                unsafe { copy_large($loop_name, source, destination, len) }
            }
        }

        /// # Safety
        ///
        /// As the routine that it belongs to.
        unsafe fn $loop_name(source: *const u8, destination: *mut u8, len: usize) {
            let head = destination.addr().wrapping_neg() & ($width - 1);
            // Shorter copies would lose more by the steps to an aligned address.
            let head = if len < 8 * $width { 0 } else { head };
            // SAFETY: the first bytes of the copy.
            unsafe { copy_pieces(source, destination, head) };
            let mut source = source.wrapping_add(head);
            let mut destination = destination.wrapping_add(head);
            let rest = len - head;
            let turns = rest / (2 * $width);
            if turns > 0 {
                // SAFETY: the next bytes, of which there are as many.
                unsafe {
                    asm!(
                        "2:",
                        concat!($unaligned, " ", $register, "0, [{source}]"),
                        concat!($unaligned, " ", $register, "1, [{source} + ", $width, "]"),
                        concat!($aligned, " [{destination}], ", $register, "0"),
                        concat!($aligned, " [{destination} + ", $width, "], ", $register, "1"),
                        concat!("add {source}, 2 * ", $width),
                        concat!("add {destination}, 2 * ", $width),
                        "dec {turns}",
                        "jnz 2b",
                        $end,
                        turns = inout(reg) turns => _,
                        source = inout(reg) source,
                        destination = inout(reg) destination,
                        out("xmm0") _,
                        out("xmm1") _,
                        options(nostack),
                    );
                }
            }
            // SAFETY: the last bytes.
            unsafe { copy_pieces(source, destination, rest % (2 * $width)) }
        }
    };
}

vectors!(
    copy_avx,
    loop_avx,
    32,
    "ymm",
    "vmovdqu",
    "vmovdqu",
    "vzeroupper"
);
vectors!(copy_sse2, loop_sse2, 16, "xmm", "movdqu", "movdqu", "");

/// With what serves many bytes best; `vectors` where that is a loop.
///
/// # Safety
///
/// As [`copy_between_shared`], and `vectors` may be used.
unsafe fn copy_large(vectors: Copy, source: *const u8, destination: *mut u8, len: usize) {
    // Upwards only page by page: a destination just below the source would be in the way.
    let apart = source.addr().wrapping_sub(destination.addr()) >= INTERLEAVED * PAGE;
    if len >= NON_TEMPORAL && apart {
        // SAFETY: the duties are the same.
        return unsafe { copy_non_temporal(source, destination, len) };
    }
    if !fast_rep_movsb() {
        // SAFETY: the duties are the same.
        return unsafe { vectors(source, destination, len) };
    }
    // SAFETY: the duties are the same; the direction flag is clear on entry to every
    // block of inline assembly.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") len => _,
            inout("rsi") source => _,
            inout("rdi") destination => _,
            options(nostack, preserves_flags),
        );
    }
}

/// One line of 64 bytes from and to an offset.
macro_rules! line {
    ($source:literal, $destination:literal, $offset:literal) => {
        concat!(
            "movdqu xmm0, [",
            $source,
            " + ",
            $offset,
            "]\n",
            "movdqu xmm1, [",
            $source,
            " + ",
            $offset,
            " + 16]\n",
            "movdqu xmm2, [",
            $source,
            " + ",
            $offset,
            " + 32]\n",
            "movdqu xmm3, [",
            $source,
            " + ",
            $offset,
            " + 48]\n",
            "movntdq [",
            $destination,
            " + ",
            $offset,
            "], xmm0\n",
            "movntdq [",
            $destination,
            " + ",
            $offset,
            " + 16], xmm1\n",
            "movntdq [",
            $destination,
            " + ",
            $offset,
            " + 32], xmm2\n",
            "movntdq [",
            $destination,
            " + ",
            $offset,
            " + 48], xmm3",
        )
    };
}

/// Past the caches, several pages at a time so that more of them are fetched at once.
///
/// # Safety
///
/// As [`copy_large`]; `len` is enough for one turn of the loop behind the first aligned
/// address; if the two overlap, then by so much that no turn writes what it has yet to read.
unsafe fn copy_non_temporal(source: *const u8, destination: *mut u8, len: usize) {
    let head = destination.addr().wrapping_neg() & (SHORT - 1);
    // SAFETY: the first bytes of the copy.
    unsafe { copy_pieces(source, destination, head) };
    let (mut source, mut destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    let rest = len - head;
    let turns = rest / (INTERLEAVED * PAGE);
    // SAFETY: the next bytes, of which there are as many, each line of 64 bytes in one go.
    // What is fetched ahead need not exist.
    unsafe {
        asm!(
            "2:",
            "mov {lines:e}, {page} / 64",
            "3:",
            "prefetcht0 [{source} + {ahead}]",
            "prefetcht0 [{source} + {ahead} + {page}]",
            "prefetcht0 [{source} + {ahead} + 2 * {page}]",
            "prefetcht0 [{source} + {ahead} + 3 * {page}]",
            line!("{source}", "{destination}", "0"),
            line!("{source}", "{destination}", "{page}"),
            line!("{source}", "{destination}", "2 * {page}"),
            line!("{source}", "{destination}", "3 * {page}"),
            "add {source}, 64",
            "add {destination}, 64",
            "dec {lines:e}",
            "jnz 3b",
            "add {source}, 3 * {page}",
            "add {destination}, 3 * {page}",
            "dec {turns}",
            "jnz 2b",
            "sfence",
            page = const PAGE,
            ahead = const 256,
            lines = out(reg) _,
            turns = inout(reg) turns => _,
            source = inout(reg) source,
            destination = inout(reg) destination,
            out("xmm0") _,
            out("xmm1") _,
            out("xmm2") _,
            out("xmm3") _,
            options(nostack),
        );
    }
    // SAFETY: the last bytes.
    unsafe { copy(source, destination, rest % (INTERLEAVED * PAGE)) }
}

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    if len < SHORT {
        // SAFETY: the duties are the same.
        unsafe { fill_pieces(destination, u64::from_ne_bytes([value; 8]), len) }
    } else {
        // SAFETY: the duties are the same.
        unsafe { fill_long(destination, value, len) }
    }
}

unsafe fn fill_long(destination: *mut u8, value: u8, len: usize) {
    if len < REP_MOVSB || !fast_rep_movsb() {
        // SAFETY: the duties are the same.
        return unsafe { fill_loop(destination, value, len) };
    }
    // SAFETY: the caller vouches for the range; the direction flag is clear on entry to
    // every block of inline assembly.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") len => _,
            inout("rdi") destination => _,
            in("al") value,
            options(nostack, preserves_flags),
        );
    }
}

/// Sets 64 bytes or more.
unsafe fn fill_loop(destination: *mut u8, value: u8, len: usize) {
    let value = u64::from_ne_bytes([value; 8]);
    let mut destination = destination;
    // SAFETY: as many turns as there are whole ones, of which there is one at least.
    unsafe {
        asm!(
            "movq xmm0, {value}",
            "punpcklqdq xmm0, xmm0",
            "2:",
            "movdqu [{destination}], xmm0",
            "movdqu [{destination} + 16], xmm0",
            "movdqu [{destination} + 32], xmm0",
            "movdqu [{destination} + 48], xmm0",
            "add {destination}, 64",
            "dec {turns}",
            "jnz 2b",
            value = in(reg) value,
            turns = inout(reg) len / SHORT => _,
            destination = inout(reg) destination,
            out("xmm0") _,
            options(nostack),
        );
    }
    // SAFETY: the last bytes.
    unsafe { fill_pieces(destination, value, len % SHORT) }
}

/// Sets less than 64 bytes, to a value that is all the same byte.
#[inline(always)]
unsafe fn fill_pieces(mut destination: *mut u8, value: u64, len: usize) {
    for _ in 0..len / 8 {
        // SAFETY: as many as there are whole ones.
        unsafe { store_u64(destination, value) };
        destination = destination.wrapping_add(8);
    }
    if len & 4 != 0 {
        // SAFETY: the first of what remains.
        unsafe { store_u32(destination, value as u32) };
        destination = destination.wrapping_add(4);
    }
    if len & 2 != 0 {
        // SAFETY: as above.
        unsafe { store_u16(destination, value as u16) };
        destination = destination.wrapping_add(2);
    }
    if len & 1 != 0 {
        // SAFETY: the last byte.
        unsafe { store_u8(destination, value as u8) };
    }
}
