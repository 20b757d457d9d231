import type { EndedQuery } from '../../db/observation.ts';
import type { ObserveRequest } from '../../push/adsuite/request-observer.ts';
import type { SettledRows } from '../../push/delivery/settled-rows.ts';
import type { StoreName } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import type { Report } from './messages.ts';

type Observed = Pick<Report, 'queries' | 'requests' | 'settled'>;

/** Collects what the thread does, and reports it at the end of the current turn of its event loop. */
export class Reports {
  readonly #send: (observed: Observed) => void;
  readonly #tracing: Tracing | null;
  #waiting: { -readonly [Name in keyof Observed]: Observed[Name][number][] } | null = null;

  /** @param tracing gets queries and requests too. */
  constructor(send: (observed: Observed) => void, tracing: Tracing | null) {
    this.#send = send;
    this.#tracing = tracing;
  }

  readonly queryEnded: Readonly<Record<StoreName, (ended: EndedQuery) => void>> = {
    warehouse: (ended) => this.#queryEnded('warehouse', ended),
    ledger: (ended) => this.#queryEnded('ledger', ended),
  };

  readonly observeRequest: ObserveRequest = (request) => {
    const startedAt = performance.now();
    const traced = this.#tracing?.adsuite(request);
    return {
      headers: traced?.headers ?? {},
      end: (status) => {
        this.#next().requests.push({ request, status, milliseconds: performance.now() - startedAt });
        traced?.end(status);
      },
    };
  };

  readonly settled = (rows: SettledRows): void => void this.#next().settled.push(rows);

  #queryEnded(store: StoreName, ended: EndedQuery): void {
    this.#next().queries.push({ store, ended });
    this.#tracing?.queryEnded(store, ended);
  }

  /** The next report. */
  #next() {
    if (this.#waiting === null) {
      setImmediate(() => {
        const observed = this.#waiting;
        this.#waiting = null;
        if (observed) this.#send(observed);
      });
    }
    this.#waiting ??= { queries: [], requests: [], settled: [] };
    return this.#waiting;
  }
}
