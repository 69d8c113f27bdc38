"""example - the worked example in Python does what it says: through TLS and through the socket, as a person, with
what it read kept; and to a node with another certificate it says nothing.

    python3 tests/process/example.py --build build
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

EXAMPLE = os.path.join(HERE, "..", "..", "scripts", "examples", "follow.py")
ROOT = "540000"


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def run(tree, *options):
    """Debian's python3, and nothing else installed: -I leaves out what stands around."""
    done = subprocess.run(["/usr/bin/python3", "-I", EXAMPLE, *options], capture_output=True, env=tree.env, timeout=trees.PATIENCE_S)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build, console=True)
    documents, kept = os.path.join(base, "documents.ndjson"), os.path.join(base, "position")
    with open(documents, "w", encoding="utf-8") as file:
        for code in ("101", "102", "103"):
            file.write(json.dumps(dict(kind="agency", id=f"A{code}", fiscal_year="2026", agency_code=code,
                                       agency_name="财政局"), ensure_ascii=False) + "\n")
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        node.run("user", "add", "li", "--role", "maker")
        fingerprint = node.status()["api"]["fingerprint"]
        code, out, err = run(tree, node.api, "--fingerprint", fingerprint, "--as", "li", "--submit", documents,
                             "--after", kept, "--count", "3")
        need(code == 0, err)
        need([line.split()[:2] for line in out.splitlines()[:3]] ==
             [["A101", "accepted"], ["A102", "accepted"], ["A103", "accepted"]], out)
        need(out.splitlines()[3].split()[1:4] == [ROOT, "1", "operator"], out)
        code, out, err = run(tree, os.path.join(node.home, "terrace.sock"), "--as", "li", "--submit", documents,
                             "--after", kept, "--count", "1")
        need(code == 0 and [line.split()[1] for line in out.splitlines()[:3]] == ["exists"] * 3, f"{out}{err}")
        need("A103" in out.splitlines()[3], f"it goes on behind what it read: {out}")
        code, out, err = run(tree, node.api, "--fingerprint", "00" * 32, "--as", "li")
        need(code != 0 and "not the node's certificate" in err and not out, f"{out}{err}")
        code, out, err = run(tree, node.api, "--fingerprint", fingerprint, "--count", "1")
        need(code != 0 and "needs_login" in err, f"{out}{err}")
    finally:
        tree.stop()
    print("example: logs in, hands in, follows, and goes on")


if __name__ == "__main__":
    trees.run_test("example", prove)
