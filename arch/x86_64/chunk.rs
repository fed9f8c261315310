//! Looks at 16 bytes at once.

use core::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128,
};

/// Calls of SSE2, one after the other.
macro_rules! sse2 {
    ($function:ident($($argument:expr),*)) => {
        // SAFETY: every x86_64 processor has SSE2.
        unsafe { $function($($argument),*) }
    };
}

/// Whether a NUL or a slash is in one of the chunks.
#[inline]
#[allow(unused_unsafe, reason = "SSE2 is safe to call from Rust 1.87 on")]
pub(crate) fn has_nul_or_slash<const CHUNKS: usize>(chunks: [[u8; 16]; CHUNKS]) -> bool {
    let nul = sse2!(_mm_setzero_si128());
    let slash = sse2!(_mm_set1_epi8(b'/' as i8));
    let mut found = nul;
    for chunk in chunks {
        // SAFETY: any bytes are a vector, which has as many.
        let chunk = unsafe { core::mem::transmute::<[u8; 16], __m128i>(chunk) };
        let nuls = sse2!(_mm_cmpeq_epi8(chunk, nul));
        let slashes = sse2!(_mm_cmpeq_epi8(chunk, slash));
        found = sse2!(_mm_or_si128(found, sse2!(_mm_or_si128(nuls, slashes))));
    }
    sse2!(_mm_movemask_epi8(found)) != 0
}
