//! Memory of this process: the `mmap` family, and mappings that know who may write.
//!
//! The functions are the kernel's calls, one to one, on addresses: unsafe, because an
//! address says nothing of who uses it. [`Mapping`] owns a range and is safe;
//! [`MapOptions`] makes one.

mod calls;
mod flags;
mod mapping;
mod options;

pub use crate::access::{Access, Frozen, Private, ReadOnly, Shared};
pub use calls::{
    madvise, mlock, mmap, mmap_anonymous, mprotect, msync, munlock, munmap, page_size,
};
#[cfg(target_os = "linux")]
pub use calls::{mlock2, mlockall, mremap, mseal, munlockall};
#[cfg(target_os = "linux")]
pub(crate) use flags::huge_page_bits;
pub use flags::{Advice, Hint, MapFlags, MsyncFlags, ProtFlags};
#[cfg(target_os = "linux")]
pub use flags::{MlockFlags, MlockallFlags, MremapFlags};
pub use mapping::Mapping;
pub use options::MapOptions;
