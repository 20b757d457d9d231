import { expect, test } from 'vitest';
import { helpFor } from '../../src/start/arguments.ts';
import { StartError } from '../../src/start/listen.ts';

test('no arguments start the service, and --help shows how', () => {
  expect(helpFor([])).toBeNull();
  expect(helpFor(['--help'])).toContain('docs/configuration.md');
  expect(helpFor(['-h'])).toContain('PORT=');
});

test('an argument that would have no effect is refused', () => {
  expect(() => helpFor(['--port', '4001'])).toThrow(StartError);
  expect(() => helpFor(['--port', '4001'])).toThrow('Unknown argument "--port"');
});
