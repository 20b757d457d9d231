import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DbtProjectError, loadDbtProject } from '../../src/embedded/dbt/index.ts';
import { projectFolder } from './dbt-world.ts';

/** A copy of the dbt project that a test may change. */
export class DbtProjectCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'dbt-project-'));

  constructor() {
    cpSync(projectFolder, this.folder, { recursive: true });
  }

  load() {
    return loadDbtProject(this.folder);
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Throws where there is nothing to replace. */
  edit(file: string, find: string, replacement: string): void {
    const text = readFileSync(join(this.folder, file), 'utf8');
    if (!text.includes(find)) throw new Error(`${file} does not contain: ${find}`);
    this.write(
      file,
      text.replace(find, () => replacement),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The error with which work is refused; throws where it is not. */
export function refusal(work: () => unknown): DbtProjectError {
  try {
    work();
  } catch (error) {
    if (error instanceof DbtProjectError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
