//! Runs the examples as their user would, and checks what they print and leave behind.
//!
//! `cargo test` builds them beside the tests. `cargo test --test examples` alone does not: it
//! runs what `cargo build --examples` has built last.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

#[path = "common/programs.rs"]
mod programs;

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Child, Command, Stdio};

use programs::{NOBODY, Run, TempDir, example, run, spawn, try_run, unique};
use rawshm::{Mapping, Segment, Shared, SharedMemory};

/// The kinds of memory that `roundtrip` can share.
const MEMORIES: [&str; 3] = ["posix", "memfd", "sysv"];

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Where `roundtrip` maps first.
const FIRST_ADDRESS: &str = "0x2000000000";

mod roundtrip {
    use super::*;

    #[test]
    fn shares_the_readme_without_arguments() {
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        let run = run(&mut roundtrip);
        run.succeeded();
        run.agreed(&Count::of_file(README));
        let name = format!("rawshm-roundtrip-{}", run.pid);
        assert!(run.stdout.contains(&name), "{run:?}");
        assert!(!exists(&name), "{name} is left");
    }

    #[test]
    fn shares_the_readme_in_each_kind_of_memory() {
        for memory in MEMORIES {
            share(memory, &[], &Count::of_file(README));
        }
    }

    #[test]
    fn shares_an_empty_file() {
        shares_in_each_kind_of_memory(b"");
    }

    #[test]
    fn shares_a_file_that_fills_its_pages() {
        // With the header, which takes 64 bytes.
        shares_in_each_kind_of_memory(&[b'x'; (2 << 16) - 64]);
    }

    #[test]
    fn shares_a_file_without_a_last_newline() {
        shares_in_each_kind_of_memory(b"\n two\twords\r\n\0 \xff");
    }

    #[test]
    fn shares_a_big_file() {
        shares_in_each_kind_of_memory(&big_text());
    }

    fn shares_in_each_kind_of_memory(contents: &[u8]) {
        let directory = TempDir::new();
        let file = directory.file("text", contents);
        let expected = Count::of(contents);
        for memory in MEMORIES {
            share(memory, &[&file], &expected);
        }
    }

    /// Runs it with these arguments: both processes count this, at one address, and nothing
    /// is left. `None` with a printed reason if that cannot be here.
    #[track_caller]
    fn share(memory: &str, arguments: &[&OsStr], expected: &Count) -> Option<Run> {
        let name = Name::unique();
        let mut roundtrip = example("roundtrip")?;
        roundtrip.args(["--memory", memory]);
        let shown = match memory {
            "sysv" => "System V segment",
            _ => name.as_str(),
        };
        if memory != "sysv" {
            roundtrip.args(["--name", name.as_str()]);
        }
        let run = run(roundtrip.args(arguments));
        name.assert_gone();
        run.assert_no_segment_left();
        for obstacle in [
            "only with the crate's feature `std`",
            "no space left (ENOSPC)",
        ] {
            if run.stderr.contains(obstacle) {
                run.failed(obstacle);
                println!("skipped: {}", run.stderr);
                return None;
            }
        }
        run.succeeded();
        run.agreed(expected);
        assert!(run.stdout.contains(shown), "{run:?}");
        Some(run)
    }

    #[test]
    fn agrees_on_another_address_if_it_is_taken_in_the_parent() {
        for memory in MEMORIES {
            let Some(run) = share_occupied(memory, "parent") else {
                return;
            };
            let parent = run.processes()[0];
            assert!(parent.contains("occupied"), "{run:?}");
            assert!(parent.contains("refused"), "{run:?}");
            // The second process never hears of it.
            assert_eq!(run.processes().len(), 3, "{run:?}");
            assert!(!run.processes()[1].contains(FIRST_ADDRESS), "{run:?}");
        }
    }

    #[test]
    fn agrees_on_another_address_if_it_is_taken_in_the_second_process() {
        for memory in MEMORIES {
            let Some(run) = share_occupied(memory, "second") else {
                return;
            };
            // Parent, second process, parent, second process again, parent.
            assert_eq!(run.processes().len(), 5, "{run:?}");
            let first = run.processes()[1];
            assert!(first.contains("occupied"), "{run:?}");
            assert!(first.contains("refused"), "{run:?}");
        }
    }

