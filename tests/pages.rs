//! What happens to the pages of a mapping: faulted in before they are touched, locked, left
//! out of core dumps and forks, gathered into huge ones, sealed for good.

#![cfg(target_os = "linux")]

mod common;

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use rawshm::mm::{self, Access, Advice, Hint, MremapFlags, ProtFlags, page_size};
use rawshm::shm;
use rawshm::syscall::{SYS_madvise, SYS_mseal, SYS_seccomp, syscall3};
use rawshm::{
    Call, Errno, Error, FrozenMemfd, MapOptions, Mapping, Memfd, Private, Refused, Segment, Shared,
    SharedMemory,
};

use common::{
    Child, HugePages, as_ordinary_user, assert_comes_back, assert_fails, has_vm_flag,
    in_own_process, is_emulated, maps_entry, on_own_thread, skip, smaps, with_limit,
    with_own_dev_shm,
};

// --- memory, and what the kernel shows of it -------------------------------

/// Memory of so many pages that nobody has touched, which no neighbour is merged with.
fn sparse(pages: usize) -> Memfd {
    let options = Memfd::options().sparse(true).resizable(true);
    options
        .create("test", (pages * page_size()) as u64)
        .unwrap()
}

fn private_pages(pages: usize) -> Mapping<Private> {
    let mapping = MapOptions::new().len(pages * page_size()).map_anonymous();
    mapping.unwrap()
}

/// Freezes what is not mapped; the children of other threads have copies of mappings until
/// they end.
fn freeze(mut memfd: Memfd) -> FrozenMemfd {
    for _ in 0..1000 {
        memfd = match memfd.freeze() {
            Ok(frozen) => return frozen,
            Err(Refused { error, value }) => {
                assert_eq!(error.errno(), Errno::EBUSY);
                value
            }
        };
        thread::sleep(Duration::from_millis(5));
    }
    panic!("somebody keeps a mapping");
}

/// How many pages of the kernel's mapping at an address are in the page table.
fn resident(address: usize) -> usize {
    let text = smaps(address, "Rss");
    let kilobytes: usize = text.strip_suffix(" kB").unwrap().parse().unwrap();
    kilobytes * 1024 / page_size()
}

/// A fork has all private pages copied once more when they are written: who counts their
/// faults holds this for reading, who forks for writing.
static FORKS: RwLock<()> = RwLock::new(());

fn without_forks() -> impl Drop {
    FORKS.read().unwrap_or_else(PoisonError::into_inner)
}

fn with_forks() -> impl Drop {
    FORKS.write().unwrap_or_else(PoisonError::into_inner)
}

/// How many faults this thread has had that needed no disk.
fn faults() -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: getrusage writes one struct.
    let got = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    assert_eq!(got, 0);
    // SAFETY: it was just written.
    unsafe { usage.assume_init() }.ru_minflt
}

// --- kernels that lack a call ----------------------------------------------

/// Has a call fail from now on, for this thread and those that it makes; of `madvise` the
/// advices from `least` on.
///
/// With the reason printed if the kernel knows no filters.
fn deny(call: usize, least: u32, errno: Errno) -> bool {
    let instruction = |code, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let answer = libc::BPF_RET | libc::BPF_K;
    let is = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let is_at_least = libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K;
    let mut filter = [
        // The number of the call comes first, the low half of its third argument at byte 32.
        instruction(load, 0, 0, 0),
        instruction(is, 0, 3, call as u32),
        instruction(load, 0, 0, 32),
        instruction(is_at_least, 0, 1, least),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ERRNO | errno.raw() as u32),
        instruction(answer, 0, 0, libc::SECCOMP_RET_ALLOW),
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
        Ok(_) => true,
        Err(errno) => {
            skip(format_args!("seccomp: {errno}"));
            false
        }
    }
}

