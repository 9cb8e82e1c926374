"""Events that tell of calls passed on: transfers, pickups, parking."""

from handlers.ami import events as ev
from handlers.ami.headers import header
from handlers.ami.runs import named, named_if_there


def blind_transfer(at: float, text: str) -> ev.Event:
    """`BlindTransfer`."""
    transferer, transferee = named(text, "Transferer"), named_if_there(text, "Transferee")
    rest = (transferee or transferer).rest
    return ev.BlindTransferred(
        at,
        transferer.uniqueid,
        transferee.uniqueid if transferee else None,
        header(text, "Result") or "",  # before anybody's number
        header(rest, "Context") or "",
        header(rest, "Extension") or "",
    )


def attended_transfer(at: float, text: str) -> ev.Event:
    """`AttendedTransfer`."""
    transferer = named(text, "OrigTransferer")
    second, transferee, target = (
        named_if_there(text, prefix) for prefix in ("SecondTransferer", "Transferee", "TransferTarget")
    )
    return ev.AttendedTransferred(
        at,
        transferer.uniqueid,
        second.uniqueid if second else None,
        transferee.uniqueid if transferee else None,
        target.uniqueid if target else None,
        header(text, "Result") or "",
        header((target or transferee or second or transferer).rest, "DestType") or "",
    )


def pickup(at: float, text: str) -> ev.Event:
    """`Pickup`."""
    return ev.PickedUp(at, named(text, "").uniqueid, named(text, "Target").uniqueid)


def parked(at: float, text: str) -> ev.Event:
    """`ParkedCall` and the others of parking."""
    what = text[len("Event: ") : text.index("\r\n")]
    parkee = named(text, "Parkee")
    retriever = named_if_there(text, "Retriever") if what == "UnParkedCall" else None
    rest = (retriever or parkee).rest
    return ev.Parked(
        at,
        what,
        parkee.uniqueid,
        header(rest, "Parkinglot") or "",
        header(rest, "ParkingSpace") or "",
        retriever.uniqueid if retriever else None,
    )
