/* clock_shift - for LD_PRELOAD: the wall clock of a process stands $CLOCK_SHIFT_S seconds off.
 * The other clocks, by which waits are measured, run as they do. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *out)
{
    const char *shift = getenv("CLOCK_SHIFT_S");
    const int result = (int)syscall(SYS_clock_gettime, clock, out);

    if (result == 0 && clock == CLOCK_REALTIME && shift != NULL) {
        out->tv_sec += strtol(shift, NULL, 10);
    }
    return result;
}
