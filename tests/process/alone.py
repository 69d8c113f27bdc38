"""alone - a root with nobody below it and no archive is put back from an older copy: nothing can show what came after
that. It only reads until a person says that it goes on, and its report keeps that it did so without.

    python3 tests/process/alone.py --build build
"""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign_bytes import agency, budget, expect, need  # noqa: E402
from restored import digest_of  # noqa: E402
from resync import resync_of  # noqa: E402

ROOT = "540000"


def waiting(node):
    code, out, _ = node.run("--json", "resync", check=False)
    return json.loads(out)["archive_fault"] if code == 4 else ""


def an_older_copy(base, node):
    copies = os.path.join(base, "copies")
    expect(node, [agency("A1"), budget("B1", "5000.00")], ["accepted"] * 2)
    node.run("backup", copies)
    lsn = node.status()["lsn"]
    expect(node, [budget("B2", "700.00")], ["accepted"])
    node.end()
    shutil.rmtree(node.home)
    node.run("restore", copies)
    node.start()
    return lsn


def only_reads(node, lsn):
    """For longer than a parent would be waited for."""
    trees.wait_until(lambda: waiting(node), trees.PATIENCE_S, "the root to say what it waits for")
    for language, words in (("en", f"terrace resync --without {ROOT}"), ("zh", "将占用其编号")):
        said = node.run("--lang", language, "resync", check=False)[1]
        need(words in said, f"{language}: {said}")
    code, out, err = node.run("submit", "-", check=False, stdin=(json.dumps(budget("B9", "1.00")) + "\n").encode())
    need(code == 5, f"it takes a document: {code} {out}{err}")
    time.sleep(5)
    need(node.run("digest", check=False)[0] == 4 and resync_of(node)["lsn"] == lsn, f"{resync_of(node)}, {lsn}")


def goes_on(node):
    node.run("resync", "--without", ROOT, check=False)
    trees.wait_until(lambda: digest_of(node) is not None, trees.PATIENCE_S, "the root to go on")
    need(ROOT in resync_of(node)["last"], f"it does not say what it went on without: {resync_of(node)}")
    expect(node, [budget("B3", "40.00")], ["accepted"])
    need(node.run("get", "B2", check=False)[0] != 0, "what came after the copy is there")
    node.end()
    node.start()
    expect(node, [budget("B4", "40.00")], ["accepted"])


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        only_reads(node, an_older_copy(base, node))
        goes_on(node)
    finally:
        tree.stop()
    print("alone: a root that nobody could tell what it lost waited for a person's word")


if __name__ == "__main__":
    trees.run_test("alone", prove)
