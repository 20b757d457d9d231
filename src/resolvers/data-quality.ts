import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from '../context.ts';
import { checks } from '../domain/quality.ts';
import { QualityNotRecorded, WarehouseUnavailable } from '../errors.ts';
import { DataQualityArgs, DataQualityFinding } from '../schema/data-quality.ts';

const unrecorded =
  'its models are older than the checks, or it was made in parts (dbt retry). Make a new one with the current models.';

@Resolver()
export class DataQualityResolver {
  @Query(() => [DataQualityFinding], {
    description:
      'What is wrong with the data of the build that is served, errors first; empty where nothing was found. A build ' +
      'that nobody checked is an error, QUALITY_NOT_RECORDED.',
  })
  async dataQuality(@Args() { severity }: DataQualityArgs, @Ctx() { loaders }: Context): Promise<DataQualityFinding[]> {
    const build = await loaders.build();
    if (build === null) throw new WarehouseUnavailable('unbuilt');
    const findings = await loaders.quality(build.build_id);
    if (findings === null) throw new QualityNotRecorded(build.build_id, unrecorded);
    const unknown = findings.find(({ check }) => !(check in checks));
    if (unknown)
      throw new QualityNotRecorded(
        build.build_id,
        `it was checked for ${unknown.check}, which this service is too old to know.`,
      );
    return findings
      .filter((finding) => finding.count > 0 && (severity ?? finding.severity) === finding.severity)
      .map(({ subjects, ...finding }) => {
        const { subject: subjectKind, meaning, remedy } = checks[finding.check];
        return { ...finding, meaning, cure: remedy, subjectKind, subjects: [...subjects] };
      });
  }
}
