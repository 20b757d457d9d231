import { tooMuch } from './too-much.ts';

/**
 * The text of an answer, unless it is too long. The cost limit refuses what is sure to be long before it is begun; this limit
 * is the exact one, on the text as it is sent.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function answerText(answer: object, maxBytes: number): string {
  const text = `${jsonOf(answer, maxBytes)}\n`;
  // A character takes one to three bytes of UTF-8 for each of its UTF-16 units, so most texts need not be measured.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw tooLong(`is ${megabytes(bytes)}`, maxBytes);
}

function jsonOf(answer: object, maxBytes: number): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    // Longer than any string can be.
    if (error instanceof RangeError) throw tooLong('is more than 512 MiB', maxBytes);
    throw error;
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const tooLong = (length: string, maxBytes: number) =>
  tooMuch(
    `The answer ${length}; the limit is ${megabytes(maxBytes)} (MAX_ANSWER_MEGABYTES). Ask for smaller pages (first) or fewer ` +
      'fields. If this was a mutation, it has taken effect: read its result in a smaller query.',
  );
