//! Draws a picture in memory that is shared with an X server: the extension MIT-SHM.
//!
//! Two System V segments are attached here and in the server. Into the first the picture is
//! drawn, of which the server makes a pixmap (`ShmPutImage`); into the second the server
//! copies that pixmap back (`ShmGetImage`), and every pixel is compared. No pixel goes through
//! the connection. It needs a display, `Xvfb :7 &` and `DISPLAY=:7` will do, on this machine.
//!
//! ```sh
//! cargo run --example x11_shm
//! cargo run --example x11_shm -- --show
//! cargo run --example x11_shm -- --png /tmp/picture.png
//! ```

#![forbid(unsafe_code)]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use png::{BitDepth, ColorType, Encoder};
use rawshm::descriptor::Mode;
use rawshm::sysv::ShmId;
use rawshm::{Segment, SharedSlice};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ReplyOrIdError;
use x11rb::properties::WmSizeHints;
use x11rb::protocol::Event;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, ImageFormat, ImageOrder,
    Pixmap, PropMode, Screen, VisualClass, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const USAGE: &str = "\
Draws a picture in memory that is shared with the X server of $DISPLAY, lets the server
copy it back, and compares every pixel.

Usage: x11_shm [OPTIONS]

Options:
  --show       show it in a window until a key is pressed or the window is closed
  --png FILE   write what came back to a PNG file
  --mode MODE  the permissions of the segments, in octal (default: 600, which is enough for
               a server that runs as root or as the same user; another needs 666)
  --help       print this";

/// The size of the picture.
const WIDTH: u16 = 640;
const HEIGHT: u16 = 480;

/// The error is the one line to print, unless another is named.
type Result<T, E = String> = std::result::Result<T, E>;

/// Prints a line. `println!` would panic if whoever reads it has gone away.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(io::stdout(), $($line)*).map_err(|error| format!("cannot print: {error}"))
    };
}

/// Prints what was done: the verb, and what it was done to.
macro_rules! step {
    ($verb:literal, $($object:tt)*) => {
        say!("  {:<10}{}", $verb, format_args!($($object)*))
    };
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("x11_shm: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let Some(options) = Options::parse(env::args_os().skip(1))? else {
        return say!("{USAGE}");
    };
    let server = Server::connect()?;
    let format = Format::of(&server)?;
    let pixmap = server.create_pixmap().map_err(cannot("create a pixmap"))?;
    put_picture(&server, &format, pixmap, options.mode)?;
    let pixels = get_picture(&server, &format, pixmap, options.mode)?;
    compare(&format, &pixels)?;
    if let Some(path) = &options.png {
        write_png(path, &format, &pixels)?;
    }
    if options.show {
        server.show(pixmap).map_err(cannot("show the picture"))?;
    }
    Ok(())
}

// ---- The shared memory ----

/// Draws the picture into a segment, from which the server copies it to a pixmap.
fn put_picture(server: &Server, format: &Format, pixmap: Pixmap, mode: Mode) -> Result<()> {
    let segment = create_segment(format, mode)?;
    let mapping = segment
        .attach()
        .map_err(|error| format!("cannot attach segment {}: {error}", segment.id()))?;
    // The server only reads this one, and attaches it so that it cannot do otherwise.
    let shared = share(server, segment, true)?;

    draw(format, mapping.shared());
    let bits = format.bits_per_pixel;
    step!("drew", "{WIDTH}x{HEIGHT} pixels of {bits} bits")?;
    server
        .put_image(pixmap, format.depth, shared)
        .map_err(cannot("put the picture"))?;
    step!("put", "them into a pixmap of the server")
}

