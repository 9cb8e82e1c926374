// The hours in which no alarm sounds.

/** Is this time of day (`14:02:11`) within one of the spans (`20:00-08:00`, over midnight too; the end is not in it)? */
export function isQuiet(time, spans) {
  const now = minutes(time);
  return spans.some((span) => {
    const [begin, end] = span.split("-").map(minutes);
    return begin < end ? begin <= now && now < end : now >= begin || now < end;
  });
}

function minutes(time) {
  const [hours, rest] = time.split(":");
  return Number(hours) * 60 + Number(rest);
}
