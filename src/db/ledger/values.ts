/** A text from outside that PostgreSQL can store: without NUL and lone surrogates. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** A PostgreSQL array of values that need no quotes: numbers, instants, names of states. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}
