import { DbtProjectError } from './project-error.ts';
import type { DbtExposure } from './project-types.ts';
import { list, type Mapping, mapping, onlyKeys, text } from './yaml.ts';

const keys = ['name', 'label', 'type', 'maturity', 'url', 'description', 'depends_on', 'owner'];
const types = ['dashboard', 'notebook', 'analysis', 'ml', 'application'];
const maturities = ['high', 'medium', 'low'];

/** Reads an exposure. dbt uses exposures for documentation; this runner only checks that they are complete. */
export function readExposure(file: string, exposure: Mapping): DbtExposure {
  onlyKeys(file, 'an exposure', exposure, keys);
  const name = text(file, 'the name of an exposure', exposure.name);
  if (!/^\w+$/.test(name))
    throw new DbtProjectError(file, `the exposure ${name} must have a name of letters, digits and _`);
  const owner = mapping(file, `the owner of ${name}`, exposure.owner);
  onlyKeys(file, `the owner of ${name}`, owner, ['name', 'email']);
  if (owner.name === undefined && owner.email === undefined) {
    throw new DbtProjectError(file, `the owner of ${name} needs a name or an email`);
  }
  oneOf(file, `the type of ${name}`, exposure.type, types);
  oneOf(file, `the maturity of ${name}`, exposure.maturity, maturities);
  return {
    name,
    file,
    description: text(file, `the description of ${name}`, exposure.description),
    refs: list(file, `depends_on of ${name}`, exposure.depends_on).map((each) => {
      const model = /^ref\('(\w+)'\)$/.exec(text(file, `each of depends_on of ${name}`, each))?.[1];
      if (model === undefined) throw new DbtProjectError(file, `${name} must depend on ref('model'), not on ${each}`);
      return model;
    }),
  };
}

function oneOf(file: string, what: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(text(file, what, value))) {
    throw new DbtProjectError(file, `${what} must be one of ${allowed.join(', ')}, not ${value}`);
  }
}
