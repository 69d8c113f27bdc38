/* Who may ask what: each demand of a route against each caller, at each door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "node/api/admission.h"
#include "node/api/routes_session.h"
#include "node/core/turn.h"
#include "node/office/access_tokens.h"
#include "proto/log.h"
#include "tests/harness/spoiling_store.h"
#include "tests/unit/node/office.h"

/* --- a node with persons, and requests of them --- */

struct hire {
    struct task task;
    const char *name;
    uint32_t roles;
    struct sign_key key;
    bool ends;
    struct buf sealed;
};

static void run_hire(struct task *task, struct node *node, struct txn *txn)
{
    struct hire *hire = (struct hire *)task;
    struct operator_row row = {.roles = hire->roles,
                               .key = hire->key.public,
                               .enabled = true,
                               .sealed = buf_bytes(&hire->sealed)};
    struct err err;

    (void)snprintf(row.name, sizeof row.name, "%s", hire->name);
    assert_int_equal(
        (hire->ends ? node_operator_disable : node_operator_add)(node, txn, &row, &err), OK);
}

static void hired(struct task *task, enum status outcome)
{
    (void)task;
    assert_int_equal(outcome, OK);
}

struct desk {
    struct office *office;
    struct service service;
    struct clock clock;
};

static void take_turn(struct desk *desk, struct hire *hire)
{
    struct err err;
    bool busy;

    hire->task = (struct task){.run = run_hire, .done = hired};
    node_post(desk->office->node, &hire->task);
    do {
        assert_int_equal(node_step(desk->office->node, &busy, &err), OK);
    } while (busy);
}

/* Takes the person on and logs him in; `token` has SESSION_TOKEN_MAX bytes. */
static void add(struct desk *desk, const char *name, uint32_t roles, char *token)
{
    struct hire hire = {.name = name, .roles = roles};
    struct operator_row row = {.roles = roles, .enabled = true};
    struct err err;

    sign_key_generate(&hire.key);
    session_seal(desk->service.sessions, &hire.sealed, &hire.key, bytes_text("password"), "");
    take_turn(desk, &hire);
    row.key = hire.key.public;
    row.sealed = buf_bytes(&hire.sealed);
    assert_int_equal(session_login(desk->service.sessions,
                                   &(struct login){name, &row, bytes_text("password"), ""}, token,
                                   &err),
                     OK);
    buf_free(&hire.sealed);
}

static void end(struct desk *desk, const char *name)
{
    struct hire hire = {.name = name, .ends = true};

    take_turn(desk, &hire);
}

static void open_desk(struct desk *desk)
{
    desk->office = office_open(true);
    desk->clock = hand_clock_seam(&desk->office->hand);
    desk->service = (struct service){.node = desk->office->node,
                                     .store = desk->office->store,
                                     .clock = desk->clock,
                                     .sessions = sessions_open(&desk->clock)};
}

static void close_desk(struct desk *desk)
{
    sessions_close(desk->service.sessions);
    office_close(desk->office);
}

/* What a request says of itself; NULL: nothing. */
struct said {
    const char *authorization, *cookie, *origin, *site, *request_header, *background;
};

static const char *header(void *connection, const char *name)
{
    const struct said *said = connection;
    const struct {
        const char *name, *value;
    } headers[] = {{"Authorization", said->authorization},
                   {"Cookie", said->cookie},
                   {"Origin", said->origin},
                   {"Sec-Fetch-Site", said->site},
                   {REQUEST_HEADER, said->request_header},
                   {"Host", "node.example:9443"},
                   {BACKGROUND_HEADER, said->background}};

    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        if (strcmp(headers[i].name, name) == 0) {
            return headers[i].value;
        }
    }
    return NULL;
}

static const char *no_query(void *connection, const char *name)
{
    (void)connection;
    (void)name;
    return NULL;
}

/* 0: admitted; else the HTTP status of the refusal. */
static int ask_saying(const struct desk *desk, enum door door, const char *method,
                      struct said *said, enum asks asks)
{
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    struct request request = {.service = &desk->service,
                              .method = method,
                              .path = "/",
                              .caller = {.door = door},
                              .connection = said,
                              .header = header};
    const bool admitted = admit(&request, &answer, asks);

