import { join } from 'node:path';
import { z } from 'zod';
import type { PostgresConnection } from './postgres/server.ts';
import { runProgram } from './run-program.ts';

const project = join(import.meta.dirname, '../warehouse/dbt');

/** One entry of dbt's structured log. */
export interface DbtMessage {
  /** The type of the event, for example LogModelResult. */
  readonly name: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface DbtResult {
  readonly code: number | null;
  /** dbt's id of the run; a build has it as its id. Empty if dbt did not start. */
  readonly invocationId: string;
  /** Everything that dbt reported, without debug messages. */
  readonly messages: readonly DbtMessage[];
}

export interface DbtCall {
  /** The path of dbt, or of a program that takes its arguments. */
  readonly program: readonly [file: string, ...words: string[]];
  /** dbt's arguments. The project and profiles are this repository's. */
  readonly words: readonly string[];
  /** Environment variables of the profile. */
  readonly profile: Readonly<Record<string, string>>;
  /** The folder of dbt's artifacts and logs. Calls with the same folder parse the project only once. */
  readonly output: string;
  readonly onMessage?: (message: DbtMessage) => void;
  /** Stops dbt. */
  readonly signal?: AbortSignal;
}

/** The profile's variables for PostgreSQL on this machine. */
export function localProfile({ port, user, password, database }: PostgresConnection): Record<string, string> {
  return {
    DBT_TARGET: 'local',
    WAREHOUSE_PORT: String(port),
    WAREHOUSE_USER: user,
    WAREHOUSE_PASSWORD: password,
    WAREHOUSE_DATABASE: database,
  };
}

/**
 * Runs dbt on the project in warehouse/dbt, and waits for its end. It writes nothing into the project's folder. If this
 * process ends, dbt is stopped: whatever this process has locked for it is unlocked then.
 *
 * @throws {LocalError} if the program can't be started
 */
export async function runDbt({ program, words, profile, output, onMessage, signal }: DbtCall): Promise<DbtResult> {
  const [file, ...before] = program;
  const messages: DbtMessage[] = [];
  let invocationId = '';
  const take = (line: string) => {
    const parsed = parseMessage(line);
    if (parsed === null || parsed.message.level === 'debug') return;
    invocationId ||= parsed.invocationId;
    messages.push(parsed.message);
    onMessage?.(parsed.message);
  };
  const { code } = await runProgram(file, [...before, ...words], {
    cwd: project,
    onLine: take,
    signal,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      LANG: 'C.UTF-8',
      DBT_PROFILES_DIR: project,
      DBT_TARGET_PATH: output,
      DBT_LOG_PATH: output,
      DBT_LOG_FORMAT: 'json',
      // Its debug messages take a fifth of dbt's CPU time, and the folder is temporary.
      DBT_LOG_LEVEL_FILE: 'none',
      DBT_USE_COLORS: 'false',
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      ...profile,
    },
  });
  return { code, invocationId, messages };
}

const logLine = z.object({
  info: z.object({
    name: z.string(),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    msg: z.string(),
    invocation_id: z.string(),
  }),
});

/** A line that is not of the structured log comes from Python itself, which prints only errors. */
export function parseMessage(line: string): { message: DbtMessage; invocationId: string } | null {
  if (line.trim() === '') return null;
  let parsed: z.infer<typeof logLine>;
  try {
    parsed = logLine.parse(JSON.parse(line));
  } catch {
    return { message: { name: 'Python', level: 'error', text: line }, invocationId: '' };
  }
  const { name, level, msg: text, invocation_id: invocationId } = parsed.info;
  return { message: { name, level, text }, invocationId };
}

/** What went wrong: dbt's errors, or everything that it reported if it reported none. */
export function failureOf({ code, messages }: DbtResult): string {
  const errors = messages.filter(({ level, text }) => level === 'error' && text.trim() !== '');
  const lines = (errors.length > 0 ? errors : messages).map(({ text }) => text.trimEnd());
  return [`dbt failed (exit code ${code}):`, ...new Set(lines)].join('\n');
}
