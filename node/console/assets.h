/* assets - the web console, as it lies in the program: a page, its scripts and its style.
 *
 *   src/ --esbuild--> app.js, a script a room, app.css --gzip--> .incbin --> console_asset --> the
 *                                                                                      HTTP server
 *
 * The page is one for all addresses of the console (/map, /money/540000 ...): its script reads the
 * address. Every asset is held packed by gzip and is sent so; each browser unpacks it.
 *
 * Owns: nothing; everything is constant. Thread: any. Units: bytes. */
#ifndef TERRACE_NODE_CONSOLE_ASSETS_H
#define TERRACE_NODE_CONSOLE_ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct asset {
    const char *path; /* "/", "/assets/app.js" */
    const char *type; /* Content-Type */
    const char *tag;  /* 16 hexadecimal digits of its hash, for an ETag */
    bool is_hashed;   /* its path has a hash of what is in it: it never becomes another */
    const uint8_t *gzip;
    size_t gzip_size;
    size_t size; /* unpacked */
};

/* False where the program was built without the console's packages: there is no asset then. */
bool console_is_built(void);

/* What a GET of `path`, without its query, answers: the page for everything outside /assets/.
 * NULL: no such asset. */
const struct asset *console_asset(const char *path);

#endif
