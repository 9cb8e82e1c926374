"""The address by which this machine reaches what listens on it."""

from config.fields import host_and_port

# Who listens on every address is reached on this machine's own.
_OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound here


def own_address(listen: str, port: int | None = None, scheme: str = "http") -> str:
    """The address to open for what listens as the setting (`host:port`) says; `port`: the one that it was given, where that says 0."""
    host, said = host_and_port(listen)
    host = _OWN.get(host, host)
    port = said if port is None else port
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
