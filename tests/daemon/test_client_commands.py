"""`check-clients`: what the daemon would make of a file, told before it does."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from daemon.cli import main

TEXT = "Телефон;Мобильный;Клиент\n123-45-67;;Иван\n;8 900 111-22-33;Олег\n;;Ира\nнет;;Пётр\n1234567;;Яна\n"


def run(folder: Path, *words: str, section: str = '[clients]\nfile = "clients.csv"\n') -> Result:
    settings = folder / "ringtally.toml"
    settings.write_text(f'[numbers]\narea_code = "495"\n{section}')
    return CliRunner().invoke(main, ["--config", str(settings), "check-clients", *words])


def test_it_tells_what_was_understood_and_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text(TEXT, encoding="cp1251")
    result = run(tmp_path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "2 numbers in 5 rows; cp1251, parted by semicolons",
        "numbers: Телефон, Мобильный",
        "names: Клиент",
        "responsible: no such column",
        "1 rows have no number",
        "1 rows are left out, the first in line 5: no telephone number",
        "1 numbers are there again, the first in line 6; the earlier row counts",
    ]


def test_a_file_that_would_be_refused_fails_with_line_and_cure(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text('number;name\n89001112233;"Иван\n')
    result = run(tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path}/clients.csv, line 2: a quotation mark is opened here" in result.stderr


def test_another_file_can_be_tried_and_no_database_is_needed(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("89001112233,Иван\n")
    for section in ("", '[clients]\nfile = "clients.csv"\n'):
        result = run(tmp_path, str(other), section=section)
        assert result.stdout.splitlines()[:3] == [
            "1 numbers in 1 rows; utf-8, parted by commas",
            "numbers: 1",
            "names: 2",
        ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.csv", "ringtally.toml"]


def test_titles_of_a_file_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("Телефон\x1b[31m;Клиент\n89001112233;Иван\n")
    result = run(tmp_path)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("words", [(), ("a.csv", "b.csv")])
def test_without_a_file_there_is_nothing_to_check(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(tmp_path, *words, section="").exit_code == 2
