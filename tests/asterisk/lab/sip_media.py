"""What a leg has to say: silence, as RTP. Voicemail and features of the PBX want frames, and do nothing without."""

import asyncio
import itertools
import re
from collections.abc import Callable

PACKET_S = 0.02
_SAMPLES = 160
_SILENCE = b"\xff" * _SAMPLES  # of PCMU
_ports = itertools.cycle(range(40000, 60000, 2))


class Media:
    """One leg's end of the media: a port of `ip`, and where the other end is once its SDP was heard."""

    def __init__(self, ip: str) -> None:
        self._ip = ip
        self._port = next(_ports)
        self._version = 1
        self._other_end: tuple[str, int] | None = None

    def offer(self, direction: str = "sendrecv") -> bytes:
        """The SDP, each time of a newer version."""
        self._version += 1
        lines = [
            "v=0",
            f"o=- 1 {self._version} IN IP4 {self._ip}",
            "s=-",
            f"c=IN IP4 {self._ip}",
            "t=0 0",
            f"m=audio {self._port} RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000",
            f"a={direction}",
        ]
        return "".join(f"{line}\r\n" for line in lines).encode()

    def hear(self, offer: bytes) -> None:
        """Take the other end's address from its SDP, if it is one."""
        port = re.search(rb"m=audio (\d+)", offer)
        address = re.search(rb"c=IN IP4 (\S+)", offer)
        if port and address:
            self._other_end = address[1].decode(), int(port[1])

    async def send_silence(self, is_up: Callable[[], bool]) -> None:
        """Send a packet every 20 ms while the leg is up."""
        if self._other_end is None:
            return
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=(self._ip, self._port)
            )
        except OSError:
            return  # somebody has the port: this leg says nothing
        began = loop.time()
        try:
            for serial in itertools.count(1):
                if not is_up():
                    break
                transport.sendto(_packet(serial), self._other_end)
                await asyncio.sleep(max(0, began + serial * PACKET_S - loop.time()))
        finally:
            transport.close()


def answer_to(offer: bytes) -> str:
    """The direction that answers an SDP in the middle of a call: who is held listens."""
    return "recvonly" if b"a=sendonly" in offer or b"a=inactive" in offer else "sendrecv"


def _packet(serial: int) -> bytes:
    return (
        b"\x80\x00" + (serial & 0xFFFF).to_bytes(2, "big") + (serial * _SAMPLES).to_bytes(4, "big") + b"labs" + _SILENCE
    )
