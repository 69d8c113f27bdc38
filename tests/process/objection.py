"""objection - real daemons in three tiers: who holds a county's former key is heard above the one that gave its place away,
though he is nobody's neighbour there, and says that one thing alone.

    a city that lies    it gives the county's code to a key of its own and shuts its door; the county objects at the region,
                        which shows it, and confirms nothing without a further word. Refused, the county goes on
    a county copied     its city gave another machine new keys; the first one objects, is overruled, and writes no more
    keys copied         a thief let the county's own key agree to another: the county says so and writes no more, and lives on

    /usr/bin/python3 tests/process/objection.py --build build
"""
import argparse
import json
import os
import re
import shutil
import sys
import tempfile

import nacl.signing
import zmq
import zmq.auth.thread

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign import blocks, enrol, hashes, loot  # noqa: E402
from foreign_client import messages  # noqa: E402
from tampering.middle import endpoint_of  # noqa: E402
from tampering.stage import GRANT_FORMAT, KIND_GRANT, Link, Watch, in_a_hurry, now_ms, seal  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
WORD = "known-to-the-thief"
TOO_LARGE, REFUSED, BAD_SIGNATURE, NOT_FOUND = 4, 5, 9, 10
SECONDS, LONG_S = 2, 60


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def agency(number):
    return dict(kind="agency", id=f"A{number}", fiscal_year=2026, agency_code=f"{number:06d}", agency_name="教育局")


def enters(node, number, want="accepted"):
    said = node.submit_lines([agency(number)])[0]
    need(said["status"] == want or said.get("reason") == want, said)


