"""waiting - a county's inbox: what waits for the division and for each of its persons, until it is
done, and what is late."""
import datetime
import json
import os

from .common import LANGUAGES, at_terminal, need, trees
from .registering import CITY, COUNTY, REGION, enter, holds, one, register, transfer

MAKER, CHECKER = "卓玛", "旺堆"
GROUPS = ["to_register", "to_correct", "to_approve", "awaiting_answer", "to_close"]
BEIJING = datetime.timezone(datetime.timedelta(hours=8))


def inbox(node, *options):
    answer = node.json("inbox", *options)
    need(list(answer["counts"]) == GROUPS and answer["division"] == node.division, f"{answer}")
    order = [GROUPS.index(row["group"]) for row in answer["rows"]]
    need(order == sorted(order), f"groups are mixed: {order}")
    return answer


def rows_of(answer, group):
    return [row for row in answer["rows"] if row["group"] == group]


def ids(answer, group):
    return [row["id"] for row in rows_of(answer, group)]


def line(node, lang, *options):
    return node.run("--lang", lang, "inbox", "--count", *options)[1]


def nothing_waits(node):
    for lang, words in (("en", "Nothing waits for you."), ("zh", "没有等您办的事。")):
        need(node.run("--lang", lang, "inbox")[1] == words + "\n", f"{lang}: not {words}")
        need(line(node, lang) == "", "a prompt says something where nothing waits")


def day_of(time, days):
    at = datetime.datetime.strptime(time[:19], "%Y-%m-%dT%H:%M:%S")
    at = at.replace(tzinfo=datetime.timezone.utc).astimezone(BEIJING)
    return (at.date() + datetime.timedelta(days=days)).isoformat()


def between(day, later):
    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(day)).days


def transfers_wait_by_the_day_they_are_due(tree):
    """The one issued later is due earlier, and stands first."""
    region, county = tree[REGION], tree[COUNTY]
    enter(region, transfer("T-1", "B-1", COUNTY, "100.00", "藏财预〔2026〕21号"))
    enter(region, transfer("T-2", "B-1", COUNTY, "2000.00", "藏财预〔2026〕22号", due_days="3"))
    holds(county, REGION, "T-2")
    answer = inbox(county)
    need(ids(answer, "to_register") == ["T-2", "T-1"], f"{answer['rows']}")
    for row, days in zip(rows_of(answer, "to_register"), (3, 7)):
        want = {"issuer": REGION, "issuer_name": "西藏自治区", "overdue": False,
                "days_left": between(answer["today"], row["due"]),
                "due": day_of(row["time"], days), "documents": 1, "kind": "transfer"}
        need(want.items() <= row.items(), f"{row}")
    need([(row["amount"], row["document_no"]) for row in rows_of(answer, "to_register")] ==
         [("2000.00", "藏财预〔2026〕22号"), ("100.00", "藏财预〔2026〕21号")], f"{answer['rows']}")
    counts = answer["counts"]["to_register"]
    need({"documents": 2, "amount": "2100.00", "overdue": 0,
          "first_due": answer["rows"][0]["due"]}.items() <= counts.items(), f"{counts}")
    need(line(county, "en") == "to register or answer 2\n" and line(county, "zh") == "待登记或答复 2\n",
         line(county, "en"))
    for lang, words in (("en", ("to register or answer: 2, 2,100.00 yuan, 0 overdue", "days late")),
                        ("zh", ("待登记或答复 2 笔，2,100.00 元，逾期 0 笔", "期限", "文号"))):
        code, screen = at_terminal(county, "inbox", language=lang)
        need(code == 0 and all(word in screen for word in words + ("藏财预〔2026〕22号", " 2,000.00")),
             screen)
        piped = county.run("--lang", lang, "inbox")[1]
        need("藏财预〔2026〕22号" in piped and " 2000.00 " in piped, piped)


