//! The life of every kind of memory, from eight processes at once, of which some are killed at
//! any moment: afterwards nothing is left.
//!
//! Runs for the time in `RAWSHM_SOAK_SECONDS`, 3 seconds unless it is set. Where it is set the
//! machine is taken to be ours, and its count of shared pages is compared as well.

#![cfg(target_os = "linux")]

mod common;
#[path = "common/peer.rs"]
mod peer;
#[path = "common/random.rs"]
mod random;

use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use common::{is_emulated, is_root, skip};
use peer::{Peer, WATCHDOG};
use random::Random;
use rawshm::fd::{AsFd as _, OwnedFd};
use rawshm::fd_passing::{self, SocketType};
use rawshm::mm::{Access, page_size};
use rawshm::shm::{self, Removal, SharedMemoryOptions};
use rawshm::slice::SharedAtomic;
use rawshm::{
    Errno, Error, FrozenMemfd, MapOptions, Mapping, Memfd, SecretMemory, Segment, Shared,
    SharedMemory, SharedSlice, sysv,
};

/// As many live at the same time.
const PROCESSES: usize = 8;

/// Objects have up to so many pages, of 4 KiB at least: the kernel has others of that size, but
/// not so many as we would leave.
const PAGES: usize = 64;

/// Names that the processes fight for.
const NAMES: usize = 6;

/// So many shared pages may be others', in bytes.
const OTHERS: u64 = 64 << 20;

impl Random {
    fn len(&mut self) -> u64 {
        ((1 + self.below(PAGES)) * page_size()) as u64
    }
}

/// A directory of objects for this test alone.
struct Arena {
    path: String,
    directory: OwnedFd,
    /// What the processes count and wait for together.
    together: Mapping<Shared>,
}

impl Arena {
    fn new() -> Self {
        let path = format!("/dev/shm/rawshm-soak-{}", process::id());
        fs::create_dir(&path).unwrap();
        let directory = shm::open_directory(&path).unwrap();
        let options = MapOptions::new().len(page_size());
        let together = options.map_shared_anonymous().unwrap();
        Self {
            path,
            directory,
            together,
        }
    }

