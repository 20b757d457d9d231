import { ChangelogError } from './types.ts';

/** One change of a formatted SQL file, with its parameters not filled in yet. */
export interface Changeset {
  /** As Liquibase names it in its own table. */
  readonly id: string;
  readonly author: string;
  readonly file: string;
  readonly contexts: readonly string[];
  /** Liquibase checks them; `expected` is what the query must answer. */
  readonly preconditions: readonly { readonly expected: string; readonly query: string }[];
  readonly runInTransaction: boolean;
  /** Runs again whenever its text, with parameters filled in, has changed. */
  readonly runOnChange: boolean;
  /** Runs at every update. */
  readonly runAlways: boolean;
  readonly sql: string;
  /** Empty where nothing has to be undone. */
  readonly rollback: string;
}

const attributes = new Set(['context', 'runInTransaction', 'runOnChange', 'runAlways', 'splitStatements']);

/**
 * Reads the part of Liquibase's formatted SQL that this changelog uses: changesets with the attributes above, checks by
 * a query before one, rollbacks, and comments on lines of their own.
 * @throws ChangelogError naming file and line for anything else
 */
export function parseFormattedSql(file: string, text: string): Changeset[] {
  const [header = '', ...lines] = text.split(/\r?\n/);
  if (!/^--\s*liquibase formatted sql$/.test(header)) throw fault(file, 1, 'must be "--liquibase formatted sql"');
  const open: OpenChangeset[] = [];
  for (const [at, line] of lines.entries()) {
    const number = at + 2;
    const directive = /^--(changeset|rollback|preconditions|precondition-sql-check)\b ?(.*)$/.exec(line);
    const current = open.at(-1);
    if (directive?.[1] === 'changeset') open.push(openChangeset(file, number, directive[2] ?? ''));
    else if (/^\s*--/.test(line) && !directive) refuseUnknown(file, number, line);
    else if (!current) {
      if (line.trim() !== '') throw fault(file, number, 'stands before the first changeset');
    } else if (!directive) current.sql.push(line);
    else if (directive[1] === 'rollback') current.rollback.push(directive[2] ?? '');
    else if (directive[1] === 'precondition-sql-check') {
      const check = /^expectedResult:"([^"]*)" (.+)$/.exec(directive[2] ?? '');
      if (!check) throw fault(file, number, 'must be: expectedResult:"…" query');
      current.preconditions.push({ expected: check[1] ?? '', query: check[2] ?? '' });
    }
  }
  return open.map((changeset) => close(file, changeset));
}

interface OpenChangeset {
  readonly line: number;
  readonly author: string;
  readonly id: string;
  readonly options: ReadonlyMap<string, string>;
  readonly preconditions: { expected: string; query: string }[];
  readonly sql: string[];
  readonly rollback: string[];
}

function openChangeset(file: string, line: number, text: string): OpenChangeset {
  const [name = '', ...rest] = text.trim().split(/\s+/);
  const [author = '', id = ''] = name.split(':');
  if (!author || !id) throw fault(file, line, 'must name its author and id: "--changeset author:id"');
  const options = new Map(
    rest.map((option) => {
      const [key = '', value = ''] = option.split(':');
      if (!attributes.has(key) || !value) throw fault(file, line, `has the unknown attribute "${option}"`);
      return [key, value] as const;
    }),
  );
  return { line, author, id, options, preconditions: [], sql: [], rollback: [] };
}

function close(file: string, { line, options, ...changeset }: OpenChangeset): Changeset {
  const sql = changeset.sql.join('\n').trim();
  const rollback = changeset.rollback.join('\n').trim();
  const contexts = (options.get('context') ?? '').split(',').filter((context) => context !== '');
  if (contexts.length === 0) throw fault(file, line, 'names no context: it would run everywhere');
  if (sql === '') throw fault(file, line, 'has no SQL');
  if (rollback === '') throw fault(file, line, 'has no rollback ("--rollback empty" where nothing is to be undone)');
  return {
    id: changeset.id,
    author: changeset.author,
    file,
    contexts,
    preconditions: changeset.preconditions,
    runInTransaction: options.get('runInTransaction') !== 'false',
    runOnChange: options.get('runOnChange') === 'true',
    runAlways: options.get('runAlways') === 'true',
    sql,
    rollback: rollback === 'empty' ? '' : rollback,
  };
}

const directiveWord = /^\s*--\s*(changeset|rollback|precondition|property|ignore|valid|comment|label|context)/i;

/** A misspelt directive would be a comment to Liquibase, and a comment that begins with such a word a directive. */
function refuseUnknown(file: string, line: number, text: string): void {
  if (/^\s*--\S/.test(text) || directiveWord.test(text)) {
    throw fault(file, line, `is not understood: ${text.trim()}`);
  }
}

function fault(file: string, line: number, message: string): ChangelogError {
  return new ChangelogError(`${file} line ${line} ${message}`);
}
