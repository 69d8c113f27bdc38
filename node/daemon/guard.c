#include "node/daemon/guard.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

void process_guard(void)
{
    const struct rlimit none = {0, 0};

    (void)umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks reads this process from another */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a core that is piped to a program has no limit */
#endif
}
