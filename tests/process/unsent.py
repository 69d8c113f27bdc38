"""unsent - what somebody types is kept at the node before it is handed in: his alone, over a restart,
and never written over by another window.

    /usr/bin/python3 tests/process/unsent.py --build build
"""
import argparse
import json
import os
import sys
import tempfile

from desk.asking import Door
from desk.common import need, says, trees

MAKER, OTHER = "卓玛", "次仁"


class Windows(Door):
    """Two windows of a person are two of these."""

    def ask(self, method, path, version=None, **members):
        """(status, answer, ETag)"""
        headers = {} if version is None else {"If-Match": version}
        got, answered = self.send_off(method, path, json.dumps(members) if members else "", **headers)
        return got.status, answered, got.getheader("ETag")

    def post(self, status, path, **members):
        return self.ask("POST", path, **members)[1]


def what_is_typed_is_kept_and_given_back(node):
    door, typed = Windows(node, MAKER), {"pay_app_amt": "1,4", "use_des": "校舍\"维修\n", "payee_acct_name": ""}
    need(door.ask("GET", "/unsent")[1]["rows"] == [], "not empty")
    status, saved, tag = door.ask("PUT", "/unsent/f-1", kind="payment", fields=typed)
    need((status, saved["version"], tag) == (200, 1, '"1"'), f"{status} {saved} {tag}")
    status, row, tag = door.ask("GET", "/unsent/f-1")
    need((row["kind"], row["fields"], tag) == ("payment", typed, '"1"'), f"{row}")
    need(door.ask("PUT", "/unsent/f-1", version='"1"', kind="payment", fields={})[1]["version"] == 2, "again")
    need([r["version"] for r in door.ask("GET", "/unsent")[1]["rows"]] == [2], "listed")


def two_windows_do_not_write_over_each_other(node):
    door = Windows(node, MAKER)
    for version in (None, '"1"', '"3"'):
        status, refused, _ = door.ask("PUT", "/unsent/f-1", version=version, kind="payment", fields={})
        need((status, refused["error"]["code"]) == (412, "changed_meanwhile"), f"{version}: {refused}")


def nobody_sees_or_changes_anothers(node):
    door = Windows(node, OTHER)
    need(door.ask("GET", "/unsent")[1]["rows"] == [], "another's is shown")
    need(door.ask("GET", "/unsent/f-1")[0] == 404, "another's is read")
    need(door.ask("DELETE", "/unsent/f-1")[0] == 200, "one that he does not have")
    need(len(Windows(node, MAKER).ask("GET", "/unsent")[1]["rows"]) == 1, "another took it out")


def what_is_no_form_is_refused(node):
    door = Windows(node, MAKER)
    cases = [("/unsent/UPPER", dict(kind="payment", fields={})), ("/unsent/f-2", dict(kind="nothing", fields={})),
             ("/unsent/f-2", dict(kind="payment")), ("/unsent/f-2", dict(kind="payment", fields={"a": 1})),
             ("/unsent/f-2", dict(kind="payment", fields={"a": "x" * 20000}))]
    for path, members in cases:
        status, refused, _ = door.ask("PUT", path, **members)
        need(status == 400, f"{path} {str(members)[:60]}: {status} {refused}")
    need(door.ask("PUT", "/unsent/f-2", version="1", kind="payment", fields={})[0] == 400, "a bare version")


def a_person_keeps_so_many(node):
    door = Windows(node, OTHER)
    saved = [door.ask("PUT", f"/unsent/g{i}", kind="payment", fields={})[0] for i in range(51)]
    need(saved == [200] * 50 + [409], f"{saved}")
    need(door.ask("DELETE", "/unsent/g0")[0] == 200, "taken out")
    need(door.ask("PUT", "/unsent/g50", kind="payment", fields={})[0] == 200, "there is room again")


def a_restart_keeps_it(node):
    node.end()
    node.start()
    row = Windows(node, MAKER).ask("GET", "/unsent/f-1")[1]
    need(row["version"] == 2, f"{row}")


STEPS = [what_is_typed_is_kept_and_given_back, two_windows_do_not_write_over_each_other,
         nobody_sees_or_changes_anothers, what_is_no_form_is_refused, a_person_keeps_so_many, a_restart_keeps_it]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-unsent-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), os.path.abspath(args.build))
        try:
            node = tree.init_root("540000", "西藏自治区")
            for name in (MAKER, OTHER):
                says(node, 0, [], "--json", "user", "add", name, "--role", "maker", password_of=name)
            for step in STEPS:
                step(node)
        except trees.Failed as failed:
            print(f"unsent: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"unsent: {len(STEPS)} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
