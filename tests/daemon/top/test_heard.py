"""What was heard, and how far it may be believed."""

from zoneinfo import ZoneInfo

import pytest

from daemon.top.heard import Heard, Verdict, moment
from tests.daemon.top.told import NOW, iso, office, say


def test_nothing_is_believed_before_the_daemon_says_how_it_is() -> None:
    heard = Heard()
    assert heard.verdict() == Verdict("connecting")
    heard.begin(0)
    assert heard.verdict() == Verdict("connecting")
    say(heard, "bridge/health", ami="ready", since=iso(NOW))
    assert heard.verdict() == Verdict("live")


def test_a_pbx_that_is_gone_is_told_since_when() -> None:
    assert office(ami="connecting").verdict() == Verdict("no_pbx", NOW - 90)


def test_of_a_connection_that_does_not_come_back_the_first_moment_stays() -> None:
    heard = office()
    heard.lose(NOW + 1, "the connection was closed")
    heard.lose(NOW + 9, "Connection refused")
    assert heard.verdict() == Verdict("no_daemon", NOW + 1, "Connection refused")
    assert not heard.is_complete


def test_a_new_connection_begins_with_nothing_but_who_it_is_about() -> None:
    heard = office()
    heard.lose(NOW, "")
    heard.begin(0)
    assert heard.get("calls/active") is None
    assert list(heard.all("queue")) == []
    assert heard.about["site"] == "office"
    assert heard.zone == ZoneInfo("Europe/Moscow")


def test_a_topic_that_is_cleared_is_no_more() -> None:
    heard = office()
    heard.take("agent/vera/state", b"")
    assert {each["name"] for each in heard.all("agent")} == {"anna", "boris"}


@pytest.mark.parametrize("body", [b"{", b"\xff", b"17", b"[]", b"null"])
def test_what_is_no_message_changes_nothing(body: bytes) -> None:
    heard = office()
    before = heard.get("calls/active")
    heard.take("calls/active", body)
    assert heard.get("calls/active") == before


@pytest.mark.parametrize(("skew_s", "taken"), [(0.9, 0), (-1.5, 0), (3600.0, 3600), (-5.0, -5)])
def test_a_clock_that_is_wrong_by_more_than_an_http_date_knows_is_made_good_for(skew_s: float, taken: float) -> None:
    heard = Heard()
    heard.begin(skew_s)
    assert heard.server_time(NOW) == NOW + taken


@pytest.mark.parametrize("text", [None, 17, "yesterday", ""])
def test_what_is_no_moment_is_none(text: object) -> None:
    assert moment(text) is None


def test_a_zone_that_nobody_knows_is_utc() -> None:
    heard = Heard()
    say(heard, "bridge/info", timezone="../../etc/passwd")
    assert str(heard.zone) == "UTC"
