//! Descriptors on their way to other processes, honest ones and others.

#![cfg(target_os = "linux")]

mod common;

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{array, env, fs, mem, panic, process, ptr, thread};

use rawshm::descriptor::{FallocateFlags, FdFlags, Mode, close, dup, fallocate, fchmod};
use rawshm::descriptor::{fcntl_getfd, fstat, ftruncate, pwrite};
use rawshm::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use rawshm::fd_passing::{
    ControlMessage, MAX_DESCRIPTORS, PidfdFlags, SocketType, inheritable, inherited, messages,
    pidfd_getfd, pidfd_open, receive, receive_up_to, send, socketpair,
};
use rawshm::memfd::{SealFlags, add_seals};
use rawshm::mm::{self, Advice, ProtFlags};
use rawshm::{Call, Errno, Error, FrozenMemfd, MapOptions, Mapping, Memfd, Shared};

use common::{adopt, as_ordinary_user, assert_fails, is_root, not_open, skip};

/// The kinds of sockets that are connected.
const CONNECTED: [SocketType; 2] = [SocketType::STREAM, SocketType::SEQPACKET];

fn pair(kind: SocketType) -> [OwnedFd; 2] {
    socketpair(kind).unwrap()
}

/// Memory that is told from all other by its name.
struct Named {
    memfd: Memfd,
    name: String,
}

impl Named {
    #[track_caller]
    fn new(word: &str) -> Self {
        let name = format!("{word}-{}", process::id());
        let memfd = Memfd::create(&name, 4096).unwrap();
        Self { memfd, name }
    }

    /// As many descriptors, all of this memory.
    fn times<const N: usize>(&self) -> [BorrowedFd<'_>; N] {
        [self.memfd.as_fd(); N]
    }

    /// How many descriptors of it this process has.
    fn count(&self) -> usize {
        count_descriptors(&format!("memfd:{} ", self.name))
    }

    /// There is none but our own.
    #[track_caller]
    fn assert_alone(&self) {
        assert_eq!(self.count(), 1, "descriptors of {} are left", self.name);
    }
}

/// All bytes of a mapping.
fn contents(mapping: &Mapping<Shared>) -> Vec<u8> {
    let mut bytes = vec![0; mapping.len()];
    mapping.shared().copy_to_slice(&mut bytes);
    bytes
}

/// How many descriptors this process has of files whose name contains `part`.
fn count_descriptors(part: &str) -> usize {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    entries
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|link| link.to_string_lossy().contains(part))
        .count()
}

// --- another process -------------------------------------------------------

/// Takes over a descriptor that nobody closes meanwhile.
fn taken_over(number: RawFd) -> rawshm::Result<OwnedFd> {
    // SAFETY: see above; no test relies on a number that another one may lend.
    unsafe { inherited(number) }
}

/// Tells the program that it is the peer of one test, and which descriptor is its socket.
const PEER: &str = "RAWSHM_TEST_PEER";

/// Starts a program that inherits a descriptor, whose number the command may tell it.
#[track_caller]
fn start(fd: OwnedFd, command: impl FnOnce(RawFd) -> Command) -> Child {
    // A child of another test must not get a descriptor that is not its own.
    static STARTING: Mutex<()> = Mutex::new(());

    let _one_by_one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    let lent = inheritable(fd).unwrap();
    command(lent.as_raw_fd()).spawn().unwrap()
}

/// Runs `peer` in another process and `body` here, each with one of two sockets that keep
/// messages. `test` is the whole name of the test that calls this.
///
/// An emulator may not start programs: there the peer is a thread.
#[track_caller]
fn with_peer(test: &str, peer: impl FnOnce(OwnedFd) + Send, body: impl FnOnce(OwnedFd)) {
    if let Ok(number) = env::var(PEER) {
        return peer(taken_over(number.parse().unwrap()).unwrap());
    }
    let [ours, theirs] = pair(SocketType::SEQPACKET);
    if common::is_emulated() {
        thread::scope(|scope| {
            scope.spawn(|| peer(theirs));
            body(ours);
        });
        return;
    }
    let child = start(theirs, |number| {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([test, "--exact", "--nocapture"]);
        command.env(PEER, number.to_string());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    });
    // Should it panic, the peer finds its socket closed.
    let result = panic::catch_unwind(AssertUnwindSafe(|| body(ours)));
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    if let Err(panic) = result {
        println!("the peer, {}: {text}", output.status);
        panic::resume_unwind(panic);
    }
    assert!(output.status.success(), "{}: {text}", output.status);
    assert!(text.contains("1 passed"), "no test is named {test}: {text}");
}

/// Tells the peer a word, or that we are done with something.
#[track_caller]
fn tell(socket: &OwnedFd, word: &str) {
    assert_eq!(send(socket, word.as_bytes(), &[]), Ok(word.len()));
}

/// Waits for the peer's word.
#[track_caller]
fn hear(socket: &OwnedFd) -> String {
    let mut bytes = [0; 4096];
    let (len, []) = receive(socket, &mut bytes).unwrap();
    String::from_utf8(bytes[..len].to_vec()).unwrap()
}

// --- sending and receiving -------------------------------------------------

#[test]
fn descriptors_arrive_in_another_process() {
    fn check<const N: usize>(socket: &OwnedFd) {
        let mut bytes = [0; 100];
        let (len, descriptors) = receive::<N>(socket, &mut bytes).unwrap();
        assert_eq!(&bytes[..len], format!("these are {N}").as_bytes());
        for (n, fd) in descriptors.into_iter().enumerate() {
            assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
            let mapping = Memfd::try_from(fd).unwrap().map().unwrap();
            assert_eq!(mapping.shared().load::<u64>(0), n as u64);
            mapping.shared().store(8, !(n as u64));
        }
        tell(socket, "seen");
    }
    let peer = |socket| {
        check::<0>(&socket);
        check::<1>(&socket);
        check::<3>(&socket);
        check::<MAX_DESCRIPTORS>(&socket);
    };
    with_peer("descriptors_arrive_in_another_process", peer, |socket| {
        for count in [0, 1, 3, MAX_DESCRIPTORS] {
            let memory: Vec<Memfd> = (0..count)
                .map(|_| Memfd::create("many", 16).unwrap())
                .collect();
            for (n, memfd) in memory.iter().enumerate() {
                memfd.map().unwrap().shared().store(0, n as u64);
            }
            let lent: Vec<_> = memory.iter().map(AsFd::as_fd).collect();
            let text = format!("these are {count}");
            assert_eq!(send(&socket, text.as_bytes(), &lent), Ok(text.len()));
            assert_eq!(hear(&socket), "seen");
            for (n, memfd) in memory.iter().enumerate() {
                let mapping = memfd.map_read_only().unwrap();
                assert_eq!(mapping.shared().load::<u64>(8), !(n as u64));
            }
        }
    });
}

