//! Copies that return an error where a plain access ends in a signal, in both ways: by
//! `process_vm_*`, and through a pipe where a filter denies these.

#![cfg(target_os = "linux")]

mod common;

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::parent_id;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, iter, process, ptr, slice, thread};

use rawshm::descriptor::{FallocateFlags, fallocate, ftruncate};
use rawshm::fd::{FromRawFd, OwnedFd};
use rawshm::mm::{self, Access, MapFlags, ProtFlags, page_size};
use rawshm::slice::Scalar;
use rawshm::syscall::{
    SYS_exit, SYS_getpid, SYS_gettid, SYS_memfd_secret, SYS_process_vm_readv,
    SYS_process_vm_writev, SYS_seccomp, syscall0, syscall1, syscall3, syscall6,
};
use rawshm::{
    Call, Errno, Error, MapOptions, Mapping, Memfd, PartialCopy, ReadOnly, Segment, Shared,
    SharedMemory, SharedSlice,
};

use common::{
    HugePages, UniqueName, as_ordinary_user, assert_fails, in_own_process, is_emulated,
    on_own_thread, skip, with_limit, with_own_dev_shm,
};

// --- ways ------------------------------------------------------------------

/// How the kernel copies for this thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// By `process_vm_*`.
    Direct,
    /// Through a pipe, because `process_vm_*` fails with this error.
    Piped(Errno),
}

impl Way {
    /// The call that finds memory missing that is read.
    fn reads(self) -> Call {
        match self {
            Self::Direct => Call::ProcessVmWritev,
            Self::Piped(_) => Call::Write,
        }
    }

    /// The call that finds memory missing that is written.
    fn writes(self) -> Call {
        match self {
            Self::Direct => Call::ProcessVmReadv,
            Self::Piped(_) => Call::Read,
        }
    }
}

/// What `process_vm_*` says to this thread.
fn process_vm() -> Result<(), Errno> {
    [SYS_process_vm_readv, SYS_process_vm_writev]
        .into_iter()
        .try_for_each(|number| {
            // SAFETY: gettid touches no memory.
            let thread = unsafe { syscall0(SYS_gettid) }?;
            // SAFETY: with no ranges it touches no memory.
            unsafe { syscall6(number, thread, 0, 0, 0, 0, 0) }.map(drop)
        })
}

/// Runs `body` in each way that there is, on a thread of its own if it takes a filter.
fn in_each_way(body: impl Fn(Way) + Sync) {
    match process_vm() {
        Ok(()) => body(Way::Direct),
        Err(errno) => {
            skip(format_args!(
                "process_vm_readv and process_vm_writev: {errno}"
            ));
            return body(Way::Piped(errno));
        }
    }
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        on_own_thread(|| {
            if deny_process_vm(errno) {
                body(Way::Piped(errno));
            }
        });
    }
}

/// Has `process_vm_*` fail from now on, for this thread and those that it makes.
///
/// With the reason printed if the kernel knows no filters.
fn deny_process_vm(errno: Errno) -> bool {
    let instruction = |code, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let if_call = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let answer = libc::BPF_RET | libc::BPF_K;
    let mut filter = [
        // The number of the call is the first word that the filter sees.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        instruction(if_call, 2, 0, SYS_process_vm_readv as u32),
        instruction(if_call, 1, 0, SYS_process_vm_writev as u32),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ALLOW),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ERRNO | errno.raw() as u32),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: prctl touches no memory here.
    let set = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(set, 0);
    let (mode, program) = (libc::SECCOMP_SET_MODE_FILTER, &raw const program);
    // SAFETY: seccomp reads the program, and only this thread changes.
    match unsafe { syscall3(SYS_seccomp, mode as usize, 0, program.expose_provenance()) } {
        Ok(_) => assert_eq!(process_vm(), Err(errno)),
        Err(errno) => {
            skip(format_args!("seccomp: {errno}"));
            return false;
        }
    }
    true
}

// --- memory ----------------------------------------------------------------

/// So many bytes, of which no two neighbours nor two pages are alike.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|n| (n * 31 + (n >> 8) * 7 + 1) as u8)
        .collect()
}

/// A memfd that can be truncated, full of the pattern, and its mapping.
fn memory(len: usize) -> (Memfd, Mapping<Shared>) {
    let memfd = Memfd::options()
        .resizable(true)
        .create("faults", len as u64)
        .unwrap();
    let mapping = memfd.map().unwrap();
    mapping.shared().copy_from_slice(&pattern(len));
    (memfd, mapping)
}

fn part<A: Access>(mapping: &Mapping<A>, start: usize, len: usize) -> SharedSlice<'_, A> {
    mapping.shared().get(start..start + len).unwrap()
}

/// The whole pages that `len` bytes are in, in bytes.
fn whole_pages(len: usize) -> usize {
    len.next_multiple_of(page_size())
}

