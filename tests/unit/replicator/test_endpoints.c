/* test_endpoints - where a division says that it listens: whose word it is, of which form, and that
 * the newest one is known to all below and above it, and to nobody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "puppet.h"
#include "replicator/log/endpoints.h"

/* --- the form --- */

static enum status read_as(const char *link, struct endpoint_entry *out)
{
    Terrace__EndpointEntry message = TERRACE__ENDPOINT_ENTRY__INIT;
    struct buf body = BUF_EMPTY;
    enum status status;
    struct err err;

    message.has_link = link != NULL;
    message.link = pb_of_text(link == NULL ? "" : link);
    message_encode(&body, &message.base);
    status = endpoint_read(out, buf_bytes(&body), &err);
    buf_free(&body);
    return status;
}

static void only_an_address_that_can_be_dialled_is_one(void **state)
{
    static const struct {
        const char *name, *link;
        enum status want;
    } cases[] = {
        {"a name", "tcp://region.example.net:7400", OK},
        {"a number", "tcp://10.1.2.3:1", OK},
        {"of six bytes a part", "tcp://[fe80::1]:65535", OK},
        {"nothing", NULL, ERR_MALFORMED},
        {"an empty one", "", ERR_MALFORMED},
        {"every address", "tcp://*:7400", ERR_MALFORMED},
        {"every address, as a number", "tcp://0.0.0.0:7400", ERR_MALFORMED},
        {"another scheme", "ipc:///tmp/x:1", ERR_MALFORMED},
        {"no port", "tcp://a", ERR_MALFORMED},
        {"port 0", "tcp://a:0", ERR_MALFORMED},
        {"port 65536", "tcp://a:65536", ERR_MALFORMED},
        {"a port of no digits", "tcp://a:x", ERR_MALFORMED},
        {"no host", "tcp://:7400", ERR_MALFORMED},
        {"what a shell would read", "tcp://a;b:7400", ERR_MALFORMED},
        {"a line of its own", "tcp://a\nb:7400", ERR_MALFORMED},
    };
    char longest[ENDPOINT_BYTES_MAX + 2];
    struct endpoint_entry entry;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const enum status status = read_as(cases[i].link, &entry);

        if (status != cases[i].want) {
            fail_msg("%s: %s", cases[i].name, status_name(status));
        }
    }
    (void)snprintf(longest, sizeof longest, "tcp://%0*d:7400", ENDPOINT_BYTES_MAX - 11, 0);
    assert_int_equal(strlen(longest), ENDPOINT_BYTES_MAX);
    assert_int_equal(read_as(longest, &entry), OK);
    (void)snprintf(longest, sizeof longest, "tcp://%0*d:7400", ENDPOINT_BYTES_MAX - 10, 0);
    assert_int_equal(read_as(longest, &entry), ERR_MALFORMED);
}

static void bytes_that_are_no_entry_are_refused(void **state)
{
    char large[ENDPOINT_ENTRY_BYTES_MAX + 1];
    struct endpoint_entry entry;
    struct err err;

    (void)state;
    memset(large, 'x', sizeof large);
    assert_int_equal(endpoint_read(&entry, bytes_text("no message"), &err), ERR_MALFORMED);
    assert_int_equal(endpoint_read(&entry, BYTES_NONE, &err), ERR_MALFORMED);
    assert_int_equal(endpoint_read(&entry, bytes_of(large, sizeof large), &err), ERR_MALFORMED);
}

/* --- who hears of it --- */

static struct world world;

