//! Streams: cursors over memory, and the position of a descriptor.

#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, process};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use rawshm::descriptor::{self, OFlags, Whence, lseek, pread, pwrite};
use rawshm::fd::{AsFd, FromRawFd as _, OwnedFd};
use rawshm::memfd::{self, SealFlags};
use rawshm::mm::Access;
use rawshm::slice::{Cursor, Memory, MemoryMut};
use rawshm::{Call, Errno, MapOptions, Mapping, Memfd, Private, Shared, SharedMemory, SharedSlice};

use common::{UniqueName, assert_fails};

// --- streams by several doors ----------------------------------------------

trait Reads {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64>;
}

trait Writes: Reads {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;
}

/// The methods that a cursor has without any feature.
struct Inherent<T>(T);

/// The calls on a descriptor.
struct Calls<T>(T);

/// The traits of the standard library.
#[cfg(feature = "std")]
struct Std<T>(T);

/// The traits of `embedded_io`.
#[cfg(feature = "embedded-io-07")]
struct Embedded<T>(T);

fn by_errno(error: rawshm::Error) -> io::Error {
    io::Error::from_raw_os_error(error.errno().raw())
}

impl<M: Memory> Reads for Inherent<Cursor<M>> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.0.copy_out(buffer))
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let before = self.0.position();
        let result = match to {
            SeekFrom::Start(0) => {
                self.0.rewind();
                Ok(0)
            }
            SeekFrom::Start(position) => {
                self.0.set_position(position);
                Ok(position)
            }
            SeekFrom::Current(distance) => self.0.seek_current(distance),
            SeekFrom::End(distance) => self.0.seek_end(distance),
        };
        assert_eq!(self.0.position(), result.unwrap_or(before));
        result.map_err(|error| {
            assert_eq!((error.call(), error.errno()), (Call::Lseek, Errno::EINVAL));
            by_errno(error)
        })
    }
}

impl<M: MemoryMut> Writes for Inherent<Cursor<M>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.copy_in(bytes))
    }
}

impl<T: AsFd> Reads for Calls<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        descriptor::read(&self.0, buffer).map_err(by_errno)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (offset as i64, Whence::SET),
            SeekFrom::Current(offset) => (offset, Whence::CUR),
            SeekFrom::End(offset) => (offset, Whence::END),
        };
        lseek(&self.0, offset, whence).map_err(by_errno)
    }
}

impl<T: AsFd> Writes for Calls<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        descriptor::write(&self.0, bytes).map_err(by_errno)
    }
}

#[cfg(feature = "std")]
impl<T: Read + Seek> Reads for Std<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[cfg(feature = "std")]
impl<T: Read + Seek + Write> Writes for Std<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
}

#[cfg(feature = "embedded-io-07")]
impl<T> Reads for Embedded<T>
where
    T: embedded_io_07::Read<Error = rawshm::Error> + embedded_io_07::Seek,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(by_errno)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(position) => embedded_io_07::SeekFrom::Start(position),
            SeekFrom::Current(distance) => embedded_io_07::SeekFrom::Current(distance),
            SeekFrom::End(distance) => embedded_io_07::SeekFrom::End(distance),
        };
        self.0.seek(to).map_err(by_errno)
    }
}

#[cfg(feature = "embedded-io-07")]
impl<T> Writes for Embedded<T>
where
    Self: Reads,
    T: embedded_io_07::Write<Error = rawshm::Error>,
{
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            // What must not be a success here is one there.
            Err(error) if error == Errno::ENOSPC && !bytes.is_empty() => Ok(0),
            result => result.map_err(by_errno),
        }
    }
}

// --- against a model -------------------------------------------------------

#[derive(Clone, Debug)]
enum Op {
    Read(usize),
    Write(Vec<u8>),
    Seek(SeekFrom),
}

/// Where a file system's own limit does not matter: none of these is a position.
const NOWHERE: [SeekFrom; 4] = [
    SeekFrom::Start(u64::MAX),
    SeekFrom::Start(1 << 63),
    SeekFrom::Current(i64::MIN),
    SeekFrom::End(i64::MIN),
];

