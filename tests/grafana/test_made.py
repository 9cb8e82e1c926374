"""The dashboards of config/grafana are what the generator makes."""

from tests.grafana.made.files import FOLDER, made, text


def test_the_files_are_what_the_generator_makes_and_there_are_no_others() -> None:
    expected = {path: text(dashboard) for path, dashboard in made()}
    found = {path: path.read_text() for path in FOLDER.glob("dashboards/*/*")}
    assert found == expected, "run `make dashboards`"


def test_both_languages_ask_the_same() -> None:
    by_name: dict[str, list[list[str]]] = {}
    for path, dashboard in made():
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
        by_name.setdefault(path.name, []).append(asked)
    for english, russian in by_name.values():
        assert english == russian


def test_russian_ones_speak_russian() -> None:
    for path, dashboard in made():
        if path.parent.name == "ru":
            for panel in dashboard["panels"]:
                said = panel["title"] + panel.get("description", "")
                assert any("а" <= letter <= "я" for letter in said.lower()), said
