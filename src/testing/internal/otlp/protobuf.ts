/**
 * Reads protobuf's wire format by tables of fields, and nothing that stands in none of them
 * (protobuf.dev/programming-guides/encoding, read 2026-11-30).
 */
export type FieldType =
  | 'text'
  | 'bytes'
  | 'bool'
  | 'varint'
  | 'fixed32'
  | 'fixed64'
  | 'double'
  | 'doubles'
  | 'fixed64s'
  | MessageType;

export interface MessageType {
  readonly name: string;
  /** By number: name, type, and whether it may come more than once. A function: the type holds itself. */
  readonly fields: Readonly<
    Record<number, readonly [name: string, type: FieldType | (() => MessageType), repeated?: 'repeated']>
  >;
}

export type ProtobufMessage = Readonly<Record<string, unknown>>;

/** @throws Error for a field that its type does not have, one that comes twice, or bytes that are cut */
export function readMessage(bytes: Buffer, type: MessageType): ProtobufMessage {
  const message: Record<string, unknown> = {};
  const at = { index: 0 };
  while (at.index < bytes.length) {
    const tag = Number(varint(bytes, at));
    const field = type.fields[tag >>> 3];
    if (field === undefined) throw new Error(`${type.name} has no field ${tag >>> 3}`);
    const [name, declared, repeated] = field;
    const fieldType = typeof declared === 'function' ? declared() : declared;
    const value = valueOf(bytes, at, tag & 7, fieldType, `${type.name}.${name}`);
    if (repeated === 'repeated') message[name] = [...((message[name] as unknown[] | undefined) ?? []), value];
    else if (name in message) throw new Error(`${type.name}.${name} stands twice`);
    else message[name] = value;
  }
  return message;
}

const WIRE_TYPES: Readonly<Record<string, number>> = { bool: 0, varint: 0, fixed64: 1, double: 1, fixed32: 5 };

const NUMBERS: Readonly<Record<string, (bytes: Buffer, at: { index: number }) => unknown>> = {
  bool: (bytes, at) => varint(bytes, at) !== 0n,
  varint: (bytes, at) => BigInt.asIntN(64, varint(bytes, at)),
  fixed32: (bytes, at) => bytes.readUInt32LE((at.index += 4) - 4),
  fixed64: (bytes, at) => bytes.readBigUInt64LE((at.index += 8) - 8),
  double: (bytes, at) => bytes.readDoubleLE((at.index += 8) - 8),
};

function valueOf(bytes: Buffer, at: { index: number }, wireType: number, type: FieldType, place: string): unknown {
  const wanted = typeof type === 'string' ? (WIRE_TYPES[type] ?? 2) : 2;
  if (wireType !== wanted) throw new Error(`${place} has the wire type ${wireType}, not ${wanted}`);
  const number = typeof type === 'string' ? NUMBERS[type] : undefined;
  if (number !== undefined) return number(bytes, at);
  const length = Number(varint(bytes, at));
  const part = bytes.subarray(at.index, (at.index += length));
  if (part.length !== length) throw new Error(`${place} is cut`);
  if (type === 'text') return new TextDecoder('utf8', { fatal: true }).decode(part);
  if (type === 'bytes') return part.toString('hex');
  const eights = Array.from({ length: length / 8 }, (_, index) => index * 8);
  if (type === 'doubles') return eights.map((index) => part.readDoubleLE(index));
  if (type === 'fixed64s') return eights.map((index) => part.readBigUInt64LE(index));
  return readMessage(part, type as MessageType);
}

function varint(bytes: Buffer, at: { index: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = bytes[at.index++];
    if (byte === undefined) throw new Error('a number is cut');
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new Error('a number is longer than 10 bytes');
}
