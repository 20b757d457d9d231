import { decodeError, type ErrorMessage, encodeError } from './error-messages.ts';

/** What a side serves: functions by name, whose arguments and results can be cloned. */
export type Served = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Performs a call of the other side. Its result is awaited; the signal is aborted when the caller's is. */
export type Serve = (name: string, args: readonly unknown[], signal: AbortSignal) => unknown;

export type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: readonly unknown[] }
  /** A call without an answer. */
  | { readonly kind: 'notice'; readonly name: string; readonly args: readonly unknown[] }
  /** The caller's signal was aborted. The call is answered nevertheless. */
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorMessage }
  /** The call failed with the reason of the caller's signal. */
  | { readonly kind: 'aborted'; readonly id: number };

interface Pending {
  resolve(value: never): void;
  reject(error: unknown): void;
  readonly signal: AbortSignal | undefined;
  readonly end: () => void;
}

const never = new AbortController().signal;

/** Calls between two threads, in both directions. An error arrives as it was thrown: see `encodeError`. */
export class Remote<Theirs extends Served> {
  readonly #post: (message: Message) => void;
  readonly #serve: Serve;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<number, AbortController>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor(post: (message: Message) => void, serve: Serve) {
    this.#post = post;
    this.#serve = serve;
  }

  /**
   * Calls a function of the other side.
   *
   * @param signal aborts the signal that the function gets. The function decides what follows.
   * @throws what the function threw; the signal's own reason, if that was thrown.
   * @throws the error of `end`, if the other side has ended.
   */
  call<Name extends keyof Theirs & string>(
    name: Name,
    args: Parameters<Theirs[Name]>,
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    if (this.#ended) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#post({ kind: 'call', id, name, args });
      const abort = () => this.#post({ kind: 'abort', id });
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      this.#pending.set(id, { resolve, reject, signal, end: () => signal?.removeEventListener('abort', abort) });
    });
  }

  /** Calls a function of the other side without waiting for it. It must not throw. */
  notify<Name extends keyof Theirs & string>(name: Name, args: Parameters<Theirs[Name]>): void {
    if (!this.#ended) this.#post({ kind: 'notice', name, args });
  }

  /** Takes a message of the other side. */
  receive(message: Message): void {
    if (message.kind === 'call') void this.#perform(message.id, message.name, message.args);
    else if (message.kind === 'notice') this.#serve(message.name, message.args, never);
    else if (message.kind === 'abort') this.#serving.get(message.id)?.abort();
    else this.#settle(message);
  }

  /** The other side has ended: all calls, current and future, fail with this error. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const { reject, end } of this.#pending.values()) {
      end();
      reject(this.#ended);
    }
    this.#pending.clear();
  }

  async #perform(id: number, name: string, args: readonly unknown[]): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const value = await this.#serve(name, args, controller.signal);
      this.#post({ kind: 'result', id, value });
    } catch (error) {
      const isReason = controller.signal.aborted && error === controller.signal.reason;
      this.#post(isReason ? { kind: 'aborted', id } : { kind: 'error', id, error: encodeError(error) });
    } finally {
      this.#serving.delete(id);
    }
  }

  #settle(message: Extract<Message, { readonly kind: 'result' | 'error' | 'aborted' }>): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    pending.end();
    if (message.kind === 'result') pending.resolve(message.value as never);
    else pending.reject(message.kind === 'aborted' ? pending.signal?.reason : decodeError(message.error));
  }
}
