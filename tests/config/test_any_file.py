"""Whatever a TOML file says, it is either usable or refused with problems that can be read: never an exception of another kind."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from config.effective import effective, toml_value
from config.keys import section_model
from config.loader import ConfigError, load_settings
from config.sections import Settings

KEYS = sorted(
    {name for section in Settings.model_fields if (model := section_model(section)) for name in model.model_fields}
)
TEXTS = st.sampled_from(
    ["20s", "127.0.0.1", "::1", "full", "support", "PJSIP/x-*", "09:00-18:00", "2026-12-31", "mon-fri", ""]
)
SCALARS = TEXTS | st.text(max_size=8) | st.integers(-10, 100_000) | st.floats(-1, 2) | st.booleans()
NAMES = st.sampled_from([*KEYS, *Settings.model_fields, "mon-fri", "sat", "holidays", "_env_file"]) | st.text(
    max_size=5
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
FILES = st.dictionaries(st.sampled_from(list(Settings.model_fields)) | NAMES, VALUES, max_size=6)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml_value(key)} = {inline(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return toml_value(value)


@given(FILES)
@settings(max_examples=100, deadline=None)
def test_any_file_is_used_or_refused_in_readable_lines(tables: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ringtally.toml"
        path.write_text("".join(f"{toml_value(key)} = {inline(value)}\n" for key, value in tables.items()))
        try:
            loaded = load_settings(path, {"TZ": "UTC"})
        except ConfigError as error:
            assert error.problems  # noqa: PT017 - either outcome is right
            assert all(str(problem).isprintable() and problem.message for problem in error.problems)  # noqa: PT017 - or it is used
        else:
            again = Path(folder) / "again.toml"
            again.write_text(effective(loaded.settings))
            assert effective(load_settings(again, {"TZ": "UTC"}, secrets=False).settings) == effective(loaded.settings)


@given(
    st.dictionaries(
        st.sampled_from([f"RINGTALLY_{key.upper()}" for key in Settings.model_fields]), st.text(max_size=12)
    )
)
@settings(max_examples=50, deadline=None)
def test_any_variable_is_used_or_refused(environ: dict[str, str]) -> None:
    try:
        load_settings(None, {**environ, "TZ": "UTC"})
    except ConfigError as error:
        assert all(str(problem).isprintable() and problem.file == "environment" for problem in error.problems)  # noqa: PT017 - or it is used
