//! Objects that have a name only while they are made.

use core::ffi::CStr;

use crate::Errno;
use crate::sys::name::has_nul;

/// How many random bytes a name is made of: 100 bits, five to a letter.
pub(crate) const RANDOM_LEN: usize = LETTERS;

const LETTERS: usize = 20;
const PREFIX: &[u8; 8] = b"/rawshm-";

/// The longest name that macOS takes, the slash included.
const LONGEST: usize = 31;

static_assertions::const_assert!(PREFIX.len() + LETTERS <= LONGEST);

/// How often a name may be taken. With 100 random bits none ever is.
const ATTEMPTS: usize = 64;

/// The longest name that `memfd_create` takes on Linux.
const MEMFD_NAME_MAX: usize = 249;

/// The system's calls that are needed.
pub(crate) trait Objects {
    /// A descriptor, which closes itself.
    type Object;

    /// Bytes that nobody can guess.
    fn random(&mut self) -> Result<[u8; RANDOM_LEN], Errno>;

    /// Creates an object, for reading and writing. `EEXIST`: the name is taken.
    fn create(&mut self, name: &CStr) -> Result<Self::Object, Errno>;

    /// Removes a name.
    fn unlink(&mut self, name: &CStr) -> Result<(), Errno>;
}

/// Creates an object, has it prepared, and removes its name whatever came of that.
///
/// `EAGAIN`: again and again the name was taken. Only a process that is killed in the middle
/// leaves the name, and with it the memory.
pub(crate) fn create_unnamed<O: Objects, T>(
    objects: &mut O,
    prepare: impl FnOnce(&O::Object, &CStr) -> Result<T, Errno>,
) -> Result<(O::Object, T), Errno> {
    for _ in 0..ATTEMPTS {
        let name = Name::new(objects.random()?);
        let name = name.as_c_str()?;
        match objects.create(name) {
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno),
            Ok(object) => {
                let prepared = prepare(&object, name);
                let unlinked = objects.unlink(name);
                // The first error is the one to tell.
                let prepared = prepared?;
                unlinked?;
                return Ok((object, prepared));
            }
        }
    }
    Err(Errno::EAGAIN)
}

