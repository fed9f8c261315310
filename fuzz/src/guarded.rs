//! Memory between two pages that may not be touched.
//!
//! AddressSanitizer does not see the accesses of inline assembly: what is read or written
//! outside must fault by itself, or be found by comparing all bytes.

use rawshm::mm::{self, ProtFlags, page_size};
use rawshm::{MapOptions, Mapping, Shared, SharedSlice};

/// Shared memory between two guard pages.
pub struct Guarded {
    mapping: Mapping<Shared>,
}

impl Guarded {
    /// So many pages between the two.
    pub fn new(pages: usize) -> Self {
        let page = page_size();
        let options = MapOptions::new().len((pages + 2) * page);
        let mapping = options.map_shared_anonymous().expect("there is memory");
        for guard in [0, pages + 1] {
            let place = mapping.as_mut_ptr().wrapping_add(guard * page).cast();
            // SAFETY: nobody touches that page: all slices are of the pages between.
            unsafe { mm::mprotect(place, page, ProtFlags::NONE) }.expect("a page is protected");
        }
        Self { mapping }
    }

    /// All that may be touched.
    pub fn all(&self) -> SharedSlice<'_> {
        let page = page_size();
        self.mapping.shared().slice(page..self.mapping.len() - page)
    }

    /// So many bytes right before the second guard page, or right behind the first: with the
    /// offset in [`all`](Self::all).
    pub fn part(&self, at_end: bool, len: usize) -> (usize, SharedSlice<'_>) {
        let start = if at_end { self.all().len() - len } else { 0 };
        (start, self.all().slice(start..start + len))
    }

    /// As [`part`](Self::part), as bytes that are ours alone.
    pub fn bytes(&mut self, at_end: bool, len: usize) -> &mut [u8] {
        let start = self.part(at_end, len).1.as_mut_ptr();
        // SAFETY: readable and writable, and borrowed mutably with `self`.
        unsafe { std::slice::from_raw_parts_mut(start, len) }
    }
}
