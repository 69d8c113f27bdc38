#include "node/console/assets.h"

#include <string.h>

#include "proto/status.h"

#ifdef CONSOLE_DIRECTORY

/* assets.def is what the bundler wrote. Each file stands between the constants, under a label. */
#define ASSET(symbol, path, type, tag, hashed, file, packed, size)                                 \
    __asm__(".pushsection .rodata\n"                                                               \
            ".balign 16\n"                                                                         \
            "asset_" #symbol ":\n"                                                                 \
            ".incbin \"" CONSOLE_DIRECTORY "/" file "\"\n"                                         \
            ".popsection\n");                                                                      \
    extern const uint8_t asset_##symbol[];
#include "assets.def"
#undef ASSET

#define ASSET(symbol, path, type, tag, hashed, file, packed, size)                                 \
    {path, type, tag, hashed, asset_##symbol, packed, size},
static const struct asset assets[] = {
#include "assets.def"
};
#undef ASSET

bool console_is_built(void)
{
    return true;
}

const struct asset *console_asset(const char *path)
{
    if (strncmp(path, "/assets/", strlen("/assets/")) != 0) {
        return &assets[0]; /* the page */
    }
    for (size_t i = 1; i < COUNT_OF(assets); i++) {
        if (strcmp(path, assets[i].path) == 0) {
            return &assets[i];
        }
    }
    return NULL;
}

#else

bool console_is_built(void)
{
    return false;
}

const struct asset *console_asset(const char *path)
{
    (void)path;
    return NULL;
}

#endif