def both_ends_name_the_same_day(tree):
    """What the county must register, the region awaits; until the answer."""
    region, county = tree[REGION], tree[COUNTY]
    here = {row["id"]: row["due"] for row in rows_of(inbox(county), "to_register")}
    there = {row["id"]: row for row in rows_of(inbox(region), "awaiting_answer")}
    need(here == {ident: row["due"] for ident, row in there.items() if row["receiver"] == COUNTY},
         f"{here} {there}")
    need(there["T-1"]["receiver_name"] == "林周县", f"{there}")
    enter(county, register("R-1", "T-1", ori_div_code=REGION))
    need(ids(inbox(county), "to_register") == ["T-2"], "an answered transfer waits still")
    trees.wait_until(lambda: "T-1" not in ids(inbox(region), "awaiting_answer"), 60,
                     "the region to hear of the answer")


def each_person_has_his_own(county):
    enter(county, dict(kind="agency", id="AG-1", agency_code="105", agency_name="教育局"))
    for name, role in ((MAKER, "maker"), (CHECKER, "checker")):
        county.run("user", "add", name, "--role", role)
    for ident, amount in (("A-1", "30.00"), ("A-2", "12.50")):
        one(county, dict(kind="allocate", id=ident, ori_bgt_id="R-1", agency_code="105",
                         amount=amount), as_user=MAKER)
    answer = inbox(county, "--user", CHECKER)
    need([(row["id"], row["amount"], row["maker"]) for row in rows_of(answer, "to_approve")] ==
         [("A-1", "30.00", MAKER), ("A-2", "12.50", MAKER)], f"{answer['rows']}")
    need(answer["counts"]["to_approve"]["amount"] == "42.50", f"{answer['counts']}")
    need([row["would_be_refused"] for row in rows_of(answer, "to_approve")] == [0, 0], f"{answer}")
    code, screen = at_terminal(county, "inbox", "--user", CHECKER, language="zh")
    need(code == 0 and "待审核 2 笔，42.50 元" in screen and MAKER in screen, screen)
    need(line(county, "zh", "--user", CHECKER) == "待登记或答复 1  待审核 2\n", "the checker's line")
    need(inbox(county, "--user", MAKER)["counts"]["to_approve"]["documents"] == 0,
         "a maker is asked to approve his own")

    county.run("reject", "A-1", "--reason", "金额有误", as_user=CHECKER)
    answer = inbox(county, "--user", MAKER)
    need([(row["id"], row["amount"], row["state"], row["checker"], row["reason"])
          for row in rows_of(answer, "to_correct")] ==
         [("A-1", "30.00", "rejected", CHECKER, "金额有误")], f"{answer['rows']}")
    need(ids(inbox(county, "--user", CHECKER), "to_correct") == [], "what another must correct")
    need(line(county, "en", "--user", MAKER) == "to register or answer 1  to correct 1\n", "the maker's line")
    need(rows_of(inbox(county, "--as", CHECKER), "to_approve") ==
         rows_of(inbox(county, "--user", CHECKER), "to_approve"), "--as is --user, too")
    code, screen = at_terminal(county, "--as", CHECKER, "approve", "A-2", "--yes",
                               language="zh")
    need(code == 0 and "金额 12.50 元" in screen, f"an approval of one says of what: {screen}")
    again = json.loads(county.run("--json", "approve", "A-2", as_user=CHECKER)[1])
    need({"status": "exists", "kind": "allocate", "amount": "12.50"}.items() <= again.items(),
         f"{again}")
    need(ids(inbox(county), "to_approve") == [], "an approved document waits still")
    for lang in LANGUAGES:
        code, _, err = county.run("--lang", lang, "inbox", "--user", "nobody", check=False)
        need(code == 1 and "nobody" in err, f"a user that is none: exit {code}: {err}")


