import { ExportsBusy } from './errors.ts';

/** The places for exports of this process. */
export class ExportPlaces {
  readonly #max: number;
  readonly #maxOfCaller: number;
  readonly #runningOf = new Map<string | null, number>();
  #running = 0;

  constructor(max: number) {
    this.#max = max;
    this.#maxOfCaller = Math.max(1, max - 1);
  }

  /**
   * Takes a place. A caller leaves one for others, if there are several.
   *
   * @param caller the name; null: without authentication, which may take all places.
   * @returns frees the place.
   * @throws {ExportsBusy}
   */
  take(caller: string | null): () => void {
    if (this.#running >= this.#max) throw new ExportsBusy(this.#max, 'service');
    const own = this.#runningOf.get(caller) ?? 0;
    if (caller !== null && own >= this.#maxOfCaller) throw new ExportsBusy(this.#maxOfCaller, 'caller');
    this.#change(caller, 1);
    return () => this.#change(caller, -1);
  }

  #change(caller: string | null, by: 1 | -1): void {
    this.#running += by;
    const own = (this.#runningOf.get(caller) ?? 0) + by;
    if (own === 0) this.#runningOf.delete(caller);
    else this.#runningOf.set(caller, own);
  }
}
