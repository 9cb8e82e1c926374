"""AsyncAPI's own parser (npm's @asyncapi/parser, put into the cache by scripts/real-parts) takes the document, and would tell of faults."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from daemon.http_document import TOPICS
from daemon.schemas.topics import CHANNELS

CHECK = Path(__file__).with_name("check.cjs")
ERROR = 0
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringtally/asyncapi"
WITHIN_S = 120.0
MISTAKES = (("action: send", "action: emit"), ("qos: 1", "qos: 3"), ("'#/channels/bridgeInfo'", "'#/channels/nothing'"))


def parsed(*documents: Path) -> Any:
    """What it says of each; one run for all of them, for its start is what costs."""
    node = shutil.which("node") or shutil.which("nodejs")
    assert node is not None, "no node: run scripts/real-parts"
    environment = {**os.environ, "NODE_PATH": str(CACHE / "node_modules")}
    ran = subprocess.run(
        [node, CHECK, *documents], env=environment, capture_output=True, timeout=WITHIN_S, check=False, text=True
    )
    assert ran.returncode == 0, f"run scripts/real-parts; {ran.stderr}"
    return json.loads(ran.stdout)


def errors(found: Any) -> list[Any]:
    return [each for each in found["told"] if each["severity"] == ERROR]


def test_the_document_is_one_with_every_topic_and_a_wrong_one_would_be_told_of(tmp_path: Path) -> None:
    text = TOPICS.read_text()
    wrong = []
    for number, (before, after) in enumerate(MISTAKES):
        assert before in text
        wrong.append(tmp_path / f"{number}.yaml")
        wrong[-1].write_text(text.replace(before, after, 1))
    found, *told = parsed(TOPICS, *wrong)
    assert errors(found) == []
    # That there is a newer version of the specification is no fault.
    assert [each["where"] for each in found["told"]] in ([], ["asyncapi"])
    assert found["channels"] == [f"{each.root}/{each.address}" for each in CHANNELS]
    assert all(errors(each) for each in told)
