"""root_epoch - real daemons: the root gets another signing key. It is asked for in the root's home, signed
where the trust key is, and taken up at a start; all below go on with the log under the new key.

    python3 tests/process/root_epoch.py --build build
"""
import argparse
import os
import shutil
import signal
import sys
import tempfile

from foreign_bytes import CITY, ROOT, agency, document, expect, need, says, trees

COUNTY = "540121"


def code(ident, number):
    """An element of the national tables goes down to everybody."""
    return document("element", ident, ele_catalog_code="exp_func", ele_code=number, ele_name="小学教育")


def key_of(node):
    with open(os.path.join(node.home, "keys", "identity.key"), "rb") as file:
        return file.read()


def offline(tree, root, base):
    """The machine of the trust key: nothing of the root's home is on it but that file."""
    away = os.path.join(base, "safe")
    os.mkdir(away)
    for name in ("trust.key", "machine.secret"):
        path = os.path.join(root.home, "keys", name)
        if os.path.exists(path):
            shutil.copy(path, away)
    os.unlink(os.path.join(root.home, "keys", "trust.key"))
    return os.path.join(away, "trust.key")


def only_what_the_trust_key_signed(tree, root, city, trust, base):
    request = os.path.join(base, "epoch2")
    says(city, 1, ["not the root"], "trust", "request", request)
    says(root, 2, ["request FILE"], "trust", "ask", request)
    first = root.json("trust", "request", request)
    need(first["epoch"] == 2 and first["state"] == "requested", f"{first}")
    says(root, 2, ["--key"], "trust", "sign", request)
    says(root, 2, ["--yes"], "trust", "sign", request, "--key", trust)
    other = trees.Node(tree, "other", "别处", None)
    other.run("init", "--root", "--division", ROOT, "--name", "别处")
    says(root, 1, ["another tree"], "trust", "sign", request, "--yes", "--key",
         os.path.join(other.home, "keys", "trust.key"))
    with open(request, "rb") as file:
        raw = bytearray(file.read())
    raw[-1] ^= 1
    spoilt = os.path.join(base, "spoilt")
    with open(spoilt, "wb") as file:
        file.write(raw)
    need(root.run("trust", "sign", spoilt, "--yes", "--key", trust, check=False)[0] != 0, "a spoilt request is signed")
    need(not os.path.exists(spoilt + ".signed"), "a spoilt request is signed")
    out = root.run("trust", "sign", request, "--yes", "--key", trust)[1]
    for word in ("Epoch 2", "第 2 任期", first["key"]):
        need(word in out, f"what is signed is not shown, {word}: {out}")
    says(root, 2, ["no file of terrace trust"], "trust", "take", request)
    second = root.json("trust", "request", os.path.join(base, "newer"))
    need(second["key"] != first["key"], "two requests have one key")
    says(root, 1, ["newer request"], "trust", "take", request + ".signed")
    return os.path.join(base, "newer")


def taken_up(tree, root, trust, request):
    """At the next start, and no sooner; the entry is under the epoch before, what follows under the new one."""
    before = key_of(root)
    need(root.run("trust", "sign", request, "--yes", "--key", trust)[0] == 0, "not signed")
    need(root.run("trust", "take", request + ".signed")[0] == 0, "not taken")
    expect(root, [code("B1", "2050201")], ["accepted"])
    need(root.status()["epoch"] == 1 and key_of(root) == before, "taken up while it runs")
    need(root.end() == 0, "SIGTERM is a clean end")
    root.start()
    need(root.status()["epoch"] == 2 and key_of(root) != before, f"epoch {root.status()['epoch']}")
    for name in ("root_grant", "keys/root"):
        need(not os.path.exists(os.path.join(root.home, name)), f"{name} is left behind")


def goes_on(tree, root):
    city, county = tree.nodes[CITY], tree.nodes[COUNTY]
    expect(root, [code("B2", "2050202")], ["accepted"])
    for node in (city, county):
        trees.wait_until(lambda n=node: n.run("get", "B2", "--division", ROOT, check=False)[0] == 0, 60,
                         f"{node.division} to hold what is under the new key")
    expect(county, [agency("C1", "105003")], ["accepted"])
    tree.wait_equal_digests()
    root.end()
    root.start()  # once more, with nothing to take
    late, _ = tree.join(ROOT, "540200", "日喀则市")  # its chain has both epochs
    expect(late, [agency("D1", "105004")], ["accepted"])
    tree.wait_equal_digests()
    for node in tree.nodes.values():
        need(not node.status()["alarms"], f"{node.division}: {node.status()['alarms']}")
        need(node.json("verify", "--deep")["ok"], f"{node.division} does not verify")


