//! Memory without a name and seals, for a system that has neither.
//!
//! What is decided here asks the system through [`Objects`] or not at all, so that the tests
//! run everywhere. macOS uses it: a shared memory object there has a name when it is created,
//! gets its size once, in whole pages, and knows no seals.

#![forbid(unsafe_code)]

mod seals;
mod size;
mod unnamed;

#[cfg(target_os = "macos")]
pub(crate) use {
    seals::{
        F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, Seals,
        seals_of_size,
    },
    size::{Resize, plan_resize},
    unnamed::{Objects, RANDOM_LEN, check_memfd, create_unnamed},
};
