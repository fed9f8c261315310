//! Each constant of the manual is found by its C name: the sources, read as text.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A limit that bears another name here than in the kernel's sources, where alone it has one.
const NOT_OF_THE_MANUAL: &str = "SCM_MAX_FD";

/// The sources above `sys`, which is private.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("sys") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What a line `const OURS: … = … sys::MANUAL …;` refers to, if the constant is public and
/// bears another name: within `bitflags!` and `open_numbers!` all are public, and have no type.
fn manual_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let constant = line.strip_prefix("pub const ").or_else(|| {
        let constant = line.strip_prefix("const ")?;
        (!constant.split('=').next()?.contains(':')).then_some(constant)
    })?;
    let (_, value) = constant.split_once("sys::")?;
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name = &value[..end?];
    let is_own_name = constant.split(':').next() == Some(name);
    (name != NOT_OF_THE_MANUAL && !is_own_name).then_some(name)
}

#[test]
fn each_constant_is_found_by_its_c_name() {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    if !directory.exists() {
        println!("skipped: {} is not on this machine", directory.display());
        return;
    }
    let mut files = Vec::new();
    sources(directory, &mut files);
    let mut found = HashSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut attributes: Vec<&str> = Vec::new();
        for line in text.lines() {
            if let Some(name) = manual_name(line) {
                let alias = format!("#[doc(alias = \"{name}\")]");
                assert!(
                    attributes.contains(&alias.as_str()),
                    "{}: {line}: no {alias}",
                    file.display()
                );
                found.insert(name.to_owned());
            }
            match line.trim_start() {
                attribute if attribute.starts_with("#[") || attribute.starts_with("///") => {
                    attributes.push(attribute);
                }
                _ => attributes.clear(),
            }
        }
    }
    // Of each type one, so that a change of the sources' form does not leave this without work.
    for name in [
        "PROT_READ",
        "MAP_SHARED",
        "MAP_HUGE_2MB",
        "MADV_COLD",
        "MS_ASYNC",
        "MS_RDONLY",
        "MLOCK_ONFAULT",
        "MCL_FUTURE",
        "MREMAP_FIXED",
        "MFD_HUGE_2MB",
        "MFD_HUGE_SHIFT",
        "F_SEAL_EXEC",
        "O_RDWR",
        "S_IRUSR",
        "S_IFBLK",
        "S_IFMT",
        "FD_CLOEXEC",
        "FALLOC_FL_PUNCH_HOLE",
        "F_WRLCK",
        "SEEK_HOLE",
        "IPC_CREAT",
        "SHM_HUGE_1GB",
        "SHM_RND",
        "SHM_DEST",
        "IPC_PRIVATE",
        "SOCK_SEQPACKET",
        "PIDFD_THREAD",
    ] {
        assert!(found.contains(name), "{name} was not looked at");
    }
    assert!(found.len() > 200, "only {} constants", found.len());
}

#[test]
fn constants_are_recognized() {
    for (line, expected) in [
        ("        const READ = sys::PROT_READ;", Some("PROT_READ")),
        (
            "    pub const IFMT: Self = Self::from_bits_retain(sys::S_IFMT);",
            Some("S_IFMT"),
        ),
        (
            "    pub const HUGE_SHIFT: u32 = sys::MAP_HUGE_SHIFT;",
            Some("MAP_HUGE_SHIFT"),
        ),
        ("        const _ = !0;", None),
        ("const PRIVATE: u32 = sys::FUTEX_WAIT;", None),
        ("let flags = sys::O_RDWR;", None),
        ("pub const NAME_MAX: usize = sys::NAME_MAX;", None),
    ] {
        assert_eq!(manual_name(line), expected, "{line}");
    }
}
