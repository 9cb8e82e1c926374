"""Of each alert within minutes and hours: it fires, does not in the ordinary case beside it, and ends."""

from tests.prometheus.alerts.story import Story, by_five, runs

HOURS = "ringtally_site_open"
CONNECTED = "ringtally_ami_connected"
WAITING = 'ringtally_queue_callers_waiting{queue="support"}'
LONGEST = 'ringtally_queue_longest_wait_seconds{queue="support"}'
AVAILABLE = 'ringtally_queue_members{queue="support", state="available"}'
TALKING = 'ringtally_queue_members{queue="support", state="talking"}'
UNAVAILABLE = 'ringtally_queue_members{queue="support", state="unavailable"}'
PAUSED = 'ringtally_queue_members{queue="support", state="paused"}'
OFFERED = 'ringtally_queue_offered_total{queue="support"}'
IN_TIME = 'ringtally_queue_answered_within_threshold_total{queue="support"}'
FAILED = 'ringtally_calls_total{direction="out", trunk="town", result="failed"}'
WENT_OUT = 'ringtally_calls_total{direction="out", trunk="town", result="answered"}'
CAME_IN = 'ringtally_calls_total{direction="in", trunk="town", result="answered"}'
CAME_IN_VAIN = 'ringtally_calls_total{direction="in", trunk="town", result="unavailable"}'
TRULY_MISSED = 'ringtally_truly_missed_cases_total{trunk="town"}'
TRULY_MISSED_BY_CITY = 'ringtally_truly_missed_cases_total{trunk="city"}'
DROPPED, REFUSED = "ringtally_store_dropped_calls_total", "ringtally_store_refused_calls_total"
AGE = "ringtally_missed_oldest_case_working_age_seconds"
FREE = "ringtally_store_free_bytes"
TOO_OLD = 'ringtally_mqtt_dropped_messages_total{reason="age"}'
TOO_MANY = 'ringtally_mqtt_dropped_messages_total{reason="size"}'
TOO_SLOW = 'ringtally_mqtt_dropped_messages_total{reason="slow"}'
STARTED = "process_start_time_seconds"
LONG_AGO = -100_000
"""A start before the test's time."""

