//! What `tiny` does, written by hand: the same calls, every answer looked at.

#![no_std]
#![no_main]

use core::arch::global_asm;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    // memfd_create("shm", MFD_CLOEXEC)
    "mov eax, 319",
    "lea rdi, [rip + 2f]",
    "mov esi, 1",
    "syscall",
    "test eax, eax",
    "js 1f",
    // ftruncate(fd, 4096)
    "mov r8d, eax",
    "mov edi, eax",
    "mov esi, 4096",
    "mov eax, 77",
    "syscall",
    "test eax, eax",
    "js 1f",
    // mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    "xor edi, edi",
    "mov edx, 3",
    "mov r10d, 1",
    "xor r9d, r9d",
    "mov eax, 9",
    "syscall",
    "test rax, rax",
    "js 1f",
    "mov rdi, rax",
    "mov dword ptr [rdi], 0x600dc0de",
    "mov ebx, [rdi]",
    // munmap(address, 4096)
    "mov eax, 11",
    "syscall",
    "test eax, eax",
    "js 1f",
    // exit_group(word != what was written)
    "xor edi, edi",
    "cmp ebx, 0x600dc0de",
    "setne dil",
    "0: mov eax, 231",
    "syscall",
    "1: neg eax",
    "mov edi, eax",
    "jmp 0b",
    "2: .asciz \"shm\"",
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    // memfd_create("shm", MFD_CLOEXEC)
    "mov w8, #279",
    "adr x0, 2f",
    "mov w1, #1",
    "svc #0",
    "tbnz w0, #31, 1f",
    // ftruncate(fd, 4096)
    "mov w4, w0",
    "mov w1, #4096",
    "mov w8, #46",
    "svc #0",
    "tbnz w0, #31, 1f",
    // mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    "mov x0, xzr",
    "mov w2, #3",
    "mov w3, #1",
    "mov x5, xzr",
    "mov w8, #222",
    "svc #0",
    "tbnz x0, #63, 1f",
    "mov w9, #0xc0de",
    "movk w9, #0x600d, lsl #16",
    "str w9, [x0]",
    "ldr w10, [x0]",
    // munmap(address, 4096)
    "mov w8, #215",
    "svc #0",
    "tbnz w0, #31, 1f",
    // exit_group(word != what was written)
    "cmp w10, w9",
    "cset w0, ne",
    "0: mov w8, #94",
    "svc #0",
    "1: neg w0, w0",
    "b 0b",
    "2: .asciz \"shm\"",
);