/// Far away, and beyond what there is to count with.
const FAR: [SeekFrom; 3] = [
    SeekFrom::Start(i64::MAX as u64),
    SeekFrom::Current(i64::MAX),
    SeekFrom::End(i64::MAX),
];

fn op(edges: &[SeekFrom]) -> impl Strategy<Value = Op> + use<> {
    let seek = prop_oneof![
        6 => (0..100_u64).prop_map(SeekFrom::Start),
        6 => (-100..100_i64).prop_map(SeekFrom::Current),
        6 => (-100..50_i64).prop_map(SeekFrom::End),
        1 => prop::sample::select(edges.to_vec()),
    ];
    prop_oneof![
        (0..50_usize).prop_map(Op::Read),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(Op::Write),
        seek.prop_map(Op::Seek),
    ]
}

fn ops(edges: &[SeekFrom]) -> impl Strategy<Value = Vec<Op>> + use<> {
    prop::collection::vec(op(edges), 0..40)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..70)
}

#[track_caller]
fn agree<T: PartialEq + std::fmt::Debug>(
    ours: io::Result<T>,
    theirs: io::Result<T>,
) -> TestCaseResult {
    let kind = |error: io::Error| error.kind();
    prop_assert_eq!(ours.map_err(kind), theirs.map_err(kind));
    Ok(())
}

/// One step that only reads; to write is left out.
fn read_step(ours: &mut impl Reads, model: &mut (impl Read + Seek), op: &Op) -> TestCaseResult {
    match op {
        Op::Read(len) => {
            let mut buffers = [vec![1; *len], vec![1; *len]];
            let [ours_read, model_read] = &mut buffers;
            agree(ours.read(ours_read), model.read(model_read))?;
            prop_assert_eq!(&buffers[0], &buffers[1]);
        }
        Op::Seek(to) => agree(ours.seek(*to), model.seek(*to))?,
        Op::Write(_) => {}
    }
    agree(ours.seek(SeekFrom::Current(0)), model.stream_position())
}

fn write_step(
    ours: &mut impl Writes,
    model: &mut (impl Read + Write + Seek),
    op: &Op,
) -> TestCaseResult {
    if let Op::Write(bytes) = op {
        agree(ours.write(bytes), model.write(bytes))?;
    }
    read_step(ours, model, op)
}

/// Contents and end, at last.
fn compare(ours: &mut impl Reads, model: &mut (impl Read + Seek)) -> TestCaseResult {
    let len = model.seek(SeekFrom::End(0)).unwrap();
    agree(ours.seek(SeekFrom::End(0)), Ok(len))?;
    let start = Op::Seek(SeekFrom::Start(0));
    for op in [start, Op::Read(len as usize), Op::Read(1)] {
        read_step(ours, model, &op)?;
    }
    Ok(())
}

fn check_reading(mut ours: impl Reads, mut model: impl Read + Seek, ops: &[Op]) -> TestCaseResult {
    for op in ops {
        read_step(&mut ours, &mut model, op)?;
    }
    compare(&mut ours, &mut model)
}

fn check_writing(
    mut ours: impl Writes,
    mut model: impl Read + Write + Seek,
    ops: &[Op],
) -> TestCaseResult {
    for op in ops {
        write_step(&mut ours, &mut model, op)?;
    }
    compare(&mut ours, &mut model)
}

/// Checks a stream, made anew each time, by each door that there is.
macro_rules! by_each_door {
    ($check:ident, $first:ident, $stream:expr, $model:expr, $ops:expr) => {
        $check($first($stream), $model, $ops)?;
        #[cfg(feature = "std")]
        $check(Std($stream), $model, $ops)?;
        #[cfg(feature = "embedded-io-07")]
        $check(Embedded($stream), $model, $ops)?;
    };
}

// --- cursors ---------------------------------------------------------------

fn shared(bytes: &[u8]) -> Mapping<Shared> {
    let options = MapOptions::new().len(bytes.len());
    let mapping = options.map_shared_anonymous().unwrap();
    mapping.shared().copy_from_slice(bytes);
    mapping
}

