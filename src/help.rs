//! What an error means for the call that returned it, and what to do about it.
//!
//! One table of texts, at most three sentences each. Nothing but [`Error::help`] refers to it,
//! so that a program which does not ask for help does not carry it.

use core::fmt;

use crate::Errno;
use crate::error::{Call, Error};

impl Error {
    /// What this error number means for this call, the likely cause, and what to do.
    ///
    /// Most calls have texts of their own for the error numbers that one meets; for others the
    /// error number's general meaning is shown.
    ///
    /// ```
    /// use rawshm::{Segment, sysv::ShmId};
    ///
    /// let error = Segment::open(ShmId::from_raw(-1)).unwrap_err();
    /// assert_eq!(error.to_string(), "shmctl(IPC_STAT): invalid argument (EINVAL)");
    /// assert!(error.help().to_string().starts_with("There is no segment with this id"));
    /// ```
    #[inline]
    #[must_use]
    pub const fn help(self) -> Help {
        Help(self)
    }
}

/// A text to be shown; [`Error::help`] makes it.
///
/// See [`Error::help`] for an example.
#[derive(Clone, Copy, Debug)]
pub struct Help(Error);

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match text(self.0.call(), self.0.errno()) {
            Some(text) => f.write_str(text),
            None => self.0.errno().fmt(f),
        }
    }
}

fn text(call: Call, errno: Errno) -> Option<&'static str> {
    TEXTS
        .iter()
        .find(|(calls, number, _)| *number == errno && calls.contains(&call))
        .map(|&(_, _, text)| text)
}

/// The commands of `shmctl` that take the id of a segment.
const BY_ID: &[Call] = &[
    Call::ShmctlIpcStat,
    Call::ShmctlIpcSet,
    Call::ShmctlIpcRmid,
    Call::ShmctlShmLock,
    Call::ShmctlShmUnlock,
];

/// The commands of `shmctl` that change a segment.
const CHANGING: &[Call] = &[Call::ShmctlIpcSet, Call::ShmctlIpcRmid];

/// The commands of `shmctl` that take an index of the kernel's table.
const BY_INDEX: &[Call] = &[Call::ShmctlShmStat, Call::ShmctlShmStatAny];

/// All calls that a kernel built without System V lacks.
const ALL: &[Call] = &[
    Call::Shmget,
    Call::Shmat,
    Call::Shmdt,
    Call::Shmctl,
    Call::ShmctlIpcStat,
    Call::ShmctlIpcSet,
    Call::ShmctlIpcRmid,
    Call::ShmctlIpcInfo,
    Call::ShmctlShmLock,
    Call::ShmctlShmUnlock,
    Call::ShmctlShmStat,
    Call::ShmctlShmStatAny,
    Call::ShmctlShmInfo,
];

type Row = (&'static [Call], Errno, &'static str);

