import type { Verdict } from './answers.ts';

const maxExamples = 10;

/** Counts and latencies of the requests of one phase. */
export class Figures {
  readonly name: string;
  readonly #began = performance.now();
  #seconds = 0;
  readonly #milliseconds: number[] = [];
  readonly #counts: Record<Verdict['kind'], number> = { right: 0, failed: 0, disconnected: 0, wrong: 0, unexpected: 0 };
  readonly #labels: string[] = [];
  /** The first wrong and unexpected answers. */
  readonly examples: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(operation: string, verdict: Verdict, milliseconds: number): void {
    this.#counts[verdict.kind] += 1;
    if (verdict.kind === 'right') this.#milliseconds.push(milliseconds);
    if (!('label' in verdict)) return;
    const label = verdict.kind === 'failed' ? verdict.label : `${verdict.kind.toUpperCase()}: ${verdict.label}`;
    this.#labels.push(label);
    const isFault = verdict.kind !== 'failed';
    if (isFault && this.examples.length < maxExamples) {
      this.examples.push(`${operation}, ${milliseconds.toFixed(0)} ms: ${label}`);
    }
  }

  end(): void {
    this.#seconds = (performance.now() - this.#began) / 1000;
  }

  /** How many answers were wrong or undocumented. */
  get faults(): number {
    return this.#counts.wrong + this.#counts.unexpected;
  }

  static readonly header =
    'phase            seconds  requests    right  right/s   p50 ms   p95 ms   p99 ms   max ms  failed  client left  wrong  unexpected';

  row(): string {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b);
    const percentile = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(0);
    const { right, failed, disconnected, wrong, unexpected } = this.#counts;
    const requests = right + failed + disconnected + wrong + unexpected;
    return [
      this.name.padEnd(15),
      this.#seconds.toFixed(1).padStart(8),
      String(requests).padStart(9),
      String(right).padStart(8),
      (right / this.#seconds).toFixed(0).padStart(8),
      ...[0.5, 0.95, 0.99, 1].map((share) => percentile(share).padStart(8)),
      `${((100 * failed) / requests).toFixed(1)} %`.padStart(7),
      String(disconnected).padStart(12),
      String(wrong).padStart(6),
      String(unexpected).padStart(11),
    ].join(' ');
  }

  /** How often each failure was answered, the most frequent first. */
  failures(): string[] {
    return counted(this.#labels);
  }
}

/** A line for each different text with its number, the most frequent first. */
export function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([text, count]) => `  ${String(count).padStart(8)}  ${text}`);
}