    buf_free(&answer.body);
    return admitted ? 0 : answer.http;
}

static int ask(const struct desk *desk, enum door door, const char *token, enum asks asks)
{
    char authorization[128];
    struct said said = {.authorization = token == NULL ? NULL : authorization};

    (void)snprintf(authorization, sizeof authorization, "Bearer %s", token == NULL ? "" : token);
    return ask_saying(desk, door, "GET", &said, asks);
}

/* --- tokens of programs --- */

struct issue {
    struct task task;
    struct access_token token;
    const char *revokes; /* by that maker */
    enum status outcome;
};

static void run_issue(struct task *task, struct node *node, struct txn *txn)
{
    struct issue *issue = (struct issue *)task;
    struct err err;

    (void)node;
    issue->outcome = issue->revokes == NULL ? node_access_token_add(txn, &issue->token, &err)
                                            : node_access_token_revoke(txn, issue->token.name,
                                                                       issue->revokes, false, &err);
}

static enum status take_issue(struct desk *desk, struct issue *issue)
{
    struct err err;
    bool busy;

    issue->task = (struct task){.run = run_issue, .done = hired};
    node_post(desk->office->node, &issue->task);
    do {
        assert_int_equal(node_step(desk->office->node, &busy, &err), OK);
    } while (busy);
    return issue->outcome;
}

static void issue_token(struct desk *desk, const char *name, const char *maker, uint32_t roles,
                        char text[ACCESS_TOKEN_TEXT_MAX])
{
    struct issue issue = {.token = {.roles = roles}};

    access_token_make(text, &issue.token.hash);
    (void)snprintf(issue.token.name, sizeof issue.token.name, "%s", name);
    (void)snprintf(issue.token.maker, sizeof issue.token.maker, "%s", maker);
    issue.token.made_unix_ms = clock_unix_ms(&desk->clock);
    issue.token.expires_unix_ms = issue.token.made_unix_ms + 1000;
    issue.token.used_unix_ms = issue.token.made_unix_ms; /* nothing is to be noted */
    assert_int_equal(take_issue(desk, &issue), OK);
}

static enum status revoke_token(struct desk *desk, const char *name, const char *by)
{
    struct issue issue = {.revokes = by};

    (void)snprintf(issue.token.name, sizeof issue.token.name, "%s", name);
    return take_issue(desk, &issue);
}

/* --- the table --- */

enum who { NAMELESS, GARBAGE, MAKER, CHECKER, AUDITOR, ADMIN, WHO };

static const char *const who_names[] = {"nobody",    "a bad token", "a maker",
                                        "a checker", "an auditor",  "an admin"};

/* By column: at the socket nobody, a bad token, maker, checker, auditor, admin; the same at TLS. */
static const struct {
    const char *name;
    enum asks asks;
    int socket[WHO], tls[WHO];
} demands[] = {
    {"nothing", ASKS_NOTHING, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}},
    {"watch", ASKS_WATCH, {0, 0, 0, 0, 0, 0}, {401, 401, 0, 0, 0, 0}},
    {"person", ASKS_PERSON, {0, 401, 0, 0, 0, 0}, {401, 401, 0, 0, 0, 0}},
    {"whoever has logged in", ASKS_HIMSELF, {401, 401, 0, 0, 0, 0}, {401, 401, 0, 0, 0, 0}},
    {"submitter", ASKS_SUBMITTER, {0, 401, 0, 403, 403, 403}, {401, 401, 0, 403, 403, 403}},
    {"proposer", ASKS_PROPOSER, {401, 401, 0, 403, 403, 0}, {401, 401, 0, 403, 403, 0}},
    {"decider", ASKS_DECIDER, {401, 401, 403, 0, 403, 0}, {401, 401, 403, 0, 403, 0}},
    {"admin", ASKS_ADMIN, {401, 401, 403, 403, 403, 0}, {401, 401, 403, 403, 403, 0}},
    {"himself", ASKS_ADMIN_HIMSELF, {401, 401, 403, 403, 403, 0}, {401, 401, 403, 403, 403, 0}},
    {"admin in person",
     ASKS_ADMIN_IN_PERSON,
     {401, 401, 403, 403, 403, 0},
     {401, 401, 403, 403, 403, 0}},
    {"oversight", ASKS_OVERSIGHT, {0, 401, 403, 403, 0, 0}, {401, 401, 403, 403, 0, 0}},
    {"the machine", ASKS_MACHINE, {0, 401, 403, 403, 403, 0}, {401, 401, 403, 403, 403, 403}},
};

