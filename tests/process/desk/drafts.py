"""drafts - steps of the county's desk: a draft speaks at once, and nothing that was typed is lost."""
from .common import YEAR, answer, at_terminal, need, payment, says, submit

MAKER, CHECKER, OTHER = "卓玛", "旺堆", "次仁"


def drafts_speak_at_once(county):
    got = submit(county, [
        payment("D1", "10.00", line="NONE"), payment("D2", "9999999999999.00"),
        payment("D3", "10.00", fiscal_year="2025"), payment("D4", "200000.00"),
        payment("D5", "900000.00"), payment("D6", "10.00")], MAKER)
    said = {ident: line.get("would_refuse") for ident, line in got.items()}
    need(all(line["status"] == "draft" for line in got.values()), f"{got}")
    need(said == {"D1": "unknown_bgt_id", "D2": "exceeds_available", "D3": "year_differs", "D4": None,
                  "D5": "exceeds_available", "D6": None}, f"{said}")
    need(got["D5"]["args"] == {"reason": "asked_and_free", "asked": "900000.00", "free": "800000.00"},
         f"figures: {got['D5']}")
    need("free 800000.00" in got["D5"]["message"], f"{got['D5']}")
    waiting = answer(county, 0, "pending")["rows"]
    need([r.get("would_refuse") for r in waiting if r["id"] == "D5"] == ["exceeds_available"], f"{waiting}")
    need(answer(county, 0, "get", "D5")["would_refuse"] == "exceeds_available", "get of a draft")
    says(county, 0, ["D4", "200000.00", MAKER], "pending")


def what_is_refused_is_kept(county):
    says(county, 0, [], "approve", "D4", person=CHECKER)
    for ident in ("D1", "D2", "D3", "D5"):
        says(county, 1, [], "approve", ident, person=CHECKER)
    kept = {row["id"]: row for row in answer(county, 0, "pending", "--mine", person=MAKER)["rejected"]}
    need(set(kept) == {"D1", "D2", "D3", "D5"}, f"{kept}")
    county.end()
    county.start()
    row = {row["id"]: row for row in answer(county, 0, "pending", "--mine", person=MAKER)["rejected"]}["D5"]
    need((row["state"], row["reason"], row["checker"], row["maker"], row["money"])
         == ("refused", "exceeds_available", CHECKER, MAKER, "900000.00"), f"{row}")
    need("free 800000.00" in row["message"] and row["args"]["asked"] == "900000.00", f"{row}")
    got = answer(county, 0, "get", "D5")
    need((got["state"], got["document"]["pay_app_amt"], got["document"]["payee_acct_name"])
         == ("refused", "900000.00", "林周县建筑公司"), f"{got}")
    says(county, 0, ["D5", "已拒绝", "可用"], "pending", "--mine", person=MAKER, language="zh")


def its_maker_corrects_it_or_withdraws_it(county):
    again = submit(county, [payment("D5", "900000.00")], MAKER)["D5"]  # as it was
    need((again["status"], again["would_refuse"], again["unchanged"], again.get("corrected")) ==
         ("draft", "exceeds_available", True, None), f"{again}")
    again = submit(county, [payment("D5", "900000.00")], MAKER)["D5"]  # and once more, now that it waits
    need((again["status"], again["unchanged"], again.get("corrected")) == ("draft", True, None), f"{again}")
    fixed = submit(county, [payment("D5", "9000.00")], MAKER)["D5"]
    need((fixed["status"], fixed.get("would_refuse"), fixed["corrected"], fixed.get("unchanged")) == ("draft", None, True, None), f"{fixed}")
    need(submit(county, [payment("D1", "1.00")], OTHER)["D1"]["reason"] == "draft_of_another", "D1 is his")
    need(answer(county, 1, "withdraw", "D1", person=OTHER)["reason"] == "draft_of_another", "D1 is his")
    need(answer(county, 0, "withdraw", "D1", person=MAKER)["status"] == "withdrawn", "D1 stays")
    need(submit(county, [payment("D1", "1.00")], OTHER)["D1"]["status"] == "draft", "D1 is not free")
    says(county, 0, [], "withdraw", "D2", "D3", person=MAKER)
    need(answer(county, 0, "pending", "--mine", person=MAKER)["rejected"] == [], "something is left")


def an_older_text_is_not_approved(county):
    waiting = {row["id"]: row for row in answer(county, 0, "pending")["rows"]}
    batch = str(waiting["D5"]["batch"])
    shown = answer(county, 0, "pending", "--batch", batch)
    need(shown["count"] == 1 and shown["total"] == "9000.00", f"{shown}")
    refused = submit(county, [payment("D5", "9001.00")], MAKER)["D5"]
    need(refused["reason"] == "exists_with_different_pay_app_amt", f"a sound draft was replaced: {refused}")
    submit(county, [payment("D5", "9001.00")], MAKER, "--correct")
    says(county, 1, [], "approve", "--batch", batch, "--hash", shown["hash"], person=CHECKER)
    need(answer(county, 0, "get", "D5")["pay_app_amt"] == "9001.00", "not the newer text")
    for ident in ("D1", "D5", "D6"):
        says(county, 0, [], "approve", ident, person=CHECKER)
    need(answer(county, 0, "pending")["total"] == 0, "something waits")


def a_few_are_shown_whole_at_the_terminal(county):
    submit(county, [payment("E1", "7.00"), payment("E2", "8.00")], MAKER)
    code, seen = at_terminal(county, "approve", "E1", "E2", person=CHECKER, language="zh", typed=b"n\n")
    need(code == 1 and "林周县建筑公司" in seen and "2 笔" in seen and "15.00" in seen, f"{code} {seen}")
    code, seen = at_terminal(county, "approve", "E1", "E2", person=CHECKER, typed=b"y\n")
    need(code == 0 and "accepted" in seen, f"{code} {seen}")


STEPS = [drafts_speak_at_once, what_is_refused_is_kept, its_maker_corrects_it_or_withdraws_it,
         an_older_text_is_not_approved, a_few_are_shown_whole_at_the_terminal]
