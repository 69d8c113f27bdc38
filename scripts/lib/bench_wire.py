"""scripts/bench wire: what links cost, by the counters of the interfaces they run over.

Each node lives in a network namespace of its own and is joined to its parent's by one veth pair, so
the counters of a pair are those of one link: both directions, with all headers from Ethernet up.

    region ---- city ---- county 1       the leaf: nothing below it
                    \\---- county 2 ...   the city's link carries the beats of all of them

Needs root. The namespaces are removed at the end, however it ends.
"""
import json
import os
import statistics
import subprocess
import time

import tree as trees

REGION, CITY = "540000", "540100"
COUNTIES = [f"5401{21 + i}" for i in range(20)]
YEAR = "2026"
PORT, ENROL_PORT = 7400, 7401
QUIET_S = 6  # until nothing is on the way any more
ACKNOWLEDGED_S = 0.5  # until the last hop's acknowledgement and TCP's own are there


def ip(*args):
    done = subprocess.run(["ip", *args], capture_output=True, text=True)
    if done.returncode != 0:
        raise trees.Failed(f"ip {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


class Wires:
    """The namespaces and what joins them."""

    def __init__(self):
        self.prefix = f"terrace{os.getpid()}-"
        self.spaces, self.links, self.ends = {}, {}, {}

    def space(self, division):
        """A namespace with one address of its own, however it is reached."""
        name = self.prefix + division
        ip("netns", "add", name)
        self.spaces[division] = name
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "addr", "add", self.address(division) + "/32", "dev", "lo")
        # What neighbours say to find each other is not ours.
        subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw",
                        "net.ipv6.conf.default.disable_ipv6=1"], check=True)
        return name

    def address(self, division):
        return f"10.78.0.{list(self.spaces).index(division) + 1}"

    def join(self, parent, child):
        number = len(self.links) + 1
        ends = [(self.spaces[parent], f"tw{number}u", f"10.77.{number}.1"),
                (self.spaces[child], f"tw{number}d", f"10.77.{number}.2")]
        ip("-n", ends[0][0], "link", "add", ends[0][1], "type", "veth", "peer", "name", ends[1][1],
           "netns", ends[1][0])
        for space, device, address in ends:
            ip("-n", space, "addr", "add", address + "/24", "dev", device)
            ip("-n", space, "link", "set", device, "up")
        self.ends[child] = ends
        self.point(child, None)
        ip("-n", ends[1][0], "route", "add", "default", "via", ends[0][2])
        self.links[child] = ends[1][:2]

    def point(self, child, mac):
        """Frames of the link above `child` go to `mac`, both ways; None: to each other."""
        ends = self.ends[child]
        for (space, device, _), (there, far, address) in (ends, ends[::-1]):
            own = json.loads(ip("-n", there, "-j", "link", "show", "dev", far))[0]["address"]
            ip("-n", space, "neigh", "replace", address, "lladdr", mac or own, "nud", "permanent",
               "dev", device)

    def counted(self, child):
        """(bytes, packets) over the link above `child`, both ways, since it was made."""
        space, device = self.links[child]
        stats = json.loads(ip("-n", space, "-j", "-s", "link", "show", "dev", device))[0]["stats64"]
        return tuple(stats["rx"][what] + stats["tx"][what] for what in ("bytes", "packets"))

    def close(self):
        for name in self.spaces.values():
            subprocess.run(["ip", "netns", "del", name], check=False)


def add_node(tree, wires, division, parent=None):
    """Founds or enrols a node in a namespace of its own, and starts it."""
    node = trees.Node(tree, division, "N" + division, tree.nodes.get(parent))
    node.prefix = ["ip", "netns", "exec", wires.space(division)]
    listen = ["--listen", f"tcp://{wires.address(division)}:{PORT}",
              "--enrol", f"tcp://{wires.address(division)}:{ENROL_PORT}", "--approval", "none"]
    if parent is None:
        node.run("init", "--root", "--division", division, "--name", node.name, *listen)
    else:
        wires.join(parent, division)
        token = tree[parent].json("invite", division, "--name", node.name,
                                   "--may-grant", ",".join(trees.reach(division)))["token"]
        node.run("join", token, *listen)
    tree.nodes[division] = node
    node.start()
    return node