    fn share_occupied(memory: &str, process: &str) -> Option<Run> {
        let arguments = ["--occupy".as_ref(), process.as_ref()];
        let run = share(memory, &arguments, &Count::of_file(README))?;
        assert_ne!(run.followed_pointer(), "0x2000000040", "{run:?}");
        Some(run)
    }

    #[test]
    fn maps_where_it_is_told_to() {
        for memory in MEMORIES {
            let arguments = ["--address", "0x2800000000", "--", README].map(OsStr::new);
            let Some(run) = share(memory, &arguments, &Count::of_file(README)) else {
                return;
            };
            assert_eq!(run.followed_pointer(), "0x2800000040", "{run:?}");
        }
    }

    #[test]
    fn prints_its_usage() {
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        let run = run(roundtrip.arg("--help"));
        run.succeeded();
        assert!(run.stdout.contains("Usage: roundtrip"), "{run:?}");
    }

    /// Runs it with these arguments: it fails, tells so in one line that contains this, and
    /// leaves nothing behind.
    #[track_caller]
    fn fails(arguments: &[&OsStr], message: &str) {
        let name = Name::unique();
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        let run = run(roundtrip.args(["--name", name.as_str()]).args(arguments));
        run.failed(message);
        name.assert_gone();
    }

    #[test]
    fn refuses_a_missing_file() {
        fails(
            &["/no/such/file".as_ref()],
            "\"/no/such/file\": No such file",
        );
    }

    #[test]
    fn refuses_a_directory() {
        let directory = TempDir::new();
        fails(&[directory.path.as_ref()], "it is a directory");
    }

    #[test]
    fn refuses_what_is_not_a_file() {
        fails(&["/dev/zero".as_ref()], "it is not a regular file");
    }

    #[test]
    fn refuses_a_file_that_changes_its_size() {
        // It has a size of 0, and more than that to read.
        fails(&["/proc/version".as_ref()], "changed its size");
    }

    #[test]
    fn leaves_no_segment_if_it_fails() {
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        // It fails with the segment attached: this file has more to read than its size says.
        let run = run(roundtrip.args(["--memory", "sysv", "/proc/version"]));
        run.failed("changed its size");
        assert!(run.stdout.contains("mapped"), "{run:?}");
        run.assert_no_segment_left();
    }

    #[test]
    fn refuses_a_name_for_a_segment() {
        fails(&["--memory".as_ref(), "sysv".as_ref()], "has no name");
    }

    #[test]
    fn refuses_arguments_that_it_does_not_know() {
        fails(&["--bogus".as_ref()], "unknown option \"--bogus\"");
        fails(
            &["--memory".as_ref(), "paper".as_ref()],
            "--memory \"paper\"",
        );
        fails(&["--occupy".as_ref(), "all".as_ref()], "--occupy \"all\"");
        fails(
            &["--address".as_ref(), "here".as_ref()],
            "--address \"here\"",
        );
        fails(
            &["--address".as_ref(), "0x1".as_ref()],
            "a multiple of the page size",
        );
        fails(&["--address".as_ref()], "--address needs a value");
        fails(&["one".as_ref(), "two".as_ref()], "\"two\"");
    }

    #[test]
    fn refuses_an_address_that_cannot_be() {
        if is_emulated() {
            println!("skipped: to user-mode qemu such an address is one that is taken");
            return;
        }
        let address = "0xfffffffffffff000";
        fails(&["--address".as_ref(), address.as_ref()], address);
    }

    #[test]
    fn refuses_a_name_that_cannot_be() {
        fails(&["--name".as_ref(), "a/b".as_ref()], "\"a/b\"");
    }

    #[test]
    fn refuses_a_name_that_exists_and_leaves_it() {
        let name = Name::unique();
        let object = name.create(4096);
        object.shared().fill(7);
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        let run = run(roundtrip.args(["--name", name.as_str()]));
        run.failed(name.as_str());
        assert!(run.stderr.contains("EEXIST"), "{run:?}");
        let theirs = SharedMemory::open(name.as_str()).unwrap().map().unwrap();
        let mut contents = vec![0; theirs.len()];
        theirs.shared().copy_to_slice(&mut contents);
        assert_eq!(contents, [7; 4096]);
    }

