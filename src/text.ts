/** Whether a database can take a text: no NUL, no half of a surrogate pair. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** How much of a client's own text an error message repeats. */
const quotedCharacters = 100;

/** A client's value for an error message: as JSON, cut where it is long. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= quotedCharacters ? text : `${text.slice(0, quotedCharacters)}…`;
}