fn private(bytes: &[u8]) -> Mapping<Private> {
    let mut mapping = MapOptions::new().len(bytes.len()).map_anonymous().unwrap();
    mapping.copy_from_slice(bytes);
    mapping
}

fn bytes_of<A: Access>(shared: SharedSlice<'_, A>) -> Vec<u8> {
    let mut bytes = vec![0; shared.len()];
    shared.copy_to_slice(&mut bytes);
    bytes
}

proptest! {
    #[test]
    fn cursors_that_write_do_as_those_of_std(
        bytes in bytes(),
        ops in ops(&[NOWHERE.as_slice(), &FAR].concat()),
    ) {
        let ops = ops.as_slice();
        let model = || io::Cursor::new(bytes.clone().into_boxed_slice());
        by_each_door!(check_writing, Inherent, shared(&bytes).into_cursor(), model(), ops);
        by_each_door!(check_writing, Inherent, private(&bytes).into_cursor(), model(), ops);

        // In the middle of a mapping, what is around it stays.
        let around = [b"before".as_slice(), &bytes, b"after"].concat();
        let mapping = shared(&around);
        let middle = mapping.shared().get(6..6 + bytes.len()).unwrap();
        let restored = || {
            middle.copy_from_slice(&bytes);
            middle.cursor()
        };
        by_each_door!(check_writing, Inherent, restored(), model(), ops);
        let whole = bytes_of(mapping.shared());
        prop_assert!(whole.starts_with(b"before") && whole.ends_with(b"after"));
    }

    #[test]
    fn cursors_that_read_do_as_those_of_std(
        bytes in bytes(),
        ops in ops(&[NOWHERE.as_slice(), &FAR].concat()),
    ) {
        let ops = ops.as_slice();
        let model = || io::Cursor::new(&bytes);
        let read_only = || shared(&bytes).into_read_only().unwrap();
        let frozen = || private(&bytes).into_frozen().unwrap();
        by_each_door!(check_reading, Inherent, read_only().into_cursor(), model(), ops);
        by_each_door!(check_reading, Inherent, frozen().into_cursor(), model(), ops);
        let mapping = read_only();
        by_each_door!(check_reading, Inherent, mapping.shared().cursor(), model(), ops);
        let mapping = frozen();
        by_each_door!(check_reading, Inherent, Cursor::new(mapping.shared()), model(), ops);
    }
}

/// Positions before, at and past the end of five bytes.
const POSITIONS: [u64; 10] = [0, 1, 2, 3, 4, 5, 6, 100, u64::MAX - 1, u64::MAX];

#[test]
fn remaining_ends_at_the_end() {
    let mapping = shared(b"texts");
    let mut cursor = mapping.shared().cursor();
    for position in POSITIONS {
        cursor.set_position(position);
        assert_eq!(cursor.remaining() as u64, 5_u64.saturating_sub(position));
        assert_eq!(cursor.position(), position);
    }
    let empty = mapping.shared().get(5..).unwrap();
    assert_eq!(
        (empty.cursor().remaining(), empty.cursor().copy_in(b"x")),
        (0, 0)
    );
    assert_eq!(mapping.into_cursor().into_inner().len(), 5);
}

#[cfg(feature = "alloc")]
#[test]
fn read_chunk_leaves_the_position() {
    let mut cursor = shared(b"texts").into_cursor();
    cursor.set_position(3);
    for start in POSITIONS {
        for len in [0, 1, 2, 5, 6, usize::MAX] {
            let rest = b"texts".get(start as usize..).unwrap_or(&[]);
            assert_eq!(cursor.read_chunk(start, len), rest[..len.min(rest.len())]);
        }
    }
    assert_eq!(cursor.position(), 3);
}

