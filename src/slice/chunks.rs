//! A part after the other.

use core::fmt;
use core::iter::FusedIterator;

use super::SharedSlice;
use crate::access::{Access, Shared};

impl<'a, A: Access> SharedSlice<'a, A> {
    /// Parts of `len` bytes from the start on; the last one has what is left.
    ///
    /// # Panics
    ///
    /// If `len` is 0.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let lens: Vec<usize> = mapping.shared().chunks(40).map(|part| part.len()).collect();
    /// assert_eq!(lens, [40, 40, 20]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub const fn chunks(self, len: usize) -> Chunks<'a, A> {
        assert!(len != 0, "chunks of 0 bytes have no end");
        Chunks {
            rest: self,
            chunk_len: len,
        }
    }
}

/// Parts of one length each; made by [`SharedSlice::chunks`].
///
/// Skipping costs nothing, from either end.
///
/// ```
/// # use rawshm::MapOptions;
/// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
/// let mut chunks = mapping.shared().chunks(40);
/// assert_eq!(chunks.len(), 3);
/// assert_eq!(chunks.next_back().unwrap().len(), 20);
/// assert_eq!(chunks.nth(1).unwrap().len(), 40);
/// assert!(chunks.next().is_none());
/// # Ok::<(), rawshm::Error>(())
/// ```
#[must_use = "iterators do nothing unless they are consumed"]
pub struct Chunks<'a, A: Access = Shared> {
    rest: SharedSlice<'a, A>,
    /// Not 0.
    chunk_len: usize,
}

impl<'a, A: Access> Iterator for Chunks<'a, A> {
    type Item = SharedSlice<'a, A>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.chunk_len.min(self.rest.len());
        let (chunk, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(chunk)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.rest.len().div_ceil(self.chunk_len);
        (count, Some(count))
    }

    #[inline]
    fn count(self) -> usize {
        self.len()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        let skipped = n.saturating_mul(self.chunk_len).min(self.rest.len());
        self.rest = self.rest.split_at(skipped).1;
        self.next()
    }

    #[inline]
    fn last(mut self) -> Option<Self::Item> {
        self.next_back()
    }
}

impl<A: Access> DoubleEndedIterator for Chunks<'_, A> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        let before = self.len().checked_sub(1)?;
        let (rest, chunk) = self.rest.split_at(before * self.chunk_len);
        self.rest = rest;
        Some(chunk)
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        let kept = self.len().saturating_sub(n);
        let end = kept.saturating_mul(self.chunk_len).min(self.rest.len());
        self.rest = self.rest.split_at(end).0;
        self.next_back()
    }
}

impl<A: Access> ExactSizeIterator for Chunks<'_, A> {}

impl<A: Access> FusedIterator for Chunks<'_, A> {}

impl<A: Access> Clone for Chunks<'_, A> {
    #[inline]
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<A: Access> fmt::Debug for Chunks<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("rest", &self.rest)
            .field("chunk_len", &self.chunk_len)
            .finish()
    }
}
