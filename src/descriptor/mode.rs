//! Type and permissions of a file.

use core::fmt;

use crate::flags::flags;

use crate::sys;

flags! {
    /// Permissions of an object, and its type in the bits of `S_IFMT`.
    ///
    /// Bits without a name here are kept and passed on: the kernel decides. See
    /// [inode(7)](https://man7.org/linux/man-pages/man7/inode.7.html).
    ///
    /// Displayed as `ls` and `stat` do, the type first; `{:#}` has the octal form as well:
    ///
    /// ```
    /// use rawshm::descriptor::Mode;
    ///
    /// let mode = Mode::IFREG | Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH;
    /// assert_eq!(mode.to_string(), "-rw-r--r--");
    /// assert_eq!(format!("{mode:#}"), "[0644] -rw-r--r--");
    ///
    /// // Set-user-ID and the sticky bit; capital where there is no `x` below.
    /// let special = Mode::IFDIR | Mode::RWXU | Mode::SUID | Mode::SVTX;
    /// assert_eq!(special.to_string(), "drws-----T");
    /// ```
    pub struct Mode: u32 {
        /// The owner may do all.
        #[doc(alias = "S_IRWXU")]
        const RWXU = sys::S_IRWXU;
        /// The owner may read.
        #[doc(alias = "S_IRUSR")]
        #[doc(alias = "S_IREAD")]
        const RUSR = sys::S_IRUSR;
        /// The owner may write.
        #[doc(alias = "S_IWUSR")]
        #[doc(alias = "S_IWRITE")]
        const WUSR = sys::S_IWUSR;
        /// The owner may execute.
        #[doc(alias = "S_IXUSR")]
        #[doc(alias = "S_IEXEC")]
        const XUSR = sys::S_IXUSR;
        /// The group may do all.
        #[doc(alias = "S_IRWXG")]
        const RWXG = sys::S_IRWXG;
        /// The group may read.
        #[doc(alias = "S_IRGRP")]
        const RGRP = sys::S_IRGRP;
        /// The group may write.
        #[doc(alias = "S_IWGRP")]
        const WGRP = sys::S_IWGRP;
        /// The group may execute.
        #[doc(alias = "S_IXGRP")]
        const XGRP = sys::S_IXGRP;
        /// Others may do all.
        #[doc(alias = "S_IRWXO")]
        const RWXO = sys::S_IRWXO;
        /// Others may read.
        #[doc(alias = "S_IROTH")]
        const ROTH = sys::S_IROTH;
        /// Others may write.
        #[doc(alias = "S_IWOTH")]
        const WOTH = sys::S_IWOTH;
        /// Others may execute.
        #[doc(alias = "S_IXOTH")]
        const XOTH = sys::S_IXOTH;
        /// Executes as its owner.
        #[doc(alias = "S_ISUID")]
        const SUID = sys::S_ISUID;
        /// Executes as its group.
        #[doc(alias = "S_ISGID")]
        const SGID = sys::S_ISGID;
        /// The sticky bit.
        #[doc(alias = "S_ISVTX")]
        const SVTX = sys::S_ISVTX;
        const _ = !0;
    }
}

/// The seven types. They are values and not bits, so that they are not among the flags: ask
/// with the methods, `contains` would take a block device for a directory.
impl Mode {
    /// The bits that hold the type of the file.
    #[doc(alias = "S_IFMT")]
    pub const IFMT: Self = Self::from_bits_retain(sys::S_IFMT);
    /// A FIFO, or a pipe.
    #[doc(alias = "S_IFIFO")]
    pub const IFIFO: Self = Self::from_bits_retain(sys::S_IFIFO);
    /// A character device.
    #[doc(alias = "S_IFCHR")]
    pub const IFCHR: Self = Self::from_bits_retain(sys::S_IFCHR);
    /// A directory.
    #[doc(alias = "S_IFDIR")]
    pub const IFDIR: Self = Self::from_bits_retain(sys::S_IFDIR);
    /// A block device.
    #[doc(alias = "S_IFBLK")]
    pub const IFBLK: Self = Self::from_bits_retain(sys::S_IFBLK);
    /// A regular file, as shared memory is.
    #[doc(alias = "S_IFREG")]
    pub const IFREG: Self = Self::from_bits_retain(sys::S_IFREG);
    /// A symbolic link.
    #[doc(alias = "S_IFLNK")]
    pub const IFLNK: Self = Self::from_bits_retain(sys::S_IFLNK);
    /// A socket.
    #[doc(alias = "S_IFSOCK")]
    pub const IFSOCK: Self = Self::from_bits_retain(sys::S_IFSOCK);

