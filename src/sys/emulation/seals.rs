//! Seals that are kept in this process, and asked by our own types alone.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::Errno;

// The numbers of Linux.
pub(crate) const F_SEAL_SEAL: u32 = 0x01;
pub(crate) const F_SEAL_SHRINK: u32 = 0x02;
pub(crate) const F_SEAL_GROW: u32 = 0x04;
pub(crate) const F_SEAL_WRITE: u32 = 0x08;
pub(crate) const F_SEAL_FUTURE_WRITE: u32 = 0x10;

const KNOWN: u32 = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;

/// What an object's size tells: one that has a size keeps it, whoever has a descriptor.
pub(crate) const fn seals_of_size(len: u64) -> u32 {
    match len {
        0 => 0,
        _ => F_SEAL_SHRINK | F_SEAL_GROW,
    }
}

/// The seals of one of our types. They only ever become more.
#[derive(Debug, Default)]
pub(crate) struct Seals(AtomicU32);

impl Seals {
    /// Some seals, from the start on.
    pub(crate) const fn new(seals: u32) -> Self {
        Self(AtomicU32::new(seals))
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    /// Adds seals. `EINVAL`: one that is not known; `EPERM`: sealed against further seals.
    pub(crate) fn add(&self, seals: u32) -> Result<(), Errno> {
        if seals & !KNOWN != 0 {
            return Err(Errno::EINVAL);
        }
        let add = |old: u32| (old & F_SEAL_SEAL == 0).then_some(old | seals);
        match self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, add)
        {
            Ok(_) => Ok(()),
            Err(_) => Err(Errno::EPERM),
        }
    }

    /// `EPERM` if a seal forbids to map for writing.
    pub(crate) fn check_map_writable(&self) -> Result<(), Errno> {
        self.refuse(F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
    }

    /// `EPERM` if a seal forbids the change of the size.
    pub(crate) fn check_resize(&self, from: u64, to: u64) -> Result<(), Errno> {
        if to < from {
            self.refuse(F_SEAL_SHRINK)
        } else if to > from {
            self.refuse(F_SEAL_GROW)
        } else {
            Ok(())
        }
    }

    fn refuse(&self, forbidding: u32) -> Result<(), Errno> {
        match self.get() & forbidding {
            0 => Ok(()),
            _ => Err(Errno::EPERM),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_only_ever_adds() {
        let seals = Seals::default();
        assert_eq!(seals.get(), 0);
        seals.add(F_SEAL_GROW).unwrap();
        seals.add(F_SEAL_SHRINK).unwrap();
        seals.add(0).unwrap();
        assert_eq!(seals.get(), F_SEAL_GROW | F_SEAL_SHRINK);
    }

    #[test]
    fn add_ends_with_the_seal_of_seals() {
        let seals = Seals::new(F_SEAL_GROW);
        seals.add(F_SEAL_SEAL | F_SEAL_WRITE).unwrap();
        let before = seals.get();
        for more in [0, F_SEAL_SHRINK, F_SEAL_WRITE] {
            assert_eq!(seals.add(more), Err(Errno::EPERM));
        }
        assert_eq!(seals.get(), before);
    }

    #[test]
    fn add_refuses_what_it_does_not_know() {
        let seals = Seals::default();
        for unknown in [0x20, 0x40, 1 << 31, 0x20 | F_SEAL_GROW] {
            assert_eq!(seals.add(unknown), Err(Errno::EINVAL));
            assert_eq!(seals.get(), 0);
        }
        // As the kernel has it: what is wrong comes before what is forbidden.
        let sealed = Seals::new(F_SEAL_SEAL);
        assert_eq!(sealed.add(0x40), Err(Errno::EINVAL));
    }

    #[test]
    fn each_seal_forbids_what_it_says_and_no_more() {
        const SHRINKS: (u64, u64) = (8192, 4096);
        const GROWS: (u64, u64) = (4096, 8192);
        for (seal, map, shrink, grow) in [
            (0, true, true, true),
            (F_SEAL_SEAL, true, true, true),
            (F_SEAL_SHRINK, true, false, true),
            (F_SEAL_GROW, true, true, false),
            (F_SEAL_WRITE, false, true, true),
            (F_SEAL_FUTURE_WRITE, false, true, true),
        ] {
            let seals = Seals::new(seal);
            let expected = |allowed| if allowed { Ok(()) } else { Err(Errno::EPERM) };
            assert_eq!(seals.check_map_writable(), expected(map), "{seal:#x}");
            assert_eq!(
                seals.check_resize(SHRINKS.0, SHRINKS.1),
                expected(shrink),
                "{seal:#x}"
            );
            assert_eq!(
                seals.check_resize(GROWS.0, GROWS.1),
                expected(grow),
                "{seal:#x}"
            );
            assert_eq!(seals.check_resize(4096, 4096), Ok(()), "{seal:#x}");
        }
    }

    #[test]
    fn a_size_that_is_set_is_sealed() {
        assert_eq!(seals_of_size(0), 0);
        assert_eq!(seals_of_size(1), F_SEAL_SHRINK | F_SEAL_GROW);
        assert_eq!(seals_of_size(u64::MAX), F_SEAL_SHRINK | F_SEAL_GROW);
    }

    #[test]
    fn threads_that_add_lose_nothing() {
        let seals = Seals::default();
        let add = |seal| seals.add(seal).unwrap();
        std::thread::scope(|scope| {
            for seal in [
                F_SEAL_SHRINK,
                F_SEAL_GROW,
                F_SEAL_WRITE,
                F_SEAL_FUTURE_WRITE,
            ] {
                scope.spawn(move || add(seal));
            }
        });
        assert_eq!(seals.get(), KNOWN & !F_SEAL_SEAL);
    }
}
