//! That the tables are complete, that each text can be reached, and that it reads as one.

use std::format;
use std::prelude::v1::*;
use std::vec;

use super::{Row, UNEXPECTED, apple, texts};
use crate::error::{Call, Error};
use crate::{Errno, error};

/// The numbers of macOS, which are data on every system.
#[path = "../sys/apple/errno.rs"]
#[allow(
    unused_imports,
    unused_macros,
    clippy::duplicate_mod,
    reason = "second names are not looked for; on macOS the crate itself has the file too"
)]
mod apple_errno;

macro_rules! names {
    ($($name:ident $number:literal $message:literal;)*) => {
        &[$(stringify!($name)),*]
    };
}

/// The names of each system, without the second ones.
const LINUX: &[&str] = crate::sys::for_each_errno!(names);
const APPLE: &[&str] = apple_errno::for_each_errno!(names);

/// What the manual's pages name, in the form that its head explains.
const MANUAL: &str = include_str!("manual.txt");

/// A page of [`MANUAL`].
struct Page {
    name: &'static str,
    calls: Vec<Call>,
    returned: Vec<&'static str>,
    others: Vec<&'static str>,
}

fn manual() -> Vec<Page> {
    let lines = MANUAL.lines().filter(|line| !line.starts_with('#'));
    let mut pages: Vec<Page> = Vec::new();
    let mut sign = None;
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some((name, calls)) = line.split_once(": ") {
            let calls = calls
                .split(", ")
                .map(|call| Call::from_name(call).expect(call));
            pages.push(Page {
                name,
                calls: calls.collect(),
                returned: vec![],
                others: vec![],
            });
            continue;
        }
        let page = pages.last_mut().unwrap();
        sign = line.chars().nth(2).filter(|sign| *sign != ' ').or(sign);
        let list = match sign {
            Some('+') => &mut page.returned,
            _ => &mut page.others,
        };
        let in_capitals = |word: &&str| !word.contains(|c: char| c.is_ascii_lowercase());
        let words = line.split([' ', '(', ')']).filter(in_capitals);
        list.extend(words.filter(|word| word.starts_with('E')));
    }
    pages
}

/// The files with the calls one to one, and what each function there is called.
const SOURCES: &[(&str, &[(&str, Call)])] = &[
    (
        include_str!("../shm/calls.rs"),
        &[("shm_open", Call::ShmOpen), ("shm_unlink", Call::ShmUnlink)],
    ),
    (
        include_str!("../memfd.rs"),
        &[
            ("memfd_create", Call::MemfdCreate),
            ("add_seals", Call::AddSeals),
            ("seals", Call::Seals),
        ],
    ),
    (
        include_str!("../secret.rs"),
        &[("memfd_secret", Call::MemfdSecret)],
    ),
    (
        include_str!("../mm/calls.rs"),
        &[
            ("mmap", Call::Mmap),
            ("munmap", Call::Munmap),
            ("mprotect", Call::Mprotect),
            ("mremap", Call::Mremap),
            ("madvise", Call::Madvise),
            ("mseal", Call::Mseal),
            ("msync", Call::Msync),
            ("mlock", Call::Mlock),
            ("mlock2", Call::Mlock2),
            ("munlock", Call::Munlock),
            ("mlockall", Call::Mlockall),
            ("munlockall", Call::Munlockall),
        ],
    ),
    (
        include_str!("../descriptor.rs"),
        &[
            ("read", Call::Read),
            ("write", Call::Write),
            ("pread", Call::Pread),
            ("pwrite", Call::Pwrite),
            ("lseek", Call::Lseek),
            ("ftruncate", Call::Ftruncate),
            ("fallocate", Call::Fallocate),
            ("fstat", Call::Fstat),
            ("fchmod", Call::Fchmod),
            ("fchown", Call::Fchown),
            ("fcntl_getfd", Call::FcntlGetfd),
            ("fcntl_setfd", Call::FcntlSetfd),
            ("fcntl_getfl", Call::FcntlGetfl),
            ("fcntl_getlease", Call::FcntlGetlease),
            ("fcntl_setlease", Call::FcntlSetlease),
            ("fcntl_setsig", Call::FcntlSetsig),
            ("dup", Call::Dup),
            ("close", Call::Close),
        ],
    ),
    (
        include_str!("../fd_passing.rs"),
        &[
            ("socketpair", Call::Socketpair),
            ("send", Call::Sendmsg),
            ("receive", Call::Recvmsg),
            ("inheritable", Call::DupInheritable),
            ("open_inherited", Call::Openat),
            ("pidfd_open", Call::PidfdOpen),
            ("pidfd_getfd", Call::PidfdGetfd),
        ],
    ),
    (
        include_str!("../futex.rs"),
        &[
            ("futex_wait", Call::FutexWait),
            ("futex_wake", Call::FutexWake),
        ],
    ),
    (
        include_str!("../sysv/calls.rs"),
        &[
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
        ],
    ),
];

