import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { PointsmanError } from '../../domain/errors.ts';
import { refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { parseBody } from '../../wires/shared/json-bytes.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { BodyDeadline } from '../server/body-deadline.ts';
import { readBody, tooLarge } from '../server/read-body.ts';
import { createFormReader, type FormModel, type FormReader } from './form-model.ts';

/** What a request beside model calls brings along. */
export type SideBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly bytes: Buffer; readonly body: Fields; readonly release: () => void }
  /** Passed on as it comes. What had to be read to find the model is held. */
  | {
      readonly kind: 'stream';
      readonly head: Buffer;
      readonly model: FormModel | undefined;
      readonly release: () => void;
    };

export type SideBodyRead =
  | { readonly kind: 'read'; readonly body: SideBody }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

export interface SideReading {
  /** Nothing of it is looked at. */
  readonly isFile: boolean;
  /** Of what takes none, every body is JSON. */
  readonly takesForm: boolean;
  /** A form may name the model. */
  readonly wantsModel: boolean;
  /** Whoever may use some models only names one, once: all of it is looked at. */
  readonly mustSeeAll: boolean;
  /** Of JSON as it is; what is passed on may be slow. */
  readonly deadline: BodyDeadline;
}

const EMPTY = Buffer.alloc(0);

/**
 * Reads as much of a body as must be known before it is sent: JSON whole, a form up to its model, a file not at all.
 * @throws PointsmanError `request-invalid` for JSON that is none
 */
export async function readSideBody(
  core: GatewayCore,
  request: IncomingMessage,
  reading: SideReading,
): Promise<SideBodyRead> {
  const type = request.headers['content-type'];
  if (isEmpty(request)) return { kind: 'read', body: { kind: 'none' } };
  const isJson = !reading.takesForm || /^application\/(?:[\w.-]+\+)?json\b/iu.test(type ?? '');
  if (!reading.isFile && isJson) return readJson(core, request);
  const refusal = refusalOfStream(core, request);
  if (refusal !== undefined) return { kind: 'refused', refusal };
  reading.deadline.allowSlow();
  if (!reading.wantsModel) {
    return { kind: 'read', body: { kind: 'stream', head: EMPTY, model: undefined, release: () => undefined } };
  }
  const reader = createFormReader(type);
  if (reader === undefined) {
    return { kind: 'refused', refusal: refuse(415, 'invalid', 'What names a model is JSON or a form here.') };
  }
  return readHead(core, request, reader, reading.mustSeeAll);
}

function isEmpty({ headers }: IncomingMessage): boolean {
  const declared = headers['content-length'];
  return declared === undefined ? headers['transfer-encoding'] === undefined : Number(declared) === 0;
}

