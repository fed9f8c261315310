//! A program without libc that calls one of everything; linked by `undefined-symbols`, not run.

#![no_std]

use core::fmt::Write;
use core::ptr;

use rawshm::descriptor::{self, FallocateFlags, FdFlags, Lease, Mode, OFlags};
use rawshm::fd::{AsFd, AsRawFd, OwnedFd};
use rawshm::fd_passing::{self, PidfdFlags, SocketType};
use rawshm::memfd::{self, MemfdFlags, SealFlags};
use rawshm::mm::{self, Advice, Hint, MapFlags, MsyncFlags, ProtFlags};
use rawshm::sysv::{self, Key};
use rawshm::{FrozenMemfd, MapOptions, Memfd, Segment, SharedMemory, shm};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub fn owning_types(text: &mut dyn Write) -> Result<(), rawshm::Error> {
    let memory = SharedMemory::create("name", 4096)?;
    memory.resize(8192)?;
    memory.set_mode(Mode::RUSR)?;
    memory.set_owner(None, None)?;
    let mapping = MapOptions::new().exactly_at(1 << 37).map_shared(&memory)?;
    mapping.shared().store(0, 1.5_f32);
    mapping.shared().store(8, memory.len()? as u128);
    let (front, back) = mapping.shared().split_at(2048);
    front.copy_from_shared(back.chunks(2048).next_back().unwrap());
    mapping.shared().copy_within(..4000, 1);
    front.store_be(1, front.compare_shared(back) as i32);
    back.store_le(1, front.find(7).or(back.rfind(7)).unwrap_or(0));
    mapping.advise(.., Hint::WillNeed)?;
    mapping.lock(1..)?;
    mapping.sync(..=2, MsyncFlags::SYNC)?;
    let mapping = mapping.into_read_only()?;
    let mut bytes = [0; 100];
    mapping.shared().get(..100).unwrap().copy_to_slice(&mut bytes);
    SharedMemory::unlink("name")?;
    let directory = shm::open_directory("/tmp")?;
    let options = SharedMemory::options().directory(&directory).unlink_on_drop(true);
    let made = options.create_with("name", 1, |slice| slice.fill(1))?;
    options.replace_with("name", 1, |_| made.resize(2))?;
    options.open_or_create_with("name", 1, |_| ())?;
    options.require_owner(0).open_ready("name", core::time::Duration::MAX)?;
    if options.remove_if_orphaned("name")? != shm::Removal::Removed && !shm::available() {
        shm::mount(shm::MountFlags::NOSUID, shm::space_in(&directory)?.total())?;
    }
    let in_use = shm::list()?.flatten().filter(|object| object.is_in_use() == Some(true));
    let orphans = sysv::list()?.filter(|segment| segment.creator_alive() == Some(false));
    mapping.into_cursor().seek_end(-(in_use.count() as i64) - orphans.count() as i64)?;

    let segment = Segment::options().key(Key::new(1)).create(true).open(4096)?.destroy_on_drop();
    segment.attach_at(1 << 37)?.into_cursor().copy_in(&bytes);
    let _ = write!(text, "{:?} {}", segment.stat()?, sysv::ftok("/", 1)?);

    let memfd = Memfd::create(bytes, 100)?;
    let mapping = memfd.map()?;
    memfd.refuse_new_writers()?;
    let [ours, theirs] = fd_passing::socketpair(SocketType::SEQPACKET)?;
    fd_passing::send(&ours, b"text", &[memfd.reopen_read_only()?.as_fd()])?;
    let (_, [fd]) = fd_passing::receive(&theirs, &mut bytes)?;
    if let Err(refused) = Memfd::try_from(fd) {
        let _ = write!(text, "{refused}");
    }
    let frozen = memfd.freeze_with(mapping)?;
    let frozen = FrozenMemfd::try_from(OwnedFd::from(frozen))?;
    let sum: u32 = frozen.map()?.iter().map(|&byte| u32::from(byte)).sum();
    let mut private = frozen.map_private()?;
    private.discard(..)?;
    if let Err(error) = private.unmap() {
        let _ = write!(text, "{error} {error:?} {sum} {:?}", memory.stat()?);
    }
    Ok(())
}

#[unsafe(no_mangle)]
pub fn calls() -> Result<(), rawshm::Error> {
    let fd = shm::shm_open(b"name", OFlags::RDWR | OFlags::CREAT, Mode::RUSR)?;
    shm::shm_unlink([1, 2])?;
    descriptor::ftruncate(&fd, 1)?;
    descriptor::fallocate(&fd, FallocateFlags::KEEP_SIZE, 0, 1)?;
    descriptor::fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
    descriptor::fcntl_setlease(&fd, Lease::WRLCK)?;
    descriptor::close(descriptor::dup(&fd)?)?;
    let memfd = memfd::memfd_create("name", MemfdFlags::CLOEXEC)?;
    memfd::add_seals(&memfd, SealFlags::SEAL)?;
    let number = fd_passing::inheritable(&memfd)?.as_raw_fd();
    fd_passing::open_inherited(number)?;
    fd_passing::pidfd_getfd(fd_passing::pidfd_open(1, PidfdFlags::THREAD)?, 1)?;
    let len = mm::page_size();
    // SAFETY: never run.
    unsafe {
        let start = mm::mmap(ptr::null_mut(), len, ProtFlags::READ, MapFlags::SHARED, &fd, 0)?;
        mm::madvise(start, len, Advice::COLD)?;
        mm::munmap(start, len)?;
    }
    Ok(())
}
