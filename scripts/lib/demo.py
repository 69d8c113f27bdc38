"""The pilot tree, end to end, with the documents of configs/pilot. See scripts/demo."""
import glob
import gzip
import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.request

import tree as trees

BASE = os.environ.get("TERRACE_DEMO_DIR", f"/tmp/terrace-demo-{os.getuid()}")
PIDS = BASE + ".pids"
DATA = os.path.join(trees.ROOT, "configs", "pilot")
REGION, CITIES, COUNTIES = "540000", ("540100", "540200"), ("540121", "540202")
OFFLINE = "540121"  # the county that is cut off


def say(text=""):
    print(text, flush=True)


def heading(text):
    say(f"\n== {text}")


def stop_former():
    """Ends the nodes a former run left, by the ids it wrote down, if they are still ours."""
    if not os.path.exists(PIDS):
        return 0
    stopped = 0
    for line in open(PIDS):
        pid = int(line)
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                if b"terraced" not in cmdline.read():
                    continue
            os.kill(pid, signal.SIGTERM)
            stopped += 1
            trees.wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 20, f"process {pid} to end")
        except (FileNotFoundError, ProcessLookupError):
            pass
    os.remove(PIDS)
    return stopped

IDLE_MIB_MAX = 24
PERSONS = (("卓玛", "maker"), ("旺堆", "checker"), ("admin", "admin"))


def of_the_forged_block(alarm):
    """The city says it of the block it refused, and the region of the city."""
    code = alarm["args"].get("alarm") if alarm["code"] == "division_unwell" else alarm["code"]
    return code == "bad_block"


