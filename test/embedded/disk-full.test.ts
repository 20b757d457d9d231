import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { damaged } from '../../src/embedded/folder.ts';
import { embeddedLedger, embeddedWarehouse } from '../../src/embedded/store-kind.ts';

const plenty = 2 ** 40;

test.each([embeddedWarehouse, embeddedLedger])(
  'on a full disk, the advice is to free space, not to delete the $name',
  (kind) => {
    const errors = [
      damaged(tmpdir(), 'Aborted()', kind, 0),
      damaged(tmpdir(), 'could not write to file: No space left on device', kind, plenty),
    ];
    for (const { message } of errors) {
      expect(message).toContain('The disk is full: free some space, and start again');
      expect(message).toContain('delete nothing in DATA_DIR');
      expect(message).not.toContain(kind.remedy);
    }
    expect(damaged(tmpdir(), 'Aborted()', kind, plenty).message).toContain(kind.remedy);
  },
);