/// The calls that macOS has, under the same names.
const ON_APPLE: &[Call] = &[
    Call::ShmOpen,
    Call::ShmUnlink,
    Call::Open,
    Call::Mmap,
    Call::Munmap,
    Call::Mprotect,
    Call::Madvise,
    Call::Msync,
    Call::Mlock,
    Call::Munlock,
    Call::Ftruncate,
    Call::Fstat,
    Call::Fchmod,
    Call::Fchown,
    Call::Fcntl,
    Call::FcntlGetfd,
    Call::FcntlSetfd,
    Call::FcntlGetfl,
    Call::Dup,
    Call::DupInheritable,
    Call::Close,
    Call::Read,
    Call::Write,
    Call::Pread,
    Call::Pwrite,
    Call::Lseek,
    Call::Atomic,
    Call::FutexWait,
    Call::FutexWake,
    Call::ClockGettime,
    Call::Pipe2,
    Call::Socketpair,
    Call::GetsockoptDomain,
    Call::Sendmsg,
    Call::Recvmsg,
    Call::Ftok,
    Call::Shmget,
    Call::Shmat,
    Call::Shmdt,
    Call::ShmctlIpcStat,
    Call::ShmctlIpcSet,
    Call::ShmctlIpcRmid,
    Call::Shmctl,
];

/// What a text names that macOS has not.
const OF_LINUX: &[&str] = &[
    "/proc",
    "/sys/",
    "/dev/shm",
    "Linux",
    "emfd",
    "sysctl",
    "kernel.",
    "fs.",
    "vm.",
    "CAP_",
    "Yama",
    "systemd",
    "ocker",
    "container",
    "tmpfs",
    "uge page",
    "mseal",
    " seal",
    "F_SEAL",
    "SEQPACKET",
    "namespace",
    "O_PATH",
    "dmesg",
    "strace",
    "namei",
    "fuser",
    "findmnt",
    "O_TMPFILE",
    "SHM_STAT_ANY",
    "process_vm",
    "ecret",
    "emulator",
];

/// All pairs of a table, each with its text.
fn pairs(table: &[Row]) -> Vec<(Call, &'static str, &'static str)> {
    let mut pairs = Vec::new();
    for row in table {
        for &call in row.calls {
            pairs.extend(row.errnos.iter().map(|&errno| (call, errno, row.text)));
        }
    }
    pairs
}

fn text(table: &[Row], call: Call, errno: &str) -> Option<&'static str> {
    let mut pairs = pairs(table).into_iter();
    pairs
        .find(|pair| pair.0 == call && pair.1 == errno)
        .map(|pair| pair.2)
}

/// Whether Linux's table has a text for the pair, second names of numbers included.
#[track_caller]
fn assert_has_text(call: Call, errno: &str) {
    let errno = Errno::from_name(errno).expect(errno);
    let name = errno.name().unwrap();
    assert!(text(texts::TEXTS, call, name).is_some(), "{call} {errno:?}");
}

#[test]
fn every_error_of_a_manual_page_has_a_text() {
    let pages = manual();
    let mut checked = 0;
    for page in &pages {
        for &call in &page.calls {
            for errno in &page.returned {
                assert_has_text(call, errno);
                checked += 1;
            }
        }
        let mut all = [&page.returned[..], &page.others[..]].concat();
        all.sort_unstable();
        assert!(all.windows(2).all(|two| two[0] != two[1]), "{}", page.name);
        assert!(
            all.iter().all(|errno| Errno::from_name(errno).is_some()),
            "{all:?}"
        );
    }
    assert!(checked > 350, "only {checked} pairs");
    for call in Call::ALL {
        let covered = pages.iter().any(|page| page.calls.contains(call));
        assert!(covered, "{call} is of no page");
    }
}

#[test]
fn every_documented_error_of_a_function_has_a_text() {
    let mut checked = 0;
    for (source, functions) in SOURCES {
        let mut found = 0;
        let mut documented = vec![];
        for line in source.lines().map(str::trim_start) {
            // Such as "/// - `EINTR`, `EAGAIN`: a reason.", or several reasons in a line.
            if let Some(errors) = line.strip_prefix("/// - `E") {
                let (errors, _) = errors.split_once(':').unwrap_or((errors, ""));
                let errors = format!("`E{errors}");
                documented.extend(errors.split('`').skip(1).step_by(2).map(String::from));
            }
            let function = line.split("fn ").nth(1).filter(|_| !line.starts_with("//"));
            let Some(function) = function else { continue };
            let name = function.split(['(', '<']).next().unwrap();
            let of_module = line.starts_with("pub");
            let errors = std::mem::take(&mut documented);
            let call = functions.iter().find(|(function, _)| *function == name);
            let (Some((_, call)), true) = (call, of_module) else {
                continue;
            };
            // Methods of the same name refer to other calls too.
            if found >= functions.len() || errors.is_empty() {
                continue;
            }
            found += 1;
            for errno in errors.iter().filter(|errno| !errno.contains('(')) {
                assert_has_text(*call, errno);
                checked += 1;
            }
        }
        assert_eq!(found, functions.len(), "{functions:?}");
    }
    assert!(checked > 180, "only {checked} pairs");
}