def document(kind, ident, **fields):
    return json.dumps(dict(kind=kind, id=ident, fiscal_year=YEAR, **fields), ensure_ascii=False)


def prepare_money(county):
    county.run("submit", "-", stdin="\n".join([
        document("agency", "A1", agency_code="101001", agency_name="林周县教育局"),
        document("budget", "B1", stage="reply", fund_type_code="111", exp_func_code="2050201",
                 amount="900000000.00", approval_ref="林周县人大〔2026〕1号"),
        document("allocate", "AL1", ori_bgt_id="B1", agency_code="101001", amount="800000000.00"),
        document("release", "R1", bgt_id="AL1", cor_bgt_doc_no="林财预〔2026〕1号")]).encode())


def pay(county, number):
    county.run("submit", "-", stdin=document(
        "payment", f"PY{number:05d}", bgt_id="AL1", pay_app_amt=f"{100 + number}.50",
        payee_acct_name=f"林周县第{number}建筑公司", payee_acct_no=f"6228480402564890{number:03d}",
        payee_acct_bank_name="中国农业银行林周县支行", use_des="校舍维修").encode())


def measure_idle(wires, divisions, seconds):
    before = {division: wires.counted(division) for division in divisions}
    time.sleep(seconds)
    return {division: [(after - was) * 60 / seconds
                       for was, after in zip(before[division], wires.counted(division))]
            for division in divisions}


def measure_payments(tree, wires, county, count, apart_s, idle):
    """Bytes a payment on each hop, over what the link costs idle: until it is acknowledged (of most
    payments; a beat falls into the time of a few), and with the cosignatures that follow."""
    region, hops = tree[REGION], (county.division, CITY)
    before, began = {hop: wires.counted(hop)[0] for hop in hops}, time.monotonic()
    acknowledged = {hop: [] for hop in hops}
    for number in range(count):
        at = {hop: wires.counted(hop)[0] for hop in hops}
        pay(county, number)
        lsn = county.digest()["lsn"]
        trees.wait_until(lambda: region.digest(county.division)["lsn"] >= lsn, 30, "the payment")
        time.sleep(ACKNOWLEDGED_S)
        for hop in hops:
            acknowledged[hop].append(wires.counted(hop)[0] - at[hop])
        time.sleep(max(0, apart_s - ACKNOWLEDGED_S))
    time.sleep(QUIET_S)
    minutes = (time.monotonic() - began) / 60
    return {hop: (statistics.median(acknowledged[hop]),
                  (wires.counted(hop)[0] - before[hop] - idle[hop][0] * minutes) / count)
            for hop in hops}


def report(descendants, idle, payments, leaf, as_json):
    rows = [{"what": "idle link of a leaf", "bytes_per_minute": round(idle[leaf][0]),
             "packets_per_minute": round(idle[leaf][1])},
            {"what": f"idle link with {descendants} descendants",
             "bytes_per_minute": round(idle[CITY][0]), "packets_per_minute": round(idle[CITY][1])},
            *({"what": f"lone payment, {way}", "bytes_acknowledged": round(payments[hop][0]),
               "bytes_with_cosignatures": round(payments[hop][1])}
              for way, hop in (("county to city", leaf), ("city to region", CITY)))]
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        figures = ", ".join(f"{value} {key.replace('_per_', ' a ').replace('_', ' ')}"
                            for key, value in row.items() if key != "what")
        print(f"{row['what']}: {figures}")


def main(base, seconds, descendants, payments, apart_s, as_json):
    if os.geteuid() != 0:
        raise trees.Failed("scripts/bench wire makes network namespaces: run it as root")
    tree, wires = trees.Tree(base), Wires()
    try:
        add_node(tree, wires, REGION)
        add_node(tree, wires, CITY, REGION)
        for division in COUNTIES[:descendants]:
            add_node(tree, wires, division, CITY)
        county = tree[COUNTIES[0]]
        prepare_money(county)
        tree.wait_equal_digests()
        time.sleep(QUIET_S)
        idle = measure_idle(wires, (county.division, CITY), seconds)
        costs = measure_payments(tree, wires, county, payments, apart_s, idle)
        report(descendants, idle, costs, county.division, as_json)
    finally:
        tree.stop()
        wires.close()
