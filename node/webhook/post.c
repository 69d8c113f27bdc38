/* One of the two places that include GnuTLS. */
#include "node/webhook/post.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node/webhook/lookup.h"
#include "proto/message.h"

enum { CONNECT_MS = 5000 };

struct poster {
    const struct clock *clock;
    const struct networks *allowed;
    const char *authorities;
    int stopping;                           /* an eventfd: readable once it is over */
    struct lookup *lookup;                  /* under way, perhaps from a post before; or NULL */
    gnutls_certificate_credentials_t trust; /* NULL until https is first met */
};

/* A connection while it is there. */
struct line {
    struct poster *poster;
    int fd;
    uint64_t until_ms;
    gnutls_session_t session; /* NULL: in the clear */
};

/* --- waiting --- */

/* False, with why, when the time is over or the poster stops. */
static bool await(const struct line *line, int fd, short events, uint64_t until_ms, struct err *err)
{
    const uint64_t now_ms = clock_mono_ms(line->poster->clock);
    struct pollfd waits[] = {{.fd = fd, .events = events},
                             {.fd = line->poster->stopping, .events = POLLIN}};
    const uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;

    if (poll(waits, 2, (int)left_ms) <= 0) {
        (void)err_set(err, ERR_UNREACHABLE, "post_timed_out");
        return false;
    }
    if (waits[1].revents != 0) {
        (void)err_set(err, ERR_UNREACHABLE, "post_stopped");
        return false;
    }
    return true;
}

bool poster_sleep(struct poster *poster, uint32_t ms)
{
    struct pollfd stopping = {.fd = poster->stopping, .events = POLLIN};

    return poll(&stopping, 1, (int)ms) == 0;
}

void poster_stop(struct poster *poster)
{
    const uint64_t one = 1;

    (void)!write(poster->stopping, &one, sizeof one);
}

/* --- connecting --- */

static bool finish_connect(struct line *line, struct err *err)
{
    const uint64_t connect_ms = clock_mono_ms(line->poster->clock) + CONNECT_MS;
    socklen_t size = sizeof(int);
    int failed = 0;

    if (!await(line, line->fd, POLLOUT, connect_ms < line->until_ms ? connect_ms : line->until_ms,
               err)) {
        return false;
    }
    if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0 || failed != 0) {
        (void)err_set(err, ERR_UNREACHABLE, "post_not_connected why=%s", os_reason(failed));
        return false;
    }
    return true;
}

