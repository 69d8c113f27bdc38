"""usurper - acts of who has a city's keys and goes on with its log, where its county hears nobody else. They come last: the city
itself comes back to a log that it did not write. `s` is the stage."""
import copy
import os

import tree as trees
from foreign import blocks

from .middle import take_the_city
from .stage import CITY, COUNTY, GRANT_FORMAT, KIND_GRANT, Member, now_ms


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


def the_city_comes_back(s):
    """Its county holds what it never wrote, and shows it: the city stops, and only reads from then on."""
    s.middle.close()
    city = s.tree[CITY]
    try:
        city.start()
    except trees.Failed:  # on a busy machine it has stopped before anybody could ask it
        if city.process.poll() is None:
            raise
    trees.wait_until(lambda: city.process.poll() is not None, 60, "the city to stop")
    city.process = None
    with open(os.path.join(city.home, "damaged"), encoding="utf-8") as damaged:
        s.said = damaged.read()
    city.start()
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
