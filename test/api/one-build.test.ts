import fc from 'fast-check';
import { print } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { loadDbtProject, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import * as operations from '../generated/operations.ts';
import { DbtProjectCopy, projectFolder } from '../support/dbt.ts';
import { proofs } from '../support/proofs.ts';
import { type Answer, type BeforeQuery, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Builds are landed while operations run, model by model, between any two statements of an operation. Every row and number
// of a build differs from those of the others, and each answer must equal that of a service which nothing disturbs.

const project = loadDbtProject(projectFolder);
const announcement = 'attribution_builds';
const models = [...project.models.map(({ name }) => name).filter((name) => name !== announcement), announcement];

/** Changes every table that the service reads, so that no part of two builds is equal. */
const change = (build: number): string[] => [
  `update adsuite_mirror.strategies set name = 'build ${build} of ' || id`,
  `update adsuite_mirror.iterations set name = 'build ${build} of ' || iteration_id`,
  'delete from adsuite_mirror.iterations where iteration_id > 90000',
  `insert into adsuite_mirror.iterations values (${90_000 + build}, 1, 'new', '2026-01-01T00:00:00Z')`,
  `update events.events set payout = ${build}.25`,
  "delete from events.events where event_id like 'b%'",
  `insert into events.events select 'b${build} ' || event_id, event_type, click_id, goal_reference_id, ${build}.25,
     "timestamp", loaded_at from events.events where event_id like 'e%' order by event_id limit ${1 + (build % 50)}`,
  "delete from adgem.clicks where click_id like 'b%'",
  `insert into adgem.clicks select 'b${build} ' || numbers || click_id, campaign_id, "timestamp", iteration_id, loaded_at
     from adgem.clicks cross join generate_series(0, ${build % 5}) as numbers where click_id like 'c%'`,
];

/** A pipeline that a test advances step by step. */
class Pipeline {
  /** The number of the build under way. */
  #build = 1;
  #next = 0;
  #last: Promise<void> = Promise.resolve();
  /** How many builds have been announced since the pipeline was made. */
  announced = 0;
  /** Whether a data test of the build under way fails, before it is announced. */
  fails: (build: number) => boolean = () => false;
  onAnnounced: () => Promise<void> = async () => {};
  vars: Readonly<Record<string, unknown>> = {};

  constructor(readonly database: TestDatabase) {}

  /** The changes of the sources, and each model. */
  static readonly steps = 1 + models.length;

  advance(steps: number): Promise<void> {
    return this.#inTurn(async () => {
      for (let step = 0; step < steps; step += 1) await this.#step();
    });
  }

  /** Finishes the build under way. */
  finish(): Promise<void> {
    return this.#inTurn(async () => {
      while (this.#next > 0) await this.#step();
    });
  }

  /** Waits for what was begun before: statements of an operation run in parallel, and some may outlive its answer. */
  idle(): Promise<void> {
    return this.#inTurn(async () => {});
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last;
  }

  async #step(): Promise<void> {
    if (this.#next === 0) {
      this.#build += 1;
      for (const statement of change(this.#build)) await this.database.query(statement);
      this.#next = 1;
      return;
    }
    const model = models[this.#next - 1] as string;
    const isLast = this.#next === models.length;
    this.#next = isLast ? 0 : this.#next + 1;
    if (model === announcement && this.fails(this.#build)) return;
    const asOf = `2026-02-20T00:00:00.${String(this.#build).padStart(6, '0')}Z`;
    await runDbtProject(project, this.database, {
      startedAt: asOf,
      asOf,
      invocationId: `landed-${this.#build}`,
      fullRefresh: true,
      select: [model],
      vars: this.vars,
    });
    if (model !== announcement) return;
    this.announced += 1;
    await this.onAnnounced();
  }
}

const operationsUnderTest: Readonly<Record<string, readonly [query: string, variables: object]>> = {
  strategies: [print(operations.AllStrategiesDocument), {}],
  iterations: [print(operations.AllIterationsDocument), {}],
  conversions: [print(operations.AllConversionsDocument), {}],
  'strategy report': [print(operations.StrategyReportDocument), { first: 100 }],
  'iteration report': [print(operations.IterationReportDocument), { first: 100 }],
  explanations: [
    `{ conversions(first: 60) { nodes { id explanation {
      status iterationId rule agreesWithBuild build
      event { payout } click { timestamp campaignId } campaign { name summary } offer { strategies { id name } suggestion }
      strategy { name summary } iterations { candidates { id name createdAt endedAt } comparisons { leftValue rightValue } }
    } } } }`,
    {},
  ],
  groups: [print(operations.GroupedMetricsDocument), { groupBy: ['ITERATION', 'DAY'] }],
  'groups of conversions': [print(operations.GroupedMetricsDocument), { groupBy: ['STRATEGY', 'STATUS', 'HOUR'] }],
  'many fields': [
    `{ dataStatus { build asOf } dataQuality { check count subjects { id detail } }
       attributionSummary { total attributed reasons { status conversions } }
       strategies(first: 3) { totalCount nodes { name metrics { conversions payout clicks } currentIteration { name } } }
       conversions(first: 5) { totalCount nodes { id payout iteration { name strategy { name } } } }
       byOffer: strategy(tuneOfferId: "5001") { name iterations { totalCount nodes { name daily { day metrics { clicks } } } } }
       metrics(groupBy: [GOAL]) { totalCount totals { payout clicks } nodes { goalReferenceId metrics { payout } } } }`,
    {},
  ],
  plan: [
    `{ planMetricsPush(input: {}, first: 1000) { build planHash totals { iterations changed } findings { guard message }
         rows { iterationId new { clicks conversions payout byGoal { goalReferenceId conversions payout } } } } }`,
    {},
  ],
  'dry run': [
    `mutation { pushMetrics(input: {dryRun: true, override: {reason: "test"}}) { build planHash counts { planned }
         findings { guard } rows(first: 1000) { nodes { iterationId new { clicks conversions payout } } } } }`,
    {},
  ],
  drift: [
    `{ pushDrift(first: 1000) { build compared counts { kind iterations }
         rows { iterationId built { clicks conversions payout } } } }`,
    {},
  ],
};
type Sent = Answer<Record<string, { readonly build?: string } | null>>;

/** The id of the build that an answer is of. A push looks for the newest build itself. */
function buildOf({ data, extensions }: Sent): string {
  const own = data.planMetricsPush ?? data.pushMetrics ?? data.pushDrift;
  const { build } = (extensions?.data ?? {}) as { readonly build?: string };
  return own?.build ?? build ?? 'no build';
}

let database: TestDatabase;
let pipeline: Pipeline;
let sandbox: Sandbox;
let reference: TestService;
let service: TestService;
/** The same with snapshots. The snapshot of the newest build is complete when an operation begins. */
let remembering: TestService;
let before: BeforeQuery = async () => {};
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(5), smallWorldAsOf);
  pipeline = new Pipeline(database);
  sandbox = await startSandbox({ port: 0, token: 'token', folder: null, now: () => new Date() });
  const pushing = { adsuite: { url: sandbox.url, token: 'token' } };
  reference = await serve(database.target, {}, {}, pushing);
  const beforeQuery: BeforeQuery = (name) => before(name);
  service = await serve(database.target, {}, { beforeQuery }, pushing);
  remembering = await serve(database.target, {}, { beforeQuery, hasSnapshot: true }, pushing);
});
afterEach(() => {
  before = async () => {};
  pipeline.fails = () => false;
  pipeline.vars = {};
  pipeline.onAnnounced = async () => {};
});
afterAll(async () => {
  await remembering?.close();
  await service?.close();
  await reference?.close();
  await sandbox?.close();
  await database?.close();
});

