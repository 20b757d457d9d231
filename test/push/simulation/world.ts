import type { Random } from '../../../src/embedded/demo/random.ts';
import { AdsuiteModel } from './adsuite-model.ts';
import type { Bug } from './bugs.ts';
import { LedgerModel, ledgerBugs } from './ledger-model.ts';
import { drawProfile, type Profile, randomOf } from './profile.ts';
import { Timeline } from './timeline.ts';
import { Watcher } from './watcher.ts';

/** Everything that a seed determines, and its observer. */
export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly profile: Profile;
  readonly ledger: LedgerModel;
  readonly adsuite: AdsuiteModel;
  readonly watcher: Watcher;
  readonly bug: Bug | null;
  /** The database's own clock, which may be set. */
  databaseAhead = 0;
  readonly #downUntil = { ledger: 0, adsuite: 0 };

  constructor(seed: number, bug: Bug | null, trace: ((line: string) => void) | null) {
    this.random = randomOf(seed);
    this.profile = drawProfile(this.random);
    this.bug = bug;
    const { random, profile } = this;
    this.adsuite = new AdsuiteModel({
      ...profile,
      forgets: () => random.chance(profile.adsuite.forgets),
      ignoresVersions: bug === 'AdSuite ignores versions',
    });
    this.ledger = new LedgerModel({
      now: () => this.timeline.now + this.databaseAhead,
      batchRows: profile.batchRows,
      bug: ledgerBugs.find((each) => each === bug) ?? null,
      onReceipt: (receipt) => this.watcher.receipt(receipt),
    });
    this.watcher = new Watcher(this.timeline, this.ledger, this.adsuite, profile.limits, trace);
    this.#breakDown('ledger', profile.ledger.isDown);
    this.#breakDown('adsuite', profile.adsuite.isDown);
    this.#setClock();
  }

  isDown(part: 'ledger' | 'adsuite'): boolean {
    return this.timeline.now < this.#downUntil[part];
  }

  /** Sometimes a part is down for some time. */
  #breakDown(part: 'ledger' | 'adsuite', chance: number): void {
    if (chance === 0) return;
    this.timeline.after(this.random.int(0, 20_000), () => {
      if (this.random.chance(chance)) {
        this.#downUntil[part] = this.timeline.now + this.random.int(500, 20_000);
        this.watcher.note(part, `down until ${this.#downUntil[part]}`);
      }
      this.#breakDown(part, chance);
    });
  }

  #setClock(): void {
    const chance = this.profile.ledger.jumps;
    if (chance === 0) return;
    this.timeline.after(this.random.int(1_000, 30_000), () => {
      if (this.random.chance(chance)) {
        this.databaseAhead += this.random.int(-10_000, 15_000);
        this.watcher.databaseClockSet();
        this.watcher.note('ledger', `clock set to ${this.databaseAhead} ahead`);
      }
      this.#setClock();
    });
  }
}
