"""The AMI account to paste into a PBX, with where to paste it."""

from config.ami_account import account_lines

FLAVOURS = ("plain", "freepbx", "issabel", "mikopbx")

_WHERE = {
    "plain": [
        "; Append this to /etc/asterisk/manager.conf (in its [general]: enabled = yes), then:",
        ";   asterisk -rx 'manager reload'",
    ],
    "freepbx": [
        "; Append this to /etc/asterisk/manager_custom.conf: manager.conf itself is written anew by FreePBX. Then:",
        ";   asterisk -rx 'manager reload'",
    ],
    "issabel": [
        "; Append this to /etc/asterisk/manager_custom.conf: touching manager.conf may drop other AMI sessions. Then:",
        ";   asterisk -rx 'manager reload'",
    ],
    "mikopbx": [
        "; MikoPBX writes its configuration anew; make the account in its web interface, not in a file:",
        ";   Settings > Asterisk Manager Interface (AMI) > Add; name ringtally and the secret below;",
        ";   tick Read for system, call, agent, dialplan and Write for reporting, nothing else;",
        ";   choose a network filter with the address of the machine that ringtally runs on.",
        "; MikoPBX runs no daemons of others: ringtally runs beside it, on another machine.",
        "; What it amounts to:",
    ],
}


def pbx_snippet(flavour: str, secret: str, permit: str) -> str:
    """The account for one flavour of PBX, as text; `permit` is an address with its mask."""
    lines = [
        *_WHERE[flavour],
        "; Put the same secret into ringtally's settings (ami.secret_file), readable by ringtally alone.",
        "; Least rights: it sees calls, queues and three variables, and changes nothing.",
        "",
        *account_lines(secret, permit),
    ]
    return "\n".join(lines)
