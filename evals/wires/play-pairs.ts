import { shippedModels } from '../../src/catalog/load-catalog.ts';
import { parseExactJson, type JsonObject } from '../../src/domain/json.ts';
import type { Model, Wire } from '../../src/domain/model.ts';
import { readRequest } from '../../src/providers/scripted/read-request.ts';
import type { ScriptedAnswer } from '../../src/providers/scripted/script.ts';
import { createScriptedServer } from '../../src/providers/scripted/scripted-server.ts';
import { vendorObjection } from '../../src/providers/scripted/vendor-checks.ts';
import { createMemoryRecorder } from '../../src/recorder/memory-recorder.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { startGatewayKit } from '../../src/testing/internal/gateway-kit.ts';
import { anthropicCaller } from './anthropic-caller.ts';
import type { Caller, Received } from './caller.ts';
import { chatCaller } from './chat-caller.ts';
import { canonicalJson } from './digits.ts';
import { geminiCaller } from './gemini-caller.ts';
import { responsesCaller } from './responses-caller.ts';
import { drawTalk, pick, type TalkAnswer } from './talk.ts';

/** Every format that has an SDK for its callers. */
const CALLERS: readonly Caller[] = [anthropicCaller, chatCaller, responsesCaller, geminiCaller];

/** A caller's format and a vendor's. */
export interface Pair {
  readonly caller: Wire;
  readonly vendor: Wire;
}

export interface PairOptions {
  /** Conversations of the pair. */
  readonly count: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** How one pair went. */
export interface PairResult extends Pair {
  readonly played: number;
  /** The strict vendor took what we wrote, or we refused by name what has no counterpart. */
  readonly accepted: number;
  /** Refused by name, of `accepted`. */
  readonly refused: number;
  /** The caller's SDK read what the vendor's model had said, of those that were answered. */
  readonly parsed: number;
  readonly answered: number;
  readonly faults: readonly Fault[];
}

/** What went wrong in one conversation. */
export interface Fault {
  readonly model: string;
  readonly index: number;
  readonly isStream: boolean;
  readonly what: string;
}

const MOST_FAULTS = 400;
/** For each that is played: of what a vendor's own callers may write, at home only a part is valid. */
const MOST_DRAWS = 50;

/** All that there are. */
export function everyPair(): readonly Pair[] {
  const vendors = [...targetsByWire(shippedModels()).keys()];
  return CALLERS.flatMap(({ wire }) => vendors.map((vendor) => ({ caller: wire, vendor })));
}

/**
 * Plays generated conversations of one format's callers to models of one vendor's format, through a gateway and a vendor of their own:
 * both remember every call, so that who wants many plays them in several runs with seeds of their own.
 */
export async function playPair(pair: Pair, options: PairOptions): Promise<PairResult> {
  const models = shippedModels();
  const caller = CALLERS.find(({ wire }) => wire === pair.caller);
  const targets = targetsByWire(models).get(pair.vendor);
  if (caller === undefined || targets === undefined) throw new RangeError('There is no such pair');
  let answer: ScriptedAnswer = {};
  const vendor = await createScriptedServer({ models, script: () => answer });
  // The kit keeps every record for its tests; thousands of them would fill the heap.
  const recorder = createMemoryRecorder();
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models, apiKey: 'k', deps: { recorder } });
  try {
    return await playTalks(caller, targets, {
      ...options,
      url: kit.url,
      wire: pair.vendor,
      objections: vendor.objections,
      say: (next) => {
        answer = next;
      },
    });
  } finally {
    await kit.gateway.close();
    await vendor.close();
  }
}

/** Models that differ in what they take: one of each endpoint, and each of the endpoints with rules for single models. */
function targetsByWire(models: readonly Model[]): ReadonlyMap<Wire, readonly Model[]> {
  const targets = new Map<Wire, Model[]>();
  for (const model of models) {
    const list = targets.get(model.wire) ?? [];
    const isNew = !list.some((other) => other.endpoint === model.endpoint) || model.endpoint === 'anthropic';
    if (isNew || (model.endpoint === 'openai' && list.length < 6)) targets.set(model.wire, [...list, model]);
  }
  return targets;
}