def cut_off(tree, root, trust, base, epoch, *options):
    """A start that ends behind the entry, before the keys took their places: the next one puts them there."""
    request = os.path.join(base, f"epoch{epoch}")
    root.run("trust", "request", request, *options)
    root.run("trust", "sign", request, "--yes", "--key", trust)
    root.run("trust", "take", request + ".signed")
    root.end()
    kept = os.path.join(base, f"kept{epoch}")
    shutil.copytree(root.home, kept, ignore=shutil.ignore_patterns("store", "terrace.sock", "lock"))
    root.start()
    need(root.status()["epoch"] == epoch, "not taken up")
    root.end()
    shutil.rmtree(os.path.join(root.home, "keys"))
    shutil.copytree(os.path.join(kept, "keys"), os.path.join(root.home, "keys"))
    for name in ("grants", "root_grant"):
        shutil.copy(os.path.join(kept, name), os.path.join(root.home, name))
    root.start()
    need(root.status()["epoch"] == epoch, "not taken up again")
    expect(root, [code(f"C{epoch}", f"205031{epoch}")], ["accepted"])
    tree.wait_equal_digests()


def link_key(tree, root, trust, base):
    """The next epoch has another link key, too. A city that is away finds the former one where it was, hears of
    the new one there, and goes on under it; then the former one is gone."""
    city, late = tree.nodes[CITY], tree.nodes["540200"]
    request, link = os.path.join(base, "epoch4"), os.path.join(root.home, "keys", "curve.key")
    with open(link, "rb") as file:
        before = file.read()
    city.end()
    root.run("trust", "request", request, "--channel")
    shown = root.run("trust", "sign", request, "--yes", "--key", trust)[1]
    need("Its link key is another one" in shown and "链路密钥" in shown, f"what is signed is not shown: {shown}")
    root.run("trust", "take", request + ".signed")
    root.end()
    root.start()
    need(root.status()["epoch"] == 4, f"epoch {root.status()['epoch']}")
    with open(link, "rb") as file:
        need(file.read() != before, "the link key is as it was")
    expect(root, [code("B4", "2050204")], ["accepted"])
    trees.wait_until(lambda: late.run("get", "B4", "--division", ROOT, check=False)[0] == 0, trees.PATIENCE_S,
                     "who is there goes over to the new link key")
    trees.wait_until(lambda: [d["division"] if isinstance(d, dict) else d for d in
                              (root.status()["rotation"] or {}).get("unknown_to", [])] == [CITY], trees.PATIENCE_S,
                     "the former one is served for the city that is away alone")
    need(root.run("trust", "request", os.path.join(base, "epoch5"), "--channel", check=False)[0] == 1,
         "a third link key beside two")
    city.start()
    trees.wait_until(lambda: city.run("get", "B4", "--division", ROOT, check=False)[0] == 0, trees.PATIENCE_S,
                     "the city comes back")
    trees.wait_until(lambda: root.status()["rotation"] is None, trees.PATIENCE_S, "all know the new link key")
    trees.wait_until(lambda: not os.path.exists(os.path.join(root.home, "keys", "former")), trees.PATIENCE_S,
                     "the former link key is gone")
    tree.wait_equal_digests()
    root.end()
    root.start()  # at its address, under the new one alone
    expect(root, [code("B5", "2050205")], ["accepted"])
    tree.wait_equal_digests()


def stories(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        trust = offline(tree, root, base)
        request = only_what_the_trust_key_signed(tree, root, city, trust, base)
        taken_up(tree, root, trust, request)
        goes_on(tree, root)
        cut_off(tree, root, trust, base, 3)
        link_key(tree, root, trust, base)
        cut_off(tree, root, trust, base, 5, "--channel")
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
    with tempfile.TemporaryDirectory(prefix="terrace-root-epoch-") as base:
        try:
            stories(base, build)
        except trees.Failed as failed:
            print(f"root_epoch: {failed}", file=sys.stderr)
            return 1
    print("root_epoch: the root goes on under another key, and whoever holds its log sees why")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
