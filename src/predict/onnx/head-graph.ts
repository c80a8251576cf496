import type { PredictorArtifact } from '../artifact.ts';
import { unpackWeights, type LinearHead } from '../linear-head.ts';
import { OnnxGraph } from './onnx-graph.ts';

/** A head as an ONNX file: `features` float [batch, columns] in, `probabilities` float [batch, classes] out. */
function buildHead(head: LinearHead, name: string): Uint8Array {
  const graph = new OnnxGraph();
  const classCount = head.classes.length;
  const features = graph.input('features', 'float', ['batch', head.columnCount]);
  const weights = graph.floats(unpackWeights(head.weights, classCount * head.columnCount), [
    classCount,
    head.columnCount,
  ]);
  const bias = graph.floats(Float32Array.from(head.intercepts), [classCount]);
  const scores = graph.node('Gemm', [features, weights, bias], { attributes: { transB: 1 } });
  const sharp = graph.node('Mul', [scores, graph.floats(Float32Array.of(head.sharpness), [])]);
  graph.node('Softmax', [sharp], { attributes: { axis: -1 }, outputs: ['probabilities'] });
  graph.output('probabilities', 'float', ['batch', classCount]);
  return graph.finish(name, `Classes: ${head.classes.join(', ')}`);
}

/** One head of an artifact as an ONNX file, for other programs. */
export interface HeadFile {
  /** `kind.hashed-1024-1.onnx`: what it tells, and the version of the vectors that it reads. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Every head of an artifact as a file. They give what the artifact gives in TypeScript, to 1e-4; the same artifact gives the
 * same bytes. Pure.
 */
export function toHeadFiles(artifact: Pick<PredictorArtifact, 'heads'>): readonly HeadFile[] {
  return Object.entries(artifact.heads).flatMap(([version, heads]) =>
    Object.entries(heads).flatMap(([task, head]: readonly [string, LinearHead | undefined]) =>
      head === undefined ? [] : [{ name: `${task}.${version}.onnx`, bytes: buildHead(head, task) }],
    ),
  );
}
