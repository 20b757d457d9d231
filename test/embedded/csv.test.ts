import { describe, expect, test } from 'vitest';
import { parseInstant, validTimes } from '../../src/domain/instant.ts';
import { describeFault, Findings, faultLimit, InvalidCsvError } from '../../src/embedded/csv/csv-faults.ts';
import { explainField, fieldReaders } from '../../src/embedded/csv/fields.ts';
import { type CsvBatch, readCsv } from '../../src/embedded/csv/read.ts';
import { renderProjectOf } from '../../src/embedded/dbt/project.ts';
import { renderTemplate } from '../../src/embedded/dbt/render.ts';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { project, runOptions } from '../support/dbt.ts';

describe('fields', () => {
  test.each([
    ['bigint', '0', '0'],
    ['bigint', ' +042 ', '42'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['bigint', '-9223372036854775808', '-9223372036854775808'],
    ['bigint', '9223372036854775808', undefined],
    ['bigint', '-9223372036854775809', undefined],
    ['bigint', '1.0', undefined],
    ['bigint', '1e3', undefined],
    ['bigint', '0x10', undefined],
    ['numeric(18,4)', '1.5', '1.5000'],
    ['numeric(18,4)', '-.5', '-0.5000'],
    ['numeric(18,4)', '7.', '7.0000'],
    ['numeric(18,4)', '00012.340000', '12.3400'],
    ['numeric(18,4)', '99999999999999.9999', '99999999999999.9999'],
    ['numeric(18,4)', '100000000000000', undefined],
    ['numeric(18,4)', '0.00001', undefined],
    ['numeric(18,4)', 'NaN', undefined],
    ['numeric(18,4)', '1e2', undefined],
    ['numeric(18,4)', '1,5', undefined],
    ['numeric(18,4)', '.', undefined],
    ['timestamptz', '2026-01-08 10:18:24.372261+00', '2026-01-08 10:18:24.372261+00:00'],
    ['timestamptz', '2026-01-08T10:18:24Z', '2026-01-08 10:18:24+00'],
    ['timestamptz', '2026-01-08t10:18:24.5z', '2026-01-08 10:18:24.5+00'],
    ['timestamptz', '2026-01-08 10:18:24 +0530', '2026-01-08 10:18:24+05:30'],
    ['timestamptz', '2026-01-08 10:18:24-03:30', '2026-01-08 10:18:24-03:30'],
    ['timestamptz', '2026-01-08 10:18:24', '2026-01-08 10:18:24+00'],
    ['timestamptz', '2024-02-29 00:00:00Z', '2024-02-29 00:00:00+00'],
    ['timestamptz', '2000-02-29 00:00:00Z', '2000-02-29 00:00:00+00'],
    ['timestamptz', '0001-01-01 00:00:00Z', '0001-01-01 00:00:00+00'],
    ['timestamptz', '9999-12-31 23:59:59.999999Z', '9999-12-31 23:59:59.999999+00'],
    ['timestamptz', '0001-01-01 00:00:00+01', undefined],
    ['timestamptz', '9999-12-31 23:59:59-01', undefined],
    ['timestamptz', '0000-01-01 00:00:00Z', undefined],
    ['timestamptz', '2026-02-30 00:00:00Z', undefined],
    ['timestamptz', '2100-02-29 00:00:00Z', undefined],
    ['timestamptz', '2026-13-01 00:00:00Z', undefined],
    ['timestamptz', '2026-00-10 00:00:00Z', undefined],
    ['timestamptz', '2026-01-00 00:00:00Z', undefined],
    ['timestamptz', '2026-01-08 24:00:00Z', undefined],
    ['timestamptz', '2026-01-08 10:60:00Z', undefined],
    ['timestamptz', '2026-01-08 10:18:60Z', undefined],
    ['timestamptz', '2026-01-08 10:18:24.1234567Z', undefined],
    ['timestamptz', '2026-01-08 10:18:24+16:00', undefined],
    ['timestamptz', '2026-01-08', undefined],
    ['timestamptz', '08/01/2026 10:18', undefined],
    ['timestamptz', 'infinity', undefined],
    ['varchar(256)', 'a\nb', 'a\nb'],
    ['varchar(256)', 'a\0b', undefined],
    ['varchar(256)', 'é'.repeat(128), 'é'.repeat(128)],
    ['varchar(256)', `${'é'.repeat(128)}a`, undefined],
    ['varchar(1024)', 'é'.repeat(512), 'é'.repeat(512)],
    ['varchar(1024)', `${'é'.repeat(512)}a`, undefined],
  ] as const)('%s %j', (type, text, value) => {
    expect(fieldReaders[type](text)).toBe(value);
    if (value === undefined) expect(explainField(type, text)).not.toBe('');
  });
});

function tableOf(file: string) {
  const table = rawTables.find((each) => each.file === file);
  if (table === undefined) throw new Error(file);
  return table;
}

const loadedAt = '2026-07-01T00:00:00Z';

async function read(file: string, content: string | Buffer, chunkSize = 1 << 16) {
  const findings = new Findings();
  const bytes = Buffer.from(content);
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, index) =>
    bytes.subarray(index * chunkSize, (index + 1) * chunkSize),
  );
  const batches: CsvBatch[] = [];
  const source = { problem: () => null, open: () => chunks };
  for await (const batch of readCsv(tableOf(file), source, findings, loadedAt)) batches.push(batch);
  const text = batches.map((batch) => batch.text).join('');
  return { text, batches, faults: findings.faults.map(describeFault), notices: [...findings.notices] };
}