/// Runs `body` where the kernel faults pages in itself, then where it does not know how.
fn in_each_way(body: impl Fn() + Sync) {
    if is_emulated() {
        return skip("the emulator ignores most advices");
    }
    let empty = private_pages(1).advise(..0, Hint::PopulateWrite);
    match empty {
        Ok(()) => body(),
        Err(error) => skip(format_args!("a kernel before 5.14: {error}")),
    }
    for errno in [Errno::EINVAL, Errno::EPERM, Errno::ENOSYS] {
        on_own_thread(|| {
            if deny(SYS_madvise, Advice::POPULATE_READ.raw(), errno) {
                let denied = private_pages(1).advise(.., Hint::PopulateRead);
                assert_fails(denied, Call::Madvise, errno);
                body();
            }
        });
    }
}

// --- prefault --------------------------------------------------------------

#[test]
fn pages_are_there_before_they_are_touched() {
    in_each_way(|| {
        /// Of an object whose pages are there for others, one fault may map several.
        fn assert_faulted_in<A: Access>(mapping: &Mapping<A>, numbered: bool) {
            let page = page_size();
            assert_eq!(resident(mapping.addr()), 0);
            for nothing in [0..0, 64 * page..64 * page] {
                mapping.prefault(nothing).unwrap();
                assert_eq!(resident(mapping.addr()), 0);
            }
            mapping.prefault(page + 1..3 * page + 1).unwrap();
            let some = resident(mapping.addr());
            assert!(some == 3 || some > 3 && numbered, "{some} pages");
            mapping.prefault(..).unwrap();
            assert_eq!(resident(mapping.addr()), 64);
            let before = faults();
            for n in 0..64 {
                let number = if numbered { n as u8 } else { 0 };
                assert_eq!(mapping.shared().load::<u8>(n * page), number);
            }
            assert!(faults() - before < 8, "reading costs faults");
        }

        assert_faulted_in(&sparse(64).map().unwrap(), false);
        assert_faulted_in(&sparse(64).map_read_only().unwrap(), false);
        let memfd = sparse(64);
        let mapping = memfd.map().unwrap();
        (0..64).for_each(|n| mapping.shared().store(n * page_size(), n as u8));
        drop(mapping);
        assert_faulted_in(&memfd.map().unwrap(), true);
        assert_faulted_in(&memfd.map_read_only().unwrap(), true);
        let frozen = freeze(memfd);
        assert_faulted_in(&frozen.map().unwrap(), true);
    });
}

#[test]
fn pages_are_there_before_they_are_written() {
    let _no_forks = without_forks();
    in_each_way(|| {
        fn assert_writable(mapping: &Mapping<impl Access>, write: impl Fn(usize)) {
            assert_eq!(resident(mapping.addr()), 0);
            mapping.prefault(..).unwrap();
            // Of memory that was only read the kernel would show less: all zero pages are one.
            assert_eq!(resident(mapping.addr()), 64);
            let before = faults();
            (0..64).for_each(|n| write(n * page_size()));
            assert!(faults() - before < 8, "writing costs faults");
        }

        let shared = sparse(64).map().unwrap();
        assert_writable(&shared, |at| shared.shared().store(at, 1_u8));
        let len = 64 * page_size();
        let shared = MapOptions::new().len(len).map_shared_anonymous().unwrap();
        assert_writable(&shared, |at| shared.shared().store(at, 1_u8));
        // Alone, or a neighbour is merged with it.
        let mut ours = private_pages(66);
        ours.discard(..).unwrap();
        let inside = page_size()..65 * page_size();
        ours.advise(inside.clone(), Hint::DontDump).unwrap();
        let address = ours.addr() + page_size();
        assert_eq!(resident(address), 0);
        ours.prefault(inside.clone()).unwrap();
        assert_eq!(resident(address), 64);
        let before = faults();
        inside.step_by(page_size()).for_each(|at| ours[at] = 1);
        assert!(faults() - before < 8, "writing costs faults");

        let segment = Segment::create(len).unwrap().destroy_on_drop();
        let attached = segment.attach().unwrap();
        assert_writable(&attached, |at| attached.shared().store(at, 1_u8));
    });
}

