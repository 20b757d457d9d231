import { quotedName } from '../quoting.ts';
import { readExposure } from './exposures.ts';
import { genericTest } from './generic-tests.ts';
import { varcharLength } from './model-contract.ts';
import { DbtProjectError } from './project-error.ts';
import type { ContractColumn, DbtColumn, DbtContract, DbtExposure, DbtSource, DbtTest } from './project-types.ts';
import { readFreshness } from './source-freshness.ts';
import { list, type Mapping, mapping, mappings, onlyKeys, text, yamlMapping } from './yaml.ts';

export interface ModelProperties {
  readonly file: string;
  readonly description: string;
  readonly columns: readonly DbtColumn[];
  readonly contract: DbtContract | null;
}

export interface Properties {
  /** The project's vars, which property files may use. */
  readonly vars: Mapping;
  readonly sources: DbtSource[];
  readonly models: Map<string, ModelProperties>;
  readonly tests: DbtTest[];
  readonly exposures: DbtExposure[];
}

/**
 * Reads one property file: sources, models, their columns, contracts and generic tests, exposures. Unit tests are
 * skipped.
 */
export function readProperties(file: string, content: string, into: Properties): void {
  const top = yamlMapping(file, content);
  onlyKeys(file, 'a property file', top, ['version', 'sources', 'models', 'exposures', 'unit_tests']);
  for (const source of mappings(file, 'sources', top.sources)) readSource(file, source, into);
  for (const model of mappings(file, 'models', top.models)) readModel(file, model, into);
  for (const exposure of mappings(file, 'exposures', top.exposures)) into.exposures.push(readExposure(file, exposure));
}

const tableKeys = ['name', 'identifier', 'description', 'config', 'columns'];

function readSource(file: string, source: Mapping, into: Properties): void {
  onlyKeys(file, 'a source', source, ['name', 'schema', 'description', 'tables']);
  const sourceName = text(file, 'the name of a source', source.name);
  for (const table of mappings(file, 'tables', source.tables)) {
    onlyKeys(file, 'a source table', table, tableKeys);
    const name = text(file, 'the name of a source table', table.name);
    const config = mapping(file, `the config of ${name}`, table.config ?? {});
    onlyKeys(file, `the config of ${name}`, config, ['loaded_at_field', 'freshness']);
    into.sources.push({
      source: sourceName,
      table: name,
      schema: text(file, 'the schema of a source', source.schema ?? sourceName),
      identifier: text(file, `the identifier of ${name}`, table.identifier ?? name),
      file,
      description: text(file, `the description of ${name}`, table.description ?? ''),
      freshness: readFreshness(file, name, config, into.vars),
      columns: readColumns(file, table, `source('${sourceName}', '${name}')`, `source_${sourceName}_${name}`, into),
    });
  }
}

function readModel(file: string, model: Mapping, into: Properties): void {
  onlyKeys(file, 'a model', model, ['name', 'description', 'config', 'columns']);
  const name = text(file, 'the name of a model', model.name);
  if (into.models.has(name)) throw new DbtProjectError(file, `model ${name} is described twice`);
  into.models.set(name, {
    file,
    description: text(file, `the description of ${name}`, model.description ?? ''),
    columns: readColumns(file, model, `ref('${name}')`, name, into),
    contract: readContract(file, name, model),
  });
}

function readColumns(file: string, owner: Mapping, relation: string, prefix: string, into: Properties): DbtColumn[] {
  return mappings(file, 'columns', owner.columns).map((column) => {
    onlyKeys(file, 'a column', column, ['name', 'description', 'quote', 'data_type', 'constraints', 'data_tests']);
    const name = text(file, 'the name of a column', column.name);
    if (column.quote !== undefined && typeof column.quote !== 'boolean') {
      throw new DbtProjectError(file, `quote of ${name} must be true or false`);
    }
    // Like dbt, quotes a name only if its property says so.
    const inSql = column.quote === true ? quotedName(name) : name;
    for (const test of list(file, 'data_tests', column.data_tests)) {
      into.tests.push(genericTest(file, test, relation, inSql, `${prefix}_${name}`));
    }
    return { name, description: text(file, `the description of ${name}`, column.description ?? '') };
  });
}

/** The contract of a model; null if its config does not enforce one. */
function readContract(file: string, model: string, properties: Mapping): DbtContract | null {
  const config = mapping(file, `the config of ${model}`, properties.config ?? {});
  onlyKeys(file, `the config of ${model}`, config, ['contract']);
  const contract = mapping(file, `the contract of ${model}`, config.contract ?? { enforced: false });
  onlyKeys(file, `the contract of ${model}`, contract, ['enforced']);
  if (typeof contract.enforced !== 'boolean') {
    throw new DbtProjectError(file, `enforced of the contract of ${model} must be true or false`);
  }
  const columns = mappings(file, 'columns', properties.columns);
  if (contract.enforced) return { file, columns: columns.map((column) => contractColumn(file, model, column)) };
  for (const { name, data_type: dataType, constraints } of columns) {
    if (dataType === undefined && constraints === undefined) continue;
    throw new DbtProjectError(
      file,
      `${model}.${name} declares a type or constraint, but the model has no enforced contract`,
    );
  }
  return null;
}

function contractColumn(file: string, model: string, column: Mapping): ContractColumn {
  const name = text(file, 'the name of a column', column.name);
  const dataType = text(file, `data_type of ${model}.${name}`, column.data_type);
  // Redshift's defaults are no digits after the point, and 256 bytes.
  if (/^(numeric|decimal|varchar|character varying|text)$/i.test(dataType.trim())) {
    throw new DbtProjectError(file, `data_type of ${model}.${name} must have a length or precision: ${dataType}`);
  }
  // A text that is too long is an error (model-contract.ts). Casts to other text types with a length would shorten it.
  if (/char.*\(/i.test(dataType) && varcharLength(dataType) === undefined) {
    throw new DbtProjectError(file, `data_type of ${model}.${name} must be written varchar(n), not ${dataType}`);
  }
  const constraints = mappings(file, `constraints of ${model}.${name}`, column.constraints);
  for (const constraint of constraints) {
    onlyKeys(file, `a constraint of ${model}.${name}`, constraint, ['type']);
    if (constraint.type !== 'not_null') {
      throw new DbtProjectError(file, `the only constraint that Redshift enforces is not_null, not ${constraint.type}`);
    }
  }
  return { name, dataType, notNull: constraints.length > 0 };
}
