/* fuzz_seeds DIR - what the fuzzers start from, made by the writers themselves: DIR/frame,
 * DIR/block, DIR/document, DIR/grant, DIR/request and DIR/caller, a few small files each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "proto/document.h"
#include "proto/health.h"
#include "replicator/trust/endpoint_entry.h"
#include "replicator/trust/revocation.h"
#include "tests/harness/identities.h"

static const char *directory;

static void fail(const char *path)
{
    (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(EXIT_FAILURE);
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        fail(path);
    }
}

static void save(const char *target, const char *name, struct bytes bytes)
{
    char path[1024];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", directory, target);
    make_directory(path);
    (void)snprintf(path, sizeof path, "%s/%s/%s", directory, target, name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes.data, 1, bytes.size, file) != bytes.size) {
        fail(path);
    }
    (void)fclose(file);
}

/* --- documents --- */

static void set(struct document *document, enum field field, const char *typed)
{
    if (!document_set(document, field, bytes_text(typed))) {
        (void)fprintf(stderr, "%s: %s\n", field_info(field)->name, typed);
        exit(EXIT_FAILURE);
    }
}

static void put_payment(struct buf *out)
{
    static struct document document;

    document_clear(&document, 16);
    set(&document, FIELD_ID, "PAY-2026-000123");
    set(&document, FIELD_FISCAL_YEAR, "2026");
    set(&document, FIELD_MEMO, "第二期");
    set(&document, FIELD_BGT_ID, "ALLOC-2026-0042");
    set(&document, FIELD_PAY_APP_AMT, "12500.50");
    set(&document, FIELD_PAYEE_ACCT_NAME, "林周县道路养护队");
    set(&document, FIELD_PAYEE_ACCT_NO, "6222020200112233445");
    set(&document, FIELD_XPAY_DATE, "2026-03-31");
    set(&document, FIELD_IS_TRACK, "1");
    set(&document, FIELD_TRANSFER_LSN, "4711");
    set(&document, FIELD_TRANSFER_HASH, "0123456789abcdef0123456789abcdef");
    document_mark_inherited(&document, FIELD_IS_TRACK);
    document_mark_inherited(&document, FIELD_MEMO);
    document_encode(out, &document);
}

static void put_payroll(struct buf *out)
{
    struct document document;
    struct buf lines = BUF_EMPTY;

    document_clear(&document, 16);
    set(&document, FIELD_ID, "ROLL-1");
    for (char no[] = "1"; no[0] < '4'; no[0]++) {
        struct document_line line = {0};

        (void)line_set(&line, LINE_NO, bytes_text(no));
        (void)line_set(&line, LINE_NAME, bytes_text("扎西"));
        (void)line_set(&line, LINE_AMOUNT, bytes_text("4300.00"));
        line_encode(&lines, &line);
        document.line_count++;
    }
    document.lines = buf_bytes(&lines);
    document_encode(out, &document);
    buf_free(&lines);
}

static void save_documents(void)
{
    static const char *const typed[] = {
        "-92233720368547758.07", "2026-02-29", "540121", "1", "林周县", "PAY-1"};
    struct buf body = BUF_EMPTY;

    put_payment(&body);
    save("document", "payment", buf_bytes(&body));
    buf_clear(&body);
    put_payroll(&body);
    save("document", "payroll", buf_bytes(&body));
    for (size_t i = 0; i < COUNT_OF(typed); i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "typed-%zu", i);
        save("document", name, bytes_text(typed[i]));
    }
    buf_free(&body);
}

/* --- blocks --- */

