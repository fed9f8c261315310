//! `Errno` and `Error`: numbers, names, texts, conversions.

#![cfg(target_os = "linux")]

use std::error::Error as _;
use std::mem::size_of;

use rawshm::{Call, Errno, Error, Memfd, Refused, SharedMemory};

/// Every name of the manual, with the number that two other sources give it.
macro_rules! numbers {
    ($($name:ident)*) => {
        [$((
            stringify!($name),
            Errno::$name,
            libc::$name,
            linux_raw_sys::errno::$name,
        ),)*]
    };
}

#[test]
fn numbers_and_names() {
    let numbers = numbers! {
        EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT
        ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG
        ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY
        ELOOP ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR
        EXFULL ENOANO EBADRQC EBADSLT EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE
        ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD
        EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK
        EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP
        EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET
        ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT
        ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL
        EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED
        EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
    };
    for (name, ours, libc, raw) in numbers {
        assert_eq!((ours.raw(), ours.raw()), (libc, raw as i32), "{name}");
        assert_eq!(ours.name(), Some(name));
        assert_eq!(Errno::from_name(name), Some(ours));
        assert_eq!(Errno::from_raw(libc), Some(ours));
        let message = ours.message().unwrap();
        assert!(message.is_ascii() && !message.ends_with('.'), "{message}");
        assert_eq!(ours.to_string(), format!("{message} ({name})"));
        assert_eq!(format!("{ours:?}"), name);
    }
    // Where 41 and 58 are missing other systems have EWOULDBLOCK and EDEADLOCK.
    let named = (0..=4096)
        .filter_map(Errno::from_raw)
        .filter(|errno| errno.name().is_some())
        .map(Errno::raw);
    assert!(named.eq((1..=133).filter(|number| ![41, 58].contains(number))));
}

/// The table of macOS, which is plain data, on every system.
#[path = "../src/sys/apple/errno.rs"]
mod apple;

/// The names of macOS in the order of their numbers, which begin with 1 and have no gap: from
/// `libc`'s constants.
const APPLE: &str = "\
EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EDEADLK ENOMEM EACCES EFAULT \
ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG \
ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EAGAIN EINPROGRESS EALREADY ENOTSOCK \
EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT ENOTSUP \
EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET \
ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT \
ECONNREFUSED ELOOP ENAMETOOLONG EHOSTDOWN EHOSTUNREACH ENOTEMPTY EPROCLIM EUSERS EDQUOT \
ESTALE EREMOTE EBADRPC ERPCMISMATCH EPROGUNAVAIL EPROGMISMATCH EPROCUNAVAIL ENOLCK ENOSYS \
EFTYPE EAUTH ENEEDAUTH EPWROFF EDEVERR EOVERFLOW EBADEXEC EBADARCH ESHLIBVERS EBADMACHO \
ECANCELED EIDRM ENOMSG EILSEQ ENOATTR EBADMSG EMULTIHOP ENODATA ENOLINK ENOSR ENOSTR EPROTO \
ETIME EOPNOTSUPP ENOPOLICY ENOTRECOVERABLE EOWNERDEAD EQFULL ENOTCAPABLE";

macro_rules! rows {
    ($($name:ident $number:literal $message:literal;)*) => {
        [$((stringify!($name), $number, $message)),*]
    };
}

macro_rules! aliases {
    ($($alias:ident $name:ident;)*) => {
        [$((stringify!($alias), stringify!($name))),*]
    };
}

#[test]
fn the_table_of_macos_is_complete() {
    let rows: [(&str, i32, &str); 107] = apple::for_each_errno!(rows);
    let names = APPLE.split(' ');
    assert!(rows.iter().map(|row| row.0).eq(names));
    assert!(rows.iter().map(|row| row.1).eq(1..=107));
    for (name, _, message) in rows {
        assert!(message.is_ascii() && !message.ends_with('.'), "{message}");
        let others = rows.iter().filter(|row| row.2 == message);
        assert_eq!(others.count(), 1, "{message}");
        // What means the same says the same; ENOTSUP is a number of its own there.
        if let Some(linux) = Errno::from_name(name) {
            let same = linux.message() == Some(message);
            assert_eq!(same, name != "EOPNOTSUPP", "{name}");
        }
    }
    assert_eq!(
        apple::for_each_errno_alias!(aliases),
        [("EWOULDBLOCK", "EAGAIN")]
    );
}

#[test]
fn second_names() {
    assert_eq!(Errno::EWOULDBLOCK.raw(), libc::EWOULDBLOCK);
    assert_eq!(Errno::EDEADLOCK.raw(), libc::EDEADLOCK);
    assert_eq!(Errno::ENOTSUP.raw(), libc::ENOTSUP);
    assert_eq!(Errno::from_name("ENOTSUP"), Some(Errno::EOPNOTSUPP));
    assert_eq!(Errno::from_name("enoent"), None);
    assert_eq!(Errno::from_name(""), None);
}

