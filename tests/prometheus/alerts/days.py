"""Of the alerts that judge by a site's own pace: a day like all others, and one on which something is other. In steps of five minutes."""

from collections.abc import Callable, Mapping

from tests.prometheus.alerts.story import Story, Values

STEP_MIN = 5
DAY, NOON = 24 * 60, 12 * 60
MIDNIGHT = DAY - NOON
"""Between the days; the first is told from noon on."""
SAMPLES = (MIDNIGHT + DAY) // STEP_MIN
OPENS, CLOSES = 9 * 60, 17 * 60
TOWN = 'ringtally_calls_total{direction="in", trunk="town", result="answered"}'
CITY = 'ringtally_calls_total{direction="in", trunk="city", result="abandoned"}'
NEW = 'ringtally_ami_events_total{event="Newchannel"}'
HOURS = "ringtally_site_open"
CONNECTED = "ringtally_ami_connected"
TRULY_MISSED = 'ringtally_truly_missed_cases_total{trunk="town"}'
# What the week before came to, in calls a second of working time; a test of its own holds the rules to it.
PACE_TOWN = 'trunk:ringtally_calls_in:rate_working7d{trunk="town"}'
PACE_CITY = 'trunk:ringtally_calls_in:rate_working7d{trunk="city"}'
PACE_TRULY_MISSED = "instance:ringtally_truly_missed_cases:rate_working7d"
Hours = Callable[[int], bool]


def office(minute: int) -> bool:
    """Is it open, every day from nine to five?"""
    return OPENS <= (minute + NOON) % DAY < CLOSES


def open_later(minute: int) -> bool:
    """The clocks went back at the second day's night."""
    return office(minute - 60 if minute >= MIDNIGHT else minute)


def open_earlier(minute: int) -> bool:
    """They went forward."""
    return office(minute + 60 if minute >= MIDNIGHT else minute)


def but_for(since: int, until: int = 99 * DAY, hours: Hours = office) -> Hours:
    """These hours, but for a time."""
    return lambda minute: hours(minute) and not since <= minute < until


def counted(per_hour: float, comes: Hours, samples: int = SAMPLES, anew_at: int | None = None) -> list[float]:
    """A counter that grows by so many in an hour while somebody `comes`; from 0 again at `anew_at`."""
    total, told = 0.0, []
    for minute in range(0, samples * STEP_MIN, STEP_MIN):
        total += per_hour * STEP_MIN / 60 if comes(minute) else 0
        if minute == anew_at:
            total = 0.0
        told.append(float(int(total + 1e-9)))
    return told


def at(hour: int, minute: int = 0) -> int:
    """A moment of the second day."""
    return MIDNIGHT + hour * 60 + minute


def two_days(
    town: Hours, city: Hours, hours: Hours | None = office, per_hour: float = 10, anew_at: int | None = None
) -> Mapping[str, Values | None]:
    """Two lines, the second with six tenths of the calls of the first."""
    by_town = counted(per_hour, town, anew_at=anew_at)
    by_city = counted(0.6 * per_hour, city, anew_at=anew_at)
    return {
        TOWN: by_town,
        CITY: by_city,
        NEW: [3 * (a + b) for a, b in zip(by_town, by_city, strict=True)],
        HOURS: None if hours is None else [float(hours(n * STEP_MIN)) for n in range(SAMPLES)],
        PACE_TOWN: [per_hour / 3600] * SAMPLES,
        PACE_CITY: [0.6 * per_hour / 3600] * SAMPLES,
    }


