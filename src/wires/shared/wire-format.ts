import type { IncomingHttpHeaders } from 'node:http';
import type { CallRequest } from '../../domain/call.ts';
import type { Model, Wire } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import type { ImagePart } from '../../domain/transcript.ts';
import type { AnswerContext, AnswerEncoder } from './answer-encoder.ts';
import type { TapReader } from './answer-tap.ts';
import type { Dialect } from './endpoint-config.ts';
import type { Refusal } from './errors/refusal.ts';
import type { Fields } from './fields.ts';
import type { InboundCall, IssuedReader, Sampling } from './inbound-call.ts';
import type { JsonEdit } from './json-bytes.ts';
import type { LossId } from './lossy-fields.ts';
import type { MediaPart } from './media/media-part.ts';
import type { Encoded, StreamDecoder } from './stream-decoder.ts';
import type { Repair, RepairOptions } from './wire-repair.ts';

/**
 * All that pointsman knows of one wire format: how callers speak it, how vendors answer in it, and what may be read from
 * bodies that pass by. The gateway and the providers use nothing else of a format; a new format is one implementation in
 * a folder of its own and one line in `wire-formats.ts`. Functions of their arguments: no clock, no connection.
 */
export interface WireFormat extends CallerSide, VendorSide, PassingBodies {
  readonly wire: Wire;
  /** Whose format it is, as the catalogue names vendors. */
  readonly vendor: string;
  /** Headers of a caller that its vendors may get, beside what any may: their switches and ids, under names of their own. */
  readonly passedHeaders: RegExp;
}

/** What a caller says and hears. */
export interface CallerSide {
  /** The paths of its calls as its documentation writes them, for messages. */
  readonly callPaths: readonly string[];
  /** Whether a request to this path is a model call in this format. */
  isCallPath(pathname: string): boolean;
  /** Whether a request to this path asks how many tokens a call has. */
  isCountPath(pathname: string): boolean;
  /** Whether the caller of an unknown path speaks this format, as far as its headers say. */
  isWireOf(pathname: string, headers: IncomingHttpHeaders): boolean;
  /**
   * The request in no vendor's form, and what gets lost when it leaves the format.
   * @throws PointsmanError `request-invalid`
   */
  readRequest(body: Fields, readIssued: IssuedReader): InboundCall;
  /** Says in this format what another vendor's model answered. One writer per answer. */
  createAnswerWriter(context: AnswerContext): AnswerEncoder;
  /** Another way of saying streams that a query of this format asks for; one format per call. Absent: there is one way. */
  forQuery?(pathname: string, search: string): WireFormat | undefined;
  /** What a count is answered with. */
  countBody(tokens: Tokens): object;
  /** One model, and the list of them, in the form that clients of this format read. */
  modelEntry(model: ListedModel): object;
  modelList(models: readonly ListedModel[]): object;
  /** The content type of a stream. */
  readonly streamType: string;
  /** The body of an error answer. */
  errorBody(refusal: Refusal, requestId: string): string;
  /** The same error as the last event of a stream that has begun. */
  errorEvent(refusal: Refusal, requestId: string): string;
  /** Keeps a silent stream alive; clients skip it. */
  readonly ping: string;
  /** That a prompt is too long, in the words that the caller's compaction looks for. */
  overflowMessage(promptTokens: Tokens, limitTokens: Tokens): string;
}

/** What a vendor takes and gives. */
export interface VendorSide {
  /** Path and query of a call at an endpoint; a version that the format needs or must not have is added or removed. */
  path(baseUrl: string, call: AddressedCall): string;
  /** Where the vendor counts the tokens of a request; `undefined`: nowhere. */
  countPath(baseUrl: string, call: Omit<AddressedCall, 'isStream'>): string | undefined;
  /** Path of another resource of the vendor's API at an endpoint, such as `/files`; the version is added as in `path`. */
  resourcePath(baseUrl: string, path: string): string;
  /** Headers that a call needs beside its key; a caller's own value wins. */
  readonly headers: Readonly<Record<string, string>>;
  /** The header that opens the endpoint. */
  keyHeader(key: string): Readonly<Record<string, string>>;
  /** A call in the vendor's form, and what the form cannot carry. */
  writeRequest(model: Model, request: CallRequest, dialect: Dialect): Encoded<object>;
  /** Reads one streamed answer. */
  createAnswerReader(model: Model, toolNames?: ReadonlyMap<string, string>): StreamDecoder;
  /** Whether a stream says that it has begun before its model thinks. Where not, a silent one may be at work. */
  readonly opensAtOnce: boolean;
  readonly sampling: SamplingForm;
  /** Whether the format has a word for a piece of media. */
  carries(part: ImagePart): boolean;
}

/** One call as far as its address depends on it. */
export interface AddressedCall {
  readonly model: string;
  readonly isStream: boolean;
  /** The caller's query, with its `?`; empty where the call was translated. */
  readonly search: string;
}

/** A model as lists show it. */
export interface ListedModel {
  readonly id: string;
  readonly displayName: string;
  readonly owner: string;
  /** `undefined`: it depends on what is chosen. */
  readonly contextTokens: Tokens | undefined;
  readonly maxOutputTokens: Tokens | undefined;
}

/** Temperature, top-p, stop texts and parallel calls: not part of a `CallRequest`, carried beside it. */
export interface SamplingForm {
  /** Fields to add to `body`; left out where the format refuses them beside what stands there. */
  write(sampling: Sampling, body: object, model: Model): WrittenSampling;
  /** How many stop texts it takes; the first ones go. */
  readonly maxStopCount: number;
  /** Whether it can forbid several calls at once. */
  readonly takesSerialCalls: boolean;
  /** Rows of the loss table for callers of this format. */
  readonly loss: LossId;
  readonly stopLoss: LossId;
}

