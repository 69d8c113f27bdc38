/* Codes and sentences. In a sentence '#' stands for what the refusal is about (a field with its
 * name, a quantity, a rule) and '@' for the advice that belongs to it. */
#include "node/ledger/reason.h"

#include <assert.h>
#include <stdio.h>

#include "node/ledger/kinds.h"

static const struct phrase {
    const char *code; /* ends in '_' where `what` follows */
    const char *en, *zh;
} phrases[REASONS] = {
    [REASON_NONE] = {"", "", ""},
    [REASON_MALFORMED] =
        {"malformed",
         "The line cannot be read: give one JSON object a line, or CSV under its "
         "header, in UTF-8.",
         "这一行无法读取：请每行给出一个 JSON 对象，或带表头的 CSV，并使用 UTF-8 编码。"},
    [REASON_UNKNOWN_KIND] =
        {"unknown_kind",
         "There is no such kind of document: correct 'kind', for example "
         "budget, transfer, allocate or payment.",
         "没有这种单据：请更正 kind，例如 budget、transfer、allocate、payment。"},
    [REASON_NODE_ONLY] = {"node_only",
                          "Documents of this kind are written by the node itself: leave it out.",
                          "此类单据由节点自动生成：请勿提交。"},
    [REASON_UNKNOWN_FIELD] = {"unknown_field_",
                              "Documents of this kind have no field #: remove it or correct its "
                              "name.",
                              "此类单据没有字段 #：请删除或更正字段名。"},
    [REASON_MISSING] = {"missing_", "The field # is missing: add it and submit again.",
                        "缺少字段 #：请补上后重新提交。"},
    [REASON_BAD] = {"bad_", "The value of # cannot be accepted: give @.",
                    "字段 # 的值不合规定：应为@，请更正。"},
    [REASON_NOT_YOURS] =
        {"not_yours",
         "The document belongs to another division: submit it at that division's "
         "own node, or correct mof_div_code.",
         "该单据属于其他区划：请到该区划的节点提交，或更正 mof_div_code（财政区划）。"},
    [REASON_EXISTS] = {"exists", "The document is in the ledger already: nothing more to do.",
                       "该单据已入账：无须再次提交。"},
    [REASON_EXISTS_DIFFERENT] =
        {"exists_with_different_",
         "A document with this id is there already and says something else "
         "in #: use a new id for a new document, or resend the first one "
         "unchanged.",
         "相同编号的单据已存在，但 # 不同：新单据请使用新编号，重发请保持原样。"},
    [REASON_CLOSED_YEAR] = {"closed_year",
                            "The fiscal year is closed: enter the document in an open year.",
                            "该预算年度已结账：请在未结账的年度办理。"},
    [REASON_UNKNOWN] = {"unknown_", "What # names is not in this ledger: @.",
                        "# 所指的内容在本账中不存在：@。"},
    [REASON_YEAR_DIFFERS] =
        {"year_differs",
         "The document names one of another fiscal year: give both the same "
         "fiscal_year.",
         "与所引用单据的预算年度不一致：请使用相同的 fiscal_year（预算年度）。"},
    [REASON_NOT_BELOW_YOU] = {"not_below_you",
                              "The division is not below this one: choose a division of your own "
                              "subtree, or have it invited first.",
                              "该区划不在本级之下：请选择所辖区划，或先邀请其加入。"},
    [REASON_NOT_FOR_YOU] = {"not_for_you",
                            "The transfer was issued to another division: correct the id, or leave "
                            "the answer to its receiver.",
                            "该转移支付不是下达给本级的：请更正编号，或由接收方答复。"},
    [REASON_UPPER_HAS_NODE] =
        {"upper_has_node",
         "That level has a node of its own: wait for its transfer and "
         "register it in place of a transfer_in.",
         "上级已有节点：请等待其下达后用 register（登记）接收，不要手工录入。"},
    [REASON_RECEIPT_ALREADY_BOOKED] =
        {"receipt_already_booked",
         "This bank receipt number is booked under another id: "
         "check agent_business_no and do not book it twice.",
         "该银行流水号已在另一单据入账：请核对 agent_business_no（银行流水号），不要重复入账。"},
    [REASON_WRONG_STATE] =
        {"wrong_state",
         "What the document names does not stand where this step is possible: "
         "look at it with 'terrace get' and take the step that comes next.",
         "所引用的单据目前的状态不能办理此步骤：请用 terrace get 查看后再办理相应步骤。"},
    [REASON_FUND_TYPE_DIFFERS] =
        {"fund_type_differs",
         "The fund type is not that of the money it comes from: leave "
         "fund_type_code out or give the same one.",
         "资金性质与来源不一致：请不填 fund_type_code（资金性质）或填写与来源相同的代码。"},
    [REASON_EARMARK_DIFFERS] = {"earmark_differs",
                                "The money is earmarked: keep the project and the transfer "
                                "function it came with, and pass it on as special.",
                                "专项资金不得改变用途：请保持原项目和转移支付支出功能分类，"
                                "转下达时仍为专项（special）。"},
    [REASON_EXCEEDS] = {"exceeds_",
                        "The amount is more than what is #: lower it, or free or add money first.",
                        "金额超过#：请减少金额，或先增加、释放额度。"},
    [REASON_BLOCKED_BY_RULE] = {"blocked_by_rule_",
                                "Monitoring rule # forbids it: correct the document, or ask the "
                                "office that owns the rule.",
                                "监控规则 # 禁止办理：请更正单据，或联系规则的管理部门。"},
    [REASON_DISK_FULL] = {"disk_full",
                          "The node's disk is nearly full and it takes no new business: free "
                          "space, then submit again.",
                          "节点磁盘将满，暂停受理新业务：请清理磁盘空间后重新提交。"},
    [REASON_NEEDS_MAKER] = {"needs_maker",
                            "Documents of this kind need approval: submit it as an operator with "
                            "--as USER.",
                            "此类单据须经审批：请用 --as 指定经办操作员后提交。"},
    [REASON_SAME_PERSON] = {"same_person",
                            "The maker of a document may not approve it: let another operator "
                            "approve it.",
                            "经办人不得审批自己的单据：请由其他操作员审批。"},
    [REASON_NOT_ALL] = {"not_all",
                        "Another line of this post was refused, so none was taken: correct that "
                        "line and submit them all again.",
                        "同批中另有单据被拒，整批未受理：请更正该行后整批重新提交。"},
    [REASON_NOT_PENDING] = {"not_pending",
                            "No document of this id waits for approval: see 'terrace pending' for "
                            "those that do.",
                            "没有待审批的这一单据：请用 terrace pending 查看待审批单据。"},
    [REASON_CHANGED] = {"changed",
                        "The document is not the one you have read; it was submitted again "
                        "meanwhile: read it with 'terrace pending' and decide anew.",
                        "该单据已不是您所看到的内容（其间已重新提交）：请用 terrace pending "
                        "重新查看后再审批。"},
    [REASON_SIGNER_ENDED] = {"signer_ended",
                             "The account of its maker, or your own, has been closed: reject it "
                             "and have another operator submit it.",
                             "经办人或审批人的账号已停用：请退回该单据，由其他操作员重新提交。"},
};

