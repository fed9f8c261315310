//! Temporary names, for objects that cannot be made without one.
//!
//! Such a name is `.rawshm-`, 16 hexadecimal digits that tell which name the object is for,
//! `-`, and 16 that make it unique. Who has a temporary name has the object open, so that the
//! kernel tells those apart that a killed process has left.

use super::name::{KeptPlace, NameToRemove};
use super::orphan;
use crate::Errno;
use crate::error::{Call, InCall, Result};
use crate::fd::OwnedFd;
use crate::sys::{self, ATTEMPTS, O_CREAT, O_EXCL, O_RDWR, ObjectName, Place, Stat};

/// What all temporary names begin with.
pub(super) const PREFIX: &[u8] = b".rawshm-";

const HEX: usize = 16;

/// Prefix and digits, with a `-` at the end.
const STEM: usize = PREFIX.len() + HEX + 1;

/// Creates an object under a temporary name, which goes with it unless it is renamed.
pub(super) fn create(
    place: Place<'_>,
    name: ObjectName<'_>,
    mode: u32,
) -> Result<(OwnedFd, NameToRemove)> {
    let directory = KeptPlace::new(place).in_call(Call::Dup)?;
    let flags = O_RDWR | O_CREAT | O_EXCL;
    let create = |temporary: ObjectName<'_>| {
        let (fd, stat) = sys::shm_open_with_stat(place, temporary, flags, mode)?;
        Ok((fd, temporary.to_owned(), stat))
    };
    let (fd, temporary, stat) = with_free_name(name, create).in_call(Call::ShmOpen)?;
    Ok((fd, NameToRemove::new(directory, temporary.borrow(), &stat)))
}

/// Gives an object without a name a temporary one, by `link`.
pub(super) fn name(
    place: Place<'_>,
    name: ObjectName<'_>,
    stat: &Stat,
    link: impl Fn(ObjectName<'_>) -> Result<(), Errno>,
) -> Result<NameToRemove> {
    let directory = KeptPlace::new(place).in_call(Call::Dup)?;
    let link = |temporary: ObjectName<'_>| link(temporary).map(|()| temporary.to_owned());
    let temporary = with_free_name(name, link).in_call(Call::Linkat)?;
    Ok(NameToRemove::new(directory, temporary.borrow(), stat))
}

/// Does something with a temporary name, with others if it is taken: `EEXIST`.
fn with_free_name<T>(
    name: ObjectName<'_>,
    mut take: impl FnMut(ObjectName<'_>) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let mut bytes = [0; STEM + HEX];
    bytes[..STEM].copy_from_slice(&stem(name));
    for attempt in 0..ATTEMPTS {
        let now = sys::monotonic_time().map_or(0, |time| time.as_nanos() as u64);
        let process = u64::from(sys::getpid().unsigned_abs()) << 40;
        let unique = (now ^ process).wrapping_add(attempt as u64);
        bytes[STEM..].copy_from_slice(&hexadecimal(unique));
        match take(ObjectName::new(&bytes)?) {
            Err(Errno::EEXIST) => {}
            taken => return taken,
        }
    }
    Err(Errno::EAGAIN)
}

/// Removes what killed processes have left that made an object of this name.
///
/// What somebody has open, or of which we may not ask, stays.
pub(super) fn reclaim(place: Place<'_>, name: ObjectName<'_>) {
    let stem = stem(name);
    let ours = |name: &[u8]| name.len() == STEM + HEX && name.starts_with(&stem);
    let Ok(mut directory) = sys::ObjectDirectory::open(place) else {
        return;
    };
    while let Ok(Some((left, _))) = directory.next_object(ours) {
        // Asked once: whoever makes an object has it open all the time.
        let _ = orphan::remove_if_orphaned(place, left.borrow(), 1);
    }
}

/// What the temporary names for a name begin with.
fn stem(name: ObjectName<'_>) -> [u8; STEM] {
    let mut stem = [b'-'; STEM];
    stem[..PREFIX.len()].copy_from_slice(PREFIX);
    stem[PREFIX.len()..][..HEX].copy_from_slice(&hexadecimal(hash(name.as_bytes())));
    stem
}

/// FNV-1a: names have up to 255 bytes, so that not all of one fits into another.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn hexadecimal(number: u64) -> [u8; HEX] {
    core::array::from_fn(|place| {
        let digit = (number >> (60 - 4 * place)) & 0xf;
        b"0123456789abcdef"[digit as usize]
    })
}
