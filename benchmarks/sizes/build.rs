//! As tiny is linked.

fn main() {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../examples/freestanding/tiny/link.ld"
    );
    println!("cargo::rerun-if-changed={script}");
    for argument in [
        // The C library's entry point wants the C library.
        "-nostartfiles",
        "-nostdlib",
        // No loader starts this program, so there is nothing for it to read, and the
        // addresses are known now. Rust asks for the opposite.
        "-static",
        "-no-pie",
        // The whole of it in one segment.
        &format!("-Wl,-T,{script}"),
        // What neither runs nor is read.
        "-Wl,--build-id=none",
        "-Wl,--no-eh-frame-hdr",
    ] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
