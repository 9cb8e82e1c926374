"""TLS as the settings want it, made ready: the HTTP server's own, and who is believed where we connect."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.files import UnreadableError
from config.problems import printable
from config.web_config import WebTls
from config.web_tls_words import CLIENT_AUTH, VERSIONS

_VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
_ENCRYPTED = "is locked with a password", "store it unlocked, and let only ringtally's user read it"


def load_identity(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """Have the context prove who we are; UnreadableError."""
    shown = printable(str(cert))

    def locked() -> str:  # OpenSSL would ask at the terminal
        raise UnreadableError(f"the key {printable(str(key))} {_ENCRYPTED[0]}", _ENCRYPTED[1])

    try:
        context.load_cert_chain(cert, key, password=locked)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            message = f"{shown} is not the certificate of the key {printable(str(key))}"
            raise UnreadableError(message, "name the two that belong together") from None
        message = f"{shown} and {printable(str(key))} hold no certificate and key in PEM ({_words(error)})"
        raise UnreadableError(message, "name a certificate and its key") from None
    except OSError as error:
        raise UnreadableError(f"{shown} or {printable(str(key))}: {error.strerror}", "correct the paths") from None


def server_context(tls: WebTls) -> ssl.SSLContext:
    """The HTTP server's TLS; UnreadableError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion[VERSIONS[tls.min_version] or "TLSv1_2"]
    context.maximum_version = ssl.TLSVersion[VERSIONS[tls.max_version] or "TLSv1_3"]
    if any(tls.ciphers):
        context.set_ciphers(":".join(filter(None, tls.ciphers)))
    if tls.prefer_server_ciphers:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.curve is not None:
        context.set_ecdh_curve(tls.curve)
    context.set_alpn_protocols(["http/1.1"])
    with _as_file(tls.cert, tls.cert_file) as cert, _as_file(tls.key, tls.key_file) as key:
        load_identity(context, cert, key)
    if tls.client_ca or tls.client_ca_file is not None:
        context.verify_mode = _VERIFY[CLIENT_AUTH[tls.client_auth] or "required"]
        try:
            context.load_verify_locations(tls.client_ca_file, cadata=tls.client_ca or None)
        except ssl.SSLError as error:
            shown = "client_ca" if tls.client_ca_file is None else printable(str(tls.client_ca_file))
            message = f"{shown} holds no certificate in PEM ({_words(error)})"
            raise UnreadableError(message, "name the certificate of who signs those of clients") from None
    return context


@contextmanager
def _as_file(text: str, file: Path | None) -> Iterator[Path]:
    """OpenSSL reads certificates from files alone; a text is one in memory for the time of the block."""
    if file is not None:
        yield file
        return
    handle = os.memfd_create("pem")
    try:
        os.write(handle, text.encode())
        yield Path(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "no PEM").lower().replace("_", " ")