    #[test]
    fn refuses_a_file_without_permission() {
        let directory = TempDir::new();
        let file = directory.file("secret", b"text");
        fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        let name = Name::unique();
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        if File::open(&file).is_ok() {
            // Nothing is secret to root: let somebody else try.
            let program = directory.path.join("roundtrip");
            fs::copy(roundtrip.get_program(), &program).unwrap();
            fs::set_permissions(&directory.path, Permissions::from_mode(0o755)).unwrap();
            roundtrip = Command::new(program);
            roundtrip.uid(NOBODY).gid(NOBODY);
        }
        roundtrip.args(["--name", name.as_str()]).arg(&file);
        match try_run(&mut roundtrip) {
            Ok(run) => run.failed("Permission denied"),
            Err(error) => println!("skipped: cannot run it as an ordinary user: {error}"),
        }
        name.assert_gone();
    }

    #[test]
    fn tells_if_the_second_process_is_killed() {
        let directory = TempDir::new();
        let file = directory.file("text", &big_text());
        for _ in 0..10 {
            let name = Name::unique();
            let Some(mut roundtrip) = example("roundtrip") else {
                return;
            };
            roundtrip.args(["--name", name.as_str()]).arg(&file);
            let mut running = Running::start(&mut roundtrip);
            let Some(line) = running.read_until("second process, pid ") else {
                println!("skipped: it failed before: {:?}", running.finish());
                return;
            };
            kill(line.rsplit(' ').next().unwrap());
            let run = running.finish();
            if run.code != Some(0) {
                run.failed("was killed by signal 9");
                name.assert_gone();
                return;
            }
            // It was faster than we.
            name.assert_gone();
        }
        panic!("the second process has always ended before it was killed");
    }

    #[test]
    fn second_process_refuses_other_memory() {
        let name = Name::unique();
        let _object = name.create(4096);
        second_fails(&["posix", name.as_str()], "not the memory of a roundtrip");
        let segment = Segment::create(4096).unwrap().destroy_on_drop();
        second_fails(
            &["sysv", &segment.id().to_string()],
            "not the memory of a roundtrip",
        );
    }

    #[test]
    fn second_process_refuses_a_segment_that_is_gone() {
        let segment = Segment::create(4096).unwrap().destroy_on_drop();
        let id = segment.id().to_string();
        segment.destroy().unwrap();
        second_fails(&["sysv", &id], "cannot open System V segment");
    }

    #[test]
    fn second_process_refuses_a_descriptor_that_it_did_not_inherit() {
        second_fails(&["memfd", "777"], "cannot use the inherited descriptor 777");
        // It inherits its standard input, which is no memory.
        second_fails(&["memfd", "0"], "cannot use the inherited descriptor 0");
    }

    #[test]
    fn second_process_refuses_memory_without_room_for_a_header() {
        let name = Name::unique();
        let _object = name.create(1);
        second_fails(&["posix", name.as_str()], "not the memory of a roundtrip");
    }

    #[test]
    fn second_process_refuses_a_pointer_that_leads_out() {
        const MAGIC: u64 = u64::from_be_bytes(*b"rawshm:1");
        let name = Name::unique();
        let object = name.create(4096);
        for (address, len) in [
            (0, 1),
            (0x1f_ffff_ffff, 1),
            (0x20_0000_0000, 4097),
            (0x20_0000_1000, 1),
            (0x20_0000_0001, usize::MAX),
        ] {
            object.shared().store(0, MAGIC);
            object.shared().store::<usize>(8, address);
            object.shared().store::<usize>(16, len);
            second_fails(&["posix", name.as_str()], "leads out of the memory");
        }
    }

    #[test]
    fn second_process_refuses_other_arguments() {
        for arguments in [
            &["--second"][..],
            &["--second", "posix", "name"],
            &["--second", "paper", "name", FIRST_ADDRESS],
            &["--second", "memfd", "three", FIRST_ADDRESS],
            &["--second", "sysv", "three", FIRST_ADDRESS],
        ] {
            let Some(mut roundtrip) = example("roundtrip") else {
                return;
            };
            run(roundtrip.args(arguments)).failed("--second is for the parent");
        }
    }

