"""soak_verify - after the faults: what every node says, and then what its files say to readers that share nothing with it.

    asked(soak)    of the running tree: digests equal at all levels, sums as they were told, `verify --deep`, each
                   acknowledged document is there once more (`exists`), both ends of each transfer agree
    read(soak)     of stopped nodes: read_home hands out the bytes, second/ checks grants, chains, signatures and roots, and
                   here each acknowledged document is looked for in the log of who acknowledged it and in that of each holder

Both return a Verdict; nothing is repaired.
"""
import collections
import os
import re
import subprocess
from dataclasses import dataclass, field

import tree as trees
from foreign import blocks
from foreign_client import messages
from kill_and_cut import fen
from second import region as second
from soak_business import sums_shown, sums_told

DAMAGING = ("fork", "false_claim", "lost_tail", "corrupt", "bad_block", "edge_differs")


@dataclass
class Verdict:
    verified: int = 0    # acknowledged documents that are there, once, as they were handed in
    there: list = field(default_factory=list)  # the same of each node, as several are asked at once
    lost: list = field(default_factory=list)
    doubled: list = field(default_factory=list)
    altered: list = field(default_factory=list)
    wrong: list = field(default_factory=list)   # totals and digests that differ
    unsound: list = field(default_factory=list)  # what a verifier says of a store

    def faults(self):
        return [f"{name}: {one}" for name in ("lost", "doubled", "altered", "wrong", "unsound") for one in getattr(self, name)]


# --- the running tree ---

def settled(desk):
    """Until all that was answered below is settled at the issuer, and he says what he was told."""
    told = sums_told(desk)
    try:
        trees.wait_until(lambda: sums_shown(desk.node, desk.node.division) == told, trees.PATIENCE_S, "", step=1)
    except trees.Failed:
        pass  # asked() says which differ
    return told


def asked(soak):
    verdict, tree = Verdict(), soak.tree
    for place in soak.places.values():
        place.desk.finish()
    told = {place.division: settled(place.desk) for place in soak.places.values()}
    try:
        tree.wait_equal_digests()
    except trees.Failed as failed:
        verdict.wrong.append(f"digests: {failed}")
    for division, sums in told.items():
        for holder in [division] + tree.above(division):
            shown = sums_shown(tree[holder], division)
            verdict.wrong += [f"{account} of {division} at {holder}: {shown[account]} fen, {sum_told} told"
                              for account, sum_told in sums.items() if shown[account] != sum_told]
    for place in soak.places.values():
        verdict.wrong += place.desk.wrong
    soak.at_all(lambda place: look_at(verdict, place))
    verdict.verified = sum(verdict.there)
    return verdict


def look_at(verdict, place):
    node = place.node
    lines = place.desk.submit_again()
    verdict.lost += [f"{place.division}: {line}" for line in lines if line["status"] != "exists"]
    verdict.there.append(sum(line["status"] == "exists" for line in lines))
    code, out, err = node.run("verify", "--deep", check=False)
    if code != 0:
        verdict.unsound.append(f"{place.division}: verify --deep: exit {code}: {out[-500:]}{err[-500:]}")
    alarms = [f"{alarm['code']} {alarm['text']}" for alarm in node.status()["alarms"] if alarm["code"] in DAMAGING]
    verdict.unsound += [f"{place.division} alarms {alarm}" for alarm in alarms]
    code, out, err = node.run("--json", "report", "reconcile", check=False)
    if code not in (0, 1):
        verdict.unsound.append(f"{place.division}: report reconcile: exit {code}: {err[-300:]}")


# --- what the files say ---

def kinds_by_name():
    with open(os.path.join(trees.ROOT, "node", "ledger", "schema", "kinds.h")) as header:
        return {name.lower(): int(number) for name, number in re.findall(r"\bKIND_(\w+) = (\d+)", header.read())}


