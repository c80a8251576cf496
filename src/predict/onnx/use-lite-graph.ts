import { PointsmanError } from '../../domain/errors.ts';
import { OnnxGraph } from './onnx-graph.ts';
import { USE_LITE_NOTICE, type WeightTensor } from './use-lite-weights.ts';

export type Precision = 'float' | 'int8';

const MAX_PIECES = 128;
const HEADS = 4;
const PREFIX = 'module_apply_default/Encoder_en/KonaTransformer/Encode/';
const EPSILON = 1e-6;

/**
 * The sentence encoder as an ONNX file: `ids` int64 [length] in, `embedding` float [1, 512] of unit length out. Two
 * pre-normed transformer layers, mean over pieces, a dense tanh layer. `int8` keeps each kernel as bytes with one scale
 * per column and the embedding table with one per row.
 */
export function buildUseLite(weights: ReadonlyMap<string, WeightTensor>, precision: Precision): Uint8Array {
  return fillUseLite(new OnnxGraph(), weights, precision);
}

/** The same with the large tensors in a file of their own, `weightsFile`, beside the model. */
export function buildUseLiteFiles(
  weights: ReadonlyMap<string, WeightTensor>,
  precision: Precision,
  weightsFile: string,
): { readonly model: Uint8Array; readonly weights: Uint8Array } {
  const graph = new OnnxGraph(weightsFile);
  return { model: fillUseLite(graph, weights, precision), weights: graph.weights() };
}

function fillUseLite(graph: OnnxGraph, weights: ReadonlyMap<string, WeightTensor>, precision: Precision): Uint8Array {
  const build = new EncoderBuilder(graph, weights, precision);
  const ids = graph.input('ids', 'int64', ['length']);
  let hidden = build.embed(ids);
  hidden = build.layer(hidden, 0, 256);
  hidden = build.layer(hidden, 1, 512);
  const mean = graph.node('ReduceMean', [hidden], { attributes: { axes: [0], keepdims: 1 } });
  const dense = graph.node('Tanh', [
    build.dense(
      mean,
      'module/Encoder_en/hidden_layers/tanh_layer_0/weights',
      'module/Encoder_en/hidden_layers/tanh_layer_0/bias',
    ),
  ]);
  graph.node('LpNormalization', [dense], { attributes: { axis: 1, p: 2 }, outputs: ['embedding'] });
  graph.output('embedding', 'float', [1, 512]);
  return graph.finish('use-lite-en', USE_LITE_NOTICE);
}

interface Dense {
  /** rows × columns, row after row. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

class EncoderBuilder {
  readonly #graph: OnnxGraph;
  readonly #weights: ReadonlyMap<string, WeightTensor>;
  readonly #precision: Precision;

  constructor(graph: OnnxGraph, weights: ReadonlyMap<string, WeightTensor>, precision: Precision) {
    this.#graph = graph;
    this.#weights = weights;
    this.#precision = precision;
  }

  /** Twice the piece's embedding plus the timing signal of its position. */
  embed(ids: string): string {
    const table = this.#weight('module/Embeddings_en');
    const [rows = 0, columns = 0] = table.shape;
    const timing = this.#graph.floats(
      timingTable(this.#weight(`${PREFIX}TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1`).values),
      [MAX_PIECES, 256],
    );
    const length = this.#graph.node('Shape', [ids]);
    const positions = this.#graph.node('Slice', [timing, this.#graph.integers([0]), length, this.#graph.integers([0])]);
    const doubled = this.#graph.node('Mul', [this.#gather(table.values, rows, columns, ids), this.#scalar(2)]);
    return this.#graph.node('Add', [doubled, positions]);
  }

