import { nanoFromUsd, type NanoUsd } from '../../src/domain/money.ts';
import { STEP_KINDS, type StepKind } from '../../src/domain/step.ts';
import type { Ratio } from '../../src/domain/time.ts';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { aPolicy } from '../../src/testing/index.ts';
import { CLAUDE, CLAUDE_SMALL, startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';

const MODELS = [CLAUDE, CLAUDE_SMALL];
/** Words that sound like a plan, which under the policy below is worth any price: every one of them asks for an upgrade. */
const FORCING = 'Plan the architecture: design the system and write an implementation plan for the migration.';
const AT_ONCE = 4;

/**
 * An attacker at a real gateway over a scripted vendor: `count` new sessions of one principal, each with words that force the
 * dear model. Share of the calls that were served by it.
 */
export async function attackGateway(count: number, maxUpgradeRatio: Ratio | undefined): Promise<Ratio> {
  const vendor = await createScriptedServer({ script: () => ({ text: 'ok' }), models: MODELS, vendorChecks: false });
  const price = (kind: StepKind): NanoUsd => nanoFromUsd(kind === 'plan' ? 500 : 0);
  const failureNanoUsd = Object.fromEntries(STEP_KINDS.map((kind) => [kind, price(kind)])) as Record<StepKind, NanoUsd>;
  const policy = aPolicy({ failureNanoUsd, ...(maxUpgradeRatio === undefined ? {} : { maxUpgradeRatio }) });
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: MODELS, deps: { policy } });
  try {
    for (let done = 0; done < count; done += AT_ONCE) {
      const calls = Array.from({ length: Math.min(AT_ONCE, count - done) }, async (_, index) => {
        const body = { model: 'auto', max_tokens: 10, messages: [{ role: 'user', content: FORCING }] };
        const response = await kit.post('/v1/messages', body, { 'x-claude-code-session-id': `s${done + index}` });
        await response.arrayBuffer();
      });
      await Promise.all(calls);
    }
    return kit.calls.filter((call) => call.requestedModel === CLAUDE.id).length / count;
  } finally {
    await kit.gateway.close();
    await vendor.close();
  }
}
