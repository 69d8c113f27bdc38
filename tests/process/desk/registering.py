"""registering - a county answers the transfers from above, and is told which one it answered."""
import json

from .common import LANGUAGES, YEAR, at_terminal, lines_of, need, trees

REGION, CITY, COUNTY = "540000", "540100", "540121"


def documents(*rows):
    return lines_of(dict(row, fiscal_year=YEAR) for row in rows)


def enter(node, *rows, as_user=None):
    """All accepted, or the test fails; the answers."""
    code, out, err = node.run("submit", "-", stdin=documents(*rows), check=False, as_user=as_user)
    answers = [json.loads(line) for line in out.splitlines()]
    need(code == 0 and len(answers) == len(rows), f"submit at {node.division}: {answers} {err}")
    return answers


def one(node, row, code=0, lang="en", as_user=None):
    """The answer to a single document."""
    got, out, err = node.run("--lang", lang, "submit", "-", stdin=documents(row), check=False,
                             as_user=as_user)
    need(got == code, f"{row}: exit {got}, want {code}: {out}{err}")
    return json.loads(out)


def transfer(ident, origin, receiver, amount, number, **more):
    return dict(kind="transfer", id=ident, ori_bgt_id=origin, rec_div_code=receiver, amount=amount,
                cor_bgt_doc_no=number, tra_type_code="general", stage="formal", **more)


def register(ident, transfer_id, **more):
    return dict(kind="register", id=ident, bgt_id=transfer_id, **more)


def holds(node, author, ident):
    trees.wait_until(lambda: node.run("get", ident, "--division", author, check=False)[0] == 0, 60,
                     f"{node.division} to hold {ident} of {author}")


def two_above_use_one_number(tree):
    """13,094,400.00 of the region and 7,936,000.00 of the city, both as T-0301."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    enter(region, dict(kind="budget", id="B-1", stage="reply", fund_type_code="111",
                       amount="90000000.00", approval_ref="人大〔2026〕1号"))
    enter(region, transfer("T-0301", "B-1", COUNTY, "13094400.00", "藏财预〔2026〕12号"))
    enter(region, transfer("T-0300", "B-1", CITY, "20000000.00", "藏财预〔2026〕11号"))
    holds(city, REGION, "T-0300")
    enter(city, register("R-0300", "T-0300"))
    enter(city, transfer("T-0301", "R-0300", COUNTY, "7936000.00", "拉财预〔2026〕3号"))
    holds(county, REGION, "T-0301")
    holds(county, CITY, "T-0301")


def nobody_guesses_whose_it_is(county):
    for lang in LANGUAGES:
        for row in (register("R-1", "T-0301"), dict(register("R-1", "T-0301"), kind="return",
                                                    reason="误发")):
            answer = one(county, row, code=1, lang=lang)
            need(answer["reason"] == "ambiguous_issuer", f"{answer}")
            for words in ("540100 7936000.00 拉财预〔2026〕3号",
                          "540000 13094400.00 藏财预〔2026〕12号", "ori_div_code"):
                need(words in answer["message"], f"{lang}: no {words}: {answer['message']}")
    screen = at_terminal(county, "submit", file_of(county, register("R-1", "T-0301")), language="zh")
    need(screen[0] == 1 and "拉财预〔2026〕3号" in screen[1], f"{screen}")
    need(county.run("get", "R-1", check=False)[0] == 1, "something was registered all the same")


def file_of(node, row):
    path = f"{node.home}.one.ndjson"
    with open(path, "wb") as out:
        out.write(documents(row))
    return path


def the_answer_says_which_it_was(county):
    answer = one(county, register("R-1", "T-0301", ori_div_code=CITY))
    want = {"status": "accepted", "kind": "register", "issuer": CITY, "issuer_name": "拉萨市",
            "amount": "7936000.00", "document_no": "拉财预〔2026〕3号"}
    need(want.items() <= answer.items(), f"{answer}")
    path = file_of(county, register("R-1", "T-0301", ori_div_code=CITY))
    for lang, words in (("en", ("issuer 拉萨市 (540100)", "amount 7,936,000.00",
                                "document number 拉财预〔2026〕3号")),
                        ("zh", ("来源方 拉萨市（540100）", "金额 7,936,000.00 元",
                                "文号 拉财预〔2026〕3号"))):
        code, screen = at_terminal(county, "submit", path, language=lang)
        need(code == 0 and all(word in screen for word in words), f"{lang}: {screen}")


def so_does_every_other_answer(tree):
    region, county = tree[REGION], tree[COUNTY]
    enter(region, transfer("T-0302", "B-1", COUNTY, "5.00", "藏财预〔2026〕13号"))
    holds(county, REGION, "T-0302")
    back = one(county, dict(kind="return", id="Z-1", bgt_id="T-0302", ori_div_code=REGION,
                            reason="误发"))
    need({"issuer": REGION, "amount": "5.00",
          "document_no": "藏财预〔2026〕13号"}.items() <= back.items(), f"{back}")
    enter(county, dict(kind="agency", id="AG-1", agency_code="105", agency_name="教育局"))
    sent = one(region, transfer("T-0303", "B-1", CITY, "1.00", "藏财预〔2026〕14号"))
    need({"receiver": CITY, "receiver_name": "拉萨市", "amount": "1.00"}.items() <= sent.items(),
         f"{sent}")
    two = enter(county, dict(kind="agency", id="AG-2", agency_code="106", agency_name="卫健局"),
                dict(kind="agency", id="AG-3", agency_code="107", agency_name="农业局"))
    need(all("kind" not in answer for answer in two), f"of several, each is shown: {two}")


def what_waits_stands_in_the_reconciliation(tree):
    """The edges from above, at the county itself; what is registered waits no more."""
    rows = {(row["issuer"], row["receiver"]): row
            for row in tree[COUNTY].json("report", "reconcile")["rows"]}
    need(set(rows) == {(REGION, COUNTY), (CITY, COUNTY)}, f"edges {sorted(rows)}")
    region, city = rows[REGION, COUNTY], rows[CITY, COUNTY]
    need((region["to_register"], region["in_transit"], region["difference"]) ==
         (1, "13094400.00", "0.00"), f"{region}")
    need((city["to_register"], city["registered"], city["in_transit"]) ==
         (0, "7936000.00", "0.00"), f"{city}")
    for lang, word in (("en", "to register"), ("zh", "待登记")):
        need(word in tree[COUNTY].run("--lang", lang, "report", "reconcile")[1], f"{lang}: no {word}")


def walk(tree):
    two_above_use_one_number(tree)
    nobody_guesses_whose_it_is(tree[COUNTY])
    the_answer_says_which_it_was(tree[COUNTY])
    so_does_every_other_answer(tree)
    what_waits_stands_in_the_reconciliation(tree)
