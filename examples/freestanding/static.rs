//! The build script of the programs: what the linker is told, each with its reason.

fn main() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../static.ld");
    for argument in [
        // The C library's entry point wants the C library.
        "-nostartfiles",
        "-nostdlib",
        // No loader starts this program, so there is nothing for it to read, and the
        // addresses are known now. Rust asks for the opposite.
        "-static",
        "-no-pie",
        // Nobody looks for it by the hash of its code.
        "-Wl,--build-id=none",
        // Nothing unwinds, so nothing looks for how.
        "-Wl,--no-eh-frame-hdr",
        // There are no relocations after which memory could become read-only.
        "-Wl,-z,norelro",
        // Where everything goes.
        &format!("-Wl,-T,{script}"),
    ] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
    println!("cargo::rerun-if-changed=../static.rs");
    println!("cargo::rerun-if-changed=../static.ld");
}
