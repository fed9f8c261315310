//! Cursors over every kind of memory, beside `std::io::Cursor`.

#![no_main]

use std::cell::RefCell;
use std::io::{self, BufRead, Read as _, Seek, SeekFrom, Write as _};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rawshm::mm::Access;
use rawshm::slice::{Cursor, Memory};
use rawshm::{
    Call, Error, Frozen, MapOptions, Mapping, Memfd, Private, ReadOnly, SecretMemory, Segment,
    Shared, SharedSlice,
};
use rawshm_fuzz::guarded::Guarded;
use rawshm_fuzz::{leaks, pattern};

/// Longer ones only take longer.
const PAGES: usize = 2;

#[derive(Arbitrary, Debug)]
struct Input {
    memory: Kind,
    len: u16,
    seed: u8,
    operations: Vec<Operation>,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Kind {
    /// A slice that ends at a guard page, or starts at one.
    Slice {
        at_end: bool,
    },
    SharedAnonymous,
    Memfd,
    MemfdReadOnly,
    IntoReadOnly,
    Private,
    PrivateOfFrozen,
    Frozen,
    IntoFrozen,
    Segment,
    SegmentReadOnly,
    Secret,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Operation {
    Read(u16),
    ReadExact(u16),
    ReadToEnd,
    ReadChunk { start: u64, len: u16 },
    EmbeddedRead(u16),
    Write { len: u16, seed: u8 },
    WriteAll { len: u16, seed: u8 },
    EmbeddedWrite { len: u16, seed: u8 },
    Buffered { consume: u16 },
    ReadUntil(u8),
    Seek(To),
    EmbeddedSeek(To),
    SeekCurrent(i64),
    SeekEnd(i64),
    SetPosition(u64),
    Rewind,
    Clone,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum To {
    Start(u64),
    Near(u16),
    Current(i64),
    Before(u8),
    End(i64),
    BeforeEnd(u8),
}

thread_local! {
    static MEMORY: RefCell<(Guarded, Guarded)> = RefCell::new((Guarded::new(PAGES), Guarded::new(PAGES)));
}

fuzz_target!(|input: Input| {
    MEMORY.with_borrow_mut(|(guarded, ours)| {
        let len = 1 + usize::from(input.len) % (guarded.all().len() - 1);
        let first = pattern(input.seed, len);
        match input.memory {
            Kind::Slice { at_end } => slice(&input, guarded, at_end, &first, ours),
            kind => mapping(&input, kind, &first, ours),
        }
    });
    leaks::check();
});

fn slice(input: &Input, guarded: &Guarded, at_end: bool, first: &[u8], ours: &mut Guarded) {
    let around = pattern(!input.seed, guarded.all().len());
    guarded.all().copy_from_slice(&around);
    let (start, part) = guarded.part(at_end, first.len());
    part.copy_from_slice(first);
    run(part.cursor(), input, first.to_vec(), ours);
    let all = guarded.all().to_vec();
    let end = start + first.len();
    assert!(
        all[..start] == around[..start] && all[end..] == around[end..],
        "outside"
    );
}

fn mapping(input: &Input, kind: Kind, first: &[u8], ours: &mut Guarded) {
    let len = first.len();
    let memfd = || {
        let memfd = Memfd::create("fuzz", len as u64).unwrap();
        assert_eq!(memfd.write_at(first, 0).unwrap(), len);
        memfd
    };
    let segment = || {
        let segment = Segment::create(len).unwrap().destroy_on_drop();
        segment.attach().unwrap().shared().copy_from_slice(first);
        segment
    };
    let private = || {
        let mut private = MapOptions::new().len(len).map_anonymous().unwrap();
        private.copy_from_slice(first);
        private
    };
    let filled = |mapping: Mapping<Shared>| {
        mapping.shared().copy_from_slice(first);
        mapping
    };
    let options = MapOptions::new().len(len);
    match kind {
        Kind::Slice { .. } => unreachable!("has no mapping"),
        Kind::SharedAnonymous => owned(
            filled(options.map_shared_anonymous().unwrap()),
            input,
            first,
            ours,
        ),
        Kind::Memfd => owned(memfd().map().unwrap(), input, first, ours),
        Kind::MemfdReadOnly => owned(memfd().map_read_only().unwrap(), input, first, ours),
        Kind::IntoReadOnly => owned(
            memfd().map().unwrap().into_read_only().unwrap(),
            input,
            first,
            ours,
        ),
        Kind::Private => owned(private(), input, first, ours),
        Kind::PrivateOfFrozen => {
            let frozen = memfd().freeze().unwrap();
            owned(frozen.map_private().unwrap(), input, first, ours);
            // What is written is a copy.
            assert_eq!(&*frozen.map().unwrap(), first);
        }
        Kind::Frozen => owned(memfd().freeze().unwrap().map().unwrap(), input, first, ours),
        Kind::IntoFrozen => owned(private().into_frozen().unwrap(), input, first, ours),
        Kind::Segment => owned(segment().attach().unwrap(), input, first, ours),
        Kind::SegmentReadOnly => owned(segment().attach_read_only().unwrap(), input, first, ours),
        Kind::Secret => {
            // Not in every kernel.
            if let Ok(secret) = SecretMemory::create(len as u64) {
                owned(filled(secret.map().unwrap()), input, first, ours);
            }
        }
    }
}

fn owned<A: Access>(mapping: Mapping<A>, input: &Input, first: &[u8], ours: &mut Guarded)
where
    Cursor<Mapping<A>>: Subject<Memory = Mapping<A>>,
{
    let rest = |mapping: &Mapping<A>| {
        let (start, len) = (mapping.as_ptr(), mapping.mapped_len());
        // SAFETY: mapped in whole pages, and nothing writes them meanwhile.
        let all = unsafe { std::slice::from_raw_parts(start, len) };
        all[mapping.len()..].to_vec()
    };
    let before = rest(&mapping);
    let cursor = run(mapping.into_cursor(), input, first.to_vec(), ours);
    let mapping = cursor.into_memory();
    assert_eq!(rest(&mapping), before, "behind the end");
    mapping.unmap().unwrap();
}

/// A cursor, with what only some kinds of memory allow.
trait Subject: io::Read + io::Seek + embedded_io::Read<Error = Error> + embedded_io::Seek {
    type Memory;

    fn parts(&self) -> (u64, usize, SharedSlice<'_, impl Access>);
    fn chunk(&self, start: u64, len: usize) -> Vec<u8>;
    fn set_position(&mut self, position: u64);
    fn rewind_to_start(&mut self);
    fn seek_current(&mut self, distance: i64) -> Result<u64, Error>;
    fn seek_end(&mut self, distance: i64) -> Result<u64, Error>;
    fn into_memory(self) -> Self::Memory;
    fn writer(&mut self) -> Option<&mut dyn io::Write>;
    fn embedded_write(&mut self, bytes: &[u8]) -> Option<Result<usize, Error>>;
    fn buffered(&mut self) -> Option<&mut dyn BufRead>;
    fn copied(&self) -> Option<Box<dyn io::Read + '_>>;
}

macro_rules! subject {
    ([$($life:lifetime)?] $memory:ty: $this:ident, $writer:expr, $written:expr, $buffered:expr, $copied:expr) => {
        impl<$($life)?> Subject for Cursor<$memory> {
            type Memory = $memory;

            fn parts(&self) -> (u64, usize, SharedSlice<'_, impl Access>) {
                (self.position(), self.remaining(), self.get_ref().bytes())
            }
            fn chunk(&self, start: u64, len: usize) -> Vec<u8> {
                self.read_chunk(start, len)
            }
            fn set_position(&mut self, position: u64) {
                Cursor::set_position(self, position);
            }
            fn rewind_to_start(&mut self) {
                Cursor::rewind(self);
            }
            fn seek_current(&mut self, distance: i64) -> Result<u64, Error> {
                Cursor::seek_current(self, distance)
            }
            fn seek_end(&mut self, distance: i64) -> Result<u64, Error> {
                Cursor::seek_end(self, distance)
            }
            fn into_memory(self) -> $memory {
                self.into_inner()
            }
            fn writer(&mut self) -> Option<&mut dyn io::Write> {
                let $this = self;
                $writer
            }
            fn embedded_write(&mut self, _bytes: &[u8]) -> Option<Result<usize, Error>> {
                let $this = (self, _bytes);
                $written
            }
            fn buffered(&mut self) -> Option<&mut dyn BufRead> {
                let $this = self;
                $buffered
            }
            fn copied(&self) -> Option<Box<dyn io::Read + '_>> {
                let $this = self;
                $copied
            }
        }
    };
    ([$($life:lifetime)?] $memory:ty, reads) => {
        subject!([$($life)?] $memory: _this, None, None, None, None);
    };
    ([$($life:lifetime)?] $memory:ty, reads and buffers) => {
        subject!([$($life)?] $memory: this, { let _ = this; None }, { let _ = this; None }, Some(this), { let _ = this; None });
    };
    ([$($life:lifetime)?] $memory:ty, writes) => {
        subject!([$($life)?] $memory: this, Some(this), Some(embedded_io::Write::write(this.0, this.1)), { let _ = this; None }, { let _ = this; None });
    };
    ([$($life:lifetime)?] $memory:ty, writes and copies) => {
        subject!([$($life)?] $memory: this, Some(this), Some(embedded_io::Write::write(this.0, this.1)), { let _ = this; None }, Some(Box::new(*this)));
    };
    ([$($life:lifetime)?] $memory:ty, writes and buffers) => {
        subject!([$($life)?] $memory: this, Some(this), Some(embedded_io::Write::write(this.0, this.1)), Some(this), { let _ = this; None });
    };
}

subject!(['a] SharedSlice<'a>, writes and copies);
subject!([] Mapping<Shared>, writes);
subject!([] Mapping<ReadOnly>, reads);
subject!([] Mapping<Private>, writes and buffers);
subject!([] Mapping<Frozen>, reads and buffers);

fn run<S: Subject>(mut cursor: S, input: &Input, mut model: Vec<u8>, ours: &mut Guarded) -> S {
    let mut model = io::Cursor::new(&mut model[..]);
    for &operation in &input.operations {
        step(&mut cursor, operation, &mut model, ours);
        let (position, remaining, bytes) = cursor.parts();
        assert_eq!(position, model.position(), "{operation:?}");
        let len = model.get_ref().len();
        let offset = usize::try_from(position).map_or(len, |position| position.min(len));
        assert_eq!(remaining, len - offset);
        assert_eq!(bytes.len(), len);
        // SAFETY: readable while it is borrowed, and nothing writes it meanwhile.
        let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        assert!(bytes == &model.get_ref()[..], "{operation:?}");
    }
    cursor
}

/// Text and error number aside, which are each library's own.
fn kind<T>(result: io::Result<T>) -> Result<T, io::ErrorKind> {
    result.map_err(|error| error.kind())
}

fn step<S: Subject>(
    cursor: &mut S,
    operation: Operation,
    model: &mut io::Cursor<&mut [u8]>,
    ours: &mut Guarded,
) {
    let most = ours.all().len();
    let len_of = |len: u16| usize::from(len) % (most + 1);
    match operation {
        Operation::Read(len) => {
            let (place, mut expected) = (ours.bytes(true, len_of(len)), vec![0; len_of(len)]);
            place.fill(0);
            let read = kind(io::Read::read(cursor, place));
            assert_eq!(read, kind(model.read(&mut expected)));
            assert_eq!(place, expected);
        }
        Operation::EmbeddedRead(len) => {
            let (place, mut expected) = (ours.bytes(false, len_of(len)), vec![0; len_of(len)]);
            place.fill(0);
            let read = embedded_io::Read::read(cursor, place).unwrap();
            assert_eq!(read, model.read(&mut expected).unwrap());
            assert_eq!(place, expected);
        }
        Operation::ReadExact(len) => {
            let (place, mut expected) = (ours.bytes(true, len_of(len)), vec![0; len_of(len)]);
            let read = kind(io::Read::read_exact(cursor, place));
            assert_eq!(read, kind(model.read_exact(&mut expected)));
            match read {
                Ok(()) => assert_eq!(place, expected),
                // Where it is then nobody says.
                Err(_) => model.set_position(cursor.parts().0),
            }
        }
        Operation::ReadToEnd => {
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            let read = kind(io::Read::read_to_end(cursor, &mut bytes));
            assert_eq!(read, kind(model.read_to_end(&mut expected)));
            assert_eq!(bytes, expected);
        }
        Operation::ReadChunk { start, len } => {
            let mut elsewhere = io::Cursor::new(&model.get_ref()[..]);
            elsewhere.set_position(start);
            let mut expected = vec![0; len.into()];
            let read = elsewhere.read(&mut expected).unwrap();
            assert_eq!(cursor.chunk(start, len.into()), expected[..read]);
        }
        Operation::Write { len, seed } => {
            let bytes = pattern(seed, len_of(len));
            let place = ours.bytes(true, bytes.len());
            place.copy_from_slice(&bytes);
            if let Some(writer) = cursor.writer() {
                assert_eq!(kind(writer.write(place)), kind(model.write(&bytes)));
                writer.flush().unwrap();
            }
        }
        Operation::WriteAll { len, seed } => {
            let bytes = pattern(seed, len_of(len));
            if let Some(writer) = cursor.writer() {
                assert_eq!(
                    kind(writer.write_all(&bytes)),
                    kind(model.write_all(&bytes))
                );
            }
        }
        Operation::EmbeddedWrite { len, seed } => {
            let bytes = pattern(seed, len_of(len));
            let place = ours.bytes(false, bytes.len());
            place.copy_from_slice(&bytes);
            if let Some(written) = cursor.embedded_write(place) {
                match (written, model.write(&bytes).unwrap()) {
                    (Err(error), 0) if !bytes.is_empty() => assert_eq!(error.call(), Call::Write),
                    (written, expected) => assert_eq!(written.unwrap(), expected),
                }
            }
        }
        Operation::Buffered { consume } => {
            if let Some(buffered) = cursor.buffered() {
                let bytes = buffered.fill_buf().unwrap();
                assert_eq!(bytes, model.fill_buf().unwrap());
                // More than that nobody may.
                let consume = usize::from(consume).min(bytes.len());
                buffered.consume(consume);
                model.consume(consume);
            }
        }
        Operation::ReadUntil(byte) => {
            if let Some(buffered) = cursor.buffered() {
                let (mut bytes, mut expected) = (Vec::new(), Vec::new());
                let read = kind(buffered.read_until(byte, &mut bytes));
                assert_eq!(read, kind(model.read_until(byte, &mut expected)));
                assert_eq!(bytes, expected);
            }
        }
        Operation::Seek(to) => {
            let to = SeekFrom::from(to);
            assert_eq!(kind(Seek::seek(cursor, to)), kind(model.seek(to)));
        }
        Operation::EmbeddedSeek(to) => {
            let to = SeekFrom::from(to);
            let embedded = match to {
                SeekFrom::Start(position) => embedded_io::SeekFrom::Start(position),
                SeekFrom::Current(distance) => embedded_io::SeekFrom::Current(distance),
                SeekFrom::End(distance) => embedded_io::SeekFrom::End(distance),
            };
            let ours = embedded_io::Seek::seek(cursor, embedded);
            assert_eq!(ours.ok(), model.seek(to).ok());
        }
        Operation::SeekCurrent(distance) => {
            let ours = cursor.seek_current(distance);
            assert_eq!(ours.ok(), model.seek(SeekFrom::Current(distance)).ok());
        }
        Operation::SeekEnd(distance) => {
            let ours = cursor.seek_end(distance);
            assert_eq!(ours.ok(), model.seek(SeekFrom::End(distance)).ok());
        }
        Operation::SetPosition(position) => {
            cursor.set_position(position);
            model.set_position(position);
        }
        Operation::Rewind => {
            cursor.rewind_to_start();
            model.set_position(0);
        }
        Operation::Clone => {
            if let Some(mut copy) = cursor.copied() {
                let mut bytes = Vec::new();
                copy.read_to_end(&mut bytes).unwrap();
                let mut elsewhere = io::Cursor::new(&model.get_ref()[..]);
                elsewhere.set_position(model.position());
                let mut expected = Vec::new();
                elsewhere.read_to_end(&mut expected).unwrap();
                assert_eq!(bytes, expected);
            }
        }
    }
}

impl From<To> for SeekFrom {
    fn from(to: To) -> Self {
        match to {
            To::Start(position) => Self::Start(position),
            To::Near(position) => Self::Start(position.into()),
            To::Current(distance) => Self::Current(distance),
            To::Before(distance) => Self::Current(-i64::from(distance)),
            To::End(distance) => Self::End(distance),
            To::BeforeEnd(distance) => Self::End(-i64::from(distance)),
        }
    }
}
