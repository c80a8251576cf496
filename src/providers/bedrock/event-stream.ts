import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fieldsIn, textIn } from '../../wires/shared/fields.ts';
import { formatSse } from '../../wires/shared/sse.ts';
import { cutStreamError, protocolError } from '../../wires/shared/stream-decoder.ts';
import type { Unframer } from '../host.ts';

/** More than any event of a model, and less than what a length that is none would ask for. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Two lengths, their check sum, and that of the whole. */
const LEAST_MESSAGE_BYTES = 16;

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text),
);

/**
 * Reads the framing of AWS's event streams, check sums and all, and says each event as a server-sent one: Claude's under its own
 * name, those of Converse as `{"name": …}`, exceptions as an error event in the names that classify.
 */
export function createEventStreamReader(): Unframer {
  let waiting: Buffer[] = [];
  let byteCount = 0;
  /** What has to be there before anything can be read. */
  let neededBytes = 4;
  return {
    push(chunk) {
      waiting.push(chunk);
      byteCount += chunk.length;
      // Put together once for each message: a large one comes in thousands of pieces.
      if (byteCount < neededBytes) return '';
      let bytes = Buffer.concat(waiting);
      let events = '';
      for (let length = lengthOf(bytes); length !== undefined && bytes.length >= length; length = lengthOf(bytes)) {
        events += eventOf(bytes.subarray(0, length));
        bytes = bytes.subarray(length);
      }
      waiting = [bytes];
      byteCount = bytes.length;
      neededBytes = lengthOf(bytes) ?? 4;
      return events;
    },
    end() {
      if (byteCount > 0) throw cutStreamError();
      return '';
    },
  };
}

/** `undefined`: it has not arrived yet. */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length >= LEAST_MESSAGE_BYTES && length <= MAX_MESSAGE_BYTES) return length;
  throw protocolError('An event stream of AWS names a message of an impossible length');
}

function eventOf(message: Buffer): string {
  const { headers, body } = decoded(message);
  const header = (name: string): string => {
    const value = headers[name]?.value;
    return typeof value === 'string' ? value : '';
  };
  const payload = Buffer.from(body).toString('utf8');
  const type = header(':message-type');
  if (type === 'exception') return errorEvent(header(':exception-type'), payload);
  if (type === 'error') return errorEvent(header(':error-code'), JSON.stringify({ message: header(':error-message') }));
  const name = header(':event-type');
  return name === 'chunk' ? chunkEvent(payload) : formatSse(name, `{${JSON.stringify(name)}:${oneLine(payload)}}`);
}

function decoded(message: Buffer): ReturnType<EventStreamCodec['decode']> {
  try {
    return codec.decode(message);
  } catch (cause) {
    throw protocolError(`An event stream of AWS cannot be read: ${cause instanceof Error ? cause.message : ''}`);
  }
}

/** What InvokeModel streams: the vendor's own event inside. */
function chunkEvent(payload: string): string {
  const text = Buffer.from(textIn(fieldsIn(parsed(payload))['bytes']) ?? '', 'base64').toString('utf8');
  const type = textIn(fieldsIn(parsed(text))['type']);
  return type === undefined ? '' : formatSse(type, oneLine(text));
}

/** Exceptions inside a stream, in the names by which failures are classified. Bedrock API reference, ResponseStream, read 2026-11. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  serviceUnavailableException: 'overloaded_error',
  modelTimeoutException: 'timeout_error',
  validationException: 'invalid_request_error',
  accessDeniedException: 'permission_error',
};

/** AWS's services write the first letter of names in either case. */
function errorEvent(exception: string, payload: string): string {
  const name = exception.charAt(0).toLowerCase() + exception.slice(1);
  const type = Object.hasOwn(ERROR_TYPES, name) ? ERROR_TYPES[name] : 'api_error';
  const message = messageIn(payload) ?? exception;
  return formatSse('error', JSON.stringify({ type: 'error', error: { type, message } }));
}

/** A failure stays one, whatever its words look like. */
function messageIn(payload: string): string | undefined {
  try {
    const { message, Message } = fieldsIn(JSON.parse(payload));
    return textIn(message) ?? textIn(Message);
  } catch {
    return payload.trim() === '' ? undefined : payload;
  }
}

/** JSON may hold line feeds between its tokens, and a server-sent event may not. */
function oneLine(json: string): string {
  return /[\r\n]/u.test(json) ? json.replaceAll(/[\r\n]+/gu, ' ') : json;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw protocolError('An event of AWS is not JSON', text);
  }
}
