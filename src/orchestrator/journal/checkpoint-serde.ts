import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';

/** Deeper than any state of a job; what is deeper may be a circle. */
const MAX_DEPTH = 32;
/** The mark of values that plain JSON cannot hold, as LangGraph's own serializer writes them. */
const MARK = '"lc"';

/**
 * LangGraph's serializer with a short way for plain JSON, which is nearly everything a job stores: its own walks every
 * value through a callback, both ways. Bytes written by either are read by either. In plain JSON, a property that is
 * `undefined` is left out, as JSON does it.
 */
export function createCheckpointSerde(): SerializerProtocol {
  const full = new JsonPlusSerializer();
  return {
    dumpsTyped: async (value: unknown) =>
      isPlain(value, 0) ? ['json', Buffer.from(JSON.stringify(value))] : full.dumpsTyped(value),
    loadsTyped: async (type: string, data: Uint8Array | string): Promise<unknown> => {
      if (type !== 'json') return full.loadsTyped(type, data);
      const text = typeof data === 'string' ? data : textOf(data);
      return text.includes(MARK) ? full.loadsTyped(type, text) : (JSON.parse(text) as unknown);
    },
  };
}

/** Looks at the bytes where they are: `Buffer.from` of an array copies it. */
function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return true;
  if (typeof value !== 'object') return false;
  return value === null || (depth < MAX_DEPTH && isPlainObject(value, depth + 1));
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth));
  if (isSend(value)) return isPlain(value.args, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if ('lc' in value || 'toJSON' in value) return false;
  for (const item of Object.values(value)) if (item !== undefined && !isPlain(item, depth)) return false;
  return true;
}

/** A branch that is sent to a node; LangGraph's own says of itself what JSON should be made of it. */
function isSend(value: object): value is { readonly args: unknown } {
  return 'lg_name' in value && value.lg_name === 'Send' && 'args' in value;
}
