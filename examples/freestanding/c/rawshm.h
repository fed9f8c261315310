/* Shared memory without libc: librawshm_c.a.

   Every function returns 0 or more if all went well, else minus the number of the error: -2 is
   ENOENT. Flags and modes are the kernel's, as <fcntl.h> and <sys/mman.h> have them. */

#ifndef RAWSHM_H
#define RAWSHM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a POSIX object, or creates it; the descriptor, which is close-on-exec. */
int rawshm_shm_open(const char *name, unsigned flags, unsigned mode);

/* Removes the name of a POSIX object. */
int rawshm_shm_unlink(const char *name);

/* Makes a file in memory that has no name anywhere; the descriptor. */
int rawshm_memfd_create(const char *name, unsigned flags);

/* Sets the size of a file, in bytes. */
int rawshm_ftruncate(int fd, uint64_t len);

/* Maps a range of a file, or memory without one (MAP_ANONYMOUS). *address is where it should be,
   NULL for anywhere, and then where it is. */
int rawshm_mmap(void **address, size_t len, unsigned protection, unsigned flags, int fd,
                uint64_t offset);

/* Unmaps every page of a range. */
int rawshm_munmap(void *address, size_t len);

/* Closes a descriptor. */
int rawshm_close(int fd);

#ifdef __cplusplus
}
#endif

#endif
