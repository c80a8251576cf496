import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { likeliestOf, meanOf, NEED_PARTS, type StepNeed } from '../../domain/need.ts';
import type { Embedder } from '../embedding/embedder.ts';
import { createLocalNeedReader } from './local-reader.ts';
import type { StepToRead } from './need-reader.ts';
import { shippedNeed } from './shipped-need.ts';

const artifact = shippedNeed();
const head = createLocalNeedReader(artifact);
const step = (text: string, more: Partial<StepToRead> = {}): StepToRead => ({
  text,
  before: [],
  origin: 'person',
  ...more,
});
const hardness = (need: StepNeed): number => meanOf(need.difficulty, [1, 2, 3, 4, 5]);

/** An encoder that answers when it is told to. */
function lateEncoder(): { readonly embedder: Embedder; answer: () => void; asked: number; readonly texts: string[] } {
  const waiting: (() => void)[] = [];
  const late = {
    asked: 0,
    texts: [] as string[],
    answer: (): void => {
      for (const give of waiting.splice(0)) give();
    },
    embedder: {
      version: artifact.encoder?.version ?? '',
      dimensionCount: 512,
      embed: (texts: readonly string[]): Promise<readonly Float32Array[]> => {
        late.asked += 1;
        late.texts.push(...texts);
        return new Promise((resolve) => {
          waiting.push(() => {
            resolve(texts.map(() => new Float32Array(512).fill(0.04)));
          });
        });
      },
      close: () => Promise.resolve(),
    },
  };
  return late;
}

describe('reading what a step needs', () => {
  test.each([
    ['rename tmp to total', 'make the Redis lock safe with fencing tokens, also when a client pauses for a minute'],
    [
      'benenne die Variable tmp in total um',
      'Mach den Redis-Lock mit Fencing-Tokens sicher, auch wenn ein Client eine Minute steht',
    ],
    [
      'renombra la variable tmp a total',
      'haz que el bloqueo de Redis sea seguro con tokens de vallado aunque un cliente se pare un minuto',
    ],
    ['把变量 tmp 重命名为 total', '用 fencing token 把 Redis 分布式锁做成安全的，客户端卡住一分钟也不能出现并发写'],
  ])('"%s" is easier than "%s"', async (easy, hard) => {
    expect(hardness(await head.read(step(easy)))).toBeLessThan(hardness(await head.read(step(hard))) - 0.5);
  });

  test.each([
    ['summarize this thread in two sentences', 'summarize'],
    ['Fasse das Protokoll in drei Sätzen zusammen', 'summarize'],
    ['what does useSession return?', 'explore'],
    ['この関数はどこで呼ばれていますか？', 'explore'],
    ['write unit tests for the parser', 'test'],
    ['revisa este PR y dime si hay problemas', 'review'],
    ['添加一个按钮导出 CSV', 'code'],
    ['plan the migration from MySQL to Postgres, no code yet', 'plan'],
  ])('"%s" is %s', async (text, kind) => {
    expect(likeliestOf(await head.read(step(text)), 'kind').value).toBe(kind);
  });

  test('one noun decides nothing', async () => {
    for (const what of ['invoice page', 'summary page', 'changelog parser', 'compact layout']) {
      expect(likeliestOf(await head.read(step(`implement the ${what}`)), 'kind').value).toBe('code');
    }
  });

  test('gives probabilities for any text, and the same ones again', async () => {
    const role = fc.constantFrom('user' as const, 'assistant' as const, 'tool' as const);
    const before = fc.array(fc.record({ role, text: fc.string({ unit: 'binary', maxLength: 300 }) }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 2000 }), before, async (text, context) => {
        const need = await head.read(step(text, { before: context }));
        for (const part of NEED_PARTS) {
          expect(need[part].ratios.every((ratio) => ratio >= 0 && ratio <= 1)).toBe(true);
          expect(need[part].ratios.reduce((sum, ratio) => sum + ratio, 0)).toBeCloseTo(1, 2);
        }
        expect(await head.read(structuredClone(step(text, { before: context })))).toEqual(need);
      }),
      { numRuns: 60 },
    );
  });

  test('what is declared is what it is; the rest is read', async () => {
    const need = await head.read(step('fix the typo', { declared: { difficulty: 5, kind: 'review' } }));
    expect(likeliestOf(need, 'difficulty')).toEqual({ value: 5, ratio: 1 });
    expect(need.kind.source).toBe('declared');
    expect(need.stakes.source).toBe('local-head');
  });

  test.each(['yes, go', 'ok mach weiter', 'same for the other two', '好的，继续'])(
    '"%s" is as hard and grave as what it follows',
    async (text) => {
      const follows = await head.read(
        step('move the ledger to two-phase commit', { declared: { difficulty: 5, stakes: 3 } }),
      );
      const need = await head.read(step(text, { follows }));
      expect(likeliestOf(need, 'difficulty')).toEqual({ value: 5, ratio: 1 });
      expect(need.stakes.source).toBe('followed');
      expect(need.grounds).toContain('follow-up');
    },
  );

  test('words with a request of their own follow nothing', async () => {
    const follows = await head.read(step('x', { declared: { difficulty: 5, stakes: 3 } }));
    const need = await head.read(step('yes, and rename the button to Save', { follows }));
    expect(need.difficulty.source).toBe('local-head');
  });

  test('says that a red test run was seen', async () => {
    const before = [{ role: 'tool' as const, text: '3 failed, 20 passed' }];
    expect((await head.read(step('', { before, origin: 'agent' }))).grounds).toEqual(['words', 'red tests']);
  });
});

