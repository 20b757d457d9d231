import { afterAll, beforeAll, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { ChangingWarehouse } from '../support/changing-warehouse.ts';
import { serve, type TestService } from '../support/service.ts';

// Builds that there are not, and builds whose state the history no longer has.

let warehouse: ChangingWarehouse;
let service: TestService;
beforeAll(async () => {
  warehouse = await ChangingWarehouse.open();
  for (const payout of [9, 10]) {
    await warehouse.build([`update events.events set payout = ${payout} where event_id = 'e22'`]);
  }
  service = await serve(warehouse.database.target);
});
afterAll(async () => {
  await service.close();
  await warehouse.database.close();
});

const id = (number: number): string => warehouse.builds[number - 1]?.id ?? '';

const changedSince = async (number: number) => {
  const { changes } = await service.ask(operations.ChangesDocument, { sinceBuild: id(number), first: 1000 });
  return changes.nodes.map((node) => node.id);
};

const codes = async (text: string) => {
  const { status, errors } = await service.send(text);
  return [status, errors?.[0]?.extensions.code, errors?.[0]?.extensions.oldestBuild];
};
const queries = (unknown: string, known: string) => [
  `{ changes(sinceBuild: "${unknown}") { throughBuild } }`,
  `{ changes(sinceBuild: "${known}", throughBuild: "${unknown}") { throughBuild } }`,
  `{ buildDiff(from: "${unknown}") { changed } }`,
  `{ buildDiff(from: "${known}", to: "${unknown}") { changed } }`,
  `{ conversions(atBuild: "${unknown}") { totalCount } }`,
  `{ metrics(groupBy: [STATUS], atBuild: "${unknown}") { totalCount } }`,
  `{ attributionSummary(atBuild: "${unknown}") { total } }`,
];

test('a build that is unknown is refused, with the oldest build that is kept', async () => {
  for (const text of queries('unknown', id(1))) {
    expect(await codes(text), text).toEqual([409, 'BUILD_NOT_KEPT', id(1)]);
  }
  const message = async (text: string) => (await service.send(text)).errors?.[0]?.message;
  const [changesSince, , , , conversionsAt] = queries('unknown', id(1));
  const noBuild = `there is no build "unknown". Check the id: \`builds\` lists all builds. The oldest build that can be answered is ${id(1)}.`;
  expect(await message(String(conversionsAt))).toBe(`atBuild: ${noBuild}`);
  expect(await message(String(changesSince))).toMatch(`sinceBuild: ${noBuild} A copy of conversions`);
  expect(await codes(`{ changes(sinceBuild: "${id(3)}", throughBuild: "${id(2)}") { throughBuild } }`)).toEqual([
    400,
    'BAD_USER_INPUT',
    undefined,
  ]);
});

// Changes the warehouse, so it comes last.
test('a build that was merged away, has no history, or is lost by a running build is refused', async () => {
  const { database } = warehouse;
  await warehouse.build(["update events.events set payout = 3 where event_id = 'e11'"], { history_builds: 3 });
  const newest = warehouse.builds.length;
  for (const text of queries(id(newest - 3), id(newest - 2))) {
    expect(await codes(text), text).toEqual([409, 'BUILD_NOT_KEPT', id(newest - 2)]);
  }
  const { errors } = await service.send(`{ conversions(atBuild: "${id(newest - 3)}") { totalCount } }`);
  expect(errors?.[0]?.message).toBe(
    `atBuild: the state of build "${id(newest - 3)}" is no longer in the history. ` +
      `The oldest build that can be answered is ${id(newest - 2)}.`,
  );
  expect(await changedSince(newest - 2)).toEqual(['e11', 'e22']);

  // A running build begins the history again, and is not recorded yet.
  await database.query('create table attribution.kept as select * from attribution.attribution_history');
  await database.query('delete from attribution.attribution_history');
  for (const text of [
    `{ changes(sinceBuild: "${id(newest - 1)}") { nodes { id } } }`,
    `{ conversions(atBuild: "${id(newest)}") { nodes { id } } }`,
    `{ attributionSummary(atBuild: "${id(newest)}") { total } }`,
    `{ metrics(groupBy: [STATUS], atBuild: "${id(newest)}") { nodes { status } } }`,
    `{ buildDiff(from: "${id(newest - 1)}") { changed } }`,
  ]) {
    expect((await codes(text)).slice(0, 2), text).toEqual([503, 'BUILD_REPLACED']);
  }
  // It has begun with the newest build: the one before is lost.
  await database.query(
    `insert into attribution.attribution_history select * from attribution.kept where from_build_number = ${newest}`,
  );
  expect(
    (await codes(`{ changes(sinceBuild: "${id(newest - 1)}", filter: { ids: ["none"] }) { nodes { id } } }`)).slice(
      0,
      2,
    ),
  ).toEqual([503, 'BUILD_REPLACED']);
  await database.query('delete from attribution.attribution_history');
  await database.query('insert into attribution.attribution_history select * from attribution.kept');
  expect(await changedSince(newest - 1)).toEqual(['e11']);

  // The models of an earlier release recorded the newest build.
  for (const column of ['history_since_build_number', 'rule_version']) {
    await database.query(`alter table attribution.attribution_builds drop column ${column}`);
  }
  await database.query('drop table attribution.attribution_history cascade');
  for (const text of queries(id(newest), id(newest))) {
    expect(await codes(text), text).toEqual([409, 'BUILD_NOT_KEPT', null]);
  }
  const { data } = await service.send(
    '{ conversion(id: "e11") { history { totalCount } } builds { nodes { historySince ruleVersion } } }',
  );
  expect(data).toEqual({
    conversion: { history: null },
    builds: { nodes: warehouse.builds.map(() => ({ historySince: null, ruleVersion: null })) },
  });
});
