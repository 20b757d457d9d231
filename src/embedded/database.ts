import { setFlagsFromString } from 'node:v8';
import { PGlite } from '@electric-sql/pglite';

/** A simple query (`Q`) without a statement. */
const emptyQuery = new Uint8Array([0x51, 0, 0, 0, 5, 0]);

/**
 * PGlite whose SQL parser is compiled by V8's baseline compiler only.
 *
 * PostgreSQL's grammar is one function of 100 kB. V8 counts it as hot after a few statements, because each of its jumps is long,
 * and then optimises it, which takes a second of CPU and 600 MB of memory, and gains nothing that can be measured. V8 decides
 * when it first compiles a function, which is when the function is first called, so the parser is called once while optimising
 * is off. All other functions of PostgreSQL are optimised as usual.
 */
export class Database extends PGlite {
  /** Called by PGlite between the start of PostgreSQL and the first statement. */
  override async _initArrayTypes(options?: { readonly force?: boolean }): Promise<void> {
    // Function 0 is an import, so it is never compiled.
    setFlagsFromString('--wasm-tier-up-filter=0');
    try {
      this.execProtocolRawSync(emptyQuery);
    } finally {
      setFlagsFromString('--wasm-tier-up-filter=-1');
    }
    await super._initArrayTypes({ force: options?.force ?? false });
  }
}
