"""library - libterrace as another program finds it: installed, found by pkg-config and by CMake, its example built and
run against a real node, over the socket of its home and over TLS.

    python3 tests/process/library.py --build build
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, MAKER = "540000", "tashi"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def run(*words, code=0, env=None, cwd=None):
    done = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ, **(env or {})), cwd=cwd)
    need(done.returncode == code, f"{' '.join(words)}: exit {done.returncode}, wanted {code}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Installed:
    """`cmake --install` of the build below a prefix of its own, and the example built against that alone."""

    def __init__(self, base, build):
        self.prefix = os.path.join(base, "usr")
        run("cmake", "--install", build, "--prefix", self.prefix)
        found = [folder for folder, _, names in os.walk(self.prefix) if "terrace.pc" in names]
        need(len(found) == 1, f"terrace.pc: {found}")
        self.lib = os.path.dirname(found[0])
        self.env = {"PKG_CONFIG_PATH": found[0], "LD_LIBRARY_PATH": self.lib, "CMAKE_PREFIX_PATH": self.prefix}
        self.source = os.path.join(self.prefix, "share", "terrace", "client")

    def exports(self):
        """Nothing but its own names."""
        listed = run("nm", "-D", "--defined-only", os.path.join(self.lib, "libterrace.so"))
        names = {line.split()[2].split("@")[0] for line in listed.splitlines()}
        need(names and all(name.startswith("terrace_") for name in names), f"exported: {names}")
        with open(os.path.join(self.prefix, "include", "terrace.h")) as header:
            declared = set(re.findall(r"TERRACE_API[\w\s*]*?\b(terrace_\w+)\(", re.sub(r"/\*.*?\*/", "", header.read(), flags=re.S)))
        need(names == declared, f"declared {declared - names} only, exported {names - declared} only")

    def by_pkg_config(self, out):
        flags = run("pkg-config", "--cflags", "--libs", "terrace", env=self.env).split()
        # A prefix that is not where it was installed for: pkg-config is told where it lies.
        flags = [flag.replace("/usr/local", self.prefix) for flag in flags]
        run("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", os.path.join(self.source, "balance.c"), *flags,
            "-o", out)
        return out

    def by_cmake(self, folder):
        run("cmake", "-S", self.source, "-B", folder, env=self.env)
        run("cmake", "--build", folder, env=self.env)
        return os.path.join(folder, "balance")

    def has_its_manual(self):
        page = os.path.join(self.prefix, "share", "man", "man3", "terrace-client.3")
        with open(page) as file:
            text = file.read()
        need("terrace_client_open" in text and "@" not in text, "the manual page")


def documents(path, ids):
    with open(path, "w") as file:
        for ident in ids:
            file.write(json.dumps(dict(kind="agency", id=ident, fiscal_year="2026", agency_code=ident,
                                       agency_name="财政厅")) + "\n")
    return path


def works_by_socket(example, installed, node, base):
    file = documents(os.path.join(base, "documents"), ["101", "102"])
    said = run(example, "--home", node.home, "--submit", file, env=installed.env)
    need([json.loads(line)["status"] for line in said.splitlines()] == ["accepted"] * 2, said)
    said = run(example, "--home", node.home, "--submit", file, env=installed.env)
    need([json.loads(line)["status"] for line in said.splitlines()] == ["exists"] * 2, said)
    need(json.loads(run(example, "--home", node.home, env=installed.env))["division"] == ROOT, "a balance")
    said = run(example, "--home", base, env=installed.env, code=1)
    need("unreachable" in said, said)
    said = run(example, env=installed.env, code=2)
    need("misuse" in said, said)


def works_by_tls(example, installed, node, base):
    """Only at the node whose certificate it was told, and only with a token."""
    node.run("user", "add", MAKER, "--role", "maker")
    token = node.json("token", "add", "program", "--role", "maker", as_user=MAKER)["token"]
    url, fingerprint = node.open_tls()
    there = ("--url", url, "--fingerprint", fingerprint)
    need(json.loads(run(example, *there, "--token", token, env=installed.env))["division"] == ROOT, "a balance")
    need("refused" in run(example, *there, "--token", "tk_" + "0" * 64, env=installed.env, code=1), "a wrong token")
    need("refused" in run(example, *there, env=installed.env, code=1), "no token")
    wrong = fingerprint[:-1] + ("0" if fingerprint[-1] != "0" else "1")
    said = run(example, "--url", url, "--fingerprint", wrong, "--token", token, env=installed.env, code=2)
    need("not_trusted" in said, said)
    said = run(example, "--url", url, "--token", token, env=installed.env, code=1)
    need("not_trusted" in said, f"the system's authorities know it not: {said}")


def prove(base, build):
    installed = Installed(base, build)
    installed.exports()
    installed.has_its_manual()
    examples = installed.by_pkg_config(os.path.join(base, "balance")), installed.by_cmake(os.path.join(base, "built"))
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        works_by_socket(examples[0], installed, node, base)
        run(examples[1], "--home", node.home, env=installed.env)
        works_by_tls(examples[1], installed, node, base)
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-library-") as base:
        try:
            prove(base, os.path.abspath(args.build))
        except trees.Failed as failed:
            print(f"library: {failed}", file=sys.stderr)
            return 1
    print("library: installed, found in two ways, and at work over the socket and over TLS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
