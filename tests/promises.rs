//! `SECURITY.md` names a test for each promise, and `README.md` for each thing that others lack:
//! it has to be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A page, if the sources are on this machine: a virtual one may have the test programs alone.
fn page(name: &str) -> Option<String> {
    if !Path::new(ROOT).exists() {
        println!("skipped: {ROOT} is not on this machine");
        return None;
    }
    Some(fs::read_to_string(Path::new(ROOT).join(name)).unwrap())
}

/// What stands between backticks in a table, as far as it looks like `program::function`.
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter_map(|quoted| quoted.split_once("::"))
        .filter(|(program, function)| {
            let is_name = |name: &str| {
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            is_name(program) && is_name(function)
        })
}

/// Whether the source has a test of this name.
fn has_test(source: &str, function: &str) -> bool {
    let head = format!("fn {function}(");
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(index, line)| {
        line.starts_with(&head)
            && lines[..index]
                .iter()
                .rev()
                .take_while(|line| line.starts_with('#'))
                .any(|line| *line == "#[test]")
    })
}

/// All that the text names are there, from so many programs at least: if the format of the page
/// changes, nothing would be found.
#[track_caller]
fn tests_are_there(text: &str, at_least: usize) {
    let mut missing = Vec::new();
    let mut programs = BTreeSet::new();
    for (program, function) in named_tests(text) {
        let source = fs::read_to_string(
            Path::new(ROOT)
                .join("tests")
                .join(program)
                .with_extension("rs"),
        );
        if !source.is_ok_and(|source| has_test(&source, function)) {
            missing.push(format!("{program}::{function}"));
        }
        programs.insert(program);
    }
    assert!(missing.is_empty(), "no such test: {missing:?}");
    assert!(programs.len() >= at_least, "{programs:?}");
}

#[test]
fn each_promise_names_a_test_that_is_there() {
    if let Some(text) = page("SECURITY.md") {
        tests_are_there(&text, 10);
    }
}

#[test]
fn what_others_lack_is_shown_by_a_test_that_is_there() {
    let Some(text) = page("README.md") else {
        return;
    };
    let (_, section) = text.split_once("\n## What others lack\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    tests_are_there(section, 8);
    for row in section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        // That there is no libc in it no test of a function can tell.
        let by_ci = row.contains("`.ci/undefined-symbols`");
        assert!(by_ci || named_tests(row).next().is_some(), "no test: {row}");
    }
}

#[test]
fn each_row_of_promises_names_a_test() {
    let Some(text) = page("SECURITY.md") else {
        return;
    };
    let mut in_promises = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            in_promises = false;
        } else if line == "| promise | test |" {
            in_promises = true;
        } else if in_promises && !line.starts_with("|---") {
            assert!(named_tests(line).next().is_some(), "no test: {line}");
        }
    }
}

#[test]
fn only_functions_that_are_tests_count() {
    let source = "#[test]\nfn one() {}\n#[test]\n#[cfg(x)]\nfn two() {}\nfn three() {}\n";
    assert!(has_test(source, "one") && has_test(source, "two"));
    assert!(!has_test(source, "three") && !has_test(source, "on"));
}