static void a_route_takes_whom_its_row_names_and_nobody_else(void **state)
{
    char token[WHO][SESSION_TOKEN_MAX] = {"", "00"};
    struct desk desk;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, token[MAKER]);
    add(&desk, "drolma", ROLE_CHECKER, token[CHECKER]);
    add(&desk, "pema", ROLE_AUDITOR, token[AUDITOR]);
    add(&desk, "sonam", ROLE_ADMIN, token[ADMIN]);
    for (size_t i = 0; i < COUNT_OF(demands); i++) {
        for (size_t who = 0; who < WHO; who++) {
            const char *shown = who == NAMELESS ? NULL : token[who];
            const int at_socket = ask(&desk, DOOR_SOCKET, shown, demands[i].asks);
            const int at_tls = ask(&desk, DOOR_TLS, shown, demands[i].asks);

            if (at_socket != demands[i].socket[who] || at_tls != demands[i].tls[who]) {
                fail_msg("%s asked by %s: socket %d, TLS %d", demands[i].name, who_names[who],
                         at_socket, at_tls);
            }
        }
    }
    close_desk(&desk);
}

static void without_an_admin_the_owner_of_the_process_acts_and_nobody_from_outside(void **state)
{
    struct desk desk;

    (void)state;
    open_desk(&desk);
    assert_int_equal(ask(&desk, DOOR_SOCKET, NULL, ASKS_ADMIN), 0);
    assert_int_equal(ask(&desk, DOOR_SOCKET, NULL, ASKS_ADMIN_HIMSELF), 0);
    assert_int_equal(ask(&desk, DOOR_SOCKET, NULL, ASKS_ADMIN_IN_PERSON), 401);
    assert_int_equal(ask(&desk, DOOR_TLS, NULL, ASKS_ADMIN), 401);
    assert_int_equal(ask(&desk, DOOR_TLS, NULL, ASKS_ADMIN_HIMSELF), 401);
    close_desk(&desk);
}

static void an_ended_person_is_nobody_though_his_session_lives(void **state)
{
    char tashi[SESSION_TOKEN_MAX];
    struct desk desk;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, tashi);
    assert_int_equal(ask(&desk, DOOR_TLS, tashi, ASKS_PERSON), 0);
    end(&desk, "tashi");
    assert_int_equal(ask(&desk, DOOR_TLS, tashi, ASKS_PERSON), 401);
    assert_int_equal(ask(&desk, DOOR_SOCKET, tashi, ASKS_PROPOSER), 401);
    close_desk(&desk);
}

/* Each read of a question goes wrong once: nobody is let in by that, and nobody is told that he is
 * not who he is. */
static void what_cannot_be_read_lets_nobody_in(void **state)
{
    struct spoiling_store spoiling;
    char tashi[SESSION_TOKEN_MAX], sonam[SESSION_TOKEN_MAX];
    struct desk desk;
    size_t failed = 0;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, tashi);
    add(&desk, "sonam", ROLE_ADMIN, sonam);
    desk.service.store = spoiling_store_of(&spoiling, desk.office->store);
    desk.service.gate = task_gate_open();
    for (int how = SPOILS_READ; how <= SPOILS_MOST; how++) {
        bool spoilt = true;

        for (size_t read = 0; spoilt; read++) {
            int owner, maker;

            spoiling_store_begin(&spoiling, (enum spoiling)how, read);
            owner = ask(&desk, DOOR_SOCKET, NULL, ASKS_ADMIN);
            spoilt = spoiling.spoilt;
            if (owner != 500 && (owner != 401 || (how == SPOILS_READ && spoilt))) {
                fail_msg("read %zu of space %d, spoilt (%d): the owner got %d", read,
                         spoiling.space, how, owner);
            }
            spoiling_store_begin(&spoiling, (enum spoiling)how, read);
            maker = ask(&desk, DOOR_TLS, tashi, ASKS_SUBMITTER);
            spoilt |= spoiling.spoilt;
            if (maker != 500 && (maker != 0 || (how == SPOILS_READ && spoiling.spoilt))) {
                fail_msg("read %zu of space %d, spoilt (%d): a maker got %d", read, spoiling.space,
                         how, maker);
            }
            failed += (size_t)(owner == 500) + (size_t)(maker == 500);
        }
    }
    assert_true(failed >= 4);
    close_desk(&desk);
    task_gate_shut(desk.service.gate);
    task_gate_unref(desk.service.gate);
}

