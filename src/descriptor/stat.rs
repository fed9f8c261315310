//! What `fstat` tells of a file.

use core::fmt;

use super::Mode;
use crate::sys;

/// A point in time: seconds and nanoseconds since 1970.
///
/// Displayed as `stat` does, in Coordinated Universal Time:
///
/// ```
/// let time = rawshm::descriptor::Timespec { seconds: 951_786_123, nanoseconds: 4_500_000 };
/// assert_eq!(time.to_string(), "2000-02-29 01:02:03.004500000 +0000");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[doc(alias = "timespec")]
pub struct Timespec {
    /// Whole seconds, negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// The number of a device, as the kernel encodes it for programs.
///
/// Displayed as `lsblk` and `/proc` do: major and minor number, with a colon between them.
///
/// ```
/// use rawshm::descriptor::DevT;
///
/// let null = DevT::new(1, 3); // what /dev/null is
/// assert_eq!((null.major(), null.minor()), (1, 3));
/// assert_eq!(null.to_string(), "1:3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[doc(alias = "dev_t")]
#[repr(transparent)]
pub struct DevT(u64);

impl DevT {
    /// The number with these parts. See
    /// [makedev(3)](https://man7.org/linux/man-pages/man3/makedev.3.html).
    ///
    /// See the [type](Self) for an example.
    #[doc(alias = "makedev")]
    #[inline]
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self(sys::makedev(major, minor))
    }

    /// The encoded number.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// The major number: which driver, 32 bits today. See
    /// [major(3)](https://man7.org/linux/man-pages/man3/major.3.html).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn major(self) -> u32 {
        sys::major(self.0)
    }

    /// The minor number: which device of the driver, 32 bits today. See
    /// [minor(3)](https://man7.org/linux/man-pages/man3/minor.3.html).
    ///
    /// See the [type](Self) for an example.
    #[inline]
    #[must_use]
    pub const fn minor(self) -> u32 {
        sys::minor(self.0)
    }
}

impl fmt::Display for DevT {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.major(), self.minor())
    }
}

/// What [`fstat`](super::fstat) tells of a file; the accessors bear the names of `struct stat`.
///
/// # Display
///
/// One line for each field, its value from the nineteenth column on, none at the end; this
/// layout stays. `special bits` is there if one is set, `device number` of devices only.
///
/// ```text
/// type:             regular file
/// device:           0:1
/// inode:            4711
/// mode:             [6750] -rwsr-s---
/// special bits:     set-user-ID set-group-ID
/// links:            0
/// owner:            user 1000, group 1000
/// device number:    1:3
/// size:             4096 bytes
/// block size:       4096 bytes
/// allocated:        8 blocks of 512 bytes
/// accessed:         2000-02-29 01:02:03.004500000 +0000
/// modified:         2000-02-29 01:02:03.004500000 +0000
/// status changed:   2000-02-29 01:02:03.004500000 +0000
/// ```
///
/// ```
/// let stat = rawshm::descriptor::fstat(rawshm::Memfd::create("doc", 10)?)?;
/// let text = stat.to_string();
/// assert_eq!(text.lines().next(), Some("type:             regular file"));
/// assert!(text.contains("\nsize:             10 bytes\n"));
/// # Ok::<(), rawshm::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "stat")]
pub struct Stat(sys::Stat);

#[allow(
    clippy::unnecessary_cast,
    reason = "the widths of some fields differ from one architecture to the next"
)]
impl Stat {
    #[inline]
    pub(crate) const fn from_sys(stat: sys::Stat) -> Self {
        Self(stat)
    }

    /// The device that holds the file.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn dev(&self) -> DevT {
        DevT(self.0.st_dev)
    }

    /// The inode: with [`dev`](Self::dev), the file's identity.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn ino(&self) -> u64 {
        self.0.st_ino
    }

    /// Type and permissions.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn mode(&self) -> Mode {
        Mode::from_bits_retain(self.0.st_mode)
    }

    /// How many names it has: 0 once it is unlinked.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn nlink(&self) -> u64 {
        self.0.st_nlink as u64
    }

    /// The owner's user id.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn uid(&self) -> u32 {
        self.0.st_uid
    }

    /// The owner's group id.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn gid(&self) -> u32 {
        self.0.st_gid
    }

    /// The device that it is, if it is one.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn rdev(&self) -> DevT {
        DevT(self.0.st_rdev)
    }

    /// The size in bytes.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.0.st_size as u64
    }

    /// The block size for input and output, in bytes; of hugetlbfs, the size of a page.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn blksize(&self) -> u64 {
        self.0.st_blksize as u64
    }

    /// How much memory or disk it takes, in units of 512 bytes.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.0.st_blocks as u64
    }

    /// When it was last read.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn atime(&self) -> Timespec {
        timespec(self.0.st_atime, self.0.st_atime_nsec)
    }

    /// When its contents were last changed by a call; writes through a mapping may not count.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn mtime(&self) -> Timespec {
        timespec(self.0.st_mtime, self.0.st_mtime_nsec)
    }

    /// When its status was last changed.
    ///
    /// See [`fstat`](super::fstat) for an example.
    #[inline]
    #[must_use]
    pub const fn ctime(&self) -> Timespec {
        timespec(self.0.st_ctime, self.0.st_ctime_nsec)
    }
}

