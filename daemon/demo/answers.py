"""What the simulated PBX answers to actions about its state, in the shapes of Asterisk 22 (00-idle-snapshot, and a live one)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from daemon.demo.cast import EMPTY_QUEUE
from daemon.demo.figures import PARKING_TIMEOUT_S
from daemon.demo.switchboard import LiveChannel, LiveQueue, QueueMember, Switchboard
from handlers.ami.message import Message

Headers = Mapping[str, str]
_UNKNOWN = "Invalid/unknown command: {}. Use Action: ListCommands to show available commands."
_COMMANDS = {
    "BridgeInfo": "Get information about a bridge.  (Priv: <none>)",
    "BridgeList": "Get a list of bridges in the system.  (Priv: <none>)",
    "Challenge": "Generate Challenge for MD5 Auth.  (Priv: <none>)",
    "CoreSettings": "Show PBX core settings (version etc).  (Priv: system,reporting,all)",
    "CoreShowChannels": "List currently active channels.  (Priv: system,reporting,all)",
    "CoreStatus": "Show PBX core status variables.  (Priv: system,reporting,all)",
    "DeviceStateList": "List the current known device states.  (Priv: call,reporting,all)",
    "Events": "Control Event Flow.  (Priv: <none>)",
    "ListCommands": "List available manager commands.  (Priv: <none>)",
    "Login": "Login Manager.  (Priv: <none>)",
    "Logoff": "Logoff Manager.  (Priv: <none>)",
    "ParkedCalls": "List parked calls.  (Priv: call,all)",
    "Ping": "Keepalive command.  (Priv: <none>)",
    "QueueStatus": "Show queue status.  (Priv: <none>)",
    "Status": "List channel status.  (Priv: system,call,reporting,all)",
}


def block(headers: Iterable[tuple[str, str]]) -> bytes:
    """One message of these headers."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"


