import type { Replica } from './replica.ts';

export const sampleSeconds = 5;

/** Samples the memory of replicas until it is stopped. */
export class MemorySamples {
  readonly #replicas: readonly Replica[];
  readonly #samples: (number | null)[][];
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
      const numbers = samples.filter((sample) => sample !== null);
      const text = samples.map((sample) => sample ?? '-').join(' ');
      return `  ${name}: start ${numbers.at(0)}, max ${Math.max(...numbers)}, end ${numbers.at(-1)} MB; all: ${text}; ${growth(samples)}`;
    });
  }

  #sample(): void {
    this.#replicas.forEach((replica, index) => {
      this.#samples[index]?.push(replica.megabytes());
    });
  }
}

/** Compares the means of both halves since the process started, without its first samples, which contain the start. */
function growth(samples: readonly (number | null)[]): string {
  const process = samples.slice(samples.lastIndexOf(null) + 1);
  const warm = process.slice(2).filter((sample) => sample !== null);
  if (warm.length < 4) return 'too few samples to say whether it grows';
  const half = Math.floor(warm.length / 2);
  const mean = (part: readonly number[]) => part.reduce((sum, each) => sum + each, 0) / part.length;
  const [before, after] = [mean(warm.slice(0, half)), mean(warm.slice(half))];
  return `mean of the first half ${before.toFixed(0)}, of the second ${after.toFixed(0)} MB`;
}
