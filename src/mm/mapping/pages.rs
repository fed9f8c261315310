//! Whether pages are there, and which.

use core::ffi::c_void;
use core::ops::RangeBounds;

use super::Mapping;
use crate::access::{Access, Private, Shared};
use crate::error::{Call, Error, InCall, Refused, Result};
use crate::mm::MlockFlags;
use crate::{Errno, sys};

impl<A: Access> Mapping<A> {
    /// Keeps the pages of a range of bytes in memory from the moment each is first touched,
    /// instead of faulting all in now as [`lock`](Self::lock) does.
    ///
    /// The whole range counts against `RLIMIT_MEMLOCK` at once.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping.
    /// - As [`mlock2`](crate::mm::mlock2).
    ///
    /// ```
    /// use rawshm::{Errno, MapOptions};
    ///
    /// let mapping = MapOptions::new().len(1 << 20).map_anonymous()?;
    /// match mapping.lock_on_fault(..65_536) {
    ///     Err(error) if error == Errno::ENOSYS => {} // an emulator
    ///     result => result?,
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "mlock2")]
    #[doc(alias = "MLOCK_ONFAULT")]
    #[inline]
    pub fn lock_on_fault(&self, range: impl RangeBounds<usize>) -> Result<()> {
        let (address, len) = self.pages(range, Call::Mlock2)?;
        // SAFETY: the range is inside of the mapping, and locking changes no contents.
        unsafe { sys::mlock2(address, len, MlockFlags::ONFAULT.bits()) }.in_call(Call::Mlock2)
    }

    /// Faults the pages of a range of bytes in, as writing each of them would (reading, where
    /// we may not write), and returns an error where that would raise a signal. No contents
    /// change.
    ///
    /// The first touch after it costs no fault and cannot fail for want of memory, unless the
    /// page went again meanwhile: to swap, if it is not [locked](Self::lock), or because a peer
    /// has truncated the object or punched a hole into it. What a control group may have
    /// is a limit here too, beyond which it kills.
    ///
    /// This is `MADV_POPULATE_WRITE` or `MADV_POPULATE_READ`. Kernels before 5.14 do not know
    /// them, nor do they work on [secret memory](crate::SecretMemory): there each page is
    /// touched by a call of its own, a futex operation that adds 0 or, to read it, a
    /// [copy that returns errors](crate::slice#memory-that-may-be-taken-away).
    ///
    /// | 64 MiB of a sparse memfd, measured on x86_64 with pages of 4 KiB | µs per MiB |
    /// |------------------------------------------------------------------|-----------:|
    /// | `prefault`, by `MADV_POPULATE_WRITE`                             | 340 |
    /// | `prefault`, by touching                                          | 540 |
    /// | a store to each page                                             | 460 |
    /// | [`MapOptions::populate`](crate::MapOptions::populate), then a store to each page | 480 |
    /// | [`lock`](Self::lock)                                             | 420 |
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not inside of the mapping.
    /// - `EFAULT`: a touch would raise `SIGBUS`: the object was truncated, or the file system,
    ///   or the pool of huge pages, is full.
    /// - `ENOMEM`: no memory.
    /// - `EHWPOISON`: the memory of a page is broken.
    ///
    /// ```
    /// use rawshm::{Errno, Memfd};
    ///
    /// let memfd = Memfd::options().sparse(true).resizable(true).create("doc", 1 << 20)?;
    /// let mapping = memfd.map()?;
    /// mapping.prefault(..)?;
    ///
    /// # if std::fs::read_link("/proc/self/exe").ok() == std::fs::read_link("/proc/thread-self/exe").ok() {
    /// memfd.resize(0)?; // what a peer may do at any time
    /// assert!(mapping.prefault(..).unwrap_err() == Errno::EFAULT);
    /// # } // the emulator ignores the advice
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "MADV_POPULATE_READ")]
    #[doc(alias = "MADV_POPULATE_WRITE")]
    pub fn prefault(&self, range: impl RangeBounds<usize>) -> Result<()> {
        let (call, advice) = if A::WRITABLE {
            (Call::MadvisePopulateWrite, sys::MADV_POPULATE_WRITE)
        } else {
            (Call::MadvisePopulateRead, sys::MADV_POPULATE_READ)
        };
        let (address, len) = self.pages(range, call)?;
        // SAFETY: the range is inside of the mapping, and faults change no contents.
        let populated = match unsafe { sys::madvise(address, len, advice) } {
            // An older kernel, a filter, or memory that may not be pinned, which secret memory is.
            Err(Errno::EINVAL | Errno::ENOSYS | Errno::EPERM) => self.touch(address, len),
            populated => populated,
        };
        populated.in_call(call)
    }

    /// Faults pages in one by one.
    #[cold]
    fn touch(&self, address: *mut c_void, len: usize) -> Result<(), Errno> {
        let first = address.addr() - self.addr();
        (first..first + len)
            .step_by(self.page_size)
            .try_for_each(|offset| {
                if A::WRITABLE {
                    sys::touch_for_writing(self.start.as_ptr().wrapping_add(offset).cast())
                } else {
                    let read = self.shared().try_load::<u8>(offset);
                    read.map(drop).map_err(Error::errno)
                }
            })
    }

    /// Gathers the pages of a range of bytes into transparent huge pages, now (Linux 6.1). No
    /// contents change.
    ///
    /// Only whole huge pages (2 MiB on x86_64) at multiples of their size are gathered; that
    /// there is none in the range is no error where the mapping has one. The work is done at
    /// once, by the caller, where the kernel's own `khugepaged` comes late or never; it pays
    /// where much memory is accessed in no order. The setting
    /// `/sys/kernel/mm/transparent_hugepage/enabled` need not allow it, but for shared memory
    /// `shmem_enabled` must not be `deny`.
    ///
    /// # Errors
    ///
    /// What was gathered before the error stays so.
    ///
    /// - `EINVAL`: the range is not inside of the mapping; the mapping is too small for a huge
    ///   page; its memory can have none (reserved huge pages, secret memory), or was never
    ///   touched ([`prefault`](Self::prefault)); the kernel is older or was built without.
    /// - `ENOMEM`: no huge page could be allocated: memory is full, or too fragmented.
    /// - `EAGAIN`: pages were in use at the moment, or could not be isolated: try again.
    /// - `EBUSY`: the control group may have no more memory, or the range was changed by
    ///   another thread.
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mapping = MapOptions::new().len(8 << 20).map_anonymous()?;
    /// mapping.prefault(..)?;
    /// if let Err(error) = mapping.collapse(..) {
    ///     println!("small pages do as well: {error}");
    /// }
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "MADV_COLLAPSE")]
    pub fn collapse(&self, range: impl RangeBounds<usize>) -> Result<()> {
        let (address, len) = self.pages(range, Call::MadviseCollapse)?;
        // SAFETY: the range is inside of the mapping, and gathering pages changes no contents.
        unsafe { sys::madvise(address, len, sys::MADV_COLLAPSE) }.in_call(Call::MadviseCollapse)
    }
}

