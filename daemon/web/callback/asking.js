// What the people who call back tell the daemon, and its answers in words. Nothing that was typed is lost with an answer.

import { ApiError } from "../common/api.js";
import { endWords, isolated } from "./case_words.js";

const OTHER = { 403: "token", 408: "offline", 503: "store", 404: "missing" };

/**
 * Tell the daemon something of a case: `what` is the last part of the address. Gives `{done, outcome, words, found}`: done or not, what
 * the daemon calls it, what to say, and the case as the daemon has it now where it told it.
 */
export async function tellOf(api, id, what, body, words, times, at) {
  try {
    const answer = await api.post(`cases/${encodeURIComponent(id)}/${what}`, body);
    return { done: true, outcome: answer.outcome, words: doneWords(what, answer, body, words, times, at), found: answer.case ?? null };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { done: false, outcome: null, words: wrongWords(error, body.by, words, times, at), found: error.body?.case ?? null };
  }
}

function doneWords(what, answer, body, words, times, at) {
  if (what === "notes") return answer.outcome === "there" ? words.done.there : words.done.note;
  if (answer.outcome === "noted") return words.done.noted;
  if (what !== "claim") return words.done[what];
  return body.release ? words.done.release : words.done.claim(times.moment(answer.case.claimed_until, at));
}

/** Why something was not taken, for people. */
export function wrongWords(error, by, words, times, at) {
  const { wrong } = words;
  if (error.status === 0) return wrong.offline;
  if (error.status === 429) return wrong.many(error.retryAfter ?? 60);
  if (error.status === 409) return conflictWords(error.body?.case, by, words, times, at);
  const known = OTHER[error.status];
  return known === undefined ? wrong.other(isolated(error.message)) : wrong[known];
}

function conflictWords(found, by, words, times, at) {
  const { wrong } = words;
  if (!found) return wrong.full;
  const ended = endWords(found, words);
  if (ended !== null) return wrong.over(ended);
  if (found.claimed_by && found.claimed_by !== by) return wrong.another(isolated(found.claimed_by), times.moment(found.claimed_until, at));
  return wrong.later;
}