#[test]
fn no_pair_stands_twice_and_each_has_a_known_name() {
    for (table, names) in [
        (texts::TEXTS, LINUX),
        (apple::TEXTS, &[LINUX, APPLE].concat()),
    ] {
        let pairs = pairs(table);
        for (index, &(call, errno, _)) in pairs.iter().enumerate() {
            assert!(names.contains(&errno), "{call} {errno}");
            let again = pairs[..index]
                .iter()
                .any(|pair| (pair.0, pair.1) == (call, errno));
            assert!(!again, "{call} {errno} stands twice");
        }
    }
    let general = texts::GENERAL.iter().flat_map(|row| row.0.iter());
    let general: Vec<_> = general.collect();
    for (index, errno) in general.iter().enumerate() {
        assert!(LINUX.contains(errno) || APPLE.contains(errno), "{errno}");
        assert!(!general[..index].contains(errno), "{errno} stands twice");
    }
}

/// Every number that some call is known to return is explained for the other calls, too.
#[test]
fn every_number_that_one_meets_has_a_general_text() {
    for (call, errno, _) in pairs(texts::TEXTS).into_iter().chain(pairs(apple::TEXTS)) {
        let general = texts::GENERAL.iter().any(|row| row.0.contains(&errno));
        assert!(general, "{errno} of {call}");
    }
}

/// All texts that there are.
fn all_texts() -> Vec<&'static str> {
    let tables = [texts::TEXTS, apple::TEXTS].into_iter().flatten();
    let general = texts::GENERAL.iter().map(|row| row.1);
    tables
        .map(|row| row.text)
        .chain(general)
        .chain([UNEXPECTED])
        .collect()
}

#[test]
fn texts_are_at_most_three_sentences_on_one_line() {
    for text in all_texts() {
        let starts = text.chars().next().unwrap();
        assert!(starts.is_ascii_uppercase() || starts == '/', "{text}");
        assert!(text.ends_with('.') && !text.ends_with(".."), "{text}");
        assert!(
            !text.contains(['\n', '\t']) && !text.contains("  "),
            "{text}"
        );
        assert!(text.is_ascii(), "{text}");
        assert_eq!(text.matches('`').count() % 2, 0, "{text}");
        assert_eq!(
            text.matches('(').count(),
            text.matches(')').count(),
            "{text}"
        );
        assert!(
            sentences(text) <= 3,
            "{} sentences: {text}",
            sentences(text)
        );
        assert!(text.len() <= 400, "{} bytes: {text}", text.len());
    }
}

/// So that nobody changes one of two.
#[test]
fn what_is_the_same_stands_in_one_row() {
    for table in [texts::TEXTS, apple::TEXTS] {
        for (index, row) in table.iter().enumerate() {
            let same = |other: &&Row| (other.errnos, other.text) == (row.errnos, row.text);
            let again = table[..index].iter().find(same);
            assert!(again.is_none(), "{}", row.text);
        }
    }
}

/// How many sentences a text has: a full stop, or another end, before a space.
fn sentences(text: &str) -> usize {
    let ends = [". ", "? ", "! "].map(|end| text.matches(end).count());
    1 + ends.iter().sum::<usize>()
}

