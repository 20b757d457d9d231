import { DatabaseSync } from 'node:sqlite';

/** "ATTR". SQLite keeps it in the file's header, for programs that have to recognize their own files. */
const applicationId = 0x41545452;
/** Increment if the tables change: copies with another version are refused. */
const version = 1;

/**
 * Opens or creates the SQLite file of a copy. A file with these tables and without any application's id is adopted: a
 * version of this program that did not set the id wrote it.
 *
 * @param tables "name (columns)" of each.
 * @throws {Error} if the file is of another program; it is not changed.
 */
export function openFile(path: string, tables: readonly string[]): DatabaseSync {
  // As sqlite_schema has them.
  const statements = tables.map((table) => `CREATE TABLE ${table}`);
  const database = new DatabaseSync(path);
  try {
    if (inspect(database, path, statements) === 'marked') return database;
    database.exec('begin immediate');
    // Again, because another process may have written to it in the meantime.
    if (inspect(database, path, statements) === 'new') database.exec(statements.join(';'));
    database.exec(`pragma application_id = ${applicationId}; pragma user_version = ${version}; commit`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A copy's file: new and empty, of a version that did not set the id, or marked with the id. */
function inspect(database: DatabaseSync, path: string, statements: readonly string[]): 'new' | 'unmarked' | 'marked' {
  const header = readHeader(database, path);
  if (header.id === applicationId) {
    if (header.version === version) return 'marked';
    throw new Error(`another version of this program wrote ${path}: name a new file`);
  }
  if (header.id === 0 && header.version === 0) {
    if (header.statements.length === 0) return 'new';
    if (statements.every((statement) => header.statements.includes(statement))) return 'unmarked';
  }
  throw new Error(`${path} is an SQLite file of another program, and was not changed: name a new file`);
}

function readHeader(database: DatabaseSync, path: string) {
  const rows = (sql: string) => database.prepare(sql).all();
  try {
    return {
      id: rows('pragma application_id')[0]?.application_id,
      version: rows('pragma user_version')[0]?.user_version,
      statements: rows('select sql from sqlite_schema').map(({ sql }) => sql),
    };
  } catch (error) {
    if (!(error instanceof Error && /not a database/.test(error.message))) throw error;
    throw new Error(`${path} is not an SQLite file, and was not changed: name a new file`);
  }
}
