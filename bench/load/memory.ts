import type { Replica } from './replica.ts';

export const sampleSeconds = 5;

/** Samples the memory of replicas until it is stopped. */
export class MemorySamples {
  readonly #replicas: readonly Replica[];
  readonly #samples: Sample[][];
  readonly #timer: NodeJS.Timeout;

  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas;
    this.#samples = replicas.map(() => []);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), sampleSeconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sample();
  }

  /** One line per replica. */
  lines(): string[] {
    return this.#replicas.map(({ name }, index) => {
      const samples = this.#samples[index] ?? [];
      const numbers = samples.map(({ megabytes }) => megabytes).filter((sample) => sample !== null);
      const text = samples.map(({ megabytes }) => megabytes ?? '-').join(' ');
      return `  ${name}: start ${numbers.at(0)}, max ${Math.max(...numbers)}, end ${numbers.at(-1)} MB; all: ${text}; ${growth(samples)}`;
    });
  }

  #sample(): void {
    this.#replicas.forEach((replica, index) => {
      this.#samples[index]?.push({ megabytes: replica.megabytes(), start: replica.starts });
    });
  }
}

interface Sample {
  /** Null while the replica is stopped. */
  readonly megabytes: number | null;
  /** The number of the process. */
  readonly start: number;
}

/** Compares the means of both halves since the newest process started, without its first samples, which contain the start. */
function growth(samples: readonly Sample[]): string {
  const newest = samples.filter(({ start }) => start === samples.at(-1)?.start);
  const warm = newest.flatMap(({ megabytes }) => megabytes ?? []).slice(2);
  if (warm.length < 4) return 'too few samples to say whether it grows';
  const half = Math.floor(warm.length / 2);
  const mean = (part: readonly number[]) => part.reduce((sum, each) => sum + each, 0) / part.length;
  const [before, after] = [mean(warm.slice(0, half)), mean(warm.slice(half))];
  return `mean of the first half ${before.toFixed(0)}, of the second ${after.toFixed(0)} MB`;
}
