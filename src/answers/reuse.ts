import { SharedWork, untilAborted } from '../abort.ts';
import type { BuildWatch } from '../db/warehouse/build-watch.ts';
import type { BuildRow } from '../db/warehouse/queries/builds.ts';
import { AnswerInProgress } from './answer-in-progress.ts';
import { dataVersionOf } from './data-version.ts';
import type { KeptAnswer, KeptAnswers } from './kept-answers.ts';

/** An answer that GraphQL has computed. */
export interface ComputedAnswer {
  /** By default 200. */
  readonly status?: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  /** In UTF-8. Bytes have memory of their own. */
  readonly text: string | Buffer;
}

/** How a request got its answer. */
export type Reuse = 'kept' | 'shared' | 'computed';

export type ReusedAnswer =
  | { readonly from: 'kept'; readonly kept: KeptAnswer }
  | { readonly from: 'shared' | 'computed'; readonly computed: ComputedAnswer; readonly notes: AnswerInProgress };

/** What the computation of an answer needs. */
export interface Computation {
  /** Ends its work. */
  readonly signal: AbortSignal;
  readonly notes: AnswerInProgress;
  /** The builds as the request has seen them: what was picked to find a kept answer stays. */
  readonly builds: BuildWatch;
}

export interface AnswerReuseOptions {
  readonly kept: KeptAnswers;
  readonly builds: BuildWatch;
  /** Called for each stable operation. */
  readonly onReuse: (reuse: Reuse) => void;
}

/** A request whose answer may be one that another request got. */
export interface ReusableRequest {
  /** See `requestKey`. */
  readonly key: string;
  /** Aborted when it ends early. */
  readonly signal: AbortSignal;
  readonly compute: (computation: Computation) => Promise<ComputedAnswer>;
  /** Called before it waits for the answer to another request, with the name of the operation. */
  readonly onJoin: (operation: string) => void;
}

/** The computation of an answer that other requests may wait for. */
interface Flight {
  readonly work: SharedWork<ComputedAnswer>;
  readonly result: Promise<ComputedAnswer>;
  readonly notes: AnswerInProgress;
}

/**
 * Answers equal requests once for each version of the data: from the answers that are kept, from one that is being computed, or
 * by computing it. Requests have passed all checks that come before GraphQL; the checks of GraphQL depend only on what is in the
 * key, so their result is that of the request whose answer is reused.
 */
export class AnswerReuse {
  readonly kept: KeptAnswers;
  readonly #builds: BuildWatch;
  readonly #onReuse: (reuse: Reuse) => void;
  readonly #flights = new Map<string, Flight>();
  /** The version of the data that was looked up last; null: none yet. */
  #newest: { readonly version: string | null } | null = null;

  constructor({ kept, builds, onReuse }: AnswerReuseOptions) {
    this.kept = kept;
    this.#builds = builds;
    this.#onReuse = onReuse;
  }

  /**
   * A query has found the newest build. Drops what was computed from an earlier one. Those that wait for such an answer still get
   * it, if it is of their build.
   */
  noticed(build: BuildRow | null): void {
    if (build === null) return;
    const version = dataVersionOf(build);
    if (this.#newest !== null && this.#newest.version !== version) {
      this.kept.clear();
      this.#flights.clear();
    }
    this.#newest = { version };
  }

  /** @throws the reason of the request's signal, if it is aborted while other requests wait for the same answer. */
  async answer({ key, signal, compute, onJoin }: ReusableRequest): Promise<ReusedAnswer> {
    // Other operations must not wait for the warehouse here: they may not need it.
    const isStable = this.kept.has(key) || this.#flights.has(key);
    if (!isStable) return this.#compute(this.#start(key, this.#builds, compute), signal);
    const { newest, forget } = this.#builds;
    const picked = untilAborted(newest(), signal);
    const version = dataVersionOf(await picked.catch(() => null));
    for (;;) {
      const kept = version === null ? null : this.kept.get(key, version);
      if (kept) {
        this.#onReuse('kept');
        return { from: 'kept', kept };
      }
      const running = version === null ? undefined : this.#flights.get(key);
      if (!running) {
        const flight = this.#start(key, { newest: () => picked, forget }, compute);
        this.#share(key, flight);
        return this.#compute(flight, signal);
      }
      const { work, result, notes } = running;
      if (notes.operation !== null) onJoin(notes.operation);
      const computed = await work.wait(result, signal);
      if (notes.version === version) {
        this.#onReuse('shared');
        return { from: 'shared', computed, notes };
      }
      // It began before the build was noticed. The first of those that waited computes again, and the others wait for that.
    }
  }

  async #compute({ work, result, notes }: Flight, signal: AbortSignal): Promise<ReusedAnswer> {
    const computed = await work.wait(result, signal);
    if (notes.operation !== null) this.#onReuse('computed');
    return { from: 'computed', computed, notes };
  }

  /** Starts a computation. Others can wait for it once it is known that its answer may be shared, and until it has ended. */
  #start(key: string, builds: BuildWatch, compute: ReusableRequest['compute']): Flight {
    const leave = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const work = new SharedWork<ComputedAnswer>(leave);
    const { signal } = work;
    const notes = new AnswerInProgress(() => this.#share(key, flight));
    const run = async () => {
      try {
        const computed = await compute({ signal, notes, builds });
        this.#keep(key, computed, notes);
        return computed;
      } finally {
        leave();
      }
    };
    const flight: Flight = { work, notes, result: Promise.resolve().then(run) };
    return flight;
  }

  #share(key: string, flight: Flight): void {
    if (!flight.work.signal.aborted && !this.#flights.has(key)) this.#flights.set(key, flight);
  }

  #keep(key: string, { status = 200, headers, text }: ComputedAnswer, notes: AnswerInProgress): void {
    const { operation, version, result } = notes;
    if (operation === null || version === null || result !== null || status !== 200) return;
    // Late: it began before the newest build was found, whose answer may be kept already.
    if (this.#newest !== null && this.#newest.version !== version) return;
    this.kept.keep(key, text, { operation, version, headers });
  }
}
