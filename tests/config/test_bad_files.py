"""One bad file per mistake: each says in its first lines, `# problem: `, what has to be told about it. Nothing else may be."""

from pathlib import Path

import pytest

from config.loader import ConfigError, load_settings

FOLDER = Path(__file__).parent / "bad"
MARK = b"# problem: "


def expected(path: Path) -> list[str]:
    marked = [line.removeprefix(MARK).decode() for line in path.read_bytes().splitlines() if line.startswith(MARK)]
    return [f"{path}: {problem.replace('{folder}', str(path.parent))}" for problem in marked]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_file_gets_the_problems_it_names(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {"TZ": "UTC"})
    assert [str(problem) for problem in caught.value.problems] == expected(path)
    assert "hush" not in str(caught.value)
    assert all(problem.file == str(path) for problem in caught.value.problems)


def test_every_bad_file_expects_something() -> None:
    assert len(list(FOLDER.glob("*.toml"))) > 90
    assert all(expected(path) for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xff\xfe[\0a\0m\0i\0]\0", "line 1, byte 1: is not UTF-8; save the file as UTF-8"),
        ("[site]\n# Привет, Контакт".encode("cp1251"), "line 2, byte 3: is not UTF-8; save the file as UTF-8"),
        (b"a = " + b"[" * 60_000, "is nested too deeply to be settings"),
        (b"#" * 2_000_000, "is larger than 1024 KiB"),
        (b"[ami]\nport = 5038\x00", "line 2, column 12"),
    ],
    ids=["UTF-16", "cp1251", "brackets", "huge", "NUL"],
)
def test_what_is_no_settings_file_at_all_is_told_in_one_line(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    (problem,) = caught.value.problems
    assert told in str(problem)
    assert str(problem).isprintable()


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "ringtally.toml", {})
    assert str(caught.value) == f"{tmp_path}/ringtally.toml: there is no such file; make it, or correct the path"


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_settings(tmp_path, {})


def test_the_mark_that_windows_editors_put_first_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_bytes(b"\xef\xbb\xbf[ami]\r\nport = 5039\r\n")
    assert load_settings(path, {}).settings.ami.port == 5039


def test_control_characters_of_a_file_never_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_text(
        '[site]\nlanguage = "\\u001b[2J\\u202e"\n"\\u001b]0;x" = 1\n[queues."\\u0007"]\nwrapup = "\\u0007"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert len(caught.value.problems) == 5
    assert all(str(problem).isprintable() for problem in caught.value.problems)


def test_a_long_value_is_cut_in_the_message(tmp_path: Path) -> None:
    path = tmp_path / "ringtally.toml"
    path.write_text(f'[site]\nlanguage = "{"x" * 10_000}"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {})
    assert len(str(caught.value)) < 300
