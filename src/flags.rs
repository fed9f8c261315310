//! Types of flags.

use core::fmt;

use bitflags::{Flags, parser};

/// Defines types of flags that show their flags' names.
macro_rules! flags {
    ($($(#[$attribute:meta])* pub struct $Name:ident: $Bits:ty { $($flags:tt)* })*) => {$(
        $crate::flags::flags_without_debug! {
            $(#[$attribute])*
            pub struct $Name: $Bits { $($flags)* }
        }

        impl ::core::fmt::Debug for $Name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                $crate::flags::debug(stringify!($Name), self, f)
            }
        }
    )*};
}

/// Defines a type of flags.
///
/// All but the type itself is what `bitflags!` makes. Were it to make the type too, each would
/// bring a second one that holds it, with a parser that nobody can reach but all have to compile.
macro_rules! flags_without_debug {
    ($(#[$attribute:meta])* pub struct $Name:ident: $Bits:ty { $($flags:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $Name($Bits);

        ::bitflags::bitflags! {
            impl $Name: $Bits { $($flags)* }
        }
    };
}

pub(crate) use {flags, flags_without_debug};

/// The type's name, and in parentheses the flags' names, or a zero where there is none.
pub(crate) fn debug<F>(name: &str, flags: &F, f: &mut fmt::Formatter<'_>) -> fmt::Result
where
    F: Flags<Bits: parser::WriteHex>,
{
    f.debug_tuple(name).field(&Names(flags)).finish()
}

struct Names<'f, F>(&'f F);

impl<F> fmt::Debug for Names<'_, F>
where
    F: Flags<Bits: parser::WriteHex>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("0x0");
        }
        parser::to_writer(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use crate::mm::ProtFlags;

    #[test]
    fn debug_names_the_flags() {
        let flags = ProtFlags::READ | ProtFlags::WRITE;
        assert_eq!(format!("{flags:?}"), "ProtFlags(READ | WRITE)");
        assert_eq!(
            format!("{flags:#?}"),
            "ProtFlags(\n    READ | WRITE,\n)",
            "as what is derived"
        );
        assert_eq!(format!("{:?}", ProtFlags::empty()), "ProtFlags(0x0)");
        let unnamed = ProtFlags::READ | ProtFlags::from_bits_retain(1 << 31);
        assert_eq!(format!("{unnamed:?}"), "ProtFlags(READ | 0x80000000)");
    }
}
