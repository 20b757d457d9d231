/** Somebody else's text as PostgreSQL can keep it: it knows no NUL. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** A PostgreSQL array of texts that need no quotes: numbers, instants, names of states. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}
