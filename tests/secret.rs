//! Secret memory: who can read it, and what cannot be done to it.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::thread;

use rawshm::descriptor::{FallocateFlags, FdFlags, fallocate, fcntl_getfd, ftruncate, read, write};
use rawshm::fd::{AsFd as _, OwnedFd};
use rawshm::mm::{MapFlags, ProtFlags, mmap, page_size};
use rawshm::secret::{SecretFlags, memfd_secret};
use rawshm::syscall::{SYS_process_vm_readv, syscall6};
use rawshm::{Call, Errno, Mapping, Memfd, SecretMemory, Shared};

use common::{
    Child, as_ordinary_user, assert_comes_back, assert_fails, has_vm_flag, in_own_process, open,
    skip, smaps, with_limit,
};

/// Secret memory of so many bytes, full of sevens; `None`, with the reason printed, where the
/// kernel has none.
fn secret(len: usize) -> Option<(SecretMemory, Mapping<Shared>)> {
    let memory = match SecretMemory::create(len as u64) {
        Ok(memory) => memory,
        Err(error) => {
            assert_eq!(
                (error.call(), error.errno()),
                (Call::MemfdSecret, Errno::ENOSYS)
            );
            assert!(error.help().to_string().contains("secretmem.enable"));
            skip(error);
            return None;
        }
    };
    match memory.map() {
        Ok(mapping) => {
            mapping.shared().fill(7);
            Some((memory, mapping))
        }
        Err(error) => {
            // An ordinary user where the limit is small.
            assert_eq!((error.call(), error.errno()), (Call::Mmap, Errno::EAGAIN));
            skip(error);
            None
        }
    }
}

fn all_are(mapping: &Mapping<Shared>, byte: u8) -> bool {
    let mut bytes = vec![0; mapping.len()];
    mapping.shared().copy_to_slice(&mut bytes);
    bytes.iter().all(|&each| each == byte)
}

/// What `process_vm_readv` says of 64 bytes of a process, and the first of them.
fn read_remotely(process: libc::pid_t, address: usize) -> Result<u8, Errno> {
    let mut bytes = [0_u8; 64];
    let ours = [bytes.as_mut_ptr().expose_provenance(), bytes.len()];
    let theirs = [address, bytes.len()];
    let range = |range: &[usize; 2]| range.as_ptr().expose_provenance();
    // SAFETY: process_vm_readv writes to our bytes, and to the process nothing.
    unsafe {
        syscall6(
            SYS_process_vm_readv,
            process as usize,
            range(&ours),
            1,
            range(&theirs),
            1,
            0,
        )
    }?;
    Ok(bytes[0])
}

#[test]
fn nobody_reads_it_from_outside() {
    let Some((_memory, mapping)) = secret(100) else {
        return;
    };
    let ordinary = Memfd::create("test", 100).unwrap().map().unwrap();
    ordinary.shared().fill(8);
    let child = Child::fork(|| {
        loop {
            // SAFETY: pause touches no memory.
            unsafe { libc::pause() };
        }
    });
    match read_remotely(child.id(), ordinary.addr()) {
        Ok(byte) => {
            assert_eq!(byte, 8);
            let read = read_remotely(child.id(), mapping.addr());
            assert_eq!(read, Err(Errno::EFAULT));
        }
        Err(errno) => skip(format_args!("process_vm_readv: {errno}")),
    }
    drop(child);

    let mut bytes = [0; 64];
    match File::open("/proc/self/mem") {
        Ok(memory) => {
            memory
                .read_exact_at(&mut bytes, ordinary.addr() as u64)
                .unwrap();
            assert_eq!(bytes, [8; 64]);
            let read = memory.read_at(&mut bytes, mapping.addr() as u64);
            assert_eq!(read.unwrap_err().raw_os_error(), Some(libc::EIO));
            assert_eq!(bytes, [8; 64]);
        }
        Err(error) => skip(format_args!("/proc/self/mem: {error}")),
    }
    // Nor does it go into a core dump.
    assert!(has_vm_flag(mapping.addr(), "dd"));
    assert!(all_are(&mapping, 7));
}

#[test]
fn the_kernel_copies_for_the_process_itself() {
    let Some((_memory, mut mapping)) = secret(2 * page_size()) else {
        return;
    };
    let bytes = vec![9; mapping.len()];
    mapping.shared().try_copy_from_slice(&bytes).unwrap();
    assert!(all_are(&mapping, 9));
    // SAFETY: nobody else has this memory.
    let slice = unsafe { mapping.as_mut_slice() };
    File::open("/dev/zero").unwrap().read_exact(slice).unwrap();
    assert!(all_are(&mapping, 0));
}

#[test]
fn those_who_have_the_descriptor_share_it() {
    let Some((memory, mapping)) = secret(100) else {
        return;
    };
    let child = Child::fork(|| {
        let found = mapping.shared().load::<u8>(0);
        mapping.shared().store(0, 8_u8);
        found.into()
    });
    assert_eq!(child.code(), 7);
    assert_eq!(mapping.shared().load::<u8>(0), 8);

    let received = OwnedFd::from(memory);
    let theirs = SecretMemory::try_from(received).unwrap();
    assert_eq!(
        (theirs.len().unwrap(), theirs.is_empty().unwrap()),
        (100, false)
    );
    let reader = theirs.map_read_only().unwrap();
    mapping.shared().store(99, 1_u8);
    assert_eq!((reader.len(), reader.shared().load::<u8>(99)), (100, 1));
    // A mapping keeps it alive.
    drop((theirs, mapping));
    assert_eq!(reader.shared().load::<u8>(0), 8);
}

