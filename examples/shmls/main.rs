//! Lists the shared memory of this system: System V segments and POSIX objects.
//!
//! It is `ipcs -m` and `ls /dev/shm` in one, and tells what neither does: whether the process
//! that created a segment still lives, and whether anybody has an object open or mapped. What
//! nobody holds is what crashed programs leave behind: `--orphans` prints only that.
//!
//! ```sh
//! cargo run --example shmls
//! cargo run --example shmls -- --orphans
//! cargo run --example shmls -- --json | jq '.objects[].bytes'
//! ```
//!
//! Only Linux tells what there is: elsewhere the program says so and ends.

#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod linux;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    return linux::main();
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("shmls: this system does not tell what shared memory there is");
        ExitCode::FAILURE
    }
}
