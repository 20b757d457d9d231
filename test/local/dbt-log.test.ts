import { expect, test } from 'vitest';
import { parseMessage } from '../../local/dbt.ts';

test("a line of dbt's structured log is a message", () => {
  const info = { name: 'MainReportVersion', level: 'info', msg: 'Running with dbt', invocation_id: 'a1', extra: {} };
  expect(parseMessage(JSON.stringify({ info, data: {} }))).toEqual({
    message: { name: 'MainReportVersion', level: 'info', text: 'Running with dbt' },
    invocationId: 'a1',
  });
  expect(parseMessage('  ')).toBeNull();
});

test.each([
  'Traceback (most recent call last):',
  "{'a': 'dict of Python'}",
  '{"truncated',
  '{"other": "JSON"}',
  'null',
])('any other line is text: %s', (line) => {
  expect(parseMessage(line)).toEqual({ message: { name: 'Python', level: 'error', text: line }, invocationId: '' });
});
