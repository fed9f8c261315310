//! The program; see `main.rs`.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use rawshm::descriptor::Mode;
use rawshm::shm::{self, ListedObject};
use rawshm::sysv::{self, IpcMode, ListedSegment};
use serde_json::{Value, json};

const USAGE: &str = "\
Lists System V segments and POSIX objects.

Usage: shmls [OPTIONS]

Options:
  --orphans  only what nobody holds: segments that are attached nowhere, and objects
             that nobody has open or mapped, or of which we may not ask whether
  --json     print one JSON object, for programs
  --help     print this

Whether an object is in use can be asked only of what is one's own, or with CAP_LEASE:
the answer for others is \"unknown\". To ask is to open it; if somebody else opens it in
that very moment, they wait for some milliseconds.

JSON: {\"segments\": [...], \"objects\": [...]}. Permissions are octal, in a string. What is
unknown is null. A key is a number with a sign, as in C. The name of an object is a string,
or an array of its bytes if it is not UTF-8.";

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

pub(crate) fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("shmls: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = Options::parse(env::args_os().skip(1))? else {
        return print(USAGE);
    };
    let users = Users::read();
    let segments = segments(&options, &users)?;
    let objects = objects(&options, &users)?;
    if options.json {
        let segments: Vec<_> = segments.iter().map(Segment::to_json).collect();
        let objects: Vec<_> = objects.iter().map(Object::to_json).collect();
        let all = json!({ "segments": segments, "objects": objects });
        return print(&format!("{all:#}"));
    }
    let segments = Segment::table(&segments);
    let objects = Object::table(&objects);
    print(&format!(
        "System V segments\n{segments}\nPOSIX objects\n{objects}"
    ))
}

/// Prints a text, and a newline if it has none at its end. `println!` would panic if whoever
/// reads it has gone away: of a list that is no failure, `| head` does so.
fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{}", text.trim_end()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot print: {error}"))
        }
        _ => Ok(()),
    }
}

// ---- System V ----

/// A segment, and who its owner is.
struct Segment {
    listed: ListedSegment,
    owner: Owner,
}

fn segments(options: &Options, users: &Users) -> Result<Vec<Segment>> {
    let listed = sysv::list().map_err(|error| format!("cannot list segments: {error}"))?;
    Ok(listed
        .filter(|listed| !options.orphans || listed.is_orphaned())
        .map(|listed| Segment {
            listed,
            owner: users.owner(listed.stat().perm().uid()),
        })
        .collect())
}

impl Segment {
    fn table(segments: &[Self]) -> String {
        let mut table = Table::new(&[
            ("key", Left),
            ("id", Right),
            ("owner", Left),
            ("perms", Left),
            ("bytes", Right),
            ("attaches", Right),
            ("creator", Left),
            ("status", Left),
        ]);
        for segment in segments {
            let stat = segment.listed.stat();
            table.row(vec![
                stat.perm().key().to_string(),
                segment.listed.id().to_string(),
                segment.owner.shown(),
                octal(stat.perm().mode().permissions()),
                stat.segsz().to_string(),
                stat.nattch().to_string(),
                segment.creator(),
                segment.status(),
            ]);
        }
        table.to_text()
    }

    /// The process that created it. Its number may be another's by now, which is not to be
    /// seen here.
    fn creator(&self) -> String {
        let pid = self.listed.stat().cpid();
        match self.listed.creator_alive() {
            Some(true) => format!("{pid} alive"),
            Some(false) => format!("{pid} gone"),
            None => "unknown".into(),
        }
    }

    /// As `ipcs` shows it.
    fn status(&self) -> String {
        let names = [(IpcMode::DEST, "dest"), (IpcMode::LOCKED, "locked")];
        let set = names.into_iter().filter(|&(flag, _)| self.is(flag));
        set.map(|(_, name)| name).collect::<Vec<_>>().join(",")
    }

    fn is(&self, flag: IpcMode) -> bool {
        self.listed.stat().perm().mode().contains(flag)
    }

    fn to_json(&self) -> Value {
        let stat = self.listed.stat();
        let alive = self.listed.creator_alive();
        json!({
            "key": stat.perm().key().raw(),
            "id": self.listed.id().raw(),
            "uid": self.owner.uid,
            "user": self.owner.user,
            "permissions": octal(stat.perm().mode().permissions()),
            "bytes": stat.segsz(),
            "attaches": stat.nattch(),
            "creator": alive.map(|_| stat.cpid()),
            "creator_alive": alive,
            "dest": self.is(IpcMode::DEST),
            "locked": self.is(IpcMode::LOCKED),
        })
    }
}

// ---- POSIX ----

/// An object, who its owner is, and whether anybody has it.
struct Object {
    listed: ListedObject<'static>,
    owner: Owner,
    in_use: Option<bool>,
}

