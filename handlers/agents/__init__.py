"""Who can answer, and what each of them does right now: agents, and the members of queues.

The rules everything in here follows:

1.  An agent is who a queue names as a member (static, dynamic, in any number of queues), and each extension of `[[departments]]`
    that the PBX has a device for. `PJSIP/101`, `Local/101@from-queue/n` with or without a StateInterface, `hint:101@ext-local`
    and the extension `101` are one agent. The name is a queue's MemberName where one differs from the interface.
2.  What the phone does is read off the calls: more exact than Asterisk's device states, which say BUSY for a phone that rings
    (07-ivr-queue-second-agent). `talking`: on the phone in any way, in a conversation or dialling; `held`: the conversation is on
    hold, by either side, or parked; `ringing`: rings and talks to nobody.
3.  Device states fill in what calls can't tell: `unavailable`, and a device in use of which no channel is seen: a phone on
    another server of the same system talks; a hint in use without a channel is a do-not-disturb: `unavailable`.
4.  Then, in this order: `unavailable`, `paused` (in all of one's queues; with one queue that still calls, one is available, and
    paused in that other queue's figures alone), `wrapup` (after a call of a queue that has one set, from the moment at which the
    phone is free until its end is due), `available`.
5.  Between a break and the next snapshot nobody's state is known: None.
6.  A login to an agents' pool is no call: who waits there is available. `Agent:1001` is an agent of its own, on the device that
    logged in.
"""
