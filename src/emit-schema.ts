import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { buildApiSchema } from './resolvers/index.ts';
import { printApiSchema } from './schema/print.ts';

// Usage: emit-schema.js [file]
writeFileSync(process.argv[2] ?? 'src/schema/schema.graphql', printApiSchema(await buildApiSchema()));
