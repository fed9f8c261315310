//! Documentation only: what goes wrong with shared memory, and the lines that solve it.

pub mod freestanding;
pub mod handover;
pub mod objects;
pub mod pages;