#[test]
fn cursors_of_slices_are_copies() {
    let mapping = shared(b"texts");
    let mut first = mapping.shared().cursor();
    first.set_position(2);
    let mut second = first;
    assert_eq!(second.copy_in(b"ZZ"), 2);
    assert_eq!((first.position(), second.position()), (2, 4));
    let mut bytes = [0; 3];
    assert_eq!(first.copy_out(&mut bytes), 3);
    assert_eq!((&bytes, first.get_ref().len()), (b"ZZs", 5));
    assert_eq!(format!("{second:?}"), "Cursor { position: 4, len: 5 }");
}

#[cfg(feature = "std")]
mod with_std {
    use std::io::{BufRead, ErrorKind};

    use super::*;

    /// What the traits provide over `read` and `write`, at every position.
    #[test]
    fn provided_methods_do_as_those_of_std() {
        for (position, len) in POSITIONS
            .into_iter()
            .flat_map(|at| (0..8).map(move |len| (at, len)))
        {
            let pair = || {
                let mut ours = shared(b"texts").into_cursor();
                let mut model = io::Cursor::new(b"texts".to_vec().into_boxed_slice());
                ours.set_position(position);
                model.set_position(position);
                (ours, model)
            };
            let (mut ours, mut model) = pair();
            let mut buffers = [[1; 8]; 2];
            let [ours_read, model_read] = &mut buffers;
            let result = ours.read_exact(&mut ours_read[..len]);
            agree(result, model.read_exact(&mut model_read[..len])).unwrap();
            if position.saturating_add(len as u64) <= 5 {
                assert_eq!(
                    (buffers[0], ours.position()),
                    (buffers[1], model.position())
                );
            }

            let (mut ours, mut model) = pair();
            let source = &b"12345678"[..len];
            agree(ours.write_all(source), model.write_all(source)).unwrap();
            assert_eq!(bytes_of(ours.get_ref().shared()), **model.get_ref());
            assert_eq!(ours.position(), model.position());

            let (mut ours, mut model) = pair();
            let mut rests = [Vec::new(), Vec::new()];
            let [ours_rest, model_rest] = &mut rests;
            agree(ours.read_to_end(ours_rest), model.read_to_end(model_rest)).unwrap();
            assert_eq!((&rests[0], ours.position()), (&rests[1], model.position()));
        }
    }

    #[test]
    fn errors_have_kinds() {
        let mut cursor = shared(b"texts").into_cursor();
        let kind = |result: io::Result<()>| result.unwrap_err().kind();
        assert_eq!(
            kind(cursor.read_exact(&mut [0; 6])),
            ErrorKind::UnexpectedEof
        );
        assert_eq!(kind(cursor.write_all(b"x")), ErrorKind::WriteZero);
        let seek = cursor.seek(SeekFrom::End(-6)).map(drop);
        assert_eq!(kind(seek), ErrorKind::InvalidInput);
        assert_eq!(cursor.stream_position().unwrap(), 5);
        cursor.flush().unwrap();
    }

    #[test]
    fn what_nobody_else_writes_is_read_by_lines() {
        let text = "one\n\nthree\nlast";
        fn check(mut cursor: impl BufRead + Seek, text: &str) {
            let lines: Vec<String> = cursor.by_ref().lines().map(Result::unwrap).collect();
            assert_eq!(lines, text.lines().collect::<Vec<_>>());
            assert_eq!(cursor.fill_buf().unwrap(), b"");
            assert_eq!(cursor.seek(SeekFrom::Start(5)).unwrap(), 5);
            assert_eq!(cursor.fill_buf().unwrap(), &text.as_bytes()[5..]);
            cursor.consume(5);
            assert_eq!(cursor.fill_buf().unwrap(), b"\nlast");
            let mut word = Vec::new();
            assert_eq!(cursor.read_until(b'a', &mut word).unwrap(), 3);
            assert_eq!(
                (word.as_slice(), cursor.stream_position().unwrap()),
                (&b"\nla"[..], 13)
            );
            for position in [15, 16, u64::MAX] {
                cursor.seek(SeekFrom::Start(position)).unwrap();
                assert_eq!(cursor.fill_buf().unwrap(), b"");
            }
        }
        check(private(text.as_bytes()).into_cursor(), text);
        check(
            private(text.as_bytes())
                .into_frozen()
                .unwrap()
                .into_cursor(),
            text,
        );
    }
}