/// A copy out ends after so many bytes: those are right, and none behind their page is touched.
#[track_caller]
fn assert_out_ends<A: Access>(shared: SharedSlice<'_, A>, call: Call, source: &[u8]) {
    let len = shared.len();
    let mut bytes = vec![0xee; len];
    let end = shared.try_copy_to_slice(&mut bytes).unwrap_err();
    assert_eq!((end.error.call(), end.error.errno()), (call, Errno::EFAULT));
    assert_eq!(end.copied, source.len());
    assert!(bytes[..end.copied] == *source);
    let behind = end.copied + page_size();
    assert!(bytes.iter().skip(behind).all(|&byte| byte == 0xee));

    let mut place = vec![MaybeUninit::new(0xee); len];
    assert_eq!(shared.try_copy_to_uninit(&mut place), Err(end));
}

/// A copy in ends after so many bytes.
#[track_caller]
fn assert_in_ends(shared: SharedSlice<'_>, call: Call, copied: usize) {
    let end = shared.try_copy_from_slice(&pattern(shared.len()));
    let end = end.unwrap_err();
    assert_eq!((end.error.call(), end.error.errno()), (call, Errno::EFAULT));
    assert_eq!(end.copied, copied);
}

// --- processes -------------------------------------------------------------

/// A forked process, which is ended and waited for at the latest when this is dropped.
struct Child(libc::pid_t);

impl Child {
    /// Other threads may have been inside of anything: the child must only call the kernel.
    fn fork(body: impl FnOnce() -> c_int) -> Self {
        // SAFETY: by the contract of this function the child only calls the kernel.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", std::io::Error::last_os_error()),
            0 => {
                let code = body();
                // SAFETY: _exit touches no memory.
                unsafe { libc::_exit(code) }
            }
            child => Self(child),
        }
    }

    /// The status of a child that has ended.
    fn wait(self) -> c_int {
        let mut status = 0;
        // SAFETY: waitpid writes the status.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!(waited, self.0);
        std::mem::forget(self);
        status
    }

    /// What the body returned.
    #[track_caller]
    fn code(self) -> c_int {
        let status = self.wait();
        assert!(libc::WIFEXITED(status), "{status:#x}");
        libc::WEXITSTATUS(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: the child was not waited for, so that the number is still its.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        // SAFETY: no status is written.
        unsafe { libc::waitpid(self.0, ptr::null_mut(), 0) };
    }
}

/// A plain access ends in this signal.
#[track_caller]
fn assert_deadly<A: Access>(shared: SharedSlice<'_, A>, offset: usize, signal: c_int) {
    let child = Child::fork(|| {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: setrlimit reads one struct.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
        // SAFETY: what the runtime library would do on a signal is not wanted.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        c_int::from(shared.load::<u8>(offset))
    });
    let status = child.wait();
    assert!(libc::WIFSIGNALED(status), "{status:#x}");
    assert_eq!(libc::WTERMSIG(status), signal);
}

// --- contents --------------------------------------------------------------

#[test]
fn copies_are_those_of_a_slice() {
    const MOST: usize = 5 * 4096;
    let (_memfd, mapping) = memory(MOST + 4096);
    let (before, ours) = (pattern(MOST + 4096), pattern(2 * MOST));
    let lengths = (0..=70).chain([4095, 4096, 4097, 2 * 4096, 3 * 4096 + 1, MOST]);
    let lengths: Vec<usize> = lengths.collect();
    let cases = || {
        let starts = [0, 1, 63, 2048, 4089, 4095].into_iter();
        starts.flat_map(|start| lengths.iter().map(move |&len| (start, len)))
    };
    in_each_way(|way| {
        for (start, len) in cases() {
            let (case, shared) = ((way, start, len), part(&mapping, start, len));
            let end = start % 5 + len;
            let mut bytes = vec![0xee; end + 3];
            let inside = &mut bytes[start % 5..end];
            shared.try_copy_to_slice(inside).unwrap();
            assert!(*inside == before[start..start + len], "{case:?}");
            assert!(bytes[..start % 5].iter().all(|&byte| byte == 0xee));
            assert_eq!(bytes[end..], [0xee; 3], "{case:?}");

            let mut place = vec![MaybeUninit::new(0xee); len];
            let inside = shared.try_copy_to_uninit(&mut place).unwrap();
            assert!(*inside == before[start..start + len], "{case:?}");
        }
        for (start, len) in cases() {
            let (_memfd, mapping) = memory(MOST + 4096);
            let source = &ours[start % 5 + 1000..][..len];
            part(&mapping, start, len)
                .try_copy_from_slice(source)
                .unwrap();
            let mut bytes = vec![0; MOST + 4096];
            mapping.shared().copy_to_slice(&mut bytes);
            let mut expected = before.clone();
            expected[start..start + len].copy_from_slice(source);
            assert!(bytes == expected, "{:?}", (way, start, len));
        }
    });
}

