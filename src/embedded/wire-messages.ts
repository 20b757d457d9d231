import type { Socket } from 'node:net';

/** One complete message of a client. The packets that open a connection have a code instead of a type. */
export type WireMessage =
  | { readonly type: null; readonly code: number; readonly bytes: Uint8Array }
  | { readonly type: string; readonly bytes: Uint8Array };

/** The major version of protocol 3, in the code of a startup packet. */
const startupMajor = 3;
const longestStartup = 10_000;
/** Longest accepted message. The database has 2 GB of memory in total. */
const longestMessage = 256 * 1024 * 1024;
const clientTypes = 'QPBDECSHFXdcfp';

/** Splits a client's bytes into messages. Throws if they do not follow the protocol. */
export class MessageReader {
  readonly #socket: Socket;
  #started = false;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WireMessage> {
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      for (let message = this.#next(); message !== null; message = this.#next()) yield message;
    }
  }

  #next(): WireMessage | null {
    const head = this.#started ? 5 : 8;
    if (this.#size < head) return null;
    const first = this.#joined(head);
    const type = this.#started ? String.fromCharCode(first.readUInt8(0)) : null;
    const length = type === null ? first.readUInt32BE(0) : 1 + first.readUInt32BE(1);
    if (type === null ? length < 8 || length > longestStartup : !clientTypes.includes(type)) {
      throw new Error('not a PostgreSQL client');
    }
    if (length < head || length > longestMessage) throw new Error(`message of ${length} bytes`);
    if (this.#size < length) return null;
    const all = this.#joined(length);
    const bytes = new Uint8Array(all.subarray(0, length));
    const rest = all.subarray(length);
    this.#chunks = [rest, ...this.#chunks.slice(1)];
    this.#size -= length;
    if (type !== null) return { type, bytes };
    const code = all.readUInt32BE(4);
    this.#started = code >>> 16 === startupMajor;
    return { type, code, bytes };
  }

  /** The buffered bytes, with at least `size` of them in the first chunk. Joins once per message, not per chunk. */
  #joined(size: number): Buffer {
    const [first = Buffer.alloc(0)] = this.#chunks;
    if (first.length >= size) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}
