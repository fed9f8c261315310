//! The error numbers of Linux: number, name, message; a second list for the second names.
//!
//! The same on every architecture that we support (`asm-generic/errno.h`).

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
            EAGAIN 11 "resource temporarily unavailable";
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
            EDEADLK 35 "deadlock avoided";
            ENAMETOOLONG 36 "name too long";
            ENOLCK 37 "no locks available";
            ENOSYS 38 "function not implemented";
            ENOTEMPTY 39 "directory not empty";
            ELOOP 40 "symbolic link refused or too many of them";
            ENOMSG 42 "no message of that type";
            EIDRM 43 "identifier removed";
            ECHRNG 44 "channel number out of range";
            EL2NSYNC 45 "level 2 not synchronized";
            EL3HLT 46 "level 3 halted";
            EL3RST 47 "level 3 reset";
            ELNRNG 48 "link number out of range";
            EUNATCH 49 "protocol driver not attached";
            ENOCSI 50 "no CSI structure available";
            EL2HLT 51 "level 2 halted";
            EBADE 52 "invalid exchange";
            EBADR 53 "invalid request descriptor";
            EXFULL 54 "exchange full";
            ENOANO 55 "no anode";
            EBADRQC 56 "invalid request code";
            EBADSLT 57 "invalid slot";
            EBFONT 59 "bad font file format";
            ENOSTR 60 "not a stream device";
            ENODATA 61 "no data available";
            ETIME 62 "timer expired";
            ENOSR 63 "out of stream resources";
            ENONET 64 "machine is not on the network";
            ENOPKG 65 "package not installed";
            EREMOTE 66 "object is remote";
            ENOLINK 67 "link severed";
            EADV 68 "advertise error";
            ESRMNT 69 "mount error";
            ECOMM 70 "communication error on send";
            EPROTO 71 "protocol error";
            EMULTIHOP 72 "multihop attempted";
            EDOTDOT 73 "RFS-specific error";
            EBADMSG 74 "bad message";
            EOVERFLOW 75 "value too large for its type";
            ENOTUNIQ 76 "name not unique on the network";
            EBADFD 77 "file descriptor in a bad state";
            EREMCHG 78 "remote address changed";
            ELIBACC 79 "cannot access a needed shared library";
            ELIBBAD 80 "corrupted shared library";
            ELIBSCN 81 "corrupted library section";
            ELIBMAX 82 "too many shared libraries";
            ELIBEXEC 83 "shared library executed directly";
            EILSEQ 84 "invalid multibyte sequence";
            ERESTART 85 "interrupted call should be restarted";
            ESTRPIPE 86 "streams pipe error";
            EUSERS 87 "too many users";
            ENOTSOCK 88 "not a socket";
            EDESTADDRREQ 89 "destination address required";
            EMSGSIZE 90 "message too long";
            EPROTOTYPE 91 "wrong protocol type for the socket";
            ENOPROTOOPT 92 "protocol option not available";
            EPROTONOSUPPORT 93 "protocol not supported";
            ESOCKTNOSUPPORT 94 "socket type not supported";
            EOPNOTSUPP 95 "operation not supported";
            EPFNOSUPPORT 96 "protocol family not supported";
            EAFNOSUPPORT 97 "address family not supported";
            EADDRINUSE 98 "address in use";
            EADDRNOTAVAIL 99 "address not available";
            ENETDOWN 100 "network is down";
            ENETUNREACH 101 "network is unreachable";
            ENETRESET 102 "connection dropped by a network reset";
            ECONNABORTED 103 "connection aborted";
            ECONNRESET 104 "connection reset by the peer";
            ENOBUFS 105 "no buffer space available";
            EISCONN 106 "already connected";
            ENOTCONN 107 "not connected";
            ESHUTDOWN 108 "sending after shutdown";
            ETOOMANYREFS 109 "too many references";
            ETIMEDOUT 110 "timed out";
            ECONNREFUSED 111 "connection refused";
            EHOSTDOWN 112 "host is down";
            EHOSTUNREACH 113 "host is unreachable";
            EALREADY 114 "already in progress";
            EINPROGRESS 115 "now in progress";
            ESTALE 116 "stale file handle";
            EUCLEAN 117 "structure needs cleaning";
            ENOTNAM 118 "not a XENIX named file";
            ENAVAIL 119 "no XENIX semaphores available";
            EISNAM 120 "is a named file";
            EREMOTEIO 121 "remote input/output error";
            EDQUOT 122 "disk quota exceeded";
            ENOMEDIUM 123 "no medium found";
            EMEDIUMTYPE 124 "wrong medium type";
            ECANCELED 125 "operation canceled";
            ENOKEY 126 "required key not available";
            EKEYEXPIRED 127 "key has expired";
            EKEYREVOKED 128 "key has been revoked";
            EKEYREJECTED 129 "key was rejected";
            EOWNERDEAD 130 "owner died";
            ENOTRECOVERABLE 131 "state not recoverable";
            ERFKILL 132 "disabled by a radio switch";
            EHWPOISON 133 "memory page has a hardware error";
        }
    };
}

/// Calls `$callback!` with a row `SECOND_NAME NAME;` for each number that has two names.
macro_rules! for_each_errno_alias {
    ($callback:ident) => {
        $callback! {
            EWOULDBLOCK EAGAIN;
            EDEADLOCK EDEADLK;
            ENOTSUP EOPNOTSUPP;
        }
    };
}

pub(crate) use {for_each_errno, for_each_errno_alias};
