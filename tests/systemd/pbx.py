"""A scripted PBX as a process of its own, inside the machine's network: `begin ID`, `end ID`, `logins` on stdin, answers on stdout."""

import asyncio
import sys

from tests.daemon.fake_asterisk import Action, FakeAsterisk, Session, hangup, listed, new_channel, run_of_headers

PORT = 5038


class Switch:
    """The calls that live on the PBX, which a snapshot lists too."""

    def __init__(self, pbx: FakeAsterisk) -> None:
        self._pbx = pbx
        self._live: dict[str, None] = {}
        pbx.answers["CoreShowChannels"] = self._channels

    def obey(self, order: str) -> str:
        """Do as told; the answer for whoever told it."""
        word, _, what = order.partition(" ")
        if word == "logins":
            return str(len(self._pbx.sessions))
        ids = what.split()
        for uniqueid in ids:
            self._live.pop(uniqueid, None)
            if word == "begin":
                self._live[uniqueid] = None
        self._pbx.sessions[-1].send(b"".join(map(new_channel if word == "begin" else hangup, ids)))
        return "done"

    def _channels(self, _session: Session, action: Action) -> bytes:
        shown = [f"CoreShowChannel\r\nActionID: {{id}}\r\n{run_of_headers(each)}".rstrip() for each in self._live]
        return listed(action, "CoreShowChannelsComplete", shown)


async def main() -> None:
    """Serve until stdin ends."""
    pbx = FakeAsterisk(steady=True)
    await pbx.listen(PORT)
    switch = Switch(pbx)
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("listening", flush=True)
    while order := await orders.readline():
        print(switch.obey(order.decode().strip()), flush=True)
    await pbx.go_down()


if __name__ == "__main__":
    asyncio.run(main())
