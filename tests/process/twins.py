"""twins - one copy of a county's home is put back on two machines, and both start. The parent grants keys that
were made on one of them: that one is whole and writes; the other never writes, and says what to do. No fork
follows, and every level agrees.

    python3 tests/process/twins.py --build build
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from restored import digest_of, need  # noqa: E402
from resync import CITY, COUNTY, ROOT, nothing_is_missing  # noqa: E402


def on_another_machine(tree, node):
    """The same home beside it, which listens elsewhere."""
    twin = trees.Node(tree, node.division, node.name, node.parent)
    twin.home, twin.log_path = node.home + ".twin", node.log_path + ".twin"
    shutil.copytree(node.home, twin.home)
    path = os.path.join(twin.home, "config.yaml")
    with open(path) as config:
        text = config.read()
    with open(path, "w") as config:
        config.write(re.sub(r'(?m)^(listen|enrol): ".*"$',
                            lambda found: f'{found.group(1)}: "tcp://127.0.0.1:{trees.free_port()}"', text))
    return twin


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    twin = None
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        node, _ = tree.join(CITY, COUNTY, "林周县")
        office = Office(node, 1)
        office.prepare()
        tree.wait_equal_digests()
        node.end()
        shutil.copytree(node.home, node.home + ".old")
        node.start()
        office.ensure(office.payments())
        tree.wait_equal_digests()
        held, epoch = node.json("digest"), node.status()["epoch"]
        node.end()
        shutil.rmtree(node.home)
        shutil.copytree(node.home + ".old", node.home)
        with open(os.path.join(node.home, "resync"), "w") as note:
            note.write("resync_restored\x1fwhen=2026-03-01\x1fcopy=backup")
        twin = on_another_machine(tree, node)
        node.start()
        twin.start()
        pair = [node, twin]
        trees.wait_until(lambda: any(digest_of(one) == held for one in pair), trees.PATIENCE_S, "one of them to be whole")
        winner = next(one for one in pair if digest_of(one))
        loser = next(one for one in pair if one is not winner)
        need(winner.status()["epoch"] > epoch, "it is whole under the keys that its twin has, too")
        office.node = winner
        office.ensure(office.payments())
        trees.wait_until(lambda: tree[ROOT].digest(COUNTY)["lsn"] == winner.digest()["lsn"], trees.PATIENCE_S,
                         "the region holds what it wrote")
        need(digest_of(loser) is None, "both of them are whole")
        code, out, err = loser.run("resync", check=False)
        need(code == 4 and "another machine" in out and CITY in out, f"the other one says: {out}{err}")
        other = Office(loser, 9)
        need(other.submit(other.payments()) == 5, "the other one took a document")
        for above in (tree[CITY], tree[ROOT]):
            wrong = [a["code"] for a in above.status()["alarms"] if a["code"] in ("fork", "false_claim", "lost_tail")]
            need(not wrong, f"{above.division} alarms {wrong}")
        loser.end()
        tree.nodes[COUNTY] = winner
        winner.kill()
        winner.start()
        nothing_is_missing(tree, [office])
    finally:
        if twin is not None and twin.process is not None and twin is not tree[COUNTY]:
            twin.end()
        if node.process is not None and node is not tree[COUNTY]:
            node.end()
        tree.stop()
    print("twins: of one copy on two machines one goes on, and the other never writes")


if __name__ == "__main__":
    trees.run_test("twins", prove)
