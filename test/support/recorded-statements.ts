import type { Statement } from '../../src/db/warehouse/connect.ts';

const statements = new Map<string, Statement>();

/** Records a statement of the service. It is checked at the end of the test file. */
export function recordStatement(statement: Statement): void {
  const kinds = new Set(statement.parameters.map((value) => Object.prototype.toString.call(value)));
  // Builds differ only in the number in the names of their tables.
  const sql = statement.sql.replaceAll(/__\d+"/g, '__1"');
  statements.set(JSON.stringify([statement.name, sql, ...kinds]), { ...statement, sql });
}

/**
 * Checks the recorded statements of the test file, and saves them for `npm run check:sql`.
 *
 * @throws {Error} with all findings.
 */
export async function checkRecordedStatements(): Promise<void> {
  if (statements.size === 0) return;
  // Most test files have no service, and do not need the parser.
  const { addToRecord, kindOf, reviewRecord } = await import('../../scripts/redshift-lint/record.ts');
  const record = [...statements.values()].map(({ name, sql, parameters }) => {
    return { name, sql, kinds: [...new Set(parameters.map(kindOf))].toSorted() };
  });
  statements.clear();
  addToRecord(record);
  const { faults } = reviewRecord(record, []);
  if (faults.length > 0) throw new Error(`Redshift would refuse these statements:\n${faults.join('\n')}`);
}
