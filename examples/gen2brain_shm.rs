//! What the Go package `gen2brain/shm` does in its test, in this crate's way: a segment's life.
//!
//! ```sh
//! cargo run --example gen2brain_shm
//! ```

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::ExitCode;

use rawshm::Segment;
use rawshm::descriptor::Mode;

const LEN: usize = 65_536;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gen2brain_shm: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();

    // Get(IPC_PRIVATE, 65536, IPC_CREAT|0777)
    let everybody = Mode::RWXU | Mode::RWXG | Mode::RWXO;
    let segment = Segment::options()
        .mode(everybody)
        .open(LEN)?
        .destroy_on_drop();
    let stat = segment.stat()?;
    let permissions = stat.perm().mode().permissions();
    writeln!(
        out,
        "Get:  {} bytes, {:04o}",
        segment.len()?,
        permissions.bits()
    )?;

    // At(id, 0, 0)
    let mapping = segment.attach()?;
    writeln!(
        out,
        "At:   {} bytes, {} attached",
        mapping.len(),
        segment.stat()?.nattch()
    )?;

    // Size(id)
    writeln!(out, "Size: {}", segment.len()?)?;

    // Rm(id): it stays for those who have it.
    segment.destroy()?;
    mapping.shared().store(0, 42_u32);
    writeln!(
        out,
        "Rm:   {} is still there",
        mapping.shared().load::<u32>(0)
    )?;

    // Dt(data), which a drop would do too.
    mapping.unmap()?;
    writeln!(out, "Dt:   gone")?;
    Ok(())
}