#[test]
fn memory_means_the_same_at_another_address() {
    const LEN: usize = 1 << 20;
    let byte = |offset: usize| (offset * 31 + offset / 251) as u8;
    let peer = |socket: OwnedFd| {
        let mut address = [0; 8];
        let (_, [fd]) = receive(&socket, &mut address).unwrap();
        let theirs = usize::from_ne_bytes(address);
        let memfd = Memfd::try_from(fd).unwrap();
        let elsewhere = MapOptions::new().at(theirs ^ (1 << 36));
        let mapping = elsewhere.map_shared(memfd).unwrap();
        assert_ne!(mapping.addr(), theirs);
        let mut bytes = vec![0; LEN];
        mapping.shared().copy_to_slice(&mut bytes);
        assert!(bytes.iter().enumerate().all(|(n, b)| *b == byte(n)));
        bytes.reverse();
        mapping.shared().copy_from_slice(&bytes);
        tell(&socket, "reversed");
    };
    with_peer("memory_means_the_same_at_another_address", peer, |socket| {
        let memfd = Memfd::create("address", LEN as u64).unwrap();
        let mapping = memfd.map().unwrap();
        let mut bytes: Vec<u8> = (0..LEN).map(byte).collect();
        mapping.shared().copy_from_slice(&bytes);
        let address = mapping.addr().to_ne_bytes();
        send(&socket, &address, &[memfd.as_fd()]).unwrap();
        // What is on its way needs no descriptor of ours.
        drop(memfd);
        assert_eq!(hear(&socket), "reversed");
        bytes.reverse();
        assert_eq!(contents(&mapping), bytes);
    });
}

#[test]
fn they_arrive_over_each_kind_of_socket_in_order() {
    for kind in [SocketType::STREAM, SocketType::SEQPACKET, SocketType::DGRAM] {
        let [ours, theirs] = pair(kind);
        for socket in [&ours, &theirs] {
            assert_eq!(fcntl_getfd(socket).unwrap(), FdFlags::CLOEXEC);
        }
        let memory: [_; 5] = array::from_fn(|n| Memfd::create("order", n as u64 + 1).unwrap());
        let lent: [_; 5] = array::from_fn(|n| memory[n].as_fd());
        assert_eq!(send(&ours, b"five", &lent), Ok(4));
        let (len, received) = receive::<5>(&theirs, &mut [0; 9]).unwrap();
        let sizes = received.map(|fd| fstat(fd).unwrap().size());
        assert_eq!((len, sizes), (4, [1, 2, 3, 4, 5]));
    }
}

#[test]
fn those_that_are_not_taken_out_are_closed() {
    let named = Named::new("taken-out");
    let [ours, theirs] = pair(SocketType::SEQPACKET);
    send(&ours, b"x", &named.times::<4>()).unwrap();
    named.assert_alone();
    let (_, mut descriptors) = receive_up_to::<9>(&theirs, &mut [0; 9]).unwrap();
    assert_eq!((descriptors.len(), named.count()), (4, 5));
    let taken = descriptors.next().unwrap();
    assert_eq!(descriptors.size_hint(), (3, Some(3)));
    drop(descriptors);
    assert_eq!(named.count(), 2);
    close(taken).unwrap();
    // What nobody receives goes with the socket.
    send(&ours, b"x", &named.times::<4>()).unwrap();
    drop((ours, theirs));
    named.assert_alone();
}

#[test]
fn another_number_than_expected_is_refused_and_closed() {
    let named = Named::new("another-number");
    for kind in CONNECTED {
        let [ours, theirs] = pair(kind);
        for sent in 0..5 {
            let lent = &named.times::<5>()[..sent];
            send(&ours, b"x", lent).unwrap();
            let exact = receive::<2>(&theirs, &mut [0; 9]);
            if sent == 2 {
                drop(exact.unwrap());
            } else {
                assert_fails(exact, Call::Recvmsg, Errno::EBADMSG);
            }
            named.assert_alone();
            send(&ours, b"x", lent).unwrap();
            let at_most = receive_up_to::<2>(&theirs, &mut [0; 9]);
            if sent <= 2 {
                assert_eq!(at_most.unwrap().1.len(), sent);
            } else {
                assert_fails(at_most, Call::Recvmsg, Errno::EBADMSG);
            }
            named.assert_alone();
        }
    }
}

#[test]
fn more_than_the_kernel_carries_are_refused() {
    let named = Named::new("too-many");
    let [ours, theirs] = pair(SocketType::SEQPACKET);
    for count in [MAX_DESCRIPTORS + 1, 1000, 100_000] {
        let lent = vec![named.memfd.as_fd(); count];
        assert_fails(send(&ours, b"x", &lent), Call::Sendmsg, Errno::EINVAL);
    }
    // It is the kernel's own limit.
    let numbers = [named.memfd.as_raw_fd(); MAX_DESCRIPTORS + 1];
    let control = control_message(libc::SCM_RIGHTS, &bytes_of(&numbers));
    if !common::is_emulated() {
        let errno = raw_send(&ours, b"x", &control).unwrap_err();
        assert_eq!(errno.raw_os_error(), Some(libc::EINVAL));
    }
    // Nothing was sent.
    drop(ours);
    assert_fails(
        receive::<0>(theirs, &mut [0; 9]),
        Call::Recvmsg,
        Errno::EPIPE,
    );
}

#[test]
fn no_bytes_are_refused() {
    let named = Named::new("no-bytes");
    for kind in CONNECTED {
        let [ours, theirs] = pair(kind);
        for lent in [&named.times::<1>()[..], &[]] {
            assert_fails(send(&ours, b"", lent), Call::Sendmsg, Errno::EINVAL);
        }
        send(&ours, b"x", &named.times::<1>()).unwrap();
        let nowhere = receive::<1>(&theirs, &mut []);
        assert_fails(nowhere, Call::Recvmsg, Errno::EINVAL);
        let (len, [_]) = receive(&theirs, &mut [0; 1]).unwrap();
        assert_eq!(len, 1);
    }
}

