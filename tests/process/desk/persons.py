"""persons - steps of the county's desk: a person stands behind every document."""
from .common import answer, document, need, says, submit

MAKER = "卓玛"


def status_says_whose_names_documents_carry(county):
    status = answer(county, 0, "status")
    need((status["approval"], status["documents_carry_person"]) == ("required", True), f"{status}")
    city = county.parent
    status = answer(city, 0, "status")
    need((status["approval"], status["documents_carry_person"]) == ("none", False), f"{status}")
    says(city, 0, ["approval none", "documents here carry no person"], "status")
    says(city, 0, ["没有具名经办人"], "status", language="zh")


def a_kind_without_checkers_carries_its_maker(county):
    """The city asks nobody for a second name; once it has makers, nothing comes without theirs."""
    city = county.parent
    agency = document("agency", "C1", agency_code="201001", agency_name="拉萨市财政局")
    says(city, 0, [], "user", "add", MAKER, "--role", "maker", password_of=MAKER)
    refused = submit(city, [agency])["C1"]
    need((refused["status"], refused["reason"]) == ("refused", "needs_maker"), f"{refused}")
    need(submit(city, [agency], MAKER)["C1"]["status"] == "accepted", "his own is refused")
    approvals = answer(city, 0, "get", "C1")["approvals"]
    need([(a["role"], a["name"]) for a in approvals] == [("maker", MAKER)], f"{approvals}")
    need(answer(city, 0, "status")["documents_carry_person"] is True, "status")
    answer(city, 0, "verify", "--deep")


STEPS = [status_says_whose_names_documents_carry, a_kind_without_checkers_carries_its_maker]
