/* Any bytes as a request to the API of a node: it gets an answer, and what says it is JSON is JSON.
 *
 *     METHOD PATH?NAME=VALUE&NAME=VALUE
 *     NAME: VALUE
 *                            an empty line, and behind it the body
 *
 * The node is real, on a store in memory, with what a small office has entered. Its loop stands
 * still, so whatever has to be written is read, checked, and told that the node stops. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/routes.h"
#include "node/api/submit_task.h"
#include "node/core/turn.h"
#include "node/store/store_memory.h"
#include "tests/harness/identities.h"
#include "tests/harness/no_transport.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAIRS_MAX = 16, PIECES_MAX = 100, INPUT_BYTES_MAX = 64 << 10 };

/* --- the node --- */

static struct store store;
static struct clock fixed;
static struct sign_key key;
static struct service service;

static uint64_t one_moment(void *self)
{
    (void)self;
    return UINT64_C(1795737600000);
}

static uint64_t no_chance(void *self)
{
    (void)self;
    return 4;
}

/* What a small office enters. */
enum { DOCUMENTS = 5 };
static const char documents[] =
    "{\"kind\":\"agency\",\"id\":\"A1\",\"fiscal_year\":\"2026\",\"agency_code\":\"105\","
    "\"agency_name\":\"教育厅\"}\n"
    "{\"kind\":\"budget\",\"id\":\"B1\",\"fiscal_year\":\"2026\",\"stage\":\"reply\","
    "\"fund_type_code\":\"111\",\"amount\":\"1000.00\",\"approval_ref\":\"1\"}\n"
    "{\"kind\":\"allocate\",\"id\":\"L1\",\"fiscal_year\":\"2026\",\"ori_bgt_id\":\"B1\","
    "\"agency_code\":\"105\",\"amount\":\"300\"}\n"
    "{\"kind\":\"release\",\"id\":\"R1\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","
    "\"cor_bgt_doc_no\":\"1\"}\n"
    "{\"kind\":\"payment\",\"id\":\"P1\",\"fiscal_year\":\"2026\",\"bgt_id\":\"L1\","
    "\"pay_app_amt\":\"40\",\"payee_acct_name\":\"甲\",\"payee_acct_no\":\"1\","
    "\"payee_acct_bank_name\":\"行\",\"use_des\":\"x\"}\n";

static void run_enter(struct task *task, struct node *node, struct txn *txn)
{
    const struct submit_terms terms = {.maker = NULL};
    struct bytes rest = bytes_text(documents), line;
    struct submit_item items[DOCUMENTS];
    json_t *kept[DOCUMENTS];

    (void)task;
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < DOCUMENTS && next_line(&rest, &line); i++) {
        json_read_item(&items[i], &kept[i], line, 0);
    }
    node_submit(node, txn, items, DOCUMENTS, &terms);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        assert(items[i].status == SUBMIT_ACCEPTED);
        json_decref(kept[i]);
    }
}

static void entered(struct task *task, enum status outcome)
{
    (void)task;
    assert(outcome == OK);
}

static void step(struct node *node)
{
    bool busy = true;
    struct err err;

    while (busy) {
        if (node_step(node, &busy, &err) != OK) {
            abort();
        }
    }
}

static void open_node(struct node **node)
{
    struct trust trust;
    struct grant grant = {.division = division_of("540000"), .name = "西藏自治区", .epoch = 1};
    struct node_config config = {.self = grant.division, .key = &key, .approval = POLICY_NONE};
    struct buf sealed = BUF_EMPTY;
    struct bytes bootstrap;
    struct task enter = {.run = run_enter, .done = entered};
    struct err err;

    trust_generate(&trust);
    sign_key_generate(&key);
    config.tree = trust.tree;
    trust_seal(&trust, &grant, &key, NULL, &sealed);
    bootstrap = buf_bytes(&sealed);
    if (node_open(node, &config, &store, &no_transport, &fixed, &bootstrap, 1, &err) != OK) {
        abort();
    }
    step(*node);
    node_post(*node, &enter);
    step(*node);
    buf_free(&sealed);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct node *node;

    (void)argc;
    (void)argv;
    fixed = (struct clock){.mono_ms = one_moment, .unix_ms = one_moment, .random = no_chance};
    store_memory_open(&store);
    open_node(&node);
    service = (struct service){
        .node = node,
        .store = store,
        .clock = fixed,
        .self = node_config(node)->self,
        .tree = node_config(node)->tree,
        .gate = task_gate_open(),
        .sessions = sessions_open(&fixed),
        .rosters = roster_snapshots_open(&node_config(node)->tree, node_config(node)->self),
    };
    task_gate_shut(service.gate);
    node_end_waits(node);
    return 0;
}

/* --- a request --- */