const send = async (to: TestService, name: string): Promise<Sent> => {
  const [query, variables] = operationsUnderTest[name] ?? ['', {}];
  return to.send(query, variables as never);
};

interface Outcome {
  readonly answer: Sent;
  /** What an undisturbed service answered, by build, of all builds that were the newest meanwhile. */
  readonly references: ReadonlyMap<string, Sent>;
  readonly announced: number;
}

/** Sends an operation, and advances the pipeline by these numbers of steps before each of its statements. */
async function disturbed(name: string, steps: readonly number[], asked = service): Promise<Outcome> {
  const references = new Map<string, Sent>();
  const refer = async () => {
    const answer = await send(reference, name);
    expect(answer.errors).toBeUndefined();
    references.set(buildOf(answer), answer);
  };
  await refer();
  const announcedBefore = pipeline.announced;
  pipeline.onAnnounced = refer;
  let statement = 0;
  before = async () => {
    const now = steps[statement] ?? 0;
    statement += 1;
    await pipeline.advance(now);
  };
  try {
    const answer = await send(asked, name);
    return { answer, references, announced: pipeline.announced - announcedBefore };
  } finally {
    before = async () => {};
    await pipeline.idle();
    pipeline.onAnnounced = async () => {};
  }
}

const content = ({ data, errors }: Sent) => ({ data, errors });

