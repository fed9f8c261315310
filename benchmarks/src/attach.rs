//! Processes that attach memory which another one has made, and Python's objects.
//!
//! What attaches is this program itself, started again with [`CHILD`] as its first argument.

mod child;
mod python;

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use rawshm::SharedMemory;

use crate::Result;
use crate::calls::Name;
use crate::harness::{Bound, Candidate, Target};
use crate::report::Section;
use crate::session::{Group, Session};

use child::Way;
pub(crate) use child::{CHILD, run as child};
use python::Python;

pub(crate) const GROUP: Group = Group {
    name: "attach",
    about: "start-up of a process that attaches an object; Python's objects",
    run: sections,
};

static PEERS: Target = Target {
    text: "start-up of a process that attaches: at least 0.98 times any other's",
    bound: Bound::RatioAtLeast(0.98),
};
static PYTHON: Target = Target {
    text: "objects: at least 0.98 times Python's",
    bound: Bound::RatioAtLeast(0.98),
};

const LEN: usize = 4096;

/// The word that is read.
const WORD: u32 = 0x5ead_ab1e;

fn sections(session: &Session) -> Result<Vec<Section>> {
    let python = Python::find().inspect_err(|error| eprintln!("skipped: Python: {error}"));
    let python = python.ok();
    let mut sections = vec![start_up(session, python.as_ref())?];
    if let Some(python) = &python {
        sections.push(in_a_loop(session, python)?);
    }
    Ok(sections)
}

fn start_up(session: &Session, python: Option<&Python>) -> Result<Section> {
    let mut section = Section {
        title: "Start-up of a process that attaches".to_owned(),
        about: "A process is started, opens an object of a page by its name, maps it, reads a \
                word and ends; what passes until its parent knows. All but Python's are this \
                program, so that they differ by nothing else; *nothing* ends at once. Python's \
                is `multiprocessing.shared_memory`, without its resource tracker, which would \
                start another process and remove the object.",
        rows: Vec::new(),
    };
    let name = Name::new("attached")?;
    let memory = SharedMemory::create(&name.text, LEN as u64)?;
    memory.map()?.shared().store(0, WORD);

    let program = env::current_exe()?;
    let own = |label, way: Way| {
        let mut command = Command::new(&program);
        command.args([CHILD, way.name(), &name.text]);
        started(label, command)
    };
    let mut candidates = vec![
        own("rawshm", Way::Rawshm),
        own("libc", Way::Libc).held_to(&PEERS),
        own("`shared_memory`", Way::SharedMemory).held_to(&PEERS),
        own("nothing", Way::Nothing),
    ];
    if let Some(python) = python {
        candidates.push(started("Python", python.attach(&name.text)));
    }
    session.row(&mut section, "start, attach, read, end", None, candidates)?;
    Ok(section)
}

/// A process that is started and ends well.
fn started(label: &'static str, mut command: Command) -> Candidate<'static> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Candidate::timed(label, move |iterations| {
        let started = Instant::now();
        for _ in 0..iterations {
            let status = command.status()?;
            if !status.success() {
                return Err(format!("{label}: {status}").into());
            }
        }
        Ok(started.elapsed())
    })
}

fn in_a_loop(session: &Session, python: &Python) -> Result<Section> {
    let mut section = Section {
        title: "Objects in a loop, beside Python's".to_owned(),
        about: "An object is created (sparse, as Python does), mapped, closed and removed, again \
                and again in one process. Python's process is told over a pipe how often, and \
                answers how long it took; its resource tracker is a part of it here.",
        rows: Vec::new(),
    };
    let name = Name::new("in-a-loop")?;
    let ours = Candidate::fallible("rawshm", || -> Result<(), rawshm::Error> {
        let options = SharedMemory::options().sparse(true);
        let memory = options.create(&name.text, LEN as u64)?;
        let mapping = memory.map()?;
        mapping.unmap()?;
        rawshm::descriptor::close(memory)?;
        SharedMemory::unlink(&name.text)
    });
    let process = python.start_loop(LEN)?;
    let theirs = Candidate::timed("Python", |iterations| process.run(iterations));
    let candidates = vec![ours, theirs.held_to(&PYTHON)];
    session.row(&mut section, "create, close, unlink", None, candidates)?;
    Ok(section)
}