    /// The second process fails with this memory: the kind, and its name or number.
    #[track_caller]
    fn second_fails(memory: &[&str; 2], message: &str) {
        let Some(mut roundtrip) = example("roundtrip") else {
            return;
        };
        roundtrip.arg("--second").args(memory).arg(FIRST_ADDRESS);
        run(&mut roundtrip).failed(message);
    }
}

mod errno {
    use super::*;

    #[test]
    fn explains_an_error_for_a_call() {
        explains(
            &["ENOSPC", "shm_open"],
            "\
shm_open: no space left (ENOSPC)
  /dev/shm holds as many files as it may; their sizes do not matter here. `df -i
  /dev/shm` shows the limit. Remove what is left over, or raise it: `mount -o
  remount,nr_inodes=NUMBER /dev/shm`.
  See shm_open(3).
",
        );
    }

    #[test]
    fn explains_an_error_by_its_number() {
        let text = "\
29: not seekable (ESPIPE)
  A pipe or socket has no positions. See what the descriptor really is.

More with a call:
  fallocate, pread, pwrite, lseek
";
        for argument in ["29", "-29", "ESPIPE", "espipe"] {
            explains(&[argument], text);
        }
    }

    #[test]
    fn explains_what_no_call_is_known_to_return() {
        let text = [
            "A driver, a file system, a security",
            "look into the system's log",
        ];
        for (arguments, first, last) in [
            (
                &["ENOTBLK"][..],
                "15: not a block device (ENOTBLK)",
                "`dmesg`).",
            ),
            (
                &["4095", "mseal"],
                "mseal: error number 4095",
                "See mseal(2).",
            ),
        ] {
            let Some(run) = errno(arguments) else { return };
            run.succeeded();
            let one_line = run.stdout.replace("\n ", "");
            assert!(one_line.starts_with(first), "{run:?}");
            assert!(one_line.trim_end().ends_with(last), "{run:?}");
            assert!(text.iter().all(|part| one_line.contains(part)), "{run:?}");
        }
    }

    /// Commands with one meaning are explained together, and one alone is not mixed with others.
    #[test]
    fn explains_an_error_for_each_command_of_a_call() {
        let Some(run) = errno(&["EIDRM", "shmctl"]) else {
            return;
        };
        run.succeeded();
        let heads: Vec<&str> = run
            .stdout
            .lines()
            .filter(|line| line.contains("(EIDRM)"))
            .collect();
        assert_eq!(
            heads,
            [
                "shmctl(IPC_STAT), shmctl(IPC_SET), shmctl(IPC_RMID), shmctl(SHM_LOCK), \
                 shmctl(SHM_UNLOCK), shmctl: identifier removed (EIDRM)",
                "shmctl(SHM_STAT), shmctl(SHM_STAT_ANY): identifier removed (EIDRM)"
            ],
            "{run:?}"
        );
        let one = errno(&["EIDRM", "shmctl(SHM_STAT)"]).unwrap();
        one.succeeded();
        assert!(
            one.stdout.starts_with("shmctl(SHM_STAT): identifier"),
            "{one:?}"
        );
        assert_eq!(one.stdout.lines().count(), 4, "{one:?}");
    }

    #[test]
    fn lists_all_errors() {
        let Some(list) = errno(&["--list"]) else {
            return;
        };
        list.succeeded();
        assert!(list.stdout.starts_with("  1  EPERM "), "{list:?}");
        let last = "133  EHWPOISON        memory page has a hardware error\n";
        assert!(list.stdout.ends_with(last), "{list:?}");
        assert_eq!(list.stdout.lines().count(), 131, "{list:?}");
    }