interface PairContext extends PairOptions {
  readonly url: string;
  readonly wire: Wire;
  readonly objections: readonly string[];
  readonly say: (answer: ScriptedAnswer) => void;
}

async function playTalks(caller: Caller, targets: readonly Model[], context: PairContext): Promise<PairResult> {
  const faults: Fault[] = [];
  const counts = { played: 0, accepted: 0, refused: 0, parsed: 0, answered: 0 };
  const most = context.count * MOST_DRAWS;
  for (let index = 0; counts.played < context.count && index < most && !context.signal.aborted; index++) {
    const random = seededRandom(context.seed * 1_000_003 + index);
    const talk = drawTalk(random);
    const model = pick(random, targets);
    const isStream = random() < 0.5;
    context.say(toScript(talk.answer));
    const before = context.objections.length;
    const body = caller.write(talk, model.id, random);
    if (isInvalidAtHome(caller.wire, model, body)) continue;
    const said = await play(caller, { body, model, isStream, url: context.url, index });
    const note = (what: string): void => {
      if (faults.length < MOST_FAULTS) faults.push({ model: model.id, index, isStream, what });
    };
    counts.played += 1;
    const objection = context.objections[before];
    if (objection !== undefined) note(`refused by the vendor: ${objection}`);
    else if (said.kind === 'received' || said.isNamed) counts.accepted += 1;
    else note(said.why);
    if (said.kind === 'failed') {
      if (said.isNamed) counts.refused += 1;
      continue;
    }
    counts.answered += 1;
    const wrong = misheard(talk.answer, said.received);
    if (wrong === undefined) counts.parsed += 1;
    else note(wrong);
  }
  return { caller: caller.wire, vendor: context.wire, ...counts, faults };
}

function toScript(answer: TalkAnswer): ScriptedAnswer {
  return {
    thinking: answer.thought,
    text: answer.text,
    finish: answer.finish,
    toolCalls: answer.calls.map(({ name, json }) => ({ name, input: parseExactJson(json) as JsonObject })),
  };
}

type Played =
  | { readonly kind: 'received'; readonly received: Received }
  /** `isNamed`: our own 400, which names what cannot be carried. */
  | { readonly kind: 'failed'; readonly isNamed: boolean; readonly why: string };

interface Playing {
  readonly body: object;
  readonly model: Model;
  readonly isStream: boolean;
  readonly url: string;
  readonly index: number;
}

/** What a vendor refuses of its own callers is theirs: it passes through unread. */
function isInvalidAtHome(wire: Wire, model: Model, body: object): boolean {
  const isHome = model.wire === wire && (model.endpoint === 'anthropic' || model.endpoint.startsWith('openai'));
  return isHome && vendorObjection(readRequest(wire, { ...body, model: model.wireModel })) !== undefined;
}

async function play(caller: Caller, { body, model, isStream, url, index }: Playing): Promise<Played> {
  const headers = { 'x-pointsman-session': `${caller.wire}-${model.wire}-${index}` };
  try {
    return { kind: 'received', received: await caller.send(body, { url, isStream, headers }) };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const isNamed = /cannot be translated/u.test(why);
    return { kind: 'failed', isNamed, why: `no answer: ${why}` };
  }
}

/** In what the answer that a caller heard differs from what was said. */
function misheard(said: TalkAnswer, received: Received): string | undefined {
  if (received.flaw !== undefined) return `not of the documented shape: ${received.flaw}`;
  const text = said.finish === 'refusal' ? received.text + received.refusal : received.text;
  if (text !== said.text)
    return `text differs: ${JSON.stringify(text).slice(0, 80)} for ${JSON.stringify(said.text).slice(0, 80)}`;
  const calls = received.calls.map(({ name, json }) => `${name}(${canonicalJson(json)})`);
  const wanted = said.calls.map(({ name, json }) => `${name}(${canonicalJson(json)})`);
  if (calls.join('\n') !== wanted.join('\n')) return `calls differ: ${calls.join(' ')} for ${wanted.join(' ')}`;
  return received.finish === said.finish ? undefined : `ends with ${received.finish} for ${said.finish}`;
}
