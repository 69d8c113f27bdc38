/* rogue_peer - a program that speaks the link protocol and means ill, to show what a node refuses.
 *
 *   rogue_peer --home DIR --mode forged-block
 *   rogue_peer --endpoint tcp://HOST:PORT --server-key HEX --mode stranger
 *   rogue_peer --endpoint ... --server-key HEX --client-key-file FILE --division CODE --mode
 * garbage
 *
 * With --home it uses what a thief of that machine would have: the node's keys, its log and its
 * parent's address (its daemon must be stopped). A client key file holds two lines of hex: the
 * CURVE public key and the secret one.
 *
 * Exit code: 0 when the other side refused as it must, 1 when it did not, 2 usage, 5 no attempt
 * could be made. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/home/home.h"
#include "node/ledger/schema/kinds.h"
#include "node/store/store_rocks.h"
#include "proto/document.h"
#include "replicator/log/sealing.h"
#include "replicator/trust/enrol.h"
#include "rogue_forge.h"

enum { EXIT_REFUSED = 0, EXIT_LET_THROUGH = 1, EXIT_USAGE = 2, EXIT_NO_ATTEMPT = 5 };

/* What is out of turn is answered a few times a second. */
enum { BETWEEN_ANSWERS_MS = 300, ENDLESS_BYTES = 640 << 20 };

struct target {
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    uint8_t server_key[32];
};

struct rogue {
    struct target target;
    struct curve_key curve;
    struct loot loot;
    json_t *cases; /* what was tried, and what came of it */
    bool all_refused;
};

/* --- what came of it --- */

static void report(struct rogue *rogue, const char *attempt, bool refused, const char *reason,
                   const char *words)
{
    json_t *one = json_pack("{s:s, s:b, s:s, s:s}", "case", attempt, "refused", refused, "reason",
                            reason, "text", words);

    json_array_append_new(rogue->cases, one);
    rogue->all_refused &= refused;
}

static const char *reason_of(const struct reply *reply)
{
    switch (reply->kind) {
    case REPLY_REJECT:
    case REPLY_RESTART:
        return status_name(reply->reason);
    case REPLY_CUT:
        return "connection_cut";
    case REPLY_ACK:
    case REPLY_WELCOME:
        return "accepted";
    default:
        return "ignored";
    }
}

/* --- sessions --- */

static uint64_t new_session(void)
{
    uint64_t session;

    crypto_random(&session, sizeof session);
    return session | 1;
}

static struct line *dial(const struct rogue *rogue, const struct curve_key *key)
{
    return line_open(rogue->target.endpoint, rogue->target.server_key, key);
}

/* How far the other side holds the log of the division we speak for. */
static bool ask_held(const struct rogue *rogue, struct position *held)
{
    struct line *line = dial(rogue, &rogue->curve);
    struct reply reply = {.kind = REPLY_CUT};

    if (line_state(line) == LINE_UP) {
        line_greet(line, rogue->loot.self, new_session(), &rogue->loot.head, &reply);
    }
    line_close(line);
    *held = reply.held;
    return reply.kind == REPLY_WELCOME;
}

static bool same_position(const struct position *a, const struct position *b)
{
    return a->known == b->known && a->lsn == b->lsn && hash_equal(&a->hash, &b->hash);
}

static bool send_blocks(struct line *line, uint64_t session, const struct bytes *blocks,
                        size_t count)
{
    Terrace__Frame frame = TERRACE__FRAME__INIT;
    Terrace__Blocks message = TERRACE__BLOCKS__INIT;
    ProtobufCBinaryData data[4];

    for (size_t i = 0; i < count && i < COUNT_OF(data); i++) {
        data[i] = pb_of_bytes(blocks[i].data, blocks[i].size);
    }
    message.n_block = count;
    message.block = data;
    frame.has_session = 1;
    frame.session = session;
    frame.blocks = &message;
    return line_send(line, &frame);
}

/* --- modes. Each adds its cases; false when no attempt could be made --- */

static bool be_stranger(struct rogue *rogue)
{
    struct curve_key stranger;
    struct line *line;
    enum line_state state;
    char words[200];

    curve_key_generate(&stranger);
    line = dial(rogue, &stranger);
    state = line_state(line);
    (void)snprintf(words, sizeof words,
                   state == LINE_UP ? "a key nobody enrolled was let in"
                                    : "a key nobody enrolled is turned away in the handshake");
    report(rogue, "stranger", state == LINE_REFUSED,
           line_refusal(line) != 0 ? "handshake_refused" : "connection_cut", words);
    line_close(line);
    return state != LINE_UNREACHED;
}

