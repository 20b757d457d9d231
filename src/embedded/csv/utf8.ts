import { isUtf8 } from 'node:buffer';

/** Checks that a stream of chunks is UTF-8, including characters split across chunks. */
export class Utf8Check {
  #tail: Buffer = Buffer.alloc(0);
  /** False from the first chunk that is not UTF-8. */
  valid = true;

  push(chunk: Uint8Array): void {
    const bytes =
      this.#tail.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([this.#tail, chunk]);
    const whole = bytes.length - cutOff(bytes);
    if (!isUtf8(bytes.subarray(0, whole))) this.valid = false;
    this.#tail = Buffer.from(bytes.subarray(whole));
  }

  end(): void {
    if (this.#tail.length > 0) this.valid = false;
  }
}

/** Number of bytes at the end that start a character continued in the next chunk. */
function cutOff(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}