/// The objects, by name: a directory has no order.
fn objects(options: &Options, users: &Users) -> Result<Vec<Object>> {
    let failed = |error| format!("cannot list POSIX objects: {error}");
    let mut objects = Vec::new();
    for listed in shm::list().map_err(failed)? {
        let listed = listed.map_err(failed)?;
        // Not without need, as it opens the object: here each answer is shown or decides.
        let in_use = listed.is_in_use();
        if options.orphans && in_use == Some(true) {
            continue;
        }
        let owner = users.owner(listed.stat().uid());
        objects.push(Object {
            listed,
            owner,
            in_use,
        });
    }
    objects.sort_by(|one, other| one.listed.name().cmp(other.listed.name()));
    Ok(objects)
}

impl Object {
    fn table(objects: &[Self]) -> String {
        let mut table = Table::new(&[
            ("bytes", Right),
            ("owner", Left),
            ("perms", Left),
            ("in use", Left),
            ("name", Left),
        ]);
        for object in objects {
            let stat = object.listed.stat();
            table.row(vec![
                stat.size().to_string(),
                object.owner.shown(),
                octal(stat.mode().permissions()),
                object.in_use().into(),
                printable(object.listed.name()),
            ]);
        }
        table.to_text()
    }

    fn in_use(&self) -> &'static str {
        match self.in_use {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        }
    }

    fn to_json(&self) -> Value {
        let stat = self.listed.stat();
        let name = self.listed.name();
        json!({
            "name": std::str::from_utf8(name).map_or_else(|_| json!(name), |name| json!(name)),
            "bytes": stat.size(),
            "uid": self.owner.uid,
            "user": self.owner.user,
            "permissions": octal(stat.mode().permissions()),
            "in_use": self.in_use,
        })
    }
}

/// A name as one can print it: `\` and what is not printable are escaped, bytes that are not
/// UTF-8 as `\x` and two digits.
fn printable(name: &[u8]) -> String {
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\'' | '"' => text.push(character),
                _ => text.extend(character.escape_debug()),
            }
        }
        text.extend(chunk.invalid().escape_ascii().map(char::from));
    }
    text
}

// ---- Both ----

fn octal(permissions: Mode) -> String {
    format!("{:03o}", permissions.bits())
}

/// A user id, and the name of that user if there is one.
struct Owner {
    uid: u32,
    user: Option<String>,
}

impl Owner {
    fn shown(&self) -> String {
        match &self.user {
            Some(user) => printable(user.as_bytes()),
            None => self.uid.to_string(),
        }
    }
}

/// The names of users, as far as `/etc/passwd` has them.
struct Users(HashMap<u32, String>);

impl Users {
    fn read() -> Self {
        // Without the file all are shown by their numbers.
        let file = fs::read("/etc/passwd").unwrap_or_default();
        let mut users = HashMap::new();
        for line in String::from_utf8_lossy(&file).lines() {
            let mut fields = line.split(':');
            let (user, uid) = (fields.next(), fields.nth(1));
            if let (Some(user), Some(Ok(uid))) = (user, uid.map(str::parse)) {
                // Of several names the first counts, as it does for the C library.
                users.entry(uid).or_insert_with(|| user.to_owned());
            }
        }
        Self(users)
    }

    fn owner(&self, uid: u32) -> Owner {
        let user = self.0.get(&uid).cloned();
        Owner { uid, user }
    }
}

/// To which side of its column a cell goes.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

use Side::{Left, Right};

/// Rows of cells, the heads first.
struct Table {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(columns: &[(&str, Side)]) -> Self {
        let heads = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
        Self {
            sides: columns.iter().map(|&(_, side)| side).collect(),
            rows: vec![heads],
        }
    }

    fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as lines, each column as wide as its widest cell.
    fn to_text(&self) -> String {
        let len = |cell: &String| cell.chars().count();
        let widths: Vec<usize> = (0..self.sides.len())
            .map(|column| self.rows.iter().map(|row| len(&row[column])).max())
            .map(Option::unwrap_or_default)
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, &width), side) in row.iter().zip(&widths).zip(&self.sides) {
                // Writing to a string cannot fail.
                let _ = match side {
                    Left => write!(line, "  {cell:<width$}"),
                    Right => write!(line, "  {cell:>width$}"),
                };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

// ---- Arguments ----

struct Options {
    orphans: bool,
    json: bool,
}

impl Options {
    /// `None` if it is help that is asked for.
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            orphans: false,
            json: false,
        };
        for argument in arguments {
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--orphans") => options.orphans = true,
                Some("--json") => options.json = true,
                _ => return Err(format!("unknown argument {argument:?}, see --help")),
            }
        }
        Ok(Some(options))
    }
}
