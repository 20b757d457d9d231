import { createServer, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { Mutex } from 'async-mutex';
import { SessionEndDetector } from './wire-answers.ts';
import { MessageReader, type WireMessage } from './wire-messages.ts';
import type { ServingOptions } from './worker-protocol.ts';

/** Codes of packets that request encryption or cancel a query. */
const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;

export interface WireOptions extends ServingOptions {
  /** Limit of response bytes that all clients together leave unread; they are buffered in this process. */
  readonly unreadBytes?: number;
}

const defaultUnreadBytes = 256 * 1024 * 1024;

/**
 * Serves PGlite's single session to many clients on a Unix socket, in PostgreSQL's protocol.
 *
 * A client holds the session from the first message of a request to its Sync, and from the start of a transaction to
 * its end; other clients wait. Releasing the session between messages (as @electric-sql/pglite-socket 0.2 does if a
 * request spans several socket reads) binds one client's parameters to another client's statement, and returns wrong
 * rows without an error.
 *
 * A client that parses an unnamed statement and binds it only after a Sync can lose it to another client in between.
 * The unnamed statement is dropped whenever the session changes clients, so that client gets an error.
 */
export class WireServer {
  readonly #database: PGlite;
  readonly #session = new Mutex();
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  readonly #onFatal: (error: unknown) => void;
  readonly #idleMilliseconds: number;
  readonly #unreadBytes: number;
  /** Messages that reset the session when it changes clients. */
  readonly #handOverMessages: Uint8Array;
  /** The client that held the session last. */
  #holder: Socket | null = null;

  /** @param onFatal called if the database itself fails and no client can be served any more. */
  constructor(database: PGlite, options: WireOptions, onFatal: (error: unknown) => void) {
    this.#idleMilliseconds = options.idleMilliseconds;
    this.#unreadBytes = options.unreadBytes ?? defaultUnreadBytes;
    this.#handOverMessages = handOver(options.readOnly);
    this.#database = database;
    this.#onFatal = onFatal;
    this.#server = createServer((socket) => void this.#serve(socket));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => resolve());
    });
  }

  /** Disconnects all clients and waits for the running query. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#clients) socket.destroy();
    await closed;
    await this.#session.acquire();
  }

  async #serve(socket: Socket): Promise<void> {
    this.#clients.add(socket);
    socket.on('error', () => socket.destroy());
    let holding = false;
    let idle: NodeJS.Timeout | undefined;
    const leave = () => {
      holding = false;
      this.#session.release();
    };
    try {
      for await (const message of new MessageReader(socket)) {
        // COPY data is ignored: the client has already received an error (see withoutCopy).
        if (message.type !== null && 'dcf'.includes(message.type)) continue;
        // A client gets no further responses while it leaves responses unread. The exception is Sync, which releases
        // the session: outside a transaction a client may be slow; inside one, the idle timer keeps running.
        if (message.type !== 'S') await drained(socket);
        clearTimeout(idle);
        if (!holding) {
          await this.#session.acquire();
          holding = true;
          if (this.#holder !== socket) await this.#handOver(socket);
        }
        if (socket.destroyed || !(await this.#answer(socket, withoutCopy(message)))) break;
        if (endsRequest(message) && !this.#database.isInTransaction()) leave();
        else idle = setTimeout(() => hangUp(socket), this.#idleMilliseconds);
      }
    } catch (error) {
      // A broken connection or a protocol error affects one client only; a failure of the WebAssembly affects all.
      if (isBreakdown(error)) this.#onFatal(error);
    } finally {
      clearTimeout(idle);
      if (holding) {
        await this.#abandon();
        leave();
      }
      this.#clients.delete(socket);
      if (this.#holder === socket) this.#holder = null;
      socket.destroy();
    }
  }

  /** Runs one message. Resolves to false if the client has closed the connection. */
  async #answer(socket: Socket, message: WireMessage): Promise<boolean> {
    if (message.type === null) {
      if (message.code === sslRequest || message.code === gssRequest) {
        socket.write('N');
        return true;
      }
      if (message.code === cancelRequest) return false;
    } else if (message.type === 'X') return false;
    const startsUp = message.type === null;
    await this.#run(message.bytes, startsUp, (answer) => {
      if (socket.destroyed) return;
      socket.write(answer);
      if (socket.writableLength > 0) this.#boundUnread();
    });
    return true;
  }

  /**
   * @param startsUp whether the message is a startup packet: a client that is rejected there does not end the session.
   */
  async #run(bytes: Uint8Array, startsUp: boolean, onAnswer?: (answer: Buffer) => void): Promise<void> {
    const watch = new SessionEndDetector();
    await this.#database.execProtocolRawStream(bytes, {
      onRawData: (data) => {
        // PGlite reuses the memory of a response for the next one, so it is copied.
        const answer = Buffer.from(data);
        watch.push(answer);
        // PGlite does not survive the end of its only backend: no later message would get a response.
        if (watch.endedSession && !startsUp)
          this.#onFatal(new Error('the database ended the session that all clients share'));
        onAnswer?.(answer);
      },
    });
  }

  /** A response can't be paused. If too much is unread, the client with the most unread bytes is disconnected. */
  #boundUnread(): void {
    let unread = 0;
    let most: Socket | null = null;
    for (const socket of this.#clients) {
      if (socket.destroyed) continue;
      unread += socket.writableLength;
      if (most === null || socket.writableLength > most.writableLength) most = socket;
    }
    if (unread > this.#unreadBytes) most?.destroy();
  }

  /**
   * Resets what the previous client could leave behind: an error without its Sync, the read-only default, the unnamed
   * statement. Other settings and named statements are shared.
   */
  async #handOver(socket: Socket): Promise<void> {
    this.#holder = socket;
    await this.#run(this.#handOverMessages, false);
  }

  /** Resets the session after a client that disconnected in the middle of a request. */
  async #abandon(): Promise<void> {
    try {
      await this.#run(sync, false);
      if (this.#database.isInTransaction()) await this.#run(tagged('Q', 'rollback\0'), false);
    } catch (error) {
      this.#onFatal(error);
    }
  }
}

