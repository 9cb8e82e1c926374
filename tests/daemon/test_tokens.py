"""The colours of all pages are legible: WCAG AA, measured in the sheet that every page draws them from."""

import re
from functools import cache
from itertools import pairwise

import pytest

from daemon.web_pages import WEB, pages_in

INKS = ("text", "muted", "ok", "warn", "crit", "info", "accent")
ON_THEIR_OWN = ("ok", "warn", "crit", "info")


@cache
def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme, by name; the light one's lie over the dark one's."""
    sheet = re.sub(r"/\*.*?\*/", "", (WEB / "common" / "tokens.css").read_text(), flags=re.DOTALL)
    wanted = [":root"] if theme == "dark" else [":root", ':root[data-theme="light"]']
    blocks = re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
    return {
        name: value
        for selector, body in blocks
        if selector.strip() in wanted
        for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]+);", body)
    }


def lightness(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    whole = colour.removeprefix("#")
    whole = "".join(2 * each for each in whole) if len(whole) == 3 else whole
    parts = [int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: str, ink: str, ground: str) -> float:
    dark, light = sorted(lightness(tokens(theme)[each]) for each in (ink, ground))
    return (light + 0.05) / (dark + 0.05)


def test_it_measures_as_the_standard_does() -> None:
    assert lightness("#fff") == pytest.approx(1)
    assert lightness("#767676") == pytest.approx(0.1812, abs=1e-4)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_is_legible_on_whatever_it_stands_on(theme: str) -> None:
    pairs = [(ink, ground) for ink in INKS for ground in ("page", "card", "raised")]
    pairs += [(ink, f"{ink}-card") for ink in ON_THEIR_OWN]
    pairs += [(ink, f"{card}-card") for ink in ("text", "muted") for card in ON_THEIR_OWN]
    pairs += [("on-accent", "accent"), ("on-bar", "bar-broken"), ("on-bar", "bar-waiting")]
    pairs += [("on-heat-low", f"heat-{step}") for step in (0, 1, 2)] + [
        ("on-heat-high", f"heat-{step}") for step in (3, 4, 5)
    ]
    faint = {pair: round(contrast(theme, *pair), 2) for pair in pairs if contrast(theme, *pair) < 4.5}
    assert not faint


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_no_text_is_seen_too(theme: str) -> None:
    pairs = [(f"series-{each}", "card") for each in (1, 2, 3, 4)]
    pairs += [(each, ground) for each in ("edge", "focus") for ground in ("page", "card")]
    faint = {pair: round(contrast(theme, *pair), 2) for pair in pairs if contrast(theme, *pair) < 3}
    assert not faint


@pytest.mark.parametrize(("theme", "way"), [("dark", 1), ("light", -1)])
def test_the_heat_of_a_map_goes_one_way(theme: str, way: int) -> None:
    steps = [lightness(tokens(theme)[f"heat-{each}"]) for each in range(6)]
    assert all((after - before) * way > 0 for before, after in pairwise(steps))


def test_no_page_has_a_colour_of_its_own() -> None:
    own = {name: page.body.decode() for name, page in pages_in(WEB).items() if name.endswith((".css", ".html", ".js"))}
    del own["common/tokens.css"]
    colours = re.compile(r"#[0-9a-f]{3,8}\b(?=[;\s,)\"'])|\brgba?\(|\bhsla?\(", re.IGNORECASE)
    found = {name: colours.findall(text) for name, text in own.items() if "/vendor/" not in name}
    assert {name: colours for name, colours in found.items() if colours} == {}