    #[test]
    fn every_call_that_it_lists_is_explained() {
        let Some(calls) = errno(&["--calls"]) else {
            return;
        };
        calls.succeeded();
        // Starting so many programs takes an emulator minutes.
        let step = if is_emulated() { 10 } else { 1 };
        for call in calls.stdout.lines().step_by(step) {
            let run = errno(&["EINVAL", call]).unwrap();
            run.succeeded();
            let head = run.stdout.lines().next().unwrap();
            assert!(head.contains(call), "{run:?}");
            assert!(head.ends_with(": invalid argument (EINVAL)"), "{run:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_known_and_suggests_what_is() {
        for (arguments, message) in [
            (
                &["ENOSP"][..],
                "\"ENOSP\"; do you mean one of ENOSPC, ENOSR?",
            ),
            (&["EINVL"], "do you mean EINVAL?"),
            (
                &["EFOOBAR"],
                "\"EFOOBAR\"; --list prints those that there are",
            ),
            (&["0"], "0 is not an error number; they go from 1 to 4095"),
            (&["-2147483648"], "is not an error number"),
            (&["4096", "mmap"], "4096 is not an error number"),
            (&["EINVAL", "shmopen"], "do you mean shm_open?"),
            (&["EINVAL", "seal"], "do you mean mseal?"),
            (
                &["EINVAL", "fork"],
                "\"fork\"; --calls prints those that there are",
            ),
            (&["EINVAL", ""], "no call is named \"\""),
            (&["EINVAL", "mmap", "munmap"], "\"munmap\" is more than"),
            (&["--bogus"], "unknown option \"--bogus\""),
            (&[], "which error?"),
        ] {
            let Some(run) = errno(arguments) else { return };
            run.failed(message);
        }
    }

    #[test]
    fn prints_its_usage() {
        let Some(run) = errno(&["--help"]) else {
            return;
        };
        run.succeeded();
        assert!(run.stdout.contains("Usage: errno"), "{run:?}");
    }

    /// Nothing of the texts is in a program that never asks for help.
    #[test]
    fn others_that_never_ask_carry_no_text() {
        let carries = |name: &str| {
            let text = b"Start the program that creates it first";
            let program = example(name)?;
            let program = fs::read(program.get_program()).unwrap();
            Some(program.windows(text.len()).any(|window| window == text))
        };
        if let Some(carries_texts) = carries("errno") {
            assert!(carries_texts);
            for name in ["host", "guest", "roundtrip", "shmls"] {
                assert_eq!(carries(name), Some(false), "{name}");
            }
        }
    }

    #[track_caller]
    fn explains(arguments: &[&str], expected: &str) {
        if let Some(run) = errno(arguments) {
            run.succeeded();
            assert_eq!(run.stdout, expected);
        }
    }

    #[track_caller]
    fn errno(arguments: &[&str]) -> Option<Run> {
        Some(run(example("errno")?.args(arguments)))
    }
}

mod host_and_guest {
    use super::*;

    #[test]
    fn exchange_a_question_and_an_answer() {
        let name = Name::unique();
        let Some(mut host) = start_host(&name) else {
            return;
        };
        let guest = run_guest(&name).unwrap();
        guest.succeeded();
        let question = format!("sequence number 42 of pid {}", host.pid());
        assert!(guest.stdout.contains(&question), "{guest:?}");

        let host = host.finish();
        host.succeeded();
        let answer = format!("sequence number 43 of pid {}: \"Greetings", guest.pid);
        assert!(host.stdout.contains(&answer), "{host:?}");
        name.assert_gone();
    }

    #[test]
    fn host_gives_up_without_a_guest() {
        let name = Name::unique();
        let Some(mut host) = example("host") else {
            return;
        };
        let run = run(host.args(["--timeout", "0.1", "--name", name.as_str()]));
        run.failed("no guest has answered within 0.1 seconds");
        name.assert_gone();
    }

    #[test]
    fn host_leaves_the_memory_of_another() {
        let name = Name::unique();
        let Some(first) = start_host(&name) else {
            return;
        };
        let mut second = example("host").unwrap();
        let run = run(second.args(["--name", name.as_str()]));
        run.failed("another host has it");
        assert!(exists(name.as_str()));
        drop(first);
    }

    #[test]
    fn guest_fails_without_a_host() {
        let name = Name::unique();
        let Some(run) = run_guest(&name) else {
            return;
        };
        run.failed("is the host running?");
        name.assert_gone();
    }

    #[test]
    fn guest_refuses_other_memory() {
        for len in [1, 4096] {
            let name = Name::unique();
            let _object = name.create(len);
            let Some(run) = run_guest(&name) else {
                return;
            };
            run.failed("there is no question");
        }
    }

    #[test]
    fn second_guest_finds_the_question_answered() {
        let name = Name::unique();
        // As a host leaves it that has been killed in the moment of the answer.
        let object = name.create(256);
        object.shared().store(8, 43_u32);
        object.shared().store(0, u64::from_be_bytes(*b"rawshm:2"));
        let Some(run) = run_guest(&name) else {
            return;
        };
        run.failed("another guest has answered before");
    }

    #[test]
    fn host_refuses_a_text_that_is_too_long() {
        let name = Name::unique();
        let Some(mut host) = start_host(&name) else {
            return;
        };
        let object = SharedMemory::open(name.as_str()).unwrap().map().unwrap();
        object.shared().store(20, u32::MAX);
        object.shared().store(8, 43_u32);
        host.finish()
            .failed("the guest claims a text of 4294967295 bytes");
        name.assert_gone();
    }

    #[test]
    fn refuse_arguments_that_they_do_not_know() {
        for program in ["host", "guest"] {
            for (arguments, message) in [
                (&["--bogus"][..], "unknown argument \"--bogus\""),
                (&["--name"], "--name needs a value"),
                (&["--name", "a/b"], "\"a/b\""),
            ] {
                let Some(mut program) = example(program) else {
                    return;
                };
                run(program.args(arguments)).failed(message);
            }
        }
        for seconds in ["soon", "-1", "inf", "NaN"] {
            let mut host = example("host").unwrap();
            run(host.args(["--timeout", seconds])).failed("not a number of seconds");
        }
    }

    #[test]
    fn print_their_usage() {
        for program in ["host", "guest"] {
            let Some(mut command) = example(program) else {
                return;
            };
            let run = run(command.arg("--help"));
            run.succeeded();
            assert!(run.stdout.contains(&format!("Usage: {program}")), "{run:?}");
        }
    }

    /// Starts a host, and returns when it is ready for a guest.
    fn start_host(name: &Name) -> Option<Running> {
        let mut host = example("host")?;
        let mut host = Running::start(host.args(["--timeout", "20", "--name", name.as_str()]));
        let line = host.read_until("cargo run --example guest").unwrap();
        assert!(
            line.ends_with(&format!(" -- --name {}", name.as_str())),
            "{line}"
        );
        Some(host)
    }

    fn run_guest(name: &Name) -> Option<Run> {
        let mut guest = example("guest")?;
        Some(run(guest.args(["--name", name.as_str()])))
    }
}

// ---- Running ----

impl Run {
    /// Both processes of a round trip have counted this, at one address.
    #[track_caller]
    fn agreed(&self, expected: &Count) {
        assert_eq!(self.row("parent"), expected.row(), "{self:?}");
        assert_eq!(self.row("second"), expected.row(), "{self:?}");
        assert!(self.stdout.contains("They agree."), "{self:?}");
        assert_eq!(
            self.last_mapped("parent"),
            self.last_mapped("second"),
            "{self:?}"
        );
    }

    /// What the table says of one process.
    #[track_caller]
    fn row(&self, process: &str) -> Vec<&str> {
        self.stdout
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|fields| fields.len() == 5 && fields[0] == process)
            .unwrap_or_else(|| panic!("no row of {process}: {self:?}"))
            .split_off(1)
    }

    /// The parts of the output, each of one process, which names itself first.
    fn processes(&self) -> Vec<&str> {
        let parts = self.stdout.split("\n\n");
        parts.filter(|part| part.contains(", pid ")).collect()
    }

    /// Where one process has mapped the memory in the end.
    #[track_caller]
    fn last_mapped(&self, process: &str) -> &str {
        let parts = self.processes();
        let lines = parts.iter().filter(|part| part.starts_with(process));
        lines
            .flat_map(|part| part.lines())
            .filter_map(|line| line.strip_prefix("  mapped    at "))
            .next_back()
            .unwrap_or_else(|| panic!("{process} has mapped nothing: {self:?}"))
    }

    /// The pointer that the second process has followed.
    #[track_caller]
    fn followed_pointer(&self) -> &str {
        let mut lines = self.stdout.lines();
        let line = lines.find(|line| line.starts_with("  followed"));
        let (_, rest) = line.unwrap().split_once(" the pointer ").unwrap();
        rest.split(' ').next().unwrap()
    }
}

/// A program whose output is read while it runs; it is killed when this is dropped.
struct Running {
    child: Child,
    stdout: BufReader<process::ChildStdout>,
    read: String,
}

impl Running {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(command).unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            stdout,
            read: String::new(),
        }
    }

    fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads until a line that contains this, and returns it; `None` if there is none.
    fn read_until(&mut self, text: &str) -> Option<String> {
        loop {
            let start = self.read.len();
            if self.stdout.read_line(&mut self.read).unwrap() == 0 {
                return None;
            }
            let line = self.read[start..].trim_end();
            if line.contains(text) {
                return Some(line.to_owned());
            }
        }
    }

    /// Waits until it ends.
    fn finish(&mut self) -> Run {
        self.stdout.read_to_string(&mut self.read).unwrap();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        pipe.read_to_string(&mut stderr).unwrap();
        Run {
            pid: self.child.id(),
            code: self.child.wait().unwrap().code(),
            stdout: self.read.clone(),
            stderr,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills a process that is not our child; the shell needs no other program for that.
fn kill(pid: &str) {
    let mut shell = Command::new("sh");
    let status = shell
        .args(["-c", "kill -KILL \"$0\"", pid])
        .stderr(Stdio::null());
    // It may have ended already.
    let _ = status.status().unwrap();
}

// ---- What is shared ----

/// The name of an object for one test, removed when the test ends.
struct Name(String);

impl Name {
    fn unique() -> Self {
        Self(unique("rawshm-test-examples"))
    }

    fn as_str(&self) -> &str {
        &self.0
    }

    fn create(&self, len: u64) -> Mapping<Shared> {
        SharedMemory::create(&self.0, len).unwrap().map().unwrap()
    }

    #[track_caller]
    fn assert_gone(&self) {
        assert!(!exists(&self.0), "{} is left", self.0);
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // Mostly it is gone already.
        let _ = SharedMemory::unlink(&self.0);
    }
}

fn exists(name: &str) -> bool {
    Path::new("/dev/shm").join(name).exists()
}

/// Whether this is user-mode qemu: it hides itself in `/proc/self`, but in no other way there.
fn is_emulated() -> bool {
    fs::read_link("/proc/self/exe").ok() != fs::read_link("/proc/thread-self/exe").ok()
}

/// 70 MiB: more than the crate reserves at once, and many times what is copied at once; an
/// emulator, where counting takes a minute, gets less.
fn big_text() -> Vec<u8> {
    let len = if is_emulated() { 7 << 20 } else { 70 << 20 };
    let mut text = Vec::with_capacity(len + 100);
    for number in 0_u64.. {
        // Words and lines of all lengths, so that some lie across every boundary.
        let letters = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        text.extend(std::iter::repeat_n(
            b'a' + (number % 26) as u8,
            letters as usize,
        ));
        text.push(if number % 7 == 0 { b'\n' } else { b' ' });
        if text.len() >= len {
            break;
        }
    }
    text
}

/// What a round trip says of a text, counted in another way than it does.
struct Count {
    lines: usize,
    words: usize,
    bytes: usize,
    crc32: u32,
}

impl Count {
    fn of_file(path: &str) -> Self {
        Self::of(&fs::read(path).unwrap())
    }

    fn of(text: &[u8]) -> Self {
        let words = text.split(u8::is_ascii_whitespace);
        Self {
            lines: text.split(|&byte| byte == b'\n').count() - 1,
            words: words.filter(|word| !word.is_empty()).count(),
            bytes: text.len(),
            crc32: crc32fast::hash(text),
        }
    }

    /// As the table has it.
    fn row(&self) -> Vec<String> {
        let Self {
            lines,
            words,
            bytes,
            crc32,
        } = self;
        vec![
            lines.to_string(),
            words.to_string(),
            bytes.to_string(),
            format!("{crc32:08x}"),
        ]
    }
}
