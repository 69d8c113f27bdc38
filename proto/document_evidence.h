/* document_evidence - a document that stood in its author's log above the place where a recovery,
 * or the end of a fork, went on (replicator/log/cut.h), and is entered once more: it names what
 * stood there.
 *
 *   body of before --hash--> evidence_hash
 *   body of now, without the three fields of evidence: the same bytes, or another text
 *
 * Such an entry has a format of its own (node/ledger/schema/kinds.h), so that who does not know the
 * fields waits for his next version. Thread: any. Units: lsn. */
#ifndef TERRACE_PROTO_DOCUMENT_EVIDENCE_H
#define TERRACE_PROTO_DOCUMENT_EVIDENCE_H

#include "proto/block.h"
#include "proto/document.h"

struct document_evidence {
    uint32_t epoch; /* of the author, then */
    uint64_t lsn;
    struct hash hash; /* TAG_CONTENT of the entry's body */
};

/* False unless all three fields are there. */
bool document_evidence(const struct document *document, struct document_evidence *out);
/* Is any of them there? */
bool document_has_evidence(const struct document *document);
/* Are all three there, or none? */
bool document_evidence_is_whole(const struct document *document);
/* Borrows `evidence`. They count as written out by the node. */
void document_set_evidence(struct document *document, const struct document_evidence *evidence);
/* As it would be without. */
void document_without_evidence(struct document *out, const struct document *document);
/* Has this body, which can be decoded, such fields? */
bool document_body_has_evidence(struct bytes body);

#endif
