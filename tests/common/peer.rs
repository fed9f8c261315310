//! A second process: a copy of this thread, which shares what is mapped to be shared.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};
use std::{io, process, ptr, thread};

/// After so long something has gone wrong, however slow the machine.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(60);

/// A forked process, which ends with the thread that made it, and is always reaped.
pub(crate) struct Peer {
    /// 0 when it has been reaped.
    pid: libc::pid_t,
}

impl Peer {
    /// Runs `body` in a new process, which then ends.
    ///
    /// Other threads may have been inside of anything when the process was copied: `body` must
    /// neither print nor make threads.
    pub(crate) fn start(body: impl FnOnce()) -> Self {
        let parent = process::id();
        // SAFETY: by the contract of this function the child does nothing that another thread
        // could have left half done; the allocator is in order after a fork.
        match unsafe { libc::fork() } {
            -1 => panic!("fork: {}", io::Error::last_os_error()),
            0 => {
                // SAFETY: this option touches no memory.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                // SAFETY: getppid touches no memory.
                if unsafe { libc::getppid() } as u32 != parent {
                    exit(1); // it had died before
                }
                let result = panic::catch_unwind(AssertUnwindSafe(body));
                if let Err(panic) = &result {
                    say(panic.as_ref());
                }
                exit(result.is_err().into())
            }
            pid => Self { pid },
        }
    }

    pub(crate) fn pid(&self) -> libc::pid_t {
        self.pid
    }

    /// Waits until it has ended, and passes its panic on.
    #[track_caller]
    pub(crate) fn join(mut self) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.wait(libc::WNOHANG) {
                break status;
            }
            assert!(start.elapsed() < 2 * WATCHDOG, "the other process hangs");
            thread::sleep(Duration::from_millis(1));
        };
        let ended = libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0;
        assert!(ended, "the other process has failed: {status:#x}");
    }

    /// Fails if it has ended already.
    #[track_caller]
    pub(crate) fn assert_lives(&mut self) {
        let status = self.wait(libc::WNOHANG);
        assert_eq!(status, None, "the other process has ended");
    }

    /// Kills it, wherever it is.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn wait(&mut self, flags: libc::c_int) -> Option<libc::c_int> {
        let mut status = 0;
        // SAFETY: waitpid writes the status.
        match unsafe { libc::waitpid(self.pid, &raw mut status, flags) } {
            0 => None,
            pid if pid == self.pid => {
                self.pid = 0;
                Some(status)
            }
            _ => panic!("waitpid: {}", io::Error::last_os_error()),
        }
    }

    fn end(&mut self) {
        if self.pid != 0 {
            // SAFETY: kill touches no memory; the process is ours, and not reaped yet.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
            // SAFETY: waitpid is not asked for a status.
            unsafe { libc::waitpid(self.pid, ptr::null_mut(), 0) };
            self.pid = 0;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.end();
    }
}

/// Ends this process without what another copy of it will do.
fn exit(code: libc::c_int) -> ! {
    // SAFETY: _exit touches no memory.
    unsafe { libc::_exit(code) }
}

/// Says why this process has panicked: what it prints belongs to a test of another process.
fn say(panic: &(dyn Any + Send)) {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or(panic.downcast_ref::<&str>().copied());
    let text = format!("the other process: {}\n", message.unwrap_or("a panic"));
    // SAFETY: the text is as long.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}