#[test]
fn numbers_without_a_name_are_kept() {
    for number in [0, -1, 4096, i32::MIN, i32::MAX, 65_537] {
        assert_eq!(Errno::from_raw(number), None);
    }
    let unknown = Errno::from_raw(4095).unwrap();
    assert_eq!((unknown.name(), unknown.message()), (None, None));
    assert_eq!(unknown.to_string(), "error number 4095");
    assert_eq!(format!("{unknown:?}"), "Errno(4095)");
}

#[test]
fn an_error_names_its_call() {
    let error = SharedMemory::open("a/b").unwrap_err();
    assert_eq!(
        (error.call(), error.errno()),
        (Call::ShmOpen, Errno::EINVAL)
    );
    assert_eq!(error.to_string(), "shm_open: invalid argument (EINVAL)");
    assert_eq!(format!("{error:?}"), "Error(shm_open: EINVAL)");
    assert!(error == Errno::EINVAL && error != Errno::ENOENT);
    assert!(Errno::EINVAL == error && Errno::ENOENT != error);
    assert_eq!(Errno::from(error), Errno::EINVAL);
    assert!(error.source().is_none());
    assert_eq!((size_of::<Error>(), size_of::<Result<(), Error>>()), (4, 4));
}

#[test]
fn what_is_refused_comes_back() {
    let memfd = Memfd::create("refused", 1).unwrap();
    let mapping = memfd.map().unwrap();
    let refused = memfd.freeze().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "fcntl(F_ADD_SEALS): device or resource busy (EBUSY)"
    );
    assert_eq!(
        format!("{refused:?}"),
        "Refused(Error(fcntl(F_ADD_SEALS): EBUSY))"
    );
    let Refused { error, value } = refused;
    assert!(error == Errno::EBUSY);
    drop(mapping);
    assert!(value.freeze().is_ok());
}

#[cfg(feature = "std")]
#[test]
fn conversions_into_io_error() {
    use std::io;

    let error = SharedMemory::open("rawshm-no-such-object").unwrap_err();
    let converted = io::Error::from(error);
    assert_eq!(converted.kind(), io::ErrorKind::NotFound);
    assert_eq!(converted.to_string(), error.to_string());
    assert_eq!(converted.raw_os_error(), None);
    assert_eq!(converted.downcast::<Error>().unwrap(), error);

    let number = io::Error::from(error.errno());
    assert_eq!(number.raw_os_error(), Some(libc::ENOENT));

    let refused = Refused { error, value: () };
    assert_eq!(io::Error::from(refused).kind(), io::ErrorKind::NotFound);
}

#[cfg(feature = "std")]
#[test]
fn conversions_from_io_error() {
    use rawshm::PartialCopy;
    use std::io;

    let error = SharedMemory::open("rawshm-no-such-object").unwrap_err();
    let partial = PartialCopy { error, copied: 3 };
    let refused = Refused { error, value: 1 };
    for carries in [
        io::Error::from_raw_os_error(libc::ENOENT),
        Errno::ENOENT.into(),
        error.into(),
        partial.into(),
        refused.into(),
        io::Error::other(Errno::ENOENT),
        io::Error::new(io::ErrorKind::InvalidData, error),
    ] {
        assert_eq!(
            Errno::from_io_error(&carries),
            Some(Errno::ENOENT),
            "{carries:?}"
        );
    }
    for carries_none in [
        io::ErrorKind::NotFound.into(),
        io::Error::other("no such file"),
        io::Error::from_raw_os_error(0),
        io::Error::from_raw_os_error(-2),
        io::Error::from_raw_os_error(4096),
    ] {
        assert_eq!(
            Errno::from_io_error(&carries_none),
            None,
            "{carries_none:?}"
        );
    }
}

#[cfg(feature = "std")]
#[test]
fn kinds_there_and_back() {
    use std::io::{Error, ErrorKind};

    let mut with_kind = 0;
    for errno in (1..=4095).filter_map(Errno::from_raw) {
        let kind = ErrorKind::from(errno);
        assert_eq!(kind, Error::from_raw_os_error(errno.raw()).kind());
        // Back it is a number of the same kind, unless the kind cannot be named yet.
        match Errno::try_from(kind) {
            Ok(back) => {
                assert_eq!(ErrorKind::from(back), kind, "{errno:?}");
                with_kind += usize::from(back == errno);
                let several = [Errno::EPERM, Errno::EOPNOTSUPP];
                assert_eq!(back == errno, !several.contains(&errno), "{errno:?}");
            }
            Err(nameless) => assert_eq!(nameless, kind),
        }
    }
    assert_eq!(with_kind, 34);
    for kind in [
        ErrorKind::Other,
        ErrorKind::UnexpectedEof,
        ErrorKind::WriteZero,
    ] {
        assert_eq!(Errno::try_from(kind), Err(kind));
    }
}
