//! System V segments: shared memory that the kernel keeps by number.
//!
//! The functions are the kernel's calls, one to one; `shmctl` is taken apart into its
//! commands. [`Segment`] owns a segment, [`list`] goes through all of them.
//!
//! A segment lives until it is destroyed *and* nobody has it attached, whether its creator
//! lives or not. Unless it has huge pages or `SHM_NORESERVE`, nobody can shorten it or take
//! its pages away: touching it cannot fault.

//!
//! # macOS
//!
//! There is no list of all segments, no locking, and there are no huge pages. The system allows
//! little as it comes: 4 MiB in one segment and 32 segments (`sysctl kern.sysv`). An address
//! that is taken may be `ENOMEM` instead of `EEXIST`.

mod calls;
mod flags;
#[cfg(target_os = "linux")]
mod list;
mod segment;
mod status;

pub use calls::{ftok, shmat, shmctl, shmctl_rmid, shmctl_set, shmctl_stat, shmdt, shmget};
#[cfg(target_os = "linux")]
pub use calls::{
    shmctl_ipc_info, shmctl_lock, shmctl_shm_info, shmctl_shm_stat, shmctl_shm_stat_any,
    shmctl_unlock,
};
pub use flags::{IpcMode, Key, ShmFlags, ShmId, ShmatFlags};
#[cfg(target_os = "linux")]
pub use list::{List, ListedSegment, list};
pub use segment::{Segment, SegmentOptions};
pub use status::{IpcPerm, ShmidDs};
#[cfg(target_os = "linux")]
pub use status::{ShmInfo, Shminfo};
