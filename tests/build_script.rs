//! `build.rs`: what it refuses, and what it says then.

#[allow(
    dead_code,
    unreachable_pub,
    reason = "a script, not written as a module"
)]
#[path = "../build.rs"]
mod build_script;

use build_script::{SystemCall, parse, supported_architecture};

fn call(number: u32, name: &str, page: Option<&str>) -> SystemCall {
    SystemCall {
        number,
        name: name.to_owned(),
        page: page.map(str::to_owned),
    }
}

#[test]
fn rows_comments_and_pages() {
    let table = "# a comment\n\n0 read\n  1\twrite # another\n17 pread64 pread\n462 mseal -\n";
    let calls = [
        call(0, "read", Some("read")),
        call(1, "write", Some("write")),
        call(17, "pread64", Some("pread")),
        call(462, "mseal", None),
    ];
    assert_eq!(parse(table).as_deref(), Ok(&calls[..]));
}

#[test]
fn a_bad_table_is_refused_with_line_and_reason() {
    for (table, reason) in [
        ("", "1: the table holds no system call"),
        ("# nothing\n", "1: the table holds no system call"),
        (
            "0 read\nwrite 1\n",
            "2: `write` is not the number of a system call",
        ),
        ("-1 read\n", "1: `-1` is not the number of a system call"),
        ("+1 read\n", "1: `+1` is not the number of a system call"),
        ("0x1 read\n", "1: `0x1` is not the number of a system call"),
        (
            "4294967296 read\n",
            "1: `4294967296` is not the number of a system call",
        ),
        ("0\n", "1: a number without a name"),
        ("0 # read\n", "1: a number without a name"),
        ("0 Read\n", "1: `Read` is not the name of a system call"),
        ("0 re-ad\n", "1: `re-ad` is not the name of a system call"),
        ("0 0read\n", "1: `0read` is not the name of a system call"),
        (
            "0 read;panic!()\n",
            "1: `read;panic!()` is not the name of a system call",
        ),
        (
            "0 read ../read\n",
            "1: `../read` is not the name of a manual page",
        ),
        (
            "0 read - x\n",
            "1: `x` is more than a number, a name and a manual page",
        ),
        (
            "0 read\n\n1 read\n",
            "3: the name `read` stands on line 1 already",
        ),
        (
            "7 read\n7 write\n",
            "2: the number 7 stands on line 1 already",
        ),
    ] {
        assert_eq!(parse(table), Err(reason.to_owned()), "{table:?}");
    }
}

#[test]
fn every_table_in_arch_parses() {
    let arch = concat!(env!("CARGO_MANIFEST_DIR"), "/arch");
    let mut tables = 0;
    for entry in std::fs::read_dir(arch).unwrap() {
        let path = entry.unwrap().path().join("syscalls.tbl");
        if path.exists() {
            let calls = parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            assert!(calls.is_sorted_by_key(|call| call.number), "{path:?}");
            tables += 1;
        }
    }
    assert!(tables >= 3, "{tables} tables");
}

#[test]
fn an_unsupported_target_is_one_sentence_that_points_to_the_readme() {
    // Where cargo runs the script, and not every machine that has this program.
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).unwrap();
    assert_eq!(
        supported_architecture("x86_64", "linux", "64", "little"),
        Ok("x86_64")
    );
    assert_eq!(
        supported_architecture("aarch64", "linux", "64", "little"),
        Ok("aarch64")
    );
    assert_eq!(
        supported_architecture("riscv64", "linux", "64", "little"),
        Ok("riscv64")
    );
    assert_eq!(
        supported_architecture("aarch64", "macos", "64", "little"),
        Ok("aarch64")
    );
    for (architecture, system, pointer_width, endian) in [
        ("x86_64", "linux", "32", "little"), // x32
        ("aarch64", "linux", "64", "big"),
        ("x86", "linux", "32", "little"),
        ("powerpc64", "linux", "64", "big"),
        ("loongarch64", "linux", "64", "little"),
        ("portable", "linux", "64", "little"), // a folder without a table
        ("", "linux", "64", "little"),
        ("x86_64", "windows", "64", "little"),
        ("aarch64", "ios", "64", "little"),
        ("riscv64", "macos", "64", "little"),
        ("../x86_64", "linux", "64", "little"),
    ] {
        let reason = supported_architecture(architecture, system, pointer_width, endian);
        let reason = reason.unwrap_err();
        assert!(
            reason.contains(architecture) && reason.contains("arch/README.md"),
            "{reason}"
        );
        assert!(reason.ends_with('.') && !reason.contains('\n'), "{reason}");
    }
}
