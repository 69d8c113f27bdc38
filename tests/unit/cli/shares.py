"""shares - one commit chooses the same wherever it is tested, and many together leave nothing out; and each step of
`scripts/check --deep` names what is there.

    python3 tests/unit/cli/shares.py
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import deep  # noqa: E402
import shares  # noqa: E402

NAMES = [f"process.{number}" for number in range(70)]
COMMITS = 300


def chosen_by(commit, names=NAMES, count=4):
    os.environ["TERRACE_COMMIT"] = f"{commit:040x}"
    return shares.chosen(names, count)


def need(holds, what):
    if not holds:
        sys.exit(f"shares: {what}")


def main():
    met = set()
    for commit in range(COMMITS):
        chosen = chosen_by(commit)
        need(len(set(chosen)) == 4 and set(chosen) <= set(NAMES), f"of commit {commit}: {chosen}")
        need(chosen == chosen_by(commit, list(reversed(NAMES))), "a choice hangs on the order in which the names came")
        met.update(chosen)
    need(met == set(NAMES), f"never chosen: {sorted(set(NAMES) - met)}")
    need({chosen_by(commit, ["0", "1"], 1)[0] for commit in range(30)} == {"0", "1"}, "one half is never chosen")
    need(chosen_by(1, ["a"], 5) == ["a"], "fewer than are asked for are all chosen")
    del os.environ["TERRACE_COMMIT"]
    need(len(shares.commit()) == 40, f"the newest commit: {shares.commit()}")
    for name, _, commands, _ in deep.STEPS:
        for command in commands:
            for path in (word for one in (command if isinstance(command, tuple) else (command,)) for word in one):
                is_file = path.startswith(("tests/", "scripts/")) and not path.endswith("/all")
                need(not is_file or os.path.exists(os.path.join(ROOT, path)), f"{name}: no such file: {path}")
    print(f"shares: {COMMITS} commits chose all of {len(NAMES)}")


if __name__ == "__main__":
    main()
