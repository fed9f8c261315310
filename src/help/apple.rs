//! The texts for macOS where it differs: other limits, other commands, no files in /dev/shm.
//!
//! A row here goes before the one in `texts.rs`. `tests.rs` checks that no text which names
//! something of Linux is left to a call that macOS has too.

texts! {
    // ---- POSIX objects: shm_open(2), shm_unlink(2)

    ShmOpen: ENOENT =>
        "There is no object of this name. \
         Start the program that creates it first, or wait for it with `open_ready`. \
         macOS cannot list objects, so compare the names on both sides letter by letter.";
    ShmOpen: EEXIST =>
        "An object has this name already, perhaps left behind by an earlier run. \
         Open it, choose another name, or remove it with `SharedMemory::unlink`. \
         It vanishes when the system is started anew.";
    ShmOpen: EACCES =>
        "The object's mode does not allow this: it is another user's, or was made read-only. \
         The mode is fixed when the object is created; have its creator give another one.";
    ShmOpen ShmUnlink: EINVAL =>
        "This cannot be the name of an object: it is empty, `.` or `..`, or has a slash or a \
         NUL inside. \
         Objects have no directories: use a dot or a hyphen, as in `cache.index`.";
    ShmOpen ShmUnlink: ENAMETOOLONG =>
        "The name is longer than macOS takes: 31 bytes with the slash before it (PSHMNAMLEN). \
         Choose a shorter one; a short prefix and the process's number fit.";
    ShmOpen: ENOSPC =>
        "The system has no room for another object. Remove what earlier runs have left behind.";
    ShmOpen Fcntl Dup DupInheritable: EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows; macOS begins with \
         256. `lsof -p PID` shows which. Close some, or raise the limit with `ulimit -n NUMBER`.";
    ShmOpen: ENFILE =>
        "The whole system has as many files open as it may. \
         `sysctl kern.num_files kern.maxfiles` shows both. \
         Raise the limit with `sudo sysctl kern.maxfiles=NUMBER`.";
    ShmOpen: ENOMEM =>
        "The kernel has no memory left for the object itself. Free some: `memory_pressure` shows \
         what is used.";
    ShmOpen ShmUnlink: EISDIR ENOTDIR ELOOP ENXIO ETXTBSY EROFS EDQUOT =>
        "An object of macOS is no file, so that this error comes from a directory of objects \
         that you have chosen yourself. Open objects without one.";
    ShmOpen: EAGAIN =>
        "The name appeared and vanished again and again. \
         Somebody creates and removes it in a loop; try again when that has ended.";
    ShmOpen: EPERM =>
        "The sandbox of this application does not allow the name. \
         It must begin with one of the application groups in the entitlements.";
    ShmUnlink: ENOENT =>
        "There is no object of this name; it was removed before. \
         If it was to be gone, all is well.";
    ShmUnlink: EPERM EACCES =>
        "The object is another user's, or this process may not write it. \
         Let its creator remove it, or choose a name that no other user takes.";
    ShmUnlink: ENOMEM EIO EBUSY =>
        "The kernel could not remove the name at this moment. Try again a little later.";
    Open: ENODATA =>
        "The object is not ready: its creator has not given it a size yet, or died before. \
         `open_ready` waits for it. If nobody will complete it, remove it with `unlink`.";
    Open: ERANGE =>
        "The object has another size than was required; macOS rounds sizes up to whole pages. \
         Perhaps another version of the program made it. \
         End what uses it, and remove it with `unlink`.";
    Open: EPERM =>
        "The object belongs to another user than was required. \
         Only that user or root can remove it; a name with the user's id in it collides less.";
    Open: EACCES =>
        "Others than its owner may write the object, and that was not to be. \
         The mode is fixed when the object is created: give 0644 there.";

    // ---- Mapping: mmap(2), munmap(2), mprotect(2)

    Mmap: EACCES EPERM =>
        "The descriptor is not open for what was asked: every mapping needs it open for \
         reading, a shared and writable one for writing too. \
         Open the object with `open`, or map what you have with `map_read_only`.";
    Mmap: EINVAL =>
        "Address, length or offset cannot be: the length is 0 or reaches past the end of the \
         object, or an offset or exact address is no multiple of the page size. \
         Pages have 16384 bytes on Apple silicon, 4096 on Intel. Give the object a size first.";
    Mmap: ENXIO =>
        "Offset and length reach past the end of the object. Compare with its `len()`: perhaps \
         its creator has not sized it yet, or it is of another version of the program.";
    Mmap: EEXIST =>
        "Something is mapped at the exact address already. `vmmap PID` shows what; the addresses \
         change from run to run. Choose another address, or let the kernel choose.";
    Mmap: ENOMEM =>
        "There is no free range of addresses so large, or RLIMIT_AS forbids it (`ulimit -v`). \
         `vmmap --summary PID` shows what the process has mapped.";
    Mmap: EAGAIN =>
        "The memory was to be locked, and would be more than RLIMIT_MEMLOCK allows. \
         `ulimit -l` shows the limit in KiB. Raise it, or lock less.";
    Mmap Socketpair Shmget Shmat: ENFILE =>
        "The whole system has as many files open as it may. \
         `sysctl kern.num_files kern.maxfiles` shows both.";
    Mmap: ENODEV =>
        "This cannot be mapped: it is a directory, a pipe or a socket. \
         `lsof -p PID` shows what each descriptor is.";
    Mmap: EOPNOTSUPP =>
        "This kind of file cannot be mapped so. Map an object or a regular file.";
    Munmap Mprotect Munlock: ENOMEM =>
        "Part of the range is not mapped, or the kernel has no memory to split a mapping in two. \
         `vmmap PID` shows what is mapped.";
    Munmap: EINVAL =>
        "The length is 0, or the address is no multiple of the page size: 16384 bytes on Apple \
         silicon, 4096 on Intel. Unmap whole pages, as `Mapping` does by itself.";
    Munmap Mprotect: EPERM =>
        "The range may not be changed: it is protected for good, as the code of a signed program \
         is. Change only what you have mapped yourself.";
    Mprotect: EACCES =>
        "The mapping is of an object that was not opened for writing, and cannot become \
         writable. Open it for reading and writing, and map it again.";
    Mprotect: EINVAL =>
        "The address is no multiple of the page size: 16384 bytes on Apple silicon, 4096 on \
         Intel. Round it down to a page.";

    // ---- Pages: madvise(2), msync(2), mlock(2)

    Madvise: EINVAL =>
        "The range is not inside of the mapping, does not start at a page, or the kernel does \
         not know the advice. Advice is optional: go on without it.";
    Madvise: ENOMEM =>
        "Part of the range is not mapped. Advise only what is; `vmmap PID` shows it.";
    Madvise: EACCES EAGAIN EBADF EBUSY EFAULT EHWPOISON EIO EPERM =>
        "The kernel does not take this advice for this memory. Advice is optional: go on \
         without it.";
    Msync: EIO =>
        "Writing to the disk failed, and what was to be saved may be lost. \
         See `log show --last 5m`; POSIX objects are never written to a disk.";
    Mlock: ENOMEM EAGAIN =>
        "The process would have more memory locked than RLIMIT_MEMLOCK or the system's \
         vm.user_wire_limit allows, or part of the range is not mapped. \
         `ulimit -l` and `sysctl vm.user_wire_limit` show the limits. Raise them, or lock less.";
    Mlock: EPERM =>
        "This process may lock no memory: RLIMIT_MEMLOCK is 0. Raise it with `ulimit -l KIB`.";

    // ---- Descriptors

    Ftruncate: EINVAL =>
        "An object gets its size only once on macOS, right after it was created: this one has a \
         size already, or the descriptor is not open for writing. \
         Create it with its final size, or make a new object and let everybody open that.";
    Ftruncate Write Pwrite: EPERM =>
        "The file may not be changed: it is marked immutable (`ls -lO` shows `uchg`). \
         `chflags nouchg FILE` takes the mark away.";
    Ftruncate: EIO =>
        "The file system failed on its disk. See `log show --last 5m`; POSIX objects have no \
         disk behind them.";
    Fstat Fchmod Fchown Close Fcntl FcntlSetfd FcntlGetfl Dup DupInheritable: EBADF =>
        "The descriptor is not open. Look for a second owner that closed it (from_raw_fd of a \
         number that is owned already).";
    Fchmod: EINVAL =>
        "Mode and owner of a POSIX object are fixed on macOS when it is created. \
         Give the mode there.";
    Fchown: EINVAL =>
        "Mode and owner of a POSIX object are fixed on macOS when it is created. \
         Create it as the user that is to own it.";
    Fchmod: EPERM =>
        "Only the owner and root change the mode. `stat -f %Su FILE` shows the owner.";
    Fchown: EPERM =>
        "Only root gives a file to another user; its owner may give it to a group of theirs. \
         Run this part as root, or leave the owner and set the mode.";
    Fchmod Fchown: EROFS =>
        "The file is on a file system that is mounted read-only, as the system's own is. \
         Choose another place.";
    Fchmod Fchown: EIO =>
        "The file system failed on its disk. See `log show --last 5m`.";
    Fcntl: EINVAL =>
        "The kernel does not know the command, or its argument is out of range. \
         fcntl(2) of macOS lists the commands; they have other numbers than elsewhere.";
    Fcntl: EAGAIN =>
        "Another process holds a lock that excludes this. `lsof FILE` shows who has it open.";
    Fcntl: EACCES EBUSY EPERM =>
        "The command is refused for this file, or another process holds a lock on it. \
         `lsof FILE` shows who has it open.";
    Fcntl: ENOLCK =>
        "The system has too many locks, or the lock server of a network file system is gone. \
         Release some.";
    Close: EIO ENOSPC EDQUOT =>
        "An earlier write did not reach the disk, and closing tells so; the descriptor is \
         closed. Shared memory has no disk, so this is another file: see `df` and `lsof`.";
    Read Write Pread Pwrite: ENXIO =>
        "A POSIX object of macOS can only be mapped, not read or written through its \
         descriptor. Map it, and use a cursor over the mapping.";
    Pread Pwrite Lseek: ESPIPE =>
        "This descriptor has no positions: it is a pipe, a socket or, on macOS, a POSIX object, \
         which can only be mapped. Map it, and use a cursor over the mapping.";
    Read Pread Write Pwrite: EIO =>
        "The device or file system failed. See `log show --last 5m`.";
    Read Pread Write Pwrite: EINVAL =>
        "Position and length together are over 2^63 - 1, or this kind of file cannot be read or \
         written so. Seek back, or map it.";
    Read Write: EFAULT =>
        "There is no memory here any more: the file that is mapped was truncated, or the range \
         is not mapped so. Ask the object for its length, and map it anew.";
    Write: ENOSPC =>
        "The end is reached: a cursor stands at the end of its memory, which does not grow, or \
         the file system is full (`df -h`). Use larger memory, or free some space.";
    Pwrite: ENOSPC =>
        "The file system is full. `df -h` shows it; remove what is not needed.";

    // ---- Access, and handing over

    FutexWait FutexWake: EFAULT =>
        "There is no memory at this address any more. Keep the mapping for as long as anybody \
         waits on it.";
    FutexWait FutexWake: EINVAL =>
        "The address is no multiple of the word's size, the time is out of range, or others \
         wait at this very word in another way. \
         Keep words of different kinds apart.";
    FutexWait FutexWake: ENOSYS =>
        "Waiting on an address between processes needs macOS 14.4. \
         Use `wait_spinning` with many turns, or wait with a socket.";
    ClockGettime: EINVAL ENOSYS EPERM =>
        "CLOCK_MONOTONIC cannot be asked here. Wait without a time limit.";
    Pipe2: EMFILE ENFILE ENOMEM =>
        "The copy needed a pipe, and this process or the system may not open two more files. \
         `lsof -p PID` shows which are open. \
         Close some, or raise the limit with `ulimit -n NUMBER`.";
    Socketpair: EMFILE =>
        "This process has as many descriptors open as RLIMIT_NOFILE allows, and a pair takes \
         two. `lsof -p PID` shows which. Close some, or raise the limit with `ulimit -n NUMBER`.";
    Socketpair: EAFNOSUPPORT =>
        "The system has no Unix sockets for this process. See whether its sandbox forbids them.";
    Socketpair: EPROTONOSUPPORT ESOCKTNOSUPPORT EINVAL EOPNOTSUPP EPROTOTYPE =>
        "Unix sockets of macOS have no such type: there are SOCK_STREAM and SOCK_DGRAM, but no \
         SOCK_SEQPACKET. SOCK_DGRAM keeps messages whole.";
    Socketpair: ENOMEM ENOBUFS =>
        "The kernel has no memory for two sockets. Close some, and try again.";
    GetsockoptDomain Sendmsg Recvmsg: ENOTSOCK =>
        "The descriptor is not a socket. Perhaps the two sides disagree on its number: \
         `lsof -p PID` shows what each is.";
    GetsockoptDomain: ENOPROTOOPT EINVAL =>
        "The system does not tell the socket's family. \
         Without it descriptors are not sent, for other sockets would drop them; use a Unix \
         socket.";
    Sendmsg: EACCES EPERM =>
        "The peer's socket is not writable for this user, or the sandbox forbids the message. \
         See `ls -l` of the socket's path.";
    Sendmsg Recvmsg: ENOBUFS ENOMEM =>
        "The kernel has no memory for the message; on macOS also, the peer does not receive fast \
         enough. Wait a little, then try again.";
    Recvmsg: EBADMSG =>
        "The message carries more or fewer descriptors than asked for; those that came are \
         closed again. The two sides disagree on the protocol, or a stream has cut the messages \
         otherwise than they were sent. SOCK_DGRAM keeps them whole.";

    // ---- System V: ftok(3), shmget(2), shmat(2), shmdt(2), shmctl(2)

    Ftok: EACCES ENOTDIR ELOOP =>
        "The path does not lead to the file: a directory may not be searched, is none, or links \
         go in a circle. Choose a file that all who share the key can reach.";
    Ftok: ENAMETOOLONG =>
        "The path has 1024 bytes or more, or a part of it more than 255. \
         Choose a file with a shorter path.";
    Shmget Shmat Shmdt Shmctl ShmctlIpcStat ShmctlIpcSet ShmctlIpcRmid: ENOSYS =>
        "The system or the sandbox has no System V IPC. Use a POSIX object instead.";
    Shmget: EINVAL =>
        "The size does not fit: a new segment has 1 byte to kern.sysv.shmmax (4 MiB at \
         first), and one that exists must be at least as large as asked. \
         `sudo sysctl kern.sysv.shmmax=NUMBER` raises it, but only before the first segment \
         is made.";
    Shmget: ENOENT =>
        "There is no segment with this key, and it was not to be created. \
         Start the program that creates it first, or ask for IPC_CREAT; `ipcs -m` lists the keys.";
    Shmget: ENOSPC =>
        "As many segments as kern.sysv.shmmni allows are there (32 at first). \
         `ipcs -m -o` shows those that nobody has attached; remove them with `ipcrm -m ID`.";
    Shmget: ENOMEM =>
        "Segments together may have kern.sysv.shmall pages (1024 at first), and this would be \
         more. \
         Remove old ones with `ipcrm -m ID`, or raise it before the first segment is made.";
    Shmget: EPERM =>
        "The sandbox of this application does not allow System V memory. Use a POSIX object.";
    Shmat: EMFILE =>
        "A process attaches at most kern.sysv.shmseg segments (8 at first). \
         Detach what is not needed any more, or put more into one segment.";
    Shmat: EEXIST =>
        "Something is mapped at the address where the segment was to be attached. \
         `vmmap PID` shows what. Choose another address, or let the kernel choose.";
    Shmat: ENOMEM EPERM =>
        "The process has no room for the segment there. \
         Let the kernel choose the address, or detach what is not needed any more.";
    Shmdt: EINVAL =>
        "No segment is attached at this address: it must be the one that shmat returned, and \
         may have been detached already.";
    ShmctlIpcStat ShmctlIpcSet ShmctlIpcRmid: EINVAL =>
        "There is no segment with this id: it was removed before. \
         `ipcs -m` lists those that there are.";
    ShmctlIpcStat Shmctl: EACCES =>
        "The segment's mode does not allow this process to read it, and its status counts as \
         part of it. `ipcs -m` shows owner and mode.";
    Shmctl: ENOMEM =>
        "The kernel has no memory for the answer. Free some, and ask again.";
}
