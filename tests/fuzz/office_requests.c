#include "tests/fuzz/office_requests.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/api/routes.h"
#include "node/api/submit_task.h"
#include "node/core/turn.h"
#include "node/office/access_tokens.h"
#include "node/store/store_memory.h"
#include "tests/harness/identities.h"
#include "tests/harness/no_transport.h"

enum { PIECES_MAX = 100 };

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
    struct buf texts[DOCUMENTS];

    (void)task;
    memset(items, 0, sizeof items);
    for (size_t i = 0; i < DOCUMENTS && next_line(&rest, &line); i++) {
        json_read_item(&items[i], &texts[i], line, 0);
    }
    node_submit(node, txn, items, DOCUMENTS, &terms);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        assert(items[i].status == SUBMIT_ACCEPTED);
        buf_free(&texts[i]);
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

/* --- the person --- */

static char session[SESSION_TOKEN_MAX], token[ACCESS_TOKEN_TEXT_MAX];
static struct operator_row person = {
    .name = OFFICE_PERSON, .roles = ROLE_MAKER | ROLE_CHECKER, .enabled = true};

static void run_take_in(struct task *task, struct node *node, struct txn *txn)
{
    struct access_token made = {
        .name = OFFICE_PROGRAM, .maker = OFFICE_PERSON, .expires_unix_ms = UINT64_MAX};
    struct err err;

    (void)task;
    access_token_make(token, &made.hash);
    if (node_operator_add(node, txn, &person, &err) != OK ||
        node_access_token_add(txn, &made, &err) != OK) {
        abort();
    }
}

static void take_in(struct node *node)
{
    const struct login login = {OFFICE_PERSON, &person, bytes_text("password"), ""};
    struct task task = {.run = run_take_in, .done = entered};
    struct buf sealed = BUF_EMPTY;
    struct sign_key his;
    struct err err;

    sign_key_generate(&his);
    session_seal(service.sessions, &sealed, &his, login.password, login.address);
    person.key = his.public;
    person.sealed = buf_bytes(&sealed);
    node_post(node, &task);
    step(node);
    if (session_login(service.sessions, &login, session, &err) != OK) {
        abort();
    }
    buf_free(&sealed);
}

void office_open(void)
{
    struct node *node;

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
    take_in(node);
    task_gate_shut(service.gate);
    node_end_waits(node);
}

/* --- a request --- */

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
        const char *value = cut(pair, between);

        pairs->value[pairs->count] = value + (*value == ' ');
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

/* Puts what `word` stands for in its place. */
static bool show(char out[256], const char *value, const char *word, const char *stands_for)
{
    const char *at = strstr(value, word);

    if (at == NULL) {
        return false;
    }
    (void)snprintf(out, 256, "%.*s%s%s", (int)(at - value), value, stands_for, at + strlen(word));
    return true;
}

static void show_credentials(struct typed *typed)
{
    for (size_t i = 0; i < typed->headers.count; i++) {
        const char **value = &typed->headers.value[i];

        if (show(typed->shown[i], *value, "SESSION", session)) {
            typed->has_session = true;
            *value = typed->shown[i];
        } else if (show(typed->shown[i], *value, "TOKEN", token)) {
            typed->has_token = true;
            *value = typed->shown[i];
        }
    }
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

bool typed_read(struct typed *typed, const uint8_t *data, size_t size)
{
    char *headers, *rest;

    memset(typed, 0, sizeof *typed);
    if (size > INPUT_BYTES_MAX) {
        return false;
    }
    typed->text = typed->method = mem_zalloc(size + 1);
    memcpy(typed->text, data, size);
    headers = cut(typed->text, '\n');
    typed->path = cut(typed->method, ' ');
    read_query(&typed->query, cut(typed->path, '?'));
    rest = read_headers(&typed->headers, headers);
    show_credentials(typed);
    buf_append(&typed->body, rest, size - (size_t)(rest - typed->text));
    if (!is_plain(typed->path, &typed->query)) {
        typed_free(typed);
        return false;
    }
    return true;
}

void typed_free(struct typed *typed)
{
    buf_free(&typed->body);
    mem_free(typed->text);
}

struct request typed_request(struct typed *typed, enum door door)
{
    return (struct request){.service = &service,
                            .method = typed->method,
                            .path = typed->path,
                            .language = LANGUAGE_EN,
                            .caller = {.door = door},
                            .body = &typed->body,
                            .connection = typed,
                            .query = query_value,
                            .header = header_value};
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

void check_answer(struct answer *answer)
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
