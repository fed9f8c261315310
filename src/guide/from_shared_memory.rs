//! Coming from `shared_memory`.
//!
//! | `shared_memory` 0.12 | here | what differs |
//! |----------------------|------|--------------|
//! | `ShmemConf::new().size(n).os_id(name).create()` | [`SharedMemory::create`] | reserved, so that a full `/dev/shm` is an error; mapped by [`map`](SharedMemory::map) |
//! | `ShmemConf::create` without `os_id` | [`Memfd::create`] | no name that could clash or be left over; handed over by [`fd_passing`] |
//! | `ShmemConf::new().os_id(name).open()` | [`SharedMemory::open`] | or [`open_read_only`](SharedMemory::open_read_only) |
//! | `create`, and `open` on `MappingIdExists` | [`SharedMemory::open_or_create_with`] | no race, and nobody sees it half made |
//! | `ShmemConf::flink`, `force_create_flink` | [`SharedMemoryOptions::directory`] | a name in a directory of one's own; no file that holds another name |
//! | `Shmem::as_ptr` | [`Mapping::as_ptr`] | |
//! | `Shmem::as_slice`, `as_slice_mut` (`unsafe`) | [`Mapping::shared`] | safe, and sound while others write |
//! | `Shmem::len` | [`Mapping::len`] | the length asked for; [`mapped_len`](Mapping::mapped_len) is that of the pages |
//! | `Shmem::is_owner`, `set_owner` | [`SharedMemoryOptions::unlink_on_drop`] | asked for when it is created; a name that bears another object by then is left alone |
//! | `Shmem::get_os_id`, `get_flink_path` | the name that was given | |
//! | `ShmemError` | [`Error`] | the call and the error number |
//!
//! ```
//! # let name = format!("rawshm-guide-shared_memory-{}", std::process::id());
//! # let name = name.as_str();
//! use core::sync::atomic::Ordering;
//! use rawshm::SharedMemory;
//!
//! // Whoever comes first creates it, and its name goes with who creates it.
//! let options = SharedMemory::options().unlink_on_drop(true);
//! let memory = options.open_or_create_with(name, 4096, |slice| slice.store(0, 0_u64))?;
//! let mapping = memory.map()?;
//! mapping.shared().atomic_u64(0)?.fetch_add(1, Ordering::Relaxed);
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! It exists on Windows too; this crate does not.

#[cfg(doc)]
use crate::{Error, Mapping, Memfd, SharedMemory, fd_passing, shm::SharedMemoryOptions};
