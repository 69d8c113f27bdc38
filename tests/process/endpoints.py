"""endpoints - real daemons: a region moves to another port while one city is up and one is away, and both
find it; nobody's trust key is asked for. A member that lost its way gets its chain once more; where two
persons approve, two let a division in.

    python3 tests/process/endpoints.py --build build
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile

from enrolment import config_of, configure
from foreign_bytes import CITY, OTHER, ROOT, agency, expect, need, says, trees

COUNTY = "540121"


def address():
    return f"tcp://127.0.0.1:{trees.free_port()}"


def above(node):
    """The row of a node's parent among its peers."""
    return next(peer for peer in node.status()["peers"] if peer["is_parent"])


def is_live(node):
    trees.wait_until(lambda: above(node)["state"] == "live", 60, f"{node.division} to find its parent")


def moved(node, where):
    """Its children were told; it goes where it said."""
    need("advertise" in {row["check"] for row in doctor(node)}, "doctor is content with two addresses")
    configure(node, listen=f'"{where}"')
    need("advertise" not in {row["check"] for row in doctor(node)}, f"doctor is not content: {doctor(node)}")


def doctor(node):
    return [row for row in node.json("doctor", check=False)["rows"] if row["state"] != "info"]


def arrives(node, number, *above_it):
    expect(node, [agency(f"A{number}", str(105000 + number))], ["accepted"])
    for upper in above_it:
        trees.wait_until(lambda u=upper: u.digest(node.division) == node.digest(), 60,
                         f"{upper.division} to hold what {node.division} wrote")


def only_an_address(root):
    for typed in ("tcp://*:7400", "127.0.0.1:7400", "tcp://127.0.0.1:0", "ipc:///tmp/x"):
        says(root, 2, [typed, "tcp://HOST:PORT"], "endpoint", typed)


def one_is_up_and_one_away(tree, root):
    """The city that is up hears of it and follows; the county below hears of it, too. The one that was away
    dials where nobody is any more, and is told where: its keys are good, and so are the region's."""
    up, away = tree.nodes[CITY], tree.nodes[OTHER]
    away.end()
    where = address()
    root.run("endpoint", where)
    trees.wait_until(lambda: above(up)["endpoint"] == where, 60, "the city to hear where the region goes")
    arrives(up, 1, root)  # the link that stands is left alone
    moved(root, where)
    is_live(up)
    arrives(up, 2, root)
    need(where not in config_of(up), "the child's configuration was written")
    away.start()
    told = doctor(away)
    need(any("parent_endpoint" in row["cure"] for row in told), f"no cure names parent_endpoint: {told}")
    configure(away, parent_endpoint=f'"{where}"')
    is_live(away)
    arrives(away, 3, root)
    trees.wait_until(lambda: above(away)["endpoint"] == where, 60, "it to hear the region's own word")
    configure(away, parent_endpoint='""')  # from then on it knows by itself
    is_live(away)


def a_city_moves_too(tree, root):
    """It dials the former address by turns until the new one answers: told too early does no harm. A county
    that starts after the move goes by what it has kept, and not by its token."""
    city, county = tree.nodes[CITY], tree.nodes[COUNTY]
    never, where = address(), address()
    city.run("endpoint", never)
    trees.wait_until(lambda: above(county)["endpoint"] == never, 60, "the county to hear of it")
    city.end()
    city.start()  # where it was
    is_live(county)
    arrives(county, 4, city, root)
    city.run("endpoint", where)
    trees.wait_until(lambda: above(county)["endpoint"] == where, 60, "the county to hear of it")
    county.end()
    moved(city, where)
    county.start()
    is_live(county)
    arrives(county, 5, city, root)
    tree.wait_equal_digests()
    for node in (root, city, county):
        need(not node.status()["alarms"], f"{node.division}: {node.status()['alarms']}")
        need(node.json("verify", "--deep")["ok"], f"{node.division} does not verify")


def lost_its_way(tree, root):
    """The region moved and told nobody: the city gets the chain and the address once more, in the home that
    it has, for its own keys alone and once; no epoch is made."""
    city = tree.nodes[OTHER]
    city.end()
    where = address()
    configure(root, listen=f'"{where}"')
    says(root, 1, ["540300"], "invite", "540300", "--again")
    token = root.json("invite", OTHER, "--again")["token"]
    thief = trees.Node(tree, "thief", "", root)
    says(thief, 1, ["refused", "keys that it has"], "--json", "join", token)
    says(city, 2, ["--listen"], "join", token, "--listen", address())
    says(city, 0, [where], "join", token)
    says(city, 1, ["already_used"], "--json", "join", token)
    city.start()
    is_live(city)
    arrives(city, 6, root)
    need(city.status()["epoch"] == 1, "an epoch was made")
    listed = {row["division"]: row for row in root.json("invite", "--list")["rows"]}
    need(listed[OTHER]["state"] == "joined" and listed[OTHER]["again"], f"{listed[OTHER]}")
    configure(tree.nodes[CITY], parent_endpoint=f'"{where}"')  # the other way, where nobody is asked
    for division in (CITY, OTHER, COUNTY):
        is_live(tree.nodes[division])