#[test]
fn copies_on_write_are_made_before_they_are_needed() {
    let _no_forks = without_forks();
    in_each_way(|| {
        let memfd = Memfd::create("test", 64 * page_size() as u64).unwrap();
        memfd.map().unwrap().shared().fill(3);
        let frozen = freeze(memfd);
        let mut ours = frozen.map_private().unwrap();
        ours.prefault(..).unwrap();
        let anonymous = smaps(ours.addr(), "Anonymous");
        assert_eq!(anonymous, format!("{} kB", 64 * page_size() / 1024));
        assert!(ours.iter().all(|&byte| byte == 3));
        let before = faults();
        (0..64).for_each(|n| ours[n * page_size()] = 1);
        assert!(faults() - before < 8, "writing costs faults");
        let theirs = frozen.map().unwrap();
        theirs.prefault(..).unwrap();
        assert_eq!(resident(theirs.addr()), 64);
        assert!(theirs.iter().all(|&byte| byte == 3));
    });
}

#[test]
fn faulting_in_loses_nothing_that_peers_write() {
    const COUNT: u32 = 200_000;
    in_each_way(|| {
        let memfd = sparse(4);
        let (ours, theirs) = (memfd.map().unwrap(), memfd.map().unwrap());
        let counter = theirs.shared().atomic_u32(0).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..COUNT {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                done.store(true, Ordering::Relaxed);
            });
            while !done.load(Ordering::Relaxed) {
                ours.prefault(..).unwrap();
            }
        });
        assert_eq!(counter.load(Ordering::Relaxed), COUNT);
    });
}

#[test]
fn memory_that_is_gone_is_an_error() {
    in_each_way(|| {
        let page = page_size();
        let memfd = sparse(4);
        let (mapping, reader) = (memfd.map().unwrap(), memfd.map_read_only().unwrap());
        memfd.resize(2 * page as u64).unwrap();
        let (write, read) = (Call::MadvisePopulateWrite, Call::MadvisePopulateRead);
        mapping.prefault(..2 * page).unwrap();
        reader.prefault(..2 * page).unwrap();
        for range in [0..4 * page, page..2 * page + 1, 3 * page..4 * page] {
            assert_fails(mapping.prefault(range.clone()), write, Errno::EFAULT);
            assert_fails(reader.prefault(range), read, Errno::EFAULT);
        }
        let error = mapping.prefault(..).unwrap_err();
        assert!(error.help().to_string().contains("truncated"));
        assert_fails(mapping.prefault(..=4 * page), write, Errno::EINVAL);
        assert_fails(reader.prefault(4 * page + 1..), read, Errno::EINVAL);
    });
}

#[test]
fn a_full_file_system_is_an_error_before_it_is_a_signal() {
    in_each_way(|| {
        with_own_dev_shm(0, c"size=256k", || {
            let memory = SharedMemory::options().sparse(true);
            let memory = memory.create("full", 512 << 10).unwrap();
            let mapping = memory.map().unwrap();
            mapping.prefault(..128 << 10).unwrap();
            let full = mapping.prefault(..);
            assert_fails(full, Call::MadvisePopulateWrite, Errno::EFAULT);
            let full = memory.map_read_only().unwrap().prefault(..);
            assert_fails(full, Call::MadvisePopulateRead, Errno::EFAULT);
            // What fits was reserved, as the rest would have been.
            assert_eq!(memory.stat().unwrap().blocks() * 512, 256 << 10);
            mapping.shared().get(..256 << 10).unwrap().fill(1);
            shm::shm_unlink("full").unwrap();
        });
    });
}