#[test]
fn the_end_is_told_from_a_message() {
    let named = Named::new("the-end");
    for kind in CONNECTED {
        let [ours, theirs] = pair(kind);
        send(&ours, b"last", &named.times::<1>()).unwrap();
        drop(ours);
        let (len, [_]) = receive(&theirs, &mut [0; 9]).unwrap();
        assert_eq!(len, 4);
        for _ in 0..2 {
            assert_fails(
                receive::<1>(&theirs, &mut [0; 9]),
                Call::Recvmsg,
                Errno::EPIPE,
            );
            assert_fails(
                receive::<0>(&theirs, &mut [0; 9]),
                Call::Recvmsg,
                Errno::EPIPE,
            );
            let at_most = receive_up_to::<1>(&theirs, &mut [0; 9]);
            assert_fails(at_most, Call::Recvmsg, Errno::EPIPE);
        }
    }
}

#[test]
fn the_end_of_a_killed_process_is_told() {
    if common::is_emulated() {
        return skip("the emulator may not execute programs");
    }
    for kind in CONNECTED {
        let [ours, theirs] = pair(kind);
        let mut child = start(theirs, |_| {
            let mut command = Command::new("sleep");
            command.arg("1000");
            command
        });
        child.kill().unwrap();
        let nothing = receive::<1>(&ours, &mut [0; 9]);
        assert_fails(nothing, Call::Recvmsg, Errno::EPIPE);
        child.wait().unwrap();
    }
}

#[test]
fn a_closed_end_is_an_error_and_no_signal() {
    common::in_own_process("a_closed_end_is_an_error_and_no_signal", || {
        // The standard library has the signal ignored.
        // SAFETY: nothing else in this process handles signals.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        for kind in CONNECTED {
            let [ours, theirs] = pair(kind);
            drop(theirs);
            let memfd = Memfd::create("closed", 1).unwrap();
            for lent in [&[][..], &[memfd.as_fd()]] {
                assert_fails(send(&ours, b"x", lent), Call::Sendmsg, Errno::EPIPE);
            }
        }
    });
}

#[test]
fn signals_do_not_end_the_wait() {
    extern "C" fn handler(_: libc::c_int) {}

    common::in_own_process("signals_do_not_end_the_wait", || {
        // SAFETY: all zeroes are a value of the struct: no flags, SA_RESTART among them.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = handler as *const () as usize;
        // SAFETY: the handler does nothing.
        let set = unsafe { libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()) };
        assert_eq!(set, 0);
        let [ours, theirs] = pair(SocketType::SEQPACKET);
        // SAFETY: gettid touches no memory.
        let receiver = unsafe { libc::gettid() };
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..50 {
                    thread::sleep(Duration::from_millis(1));
                    let pid = process::id() as libc::pid_t;
                    // SAFETY: the signal has a handler.
                    unsafe { libc::syscall(libc::SYS_tgkill, pid, receiver, libc::SIGUSR1) };
                }
                send(&ours, b"at last", &[ours.as_fd()]).unwrap();
            });
            let (len, [_]) = receive(&theirs, &mut [0; 9]).unwrap();
            assert_eq!(len, 7);
        });
    });
}

#[test]
fn a_message_that_is_cut_is_an_error_and_its_descriptors_are_closed() {
    let named = Named::new("cut");
    let [ours, theirs] = pair(SocketType::SEQPACKET);
    send(&ours, b"0123456789", &named.times::<2>()).unwrap();
    send(&ours, b"next", &named.times::<1>()).unwrap();
    let cut = receive::<2>(&theirs, &mut [0; 9]);
    assert_fails(cut, Call::Recvmsg, Errno::EMSGSIZE);
    named.assert_alone();
    let (len, [_]) = receive(&theirs, &mut [0; 4]).unwrap();
    assert_eq!(len, 4);
}

#[test]
fn a_stream_keeps_descriptors_with_the_first_of_their_bytes() {
    let named = Named::new("stream");
    let [ours, theirs] = pair(SocketType::STREAM);
    send(&ours, b"0123456789", &named.times::<1>()).unwrap();
    send(&ours, b"next", &named.times::<2>()).unwrap();
    let mut bytes = [0; 6];
    let (len, [_]) = receive(&theirs, &mut bytes).unwrap();
    assert_eq!(&bytes[..len], b"012345");
    // The rest comes before the next message's descriptors, or with them.
    let mut bytes = [0; 100];
    let (len, descriptors) = receive_up_to::<2>(&theirs, &mut bytes).unwrap();
    assert!(
        b"6789next".starts_with(&bytes[..len]),
        "{:?}",
        &bytes[..len]
    );
    assert_eq!(descriptors.len(), if len > 4 { 2 } else { 0 });
}

#[test]
fn sockets_that_do_not_block_say_so() {
    let [ours, theirs] = pair(SocketType::STREAM);
    // SAFETY: FIONBIO reads one int.
    let set = |fd: &OwnedFd| unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &1) };
    assert_eq!((set(&ours), set(&theirs)), (0, 0));
    assert_fails(
        receive::<0>(&theirs, &mut [0; 9]),
        Call::Recvmsg,
        Errno::EAGAIN,
    );
    let bytes = vec![b'x'; 1 << 20];
    let named = Named::new("nonblocking");
    let mut sent = 0;
    let error = loop {
        match send(&ours, &bytes, &named.times::<3>()) {
            Ok(len) => {
                assert!((1..=bytes.len()).contains(&len));
                sent += len;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.call(), error.errno()),
        (Call::Sendmsg, Errno::EAGAIN)
    );
    let mut buffer = vec![0; bytes.len()];
    let (mut received, mut descriptors) = (0, 0);
    while received < sent {
        let (len, more) = receive_up_to::<3>(&theirs, &mut buffer).unwrap();
        received += len;
        descriptors += more.len();
    }
    assert_eq!((received, descriptors % 3), (sent, 0));
    assert!(descriptors > 0);
    named.assert_alone();
}