#[cfg(feature = "embedded-io-07")]
mod with_embedded_io {
    use embedded_io_07::{Error as _, ErrorKind, Read, ReadExactError, Seek, SeekFrom, Write};

    use super::*;

    #[test]
    fn the_end_is_an_error_to_write_at() {
        let mut cursor = shared(b"texts").into_cursor();
        assert_eq!(cursor.write(b"123").unwrap(), 3);
        assert_eq!(cursor.write(b"456").unwrap(), 2);
        assert_eq!(cursor.write(b"").unwrap(), 0);
        let error = cursor.write(b"7").unwrap_err();
        assert_eq!((error.call(), error.errno()), (Call::Write, Errno::ENOSPC));
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        assert_eq!(cursor.stream_position().unwrap(), 5);
        assert_eq!(bytes_of(cursor.get_ref().shared()), b"12345");
        Write::flush(&mut cursor).unwrap();
        Seek::rewind(&mut cursor).unwrap();
        let error = cursor.write_all(b"sixths").unwrap_err();
        assert_eq!((error.kind(), cursor.position()), (ErrorKind::WriteZero, 5));
    }

    #[test]
    fn the_end_is_not_an_error_to_read_at() {
        let mut cursor = shared(b"texts").into_cursor();
        let mut bytes = [0; 6];
        let result = cursor.read_exact(&mut bytes);
        assert_eq!(result, Err(ReadExactError::UnexpectedEof));
        assert_eq!(&bytes[..5], b"texts");
        assert_eq!(cursor.read(&mut bytes), Ok(0));
        let error = cursor.seek(SeekFrom::Current(-6)).unwrap_err();
        assert_eq!(
            (error.kind(), cursor.position()),
            (ErrorKind::InvalidInput, 5)
        );
    }

    #[test]
    fn errors_have_kinds() {
        let [name, none] = ["kinds", "none"].map(UniqueName::new);
        SharedMemory::create(&name, 1).unwrap();
        let mut reader = SharedMemory::open_read_only(&name).unwrap();
        let mut sealed = Memfd::create("kinds", 1).unwrap();
        let errors = [
            (reader.write(b"x").unwrap_err(), ErrorKind::Other),
            (
                sealed.write(b"xx").unwrap_err(),
                ErrorKind::PermissionDenied,
            ),
            (reader.map().unwrap_err(), ErrorKind::PermissionDenied),
            (SharedMemory::open(&none).unwrap_err(), ErrorKind::NotFound),
            (
                SharedMemory::create(&name, 1).unwrap_err(),
                ErrorKind::AlreadyExists,
            ),
            (
                reader.seek(SeekFrom::End(-2)).unwrap_err(),
                ErrorKind::InvalidInput,
            ),
        ];
        for (error, kind) in errors {
            assert_eq!(error.kind(), kind, "{error}");
        }
    }
}

// --- descriptors -----------------------------------------------------------

/// A file on disk with these bytes, which has no name any more.
fn file(bytes: &[u8]) -> File {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("rawshm-test-{}-{count}", process::id()));
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    let mut file = options.open(&path).unwrap();
    fs::remove_file(path).unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn memory(bytes: &[u8]) -> SharedMemory {
    let name = UniqueName::new("stream");
    let memory = SharedMemory::create(&name, bytes.len() as u64).unwrap();
    memory.map().unwrap().shared().copy_from_slice(bytes);
    memory
}

fn memfd(bytes: &[u8]) -> Memfd {
    let options = Memfd::options().resizable(true);
    let memfd = options.create("stream", bytes.len() as u64).unwrap();
    memfd.map().unwrap().shared().copy_from_slice(bytes);
    memfd
}

/// Reading and writing at an offset.
enum OpAt {
    Read(usize, u64),
    Write(Vec<u8>, u64),
}