static bool connect_to(struct line *line, const struct addrinfo *address, struct err *err)
{
    line->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (line->fd < 0) {
        (void)err_set(err, ERR_UNREACHABLE, "post_not_connected why=%s", os_reason(errno));
        return false;
    }
    if (connect(line->fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
        (void)err_set(err, ERR_UNREACHABLE, "post_not_connected why=%s", os_reason(errno));
        return false;
    }
    return finish_connect(line, err);
}

static bool may_reach(const struct line *line, const struct url *url,
                      const struct addrinfo *address)
{
    const enum address_verdict verdict = address_judge(line->poster->allowed, address->ai_addr);

    return verdict == ADDRESS_ALLOWED || (verdict == ADDRESS_PUBLIC && url->tls);
}

static void hang_up(struct line *line)
{
    if (line->fd >= 0) {
        (void)close(line->fd);
    }
    line->fd = -1;
}

/* Waits no longer than the post may take. What libc is still busy with then goes on for the next
 * one, so that there is never more than one: of another name, it is waited for first. */
static enum status look_up(struct line *line, const struct url *url, struct addrinfo **addresses,
                           struct err *err)
{
    struct poster *poster = line->poster;
    bool is_other;
    int code;

    do {
        if (poster->lookup == NULL &&
            lookup_begin(&poster->lookup, url->host, url->port, err) != OK) {
            return err->status;
        }
        if (!await(line, lookup_fd(poster->lookup), POLLIN, line->until_ms, err)) {
            return err->status;
        }
        is_other = !lookup_is_of(poster->lookup, url->host, url->port);
        code = is_other ? 0 : lookup_take(poster->lookup, addresses);
        lookup_leave(poster->lookup);
        poster->lookup = NULL;
    } while (is_other);
    return code == 0 ? OK
                     : err_set(err, ERR_UNREACHABLE, "post_no_such_host host=%s why=%s", url->host,
                               gai_strerror(code));
}

/* The first address that may be reached and answers. */
static enum status dial(struct line *line, const struct url *url, struct err *err)
{
    struct addrinfo *addresses = NULL;
    bool connected = false;

    if (look_up(line, url, &addresses, err) != OK) {
        return err->status;
    }
    (void)err_set(err, ERR_REFUSED, "post_address_refused host=%s", url->host);
    for (struct addrinfo *at = addresses; at != NULL && !connected; at = at->ai_next) {
        if (may_reach(line, url, at)) {
            connected = connect_to(line, at, err);
            if (!connected) {
                hang_up(line);
            }
        }
    }
    freeaddrinfo(addresses);
    return connected ? OK : err->status;
}

/* --- TLS --- */

static enum status tls_failed(struct err *err, int code)
{
    return err_set(err, ERR_UNREACHABLE, "post_tls_failed why=%s", gnutls_strerror(code));
}

static enum status read_authorities(struct poster *poster, struct err *err)
{
    int code;

    if (poster->trust != NULL) {
        return OK;
    }
    code = gnutls_certificate_allocate_credentials(&poster->trust);
    if (code >= 0) {
        code = gnutls_certificate_set_x509_system_trust(poster->trust);
    }
    if (code >= 0 && access(poster->authorities, R_OK) == 0) {
        code = gnutls_certificate_set_x509_trust_file(poster->trust, poster->authorities,
                                                      GNUTLS_X509_FMT_PEM);
    }
    return code >= 0 ? OK : tls_failed(err, code);
}

static enum status shake_hands(struct line *line, struct err *err)
{
    int code;

    do {
        code = gnutls_handshake(line->session);
        if (code == GNUTLS_E_AGAIN &&
            !await(line, line->fd,
                   gnutls_record_get_direction(line->session) != 0 ? POLLOUT : POLLIN,
                   line->until_ms, err)) {
            return err->status;
        }
    } while (code < 0 && gnutls_error_is_fatal(code) == 0);
    return code >= 0 ? OK : tls_failed(err, code);
}

static enum status begin_tls(struct line *line, const struct url *url, struct err *err)
{
    int code;

    if (read_authorities(line->poster, err) != OK) {
        return err->status;
    }
    code = gnutls_init(&line->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    if (code < 0) {
        line->session = NULL;
        return tls_failed(err, code);
    }
    code = gnutls_priority_set_direct(line->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
                                      NULL);
    if (code >= 0) {
        code = gnutls_credentials_set(line->session, GNUTLS_CRD_CERTIFICATE, line->poster->trust);
    }
    if (code >= 0 && strspn(url->host, "0123456789.:") != strlen(url->host)) {
        code = gnutls_server_name_set(line->session, GNUTLS_NAME_DNS, url->host, strlen(url->host));
    }
    if (code < 0) {
        return tls_failed(err, code);
    }
    gnutls_session_set_verify_cert(line->session, url->host, 0);
    gnutls_transport_set_int(line->session, line->fd);
    return shake_hands(line, err);
}

/* --- bytes --- */

static ssize_t try_write(const struct line *line, const void *data, size_t size)
{
    return line->session != NULL ? gnutls_record_send(line->session, data, size)
                                 : send(line->fd, data, size, MSG_NOSIGNAL);
}

static ssize_t try_read(const struct line *line, void *out, size_t size)
{
    return line->session != NULL ? gnutls_record_recv(line->session, out, size)
                                 : recv(line->fd, out, size, 0);
}

/* Would the same again, later, get on? */
static bool is_later(const struct line *line, ssize_t code)
{
    return line->session != NULL ? gnutls_error_is_fatal((int)code) == 0
                                 : errno == EAGAIN || errno == EINTR;
}

static enum status write_all(struct line *line, struct bytes bytes, struct err *err)
{
    size_t sent = 0;

    while (sent < bytes.size) {
        const ssize_t code = try_write(line, bytes.data + sent, bytes.size - sent);

        if (code > 0) {
            sent += (size_t)code;
        } else if (!is_later(line, code)) {
            return err_set(err, ERR_UNREACHABLE, "post_cut");
        } else if (!await(line, line->fd, POLLOUT, line->until_ms, err)) {
            return err->status;
        }
    }
    return OK;
}

/* The status of a head that is whole; 0: more must come. 1xx says that another head follows. */
static int read_status(struct buf *head, bool *bad)
{
    const uint8_t *end;
    int status;

    *bad = false;
    while ((end = memmem(head->data, head->size, "\r\n\r\n", 4)) != NULL) {
        const size_t size = (size_t)(end - head->data) + 4;

        status = 0;
        if (size > 12 && memcmp(head->data, "HTTP/1.", 7) == 0 && head->data[8] == ' ') {
            for (size_t i = 9; i < 12 && head->data[i] >= '0' && head->data[i] <= '9'; i++) {
                status = status * 10 + (head->data[i] - '0');
            }
        }
        if (status >= 200 && status <= 599) {
            return status;
        }
        if (status < 100) {
            *bad = true;
            return 0;
        }
        memmove(head->data, head->data + size, head->size - size);
        head->size -= size;
    }
    return 0;
}

static enum status read_answer(struct line *line, int *http, struct err *err)
{
    struct buf head = BUF_EMPTY;
    enum status status = OK;
    bool bad = false;

    while (status == OK && (*http = read_status(&head, &bad)) == 0) {
        uint8_t piece[2048];
        const ssize_t code = try_read(line, piece, sizeof piece);

        if (bad || head.size > POST_HEAD_BYTES_MAX) {
            status = err_set(err, ERR_UNREACHABLE, "post_no_http");
        } else if (code > 0) {
            buf_append(&head, piece, (size_t)code);
        } else if (code == 0 || !is_later(line, code)) {
            status = err_set(err, ERR_UNREACHABLE, "post_cut");
        } else if (!await(line, line->fd, POLLIN, line->until_ms, err)) {
            status = err->status;
        }
    }
    buf_free(&head);
    return status;
}

/* --- one post --- */

static enum status exchange(struct line *line, const struct url *url, const char *headers,
                            struct bytes body, int *http, struct err *err)
{
    struct buf head = BUF_EMPTY;
    char first[URL_PATH_MAX + URL_HOST_MAX + 128];
    enum status status;

    (void)snprintf(first, sizeof first,
                   "POST %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\n"
                   "Content-Length: %zu\r\n",
                   url->path, url->bracketed ? "[" : "", url->host, url->bracketed ? "]" : "",
                   url->port, body.size);
    buf_append_bytes(&head, bytes_text(first));
    buf_append_bytes(&head, bytes_text(headers));
    buf_append_bytes(&head, bytes_text("\r\n"));
    status = write_all(line, buf_bytes(&head), err);
    if (status == OK) {
        status = write_all(line, body, err);
    }
    if (status == OK) {
        status = read_answer(line, http, err);
    }
    buf_free(&head);
    return status;
}

enum status poster_send(struct poster *poster, const struct url *url, const char *headers,
                        struct bytes body, int *http, struct err *err)
{
    struct line line = {
        .poster = poster, .fd = -1, .until_ms = clock_mono_ms(poster->clock) + POST_MS};
    enum status status = dial(&line, url, err);

    *http = 0;
    if (status == OK && url->tls) {
        status = begin_tls(&line, url, err);
    }
    if (status == OK) {
        status = exchange(&line, url, headers, body, http, err);
    }
    if (line.session != NULL) {
        gnutls_deinit(line.session);
    }
    hang_up(&line);
    return status;
}

/* --- life --- */

enum status poster_open(struct poster **out, const struct clock *clock,
                        const struct networks *allowed, const char *authorities, struct err *err)
{
    const int stopping = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct poster *poster;

    *out = NULL;
    if (stopping < 0) {
        return err_set(err, ERR_IO, "%s", os_reason(errno));
    }
    poster = mem_zalloc(sizeof *poster);
    *poster = (struct poster){
        .clock = clock, .allowed = allowed, .authorities = authorities, .stopping = stopping};
    *out = poster;
    return OK;
}

void poster_close(struct poster *poster)
{
    if (poster == NULL) {
        return;
    }
    if (poster->trust != NULL) {
        gnutls_certificate_free_credentials(poster->trust);
    }
    lookup_leave(poster->lookup);
    (void)close(poster->stopping);
    mem_free(poster);
}