    fn options(&self) -> SharedMemoryOptions<'_> {
        SharedMemory::options().directory(&self.directory)
    }

    fn lives(&self) -> SharedAtomic<'_, u64> {
        self.together.shared().atomic(0).unwrap()
    }

    fn bytes(&self) -> SharedAtomic<'_, u64> {
        self.together.shared().atomic(64).unwrap()
    }

    fn turn(&self) -> SharedAtomic<'_, u32> {
        self.together.shared().atomic(128).unwrap()
    }

    fn names(&self) -> Vec<Vec<u8>> {
        let list = shm::list_in(&self.directory).unwrap();
        list.map(|object| object.unwrap().name().to_vec()).collect()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The value, or nothing where another process was quicker; every other error is one.
#[track_caller]
fn unless<T>(result: Result<T, impl Into<Error>>, quicker: &[Errno]) -> Option<T> {
    match result.map_err(Into::into) {
        Ok(value) => Some(value),
        Err(error) if quicker.contains(&error.errno()) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Every word is the same: what was filled in before anybody saw it.
fn fill(slice: SharedSlice<'_>, word: u64) {
    for offset in (0..slice.len()).step_by(512) {
        slice.store(offset, word);
    }
}

fn assert_whole<A: Access>(slice: SharedSlice<'_, A>) {
    let first: u64 = slice.load(0);
    for offset in (0..slice.len()).step_by(512) {
        assert_eq!(slice.load::<u64>(offset), first, "at {offset}");
    }
}

type Life = fn(&Arena, &mut Random);

const LIVES: [Life; 10] = [
    created, published, replaced, orphaned, memfd, passed, anonymous, secret, segment, truncated,
];

fn created(arena: &Arena, random: &mut Random) {
    let name = format!("created-{}", random.below(NAMES));
    let len = random.len();
    let options = arena.options().unlink_on_drop(random.below(2) == 0);
    let Some(memory) = unless(options.create(&name, len), &[Errno::EEXIST]) else {
        let _ = unless(arena.options().unlink(&name), &[Errno::ENOENT]);
        return;
    };
    let mapping = memory.map().unwrap();
    fill(mapping.shared(), len);
    memory.resize(2 * len).unwrap();
    let mapping = mapping.remap(&memory, 2 * len as usize).unwrap();
    assert_eq!(mapping.shared().load::<u64>(0), len);
    let other = unless(
        arena.options().open(&name),
        &[Errno::ENOENT, Errno::ENODATA, Errno::EAGAIN],
    );
    drop(other.map(|other| other.map().unwrap()));
}

fn published(arena: &Arena, random: &mut Random) {
    let name = format!("published-{}", random.below(NAMES));
    let len = random.len();
    let made = arena
        .options()
        .open_or_create_with(&name, len, |slice| fill(slice, len));
    // Of another process it may be longer or shorter.
    if let Some(memory) = unless(made, &[Errno::ERANGE, Errno::EAGAIN]) {
        assert_whole(memory.map_read_only().unwrap().shared());
    }
    if random.below(4) == 0 {
        let _ = unless(arena.options().unlink(&name), &[Errno::ENOENT]);
    }
}

fn replaced(arena: &Arena, random: &mut Random) {
    let name = format!("replaced-{}", random.below(NAMES));
    let len = random.len();
    let word = random.below(usize::MAX) as u64;
    let options = arena.options();
    let memory = options
        .replace_with(&name, len, |slice| fill(slice, word))
        .unwrap();
    assert_eq!(memory.map().unwrap().shared().load::<u64>(0), word);
    // Somebody else's by now, perhaps: whole all the same.
    if let Some(memory) = unless(options.open(&name), &[Errno::ENOENT, Errno::EAGAIN]) {
        assert_whole(memory.map_read_only().unwrap().shared());
    }
}

fn orphaned(arena: &Arena, random: &mut Random) {
    let name = format!("created-{}", random.below(NAMES));
    let _ = unless(
        arena.options().remove_if_orphaned(name),
        &[Errno::ENOENT, Errno::EAGAIN],
    );
}

fn memfd(_: &Arena, random: &mut Random) {
    let len = random.len();
    let memfd = Memfd::create("soak", len).unwrap();
    let mapping = memfd.map().unwrap();
    fill(mapping.shared(), len);
    // A process that was just forked may have a copy of the mapping for a moment.
    let Ok(frozen) = memfd.freeze_with(mapping) else {
        return;
    };
    let mut private = frozen.map_private().unwrap();
    private[0] ^= 1;
    assert_eq!(frozen.map().unwrap()[0] ^ 1, private[0]);
}

fn passed(_: &Arena, random: &mut Random) {
    let memfd = Memfd::create("soak", random.len()).unwrap();
    let [ours, theirs] = fd_passing::socketpair(SocketType::SEQPACKET).unwrap();
    fd_passing::send(&ours, b"two", &[memfd.as_fd(); 2]).unwrap();
    fd_passing::send(&ours, b"lost", &[memfd.as_fd()]).unwrap();
    let (_, [first, _second]) = fd_passing::receive(&theirs, &mut [0; 8]).unwrap();
    assert_eq!(
        Memfd::try_from(first).unwrap().len().unwrap(),
        memfd.len().unwrap()
    );
    assert!(FrozenMemfd::try_from(OwnedFd::from(memfd)).is_err());
}

fn anonymous(arena: &Arena, random: &mut Random) {
    let options = MapOptions::new().len(random.len() as usize);
    let private = options.map_anonymous().unwrap();
    let private = private.resize(random.len() as usize).unwrap();
    private.prefault(..).unwrap();
    let shared = options.map_shared_anonymous().unwrap();
    fill(shared.shared(), 1);
    // Somebody waits, somebody wakes.
    let turn = arena.turn();
    let now = turn.fetch_add(1, Relaxed);
    turn.wake(1).unwrap();
    let _ = unless(
        turn.wait(now.wrapping_add(1), Some(Duration::from_millis(1))),
        &[Errno::ETIMEDOUT],
    );
}

fn secret(_: &Arena, random: &mut Random) {
    // The kernel has none, or an ordinary user may lock less.
    let Ok(secret) = SecretMemory::create(random.len()) else {
        return;
    };
    if let Ok(mapping) = secret.map() {
        fill(mapping.shared(), 1);
    }
}

fn segment(_: &Arena, random: &mut Random) {
    let segment = Segment::create(random.len() as usize)
        .unwrap()
        .destroy_on_drop();
    let mapping = segment.attach().unwrap();
    fill(mapping.shared(), 1);
    assert_whole(segment.attach_read_only().unwrap().shared());
}

fn truncated(_: &Arena, random: &mut Random) {
    let options = Memfd::options().resizable(true);
    let memfd = options.create("soak", random.len()).unwrap();
    let mapping = memfd.map().unwrap();
    memfd.resize(0).unwrap();
    let error = mapping.shared().try_store(0, 1_u8).unwrap_err();
    assert_eq!(error.errno(), Errno::EFAULT);
    assert!(mapping.check().is_err());
}

/// What this process has of its own.
#[derive(Debug, PartialEq, Eq)]
struct Held {
    descriptors: usize,
    objects_mapped: usize,
}

fn held() -> Held {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let of_an_object = |line: &&str| {
        ["/memfd:soak", "rawshm-soak", "/SYSV"]
            .iter()
            .any(|name| line.contains(name))
    };
    Held {
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        objects_mapped: maps.lines().filter(of_an_object).count(),
    }
}

/// Lives until the time is over, or until it is killed.
fn worker(arena: &Arena, seed: u64, end: Instant) {
    let mut random = Random(seed);
    let before = held();
    while Instant::now() < end {
        for _ in 0..32 {
            let life = LIVES[random.below(LIVES.len())];
            life(arena, &mut random);
        }
        arena.lives().fetch_add(32, Relaxed);
        arena
            .bytes()
            .fetch_add(32 * (PAGES / 2 * page_size()) as u64, Relaxed);
        assert_eq!(held(), before);
    }
}

/// The pages of shared memory on this machine, in bytes.
fn shared_pages() -> u64 {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let line = meminfo
        .lines()
        .find(|line| line.starts_with("Shmem:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        << 10
}

#[test]
fn nothing_is_left_of_eight_processes_and_those_that_were_killed() {
    let set = env::var("RAWSHM_SOAK_SECONDS").ok();
    let seconds: f64 = set.as_deref().map_or(3.0, |text| text.parse().unwrap());
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let pages_before = shared_pages();
    let before = held();
    let arena = Arena::new();

    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ u64::from(process::id()));
    let mut started = HashSet::new();
    let mut killed = 0;
    let mut running: Vec<(Peer, Instant, bool)> = Vec::new();
    while Instant::now() < end {
        while running.len() < PROCESSES {
            let life = Duration::from_millis(1 + random.below(300) as u64);
            let until = end.min(Instant::now() + life);
            let is_killed = random.below(3) != 0;
            let own_end = if is_killed { end + WATCHDOG } else { until };
            let seed = 1 + random.below(usize::MAX - 1) as u64;
            let peer = Peer::start(|| worker(&arena, seed, own_end));
            started.insert(peer.pid());
            running.push((peer, until, is_killed));
        }
        thread::sleep(Duration::from_millis(1));
        let now = Instant::now();
        for index in (0..running.len()).rev() {
            let (peer, until, is_killed) = &mut running[index];
            if *is_killed {
                peer.assert_lives();
            }
            if now >= *until {
                let (peer, _, is_killed) = running.swap_remove(index);
                if is_killed {
                    peer.kill();
                    killed += 1;
                } else {
                    peer.join();
                }
            }
        }
    }
    for (peer, _, is_killed) in running {
        if is_killed { peer.kill() } else { peer.join() }
    }

    let segments = remove_segments(&started);
    let names = remove_names(&arena);
    let (lives, bytes) = (arena.lives().load(Relaxed), arena.bytes().load(Relaxed));
    println!(
        "{} processes, {killed} of them killed, {lives} lives, about {} MiB; \
         {names} names and {segments} segments were left by those killed",
        started.len(),
        bytes >> 20,
    );
    assert!(lives > 0 && killed > 0);
    drop(arena);
    assert_eq!(held(), before);
    if set.is_some() {
        let deadline = Instant::now() + WATCHDOG;
        while shared_pages() > pages_before + OTHERS {
            let now = shared_pages();
            assert!(
                Instant::now() < deadline,
                "{pages_before} bytes have become {now}"
            );
            thread::sleep(Duration::from_millis(100));
        }
        println!(
            "shared pages before: {pages_before} bytes, after: {}",
            shared_pages()
        );
    }
}

/// A process that is killed between making a segment and removing it leaves it: nobody has it
/// attached, and its creator is gone.
fn remove_segments(creators: &HashSet<libc::pid_t>) -> usize {
    let mut count = 0;
    let ours = |segment: &sysv::ListedSegment| creators.contains(&segment.stat().cpid());
    for segment in sysv::list().unwrap().filter(ours) {
        assert_eq!(segment.stat().nattch(), 0, "{segment:?}");
        Segment::destroy_by_id(segment.id()).unwrap();
        count += 1;
    }
    assert_eq!(sysv::list().unwrap().filter(ours).count(), 0);
    count
}

/// Whatever has a name still: nobody holds it, and the crate's own means take it away.
fn remove_names(arena: &Arena) -> usize {
    let count = arena.names().len();
    // Temporary names go with the next object of the name that they are for.
    for index in 0..NAMES {
        for kind in ["created", "published", "replaced"] {
            let name = format!("{kind}-{index}");
            drop(arena.options().replace_with(&name, 1, |_| ()).unwrap());
        }
    }
    let left = arena.names();
    for name in &left {
        match arena.options().remove_if_orphaned(name).unwrap() {
            Removal::Removed => {}
            // The emulator, or the kernel, grants no leases.
            Removal::Unknown if is_emulated() || !is_root() => {
                skip("no lease tells whether an object is orphaned");
                arena.options().unlink(name).unwrap();
            }
            removal => panic!("{}: {removal:?}", name.escape_ascii()),
        }
    }
    assert!(arena.names().is_empty(), "{:?}", arena.names());
    let temporary = left.iter().filter(|name| name.starts_with(b".rawshm-"));
    assert_eq!(temporary.count(), 0, "a temporary name was not reclaimed");
    count
}
