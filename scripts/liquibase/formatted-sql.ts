import { LocalError } from '../../local/errors.ts';

/** A changeset of a formatted SQL file. Its texts still contain the parameters' placeholders. */
export interface Changeset {
  readonly id: string;
  readonly author: string;
  readonly file: string;
  readonly contexts: readonly string[];
  /** Liquibase runs each query before the changeset, and stops if the result is not `expected`. */
  readonly preconditions: readonly { readonly expected: string; readonly query: string }[];
  readonly runInTransaction: boolean;
  /** Runs again if its text, with parameters filled in, has changed. */
  readonly runOnChange: boolean;
  /** Runs at every update. */
  readonly runAlways: boolean;
  readonly sql: string;
  /** Empty if there is nothing to undo. */
  readonly rollback: string;
}

const attributes = new Set(['context', 'runInTransaction', 'runOnChange', 'runAlways', 'splitStatements']);

/**
 * Parses the subset of Liquibase's formatted SQL that this changelog uses: changesets with the attributes above, SQL
 * preconditions, rollbacks, and comments on separate lines. It is stricter than Liquibase, which accepts a changeset
 * without context or rollback and takes a misspelt directive for a comment.
 *
 * @throws {LocalError} with file and line for anything else
 */
export function parseFormattedSql(file: string, text: string): Changeset[] {
  const [header = '', ...lines] = text.split(/\r?\n/);
  if (!/^--\s*liquibase formatted sql$/.test(header)) throw syntaxError(file, 1, 'must be "--liquibase formatted sql"');
  const open: OpenChangeset[] = [];
  for (const [index, line] of lines.entries()) {
    const number = index + 2;
    const directive = /^--(changeset|rollback|preconditions|precondition-sql-check)\b ?(.*)$/.exec(line);
    const current = open.at(-1);
    if (directive?.[1] === 'changeset') open.push(openChangeset(file, number, directive[2] ?? ''));
    else if (/^\s*--/.test(line) && !directive) requireComment(file, number, line);
    else if (!current) {
      if (line.trim() !== '') throw syntaxError(file, number, 'is before the first changeset');
    } else if (!directive) current.sql.push(line);
    else if (directive[1] === 'rollback') current.rollback.push(directive[2] ?? '');
    else if (directive[1] === 'precondition-sql-check') {
      const check = /^expectedResult:"([^"]*)" (.+)$/.exec(directive[2] ?? '');
      if (!check) throw syntaxError(file, number, 'must be: expectedResult:"…" query');
      current.preconditions.push({ expected: check[1] ?? '', query: check[2] ?? '' });
    }
  }
  return open.map((changeset) => closeChangeset(file, changeset));
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
  if (!author || !id) throw syntaxError(file, line, 'must contain author and id: "--changeset author:id"');
  const options = new Map(
    rest.map((option) => {
      const [key = '', value = ''] = option.split(':');
      if (!attributes.has(key) || !value) throw syntaxError(file, line, `has the unknown attribute "${option}"`);
      return [key, value] as const;
    }),
  );
  return { line, author, id, options, preconditions: [], sql: [], rollback: [] };
}

function closeChangeset(file: string, { line, options, ...changeset }: OpenChangeset): Changeset {
  const sql = changeset.sql.join('\n').trim();
  const rollback = changeset.rollback.join('\n').trim();
  const contexts = (options.get('context') ?? '').split(',').filter((context) => context !== '');
  if (contexts.length === 0) throw syntaxError(file, line, 'has no context: it would run in all of them');
  if (sql === '') throw syntaxError(file, line, 'has no SQL');
  if (rollback === '')
    throw syntaxError(file, line, 'has no rollback (if there is nothing to undo: "--rollback empty")');
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

/** Liquibase takes a misspelt directive for a comment, and a comment that begins with one of these words for a directive. */
function requireComment(file: string, line: number, text: string): void {
  if (/^\s*--\S/.test(text) || directiveWord.test(text)) {
    throw syntaxError(file, line, `is neither a comment nor a known directive: ${text.trim()}`);
  }
}

function syntaxError(file: string, line: number, message: string): LocalError {
  return new LocalError(`${file} line ${line} ${message}`);
}