def joining(tree, root, division, token):
    node = trees.Node(tree, division, division, root)
    return node, subprocess.Popen([tree.bin("terrace"), "--home", node.home, "join", token],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tree.env)


def state_of(root, division):
    return next(row for row in root.json("invite", "--list", as_user="gao")["rows"] if row["division"] == division)


def two_end_it(root):
    """A division is revoked by two admins, as it was let in by two; what one said waits, and ends nothing."""
    revoke = ("revoke", CITY, "--reason", "机器被盗", "--yes")
    says(root, 2, ["--accept"], "revoke")
    says(root, 2, ["--accept"], "revoke", CITY, "--list")
    says(root, 2, ["--yes"], "revoke", "--accept", CITY, as_user="hua")
    says(root, 1, ["waits for a second admin"], "revoke", "--accept", CITY, "--yes", as_user="hua")
    says(root, 1, [OTHER], "revoke", OTHER, "--reason", "x", "--yes", as_user="gao")  # it never came
    says(root, 0, ["another one", f"--accept {CITY}"], *revoke, as_user="gao")
    row, = root.json("revoke", "--list", as_user="hua")["rows"]
    need((row["division"], row["by"], row["reason"], row["state"]) == (CITY, "gao", "机器被盗", "waits"), f"{row}")
    says(root, 0, [CITY, "gao", "机器被盗"], "revoke", "--list", as_user="hua")
    root.end()
    root.start()  # it waits in the store
    says(root, 1, ["another admin"], "revoke", "--accept", CITY, "--yes", as_user="gao")
    says(root, 0, ["another one"], *revoke, as_user="gao")  # saying it twice is no second word
    need(state_in_tree(root) != "revoked", "one person revoked it")
    says(root, 0, [f"{CITY} is not revoked"], "revoke", "--withdraw", CITY, as_user="gao")
    says(root, 1, ["waits for a second admin"], "revoke", "--withdraw", CITY, as_user="gao")
    root.run(*revoke, as_user="gao")
    said = root.json("revoke", "--accept", CITY, "--yes", as_user="hua")
    need(said["state"] == "revoked" and state_in_tree(root) == "revoked", f"{said}")
    need(root.json("revoke", "--list", as_user="gao")["rows"] == [], "it waits although it is said")
    says(root, 1, [CITY], *revoke, as_user="gao")


def state_in_tree(root):
    return next(row["state"] for row in root.json("status", "--tree")["rows"] if row["division"] == CITY)


def two_persons(base, build):
    """One admin invites, another says yes, before or after somebody came; a withdrawn token tells so. Ending it takes two, too."""
    tree = trees.Tree(os.path.join(base, "strict"), build=build, approval="required")
    try:
        root = trees.Node(tree, ROOT, "西藏自治区", None)
        root.run("init", "--root", "--division", ROOT, "--name", root.name, "--listen", address(), "--approval",
                 "required", "--admin", "gao", "--admin", "hua")
        tree.nodes[ROOT] = root
        root.start()
        made = root.json("invite", CITY, "--name", "拉萨市", as_user="gao")
        need(made["two"] and not made["hold"], f"{made}")
        node, join = joining(tree, root, CITY, made["token"])
        trees.wait_until(lambda: state_of(root, CITY)["state"] == "waiting", 60, "the city to ask")
        invited = root.json("status", "--tree", as_user="gao")["invited"]
        need("--accept 540100" in invited[0]["cure"] and "gao" in invited[0]["cure"], f"{invited}")
        says(root, 1, ["another admin"], "invite", "--accept", CITY, as_user="gao")
        need(join.poll() is None, "one person let it in")
        root.run("invite", "--accept", CITY, as_user="hua")
        need(join.wait(timeout=trees.PATIENCE_S) == 0, "not joined")
        seen = state_of(root, CITY)
        need((seen["state"], seen["invited_by"], seen["accepted_by"]) == ("joined", "gao", "hua"), f"{seen}")
        token = root.json("invite", OTHER, "--name", "日喀则市", as_user="hua")["token"]
        root.run("invite", "--accept", OTHER, as_user="gao")  # before anybody came
        root.run("invite", "--withdraw", OTHER, as_user="hua")
        node, join = joining(tree, root, OTHER, token)
        told = join.communicate(timeout=trees.PATIENCE_S)[1].decode()
        need(join.returncode == 1 and "withdrawn" in told, f"exit {join.returncode}: {told}")
        need(state_of(root, OTHER)["state"] == "withdrawn", f"{state_of(root, OTHER)}")
        need(not os.path.exists(os.path.join(node.home, "keys")), "keys of who was refused are left")
        two_end_it(root)
    finally:
        tree.stop()


def stories(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(ROOT, OTHER, "日喀则市")
        tree.join(CITY, COUNTY, "林周县")
        only_an_address(root)
        one_is_up_and_one_away(tree, root)
        a_city_moves_too(tree, root)
        lost_its_way(tree, root)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    build = os.path.abspath(parser.parse_args().build)
    with tempfile.TemporaryDirectory(prefix="terrace-endpoints-") as base:
        try:
            stories(base, build)
            two_persons(base, build)
        except trees.Failed as failed:
            print(f"endpoints: {failed}", file=sys.stderr)
            return 1
    print("endpoints: who moves is found by his children, up or away; two persons let a division in, and end it")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
