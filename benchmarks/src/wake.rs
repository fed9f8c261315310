//! Round trips between two processes on two processors: one asks, the other answers.
//!
//! A forked child serves all candidates, one at a time: it is told through a pipe which one
//! is next and for how many turns.

use std::fs::File;
use std::hint::spin_loop;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::{Duration, Instant};

use rawshm::SharedSlice;
use rawshm::slice::SharedAtomic;

use crate::Result;
use crate::harness::{Bound, Candidate, Target};
use crate::machine;
use crate::memory::Memory;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "wake",
    about: "round trips between two processes against eventfd, pipe, socket",
    run: sections,
};

static AT_ONCE: Target = Target {
    text: "wake-up round trip, answered at once: at most 0.5 µs",
    bound: Bound::NanosecondsAtMost(500.0),
};
static ASLEEP: Target = Target {
    text: "wake-up round trip, both asleep: no slower than eventfd",
    bound: Bound::RatioAtLeast(1.0),
};

/// So many round trips are made in a run.
const LOT: u32 = 100;

/// Who waits longer for an answer has lost the other.
const PATIENCE_SECONDS: u32 = 10;
const PATIENCE: Duration = Duration::from_secs(PATIENCE_SECONDS as u64);

fn sections(session: &Session) -> Result<Vec<Section>> {
    let memory = Memory::new(4096)?;
    let shared = memory.shared.shared();
    let channels: [Box<dyn Channel + '_>; 7] = [
        Box::new(Words::new(|index| Ours::at(shared, index, None))?),
        Box::new(Words::new(|index| Ours::at(shared, 2 + index, Some(0)))?),
        Box::new(Words::new(|index| {
            Ok(Spinning(std_word(shared, 4 + index)))
        })?),
        Box::new(Words::new(|index| Ok(Futex(std_word(shared, 6 + index))))?),
        Box::new(Descriptors::eventfd()?),
        Box::new(Descriptors::pipe()?),
        Box::new(Descriptors::socket()?),
    ];
    // The child has the same list: a place in it is how a channel is named to it.
    let [ours, ours_asleep, spinning, futex, eventfd, pipe, socket] = [0, 1, 2, 3, 4, 5, 6];
    let processor = session.processors.other.unwrap_or(session.processors.own);
    let peer = Peer::fork(processor, &channels)?;

    let mut at_once = Section {
        title: "Wake-up, answered at once".to_owned(),
        about: "A round trip between two processes that have nothing else to do, with `wait` as \
                it is by default. *Both awake*: each batch starts when both sides spin, so that \
                `wait` finds the answer before it sleeps. *One asleep*: at the start of a batch \
                the other side first has to be woken, and the two may or may not get back to \
                finding each other awake. The loop on `AtomicU32` neither sleeps nor wakes \
                anybody, and shows what the processors need.",
        rows: Vec::new(),
    };
    // Who spins on the only processor keeps the other from answering.
    if session.processors.other.is_some() {
        for (label, rouse) in [("both awake", Some(spinning)), ("one asleep", None)] {
            let candidate = |name, index| round_trips(name, &peer, &channels, index, rouse);
            let target = rouse.map(|_| &AT_ONCE);
            let candidates = vec![
                candidate("rawshm", ours).held_to(target),
                candidate("`AtomicU32` loop", spinning),
                candidate("eventfd", eventfd),
                candidate("pipe", pipe),
                candidate("Unix socket", socket),
            ];
            session.row(&mut at_once, label, None, candidates)?;
        }
    }
    let mut asleep = Section {
        title: "Wake-up, both asleep".to_owned(),
        about: "The same with `wait_spinning` and no spins: each side sleeps in the kernel \
                until the other wakes it.",
        rows: Vec::new(),
    };
    let candidate = |name, index| round_trips(name, &peer, &channels, index, None);
    let candidates = vec![
        candidate("rawshm", ours_asleep),
        candidate("futex", futex),
        candidate("eventfd", eventfd).held_to(&ASLEEP),
        candidate("pipe", pipe),
        candidate("Unix socket", socket),
    ];
    session.row(&mut asleep, "round trip", None, candidates)?;
    Ok(vec![at_once, asleep])
}

/// Round trips on the channel of an index. Those on the channel `rouse`, before each batch,
/// make sure that the child is awake.
fn round_trips<'a>(
    name: &'static str,
    peer: &'a Peer,
    channels: &'a [Box<dyn Channel + 'a>],
    index: usize,
    rouse: Option<usize>,
) -> Candidate<'a> {
    let batch = move |iterations: u64| {
        let turns = iterations as u32 * LOT;
        let channel = &channels[index];
        let _watchdog = Watchdog::set();
        if let Some(rouse) = rouse {
            peer.order(rouse, 1)?;
        }
        // One turn more, which is not counted: the child has to begin.
        peer.order(index, turns + 1)?;
        if let Some(rouse) = rouse {
            channels[rouse].ask()?;
        }
        channel.ask()?;
        let started = Instant::now();
        for _ in 0..turns {
            channel.ask()?;
        }
        Ok(started.elapsed())
    };
    Candidate::timed(name, batch).in_lots_of(LOT)
}

