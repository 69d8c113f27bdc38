"""configs - what lies under configs/ for operators is what the programs read and print: example
homes, the systemd unit, the manual pages.

    python3 tests/process/configs.py --build build
    python3 tests/process/configs.py --write        the examples as they are printed now
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXAMPLES = ["region", "city", "county"]
EXPOSURE_MAX = "20"  # tenths; a bare unit has 92


def fail(text):
    print("configs:", text, file=sys.stderr)
    sys.exit(1)


def run(*args):
    return subprocess.run(args, capture_output=True, text=True)


def examples(build, base, write):
    for name in EXAMPLES:
        path = os.path.join(ROOT, "configs", "examples", name + ".yaml")
        home = os.path.join(base, name)
        os.mkdir(home)
        shutil.copy(path, os.path.join(home, "config.yaml"))
        done = run(os.path.join(build, "bin", "terraced"), "--check", "--home", home)
        if write and done.returncode == 0:
            with open(path, "w") as example:
                example.write(done.stdout)
        with open(path) as example:
            if done.returncode != 0 or done.stdout != example.read():
                fail(f"{path} is not as terraced prints it (--write mends that):\n{done.stdout}{done.stderr}")


def calls_of(groups, name):
    """The system calls of a group, with those of the groups in it."""
    return {call for entry in groups[name]
            for call in (calls_of(groups, entry) if entry.startswith("@") else {entry})}


def allows_the_hook(text):
    """What runs the alarm hook is not refused by the unit: a filter answers with EPERM, which no library expects."""
    listed = run("systemd-analyze", "syscall-filter").stdout
    groups = {}
    for line in listed.splitlines():
        if line.startswith("@"):
            entries = groups.setdefault(line.split()[0], [])
        elif line.startswith("    ") and not line.strip().startswith("#"):
            entries.append(line.split()[0])
    allowed = set()
    for line in re.findall("(?m)^SystemCallFilter=(.*)$", text):
        for name in line.lstrip("~").split():
            calls = calls_of(groups, name)
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    needed = {"vfork", "clone", "clone3", "execve", "close_range", "pidfd_open", "setpgid", "kill", "wait4", "pipe2",
              "eventfd2", "poll"}
    if needed - allowed:
        fail(f"the unit refuses {needed - allowed}")


def unit(build, base):
    with open(os.path.join(ROOT, "configs", "systemd", "terraced@.service")) as source:
        text = source.read()
    for line in ["Type=notify", "WatchdogSec=", "LoadCredential=terrace-passphrase"]:
        if not re.search("(?m)^" + line, text):
            fail(f"the unit lacks {line}")
    if shutil.which("systemd-analyze") is None:
        return "no systemd-analyze here"
    allows_the_hook(text)
    path = os.path.join(base, "terraced@540121.service")
    program = os.path.join(base, "terraced")  # a path without blanks
    os.symlink(os.path.abspath(os.path.join(build, "bin", "terraced")), program)
    with open(path, "w") as out:
        out.write(text.replace("/usr/bin/terraced", program))
    done = run("systemd-analyze", "verify", "--man=no", path)
    if done.returncode != 0 or os.path.basename(path) in done.stderr:
        fail(f"systemd-analyze verify:\n{done.stderr}")
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=" + EXPOSURE_MAX, path)
    if done.returncode != 0:
        fail(f"systemd-analyze security:\n{done.stdout[-600:]}{done.stderr}")
    return "unit verified"


def backup_units(build, base):
    """The timer and what it starts, side by side, with the programs as they were built."""
    folder = os.path.join(base, "units")
    os.makedirs(folder)
    program = os.path.join(folder, "terrace")
    os.symlink(os.path.abspath(os.path.join(build, "bin", "terrace")), program)
    for kind in ("service", "timer"):
        with open(os.path.join(ROOT, "configs", "systemd", f"terrace-backup@.{kind}")) as source:
            text = source.read()
        if kind == "service":
            command = re.search("(?m)^ExecStart=/usr/bin/terrace (.*)$", text)
            if command is None or "--keep" not in command.group(1):
                fail(f"the backup's unit starts {command}")
        with open(os.path.join(folder, f"terrace-backup@540121.{kind}"), "w") as out:
            out.write(text.replace("/usr/bin/terrace", program))
    if shutil.which("systemd-analyze") is None:
        return
    for kind in ("service", "timer"):
        done = run("systemd-analyze", "verify", "--man=no", os.path.join(folder, f"terrace-backup@540121.{kind}"))
        if done.returncode != 0 or "terrace-backup" in done.stderr:
            fail(f"systemd-analyze verify: {kind}\n{done.stderr}")
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=" + EXPOSURE_MAX,
               os.path.join(folder, "terrace-backup@540121.service"))
    if done.returncode != 0:
        fail(f"systemd-analyze security:\n{done.stdout[-600:]}{done.stderr}")


def manual(build, base):
    out = os.path.join(base, "man")
    done = run(sys.executable, os.path.join(ROOT, "scripts", "lib", "man.py"),
               os.path.join(build, "bin", "terrace"), out)
    if done.returncode != 0:
        fail(done.stderr)
    for name, words in [("terrace.1", ["submit FILE", "TERRACE_NEW_PASSWORD"]), ("terraced.8", ["config.yaml"]),
                        ("terraced-events.5", ["peer.state"])]:
        with open(os.path.join(out, name)) as page:
            text = page.read().replace("\\-", "-")
        for word in words:
            if word not in text or "@" in text:
                fail(f"{name}: nothing of {word}, or a place left open")
        if shutil.which("groff"):
            done = run("groff", "-man", "-ww", "-z", os.path.join(out, name))
            if done.returncode != 0 or done.stderr:
                fail(f"{name}: {done.stderr}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        examples(options.build, base, options.write)
        said = unit(options.build, base)
        backup_units(options.build, base)
        manual(options.build, base)
    print(f"configs: as the programs print and read them; {said}")


if __name__ == "__main__":
    main()
