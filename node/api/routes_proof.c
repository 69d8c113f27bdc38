#include "node/api/routes_proof.h"

#include "node/api/names.h"
#include "node/api/routes_document.h"
#include "node/ledger/verify/verify_entry.h"

/* --- what was checked --- */

static void write_checks(struct json_out *out, const struct entry_proof *proof,
                         enum language language)
{
    char words[TEXT_BYTES_MAX];

    out_open(out, "checks", '[');
    for (enum entry_check check = CHECK_SIGNATURE; check < ENTRY_CHECKS; check++) {
        out_open(out, NULL, '{');
        out_text(out, "check", entry_check_name(check));
        out_text(out, "result", check_result_name(proof->checks[check].result));
        if (proof->checks[check].why != NULL) {
            out_text(out, "why", text_in(language, words, proof->checks[check].why));
        }
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_approvals(struct json_out *out, const struct entry_proof *proof)
{
    out_open(out, "approvals", '[');
    for (size_t i = 0; i < proof->person_count; i++) {
        const struct entry_person *person = &proof->persons[i];
        const struct approval_group *group = person->group;

        out_open(out, NULL, '{');
        out_text(out, "role", group->role == ROLE_MAKER ? "maker" : "checker");
        if (person->name[0] != '\0') {
            out_text(out, "name", person->name);
        }
        out_hex(out, "key", &group->key, sizeof group->key);
        out_time(out, "time", group->time_ms);
        out_count(out, "documents", group->leaf_count);
        out_bool(out, "signed_it", person->signed_it);
        out_hex(out, "signature", &group->signature, sizeof group->signature);
        out_close(out, '}');
    }
    out_close(out, ']');
}

/* --- as it was signed --- */

static void write_block(struct json_out *out, const struct entry_proof *proof)
{
    const struct block_header *header = &proof->block.header;

    out_open(out, "block", '{');
    out_count(out, "first_lsn", header->first_lsn);
    out_count(out, "count", header->count);
    out_count(out, "epoch", header->epoch);
    out_time(out, "time", header->time_ms);
    out_count(out, "bytes", proof->block.whole.size);
    out_hex(out, "hash", &proof->block_hash, sizeof proof->block_hash);
    out_hex(out, "signature", &proof->block.signature, sizeof proof->block.signature);
    out_hex(out, "key", &proof->author_key, sizeof proof->author_key);
    out_hex(out, "prev_hash", &header->prev_hash, sizeof header->prev_hash);
    out_hex(out, "entries_root", &proof->root, sizeof proof->root);
    out_hex(out, "state_digest", &header->state_digest, sizeof header->state_digest);
    out_close(out, '}');
    out_open(out, "path", '[');
    for (size_t i = 0; i < proof->path_count; i++) {
        out_hex(out, NULL, &proof->path[i], sizeof proof->path[i]);
    }
    out_close(out, ']');
}

/* The node wrote it out of what the document names. */
static bool is_inherited(const struct document *document, enum field field)
{
    const struct bytes tags = document_text(document, FIELD_INHERITED);

    return tags.size > 0 && memchr(tags.data, (int)field, tags.size) != NULL;
}

/* What a code is called here; divisions, agencies and projects by name, the others by their set. */
static void write_name(struct json_out *out, const struct names *names,
                       const struct document_row *row, const struct document *document,
                       enum field field)
{
    const struct bytes code = document_text(document, field);
    struct division division;
    struct bytes name;

    switch (field) {
    case FIELD_AGENCY_CODE:
        out_owned_name(out, "name", names, ROW_AGENCY, row->author, code);
        return;
    case FIELD_PRO_CODE:
        out_owned_name(out, "name", names, ROW_PROJECT, row->author, code);
        return;
    case FIELD_REC_DIV_CODE:
    case FIELD_ORI_DIV_CODE:
    case FIELD_MOF_DIV_CODE:
        if (division_parse(&division, code)) {
            out_division_name(out, "name", names, division);
        }
        return;
    default:
        name = field_info(field)->type == TYPE_CODE
                   ? name_of_code(names->txn, field, row->year, code)
                   : BYTES_NONE;
        if (name.size > 0) {
            out_bytes(out, "name", name);
        }
        return;
    }
}

/* The line that a payment or another document is about: whose money it is. */
static void write_line(struct json_out *out, const struct names *names,
                       const struct document_row *row, const struct document *document)
{
    const struct bytes id = document_about(document);
    struct indicator line;

    if (id.size == 0 || kind_info(row->kind)->about != ABOUT_LINE ||
        !indicator_load(names->txn, row->author, id, &line)) {
        return;
    }
    out_open(out, "line", '{');
    out_bytes(out, "id", id);
    if (line.agency.size > 0) {
        out_bytes(out, "agency_code", line.agency);
        out_owned_name(out, "agency_name", names, ROW_AGENCY, row->author, line.agency);
    }
    if (line.project.size > 0) {
        out_bytes(out, "pro_code", line.project);
        out_owned_name(out, "pro_name", names, ROW_PROJECT, row->author, line.project);
    }
    out_amount(out, "available", line.balance[ACC_AVAIL]);
    out_close(out, '}');
}

static void write_fields(struct json_out *out, const struct names *names,
                         const struct document_row *row, const struct entry *entry)
{
    struct document document;
    struct err err;

    if (document_decode(&document, entry->kind, entry->body, &err) != OK) {
        return;
    }
    write_line(out, names, row, &document);
    out_open(out, "fields", '[');
    for (enum field field = 1; field < FIELDS; field++) {
        if (!document_has(&document, field) || field_info(field)->name == NULL ||
            field == FIELD_INHERITED) {
            continue;
        }
        out_open(out, NULL, '{');
        out_count(out, "tag", field);
        out_text(out, "field", field_info(field)->name);
        out_field(out, "value", &document, field);
        write_name(out, names, row, &document, field);
        if (is_inherited(&document, field)) {
            out_bool(out, "inherited", true);
        }
        out_close(out, '}');
    }
    out_close(out, ']');
}

static void write_proof(struct json_out *out, const struct names *names,
                        const struct document_row *row, const struct entry_proof *proof,
                        enum language language)
{
    const struct entry *entry = &proof->body.entries[proof->index];

    out_open(out, NULL, '{');
    out_text(out, "division", row->author.code);
    out_text(out, "id", row->id);
    out_count(out, "lsn", entry->lsn);
    out_time(out, "time", entry->time_ms);
    out_count(out, "format", entry->format);
    write_checks(out, proof, language);
    write_approvals(out, proof);
    out_hex(out, "document_hash", &proof->document_hash, sizeof proof->document_hash);
    out_hex(out, "entry_hash", &proof->leaf, sizeof proof->leaf);
    write_block(out, proof);
    write_fields(out, names, row, entry);
    out_hex(out, "bytes", entry->body.data, entry->body.size);
}

/* --- the request --- */

static void answer_proof(const struct request *request, struct answer *answer,
                         const struct view *view, const struct roster_snapshot *roster,
                         const struct document_row *row)
{
    const struct clock *clock = &request->service->clock;
    const uint64_t begin_ms = clock_mono_ms(clock);
    const struct entry_question question = {view->store,    view->snapshot, view->txn,
                                            roster->roster, row->author,    row->lsn};
    const struct names names = {view->txn, roster};
    struct json_out out = json_to(&answer->body);
    struct entry_proof proof;
    struct err err;

    if (verify_entry(&proof, &question, &err) == OK) {
        write_proof(&out, &names, row, &proof, request->language);
        out_time(&out, "checked", clock_unix_ms(clock));
        out_count(&out, "took_ms", clock_mono_ms(clock) - begin_ms);
        out_close(&out, '}');
        (void)view_sound(view, request, answer);
    } else {
        answer_because(request, answer, API_STORE_FAILED, err.text);
    }
    entry_proof_free(&proof);
}

void get_proof(struct request *request, struct answer *answer)
{
    struct roster_snapshot *roster;
    struct document_row row;
    struct division author;
    struct view view;

    if (!request_author(request, answer, &author)) {
        return;
    }
    view_open(&view, request->service);
    if (query_document(view.txn, author, bytes_text(request->argument[0]), &row)) {
        roster = roster_snapshot_open(&view, request, answer);
        if (roster != NULL) {
            answer_proof(request, answer, &view, roster, &row);
        }
        roster_snapshot_release(request->service, roster);
    } else {
        answer_no_document(request, answer, &view);
    }
    view_close(&view);
}
