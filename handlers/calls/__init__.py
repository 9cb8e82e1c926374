"""From events to calls: which channels are one call, who is sought in it, who talks, and what became of it.

The rules everything in here follows (contract, sections 1 and 2):

1.  A channel is born by `Newchannel` alone (or a snapshot). Its `Linkedid` at birth says whose call it joins; Linkedids
    that move later join nothing (14-attended-transfer-replaces, 15-pickup, 16-park-and-retrieve).
2.  A dial moves the dialled channel to the dialler's call, whatever its Linkedid says.
3.  Calls join when a channel of one hears the other's outside party or person, in a bridge that is not holding. The one
    with an outside party survives, else the older. Two calls begun by trunks stay two.
4.  Answered = an outside party and a person hear each other. Never: state Up, DialEnd ANSWER, cause 26. A phone that went up is
    sought until it is connected: it may have to press 1 first.
5.  Who hung up first shows in the hangup requests, never in the order of the Hangups.
6.  A call is over when its last channel is gone, and is told once.
7.  A transfer is told by its event (by whom, to whom), and what became of it by what follows: a talk, or none. It is no talk
    while the target rings. Handed over while the target still rings or a queue is waited in, the caller takes the place of who
    asked: then the event itself joins the calls.
8.  Whoever was passed on or parked and sought in vain is lost, unless somebody who talked with him was still there when he
    left: a colleague was being asked, or fetched.
9.  Parked is neither talk nor hold: the other party has nobody.
10. An agent of a pool is a device without a call of his own: he talks, holds and hangs up in the calls that he hears. What is dialled
    for them may bear his login's Linkedid: a leg of a Linkedid that is nobody's is no call before it is dialled or does something.
11. Nothing that comes twice, late or for unknown channels raises or counts.

`names` and `evidence` say what a channel is, `channels` what is connected; `live_call` keeps one call's sums, but for those of its
`talks` and `holds`, `live_state` all that lives. `tracker` hands each event to who understands it: itself, `dials`, `bridges`,
`app_queue`, `transfers` or `parking`. `passings` is what a call remembers of having been passed on. `stays` judges stays in queues,
`results` calls, `parties` reads off who called whom, `record` writes them down. `resume` reconciles with a snapshot, `answers_in_gap`
says of whom the PBX is asked whether he was answered meanwhile, `reaper` clears what a lost Hangup left.
"""