#[test]
fn only_secret_memory_is_taken_for_it() {
    for fd in [
        OwnedFd::from(Memfd::create("test", 100).unwrap()),
        open("/dev/null", File::options().read(true)),
    ] {
        let fd = assert_comes_back(SecretMemory::try_from(fd), Call::MemfdSecret, Errno::EINVAL);
        assert!(fcntl_getfd(&fd).unwrap().contains(FdFlags::CLOEXEC));
    }
}

#[test]
fn it_has_one_size_and_is_only_mapped() {
    let page = page_size();
    let Some((memory, mapping)) = secret(page) else {
        return;
    };
    assert!(fcntl_getfd(&memory).unwrap().contains(FdFlags::CLOEXEC));
    for len in [0, 1, 2 * page] {
        assert_fails(
            ftruncate(&memory, len as u64),
            Call::Ftruncate,
            Errno::EINVAL,
        );
    }
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let punched = fallocate(&memory, flags, 0, page as u64);
    assert_fails(punched, Call::Fallocate, Errno::EOPNOTSUPP);
    assert_fails(read(&memory, &mut [0; 1]), Call::Read, Errno::EINVAL);
    assert_fails(write(&memory, &[0; 1]), Call::Write, Errno::EINVAL);
    assert_fails(rawshm::memfd::seals(&memory), Call::Seals, Errno::EINVAL);
    let (protection, private) = (ProtFlags::READ, MapFlags::PRIVATE);
    // SAFETY: without FIXED nothing is replaced.
    let private = unsafe { mmap(std::ptr::null_mut(), page, protection, private, &memory, 0) };
    assert_fails(private, Call::Mmap, Errno::EINVAL);
    assert!(all_are(&mapping, 7));
    let mapping = assert_comes_back(mapping.remap(&memory, 2 * page), Call::Mremap, Errno::ENXIO);
    assert!(all_are(&mapping, 7));
}

#[test]
fn pages_are_taken_when_they_are_touched() {
    let page = page_size();
    let Some((_memory, _mapping)) = secret(1) else {
        return;
    };
    // Of an ordinary user the limit may be small.
    let memory = SecretMemory::create(4 * page as u64).unwrap();
    let (mapping, reader) = match (memory.map(), memory.map_read_only()) {
        (Ok(mapping), Ok(reader)) => (mapping, reader),
        (mapping, reader) => {
            assert!(mapping.is_err() || reader.is_err());
            return skip("RLIMIT_MEMLOCK");
        }
    };
    assert_eq!(smaps(mapping.addr(), "Rss"), "0 kB");
    mapping.prefault(page..3 * page).unwrap();
    assert_eq!(
        smaps(mapping.addr(), "Rss"),
        format!("{} kB", 2 * page / 1024)
    );
    reader.prefault(..).unwrap();
    assert_eq!(
        smaps(reader.addr(), "Rss"),
        format!("{} kB", 4 * page / 1024)
    );
    mapping.prefault(..).unwrap();
    assert!(all_are(&mapping, 0));
}

#[test]
fn sizes_that_cannot_be_had_are_refused() {
    let too_large = 1 << 63;
    assert_fails(SecretMemory::create(0), Call::Ftruncate, Errno::EINVAL);
    assert_fails(
        SecretMemory::create(too_large),
        Call::Ftruncate,
        Errno::EINVAL,
    );
    in_own_process("sizes_that_cannot_be_had_are_refused", || {
        let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
        let before = descriptors();
        // More would be a signal too, if the kernel were asked.
        with_limit(libc::RLIMIT_FSIZE, 4096, || {
            assert_fails(SecretMemory::create(4097), Call::Ftruncate, Errno::EFBIG);
        });
        assert_eq!(descriptors(), before);
    });
}

#[test]
fn it_counts_as_locked() {
    in_own_process("it_counts_as_locked", || {
        let page = page_size();
        let Some((memory, mapping)) = secret(2 * page) else {
            return;
        };
        if !has_vm_flag(mapping.addr(), "lo") {
            // Debian's 6.1 and 6.12 for arm64 are such.
            return skip("this kernel does not count secret memory as locked");
        }
        drop(mapping);
        for limit in [0, page] {
            with_limit(libc::RLIMIT_MEMLOCK, limit as u64, || {
                as_ordinary_user(|| {
                    let error = memory.map().unwrap_err();
                    assert_eq!((error.call(), error.errno()), (Call::Mmap, Errno::EAGAIN));
                    assert!(error.help().to_string().contains("RLIMIT_MEMLOCK"));
                });
            });
        }
        with_limit(libc::RLIMIT_MEMLOCK, 2 * page as u64, || {
            as_ordinary_user(|| drop(memory.map().unwrap()));
        });
    });
}

#[test]
fn memfd_secret_takes_only_the_flag_to_close_on_exec() {
    if secret(1).is_none() {
        return;
    }
    let fd = memfd_secret(SecretFlags::empty()).unwrap();
    assert_eq!(fcntl_getfd(fd.as_fd()).unwrap(), FdFlags::empty());
    // The manual's FD_CLOEXEC is not it.
    for bits in [1, 2, 1 << 31] {
        let unknown = memfd_secret(SecretFlags::from_bits_retain(bits));
        assert_fails(unknown, Call::MemfdSecret, Errno::EINVAL);
    }
}

#[test]
fn it_goes_from_thread_to_thread() {
    let Some((memory, mapping)) = secret(8) else {
        return;
    };
    thread::scope(|scope| {
        scope.spawn(|| memory.map().unwrap().shared().store(0, 1_u64));
    });
    assert_eq!(mapping.shared().load::<u64>(0), 1);
}
