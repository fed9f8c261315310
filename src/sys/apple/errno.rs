//! The error numbers of macOS: number, name, message; a second list for the second names.
//!
//! As `sys/errno.h` has them. Up to 34 they are those of Linux, but for 11.

/// Calls `$callback!` with a row `NAME NUMBER "message";` for each error number.
macro_rules! for_each_errno {
    ($callback:ident) => {
        $callback! {
            EPERM 1 "operation not permitted";
            ENOENT 2 "no such file or directory";
            ESRCH 3 "no such process";
            EINTR 4 "interrupted by a signal";
            EIO 5 "input/output error";
            ENXIO 6 "no such device or address";
            E2BIG 7 "argument list too long";
            ENOEXEC 8 "not an executable format";
            EBADF 9 "bad file descriptor";
            ECHILD 10 "no child processes";
            EDEADLK 11 "deadlock avoided";
            ENOMEM 12 "out of memory or address space";
            EACCES 13 "permission denied";
            EFAULT 14 "bad address";
            ENOTBLK 15 "not a block device";
            EBUSY 16 "device or resource busy";
            EEXIST 17 "file exists";
            EXDEV 18 "link across file systems";
            ENODEV 19 "no such device";
            ENOTDIR 20 "not a directory";
            EISDIR 21 "is a directory";
            EINVAL 22 "invalid argument";
            ENFILE 23 "too many open files in the system";
            EMFILE 24 "too many open files in the process";
            ENOTTY 25 "request not supported by the device";
            ETXTBSY 26 "executable file busy";
            EFBIG 27 "file too large";
            ENOSPC 28 "no space left";
            ESPIPE 29 "not seekable";
            EROFS 30 "read-only file system";
            EMLINK 31 "too many links";
            EPIPE 32 "broken pipe";
            EDOM 33 "argument outside the function's domain";
            ERANGE 34 "result out of range";
            EAGAIN 35 "resource temporarily unavailable";
            EINPROGRESS 36 "now in progress";
            EALREADY 37 "already in progress";
            ENOTSOCK 38 "not a socket";
            EDESTADDRREQ 39 "destination address required";
            EMSGSIZE 40 "message too long";
            EPROTOTYPE 41 "wrong protocol type for the socket";
            ENOPROTOOPT 42 "protocol option not available";
            EPROTONOSUPPORT 43 "protocol not supported";
            ESOCKTNOSUPPORT 44 "socket type not supported";
            ENOTSUP 45 "operation not supported";
            EPFNOSUPPORT 46 "protocol family not supported";
            EAFNOSUPPORT 47 "address family not supported";
            EADDRINUSE 48 "address in use";
            EADDRNOTAVAIL 49 "address not available";
            ENETDOWN 50 "network is down";
            ENETUNREACH 51 "network is unreachable";
            ENETRESET 52 "connection dropped by a network reset";
            ECONNABORTED 53 "connection aborted";
            ECONNRESET 54 "connection reset by the peer";
            ENOBUFS 55 "no buffer space available";
            EISCONN 56 "already connected";
            ENOTCONN 57 "not connected";
            ESHUTDOWN 58 "sending after shutdown";
            ETOOMANYREFS 59 "too many references";
            ETIMEDOUT 60 "timed out";
            ECONNREFUSED 61 "connection refused";
            ELOOP 62 "symbolic link refused or too many of them";
            ENAMETOOLONG 63 "name too long";
            EHOSTDOWN 64 "host is down";
            EHOSTUNREACH 65 "host is unreachable";
            ENOTEMPTY 66 "directory not empty";
            EPROCLIM 67 "too many processes";
            EUSERS 68 "too many users";
            EDQUOT 69 "disk quota exceeded";
            ESTALE 70 "stale file handle";
            EREMOTE 71 "object is remote";
            EBADRPC 72 "bad structure of a remote procedure call";
            ERPCMISMATCH 73 "wrong version of remote procedure calls";
            EPROGUNAVAIL 74 "remote program not available";
            EPROGMISMATCH 75 "wrong version of the remote program";
            EPROCUNAVAIL 76 "remote procedure not available";
            ENOLCK 77 "no locks available";
            ENOSYS 78 "function not implemented";
            EFTYPE 79 "wrong type or format of file";
            EAUTH 80 "authentication failed";
            ENEEDAUTH 81 "authenticator needed";
            EPWROFF 82 "device is powered off";
            EDEVERR 83 "device failed";
            EOVERFLOW 84 "value too large for its type";
            EBADEXEC 85 "bad executable";
            EBADARCH 86 "executable for another processor";
            ESHLIBVERS 87 "wrong version of a shared library";
            EBADMACHO 88 "malformed Mach-O file";
            ECANCELED 89 "operation canceled";
            EIDRM 90 "identifier removed";
            ENOMSG 91 "no message of that type";
            EILSEQ 92 "invalid multibyte sequence";
            ENOATTR 93 "no such extended attribute";
            EBADMSG 94 "bad message";
            EMULTIHOP 95 "multihop attempted";
            ENODATA 96 "no data available";
            ENOLINK 97 "link severed";
            ENOSR 98 "out of stream resources";
            ENOSTR 99 "not a stream device";
            EPROTO 100 "protocol error";
            ETIME 101 "timer expired";
            EOPNOTSUPP 102 "operation not supported on the socket";
            ENOPOLICY 103 "no such policy";
            ENOTRECOVERABLE 104 "state not recoverable";
            EOWNERDEAD 105 "owner died";
            EQFULL 106 "interface's output queue is full";
            ENOTCAPABLE 107 "insufficient capabilities";
        }
    };
}

/// Calls `$callback!` with a row `SECOND_NAME NAME;` for each number that has two names.
macro_rules! for_each_errno_alias {
    ($callback:ident) => {
        $callback! {
            EWOULDBLOCK EAGAIN;
        }
    };
}

pub(crate) use {for_each_errno, for_each_errno_alias};
