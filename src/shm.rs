//! Shared memory with a name: POSIX objects, files in `/dev/shm`.
//!
//! [`shm_open`] and [`shm_unlink`] are the calls of the manual, [`shm_anonymous`] makes an
//! object that never had a name. [`SharedMemory`] owns such
//! an object; [`SharedMemoryOptions`] say how to create or open it, and in which directory.
//!
//! # Names
//!
//! A name is any bytes, checked as glibc does: leading slashes are dropped; then it must not
//! be empty, contain a slash or a NUL, or be longer than 255 bytes. `.` and `..` are refused
//! too. What is refused never reaches the kernel.
//!
//! Names that begin with `.rawshm-` are those of objects that are being made: see
//! [`ListedObject::is_temporary`].
//!
//! # What is made how
//!
//! | | who opens it meanwhile | creator killed meanwhile | name is taken |
//! |-|------------------------|--------------------------|---------------|
//! | [`create`](SharedMemory::create) | has no size: `ENODATA` | a name is left | `EEXIST` |
//! | [`create_with`](SharedMemory::create_with) | there is none: `ENOENT` | nothing is left | `EEXIST` |
//! | [`open_or_create_with`](SharedMemory::open_or_create_with) | there is none: `ENOENT` | nothing is left | opens it |
//! | [`replace_with`](SharedMemory::replace_with) | gets the old one | at most a temporary name is left | replaces it |
//!
//! The last three make the object without a name (`O_TMPFILE`) and link it to one when it is
//! complete. Where the file system has no such objects, or they cannot be linked (without
//! `/proc`, before Linux 6.10, unprivileged), they make it under a temporary name and rename
//! it: what is seen under its name is as complete, but a creator that is killed leaves the
//! temporary name, which the next one that makes an object of that name removes.

//!
//! # macOS
//!
//! Objects are in a name space of their own there, which nobody can list, and have no place in
//! any directory:
//!
//! - A name has at most 30 bytes; the slash before it, which is added, is the 31st.
//! - A size is set once and never changes, so that nobody can shorten an object: a second one is
//!   refused (`EINVAL` of `ftruncate`). It is rounded up to whole pages, which `len` tells.
//! - Nothing is reserved, and no limit on the size of files counts.
//! - `fstat` tells size, owner and permissions, and nothing else: neither inode nor time.
//! - Permissions are those given, without regard to the umask, and neither they nor the owner
//!   can change (`EINVAL` of `fchmod` and `fchown`).
//! - Descriptors can only be mapped: there is no reading, writing or seeking.
//! - Objects are not mapped privately, and there are no futexes to wait for a value with.
//!
//! - If a creation fails, its name is removed only if what bears it has the same size, owner and
//!   permissions and can be read: nothing else tells one object from another.
//!
//! What makes objects without a name first, removes names later or goes through a directory
//! does not exist there.

mod calls;
#[cfg(target_os = "linux")]
mod list;
#[cfg(target_os = "linux")]
mod mount;
#[cfg(target_os = "linux")]
mod name;
mod object;
mod options;
#[cfg(target_os = "linux")]
mod orphan;
#[cfg(target_os = "linux")]
mod publish;
#[cfg(target_os = "linux")]
mod temporary;

use crate::sys::{self, Place};

pub use calls::{shm_anonymous, shm_open, shm_unlink};
#[cfg(target_os = "linux")]
pub use list::{List, ListedObject, list, list_in};
#[cfg(target_os = "linux")]
pub use mount::{MountFlags, Space, available, mount, open_directory, space, space_in};
pub use object::SharedMemory;
pub use options::SharedMemoryOptions;
#[cfg(target_os = "linux")]
pub use orphan::Removal;
#[cfg(target_os = "linux")]
pub use publish::Outcome;

/// How many bytes a name may have, leading slashes not counted: 255.
///
/// ```
/// use rawshm::{Errno, SharedMemory, shm};
///
/// let error = SharedMemory::open("n".repeat(shm::NAME_MAX + 1)).unwrap_err();
/// assert!(error == Errno::ENAMETOOLONG);
/// ```
pub const NAME_MAX: usize = sys::NAME_MAX;

/// Where objects are unless somebody says otherwise.
const DEV_SHM: Place<'static> = Place::DEFAULT;
