//! `/proc/self/maps`.

use std::fs;
use std::ops::Range;

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The addresses.
    pub addresses: Range<usize>,
    /// Such as `rw-s`.
    pub permissions: String,
    /// Where in the file it starts.
    pub offset: u64,
    /// The file's inode, 0 if there is none.
    pub inode: u64,
    /// The file's name, empty if there is none.
    pub name: String,
}

/// All lines.
pub fn read() -> Vec<Region> {
    let text = fs::read_to_string("/proc/self/maps").expect("proc is mounted");
    text.lines()
        .map(|line| parse(line).expect("the kernel's format"))
        .collect()
}

fn parse(line: &str) -> Option<Region> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let permissions = fields.next()?.to_owned();
    let offset = u64::from_str_radix(fields.next()?, 16).ok()?;
    let _device = fields.next()?;
    Some(Region {
        addresses: address(start)?..address(end)?,
        permissions,
        offset,
        inode: fields.next()?.parse().ok()?,
        name: fields.next().unwrap_or_default().trim_start().to_owned(),
    })
}

/// Whether anything is mapped at any of the pages, as the kernel answers `msync`.
pub fn is_all_mapped(address: usize, len: usize) -> bool {
    let place = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: to start writing back changes nothing.
    unsafe { libc::msync(place, len, libc::MS_ASYNC) == 0 }
}
