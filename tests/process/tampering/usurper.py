"""usurper - acts of who has a city's keys and goes on with its log, where its county hears nobody else. They come last: the city
itself comes back to a log that it did not write. `s` is the stage."""
import copy
import os

import tree as trees
from foreign import blocks

from .levels import FUND, KINDS
from .middle import take_the_city
from .stage import CITY, COUNTY, GRANT_FORMAT, KIND_GRANT, Member, doc, now_ms


def replays_an_old_grant(s):
    """The first grant of the county, from the city's own log, in a new block: it changes nothing."""
    m = s.middle
    old = next(entry for whole in m.held[CITY] for entry in blocks.parse(whole).entries
               if entry.kind == KIND_GRANT and s.pb.Grant.FromString(
                   s.pb.SignedGrant.FromString(entry.body).grant).division == COUNTY.encode())
    log = copy.deepcopy(m.logs[CITY])
    m.send_blocks(log.write([(KIND_GRANT, GRANT_FORMAT, old.body)], now_ms(), (blocks.TREE, COUNTY)))
    m.logs[CITY] = log
    m.pump(lambda: m.acked.get(CITY) == log.chain.lsn, "the city's block to be held")


def writes_down(s, kind, number, audience=(blocks.LINE, COUNTY), **fields):
    """An entry of the city's own log, which its county holds and answers to."""
    m = s.middle
    body = s.documents.Document(id=number, fiscal_year=2026, **fields).SerializeToString()
    log = copy.deepcopy(m.logs[CITY])
    m.send_blocks(log.write([(KINDS[kind], blocks.DOCUMENT_FORMAT, body)], now_ms(), audience))
    m.logs[CITY] = log
    m.pump(lambda: m.acked.get(CITY) == log.chain.lsn, "the city's block to be held")


def nothing_to_answer(s, number, kind, **fields):
    """The county can answer nothing of it that moves money: its persons try."""
    answer = s.tree[COUNTY].submit_lines([doc(kind, number, **fields)])[0]
    if answer["status"] != "refused":
        s.outcome = f"the county answers it: {answer}"


def recalls_what_its_county_never_got(s):
    writes_down(s, "recall", "U1", bgt_id="U-NO", rec_div_code=COUNTY, amount=100, reason="x")
    nothing_to_answer(s, "UA1", "recall_grant", recall_id="U1", bgt_id="R2", amount="1.00")


def lowers_what_its_county_never_got(s):
    writes_down(s, "transfer", "U2", early_bgt_id="U-NO", ori_bgt_id="R1", rec_div_code=COUNTY, amount=-100, fund_type_code=FUND,
                stage="formal", cor_bgt_doc_no="1", tra_type_code="general")
    nothing_to_answer(s, "UA2", "register", bgt_id="U2")


def withdraws_the_regions_transfer_below(s):
    """T1 is the region's, to the city itself; the county's log would be the place of its return."""
    writes_down(s, "withdraw", "U3", bgt_id="T1", rec_div_code=COUNTY, reason="x")


def withdraws_what_its_county_registered(s):
    """What was registered stays: nothing is returned."""
    writes_down(s, "withdraw", "U4", bgt_id="T2", rec_div_code=COUNTY, reason="x")
    if ".w" in s.tree[COUNTY].run("list", "return")[1]:
        s.outcome = "the county's node returns it"


def settles_what_its_county_never_answered(s):
    """The money is with the city again, it says; what it once sent cannot be taken in any more, only returned."""
    writes_down(s, "transfer", "U5", ori_bgt_id="R1", rec_div_code=COUNTY, amount=100, fund_type_code=FUND, stage="formal",
                cor_bgt_doc_no="1", tra_type_code="general")
    writes_down(s, "settle", ".u6", bgt_id="U5", rec_div_code=COUNTY, amount=100, outcome="returned", answer_id="U-NO")
    nothing_to_answer(s, "UA5", "register", bgt_id="U5")


def the_city_comes_back(s):
    """Its county holds what it never wrote, and shows it: the city asks for it, gets it from nobody who could have it
    whole, and only reads from then on."""
    s.middle.close()
    city = s.tree[CITY]
    city.start()
    note = os.path.join(city.home, "resync")
    trees.wait_until(lambda: os.path.exists(note), 60, "the city to ask for its own log")
    with open(note, encoding="utf-8") as why:
        s.said = why.read()
    trees.wait_until(lambda: '"state"' in city.run("resync", "--json", check=False)[1], 60,
                     "the city to say how far it is")
    if city.run("submit", "-", stdin=b'{"kind":"agency","id":"Z1"}\n', check=False)[0] == 0:
        s.outcome = "it goes on writing"


def second_epoch_of_its_child(s):
    """The county hears of a second one with its own code, and another key: it goes on, and says so."""
    county = s.tree[COUNTY]
    take_the_city(s, allotments=0)
    m = s.middle
    usurper, granter = Member(s, COUNTY), Member(s, CITY, m.keys)
    usurper.link = granter.link = s.county.link
    log = m.logs[CITY]
    m.send_blocks(log.write([s.grant(granter, usurper, epoch=2)], now_ms(), (blocks.TREE, COUNTY)))

    def told():
        return [alarm["text"] for alarm in county.status()["alarms"] if alarm["code"] == "bad_grant"]
    s.said = " ".join(trees.wait_until(told, 60, "the county to be told"))
    if county.process.poll() is not None or os.path.exists(os.path.join(county.home, "damaged")):
        s.outcome = "it stopped"
