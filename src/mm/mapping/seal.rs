//! Mappings that stay until the process ends.

use core::mem::ManuallyDrop;
use core::slice;

use super::Mapping;
use crate::access::{Access, Frozen, Private, ReadOnly, Shared};
use crate::error::{Call, InCall, Refused, Result};
use crate::slice::SharedSlice;
use crate::sys;

impl<A: Access> Mapping<A> {
    /// Seals the range, after which nothing unmaps it: not even its drop, which is left out.
    fn sealed(self) -> Result<ManuallyDrop<Self>, Refused<Self>> {
        let start = self.start.as_ptr().cast();
        // SAFETY: the range is ours, and we give up unmapping and protecting it.
        match unsafe { sys::mseal(start, self.mapped_len()) }.in_call(Call::Mseal) {
            Ok(()) => Ok(ManuallyDrop::new(self)),
            Err(error) => Err(Refused { error, value: self }),
        }
    }
}

/// Sealing, by what is had of it afterwards.
macro_rules! seal {
    ($($access:ty => $result:ty: |$mapping:ident| $value:expr, $example:literal;)*) => {
        $(
            impl Mapping<$access> {
                /// Keeps the memory mapped where it is until the process ends (Linux 6.10).
                ///
                /// The kernel refuses from now on to unmap, replace, move or resize the range
                /// and to change its protection, whoever in the process asks: a stray
                /// `munmap`, another library, an attacker with one call to choose. It
                /// can still be locked, prefaulted and advised by the calls of
                /// [`mm`](crate::mm); do that before. Peers may do with the object behind it
                /// what they could before.
                ///
                /// # Errors
                ///
                /// With the mapping, as it was:
                ///
                /// - `ENOSYS`: the kernel is older, or an emulator does not know the call.
                /// - `ENOMEM`: too many mappings.
                /// - `EPERM`: a kernel of 32 bits, or a container's filter.
                ///
                /// ```
                #[doc = $example]
                /// # Ok::<(), rawshm::Error>(())
                /// ```
                #[doc(alias = "mseal")]
                pub fn seal(self) -> Result<$result, Refused<Self>> {
                    let $mapping = self.sealed()?;
                    Ok($value)
                }
            }
        )*
    };
}

seal! {
    Shared => SharedSlice<'static, Shared>: |mapping| {
        // SAFETY: nothing unmaps the range any more, and it stays readable and writable.
        unsafe { SharedSlice::from_raw_parts(mapping.start, mapping.len) }
    }, "
let mapping = rawshm::Memfd::create(\"doc\", 4096)?.map()?;
match mapping.seal() {
    Ok(forever) => drop(std::thread::spawn(move || forever.store(0, 7_u8))),
    Err(refused) => drop(refused.value), // the mapping as it was
}";
    ReadOnly => SharedSlice<'static, ReadOnly>: |mapping| {
        // SAFETY: nothing unmaps the range any more, and it stays readable.
        unsafe { SharedSlice::from_raw_parts(mapping.start, mapping.len) }
    }, "
let mapping = rawshm::Memfd::create(\"doc\", 4096)?.map_read_only()?;
match mapping.seal() {
    Ok(forever) => assert_eq!(forever.load::<u8>(0), 0),
    Err(refused) => drop(refused.value), // the mapping as it was
}";
    Private => &'static mut [u8]: |mapping| {
        // SAFETY: nothing unmaps the range any more, and it stays readable and writable; it
        // was the only way to it.
        unsafe { slice::from_raw_parts_mut(mapping.start.as_ptr(), mapping.len) }
    }, "
let mapping = rawshm::MapOptions::new().len(4096).map_anonymous()?;
match mapping.seal() {
    Ok(forever) => forever[0] = 7,
    Err(refused) => drop(refused.value), // the mapping as it was
}";
    Frozen => &'static [u8]: |mapping| {
        // SAFETY: nothing unmaps the range any more, it stays readable, and nobody can write it.
        unsafe { slice::from_raw_parts(mapping.start.as_ptr(), mapping.len) }
    }, "
let mapping = rawshm::Memfd::create(\"doc\", 4096)?.freeze()?.map()?;
match mapping.seal() {
    Ok(forever) => assert_eq!(forever[0], 0),
    Err(refused) => drop(refused.value), // the mapping as it was
}";
}