static bool forge_one(struct rogue *rogue, const char *attempt, forge_fn *forge, enum status want)
{
    const uint64_t session = new_session();
    struct line *line = dial(rogue, &rogue->curve);
    struct buf whole = BUF_EMPTY;
    struct bytes block;
    struct reply reply = {.kind = REPLY_CUT};
    char words[160], text[400];

    forge(&whole, &rogue->loot, words);
    block = buf_bytes(&whole);
    if (line_state(line) == LINE_UP) {
        line_greet(line, rogue->loot.self, session, &rogue->loot.head, &reply);
    }
    if (reply.kind != REPLY_WELCOME || !send_blocks(line, session, &block, 1)) {
        buf_free(&whole);
        line_close(line);
        return false;
    }
    line_wait(line, rogue->loot.self, 1U << REPLY_REJECT | 1U << REPLY_RESTART, &reply);
    (void)snprintf(text, sizeof text, "%s%s%s", words, reply.text[0] == '\0' ? "" : ": ",
                   reply.text);
    report(rogue, attempt, reply.kind == REPLY_REJECT && reply.reason == want, reason_of(&reply),
           text);
    buf_free(&whole);
    line_close(line);
    return true;
}

static bool forge_blocks(struct rogue *rogue)
{
    static const struct {
        const char *name;
        forge_fn *forge;
        enum status want; /* not a fork: that accuses the author, who signed none of these */
    } forgeries[] = {
        {"foreign_key", forge_foreign_key, ERR_BAD_SIGNATURE},
        {"altered_amount", forge_altered_amount, ERR_BAD_SIGNATURE},
        {"altered_in_place", forge_altered_in_place, ERR_BAD_SIGNATURE},
        {"other_author", forge_other_author, ERR_REFUSED},
    };

    for (size_t i = 0; i < COUNT_OF(forgeries); i++) {
        if (!forge_one(rogue, forgeries[i].name, forgeries[i].forge, forgeries[i].want)) {
            return false;
        }
    }
    return true;
}

/* Blocks that are right, and were there before: they may change nothing. */
static bool replay_block(struct rogue *rogue)
{
    const uint64_t session = new_session();
    struct line *line = dial(rogue, &rogue->curve);
    const struct bytes twice[] = {buf_bytes(&rogue->loot.last), buf_bytes(&rogue->loot.last)};
    struct reply reply = {.kind = REPLY_CUT};
    bool attempted = false;

    if (line_state(line) == LINE_UP && rogue->loot.last.size > 0) {
        line_greet(line, rogue->loot.self, session, &rogue->loot.head, &reply);
        attempted = reply.kind == REPLY_WELCOME && send_blocks(line, session, twice, 2);
    }
    if (attempted) {
        line_wait(line, rogue->loot.self,
                  1U << REPLY_REJECT | 1U << REPLY_RESTART | 1U << REPLY_ACK, &reply);
        report(rogue, "replay", reply.kind != REPLY_ACK || reply.held.lsn == rogue->loot.head.lsn,
               reply.kind == REPLY_ACK ? "already_held" : reason_of(&reply),
               "the newest block again, twice: acknowledged as held, booked once");
    }
    line_close(line);
    return attempted;
}

/* Each frame is as large as one may be, and the message has no end that anybody would wait for. */
static bool send_endless_as(struct rogue *rogue, const struct curve_key *key, size_t part_bytes)
{
    uint8_t *part = mem_zalloc(part_bytes);
    struct line *line = dial(rogue, key);
    const bool attempted = line_state(line) == LINE_UP;

    if (attempted) {
        const bool cut =
            line_send_endless(line, bytes_of(part, part_bytes), ENDLESS_BYTES / part_bytes);
        report(rogue, "endless", cut, cut ? "connection_cut" : "taken",
               "one message of many frames: cut before it is all in memory");
    }
    line_close(line);
    mem_free(part);
    return attempted;
}

static bool send_endless(struct rogue *rogue)
{
    return send_endless_as(rogue, &rogue->curve, FRAME_BYTES_MAX);
}

/* At the enrolment door, where any key may speak. */
static bool knock_endlessly(struct rogue *rogue)
{
    struct curve_key key;

    curve_key_generate(&key);
    return send_endless_as(rogue, &key, ENROL_FRAME_BYTES_MAX);
}

