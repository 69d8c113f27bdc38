"""enrolment - real daemons: how a division gets in when answers are lost, tokens wait too long,
strangers knock and the node above is away; and what a process that holds keys shows of itself.

    python3 tests/process/enrolment.py --build build
"""
import argparse
import base64
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from foreign_bytes import CITY, OTHER, ROOT, agency, expect, need, says, trees

COUNTY = "540121"


def config_of(node):
    with open(os.path.join(node.home, "config.yaml")) as config:
        return config.read()


def configure(node, **values):
    """Sets lines of a running node's config.yaml and starts it again."""
    text = config_of(node)
    for key, value in values.items():
        text = re.sub(rf"(?m)^(# )?{key}: .*$", f"{key}: {value}", text)
    with open(os.path.join(node.home, "config.yaml"), "w") as config:
        config.write(text)
    need(node.end() == 0, "SIGTERM is a clean end")
    node.start()


def invite(parent, division, *options):
    return parent.json("invite", division, "--name", division, *options)["token"]


def keeps_to_itself(tree, root):
    """Names that would forge lines are refused; the passphrase leaves the environment."""
    for name in ("甲\nlog: debug", "a\x1b[2J", "a\x7f", "a\x9b"):
        node = trees.Node(tree, "forged", name, None)
        says(node, 2, ["control"], "init", "--root", "--division", "A", "--name", name)
        need(not os.path.exists(node.home), f"a home was made for {name!r}")
    with open(f"/proc/{root.process.pid}/environ", "rb") as environ:
        given = "TERRACE_PASSPHRASE=" + tree.env["TERRACE_PASSPHRASE"]
        need(given.encode() not in environ.read(), "/proc shows the passphrase")
    with open(f"/proc/{root.process.pid}/limits") as limits:
        core = next(line for line in limits if line.startswith("Max core file size"))
    need(core.split()[4] == "0", core)


def agrees_before_it_asks(tree, root):
    """A grant cannot be taken back: a policy laxer than the parent's is refused before the parent
    is asked, and the token is still good."""
    configure(root, approval="payment")
    token = invite(root, "540900")
    node = trees.Node(tree, "540900", "那曲市", root)
    says(node, 1, ["policy_weaker", "payment"], "--json", "join", token, "--approval", "none")
    need(not os.path.exists(node.home), "a refused policy left a home")
    node.run("join", token)
    need("approval: payment" in config_of(node), "the parent's policy is not taken over")
    configure(root, approval="none")


def is_reached_where_it_says(tree, root):
    """A listener on every address is no address for a token."""
    port = trees.free_port()
    configure(root, enrol=f'"tcp://*:{port}"')
    says(root, 1, ["advertise_enrol"], "invite", OTHER, "--name", "日喀则市")
    need("advertise_enrol" in root.run("doctor", check=False)[1], "doctor says nothing of it")
    configure(root, advertise_enrol=f'"tcp://127.0.0.1:{port}"')
    need("advertise_enrol" not in root.run("doctor", check=False)[1], "doctor is not content")
    return invite(root, CITY, "--may-grant", "5401*,!540126*")


def a_join_is_repeated(tree, root, token):
    """The parent has granted and this disk did not take it: the same join again, which would pick
    another port now, listens where the grant says, and those below find it there."""
    city = trees.Node(tree, CITY, "拉萨市", root)
    first = f"tcp://127.0.0.1:{trees.free_port()}"
    os.makedirs(os.path.join(city.home, "grants"))
    says(city, 5, ["grants"], "join", token, "--listen", first, "--approval", "none")
    os.rmdir(os.path.join(city.home, "grants"))
    says(city, 1, ["listen_differs", first], "--json", "join", token, "--approval", "none",
         "--listen", f"tcp://127.0.0.1:{trees.free_port()}")
    city.run("join", token, "--approval", "none")
    need(f'listen: "{first}"' in config_of(city), config_of(city))
    tree.nodes[CITY] = city
    city.start()
    county, _ = tree.join(CITY, COUNTY, "林周县")
    expect(county, [agency("A1")], ["accepted"])
    tree.wait_equal_digests()


def listed(node, division, reason):
    """The attempts that a node lists for this division and reason."""
    return [a for a in node.status()["enrol_attempts"]
            if a["division"] == division and a["reason"] == reason]


def door_of(token):
    """The endpoint and the server's key, as a stranger reads them out of a token."""
    text = token.split("-", 1)[1]
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[18:]
    endpoint, raw = raw[1:1 + raw[0]], raw[1 + raw[0]:]
    return endpoint.decode(), raw[1 + raw[0]:][:32].hex()


