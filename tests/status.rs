//! `Mode`, `Stat`, `DevT` and `Timespec`, held against `ls`, `stat` and libc.

#![cfg(target_os = "linux")]

mod common;
#[path = "common/programs.rs"]
mod programs;

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use rawshm::descriptor::{DevT, Mode, Stat, Timespec, fchmod, fstat};

use common::{is_root, open, skip};
use programs::TempDir;

/// All of owner, group and others, and the three special bits.
const MODES: std::ops::RangeInclusive<u32> = 0..=0o7777;

/// What a program prints, in its fields by column, for each name in the last of them.
fn lines(command: &mut Command) -> HashMap<String, Vec<String>> {
    let output = command
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| {
        let fields: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        (fields.last().cloned().unwrap_or_default(), fields)
    });
    lines.collect()
}

fn ls(directory: &Path) -> HashMap<String, Vec<String>> {
    lines(Command::new("ls").arg("-ln").arg(directory))
}

fn stat(directory: &Path, format: &str, names: &[String]) -> HashMap<String, Vec<String>> {
    let mut command = Command::new("stat");
    lines(
        command
            .current_dir(directory)
            .arg("-c")
            .arg(format)
            .args(names),
    )
}

/// The status of what bears a name, whatever it is: opened only as a place.
fn status(path: &Path) -> Stat {
    let mut options = File::options();
    options
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_NOFOLLOW);
    fstat(open(path.to_str().unwrap(), &mut options)).unwrap()
}

#[test]
fn every_mode_displays_as_ls_and_stat_show_it() {
    let directory = TempDir::new();
    let mut files = Vec::new();
    for bits in MODES {
        let name = format!("{bits:04o}");
        let file = File::create_new(directory.path.join(&name)).unwrap();
        let file = common::adopt(file);
        fchmod(&file, Mode::from_bits_retain(bits)).unwrap();
        let mode = fstat(&file).unwrap().mode();
        assert_eq!(
            mode.permissions().bits(),
            bits,
            "the file system keeps all bits"
        );
        files.push((name, mode));
    }
    let names: Vec<_> = files.iter().map(|(name, _)| name.clone()).collect();
    let ls = ls(&directory.path);
    let stat = stat(&directory.path, "%A %f %a %n", &names);
    for (name, mode) in files {
        // An access control list or a security context adds a character.
        let shown = ls[&name][0].trim_end_matches(['+', '.', '@']);
        assert_eq!(mode.to_string(), shown, "{name}");
        let [letters, hexadecimal, octal, _] = &stat[&name][..] else {
            panic!("stat prints {:?}", stat[&name]);
        };
        assert_eq!(&mode.to_string(), letters, "{name}");
        assert_eq!(&format!("{:x}", mode.bits()), hexadecimal, "{name}");
        assert_eq!(
            format!("{mode:#}"),
            format!("[{octal:0>4}] {letters}"),
            "{name}"
        );
    }
}

type Kind = fn(Mode) -> bool;

const IS: [Kind; 7] = [
    Mode::is_fifo,
    Mode::is_character,
    Mode::is_directory,
    Mode::is_block,
    Mode::is_regular,
    Mode::is_symbolic_link,
    Mode::is_socket,
];

/// Something of each kind, and the method that is to say yes.
fn kinds(directory: &Path) -> Vec<(String, Kind)> {
    let at = |name: &str| directory.join(name);
    let node = |name: &str, kind, device| {
        let path = CString::new(at(name).as_os_str().as_bytes()).unwrap();
        // SAFETY: mknod reads the path, which ends with NUL.
        unsafe { libc::mknod(path.as_ptr(), kind | 0o640, device) == 0 }
    };
    File::create_new(at("regular")).unwrap();
    fs::create_dir(at("directory")).unwrap();
    symlink("regular", at("link")).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    assert!(node("fifo", libc::S_IFIFO, 0));
    let mut kinds: Vec<(String, Kind)> = vec![
        ("regular".into(), Mode::is_regular),
        ("directory".into(), Mode::is_directory),
        ("link".into(), Mode::is_symbolic_link),
        ("socket".into(), Mode::is_socket),
        ("fifo".into(), Mode::is_fifo),
        ("/dev/null".into(), Mode::is_character),
    ];
    let numbers = libc::makedev(4095, 0xf_ffff);
    if is_root() && node("block", libc::S_IFBLK, numbers) {
        kinds.push(("block".into(), Mode::is_block));
    } else {
        skip("only root makes a block device, and not in every container");
    }
    kinds
}