LINK = (
    Story(
        "a daemon that does not answer for two minutes is down, until it answers",
        {},
        {6: (), 7: ("RingtallyDown",), 9: ("RingtallyDown",), 10: (), 15: ()},
        gone=(range(5, 10),),
    ),
    Story(
        "one that Prometheus asks no longer is told of after five minutes, until it is named again",
        {},
        {9: (), 10: ("RingtallyNotScraped",), 19: ("RingtallyNotScraped",), 20: (), 25: ()},
        unlisted=(range(5, 20),),
    ),
    Story(
        "a target that is taken out for four minutes is not",
        {},
        {minute: () for minute in range(5, 25)},
        unlisted=(range(5, 9),),
    ),
    Story(
        "a daemon that starts anew counts from 0, has to log in, and is nothing to be told of",
        {
            STARTED: runs((LONG_AGO, 6), (420, 40)),
            "ringtally_ami_connects_total": runs((7, 6), (0, 1), (1, 40)),
            CONNECTED: runs((1, 6), (0, 1), (1, 40)),
            TRULY_MISSED: runs((40, 6), (0, 40)),
            OFFERED: runs((400, 6), (0, 40)),
            IN_TIME: runs((300, 6), (0, 40)),
            DROPPED: runs((9, 6), (0, 40)),
        },
        {minute: () for minute in range(5, 40)},
        gone=(range(6, 7),),
    ),
    Story(
        "a PBX that is away for three minutes is, until it is back; who waits nobody knows meanwhile",
        {
            CONNECTED: runs((1, 5), (0, 6), (1, 9)),
            WAITING: runs((0, 5), (None, 6), (0, 9)),
            LONGEST: runs((0, 5), (None, 6), (0, 9)),
        },
        {7: (), 8: ("RingtallyAmiDown",), 10: ("RingtallyAmiDown",), 11: (), 15: ()},
    ),
    Story(
        "one that starts anew within two minutes is not",
        {CONNECTED: runs((1, 5), (0, 2), (1, 40)), "ringtally_ami_connects_total": runs((1, 7), (2, 40))},
        {minute: () for minute in range(5, 40)},
    ),
    Story(
        "a right that is missing is told of after five minutes, until it is there",
        {'ringtally_ami_action_denied{action="QueueStatus"}': runs((0, 5), (1, 10), (0, 9))},
        {9: (), 10: ("RingtallyRightsMissing",), 14: ("RingtallyRightsMissing",), 15: ()},
    ),
    Story(
        "one that was missing while somebody edited the account is not",
        {'ringtally_ami_action_denied{action="QueueStatus"}': runs((0, 5), (1, 4), (0, 9))},
        {8: (), 9: (), 12: ()},
    ),
    Story(
        "a class of events that is withheld is told of after five minutes, until one comes",
        {'ringtally_ami_events_withheld{class="agent"}': runs((0, 5), (1, 10), (0, 9))},
        {9: (), 10: ("RingtallyRightsMissing",), 14: ("RingtallyRightsMissing",), 15: ()},
    ),
    Story(
        "an account that may too much is told of, until it may no more",
        {"ringtally_ami_excess_rights": runs((0, 5), (1, 10), (0, 9))},
        {9: (), 10: ("RingtallyRightsTooWide",), 15: ()},
    ),
    Story(
        "a clock that is seven seconds behind for ten minutes is told of, until somebody sets it",
        {"ringtally_ami_clock_ahead_seconds": runs((0, 5), (-7, 15), (0, 9))},
        {14: (), 15: ("RingtallyClockSkew",), 20: ()},
    ),
    Story(
        "one that is off by five seconds, or an hour for a moment, is not",
        {"ringtally_ami_clock_ahead_seconds": runs((5, 20), (3600, 2), (0, 20))},
        {19: (), 21: (), 22: (), 40: ()},
    ),
)

CALLERS = (
    Story(
        "a caller who waits for more than six times the threshold is told of, and three minutes after he is served no more",
        {LONGEST: [0, 0, 30, 90, 120, 150, 210, 0, 0, 0, 0, 0, 0], WAITING: runs((0, 2), (1, 5), (0, 6))},
        {4: (), 5: ("RingtallyLongestWait",), 6: ("RingtallyLongestWait",), 9: ("RingtallyLongestWait",), 11: ()},
    ),
    Story(
        "outside working hours nobody promised to answer",
        {
            LONGEST: [0, 0, 30, 90, 119, 150, 210, 400, 460],
            WAITING: runs((0, 2), (1, 7)),
            HOURS: runs((0, 9)),
            AVAILABLE: runs((0, 9)),
        },
        {minute: () for minute in range(9)},
    ),
    Story(
        "where the settings name no hours it is always open",
        {LONGEST: [0, 0, 30, 90, 119, 150, 210], HOURS: None},
        {4: (), 5: ("RingtallyLongestWait",)},
    ),
    Story(
        "a queue in which somebody waits while all are on a break or out of reach is told of after a minute",
        {
            WAITING: runs((0, 3), (1, 10), (0, 9)),
            AVAILABLE: runs((0, 22)),
            PAUSED: runs((1, 22)),
            UNAVAILABLE: runs((1, 22)),
        },
        {
            3: (),
            **{minute: ("RingtallyQueueUnattended",) for minute in range(4, 16)},
            16: (),
        },
    ),
    Story(
        "one in which nobody waits may be empty",
        {AVAILABLE: runs((0, 20)), PAUSED: runs((2, 20))},
        {1: (), 10: (), 19: ()},
    ),
    Story(
        "callers who wait five minutes while all talk are told of, and no longer than five minutes after somebody is free",
        {
            WAITING: runs((0, 3), (1, 8), (0, 15)),
            AVAILABLE: runs((0, 11), (2, 15)),
            TALKING: runs((2, 11), (0, 15)),
        },
        {7: (), 8: ("RingtallyNoFreeAgents",), 15: ("RingtallyNoFreeAgents",), 16: ()},
    ),
    Story(
        "who waits though somebody is free waits for no agent",
        {WAITING: runs((1, 15)), AVAILABLE: runs((1, 15)), TALKING: runs((1, 15))},
        {minute: () for minute in range(15)},
    ),
    Story(
        "where nobody knows when it is open, a night in which nobody calls is silent all the same",
        {AVAILABLE: runs((0, 15)), UNAVAILABLE: runs((2, 15)), HOURS: None},
        {minute: () for minute in range(15)},
    ),
    Story(
        "at night whoever still talks may keep others waiting",
        {WAITING: runs((0, 3), (1, 12)), AVAILABLE: runs((0, 15)), TALKING: runs((2, 15)), HOURS: runs((0, 15))},
        {minute: () for minute in range(15)},
    ),
    Story(
        "a rush that somebody comes through is not",
        {WAITING: runs((0, 3), (1, 4), (0, 1), (1, 4), (0, 9)), AVAILABLE: runs((0, 21)), TALKING: runs((2, 21))},
        {minute: () for minute in range(20)},
    ),
)