#[test]
fn what_is_no_unix_socket_is_refused() {
    let named = Named::new("no-socket");
    let lent = named.times::<1>();
    assert_fails(
        send(&named.memfd, b"x", &lent),
        Call::GetsockoptDomain,
        Errno::ENOTSOCK,
    );
    assert_fails(
        send(&named.memfd, b"x", &[]),
        Call::Sendmsg,
        Errno::ENOTSOCK,
    );
    assert_fails(
        receive::<1>(&named.memfd, &mut [0; 9]),
        Call::Recvmsg,
        Errno::ENOTSOCK,
    );
    assert_fails(send(not_open(), b"x", &[]), Call::Sendmsg, Errno::EBADF);
    assert_fails(
        receive::<0>(not_open(), &mut [0; 9]),
        Call::Recvmsg,
        Errno::EBADF,
    );
    let [ours, theirs] = pair(SocketType::SEQPACKET);
    let closed = [named.memfd.as_fd(), not_open()];
    assert_fails(send(&ours, b"x", &closed), Call::Sendmsg, Errno::EBADF);
    drop(ours);
    assert_fails(
        receive::<1>(theirs, &mut [0; 9]),
        Call::Recvmsg,
        Errno::EPIPE,
    );

    // The kernel would send the byte and drop the descriptor.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let sender = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut receiver, _) = listener.accept().unwrap();
    let sender = adopt(sender);
    assert_fails(
        send(&sender, b"x", &lent),
        Call::Sendmsg,
        Errno::EAFNOSUPPORT,
    );
    assert_eq!(send(&sender, b"y", &[]), Ok(1));
    drop(sender);
    let mut text = String::new();
    receiver.read_to_string(&mut text).unwrap();
    assert_eq!(text, "y");
}

#[test]
fn a_socket_that_is_not_connected_says_so() {
    let lone = adopt(std::os::unix::net::UnixDatagram::unbound().unwrap());
    assert_fails(send(&lone, b"x", &[]), Call::Sendmsg, Errno::ENOTCONN);
    let unknown = socketpair(SocketType::from_raw(77));
    assert!(unknown.is_err_and(|error| error.call() == Call::Socketpair));
}

#[test]
fn too_many_on_their_way_are_refused() {
    common::in_own_process("too_many_on_their_way_are_refused", || {
        as_ordinary_user(|| {
            let named = Named::new("on-their-way");
            let [ours, theirs] = pair(SocketType::SEQPACKET);
            common::with_limit(libc::RLIMIT_NOFILE, 300, || {
                let lent = named.times::<MAX_DESCRIPTORS>();
                let error = (0..10).find_map(|_| send(&ours, b"x", &lent).err());
                assert_eq!(error.unwrap().errno(), Errno::ETOOMANYREFS);
            });
            drop((ours, theirs));
            named.assert_alone();
        });
    });
}

#[test]
fn a_receiver_without_room_for_descriptors_loses_none_of_them() {
    common::in_own_process(
        "a_receiver_without_room_for_descriptors_loses_none_of_them",
        || {
            let named = Named::new("no-room");
            let [ours, theirs] = pair(SocketType::SEQPACKET);
            let highest = fs::read_dir("/proc/self/fd")
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .map(|name| name.parse::<u64>().unwrap())
                .max();
            let full = highest.unwrap() + 1;
            for (room, sent) in [(0, 1), (0, 253), (1, 2), (3, 5), (7, 253)] {
                let lent = &named.times::<MAX_DESCRIPTORS>()[..sent];
                send(&ours, b"x", lent).unwrap();
                common::with_limit(libc::RLIMIT_NOFILE, full + room, || {
                    // What numbers are free below the highest is filled first.
                    let fill: Vec<_> = std::iter::repeat_with(|| dup(&ours))
                        .take_while(|fd| fd.as_ref().is_ok_and(|fd| (fd.as_raw_fd() as u64) < full))
                        .collect();
                    let received = receive_up_to::<MAX_DESCRIPTORS>(&theirs, &mut [0; 9]);
                    drop(fill);
                    assert_fails(received, Call::Recvmsg, Errno::EMFILE);
                });
                named.assert_alone();
            }
            // With room for all there is no error.
            send(&ours, b"x", &named.times::<3>()).unwrap();
            let (_, [_, _, _]) = receive(&theirs, &mut [0; 9]).unwrap();
        },
    );
}

// --- other control messages ------------------------------------------------

/// A control message as the macros of libc lay it out.
fn control_message(kind: libc::c_int, data: &[u8]) -> Vec<u8> {
    // SAFETY: CMSG_SPACE only calculates.
    let space = unsafe { libc::CMSG_SPACE(data.len() as u32) } as usize;
    // SAFETY: so does CMSG_LEN.
    let len = unsafe { libc::CMSG_LEN(data.len() as u32) } as usize;
    let mut bytes = vec![0; space];
    bytes[..8].copy_from_slice(&len.to_ne_bytes());
    bytes[8..12].copy_from_slice(&libc::SOL_SOCKET.to_ne_bytes());
    bytes[12..16].copy_from_slice(&kind.to_ne_bytes());
    bytes[16..len].copy_from_slice(data);
    bytes
}

fn bytes_of(numbers: &[RawFd]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

/// Sends with any control data.
fn raw_send(socket: &OwnedFd, bytes: &[u8], control: &[u8]) -> io::Result<usize> {
    // The macros want it aligned.
    let mut aligned = vec![0_u64; control.len().div_ceil(8)];
    let places = aligned.iter_mut().zip(control.chunks(8));
    for (place, part) in places {
        let mut word = [0; 8];
        word[..part.len()].copy_from_slice(part);
        *place = u64::from_ne_bytes(word);
    }
    let mut data = libc::iovec {
        iov_base: bytes.as_ptr().cast_mut().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: all zeroes are a value of the struct.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = &mut data;
    message.msg_iovlen = 1;
    message.msg_control = aligned.as_mut_ptr().cast();
    message.msg_controllen = control.len();
    // SAFETY: the message points to what lives as long.
    match unsafe { libc::sendmsg(socket.as_raw_fd(), &message, 0) } {
        -1 => Err(io::Error::last_os_error()),
        len => Ok(len as usize),
    }
}

/// Switches an option of a socket on; false if the kernel does not know it.
fn switch_on(socket: &OwnedFd, option: libc::c_int) -> bool {
    let one: libc::c_int = 1;
    // SAFETY: setsockopt reads one int.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            ptr::from_ref(&one).cast(),
            size_of_val(&one) as u32,
        )
    };
    set == 0
}

