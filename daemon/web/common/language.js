// Which language a page speaks, and what its numbers do to its words.

const LANGUAGES = ["en", "ru"];

/** The language that the address asks for (?lang=), or null. */
export function askedLanguage() {
  const asked = new URLSearchParams(location.search).get("lang");
  return LANGUAGES.includes(asked) ? asked : null;
}

/** The language to speak: asked for, else the site's, else the browser's, else English. Told to the browser, too. */
export function speak(site = null) {
  const wanted = askedLanguage() ?? site ?? navigator.language.slice(0, 2);
  const language = LANGUAGES.includes(wanted) ? wanted : "en";
  if (document.documentElement.lang !== language) document.documentElement.lang = language;
  return language;
}

/** A form for each number: `plural("ru", 2, { one: "звонок", few: "звонка", many: "звонков" })`. Of a fraction: `other`, else `few`. */
export function plural(language, count, forms) {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? forms.few ?? forms.many;
}
