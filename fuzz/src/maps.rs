//! `/proc/self/maps`.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region<'t> {
    /// The addresses.
    pub addresses: Range<usize>,
    /// Such as `rw-s`.
    pub permissions: &'t str,
    /// Where in the file it starts.
    pub offset: u64,
    /// The file's inode, 0 if there is none.
    pub inode: u64,
    /// The file's name, empty if there is none.
    pub name: &'t str,
}

/// All lines, one after the other.
pub fn for_each(mut look: impl FnMut(Region<'_>)) {
    // It is read more often than anything else is done.
    thread_local! {
        static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
    }
    TEXT.with_borrow_mut(|text| {
        text.clear();
        File::open("/proc/self/maps")
            .and_then(|mut file| file.read_to_string(text))
            .expect("proc is mounted");
        for line in text.lines() {
            look(parse(line).expect("the kernel's format"));
        }
    });
}

fn parse(line: &str) -> Option<Region<'_>> {
    let mut fields = line.splitn(6, ' ');
    let (start, end) = fields.next()?.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).ok();
    let permissions = fields.next()?;
    let offset = u64::from_str_radix(fields.next()?, 16).ok()?;
    let _device = fields.next()?;
    Some(Region {
        addresses: address(start)?..address(end)?,
        permissions,
        offset,
        inode: fields.next()?.parse().ok()?,
        name: fields.next().unwrap_or_default().trim_start(),
    })
}

/// Whether anything is mapped at any of the pages, as the kernel answers `msync`.
pub fn is_all_mapped(address: usize, len: usize) -> bool {
    let place = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: to start writing back changes nothing.
    unsafe { libc::msync(place, len, libc::MS_ASYNC) == 0 }
}