impl Mapping<Private> {
    /// Has a child find zeroes instead of the contents, such as keys or the state of a random
    /// number generator.
    ///
    /// Memory that `fork` changes must not be behind a slice, of which Rust takes nobody else
    /// to write it. Hence the mapping becomes a `Shared` one, though nobody shares it: copies
    /// and typed accesses find the zeroes, whenever they come.
    ///
    /// # Errors
    ///
    /// With the mapping, as it was:
    ///
    /// - `EINVAL`: a frozen object or huge pages are behind it.
    /// - `EAGAIN`: too many mappings.
    ///
    /// ```
    /// use rawshm::{MapOptions, Mapping, Shared};
    ///
    /// let key = MapOptions::new().len(32).map_anonymous()?;
    /// let key: Mapping<Shared> = key.into_wiped_on_fork()?;
    /// key.shared().copy_from_slice(&[7; 32]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "MADV_WIPEONFORK")]
    pub fn into_wiped_on_fork(self) -> Result<Mapping<Shared>, Refused<Self>> {
        let start = self.start.as_ptr().cast();
        // SAFETY: the range is ours, and `self` is owned, so that nothing borrows it.
        let advised = unsafe { sys::madvise(start, self.mapped_len(), sys::MADV_WIPEONFORK) };
        match advised.in_call(Call::Madvise) {
            // SAFETY: readable and writable, and `Shared` promises no more.
            Ok(()) => Ok(unsafe { self.retype() }),
            Err(error) => {
                // Of a range that is several mappings to the kernel, some may be advised by now.
                // SAFETY: as above; it is what a private mapping promises.
                let undone =
                    unsafe { sys::madvise(start, self.mapped_len(), sys::MADV_KEEPONFORK) };
                // The first error is the one to tell.
                let _ = undone;
                Err(Refused { error, value: self })
            }
        }
    }
}