#[test]
fn large_copies_are_made_in_several_calls() {
    let len = (4 << 20) + 3;
    let (_memfd, mapping) = memory(len);
    let expected = pattern(len);
    in_each_way(|way| {
        let mut bytes = vec![0; len - 1];
        part(&mapping, 1, len - 1)
            .try_copy_to_slice(&mut bytes)
            .unwrap();
        assert!(bytes == expected[1..], "{way:?}");
        let copy = MapOptions::new().len(len).map_shared_anonymous().unwrap();
        copy.shared().try_copy_from_slice(&expected).unwrap();
        let mut bytes = vec![0; len];
        copy.shared().copy_to_slice(&mut bytes);
        assert!(bytes == expected, "{way:?}");
    });
}

/// One call copies at most `MAX_RW_COUNT` bytes, a page less than 2 GiB.
#[test]
fn more_is_copied_than_one_call_can() {
    if is_emulated() || process_vm().is_err() {
        return skip("it takes long");
    }
    const PIECE: usize = 2 << 20;
    const LEN: usize = (2 << 30) + PIECE;
    // Neither side takes memory: the source is the page of zeroes, and the destination the
    // same piece of memory many times over.
    let anonymous = |len, flags| {
        // SAFETY: nothing is replaced.
        unsafe { mm::mmap_anonymous(ptr::null_mut(), len, ProtFlags::READ, flags) }.unwrap()
    };
    let source = anonymous(LEN, MapFlags::PRIVATE | MapFlags::NORESERVE);
    let place = anonymous(LEN, MapFlags::PRIVATE | MapFlags::NORESERVE);
    let memfd = Memfd::create("faults", PIECE as u64).unwrap();
    let (protection, flags) = (
        ProtFlags::READ | ProtFlags::WRITE,
        MapFlags::SHARED | MapFlags::FIXED,
    );
    for offset in (0..LEN).step_by(PIECE) {
        let address = place.wrapping_byte_add(offset);
        // SAFETY: what is replaced is ours, and nobody's memory yet.
        unsafe { mm::mmap(address, PIECE, protection, flags, &memfd, 0) }.unwrap();
    }
    let memory = memfd.map().unwrap();
    memory.shared().fill(0xee);
    // SAFETY: it stays mapped until the end, and nothing refers to it.
    let shared: SharedSlice<'_, ReadOnly> =
        unsafe { SharedSlice::from_raw_parts(NonNull::new(source).unwrap().cast(), LEN) };
    // SAFETY: any bytes are `MaybeUninit`, of which none is read through the slice.
    let destination = unsafe { slice::from_raw_parts_mut(place.cast::<MaybeUninit<u8>>(), LEN) };
    let copied = shared
        .try_copy_to_uninit(destination)
        .map(|bytes| bytes.len());
    assert_eq!(copied, Ok(LEN));
    let mut bytes = vec![1; PIECE];
    memory.shared().copy_to_slice(&mut bytes);
    assert!(bytes == vec![0; PIECE]);
    for start in [source, place] {
        // SAFETY: nothing refers to it any more.
        unsafe { mm::munmap(start, LEN) }.unwrap();
    }
}

#[test]
fn values_are_those_of_load_and_store() {
    fn each_offset<T: Scalar + PartialEq + std::fmt::Debug>(value: T) {
        let mapping = MapOptions::new()
            .len(2 * page_size())
            .map_shared_anonymous()
            .unwrap();
        let shared = mapping.shared();
        let middle = page_size();
        for offset in (0..20).chain(middle - 20..middle + 4) {
            shared.fill(0xee);
            shared.try_store(offset, value).unwrap();
            assert_eq!(shared.load::<T>(offset), value, "at offset {offset}");
            assert_eq!(shared.load::<u8>(offset + size_of::<T>()), 0xee);
            shared.store(offset, value);
            assert_eq!(shared.try_load::<T>(offset), Ok(value));
        }
    }
    in_each_way(|_| {
        each_offset(0x12_u8);
        each_offset(-0x12_i8);
        each_offset(0x1234_u16);
        each_offset(0x1234_5678_u32);
        each_offset(-0x1234_5678_9abc_i64);
        each_offset(usize::MAX - 9);
        each_offset(u128::MAX / 3);
        each_offset(1.5_f32);
        each_offset(-1e300_f64);
    });
}

#[test]
fn bounds_are_those_of_the_plain_methods() {
    let message = |body: &dyn Fn()| {
        let panic = catch_unwind(AssertUnwindSafe(body)).expect_err("it panics");
        *panic
            .downcast::<String>()
            .expect("the message is formatted")
    };
    let mapping = MapOptions::new().len(100).map_shared_anonymous().unwrap();
    let shared = mapping.shared();
    for len in [0, 99, 101] {
        let expected = message(&|| shared.copy_from_slice(&vec![0; len]));
        for ours in [
            message(&|| _ = shared.try_copy_from_slice(&vec![0; len])),
            message(&|| _ = shared.try_copy_to_slice(&mut vec![0; len])),
            message(&|| _ = shared.try_copy_to_uninit(&mut vec![MaybeUninit::new(0); len])),
        ] {
            assert_eq!(ours, expected);
        }
    }
    for offset in [93, 100, 101, usize::MAX] {
        let expected = message(&|| shared.store(offset, 0_u64));
        assert_eq!(message(&|| _ = shared.try_store(offset, 0_u64)), expected);
        assert_eq!(message(&|| _ = shared.try_load::<u64>(offset)), expected);
    }
}

