/* What tiny does, in C. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEN = 4096 };
static const uint32_t WORD = 0x600dc0de;

int main(void)
{
    int memfd = memfd_create("shm", MFD_CLOEXEC);
    if (memfd < 0 || ftruncate(memfd, LEN) != 0)
        return 1;
    void *address = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (address == MAP_FAILED)
        return 1;
    volatile uint32_t *word = address;
    *word = WORD;
    uint32_t read = *word;
    if (munmap(address, LEN) != 0)
        return 1;
    return read != WORD;
}
