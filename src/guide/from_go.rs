//! Coming from Go: each name of four packages, and what stands for it here.
//!
//! In the kernel's calls the names are the same, in the small letters of the manual: `ShmOpen` is
//! [`shm_open`], and a constant loses its prefix to its type, `MAP_SHARED` is
//! [`MapFlags::SHARED`]. The search of these pages finds constants by their C names.
//!
//! What is different in all of them:
//!
//! - **Memory is no `[]byte`.** What others may write is a [`SharedSlice`], what nobody can a
//!   `&[u8]`; see [who may write](crate#who-may-write). [`Mapping`] unmaps on drop, and what
//!   borrows it cannot outlive it.
//! - **Descriptors are owned.** [`OwnedFd`](crate::fd::OwnedFd) closes on drop; none is left open
//!   across `exec` unless [`fd_passing::inheritable`](crate::fd_passing::inheritable) asks for it.
//! - **Errors know their call.** `shm_open: file exists (EEXIST)`; [`Error::help`] says what to do.
//! - **Creating reserves.** A full `/dev/shm` is an error when an object is made, and not a
//!   `SIGBUS` when it is touched.
//!
//! A first program, `ShmOpen`, `Ftruncate` and `Mmap` in one:
//!
//! ```
//! # let name = format!("rawshm-guide-go-{}", std::process::id());
//! # let name = name.as_str();
//! use rawshm::{MapOptions, SharedMemory};
//!
//! let memory = SharedMemory::create(name, 4096)?;
//! let mapping = MapOptions::new().at(0x200_0000_0000).map_shared(&memory)?; // a hint, as there
//! mapping.shared().store(0, 42_u64);
//! SharedMemory::unlink(name)?;
//! # Ok::<(), rawshm::Error>(())
//! ```
//!
//! # ro-ag/posix
//!
//! The one whose idea this crate is: `shm_open`, `memfd_create` and `mmap` with an address,
//! without libc. Its flags are `int`s; here each call has a type of its own for them, so that a
//! flag of another call does not compile. `CheckErr`, `Head`, `Holder` and `main` are those of
//! its first example.
//!
//! | Go | here | what differs |
//! |----|------|--------------|
//! | `EINVAL` | [`Errno::EINVAL`] | |
//! | `EAGAIN` | [`Errno::EAGAIN`] | |
//! | `ENOENT` | [`Errno::ENOENT`] | |
//! | `EFAULT` | [`Errno::EFAULT`] | |
//! | `O_RDWR` | [`OFlags::RDWR`] | |
//! | `O_CREAT` | [`OFlags::CREAT`] | |
//! | `O_EXCL` | [`OFlags::EXCL`] | |
//! | `O_NOFOLLOW` | [`OFlags::NOFOLLOW`] | [`shm_open`] adds it |
//! | `O_RDONLY` | [`OFlags::RDONLY`] | |
//! | `O_WRONLY` | [`OFlags::WRONLY`] | |
//! | `O_ACCMODE` | [`OFlags::ACCMODE`] | |
//! | `O_CLOEXEC` | [`OFlags::CLOEXEC`] | always set |
//! | `PROT_NONE` | [`ProtFlags::NONE`] | |
//! | `PROT_READ` | [`ProtFlags::READ`] | |
//! | `PROT_WRITE` | [`ProtFlags::WRITE`] | |
//! | `PROT_EXEC` | [`ProtFlags::EXEC`] | |
//! | `PROT_RDWR` | [`ProtFlags::RDWR`] | |
//! | `S_IRUSR` | [`Mode::RUSR`] | |
//! | `S_IREAD` | [`Mode::RUSR`] | the name of today |
//! | `S_IWUSR` | [`Mode::WUSR`] | |
//! | `S_IWRITE` | [`Mode::WUSR`] | the name of today |
//! | `S_IXUSR` | [`Mode::XUSR`] | |
//! | `S_IEXEC` | [`Mode::XUSR`] | the name of today |
//! | `S_IRWXU` | [`Mode::RWXU`] | |
//! | `S_IRGRP` | [`Mode::RGRP`] | |
//! | `S_IWGRP` | [`Mode::WGRP`] | |
//! | `S_IXGRP` | [`Mode::XGRP`] | |
//! | `S_IRWXG` | [`Mode::RWXG`] | |
//! | `S_IROTH` | [`Mode::ROTH`] | |
//! | `S_IWOTH` | [`Mode::WOTH`] | |
//! | `S_IXOTH` | [`Mode::XOTH`] | |
//! | `S_IRWXO` | [`Mode::RWXO`] | |
//! | `S_ISUID` | [`Mode::SUID`] | |
//! | `S_ISGID` | [`Mode::SGID`] | |
//! | `S_ISVTX` | [`Mode::SVTX`] | |
//! | `FP_SPECIAL` | [`Mode`] | always shown |
//! | `S_IFMT` | [`Mode::IFMT`] | |
//! | `S_IFIFO` | [`Mode::IFIFO`] | |
//! | `S_IFCHR` | [`Mode::IFCHR`] | |
//! | `S_IFDIR` | [`Mode::IFDIR`] | |
//! | `S_IFBLK` | [`Mode::IFBLK`] | |
//! | `S_IFREG` | [`Mode::IFREG`] | |
//! | `S_IFLNK` | [`Mode::IFLNK`] | |
//! | `S_IFSOCK` | [`Mode::IFSOCK`] | |
//! | `MFD_ALLOW_SEALING` | [`MemfdFlags::ALLOW_SEALING`] | |
//! | `MFD_CLOEXEC` | [`MemfdFlags::CLOEXEC`] | |
//! | `MFD_HUGETLB` | [`MemfdFlags::HUGETLB`] | |
//! | `MFD_HUGE_16GB` | [`MemfdFlags::HUGE_16GB`] | |
//! | `MFD_HUGE_16MB` | [`MemfdFlags::HUGE_16MB`] | |
//! | `MFD_HUGE_1GB` | [`MemfdFlags::HUGE_1GB`] | |
//! | `MFD_HUGE_1MB` | [`MemfdFlags::HUGE_1MB`] | |
//! | `MFD_HUGE_256MB` | [`MemfdFlags::HUGE_256MB`] | |
//! | `MFD_HUGE_2GB` | [`MemfdFlags::HUGE_2GB`] | |
//! | `MFD_HUGE_2MB` | [`MemfdFlags::HUGE_2MB`] | |
//! | `MFD_HUGE_32MB` | [`MemfdFlags::HUGE_32MB`] | |
//! | `MFD_HUGE_512KB` | [`MemfdFlags::HUGE_512KB`] | |
//! | `MFD_HUGE_512MB` | [`MemfdFlags::HUGE_512MB`] | |
//! | `MFD_HUGE_64KB` | [`MemfdFlags::HUGE_64KB`] | |
//! | `MFD_HUGE_8MB` | [`MemfdFlags::HUGE_8MB`] | |
//! | `MFD_HUGE_MASK` | [`MemfdFlags::HUGE_MASK`] | |
//! | `MFD_HUGE_SHIFT` | [`MemfdFlags::HUGE_SHIFT`] | |
//! | `MCL_CURRENT` | [`MlockallFlags::CURRENT`] | |
//! | `MCL_FUTURE` | [`MlockallFlags::FUTURE`] | |
//! | `MADV_DONTNEED` | [`Advice::DONTNEED`] | [`discard`](Mapping::discard) is the safe one |
//! | `MADV_NORMAL` | [`Advice::NORMAL`] | |
//! | `MADV_RANDOM` | [`Advice::RANDOM`] | |
//! | `MADV_SEQUENTIAL` | [`Advice::SEQUENTIAL`] | |
//! | `MADV_WILLNEED` | [`Advice::WILLNEED`] | |
//! | `MAP_ANON` | [`MapFlags::ANON`] | |
//! | `MAP_ANONYMOUS` | [`MapFlags::ANONYMOUS`] | |
//! | `MAP_FILE` | [`MapFlags::FILE`] | |
//! | `MAP_FIXED` | [`MapFlags::FIXED`] | [`exactly_at`](MapOptions::exactly_at) replaces nothing that is mapped |
//! | `MAP_NORESERVE` | [`MapFlags::NORESERVE`] | |
//! | `MAP_PRIVATE` | [`MapFlags::PRIVATE`] | |
//! | `MAP_SHARED` | [`MapFlags::SHARED`] | |
//! | `MS_ASYNC` | [`MsyncFlags::ASYNC`] | |
//! | `MS_INVALIDATE` | [`MsyncFlags::INVALIDATE`] | |
//! | `MS_SYNC` | [`MsyncFlags::SYNC`] | |
//! | `NAME_MAX` | [`shm::NAME_MAX`] | names of 255 bytes are taken; there only up to 254 |
//! | `F_GETFD` | [`fcntl_getfd`] | one function for each command |
//! | `F_SETFD` | [`fcntl_setfd`] | one function for each command |
//! | `FD_CLOEXEC` | [`FdFlags::CLOEXEC`] | |
//! | `MADV_HUGEPAGE` | [`Advice::HUGEPAGE`] | |
//! | `MADV_HWPOISON` | [`Advice::HWPOISON`] | |
//! | `MADV_MERGEABLE` | [`Advice::MERGEABLE`] | |
//! | `MADV_NOHUGEPAGE` | [`Advice::NOHUGEPAGE`] | |
//! | `MADV_DOFORK` | [`Advice::DOFORK`] | |
//! | `MADV_DONTFORK` | [`Advice::DONTFORK`] | |
//! | `MADV_REMOVE` | [`Advice::REMOVE`] | |
//! | `MADV_UNMERGEABLE` | [`Advice::UNMERGEABLE`] | |
//! | `MAP_32BIT` | [`MapFlags::BITS_32`] | x86_64 only, as the kernel |
//! | `MAP_DENYWRITE` | [`MapFlags::DENYWRITE`] | |
//! | `MAP_EXECUTABLE` | [`MapFlags::EXECUTABLE`] | |
//! | `MAP_GROWSDOWN` | [`MapFlags::GROWSDOWN`] | |
//! | `MAP_HUGETLB` | [`MapFlags::HUGETLB`] | |
//! | `MAP_LOCKED` | [`MapFlags::LOCKED`] | |
//! | `MAP_NONBLOCK` | [`MapFlags::NONBLOCK`] | |
//! | `MAP_POPULATE` | [`MapFlags::POPULATE`] | |
//! | `MAP_STACK` | [`MapFlags::STACK`] | |
//! | `MAP_TYPE` | [`MapFlags::TYPE`] | |
//! | `MS_ACTIVE` | [`MountFlags::ACTIVE`] | |
//! | `MS_I_VERSION` | [`MountFlags::I_VERSION`] | |
//! | `MS_KERNMOUNT` | [`MountFlags::KERNMOUNT`] | |
//! | `MS_MANDLOCK` | [`MountFlags::MANDLOCK`] | |
//! | `MS_MGC_MSK` | [`MountFlags::MGC_MSK`] | |
//! | `MS_MGC_VAL` | [`MountFlags::MGC_VAL`] | |
//! | `MS_MOVE` | [`MountFlags::MOVE`] | |
//! | `MS_NOATIME` | [`MountFlags::NOATIME`] | |
//! | `MS_NODEV` | [`MountFlags::NODEV`] | |
//! | `MS_NODIRATIME` | [`MountFlags::NODIRATIME`] | |
//! | `MS_NOEXEC` | [`MountFlags::NOEXEC`] | |
//! | `MS_NOSUID` | [`MountFlags::NOSUID`] | |
//! | `MS_NOUSER` | [`MountFlags::NOUSER`] | |
//! | `MS_POSIXACL` | [`MountFlags::POSIXACL`] | |
//! | `MS_PRIVATE` | [`MountFlags::PRIVATE`] | |
//! | `MS_RDONLY` | [`MountFlags::RDONLY`] | |
//! | `MS_REC` | [`MountFlags::REC`] | |
//! | `MS_RELATIME` | [`MountFlags::RELATIME`] | |
//! | `MS_REMOUNT` | [`MountFlags::REMOUNT`] | |
//! | `MS_RMT_MASK` | [`MountFlags::RMT_MASK`] | |
//! | `MS_SHARED` | [`MountFlags::SHARED`] | |
//! | `MS_SILENT` | [`MountFlags::SILENT`] | |
//! | `MS_SLAVE` | [`MountFlags::SLAVE`] | |
//! | `MS_STRICTATIME` | [`MountFlags::STRICTATIME`] | |
//! | `MS_SYNCHRONOUS` | [`MountFlags::SYNCHRONOUS`] | |
//! | `MS_UNBINDABLE` | [`MountFlags::UNBINDABLE`] | |
//! | `MS_BIND` | [`MountFlags::BIND`] | |
//! | `MS_DIRSYNC` | [`MountFlags::DIRSYNC`] | |
//! | `main` | [the examples](#the-examples-of-these-packages) | of `example/host.go` |
//! | `CheckErr` | `?` and [`Error::help`] | of `example/host.go`; the error knows its call |
//! | `Close` | [`close`] | takes the descriptor, so that it cannot be closed twice; a drop closes too |
//! | `ErrnoHelp` | [`Error::help`] | for the call that failed, not for the number alone |
//! | `ErrnoName` | [`Errno::name`] | `None` for a number without a name |
//! | `ErrnoString` | [`Errno::message`] | or `{}`, which has both |
//! | `Fchmod` | [`fchmod`] | or [`SharedMemory::set_mode`] |
//! | `Fchown` | [`fchown`] | `None` where −1 leaves as it is; or [`SharedMemory::set_owner`] |
//! | `Fcntl` | [`fcntl`] | `unsafe`; safe functions for single commands, as [`fcntl_getfl`] |
//! | `FilePermStr` | [`Mode`] | its `Display`: `S` and `T` where there is no `x`, and `t`; there always `s`. `{:#}` for the octal form |
//! | `Fstat` | [`fstat`] | returns the [`Stat`] |
//! | `Ftruncate` | [`ftruncate`] | [`SharedMemory::resize`] also reserves the memory |
//! | `Getpagesize` | [`page_size`] | |
//! | `Madvise` | [`madvise`] | [`Mapping::advise`] takes hints that cannot do harm |
//! | `MemfdCreate` | [`memfd_create`] | [`Memfd::create`] also sets a size, and seals it |
//! | `Mlock` | [`mlock`] | [`Mapping::lock`] checks the range |
//! | `Mlockall` | [`mlockall`] | |
//! | `Mmap` | [`mmap`] | [`MapOptions`], with an address, gives a mapping whose type says who may write; there a `[]byte` always |
//! | `Mprotect` | [`mprotect`] | mappings change by being consumed: [`into_read_only`](Mapping::into_read_only), [`into_frozen`](Mapping::into_frozen) |
//! | `Msync` | [`msync`] | [`Mapping::sync`] checks the range |
//! | `Munlock` | [`munlock`] | [`Mapping::unlock`] checks the range |
//! | `Munlockall` | [`munlockall`] | |
//! | `Munmap` | [`munmap`] | a drop does it; [`Mapping::unmap`] tells the error |
//! | `ShmOpen` | [`shm_open`] | a FIFO under the name cannot hang it; [`SharedMemory::create`], [`SharedMemory::open`] |
//! | `ShmUnlink` | [`shm_unlink`] | or [`SharedMemory::unlink`] |
//! | `ModeT.S_ISBLK` | [`Mode::is_block`] | |
//! | `ModeT.S_ISCHR` | [`Mode::is_character`] | |
//! | `ModeT.S_ISDIR` | [`Mode::is_directory`] | |
//! | `ModeT.S_ISFIFO` | [`Mode::is_fifo`] | |
//! | `ModeT.S_ISLNK` | [`Mode::is_symbolic_link`] | |
//! | `ModeT.S_ISREG` | [`Mode::is_regular`] | |
//! | `ModeT.S_ISSOCK` | [`Mode::is_socket`] | |
//! | `Stat_t.DisplayStatInfo` | [`Stat`] | its `Display`, with the times; nothing is printed of itself |
//! | `Head` | [`at_address`](SharedSlice::at_address) | of `example/host.go`: a pointer in shared memory is checked before it is followed |
//! | `Holder` | [`SharedSlice`] | of `example/host.go`: a part of a mapping that borrows it |
//! | `DevT` | [`DevT`] | 32 bits each for major and minor; there 8 and 24, where `/dev/null` is 0:259 |
//! | `Errno` | [`Errno`] | functions return [`Error`], which compares with it |
//! | `ModeT` | [`Mode`] | |
//! | `Stat_t` | [`Stat`] | by accessors, `size()` for `Size` |
//! | `Timespec` | [`Timespec`] | displays as `stat` shows it |
//!
//! # ro-ag/posix v1.1
//!
//! What its version 1.1 has added.
//!
//! | Go | here | what differs |
//! |----|------|--------------|
//! | `AddSeals` | [`add_seals`] | [`Memfd::freeze`] seals for good, and gives a `&[u8]` |
//! | `Seals` | [`seals`](memfd::seals) | |
//! | `ShmAnonymous` | [`shm_anonymous`] | on Linux too, as a memfd |
//! | `F_SEAL_SEAL` | [`SealFlags::SEAL`] | |
//! | `F_SEAL_SHRINK` | [`SealFlags::SHRINK`] | |
//! | `F_SEAL_GROW` | [`SealFlags::GROW`] | |
//! | `F_SEAL_WRITE` | [`SealFlags::WRITE`] | |
//! | `F_SEAL_FUTURE_WRITE` | [`SealFlags::FUTURE_WRITE`] | |
//!
//! # ghetzel/shm
//!
//! The library of `github.com/ghetzel/shmtool`.
//!
//! | Go | here | what differs |
//! |----|------|--------------|
//! | `IpcNone` | [`ShmFlags::empty`] | |
//! | `IpcCreate` | [`ShmFlags::CREAT`] | or [`SegmentOptions::create`] |
//! | `IpcExclusive` | [`ShmFlags::EXCL`] | or [`SegmentOptions::exclusive`] |
//! | `HugePages` | [`ShmFlags::HUGETLB`] | or [`SegmentOptions::huge_pages`], which has the size |
//! | `NoReserve` | [`ShmFlags::NORESERVE`] | or [`SegmentOptions::no_reserve`] |
//! | `DestroySegment` | [`Segment::destroy_by_id`] | |
//! | `Create` | [`Segment::create`] | 0600 as well |
//! | `Open` | [`Segment::open`] | |
//! | `OpenSegment` | [`Segment::options`] | [`SegmentOptions::open`] takes the length, [`SegmentOptions::mode`] the permissions |
//! | `Segment.Attach` | [`Segment::attach`] | a mapping with bounds; there an `unsafe.Pointer` |
//! | `Segment.Destroy` | [`Segment::destroy`] | or [`Segment::destroy_on_drop`] |
//! | `Segment.Detach` | [`Mapping::unmap`] | a drop does it |
//! | `Segment.Position` | [`Cursor::position`] | |
//! | `Segment.Read` | [`Cursor`] | `std::io::Read`, or [`Cursor::copy_out`]; one attach for all, there each call attaches anew |
//! | `Segment.ReadChunk` | [`Cursor::read_chunk`] | the start comes first; what lies behind the end is left out |
//! | `Segment.Reset` | [`Cursor::rewind`] | |
//! | `Segment.Seek` | [`Cursor`] | `std::io::Seek`, where −8 is eight bytes before the end; there 8 |
//! | `Segment.Write` | [`Cursor`] | `std::io::Write`, or [`Cursor::copy_in`] |
//! | `Segment` | [`Segment`] | has no position: [`Cursor`] has, and several may be over one segment |
//! | `SharedMemoryFlags` | [`ShmFlags`] | |
//!
//! # tmthrgd/go-shm
//!
//! Two functions, for objects in `/dev/shm`.
//!
//! | Go | here | what differs |
//! |----|------|--------------|
//! | `Open` | [`shm_open`] | for the `*os.File`, [`SharedMemory`] reads and writes at offsets; a slash within the name is `EINVAL`, there it leads to another directory |
//! | `Unlink` | [`shm_unlink`] | a name with a slash in it is `EINVAL` |
//!
//! # gen2brain/shm
//!
//! The System V calls, one to one.
//!
//! | Go | here | what differs |
//! |----|------|--------------|
//! | `IPC_CREAT` | [`ShmFlags::CREAT`] | |
//! | `IPC_EXCL` | [`ShmFlags::EXCL`] | |
//! | `IPC_NOWAIT` | [`ShmFlags::NOWAIT`] | |
//! | `IPC_PRIVATE` | [`Key::PRIVATE`] | |
//! | `SHM_RDONLY` | [`ShmatFlags::RDONLY`] | |
//! | `SHM_RND` | [`ShmatFlags::RND`] | |
//! | `SHM_REMAP` | [`ShmatFlags::REMAP`] | |
//! | `SHM_EXEC` | [`ShmatFlags::EXEC`] | |
//! | `SHM_LOCK` | [`shmctl_lock`] | 11, as the kernel's; there 1, which is `IPC_SET` |
//! | `SHM_UNLOCK` | [`shmctl_unlock`] | or [`Segment::unlock`] |
//! | `IPC_RMID` | [`shmctl_rmid`] | one function for each command |
//! | `IPC_SET` | [`shmctl_set`] | or [`Segment::set_mode`], [`Segment::set_owner`] |
//! | `IPC_STAT` | [`shmctl_stat`] | or [`Segment::stat`] |
//! | `Get` | [`shmget`] | lengths and keys have types of their own; a length of 2³¹ and more is not cut |
//! | `At` | [`shmat`] | [`Segment::attach`] gives a mapping that detaches on drop |
//! | `Dt` | [`shmdt`] | [`Mapping::unmap`], or a drop |
//! | `Ctl` | [`shmctl`] | `unsafe`; safe functions for single commands, as [`shmctl_stat`] |
//! | `Rm` | [`shmctl_rmid`] | or [`Segment::destroy`] |
//! | `Size` | [`Segment::len`] | [`ShmidDs::segsz`] of [`shmctl_stat`] |
//! | `Perm` | [`IpcPerm`] | by accessors |
//! | `IdDs` | [`ShmidDs`] | by accessors, the sizes those of the kernel on each architecture |
//!
//! # What exists only on macOS
//!
//! The packages and these tables have what Linux has. Their constants that macOS lacks are those
//! of [`MemfdFlags`] for huge pages, all of [`MountFlags`], the advices from `MADV_HUGEPAGE` to
//! `MADV_UNMERGEABLE` and the flags from `MAP_32BIT` to `MAP_TYPE`; its names have at most 30
//! bytes. Where both have one the values may differ (`MAP_ANON` 0x20 and 0x1000, `MAP_NORESERVE`
//! 0x4000 and 0x40, `MS_SYNC` 4 and 0x10), another reason to write no numbers.
//!
//! macOS has these besides, without a name here. Flags keep bits that they do not know, so that
//! `from_bits_retain` and `from_raw` pass them on there:
//!
//! | of | macOS only |
//! |----|------------|
//! | [`MapFlags`] | `MAP_RENAME` 0x20, `MAP_NOEXTEND` 0x100, `MAP_HASSEMAPHORE` 0x200, `MAP_NOCACHE` 0x400, `MAP_JIT` 0x800 |
//! | [`MsyncFlags`] | `MS_KILLPAGES` 0x4, `MS_DEACTIVATE` 0x8 |
//! | [`Advice`] | `MADV_ZERO_WIRED_PAGES` 6, `MADV_FREE_REUSABLE` 7, `MADV_FREE_REUSE` 8, `MADV_CAN_REUSE` 9, `MADV_ZERO` 11 |
//!
//! # The examples of these packages
//!
//! Each is ported, and found by its package's name. On the left what it prints in Go, as it was
//! run beside ours; on the right what it prints here, which a test compares. `tmthrgd/go-shm` has
//! none.
//!
//! ## `ro_ag_posix roundtrip`
//!
//! `example/roundtrip` of `ro-ag/posix`: a child finds an object by its name, and answers in it.
//! Here the name goes with the process even if it fails, and the hint is an address that every
//! address space has.
//!
//! <table><tr><td>
//!
//! ```text
//! parent: mapped "/posix-rt-26987" at 0x20000000000 (hint 0x20000000000)
//! parent: wrote Seq=42
//! parent: read back Seq=43 ChildPID=26991 Reply="hello from child"
//! round-trip OK
//! ```
//!
//! </td><td>
//!
//! ```text
//! parent: mapped "/posix-rt-8878" at 0x2000000000 (hint 0x2000000000)
//! parent: wrote Seq=42
//! parent: read back Seq=43 ChildPID=8879 Reply="hello from child"
//! round-trip OK
//! ```
//!
//! </td></tr></table>
//!
//! ## `ro_ag_posix host`
//!
//! `example/host.go`, with `_child.c`, of its version 1.0: a child inherits a memfd, maps it where
//! the parent has, and follows a pointer. Theirs maps with `MAP_FIXED`, over whatever is there;
//! ours fails if anything is. Left out on the left are the time before each line, the compiler's
//! messages and a dump of the bytes.
//!
//! <table><tr><td>
//!
//! ```text
//! Got Address 0x20000000000
//! bytes written: 23
//! *main.Head = &{Addr:0x20000000000 MemSize:16384 TextSize:23 TextPtr:0x20000000020}
//! stderr:
//! stdout:
//! (child_exe) C Program
//! (child_exe) Got Text: This works as Mmap in C
//! - example done -
//! ```
//!
//! </td><td>
//!
//! ```text
//! got address 0x2000000000
//! bytes written: 23
//! head: 16384 bytes at 0x2000000000, text of 23 at 0x2000000020
//! (child) got text: This works as mmap in C
//! - example done -
//! ```
//!
//! </td></tr></table>
//!
//! ## `ro_ag_posix shm_exe`
//!
//! `test/shm_exe.go`, and `TestStress` around it: many children, each of which inherits one memfd
//! and writes its process id there. On the left one child.
//!
//! <table><tr><td>
//!
//! ```text
//! »»» run from extern program
//! »»» got address 0x7f4474292000
//! ```
//!
//! </td><td>
//!
//! ```text
//! 60 children, each with a memfd
//! each holds its child's process id
//! ```
//!
//! </td></tr></table>
//!
//! ## `ro_ag_posix stat`
//!
//! `DisplayStatInfo`, as the tests of `ro-ag/posix` call it.
//!
//! <table><tr><td>
//!
//! ```text
//! File type:                regular file
//! Device containing i-node: major=0   minor=1
//! I-node number:            16275616
//! Mode:                     100777 ([100777] rwxrwxrwx)
//! Number of (hard) links:   0
//! Ownership:                UID=0   GID=0
//! File size:                4096 bytes
//! Optimal I/O block size:   4096 bytes
//! 512B blocks allocated:    0
//! ```
//!
//! </td><td>
//!
//! ```text
//! type:             regular file
//! device:           0:1
//! inode:            16657455
//! mode:             [0666] -rw-rw-rw-
//! links:            0
//! owner:            user 0, group 0
//! size:             4096 bytes
//! block size:       4096 bytes
//! allocated:        8 blocks of 512 bytes
//! accessed:         2026-11-21 18:11:37.045987081 +0000
//! modified:         2026-11-21 18:11:37.045987081 +0000
//! status changed:   2026-11-21 18:11:37.045987081 +0000
//! ```
//!
//! </td></tr></table>
//!
//! ## `ghetzel_shmtool copy`
//!
//! The program in the README of `shmtool`, with `hello` on stdin: into a segment, and from there to
//! stdout. Theirs goes on where it has stopped writing and prints the rest of the segment, zeroes
//! (`od -c` shows it, of a segment of 64 bytes); ours goes back to the start.
//!
//! <table><tr><td>
//!
//! ```text
//! \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0  \0
//! *
//! \0  \0  \0  \0  \0  \0  \0  \0  \0  \0
//! ```
//!
//! </td><td>
//!
//! ```text
//! hello
//! ```
//!
//! </td></tr></table>
//!
//! `open`, `read` and `rm` are those of the command `shmtool`, whose own could not be built here for
//! want of its dependencies.
//!
//! ## `gen2brain_shm`
//!
//! The test of `gen2brain/shm`, its only program: a segment's life. It prints nothing itself.
//!
//! <table><tr><td>
//!
//! ```text
//! ok   github.com/gen2brain/shm 0.003s
//! ```
//!
//! </td><td>
//!
//! ```text
//! Get:  65536 bytes, 0777
//! At:   65536 bytes, 1 attached
//! Size: 65536
//! Rm:   42 is still there
//! Dt:   gone
//! ```
//!
//! </td></tr></table>
//!
#![cfg_attr(not(target_arch = "x86_64"), doc = "[`MapFlags::BITS_32`]: MapFlags")]
#![cfg_attr(not(feature = "alloc"), doc = "[`Cursor::read_chunk`]: Cursor")]

#[cfg(doc)]
use crate::{
    Errno, Error, MapOptions, Mapping, Memfd, Segment, SharedMemory, SharedSlice,
    descriptor::{
        DevT, FdFlags, Mode, OFlags, Stat, Timespec, close, fchmod, fchown, fcntl, fcntl_getfd,
        fcntl_getfl, fcntl_setfd, fstat, ftruncate,
    },
    memfd::{self, MemfdFlags, SealFlags, add_seals, memfd_create},
    mm::{
        Advice, MapFlags, MlockallFlags, MsyncFlags, ProtFlags, madvise, mlock, mlockall, mmap,
        mprotect, msync, munlock, munlockall, munmap, page_size,
    },
    shm::{self, MountFlags, shm_anonymous, shm_open, shm_unlink},
    slice::Cursor,
    sysv::{
        IpcPerm, Key, SegmentOptions, ShmFlags, ShmatFlags, ShmidDs, shmat, shmctl, shmctl_lock,
        shmctl_rmid, shmctl_set, shmctl_stat, shmctl_unlock, shmdt, shmget,
    },
};
