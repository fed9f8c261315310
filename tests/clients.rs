//! Runs the examples that have to do with other programs, with those programs: `ipcs` and its
//! kin of util-linux, an X server, and what AFL++ compiles.
//!
//! `cargo test` builds the examples beside the tests. `cargo test --test clients` alone does
//! not: it runs what `cargo build --examples` has built last.

#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

#[path = "common/programs.rs"]
mod programs;

use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use programs::{NOBODY, Run, TempDir, example, run, spawn, try_run, unique};
use rawshm::shm::{self, ListedObject};
use rawshm::sysv::ShmId;
use rawshm::{Errno, Segment, SharedMemory};
use serde_json::Value;

mod shmls {
    use super::*;

    #[test]
    fn shows_a_segment() {
        let segment = Segment::create(12_345).unwrap().destroy_on_drop();
        let _attached = [segment.attach().unwrap(), segment.attach().unwrap()];
        let Some(listing) = shmls(&[]) else {
            return;
        };
        let row = listing.segment(segment.id()).unwrap();
        let (id, pid) = (segment.id().to_string(), process::id().to_string());
        assert_eq!(row[..2], ["0x00000000", &id]);
        assert_eq!(row[3..], ["600", "12345", "2", &pid, "alive"]);
    }

    #[test]
    fn shows_what_becomes_of_a_segment() {
        let segment = Segment::create(100).unwrap().destroy_on_drop();
        let id = segment.id();
        let _attached = segment.attach().unwrap();
        let locked = segment.lock();
        segment.destroy().unwrap();
        let status = match locked {
            Ok(()) => "dest,locked",
            Err(error) => {
                println!("skipped: this process may not lock a segment: {error}");
                "dest"
            }
        };
        let Some(listing) = shmls(&[]) else {
            return;
        };
        assert_eq!(listing.segment(id).unwrap().last(), Some(&status));
    }

    #[test]
    fn shows_that_the_creator_is_gone() {
        let Some(made) = tool(Command::new("ipcmk").args(["-M", "4321"])) else {
            return;
        };
        let segment = segment_of_ipcmk(&made);
        let Some(listing) = shmls(&[]) else {
            return;
        };
        let row = listing.segment(segment.id()).unwrap();
        assert_eq!(row[4..], ["4321", "0", &made.pid.to_string(), "gone"]);
    }

    #[test]
    fn shows_an_object() {
        let object = Object::create("", 12_345);
        let in_use = object.in_use();
        assert_ne!(in_use, "no");
        let Some(listing) = shmls(&[]) else {
            return;
        };
        let row = listing.object(&object.name).unwrap();
        assert_eq!(row[0], "12345");
        assert_eq!(row[2..4], ["600", in_use]);
    }

    #[test]
    fn names_the_owners() {
        let segment = Segment::create(100).unwrap().destroy_on_drop();
        let object = Object::create("", 100);
        let owner = owner_as_shown(segment.stat().unwrap().perm().uid());
        let Some(listing) = shmls(&[]) else {
            return;
        };
        assert_eq!(listing.segment(segment.id()).unwrap()[2], owner);
        assert_eq!(listing.object(&object.name).unwrap()[1], owner);
    }

    #[test]
    fn shows_as_orphans_what_nobody_holds() {
        let segment = Segment::create(100).unwrap().destroy_on_drop();
        let object = Object::create("", 100).close();
        // Whoever asks at the same moment, such as another test, has it open for that moment.
        for _ in 0..100 {
            let in_use = object.in_use();
            let Some(listing) = shmls(&["--orphans"]) else {
                return;
            };
            assert!(listing.segment(segment.id()).is_some(), "{listing:?}");
            if let (Some(row), true) = (listing.object(&object.name), in_use != "yes") {
                assert_eq!(row[3], in_use);
                return;
            }
        }
        panic!("{} never was an orphan", object.name);
    }

    #[test]
    fn hides_as_orphans_what_somebody_holds() {
        let segment = Segment::create(100).unwrap().destroy_on_drop();
        let _attached = segment.attach().unwrap();
        let object = Object::create("", 100);
        let Some(listing) = shmls(&["--orphans"]) else {
            return;
        };
        assert_eq!(listing.segment(segment.id()), None, "{listing:?}");
        match object.in_use() {
            "yes" => assert_eq!(listing.object(&object.name), None, "{listing:?}"),
            _ => println!("skipped: here nobody may ask whether an object is in use"),
        }
    }

