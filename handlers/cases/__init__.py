"""Missed, and truly missed: which callers nobody has spoken with yet (contract, section 3).

A case is a number. It begins with a missed call, at that call's end; further missed calls of the number join it until there is a
contact. Calls are judged at their end, in the order of their ends, and so:

-   A contact closes what was missed until its talk was over. Of two calls of one number at once, one answered and one missed:
    missed while we still talked, the case is closed by that talk, at once; missed after it, somebody waited after we had spoken
    with that number, and a case begins.
-   The moment of a contact is the moment of the answer, though the contact is known only when the call is over. So where the
    deadline comes while a call with the number is answered and lives, the verdict waits for its end: then it is `recovered`, or
    `truly_missed` as of the deadline. An answer at the deadline itself is late.
-   While the PBX is not heard no deadline gets a verdict, for a contact may be going on unseen. It comes with the snapshot, as of the
    deadline; for a number with a live call of which the PBX is being asked when it was answered, once that is told or the call over.
-   A talk of which the end was not seen counts as long enough: nobody is accused for what we did not see.
-   An answered call that was lost in a transfer is a miss where `follow_up.count` says so, and a contact where not.
-   What somebody reports (`requests.py`) closes what was missed before that contact was. Said after the deadline it is late,
    whenever it was: what was told at a deadline is not taken back. While a verdict waits for a talk's end, none was told. What
    counts is when it was said, which to a daemon that was down may be long before it is heard; a dismissal is judged alike. A PBX
    that is not heard makes no difference: said after the deadline, the verdict comes first.
-   Who claims a case has it for a time, and nobody else does; it goes on waiting, and its deadline stays.
-   After `list_for` without another miss a waiting case leaves the list. Who is missed after that is a new case; but a contact is
    noted for 90 days more, for both: late is not never. Then it is forgotten here, and stays as it was.

Deadlines are data: `Cases.next_at` says when time alone has something to say. A restart hands the waiting cases to `restore`.
"""
