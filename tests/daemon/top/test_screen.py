"""The picture: it fits, it ticks, it says what is wrong, and nothing in it obeys a caller."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from daemon.top.heard import Heard
from daemon.top.parts import PARTS
from daemon.top.screen import once, screen, shares
from daemon.top.view import View
from daemon.words import Language
from tests.daemon.top.told import NOW, a_call, agent, calls, case, office, queue, say
from tests.hostile import HOSTILE

# What rich writes itself: colours.
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def picture(
    heard: Heard,
    *keys: str,
    size: tuple[int, int] = (80, 24),
    language: Language = "en",
    at: float = NOW,
    coloured: bool = False,
) -> str:
    view = View()
    for key in keys:
        view.press(key)
    console = Console(
        width=size[0],
        height=size[1],
        force_terminal=coloured,
        color_system="standard" if coloured else None,
        file=io.StringIO(),
    )
    with console.capture() as captured:
        console.print(screen(heard, view, at, language, size), end="")
    return captured.get()


def printed(heard: Heard, width: int = 200) -> str:
    console = Console(width=width, force_terminal=False, file=io.StringIO())
    with console.capture() as captured:
        console.print(once(heard, NOW, "en", width))
    return captured.get()


def a_full_office() -> Heard:
    heard = office()
    for n in range(40):
        agent(heard, f"agent-with-a-long-name-{n}", "available")
        queue(heard, f"queue-with-a-long-name-{n}")
    calls(heard, *(a_call(state, n) for n in range(60) for state in ("queued", "talking")))
    say(heard, "missed/open", total=50, cases=[case(f"7900•••{n:04}", n) for n in range(50)])
    return heard


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("size", [(80, 24), (131, 40), (132, 40), (200, 60), (80, 8), (40, 5), (1, 1)])
def test_it_fills_the_terminal_and_goes_nowhere_beyond(size: tuple[int, int], language: Language) -> None:
    for heard, keys in (
        (a_full_office(), ()),
        (a_full_office(), ("4",)),
        (office(), ("/", "7")),
        (office(ami="connecting"), ()),
        (Heard(), ("F1",)),
    ):
        lines = picture(heard, *keys, size=size, language=language).splitlines()
        assert len(lines) == size[1]
        assert {cell_len(line) for line in lines} == {size[0]}


def test_at_80_by_24_every_part_has_rows_and_the_way_out_is_told() -> None:
    shown = picture(a_full_office())
    for title in ("queues 1–3/42", "who waits 1–3/60", "live calls 1–3/60", "agents 1–3/43", "without contact 1–3/50"):
        assert title in shown
    assert shown.splitlines()[-1].rstrip().endswith("F10 quit")


def test_waits_tick() -> None:
    for later_s, wait in ((0, "0:15"), (7, "0:22"), (50, "1:05")):
        (line,) = [each for each in picture(office(), at=NOW + later_s).splitlines() if each.startswith("7900•••2233")]
        assert wait in line


def test_an_alarm_is_a_sign_beside_its_colour() -> None:
    def line(at: float, coloured: bool = False) -> str:
        shown = picture(office(), at=at, coloured=coloured).splitlines()
        return next(each for each in shown if "7900•••2233" in each and "support" in each)

    assert re.search(r"7900•••2233 +! +0:15", line(NOW))
    assert re.search(r"7900•••2233 +!! +0:25", line(NOW + 10))
    assert "\x1b[1;31m" in line(NOW + 10, coloured=True)


def test_the_figures_of_now_and_of_the_day_are_above() -> None:
    first, second, third = picture(office(), size=(200, 40)).splitlines()[:3]
    assert first.split()[:4] == ["office", "19:11:40", "●", "connected"]
    assert second.split("   ")[:5] == [
        "waiting 2",
        "longest 0:25 !",
        "live calls 3",
        "free 1 of 2",
        "without contact 2",
    ]
    assert "came in 7   answered calls 4   missed calls 3 (43.0%)   service level 57.0%" in third
    assert "goal 80.0% within 20 s" in third


def test_without_the_daemon_it_says_so_since_when_and_why_and_shows_nothing_of_now() -> None:
    heard = office()
    heard.lose(NOW, "Connection refused")
    shown = picture(heard, at=NOW + 30)
    assert "Nothing is heard of ringtally since 19:11:40. It may not be running." in shown
    assert "Connection refused. Figures are of 19:11:40." in shown
    assert "■ ringtally is gone" in shown
    assert "waiting –   longest –   live calls –   free –   without contact 2" in shown
    assert "7900•••2233" not in shown
    assert "7900•••1111" in shown


def test_who_may_not_read_the_settings_is_told_what_to_do_where_nobody_answers() -> None:
    heard = Heard("You may not read the settings, so the usual address was asked: --url names another.")
    assert "--url" not in picture(heard)
    heard.lose(NOW, "Connection refused")
    assert "--url names another" in picture(heard, size=(100, 24))
    assert "другой называет --url" in picture(heard, size=(100, 24), language="ru")


def test_the_part_in_focus_is_told_without_colours() -> None:
    shown = picture(office())
    assert "▸ queues 2" in shown
    assert shown.count("▸") == 1
    assert "▸ agents 3" in picture(office(), "tab", "tab", "tab")


def test_without_the_pbx_it_says_so_in_the_language_asked_for() -> None:
    shown = picture(office(ami="connecting"), language="ru")
    assert "Нет связи с АТС с 19:10:10. О звонках ничего не известно." in shown
    assert "7900•••2233" not in shown


def test_a_filter_leaves_the_rows_that_have_it() -> None:
    shown = picture(office(), "/", "S", "A", "L", "enter")
    assert "7495•••0001" in shown
    assert "7900•••2233" not in shown
    assert "filter: SAL" in shown


def test_sorted_by_a_column_it_says_by_which() -> None:
    shown = picture(office(), "4", "F6", "F6", "F6", size=(120, 30))
    assert "time ▼" in shown
    assert shown.index("anna") < shown.index("boris")
    turned = picture(office(), "4", "F6", "F6", "F6", "I", size=(120, 30))
    assert turned.index("boris") < turned.index("anna")


def test_what_callers_and_agents_write_is_text() -> None:
    texts = [text.encode("utf-8", "replace").decode()[:4000] for text in HOSTILE.values()]
    heard = office()
    told = "".join(texts)[:4000]
    say(heard, "bridge/info", site=told, version=told, timezone="UTC", queues=[{"name": each} for each in texts])
    live = [
        a_call(state, 5, caller=each, caller_name=each, queue=each) for each in texts for state in ("queued", "ivr")
    ]
    calls(heard, *live)
    for n, each in enumerate(texts):
        agent(heard, f"agent-{n}", "paused", name=each, reason=each)
        queue(heard, f"queue-{n}", 5, name=each)
    cases = [case(each, 60, claimed_by=each, client=each) for each in texts]
    say(heard, "missed/open", total=len(texts), cases=cases)
    for shown in (
        printed(heard),
        picture(heard, size=(80, 600), coloured=True),
        picture(heard, size=(200, 400), coloured=True),
    ):
        _is_inert(shown)
    for each in texts:
        heard.lose(NOW, each)
        _is_inert(picture(heard, coloured=True))


def _is_inert(shown: str) -> None:
    plain = _COLOURS.sub("", shown)
    assert not {sign for sign in plain if not sign.isprintable()} - {"\n", "\u2068", "\u2069"}
    for line in plain.splitlines():
        assert line.count("\u2068") == line.count("\u2069"), line


def test_for_a_script_it_is_all_there_without_a_colour() -> None:
    shown = printed(a_full_office())
    assert "\x1b" not in shown
    assert all(f"agent-with-a-long-name-{n} " in shown for n in range(40))
    assert all(f"7900•••{n:04}" in shown for n in range(50))
    assert "F10" not in shown


@pytest.mark.parametrize(
    ("needs", "room", "given"),
    [
        ([4, 3], 20, [4, 3]),
        ([40, 3, 40], 20, [9, 3, 8]),
        ([9, 9, 9, 9, 9], 10, [2, 2, 2, 2, 2]),
        ([9, 9, 9, 9, 9], 7, [3, 2, 2, 0, 0]),
        ([9, 9], 0, [0, 0]),
    ],
)
def test_what_is_short_is_shared(needs: list[int], room: int, given: list[int]) -> None:
    assert shares(needs, room) == given


def test_a_part_alone_has_all_the_room() -> None:
    for number, part in enumerate(PARTS, 1):
        lines = picture(a_full_office(), str(number)).splitlines()
        assert len([line for line in lines if line.strip()]) == 24, part
