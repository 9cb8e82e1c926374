"""What is published for Home Assistant, in which order, and what is taken back."""

import orjson

from daemon.sinks.discovery import DISCOVERY, Announcement, Discovery
from tests.daemon.boards import LivePbx, a_board

ROOT, DEVICE_ID = "ringtally/office/", "ringtally-office"
TOPIC = "homeassistant/device/ringtally-office/config"
MARK = ROOT + DISCOVERY


def discovery(prefix: str | None = "homeassistant", queues: tuple[str, ...] = ()) -> tuple[Discovery, LivePbx]:
    pbx = LivePbx(known_queues=list(queues))
    board = a_board(pbx)
    board.refresh()
    return Discovery(board, ROOT, DEVICE_ID, prefix), pbx


def told(found: Discovery) -> list[Announcement]:
    return list(iter(found.next, None))


def test_it_is_marked_first_and_then_told_once() -> None:
    found, _ = discovery()
    mark, config = told(found)
    assert mark == Announcement(MARK, TOPIC.encode())
    assert config.topic == TOPIC
    assert told(found) == []
    found.forget()
    assert [each.topic for each in told(found)] == [MARK, TOPIC]


def test_it_is_told_anew_when_home_assistant_starts_and_not_for_what_the_broker_kept() -> None:
    found, _ = discovery()
    first = told(found)[-1]
    assert found.heard("homeassistant/status", b"offline", retained=False)
    assert found.heard("homeassistant/status", b"online", retained=True)
    assert told(found) == []
    assert found.heard("homeassistant/status", b"online", retained=False)
    assert told(found) == [first]


def test_a_queue_that_the_pbx_tells_later_is_told_of() -> None:
    found, pbx = discovery()
    assert "queue_sales_waiting" not in orjson.loads(told(found)[-1].body)["components"]
    pbx.known_queues.append("sales")
    found._board.refresh()
    found._board._look_at = -1.0
    found._board.refresh()
    (anew,) = told(found)
    assert "queue_sales_waiting" in orjson.loads(anew.body)["components"]


def test_what_an_earlier_run_told_of_queues_that_are_no_more_is_removed_and_then_left_out() -> None:
    earlier, _ = discovery(queues=("sales",))
    left = told(earlier)[-1].body
    found, _ = discovery()
    assert found.heard(MARK, TOPIC.encode(), retained=True)
    assert found.heard(TOPIC, left, retained=True)
    removing, plain = told(found)
    assert orjson.loads(removing.body)["components"]["queue_sales_waiting"] == {"platform": "sensor"}
    assert "queue_sales_waiting" not in orjson.loads(plain.body)["components"]


def test_turned_off_it_is_taken_back_and_then_the_mark() -> None:
    found, _ = discovery(None)
    assert found.listens_to == ()
    assert told(found) == []
    assert found.heard(MARK, TOPIC.encode(), retained=True)
    assert told(found) == [Announcement(TOPIC, b""), Announcement(MARK, b"")]
    assert told(found) == []


def test_with_another_prefix_it_moves() -> None:
    found, _ = discovery("ha/discovery")
    assert found.heard(MARK, TOPIC.encode(), retained=True)
    moved = "ha/discovery/device/ringtally-office/config"
    assert [(each.topic, bool(each.body)) for each in told(found)] == [(TOPIC, False), (MARK, True), (moved, True)]


def test_what_somebody_else_wrote_as_a_mark_clears_nothing() -> None:
    found, _ = discovery(None)
    for words in (
        b"",
        b"homeassistant/device/somebody-else/config",
        b"#",
        b"a/+/device/ringtally-office/config",
        b"\xff",
    ):
        assert found.heard(MARK, words, retained=True)
    assert found.heard(MARK, TOPIC.encode(), retained=False)
    assert told(found) == []


def test_refused_it_is_told_no_more_in_this_connection() -> None:
    found, _ = discovery()
    assert found.next() is not None
    found.is_refused = True
    assert told(found) == []
    found.forget()
    assert len(told(found)) == 2


def test_what_is_ours_or_anybodys_else_is_left_to_others() -> None:
    found, _ = discovery()
    assert not found.heard(ROOT + "stats/today", b"{}", retained=True)
    off, _ = discovery(None)
    assert not off.heard("homeassistant/status", b"online", retained=False)