class Demo:
    def __init__(self, base=BASE, build=None):
        self.tree = trees.Tree(base, build=build, console=True)
        self.relay = None
        self.documents = 0
        self.hops = []

    def file(self, division, name):
        return glob.glob(os.path.join(DATA, division, f"[0-9][0-9]-{name}.csv"))[0]

    def submit(self, division, name, kind=None):
        """Submits one file of the pilot; the number of documents accepted."""
        path = self.file(division, name)
        lines = self.tree[division].submit(path, kind or name)
        self.documents += len(lines)
        say(f"  {division} {self.tree[division].name:　<5} {name:<16} {len(lines):>4} accepted, durable")
        return lines

    def hop(self, what, frm, to, began, seen):
        """Waits until a document is seen at the other end, and prints the hop."""
        trees.wait_until(seen, 60, f"{what} at {to}", step=0.005)
        took = (time.monotonic() - began) * 1000
        self.hops.append(took)
        say(f"  {what:<26} {frm} -> {to}  {took:7.1f} ms  signature checked by {to}")

    def state(self, division, author, ident):
        code, out, _ = self.tree[division].run("--json", "get", ident, "--division", author,
                                               check=False)
        return json.loads(out).get("state") if code == 0 else None

    # --- the acts ---

    def enrol(self):
        heading("Enrolment: every node makes its own keys; each is granted by the one above")
        for division, name, parent in trees.PILOT:
            if parent is None:
                began = time.monotonic()
                self.tree.init_root(division, name)
                took = (time.monotonic() - began) * 1000
                say(f"  {division} {name}: root of the tree, trust key made ({took:.0f} ms)")
                continue
            relays = [] if division == OFFLINE else None
            _, took = self.tree.join(parent, division, name, relays)
            if relays:
                self.relay = relays[0]
            say(f"  {division} {name}: invited by {parent}, joined, granted ({took:.0f} ms)")

    def route_straight(self):
        """The relay ends with this script; nodes that stay must not need it."""
        node = self.tree[OFFLINE]
        node.end()
        node.parent_endpoint(self.relay.straight)
        node.start()

    def basics(self):
        heading("Code sets, agencies, accounts, projects: 基础信息")
        self.submit(REGION, "element")
        for division in (REGION,) + CITIES + COUNTIES:
            self.submit(division, "agency")
            self.submit(division, "bank_account")
        self.submit(REGION, "project")

    def money_down(self):
        heading("Budgets and transfers down, registrations up: 预算、转移支付、登记")
        self.submit(REGION, "transfer_in")
        self.submit(REGION, "budget")
        began = time.monotonic()
        self.submit(REGION, "transfer")
        for city in CITIES:
            ident = f"X{city[2:]}-01"
            self.hop(f"transfer {ident}", REGION, city, began,
                     lambda c=city, i=ident: self.state(c, REGION, i))
        for city in CITIES:
            self.wait_for_all_transfers(city)
            self.submit(city, "budget")
            began = time.monotonic()
            self.submit(city, "register")
            self.submit(city, "return")
            self.hop(f"register of X{city[2:]}-01", city, REGION, began,
                     lambda c=city: self.state(REGION, REGION, f"X{c[2:]}-01") == "registered")
        for city, county in zip(CITIES, COUNTIES):
            began = time.monotonic()
            self.submit(city, "transfer")
            ident = f"X{county[2:]}-01"
            self.hop(f"transfer {ident}", city, county, began,
                     lambda: self.state(county, city, ident))
            self.wait_for_all_transfers(county)
            self.submit(county, "budget")
            began = time.monotonic()
            self.submit(county, "register")
            self.hop(f"register of {ident}", county, city, began,
                     lambda: self.state(city, city, ident) == "registered")

    def wait_for_all_transfers(self, division):
        """Every transfer of the pilot's files to this division has arrived."""
        for upper in self.tree.above(division):
            for line in open(self.file(upper, "transfer")).read().splitlines()[1:]:
                ident, receiver = line.split(",")[0], line.split(",")[3]
                if receiver == division:
                    trees.wait_until(lambda: self.state(division, upper, ident), 60,
                                     f"{ident} at {division}")

    def spend(self):
        heading("Allocation, release, payment, receipt: 分配、下达、支付、回单")
        for division in (REGION,) + CITIES + COUNTIES:
            for kind in ("allocate", "release", "payment", "paid"):
                self.submit(division, kind)
        for county in COUNTIES:
            for kind in ("payment_cancel", "refund", "freeze", "unfreeze", "reduce",
                         "virement"):
                self.submit(county, kind)
        began = time.monotonic()
        for county in COUNTIES:
            self.hop("payment PD0001", county, REGION, began,
                     lambda: self.state(REGION, county, "PD0001"))
        self.tree.wait_equal_digests()
        say("  every replica's digest equals its owner's, at every level")

    def offline(self):
        heading(f"{OFFLINE} loses its link, works on, comes back")
        self.relay.cut()
        before = self.tree[REGION].digest(OFFLINE)["lsn"]
        self.submit(OFFLINE, "offline-payment", "payment")
        self.submit(OFFLINE, "offline-paid", "paid")
        own = self.tree[OFFLINE].digest()["lsn"]
        seen = self.tree[REGION].digest(OFFLINE)["lsn"]
        if seen != before or own <= before:
            raise trees.Failed(f"the cut did not cut: {before} -> {seen}, own {own}")
        peer = next(p for p in self.tree[OFFLINE].status()["peers"] if p["division"] == "540100")
        say(f"  offline: {own - seen} entries not yet at the region; backlog shown by status: "
            f"{peer['behind_entries']} entries, {peer['behind_amount']} yuan")
        began = time.monotonic()
        self.relay.heal()
        trees.wait_until(lambda: self.tree[REGION].digest(OFFLINE)["lsn"] >= own, 60,
                         "the county to catch up")
        took = (time.monotonic() - began) * 1000
        self.tree.wait_equal_digests()
        again = self.tree[OFFLINE].submit(self.file(OFFLINE, "offline-payment"), "payment")
        if any(line["status"] != "exists" for line in again):
            raise trees.Failed("documents submitted again were doubled")
        say(f"  healed: caught up in {took:.0f} ms; digests equal (nothing lost); "
            f"the same file again: {len(again)} times 'exists' (nothing doubled)")

    def refuse(self):
        heading("What is refused")
        line = self.tree[OFFLINE].submit(self.file(OFFLINE, "overspend-payment"), "payment",
                                         check=False)[0]
        if line["status"] != "refused" or line["reason"] != "exceeds_available":
            raise trees.Failed(f"the overspend was not refused: {line}")
        say(f"  overspend: {line['reason']}: {line['message']}")
        county = self.tree["540202"]
        city = self.tree["540200"]
        digest = city.digest("540202")
        county.end()
        done = subprocess.run([self.tree.bin("rogue_peer"), "--home", county.home,
                               "--mode", "forged-block"],
                              capture_output=True, text=True, env=self.tree.env)
        if done.returncode != 0 or city.digest("540202") != digest:
            raise trees.Failed(f"the forged block was not refused: {done.stdout}{done.stderr}")
        for text in done.stdout.strip().splitlines():
            say(f"  forged block: {text}")
        county.start()

    def show(self):
        heading("The money chain at the region: 资金链")
        say(self.tree[REGION].run("report", "chain")[1])

    def persons(self):
        """Until here the nodes had nobody; from here on every document is some person's."""
        heading("Persons, and the console: 人员、控制台")
        for division, node in self.tree.nodes.items():
            for person, role in PERSONS:
                node.run("user", "add", person, "--role", role)
            self.log_in(node, PERSONS[0][0])
            say(f"  {division} {node.name:　<5} {node.api}/  " +
                ", ".join(f"{person} ({role})" for person, role in PERSONS))

    def log_in(self, node, person):
        """As a browser does: through TLS, trusting this node's certificate alone."""
        context = ssl.create_default_context(cafile=os.path.join(node.home, "tls", "cert.pem"))
        body = json.dumps({"name": person, "password": self.tree.env["TERRACE_PASSWORD"]}).encode()
        with urllib.request.urlopen(node.api + "/map", context=context, timeout=30) as page:
            shown = gzip.decompress(page.read())
        if b"<script" not in shown:
            raise trees.Failed(f"no console at {node.api}: {shown[:200]}")
        with urllib.request.urlopen(urllib.request.Request(node.api + "/api/v1/login", body),
                                    context=context, timeout=30) as answer:
            if "token" not in json.load(answer):
                raise trees.Failed(f"{person} cannot log in at {node.api}")

    def year(self):
        """Last year: early, formal, asked back, spent, carried, and closed by two persons."""
        heading("A year: early and formal, recalled, carried over, closed: 提前、正式、收回、结转、年结")
        closed = None
        for path in sorted(glob.glob(os.path.join(DATA, "year-2025", "*.ndjson"))):
            _, division, what = os.path.basename(path)[:-len(".ndjson")].split("-", 2)
            closed = time.monotonic() if what == "close_year" else None
            self.hand_in(self.tree[division], path, what)
        county = COUNTIES[1]
        self.hop("year 2025 closed", county, REGION, closed, lambda: self.year_of(REGION, county)["state"] == "closed")
        self.check_year(county)

    def hand_in(self, node, path, what):
        """As its maker, once what it answers is here; what takes two persons is approved by the other."""
        maker, checker = PERSONS[0][0], PERSONS[1][0]
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.wait_for_asks(node, rows)
        done = node.run("submit", path, "--as", maker, check=False)
        lines = [json.loads(line) for line in done[1].splitlines()]
        drafts = [line["id"] for line in lines if line["status"] == "draft"]
        if len(lines) != len(rows) or any(line["status"] not in ("accepted", "draft") for line in lines):
            raise trees.Failed(f"{os.path.basename(path)}: {done[1]}{done[2]}")
        if drafts:
            node.run("approve", *drafts, "--as", checker)
        self.documents += len(rows)
        say(f"  {node.division} {node.name:　<5} {what:<16} {len(rows):>4} " +
            (f"made by {maker}, approved by {checker}" if drafts else "accepted, durable"))

    def wait_for_asks(self, node, rows):
        for row in rows:
            asked = row.get("recall_id") or (row["bgt_id"] if row["kind"] == "register" else None)
            if asked is not None:
                trees.wait_until(lambda: self.state(node.division, row["ori_div_code"], asked), 60, f"{asked} at {node.division}")
            elif row["kind"] == "recall":
                trees.wait_until(lambda: self.state(node.division, node.division, row["bgt_id"]) == "registered", 60, f"{row['bgt_id']} to be registered")

    def year_of(self, at, division, year="2025"):
        return self.tree[at].json("years", "--division", division, "--year", year)["years"][0]

    def check_year(self, county):
        region, node = self.tree[REGION], self.tree[county]
        trees.wait_until(lambda: self.state(REGION, REGION, "Y25-RC1") == "granted", 60, "the recall to be settled")
        early = region.json("get", "Y25-TE1")["balances"]
        carried = node.json("get", "Y25-CO1")["balances"]
        if early["XFER_OUT"] != "280000.00" or carried["AVAIL"] != "40000.00":
            raise trees.Failed(f"300,000 less 20,000, and 40,000 carried: {early} {carried}")
        late = node.run("submit", os.path.join(DATA, "year-2025", "12-540202-carry.ndjson"), "--as", PERSONS[0][0])[1]
        if [json.loads(line)["status"] for line in late.splitlines()] != ["exists", "exists"]:
            raise trees.Failed(f"what was carried is carried twice: {late}")
        open_items = self.year_of(REGION, REGION)["not_closed"]
        if [row["division"] for row in open_items] != ["540200"]:
            raise trees.Failed(f"the city alone has not closed: {open_items}")
        say(f"  {county}: 120,000.00 received, 60,000.00 paid, 40,000.00 carried over, 20,000.00 lapsed, nothing left; closed")
        say("  540200 has not closed 2025, as the region sees; it stops nobody")

    def verify(self):
        heading("Verification: chains, Merkle roots, signatures, balances recomputed, edges")
        self.tree.wait_equal_digests()
        for division, node in self.tree.nodes.items():
            node.run("verify", "--deep")
            alarms = [a for a in node.status()["alarms"] if not of_the_forged_block(a)]
            if alarms:
                raise trees.Failed(f"{division} has alarms: {alarms}")
            say(f"  {division} {node.name}: verify --deep holds, {node.rss_kib() / 1024:.1f} MiB")

    def rest(self):
        """A region may run all of its nodes on one machine: each must be small when idle."""
        for division, node in self.tree.nodes.items():
            node.end()
            node.start()
        self.tree.wait_equal_digests()
        for division, node in self.tree.nodes.items():
            trees.wait_until(lambda: node.rss_kib() < IDLE_MIB_MAX << 10, trees.PATIENCE_S,
                             f"{division} to take less than {IDLE_MIB_MAX} MiB when idle; it takes "
                             f"{node.rss_kib() / 1024:.1f}")
            say(f"  {division} {node.name}: started again, idle, {node.rss_kib() / 1024:.1f} MiB")


