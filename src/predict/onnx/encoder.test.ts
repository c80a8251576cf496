import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Embedder } from '../embedding/embedder.ts';
import { createUnigramTokenizer } from '../embedding/unigram-tokenizer.ts';
import { createOnnxEmbedder } from './onnx-embedder.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { buildUseLite } from './use-lite-graph.ts';
import { readUseLiteVocabulary, readUseLiteWeights, useLiteFolder } from './use-lite-weights.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-encoder-'));
const texts = [
  'How do I reset my password?',
  'I forgot my login details and need to change them.',
  'The cat sat on the mat.',
  'Fix the crash in the list parser when the input is empty, then add a test.',
  'def main():\n    print("hello: world")',
  'Übersetze den Absatz: 東京 🚂',
];
const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
let embedder: Embedder;

beforeAll(async () => {
  embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: folder });
});
afterAll(async () => {
  await embedder.close();
  rmSync(folder, { recursive: true });
});

/** A program that opens the encoder, as the product does, in a home of its own. */
function opened(inThread: boolean): { readonly home: string; readonly said: string } {
  const home = mkdtempSync(path.join(tmpdir(), 'pointsman-encoder-home-'));
  const open = `const { createOnnxEmbedder } = await import(${JSON.stringify(new URL('./onnx-embedder.ts', import.meta.url))});
    const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(path.join(home, 'own'))} });
    await embedder.embed(['a step']); await embedder.close();`;
  const inner = `import('node:worker_threads').then(({ Worker }) => new Worker(${JSON.stringify(open)}, { eval: true, type: 'module' })
    .on('error', (error) => console.log(error.message)))`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    inThread ? ['-e', inner] : ['--input-type=module', '-e', open],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } },
  );
  return { home, said: stdout + stderr };
}

