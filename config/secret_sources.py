"""Secrets: from the environment, a systemd credential, a file of their own, or the settings file; in this order."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from config.files import UnreadableError, is_open_to_all, read_secret
from config.keys import SECRETS, Key
from config.layers import Layers
from config.problems import Fault, Problem, printable
from config.sections import Settings


def resolve_secrets(layers: Layers, environ: Mapping[str, str]) -> None:
    """Put each secret into the values, wherever it comes from; what is wrong with its source becomes a problem.

    A credential is a file named like the key (`ami.secret`) in $CREDENTIALS_DIRECTORY.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    for key in SECRETS:
        if key.section not in layers.values and Settings.model_fields[key.section].default is None:
            continue
        credential = Path(folder) / str(key) if folder else None
        _resolve(layers, key, credential if credential is not None and _is_there(credential) else None)


def forget_secret_files(layers: Layers) -> None:
    """Leave secrets in files unread: for commands that log in nowhere, run by users who may not read them."""
    for key in SECRETS:
        layers.drop(key.section, key.file)


def _resolve(layers: Layers, key: Key, credential: Path | None) -> None:
    section, name, named = key.section, key.name, key.file
    if layers.is_from_environment(section, name) or layers.is_from_environment(section, named):
        layers.drop(section, *(each for each in (name, named) if not layers.is_from_environment(section, each)))
    elif credential is not None:
        if layers.get(section, name):
            layers.warn((section, name), "is not used, for systemd gives a credential", "remove it here")
        layers.drop(section, name, named)
        _take_credential(layers, key, credential)
        return
    file = layers.get(section, named)
    if file and layers.get(section, name):
        layers.add(Fault((section, named), f"is set beside {name}", f"keep one of them, better {named}"))
    elif isinstance(file, str) and file.strip():
        _take_file(layers, key, Path(file))


def _is_there(path: Path) -> bool:
    """Is there such a file? One that we may not even look for is: reading it then says what is wrong."""
    try:
        return path.exists()
    except OSError:
        return True


def _is_file_or_folder(path: Path) -> bool:
    """One with a name that is too long is none."""
    try:
        return path.exists()
    except OSError:
        return False


def _take_credential(layers: Layers, key: Key, path: Path) -> None:
    try:
        layers.put(key, SecretStr(read_secret(path)))
    except UnreadableError as error:
        layers.problems.append(Problem(printable(str(path)), "", str(error), error.cure))


def _take_file(layers: Layers, key: Key, path: Path) -> None:
    place, shown = (key.section, key.file), printable(str(path))
    try:
        layers.put(key, SecretStr(read_secret(path)))
    except UnreadableError as error:
        if layers.is_bare(*place) and not _is_file_or_folder(path):
            folder = printable(str(path.parent.absolute()))
            layers.add(Fault(place, f"there is no such file in {folder}", "write its path, and the secret into it"))
        else:
            layers.add(Fault(place, f"{shown}: {error}", error.cure))
        return
    if is_open_to_all(path):
        layers.warn(place, f"{shown} may be read by every user of this machine", f"chmod o= {shown}")
