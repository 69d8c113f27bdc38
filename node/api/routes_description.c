#include "node/api/routes_description.h"

__asm__(".pushsection .rodata\n"
        "openapi_begin:\n"
        ".incbin \"" OPENAPI_FILE "\"\n"
        "openapi_end:\n"
        ".popsection\n");
extern const uint8_t openapi_begin[], openapi_end[];

void get_description(struct request *request, struct answer *answer)
{
    buf_append(&answer->body, openapi_begin, (size_t)(openapi_end - openapi_begin));
    answer_public(request, answer);
}
