//! What the fuzz targets share: memory between guard pages, surroundings of their own, what
//! the kernel shows of us.

pub mod guarded;
pub mod leaks;
pub mod maps;
pub mod panics;
pub mod surroundings;

use rawshm::{Errno, Error};

/// The error number, to be compared with a model's.
pub fn errno<T>(result: Result<T, impl Into<Error>>) -> Result<T, Errno> {
    result.map_err(|error| error.into().errno())
}

/// Bytes that tell their place, different for each seed.
pub fn pattern(seed: u8, len: usize) -> Vec<u8> {
    (0..len)
        .map(|place| (place as u8) ^ ((place >> 8) as u8).wrapping_mul(31) ^ seed)
        .collect()
}