#[test]
fn huge_pages_are_faulted_in_whole() {
    let Some(pages) = HugePages::reserve(2) else {
        return;
    };
    in_each_way(|| {
        let options = MapOptions::new().len(2 * pages.size).huge_pages(pages.size);
        let mut ours = options.map_anonymous().unwrap();
        let huge = || smaps(ours.addr(), "Private_Hugetlb");
        ours.prefault(1..2).unwrap();
        assert_eq!(huge(), format!("{} kB", pages.size / 1024));
        ours.prefault(..).unwrap();
        assert_eq!(huge(), format!("{} kB", 2 * pages.size / 1024));
        assert_eq!(ours[2 * pages.size - 1], 0);
        ours.fill(1);
    });
}

// --- locks -----------------------------------------------------------------

#[test]
fn pages_are_locked_now_or_as_they_are_touched() {
    if is_emulated() {
        return skip("the emulator does not know mlock2");
    }
    let page = page_size();
    let mapping = sparse(8).map().unwrap();
    mapping.lock_on_fault(page..2 * page + 1).unwrap();
    let pages_with = |flag| [0, 1, 2, 3].map(|n| has_vm_flag(mapping.addr() + n * page, flag));
    assert_eq!(pages_with("lo"), [false, true, true, false]);
    assert_eq!(resident(mapping.addr() + page), 0);
    mapping.shared().store(page, 1_u8);
    assert_eq!(resident(mapping.addr() + page), 1);
    assert_eq!(
        smaps(mapping.addr() + page, "Locked"),
        format!("{} kB", page / 1024)
    );
    mapping.lock(page..3 * page).unwrap();
    assert_eq!(resident(mapping.addr() + page), 2);
    mapping.unlock(..).unwrap();
    assert_eq!(pages_with("lo"), [false; 4]);
    let outside = mapping.lock_on_fault(..=8 * page);
    assert_fails(outside, Call::Mlock2, Errno::EINVAL);
}

#[test]
fn the_limit_on_locked_memory_explains_itself() {
    #[track_caller]
    fn assert_limited<T>(result: Result<T, impl Into<Error>>, call: Call, errno: Errno) {
        let error = result.map(drop).map_err(Into::into).unwrap_err();
        assert_eq!((error.call(), error.errno()), (call, errno));
        assert!(
            error.help().to_string().contains("RLIMIT_MEMLOCK"),
            "{error}"
        );
    }

    in_own_process("the_limit_on_locked_memory_explains_itself", || {
        let mapping = private_pages(32);
        let options = MapOptions::new().len(mapping.len()).locked();
        with_limit(libc::RLIMIT_MEMLOCK, 65_536, || {
            as_ordinary_user(|| {
                assert_limited(mapping.lock(..), Call::Mlock, Errno::ENOMEM);
                assert_limited(mapping.lock_on_fault(..), Call::Mlock2, Errno::ENOMEM);
                assert_limited(options.map_anonymous(), Call::Mmap, Errno::EAGAIN);
                mapping.lock(..65_536).unwrap();
                let again = private_pages(32);
                assert_limited(again.lock(..1), Call::Mlock, Errno::ENOMEM);
                mapping.unlock(..).unwrap();
                again.lock_on_fault(..65_536).unwrap();
            });
        });
        with_limit(libc::RLIMIT_MEMLOCK, 0, || {
            as_ordinary_user(|| {
                assert_limited(mapping.lock(..1), Call::Mlock, Errno::EPERM);
                assert_limited(mapping.lock_on_fault(..1), Call::Mlock2, Errno::EPERM);
                assert_limited(options.map_anonymous(), Call::Mmap, Errno::EPERM);
            });
        });
    });
}

// --- dumps and forks -------------------------------------------------------

/// The code that a child ends with: the first byte that it finds.
fn first_byte_in_child(mapping: &Mapping<Shared>) -> i32 {
    Child::fork(|| mapping.shared().load::<u8>(0).into()).code()
}