/// Lets the server copy a pixmap to a segment, and copies it out of that.
fn get_picture(server: &Server, format: &Format, pixmap: Pixmap, mode: Mode) -> Result<Vec<u8>> {
    let segment = create_segment(format, mode)?;
    // Here it is we who only read. That does not bind the server: what we have is a
    // `Mapping<ReadOnly>`, whose contents others may change.
    let mapping = segment
        .attach_read_only()
        .map_err(|error| format!("cannot attach segment {}: {error}", segment.id()))?;
    let shared = share(server, segment, false)?;

    let written = server
        .get_image(pixmap, shared)
        .map_err(cannot("get the picture"))?;
    if written as usize != mapping.len() {
        let len = mapping.len();
        return Err(format!("the server wrote {written} bytes and not {len}"));
    }
    step!("got", "the pixmap back, {written} bytes")?;
    let mut pixels = vec![0; mapping.len()];
    mapping.shared().copy_to_slice(&mut pixels);
    Ok(pixels)
}

/// A segment for the picture, which goes however this process fails.
fn create_segment(format: &Format, mode: Mode) -> Result<Segment> {
    let len = format.len();
    let segment = Segment::options()
        .create(true)
        .mode(mode)
        .open(len)
        .map_err(|error| format!("cannot create a segment of {len} bytes: {error}"))?
        .destroy_on_drop();
    step!("created", "segment {}, {len} bytes", segment.id())?;
    Ok(segment)
}

/// Lets the server attach a segment, and destroys it right then, as X programs do: the kernel
/// keeps it until the server and we have detached it, in whatever way we end. From then on
/// not even a signal that kills leaves it behind.
fn share(server: &Server, segment: Segment, read_only: bool) -> Result<shm::Seg> {
    let id = segment.id();
    let shared = server.attach(id, read_only).map_err(|error| match error {
        ReplyOrIdError::X11Error(_) => format!(
            "the X server cannot attach segment {id}: it must run on this machine, and \
                 as root or as the same user, or it needs --mode 666"
        ),
        other => cannot("share a segment")(other),
    })?;
    segment
        .destroy()
        .map_err(|refused| format!("cannot destroy segment {id}: {refused}"))?;
    step!(
        "shared",
        "segment {id}, and destroyed it: it goes with its last user"
    )?;
    Ok(shared)
}

/// Draws the picture row by row, and copies a whole row at once.
fn draw(format: &Format, memory: SharedSlice<'_>) {
    let mut rest = memory;
    for y in 0..HEIGHT {
        let (place, below) = rest.split_at(format.stride);
        place.copy_from_slice(&format.row(y));
        rest = below;
    }
}

/// Compares each pixel that came back with what was drawn.
fn compare(format: &Format, pixels: &[u8]) -> Result<()> {
    for (y, row) in (0..HEIGHT).zip(pixels.chunks_exact(format.stride)) {
        let drawn = format.row(y);
        for (x, (came, drawn)) in format.pixels(row).zip(format.pixels(&drawn)).enumerate() {
            if came != drawn {
                return Err(format!("pixel {x} of row {y} is {came:#x}, not {drawn:#x}"));
            }
        }
    }
    let (count, depth) = (u32::from(WIDTH) * u32::from(HEIGHT), format.depth);
    step!(
        "compared",
        "{count} pixels in {depth} bits: all as they were drawn"
    )
}

// ---- The server ----

struct Server {
    connection: RustConnection,
    screen: usize,
}

impl Server {
    fn connect() -> Result<Self> {
        let (connection, screen) = x11rb::connect(None)
            .map_err(|error| format!("cannot connect to an X server: {error}"))?;
        let server = Self { connection, screen };
        let version = server.shm_version().map_err(cannot("ask for MIT-SHM"))?;
        let Some((major, minor)) = version else {
            return Err("this X server does not have the extension MIT-SHM".into());
        };
        let display = env::var("DISPLAY").unwrap_or_default();
        step!("connected", "to display {display}, MIT-SHM {major}.{minor}")?;
        Ok(server)
    }

    /// The version of the extension, `None` if the server does not have it.
    fn shm_version(&self) -> Result<Option<(u16, u16)>, ReplyOrIdError> {
        let name = shm::X11_EXTENSION_NAME;
        if self.connection.extension_information(name)?.is_none() {
            return Ok(None);
        }
        let version = self.connection.shm_query_version()?.reply()?;
        Ok(Some((version.major_version, version.minor_version)))
    }

