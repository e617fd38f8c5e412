/* A clock that a test can set: put before a program by LD_PRELOAD, it adds to the time of day what
 * stands in the file CLOCK_OFFSET, in microseconds. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile long *offset;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    offset = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, file, 0);
    if (offset == MAP_FAILED) abort();
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec real;
    (void)zone;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
    long micros = real.tv_sec * 1000000L + real.tv_nsec / 1000 + (offset ? *offset : 0);
    now->tv_sec = micros / 1000000L;
    now->tv_usec = micros % 1000000L;
    return 0;
}

time_t time(time_t *now) {
    struct timeval shown;
    gettimeofday(&shown, NULL);
    if (now) *now = shown.tv_sec;
    return shown.tv_sec;
}