#[test]
fn a_child_finds_zeroes_instead_of_a_secret() {
    let _forking = with_forks();
    let page = page_size();
    let mut ours = private_pages(2);
    ours.fill(7);
    let ours: Mapping<Shared> = match ours.into_wiped_on_fork() {
        Ok(ours) => ours,
        Err(refused) if is_emulated() => return skip(refused.error),
        Err(refused) => panic!("{refused}"),
    };
    assert_eq!(
        (ours.len(), ours.shared().load::<u8>(2 * page - 1)),
        (2 * page, 7)
    );
    if is_emulated() {
        return skip("the emulator ignores the advice");
    }
    assert!(has_vm_flag(ours.addr(), "wf"));
    assert_eq!(first_byte_in_child(&ours), 0);
    assert_eq!(ours.shared().load::<u8>(0), 7);
    // It is memory of this process alone all the same.
    let code = Child::fork(|| {
        ours.shared().store(0, 9_u8);
        0
    });
    assert_eq!((code.code(), ours.shared().load::<u8>(0)), (0, 7));
    ours.advise(.., Hint::KeepOnFork).unwrap();
    assert_eq!(first_byte_in_child(&ours), 7);
    assert_eq!(ours.shrink(1).unwrap().shared().load::<u8>(0), 7);
}

#[test]
fn memory_with_an_object_is_not_wiped() {
    if is_emulated() {
        return skip("the emulator ignores the advice");
    }
    let memfd = Memfd::create("test", 100).unwrap().freeze().unwrap();
    let mut ours = memfd.map_private().unwrap();
    ours.fill(7);
    let ours = assert_comes_back(ours.into_wiped_on_fork(), Call::Madvise, Errno::EINVAL);
    assert_eq!(&*ours, [7; 100]);
}

#[test]
fn hints_show_in_the_mapping() {
    if is_emulated() {
        return skip("the emulator ignores most advices");
    }
    let mapping = sparse(3).map().unwrap();
    let middle = page_size()..2 * page_size();
    let shows = |flag| [0, 1, 2].map(|n| has_vm_flag(mapping.addr() + n * page_size(), flag));
    let only_middle = [false, true, false];
    mapping.advise(middle.clone(), Hint::DontDump).unwrap();
    assert_eq!(shows("dd"), only_middle);
    mapping.advise(middle.clone(), Hint::DoDump).unwrap();
    assert_eq!(shows("dd"), [false; 3]);
    // SAFETY: no child touches or drops the mapping: there is none.
    unsafe { mapping.advise_unchecked(middle.clone(), Advice::DONTFORK) }.unwrap();
    assert_eq!(shows("dc"), only_middle);
    mapping.advise(middle, Hint::DoFork).unwrap();
    assert_eq!(shows("dc"), [false; 3]);
}

// --- sealing ---------------------------------------------------------------

/// What the kernel says to whoever wants to change the range.
fn assert_stays(start: *const u8, len: usize, permissions: &str) {
    let (address, start) = (start.addr(), start.cast_mut().cast());
    // SAFETY: nobody uses the range at the moment.
    let unmapped = unsafe { mm::munmap(start, len) };
    assert_fails(unmapped, Call::Munmap, Errno::EPERM);
    // SAFETY: as above.
    let protected = unsafe { mm::mprotect(start, len, ProtFlags::NONE) };
    assert_fails(protected, Call::Mprotect, Errno::EPERM);
    let flags = MremapFlags::MAYMOVE;
    // SAFETY: as above.
    let moved = unsafe { mm::mremap(start, len, 2 * len, flags, std::ptr::null_mut()) };
    assert_fails(moved, Call::Mremap, Errno::EPERM);
    assert_eq!(maps_entry(address).unwrap().permissions, permissions);
}

