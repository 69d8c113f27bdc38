"""recorded_peer - neighbours of earlier versions, played to this one from what they said when they were recorded: the city of
that time to the region as it is now, and the region of that time to the city as it is now. What was said then is answered
in kind: the same heads, the same blocks byte for byte, acknowledged, cosigned, and folded to the same figures.

    /usr/bin/python3 tests/process/recorded_peer.py --build build
"""
import argparse
import base64
import json
import os
import sys
import tempfile

import nacl.public
import zmq

import recorded
from foreign import enrol
from foreign_client import messages
from recorded import need, same_figures, trees

# What a neighbour that keeps to the protocol causes nowhere; clocks are years apart, and that may be said.
FORKED_THEN = "540400"  # record_evidence.py
FAULTS = {"rejected", "false_claim", "fork", "bad_block", "bad_grant", "limit", "state_differs", "needs_upgrade", "incompatible",
          "bad_entry", "corrupt"}


class Said:
    """All that one end has said so far, by what it means."""

    def __init__(self):
        self.heads, self.version, self.blocks, self.held, self.cosigned, self.beats = None, None, set(), {}, {}, set()
        self.refused = []

    def take(self, frame, to):
        hello = frame.hello if frame.HasField("hello") else frame.welcome if frame.HasField("welcome") else None
        if hello is not None:
            self.heads = [(one.author, one.epoch, one.lsn, one.hash) for one in hello.heads]
            self.version = frame.welcome.version if frame.HasField("welcome") else hello.version_max
        self.blocks.update(frame.blocks.block)
        for one in frame.ack.held:
            self.held[one.author.decode() or to] = one.lsn
        for one in frame.cosignature:
            who = one.holder, one.author, one.audience, one.audience_division
            self.cosigned[who] = max(self.cosigned.get(who, 0), one.lsn)
        self.beats.update(one.division for one in frame.beat)
        if frame.HasField("reject") or frame.HasField("restart") or frame.ack.not_yet:
            self.refused.append(frame)

    def lacks(self, wanted):
        """What of `wanted` was not said yet; a later version may say more, and in other frames."""
        if wanted.heads is not None and (self.heads != wanted.heads or self.version < wanted.version):
            return f"heads {self.heads}, recorded were {wanted.heads}"
        if wanted.blocks - self.blocks:
            return f"{len(wanted.blocks - self.blocks)} blocks"
        for name in ("held", "cosigned"):
            mine, theirs = getattr(self, name), getattr(wanted, name)
            for key, lsn in theirs.items():
                if mine.get(key, 0) < lsn:
                    return f"{name} {key} up to {lsn}: {mine.get(key)}"
        return f"beats of {wanted.beats - self.beats}" if wanted.beats - self.beats else None


class Player:
    """Says the frames of one recorded end, each once the living end has said what went before it then."""

    def __init__(self, pb, recording, plays, living):
        self.pb, self.plays, self.living = pb, plays, living
        self.heard, self.wanted, self.hello, self.session = Said(), Said(), None, None
        with open(os.path.join(recording.path, "session.jsonl"), encoding="utf-8") as lines:
            self.frames = [(one["from"], pb.Frame.FromString(base64.b64decode(one["frame"]))) for one in map(json.loads, lines)]

    def hear(self, data):
        frame = self.pb.Frame.FromString(data)
        if frame.HasField("hello"):
            self.hello, self.session = frame.hello, frame.session
        self.heard.take(frame, self.plays)
        need(not self.heard.refused, f"{self.living} refuses what was said then: {self.heard.refused}")

    def as_now(self, frame):
        """A parent answers under the session that its child chose, and to its stamp."""
        if self.session is not None:
            frame.session = self.session
            if frame.HasField("welcome"):
                frame.welcome.hello_stamp = self.hello.stamp
        return frame.SerializeToString()

    def play(self, receive, send):
        for who, frame in self.frames:
            if who == self.living:
                self.wanted.take(frame, self.plays)
                trees.wait_until(lambda: self.pump(receive) and self.heard.lacks(self.wanted) is None, trees.PATIENCE_S,
                                 f"{self.living} to say what it said then: {self.heard.lacks(self.wanted)}")
            else:
                send(self.as_now(frame))
        need(self.wanted.heads is not None and self.wanted.blocks and self.wanted.held and self.wanted.beats, "little was recorded")

    def pump(self, receive):
        while (data := receive()) is not None:
            self.hear(data)
        return True


