"""second - a whole region checked a second time, by a program that shares nothing with the daemon but proto/: raw blocks of
every level, as GET /blocks hands them out, and each of the faults that somebody might make of them, named.

    /usr/bin/python3 tests/process/second.py --build build

A region of three levels with two admins at each, makers and checkers, batches, transfers and their answers, amendments, a
renewed key; and one county whose node's keys were stolen, which made up its persons. What the second implementation says of
each log at each level is what the node there says.
"""
import argparse
import json
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign import enrol, loot  # noqa: E402
from foreign_client import messages  # noqa: E402
from node_api import Api  # noqa: E402
from second import altered, region as second  # noqa: E402

REGION, CITY, COUNTY, THEFT, DIRECT, TOWNSHIP = "540000", "540100", "540121", "540122", "540102", "540102001"
NAMES = {REGION: "西藏自治区", CITY: "拉萨市", COUNTY: "林周县", THEFT: "当雄县", DIRECT: "城关区", TOWNSHIP: "八廓街道"}
ADMINS = ("卓玛", "旺堆")
WORD = "known-to-all-of-them"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def doc(kind, number, **fields):
    return dict(dict(kind=kind, id=number, fiscal_year=2026), **fields)


def lines(documents):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()


class Office:
    """A node's persons at work."""

    def __init__(self, node):
        self.node = node

    def two(self, *words):
        self.node.run(*words, "--as", ADMINS[0], "--with", ADMINS[1])

    def later(self, *words):
        """One admin asks for it, and the other approves it at another time."""
        self.node.run(*words, "--as", ADMINS[0])
        waiting = [row["id"] for row in self.node.json("pending")["rows"] if row["kind"] == "operator"]
        self.node.run("approve", waiting[0], "--as", ADMINS[1])

    def persons(self):
        self.two("user", "add", "扎西", "--role", "maker")
        self.two("user", "add", "达瓦", "--role", "checker")

    def decided(self, *documents):
        """Handed in by one and approved by another, together."""
        self.node.run("submit", "-", stdin=lines(documents), as_user="扎西")
        self.node.run("approve", *(one["id"] for one in documents), as_user="达瓦")

    def codes(self):
        self.decided(doc("element", "E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般公共预算"),
                     doc("agency", "A1", agency_code="105001", agency_name="教育局"))

    def money(self, amount):
        self.decided(doc("budget", "B1", stage="reply", fund_type_code="111", amount=amount, approval_ref="1",
                         approval_date="2026-01-22", exp_func_code="2050202"))

    def transfer(self, number, to, amount):
        self.decided(doc("transfer", number, ori_bgt_id="B1", rec_div_code=to, amount=amount, cor_bgt_doc_no="1",
                         tra_type_code="general", stage="formal", doc_title="1", doc_date="2026-02-10"))

    def register(self, number):
        def came():
            return self.node.run("list", "transfer", "--division", self.node.parent.division)[1].find(number) >= 0
        trees.wait_until(came, 60, f"{number} to come down")
        self.decided(doc("register", f"R{number}", bgt_id=number))

    def pays(self, count):
        self.decided(doc("allocate", "AL1", ori_bgt_id="B1", agency_code="105001", amount="900.00"))
        self.decided(doc("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="2"))
        self.decided(*(doc("payment", f"P{n}", bgt_id="AL1", pay_app_amt="1.00", payee_acct_name="合作社",
                           payee_acct_no=f"6228{n:04d}", payee_acct_bank_name="农业银行", use_des="办公用品")
                       for n in range(count)))


def root_of(tree):
    node = trees.Node(tree, REGION, NAMES[REGION], None)
    node.run("init", "--root", "--division", REGION, "--name", node.name, "--listen",
             f"tcp://127.0.0.1:{trees.free_port()}", "--approval", tree.approval,
             *(word for name in ADMINS for word in ("--admin", name)))
    tree.nodes[REGION] = node
    node.start()
    return node


def join(tree, parent, division, reach, start=True):
    trees.wait_until(lambda: len(parent.json("user", "list")["rows"]) >= 2, 60, f"the first admins of {parent.division}")
    token = parent.json("invite", division, "--name", NAMES[division], *(["--may-grant", reach] if reach else []),
                        as_user=ADMINS[0])["token"]
    parent.run("invite", "--accept", division, "--as", ADMINS[1])  # two persons let it in
    node = trees.Node(tree, division, NAMES[division], parent)
    node.enrol(token, ADMINS)
    tree.nodes[division] = node
    if start:
        node.start()
        trees.wait_until(lambda: len(node.json("user", "list")["rows"]) == 2, 60, f"the first admins of {division}")
    return node, enrol.parse_token(token).tree


def made_up(tree, node):
    """A thief has the keys of this node: he loses its admins, and runs a daemon that asks none of them."""
    os.unlink(os.path.join(node.home, "founders"))
    tree.daemon = "rogue_terraced"
    node.start()
    tree.daemon = "terraced"
    for name, role in (("mallory", "maker"), ("eve", "checker")):
        node.run("user", "add", name, "--role", role)
    node.run("submit", "-", as_user="mallory", stdin=lines([
        doc("budget", "B1", stage="reply", fund_type_code="111", amount="9000.00", approval_ref="1",
            approval_date="2026-01-22", exp_func_code="2050202"), doc("agency", "A1", agency_code="105001", agency_name="x")]))
    node.run("approve", "B1", "A1", as_user="eve")


def build_region(tree):
    region = root_of(tree)
    city, print_of_trust = join(tree, region, CITY, "5401*")
    direct, _ = join(tree, region, DIRECT, "540102*") if region.run(
        "amend", CITY, "--may-grant", "5401*,!540102*", as_user=ADMINS[0])[0] == 0 else (None, None)
    county, _ = join(tree, city, COUNTY, None)
    township, _ = join(tree, direct, TOWNSHIP, None)
    theft, _ = join(tree, city, THEFT, None, start=False)
    made_up(tree, theft)
    offices = {node.division: Office(node) for node in (region, city, direct, county, township)}
    for office in offices.values():
        office.persons()
    return offices, print_of_trust


def traffic(tree, offices):
    region, city, county = (offices[code] for code in (REGION, CITY, COUNTY))
    region.codes()
    for office in (region, city, county):
        office.money("1000.00")
    region.transfer("T1", CITY, "300.00")
    city.register("T1")
    city.transfer("T2", COUNTY, "200.00")
    county.register("T2")
    county.decided(doc("agency", "A1", agency_code="105001", agency_name="教育局"))
    county.pays(40)
    tree[CITY].run("amend", COUNTY, "--name", "林周", as_user=ADMINS[0])
    tree[CITY].run("amend", COUNTY, "--name", "林周县", as_user=ADMINS[1])
    county.later("user", "renew", "达瓦")
    county.two("user", "renew", "扎西")
    county.two("user", "add", "格桑", "--role", "auditor")
    county.two("user", "disable", "格桑")
    county.decided(doc("agency", "A2", agency_code="105002", agency_name="卫生局"))
    tree.wait_equal_digests()


def held_by(node):
    """All grants and logs that a node holds, as their bytes."""
    api = Api(os.path.join(node.home, "terrace.sock"))
    if node.division != THEFT:
        api.token = api.post("/login", {"name": ADMINS[0], "password": WORD})["token"]
    logs = {}
    for author in NAMES:
        answer = api.send("GET", "/blocks", author=author)
        need(answer.status == 200, f"{node.division} /blocks?author={author}: {answer.status}")
        logs[author] = second.split(answer.read())
    pages_fit(api, node.division, logs[node.division])
    return second.split(api.send("GET", "/grants").read()), logs


def pages_fit(api, division, whole):
    """From any entry on, no block twice and none left out."""
    for after, rest in ((0, whole), (1, whole[1:])):
        answer = second.split(api.send("GET", "/blocks", author=division, after=after).read())
        need(answer == rest or (after and whole[-len(answer):] == answer), f"{division} behind {after}: {len(answer)} blocks")


def agree(node, report):
    """What both say of each log that is held there."""
    need(not report.faults, f"at {node.division}: {report.faults}")
    rows = {row["division"]: row for row in node.json("status", "--tree")["rows"]}
    for author, lsn in report.heads.items():
        is_own_lie = (author, node.division) == (THEFT, THEFT)  # the thief's own node marks nothing
        if author in rows and not is_own_lie:  # there is no row of those above
            marked = rows[author]["unapproved"]["count"]
            need(marked == report.count(author), f"{author} at {node.division}: the node marks {marked}, the second "
                 f"{report.count(author)}: {report.unapproved}")
            need(node.digest(author)["lsn"] == lsn, f"{author} at {node.division}: another head than {lsn}")
    for author, chain in report.chains.items():
        if (author, node.division) != (THEFT, THEFT):
            persons_agree(node, author, chain)
    return sum(report.count(author) for author in report.heads)


def persons_agree(node, author, chain):
    for name in {person.name for _, person in chain.links}:
        shown = node.json("user", "show", name, "--division", author)["rows"]
        mine = [(lsn, not person.why) for lsn, person in chain.links if person.name == name]
        theirs = [(row.get("lsn") or 0, row["counts"]) for row in shown]
        need(mine == theirs, f"{name} of {author} at {node.division}: {mine}, the node says {theirs}")


def run(build, base):
    pb, documents = messages(base)
    tree = trees.Tree(os.path.join(base, "tree"), build=build, passphrase=WORD,
                      approval="budget,transfer,register,allocate,release,payment,agency,element")
    tree.env.update(TERRACE_SECOND_PASSWORD=WORD, TERRACE_NEW_PASSWORD=WORD)
    try:
        offices, trust = build_region(tree)
        traffic(tree, offices)
        seen = {}
        for division, node in tree.nodes.items():
            report = second.check(pb, documents, trust, division, *held_by(node))
            marked = agree(node, report)
            need((marked > 0) == (THEFT in report.heads), f"{division}: {marked} unapproved")
            seen[division] = report
        whole = seen[REGION]
        need(set(whole.heads) == set(NAMES), f"the region has the logs of {set(whole.heads)}")
        need(len(whole.strangers) == 2, f"made-up persons: {whole.strangers}")
        keys = {division: loot.keys_of(tree[division].home, WORD) for division in (REGION, CITY, COUNTY)}
        found = altered.prove(pb, documents, trust, REGION, *held_by(tree[REGION]), keys)
    finally:
        tree.stop()
    print(f"second: {whole.blocks} blocks, {whole.entries} entries, {whole.approvals} approvals of {len(whole.heads)} logs "
          f"hold as the nodes of {len(seen)} divisions say; {found} alterations are named")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-second-") as base:
        run(os.path.abspath(parser.parse_args().build), base)


if __name__ == "__main__":
    try:
        main()
    except (trees.Failed, altered.Unnoticed) as failed:
        sys.exit(f"second: {failed}")
