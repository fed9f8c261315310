//! Copies from shared memory to shared memory, which may overlap.

use core::mem::MaybeUninit;
use core::ops::RangeBounds;
use core::ptr::NonNull;

use super::{BLOCK, SharedSlice, same_len};
use crate::access::{Access, Shared};
use crate::arch::access;

impl SharedSlice<'_, Shared> {
    /// Copies all bytes of another handle in, each written once.
    ///
    /// Where the two overlap in one mapping, what was in the source arrives, as with
    /// [`[u8]::copy_within`](slice::copy_within); onto itself nothing is copied. Two mappings
    /// of one object cannot be told from two objects: where they overlap in it, bytes may
    /// arrive that this very copy has written, as if a peer had.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// ```
    /// # use rawshm::{MapOptions, Memfd};
    /// let theirs = Memfd::create("doc", 100)?.map_read_only()?;
    /// let ours = MapOptions::new().len(100).map_shared_anonymous()?;
    /// ours.shared().fill(1);
    /// ours.shared().copy_from_shared(theirs.shared());
    /// assert_eq!(ours.shared().load::<u8>(99), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn copy_from_shared<A: Access>(self, source: SharedSlice<'_, A>) {
        same_len(self.len, source.len);
        let address = |start: NonNull<u8>| start.addr().get();
        let above = address(self.start).wrapping_sub(address(source.start));
        let overlaps = above < self.len || above.wrapping_neg() < self.len;
        if overlaps {
            self.copy_from_overlapping(source, above < self.len);
        } else {
            // SAFETY: the lengths are the same, and the two do not overlap.
            unsafe { self.copy_upwards_from(source) }
        }
    }

    /// Copies block by block, in the order in which none writes what is still to be read.
    ///
    /// The lengths are the same; `above` tells whether our start is in the source.
    fn copy_from_overlapping<A: Access>(self, source: SharedSlice<'_, A>, above: bool) {
        if self.start == source.start {
            // Would only undo what a peer writes meanwhile.
            return;
        }
        let blocks = self.chunks(BLOCK).zip(source.chunks(BLOCK));
        if above {
            let mut buffer = [MaybeUninit::uninit(); BLOCK];
            for (to, from) in blocks.rev() {
                to.copy_from_slice(from.copy_to_uninit(&mut buffer[..from.len()]));
            }
        } else {
            // Not all at once: long copies are made by instructions that overlapping slows
            // down a great deal.
            blocks.for_each(|(to, from)| {
                // SAFETY: the lengths are the same, and ours starts below the source.
                unsafe { to.copy_upwards_from(from) }
            });
        }
    }

    /// # Safety
    ///
    /// The lengths are the same; where the two overlap, ours starts below the source.
    #[inline]
    unsafe fn copy_upwards_from<A: Access>(self, source: SharedSlice<'_, A>) {
        let (from, to) = (source.start.as_ptr(), self.start.as_ptr());
        // SAFETY: both have `len` bytes, of which ours are writable; the caller vouches for
        // the order.
        unsafe { access::copy_between_shared(from, to, self.len) }
    }

    /// Copies a range of bytes to another offset in the same memory, each written once.
    ///
    /// The two may overlap: what was in the range arrives.
    ///
    /// # Panics
    ///
    /// If the range, or as many bytes at the `destination`, are not all inside.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(5).map_shared_anonymous()?;
    /// let shared = mapping.shared();
    /// shared.copy_from_slice(b"abcde");
    /// shared.copy_within(..4, 1);
    /// let mut bytes = [0; 5];
    /// shared.copy_to_slice(&mut bytes);
    /// assert_eq!(&bytes, b"aabcd");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn copy_within(self, source: impl RangeBounds<usize>, destination: usize) {
        let source = self.slice(source);
        self.within(destination, source.len)
            .copy_from_shared(source);
    }
}