const fn timespec(seconds: i64, nanoseconds: u64) -> Timespec {
    Timespec {
        seconds,
        nanoseconds: nanoseconds as u32,
    }
}

impl fmt::Debug for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stat")
            .field("dev", &self.dev())
            .field("ino", &self.ino())
            .field("mode", &self.mode())
            .field("nlink", &self.nlink())
            .field("uid", &self.uid())
            .field("gid", &self.gid())
            .field("rdev", &self.rdev())
            .field("size", &self.size())
            .field("blksize", &self.blksize())
            .field("blocks", &self.blocks())
            .field("atime", &self.atime())
            .field("mtime", &self.mtime())
            .field("ctime", &self.ctime())
            .finish()
    }
}

impl fmt::Display for Timespec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 24 * 60 * 60;
        let (year, month, day) = date(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let nanoseconds = self.nanoseconds;
        write!(
            f,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{nanoseconds:09} +0000"
        )
    }
}

/// Year, month and day of a day that is counted from 1970-01-01 on.
const fn date(days: i64) -> (i64, i64, i64) {
    // Years that begin in March have the leap day as their last, and 400 of them have always
    // as many days.
    const DAYS_OF_400_YEARS: i64 = 146_097;
    const DAYS_BEFORE_1970: i64 = 719_468; // from 0000-03-01 on
    let days = days + DAYS_BEFORE_1970;
    let (cycle, day) = (
        days.div_euclid(DAYS_OF_400_YEARS),
        days.rem_euclid(DAYS_OF_400_YEARS),
    );
    // The leap days that are over: each 1460 days one more, but none at the end of a century,
    // except of the fourth.
    let leap_days = day / 1460 - day / 36_524 + day / (DAYS_OF_400_YEARS - 1);
    let year = (day - leap_days) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    // From March on, each five months have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (400 * cycle + year, month, day)
}

impl fmt::Display for Stat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = self.mode();
        writeln!(f, "type:             {}", kind(mode))?;
        writeln!(f, "device:           {}", self.dev())?;
        writeln!(f, "inode:            {}", self.ino())?;
        writeln!(f, "mode:             {mode:#}")?;
        if SPECIAL.iter().any(|&(bit, _)| mode.contains(bit)) {
            write!(f, "special bits:    ")?;
            for (bit, name) in SPECIAL {
                if mode.contains(bit) {
                    write!(f, " {name}")?;
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "links:            {}", self.nlink())?;
        let (user, group) = (self.uid(), self.gid());
        writeln!(f, "owner:            user {user}, group {group}")?;
        if mode.is_character() || mode.is_block() {
            writeln!(f, "device number:    {}", self.rdev())?;
        }
        writeln!(f, "size:             {} bytes", self.size())?;
        writeln!(f, "block size:       {} bytes", self.blksize())?;
        writeln!(f, "allocated:        {} blocks of 512 bytes", self.blocks())?;
        writeln!(f, "accessed:         {}", self.atime())?;
        writeln!(f, "modified:         {}", self.mtime())?;
        write!(f, "status changed:   {}", self.ctime())
    }
}

/// The bits that are neither permissions nor type.
const SPECIAL: [(Mode, &str); 3] = [
    (Mode::SUID, "set-user-ID"),
    (Mode::SGID, "set-group-ID"),
    (Mode::SVTX, "sticky"),
];

const fn kind(mode: Mode) -> &'static str {
    match mode.intersection(Mode::IFMT) {
        Mode::IFREG => "regular file",
        Mode::IFDIR => "directory",
        Mode::IFCHR => "character device",
        Mode::IFBLK => "block device",
        Mode::IFLNK => "symbolic link",
        Mode::IFIFO => "FIFO or pipe",
        Mode::IFSOCK => "socket",
        _ => "unknown",
    }
}