def noise_keeps_nobody_waiting(tree, root):
    """Forty connections send what makes no sense. A good token gets in meanwhile, and what is
    known of a stolen one stays on the list, with who tried."""
    token = invite(root, "540800")
    trees.Node(tree, "540800", "那曲", root).run("join", token)
    thief = trees.Node(tree, "thief", "", root)
    says(thief, 1, ["already_used"], "--json", "join", token)
    with subprocess.Popen([tree.bin("enrol_noise"), *door_of(token), "40"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as noise:
        need(noise.stdout.readline() == b"ready\n", "no noise could be made")
        trees.wait_until(lambda: any(a["count"] > 60 for a in listed(root, None, "malformed")), 30,
                         "the noise to be counted")
        owner = trees.Node(tree, "540700", "阿里", root)
        owner.run("join", invite(root, "540700"))
        noise.stdin.close()
    need(noise.returncode == 0, f"enrol_noise: exit {noise.returncode}")
    stolen = listed(root, "540800", "already_used")
    need(len(stolen) == 1 and stolen[0]["count"] == 1 and stolen[0]["address"] == "127.0.0.1"
         and int(stolen[0]["key"], 16) != 0, f"{stolen}")
    need(len(listed(root, None, "malformed")) == 1, "noise fills the list")


def a_token_waits_too_long(tree, root):
    """A day passes at the parent: the token is refused. One that was granted in time and never
    confirmed still gets its answer."""
    late, slow = invite(root, "540600"), invite(root, "540500")
    node = trees.Node(tree, "540500", "山南", root)
    os.makedirs(os.path.join(node.home, "grants"))
    says(node, 5, ["grants"], "join", slow)
    os.rmdir(os.path.join(node.home, "grants"))
    need(root.end() == 0, "SIGTERM is a clean end")
    env, tree.env = tree.env, dict(tree.env, CLOCK_SHIFT_S=str(24 * 3600 + 10), LD_PRELOAD=trees.preloadable(
        tree.base, os.path.join(tree.build, "lib", "clock_shift.so")))
    root.start()
    tree.env = env
    says(trees.Node(tree, "540600", "林芝", root), 1, ["expired"], "--json", "join", late)
    need(len(listed(root, "540600", "expired")) == 1, f"{root.status()['enrol_attempts']}")
    node.run("join", slow)
    need(root.end() == 0, "SIGTERM is a clean end")
    root.start()


def the_region_is_away(tree, root):
    """A city enrols a county while the region does not answer; later all levels agree."""
    need(root.end() == 0, "SIGTERM is a clean end")
    county, _ = tree.join(CITY, "540122", "当雄县")
    expect(county, [agency("A1")], ["accepted"])
    root.start()
    tree.wait_equal_digests()
    need(root.json("get", "A1", "--division", "540122")["id"] == "A1", "the region holds it")


def keeps_within_its_reach(tree, root):
    """Who may not grant a code hears it at his own invite, with the command that his parent has to run;
    two children of one parent never have one code to grant."""
    city, _ = tree.join(ROOT, OTHER, "日喀则市")
    says(city, 1, [f"{OTHER} may not grant {COUNTY}", f"terrace amend {OTHER} --may-grant '5402*,{COUNTY}'"],
         "invite", COUNTY, "--name", "林周县")
    refused = json.loads(city.run("--json", "invite", COUNTY, "--name", "林周县", check=False)[1])
    need(refused["error"]["code"] == "outside_reach", f"{refused}")
    says(tree.nodes[CITY], 1, [f"terrace amend {CITY} --may-grant '5401*,!540126*,5402*'"],
         "invite", "540127", "--name", "x", "--may-grant", "5402*")
    says(root, 1, [f"terrace amend {CITY} --may-grant '5401*,!540126*,!540127*'"],
         "invite", "540127", "--name", "x", "--may-grant", "540127*")
    says(root, 1, ["--may-grant '540*,!5401*'"], "invite", "540300", "--name", "x", "--may-grant", "540*")
    says(root, 2, ["prefixes"], "invite", "540300", "--name", "x", "--may-grant", "54?")
    token = invite(root, "540126", "--may-grant", "540126*")  # a direct county, excepted from the city's list
    county = tree.join_with(token, root, "540126", "直管县")
    town = tree.join_with(invite(county, "540126101"), county, "540126101", "镇")
    expect(town, [agency("A1")], ["accepted"])
    tree.wait_equal_digests()
    need([row["division"] for row in root.json("status", "--tree")["rows"]].count("540126101") == 1, "not in the tree")
    amended(tree, root, city)


def amended(tree, root, city):
    """The command that the refusal names does what it says: the city agrees by itself, and may."""
    says(root, 1, ["terrace amend 540126 --may-grant '540126*,!540126101'"], "amend", OTHER, "--may-grant", "5402*,540126101")
    says(root, 1, ["540199"], "amend", "540199", "--name", "x")
    says(root, 2, ["--may-grant"], "amend", OTHER)
    need(root.run("amend", OTHER, "--may-grant", "5402*,540301", "--name", "日喀则")[0] == 0, "not asked")
    trees.wait_until(lambda: city.status()["epoch"] == 2, 30, "the city to agree to its next epoch")
    below = tree.join_with(invite(city, "540301"), city, "540301", "某县")  # its chain has both epochs
    expect(below, [agency("A1")], ["accepted"])
    expect(city, [agency("A7", "105007")], ["accepted"])
    trees.wait_until(lambda: root.digest(OTHER) == city.digest(), 30, "its log to go on")
    need(root.json("verify", "--deep")["ok"], "a log of two epochs does not verify")
    city.end()
    city.start()
    expect(city, [agency("A8", "105008")], ["accepted"])
    trees.wait_until(lambda: root.digest(OTHER) == city.digest(), 30, "its log to go on after a start")
    need(not root.status()["alarms"], f"{root.status()['alarms']}")


def a_code_is_taken(tree, root):
    """Region and city grant one code, neither knowing of the other: the region's county stands, the
    city is told, and tells the other. The first goes on."""
    city, code = tree.nodes[CITY], "540125"
    root.run("pause", CITY)
    first = tree.join_with(invite(root, code), root, code, "直管县")
    second = trees.Node(tree, "second", "直管县", city)
    second.run("join", invite(city, code), "--approval", "none")
    second.start()
    try:
        expect(second, [agency("S1")], ["accepted"])
        root.run("resume", CITY)

        def told(node):
            return any(a["code"] == "division_taken" for a in node.status()["alarms"])
        for node in (root, city, second):
            trees.wait_until(lambda n=node: told(n), 30, f"{node.home} to know that the code is taken")
        held = [p for p in city.status()["peers"] if p["division"] == code]
        need(held[0]["state"] == "held" and ROOT in held[0]["reason"], f"{held}")
        expect(first, [agency("A9", "105009")], ["accepted"])
        trees.wait_until(lambda: root.digest(code) == first.digest(), 30, "the region's county to go on")
        need(not told(first), "the first is blamed")
    finally:
        second.end()


def waiting(root, division):
    """The row of who waits, once somebody does."""
    def rows():
        return [row for row in root.json("invite", "--list")["rows"]
                if row["division"] == division and row["state"] == "waiting"]
    trees.wait_until(lambda: rows() != [], 30, f"{division} to ask")
    return rows()[0]


def begin_join(tree, root, division, name):
    token = root.json("invite", division, "--name", name, "--hold")["token"]
    node = trees.Node(tree, division, name, root)
    return node, token, subprocess.Popen([tree.bin("terrace"), "--home", node.home, "join", token],
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=tree.env)


def a_person_compares(tree, root):
    """A held invitation: the token alone lets nobody in; who waits shows what the parent lists, and
    exactly those keys get in, also by a second join of the same home."""
    node, token, join = begin_join(tree, root, "540400", "林芝市")
    seen = waiting(root, "540400")
    need(seen["hold"] and seen["address"] == "127.0.0.1" and re.fullmatch("([0-9A-F]{4} ){7}[0-9A-F]{4}",
                                                                          seen["fingerprint"]), f"{seen}")
    invited = [row for row in root.json("status", "--tree")["invited"] if row["division"] == "540400"]
    need(invited[0]["waiting"] and "--accept 540400" in invited[0]["cure"], f"{invited}")
    join.terminate()
    need(seen["fingerprint"] in join.communicate()[1].decode(), "join does not show what is compared")
    need(not os.path.exists(os.path.join(node.home, "grants")), "a grant before a person's word")
    other = trees.Node(tree, "other", "林芝市", root)
    says(other, 1, ["already_used"], "--json", "join", token)
    says(root, 2, ["--fingerprint"], "invite", "--accept", "540400")
    digits = seen["fingerprint"].replace(" ", "").lower()
    says(root, 1, ["refused"], "--json", "invite", "--accept", "540400", "--fingerprint", digits[::-1])
    root.run("invite", "--accept", "540400", "--fingerprint", digits)
    need("540400" in node.run("join", token)[1], "not joined")
    listed_as = {row["division"]: row["state"] for row in root.json("invite", "--list")["rows"]}
    need(listed_as == {"540400": "joined"}, f"{listed_as}")
    need(root.json("status", "--tree")["invited"] == [], "a member is listed as invited")
    says(root, 2, ["--withdraw"], "invite", "540401", "--name", "x", "--list")

    node, _, join = begin_join(tree, root, "540401", "巴宜区")
    waiting(root, "540401")
    root.run("invite", "--withdraw", "540401")
    _, told = join.communicate(timeout=60)
    need(join.returncode == 1 and not os.path.exists(os.path.join(node.home, "keys")), told.decode())
    need("withdrawn" in told.decode(), f"the reason is not told: {told.decode()}")
    says(root, 1, ["not_found"], "--json", "invite", "--withdraw", "540401")


def stories(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        keeps_to_itself(tree, root)
        a_person_compares(tree, root)
        agrees_before_it_asks(tree, root)
        token = is_reached_where_it_says(tree, root)
        a_join_is_repeated(tree, root, token)
        the_region_is_away(tree, root)
        noise_keeps_nobody_waiting(tree, root)
        a_token_waits_too_long(tree, root)
        keeps_within_its_reach(tree, root)
        a_code_is_taken(tree, root)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    build = os.path.abspath(parser.parse_args().build)
    with tempfile.TemporaryDirectory(prefix="terrace-enrolment-") as base:
        try:
            stories(base, build)
        except trees.Failed as failed:
            print(f"enrolment: {failed}", file=sys.stderr)
            return 1
    print("enrolment: every way in ends as a member, or with a reason and nothing lost")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
