import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

export interface RootField {
  readonly kind: 'query' | 'mutation';
  readonly field: GraphQLField<unknown, unknown>;
}

/** The mutations of what viewers keep. They push nothing; all other mutations are for operators. */
const ofViewers: readonly string[] = ['saveQuery', 'deleteSavedQuery'];

/** Whether a field is for operators only. */
export const isForOperators = ({ kind, field }: RootField): boolean =>
  kind === 'mutation' && !ofViewers.includes(field.name);

/** All queries and mutations of a schema. */
export function rootFields(schema: GraphQLSchema): RootField[] {
  const of = (kind: RootField['kind'], type = kind === 'query' ? schema.getQueryType() : schema.getMutationType()) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({ kind, field }));
  return [...of('query'), ...of('mutation')];
}

/** The shortest valid operation with a field, with made-up values for its required arguments. */
export function shortestOperation({ kind, field }: RootField): string {
  const args = field.args.filter(isRequiredArgument).map(({ name, type }) => `${name}: ${sample(type)}`);
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${kind} { ${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${selection} }`;
}

function sample(type: GraphQLInputType): string {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return `[${sample(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (!isInputObjectType(type)) return '"1"';
  const fields = Object.values(type.getFields()).filter(isRequiredInputField);
  return `{${fields.map((field) => `${field.name}: ${sample(field.type)}`).join(', ')}}`;
}
