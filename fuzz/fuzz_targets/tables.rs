//! The tables of system calls: what `build.rs` makes of any text.

#![no_main]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "a script, not written as a module"
)]
#[path = "../../build.rs"]
mod build_script;

use std::collections::HashSet;

use build_script::{SystemCall, constants, parse, supported_architecture};
use libfuzzer_sys::fuzz_target;

/// Cargo runs the script in the package that it belongs to.
fn enter_package() {
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::env::set_current_dir(package).expect("the package is there");
}

fuzz_target!(init: enter_package(), |text: &str| {
    match (parse(text), expected(text)) {
        (Ok(calls), Ok(rows)) => {
            let ours: Vec<_> = calls.iter().map(row).collect();
            assert_eq!(ours, rows);
            check_constants(&calls);
            check_written_again(&calls);
        }
        (Err(reason), Err(line)) => {
            let (number, reason) = reason.split_once(": ").expect("`line: reason`");
            assert_eq!(number.parse(), Ok(line), "{reason}");
            assert!(!reason.is_empty() && !reason.contains('\n'), "{reason:?}");
        }
        (ours, model) => panic!("{ours:?}, {model:?} was due"),
    }
    let words: Vec<&str> = text.splitn(4, ' ').collect();
    if let &[architecture, system, width, endian] = &words[..] {
        let known = ["x86_64", "aarch64"].contains(&architecture)
            && ["linux", "macos"].contains(&system)
            && (width, endian) == ("64", "little");
        let supported = supported_architecture(architecture, system, width, endian);
        // Others may come, never without all of this.
        assert!(supported.is_ok() || !known, "{supported:?}");
        assert!(supported.is_err() || ["linux", "macos"].contains(&system) && endian == "little");
        if let Ok(folder) = supported {
            assert!(architecture.starts_with(folder), "{folder}");
        }
    }
});

type Row<'t> = (u32, &'t str, Option<&'t str>);

fn row(call: &SystemCall) -> Row<'_> {
    (call.number, &call.name, call.page.as_deref())
}

/// `arch/README.md` read once more; of a table that is refused, the line.
fn expected(text: &str) -> Result<Vec<Row<'_>>, usize> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let before = line.find('#').map_or(line, |comment| &line[..comment]);
        let words: Vec<&str> = before
            .split(|c: char| c.is_ascii_whitespace())
            .filter(|word| !word.is_empty())
            .collect();
        let (number, name, page) = match words[..] {
            [] => continue,
            [number, name] => (number, name, Some(name)),
            [number, name, "-"] => (number, name, None),
            [number, name, page] => (number, name, Some(page)),
            _ => return Err(index + 1),
        };
        let good = is_number(number) && is_name(name) && page.is_none_or(is_name);
        let Some(number) = good.then(|| number.parse().ok()).flatten() else {
            return Err(index + 1);
        };
        if rows.iter().any(|row| row.0 == number || row.1 == name) {
            return Err(index + 1);
        }
        rows.push((number, name, page));
    }
    if rows.is_empty() { Err(1) } else { Ok(rows) }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(word: &str) -> bool {
    word.chars()
        .all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
        && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// Nothing gets into the source that is not a constant and its documentation.
fn check_constants(calls: &[SystemCall]) {
    let source = constants(calls);
    let mut names = HashSet::new();
    for (call, lines) in calls
        .iter()
        .zip(source.lines().collect::<Vec<_>>().chunks(2))
    {
        let [documentation, constant] = lines else {
            panic!("two lines a call: {source}");
        };
        assert!(documentation.starts_with(&format!("/// `{}`: ", call.name)));
        assert!(!documentation.contains('\r'), "{documentation:?}");
        let (name, number) = (&call.name, call.number);
        assert_eq!(
            *constant,
            format!("pub const SYS_{name}: usize = {number};")
        );
        assert!(names.insert(name));
    }
    assert_eq!(source.lines().count(), 2 * calls.len());
}

/// A table of the same calls is the same.
fn check_written_again(calls: &[SystemCall]) {
    let mut table = String::new();
    for (number, name, page) in calls.iter().map(row) {
        table.push_str(&format!(
            "{number}\t{name} {} # {name}\r\n",
            page.unwrap_or("-")
        ));
    }
    assert_eq!(parse(&table).as_deref(), Ok(calls));
}
