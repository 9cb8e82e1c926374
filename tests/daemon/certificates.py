"""Certificates for tests of TLS, made anew each time: none expires in a checkout, and no private key lies in one."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """An authority, and a server's certificate (with its key in the same file) signed by it for `names`."""

    authority: Path
    server: Path


def make_certificates(folder: Path, names: str, authority: str = "ringtally tests") -> Certificates:
    """Make both in `folder`; `names` as OpenSSL writes them: `DNS:pbx.example,IP:127.0.0.1`."""
    root, root_key, server = folder / "ca.pem", folder / "ca.key", folder / "server.pem"
    leaf, leaf_key = folder / "leaf.pem", folder / "leaf.key"
    _openssl("-out", root, "-keyout", root_key, "-subj", f"/CN={authority}")
    signed = ("-CA", root, "-CAkey", root_key, "-addext", f"subjectAltName={names}")
    _openssl("-out", leaf, "-keyout", leaf_key, "-subj", "/CN=pbx", *signed, "-addext", "basicConstraints=CA:FALSE")
    server.write_bytes(leaf.read_bytes() + leaf_key.read_bytes())
    server.chmod(0o600)
    return Certificates(root, server)


def make_client_certificate(folder: Path, names: str) -> Path:
    """A certificate of a client, its key in the same file, signed by the authority that is in `folder`."""
    client, leaf, key = folder / "client.pem", folder / "client-leaf.pem", folder / "client.key"
    signed = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", f"subjectAltName={names}")
    _openssl("-out", leaf, "-keyout", key, "-subj", "/CN=client", *signed, "-addext", "basicConstraints=CA:FALSE")
    client.write_bytes(leaf.read_bytes() + key.read_bytes())
    client.chmod(0o600)
    return client


def lock_key(key: Path) -> Path:
    """The same key in a file that a password opens."""
    locked = key.with_suffix(".locked")
    command: list[str | Path] = ["openssl", "pkey", "-in", key, "-out", locked, "-aes128", "-passout", "pass:hush"]
    subprocess.run(command, check=True, capture_output=True)
    return locked


def _openssl(*arguments: str | Path) -> None:
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    subprocess.run(["openssl", "req", "-x509", *curve, *arguments], check=True, capture_output=True)
