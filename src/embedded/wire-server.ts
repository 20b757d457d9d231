import { createServer, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { SessionEndDetector } from './wire-answers.ts';
import { MessageReader, type WireMessage } from './wire-messages.ts';
import type { ServingOptions } from './worker-protocol.ts';

/** The first packets that ask for encryption or to cancel a query, by their code. */
const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;

export interface WireOptions extends ServingOptions {
  /** How much of their answers all clients together may leave unread: it lies in this process's memory. */
  readonly unreadBytes?: number;
}

const defaultUnreadBytes = 256 * 1024 * 1024;

/**
 * Serves PGlite's one session to many clients on a Unix socket, in PostgreSQL's own protocol.
 *
 * A client holds the session from the first message of a request to its Sync, and through a transaction to its
 * end; meanwhile the others wait in line. Handing on the session between messages (as @electric-sql/pglite-socket
 * 0.2 does when a request spans several socket reads) binds one client's parameters to another client's statement
 * and answers wrong rows without an error.
 *
 * A client that parses the statement without a name and binds to it only after a Sync can lose it to another client
 * in between. That statement is dropped whenever the session changes hands, so it is then told that there is none.
 */
export class WireServer {
  readonly #database: PGlite;
  readonly #session = new Turnstile();
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  readonly #onFatal: (error: unknown) => void;
  readonly #idleMilliseconds: number;
  readonly #unreadBytes: number;
  /** What the session is told when it changes hands. */
  readonly #handOverMessages: Uint8Array;
  /** Who held the session last. */
  #holder: Socket | null = null;

  /** `onFatal` is told when the database itself has broken down and nothing can be answered any more. */
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

  /** Cuts off every client and waits for the query that is running. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#clients) socket.destroy();
    await closed;
    await this.#session.enter();
  }

  async #serve(socket: Socket): Promise<void> {
    this.#clients.add(socket);
    socket.on('error', () => socket.destroy());
    let holding = false;
    let idle: NodeJS.Timeout | undefined;
    const leave = () => {
      holding = false;
      this.#session.leave();
    };
    try {
      for await (const message of new MessageReader(socket)) {
        // What a client copies comes after the answer that it can't (see withoutCopy).
        if (message.type !== null && 'dcf'.includes(message.type)) continue;
        // Nothing more is answered to a client that leaves answers unread. Only a Sync is, which gives the session free:
        // outside of a transaction a client may take its time; within one the idle timer goes on.
        if (message.type !== 'S') await drained(socket);
        clearTimeout(idle);
        if (!holding) {
          await this.#session.enter();
          holding = true;
          if (this.#holder !== socket) await this.#handOver(socket);
        }
        if (socket.destroyed || !(await this.#answer(socket, withoutCopy(message)))) break;
        if (endsRequest(message) && !this.#database.isInTransaction()) leave();
        else idle = setTimeout(() => hangUp(socket), this.#idleMilliseconds);
      }
    } catch (error) {
      // A connection that breaks off, or speaks something else than the protocol, is only its own affair; a fault of the
      // WebAssembly itself is everybody's.
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

  /** Runs one message; false when the client has said goodbye. */
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

  /** `startsUp`: a client that is refused at its start-up packet does not end the session. */
  async #run(bytes: Uint8Array, startsUp: boolean, onAnswer?: (answer: Buffer) => void): Promise<void> {
    const watch = new SessionEndDetector();
    await this.#database.execProtocolRawStream(bytes, {
      onRawData: (data) => {
        // The database answers from its own memory, which it writes over with the next answer: copy.
        const answer = Buffer.from(data);
        watch.push(answer);
        // PGlite does not survive the end of its one backend: no message after it would ever be answered.
        if (watch.endedSession && !startsUp) this.#onFatal(new Error('the database ended the session that all share'));
        onAnswer?.(answer);
      },
    });
  }

  /** An answer comes in one go and can't be halted: when too much lies unread, whoever has left most is cut off. */
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
   * Undoes what of the last holder could harm the next: an error without its Sync, whether it writes by default, its unnamed
   * statement. Other settings, and statements with a name, stay everybody's.
   */
  async #handOver(socket: Socket): Promise<void> {
    this.#holder = socket;
    await this.#run(this.#handOverMessages, false);
  }

  /** Brings the session back to rest after a client that left in the middle of something. */
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

/** A simple query drops the statement without a name. */
const handOver = (readOnly: boolean): Uint8Array =>
  Buffer.concat([sync, tagged('Q', `set default_transaction_read_only = ${readOnly ? 'on' : 'off'}\0`)]);

/**
 * PGlite can't wait for the rows of a COPY FROM STDIN, and breaks down when it finds none. A CopyFail right behind the
 * statement ends such a copy in order, and is passed over behind any other statement. It stands behind all of them:
 * what an Execute runs may have been parsed at any time.
 */
function withoutCopy(message: WireMessage): WireMessage {
  if (message.type !== 'Q' && message.type !== 'E') return message;
  return { ...message, bytes: Buffer.concat([message.bytes, copyFail]) };
}

const copyFail = tagged('f', 'an embedded database takes no rows from clients\0');

/** What PostgreSQL itself says when idle_in_transaction_session_timeout strikes. */
const idleError = tagged('E', 'SFATAL\0VFATAL\0C25P03\0Mterminating connection due to idle-in-transaction timeout\0\0');

function hangUp(socket: Socket): void {
  socket.write(idleError);
  // destroySoon() waits until all is written, which a client that has stopped reading puts off for ever.
  if (socket.writableLength > 0) socket.destroy();
  else socket.destroySoon();
}

/** Resolves once the client has read what was kept for it, or is gone. */
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

/** A simple query, a Sync, a function call and the start-up packet are answered to the end. */
function endsRequest({ type }: WireMessage): boolean {
  return type === null || type === 'Q' || type === 'S' || type === 'F';
}

/** Lets one in at a time, in the order of arrival. */
class Turnstile {
  #taken = false;
  readonly #waiting: (() => void)[] = [];

  enter(): Promise<void> | undefined {
    if (!this.#taken) {
      this.#taken = true;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken = false;
    else next();
  }
}

/** Whether the WebAssembly has ended; what it throws on an exit is named so, and is no Error. */
function isBreakdown(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('name' in error)) return false;
  return error.name === 'RuntimeError' || error.name === 'ExitStatus';
}
