"""When time alone has something to say of a case: deadline, claim, leaving the list, being forgotten. In epoch seconds."""

import math

from handlers.case_facts import Case
from handlers.cases.call_back_list import Waiting
from handlers.cases.rule import FollowUpRule


def next_moment(each: Waiting, rule: FollowUpRule) -> float:
    """When the next of them comes; infinite: none, before something else happens."""
    case = each.case
    if each.is_held:
        moment = math.inf  # what comes next is the end of a talk
    elif case.state == "open" and case.due_at is not None:
        moment = case.due_at
    else:
        moment = leaves_at(case, rule) if each.is_listed else forgotten_at(case, rule)
    return moment if case.claimed_until is None else min(moment, case.claimed_until)


def is_over(case: Case, at: float) -> bool:
    """Has it a deadline without a verdict that is over by then?"""
    return case.state == "open" and case.due_at is not None and case.due_at <= at


def claim_is_over(each: Waiting, at: float) -> bool:
    """Has who claimed it had his time by then? Where the deadline comes first, that is told first."""
    until = each.case.claimed_until
    due_at = each.case.due_at if each.case.state == "open" else None
    return until is not None and until <= at and (due_at is None or until <= due_at or each.is_held)


def leaves_at(case: Case, rule: FollowUpRule) -> float:
    """When it leaves the list: so long after its last miss, but never before its deadline."""
    at = case.last_missed_at + rule.list_for_s
    return at if case.due_at is None else max(at, case.due_at)


def forgotten_at(case: Case, rule: FollowUpRule) -> float:
    """When not even a contact would be noted any more."""
    return max(case.last_missed_at + rule.known_for_s, leaves_at(case, rule))
