import { createServer, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';
import { MessageReader, type WireMessage } from './wire-messages.ts';

/** The first packets that ask for encryption or to cancel a query, by their code. */
const sslRequest = 80877103;
const gssRequest = 80877104;
const cancelRequest = 80877102;

/**
 * Serves PGlite's one session to many clients on a Unix socket, in PostgreSQL's own protocol.
 *
 * A client holds the session from the first message of a request to its Sync, and through a transaction to its
 * end; meanwhile the others wait in line. Handing on the session between messages (as @electric-sql/pglite-socket
 * 0.2 does when a request spans several socket reads) binds one client's parameters to another client's statement
 * and answers wrong rows without an error.
 */
export class WireServer {
  readonly #database: PGlite;
  readonly #session = new Turnstile();
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  readonly #onFatal: (error: unknown) => void;
  readonly #idleMilliseconds: number;

  /**
   * `onFatal` is told when the database itself has broken down and nothing can be answered any more. A client that
   * keeps the session without using it (a transaction left open in psql) is hung up on after `idleMilliseconds`.
   */
  constructor(database: PGlite, onFatal: (error: unknown) => void, idleMilliseconds = 30_000) {
    this.#idleMilliseconds = idleMilliseconds;
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
    let copying = false;
    const leave = () => {
      holding = false;
      this.#session.leave();
    };
    try {
      for await (const message of new MessageReader(socket)) {
        // What a client copies comes after the answer that it can't (see withoutCopy).
        if (message.type !== null && 'dcf'.includes(message.type)) continue;
        clearTimeout(idle);
        if (message.type === 'Q' || message.type === 'P') copying = copiesFromClient(message);
        if (!holding) {
          await this.#session.enter();
          holding = true;
        }
        if (socket.destroyed || !(await this.#answer(socket, copying ? withoutCopy(message) : message))) break;
        if (endsRequest(message) && !this.#database.isInTransaction()) leave();
        else idle = setTimeout(() => hangUp(socket), this.#idleMilliseconds);
      }
    } catch (error) {
      // A connection that breaks off, or speaks something else than the protocol, is only its own affair; a fault of the
      // WebAssembly itself is everybody's.
      if (error instanceof Error && error.name === 'RuntimeError') this.#onFatal(error);
    } finally {
      clearTimeout(idle);
      if (holding) {
        await this.#abandon();
        leave();
      }
      this.#clients.delete(socket);
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
    // The database answers from its own memory, which it writes over with the next answer: copy.
    await this.#database.execProtocolRawStream(message.bytes, {
      onRawData: (data) => {
        const answer = Buffer.from(data);
        // PGlite does not survive the end of its one backend: no message after it would ever be answered.
        if (message.type !== null && answer.length < 8192 && answer.includes('VFATAL\0')) {
          this.#onFatal(new Error('the database ended the session that all share'));
        }
        socket.write(answer);
      },
    });
    return true;
  }

  /** Brings the session back to rest after a client that left in the middle of something. */
  async #abandon(): Promise<void> {
    const sync = new Uint8Array([0x53, 0, 0, 0, 4]);
    try {
      await this.#database.execProtocolRawStream(sync, { onRawData: () => undefined });
      if (this.#database.isInTransaction()) await this.#database.exec('rollback');
    } catch (error) {
      this.#onFatal(error);
    }
  }
}

/**
 * PGlite can't wait for the rows of a COPY FROM STDIN, and breaks down when it finds none. A CopyFail right behind the
 * statement ends such a copy in order, and is passed over behind any other statement.
 */
function withoutCopy(message: WireMessage): WireMessage {
  if (message.type !== 'Q' && message.type !== 'E') return message;
  return { ...message, bytes: Buffer.concat([message.bytes, copyFail]) };
}

const copyFail = tagged('f', 'the embedded warehouse takes no rows from clients\0');

/** May say yes to a statement that only mentions it. */
function copiesFromClient({ bytes }: WireMessage): boolean {
  return /\bcopy\b[\s\S]*\bstdin\b/i.test(Buffer.from(bytes).toString('latin1'));
}

/** What PostgreSQL itself says when idle_in_transaction_session_timeout strikes. */
const idleError = tagged('E', 'SFATAL\0VFATAL\0C25P03\0Mterminating connection due to idle-in-transaction timeout\0\0');

function hangUp(socket: Socket): void {
  socket.write(idleError);
  socket.destroySoon();
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