static bool send_oversized(struct rogue *rogue)
{
    const size_t size = FRAME_BYTES_MAX + (FRAME_BYTES_MAX >> 1);
    uint8_t *large = mem_zalloc(size);
    struct line *line = dial(rogue, &rogue->curve);
    struct reply reply;
    const bool attempted =
        line_state(line) == LINE_UP && line_send_raw(line, bytes_of(large, size));

    if (attempted) {
        line_wait(line, rogue->loot.self, 1U << REPLY_REJECT, &reply);
        report(rogue, "oversized", reply.kind == REPLY_CUT || reply.kind == REPLY_REJECT,
               reason_of(&reply), "a frame of 3 MiB: the link is cut before it is read");
    }
    line_close(line);
    mem_free(large);
    return attempted;
}

static void make_garbage(struct buf *out, int kind)
{
    switch (kind) {
    case 0: /* nothing at all */
        break;
    case 1: /* noise */
        buf_reserve(out, 1000);
        out->size = 1000;
        crypto_random(out->data, out->size);
        break;
    case 2: /* field number 0 */
        buf_append(out, "\x00\x01\x00\x01", 4);
        break;
    case 3: /* a length that goes past the end */
        buf_append(out, "\x22\xff\xff\xff\xff\x0f", 6);
        break;
    case 4: /* a hundred thousand empty messages */
        for (int i = 0; i < 100000; i++) {
            buf_append(out, "\x42\x00", 2);
        }
        break;
    default: /* a blocks message whose block is not one */
        buf_append(out,
                   "\x08\x01\x22\x05\x0a\x03"
                   "abc",
                   9);
        break;
    }
}

static void wait_ms(long ms)
{
    const struct timespec time = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&time, NULL);
}

static bool send_garbage(struct rogue *rogue)
{
    static const char *const names[] = {"empty",    "noise",      "field_zero",
                                        "overlong", "many_empty", "no_block"};

    for (int i = 0; i < (int)COUNT_OF(names); i++) {
        struct line *line = dial(rogue, &rogue->curve);
        struct buf garbage = BUF_EMPTY;
        struct reply reply = {.kind = REPLY_SILENCE};
        bool attempted;

        make_garbage(&garbage, i);
        wait_ms(BETWEEN_ANSWERS_MS);
        attempted = line_state(line) == LINE_UP && line_send_raw(line, buf_bytes(&garbage));
        if (attempted) {
            line_wait(line, rogue->loot.self,
                      1U << REPLY_REJECT | 1U << REPLY_RESTART | 1U << REPLY_WELCOME |
                          1U << REPLY_ACK,
                      &reply);
            report(rogue, names[i], reply.kind == REPLY_REJECT || reply.kind == REPLY_RESTART,
                   reason_of(&reply), reply.text);
        }
        buf_free(&garbage);
        line_close(line);
        if (!attempted) {
            return false;
        }
    }
    return true;
}

static bool use_wrong_session(struct rogue *rogue)
{
    const uint64_t session = new_session();
    struct line *line = dial(rogue, &rogue->curve);
    struct reply reply = {.kind = REPLY_CUT};
    struct buf whole = BUF_EMPTY;
    struct bytes block;
    bool attempted = false;
    char words[160];

    forge_foreign_key(&whole, &rogue->loot, words);
    block = rogue->loot.last.size > 0 ? buf_bytes(&rogue->loot.last) : buf_bytes(&whole);
    if (line_state(line) == LINE_UP) {
        line_greet(line, rogue->loot.self, session, &rogue->loot.head, &reply);
        attempted = reply.kind == REPLY_WELCOME && send_blocks(line, session + 2, &block, 1);
    }
    if (attempted) {
        line_wait(line, rogue->loot.self,
                  1U << REPLY_REJECT | 1U << REPLY_RESTART | 1U << REPLY_ACK, &reply);
        report(rogue, "wrong_session", reply.kind == REPLY_RESTART, reason_of(&reply),
               "blocks under a session that was never opened");
    }
    buf_free(&whole);
    line_close(line);
    return attempted;
}

static const struct mode {
    const char *name;
    bool (*run)(struct rogue *rogue);
    bool needs_key, needs_home;
} modes[] = {
    {"stranger", be_stranger, false, false}, {"forged-block", forge_blocks, true, true},
    {"replay", replay_block, true, true},    {"oversized", send_oversized, true, false},
    {"endless", send_endless, true, false},  {"endless-stranger", knock_endlessly, false, false},
    {"garbage", send_garbage, true, false},  {"wrong-session", use_wrong_session, true, false},
};

static const struct mode *find_mode(const char *name)
{
    for (size_t i = 0; name != NULL && i < COUNT_OF(modes); i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return &modes[i];
        }
    }
    return NULL;
}

/* --- what the thief has --- */

