"""A year of made-up days of an office: who calls, who calls back and when, and what people say of cases."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from random import Random

from handlers.cases.requests import ClaimAsked, ContactReported, DismissAsked, Request
from handlers.facts import Call
from tests.handlers.cases.slow import days
from tests.storage.sample_calls import a_call

FIRST_DAY, DAYS = date(2026, 1, 1), 365
# Two share their last nine digits.
PEOPLE = [f"+7900{n:07}" for n in range(300)] + ["+37491234567", "+79491234567", "12345"]
IGNORED = {"8 (900) 000-00-07": "+79000000007", "+7 900 0000008": "+79000000008"}
"""As the settings spell them, and as they are."""
NAMELESS = (None, "1234")


def a_years_calls(random: Random, zone: tzinfo) -> list[Call]:
    """Some forty calls a day, at any hour, of few enough people that stories cross: many calls of one number live at once."""
    found: list[Call] = []
    for day in days(FIRST_DAY, DAYS):
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        for _ in range(random.randint(25, 55)):
            at = round(midnight + random.triangular(0, 86_399, 12 * 3600), 3)
            found += _calls_of(random, _somebody(random), at, f"{len(found)}")
    return found


def _somebody(random: Random) -> str | None:
    chance = random.random()
    if chance < 0.02:
        return random.choice(NAMELESS)
    return random.choice(PEOPLE) if chance < 0.8 else random.choice(PEOPLE[:10])


def _calls_of(random: Random, number: str | None, at: float, tag: str) -> Iterator[Call]:
    kind = random.random()
    yield _made(random, number, at, f"{tag}.0", "in" if kind < 0.7 else "out")
    if kind < 0.1:  # he tries again at once
        yield _made(random, number, round(at + random.uniform(0, 90), 3), f"{tag}.1", "in")
    elif kind < 0.3:  # and we call back, sooner or later, around the hour too
        later = random.choice([random.uniform(0, 600), random.uniform(3500, 3700), random.uniform(0, 9 * 86_400)])
        yield _made(random, number, round(at + later, 3), f"{tag}.2", "out")


def _made(random: Random, number: str | None, at: float, call_id: str, direction: str) -> Call:
    wait_s = round(random.uniform(0.5, 60), 3)
    talk_s = random.choice([0.0, 3.0, 4.999, 5.0, round(random.uniform(0, 600), 3), None])
    is_answered = random.random() < (0.45 if direction == "in" else 0.6)
    is_lost = is_answered and direction == "in" and random.random() < 0.03
    lasted_s = wait_s + (talk_s or 0.0 if is_answered else 0.0)
    missed_result = random.choice(["abandoned", "no_answer", "busy"] if direction == "in" else ["no_answer", "failed"])
    return a_call(
        id=call_id,
        direction=direction,
        result="answered" if is_answered else missed_result,
        missed=direction == "in" and (is_lost or not is_answered),
        lost_after_transfer=is_lost,
        caller=number if direction == "in" else "101",
        caller_e164=number if direction == "in" else "101",
        called_e164=number if direction == "out" else "+74951112233",
        started_at=at,
        answered_at=round(at + wait_s, 3) if is_answered else None,
        ended_at=round(at + lasted_s, 3),
        state_since=round(at + lasted_s, 3),
        talk_s=talk_s if is_answered else 0.0,
        queues=(),
        queue=None,
        transfers=(),
        merged_into="another" if random.random() < 0.02 else None,
    )


def what_people_say(random: Random, calls: list[Call]) -> list[Request]:
    """Contacts elsewhere, cases ended by hand and claims, of some of the missed calls and of some that are no case at all."""
    found: list[Request] = []
    for call in calls:
        chance = random.random()
        if not call.missed or chance > 0.15:
            continue
        number = call.caller_e164 or "+79001112233"
        at = round(call.state_since + random.choice([random.uniform(0, 600), random.uniform(3000, 12 * 86_400)]), 3)
        request = len(found) + 1
        if chance < 0.06:
            spoke_at = round(at - random.choice([0.0, random.uniform(0, 1200), random.uniform(0, 86_400)]), 3)
            found.append(ContactReported(at, request, number.replace("+7", "8", 1), spoke_at, "Anna"))
        elif chance < 0.1:
            found.append(DismissAsked(at, request, call.id, "Oleg", "spam"))
        else:
            found.append(ClaimAsked(at, request, call.id, "Anna", at + random.uniform(60, 7200)))
    return found
