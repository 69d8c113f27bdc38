/* url - where a webhook goes, taken apart: http or https, host, port, path. Nobody's name or
 * password may stand in it, nor anything but printable ASCII.
 *
 * Pure. Thread: any. */
#ifndef TERRACE_NODE_WEBHOOK_URL_H
#define TERRACE_NODE_WEBHOOK_URL_H

#include <stdbool.h>

enum { URL_HOST_MAX = 253, URL_PORT_MAX = 5, URL_PATH_MAX = 512 };

struct url {
    bool tls;
    bool bracketed;              /* an IPv6 address */
    char host[URL_HOST_MAX + 1]; /* without brackets */
    char port[URL_PORT_MAX + 1];
    char path[URL_PATH_MAX + 1]; /* with the query; "/" at least */
};

bool url_parse(struct url *out, const char *text);

#endif
