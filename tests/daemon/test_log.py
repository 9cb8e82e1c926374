"""The log: one line an event, and nothing in it that a caller wrote and a terminal would obey."""

import json

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from daemon.log import configure_log, harmless, isolated
from tests.hostile import hostile_texts, is_inert
from tests.storage.sample_calls import a_call

SAID = "\x1b[31m\r\nevent=forged\u2028\u202e\x9b\x00"


@pytest.fixture(autouse=True)
def _log_as_before() -> object:
    yield
    structlog.reset_defaults()


@given(st.text())
def test_harmless_text_is_printable_and_short(text: str) -> None:
    assert harmless(text).isprintable()
    assert len(harmless(text, 10)) <= 11 * len("\\U0001f600")


def test_ordinary_text_stays_and_what_is_cut_says_so() -> None:
    assert harmless("Иван O'Brien, 8 (900) 111-22-33") == "Иван O'Brien, 8 (900) 111-22-33"
    assert harmless("abcdef", 3) == "abc…"
    assert harmless("\x1b[31m\n\u202e") == "\\x1b[31m\\n\\u202e"


@hostile_texts
def test_harmless_text_is_one_inert_line_and_bounded(text: str) -> None:
    assert is_inert(isolated(harmless(text)))
    assert len(isolated(harmless(text))) <= 502 * len("\\U0001f600")


@pytest.mark.parametrize("form", ["console", "json"])
@hostile_texts
def test_one_event_is_one_line_on_stderr_whatever_is_in_it(
    text: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log("debug", form)  # type: ignore[arg-type]  # one of the two
    said, raw = text[:1000], text[:1000].encode("utf-8", "surrogatepass")
    structlog.get_logger().debug("ami_refused", reason=text, parts=[said], deep={"er": (said,)}, raw=raw, n=1)
    out, err = capsys.readouterr()
    assert out == ""
    line, rest = err.split("\n")
    assert rest == ""
    assert is_inert(line)
    assert "ami_refused" in line
    if form == "json":
        told = json.loads(line)
        assert (told["event"], told["level"], told["n"]) == ("ami_refused", "debug", 1)
        assert told["reason"] == harmless(text)


def test_what_is_written_from_right_to_left_turns_nothing_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", "console")
    structlog.get_logger().info("trunk_guessed", endpoint="שלום", cure="name it")
    assert "endpoint=" + "שלום".encode("unicode_escape").decode() in capsys.readouterr().err


def test_json_lines_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", "json")
    structlog.get_logger().info("started", port=9796)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["port"]) == ("started", "info", 9796)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("level", "told"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_a_level_leaves_out_what_is_below_it(level: str, told: int, capsys: pytest.CaptureFixture[str]) -> None:
    configure_log(level)
    log = structlog.get_logger()
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert len(capsys.readouterr().err.splitlines()) == told


def test_a_level_that_changes_holds_for_a_logger_that_was_used_before(capsys: pytest.CaptureFixture[str]) -> None:
    log = structlog.get_logger()
    for level in ("warning", "info", "error"):
        configure_log(level)
        log.info("told", level=level)
    (line,) = capsys.readouterr().err.splitlines()
    assert "told" in line


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_is_one_line_that_keeps_its_end(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_log("info", form)  # type: ignore[arg-type]  # one of the two

    def deep(depth: int) -> None:
        if depth:
            deep(depth - 1)
        raise ValueError(f"said by a caller: {SAID} " + "and at last")

    try:
        deep(8)
    except ValueError:
        structlog.get_logger().exception("pump_failed", call=a_call().id)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert "and at last" in line
