"""soak_faults - what is done to a place of the soak, one function a fault: it breaks something, lets it last, mends what a
person would mend by the documented command, and returns once the place is being started or healed. Whoever called waits
until it is back (soak_place.come_back).

A fault in which a disk, a copy or a file is lost begins with a place at rest: what only that disk had was acknowledged to
nobody else, and would be lost by right (node/HANDBOOK.md). Its neighbours up and down have no such fault meanwhile.
"""
import errno
import json
import os
import re
import shutil
import signal
import threading
import time

import tree as trees
from damages import files_of, harm
from empty_disk import confirmed, read_listen
from restored import digest_of
from soak_place import AWAY_MS, BACK_S, HARM_EVERY_S, need
from twins import on_another_machine

DAY_S = 86400
SYNCS_LEAST, SYNCS_MAX, SYNCS_S = 8, 40, 90  # of a log, behind a start; until so many came
BY_COMMAND = ("key", "config", "tls")
RESTORED = "resync_restored\x1fwhen=2026-03-01\x1fcopy=backup"


class Fault:
    """One that is going on."""

    def __init__(self, soak, place, chance):
        self.soak, self.place, self.chance = soak, place, chance
        self.what = ""  # what was drawn, for whoever reads of it
        self.kind_counts = []

    def lasts(self, least_s, most_s):
        """The harm itself: so long, or until the soak is to end."""
        seconds = self.chance.uniform(least_s, most_s)
        self.what += f" {seconds:.0f} s"
        self.soak.over.wait(seconds)

    def count(self, name):
        self.kind_counts.append(name)


# --- what a process and its machine meet ---

def kill(fault):
    fault.place.node.kill()
    fault.lasts(0, 10)
    fault.place.start()


def power_cut(fault):
    """At any moment, or just before or behind a sync of the store's log, for which it is started anew."""
    place = fault.place
    power, syncs = place.power, fault.chance.choice((0, fault.chance.randrange(SYNCS_LEAST, SYNCS_MAX)))
    before = power.cut_bytes
    if syncs:
        place.end_well()
        starts_to_be_cut(power, syncs)
        process = place.node.process
        fault.soak.wait_while(lambda: process.poll() is None, SYNCS_S)
        fault.count("at a sync of the log" if process.poll() is not None else "at no sync")
    power.cut()
    fault.what = f"{power.cut_bytes - before} bytes gone"
    fault.lasts(0, 5)
    place.start()


def starts_to_be_cut(power, syncs):
    """Its power may go before it answers."""
    try:
        power.start(cut_at=syncs)
    except trees.Failed:
        need(power.node.process is not None and power.node.process.poll() == -signal.SIGKILL, f"{power.node.log_tail()}")


def stop(fault):
    process = fault.place.node.process
    process.send_signal(signal.SIGSTOP)
    try:
        fault.lasts(30, 60)
    finally:
        process.send_signal(signal.SIGCONT)


def restart(fault):
    fault.place.end_well()
    fault.place.start()


def clock_jump(fault):
    seconds = fault.chance.choice((15 * DAY_S, -15 * DAY_S, fault.chance.randrange(-15 * DAY_S, 15 * DAY_S)))
    fault.what = f"{seconds / DAY_S:+.1f} days"
    fault.place.jump(seconds)
    try:
        fault.lasts(15, 45)
    finally:
        fault.place.jump(0)