// --- memory that is missing ------------------------------------------------

#[test]
fn a_truncated_object_is_an_error() {
    let page = page_size();
    in_each_way(|way| {
        for (cut, start) in [
            (0, 0),
            (0, 5),
            (1, 0),
            (page, 0),
            (page, 5),
            (page, page - 1),
            (page, page),
            (page + 1, 17),
            (3 * page - 1, page + 1),
            (3 * page, 2 * page + 100),
            (3 * page, 3 * page),
            (39 * page, 3 * page - 1),
        ] {
            let (memfd, mapping) = memory(40 * page);
            let shared = mapping.shared().get(start..).unwrap();
            memfd.resize(cut as u64).unwrap();
            let mut left = pattern(40 * page);
            left[cut..].fill(0);
            let left = left.get(start..whole_pages(cut)).unwrap_or(&[]);
            assert_out_ends(shared, way.reads(), left);
            assert_in_ends(shared, way.writes(), left.len());
            let mut bytes = vec![0; left.len()];
            shared.get(..left.len()).unwrap().copy_to_slice(&mut bytes);
            assert!(bytes == pattern(40 * page - start)[..left.len()]);
            assert_eq!(memfd.len(), Ok(cut as u64), "it does not grow again");

            let end = whole_pages(cut);
            let value = mapping.shared().try_load::<u64>(end);
            assert_fails(value, way.reads(), Errno::EFAULT);
            let stored = mapping.shared().try_store(end, 1_u64);
            assert_fails(stored, way.writes(), Errno::EFAULT);
            if end > 0 {
                // Partly there.
                let value = mapping.shared().try_load::<u64>(end - 3);
                assert_fails(value, way.reads(), Errno::EFAULT);
                let stored = mapping.shared().try_store(end - 3, 1_u64);
                assert_fails(stored, way.writes(), Errno::EFAULT);
            }
        }
    });
    let (memfd, mapping) = memory(2 * page);
    memfd.resize(1).unwrap();
    assert_deadly(mapping.shared(), page, libc::SIGBUS);
}

#[test]
fn the_error_tells_its_story() {
    let (memfd, mapping) = memory(2 * page_size());
    memfd.resize(1).unwrap();
    in_each_way(|way| {
        let mut bytes = vec![0; mapping.len()];
        let partial = mapping.shared().try_copy_to_slice(&mut bytes).unwrap_err();
        let error = Error::from(partial);
        assert_eq!((error, partial.copied), (partial.error, page_size()));
        let call = way.reads();
        let text = format!("{call}: bad address (EFAULT), after {} bytes", page_size());
        assert_eq!(partial.to_string(), text);
        let text = format!(
            "PartialCopy {{ error: Error({call}: EFAULT), copied: {} }}",
            page_size()
        );
        assert_eq!(format!("{partial:?}"), text);
        let help = error.help().to_string();
        assert!(help.contains("a peer has truncated the object"), "{help}");
        #[cfg(feature = "std")]
        {
            let error = std::io::Error::from(partial);
            assert_eq!(error.to_string(), partial.to_string());
            let inside = error.into_inner().unwrap().downcast::<PartialCopy>();
            assert_eq!(*inside.unwrap(), partial);
        }
    });
}

#[test]
fn a_range_that_is_not_mapped_is_an_error() {
    let page = page_size();
    // Alone in its process, because another thread may map something into the hole.
    in_own_process("a_range_that_is_not_mapped_is_an_error", || {
        in_each_way(|way| {
            let (_memfd, mapping) = memory(3 * page);
            let middle = mapping.as_mut_ptr().wrapping_add(page).cast::<c_void>();
            // SAFETY: nothing refers to the page.
            unsafe { mm::munmap(middle, page) }.unwrap();
            let shared = mapping.shared().get(9..).unwrap();
            assert_out_ends(shared, way.reads(), &pattern(page)[9..]);
            assert_in_ends(shared, way.writes(), page - 9);
            assert_deadly(mapping.shared(), page, libc::SIGSEGV);
        });
    });
}

#[test]
fn a_page_that_may_not_be_accessed_is_an_error() {
    let page = page_size();
    in_each_way(|way| {
        let (_memfd, mapping) = memory(3 * page);
        let middle = mapping.as_mut_ptr().wrapping_add(page).cast::<c_void>();
        let shared = mapping.shared().get(9..).unwrap();
        // SAFETY: nothing refers to the page.
        unsafe { mm::mprotect(middle, page, ProtFlags::READ) }.unwrap();
        let mut bytes = vec![0; shared.len()];
        shared.try_copy_to_slice(&mut bytes).unwrap();
        assert!(bytes == pattern(3 * page)[9..]);
        assert_in_ends(shared, way.writes(), page - 9);
        let stored = shared.try_store(page - 9, 1_u8);
        assert_fails(stored, way.writes(), Errno::EFAULT);
        assert_eq!(shared.load::<u8>(page - 9), pattern(page + 1)[page]);

        // SAFETY: as above.
        unsafe { mm::mprotect(middle, page, ProtFlags::NONE) }.unwrap();
        assert_out_ends(shared, way.reads(), &pattern(page - 9));
        assert_in_ends(shared, way.writes(), page - 9);
        assert_deadly(mapping.shared(), page, libc::SIGSEGV);
    });
}

