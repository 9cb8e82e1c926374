"""All that is fuzzed, by name."""

from tests.fuzz import files, recording, said, stream
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target for target in (*stream.TARGETS, *recording.TARGETS, *files.TARGETS, *said.TARGETS)
}
