import type { AdsuiteTransport, Sent } from '../../../src/push/ports.ts';
import type { Batch } from '../../../src/push/types.ts';
import { keyOf, sentWithBug } from './bugs.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** The fate of a request: when it reaches AdSuite, if it does, and what the sender gets instead of AdSuite's answer. */
interface Fate {
  readonly name: string;
  readonly arrives: boolean;
  readonly arrivalMilliseconds: number;
  readonly heard: Sent | null;
}

/** Longer than any timeout. */
const ages = [3_600_000, 1e12] as const;

const failed = (reason: string, mayHaveArrived: boolean, retryAfterMilliseconds: number | null = null): Sent => ({
  kind: 'failed',
  reason,
  mayHaveArrived,
  retryAfterMilliseconds,
});

/** AdSuite over the network of a process. */
export function networkOf(process: SimulatedProcess, world: World): AdsuiteTransport {
  const { adsuite, watcher, timeline, random, profile, bug } = world;
  return {
    send(batch, signal) {
      if (signal.aborted) return Promise.resolve(failed('it was given up before', false));
      watcher.sends(process.name, batch);
      const fate = drawFate(world);
      const crash = process.drawCrash();
      watcher.count(fate.name);
      return new Promise((resolve) => {
        let isOver = false;
        const hear = (sent: Sent) => {
          if (isOver) return;
          isOver = true;
          signal.removeEventListener('abort', giveUp);
          watcher.heard(process.name, batch, sent);
          resolve(sentWithBug(bug, sent, profile.limits));
        };
        const giveUp = () => hear(failed('it was given up', true));
        signal.addEventListener('abort', giveUp);
        if (crash === 'before') timeline.after(0, () => process.crash('before', `send ${batch.number}`));
        timeline.after(profile.timeoutMilliseconds, () =>
          process.receive(() => hear(failed('no answer in time', true))),
        );
        watcher.leaves();
        timeline.after(fate.arrivalMilliseconds, () => {
          watcher.arrives();
          const sent = arrive(batch, fate);
          watcher.note('adsuite', `${batch.number} of ${batch.runId}: ${fate.name}, ${sent.kind}`);
          if (crash === 'after') process.crash('after', `send ${batch.number}`);
          timeline.after(random.int(1, 100), () => process.receive(() => hear(sent)));
        });
      });
    },
  };

  function arrive(batch: Batch, fate: Fate): Sent {
    const answer = fate.arrives ? adsuite.take(keyOf(bug, batch, random), batch) : null;
    return fate.heard ?? answer ?? failed('nothing arrived', true);
  }
}

function drawFate(world: World): Fate {
  const { random, profile } = world;
  const chances = profile.adsuite;
  const arrivalMilliseconds = random.int(1, 200);
  const fate = (name: string, arrives: boolean, heard: Sent | null): Fate => ({
    name,
    arrives,
    arrivalMilliseconds,
    heard,
  });
  if (world.isDown('adsuite')) {
    return random.chance(0.5)
      ? fate('no connection', false, failed('ECONNREFUSED', false))
      : fate(
          'down',
          false,
          failed('503', true, random.chance(0.3) ? random.pick([random.int(0, 5_000), 60_000]) : null),
        );
  }
  if (random.chance(chances.busy)) {
    const wish = random.pick([null, 0, random.int(1, 5_000), random.chance(0.3) ? random.pick(ages) : 1_000]);
    return fate('busy', false, failed('429', false, wish));
  }
  if (random.chance(chances.isUnreachable)) return fate('no connection', false, failed('ECONNREFUSED', false));
  if (random.chance(chances.refusesToken)) return fate('token refused', false, { kind: 'fatal', reason: '401' });
  if (random.chance(chances.fails)) return fate('500', false, failed('500', true));
  if (random.chance(chances.breaks)) {
    return random.chance(0.5)
      ? fate('reset before the effect', false, failed('ECONNRESET', true))
      : fate('reset after the effect', true, failed('ECONNRESET', true));
  }
  if (random.chance(chances.isSlow)) {
    return { ...fate('slow', true, null), arrivalMilliseconds: random.int(500, 20 * profile.timeoutMilliseconds) };
  }
  return fate('fine', true, null);
}
