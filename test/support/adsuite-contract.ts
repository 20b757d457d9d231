import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readContractSchemas } from '../../local/adsuite-contract.ts';

/** Checks values against a schema of the contract; `errors` says why a value does not fit. */
export function contractCheck(schema: 'MetricsPush' | 'MetricsPushAnswer' | 'HeldMetricsPage' | 'Refusal') {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'contract', components: { schemas: readContractSchemas() } });
  const validate = ajv.compile({ $ref: `contract#/components/schemas/${schema}` });
  return (value: unknown): { readonly fits: boolean; readonly errors: string } => ({
    fits: validate(value),
    errors: ajv.errorsText(validate.errors),
  });
}