#[test]
fn each_kind_is_what_ls_and_stat_say() {
    let directory = TempDir::new();
    let kinds = kinds(&directory.path);
    let names: Vec<_> = kinds.iter().map(|(name, _)| name.clone()).collect();
    let format = "%A %t %T %h %u %g %s %o %b %i %F %n";
    let shown = stat(&directory.path, format, &names);
    for (name, is_it) in kinds {
        let stat = status(&directory.path.join(&name));
        let mode = stat.mode();
        let fields = &shown[&name];
        assert!(is_it(mode), "{name}: {mode}");
        assert_eq!(IS.iter().filter(|is| is(mode)).count(), 1, "{name}: {mode}");
        assert_eq!(mode.to_string(), fields[0], "{name}");
        let text = stat.to_string();
        let line = |title: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(title));
            line.map(str::trim_start).map(str::to_owned)
        };
        let number = |hexadecimal: &str| u32::from_str_radix(hexadecimal, 16).unwrap();
        if mode.is_character() || mode.is_block() {
            let (major, minor) = (number(&fields[1]), number(&fields[2]));
            assert_eq!((stat.rdev().major(), stat.rdev().minor()), (major, minor));
            assert_eq!(line("device number:"), Some(format!("{major}:{minor}")));
        } else {
            assert_eq!(line("device number:"), None, "{name}");
        }
        for (title, expected) in [
            ("links:", fields[3].clone()),
            ("owner:", format!("user {}, group {}", fields[4], fields[5])),
            ("size:", format!("{} bytes", fields[6])),
            ("block size:", format!("{} bytes", fields[7])),
            ("allocated:", format!("{} blocks of 512 bytes", fields[8])),
            ("inode:", fields[9].clone()),
            ("mode:", format!("{mode:#}")),
        ] {
            assert_eq!(line(title), Some(expected), "{title} of {name}");
        }
        // `stat` says "regular empty file", "character special file" and "fifo".
        let kind = line("type:").unwrap();
        let first = kind.split(' ').next().unwrap().to_lowercase();
        assert_eq!(fields[10], first, "{name}");
    }
}

#[test]
fn stat_displays_its_fields_in_one_layout() {
    let directory = TempDir::new();
    let path = directory.path.join("file");
    fs::write(&path, "text").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o7751)).unwrap();
    let text = status(&path).to_string();
    let titles = [
        "type:",
        "device:",
        "inode:",
        "mode:",
        "special bits:",
        "links:",
        "owner:",
        "size:",
        "block size:",
        "allocated:",
        "accessed:",
        "modified:",
        "status changed:",
    ];
    assert_eq!(text.lines().count(), titles.len(), "{text}");
    assert!(!text.ends_with('\n'));
    for (line, title) in text.lines().zip(titles) {
        let (left, right) = line.split_at(18);
        assert_eq!(left.trim_end(), title, "{text}");
        assert!(!right.starts_with(' ') && !right.is_empty(), "{text}");
    }
    assert!(
        text.contains("\nmode:             [7751] -rwsr-s--t\n"),
        "{text}"
    );
    assert!(
        text.contains("\nspecial bits:     set-user-ID set-group-ID sticky\n"),
        "{text}"
    );
    let mut command = Command::new("stat");
    command
        .env("TZ", "UTC0")
        .arg("-c")
        .arg("%x|%y|%z")
        .arg(&path);
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let times: Vec<_> = text
        .lines()
        .skip(10)
        .map(|line| line.split_at(18).1)
        .collect();
    assert_eq!(times.join("|"), shown.trim_end());
}

