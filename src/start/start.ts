import type { Logger } from 'pino';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Closing } from './closing.ts';

/** Writes lines of the log. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What each part of the start needs. */
export interface Start {
  /** The project's root folder. */
  readonly root: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Closes what was opened, in reverse order. */
  readonly closing: Closing;
  /** Prints a progress line. */
  readonly say: (line: string) => void;
  /** Called when an embedded store fails. The service then ends. */
  readonly onFailure: (error: unknown) => void;
}
