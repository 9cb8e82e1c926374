"""The device that Home Assistant shows: as its documentation has it, of figures that our topics really say, and with nothing of a caller."""

from typing import Any

import jsonschema_rs
import pytest
from jinja2 import Environment

from daemon.board.home_assistant import device, gone_since, without
from daemon.schemas.alone import alone
from daemon.schemas.home_assistant import DEVICE
from tests.daemon.boards import HEALTHY, LivePbx, a_board
from tests.documents.validity import channel_of
from tests.storage.sample_calls import a_call

ROOT, DEVICE_ID = "ringtally/office/", "ringtally-office"
SCHEMA = jsonschema_rs.Draft202012Validator(alone(DEVICE, "device"))


def board(**changes: Any) -> Any:
    return a_board(LivePbx(lambda: [a_call(state="queued", answered_at=None)]), **changes)


def payload(about: Any = None) -> dict[str, Any]:
    about = about or board()
    about.refresh()
    return device(about.payload("bridge/info", False), ROOT, DEVICE_ID)


def shown(about: Any, key: str) -> str:
    """What Home Assistant makes of the topic, by its own rules: a template over `value_json`, else the payload itself."""
    component = payload(about)["components"][key]
    topic = component["state_topic"].removeprefix(ROOT)
    said = about.payload(topic, False)
    if "value_template" not in component:
        return str(said[about.topics()[topic].bare])
    return Environment(autoescape=False).from_string(component["value_template"]).render(value_json=said)


def test_it_is_a_device_as_the_documentation_has_one() -> None:
    SCHEMA.validate(payload())


def test_each_sensor_is_of_a_topic_that_there_is_and_of_a_field_that_it_has() -> None:
    about = board()
    for key, component in payload(about)["components"].items():
        channel_of(component["state_topic"].removeprefix(ROOT))
        assert shown(about, key) != "", key


def test_figures_are_shown_and_what_there_is_none_of_is_unknown() -> None:
    about = board()
    assert (shown(about, "waiting"), shown(about, "calls"), shown(about, "missed_open")) == ("1", "1", "0")
    assert shown(about, "waiting_since").endswith("Z")
    assert shown(about, "pbx") == "ON"
    assert shown(about, "queue_support_waiting") == "0"
    # In Home Assistant the word `None` is no value.
    assert shown(about, "service_level") == shown(about, "queue_support_service_level") == "None"
    assert shown(about, "queue_support_oldest_since") == "None"
    assert shown(about, "queue_support_available") == "0"
    away = board(health=lambda: HEALTHY | {"ami": "lost"})
    assert shown(away, "pbx") == "OFF"


def test_a_share_is_shown_in_percent() -> None:
    template = payload()["components"]["service_level"]["value_template"]
    assert Environment(autoescape=False).from_string(template).render(value_json={"service_level": 0.8333}) == "83.3"


def test_what_tells_entities_apart_is_lasting_and_no_two_have_the_same() -> None:
    ids = [each["unique_id"] for each in payload()["components"].values()]
    assert len(set(ids)) == len(ids)
    assert {"ringtally-office_waiting", "ringtally-office_queue_support_waiting"} <= set(ids)


def test_names_are_in_the_language_of_the_site() -> None:
    info = board().payload("bridge/info", False)
    russian = device(info | {"language": "ru"}, ROOT, DEVICE_ID)["components"]
    english = device(info | {"language": "en"}, ROOT, DEVICE_ID)["components"]
    assert (russian["waiting"]["name"], english["waiting"]["name"]) == ("Ждут ответа", "Callers waiting")
    assert english["queue_support_waiting"]["name"] == "support: callers waiting"
    assert {key: each["unique_id"] for key, each in russian.items()} == {
        key: each["unique_id"] for key, each in english.items()
    }


def test_components_that_are_no_more_are_named_to_be_removed() -> None:
    earlier = payload()
    now = {**earlier, "components": {key: each for key, each in earlier["components"].items() if "support" not in key}}
    gone = gone_since(earlier, now["components"])
    assert gone.keys() == {f"queue_support_{key}" for key in ("waiting", "oldest_since", "available", "service_level")}
    removing = without(now, gone)
    SCHEMA.validate(removing)
    assert removing["components"]["queue_support_waiting"] == {"platform": "sensor"}


@pytest.mark.parametrize(
    "earlier", [None, [], {}, {"components": []}, {"components": {"a": 1, "b": {"platform": "light"}}}]
)
def test_of_what_somebody_else_wrote_there_nothing_is_removed(earlier: Any) -> None:
    assert gone_since(earlier, ()) == {}