struct pairs {
    const char *name[PAIRS_MAX], *value[PAIRS_MAX];
    size_t count;
};

struct typed {
    struct pairs query, headers;
};

static const char *find(const struct pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->name[i], name) == 0) {
            return pairs->value[i];
        }
    }
    return NULL;
}

static const char *query_value(void *connection, const char *name)
{
    return find(&((struct typed *)connection)->query, name);
}

static const char *header_value(void *connection, const char *name)
{
    return find(&((struct typed *)connection)->headers, name);
}

/* Cuts `text` at the first of `ends`; what follows, or "". */
static char *cut(char *text, char end)
{
    char *at = strchr(text, end);

    if (at == NULL) {
        return text + strlen(text);
    }
    *at = '\0';
    return at + 1;
}

static void add_pair(struct pairs *pairs, char *pair, char between)
{
    if (pairs->count < PAIRS_MAX) {
        pairs->value[pairs->count] = cut(pair, between);
        pairs->name[pairs->count++] = pair;
    }
}

static void read_query(struct pairs *pairs, char *query)
{
    while (*query != '\0') {
        char *rest = cut(query, '&');

        add_pair(pairs, query, '=');
        query = rest;
    }
}

/* Behind the empty line. */
static char *read_headers(struct pairs *pairs, char *text)
{
    while (*text != '\0' && *text != '\n') {
        char *rest = cut(text, '\n');

        add_pair(pairs, text, ':');
        text = rest;
    }
    return *text == '\n' ? text + 1 : text;
}

/* --- its answer --- */

static void check_json(struct bytes text)
{
    json_t *json = json_loadb((const char *)text.data, text.size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    assert(json != NULL);
    json_decref(json);
}

static void check_lines(struct bytes lines)
{
    while (lines.size > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.size);

        assert(end != NULL);
        check_json(bytes_of(lines.data, (size_t)(end - lines.data)));
        lines = bytes_of(end + 1, lines.size - (size_t)(end + 1 - lines.data));
    }
}

static void read_stream(const struct stream_source *source)
{
    struct stream *stream = stream_open(source);
    enum stream_next next = STREAM_MORE;
    char piece[4096];

    for (int i = 0; i < PIECES_MAX && next == STREAM_MORE; i++) {
        stream_fill(stream);
        while (stream_has_piece(stream)) {
            (void)stream_take(stream, piece, sizeof piece);
        }
        next = stream_next(stream);
        assert(next != STREAM_FAILED);
    }
    stream_close(stream);
}

static void check_answer(struct answer *answer)
{
    const bool is_problem = strcmp(answer->type, PROBLEM_TYPE) == 0;

    assert(answer->http >= 200 && answer->http < 600);
    assert(is_problem == (answer->http >= 400));
    if (answer->stream.fill != NULL) {
        read_stream(&answer->stream);
    } else if (is_problem || strncmp(answer->type, "application/json", 16) == 0) {
        if (answer->http != 304) {
            check_json(buf_bytes(&answer->body));
        }
    } else if (strncmp(answer->type, "application/x-ndjson", 20) == 0) {
        check_lines(buf_bytes(&answer->body));
    }
    buf_free(&answer->body);
}

static bool is_plain(const char *path, const struct pairs *query)
{
    bool plain = text_plain(bytes_text(path));

    for (size_t i = 0; i < query->count; i++) {
        plain = plain && text_plain(bytes_text(query->name[i])) &&
                text_plain(bytes_text(query->value[i]));
    }
    return plain;
}

static void ask(char *method, char *path, struct typed *typed, struct buf *body)
{
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    struct request request = {.service = &service,
                              .method = method,
                              .path = path,
                              .language = LANGUAGE_EN,
                              .caller = {.door = DOOR_SOCKET},
                              .body = body,
                              .connection = typed,
                              .query = query_value,
                              .header = header_value};

    if (route_pace(path) == ROUTE_PASSWORD || !is_plain(path, &typed->query)) {
        return; /* slow on purpose; and what the door refuses */
    }
    route(&request, &answer);
    check_answer(&answer);
    if (request.upload != NULL) {
        request.upload->close(request.upload);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct typed typed = {.query.count = 0};
    struct buf body = BUF_EMPTY;
    char *text, *path, *headers, *rest;

    if (size > INPUT_BYTES_MAX) {
        return 0;
    }
    text = mem_zalloc(size + 1);
    memcpy(text, data, size);
    headers = cut(text, '\n');
    path = cut(text, ' ');
    read_query(&typed.query, cut(path, '?'));
    rest = read_headers(&typed.headers, headers);
    buf_append(&body, rest, size - (size_t)(rest - text));
    ask(text, path, &typed, &body);
    buf_free(&body);
    mem_free(text);
    return 0;
}