const clicks = 'click_id,campaign_id,timestamp\n';
const at = '2026-01-08T10:18:24Z';
const filler = `x,1,${at}\n`.repeat(15);

describe('faults name the file, line and column', () => {
  test.each<[string, string, string | Buffer, string]>([
    [
      'a bad month',
      'clicks.csv',
      `${clicks}${filler}x,1,2026-13-01\n`,
      'clicks.csv line 17, column "timestamp": "2026-13-01" is not a timestamp',
    ],
    [
      'a day that is none',
      'clicks.csv',
      `${clicks}x,1,2026-02-30T00:00:00Z\n`,
      'clicks.csv line 2, column "timestamp": "2026-02-30T00:00:00Z" is not a valid date and time',
    ],
    [
      'a bad number',
      'clicks.csv',
      `${clicks}x,one,${at}\n`,
      'clicks.csv line 2, column "campaign_id": "one" is not an integer',
    ],
    [
      'a number too large',
      'campaigns.csv',
      'id,adaction_id\n9223372036854775808,\n',
      'campaigns.csv line 2, column "id": "9223372036854775808" does not fit',
    ],
    [
      'a payout too fine',
      'events.csv',
      `event_id,event_type,click_id,goal_reference_id,payout,timestamp\ne,t,,,0.00001,${at}\n`,
      'events.csv line 2, column "payout": "0.00001" has more than 14 digits before or 4',
    ],
    [
      'an empty field',
      'clicks.csv',
      `${clicks},1,${at}\n`,
      'clicks.csv line 2, column "click_id": the field must not be empty',
    ],
    [
      'after quoted line breaks',
      'clicks.csv',
      `${clicks}"x\r\ny\nz\rw",1,${at}\nx,1,bad\n`,
      'clicks.csv line 6, column "timestamp"',
    ],
    ['after blank lines', 'clicks.csv', `${clicks}\n\nx,1,bad\n`, 'clicks.csv line 4, column "timestamp"'],
    [
      'with CRLF',
      'clicks.csv',
      `${clicks}x,1,${at}\nx,1,bad\n`.replaceAll('\n', '\r\n'),
      'clicks.csv line 3, column "timestamp"',
    ],
    [
      'too few fields',
      'clicks.csv',
      `${clicks}x,1\n`,
      'clicks.csv line 2: the line has 2 fields, but the header has 3',
    ],
    ['too many fields', 'clicks.csv', `${clicks}x,1,${at},9\n`, 'clicks.csv line 2: the line has 4 fields'],
    [
      'an open quote',
      'clicks.csv',
      `${clicks}x,1,${at}\n"y,1,${at}\n`,
      'clicks.csv line 3: a quote in the record that starts here is not closed',
    ],
    [
      'an open quote in a large file',
      'clicks.csv',
      `${clicks}"y,1,${at}\n${filler.repeat(4000)}`,
      'clicks.csv line 2: the record that starts here is longer',
    ],
    [
      'a quote inside a field',
      'clicks.csv',
      `${clicks}x"y,1,${at}\n`,
      'clicks.csv line 2: in the record that starts here, an unquoted field contains a quote',
    ],
    [
      'a quote closed too early',
      'clicks.csv',
      `${clicks}"x"y,1,${at}\n`,
      'clicks.csv line 2: in the record that starts here, a closing quote',
    ],
    [
      'a missing column',
      'clicks.csv',
      `click_id,stamp\n`,
      'clicks.csv line 1: the header lacks the columns "campaign_id", "timestamp"; it contains "click_id", "stamp"',
    ],
    [
      'a column twice',
      'clicks.csv',
      `click_id,campaign_id,timestamp,Timestamp\n`,
      'clicks.csv line 1, column "timestamp": the header contains this column more than once',
    ],
    [
      'a required column with a similar name',
      'clicks.csv',
      'clickId,campaign_id,timestamp\n',
      'clicks.csv line 1: the header lacks the column "click_id"; it contains "clickid", "campaign_id", "timestamp"',
    ],
    ...(
      [
        ['payouts', 'payout'],
        ['Pay out', 'payout'],
        ['pay-out', 'payout'],
        ['loadedAt', 'loaded_at'],
        ['paiout', 'payout'],
        ['payuot', 'payout'],
        ['payotu', 'payout'],
        ['apyout', 'payout'],
        ['payout_amount', 'payout'],
        ['total_payout', 'payout'],
        ['Payout (USD)', 'payout'],
        ['loaded_at_utc', 'loaded_at'],
      ] as const
    ).map(([given, meant]): [string, string, string, string] => [
      `an optional column called ${given}`,
      'events.csv',
      `event_id,event_type,click_id,goal_reference_id,timestamp,${given}\n`,
      `events.csv line 1, column "${given.toLowerCase()}": rename it to "${meant}", or to something else`,
    ]),
    [
      'semicolons',
      'clicks.csv',
      `click_id;campaign_id;timestamp\n`,
      'clicks.csv line 1: the fields must be separated by commas',
    ],
    ['nothing at all', 'clicks.csv', '', 'clicks.csv: the file is empty'],
    ['only a BOM', 'clicks.csv', '\ufeff', 'clicks.csv: the file is empty'],
    ['NUL', 'clicks.csv', `${clicks}x\0,1,${at}\n`, 'clicks.csv line 2, column "click_id": "x\\u0000" contains a NUL'],
    [
      'Latin-1',
      'clicks.csv',
      Buffer.from(`${clicks}x\xe9y,1,${at}\n`, 'latin1'),
      'clicks.csv line 2, column "click_id": "x\ufffdy" is not valid UTF-8',
    ],
    [
      'a last character that is cut off',
      'clicks.csv',
      Buffer.from(`timestamp,campaign_id,click_id\n${at},1,xé`).subarray(0, -1),
      'clicks.csv line 2, column "click_id": "x\ufffd" is not valid UTF-8',
    ],
    ['UTF-16', 'clicks.csv', Buffer.from(`\ufeff${clicks}`, 'utf16le'), 'clicks.csv: the file is UTF-16'],
    ['UTF-16 without a BOM', 'clicks.csv', Buffer.from(clicks, 'utf16le'), 'clicks.csv: the file is UTF-16'],
    [
      'UTF-16 without a BOM, quoted, of the other order',
      'clicks.csv',
      Buffer.from(`"click_id","campaign_id"\n`, 'utf16le').swap16(),
      'clicks.csv: the file is UTF-16',
    ],
    [
      'NUL in the header',
      'clicks.csv',
      'click_id;cam\0paign_id\n',
      'clicks.csv line 1: the file is not UTF-8 text (it may be UTF-16); save it as UTF-8',
    ],
    ['a header after blank lines', 'clicks.csv', '\n\r\nclick_id\n', 'clicks.csv line 3: the header lacks the columns'],
    [
      'a column twice after a blank line',
      'campaigns.csv',
      '\nid,id\n',
      'campaigns.csv line 2, column "id": the header',
    ],
    [
      'one key with two values',
      'campaigns.csv',
      'id,adaction_id\n7,1\n8,1\n7,2\n',
      'campaigns.csv line 4, column "id": 7 is already in line 2, with different values',
    ],
  ])('%s', async (_, file, content, expected) => {
    for (const chunkSize of [1 << 16, 7]) {
      const { faults } = await read(file, content, String(content).length > 10_000 ? 1 << 16 : chunkSize);
      expect(faults[0]).toContain(expected);
    }
  });

  test('of a similar name are explained', async () => {
    const { faults } = await read('clicks.csv', 'clickId,campaign_id,timestamp\n');
    expect(faults[1]).toBe(
      'clicks.csv line 1, column "clickid": rename it to "click_id", or to something else if it is another column',
    );
  });

  test('of a file that ends with an error count towards the limit', async () => {
    const findings = new Findings();
    const unreadable = { file: 'clicks.csv', line: null, column: null, problem: 'EIO' };
    async function* open() {
      yield Buffer.from(`${clicks}${`x,one,${at}\n`.repeat(faultLimit - 1)}`);
      throw new InvalidCsvError('/data', [unreadable, unreadable]);
    }
    for await (const batch of readCsv(tableOf('clicks.csv'), { problem: () => null, open }, findings, at)) {
      expect.fail(batch.text);
    }
    expect(findings.faults).toHaveLength(faultLimit);
    expect(findings.faults.at(-1)).toEqual(unreadable);
  });

  test('are reported together, up to a limit', async () => {
    const two = await read('clicks.csv', `${clicks},one,bad\nx,1,${at}\n`);
    expect(two.faults).toHaveLength(3);
    expect(two.text).toBe('');
    expect((await read('clicks.csv', `${clicks}${`x,one,${at}\n`.repeat(100)}`)).faults).toHaveLength(faultLimit);
  });

  test('of each file are reported up to the limit', async () => {
    const findings = new Findings();
    for (const [file, header, row] of [
      ['clicks.csv', clicks, `x,one,${at}\n`],
      ['campaigns.csv', 'id,adaction_id\n', 'one,1\n'],
    ] as const) {
      const source = { problem: () => null, open: () => [Buffer.from(`${header}${row.repeat(faultLimit + 1)}`)] };
      for await (const batch of readCsv(tableOf(file), source, findings, at)) expect(batch).toBeNull();
    }
    const files = findings.faults.map(({ file }) => file);
    expect(files).toEqual([...Array(faultLimit).fill('clicks.csv'), ...Array(faultLimit).fill('campaigns.csv')]);
    const { message } = new InvalidCsvError('folder', findings.faults);
    for (const file of ['clicks.csv', 'campaigns.csv'])
      expect(message).toContain(`(reading ${file} stopped after ${faultLimit} faults; there may be more)`);
  });
});

