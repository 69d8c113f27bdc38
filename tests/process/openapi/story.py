"""story - what is asked of the node, in the order in which it happens."""
import json
import os
import shutil
import threading
import time
import urllib.parse

import nacl.signing

import tree as trees
from foreign.hashes import code, sized, tagged

YEAR, REGION, CITY, COUNTY = "2026", "540000", "540100", "540121"
PASSWORD = "secret-word"
PERSONS = {"li": ["maker"], "wang": ["checker"], "shen": ["auditor"], "gao": ["admin"]}
PAYEE = dict(payee_acct_name="林周县农民合作社", payee_acct_no="622800001",
             payee_acct_bank_name="农业银行", use_des="办公用品")


def doc(kind, name, **fields):
    return dict(kind=kind, id=name, fiscal_year=YEAR, **fields)


def payment(name, amount, **more):
    return doc("payment", name, bgt_id="L1", pay_app_amt=amount, **dict(PAYEE, **more))


CODES = [doc("element", "E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般公共预算资金"),
         doc("element", "E2", ele_catalog_code="exp_func", ele_code="2050202", ele_name="小学教育"),
         doc("agency", "A1", agency_code="105001", agency_name="教育局"),
         doc("project", "P1", pro_code="54000026105P000000001", pro_name="校舍建设", pro_cat_code="3",
             agency_code="105001", setup_year=YEAR, state="reserved"),
         doc("budget", "B1", stage="reply", fund_type_code="111", amount="100000.00",
             approval_ref="人大〔2026〕1号", exp_func_code="2050202"),
         doc("allocate", "L1", ori_bgt_id="B1", agency_code="105001", amount="20000.00",
             pro_code="54000026105P000000001"),
         doc("release", "R1", bgt_id="L1", cor_bgt_doc_no="财预〔2026〕1号")]
TRANSFER = doc("transfer", "T1", ori_bgt_id="B1", rec_div_code=COUNTY, amount="30000.00",
               cor_bgt_doc_no="财预〔2026〕2号", tra_type_code="general", stage="formal")


# What the region did before: a transfer that waits at the city.
ABOVE = [doc("budget", "RB", stage="reply", fund_type_code="111", amount="900000.00", approval_ref="1"),
         doc("transfer", "RT", ori_bgt_id="RB", rec_div_code=CITY, amount="30000.00", cor_bgt_doc_no="藏财预〔2026〕9号",
             tra_type_code="general", stage="formal")]


def tell(tree, city, play):
    open_doors(play)
    people(play)
    hand_in(play)
    decide(play)
    clash(tree, play)
    county_joins(tree, city, play)
    read(play)
    boards(play)
    type_ahead(play)
    keep_forms(play)
    watch(play)
    browser_keys(play)
    pages(play)
    programs(play)
    accesses(play)
    webhooks(play)
    forked(tree, play)
    resyncs(tree, play)
    revoked(play)
    leave(play)


PAGED = {"/users": "gao", "/tokens": "gao", "/sessions": "gao", "/keys": "gao", "/unsent": "li",
         "/status/tree": "gao", "/alarms": "gao", "/audit/heads": "shen",
         "/invitations": "gao", "/forks": "gao", "/evidence": "gao", f"/divisions/{CITY}/epochs": "gao"}


def pages(play):
    """The lists that are mostly short answer in pages, too."""
    for path, who in PAGED.items():
        first = play.get(path + "?limit=1", who=who)
        if not first["complete"]:
            play.get(f"{path}?limit=1&after=" + urllib.parse.quote(first["next"]), who=who)
        play.ask("GET", path + "?limit=0", who=who, want=400, code="bad_request")
        play.ask("GET", path + "?after=none", who=who, want=400, code="bad_request")


def open_doors(play):
    for path in ("/healthz", "/readyz", "/metrics", "/texts?lang=zh&prefix=console.", "/texts", "/schema",
                 "/openapi.json", "/front"):
        play.ask("GET", path)
    play.ask("GET", "/texts?lang=fr", want=400, code="bad_request")


