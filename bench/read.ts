/**
 * Measures reads: the built service beside PostGraphile, a server with Mercurius and a bare one, on one PostgreSQL with the
 * demo data, all with the same operations and the same variables. Their answers are compared first. Needs Linux.
 *
 *   npm run bench:read [-- --servers product,postgraphile --workloads A,D]
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { exitWithReason, LocalError } from '../local/errors.ts';
import { withClient } from '../local/postgres/server.ts';
import { makeViewerKey } from './read/api-key.ts';
import { checkAnswers } from './read/check.ts';
import { type Data, openData } from './read/data.ts';
import { Generator } from './read/generator.ts';
import { installPackages } from './read/install.ts';
import { measureDelayed, measureLocal } from './read/phases.ts';
import { megabytes } from './read/processes.ts';
import { delayedTable, figureTables, memoryTable, ratioTables, workloadLines } from './read/report.ts';
import { type RunningServer, startServer, stopServers } from './read/running.ts';
import { kinds, type ServerName, serverNames, usualServers } from './read/servers.ts';
import { describe, readSource } from './read/source.ts';
import { type Mode, modeNames, modes, type Workload, workloadNames } from './read/workloads.ts';

const help = `Usage: npm run bench:read [-- options]

Workloads:
${workloadLines()}

Modes:
${Object.entries(modes)
  .map(([name, about]) => `  ${name.padEnd(6)} ${about}`)
  .join('\n')}

Servers, each in a process of its own with 8 connections to PostgreSQL:
${serverNames.map((name) => `  ${name.padEnd(17)} ${kinds[name].about}`).join('\n')}

Servers take turns, round by round. CPU time is per request, of the server's process and of all of PostgreSQL's.
All of it takes about ten minutes.

  --servers <names>      separated by commas (default ${usualServers.join(',')})
  --workloads <names>    (default ${workloadNames.join(',')})
  --modes <names>        (default ${modeNames.join(',')})
  --concurrency <list>   requests in progress at a time (default 1,20)
  --seconds <n>          of each server in each cell and round (default 2)
  --rounds <n>           (default 2)
  --delay <ms>           afterwards every answer of PostgreSQL is delayed so long; 0 leaves that out (default 60)
  --scale <n>            size of the demo data; 1 is 200,000 clicks (default 10)
  --help                 print this text`;

const options = readArguments();
const report = (line: string) => console.log(line);

await installPackages(report).catch(exitWithReason);
const data = await openData(options.scale, report).catch(exitWithReason);
try {
  await run(data);
} catch (error) {
  if (!(error instanceof LocalError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await data.stop();
}

async function run(data: Data): Promise<void> {
  const source = await withClient(data.warehouse, readSource);
  report(await withClient(data.warehouse, describe));
  const servers: RunningServer[] = [];
  const generator = new Generator(source);
  const setting = { data, source, key: makeViewerKey() };
  try {
    report(`Starting ${options.servers.join(', ')} on ${availableParallelism()} cores`);
    for (const name of options.servers) servers.push(await startServer(name, setting, data.warehouse));
    await checkAnswers(servers, options.workloads, source);
    report(`${servers.length} servers give the same answers`);
    const bench = { ...setting, generator, servers, report };
    const measured = await measureLocal(options, bench);
    const memory = servers.map(({ name, process }) => ({ name, ...megabytes(process.pid) }));
    await stopServers(servers);
    const delayed = options.delay === 0 ? [] : await measureDelayed(options, bench);
    report(`\n${ratioTables(measured)}\n\n${figureTables(measured)}`);
    if (delayed.length > 0) report(`\n${delayedTable(delayed, options.delay)}`);
    report(`\n${memoryTable(memory)}`);
  } finally {
    generator.close();
    await stopServers(servers);
    setting.key.remove();
  }
}

function readArguments() {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const names = <Name extends string>(value: string, known: readonly Name[]): Name[] =>
    value.split(',').map((each) => {
      const name = known.find((one) => one === each);
      if (name === undefined) throw new Error(`unknown: ${each}`);
      return name;
    });
  try {
    const { values } = parseArgs({
      options: {
        servers: text(usualServers.join()),
        workloads: text(workloadNames.join()),
        modes: text(modeNames.join()),
        concurrency: text('1,20'),
        seconds: text('2'),
        rounds: text('2'),
        delay: text('60'),
        scale: text('10'),
        help: { type: 'boolean' },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const parsed = {
      servers: names<ServerName>(values.servers, serverNames),
      workloads: names<Workload>(values.workloads, workloadNames),
      modes: names<Mode>(values.modes, modeNames),
      concurrency: values.concurrency.split(',').map(Number),
      seconds: Number(values.seconds),
      rounds: Number(values.rounds),
      delay: Number(values.delay),
      scale: Number(values.scale),
    };
    const numbers = [...parsed.concurrency, parsed.seconds, parsed.rounds, parsed.scale];
    if (numbers.every((each) => each > 0) && parsed.delay >= 0) return parsed;
  } catch {
    // An unknown option or name.
  }
  console.error(help);
  process.exit(2);
}
