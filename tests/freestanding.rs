//! The programs in `examples/freestanding`, which have no libc: what they are made of, how
//! large they are, and that they work.
//!
//! They are built from a copy of that folder, as a user would have one, for the architecture
//! of this test; under emulation by the compiler of the machine around it.

#![cfg(target_os = "linux")]

mod common;
#[path = "common/elf.rs"]
mod elf;
#[path = "common/programs.rs"]
mod programs;

use std::env::{self, consts::ARCH};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::UniqueName;
use common::{is_emulated, is_root, skip};
use elf::Elf;
use programs::{Run, TempDir, run, try_run};
use rawshm::{Segment, SharedMemory};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/freestanding");
const BY_HAND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benchmarks/sizes/by-hand");

const PROGRAMS: [&str; 4] = ["tiny", "roundtrip", "shmls", "init"];

/// Where the programs are, as one gets them and with their symbols.
struct Built {
    stripped: PathBuf,
    with_symbols: PathBuf,
}

/// Builds them once; `None` with a printed reason where that cannot be.
fn built() -> Option<&'static Built> {
    static BUILT: OnceLock<Result<Built, String>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(built) => Some(built),
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

fn build() -> Result<Built, String> {
    // What does not depend on features is built once, by the run that is not brief.
    if env::var_os("RAWSHM_BRIEF").is_some() {
        return Err("built in the run that is not brief".into());
    }
    if !Path::new(SOURCE).exists() {
        return Err(format!("{SOURCE} is not in the package"));
    }
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).join("freestanding");
    let copy = own.join("copy");
    copy_folder(Path::new(SOURCE), &copy);
    let depends = copy.join("Cargo.toml");
    let text = fs::read_to_string(Path::new(SOURCE).join("Cargo.toml")).unwrap();
    let path = concat!(r#"path = ""#, env!("CARGO_MANIFEST_DIR"), r#"""#);
    assert!(text.contains(r#"path = "../..""#), "{text}");
    write(&depends, text.replace(r#"path = "../..""#, path).as_bytes());

    let build = |folder: &Path, strip: bool| {
        let target_dir = own.join(if strip { "stripped" } else { "symbols" });
        let target = format!("{ARCH}-unknown-linux-gnu");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--target",
            &target,
        ]);
        cargo.args(["--config", &format!("profile.release.strip={strip}")]);
        cargo
            .arg("--target-dir")
            .arg(&target_dir)
            .current_dir(folder);
        for theirs in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            cargo.env_remove(theirs);
        }
        let output = cargo
            .output()
            .map_err(|error| format!("no cargo: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", folder.display());
        Ok::<_, String>(target_dir.join(target).join("release"))
    };
    let built = Built {
        stripped: build(&copy, true)?,
        with_symbols: build(&copy, false)?,
    };
    build(Path::new(BY_HAND), true)?;
    Ok(built)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "target" {
                copy_folder(&entry.path(), &place);
            }
        } else {
            write(&place, &fs::read(entry.path()).unwrap());
        }
    }
}

