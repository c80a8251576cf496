import type { z } from 'zod';
import { toPointsmanError } from '../../domain/errors.ts';
import type { Usage } from '../../domain/usage.ts';
import { protocolError, type CodecPart, type StreamDecoder } from './stream-decoder.ts';

/** What one wire format adds to the frame that all share. Each method may throw: that ends the answer in an error part. */
export interface WireReader {
  read(event: unknown): readonly CodecPart[];
  /** The wire has ended without a `finish`. */
  end(): readonly CodecPart[];
  usage(): Usage | undefined;
}

/**
 * A decoder around a reader: what is thrown becomes the last part, with the usage that is known by then, and after a
 * `finish` or `error` nothing more is returned.
 */
export function frameDecoder(reader: WireReader): StreamDecoder {
  let isDone = false;
  const usage = (): Usage | undefined => {
    try {
      return reader.usage();
    } catch {
      return undefined;
    }
  };
  const guarded = (read: () => readonly CodecPart[]): readonly CodecPart[] => {
    if (isDone) return [];
    try {
      const parts = read();
      isDone = parts.at(-1)?.type === 'finish';
      return parts;
    } catch (thrown) {
      isDone = true;
      return [{ type: 'error', error: toPointsmanError(thrown, 'provider-protocol'), usage: usage() }];
    }
  };
  return {
    push: (event) => guarded(() => reader.read(event)),
    end: () => guarded(() => reader.end()),
    usage,
  };
}

/**
 * An event whose `type` is in the table, read by its schema; `undefined`: one that nobody here needs.
 * @throws PointsmanError `provider-protocol` when it has not its documented shape
 */
export function namedEvent<Schemas extends Readonly<Record<string, z.ZodType>>>(
  schemas: Schemas,
  event: unknown,
): { readonly name: keyof Schemas & string; readonly data: unknown } | undefined {
  const name = (event as { readonly type?: unknown } | null | undefined)?.type;
  if (typeof name !== 'string' || !Object.hasOwn(schemas, name)) return undefined;
  const parsed = schemas[name]?.safeParse(event);
  if (parsed?.success !== true) throw protocolError(`Event ${name} does not have its documented shape`, event);
  return { name, data: parsed.data };
}
