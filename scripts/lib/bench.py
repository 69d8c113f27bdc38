"""Benchmarks over real daemons. See scripts/bench."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import bench_api
import bench_compare
import bench_pages
import bench_rebuild
import bench_size
import bench_wire
import tree as trees

REGION, CITY, COUNTY = "540000", "540100", "540121"
NAMES = {REGION: "西藏自治区", CITY: "拉萨市", COUNTY: "林周县"}
YEAR = "2026"


AGENCIES, PROJECTS, FUNCTIONS = 100, 40, 30


def document(kind, ident, **fields):
    return json.dumps(dict(kind=kind, id=ident, fiscal_year=YEAR, **fields), ensure_ascii=False)


def ledger(indicators):
    """Documents that make so many executable indicators at the county, AL00000 and on."""
    for i in range(AGENCIES):
        yield document("agency", f"A{i}", agency_code=f"{101 + i}001", agency_name=f"林周县第{i + 1}预算单位")
    for i in range(PROJECTS):
        yield document("project", f"P{i}", pro_code=f"54012126{i:04d}", state="reserved",
                       pro_name=f"林周县第{i + 1}号乡村振兴项目", pro_cat_code="3",
                       agency_code=f"{101 + i}001", setup_year=YEAR)
    for i in range(FUNCTIONS):
        yield document("budget", f"BG{i:02d}", stage="reply", fund_type_code="12" if i % 10 == 9 else "111",
                       exp_func_code=f"2{i % 15 + 1:02d}{i % 7 + 1:02d}{i + 1:02d}",
                       amount="90000000000000.00", approval_ref=f"林周县人大〔2026〕{i + 1}号")
    for i in range(indicators):
        yield document("allocate", f"AL{i:05d}", ori_bgt_id=f"BG{i % FUNCTIONS:02d}",
                       agency_code=f"{101 + i % AGENCIES}001", pro_code=f"54012126{i // 7 % PROJECTS:04d}",
                       amount="2000000000.00" if indicators > 100 else "50000000000.00")
        yield document("release", f"R{i:05d}", bgt_id=f"AL{i:05d}", cor_bgt_doc_no=f"林财预〔2026〕{i + 1}号")


def submit(county, lines, approval):
    """All of them accepted, by two persons where the policy wants them."""
    text = "\n".join(lines).encode()
    if not approval:
        county.run("submit", "-", stdin=text)
        return
    out = county.run("submit", "-", stdin=text, as_user="maker")[1]
    drafts = [line["id"] for line in map(json.loads, out.splitlines()) if line["status"] == "draft"]
    if drafts:
        county.run("approve", *drafts, as_user="checker")


def prepare(base, approval, indicators):
    """Region, city, county; at the county so many executable indicators."""
    tree = trees.Tree(base, approval="none" if not approval else "required")
    tree.init_root(REGION, NAMES[REGION])
    tree.join(REGION, CITY, NAMES[CITY])
    tree.join(CITY, COUNTY, NAMES[COUNTY])
    county = tree[COUNTY]
    if approval:
        for user in ("maker", "checker"):
            county.run("user", "add", user)
    lines = list(ledger(indicators))
    for at in range(0, len(lines), 500):
        submit(county, lines[at:at + 500], approval)
    tree.wait_equal_digests()
    return tree


def prepare_drafts(tree, indicators):
    """One node alone, at which payments need two persons."""
    node = tree.init_root(REGION, NAMES[REGION])
    for user in ("maker", "checker"):
        node.run("user", "add", user)
    lines = list(ledger(indicators))
    for at in range(0, len(lines), 500):
        submit(node, lines[at:at + 500], True)
    wait_at_rest(node)
    return node


def wait_at_rest(node):
    """Until it has done nothing for half a second: compaction follows what was written."""
    def ticks():
        with open(f"/proc/{node.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before, end = -1, time.monotonic() + 60
    while ticks() != before:
        if time.monotonic() > end:
            raise trees.Failed("the node does not come to rest")
        before = ticks()
        time.sleep(0.5)


def run(tree, program, *args):
    """What one of our programs prints, in JSON."""
    done = subprocess.run([tree.bin(program), *map(str, args)], capture_output=True, text=True,
                          env=tree.env)
    if done.returncode != 0:
        raise trees.Failed(f"{program} {args}: {done.stderr}")
    return json.loads(done.stdout)


def socket_of(tree, division):
    return os.path.join(tree[division].home, "terrace.sock")


def machine(tree, base):
    """What one sync and one signature cost here and now."""
    return run(tree, "machine", "--directory", base)


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


def hops(seconds, approval, indicators):
    """Payments a second that became durable at the region while the county was posting."""
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree = prepare(os.path.join(base, "tree"), approval, indicators)
        try:
            nodes = {name: tree[d] for name, d in (("county", COUNTY), ("city", CITY), ("region", REGION))}

            def measure():
                return {name: (n.cpu_seconds() * 1e6, n.status()["rows_written"], disk_bytes(n.home))
                        for name, n in nodes.items()}

            before, wire = measure(), loopback_bytes()
            lsn = tree[REGION].digest(COUNTY)["lsn"]
            began = time.monotonic()
            args = ["hops", "--socket", socket_of(tree, COUNTY), "--seconds", seconds,
                    "--indicators", indicators]
            if approval:
                args += ["--maker", "maker", "--checker", "checker"]
            accepted = run(tree, "load", *args)["accepted"]
            trees.wait_until(lambda: tree[REGION].digest(COUNTY)["lsn"] >= lsn + accepted, 300,
                             "everything to be durable at the region")
            took = time.monotonic() - began
            tree.wait_equal_digests(120)
            after, here = measure(), machine(tree, base)
            wire = (loopback_bytes() - wire) / accepted
            rss = {name: round(n.rss_kib() / 1024) for name, n in nodes.items()}
        finally:
            tree.stop()

    def each(column, digits):
        return {name: round((after[name][column] - before[name][column]) / accepted, digits)
                for name in nodes}

    return {"records": accepted, "seconds": round(took, 1), "records_per_s": round(accepted / took),
            "cpu_us_per_record": each(0, 1), "rows_written_per_record": each(1, 2),
            "wire_bytes_per_record_both_hops": round(wire),
            "disk_bytes_per_record": each(2, None), "rss_mib": rss, "machine": here}


def all_hops(seconds, counts):
    return {f"indicators_{count}": {"approval_none": hops(seconds, False, count),
                                    "approved_by_two": hops(seconds, True, count)}
            for count in counts}


def latency(count=1000):
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree = prepare(os.path.join(base, "tree"), False, 16)
        try:
            before = machine(tree, base)
            seen = run(tree, "load", "latency", "--socket", socket_of(tree, COUNTY), "--region",
                       socket_of(tree, REGION), "--division", COUNTY, "--count", count,
                       "--indicators", 16)["durable_at_region"]
            after = machine(tree, base)
        finally:
            tree.stop()
    three = 3 * (before["fsync_4k_us"] + after["fsync_4k_us"]) / 2
    return {"durable_at_region_p50_us": seen["p50_us"], "p90_us": seen["p90_us"],
            "p99_us": seen["p99_us"], "three_fsyncs_p50_us": round(three),
            "ratio": round(seen["p50_us"] / three, 2), "machine": after}


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
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("what", choices=["hops", "latency", "idle", "wire", "pages", "size",
                                          "compare", "drafts", "api", "console", "rebuild"])
    parser.add_argument("revision", nargs="?", help="compare, drafts: the one to compare with")
    parser.add_argument("--seconds", type=int, help="of load a row (30; compare: 15)")
    parser.add_argument("--indicators", type=int, help="only the rows of so many")
    parser.add_argument("--pairs", type=int, default=9, help="compare: runs of each revision a row")
    parser.add_argument("--bound", type=float,
                        help="compare: the least ratio (0.97); drafts: the most (1.3)")
    parser.add_argument("--apart", type=float, default=31,
                        help="wire: seconds between payments (31: each has cosignatures of its own)")
    parser.add_argument("--descendants", type=int, default=3, help="wire: of the city (3)")
    parser.add_argument("--payments", type=int, default=8, help="wire: alone, one by one (8)")
    parser.add_argument("--documents", type=int,
                        help="payments; pages, rebuild: 1,000,000, size: 10,000,000")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    counts = (4000, 16) if args.indicators is None else (args.indicators,)
    if (args.what in ("compare", "drafts")) != (args.revision is not None) or args.pairs < 2:
        parser.error("compare and drafts, and nothing else, name a revision; it takes two pairs at least")
    if args.what == "compare":
        return bench_compare.compare(args.revision, args.pairs, args.seconds or 15, counts,
                                     args.bound or 0.97)
    if args.what == "drafts":
        return bench_compare.drafts(args.revision, args.pairs, counts, args.bound or 1.3,
                                    prepare_drafts)
    if args.what == "wire":
        with tempfile.TemporaryDirectory(prefix="terrace-wire-") as base:
            bench_wire.main(base, args.seconds or 75, args.descendants, args.payments, args.apart,
                            args.json)
        return 0
    if args.what == "api":
        with tempfile.TemporaryDirectory(prefix="terrace-api-") as base:
            result = bench_api.api(base, ledger, run, machine, args.seconds or 10)
        print(json.dumps(result, indent=None if args.json else 2))
        return 0
    if args.what == "console":
        return subprocess.run(["/usr/bin/python3", os.path.join(trees.ROOT, "tests", "console", "wide.py"), "--real", "--judge",
                               "--build", os.path.join(trees.ROOT, "build"), "--seconds", str(args.seconds or 30),
                               *(["--json"] if args.json else [])], check=False).returncode
    if args.what == "pages":
        with tempfile.TemporaryDirectory(prefix="terrace-pages-") as base:
            result = bench_pages.pages(base, ledger, run, args.documents or 1000000)
        print(json.dumps(result, indent=None if args.json else 2, ensure_ascii=False))
        return 0
    if args.what == "rebuild":
        with tempfile.TemporaryDirectory(prefix="terrace-rebuild-") as base:
            tree = prepare(os.path.join(base, "tree"), True, args.indicators or 16)
            try:
                result = bench_rebuild.rebuild(tree, run, args.documents or 1000000, args.indicators or 16)
            finally:
                tree.stop()
        print(json.dumps(result, indent=None if args.json else 2))
        return 0
    if args.what == "size":
        with tempfile.TemporaryDirectory(prefix="terrace-size-") as base:
            return bench_size.main(base, ledger, run, args.indicators or 1000000,
                                   args.documents or 10000000, args.json)
    result = (all_hops(args.seconds or 30, counts) if args.what == "hops" else
              latency() if args.what == "latency" else idle())
    print(json.dumps(result, indent=None if args.json else 2))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except trees.Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        sys.exit(1)