#[test]
fn credentials_do_not_disturb() {
    let named = Named::new("credentials");
    for kind in CONNECTED {
        let [ours, theirs] = pair(kind);
        assert!(switch_on(&theirs, libc::SO_PASSCRED));
        send(&ours, b"x", &named.times::<253>()).unwrap();
        let (_, received) = receive::<253>(&theirs, &mut [0; 9]).unwrap();
        assert_eq!(named.count(), 254);
        drop(received);
        send(&ours, b"x", &[]).unwrap();
        let (_, []) = receive(&theirs, &mut [0; 9]).unwrap();

        // Sent by the peer's own wish, before and after the descriptors.
        // SAFETY: getuid touches no memory.
        let uid = unsafe { libc::getuid() };
        // SAFETY: nor does getgid.
        let gid = unsafe { libc::getgid() };
        let credentials = [process::id(), uid, gid].map(u32::to_ne_bytes).concat();
        let credentials = control_message(libc::SCM_CREDENTIALS, &credentials);
        let one = bytes_of(&[named.memfd.as_raw_fd()]);
        let rights = control_message(libc::SCM_RIGHTS, &one);
        for control in [
            [&credentials[..], &rights, &rights].concat(),
            [&rights[..], &credentials, &rights].concat(),
        ] {
            raw_send(&ours, b"x", &control).unwrap();
            let (_, [_, _]) = receive(&theirs, &mut [0; 9]).unwrap();
            raw_send(&ours, b"x", &control).unwrap();
            let one = receive::<1>(&theirs, &mut [0; 9]);
            assert_fails(one, Call::Recvmsg, Errno::EBADMSG);
            named.assert_alone();
        }
    }
}

#[test]
fn a_pidfd_that_comes_unasked_is_closed() {
    /// Linux 6.5.
    const SO_PASSPIDFD: libc::c_int = 76;
    common::in_own_process("a_pidfd_that_comes_unasked_is_closed", || {
        let named = Named::new("unasked");
        let [ours, theirs] = pair(SocketType::SEQPACKET);
        if !switch_on(&theirs, SO_PASSPIDFD) {
            return skip("a kernel before 6.5 has no SO_PASSPIDFD");
        }
        for sent in 0..4 {
            send(&ours, b"x", &named.times::<4>()[..sent]).unwrap();
            let (_, descriptors) = receive_up_to::<9>(&theirs, &mut [0; 9]).unwrap();
            assert_eq!(descriptors.len(), sent);
            drop(descriptors);
            assert_eq!(count_descriptors("pidfd"), 0);
            named.assert_alone();
        }
    });
}