def keys_of(recording, division):
    keys = enrol.Keys()
    keys.curve = nacl.public.PrivateKey(bytes.fromhex(recording.about["link_keys"][division]))
    return keys


def of_config(node, name):
    with open(os.path.join(node.home, "config.yaml"), encoding="utf-8") as config:
        line = next(one for one in config if one.startswith(name + ":"))
    return line.split('"')[1]


def no_faults(node, what):
    """A fork that the home tells of was over when it was kept: its alarm stands until a person acknowledges it."""
    found = [alarm for alarm in node.status()["alarms"]
             if alarm["code"] in FAULTS and not (alarm["code"] == "fork" and alarm["division"] == FORKED_THEN)]
    need(not found, f"{what}: {found}")


def the_city_of_then(pb, recording, context, tree):
    region = recording.migrated(tree, recording.region)
    region.start()
    server = bytes(keys_of(recording, recording.region).curve.public_key)
    socket = enrol.dial(context, of_config(region, "listen"), server, keys_of(recording, recording.city))
    player = Player(pb, recording, recording.city, recording.region)
    player.play(lambda: socket.recv() if socket.poll(10) else None, socket.send)
    same_figures(region, recording.figures["session"], f"{recording.name} with its city")
    no_faults(region, "the region")
    peer, = [one for one in region.status()["peers"] if one["division"] == recording.city]
    need(peer["state"] == "live" and peer["protocol"] == 1, peer)
    socket.close(linger=0)
    region.run("verify", "--deep")
    return len(player.frames)


def the_region_of_then(pb, recording, context, tree):
    city = recording.migrated(tree, recording.city)
    keys, port = keys_of(recording, recording.region), trees.free_port()
    socket = context.socket(zmq.ROUTER)
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, bytes(keys.curve))
    socket.setsockopt(zmq.LINGER, 0)
    socket.bind(f"tcp://127.0.0.1:{port}")
    city.parent_endpoint(f"tcp://127.0.0.1:{port}")
    city.start()
    player, whose = Player(pb, recording, recording.region, recording.city), []

    def receive():
        if not socket.poll(10):
            return None
        whose[:], data = [socket.recv()], socket.recv()
        return data

    player.play(receive, lambda data: socket.send_multipart([whose[0], data]))
    wanted = recording.figures["session"]["digests"][recording.city]
    trees.wait_until(lambda: player.pump(receive) and city.status()["confirmed"]["lsn"] == wanted["lsn"], 60, "the root's word")
    need(city.digest()["digest"] == wanted["digest"], f"the city has {city.digest()}, recorded was {wanted}")
    no_faults(city, "the city")
    peer, = [one for one in city.status()["peers"] if one["is_parent"]]
    need(peer["behind_entries"] == 0 and peer["protocol"] == 1, peer)
    city.run("verify", "--deep")
    socket.close(linger=0)


def run(build, base):
    pb, _ = messages(base)
    context, frames = zmq.Context(), 0
    try:
        for recording in recorded.all_of_them():
            for play in (the_city_of_then, the_region_of_then):
                tree = recording.tree(os.path.join(base, recording.name, play.__name__), build)
                try:
                    frames += play(pb, recording, context, tree) or 0
                finally:
                    tree.stop()
    finally:
        context.destroy(linger=0)
    print(f"recorded_peer: {frames} frames of earlier versions were answered in kind, at either end")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-recorded-peer-") as base:
        run(os.path.abspath(parser.parse_args().build), base)


if __name__ == "__main__":
    try:
        main()
    except (trees.Failed, enrol.Refused) as failed:
        sys.exit(f"recorded_peer: {failed}")