const sync = tagged('S', '');

/** A simple query also drops the unnamed statement. */
const handOver = (readOnly: boolean): Uint8Array =>
  Buffer.concat([sync, tagged('Q', `set default_transaction_read_only = ${readOnly ? 'on' : 'off'}\0`)]);

/**
 * PGlite can't wait for the rows of COPY FROM STDIN, and crashes without them. A CopyFail after the statement ends the
 * copy with an error, and is ignored after other statements. It follows every statement, because an Execute may run one
 * that was parsed earlier.
 */
function withoutCopy(message: WireMessage): WireMessage {
  if (message.type !== 'Q' && message.type !== 'E') return message;
  return { ...message, bytes: Buffer.concat([message.bytes, copyFail]) };
}

const copyFail = tagged('f', 'an embedded database does not support COPY FROM STDIN\0');

/** PostgreSQL's message for idle_in_transaction_session_timeout. */
const idleError = tagged('E', 'SFATAL\0VFATAL\0C25P03\0Mterminating connection due to idle-in-transaction timeout\0\0');

function hangUp(socket: Socket): void {
  socket.write(idleError);
  // destroySoon() waits for all writes, which never complete if the client has stopped reading.
  if (socket.writableLength > 0) socket.destroy();
  else socket.destroySoon();
}

/** Resolves when the client has read its buffered responses, or has disconnected. */
async function drained(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

function tagged(type: string, content: string): Buffer {
  const body = Buffer.from(content);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/**
 * Whether the server responds completely to this message: a simple query, a Sync, a function call or a startup packet.
 */
function endsRequest({ type }: WireMessage): boolean {
  return type === null || type === 'Q' || type === 'S' || type === 'F';
}

/** Whether the WebAssembly has stopped. What it throws then has one of these names, and may not be an Error. */
function isBreakdown(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('name' in error)) return false;
  return error.name === 'RuntimeError' || error.name === 'ExitStatus';
}