/* %s is where the session's token goes. */
static const struct {
    const char *name, *method, *cookie;
    struct said said;
    int tls, socket; /* at the socket a cookie is nothing: who asks there is its owner */
} browsers[] = {
    {"a page of ours reads", "GET", "__Host-terrace=%s", {.site = "same-origin"}, 0, 401},
    {"an address typed in", "GET", "__Host-terrace=%s", {.site = "none"}, 0, 401},
    {"among other cookies", "GET", "a=1; __Host-terrace=%s; b=2", {.site = "same-origin"}, 0, 401},
    {"another cookie", "GET", "x__Host-terrace=%s", {.site = "same-origin"}, 401, 401},
    {"a page elsewhere reads", "GET", "__Host-terrace=%s", {.site = "cross-site"}, 403, 401},
    {"a page beside ours reads", "GET", "__Host-terrace=%s", {.site = "same-site"}, 403, 401},
    {"a page of ours changes",
     "POST",
     "__Host-terrace=%s",
     {.origin = "https://node.example:9443", .site = "same-origin", .request_header = "1"},
     0,
     401},
    {"without the header",
     "POST",
     "__Host-terrace=%s",
     {.origin = "https://node.example:9443", .site = "same-origin"},
     403,
     401},
    {"without saying where from", "POST", "__Host-terrace=%s", {.request_header = "1"}, 403, 401},
    {"only the site",
     "DELETE",
     "__Host-terrace=%s",
     {.site = "same-origin", .request_header = "1"},
     0,
     401},
    {"another origin",
     "POST",
     "__Host-terrace=%s",
     {.origin = "https://evil.example", .request_header = "1"},
     403,
     401},
    {"another port",
     "POST",
     "__Host-terrace=%s",
     {.origin = "https://node.example:8443", .request_header = "1"},
     403,
     401},
    {"without encryption",
     "POST",
     "__Host-terrace=%s",
     {.origin = "http://node.example:9443", .request_header = "1"},
     403,
     401},
    {"an address typed in that changes",
     "POST",
     "__Host-terrace=%s",
     {.origin = "https://node.example:9443", .site = "none", .request_header = "1"},
     403,
     401},
};

static void a_cookie_counts_for_pages_of_this_door_alone(void **state)
{
    char tashi[SESSION_TOKEN_MAX], cookie[160];
    struct desk desk;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, tashi);
    for (size_t i = 0; i < COUNT_OF(browsers); i++) {
        struct said said = browsers[i].said;
        const char *slot = strstr(browsers[i].cookie, "%s");
        int at_tls, at_socket;

        (void)snprintf(cookie, sizeof cookie, "%.*s%s%s", (int)(slot - browsers[i].cookie),
                       browsers[i].cookie, tashi, slot + 2);
        said.cookie = cookie;
        at_tls = ask_saying(&desk, DOOR_TLS, browsers[i].method, &said, ASKS_PROPOSER);
        at_socket = ask_saying(&desk, DOOR_SOCKET, browsers[i].method, &said, ASKS_PROPOSER);
        if (at_tls != browsers[i].tls || at_socket != browsers[i].socket) {
            fail_msg("%s: TLS %d, socket %d", browsers[i].name, at_tls, at_socket);
        }
    }
    close_desk(&desk);
}

/* Whoever went home is logged out, however often his screen looks for news. */
static void what_a_page_asks_by_itself_keeps_no_session(void **state)
{
    char tashi[SESSION_TOKEN_MAX], authorization[128];
    struct said said = {.authorization = authorization, .background = "1"};
    struct desk desk;
    int minutes = 0;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, tashi);
    (void)snprintf(authorization, sizeof authorization, "Bearer %s", tashi);
    while (ask_saying(&desk, DOOR_TLS, "GET", &said, ASKS_PERSON) == 0) {
        desk.office->hand.now_ms += 60 * 1000;
        minutes++;
    }
    assert_int_equal(minutes, 15);
    close_desk(&desk);
}

