import { memoryLedger } from '../support/memory-ledger.ts';
import { describePushService } from '../support/push-service-suite.ts';

describePushService('a ledger in memory', async () => memoryLedger());
