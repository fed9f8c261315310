//! Sizes that are set once.

use crate::Errno;

/// What changing a size comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resize {
    /// It has that size: the system is not asked, because it would refuse, or take 0 for the
    /// only size that the object ever gets.
    Nothing,
    /// It has none yet: the system is asked for this one.
    Set,
}

/// What it comes to when an object of `current` bytes is to have `wanted`, in pages of
/// `page_size`.
///
/// The system rounds up to whole pages, so that a size which ends in the same page is the one
/// there is. `EINVAL`, as the system says itself: it has another size, for good; or more is
/// wanted than it counts.
pub(crate) fn plan_resize(current: u64, wanted: u64, page_size: u64) -> Result<Resize, Errno> {
    let rounded = wanted
        .checked_next_multiple_of(page_size)
        .filter(|&rounded| rounded <= i64::MAX as u64)
        .ok_or(Errno::EINVAL)?;
    match current {
        _ if rounded == current => Ok(Resize::Nothing),
        0 => Ok(Resize::Set),
        _ => Err(Errno::EINVAL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 16384;

    #[test]
    fn the_first_size_is_set() {
        for wanted in [1, PAGE - 1, PAGE, PAGE + 1, 1 << 40] {
            assert_eq!(plan_resize(0, wanted, PAGE), Ok(Resize::Set));
        }
    }

    #[test]
    fn no_size_at_all_leaves_the_first_one_open() {
        assert_eq!(plan_resize(0, 0, PAGE), Ok(Resize::Nothing));
    }

    #[test]
    fn the_size_there_is_may_be_asked_for_again() {
        for wanted in [PAGE + 1, 2 * PAGE - 1, 2 * PAGE] {
            assert_eq!(plan_resize(2 * PAGE, wanted, PAGE), Ok(Resize::Nothing));
        }
    }

    #[test]
    fn there_is_no_second_size() {
        for wanted in [0, 1, PAGE, 2 * PAGE + 1, 1 << 40] {
            assert_eq!(plan_resize(2 * PAGE, wanted, PAGE), Err(Errno::EINVAL));
        }
    }

    #[test]
    fn what_the_system_does_not_count_is_refused() {
        let largest = i64::MAX as u64 / PAGE * PAGE;
        assert_eq!(plan_resize(0, largest, PAGE), Ok(Resize::Set));
        for wanted in [largest + 1, i64::MAX as u64, 1 << 63, u64::MAX] {
            assert_eq!(plan_resize(0, wanted, PAGE), Err(Errno::EINVAL));
        }
    }
}
