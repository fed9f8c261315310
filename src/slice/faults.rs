//! Copies that return an error where a plain access would raise `SIGBUS` or `SIGSEGV`.
//!
//! The kernel makes them: where memory is missing it returns `EFAULT`, so that no handler of
//! signals is needed. There are two ways.
//!
//! `process_vm_readv` and `process_vm_writev`, on this process itself, have a local side,
//! which the kernel accesses as the process itself would, and a remote one, whose pages it
//! pins. The shared memory is always the local side: then protection keys hold, secret memory
//! can be reached, no page is held that a peer wants to seal, and the file system behind a
//! mapped file hears of a write. Hence it is `writev` that copies out.
//!
//! Where that fails, whatever the reason (missing in an emulator, denied by a filter, our
//! own side in memory that cannot be pinned), the rest goes through a pipe, and what the pipe
//! says is the answer.
//!
//! Writing to the object itself (`pwrite`) would regrow it where it was truncated.

use core::mem::MaybeUninit;

use super::{Scalar, SharedSlice, same_len};
use crate::Errno;
use crate::access::{Access, Shared};
use crate::error::{Call, InCall, PartialCopy, Result};
use crate::fd::{AsFd, OwnedFd};
use crate::sys;

impl<A: Access> SharedSlice<'_, A> {
    /// Copies all bytes out, and returns an error where [`copy_to_slice`](Self::copy_to_slice)
    /// would end in `SIGBUS` or `SIGSEGV`.
    ///
    /// See the [module](super#memory-that-may-be-taken-away) for what that protects from and
    /// what it costs. After an error the destination holds the first [`PartialCopy::copied`]
    /// bytes. What follows them up to the end of a page is unspecified, all else as it was.
    ///
    /// # Errors
    ///
    /// With how many bytes were copied, which are at least those before a page that is missing:
    ///
    /// - `EFAULT`: memory is missing: the object was truncated, or a hole punched into it
    ///   cannot be filled again (no free huge page, a full file system); or the range is no
    ///   longer mapped, or not readable.
    /// - `EMFILE`, `ENFILE`: a pipe was needed, and the process, or the system, has too many
    ///   open files.
    /// - `ENOMEM`: no memory for the pipe.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// ```
    /// use rawshm::{Errno, Memfd};
    ///
    /// let memfd = Memfd::options().resizable(true).create("doc", 4096)?;
    /// let mapping = memfd.map()?;
    /// let mut bytes = [1; 4096];
    /// mapping.shared().try_copy_to_slice(&mut bytes)?;
    /// assert_eq!(bytes, [0; 4096]);
    ///
    /// memfd.resize(0)?; // what a peer may do at any time
    /// let error = mapping.shared().try_copy_to_slice(&mut bytes).unwrap_err();
    /// assert_eq!((error.error.errno(), error.copied), (Errno::EFAULT, 0));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "process_vm_writev")]
    #[track_caller]
    pub fn try_copy_to_slice(self, destination: &mut [u8]) -> Result<(), PartialCopy> {
        same_len(self.len, destination.len());
        // SAFETY: the destination is as long and ours.
        unsafe { self.copy_out(destination.as_mut_ptr()) }
    }

    /// Copies all bytes out, to memory that is not initialized yet, and returns an error where
    /// [`copy_to_uninit`](Self::copy_to_uninit) would end in `SIGBUS` or `SIGSEGV`.
    ///
    /// # Errors
    ///
    /// As [`try_copy_to_slice`](Self::try_copy_to_slice); the bytes that were copied are
    /// initialized.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// ```
    /// # use core::mem::MaybeUninit;
    /// # use rawshm::MapOptions;
    /// # let mapping = MapOptions::new().len(100).map_shared_anonymous()?;
    /// let mut place = [MaybeUninit::uninit(); 100];
    /// let bytes: &mut [u8] = mapping.shared().try_copy_to_uninit(&mut place)?;
    /// assert_eq!(bytes, [0; 100]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_copy_to_uninit(
        self,
        destination: &mut [MaybeUninit<u8>],
    ) -> Result<&mut [u8], PartialCopy> {
        same_len(self.len, destination.len());
        let start = destination.as_mut_ptr().cast::<u8>();
        // SAFETY: the destination is as long and ours.
        unsafe { self.copy_out(start) }?;
        // SAFETY: each of the bytes was just written.
        Ok(unsafe { core::slice::from_raw_parts_mut(start, self.len) })
    }

    /// Loads an integer or float, and returns an error where [`load`](Self::load) would end in
    /// `SIGBUS` or `SIGSEGV`.
    ///
    /// It is not atomic, because the kernel copies bytes: if a peer writes meanwhile, the
    /// value may mix old and new ones.
    ///
    /// # Errors
    ///
    /// As [`try_copy_to_slice`](Self::try_copy_to_slice).
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// ```
    /// use rawshm::{Errno, Memfd};
    ///
    /// let memfd = Memfd::options().resizable(true).create("doc", 4096)?;
    /// let mapping = memfd.map()?;
    /// mapping.shared().try_store(8, -2_i16)?;
    /// assert_eq!(mapping.shared().try_load::<i16>(8)?, -2);
    ///
    /// memfd.resize(0)?; // what a peer may do at any time
    /// assert!(mapping.shared().try_load::<i16>(8).unwrap_err() == Errno::EFAULT);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_load<T: Scalar>(self, offset: usize) -> Result<T> {
        let place = self.scalar(offset, size_of::<T>());
        let mut value = MaybeUninit::<T>::uninit();
        let ours = value.as_mut_ptr().cast();
        // SAFETY: both sides have all of the value's bytes, and the destination is ours.
        unsafe { copy(Direction::Out, place, ours, size_of::<T>()) }?;
        // SAFETY: each of its bytes was just written, and integers and floats take any.
        Ok(unsafe { value.assume_init() })
    }

    /// # Safety
    ///
    /// `ours` is writable for as many bytes, and nobody else's.
    unsafe fn copy_out(self, ours: *mut u8) -> Result<(), PartialCopy> {
        // SAFETY: shared memory, or the caller's.
        unsafe { copy(Direction::Out, self.start.as_ptr(), ours, self.len) }
    }
}