/* What a value of each type must look like. */
static const struct advice {
    const char *en, *zh;
} bad_advice[] = {
    [TYPE_ID] = {"1-38 of the characters A-Z a-z 0-9 - _ . beginning with a letter or digit",
                 "以字母或数字开头的 1-38 位字母、数字、-、_、."},
    [TYPE_DIVISION] = {"a division code of 1-9 capital letters or digits",
                       "1-9 位大写字母或数字组成的区划代码"},
    [TYPE_CODE] = {"a code of plain characters without spaces, within its length",
                   "不含空格的代码，且不超过规定长度"},
    [TYPE_TEXT] = {"a UTF-8 text without control characters, within its length",
                   "不含控制字符的 UTF-8 文本，且不超过规定长度"},
    [TYPE_DATE] = {"a real date as YYYY-MM-DD", "YYYY-MM-DD 格式的有效日期"},
    [TYPE_FLAG] = {"1 for yes or 2 for no", "1（是）或 2（否）"},
    [TYPE_WORD] = {"one of the words this kind of document knows", "此类单据规定的取值之一"},
    [TYPE_YEAR] = {"a year of four digits", "四位数字的年度"},
    [TYPE_NUMBER] = {"a whole number from 0 to 999999999", "0 至 999999999 的整数"},
    [TYPE_AMOUNT] =
        {"yuan above 0 and below 11 trillion with at most two decimals, written as text: "
         "in JSON in quotes, such as \"1250.00\"",
         "大于 0、小于 11 万亿、最多两位小数的元，以文本书写：JSON 中加引号，例如 \"1250.00\""},
    [TYPE_HASH] = {"32 bytes", "32 字节"},
};

