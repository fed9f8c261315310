//! Turns the system-call table of the target's architecture into constants.
//!
//! Reads `arch/ARCHITECTURE/syscalls.tbl` and writes two files to `OUT_DIR`:
//! `syscalls.rs`, the documented constants that `rawshm::syscall` includes, and
//! `syscalls_check.rs`, a list that `tests/linux_abi.rs` holds against another
//! source of the same numbers. The format is described in `arch/README.md`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// Where the folders of the architectures are, in the package.
const ARCH: &str = "arch";

/// One row of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct SystemCall {
    /// What goes into the register that selects the call.
    pub number: u32,
    /// The kernel's name, as in `SYS_name`.
    pub name: String,
    /// The manual page in section 2, if there is one.
    pub page: Option<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(reason) = generate() {
        println!("cargo::error={reason}");
        process::exit(1);
    }
}

fn generate() -> Result<(), String> {
    let system = variable("CARGO_CFG_TARGET_OS");
    let architecture = variable("CARGO_CFG_TARGET_ARCH");
    let architecture = supported_architecture(
        &architecture,
        &system,
        &variable("CARGO_CFG_TARGET_POINTER_WIDTH"),
        &variable("CARGO_CFG_TARGET_ENDIAN"),
    )?;
    // The calls of macOS are its library's, which has no table.
    if system != "linux" {
        return Ok(());
    }
    let path = table_of(architecture);
    println!("cargo::rerun-if-changed={}", path.display());
    let table = fs::read_to_string(&path)
        .map_err(|error| format!("{}: cannot read the table: {error}", path.display()))?;
    let calls = parse(&table).map_err(|error| format!("{}:{error}", path.display()))?;
    let out = PathBuf::from(variable("OUT_DIR"));
    write(&out.join("syscalls.rs"), &constants(&calls))?;
    write(&out.join("syscalls_check.rs"), &check_list(&calls))
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: cannot write: {error}", path.display()))
}

/// Where the table of an architecture is, if it has one.
fn table_of(architecture: &str) -> PathBuf {
    Path::new(ARCH).join(architecture).join("syscalls.tbl")
}

/// The folder of `arch/` for a target, or one sentence that says why there is none.
///
/// x32 calls itself `x86_64` with pointers of 32 bits; its system calls differ.
///
/// # Errors
///
/// That sentence.
pub fn supported_architecture<'a>(
    architecture: &'a str,
    system: &str,
    pointer_width: &str,
    endian: &str,
) -> Result<&'a str, String> {
    let known = is_identifier(architecture) && table_of(architecture).exists();
    let supported = match system {
        "linux" => known,
        "macos" => known && matches!(architecture, "aarch64" | "x86_64"),
        _ => false,
    };
    if let (true, "64", "little") = (supported, pointer_width, endian) {
        return Ok(architecture);
    }
    Err(format!(
        "rawshm does not support this target ({architecture}, {system}, {pointer_width} bits, {endian}-endian): \
         arch/README.md lists what is supported and how to add an architecture."
    ))
}

/// Parses a table.
///
/// # Errors
///
/// `line: reason`, for the first row that is malformed or repeats a name or number.
pub fn parse(table: &str) -> Result<Vec<SystemCall>, String> {
    let mut calls: Vec<SystemCall> = Vec::new();
    // Of each call its line. With some hundred calls a search takes less than to compile a map.
    let mut lines = Vec::new();
    for (index, text) in table.lines().enumerate() {
        let line = index + 1;
        let call = match parse_row(text) {
            Ok(Some(call)) => call,
            Ok(None) => continue,
            Err(reason) => return Err(format!("{line}: {reason}")),
        };
        for (earlier, first) in calls.iter().zip(&lines) {
            if earlier.name == call.name {
                return Err(format!(
                    "{line}: the name `{}` stands on line {first} already",
                    call.name
                ));
            }
            if earlier.number == call.number {
                return Err(format!(
                    "{line}: the number {} stands on line {first} already",
                    call.number
                ));
            }
        }
        calls.push(call);
        lines.push(line);
    }
    if calls.is_empty() {
        return Err("1: the table holds no system call".to_owned());
    }
    Ok(calls)
}

/// Parses one row, `None` for a blank one or a comment.
fn parse_row(text: &str) -> Result<Option<SystemCall>, String> {
    let row = text.split_once('#').map_or(text, |(row, _comment)| row);
    let mut fields = row.split_ascii_whitespace();
    let Some(number) = fields.next() else {
        return Ok(None);
    };
    let number = match number.parse() {
        Ok(parsed) if number.bytes().all(|byte| byte.is_ascii_digit()) => parsed,
        _ => return Err(format!("`{number}` is not the number of a system call")),
    };
    let name = fields.next().ok_or("a number without a name")?;
    if !is_identifier(name) {
        return Err(format!("`{name}` is not the name of a system call"));
    }
    let page = match fields.next() {
        None => Some(name.to_owned()),
        Some("-") => None,
        Some(page) if is_identifier(page) => Some(page.to_owned()),
        Some(page) => return Err(format!("`{page}` is not the name of a manual page")),
    };
    if let Some(rest) = fields.next() {
        return Err(format!(
            "`{rest}` is more than a number, a name and a manual page"
        ));
    }
    Ok(Some(SystemCall {
        number,
        name: name.to_owned(),
        page,
    }))
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The source of the constants, two lines a call: documentation and value.
pub fn constants(calls: &[SystemCall]) -> String {
    let mut text = String::new();
    for SystemCall { number, name, page } in calls {
        let source = match page {
            Some(page) => {
                format!("[{page}(2)](https://man7.org/linux/man-pages/man2/{page}.2.html)")
            }
            None => "no manual page.".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "/// `{name}`: {source}\npub const SYS_{name}: usize = {number};"
        );
    }
    text
}

fn check_list(calls: &[SystemCall]) -> String {
    let mut text = String::from("[\n");
    for SystemCall { name, .. } in calls {
        let _ = writeln!(text, "    (\"{name}\", SYS_{name}, __NR_{name}),");
    }
    text.push_str("]\n");
    text
}
