"""batches - steps of the county's desk: three hundred payments are approved as one thing that was
seen, and a hundred thousand ids are no riddle."""
import datetime
import json
import os
import subprocess
from decimal import Decimal

from .common import answer, at_terminal, command, document, environment, lines_of, need, payment, run, says

MAKER, CHECKER = "卓玛", "旺堆"
LINES_MAX = 80


def payments(prefix, count):
    """Ordinary ones, of a few payees."""
    return [payment(f"{prefix}{i:04d}", f"{100 + i % 37}.{i % 100:02d}", payee=f"商户{i % 12}",
                    account=f"6228{i % 12:04d}") for i in range(count)]


def write(county, name, documents):
    path = os.path.join(county.tree.base, name)
    with open(path, "wb") as file:
        file.write(lines_of(documents))
    says(county, 0, [], "submit", path, person=MAKER)


def the_usual_is_approved_first(county):
    write(county, "usual.ndjson", payments("U", 300))
    listed = answer(county, 0, "pending")
    need([(b["file"], b["count"], b["maker"]) for b in listed["batches"]] == [("usual.ndjson", 300, MAKER)],
         f"{listed['batches']}")
    row = listed["rows"][0]
    need((row["to"], row["money"], row["maker"], row["batch"]) ==
         ("商户0", "100.00", MAKER, listed["batches"][0]["batch"]) and row["age_s"] >= 0, f"{row}")
    done = says(county, 0, ["300 accepted"], "approve", "--batch", "usual.ndjson", "--yes", person=CHECKER)
    need(len(done.out.splitlines()) < LINES_MAX, done.out)


def odd(prefix):
    """What a checker must see among many."""
    return payments(prefix, 1200) + [
        payment(prefix + "NEW", "155.50", payee="新来的商户", account="62289999"),
        payment(prefix + "ROUND", "50000.00", payee="商户1", account="62280001"),
        payment(prefix + "TWICE", "101.01", payee="商户1", account="62280001")]


def many_are_shown_in_numbers_and_asked_once(county):
    write(county, "many.ndjson", odd("M"))
    code, seen = at_terminal(county, "approve", "--batch", "many.ndjson", person=CHECKER, language="zh",
                             typed=b"n\n")
    need(code == 1 and seen.count("[y/N]") == 1 and len(seen.splitlines()) < LINES_MAX, f"{code} {seen}")
    need(all(word in seen for word in ("1203 笔", "MROUND", "50,000.00", "新收款人", "MNEW", "新来的商户",
                                       "整数金额", "与另一笔收款人、金额和用途相同", "十倍", "摘要")), seen)
    shown = answer(county, 0, "pending", "--batch", "many.ndjson")
    need(shown["hash"] in seen and shown["signatures"] == 1, f"another hash: {shown['hash']}\n{seen}")
    unusual = {row["what"]: row for row in shown["unusual"]}
    need([r["id"] for r in unusual["new_payee"]["largest"]] == ["MNEW"], f"{unusual}")
    need([r["id"] for r in unusual["far_above_usual"]["largest"]] == ["MROUND"], f"{unusual}")
    need(answer(county, 0, "pending")["total"] == 1203, "something was approved")
    code, seen = at_terminal(county, "approve", "--batch", "many.ndjson", person=CHECKER, typed=b"y\n")
    need(code == 0 and "1203 accepted" in seen and len(seen.splitlines()) < LINES_MAX, f"{code} {seen}")
    approvals = answer(county, 0, "get", "MNEW")["approvals"]
    need(sorted(a["role"] for a in approvals) == ["checker", "maker"], f"{approvals}")


def the_tightest_line_is_told(county, shown):
    """What is free there, less what the batch takes: all of it pays from one line."""
    tightest = shown["tightest"]
    free = Decimal(answer(county, 0, "get", tightest["line"])["balances"]["AVAIL"])
    need(tightest["documents"] == shown["count"] and Decimal(tightest["left"]) == free - Decimal(shown["total"]),
         f"{tightest} of {free}, {shown['total']}")
    says(county, 0, [tightest["line"], f"{Decimal(tightest['left']):,}"], "pending", "--batch", "night.ndjson")


def nobody_at_a_keyboard_says_yes(county):
    write(county, "night.ndjson", payments("N", 3))
    says(county, 2, ["--yes", "--hash"], "approve", "--batch", "night.ndjson", person=CHECKER)
    shown = answer(county, 0, "pending", "--batch", "night.ndjson")
    the_tightest_line_is_told(county, shown)
    says(county, 0, ["3 accepted"], "approve", "--batch", "night.ndjson",
         "--hash", shown["hash"], person=CHECKER)
    says(county, 1, ["night.ndjson"], "approve", "--batch", "night.ndjson", "--yes", person=CHECKER)


def a_refusal_leaves_the_rest(county):
    write(county, "part.ndjson", payments("Q", 4) + [payment("QBIG", "99999999.00")])
    shown = answer(county, 0, "pending", "--batch", "part.ndjson")
    need(shown["would_refuse_count"] == 1 and shown["would_refuse"][0]["id"] == "QBIG", f"{shown}")
    outcome = answer(county, 1, "approve", "--batch", "part.ndjson", "--yes", person=CHECKER)
    need((outcome["accepted"], outcome["refused"], outcome["refusals"][0]["reason"]) ==
         (4, 1, "exceeds_available"), f"{outcome}")
    says(county, 0, [], "withdraw", "QBIG", person=MAKER)