fn op_at() -> impl Strategy<Value = OpAt> {
    let offset = prop_oneof![9 => 0..100_u64, 1 => i64::MAX as u64 + 1..];
    prop_oneof![
        (0..50_usize, offset.clone()).prop_map(|(len, offset)| OpAt::Read(len, offset)),
        (prop::collection::vec(any::<u8>(), 0..50), offset)
            .prop_map(|(bytes, offset)| OpAt::Write(bytes, offset)),
    ]
}

impl std::fmt::Debug for OpAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(len, offset) => write!(f, "read {len} at {offset}"),
            Self::Write(bytes, offset) => write!(f, "write {bytes:?} at {offset}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn descriptors_do_as_files(bytes in bytes(), ops in ops(&NOWHERE)) {
        let ops = ops.as_slice();
        by_each_door!(check_writing, Calls, memory(&bytes), file(&bytes), ops);
        by_each_door!(check_writing, Calls, memfd(&bytes), file(&bytes), ops);
        by_each_door!(check_writing, Calls, &memory(&bytes), file(&bytes), ops);
        by_each_door!(check_writing, Calls, &memfd(&bytes), file(&bytes), ops);
    }

    #[test]
    fn offsets_do_as_those_of_files(
        bytes in bytes(),
        ops in prop::collection::vec(op_at(), 0..40),
    ) {
        let (memory, memfd, file) = (memory(&bytes), memfd(&bytes), file(&bytes));
        for op in ops {
            match op {
                OpAt::Read(len, offset) => {
                    let mut buffers = [(); 3].map(|()| vec![1; len]);
                    let [first, second, theirs] = &mut buffers;
                    let expected = file.read_at(theirs, offset).map_err(|error| error.kind());
                    let kind = |error| by_errno(error).kind();
                    prop_assert_eq!(memory.read_at(first, offset).map_err(kind), expected);
                    prop_assert_eq!(memfd.read_at(second, offset).map_err(kind), expected);
                    prop_assert!(buffers[0] == buffers[2] && buffers[1] == buffers[2]);
                }
                OpAt::Write(bytes, offset) => {
                    let theirs = || file.write_at(&bytes, offset);
                    agree(memory.write_at(&bytes, offset).map_err(by_errno), theirs())?;
                    agree(memfd.write_at(&bytes, offset).map_err(by_errno), theirs())?;
                }
            }
            prop_assert_eq!(lseek(&memory, 0, Whence::CUR), Ok(0), "the position stays");
        }
        compare(&mut Calls(memory), &mut &file)?;
        compare(&mut Calls(memfd), &mut &file)?;
    }
}

#[cfg(feature = "std")]
#[test]
fn references_share_the_position() {
    let memory = memory(b"texts");
    (&memory).write_all(b"TE").unwrap();
    let mut rest = String::new();
    (&memory).read_to_string(&mut rest).unwrap();
    assert_eq!(
        (rest.as_str(), (&memory).stream_position().unwrap()),
        ("xts", 5)
    );
    (&memory).write_all(b"more").unwrap();
    (&memory).flush().unwrap();
    (&memory).rewind().unwrap();
    let mut all = String::new();
    let mut memory = memory;
    memory.read_to_string(&mut all).unwrap();
    assert_eq!((all.as_str(), memory.len().unwrap()), ("TExtsmore", 9));
}

