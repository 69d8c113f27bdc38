"""The chart of accounts as a C macro of rows: accounts.py CHART.yaml OUT.h"""
import json
import re
import sys

FIELDS = ("mnemonic", "name_zh", "name_en", "code", "normal")
SIDES = {"debit": 1, "credit": -1, "clearing": 0}
BYTES_MAX = {"name_zh": 63, "name_en": 63, "code": 15}
PAIR = re.compile(r'(\w+): (?:"([^"\\]*)"|([^",{}\\]+))(?:, |$)')


def read_row(line):
    """One "- {key: value, key: "value, with a comma"}"."""
    inner = re.fullmatch(r"- \{(.*)\}", line)
    pairs = PAIR.findall(inner.group(1)) if inner else []
    row = {key: quoted or plain for key, quoted, plain in pairs}
    if len(pairs) != len(FIELDS) or set(row) != set(FIELDS):
        raise ValueError("give " + ", ".join(FIELDS) + ", each once")
    if not re.fullmatch(r"[A-Z][A-Z_]*", row["mnemonic"]):
        raise ValueError("a mnemonic is of capital letters and _")
    if row["normal"] not in SIDES:
        raise ValueError("normal is one of " + ", ".join(SIDES))
    for field, most in BYTES_MAX.items():
        if len(row[field].encode()) > most:
            raise ValueError(f"{field} is longer than {most} bytes")
    return row


def read_chart(path):
    rows = {}
    with open(path, encoding="utf-8") as chart:
        for number, line in enumerate(chart, 1):
            line = line.strip()
            if not line or line.startswith("#") or line == "accounts:":
                continue
            try:
                row = read_row(line)
                if row["mnemonic"] in rows:
                    raise ValueError("this account is there already")
            except ValueError as fault:
                sys.exit(f"{path}:{number}: {fault}")
            rows[row["mnemonic"]] = row
    return rows.values()


def main():
    source, target = sys.argv[1:]
    lines = ["/* Made from configs/accounts.yaml: X(mnemonic, name_zh, name_en, code, normal) */",
             "#define ACCOUNTS_CHART(X)"]
    for row in read_chart(source):
        texts = [json.dumps(row[field], ensure_ascii=False) for field in ("name_zh", "name_en", "code")]
        lines.append(f"    X({row['mnemonic']}, {', '.join(texts)}, {SIDES[row['normal']]})")
    with open(target, "w", encoding="utf-8") as out:
        out.write(lines[0] + "\n" + " \\\n".join(lines[1:]) + "\n")


if __name__ == "__main__":
    main()
