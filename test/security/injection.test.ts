import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { rootFields } from '../support/root-fields.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

// Row 9 of the bad inputs: SQL in every filter, order and cursor of every query.

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(4), smallWorldAsOf);
});
afterAll(() => service.close());

const attacks = [`'; drop table attribution.strategies; --`, `" or 1=1 --`, `%' or ''='`, '$1', `\\'`, '{{ref("x")}}'];

/** Values of a type with the text in one place each. */
function valuesWith(type: GraphQLInputType, text: string): { readonly place: string; readonly value: unknown }[] {
  if (isNonNullType(type)) return valuesWith(type.ofType, text);
  if (isListType(type))
    return valuesWith(type.ofType, text).map(({ place, value }) => ({ place: `[]${place}`, value: [value] }));
  if (!isInputObjectType(type)) return [{ place: '', value: text }];
  const fields = Object.values(type.getFields());
  return fields.flatMap((field) => {
    const others = fields.filter((each) => each !== field && isRequiredInputField(each));
    const required = Object.fromEntries(others.map((each) => [each.name, sample(each.type)]));
    return valuesWith(field.type, text).map(({ place, value }) => ({
      place: `.${field.name}${place}`,
      value: { ...required, [field.name]: value },
    }));
  });
}

/** A valid value of a type. */
function sample(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(type.ofType);
  if (isListType(type)) return [sample(type.ofType)];
  const named = getNamedType(type);
  return 'getValues' in named ? named.getValues()[0]?.name : '1';
}

function operation(field: GraphQLField<unknown, unknown>, argument: GraphQLArgument): string {
  const args = field.args.filter((each) => each === argument || isRequiredArgument(each));
  const type = getNamedType(field.type);
  const fields = isObjectType(type) ? type.getFields() : {};
  const rows = ['nodes', 'rows'].find((name) => name in fields);
  const isPaged = 'pageInfo' in fields && rows !== undefined;
  const selection = isPaged ? `{ pageInfo { endCursor } ${rows} { __typename } }` : '{ __typename }';
  const variables = args.map(({ name, type: of }) => `$${name}: ${of}`).join(', ');
  return `query (${variables}) { ${field.name}(${args.map(({ name }) => `${name}: $${name}`).join(', ')}) ${selection} }`;
}

test('SQL in any argument of any query is bound or refused, and never part of a statement', async () => {
  const outcomes = new Map<string, number>();
  const places = new Set<string>();
  for (const { kind, field } of rootFields(await buildApiSchema())) {
    if (kind === 'mutation') continue;
    for (const argument of field.args) {
      const required = field.args.filter((each) => each !== argument && isRequiredArgument(each));
      const rest = Object.fromEntries(required.map(({ name, type }) => [name, sample(type)]));
      for (const { place, text, value } of attacks.flatMap((each) =>
        valuesWith(argument.type, each).map((at) => ({ ...at, text: each })),
      )) {
        const where = `${field.name}(${argument.name}${place})`;
        places.add(where);
        service.takeStatements();
        const { status, errors } = await service.send(operation(field, argument), { ...rest, [argument.name]: value });
        const code = errors?.[0]?.extensions.code;
        const outcome = status === 200 ? 'bound' : `${status} ${code}`;
        expect(
          ['bound', '400 BAD_USER_INPUT', '409 BUILD_NOT_KEPT', '409 PUSH_NOT_CONFIGURED', '409 QUALITY_NOT_RECORDED'],
          `${where} ${text} ${errors?.[0]?.message}`,
        ).toContain(outcome);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        const statements = service.takeStatements();
        // "$1" is also how a statement names its first parameter.
        if (text !== '$1') for (const { sql } of statements) expect(sql, where).not.toContain(text);
      }
    }
  }
  process.stdout.write(`${places.size} places: ${[...outcomes].map((each) => each.join(': ')).join(', ')}\n`);
  expect(places).toContain('conversions(filter.goalReferenceIds[])');
  expect(places).toContain('strategies(orderBy.field)');
  expect(places).toContain('metrics(after)');
  expect(outcomes.get('bound')).toBeGreaterThan(30);
  expect(service.log).toEqual([]);
});
