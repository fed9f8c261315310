//! Python's `multiprocessing.shared_memory`.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Result;

/// The argument is the name.
const ATTACH: &str = "
import sys
from multiprocessing import resource_tracker
resource_tracker.register = lambda *_: None
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(sys.argv[1])
assert int.from_bytes(memory.buf[:4], sys.byteorder) == int(sys.argv[2])
memory.close()
";

/// The argument is the size. Each line says how often, each answer how many nanoseconds.
const LOOP: &str = "
import sys, time
from multiprocessing.shared_memory import SharedMemory
size = int(sys.argv[1])
for line in sys.stdin:
    started = time.perf_counter_ns()
    for _ in range(int(line)):
        memory = SharedMemory(create=True, size=size)
        memory.close()
        memory.unlink()
    print(time.perf_counter_ns() - started, flush=True)
";

/// An interpreter.
pub(super) struct Python {
    program: String,
}

impl Python {
    /// The interpreter itself, since `python3` may be a script that looks for it.
    pub(super) fn find() -> Result<Self> {
        let question = "import sys, multiprocessing.shared_memory; print(sys.executable)";
        let output = Command::new("python3").args(["-c", question]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        let program = String::from_utf8(output.stdout)?.trim().to_owned();
        Ok(Self { program })
    }

    pub(super) fn attach(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        let word = super::WORD.to_string();
        command.args(["-c", ATTACH, name, &word]);
        command
    }

    pub(super) fn start_loop(&self, len: usize) -> Result<Loop> {
        let mut process = Command::new(&self.program)
            .args(["-c", LOOP, &len.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = process.stdin.take();
        let answers = process.stdout.take().map(BufReader::new);
        Ok(Loop {
            process,
            pipes: RefCell::new(orders.zip(answers)),
        })
    }
}

/// A process that makes objects when it is told to. It ends when this is dropped.
pub(super) struct Loop {
    process: Child,
    pipes: RefCell<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Loop {
    pub(super) fn run(&self, times: u64) -> Result<Duration> {
        let mut pipes = self.pipes.borrow_mut();
        let (orders, answers) = pipes.as_mut().ok_or("no pipes")?;
        writeln!(orders, "{times}")?;
        let mut answer = String::new();
        answers.read_line(&mut answer)?;
        Ok(Duration::from_nanos(answer.trim().parse()?))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Its input ends, and so does it, after its resource tracker.
        *self.pipes.borrow_mut() = None;
        let _ = self.process.wait();
    }
}
