const errorResponse = 0x45;
const severityField = 0x56;

/**
 * Follows the messages of one answer of the database, in chunks cut anywhere, and looks for the error that ends its
 * session. Only the type and length of all other messages are read: their content may look like anything.
 */
export class SessionEndDetector {
  /** Set from the end of an error on whose severity is FATAL or PANIC. */
  endedSession = false;
  #headBytes = 0;
  #type = 0;
  /** While the head is read the length, then how much of the content is still to come. */
  #rest = 0;
  #error: Buffer[] = [];

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headBytes < 5) {
        const byte = chunk[at++] ?? 0;
        if (this.#headBytes === 0) this.#type = byte;
        else this.#rest = this.#rest * 256 + byte;
        if (++this.#headBytes < 5) continue;
        // The length counts itself.
        this.#rest -= 4;
      }
      const end = Math.min(at + this.#rest, chunk.length);
      if (this.#type === errorResponse) this.#error.push(chunk.subarray(at, end));
      this.#rest -= end - at;
      at = end;
      if (this.#rest === 0) this.#finish();
    }
  }

  #finish(): void {
    if (this.#type === errorResponse) {
      const severity = fieldOf(Buffer.concat(this.#error), severityField);
      if (severity === 'FATAL' || severity === 'PANIC') this.endedSession = true;
      this.#error = [];
    }
    this.#headBytes = 0;
    this.#rest = 0;
  }
}

/** A field of an ErrorResponse: each is a byte that names it and a text that a NUL ends. */
function fieldOf(content: Buffer, name: number): string | null {
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const end = content.indexOf(0, at + 1);
    if (end === -1) return null;
    if (content[at] === name) return content.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return null;
}
