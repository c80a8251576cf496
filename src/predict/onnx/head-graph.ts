import { unpackWeights, type LinearHead } from '../linear-head.ts';
import { OnnxGraph } from './onnx-graph.ts';

/** A head as an ONNX file: `features` float [batch, columns] in, `probabilities` float [batch, classes] out. */
export function buildHead(head: LinearHead, name: string): Uint8Array {
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