#[test]
fn special_bits_are_named() {
    let directory = TempDir::new();
    let path = directory.path.join("file");
    fs::write(&path, "").unwrap();
    for (special, expected) in [
        (0, None),
        (1, Some("sticky")),
        (2, Some("set-group-ID")),
        (3, Some("set-group-ID sticky")),
        (4, Some("set-user-ID")),
        (5, Some("set-user-ID sticky")),
        (6, Some("set-user-ID set-group-ID")),
        (7, Some("set-user-ID set-group-ID sticky")),
    ] {
        let mode = 0o1000 * special + 0o640;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let text = status(&path).to_string();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("special bits:     "));
        assert_eq!(line, expected, "{text}");
    }
}

#[test]
fn what_has_no_type_shows_that() {
    assert_eq!((Mode::RUSR | Mode::WUSR).to_string(), "?rw-------");
    assert_eq!(Mode::empty().to_string(), "?---------");
    assert_eq!(Mode::IFMT.to_string(), "?---------");
    assert_eq!(
        format!("{:>12}|{:<12}|", Mode::IFDIR, Mode::IFREG),
        "  d---------|----------  |"
    );
    // Of the sixteen that the bits allow, each of the seven is one kind and the others are none.
    let mut seven = Vec::new();
    for bits in (0..16).map(|number| number << 12) {
        let mode = Mode::from_bits_retain(bits);
        let kinds = IS.iter().filter(|is| is(mode)).count();
        let has_letter = !mode.to_string().starts_with('?');
        assert_eq!(kinds, usize::from(has_letter), "{bits:#o}");
        seven.extend(has_letter.then_some(mode));
    }
    let named = [
        Mode::IFIFO,
        Mode::IFCHR,
        Mode::IFDIR,
        Mode::IFBLK,
        Mode::IFREG,
        Mode::IFLNK,
        Mode::IFSOCK,
    ];
    assert_eq!(seven, named);
    // Bits that are no mode's do not disturb.
    assert_eq!(
        format!("{:#}", Mode::from_bits_retain(!0)),
        "[7777] ?rwsrwsrwt"
    );
}

fn configuration() -> ProptestConfig {
    ProptestConfig {
        // A failure is printed; nothing is written beside the sources.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(configuration())]

    #[test]
    fn devices_are_numbered_as_libc_does(major: u32, minor: u32, raw: u64) {
        let device = DevT::new(major, minor);
        prop_assert_eq!(device.raw(), libc::makedev(major, minor));
        prop_assert_eq!((device.major(), device.minor()), (major, minor));
        let other = libc::makedev(libc::major(raw), libc::minor(raw));
        prop_assert_eq!(DevT::new(libc::major(raw), libc::minor(raw)).raw(), other);
        prop_assert_eq!(device.to_string(), format!("{major}:{minor}"));
    }

    /// Back to the year 0, and forth to 9999.
    #[test]
    fn times_are_those_of_libc(seconds in -62_167_219_200_i64..253_402_300_800, nanoseconds in 0..1_000_000_000_u32) {
        prop_assert_eq!(Timespec { seconds, nanoseconds }.to_string(), by_libc(seconds, nanoseconds));
    }
}

fn by_libc(seconds: i64, nanoseconds: u32) -> String {
    // SAFETY: all zeroes are a value of the struct.
    let mut time: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: gmtime_r reads the seconds and writes the struct.
    let result = unsafe { libc::gmtime_r(&raw const seconds, &raw mut time) };
    assert!(!result.is_null());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{nanoseconds:09} +0000",
        time.tm_year + 1900,
        time.tm_mon + 1,
        time.tm_mday,
        time.tm_hour,
        time.tm_min,
        time.tm_sec
    )
}

#[test]
fn days_at_the_edges_of_the_calendar() {
    const DAY: i64 = 24 * 60 * 60;
    // 800 years, each day: two times all that the calendar knows.
    for day in -146_097..146_097 {
        let seconds = day * DAY;
        assert_eq!(
            Timespec {
                seconds,
                nanoseconds: 0
            }
            .to_string(),
            by_libc(seconds, 0)
        );
    }
    // What no file system has, but the type can hold, does not panic.
    for seconds in [i64::MIN, i64::MAX] {
        assert!(
            Timespec {
                seconds,
                nanoseconds: 0
            }
            .to_string()
            .ends_with(" +0000")
        );
    }
}