    /// The permissions without the type.
    ///
    /// ```
    /// use rawshm::{descriptor, descriptor::Mode, Memfd};
    ///
    /// let mode = descriptor::fstat(Memfd::create("doc", 1)?)?.mode();
    /// assert!(mode.is_regular());
    /// assert!(mode.permissions().contains(Mode::RUSR | Mode::WUSR));
    /// assert!(!mode.permissions().intersects(Mode::IFMT));
    /// # Ok::<(), rawshm::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub const fn permissions(self) -> Self {
        self.difference(Self::IFMT)
    }

    /// Whether it is a FIFO, or a pipe.
    ///
    /// See [`is_block`](Self::is_block) for an example.
    #[doc(alias = "S_ISFIFO")]
    #[inline]
    #[must_use]
    pub const fn is_fifo(self) -> bool {
        self.kind() == sys::S_IFIFO
    }

    /// Whether it is a character device.
    ///
    /// See [`is_block`](Self::is_block) for an example.
    #[doc(alias = "S_ISCHR")]
    #[inline]
    #[must_use]
    pub const fn is_character(self) -> bool {
        self.kind() == sys::S_IFCHR
    }

    /// Whether it is a directory.
    ///
    /// See [`is_block`](Self::is_block) for an example.
    #[doc(alias = "S_ISDIR")]
    #[inline]
    #[must_use]
    pub const fn is_directory(self) -> bool {
        self.kind() == sys::S_IFDIR
    }

    /// Whether it is a block device.
    ///
    /// ```
    /// use rawshm::descriptor::Mode;
    ///
    /// let disk = Mode::IFBLK | Mode::RUSR;
    /// assert!(disk.is_block() && !disk.is_directory() && !disk.is_character());
    /// ```
    #[doc(alias = "S_ISBLK")]
    #[inline]
    #[must_use]
    pub const fn is_block(self) -> bool {
        self.kind() == sys::S_IFBLK
    }

    /// Whether it is a regular file, as shared memory is.
    ///
    /// See [`permissions`](Self::permissions) for an example.
    #[doc(alias = "S_ISREG")]
    #[inline]
    #[must_use]
    pub const fn is_regular(self) -> bool {
        self.kind() == sys::S_IFREG
    }

    /// Whether it is a symbolic link.
    ///
    /// See [`is_block`](Self::is_block) for an example.
    #[doc(alias = "S_ISLNK")]
    #[inline]
    #[must_use]
    pub const fn is_symbolic_link(self) -> bool {
        self.kind() == sys::S_IFLNK
    }

    /// Whether it is a socket.
    ///
    /// See [`is_block`](Self::is_block) for an example.
    #[doc(alias = "S_ISSOCK")]
    #[inline]
    #[must_use]
    pub const fn is_socket(self) -> bool {
        self.kind() == sys::S_IFSOCK
    }

    const fn kind(self) -> u32 {
        self.bits() & sys::S_IFMT
    }

    /// As `ls` shows it: the type, then three characters each for owner, group and others.
    fn letters(self) -> [u8; 10] {
        let letter = |bit, letter| if self.contains(bit) { letter } else { b'-' };
        // A special bit takes the place of the `x`, and is a capital if there is none.
        let execute = |bit, special, both, alone| match (self.contains(bit), self.contains(special))
        {
            (true, true) => both,
            (false, true) => alone,
            (true, false) => b'x',
            (false, false) => b'-',
        };
        [
            match self.kind() {
                sys::S_IFIFO => b'p',
                sys::S_IFCHR => b'c',
                sys::S_IFDIR => b'd',
                sys::S_IFBLK => b'b',
                sys::S_IFREG => b'-',
                sys::S_IFLNK => b'l',
                sys::S_IFSOCK => b's',
                _ => b'?',
            },
            letter(Self::RUSR, b'r'),
            letter(Self::WUSR, b'w'),
            execute(Self::XUSR, Self::SUID, b's', b'S'),
            letter(Self::RGRP, b'r'),
            letter(Self::WGRP, b'w'),
            execute(Self::XGRP, Self::SGID, b's', b'S'),
            letter(Self::ROTH, b'r'),
            letter(Self::WOTH, b'w'),
            execute(Self::XOTH, Self::SVTX, b't', b'T'),
        ]
    }
}

/// As `ls` does; `?` where the type is none of the seven, or was never there. With `{:#}` the
/// permissions and special bits come first, as four octal digits in brackets.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.letters();
        let letters = core::str::from_utf8(&letters).map_err(|_| fmt::Error)?;
        if f.alternate() {
            write!(f, "[{:04o}] {letters}", self.bits() & ALL_PERMISSIONS)
        } else {
            f.pad(letters)
        }
    }
}

/// Those of owner, group and others, and the three special bits.
const ALL_PERMISSIONS: u32 = 0o7777;
