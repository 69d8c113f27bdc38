"""scripts/bench size: does a question cost more when a ledger is large?

One node with N indicators and M payments, posted as in hops; then it is started again. Each question
is asked over the API's socket many times, on one connection. Bounds, in the median: a page of a trace
10 ms, a balance 2 ms; memory 256 MiB at its most, a start 2 s. The exit code is 1 where one is passed.
"""
import json
import os
import time

import bench_pages
import tree as trees

DIVISION = "540121"
DIMENSIONS = ("account", "project", "function", "fund", "agency", "department", "economic",
              "gov_economic", "direct", "month")
TRACE_MS, BALANCE_MS, MEMORY_MIB, START_S = 10, 2, 256, 2


def fill(tree, ledger, run, indicators, documents):
    """A node with so many of both; the number of payments it has."""
    node = tree.init_root(DIVISION, "林周县")
    lines = []
    for line in ledger(indicators):
        lines.append(line)
        if len(lines) == 1000:
            node.run("submit", "-", stdin="\n".join(lines).encode())
            lines = []
    if lines:
        node.run("submit", "-", stdin="\n".join(lines).encode())
    accepted = 0
    while accepted < documents:
        accepted += run(tree, "load", "hops", "--socket", os.path.join(node.home, "terrace.sock"),
                        "--seconds", 1 + (documents - accepted) // 200000,
                        "--indicators", indicators)["accepted"]
    return node, accepted


def peak_mib(node):
    with open(f"/proc/{node.process.pid}/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)


def start_again(node):
    """Seconds until it answers."""
    node.end()
    began = time.monotonic()
    node.start()
    node.wait_ready()
    return round(time.monotonic() - began, 2)


def size(base, ledger, run, indicators, documents):
    tree = trees.Tree(os.path.join(base, "tree"))
    try:
        node, held = fill(tree, ledger, run, indicators, documents)
        peak_posting = peak_mib(node)
        started = start_again(node)
        api = bench_pages.Api(os.path.join(node.home, "terrace.sock"))
        last = api.ask("/documents", kind="payment", limit=1)[1]["rows"][-1]["id"]
        traces = {name: bench_pages.times_of(api, "/trace/" + ident, limit=100)
                  for name, ident in (("budget", "BG00"), ("project", "540121260000"),
                                      ("indicator", f"AL{indicators // 2:05d}"), ("payment", last))}
        balances = {by: bench_pages.times_of(api, "/balance", by=by, year="2026", limit=100)
                    for by in DIMENSIONS}
        result = {"indicators": indicators, "payments": held, "start_s": started,
                  "peak_mib_posting": peak_posting, "peak_mib_asked": peak_mib(node),
                  "trace": traces, "balance": balances}
    finally:
        tree.stop()
    result["passed_bounds"] = [
        *(f"trace of a {name}" for name, took in traces.items() if took["median_ms"] > TRACE_MS),
        *(f"balance by {by}" for by, took in balances.items() if took["median_ms"] > BALANCE_MS),
        *(["memory"] if max(peak_posting, result["peak_mib_asked"]) > MEMORY_MIB else []),
        *(["start"] if started > START_S else [])]
    return result


def main(base, ledger, run, indicators, documents, as_json):
    result = size(base, ledger, run, indicators, documents)
    print(json.dumps(result, indent=None if as_json else 2, ensure_ascii=False))
    return 1 if result["passed_bounds"] else 0