/** Fields to add to a body, and what of the two numbers is in them. */
export interface WrittenSampling extends Pick<Sampling, 'temperature' | 'topP'> {
  readonly fields: Fields;
}

/** What is read from, and edited in, a body that stays in its format. */
export interface PassingBodies {
  /** The model that is asked for. */
  modelOf(body: Fields, pathname: string): string | undefined;
  /** Writes another model's name where the body holds it. */
  modelEdits(name: string): readonly JsonEdit[];
  isStream(body: Fields, pathname: string): boolean;
  /** Name of the field that should hold a transcript and does not. */
  transcriptFault(body: Fields): string | undefined;
  /**
   * The messages of a request, or its input items, one for one. Each has a `role` and `content` or stands for itself; what
   * a format calls otherwise it says here in these words, for whoever asks who spoke and what.
   */
  transcriptOf(body: Fields): readonly unknown[];
  /** The image, document, sound or film that a block of the transcript is; `undefined`: none. */
  mediaOf(block: Fields): MediaPart | undefined;
  /** What stands before the transcript in the vendor's order; a change of it makes every cache cold. */
  headOf(body: Fields): readonly unknown[];
  /** What a request says of itself beside its transcript. */
  briefOf(body: Fields): RequestBrief;
  /** Fields of the body that limit its answer; none where they stand deeper. What other formats call theirs is read by no vendor of this one. */
  readonly limitFields: readonly string[];
  /** The effort that the caller asked for; another effort is another cache. */
  effortOf(body: Fields): Effort | undefined;
  /** Whether the caller turns thinking off. Absent: it does where the effort it asks for is `none`. */
  isThinkingOff?(body: Fields): boolean;
  /** Asks for another effort of a model of this format, for the whole call: its cache is another one then. */
  effortEdits(body: Fields, effort: Effort, model: Model): readonly JsonEdit[];
  /** Sends a call to the tier of the model's row. Absent: the format has no word for tiers. */
  tierEdits?(model: Pick<Model, 'serviceTier'>): readonly JsonEdit[];
  /** The tier that its caller asks for itself; `undefined`: none. */
  tierOf(body: Fields): string | undefined;
  /** Says efforts in the middle of a transcript, which leaves what is cached as it was. Absent: the format has no word for that. */
  readonly messageEffort?: MessageEffortForm;
  /** The words that end a request; see `LastUserText`. */
  lastUserText(body: Fields): LastUserText | undefined;
  /** The edits that make a body acceptable to another model of this format. */
  repair(body: Fields, target: Model, options: RepairOptions): Repair;
  /** Whether a body has forms that only the format's own vendor knows, so that it is written anew for this dialect. Absent: never. */
  isForeignTo?(body: Fields, dialect: Dialect): boolean;
  /** One more cache marker at a message; `undefined` where the format has none, or none to spare. */
  reanchor(body: Fields, messageIndex: number): JsonEdit | undefined;
  /** What asks for all of its markers to be kept for an hour; none where its caller has said for how long. Absent: the format has no such class. */
  hourEdits?(body: Fields): readonly JsonEdit[];
  /** Whether its caller asks for a part of it to be kept for an hour. Absent: the format has no such class. */
  asksForHour?(body: Fields): boolean;
  /** Whether the vendor caches this prompt: some cache only what is marked. */
  isCached(body: Fields): boolean;
  /** What turns a sent body into a ping: its prefix stays byte for byte. */
  pingEdits(body: Fields, model: Model, options: PingOptions): PingEdits;
  readonly tap: TapReader;
  /** What stands between the vendor's stream and its caller, such as usage that only we asked for; `undefined`: nothing. */
  streamRelay(body: Fields): StreamRelay | undefined;
}

export interface MessageEffortForm {
  /** Behind messages of a body, each with its index. */
  edits(marks: readonly { readonly messageIndex: number; readonly effort: Effort }[]): readonly JsonEdit[];
  /** The vendor's switch that such a body needs. */
  readonly beta: string;
}

export interface RequestBrief {
  /** The system prompt: text, or blocks of text. */
  readonly system: unknown;
  readonly toolCount: number;
  readonly maxOutputTokens: Tokens | undefined;
  readonly temperature: number | undefined;
}

/** What is asked for on the way out, and taken out or said otherwise on the way back. */
export interface StreamRelay {
  readonly edits: readonly JsonEdit[];
  createFilter(): StreamFilter;
  /** Absent: the vendor's. */
  readonly contentType?: string;
}

/** Takes something out of a stream that passes by; every other byte passes in order. */
export interface StreamFilter {
  /** What of the stream may be passed on: whole events only, but for the last one that is still on its way. */
  push(chunk: Buffer): Buffer;
  /** What is left at the end. */
  end(): Buffer;
}

/** The last text of a request that ends in a user's message of text alone, and where it stands in the body. */
export interface LastUserText {
  readonly path: readonly (string | number)[];
  readonly text: string;
}

export interface PingOptions {
  readonly dialect: Dialect;
  /** The shortest answer to ask for where the vendor takes no less. */
  readonly outputTokens: Tokens;
}

export interface PingEdits {
  readonly edits: readonly JsonEdit[];
  /** The longest answer that the ping allows. */
  readonly outputTokens: Tokens;
}
