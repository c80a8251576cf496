import { ProtobufWriter } from './protobuf-writer.ts';

/** Element types of ONNX tensors (onnx.proto, TensorProto.DataType). */
const DATA_TYPE = { float: 1, int8: 3, int64: 7 } as const;
type ElementType = keyof typeof DATA_TYPE;
export type AttributeValue = number | readonly number[] | { readonly float: number } | { readonly text: string };
/** A named dimension is one that varies from run to run. */
type Shape = readonly (number | string)[];

/** Opset 17 has LayerNormalization; IR 8 is what it came with. */
const OPSET = 17;
const IR_VERSION = 8;

/** Smaller tensors stay in the model: a page each would be waste. */
const LEAST_OUTSIDE_BYTES = 1024;
const PAGE_BYTES = 4096;

/**
 * Builds one ONNX model: initialisers, nodes, inputs and outputs, in the order they are added. With `weightsFile`, a name
 * beside the model, large tensors go to that file, on pages of their own: the runtime maps them instead of copying them.
 */
export class OnnxGraph {
  readonly #graph: ProtobufWriter = new ProtobufWriter();
  readonly #weightsFile: string | undefined;
  readonly #outside: Uint8Array[] = [];
  #outsideBytes = 0;
  #nodeCount = 0;
  #initialiserCount = 0;

  constructor(weightsFile?: string) {
    this.#weightsFile = weightsFile;
  }

  input(name: string, type: ElementType, shape: Shape): string {
    this.#graph.message(11, valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: ElementType, shape: Shape): void {
    this.#graph.message(12, valueInfo(name, type, shape));
  }

  floats(values: Float32Array, dims: readonly number[]): string {
    return this.#initialiser('float', dims, values);
  }

  bytes(values: Int8Array, dims: readonly number[]): string {
    return this.#initialiser('int8', dims, values);
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#initialiser('int64', dims, BigInt64Array.from(values, BigInt));
  }

  /** Adds a node and returns the name of its only output. */
  node(operator: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const [only] = this.nodes(operator, inputs, 1, options);
    return only ?? '';
  }

  nodes(
    operator: string,
    inputs: readonly string[],
    outputCount: number,
    options: NodeOptions = {},
  ): readonly string[] {
    this.#nodeCount += 1;
    const outputs =
      options.outputs ?? Array.from({ length: outputCount }, (_, index) => `n${this.#nodeCount}_${index}`);
    const writer = new ProtobufWriter();
    for (const name of inputs) writer.text(1, name);
    for (const name of outputs) writer.text(2, name);
    writer.text(4, operator);
    for (const [name, value] of Object.entries(options.attributes ?? {})) writer.message(5, attribute(name, value));
    if (options.domain !== undefined) writer.text(7, options.domain);
    this.#graph.message(1, writer);
    return outputs;
  }

  /** The file's bytes; the same graph gives the same bytes. `notice` is kept as the model's doc string. */
  finish(name: string, notice: string): Uint8Array {
    this.#graph.text(2, name);
    return new ProtobufWriter()
      .varint(1, IR_VERSION)
      .text(2, 'pointsman')
      .text(6, notice)
      .message(7, this.#graph)
      .message(8, new ProtobufWriter().text(1, '').varint(2, OPSET))
      .message(8, new ProtobufWriter().text(1, 'com.microsoft').varint(2, 1))
      .finish();
  }

  /** What belongs into the weights file. */
  weights(): Uint8Array {
    return Buffer.concat(this.#outside);
  }

  #initialiser(type: ElementType, dims: readonly number[], values: Float32Array | Int8Array | BigInt64Array): string {
    this.#initialiserCount += 1;
    const name = `w${this.#initialiserCount}`;
    const writer = new ProtobufWriter();
    for (const dim of dims) writer.varint(1, dim);
    writer.varint(2, DATA_TYPE[type]).text(8, name);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (this.#weightsFile === undefined || bytes.length < LEAST_OUTSIDE_BYTES) writer.bytes(9, bytes);
    else this.#putOutside(writer, bytes, this.#weightsFile);
    this.#graph.message(5, writer);
    return name;
  }

  #putOutside(writer: ProtobufWriter, bytes: Uint8Array, location: string): void {
    const place = { location, offset: String(this.#outsideBytes), length: String(bytes.length) };
    for (const [key, value] of Object.entries(place)) {
      writer.message(13, new ProtobufWriter().text(1, key).text(2, value));
    }
    writer.varint(14, 1);
    const padding = new Uint8Array((PAGE_BYTES - (bytes.length % PAGE_BYTES)) % PAGE_BYTES);
    this.#outside.push(bytes.slice(), padding);
    this.#outsideBytes += bytes.length + padding.length;
  }
}

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  readonly outputs?: readonly string[];
}

function attribute(name: string, value: AttributeValue): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  if (typeof value === 'number') return writer.varint(3, value).varint(20, 2);
  if ('float' in value) return writer.float(2, value.float).varint(20, 1);
  if ('text' in value) return writer.text(4, value.text).varint(20, 3);
  for (const item of value) writer.varint(8, item);
  return writer.varint(20, 7);
}

function valueInfo(name: string, type: ElementType, shape: Shape): ProtobufWriter {
  const dims = new ProtobufWriter();
  for (const dim of shape) {
    const writer = new ProtobufWriter();
    dims.message(1, typeof dim === 'number' ? writer.varint(1, dim) : writer.text(2, dim));
  }
  const tensor = new ProtobufWriter().varint(1, DATA_TYPE[type]).message(2, dims);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
