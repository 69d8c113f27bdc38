"""soak_measure - what the nodes of a soak hold, in memory and in descriptors, and whether that grows.

While there is business a node holds what it is about to write and what was read last, within bounds of its own:
memtables of 16 MiB and 8 MiB of cache together; and each file of its store that is open is a descriptor. So it is asked
at rest: no office at work, nothing broken, all links live, and until RESTS_S are over, after which a node has given
back what it holds for business only. It may keep a mebibyte of memtables and one of cache then, so at first it grows
into those: the first half of the rests is the warm-up. What grows above the most of them, though nothing goes on, is a
leak, but for what a node keeps of each document (FOR_DOCUMENT_BYTES: filters and indexes of table files).

    memory        private pages (RssAnon), since those of the program's file are nobody's; KiB
    descriptors   all but the store's: links, the API, what the process has of its own
    store         tables, logs and the directory itself, which RocksDB opens once more for each family that it made; below
                  STORE_MAX, since it merges a level that has four tables
"""
import os
import re
import statistics
import threading
import time
from dataclasses import astuple, dataclass

import tree as trees

EVERY_S = 10
RESTS_S = 45                # more than three looks of give_memory_back (node/daemon/daemon.c)
MEMORY_MORE_KIB = 2048      # above the warm-up, median of nodes: memtables and cache that it did not fill
MEMORY_WORST_KIB = 4096     # of any one node, with what malloc keeps in pieces
FOR_DOCUMENT_BYTES = 32     # of each document more that a node holds
DESCRIPTORS_MORE = 2        # of any one node
STORE_MAX = 96              # nine families, each with a level of four, what is being merged, and a level below


@dataclass
class Held:
    """By one process at one moment."""
    pid: int
    rss_kib: int
    memory_kib: int
    descriptors: int
    store: int


def held_by(pid):
    """None: it is not there any more."""
    try:
        with open(f"/proc/{pid}/status") as status:
            said = dict(re.findall(r"(?m)^(\w+):\s+(\d+)", status.read()))
        files = [target(pid, name) for name in os.listdir(f"/proc/{pid}/fd")]
        store = sum(re.search(r"/store(/|$)", name) is not None for name in files)
        return Held(pid, int(said["VmRSS"]), int(said["RssAnon"]), len(files) - store, store)
    except (OSError, KeyError):
        return None


def target(pid, name):
    try:
        return os.readlink(f"/proc/{pid}/fd/{name}")
    except OSError:
        return ""  # it was closed meanwhile


def median(held, name):
    return statistics.median(getattr(one, name) for one in held) if held else 0


class Measure(threading.Thread):
    """Looks at all nodes all the time; and at each rest."""

    def __init__(self, places):
        super().__init__(daemon=True)
        self.places, self.over = places, threading.Event()
        self.began = time.monotonic()
        self.curve = []   # (minute, medians) of all that runs
        self.rests = []   # (minute, documents that were acknowledged, {division: Held})
        self.fresh = {}   # of processes that have just begun, with all that is stored by then

    def now(self):
        return {division: held for division, place in self.places.items()
                if place.node.process is not None and (held := held_by(place.node.process.pid))}

    def minute(self):
        return round((time.monotonic() - self.began) / 60, 1)

    def run(self):
        last = -1
        while not self.over.wait(EVERY_S):
            held = list(self.now().values())
            if held and self.minute() >= last + 1:
                last = self.minute()
                self.curve.append(dict(minute=last, nodes=len(held), rss_kib=median(held, "rss_kib"),
                                       memory_kib=median(held, "memory_kib"),
                                       descriptors=median(held, "descriptors"), store=median(held, "store")))

    def rest(self, documents):
        """`documents`: how many each division holds. Whoever calls has seen to it that nothing goes on; all nodes are
        given the time to come to rest."""
        time.sleep(RESTS_S)  # what is measured is what is held after so long
        self.rests.append((self.minute(), documents, self.now()))

    def restarted(self):
        time.sleep(RESTS_S)
        self.fresh = self.now()

    # --- what it says ---

    def rows(self):
        """Of each rest, and of the new start behind the last one."""
        said = [dict(minute=minute, documents=statistics.median(documents.values()), **self.medians(held))
                for minute, documents, held in self.rests]
        return said + ([dict(said[-1], minute="restarted", **self.medians(self.fresh))] if self.fresh else [])

    @staticmethod
    def medians(held):
        of = list(held.values())
        return {name: median(of, name) for name in ("rss_kib", "memory_kib", "descriptors", "store")}

    def faults(self):
        """What grew behind the warm-up, in words."""
        warm = (len(self.rests) + 1) // 2
        most = {division: self.most(division, self.rests[:warm]) for division in self.places}
        found = []
        for minute, documents, held in self.rests[warm:]:
            more = []
            for division, now in held.items():
                if most[division] is not None:
                    data_kib = (documents[division] - self.rests[warm - 1][1][division]) * FOR_DOCUMENT_BYTES // 1024
                    more.append(now.memory_kib - most[division].memory_kib - data_kib)
                    found += self.of_node(f"{division} at rest at minute {minute}", most[division], now, more[-1])
            if more and statistics.median(more) > MEMORY_MORE_KIB:
                found.append(f"at rest at minute {minute} the median of nodes holds {statistics.median(more):.0f} KiB more than "
                             "after the warm-up, without its data")
        return found

    @staticmethod
    def most(division, rests):
        """The most that it held of each at any of these."""
        of = [held[division] for _, _, held in rests if division in held]
        return Held(*(max(values) for values in zip(*map(astuple, of)))) if of else None

    @staticmethod
    def of_node(where, most, now, more_kib):
        found = []
        if now.store > STORE_MAX:
            found.append(f"{where} has {now.store} files of its store open")
        if more_kib > MEMORY_WORST_KIB:
            found.append(f"{where} holds {now.memory_kib} KiB, {most.memory_kib} KiB after the warm-up")
        if now.descriptors > most.descriptors + DESCRIPTORS_MORE:
            found.append(f"{where} has {now.descriptors} descriptors beside its store's, {most.descriptors} after the warm-up")
        return found


def print_rows(rows):
    print(f"  {'at rest, median of nodes':32} {'documents':>10} {'RSS KiB':>9} {'memory KiB':>11} {'descriptors':>12} {'store':>7}")
    for row in rows:
        at = row["minute"] if row["minute"] == "restarted" else f"minute {row['minute']}"
        print(f"    {at:30} {row['documents']:10.0f} {row['rss_kib']:9.0f} {row['memory_kib']:11.0f} "
              f"{row['descriptors']:12.0f} {row['store']:7.0f}")
