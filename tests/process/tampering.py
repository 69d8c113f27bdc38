"""tampering - who holds which key may do what: each row of tampering/table.py is tried at real daemons over real sockets, by
programs written from proto/ alone that have the very keys. What is wrong is told where the table says, in its words and its
time, and no figure changes at any node.

    /usr/bin/python3 tests/process/tampering.py --build build [--only NAME,NAME] [--explore]

--explore says of each row what was told, and judges nothing.
"""
import argparse
import importlib
import os
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign import enrol, session  # noqa: E402
from foreign_client import messages  # noqa: E402
from tampering import levels, middle, persons, stage, table, trust  # noqa: E402
from tampering.table import CITY, COUNTY  # noqa: E402

# In this order, since what comes later spoils more. Each with what is done before its rows, and behind them.
SCENES = {"strangers": (None, None), "child": (None, None), "city": (None, None), "persons": (persons.hire, None), "trust": (trust.hire, None),
          "levels": (levels.prepare, levels.answer_the_recall), "middle": (middle.take_a_busy_city, middle.give_the_city_back), "forks": (None, None),
          "usurper": (middle.take_the_city, None)}
EXPLORED_S = 2.5


class Missed(trees.Failed):
    """A row of which somebody was not told, or of which too much came."""


def new_alarms(watch, before):
    return [key for key, said in watch.alarms().items() if before.get(key) != said]


def wait_told(s, row, before, begun):
    """Until all of it is told where it must be; after how many seconds that was."""
    for division, code, words in row.seen:
        watch, known = s.watches[division], before.get(division, {})
        try:
            trees.wait_within(lambda: any(key[0] == code and words in key[2] for key in new_alarms(watch, known)),
                              row.within, f"{division} to be told {code}")
        except trees.Failed as late:
            raise Missed(f"{row.name}: {late}; it says {new_alarms(watch, known)}") from None
    return time.monotonic() - begun


def rejects_of(s, row):
    """What whoever tried it was told."""
    if row.module in ("middle", "usurper"):
        link = s.middle
    elif row.module == "forks":
        link = s.thief.link if s.thief else s.county.link
    else:
        link = s.city.link if row.module in ("city", "persons", "trust") else s.county.link
    if not link.socket.closed:
        link.drain()
    return link.rejects


def judge(s, row, before, figures, begun):
    seconds = wait_told(s, row, before, begun)
    if row.reason is not None:
        trees.wait_within(lambda: any(one.reason == row.reason for one in rejects_of(s, row)), row.within,
                          f"{row.name}: a reject for {row.reason}, it had {[one.reason for one in rejects_of(s, row)]}")
    if s.outcome is not None:
        raise Missed(f"{row.name}: {s.outcome}")
    if row.says is not None and row.says not in (s.said or ""):
        raise Missed(f"{row.name}: he is told {s.said!r}, and not {row.says!r}")
    after = s.figures()
    for division in figures.keys() & after.keys():
        if figures[division] != after[division]:
            raise Missed(f"{row.name}: the figures at {division} were {figures[division]}, and are {after[division]}")
    return seconds


def explore(s, row, before):
    time.sleep(EXPLORED_S)
    for division, watch in s.watches.items():
        if watch.node.process is not None:
            for key in new_alarms(watch, before.get(division, {})):
                print(f"    {division}: {key}", flush=True)
    print(f"    rejects {[one.reason for one in rejects_of(s, row)]} outcome {s.outcome!r} said {s.said!r}", flush=True)


def play(s, row, options):
    act = getattr(importlib.import_module(f"tampering.{row.module}"), row.name)
    before = {division: watch.alarms() for division, watch in s.watches.items() if watch.node.process is not None}
    rejects_of(s, row).clear()
    figures, begun, s.outcome, s.said = s.figures(), time.monotonic(), None, None
    after = act(s)
    if options.explore:
        print(f"{row.module}.{row.name}", flush=True)
        explore(s, row, before)
        seconds = 0
    else:
        seconds = judge(s, row, before, figures, begun)
    if after is not None:
        after()
    if not row.seen and not options.explore:
        nothing_came(s, row, before)
    return seconds


def nothing_came(s, row, before):
    """What nobody is told marks nobody: the link has gone on meanwhile, so it was read. Not counted: that the city says of
    itself that a neighbour is false, and that the county hears nothing of the root while somebody else is its city."""
    for division, known in before.items():
        if s.tree[division].process is None:
            continue  # it has stopped, and says why
        marks = {key[:2] for key in s.watches[division].alarms()} - {key[:2] for key in known} - {
            ("division_unwell", CITY), ("silent_with_backlog", COUNTY)}
        if marks and row.says is None:
            raise Missed(f"{row.name}: {division} is told {sorted(marks)}")


def told(row):
    """By whom, in which words."""
    seen = [f"{division} {code}" + (f": {words}" if words else "") for division, code, words in row.seen]
    return "; ".join(seen) or (f"he himself: {row.says}" if row.says else "nothing comes of it")


def play_all(s, options):
    chosen = set(options.only.split(",")) if options.only else None
    shown = 0
    for module, (before, after) in SCENES.items():
        rows = [row for row in table.ROWS if row.module == module and (chosen is None or row.name in chosen)]
        if rows and before:
            before(s)
        for row in rows:
            seconds = play(s, row, options)
            print(f"{row.name:38} {row.who:28} {seconds:5.1f} s  {told(row)}", flush=True)
            shown += 1
        if rows and after:
            after(s)
    return shown


def run(options, base):
    pb, documents = messages(base)
    s = stage.Stage(pb, documents, base, os.path.abspath(options.build))
    try:
        s.up()
        begun = time.monotonic()
        shown = play_all(s, options)
        print(f"tampering: {shown} cases of who may do what, in {time.monotonic() - begun:.0f} s")
    finally:
        s.down()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--only")
    parser.add_argument("--explore", action="store_true")
    with tempfile.TemporaryDirectory(prefix="terrace-tampering-") as base:
        run(parser.parse_args(), base)


if __name__ == "__main__":
    try:
        main()
    except (trees.Failed, session.Broken, enrol.Refused) as failed:
        sys.exit(f"tampering: {failed}")
