"""browser_signing - a checker approves with a key that the node has never seen the secret of: asked
for, confirmed by an admin, checked above, ended; and every way in which that goes wrong is refused.

    /usr/bin/python3 tests/process/browser_signing.py --build build

Signs as a browser does: hashes of its own, written from the formats alone.
"""
import argparse
import json
import os
import sys
import tempfile

import nacl.signing

from desk.asking import Door
from desk.common import answer, document, lines_of, need, says, trees
from foreign.hashes import code, sized, tagged, u32, u64

REGION, COUNTY = "540000", "540121"
MAKER, CHECKER, BOTH, ADMIN = "卓玛", "旺堆", "次仁", "管理"
ROLE_CHECKER = b"\x02"


class Browser:
    """A key, and what it signs."""

    def __init__(self):
        self.secret = nacl.signing.SigningKey.generate()
        self.key = bytes(self.secret.verify_key)
        self.id = self.key.hex()[:32]

    def sign(self, digest):
        return self.secret.sign(digest).signature.hex()

    def request(self, door, status, **changed):
        about = door.ask(200, "GET", "/keys")
        claim = tagged(b"browser", bytes.fromhex(about["tree"]), code(about["division"]), self.key,
                       sized(about["user"].encode()))
        members = dict(key=self.key.hex(), label="柜台一", signature=self.sign(claim)) | changed
        return door.post(status, "/keys", **members)

    def signed(self, signing):
        """Over the roots that its person saw, and not over what it is told to sign."""
        digests = [tagged(b"approval", bytes.fromhex(signing["tree"]), code(signing["author"]),
                          u32(signing["epoch"]), ROLE_CHECKER, u64(signing["time_ms"]),
                          bytes.fromhex(part["root"])) for part in signing["parts"]]
        need([d.hex() for d in digests] == [p["hash"] for p in signing["parts"]], f"{signing}")
        return dict(key=self.key.hex(), epoch=signing["epoch"], time_ms=signing["time_ms"],
                    signatures=[self.sign(digest) for digest in digests])


def add_person(node, name, *roles):
    words = [word for role in roles for word in ("--role", role)]
    says(node, 0, [], "--json", "user", "add", name, *words, password_of=name)


def open_tree(tree):
    tree.init_root(REGION, "西藏自治区")
    tree.approval = "required"
    county, _ = tree.join(REGION, COUNTY, "林周县")
    add_person(county, MAKER, "maker")
    add_person(county, CHECKER, "checker")
    add_person(county, BOTH, "maker", "checker")
    add_person(county, ADMIN, "admin")
    return county


def budgets(county, person, *ids):
    done = says(county, 0, [], "submit", "-", person=person, stdin=lines_of(
        [document("budget", ident, stage="reply", fund_type_code="111", amount="10.00", approval_ref="1")
         for ident in ids]))
    need(all(json.loads(line)["status"] == "draft" for line in done.out.splitlines()), done.out)


def refusal(answered):
    return answered["error"]["args"].get("reason")


def a_key_is_asked_for_and_confirmed_by_an_admin(county):
    browser, checker, admin = Browser(), Door(county, CHECKER), Door(county, ADMIN)
    need(refusal(browser.request(checker, 409, signature="00" * 64)) == "browser_key_claim", "claim")
    need(refusal(browser.request(checker, 400, key="12")) == "ask_browser_key", "form")
    need(refusal(browser.request(Door(county, MAKER), 409)) == "browser_key_no_checker", "a maker")
    need(refusal(browser.request(admin, 409)) == "browser_key_no_checker", "an admin")
    need(browser.request(checker, 200)["state"] == "asked", "asked")
    checker.post(403, f"/keys/{browser.id}/confirm")
    need(checker.ask(200, "GET", "/keys")["rows"][0]["state"] == "asked", "state")
    need(Door(county, MAKER).ask(200, "GET", "/keys")["rows"] == [], "another's key is shown")
    row = admin.ask(200, "GET", "/keys")["rows"][0]
    need((row["name"], row["label"], row["id"]) == (CHECKER, "柜台一", browser.id), f"{row}")
    row = admin.post(200, f"/keys/{browser.id}/confirm")
    need((row["state"], row["admin"]) == ("good", ADMIN), f"{row}")
    admin.post(404, f"/keys/{'0' * 32}/confirm")
    return browser


