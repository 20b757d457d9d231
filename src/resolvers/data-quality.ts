import { Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { subjectsOf } from '../connections/quality.ts';
import type { Context } from '../context.ts';
import type { BuildRow } from '../db/warehouse/queries/builds.ts';
import { checks } from '../domain/quality.ts';
import { QualityNotRecorded, WarehouseUnavailable } from '../errors.ts';
import { Volatile } from '../http/volatile.ts';
import {
  DataQualityArgs,
  DataQualityFinding,
  DataQualitySubjectConnection,
  DataQualitySubjectsArgs,
  type SubjectConnectionSource,
} from '../schema/data-quality.ts';
import { Id } from '../schema/scalars.ts';

const notChecked =
  'it was made by dbt models without checks, or in parts (dbt retry). Run a full build with the current models.';

@Resolver()
export class DataQualityResolver {
  @RequiresRole('viewer')
  @Query(() => [DataQualityFinding], {
    description:
      'Lists problems in the data of the build being served, errors first; empty if there are none. Fails with ' +
      'QUALITY_NOT_RECORDED if the build was not checked.',
  })
  async dataQuality(@Args() { severity }: DataQualityArgs, @Ctx() { loaders }: Context): Promise<DataQualityFinding[]> {
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
        return { ...finding, meaning, cure: remedy, subjectKind, subjects: [...subjects] };
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

async function servedBuild(loaders: Context['loaders']): Promise<BuildRow> {
  const build = await loaders.build();
  if (build === null) throw new WarehouseUnavailable('unbuilt');
  return build;
}