#[test]
fn a_hole_in_a_full_file_system_is_an_error() {
    let page = page_size();
    let limit = 256 << 10; // as below
    with_own_dev_shm(0, c"size=256k", || {
        let sparse = SharedMemory::options().sparse(true);
        let (name, rest) = (UniqueName::new("hole"), UniqueName::new("rest"));
        let memory = sparse.create(&name, 2 * page as u64).unwrap();
        let mapping = memory.map().unwrap();
        mapping.shared().store(0, 1_u8);
        let rest = SharedMemory::create(&rest, (limit - page) as u64).unwrap();
        in_each_way(|way| {
            let mut left = vec![0; page];
            part(&mapping, 0, page).copy_to_slice(&mut left);
            assert_out_ends(mapping.shared(), way.reads(), &left);
            assert_in_ends(mapping.shared(), way.writes(), page);
            assert_fails(mapping.check(), way.reads(), Errno::EFAULT);
        });
        assert_deadly(mapping.shared(), page, libc::SIGBUS);
        // With room again there is no fault.
        rest.resize(0).unwrap();
        mapping.check().unwrap();
    });
}

#[test]
fn a_huge_page_that_is_gone_is_an_error() {
    // Alone in its process, because whatever is forked meanwhile has a copy of the pages.
    in_own_process("a_huge_page_that_is_gone_is_an_error", || {
        let Some(pages) = HugePages::reserve(2) else {
            return;
        };
        let len = 2 * pages.size;
        let memfd = Memfd::options()
            .resizable(true)
            .huge_pages(pages.size)
            .create("faults", len as u64)
            .unwrap();
        let mapping = memfd.map().unwrap();
        let (mode, size) = (
            FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
            pages.size as u64,
        );
        fallocate(&memfd, mode, size, size).unwrap();
        // Somebody else takes what was given back.
        let one = MapOptions::new().len(pages.size).huge_pages(pages.size);
        let taken: Vec<_> = iter::repeat_with(|| one.populate().map_anonymous())
            .map_while(Result::ok)
            .collect();
        assert!(!taken.is_empty());
        in_each_way(|way| {
            let shared = part(&mapping, pages.size - 9, page_size());
            shared.get(..9).unwrap().fill(7);
            assert_out_ends(shared, way.reads(), &[7; 9]);
            assert_in_ends(shared, way.writes(), 9);
            assert_fails(mapping.check(), way.reads(), Errno::EFAULT);
        });
        assert_deadly(mapping.shared(), pages.size, libc::SIGBUS);
        drop(taken);
        mapping.check().unwrap();
        mapping.unmap().unwrap();
    });
}

/// Memory that is not even mapped in the kernel; `None`, with the reason printed, without it.
fn secret_memory(len: usize) -> Option<(OwnedFd, Mapping<Shared>)> {
    // SAFETY: memfd_secret touches no memory.
    let fd = match unsafe { syscall1(SYS_memfd_secret, libc::O_CLOEXEC as usize) } {
        // SAFETY: it was just opened.
        Ok(fd) => unsafe { OwnedFd::from_raw_fd(fd as i32) },
        Err(errno) => {
            skip(format_args!("memfd_secret: {errno}"));
            return None;
        }
    };
    ftruncate(&fd, len as u64).unwrap();
    match MapOptions::new().map_shared(&fd) {
        Ok(mapping) => Some((fd, mapping)),
        Err(error) => {
            skip(format_args!("memfd_secret: {error}"));
            None
        }
    }
}

#[test]
fn secret_memory_is_copied() {
    let page = page_size();
    in_each_way(|way| {
        let Some((_fd, mapping)) = secret_memory(3 * page) else {
            return;
        };
        let expected = pattern(3 * page);
        mapping.shared().try_copy_from_slice(&expected).unwrap();
        let mut bytes = vec![0; 3 * page];
        mapping.shared().try_copy_to_slice(&mut bytes).unwrap();
        assert!(bytes == expected, "{way:?}");

        // The kernel cannot pin it as our side: there the pipe copies.
        let Some((_fd, mut ours)) = secret_memory(3 * page) else {
            return;
        };
        // SAFETY: nobody else touches it.
        let ours = unsafe { ours.as_mut_slice() };
        let (memfd, shared) = memory(3 * page);
        shared.shared().try_copy_to_slice(ours).unwrap();
        assert!(ours == expected, "{way:?}");
        shared.shared().fill(0);
        shared.shared().try_copy_from_slice(ours).unwrap();
        shared.shared().copy_to_slice(&mut bytes);
        assert!(bytes == expected, "{way:?}");
        memfd.resize(1).unwrap();
        let end = shared.shared().try_copy_to_slice(ours).unwrap_err();
        assert_eq!((end.error.errno(), end.copied), (Errno::EFAULT, page));
        let end = shared.shared().try_copy_from_slice(ours).unwrap_err();
        assert_eq!((end.error.errno(), end.copied), (Errno::EFAULT, page));
    });
}

