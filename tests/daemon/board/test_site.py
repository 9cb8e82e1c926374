"""What others are told of the settings' goals and alarms."""

from config.sections import Queue, ServiceLevel, Settings, Wallboard
from daemon.board.site import limits_of, queue_goals


def test_without_a_word_a_wait_alarms_at_the_threshold_and_warns_before_it() -> None:
    settings = Settings(queues={"sales": Queue(threshold=10.0, goal=0.9)})
    told = limits_of(settings)
    assert (told["wait_warn_s"], told["wait_alarm_s"]) == (14.0, 20.0)
    assert told["alarms"] == {
        "waiting_warn": None,
        "waiting_alarm": None,
        "level_alarm": 0.72,
        "talk_limit_s": None,
        "pause_limit_s": None,
        "quiet": [],
    }
    assert queue_goals(settings, "sales") == {
        "threshold_s": 10.0,
        "goal": 0.9,
        "wait_warn_s": 7.0,
        "wait_alarm_s": 10.0,
        "waiting_warn": None,
        "waiting_alarm": None,
        "level_alarm": 0.81,
    }


def test_limits_of_the_wallboard_hold_for_every_queue() -> None:
    limits = Wallboard(waiting_alarm=9, wait_warn=30.0, wait_alarm=60.0, level_alarm=0.5, quiet=("20:00-08:00",))
    settings = Settings(queues={"sales": Queue(threshold=10.0)}, service_level=ServiceLevel(goal=0.7), wallboard=limits)
    told, of_queue = limits_of(settings), queue_goals(settings, "sales")
    assert (told["alarms"]["waiting_warn"], told["alarms"]["waiting_alarm"]) == (7, 9)
    assert (told["wait_warn_s"], told["wait_alarm_s"], told["alarms"]["quiet"]) == (30.0, 60.0, ["20:00-08:00"])
    assert (of_queue["threshold_s"], of_queue["wait_warn_s"], of_queue["wait_alarm_s"]) == (10.0, 30.0, 60.0)
    assert (of_queue["level_alarm"], told["alarms"]["level_alarm"]) == (0.5, 0.5)


def test_a_queues_own_limits_come_before_those_of_the_wallboard() -> None:
    settings = Settings(
        queues={
            "sales": Queue(waiting_alarm=3, wait_alarm=15.0),
            "night": Queue(waiting_warn=2, wait_warn=5.0),
            "plain": Queue(threshold=10.0),
        },
        wallboard=Wallboard(wait_warn=30.0, wait_alarm=60.0, waiting_alarm=20),
    )
    limits = ("waiting_warn", "waiting_alarm", "wait_warn_s", "wait_alarm_s")
    assert [[queue_goals(settings, name)[each] for each in limits] for name in ("sales", "night", "plain")] == [
        [3, 3, 10.5, 15.0],
        [2, None, 5.0, 60.0],
        [None, None, 30.0, 60.0],
    ]
