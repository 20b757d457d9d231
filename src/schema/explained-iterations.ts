import { Field, Int, ObjectType } from 'type-graphql';
import { HopOutcome, type HopOutcomeName, suggestion, summary } from './explanation-hop.ts';
import { DateTime, Id, Microseconds } from './scalars.ts';

@ObjectType({
  description: 'An iteration of the strategy, with its window `createdAt` <= click < `endedAt`.',
  simpleResolvers: true,
})
export class IterationCandidate {
  @Field(() => Id, { description: 'Id of the iteration in AdSuite.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name in AdSuite; null if it has none.' })
  name!: string | null;

  @Field(() => Int, { description: 'Position within the strategy, starting at 1.' })
  sequence!: number;

  @Field(() => DateTime, { nullable: true, description: 'When the window begins (inclusive).' })
  createdAt!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the window ends (exclusive); null for the last iteration, whose window the build ends at `asOf`.',
  })
  endedAt!: string | null;

  @Field(() => Microseconds, {
    nullable: true,
    description: 'Time of the click minus `createdAt`, in microseconds. Negative: the click came before the window.',
  })
  sinceStart!: string | null;

  @Field(() => Microseconds, {
    nullable: true,
    description:
      '`endedAt`, or `asOf` for the last iteration, minus the time of the click, in microseconds. Zero or negative: the click ' +
      'came after the window.',
  })
  untilEnd!: string | null;

  @Field(() => Boolean, { description: 'True for the iteration of the conversion.' })
  isWinner!: boolean;
}

@ObjectType({ description: 'A comparison of two values, from which the result follows.', simpleResolvers: true })
export class ExplanationComparison {
  @Field(() => String, { description: 'Name of the first value, for display.' })
  left!: string;

  @Field(() => String, { description: 'The first value. Times compare as text.' })
  leftValue!: string;

  @Field(() => String, { description: '<=, <, >=, = or !=.' })
  operator!: string;

  @Field(() => String, { description: 'Name of the second value, for display.' })
  right!: string;

  @Field(() => String, { description: 'The second value.' })
  rightValue!: string;

  @Field(() => Boolean, { description: 'Whether the comparison is true.' })
  holds!: boolean;
}

@ObjectType({ description: 'The last hop: the windows of the iterations of the strategy.', simpleResolvers: true })
export class ExplainedIterations {
  @Field(() => HopOutcome, { description: 'FOUND, NOT_FOUND or NOT_REACHED.' })
  outcome!: HopOutcomeName;

  @Field(() => DateTime, { nullable: true, description: 'Time of the click, which is compared with the windows.' })
  clickedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'The build ends the window of the last iteration here.' })
  asOf!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of iterations of the strategy; null if they were not looked for.',
  })
  candidateCount!: number | null;

  @Field(() => [IterationCandidate], {
    description:
      'Iterations of the strategy by time: at most 49 before and 50 after the one that decided. Empty if an earlier hop ended the ' +
      'attribution.',
  })
  candidates!: IterationCandidate[];

  @Field(() => [ExplanationComparison], {
    description: 'The comparisons that decided, with their values. Empty if an earlier hop ended the attribution.',
  })
  comparisons!: ExplanationComparison[];

  @Field(() => String, { description: summary })
  summary!: string;

  @Field(() => String, { nullable: true, description: suggestion })
  suggestion!: string | null;
}
