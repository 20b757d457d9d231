import 'reflect-metadata';
import { afterAll } from 'vitest';
import { checkRecordedStatements } from './recorded-statements.ts';

afterAll(checkRecordedStatements);