KEEPING = (
    Story(
        "a database that takes nothing for two minutes is told of, until it does",
        {"ringtally_store_degraded": runs((0, 5), (1, 5), (0, 9))},
        {6: (), 7: ("RingtallyStoreDegraded",), 9: ("RingtallyStoreDegraded",), 10: ()},
    ),
    Story(
        "one that somebody locked for a minute is not",
        {"ringtally_store_degraded": runs((0, 5), (1, 2), (0, 9)), "ringtally_store_waiting_calls": runs((500, 16))},
        {minute: () for minute in range(4, 16)},
    ),
    Story(
        "one for which many calls wait is too slow",
        {"ringtally_store_waiting_calls": runs((0, 5), (600, 5), (0, 9))},
        {6: (), 7: ("RingtallyStoreDegraded",), 10: ()},
    ),
    Story(
        "a disk with 900 MB left for a quarter of an hour is told of, until there is a gigabyte",
        {FREE: runs((2e9, 5), (9e8, 20), (1e9, 9))},
        {19: (), 20: ("RingtallyDiskLow",), 25: ()},
    ),
    Story(
        "one on which a backup has its place for ten minutes is not",
        {FREE: runs((2e9, 5), (4e8, 10), (2e9, 40))},
        {minute: () for minute in range(0, 55, 5)},
    ),
    Story(
        "a broker that is gone for two minutes is told of, until it is back",
        {"ringtally_mqtt_connected": runs((1, 5), (0, 5), (1, 9))},
        {6: (), 7: ("RingtallyBrokerGone",), 10: ()},
    ),
    Story(
        "one that starts anew is not",
        {"ringtally_mqtt_connected": runs((1, 5), (0, 2), (1, 9))},
        {minute: () for minute in range(16)},
    ),
)

