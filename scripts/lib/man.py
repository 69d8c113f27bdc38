"""man - the manual pages, with the commands as the program itself lists them.

    python3 scripts/lib/man.py build/bin/terrace OUT_DIR
"""
import json
import os
import subprocess
import sys

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "configs", "man")


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("\n.", "\n\\&.")


def ask(program, option):
    return json.loads(subprocess.run([program, "--json", "--lang", "en", option], check=True,
                                     capture_output=True).stdout)


def main():
    program, out = sys.argv[1:]
    version = ask(program, "--version")["version"]
    commands = "\n".join(f".TP\n.B {roff(command['usage'])}\n{roff(command['help'][0].upper() + command['help'][1:])}."
                         for command in ask(program, "--help")["commands"])
    os.makedirs(out, exist_ok=True)
    for name in sorted(os.listdir(PAGES)):
        with open(os.path.join(PAGES, name)) as page:
            text = page.read().replace("@VERSION@", version).replace("@COMMANDS@", commands)
        with open(os.path.join(out, name.removesuffix(".in")), "w") as page:
            page.write(text)


if __name__ == "__main__":
    main()
