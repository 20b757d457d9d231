import type { RequestLimits } from '../config/limits.ts';
import { ClientDisconnected, OperationTimeout, ServiceOverloaded } from './request-errors.ts';

export type ConcurrencyLimits = Pick<RequestLimits, 'maxExecuting' | 'maxWaiting' | 'operationSeconds'>;

const operationVariable = 'OPERATION_SECONDS';

/** A request that executes. One signal ends all its work: statements in the databases too. */
export interface RequestInProgress {
  /**
   * Aborted when the client disconnects, the request exceeds its time limit, or the service stops. The reason is the error for the
   * client.
   */
  readonly signal: AbortSignal;
  /** Sets the time limit of the request, counted from now. `variable` is its setting, for the message. */
  limitTo(seconds: number, variable: string): void;
  /**
   * Releases the request's place among those that execute, and takes one among those that wait. The time limit starts again
   * after the wait.
   *
   * @param seconds how long the request may wait.
   * @returns a function that ends the wait; null if too many wait.
   */
  beginWait(seconds: number): (() => void) | null;
}

/** The requests that execute or wait in this process. */
export class RequestsInProgress {
  readonly #limits: ConcurrencyLimits;
  readonly #requests = new Set<AbortController>();
  #executing = 0;
  #waiting = 0;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  get executing(): number {
    return this.#executing;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Begins a request.
   *
   * @returns the request, and a function to call when its response has ended, or its client has closed the connection before.
   * @throws {ServiceOverloaded} if too many execute.
   */
  begin(): { readonly request: RequestInProgress; readonly end: (how: 'answered' | 'disconnected') => void } {
    const { maxExecuting, maxWaiting, operationSeconds } = this.#limits;
    if (this.#executing >= maxExecuting) throw new ServiceOverloaded(maxExecuting);
    this.#executing += 1;
    const controller = new AbortController();
    this.#requests.add(controller);
    let timer: NodeJS.Timeout | undefined;
    let isExecuting = true;
    const stopExecuting = () => {
      if (!isExecuting) return;
      isExecuting = false;
      this.#executing -= 1;
    };
    let hasEnded = false;
    const limitTo = (seconds: number, variable: string) => {
      clearTimeout(timer);
      // Its work may go on for a moment. A timer would keep the process from its exit.
      if (hasEnded) return;
      timer = setTimeout(() => controller.abort(new OperationTimeout(seconds, variable)), seconds * 1000);
    };
    limitTo(operationSeconds, operationVariable);
    const request: RequestInProgress = {
      signal: controller.signal,
      limitTo,
      beginWait: (seconds) => {
        stopExecuting();
        limitTo(seconds + operationSeconds, operationVariable);
        if (this.#waiting >= maxWaiting) return null;
        this.#waiting += 1;
        let isWaiting = true;
        return () => {
          if (isWaiting) this.#waiting -= 1;
          isWaiting = false;
        };
      },
    };
    const end = (how: 'answered' | 'disconnected') => {
      hasEnded = true;
      clearTimeout(timer);
      this.#requests.delete(controller);
      stopExecuting();
      if (how === 'disconnected') controller.abort(new ClientDisconnected());
    };
    return { request, end };
  }

  /** Ends the work of all requests, with the reason as their error. */
  abortAll(reason: Error): void {
    for (const controller of this.#requests) controller.abort(reason);
  }
}
