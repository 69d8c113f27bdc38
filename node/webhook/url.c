#include "node/webhook/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool starts_with(const char **text, const char *word)
{
    const size_t size = strlen(word);

    if (strncmp(*text, word, size) != 0) {
        return false;
    }
    *text += size;
    return true;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || *text == '"' || *text == '\\' || *text == '#') {
            return false;
        }
    }
    return true;
}

/* 1-65535, and nothing behind it but a path. */
static bool read_port(struct url *out, const char **text)
{
    const size_t size = strspn(*text, "0123456789");
    unsigned long port;

    if (size == 0 || size >= sizeof out->port) {
        return false;
    }
    (void)snprintf(out->port, sizeof out->port, "%.*s", (int)size, *text);
    port = strtoul(out->port, NULL, 10);
    *text += size;
    return port > 0 && port <= 65535;
}

static bool read_host(struct url *out, const char **text)
{
    size_t size;

    out->bracketed = starts_with(text, "[");
    size = out->bracketed
               ? strspn(*text, "0123456789abcdefABCDEF:.")
               : strspn(*text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    if (size == 0 || size > URL_HOST_MAX) {
        return false;
    }
    (void)snprintf(out->host, sizeof out->host, "%.*s", (int)size, *text);
    *text += size;
    return !out->bracketed || starts_with(text, "]");
}

bool url_parse(struct url *out, const char *text)
{
    memset(out, 0, sizeof *out);
    out->tls = starts_with(&text, "https://");
    if ((!out->tls && !starts_with(&text, "http://")) || !is_printable(text) ||
        !read_host(out, &text)) {
        return false;
    }
    (void)snprintf(out->port, sizeof out->port, "%s", out->tls ? "443" : "80");
    if (starts_with(&text, ":") && !read_port(out, &text)) {
        return false;
    }
    if (text[0] == '\0') {
        text = "/";
    }
    if (text[0] != '/' || strlen(text) > URL_PATH_MAX) {
        return false;
    }
    (void)snprintf(out->path, sizeof out->path, "%s", text);
    return true;
}
