"""common - what the walks at the desk share: persons with passwords of their own, both languages, and
a terminal."""
import json
import os
import pty
import select
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

YEAR = "2026"
LANGUAGES = {"zh": "zh_CN.UTF-8", "en": "C.UTF-8"}


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def document(kind, ident, **fields):
    return dict(kind=kind, id=ident, fiscal_year=YEAR) | fields


def payment(ident, amount, payee="林周县建筑公司", account="62280001", line="AL1", **fields):
    return document("payment", ident, bgt_id=line, pay_app_amt=amount, payee_acct_name=payee,
                    payee_acct_no=account, payee_acct_bank_name="农业银行", use_des="工程款") | fields


def lines_of(documents):
    return "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in documents).encode()


def environment(node, person=None, language="en"):
    """Each person has his own password."""
    env = dict(node.tree.env, TERRACE_HOME=node.home, LC_ALL=LANGUAGES[language])
    if person is not None:
        env["TERRACE_PASSWORD"] = f"password-of-{person}"
    return env


def command(node, args, person):
    return [node.tree.bin("terrace"), *(["--as", person] if person else []), *args]


def run(node, *args, person=None, language="en", stdin=b"", password_of=None):
    """The finished process, with texts."""
    done = subprocess.run(command(node, args, person), input=stdin, capture_output=True,
                          env=environment(node, person or password_of, language))
    done.out, done.err = done.stdout.decode(), done.stderr.decode()
    return done


def says(node, code, words, *args, **kwargs):
    done = run(node, *args, **kwargs)
    text = done.out + done.err
    need(done.returncode == code and all(word in text for word in words),
         f"{args}: exit {done.returncode}, expected {code} and {words}\n{text}")
    return done


def answer(node, code, *args, **kwargs):
    """The one JSON document of an answer."""
    done = run(node, "--json", *args, **kwargs)
    need(done.returncode == code, f"{args}: exit {done.returncode}, expected {code}: {done.out}{done.err}")
    return json.loads(done.out)


def submit(node, documents, person=None, *args):
    """The verdicts, by id."""
    done = run(node, "submit", "-", *args, person=person, stdin=lines_of(documents))
    need(done.returncode in (0, 1), f"submit: exit {done.returncode}: {done.err}")
    return {line["id"]: line for line in map(json.loads, done.out.splitlines())}


def at_terminal(node, *args, person=None, language="en", typed=b"", seconds=trees.PATIENCE_S):
    """Runs on a pseudo-terminal, types once something is asked; (exit code, what was seen)."""
    child, master = pty.fork()
    if child == 0:
        env = environment(node, person, language)
        os.execve(node.tree.bin("terrace"), command(node, args, person), env)
    seen = b""
    while True:
        ready, _, _ = select.select([master], [], [], seconds)
        need(ready, f"{args}: nothing more on the terminal after {seconds} s: {seen[-500:]}")
        try:
            got = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not got:
            break
        seen += got
        if typed and seen.rstrip(b" ").endswith(b"[y/N]"):
            os.write(master, typed)
            typed = b""
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode().replace("\r\n", "\n")


LEVELS = [("540000", "西藏自治区", None), ("540100", "拉萨市", "540000"), ("540121", "林周县", "540100")]


def walk(base, build, approval, steps):
    """In a tree of three levels of its own, where two persons approve these kinds."""
    tree = trees.Tree(base, build=build, approval=approval)
    try:
        for division, name, parent in LEVELS:
            if parent is None:
                tree.init_root(division, name)
            else:
                tree.join(parent, division, name)
        steps(tree)
    finally:
        tree.stop()