#[test]
fn flags_limits_and_calls_are_spelled_as_elsewhere() {
    /// Names in capitals that are no flags of this crate: the manual's, or everybody's.
    const KNOWN: &[&str] = &[
        "AF_UNIX",
        "ASLR",
        "CAP_CHOWN",
        "CAP_FOWNER",
        "CAP_IPC_LOCK",
        "CAP_LEASE",
        "CAP_SYS_ADMIN",
        "CLOCK_MONOTONIC",
        "CONFIG_TMPFS",
        "DAX",
        "FUTEX_LOCK_PI",
        "PATH",
        "PID",
        "FIFO",
        "FILE",
        "NAME",
        "NUMBER",
        "KEY",
        "ID",
        "KIB",
        "NUL",
        "POSIX",
        "RLIMIT_AS",
        "RLIMIT_FSIZE",
        "RLIMIT_MEMLOCK",
        "RLIMIT_NOFILE",
        "SIGBUS",
        "SIGIO",
        "SO_RCVTIMEO",
        "SO_SNDTIMEO",
        "PSHMNAMLEN",
        "SA_RESTART",
        "PROT_GROWSUP",
        "PROT_GROWSDOWN",
        "F_NOTIFY",
        "MCL_CURRENT",
        "MCL_FUTURE",
        "MCL_ONFAULT",
        "RDONLY",
        "REMOUNT",
        "PUNCH_HOLE",
        "SYSV",
        "MAP_LOCKED",
        "MAP_SYNC",
        "O_NOATIME",
        "O_TMPFILE",
        "O_DIRECTORY",
        "O_PATH",
        "O_NONBLOCK",
        "O_APPEND",
        "FD_CLOEXEC",
    ];
    let sources = [
        include_str!("../sys/linux/constants.rs"),
        include_str!("../mm/flags.rs"),
        include_str!("../sysv/flags.rs"),
        include_str!("../memfd.rs"),
        include_str!("../descriptor.rs"),
        include_str!("../fd_passing.rs"),
        include_str!("../sysv/calls.rs"),
    ];
    let mut misspelled = Vec::new();
    for text in all_texts() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let capitals = |word: &&str| {
            word.len() > 2
                && word.chars().all(|c| !c.is_ascii_lowercase())
                && word.chars().filter(char::is_ascii_uppercase).count() > 2
        };
        let unknown = words.filter(capitals).filter(|word| {
            !KNOWN.contains(word) && !sources.iter().any(|source| source.contains(word))
        });
        misspelled.extend(unknown);
    }
    assert!(misspelled.is_empty(), "{misspelled:?}");
    let all = all_texts().concat();
    let unused = KNOWN.iter().find(|word| !all.contains(**word));
    assert_eq!(unused, None);
}

#[test]
fn texts_that_name_linux_are_not_left_to_macos() {
    let mut left = Vec::new();
    for (call, errno, linux) in pairs(texts::TEXTS) {
        if !ON_APPLE.contains(&call) || !APPLE.contains(&errno) {
            continue;
        }
        let names_linux = OF_LINUX.iter().find(|word| linux.contains(**word));
        if let (Some(word), None) = (names_linux, text(apple::TEXTS, call, errno)) {
            left.push(format!("{call} {errno} names {word}: {linux}"));
        }
    }
    assert!(left.is_empty(), "{}\n{} left", left.join("\n"), left.len());
    for text in apple::TEXTS.iter().map(|row| row.text) {
        let linux = OF_LINUX.iter().find(|word| text.contains(**word));
        let also_there = ["sysctl", "SEQPACKET", "vm."];
        assert!(
            linux.is_none_or(|word| also_there.contains(word)),
            "{linux:?}: {text}"
        );
    }
    for (errnos, text) in texts::GENERAL {
        let linux = OF_LINUX.iter().find(|word| text.contains(**word));
        let also_there = ["container", " seal", "emulator", "namespace"];
        assert!(
            linux.is_none_or(|word| also_there.contains(word)),
            "{errnos:?} {linux:?}"
        );
    }
}

#[test]
fn help_finds_the_text_of_the_call_else_the_general_one() {
    for (call, errno, expected) in pairs(texts::TEXTS) {
        let help = Error::new(call, Errno::from_name(errno).unwrap()).help();
        assert!(help.is_of_call());
        if !cfg!(target_vendor = "apple") {
            assert_eq!(help.text(), expected);
        }
    }
    let help = Error::new(Call::Mseal, Errno::EMLINK).help();
    assert!(!help.is_of_call());
    assert_eq!(help.text(), Errno::EMLINK.help().text());
    assert!(!Errno::EMLINK.help().is_of_call());
    for unexpected in [Errno::ENOTBLK, Errno::from_raw(4095).unwrap()] {
        assert_eq!(
            Error::new(Call::Close, unexpected).help().text(),
            UNEXPECTED
        );
        assert_eq!(unexpected.help().text(), UNEXPECTED);
    }
}

/// `man` finds a page by this name; only what is no call of the kernel has none.
#[test]
fn every_call_has_a_page_of_the_manual() {
    for &call in Call::ALL {
        match call.manual_page() {
            None => assert!([Call::Open, Call::Atomic].contains(&call), "{call}"),
            Some(page) => {
                let (name, section) = page.split_once('(').unwrap();
                assert!(["2)", "3)"].contains(&section), "{page}");
                let base = call.name().split('(').next().unwrap();
                let other = ["openat", "getdents64", "pipe2"];
                assert!(name == base || other.contains(&base), "{call}: {page}");
            }
        }
        assert_eq!(Call::from_name(call.name()), Some(call));
    }
    assert_eq!(error::Call::from_name("Mmap"), None);
}