/* --- a password --- */

struct new_password {
    struct task task;
    struct operator_row row;
    struct bytes opened;
    enum status outcome;
    struct operator_row now; /* its name and what he may; the rest is gone */
};

static void run_change(struct task *task, struct node *node, struct txn *txn)
{
    struct new_password *change = (struct new_password *)task;
    struct err err = {OK, ""};

    (void)node;
    change->outcome = node_operator_passwd(txn, &change->row, change->opened, &err);
    assert_true(node_operator(txn, change->row.name, &change->now));
}

static void change_password(struct desk *desk, struct new_password *change)
{
    struct err err;
    bool busy;

    change->task = (struct task){.run = run_change, .done = hired};
    node_post(desk->office->node, &change->task);
    do {
        assert_int_equal(node_step(desk->office->node, &busy, &err), OK);
    } while (busy);
}

/* Trying the old password takes a while, in which others act. */
static void a_password_changes_where_nothing_else_has_changed(void **state)
{
    struct new_password change = {.row = {.name = "li", .enabled = true, .roles = ROLE_ADMIN}};
    struct hire hire = {.name = "li", .roles = ROLE_MAKER};
    struct desk desk;

    (void)state;
    open_desk(&desk);
    sign_key_generate(&hire.key);
    buf_append(&hire.sealed, "first", 5);
    take_turn(&desk, &hire);
    change.row.key = hire.key.public;
    change.row.sealed = bytes_text("second");
    change.opened = bytes_text("first");
    change_password(&desk, &change);
    assert_int_equal(change.outcome, OK);
    assert_int_equal(change.now.roles, ROLE_MAKER); /* as they are, and not as they were read */
    change_password(&desk, &change);
    assert_int_equal(change.outcome, ERR_REFUSED); /* another was there first */
    change.opened = bytes_text("second");
    end(&desk, "li");
    change_password(&desk, &change);
    assert_int_equal(change.outcome, ERR_NOT_FOUND);
    assert_false(change.now.enabled);
    buf_free(&hire.sealed);
    close_desk(&desk);
}

/* The store as it is, but that the password changes before it is looked at for the second time. */
static struct {
    struct desk *desk;
    struct new_password *change;
    struct store_snapshot *(*snapshot)(void *self);
    int looks;
} overtaking;

static struct store_snapshot *look(void *self)
{
    if (++overtaking.looks == 2) {
        change_password(overtaking.desk, overtaking.change);
    }
    return overtaking.snapshot(self);
}

static int log_in_by_route(const struct desk *desk, const char *typed)
{
    struct answer answer = {.http = 200, .body = BUF_EMPTY};
    struct said said = {.authorization = NULL};
    struct buf body = BUF_EMPTY;
    struct request request = {.service = &desk->service,
                              .method = "POST",
                              .path = "/login",
                              .caller = {.door = DOOR_SOCKET},
                              .body = &body,
                              .connection = &said,
                              .header = header,
                              .query = no_query};

    buf_append_bytes(&body, bytes_text(typed));
    post_login(&request, &answer);
    buf_free(&body);
    buf_free(&answer.body);
    return answer.http;
}

/* All sessions have ended with the old password when the new one is there: none begins with it. */
static void a_login_that_a_new_password_overtakes_is_none(void **state)
{
    static const char typed[] = "{\"name\":\"li\",\"password\":\"password\"}";
    struct new_password change = {.row = {.name = "li"}};
    struct session_view *list = mem_zalloc(SESSIONS_MAX * sizeof *list);
    struct hire hire = {.name = "li", .roles = ROLE_MAKER};
    struct store_ops ops;
    struct desk desk;

    (void)state;
    open_desk(&desk);
    sign_key_generate(&hire.key);
    session_seal(desk.service.sessions, &hire.sealed, &hire.key, bytes_text("password"), "");
    take_turn(&desk, &hire);
    assert_int_equal(log_in_by_route(&desk, typed), 200);
    session_end(desk.service.sessions, "li");

    change.row.key = hire.key.public;
    change.row.sealed = bytes_text("another");
    change.opened = buf_bytes(&hire.sealed);
    ops = *desk.service.store.ops;
    overtaking.desk = &desk;
    overtaking.change = &change;
    overtaking.snapshot = ops.snapshot;
    ops.snapshot = look;
    desk.service.store.ops = &ops;
    assert_int_equal(log_in_by_route(&desk, typed), 403);
    assert_int_equal(change.outcome, OK);
    assert_int_equal(session_list(desk.service.sessions, list), 0);
    mem_free(list);
    buf_free(&hire.sealed);
    close_desk(&desk);
}

