#include "node/api/console_page.h"

#include <stdio.h>

#include "node/console/assets.h"

#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "                \
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

static bool has_it(const struct request *request, const char *etag)
{
    const char *held = request->header(request->connection, "If-None-Match");

    return held != NULL && strstr(held, etag) != NULL;
}

void answer_console(struct request *request, struct answer *answer)
{
    const struct asset *asset = console_asset(request->path);

    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
        answer_error(request, answer, API_METHOD, NULL);
        return;
    }
    if (asset == NULL) {
        answer_error(request, answer, console_is_built() ? API_NO_SUCH_PATH : API_NO_CONSOLE, NULL);
        return;
    }
    answer->type = asset->type;
    answer->policy = POLICY;
    answer->is_public = true;
    (void)snprintf(answer->etag, sizeof answer->etag, "\"%s\"", asset->tag);
    answer->is_immutable =
        asset->is_hashed || request->query(request->connection, asset->tag) != NULL;
    if (has_it(request, answer->etag)) {
        answer->http = 304;
        return;
    }
    answer_header(answer, "Content-Encoding", "gzip");
    answer->constant = bytes_of(asset->gzip, asset->gzip_size);
}
