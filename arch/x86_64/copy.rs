//! Copies to and from memory that others may write.
//!
//! One routine serves every direction: it goes upwards, reads a byte before it writes
//! anything above it, and writes each byte once. Which one is chosen at the first copy, by
//! what the processor has.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::{store_u8, store_u16, store_u32, store_u64};

/// The bytes that caches keep together, and that the widest registers hold.
const LINE: usize = 64;

/// Copies up to this long are made without a loop, where there are masks.
const MEDIUM: usize = 8 * LINE;

/// From here on the microcode's `rep movsb` is as fast as any loop, where it is fast.
const REP_MOVSB: usize = 4 << 10;

/// From here on the caches would only be emptied: stores go past them.
const NON_TEMPORAL: usize = 32 << 20;

/// Pages that one turn of the non-temporal loop works on.
const INTERLEAVED: usize = 4;

/// What is always enough for one turn of that loop.
#[cfg(test)]
const NON_TEMPORAL_LEAST: usize = INTERLEAVED * PAGE + LINE;

/// Whatever the size of pages, these are what the processor fetches ahead in.
const PAGE: usize = 4096;

/// Any of these takes every length above 64: at two looks at which was chosen the answers may
/// differ.
type Copy = unsafe fn(*const u8, *mut u8, usize);

/// The routine for this processor, a [`Copy`]; at first the one that finds it.
static COPY: AtomicPtr<()> = AtomicPtr::new(choose_and_copy::<false> as *mut ());

/// The routine to memory of our own, which may write a byte twice.
static COPY_OWN: AtomicPtr<()> = AtomicPtr::new(choose_and_copy::<true> as *mut ());

/// Whether it is [`copy_masked`], so that short copies need no call. Becomes true once, at any
/// moment: two looks may differ.
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
    unsafe { copy::<true>(source, destination, len) }
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
    unsafe { copy::<false>(source, destination, len) }
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
    unsafe { copy::<false>(source, destination, len) }
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

/// Copies in the way that suits the length. To memory of our `OWN` bytes may be written
/// twice, which is faster than by a mask.
///
/// # Safety
///
/// As [`copy_between_shared`]; so of every function below that copies.
#[inline(always)]
unsafe fn copy<const OWN: bool>(source: *const u8, destination: *mut u8, len: usize) {
    // Of a length that the compiler knows, little of this remains.
    if len > 128 || len > 64 && !has_masks() {
        let routine = if OWN { &COPY_OWN } else { &COPY };
        let routine = routine.load(Ordering::Relaxed);
        // SAFETY: nothing but functions of this type is ever stored there.
        let routine = unsafe { core::mem::transmute::<*mut (), Copy>(routine) };
        // SAFETY: the duties are the same.
        unsafe { routine(source, destination, len) }
    } else if len > 64 {
        // SAFETY: the duties are the same, and the processor has the instructions.
        unsafe { copy_128::<OWN>(source, destination, len) }
    } else if len > 32 && has_masks() {
        // SAFETY: as above.
        unsafe { copy_64::<OWN>(source, destination, len) }
    } else if len == 8 {
        move_one!("mov", reg, ":r", source, destination);
    } else if len == 16 {
        move_one!("movups", xmm_reg, "", source, destination);
    } else if len == 32 {
        // SAFETY: the duties are the same.
        unsafe { copy_pieces(source, destination, 32) }
    } else if len <= 4 {
        // SAFETY: the duties are the same.
        unsafe { copy_pieces(source, destination, len) }
    } else if len < 32 && has_masks() && !ends_page(source, destination) {
        // SAFETY: the duties are the same, and the processor has the instructions.
        unsafe { copy_32_masked(source, destination, len) }
    } else {
        // SAFETY: the duties are the same.
        unsafe { copy_short::<OWN>(source, destination, len) }
    }
}

#[inline]
fn has_masks() -> bool {
    MASKED.load(Ordering::Relaxed)
}

