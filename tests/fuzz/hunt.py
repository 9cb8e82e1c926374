"""One target under atheris, for one process: `python -m tests.fuzz.hunt TARGET [libFuzzer's words...]`.

Coverage is of our own code alone. libFuzzer ends the process itself.
"""

import shlex
import sys

import atheris

with atheris.instrument_imports(include=["handlers", "daemon", "storage", "config"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Hunt until libFuzzer has enough."""
    name, *words = sys.argv[1:]
    # To merge, libFuzzer starts itself again, and hands the words of its command line to a shell as they are.
    atheris.Setup([f"{shlex.quote(sys.executable)} -m tests.fuzz.hunt {name}", *words], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