static const struct unknown_advice {
    enum field field;
    struct advice advice;
} unknown_advice[] = {
    {FIELD_BGT_ID,
     {"check the id with 'terrace list', enter that document first, or give the ori_div_code of "
      "the "
      "division that issued it",
      "请用 terrace list 核对编号，或先录入该单据；非直接上级下达的请填写 "
      "ori_div_code（来源方财政区划）"}},
    {FIELD_ORI_BGT_ID,
     {"check the id with 'terrace list', or enter that indicator first",
      "请用 terrace list 核对编号，或先录入该指标"}},
    {FIELD_EARLY_BGT_ID,
     {"check the id of the early transfer with 'terrace list transfer'",
      "请用 terrace list transfer 核对提前下达的编号"}},
    {FIELD_PAY_APP_ID,
     {"check the id with 'terrace list payment', or enter the application first",
      "请用 terrace list payment 核对编号，或先提交支付申请"}},
    {FIELD_AGENCY_CODE,
     {"submit the agency first, or correct the code", "请先录入该预算单位，或更正代码"}},
    {FIELD_PRO_CODE,
     {"submit the project first, or correct the code", "请先录入该项目，或更正代码"}},
    {FIELD_AGENCY_ACCT_NO,
     {"submit the bank_account first, or correct the number", "请先录入该单位账户，或更正账号"}},
    {FIELD_ORI_DIV_CODE,
     {"name the division that issued the transfer, or leave it out for the one above",
      "请填写下达该转移支付的区划，直接上级下达的可不填"}},
    {FIELD_REC_DIV_CODE,
     {"have the division invited first, or correct the code", "请先邀请该区划加入，或更正代码"}},
};
static const struct advice unknown_code_advice = {
    "use a code of the loaded code set, or submit the element first",
    "请使用已加载代码集中的代码，或先录入该要素"};

/* What is exceeded, as the checks name it and as people do. */
static const struct quantity {
    const char *what, *en, *zh;
} quantities[] = {
    {"available", "available on the indicator", "指标可用额度"},
    {"pending", "awaiting release on the indicator", "待下达指标余额"},
    {"frozen", "frozen on the indicator", "冻结金额"},
    {"committed", "still committed to the application", "支付申请的未支付金额"},
    {"spent", "paid on the application", "已支付金额"},
};

static bool takes_what(enum reason reason)
{
    const char *code = phrases[reason].code;
    const size_t size = strlen(code);

    return size > 0 && code[size - 1] == '_';
}

void reason_code(char out[REASON_CODE_MAX], const struct refusal *refusal)
{
    assert(refusal->reason < REASONS);
    (void)snprintf(out, REASON_CODE_MAX, "%s%s", phrases[refusal->reason].code,
                   takes_what(refusal->reason) ? refusal->what : "");
}

/* --- sentences --- */

struct sentence {
    char *out;
    size_t size;
};

