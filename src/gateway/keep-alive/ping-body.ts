import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { PING_OUTPUT_TOKENS } from '../../warmth/keep-alive.ts';
import type { Dialect } from '../../wires/shared/endpoint-config.ts';
import { editJson, parseBody } from '../../wires/shared/json-bytes.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';

/** A body that reads a prefix and asks for next to no answer. */
export interface PingBody {
  readonly bytes: Buffer;
  /** The longest answer that it allows. */
  readonly outputTokens: Tokens;
}

/** Bodies that are pinged went out before, so their depth was checked. */
const MAX_DEPTH_COUNT = Number.POSITIVE_INFINITY;

/**
 * The same body with the smallest answer that its vendor allows, in one piece. Every byte that a cache looks at stays:
 * tools, system, messages, thinking and tool choice.
 */
export function pingBody(model: Model, dialect: Dialect, sent: Buffer): PingBody {
  const options = { dialect, outputTokens: PING_OUTPUT_TOKENS };
  const { edits, outputTokens } = WIRE_FORMATS[model.wire].pingEdits(parseBody(sent, MAX_DEPTH_COUNT), model, options);
  return { bytes: editJson(sent, edits), outputTokens };
}
