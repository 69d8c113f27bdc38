/* The console as the program holds it: one page for its addresses, and what the page names. */
#include "node/console/assets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "proto/status.h"

static void knows_the_page_and_its_assets(void **state)
{
    static const struct {
        const char *path, *type; /* NULL: there is none */
    } cases[] = {
        {"/", "text/html; charset=utf-8"},
        {"/map", "text/html; charset=utf-8"},
        {"/money/540000", "text/html; charset=utf-8"},
        {"/assets/app.js", "text/javascript; charset=utf-8"},
        {"/assets/app.css", "text/css; charset=utf-8"},
        {"/assets/", NULL},
        {"/assets/../app.js", NULL},
        {"/assets/app.jsx", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct asset *asset = console_asset(cases[i].path);
        const char *type = asset == NULL ? NULL : asset->type;

        if (!console_is_built()) {
            assert_null(asset);
        } else if (cases[i].type == NULL) {
            assert_null(asset);
        } else if (type == NULL || strcmp(type, cases[i].type) != 0) {
            fail_msg("%s: %s, want %s", cases[i].path, type == NULL ? "none" : type, cases[i].type);
        }
    }
}

static void holds_each_packed_by_gzip(void **state)
{
    static const char *const paths[] = {"/", "/assets/app.js", "/assets/app.css"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths) && console_is_built(); i++) {
        const struct asset *asset = console_asset(paths[i]);

        assert_true(asset->gzip_size > 18 && asset->gzip_size < asset->size);
        assert_memory_equal(asset->gzip, "\x1f\x8b\x08", 3);
        assert_int_equal(strlen(asset->tag), 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_page_and_its_assets),
        cmocka_unit_test(holds_each_packed_by_gzip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