/// The child, which answers. It is killed when this is dropped, or when its parent ends.
struct Peer {
    process: libc::pid_t,
    orders: UnixStream,
}

impl Peer {
    fn fork(processor: usize, channels: &[Box<dyn Channel + '_>]) -> Result<Self> {
        let (orders, theirs) = UnixStream::pair()?;
        let parent = std::process::id();
        // SAFETY: the program has no other thread here, so that the child can do all it could.
        match unsafe { libc::fork() } {
            -1 => Err(format!("fork: {}", io::Error::last_os_error()).into()),
            0 => {
                drop(orders);
                let served = catch_unwind(AssertUnwindSafe(|| {
                    die_with(parent)?;
                    machine::pin(processor)?;
                    serve(theirs, channels)
                }));
                if let Ok(Err(error)) = &served {
                    eprintln!("benchmarks: the second process: {error}");
                }
                let code = i32::from(!matches!(served, Ok(Ok(()))));
                // SAFETY: nothing of the parent's, such as its buffered output, is finished
                // a second time.
                unsafe { libc::_exit(code) }
            }
            process => Ok(Self { process, orders }),
        }
    }

    /// Lets it answer on a channel.
    fn order(&self, channel: usize, turns: u32) -> Result<()> {
        let order = ((channel as u64) << 32) | u64::from(turns);
        Ok((&self.orders).write_all(&order.to_ne_bytes())?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // SAFETY: our child, which nobody has waited for.
        unsafe { libc::kill(self.process, libc::SIGKILL) };
        // SAFETY: as above; the status is not asked for.
        unsafe { libc::waitpid(self.process, ptr::null_mut(), 0) };
    }
}

/// Has the kernel kill this process when its parent ends.
fn die_with(parent: u32) -> Result<()> {
    // SAFETY: touches no memory.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) } != 0 {
        return Err(format!("prctl: {}", io::Error::last_os_error()).into());
    }
    // It may have ended before.
    if std::os::unix::process::parent_id() != parent {
        return Err("the first process has ended".into());
    }
    Ok(())
}

/// What the child does, until there are no more orders.
fn serve(mut orders: UnixStream, channels: &[Box<dyn Channel + '_>]) -> Result<()> {
    let mut order = [0; 8];
    loop {
        match orders.read_exact(&mut order) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let order = u64::from_ne_bytes(order);
        let (channel, turns) = (&channels[(order >> 32) as usize], order as u32);
        for _ in 0..turns {
            channel.answer()?;
        }
    }
}

/// Ends the program if a batch hangs, as it may in a call that has no time limit.
struct Watchdog;

impl Watchdog {
    fn set() -> Self {
        let handler: extern "C" fn(libc::c_int) = give_up;
        // SAFETY: the handler does only what a signal handler may.
        unsafe { libc::signal(libc::SIGALRM, handler as libc::sighandler_t) };
        // SAFETY: touches no memory. Longer than the waits that end by themselves.
        unsafe { libc::alarm(2 * PATIENCE_SECONDS) };
        Self
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // SAFETY: touches no memory.
        unsafe { libc::alarm(0) };
    }
}

extern "C" fn give_up(_: libc::c_int) {
    let text = b"benchmarks: the second process does not answer\n";
    // SAFETY: the text is readable, and the call is allowed in a signal handler.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    // SAFETY: allowed in a signal handler.
    unsafe { libc::_exit(1) }
}

/// A way to ask and to answer.
trait Channel {
    /// Wakes the other side, and waits for its answer.
    fn ask(&self) -> Result<()>;
    /// Waits until the other side asks, and wakes it.
    fn answer(&self) -> Result<()>;
}

/// A number that one side counts up and the other waits for.
trait Word {
    fn get(&self) -> u32;
    fn set_and_wake(&self, value: u32) -> Result<()>;
    fn wait_while(&self, value: u32) -> Result<()>;
}

/// How often was asked, and how often answered.
struct Words<W> {
    asked: W,
    answered: W,
}

impl<W> Words<W> {
    fn new(word: impl Fn(usize) -> Result<W>) -> Result<Self> {
        Ok(Self {
            asked: word(0)?,
            answered: word(1)?,
        })
    }
}

impl<W: Word> Channel for Words<W> {
    fn ask(&self) -> Result<()> {
        let answered = self.answered.get();
        self.asked.set_and_wake(answered.wrapping_add(1))?;
        self.answered.wait_while(answered)
    }

    fn answer(&self) -> Result<()> {
        let answered = self.answered.get();
        self.asked.wait_while(answered)?;
        self.answered.set_and_wake(answered.wrapping_add(1))
    }
}

/// Where the word of an index starts: each in cache lines of its own.
fn place(index: usize) -> usize {
    256 * index
}

struct Ours<'a> {
    word: SharedAtomic<'a, u32>,
    /// `None`: as many as the crate chooses.
    spins: Option<u32>,
}

impl<'a> Ours<'a> {
    fn at(shared: SharedSlice<'a>, index: usize, spins: Option<u32>) -> Result<Self> {
        let word = shared.atomic_u32(place(index))?;
        word.store(0, Release);
        Ok(Self { word, spins })
    }
}

impl Word for Ours<'_> {
    fn get(&self) -> u32 {
        self.word.load(Acquire)
    }