/* To be logged in as somebody else by another site's page is a trap, too. */
static void another_site_logs_nobody_in(void **state)
{
    struct said elsewhere = {.origin = "https://evil.example"};
    struct said here = {.origin = "https://node.example:9443", .site = "same-origin"};
    struct said program = {.origin = NULL};
    struct desk desk;

    (void)state;
    open_desk(&desk);
    assert_int_equal(ask_saying(&desk, DOOR_TLS, "POST", &elsewhere, ASKS_NOTHING), 403);
    assert_int_equal(ask_saying(&desk, DOOR_TLS, "POST", &here, ASKS_NOTHING), 0);
    assert_int_equal(ask_saying(&desk, DOOR_TLS, "POST", &program, ASKS_NOTHING), 0);
    close_desk(&desk);
}

static void a_token_reads_and_does_what_its_roles_do_and_no_more(void **state)
{
    static const struct {
        enum asks asks;
        int reading, making, overseeing; /* what it has: no role, maker, admin and auditor */
    } cases[] = {
        {ASKS_PERSON, 0, 0, 0},         {ASKS_SUBMITTER, 403, 0, 403},
        {ASKS_PROPOSER, 403, 403, 403}, {ASKS_DECIDER, 403, 403, 403},
        {ASKS_ADMIN, 403, 403, 0},      {ASKS_ADMIN_HIMSELF, 403, 403, 403},
        {ASKS_HIMSELF, 403, 403, 403},  {ASKS_TOKEN_MAKER, 403, 403, 403},
        {ASKS_OVERSIGHT, 403, 403, 0},
    };
    char session[SESSION_TOKEN_MAX], reads[ACCESS_TOKEN_TEXT_MAX], makes[ACCESS_TOKEN_TEXT_MAX],
        sees[ACCESS_TOKEN_TEXT_MAX];
    struct desk desk;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLES_BUSINESS, session);
    add(&desk, "sonam", ROLES_OVERSIGHT, session);
    issue_token(&desk, "reads", "tashi", 0, reads);
    issue_token(&desk, "makes", "tashi", ROLES_BUSINESS, makes); /* the checker's part is nothing */
    issue_token(&desk, "sees", "sonam", ROLES_OVERSIGHT, sees);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (enum door door = DOOR_SOCKET; door <= DOOR_TLS; door++) {
            const int reading = ask(&desk, door, reads, cases[i].asks);
            const int making = ask(&desk, door, makes, cases[i].asks);
            const int overseeing = ask(&desk, door, sees, cases[i].asks);

            if (reading != cases[i].reading || making != cases[i].making ||
                overseeing != cases[i].overseeing) {
                fail_msg("demand %d, door %d: %d %d %d", cases[i].asks, door, reading, making,
                         overseeing);
            }
        }
    }
    assert_int_equal(ask(&desk, DOOR_SOCKET, sees, ASKS_MACHINE), 0);
    assert_int_equal(ask(&desk, DOOR_TLS, sees, ASKS_MACHINE), 403); /* whoever stole it */
    assert_int_equal(ask(&desk, DOOR_SOCKET, makes, ASKS_MACHINE), 403);
    close_desk(&desk);
}

