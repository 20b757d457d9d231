import { memoryLedger } from '../support/push-doubles.ts';
import { describePushService } from '../support/push-service-suite.ts';

describePushService('a ledger in memory', async () => memoryLedger());