def good_key(county, name):
    browser = Browser()
    browser.request(Door(county, name), 200)
    Door(county, ADMIN).post(200, f"/keys/{browser.id}/confirm")
    return browser


def the_command_line_confirms_and_ends_too(county):
    browser = Browser()
    browser.request(Door(county, CHECKER), 200, label="柜台二")
    asked = answer(county, 0, "user", "keys", CHECKER, person=ADMIN)["rows"]
    need([row["state"] for row in asked if row["id"] == browser.id] == ["asked"], f"{asked}")
    need(answer(county, 0, "user", "keys", BOTH, person=ADMIN)["rows"] == [], "keys of another are listed")
    need({row["name"] for row in answer(county, 0, "user", "keys", ADMIN, person=CHECKER)["rows"]} == {CHECKER},
         "a checker sees his own alone")
    says(county, 1, ["needs_role"], "--json", "user", "confirm-key", browser.id, person=CHECKER)
    says(county, 0, [CHECKER, "in force"], "user", "confirm-key", browser.id, person=ADMIN)
    says(county, 1, ["refused"], "--json", "user", "confirm-key", browser.id, person=ADMIN)
    says(county, 0, ["柜台二", "in force", ADMIN], "user", "keys", person=ADMIN)
    need(answer(county, 0, "user", "end-key", browser.id, person=ADMIN)["state"] == "ended", "not ended")
    says(county, 1, ["not_found"], "--json", "user", "end-key", "12", person=ADMIN)
    says(county, 2, ["confirm-key KEY"], "user", "confirm-key")


def what_was_seen_is_signed_and_entered(county, browser):
    budgets(county, MAKER, *[f"S{i}" for i in range(20)])
    ids, door = [f"S{i}" for i in range(20)], Door(county, CHECKER)
    shown = door.post(200, "/review", ids=ids, sign=True)
    need([part["root"] for part in shown["signing"]["parts"]] == [shown["hash"]], f"{shown['signing']}")
    done = door.post(200, "/approve", ids=ids, hash=shown["hash"], signed=browser.signed(shown["signing"]))
    need((done["accepted"], done["refused"], done["hash"]) == (20, 0, shown["hash"]), f"{done}")
    approvals = {a["role"]: a for a in answer(county, 0, "get", "S7")["approvals"]}
    need((approvals["checker"]["name"], approvals["maker"]["name"]) == (CHECKER, MAKER), f"{approvals}")


