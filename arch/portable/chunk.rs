//! Looks at 16 bytes at once, as far as the compiler sees that it may.

/// Whether a NUL or a slash is in one of the chunks.
#[inline]
pub(crate) fn has_nul_or_slash<const CHUNKS: usize>(chunks: [[u8; 16]; CHUNKS]) -> bool {
    chunks.iter().any(|chunk| {
        // Without a way out and in bytes, so that all are looked at together.
        let found = |found, &byte: &u8| found | u8::from(byte == 0) | u8::from(byte == b'/');
        chunk.iter().fold(0, found) != 0
    })
}
