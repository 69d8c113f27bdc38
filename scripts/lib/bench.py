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
                       amount="900000000000.00", approval_ref=f"林周县人大〔2026〕{i + 1}号")
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
            accepted = load(tree, *args)["accepted"]
            trees.wait_until(lambda: tree[REGION].digest(COUNTY)["lsn"] >= lsn + accepted, 300,
                             "everything to be durable at the region")
            took = time.monotonic() - began
            tree.wait_equal_digests(120)
            after = measure()
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
            "disk_bytes_per_record": each(2, None), "rss_mib": rss}


def all_hops(seconds, counts):
    return {f"indicators_{count}": {"approval_none": hops(seconds, False, count),
                                    "approved_by_two": hops(seconds, True, count)}
            for count in counts}


def latency(count=1000):
    with tempfile.TemporaryDirectory(prefix="terrace-bench-") as base:
        tree = prepare(os.path.join(base, "tree"), False, 16)
        try:
            fsync = load(tree, "fsync", "--directory", base, "--count", count)["fsync"]
            seen = load(tree, "latency", "--socket", socket_of(tree, COUNTY), "--region",
                        socket_of(tree, REGION), "--division", COUNTY, "--count", count,
                        "--indicators", 16)["durable_at_region"]
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


def take_number(args, name, fallback):
    if name not in args:
        return fallback
    at = args.index(name)
    number = int(args[at + 1])
    del args[at:at + 2]
    return number


def main():
    args = sys.argv[1:]
    seconds = take_number(args, "--seconds", 30)
    indicators = take_number(args, "--indicators", None)
    as_json = "--json" in args
    args = [a for a in args if a != "--json"]
    if len(args) != 1 or args[0] not in ("hops", "latency", "idle"):
        print("usage: scripts/bench hops|latency|idle [--seconds N] [--indicators N] [--json]",
              file=sys.stderr)
        return 2
    if args[0] == "hops":
        result = all_hops(seconds, (4000, 16) if indicators is None else (indicators,))
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
