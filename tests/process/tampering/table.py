"""table - who may do what, as rows: data alone, so that it is read without a node (tests/unit/node/threats.py).

    name      of the act, in the module of that name
    who       holds which key
    does      what he does with it
    seen      by whom it is told, as (division, alarm, words of its text); the words are what a person reads
    reason    of the reject that he gets, by number of proto/status.h; None: none is asked for
    says      what he is told himself, in words
    within    seconds, at the most

Where nobody is told anything, the act is harmless: nothing of it counts anywhere, and it changes no figure. That no figure
changes at any real node holds for every row.
"""
from collections import namedtuple

REGION, CITY, COUNTY = "540000", "540100", "540121"
CORRUPT, REFUSED, FORK, BAD_SIGNATURE = 2, 5, 8, 9
SECONDS = 15

Row = namedtuple("Row", "module name who does seen reason says within")


def row(module, name, who, does, seen=(), reason=None, says=None, within=SECONDS):
    return Row(module, name, who, does, tuple(seen), reason, says, within)


def city(words, code="bad_block"):
    """Told at the city."""
    return ((CITY, code, words),)


def region(words, code="bad_grant"):
    return ((REGION, code, words),)


def county(words, code="bad_block"):
    return ((COUNTY, code, words),)


def both(words, code):
    """At the city, and at the region above it."""
    return city(words, code) + region(words, code)


