/* To be preloaded (LD_PRELOAD) into PostgreSQL: while the file named by the environment variable FULL_DISK exists, every
   write that would extend a regular file fails with ENOSPC. Reads and writes within a file's size still work, as on a
   disk without a free block. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Whether a write up to the offset `end` must fail. */
static int is_refused(int file, off_t end) {
    struct stat status;
    const char *marker = getenv("FULL_DISK");
    return marker && access(marker, F_OK) == 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode)
        && end > status.st_size;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FULL (errno = ENOSPC, -1)

static off_t total(const struct iovec *parts, int count) {
    off_t sum = 0;
    for (int n = 0; n < count; n++) sum += (off_t)parts[n].iov_len;
    return sum;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    return is_refused(file, at + (off_t)count) ? FULL : NEXT(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    return is_refused(file, at + (off_t)count) ? FULL : NEXT(pwrite64)(file, bytes, count, at);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    return is_refused(file, at + total(parts, count)) ? FULL : NEXT(pwritev)(file, parts, count, at);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
    return is_refused(file, at + total(parts, count)) ? FULL : NEXT(pwritev64)(file, parts, count, at);
}

int posix_fallocate(int file, off_t at, off_t count) {
    return is_refused(file, at + count) ? ENOSPC : NEXT(posix_fallocate)(file, at, count);
}

int posix_fallocate64(int file, off64_t at, off64_t count) {
    return is_refused(file, at + count) ? ENOSPC : NEXT(posix_fallocate64)(file, at, count);
}