static void put_block(struct buf *out, uint32_t count, uint32_t groups)
{
    const struct hash proof[2] = {HASH_ZERO, HASH_ZERO};
    const struct signature signature = {{0}};
    struct block_header header = {
        .version = BLOCK_VERSION,
        .suite = SUITE_ED25519_BLAKE2B,
        .audience = {AUDIENCE_LINE, division_of("540121")},
        .author = division_of("540121"),
        .epoch = 1,
        .count = count,
        .first_lsn = 7,
        .aud_seq = 3,
        .time_ms = UINT64_C(1790000000000),
    };
    struct buf payment = BUF_EMPTY, entries = BUF_EMPTY, approvals = BUF_EMPTY, body = BUF_EMPTY;

    put_payment(&payment);
    for (uint32_t i = 0; i < count; i++) {
        const struct entry entry = {.kind = KIND_USER_FIRST,
                                    .format = 1,
                                    .time_ms = header.time_ms,
                                    .body = i == 0 ? BYTES_NONE : buf_bytes(&payment)};
        entry_write(&entries, &entry);
    }
    for (uint32_t i = 0; i < groups; i++) {
        const struct approval_group group = {.suite = SUITE_ED25519_BLAKE2B,
                                             .role = ROLE_MAKER,
                                             .count = count,
                                             .leaf_count = count + 1,
                                             .proof_count = i,
                                             .proof = proof};
        group_write(&approvals, &group);
    }
    block_body_write(&body, &header, buf_bytes(&entries), buf_bytes(&approvals));
    block_header_write(out, &header);
    buf_append(out, signature.at, sizeof signature.at);
    buf_append_bytes(out, buf_bytes(&body));
    buf_free(&body);
    buf_free(&approvals);
    buf_free(&entries);
    buf_free(&payment);
}

/* The whole, and its body behind three bytes: count - 1, codec, raw size / 16. */
static void save_block(const char *name, uint32_t count, uint32_t groups)
{
    struct buf whole = BUF_EMPTY, alone = BUF_EMPTY;
    struct block_view view;
    struct err err;
    char body_name[32];

    put_block(&whole, count, groups);
    save("block", name, buf_bytes(&whole));
    if (block_parse(&view, buf_bytes(&whole), &err) != OK) {
        (void)fprintf(stderr, "%s: %s\n", name, err.text);
        exit(EXIT_FAILURE);
    }
    buf_put_u8(&alone, (uint8_t)(count - 1));
    buf_put_u8(&alone, (uint8_t)view.header.codec);
    buf_put_u8(&alone, (uint8_t)(view.header.raw_size / 16));
    buf_append_bytes(&alone, view.body);
    (void)snprintf(body_name, sizeof body_name, "%s-body", name);
    save("block", body_name, buf_bytes(&alone));
    buf_free(&alone);
    buf_free(&whole);
}

/* --- frames --- */

static void save_message(const char *name, const ProtobufCMessage *message)
{
    struct buf raw = BUF_EMPTY;

    message_encode(&raw, message);
    save("frame", name, buf_bytes(&raw));
    buf_free(&raw);
}

static void save_hello(void)
{
    Terrace__Position position = TERRACE__POSITION__INIT, *positions[] = {&position, &position};
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    Terrace__Beat beat = TERRACE__BEAT__INIT, *beats[] = {&beat};
    Terrace__Frame frame = TERRACE__FRAME__INIT;

    position.has_author = position.has_epoch = position.has_lsn = 1;
    position.author = pb_of_bytes("540121", 6);
    position.epoch = 1;
    position.lsn = UINT64_MAX;
    hello.has_version_min = hello.has_credit = 1;
    hello.credit = 1 << 20;
    hello.n_heads = COUNT_OF(positions);
    hello.heads = positions;
    beat.has_sequence = 1;
    beat.sequence = 300;
    beat.has_health = 1;
    beat.health = pb_of_bytes("\x0a\x05"
                              "0.1.0",
                              7);
    frame.has_session = 1;
    frame.session = UINT64_MAX;
    frame.hello = &hello;
    frame.n_beat = COUNT_OF(beats);
    frame.beat = beats;
    save_message("hello", &frame.base);
}

static void save_health(void)
{
    struct health health = {.version = "0.1.0",
                            .condition = HEALTH_FULL | HEALTH_DAMAGED,
                            .disk_free_mib = 20000,
                            .disk_floor_mib = 64,
                            .alarms = {1, 2, 3, 4},
                            .clock_ahead_ms = -5000,
                            .unconfirmed_entries = 60,
                            .unconfirmed_s = 900,
                            .backlog_entries = 60,
                            .backlog_s = 900,
                            .backlog_fen = 38642000,
                            .backlog_is_part = true,
                            .down_listed = 1,
                            .down_count = 2};
    struct buf raw = BUF_EMPTY;

    health.worst.code = ALARM_DISK_FULL;
    health.worst.about = division_of("540121");
    health.worst.seconds = 4711;
    health.down[0] = (struct health_child){division_of("540121"), 300, HEALTH_LINK_PAUSED};
    health_encode(&raw, &health);
    save("frame", "health", buf_bytes(&raw));
    buf_free(&raw);
}