#[test]
fn what_is_cut_off_is_not_read() {
    let len = 3 * rawshm::mm::page_size();
    let memory = memory(&vec![7; len]);
    let _mapping = memory.map().unwrap(); // to touch it would be fatal
    memory.resize(1).unwrap();
    let mut bytes = [0; 10];
    assert_eq!(memory.read_at(&mut bytes, 0).unwrap(), 1);
    assert_eq!(memory.read_at(&mut bytes, len as u64 - 1).unwrap(), 0);
    assert_eq!(lseek(&memory, len as i64, Whence::SET).unwrap(), len as u64);
    assert_eq!(descriptor::read(&memory, &mut bytes).unwrap(), 0);
    assert_eq!(bytes, [7, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn lseek_finds_holes() {
    let page = rawshm::mm::page_size() as i64;
    let memfd = Memfd::options()
        .sparse(true)
        .create("holes", 3 * page as u64)
        .unwrap();
    memfd.write_at(b"x", page as u64).unwrap();
    let seek = |offset, whence| lseek(&memfd, offset, whence);
    assert_eq!(seek(0, Whence::DATA).unwrap(), page as u64);
    assert_eq!(seek(page, Whence::HOLE).unwrap(), 2 * page as u64);
    assert_fails(seek(2 * page, Whence::DATA), Call::Lseek, Errno::ENXIO);
    assert_fails(seek(3 * page, Whence::HOLE), Call::Lseek, Errno::ENXIO);
    assert_fails(seek(0, Whence::from_raw(99)), Call::Lseek, Errno::EINVAL);
    assert_fails(seek(-1, Whence::SET), Call::Lseek, Errno::EINVAL);
}

/// Both ways to read, or to write, are refused; by an offset perhaps otherwise.
#[track_caller]
fn assert_unreadable(fd: impl AsFd, errno: Errno, errno_at: Errno) {
    let mut byte = [1];
    assert_fails(descriptor::read(&fd, &mut byte), Call::Read, errno);
    assert_fails(pread(&fd, &mut byte, 0), Call::Pread, errno_at);
    assert_eq!(byte, [1]);
}

#[track_caller]
fn assert_unwritable(fd: impl AsFd, errno: Errno, errno_at: Errno) {
    assert_fails(descriptor::write(&fd, b"x"), Call::Write, errno);
    assert_fails(pwrite(&fd, b"x", 0), Call::Pwrite, errno_at);
}

#[test]
fn what_was_opened_for_one_thing_only() {
    let name = UniqueName::new("one-way");
    SharedMemory::create(&name, 1).unwrap();
    let reader = SharedMemory::open_read_only(&name).unwrap();
    assert_unwritable(&reader, Errno::EBADF, Errno::EBADF);
    assert_fails(reader.write_at(b"x", 0), Call::Pwrite, Errno::EBADF);
    let open = |flags| rawshm::shm::shm_open(&name, flags, descriptor::Mode::empty());
    let writer = open(OFlags::WRONLY).unwrap();
    assert_unreadable(&writer, Errno::EBADF, Errno::EBADF);
    assert_eq!(descriptor::write(&writer, b"x").unwrap(), 1);
    let mut byte = [0];
    assert_eq!(descriptor::read(&reader, &mut byte).unwrap(), 1);
    assert_eq!(&byte, b"x");
    let path_only = common::path_only(&reader);
    for fd in [path_only.as_fd(), common::not_open()] {
        assert_unreadable(fd, Errno::EBADF, Errno::EBADF);
        assert_unwritable(fd, Errno::EBADF, Errno::EBADF);
        assert_fails(lseek(fd, 0, Whence::SET), Call::Lseek, Errno::EBADF);
    }
}

#[test]
fn what_is_no_shared_memory() {
    let directory = common::open("/dev/shm", File::options().read(true));
    assert_unreadable(&directory, Errno::EISDIR, Errno::EISDIR);
    assert_unwritable(&directory, Errno::EBADF, Errno::EBADF);

    let (reader, writer) = pipe();
    assert_unreadable(&reader, Errno::EAGAIN, Errno::ESPIPE);
    assert_fails(lseek(&reader, 0, Whence::CUR), Call::Lseek, Errno::ESPIPE);
    assert_fails(pwrite(&writer, b"x", 0), Call::Pwrite, Errno::ESPIPE);
    while descriptor::write(&writer, &[1; 4096]).is_ok() {}
    assert_unwritable(&writer, Errno::EAGAIN, Errno::ESPIPE);
    drop(reader);
    assert_unwritable(&writer, Errno::EPIPE, Errno::ESPIPE);
}

/// A pipe that does not wait, to read and to write.
fn pipe() -> (OwnedFd, OwnedFd) {
    let mut ends = [-1; 2];
    // SAFETY: pipe2 writes two descriptors.
    let result = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) };
    assert_eq!(result, 0, "pipe2: {}", io::Error::last_os_error());
    // SAFETY: the descriptor was just opened for us.
    let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    (reader, writer)
}

#[test]
fn offsets_beyond_all_files() {
    let memfd = memfd(b"texts");
    for offset in [1 << 63, u64::MAX] {
        assert_fails(memfd.read_at(&mut [0], offset), Call::Pread, Errno::EINVAL);
        assert_fails(memfd.write_at(b"x", offset), Call::Pwrite, Errno::EINVAL);
    }
    // Nor may the last byte be beyond.
    let last = i64::MAX as u64;
    assert_eq!(lseek(&memfd, i64::MAX, Whence::SET).unwrap(), last);
    let mut byte = [0];
    assert_fails(memfd.read_at(&mut byte, last), Call::Pread, Errno::EINVAL);
    assert_fails(memfd.write_at(b"x", last), Call::Pwrite, Errno::EINVAL);
    assert_fails(
        descriptor::read(&memfd, &mut byte),
        Call::Read,
        Errno::EINVAL,
    );
    assert_fails(descriptor::write(&memfd, b"x"), Call::Write, Errno::EINVAL);
    assert_fails(lseek(&memfd, 1, Whence::CUR), Call::Lseek, Errno::EINVAL);
    assert_fails(
        lseek(&memfd, i64::MAX, Whence::END),
        Call::Lseek,
        Errno::EINVAL,
    );
    assert_eq!(memfd.len().unwrap(), 5);
}

#[test]
fn seals_are_heeded() {
    let fixed = Memfd::create("fixed", 5).unwrap();
    assert_fails(fixed.write_at(b"texts", 1), Call::Pwrite, Errno::EPERM);
    assert_eq!(fixed.write_at(b"texts", 0).unwrap(), 5);
    assert_eq!(lseek(&fixed, 0, Whence::END).unwrap(), 5);
    assert_fails(descriptor::write(&fixed, b"x"), Call::Write, Errno::EPERM);
    assert_eq!(fixed.len().unwrap(), 5);
    for seal in [SealFlags::WRITE, SealFlags::FUTURE_WRITE] {
        let sealed = memfd(b"texts");
        if let Err(error) = memfd::add_seals(&sealed, seal) {
            common::skip(error);
            continue;
        }
        assert_unwritable(&sealed, Errno::EPERM, Errno::EPERM);
        let mut bytes = [0; 5];
        assert_eq!(sealed.read_at(&mut bytes, 0).unwrap(), 5);
        assert_eq!(&bytes, b"texts");
    }
}

#[test]
fn a_full_file_system_is_told() {
    common::with_own_dev_shm(0, c"size=64k", || {
        let memory = memory(b"texts");
        let (mut at, chunk) = (0, [7; 4096]);
        let error = loop {
            match memory.write_at(&chunk, at) {
                Ok(len) => at += len as u64,
                Err(error) => break error,
            }
        };
        assert_eq!((error.call(), error.errno()), (Call::Pwrite, Errno::ENOSPC));
        assert_eq!((at, memory.len().unwrap()), (65_536, 65_536));
        lseek(&memory, 0, Whence::END).unwrap();
        assert_fails(descriptor::write(&memory, b"x"), Call::Write, Errno::ENOSPC);
    });
}

#[test]
fn the_limit_of_files_is_heeded() {
    common::in_own_process("the_limit_of_files_is_heeded", || {
        // SAFETY: no handler is involved.
        unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let memory = memory(b"texts");
        common::with_limit(libc::RLIMIT_FSIZE, 8, || {
            assert_eq!(memory.write_at(b"longer", 5).unwrap(), 3);
            assert_fails(memory.write_at(b"x", 8), Call::Pwrite, Errno::EFBIG);
            lseek(&memory, 8, Whence::SET).unwrap();
            assert_fails(descriptor::write(&memory, b"x"), Call::Write, Errno::EFBIG);
        });
        assert_eq!(memory.len().unwrap(), 8);
    });
}