describe('an operation reads one build', () => {
  test('the answers of two builds differ in every operation', async () => {
    const names = Object.keys(operationsUnderTest);
    const texts = new Map(names.map((name) => [name, new Set<string>()]));
    for (const _ of [1, 2, 3]) {
      await pipeline.advance(Pipeline.steps);
      for (const name of names) texts.get(name)?.add(JSON.stringify((await send(reference, name)).data));
    }
    for (const [name, { size }] of texts) expect(size, name).toBe(3);
  });

  test('wherever a build is when two of its statements are sent', async () => {
    let reads = 0;
    for (const name of ['many fields', 'plan']) {
      for (let done = 1; done < Pipeline.steps; done += proofs(3, 3, 1)) {
        await pipeline.finish();
        const { answer, references, announced } = await disturbed(name, [0, done, 0, Pipeline.steps - done]);
        expect(announced).toBe(1);
        expect(references.size).toBe(2);
        expect(content(answer)).toEqual(content(references.get(buildOf(answer)) as Sent));
        // It is the build that was the newest at the beginning.
        expect(buildOf(answer)).toBe([...references.keys()][0]);
        reads += 1;
      }
    }
    expect(reads).toBeGreaterThan(10);
  }, 1_200_000);

  test('at random, with builds whose tests fail, and with builds whose tables are dropped', async () => {
    const runs = proofs(12, 12, 75);
    const counts = { answers: 0, disturbed: 0, announced: 0, failed: 0, replaced: 0, pushes: 0 };
    const amounts = fc.oneof(
      { weight: 3, arbitrary: fc.constant(0) },
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }) },
      { weight: 2, arbitrary: fc.integer({ min: 7, max: Pipeline.steps }) },
      { weight: 1, arbitrary: fc.integer({ min: Pipeline.steps, max: 3 * Pipeline.steps }) },
    );
    const failing = fc.array(fc.boolean(), { minLength: 9, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(operationsUnderTest)),
        fc.array(amounts, { minLength: 3, maxLength: 10, size: 'max' }),
        failing,
        fc.constantFrom(2, 3),
        async (name, steps, fails, kept) => {
          pipeline.fails = (build) => {
            const isFailing = fails[build % fails.length] === true;
            if (isFailing) counts.failed += 1;
            return isFailing;
          };
          pipeline.vars = { kept_builds: kept };
          const { answer, references, announced } = await disturbed(name, steps);
          counts.announced += announced;
          counts.disturbed += steps.some((each) => each > 0) ? 1 : 0;
          const codes = new Set((answer.errors ?? []).map(({ extensions }) => extensions.code));
          if (codes.size > 0) {
            expect([...codes]).toEqual(['BUILD_REPLACED']);
            expect(announced).toBeGreaterThanOrEqual(kept);
            counts.replaced += 1;
            return;
          }
          counts.answers += 1;
          if (['plan', 'dry run', 'drift'].includes(name)) counts.pushes += 1;
          const same = references.get(buildOf(answer));
          if (!same) throw new Error(`the answer is of ${buildOf(answer)}, which was not the newest`);
          expect(content(answer)).toEqual(content(same));
        },
      ),
      { numRuns: runs, endOnFailure: true },
    );
    process.stdout.write(`one build per operation (${inject('warehouses')}): ${JSON.stringify(counts)}\n`);
    for (const count of [counts.answers, counts.announced, counts.failed]) expect(count).toBeGreaterThan(runs / 4);
  }, 1_200_000);

  test('at random, partly from a snapshot', async () => {
    const amounts = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 * Pipeline.steps }));
    let answers = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(operationsUnderTest)),
        fc.array(amounts, { minLength: 3, maxLength: 6 }),
        async (name, steps) => {
          const { answer, references, announced } = await disturbed(name, steps, remembering);
          const codes = new Set((answer.errors ?? []).map(({ extensions }) => extensions.code));
          if (codes.size > 0) {
            expect([...codes]).toEqual(['BUILD_REPLACED']);
            expect(announced).toBeGreaterThanOrEqual(3);
            return;
          }
          answers += 1;
          const same = references.get(buildOf(answer));
          if (!same) throw new Error(`the answer is of ${buildOf(answer)}, which was not the newest`);
          expect(content(answer)).toEqual(content(same));
        },
      ),
      { numRuns: proofs(10, 10, 50), endOnFailure: true },
    );
    expect(answers).toBeGreaterThan(proofs(5, 5, 25));
    expect(remembering.snapshot()?.answers.snapshot).toBeGreaterThan(proofs(20, 20, 100));
  }, 1_200_000);

  test('while builds run at the same time', async () => {
    await pipeline.finish();
    const names = Object.keys(operationsUnderTest).filter((name) => name !== 'dry run');
    const references = new Map<string, Sent>();
    const refer = async () => {
      for (const name of names) {
        const answer = await send(reference, name);
        references.set(`${name} ${buildOf(answer)}`, answer);
      }
    };
    pipeline.onAnnounced = refer;
    await refer();
    let isDone = false;
    let answers = 0;
    const builds = new Set<string>();
    const ask = async (name: string) => {
      while (!isDone) {
        const answer = await send(reference, name);
        answers += 1;
        builds.add(buildOf(answer));
        // The references of a build are complete before the next one begins.
        pending.push([name, answer]);
      }
    };
    const pending: [string, Sent][] = [];
    const readers = ['many fields', 'plan', 'iteration report', 'conversions'].map(ask);
    for (let build = 0; build < 3; build += 1) await pipeline.advance(Pipeline.steps);
    isDone = true;
    await Promise.all(readers);
    for (const [name, answer] of pending) {
      expect(content(answer)).toEqual(content(references.get(`${name} ${buildOf(answer)}`) as Sent));
    }
    expect(builds.size).toBeGreaterThan(2);
    expect(answers).toBeGreaterThan(20);
  });
});

