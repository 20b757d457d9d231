import { type DeliveryHarness, describeDeliveryStore } from '../support/delivery-store.ts';
import { describeGoneRows } from '../support/gone-suite.ts';
import { describeDoubtfulRows } from '../support/ledger-suite.ts';
import { batchRows, buildOf } from '../support/ledgers.ts';
import { LedgerModel, storeOf } from './simulation/models.ts';

async function open(): Promise<DeliveryHarness> {
  const model = new LedgerModel({ now: () => performance.now(), batchRows });
  const byId = <Item>(items: Iterable<[string, Item]>) =>
    [...items].sort(([left], [right]) => Number(BigInt(left) - BigInt(right))).map(([, item]) => item);
  return {
    store: storeOf(model),
    async record(version, rows, retryOf) {
      const outbox = rows.map(({ iterationId, strategyId, newText: valuesText }) => ({
        iterationId,
        strategyId,
        version,
        valuesText,
      }));
      return model.record(`run-${model.runs.size}`, buildOf(version), outbox, retryOf !== undefined).id;
    },
    cancel: async (runId) => model.cancel(runId),
    resume: async (runId) => model.resume(runId),
    rows: async (runId) =>
      byId(model.runs.get(runId)?.rows ?? []).map(({ iterationId, state, code, message }) => ({
        iterationId,
        state,
        code,
        message,
      })),
    reason: async (runId) => model.runs.get(runId)?.reason ?? null,
    showsNextAttempt: async (runId) => model.recordedWait(runId) !== null,
    receipts: async () =>
      byId(model.receipts).map(({ row: { iterationId, version, valuesText }, runId }) => ({
        iterationId,
        version,
        values: JSON.parse(valuesText),
        runId,
      })),
    close: async () => undefined,
  };
}

describeDeliveryStore('the model of the simulation', open);
describeDoubtfulRows('the model of the simulation', open);
describeGoneRows('the model of the simulation', open);
