/**
 * Keeps a copy of all conversions, with their attributions, in an SQLite file. Run it after each build, for example hourly:
 *
 *   node_modules/.bin/node examples/keep-a-copy/main.ts http://127.0.0.1:4000/graphql copy.sqlite [--key-file file]
 *
 * The first run reads everything, as it was at one build. Each later run reads only what has changed since, and changes the
 * copy in one transaction: the file is always the whole state of one build, and a run that failed is simply repeated. If the
 * service no longer knows what has changed since the copy's build, everything is read again.
 *
 *   node:sqlite, or `sqlite3 copy.sqlite 'select status, count(*) from conversions group by 1'`, reads the copy.
 *
 * It needs Node 24. Exits with 0, with 1 if the copy stayed as it was, with 2 if the arguments are wrong. --key-file names a
 * file with the API key or token, so that it is not in the list of processes. docs/keeping-a-copy.md says why it is done this way.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createClient } from './client.ts';
import { Copy } from './copy.ts';
import { update } from './update.ts';

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'key-file': { type: 'string' } } });
    const [url = '', path, ...rest] = positionals;
    const { protocol, username } = new URL(url);
    const isUsable = /^https?:$/.test(protocol) && username === '';
    if (isUsable && path !== undefined && rest.length === 0) return { url, path, keyFile: values['key-file'] };
  } catch {
    // An unknown option, or no URL.
  }
  console.error('usage: node examples/keep-a-copy/main.ts <URL of /graphql> <SQLite file> [--key-file <file>]');
  process.exit(2);
}

const { url, path, keyFile } = readArguments();
try {
  const key = keyFile === undefined ? null : readFileSync(keyFile, 'utf8').trim();
  // fetch would print an invalid key in its error.
  if (key !== null && !/^[ -~]+$/.test(key)) throw new Error(`${keyFile} must have a key of one line`);
  const copy = new Copy(path);
  console.log(await update(copy, createClient(url, key)));
  copy.close();
} catch (error) {
  console.error(`The copy was not updated: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