/// Writes a file unless it is so already: then nothing needs to be built anew.
fn write(path: &Path, contents: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(contents) {
        fs::write(path, contents).unwrap();
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

/// The command that runs one of them; `None` with a printed reason if this system cannot.
fn program(name: &str) -> Option<Command> {
    let path = built()?.stripped.join(name);
    can_run(&path).then(|| Command::new(path))
}

fn can_run(path: &Path) -> bool {
    const ENOEXEC: i32 = 8;
    const NOT_STARTED: i32 = 127;
    if !is_emulated() {
        return true;
    }
    match Command::new(path).output() {
        Err(error) if error.raw_os_error() == Some(ENOEXEC) => {}
        Ok(output) if output.status.code() == Some(NOT_STARTED) => {}
        _ => return true,
    }
    skip(format_args!(
        "no emulator is registered for programs like {}",
        path.display()
    ));
    false
}

// --- what they are made of -------------------------------------------------

#[test]
fn the_checks_find_what_an_ordinary_program_needs() {
    let faults = Elf::read(&env::current_exe().unwrap()).faults().join("\n");
    for fault in [
        "loader",
        "libraries",
        "dynamic section",
        "undefined",
        "fixed addresses",
    ] {
        assert!(faults.contains(fault), "{fault}: {faults}");
    }
}

#[test]
fn they_need_nobody_and_have_no_memory_to_write_and_run() {
    let Some(built) = built() else { return };
    for name in PROGRAMS {
        for directory in [&built.stripped, &built.with_symbols] {
            let faults = Elf::read(&directory.join(name)).faults();
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
        // That they have symbols is what makes "none undefined" a finding.
        let symbols = Elf::read(&built.with_symbols.join(name)).symbols();
        assert_eq!(symbols.get("_start"), Some(&true), "{name}: {symbols:?}");
    }
}

#[test]
fn tiny_is_hardly_larger_than_the_same_by_hand() {
    let Some(built) = built() else { return };
    let (tiny, by_hand) = (built.stripped.join("tiny"), built.stripped.join("by-hand"));
    let (tiny, by_hand) = (size(&tiny), size(&by_hand));
    println!("tiny: {tiny} bytes, by hand: {by_hand}");
    assert!(tiny <= by_hand + 64, "{tiny} bytes, by hand {by_hand}");
}

#[test]
fn tiny_has_no_way_to_panic() {
    let Some(built) = built() else { return };
    let symbols = Elf::read(&built.with_symbols.join("tiny")).symbols();
    let panics: Vec<_> = symbols
        .keys()
        .filter(|name| name.contains("panic"))
        .collect();
    assert!(panics.is_empty(), "{panics:?}");
    // The larger ones have, and so would show if the name were another one.
    let symbols = Elf::read(&built.with_symbols.join("shmls")).symbols();
    assert!(
        symbols.keys().any(|name| name.contains("panic")),
        "{symbols:?}"
    );
}

#[test]
fn roundtrip_has_16_kib_at_most() {
    let Some(built) = built() else { return };
    for name in PROGRAMS {
        println!("{name}: {} bytes", size(&built.stripped.join(name)));
    }
    let size = size(&built.stripped.join("roundtrip"));
    assert!(size <= 16 << 10, "{size} bytes");
}

// --- that they work --------------------------------------------------------

#[test]
fn tiny_finds_what_it_wrote() {
    let Some(mut tiny) = program("tiny") else {
        return;
    };
    run(&mut tiny).succeeded();
}

#[test]
fn tiny_exits_with_the_number_of_the_error() {
    const EMFILE: i32 = 24;
    let Some(tiny) = program("tiny") else { return };
    if is_emulated() {
        return skip("the emulator needs descriptors itself");
    }
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -n 3 && exec \"$0\""])
        .arg(tiny.get_program());
    assert_eq!(run(&mut shell).code, Some(EMFILE));
}

#[test]
fn roundtrip_agrees_on_the_checksum() {
    let Some(mut roundtrip) = program("roundtrip") else {
        return;
    };
    let directory = TempDir::new();
    for len in [0, 1, 4096, 100_001] {
        let bytes: Vec<u8> = (0_u64..len)
            .map(|index| (index * index % 251) as u8)
            .collect();
        let name = format!("{len}");
        let mut command = Command::new(roundtrip.get_program());
        let run = run(command.arg(directory.file(&name, &bytes)));
        run.succeeded();
        let told = format!("{len} bytes, CRC-32 {:08x}", crc32fast::hash(&bytes));
        let lines: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "{run:?}");
        assert!(
            lines.iter().all(|line| line.ends_with(&told)),
            "{told}: {run:?}"
        );
        assert!(
            lines[0].starts_with(&format!("parent, pid {}:", run.pid)),
            "{run:?}"
        );
        assert!(!lines[1].contains(&run.pid.to_string()), "{run:?}");
    }
    run(roundtrip.arg("/no/such/file")).failed("roundtrip: openat: error 2");
}

#[test]
fn shmls_lists_both_kinds() {
    let Some(shmls) = program("shmls") else {
        return;
    };
    let shmls = |arguments: &[&str]| run(Command::new(shmls.get_program()).args(arguments));
    let name = UniqueName::new("shmls \n");
    let memory = SharedMemory::create(&name, 12_345).unwrap();
    let segment = Segment::create(23_456).unwrap().destroy_on_drop();
    let attached = segment.attach().unwrap();

    let all = shmls(&[]);
    all.succeeded();
    let object = all.stdout.lines().find(|line| line.contains("shmls \\n"));
    let object = object.expect("it is listed").split_ascii_whitespace();
    assert_eq!(object.take(1).collect::<Vec<_>>(), ["12345"], "{all:?}");
    let id = segment.id().to_string();
    let line_of = |run: &Run| {
        let with_id = |line: &&str| line.split_ascii_whitespace().nth(1) == Some(&id);
        run.stdout.lines().find(with_id).map(str::to_owned)
    };
    let line = line_of(&all).expect("it is listed");
    assert!(
        line.contains(" 23456 ") && line.ends_with("alive"),
        "{line}"
    );

    assert_eq!(line_of(&shmls(&["--orphans"])), None);
    drop(attached);
    assert_ne!(line_of(&shmls(&["--orphans"])), None);
    drop(memory);

    assert!(shmls(&["--help"]).stdout.contains("--orphans"));
    shmls(&["--jsn"]).failed("unknown argument \"--jsn\"");
}

