"""readme - the session of README's "For a finance officer", run as it stands there.

    python3 tests/process/readme.py --build build
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def session():
    """The indented block of the section, as a reader would paste it."""
    with open(os.path.join(ROOT, "README.md")) as readme:
        section = re.search(r"(?ms)^## For a finance officer$(.*?)^## ", readme.read()).group(1)
    lines = [line for line in section.splitlines() if line.startswith("    ") or not line]
    return "\n".join(line[4:] for line in lines)


def fail(text):
    print("readme:", text, file=sys.stderr)
    sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    options = parser.parse_args()
    block = session()
    if "build/bin" not in block or "terraced" not in block:
        fail("README.md has no session")
    with tempfile.TemporaryDirectory() as base:
        repo = os.path.join(base, "repo")  # its build may be another one
        os.mkdir(repo)
        os.symlink(os.path.abspath(options.build), os.path.join(repo, "build"))
        os.symlink(os.path.abspath(os.path.join(ROOT, "configs")), os.path.join(repo, "configs"))
        env = {k: v for k, v in os.environ.items() if not k.startswith("TERRACE_")}
        end = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\nset -e -o pipefail\n"
        try:
            done = subprocess.run(["bash", "-c", end + block], cwd=repo, capture_output=True,
                                  timeout=900, env=dict(env, TMPDIR=base, LC_ALL="C.UTF-8"))
        except subprocess.TimeoutExpired as late:
            fail(f"it does not end\n{(late.stdout or b'').decode()[-3000:]}")
        out = done.stdout.decode()
        if done.returncode != 0:
            fail(f"exit {done.returncode}\n{out[-3000:]}\n{done.stderr.decode()[-3000:]}")
        for word in ["X0100-08", "拉萨市", "sound: 2 divisions", "registered"]:
            if word not in out:
                fail(f"nothing of {word}\n{out[-3000:]}")
        if '"status":"refused"' in out:
            fail("a document of the session was refused")
        book = [os.path.join(at, name) for at, _, names in os.walk(base) for name in names
                if name == "chain.xlsx"]
        if len(book) != 1 or zipfile.ZipFile(book[0]).testzip() is not None:
            fail("no workbook")
    print("readme: the session runs as typed")


if __name__ == "__main__":
    main()
