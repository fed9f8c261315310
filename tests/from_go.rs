//! The guide for those who come from Go: its rows are those of the list of the four packages'
//! names, and what it shows of the ported examples is what they print.

#![cfg(target_os = "linux")]

#[path = "common/programs.rs"]
mod programs;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use programs::{Run, example, run};
use rawshm::sysv::ShmId;
use rawshm::{Errno, Segment};

/// Package, kind and name, a line each; `#` begins a comment.
const NAMES: &str = include_str!("go-parity.tsv");

/// The text of the module's documentation, without the comment marks.
fn guide() -> String {
    let lines = include_str!("../src/guide/from_go.rs").lines();
    let text = lines.filter_map(|line| line.strip_prefix("//!"));
    let text = text.map(|line| line.strip_prefix(' ').unwrap_or(line));
    text.collect::<Vec<_>>().join("\n")
}

/// A row of the guide's tables.
#[derive(Debug)]
struct Row {
    package: String,
    name: String,
    here: String,
}

fn rows() -> Vec<Row> {
    let mut package = String::new();
    let mut rows = Vec::new();
    for line in guide().lines() {
        if let Some(title) = line.strip_prefix("# ") {
            package = title.to_owned();
        }
        let Some(row) = line.strip_prefix("| `") else {
            continue;
        };
        let columns: Vec<_> = row
            .trim_end_matches('|')
            .split('|')
            .map(str::trim)
            .collect();
        let [name, here, _] = columns[..] else {
            panic!("{} columns: {line}", columns.len());
        };
        rows.push(Row {
            package: package.clone(),
            name: name.trim_end_matches('`').to_owned(),
            here: here.to_owned(),
        });
    }
    rows
}

#[test]
fn each_name_has_one_row_and_each_row_a_name() {
    let names = NAMES.lines().filter(|line| !line.starts_with('#'));
    let names = names.map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        [package, _kind, name] => (package.to_owned(), name.to_owned()),
        _ => panic!("{line:?}"),
    });
    let names: Vec<_> = names.collect();
    let rows: Vec<_> = rows()
        .into_iter()
        .map(|row| (row.package, row.name))
        .collect();
    assert!(names.len() > 200, "only {} names", names.len());
    assert_eq!(rows.len(), names.len(), "rows, and names");

    let rows: BTreeSet<_> = rows.into_iter().collect();
    let names: BTreeSet<_> = names.into_iter().collect();
    let missing: Vec<_> = names.difference(&rows).collect();
    let surplus: Vec<_> = rows.difference(&names).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    assert!(surplus.is_empty(), "without a name: {surplus:?}");
}

/// rustdoc follows the links, and refuses those that lead nowhere.
#[test]
fn each_row_links_to_something() {
    for row in rows() {
        assert!(row.here.contains('[') && row.here.contains(']'), "{row:?}");
    }
}

/// Where the list that all work from lies beside the repository, ours is a copy of it.
#[test]
fn names_are_those_of_the_shared_list() {
    match fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/go-parity.tsv"
    )) {
        Ok(shared) => assert_eq!(NAMES, shared),
        Err(error) => println!("skipped: no shared list: {error}"),
    }
}

/// What the guide shows on the right, under the heading of this program.
fn shown(program: &str) -> String {
    let guide = guide();
    let (_, section) = guide.split_once(&format!("\n## `{program}`\n")).unwrap();
    let mut blocks = section.split("```text\n").skip(1);
    let (_there, here) = (blocks.next().unwrap(), blocks.next().unwrap());
    here.split_once("```").unwrap().0.to_owned()
}

