"""The discovery payload of Home Assistant, as its documentation has it (MQTT integration, device discovery), cut to what we use."""

from daemon.schemas.values import Schema, one_of, text, thing

_SHARED: dict[str, Schema] = {
    "name": text("What people see"),
    "unique_id": text("Lasting, so that people may rename the entity"),
    "state_topic": text("Which topic of ours"),
    "value_template": text(
        "A Jinja template that takes the value out of its payload; not there: the payload is the value"
    ),
    "icon": {"type": "string", "pattern": "^mdi:[a-z-]+$", "description": "An icon"},
}
_REMOVED: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["platform"],
    "properties": {"platform": one_of("Of a component that is no more", ("sensor", "binary_sensor"))},
    "description": "Removes the component",
}


def _component(says: str, properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["platform", "name", "unique_id", "state_topic", *required],
        "properties": properties | _SHARED,
        "description": says,
    }


_NUMBER = _component(
    "A number",
    {
        "platform": {"const": "sensor", "description": "What it is"},
        "state_class": one_of("How its history is kept", ("measurement", "total_increasing")),
        "unit_of_measurement": {"const": "%", "description": "Its unit; not there: a count"},
    },
    ("state_class",),
)
_MOMENT = _component(
    "A moment",
    {
        "platform": {"const": "sensor", "description": "What it is"},
        "device_class": {"const": "timestamp", "description": "ISO 8601 with its zone"},
    },
    ("device_class", "value_template"),
)
_YES_OR_NO = _component(
    "Yes or no",
    {
        "platform": {"const": "binary_sensor", "description": "What it is"},
        "device_class": {"const": "connectivity", "description": "ON: connected"},
        "entity_category": {"const": "diagnostic", "description": "Not among the first things shown"},
    },
    ("device_class", "value_template"),
)
DEVICE: Schema = thing(
    "A device of Home Assistant",
    {
        "device": thing(
            "What it is",
            {
                "identifiers": {
                    "type": "array",
                    "minItems": 1,
                    "items": text("Lasting"),
                    "description": "By what it is known again",
                },
                "name": text("What people see"),
                "manufacturer": text("Whose"),
                "model": text("Which"),
                "sw_version": text("Of ringtally"),
            },
        ),
        "origin": thing("Who tells of it", {"name": text("Its name"), "sw_version": text("Its version")}),
        "availability_topic": text("`online` or `offline`: may the figures be believed?"),
        "qos": {"const": 1, "description": "With which the topics are subscribed to"},
        "components": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z0-9_-]+$"},
            "additionalProperties": {
                "oneOf": [_NUMBER, _MOMENT, _YES_OR_NO, _REMOVED],
                "description": "An entity, or one to be removed",
            },
            "description": "Its entities, by a lasting key",
        },
    },
)