describe('accepted input', () => {
  const loaded = '2026-07-01T00:00:00Z';
  const row = `x\t1\t2026-01-08 10:18:24+00\t\\N\t${loaded}\n`;

  test.each<[string, string | Buffer, string]>([
    ['a header only', clicks, ''],
    ['no line break at the end', `${clicks}x,1,${at}`, row],
    ['BOM, CRLF, capitals and blanks in the header', `\ufeff Click_ID , CAMPAIGN_ID,"timestamp"\r\nx,1,${at}\r\n`, row],
    ['columns in another order', `timestamp,click_id,campaign_id\n${at},x,1\n`, row],
    ['an empty optional column', `click_id,campaign_id,timestamp,loaded_at,iteration_id\nx,1,${at},,\n`, row],
    ['empty fields as null', `${clicks}x,,${at}\n`, row.replace('\t1\t', '\t\\N\t')],
    [
      'quotes, tabs, backslashes and line breaks',
      `${clicks}"a""b\tc\\d\ne, f\r\ng",1,${at}\n`,
      row.replace('x', 'a"b\\tc\\\\d\\ne, f\\r\\ng'),
    ],
    ['UTF-8', `${clicks}é漢😀,1,${at}\n`, row.replace('x', 'é漢😀')],
    ['the replacement character, if the file is UTF-8', `${clicks}\ufffd,1,${at}\n`, row.replace('x', '\ufffd')],
    ['the same at the end', `timestamp,campaign_id,click_id\n${at},1,\ufffd`, row.replace('x', '\ufffd')],
  ])('%s', async (_, content, expected) => {
    for (const chunkSize of [1 << 16, 1]) {
      expect(await read('clicks.csv', content, chunkSize)).toMatchObject({ text: expected, faults: [] });
    }
  });

  test('with a notice: unknown columns, and timestamps without an offset', async () => {
    const { faults, notices } = await read('clicks.csv', `${clicks.trim()},who\nx,1,2026-01-08 10:18:24,me\n`);
    expect(faults).toEqual([]);
    expect(notices).toEqual([
      'clicks.csv: ignored unknown columns "who"',
      'clicks.csv: "timestamp" has no time zone offset and was read as UTC',
    ]);
  });

  test('with a notice: no payout, whatever the other columns are', async () => {
    const missing = 'events.csv: has no column "payout", so no conversion has a payout';
    const header = 'event_id,event_type,click_id,goal_reference_id,timestamp';
    expect((await read('events.csv', `${header}\n`)).notices).toEqual([missing]);
    expect(await read('events.csv', `${header},revenue,yaputo\n`)).toMatchObject({
      ...{ faults: [], notices: ['events.csv: ignored unknown columns "revenue", "yaputo"', missing] },
    });
    expect((await read('events.csv', `${header},payout\n`)).notices).toEqual([]);
  });

  test.each([
    ['id,adaction_id,foo,foo\n7,1,x,y\n', 'foo'],
    ['id,adaction_id,,\n7,1,,\n', ''],
    ['id,adaction_id,Foo,foo,bar\n7,1,x,y,z\n', 'foo", "bar'],
    ['id,adaction_id,adaction,ids\n7,1,,\n', 'adaction", "ids'],
    // In a short name one letter makes another word: these are no misspelled `name`.
    ['id,adaction_id,game,names\n7,1,,\n', 'game", "names'],
  ])('unknown columns, even with one name: %j', async (content, names) => {
    const { text, faults, notices } = await read('campaigns.csv', content);
    expect({ text, faults, notices }).toEqual({
      text: '7\t\\N\t1\n',
      faults: [],
      notices: [`campaigns.csv: ignored unknown columns "${names}"`],
    });
  });

  const strategies = 'id,name,tune_offer_id,created_at\n1,a,5,2026-03-01T10:00:00Z\n';
  test.each([
    '2026-03-01T12:00:00+02:00',
    '2026-03-01 10:00:00.000000+00',
    '2026-03-01T10:00:00.0Z',
    '2026-02-28T18:01:00-15:59',
    '2026-03-01 10:00:00',
  ])('one key twice with the same instant in other words: %s', async (instant) => {
    expect((await read('strategies.csv', `${strategies}1,a,5,${instant}\n`)).faults).toEqual([]);
  });

  test.each(['1,b,5,2026-03-01T12:00:00+02:00', '1,a,5,2026-03-01T10:00:00.000001Z', '1,a,,2026-03-01T10:00:00Z'])(
    'but not with other values: %s',
    async (row) => {
      expect((await read('strategies.csv', `${strategies}${row}\n`)).faults).toEqual([
        'strategies.csv line 3, column "id": 1 is already in line 2, with different values',
      ]);
    },
  );

  test('more rows than a batch holds: each is in one batch, and is counted once', async () => {
    const ids = Array.from({ length: 50_000 }, (_, index) => index + 1);
    const { batches, text } = await read('campaigns.csv', `id,adaction_id\n${ids.map((id) => `${id},1\n`).join('')}`);
    expect(batches.length).toBeGreaterThan(1);
    expect(text).toBe(ids.map((id) => `${id}\t\\N\t1\n`).join(''));
    for (const { text: lines, rows } of batches) expect(rows).toBe(lines.split('\n').length - 1);
  });

  test('blank fields, which are empty unless they are text', async () => {
    expect((await read('campaigns.csv', 'id,name,adaction_id\n7, ,  \n')).text).toBe('7\t \t\\N\n');
    const { text } = await read('clicks.csv', `click_id,campaign_id,timestamp,loaded_at\nx, ,${at}, \n`);
    expect(text.split('\t').slice(1)).toEqual(['\\N', expect.any(String), '\\N', `${loadedAt}\n`]);
    expect((await read('clicks.csv', `${clicks}x,1, \n`)).faults).toEqual([
      'clicks.csv line 2, column "timestamp": the field must not be empty',
    ]);
  });

  test('identical rows, even if the table has a key', async () => {
    expect((await read('campaigns.csv', 'id,adaction_id\n7,1\n7,1\n')).text).toBe('7\t\\N\t1\n7\t\\N\t1\n');
  });
});

