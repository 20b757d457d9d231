import { expect, test } from 'vitest';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { sharedPostgres } from '../support/databases.ts';
import { proofs } from '../support/proofs.ts';
import { askPush, heldOf, openGate, type Phase, type Run } from '../support/push-api.ts';
import { expectHeld, token } from '../support/push-stages.ts';
import { pushEnvironment, type Service, start, writePushWorld } from '../support/service.ts';

/** When a process is killed: as soon as it listens, or at its nth request. */
interface Moment {
  readonly request: number;
  /** 'lost': the request was sent, but does not reach AdSuite. */
  readonly phase: Phase | 'lost' | 'listening';
}

const phases = ['lost', 'arrived', 'applied', 'answered', 'listening'] as const;

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
function series(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function momentsOf(seed: number, count: number): Moment[] {
  const random = series(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  return Array.from({ length: count }, () => ({
    request: 1 + upTo(2),
    phase: phases[upTo(phases.length)] ?? 'listening',
  }));
}

const iterations = 90;

/** Set PUSH_KILL_SEED to repeat a failure. */
const seed = Number(process.env.PUSH_KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each([
  { where: 'a PostgreSQL', hasServer: true, kills: proofs(8, 4, 20), seed },
  { where: 'the embedded ledger', hasServer: false, kills: proofs(3, 2, 5), seed },
])(
  'a service with $where is killed $kills times in the middle of a push (PUSH_KILL_SEED=$seed)',
  async ({ hasServer, kills }) => {
    const moments = momentsOf(seed, kills);
    const description = `killed at: ${moments.map(({ request, phase }) => `${phase} ${request}`).join(', ')}`;
    const postgres = hasServer ? sharedPostgres() : null;
    const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
    let service: Service | null = null;
    let moment: Moment | null = null;
    let requests = 0;
    const kill = async () => {
      service?.child.kill('SIGKILL');
      await service?.exit;
    };
    const gate = await openGate(sandbox.url, async (phase) => {
      if (phase === 'arrived') requests += 1;
      if (moment === null || requests < moment.request) return;
      if (phase !== (moment.phase === 'lost' ? 'arrived' : moment.phase)) return;
      await kill();
      if (moment.phase === 'lost') throw new Error('the request is lost');
    });
    const adsuite = { url: gate.url, token };
    const environment = pushEnvironment(adsuite, postgres && (await postgres.createDatabase('ledger')));
    const csv = writePushWorld('csv', iterations);

    /** Starts the service, sends the push again, and is killed at its moment or sees the end of the run. */
    const live = async (): Promise<Run | null> => {
      service = start({ WAREHOUSE_CSV: csv, ...environment });
      const address = await service.listening;
      if (moment?.phase === 'listening') return kill().then(() => null);
      const run = await askPush(address)
        .push({ idempotencyKey: 'the push', waitSeconds: 120 })
        .catch(() => null);
      if (run === null) await service.exit;
      return run;
    };
    let killed = 0;
    for (moment of moments) {
      requests = 0;
      expect(await live(), description).toBeNull();
      killed += 1;
    }
    moment = null;
    const run = await live();
    expect(killed).toBe(kills);
    expect(run, description).toMatchObject({
      state: 'SUCCEEDED',
      counts: { planned: iterations, accepted: iterations },
    });
    const version = run?.version ?? 0;
    expectHeld(
      sandbox,
      Array.from({ length: iterations }, (_, index) => heldOf(index + 1, version, 1)),
    );
    await kill();
    await gate.close();
    await sandbox.close();
    await postgres?.stop();
  },
  400_000,
);
