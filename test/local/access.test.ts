import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { barrierTo, mayEnter } from '../../local/postgres/server-user.ts';
import { asRoot } from './support.ts';

describe('one set of bits applies', () => {
  const user = { uid: 1001, gid: 2001 };
  test.each([
    ['owner', { uid: 1001, gid: 1 }, 0o700, true],
    ['owner, although the others may', { uid: 1001, gid: 2001 }, 0o077, false],
    ['group', { uid: 1, gid: 2001 }, 0o710, true],
    ['group, although the others may', { uid: 1, gid: 2001 }, 0o707, false],
    ['others', { uid: 1, gid: 1 }, 0o701, true],
    ['others', { uid: 1, gid: 1 }, 0o770, false],
    ['others, who may only read', { uid: 1, gid: 1 }, 0o1774, false],
  ])('%s: %o with %o is %s', (_, owner, mode, expected) => {
    expect(mayEnter({ ...owner, mode }, user)).toBe(expected);
  });

  test('root enters every folder', () => {
    expect(mayEnter({ uid: 1001, gid: 2001, mode: 0o700 }, { uid: 0, gid: 0 })).toBe(true);
  });
});

describe('the way to a path', () => {
  // Root may enter every folder, so the folders then belong to another user.
  const user = asRoot ? { uid: 12_345, gid: 12_345 } : userInfo();
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'attribution-access-')));
    for (const path of [folder, ...['open', 'open/inner', 'closed', 'closed/inner'].map(make)])
      chownSync(path, user.uid, user.gid);
    chmodSync(at('closed'), 0o600);
  });
  afterEach(() => {
    chmodSync(at('closed'), 0o700);
    rmSync(folder, { recursive: true });
  });
  const at = (path: string) => join(folder, path);
  const make = (path: string) => {
    mkdirSync(at(path));
    return at(path);
  };

  test('every folder on it is checked, including the last', () => {
    expect(barrierTo(at('open/inner'), user)).toBeNull();
    expect(barrierTo(at('closed'), user)).toBe(at('closed'));
    chmodSync(at('open'), 0o600);
    expect(barrierTo(at('open/inner'), user)).toBe(at('open'));
    chmodSync(at('open'), 0o700);
  });

  test('a file at its end must be executable by the user', () => {
    writeFileSync(at('open/program'), '', { mode: 0o600 });
    chownSync(at('open/program'), user.uid, user.gid);
    expect(barrierTo(at('open/program'), user)).toBe(at('open/program'));
    chmodSync(at('open/program'), 0o700);
    expect(barrierTo(at('open/program'), user)).toBeNull();
  });

  test('missing folders are not checked', () => {
    expect(barrierTo(at('open/later/inner'), user)).toBeNull();
    expect(barrierTo(at('closed/later'), user)).toBe(at('closed'));
  });

  test('symbolic links are followed, on the way and at its end', () => {
    symlinkSync(at('closed'), at('absolute'));
    symlinkSync('../closed', at('open/relative'));
    symlinkSync('../open', at('open/back'));
    expect(barrierTo(at('absolute'), user)).toBe(at('closed'));
    expect(barrierTo(at('open/relative/inner'), user)).toBe(at('closed'));
    expect(barrierTo(at('open/back/back/inner'), user)).toBeNull();
  });

  test('a cycle of symbolic links is an error', () => {
    symlinkSync('cycle', at('cycle'));
    expect(() => barrierTo(at('cycle'), user)).toThrow('too many symbolic links');
  });
});