    fn set_and_wake(&self, value: u32) -> Result<()> {
        self.word.store(value, Release);
        self.word.wake(1)?;
        Ok(())
    }

    fn wait_while(&self, value: u32) -> Result<()> {
        let waited = match self.spins {
            Some(spins) => self.word.wait_spinning(value, spins, Some(PATIENCE)),
            None => self.word.wait(value, Some(PATIENCE)),
        };
        waited?;
        Ok(())
    }
}

fn std_word(shared: SharedSlice<'_>, index: usize) -> &AtomicU32 {
    let word = shared.as_mut_ptr().wrapping_add(place(index)).cast();
    // SAFETY: inside, aligned, and accessed by atomics of this size alone.
    let word = unsafe { AtomicU32::from_ptr(word) };
    word.store(0, Release);
    word
}

/// Looks until the value is there, and wakes nobody.
struct Spinning<'a>(&'a AtomicU32);

impl Word for Spinning<'_> {
    fn get(&self) -> u32 {
        self.0.load(Acquire)
    }

    fn set_and_wake(&self, value: u32) -> Result<()> {
        self.0.store(value, Release);
        Ok(())
    }

    fn wait_while(&self, value: u32) -> Result<()> {
        while self.get() == value {
            spin_loop();
        }
        Ok(())
    }
}

/// The system call as it is.
struct Futex<'a>(&'a AtomicU32);

impl Futex<'_> {
    fn call(&self, operation: libc::c_int, value: u32) -> io::Result<()> {
        let timeout = libc::timespec {
            tv_sec: PATIENCE_SECONDS.into(),
            tv_nsec: 0,
        };
        let (word, timeout) = (self.0.as_ptr(), &raw const timeout);
        // SAFETY: the word is mapped, and the time readable; waking ignores it.
        match unsafe { libc::syscall(libc::SYS_futex, word, operation, value, timeout) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

impl Word for Futex<'_> {
    fn get(&self) -> u32 {
        self.0.load(Acquire)
    }

    fn set_and_wake(&self, value: u32) -> Result<()> {
        self.0.store(value, Release);
        Ok(self.call(libc::FUTEX_WAKE, 1)?)
    }

    fn wait_while(&self, value: u32) -> Result<()> {
        while self.get() == value {
            match self.call(libc::FUTEX_WAIT, value) {
                // It has changed just now.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => done?,
            }
        }
        Ok(())
    }
}

/// Two descriptors a way: one to write to, and one to read from.
struct Descriptors {
    ask: [File; 2],
    answer: [File; 2],
    /// How many bytes a message has.
    len: usize,
}

impl Descriptors {
    fn eventfd() -> Result<Self> {
        let way = || -> Result<[File; 2]> {
            // SAFETY: touches no memory.
            let file = owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) })?;
            Ok([file.try_clone()?, file])
        };
        Ok(Self {
            ask: way()?,
            answer: way()?,
            len: 8,
        })
    }

    fn pipe() -> Result<Self> {
        let way = || -> Result<[File; 2]> {
            let mut ends = [0; 2];
            // SAFETY: the kernel writes two numbers.
            let result = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
            if result != 0 {
                return Err(io::Error::last_os_error().into());
            }
            let [read, write] = ends;
            Ok([owned(write)?, owned(read)?])
        };
        Ok(Self {
            ask: way()?,
            answer: way()?,
            len: 1,
        })
    }

    fn socket() -> Result<Self> {
        let (parent, child) = UnixStream::pair()?;
        let [parent, child] = [parent, child].map(|end| File::from(OwnedFd::from(end)));
        Ok(Self {
            ask: [parent.try_clone()?, child.try_clone()?],
            answer: [child, parent],
            len: 1,
        })
    }

    fn write(&self, [mut file, _]: [&File; 2]) -> Result<()> {
        Ok(file.write_all(&1_u64.to_ne_bytes()[..self.len])?)
    }

    fn read(&self, [_, mut file]: [&File; 2]) -> Result<()> {
        Ok(file.read_exact(&mut [0; 8][..self.len])?)
    }
}

/// The descriptor that a call has returned.
fn owned(descriptor: libc::c_int) -> io::Result<File> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: open, and nobody else's.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

impl Channel for Descriptors {
    fn ask(&self) -> Result<()> {
        self.write(self.ask.each_ref())?;
        self.read(self.answer.each_ref())
    }

    fn answer(&self) -> Result<()> {
        self.read(self.ask.each_ref())?;
        self.write(self.answer.each_ref())
    }
}
