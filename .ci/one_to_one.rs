//! Every call that is one to one, and nothing else; `undefined-symbols` looks for a way to panic.

#![no_std]

use core::ffi::c_void;
use core::time::Duration;

use rawshm::descriptor::{self, FallocateFlags, FdFlags, Lease, Mode, OFlags, Stat, Whence};
use rawshm::fd::{self, BorrowedFd, OwnedFd};
use rawshm::fd_passing::{self, PidfdFlags, SocketType};
use rawshm::memfd::{self, MemfdFlags, SealFlags};
use rawshm::mm::{self, Advice, MapFlags, MlockFlags, MlockallFlags, MremapFlags, MsyncFlags, ProtFlags};
use rawshm::secret::{self, SecretFlags};
use rawshm::shm::{self, MountFlags};
use rawshm::slice::SharedAtomic;
use rawshm::sysv::{self, Key, ShmFlags, ShmId, ShmInfo, ShmatFlags, ShmidDs, Shminfo};
use rawshm::{Result, Shared, futex};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Functions that stay, named after the call.
macro_rules! calls {
    ($($module:ident::$name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        $(
            const _: () = {
                #[allow(unused_unsafe, clippy::missing_safety_doc)]
                #[unsafe(export_name = concat!("one_to_one_", stringify!($module), "_", stringify!($name)))]
                pub unsafe fn call($($argument: $type),*) -> Result<$result> {
                    unsafe { $module::$name($($argument),*) }
                }
            };
        )*
    };
}

type Pointer = *mut c_void;
type Fd<'a> = BorrowedFd<'a>;

calls! {
    shm::shm_open(name: &[u8], flags: OFlags, mode: Mode) -> OwnedFd;
    shm::shm_unlink(name: &[u8]) -> ();
    shm::mount(flags: MountFlags, size: Option<u64>) -> ();

    memfd::memfd_create(name: &[u8], flags: MemfdFlags) -> OwnedFd;
    memfd::add_seals(fd: Fd<'_>, seals: SealFlags) -> ();
    memfd::seals(fd: Fd<'_>) -> SealFlags;
    secret::memfd_secret(flags: SecretFlags) -> OwnedFd;

    descriptor::read(fd: Fd<'_>, buffer: &mut [u8]) -> usize;
    descriptor::write(fd: Fd<'_>, bytes: &[u8]) -> usize;
    descriptor::pread(fd: Fd<'_>, buffer: &mut [u8], offset: u64) -> usize;
    descriptor::pwrite(fd: Fd<'_>, bytes: &[u8], offset: u64) -> usize;
    descriptor::lseek(fd: Fd<'_>, offset: i64, whence: Whence) -> u64;
    descriptor::ftruncate(fd: Fd<'_>, len: u64) -> ();
    descriptor::fallocate(fd: Fd<'_>, flags: FallocateFlags, offset: u64, len: u64) -> ();
    descriptor::fstat(fd: Fd<'_>) -> Stat;
    descriptor::fchmod(fd: Fd<'_>, mode: Mode) -> ();
    descriptor::fchown(fd: Fd<'_>, owner: Option<u32>, group: Option<u32>) -> ();
    descriptor::fcntl_getfd(fd: Fd<'_>) -> FdFlags;
    descriptor::fcntl_setfd(fd: Fd<'_>, flags: FdFlags) -> ();
    descriptor::fcntl_getfl(fd: Fd<'_>) -> OFlags;
    descriptor::fcntl_getlease(fd: Fd<'_>) -> Lease;
    descriptor::fcntl_setlease(fd: Fd<'_>, lease: Lease) -> ();
    descriptor::fcntl_setsig(fd: Fd<'_>, signal: i32) -> ();
    descriptor::dup(fd: Fd<'_>) -> OwnedFd;
    descriptor::close(fd: OwnedFd) -> ();
    fd::fcntl(fd: Fd<'_>, command: u32, argument: usize) -> usize;

    mm::mmap(address: Pointer, len: usize, protection: ProtFlags, flags: MapFlags, fd: Fd<'_>, offset: u64) -> Pointer;
    mm::mmap_anonymous(address: Pointer, len: usize, protection: ProtFlags, flags: MapFlags) -> Pointer;
    mm::munmap(address: Pointer, len: usize) -> ();
    mm::mprotect(address: Pointer, len: usize, protection: ProtFlags) -> ();
    mm::mremap(old: Pointer, old_len: usize, new_len: usize, flags: MremapFlags, new: Pointer) -> Pointer;
    mm::madvise(address: Pointer, len: usize, advice: Advice) -> ();
    mm::msync(address: Pointer, len: usize, flags: MsyncFlags) -> ();
    mm::mlock(address: Pointer, len: usize) -> ();
    mm::mlock2(address: Pointer, len: usize, flags: MlockFlags) -> ();
    mm::munlock(address: Pointer, len: usize) -> ();
    mm::mlockall(flags: MlockallFlags) -> ();
    mm::munlockall() -> ();
    mm::mseal(address: Pointer, len: usize) -> ();

    sysv::ftok(path: &[u8], project: u8) -> Key;
    sysv::shmget(key: Key, len: usize, flags: ShmFlags) -> ShmId;
    sysv::shmat(id: ShmId, address: *const c_void, flags: ShmatFlags) -> Pointer;
    sysv::shmdt(address: *const c_void) -> ();
    sysv::shmctl_stat(id: ShmId) -> ShmidDs;
    sysv::shmctl_set(id: ShmId, owner: u32, group: u32, mode: Mode) -> ();
    sysv::shmctl_rmid(id: ShmId) -> ();
    sysv::shmctl_lock(id: ShmId) -> ();
    sysv::shmctl_unlock(id: ShmId) -> ();
    sysv::shmctl_ipc_info() -> (Shminfo, usize);
    sysv::shmctl_shm_info() -> (ShmInfo, usize);
    sysv::shmctl_shm_stat(index: usize) -> (ShmId, ShmidDs);
    sysv::shmctl_shm_stat_any(index: usize) -> (ShmId, ShmidDs);
    sysv::shmctl(id: i32, command: u32, buffer: Pointer) -> usize;

    futex::futex_wait(word: SharedAtomic<'_, u32, Shared>, expected: u32, timeout: Option<Duration>) -> ();
    futex::futex_wake(word: SharedAtomic<'_, u32, Shared>, count: u32) -> u32;

    fd_passing::socketpair(kind: SocketType) -> [OwnedFd; 2];
    fd_passing::send(socket: Fd<'_>, bytes: &[u8], descriptors: &[Fd<'_>]) -> usize;
    fd_passing::inheritable(fd: Fd<'_>) -> OwnedFd;
    fd_passing::inherited(number: fd::RawFd) -> OwnedFd;
    fd_passing::open_inherited(number: fd::RawFd) -> OwnedFd;
    fd_passing::pidfd_open(process: i32, flags: PidfdFlags) -> OwnedFd;
    fd_passing::pidfd_getfd(process: Fd<'_>, number: fd::RawFd) -> OwnedFd;
}

#[unsafe(export_name = "one_to_one_mm_page_size")]
pub fn page_size() -> usize {
    mm::page_size()
}
