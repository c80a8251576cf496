import type { Figures } from '../../src/domain/figure.ts';
import { SECOND_MS } from '../../src/domain/time.ts';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { CLAUDE, startGatewayKit, type GatewayKit } from '../../src/testing/internal/gateway-kit.ts';
import { createRandom } from '../economics/random.ts';
import type { JudgedFold } from './judged-fold.ts';

/** Until an answer begins, where a log does not say when it did. Assumed, as replay does. */
const FIRST_BYTE_MS = 5 * SECOND_MS;
const SEED = 20_001;
const WAVES = 24;
const MOST_AGENTS = 16;
/** How late a vendor may begin its answer. */
const SLOWEST_MS = 40;
/** A prompt that wrote more than this has written the head that its wave shares. */
const HEAD_TOKENS = 5000;

/**
 * Waves of sub-agents through the gateway, at a vendor whose cache is readable once an answer begins: how often the head that a wave shares
 * is written. Of the size of those in the recorded sessions, and generated: 2 to 16 at once, at vendors that take their time.
 */
export async function fanOutFigures(folds: readonly JudgedFold[]): Promise<Figures> {
  const recorded = folds.flatMap(({ judged }) => judged.flatMap(waveSizes));
  const random = createRandom(SEED);
  const generated = Array.from({ length: WAVES }, () => 2 + Math.floor(random() * (MOST_AGENTS - 1)));
  const at = { unit: 'head writes a wave', seed: SEED, label: 'measured' } as const;
  return {
    'warmth.fanout.head_writes.ratio': { value: await writesOf(generated, random), n: generated.length, ...at },
    ...(recorded.length === 0
      ? {}
      : {
          'warmth.fanout.recorded.head_writes.ratio': {
            value: await writesOf(recorded, random),
            n: recorded.length,
            ...at,
          },
        }),
  };
}

/** Sub-agents of one kind and model whose first calls begin before the first of them is answered. */
function waveSizes({ threads }: SessionTrace): readonly number[] {
  const firsts = threads.flatMap(({ parentThreadId, agentType, calls: [call] }) =>
    parentThreadId === undefined || call?.at === undefined
      ? []
      : [
          {
            key: `${call.requestedModel} ${agentType ?? ''}`,
            at: call.at,
            readableAt: call.at + (call.ttftMs ?? FIRST_BYTE_MS),
          },
        ],
  );
  const waves = new Map<string, { readonly readableAt: number; size: number }[]>();
  for (const { key, at, readableAt } of firsts.toSorted((a, b) => a.at - b.at)) {
    const known = waves.get(key) ?? [];
    const open = known.at(-1);
    if (open !== undefined && at < open.readableAt) open.size += 1;
    else waves.set(key, [...known, { readableAt, size: 1 }]);
  }
  return [...waves.values()].flatMap((list) => list.map(({ size }) => size)).filter((size) => size > 1);
}

/** Head writes a wave, each wave with a head of its own. */
async function writesOf(sizes: readonly number[], random: () => number): Promise<number> {
  const vendor = await createScriptedServer({
    models: [CLAUDE],
    script: () => ({ text: 'Fine.', delayMs: Math.floor(random() * SLOWEST_MS) }),
  });
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE], apiKey: 'eval-key-of-nobody' });
  try {
    let writes = 0;
    for (const [index, size] of sizes.entries()) writes += await playWave(kit, `wave ${index}`, size);
    return writes / sizes.length;
  } finally {
    await kit.gateway.close();
    await vendor.close();
  }
}

async function playWave(kit: GatewayKit, name: string, size: number): Promise<number> {
  const before = kit.calls.length;
  const text = `${name}: you are one of several who look at a part each. `.repeat(1000);
  await Promise.all(
    Array.from({ length: size }, async (_, agent) => {
      const response = await kit.post(
        '/v1/messages',
        {
          model: 'auto',
          max_tokens: 100,
          stream: true,
          system: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
          messages: [{ role: 'user', content: `Look at part ${agent}.` }],
        },
        { 'x-claude-code-session-id': name, 'x-claude-code-agent-id': `${name} ${agent}` },
      );
      if (response.status !== 200) throw new Error(`a call of ${name} was answered with ${response.status}`);
      await response.text();
    }),
  );
  const written = kit.calls.slice(before).flatMap(({ usage }) => usage?.cacheWriteTokens ?? []);
  if (written.length !== size) throw new Error(`${name}: ${written.length} calls of ${size} say what they wrote`);
  return written.filter((tokens) => tokens > HEAD_TOKENS).length;
}