describe('notices about values that are probably not meant', () => {
  const events = (...rows: string[]) =>
    `event_id,event_type,click_id,goal_reference_id,payout,timestamp\n${rows.map((row) => `${row},1,${at}\n`).join('')}`;
  const noticesOf = async (...rows: string[]) => (await read('events.csv', events(...rows))).notices;

  test('no event is a conversion: the types, the most frequent first', async () => {
    const conversion = 'no event is a conversion, because none has the event_type "goal_complete"';
    expect(await noticesOf('a,install,,', 'b,purchase,,', 'c,purchase,,')).toEqual([
      `events.csv: ${conversion}. It has "purchase" (2), "install" (1)`,
    ]);
    expect(await noticesOf('a,Goal_Complete,,')).toEqual([`events.csv: ${conversion}. It has "Goal_Complete" (1)`]);
    const many = Array.from({ length: 12 }, (_, index) => `a,t${index},,`);
    expect((await noticesOf(...many))[0]).toMatch(/"t9" \(1\), …$/);
    expect(await noticesOf('a,install,,', 'b,goal_complete,,')).toEqual([]);
    const [blanks = '', ...more] = await noticesOf('a,install,,', 'b,goal_complete  ,,');
    expect([blanks, more]).toEqual([expect.stringContaining('"event_type" has blanks at the end'), []]);
    expect(await noticesOf()).toEqual([]);
  });

  test('a column of very many types: those that are listed are counted to the end, and a conversion is always found', async () => {
    const many = Array.from({ length: 1_001 }, (_, index) => `a,t${index},,`);
    expect((await noticesOf(...many, 'b,t7,,', 'c,t7,,'))[0]).toContain('It has "t7" (3), "t0" (1), ');
    expect(await noticesOf(...many, 'b,goal_complete,,')).toEqual([]);
  });

  test('events that are nearly conversions: how many, and each spelling', async () => {
    const nearly = '"event_type" is nearly "goal_complete"';
    const so = 'so these are not conversions:';
    const rows = ['install', 'Goal_Complete', 'goal_complete', 'goal complete', 'Goal_Complete'];
    expect(await noticesOf(...rows.map((type) => `a,${type},,`))).toEqual([
      `events.csv: ${nearly} in 3 rows, first in line 3, ${so} "Goal_Complete" (2), "goal complete" (1)`,
    ]);
    for (const type of [
      'GOAL_COMPLETE',
      'goalComplete',
      'goal_completed',
      'GoalCompleted',
      'goal_compelte',
      'goal_complet',
    ]) {
      expect(await noticesOf('a,goal_complete,,', `b,${type},,`)).toEqual([
        `events.csv: ${nearly} in line 3, ${so} "${type}" (1)`,
      ]);
    }
    expect((await noticesOf('a,goal_complete,,', 'b,goal_complete\u200b,,')).at(-1)).toBe(
      `events.csv: ${nearly} in line 3, ${so} "goal_complete\\u200b" (1)`,
    );
    for (const type of ['install', 'goal_start', 'goal_incomplete', 'goal_complete_reversal', 'complete'])
      expect(await noticesOf('a,goal_complete,,', `b,${type},,`)).toEqual([]);
    const many = Array.from({ length: 1_001 }, (_, index) => `a,t${index},,`);
    expect(await noticesOf(...many, 'b,goal_complete,,', 'c,goal-complete,,')).toEqual([
      `events.csv: ${nearly} in line 1004, ${so} "goal-complete" (1)`,
    ]);
    const spellings = Array.from({ length: 12 }, (_, index) => `a,goal${'_'.repeat(index)}complete,,`);
    expect((await noticesOf(...spellings))[0]).toMatch(
      / in 11 rows, first in line 2, so these are not conversions: .*, "goal_{10}complete" \(1\), …$/,
    );
    // The types that may be meant come first in a short list.
    const others = Array.from({ length: 24 }, (_, index) => `a,t${index % 12},,`);
    expect((await noticesOf(...others, 'b,Goal_Complete,,')).at(-1)).toContain(
      'It has "Goal_Complete" (1), "t0" (2), ',
    );
  });

  test.each([
    'NULL',
    'null',
    '\\N',
    'None',
    'NaN',
    '-nan',
    'NA',
    '#NA',
    'N/A',
    '#N/A',
    '#N/A N/A',
    '<NA>',
    '(null)',
    'nil',
    'undefined',
  ])('a word that means null: %s', async (word) => {
    const what = '"click_id" has a word that other tools write for null and was read as text';
    expect(await noticesOf(`a,goal_complete,${word},g`, `b,goal_complete,${word},g`)).toEqual([
      `events.csv: ${what} in 2 rows, first in line 2: ${JSON.stringify(word)}`,
    ]);
  });

  test.each([
    ['x ', 'has blanks at the end, which do not count,'],
    ['x y   ', 'has blanks at the end, which do not count,'],
    [' ', 'has only blanks, and counts as missing,'],
    ['   ', 'has only blanks, and counts as missing,'],
  ])('blanks that do not count: %j', async (text, what) => {
    const where = (column: string) => `events.csv: "${column}" ${what} in line 2: ${JSON.stringify(text)}`;
    expect(await noticesOf(`${text},goal_complete,${text},${text}`)).toEqual(
      ['event_id', 'click_id', 'goal_reference_id'].map(where),
    );
  });

  test.each([
    [' x', '" x"'],
    [' x ', '" x "'],
    ['x\t', '"x\\t"'],
    ['x\t ', '"x\\t "'],
    ['x\u3000', '"x\u3000"'],
    ['x\u200b', '"x\\u200b"'],
    ['\u00adx', '"\\u00adx"'],
    ['x\u00a0y', '"x\\u00a0y"'],
    ['x\ufeff', '"x\\ufeff"'],
    ['x\u202ey', '"x\\u202ey"'],
    ['x\u0007', '"x\\u0007"'],
  ])('an id with white space at an end or invisible characters: %j', async (id, shown) => {
    const what = '"event_id" has white space at an end, or invisible characters, which are part of the value';
    expect(await noticesOf(`${id},goal_complete,c,g`)).toEqual([`events.csv: ${what} in line 2: ${shown}`]);
  });

  test.each(['1.23457E+17', '1E+12', '9.99e+05'])('an id that a spreadsheet has rounded: %s', async (id) => {
    const what = '"event_id" has a number that a spreadsheet has rounded, so different ids may have become the same';
    expect(await noticesOf(`${id},goal_complete,c,g`)).toEqual([`events.csv: ${what} in line 2: "${id}"`]);
  });

  test.each(['12E5', '1E-5', '1.5E', 'E+5', '1E+5a'])('%s is an id like any other', async (id) => {
    expect(await noticesOf(`${id},goal_complete,c,g`)).toEqual([]);
  });

  test('names may be any text, and so may ids with blanks or marks inside', async () => {
    expect((await read('campaigns.csv', 'id,name,adaction_id\n1,None,\n2,x ,\n')).notices).toEqual([]);
    expect(await noticesOf('a b,goal_complete,é,null value')).toEqual([]);
  });
});

