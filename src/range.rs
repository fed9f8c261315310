//! Ranges of bytes, checked against a length.

use core::ops::{Bound, Range, RangeBounds};

/// The range as offsets, `None` if it reaches past `len` or ends before it starts.
#[inline]
pub(crate) fn checked(range: impl RangeBounds<usize>, len: usize) -> Option<Range<usize>> {
    let start = match range.start_bound() {
        Bound::Included(&start) => start,
        Bound::Excluded(&before) => before.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&last) => last.checked_add(1)?,
        Bound::Excluded(&end) => end,
        Bound::Unbounded => len,
    };
    (start <= end && end <= len).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::checked;
    use core::ops::Bound;

    #[test]
    fn agrees_with_slices() {
        let bytes = [0_u8; 4];
        for start in 0..6 {
            for end in 0..6 {
                let len = |slice: Option<&[u8]>| slice.map(<[u8]>::len);
                let ours = |range: Option<core::ops::Range<usize>>| range.map(|range| range.len());
                assert_eq!(ours(checked(start..end, 4)), len(bytes.get(start..end)));
                assert_eq!(ours(checked(start..=end, 4)), len(bytes.get(start..=end)));
                assert_eq!(ours(checked(start.., 4)), len(bytes.get(start..)));
                assert_eq!(ours(checked(..end, 4)), len(bytes.get(..end)));
                assert_eq!(ours(checked(..=end, 4)), len(bytes.get(..=end)));
            }
        }
        assert_eq!(checked(.., 4), Some(0..4));
    }

    #[test]
    fn does_not_overflow() {
        assert_eq!(checked(0..=usize::MAX, usize::MAX), None);
        assert_eq!(
            checked((Bound::Excluded(usize::MAX), Bound::Unbounded), 4),
            None
        );
    }
}