def a_draft_does_not_guess_either(tree):
    """What approval would refuse is said at once, with the issuers to choose from."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    enter(region, transfer("T-7", "B-1", COUNTY, "7.00", "藏财预〔2026〕7号"))
    enter(region, transfer("T-6", "B-1", CITY, "600.00", "藏财预〔2026〕6号"))
    holds(city, REGION, "T-6")
    enter(city, register("R-6", "T-6"))
    enter(city, transfer("T-7", "R-6", COUNTY, "70.00", "拉财预〔2026〕7号"))
    holds(county, REGION, "T-7")
    holds(county, CITY, "T-7")
    back = dict(kind="return", id="Z-7", bgt_id="T-7", reason="误发")
    draft = one(county, back, as_user=MAKER)
    need((draft["status"], draft["would_refuse"]) == ("draft", "ambiguous_issuer"), f"{draft}")
    need("540100 70.00 拉财预〔2026〕7号" in draft["args"]["list"], f"{draft}")
    mine = rows_of(inbox(county, "--user", MAKER), "to_correct")
    need([(row["id"], row["state"], row["reason"]) for row in mine] ==
         [("A-1", "rejected", "金额有误"), ("Z-7", "draft", "ambiguous_issuer")], f"its maker is not told: {mine}")
    need(ids(inbox(county, "--user", CHECKER), "to_correct") == [], "what another must correct")
    need(county.run("approve", "Z-7", as_user=CHECKER, check=False)[0] == 1, "it was approved")
    kept = rows_of(inbox(county, "--user", MAKER), "to_correct")
    need([(row["id"], row["state"], row["reason"]) for row in kept] ==
         [("A-1", "rejected", "金额有误"), ("Z-7", "refused", "ambiguous_issuer")], f"{kept}")
    fixed = one(county, dict(back, ori_div_code=CITY), as_user=MAKER)
    need({"status": "draft", "issuer": CITY, "amount": "70.00"}.items() <= fixed.items() and
         "would_refuse" not in fixed, f"{fixed}")
    county.run("approve", "Z-7", as_user=CHECKER)
    need("T-7" in ids(inbox(county), "to_register"), "the region's is not answered")
    one(county, dict(back, id="Z-8", ori_div_code=REGION), as_user=MAKER)
    county.run("approve", "Z-8", as_user=CHECKER)
    need("T-7" not in ids(inbox(county), "to_register"), "both are answered")


def pages_say_what_the_whole_says(tree):
    region, county = tree[REGION], tree[COUNTY]
    for at in range(5):
        enter(region, transfer(f"T-9{at}", "B-1", COUNTY, "1.00", f"藏财预〔2026〕9{at}号"))
    holds(county, REGION, "T-94")
    whole, got, after = inbox(county), [], []
    need(whole["complete"] is True and whole["shown"] == whole["total"] == len(whole["rows"]),
         f"{whole}")
    while True:
        code, out, _ = county.run("--json", "inbox", "--limit", "2", *after, check=False)
        page = json.loads(out)
        got += page["rows"]
        need(code == (0 if page["complete"] else 1), f"exit {code}")
        if page["complete"]:
            break
        after = ["--after", page["next"]]
    need(got == whole["rows"], f"pages {got}, whole {whole['rows']}")
    for cursor in ("x", "to_register", "to_register/x/:", "nothing/1/:", "to_register/1/lower:T"):
        need(county.run("inbox", "--after", cursor, check=False)[0] == 2, f"--after {cursor}")


def a_week_later_it_is_late(tree):
    """The county's own clock alone says so."""
    county, env = tree[COUNTY], tree.env
    county.end()
    tree.env = dict(env, CLOCK_SHIFT_S=str(5 * 24 * 3600), LD_PRELOAD=trees.preloadable(
        tree.base, os.path.join(tree.build, "lib", "clock_shift.so")))
    county.start()
    tree.env = env
    answer = inbox(county)
    first = rows_of(answer, "to_register")[0]
    need((first["id"], first["overdue"], first["days_late"]) ==
         ("T-2", True, between(first["due"], answer["today"])), f"{first}")
    need(answer["counts"]["to_register"]["overdue"] == 1, f"{answer['counts']}")
    need("to register or answer 6 (1 overdue)" in line(county, "en") and
         "待登记或答复 6（逾期 1）" in line(county, "zh"), line(county, "en"))


def walk(tree):
    nothing_waits(tree[COUNTY])
    enter(tree[REGION], dict(kind="budget", id="B-1", stage="reply", fund_type_code="111",
                             amount="90000000.00", approval_ref="人大〔2026〕1号"))
    transfers_wait_by_the_day_they_are_due(tree)
    both_ends_name_the_same_day(tree)
    each_person_has_his_own(tree[COUNTY])
    a_draft_does_not_guess_either(tree)
    pages_say_what_the_whole_says(tree)
    for division in (REGION, CITY, COUNTY):
        tree[division].run("verify", "--deep")
    a_week_later_it_is_late(tree)