describe('the sentence encoder', () => {
  test('keeps nothing in the home of whoever uses it, and so reports nothing', () => {
    const { home, said } = opened(false);
    expect(said).toBe('');
    expect(readdirSync(home)).toEqual(['own']);
    rmSync(home, { recursive: true });
  });

  test('is closed to the end by a program that has nothing else to do', () => {
    const home = mkdtempSync(path.join(tmpdir(), 'pointsman-encoder-home-'));
    // The worker takes its time to end, and what it still had to say has come before: nothing else keeps the process alive.
    const program = `const { Worker } = await import('node:worker_threads');
      const { terminate } = Worker.prototype;
      Worker.prototype.terminate = async function () {
        await new Promise((resolve) => setTimeout(resolve, 300).unref());
        return terminate.call(this);
      };
      const { createOnnxEmbedder } = await import(${JSON.stringify(new URL('./onnx-embedder.ts', import.meta.url))});
      const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(home)} });
      await embedder.embed(['a step']);
      await embedder.close();
      console.log('closed');`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home },
    });
    expect([stdout, stderr]).toEqual(['closed\n', '']);
    rmSync(home, { recursive: true });
  });

  test('is not opened in a thread of a process that could not be kept from reporting', () => {
    const { home, said } = opened(true);
    expect(said).toContain('would report its use');
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
  });

  test('int8 and float agree to a cosine of 0.999', async () => {
    const weights = readUseLiteWeights(useLiteFolder());
    const tokenizer = createUnigramTokenizer(readUseLiteVocabulary(useLiteFolder()));
    const session = await ort.InferenceSession.create(buildUseLite(weights, 'float'), { intraOpNumThreads: 1 });
    const vectors = await embedder.embed(texts);
    for (const [index, text] of texts.entries()) {
      const ids = tokenizer.encode(text);
      const result = await session.run({ ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [ids.length]) });
      const float = result['embedding']?.data as Float32Array;
      expect(cosine(vectors[index] ?? new Float32Array(), float), text).toBeGreaterThan(0.999);
    }
  });

  test('a paraphrase is nearer than an unrelated sentence', async () => {
    const [asked, paraphrase, unrelated] = (await embedder.embed(texts)) as [Float32Array, Float32Array, Float32Array];
    expect(cosine(asked, paraphrase)).toBeGreaterThan(cosine(asked, unrelated) + 0.3);
  });

  test('a batch gives the same bytes as one at a time', async () => {
    const batch = await embedder.embed(texts);
    for (const [index, text] of texts.entries()) expect(await embedder.embed([text])).toEqual([batch[index]]);
  });

  test('empty, endless, binary and broken text come back as finite vectors', async () => {
    const hostile = ['', ' \n', 'a'.repeat(40_000), '\u0000\u0001\uD800', '\uD800'.repeat(1_000_000), 'ﷺ'.repeat(9000)];
    const vectors = await embedder.embed(hostile);
    expect(vectors.every((vector) => vector.length === 512 && vector.every(Number.isFinite))).toBe(true);
    expect(vectors[0]?.every((value) => value === 0)).toBe(true);
  });

  test('keeps the model, its weights, their checksum and the licence notice', () => {
    const kept = readdirSync(folder).map((file) => file.slice(file.indexOf('int8') + 'int8-1.2'.length));
    expect(kept.toSorted((a, b) => a.localeCompare(b))).toEqual(['.onnx', '.onnx.NOTICE', '.onnx.sha256', '.weights']);
  });

  test.each(['.onnx', '.weights'])('a broken cached %s is built again', async (ending) => {
    const file = readdirSync(folder).find((name) => name.endsWith(ending)) ?? '';
    writeFileSync(path.join(folder, file), 'not a model');
    const again = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: folder });
    expect(await again.embed(['x'])).toEqual(await embedder.embed(['x']));
    await again.close();
  });

  test('opens in a program that was given as text on the command line', () => {
    const module = JSON.stringify(path.join(import.meta.dirname, 'onnx-embedder.ts'));
    const script = `const { createOnnxEmbedder } = await import(${module});
      const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(folder)} });
      console.log(embedder.dimensionCount);
      process.exit(0);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(child.stdout.trim(), child.stderr).toBe('512');
  });

  test('a folder that cannot be written costs the building, and gives the same vectors', async () => {
    const inTheWay = path.join(folder, 'a-file');
    writeFileSync(inTheWay, '');
    const again = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: path.join(inTheWay, 'cache') });
    expect(await again.embed(['x'])).toEqual(await embedder.embed(['x']));
    await again.close();
    rmSync(inTheWay);
  });
});

describe("a user's own encoder", () => {
  const tokenizerFile = path.join(folder, 'tokenizer.json');
  const modelFile = path.join(folder, 'own.onnx');

  test('is read by path, with a WordPiece tokenizer and its tokens averaged', async () => {
    const vocab = { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, red: 3, '##der': 4, blue: 5 };
    writeFileSync(tokenizerFile, JSON.stringify({ model: { type: 'WordPiece', vocab, unk_token: '[UNK]' } }));
    const graph = new OnnxGraph();
    const ids = graph.input('input_ids', 'int64', [1, 'length']);
    graph.input('attention_mask', 'int64', [1, 'length']);
    const table = graph.floats(
      Float32Array.from({ length: 12 }, (_, index) => (index === 6 ? 5 : 1)),
      [6, 2],
    );
    graph.node('Gather', [table, ids], { outputs: ['last_hidden_state'] });
    graph.output('last_hidden_state', 'float', [1, 'length', 2]);
    writeFileSync(modelFile, graph.finish('own', 'test'));
    const own = await createOnnxEmbedder({ kind: 'own', modelFile, tokenizerFile });
    const [red, blue] = (await own.embed(['redder', 'blue'])) as [Float32Array, Float32Array];
    await own.close();
    expect(own.version).toMatch(/^own-[0-9a-f]{12}$/u);
    expect(red[0]).toBeCloseTo(2 / Math.sqrt(5), 5);
    expect(blue[0]).toBeCloseTo(Math.SQRT1_2, 5);
  });

  test('a file that is not a model is refused with what to do', async () => {
    writeFileSync(modelFile, 'nonsense');
    await expect(createOnnxEmbedder({ kind: 'own', modelFile, tokenizerFile })).rejects.toMatchObject({
      code: 'artifact-invalid',
      hint: expect.stringContaining('tokenizer.json') as string,
    });
    await expect(createOnnxEmbedder({ kind: 'own', modelFile: '/nowhere.onnx', tokenizerFile })).rejects.toMatchObject({
      code: 'artifact-invalid',
    });
  });

  test.each([100, 250, 400, 600])(
    'a process that exits %d ms into encoding ends as it was told to, not by signal 6',
    (ms) => {
      const start = `const { createOnnxEmbedder } = await import(${JSON.stringify(path.join(import.meta.dirname, 'onnx-embedder.ts'))});
      const embedder = await createOnnxEmbedder({ kind: 'use-lite', cacheFolder: ${JSON.stringify(folder)} });
      for (let n = 0; n < 50; n += 1) embedder.embed(['a longer text '.repeat(400 + n)]).catch(() => undefined);
      setTimeout(() => process.exit(7), ${ms});`;
      const ended = spawnSync(process.execPath, ['--input-type=module', '-e', start], { encoding: 'utf8' });
      expect([ended.status, ended.signal]).toEqual([7, null]);
    },
  );
});
