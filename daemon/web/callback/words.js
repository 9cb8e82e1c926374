// The words of the call-back page, in the languages of our users.

import { ENGLISH } from "./words_en.js";
import { RUSSIAN } from "./words_ru.js";

/** The words of a language; English for one that we have none of. */
export function wordsOf(language) {
  return language === "ru" ? RUSSIAN : ENGLISH;
}
