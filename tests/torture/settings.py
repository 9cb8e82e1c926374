"""The daemon's settings under torture: little patience, so that a fault takes seconds and not minutes."""

from pathlib import Path

TRUNKS = ("megafon", "mts", "rostelecom", "trunk")
PING_S, PATIENCE_S = 1.0, 2.0
SILENT_S = PING_S + PATIENCE_S
"""So long a silent line may last before it is given up; a machine that is busy with other things needs some time to answer."""


def write_settings(path: Path, host: str, port: int, secret: str, database: Path, more: str = "") -> None:
    """Write them anew; a daemon that runs takes them over by SIGHUP."""
    trunks = "".join(f'[[trunks]]\nname = "{trunk}"\nchannels = ["PJSIP/{trunk}-*"]\n' for trunk in TRUNKS)
    path.touch(mode=0o600)
    path.write_text(
        f'[site]\ntimezone = "Europe/Moscow"\nlanguage = "en"\n'
        f'[ami]\nhost = "{host}"\nport = {port}\nsecret = "{secret}"\nreconnect_max = "1s"\n'
        f'timeout = "6s"\nping_interval = "{PING_S}s"\nping_timeout = "{PATIENCE_S}s"\n'
        f'[http]\nlisten = "127.0.0.1:0"\n[log]\nformat = "json"\n[storage]\npath = "{database}"\n{trunks}{more}'
    )