static void save_fork(void)
{
    Terrace__Fork fork = TERRACE__FORK__INIT;
    Terrace__Position position = TERRACE__POSITION__INIT, *positions[] = {&position};
    Terrace__AudienceHead head = TERRACE__AUDIENCE_HEAD__INIT, *heads[] = {&head, &head};
    Terrace__Hello hello = TERRACE__HELLO__INIT;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    struct buf whole = BUF_EMPTY;

    put_block(&whole, 1, 0);
    fork.has_block = fork.has_header = fork.has_body_size = fork.has_root = 1;
    fork.block = fork.header = pb_of_bytes(whole.data, whole.size);
    fork.body_size = 100;
    fork.root = pb_of_bytes("01234567890123456789012345678901", HASH_SIZE);
    head.has_kind = head.has_aud_seq = head.has_lsn = 1;
    head.kind = AUDIENCE_TREE;
    head.lsn = UINT64_MAX;
    position.n_line = COUNT_OF(heads);
    position.line = heads;
    position.has_forked = 1;
    position.forked = 2;
    hello.n_heads = COUNT_OF(positions);
    hello.heads = positions;
    frame.hello = &hello;
    frame.fork = &fork;
    save_message("fork", &frame.base);
    buf_free(&whole);
}

/* A former key's word, and what it is told. */
static void save_objection(void)
{
    Terrace__Objection objection = TERRACE__OBJECTION__INIT;
    Terrace__Superseded superseded = TERRACE__SUPERSEDED__INIT;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    uint8_t signature[SIGNATURE_SIZE] = {7};
    struct buf whole = BUF_EMPTY;

    objection.has_suite = objection.has_division = objection.has_epoch = 1;
    objection.has_grant = objection.has_unix_ms = objection.has_reason = 1;
    objection.has_signature = 1;
    objection.suite = SUITE_ED25519_BLAKE2B;
    objection.division = pb_of_bytes("540121", 6);
    objection.epoch = 1;
    objection.grant = pb_of_bytes("01234567890123456789012345678901", HASH_SIZE);
    objection.unix_ms = UINT64_C(1790000000000);
    objection.reason = 1;
    objection.signature = pb_of_bytes(signature, sizeof signature);
    save_message("objection", &objection.base);
    put_block(&whole, 1, 0);
    superseded.has_status = superseded.has_grant = superseded.has_counts = 1;
    superseded.has_by = superseded.has_epoch = superseded.has_lsn = superseded.has_word = 1;
    superseded.status = ERR_REFUSED;
    superseded.grant = pb_of_bytes("sealed", 6);
    superseded.counts = 1;
    superseded.by = pb_of_bytes("540000", 6);
    superseded.epoch = 1;
    superseded.lsn = 4711;
    superseded.word = pb_of_bytes(whole.data, whole.size);
    frame.objection = &objection;
    frame.superseded = &superseded;
    save_message("superseded", &frame.base);
    buf_free(&whole);
}

static void save_blocks(void)
{
    Terrace__Blocks blocks = TERRACE__BLOCKS__INIT;
    Terrace__Reject reject = TERRACE__REJECT__INIT;
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    ProtobufCBinaryData block;
    struct buf whole = BUF_EMPTY;

    put_block(&whole, 1, 0);
    block = pb_of_bytes(whole.data, whole.size);
    blocks.n_block = 1;
    blocks.block = &block;
    reject.has_reason = reject.has_text = 1;
    reject.reason = ERR_FORK;
    reject.text = pb_of_bytes("no", 2);
    frame.blocks = &blocks;
    frame.reject = &reject;
    save_message("blocks", &frame.base);
    buf_free(&whole);
}