  layer(input: string, index: 0 | 1, width: number): string {
    const graph = this.#graph;
    const base = `${PREFIX}Layer_${index}/TransformerLayer/`;
    const attended = this.#attention(this.#norm(input, base), index, width);
    const residual =
      index === 0
        ? this.dense(input, `${base}dense/kernel/ConcatPartitions/concat`, `${base}dense/bias/ConcatPartitions/concat`)
        : input;
    const middle = graph.node('Add', [residual, attended]);
    const inner = this.#convolution(this.#norm(middle, `${base}FFN/`), index, 'conv1');
    return graph.node('Add', [middle, this.#convolution(graph.node('Relu', [inner]), index, 'conv2')]);
  }

  dense(input: string, kernelName: string, biasName: string): string {
    const kernel = this.#weight(kernelName);
    const [rows, columns] = kernel.shape.slice(-2) as [number, number];
    return this.#multiply(input, { kernel: kernel.values, bias: this.#weight(biasName).values, rows, columns });
  }

  #attention(input: string, index: 0 | 1, width: number): string {
    const graph = this.#graph;
    const kernel = `module/Encoder_en/KonaTransformer/Encode/Layer_${index}/TransformerLayer/MultiheadAttention/`;
    const bias = `${PREFIX}Layer_${index}/TransformerLayer/MultiheadAttention/`;
    const fused = this.dense(
      input,
      `${kernel}qkv_transform_single/kernel/part_0`,
      `${bias}qkv_transform_single/bias/ConcatPartitions/concat`,
    );
    const [query = '', key = '', value = ''] = graph.nodes('Split', [fused, graph.integers([width, width, width])], 3, {
      attributes: { axis: 1 },
    });
    const heads = graph.integers([-1, HEADS, width / HEADS]);
    const split = (name: string, order: readonly number[]): string =>
      graph.node('Transpose', [graph.node('Reshape', [name, heads])], { attributes: { perm: order } });
    const scale = this.#scalar((width / HEADS) ** -0.5);
    const scores = graph.node('MatMul', [split(graph.node('Mul', [query, scale]), [1, 0, 2]), split(key, [1, 2, 0])]);
    const mixed = graph.node('MatMul', [
      graph.node('Softmax', [scores], { attributes: { axis: -1 } }),
      split(value, [1, 0, 2]),
    ]);
    const joined = graph.node('Reshape', [
      graph.node('Transpose', [mixed], { attributes: { perm: [1, 0, 2] } }),
      graph.integers([-1, width]),
    ]);
    return this.dense(
      joined,
      `${kernel}output_transform_single/kernel/part_0`,
      `${bias}output_transform_single/bias/ConcatPartitions/concat`,
    );
  }

  #convolution(input: string, index: 0 | 1, name: 'conv1' | 'conv2'): string {
    const kernel = this.#weight(
      `${PREFIX}TransformerStack/Layer_${index}/TransformerLayer/FFN/${name}/Tensordot/Reshape_1`,
    );
    // Stored for a product with the input: 512×1536, then 1536×512.
    const [rows, columns] = kernel.shape as [number, number];
    const bias = this.#weight(`${PREFIX}Layer_${index}/TransformerLayer/FFN/${name}/bias/ConcatPartitions/concat`);
    return this.#multiply(input, { kernel: kernel.values, bias: bias.values, rows, columns });
  }

  #norm(input: string, base: string): string {
    const scale = this.#weight(
      `${base}layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat`,
    ).values;
    const bias = this.#weight(`${base}layer_prepostprocess/layer_norm/layer_norm_bias/ConcatPartitions/concat`).values;
    return this.#graph.node(
      'LayerNormalization',
      [input, this.#graph.floats(scale, [scale.length]), this.#graph.floats(bias, [bias.length])],
      { attributes: { axis: -1, epsilon: { float: EPSILON } } },
    );
  }

  /** input · kernel + bias; in bytes one operator does all of it, which saves a pass over the result. */
  #multiply(input: string, { kernel, bias, rows, columns }: Dense): string {
    const biasName = this.#graph.floats(bias, [columns]);
    if (this.#precision === 'float') {
      const product = this.#graph.node('MatMul', [input, this.#graph.floats(kernel, [rows, columns])]);
      return this.#graph.node('Add', [product, biasName]);
    }
    const { bytes, scales } = quantizeColumns(kernel, rows, columns);
    const [byteName, scaleName] = [this.#graph.bytes(bytes, [rows, columns]), this.#graph.floats(scales, [columns])];
    // The empty name stands for a zero point that is zero.
    return this.#graph.node('DynamicQuantizeMatMul', [input, byteName, scaleName, '', biasName], {
      domain: 'com.microsoft',
    });
  }

  #gather(table: Float32Array, rows: number, columns: number, ids: string): string {
    if (this.#precision === 'float')
      return this.#graph.node('Gather', [this.#graph.floats(table, [rows, columns]), ids]);
    const bytes = new Int8Array(table.length);
    const scales = new Float32Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const values = table.subarray(row * columns, (row + 1) * columns);
      const scale = scaleOf(values);
      scales[row] = scale;
      for (const [column, value] of values.entries()) bytes[row * columns + column] = Math.round(value / scale);
    }
    const chosen = this.#graph.node(
      'Cast',
      [this.#graph.node('Gather', [this.#graph.bytes(bytes, [rows, columns]), ids])],
      {
        attributes: { to: 1 },
      },
    );
    return this.#graph.node('Mul', [chosen, this.#graph.node('Gather', [this.#graph.floats(scales, [rows, 1]), ids])]);
  }

  #scalar(value: number): string {
    return this.#graph.floats(Float32Array.of(value), []);
  }

  #weight(name: string): WeightTensor {
    const weight = this.#weights.get(name);
    if (weight === undefined) throw new PointsmanError('artifact-invalid', `The encoder's weights have no ${name}`);
    return weight;
  }
}

/** sin of position × rate in the first half of the columns, cos in the second; the product is rounded to float32 first. */
function timingTable(rates: Float32Array): Float32Array {
  const table = new Float32Array(MAX_PIECES * 256);
  for (let position = 0; position < MAX_PIECES; position += 1) {
    for (const [column, rate] of rates.entries()) {
      const angle = Math.fround(position * rate);
      table[position * 256 + column] = Math.sin(angle);
      table[position * 256 + 128 + column] = Math.cos(angle);
    }
  }
  return table;
}

function quantizeColumns(
  kernel: Float32Array,
  rows: number,
  columns: number,
): { readonly bytes: Int8Array; readonly scales: Float32Array } {
  const bytes = new Int8Array(kernel.length);
  const scales = new Float32Array(columns);
  for (let column = 0; column < columns; column += 1) {
    let largest = 0;
    for (let row = 0; row < rows; row += 1) largest = Math.max(largest, Math.abs(kernel[row * columns + column] ?? 0));
    const scale = Math.fround(largest / 127) || 1;
    scales[column] = scale;
    for (let row = 0; row < rows; row += 1)
      bytes[row * columns + column] = Math.round((kernel[row * columns + column] ?? 0) / scale);
  }
  return { bytes, scales };
}

function scaleOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return Math.fround(largest / 127) || 1;
}
