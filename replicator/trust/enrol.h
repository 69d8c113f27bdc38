/* enrol - how a division gets in: invite at the parent, join at the child. Pure core.
 *
 *   parent: invite --> token ............ by hand ............> child: join
 *   child:  keys made here --> EnrolRequest {secret, keys, proofs} --> parent: enrol_receive
 *   parent: grant appended and durable --> EnrolAnswer {grant chain} --> child: home is ready
 *   child:  EnrolRequest {confirm} --> parent: the token is spent
 *
 * A division that is there already, and lost its keys with its log kept, is invited to recover: new
 * keys are granted as its next epoch, which goes on where its log ends (roster.h says when that
 * counts). Its parent must not hold more of that log than it has.
 *
 * A held invitation grants nobody by itself: the first keys that come with its token wait
 * (ERR_NOT_YET; the child asks again), until a person has compared their fingerprint with the one
 * that the child's screen shows. One for two grants nobody before another person than who invited
 * has said yes, whoever has come by then or not.
 *
 * One more for a division that is there (`again`) grants nothing: the keys that it has get the
 * chain once more, with all epochs that came since, and where its parent is to be dialled.
 *
 * The same token with the same keys gets the same answer until the child confirms. The secret is
 * stored as a tagged hash only. A grant cannot be taken back, so whatever could make the child turn
 * it down stands in the token already. Refused attempts are counted, by reason and token
 * (enrol_attempts.h). Storage: LOCAL_INVITE, LOCAL_INVITE_SECRET, LOCAL_ATTEMPT (row_letters.h).
 *
 * Owns: nothing. Thread: loop thread. Units: *_unix_ms. */
#ifndef TERRACE_REPLICATOR_TRUST_ENROL_H
#define TERRACE_REPLICATOR_TRUST_ENROL_H

#include "replicator/replicator.h"
#include "replicator/trust/founders.h"

enum {
    TOKEN_TEXT_MAX = 1024,
    TOKEN_LIFE_MS = 24 * 3600 * 1000,
    ENROL_FRAME_BYTES_MAX = 64 << 10,
    ENROL_ANSWER_BYTES_MAX = 256 << 10, /* to who trusts the parent's key */
    ENROL_CHAIN_MAX = 64                /* every epoch of every level */
};

struct token {
    struct division division, parent;
    char endpoint[ENDPOINT_BYTES_MAX + 1]; /* the enrolment endpoint */
    char link[ENDPOINT_BYTES_MAX + 1];     /* where the child will dial */
    uint8_t curve_key[32];                 /* the parent's, in full */
    struct hash tree;                      /* fingerprint of the trust key */
    struct number_set policy; /* as it will stand in the grant: the child agrees before it asks */
    uint8_t secret[32];
    uint64_t expires_unix_ms;
};
/* URL-safe base64 without padding, "TERRACE1-" in front.
 * Errors of parsing: ERR_MALFORMED. */
void token_format(char *out, size_t size, const struct token *token);
enum status token_parse(struct token *out, const char *text, struct err *err);

/* False for "" and for a listener on every address of its machine (0.0.0.0). */
bool endpoint_can_be_dialled(const char *endpoint);

/* What the granter says of a division beside its place and keys. */
struct invite_terms {
    const char *name;
    struct grant_reach may_grant; /* whom it may grant */
    bool hold;                    /* a person decides who is granted */
    bool again;                   /* it is there: name and list are not looked at */
    bool recover;   /* it is there and lost its keys, or all: name and list as they stand */
    bool two;       /* another person than `by` has to say yes */
    const char *by; /* who invites; NULL: nobody's name */
};
/* Stages an invite. `token` comes filled by the caller but for the secret and its end; its policy
 * will stand in the grant.
 * Errors: ERR_REFUSED (own division, a division that is not a child of ours or new, or `again` or
 * `recover` and no child of ours, outside of our reach or with a list that is (enrol_place.h), or
 * an address that nobody can dial). */
enum status enrol_invite(struct replicator *replicator, struct txn *txn, struct token *token,
                         const struct invite_terms *terms, uint64_t now_unix_ms, struct err *err);

/* What is read out by telephone: eight groups of four digits, of the keys that ask to be this
 * division's. */
enum { ENROL_FINGERPRINT_SIZE = FINGERPRINT_TEXT_SIZE };
void enrol_fingerprint(char out[ENROL_FINGERPRINT_SIZE], struct division division,
                       const struct public_key *sign_key, const uint8_t curve_key[32]);

/* The newest invitation of each division that this node ever invited, by division.
 * Errors: ERR_IO, ERR_CORRUPT. */
