/* A disk that refuses, for the program that this is loaded into (LD_PRELOAD): what the system's own calls say then, below
 * the paths that begin as one of REFUSING_PATHS does (colons between them), while the file REFUSING_HOW says how:
 * "full": files do not grow (ENOSPC). "read-only": nothing is written (EROFS). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

/* The first letter of how it refuses; 0 while it does not. */
static char how(void) {
    const char *file = getenv("REFUSING_HOW");
    int before = errno, fd;
    char letter = 0;
    if (!file) return 0;
    fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (syscall(SYS_read, fd, &letter, 1) != 1) letter = 0;
        syscall(SYS_close, fd);
    }
    errno = before;
    return letter;
}

static int is_there(const char *path) {
    const char *paths = getenv("REFUSING_PATHS");
    while (paths && *paths) {
        size_t length = strcspn(paths, ":");
        if (strncmp(path, paths, length) == 0) return 1;
        paths += length + (paths[length] == ':');
    }
    return 0;
}

static int fd_is_there(int fd) {
    char link[64], path[4096];
    int before = errno;
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    errno = before;
    if (length < 0) return 0;
    path[length] = 0;
    return is_there(path);
}

/* Whether a write that ends at `end` (-1: after `more` from where the file stands) is refused; errno says why. */
static int refuses_write(int fd, off_t end, size_t more) {
    char letter = how();
    struct stat file;
    if (!letter || !fd_is_there(fd)) return 0;
    if (letter == 'r') {
        errno = EROFS;
        return 1;
    }
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return 0;
    if (end < 0) end = ((fcntl(fd, F_GETFL) & O_APPEND) ? file.st_size : lseek(fd, 0, SEEK_CUR)) + (off_t)more;
    if (end <= file.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

static int refuses_change(const char *path) {
    if (how() != 'r' || !is_there(path)) return 0;
    errno = EROFS;
    return 1;
}

static int refuses_open(const char *path, int flags) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) || ((flags & O_CREAT) && access(path, F_OK) != 0);
    return writes && refuses_change(path);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

#define OPEN(name) int name(const char *path, int flags, ...) { \
    MODE(flags) return refuses_open(path, flags) ? -1 : REAL(name)(path, flags, mode); }
OPEN(open)
OPEN(open64)

#define OPENAT(name) int name(int folder, const char *path, int flags, ...) { \
    MODE(flags) return refuses_open(path, flags) ? -1 : REAL(name)(folder, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *bytes, size_t count) {
    return refuses_write(fd, -1, count) ? -1 : REAL(write)(fd, bytes, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return refuses_write(fd, at + (off_t)count, 0) ? -1 : REAL(pwrite)(fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return refuses_write(fd, at + (off_t)count, 0) ? -1 : REAL(pwrite64)(fd, bytes, count, at);
}
int ftruncate(int fd, off_t length) { return refuses_write(fd, length, 0) ? -1 : REAL(ftruncate)(fd, length); }
int ftruncate64(int fd, off64_t length) { return refuses_write(fd, length, 0) ? -1 : REAL(ftruncate64)(fd, length); }
int mkdir(const char *path, mode_t mode) { return refuses_change(path) ? -1 : REAL(mkdir)(path, mode); }
int unlink(const char *path) { return refuses_change(path) ? -1 : REAL(unlink)(path); }
int rename(const char *from, const char *to) {
    return refuses_change(from) || refuses_change(to) ? -1 : REAL(rename)(from, to);
}