describe('a build whose tests fail', () => {
  test('is never served, and the answers stay as they were', async () => {
    await pipeline.finish();
    const names = Object.keys(operationsUnderTest);
    const all = async () => Promise.all(names.map(async (name) => content(await send(reference, name))));
    const before = await all();
    pipeline.fails = () => true;
    for (const _ of [1, 2, 3]) {
      await pipeline.advance(Pipeline.steps);
      expect(await all()).toEqual(before);
    }
    pipeline.fails = () => false;
    await pipeline.advance(Pipeline.steps);
    const after = await all();
    for (const [index, name] of names.entries()) expect(after[index], name).not.toEqual(before[index]);
  });
});

describe('a build whose tables are dropped while it is read', () => {
  test('fails with BUILD_REPLACED, and the next operation reads the newest build, however long a build is remembered', async () => {
    await pipeline.finish();
    const slow = await serve(database.target, { buildCheckSeconds: 3_600 }, { beforeQuery: (name) => before(name) });
    try {
      const query = '{ dataStatus { build } strategies { nodes { name } } }';
      const first = await slow.send<{ dataStatus: { build: string } }, never>(query);
      pipeline.vars = { kept_builds: 2 };
      await pipeline.advance(Pipeline.steps);
      expect(await slow.send(query)).toEqual(first);
      let steps = Pipeline.steps;
      before = async (name) => {
        if (name !== 'strategies.page') return;
        await pipeline.advance(steps);
        steps = 0;
      };
      const replaced = await slow.send(query);
      expect(replaced).toMatchObject({ status: 503, data: null, extensions: first.extensions });
      expect(replaced.errors).toMatchObject([
        { path: ['strategies', 'nodes'], extensions: { code: 'BUILD_REPLACED' } },
      ]);
      const last = await slow.send<{ dataStatus: { build: string } }, never>(query);
      expect(last.errors).toBeUndefined();
      expect(last.data.dataStatus.build).not.toBe(first.data.dataStatus.build);

      steps = 2 * Pipeline.steps;
      const response = await fetch(`${slow.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ strategies { nodes { name } } }' }),
      });
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(slow.log.join('\n')).not.toContain('Internal');
    } finally {
      await slow.close();
    }
  });

  test('is planned and compared again, on the newest build', async () => {
    pipeline.vars = { kept_builds: 2 };
    for (const name of ['plan', 'dry run', 'drift']) {
      await pipeline.finish();
      // Between the first and the second statement that read its tables.
      const { answer, references, announced } = await disturbed(name, [0, 0, 0, 2 * Pipeline.steps]);
      expect(announced, name).toBe(2);
      expect(answer.errors, name).toBeUndefined();
      expect(buildOf(answer), name).toBe([...references.keys()].at(-1));
      expect(content(answer)).toEqual(content(references.get(buildOf(answer)) as Sent));
    }
  });
});

describe('an upgrade', () => {
  const model = 'models/marts/attribution_builds.sql';
  const properties = 'models/marts/_marts__models.yml';
  const added = ['tables_build_number', 'history_since_build_number', 'rule_version'];

  /** The models of a release without publishing and history. With empty columns: this runner, unlike dbt, requires all columns. */
  const earlierModels = (hasColumn: boolean) => {
    const copy = new DbtProjectCopy();
    onTestFinished(() => copy.remove());
    copy.edit(model, ', "{{ publish_tables() }}"', '');
    copy.edit('dbt_project.yml', ', "{{ drop_old_tables() }}"', '');
    const [columns = ''] = /,\n[^\n]* as tables_build_number.*(?=\nfrom gold)/s.exec(copy.read(model)) ?? [];
    copy.edit(model, columns, hasColumn ? added.map((name) => `, cast(null as bigint) as ${name}`).join('') : '');
    const [, declaration = ''] = /(\n {6}- name: tables_build_number.*)$/s.exec(copy.read(properties)) ?? [];
    if (!hasColumn) copy.edit(properties, declaration, '\n');
    return copy.load();
  };

  test('works both ways round: the service, the models, and back', async () => {
    const other = await openTestDatabase(smallWorld(5), smallWorldAsOf);
    onTestFinished(() => other.close());
    const upgraded = await serve(other.target);
    onTestFinished(() => upgraded.close());
    const build = async (models: typeof project, number: number) => {
      await other.query(`update adsuite_mirror.strategies set name = 'of build ${number}'`);
      const startedAt = `2026-02-20T00:00:00.00000${number}Z`;
      await runDbtProject(models, other, { startedAt, invocationId: `release-${number}`, fullRefresh: true });
    };
    const relations = async () => {
      const { rows } = await other.query(
        `select string_agg(relname || ' ' || relkind::text, ', ' order by relname) as kinds from pg_class
         where relnamespace = 'attribution'::regnamespace and relkind in ('r', 'v') and relname like 'strategies%'`,
      );
      return rows[0]?.kinds;
    };
    /** Reads everything, from tables with this number in their names. */
    const expectAnswers = async (build: number, tables: number | null) => {
      for (const name of Object.keys(operationsUnderTest).filter((name) => name !== 'drift')) {
        upgraded.takeStatements();
        const answer = await send(upgraded, name);
        expect(answer.errors, name).toBeUndefined();
        expect(buildOf(answer), name).toBe(`release-${build}`);
        if (name === 'strategies') expect(JSON.stringify(answer.data)).toContain(`of build ${build}`);
        for (const { sql } of upgraded.takeStatements()) {
          for (const [, table = ''] of sql.matchAll(/"attribution"\."(\w+)"/g)) {
            const [base = '', number = null] = table.split('__');
            if (publishedNames.includes(base)) expect(number, sql).toBe(tables === null ? null : String(tables));
          }
        }
      }
    };

    // As if the earlier release had made everything.
    for (const name of publishedNames) await other.query(`drop table attribution.${name}__1 cascade`);
    await other.query('drop table attribution.attribution_builds');
    await build(earlierModels(false), 1);
    expect(await relations()).toBe('strategies r');
    await expectAnswers(1, null);
    await build(project, 2);
    expect(await relations()).toBe('strategies v, strategies__2 r');
    await expectAnswers(2, 2);
    await build(earlierModels(true), 3);
    expect(await relations()).toBe('strategies r, strategies__2 r');
    await expectAnswers(3, null);
    await build(project, 4);
    expect(await relations()).toBe('strategies v, strategies__2 r, strategies__4 r');
    await expectAnswers(4, 4);
    // An earlier service does not know the column, and reads the views.
    await other.query('update attribution.attribution_builds set tables_build_number = null where build_number = 4');
    await expectAnswers(4, null);
  });
});

const publishedNames = [
  'strategies',
  'iterations_with_end_time',
  'campaigns',
  'goal_complete_events_attributed',
  'iteration_metrics_daily',
  'iteration_clicks_daily',
  'iteration_clicks_quarter_hourly',
  'unattributed_fixes',
];
