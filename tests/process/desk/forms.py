"""forms - steps of the county's desk: what a form asks the node while somebody fills it in."""
from .asking import Door
from .common import need, payment, submit

MAKER, CHECKER = "卓玛", "旺堆"


def a_form_offers_what_has_money(county):
    """By an id, and by the first letters of an agency's pinyin; a payment's come with what is free."""
    door = Door(county, MAKER)
    for typed in ("AL", "lzxjyj"):
        page = door.ask(200, "GET", f"/indicators?kind=payment&year=2026&q={typed}")
        line = {row["id"]: row for row in page["rows"]}["AL1"]
        need((line["kind"], line["agency_code"], line["agency_name"]) == ("allocate", "105001", "林周县教育局"),
             f"{line}")
        need(float(line["free"]) > 0 and line["free"] == line["balances"]["AVAIL"], f"{line}")
    need(door.ask(200, "GET", "/indicators?kind=payment&year=2020")["rows"] == [], "another year")


def every_unusual_document_is_named(county):
    """Behind the batches, whose payments are what is usual."""
    prefix = "XU"
    docs = [payment(f"{prefix}{i}", f"{31 + i}.17", payee=f"从未见过{i}", account=f"9{i}") for i in range(8)]
    submit(county, docs + [payment(prefix + "T", "31.17", payee="从未见过0", account="90")], MAKER)
    ids = [d["id"] for d in docs] + [prefix + "T"]
    checker = Door(county, CHECKER)
    shown = checker.post(200, "/review", ids=ids)
    marked = {row["id"]: row for row in shown["unusual_documents"]}
    need(shown["unusual_count"] == 9 and set(marked) == set(ids), f"{shown['unusual_documents']}")
    need(all("new_payee" in row["what"] for row in marked.values()), f"{marked}")
    need(sum("same_again" in row["what"] for row in marked.values()) == 1, f"{marked}")
    money = [float(row["money"]) for row in shown["unusual_documents"]]
    need(money == sorted(money, reverse=True), f"{money}")
    Door(county, MAKER).post(200, "/withdraw", ids=ids[:1])


STEPS = [a_form_offers_what_has_money, every_unusual_document_is_named]
