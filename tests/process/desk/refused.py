"""refused - a maker whose file comes from a spreadsheet: what cannot be taken is told with the cell and
how to mend it, the nearest known is offered while he still writes, and what a file became whose
encoding is guessed he sees before it is signed."""
import csv
import io
import os

from .common import LANGUAGES, at_terminal, lines_of, need, payment, run, says

MAKER = "卓玛"


def filled_in(county, **fields):
    """The template of a payment with one row of his own."""
    template = run(county, "template", "payment", language="zh").out
    header, example = list(csv.reader(io.StringIO(template)))[:2]
    names = [title.split("（")[0] for title in header]
    out = io.StringIO()
    csv.writer(out).writerows([header, [fields.get(name, example[i]) for i, name in enumerate(names)]])
    return out.getvalue()


def file_of(county, name, content):
    path = os.path.join(county.tree.base, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def a_bad_cell_is_mended_and_handed_in_again(county):
    good = dict(id="RF1", bgt_id="AL1", pay_app_amt="1488.53", payee_acct_no="6228000000540000")
    for language, bad, words in [
            ("zh", dict(pay_app_amt="1,488.53"), ["支付申请金额", "“1,488.53”", "请写成 1488.53"]),
            ("en", dict(pay_app_amt="1,488.53"), ["pay_app_amt", '"1,488.53"', "write 1488.53"]),
            ("zh", dict(payee_acct_no="6.228E+15"), ["收款人账号", "科学计数"]),
            ("en", dict(payee_acct_no="6.228E+15"), ["payee_acct_no", "powers of ten"])]:
        path = file_of(county, "payment.csv", filled_in(county, **good | bad).encode())
        code, seen = at_terminal(county, "submit", path, "--kind", "payment", person=MAKER, language=language)
        need(code == 1 and all(word in seen for word in words), f"exit {code}, expected {words}: {seen}")
    path = file_of(county, "payment.csv", filled_in(county, **good).encode())
    code, seen = at_terminal(county, "submit", path, "--kind", "payment", person=MAKER, language="zh")
    need(code == 0 and "RF1" in seen, f"what was mended is not taken: {seen}")
    says(county, 0, [], "withdraw", "RF1", person=MAKER)


def the_nearest_known_is_offered_to_a_draft(county):
    for language, words in (("zh", "是否指 AL1？"), ("en", "Did you mean AL1?")):
        typed = lines_of([payment(f"RF2{language}", "1.00", line="AL11")])
        done = says(county, 0, [words], "submit", "-", person=MAKER, language=language, stdin=typed)
        need('"would_refuse":"unknown_bgt_id"' in done.out, done.out)
        for other, again in (("zh", "是否指 AL1？）"), ("en", "Did you mean AL1?)")):  # it waits already
            says(county, 0, [again], "submit", "-", person=MAKER, language=other, stdin=typed)
        says(county, 0, [], "withdraw", f"RF2{language}", person=MAKER)


def the_checker_is_shown_what_was_meant(county):
    path = file_of(county, "meant.ndjson", lines_of([payment("RF4", "1.00", line="AL11")]))
    says(county, 0, ["AL1"], "submit", path, person=MAKER)
    for language, words in (("zh", "是否指 AL1？"), ("en", "Did you mean AL1?")):
        says(county, 0, [words], "pending", "--batch", "meant.ndjson", language=language)
    says(county, 0, [], "withdraw", "RF4", person=MAKER)


HEADER = "id,fiscal_year,pay_app_id,amount,reason\n"


def a_wrong_file_is_told_what_is_wrong(county):
    for content, code, zh, en in [
            ("id;fiscal_year;amount\n1;2;3\n", 2, "不是英文逗号", "no comma"),
            ("id，fiscal_year，amount\n", 2, "不是英文逗号", "no comma"),
            ("id,year,amonut\n", 2, "“year”的字段；第 3 列：没有名为“amonut”的字段，是否指 amount。",
             '"year" is no field; column 3: "amonut" is no field, amount is.'),
            (HEADER, 0, "只有表头", "no row under it"),
            (HEADER + "RF5,2026,P1,1,2,3\n", 1, "该行有 6 列，表头有 5 列", "6 cells and the header 5")]:
        path = file_of(county, "refund.csv", content.encode())
        for language, words in (("zh", zh), ("en", en)):
            says(county, code, [words], "submit", path, "--kind", "refund", person=MAKER, language=language)


def a_state_goes_by_the_name_that_the_table_shows(county):
    listed = [run(county, "list", "payment", "--state", word, language="zh").out for word in ("已支付", "paid")]
    need(listed[0] == listed[1], f"{listed}")
    says(county, 2, ["是否指 paid？"], "list", "payment", "--state", "payd", language="zh")
    says(county, 2, ["Did you mean paid?"], "list", "payment", "--state", "payd", language="en")


def what_a_table_says_is_explained(county):
    for word, zh, en in [("序号", "日志中的次序", "place of an entry"), ("待审", "不影响账目", "moves no money"),
                         ("maker", "另一人审核", "another must approve"), ("摘要", "短码", "short number"),
                         ("批次", "--batch", "--batch"), ("checker", "审核或退回", "approves")]:
        says(county, 0, [zh], "explain", word, language="zh")
        says(county, 0, [en], "explain", word, language="en")


def what_a_guessed_file_became_is_asked(county):
    text = "id,fiscal_year,agency_code,agency_name\nRF3,2026,105991,林周县农牧局\n"
    path = file_of(county, "agency.csv", text.encode("gb18030"))
    for language in LANGUAGES:
        for typed, code in ((b"n\n", 2), (b"y\n", 0)):
            got, seen = at_terminal(county, "submit", path, "--kind", "agency", person=MAKER, language=language,
                                    typed=typed)
            need(got == code and "林周县农牧局" in seen and "GB18030" in seen, f"exit {got}, {code}: {seen}")
            if code == 2:
                says(county, 1, [], "get", "RF3")
        says(county, 0, [], "withdraw", "RF3", person=MAKER)


STEPS = [a_bad_cell_is_mended_and_handed_in_again, the_nearest_known_is_offered_to_a_draft,
         the_checker_is_shown_what_was_meant, a_wrong_file_is_told_what_is_wrong,
         a_state_goes_by_the_name_that_the_table_shows, what_a_table_says_is_explained,
         what_a_guessed_file_became_is_asked]