static void save_enrolment(void)
{
    Terrace__Grant grant = TERRACE__GRANT__INIT;
    Terrace__Endpoint endpoint = TERRACE__ENDPOINT__INIT, *endpoints[] = {&endpoint};
    Terrace__Founder founder = TERRACE__FOUNDER__INIT, *founders[] = {&founder};
    ProtobufCBinaryData may_grant[] = {pb_of_bytes("5401*", 5), pb_of_bytes("!540121", 7)};
    Terrace__EnrolAnswer answer = TERRACE__ENROL_ANSWER__INIT;
    ProtobufCBinaryData chain[] = {pb_of_bytes("one", 3), pb_of_bytes("two", 3)};

    endpoint.has_name = endpoint.has_address = 1;
    endpoint.name = pb_of_bytes("link", 4);
    endpoint.address = pb_of_bytes("tcp://127.0.0.1:7400", 20);
    grant.has_division = grant.has_epoch = 1;
    grant.division = pb_of_bytes("540121", 6);
    grant.epoch = 1;
    grant.n_endpoint = COUNT_OF(endpoints);
    grant.endpoint = endpoints;
    founder.has_name = founder.has_key = 1;
    founder.name = pb_of_bytes("zhao", 4);
    founder.key = pb_of_bytes("01234567890123456789012345678901", 32);
    grant.n_founder = COUNT_OF(founders);
    grant.founder = founders;
    grant.n_may_grant = COUNT_OF(may_grant);
    grant.may_grant = may_grant;
    save_message("grant", &grant.base);
    answer.has_status = 1;
    answer.n_chain = COUNT_OF(chain);
    answer.chain = chain;
    save_message("answer", &answer.base);
}

/* --- who is who --- */

/* As it is written, and sealed; by keys that no fuzzer has. */
static void save_grant(const char *name, struct grant *grant, struct grant_terms *terms)
{
    struct trust trust;
    struct buf out = BUF_EMPTY;
    char sealed_name[32];

    trust_generate(&trust);
    grant_certify(grant, &trust.tree, &trust.key);
    grant_write(&out, grant, terms);
    save("grant", name, buf_bytes(&out));
    buf_clear(&out);
    consent(terms, grant, &trust.key);
    grant_seal(&out, grant, terms, &trust.key);
    (void)snprintf(sealed_name, sizeof sealed_name, "%s-sealed", name);
    save("grant", sealed_name, buf_bytes(&out));
    buf_free(&out);
}

static void save_grants(void)
{
    struct grant county = first_grant(division_of("540122"), division_of("540100")),
                 root = first_grant(division_of("540000"), DIVISION_NONE);
    struct grant_terms terms = {.may_grant = {{"540122*", "!540122200"}, 2}, .founder_count = 1};

    (void)snprintf(terms.founders[0].name, sizeof terms.founders[0].name, "zhao");
    memset(terms.founders[0].key.at, 7, sizeof terms.founders[0].key.at);
    save_grant("county", &county, &terms);
    root.epoch = 2;
    save_grant("root-again", &root, &terms);
    county = first_grant(division_of("540121"), division_of("540100"));
    county.epoch = 2;
    save_grant("rotation", &county, &terms);
    county.base_lsn = 7;
    memset(county.base_hash.at, 7, sizeof county.base_hash.at);
    save_grant("recovery", &county, &terms);
}

static void save_words(void)
{
    struct revocation revocation = {.division = division_of("540121"),
                                    .first_epoch = 1,
                                    .last_epoch = 1,
                                    .epoch = 1,
                                    .lsn = 7,
                                    .reason = "机器被盗"};
    const struct endpoint_entry entry = {"tcp://new.example.net:7400"};
    struct buf out = BUF_EMPTY;

    revocation_write(&out, &revocation);
    save("grant", "revocation", buf_bytes(&out));
    buf_clear(&out);
    endpoint_write(&out, &entry);
    save("grant", "endpoint", buf_bytes(&out));
    buf_free(&out);
}

/* --- requests to the API --- */

static void save_all(const char *target, const char *const *texts, size_t count)
{
    char name[32];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "%zu", i);
        save(target, name, bytes_text(texts[i]));
    }
}

