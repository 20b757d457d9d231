/** Whether a database can store a text: no NUL, no lone surrogate. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A text of at most `maxCharacters`; if it is cut, it ends with "…". */
export function truncated(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

/** How much of a client's own text an error message repeats. */
const quotedCharacters = 100;

/** A client's value for an error message: as JSON, truncated. */
export function quoted(value: unknown): string {
  return truncated(JSON.stringify(value) ?? String(value), quotedCharacters + 1);
}