    #[test]
    fn shows_as_unknown_what_it_may_not_ask() {
        let object = Object::create("", 100);
        let directory = TempDir::new();
        let Some(shmls) = example("shmls") else {
            return;
        };
        let Some(mut shmls) = as_ordinary_user(&shmls, &directory) else {
            return;
        };
        for arguments in [&[][..], &["--orphans"]] {
            let run = run(shmls.args(arguments));
            run.succeeded();
            let listing = Listing(run.stdout);
            assert_eq!(listing.object(&object.name).unwrap()[3], "unknown");
        }
    }

    #[test]
    fn escapes_names() {
        let strange = Object::create("\"a b\\c\n\u{e9}", 100);
        let Some(listing) = shmls(&[]) else {
            return;
        };
        let shown = strange
            .name
            .replace("\"a b\\c\n\u{e9}", "\"a b\\\\c\\n\u{e9}");
        assert!(listing.0.contains(&shown), "{shown}: {listing:?}");
    }

    #[test]
    fn json_tells_the_same() {
        let segment = Segment::create(12_345).unwrap().destroy_on_drop();
        let _attached = segment.attach().unwrap();
        let object = Object::create("\"\\\n\u{e9}", 100);
        let Some(json) = shmls_json(&["--json"]) else {
            return;
        };
        let id = i64::from(segment.id().raw());
        let found = find(&json["segments"], "id", &id.into()).unwrap();
        let pid = process::id();
        for (key, value) in [
            ("key", Value::from(0)),
            ("uid", segment.stat().unwrap().perm().uid().into()),
            ("permissions", "600".into()),
            ("bytes", 12_345.into()),
            ("creator", pid.into()),
            ("creator_alive", true.into()),
            ("dest", false.into()),
            ("locked", false.into()),
        ] {
            assert_eq!(found[key], value, "{key}");
        }
        // A child that another test is just starting has it attached too, until it executes.
        assert!(found["attaches"].as_u64() >= Some(1), "{found}");

        let found = find(&json["objects"], "name", &object.name.as_str().into()).unwrap();
        let in_use = match object.in_use() {
            "yes" => Value::Bool(true),
            _ => Value::Null,
        };
        assert_eq!(found["in_use"], in_use);
        assert_eq!(found["bytes"], 100);
        assert_eq!(found["permissions"], "600");
    }

    #[test]
    fn json_has_names_that_are_not_utf8_as_bytes() {
        let mut name = unique("rawshm-test-clients").into_bytes();
        name.push(0xff);
        let _object = SharedMemory::create(&name, 100).unwrap();
        let _removed = Removed(name.clone());
        let Some(json) = shmls_json(&["--json"]) else {
            return;
        };
        assert!(find(&json["objects"], "name", &Value::from(name)).is_some());
    }

    #[test]
    fn json_of_orphans_has_only_those() {
        let held = Segment::create(100).unwrap().destroy_on_drop();
        let _attached = held.attach().unwrap();
        let orphan = Segment::create(100).unwrap().destroy_on_drop();
        let Some(json) = shmls_json(&["--orphans", "--json"]) else {
            return;
        };
        let has = |id: ShmId| find(&json["segments"], "id", &id.raw().into()).is_some();
        assert!(has(orphan.id()) && !has(held.id()), "{json}");
    }