static void a_token_ends_with_its_time_its_maker_or_a_word(void **state)
{
    char session[SESSION_TOKEN_MAX], token[3][ACCESS_TOKEN_TEXT_MAX];
    struct desk desk;

    (void)state;
    open_desk(&desk);
    add(&desk, "tashi", ROLE_MAKER, session);
    add(&desk, "drolma", ROLE_MAKER, session);
    issue_token(&desk, "one", "tashi", 0, token[0]);
    issue_token(&desk, "two", "drolma", 0, token[1]);
    issue_token(&desk, "three", "tashi", 0, token[2]);
    assert_int_equal(ask(&desk, DOOR_TLS, token[0], ASKS_PERSON), 0);
    assert_int_equal(ask(&desk, DOOR_TLS, "tk_00", ASKS_PERSON), 401);
    assert_int_equal(revoke_token(&desk, "one", "drolma"), ERR_REFUSED);
    assert_int_equal(revoke_token(&desk, "one", "tashi"), OK);
    assert_int_equal(revoke_token(&desk, "one", "tashi"), ERR_NOT_FOUND);
    assert_int_equal(ask(&desk, DOOR_TLS, token[0], ASKS_PERSON), 401);
    end(&desk, "drolma");
    assert_int_equal(ask(&desk, DOOR_TLS, token[1], ASKS_PERSON), 401);
    desk.office->hand.now_ms += 999;
    assert_int_equal(ask(&desk, DOOR_TLS, token[2], ASKS_PERSON), 0);
    desk.office->hand.now_ms += 1;
    assert_int_equal(ask(&desk, DOOR_TLS, token[2], ASKS_PERSON), 401);
    close_desk(&desk);
}

static void a_token_of_the_owner_loses_a_role_as_soon_as_a_person_has_it(void **state)
{
    char session[SESSION_TOKEN_MAX], token[ACCESS_TOKEN_TEXT_MAX];
    struct desk desk;

    (void)state;
    open_desk(&desk);
    issue_token(&desk, "watch", "", ROLE_ADMIN, token);
    assert_int_equal(ask(&desk, DOOR_TLS, token, ASKS_ADMIN), 0);
    add(&desk, "sonam", ROLE_ADMIN, session);
    assert_int_equal(ask(&desk, DOOR_TLS, token, ASKS_ADMIN), 403);
    assert_int_equal(ask(&desk, DOOR_TLS, token, ASKS_PERSON), 0);
    close_desk(&desk);
}

/* Whoever reads the store has nothing to show at the door. */
static bool lacks_the_token(void *arg, struct bytes key, struct bytes value)
{
    const char *text = arg;
    uint8_t secret[HASH_SIZE];

    assert_true(hex_decode(secret, HASH_SIZE, text + strlen(ACCESS_TOKEN_PREFIX)));
    assert_null(memmem(value.data, value.size, text, strlen(text)));
    assert_null(memmem(value.data, value.size, secret, sizeof secret));
    assert_null(memmem(key.data, key.size, secret, sizeof secret));
    return true;
}

static void the_store_has_the_hash_of_a_token_alone(void **state)
{
    char text[ACCESS_TOKEN_TEXT_MAX];
    struct desk desk;
    struct txn *txn;
    struct err err;

    (void)state;
    open_desk(&desk);
    issue_token(&desk, "watch", "", 0, text);
    txn = txn_open(&desk.service.store, NULL);
    assert_int_equal(txn_scan(txn, SPACE_LOCAL, BYTES_NONE, lacks_the_token, text, &err), OK);
    txn_free(txn);
    close_desk(&desk);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_takes_whom_its_row_names_and_nobody_else),
        cmocka_unit_test(without_an_admin_the_owner_of_the_process_acts_and_nobody_from_outside),
        cmocka_unit_test(an_ended_person_is_nobody_though_his_session_lives),
        cmocka_unit_test(what_cannot_be_read_lets_nobody_in),
        cmocka_unit_test(a_cookie_counts_for_pages_of_this_door_alone),
        cmocka_unit_test(what_a_page_asks_by_itself_keeps_no_session),
        cmocka_unit_test(a_password_changes_where_nothing_else_has_changed),
        cmocka_unit_test(a_login_that_a_new_password_overtakes_is_none),
        cmocka_unit_test(another_site_logs_nobody_in),
        cmocka_unit_test(a_token_reads_and_does_what_its_roles_do_and_no_more),
        cmocka_unit_test(a_token_ends_with_its_time_its_maker_or_a_word),
        cmocka_unit_test(a_token_of_the_owner_loses_a_role_as_soon_as_a_person_has_it),
        cmocka_unit_test(the_store_has_the_hash_of_a_token_alone),
    };
    struct err err;

    if (crypto_init(&err) != OK) {
        return 1;
    }
    log_open(LOG_LEVEL_NONE, "");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
