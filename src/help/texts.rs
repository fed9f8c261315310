//! The texts: for calls and the error numbers that they return, what it means there.
//!
//! The first sentence says what is wrong, the others the likely cause and what to do. At most
//! three sentences; names of calls, flags, files and limits as the manual has them, commands in
//! backticks. `tests.rs` has the list of what each call's manual page names, and checks form
//! and completeness. Rows stand in the order of the modules, and no pair stands twice.

texts! {
    // ---- POSIX objects: shm_open(3), open(2), unlink(2), link(2), rename(2)

    ShmOpen: ENOENT =>
        "There is no object of this name, or no /dev/shm at all. \
         Start the program that creates it first, or wait for it with `open_ready`. \
         `ls /dev/shm` shows the names that there are; each container has its own.";
    ShmOpen Linkat Renameat2: EEXIST =>
        "An object has this name already, perhaps left behind by an earlier run. \
         `open_or_create_with` opens it, and `replace_with` puts a new one in its place. \
         `remove_if_orphaned` removes it, if nobody has it open.";
    ShmOpen: EACCES =>
        "The object's mode does not allow this, or the directory does not allow creating. \
         `ls -l /dev/shm` shows owner and mode. \
         The creator gives another mode with `mode`, the owner with `set_mode`.";
    ShmOpen: EINVAL =>
        "This cannot be the name of an object: it is empty, `.` or `..`, or has a slash or a \
         NUL inside. \
         Objects have no directories: use a dot or a hyphen, as in `cache.index`. \
         O_TMPFILE, which takes a directory, is refused too.";
    ShmUnlink: EINVAL =>
        "This cannot be the name of an object: it is empty, `.` or `..`, or has a slash or a \
         NUL inside. \
         Give the name alone, without /dev/shm before it.";
    ShmOpen ShmUnlink Linkat Renameat2: ENAMETOOLONG =>
        "The name has more than 255 bytes. Choose a shorter one.";
    ShmOpen: ENOSPC =>
        "/dev/shm holds as many files as it may; their sizes do not matter here. \
         `df -i /dev/shm` shows the limit. \
         Remove what is left over, or raise it: `mount -o remount,nr_inodes=NUMBER /dev/shm`.";
    ShmOpen: EDQUOT =>
        "This user may have no more files in the directory. \
         Remove some, or have the quota raised (of a tmpfs, with the mount option \
         usrquota_inode_hardlimit).";
    ShmOpen Openat OpenDirectory Getdents MemfdCreate MemfdSecret PidfdOpen PidfdGetfd: EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows. \
         `ls -l /proc/PID/fd` shows which; many alike point to a leak. \
         Close some, or raise the limit with `ulimit -n NUMBER`.";
    ShmOpen Openat OpenDirectory Getdents MemfdCreate MemfdSecret PidfdOpen PidfdGetfd: ENFILE =>
        "The whole system has as many files open as it may. \
         /proc/sys/fs/file-nr shows how many there are. \
         Raise the limit with `sysctl -w fs.file-max=NUMBER`.";
    ShmOpen Openat OpenDirectory Getdents ShmUnlink Linkat Renameat2 Mkdir MemfdCreate
    MemfdSecret: ENOMEM =>
        "The kernel has no memory left for the file itself. \
         Perhaps the control group's limit is reached: compare memory.current and memory.max \
         in its directory in /sys/fs/cgroup.";
    ShmOpen: ELOOP =>
        "A symbolic link bears this name, and none is followed, because anybody may plant one \
         in /dev/shm. See with `ls -l /dev/shm` who made it. Remove it, or choose another name.";
    ShmOpen: ENXIO =>
        "A FIFO, a socket or a device bears this name, perhaps planted by somebody. \
         See with `ls -l /dev/shm` who made it. Remove it, or choose another name.";
    ShmOpen ShmUnlink Renameat2: EISDIR =>
        "A directory bears this name. Remove it with `rmdir`, or choose another name.";
    ShmOpen ShmUnlink Linkat Renameat2: ENOTDIR =>
        "What was given as the directory of objects is none, or O_DIRECTORY is among the flags. \
         Open the directory with `shm::open_directory`, and objects without that flag.";
    ShmOpen: EPERM =>
        "O_NOATIME takes the object's owner or CAP_FOWNER, or a filter of the container denies \
         the call. Leave the flag out; access times matter little in /dev/shm.";
    ShmOpen ShmUnlink Linkat Renameat2: EROFS =>
        "The directory of objects is on a file system that is mounted read-only. \
         Make it writable with `mount -o remount,rw /dev/shm`, or use a memfd.";
    ShmOpen: ETXTBSY =>
        "The object is being executed as a program and cannot be opened for writing. \
         Open it read-only, or end that program; `fuser -v /dev/shm/NAME` shows it.";
    ShmOpen: EAGAIN =>
        "Somebody holds a lease on the object, or its name appeared and vanished again and \
         again. /proc/locks lists leases. Try again a little later.";
    ShmUnlink: ENOENT =>
        "There is no object of this name. \
         It was removed before, or its creator runs in another container. \
         If it was to be gone, all is well.";
    ShmUnlink Renameat2: EPERM =>
        "The object is somebody else's: in a sticky directory such as /dev/shm only its owner \
         and root may remove or replace a name. `ls -l /dev/shm` shows the owner. \
         Let the owner do it, or choose a name that no other user takes.";
    ShmUnlink Renameat2 Linkat: EACCES =>
        "This process may not write to the directory of objects, or not search it. \
         `ls -ld /dev/shm` should show drwxrwxrwt; `chmod 1777 /dev/shm` makes it so. \
         A security module may deny it as well.";
    ShmUnlink Linkat Renameat2: EIO =>
        "The file system failed to change its directory. \
         This does not come from a tmpfs: see with `df /dev/shm` what is mounted, and `dmesg`.";
    ShmUnlink Renameat2: EBUSY =>
        "The name is in use by the system, as a mount point is. \
         `findmnt` lists what is mounted; unmount it, or choose another name.";

    Linkat: EAGAIN =>
        "The name appeared and vanished again and again. \
         Somebody creates and removes it in a loop; try again when that has ended.";
    Linkat: EXDEV =>
        "The object is on another mount than the directory that is to hold its name. \
         A bind mount counts as another one even on the same file system: open the directory \
         by the path that the objects are made through.";
    Linkat: ENOENT =>
        "The object cannot get its name: its directory was removed meanwhile, or /proc, by \
         which an ordinary user names it, is gone. \
         Mount /proc with `mount -t proc proc /proc`, and keep the directory.";
    Linkat: EPERM =>
        "The file system makes no second names, or fs.protected_hardlinks forbids one for this \
         file. Use a directory on a tmpfs, as /dev/shm is.";
    Linkat: ELOOP =>
        "A path in /proc led through too many symbolic links. \
         Something else than the kernel's proc is mounted there; see with `findmnt /proc`.";
    Linkat: EMLINK =>
        "The file has as many names as its file system allows. \
         Objects in a tmpfs have no such limit: see with `df` where the directory is.";
    Linkat Renameat2: ENOSPC =>
        "The file system has no room for another name. \
         `df -i` of the directory shows how many files it may hold; remove what is left over.";
    Linkat Renameat2 Fallocate Write Pwrite: EDQUOT =>
        "This user's quota of the file system is used up. \
         Remove some objects, or have the quota raised.";
    Renameat2: ENOENT =>
        "The object's temporary name vanished before it got its real one. \
         A cleaner of /dev/shm is at work, or somebody removed names that begin with a dot; \
         create it again.";
    Renameat2: EINVAL =>
        "The file system cannot rename without replacing (RENAME_NOREPLACE). \
         Keep objects in a tmpfs, as /dev/shm is.";
    Renameat2: EXDEV =>
        "Both names must be on one mount. Create the object in the directory that is to hold \
         it in the end.";

    Open: ENODATA =>
        "The object is not ready: its creator has not given it a size yet, or died before. \
         `open_ready` waits for it, and `remove_if_orphaned` removes one that nobody has. \
         `create_with` never shows such an object.";
    Open: ERANGE =>
        "The object has another size than was required. \
         Perhaps another version of the program made it: `ls -l /dev/shm` shows size and date. \
         End what uses it, remove it, and let the right version create it.";
    Open: EPERM =>
        "The object belongs to another user than was required, and anybody may take a name in \
         /dev/shm. `ls -l /dev/shm` shows whose it is. \
         Only that user or root can remove it; a name with the user's id in it collides less.";
    Open: EACCES =>
        "Others than its owner may write the object, and that was not to be. \
         `ls -l /dev/shm` shows the mode. \
         The owner changes it with `set_mode`, for example to 0644.";

    // ---- The directory of objects: open(2), getdents(2), statfs(2), mkdir(2), mount(2)

    OpenDirectory: ENOENT =>
        "There is no such directory. \
         If it is /dev/shm, `shm::mount` makes and mounts it (as root), or use a memfd.";
    OpenDirectory: EACCES =>
        "A directory on the way may not be searched by this process. \
         `namei -l PATH` shows the modes of each. Have the search permission (x) given.";
    OpenDirectory Getdents: ENOTDIR =>
        "The path leads to something that is no directory, or through it. \
         `namei -l PATH` shows what each part is.";
    OpenDirectory Ftok: ELOOP =>
        "The path leads through too many symbolic links, perhaps in a circle. \
         `namei -l PATH` follows them; give the path without links.";
    OpenDirectory Ftok: EINVAL =>
        "There is a NUL in the path, where the kernel would see its end. \
         Pass the bytes without C's terminating NUL.";
    OpenDirectory: ENAMETOOLONG =>
        "The path has 4096 bytes or more, or a part of it more than 255. \
         Change to a directory on the way, and use a relative path.";
    Getdents: ENOENT =>
        "There is no /dev/shm, or the directory was removed while it was read. \
         `findmnt /dev/shm` shows whether it is mounted; `shm::mount` does it (as root).";
    Getdents: EACCES =>
        "This process may not read the directory. \
         `ls -ld /dev/shm` should show drwxrwxrwt; `chmod 1777 /dev/shm` makes it so.";
    Getdents Close Fstatfs: EBADF =>
        "The descriptor is not open: somebody else closed it, perhaps by its number. \
         Look for a second owner (from_raw_fd of a number that is owned already). \
         `strace -e trace=close` shows who closes it.";
    Getdents: EINVAL =>
        "The buffer is too small for the next name, or an emulator cannot read this directory. \
         This crate's buffers are large enough: list natively to be sure.";
    Getdents: EIO =>
        "The kernel's answer makes no sense as a list of names. \
         An emulator or a broken file system gave it; see `dmesg`.";
    Fstatfs: EINTR =>
        "A signal interrupted the question, as only a network file system lets it. Ask again.";
    Fstatfs: EIO =>
        "The file system could not be read. See `dmesg`; a tmpfs never does this.";
    Fstatfs Fstat Ftok: ENOMEM =>
        "The kernel has no memory for the answer. Free some, and ask again.";
    Fstatfs: ENOSYS =>
        "The file system, or an emulator, does not tell its size. \
         Use a tmpfs, as /dev/shm is, or do without `space`.";
    Fstatfs: EOVERFLOW =>
        "A size does not fit into its field, as happens to 32-bit programs. \
         Build the program for 64 bits.";
    Mkdir: ENOENT =>
        "There is no /dev to make the directory in. \
         This is a bare root directory: `mount -t devtmpfs none /dev` first, or use a memfd.";
    Mkdir: EACCES EPERM =>
        "This process may not make a directory in /dev, which is root's. \
         Have root or the container's runtime make /dev/shm, or use a memfd.";
    Mkdir: EROFS =>
        "/dev is read-only, and /dev/shm is not there. \
         Have the container's runtime mount it (`docker run --tmpfs /dev/shm`), or use a memfd.";
    Mkdir: EEXIST =>
        "Something bears the name already. If it is no directory, remove it.";
    Mkdir: ENOTDIR =>
        "/dev is no directory. This is a broken root directory; use a memfd.";
    Mkdir: ENOSPC =>
        "The file system of /dev is full. `df -h /dev` and `df -i /dev` show it; remove what \
         does not belong there.";
    Mkdir: EDQUOT =>
        "This user's quota of the file system is used up. Remove some files there.";
    Mkdir: EMLINK =>
        "The directory has as many subdirectories as its file system allows. \
         Remove some, or mount a tmpfs there.";
    Mount: EPERM =>
        "Mounting takes CAP_SYS_ADMIN, and in a user namespace a mount namespace of its own. \
         Have root or the container's runtime do it (`docker run --tmpfs /dev/shm`), \
         or use a memfd, which needs no mount.";
    Mount: EACCES =>
        "A directory on the way may not be searched, or a security module forbids the mount. \
         See `dmesg` for a denial.";
    Mount: EBUSY =>
        "The mount is in use in a way that forbids the change: made read-only, it has files \
         open for writing. `fuser -vm /dev/shm` shows by whom.";
    Mount: EINVAL =>
        "REMOUNT was asked for and nothing is mounted there, more is in use than the new size, \
         or these flags do not go together. `findmnt /dev/shm` and `df /dev/shm` show both.";
    Mount: EMFILE =>
        "The kernel has no number left for another file system without a device. \
         Unmount some: `findmnt` lists them.";
    Mount: ENODEV =>
        "The kernel was built without tmpfs (CONFIG_TMPFS). \
         A System V segment may still work; `grep tmpfs /proc/filesystems` tells.";
    Mount: ENOENT =>
        "There is no /dev/shm to mount at; somebody removed it just now. Call `shm::mount` again.";
    Mount: ENOMEM =>
        "The kernel has no memory for another mount. Free some, and try again.";
    Mount: ENOSPC =>
        "This mount namespace has as many mounts as fs.mount-max allows. \
         Unmount some (`findmnt` lists them), or raise the limit with `sysctl -w \
         fs.mount-max=NUMBER`.";
    Mount: ENOTDIR =>
        "/dev/shm is something else than a directory. Remove it, and call `shm::mount` again.";
    Mount: EROFS =>
        "What is mounted is read-only, and RDONLY was not asked for. Ask for it, or mount anew.";

    // ---- Memfd: memfd_create(2), fcntl(2) with F_ADD_SEALS and F_GET_SEALS

    MemfdCreate: EINVAL =>
        "The name has more than 249 bytes or a NUL inside, or the flags do not fit: the kernel \
         does not know one (MFD_EXEC came with Linux 6.3), or MFD_HUGETLB meets sealing before \
         4.16. The name is only for people to read; shorten it.";
    MemfdCreate: ENODEV =>
        "The kernel has no huge pages of this size. \
         /sys/kernel/mm/hugepages has a directory for each size that there is.";
    MemfdCreate: EACCES =>
        "The sysctl vm.memfd_noexec is 2 here and forbids memfds that can be executed. \
         Ask for MFD_NOEXEC_SEAL; shared memory need not be executed.";
    MemfdCreate: EPERM =>
        "A filter of the container or service denies memfds. \
         Have memfd_create allowed in its seccomp profile, or use a POSIX object.";
    MemfdCreate: ENOSYS =>
        "An emulator or sandbox lacks memfds; every kernel from Linux 3.17 on has them. \
         Use a POSIX object (`SharedMemory`) instead.";
    AddSeals: EBUSY =>
        "Somebody has the memory mapped shared through a descriptor that is open for writing; \
         even a read-only mapping counts then, and a forked child's copy. \
         Drop such mappings, or give ours to `freeze_with`; `grep memfd /proc/*/maps` finds \
         others. \
         If a child is just being started, try again a little later.";
    AddSeals: EPERM =>
        "No seal can be added any more (F_SEAL_SEAL is set), or the descriptor is not open for \
         writing. A POSIX object has F_SEAL_SEAL from the start, and so has a memfd made without \
         MFD_ALLOW_SEALING: create it with `Memfd`, and seal it where it was made.";
    AddSeals: EINVAL =>
        "The descriptor is neither a memfd nor a POSIX object, or the kernel does not know the \
         seal (F_SEAL_FUTURE_WRITE came with Linux 5.1, F_SEAL_EXEC with 6.3). \
         From `freeze_with`: the mapping is not of the whole memfd. \
         On an old kernel hand out what `reopen_read_only` returns.";
    AddSeals Seals: EBADF =>
        "The descriptor is not open, or was opened with O_PATH. \
         Look for a second owner that closed it (from_raw_fd of a number that is owned already).";
    Seals: EPERM =>
        "The memory lacks a seal that was asked for, so that a peer could still change or shrink \
         it. Its creator sets F_SEAL_WRITE with `freeze`, and F_SEAL_SHRINK by not making it \
         resizable. Do not trust it meanwhile: copy what you need with `try_copy_to_slice`.";
    Seals: EINVAL =>
        "The descriptor is neither a memfd nor a POSIX object, and only these have seals. \
         Perhaps the two sides disagree on which descriptor comes first: `ls -l /proc/PID/fd` \
         shows what each one is.";
    MemfdSecret: ENOSYS =>
        "The kernel has no secret memory: it is older than 5.14, was built without, or has it \
         off. Before 6.5 it takes `secretmem.enable=1` on the kernel's command line. \
         Without it, lock anonymous memory (`locked`) and keep it out of core dumps.";
    MemfdSecret: EINVAL =>
        "The kernel does not know one of the flags; so far there is only FD_CLOEXEC. Pass that, \
         or none.";

    // ---- Mapping: mmap(2), munmap(2), mprotect(2), mremap(2), mseal(2)

    Mmap: EACCES =>
        "The descriptor is not open for what was asked: every mapping needs it open for \
         reading, a shared and writable one for writing too. \
         Open the object with `open`, or map what you have with `map_read_only`.";
    Mmap: EBADF =>
        "The descriptor is not open: somebody closed it, perhaps by its number. \
         A mapping outlives its descriptor, so that it can be closed, but only after mapping.";
    Mmap: EINVAL =>
        "This address, length or offset is not possible: the object or the length is empty, \
         or an offset or exact address is no multiple of the page size. \
         Give the object a size first, and round offsets to `mm::page_size()`. \
         Huge pages are only for anonymous memory and memfds, in sizes that the kernel has.";
    Mmap: ENXIO =>
        "Offset and length reach past the end of the object; a touch there would raise SIGBUS. \
         Compare with its `len()`: perhaps the creator has not resized it yet, or it is of \
         another version of the program.";
    Mmap MmapHugetlb: EEXIST =>
        "Something is mapped at the exact address already. \
         /proc/self/maps shows what; the addresses change from run to run (ASLR). \
         Choose another address, or let the kernel choose.";
    Mmap: ENOMEM =>
        "There is no free range of addresses so large, or a limit forbids it: RLIMIT_AS \
         (`ulimit -v`), vm.overcommit_memory, or vm.max_map_count mappings of one process. \
         Compare `wc -l /proc/PID/maps` with /proc/sys/vm/max_map_count. \
         For an object of huge pages, look at HugePages_Free in /proc/meminfo.";
    Mmap MmapHugetlb: EAGAIN =>
        "What is mapped here is locked (MAP_LOCKED, mlockall, secret memory), and would be more \
         than RLIMIT_MEMLOCK allows. `ulimit -l` shows the limit in KiB. \
         Raise it (`LimitMEMLOCK=` in systemd, `--ulimit memlock=-1` in Docker), or give the \
         process CAP_IPC_LOCK.";
    Mmap: EPERM =>
        "A seal forbids mapping it for writing, the address is below vm.mmap_min_addr, it is \
         to be locked while RLIMIT_MEMLOCK is 0, or its file system is mounted noexec. \
         Map it with `map_read_only`, choose a higher address, or raise the limit with \
         `ulimit -l KIB`.";
    Mmap: ENODEV =>
        "This cannot be mapped: it is a directory, a pipe or a socket, or a device that does not \
         tell its size. Objects and memfds can; of a device, say how long with `len`.";
    Mmap: EOVERFLOW =>
        "Offset and length together are more than a file, or the address space, can have. \
         Map a part of the object.";
    Mmap: EOPNOTSUPP =>
        "MAP_SHARED_VALIDATE came with a flag that the kernel or this file does not know. \
         MAP_SYNC, for one, is only for files on persistent memory (DAX).";
    Mmap: ENFILE =>
        "The whole system has as many files open as it may, and shared anonymous memory takes \
         one. /proc/sys/fs/file-nr shows how many there are. \
         Raise the limit with `sysctl -w fs.file-max=NUMBER`.";
    MmapHugetlb: ENOMEM =>
        "Fewer huge pages of this size are free than it takes (HugePages_Free in /proc/meminfo). \
         Reserve them early, while memory is in one piece: `sysctl -w vm.nr_hugepages=NUMBER`, \
         or by size in /sys/kernel/mm/hugepages.";
    FallocateHugetlb: ENOSPC =>
        "Fewer huge pages of this size are free than it takes (HugePages_Free in /proc/meminfo). \
         Reserve them early, while memory is in one piece: `sysctl -w vm.nr_hugepages=NUMBER`, \
         or by size in /sys/kernel/mm/hugepages.";
    MmapHugetlb: EINVAL =>
        "The kernel has no huge pages of this size, or the exact address is no multiple of it. \
         /sys/kernel/mm/hugepages has a directory for each size that there is.";
    MmapHugetlb: EPERM =>
        "The address is below vm.mmap_min_addr, or the memory is to be locked while \
         RLIMIT_MEMLOCK is 0. \
         Choose a higher address, or raise the limit with `ulimit -l KIB`.";
    Munmap: EINVAL =>
        "The length is 0, the address is no multiple of the page size, or with huge pages the \
         length is no multiple of theirs. Unmap whole pages, as `Mapping` does by itself.";
    Munmap Mprotect Munlock: ENOMEM =>
        "The kernel would have to split a mapping in two, and the process has as many as \
         vm.max_map_count allows; or part of the range is not mapped. \
         Compare `wc -l /proc/PID/maps` with the limit. \
         Raise it with `sysctl -w vm.max_map_count=NUMBER`.";
    Munmap Mprotect Mremap: EPERM =>
        "Part of the range is sealed (mseal) and stays as it is until the process ends. \
         Do not seal what has to change later.";
    Mprotect: EACCES =>
        "The mapping is of an object that was not opened for writing, or is sealed against it, \
         and cannot become writable. Open it for reading and writing, and map it again.";
    Mprotect: EINVAL =>
        "The address is no multiple of the page size, or the flags are not known: \
         PROT_GROWSUP with PROT_GROWSDOWN is an error too. Round the address down to a page.";
    Mremap: ENXIO =>
        "The object does not reach so far: it is shorter than where the mapping starts plus the \
         new length. Resize the object first, then the mapping.";
    Mremap: EFAULT =>
        "To the kernel the memory is more than one mapping, and these cannot grow together. \
         Part of it was locked, advised or protected otherwise than the rest. \
         Undo that, or map the object anew.";
    Mremap: ENOMEM =>
        "There is no room: something is mapped behind and it must not move, or no free range of \
         addresses is so large. RLIMIT_AS (`ulimit -v`) and vm.max_map_count are limits too. \
         Let it move, or map it anew.";
    Mremap: EAGAIN =>
        "The memory is locked, and longer it would be more than RLIMIT_MEMLOCK allows. \
         `ulimit -l` shows the limit in KiB. \
         Raise it, give the process CAP_IPC_LOCK, or unlock first.";
    Mremap: EINVAL =>
        "The length is 0 or more than there are addresses, or this memory cannot be remapped: \
         huge pages cannot become more, System V segments cannot change at all, and the \
         descriptor must be of the object that is mapped. Map it anew instead.";
    Mremap: ENODEV =>
        "The memory is of a device, which does not tell its size. \
         Unmap it, and map it again with the length that you want.";
    Mremap: EBADF =>
        "The descriptor of the object is not open any more. Keep it open for as long as the \
         mapping has to grow.";
    Mseal: ENOSYS =>
        "Sealing needs Linux 6.10, and emulators and sandboxes may not know it. \
         Go on without: the mapping works as well, but a stray munmap can take it away.";
    Mseal: EPERM =>
        "The kernel or the program is of 32 bits, or a container's filter denies the call. \
         Go on without sealing, or have mseal allowed in the seccomp profile.";
    Mseal: ENOMEM =>
        "Part of the range is not mapped, or a mapping would have to be split and the process \
         has as many as vm.max_map_count allows. Seal a whole mapping at once.";
    Mseal: EINVAL =>
        "The address is no multiple of the page size, or the range goes past the last address. \
         Round the address down to a page.";

    // ---- Pages: madvise(2), msync(2), mlock(2)

    Madvise: EINVAL =>
        "The range is not inside of the mapping, does not start at a page, or its memory cannot \
         take this advice: it is locked, of huge pages, of a file, or the kernel does not know \
         the advice. Advice is optional: go on without it.";
    Madvise: ENOMEM =>
        "Part of the range is not mapped, or there was no memory to bring its pages in. \
         Advise only what is mapped; `free -m` shows what memory is left.";
    Madvise: EACCES =>
        "MADV_REMOVE punches a hole into the object, which takes a mapping that is shared and \
         writable. Map it with `map_shared`, or use fallocate with PUNCH_HOLE.";
    Madvise: EAGAIN =>
        "The kernel lacked something for it at the moment, or the process has as many mappings \
         as vm.max_map_count allows. Try again, or advise whole mappings.";
    Madvise: EBUSY =>
        "The pages are in use at the moment, or the control group may have no more memory. \
         Try again later.";
    Madvise: EBADF =>
        "This advice is for files, and no file is behind the mapping. \
         Anonymous memory needs no reading ahead.";
    Madvise: EFAULT =>
        "A touch of this range would raise SIGBUS: the object was truncated, or there is no room \
         for its pages. Compare the object's size with the mapping's, and see `df /dev/shm`.";
    Madvise MadvisePopulateRead MadvisePopulateWrite: EHWPOISON =>
        "The memory of a page is broken in hardware, and its contents are lost. \
         Unmap it, make the object anew, and see `dmesg` for the machine check.";
    Madvise: EIO =>
        "Reading ahead would exceed what this process may have in memory, or the disk failed. \
         See `dmesg`; on shared memory this does not occur.";
    Madvise: EPERM =>
        "The range is sealed (mseal) against advice that discards it, or MADV_HWPOISON and \
         MADV_SOFT_OFFLINE were asked for without CAP_SYS_ADMIN. \
         Choose another advice.";
    MadviseCollapse: EINVAL =>
        "This memory can have no huge pages: it is smaller than one, was never touched, or is of \
         a kind that has none. shmem_enabled in /sys/kernel/mm/transparent_hugepage may be \
         `deny`, or the kernel older than 6.1. Small pages do as well.";
    MadviseCollapse: ENOMEM =>
        "No huge page could be allocated: memory is full, or in too many pieces. \
         Ask early in the program's life, or go on with small pages.";
    MadviseCollapse: EAGAIN =>
        "Some pages were in use at the moment. Try again later, or go on with small pages.";
    MadviseCollapse: EBUSY =>
        "The control group may have no more memory, or another thread changes the range. \
         Go on with small pages.";
    MadvisePopulateRead MadvisePopulateWrite: EFAULT =>
        "A touch of this range would raise SIGBUS: somebody has truncated the object, or there \
         is no room for its pages. `df -h /dev/shm`, and HugePages_Free in /proc/meminfo for \
         huge pages, tell what there is.";
    MadvisePopulateRead MadvisePopulateWrite: ENOMEM =>
        "The system, or the control group, has no memory for these pages. \
         `free -m` shows the system's, memory.max in /sys/fs/cgroup the group's. \
         Prefault less, or free some.";
    MadvisePopulateRead MadvisePopulateWrite: EINVAL =>
        "The range is not inside of the mapping, its protection forbids this access, or it is of \
         secret memory, which cannot be populated. Touch its bytes instead.";
    Msync: EINVAL =>
        "The range is not inside of the mapping, or the flags do not fit each other: \
         MS_ASYNC and MS_SYNC exclude each other. Pass one of them.";
    Msync: ENOMEM =>
        "Part of the range is not mapped. Sync only what is; shared memory without a disk \
         behind it needs no msync at all.";
    Msync: EBUSY =>
        "MS_INVALIDATE was asked for, and part of the range is locked. Unlock it first.";
    Msync: EIO =>
        "Writing to the disk failed, and what was to be saved may be lost. \
         See `dmesg`; objects in /dev/shm and memfds are never written to a disk.";
    Mlock Mlock2: ENOMEM =>
        "The process would have more memory locked than RLIMIT_MEMLOCK allows, or part of the \
         range is past the end of its object. `ulimit -l` shows the limit in KiB. \
         Raise it (`LimitMEMLOCK=` in systemd, `--ulimit memlock=-1` in Docker), or give the \
         process CAP_IPC_LOCK.";
    Mlockall: ENOMEM =>
        "The process has more mapped than RLIMIT_MEMLOCK allows it to lock. \
         `ulimit -l` shows the limit in KiB. \
         Raise it, give the process CAP_IPC_LOCK, or lock only what matters.";
    Mlock Mlock2 Mlockall: EPERM =>
        "RLIMIT_MEMLOCK is 0, so that this process may lock nothing. \
         Raise it with `ulimit -l KIB`, or give the process CAP_IPC_LOCK.";
    Mlock Mlock2 Mlockall: EAGAIN =>
        "Some pages could not be brought into memory, which is short at the moment. \
         Free some, or lock less.";
    Mlock Mlock2 Munlock: EINVAL =>
        "The range is not inside of the mapping or goes past the last address, or a flag is not \
         known. Give a range of the mapping itself: `..` is all of it.";
    Mlockall: EINVAL =>
        "The flags name nothing to lock: give MCL_CURRENT, MCL_FUTURE or both. \
         MCL_ONFAULT goes only together with these.";
    Mlock2: ENOSYS =>
        "An emulator or sandbox does not know mlock2. Lock all pages now, with `lock`.";
    Munlockall: EINTR =>
        "The process is being killed. There is nothing to do.";
    Munlockall: EPERM =>
        "A container's filter denies the call. Unlock each mapping with `unlock`.";

    // ---- Descriptors: ftruncate(2), fallocate(2), fstat(2), chmod(2), chown(2)

    Ftruncate: EFBIG =>
        "The size is more than RLIMIT_FSIZE lets this process make any file. \
         `ulimit -f` shows the limit in KiB. Raise it, or make the object smaller.";
    Ftruncate: EINVAL =>
        "The descriptor is not open for writing, or the size is not possible: over 2^63 - 1, or of \
         huge pages no multiple of theirs. Secret memory gets its size once, and not 0. \
         Open the object with `open`, not with `open_read_only`.";
    Ftruncate: EPERM =>
        "A seal forbids it: F_SEAL_SHRINK to make it smaller, F_SEAL_GROW to make it larger. \
         A memfd keeps its size unless it is made with `Memfd::options().resizable(true)`.";
    Ftruncate Fallocate FallocateHugetlb: EBADF =>
        "The descriptor is not open, or not open for writing. \
         Open the object with `open`, not with `open_read_only`.";
    Ftruncate: EINTR =>
        "A signal came before the size was changed. Call it again.";
    Ftruncate Fallocate FallocateHugetlb Fchmod Fchown: EIO =>
        "The file system failed on its disk. See `dmesg`; objects in /dev/shm and memfds have \
         no disk behind them.";
    Fallocate: ENOSPC =>
        "There is not so much space: `df -h /dev/shm` shows what objects can have, and the \
         example `shmls` what takes it up. \
         Containers get 64 MiB unless told otherwise (`docker run --shm-size=1g`, in \
         Kubernetes an emptyDir of `medium: Memory`); elsewhere `mount -o remount,size=1g \
         /dev/shm` enlarges it. \
         A memfd is bounded only by memory, swap and vm.overcommit_memory.";
    Fallocate FallocateHugetlb: EINTR =>
        "Signals came faster than memory could be reserved. \
         Block them meanwhile, slow down the timer that sends them, or create it sparse.";
    Fallocate FallocateHugetlb: EPERM =>
        "A seal forbids it: F_SEAL_GROW to make it larger, F_SEAL_WRITE to punch holes. \
         A memfd keeps its size unless it is made with `Memfd::options().resizable(true)`.";
    Fallocate FallocateHugetlb: EFBIG =>
        "Offset and length reach past the largest size: RLIMIT_FSIZE (`ulimit -f`, in KiB) or \
         the file system's own. Raise the limit, or make the object smaller.";
    Fallocate FallocateHugetlb: EINVAL =>
        "The length is 0, or offset and length are over 2^63 - 1, or the flags do not fit each \
         other. FALLOC_FL_PUNCH_HOLE goes only with FALLOC_FL_KEEP_SIZE.";
    Fallocate FallocateHugetlb: ENOMEM =>
        "There is no memory for the pages. \
         `free -m` shows the system's, memory.max in /sys/fs/cgroup what the control group \
         may have. \
         Where the group has reached its limit, the kernel may as well kill the process: \
         `dmesg` tells.";
    Fallocate: ENODEV ESPIPE =>
        "The descriptor is of a pipe, a socket or a device, which have no space to reserve. \
         Perhaps it is another one than you think: `ls -l /proc/PID/fd` shows what each is.";
    Fallocate FallocateHugetlb: EOPNOTSUPP ENOSYS =>
        "The file system cannot reserve space, or not with these flags. \
         Use ftruncate, and expect SIGBUS where it is full; `try_copy_from_slice` returns an \
         error instead.";
    Fallocate: ETXTBSY =>
        "The file is being executed, or used for swap, and cannot be changed now. \
         `fuser -v FILE` shows by whom.";
    Fstat Fchmod Fchown: EBADF =>
        "The descriptor is not open (or, to change it, was opened with O_PATH). \
         Look for a second owner that closed it (from_raw_fd of a number that is owned already).";
    Fstat: EOVERFLOW =>
        "A size or number does not fit into its field, as happens to 32-bit programs. \
         Build the program for 64 bits.";
    Fchmod: EPERM =>
        "Only the owner and privileged processes change the mode; of a memfd with F_SEAL_EXEC, \
         nobody the execute permission. `stat` shows the owner.";
    Fchown: EPERM =>
        "To give it to another user takes CAP_CHOWN; to another group, being its owner and a \
         member of that group. Run this part as root, or leave the owner and set the mode.";
    Fchown: EINVAL =>
        "The id cannot be: the user namespace does not map it (/proc/self/uid_map), or it is \
         2^32 - 1, which stands for no change. \
         Pass None to leave it as it is.";
    Fchmod Fchown: EROFS =>
        "The file is on a file system that is mounted read-only. \
         Make it writable with `mount -o remount,rw`, or leave it as it is.";
    Fchown: EDQUOT =>
        "The new owner's quota of the file system is used up. Have it raised, or remove some \
         of that user's files.";

    // ---- Descriptors: fcntl(2), dup(2), close(2)

    Fcntl FcntlSetfd FcntlGetfl FcntlGetlease FcntlSetlease FcntlSetsig Dup DupInheritable: EBADF =>
        "The descriptor is not open, or is one of O_PATH, which takes few commands. \
         Look for a second owner that closed it (from_raw_fd of a number that is owned already).";
    FcntlGetfd: EBADF =>
        "Nothing is open under this number. \
         If it was to be inherited, it was close-on-exec in the process that started this one. \
         Make it there with `fd_passing::inheritable`, and keep it until the program is started.";
    FcntlGetfd: EINVAL =>
        "The descriptor is open but close-on-exec: it was not inherited, or was taken over \
         before. The starter makes one with `fd_passing::inheritable` and tells its number. \
         Take it over only once.";
    Fcntl: EINVAL =>
        "The kernel does not know the command, or its argument is out of range. \
         fcntl(2) says which version of Linux brought each command.";
    Fcntl FcntlSetlease: EAGAIN =>
        "Somebody has the file open, locked or mapped in a way that excludes this. \
         /proc/locks shows locks and leases, `fuser -v FILE` who has it open. \
         Of a memfd the kernel always thinks so.";
    Fcntl FcntlSetlease: EACCES =>
        "A lease takes the file's owner or CAP_LEASE; a lock may be held by another process. \
         Ask as the owner.";
    Fcntl: EBUSY =>
        "The file is in use in a way that forbids it: mapped for writing (F_SEAL_WRITE), or a \
         pipe that holds more than its new capacity. Drop the mapping, or empty the pipe.";
    Fcntl: EPERM =>
        "The command is not permitted: no seal can be added any more, a pipe has reached \
         fs.pipe-max-size, or O_APPEND of an append-only file stays. \
         See fcntl(2) for the command.";
    Fcntl: EFAULT =>
        "The argument should point to a structure of this process and does not. \
         Pass a pointer that lives until the call returns.";
    Fcntl: EINTR =>
        "A signal came while the call waited for a lock. Call it again.";
    Fcntl: EDEADLK =>
        "Two processes would wait for each other's lock for ever. \
         Release yours first, and take locks in one order everywhere.";
    Fcntl: ENOLCK =>
        "The system has too many locks, or the lock server of a network file system is gone. \
         /proc/locks lists them.";
    Fcntl: ENOTDIR =>
        "F_NOTIFY watches directories only, and this is none. Watch the directory that it is in.";
    Fcntl Dup DupInheritable: EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows, and a copy takes \
         another. `ls -l /proc/PID/fd` shows which; many alike point to a leak. \
         Close some, or raise the limit with `ulimit -n NUMBER`.";
    Dup DupInheritable: EINVAL =>
        "RLIMIT_NOFILE is 0, so that no number is left for the copy. \
         Raise it with `ulimit -n NUMBER`.";
    FcntlSetlease: EINVAL =>
        "Only regular files have leases, and there are three kinds: F_RDLCK, F_WRLCK, F_UNLCK. \
         An object is a regular file; a socket or pipe is none.";
    FcntlSetlease: ENOMEM =>
        "The kernel has no memory for the lease. Free some, and try again.";
    FcntlSetsig: EINVAL =>
        "This is not the number of a signal. `kill -l` lists them; 0 stands for SIGIO.";
    Close: EINTR =>
        "A signal came while a file was closed; it is closed all the same. \
         Do not close it again: the number may be another file's by now.";
    Close: EIO ENOSPC EDQUOT =>
        "An earlier write did not reach the disk, and closing tells so; the descriptor is \
         closed. Shared memory has no disk, so this is a file on a disk or a network: see \
         `df` and `dmesg`.";

    // ---- Descriptors: read(2), write(2), pread(2), lseek(2)

    Read Pread: EBADF =>
        "The descriptor is not open, or not open for reading. \
         Open it for reading, and look for a second owner that may have closed it.";
    Write Pwrite: EBADF =>
        "The descriptor is not open, or not open for writing. \
         Open it for writing, and look for a second owner that may have closed it.";
    Read Pread: EISDIR =>
        "The descriptor is of a directory, which is not read but listed. \
         `shm::list` lists objects.";
    Read Pread Write Pwrite: EINVAL =>
        "Position and length together are over 2^63 - 1, or this kind of file cannot be read or \
         written so: secret memory can only be mapped. Seek back, or map it.";
    Read Pread Write Pwrite: EIO =>
        "The device or file system failed. See `dmesg`; objects in /dev/shm and memfds have no \
         device behind them.";
    Read Pread Write Pwrite: EINTR =>
        "A signal came before anything was copied. Call it again; `std::io` does so by itself \
         in read_exact and write_all.";
    Read Pread Write Pwrite: EAGAIN =>
        "It would have to wait, and the descriptor is of O_NONBLOCK. \
         Wait with poll(2), or clear the flag. Shared memory never waits.";
    Pread Pwrite: EFAULT =>
        "The bytes are not in this process's memory: a peer has truncated the object that they \
         are mapped from, or the range is not mapped so. \
         Copy to memory of your own first, with `try_copy_to_slice`.";
    ProcessVmReadv ProcessVmWritev Read Write: EFAULT =>
        "There is no memory here any more: a peer has truncated the object, punched a hole that \
         cannot be filled again, or the range is not mapped so. \
         Ask the object for its length, and map it anew. \
         Memory with F_SEAL_SHRINK and F_SEAL_WRITE, or of System V, cannot be taken away.";
    Write: ENOSPC =>
        "The end is reached: a cursor stands at the end of its memory, which does not grow, or \
         the file system is full (`df -h /dev/shm`). \
         Resize the object and map it anew, or free some space.";
    Pwrite: ENOSPC =>
        "The file system is full. `df -h /dev/shm` shows it; containers get 64 MiB unless told \
         otherwise (`docker run --shm-size=1g`). Remove what is left over, or enlarge it.";
    Write Pwrite: EFBIG =>
        "It would reach past RLIMIT_FSIZE (`ulimit -f`, in KiB) or the largest size of a file. \
         Raise the limit, or write less.";
    Write Pwrite: EPERM =>
        "A seal forbids it: F_SEAL_WRITE any writing, F_SEAL_GROW writing past the end. \
         A memfd keeps its size unless it is made with `Memfd::options().resizable(true)`; a \
         frozen one never changes again.";
    Write Pwrite: EPIPE =>
        "Nobody reads from the other end of this pipe or socket any more. \
         The peer has ended; start it again, and connect anew.";
    Write: EDESTADDRREQ =>
        "This datagram socket is not connected. Make a pair with `socketpair`, or connect it.";
    Pread Pwrite Lseek: ESPIPE =>
        "A pipe or socket has no positions. Perhaps it is another descriptor than you think: \
         `ls -l /proc/PID/fd` shows what each is.";
    Lseek: EINVAL =>
        "The position would be before the start or over 2^63 - 1, or the whence is not known. \
         A cursor stays where it was.";
    Lseek: ENXIO =>
        "There is no data, or no hole, from this offset on. \
         With SEEK_DATA and SEEK_HOLE that is how a search ends.";
    Lseek: EBADF =>
        "The descriptor is not open. Look for a second owner that closed it (from_raw_fd of a \
         number that is owned already).";
    Lseek: EOVERFLOW =>
        "The position does not fit into its type, as happens to 32-bit programs. \
         Build the program for 64 bits.";

    // ---- Access: atomic integers, copies that may fail, futex(2), pipe(2), process_vm_readv(2)

    Atomic: EINVAL =>
        "The address of an atomic integer must be a multiple of its size, and at this offset \
         it is not. \
         A mapping starts at a page, a part of it where it was cut. \
         Choose offsets that are multiples of 8 from the mapping's start.";
    Atomic: EFAULT =>
        "The atomic integer is not all inside of the memory: its offset and size reach past the \
         end. Compare with `len()`; perhaps the other side has a larger layout.";
    FutexWait: ETIMEDOUT =>
        "The value did not change in time. \
         The peer may be slow or dead, or has stored a new value without `wake`. \
         See whether it still lives before you wait again.";
    FutexWait FutexWake: EFAULT =>
        "The object no longer reaches the address, because somebody has truncated it; or the \
         kernel finds no futex there, as in secret memory. \
         A memfd keeps its size (F_SEAL_SHRINK) unless it is made resizable.";
    FutexWait: EAGAIN =>
        "The value is not the expected one any more: the change came before the wait. \
         Load it again; `wait` does so by itself.";
    FutexWait: EINTR =>
        "A signal came, or the kernel woke without a reason. \
         Look at the value, and wait again; `wait` does so by itself.";
    FutexWait FutexWake: EINVAL =>
        "The address is no multiple of 4, the time is out of range, or another kind of lock \
         (FUTEX_LOCK_PI) uses this very word. \
         Keep words of different kinds apart.";
    FutexWait FutexWake: ENOSYS =>
        "An emulator or sandbox lacks futexes. \
         Use `wait_spinning` with many turns, or wait with a socket.";
    FutexWait FutexWake: EACCES =>
        "This process may not read the memory of the futex. \
         Map the object so that it can be read.";
    ClockGettime: EINVAL ENOSYS EPERM =>
        "CLOCK_MONOTONIC cannot be asked: an emulator or a container's filter denies it, for \
         every kernel has it. Wait without a time limit, or have clock_gettime allowed.";
    Pipe2: EMFILE =>
        "The copy needed a pipe, because process_vm_readv is missing or denied here, and this \
         process may not open two more files. \
         Close some, or raise RLIMIT_NOFILE with `ulimit -n NUMBER`.";
    Pipe2: ENFILE =>
        "The copy needed a pipe, because process_vm_readv is missing or denied here. \
         The system has too many open files (fs.file-max), or this user too many pages in pipes \
         (fs.pipe-user-pages-hard). Raise the limit with `sysctl -w NAME=NUMBER`.";
    Pipe2: ENOMEM =>
        "The copy needed a pipe, because process_vm_readv is missing or denied here, and the \
         kernel has no memory for one. Free some, and copy again.";
    ProcessVmReadv ProcessVmWritev: EPERM ENOSYS =>
        "An emulator or a container's filter denies the copy; Docker did so before Linux 4.8. \
         The crate copies through a pipe then. Called by yourself on another process, you need \
         the right to trace it.";
    ProcessVmReadv ProcessVmWritev: EINVAL =>
        "The lengths together are over 2^63 - 1, there are more than 1024 ranges, or flags are \
         not 0. Copy in several calls.";
    ProcessVmReadv ProcessVmWritev: ENOMEM =>
        "The kernel has no memory for its lists of the copy. Free some, and copy again.";
    ProcessVmReadv ProcessVmWritev: ESRCH =>
        "There is no such process: it has ended, or is of another PID namespace. \
         Ask whoever started it for the number.";

    // ---- Handing over: openat(2), socketpair(2), send(2), recv(2), unix(7), pidfd_open(2)

    Openat: ENOENT =>
        "The descriptor's file is opened anew through /proc, which is not mounted here, or the \
         number is not open. Mount it with `mount -t proc proc /proc`, or seal the memory with \
         `refuse_new_writers`, which needs none.";
    Openat: EACCES =>
        "The file's mode forbids opening it so, even though the descriptor is open already. \
         `stat -L /proc/self/fd/NUMBER` shows owner and mode; the owner gives another with \
         `set_mode`.";
    Openat: EISDIR =>
        "This descriptor is of a directory, and not of memory. \
         Perhaps the two sides disagree on its number: `ls -l /proc/PID/fd` shows what each is.";
    Openat: ENXIO ENODEV =>
        "This descriptor is of a socket or a device, and not of memory. \
         Perhaps the two sides disagree on its number: `ls -l /proc/PID/fd` shows what each is.";
    Openat: ELOOP =>
        "The link in /proc may not be followed here. \
         Something else than the kernel's proc is mounted there; see with `findmnt /proc`.";
    Openat: EPERM =>
        "The file may not be opened so: a seal or an attribute forbids it, or a container's \
         filter. Open it read-only.";
    Openat: EROFS =>
        "The file is on a file system that is mounted read-only. Open it read-only.";
    Openat: ETXTBSY =>
        "The file is being executed, and cannot be opened for writing. Open it read-only.";
    Socketpair: EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows, and a pair takes \
         two. `ls -l /proc/PID/fd` shows which; many alike point to a leak. \
         Close some, or raise the limit with `ulimit -n NUMBER`.";
    Socketpair: ENFILE =>
        "The whole system has as many files open, or as many Unix sockets, as it may. \
         /proc/sys/fs/file-nr and `ss -x` show them. \
         Raise the limit with `sysctl -w fs.file-max=NUMBER`.";
    Socketpair: EAFNOSUPPORT =>
        "The kernel was built without Unix sockets, or the service may not have them \
         (`RestrictAddressFamilies=` of systemd). Add AF_UNIX there.";
    Socketpair: EPROTONOSUPPORT ESOCKTNOSUPPORT EINVAL EOPNOTSUPP =>
        "Unix sockets have no such type. There are SOCK_STREAM, SOCK_DGRAM and SOCK_SEQPACKET; \
         the last keeps messages whole.";
    Socketpair: ENOMEM ENOBUFS =>
        "The kernel has no memory for two sockets. Perhaps the control group's limit is \
         reached: see memory.max in /sys/fs/cgroup.";
    GetsockoptDomain Sendmsg Recvmsg: ENOTSOCK =>
        "The descriptor is not a socket. Perhaps the two sides disagree on its number: \
         `ls -l /proc/PID/fd` shows what each is.";
    GetsockoptDomain Recvmsg: EBADF =>
        "The socket is not open. Look for a second owner that closed it (from_raw_fd of a number \
         that is owned already).";
    GetsockoptDomain: ENOPROTOOPT EINVAL =>
        "An emulator or sandbox does not tell the socket's family. \
         Without it descriptors are not sent, for other sockets would drop them; run natively.";
    Sendmsg: EPIPE =>
        "The other end of the socket is closed: the peer has ended, or gave up the connection. \
         Nothing was sent.";
    Sendmsg: ECONNRESET =>
        "The other end was closed before it read everything. \
         The peer has ended, perhaps crashed; what it had not read is lost.";
    Sendmsg: ECONNREFUSED =>
        "Nobody receives at the other end of this datagram socket any more. \
         The peer has ended; make a new pair, or connect again.";
    Sendmsg: EINVAL =>
        "A message carries at most 253 descriptors, and at least one byte must go with them. \
         Send more in several messages.";
    Sendmsg: EAFNOSUPPORT =>
        "Only Unix sockets carry descriptors, and this one is of another family: it would send \
         the bytes and drop the descriptors. Connect the processes with a Unix socket.";
    Sendmsg: ETOOMANYREFS =>
        "This user has more descriptors on their way, sent and not yet received, than \
         RLIMIT_NOFILE allows (`ulimit -n`); or sockets that carry each other are nested too \
         deep. See whether the receiver still receives.";
    Sendmsg: EMSGSIZE =>
        "The message is larger than the socket's buffer. \
         Send less at once, or share the bytes through the memory.";
    Sendmsg: EAGAIN =>
        "The peer does not receive fast enough: the buffer is full, and the socket is \
         non-blocking or its SO_SNDTIMEO is over. Wait with poll(2), then send again.";
    Sendmsg: EBADF =>
        "The socket, or one of the descriptors to be sent, is not open. \
         Keep them until `send` has returned; afterwards they can be closed.";
    Sendmsg Recvmsg: ENOTCONN =>
        "The socket is not connected. Make a pair with `socketpair`, or connect it to the \
         peer's path first.";
    Sendmsg: EDESTADDRREQ =>
        "This datagram socket is not connected, and a message has nowhere to go. \
         Make a pair with `socketpair`, or connect it.";
    Sendmsg: EACCES EPERM =>
        "A security module forbids the message, or the peer's socket is not writable for this \
         user. See `dmesg` for a denial, and `ls -l` of the socket's path.";
    Sendmsg: EOPNOTSUPP =>
        "This socket takes no message: one that listens for connections only accepts them. \
         Use what accept(2) returns, or a pair from `socketpair`.";
    Sendmsg Recvmsg: ENOBUFS ENOMEM =>
        "The kernel has no memory for the message. Perhaps the control group's limit is \
         reached: see memory.max in /sys/fs/cgroup. Nothing was sent or received.";
    Recvmsg: EPIPE =>
        "The other end of the socket is closed and everything was received. \
         The peer has ended, or gave up the connection.";
    Recvmsg: ECONNRESET =>
        "The other end was closed before it read all that we sent. \
         The peer has ended, perhaps crashed.";
    Recvmsg: ECONNREFUSED =>
        "Nobody is at the other end of this connection. The peer has ended; connect again.";
    Recvmsg: EMFILE =>
        "Descriptors were lost: this process has as many open as RLIMIT_NOFILE allows, or a \
         security module refuses one. Those that arrived are closed again. \
         Raise the limit with `ulimit -n NUMBER`, and let the sender send once more.";
    Recvmsg: EBADMSG =>
        "The message carries more or fewer descriptors than asked for; those that came are \
         closed again. The two sides disagree on the protocol, or a stream has cut the messages \
         otherwise than they were sent. SOCK_SEQPACKET keeps them whole.";
    Recvmsg: EMSGSIZE =>
        "The message is longer than the buffer, and its rest is lost; its descriptors are closed \
         again. Receive with a larger buffer.";
    Recvmsg: EAGAIN =>
        "There is no message, and the socket is non-blocking or its SO_RCVTIMEO is over. \
         Wait with poll(2), then receive again.";
    Recvmsg: EINVAL =>
        "The buffer is empty, and a message has at least one byte. \
         Receive with a buffer of at least 1 byte.";
    PidfdOpen: ENOSYS =>
        "The kernel is older than 5.3, or an emulator lacks the call. \
         Have the other process send the descriptor over a Unix socket.";
    PidfdGetfd: ENOSYS =>
        "The kernel is older than 5.6, or an emulator lacks the call. \
         Have the other process send the descriptor over a Unix socket.";
    PidfdOpen PidfdGetfd: ESRCH =>
        "There is no such process: it has ended, or is of another PID namespace. \
         Numbers are used again: take a number from the process itself or its parent, not \
         from an old file.";
    PidfdOpen: EINVAL =>
        "This is not the number of a process, or of a thread that is not its process's first; \
         or the kernel does not know a flag. PIDFD_THREAD came with Linux 6.9.";
    PidfdOpen: ENODEV =>
        "This kernel was built without anonymous inodes. \
         Have the other process send the descriptor over a Unix socket.";
    PidfdOpen: ENOMEM =>
        "The kernel has no memory for the descriptor. Free some, and try again.";
    PidfdGetfd: EPERM =>
        "This process may not trace that one, as taking its descriptors demands: it is of \
         another user or not dumpable, or Yama (/proc/sys/kernel/yama/ptrace_scope) or a \
         container's filter forbids it. Have it send the descriptor over a Unix socket.";
    PidfdGetfd: EBADF =>
        "The other process has no open descriptor with this number, or the first argument is no \
         descriptor of a process. `ls -l /proc/PID/fd` shows what it has.";
    PidfdGetfd: EINVAL =>
        "The kernel does not know a flag; so far there are none. Pass 0.";

    // ---- System V: ftok(3), shmget(2), shmat(2), shmdt(2), shmctl(2)

    Ftok: ENOENT =>
        "There is no file with this path, and a key is made of a file's inode. \
         Both sides must name the same existing file, which must not be replaced meanwhile.";
    Ftok: EACCES =>
        "A directory on the way to the file may not be searched by this process. \
         Choose a file that all who share the key can reach; `namei -l PATH` shows the modes.";
    Ftok: ENOTDIR =>
        "A part of the path that should be a directory is something else. \
         `namei -l PATH` shows what each part is.";
    Ftok: ENAMETOOLONG =>
        "The path has 4096 bytes or more, or a part of it more than 255. \
         Choose a file with a shorter path.";
    Ftok: EOVERFLOW =>
        "A number of the file does not fit into its field, as happens to 32-bit programs. \
         Build the program for 64 bits.";
    Shmget Shmat Shmdt Shmctl ShmctlIpcStat ShmctlIpcSet ShmctlIpcRmid ShmctlIpcInfo ShmctlShmLock
    ShmctlShmUnlock ShmctlShmStat ShmctlShmStatAny ShmctlShmInfo: ENOSYS =>
        "The kernel was built without System V IPC, or the emulator lacks it. \
         Use a memfd or a POSIX object instead.";
    Shmget: EINVAL =>
        "The size does not fit: a new segment has 1 byte to /proc/sys/kernel/shmmax, and one \
         that exists must be at least as large as asked. \
         Open it with size 0, or remove it with `ipcrm -M KEY`; `ipcs -m` shows its size. \
         With huge pages: the kernel has none of that size.";
    Shmget: ENOENT =>
        "There is no segment with this key, and it was not to be created. \
         Start the program that creates it first, or ask for IPC_CREAT. \
         `ipcs -m` lists the keys; each container has its own.";
    Shmget: EEXIST =>
        "There is a segment with this key already, perhaps left behind by an earlier run. \
         Open it without IPC_EXCL, choose another key, or remove it with `ipcrm -M KEY`.";
    Shmget: EACCES =>
        "The mode of the segment with this key does not allow what was asked. \
         `ipcs -m` shows owner and mode. Its owner changes the mode with IPC_SET.";
    Shmget: ENOSPC =>
        "A limit of this IPC namespace is reached: the number of segments (kernel.shmmni) or \
         their pages together (kernel.shmall). \
         `ipcs -m` shows segments that nobody has attached: remove them with `ipcrm -m ID`. \
         Or raise the limit with `sysctl -w kernel.shmmni=NUMBER`.";
    Shmget: ENOMEM =>
        "There is no memory for the segment, or fewer huge pages are free than it takes. \
         Reserve huge pages with `sysctl -w vm.nr_hugepages=NUMBER`. \
         A segment that need not be backed at once can ask for SHM_NORESERVE.";
    Shmget: EPERM =>
        "Segments of huge pages are for privileged processes, and for the group whose id is in \
         /proc/sys/vm/hugetlb_shm_group. A memfd of huge pages needs neither.";
    Shmget Shmat: ENFILE =>
        "The whole system has as many files open as fs.file-max allows, and a segment counts as \
         one. /proc/sys/fs/file-nr shows how many there are.";
    Shmat: EINVAL =>
        "There is no segment with this id, or it cannot be attached at this address: that must \
         be a multiple of the page size, and nothing may be mapped there. \
         `ipcs -m` lists the ids. Let the kernel choose the address.";
    Shmat: EEXIST =>
        "Something is mapped at the address where the segment was to be attached. \
         /proc/self/maps shows what. Choose another address, or let the kernel choose.";
    Shmat ShmctlIpcStat ShmctlIpcSet ShmctlIpcRmid ShmctlShmLock ShmctlShmUnlock Shmctl: EIDRM =>
        "The segment was removed at this very moment. Ask its creator for a new one.";
    Shmat: EACCES =>
        "The segment's mode does not allow this process to read it, or to write it. \
         `ipcs -m` shows owner and mode. \
         Attach it read-only, or have its owner change the mode.";
    Shmat: ENOMEM =>
        "The process has no room for the segment: no free range of addresses so large, \
         RLIMIT_AS (`ulimit -v`), or more mappings than vm.max_map_count allows. \
         Detach what is not needed any more.";
    Shmat: EPERM =>
        "The address is below vm.mmap_min_addr, which is kept free so that null pointers fault. \
         Choose a higher one, or let the kernel choose.";
    Shmdt: EINVAL =>
        "No segment is attached at this address: it must be the one that shmat returned, and \
         may have been detached already. `grep SYSV /proc/self/maps` shows those that are.";
    ShmctlIpcStat ShmctlIpcRmid ShmctlShmLock ShmctlShmUnlock: EINVAL =>
        "There is no segment with this id: it was removed, or is of another IPC namespace \
         (another container). \
         `ipcs -m` lists those that there are. \
         Ask its creator for the id of a new one.";
    ShmctlIpcSet: EINVAL =>
        "There is no segment with this id, or the new owner or group is one that the user \
         namespace does not know. \
         `ipcs -m` lists the segments, /proc/self/uid_map the users.";
    ShmctlShmStat: EINVAL =>
        "There is no segment at this index of the kernel's table, which has gaps. \
         Go on with the next one, up to the highest index.";
    ShmctlShmStatAny: EINVAL =>
        "There is no segment at this index of the kernel's table, or the kernel is older than \
         4.17 and does not know SHM_STAT_ANY. Then ask with SHM_STAT.";
    ShmctlIpcInfo ShmctlShmInfo: EINVAL =>
        "An emulator does not know this command, which is Linux's own. \
         /proc/sys/kernel/shmmax and its neighbours tell the limits.";
    ShmctlShmStat ShmctlShmStatAny: EIDRM =>
        "The segment at this index was removed at this very moment. Go on with the next.";
    ShmctlIpcStat ShmctlShmStat Shmctl: EACCES =>
        "The segment's mode does not allow this process to read it, and its status counts as \
         part of it. SHM_STAT_ANY tells the status of any segment by its index (Linux 4.17); \
         `ipcs -m` shows it too.";
    ShmctlIpcSet ShmctlIpcRmid Shmctl: EPERM =>
        "Only the segment's owner, its creator and privileged processes may change or remove it. \
         `ipcs -c -m` shows who they are.";
    ShmctlShmLock ShmctlShmUnlock: EPERM =>
        "Only the segment's owner, its creator and privileged processes may lock it, and not if \
         RLIMIT_MEMLOCK is 0. `ulimit -l` shows the limit. \
         Raise it, or give the process CAP_IPC_LOCK.";
    ShmctlShmLock Shmctl: ENOMEM =>
        "The segment is larger than RLIMIT_MEMLOCK leaves to lock. `ulimit -l` shows the limit \
         in KiB. Raise it, or give the process CAP_IPC_LOCK.";
    Shmctl ShmctlIpcStat ShmctlIpcSet: EOVERFLOW =>
        "An id of a user or group does not fit into its field, as in programs of old kernels or \
         of 32 bits. Build the program for 64 bits.";
    Shmctl: EINVAL =>
        "There is no segment with this id or index, or the kernel does not know the command. \
         `ipcs -m` lists the segments that there are.";
    Shmctl: EFAULT =>
        "The third argument should point to the command's structure and does not. \
         shmctl(2) says which structure each command takes.";
}