// --- a hostile peer --------------------------------------------------------

/// A second process truncates the object 10,000 times and more while we copy.
#[test]
fn a_peer_that_truncates_again_and_again_ends_nobody() {
    const ROUNDS: u64 = 10_000;
    const PAGES: u64 = 8;
    let len = PAGES as usize * page_size();
    in_each_way(|way| {
        let (memfd, mapping) = memory(len);
        mapping.shared().fill(0xaa);
        let counter = MapOptions::new().len(8).map_shared_anonymous().unwrap();
        let us = process::id();
        let peer = Child::fork(|| {
            let mut random = 1_u64;
            // Not beyond our own end.
            while parent_id() == us {
                random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                let pages = (random >> 60) % PAGES;
                let cut = ftruncate(&memfd, pages * page_size() as u64);
                if cut.and_then(|()| ftruncate(&memfd, len as u64)).is_err() {
                    return 1;
                }
                counter
                    .shared()
                    .store(0, counter.shared().load::<u64>(0) + 1);
                // About as long as a copy takes.
                (0..random >> 56).for_each(|_| std::hint::spin_loop());
            }
            0
        });
        let (ours, mut bytes) = (vec![0xaa; len], vec![0; len]);
        let place = len - page_size() + 8;
        // How often it went well and how often not: out, in, load, store.
        let mut outcomes = [[0_u64; 2]; 4];
        let mut count = |kind: usize, result: Result<(), Error>| {
            if let Err(error) = result {
                assert_eq!(error, Errno::EFAULT, "{way:?}");
            }
            outcomes[kind][usize::from(result.is_err())] += 1;
            outcomes
        };
        let deadline = Instant::now() + Duration::from_secs(240);
        for round in 0.. {
            let check = round % 16 == 0;
            if check {
                bytes.fill(0xee);
            }
            let out = mapping.shared().try_copy_to_slice(&mut bytes);
            if check {
                let copied = out.map_or_else(|end| end.copied, |()| len);
                let (done, rest) = bytes.split_at(copied);
                assert!(done.iter().all(|&byte| byte == 0 || byte == 0xaa));
                assert!(rest.iter().skip(page_size()).all(|&byte| byte == 0xee));
            }
            count(0, out.map_err(Error::from));
            let copied = mapping.shared().try_copy_from_slice(&ours);
            count(1, copied.map_err(Error::from));
            count(2, mapping.shared().try_load::<u64>(place).map(drop));
            let outcomes = count(
                3,
                mapping
                    .shared()
                    .try_store(place, !0x5555_5555_5555_5555_u64),
            );
            let truncations = counter.shared().load::<u64>(0);
            if truncations >= ROUNDS && !outcomes.as_flattened().contains(&0) {
                println!(
                    "{way:?}: {truncations} truncations; copies that went well and not: {outcomes:?}"
                );
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{way:?}: {truncations}, {outcomes:?}"
            );
        }
        drop(peer);
    });
}

// --- surroundings ----------------------------------------------------------

fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn no_descriptor_is_left_behind() {
    in_own_process("no_descriptor_is_left_behind", || {
        let page = page_size();
        let (memfd, mapping) = memory(3 * page);
        let before = open_descriptors();
        let copy_often = |expected: Result<(), Errno>| {
            let mut bytes = vec![0; 3 * page];
            for _ in 0..100 {
                let out = mapping.shared().try_copy_to_slice(&mut bytes);
                assert_eq!(out.map_err(|end| end.error.errno()), expected);
                let copied_in = mapping.shared().try_copy_from_slice(&bytes);
                assert_eq!(copied_in.map_err(|end| end.error.errno()), expected);
            }
        };
        in_each_way(|_| copy_often(Ok(())));
        memfd.resize(1).unwrap();
        in_each_way(|_| copy_often(Err(Errno::EFAULT)));
        assert_eq!(open_descriptors(), before);

        // No place for any, and for one of two.
        let next = File::open("/dev/null").unwrap().as_raw_fd();
        for free in [0, 1] {
            let limit = (next + free) as u64;
            let copy_often = |expected| {
                with_limit(libc::RLIMIT_NOFILE, limit, || copy_often(expected));
            };
            memfd.resize(3 * page as u64).unwrap();
            in_each_way(|way| match way {
                Way::Direct => copy_often(Ok(())),
                Way::Piped(_) => copy_often(Err(Errno::EMFILE)),
            });
            memfd.resize(1).unwrap();
            in_each_way(|_| copy_often(Err(Errno::EMFILE)));
            with_limit(libc::RLIMIT_NOFILE, limit, || {
                let error = mapping.check().unwrap_err();
                assert_eq!(error.call(), Call::Pipe2);
                let help = error.help().to_string();
                assert!(help.starts_with("The copy needed a pipe"), "{help}");
            });
            assert_eq!(open_descriptors(), before);
        }
    });
}

