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
    madvise, mlock, mlock2, mlockall, mmap, mmap_anonymous, mprotect, mremap, mseal, msync,
    munlock, munlockall, munmap, page_size,
};
pub(crate) use flags::huge_page_bits;
pub use flags::{
    Advice, Hint, MapFlags, MlockFlags, MlockallFlags, MremapFlags, MsyncFlags, ProtFlags,
};
pub use mapping::Mapping;
pub use options::MapOptions;
