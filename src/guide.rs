//! Documentation only: which kind of memory to choose, what goes wrong with shared memory and
//! the lines that solve it, and what to take for what one knows from elsewhere.

pub mod choosing;
pub mod freestanding;
pub mod from_go;
pub mod from_libc;
pub mod from_rustix;
pub mod from_shared_memory;
pub mod handover;
pub mod objects;
pub mod pages;
