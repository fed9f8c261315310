//! What an error means for the call that returned it, and what to do about it.
//!
//! The texts are data, in `texts.rs` and for macOS in `apple.rs`. Nothing but a [`Help`] refers
//! to them, so that a program which does not ask for help does not carry them.

use core::fmt;

use crate::Errno;
use crate::error::{Call, Error};

/// Some calls, some of their error numbers by name, and what these mean there.
struct Row {
    calls: &'static [Call],
    errnos: &'static [&'static str],
    text: &'static str,
}

/// Numbers are named and not valued: each system has numbers that others lack.
macro_rules! texts {
    ($($($call:ident)+ : $($errno:ident)+ => $text:literal;)*) => {
        pub(super) const TEXTS: &[super::Row] = &[
            $(super::Row {
                calls: &[$(crate::Call::$call),+],
                errnos: &[$(stringify!($errno)),+],
                text: $text,
            }),*
        ];
    };
}

macro_rules! general {
    ($($($errno:ident)+ => $text:literal;)*) => {
        pub(super) const GENERAL: &[(&[&str], &str)] = &[
            $((&[$(stringify!($errno)),+], $text)),*
        ];
    };
}

mod apple;
#[cfg(test)]
mod tests;
mod texts;

/// The first text that fits counts.
const TABLES: &[&[Row]] = if cfg!(target_vendor = "apple") {
    &[apple::TEXTS, texts::TEXTS]
} else {
    &[texts::TEXTS]
};

/// For numbers that nobody expects.
const UNEXPECTED: &str = "The manual names no such error here. A driver, a file \
    system, a security module or an emulator underneath may return it. See what the descriptor \
    really is, and look into the system's log (`dmesg`).";

impl Error {
    /// What this error number means for this call, the likely cause, and what to do.
    ///
    /// At most three sentences, without a newline. Each error that the call's manual page
    /// names has a text of its own; for others it is what the number means in general. A
    /// program that never asks for help does not carry the texts.
    ///
    /// ```
    /// use rawshm::{Segment, sysv::ShmId};
    ///
    /// let error = Segment::open(ShmId::from_raw(-1)).unwrap_err();
    /// assert_eq!(error.to_string(), "shmctl(IPC_STAT): invalid argument (EINVAL)");
    /// assert!(error.help().to_string().starts_with("There is no segment with this id"));
    /// ```
    #[inline]
    #[must_use]
    pub const fn help(self) -> Help {
        Help {
            call: Some(self.call()),
            errno: self.errno(),
        }
    }
}

impl Errno {
    /// What this error number means in general, whichever call returned it, and what to do.
    ///
    /// [`Error::help`] knows more, because it knows the call.
    ///
    /// ```
    /// use rawshm::Errno;
    ///
    /// assert!(Errno::EMFILE.help().to_string().contains("`ulimit -n NUMBER`"));
    /// ```
    #[inline]
    #[must_use]
    pub const fn help(self) -> Help {
        Help {
            call: None,
            errno: self,
        }
    }
}

/// A text to be shown; [`Error::help`] and [`Errno::help`] make it.
///
/// ```
/// use rawshm::{Call, Errno, Error};
///
/// let help = Error::new(Call::Mmap, Errno::EEXIST).help();
/// assert!(help.is_of_call());
/// assert!(help.text().starts_with("Something is mapped at the exact address already."));
/// assert_eq!(help.to_string(), help.text());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Help {
    call: Option<Call>,
    errno: Errno,
}

impl Help {
    /// The text.
    ///
    /// See [`Help`] for an example.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.text_of_call()
            .or_else(|| general_text(self.errno))
            .unwrap_or(UNEXPECTED)
    }

    /// Whether the text is for this very call; otherwise it is what the number means in general.
    ///
    /// See [`Help`] for an example.
    #[must_use]
    pub fn is_of_call(self) -> bool {
        self.text_of_call().is_some()
    }

    fn text_of_call(self) -> Option<&'static str> {
        let (call, errno) = (self.call?, self.errno.name()?);
        TABLES
            .iter()
            .copied()
            .flatten()
            .find(|row| row.calls.contains(&call) && row.errnos.contains(&errno))
            .map(|row| row.text)
    }
}

fn general_text(errno: Errno) -> Option<&'static str> {
    let name = errno.name()?;
    texts::GENERAL
        .iter()
        .find(|(errnos, _)| errnos.contains(&name))
        .map(|&(_, text)| text)
}

impl fmt::Display for Help {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