def three_tiers(tree):
    region = tree.init_root(REGION, "西藏自治区")
    city, _ = tree.join(REGION, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    in_a_hurry(county)
    enters(county, 1)
    tree.wait_equal_digests()
    return region, city, county


def recovery(node):
    return next((row for row in node.json("confirm", "--list")["rows"] if row["division"] == COUNTY), None)


def alarm(node, code):
    return next((one["text"] for one in node.status()["alarms"] if one["code"] == code and one["division"] == COUNTY), None)


def objects(node):
    """What the node says of the county's objection."""
    row = trees.wait_until(lambda: (recovery(node) or {}).get("objection") and recovery(node), LONG_S,
                           f"{node.division} to hear of the objection")
    need(row["objection"]["reason"] == "impersonated" and row["objection"]["said"] and row["objection"]["since"], row)
    need("impersonated" in (alarm(node, "objected") or ""), node.status()["alarms"])
    return row["objection"]


def is_refused(region, *options):
    """Without the further word, and what it says."""
    code, out, err = region.run("--lang", "en", "confirm", COUNTY, "--yes", *options, check=False)
    need(code == 1 and "impersonated" in out + err and "--despite-objection" in out + err, f"{code} {out}{err}")
    need(not recovery(region)["counts"], "it counts")


# --- a city that lies ---

class City:
    """The city's keys, in other hands."""

    def __init__(self, pb, context, region, city, county):
        self.pb, self.context, self.city = pb, context, city
        self.keys, above = loot.keys_of(city.home, WORD), loot.keys_of(region.home, WORD)
        self.owner = loot.keys_of(county.home, WORD)
        self.tree = hashes.fingerprint(loot.trust_key_of(region.home, WORD).public())
        held = Watch(region)
        self.log, self.below = blocks.Writer(CITY, self.tree, self.keys.sign), blocks.Chain(True)
        for whole in held.blocks(CITY):
            block = blocks.parse(whole)
            self.log.chain.follow(block, block.hash(self.tree, self.keys.public()))
            self.log.digest = block.header["state_digest"]
            for entry in block.entries:
                if entry.kind == KIND_GRANT:
                    self.granted = pb.Grant.FromString(pb.SignedGrant.FromString(entry.body).grant)
        for whole in held.blocks(COUNTY):
            block = blocks.parse(whole)
            self.below.follow(block, block.hash(self.tree, self.owner.public()))
        self.region = enrol.Token(CITY, REGION, "", endpoint_of(region), bytes(above.curve.public_key), self.tree, [], b"")
        grants = {REGION: pb.Grant(division=REGION.encode(), sign_key=above.public())}
        self.link = Link(pb, context, self.region, self.keys, grants)
        self.link.hello(self.log.chain, {COUNTY: self.below})
        self.link.run_until(lambda: self.link.welcome is not None, "the region to welcome it")

    def gives_the_county_away(self):
        """To keys of its own, where the county's log ends. The hash by which that grant is known."""
        self.usurper = enrol.Keys()
        grant = self.pb.Grant()
        grant.CopyFrom(self.granted)
        grant.epoch, grant.base_lsn, grant.base_hash = 2, self.below.lsn, self.below.hash
        grant.sign_key, grant.curve_key = self.usurper.public(), bytes(self.usurper.curve.public_key)
        grant.key_proof = self.usurper.certify(self.tree, COUNTY)
        sealed = seal(self.pb, grant, self.keys)
        self.link.send_blocks(self.log.write([(KIND_GRANT, GRANT_FORMAT, sealed)], now_ms(), (blocks.TREE, COUNTY)))
        self.link.run_until(lambda: self.link.held.get(CITY) == self.log.chain.lsn, "the region to hold that grant")
        opened = self.pb.SignedGrant.FromString(sealed)
        return hashes.tagged(b"grant", hashes.sized(opened.grant), hashes.u32(0), hashes.sized(b""))

    def shuts_its_door(self, base):
        """Where the city listened, everybody is turned away. The county dials there and hears nothing."""
        self.guard = zmq.auth.thread.ThreadAuthenticator(self.context)
        self.guard.start()
        nobody = os.path.join(base, "nobody")
        os.makedirs(nobody)
        self.guard.configure_curve(domain="*", location=nobody)
        self.door = self.context.socket(zmq.ROUTER)
        for option, value in ((zmq.LINGER, 0), (zmq.CURVE_SERVER, 1), (zmq.CURVE_SECRETKEY, bytes(self.keys.curve)),
                              (zmq.CURVE_PUBLICKEY, bytes(self.keys.curve.public_key))):
            self.door.setsockopt(option, value)
        self.door.bind(endpoint_of(self.city))

    def close(self):
        self.door.close()
        self.guard.stop()


class FormerKey:
    """One who proves a link key at the region, and says what he likes."""

    def __init__(self, city, keys):
        self.city, self.pb, self.keys = city, city.pb, keys
        self.socket = None

    def hears(self, frame):
        """The answer, each time on a new connection; None: there is none."""
        if self.socket is not None:
            self.socket.close()
        self.socket = enrol.dial(self.city.context, self.city.region.link, self.city.region.curve_key, self.keys)
        self.socket.send(frame if isinstance(frame, bytes) else frame.SerializeToString())
        if not self.socket.poll(SECONDS * 1000):
            return None
        return self.pb.Frame.FromString(self.socket.recv())

    def says(self, frame):
        """What he is told of his key; None: there is no answer."""
        answer = self.hears(frame)
        if answer is None:
            return None
        need(len(answer.ListFields()) == 1 and answer.HasField("superseded"), f"he is answered {answer}")
        return answer.superseded

    def objection(self, grant, key=None, division=COUNTY, epoch=1, **other):
        said = self.pb.Objection(suite=1, division=division.encode(), epoch=epoch, grant=grant, unix_ms=now_ms(), reason=1)
        digest = hashes.tagged(b"object", self.city.tree, hashes.u32(1), hashes.code(division), hashes.u32(epoch), grant,
                               hashes.u64(said.unix_ms), hashes.u32(1))
        said.signature = (key or self.keys.sign).sign(digest).signature
        return self.pb.Frame(objection=said, **other)


def may_say_nothing_else(city, region, grant, figures):
    """The county's own key, which is another's by now: whatever it says but the one thing is turned away, with why."""
    pb, who = city.pb, FormerKey(city, city.owner)
    hello = pb.Hello(version_min=1, version_max=1, unix_ms=now_ms(), credit=1 << 20)
    log = blocks.Writer(COUNTY, city.tree, city.owner.sign)
    log.chain, log.digest = city.below, hashes.ZERO
    block = log.draft([(18, 1, b"")], now_ms())
    whole = blocks.seal(block, city.tree, city.owner.sign)[0]
    beat = city.link.beat(COUNTY, city.below, city.owner.sign, now_ms(), condition=2)
    another = nacl.signing.SigningKey.generate()
    for frame, status in ((pb.Frame(session=7, hello=hello), REFUSED),
                          (pb.Frame(session=7, blocks=pb.Blocks(block=[whole], at=0)), REFUSED),
                          (pb.Frame(beat=[beat]), REFUSED),
                          (b"\xff" * 50000, TOO_LARGE),
                          (who.objection(grant, session=7, hello=hello), REFUSED),
                          (who.objection(grant, key=another), BAD_SIGNATURE),
                          (who.objection(grant, key=city.usurper.sign), BAD_SIGNATURE),
                          (who.objection(grant, epoch=2, key=city.usurper.sign), REFUSED),
                          (who.objection(grant, division="540122"), REFUSED),
                          (who.objection(bytes(32)), NOT_FOUND)):
        said = who.says(frame)
        need(said is not None and said.status == status, f"answered {said}, not {status}, to {str(frame)[:200]}")
        told = pb.Grant.FromString(pb.SignedGrant.FromString(said.grant).grant)
        need(told.epoch == 2 and told.sign_key == city.usurper.public() and said.counts == 0, f"he is told {told}")
    need(FormerKey(city, enrol.Keys()).says(pb.Frame(session=7, hello=hello)) is None, "a stranger is answered")
    need(FormerKey(city, city.usurper).says(pb.Frame(session=7, hello=hello)) is None, "a grandchild's key is let in")
    need(Watch(region).figures((REGION, CITY, COUNTY)) == figures, "a figure moved")


def a_city_that_lies(pb, base, build):
    tree = trees.Tree(os.path.join(base, "lies"), build, passphrase=WORD)
    context = zmq.Context()
    try:
        region, city, county = three_tiers(tree)
        city.end()
        thief = City(pb, context, region, city, county)
        figures = Watch(region).figures((REGION, CITY, COUNTY))
        grant = thief.gives_the_county_away()
        row = trees.wait_until(lambda: recovery(region), LONG_S, "the region to see it")
        need(row["objection"] is None and alarm(region, "objected") is None, row)
        may_say_nothing_else(thief, region, grant, figures)
        need(recovery(region)["objection"] is None, "an objection that does not hold is kept")
        need(alarm(county, "usurped") is None, "it cannot know")

        thief.shuts_its_door(base)
        said = objects(region)
        need(said["by"] == REGION, said)
        trees.wait_until(lambda: REGION in (alarm(county, "usurped") or ""), LONG_S, "the county to know that it was heard")
        enters(county, 2)
        is_refused(region)
        county.end()
        county.start()
        need(alarm(county, "usurped"), "a restart makes it forget")
        region.end()
        region.start()
        need(objects(region)["since"] == said["since"], "said again, it is entered again")
        is_refused(region)
        need("--despite-objection" in region.run("--lang", "en", "doctor", check=False)[1], "doctor does not say what to do")

        region.run("revoke", COUNTY, "--reason", "冒名", "--yes")  # no to the new keys
        need(recovery(region) is None, "it waits still")
        trees.wait_until(lambda: alarm(region, "objected") is None, LONG_S, "the alarm to end")
        need(FormerKey(thief, thief.owner).hears(pb.Frame()).HasField("reject"), "the county's key is its own again")
        enters(county, 3)
        thief.close()
    finally:
        tree.stop()
        context.destroy(linger=0)


# --- a county copied ---

def another_machine(tree, county):
    """Its home as it was, with a place of its own to listen at."""
    copy = trees.Node(tree, COUNTY, county.name, county.parent)
    copy.home, copy.log_path = county.home + "-copy", county.log_path + "-copy"
    county.end()
    shutil.copytree(county.home, copy.home)
    path = os.path.join(copy.home, "config.yaml")
    with open(path, encoding="utf-8") as config:
        text = config.read()
    for key in ("listen", "enrol"):
        text, count = re.subn(rf"(?m)^{key}: .*$", f'{key}: "tcp://127.0.0.1:{trees.free_port()}"', text)
        need(count == 1, f"{key} stands {count} times in {path}")
    with open(path, "w", encoding="utf-8") as config:
        config.write(text)
    county.start()
    return copy


def a_county_copied(pb, base, build):
    tree = trees.Tree(os.path.join(base, "copied"), build)
    try:
        region, city, county = three_tiers(tree)
        copy = another_machine(tree, county)
        token = city.json("invite", COUNTY, "--recover")["token"]
        copy.run("join", token, "--recover", "--channel")
        trees.wait_until(lambda: alarm(county, "usurped"), LONG_S, "the county to be told")
        for node in (city, region):
            objects(node)
        enters(county, 2)
        need(not os.path.exists(os.path.join(county.home, "damaged")), "it stopped")
        is_refused(region)
        is_refused(region, "--reason", "电话核对")

        region.run("confirm", COUNTY, "--despite-objection", "--yes", "--reason", "旧机器被盗")
        for node in (region, city):
            trees.wait_until(lambda: recovery(node) is None and alarm(node, "objected") is None, LONG_S,
                             f"{node.division} to count it")
        trees.wait_until(lambda: alarm(county, "superseded"), LONG_S, "the county to be told that it is over")
        need(alarm(county, "usurped") is None, county.status()["alarms"])
        for _ in range(2):
            enters(county, 3, "superseded")
            need("invite CODE --recover" in county.run("--lang", "en", "doctor", check=False)[1], "doctor says no cure")
            county.end()
            county.start()
        tree.nodes[COUNTY] = copy
        county.end()
        copy.start()
        enters(copy, 4)
        tree.wait_equal_digests()
    finally:
        for node in (county, copy) if "copy" in locals() else ():
            node.end()
        tree.stop()


# --- keys copied ---

def keys_copied(pb, base, build):
    """The grant has the county's consent, as far as anybody can tell; the county itself was off meanwhile."""
    tree = trees.Tree(os.path.join(base, "thief"), build)
    copy = None
    try:
        region, city, county = three_tiers(tree)
        copy = another_machine(tree, county)
        county.end()
        copy.start()
        copy.run("rotate", "--identity")
        enters(copy, 2)
        trees.wait_until(lambda: city.digest(COUNTY)["lsn"] == copy.digest()["lsn"], LONG_S, "the city to follow the thief")
        copy.end()
        county.start()
        text = trees.wait_until(lambda: alarm(county, "superseded"), LONG_S, "the county to hear of it")
        need("epoch 2" in text, text)
        for _ in range(2):
            need(county.process.poll() is None, "it ended")
            enters(county, 3, "superseded")
            need("call the level above at once" in county.run("--lang", "en", "doctor", check=False)[1], "doctor says no cure")
            county.end()
            county.start()
        need(alarm(county, "superseded"), "it is forgotten with a start")
        city.run("revoke", COUNTY, "--reason", "密钥被盗", "--yes")
        trees.wait_until(lambda: alarm(county, "revoked"), LONG_S, "the county to hear that this is over")
    finally:
        if copy is not None:
            copy.end()
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-objection-") as base:
        pb, _ = messages(base)
        for story in (a_city_that_lies, a_county_copied, keys_copied):
            if options.only in (None, story.__name__):
                story(pb, base, os.path.abspath(options.build))
                print(f"objection: {story.__name__.replace('_', ' ')}: ok")


if __name__ == "__main__":
    main()