#[test]
fn init_runs_only_as_process_1() {
    let Some(mut init) = program("init") else {
        return;
    };
    run(&mut init).failed("only for process 1");
}

/// In namespaces of its own, where to power off is to end.
#[test]
fn init_runs_what_it_is_told_and_powers_off() {
    const SIGINT: i32 = 2;
    let Some(built) = built() else { return };
    if is_emulated() || !is_root() {
        return skip("it takes root, and a kernel that is not emulated");
    }
    let root = TempDir::new();
    for name in ["init", "tiny", "roundtrip"] {
        fs::copy(built.stripped.join(name), root.path.join(name)).unwrap();
    }
    let script = "# a list\n/tiny\n\n  /roundtrip\t/init.list # what it counts\n/missing one two";
    root.file("init.list", script.as_bytes());

    let boot = |words: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--fork", "--kill-child", "chroot"]);
        unshare.arg(&root.path).arg("/init").args(words);
        try_run(&mut unshare).expect("util-linux is there")
    };
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let listed = boot(&[]);
    let told = lines(&listed.stdout);
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let [
        "init: /tiny: status 0",
        parent,
        second,
        "init: /roundtrip /init.list: status 0",
        "init: /missing one two: status 127",
        "init: 3 run, 1 failed",
    ] = told[..]
    else {
        panic!("{listed:?}");
    };
    let crc32 = format!("{:08x}", crc32fast::hash(script.as_bytes()));
    assert!(
        parent.ends_with(&crc32) && second.ends_with(&crc32),
        "{listed:?}"
    );
    assert_eq!(
        listed.stderr,
        "init: /missing one two: no such file or directory (ENOENT)\n"
    );
    // What powering off does to the first process of a namespace.
    let ended = |run: &Run| run.code == Some(128 + SIGINT) || run.code.is_none();
    assert!(ended(&listed), "{listed:?}");

    let told = boot(&["/roundtrip", "/no file"]);
    assert_eq!(
        lines(&told.stdout),
        [
            "init: /roundtrip /no file: status 1",
            "init: 1 run, 1 failed"
        ]
    );
    assert!(ended(&told), "{told:?}");
    // What it mounted went with its namespace.
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(root.path.to_str().unwrap()), "{mounts}");
    assert!(root.path.join("dev").exists() && root.path.join("proc").exists());
}

// --- C ---------------------------------------------------------------------

/// Compiles with every warning an error; `None` with a printed reason without a compiler.
fn compile(arguments: &[&OsStr]) -> Option<()> {
    let compiler = if is_emulated() {
        format!("{ARCH}-linux-gnu-gcc")
    } else {
        "cc".to_owned()
    };
    let mut command = Command::new(&compiler);
    command.args([
        "-std=c11",
        "-Os",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
    ]);
    match try_run(command.args(arguments)) {
        Ok(run) => run.succeeded(),
        Err(error) => {
            skip(format_args!("{compiler}: {error}"));
            return None;
        }
    }
    Some(())
}

#[test]
fn a_c_program_without_libc_links_and_runs() {
    let Some(built) = built() else { return };
    let source = Path::new(SOURCE).join("c");
    let directory = TempDir::new();
    let path = directory.path.join("program");
    let (main, memory) = (source.join("main.c"), source.join("memory.c"));
    let library = built.with_symbols.join("librawshm_c.a");
    let flags =
        "-ffreestanding -fno-stack-protector -nostdlib -static -no-pie -Wl,--gc-sections -o";
    let mut arguments: Vec<&OsStr> = flags.split(' ').map(OsStr::new).collect();
    arguments.extend([&path, &main, &memory, &library].map(|path| path.as_os_str()));
    let Some(()) = compile(&arguments) else {
        return;
    };

    let elf = Elf::read(&path);
    assert!(elf.faults().is_empty(), "{:?}", elf.faults());
    let symbols = elf.symbols();
    assert_eq!(symbols.get("rawshm_shm_open"), Some(&true));
    assert!(
        !symbols.keys().any(|name| name.contains("panic")),
        "{symbols:?}"
    );
    if can_run(&path) {
        let status = Command::new(&path).status().unwrap();
        assert_eq!(
            (status.code(), status.signal()),
            (Some(0), None),
            "the line that found out"
        );
    }
}

#[test]
fn the_header_stands_alone() {
    if built().is_none() {
        return;
    }
    let header = Path::new(SOURCE).join("c/rawshm.h");
    compile(
        &["-fsyntax-only", "-x", "c"]
            .map(OsStr::new)
            .into_iter()
            .chain([header.as_os_str()])
            .collect::<Vec<_>>(),
    );
}
