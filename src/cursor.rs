//! Reading and writing memory from a position on.

use core::fmt;

use crate::Errno;
use crate::access::{Access, Private, Shared};
use crate::error::{Call, Error, Result};
use crate::io::SeekTo;
use crate::mm::Mapping;
use crate::slice::SharedSlice;

mod private {
    pub trait Sealed {}
}

/// Memory that a [`Cursor`] reads: a [`SharedSlice`], or a [`Mapping`] that it owns.
///
/// ```
/// use rawshm::slice::Memory;
///
/// fn first_byte(memory: &impl Memory) -> u8 {
///     memory.bytes().load(0)
/// }
/// let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// assert_eq!(first_byte(&mapping), first_byte(&mapping.shared()));
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait Memory: private::Sealed {
    /// Who may write it.
    type Access: Access;

    /// All of it.
    fn bytes(&self) -> SharedSlice<'_, Self::Access>;
}

/// Memory that a [`Cursor`] also writes: a shared slice, a shared or private mapping.
///
/// ```
/// use rawshm::slice::MemoryMut;
///
/// fn clear(memory: &mut impl MemoryMut) {
///     memory.bytes_mut().fill(0);
/// }
/// clear(&mut rawshm::MapOptions::new().len(100).map_anonymous()?);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait MemoryMut: Memory {
    /// All of it, to write to.
    fn bytes_mut(&mut self) -> SharedSlice<'_, Shared>;
}

impl<A: Access> private::Sealed for SharedSlice<'_, A> {}

impl<A: Access> Memory for SharedSlice<'_, A> {
    type Access = A;

    #[inline]
    fn bytes(&self) -> SharedSlice<'_, A> {
        *self
    }
}

impl MemoryMut for SharedSlice<'_, Shared> {
    #[inline]
    fn bytes_mut(&mut self) -> SharedSlice<'_, Shared> {
        *self
    }
}

impl<A: Access> private::Sealed for Mapping<A> {}

impl<A: Access> Memory for Mapping<A> {
    type Access = A;

    #[inline]
    fn bytes(&self) -> SharedSlice<'_, A> {
        self.shared()
    }
}

impl MemoryMut for Mapping<Shared> {
    #[inline]
    fn bytes_mut(&mut self) -> SharedSlice<'_, Shared> {
        self.shared()
    }
}

impl MemoryMut for Mapping<Private> {
    #[inline]
    fn bytes_mut(&mut self) -> SharedSlice<'_, Shared> {
        self.shared_mut()
    }
}

/// A position in memory, to read and write from it on.
///
/// [`SharedSlice::cursor`] makes one that borrows, [`Mapping::into_cursor`] one that owns.
/// It ends as `std::io::Cursor<&mut [u8]>` does: what does not fit is cut short, and at the
/// end nothing is copied any more. The position may be past the end.
///
/// With the feature `std` it implements `Read`, `Write` and `Seek` of `std::io`, and over
/// memory that nobody else writes `BufRead`; with `embedded-io-07` the traits of
/// `embedded_io`.
///
/// ```
/// let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
/// let mut cursor = mapping.shared().cursor();
/// assert_eq!(cursor.copy_in(b"text"), 4);
/// cursor.rewind();
/// let mut bytes = [0; 4];
/// assert_eq!(cursor.copy_out(&mut bytes), 4);
/// assert_eq!((&bytes, cursor.remaining()), (b"text", 96));
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Cursor<M: Memory> {
    memory: M,
    position: u64,
}

impl<'a, A: Access> SharedSlice<'a, A> {
    /// A cursor at the start.
    ///
    /// See [`Cursor`] for an example.
    #[inline]
    #[must_use]
    pub const fn cursor(self) -> Cursor<Self> {
        Cursor::new(self)
    }
}

impl<A: Access> Mapping<A> {
    /// A cursor at the start, which owns the mapping.
    ///
    /// ```
    /// let mapping = rawshm::MapOptions::new().len(100).map_anonymous()?;
    /// let mut cursor = mapping.into_cursor();
    /// cursor.set_position(96);
    /// assert_eq!(cursor.copy_in(b"too much"), 4);
    /// assert_eq!(&cursor.into_inner()[96..], b"too ");
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn into_cursor(self) -> Cursor<Self> {
        Cursor::new(self)
    }
}