async function readJson(core: GatewayCore, request: IncomingMessage): Promise<SideBodyRead> {
  const { maxBodyBytes, maxDepthCount } = core.deps.settings;
  const read = await readBody(request, { maxBytes: maxBodyBytes, budgets: core.bodies });
  if (read.kind !== 'read') return read;
  const { bytes, release } = read;
  if (bytes.length === 0) return { kind: 'read', body: { kind: 'none' } };
  try {
    return { kind: 'read', body: { kind: 'json', bytes, body: parseBody(bytes, maxDepthCount), release } };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

function refusalOfStream(core: GatewayCore, { headers }: IncomingMessage): Refusal | undefined {
  const { maxUploadBytes } = core.deps.settings;
  if (Number(headers['content-length'] ?? 0) > maxUploadBytes) return tooLarge(maxUploadBytes);
  const packed = headers['content-encoding'];
  return packed === undefined || packed === 'identity'
    ? undefined
    : refuse(415, 'invalid', 'A file or form is taken unpacked only.');
}

/** The model in what has arrived: one piece may hold several. */
function modelIn(
  reader: FormReader,
  held: Buffer,
  { model, mustSeeAll }: { readonly model: FormModel | undefined; readonly mustSeeAll: boolean },
): FormModel | 'twice' | undefined {
  const found = reader.look(held);
  if (found === undefined) return model;
  if (model !== undefined) return 'twice';
  return mustSeeAll ? modelIn(reader, held, { model: found, mustSeeAll }) : found;
}

/** Holds what arrives until the model was seen, within what one body may hold; past that nobody looks for it any more. */
async function readHead(
  core: GatewayCore,
  request: IncomingMessage,
  reader: FormReader,
  mustSeeAll: boolean,
): Promise<SideBodyRead> {
  const { plain } = core.bodies;
  const { maxBodyBytes } = core.deps.settings;
  let room = Buffer.alloc(64 * 1024);
  let length = 0;
  let model: FormModel | undefined;
  const release = (): void => {
    plain.giveBack(length);
    length = 0;
  };
  return new Promise((resolve) => {
    const end = (read: SideBodyRead): void => {
      request.off('data', take).off('end', finish).off('close', leave);
      if (read.kind !== 'read') release();
      resolve(read);
    };
    const finish = (): void => {
      const head = room.subarray(0, length);
      end({ kind: 'read', body: { kind: 'stream', head, model, release } });
    };
    const leave = (): void => end({ kind: 'gone' });
    const take = (chunk: Buffer): void => {
      if (!plain.tryTake(chunk.length))
        return refuseWith(
          refuse(503, 'overloaded', 'This gateway holds as many bodies as it may; send the request again.', {
            'retry-after': '1',
          }),
        );
      if (length + chunk.length > room.length) {
        const larger = Buffer.alloc(Math.max(room.length * 2, length + chunk.length));
        room.copy(larger, 0, 0, length);
        room = larger;
      }
      chunk.copy(room, length);
      length += chunk.length;
      const found = modelIn(reader, room.subarray(0, length), { model, mustSeeAll });
      if (found === 'twice') return refuseWith(refuse(400, 'invalid', 'The form names its model twice.'));
      model = found;
      const isEnough = (model !== undefined && !mustSeeAll) || (length > maxBodyBytes && !mustSeeAll);
      if (isEnough) {
        request.pause();
        finish();
      } else if (length > maxBodyBytes) refuseWith(tooLarge(maxBodyBytes));
      return undefined;
    };
    const refuseWith = (refusal: Refusal): void => {
      request.off('data', take);
      request.resume();
      end({ kind: 'refused', refusal });
    };
    request.on('data', take).on('end', finish).on('close', leave);
  });
}

/**
 * What is sent of a streamed body: its head, with another model's name where that must be, and the rest as it comes. Fails past
 * `maxBytes`.
 */
export function bodyToSend(
  request: IncomingMessage,
  { head, model }: Extract<SideBody, { kind: 'stream' }>,
  options: { readonly wireModel: string | undefined; readonly maxBytes: number },
): { readonly stream: Readable; readonly grownBytes: number } {
  const { wireModel, maxBytes } = options;
  const isRenamed = model !== undefined && wireModel !== undefined && wireModel !== model.name;
  const first = isRenamed
    ? Buffer.concat([head.subarray(0, model.start), Buffer.from(wireModel), head.subarray(model.end)])
    : head;
  let bytes = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) done(new BodyTooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  if (first.length > 0) limited.write(first);
  if (request.readableEnded) limited.end();
  else {
    request.pipe(limited);
    request.once('close', () => {
      if (!request.readableEnded) limited.destroy(new PointsmanError('aborted', 'Aborted'));
    });
  }
  // A vendor that refuses early ends the sending, not the caller's socket, which has the refusal to get yet.
  limited.once('close', () => {
    request.unpipe(limited);
    request.resume();
  });
  limited.on('error', () => undefined);
  return { stream: limited, grownBytes: first.length - head.length };
}

/** A streamed body that went past its limit on the way. */
export class BodyTooLarge extends Error {
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}
