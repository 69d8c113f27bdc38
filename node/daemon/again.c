#include "node/daemon/again.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node/home/keys.h"
#include "proto/log.h"
#include "proto/message.h"

int again_keep(struct bytes secret)
{
    int ends[2];
    ssize_t wrote;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        return -1;
    }
    wrote = write(ends[1], secret.data, secret.size); /* far below what a pipe takes at once */
    (void)close(ends[1]);
    if (wrote < 0 || (size_t)wrote != secret.size) {
        (void)close(ends[0]);
        return -1;
    }
    return ends[0];
}

void process_again(char **arguments, int secret)
{
    char number[16];

    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC); /* whoever opened it */
    if (secret >= 0) {
        (void)snprintf(number, sizeof number, "%d", secret);
        (void)fcntl(secret, F_SETFD, 0);
        (void)setenv(KEYS_PASSPHRASE_FD, number, 1);
    }
    (void)execv("/proc/self/exe", arguments);
    LOG_ERROR("again.failed", "why=%s", os_reason(errno));
}
