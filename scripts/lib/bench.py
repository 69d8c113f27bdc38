"""Benchmarks over real daemons. See scripts/bench."""
import json
import os
import subprocess
import sys
import tempfile
import time

import tree as trees

REGION, CITY, COUNTY = "540000", "540100", "540121"
NAMES = {REGION: "西藏自治区", CITY: "拉萨市", COUNTY: "林周县"}
YEAR = "2026"


def document(kind, ident, **fields):
    return json.dumps(dict(kind=kind, id=ident, fiscal_year=YEAR, **fields), ensure_ascii=False)


def prepare(base, approval):
    """Region, city, county; at the county 16 executable indicators. Returns (tree, indicators)."""
    tree = trees.Tree(base, approval="none" if not approval else "required")
    tree.init_root(REGION, NAMES[REGION])
    tree.join(REGION, CITY, NAMES[CITY])
    tree.join(CITY, COUNTY, NAMES[COUNTY])
    county = tree[COUNTY]
    indicators = [f"AL{i:02d}" for i in range(16)]
    lines = [document("agency", "A1", agency_code="105001", agency_name="林周县教育局"),
             document("budget", "BG1", stage="reply", fund_type_code="111", exp_func_code="2050202",
                      amount="900000000000.00", approval_ref="林周县人大〔2026〕1号")]
    for ident in indicators:
        lines.append(document("allocate", ident, ori_bgt_id="BG1", agency_code="105001",
                              amount="50000000000.00"))
        lines.append(document("release", "R" + ident, bgt_id=ident,
                              cor_bgt_doc_no="林财预〔2026〕1号"))
    text = "\n".join(lines).encode()
    if not approval:
        county.run("submit", "-", stdin=text)
    else:
        for user in ("maker", "checker"):
            county.run("user", "add", user)
        for line in lines:
            county.run("submit", "-", stdin=line.encode(), as_user="maker")
            county.run("approve", json.loads(line)["id"], as_user="checker")
    tree.wait_equal_digests()
    return tree, indicators


def load(tree, *args):
    done = subprocess.run([tree.bin("load"), *map(str, args)], capture_output=True, text=True,
                          env=tree.env)
    if done.returncode != 0:
        raise trees.Failed(f"load {args}: {done.stderr}")
    return json.loads(done.stdout)


def socket_of(tree, division):
    return os.path.join(tree[division].home, "terrace.sock")


def disk_bytes(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def loopback_bytes():
    for line in open("/proc/net/dev"):
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[0])


def hops(seconds, approval):
    """Payments a second that became durable at the region while the county was posting."""
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree, indicators = prepare(os.path.join(base, "tree"), approval)
        try:
            nodes = [tree[d] for d in (COUNTY, CITY, REGION)]
            cpu = [n.cpu_seconds() for n in nodes]
            disk = [disk_bytes(n.home) for n in nodes]
            wire = loopback_bytes()
            before = tree[REGION].digest(COUNTY)["lsn"]
            began = time.monotonic()
            args = ["hops", "--socket", socket_of(tree, COUNTY), "--seconds", seconds,
                    "--indicators", ",".join(indicators)]
            if approval:
                args += ["--maker", "maker", "--checker", "checker"]
            accepted = load(tree, *args)["accepted"]
            trees.wait_until(lambda: tree[REGION].digest(COUNTY)["lsn"] >= before + accepted, 300,
                             "everything to be durable at the region")
            took = time.monotonic() - began
            tree.wait_equal_digests(120)
            cpu = [(n.cpu_seconds() - c) * 1e6 / accepted for n, c in zip(nodes, cpu)]
            disk = [(disk_bytes(n.home) - d) / accepted for n, d in zip(nodes, disk)]
            wire = (loopback_bytes() - wire) / accepted
            rss = [n.rss_kib() / 1024 for n in nodes]
        finally:
            tree.stop()
    return {"records": accepted, "seconds": round(took, 1),
            "records_per_s": round(accepted / took),
            "cpu_us_per_record": {k: round(v, 1) for k, v in zip(("county", "city", "region"), cpu)},
            "wire_bytes_per_record_both_hops": round(wire),
            "disk_bytes_per_record": {k: round(v) for k, v in zip(("county", "city", "region"), disk)},
            "rss_mib": {k: round(v) for k, v in zip(("county", "city", "region"), rss)}}


def latency(count=1000):
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree, indicators = prepare(os.path.join(base, "tree"), False)
        try:
            fsync = load(tree, "fsync", "--directory", base, "--count", count)["fsync"]
            seen = load(tree, "latency", "--socket", socket_of(tree, COUNTY), "--region",
                        socket_of(tree, REGION), "--division", COUNTY, "--count", count,
                        "--indicators", ",".join(indicators))["durable_at_region"]
            again = load(tree, "fsync", "--directory", base, "--count", count)["fsync"]
        finally:
            tree.stop()
    three = 3 * (fsync["p50_us"] + again["p50_us"]) / 2
    return {"durable_at_region_p50_us": seen["p50_us"], "p90_us": seen["p90_us"],
            "p99_us": seen["p99_us"], "three_fsyncs_p50_us": round(three),
            "ratio": round(seen["p50_us"] / three, 2)}


def idle():
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree = trees.Tree(os.path.join(base, "tree"))
        try:
            for _ in trees.pilot(tree):
                pass
            tree.wait_equal_digests()
            rss = {d: round(n.rss_kib() / 1024, 1) for d, n in tree.nodes.items()}
        finally:
            tree.stop()
    return {"rss_mib": rss, "max_mib": max(rss.values())}


def main():
    args = sys.argv[1:]
    seconds = 30
    if "--seconds" in args:
        at = args.index("--seconds")
        seconds = int(args[at + 1])
        del args[at:at + 2]
    as_json = "--json" in args
    args = [a for a in args if a != "--json"]
    if len(args) != 1 or args[0] not in ("hops", "latency", "idle"):
        print("usage: scripts/bench hops|latency|idle [--seconds N] [--json]", file=sys.stderr)
        return 2
    if args[0] == "hops":
        result = {"approval_none": hops(seconds, False), "approved_by_two": hops(seconds, True)}
    elif args[0] == "latency":
        result = latency()
    else:
        result = idle()
    if as_json:
        print(json.dumps(result))
    else:
        print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except trees.Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        sys.exit(1)