static int set_up(void **state)
{
    (void)state;
    world_begin(&world);
    world_run(&world, 3000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static enum status say(int place, const char *link)
{
    struct endpoint_entry entry = {.link = ""};
    struct err err;

    (void)snprintf(entry.link, sizeof entry.link, "%s", link);
    return replicator_listen(world.at[place].replicator, world.at[place].txn, &entry, &err);
}

static void is_at(int place, const char *division, const char *want)
{
    char found[ENDPOINT_BYTES_MAX + 1];

    replicator_endpoint(world.at[place].replicator, division_of(division), found);
    assert_string_equal(found, want);
}

static void all_below_and_above_hear_of_it(void **state)
{
    (void)state;
    assert_int_equal(say(CITY, "tcp://city:1"), OK);
    world_run(&world, 3000);
    for (int i = REGION; i <= COUNTY; i++) {
        is_at(i, "C1", "tcp://city:1");
        assert_int_equal(world.at[i].alarm_count, 0);
    }
    is_at(SIBLING, "C1", "");
    assert_string_equal(replicator_parent_endpoint(world.at[COUNTY].replicator), "tcp://city:1");
    assert_string_equal(replicator_parent_endpoint(world.at[CITY].replicator), "");
    assert_int_equal(say(REGION, "tcp://region:1"), OK);
    world_run(&world, 3000);
    is_at(COUNTY, "R", "tcp://region:1");
    is_at(SIBLING, "R", "tcp://region:1");
    assert_string_equal(replicator_parent_endpoint(world.at[COUNTY].replicator), "tcp://city:1");
    assert_int_equal(say(CITY, "tcp://*:1"), ERR_REFUSED);
}

static void the_newest_counts_and_is_kept(void **state)
{
    (void)state;
    world.at[COUNTY].cut = true; /* away: it hears of both when it is back */
    assert_int_equal(say(CITY, "tcp://city:1"), OK);
    world_run(&world, 3000);
    assert_int_equal(say(CITY, "tcp://city:2"), OK);
    world_run(&world, 3000);
    world.at[COUNTY].cut = false;
    world_run(&world, 60000);
    for (int i = REGION; i <= COUNTY; i++) {
        place_close(&world.at[i]);
        place_open(&world.at[i]);
        is_at(i, "C1", "tcp://city:2");
    }
    assert_string_equal(replicator_parent_endpoint(world.at[COUNTY].replicator), "tcp://city:2");
}

/* A block that was kept back is taken behind later ones, and one may come twice. */
static void what_comes_late_is_not_newer(void **state)
{
    static const struct {
        uint32_t epoch;
        uint64_t lsn;
        const char *says, *then;
    } steps[] = {
        {1, 5, "tcp://a:5", "tcp://a:5"}, {1, 3, "tcp://a:3", "tcp://a:5"},
        {1, 5, "tcp://a:6", "tcp://a:5"}, {2, 4, "tcp://a:4", "tcp://a:4"},
        {1, 9, "tcp://a:9", "tcp://a:4"},
    };
    struct place *place = &world.at[REGION];
    struct block_header header = {.author = division_of("C1"),
                                  .audience = {AUDIENCE_TREE, division_of("C1")}};
    struct findings found = {.count = 0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        struct endpoint_entry said = {.link = ""};
        struct buf body = BUF_EMPTY;
        struct entry entry = {.lsn = steps[i].lsn};

        (void)snprintf(said.link, sizeof said.link, "%s", steps[i].says);
        endpoint_write(&body, &said);
        entry.body = buf_bytes(&body);
        header.epoch = steps[i].epoch;
        endpoint_take(place->txn, &header, &entry, &found);
        place_say(place, AUDIENCE_TREE, "R", "so that it is committed");
        world_run(&world, 1000);
        is_at(REGION, "C1", steps[i].then);
        buf_free(&body);
    }
    findings_free(&found);
}

/* --- what a child's log may say --- */

static struct puppet puppet;
static struct written city_log;

static int set_up_puppet(void **state)
{
    (void)state;
    memset(&city_log, 0, sizeof city_log);
    puppet_begin(&puppet);
    place_close(puppet.real);
    place_open(puppet.real);
    puppet_hello(&puppet, SESSION, 64 << 20);
    puppet_commit(&puppet, true);
    assert_non_null(puppet_await(&puppet, has_welcome));
    return 0;
}

static int tear_down_puppet(void **state)
{
    (void)state;
    puppet_end(&puppet);
    return 0;
}

/* The city's next block says so, for these; true: it is held. */
static bool bring(struct bytes body, enum audience_kind kind, const char *to)
{
    struct draft draft = draft_next(&puppet, CITY, &city_log, NULL);
    struct buf whole = BUF_EMPTY, said = BUF_EMPTY;
    struct log_head head;
    struct hash hash;

    buf_append_bytes(&said, body);
    draft.header.audience = (struct audience){kind, division_of(to)};
    draft.header.aud_seq = 1; /* the first block for those */
    draft.header.aud_prev = HASH_ZERO;
    draft.grants = &said;
    draft.first_kind = KIND_ENDPOINT;
    hash = draft_finish(&whole, &draft);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    puppet_commit(&puppet, true);
    buf_free(&whole);
    buf_free(&said);
    (void)replicator_head(puppet.real->replicator, division_of("C1"), false, &head);
    if (head.lsn != city_log.lsn + 1) {
        return false;
    }
    city_log = (struct written){head.lsn, hash, city_log.seq};
    return true;
}

static void write_link(struct buf *out, const char *link)
{
    struct endpoint_entry entry = {.link = ""};

    (void)snprintf(entry.link, sizeof entry.link, "%s", link);
    endpoint_write(out, &entry);
}

static void city_is_at(const char *want)
{
    char found[ENDPOINT_BYTES_MAX + 1];

    replicator_endpoint(puppet.real->replicator, division_of("C1"), found);
    assert_string_equal(found, want);
}

/* The log goes on; what it says is not used, and is said to an operator. */
static void a_word_for_others_is_alarmed_and_ignored(void **state)
{
    struct buf body = BUF_EMPTY;

    (void)state;
    write_link(&body, "tcp://thief:1");
    assert_true(bring(buf_bytes(&body), AUDIENCE_TREE, "K1"));
    assert_true(place_alarmed(puppet.real, ALARM_BAD_ENDPOINT));
    city_is_at("");
    assert_true(bring(buf_bytes(&body), AUDIENCE_LINE, "C1"));
    city_is_at("");
    assert_true(bring(bytes_text("no address"), AUDIENCE_TREE, "C1"));
    city_is_at("");
    assert_true(place_alarmed(puppet.real, ALARM_BAD_ENDPOINT));
    buf_free(&body);
}

static void a_good_word_ends_the_alarm(void **state)
{
    struct buf body = BUF_EMPTY;

    (void)state;
    assert_true(bring(bytes_text("no address"), AUDIENCE_LINE, "C1"));
    assert_true(place_alarmed(puppet.real, ALARM_BAD_ENDPOINT));
    write_link(&body, "tcp://city:1");
    assert_true(bring(buf_bytes(&body), AUDIENCE_TREE, "C1"));
    assert_false(place_alarmed(puppet.real, ALARM_BAD_ENDPOINT));
    city_is_at("tcp://city:1");
    buf_free(&body);
}

/* Of link kinds a block carries few, whichever they are. */
static void a_block_carries_few(void **state)
{
    static struct buf said[DRAFT_GRANTS_MAX];
    struct draft draft = draft_next(&puppet, CITY, &city_log, NULL);
    struct buf whole = BUF_EMPTY;
    Terrace__Frame *frame;

    (void)state;
    draft.grants = said;
    draft.first_kind = KIND_ENDPOINT;
    draft.header.count = 65;
    (void)draft_finish(&whole, &draft);
    puppet_send_block(&puppet, SESSION, buf_bytes(&whole));
    puppet_commit(&puppet, true);
    frame = puppet_await(&puppet, has_reject);
    assert_non_null(frame);
    assert_int_equal(frame->reject->reason, ERR_LIMIT);
    buf_free(&whole);
}

int main(void)
{
#define STORY(name)  cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define PUPPET(name) cmocka_unit_test_setup_teardown(name, set_up_puppet, tear_down_puppet)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_address_that_can_be_dialled_is_one),
        cmocka_unit_test(bytes_that_are_no_entry_are_refused),
        STORY(all_below_and_above_hear_of_it),
        STORY(the_newest_counts_and_is_kept),
        STORY(what_comes_late_is_not_newer),
        PUPPET(a_word_for_others_is_alarmed_and_ignored),
        PUPPET(a_good_word_ends_the_alarm),
        PUPPET(a_block_carries_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
