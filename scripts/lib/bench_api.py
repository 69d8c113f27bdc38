"""scripts/bench api: programs at the API of one node without replication, over its socket and over TLS 1.3.

    upload   payments a second of one stream of NDJSON in one post (?summary=1), all accepted; then the same stream once
             more, of which all exists
    posts    the same in posts of 1,000: of one client, each post behind the one before; and of three at once
    reads    balances a second over connections that are kept: over the socket 32, asked together by a client that does
             nothing else; over TLS four of libterrace
    single   one document a post: so many a second back to back on four connections; then half of that, evenly, and how
             long each takes from when it was due, beside what a sync of this disk costs in the same run

Beside each rate stands what it cost the daemon in CPU, which does not depend on who else uses the machine. The client is
a program on the same machine: but for the reads of a socket, threads of libterrace.
"""
import os

import tree as trees

DIVISION, INDICATORS = "540121", 16
BALANCE = "/balance?by=fund&limit=10"
DOCUMENTS_A_SECOND = 50000  # of the upload, which has no end of its own: for each of --seconds


def fill(tree, ledger):
    node = tree.init_root(DIVISION, "林周县")
    lines = list(ledger(INDICATORS))
    for at in range(0, len(lines), 500):
        node.run("submit", "-", stdin="\n".join(lines[at:at + 500]).encode())
    return node


def costed(node, run, tree, *args):
    """What api_load prints, and the daemon's CPU for each of it."""
    before = node.cpu_seconds()
    got = run(tree, "api_load", *args)
    return got | {"daemon_us_each": round((node.cpu_seconds() - before) * 1e6 / got["done"], 1)}


def measure(tree, node, run, where, seconds, sync_us):
    def load(what, *more):
        return costed(node, run, tree, what, *where, *more)

    def timed(what, threads, *more):
        return load(what, "--seconds", seconds, "--threads", threads, *more)
    payments = ("--indicators", INDICATORS)
    reads = timed("reads", 1 if "--home" in where else 4, "--path", BALANCE)
    back_to_back = timed("single", 4, *payments)
    before = sync_us()
    half = timed("single", 4, *payments, "--rate", max(4, back_to_back["per_s"] // 2))
    sync = round((before + sync_us()) / 2)
    upload = load("upload", "--documents", DOCUMENTS_A_SECOND * seconds, *payments)
    one, three = timed("posts", 1, *payments), timed("posts", 3, *payments)
    return {"upload_per_s": upload["per_s"], "upload_again_per_s": upload["again_per_s"],
            "posts_per_s": one["per_s"], "posts_daemon_us_each": one["daemon_us_each"],
            "three_posts_per_s": three["per_s"], "reads_per_s": reads["per_s"],
            "read_daemon_us_each": reads["daemon_us_each"], "single_per_s": back_to_back["per_s"],
            "half_load_per_s": half["per_s"], "half_load_p50_us": half["p50_us"],
            "half_load_p99_us": half["p99_us"], "fsync_p50_us": sync,
            "p99_per_fsync": round(half["p99_us"] / sync, 1)}


def api(base, ledger, run, machine, seconds):
    tree = trees.Tree(os.path.join(base, "tree"))
    try:
        node = fill(tree, ledger)
        token = node.json("token", "add", "bench", "--role", "maker")["token"]
        url, fingerprint = node.open_tls()
        doors = {"socket": ("--home", node.home),
                 "tls": ("--url", url, "--fingerprint", fingerprint, "--token", token)}
        result = {name: measure(tree, node, run, where, seconds, lambda: machine(tree, base)["fsync_4k_us"])
                  for name, where in doors.items()}
        node.run("verify")
        return result | {"machine": machine(tree, base)}
    finally:
        tree.stop()