class Answers:
    """Answers from one switchboard; each method gives the whole answer to one action, asked at `at` (epoch seconds)."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._actions: dict[str, Callable[[Message, float], bytes]] = {
            "ping": self._ping,
            "listcommands": lambda action, _at: succeeded(action, _COMMANDS),
            "coresettings": self._core_settings,
            "corestatus": self._core_status,
            "coreshowchannels": self._channels,
            "status": self._status,
            "bridgelist": self._bridges,
            "bridgeinfo": self._bridge,
            "queuestatus": self._queues,
            "parkedcalls": self._parked,
            "devicestatelist": self._devices,
        }

    def answer(self, action: Message, at: float) -> bytes:
        """The answer to an action of one who is logged in."""
        asked = action.get("Action") or ""
        known = self._actions.get(asked.lower())
        return failed(action, _UNKNOWN.format(asked)) if known is None else known(action, at)

    @staticmethod
    def _ping(action: Message, at: float) -> bytes:
        return succeeded(action, {"Ping": "Pong", "Timestamp": f"{at:.6f}"})

    @staticmethod
    def _core_settings(action: Message, _at: float) -> bytes:
        return succeeded(
            action,
            {
                "AMIversion": "11.0.0",
                "AsteriskVersion": "22.10.1 (simulated)",
                "SystemName": "",
                "CoreMaxCalls": "0",
                "CoreMaxLoadAvg": "0.000000",
                "CoreRunUser": "",
                "CoreRunGroup": "",
                "CoreMaxFilehandles": "0",
                "CoreRealTimeEnabled": "No",
                "CoreCDRenabled": "Yes",
                "CoreHTTPenabled": "No",
                "SoundsSearchCustomDir": "No",
            },
        )

    def _core_status(self, action: Message, _at: float) -> bytes:
        booted = datetime.fromtimestamp(self._board.booted_at, UTC)
        day, time = f"{booted:%Y-%m-%d}", f"{booted:%H:%M:%S}"
        told = {"CoreStartupDate": day, "CoreStartupTime": time, "CoreReloadDate": day, "CoreReloadTime": time}
        current = {channel.headers["Linkedid"] for channel in self._board.channels.values()}
        return succeeded(
            action,
            told | {"CoreCurrentCalls": str(len(current)), "CoreProcessedCalls": str(self._board.processed)},
        )

    def _channels(self, action: Message, at: float) -> bytes:
        items = [
            {
                "Event": "CoreShowChannel",
                **_id(action),
                **channel.headers,
                "Application": channel.application,
                "ApplicationData": channel.data,
                "Duration": _clock(at - channel.created_at),
                "BridgeId": channel.bridge,
            }
            for channel in self._board.channels.values()
        ]
        return listed(action, "Channels", "CoreShowChannelsComplete", items)

    def _status(self, action: Message, at: float) -> bytes:
        items = [_status_of(channel, action, at) for channel in self._board.channels.values()]
        return listed(action, "Channel status", "StatusComplete", items, {"Items": str(len(items))})

    def _bridges(self, action: Message, _at: float) -> bytes:
        items = [
            {"Event": "BridgeListItem", **_id(action), **bridge.headers} for bridge in self._board.bridges.values()
        ]
        return listed(action, "Bridge listing", "BridgeListComplete", items)

    def _bridge(self, action: Message, _at: float) -> bytes:
        wanted = action.get("BridgeUniqueid")
        if not wanted:
            return failed(action, "BridgeUniqueid must be provided")
        bridge = self._board.bridges.get(wanted)
        if bridge is None:
            return failed(action, "Specified BridgeUniqueid not found")
        items = [
            {"Event": "BridgeInfoChannel", **_id(action), **self._board.channels[uniqueid].headers}
            for uniqueid in bridge.members
        ]
        return listed(action, "Bridge channel listing", "BridgeInfoComplete", items, bridge.headers)

    def _queues(self, action: Message, at: float) -> bytes:
        items: list[Headers] = []
        for name, queue in self._board.queues.items():
            if action.get("Queue") in {None, "", name}:
                items += self._queue(name, queue, _id(action), at)
        return listed(action, "Queue status", "QueueStatusComplete", items)

    def _queue(self, name: str, queue: LiveQueue, asked: Headers, at: float) -> Iterable[Headers]:
        yield {
            "Event": "QueueParams",
            "Queue": name,
            "Max": "0",
            "Strategy": "linear" if name != EMPTY_QUEUE else "ringall",
            "Calls": str(len(queue.waiting)),
            "Holdtime": str(queue.hold_s),
            "TalkTime": "0",
            "Completed": str(queue.completed),
            "Abandoned": str(queue.abandoned),
            "ServiceLevel": "0",
            "ServicelevelPerf": "0.0",
            "ServicelevelPerf2": "0.0",
            "Weight": "0",
            **asked,
        }
        for member in queue.members.values():
            yield {"Event": "QueueMember", "Queue": name, **_member(member), **asked}
        for position, (uniqueid, since) in enumerate(queue.waiting.items(), start=1):
            channel = self._board.channels[uniqueid].headers
            yield {
                "Event": "QueueEntry",
                "Queue": name,
                "Position": str(position),
                "Channel": channel["Channel"],
                "Uniqueid": uniqueid,
                **{header: channel[header] for header in ("CallerIDNum", "CallerIDName")},
                **{header: channel[header] for header in ("ConnectedLineNum", "ConnectedLineName")},
                "Wait": str(int(at - since)),
                "Priority": "0",
                **asked,
            }

    def _parked(self, action: Message, at: float) -> bytes:
        items = []
        for parked in self._board.parked.values():
            duration = int(at - parked.since)
            told = {name: value for name, value in parked.headers.items() if name.startswith("Park")}
            times = {
                "ParkingTimeout": str(max(0, PARKING_TIMEOUT_S - duration)),
                "ParkingDuration": str(duration),
            }
            items.append({"Event": "ParkedCall", **told, **times, **_id(action)})
        return listed(action, "Parked calls", "ParkedCallsComplete", items, {"Total": str(len(items))})

    def _devices(self, action: Message, _at: float) -> bytes:
        items = [
            {"Event": "DeviceStateChange", **_id(action), "Device": device, "State": state}
            for device, state in self._board.device_states().items()
        ]
        return listed(action, "Device State Changes", "DeviceStateListComplete", items)


def succeeded(action: Message, headers: Headers) -> bytes:
    """`Response: Success` with more headers."""
    return block({"Response": "Success", **_id(action), **headers}.items())


def failed(action: Message, reason: str) -> bytes:
    """`Response: Error`."""
    return block({"Response": "Error", **_id(action), "Message": reason}.items())


def listed(action: Message, what: str, complete: str, items: Sequence[Headers], more: Headers | None = None) -> bytes:
    """A list: that it follows, its items, that it is complete."""
    start = succeeded(action, {"EventList": "start", "Message": f"{what} will follow"})
    end = {"Event": complete, **_id(action), "EventList": "Complete", "ListItems": str(len(items)), **(more or {})}
    return b"".join([start, *(block(item.items()) for item in items), block(end.items())])


def _id(action: Message) -> Headers:
    action_id = action.get("ActionID")
    return {"ActionID": action_id} if action_id else {}


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}"


def _member(member: QueueMember) -> Headers:
    figures = dict(member.figures)
    return {
        "Name": member.name,
        "Location": member.interface,
        "StateInterface": member.state_interface,
        **figures,
    }


def _status_of(channel: LiveChannel, action: Message, at: float) -> Headers:
    headers = channel.headers
    return {
        "Event": "Status",
        "Privilege": "Call",
        **headers,
        "Type": headers["Channel"].partition("/")[0],
        "DNID": "",
        "EffectiveConnectedLineNum": headers["ConnectedLineNum"],
        "EffectiveConnectedLineName": headers["ConnectedLineName"],
        "TimeToHangup": "0",
        "BridgeID": channel.bridge,
        "Application": channel.application,
        "Data": channel.data,
        "Nativeformats": "(ulaw)",
        "Readformat": "ulaw",
        "Readtrans": "",
        "Writeformat": "ulaw",
        "Writetrans": "",
        "Callgroup": "2",
        "Pickupgroup": "2",
        "Seconds": str(int(at - channel.created_at)),
        **_id(action),
    }