#[test]
fn what_is_sealed_stays_for_good() {
    let page = page_size();
    let memfd = Memfd::create("test", 2 * page as u64).unwrap();
    memfd.map().unwrap().shared().fill(7);
    let address = memfd.map().unwrap().seal().map(|sealed| {
        assert_eq!(sealed.len(), 2 * page);
        assert_stays(sealed.as_ptr(), 2 * page, "rw-s");
        // It is `'static`: any thread may have it, for as long as it likes.
        thread::spawn(move || sealed.store(page, 9_u8))
            .join()
            .unwrap();
        sealed.as_ptr().addr()
    });
    match address {
        Ok(address) => assert!(maps_entry(address).is_some()),
        Err(refused) => {
            // The mapping was given back and dropped: nothing is left.
            assert_eq!(
                (refused.error.call(), refused.error.errno()),
                (Call::Mseal, Errno::ENOSYS)
            );
            assert!(refused.error.help().to_string().contains("6.10"));
            assert_eq!(refused.value.shared().load::<u8>(0), 7);
            refused.value.unmap().unwrap();
            return skip("a kernel before 6.10, or an emulator");
        }
    }
    let sealed = memfd.map_read_only().unwrap().seal().unwrap();
    assert_eq!((sealed.load::<u8>(0), sealed.load::<u8>(page)), (7, 9));
    assert_stays(sealed.as_ptr(), 2 * page, "r--s");

    let mut ours = private_pages(2);
    ours.fill(1);
    let sealed: &'static mut [u8] = ours.seal().unwrap();
    sealed[0] = 2;
    assert_stays(sealed.as_ptr(), 2 * page, "rw-p");
    assert!(sealed[0] == 2 && sealed[1..].iter().all(|&byte| byte == 1));

    let mut ours = MapOptions::new().len(page).map_anonymous().unwrap();
    ours.fill(3);
    let sealed: &'static [u8] = ours.into_frozen().unwrap().seal().unwrap();
    assert_stays(sealed.as_ptr(), page, "r--p");
    let start = sealed.as_ptr().cast_mut().cast();
    // SAFETY: it is refused, or this is where it shows.
    let discarded = unsafe { mm::madvise(start, page, Advice::DONTNEED) };
    assert_fails(discarded, Call::Madvise, Errno::EPERM);
    assert!(sealed.iter().all(|&byte| byte == 3));
}

#[test]
fn what_cannot_be_sealed_comes_back() {
    if is_emulated() {
        return skip("the emulator knows no filters");
    }
    for errno in [Errno::ENOSYS, Errno::EPERM, Errno::ENOMEM] {
        on_own_thread(|| {
            if !deny(SYS_mseal, 0, errno) {
                return;
            }
            let memfd = Memfd::create("test", 100).unwrap();
            let inode = memfd.stat().unwrap().ino();
            let shared = memfd.map().unwrap();
            let shared = assert_comes_back(shared.seal(), Call::Mseal, errno);
            shared.shared().fill(7);
            let address = shared.addr();
            drop(shared);
            assert!(maps_entry(address).is_none_or(|entry| entry.inode != inode));
            let reader = memfd.map_read_only().unwrap();
            let reader = assert_comes_back(reader.seal(), Call::Mseal, errno);
            assert_eq!(reader.shared().load::<u8>(99), 7);
            let ours = assert_comes_back(private_pages(1).seal(), Call::Mseal, errno);
            let frozen = ours.into_frozen().unwrap();
            let frozen = assert_comes_back(frozen.seal(), Call::Mseal, errno);
            frozen.unmap().unwrap();
        });
    }
}

#[test]
fn mseal_seals_whole_pages_of_a_range() {
    let page = page_size();
    let mapping = sparse(3).map().unwrap();
    let at = |offset| mapping.as_mut_ptr().wrapping_add(offset).cast();
    // SAFETY: the range is the test's own, which leaves it to the process's end.
    match unsafe { mm::mseal(at(page), 1) } {
        Err(error) if error == Errno::ENOSYS => return skip("a kernel before 6.10"),
        sealed => sealed.unwrap(),
    }
    for (offset, sealed) in [(0, false), (page, true), (2 * page, false)] {
        // SAFETY: nobody uses the page.
        let protected = unsafe { mm::mprotect(at(offset), page, ProtFlags::READ) };
        assert_eq!(protected.is_err(), sealed);
    }
    // SAFETY: nothing is sealed.
    let unaligned = unsafe { mm::mseal(at(1), page) };
    assert_fails(unaligned, Call::Mseal, Errno::EINVAL);
    // SAFETY: nothing is mapped there.
    let absent = unsafe { mm::mseal(std::ptr::without_provenance_mut(1 << 16), page) };
    assert_fails(absent, Call::Mseal, Errno::ENOMEM);
}