def an_agency_is_no_payee(county):
    """What moves within the own budget goes to nobody."""
    write(county, "lines.ndjson", [document("allocate", f"AA{i}", ori_bgt_id="BG1", agency_code="105001", amount="1.00")
                                   for i in range(3)])
    shown = answer(county, 0, "pending", "--batch", "lines.ndjson")
    need((shown["count"], shown["payee_count"], shown["payees"]) == (3, 0, []), f"{shown}")
    need("payees" not in says(county, 0, ["3 documents"], "pending", "--batch", "lines.ndjson").out, "an agency is named")
    says(county, 0, [], "withdraw", "--batch", "lines.ndjson", "--yes", person=MAKER)


def a_day_is_a_batch(county):
    write(county, "today.ndjson", payments("T", 2))
    made = answer(county, 0, "pending")["batches"][0]["time"].split(".")[0].rstrip("Z")
    local = datetime.datetime.fromisoformat(made) + datetime.timedelta(hours=8)
    day = local.strftime("%Y-%m-%d")
    need(answer(county, 0, "pending", "--batch", day)["count"] == 2, "the day's batch")
    says(county, 0, ["2 accepted"], "approve", "--batch", day, "--yes", person=CHECKER)


def many_ids_are_shown_in_numbers_too(county):
    write(county, "ids.ndjson", payments("J", 30))
    ids = [f"J{i:04d}" for i in range(30)] + ["NONE"]
    code, seen = at_terminal(county, "approve", *ids, person=CHECKER, language="zh", typed=b"y\n")
    need(code == 1 and "30 笔" in seen and "1 个单据号" in seen and len(seen.splitlines()) < LINES_MAX,
         f"{code} {seen}")
    need(answer(county, 0, "pending")["total"] == 0, "some of the thirty still wait")


def a_batch_is_sent_back_or_withdrawn_as_one(county):
    write(county, "wrong.ndjson", payments("W", 40))
    says(county, 2, ["--yes"], "reject", "--batch", "wrong.ndjson", "--reason", "文号不对", person=CHECKER)
    code, seen = at_terminal(county, "reject", "--batch", "wrong.ndjson", "--reason", "文号不对",
                             person=CHECKER, language="zh", typed=b"y\n")
    need(code == 0 and "退回 40 笔" in seen and len(seen.splitlines()) < 10, f"{code} {seen}")
    sent_back = answer(county, 0, "pending", "--mine", person=MAKER)["rejected"]
    need(len(sent_back) == 40 and sent_back[0]["reason"] == "文号不对", f"{sent_back[:2]}")
    need(answer(county, 0, "get", "W0007")["document"]["payee_acct_name"] == "商户7", "a text is lost")
    write(county, "wrong.ndjson", payments("W", 40))  # and handed in again
    outcome = answer(county, 0, "withdraw", "--batch", "wrong.ndjson", "--yes", person=MAKER)
    need((outcome["count"], outcome["withdrawn"], outcome["refused"]) == (40, 40, 0), f"{outcome}")
    need(answer(county, 0, "pending")["total"] == 0, "something is left")


def a_hundred_thousand_ids_are_answered(county):
    ids = [f"X{i}" for i in range(100000)]
    done = subprocess.run(command(county, ["approve", *ids], CHECKER), env=environment(county, CHECKER),
                          capture_output=True, stdin=subprocess.DEVNULL)
    lines = done.stdout.splitlines()
    need(done.returncode == 1 and len(lines) == 100000, f"exit {done.returncode} {done.stderr[:300]}")
    need(json.loads(lines[99999])["reason"] == "not_pending", f"{lines[-1]}")


def pages_follow_each_other(county):
    write(county, "pages.ndjson", payments("G", 7))
    whole = [row["id"] for row in answer(county, 0, "pending")["rows"]]
    after, seen = None, []
    while True:
        more = ["--after", after] if after else []
        done = run(county, "--json", "pending", "--limit", "3", *more)
        page = json.loads(done.out)
        seen += [row["id"] for row in page["rows"]]
        need(page["total"] == 7 and done.returncode == (0 if page["complete"] else 1), f"{page}")
        if page["complete"]:
            break
        after = page["next"]
    need(seen == whole and len(whole) == 7, f"{seen}")
    says(county, 0, [], "approve", "--batch", "pages.ndjson", "--yes", person=CHECKER)


STEPS = [the_usual_is_approved_first, many_are_shown_in_numbers_and_asked_once,
         nobody_at_a_keyboard_says_yes, a_refusal_leaves_the_rest, an_agency_is_no_payee, a_day_is_a_batch,
         many_ids_are_shown_in_numbers_too,
         a_batch_is_sent_back_or_withdrawn_as_one, a_hundred_thousand_ids_are_answered,
         pages_follow_each_other]