/// With `#` for each number: process ids, inodes, times, and addresses, whose digits are
/// hexadecimal.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut is_address = false;
    for c in text.replace("0x", "@").chars() {
        is_address = c == '@' || is_address && c.is_ascii_hexdigit();
        if !(c.is_ascii_digit() || is_address && c != '@') {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

#[test]
fn numbers_are_left_out() {
    assert_eq!(
        without_numbers("pid 17, at 0x7fca0 (10 b)"),
        "pid #, at @# (# b)"
    );
}

/// Runs `program`, an example and its arguments; it prints what the guide shows.
#[track_caller]
fn prints_what_is_shown(program: &str) -> Option<Run> {
    let mut words = program.split(' ');
    let run = run(example(words.next()?)?.args(words));
    run.succeeded();
    // Addresses have letters among their digits, if they are not where they are to be.
    let shown = shown(program);
    // A memfd of kernels before 6.3 is executable.
    let printed = run.stdout.replace("-rwxrwxrwx", "-rw-rw-rw-");
    assert_eq!(
        without_numbers(&printed),
        without_numbers(&shown),
        "{}",
        run.stdout
    );
    Some(run)
}

#[test]
fn posix_roundtrip() {
    if let Some(run) = prints_what_is_shown("ro_ag_posix roundtrip") {
        let name = format!("/posix-rt-{}", run.pid);
        assert!(run.stdout.contains(&name), "{run:?}");
        assert!(run.stdout.contains("Seq=43"), "{run:?}");
        assert!(
            !fs::exists(format!("/dev/shm{name}")).unwrap(),
            "{name} is left"
        );
    }
}

#[test]
fn posix_host() {
    prints_what_is_shown("ro_ag_posix host");
}

#[test]
fn posix_shm_exe() {
    prints_what_is_shown("ro_ag_posix shm_exe");
}

#[test]
fn posix_stat() {
    prints_what_is_shown("ro_ag_posix stat");
}

#[test]
fn posix_says_what_to_do_as_check_err_did() {
    let Some(mut posix) = example("ro_ag_posix") else {
        return;
    };
    let run = run(posix.args(["roundtrip", "child", "rawshm-no-such-object"]));
    assert_eq!(run.code, Some(1), "{run:?}");
    let (error, help) = run.stderr.split_once('\n').unwrap();
    assert_eq!(
        error,
        "ro_ag_posix: shm_open: no such file or directory (ENOENT)"
    );
    assert!(help.starts_with("help: ") && help.len() > 40, "{run:?}");
}

#[test]
fn gen2brain() {
    if let Some(run) = prints_what_is_shown("gen2brain_shm") {
        run.assert_no_segment_left();
        assert!(run.stdout.contains("65536 bytes, 0777"), "{run:?}");
    }
}

/// Runs `shmtool` with this on stdin.
fn shmtool(arguments: &[&str], stdin: &str) -> Option<Output> {
    let mut command: Command = example("ghetzel_shmtool")?;
    command.args(arguments).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = programs::spawn(&mut command).unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    Some(child.wait_with_output().unwrap())
}

#[test]
fn shmtool_copies_its_input() {
    let Some(output) = shmtool(&["copy"], "hello\n") else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, shown("ghetzel_shmtool copy").as_bytes());
}

/// A segment that is destroyed also if the test fails.
struct Made(ShmId);

impl Drop for Made {
    fn drop(&mut self) {
        // Destroyed already, where the test has come so far.
        let _ = Segment::destroy_by_id(self.0);
    }
}

#[test]
fn shmtool_opens_reads_and_removes() {
    let Some(output) = shmtool(&["open", "-s", "6000"], "hello, world") else {
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let id = String::from_utf8(output.stdout).unwrap();
    let id = id.trim_end();
    let made = Made(id.parse().unwrap());
    let read = |arguments: &[&str]| {
        let output = shmtool(&[&["read"], arguments, &[id]].concat(), "").unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(read(&["-s", "12"]), "hello, world");
    assert_eq!(read(&["--offset", "7", "--size", "5"]), "world");
    assert_eq!(read(&[]).len(), 6000);
    assert_eq!(read(&["-o", "5990", "-s", "100"]), "\0".repeat(10));
    assert_eq!(read(&["-o", "6001"]), "");

    let output = shmtool(&["open", "-o", "7", id], "there").unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(read(&["-s", "12"]), "hello, there");

    let output = shmtool(&["open", id], &"x".repeat(6001)).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("longer than the segment"), "{stderr}");

    assert!(shmtool(&["rm", id], "").unwrap().status.success());
    assert!(Segment::open(made.0).unwrap_err() == Errno::EINVAL);
    assert_eq!(shmtool(&["rm", id], "").unwrap().status.code(), Some(1));
}

#[test]
fn shmtool_refuses_other_arguments() {
    for arguments in [
        &["open"][..],
        &["open", "-s", "4096", "7"],
        &["open", "-s", "0"],
        &["read"],
        &["rm", "none"],
        &["rm", "-1"],
        &["copy", "7"],
        &[],
    ] {
        let Some(output) = shmtool(arguments, "") else {
            return;
        };
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
