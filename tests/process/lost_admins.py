"""lost_admins - nobody at a city knows an admin's password any more. By the Handbook: its region lets it in again with
new ones, as with a lost passphrase. The former ones make nobody a person from then on, whatever comes back to them; the
new ones do, and what their persons approve counts at every level once the region has confirmed. One of two alone
makes nobody; of three, two give the third a new key, as they give anybody else whose password is forgotten.

    python3 tests/process/lost_admins.py --build build
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from persons import CITY, HERS, HIS, REGION, THIEFS, document, join, lines, need, pilot, root_of, says, trees  # noqa: E402

FORMER, NEW = ("央金", "达娃"), ("次仁", "平措")


def add(city, admins, name, role, password, code=0, second=None):
    return says(code, [], city, "--as", admins[0], "user", "add", name, "--role", role, "--with", admins[1],
                password=password, second=second or password, fresh=HIS)


def budget(city, number, maker, checker):
    says(0, [], city, "--as", maker, "submit", "-", password=HIS, stdin=lines(
        document("budget", number, stage="reply", fund_type_code="111", amount="1000.00", approval_ref="1",
                 approval_date="2026-01-22", exp_func_code="2010601")))
    says(0, [], city, "--as", checker, "approve", number, password=HIS)


def are_there(city, admins):
    trees.wait_until(lambda: set(admins) <= {row["name"] for row in city.json("user", "list")["rows"]}, trees.PATIENCE_S,
                     f"the admins {admins}")


def new_ones(region, city):
    """With the new admins' names, in the city's home."""
    token = region.json("invite", CITY, "--recover")["token"]
    city.end()
    says(0, [], city, "join", token, "--recover", "--admin", NEW[0], "--admin", NEW[1], password=HERS)
    city.start()
    are_there(city, NEW)


def former_ones_make_nobody(city):
    """Even with their passwords."""
    said = add(city, FORMER, "mallory", "maker", HIS, 1)
    need(city.run("user", "show", "mallory", check=False)[0] == 1, said)


def key_of(city, name):
    return city.json("user", "show", name)["rows"][-1]["key"]


def one_is_lost(city):
    """Two sign where two are, so one of two alone has nobody to sign with; of three, two are enough. A forgotten
    password is a new key, for whoever it is."""
    before = {name: key_of(city, name) for name in ("zhang", NEW[1])}
    renew = ("--as", NEW[0], "user", "renew")
    says(0, ["waits for a second admin"], city, "--lang", "en", *renew, NEW[1], password=HERS, fresh="known-to-pingcuo")
    need(key_of(city, NEW[1]) == before[NEW[1]], "one admin alone renewed the other")
    add(city, NEW, "旦增", "admin", HERS)
    for name in ("zhang", NEW[1]):
        says(0, [], city, *renew, name, "--with", "旦增", password=HERS, second=HIS, fresh="known-to-" + name)
        need(key_of(city, name) != before[name], f"{name} has the key that nobody can open")
    add(city, (NEW[1], "旦增"), "last", "maker", "known-to-" + NEW[1], second=HIS)


def stories(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build, approval="none")
    try:
        region = root_of(tree, ())
        region.start()
        tree.approval = "budget"
        city = join(tree, region, CITY, "拉萨市", FORMER, HIS)
        are_there(city, FORMER)
        pilot(region, "01-element.csv", "element")
        add(city, FORMER, "li", "maker", HIS)
        add(city, FORMER, "wang", "checker", HIS)
        trees.wait_until(lambda: "2010601" in city.run("list", "element", "--division", REGION, check=False)[1],
                         trees.PATIENCE_S, "the codes to arrive")
        budget(city, "B1", "li", "wang")
        add(city, FORMER, "nobody", "maker", THIEFS, 1)  # lost: no password is right
        new_ones(region, city)
        former_ones_make_nobody(city)
        add(city, NEW, "zhang", "maker", HERS)
        add(city, NEW, "zhao", "checker", HERS)
        budget(city, "B2", "zhang", "zhao")
        trees.wait_until(lambda: any(row["division"] == CITY for row in region.json("confirm", "--list")["rows"]),
                         trees.PATIENCE_S, "the region to see what it is to confirm")
        region.run("confirm", CITY, "--yes")
        tree.wait_equal_digests()
        for number in ("B1", "B2"):
            need(region.run("get", number, "--division", CITY, check=False)[0] == 0, f"the region lacks {number}")
        for node in (region, city):
            need(node.status()["unapproved"]["count"] == 0, node.status()["unapproved"])
            need(node.json("verify", "--deep")["ok"], f"{node.division} does not verify")
        one_is_lost(city)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()
    print("lost_admins: new admins in the place of those that were lost, and nobody else")


if __name__ == "__main__":
    trees.run_test("lost_admins", stories)