/// Whether 32 bytes from one of the two addresses on reach another page.
///
/// A masked access may: what it does not touch does not fault. But it then takes microcode.
#[inline]
fn ends_page(source: *const u8, destination: *mut u8) -> bool {
    let turns = |address: usize| address ^ address.wrapping_add(31);
    (turns(source.addr()) | turns(destination.addr())) & PAGE != 0
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

/// Copies at most 32 bytes in one register, of which a mask chooses.
///
/// # Safety
///
/// The processor has AVX-512BW, AVX-512VL and BMI2, and the system keeps their registers;
/// so of all functions whose name says masked.
#[inline(always)]
unsafe fn copy_32_masked(source: *const u8, destination: *mut u8, len: usize) {
    debug_assert!(len <= 32);
    // SAFETY: what the mask leaves out is neither read nor written.
    unsafe {
        asm!(
            "mov {mask:e}, -1",
            "bzhi {mask:e}, {mask:e}, {len:e}",
            "kmovd k1, {mask:e}",
            "vmovdqu8 ymm16 {{k1}} {{z}}, [{source}]",
            "vmovdqu8 [{destination}] {{k1}}, ymm16",
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

/// Defines the copy of one to two registers, both loaded before anything is written; what
/// the first has written the second leaves out by a mask, unless it may be written twice.
#[rustfmt::skip]
macro_rules! two_registers {
    ($name:ident, $width:literal, $register:literal, $modifier:literal, $move_mask:literal) => {
        /// # Safety
        ///
        /// - `len` is more than one register holds, and at most what two do.
        /// - The processor has what [`copy_32_masked`] needs.
        #[inline(always)]
        unsafe fn $name<const OWN: bool>(source: *const u8, destination: *mut u8, len: usize) {
            if OWN || len == 2 * $width {
                // SAFETY: both registers are inside.
                unsafe {
                    asm!(
                        concat!("vmovdqu64 ", $register, "16, [{source}]"),
                        concat!("vmovdqu64 ", $register, "17, [{source} + {len} - ", $width, "]"),
                        concat!("vmovdqu64 [{destination}], ", $register, "16"),
                        concat!("vmovdqu64 [{destination} + {len} - ", $width, "], ", $register, "17"),
                        len = in(reg) len,
                        source = in(reg) source,
                        destination = in(reg) destination,
                        out("xmm16") _,
                        out("xmm17") _,
                        options(nostack, preserves_flags),
                    );
                }
                return;
            }
            // SAFETY: as above; the shift counts modulo the width.
            unsafe {
                asm!(
                    concat!("mov {mask", $modifier, "}, -1"),
                    concat!("shlx {mask", $modifier, "}, {mask", $modifier, "}, {left_out", $modifier, "}"),
                    concat!($move_mask, " k1, {mask", $modifier, "}"),
                    concat!("vmovdqu64 ", $register, "16, [{source}]"),
                    concat!("vmovdqu64 ", $register, "17, [{source} + {len} - ", $width, "]"),
                    concat!("vmovdqu64 [{destination}], ", $register, "16"),
                    concat!("vmovdqu8 [{destination} + {len} - ", $width, "] {{k1}}, ", $register, "17"),
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
    };
}

two_registers!(copy_64, 32, "ymm", ":e", "kmovd");
two_registers!(copy_128, 64, "zmm", ":r", "kmovq");

/// Copies at most 64 bytes without masks: where the processor has none, at the end of a
/// page, and before the first choice.
#[inline(never)]
unsafe fn copy_short<const OWN: bool>(source: *const u8, destination: *mut u8, len: usize) {
    ensure_chosen();
    if OWN && len >= 8 {
        // SAFETY: the duties are the same, and the destination is our own.
        return unsafe { copy_short_overlapping(source, destination, len) };
    }
    if len == 64 {
        // SAFETY: the first half; the second remains.
        unsafe { copy_pieces(source, destination, 32) };
        let (source, destination) = (source.wrapping_add(32), destination.wrapping_add(32));
        // SAFETY: the second half.
        unsafe { copy_pieces(source, destination, 32) };
    } else {
        // SAFETY: the duties are the same.
        unsafe { copy_pieces(source, destination, len) }
    }
}

/// Copies 8 to 64 bytes from both ends to the middle, to memory of our own.
#[inline(always)]
unsafe fn copy_short_overlapping(source: *const u8, destination: *mut u8, len: usize) {
    let end = |size: usize| {
        (
            source.wrapping_add(len - size),
            destination.wrapping_add(len - size),
        )
    };
    if len < 16 {
        move_one!("mov", reg, ":r", source, destination);
        let (source, destination) = end(8);
        move_one!("mov", reg, ":r", source, destination);
        return;
    }
    move_one!("movups", xmm_reg, "", source, destination);
    if len > 32 {
        move_one!(
            "movups",
            xmm_reg,
            "",
            source.wrapping_add(16),
            destination.wrapping_add(16)
        );
        let (source, destination) = end(32);
        move_one!("movups", xmm_reg, "", source, destination);
    }
    let (source, destination) = end(16);
    move_one!("movups", xmm_reg, "", source, destination);
}

/// Stands for the routine until the first copy.
#[cold]
unsafe fn choose_and_copy<const OWN: bool>(source: *const u8, destination: *mut u8, len: usize) {
    choose();
    // SAFETY: the duties are the same.
    unsafe { copy::<OWN>(source, destination, len) }
}

#[inline]
fn ensure_chosen() {
    if COPY.load(Ordering::Relaxed) == choose_and_copy::<false> as *mut () {
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
fn choose() {
    let processor = Processor::detect();
    let (routine, own): (Copy, Copy) = match processor {
        Processor { masks: true, .. } => (copy_masked, copy_wide_overlapping),
        Processor { avx: true, .. } => (copy_avx, copy_avx_overlapping),
        _ => (copy_sse2, copy_sse2_overlapping),
    };
    // Each is right without the others.
    FAST_REP_MOVSB.store(processor.fast_rep_movsb, Ordering::Relaxed);
    COPY.store(routine as *mut (), Ordering::Relaxed);
    COPY_OWN.store(own as *mut (), Ordering::Relaxed);
    MASKED.store(processor.masks, Ordering::Relaxed);
}

/// All routines that this processor can run and that write each byte once, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn routines() -> std::vec::Vec<(&'static str, Copy)> {
    let processor = Processor::detect();
    let mut routines: std::vec::Vec<(&'static str, Copy)> = std::vec![
        ("the chosen", copy::<false>),
        ("pieces", |source, destination, len| match len {
            // SAFETY: the duties are the same.
            0..=LINE => unsafe { copy_short::<false>(source, destination, len) },
            // SAFETY: as above.
            _ => unsafe { copy::<false>(source, destination, len) },
        }),
        ("sse2", copy_sse2),
        ("sse2 without rep movsb", loop_sse2),
        ("non-temporal", |source, destination, len| match len {
            // SAFETY: the duties are the same.
            0..NON_TEMPORAL_LEAST => unsafe { copy::<false>(source, destination, len) },
            // SAFETY: as above.
            _ => unsafe { copy_non_temporal(source, destination, len) },
        }),
    ];
    if processor.avx {
        routines.push(("avx", copy_avx));
        routines.push(("avx without rep movsb", loop_avx));
    }
    if processor.masks {
        routines.push((
            "masked without rep movsb",
            |source, destination, len| match len {
                // SAFETY: the processor has the instructions, and the length is in the range.
                0..=32 => unsafe { copy_32_masked(source, destination, len) },
                // SAFETY: as above.
                33..=64 => unsafe { copy_64::<false>(source, destination, len) },
                // SAFETY: as above.
                65..=128 => unsafe { copy_128::<false>(source, destination, len) },
                // SAFETY: as above.
                _ => unsafe { copy_long_masked(source, destination, len) },
            },
        ));
    }
    routines
}

/// All routines to memory of our own, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn routines_to_our_own() -> std::vec::Vec<(&'static str, Copy)> {
    let mut routines: std::vec::Vec<(&'static str, Copy)> = std::vec![
        ("the chosen", copy::<true>),
        ("sse2", copy_sse2_overlapping),
        ("sse2 without rep movsb", loop_sse2_overlapping),
    ];
    let processor = Processor::detect();
    if processor.avx {
        routines.push(("avx", copy_avx_overlapping));
        routines.push(("avx without rep movsb", loop_avx_overlapping));
    }
    if processor.masks {
        routines.push(("wide", copy_wide_overlapping));
        routines.push(("wide without rep movsb", loop_wide_overlapping));
    }
    routines
}

#[cfg(test)]
type Fill = unsafe fn(*mut u8, u8, usize);

/// All ways to fill, for the tests.
#[cfg(test)]
#[allow(
    dead_code,
    reason = "only tests/access.rs, which includes this file, asks"
)]
pub(crate) fn fills() -> std::vec::Vec<(&'static str, Fill)> {
    std::vec![
        ("the chosen", fill),
        ("without rep stosb", |destination, value, len| match len {
            // SAFETY: the duties are the same.
            0..LINE => unsafe { fill(destination, value, len) },
            // SAFETY: as above, and there are 64 bytes.
            _ => unsafe { fill_loop(destination, value, len) },
        }),
    ]
}

/// What a copy can use.
struct Processor {
    /// The registers of AVX, kept by the system.
    avx: bool,
    /// Masks of bytes, and wide registers that do not slow the clock down.
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
        let avx512 = bit(more, 16) && bit(more, 30) && bit(more, 31);
        let bmi2 = bit(more, 8);
        Self {
            avx: avx && keeps(0x06),
            // Fast short `rep movsb` came with the processors whose clock is not slowed down.
            masks: intel && avx512 && bmi2 && keeps(0xe6) && bit(recent, 4),
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
/// As [`copy_32_masked`].
unsafe fn copy_masked(source: *const u8, destination: *mut u8, len: usize) {
    if len <= MEDIUM {
        // SAFETY: the duties are the same, and there are more than 64 bytes.
        return unsafe { copy_medium_masked(source, destination, len) };
    }
    // Where both are aligned alike the loop is faster for longer: no load comes close enough
    // behind a store, modulo a page, to wait for it.
    let alike = (source.addr() ^ destination.addr()) & (LINE - 1) == 0;
    if len < REP_MOVSB || alike && len < 2 * REP_MOVSB {
        // SAFETY: the duties are the same.
        return unsafe { copy_long_masked(source, destination, len) };
    }
    // `rep movsb` is faster to an address that is a multiple of 64.
    // SAFETY: the duties are the same.
    let head = unsafe { copy_head_masked(source, destination) };
    let (source, destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    // SAFETY: the rest.
    unsafe { copy_large(copy_long_masked, source, destination, len - head) }
}

/// One of the blocks that [`copy_medium_masked`] jumps into, each of 16 bytes of code.
#[rustfmt::skip]
macro_rules! move_block {
    ($before_end:literal, $register:literal) => {
        concat!(
            ".balign 16\n",
            "vmovdqu64 ", $register, ", [{source} - ", $before_end, "]\n",
            "vmovdqu64 [{destination} - ", $before_end, "], ", $register,
        )
    };
}

/// Whole registers, then the rest as the upper lanes of the last 64 bytes.
///
/// A jump to as many blocks as there are whole registers: of random lengths a processor
/// predicts none, and one jump costs less than several branches.
///
/// # Safety
///
/// As [`copy_masked`], and `len` is at least 64 and at most [`MEDIUM`].
unsafe fn copy_medium_masked(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the blocks end where the whole registers do, and one to eight of them are run.
    // The last register starts 64 bytes before the end, and lanes that another register
    // writes are left out of it. It is loaded before anything below is written.
    unsafe {
        asm!(
            "mov {whole}, {len}",
            "and {whole}, -64",
            "vmovdqu64 zmm20, [{source} + {len} - 64]",
            "lea {last}, [{destination} + {len} - 64]",
            "lea {block}, [rip + 2f]",
            "add {source}, {whole}",
            "add {destination}, {whole}",
            "shr {whole}, 2",
            "sub {block}, {whole}",
            "notrack jmp {block}",
            move_block!("512", "zmm16"),
            move_block!("448", "zmm17"),
            move_block!("384", "zmm18"),
            move_block!("320", "zmm19"),
            move_block!("256", "zmm16"),
            move_block!("192", "zmm17"),
            move_block!("128", "zmm18"),
            move_block!("64", "zmm19"),
            ".balign 16",
            "2:",
            "test {len:e}, 63",
            "jz 3f",
            "neg {len}",
            "mov {whole}, -1",
            "shlx {whole}, {whole}, {len}",
            "kmovq k1, {whole}",
            "vmovdqu8 [{last}] {{k1}}, zmm20",
            "3:",
            whole = out(reg) _,
            block = out(reg) _,
            last = out(reg) _,
            len = inout(reg) len => _,
            source = inout(reg) source => _,
            destination = inout(reg) destination => _,
            out("k1") _,
            out("xmm16") _,
            out("xmm17") _,
            out("xmm18") _,
            out("xmm19") _,
            out("xmm20") _,
            options(nostack),
        );
    }
}

/// To an address that is a multiple of 64 first, then whole registers, then the rest.
///
/// # Safety
///
/// As [`copy_masked`], and `len` is more than 128.
#[inline(always)]
unsafe fn copy_long_masked(source: *const u8, destination: *mut u8, len: usize) {
    // SAFETY: the duties are the same.
    let head = unsafe { copy_head_masked(source, destination) };
    let (mut source, mut destination) = (source.wrapping_add(head), destination.wrapping_add(head));
    let mut len = len - head;
    let turns = (len - LINE - 1) / 256;
    if turns > 0 {
        // SAFETY: more than 64 bytes remain when the turns are done, so that the first
        // register of another can be loaded. It is loaded before the last is stored: where
        // the addresses differ by little modulo a page, it would wait for that.
        unsafe {
            asm!(
                "vmovdqu64 zmm16, [{source}]",
                "2:",
                "vmovdqu64 zmm17, [{source} + 64]",
                "vmovdqu64 zmm18, [{source} + 128]",
                "vmovdqu64 zmm19, [{source} + 192]",
                "vmovdqa64 [{destination}], zmm16",
                "vmovdqa64 [{destination} + 64], zmm17",
                "vmovdqu64 zmm16, [{source} + 256]",
                "vmovdqa64 [{destination} + 128], zmm18",
                "vmovdqa64 [{destination} + 192], zmm19",
                "add {source}, 256",
                "add {destination}, 256",
                "dec {turns}",
                "jnz 2b",
                turns = inout(reg) turns => _,
                source = inout(reg) source,
                destination = inout(reg) destination,
                out("xmm16") _,
                out("xmm17") _,
                out("xmm18") _,
                out("xmm19") _,
                options(nostack),
            );
        }
        len -= turns * 256;
    }
    // SAFETY: the last bytes, which are more than 64 and at most 320.
    unsafe { copy_medium_masked(source, destination, len) }
}

/// Copies as far as an address that is a multiple of 64, and tells how far.
///
/// # Safety
///
/// As [`copy_masked`], of at least 64 bytes.
#[inline(always)]
unsafe fn copy_head_masked(source: *const u8, destination: *mut u8) -> usize {
    let head = destination.addr().wrapping_neg() & (LINE - 1);
    if head == 0 {
        return 0;
    }
    // SAFETY: the mask chooses the first `head` bytes of 64 that are all inside.
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
    head
}

/// Defines the routine that writes each byte once with registers of `$width` bytes: from an
/// address that is a multiple of the width on four registers at a time, and the rest in
/// pieces. `$clobber`: `vzeroupper`, which ends those of AVX, changes all sixteen registers.
#[rustfmt::skip]
macro_rules! once {
    (
        $copy:ident, $loop:ident, $width:literal, $register:literal, $move:literal,
        $end:literal, [$($clobber:tt)*]
    ) => {
        /// # Safety
        ///
        /// The processor has these registers; so of both.
        unsafe fn $copy(source: *const u8, destination: *mut u8, len: usize) {
            if len < REP_MOVSB {
                // SAFETY: the duties are the same.
                unsafe { $loop(source, destination, len) }
            } else {
                // SAFETY: the duties are the same.
                unsafe { copy_large($loop, source, destination, len) }
            }
        }

        unsafe fn $loop(mut source: *const u8, mut destination: *mut u8, len: usize) {
            let mut rest = len;
            // Shorter copies would lose more by the steps to an aligned address.
            if len >= 16 * $width {
                let head = destination.addr().wrapping_neg() & ($width - 1);
                // SAFETY: the first bytes of the copy.
                unsafe { copy_pieces(source, destination, head) };
                source = source.wrapping_add(head);
                destination = destination.wrapping_add(head);
                rest -= head;
            }
            // SAFETY: four registers at a time while there is as much, then two, then one.
            unsafe {
                asm!(
                    concat!("sub {rest}, 4 * ", $width),
                    "jb 3f",
                    "2:",
                    concat!($move, " ", $register, "0, [{source}]"),
                    concat!($move, " ", $register, "1, [{source} + ", $width, "]"),
                    concat!($move, " ", $register, "2, [{source} + 2 * ", $width, "]"),
                    concat!($move, " ", $register, "3, [{source} + 3 * ", $width, "]"),
                    concat!($move, " [{destination}], ", $register, "0"),
                    concat!($move, " [{destination} + ", $width, "], ", $register, "1"),
                    concat!($move, " [{destination} + 2 * ", $width, "], ", $register, "2"),
                    concat!($move, " [{destination} + 3 * ", $width, "], ", $register, "3"),
                    concat!("add {source}, 4 * ", $width),
                    concat!("add {destination}, 4 * ", $width),
                    concat!("sub {rest}, 4 * ", $width),
                    "jae 2b",
                    "3:",
                    concat!("test {rest:e}, 2 * ", $width),
                    "jz 4f",
                    concat!($move, " ", $register, "0, [{source}]"),
                    concat!($move, " ", $register, "1, [{source} + ", $width, "]"),
                    concat!($move, " [{destination}], ", $register, "0"),
                    concat!($move, " [{destination} + ", $width, "], ", $register, "1"),
                    concat!("add {source}, 2 * ", $width),
                    concat!("add {destination}, 2 * ", $width),
                    "4:",
                    concat!("test {rest:e}, ", $width),
                    "jz 5f",
                    concat!($move, " ", $register, "0, [{source}]"),
                    concat!($move, " [{destination}], ", $register, "0"),
                    concat!("add {source}, ", $width),
                    concat!("add {destination}, ", $width),
                    "5:",
                    $end,
                    rest = inout(reg) rest,
                    source = inout(reg) source,
                    destination = inout(reg) destination,
                    $(out($clobber) _,)*
                    options(nostack),
                );
            }
            // SAFETY: the last bytes.
            unsafe { copy_pieces(source, destination, rest % $width) }
        }
    };
}

/// Defines the routine to memory of our own with registers of `$width` bytes: one at the
/// start and four at the end, whatever the loop writes between them. What is no longer than
/// `$short_len` (64 at least, and two registers) is left to `$short`.
#[rustfmt::skip]
macro_rules! overlapping {
    (
        $copy:ident, $loop:ident, $width:literal, $register:literal, $move:literal,
        $end:literal, [$($clobber:tt)*], $short_len:literal, $short:expr
    ) => {
        /// # Safety
        ///
        /// The processor has these registers, and the destination is our own; so of both.
        unsafe fn $copy(source: *const u8, destination: *mut u8, len: usize) {
            if len < REP_MOVSB {
                // SAFETY: the duties are the same.
                unsafe { $loop(source, destination, len) }
            } else {
                // SAFETY: the duties are the same.
                unsafe { copy_large($loop, source, destination, len) }
            }
        }

        unsafe fn $loop(source: *const u8, destination: *mut u8, len: usize) {
            if len <= $short_len {
                let short: Copy = $short;
                // SAFETY: the duties are the same.
                return unsafe { short(source, destination, len) };
            }
            if len <= 8 * $width {
                // SAFETY: as many from the start and from the end as together are enough.
                unsafe {
                    asm!(
                        concat!($move, " ", $register, "0, [{source}]"),
                        concat!($move, " ", $register, "1, [{source} + ", $width, "]"),
                        concat!($move, " ", $register, "4, [{source} + {len} - ", $width, "]"),
                        concat!($move, " ", $register, "5, [{source} + {len} - 2 * ", $width, "]"),
                        concat!("cmp {len}, 4 * ", $width),
                        "jbe 2f",
                        concat!($move, " ", $register, "2, [{source} + 2 * ", $width, "]"),
                        concat!($move, " ", $register, "3, [{source} + 3 * ", $width, "]"),
                        concat!($move, " ", $register, "6, [{source} + {len} - 3 * ", $width, "]"),
                        concat!($move, " ", $register, "7, [{source} + {len} - 4 * ", $width, "]"),
                        concat!($move, " [{destination} + 2 * ", $width, "], ", $register, "2"),
                        concat!($move, " [{destination} + 3 * ", $width, "], ", $register, "3"),
                        concat!($move, " [{destination} + {len} - 3 * ", $width, "], ", $register, "6"),
                        concat!($move, " [{destination} + {len} - 4 * ", $width, "], ", $register, "7"),
                        "2:",
                        concat!($move, " [{destination}], ", $register, "0"),
                        concat!($move, " [{destination} + ", $width, "], ", $register, "1"),
                        concat!($move, " [{destination} + {len} - ", $width, "], ", $register, "4"),
                        concat!($move, " [{destination} + {len} - 2 * ", $width, "], ", $register, "5"),
                        $end,
                        len = in(reg) len,
                        source = in(reg) source,
                        destination = in(reg) destination,
                        $(out($clobber) _,)*
                        options(nostack),
                    );
                }
                return;
            }
            let head = $width - (destination.addr() & ($width - 1));
            // SAFETY: the loop ends where four registers are left at most.
            unsafe {
                asm!(
                    concat!($move, " ", $register, "8, [{source}]"),
                    concat!($move, " ", $register, "4, [{source_end} - ", $width, "]"),
                    concat!($move, " ", $register, "5, [{source_end} - 2 * ", $width, "]"),
                    concat!($move, " ", $register, "6, [{source_end} - 3 * ", $width, "]"),
                    concat!($move, " ", $register, "7, [{source_end} - 4 * ", $width, "]"),
                    concat!($move, " [{destination}], ", $register, "8"),
                    "add {source}, {head}",
                    "add {destination}, {head}",
                    "2:",
                    concat!($move, " ", $register, "0, [{source}]"),
                    concat!($move, " ", $register, "1, [{source} + ", $width, "]"),
                    concat!($move, " ", $register, "2, [{source} + 2 * ", $width, "]"),
                    concat!($move, " ", $register, "3, [{source} + 3 * ", $width, "]"),
                    concat!($move, " [{destination}], ", $register, "0"),
                    concat!($move, " [{destination} + ", $width, "], ", $register, "1"),
                    concat!($move, " [{destination} + 2 * ", $width, "], ", $register, "2"),
                    concat!($move, " [{destination} + 3 * ", $width, "], ", $register, "3"),
                    concat!("add {source}, 4 * ", $width),
                    concat!("add {destination}, 4 * ", $width),
                    "cmp {destination}, {last}",
                    "jb 2b",
                    concat!($move, " [{last} + 3 * ", $width, "], ", $register, "4"),
                    concat!($move, " [{last} + 2 * ", $width, "], ", $register, "5"),
                    concat!($move, " [{last} + ", $width, "], ", $register, "6"),
                    concat!($move, " [{last}], ", $register, "7"),
                    $end,
                    head = in(reg) head,
                    source_end = in(reg) source.wrapping_add(len),
                    last = in(reg) destination.wrapping_add(len - 4 * $width),
                    source = inout(reg) source => _,
                    destination = inout(reg) destination => _,
                    $(out($clobber) _,)*
                    options(nostack),
                );
            }
        }
    };
}

/// Calls `once!` and `overlapping!` for the sixteen registers that processors had before AVX-512.
macro_rules! vectors {
    (
        $macro:ident: $copy:ident, $loop:ident, $width:literal, $register:literal, $move:literal,
        $end:literal $($more:tt)*
    ) => {
        $macro!(
            $copy, $loop, $width, $register, $move, $end,
            [
                "xmm0" "xmm1" "xmm2" "xmm3" "xmm4" "xmm5" "xmm6" "xmm7"
                "xmm8" "xmm9" "xmm10" "xmm11" "xmm12" "xmm13" "xmm14" "xmm15"
            ]
            $($more)*
        );
    };
}

#[rustfmt::skip]
vectors!(once: copy_avx, loop_avx, 32, "ymm", "vmovdqu", "vzeroupper");
#[rustfmt::skip]
vectors!(
    overlapping: copy_avx_overlapping, loop_avx_overlapping, 32, "ymm", "vmovdqu", "vzeroupper",
    64, copy_short::<true>
);
#[rustfmt::skip]
vectors!(once: copy_sse2, loop_sse2, 16, "xmm", "movdqu", "");
#[rustfmt::skip]
vectors!(
    overlapping: copy_sse2_overlapping, loop_sse2_overlapping, 16, "xmm", "movdqu", "",
    64, copy_short::<true>
);

// The registers 20 to 28, which need no `vzeroupper`.
overlapping!(
    copy_wide_overlapping, loop_wide_overlapping, 64, "zmm2", "vmovdqu64", "",
    ["xmm20" "xmm21" "xmm22" "xmm23" "xmm24" "xmm25" "xmm26" "xmm27" "xmm28"],
    128, copy_short_wide
);

/// Copies at most 128 bytes. [`copy`] sends such here only if the processor's routine was
/// chosen between its looks at what was chosen.
///
/// # Safety
///
/// As [`copy_32_masked`], and the destination is our own.
#[cold]
unsafe fn copy_short_wide(source: *const u8, destination: *mut u8, len: usize) {
    if len <= LINE {
        // SAFETY: the duties are the same.
        unsafe { copy_short::<true>(source, destination, len) }
    } else {
        // SAFETY: the duties are the same, and the length is in the range.
        unsafe { copy_128::<true>(source, destination, len) }
    }
}

/// With what serves [`REP_MOVSB`] bytes and more best, where that is not `vectors`.
///
/// # Safety
///
/// As [`copy_between_shared`], and `vectors` may be used.
#[inline]
unsafe fn copy_large(vectors: Copy, source: *const u8, destination: *mut u8, len: usize) {
    if len >= NON_TEMPORAL {
        // Upwards only page by page: a destination just below the source is in the way.
        let apart = source.addr().wrapping_sub(destination.addr()) >= INTERLEAVED * PAGE;
        if apart {
            // SAFETY: the duties are the same.
            return unsafe { copy_non_temporal(source, destination, len) };
        }
    }
    if !FAST_REP_MOVSB.load(Ordering::Relaxed) {
        // SAFETY: the duties are the same.
        return unsafe { vectors(source, destination, len) };
    }
    // SAFETY: the duties are the same; the direction flag is clear on entry to every block
    // of inline assembly.
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

/// One line of 64 bytes, at an offset.
#[rustfmt::skip]
macro_rules! move_line {
    ($offset:literal) => {
        concat!(
            "movdqu xmm0, [{source} + ", $offset, "]\n",
            "movdqu xmm1, [{source} + ", $offset, " + 16]\n",
            "movdqu xmm2, [{source} + ", $offset, " + 32]\n",
            "movdqu xmm3, [{source} + ", $offset, " + 48]\n",
            "movntdq [{destination} + ", $offset, "], xmm0\n",
            "movntdq [{destination} + ", $offset, " + 16], xmm1\n",
            "movntdq [{destination} + ", $offset, " + 32], xmm2\n",
            "movntdq [{destination} + ", $offset, " + 48], xmm3",
        )
    };
}

/// Past the caches, several pages at a time so that more of them are fetched at once.
///
/// # Safety
///
/// As [`copy_between_shared`], and `len` is enough for one turn of the loop; if the two overlap, then
/// by so much that no turn of the loop writes what it has yet to read.
unsafe fn copy_non_temporal(source: *const u8, destination: *mut u8, len: usize) {
    let head = destination.addr().wrapping_neg() & (LINE - 1);
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
            move_line!("0"),
            move_line!("{page}"),
            move_line!("2 * {page}"),
            move_line!("3 * {page}"),
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
    unsafe { copy::<false>(source, destination, rest % (INTERLEAVED * PAGE)) }
}

/// Sets `len` bytes of shared memory to `value`, writing each byte once.
///
/// # Safety
///
/// `destination` is mapped and writable for `len` bytes.
#[inline]
pub(crate) unsafe fn fill(destination: *mut u8, value: u8, len: usize) {
    if len < LINE {
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
            turns = inout(reg) len / LINE => _,
            destination = inout(reg) destination,
            out("xmm0") _,
            options(nostack),
        );
    }
    // SAFETY: the last bytes.
    unsafe { fill_pieces(destination, value, len % LINE) }
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
