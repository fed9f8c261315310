//! Recipes: programs without libc.
//!
//! A static program that uses this crate alone, without the standard library, a C library or a
//! loader, has a few hundred bytes. `examples/freestanding` in the repository is one folder with
//! four of them: copied anywhere it builds, once the line `rawshm = ...` of its `Cargo.toml`
//! names a version instead of a path.
//!
//! | program     | what it does | x86_64, bytes | aarch64, bytes |
//! |-------------|--------------|--:|--:|
//! | `tiny`      | a memfd, mapped, written and read | 544 | 560 |
//! | `roundtrip` | forks, shares a file, compares checksums | 15,408 | 11,768 |
//! | `shmls`     | lists segments and objects, in a container that holds nothing else | 27,208 | 26,192 |
//! | `init`      | process 1 of an initramfs: mounts, runs tests, powers off | 25,280 | 25,032 |
//!
//! `benchmarks/costs` in the repository measures `tiny` beside what others need for the same:
//! 512 bytes by hand in assembly, 800 with rustix, 13,376 in C with musl (x86_64).
//!
//! # What the crate needs
//!
//! Features off, so that nothing asks for the standard library:
//!
//! ```toml
//! [dependencies]
//! rawshm = { version = "0.1", default-features = false }
//! ```
//!
//! Then it wants no symbol of anybody but those that compilers themselves call: `memcpy`,
//! `memmove`, `memset`, `memcmp` and `bcmp`. The calls that are one to one have no way to panic
//! in a release build, and nothing allocates.
//!
//! # What a program needs besides
//!
//! - **An entry point.** The kernel jumps to `_start` with the arguments on the stack, which on
//!   x86_64 is aligned as no function expects it. [`origin`](https://docs.rs/origin) has one and
//!   calls `origin_main`; its features `origin-start` and `optimize_for_size` are enough. `tiny`
//!   has its own, one instruction long.
//! - **The memory functions.** `origin` brings them too. `tiny` calls none.
//! - **A panic handler.** Where nothing panics the linker leaves it out; otherwise the one of
//!   `examples/freestanding/program` prints where, and exits with 101.
//! - **An end.** Nobody is there to return to: `exit_group`.
//!
//! origin 0.26 does not build with rustix 1.1.5 and later, so the folder's `Cargo.toml` asks for
//! one before it.
//!
//! ```no_run
//! use rawshm::syscall::{SYS_exit_group, syscall1};
//!
//! // SAFETY: exit_group touches no memory.
//! let _ = unsafe { syscall1(SYS_exit_group, 0) };
//! unreachable!();
//! ```
//!
//! # What Cargo is told
//!
//! ```toml
//! [profile.release]
//! panic = "abort"    # nothing can unwind without the libraries that do it
//! opt-level = "s"    # small; "z" made functions of what is a few instructions when inlined
//! lto = true         # what is not called goes, what is called once is inlined
//! codegen-units = 1
//! strip = true       # no symbols, which here are more than the program
//!
//! [profile.dev]
//! panic = "abort"
//! ```
//!
//! # What the linker is told
//!
//! A build script passes the arguments, so that neither the environment nor where `cargo` is
//! started matters:
//!
//! ```
//! for argument in [
//!     "-nostartfiles",          // the C library's entry point wants the C library
//!     "-nostdlib",
//!     "-static",                // no loader starts the program,
//!     "-no-pie",                // so its addresses are known now; Rust asks for the opposite
//!     "-Wl,--build-id=none",    // nobody looks for it by the hash of its code
//!     "-Wl,--no-eh-frame-hdr",  // nothing unwinds
//!     "-Wl,-z,norelro",         // no relocations after which memory could become read-only
//!     "-Wl,-T,/path/to/link.ld",
//! ] {
//!     println!("cargo::rustc-link-arg-bins={argument}");
//! }
//! ```
//!
//! The script at the end says what the program is in memory. Without one linkers put in tables
//! for unwinding, notes, and pages of nothing between segments, and each does so differently:
//!
//! ```text
//! ENTRY(_start)
//! PHDRS
//! {
//!     code PT_LOAD FILEHDR PHDRS FLAGS(5); /* read, run */
//!     variables PT_LOAD FLAGS(6);          /* read, write */
//!     stack PT_GNU_STACK FLAGS(6);         /* a stack that holds no code */
//! }
//! SECTIONS
//! {
//!     . = 0x400000 + SIZEOF_HEADERS;
//!     .text : { *(.text .text.*) } :code
//!     .rodata : { *(.rodata .rodata.*) } :code
//!     . = ALIGN(0x10000) + (. & 0xffff);   /* the next page, of whatever size pages have */
//!     .data : { *(.data.rel.ro .data.rel.ro.* .got .got.* .data .data.*) } :variables
//!     .bss : { *(.bss .bss.*) } :variables
//!     /DISCARD/ : { *(.eh_frame .eh_frame_hdr .gcc_except_table.* .comment .note .note.*) }
//! }
//! ```
//!
//! No segment may be both written and run. `tiny` has no variables, and so a script without the
//! second segment, which refuses them.
//!
//! # It is still large
//!
//! - A number or a name that is formatted brings `core::fmt`: some kilobytes. Text is written as
//!   it is with [`write`](crate::descriptor::write()).
//! - An [`Errno`](crate::Errno) that is printed brings the texts of all of them, 12 KiB, and
//!   [`Error::help`](crate::Error::help) those of what to do. `roundtrip` prints the number.
//! - Copies bring a routine for each kind of processor, 6 KiB on x86_64. Where words do,
//!   [`load`](crate::SharedSlice::load) and [`store`](crate::SharedSlice::store) are a few
//!   instructions.
//! - To find who panics, build with `strip = false` and look at `nm -C --size-sort`.
//!
//! # From C
//!
//! `examples/freestanding/c` is a library of seven calls with a header, and a C program that is
//! linked with it by `-nostdlib`:
//!
//! ```sh
//! cargo build --release -p rawshm-c
//! cc -Os -ffreestanding -fno-stack-protector -nostdlib -static -Wl,--gc-sections \
//!     -o program main.c memory.c target/release/librawshm_c.a
//! ```
//!
//! # A machine that only runs tests
//!
//! `init` as the only program of an initramfs mounts `/dev`, `/proc`, `/sys` and `/dev/shm`, runs
//! the command behind `--` on the kernel's command line, or each line of `/init.list`, prints how
//! each ended, and powers off:
//!
//! ```sh
//! (cd root && find . | cpio -o -H newc) >initramfs
//! qemu-system-x86_64 -kernel vmlinuz -initrd initramfs -nographic -no-reboot \
//!     -append 'console=ttyS0 quiet rdinit=/init -- /tests/roundtrip'
//! ```