/// The first row that fits counts.
const TEXTS: &[Row] = &[
    (
        ALL,
        Errno::ENOSYS,
        "The kernel was built without System V IPC, or the emulator lacks it. \
         Use a memfd or a POSIX object instead.",
    ),
    (
        &[Call::Shmget],
        Errno::EINVAL,
        "The size does not fit: a new segment must have at least 1 byte and at most \
         kernel.shmmax (see /proc/sys/kernel/shmmax), and one that exists must be at least as \
         large as asked. `ipcs -m` shows the segment with this key; open it with size 0, or \
         destroy it with `ipcrm -M KEY`. With huge pages: the kernel has none of that size.",
    ),
    (
        &[Call::Shmget],
        Errno::ENOENT,
        "There is no segment with this key, and it was not to be created. \
         Start the program that creates it first, or ask for IPC_CREAT; `ipcs -m` lists the keys.",
    ),
    (
        &[Call::Shmget],
        Errno::EEXIST,
        "There is a segment with this key already, perhaps left behind by an earlier run. \
         Open it without IPC_EXCL, choose another key, or destroy it with `ipcrm -M KEY`.",
    ),
    (
        &[Call::Shmget],
        Errno::EACCES,
        "The segment with this key belongs to somebody whose mode does not allow what was asked. \
         Its owner may change that with IPC_SET; `ipcs -m` shows owner and mode.",
    ),
    (
        &[Call::Shmget],
        Errno::ENOSPC,
        "A limit of this IPC namespace is reached: the number of segments (kernel.shmmni) or \
         their pages together (kernel.shmall). `ipcs -lm` shows the limits, `ipcs -um` what is \
         in use, and `ipcs -m` segments that nobody has attached any more; destroy those with \
         `ipcrm -m ID`, or raise the limit with `sysctl -w kernel.shmmni=NUMBER`.",
    ),
    (
        &[Call::Shmget],
        Errno::ENOMEM,
        "There is no memory for the segment, or fewer huge pages are reserved than it takes. \
         Huge pages are reserved with `sysctl -w vm.nr_hugepages=NUMBER`; a segment that need \
         not be backed at once can ask for SHM_NORESERVE.",
    ),
    (
        &[Call::Shmget],
        Errno::EPERM,
        "Segments of huge pages are for privileged processes and for the group whose id is in \
         /proc/sys/vm/hugetlb_shm_group. A memfd of huge pages needs neither.",
    ),
    (
        &[Call::Shmget, Call::Shmat],
        Errno::ENFILE,
        "The system has as many files open as fs.file-max allows, and a segment counts as one. \
         /proc/sys/fs/file-nr shows how many there are.",
    ),
    (
        &[Call::Shmat],
        Errno::EINVAL,
        "There is no segment with this id (it may be destroyed), or it cannot be attached at \
         this address: that must be a multiple of the page size, and nothing may be mapped from \
         there to its end. Let the kernel choose the address, or use Segment::attach_at, which \
         tells the two cases apart.",
    ),
    (
        &[Call::Shmat],
        Errno::EEXIST,
        "Something is mapped at the address where the segment was to be attached. \
         /proc/self/maps shows what; choose another address, or let the kernel choose.",
    ),
    (
        &[Call::Shmat],
        Errno::EIDRM,
        "The segment was destroyed at this very moment. Ask its creator for a new one.",
    ),
    (
        &[Call::Shmat],
        Errno::EACCES,
        "The segment's mode does not allow this process to read it, or to write it. \
         Attach it read-only, or have its owner change the mode; `ipcs -m` shows both.",
    ),
    (
        &[Call::Shmat],
        Errno::ENOMEM,
        "The process has no room for the segment: no free range of addresses so large, \
         RLIMIT_AS, or more mappings than vm.max_map_count allows.",
    ),
    (
        &[Call::Shmat],
        Errno::EPERM,
        "The address is below vm.mmap_min_addr, which is kept free so that null pointers fault. \
         Choose a higher one.",
    ),
    (
        &[Call::Shmdt],
        Errno::EINVAL,
        "No segment is attached at this address: it must be the one that shmat returned, and \
         may have been detached already.",
    ),
    (
        BY_ID,
        Errno::EINVAL,
        "There is no segment with this id: it was destroyed, or is of another IPC namespace \
         (another container). `ipcs -m` lists those that there are. IPC_SET also refuses ids of \
         users and groups that the user namespace does not know.",
    ),
    (
        &[Call::ShmctlShmStatAny],
        Errno::EINVAL,
        "There is no segment at this index of the kernel's table, or the kernel is older than \
         4.17 and does not know SHM_STAT_ANY.",
    ),
    (
        &[Call::ShmctlShmStat],
        Errno::EINVAL,
        "There is no segment at this index of the kernel's table, which has gaps.",
    ),
    (
        BY_ID,
        Errno::EIDRM,
        "The segment was destroyed at this very moment. Ask its creator for a new one.",
    ),
    (
        BY_INDEX,
        Errno::EIDRM,
        "The segment at this index was destroyed at this very moment; go on with the next.",
    ),
    (
        &[Call::ShmctlIpcStat, Call::ShmctlShmStat],
        Errno::EACCES,
        "The segment's mode does not allow this process to read it, and its status counts as \
         part of it. SHM_STAT_ANY tells the status of any segment by its index (Linux 4.17).",
    ),
    (
        CHANGING,
        Errno::EPERM,
        "Only the segment's owner, its creator and privileged processes may change or destroy \
         it. `ipcs -c -m` shows who they are.",
    ),
    (
        &[Call::ShmctlShmLock, Call::ShmctlShmUnlock],
        Errno::EPERM,
        "Only the segment's owner, its creator and privileged processes may lock it, and only \
         if RLIMIT_MEMLOCK is not 0 or they have CAP_IPC_LOCK. `ulimit -l` shows the limit.",
    ),
    (
        &[Call::ShmctlShmLock],
        Errno::ENOMEM,
        "The segment is larger than RLIMIT_MEMLOCK leaves to lock. `ulimit -l` shows the limit \
         in KiB; raise it, or give the process CAP_IPC_LOCK.",
    ),
    (
        &[Call::Atomic],
        Errno::EINVAL,
        "The address of an atomic integer must be a multiple of its size, and this offset makes \
         it another. Mappings start at a multiple of the page size, parts of them where they \
         were cut.",
    ),
    (
        &[Call::Atomic],
        Errno::EFAULT,
        "The atomic integer is not all inside of the memory: its offset and size reach past the \
         end.",
    ),
    (
        &[Call::FutexWait],
        Errno::ETIMEDOUT,
        "The value did not change in time. The peer may be slow, may have ended, or may have \
         stored a new value without waking; look whether it still lives before waiting again.",
    ),
    (
        &[Call::FutexWait, Call::FutexWake],
        Errno::EFAULT,
        "The object no longer reaches the address, because somebody has truncated it, or the \
         kernel finds no futex there: in secret memory, and in anonymous memory that is read-only. \
         A memfd keeps its size (F_SEAL_SHRINK) unless it is made resizable.",
    ),
    (
        &[Call::Mmap],
        Errno::EAGAIN,
        "What is mapped here is locked in memory (MAP_LOCKED, mlockall, secret memory), and with \
         it the process would have more than RLIMIT_MEMLOCK allows. `ulimit -l` shows the limit \
         in KiB; raise it (`LimitMEMLOCK=` in a unit of systemd, `--ulimit memlock=-1` in \
         Docker), or give the process CAP_IPC_LOCK.",
    ),
    (
        &[Call::Mmap],
        Errno::EPERM,
        "A seal forbids to map the object for writing, the address is below vm.mmap_min_addr, or \
         the memory is to be locked and RLIMIT_MEMLOCK is 0. Map it read-only, choose a higher \
         address, or raise the limit with `ulimit -l KIB`.",
    ),
    (
        &[Call::Mmap],
        Errno::ENOMEM,
        "There is no free range of addresses so large, RLIMIT_AS or the commit limit \
         (vm.overcommit_memory) forbids it, or the process has as many mappings as \
         vm.max_map_count allows. Of an object of huge pages: fewer are free than it takes \
         (HugePages_Free in /proc/meminfo).",
    ),
    (
        &[Call::MmapHugetlb],
        Errno::ENOMEM,
        "Fewer huge pages of this size are free than it takes. They are reserved with \
         `sysctl -w vm.nr_hugepages=NUMBER`, or by size in /sys/kernel/mm/hugepages; reserve \
         them early, while memory is in one piece.",
    ),
    (
        &[Call::FallocateHugetlb],
        Errno::ENOSPC,
        "Fewer huge pages of this size are free than it takes. They are reserved with \
         `sysctl -w vm.nr_hugepages=NUMBER`, or by size in /sys/kernel/mm/hugepages; reserve \
         them early, while memory is in one piece.",
    ),
    (
        &[Call::MmapHugetlb],
        Errno::EINVAL,
        "The kernel has no huge pages of this size. /sys/kernel/mm/hugepages has a directory \
         for each size that there is.",
    ),
    (
        &[Call::MemfdCreate],
        Errno::ENODEV,
        "The kernel has no huge pages of this size. /sys/kernel/mm/hugepages has a directory \
         for each size that there is.",
    ),
    (
        &[Call::Mlock, Call::Mlock2],
        Errno::ENOMEM,
        "The process would have more locked memory than RLIMIT_MEMLOCK allows, or part of the \
         range is not there (past the end of its object). `ulimit -l` shows the limit in KiB; \
         raise it (`LimitMEMLOCK=` in a unit of systemd, `--ulimit memlock=-1` in Docker), or \
         give the process CAP_IPC_LOCK.",
    ),
    (
        &[Call::Mlockall],
        Errno::ENOMEM,
        "The process has more mapped than RLIMIT_MEMLOCK allows it to lock. `ulimit -l` shows \
         the limit in KiB; raise it, give the process CAP_IPC_LOCK, or lock only what matters.",
    ),
    (
        &[Call::Mlock, Call::Mlock2, Call::Mlockall],
        Errno::EPERM,
        "RLIMIT_MEMLOCK is 0, so that this process may lock nothing. Raise it with \
         `ulimit -l KIB`, or give the process CAP_IPC_LOCK.",
    ),
    (
        &[Call::Mlock, Call::Mlock2],
        Errno::EAGAIN,
        "Some pages could not be brought into memory, which is short at the moment. Free some, \
         or lock less.",
    ),
    (
        &[Call::Mlock2],
        Errno::ENOSYS,
        "An emulator or sandbox does not know mlock2. Lock all pages now, with mlock.",
    ),
    (
        &[Call::Mremap],
        Errno::ENXIO,
        "The object does not reach so far: its size is less than where the mapping starts plus \
         the new length. Resize the object first, then the mapping.",
    ),
    (
        &[Call::Mremap],
        Errno::EFAULT,
        "To the kernel the memory is more than one mapping, because part of it was locked or \
         advised otherwise than the rest, and these cannot grow. Undo that, or map anew.",
    ),
    (
        &[Call::Mremap],
        Errno::ENOMEM,
        "There is no room: something is mapped behind it and it must not move, or no free range \
         of addresses is so large. RLIMIT_AS and vm.max_map_count are limits too.",
    ),
    (
        &[Call::Mremap],
        Errno::EAGAIN,
        "The memory is locked, and longer it would be more than RLIMIT_MEMLOCK allows. \
         `ulimit -l` shows the limit in KiB; raise it, give the process CAP_IPC_LOCK, or unlock.",
    ),
    (
        &[Call::Mremap],
        Errno::EINVAL,
        "The length cannot be had: 0, more than there are addresses, or huge pages, which cannot \
         become more. Or the mapping is not of this object; one of a System V segment, or of \
         memory that is shared without a descriptor, cannot be remapped at all.",
    ),
    (
        &[Call::Mremap, Call::Munmap, Call::Mprotect],
        Errno::EPERM,
        "Part of the range is sealed (mseal): it stays as it is until the process ends.",
    ),
    (
        &[Call::Mseal],
        Errno::ENOSYS,
        "Sealing needs Linux 6.10, and emulators and sandboxes may not know it. Without it the \
         mapping does as well, but a stray munmap can take it away.",
    ),
    (
        &[Call::MemfdSecret],
        Errno::ENOSYS,
        "The kernel has no secret memory: it is older than 5.14, was built without, or has it \
         off. Kernels before 6.5 need `secretmem.enable=1` on their command line; without it, \
         lock anonymous memory and keep it out of core dumps.",
    ),
    (
        &[Call::MadvisePopulateRead, Call::MadvisePopulateWrite],
        Errno::EFAULT,
        "A touch of this range would raise SIGBUS: somebody has truncated the object, or there \
         is no room for its pages (a full file system, no free huge page). `df` of the file \
         system and HugePages_Free in /proc/meminfo tell what there is.",
    ),
    (
        &[Call::MadvisePopulateRead, Call::MadvisePopulateWrite],
        Errno::ENOMEM,
        "The system, or the control group, has no memory for these pages.",
    ),
    #[cfg(target_os = "linux")]
    (
        &[Call::MadvisePopulateRead, Call::MadvisePopulateWrite],
        Errno::EHWPOISON,
        "The memory of a page is broken, and its contents are lost. Make the object anew.",
    ),
    (
        &[Call::MadviseCollapse],
        Errno::EINVAL,
        "This memory can have no huge pages: it is smaller than one, was never touched, is of a \
         kind that has none, shmem_enabled in /sys/kernel/mm/transparent_hugepage is `deny`, or \
         the kernel is older than 6.1 or was built without. Small pages do as well.",
    ),
    (
        &[Call::MadviseCollapse],
        Errno::ENOMEM,
        "No huge page could be allocated: memory is full, or in too many pieces. Ask early, or \
         go on with small pages.",
    ),
    (
        &[Call::MadviseCollapse],
        Errno::EAGAIN,
        "Some pages were in use at the moment. Try again later, or go on with small pages.",
    ),
    (
        &[Call::MadviseCollapse],
        Errno::EBUSY,
        "The control group may have no huge page more, or another thread changes the range. Go \
         on with small pages.",
    ),
    (
        &[Call::AddSeals],
        Errno::EBUSY,
        "Somebody maps the memory, shared and through a descriptor that is open for writing; \
         that counts even if the mapping itself is read-only, here or in a process that forked \
         from one that has it. Drop such mappings (/proc/PID/maps shows them) or give ours to \
         freeze_with; readers who map a descriptor open for reading only do not count. Where a \
         child of another thread is about to execute a program, or direct input and output to \
         the pages is not over yet, try again a little later.",
    ),
    (
        &[Call::AddSeals],
        Errno::EPERM,
        "No more seals can be set: the memory was sealed against that (F_SEAL_SEAL), as a POSIX \
         object and a memfd made without MFD_ALLOW_SEALING always are, or the descriptor is not \
         open for writing.",
    ),
    (
        &[Call::AddSeals],
        Errno::EINVAL,
        "The descriptor is neither a memfd nor a POSIX object, or the kernel does not know the \
         seal: F_SEAL_FUTURE_WRITE came with Linux 5.1. On such a kernel hand out what \
         reopen_read_only returns. From freeze_with it means that the mapping is not one of all \
         of the memfd.",
    ),
    (
        &[Call::Seals],
        Errno::EPERM,
        "The memory lacks a seal that is asked for, so that a peer could still do what the seal \
         forbids. Its creator sets it with freeze (F_SEAL_WRITE), or by not making it resizable \
         (F_SEAL_SHRINK).",
    ),
    (
        &[Call::Seals],
        Errno::EINVAL,
        "The descriptor is neither a memfd nor a POSIX object: only these have seals. Perhaps \
         the two sides disagree on which descriptor comes when.",
    ),
    (
        &[Call::Sendmsg],
        Errno::EPIPE,
        "The other end of the socket is closed: the peer has ended, or gave up the connection. \
         Nothing was sent.",
    ),
    (
        &[Call::Recvmsg],
        Errno::EPIPE,
        "The other end of the socket is closed and everything was received: the peer has ended, \
         or gave up the connection.",
    ),
    (
        &[Call::Sendmsg],
        Errno::EINVAL,
        "A message carries 1 to 253 descriptors or none, and at least one byte must go with \
         them. Send more in several messages.",
    ),
    (
        &[Call::Sendmsg],
        Errno::EAFNOSUPPORT,
        "Only Unix sockets carry descriptors, and this is a socket of another family: it would \
         send the bytes and drop the descriptors. Connect the processes with a Unix socket.",
    ),
    (
        &[Call::Sendmsg, Call::GetsockoptDomain, Call::Recvmsg],
        Errno::ENOTSOCK,
        "The descriptor is not a socket. Perhaps the two sides disagree on its number.",
    ),
    (
        &[Call::Sendmsg],
        Errno::ETOOMANYREFS,
        "More descriptors of this user are on their way, sent and not yet received, than \
         RLIMIT_NOFILE allows (`ulimit -n`), or sockets that carry each other are nested too \
         deep. See whether the receiver still receives.",
    ),
    (
        &[Call::Sendmsg],
        Errno::EMSGSIZE,
        "The message is larger than the socket's buffer. Send less at once, or share the bytes \
         through the memory.",
    ),
    (
        &[Call::Recvmsg],
        Errno::EMFILE,
        "Descriptors were lost: the process has as many open as RLIMIT_NOFILE allows \
         (`ulimit -n` shows the limit, /proc/self/fd what is open), or a security module refuses \
         one. Those that arrived are closed again, and the sender has to send them once more.",
    ),
    (
        &[Call::Recvmsg],
        Errno::EBADMSG,
        "The message carries more or fewer descriptors than asked for, and those that came are \
         closed again. The two sides disagree on the protocol, or a stream has cut the messages \
         otherwise than they were sent: SOCK_SEQPACKET keeps them whole.",
    ),
    (
        &[Call::Recvmsg],
        Errno::EMSGSIZE,
        "The message is longer than the buffer, and its rest is lost; its descriptors are closed \
         again. Receive with a larger buffer.",
    ),
    (
        &[Call::FcntlGetfd],
        Errno::EINVAL,
        "The descriptor is open, but close-on-exec: it was not inherited from the process that \
         started this one, or was taken over before. The starter makes one with \
         fd_passing::inheritable and tells its number.",
    ),
    (
        &[Call::FcntlGetfd],
        Errno::EBADF,
        "Nothing is open under this number. If it was to be inherited, it was close-on-exec in \
         the process that started this one: make it with fd_passing::inheritable there, and keep \
         it until the program is started.",
    ),
    (
        &[Call::PidfdOpen, Call::PidfdGetfd],
        Errno::ENOSYS,
        "The kernel is older than 5.3 (pidfd_open) or 5.6 (pidfd_getfd), or an emulator or \
         container lacks the call. Have the other process send the descriptor over a Unix socket.",
    ),
    (
        &[Call::PidfdOpen, Call::PidfdGetfd],
        Errno::ESRCH,
        "There is no such process; it may have ended.",
    ),
    (
        &[Call::PidfdGetfd],
        Errno::EPERM,
        "This process may not trace that one, as taking its descriptors demands: it is of \
         another user or not dumpable, Yama forbids it (/proc/sys/kernel/yama/ptrace_scope), or \
         a container's filter does. Have it send the descriptor over a Unix socket.",
    ),
    (
        &[Call::PidfdGetfd],
        Errno::EBADF,
        "The other process has no open descriptor with this number, or the first argument is no \
         descriptor of a process.",
    ),
    (
        &[Call::Openat],
        Errno::ENOENT,
        "The descriptor's file is opened anew through /proc, which is not mounted here. Mount \
         it, or seal the memory with refuse_new_writers, which needs none.",
    ),
    (
        &[Call::Fallocate],
        Errno::ENOSPC,
        "There is not so much space: `df -h /dev/shm` shows how much an object can have there, \
         `shm::space()` too, and the example shmls what takes it up. Containers get 64 MiB unless \
         told otherwise: `docker run --shm-size=1g`, or in Kubernetes an emptyDir with `medium: \
         Memory` at /dev/shm; elsewhere `mount -o remount,size=1g /dev/shm`. A memfd has no limit \
         but memory, swap and vm.overcommit_memory.",
    ),
    (
        &[Call::Fallocate],
        Errno::EINTR,
        "Signals came faster than memory could be reserved. Block them meanwhile, slow down the \
         timer that sends them, or create it sparse.",
    ),
    (
        &[Call::Ftruncate],
        Errno::EFBIG,
        "The size is more than RLIMIT_FSIZE lets this process make any file. `ulimit -f` shows \
         the limit in KiB; raise it, or make the object smaller.",
    ),
    (
        &[Call::ShmOpen],
        Errno::ENOENT,
        "There is no object of this name, or no /dev/shm at all: then `shm::mount` makes one. \
         Start the program that creates it first, or wait for it with `open_ready`; `ls /dev/shm` \
         shows the names that there are, and a container has its own.",
    ),
    (
        &[Call::ShmOpen, Call::Linkat],
        Errno::EEXIST,
        "An object has this name already, perhaps left behind by an earlier run. \
         `remove_if_orphaned` removes it if nobody has it; `open_or_create_with` opens it, and \
         `replace_with` puts a new one in its place.",
    ),
    (
        &[Call::ShmOpen],
        Errno::EACCES,
        "The object is somebody else's and its mode does not allow this, or the directory does \
         not allow creating. `ls -l /dev/shm` shows owner and mode; the creator can give another \
         one with `mode`.",
    ),
    (
        &[Call::ShmOpen],
        Errno::ENOSPC,
        "/dev/shm holds as many files as it may. `df -i /dev/shm` shows how many; remove what is \
         left over, or `mount -o remount,nr_inodes=NUMBER /dev/shm`.",
    ),
    (
        &[Call::ShmOpen, Call::OpenDirectory, Call::Getdents],
        Errno::EMFILE,
        "The process has as many descriptors open as RLIMIT_NOFILE allows, and a copy of one \
         takes another. `ls /proc/PID/fd` shows them, `ulimit -n` the limit.",
    ),
    (
        &[Call::ShmOpen],
        Errno::ELOOP,
        "A symbolic link bears this name, and none is followed: /dev/shm is everybody's, and the \
         link may be planted. Look with `ls -l /dev/shm` who made it.",
    ),
    (
        &[Call::ShmOpen],
        Errno::ENXIO,
        "A FIFO, a socket or a device bears this name, perhaps planted. Look with `ls -l \
         /dev/shm` who made it, and remove it or choose another name.",
    ),
    (
        &[Call::ShmOpen, Call::ShmUnlink, Call::Renameat2],
        Errno::EISDIR,
        "A directory bears this name. Remove it with `rmdir`, or choose another name.",
    ),
    (
        &[Call::ShmOpen],
        Errno::EAGAIN,
        "Somebody keeps a lease on the object, or its name appeared and vanished again and \
         again. /proc/locks shows who has leases; try again.",
    ),
    (
        &[Call::ShmUnlink, Call::Renameat2],
        Errno::EPERM,
        "The object is somebody else's, and in a sticky directory such as /dev/shm only its \
         owner and root may remove or replace its name.",
    ),
    (
        &[Call::Linkat],
        Errno::EAGAIN,
        "The name appeared and vanished again and again. Somebody creates and removes it in a \
         loop; try again when that has ended.",
    ),
    (
        &[Call::Open],
        Errno::ENODATA,
        "The object is not ready: its creator has not given it a size yet, or was killed before. \
         `open_ready` waits for it; `remove_if_orphaned` removes one that nobody has; \
         `create_with` never shows such an object.",
    ),
    (
        &[Call::Open],
        Errno::ERANGE,
        "The object has another size than was required, perhaps made by another version of the \
         program. `ls -l /dev/shm` shows it.",
    ),
    (
        &[Call::Open],
        Errno::EPERM,
        "The object belongs to another user than was required. Anybody may create a name in \
         /dev/shm: `ls -l /dev/shm` shows whose it is, and only its owner or root can remove it.",
    ),
    (
        &[Call::Open],
        Errno::EACCES,
        "By its mode others than its owner may write the object, and that was not to be. \
         `ls -l /dev/shm` shows the mode; the owner changes it with `set_mode`.",
    ),
    (
        &[Call::Mount],
        Errno::EPERM,
        "Mounting takes CAP_SYS_ADMIN, and a user namespace has it only for mounts of its own. \
         Have it done by root or by the container's runtime, or use a memfd.",
    ),
    (
        &[Call::Mount],
        Errno::ENODEV,
        "The kernel was built without tmpfs (CONFIG_TMPFS). A memfd or System V memory may still \
         work.",
    ),
    (
        &[Call::Ftok],
        Errno::ENOENT,
        "There is no file with this path, and a key is made of a file's inode. \
         Both sides must name the same existing file, which must not be replaced meanwhile.",
    ),
    (
        &[Call::Ftok],
        Errno::EACCES,
        "A directory on the way to the file may not be searched by this process. \
         Choose a file that all who share the key can reach.",
    ),
    (
        &[Call::Ftok],
        Errno::ENOTDIR,
        "A part of the path that should be a directory is something else.",
    ),
    (
        &[Call::Ftok],
        Errno::EINVAL,
        "There is a NUL in the path, where the kernel would see its end.",
    ),
    (
        &[Call::Ftok],
        Errno::ENAMETOOLONG,
        "The path has 4096 bytes or more, or a part of it more than 255.",
    ),
    (
        &[Call::Ftok],
        Errno::ELOOP,
        "The path leads through too many symbolic links, perhaps in a circle.",
    ),
    (
        &[
            Call::ProcessVmReadv,
            Call::ProcessVmWritev,
            Call::Read,
            Call::Write,
        ],
        Errno::EFAULT,
        "There is no memory here any more: a peer has truncated the object, or punched a hole \
         into it that cannot be filled again (no free huge page, a full file system), or the \
         range is not mapped with this access. Ask the object for its length and map it anew; \
         memory with the seals SHRINK and WRITE, or of System V, cannot be taken away.",
    ),
    (
        &[Call::Pipe2],
        Errno::EMFILE,
        "The copy needed a pipe, because process_vm_readv is missing or denied here or found no \
         memory, and this process may not open two more files. Close some, or raise \
         RLIMIT_NOFILE with `ulimit -n NUMBER`.",
    ),
    (
        &[Call::Pipe2],
        Errno::ENFILE,
        "The copy needed a pipe, because process_vm_readv is missing or denied here or found no \
         memory, and the system has too many open files (fs.file-max) or this user too many \
         pages in pipes (fs.pipe-user-pages-hard). Raise the limit with `sysctl -w NAME=NUMBER`.",
    ),
];

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{TEXTS, text};
    use crate::Errno;
    use crate::error::{Call, Error};

    #[test]
    fn no_text_is_hidden_by_another() {
        for (calls, errno, expected) in TEXTS {
            for &call in *calls {
                assert_eq!(text(call, *errno), Some(*expected), "{call} {errno}");
            }
        }
    }

    #[test]
    fn texts_are_sentences_on_one_line() {
        for (_, _, text) in TEXTS {
            assert!(text.ends_with('.'), "{text}");
            assert!(!text.contains('\n') && !text.contains("  "), "{text}");
            assert!(text.matches(". ").count() < 3, "{text}");
        }
    }

    /// Each function of `sysv/calls.rs`, and what its documentation names.
    #[test]
    fn every_documented_error_of_a_system_v_call_has_a_text() {
        let calls = [
            ("ftok", Call::Ftok),
            ("shmget", Call::Shmget),
            ("shmat", Call::Shmat),
            ("shmdt", Call::Shmdt),
            ("shmctl_stat", Call::ShmctlIpcStat),
            ("shmctl_set", Call::ShmctlIpcSet),
            ("shmctl_rmid", Call::ShmctlIpcRmid),
            ("shmctl_lock", Call::ShmctlShmLock),
            ("shmctl_unlock", Call::ShmctlShmUnlock),
            ("shmctl_ipc_info", Call::ShmctlIpcInfo),
            ("shmctl_shm_info", Call::ShmctlShmInfo),
            ("shmctl_shm_stat", Call::ShmctlShmStat),
            ("shmctl_shm_stat_any", Call::ShmctlShmStatAny),
        ];
        let mut documented = std::vec::Vec::new();
        let mut checked = 0;
        for line in include_str!("sysv/calls.rs").lines() {
            if let Some(errors) = line.strip_prefix("/// - `E") {
                let (errno, _) = errors.split_once('`').unwrap();
                documented.push(Errno::from_name(&std::format!("E{errno}")).unwrap());
            }
            let Some(function) = line
                .split("pub fn ")
                .nth(1)
                .or(line.split("unsafe fn ").nth(1))
            else {
                continue;
            };
            let (name, _) = function.split_once('(').unwrap();
            let call = calls.iter().find(|(function, _)| *function == name);
            for errno in documented.drain(..) {
                let (_, call) = call.unwrap_or_else(|| panic!("{name} is not in the list"));
                assert!(text(*call, errno).is_some(), "{call} {errno:?}");
                checked += 1;
            }
        }
        assert!(checked > 30, "only {checked} pairs");
    }

    #[test]
    fn without_a_text_the_number_explains_itself() {
        let help = Error::new(Call::Close, Errno::EIO).help();
        assert_eq!(help.to_string(), Errno::EIO.to_string());
    }
}
