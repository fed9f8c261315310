//! Explains an error: what its number means, and what it means for a call.
//!
//! It takes the name or the number that `strace`, a log or a core dump shows, and a call's name
//! as the errors of this crate print it. Without a call it tells which calls have more to say.
//!
//! ```sh
//! cargo run --example errno -- ENOSPC shm_open
//! cargo run --example errno -- 28
//! cargo run --example errno -- --list
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use rawshm::{Call, Errno, Error};

const USAGE: &str = "\
Explains an error number, for a call if one is given.

Usage: errno NAME|NUMBER [CALL]
       errno --list
       errno --calls

Options:
  --list   print number, name and meaning of every error of this system
  --calls  print the name of every call that has explanations
  --help   print this

CALL is a name such as mmap; \"fcntl(F_ADD_SEALS)\" is one command of a call. The name of
a call with commands stands for all of them: shmctl explains the error for each.";

/// The error is the one line to print.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("errno: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = env::args_os()
        .skip(1)
        .map(|argument| {
            argument
                .into_string()
                .map_err(|bad| format!("{bad:?} is no text"))
        })
        .collect::<Result<_>>()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--help" | "-h"] => print(USAGE),
        ["--list"] => print(&list()),
        ["--calls"] => print(&names(Call::ALL, "\n")),
        [] => Err("which error? Give a name such as ENOSPC or a number, or --help".to_owned()),
        [option, ..] if option.starts_with("--") => Err(format!("unknown option {option:?}")),
        [errno] => print(&explain(errno_of(errno)?)),
        [errno, call] => print(&explain_for(errno_of(errno)?, &calls_of(call)?)),
        [_, _, more, ..] => Err(format!("{more:?} is more than an error and a call")),
    }
}

/// Prints a text and a newline. `println!` would panic if whoever reads it has gone away: of a
/// list that is no failure, `| head` does so.
fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("cannot print: {error}"))
        }
        _ => Ok(()),
    }
}

/// The error with this name, in large or small letters, or this number.
fn errno_of(argument: &str) -> Result<Errno> {
    // The kernel, and strace's -X raw, show errors as negative numbers.
    if let Ok(number) = argument.parse::<i32>() {
        let number = number.checked_abs().unwrap_or(0);
        return Errno::from_raw(number)
            .ok_or_else(|| format!("{argument} is not an error number; they go from 1 to 4095"));
    }
    let name = argument.to_ascii_uppercase();
    Errno::from_name(&name).ok_or_else(|| {
        let similar: Vec<_> = all()
            .filter_map(Errno::name)
            .filter(|other| is_similar(&name, other))
            .collect();
        format!(
            "no error is called {argument:?}{}",
            suggest(&similar, "--list")
        )
    })
}

/// The calls with this name, those behind its parentheses included.
fn calls_of(argument: &str) -> Result<Vec<Call>> {
    if let Some(call) = Call::from_name(argument).filter(|_| argument.contains('(')) {
        return Ok(vec![call]);
    }
    let of_name = |call: &Call| call.name().split('(').next() == Some(argument);
    let calls: Vec<Call> = Call::ALL.iter().copied().filter(of_name).collect();
    if !calls.is_empty() {
        return Ok(calls);
    }
    let similar: Vec<_> = Call::ALL
        .iter()
        .map(|call| call.name())
        .filter(|other| is_similar(argument, other) || other.contains(argument))
        .collect();
    Err(format!(
        "no call is named {argument:?}{}",
        suggest(&similar, "--calls")
    ))
}

/// Whether one becomes the other by changing, adding or leaving out one letter.
fn is_similar(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let same = |(a, b): &(&u8, &u8)| a == b;
    let front = one.iter().zip(other).take_while(same).count();
    let back = one[front..].iter().rev();
    let back = back
        .zip(other[front..].iter().rev())
        .take_while(same)
        .count();
    one.len().max(other.len()) - front - back <= 1
}

fn suggest(similar: &[&str], option: &str) -> String {
    match similar {
        [] => format!("; {option} prints those that there are"),
        [one] => format!("; do you mean {one}?"),
        several => format!("; do you mean one of {}?", several.join(", ")),
    }
}

fn all() -> impl Iterator<Item = Errno> {
    (1..4096)
        .filter_map(Errno::from_raw)
        .filter(|errno| errno.name().is_some())
}

fn list() -> String {
    all().fold(String::new(), |mut table, errno| {
        let (name, message) = (errno.name().unwrap_or(""), errno.message().unwrap_or(""));
        let _ = writeln!(table, "{:>3}  {name:<15}  {message}", errno.raw());
        table
    })
}

fn names(calls: &[Call], separator: &str) -> String {
    let names: Vec<_> = calls.iter().map(|call| call.name()).collect();
    names.join(separator)
}

/// What the number means, and the calls for which there is more to say.
fn explain(errno: Errno) -> String {
    let calls: Vec<Call> = Call::ALL
        .iter()
        .copied()
        .filter(|call| Error::new(*call, errno).help().is_of_call())
        .collect();
    let mut text = format!(
        "{}: {errno}\n{}\n",
        errno.raw(),
        wrapped(errno.help().text())
    );
    if !calls.is_empty() {
        let calls = names(&calls, ", ");
        let _ = write!(text, "\nMore with a call:\n{}", wrapped(&calls));
    }
    text
}

/// What it means for these calls, each meaning once; where none of them has one, in general.
fn explain_for(errno: Errno, calls: &[Call]) -> String {
    let mut meanings: Vec<(Vec<Call>, &str)> = Vec::new();
    let own = calls
        .iter()
        .filter(|call| Error::new(**call, errno).help().is_of_call());
    for &call in own {
        let text = Error::new(call, errno).help().text();
        match meanings.iter_mut().find(|(_, other)| *other == text) {
            Some((calls, _)) => calls.push(call),
            None => meanings.push((vec![call], text)),
        }
    }
    if meanings.is_empty() {
        meanings.push((calls.to_vec(), errno.help().text()));
    }
    let explained = meanings.iter().map(|(calls, text)| {
        let page = calls[0].manual_page();
        let page = page.map_or(String::new(), |page| format!("\n  See {page}."));
        let calls = names(calls, ", ");
        format!("{calls}: {errno}\n{}{page}\n", wrapped(text))
    });
    explained.collect::<Vec<_>>().join("\n")
}

/// In lines of at most 80 letters, two spaces before each.
fn wrapped(text: &str) -> String {
    let mut lines = String::from(" ");
    let mut width = 1;
    for word in text.split(' ') {
        if width + 1 + word.len() > 80 {
            lines.push_str("\n ");
            width = 1;
        }
        lines.push(' ');
        lines.push_str(word);
        width += 1 + word.len();
    }
    lines
}
