"""watching - a region's operator at the watch: what his screen shows while he types nothing, what he is told while he
looks elsewhere, what he looks up, and what he writes down."""
import json
import os
import pty
import re
import threading

import tree as trees

from desk.common import LANGUAGES, command, document, environment, need, run, says, submit

REGION, CITY = "540000", "540100"
ADMIN = "旺堆"
PATIENCE_S = trees.PATIENCE_S
CLEARED = "\x1b[H\x1b[J"  # how a screen is drawn afresh
DOWN = {"en": ["拉萨市", "Cut from 540000", f"systemctl status terraced@{CITY}"],
        "zh": ["拉萨市", "与 540000 断开", f"systemctl status terraced@{CITY}"]}
RAISED, OVER = {"en": "raised", "zh": "新告警"}, {"en": "cleared", "zh": "已解除"}


class Screen:
    """A command that goes on, on a terminal of its own."""

    def __init__(self, node, *args, language):
        self.what, self.seen = f"{' '.join(args)} ({language})", b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execve(node.tree.bin("terrace"), command(node, args, None), environment(node, None, language))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while part := os.read(self.terminal, 1 << 16):
                self.seen += part
        except OSError:
            pass  # the command is over

    def now(self):
        """What stands on it: the last frame that is whole, or all lines of what is not drawn afresh."""
        return self.seen.decode(errors="replace").rpartition(CLEARED)[2]

    def waits_for(self, words, gone=False):
        trees.wait_until(lambda: self.now() and all((word in self.now()) != gone for word in words), PATIENCE_S,
                         f"{self.what} to {'lose' if gone else 'show'} {words}", step=0.2)

    def end(self):
        """Control-C, as a person ends it."""
        os.write(self.terminal, b"\x03")
        _, how = os.waitpid(self.child, 0)
        need(os.WIFSIGNALED(how) or os.WEXITSTATUS(how) == 0, f"{self.what}: {how}")
        os.close(self.terminal)


# --- the morning: the node is set up to tell ---

def configure(node, **settings):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text = old.read()
    for key, value in settings.items():
        text, count = re.subn(rf"(?m)^(\s*)#?\s*{key}:.*$", rf"\g<1>{key}: {value}", text)
        need(count == 1, f"{key} stands {count} times in {path}")
    with open(path, "w") as new:
        new.write(text)


def sets_up(region):
    """A program that is told of alarms, and a link that is missed after seconds."""
    hook = os.path.join(region.home, "hooks", "alarm")
    os.mkdir(os.path.dirname(hook))
    with open(hook, "w") as file:
        file.write('#!/bin/sh\ncat >>"$TERRACE_HOME/told"\n')
    region.end()
    configure(region, alarm_hook='"hooks/alarm"', limits="", neighbour_down_ms=2000)
    region.start()
    for language, words in (("en", ["hooks/alarm", "cannot be run"]), ("zh", ["hooks/alarm", "无法运行"])):
        says(region, 1, words, "doctor", language=language)  # it is there and may not be run yet
    os.chmod(hook, 0o700)
    done = run(region, "doctor")
    need("hooks/alarm" not in done.out, f"doctor: {done.out}")


def told(region):
    try:
        with open(os.path.join(region.home, "told")) as file:
            return [(line["change"], line["alarm"]["code"], line["alarm"]["division"])
                    for line in map(json.loads, file)]
    except FileNotFoundError:
        return []


# --- the day ---

def missed(region):
    return [row for row in region.json("alarms")["alarms"] if row["code"] == "neighbour_down"]


def a_city_is_lost(region, city, screens):
    """Every screen shows it, nobody typed; the program was told. Since its start the region may have missed
    the city once, before that dialled again."""
    trees.wait_until(lambda: region.json("status", "--tree")["well"] == 2 and not missed(region), PATIENCE_S,
                     "both to be well")
    city.kill()
    for language, status, tree, alarms in screens:
        status.waits_for(DOWN[language])
        tree.waits_for(DOWN[language])
        alarms.waits_for([RAISED[language], "neighbour_down", CITY])
    trees.wait_until(lambda: ("raised", "neighbour_down", CITY) in told(region), PATIENCE_S, "the hook to be told")


def is_looked_up_and_written_down(region):
    row = trees.wait_until(lambda: missed(region), PATIENCE_S, "the alarm")[0]
    for language in LANGUAGES:
        said = says(region, 0, ["neighbour_down", CITY], "alarms", language=language)
        need(row["cure"] in said.out or language == "zh", f"no cure: {said.out}")
        says(region, 0, ["neighbour_down"], "explain", "neighbour_down", language=language)
        says(region, 1, [CITY, "terraced@" + CITY], "doctor", language=language)
    says(region, 1, [], "alarms", "--ack", str(row["id"]))  # who says so?
    says(region, 0, [], "alarms", "--ack", str(row["id"]), person=ADMIN)
    now = [other for other in region.json("alarms")["alarms"] if other["id"] == row["id"]]
    need([other["acknowledged_by"] for other in now] == [ADMIN], f"seen, and open all the same: {now}")


def and_is_found_again(region, city, screens):
    city.start()
    for language, status, tree, alarms in screens:
        status.waits_for([DOWN[language][1]], gone=True)
        tree.waits_for([DOWN[language][1]], gone=True)
        alarms.waits_for([OVER[language]])
    trees.wait_until(lambda: ("cleared", "neighbour_down", CITY) in told(region), PATIENCE_S, "the hook to be told")
    submit(region, [document("agency", "A1", agency_code="101", agency_name="财政厅")])  # a commit, with all that waits
    past = [row["acknowledged_by"] for row in region.json("alarms", "--history")["alarms"]
            if row["code"] == "neighbour_down" and row["division"] == CITY]
    need(past.count(ADMIN) == 1, f"the history says {past}")


def walk(tree):
    region, city = tree[REGION], tree[CITY]
    sets_up(region)
    need(run(region, "user", "add", ADMIN, "--role", "admin", password_of=ADMIN).returncode == 0, "an admin")
    screens = [(language, Screen(region, "status", "--watch", language=language),
                Screen(region, "status", "--tree", "--watch", language=language),
                Screen(region, "alarms", "--watch", language=language)) for language in LANGUAGES]
    try:
        a_city_is_lost(region, city, screens)
        is_looked_up_and_written_down(region)
        and_is_found_again(region, city, screens)
    finally:
        for _, *each in screens:
            for screen in each:
                screen.end()
