"""readme_install - README's "For an operator", typed on two machines.

    python3 tests/process/readme_install.py --build build

The machines are network namespaces. What only root of a real machine can do is stood in for: sudo
keeps the user, useradd does nothing, systemctl starts the unit's daemon and waits until it answers,
and /usr, /var/lib and /etc lie in a directory of the test. Everything else runs as it stands there.
Where no namespace can be made the test is skipped.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import bench_wire as wire  # noqa: E402
import tree as trees  # noqa: E402

REGION, CITY = wire.REGION, wire.CITY
SKIPPED = 77
SUDO = """#!/bin/bash
while [[ $1 == -* ]]; do [ "$1" = -u ] && shift; shift; done
case $1 in
useradd|./scripts/setup) exit 0 ;;
systemctl)
    home=$STATE/var/lib/terrace/${4#terraced@}
    setsid terraced --home "$home" >"$home.log" 2>&1 &
    echo $! >>"$STATE/pids"
    until terrace --home "$home" status >/dev/null 2>&1; do kill -0 $! || exit 1; sleep 0.1; done ;;
install) shift; args=()
    while [ $# -gt 0 ]; do case $1 in -o|-g) shift 2 ;; *) args+=("$1"); shift ;; esac; done
    exec install "${args[@]}" ;;
*) exec "$@" ;;
esac
"""


def blocks():
    """The indented blocks of the section: both machines, the region's, the city's."""
    with open(os.path.join(ROOT, "README.md")) as readme:
        section = re.search(r"(?ms)^## For an operator$(.*?)^## ", readme.read()).group(1)
    found = re.findall(r"(?m)((?:^    .*\n)+)", section)
    return [re.sub(r"(?m)^    ", "", block) for block in found]


class Machine:
    """A namespace with a root directory of its own."""

    def __init__(self, base, build, space, names):
        self.state, self.space, self.names = base, space, names
        self.bin = os.path.join(base, "usr/bin")
        os.makedirs(os.path.join(base, "shims"))
        os.makedirs(os.path.join(base, "repo"))
        os.symlink(os.path.abspath(build), os.path.join(base, "repo/build"))
        with open(os.path.join(base, "shims/sudo"), "w") as sudo:
            sudo.write(SUDO)
        os.chmod(sudo.name, 0o755)
        with open(os.path.join(base, "repo/PASSPHRASE_FILE"), "w") as file:
            file.write("chosen-well\n")

    def type(self, block):
        for name, address in self.names.items():
            block = block.replace(name, address)
        for place in ("/var/lib/", "/etc/"):
            block = block.replace(" " + place, f" {self.state}{place}")
        env = dict(os.environ, STATE=self.state, DESTDIR=self.state, LC_ALL="C.UTF-8",
                   PATH=f"{self.state}/shims:{self.bin}:{os.environ['PATH']}")
        done = subprocess.run(["ip", "netns", "exec", self.space, "bash", "-e", "-o", "pipefail",
                               "-c", block], cwd=os.path.join(self.state, "repo"), env=env,
                              capture_output=True, text=True, timeout=900)
        if done.returncode != 0:
            raise trees.Failed(f"exit {done.returncode} of\n{block}\n{done.stdout}{done.stderr}")
        return done.stdout

    def stop(self):
        try:
            with open(os.path.join(self.state, "pids")) as pids:
                for pid in pids:
                    os.kill(int(pid), 9)
        except (FileNotFoundError, ProcessLookupError):
            pass


def install(region, city):
    both, at_region, at_city = blocks()
    for machine in (region, city):
        machine.type(both)
    token = re.search(r"(?m)^\s*(?:\S+\s+)?(TERRACE1-\S{60,})\s*$", region.type(at_region))
    if token is None:
        raise trees.Failed("invite printed no token")
    said = city.type(at_city.replace("TOKEN", token.group(1)))
    if "advertise" in said:
        raise trees.Failed(f"doctor is not content:\n{said}")
    tree = region.type(f"terrace --home {region.state}/var/lib/terrace/{REGION} status --tree")
    if "拉萨市" not in tree:
        raise trees.Failed(f"the region does not show the city:\n{tree}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    build = parser.parse_args().build
    wires, machines = wire.Wires(), []
    with tempfile.TemporaryDirectory(prefix="terrace-install-") as base:
        try:
            for division in (REGION, CITY):
                wires.space(division)
            wires.join(REGION, CITY)
        except (trees.Failed, OSError) as failed:
            wires.close()
            print(f"readme_install: skipped: no network namespace can be made: {failed}")
            return SKIPPED
        try:
            names = {"region.example.net": wires.address(REGION),
                     "lasa.example.net": wires.address(CITY)}
            machines = [Machine(os.path.join(base, division), build, wires.spaces[division], names)
                        for division in (REGION, CITY)]
            install(*machines)
        finally:
            for machine in machines:
                machine.stop()
            wires.close()
    print("readme_install: two machines were installed as typed")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except trees.Failed as failed:
        print(f"readme_install: {failed}", file=sys.stderr)
        sys.exit(1)
