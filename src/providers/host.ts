import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import type { Model, Wire } from '../domain/model.ts';
import type { HostKind, HostSettings } from '../wires/shared/endpoint-config.ts';

/** A call as its wire format writes it: for a server that speaks the format itself. */
export interface WrittenCall {
  readonly method: string;
  readonly url: URL;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a call asks for, as far as its address depends on it. */
export interface CallTarget {
  readonly wire: Wire;
  /** The name on the wire. */
  readonly model: string;
  readonly isStream: boolean;
  /** A stream that has tools has to be answered whole, and that is read as a stream. Absent: it streams. */
  readonly streamedTools?: 'refused';
  /** Its tokens are to be counted, and nothing is answered. Absent: it is to be answered. */
  readonly isCount?: true;
}

/** What a call to a model asks for. */
export function targetOf({ wire, wireModel, requestLimits }: Model, isStream: boolean): CallTarget {
  const { streamedTools } = requestLimits ?? {};
  return { wire, model: wireModel, isStream, ...(streamedTools === undefined ? {} : { streamedTools }) };
}

/**
 * A cloud that serves models of several vendors: what changes of a call between its wire format and the socket. Formats know
 * nothing of hosts, and hosts nothing of transcripts.
 */
export interface Host {
  /**
   * The call as the host takes it: address, body and credentials, which are fetched and renewed as needed.
   * @param target `undefined`: it is no model call
   * @throws PointsmanError `provider-auth` without usable credentials, `request-invalid` for what the host does not offer
   */
  prepare(call: WrittenCall, target: CallTarget | undefined): Promise<HostedCall>;
}

/** A call as a host takes it, and how it answers. */
export interface HostedCall extends WrittenCall {
  /** Opens the framing of a stream that is not of server-sent events. Absent: all are. */
  readonly unframe?: () => Unframer;
  /** Of what `unframe` opens. Absent: AWS's event streams. */
  readonly framed?: string;
}

/** Reads a stream of a host's own framing. */
export interface Unframer {
  /**
   * The server-sent events that are whole with this chunk, as text.
   * @throws PointsmanError `provider-protocol`
   */
  push(chunk: Buffer): string;
  /** @throws PointsmanError when the stream has ended in the middle of an event */
  end(): string;
}

/** The content type of AWS's event streams, the one framing that there is beside server-sent events. */
const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** Whether an answer has the content type of what a host's framing opens. */
export function isFramed(contentType: unknown, framed: string = EVENT_STREAM_TYPE): boolean {
  return typeof contentType === 'string' && contentType.split(';')[0]?.trim() === framed;
}

/** What a host is opened with. */
export interface HostedEndpoint {
  readonly id: string;
  readonly settings: HostSettings;
  /** `undefined`: credentials of the surroundings, such as a signed-in user's or a machine's. */
  readonly apiKey: string | undefined;
}

/** Opens hosts by kind; handed in by the composition root, so that a host's folder can be deleted. */
export type HostOpeners = {
  readonly [Kind in HostKind]: (endpoint: HostedAt<Kind>) => Host;
};

export interface HostedAt<Kind extends HostKind> extends HostedEndpoint {
  readonly settings: Extract<HostSettings, { readonly kind: Kind }>;
}

/** The host of an endpoint; `undefined`: it speaks its wire formats itself. */
export function openHost(
  openers: HostOpeners | undefined,
  endpoint: Omit<HostedEndpoint, 'settings'> & { readonly settings: HostSettings | undefined },
): Host | undefined {
  const { settings } = endpoint;
  if (settings === undefined) return undefined;
  const open = openers?.[settings.kind] as ((hosted: HostedEndpoint) => Host) | undefined;
  return open?.({ ...endpoint, settings });
}

/** Headers that open a vendor's own address, which hosts have others for. */
const KEY_HEADERS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key']);

/** What of a call's headers opens its endpoint, fetched or ours: answers may repeat it. */
export function credentialsIn(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (name === 'x-amz-security-token') return [value];
    if (!KEY_HEADERS.has(name)) return [];
    // A signature ends with its call; the id of the key that made it does not.
    const signer = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//u.exec(value)?.[1];
    return [signer ?? value.replace(/^Bearer\s+/iu, '')];
  });
}

export function withoutKeys(headers: WrittenCall['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !KEY_HEADERS.has(name)));
}

/** The address with an endpoint's own query; what a call says itself stays. */
export function withQuery(url: URL, query: Readonly<Record<string, string>>): URL {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(query)) {
    if (!whole.searchParams.has(name)) whole.searchParams.set(name, value);
  }
  return whole;
}

/** The same place with the path that a host has for it. */
export function withPath(url: URL, pathname: string): URL {
  const at = new URL(url);
  at.pathname = pathname;
  // The mark that Anthropic's beta bodies have in their address means nothing elsewhere.
  at.searchParams.delete('beta');
  return at;
}

/** Nobody opens an endpoint: the first line of what the cloud's package says; stacks of causes and help texts follow it. */
export function noCredentials(endpoint: string, thrown: unknown, hint: string): PointsmanError {
  const words = toPointsmanError(thrown, 'provider-auth').message.split('\n')[0] ?? '';
  const message = `Endpoint "${endpoint}" has no credentials: ${words.slice(0, 300)}`;
  return new PointsmanError('provider-auth', message, { hint });
}
