import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { contractSchemas } from '../../scripts/contract/schemas.ts';

/** Whether a value is what the contract calls so; the faults in `errors` otherwise. */
export function contractCheck(schema: 'MetricsPush' | 'MetricsPushAnswer' | 'HeldMetricsPage' | 'Refusal') {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract', definitions: contractSchemas() });
  const validate = ajv.compile({ $ref: `contract#/definitions/${schema}` });
  return (value: unknown): { readonly fits: boolean; readonly errors: string } => ({
    fits: validate(value),
    errors: ajv.errorsText(validate.errors),
  });
}
