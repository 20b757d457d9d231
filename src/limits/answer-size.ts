import { tooMuch } from './too-much.ts';

/**
 * Refuses an answer that is too long. The cost limit refuses what is sure to be long before it is begun; this limit is the
 * exact one, on the text as it is sent.
 *
 * @returns the text.
 * @throws {DomainError} COST_LIMIT
 */
export function checkAnswerSize(text: string, maxBytes: number): string {
  // A character takes one to three bytes of UTF-8 for each of its UTF-16 units, so most texts need not be measured.
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const megabytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  throw tooMuch(
    `The answer is ${megabytes(Buffer.byteLength(text))}; the limit is ${megabytes(maxBytes)} (MAX_ANSWER_MEGABYTES). ` +
      'Ask for smaller pages (first) or fewer fields. If this was a mutation, it has taken effect: read its result in a smaller query.',
  );
}