static void save_requests(void)
{
    static const char *const requests[] = {
        "GET /documents?kind=payment&year=2026&limit=2\nAccept: application/x-ndjson\n\n",
        "GET /documents?kind=payment&state=paid&least=1.00&from=2026-01-01&after=540000:P1\n\n",
        "GET /documents/P1?division=540000\nIf-None-Match: \"1\"\n\n",
        "GET /balance?by=function&scope=subtree&year=2026\n\n",
        "GET /report/execution?by=agency,function&division=540000\n\n",
        "GET /trace/B1?limit=10\n\n",
        "GET /changes?after=0&limit=5&kind=payment,transfer\nAccept: text/event-stream\n\n",
        "GET /inbox?user=x\n\n",
        "GET /digest?after=1\n\n",
        "GET /texts?lang=zh\n\n",
        "GET /status/tree?state=offline\n\n",
        "POST /documents?kind=payment&atomic=1&file=a\n\n{\"id\":\"P2\",\"pay_app_amt\":\"1.00\"}",
        "POST /approve\n\n{\"ids\":[\"P1\"],\"batch\":\"x\"}",
        "POST /verify\n\n{\"deep\":true}",
        "POST /invite\n\n{\"division\":\"540100\",\"name\":\"拉萨市\"}",
        "POST /alarms/1/ack\nAuthorization: Bearer 00\n\n",
        "GET /export/documents?kind=agency&format=csv\nAccept: application/x-ndjson\n\n",
        "GET /export/chain?format=xlsx\n\n",
        "GET /unsent?limit=1\nAuthorization: Bearer SESSION\n\n",
        ("PUT /unsent/a-1\nAuthorization: Bearer SESSION\nIf-Match: \"7\"\n\n"
         "{\"kind\":\"payment\",\"fields\":{\"use_des\":\"x\"}}"),
        "POST /reject\nAuthorization: Bearer SESSION\n\n{\"ids\":[\"P1\"],\"reason\":\"x\"}",
        "POST /keys\nAuthorization: Bearer SESSION\n\n{\"key\":\"00\",\"label\":\"x\"}",
        "POST /tokens\nAuthorization: Bearer SESSION\n\n{\"name\":\"x\",\"roles\":[],\"days\":1}",
        "POST /review\n\n{\"ids\":[\"P1\"],\"list\":true,\"sign\":true}",
        "POST /webhooks\n\n{\"name\":\"x\",\"url\":\"https://x/\",\"kind\":\"payment\"}",
    };

    save_all("request", requests, COUNT_OF(requests));
}

static void save_callers(void)
{
    static const char *const callers[] = {
        "GET /\nAuthorization: Bearer SESSION\n\n",
        "GET /\nAuthorization: Bearer TOKEN\n\n",
        "GET /\nAuthorization:Bearer tk_00\n\n",
        "GET /\nCookie:a=1; __Host-terrace=SESSION; b=2\n\n",
        ("POST /\nCookie:__Host-terrace=SESSION\nHost:h\nOrigin:https://h\nTerrace-Request:1\n"
         "Sec-Fetch-Site:same-origin\n\n"),
        "POST /\nCookie:__Host-terrace=;__Host-terrace=SESSION\nSec-Fetch-Site:none\n\n",
        "GET /\nAuthorization:Bearer SESSION\nTerrace-Background:1\n\n",
        "POST /login\n\n{\"name\":\"li\",\"password\":\"password\"}",
        "POST /users\n\n{\"name\":\"li\",\"password\":\"password\",\"roles\":[\"maker\"]}",
    };

    save_all("caller", callers, COUNT_OF(callers));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: fuzz_seeds DIR\n");
        return 2;
    }
    directory = argv[1];
    make_directory(directory);
    save_documents();
    save_block("empty-entry", 1, 0);
    save_block("payments", 8, 2);
    save_hello();
    save_health();
    save_blocks();
    save_fork();
    save_objection();
    save_enrolment();
    save_grants();
    save_words();
    save_requests();
    save_callers();
    return EXIT_SUCCESS;
}