NOBODYS, COUNTYS, CITYS, BETWEEN = "none", "a county's", "a city's", "a city's, toward its county"
UNSIGNED = "The block is not signed by"
ROWS = [
    # --- no key, or none that is enough ---
    row("strangers", "no_key", NOBODYS, "dials the link", says=None),
    row("strangers", "identity_key_alone", "a county's identity key", "dials the link with another channel key"),
    row("strangers", "a_persons_key", "an admin's", "dials the link"),
    row("strangers", "spent_token", "a token that was used", "joins with it", says="token_used"),
    row("strangers", "guessed_secret", "none, knows the address", "joins with a secret of his own", says="token_unknown"),
    row("strangers", "token_for_another_code", "another's token", "changes the code in it", says="token_of_another"),
    row("strangers", "unproved_key", "a token", "joins under a signing key that is not his", says="enrol_bad_proof"),
    row("strangers", "false_parent", "a token changed on its way", "another trust key stands in it", says="link_key_uncertified"),

    # --- a county toward its city ---
    row("child", "altered_body", "none, on the way", "alters a block",
        city("The body differs from the one that its author signed"),
        CORRUPT),
    row("child", "altered_header", "none, on the way", "back-dates a block", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "replaced_signature", "none, on the way", "replaces its signature", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "signed_by_nobody", "a key he made", "signs a block with it", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "signed_by_its_sibling", "the sibling's", "signs a block with it", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "signed_by_its_parent", "the city's", "signs its county's block", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "signed_by_the_trust_key", "the trust key", "signs a county's block", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "of_another_tree", COUNTYS, "brings what it signed for another tree", city(UNSIGNED), BAD_SIGNATURE),
    row("child", "as_its_sibling", COUNTYS, "writes in its sibling's name", city("540121 is not below 540122"), REFUSED),
    row("child", "as_its_parent", COUNTYS, "writes in the city's name", city("540100 is not below 540122"), REFUSED),
    row("child", "as_the_region", COUNTYS, "writes in the region's name", city("540000 is not below 540122"), REFUSED),
    row("child", "under_an_epoch_of_its_own", COUNTYS, "writes under an epoch that nobody granted"),
    row("child", "downgraded_suite", COUNTYS, "names a weaker suite", city("version 1, suite 0, which this version does not know",
                                                                         "bad_frame")),
    row("child", "unknown_suite", COUNTYS, "names a suite of its own",
        city("version 1, suite 2, which this version does not know",
                                                                           "bad_frame")),
    row("child", "dropped", COUNTYS, "keeps a block back, and sends the next"),
    row("child", "reordered", COUNTYS, "sends two blocks the wrong way round"),
    row("child", "repeated", COUNTYS, "sends a block four times"),
    row("child", "other_before", COUNTYS, "follows a block that was never there", city("signed two different blocks", "fork"),
        FORK),
    row("child", "audience_skipped", COUNTYS, "leaves a number out of those for its city",
        city("does not continue the chain of what its author writes for 540122"), CORRUPT),
    row("child", "audience_forged", COUNTYS, "names another block before it for its city",
        city("does not continue the chain of what its author writes for 540122"), CORRUPT),
    row("child", "garbage", COUNTYS, "sends what is no frame", city("has a field that cannot be used", "bad_frame")),
    row("child", "other_state", COUNTYS, "signs another state of its ledger", both("differs from its author's", "state_differs")),
    row("child", "transfer_from_below", COUNTYS, "issues a transfer to its city", both("books nothing", "bad_entry")),
    row("child", "answers_for_its_sibling", COUNTYS, "registers a transfer to its sibling", both("", "edge_differs")),
    row("child", "answers_what_was_never_issued", COUNTYS, "registers what was never issued", both("", "edge_differs")),
    row("child", "settles_for_its_parent", COUNTYS, "settles a transfer that is the region's",
        both("books nothing", "bad_entry")),
    row("child", "pays_without_a_line", COUNTYS, "pays from the sibling's line", both("books nothing", "bad_entry")),
    row("child", "entry_of_another_form", COUNTYS, "writes an entry that is none", both("the entry cannot be read", "bad_entry")),
    row("child", "grants_without_reach", COUNTYS, "grants a code", both("540122 may not grant 540123", "bad_grant")),
    row("child", "grants_its_sibling", COUNTYS, "grants its sibling's code", both("540122 may not grant 540121", "bad_grant")),
    row("child", "grants_itself", COUNTYS, "grants itself a second epoch", both("540122 may not grant 540122", "bad_grant")),
    row("child", "grants_itself_by_its_own_consent", COUNTYS, "grants itself one to which it agrees",
        both("540122 may not grant 540122", "bad_grant")),
    row("child", "revokes_its_sibling", COUNTYS, "revokes its sibling",
        both("540122 is not above 540121 and cannot", "bad_grant")),
    row("child", "revokes_its_parent", COUNTYS, "revokes its city", both("540122 is not above 540100 and cannot", "bad_grant")),
    row("child", "revokes_the_region", COUNTYS, "revokes the region", both("540122 is not above 540000 and cannot", "bad_grant")),
    row("child", "revokes_itself", COUNTYS, "revokes itself", both("540122 is not above 540122 and cannot", "bad_grant")),
    row("child", "claims_more_of_its_parent", COUNTYS, "says that the city's log is longer than it is",
        city("says that it holds the log of 540100", "false_claim"), within=25),
    row("child", "claims_another_end_of_its_parent", COUNTYS, "says that the city's log has two ends: a false fork claim",
        city("says that another block of the log of 540100 ends or begins", "false_claim")),
    row("child", "beat_of_its_sibling", COUNTYS, "says that its sibling is damaged"),
    row("child", "cosigns_as_its_parent", COUNTYS, "cosigns in the city's name"),

    # --- a city toward its region ---
    row("city", "squats_on_a_code", CITYS, "grants the county of another city", region("540200 may not grant 540121")),
    row("city", "squats_on_a_free_code", CITYS, "grants a free code outside its list", region("540200 may not grant 540301")),
    row("city", "grants_a_wider_list", CITYS, "lets its county grant what it may not itself",
        region("540200 may not let 540223 grant 5403*")),
    row("city", "second_epoch", CITYS, "gives its county an epoch with a key of its own",
        region("Epoch 2 of 540231 waits for", "epoch_unconfirmed")),
    row("city", "writes_under_it", CITYS, "writes under that epoch in its county's name"),
    row("city", "second_epoch_by_its_own_consent", CITYS, "agrees to such an epoch itself",
        region("epoch 2: The key of the epoch before did not sign the consent")),
    row("city", "second_epoch_by_the_new_keys_consent", CITYS, "lets the new key agree to itself",
        region("epoch 2: The key of the epoch before did not sign the consent")),
    row("city", "first_epoch_again", CITYS, "grants the first epoch once more, to another key",
        region("epoch 1: Another grant of the same epoch is held here")),
    row("city", "epoch_left_out", CITYS, "leaves an epoch out", region("epoch 3: The epoch before it is not known")),
    row("city", "epoch_that_cuts", "a city's and its county's", "cuts off what the county wrote",
        region("Epoch 2 of 540235 waits for", "epoch_unconfirmed")),
    row("city", "epoch_with_other_admins", "a city's and its county's", "gives its county other admins",
        region("Epoch 2 of 540236 waits for", "epoch_unconfirmed")),
    row("city", "laxer_policy", CITYS, "asks its county for fewer approvals", region("Its approval policy is laxer")),
    row("city", "link_key_of_another", CITYS, "grants a county the region's channel key",
        region("Its identity key did not certify its link key")),
    row("city", "grant_of_another_tree", CITYS, "grants for another tree", region("It belongs to another tree")),
    row("city", "grant_by_the_trust_key", "the trust key", "grants a county", region("The signer may not grant 540227")),
    row("city", "grant_by_its_county", "a county's", "grants its own sibling", region("The signer may not grant 540228")),
    row("city", "grant_of_an_epoch_it_never_had", CITYS, "signs under another epoch of its own",
        region("names another epoch of its granter")),
    row("city", "grants_for_another_parent", CITYS, "grants a county in another city's name",
        region("540200 may not grant 540122")),
    row("city", "forges_a_report", CITYS, "signs its county's report", region("The block is not signed by 540221", "bad_block"),
        BAD_SIGNATURE),
    row("city", "alters_a_report", CITYS, "alters its county's report", region("The body differs", "bad_block"), CORRUPT),
    row("city", "signs_a_report_anew", CITYS, "replaces its signature", region("The block is not signed by 540221", "bad_block"),
        BAD_SIGNATURE),
    row("city", "keeps_a_report_back", CITYS, "passes the next one on, and not the one before"),
    row("city", "replays_a_report", CITYS, "passes one on twice"),
    row("city", "report_of_another_branch", CITYS, "brings a true block of another city's county",
        region("540121 is not below 540200", "bad_block"), REFUSED),
    row("city", "writes_as_the_region", CITYS, "sends a regional allotment up", region("540000 is not below 540200", "bad_block"),
        REFUSED),
    row("city", "cosigns_as_the_region", CITYS, "cosigns in the region's name"),
    row("city", "cosigns_as_its_county", CITYS, "cosigns in its county's name",
        region("the cosignature of 540221 is not valid", "bad_cosignature")),
    row("city", "health_of_its_county", CITYS, "says that its county is damaged"),
    row("city", "head_of_its_county", CITYS, "says that its county's log is longer than it is"),

    # --- persons ---
    row("persons", "makes_up_a_person", CITYS, "enters a person whom no admin signed",
        region("mallory at lsn", "person_unvouched")),
    row("persons", "made_up_person_approves", CITYS, "lets that person approve",
        region("belongs to no operator of this division with that role", "approval_invalid")),
    row("persons", "one_admin_makes_another", "one admin's", "makes another admin, where there are two",
        region("Only one admin signed, and there are two", "person_unvouched")),
    row("persons", "one_admin_signs_twice", "one admin's", "signs as both", region("trudy at lsn", "person_unvouched")),
    row("persons", "maker_makes_a_person", "a maker's and a checker's", "make a person",
        region("Whoever signed is no admin", "person_unvouched")),
    row("persons", "nobody_approves", CITYS, "enters what asks for two persons",
        region("The maker's signature, which the grant requires, is missing", "approval_missing")),
    row("persons", "maker_alone", "a maker's", "enters it without a checker",
        region("The checker's signature, which the grant requires, is missing", "approval_missing")),
    row("persons", "maker_approves_himself", "a maker's", "signs as both",
        region("One person signed as maker and as checker", "approval_missing")),
    row("persons", "admin_approves", "an admin's", "approves", region("with that role", "approval_invalid")),
    row("persons", "approval_of_another_document", CITYS, "puts an approval under another document",
        region("The checker's signature is not of this document", "approval_invalid")),
    row("persons", "approval_of_another_epoch", CITYS, "brings an approval of another epoch",
        region("The checker's signature is not of this document", "approval_invalid")),
    row("persons", "old_approval_again", CITYS, "says an old approval again",
        region("The checker signed more than a day before the block", "approval_stale")),

    # --- who is who ---
    row("trust", "revokes_another_citys_county", CITYS, "revokes the county of another city",
        region("540200 is not above 540121 and cannot revoke it")),
    row("trust", "revokes_its_sibling_city", CITYS, "revokes the other city",
        region("540200 is not above 540100 and cannot revoke it")),
    row("trust", "revokes_its_own_parent", CITYS, "revokes the region",
        region("540200 is not above 540000 and cannot revoke it")),
    row("trust", "revokes_out_of_hearing", CITYS, "revokes its county where that does not hear it",
        region("The revocation of 540241 is not addressed to all who hold its log")),
    row("trust", "revokes_beyond_what_is", CITYS, "ends a county's keys behind all that it wrote"),
    row("trust", "writes_behind_its_end", "a revoked county's", "writes on"),
    row("trust", "goes_on_elsewhere", CITYS, "lets a revoked code begin at nothing", region("Epoch 2 of 540244 never counts")),
    row("trust", "grants_a_revoked_code_anew", CITYS, "grants a revoked code as if it were free",
        region("540245, epoch 1: Another grant of the same epoch is held here")),
    row("trust", "replays_a_revocation", CITYS, "says a revocation again, behind the next epoch",
        region("Epoch 2 of 540246 waits for", "epoch_unconfirmed")),
    row("trust", "consent_for_another_grant", CITYS, "puts its county's consent under other keys",
        region("540261, epoch 2: The key of the epoch before did not sign the consent")),
    row("trust", "rotation_under_another_parent", "a city's and its county's", "gives its county to another city",
        region("540200 may not grant 540262")),
    row("trust", "rotation_of_what_waits", CITYS, "lets keys that wait agree to the next",
        region("Epoch 2 of 540263 waits for", "epoch_unconfirmed")),
    row("trust", "confirms_its_own_grant", "a city's and two persons'", "confirms what it granted itself",
        region("It is not 540200 who confirms new keys of 540264")),
    row("trust", "granter_confirms_below", "a county's", "confirms what it granted itself",
        region("It is not 540251 who confirms new keys of 540251101")),
    row("trust", "sibling_confirms", "another county's", "confirms a township's new keys",
        region("It is not 540221 who confirms new keys of 540251101")),
    row("trust", "confirms_another_hash", "a city's and two persons'", "confirms other keys than were granted"),
    row("trust", "confirms_without_persons", CITYS, "confirms where two persons are asked for",
        region("The maker's signature, which the grant requires, is missing", "approval_missing")),
    row("trust", "one_person_confirms", "a maker's", "confirms alone",
        region("The checker's signature, which the grant requires, is missing", "approval_missing")),
    row("trust", "one_person_confirms_twice", "a maker's", "confirms as both",
        region("One person signed as maker and as checker", "approval_missing")),
    row("trust", "admins_confirm", "two admins'", "confirm", region("with that role", "approval_invalid")),
    row("trust", "replays_a_confirmation", "a city's and two persons'", "says a confirmation again for the next epoch",
        region("the entry repeats the id of an earlier one", "bad_entry")),
    row("trust", "says_where_its_county_listens", CITYS, "says where its county listens",
        region("540200 speaks to the tree of 540221", "bad_endpoint")),
    row("trust", "listens_nowhere", CITYS, "names an address that nobody can dial",
        region("of no form that can be dialled", "bad_endpoint")),

    # --- years, and money between levels ---
    row("levels", "recalls_what_it_never_gave", CITYS, "recalls a transfer that is not there",
        region("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "recalls_more_than_it_gave", CITYS, "recalls what its county has not registered yet",
        region("asks more of a transfer back than its receiver has of it", "bad_entry")),
    row("levels", "lowers_what_it_never_gave", CITYS, "lowers an early transfer that is not there",
        region("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "withdraws_the_regions_transfer", CITYS, "withdraws a transfer of the region's",
        region("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "withdraws_its_parents_transfer", COUNTYS, "withdraws a transfer of its city's",
        both("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "takes_back_what_never_came_in", CITYS, "lowers a transfer_in that is not there",
        region("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "answers_a_recall_to_its_sibling", COUNTYS, "refuses a recall that went to its sibling",
        both("a division that is not the receiver answered", "edge_differs")),
    row("levels", "grants_a_recall_to_its_sibling", COUNTYS, "grants it, out of its sibling's line",
        both("books nothing: the indicator or payment named does not exist", "bad_entry")),
    row("levels", "settles_what_nobody_answered", CITYS, "settles a transfer as returned that its county registers",
        region("the settlement's outcome is not the answer's", "edge_differs")),
    row("levels", "remits_with_an_earmark_it_does_not_have", COUNTYS, "sends money up as if it were for one purpose",
        both("books nothing: the money is for another purpose", "bad_entry")),
    row("levels", "remits_what_it_does_not_have", COUNTYS, "sends more up than there is", both("below zero", "below_zero")),
    row("levels", "passes_on_without_its_earmark", CITYS, "passes money for one purpose on as money for any",
        region("passes on as money for any purpose what is for one", "bad_entry")),
    row("levels", "transfers_out_to_a_member", CITYS, "transfers out to a county that has a node",
        region("names 540221, which has a node", "bad_entry")),
    row("levels", "takes_in_from_a_member", COUNTYS, "takes in from its city, as if that had no node",
        both("names 540100, which has a node", "upper_has_node")),
    row("levels", "closes_its_parents_year", COUNTYS, "closes a year in its city's name",
        both("books nothing: the document says that it is of another division", "bad_entry")),
    row("levels", "closes_without_persons", CITYS, "closes a year, which takes two persons",
        region("The maker's signature, which the grant requires, is missing", "approval_missing")),
    row("levels", "reopens_alone", "a maker's", "opens a closed year again",
        region("The checker's signature, which the grant requires, is missing", "approval_missing")),
    row("levels", "closes_with_money_left", "a city's and two persons'", "closes a year with money in it",
        region("closes 2024 with money that is neither spent", "bad_entry")),
    row("levels", "carries_into_a_closed_year", CITYS, "carries money into a year that is closed",
        region("moves money of 2021, which was closed before", "bad_entry")),
    row("levels", "policy_of_an_outsider", CITYS, "says a policy that somebody else signed",
        region("belongs to no operator of this division with that role", "approval_invalid")),
    row("levels", "policy_for_its_parent", COUNTYS, "says a policy for its city"),

    # --- a city between its county and the region ---
    row("middle", "forges_an_allotment", BETWEEN, "makes up a regional allotment", county(UNSIGNED + " 540000"), BAD_SIGNATURE),
    row("middle", "alters_an_allotment", BETWEEN, "alters one", county("The body differs"), CORRUPT),
    row("middle", "back_dates_an_allotment", BETWEEN, "back-dates one", county(UNSIGNED + " 540000"), BAD_SIGNATURE),
    row("middle", "signs_an_allotment_anew", BETWEEN, "replaces its signature", county(UNSIGNED + " 540000"), BAD_SIGNATURE),
    row("middle", "forges_a_revocation", BETWEEN, "revokes the county in the region's name", county(UNSIGNED + " 540000"),
        BAD_SIGNATURE),
    row("middle", "says_where_the_region_listens", BETWEEN, "says that the region listens elsewhere",
        county(UNSIGNED + " 540000"), BAD_SIGNATURE),
    row("middle", "keeps_an_allotment_back", BETWEEN, "passes the next one down, and not the one before"),
    row("middle", "turns_allotments_round", BETWEEN, "passes two down the wrong way round"),
    row("middle", "replays_allotments", BETWEEN, "passes all down once more"),
    row("middle", "offers_other_keys", BETWEEN, "offers its county an epoch with other keys",
        county("does not agree: It would change more of 540121", "bad_grant")),
    row("middle", "offers_other_founders", BETWEEN, "offers its county an epoch with another admin",
        county("does not agree: It would change more of 540121", "bad_grant")),
    row("middle", "claims_a_longer_log_of_it", BETWEEN, "says that its county wrote more than it did: a false fork claim",
        county("540100 says that it holds the log of 540121", "false_claim")),
    row("middle", "rejects_all", BETWEEN, "rejects what its county wrote", county("the neighbour rejects block", "rejected")),
    row("middle", "cosigns_as_the_region_below", BETWEEN, "cosigns in the region's name",
        county("the cosignature of 540000 is not valid", "bad_cosignature")),
    row("middle", "answers_as_the_root", BETWEEN, "says that the region holds all"),
    row("middle", "withholds_allotments", BETWEEN, "passes nothing down but the region's own word of its head",
        county("the root wrote block 1 for tree 540000; it has not arrived", "withheld")),

    # --- whoever stole a county's keys ---
    row("forks", "channel_key_alone", "a county's channel key", "signs blocks with a key of his own",
        city(UNSIGNED + " 540121"), BAD_SIGNATURE),
    row("forks", "second_end_of_a_log", "both of a county's", "writes another block where one is held",
        city("signed two different blocks", "fork"), FORK),
    row("forks", "suite_of_nobody", CITYS, "grants in a suite that nobody knows",
        region("unknown to this version: it and what follows wait", "needs_upgrade")),

    # --- whoever stole a city's keys ---
    row("usurper", "replays_an_old_grant", BETWEEN, "says its county's first grant again"),
    row("usurper", "recalls_what_its_county_never_got", BETWEEN, "recalls a transfer that it never issued",
        county("asks for money of a transfer that it never issued to that division", "bad_entry")),
    row("usurper", "lowers_what_its_county_never_got", BETWEEN, "lowers an early transfer that it never issued",
        county("asks for money of a transfer that it never issued to that division", "bad_entry")),
    row("usurper", "withdraws_the_regions_transfer_below", BETWEEN, "withdraws a transfer of the region's to its county",
        county("asks for money of a transfer that it never issued to that division", "bad_entry")),
    row("usurper", "withdraws_what_its_county_registered", BETWEEN, "withdraws a transfer that its county has registered"),
    row("usurper", "settles_what_its_county_never_answered", BETWEEN, "settles a transfer that its county has not answered",
        county("the issuer settled it, and this division has answered nothing", "edge_differs")),
    row("usurper", "the_city_comes_back", BETWEEN, "leaves, and the city finds a log that it did not write",
        says="own_log_"),
    row("usurper", "second_epoch_of_its_child", BETWEEN, "grants its county a second time, for a key of its own",
        county("nobody above has this node's objection yet", "usurped"), says="names keys to which its own did not agree"),
]