describe('with a sentence encoder', () => {
  test('an answer that comes late is used from the next decision of the step on, and is asked for once', async () => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, { openEmbedder: () => Promise.resolve(late.embedder), waitMs: 1 });
    const asked = step('make the importer resumable');
    expect((await reader.read(asked)).kind.source).toBe('local-head');
    late.answer();
    const again = await reader.read(asked);
    expect(again.kind.source).toBe('local-encoder');
    expect(again.kind.ratios).not.toEqual((await head.read(asked)).kind.ratios);
    expect(late.asked).toBe(1);
  });

  test('a step that is read again is the same need, until the encoder has spoken', async () => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, { openEmbedder: () => Promise.resolve(late.embedder), waitMs: 1 });
    const asked = { kind: 'code' } as const;
    const planned = (text: string): StepToRead => step(text, { origin: 'agent', declared: asked });
    const first = await reader.read(planned('make the lock safe'));
    expect(await reader.read(planned('make the lock safe'))).toBe(first);
    expect(await reader.read(planned('rename the lock'))).not.toBe(first);
    late.answer();
    const second = await reader.read(planned('make the lock safe'));
    expect(second.difficulty.source).toBe('local-encoder');
    expect(await reader.read(planned('make the lock safe'))).toBe(second);
  });

  test('decides at once when it comes in time', async () => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, {
      openEmbedder: () => Promise.resolve(late.embedder),
      waitMs: Number.POSITIVE_INFINITY,
    });
    const reading = reader.read(step('make the importer resumable'));
    while (late.asked === 0) await Promise.resolve();
    late.answer();
    expect((await reading).stakes.source).toBe('local-encoder');
  });

  test.each([
    ['cannot be opened', () => Promise.reject(new Error('no'))],
    ['is another one', () => Promise.resolve({ ...lateEncoder().embedder, version: 'own-1' })],
    ['fails', () => Promise.resolve({ ...lateEncoder().embedder, embed: () => Promise.reject(new Error('no')) })],
  ])('one that %s leaves the head to speak alone', async (_, openEmbedder) => {
    const reader = createLocalNeedReader(artifact, { openEmbedder, waitMs: Number.POSITIVE_INFINITY });
    expect((await reader.read(step('add a flag'))).kind.source).toBe('local-head');
  });

  test('is not asked about what is declared whole', async () => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, { openEmbedder: () => Promise.resolve(late.embedder), waitMs: 1 });
    await reader.read(step('x', { declared: { kind: 'code', size: 'one', difficulty: 1, stakes: 1 } }));
    expect(late.asked).toBe(0);
  });

  test.each([
    'tmp 変数を total に改名して',
    'benenne die Variable tmp bitte in total um',
    'переименуй переменную tmp в total',
  ])('is not asked about "%s": it knows English only', async (text) => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, { openEmbedder: () => Promise.resolve(late.embedder), waitMs: 1 });
    expect((await reader.read(step(text))).kind.source).toBe('local-head');
    expect(late.asked).toBe(0);
  });

  test('encodes the words of a step once, however often what came before them changes', async () => {
    const late = lateEncoder();
    const reader = createLocalNeedReader(artifact, {
      openEmbedder: () => Promise.resolve(late.embedder),
      waitMs: Number.POSITIVE_INFINITY,
    });
    const asked = { role: 'user' as const, text: 'make the importer resumable' };
    for (const result of ['first result', 'second result']) {
      const reading = reader.read(step('', { before: [asked, { role: 'tool', text: result }], origin: 'agent' }));
      while (!late.texts.includes(result)) await Promise.resolve();
      late.answer();
      expect((await reading).kind.source).toBe('local-encoder');
    }
    expect(late.texts).toEqual([asked.text, 'first result', 'second result']);
  });
});
