import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from '../context.ts';
import { checks } from '../domain/quality.ts';
import { QualityNotRecorded, WarehouseUnavailable } from '../errors.ts';
import { DataQualityArgs, DataQualityFinding } from '../schema/data-quality.ts';

const notChecked =
  'it was made by dbt models without checks, or in parts (dbt retry). Run a full build with the current models.';

@Resolver()
export class DataQualityResolver {
  @Query(() => [DataQualityFinding], {
    description:
      'Lists problems in the data of the build being served, errors first; empty if there are none. Fails with ' +
      'QUALITY_NOT_RECORDED if the build was not checked.',
  })
  async dataQuality(@Args() { severity }: DataQualityArgs, @Ctx() { loaders }: Context): Promise<DataQualityFinding[]> {
    const build = await loaders.build();
    if (build === null) throw new WarehouseUnavailable('unbuilt');
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
}