def whatever_is_wrong_is_refused_with_its_reason(county, browser):
    budgets(county, MAKER, "W1", "W2")
    door, stranger = Door(county, CHECKER), Browser()
    shown = door.post(200, "/review", ids=["W1", "W2"], sign=True)
    good = browser.signed(shown["signing"])
    later = dict(shown["signing"], time_ms=shown["signing"]["time_ms"] - 3600 * 1000)
    asked = Browser()
    asked.request(door, 200)
    cases = [
        ("ask_signed", 400, {}), ("ask_signed", 400, dict(good, signatures=[])),
        ("ask_signed", 400, dict(good, key="ab")), ("ask_signed", 400, dict(good, epoch="1")),
        ("browser_key_not_his", 409, stranger.signed(shown["signing"])),
        ("browser_key_not_good", 409, asked.signed(shown["signing"])),
        ("browser_key_not_his", 409, good_key(county, BOTH).signed(shown["signing"])),
        ("signing_old", 409, dict(good, time_ms=later["time_ms"])),
        ("signing_wrong", 409, dict(good, time_ms=good["time_ms"] + 1)),
        ("signing_wrong", 409, dict(good, epoch=good["epoch"] + 1)),
        ("signing_wrong", 409, dict(good, signatures=["00" * 64])),
        ("signing_wrong", 409, dict(good, signatures=[stranger.sign(bytes(32))])),
    ]
    for reason, status, signed in cases:
        got = door.post(status, "/approve", ids=["W1", "W2"], hash=shown["hash"], signed=signed)
        need(refusal(got) == reason, f"{got}, expected {reason}")
    only = door.post(200, "/review", ids=["W1"], sign=True)
    got = door.post(409, "/approve", ids=["W1", "W2"], hash=only["hash"], signed=browser.signed(only["signing"]))
    need(refusal(got) == "batch_changed", f"another batch: {got}")
    got = door.post(409, "/approve", ids=["W1", "W2"], hash=shown["hash"], signed=browser.signed(only["signing"]))
    need(refusal(got) == "signing_wrong", f"signed another batch: {got}")
    need(answer(county, 0, "pending")["total"] == 2, "something was approved")
    done = door.post(200, "/approve", ids=["W1", "W2"], hash=shown["hash"], signed=good)
    need(done["accepted"] == 2, f"{done}")


def nobody_checks_his_own_with_another_key(county):
    browser = good_key(county, BOTH)
    budgets(county, BOTH, "O1")
    door = Door(county, BOTH)
    shown = door.post(200, "/review", ids=["O1"], sign=True)
    done = door.post(200, "/approve", ids=["O1"], hash=shown["hash"], signed=browser.signed(shown["signing"]))
    need((done["accepted"], done["refusals"][0]["reason"]) == (0, "same_person"), f"{done}")
    shown = Door(county, CHECKER).post(200, "/review", ids=["O1"])
    done = Door(county, CHECKER).post(200, "/approve", ids=["O1"], hash=shown["hash"])
    need(done["accepted"] == 1, f"the sealed key, the other way: {done}")


def a_key_that_is_ended_signs_no_more(county, browser):
    budgets(county, MAKER, "E1")
    door = Door(county, CHECKER)
    shown = door.post(200, "/review", ids=["E1"], sign=True)
    signed = browser.signed(shown["signing"])
    Door(county, BOTH).post(403, f"/keys/{browser.id}/end")
    need(door.post(200, f"/keys/{browser.id}/end")["state"] == "ended", "he ends his own")
    got = door.post(409, "/approve", ids=["E1"], hash=shown["hash"], signed=signed)
    need(refusal(got) == "browser_key_not_good", f"{got}")


def a_restart_forgets_no_key(county):
    browser = good_key(county, CHECKER)
    county.end()
    county.start()
    door = Door(county, CHECKER)
    shown = door.post(200, "/review", ids=["E1"], sign=True)
    done = door.post(200, "/approve", ids=["E1"], hash=shown["hash"], signed=browser.signed(shown["signing"]))
    need(done["accepted"] == 1, f"{done}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-signing-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), os.path.abspath(args.build))
        try:
            county = open_tree(tree)
            browser = a_key_is_asked_for_and_confirmed_by_an_admin(county)
            the_command_line_confirms_and_ends_too(county)
            what_was_seen_is_signed_and_entered(county, browser)
            whatever_is_wrong_is_refused_with_its_reason(county, browser)
            nobody_checks_his_own_with_another_key(county)
            a_key_that_is_ended_signs_no_more(county, browser)
            a_restart_forgets_no_key(county)
            tree.wait_equal_digests()
            for node in (county, tree[REGION]):
                answer(node, 0, "verify", "--deep")
        except trees.Failed as failed:
            print(f"browser_signing: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print("browser_signing: a key of a browser signs what its person saw, and nothing else")
    return 0


if __name__ == "__main__":
    sys.exit(main())