def people(play):
    for name, roles in PERSONS.items():
        play.ask("POST", "/users", dict(name=name, password=PASSWORD, roles=roles))
        play.login(name, PASSWORD)
    play.ask("POST", "/users", dict(name="x"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/users", dict(name="x", password="short"), who="gao", want=400, code="short_password")
    play.ask("POST", "/users", dict(name="li", password=PASSWORD), who="gao", want=409, code="refused")
    play.ask("POST", "/users", dict(name="x", password=PASSWORD), who="li", want=403, code="needs_role")
    play.get("/users", who="gao")
    play.get("/users/li/chain", who="gao")
    play.ask("GET", "/users/nobody/chain", who="gao", want=404, code="not_found")
    play.ask("GET", "/users/li/chain?limit=0", who="gao", want=400, code="bad_request")
    play.get("/persons", who="gao")
    play.ask("GET", "/persons?limit=0", who="gao", want=400, code="bad_request")
    play.ask("GET", "/persons?division=999999", who="gao", want=404, code="not_found")
    play.get("/unapproved", who="gao")
    play.get("/recoveries", who="gao")
    play.ask("GET", "/recoveries?limit=0", who="gao", want=400, code="bad_request")
    play.ask("GET", "/unapproved?after=nothing", who="gao", want=400, code="bad_request")
    play.ask("GET", "/unapproved?division=999999", who="gao", want=404, code="not_found")
    play.ask("POST", "/login", dict(name="li", password="wrong-word"), want=403, code="wrong_password")
    play.ask("POST", "/login", dict(name="li"), want=400, code="bad_request")
    change = dict(password=PASSWORD, new_password="another-word")
    play.ask("POST", "/users/li/passwd", dict(change, password="wrong-word"), want=403, code="wrong_password")
    play.ask("POST", "/users/li/passwd", dict(change, new_password="short"), want=400, code="short_password")
    play.ask("POST", "/users/li/passwd", dict(password=PASSWORD), want=400, code="bad_request")
    play.ask("POST", "/users/nobody/passwd", change, want=403, code="wrong_password")
    play.ask("POST", "/users/li/passwd", dict(change, end_tokens=True))
    play.login("li", "another-word")


def hand_in(play):
    play.ask("POST", "/documents?dry_run=1", [CODES[0]], who="li")
    play.ask("POST", "/documents?file=codes.csv", CODES, who="li")
    play.ask("POST", "/documents", [dict(CODES[0], ele_name="其他")], who="li")
    play.ask("POST", "/documents", "!\n", who="li")
    play.ask("POST", "/documents?summary=1", [CODES[0], dict(CODES[0], ele_name="其他")], who="li")
    play.ask("POST", "/documents?kind=nonsense", [], who="li", want=400, code="bad_request")
    play.ask("POST", "/documents", [payment("X", "1")] * 1001, who="li", want=413, code="too_many_documents")
    play.ask("POST", "/documents", "x" * (9 << 20), who="li", want=413, code="too_large")
    play.ask("POST", "/documents", CODES, who="wang", want=403, code="needs_role")
    play.get("/pending", who="wang")
    play.get("/pending?mine=1&limit=2", who="li")
    play.ask("GET", "/pending?after=x", who="li", want=400, code="bad_request")
    for query in ("", "?from=2020-01-01", "?from=2099-01-01T00:00:00Z"):
        play.get("/made" + query, who="li")
    play.ask("GET", "/made?from=then", who="li", want=400, code="bad_request")
    play.get("/documents/B1", who="li")


def ids(documents):
    return [document["id"] for document in documents]


def decide(play):
    play.ask("POST", "/review", dict(ids=ids(CODES), list=True), who="wang")
    play.ask("POST", "/review", dict(ids=[]), who="wang", want=400, code="bad_request")
    play.ask("POST", "/review", dict(batch="none"), who="wang", want=404, code="not_found")
    play.ask("POST", "/approve", dict(ids=[]), who="wang", want=400, code="bad_request")
    play.ask("POST", "/approve", dict(ids=ids(CODES)), who="li", want=403, code="needs_role")
    play.ask("POST", "/approve", dict(ids=ids(CODES)), who="wang")
    play.ask("POST", "/documents", [payment("P-1", "5000.00"), payment("P-2", "40000.00"),
                                    payment("P-3", "10.00"), payment("P-4", "20.00")], who="li")
    play.ask("POST", "/documents?dry_run=1", [payment("P-9", "99999.00")], who="li")
    play.ask("POST", "/reject", dict(id="P-3", reason="收款人不符"), who="wang")
    play.ask("POST", "/reject", dict(id="P-3"), who="wang", want=400, code="bad_request")
    play.ask("POST", "/reject", dict(id="P-3", reason="x"), who="li", want=403, code="needs_role")
    play.ask("POST", "/withdraw", dict(ids=["P-4"]), who="li")
    play.ask("POST", "/withdraw", dict(ids=[]), who="li", want=400, code="bad_request")
    play.ask("POST", "/withdraw", dict(ids=["P-4"]), who="wang", want=403, code="needs_role")
    shown = json.loads(play.ask("POST", "/review", dict(ids=["P-1", "P-2"]), who="wang"))
    play.ask("POST", "/approve", dict(ids=["P-1", "P-2"], hash="0" * 64), who="wang", want=409,
             code="refused")
    play.ask("POST", "/approve", dict(ids=["P-1", "P-2"], hash=shown["hash"]), who="wang")
    play.ask("POST", "/documents", [dict(doc("paid", "D-1", pay_app_id="P-1", xpay_amt="5000.00",
                                             xpay_date="2026-02-11", agent_business_no="77"))], who="li")
    play.get("/pending", who="wang")
    play.get("/documents/P-2", who="li")
    play.get("/documents/P-3", who="li")


def backs_up(city, play):
    """At the socket its owner is enough, and an admin; through the network nobody is."""
    path = "/backup/540100-20261130T055032Z"
    play.ask("POST", "/backup", "{}", who="li", want=403, code="needs_role")
    play.ask("POST", "/backup/end", "{}", who="li", want=403, code="needs_role")
    play.ask("POST", "/backup", "{}")
    play.ask("POST", "/backup", "{}", who="gao")
    note = os.path.join(city.home, "resync")  # of a home that was put back, and is not whole yet
    with open(note, "w"):
        play.ask("POST", "/backup", "{}", want=409, code="refused")
    os.unlink(note)
    with open(os.path.join(city.home, "checkpoint", "holder"), "w") as holder:
        holder.write("1")  # a process that runs, and is not this one
    play.ask("POST", "/backup/end", "{}", want=409, code="refused")
    with open(os.path.join(city.home, "checkpoint", "holder"), "w") as holder:
        holder.write(str(os.getpid()))
    play.ask("POST", "/backup/end", dict(directory=path), want=400, code="bad_request")
    play.ask("POST", "/backup/end", dict(directory=path, lsn=1, unix_ms=1796016632000))
    play.ask("POST", "/backup/end", "{}", who="gao")


def compared(tree, play):
    """The fingerprint of who waits, once there is one; what differs lets nobody in."""
    trees.wait_until(lambda: play.get("/invitations", who="gao")["rows"][0]["state"] == "waiting", 60,
                     "the county to ask")
    shown = play.get("/invitations", who="gao")["rows"][0]["fingerprint"]
    play.ask("POST", f"/invitations/{COUNTY}/accept", dict(fingerprint="0000 " + shown[5:]), who="gao", want=409,
             code="refused")
    return shown


def words(play):
    """An invitation that nobody came with, and what cannot be said of any."""
    play.ask("POST", "/invite", dict(division="540199", name="某县"), who="gao")
    play.ask("POST", "/invitations/540199/withdraw", "{}", who="gao")
    given = dict(fingerprint="0000")
    for act in ("accept", "withdraw"):
        play.ask("POST", f"/invitations/540199/{act}", given, who="gao", want=404, code="not_found")
        play.ask("POST", f"/invitations/low/{act}", given, who="gao", want=400, code="bad_request")
        play.ask("POST", f"/invitations/{COUNTY}/{act}", given, who="li", want=403, code="needs_role")
    play.ask("POST", "/invitations/540199/accept", "[]", who="gao", want=400, code="bad_request")
    play.ask("POST", "/invite", dict(division=COUNTY, again=True), who="gao")
    play.ask("POST", f"/invitations/{COUNTY}/withdraw", "{}", who="gao")
    play.ask("GET", "/invitations", who="li", want=403, code="needs_role")


def rotates(tree, play):
    """Its persons approve under the new keys what is submitted then."""
    play.ask("POST", "/rotation", "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", "/rotation", dict(identity=True), who="li", want=403, code="needs_role")
    wish = dict(identity=True, channel=True, passphrase=tree.env["TERRACE_PASSPHRASE"])
    play.ask("POST", "/rotation", dict(wish, passphrase="another-word"), who="gao", want=409, code="refused")
    play.ask("POST", "/rotation", wish, who="gao")
    trees.wait_until(lambda: play.get("/status", who="gao")["epoch"] == 2, 60, "the region to grant the new keys")
    play.ask("POST", "/documents", [payment("P-5", "1.00")], who="li")
    entered = play.ask("POST", "/approve", dict(ids=["P-5"]), who="wang")
    assert '"accepted"' in entered, entered


def clash(tree, play):
    """The region defines a code that the city has by now: an alarm of the city's."""
    tree[REGION].run("submit", "-", stdin=json.dumps(CODES[0]).encode())
    trees.wait_until(lambda: play.get("/alarms", who="gao")["alarms"], trees.PATIENCE_S, "no alarm of a code's two owners")


def county_joins(tree, city, play):
    asked = dict(division=COUNTY, name="林周县")
    play.ask("POST", "/invite", dict(name="林周县"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/invite", dict(division=CITY, name="x"), who="gao", want=409, code="refused")
    play.ask("POST", "/invite", asked, who="li", want=403, code="needs_role")
    widen = play.ask("POST", "/invite", dict(division="540221", name="x"), who="gao", want=409, code="outside_reach")
    assert f"terrace amend {CITY} --may-grant" in widen, widen
    held = json.loads(play.ask("POST", "/invite", dict(asked, hold=True), who="gao"))["token"]
    joining = threading.Thread(target=tree.join_with, args=(held, city, COUNTY, "林周县", ("央金",)))
    joining.start()
    play.ask("POST", f"/invitations/{COUNTY}/accept", dict(fingerprint=compared(tree, play)), who="gao")
    joining.join()
    words(play)
    play.ask("POST", "/endpoint", dict(endpoint="tcp://*:7400"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/endpoint", dict(endpoint="tcp://127.0.0.1:7400"), who="li", want=403, code="needs_role")
    play.ask("POST", "/endpoint", dict(endpoint=city.status()["endpoint"]), who="gao")
    backs_up(city, play)
    amend = f"/peers/{COUNTY}/amend"
    play.ask("POST", amend, dict(name="林周县", may_grant=["540121*"]), who="gao")
    play.ask("POST", amend, dict(may_grant=["5402*"]), who="gao", want=409, code="outside_reach")
    play.ask("POST", amend, dict(name="x\n"), who="gao", want=409, code="refused")
    play.ask("POST", amend, "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", amend, dict(name="x"), who="li", want=403, code="needs_role")
    play.ask("POST", "/peers/540999/amend", dict(name="x"), who="gao", want=404, code="not_found")
    revoke = f"/divisions/{COUNTY}/revoke"
    play.ask("POST", revoke, dict(reason="x"), who="li", want=403, code="needs_role")
    play.ask("POST", revoke, "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", revoke, dict(reason="长" * 100), who="gao", want=409, code="refused")
    play.ask("POST", "/divisions/540999/revoke", dict(reason="x"), who="gao", want=404, code="not_found")
    kept = f"/forks/{COUNTY}/keep"
    play.ask("POST", kept, dict(hash="0" * 64), who="li", want=403, code="needs_role")
    play.ask("POST", kept, "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", kept, dict(hash="0" * 64), who="gao", want=404, code="not_found")
    play.ask("POST", "/peers/" + COUNTY + "/pause", "{}", who="gao")
    play.ask("POST", "/peers/" + COUNTY + "/resume", "{}", who="gao")
    for act in ("pause", "resume"):
        play.ask("POST", f"/peers/540999/{act}", "{}", who="gao", want=404, code="not_found")
        play.ask("POST", f"/peers/low/{act}", "{}", who="gao", want=400, code="bad_request")
        play.ask("POST", f"/peers/{COUNTY}/{act}", "{}", who="li", want=403, code="needs_role")
    play.ask("POST", "/documents", [TRANSFER], who="li")
    play.ask("POST", "/approve", dict(ids=["T1", "D-1"]), who="wang")
    rotates(tree, play)


def read(play):
    for path in ("/documents/P-1", "/documents/L1", "/documents/T1", "/documents/B1/receipt",
                 "/documents/T1/receipt", "/documents/B1/proof", "/documents/P-1/proof", "/trace/B1",
                 "/trace/B1?brief=1", "/trace/T1?limit=1"):
        play.get(path, who="shen")
    for path in ("/documents/none", "/documents/none/receipt", "/documents/none/proof", "/trace/none"):
        play.ask("GET", path, who="shen", want=404, code="not_found")
        play.ask("GET", path + "?division=low", who="shen", want=400, code="bad_request")
    for kind in ("element", "agency", "project", "budget", "allocate", "release", "transfer", "payment", "paid",
                 "operator"):
        play.get(f"/documents?kind={kind}&year={YEAR}", who="shen")
    play.get("/documents?kind=payment&text=合作社&limit=1".replace("合作社", "%E5%90%88"), who="shen")
    play.ask("GET", "/documents", who="shen", want=400, code="bad_request")
    play.ask("GET", "/documents?kind=payment&division=540999", who="shen", want=404, code="not_found")
    play.get("/inbox/counts?user=li", who="li")
    play.ask("GET", "/inbox/counts?user=nobody", who="li", want=404, code="not_found")
    for counts in ("", "?counts=1", "?user=li", "?user=wang"):
        play.get("/inbox" + counts, who="li")
    play.ask("GET", "/inbox?after=x", who="li", want=400, code="bad_request")
    play.ask("GET", "/inbox?user=nobody", who="li", want=404, code="not_found")
    for query in ("", "?after=0&limit=3", "?after=end", "?kind=payment,paid&division=540100"):
        play.ask("GET", "/changes" + query, who="shen")
    for text in ("T1", "%E8%97%8F", "nothing&limit=1"):
        play.get("/find?text=" + text, who="shen")
    for query in ("", "?text=", "?text=x&after=nothing:x"):
        play.ask("GET", "/find" + query, who="shen", want=400, code="bad_request")
    for query in ("", "?after=0", "?after=end&wait=1"):
        play.ask("GET", "/changes/marks" + query, who="shen")
    play.ask("GET", "/changes/marks?after=x", who="shen", want=400, code="bad_request")
    play.ask("GET", "/changes/marks?after=999999-0000000000000001", who="shen", want=409, code="position_lost")
    play.ask("GET", "/changes?limit=0", who="shen", want=400, code="bad_request")
    play.ask("GET", "/changes?after=999999-0000000000000001", who="shen", want=409, code="position_lost")


def boards(play):
    for scope in ("own", "subtree"):
        for by in ("account", "project", "function", "fund", "agency"):
            play.get(f"/balance?scope={scope}&by={by}", who="shen")
        for by in ("function", "agency", "economic", "gov_economic,fund"):
            play.get(f"/report/execution?scope={scope}&by={by}", who="shen")
    for board in ("chain", "reconcile", "sources", "trial-balance"):
        play.get(f"/report/{board}?year={YEAR}", who="shen")
        play.get(f"/report/{board}?limit=1", who="shen")
    for path in ("/balance", "/report/chain", "/report/execution", "/report/reconcile", "/report/sources", "/lines", "/money", "/money/months"):
        for at in ("2099-01-01", "2020-01-01T00:00:00Z", "1"):
            play.get(f"{path}?at={at}", who="shen")
        for at in ("then", "999999"):
            play.ask("GET", f"{path}?at={at}", who="shen", want=400, code="bad_request")
    for path in ("/money", "/money?at=2099-01-01", "/money/months", "/money/months?scope=subtree", "/lines",
                 "/lines?agency=105001&limit=1"):
        play.get(path, who="shen")
    for path in ("/balance", "/report/chain", "/money", "/money/months", "/lines"):
        play.ask("GET", path + "?year=26", who="shen", want=400, code="bad_request")
        play.ask("GET", path + "?division=110000", who="shen", want=409, code="not_below_you")
    for name in ("money", "chain", "execution", "reconcile", "sources", "trial-balance", "balance", "lines",
                 "documents"):
        for form in ("csv", "xlsx"):
            play.ask("GET", f"/export/{name}?format={form}&kind=payment", who="shen")
    play.ask("GET", "/export/money?format=pdf", who="shen", want=400, code="bad_request")
    play.ask("GET", "/export/nonsense?format=csv", who="shen", want=404, code="not_found")
    play.ask("GET", "/export/money?format=csv&division=110000", who="shen", want=409, code="not_below_you")
    play.ask("GET", "/report/nonsense", who="shen", want=404, code="not_found")
    play.get("/digest", who="shen")
    play.get(f"/digest?division={COUNTY}", who="shen")
    play.ask("GET", "/digest?division=low", who="shen", want=400, code="bad_request")
    play.ask("GET", "/digest?division=110000", who="shen", want=409, code="not_below_you")
    play.ask("POST", "/verify", "{}", who="shen")
    play.ask("POST", "/verify", dict(deep=True), who="shen")
    play.ask("POST", "/verify", "[", who="shen", want=400, code="bad_request")
    play.ask("POST", "/verify", "{}", who="li", want=403, code="needs_role")


def type_ahead(play):
    for name in ("fund_type", "agency", "project", "bank_account", "division"):
        play.get(f"/codes/{name}", who="li")
    play.get("/codes/agency?q=jyj&limit=1", who="li")
    play.ask("GET", "/codes/nonsense", who="li", want=404, code="not_found")
    play.ask("GET", "/codes/agency?limit=0", who="li", want=400, code="bad_request")
    play.ask("GET", "/codes/agency?division=110000", who="li", want=409, code="not_below_you")
    play.get("/indicators", who="li")
    play.get("/indicators?kind=payment&q=L", who="li")
    play.ask("GET", "/indicators?kind=paid", who="li", want=400, code="bad_request")
    play.ask("GET", "/indicators?division=110000", who="li", want=409, code="not_below_you")


def keep_forms(play):
    form = dict(kind="payment", fields=dict(memo="x"))
    play.ask("PUT", "/unsent/form-1", form, who="li")
    play.ask("PUT", "/unsent/form-1", form, who="li", want=412, code="changed_meanwhile")
    play.ask("PUT", "/unsent/form-1", dict(kind="nonsense"), who="li", want=400, code="bad_request")
    play.get("/unsent", who="li")
    play.get("/unsent/form-1", who="li")
    play.ask("GET", "/unsent/none", who="li", want=404, code="not_found")
    play.ask("DELETE", "/unsent/form-1", who="li", headers={"If-Match": '"7"'}, want=412, code="changed_meanwhile")
    play.ask("DELETE", "/unsent/form-1", who="li", headers={"If-Match": '"1"'})
    play.ask("DELETE", "/unsent/form-1", who="li")
    play.ask("DELETE", "/unsent/UPPER", who="li", want=404, code="not_found")


def watch(play):
    for path in ("/status", "/status/tree", "/history", f"/history?division={CITY}"):
        play.get(path, who="gao")
    play.ask("GET", "/history?division=x", who="gao", want=400, code="bad_request")
    for links in ("/links/past", "/links/served"):
        for path in (links, f"{links}?division={CITY}", f"{links}?limit=1"):
            play.get(path, who="gao")
        play.ask("GET", f"{links}?division=low", who="gao", want=400, code="bad_request")
        play.ask("GET", f"{links}?division=110000", who="gao", want=409, code="not_below_you")
    alarm = play.get("/alarms", who="gao")["alarms"][0]
    for until, want, code in (("2020-01-01", 409, "refused"), (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(
            time.time() + 3600)), 200, None), (None, 200, None)):
        play.ask("POST", f"/alarms/{alarm['id']}/silence", dict(until=until), who="gao", want=want, code=code)
    play.ask("POST", f"/alarms/{alarm['id']}/ack", "{}", who="gao")
    play.get("/alarms?history=1", who="gao")
    rows = {row["name"]: row for row in play.get("/config", who="gao")["settings"]}
    if rows["api.listen"]["source"] != "file" or rows["limits.beat_ms"] != dict(
            name="limits.beat_ms", value="25000", source="default"):
        play.faults.append(f"/config: {rows}")
    play.ask("GET", "/config", who="li", want=403, code="needs_role")
    play.ask("GET", "/alarms?history=1&limit=0", who="gao", want=400, code="bad_request")
    play.ask("POST", "/alarms/999/ack", "{}", who="gao", want=404, code="not_found")
    play.ask("POST", "/alarms/x/ack", "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", "/alarms/1/ack", "{}", who="li", want=403, code="needs_role")
    until = dict(until=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)))
    play.ask("POST", "/alarms/999/silence", until, who="gao", want=404, code="not_found")
    play.ask("POST", "/alarms/x/silence", until, who="gao", want=400, code="bad_request")
    play.ask("POST", "/alarms/1/silence", dict(until="soon"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/alarms/1/silence", until, who="li", want=403, code="needs_role")


def browser_keys(play):
    secret = nacl.signing.SigningKey.generate()
    key = bytes(secret.verify_key)
    about = play.get("/keys", who="wang")
    claim = tagged(b"browser", bytes.fromhex(about["tree"]), code(about["division"]), key,
                   sized(about["user"].encode()))
    asked = dict(key=key.hex(), label="柜台一", signature=secret.sign(claim).signature.hex())
    name = key.hex()[:32]
    play.ask("POST", "/keys", dict(asked, key="12"), who="wang", want=400, code="bad_request")
    play.ask("POST", "/keys", dict(asked, signature="00" * 64), who="wang", want=409, code="refused")
    play.ask("POST", "/keys", asked, who="wang")
    play.ask("POST", f"/keys/{name}/confirm", "{}", who="wang", want=403, code="needs_role")
    play.ask("POST", "/keys/12/confirm", "{}", who="gao", want=404, code="not_found")
    play.ask("POST", f"/keys/{name}/confirm", "{}", who="gao")
    play.ask("POST", f"/keys/{name}/confirm", "{}", who="gao", want=409, code="refused")
    play.get("/keys", who="gao")
    play.ask("POST", "/review", dict(ids=["none"], sign=True), who="wang")
    play.ask("POST", f"/keys/{name}/end", "{}", who="li", want=403, code="needs_role")
    play.ask("POST", "/keys/12/end", "{}", who="wang", want=404, code="not_found")
    play.ask("POST", f"/keys/{name}/end", "{}", who="wang")


def programs(play):
    asked = dict(name="预算系统", roles=["maker"], days=30)
    play.tokens["program"] = json.loads(play.ask("POST", "/tokens", asked, who="li"))["token"]
    play.get("/session", who="program")
    play.ask("POST", "/documents", [payment("P-5", "1.00")], who="program")
    play.ask("POST", "/tokens", dict(asked, days=0), who="li", want=400, code="bad_request")
    play.ask("POST", "/tokens", dict(asked, name="x", roles=["admin"]), who="li", want=409, code="refused")
    play.get("/tokens", who="li")
    play.ask("DELETE", "/tokens/none", who="li", want=404, code="not_found")
    play.ask("DELETE", "/tokens/" + urllib.parse.quote("预算系统"), who="li")


def accesses(play):
    play.get("/audit?limit=2", who="shen")
    play.ask("GET", "/audit?after=x", who="shen", want=400, code="bad_request")
    for path in ("/audit", "/audit/check", "/audit/heads"):
        play.get(path, who="shen")
        play.ask("GET", path, who="li", want=403, code="needs_role")
    for query in ("", f"?author={REGION}", f"?author={COUNTY}&after=1", "?after=999999"):
        play.ask("GET", "/blocks" + query, who="shen")
    for query in ("?author=x", "?after=x", "?after=-1"):
        play.ask("GET", "/blocks" + query, who="shen", want=400, code="bad_request")
    play.ask("GET", "/grants", who="shen")
    for path in ("/blocks", "/grants"):
        play.ask("GET", path, who="li", want=403, code="needs_role")


def webhooks(play):
    hook = dict(name="books", url="https://books.invalid/in", kind="payment,paid", after="0")
    play.ask("POST", "/webhooks", hook, who="gao")
    play.ask("POST", "/webhooks", hook, who="gao", want=409, code="refused")
    play.ask("POST", "/webhooks", dict(hook, name="No"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/webhooks", dict(hook, name="late", after="999999-0000000000000001"), who="gao", want=409,
             code="position_lost")
    play.ask("POST", "/webhooks", hook, who="li", want=403, code="needs_role")
    play.get("/webhooks", who="gao")
    play.get("/webhooks/books/dead", who="gao")
    play.ask("GET", "/webhooks", who="li", want=403, code="needs_role")
    play.ask("GET", "/webhooks/books/dead?limit=0", who="gao", want=400, code="bad_request")
    play.ask("POST", "/webhooks/books/replay", {}, who="gao")
    play.ask("POST", "/webhooks/books/replay", dict(after="0"), who="gao")
    play.ask("POST", "/webhooks/books/replay", dict(after="x"), who="gao", want=400, code="bad_request")
    play.ask("POST", "/webhooks/books/replay", dict(after="999999-0000000000000001"), who="gao", want=409,
             code="position_lost")
    for path, act in (("dead", "GET"), ("replay", "POST"), ("remove", "POST")):
        play.ask(act, f"/webhooks/none/{path}", {} if act == "POST" else None, who="gao", want=404, code="not_found")
        play.ask(act, f"/webhooks/books/{path}", {} if act == "POST" else None, who="li", want=403, code="needs_role")
    play.ask("POST", "/webhooks/books/remove", {}, who="gao")


def forked(tree, play):
    """The county is put back to an older copy while its city does not hear it, and says something else."""
    county, old = tree[COUNTY], tree[COUNTY].home + ".old"
    county.end()
    shutil.copytree(county.home, old)
    county.start()
    county.run("endpoint", "tcp://127.0.0.1:7501", as_user="央金")
    trees.wait_until(lambda: tree[CITY].digest(COUNTY)["lsn"] == county.digest()["lsn"], trees.PATIENCE_S,
                     "the city holds what the county said")
    county.end()
    shutil.rmtree(county.home)
    os.rename(old, county.home)
    play.ask("POST", f"/peers/{COUNTY}/pause", "{}", who="gao")
    county.start()
    county.run("endpoint", "tcp://127.0.0.1:7502", as_user="央金")
    play.ask("POST", f"/peers/{COUNTY}/resume", "{}", who="gao")
    trees.wait_until(lambda: "own_log_forked" in county.log_tail(1 << 20), trees.PATIENCE_S, "the county hears of it")
    forks = {row["branch"]: row["hash"] for row in play.get("/forks", who="gao")["rows"]}
    kept = f"/forks/{COUNTY}/keep"
    play.ask("POST", kept, dict(hash=forks["elsewhere"]), who="gao", want=409, code="refused")
    play.ask("POST", kept, dict(hash=forks["held_here"]), who="gao")
    county.end()


def resyncs(tree, play):
    """The city is told that it comes from a copy, while its county is away: it waits for that, until an admin
    goes on without."""
    city, without = tree[CITY], "/resync/without"
    play.get("/resync", who="gao")
    play.get("/evidence", who="gao")
    play.ask("GET", "/evidence?division=!", who="gao", want=400, code="bad_request")
    play.ask("POST", "/evidence/offer", {}, who="li")
    play.ask("POST", "/evidence/offer", "[]", who="li", want=400, code="bad_request")
    play.ask("POST", "/evidence/offer", {}, who="shen", want=403, code="needs_role")
    play.ask("POST", without, dict(division=COUNTY), who="li", want=403, code="needs_role")
    play.ask("POST", without, "{}", who="gao", want=400, code="bad_request")
    play.ask("POST", without, dict(division=COUNTY), who="gao", want=409, code="refused")
    city.end()
    with open(os.path.join(city.home, "resync"), "w") as note:
        note.write("resync_restored\x1fwhen=2026-03-01\x1fcopy=backup")
    city.start()
    play.login("gao", PASSWORD)
    trees.wait_until(lambda: play.get("/resync", who="gao")["state"] == "waiting", trees.PATIENCE_S,
                     "the city waits for its county alone")
    play.ask("POST", without, dict(division=COUNTY), who="gao")
    trees.wait_until(lambda: not os.path.exists(os.path.join(city.home, "resync")), trees.PATIENCE_S, "it goes on")
    city.wait_ready()
    for name in ("gao", "li", "shen", "wang"):  # sessions end with the process, and as it is opened anew
        play.login(name, "another-word" if name == "li" else PASSWORD)


def revoked(play):
    """By two admins once there are two."""
    play.ask("GET", "/divisions/x/epochs", who="gao", want=400, code="bad_request")
    play.ask("GET", "/divisions/999999/epochs", who="gao", want=404, code="not_found")
    assert play.get(f"/divisions/{COUNTY}/epochs", who="gao")["revoked"] is None
    play.ask("GET", "/divisions/x/years", who="gao", want=400, code="bad_request")
    play.ask("GET", f"/divisions/{CITY}/years?year=26", who="gao", want=400, code="bad_request")
    play.ask("GET", f"/divisions/{REGION}/years", who="gao", want=409, code="not_below_you")
    stands = next(row for row in play.get(f"/divisions/{CITY}/years", who="gao")["years"] if row["year"] == int(YEAR))
    assert stands["state"] == "open" and [h["what"] for h in stands["hindrances"]] == [
        "UNALLOC", "AVAIL", "COMMIT", "TRANSIT", "awaiting_answer", "to_register"], stands
    revoke = f"/divisions/{COUNTY}/revoke"
    play.ask("POST", "/users", dict(name="hua", password=PASSWORD, roles=["admin"]), who="gao")
    play.login("hua", PASSWORD)
    play.ask("POST", f"/revocations/{COUNTY}/accept", "{}", who="hua", want=404, code="not_found")
    play.ask("POST", f"/revocations/{COUNTY}/withdraw", "{}", who="hua", want=404, code="not_found")
    waits = json.loads(play.ask("POST", revoke, dict(reason="看错了"), who="gao"))
    assert waits["state"] == "waits" and waits["by"] == "gao", waits
    play.get("/revocations", who="hua")
    play.get("/revocations?limit=1", who="hua")
    play.ask("GET", "/revocations?limit=none", who="hua", want=400, code="bad_request")
    play.ask("GET", "/revocations", who="li", want=403, code="needs_role")
    for act in ("accept", "withdraw"):
        play.ask("POST", f"/revocations/low/{act}", "{}", who="gao", want=400, code="bad_request")
        play.ask("POST", f"/revocations/{COUNTY}/{act}", "{}", who="li", want=403, code="needs_role")
    play.ask("POST", f"/revocations/{COUNTY}/accept", "{}", who="gao", want=409, code="refused")
    play.ask("POST", f"/revocations/{COUNTY}/withdraw", "{}", who="hua")
    play.ask("POST", revoke, dict(reason="机器被盗"), who="gao")
    said = json.loads(play.ask("POST", f"/revocations/{COUNTY}/accept", "{}", who="hua"))
    shown = play.get(f"/divisions/{COUNTY}/epochs", who="gao")
    assert shown["revoked"]["by"] == CITY and shown["revoked"]["reason"] == "机器被盗", shown
    assert [said[name] == shown["revoked"][name] for name in ("final_epoch", "final_lsn", "final_hash")] == [True] * 3, shown
    assert shown["rows"][0]["end"] == dict(lsn=said["final_lsn"], hash=said["final_hash"]), (said, shown)
    play.ask("POST", "/users/hua/disable", "{}", who="gao")


def leave(play):
    play.get("/session", who="li")
    sessions = play.get("/sessions", who="gao")["rows"]
    play.ask("GET", "/sessions", who="li", want=403, code="needs_role")
    play.ask("DELETE", "/sessions/999999", who="gao", want=404, code="not_found")
    play.ask("DELETE", "/sessions/1", who="li", want=403, code="needs_role")
    his = [row for row in sessions if row["name"] == "shen"][-1]
    play.ask("DELETE", f"/sessions/{his['id']}", who="gao")
    play.ask("POST", "/users/nobody/disable", "{}", who="gao", want=404, code="not_found")
    play.ask("POST", "/users/gao/disable", "{}", who="gao", want=409, code="refused")
    play.ask("POST", "/users/li/disable", "{}", who="wang", want=403, code="needs_role")
    play.ask("POST", "/users/nobody/roles", dict(roles=["maker"]), who="gao", want=404, code="not_found")
    play.ask("POST", "/users/li/roles", dict(roles=["maker", "admin"]), who="gao", want=400, code="bad_request")
    play.ask("POST", "/users/li/roles", dict(roles=["maker"]), who="wang", want=403, code="needs_role")
    play.ask("POST", "/users/gao/roles", dict(roles=["auditor"]), who="gao", want=409, code="refused")
    play.ask("POST", "/users/shen/roles", dict(roles=["auditor"]), who="gao")
    play.ask("POST", "/users/nobody/renew", dict(password=PASSWORD), who="gao", want=404, code="not_found")
    play.ask("POST", "/users/li/renew", dict(password="short"), who="gao", want=400, code="short_password")
    play.ask("POST", "/users/li/renew", dict(password=PASSWORD), who="wang", want=403, code="needs_role")
    play.ask("POST", "/users/shen/renew", dict(password=PASSWORD), who="gao")
    play.ask("POST", "/users/shen/disable", "{}", who="gao")
    play.ask("POST", "/logout", "{}", who="li")
