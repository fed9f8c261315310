//! Who may write: the four kinds of mapping.

mod private {
    pub trait Sealed {
        /// How a mapping of this kind shows itself.
        const MAPPING: &'static str;
        /// Whether we may write.
        const WRITABLE: bool;
    }
}

/// One of the four kinds of mapping: [`Shared`], [`ReadOnly`], [`Private`], [`Frozen`].
///
/// The kinds are closed: soundness rests on what each of them promises.
///
/// ```
/// use rawshm::mm::Access;
///
/// fn addresses<A: Access>(mappings: &[rawshm::Mapping<A>]) -> Vec<usize> {
///     mappings.iter().map(rawshm::Mapping::addr).collect()
/// }
/// let mapping = rawshm::MapOptions::new().len(4096).map_anonymous()?;
/// assert_ne!(addresses(&[mapping])[0], 0);
/// # Ok::<(), rawshm::Error>(())
/// ```
pub trait Access: private::Sealed {}

macro_rules! access {
    ($($(#[$attribute:meta])* $name:ident, writable: $writable:literal;)*) => {
        $(
            $(#[$attribute])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl private::Sealed for $name {
                const MAPPING: &'static str = concat!("Mapping<", stringify!($name), ">");
                const WRITABLE: bool = $writable;
            }
            impl Access for $name {}
        )*
    };
}

access! {
    /// We may write, and so may others: copies and typed accesses, never a slice.
    ///
    /// Writing compiles:
    ///
    /// ```
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map()?;
    /// mapping.shared().copy_from_slice(&[1; 4096]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// A slice does not, because others may write behind it:
    ///
    /// ```compile_fail
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map()?;
    /// mapping.copy_from_slice(&[1; 4096]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    Shared, writable: true;

    /// We may not write, others may: copies and loads, never a slice.
    ///
    /// Reading compiles:
    ///
    /// ```
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map_read_only()?;
    /// mapping.shared().copy_to_slice(&mut [0; 4096]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// Writing does not:
    ///
    /// ```compile_fail
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map_read_only()?;
    /// mapping.shared().copy_from_slice(&mut [0; 4096]);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// A part of it is a handle, never a slice:
    ///
    /// ```
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map_read_only()?;
    /// assert!(mapping.shared().get(..4).is_some());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// ```compile_fail
    /// # use rawshm::Memfd;
    /// let mapping = Memfd::create("doc", 4096)?.map_read_only()?;
    /// assert!(mapping.get(..4).is_some());
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ReadOnly, writable: false;

    /// We may write and nobody else does: an ordinary `&mut [u8]`.
    ///
    /// A unique mapping gives a slice to write to:
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4096).map_anonymous()?;
    /// mapping.fill(1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// A mapping that others share does not:
    ///
    /// ```compile_fail
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4096).map_shared_anonymous()?;
    /// mapping.fill(1);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    Private, writable: true;

    /// Nobody may write: an ordinary `&[u8]`.
    ///
    /// Reading the slice compiles:
    ///
    /// ```
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4096).map_anonymous()?.into_frozen()?;
    /// assert_eq!(*mapping.first().unwrap(), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    ///
    /// Writing to it does not:
    ///
    /// ```compile_fail
    /// # use rawshm::MapOptions;
    /// let mut mapping = MapOptions::new().len(4096).map_anonymous()?.into_frozen()?;
    /// assert_eq!(*mapping.first_mut().unwrap(), 0);
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    Frozen, writable: false;
}
