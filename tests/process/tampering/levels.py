"""levels - acts about years and about money between levels: of a city of ours toward its region, and of a county of ours toward
its city, each with its own keys. What they write into their own logs is their own, so their blocks stand; figures are counted
as everybody counts them, so that only what is wrong is told. `s` is the stage."""
import nacl.signing

import tree as trees
from foreign import blocks, hashes
from foreign.hashes import u16

from . import persons
from .persons import CHECKER, MAKER, signed
from .stage import CITY, COUNTY, OUR_BELOW, OUR_CITY, OURS, REGION, doc, now_ms

KINDS = dict(budget=21, transfer_in=22, transfer=23, register=24, settle=26, recall=41, recall_grant=42, recall_refuse=43, carry_over=47,
             close_year=49, policy=51, transfer_out=57, remit=68, reopen_year=70, withdraw=74)
SRC_APPROVED, SRC_TRANSFER_IN, SRC_CARRY_IN, UNALLOC, TRANSIT, XFER_OUT, CARRY_OUT, CLOSE = 1, 2, 3, 5, 11, 12, 13, 15
FUND = "111"


# --- writing ---

def posting(line, account, fen, year=2026):
    """As it enters the state digest, behind that by which it is sorted there; a debit is above zero."""
    number = fen << 1 if fen >= 0 else (-fen << 1) - 1
    return (year, line, account), (u16(year) + bytes([len(FUND)]) + FUND.encode() + bytes([len(line)]) + line.encode() + bytes([account])
                                   + blocks.varint(number))


def document(s, kind, number, year=2026, **fields):
    body = s.documents.Document(id=number, fiscal_year=year, **fields).SerializeToString()
    return KINDS[kind], blocks.DOCUMENT_FORMAT, body


def writes(s, member, written, audience=None, postings=(), groups=()):
    """One entry of its own log. What it books is sorted as it is counted."""
    through = s.city if member is s.below else member
    packed = [data for _, data in sorted(postings)]
    member.says(member.log.write([written], now_ms(), audience, groups, postings=packed), through=through)
    return member.log.chain.lsn


def city_writes(s, kind, number, postings=(), groups=(), audience=None, year=2026, **fields):
    written = document(s, kind, number, year, **fields)
    return writes(s, s.city, written, audience, postings, groups)


def county_writes(s, kind, number, postings=(), audience=None, **fields):
    return writes(s, s.county, document(s, kind, number, **fields), audience, postings)


def to_below():
    return blocks.LINE, OUR_BELOW


def by_two(s, written):
    return signed(s, s.maker, MAKER, written), signed(s, s.checker, CHECKER, written)


def city_agrees(s, kind, number, year, postings=(), **fields):
    """What two of its persons signed, as they should."""
    written = document(s, kind, number, year, **fields)
    return writes(s, s.city, written, (blocks.TREE, OUR_CITY), postings, by_two(s, written))


def reply(s, write, number, year, fen):
    """Money of its own, to begin with."""
    write(s, "budget", number, [posting(number, SRC_APPROVED, -fen, year), posting(number, UNALLOC, fen, year)], year=year,
          stage="reply", approval_ref="1", fund_type_code=FUND, amount=fen)


def county_reply(s, number, fen):
    county_writes(s, "budget", number, [posting(number, SRC_APPROVED, -fen), posting(number, UNALLOC, fen)],
                  stage="reply", approval_ref="1", fund_type_code=FUND, amount=fen)


def prepare(s):
    """Persons and money of the city, money of the county; and the real city asks its real county for some back."""
    if getattr(s, "maker", None) is None:
        persons.hire(s)
    for member in (s.city, s.county, s.below):  # the rows before may have signed another
        member.log.digest = bytes.fromhex(state_of(s, member))
    reply(s, city_writes, "LB", 2026, 100000)
    county_reply(s, "LC", 50000)
    city, county = s.tree[CITY], s.tree[COUNTY]
    answers = city.submit_lines([doc("recall", "RC1", bgt_id="T2", amount="1.00", reason="结余")])
    if answers[0]["status"] != "accepted":
        raise trees.Failed(f"the city's recall: {answers}")
    trees.wait_until(lambda: "RC1" in county.run("list", "recall", "--division", CITY)[1], 60, "the city's recall")
    s.tree.wait_equal_digests()
    tells_what_is_there(s)


def answer_the_recall(s):
    """Its county refuses, as it may: nothing is left open for what comes later."""
    answers = s.tree[COUNTY].submit_lines([doc("recall_refuse", "RF1", recall_id="RC1", reason="已支")])
    if answers[0]["status"] != "accepted":
        raise trees.Failed(f"the county's refusal: {answers}")
    s.tree.wait_equal_digests()
    tells_what_is_there(s)


