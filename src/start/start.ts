import type { Logger } from 'pino';
import type { Closing } from './closing.ts';

/** What every part of the start is given. */
export interface Start {
  /** The project's root. */
  readonly root: string;
  readonly logger: Logger;
  /** Closes what was opened, last opened first. */
  readonly closing: Closing;
  /** Tells a person what is being done. */
  readonly say: (line: string) => void;
  /** Told when an embedded store breaks down: the service ends then. */
  readonly onFailure: (error: unknown) => void;
}