impl SharedSlice<'_, Shared> {
    /// Copies all bytes in, and returns an error where
    /// [`copy_from_slice`](Self::copy_from_slice) would end in `SIGBUS` or `SIGSEGV`.
    ///
    /// See the [module](super#memory-that-may-be-taken-away) for what that protects from and
    /// what it costs. After an error the first [`PartialCopy::copied`] bytes are written. What
    /// follows them up to the end of a page is unspecified, all else as it was.
    ///
    /// # Errors
    ///
    /// As [`try_copy_to_slice`](Self::try_copy_to_slice), where readable is writable.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    ///
    /// ```
    /// use rawshm::{Errno, Memfd, mm::page_size};
    ///
    /// let memfd = Memfd::options().resizable(true).create("doc", 2 * page_size() as u64)?;
    /// let mapping = memfd.map()?;
    /// mapping.shared().try_copy_from_slice(&vec![7; mapping.len()])?;
    ///
    /// memfd.resize(1)?; // what a peer may do at any time
    /// let error = mapping.shared().try_copy_from_slice(&vec![8; mapping.len()]).unwrap_err();
    /// assert_eq!((error.error.errno(), error.copied), (Errno::EFAULT, page_size()));
    /// assert_eq!(memfd.len()?, 1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[doc(alias = "process_vm_readv")]
    #[track_caller]
    pub fn try_copy_from_slice(self, source: &[u8]) -> Result<(), PartialCopy> {
        same_len(self.len, source.len());
        let shared = self.start.as_ptr();
        // SAFETY: the source is as long and borrowed, and shared memory may be written.
        unsafe { copy(Direction::In, source.as_ptr(), shared, self.len) }
    }

    /// Stores an integer or float, and returns an error where [`store`](Self::store) would end
    /// in `SIGBUS` or `SIGSEGV`.
    ///
    /// It is not atomic, because the kernel copies bytes: a peer that reads meanwhile may see
    /// old and new ones mixed. After an error some of the bytes may be written.
    ///
    /// # Errors
    ///
    /// As [`try_copy_from_slice`](Self::try_copy_from_slice).
    ///
    /// # Panics
    ///
    /// If it is not all inside.
    ///
    /// See [`try_load`](Self::try_load) for an example.
    #[track_caller]
    pub fn try_store<T: Scalar>(self, offset: usize, value: T) -> Result<()> {
        let place = self.scalar(offset, size_of::<T>());
        let ours = (&raw const value).cast();
        // SAFETY: both sides have all of the value's bytes, none of which is padding, and
        // shared memory may be written.
        Ok(unsafe { copy(Direction::In, ours, place, size_of::<T>()) }?)
    }
}