def state_of(s, member):
    """As the region has it."""
    return s.watches[REGION].get("/digest", division=member.division)["digest"]


def tells_what_is_there(s):
    """The region counts what ours booked as they do: else the rows above would be about our own slips."""
    for member in (s.city, s.county, s.below):
        have = state_of(s, member)
        if have != member.log.digest.hex():
            raise trees.Failed(f"{member.division} signs a state {member.log.digest.hex()}, the region has {have}")


# --- asks of nothing ---

def recalls_what_it_never_gave(s):
    city_writes(s, "recall", "L1", audience=to_below(), bgt_id="L-NO", rec_div_code=OUR_BELOW, amount=5000, reason="x")


def recalls_more_than_it_gave(s):
    """Of a transfer that nobody has answered: no more than is registered can be asked back."""
    city_writes(s, "transfer", "L30", [posting("LB", UNALLOC, -1000), posting("L30", TRANSIT, 1000)], audience=to_below(),
                ori_bgt_id="LB", rec_div_code=OUR_BELOW, amount=1000, fund_type_code=FUND, cor_bgt_doc_no="1",
                tra_type_code="general", stage="formal")
    city_writes(s, "recall", "L31", audience=to_below(), bgt_id="L30", rec_div_code=OUR_BELOW, amount=1000, reason="x")


def lowers_what_it_never_gave(s):
    """A negative difference to an early transfer that is not there."""
    city_writes(s, "transfer", "L2", audience=to_below(), early_bgt_id="L-NO", ori_bgt_id="LB", rec_div_code=OUR_BELOW,
                amount=-5000, fund_type_code=FUND, stage="formal", cor_bgt_doc_no="1", tra_type_code="general")


def withdraws_the_regions_transfer(s):
    city_writes(s, "withdraw", "L3", bgt_id="T3", rec_div_code=CITY, reason="x")


def withdraws_its_parents_transfer(s):
    county_writes(s, "withdraw", "L4", bgt_id="T2", rec_div_code=COUNTY, reason="x")


def takes_back_what_never_came_in(s):
    """A transfer_in of less, of one that is not there."""
    city_writes(s, "transfer_in", "L5", early_bgt_id="L-NO", ori_div_code="100000", amount=-5000, fund_type_code=FUND,
                stage="formal", tra_type_code="general", cor_bgt_doc_no="1")


# --- answers ---

def answers_a_recall_to_its_sibling(s):
    county_writes(s, "recall_refuse", "L6", recall_id="RC1", ori_div_code=CITY, reason="x", transfer_lsn=1,
                  transfer_hash=bytes(32))


def grants_a_recall_to_its_sibling(s):
    """With the sibling's register, which is no line of its own."""
    county_writes(s, "recall_grant", "L7", recall_id="RC1", ori_div_code=CITY, bgt_id="R2", ori_bgt_id="T2", amount=100,
                  fund_type_code=FUND, transfer_lsn=1, transfer_hash=bytes(32))


def settles_what_nobody_answered(s):
    """The money is with the city again, it says; then the county's true answer comes, that it has taken it."""
    fields = dict(amount=30000, fund_type_code=FUND, cor_bgt_doc_no="1", tra_type_code="general", stage="formal")
    ask = document(s, "transfer", "L8", ori_bgt_id="LB", rec_div_code=OUR_BELOW, **fields)
    lsn = writes(s, s.city, ask, to_below(), [posting("LB", UNALLOC, -30000), posting("L8", TRANSIT, 30000)])
    city_writes(s, "settle", ".s1", [posting("L8", TRANSIT, -30000), posting("LB", UNALLOC, 30000)], audience=to_below(),
                bgt_id="L8", rec_div_code=OUR_BELOW, amount=30000, outcome="returned", answer_id="L9")
    answer = document(s, "register", "L9", bgt_id="L8", ori_div_code=OUR_CITY, sup_bgt_doc_no="1", transfer_lsn=lsn,
                      transfer_hash=hashes.tagged(b"content", ask[2]), **fields)
    writes(s, s.below, answer, None, [posting("L9", SRC_TRANSFER_IN, -30000), posting("L9", UNALLOC, 30000)])


# --- money that goes up, or out ---

def remits_with_an_earmark_it_does_not_have(s):
    """Its city would hold it as money for one purpose."""
    county_writes(s, "remit", "L10", ori_bgt_id="LC", rec_div_code=CITY, amount=1000, cor_bgt_doc_no="1",
                  fund_type_code=FUND, tra_type_code="special")