def read(soak, digests):
    """`digests`: what each running node said last, by division."""
    verdict = Verdict()
    pb, documents = messages(soak.tree.base)
    kinds = kinds_by_name()
    for place in soak.places.values():
        grants, logs = bytes_of(soak, place.node)
        report = second.check(pb, documents, soak.trust, place.division, grants, logs)
        verdict.unsound += [f"{place.division}: {author} {lsn}: {words}" for author, lsn, words in report.faults]
        verdict.unsound += [f"{place.division}: {division} has epoch {epoch}, which nobody confirmed"
                            for division, epoch in report.unconfirmed]
        for author in soak.below(place.division):
            entries, last = entries_of(logs[author])
            said = (last.last_lsn(), last.header["state_digest"].hex())
            if said[0] != report.heads.get(author) or said[0] < digests[author]["lsn"]:
                verdict.wrong.append(f"{author} ends at {said[0]} in the files of {place.division}, "
                                     f"it said {digests[author]['lsn']}")
            compare(verdict, place.division, soak.places[author].desk, entries, kinds, documents)
    return verdict


def bytes_of(soak, node):
    directory = node.home + ".read"
    os.makedirs(directory)
    done = subprocess.run([soak.tree.bin("read_home"), node.home, directory, *soak.places], capture_output=True, text=True)
    if done.returncode != 0:
        raise trees.Failed(f"read_home {node.home}: {done.stderr}")

    def split(name):
        with open(os.path.join(directory, name), "rb") as file:
            return second.split(file.read())
    return split("grants"), {division: split(division) for division in soak.places}


def entries_of(log):
    """(kind, entry) of each document of a log by its kind and id, and its last block."""
    found, last = [], None
    for whole in log:
        last = blocks.parse(whole)
        found += [entry for entry in last.entries if entry.kind >= blocks.USER_FIRST]
    return found, last


def compare(verdict, holder, desk, entries, kinds, documents):
    """Each acknowledged document against the log, and what the entries add up to against what was told."""
    division = desk.node.division
    there = collections.defaultdict(list)
    for entry in entries:
        said = documents.Document.FromString(entry.body)
        there[entry.kind, said.id].append(said)
    for d in desk.acknowledged.values():
        copies = there.get((kinds[d["kind"]], d["id"]), [])
        where = f"{d['kind']} {d['id']} of {division} at {holder}"
        if not copies:
            verdict.lost.append(where)
        elif len(copies) > 1:
            verdict.doubled.append(f"{where}: {len(copies)} times")
        elif differs(d, copies[0]):
            verdict.altered.append(f"{where}: {differs(d, copies[0])}")
        else:
            verdict.verified += 1
    paid = sum(said.pay_app_amt for (kind, _), copies in there.items() if kind == kinds["payment"] for said in copies)
    if paid != desk.committed(desk.acknowledged.values()):
        verdict.wrong.append(f"payments of {division} at {holder}: {paid} fen in its files, {desk.committed(desk.acknowledged.values())} told")
    settles(verdict, holder, desk, there, kinds)


def settles(verdict, holder, desk, there, kinds):
    """What an issuer's node wrote about each answer: once, and what was answered."""
    outcomes = {said.bgt_id: said.outcome for (kind, _), copies in there.items() if kind == kinds["settle"] for said in copies}
    for d in desk.acknowledged.values():
        answer = desk.answer_of(d) if d["kind"] == "transfer" else None
        want = {"register": "registered", "return": "returned"}.get(answer and answer["kind"])
        if want != outcomes.get(d["id"]) and d["kind"] == "transfer":
            verdict.wrong.append(f"transfer {d['id']} of {desk.node.division} at {holder}: settled as {outcomes.get(d['id'])}, {want} told")


def differs(handed_in, said):
    """The first field that is not as it was handed in; "" when all are."""
    for name, value in handed_in.items():
        if name == "kind":
            continue
        have = getattr(said, name)
        want = value if isinstance(have, str) else fen(value) if "." in value else int(value)
        if have != want:
            return f"{name} is {have}, handed in {want}"
    return ""