mod control_data {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Walks as libc's macros do.
    fn walk_with_libc(control: &[u8]) -> Vec<(i32, i32, Vec<u8>)> {
        let mut aligned = vec![0_u64; control.len().div_ceil(8)];
        for (place, part) in aligned.iter_mut().zip(control.chunks(8)) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            *place = u64::from_ne_bytes(word);
        }
        // SAFETY: all zeroes are a value of the struct.
        let mut message: libc::msghdr = unsafe { mem::zeroed() };
        message.msg_control = aligned.as_mut_ptr().cast();
        message.msg_controllen = control.len();
        let mut found = Vec::new();
        // SAFETY: the message has a buffer of this length.
        let mut next = unsafe { libc::CMSG_FIRSTHDR(&message) };
        while !next.is_null() {
            // SAFETY: the macro points into the buffer, which is aligned.
            let header = unsafe { *next };
            let len = header.cmsg_len - 16;
            // SAFETY: as above.
            let data = unsafe { libc::CMSG_DATA(next) };
            // SAFETY: only messages that are whole are walked in this way.
            let data = unsafe { std::slice::from_raw_parts(data, len) };
            found.push((header.cmsg_level, header.cmsg_type, data.to_vec()));
            // SAFETY: as above.
            next = unsafe { libc::CMSG_NXTHDR(&message, next) };
        }
        found
    }

    /// The same rules, written as offsets: where the data start and end.
    fn walk_naively(control: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut at = 0_u128;
        while at + 16 <= control.len() as u128 {
            let start = at as usize;
            let len = u64::from_ne_bytes(control[start..start + 8].try_into().unwrap());
            let len = u128::from(len);
            if len < 16 || at + len > control.len() as u128 {
                break;
            }
            found.push((start + 16, start + len as usize));
            at += len.div_ceil(8) * 8;
        }
        found
    }

    fn offsets(control: &[u8]) -> Vec<(usize, usize)> {
        let start = control.as_ptr().addr();
        messages(control)
            .map(|message| {
                let at = message.data.as_ptr().addr() - start;
                (at, at + message.data.len())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn whole_messages_are_found_as_libc_finds_them(
            list in vec((any::<i32>(), any::<i32>(), vec(any::<u8>(), 0..50)), 0..8),
        ) {
            let mut control = Vec::new();
            for (level, kind, data) in &list {
                let mut bytes = control_message(*kind, data);
                bytes[8..12].copy_from_slice(&level.to_ne_bytes());
                control.extend(bytes);
            }
            let found: Vec<_> = messages(&control)
                .map(|ControlMessage { level, kind, data, .. }| (level, kind, data.to_vec()))
                .collect();
            prop_assert_eq!(&found, &list);
            prop_assert_eq!(walk_with_libc(&control), list);
        }

        #[test]
        fn any_bytes_are_taken_apart_safely(control in vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(offsets(&control), walk_naively(&control));
        }

        /// Lengths near those that are right, and those that overflow.
        #[test]
        fn malformed_lengths_end_the_messages(
            lens in vec(prop_oneof![
                0..64_u64,
                Just(u64::MAX),
                Just(u64::MAX - 7),
                Just(1 << 63),
                any::<u64>(),
            ], 0..12),
            len in 0..200_usize,
        ) {
            let mut control: Vec<u8> = lens
                .iter()
                .flat_map(|len| [*len, u64::from_ne_bytes([1, 0, 0, 0, 1, 0, 0, 0]), 7])
                .flat_map(u64::to_ne_bytes)
                .collect();
            control.resize(len.min(control.len()), 0);
            prop_assert_eq!(offsets(&control), walk_naively(&control));
        }
    }

    #[test]
    fn the_end_is_the_end() {
        let control = control_message(1, &[1, 2, 3]);
        // A buffer that ends with the data, without the padding, as the kernel fills it.
        for len in 19..=control.len() {
            let mut found = messages(&control[..len]);
            assert_eq!(found.next().unwrap().data, [1, 2, 3]);
            assert!(found.next().is_none() && found.next().is_none());
        }
        for len in 0..19 {
            assert_eq!(messages(&control[..len]).count(), 0, "{len} bytes");
        }
    }
}

// --- descriptors that arrive from others -----------------------------------

#[test]
fn a_peer_that_could_shrink_is_refused_at_the_door() {
    let peer = |socket: OwnedFd| {
        // Not sealed: shrunk as soon as somebody has it.
        let resizable = Memfd::options().resizable(true).create("hostile", 8192);
        let resizable = resizable.unwrap();
        send(&socket, b"trust me", &[resizable.as_fd()]).unwrap();
        resizable.resize(0).unwrap();
        assert_eq!(hear(&socket), "refused");

        let sealed = Memfd::create("hostile", 8192).unwrap();
        send(&socket, b"trust me", &[sealed.as_fd()]).unwrap();
        assert_eq!(hear(&socket), "mapped");
        assert_fails(ftruncate(&sealed, 0), Call::Ftruncate, Errno::EPERM);
        assert_fails(sealed.resize(0), Call::Ftruncate, Errno::EPERM);
        tell(&socket, "tried");
    };
    with_peer(
        "a_peer_that_could_shrink_is_refused_at_the_door",
        peer,
        |socket| {
            let (_, [fd]) = receive(&socket, &mut [0; 9]).unwrap();
            let refused = Memfd::try_from(fd).unwrap_err();
            assert_eq!(refused.error.missing(), SealFlags::SHRINK);
            assert_fails(Err::<(), _>(refused), Call::Seals, Errno::EPERM);
            tell(&socket, "refused");

            let (_, [fd]) = receive(&socket, &mut [0; 9]).unwrap();
            let mapping = Memfd::try_from(fd).unwrap().map().unwrap();
            tell(&socket, "mapped");
            assert_eq!(hear(&socket), "tried");
            assert_eq!(mapping.shared().load::<u8>(8191), 0);
        },
    );
}

#[test]
fn freezing_waits_for_the_mapping_of_another_process() {
    let peer = |socket: OwnedFd| {
        let (_, [fd]) = receive(&socket, &mut [0; 9]).unwrap();
        let mapping = Memfd::try_from(fd).unwrap().map_read_only().unwrap();
        tell(&socket, "mapped");
        assert_eq!(hear(&socket), "refused");
        assert_eq!(mapping.shared().load::<u32>(4), 7);
        drop(mapping);
        tell(&socket, "unmapped");
        let (_, [fd]) = receive(&socket, &mut [0; 9]).unwrap();
        let frozen = FrozenMemfd::try_from(fd).unwrap();
        assert_eq!(frozen.map().unwrap()[4..8], 8_u32.to_ne_bytes());
        tell(&socket, "read");
    };
    with_peer(
        "freezing_waits_for_the_mapping_of_another_process",
        peer,
        |socket| {
            let named = Named::new("frozen");
            send(&socket, b"x", &named.times::<1>()).unwrap();
            // Far from where the threads of other tests map.
            let address = 0x20_0000_0000;
            let place = MapOptions::new().exactly_at(address);
            let mapping = place.map_shared(&named.memfd).unwrap();
            mapping.shared().store(4, 7_u32);
            assert_eq!(hear(&socket), "mapped");
            let refused = named.memfd.freeze_with(mapping).unwrap_err();
            assert_eq!(
                (refused.error.call(), refused.error.errno()),
                (Call::AddSeals, Errno::EBUSY)
            );
            assert!(refused.error.help().to_string().contains("read-only"));
            let mapping = refused.value.mapping.expect("its place is free");
            assert_eq!((mapping.addr(), mapping.len()), (address, 4096));
            assert_eq!(mapping.shared().load::<u32>(4), 7);
            tell(&socket, "refused");
            assert_eq!(hear(&socket), "unmapped");
            mapping.shared().store(4, 8_u32);
            // A child that another test forks has a copy of our mapping until it executes.
            let (mut memfd, mut mapping) = (refused.value.memfd, mapping);
            let frozen = loop {
                match memfd.freeze_with(mapping) {
                    Ok(frozen) => break frozen,
                    Err(refused) => {
                        assert!(refused.error == Errno::EBUSY);
                        thread::sleep(Duration::from_millis(10));
                        memfd = refused.value.memfd;
                        mapping = refused.value.mapping.unwrap();
                    }
                }
            };
            assert!(common::maps_entry(address).is_none_or(|entry| entry.permissions != "rw-s"));
            send(&socket, b"x", &[frozen.as_fd()]).unwrap();
            assert_eq!(hear(&socket), "read");
        },
    );
}

// --- read-only for good ----------------------------------------------------

/// What came of each way to change memory through a descriptor.
fn attack(fd: &OwnedFd) -> Vec<(&'static str, Result<(), Error>)> {
    let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let mut results = vec![
        ("mmap", MapOptions::new().map_shared(fd).map(drop)),
        ("pwrite", pwrite(fd, b"!", 0).map(drop)),
        (
            "write",
            rawshm::descriptor::write(dup(fd).unwrap(), b"!").map(drop),
        ),
        ("shrink", ftruncate(fd, 1)),
        ("grow", ftruncate(fd, 1 << 20)),
        ("punch", fallocate(fd, hole, 0, 4096)),
        (
            "reserve",
            fallocate(fd, FallocateFlags::empty(), 0, 1 << 20),
        ),
    ];
    let mapping = MapOptions::new().map_read_only(fd).unwrap();
    let place = mapping.as_ptr().cast_mut().cast();
    // SAFETY: `mapping` is read as shared memory, if at all.
    let result = unsafe { mm::mprotect(place, 4096, ProtFlags::READ | ProtFlags::WRITE) };
    results.push(("mprotect", result));
    // The emulator takes every advice, and does nothing.
    if !common::is_emulated() {
        // SAFETY: as above.
        let result = unsafe { mm::madvise(place, 4096, Advice::REMOVE) };
        results.push(("madvise", result));
    }
    results
}

/// The descriptor anew, for reading and writing.
fn reopen_for_writing(fd: &OwnedFd) -> io::Result<OwnedFd> {
    let path = format!("/proc/thread-self/fd/{}", fd.as_raw_fd());
    let file = fs::File::options().read(true).write(true).open(path);
    file.map(adopt)
}

#[track_caller]
fn assert_defended(fd: &OwnedFd) {
    for (way, result) in attack(fd) {
        assert!(result.is_err(), "{way} succeeded");
    }
}

/// Runs the attacks of `peer` in another process, on memory whose writer keeps it mapped.
#[track_caller]
fn attacked(test: &str, hand_out: fn(&Memfd) -> OwnedFd, peer: impl Fn(OwnedFd) + Send + Sync) {
    let serve = |socket: OwnedFd| {
        let (_, [fd]) = receive(&socket, &mut [0; 9]).unwrap();
        peer(fd);
        tell(&socket, "tried");
    };
    with_peer(test, serve, |socket| {
        let memfd = Memfd::create("attacked", 8192).unwrap();
        let mapping = memfd.map().unwrap();
        mapping.shared().fill(7);
        let handed_out = hand_out(&memfd);
        send(&socket, b"look", &[handed_out.as_fd()]).unwrap();
        assert_eq!(hear(&socket), "tried");
        assert_eq!(memfd.len().unwrap(), 8192);
        assert_eq!(contents(&mapping), [7; 8192]);
        // The writer still writes, and readers see it.
        mapping.shared().store(0, 9_u8);
        let reader = MapOptions::new().map_read_only(&handed_out).unwrap();
        assert_eq!(reader.shared().load::<u8>(0), 9);
    });
}

/// Whether the kernel has the seal.
fn has_future_write() -> bool {
    let memfd = Memfd::create("probe", 1).unwrap();
    let known = add_seals(&memfd, SealFlags::FUTURE_WRITE).is_ok();
    if !known {
        skip("a kernel before 5.1 has no F_SEAL_FUTURE_WRITE");
    }
    known
}

#[test]
fn nobody_becomes_a_writer_after_the_seal() {
    if !has_future_write() {
        return;
    }
    let hand_out = |memfd: &Memfd| {
        memfd.refuse_new_writers().unwrap();
        // Open for reading and writing as it is.
        dup(memfd).unwrap()
    };
    attacked("nobody_becomes_a_writer_after_the_seal", hand_out, |fd| {
        let expected = SealFlags::FUTURE_WRITE | SealFlags::SHRINK;
        let attack_all = || {
            assert_defended(&fd);
            for (way, result) in attack(&fd) {
                let errno = result.unwrap_err().errno();
                let mapped = matches!(way, "mprotect" | "madvise");
                assert!(mapped || errno == Errno::EPERM, "{way}: {errno}");
            }
            let again = add_seals(&fd, SealFlags::WRITE);
            assert_fails(again, Call::AddSeals, Errno::EBUSY);
            match reopen_for_writing(&fd) {
                Ok(reopened) => assert_defended(&reopened),
                Err(error) => assert!(!is_root(), "{error}"),
            }
            let copy = dup(&fd).unwrap();
            let memfd = Memfd::from_fd(copy, expected).unwrap();
            assert_fails(memfd.map(), Call::Mmap, Errno::EPERM);
        };
        attack_all();
        // Once set, no owner and no mode takes it back.
        let _ = fchmod(&fd, Mode::RWXU | Mode::RWXG | Mode::RWXO);
        attack_all();
        as_ordinary_user(attack_all);
    });
}

#[test]
fn a_descriptor_reopened_for_reading_defends_against_other_users() {
    let hand_out = |memfd: &Memfd| memfd.reopen_read_only().unwrap();
    let test = "a_descriptor_reopened_for_reading_defends_against_other_users";
    attacked(test, hand_out, |fd| {
        assert_defended(&fd);
        assert_fails(
            add_seals(&fd, SealFlags::SEAL),
            Call::AddSeals,
            Errno::EPERM,
        );
        if !is_root() {
            // The same user: only the mode is in the way, and the owner may change it.
            let refused = reopen_for_writing(&fd).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
            return;
        }
        as_ordinary_user(|| {
            assert_defended(&fd);
            let refused = reopen_for_writing(&fd).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
            assert_fails(fchmod(&fd, Mode::RWXO), Call::Fchmod, Errno::EPERM);
            let refused = reopen_for_writing(&fd).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        });
    });
}

/// What the documentation warns of is so: else the warning may go.
#[test]
fn the_same_user_can_reopen_for_writing() {
    as_ordinary_user(|| {
        let memfd = Memfd::create("same-user", 4096).unwrap();
        let before = memfd.stat().unwrap().mode().permissions();
        let handed_out = memfd.reopen_read_only().unwrap();
        assert_eq!(fcntl_getfd(&handed_out).unwrap(), FdFlags::CLOEXEC);
        let after = memfd.stat().unwrap().mode().permissions();
        let write = Mode::WUSR | Mode::WGRP | Mode::WOTH;
        assert_eq!((before & write, after), (write, before.difference(write)));
        assert!(reopen_for_writing(&handed_out).is_err());
        fchmod(&handed_out, before).unwrap();
        let reopened = reopen_for_writing(&handed_out).unwrap();
        assert_eq!(pwrite(reopened, b"!", 0), Ok(1));
        // Ours went on writing all the time, and could hand out more.
        assert_eq!(memfd.map().unwrap().shared().load::<u8>(0), b'!');
        assert_defended(&memfd.reopen_read_only().unwrap());
    });
}

#[test]
fn only_the_owner_reopens() {
    if !is_root() {
        return skip("all memory is of this user");
    }
    let memfd = Memfd::create("owner", 4096).unwrap();
    as_ordinary_user(|| {
        let refused = memfd.reopen_read_only();
        assert_fails(refused, Call::Fchmod, Errno::EPERM);
    });
    memfd.reopen_read_only().unwrap();
    as_ordinary_user(|| drop(memfd.reopen_read_only().unwrap()));
}

// --- inheritance -----------------------------------------------------------

#[test]
fn a_number_is_inherited_once() {
    let test = "a_number_is_inherited_once";
    let peer = |socket: OwnedFd| {
        // `with_peer` has taken it over; the socket is another number.
        let Ok(number) = env::var(PEER) else { return };
        let number: RawFd = number.parse().unwrap();
        assert_ne!(socket.as_raw_fd(), number);
        assert_eq!(fcntl_getfd(&socket).unwrap(), FdFlags::CLOEXEC);
        assert_fails(taken_over(number), Call::FcntlGetfd, Errno::EINVAL);
        // No further program inherits it.
        let inner = Command::new("ls").arg("-l").arg("/proc/self/fd").output();
        let listed = String::from_utf8(inner.unwrap().stdout).unwrap();
        assert!(listed.contains("pipe:"), "{listed}");
        assert!(!listed.contains("socket:"), "{listed}");
        tell(&socket, "done");
    };
    if common::is_emulated() {
        return skip("the emulator may not execute programs");
    }
    with_peer(test, peer, |socket| assert_eq!(hear(&socket), "done"));
}

#[test]
fn only_what_every_program_inherits_is_taken_over() {
    let named = Named::new("taken-over");
    // Opened by this process, and nobody's but its owner's.
    let ours = taken_over(named.memfd.as_raw_fd());
    assert_fails(ours, Call::FcntlGetfd, Errno::EINVAL);
    named.assert_alone();
    for number in [-1, i32::MIN, i32::MAX] {
        assert_fails(taken_over(number), Call::FcntlGetfd, Errno::EBADF);
    }
    assert_fails(inheritable(not_open()), Call::DupInheritable, Errno::EBADF);

    let lent = inheritable(&named.memfd).unwrap();
    assert_eq!(fcntl_getfd(&lent).unwrap(), FdFlags::empty());
    assert_eq!(fcntl_getfd(&named.memfd).unwrap(), FdFlags::CLOEXEC);
    let taken = taken_over(lent.as_raw_fd()).unwrap();
    assert_eq!(fcntl_getfd(&taken).unwrap(), FdFlags::CLOEXEC);
    assert_eq!(
        fstat(&taken).unwrap().ino(),
        named.memfd.stat().unwrap().ino()
    );
    assert_eq!(named.count(), 3);
    // The number is still its owner's, to close.
    assert_fails(
        taken_over(lent.as_raw_fd()),
        Call::FcntlGetfd,
        Errno::EINVAL,
    );
    close(lent).unwrap();
    assert_eq!(named.count(), 2);
}

#[test]
fn standard_streams_stay_as_they_are() {
    common::in_own_process("standard_streams_stay_as_they_are", || {
        for number in 0..=2 {
            for _ in 0..2 {
                let copy = taken_over(number).unwrap();
                assert!(copy.as_raw_fd() > 2);
                assert_eq!(fcntl_getfd(&copy).unwrap(), FdFlags::CLOEXEC);
            }
        }
        let child = Command::new("echo").arg("a child prints").output().unwrap();
        assert_eq!(child.stdout, b"a child prints\n");
        io::stdout().flush().unwrap();
    });
}

// --- pidfd -----------------------------------------------------------------

/// A descriptor of a process, or `None` with the reason printed.
fn open_process(pid: u32) -> Option<OwnedFd> {
    match pidfd_open(pid as i32, PidfdFlags::empty()) {
        Ok(fd) => Some(fd),
        Err(error) if error == Errno::ENOSYS => {
            skip(error.help());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The call is there and allowed, or the reason is printed.
fn is_possible(result: &Result<OwnedFd, Error>) -> bool {
    let Err(error) = result else { return true };
    let missing = *error == Errno::ENOSYS;
    // A container's filter, or Yama.
    let denied = *error == Errno::EPERM && !is_root();
    if missing || denied {
        skip(error.help());
    }
    !missing && !denied
}

#[test]
fn a_descriptor_is_taken_from_another_process() {
    let peer = |socket: OwnedFd| {
        let memfd = Memfd::create("theirs", 100).unwrap();
        memfd.map().unwrap().shared().store(4, 77_u32);
        // Yama lets a child's parent do it; where it asks more, this allows all.
        // SAFETY: PR_SET_PTRACER touches no memory.
        unsafe { libc::prctl(libc::PR_SET_PTRACER, -1_i64 as libc::c_ulong) };
        let (pid, number) = (process::id(), memfd.as_raw_fd());
        tell(&socket, &format!("{pid} {number}"));
        assert_eq!(hear(&socket), "taken");
    };
    with_peer(
        "a_descriptor_is_taken_from_another_process",
        peer,
        |socket| {
            let text = hear(&socket);
            let (pid, number) = text.split_once(' ').unwrap();
            if let Some(process) = open_process(pid.parse().unwrap()) {
                assert_eq!(fcntl_getfd(&process).unwrap(), FdFlags::CLOEXEC);
                let fd = pidfd_getfd(&process, number.parse().unwrap());
                if is_possible(&fd) {
                    let fd = fd.unwrap();
                    assert_eq!(fcntl_getfd(&fd).unwrap(), FdFlags::CLOEXEC);
                    let mapping = Memfd::try_from(fd).unwrap().map().unwrap();
                    assert_eq!(mapping.shared().load::<u32>(4), 77);
                    for number in [-1, i32::MAX] {
                        let none = pidfd_getfd(&process, number);
                        assert_fails(none, Call::PidfdGetfd, Errno::EBADF);
                    }
                }
            }
            tell(&socket, "taken");
        },
    );
}

#[test]
fn a_process_that_may_not_be_traced_keeps_its_descriptors() {
    // Process 1 is root's, and so are we or not.
    as_ordinary_user(|| {
        let Some(process) = open_process(1) else {
            return;
        };
        match pidfd_getfd(process, 0) {
            Err(error) if error == Errno::ENOSYS => skip(error.help()),
            result => assert_fails(result, Call::PidfdGetfd, Errno::EPERM),
        }
    });
}

#[test]
fn pidfds_say_why_not() {
    let Some(own) = open_process(process::id()) else {
        return;
    };
    for pid in [0, -1, i32::MIN] {
        let none = pidfd_open(pid, PidfdFlags::empty());
        assert_fails(none, Call::PidfdOpen, Errno::EINVAL);
    }
    // Beyond the largest number that a process can have.
    let none = pidfd_open(i32::MAX, PidfdFlags::empty());
    assert_fails(none, Call::PidfdOpen, Errno::ESRCH);
    let unknown = pidfd_open(process::id() as i32, PidfdFlags::from_bits_retain(1));
    assert_fails(unknown, Call::PidfdOpen, Errno::EINVAL);
    let memfd = Memfd::create("no-process", 1).unwrap();
    let no_process = pidfd_getfd(&memfd, 0);
    if is_possible(&pidfd_getfd(&own, memfd.as_raw_fd())) {
        assert_fails(no_process, Call::PidfdGetfd, Errno::EBADF);
        assert_fails(pidfd_getfd(not_open(), 0), Call::PidfdGetfd, Errno::EBADF);
    }
    if common::is_emulated() {
        return;
    }
    let mut child = Command::new("true").spawn().unwrap();
    let ended = open_process(child.id()).unwrap();
    child.wait().unwrap();
    let gone = pidfd_getfd(ended, 0);
    if is_possible(&gone) {
        assert_fails(gone, Call::PidfdGetfd, Errno::ESRCH);
    }
}