enum invitation_state {
    INVITATION_OPEN,     /* nobody came */
    INVITATION_WAITING,  /* somebody did, and a person has to say yes */
    INVITATION_ADMITTED, /* and has: the next request of those keys is granted */
    INVITATION_JOINED,
    INVITATION_WITHDRAWN,
};
struct enrol_invitation {
    struct division division;
    char name[NAME_BYTES_MAX + 1];
    struct grant_reach may_grant;
    uint64_t since_unix_ms, expires_unix_ms;
    enum invitation_state state;
    bool hold;                                    /* a person compares who is granted */
    bool again;                                   /* a member's chain, once more */
    bool two;                                     /* two persons are asked for */
    char invited_by[FOUNDER_NAME_BYTES_MAX + 1];  /* "": before anybody had a name */
    char accepted_by[FOUNDER_NAME_BYTES_MAX + 1]; /* "": nobody has */
    uint64_t asked_unix_ms;                       /* by who waits; 0: nobody came */
    char address[64];                             /* of who waits */
    char fingerprint[ENROL_FINGERPRINT_SIZE];     /* of his keys; "" */
    struct grant_terms terms;                     /* founders: the first admins that he named */
};
enum status enrol_invitations(const struct store *store, struct store_snapshot *snapshot,
                              void (*visit)(void *arg, const struct enrol_invitation *invitation),
                              void *arg, struct err *err);
/* Can anybody still get in with it, at this time? */
bool enrol_invitation_is_open(const struct enrol_invitation *invitation, uint64_t now_unix_ms);
/* A person says yes: who waits with these keys is let in; *out is how it stands now. The
 * fingerprint is as it was typed; "" where it was not compared, which is enough unless the
 * invitation holds. Errors: ERR_NOT_FOUND (nobody waits, and nobody's word is), ERR_REFUSED (other
 * keys wait, or he has invited them himself where two are asked for). */
enum status enrol_admit(struct txn *txn, struct division division, const char *fingerprint,
                        const char *by, struct enrol_invitation *out, struct err *err);
/* The token is worth nothing any more, and whoever comes with it is told so. Errors: ERR_NOT_FOUND
 * (none that is still open). */
enum status enrol_withdraw(struct txn *txn, struct division division, struct err *err);

/* Where a log ends that whoever recovers has kept: the new epoch goes on there. */
struct enrol_end {
    uint64_t lsn;
    struct hash hash;
};
/* What the joining side sends; `terms` names the first admins (NULL: none), `end` is NULL but in a
 * recovery. `curve_public` is
 * proven by CURVE itself and certified by `key`, as the grant will repeat; `key` is proven by a
 * signature over the whole request (TAG_ENROL). */
void enrol_request(struct buf *frame, const struct token *token, const struct sign_key *key,
                   const uint8_t curve_public[32], const char *endpoint,
                   const struct grant_terms *terms, const struct enrol_end *end,
                   uint64_t now_unix_ms);
void enrol_confirm(struct buf *frame, const struct token *token, const struct sign_key *key);

struct enrol_asker {
    uint8_t curve_key[32]; /* proven by the connection */
    char address[64];      /* as the transport tells; "" when it does not */
};

/* The parent's side: one frame in, one frame out. May append a grant: `answer` must not leave
 * before the turn is durable. */
void enrol_receive(struct replicator *replicator, struct txn *txn, struct bytes frame,
                   const struct enrol_asker *from, uint64_t now_unix_ms, struct buf *answer);
/* Does it show the secret of a token that was given out, used or not? Noise must not keep its
 * holder waiting. Reads the store outside a turn. */
bool enrol_knows_secret(const struct store *store, struct bytes frame);

/* The joining side reads the answer: chain of sealed grants, root first, own last, of each level
 * all epochs in order, checked against the token. Errors carry the parent's reason. */
struct enrolled {
    bool refused; /* by the parent, so that nothing was granted; any other error is our own
                     judgement */
    bool waits;   /* not granted yet, the reason says why (a person compares our keys, or the
                     parent's own log is not whole): ask again */
    struct bytes chain[ENROL_CHAIN_MAX];
    size_t chain_count;
    struct grant own, parent;
    struct buf memory;
};
/* `terms` as they were sent. Errors: ERR_MALFORMED, ERR_TOO_LARGE, ERR_REFUSED (the chain is not
 * what the token says, or its first admins are not those), those of roster_add, ERR_NOT_YET
 * (waits), and the parent's reason. */
enum status enrol_accept(struct enrolled *out, const struct token *token,
                         const struct sign_key *key, const struct grant_terms *terms,
                         struct bytes frame, struct err *err);
void enrolled_free(struct enrolled *enrolled);
/* The answer to a confirm. A child that never hears it is a member all the same.
 * Errors: ERR_MALFORMED, and the parent's reason. */
enum status enrol_confirmed(struct bytes frame, struct err *err);

struct enrol_attempt { /* of one reason, for one token or from strangers: the newest, and how many
                        */
    uint64_t first_unix_ms, unix_ms, count;
    struct division division; /* as claimed */
    enum status reason;
    struct enrol_asker from;
    char text[128];
};
/* Newest first. Errors: ERR_IO, ERR_CORRUPT. */
enum status enrol_attempts(const struct store *store, struct store_snapshot *snapshot,
                           void (*visit)(void *arg, const struct enrol_attempt *attempt), void *arg,
                           struct err *err);

#endif
