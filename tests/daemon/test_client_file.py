"""Files of clients as spreadsheets and CRMs export them are understood; what is broken is told with line and cure."""

import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.sections import Clients
from daemon import client_file
from daemon.client_file import NAME_LONGEST, ClientFile, ClientFileError, read_clients
from handlers.clients import Client
from handlers.numbers import NumberPlan

PLAN = NumberPlan("RU", "495")
IVAN = {"+79001112233": Client("Иван Петров", "Анна")}


def read(folder: Path, data: str | bytes, **how: Any) -> ClientFile:
    path = folder / "clients.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_clients(path, Clients(file=path, **how), PLAN)


def refused(folder: Path, data: str | bytes, **how: Any) -> str:
    with pytest.raises(ClientFileError) as caught:
        read(folder, data, **how)
    told = str(caught.value)
    assert told.startswith(f"{folder}/clients.csv")
    assert told.isprintable()
    return told.removeprefix(f"{folder}/clients.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_however_it_was_exported(tmp_path: Path, encoding: str, delimiter: str, line_end: str) -> None:
    lines = [("Телефон", "Клиент", "Ответственный"), ("8 (900) 111-22-33", "Иван Петров", "Анна")]
    text = "".join(delimiter.join(line) + line_end for line in lines)
    found = read(tmp_path, text.encode(encoding))
    assert found.clients == IVAN
    assert (found.encoding, found.delimiter, found.rows) == (encoding.removesuffix("-sig"), delimiter, 1)


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        ("number;name;responsible\n89001112233;Иван Петров;Анна\n", IVAN),
        ("89001112233;Иван Петров;Анна\n", IVAN),
        ("89001112233\n", {"+79001112233": Client(None, None)}),
        ("sep=,\r\nphone,name,manager\r\n89001112233,Иван Петров,Анна\r\n", IVAN),
        ("Ответственный;ФИО;Телефон\nАнна;Иван Петров;89001112233\n", IVAN),
        ("ID;Имя;Фамилия;Рабочий телефон;Ответственный\n7;Петров;Иван;89001112233;Анна\n", IVAN),
        ("Phone 1;Mobile;Name;Owner\n;89001112233;Иван Петров;Анна\n", IVAN),
        ("Телефон;Телефон менеджера;Имя;Менеджер\n89001112233;84951234567;Иван Петров;Анна\n", None),
        ('"Телефон";"Имя"\n"8 900 111-22-33\n8 495 123-45-67";"ООО ""Ромашка"""\n', None),
        ("\n\nТелефон;Имя\n\n89001112233;\n\n", {"+79001112233": Client(None, None)}),
        ("Телефон;Имя\n89001112233\n", {"+79001112233": Client(None, None)}),
        ("Телефон;Имя\n89001112233;Иван;и;ещё\n", {"+79001112233": Client("Иван", None)}),
        ('Телефон;Имя\n89001112233;ООО "Рома;шка\n', {"+79001112233": Client('ООО "Рома', None)}),
    ],
)
def test_whatever_its_columns(tmp_path: Path, text: str, clients: dict[str, Client] | None) -> None:
    found = read(tmp_path, text).clients
    if clients is not None:
        assert found == clients
    elif "Ромашка" in text:
        assert found == dict.fromkeys(("+79001112233", "+74951234567"), Client('ООО "Ромашка"', None))
    else:  # a manager's own telephone makes him no client
        assert list(found) == ["+79001112233"]


def test_columns_that_are_named_are_those_that_count(tmp_path: Path) -> None:
    text = "Код;Тел. 1;Тел. 2;Кто;Откуда;Чей\n5;89001112233;84951234567;Иван;Тула;Анна\n"
    how = {"number_columns": ("тел. 1",), "name_columns": ("Кто", "Откуда"), "responsible_columns": ("Чей",)}
    assert read(tmp_path, text, **how).clients == {"+79001112233": Client("Иван Тула", "Анна")}
    told = refused(tmp_path, text, number_columns=("Телефон",))
    assert 'line 1: there is no column "Телефон"; there are "код", "тел. 1"' in told


def test_of_two_rows_with_one_number_the_first_counts_and_it_is_told(tmp_path: Path) -> None:
    text = "number;name\n89001112233;Иван\n+7 900 111-22-33, 84951234567;Олег\n89001112233,89001112233;Иван\n"
    found = read(tmp_path, text)
    assert found.clients == {"+79001112233": Client("Иван", None), "+74951234567": Client("Олег", None)}
    assert (found.repeated, found.first_repeated) == (2, 3)


