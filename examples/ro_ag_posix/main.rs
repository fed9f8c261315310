//! The examples of the Go package `ro-ag/posix`, in this crate's way.
//!
//! ```sh
//! cargo run --example ro_ag_posix -- roundtrip # its example/roundtrip
//! cargo run --example ro_ag_posix -- host      # its first, example/host.go and _child.c
//! cargo run --example ro_ag_posix -- shm_exe   # its test/shm_exe.go, and the test around it
//! cargo run --example ro_ag_posix -- stat      # what DisplayStatInfo prints of a memfd
//! ```
//!
//! They hand memory over to children by its descriptor's number, which only Linux lets a child
//! open anew: elsewhere the program says so and ends.

#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod linux;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    return linux::main();
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("ro_ag_posix: this system opens no descriptor anew by its number");
        ExitCode::FAILURE
    }
}