static bool has_amount(const struct block_view *block)
{
    struct block_body body = BLOCK_BODY_EMPTY;
    bool found = false;
    struct err err;

    if (block_body_read(&body, block, &err) == OK) {
        for (size_t i = 0; i < body.count && !found; i++) {
            struct document document;
            found = body.entries[i].kind >= KIND_USER_FIRST &&
                    body.entries[i].format == DOCUMENT_FORMAT &&
                    document_decode(&document, body.entries[i].kind, body.entries[i].body, &err) ==
                        OK &&
                    document_has(&document, FIELD_AMOUNT);
        }
    }
    block_body_free(&body);
    return found;
}

static bool loot_block(void *arg, const struct block_view *block)
{
    struct loot *loot = arg;
    struct block_header header = block->header;
    struct err err;

    if (block_root(&header.entries_root, block, &err) != OK) {
        return false;
    }
    buf_clear(&loot->last);
    buf_append_bytes(&loot->last, block->whole);
    loot->head =
        (struct position){.known = true,
                          .epoch = block->header.epoch,
                          .lsn = block_last_lsn(&block->header),
                          .hash = block_hash(&header, &loot->tree, &loot->identity.public)};
    if (has_amount(block)) {
        buf_clear(&loot->with_amount);
        buf_append_bytes(&loot->with_amount, block->whole);
    }
    return true;
}

static enum status loot_log(struct loot *loot, const char *home, struct err *err)
{
    char directory[HOME_FILE_MAX];
    struct store store;
    enum status status;

    home_file(directory, home, "store");
    status = store_rocks_open(&store, directory, NULL, err);
    if (status != OK) {
        return status;
    }
    status = log_scan(&store, NULL, loot->self, 1, loot_block, loot, err);
    store.ops->close(store.self);
    return status;
}

static enum status loot_keys(struct rogue *rogue, const char *home, enum key_seal seal,
                             struct err *err)
{
    struct node_keys *keys = node_keys_new();
    char directory[HOME_FILE_MAX];
    struct buf secret = BUF_EMPTY;
    enum status status;

    home_file(directory, home, "keys");
    status = keys_secret_load(&secret, seal, directory, err);
    if (status == OK) {
        status = keys_load(keys, directory, buf_bytes(&secret), err);
    }
    if (status == OK) {
        rogue->curve = keys->curve;
        rogue->loot.identity = keys->identity;
    }
    buf_free(&secret);
    node_keys_free(keys);
    return status;
}

static enum status loot_home(struct rogue *rogue, const char *home, const struct mode *mode,
                             struct err *err)
{
    struct home_config config;
    enum status status = home_load(&config, home, err);
    int lock = -1;

    if (status != OK) {
        return status;
    }
    if (division_is_none(config.parent.division)) {
        return err_set(err, ERR_CONFIG, "%s is the root: it has nobody above it to deceive", home);
    }
    rogue->loot.self = config.division;
    rogue->loot.parent = config.parent.division;
    rogue->loot.tree = config.tree;
    (void)snprintf(rogue->target.endpoint, sizeof rogue->target.endpoint, "%s",
                   config.parent.endpoint);
    memcpy(rogue->target.server_key, config.parent.curve_key, 32);
    if (!mode->needs_key) {
        return OK;
    }
    status = home_lock(&lock, home, err);
    if (status == OK) {
        status = loot_keys(rogue, home, config.seal, err);
    }
    if (status == OK) {
        status = loot_log(&rogue->loot, home, err);
    }
    home_unlock(lock);
    return status;
}

static bool read_key_file(struct curve_key *key, const char *path)
{
    FILE *file = fopen(path, "r");
    char public[65], secret[65];
    const bool read = file != NULL && fscanf(file, "%64s %64s", public, secret) == 2 &&
                      hex_decode(key->public, 32, public) && hex_decode(key->secret, 32, secret);

    if (file != NULL) {
        (void)fclose(file);
    }
    return read;
}

/* --- the program --- */

struct options {
    const char *home, *endpoint, *server_key, *key_file, *division;
    const struct mode *mode;
    bool json;
};

static int usage(void)
{
    (void)fprintf(stderr, "usage: rogue_peer --mode MODE [--json] --home DIR\n"
                          "       rogue_peer --mode MODE [--json] --endpoint tcp://HOST:PORT "
                          "--server-key HEX\n"
                          "                  [--client-key-file FILE] [--division CODE]\n"
                          "modes:");
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        (void)fprintf(stderr, " %s%s", modes[i].name, modes[i].needs_home ? " (needs --home)" : "");
    }
    (void)fprintf(stderr, "\n");
    return EXIT_USAGE;
}

