"""Who is gone is noticed in time, although links are quiet: real daemons, killed and stopped.

    python3 tests/process/thin_links.py [--build DIR]

A daemon that is killed is shown as not live by both sides within 30 s; one that is stopped, so that
nothing but its machine's TCP answers, by who pings it within 30 s and by who is pinged within 60 s;
a machine that is busy is given twice that. When it is back, so is the link.
"""
import argparse
import os
import signal
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
DEAD_S, HUNG_S, BACK_S = 30, 60, trees.PATIENCE_S


def state_of(node, peer):
    return next(p["state"] for p in node.status()["peers"] if p["division"] == peer)


def wait_state(node, peer, live, seconds):
    """A machine that is slow may take twice as long as a link."""
    trees.wait_within(lambda: (state_of(node, peer) == "live") == live, 2 * seconds,
                     f"{node.division} to show {peer} as {'' if live else 'not '}live", step=0.2)


def a_killed_child_is_missed(city, county):
    county.kill()
    wait_state(city, COUNTY, False, DEAD_S)
    county.start()
    wait_state(city, COUNTY, True, BACK_S)


def a_killed_parent_is_missed(city, county):
    city.kill()
    wait_state(county, CITY, False, DEAD_S)
    city.start()
    wait_state(county, CITY, True, BACK_S)


def a_parent_that_stands_still_is_missed(region, city, county):
    city.process.send_signal(signal.SIGSTOP)
    try:
        wait_state(county, CITY, False, DEAD_S)
        wait_state(region, CITY, False, HUNG_S)  # its child, which pings no more
    finally:
        city.process.send_signal(signal.SIGCONT)
    wait_state(county, CITY, True, BACK_S)
    wait_state(region, CITY, True, BACK_S)


def run(build, base):
    tree = trees.Tree(base, build=build)
    try:
        region = tree.init_root(REGION, "西藏自治区")
        city, _ = tree.join(REGION, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        wait_state(region, CITY, True, BACK_S)
        wait_state(city, COUNTY, True, BACK_S)
        a_killed_child_is_missed(city, county)
        a_killed_parent_is_missed(city, county)
        wait_state(region, CITY, True, BACK_S)
        a_parent_that_stands_still_is_missed(region, city, county)
        tree.wait_equal_digests()
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-thin-") as base:
        run(parser.parse_args().build, os.path.join(base, "tree"))
    print("thin_links: killed and stopped neighbours were noticed, and are back")


if __name__ == "__main__":
    try:
        main()
    except trees.Failed as failed:
        print(f"thin_links: {failed}", file=sys.stderr)
        sys.exit(1)