// Where the table above has no text for the call: what the number means in general, on every
// system.
general! {
    EPERM =>
        "The caller may not do this, whatever the permissions of files say. \
         It takes a privilege, the ownership, or a rule that allows it: a seal, a security \
         module or a container's filter may be in the way. Look for a denial in the system's log.";
    ENOENT =>
        "What was named is not there. \
         Look for a slip in the name or path, and see whether the creator has run already.";
    ESRCH =>
        "There is no such process or thread. It has ended, or lives in another namespace. \
         Ask whoever started it for the number.";
    EINTR =>
        "A signal came while the call waited. \
         Call it again, or install the handler with SA_RESTART.";
    EIO =>
        "A device or file system failed underneath. \
         Memory has no device: see what the descriptor really is, and look into the system's log.";
    ENXIO =>
        "There is nothing at this place: no device, or no data behind this offset. \
         Compare the offset with the size.";
    E2BIG =>
        "More was passed at once than the kernel takes. Pass less, in several calls.";
    EBADF =>
        "The descriptor is not open, or not open for this. \
         Most often somebody else has closed it: look for a number that two owners share.";
    EAGAIN =>
        "It cannot be done at this moment without waiting. \
         Try again a little later, or wait until the descriptor is ready.";
    ENOMEM =>
        "There is no memory or no range of addresses for it, or a limit forbids it. \
         See what `ulimit -a` says of memory, and what is free in the system and the container.";
    EACCES =>
        "The permissions do not allow this. \
         `ls -l` shows owner and mode; the owner can change the mode, and a security module \
         may deny it as well.";
    EFAULT =>
        "An address that was passed is not mapped, or not for this access. \
         Perhaps the memory was unmapped meanwhile, or its object truncated. \
         Keep the mapping for as long as the call runs.";
    EBUSY =>
        "Somebody is using it in a way that forbids this. End that use first, or try later.";
    EEXIST =>
        "What was to be created is there already, or the place is taken. \
         Open what is there, or choose another name or address.";
    EXDEV =>
        "Both ends must be on the same mount, and are not. \
         Create the file where it is to stay.";
    ENODEV =>
        "The kernel does not support this for this kind of file, or lacks the driver. \
         See what the descriptor really is.";
    ENOTDIR =>
        "A part of the path that should be a directory is something else. \
         List each part of the path to see which.";
    EISDIR =>
        "This is a directory, and a file is needed. Choose another name.";
    EINVAL =>
        "The kernel does not take this argument: a length of 0, an address that is no multiple of \
         the page size, a flag that it does not know or that does not fit the others. \
         Compare the arguments one by one with the manual page.";
    ENFILE =>
        "The whole system has as many files open as it may. \
         Close some, or have the administrator raise the limit.";
    EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows. \
         Look for a leak, or raise the limit with `ulimit -n NUMBER`.";
    ENOTTY =>
        "The descriptor's file does not know this request. See what it really is.";
    ETXTBSY =>
        "The file is a program that is running, and cannot be written. End the program first.";
    EFBIG =>
        "The file would be larger than RLIMIT_FSIZE or its file system allows. \
         `ulimit -f` shows the limit; raise it, or write less.";
    ENOSPC =>
        "There is no space left, or there are as many things of a kind as may be. \
         Remove what is left over from earlier runs, or raise the limit.";
    ESPIPE =>
        "A pipe or socket has no positions. See what the descriptor really is.";
    EROFS =>
        "The file system is mounted read-only. Choose another place, or mount it writable.";
    EMLINK =>
        "The file has as many names, or the directory as many subdirectories, as may be. \
         Remove some.";
    EPIPE =>
        "Nobody is at the other end any more. \
         The peer has ended; start it again, and connect anew.";
    EDOM ERANGE =>
        "A number is outside of what the function is made for. Look at the arguments.";
    EDEADLK =>
        "Waiting would never end, for the others wait for us. \
         Take locks in the same order everywhere.";
    ENAMETOOLONG =>
        "The name or path is longer than the system takes. Choose a shorter one.";
    ENOLCK =>
        "The system has no room for another lock. Release some.";
    ENOSYS =>
        "The kernel does not have this call: it is older, was built without, or an emulator or a \
         container's filter hides it. `uname -r` shows the version; do without, or update.";
    ENOTEMPTY =>
        "The directory still has something in it. Empty it first.";
    ELOOP =>
        "The path leads through a symbolic link where none is followed, or through too many. \
         Give the path without links.";
    EIDRM =>
        "What was asked for has been removed meanwhile. Ask its creator for a new one.";
    ENODATA =>
        "There is nothing there yet. Wait for whoever is to supply it.";
    EPROTO EBADMSG =>
        "What was received is not what the protocol expects. \
         See whether both sides are of the same version.";
    EOVERFLOW =>
        "A value does not fit into its type. Use smaller numbers, or a program of 64 bits.";
    EILSEQ =>
        "The bytes are no text in the expected encoding. Look at the name that was passed.";
    ENOTSOCK =>
        "The descriptor is not a socket. See what it really is.";
    EDESTADDRREQ ENOTCONN =>
        "The socket is not connected to anybody. Connect it, or make a pair.";
    EMSGSIZE =>
        "The message is longer than the socket or the buffer takes. \
         Send less at once, or receive with a larger buffer.";
    EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EPFNOSUPPORT EAFNOSUPPORT =>
        "The system has no sockets of this kind, or they lack this option. \
         Use another family or type; Unix sockets carry descriptors.";
    ENOTSUP EOPNOTSUPP =>
        "This kind of file, file system or socket does not support the operation. \
         Use another kind, or do without.";
    EADDRINUSE EADDRNOTAVAIL =>
        "The socket's address is taken, or is none of this machine. \
         Remove a socket that is left over, or choose another address.";
    ENETDOWN ENETUNREACH ENETRESET EHOSTDOWN EHOSTUNREACH =>
        "The network or the other machine cannot be reached. \
         Shared memory needs neither: see what the descriptor really is.";
    ECONNABORTED ECONNRESET ESHUTDOWN =>
        "The connection was given up. The peer has ended, perhaps crashed; connect again.";
    ECONNREFUSED =>
        "Nobody listens at the other end. Start the peer first.";
    ENOBUFS ETOOMANYREFS =>
        "The kernel has too much on its way already. \
         See whether the receiver still receives, then send again.";
    EISCONN EALREADY EINPROGRESS =>
        "The socket is connected, or is about to be. Go on with it as it is.";
    ETIMEDOUT ETIME =>
        "It did not happen in time. See whether the peer still lives, then wait again.";
    ESTALE =>
        "The file is gone from its server. Open it again.";
    EDQUOT =>
        "This user's quota of the file system is used up. Remove some files, or have it raised.";
    ECANCELED =>
        "Somebody has cancelled the operation. Start it again if it is still needed.";
    EOWNERDEAD =>
        "A process died while it held a lock. Repair what the lock protects, then go on.";
    ENOTRECOVERABLE =>
        "What a lock protects was left broken when its owner died. Make it anew.";
    EHWPOISON =>
        "A page of memory is broken in hardware, and its contents are lost. \
         Make the object anew, and have the machine looked at.";
}
