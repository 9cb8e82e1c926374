"""The example file and the reference say what the program does: every key, its default, nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config.effective import field_value
from config.keys import is_of, is_single, section_model
from config.loader import load_settings
from config.sections import MISSED_RESULTS, Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config/ringtally.toml"
REFERENCE = ROOT / "docs/settings.md"

_KEY = re.compile(r"#([a-z_-]+) = (.*)")
_ROW = re.compile(r"\| `([^|]*?)` \| [^|]+ \| ([^|]+) \|")


def fields() -> dict[tuple[str, str], FieldInfo]:
    return {
        (section, name): field
        for section in Settings.model_fields
        if (model := section_model(section)) is not None
        for name, field in model.model_fields.items()
    }


def default(field: FieldInfo) -> str | None:
    """The default as the file would have it; None where there is none, it is unset, or it is a secret."""
    if field.is_required() or field.default is None or is_of(field, SecretStr):
        return None
    return field_value(field, field.default)


def sections_of(lines: list[str], header: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    section = ""
    for line in lines:
        match = header.match(line)
        if match is not None:
            section = match[1]
        else:
            yield section, line


def example_keys() -> Iterator[tuple[str, str, str, bool]]:
    """Section, key, value of each commented key; and whether it is there as an example only."""
    by_way_of_example, remark = False, ""
    header = re.compile(r"#?\[+([a-z_]+)")
    for section, line in sections_of(EXAMPLE.read_text().splitlines(), header):
        match = _KEY.fullmatch(line)
        if match is not None:
            by_way_of_example = remark.endswith("Example:")
            yield section, match[1], match[2], by_way_of_example
        elif line.startswith("# "):
            remark = line
        elif not line:
            remark = ""


def test_the_example_can_be_used_as_it_is_and_changes_nothing() -> None:
    environ = {"TZ": "UTC", "RINGTALLY_AMI__SECRET": "a"}
    loaded = load_settings(EXAMPLE, environ)
    assert loaded.settings == load_settings(None, environ).settings
    assert loaded.warnings == ()


def test_the_example_can_be_used_with_every_line_uncommented(tmp_path: Path) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_text(re.sub(r"(?m)^#(?=\[|[a-z_-]+ = )", "", EXAMPLE.read_text()))
    settings = load_settings(path, {}, secrets=False).settings
    assert settings.mqtt is not None
    assert settings.working_hours is not None
    assert settings.trunks[0].name == "megafon"
    assert settings.numbers.area_code == "495"


def test_the_example_shows_every_key() -> None:
    shown = {(section, key) for section, key, _, _ in example_keys()}
    # Secrets in the settings file are not what an example should teach, but for a word in passing.
    hidden = {("ami", "secret"), ("mqtt", "password"), ("http", "read_token"), ("http", "write_token")}
    assert set(fields()) - hidden <= shown
    assert {section for section, _, _, _ in example_keys()} == set(Settings.model_fields)


def test_what_the_example_does_not_call_an_example_is_the_default() -> None:
    checked = 0
    for section, key, value, by_way_of_example in example_keys():
        if not by_way_of_example and section_model(section) is not None and is_single(section) and section != "mqtt":
            assert value == default(fields()[section, key]), f"{section}.{key}"
            checked += 1
    assert checked > 25


def reference_rows() -> dict[tuple[str, str], str]:
    header = re.compile(r"## `\[+([a-z_]+)(?:\.NAME)?\]+`$")
    rows: dict[tuple[str, str], str] = {}
    for section, line in sections_of(REFERENCE.read_text().splitlines(), header):
        match = _ROW.match(line)
        if match is not None:
            assert (section, match[1]) not in rows, f"{section}.{match[1]} is there twice"
            rows[section, match[1]] = match[2].strip()
    return rows


def test_the_reference_has_every_key_and_no_other() -> None:
    rows = {key for key in reference_rows() if key[0] != "working_hours"}
    assert rows == set(fields())


@pytest.mark.parametrize(
    ("key", "field"), fields().items(), ids=lambda value: ".".join(value) if isinstance(value, tuple) else ""
)
def test_the_reference_names_the_default(key: tuple[str, str], field: FieldInfo) -> None:
    told, value = reference_rows()[key], default(field)
    if field.is_required():
        assert told == "required"
    elif value is None:
        assert told == "—"
    else:
        assert told == f"`{value}`"


def test_the_reference_names_every_word_that_a_key_may_be() -> None:
    text = REFERENCE.read_text()
    for (section, name), field in fields().items():
        words = [word for word in getattr(field.annotation, "__args__", ()) if isinstance(word, str)]
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |") and words) if words else ""
        assert all(f'"{word}"' in row for word in words), f"{section}.{name}"
    assert all(result in text for result in MISSED_RESULTS)