describe('notices about times that the models do not use', () => {
  const range = 'is before 2000 or after 2099';

  test('the range is that of the models', () => {
    const file = 'macros/time.sql';
    const options = { ...runOptions(), schema: 'attribution', thisName: '' };
    const limit = (macro: string) => {
      const { sql } = renderTemplate(renderProjectOf(project), file, `{{ ${macro}() }}`, options);
      return parseInstant(/'(.*)'/.exec(sql)?.[1] ?? '');
    };
    expect({ from: limit('valid_from'), before: limit('valid_before') }).toEqual(validTimes);
  });

  test.each([
    '1970-01-21T12:18:00Z',
    '1970-01-01 00:00:00',
    '1999-12-31T23:59:59.999999Z',
    '2000-01-01T00:59:59+01:00',
    '2099-12-31T23:30:00-00:30',
    '2100-01-01T00:00:00Z',
    '9999-12-31T00:00:00Z',
  ])('out of range: %s', async (time) => {
    const found = (column: string, effect: string) => `"${column}" ${range} (${effect}) in line 3: "${time}"`;
    const files: [string, string, string[]][] = [
      [
        'strategies.csv',
        `id,tune_offer_id,created_at\n1,1,${at}\n2,2,${time}\n`,
        [found('created_at', 'the nearest valid time is used')],
      ],
      [
        'iterations.csv',
        `iteration_id,strategy_id,created_at\n1,1,${at}\n2,1,${time}\n`,
        [found('created_at', 'the row is ignored')],
      ],
      [
        'clicks.csv',
        `click_id,campaign_id,timestamp,loaded_at\nx,1,${at},${at}\ny,1,${time},${time}\n`,
        [found('timestamp', 'the row is ignored'), found('loaded_at', 'counts as missing')],
      ],
      [
        'events.csv',
        `event_id,event_type,click_id,goal_reference_id,payout,timestamp,loaded_at\nx,goal_complete,,,,${at},${at}\ny,goal_complete,,,,${time},${time}\n`,
        [found('timestamp', 'the row is ignored'), found('loaded_at', 'counts as missing')],
      ],
    ];
    for (const [file, content, expected] of files) {
      const { faults, notices } = await read(file, content);
      expect(faults).toEqual([]);
      expect(notices.filter((notice) => !notice.includes('offset'))).toEqual(
        expected.map((text) => `${file}: ${text}`),
      );
    }
  });

  test('in several rows: how many, and the first', async () => {
    const times = [at, '1970-01-21T12:18:00Z', at, '2100-06-01T00:00:00Z'];
    const { notices } = await read('clicks.csv', clicks + times.map((time) => `x,1,${time}\n`).join(''));
    expect(notices).toEqual([
      `clicks.csv: "timestamp" ${range} (the row is ignored) in 2 rows, first in line 3: "1970-01-21T12:18:00Z"`,
    ]);
  });

  test('in the future: of loads and clicks, but not of conversions, which count', async () => {
    const [now, next] = ['2026-07-01T02:00:00+02:00', '2026-07-01T02:00:00.000001+02:00'];
    const [clickTimes, eventTimes] = [
      'click_id,campaign_id,',
      'event_id,event_type,click_id,goal_reference_id,payout,',
    ].map((columns) => `${columns}timestamp,loaded_at\n`);
    expect((await read('clicks.csv', `${clickTimes}x,1,${now},${now}\nx,1,${next},${next}\n`)).notices).toEqual([
      `clicks.csv: "timestamp" is in the future (attributed by a build after that time) in line 3: "${next}"`,
      `clicks.csv: "loaded_at" is in the future (does not count as new data) in line 3: "${next}"`,
    ]);
    const rows = [now, next].map((time) => `x,goal_complete,,,,${time},${time}\n`);
    expect((await read('events.csv', `${eventTimes}${rows.join('')}`)).notices).toEqual([
      `events.csv: "loaded_at" is in the future (does not count as new data) in line 3: "${next}"`,
    ]);
    const iterations = `iteration_id,strategy_id,created_at\n1,1,${next}\n`;
    expect((await read('iterations.csv', iterations)).notices).toEqual([]);
    // By the date as it is written it is of yesterday.
    const west = '2026-06-30T23:30:00-01:00';
    expect((await read('clicks.csv', `${clickTimes}x,1,${west},${at}\n`)).notices).toEqual([
      `clicks.csv: "timestamp" is in the future (attributed by a build after that time) in line 2: "${west}"`,
    ]);
  });

  test.each(['2000-01-01T00:00:00Z', '1999-12-31T23:00:00-01:00', '2000-01-01T15:00:00+15:00', loadedAt])(
    'none for the first valid times and the time of the load: %s',
    async (time) => {
      const content = `click_id,campaign_id,timestamp,loaded_at\nx,1,${time},${time}\n`;
      expect((await read('clicks.csv', content)).notices).toEqual([]);
    },
  );
});