# What takes an hour or more, looked at each fifth minute.
HOUR = (
    by_five(
        "one that starts three times in half an hour is told of, and no longer once it stays",
        {STARTED: runs((1000, 5), (1300, 5), (1600, 5), (1900, 60))},
        {10: (), 15: ("RingtallyRestarts",), 45: ("RingtallyRestarts",), 50: (), 55: ()},
    ),
    by_five(
        "one that is updated twice is not",
        {STARTED: runs((1000, 5), (1300, 5), (1900, 60))},
        {15: (), 30: (), 60: ()},
    ),
    by_five(
        "a line that breaks every ten minutes is told of, and no longer an hour and a half after the last time",
        {"ringtally_ami_connects_total": [1 + min(minute // 10, 6) for minute in range(180)]},
        {45: (), 50: ("RingtallyAmiUnstable",), 105: ("RingtallyAmiUnstable",), 110: (), 170: ()},
    ),
    by_five(
        "one that broke four times is not",
        {"ringtally_ami_connects_total": [1 + min(minute // 10, 4) for minute in range(180)]},
        {45: (), 60: (), 120: ()},
    ),
    by_five(
        "half of sixty callers in time is less than chance makes of 80 %; told of until an hour of better",
        {OFFERED: list(range(200)), IN_TIME: [n // 2 if n < 60 else n - 30 for n in range(200)]},
        {5: (), 15: (), 20: ("RingtallyServiceLevelLow",), 95: ("RingtallyServiceLevelLow",), 100: (), 180: ()},
    ),
    by_five(
        "three of four are not, nor two calls of which both were late",
        {OFFERED: list(range(120)), IN_TIME: [3 * n // 4 for n in range(120)]},
        {minute: () for minute in range(0, 120, 5)},
    ),
    by_five(
        "of six hundred an hour chance takes less than 5 %, which are no matter",
        {OFFERED: list(range(0, 1200, 10)), IN_TIME: [minute * 76 // 10 for minute in range(120)]},
        {minute: () for minute in range(0, 120, 5)},
    ),
    by_five(
        "six are",
        {OFFERED: list(range(0, 1200, 10)), IN_TIME: [minute * 74 // 10 for minute in range(120)]},
        {5: (), 90: ("RingtallyServiceLevelLow",)},
    ),
    by_five(
        "two calls of which both were late say nothing",
        {OFFERED: runs((0, 10), (1, 5), (2, 60)), IN_TIME: runs((0, 75))},
        {minute: () for minute in range(0, 75, 5)},
    ),
    by_five(
        "nine that were all late are too few",
        {OFFERED: [min(minute // 5, 9) for minute in range(90)], IN_TIME: runs((0, 90))},
        {minute: () for minute in range(0, 90, 5)},
    ),
    by_five(
        "at night nobody's service level is judged",
        {OFFERED: list(range(61)), HOURS: runs((0, 61))},
        {minute: () for minute in range(0, 60, 5)},
    ),
    by_five(
        "four who became truly missed within an hour are told of, and an hour and a quarter later no more",
        {TRULY_MISSED: [min(minute // 5, 4) for minute in range(140)]},
        {15: (), 20: ("RingtallyTrulyMissedRising",), 80: ("RingtallyTrulyMissedRising",), 85: (), 110: ()},
    ),
    by_five(
        "they count by all lines together",
        {name: [min(minute // 5, 2) for minute in range(100)] for name in (TRULY_MISSED, TRULY_MISSED_BY_CITY)},
        {0: (), 20: ("RingtallyTrulyMissedRising",), 95: ()},
    ),
    by_five(
        "two are not",
        {TRULY_MISSED: [min(minute // 5, 2) for minute in range(90)]},
        {minute: () for minute in range(0, 90, 5)},
    ),
    by_five(
        "nor four at night, nor where nobody knows when it is open",
        {TRULY_MISSED: [min(minute // 5, 4) for minute in range(140)], HOURS: None},
        {minute: () for minute in range(0, 90, 5)},
    ),
    by_five(
        "who waits for four working hours is told of, until somebody calls him back",
        {AGE: [60 * minute if minute < 260 else 0 for minute in range(280)]},
        {240: (), 245: (), 250: ("RingtallyOldestCaseWaits",), 255: ("RingtallyOldestCaseWaits",), 260: ()},
    ),
    by_five(
        "not at night: he waits until the morning as it is",
        {AGE: runs((15_000, 60)), HOURS: runs((1, 20), (0, 20), (1, 20))},
        {0: (), 5: ("RingtallyOldestCaseWaits",), 20: (), 35: (), 40: (), 45: ("RingtallyOldestCaseWaits",)},
    ),
    by_five(
        "nor for less",
        {AGE: runs((14_000, 60))},
        {5: (), 55: ()},
    ),
    by_five(
        "a line by which calls fail, as they did not an hour ago, is told of, and three quarters of an hour after the last no more",
        {
            WENT_OUT: [min(minute, 30) for minute in range(180)],
            FAILED: [min(max(0, minute - 50), 40) for minute in range(180)],
            CAME_IN: list(range(0, 360, 2)),
        },
        {60: (), 65: ("RingtallyTrunkFails",), 125: ("RingtallyTrunkFails",), 130: (), 175: ()},
    ),
    by_five(
        "nine that fail are too few, and of many half may",
        {FAILED: [min(minute, 9) for minute in range(60)]},
        {minute: () for minute in range(0, 60, 5)},
    ),
    by_five(
        "of many calls half may fail, and those that come in have no part in it",
        {FAILED: list(range(60)), WENT_OUT: list(range(60)), CAME_IN_VAIN: list(range(0, 120, 2))},
        {minute: () for minute in range(0, 60, 5)},
    ),
    by_five(
        "a call that was given up is told of for an hour and a quarter",
        {DROPPED: runs((0, 5), (1, 100))},
        {0: (), 5: ("RingtallyStoreLoses",), 75: ("RingtallyStoreLoses",), 80: (), 95: ()},
    ),
    by_five(
        "what was lost before the daemon started anew is not lost again",
        {
            DROPPED: runs((3, 45), (0, 45)),
            REFUSED: runs((2, 45), (0, 45)),
            STARTED: runs((LONG_AGO, 45), (2700, 45)),
        },
        {minute: () for minute in range(0, 90, 5)},
    ),
    by_five(
        "so is one that the database refused",
        {REFUSED: runs((0, 5), (1, 100))},
        {0: (), 5: ("RingtallyStoreLoses",), 75: ("RingtallyStoreLoses",), 80: (), 90: ()},
    ),
    *(
        by_five(
            f"what is {what} at a start, as much as before it and before anybody looks, is told of for as long",
            {name: runs((1, 120)), STARTED: runs((LONG_AGO, 10), (600, 110))},
            {5: (), 10: (alert,), 80: (alert,), 85: (), 90: ()},
        )
        for what, name, alert in (
            ("given up", DROPPED, "RingtallyStoreLoses"),
            ("refused", REFUSED, "RingtallyStoreLoses"),
            ("too old for the broker", TOO_OLD, "RingtallyOutboxLoses"),
            ("too many for the broker", TOO_MANY, "RingtallyOutboxLoses"),
        )
    ),
    by_five(
        "a damaged file that was set aside is told of until the next start, and some minutes more",
        {
            "ringtally_store_set_aside_total": runs((0, 5), (1, 30), (0, 30)),
            STARTED: runs((LONG_AGO, 35), (2100, 30)),
        },
        {0: (), 5: ("RingtallyStoreLoses",), 45: ("RingtallyStoreLoses",), 50: (), 55: ()},
    ),
    by_five(
        "where nothing is published there is none to be gone",
        {"ringtally_mqtt_connected": None, TOO_OLD: None, TOO_SLOW: None},
        {minute: () for minute in range(0, 16, 5)},
    ),
    by_five(
        "finished calls that the broker never got are told of for an hour and a quarter",
        {TOO_OLD: runs((0, 5), (4, 100))},
        {0: (), 5: ("RingtallyOutboxLoses",), 75: ("RingtallyOutboxLoses",), 80: (), 95: ()},
    ),
    by_five(
        "few that are too old and many that are too many are one matter",
        {TOO_OLD: runs((0, 5), (1, 50)), TOO_MANY: runs((0, 10), (1, 45))},
        {0: (), 10: ("RingtallyOutboxLoses",), 50: ("RingtallyOutboxLoses",)},
    ),
    by_five(
        "one that there was no room for is told of",
        {TOO_MANY: runs((0, 5), (1, 50))},
        {0: (), 5: ("RingtallyOutboxLoses",)},
    ),
    by_five(
        "states of the moment that were left out are not",
        {TOO_SLOW: list(range(0, 600, 10)), STARTED: runs((0, 60))},
        {minute: () for minute in range(0, 60, 5)},
    ),
)
