import { printSchemaWithDirectives } from '@graphql-tools/utils';
import type { GraphQLSchema } from 'graphql';

/** The schema as text, with the costs of its fields. */
export const printApiSchema = (schema: GraphQLSchema): string => `${printSchemaWithDirectives(schema)}\n`;
