/** True if a database can store the text: no NUL, no unpaired surrogate. */
export function isStorableText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Maximum length of client input in an error message. */
const maxQuotedLength = 100;

/** Formats client input for an error message: as JSON, truncated. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= maxQuotedLength ? text : `${text.slice(0, maxQuotedLength)}…`;
}
