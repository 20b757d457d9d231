/** A process, as the simulated network and the simulated ledger see it. */
export interface SimulatedProcess {
  readonly name: string;
  readonly isAlive: boolean;
  /** Calls `happen` now, later if the process is frozen, or never if it is dead. */
  receive(happen: () => void): void;
  /** @param what the call, and its argument. */
  crash(side: 'before' | 'after', what: string): void;
  /** Whether the process dies at this call, and on which side of its effect. */
  drawCrash(): 'before' | 'after' | null;
}
