/** True if a database can store the text: no NUL, no unpaired surrogate. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** A text of at most `maxCharacters`; if it is cut, it ends with "…". */
export function truncated(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 1).toWellFormed()}…`;
}

/** Maximum length of client input in an error message. */
const maxQuotedLength = 100;

/** Formats client input for an error message: as JSON, truncated. */
export function quoted(value: unknown): string {
  return truncated(JSON.stringify(value) ?? String(value), maxQuotedLength + 1);
}
