//! Recipes: objects with a name.
//!
//! Each begins with what goes wrong, and shows the lines that solve it. Names are shortened:
//! choose one with your program's name in it, `/dev/shm` is everybody's.
//!
//! # A full `/dev/shm` kills the program
//!
//! `ftruncate` gives an object any size; the memory is taken page by page when it is touched,
//! and where there is none any more the touch raises `SIGBUS`, far from the line that asked for
//! too much. Containers have 64 MiB unless they are told otherwise. Here memory is reserved
//! when the object is created, and when it grows: a full file system is an error of that call,
//! and its help says what to raise.
//!
//! ```
//! # let name = format!("rawshm-guide-full-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::{Errno, SharedMemory, shm};
//!
//! match SharedMemory::create(name, 1 << 60) {
//!     Err(error) if error == Errno::ENOSPC => eprintln!("{error}\n{}", error.help()),
//!     created => drop(created?),
//! }
//! println!("{:?} bytes of {:?} are free", shm::space()?.free(), shm::space()?.total());
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Others open it half made
//!
//! Between the creation and the last byte that is filled in, whoever opens the object sees
//! something that never should be seen; and if the creator is killed there, that is what stays.
//! Made this way it gets its name when it is complete, or never:
//!
//! ```
//! # let name = format!("rawshm-guide-half-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::SharedMemory;
//!
//! let table = [7; 4096];
//! let memory = SharedMemory::create_with(name, 4096, |slice| slice.copy_from_slice(&table))?;
//! # SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Who comes first creates it
//!
//! Several processes start at once, in any order, and the first is to set up what all share. To
//! look whether the object exists and create it if not is a race; a lock file is a second thing
//! that can be left over. Here any number of processes do the same, and all get the same object:
//!
//! ```
//! # let name = format!("rawshm-guide-first-{}", std::process::id());
//! # let name = name.as_str();
//! use core::sync::atomic::Ordering;
//! use rawshm::SharedMemory;
//!
//! let counters = SharedMemory::open_or_create_with(name, 4096, |slice| slice.store(0, 1_u64))?;
//! let mapping = counters.map()?;
//! mapping.shared().atomic_u64(8)?.fetch_add(1, Ordering::Relaxed);
//! # SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # A new version while others read the old one
//!
//! A table that is written anew every minute, in place, is read half old and half new. A second
//! object under the same name is not: whoever opens the name gets the old or the new one, whole,
//! and who has the old one keeps it until they open the name again.
//!
//! ```
//! # let name = format!("rawshm-guide-version-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::SharedMemory;
//!
//! for version in 1..4_u64 {
//!     SharedMemory::replace_with(name, 4096, |slice| slice.store(0, version))?;
//! }
//! assert_eq!(SharedMemory::open_read_only(name)?.map_read_only()?.shared().load::<u64>(0), 3);
//! # SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # The other program is not ready yet
//!
//! The creator is started a moment later, or was interrupted between `shm_open` and
//! `ftruncate`: then the object exists, has no size, and cannot be mapped. That is an error of
//! its own, `ENODATA`, and can be waited for.
//!
//! ```
//! # let name = format!("rawshm-guide-ready-{}", std::process::id());
//! # let name = name.as_str();
//! # let created = rawshm::SharedMemory::create(name, 4096)?;
//! use core::time::Duration;
//! use rawshm::SharedMemory;
//!
//! let memory = SharedMemory::open_ready(name, Duration::from_secs(5))?;
//! # SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Somebody else has put an object under the name
//!
//! Everybody may create names in `/dev/shm`. No symbolic link is followed and nothing but a
//! regular file is opened in any case; whose object it is, who may write it and how long it is
//! can be required before anything is mapped.
//!
//! ```
//! # let name = format!("rawshm-guide-planted-{}", std::process::id());
//! # let name = name.as_str();
//! # let created = rawshm::SharedMemory::create(name, 4096)?;
//! use rawshm::SharedMemory;
//!
//! # let uid = created.stat()?.uid();
//! let ours = SharedMemory::options().require_owner(uid).require_only_owner_writes(true);
//! let memory = ours.require_min_len(4096).open(name)?;
//! # SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # Names are left over
//!
//! An object outlives the processes that use it, until its name is removed or the machine is
//! restarted. The creator can take the name along when it ends in good order:
//!
//! ```
//! # let name = format!("rawshm-guide-names-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::SharedMemory;
//!
//! let memory = SharedMemory::options().unlink_on_drop(true).create(name, 4096)?;
//! drop(memory);
//! assert!(SharedMemory::open(name).is_err());
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! What is killed leaves its names. Whether anybody has an object the kernel knows, whatever
//! process or container they are in; a process id in the name does not tell.
//!
//! ```
//! # let name = format!("rawshm-guide-left-{}", std::process::id());
//! # drop(rawshm::SharedMemory::create(&name, 4096)?);
//! use rawshm::{SharedMemory, shm};
//!
//! # let ours = |object: &shm::ListedObject<'_>| object.name().starts_with(name.as_bytes());
//! for object in shm::list()?.flatten().filter(ours) {
//!     println!("{object:?}: {:?}", SharedMemory::remove_if_orphaned(object.name())?);
//! }
//! # SharedMemory::unlink(&name).ok();
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # There is no `/dev/shm`
//!
//! In an initramfs, or under a small init of one's own, nobody has mounted it.
//!
//! ```
//! use rawshm::shm::{self, MountFlags};
//!
//! if !shm::available() {
//!     shm::mount(MountFlags::NOSUID | MountFlags::NODEV, Some(64 << 20))?;
//! }
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! Or objects are in another directory, which every function takes by its descriptor:
//!
//! ```
//! # let name = format!("rawshm-guide-directory-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::{SharedMemory, shm};
//!
//! # let path = "/dev/shm";
//! let directory = shm::open_directory(path)?; // such as "/run/my-service"
//! let memory = SharedMemory::options().directory(&directory).create(name, 4096)?;
//! # SharedMemory::options().directory(&directory).unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
