//! Looking at bytes that others may write: block after block, each in a copy of our own.

use core::cmp::Ordering;
use core::mem::MaybeUninit;

use super::{BLOCK, SharedSlice};
use crate::access::Access;

/// The bytes that are compared at a time: enough for vector instructions.
const STEP: usize = 128;

impl<A: Access> SharedSlice<'_, A> {
    /// Compares with a slice, as slices are compared: byte by byte, then by length.
    ///
    /// Of each byte one value is looked at. If a peer writes meanwhile, the answer holds for the
    /// values that were read, which need not have been there all at the same moment.
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(4).map_shared_anonymous()?;
    /// mapping.shared().copy_from_slice(b"text");
    /// assert_eq!(mapping.shared().compare(b"tent"), Ordering::Greater);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use]
    pub fn compare(self, other: &[u8]) -> Ordering {
        let mut block = [MaybeUninit::uninit(); BLOCK];
        for (ours, theirs) in self.chunks(BLOCK).zip(other.chunks(BLOCK)) {
            // Where one of them ends, no more than that is read.
            let common = ours.len.min(theirs.len());
            let ours = ours.split_at(common).0;
            let ours = &*ours.copy_to_uninit(&mut block[..common]);
            match ours.cmp(&theirs[..common]) {
                Ordering::Equal => {}
                different => return different,
            }
        }
        self.len.cmp(&other.len())
    }

    /// Compares with another handle's bytes, as slices are compared.
    ///
    /// Of each byte one value is looked at, of either memory; see [`compare`](Self::compare).
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let (front, back) = mapping.shared().split_at(50);
    /// back.store(49, 1_u8);
    /// assert_eq!(front.compare_shared(back), Ordering::Less);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use]
    pub fn compare_shared<B: Access>(self, other: SharedSlice<'_, B>) -> Ordering {
        let mut block = [MaybeUninit::uninit(); BLOCK];
        for (ours, theirs) in self.chunks(BLOCK).zip(other.chunks(BLOCK)) {
            let common = ours.len.min(theirs.len);
            let theirs = theirs.split_at(common).0;
            let theirs = theirs.copy_to_uninit(&mut block[..common]);
            match ours.split_at(common).0.compare(theirs) {
                Ordering::Equal => {}
                different => return different,
            }
        }
        self.len.cmp(&other.len)
    }

    /// Whether a slice has the same bytes.
    ///
    /// Of each byte one value is looked at, and none if the lengths differ; see
    /// [`compare`](Self::compare).
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().slice(..4).copy_from_slice(b"RIFF");
    /// assert!(mapping.shared().slice(..4).equals(b"RIFF"));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use]
    pub fn equals(self, other: &[u8]) -> bool {
        self.len == other.len() && self.compare(other).is_eq()
    }

    /// Whether another handle has the same bytes.
    ///
    /// As [`equals`](Self::equals), of either memory.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let (front, back) = mapping.shared().split_at(50);
    /// assert!(front.equals_shared(back));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[must_use]
    pub fn equals_shared<B: Access>(self, other: SharedSlice<'_, B>) -> bool {
        self.len == other.len && self.compare_shared(other).is_eq()
    }

    /// The offset of the first byte with this value.
    ///
    /// Of each byte one value is looked at. A peer may write meanwhile: the byte was there when
    /// it was read, those before had other values when they were, and none need be so still.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// mapping.shared().slice(10..15).copy_from_slice(b"line\n");
    /// assert_eq!(mapping.shared().find(b'\n'), Some(14));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "memchr")]
    #[must_use]
    pub fn find(self, byte: u8) -> Option<usize> {
        let mut block = [MaybeUninit::uninit(); BLOCK];
        self.chunks(BLOCK).enumerate().find_map(|(index, part)| {
            let bytes = part.copy_to_uninit(&mut block[..part.len]);
            Some(index * BLOCK + first(bytes, byte)?)
        })
    }

    /// The offset of the last byte with this value.
    ///
    /// As [`find`](Self::find), from the end on.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.shared().rfind(0), Some(99));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "memrchr")]
    #[must_use]
    pub fn rfind(self, byte: u8) -> Option<usize> {
        let mut block = [MaybeUninit::uninit(); BLOCK];
        self.chunks(BLOCK)
            .enumerate()
            .rev()
            .find_map(|(index, part)| {
                let bytes = part.copy_to_uninit(&mut block[..part.len]);
                Some(index * BLOCK + last(bytes, byte)?)
            })
    }
}

/// The place of the first byte with this value.
#[inline]
fn first(bytes: &[u8], byte: u8) -> Option<usize> {
    let (index, step) = bytes
        .chunks(STEP)
        .enumerate()
        .find(|(_, step)| has(step, byte))?;
    Some(index * STEP + step.iter().position(|&each| each == byte)?)
}

/// The place of the last byte with this value.
#[inline]
fn last(bytes: &[u8], byte: u8) -> Option<usize> {
    let mut steps = bytes.chunks(STEP).enumerate().rev();
    let (index, step) = steps.find(|(_, step)| has(step, byte))?;
    Some(index * STEP + step.iter().rposition(|&each| each == byte)?)
}

/// Whether any byte has this value: all are looked at, as vector instructions do it best.
#[inline]
fn has(bytes: &[u8], byte: u8) -> bool {
    bytes.iter().fold(false, |has, &each| has | (each == byte))
}