    #[test]
    fn ends_without_a_word_if_nobody_reads() {
        let Some(mut shmls) = example("shmls") else {
            return;
        };
        shmls.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut shmls).unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(output.stderr, b"", "{output:?}");
    }

    #[test]
    fn tells_if_it_cannot_print() {
        let Some(mut shmls) = example("shmls") else {
            return;
        };
        shmls.stdout(File::options().write(true).open("/dev/full").unwrap());
        let output = shmls.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with("shmls: cannot print: "), "{stderr}");
    }

    #[test]
    fn refuses_arguments_that_it_does_not_know() {
        let Some(mut shmls) = example("shmls") else {
            return;
        };
        run(shmls.arg("--bogus")).failed("unknown argument \"--bogus\"");
    }

    /// What it prints. One runs at a time: while one asks whether an object is in use, it is.
    #[track_caller]
    fn shmls(arguments: &[&str]) -> Option<Listing> {
        static ONE: Mutex<()> = Mutex::new(());
        let mut shmls = example("shmls")?;
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let run = run(shmls.args(arguments));
        run.succeeded();
        Some(Listing(run.stdout))
    }

    #[track_caller]
    fn shmls_json(arguments: &[&str]) -> Option<Value> {
        let listing = shmls(arguments)?;
        Some(serde_json::from_str(&listing.0).unwrap())
    }

    fn find<'a>(list: &'a Value, key: &str, value: &Value) -> Option<&'a Value> {
        list.as_array().unwrap().iter().find(|it| it[key] == *value)
    }

    /// Two tables.
    #[derive(Debug)]
    struct Listing(String);

    impl Listing {
        fn segment(&self, id: ShmId) -> Option<Vec<&str>> {
            let (segments, _) = self.tables();
            row(segments, 1, &id.to_string())
        }

        /// The row of an object, whose name has no space.
        fn object(&self, name: &str) -> Option<Vec<&str>> {
            let (_, objects) = self.tables();
            row(objects, 4, name)
        }

        fn tables(&self) -> (&str, &str) {
            let (segments, objects) = self.0.split_once("\n\nPOSIX objects\n").unwrap();
            (
                segments.strip_prefix("System V segments\n").unwrap(),
                objects,
            )
        }
    }

    /// The row that has this in one of its columns.
    fn row<'a>(table: &'a str, column: usize, cell: &str) -> Option<Vec<&'a str>> {
        table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().collect::<Vec<_>>())
            .find(|cells| cells.get(column) == Some(&cell))
    }

    /// A user's name if the system has one, or else the number.
    fn owner_as_shown(uid: u32) -> String {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = users.lines().find_map(|line| {
            let fields: Vec<_> = line.split(':').collect();
            (fields.get(2)?.parse() == Ok(uid)).then(|| fields[0].to_owned())
        });
        user.unwrap_or_else(|| uid.to_string())
    }
}

mod util_linux {
    use super::*;

    #[test]
    fn ipcs_shows_a_segment() {
        let segment = Segment::create(12_345).unwrap().destroy_on_drop();
        let _attached = segment.attach().unwrap();
        let Some(run) = ipcs(segment.id()) else {
            return;
        };
        for told in [
            "bytes=12345".into(),
            "mode=0600".into(),
            format!("cpid={}", process::id()),
        ] {
            let mut words = run.stdout.split_whitespace();
            assert!(words.any(|word| word == told), "{told}: {run:?}");
        }
        // A child that another test is just starting has it attached too, until it executes.
        assert!(!run.stdout.contains("nattch=0"), "{run:?}");
    }

    #[test]
    fn ipcs_does_not_find_what_is_destroyed() {
        let segment = Segment::create(100).unwrap();
        let id = segment.id();
        segment.destroy().unwrap();
        let Some(run) = ipcs(id) else {
            return;
        };
        assert!(!run.stdout.contains("bytes="), "{run:?}");
    }

    #[test]
    fn ipcrm_destroys_a_segment() {
        let segment = Segment::create(100).unwrap().destroy_on_drop();
        let id = segment.id();
        let Some(run) = tool(Command::new("ipcrm").args(["-m", &id.to_string()])) else {
            return;
        };
        run.succeeded();
        assert!(Segment::open(id).unwrap_err() == Errno::EINVAL);
        let refused = segment.destroy().unwrap_err();
        assert!(refused.error == Errno::EINVAL, "{refused:?}");
    }

    #[test]
    fn ipcmk_creates_a_segment() {
        let Some(run) = tool(Command::new("ipcmk").args(["-M", "12345", "-p", "0640"])) else {
            return;
        };
        let segment = segment_of_ipcmk(&run);
        let stat = segment.stat().unwrap();
        assert_eq!((stat.segsz(), stat.nattch()), (12_345, 0));
        assert_eq!(stat.cpid() as u32, run.pid);
        assert_eq!(stat.perm().mode().permissions().bits(), 0o640);
        let mapping = segment.attach().unwrap();
        mapping.shared().fill(7);
        // Its key is what it is found by, too.
        let same = Segment::options().key(stat.perm().key()).open(0).unwrap();
        assert_eq!(same.id(), segment.id());
        let theirs = same.attach_read_only().unwrap();
        assert_eq!(theirs.shared().load::<u8>(12_344), 7);
    }

