"""soak - thirteen real nodes at work, and something breaks every ten seconds, as a seed draws it. See scripts/soak.

    /usr/bin/python3 tests/process/soak.py --minutes 20 [--seed 1] [--json]

A seed plays the same draws again; what they meet depends on the machine, so a failure is read in the tree that is kept.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import soak_faults  # noqa: E402
import soak_measure  # noqa: E402
import soak_verify  # noqa: E402
import tree as trees  # noqa: E402
from soak_place import Lines, Place  # noqa: E402
from years13 import CITIES, COUNTIES, REGION, parent_of  # noqa: E402

SMALL = ("540121", "540200")  # whose disks can be full
WARM_S = 45   # business without faults, before the first rest
TOGETHER_MAX = 7
PROGRAMS = ("bin/terrace", "bin/terraced", "bin/read_home", "bin/powercut.so", "lib/clock_shift.so")


class Soak:
    def __init__(self, base, args):
        self.args, self.base = args, base
        self.tree = trees.Tree(os.path.join(base, "tree"), build=self.own_programs())
        self.chance = random.Random(args.seed)
        self.places, self.twins, self.lossy = {}, [], set()
        self.over = threading.Event()  # faults end
        self.lock, self.lines = threading.Lock(), Lines(args.json)
        self.done, self.extra = collections.Counter(), collections.Counter()
        self.times, self.failures, self.acts = [], [], []
        self.archive = os.path.join(base, "archive")
        self.measure = soak_measure.Measure(self.places)

    def own_programs(self):
        """Copies, so that somebody may build meanwhile."""
        build = os.path.join(self.base, "build")
        for name in PROGRAMS:
            os.makedirs(os.path.dirname(os.path.join(build, name)), exist_ok=True)
            shutil.copy2(os.path.join(self.args.build, name), os.path.join(build, name))
        return build

    # --- the tree ---

    def plant(self):
        tree = self.tree
        self.add(tree.init_root(REGION, "西藏自治区"), None)
        for division in [*CITIES, *(county for city in CITIES for county in COUNTIES[city])]:
            self.join(division)
        self.trust = bytes.fromhex(tree[REGION].status()["tree"])
        desks = [place.desk for place in self.places.values()]
        for desk in desks:
            above = tree.above(desk.node.division)
            desk.issuers = [other for other in desks if other.node.division in above]
            for issuer in desk.issuers:
                issuer.below.append(desk)
        for desk in desks:
            desk.prepare()

    def add(self, node, relay):
        place = Place(self.tree, node, relay, self.args.seed + len(self.places), self.args.pace, self.args.lie)
        self.places[node.division] = place
        node.end()
        if node.division == REGION:
            os.makedirs(self.archive)
            place.keep_archive(self.archive)
        if node.division in SMALL and os.geteuid() == 0:
            place.move_to_small_disk()
        place.configure()
        place.start()

    def join(self, division):
        """Behind a relay."""
        parent = self.tree[parent_of(division)]
        token = parent.json("invite", division, "--name", division, "--may-grant", ",".join(trees.reach(division)))["token"]
        node = trees.Node(self.tree, division, division, parent)
        node.enrol(token)
        self.tree.nodes[division] = node
        self.add(node, node.route_through_relay())

    def below(self, division):
        """It and all below it."""
        return [other for other in self.places if other == division or division in self.tree.above(other)]

    def upright(self, place):
        """Those up and down from it, on whom its way back may depend."""
        return {self.places[division] for division in self.below(place.division) + self.tree.above(place.division)} - {place}

    # --- what breaks ---

    def draw(self):
        """A fault and a place for it, or None where none is free."""
        table = soak_faults.table(self)
        names = sorted(name for name in table if not self.args.only or name in self.args.only.split(","))
        for _ in range(20):
            name = self.chance.choices(names, [table[name][1] for name in names])[0]
            act, _, may, is_lossy = table[name]
            free = [place for place in self.places.values() if not place.busy and may(place)
                    and not (is_lossy and self.upright(place) & self.lossy)
                    and not (name == "disk lost" and any(other.busy for other in self.upright(place)))]
            if free:
                return name, act, self.chance.choice(free), is_lossy
        return None

    def begin(self, name, act, place, is_lossy):
        held = [place] + ([other for other in self.upright(place)] if name == "disk lost" else [])
        for other in held:
            other.busy = name
        if is_lossy:
            self.lossy.add(place)
        fault = soak_faults.Fault(self, place, random.Random(self.chance.getrandbits(64)))
        thread = threading.Thread(target=self.play, args=(name, act, fault, held), daemon=True)
        self.acts.append(thread)
        thread.start()

    def play(self, name, act, fault, held):
        place = fault.place
        try:
            self.lines.say(f"{name} at {place.division}")
            act(fault)
            seconds = place.come_back(self.places)
            self.lines.say(f"{name} at {place.division} is over:{' ' if fault.what else ''}{fault.what}; back after {seconds:.1f} s")
            with self.lock:
                self.done[name] += 1
                self.extra.update(fault.kind_counts)
                self.times.append(seconds)
        except Exception as failed:  # told at the end, and ends the soak
            with self.lock:
                self.failures.append(f"{name} at {place.division} ({fault.what}): {type(failed).__name__}: {failed}")
            self.lines.say(f"FAILED {self.failures[-1]}")
            self.over.set()
        finally:
            self.lossy.discard(place)
            for other in held:
                other.busy = None

    def wait_while(self, condition, seconds):
        """So long at most, and no longer than the soak."""
        end = time.monotonic() + seconds
        while condition() and time.monotonic() < end and not self.over.wait(0.1):
            pass

    def go_on(self):
        """Something breaks every so often, until the time is over, which stands still while all is at rest."""
        left, rests = self.args.minutes * 60, 1
        while left > 0 and not self.over.is_set():
            began = time.monotonic()
            if self.over.wait(self.args.every):
                break
            self.look_after_offices()
            if sum(place.busy is not None for place in self.places.values()) < TOGETHER_MAX:
                drawn = self.draw()
                if drawn:
                    self.begin(*drawn)
            left -= time.monotonic() - began
            if self.args.minutes * 60 - left > rests * self.args.rest * 60 and left > self.args.rest * 30:
                rests += 1
                self.rest()
        self.over.set()
        for thread in self.acts:
            thread.join()

    def look_after_offices(self):
        for place in self.places.values():
            desk = place.desk
            if desk.fault or desk.wrong or desk.odd or not desk.is_alive():
                self.failures.append(f"the office of {place.division}: {desk.fault or desk.wrong or desk.odd or 'it ended'}")
                self.over.set()

    # --- from its beginning to its end ---

    def rest(self):
        """Nothing is broken, no office works, all agree: what each node holds then."""
        for thread in self.acts:
            thread.join()
        with contextlib.ExitStack() as turns:
            for place in self.places.values():
                turns.enter_context(place.desk.turn)
            if not self.failures:
                self.tree.wait_equal_digests()
                self.lines.say("all is at rest")
                self.measure.rest(self.documents())

    def documents(self):
        """How many that were acknowledged each division holds, more or less: its own and those of all below."""
        return {division: sum(len(self.places[other].desk.acknowledged) for other in self.below(division))
                for division in self.places}

    def run(self):
        began = time.monotonic()
        self.plant()
        self.lines.say(f"seed {self.args.seed}: {len(self.places)} nodes below {self.base}, planted in "
                       f"{time.monotonic() - began:.0f} s")
        for place in self.places.values():
            place.desk.start()
        self.measure.start()
        self.over.wait(WARM_S)
        self.rest()
        self.go_on()
        healed = time.monotonic()
        for place in self.places.values():
            place.desk.over.set()
        for place in self.places.values():
            place.desk.join(2 * trees.PATIENCE_S)
        self.look_after_offices_at_the_end()
        if self.failures:
            return None
        asked = soak_verify.asked(self)
        self.lines.say(f"all agree {time.monotonic() - healed:.0f} s after the last fault; now the files")
        self.rest()
        digests = {division: place.node.digest() for division, place in self.places.items()}
        self.restart_all()
        self.at_all(Place.end_well)
        read = soak_verify.read(self, digests)
        for verdict in (asked, read):
            self.failures += verdict.faults()
        self.failures += self.measure.faults()
        return asked, read

    def look_after_offices_at_the_end(self):
        for place in self.places.values():
            if place.desk.fault or place.desk.odd:
                self.failures.append(f"the office of {place.division}: {place.desk.fault or place.desk.odd}")

    def at_all(self, act):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(act, self.places.values()))

    def restart_all(self):
        """What a process that has just begun holds, beside what one does that has been through it."""
        self.at_all(lambda place: (place.end_well(), place.start()))
        for place in self.places.values():
            trees.wait_until(lambda place=place: not place.lacks(self.places), trees.PATIENCE_S, f"{place.division} to be linked")
        self.measure.restarted()

    def end(self, keep):
        self.over.set()
        self.measure.over.set()
        for place in self.places.values():
            place.desk.over.set()
        for node in [*self.tree.nodes.values(), *self.twins]:
            if node.process is not None:
                node.process.kill()
                node.process.wait()
        for place in self.places.values():
            if place.small:
                if keep:
                    shutil.copytree(place.small, place.small + ".kept", ignore=shutil.ignore_patterns("*.sock"))
                subprocess.run(["umount", "-l", place.small], check=False)
        if not keep:
            shutil.rmtree(self.base, ignore_errors=True)


# --- the table ---

def figures(soak, verdicts):
    desks = [place.desk for place in soak.places.values()]
    asked, read = verdicts or (soak_verify.Verdict(), soak_verify.Verdict())
    not_back = sum("did not come back" in failure for failure in soak.failures)
    return dict(
        seed=soak.args.seed, minutes=soak.args.minutes, nodes=len(soak.places), faults=dict(sorted(soak.done.items())),
        faults_all=sum(soak.done.values()), seen=dict(sorted(soak.extra.items())),
        acknowledged=sum(len(desk.acknowledged) for desk in desks), posts_repeated=sum(desk.retries for desk in desks),
        questions=sum(desk.reads for desk in desks), answered_not_now=sum(desk.told_damaged for desk in desks),
        verified_by_nodes=asked.verified, verified_in_files=read.verified, lost=len(asked.lost + read.lost),
        doubled=len(read.doubled), altered=len(read.altered), wrong_totals=len(asked.wrong + read.wrong),
        unsound=len(asked.unsound + read.unsound), not_back=not_back,
        converge_median_s=round(statistics.median(soak.times), 1) if soak.times else None,
        converge_worst_s=round(max(soak.times), 1) if soak.times else None,
        rests=soak.measure.rows(), curve=soak.measure.curve)


def print_table(f):
    print(f"soak: seed {f['seed']}, {f['minutes']:g} minutes, {f['nodes']} nodes")
    for name, count in f["faults"].items():
        print(f"  {name:32} {count:8}")
    for name, count in f["seen"].items():
        print(f"    {name:30} {count:8}")
    print(f"  {'all faults':32} {f['faults_all']:8}")
    rows = [("operations acknowledged", "acknowledged"), ("posts asked again", "posts_repeated"),
            ("questions asked", "questions"), ("of them not answered then", "answered_not_now"),
            ("acknowledged, there by the nodes", "verified_by_nodes"),
            ("there in files, at each level", "verified_in_files"), ("lost", "lost"), ("doubled", "doubled"),
            ("altered", "altered"), ("wrong totals", "wrong_totals"), ("stores not sound", "unsound"),
            ("nodes that did not come back", "not_back"), ("seconds until back, median", "converge_median_s"),
            ("seconds until back, worst", "converge_worst_s")]
    for title, name in rows:
        print(f"  {title:32} {f[name]!s:>8}")
    soak_measure.print_rows(f['rests'])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--pace", type=float, default=3, help="seconds between the posts of an office")
    parser.add_argument("--every", type=float, default=10, help="seconds between faults")
    parser.add_argument("--rest", type=float, default=5, help="minutes between two rests, at which is measured what nodes hold")
    parser.add_argument("--only", help="these faults alone, by comma")
    parser.add_argument("--base", help="where the tree is made; a directory below the temporary one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lie", action="store_true", help="a control: disks lie about what is synced, and power cuts must show it")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    soak = Soak(tempfile.mkdtemp(prefix="terrace-soak-", dir=args.base), args)
    verdicts, keep = None, True
    try:
        verdicts = soak.run()
    except KeyboardInterrupt:
        keep = False
        soak.end(keep)
        print(f"soak: seed {args.seed}: ended by hand after {sum(soak.done.values())} faults", file=sys.stderr)
        return 130
    except Exception as failed:
        soak.failures.append(f"{type(failed).__name__}: {failed}")
        if not isinstance(failed, trees.Failed):
            raise
    finally:
        keep = keep and bool(soak.failures)
        soak.end(keep)
    said = figures(soak, verdicts)
    if args.json:
        print(json.dumps(dict(said, failures=soak.failures), ensure_ascii=False, indent=1))
    else:
        print_table(said)
    if soak.failures:
        print(f"soak: seed {args.seed}: {len(soak.failures)} failures; the tree is kept in {soak.base}", file=sys.stderr)
        for failure in soak.failures[:20]:
            print(f"soak: {failure}", file=sys.stderr)
        print("soak: what happened last:", *soak.lines.last, sep="\n  ", file=sys.stderr)
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main())
