import { isStackOverflow } from '../errors.ts';
import { costLimitError } from './cost-limit-error.ts';

/**
 * Serializes a response and limits its size. The cost limit rejects most large operations before they run, but only
 * estimates; this limit is exact.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function serializeResponse(response: object, maxBytes: number): string {
  return withinLimit(`${toJson(response, maxBytes)}\n`, maxBytes);
}

function withinLimit(text: string, maxBytes: number): string {
  // A UTF-16 unit takes at most three bytes in UTF-8, so most responses need no exact measurement.
  if (text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw tooLarge(`is ${megabytes(bytes)}`, maxBytes);
}

/** Characters from which on a response is encoded once, for all that send or keep it. Smaller ones are sent with their headers. */
const leastEncoded = 4_096;

/**
 * The same, as bytes in memory of their own if it is not small.
 *
 * @throws {DomainError} COST_LIMIT
 */
export function serializeForSending(response: object, maxBytes: number): string | Buffer {
  const text = toJson(response, maxBytes);
  if (text.length < leastEncoded) return withinLimit(`${text}\n`, maxBytes);
  const length = Buffer.byteLength(text);
  if (length >= maxBytes) throw tooLarge(`is ${megabytes(length + 1)}`, maxBytes);
  // Not from the pool of small buffers: one that is kept would hold all of its pool in memory.
  const bytes = Buffer.allocUnsafeSlow(length + 1);
  // A text of ASCII only needs no conversion.
  bytes.write(text, length === text.length ? 'latin1' : 'utf8');
  bytes[length] = lineBreak;
  return bytes;
}

const lineBreak = '\n'.charCodeAt(0);

function toJson(response: object, maxBytes: number): string {
  try {
    return JSON.stringify(response);
  } catch (error) {
    if (isStackOverflow(error))
      throw costLimitError(`The response is nested too deeply. Use fewer levels of fields. ${afterMutation}`);
    // Longer than the longest possible string.
    if (error instanceof RangeError) throw tooLarge('exceeds 512 MiB', maxBytes);
    throw error;
  }
}

const afterMutation = 'If this was a mutation, it has taken effect: read its result with a smaller query.';

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const tooLarge = (size: string, maxBytes: number) =>
  costLimitError(
    `The response ${size}; the limit is ${megabytes(maxBytes)} (MAX_ANSWER_MEGABYTES). Request smaller pages (first) or fewer ` +
      `fields. ${afterMutation}`,
  );
