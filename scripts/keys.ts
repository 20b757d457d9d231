/** Makes, lists, rotates and revokes API keys of the service: `npm run keys -- --help`. */
import { parseArgs } from 'node:util';
import { exitWithReason, LocalError } from '../local/errors.ts';
import { listKeys, makeKey, type NewKey, revokeKey, rotateKey } from './keys/commands.ts';

const help = `Makes, lists, rotates and revokes API keys. The file has only hashes of the secrets; a running service reads a
change within two seconds.

  npm run keys -- make <name> --role viewer|operator [--expires 90d] [--documents-only | --no-introspection]
      Makes a key and prints it once. The name is recorded with what the key does. Several keys may have the same
      name. --expires: a duration (90d, 12h) or a date (2027-01-31, in UTC); without it, the key does not expire.
      --documents-only: the key may send only trusted documents, by their ids (docs/security.md), and not read the
      schema. --no-introspection: it may not read the schema, and errors suggest no names to it.
  npm run keys -- list
      Lists all keys, without secrets.
  npm run keys -- rotate <id> [--overlap 1d]
      Makes a key of the same name, role, restrictions and lifetime, and prints it once. The old key expires after the overlap,
      in which clients change to the new one. 0h: immediately.
  npm run keys -- revoke <id>
      Revokes a key. It stays in the list.

  --file <path>   The file of keys. Without it, API_KEYS_FILE. make creates it, readable by its owner only. Changes keep
                  its owner, its group and who may read it.

A viewer may use all queries; an operator may also push, retry and cancel. To write only the key to a pipe or file,
use: npm run -s keys -- make …
`;

/** The options that each command takes, besides --file. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  make: ['role', 'expires', 'documents-only', 'no-introspection'],
  rotate: ['overlap'],
};

try {
  run();
} catch (error) {
  exitWithReason(error);
}

function run(): void {
  const { command, argument, options } = readArguments();
  const now = new Date();
  if (options.help || command === undefined) {
    process.stdout.write(help);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const file = options.file ?? process.env.API_KEYS_FILE?.trim();
  if (!file) throw new LocalError('Name the file of keys: set API_KEYS_FILE, or pass --file keys.json.');
  if (command === 'make') show(makeKey(file, needed(argument, 'a name'), options, now));
  else if (command === 'rotate')
    show(rotateKey(file, needed(argument, 'the id of a key'), options.overlap ?? '1d', now));
  else if (command === 'revoke') console.log(revokeKey(file, needed(argument, 'the id of a key'), now));
  else if (command === 'list') console.log(listKeys(file, now));
  else throw new LocalError(`There is no command ${command}. Commands: make, list, rotate, revoke.`);
}

function readArguments() {
  try {
    const { values: options, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{ role: { type: 'string' }, expires: { type: 'string' }, overlap: { type: 'string' } },
        ...{ 'documents-only': { type: 'boolean' }, 'no-introspection': { type: 'boolean' } },
        ...{ file: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
      },
    });
    const [command, argument, extra] = positionals;
    if (extra !== undefined) throw new LocalError(`"${extra}" is one argument too many. Quote a name with spaces.`);
    const useless = Object.keys(options).find(
      (name) => !['file', 'help', ...(optionsOf[command ?? ''] ?? [])].includes(name),
    );
    if (useless !== undefined && !options.help) throw new LocalError(`${command} has no option --${useless}.`);
    return { command, argument, options };
  } catch (error) {
    if (error instanceof LocalError) throw error;
    throw new LocalError(`${(error as Error).message} See: npm run keys -- --help`);
  }
}

function needed(argument: string | undefined, what: string): string {
  if (argument === undefined) throw new LocalError(`Pass ${what}. See: npm run keys -- --help`);
  return argument;
}

/** The key on standard output, and everything else on standard error. */
function show({ key, message }: NewKey): void {
  process.stderr.write(`${message} Store it now: it is not shown again.\n`);
  process.stdout.write(`${key}\n`);
}