    fn screen(&self) -> &Screen {
        &self.connection.setup().roots[self.screen]
    }

    fn create_pixmap(&self) -> Result<Pixmap, ReplyOrIdError> {
        let pixmap = self.connection.generate_id()?;
        let (depth, root) = (self.screen().root_depth, self.screen().root);
        self.connection
            .create_pixmap(depth, pixmap, root, WIDTH, HEIGHT)?
            .check()?;
        Ok(pixmap)
    }

    /// When this returns the server has attached the segment: it has answered. Until then
    /// the segment must not be destroyed.
    fn attach(&self, id: ShmId, read_only: bool) -> Result<shm::Seg, ReplyOrIdError> {
        let shared = self.connection.generate_id()?;
        self.connection
            .shm_attach(shared, id.raw() as u32, read_only)?
            .check()?;
        Ok(shared)
    }

    /// Copies the picture from a segment to a pixmap, and detaches the segment.
    fn put_image(&self, to: Pixmap, depth: u8, from: shm::Seg) -> Result<(), ReplyOrIdError> {
        let (w, h) = (WIDTH, HEIGHT);
        let kind = ImageFormat::Z_PIXMAP.into();
        let context = self.connection.generate_id()?;
        self.connection
            .create_gc(context, to, &CreateGCAux::new())?;
        // All of an image of this size, to the upper left corner, without an event.
        self.connection
            .shm_put_image(
                to, context, w, h, 0, 0, w, h, 0, 0, depth, kind, false, from, 0,
            )?
            .check()?;
        self.connection.free_gc(context)?;
        self.connection.shm_detach(from)?.check()?;
        Ok(())
    }

    /// Copies a pixmap to a segment, detaches that, and tells how many bytes it were.
    fn get_image(&self, from: Pixmap, to: shm::Seg) -> Result<u32, ReplyOrIdError> {
        const ALL_PLANES: u32 = !0;
        let kind = ImageFormat::Z_PIXMAP.into();
        let reply = self
            .connection
            .shm_get_image(from, 0, 0, WIDTH, HEIGHT, ALL_PLANES, kind, to, 0)?
            .reply()?;
        self.connection.shm_detach(to)?.check()?;
        Ok(reply.size)
    }

