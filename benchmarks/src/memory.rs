//! The memory that is measured: some that is shared, and some of our own.

use rawshm::{MapOptions, Mapping, Memfd, Private, Shared};

use crate::Result;

/// Both start at a page and are touched, so that no first access is measured.
pub(crate) struct Memory {
    pub(crate) memfd: Memfd,
    pub(crate) shared: Mapping<Shared>,
    pub(crate) private: Mapping<Private>,
}

impl Memory {
    pub(crate) fn new(len: usize) -> Result<Self> {
        let memfd = Memfd::create("benchmark", len as u64)?;
        let shared = memfd.map()?;
        let mut private = MapOptions::new().len(len).map_anonymous()?;
        shared.shared().fill(1);
        private.fill(2);
        Ok(Self {
            memfd,
            shared,
            private,
        })
    }
}
