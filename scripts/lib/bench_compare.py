"""bench_compare - is this tree as fast as a former revision? See scripts/bench.

One machine's speed moves by half within an hour, so no figure of one run says anything. What can be
compared is two runs side by side: each pair runs `hops` of the former revision and of this tree
one after the other, the first of a pair being the second of the next, and gives one ratio a row.
Each revision is measured by its own scripts and programs, built the same way, in its own folder.
"""
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile

import tree as trees

TARGETS = ["terrace", "terraced", "load"]


def command(args, **kwargs):
    done = subprocess.run(args, capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        raise trees.Failed(f"{' '.join(args)}: exit {done.returncode}\n"
                           + done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def build(root, targets):
    command(["cmake", "--preset", "release"], cwd=root)
    command(["cmake", "--build", "--preset", "release", "--target", *targets], cwd=root)


def hops(root, seconds, count):
    """Records a second by row, as the scripts of that revision measure them."""
    # Revisions differ in whether an operator's password may come from the node's passphrase, which
    # their trees set to this.
    env = dict(os.environ, TERRACE_PASSWORD="terrace-demo")
    out = command([sys.executable, os.path.join(root, "scripts", "lib", "bench.py"), "hops", "--json",
                   "--seconds", str(seconds), "--indicators", str(count)], cwd=root, env=env)
    rows = json.loads(out)[f"indicators_{count}"]
    return {f"{name}, {count} indicators": row["records_per_s"] for name, row in rows.items()}


def measure(former, pairs, seconds, counts):
    """{row: [(former, ours), ...]}"""
    seen = {}
    for pair in range(pairs):
        order = [former, trees.ROOT] if pair % 2 == 0 else [trees.ROOT, former]
        for count in counts:
            runs = {root: hops(root, seconds, count) for root in order}
            for row, theirs in runs[former].items():
                seen.setdefault(row, []).append((theirs, runs[trees.ROOT][row]))
                print(f"pair {pair + 1} of {pairs}: {row}: {theirs} and {runs[trees.ROOT][row]} a second",
                      file=sys.stderr, flush=True)
    return seen


def report(seen, bound, here):
    """Prints a line a row; true when one is below the bound. A row is only when its upper quartile
    is: of a row that is as fast, every second median would be below 1."""
    below = False
    for row, speeds in seen.items():
        low, median, high = statistics.quantiles([ours / theirs for theirs, ours in speeds],
                                                 n=4, method="inclusive")
        former, ours = (round(statistics.median(column)) for column in zip(*speeds))
        print(f"{row}: {median:.3f} (quartiles {low:.3f} to {high:.3f}, {len(speeds)} pairs; "
              f"medians {former} and {ours} a second)" + (f": BELOW {bound}" if high < bound else ""))
        below = below or high < bound
    print(f"this machine: fsync of 4 KiB {here['fsync_4k_us']} us, Ed25519 signature "
          f"{here['ed25519_sign_us']} us, verification {here['ed25519_verify_us']} us")
    return below


@contextlib.contextmanager
def both(revision):
    """The folder of the former revision, both built; and one for whatever the run needs."""
    with tempfile.TemporaryDirectory(prefix="terrace-compare-") as base:
        former = os.path.join(base, "former")
        command(["git", "worktree", "add", "--detach", former, revision], cwd=trees.ROOT)
        try:
            build(former, TARGETS)
            build(trees.ROOT, TARGETS + ["machine"])
            yield former, base
        finally:
            command(["git", "worktree", "remove", "--force", former], cwd=trees.ROOT)


def compare(revision, pairs, seconds, counts, bound):
    with both(revision) as (former, base):
        seen = measure(former, pairs, seconds, counts)
        here = json.loads(command([os.path.join(trees.ROOT, "build", "bin", "machine"),
                                   "--directory", base]))
    return 1 if report(seen, bound, here) else 0


def post_of_drafts(root, prepare, count):
    """Microseconds a draft in posts of 1,000 at a node of that revision; `load` is ours."""
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=os.path.join(root, "build"),
                          approval="required")
        try:
            node = prepare(tree, count)
            out = json.loads(command(
                [os.path.join(trees.ROOT, "build", "bin", "load"), "drafts", "--socket",
                 os.path.join(node.home, "terrace.sock"), "--maker", "maker", "--count", "8",
                 "--indicators", str(count)], env=tree.env))
        finally:
            tree.stop()
    return out["us"] / out["drafts"]


def drafts(revision, pairs, counts, bound, prepare):
    """What the dry run of drafts costs a post of them: its time against that of a revision before."""
    seen = {}
    with both(revision) as (former, _):
        for pair in range(pairs):
            order = [former, trees.ROOT] if pair % 2 == 0 else [trees.ROOT, former]
            for count in counts:
                runs = {root: post_of_drafts(root, prepare, count) for root in order}
                seen.setdefault(count, []).append(runs[trees.ROOT] / runs[former])
    above = False
    for count, ratios in seen.items():
        low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
        print(f"a post of 1,000 drafts, {count} indicators: {median:.3f} times (quartiles {low:.3f} to "
              f"{high:.3f}, {len(ratios)} pairs)" + (f": ABOVE {bound}" if low > bound else ""))
        above = above or low > bound
    return 1 if above else 0
