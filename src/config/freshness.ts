import type { z } from 'zod';
import { wholeNumber } from './variables.ts';

/** Maximum age of each source of the data before `dataStatus.isStale`, in minutes. */
export interface StaleAfterMinutes {
  readonly build: number;
  readonly mirror: number;
  readonly events: number;
  readonly clicks: number;
}

const minutes = wholeNumber(1, 525_600);
const ageOf = (description: string) => minutes.optional().meta({ description, unset: 'as `STALE_AFTER_MINUTES`' });

export const freshnessVariables = {
  STALE_AFTER_MINUTES: minutes
    .default(24 * 60)
    .describe('Age of build, mirror, events or clicks after which `dataStatus.isStale` is true, in minutes.'),
  BUILD_STALE_AFTER_MINUTES: ageOf('The same for the build, in minutes. An older build is not pushed.'),
  MIRROR_STALE_AFTER_MINUTES: ageOf(
    'The same for the mirror of AdSuite, in minutes. A build of an older mirror is not pushed.',
  ),
  EVENTS_STALE_AFTER_MINUTES: ageOf('The same for events, in minutes.'),
  CLICKS_STALE_AFTER_MINUTES: ageOf('The same for clicks, in minutes.'),
  BUILD_CHECK_SECONDS: wholeNumber(0, 3_600)
    .default(2)
    .describe(
      'How long the newest build is cached before the warehouse is asked again, in seconds. 0 asks for every operation.',
    ),
};

type Read = z.output<z.ZodObject<typeof freshnessVariables>>;

export function staleAfterMinutes(read: Read): StaleAfterMinutes {
  const anySource = read.STALE_AFTER_MINUTES;
  return {
    build: read.BUILD_STALE_AFTER_MINUTES ?? anySource,
    mirror: read.MIRROR_STALE_AFTER_MINUTES ?? anySource,
    events: read.EVENTS_STALE_AFTER_MINUTES ?? anySource,
    clicks: read.CLICKS_STALE_AFTER_MINUTES ?? anySource,
  };
}