/// Refuses what `memfd_create` refuses: a name that is too long or holds a NUL, and flags
/// other than these.
pub(crate) fn check_memfd(name: &[u8], flags: u32, known: u32) -> Result<(), Errno> {
    if name.len() > MEMFD_NAME_MAX || has_nul(name) || flags & !known != 0 {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// A random name, with a NUL behind it.
struct Name([u8; PREFIX.len() + LETTERS + 1]);

impl Name {
    fn new(random: [u8; RANDOM_LEN]) -> Self {
        let mut bytes = [0; PREFIX.len() + LETTERS + 1];
        let (prefix, rest) = bytes.split_at_mut(PREFIX.len());
        prefix.copy_from_slice(PREFIX);
        for (place, byte) in rest.iter_mut().zip(random) {
            *place = b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(byte % 32)];
        }
        Self(bytes)
    }

    /// `EINVAL` never comes: there is a NUL.
    fn as_c_str(&self) -> Result<&CStr, Errno> {
        CStr::from_bytes_with_nul(&self.0).map_err(|_| Errno::EINVAL)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::ToOwned;
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::ffi::CString;
    use std::rc::Rc;
    use std::vec;
    use std::vec::Vec;

    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Created(CString),
        Prepared(CString),
        Unlinked(CString),
        Closed,
    }

    type Log = Rc<RefCell<Vec<Event>>>;

    struct Object(Log);

    impl Drop for Object {
        fn drop(&mut self) {
            self.0.borrow_mut().push(Event::Closed);
        }
    }

    /// A system that keeps names, and fails when it is told to.
    #[derive(Default)]
    struct Fake {
        log: Log,
        names: BTreeSet<CString>,
        /// What `random` returns, the last one for ever.
        random: Vec<u8>,
        asked: usize,
        refuse_random: Option<Errno>,
        refuse_create: Option<Errno>,
        refuse_unlink: Option<Errno>,
    }

    impl Fake {
        fn new(random: &[u8]) -> Self {
            Self {
                random: random.to_vec(),
                ..Self::default()
            }
        }

        fn events(&self) -> Vec<Event> {
            self.log.borrow().clone()
        }
    }

    impl Objects for Fake {
        type Object = Object;

        fn random(&mut self) -> Result<[u8; RANDOM_LEN], Errno> {
            if let Some(errno) = self.refuse_random {
                return Err(errno);
            }
            let byte = self.random[self.asked.min(self.random.len() - 1)];
            self.asked += 1;
            Ok([byte; RANDOM_LEN])
        }

        fn create(&mut self, name: &CStr) -> Result<Object, Errno> {
            if let Some(errno) = self.refuse_create {
                return Err(errno);
            }
            if !self.names.insert(name.to_owned()) {
                return Err(Errno::EEXIST);
            }
            self.log.borrow_mut().push(Event::Created(name.to_owned()));
            Ok(Object(self.log.clone()))
        }

        fn unlink(&mut self, name: &CStr) -> Result<(), Errno> {
            if let Some(errno) = self.refuse_unlink {
                return Err(errno);
            }
            assert!(self.names.remove(name), "{name:?}");
            self.log.borrow_mut().push(Event::Unlinked(name.to_owned()));
            Ok(())
        }
    }

    fn name(byte: u8) -> CString {
        let name = Name::new([byte; RANDOM_LEN]);
        name.as_c_str().unwrap().to_owned()
    }

    #[test]
    fn a_name_is_short_and_of_letters_that_every_system_takes() {
        for byte in 0..=255 {
            let name = name(byte);
            let bytes = name.to_bytes();
            assert_eq!(bytes.len(), 28);
            assert!(bytes.len() <= LONGEST);
            assert!(bytes.starts_with(b"/rawshm-"));
            let letters = &bytes[PREFIX.len()..];
            assert!(
                letters
                    .iter()
                    .all(|letter| matches!(letter, b'a'..=b'z' | b'2'..=b'7'))
            );
        }
    }

    #[test]
    fn a_name_tells_32_values_of_each_byte_apart() {
        let names: BTreeSet<CString> = (0..=255).map(name).collect();
        assert_eq!(names.len(), 32);
        let mut random = [0; RANDOM_LEN];
        let mut names = BTreeSet::new();
        for place in 0..RANDOM_LEN {
            random[place] = 1;
            names.insert(Name::new(random).0);
        }
        assert_eq!(names.len(), RANDOM_LEN);
    }

    #[test]
    fn it_is_prepared_while_it_has_its_name_and_loses_that_at_once() {
        let mut fake = Fake::new(&[7]);
        let log = fake.log.clone();
        let (object, prepared) = create_unnamed(&mut fake, |_, name| {
            log.borrow_mut().push(Event::Prepared(name.to_owned()));
            Ok(42)
        })
        .unwrap_or_else(|errno| panic!("{errno}"));
        assert_eq!(prepared, 42);
        let name = name(7);
        let expected = vec![
            Event::Created(name.clone()),
            Event::Prepared(name.clone()),
            Event::Unlinked(name),
        ];
        assert_eq!(fake.events(), expected);
        assert!(fake.names.is_empty());
        drop(object);
        assert_eq!(fake.events().last(), Some(&Event::Closed));
    }

    #[test]
    fn a_name_that_is_taken_is_left_and_another_one_tried() {
        let mut fake = Fake::new(&[1, 1, 2, 3]);
        let taken: BTreeSet<CString> = [name(1), name(2)].into();
        fake.names = taken.clone();
        assert!(create_unnamed(&mut fake, |_, _| Ok(())).is_ok());
        assert_eq!(fake.names, taken);
        assert_eq!(fake.asked, 4);
        assert_eq!(fake.events()[0], Event::Created(name(3)));
    }

    #[test]
    fn names_that_are_always_taken_end_in_an_error() {
        let mut fake = Fake::new(&[1]);
        fake.names.insert(name(1));
        let created = create_unnamed(&mut fake, |_, _| Ok(()));
        assert_eq!(created.err(), Some(Errno::EAGAIN));
        assert_eq!(fake.asked, ATTEMPTS);
        assert_eq!(fake.names, [name(1)].into());
        assert!(fake.events().is_empty());
    }

    #[test]
    fn what_cannot_be_prepared_leaves_nothing() {
        let mut fake = Fake::new(&[1]);
        let created = create_unnamed::<_, ()>(&mut fake, |_, _| Err(Errno::ENOMEM));
        assert_eq!(created.err(), Some(Errno::ENOMEM));
        assert!(fake.names.is_empty());
        let (name, log) = (name(1), fake.events());
        assert_eq!(
            log,
            [
                Event::Created(name.clone()),
                Event::Unlinked(name),
                Event::Closed
            ]
        );
    }

    #[test]
    fn the_first_error_is_told() {
        let mut fake = Fake::new(&[1]);
        fake.refuse_unlink = Some(Errno::EACCES);
        let created = create_unnamed::<_, ()>(&mut fake, |_, _| Err(Errno::ENOMEM));
        assert_eq!(created.err(), Some(Errno::ENOMEM));

        // A name that stays is no memory without a name.
        let mut fake = Fake::new(&[1]);
        fake.refuse_unlink = Some(Errno::EACCES);
        let created = create_unnamed(&mut fake, |_, _| Ok(()));
        assert_eq!(created.err(), Some(Errno::EACCES));
        assert_eq!(fake.events().last(), Some(&Event::Closed));
    }

    #[test]
    fn other_errors_are_not_tried_again() {
        let mut fake = Fake::new(&[1]);
        fake.refuse_create = Some(Errno::EMFILE);
        let created = create_unnamed(&mut fake, |_, _| Ok(()));
        assert_eq!(created.err(), Some(Errno::EMFILE));
        assert_eq!(fake.asked, 1);

        let mut fake = Fake::new(&[1]);
        fake.refuse_random = Some(Errno::EIO);
        let created = create_unnamed(&mut fake, |_, _| Ok(()));
        assert_eq!(created.err(), Some(Errno::EIO));
        assert!(fake.events().is_empty());
    }

    #[test]
    fn check_memfd_refuses_what_the_kernel_of_linux_refuses() {
        assert_eq!(check_memfd(b"", 0, 3), Ok(()));
        assert_eq!(check_memfd(&[b'x'; 249], 3, 3), Ok(()));
        assert_eq!(check_memfd(&[b'x'; 250], 3, 3), Err(Errno::EINVAL));
        assert_eq!(check_memfd(b"a\0b", 3, 3), Err(Errno::EINVAL));
        assert_eq!(check_memfd(b"a/b", 0, 3), Ok(()));
        for flags in [4, 8, 7, 1 << 31] {
            assert_eq!(check_memfd(b"name", flags, 3), Err(Errno::EINVAL));
        }
    }
}
