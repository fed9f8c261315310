/* A C program without libc: what one mapping of an object writes, another one reads.

   cargo build --release -p rawshm-c
   cc -std=c11 -Os -ffreestanding -fno-stack-protector -nostdlib -static -o program \
       main.c memory.c target/release/librawshm_c.a

   Exits with 0 if all went well, else with the line that found out. */

#include "rawshm.h"

#include <asm/unistd.h>
#include <fcntl.h>
#include <sys/mman.h>

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what))                                                                               \
            return __LINE__;                                                                       \
    } while (0)

enum { LEN = 4096, ENOENT = 2, EINVAL = 22 };

static const char NAME[] = "/rawshm-example-c";

static int posix(void)
{
    int fd = rawshm_shm_open(NAME, O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0);
    CHECK(rawshm_ftruncate(fd, LEN) == 0);
    void *one = NULL, *other = NULL;
    CHECK(rawshm_mmap(&one, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == 0);
    CHECK(rawshm_close(fd) == 0);

    fd = rawshm_shm_open(NAME, O_RDONLY, 0);
    CHECK(fd >= 0);
    CHECK(rawshm_mmap(&other, LEN, PROT_READ, MAP_SHARED, fd, 0) == 0);
    CHECK(rawshm_close(fd) == 0);
    CHECK(one != other);
    *(volatile uint32_t *)one = 0x600dc0de;
    CHECK(*(volatile uint32_t *)other == 0x600dc0de);

    CHECK(rawshm_munmap(one, LEN) == 0 && rawshm_munmap(other, LEN) == 0);
    CHECK(rawshm_shm_unlink(NAME) == 0);
    CHECK(rawshm_shm_unlink(NAME) == -ENOENT);
    CHECK(rawshm_shm_open("a/b", O_RDONLY, 0) == -EINVAL);
    return 0;
}

static int nameless(void)
{
    int fd = rawshm_memfd_create("c", 0);
    CHECK(fd >= 0);
    CHECK(rawshm_ftruncate(fd, LEN) == 0);
    void *memory = NULL;
    CHECK(rawshm_mmap(&memory, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == 0);
    for (unsigned i = 0; i < LEN; i++)
        CHECK(((volatile unsigned char *)memory)[i] == 0);
    CHECK(rawshm_munmap(memory, LEN) == 0);
    CHECK(rawshm_close(fd) == 0);
    return 0;
}

static _Noreturn void exit_group(int status)
{
    for (;;) {
#if defined(__x86_64__)
        __asm__ volatile("syscall" : : "a"(__NR_exit_group), "D"(status) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
        register long number __asm__("x8") = __NR_exit_group;
        register long argument __asm__("x0") = status;
        __asm__ volatile("svc #0" : : "r"(number), "r"(argument) : "memory");
#else
#error "how does a program end on this processor?"
#endif
    }
}

/* Where the kernel starts the program: nobody has called it, so the stack is aligned otherwise
   than a function of x86_64 expects. */
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))
#endif
_Noreturn void _start(void)
{
    int line = posix();
    exit_group(line != 0 ? line : nameless());
}