/// Which side is shared memory.
#[derive(Clone, Copy)]
enum Direction {
    /// The source.
    Out,
    /// The destination.
    In,
}

/// # Safety
///
/// - As far as there is memory, `len` bytes from `source` on may be read, and `len` bytes from
///   `destination` on be written.
/// - The two do not overlap.
unsafe fn copy(
    direction: Direction,
    source: *const u8,
    destination: *mut u8,
    len: usize,
) -> Result<(), PartialCopy> {
    let mut rest = Rest {
        direction,
        source,
        destination,
        len,
    };
    rest.copy().map_err(|error| PartialCopy {
        error,
        copied: len - rest.len,
    })
}

/// What is still to be copied: for all of it the duties of [`copy`] hold.
struct Rest {
    direction: Direction,
    source: *const u8,
    destination: *mut u8,
    len: usize,
}

impl Rest {
    fn copy(&mut self) -> Result<()> {
        let Err(first) = self.repeat(Self::directly) else {
            return Ok(());
        };
        let pipe = Pipe::new()?;
        self.repeat(|rest| rest.through(&pipe)).map_err(|error| {
            // Where both find it missing, the first is the call that did the work.
            if first == Errno::EFAULT && error == Errno::EFAULT {
                first
            } else {
                error
            }
        })
    }

    /// Takes steps until nothing is left; each tells how many bytes it copied.
    fn repeat(&mut self, step: impl Fn(&Self) -> Result<usize>) -> Result<()> {
        while self.len > 0 {
            let copied = step(self)?;
            self.source = self.source.wrapping_add(copied);
            self.destination = self.destination.wrapping_add(copied);
            self.len -= copied;
        }
        Ok(())
    }

    /// Copies as much as the kernel does in one call.
    fn directly(&self) -> Result<usize> {
        let (source, destination, len) = (self.source, self.destination, self.len);
        match self.direction {
            // SAFETY: the duties of `copy`.
            Direction::Out => unsafe { sys::process_vm_writev(source, destination, len) }
                .in_call(Call::ProcessVmWritev),
            // SAFETY: as above.
            Direction::In => unsafe { sys::process_vm_readv(destination, source, len) }
                .in_call(Call::ProcessVmReadv),
        }
    }

    /// Copies one piece through an empty pipe, which it leaves so unless it fails.
    fn through(&self, pipe: &Pipe) -> Result<usize> {
        // No piece is in two pages of the shared side: one that fails is in the missing one.
        let shared = match self.direction {
            Direction::Out => self.source.addr(),
            Direction::In => self.destination.addr(),
        };
        let piece = self.len.min(sys::PIPE_BUF - shared % sys::PIPE_BUF);
        let written = uninterrupted(|| {
            // SAFETY: the duties of `copy`; the piece is inside.
            unsafe { sys::write_raw(pipe.writer.as_fd(), self.source, piece) }
        })
        .in_call(Call::Write)?;
        let mut read = 0;
        while read < written {
            let (start, len) = (self.destination.wrapping_add(read), written - read);
            read += uninterrupted(|| {
                // SAFETY: as above.
                unsafe { sys::read_raw(pipe.reader.as_fd(), start, len) }
            })
            .in_call(Call::Read)?;
        }
        Ok(written)
    }
}

struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl Pipe {
    fn new() -> Result<Self> {
        // A pipe that is empty or full must not make us wait, whatever goes wrong.
        let (reader, writer) = sys::pipe2(sys::O_CLOEXEC | sys::O_NONBLOCK).in_call(Call::Pipe2)?;
        Ok(Self { reader, writer })
    }
}

/// Calls again as long as a signal interrupts.
fn uninterrupted(call: impl Fn() -> Result<usize, Errno>) -> Result<usize, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
