import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { printSchema } from 'graphql';
import { buildApiSchema } from './resolvers/index.ts';

// Usage: emit-schema.js [file]
const file = process.argv[2] ?? 'src/schema/schema.graphql';
writeFileSync(file, `${printSchema(await buildApiSchema())}\n`);
