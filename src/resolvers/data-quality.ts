import { Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { servedBuild } from '../connections/builds.ts';
import { findingHistory, subjectsOf } from '../connections/quality.ts';
import type { Context } from '../context.ts';
import type { BuildTime } from '../db/warehouse/queries/finding-intervals.ts';
import { checks } from '../domain/quality.ts';
import { QualityNotRecorded } from '../errors.ts';
import { Volatile } from '../http/volatile.ts';
import {
  DataQualityArgs,
  DataQualityBuild,
  DataQualityFinding,
  DataQualitySubject,
  DataQualitySubjectConnection,
  DataQualitySubjectsArgs,
  type FindingSource,
  type SubjectConnectionSource,
  type SubjectSource,
} from '../schema/data-quality.ts';
import {
  DataQualityHistoryArgs,
  type DataQualityPeriod,
  DataQualityPeriodConnection,
} from '../schema/finding-history.ts';
import type { Connection } from '../schema/page.ts';
import { Id } from '../schema/scalars.ts';
import { instantOrError } from '../schema/time-fields.ts';

const notChecked =
  'it was made by dbt models without checks, or in parts (dbt retry). Run a full build with the current models.';

const firstSeenLimits =
  'Null if the build was made by dbt models that do not record it. What was there before the first build that does was first ' +
  'seen by that one.';

@Resolver()
export class DataQualityResolver {
  @RequiresRole('viewer')
  @Query(() => [DataQualityFinding], {
    description:
      'Lists problems in the data of the build being served, errors first; empty if there are none. Fails with ' +
      'QUALITY_NOT_RECORDED if the build was not checked.',
  })
  async dataQuality(@Args() { severity }: DataQualityArgs, @Ctx() { loaders }: Context): Promise<FindingSource[]> {
    const build = await servedBuild(loaders);
    const findings = await loaders.quality(build.build_id);
    if (findings === null) throw new QualityNotRecorded(build.build_id, notChecked);
    const unknown = findings.find(({ check }) => !(check in checks));
    if (unknown) {
      throw new QualityNotRecorded(
        build.build_id,
        `it has results of check ${unknown.check}, which this version of the service does not know. Update the service.`,
      );
    }
    return findings
      .filter((finding) => finding.count > 0 && (severity ?? finding.severity) === finding.severity)
      .map(({ subjects, ...finding }) => {
        const { subject: subjectKind, meaning, remedy } = checks[finding.check];
        const found = { check: finding.check, build: build.build_id };
        const each = subjects.map((subject): SubjectSource => ({ ...subject, ...found }));
        return { ...finding, ...found, meaning, cure: remedy, subjectKind, subjects: each };
      });
  }

  // The next build deletes further subjects of an older one before it is served.
  @RequiresRole('viewer')
  @Volatile()
  @Query(() => DataQualitySubjectConnection, {
    description:
      'Lists the subjects of one check: of the newest three builds all of them, or the first 10,000 (dbt var `findings_kept`) if ' +
      'there are more; of older builds the first ten. Fails with SUBJECTS_NOT_KEPT if a page would need later ones, and with ' +
      'QUALITY_NOT_RECORDED if the build was not checked.',
  })
  async dataQualitySubjects(
    @Args() { check, build, ...page }: DataQualitySubjectsArgs,
    @Ctx() { loaders }: Context,
  ): Promise<SubjectConnectionSource> {
    return subjectsOf(loaders, build ?? (await servedBuild(loaders)).build_id, check, page);
  }

  // A build under way deletes what was resolved long ago.
  @RequiresRole('viewer')
  @Volatile()
  @Query(() => DataQualityPeriodConnection, {
    description:
      'Lists since when, and until when, checks found their subjects, as known in the build being served: the newest findings ' +
      'first. Those that were resolved more than 1,000 builds ago (dbt var `history_builds`) are left out. Fails with ' +
      'QUALITY_NOT_RECORDED if the build was made by dbt models that do not record it.',
  })
  async dataQualityHistory(
    @Args() args: DataQualityHistoryArgs,
    @Ctx() { loaders }: Context,
  ): Promise<Connection<DataQualityPeriod>> {
    return findingHistory(loaders, await servedBuild(loaders), args);
  }
}

@Resolver(() => DataQualityFinding)
export class DataQualityFindingResolver {
  @FieldResolver(() => DataQualityBuild, {
    nullable: true,
    description: `The build that first found the subject that has been there longest. ${firstSeenLimits}`,
  })
  async firstSeen(
    @Root() { check, build }: FindingSource,
    @Ctx() { loaders }: Context,
  ): Promise<DataQualityBuild | null> {
    return toBuild((await loaders.oldestFindings(build)).get(check) ?? null, check);
  }
}

@Resolver(() => DataQualitySubject)
export class DataQualitySubjectResolver {
  @FieldResolver(() => DataQualityBuild, {
    nullable: true,
    description: `The build that first found it: all builds since then have found it, too. ${firstSeenLimits}`,
  })
  async firstSeen(
    @Root() { check, build, id }: SubjectSource,
    @Ctx() { loaders }: Context,
  ): Promise<DataQualityBuild | null> {
    return toBuild(await loaders.firstSighting(build, [check, id]), id);
  }
}

const toBuild = (seen: BuildTime | null, id: string): DataQualityBuild | null =>
  seen && { number: seen.number, at: instantOrError(seen.at, 'DataQualitySubject', id, 'first_seen_at') };

@Resolver(() => DataQualityBuild)
export class DataQualityBuildResolver {
  @FieldResolver(() => Id, {
    nullable: true,
    description: 'Id of the build; null if the warehouse no longer has its record.',
  })
  async build(@Root() { number }: DataQualityBuild, @Ctx() { loaders }: Context): Promise<string | null> {
    return (await loaders.buildByNumber.load(number))?.build_id ?? null;
  }
}

@Resolver(() => DataQualitySubjectConnection)
export class DataQualitySubjectsResolver {
  @FieldResolver(() => Id, { description: 'Id of the build that the subjects are of.' })
  build(@Root() { build }: SubjectConnectionSource): string {
    return build;
  }

  @FieldResolver(() => Int, {
    description:
      'Number of affected subjects, as `DataQualityFinding.count`. `totalCount` is the number of those in the list.',
  })
  count(@Root() { count }: SubjectConnectionSource): number {
    return count;
  }
}