def remits_what_it_does_not_have(s):
    county_writes(s, "remit", "L11", [posting("LC", UNALLOC, -9000000), posting("L11", TRANSIT, 9000000)], ori_bgt_id="LC",
                  rec_div_code=CITY, amount=9000000, cor_bgt_doc_no="1", fund_type_code=FUND, tra_type_code="general")


def passes_on_without_its_earmark(s):
    """Its county would spend on anything what came for one purpose."""
    city_writes(s, "transfer_in", "L12", [posting("L12", SRC_TRANSFER_IN, -20000), posting("L12", UNALLOC, 20000)],
                ori_div_code="100000", amount=20000, fund_type_code=FUND, stage="formal", tra_type_code="special",
                cor_bgt_doc_no="1")
    city_writes(s, "transfer", "L13", [posting("L12", UNALLOC, -20000), posting("L13", TRANSIT, 20000)], audience=to_below(), ori_bgt_id="L12", rec_div_code=OUR_BELOW, amount=20000,
                fund_type_code=FUND, cor_bgt_doc_no="1", tra_type_code="general", stage="formal")


def transfers_out_to_a_member(s):
    """As if its county had no node: nobody would ever ask that where the money is."""
    city_writes(s, "transfer_out", "L14", [posting("LB", UNALLOC, -7000), posting("L14", XFER_OUT, 7000)], ori_bgt_id="LB",
                rec_div_code=OUR_BELOW, amount=7000, fund_type_code=FUND, cor_bgt_doc_no="1", tra_type_code="general",
                stage="formal")


def takes_in_from_a_member(s):
    """Money that its city never gave it, as if that had no node."""
    county_writes(s, "transfer_in", "L15", [posting("L15", SRC_TRANSFER_IN, -6000), posting("L15", UNALLOC, 6000)],
                  ori_div_code=CITY, amount=6000, fund_type_code=FUND, stage="formal", tra_type_code="general",
                  cor_bgt_doc_no="1")


# --- years ---

def closes_its_parents_year(s):
    county_writes(s, "close_year", "L16", audience=(blocks.TREE, OURS), mof_div_code=CITY)


def closes_without_persons(s):
    city_writes(s, "close_year", "L17", audience=(blocks.TREE, OUR_CITY), year=2023)


def reopens_alone(s):
    """A year that two persons closed."""
    city_agrees(s, "close_year", "L18", 2022)
    written = document(s, "reopen_year", "L19", 2022, reason="x")
    writes(s, s.city, written, (blocks.TREE, OUR_CITY), (), (signed(s, s.maker, MAKER, written),))


def closes_with_money_left(s):
    reply(s, city_writes, "L20", 2024, 1000)
    city_agrees(s, "close_year", "L21", 2024, closing(2024, 1000))


def closing(year, fen):
    line = f".close-{year}-{FUND}"
    return [posting(line, SRC_APPROVED, fen, year), posting(line, CLOSE, -fen, year)]


def carries_into_a_closed_year(s):
    """Of 2020 into 2021, which its two persons closed."""
    city_agrees(s, "close_year", "L22", 2021)
    reply(s, city_writes, "L23", 2020, 1000)
    city_writes(s, "carry_over", "L24", [posting("L23", UNALLOC, -1000, 2020), posting("L23", CARRY_OUT, 1000, 2020),
                                         posting("L24", SRC_CARRY_IN, -1000, 2021), posting("L24", UNALLOC, 1000, 2021)], year=2020,
                bgt_id="L23", amount=1000, take_from="unalloc", fund_type_code=FUND)


# --- policies ---

def policy_of_an_outsider(s):
    """Its second signature is of nobody who works there."""
    written = document(s, "policy", "L25", policy_code="carry_max", policy_value="1", reason="x")
    outsider = nacl.signing.SigningKey.generate()
    writes(s, s.city, written, (blocks.TREE, OUR_CITY), (),
           (signed(s, s.maker, MAKER, written), signed(s, outsider, CHECKER, written)))


def policy_for_its_parent(s):
    """It names its city as whom it is for: the city goes on as before."""
    county_writes(s, "policy", "L26", audience=(blocks.TREE, OURS), policy_code="required.allocate", policy_value="pro_code",
                  scope=CITY, reason="x")
    s.outcome = obeys(s, CITY)


def obeys(s, division):
    """Of an allocation without a project, beyond what there is: it must fail for the money alone."""
    answer = s.tree[division].submit_lines([doc("allocate", f"LX{now_ms()}", ori_bgt_id="B1", agency_code="105001",
                                                amount="90000000.00")])[0]
    return None if answer.get("reason") in ("exceeds_available", "unknown_agency_code") else f"it answers {answer}"