static bool parse_options(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"home", required_argument, NULL, 'h'},
        {"endpoint", required_argument, NULL, 'e'},
        {"server-key", required_argument, NULL, 's'},
        {"client-key-file", required_argument, NULL, 'c'},
        {"division", required_argument, NULL, 'd'},
        {"mode", required_argument, NULL, 'm'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *options = (struct options){0};
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (option) {
        case 'h':
            options->home = optarg;
            break;
        case 'e':
            options->endpoint = optarg;
            break;
        case 's':
            options->server_key = optarg;
            break;
        case 'c':
            options->key_file = optarg;
            break;
        case 'd':
            options->division = optarg;
            break;
        case 'm':
            options->mode = find_mode(optarg);
            break;
        case 'j':
            options->json = true;
            break;
        default:
            return false;
        }
    }
    if (options->mode == NULL || optind < argc) {
        return false;
    }
    return options->home != NULL ||
           (options->endpoint != NULL && options->server_key != NULL && !options->mode->needs_home);
}

static enum status prepare(struct rogue *rogue, const struct options *options, struct err *err)
{
    if (crypto_init(err) != OK) {
        return err->status;
    }
    curve_key_generate(&rogue->curve);
    sign_key_generate(&rogue->loot.identity);
    rogue->loot.self = rogue->loot.parent = division_of("999999");
    if (options->home != NULL) {
        return loot_home(rogue, options->home, options->mode, err);
    }
    (void)snprintf(rogue->target.endpoint, sizeof rogue->target.endpoint, "%s", options->endpoint);
    if (!hex_decode(rogue->target.server_key, 32, options->server_key)) {
        return err_set(err, ERR_USAGE, "--server-key: 64 hex digits");
    }
    if (options->key_file != NULL && !read_key_file(&rogue->curve, options->key_file)) {
        return err_set(err, ERR_USAGE, "%s: two lines of 64 hex digits", options->key_file);
    }
    if (options->division != NULL &&
        !division_parse(&rogue->loot.self, bytes_text(options->division))) {
        return err_set(err, ERR_USAGE, "--division: 1 to 9 of A-Z 0-9");
    }
    return OK;
}

/* Whatever was tried: the node must still answer, and hold what it held before. */
static bool attempt(struct rogue *rogue, const struct mode *mode)
{
    struct position before, after;
    bool alive;

    if (!mode->needs_key) {
        return mode->run(rogue);
    }
    if (!ask_held(rogue, &before) || !mode->run(rogue)) {
        return false;
    }
    alive = ask_held(rogue, &after);
    report(rogue, "afterwards", alive && same_position(&before, &after),
           alive ? "unchanged" : "no_answer", "the node still answers and holds the log as before");
    return true;
}

static void print(const struct rogue *rogue, const struct options *options)
{
    const char *mode = options->mode->name;
    json_t *one;
    size_t i;

    if (options->json) {
        json_t *all = json_pack("{s:s, s:b, s:O}", "mode", mode, "ok", rogue->all_refused, "cases",
                                rogue->cases);
        (void)json_dumpf(all, stdout, JSON_COMPACT);
        (void)printf("\n");
        json_decref(all);
        return;
    }
    json_array_foreach(rogue->cases, i, one)
    {
        (void)printf("%s: %s: %s (%s)\n", json_string_value(json_object_get(one, "case")),
                     json_is_true(json_object_get(one, "refused")) ? "refused" : "LET THROUGH",
                     json_string_value(json_object_get(one, "reason")),
                     json_string_value(json_object_get(one, "text")));
    }
}

int main(int argc, char **argv)
{
    struct rogue rogue = {.all_refused = true};
    struct options options;
    struct err err;
    int code = EXIT_NO_ATTEMPT;

    if (!parse_options(&options, argc, argv)) {
        return usage();
    }
    rogue.cases = json_array();
    if (prepare(&rogue, &options, &err) != OK) {
        (void)fprintf(stderr, "rogue_peer: %s\n", err.text);
        code = err.status == ERR_USAGE ? EXIT_USAGE : EXIT_NO_ATTEMPT;
    } else if (!attempt(&rogue, options.mode)) {
        (void)fprintf(stderr, "rogue_peer: %s could not be tried against %s\n", options.mode->name,
                      rogue.target.endpoint);
        print(&rogue, &options);
    } else {
        print(&rogue, &options);
        code = rogue.all_refused ? EXIT_REFUSED : EXIT_LET_THROUGH;
    }
    json_decref(rogue.cases);
    buf_free(&rogue.loot.last);
    buf_free(&rogue.loot.with_amount);
    return code;
}
