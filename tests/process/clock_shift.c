/* clock_shift - for LD_PRELOAD: the wall clock of a process stands $CLOCK_SHIFT_S seconds off, and
 * by as many more as the file $CLOCK_SHIFT_FILE says (8 bytes, an int64_t as the machine has it),
 * which is looked at in every call: whoever writes it makes the clock jump in a running process.
 * The other clocks, by which waits are measured, run as they do. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *jump;

__attribute__((constructor)) static void open_jump(void)
{
    const char *path = getenv("CLOCK_SHIFT_FILE");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *at = MAP_FAILED;

    if (path == NULL) {
        return;
    }
    if (file >= 0) {
        at = mmap(NULL, sizeof *jump, PROT_READ, MAP_SHARED, file, 0);
        (void)close(file);
    }
    if (at == MAP_FAILED) {
        perror(path);
        abort(); /* without it the test would see a clock that never jumps */
    }
    jump = at;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    const char *shift = getenv("CLOCK_SHIFT_S");
    const int result = (int)syscall(SYS_clock_gettime, clock, out);

    if (result == 0 && clock == CLOCK_REALTIME) {
        out->tv_sec += shift == NULL ? 0 : strtol(shift, NULL, 10);
        out->tv_sec += jump == NULL ? 0 : *jump;
    }
    return result;
}
