#include "node/api/dry_json.h"

static void write_sums(struct json_out *out, const char *key, const int128 balance[ACCOUNTS])
{
    out_open(out, key, '{');
    for (enum account account = 1; account < ACCOUNTS; account++) {
        const struct account_info *info = account_info(account);

        if (balance[account] != 0) {
            out_amount(out, info->mnemonic,
                       info->normal < 0 ? -balance[account] : balance[account]);
        }
    }
    out_close(out, '}');
}

static void write_line(struct json_out *out, const struct dry_line *line)
{
    if (line->id[0] == '\0') {
        return;
    }
    out_open(out, "indicator", '{');
    out_text(out, "id", line->id);
    write_sums(out, "entered", line->entered);
    write_sums(out, "drafted", line->drafted);
    write_sums(out, "after", line->after);
    out_close(out, '}');
}

static void write_document(struct json_out *out, const struct document *document)
{
    out_open(out, "document", '{');
    out_document(out, document);
    out_close(out, '}');
    out_open(out, "written_out", '[');
    for (enum field field = 1; field < FIELDS; field++) {
        if (field_info(field)->name != NULL && document_inherited(document, field)) {
            out_text(out, NULL, field_info(field)->name);
        }
    }
    out_close(out, ']');
}

void write_dry_run(struct json_out *out, const struct dry_shown *shown)
{
    struct document document;
    struct err err;

    out_bool(out, "dry_run", true);
    if (shown->kind != 0 &&
        document_decode(&document, shown->kind, buf_bytes(&shown->body), &err) == OK) {
        write_document(out, &document);
        write_line(out, &shown->line);
    }
}