#[test]
fn the_smallest_pipe_is_large_enough() {
    as_ordinary_user(|| {
        let pipe = || {
            let mut ends = [0; 2];
            // SAFETY: pipe2 writes two descriptors.
            let made = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
            assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
            // SAFETY: they were just opened.
            ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) })
        };
        let fcntl = |end: &OwnedFd, command, argument| {
            // SAFETY: the commands take a number.
            unsafe { rawshm::fd::fcntl(end, command as u32, argument) }
        };
        // Beyond this user's soft limit new pipes get what is the least.
        let mut large = Vec::new();
        let capacity = loop {
            let ends = pipe();
            let capacity = fcntl(&ends[0], libc::F_GETPIPE_SZ, 0);
            let Ok(capacity) = capacity else {
                return skip("the emulator does not tell the capacity of pipes");
            };
            if capacity <= 2 * page_size() {
                break capacity;
            }
            if large.len() == 300 {
                return skip("there is no soft limit on pages in pipes");
            }
            _ = fcntl(&ends[0], libc::F_SETPIPE_SZ, 1 << 20);
            large.push(ends);
        };
        println!("pipes of {capacity} bytes");
        let len = 9 * page_size() + 100;
        let (memfd, mapping) = memory(len);
        in_each_way(|way| {
            mapping.shared().copy_from_slice(&pattern(len));
            let mut bytes = vec![0; len - 7];
            part(&mapping, 7, len - 7)
                .try_copy_to_slice(&mut bytes)
                .unwrap();
            assert!(bytes == pattern(len)[7..], "{way:?}");
            part(&mapping, 0, len - 7)
                .try_copy_from_slice(&bytes)
                .unwrap();
            mapping
                .shared()
                .get(..len - 7)
                .unwrap()
                .copy_to_slice(&mut bytes);
            assert!(bytes == pattern(len)[7..], "{way:?}");
        });
        memfd.resize(page_size() as u64).unwrap();
        in_each_way(|way| {
            part(&mapping, 0, page_size()).copy_from_slice(&pattern(page_size()));
            assert_out_ends(mapping.shared(), way.reads(), &pattern(page_size()));
            assert_in_ends(mapping.shared(), way.writes(), page_size());
        });
    });
}

#[test]
fn signals_break_no_copy() {
    static SIGNALS: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn count(_: c_int) {
        SIGNALS.fetch_add(1, Ordering::Relaxed);
    }
    in_own_process("signals_break_no_copy", || {
        // SAFETY: all zeroes are a value of the struct: no flags, not even SA_RESTART.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = count as extern "C" fn(c_int) as libc::sighandler_t;
        // SAFETY: the handler does what any may do.
        let set = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()) };
        assert_eq!(set, 0);
        let len = 64 * page_size();
        let (memfd, mapping) = memory(len);
        in_each_way(|way| {
            memfd.resize(len as u64).unwrap();
            mapping.shared().copy_from_slice(&pattern(len));
            // SAFETY: pthread_self touches no memory.
            let copying = unsafe { libc::pthread_self() };
            let done = AtomicUsize::new(0);
            thread::scope(|scope| {
                scope.spawn(|| {
                    while done.load(Ordering::Relaxed) == 0 {
                        // SAFETY: the thread lives as long as this one's scope.
                        unsafe { libc::pthread_kill(copying, libc::SIGUSR1) };
                    }
                });
                let until = SIGNALS.load(Ordering::Relaxed) + 1000;
                let copies = || {
                    while SIGNALS.load(Ordering::Relaxed) < until {
                        let mut bytes = vec![0; len];
                        mapping.shared().try_copy_to_slice(&mut bytes)?;
                        assert!(bytes == pattern(len), "{way:?}");
                        mapping.shared().try_copy_from_slice(&bytes)?;
                    }
                    memfd.resize(1).unwrap();
                    assert_out_ends(
                        mapping.shared(),
                        way.reads(),
                        &[&pattern(1)[..], &vec![0; page_size() - 1]].concat(),
                    );
                    Ok::<(), PartialCopy>(())
                };
                let copied = catch_unwind(AssertUnwindSafe(copies));
                done.store(1, Ordering::Relaxed);
                copied.expect("the contents are right").unwrap();
            });
        });
    });
}

#[test]
fn a_forked_child_copies_its_own_memory() {
    in_each_way(|way| {
        let mut ours = MapOptions::new().len(page_size()).map_anonymous().unwrap();
        ours.fill(1);
        let child = Child::fork(|| {
            let shared = ours.shared_mut();
            let stored = shared.try_store(0, 2_u8);
            let [first, second] = [0, 1].map(|offset| shared.try_load::<u8>(offset));
            c_int::from((stored, first, second) != (Ok(()), Ok(2), Ok(1)))
        });
        assert_eq!(child.code(), 0, "{way:?}");
        assert_eq!(ours[..2], [1, 1], "{way:?}");
    });
}