def main():
    check, as_json = "--check" in sys.argv, "--json" in sys.argv
    stopped = stop_former()
    if "--stop" in sys.argv:
        say(f"{stopped} nodes stopped")
        return 0
    began = time.monotonic()
    demo = Demo()
    ok, fault = True, None
    try:
        for act in (demo.enrol, demo.basics, demo.money_down, demo.spend, demo.offline, demo.refuse,
                    demo.show, demo.persons, demo.year):
            act()
        if check:
            demo.verify()
            demo.rest()
    except trees.Failed as failed:
        ok, fault = False, str(failed)
        print(f"\ndemo: {failed}", file=sys.stderr)
    took = time.monotonic() - began
    if check or not ok:
        demo.tree.stop()
    else:
        demo.route_straight()
        with open(PIDS, "w") as out:
            out.writelines(f"{n.process.pid}\n" for n in demo.tree.nodes.values())
        say(f"The nodes are running. Homes: {BASE}/DIVISION; TERRACE_PASSPHRASE and "
            "TERRACE_PASSWORD: terrace-demo")
        say(f"  Console: {demo.tree[REGION].api}/ as 卓玛 or 旺堆, password terrace-demo; the browser "
            "warns of a certificate that it does not know:")
        say(f"           {demo.tree[REGION].status()['api']['fingerprint']}")
        say(f"  Try: build/bin/terrace --home {BASE}/540000 report chain")
        say(f"       build/bin/terrace --home {BASE}/540121 status")
        say(f"       build/bin/terrace --home {BASE}/540121 trace PY0001")
        say(f"       build/bin/terrace --home {BASE}/540202 years")
        say("  Stop them with: scripts/demo --stop")
    if as_json:
        say(json.dumps({"ok": ok, "fault": fault, "seconds": round(took, 1),
                        "documents": demo.documents, "nodes": len(demo.tree.nodes),
                        "hop_ms_max": round(max(demo.hops), 1) if demo.hops else None}))
    elif ok:
        say(f"\ndemo: {demo.documents} documents through {len(demo.tree.nodes)} nodes in {took:.0f} s"
            + (": all holds" if check else ""))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
