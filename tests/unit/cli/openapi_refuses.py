"""openapi_refuses - the check of the description notices what it is there for.

    python3 tests/unit/cli/openapi_refuses.py

Each case spoils a copy of the description in one way; the check must name it.
"""
import copy
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "scripts", "lib"))
import openapi  # noqa: E402


def operation(whole):
    return whole["paths"]["/documents"]["get"]


def listing(whole):
    return whole["components"]["schemas"]["DocumentList"]["properties"]


CASES = [
    # what is done to it, and what the check says
    (lambda whole: whole["paths"].pop("/balance"), "GET /balance: no description"),
    (lambda whole: whole["paths"].update({"/nowhere": {"get": operation(whole)}}),
     "GET /nowhere: described, and no route"),
    (lambda whole: operation(whole).pop("summary"), "GET /documents: no summary"),
    (lambda whole: operation(whole)["responses"].pop("default"), "an answer and a default"),
    (lambda whole: operation(whole)["responses"].pop("200"), "an answer and a default"),
    (lambda whole: operation(whole)["x-errors"].append("nonsense"), "no error nonsense"),
    (lambda whole: operation(whole)["x-errors"].append("store_failed"), "store_failed is 500"),
    (lambda whole: operation(whole)["x-errors"].remove("bad_request"), "400: which code?"),
    (lambda whole: operation(whole).update(security=[]), "do not fit"),
    (lambda whole: operation(whole).update(operationId="getDocument"), "getDocument stands twice"),
    (lambda whole: whole["paths"]["/documents/{id}"]["get"].pop("parameters"), "1 parts in the path, 0"),
    (lambda whole: whole["components"]["schemas"].pop("Verdict"), "Verdict: referred to, and not there"),
    (lambda whole: whole["components"]["schemas"].update(Unused={"type": "object"}), "nobody refers to it"),
    (lambda whole: listing(whole).update(odd={"type": "string"}), "DocumentList.odd: no description"),
    (lambda whole: listing(whole).pop("next"), "GET /documents: rows without pages"),
    (lambda whole: listing(whole).update(sum={"description": "x", "type": "number"}), "sum: a JSON number"),
]


def main():
    whole = openapi.merged()
    faults = [f"as it is: {fault}" for fault in openapi.faults_of(whole)]
    for spoil, words in CASES:
        spoiled = copy.deepcopy(whole)
        spoil(spoiled)
        if not any(words in fault for fault in openapi.faults_of(spoiled)):
            faults.append(f"not noticed: {words}")
    print("\n".join(faults) or f"{len(CASES)} faults noticed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
