/* What compilers expect of a program without libc: the four of memory, and Rust's strlen. */

#include <stddef.h>

/* A compiler that knows what the loops do would make calls of these functions of them. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

void *memcpy(void *restrict destination, const void *restrict source, size_t len)
{
    unsigned char *to = destination;
    const unsigned char *from = source;
    while (len-- > 0)
        *to++ = *from++;
    return destination;
}

void *memmove(void *destination, const void *source, size_t len)
{
    unsigned char *to = destination;
    const unsigned char *from = source;
    if (to <= from) {
        while (len-- > 0)
            *to++ = *from++;
    } else {
        while (len-- > 0)
            to[len] = from[len];
    }
    return destination;
}

void *memset(void *destination, int byte, size_t len)
{
    unsigned char *to = destination;
    while (len-- > 0)
        *to++ = (unsigned char)byte;
    return destination;
}

int memcmp(const void *left, const void *right, size_t len)
{
    const unsigned char *one = left, *other = right;
    for (; len > 0; len--, one++, other++)
        if (*one != *other)
            return *one < *other ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t len = 0;
    while (text[len] != 0)
        len++;
    return len;
}
