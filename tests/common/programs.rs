//! Running programs, the examples above all, and what is left of them.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rawshm::sysv;

/// The user that owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// The command that runs an example, `None` with a printed reason if this system cannot.
#[track_caller]
pub(crate) fn example(name: &str) -> Option<Command> {
    /// What was started is no program for this system's processor.
    const ENOEXEC: i32 = 8;
    /// What an emulator without a shared address space for `vfork` makes of that.
    const NOT_STARTED: i32 = 127;

    let tests = env::current_exe().unwrap();
    let path = tests
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run cargo build --examples",
        path.display()
    );
    let mut probe = Command::new(&path);
    let status = probe.arg("--help").stdout(Stdio::null()).status();
    match status.map_err(|error| error.raw_os_error()) {
        Err(Some(ENOEXEC)) => {}
        Ok(status) if status.code() == Some(NOT_STARTED) => {}
        _ => return Some(Command::new(path)),
    }
    println!(
        "skipped: no emulator is registered for programs like {}",
        path.display()
    );
    None
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) pid: u32,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

#[track_caller]
pub(crate) fn run(command: &mut Command) -> Run {
    try_run(command).unwrap()
}

pub(crate) fn try_run(command: &mut Command) -> io::Result<Run> {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = spawn(command)?;
    let pid = child.id();
    let output = child.wait_with_output()?;
    Ok(Run {
        pid,
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

/// Starts a program. One that was just written is busy for as long as the child of another
/// thread, between its `fork` and `exec`, has it open too.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..100 {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            started => return started,
        }
    }
    command.spawn()
}

impl Run {
    #[track_caller]
    pub(crate) fn succeeded(&self) {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.stderr, "", "{self:?}");
    }

    /// Failed with one line that contains this.
    #[track_caller]
    pub(crate) fn failed(&self, message: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.ends_with('\n'), "{self:?}");
        assert!(self.stderr.contains(message), "{message}: {self:?}");
    }

    /// There is no segment that this process has created.
    #[track_caller]
    pub(crate) fn assert_no_segment_left(&self) {
        let mut segments = sysv::list().unwrap();
        let left = segments.find(|listed| listed.stat().cpid() as u32 == self.pid);
        assert!(left.is_none(), "{left:?} is left: {self:?}");
    }
}

pub(crate) fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{}-{counter}", process::id())
}

/// A directory for one test, removed when the test ends.
pub(crate) struct TempDir {
    pub(crate) path: PathBuf,
}

impl TempDir {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(unique("rawshm-test"));
        fs::create_dir(&path).unwrap();
        Self { path }
    }

    pub(crate) fn file(&self, name: &str, contents: &[u8]) -> OsString {
        let path = self.path.join(name);
        File::create_new(&path)
            .unwrap()
            .write_all(contents)
            .unwrap();
        path.into()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // A test that fails has something else to tell.
        let _ = fs::remove_dir_all(&self.path);
    }
}
