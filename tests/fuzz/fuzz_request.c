/* Any bytes as a request to the API of a node: it gets an answer, and what says it is JSON is JSON
 * (office_requests.h). */
#include "node/api/routes.h"
#include "tests/fuzz/office_requests.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    office_open();
    return 0;
}

static void ask(struct typed *typed)
{
    struct request request = typed_request(typed, DOOR_SOCKET);
    struct answer answer = {.http = 200, .body = BUF_EMPTY};

    route(&request, &answer);
    check_answer(&answer);
    if (request.upload != NULL) {
        request.upload->close(request.upload);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct typed typed;

    if (typed_read(&typed, data, size)) {
        if (route_pace(typed.path) != ROUTE_PASSWORD) { /* slow on purpose */
            ask(&typed);
        }
        typed_free(&typed);
    }
    return 0;
}
