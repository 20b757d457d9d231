import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { buildApiSchema } from './resolvers/index.ts';

// Writes the contract that clients read: src/schema/schema.graphql, or the file that is named.
const file = process.argv[2] ?? 'src/schema/schema.graphql';
writeFileSync(file, `${printSchema(await buildApiSchema())}\n`);
