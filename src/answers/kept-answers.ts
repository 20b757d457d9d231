import { LRUCache } from 'lru-cache';
import { type Encoding, encodeBytes } from '../http/compression.ts';

/** A whole answer as it is sent. */
export interface KeptAnswer {
  /** The version of the data that it was computed from. */
  readonly version: string;
  /** The name of the operation, for metrics and traces. */
  readonly operation: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Buffer;
  /** Its bytes in the content encodings that clients have asked for. */
  readonly encoded: Readonly<Partial<Record<Encoding, Buffer>>>;
}

export interface KeptAnswersOptions {
  readonly maxBytes: number;
  /** Called after each change. */
  readonly onSize: (size: { readonly entries: number; readonly bytes: number }) => void;
  /** Called for each answer that had to make room. */
  readonly onEvicted: () => void;
}

/** Estimated bytes of an entry besides its contents. */
const entryBytes = 1024;

/** The share of the memory that the text of one answer may take. Its compressed forms come on top, and take no more each. */
const largestShare = 1 / 8;

/** Answers by the keys of their requests, bounded by their bytes in all. Those that were not asked for longest make room. */
export class KeptAnswers {
  readonly #answers: LRUCache<string, KeptAnswer>;
  readonly #encoding = new Map<string, Promise<Buffer>>();
  readonly #largest: number;
  readonly #onSize: () => void;

  constructor({ maxBytes, onSize, onEvicted }: KeptAnswersOptions) {
    this.#largest = Math.floor(maxBytes * largestShare);
    this.#answers = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: sizeOf,
      dispose: (_answer, _key, reason) => {
        if (reason === 'evict') onEvicted();
      },
    });
    this.#onSize = () => onSize({ entries: this.#answers.size, bytes: this.#answers.calculatedSize });
  }

  has(key: string): boolean {
    return this.#answers.has(key);
  }

  /** The answer to a request from this version of the data. One from another version is dropped. */
  get(key: string, version: string): KeptAnswer | null {
    const answer = this.#answers.get(key);
    if (answer === undefined || answer.version === version) return answer ?? null;
    this.#answers.delete(key);
    this.#onSize();
    return null;
  }

  /**
   * Keeps an answer, unless it is too large.
   *
   * @param text in UTF-8. Bytes are kept as they are, so they must have memory of their own.
   */
  keep(key: string, text: string | Buffer, answer: Pick<KeptAnswer, 'version' | 'operation' | 'headers'>): void {
    if (Buffer.byteLength(text) + entryBytes > this.#largest) return;
    this.#set(key, { ...answer, bytes: typeof text === 'string' ? ownBytes(text) : text, encoded: {} });
  }

  /** The bytes of a kept answer in an encoding. They are computed once, and kept too. */
  async encoded(key: string, answer: KeptAnswer, encoding: Encoding): Promise<Buffer> {
    const known = answer.encoded[encoding];
    if (known) return known;
    const name = [answer.version, encoding, key].join(' ');
    const pending =
      this.#encoding.get(name) ??
      encodeBytes(encoding, answer.bytes)
        .then((bytes) => {
          this.#addEncoded(key, answer, encoding, bytes);
          return bytes;
        })
        .finally(() => this.#encoding.delete(name));
    this.#encoding.set(name, pending);
    return pending;
  }

  clear(): void {
    this.#answers.clear();
    this.#onSize();
  }

  #addEncoded(key: string, answer: KeptAnswer, encoding: Encoding, bytes: Buffer): void {
    const current = this.#answers.peek(key);
    if (current?.bytes !== answer.bytes) return;
    this.#set(key, { ...current, encoded: { ...current.encoded, [encoding]: bytes } });
  }

  #set(key: string, answer: KeptAnswer): void {
    this.#answers.set(key, answer);
    this.#onSize();
  }
}

/** Not from the pool of small buffers: a kept one would hold all of its pool in memory. */
function ownBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

const sizeOf = ({ bytes, encoded }: KeptAnswer): number =>
  entryBytes + bytes.length + (encoded.br?.length ?? 0) + (encoded.gzip?.length ?? 0);