/* Cut, never overrun, and never inside a character. */
static void say(struct sentence *sentence, const char *text)
{
    size_t more = strlen(text);
    const size_t room = (size_t)REASON_MESSAGE_MAX - 1 - sentence->size;

    if (more > room) {
        more = room;
        while (more > 0 && ((unsigned char)text[more] & 0xc0) == 0x80) {
            more--;
        }
    }
    memcpy(sentence->out + sentence->size, text, more);
    sentence->size += more;
    sentence->out[sentence->size] = '\0';
}

static const char *choose(const struct advice *advice, enum language language)
{
    return language == LANGUAGE_ZH ? advice->zh : advice->en;
}

static void say_what(struct sentence *sentence, const struct refusal *refusal,
                     enum language language)
{
    const enum field field = field_named(bytes_text(refusal->what));

    if (refusal->reason == REASON_EXCEEDS) {
        for (size_t i = 0; i < COUNT_OF(quantities); i++) {
            if (strcmp(quantities[i].what, refusal->what) == 0) {
                say(sentence, language == LANGUAGE_ZH ? quantities[i].zh : quantities[i].en);
                return;
            }
        }
    }
    say(sentence, refusal->what);
    if (language == LANGUAGE_ZH && field != FIELDS && *field_name_zh(field) != '\0') {
        say(sentence, "（");
        say(sentence, field_name_zh(field));
        say(sentence, "）");
    }
}

static const struct advice *advice_for(const struct refusal *refusal)
{
    const enum field field = field_named(bytes_text(refusal->what));

    if (refusal->reason == REASON_BAD) {
        return &bad_advice[field == FIELDS ? TYPE_TEXT : field_info(field)->type];
    }
    for (size_t i = 0; i < COUNT_OF(unknown_advice); i++) {
        if (unknown_advice[i].field == field) {
            return &unknown_advice[i].advice;
        }
    }
    return &unknown_code_advice;
}

static void say_pattern(struct sentence *sentence, const char *pattern,
                        const struct refusal *refusal, enum language language)
{
    while (*pattern != '\0') {
        const size_t plain = strcspn(pattern, "#@");
        char piece[REASON_MESSAGE_MAX];

        assert(plain < sizeof piece);
        memcpy(piece, pattern, plain);
        piece[plain] = '\0';
        say(sentence, piece);
        pattern += plain;
        if (*pattern == '#') {
            say_what(sentence, refusal, language);
            pattern++;
        } else if (*pattern == '@') {
            say(sentence, choose(advice_for(refusal), language));
            pattern++;
        }
    }
}

void reason_message(char out[REASON_MESSAGE_MAX], const struct refusal *refusal,
                    enum language language)
{
    struct sentence sentence = {out, 0};
    const struct phrase *phrase;

    assert(refusal->reason < REASONS);
    phrase = &phrases[refusal->reason];
    out[0] = '\0';
    say_pattern(&sentence, language == LANGUAGE_ZH ? phrase->zh : phrase->en, refusal, language);
    if (refusal->detail[0] != '\0') {
        say(&sentence, language == LANGUAGE_ZH ? "（" : " (");
        say(&sentence, refusal->detail);
        say(&sentence, language == LANGUAGE_ZH ? "）" : ")");
    }
}

/* --- making one --- */

/* `what` may be a name a stranger typed: it becomes part of a code, so no spaces and no control
 * characters, and not cut inside a character. */
static void take_what(char *out, size_t capacity, const char *what)
{
    size_t size = strlen(what);

    if (size >= capacity) {
        size = capacity - 1;
        while (size > 0 && ((unsigned char)what[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)what[i];
        out[i] = c <= ' ' || c == 0x7f || c == '"' || c == '\\' ? '_' : (char)c;
    }
    out[size] = '\0';
}

enum reason refuse(struct refusal *refusal, enum reason reason, const char *what)
{
    assert(reason < REASONS);
    refusal->reason = reason;
    refusal->detail[0] = '\0';
    take_what(refusal->what, sizeof refusal->what, what);
    return reason;
}

enum reason refuse_field(struct refusal *refusal, enum reason reason, enum field field)
{
    const char *name = field_info(field)->name;

    assert(name != NULL);
    return refuse(refusal, reason, name);
}
