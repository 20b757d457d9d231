import type { PGlite } from '@electric-sql/pglite';
import type { QueryAnswer } from './worker-protocol.ts';

const sync = new Uint8Array([0x53, 0, 0, 0, 4]);

/**
 * Runs one or more statements and returns the last one's rows as text. PGlite's exec() does not return the row count of
 * `create table as`, and converts values to JavaScript's.
 */
export async function runQuery(database: PGlite, sql: string): Promise<QueryAnswer> {
  return database.runExclusive(async () => {
    let messages: Messages;
    try {
      messages = await database.execProtocolStream(queryMessage(sql), { syncToFs: false });
    } finally {
      await database.execProtocolStream(sync, { syncToFs: false, throwOnError: false });
    }
    return answerOf(messages);
  });
}

type Messages = Awaited<ReturnType<PGlite['execProtocolStream']>>;

function queryMessage(sql: string): Uint8Array {
  const text = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}

function answerOf(messages: Messages): QueryAnswer {
  let names: string[] = [];
  let rows: Record<string, string | null>[] = [];
  let rowCount = 0;
  for (const message of messages) {
    if ('fields' in message && Array.isArray(message.fields)) {
      const fields: readonly unknown[] = message.fields;
      if (message.name === 'rowDescription') {
        names = fields.map((field) => String((field as { name: unknown }).name));
        rows = [];
      } else if (message.name === 'dataRow') {
        rows.push(Object.fromEntries(names.map((name, index) => [name, textOf(fields[index])])));
      }
    } else if (message.name === 'commandComplete' && 'text' in message) {
      rowCount = Number(/\d+$/.exec(String(message.text))?.[0] ?? 0);
      // Rows of earlier statements are discarded.
      if (!/^SELECT|RETURNING/.test(String(message.text))) rows = [];
    }
  }
  return { rows, rowCount };
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
