"""The project as a whole: what is installed, what is locked, what is documented. `python -m tests.test_project` redraws the map."""

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("daemon", "handlers", "storage", "config")
MAP = ROOT / "docs/architecture.md"
_MAP = re.compile(r"(?<=<!-- map -->\n).*(?=<!-- /map -->)", re.DOTALL)
_FIRST_SENTENCE = re.compile(r".*?[.?](?=\s|$)|.+", re.DOTALL)


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"), key=lambda path: (path.parent, path.name))


def first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    match = _FIRST_SENTENCE.match(docstring)
    return " ".join(match[0].split()).rstrip(".") if match else ""


def drawn_map() -> str:
    """Every file with the first sentence of its docstring, folder by folder."""
    lines = []
    folder = None
    for path in modules():
        name = path.relative_to(ROOT)
        if name.parent != folder:
            folder = name.parent
            lines += ["", f"**`{folder}/`** {first_sentence(path.parent / '__init__.py')}", ""]
        if path.name != "__init__.py":
            lines.append(f"- `{path.name}` {first_sentence(path)}")
    return "\n".join([*lines, ""])


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0")[:-1]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    assert not [path for path in modules() if not first_sentence(path)]


def test_the_map_in_the_architecture_page_is_that_of_the_house() -> None:
    match = _MAP.search(MAP.read_text())
    assert match is not None
    assert match[0] == drawn_map(), "python -m tests.test_project draws it anew"


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_belongs_to_this_distribution_alone(package: str) -> None:
    # PyPI's python-daemon owns the name `daemon` too, and pip would let one overwrite the other in silence.
    assert set(packages_distributions()[package]) == {"ringtally"}


@pytest.mark.parametrize("name", ["run.txt", "demo.txt", "test.txt"])
def test_every_locked_package_has_a_version_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = [line for line in text.replace("\\\n", "").splitlines() if line and not line.startswith("#")]
    assert len(entries) > 10
    assert not [
        entry for entry in entries if not re.match(r"[a-z0-9._-]+==\S+(\s+--hash=sha256:[0-9a-f]{64})+$", entry)
    ]


def test_what_runs_is_locked_to_the_same_versions_in_the_tests() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert versions("run.txt") <= versions("demo.txt") <= versions("test.txt")


def test_no_committed_file_names_a_registrys_host_or_a_folder_of_one_machine() -> None:
    files = committed()
    if not files:  # an unpacked archive without its history
        files = [*modules()]
    hosts = re.compile(rb"https?://[a-z0-9.-]*(?:debian|pythonhosted|npmjs|pypi)\.(?:org|com)")
    folders = re.compile(rb"(?:^|[^A-Za-z0-9_.])/(?:home/[a-z]|root|work)/")
    found = [path for path in files if hosts.search(data := path.read_bytes()) or folders.search(data)]
    assert not found


def main() -> None:
    """Draw the map anew."""
    MAP.write_text(_MAP.sub(lambda _match: drawn_map(), MAP.read_text()))


if __name__ == "__main__":
    main()