WITH_BREAKS = but_for(at(15), hours=but_for(at(12), at(14)))
UNTIL_FOUR = [float(n * STEP_MIN < at(16)) for n in range(SAMPLES)]
EACH_HOUR = dict.fromkeys((*range(0, at(9), 60), *range(at(9), at(18), 30)), ())
USUAL, MORE = (
    counted(2, but_for(at(12), at(13))),
    [min(max(0, (n * STEP_MIN - at(12)) // 10), 6) for n in range(SAMPLES)],
)

DAYS = (
    Story(
        "a PBX that tells of nothing is told of when twenty calls should have come, its lines when they should have; until one comes",
        two_days(but_for(MIDNIGHT, at(14)), but_for(MIDNIGHT, at(14))),
        {
            **{minute: () for minute in (60, at(3), at(9, 30), at(10, 10))},
            at(10, 15): ("RingtallyNoEvents",),
            at(10, 55): ("RingtallyNoEvents",),
            at(11): ("RingtallyNoEvents", "RingtallyTrunkSilent"),
            at(13, 55): ("RingtallyNoEvents", "RingtallyTrunkSilent", "RingtallyTrunkSilent"),
            **{minute: () for minute in (at(14, 30), at(18))},
        },
        STEP_MIN,
    ),
    Story(
        "one line is silent beside another that is not",
        two_days(office, but_for(MIDNIGHT, at(15))),
        {at(9, 30): (), at(12, 15): (), at(12, 20): ("RingtallyTrunkSilent",), at(15, 30): (), at(18): ()},
        STEP_MIN,
    ),
    Story(
        "a line with four calls an hour is silent at the day's end",
        two_days(office, but_for(MIDNIGHT), per_hour=7),
        {at(12): (), at(13, 45): (), at(13, 50): ("RingtallyTrunkSilent",), at(18): ()},
        STEP_MIN,
    ),
    Story(
        "with twenty-five calls an hour an hour without is told of, with none of its lines; a link that is down has an alert of its own",
        {
            **two_days(WITH_BREAKS, WITH_BREAKS, per_hour=16),
            CONNECTED: UNTIL_FOUR,
        },
        {
            at(11): (),
            at(12, 55): (),
            at(13): ("RingtallyNoEvents",),
            at(13, 55): ("RingtallyNoEvents",),
            at(14): (),
            **{at(16) + minute: ("RingtallyAmiDown",) for minute in range(5, 60, 5)},
        },
        STEP_MIN,
    ),
    Story(
        "a line with twenty-eight calls an hour is silent for an hour beside another that is not; but not while the link is down",
        {**two_days(WITH_BREAKS, office, per_hour=28), CONNECTED: UNTIL_FOUR},
        {
            at(11): (),
            at(12, 55): (),
            at(13): ("RingtallyTrunkSilent",),
            at(13, 55): ("RingtallyTrunkSilent",),
            at(14): (),
            **{at(16) + minute: ("RingtallyAmiDown",) for minute in range(5, 60, 5)},
        },
        STEP_MIN,
    ),
    Story(
        "with six calls an hour four hours without are told of, and of no line that has fewer than five",
        two_days(but_for(at(10)), but_for(at(10)), per_hour=4),
        {
            at(13): (),
            at(13, 55): (),
            at(14): ("RingtallyNoEvents",),
            at(16, 55): ("RingtallyNoEvents",),
            at(18): (),
        },
        STEP_MIN,
    ),
    Story(
        "a line with seven calls an hour is silent for four hours, one with four since half past nine for too few calls",
        two_days(but_for(at(10)), but_for(at(9, 30)), per_hour=7),
        {
            at(13, 55): (),
            at(14): ("RingtallyNoEvents", "RingtallyTrunkSilent"),
            at(16, 55): ("RingtallyNoEvents", "RingtallyTrunkSilent"),
            at(18): (),
        },
        STEP_MIN,
    ),
    Story(
        "with four calls an hour a day without is told of in the afternoon",
        two_days(but_for(MIDNIGHT), but_for(MIDNIGHT), per_hour=2.4),
        {
            at(12): (),
            at(14, 10): (),
            at(14, 15): ("RingtallyNoEvents",),
            at(16, 55): ("RingtallyNoEvents",),
            at(18): (),
        },
        STEP_MIN,
    ),
    Story(
        "with so few an hour, some in the morning are enough",
        two_days(but_for(at(10)), but_for(at(10)), per_hour=2.4),
        EACH_HOUR,
        STEP_MIN,
    ),
    Story(
        "an office with three calls a day may have none",
        two_days(but_for(MIDNIGHT), but_for(MIDNIGHT), per_hour=0.25),
        EACH_HOUR,
        STEP_MIN,
    ),
    Story(
        "nights are silent, and so are holidays",
        two_days(but_for(MIDNIGHT), but_for(MIDNIGHT), but_for(MIDNIGHT)),
        EACH_HOUR,
        STEP_MIN,
    ),
    Story(
        "where nobody knows when it is open, silence means nothing",
        two_days(but_for(MIDNIGHT), but_for(MIDNIGHT), None),
        EACH_HOUR,
        STEP_MIN,
    ),
    Story("the clocks go back", two_days(open_later, open_later, open_later), EACH_HOUR, STEP_MIN),
    Story("the clocks go forward", two_days(open_earlier, open_earlier, open_earlier), EACH_HOUR, STEP_MIN),
    Story("the daemon starts anew, and counts from 0", two_days(office, office, anew_at=at(12)), EACH_HOUR, STEP_MIN),
    Story(
        "the daemon was away all morning: what it did not hear it does not miss",
        two_days(but_for(at(9), at(13)), but_for(at(9), at(13))),
        {at(8): (), at(10): ("RingtallyDown",), at(12): ("RingtallyDown",), at(13, 30): (), at(16): ()},
        STEP_MIN,
        gone=(range(at(9), at(13)),),
    ),
    Story(
        "where nobody knows what is usual, nothing is judged by it",
        {**two_days(but_for(MIDNIGHT), but_for(MIDNIGHT)), PACE_TOWN: None, PACE_CITY: None},
        EACH_HOUR,
        STEP_MIN,
    ),
    Story(
        "where two an hour become truly missed three are usual, and six are not",
        {
            **two_days(office, office),
            TRULY_MISSED: [a + b for a, b in zip(USUAL, MORE, strict=True)],
            PACE_TRULY_MISSED: [2 / 3600] * SAMPLES,
        },
        {at(10): (), at(12, 30): (), at(13): ("RingtallyTrulyMissedRising",), at(16): (), at(18): ()},
        STEP_MIN,
    ),
)
