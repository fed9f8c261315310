//! Errors: every call and error number prints, and comes back from what it prints.

#![no_main]

use std::io;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::{Call, Errno, Error};

#[derive(Arbitrary, Debug)]
struct Input<'i> {
    call: u8,
    number: i32,
    name: &'i str,
}

fuzz_target!(|input: Input<'_>| {
    check_names(input.name);
    let errno = check_errno(input.number);
    // The number as it is decides whether there is one; each shall be tried with every call.
    let errno = errno.unwrap_or_else(|| {
        let number = input.number.rem_euclid(4095) + 1;
        Errno::from_raw(number).expect("1 to 4095")
    });
    let call = Call::ALL[usize::from(input.call) % Call::ALL.len()];
    check_error(call, errno);
});

/// Whatever is asked for by name has that name.
fn check_names(name: &str) {
    if let Some(call) = Call::from_name(name) {
        assert_eq!(call.name(), name);
        assert!(Call::ALL.contains(&call));
    } else {
        assert!(Call::ALL.iter().all(|call| call.name() != name));
    }
    if let Some(errno) = Errno::from_name(name) {
        // Or it is an alias, which has no other spelling.
        assert!(
            errno.name() == Some(name) || ALIASES.contains(&name),
            "{name}"
        );
    }
}

const ALIASES: [&str; 3] = ["EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"];

fn check_errno(number: i32) -> Option<Errno> {
    let errno = Errno::from_raw(number);
    assert_eq!(errno.is_some(), (1..=4095).contains(&number));
    let errno = errno?;
    assert_eq!(errno.raw(), number);
    assert_eq!(errno.name().is_some(), errno.message().is_some());
    match errno.name() {
        Some(name) => {
            assert_eq!(Errno::from_name(name), Some(errno));
            assert_eq!(format!("{errno:?}"), name);
            assert!(errno.to_string().ends_with(&format!(" ({name})")));
        }
        None => {
            assert_eq!(errno.to_string(), format!("error number {number}"));
            // What has a name in the C library has one here.
            let text = io::Error::from_raw_os_error(number).to_string();
            assert!(text.starts_with("Unknown error"), "{number}: {text}");
        }
    }
    Some(errno)
}

fn check_error(call: Call, errno: Errno) {
    let error = Error::new(call, errno);
    assert_eq!((error.call(), error.errno()), (call, errno));
    assert!(error == errno);
    assert!(errno == error);
    assert_eq!(Errno::from(error), errno);
    let text = error.to_string();
    assert_eq!(text, format!("{call}: {errno}"));
    assert!(text.is_ascii() && !text.contains('\n'), "{text}");
    assert!(format!("{error:?}").contains(call.name()));

    let help = error.help().to_string();
    assert!(!help.is_empty() && !help.contains("  "), "{help:?}");
    assert!(!help.starts_with(char::is_whitespace) && !help.ends_with(char::is_whitespace));

    let converted = io::Error::from(error);
    assert_eq!(converted.to_string(), text);
    assert_eq!(converted.raw_os_error(), None);
    let kind = io::Error::from_raw_os_error(errno.raw()).kind();
    assert_eq!(converted.kind(), kind, "{errno}");
    assert_eq!(io::Error::from(errno).raw_os_error(), Some(errno.raw()));
    for back in [converted, io::Error::from(errno), io::Error::other(errno)] {
        assert_eq!(Errno::from_io_error(&back), Some(errno));
    }
    if let Ok(stands_for) = Errno::try_from(kind) {
        assert_eq!(io::ErrorKind::from(stands_for), kind, "{errno}");
    }
    let _ = embedded_io::Error::kind(&error);
}
