const errorResponse = 0x45;
const severityField = 0x56;

/**
 * Scans the messages of one response, in chunks of any size, for an error that ends the session. Only the type and
 * length of other messages are read.
 */
export class SessionEndDetector {
  /** Whether an error of severity FATAL or PANIC has been received. */
  endedSession = false;
  #headBytes = 0;
  #type = 0;
  /** While the header is read: the length; then the remaining bytes of the content. */
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
        // The length includes itself.
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

/** Reads a field of an ErrorResponse: a byte that names it, and a text that ends with NUL. */
function fieldOf(content: Buffer, name: number): string | null {
  for (let at = 0; at < content.length && content[at] !== 0; ) {
    const end = content.indexOf(0, at + 1);
    if (end === -1) return null;
    if (content[at] === name) return content.toString('utf8', at + 1, end);
    at = end + 1;
  }
  return null;
}