    fn ipcs(id: ShmId) -> Option<Run> {
        tool(Command::new("ipcs").args(["-m", "-i", &id.to_string()]))
    }
}

mod x11_shm {
    use super::*;

    use x11rb::connection::Connection;
    use x11rb::protocol::xproto::{ConnectionExt, EventMask, ImageFormat, KEY_PRESS_EVENT};
    use x11rb::protocol::xproto::{KeyPressEvent, MapState};
    use x11rb::rust_connection::RustConnection;

    /// The size of its picture.
    const SIZE: (u32, u32) = (640, 480);

    #[test]
    fn compares_every_pixel_in_each_depth() {
        let depths = [24, 16, 15, 30];
        let Some(server) = Xvfb::start(|xvfb| {
            for (screen, depth) in depths.iter().enumerate() {
                let geometry = format!("800x600x{depth}");
                xvfb.args(["-screen", &screen.to_string(), &geometry]);
            }
        }) else {
            return;
        };
        for (screen, depth) in depths.iter().enumerate() {
            let Some(mut x11_shm) = example("x11_shm") else {
                return;
            };
            x11_shm.env("DISPLAY", format!("{}.{screen}", server.display));
            let run = run(&mut x11_shm);
            run.succeeded();
            run.assert_no_segment_left();
            let compared = format!("307200 pixels in {depth} bits: all as they were drawn");
            assert!(run.stdout.contains(&compared), "{run:?}");
        }
    }

    #[test]
    fn writes_what_came_back_as_png() {
        let Some(server) = Xvfb::start(|_| ()) else {
            return;
        };
        let directory = TempDir::new();
        let file = directory.path.join("picture.png");
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        let run = run(x11_shm.arg("--png").arg(&file));
        run.succeeded();
        run.assert_no_segment_left();

        let pixels = decode(&file);
        let at = |x: usize, y: usize| pixels[y * 640 + x];
        let [red, green, blue] = at(0, 0);
        assert!(red < 64 && green < 64 && blue > red + 32, "the sky above");
        let [red, green, blue] = at(639, 479);
        assert!(red > 192 && red > green && green > blue, "the sky below");
        let [red, green, blue] = at(320, 240);
        assert!(red < 64 && green > 96 && blue > 96, "the ball");
        let [red, green, blue] = at(248, 150);
        assert!(red.min(green).min(blue) > 192, "the light on it");
    }

    #[test]
    fn shows_the_picture_until_a_key_is_pressed() {
        let Some(server) = Xvfb::start(|xvfb| {
            xvfb.args(["-screen", "0", "800x600x24"]);
        }) else {
            return;
        };
        let directory = TempDir::new();
        let file = directory.path.join("picture.png");
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        x11_shm.arg("--show").arg("--png").arg(&file);
        let mut showing = Running(spawn(x11_shm.stdout(Stdio::null())).unwrap());

        let (connection, _) = x11rb::connect(Some(&server.display)).unwrap();
        let window = showing.window(&connection);
        // The way without shared memory, by which the pixels come through the connection.
        let (width, height) = (SIZE.0 as u16, SIZE.1 as u16);
        let image = connection
            .get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0)
            .unwrap()
            .reply()
            .unwrap();
        let shown: Vec<_> = image.data.chunks_exact(4).collect();
        let expected = decode(&file);
        assert_eq!(shown.len(), expected.len());
        for (shown, expected) in shown.into_iter().zip(expected) {
            assert_eq!([shown[2], shown[1], shown[0]], expected);
        }

