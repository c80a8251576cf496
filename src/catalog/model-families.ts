import { asId, type EndpointId, type ModelId } from '../domain/ids.ts';
import type { Compliance, Model, Prices, Wire } from '../domain/model.ts';
import type { RefreshedPrices } from './listed-prices.ts';
import { readModelName } from './model-names.ts';
import { refreshedName } from './refreshed-prices.ts';

/** How a vendor's models are called, and where the vendor serves them. General knowledge and vendor pages, 2026-11. */
interface FamilyRule {
  readonly family: string;
  readonly pattern: RegExp;
  readonly endpoint: string;
}

const RULES: readonly FamilyRule[] = [
  { family: 'claude', pattern: /^claude-/u, endpoint: 'anthropic' },
  { family: 'gpt', pattern: /^(?:gpt-|chatgpt-|codex-|o\d(?:-|$)|ft:gpt-|computer-use-)/u, endpoint: 'openai' },
  {
    family: 'openai-media',
    pattern:
      /^(?:text-embedding-(?:ada|3)|(?:omni|text)-moderation|whisper-1$|tts-1|dall-e-|sora-|davinci-|babbage-|ft:(?:davinci|babbage))/u,
    endpoint: 'openai',
  },
  { family: 'gemini', pattern: /^(?:gemini-|gemma-|tunedmodels\/)/u, endpoint: 'google' },
  {
    family: 'google-media',
    pattern: /^(?:text-(?:multilingual-)?embedding-0|embedding-0|imagen-|veo-|lyria-)/u,
    endpoint: 'google',
  },
  { family: 'groq-media', pattern: /^(?:distil-)?whisper-large-/u, endpoint: 'groq' },
  { family: 'voyage', pattern: /^(?:voyage-|rerank-2)/u, endpoint: 'voyage' },
  { family: 'cohere', pattern: /^(?:embed-|rerank-|command-)/u, endpoint: 'cohere' },
  { family: 'jina', pattern: /^jina-/u, endpoint: 'jina' },
  { family: 'deepseek', pattern: /^deepseek-/u, endpoint: 'deepseek' },
  { family: 'glm', pattern: /^(?:glm-|cogview-|embedding-\d)/u, endpoint: 'zai' },
  { family: 'kimi', pattern: /^(?:kimi-|moonshot-)/u, endpoint: 'moonshotai' },
  { family: 'qwen', pattern: /^(?:qwen|qwq-|qvq-|text-embedding-v|gte-rerank)/u, endpoint: 'alibaba' },
  {
    family: 'mistral',
    pattern: /^(?:mistral-|ministral-|devstral-|codestral-|magistral-|pixtral-|voxtral-)/u,
    endpoint: 'mistral',
  },
  { family: 'grok', pattern: /^grok-/u, endpoint: 'xai' },
  { family: 'muse', pattern: /^muse-/u, endpoint: 'meta' },
  { family: 'minimax', pattern: /^minimax-/u, endpoint: 'minimax' },
];

/** Not a number in any bucket: such a model has a price, and nobody here knows it. It is never the price 0. */
const UNKNOWN_PRICES: Prices = {
  base: { input: NaN, output: NaN, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined },
  tiers: [],
  peak: undefined,
};

/** An endpoint as far as this needs it. */
export interface ServingEndpoint {
  readonly id: EndpointId;
  readonly wires: readonly Wire[];
  readonly compliance: Compliance;
  /** It can be called now. */
  readonly isReady: boolean;
}

/**
 * A model that no row lists but whose family somebody serves, or that is called `ENDPOINT/NAME`: passed on under the name
 * that was asked for. Limits and habits are those of its newest listed sibling, prices are unknown unless a refresh brought them. `undefined`: nobody
 * here serves such a thing.
 */
export function unlistedModel(
  name: string,
  from: {
    readonly models: readonly Model[];
    readonly endpoints: readonly ServingEndpoint[];
    /** Prices of names that no row lists, where the user has fetched some. */
    readonly refreshed?: RefreshedPrices | undefined;
  },
  preferredWire: Wire,
): Model | undefined {
  const prefixed = from.endpoints.find((endpoint) => name.startsWith(`${endpoint.id}/`));
  const { plain } = readModelName(name);
  const rule = RULES.find(({ pattern }) => pattern.test(plain.toLowerCase()));
  const endpoint = rule === undefined ? prefixed : (endpointFor(rule, from) ?? prefixed);
  if (endpoint === undefined) return undefined;
  const wireModel = rule === undefined && prefixed !== undefined ? name.slice(prefixed.id.length + 1) : plain;
  if (!/^[\w.:/@+-]{1,200}$/u.test(wireModel) || STEPS_OUT.test(wireModel)) return undefined;
  const wire = endpoint.wires.includes(preferredWire) ? preferredWire : (endpoint.wires[0] ?? 'openai-chat');
  const sibling = from.models.find((model) => model.family === rule?.family && model.endpoint === endpoint.id);
  const listed = from.refreshed && refreshedName(from.refreshed, endpoint.id, wireModel);
  const contextTokens = listed?.contextTokens ?? sibling?.contextTokens ?? NOTHING_KNOWN.contextTokens;
  return {
    ...(sibling ?? NOTHING_KNOWN),
    contextTokens,
    id: asId<ModelId>(prefixed === undefined ? wireModel : name),
    endpoint: endpoint.id,
    wire,
    wireModel,
    vendor: sibling?.vendor ?? endpoint.id,
    family: rule?.family ?? wireModel,
    prices: listed?.prices ?? UNKNOWN_PRICES,
    compliance: endpoint.compliance,
    abilityIndex: undefined,
    ...(listed === undefined || from.refreshed === undefined
      ? { source: 'the name alone' }
      : { source: from.refreshed.source, asOf: from.refreshed.publishedOn }),
  };
}

/** Where a name is part of an address, it must not lead out of it: `gemini-x/../../files` is no model. */
const STEPS_OUT = /(?:^|\/)\.{1,2}(?:\/|$)/u;

/** The vendor's own address, or another place that lists models of the family; one that can be called comes first. */
function endpointFor(
  rule: FamilyRule,
  { models, endpoints }: { readonly models: readonly Model[]; readonly endpoints: readonly ServingEndpoint[] },
): ServingEndpoint | undefined {
  const serving = new Set<string>(
    models.filter((model) => model.family === rule.family).map((model) => model.endpoint),
  );
  const known = endpoints.filter((endpoint) => endpoint.id === rule.endpoint || serving.has(endpoint.id));
  const own = known.find((endpoint) => endpoint.id === rule.endpoint);
  return own?.isReady === true ? own : (known.find((endpoint) => endpoint.isReady) ?? own ?? known[0]);
}

const NOTHING_KNOWN: Omit<Model, 'id' | 'endpoint' | 'wire' | 'wireModel' | 'vendor' | 'family'> = {
  frontier: false,
  openWeights: undefined,
  prices: UNKNOWN_PRICES,
  cacheRule: { kind: 'none' },
  contextTokens: 128_000,
  maxOutputTokens: 128_000,
  toolCalling: true,
  structuredOutput: false,
  inputModalities: ['text', 'image'],
  efforts: [],
  tokenRatio: 1,
  outputRatio: 1,
  callsRatio: 1,
  ttftMs: undefined,
  outputTokensPerSecond: undefined,
  compliance: {},
  abilityIndex: undefined,
  source: 'the name alone',
  asOf: 'unknown',
};
