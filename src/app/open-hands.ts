import type { Config } from '../config/config.ts';
import type { Environment } from '../domain/environment.ts';
import type { At } from '../domain/time.ts';
import { LAUNCHED } from '../gateway/connect/harnesses.ts';
import { createAccessKey } from '../gateway/core/access-keys.ts';
import type { Hands, HandsStep } from '../hands/hands.ts';
import { createHands } from '../hands/run-harness-step.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import type { FolderGate } from '../trust/folder-gate.ts';
import { openLedger } from './open-ledger.ts';

interface HandsParts {
  readonly config: Config;
  readonly env: Environment;
  readonly gate: FolderGate;
  readonly cwd: string;
  readonly clock: () => At;
}

/**
 * The user's harnesses as hands: each step has a gateway of its own on loopback, whose only model is the decided one, whose
 * key opens no other and whose records are the job's.
 */
export function openHands({ config, env, gate, cwd, clock }: HandsParts): Hands {
  return createHands({
    env,
    harnesses: LAUNCHED,
    openGateway: async ({ model, leftNanoUsd, onBegin }, onCall) => {
      const { key, token } = createAccessKey({
        name: 'hands',
        budgetNanoUsd: leftNanoUsd,
        policyId: undefined,
        allowModels: [model.id],
        requestsPerMinute: undefined,
        createdAt: clock(),
      });
      // Loaded when a harness is asked for.
      const { openGateway } = await import('./open-gateway.ts');
      const gateway = await openGateway({
        config,
        env,
        gate,
        cwd,
        clock,
        store: 'memory',
        settings: { host: '127.0.0.1', port: 0 },
        accessKeys: [key],
        pool: [model],
        pings: false,
        ledger: announcing(await openLedger(undefined, { onFault: () => undefined }), onBegin),
        onCall,
      });
      const { url } = await gateway.listen();
      return { url, token, close: () => gateway.close() };
    },
  });
}

/** The ledger of one step: what a call may bill is in the job's journal before the call goes out. */
function announcing(ledger: MoneyLedger, onBegin: HandsStep['onBegin']): MoneyLedger {
  return {
    ...ledger,
    reserve: async (ask) => {
      const answer = await ledger.reserve(ask);
      if (answer.kind !== 'reserved') return answer;
      const { at, expectedNanoUsd, worstNanoUsd } = ask;
      await onBegin({ startedAt: at, expectedNanoUsd, worstNanoUsd });
      return answer;
    },
  };
}
