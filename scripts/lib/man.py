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


def sentence(text):
    return roff(text[0].upper() + text[1:]) + "."


def section(command):
    """What a command does, its options and examples."""
    lines = [f".TP\n.B {roff(command['usage'])}\n{sentence(command['help'])}", ".RS"]
    for option in command["options"]:
        value = f" {roff(option['value'])}" if option["value"] else ""
        lines.append(f".TP\n.B {roff('--' + option['name'])}{value}\n{sentence(option['help'])}")
    lines += [".PP", ".nf"] + [roff(example) for example in command["examples"]] + [".fi", ".RE"]
    return "\n".join(lines)


def main():
    program, out = sys.argv[1:]
    version = ask(program, "--version")["version"]
    commands = "\n".join(map(section, ask(program, "--help")["commands"]))
    os.makedirs(out, exist_ok=True)
    for name in sorted(os.listdir(PAGES)):
        with open(os.path.join(PAGES, name)) as page:
            text = page.read().replace("@VERSION@", version).replace("@COMMANDS@", commands)
        with open(os.path.join(out, name.removesuffix(".in")), "w") as page:
            page.write(text)


if __name__ == "__main__":
    main()