def disk_full(fault):
    """To the last byte, for a while; it takes nothing, answers what is asked, and goes on once there is room."""
    place = fault.place
    ballast = os.path.join(place.small, "ballast")
    try:
        with open(ballast, "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 65536) == 65536:
                    pass
            except OSError as full:
                need(full.errno == errno.ENOSPC, f"{full}")
        fault.lasts(10, 30)
        if place.node.process.poll() is None:
            code, out, err = place.node.run("--json", "balance", check=False)
            need(code in (0, 4), f"{place.division}: its disk is full, and balance answers with {code}: {out}{err}")
    finally:
        os.unlink(ballast)


# --- what lines meet ---

def cut(fault):
    fault.place.relay.cut()
    try:
        fault.lasts(5, 60)
    finally:
        fault.place.relay.heal()


def partition(fault):
    """Several lines at once."""
    places = [place for place in fault.soak.places.values() if place.relay]
    chosen = [fault.place] + fault.chance.sample(places, 4)
    fault.what = " ".join(place.division for place in chosen)
    for place in chosen:
        place.relay.cut()
    try:
        fault.lasts(10, 40)
    finally:
        for place in chosen:
            place.relay.heal()


def thin(fault):
    relay = fault.place.relay
    relay.bytes_per_s = fault.chance.choice((1000, 4000, 16000))
    fault.what = f"{relay.bytes_per_s} bytes/s"
    try:
        fault.lasts(20, 60)
    finally:
        relay.bytes_per_s = None


def parent_away(fault):
    """Long enough for those below to be served by the one above it."""
    place, soak = fault.place, fault.soak
    below = [other for other in soak.places.values() if other.node.parent is place.node and not other.busy]
    place.node.kill()
    fault.lasts(4 * AWAY_MS / 1000, 6 * AWAY_MS / 1000)
    for other in below:
        code, out, _ = other.node.run("--json", "status", check=False)
        if code == 0 and json.loads(out)["served"] is not None:
            fault.count("served by an ancestor")
    place.start()


# --- what disks and copies meet ---

def damage(fault):
    """One harm to one file of any kind."""
    place, chance = fault.place, fault.chance
    node = place.node
    with place.desk.turn:
        place.at_rest()
        place.end_well()
        good = {part: kept_aside(node, part) for part in ("keys", "config.yaml", "tls") if os.path.exists(os.path.join(node.home, part))}
    kinds = {kind: paths for kind, paths in files_of(node.home).items() if any(map(os.path.exists, paths)) or kind == "note"}
    kind = chance.choice(sorted(kinds))
    paths = kinds[kind] if kind == "note" else [path for path in kinds[kind] if os.path.exists(path)]
    fault.what = f"{kind}: " + harm(chance.choice(paths), chance)
    place.harmed_s = time.monotonic()
    try:
        place.start()
        if kind in BY_COMMAND:
            trees.wait_within(lambda: not place.lacks(fault.soak.places), 20, "its links")
    except trees.Failed as failed:
        need(kind in BY_COMMAND, f"{fault.what}: {failed}")
        put_back(place, good)
        fault.count("damage mended by its command")
    node.run("verify", "--deep", check=False)  # looked through once, as the scrub does in its time


def kept_aside(node, part):
    there = os.path.join(node.home, part)
    aside = f"{node.home}.good-{part}"
    if os.path.isdir(there):
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(there, aside)
    else:
        shutil.copy2(there, aside)
    return aside


def put_back(place, good):
    """What its words say: keys and configuration from the copy, the certificate is made anew."""
    node = place.node
    if node.process is not None and node.process.poll() is None:
        place.end_well()
    node.process = None
    for part, aside in good.items():
        there = os.path.join(node.home, part)
        if os.path.isdir(aside):
            shutil.rmtree(there, ignore_errors=True)
            shutil.copytree(aside, there)
        else:
            shutil.copy2(aside, there)
    place.start()


def old_copy(fault):
    """A copy of the running node, business, and the copy in the place of the home."""
    place = fault.place
    node, copies = place.node, f"{place.node.home}.copies"
    node.run("backup", copies, "--keep", "1")
    fault.lasts(5, 20)
    with place.desk.turn:
        place.at_rest()
        place.end_well()
    shutil.rmtree(node.home)
    node.run("restore", copies)
    place.start()


def root_lost(fault):
    """Its disk is gone: an old copy and the archive bring it back."""
    place, soak = fault.place, fault.soak
    node, copies = place.node, f"{place.node.home}.copies"
    node.run("backup", copies, "--keep", "1")
    fault.lasts(5, 20)
    with place.desk.turn:
        place.at_rest()
        lsn = node.status()["lsn"]
        trees.wait_within(lambda: node.status()["archive"]["lsn"] >= lsn, BACK_S, "the archive to have all of the root's log")
        node.kill()
    shutil.rmtree(node.home)
    node.run("restore", copies, "--archive", soak.archive)
    place.start()


def disk_lost(fault):
    """An empty machine is let in again; those below it are given its new link key."""
    place, soak = fault.place, fault.soak
    node = place.node
    children = [other for other in soak.places.values() if other.node.parent is node]
    with place.desk.turn:
        place.at_rest()
        place.end_well()
    with open(os.path.join(node.home, "config.yaml")) as config:
        enrol = re.search(r'(?m)^enrol: "(.*)"', config.read()).group(1)
    listen = read_listen(node)
    shutil.rmtree(node.home)
    token = node.parent.json("invite", node.division, "--recover")["token"]
    node.run("join", token, "--approval", "none", "--listen", listen, "--enrol", enrol)
    node.parent_endpoint(place.relay.endpoint)
    place.configure()
    place.start()
    for child in children:
        with child.desk.turn:
            child.end_well()
            code, out, err = node.run("--json", "invite", child.division, "--again", check=False)
            need(code in (0, 4) and "token" in json.loads(out), f"invite {child.division} --again: exit {code}: {out}{err}")
            child.node.run("join", json.loads(out)["token"])
            child.node.parent_endpoint(child.relay.endpoint)
            child.start()
    trees.wait_within(lambda: digest_of(node) is not None, BACK_S, f"{node.division} to have its log again", step=0.3)
    confirmed(tree_above(soak.tree, node), node.division)


def tree_above(tree, node):
    """Whose word a recovery needs: the granter's parent, or the root where the root granted."""
    return node.parent.parent or node.parent


def twin(fault):
    """One copy on two machines: one of them becomes the node, the other never writes and is ended."""
    place, soak = fault.place, fault.soak
    node = place.node
    with place.desk.turn:
        place.at_rest()
        place.end_well()
        with open(os.path.join(node.home, "resync"), "w") as note:
            note.write(RESTORED)
        other = on_another_machine(soak.tree, node)
        soak.twins.append(other)
        config = os.path.join(node.home, "config.yaml")
        shutil.copy2(config, node.home + ".config")
        starting = threading.Thread(target=other.start)
        starting.start()
        place.start()
        starting.join()
        pair = (node, other)
        trees.wait_within(lambda: any(digest_of(one) is not None for one in pair), BACK_S, "one of the twins to be whole", step=0.3)
        trees.wait_within(lambda: any(loses(one) for one in pair), BACK_S, "the other one to say that it is to be ended", step=0.3)
        need(not all(loses(one) for one in pair), "both twins say that they are to be ended")
        if loses(node):
            fault.what = "the twin goes on"
            for one in pair:
                one.end()
            shutil.rmtree(node.home)
            os.rename(other.home, node.home)
            shutil.copy2(node.home + ".config", config)
            place.start()
        else:
            fault.what = "the first goes on"
            other.end()
            shutil.rmtree(other.home)
        soak.twins.remove(other)


def loses(node):
    code, out, _ = node.run("--lang", "en", "resync", check=False)
    return code == 4 and "another machine" in out


# --- which there are ---

def on_a_line(place):
    return place.relay is not None


def has_parent(place):
    return place.node.parent is not None


def is_harmless(_):
    return True


def is_city(soak):
    return lambda place: has_parent(place) and any(other.node.parent is place.node for other in soak.places.values())


def is_leaf(soak):
    return lambda place: has_parent(place) and not is_city(soak)(place)


def may_be_harmed(place):
    return has_parent(place) and time.monotonic() - place.harmed_s > HARM_EVERY_S


def table(soak):
    """name -> (act, weight, may it be done to this place, is a disk lost in it?)"""
    return {
        "SIGKILL": (kill, 4, is_harmless, False),
        "power cut": (power_cut, 4, is_harmless, False),
        "SIGSTOP": (stop, 2, is_harmless, False),
        "restart": (restart, 2, is_harmless, False),
        "clock jump": (clock_jump, 3, is_harmless, False),
        "link cut": (cut, 3, on_a_line, False),
        "partition": (partition, 2, on_a_line, False),
        "thin link": (thin, 2, on_a_line, False),
        "parent away": (parent_away, 2, is_city(soak), False),
        "disk full": (disk_full, 2, lambda place: place.small is not None, False),
        "damaged file": (damage, 4, may_be_harmed, True),
        "old copy restored": (old_copy, 2, has_parent, True),
        "root's disk lost": (root_lost, 1, lambda place: not has_parent(place), True),
        "disk lost": (disk_lost, 2, has_parent, True),
        "twins": (twin, 1, is_leaf(soak), True),
    }