// --- huge pages ------------------------------------------------------------

/// Whether there are huge pages in the mapping, by either name.
fn gathered(address: usize) -> bool {
    ["AnonHugePages", "ShmemPmdMapped"]
        .iter()
        .any(|key| smaps(address, key) != "0 kB")
}

#[test]
fn pages_are_gathered_into_huge_ones() {
    if is_emulated() {
        return skip("the emulator ignores the advice");
    }
    // Whatever the size of a page: the largest of these are 512 MiB, too much for this.
    let len = 64 << 20;
    let memfd = Memfd::options()
        .sparse(true)
        .create("test", len as u64)
        .unwrap();
    let shared = memfd.map().unwrap();
    let mut ours = MapOptions::new().len(len).map_anonymous().unwrap();
    let fill = |at: usize| (at / page_size()) as u8;
    for at in (0..len).step_by(page_size()) {
        shared.shared().store(at, fill(at));
        ours[at] = fill(at);
    }
    for (collapsed, address) in [
        (shared.collapse(..), shared.addr()),
        (ours.collapse(..), ours.addr()),
    ] {
        match collapsed {
            Ok(()) => assert!(gathered(address)),
            Err(error) => {
                let explained = [Errno::EINVAL, Errno::ENOMEM, Errno::EAGAIN, Errno::EBUSY];
                assert_eq!(error.call(), Call::MadviseCollapse);
                assert!(explained.contains(&error.errno()), "{error}");
                assert_ne!(error.help().to_string(), error.errno().to_string());
                skip(error);
            }
        }
    }
    for at in (0..len).step_by(page_size()) {
        assert_eq!(
            (shared.shared().load::<u8>(at), ours[at]),
            (fill(at), fill(at))
        );
    }
    let small = sparse(1).map().unwrap();
    assert_fails(small.collapse(..), Call::MadviseCollapse, Errno::EINVAL);
    let outside = small.collapse(..=page_size());
    assert_fails(outside, Call::MadviseCollapse, Errno::EINVAL);
}

#[test]
fn missing_huge_pages_explain_themselves() {
    let Some(none) = HugePages::reserve(0) else {
        return;
    };
    let explained = |error: Error, call, errno, hint| {
        assert_eq!((error.call(), error.errno()), (call, errno));
        assert!(error.help().to_string().contains(hint), "{error}");
    };
    let options = MapOptions::new().len(1).huge_pages(none.size);
    let (reserve, no_memory) = ("vm.nr_hugepages", Errno::ENOMEM);
    let error = options.map_anonymous().unwrap_err();
    explained(error, Call::MmapHugetlb, no_memory, reserve);
    let options = Memfd::options().huge_pages(none.size);
    let error = options.create("test", 1).unwrap_err();
    explained(error, Call::FallocateHugetlb, Errno::ENOSPC, reserve);
    let options = Segment::options().create(true).huge_pages(none.size);
    let segment = options.open(1).map(Segment::destroy_on_drop);
    match segment.unwrap_err() {
        error if error == Errno::EPERM => explained(error, Call::Shmget, Errno::EPERM, "group"),
        error => explained(error, Call::Shmget, no_memory, reserve),
    }
    let options = Memfd::options().huge_pages(none.size).resizable(true);
    let empty = options.create("test", 0).unwrap();
    let grown = empty.resize(none.size as u64);
    assert_fails(grown, Call::FallocateHugetlb, Errno::ENOSPC);
    // What reserves nothing when it is created says so when it is mapped.
    let sparse = Memfd::options()
        .sparse(true)
        .huge_pages(none.size)
        .create("test", 1)
        .unwrap();
    let error = sparse.map().unwrap_err();
    explained(error, Call::Mmap, no_memory, "HugePages_Free");
}
