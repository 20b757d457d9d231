import { parseArgs } from 'node:util';
import { type Bug, bugs } from './conditions.ts';
import { simulate } from './simulate.ts';

// node test/push/simulation/run.ts --seed 17            plays one seed and prints every event
// node test/push/simulation/run.ts --from 0 --seeds 100 plays many, prints those that fail, and totals
// --bug '…'                                             plants a bug first

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '1000' },
    bug: { type: 'string' },
  },
});
const bug = values.bug === undefined ? null : (bugs.find((each) => each === values.bug) ?? unknownBug());
const print = (line: string) => process.stdout.write(`${line}\n`);

function unknownBug(): Bug {
  throw new Error(`--bug must be one of: ${bugs.join('; ')}`);
}

if (values.seed !== undefined) {
  const { violations, lasted, events } = await simulate(Number(values.seed), bug, print);
  for (const violation of violations) print(`VIOLATION ${violation}`);
  print(`${events} events in ${lasted / 1000} virtual seconds`);
  process.exitCode = violations.length > 0 ? 1 : 0;
} else {
  const sums = new Map<string, number>();
  const began = performance.now();
  let events = 0;
  for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
    const simulated = await simulate(seed, bug);
    events += simulated.events;
    for (const [what, count] of simulated.counts) sums.set(what, (sums.get(what) ?? 0) + count);
    if (simulated.violations.length === 0) continue;
    print(`seed ${seed}: ${simulated.violations[0]}`);
    process.exitCode = 1;
  }
  for (const [what, count] of [...sums].sort()) print(`${String(count).padStart(9)} ${what}`);
  print(`${events} events in ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
