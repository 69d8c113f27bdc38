#include "node/office/caption.h"

#include "node/office/brief.h"

static void copy_text(char *out, size_t size, struct bytes text)
{
    char whole[CAPTION_PAYEE_MAX + 1];
    const size_t kept = text.size < sizeof whole ? text.size : sizeof whole - 1;

    if (kept > 0) {
        memcpy(whole, text.data, kept);
    }
    whole[kept] = '\0';
    text_cut(out, size, whole);
}

static void fill_division(struct caption *caption, const struct roster *roster, bool from_issuer,
                          struct division division)
{
    const struct member *member = division_is_none(division) ? NULL : roster_find(roster, division);

    caption->from_issuer = from_issuer;
    caption->division = division;
    copy_text(caption->division_name, sizeof caption->division_name,
              member == NULL ? BYTES_NONE : bytes_text(member->grant.name));
}

void caption_fill(struct caption *caption, const struct roster *roster,
                  const struct document *document)
{
    const struct kind_info *info = kind_info(document->kind);
    struct brief brief;

    memset(caption, 0, sizeof *caption);
    if (info == NULL) {
        return;
    }
    brief_of(&brief, document);
    caption->kind = document->kind;
    fill_division(caption, roster, info->party == FIELD_ORI_DIV_CODE, brief.division);
    copy_text(caption->payee, sizeof caption->payee,
              document_text(document, FIELD_PAYEE_ACCT_NAME));
    caption->has_amount = document_has(document, info->money != 0 ? info->money : FIELD_AMOUNT);
    caption->amount = brief.money;
    copy_text(caption->number, sizeof caption->number, brief.paper);
}

void caption_fill_body(struct caption *caption, const struct roster *roster, uint32_t kind,
                       struct bytes body)
{
    struct document document;
    struct err err;

    if (caption != NULL && document_decode(&document, kind, body, &err) == OK) {
        caption_fill(caption, roster, &document);
    }
}

void caption_fill_open(struct caption *caption, const struct roster *roster,
                       const struct open_item *item, bool from_issuer)
{
    memset(caption, 0, sizeof *caption);
    caption->kind = item->kind;
    fill_division(caption, roster, from_issuer, from_issuer ? item->place.author : item->party);
    caption->has_amount = true;
    caption->amount = item->amount;
    copy_text(caption->number, sizeof caption->number, item->number);
}