impl<M: Memory> Cursor<M> {
    /// A cursor at the start.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(rawshm::slice::Cursor::new(mapping).position(), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(memory: M) -> Self {
        Self {
            memory,
            position: 0,
        }
    }

    /// The memory.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.into_cursor().get_ref().len(), 100);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn get_ref(&self) -> &M {
        &self.memory
    }

    /// The memory, to be changed meanwhile; the position stays.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_anonymous()?;
    /// mapping.into_cursor().get_mut().fill(1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut M {
        &mut self.memory
    }

    /// The memory back.
    ///
    /// See [`Mapping::into_cursor`] for an example.
    #[inline]
    #[must_use]
    pub fn into_inner(self) -> M {
        self.memory
    }

    /// The position in bytes from the start.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// let mut cursor = mapping.into_cursor();
    /// cursor.copy_out(&mut [0; 30]);
    /// assert_eq!(cursor.position(), 30);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Goes to a position, which may be past the end.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// let mut cursor = mapping.into_cursor();
    /// cursor.set_position(1000);
    /// assert_eq!(cursor.copy_out(&mut [0; 30]), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub const fn set_position(&mut self, position: u64) {
        self.position = position;
    }

    /// Goes back to the start.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub const fn rewind(&mut self) {
        self.position = 0;
    }

    /// How many bytes there are from the position to the end.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.memory.bytes().len() - self.offset()
    }

    /// Copies out from the position on as much as there is, and goes on behind it.
    ///
    /// Returns how many bytes that were: fewer than asked for only at the end.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn copy_out(&mut self, destination: &mut [u8]) -> usize {
        let part = part(self.memory.bytes(), self.position, destination.len());
        let len = part.len();
        part.copy_to_slice(&mut destination[..len]);
        self.position += len as u64;
        len
    }

    /// Copies `len` bytes at `start` out, or as many as there are; the position stays.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// let cursor = mapping.shared().cursor();
    /// assert_eq!(cursor.read_chunk(90, 20), [0; 10]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[cfg(feature = "alloc")]
    #[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
    #[must_use]
    pub fn read_chunk(&self, start: u64, len: usize) -> alloc::vec::Vec<u8> {
        part(self.memory.bytes(), start, len).to_vec()
    }

    /// The position as an offset, at most the length.
    #[inline]
    fn offset(&self) -> usize {
        clamped(self.position, self.memory.bytes().len())
    }

    /// Goes to a distance from the position.
    ///
    /// # Errors
    ///
    /// - `EINVAL` of `lseek`: that is before the start.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// let mut cursor = mapping.into_cursor();
    /// assert_eq!(cursor.seek_current(20)?, 20);
    /// assert!(cursor.seek_current(-21).is_err());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn seek_current(&mut self, distance: i64) -> Result<u64> {
        self.seek_to(SeekTo::Current(distance))
    }

    /// Goes to a distance from the end, which is usually negative.
    ///
    /// # Errors
    ///
    /// - `EINVAL` of `lseek`: that is before the start.
    ///
    /// ```
    /// # let mapping = rawshm::MapOptions::new().len(100).map_shared_anonymous()?;
    /// assert_eq!(mapping.into_cursor().seek_end(-20)?, 80);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    pub fn seek_end(&mut self, distance: i64) -> Result<u64> {
        self.seek_to(SeekTo::End(distance))
    }

    fn seek_to(&mut self, to: SeekTo) -> Result<u64> {
        let position = match to {
            SeekTo::Start(position) => Some(position),
            SeekTo::Current(distance) => self.position.checked_add_signed(distance),
            SeekTo::End(distance) => {
                (self.memory.bytes().len() as u64).checked_add_signed(distance)
            }
        };
        self.position = position.ok_or(Error::new(Call::Lseek, Errno::EINVAL))?;
        Ok(self.position)
    }
}

impl<M: MemoryMut> Cursor<M> {
    /// Copies in from the position on as much as fits, and goes on behind it.
    ///
    /// Returns how many bytes that were: fewer than given only at the end.
    ///
    /// See the [type](Self) for an example.
    #[inline]
    pub fn copy_in(&mut self, source: &[u8]) -> usize {
        let part = part(self.memory.bytes_mut(), self.position, source.len());
        let len = part.len();
        part.copy_from_slice(&source[..len]);
        self.position += len as u64;
        len
    }
}

/// As many bytes from a position on as there are, `len` at most.
#[inline]
fn part<A: Access>(bytes: SharedSlice<'_, A>, position: u64, len: usize) -> SharedSlice<'_, A> {
    let (_, rest) = bytes.split_at(clamped(position, bytes.len()));
    rest.split_at(len.min(rest.len())).0
}

#[inline]
fn clamped(position: u64, len: usize) -> usize {
    usize::try_from(position).map_or(len, |position| position.min(len))
}

impl<M: Memory> fmt::Debug for Cursor<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("position", &self.position)
            .field("len", &self.memory.bytes().len())
            .finish()
    }
}

#[cfg(feature = "std")]
mod std_io {
    use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};

    use super::{Cursor, Memory, MemoryMut};
    use crate::access::{Frozen, Private};
    use crate::mm::Mapping;

    impl<M: Memory> Read for Cursor<M> {
        #[inline]
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(self.copy_out(buffer))
        }
    }

    impl<M: MemoryMut> Write for Cursor<M> {
        #[inline]
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(self.copy_in(bytes))
        }

        #[inline]
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<M: Memory> Seek for Cursor<M> {
        #[inline]
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            Ok(self.seek_to(to.into())?)
        }
    }

    /// Lends a slice, so that nobody else may write the memory.
    macro_rules! buffered {
        ($($access:ty),*) => {
            $(
                impl BufRead for Cursor<Mapping<$access>> {
                    #[inline]
                    fn fill_buf(&mut self) -> io::Result<&[u8]> {
                        Ok(&self.memory[self.offset()..])
                    }

                    #[inline]
                    fn consume(&mut self, len: usize) {
                        self.position += len as u64;
                    }
                }
            )*
        };
    }

    buffered!(Frozen, Private);
}

#[cfg(feature = "embedded-io-07")]
mod embedded {
    use embedded_io_07::{ErrorType, Read, Seek, SeekFrom, Write};

    use super::{Cursor, Memory, MemoryMut};
    use crate::Errno;
    use crate::error::{Call, Error, Result};

    impl<M: Memory> ErrorType for Cursor<M> {
        type Error = Error;
    }

    impl<M: Memory> Read for Cursor<M> {
        #[inline]
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            Ok(self.copy_out(buffer))
        }
    }

    impl<M: MemoryMut> Write for Cursor<M> {
        /// At the end `ENOSPC`: this trait forbids a write of nothing.
        #[inline]
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            match self.copy_in(bytes) {
                0 if !bytes.is_empty() => Err(Error::new(Call::Write, Errno::ENOSPC)),
                len => Ok(len),
            }
        }

        #[inline]
        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    impl<M: Memory> Seek for Cursor<M> {
        #[inline]
        fn seek(&mut self, to: SeekFrom) -> Result<u64> {
            self.seek_to(to.into())
        }
    }
}