        let key = KeyPressEvent {
            response_type: KEY_PRESS_EVENT,
            event: window,
            ..KeyPressEvent::default()
        };
        connection
            .send_event(false, window, EventMask::KEY_PRESS, key)
            .unwrap()
            .check()
            .unwrap();
        assert_eq!(showing.0.wait().unwrap().code(), Some(0));
    }

    #[test]
    fn tells_if_the_server_goes_while_it_shows_the_picture() {
        let Some(server) = Xvfb::start(|_| ()) else {
            return;
        };
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        x11_shm.arg("--show");
        x11_shm.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut showing = Running(spawn(&mut x11_shm).unwrap());
        let (connection, _) = x11rb::connect(Some(&server.display)).unwrap();
        showing.window(&connection);
        drop(server);
        let stderr = io::read_to_string(showing.0.stderr.take().unwrap()).unwrap();
        assert!(stderr.starts_with("x11_shm: cannot show the picture: "));
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_eq!(showing.0.wait().unwrap().code(), Some(1));
    }

    #[test]
    fn serves_a_server_of_another_user_if_the_mode_allows() {
        let Some(server) = Xvfb::start(|xvfb| {
            xvfb.uid(NOBODY).gid(NOBODY);
        }) else {
            return;
        };
        if current_uid() == NOBODY {
            println!("skipped: there is no other user to run a server as");
            return;
        }
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        let refused = run(&mut x11_shm);
        refused.failed("it needs --mode 666");
        refused.assert_no_segment_left();
        let allowed = run(x11_shm.args(["--mode", "666"]));
        allowed.succeeded();
        allowed.assert_no_segment_left();
    }

    #[test]
    fn fails_without_a_server() {
        let Some(mut x11_shm) = example("x11_shm") else {
            return;
        };
        run(x11_shm.env_remove("DISPLAY")).failed("cannot connect to an X server: $DISPLAY");
        // No server has so high a number.
        run(x11_shm.env("DISPLAY", ":59000")).failed("cannot connect to an X server: ");
    }

    #[test]
    fn fails_if_the_server_lacks_the_extension() {
        let Some(server) = Xvfb::start(|xvfb| {
            xvfb.args(["-extension", "MIT-SHM"]);
        }) else {
            return;
        };
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        run(&mut x11_shm).failed("does not have the extension MIT-SHM");
    }

    #[test]
    fn fails_if_pixels_are_no_colours() {
        let Some(server) = Xvfb::start(|xvfb| {
            xvfb.args(["-screen", "0", "800x600x8"]);
        }) else {
            return;
        };
        let Some(mut x11_shm) = server.x11_shm() else {
            return;
        };
        run(&mut x11_shm).failed("pixels of 8 bits");
    }

    #[test]
    fn fails_if_it_cannot_write_the_file() {
        let Some(server) = Xvfb::start(|_| ()) else {
            return;
        };
        for path in ["/no/such/directory/picture.png", "/dev/full"] {
            let Some(mut x11_shm) = server.x11_shm() else {
                return;
            };
            let run = run(x11_shm.args(["--png", path]));
            run.failed(&format!("cannot write {path:?}"));
            run.assert_no_segment_left();
        }
    }

    #[test]
    fn refuses_arguments_that_it_does_not_know() {
        for (arguments, message) in [
            (&["--bogus"][..], "unknown argument \"--bogus\""),
            (&["--png"], "--png needs a value"),
            (&["--mode", "rw"], "--mode \"rw\""),
            (&["--mode", "1666"], "--mode \"1666\""),
            (&["--mode", "400"], "--mode \"400\""),
        ] {
            let Some(mut x11_shm) = example("x11_shm") else {
                return;
            };
            run(x11_shm.args(arguments)).failed(message);
        }
    }

    /// The pixels of a PNG file of the picture's size.
    fn decode(path: &Path) -> Vec<[u8; 3]> {
        let decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
        let mut reader = decoder.read_info().unwrap();
        assert_eq!(reader.info().size(), SIZE);
        let kind = (png::ColorType::Rgb, png::BitDepth::Eight);
        assert_eq!(reader.output_color_type(), kind);
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        bytes
            .chunks_exact(3)
            .map(|pixel| pixel.try_into().unwrap())
            .collect()
    }

    /// A program that shows a window; it is killed when this is dropped.
    struct Running(Child);

    impl Running {
        /// Waits until the window is there.
        fn window(&mut self, connection: &RustConnection) -> u32 {
            let root = connection.setup().roots[0].root;
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                let tree = connection.query_tree(root).unwrap().reply().unwrap();
                for window in tree.children {
                    let attributes = connection.get_window_attributes(window).unwrap();
                    if attributes
                        .reply()
                        .is_ok_and(|it| it.map_state == MapState::VIEWABLE)
                    {
                        return window;
                    }
                }
                assert_eq!(self.0.try_wait().unwrap(), None, "it has ended");
                thread::sleep(Duration::from_millis(10));
            }
            panic!("no window has appeared");
        }
    }

    impl Drop for Running {
        fn drop(&mut self) {
            // It may have ended already.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// An X server without a screen to look at; it ends when this is dropped.
    struct Xvfb {
        child: Child,
        display: String,
    }

    impl Xvfb {
        /// Starts one on a free display. `None` with a printed reason if that cannot be here.
        fn start(options: impl FnOnce(&mut Command)) -> Option<Self> {
            let mut xvfb = Command::new("Xvfb");
            xvfb.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
            options(&mut xvfb);
            xvfb.stdin(Stdio::null());
            xvfb.stdout(Stdio::piped()).stderr(Stdio::null());
            let child = match xvfb.spawn() {
                Ok(child) => child,
                Err(error) => {
                    println!("skipped: cannot start Xvfb: {error}");
                    return None;
                }
            };
            let mut server = Self {
                child,
                display: ":".into(),
            };
            // It writes the number of its display as soon as one can connect to it.
            let stdout = server.child.stdout.take().unwrap();
            let read = BufReader::new(stdout).read_line(&mut server.display);
            server.display.truncate(server.display.trim_end().len());
            if read.unwrap() == 0 {
                println!("skipped: Xvfb has ended: {:?}", server.child.wait());
                return None;
            }
            Some(server)
        }

        /// The command that runs the example with this server.
        fn x11_shm(&self) -> Option<Command> {
            let mut x11_shm = example("x11_shm")?;
            x11_shm.env("DISPLAY", &self.display);
            Some(x11_shm)
        }
    }

    impl Drop for Xvfb {
        fn drop(&mut self) {
            // Asked to go, it removes its socket and its lock; the shell needs no other
            // program to ask. It may have ended already.
            let pid = self.child.id().to_string();
            let mut shell = Command::new("sh");
            shell.args(["-c", "kill -TERM \"$0\"", &pid]);
            let _ = shell.stderr(Stdio::null()).status();
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

mod coverage_map {
    use super::*;

    #[test]
    fn other_branches_give_another_map() {
        let Some(target) = Target::compile() else {
            return;
        };
        let hello = target.coverage_map("hello\n", &[]);
        let goodbye = target.coverage_map("goodbye\n", &[]);
        assert!(hello.summary().ends_with("it exited with status 0"));
        assert!(goodbye.summary().ends_with("it exited with status 2"));
        assert_ne!(hello.edges(), goodbye.edges());
        assert!(!hello.edges().is_empty() && !goodbye.edges().is_empty());
    }

    #[test]
    fn same_input_gives_the_same_map() {
        let Some(target) = Target::compile() else {
            return;
        };
        let runs = [(); 2].map(|()| target.coverage_map("hello\nhello\n", &[]));
        assert!(!runs[0].edges().is_empty());
        assert_eq!(runs[0].edges(), runs[1].edges());
    }

    #[test]
    fn agrees_with_afl_showmap() {
        let Some(target) = Target::compile() else {
            return;
        };
        for input in ["", "hello\n", "hello\nhello\nhello\ngoodbye\n"] {
            let map = target.directory.path.join("map");
            let mut showmap = Command::new("afl-showmap");
            // As they were counted, and not in classes.
            showmap.args(["-q", "-r", "-o"]).arg(&map).arg("--");
            showmap.arg(&target.program).arg(target.input(input));
            showmap.stdout(Stdio::null()).stderr(Stdio::null());
            match showmap.status() {
                Err(error) => {
                    println!("skipped: cannot start afl-showmap: {error}");
                    return;
                }
                // It exits as the program did, or not at all well.
                Ok(status) => assert!(status.code().is_some(), "{status}"),
            }
            let theirs: Vec<_> = fs::read_to_string(&map)
                .unwrap()
                .lines()
                .map(|line| {
                    let (index, count) = line.split_once(':').unwrap();
                    (index.parse::<usize>().unwrap(), count.parse().unwrap())
                })
                .collect();
            let run = target.coverage_map(input, &["@@"]);
            assert_eq!(run.edges(), theirs, "{input:?}");
        }
    }

    #[test]
    fn input_is_a_file_as_well() {
        let Some(target) = Target::compile() else {
            return;
        };
        let stdin = target.coverage_map("hello\n", &[]);
        let file = target.coverage_map("hello\n", &["@@"]);
        // Only how it opens its input differs.
        assert!(file.summary().ends_with("it exited with status 0"));
        assert!(file.stderr.contains("hello to you"), "{file:?}");
        assert_ne!(file.edges(), stdin.edges());
    }

    #[test]
    fn compares_two_inputs() {
        let Some(target) = Target::compile() else {
            return;
        };
        let goodbye = target.input("goodbye\n");
        let compare = |input| {
            let mut command = example("coverage_map").unwrap();
            command.arg("--compare").arg(&goodbye);
            run(command.arg(target.input(input)).arg(&target.program))
        };
        let differ = compare("hello\n");
        let (hello, goodbye) = (
            target.coverage_map("hello\n", &[]).edges(),
            target.coverage_map("goodbye\n", &[]).edges(),
        );
        let count = |edges: &[(usize, u8)], index: usize| {
            let found = edges.iter().find(|edge| edge.0 == index);
            found.map_or(0, |edge| edge.1)
        };
        let lines: Vec<_> = differ.stdout.lines().skip(2).collect();
        assert!(!lines.is_empty(), "{differ:?}");
        for line in lines {
            let (index, counts) = line.split_once(": ").unwrap();
            let index = index.parse().unwrap();
            let expected = (count(&hello, index), count(&goodbye, index));
            assert_ne!(expected.0, expected.1, "{differ:?}");
            assert_eq!(counts, format!("{}, {}", expected.0, expected.1));
        }

        let same = compare("goodbye\n");
        assert!(same.stdout.ends_with("no edge differs\n"), "{same:?}");
    }

    #[test]
    fn map_has_the_size_that_is_wanted() {
        let Some(target) = Target::compile() else {
            return;
        };
        let usual = target.coverage_map("", &[]);
        assert!(usual.summary().contains("in a map of 65536 bytes"));
        let mut command = example("coverage_map").unwrap();
        command.args(["--map-size", "200000"]);
        let larger = run(command.arg(target.input("")).arg(&target.program));
        assert!(larger.stdout.contains("in a map of 200000 bytes"));
        assert_eq!(larger.edges(), usual.edges());
    }

    #[test]
    fn fails_if_the_program_is_not_instrumented() {
        fails(&["/dev/null", "true"], "has not attached the map");
    }

    #[test]
    fn fails_if_the_program_does_not_end() {
        fails(
            &["--timeout", "0.1", "/dev/null", "sleep", "60"],
            "has not ended within 0.1 seconds",
        );
    }

    #[test]
    fn fails_without_an_input_or_a_program() {
        fails(&["/no/such/input", "true"], "\"/no/such/input\"");
        fails(&["/dev/null", "/no/such/program"], "\"/no/such/program\"");
        fails(&["/dev/null"], "an input and a program are needed");
    }

    #[test]
    fn refuses_arguments_that_it_does_not_know() {
        fails(&["--bogus"], "unknown option \"--bogus\"");
        fails(&["--compare"], "--compare needs a value");
        fails(&["--map-size", "0"], "--map-size \"0\"");
        fails(&["--timeout", "soon"], "--timeout \"soon\"");
    }

    #[track_caller]
    fn fails(arguments: &[&str], message: &str) {
        let Some(mut coverage_map) = example("coverage_map") else {
            return;
        };
        let run = run(coverage_map.args(arguments));
        run.failed(message);
        run.assert_no_segment_left();
    }

    impl Run {
        /// The line that says how it went.
        #[track_caller]
        fn summary(&self) -> &str {
            self.stdout.lines().next().unwrap()
        }

        /// The edges: index and count.
        #[track_caller]
        fn edges(&self) -> Vec<(usize, u8)> {
            let lines = self.stdout.lines().skip(1);
            lines
                .map(|line| {
                    let (index, count) = line.split_once(": ").unwrap();
                    (index.parse().unwrap(), count.parse().unwrap())
                })
                .collect()
        }
    }

    /// The example's C program, compiled by AFL++.
    struct Target {
        directory: TempDir,
        program: PathBuf,
    }

    impl Target {
        /// `None` with a printed reason if there is nothing to compile or to run it with.
        #[track_caller]
        fn compile() -> Option<Self> {
            const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/coverage_map.c");
            example("coverage_map")?;
            let directory = TempDir::new();
            let program = directory.path.join("target");
            let mut compiler = Command::new("afl-clang-fast");
            compiler.arg("-o").arg(&program).arg(SOURCE);
            // Another environment may ask for another instrumentation.
            for (name, _) in env::vars_os() {
                if name.to_string_lossy().starts_with("AFL_") {
                    compiler.env_remove(name);
                }
            }
            let run = tool(compiler.env("AFL_QUIET", "1"))?;
            assert_eq!(run.code, Some(0), "{run:?}");
            Some(Self { directory, program })
        }

        /// A file with these contents.
        fn input(&self, contents: &str) -> PathBuf {
            let path = self.directory.path.join(unique("input"));
            fs::write(&path, contents).unwrap();
            path
        }

        /// Runs it on this input, with these arguments.
        #[track_caller]
        fn coverage_map(&self, input: &str, arguments: &[&str]) -> Run {
            let mut coverage_map = example("coverage_map").unwrap();
            coverage_map.arg(self.input(input)).arg(&self.program);
            let run = run(coverage_map.args(arguments));
            assert_eq!(run.code, Some(0), "{run:?}");
            run.assert_no_segment_left();
            run
        }
    }
}

// ---- Running ----

/// How long to wait for what takes a moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same program, of which that user has a copy in this directory, as an ordinary user; the
/// reason is printed if that cannot be.
fn as_ordinary_user(command: &Command, directory: &TempDir) -> Option<Command> {
    if current_uid() != 0 {
        println!("skipped: only root can run it as another user");
        return None;
    }
    let program = directory.path.join("program");
    fs::copy(command.get_program(), &program).unwrap();
    fs::set_permissions(&directory.path, Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    command.uid(NOBODY).gid(NOBODY);
    Some(command)
}

/// Runs a program of the system, `None` with a printed reason if there is none.
#[track_caller]
fn tool(command: &mut Command) -> Option<Run> {
    command.env("LC_ALL", "C");
    match try_run(command) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: there is no {:?}", command.get_program());
            None
        }
        run => Some(run.unwrap()),
    }
}

/// Whose process this is.
fn current_uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

// ---- What is shared ----

/// The segment that `ipcmk` has created, destroyed when the test ends.
#[track_caller]
fn segment_of_ipcmk(run: &Run) -> Segment {
    run.succeeded();
    let (_, id) = run.stdout.trim_end().rsplit_once(' ').unwrap();
    let id = ShmId::from_raw(id.parse().unwrap());
    Segment::open(id).unwrap().destroy_on_drop()
}

/// An object for one test, whose name is removed when the test ends.
struct Object {
    name: String,
    open: Option<SharedMemory>,
    _removed: Removed,
}

impl Object {
    /// An object that this process has open, and whose name ends with this.
    fn create(suffix: &str, len: u64) -> Self {
        let name = unique("rawshm-test-clients") + suffix;
        let open = Some(SharedMemory::create(&name, len).unwrap());
        let _removed = Removed(name.clone().into_bytes());
        Self {
            name,
            open,
            _removed,
        }
    }

    fn close(mut self) -> Self {
        self.open = None;
        self
    }

    /// Whether it is in use, as `shmls` prints it: that is `unknown` where there are no leases.
    fn in_use(&self) -> &'static str {
        let mut objects = shm::list().unwrap().map(Result::unwrap);
        let is_this = |object: &ListedObject| object.name() == self.name.as_bytes();
        match objects.find(is_this).unwrap().is_in_use() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "unknown",
        }
    }
}

/// The name of an object, removed when this is dropped.
struct Removed(Vec<u8>);

impl Drop for Removed {
    fn drop(&mut self) {
        // A test that fails has something else to tell.
        let _ = SharedMemory::unlink(&self.0);
    }
}
