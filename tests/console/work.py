"""work - a county's office works in the web console alone: its first registration and payment, forms,
batches, signatures of a browser, spreadsheets, off line and on.

Five real nodes; in the county 540121 two persons stand behind every document. work.mjs drives the
browser through the steps in work/, by words that a person sees; screens are kept under
BUILD/console-screens.

    python3 tests/console/work.py --build build [--only NAME]... [--keep]
"""
import json
import os
import subprocess
import sys

import console
from console import password_of, trees

HERE = os.path.dirname(os.path.abspath(__file__))
COUNTY = "540121"
MAKER, SECOND, CHECKER, ADMIN = "卓玛", "次仁", "旺堆", "扎西"
PEOPLE = {MAKER: ["maker"], SECOND: ["maker", "checker"], CHECKER: ["checker"], ADMIN: ["admin"]}
YEAR = "2026"


def document(kind, ident, **fields):
    return dict(kind=kind, id=ident, fiscal_year=YEAR) | fields


def lines(documents):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents)


class Ground(console.Ground):
    """What a step may ask for, by name."""

    def __init__(self, tree, relay):
        self.tree, self.relay = tree, relay

    def cut(self):
        self.relay.cut()

    def heal(self):
        self.relay.heal()

    def terrace(self, division, *args, user=None, stdin=""):
        """A command at a node: (exit code, stdout)."""
        node = self.tree[division]
        env = dict(self.tree.env, TERRACE_PASSWORD=password_of(user)) if user else self.tree.env
        command = [self.tree.bin("terrace"), "--home", node.home, *(["--as", user] if user else []), *args]
        done = subprocess.run(command, env=env, input=stdin.encode(), capture_output=True)
        return {"code": done.returncode, "out": done.stdout.decode(), "err": done.stderr.decode()}

    def submit(self, division, documents, user=None, file=None):
        path = os.path.join(self.tree.base, file or "documents.ndjson")
        with open(path, "w") as out:
            out.write(lines(documents))
        done = self.terrace(division, "submit", path, user=user)
        if done["code"] != 0:
            raise trees.Failed(f"submit at {division}: {done['out'][-2000:]}{done['err']}")
        return [json.loads(line)["status"] for line in done["out"].splitlines()]

    def enter(self, documents):
        """Handed in and approved at the county."""
        self.submit(COUNTY, documents, MAKER)
        for one in documents:
            self.terrace(COUNTY, "approve", one["id"], user=CHECKER)

    def payments(self, prefix, count, file=None, user=MAKER, odd=None):
        """Ordinary ones, of a few payees, each prefix with amounts of its own; `odd`: one more, to a
        payee that nobody has heard of."""
        least = 100 * (ord(prefix[-1]) - ord("A") + 1)
        payments = [document(
            "payment", f"{prefix}{i:03d}", bgt_id="AL1", pay_app_amt=f"{least + i}.{10 + i % 90}", use_des="工程款",
            payee_acct_name=f"商户{i % 7}", payee_acct_no=f"6228{i % 7:04d}",
            payee_acct_bank_name="农业银行") for i in range(count)]
        if odd is not None:
            payments.append(document("payment", prefix + "ODD", bgt_id="AL1", pay_app_amt=odd, use_des="设备款",
                                     payee_acct_name="从未见过的商户", payee_acct_no="62289999", payee_acct_bank_name="农业银行"))
        self.submit(COUNTY, payments, user, file)

    def get(self, ident, division=COUNTY):
        return json.loads(self.terrace(division, "--json", "get", ident)["out"])

    def verified(self, division):
        return self.terrace(division, "verify", "--deep")["code"] == 0


def open_tree(base, build):
    """(tree, the relay between the county and its city)"""
    tree, relays = trees.Tree(base, build=build, console=True), []
    for division, name, parent in trees.PILOT:
        if parent is None:
            tree.init_root(division, name)
            continue
        tree.approval = "required" if division == COUNTY else "none"
        tree.join(parent, division, name, relays if division == COUNTY else None)
    return tree, relays[0]


def add_people(ground):
    """The admin last: as long as there is none, whoever runs the node may add users."""
    node = ground.tree[COUNTY]
    for name, roles in PEOPLE.items():
        options = [option for role in roles for option in ("--role", role)]
        env = dict(ground.tree.env, TERRACE_PASSWORD=password_of(name))
        subprocess.run([ground.tree.bin("terrace"), "--home", node.home, "user", "add", name, *options],
                       env=env, check=True, capture_output=True)


def fill(ground):
    """What a county finds on its first day: codes, and three transfers, two of them with one number."""
    transfer = dict(rec_div_code=COUNTY, tra_type_code="general", stage="formal")
    ground.submit("540000", [
        document("element", "E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般公共预算资金"),
        document("element", "E2", ele_catalog_code="exp_func", ele_code="2050202", ele_name="小学教育"),
        document("element", "E3", ele_catalog_code="set_mode", ele_code="1", ele_name="转账"),
        document("budget", "BG1", stage="reply", fund_type_code="111", amount="90000000.00", approval_ref="藏人大〔2026〕1号"),
        document("transfer", "T19", ori_bgt_id="BG1", amount="8440000.00", cor_bgt_doc_no="藏财教指〔2026〕19号",
                 doc_title="义务教育", **transfer),
        document("transfer", "T31", ori_bgt_id="BG1", amount="526000.00", cor_bgt_doc_no="财农指〔2026〕31号",
                 doc_title="高标准农田", **transfer)])
    ground.submit("540100", [
        document("budget", "CB1", stage="reply", fund_type_code="111", amount="9000000.00", approval_ref="拉人大〔2026〕1号"),
        document("transfer", "T8", ori_bgt_id="CB1", amount="100000.00", cor_bgt_doc_no="财农指〔2026〕31号",
                 doc_title="配套资金", **transfer)])
    trees.wait_until(lambda: json.loads(ground.terrace(COUNTY, "--json", "inbox")["out"])["counts"]["to_register"]["items"] == 3,
                     60, "three transfers at the county")
    ground.enter([
        document("agency", "AG1", agency_code="105001", agency_name="林周县教育局"),
        document("budget", "OWN", stage="reply", fund_type_code="111", amount="3000000.00", approval_ref="林人大〔2026〕1号"),
        document("allocate", "AL1", ori_bgt_id="OWN", agency_code="105001", amount="1000000.00", exp_func_code="2050202"),
        document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="林财预〔2026〕1号")])


def told(tree, build, screens):
    return {"build": build, "screens": screens, **console.quarter_of_looks(),
            "nodes": {code: {"url": node.api, "name": node.name, "home": node.home} for code, node in tree.nodes.items()},
            "people": {COUNTY: {name: {"roles": roles, "password": password_of(name)} for name, roles in PEOPLE.items()}}}


def run(build, only, base):
    screens = os.path.join(build, "console-screens")
    os.makedirs(screens, exist_ok=True)
    tree, relay = open_tree(base, build)
    try:
        ground = Ground(tree, relay)
        add_people(ground)
        fill(ground)
        runner = subprocess.Popen(["node", os.path.join(HERE, "work.mjs"), json.dumps(told(tree, build, screens)), *only],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return console.serve(runner, ground)
    finally:
        tree.stop()


if __name__ == "__main__":
    sys.exit(console.main(run, "work"))