    /// Shows a pixmap in a window until a key is pressed in it or it is closed.
    fn show(&self, pixmap: Pixmap) -> Result<(), ReplyOrIdError> {
        let connection = &self.connection;
        let atom = |name: &str| connection.intern_atom(false, name.as_bytes());
        let (protocols, delete) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
        let (protocols, delete) = (protocols.reply()?.atom, delete.reply()?.atom);

        // The server itself draws the background, whenever that is needed.
        let window = connection.generate_id()?;
        let (depth, root) = (self.screen().root_depth, self.screen().root);
        let look = CreateWindowAux::new()
            .background_pixmap(pixmap)
            .event_mask(EventMask::KEY_PRESS | EventMask::STRUCTURE_NOTIFY);
        let (class, visual) = (WindowClass::INPUT_OUTPUT, self.screen().root_visual);
        connection
            .create_window(
                depth, window, root, 0, 0, WIDTH, HEIGHT, 0, class, visual, &look,
            )?
            .check()?;
        let replace = PropMode::REPLACE;
        connection.change_property8(
            replace,
            window,
            AtomEnum::WM_NAME,
            AtomEnum::STRING,
            b"x11_shm",
        )?;
        // A window manager asks us to go instead of cutting the connection.
        connection.change_property32(replace, window, protocols, AtomEnum::ATOM, &[delete])?;
        let size = Some((WIDTH.into(), HEIGHT.into()));
        let mut hints = WmSizeHints::new();
        (hints.min_size, hints.max_size) = (size, size);
        hints.set_normal_hints(connection, window)?;
        connection.map_window(window)?;
        connection.flush()?;

        loop {
            match connection.wait_for_event()? {
                Event::KeyPress(_) | Event::DestroyNotify(_) => return Ok(()),
                Event::ClientMessage(message) if message.data.as_data32()[0] == delete => {
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}

/// Makes the line to print of an error.
fn cannot(what: &str) -> impl Fn(ReplyOrIdError) -> String {
    move |error| match error {
        ReplyOrIdError::X11Error(error) => {
            format!("cannot {what}: the X server says {:?}", error.error_kind)
        }
        other => format!("cannot {what}: {other}"),
    }
}

// ---- The picture ----

/// A colour: red, green and blue.
type Rgb = [u8; 3];

/// How the server wants pixels.
struct Format {
    /// How many bits of a pixel count.
    depth: u8,
    /// How many it takes, the padding included.
    bits_per_pixel: u8,
    /// How many bytes a row takes, the padding included.
    stride: usize,
    byte_order: ImageOrder,
    /// The bits of red, green and blue.
    masks: [u32; 3],
}

impl Format {
    fn of(server: &Server) -> Result<Self> {
        let (setup, screen) = (server.connection.setup(), server.screen());
        let depth = screen.root_depth;
        let unusable = || format!("this X server's pixels of {depth} bits are of no known kind");

        let mut visuals = screen.allowed_depths.iter().flat_map(|it| &it.visuals);
        let visual = visuals
            .find(|visual| visual.visual_id == screen.root_visual)
            .filter(|visual| visual.class == VisualClass::TRUE_COLOR)
            .ok_or_else(unusable)?;
        let formats = &setup.pixmap_formats;
        let format = formats
            .iter()
            .find(|format| format.depth == depth)
            .filter(|format| matches!(format.bits_per_pixel, 8 | 16 | 24 | 32))
            .ok_or_else(unusable)?;
        let bits = usize::from(WIDTH) * usize::from(format.bits_per_pixel);
        Ok(Self {
            depth,
            bits_per_pixel: format.bits_per_pixel,
            stride: bits.next_multiple_of(format.scanline_pad.into()) / 8,
            byte_order: setup.image_byte_order,
            masks: [visual.red_mask, visual.green_mask, visual.blue_mask],
        })
    }

    /// How many bytes the picture takes.
    fn len(&self) -> usize {
        self.stride * usize::from(HEIGHT)
    }

    fn bytes_per_pixel(&self) -> usize {
        usize::from(self.bits_per_pixel / 8)
    }

    /// A row of the picture, as the server wants it.
    fn row(&self, y: u16) -> Vec<u8> {
        let mut row = vec![0; self.stride];
        let places = row.chunks_exact_mut(self.bytes_per_pixel());
        for (x, place) in (0..WIDTH).zip(places) {
            self.write(self.encode(colour(x, y)), place);
        }
        row
    }

    /// The pixels of a row without their padding, which the server need not keep.
    fn pixels<'a>(&'a self, row: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        let places = row.chunks_exact(self.bytes_per_pixel());
        let counting = u32::MAX >> (u32::BITS - u32::from(self.depth));
        let pixels = places.map(move |place| self.read(place) & counting);
        pixels.take(WIDTH.into())
    }

    fn write(&self, pixel: u32, place: &mut [u8]) {
        let len = place.len();
        match self.byte_order {
            ImageOrder::MSB_FIRST => place.copy_from_slice(&pixel.to_be_bytes()[4 - len..]),
            _ => place.copy_from_slice(&pixel.to_le_bytes()[..len]),
        }
    }

    fn read(&self, place: &[u8]) -> u32 {
        let join = |pixel, &byte| pixel << 8 | u32::from(byte);
        match self.byte_order {
            ImageOrder::MSB_FIRST => place.iter().fold(0, join),
            _ => place.iter().rev().fold(0, join),
        }
    }

    /// A colour as a pixel, with as many bits of each part as there are.
    fn encode(&self, colour: Rgb) -> u32 {
        let parts = self.masks.into_iter().zip(colour);
        parts.fold(0, |pixel, (mask, part)| {
            let max = u64::from(mask >> mask.trailing_zeros());
            let scaled = (u64::from(part) * max + 127) / 255;
            pixel | (scaled as u32) << mask.trailing_zeros()
        })
    }

    fn decode(&self, pixel: u32) -> Rgb {
        self.masks.map(|mask| {
            let max = u64::from(mask >> mask.trailing_zeros());
            let part = u64::from((pixel & mask) >> mask.trailing_zeros());
            ((part * 255 + max / 2) / max) as u8
        })
    }
}

/// The picture: a ball before an evening sky.
fn colour(x: u16, y: u16) -> Rgb {
    const NIGHT: [f32; 3] = [0.07, 0.08, 0.28];
    const DUSK: [f32; 3] = [1.0, 0.58, 0.32];
    const BALL: [f32; 3] = [0.12, 0.62, 0.68];
    const RADIUS: f32 = 150.0;
    /// Where the light comes from: the upper left, before the picture.
    const LIGHT: [f32; 3] = [-0.48, -0.6, 0.64];

    let mix = |from: [f32; 3], to: [f32; 3], part: f32| {
        let mixed = |index| from[index] + (to[index] - from[index]) * part;
        [mixed(0), mixed(1), mixed(2)]
    };
    let (width, height) = (f32::from(WIDTH), f32::from(HEIGHT));
    let (x, y) = (f32::from(x), f32::from(y));
    let sky = mix(NIGHT, DUSK, (0.8 * y / height + 0.2 * x / width).powi(2));

    let (across, down) = ((x - width / 2.0) / RADIUS, (y - height / 2.0) / RADIUS);
    let distance = across.hypot(down);
    let towards = (1.0 - distance.powi(2)).max(0.0).sqrt();
    let lit = (across * LIGHT[0] + down * LIGHT[1] + towards * LIGHT[2]).max(0.0);
    let shaded = BALL.map(|part| part * (0.15 + 0.85 * lit) + 0.7 * lit.powi(40));
    // The pixels on the edge are partly of both.
    let inside = (RADIUS * (1.0 - distance) + 0.5).clamp(0.0, 1.0);
    mix(sky, shaded, inside).map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8)
}

fn write_png(path: &Path, format: &Format, pixels: &[u8]) -> Result<()> {
    let rows = pixels.chunks_exact(format.stride);
    let colours: Vec<u8> = rows
        .flat_map(|row| format.pixels(row))
        .flat_map(|pixel| format.decode(pixel))
        .collect();
    let failed = |error: &dyn fmt::Display| format!("cannot write {path:?}: {error}");
    let file = File::create(path).map_err(|error| failed(&error))?;
    let mut encoder = Encoder::new(BufWriter::new(file), WIDTH.into(), HEIGHT.into());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| failed(&error))?;
    writer
        .write_image_data(&colours)
        .map_err(|error| failed(&error))?;
    // The rest of the buffer: a drop would not tell if that fails.
    writer.finish().map_err(|error| failed(&error))?;
    step!("wrote", "{}", path.display())
}

// ---- Arguments ----

struct Options {
    show: bool,
    png: Option<PathBuf>,
    mode: Mode,
}

impl Options {
    /// `None` if it is help that is asked for.
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Option<Self>> {
        let mut options = Self {
            show: false,
            png: None,
            mode: Mode::RUSR | Mode::WUSR,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let option = argument.to_string_lossy();
                let missing = || format!("{option} needs a value, see --help");
                arguments.next().ok_or_else(missing)
            };
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--show") => options.show = true,
                Some("--png") => options.png = Some(value()?.into()),
                Some("--mode") => options.mode = parse_mode(&value()?)?,
                _ => return Err(format!("unknown argument {argument:?}, see --help")),
            }
        }
        Ok(Some(options))
    }
}

fn parse_mode(value: &OsStr) -> Result<Mode> {
    let digits = value.to_str().unwrap_or_default();
    match u32::from_str_radix(digits, 8) {
        // Without these we could not use them ourselves.
        Ok(bits) if bits <= 0o777 && bits & 0o600 == 0o600 => Ok(Mode::from_bits_retain(bits)),
        _ => Err(format!(
            "--mode {value:?} is not an octal mode such as 600 or 666"
        )),
    }
}