/// The process's number names its first thread, which has no memory any more.
#[test]
fn the_first_thread_need_not_be_there() {
    extern "C" fn second_thread(_: *mut c_void) -> *mut c_void {
        let (memory, mut copy) = ([7_u8; 4], [0_u8; 4]);
        // The first thread is not gone at once.
        let code = (0..10_000).find_map(|_| {
            thread::sleep(Duration::from_millis(1));
            let ranges = [
                [(&raw mut copy).expose_provenance(), 4],
                [(&raw const memory).expose_provenance(), 4],
            ];
            let [local, remote] =
                [&ranges[0], &ranges[1]].map(|r| (&raw const *r).expose_provenance());
            // SAFETY: getpid touches no memory.
            let process = unsafe { syscall0(SYS_getpid) }.unwrap();
            // SAFETY: the ranges are those of our two arrays.
            let by_number =
                unsafe { syscall6(SYS_process_vm_readv, process, local, 1, remote, 1, 0) };
            (by_number == Err(Errno::ESRCH)).then(|| {
                let start = NonNull::from(&memory).cast();
                // SAFETY: the array lives longer, and nothing writes it meanwhile.
                let shared: SharedSlice<'_, ReadOnly> =
                    unsafe { SharedSlice::from_raw_parts(start, 4) };
                c_int::from(shared.try_load::<u32>(0) != Ok(0x0707_0707))
            })
        });
        // SAFETY: _exit touches no memory.
        unsafe { libc::_exit(code.unwrap_or(2)) }
    }
    if let Err(errno) = process_vm() {
        return skip(format_args!("process_vm_readv: {errno}"));
    }
    let child = Child::fork(|| {
        let none = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: setrlimit reads one struct. There is no pipe to fall back to.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) };
        let mut thread = MaybeUninit::uninit();
        let (attributes, argument) = (ptr::null(), ptr::null_mut());
        // SAFETY: the function takes no argument.
        unsafe { libc::pthread_create(thread.as_mut_ptr(), attributes, second_thread, argument) };
        // SAFETY: only this thread ends, and nothing of its is used.
        let ended = unsafe { syscall1(SYS_exit, 0) };
        c_int::from(ended.is_ok()) + 3
    });
    assert_eq!(child.code(), 0);
}

// --- check -----------------------------------------------------------------

#[test]
fn check_tells_whether_the_object_is_as_long() {
    let page = page_size();
    in_each_way(|way| {
        for (len, cut, holds) in [
            (1, 1, true),
            (1, 0, false),
            (page, 1, true),
            (page, 0, false),
            (2 * page, 2 * page - 1, true),
            (2 * page, page + 1, true),
            (2 * page, page, false),
            (page + 1, page + 1, true),
            (page + 1, page, false),
            (3 * page, 5 * page, true),
        ] {
            let (memfd, mapping) = memory(len);
            let reader = memfd.map_read_only().unwrap();
            memfd.resize(cut as u64).unwrap();
            for checked in [mapping.check(), reader.check()] {
                if holds {
                    assert_eq!(checked, Ok(()), "{way:?}, {len} cut to {cut}");
                } else {
                    assert_fails(checked, way.reads(), Errno::EFAULT);
                }
            }
            // A mapping of the first page alone is as long as before.
            let first = MapOptions::new().len(1);
            memfd.resize(2 * page as u64).unwrap();
            let first = first.map_read_only(&memfd).unwrap();
            memfd.resize(1).unwrap();
            first.check().unwrap();
        }
        // What cannot be truncated.
        let options = MapOptions::new().len(2 * page);
        options.map_shared_anonymous().unwrap().check().unwrap();
        let ours = options.map_anonymous().unwrap();
        ours.check().unwrap();
        ours.into_frozen().unwrap().check().unwrap();
        let frozen = Memfd::create("faults", 2 * page as u64).unwrap();
        let frozen = frozen.freeze().unwrap();
        frozen.map().unwrap().check().unwrap();
        frozen.map_private().unwrap().check().unwrap();
        match Segment::create(2 * page) {
            Ok(segment) => {
                let segment = segment.destroy_on_drop();
                segment.attach().unwrap().check().unwrap();
                segment.attach_read_only().unwrap().check().unwrap();
            }
            Err(error) => skip(format_args!("System V: {error}")),
        }
    });
    let name = UniqueName::new(format!("check-{}", process::id()));
    let memory = SharedMemory::create(&name, 2 * page as u64).unwrap();
    let mapping = memory.map().unwrap();
    mapping.check().unwrap();
    memory.resize(1).unwrap();
    assert!(mapping.check().unwrap_err() == Errno::EFAULT);
    memory.resize(2 * page as u64).unwrap();
    mapping.check().unwrap();
}