def test_rows_without_a_number_are_passed_over_and_counted(tmp_path: Path) -> None:
    text = "number;name\n89001112233;Иван\n;Олег\n7,9E+10;Пётр\nнет;Анна\n89001112234;\n89001112235;Ира\n"
    found = read(tmp_path, text)
    assert list(found.clients) == ["+79001112233", "+79001112234", "+79001112235"]
    assert (found.rows, found.without_number, found.refused) == (6, 1, 2)
    assert found.first_refused is not None
    assert found.first_refused[0] == 4
    assert "rounded" in found.first_refused[1]


def test_names_are_text_and_nothing_else(tmp_path: Path) -> None:
    names = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>",
        "'; DROP TABLE client; --",
        "a\x1b[31m\u202eb\u200bc\x07",
    ]
    text = "number;name\n" + "".join(f"8900111223{place};{name}\n" for place, name in enumerate(names))
    found = [name for name, _ in read(tmp_path, text + f"89001112239;{'я' * 5000}\n").clients.values()]
    assert found == [*(name for name in names[:2]), "'", "a [31m b c", "я" * NAME_LONGEST]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", ": has no client with a number"),
        ("Телефон;Имя\n", ": has no client with a number"),
        ("Имя;Код\nИван;7\n", ", line 1: no column looks like telephone numbers; begin the file with a line such as "),
        (b"PK\x03\x04...", ": this is an XLSX or ODS file; save it as CSV"),
        ("number;name\n1;a\x00b\n", ", line 2: is no text; save it as CSV, in UTF-8"),
        ("Телефон;Клиент\n1;Имя".encode() + b"\n2;\xd0\n", ", line 3: is not UTF-8; export anew"),
        (b"number;name\n89001112233;\x98\n", ", line 2: is neither UTF-8 nor Windows-1251"),
        (b"\xff\xfen\x00u", ", line 1: is not UTF-16; export anew"),
        ('number;name\n89001112233;"Иван\n89001112234;Олег\n', ", line 2: a quotation mark is opened here"),
        ('number;name\n89001112233;"Иван\n', ", line 2: a quotation mark is opened here"),
        ('number;name\n89001112233;"Иван', ", line 2: a quotation mark is opened here"),
        (
            'number;name\n89001112233;"Иван\n' + "89001112234;Олег\n" * 200 + '";\n',
            ", line 2: a quotation mark is opened",
        ),
        ("number;name\nИван;89001112233\nОлег;89001112234\n", ", line 2: no telephone number, and so in 2 of 2 rows"),
    ],
)
def test_what_is_broken_is_told_with_line_and_cure(tmp_path: Path, data: str | bytes, told: str) -> None:
    assert refused(tmp_path, data).startswith(told)


def test_settings_that_do_not_fit_the_file_are_told(tmp_path: Path) -> None:
    assert ", line 2: is not UTF-8" in refused(
        tmp_path, "number;name\n89001112233;Иван".encode("cp1251"), encoding="utf-8"
    )
    assert read(tmp_path, "number;name\n89001112233;Иван Петров".encode("cp1251"), encoding="cp1251").clients
    assert read(tmp_path, "number\tname|x|y\n89001112233\tИван", delimiter="tab").clients


def test_the_garbage_collector_has_nothing_to_look_for_in_a_large_directory(tmp_path: Path) -> None:
    found = read(tmp_path, "number;name\n" + "".join(f"8900{number:07};Клиент\n" for number in range(100)))
    gc.collect()
    assert len(found.clients) == 100
    assert not any(map(gc.is_tracked, found.clients.values()))


def test_a_file_that_is_not_there_or_not_for_us_is_told(tmp_path: Path) -> None:
    for name, told in (("none.csv", "cannot be read: No such file or directory; make it"), ("", "Is a directory")):
        with pytest.raises(ClientFileError, match=told):
            read_clients(tmp_path / name, Clients(file=tmp_path / name), PLAN)


def test_how_large_it_may_be_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_file, "MOST_NUMBERS", 2)
    text = "number\n89001112233\n89001112234\n"
    assert len(read(tmp_path, text).clients) == 2
    assert ", line 4: more than 2 numbers" in refused(tmp_path, text + "89001112235\n")
    monkeypatch.setattr(client_file, "MOST_BYTES", 1024 * 1024)
    assert ": larger than 1 MiB" in refused(tmp_path, b"number\n" + b" " * 1024 * 1024)
    assert "field larger" in refused(tmp_path, "number;name\n89001112233;" + "x" * 200_000)


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: ("number;name\n" + text).encode("utf-8", "replace"))
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_understood_or_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    try:
        found = read(tmp_path, data)
    except ClientFileError as error:
        told = str(error)
    else:
        told = "".join(name or "x" for name, _ in found.clients.values())
    assert told.isprintable()
    assert told
