#include "node/home/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static int open_terminal(void)
{
    const int own = open("/dev/tty", O_RDWR | O_CLOEXEC);

    return own >= 0 || isatty(STDIN_FILENO) != 1 ? own : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

/* One line without its end; false when the terminal ended or broke. */
static bool read_line(int terminal, struct buf *out)
{
    for (;;) {
        char at;
        const ssize_t got = read(terminal, &at, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        if (at == '\n') {
            return true;
        }
        if (out->size <= PROMPT_BYTES_MAX) {
            buf_put_u8(out, (uint8_t)at);
        }
    }
}

enum status prompt_secret(struct buf *out, const char *question, struct err *err)
{
    const int terminal = open_terminal();
    struct termios shown, hidden;
    bool got;

    if (terminal < 0 || tcgetattr(terminal, &shown) != 0) {
        if (terminal >= 0) {
            (void)close(terminal);
        }
        return ERR_NOT_FOUND;
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    buf_clear(out);
    buf_reserve(out, PROMPT_BYTES_MAX + 64);
    (void)tcsetattr(terminal, TCSAFLUSH, &hidden);
    (void)dprintf(terminal, "%s", question);
    got = read_line(terminal, out);
    (void)tcsetattr(terminal, TCSAFLUSH, &shown);
    (void)dprintf(terminal, "\n");
    (void)close(terminal);
    return got ? OK : err_set(err, ERR_KEY, "nothing_typed");
}
