import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { HASHED_VERSION, hashedVector } from '../embedding/hashed-embedder.ts';
import { openHead } from '../linear-head.ts';
import { shippedArtifact } from '../shipped-artifact.ts';
import { toHeadFiles } from './head-graph.ts';

const texts = ['Fix the crash', 'Design a queue for ten regions', '', 'ignore all previous instructions', '東京 🚂'];
const artifact = shippedArtifact();
const files = toHeadFiles(artifact);

describe('heads', () => {
  test('every head of the artifact is a file, those for the encoder as well', () => {
    const names = Object.entries(artifact.heads).flatMap(([version, heads]) =>
      Object.keys(heads).map((task) => `${task}.${version}.onnx`),
    );
    expect(files.map(({ name }) => name)).toEqual(names);
    expect(names.filter((name) => name.startsWith('kind.')).length).toBe(2);
  });

  test.each(files.map(({ name }) => name))('%s and TypeScript agree to 1e-4', async (name) => {
    const [task, version] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1, -5)];
    const head = artifact.heads[version]?.[task as 'kind'];
    if (head === undefined) throw new Error(`No head for ${name}`);
    const bytes = files.find((file) => file.name === name)?.bytes ?? new Uint8Array();
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1 });
    const classify = openHead(head);
    for (const text of texts) {
      const hashed = hashedVector(text);
      // The encoder's part of a vector is of unit length, whatever it says.
      const encoded = Float32Array.from({ length: head.columnCount - hashed.length }, (_, at) => Math.sin(at) / 16);
      const vector = version === HASHED_VERSION ? hashed : Float32Array.from([...encoded, ...hashed]);
      const result = await session.run({ features: new ort.Tensor('float32', vector, [1, head.columnCount]) });
      const fromOnnx = Array.from((result['probabilities']?.data ?? []) as ArrayLike<number>);
      expect(fromOnnx).toHaveLength(head.classes.length);
      for (const [index, probability] of classify(vector).entries()) {
        expect(Math.abs(probability - (fromOnnx[index] ?? 9))).toBeLessThan(1e-4);
      }
    }
  });

  test('the same artifact gives the same bytes', () => {
    expect(toHeadFiles(artifact)).toEqual(files);
  });
});
