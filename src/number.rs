//! Numbers of the kernel that have names here, and may be others.

/// Defines a type of such numbers: its constants, and `from_raw` and `raw`. Constants of some
/// systems only stand at the end.
macro_rules! open_numbers {
    (
        $(#[$attribute:meta])*
        pub struct $type:ident;
        $(
            $(#[$constant_attribute:meta])*
            const $name:ident = $number:expr;
        )*
        $(
            if cfg($condition:meta) {
                $(
                    $(#[$further_attribute:meta])*
                    const $further:ident = $further_number:expr;
                )*
            }
        )?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(transparent)]
        pub struct $type(u32);

        impl $type {
            $(
                $(#[$constant_attribute])*
                pub const $name: Self = Self($number);
            )*

            $(
                $(
                    $(#[$further_attribute])*
                    #[cfg($condition)]
                    pub const $further: Self = Self($further_number);
                )*
            )?

            /// One that has no name here.
            #[inline]
            #[must_use]
            pub const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }

            /// The kernel's number.
            #[inline]
            #[must_use]
            pub const fn raw(self) -> u32 {
                self.0
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {
                    $(Self::$name => f.write_str(stringify!($name)),)*
                    $($(
                        #[cfg($condition)]
                        Self::$further => f.write_str(stringify!($further)),
                    )*)?
                    Self(raw) => write!(f, concat!(stringify!($type), "({})"), raw),
                }
            }
        }
    };
}

pub(crate) use open_numbers;
