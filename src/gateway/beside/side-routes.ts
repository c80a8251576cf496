import type { ServedKind } from '../../config/served-kinds.ts';
import { decodedName } from '../../domain/ids.ts';
import type { CallerWire, Wire } from '../../domain/model.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import type { UpstreamMethod } from '../upstream/upstream.ts';

/**
 * One thing that a vendor's API offers beside model calls. A request to it is passed on and its answer handed back; nothing is
 * translated. Paths from the vendors' API references and official SDKs (openai 7.57, @anthropic-ai/sdk 1.12, @google/genai 3.3;
 * Cohere, Jina and Voyage for `rerank`), read 2026-11.
 */
export interface SideRoute {
  /** Whose form the request has: says how the key travels, and where the API's root is. */
  readonly wire: CallerWire;
  readonly kind: ServedKind;
  readonly method: UpstreamMethod;
  /**
   * Behind the version. `{model}` is a model's name, `{id}` the id of something that the vendor keeps, and `{files}` one that the
   * vendor names with its collection, such as `files/abc`.
   */
  readonly path: string;
  /** Before the version. */
  readonly prefix?: string;
  /** A file, whatever its content type says: Google's SDK calls the pieces of one JSON (3.3, seen 2026-11-29). */
  readonly isFile?: true;
  /** Where the model's name stands. Absent: nowhere. */
  readonly model?: 'body' | 'path';
  /**
   * `tokens`: by what the answer's usage says, where the price is known; `unknown`: by pieces, seconds or later, which nobody here
   * prices. Absent: nothing.
   */
  readonly bills?: 'tokens' | 'unknown';
  /** Fields of the body that hold ids of what the vendor keeps. */
  readonly refersTo?: readonly string[];
  /** Fields of the answer, or of what it lists, that hold ids of what the vendor keeps from now on, or addresses that end in them. */
  readonly makes?: readonly string[];
  /** Field of the answer that lists what the vendor keeps, each with its id in `id` or `name`. */
  readonly lists?: string;
  /** How the names of a list's cursors end in its query, behind `after` and `before`. Absent: in nothing. */
  readonly cursorSuffix?: string;
  /** Fields of the answer that hold addresses of the vendor's own, which callers follow. */
  readonly addresses?: readonly string[];
}

type RouteRow = readonly [
  method: UpstreamMethod,
  path: string,
  more?: Omit<SideRoute, 'wire' | 'kind' | 'method' | 'path'>,
];

const rowsOf = (wire: CallerWire, kind: ServedKind, rows: readonly RouteRow[]): readonly SideRoute[] =>
  rows.map(([method, path, more]) => ({ wire, kind, method, path, ...more }));

const BY_TOKENS = { model: 'body', bills: 'tokens' } as const;
const BY_PIECE = { model: 'body', bills: 'unknown' } as const;
const MADE = { makes: ['id'] } as const;
const LISTED = { lists: 'data' } as const;
const CLAUDE_LISTED = { ...LISTED, cursorSuffix: '_id' } as const;
const OPENAI_BATCH = { makes: ['id', 'output_file_id', 'error_file_id'] } as const;
const CLAUDE_BATCH = { makes: ['id'], addresses: ['results_url'] } as const;
/** What a stored response and a conversation are made of can be named, item by item. */
const ITEMS = { makes: ['output.id'] } as const;
const LISTED_ITEMS = { makes: ['data.id'] } as const;
const STORED = { makes: ['id'], bills: 'unknown' } as const;
const GOOGLE_UPLOAD = { prefix: '/upload', isFile: true, makes: ['file.name'] } as const;
const GOOGLE_MADE = { makes: ['name'] } as const;
/** What came of an operation: a file of results, or films. */
const GOOGLE_RESULTS = {
  makes: ['metadata.output.responsesFile', 'response.responsesFile'],
} as const;
const GOOGLE_FILMS = { makes: ['response.generateVideoResponse.generatedSamples.video.uri'] } as const;

/** Everything that is passed on, once. */
const SIDE_ROUTES: readonly SideRoute[] = [
  ...rowsOf('openai-chat', 'embeddings', [['POST', '/embeddings', BY_TOKENS]]),
  ...rowsOf('openai-chat', 'rerank', [['POST', '/rerank', BY_TOKENS]]),
  ...rowsOf('openai-chat', 'moderations', [['POST', '/moderations', { model: 'body' }]]),
  ...rowsOf('openai-chat', 'completions', [['POST', '/completions', BY_TOKENS]]),
  ...rowsOf('openai-chat', 'images', [
    ['POST', '/images/generations', BY_PIECE],
    ['POST', '/images/edits', BY_PIECE],
    ['POST', '/images/variations', BY_PIECE],
  ]),
  ...rowsOf('openai-chat', 'audio', [
    ['POST', '/audio/speech', BY_PIECE],
    ['POST', '/audio/transcriptions', BY_PIECE],
    ['POST', '/audio/translations', BY_PIECE],
  ]),
  ...rowsOf('openai-chat', 'videos', [
    ['POST', '/videos', { ...BY_PIECE, ...MADE }],
    ['GET', '/videos', LISTED],
    ['GET', '/videos/{id}'],
    ['DELETE', '/videos/{id}'],
    ['GET', '/videos/{id}/content'],
    ['POST', '/videos/{id}/remix', STORED],
  ]),
  ...rowsOf('openai-chat', 'files', [
    ['POST', '/files', MADE],
    ['GET', '/files', LISTED],
    ['GET', '/files/{id}'],
    ['DELETE', '/files/{id}'],
    ['GET', '/files/{id}/content'],
    ['POST', '/uploads', MADE],
    ['POST', '/uploads/{id}/parts', MADE],
    ['POST', '/uploads/{id}/complete', { makes: ['file.id'] }],
    ['POST', '/uploads/{id}/cancel'],
  ]),
  ...rowsOf('openai-chat', 'batches', [
    ['POST', '/batches', { ...OPENAI_BATCH, bills: 'unknown', refersTo: ['input_file_id'] }],
    ['GET', '/batches', { ...LISTED, ...OPENAI_BATCH }],
    ['GET', '/batches/{id}', OPENAI_BATCH],
    ['POST', '/batches/{id}/cancel', OPENAI_BATCH],
  ]),
  ...rowsOf('openai-chat', 'vector-stores', [
    ['POST', '/vector_stores', { ...STORED, refersTo: ['file_ids'] }],
    ['GET', '/vector_stores', LISTED],
    ['GET', '/vector_stores/{id}'],
    ['POST', '/vector_stores/{id}'],
    ['DELETE', '/vector_stores/{id}'],
    ['POST', '/vector_stores/{id}/search', { bills: 'unknown' }],
    ['POST', '/vector_stores/{id}/files', { bills: 'unknown', refersTo: ['file_id'] }],
    ['GET', '/vector_stores/{id}/files'],
    ['GET', '/vector_stores/{id}/files/{id}'],
    ['DELETE', '/vector_stores/{id}/files/{id}'],
  ]),
  ...rowsOf('openai-responses', 'responses', [
    ['POST', '/responses/compact', { ...BY_TOKENS, makes: ['id', 'output.id'], refersTo: ['previous_response_id'] }],
    ['POST', '/responses/input_tokens', { model: 'body', refersTo: ['previous_response_id', 'conversation'] }],
    ['GET', '/responses/{id}', ITEMS],
    ['DELETE', '/responses/{id}'],
    ['POST', '/responses/{id}/cancel', ITEMS],
    ['GET', '/responses/{id}/input_items', LISTED_ITEMS],
    ['POST', '/conversations', MADE],
    ['GET', '/conversations/{id}'],
    ['POST', '/conversations/{id}'],
    ['DELETE', '/conversations/{id}'],
    ['GET', '/conversations/{id}/items', LISTED_ITEMS],
    ['POST', '/conversations/{id}/items', LISTED_ITEMS],
    ['GET', '/conversations/{id}/items/{item}'],
    ['DELETE', '/conversations/{id}/items/{item}'],
  ]),
  ...rowsOf('anthropic-messages', 'batches', [
    ['POST', '/messages/batches', { ...CLAUDE_BATCH, bills: 'unknown' }],
    ['GET', '/messages/batches', { ...CLAUDE_LISTED, ...CLAUDE_BATCH }],
    ['GET', '/messages/batches/{id}', CLAUDE_BATCH],
    ['POST', '/messages/batches/{id}/cancel', CLAUDE_BATCH],
    ['DELETE', '/messages/batches/{id}'],
    ['GET', '/messages/batches/{id}/results'],
  ]),
  ...rowsOf('anthropic-messages', 'files', [
    ['POST', '/files', MADE],
    ['GET', '/files', CLAUDE_LISTED],
    ['GET', '/files/{id}'],
    ['DELETE', '/files/{id}'],
    ['GET', '/files/{id}/content'],
  ]),
  ...rowsOf('gemini-generate-content', 'embeddings', [
    ['POST', '/models/{model}:embedContent', { model: 'path', bills: 'unknown' }],
    ['POST', '/models/{model}:batchEmbedContents', { model: 'path', bills: 'unknown' }],
  ]),
  ...rowsOf('gemini-generate-content', 'images', [
    ['POST', '/models/{model}:predict', { model: 'path', bills: 'unknown' }],
  ]),
  ...rowsOf('gemini-generate-content', 'videos', [
    ['POST', '/models/{model}:predictLongRunning', { model: 'path', bills: 'unknown', ...GOOGLE_MADE }],
    ['GET', '/{operations}', GOOGLE_FILMS],
  ]),
  ...rowsOf('gemini-generate-content', 'batches', [
    ['POST', '/models/{model}:batchGenerateContent', { model: 'path', bills: 'unknown', ...GOOGLE_MADE }],
    ['POST', '/models/{model}:asyncBatchEmbedContent', { model: 'path', bills: 'unknown', ...GOOGLE_MADE }],
    ['GET', '/batches', { lists: 'operations', ...GOOGLE_RESULTS }],
    ['GET', '/{batches}', GOOGLE_RESULTS],
    ['POST', '/{batches}:cancel'],
    ['DELETE', '/{batches}'],
  ]),
  ...rowsOf('gemini-generate-content', 'files', [
    ['POST', '/files', GOOGLE_UPLOAD],
    ['PUT', '/files', GOOGLE_UPLOAD],
    ['GET', '/files', { lists: 'files' }],
    ['GET', '/{files}'],
    ['DELETE', '/{files}'],
    ['GET', '/{files}:download'],
    ['GET', '/{files}:download', { prefix: '/download' }],
  ]),
  ...rowsOf('gemini-generate-content', 'caches', [
    ['POST', '/cachedContents', { model: 'body', bills: 'unknown', ...GOOGLE_MADE }],
    ['GET', '/cachedContents', { lists: 'cachedContents' }],
    ['GET', '/{cachedContents}'],
    ['PATCH', '/{cachedContents}'],
    ['DELETE', '/{cachedContents}'],
  ]),
];

/** The same as documentation writes them, for messages. */
export const SIDE_PATHS: readonly { readonly method: UpstreamMethod; readonly path: string }[] = SIDE_ROUTES.map(
  ({ wire, method, prefix = '', path }) => {
    const version = WIRE_FORMATS[wire].resourcePath('http://vendor', '');
    const documented = path.replaceAll(/\{(?!model\}|id\}|item\})(\w+)\}/gu, '$1/{id}');
    return { method, path: `${prefix}${version}${documented}` };
  },
);

/** A request as far as its path says what it asks for. */
export interface SideMatch {
  readonly route: SideRoute;
  /** The model that the path names. */
  readonly model: string | undefined;
  /** What the vendor keeps that the path names. */
  readonly ids: readonly string[];
  /** The path behind the version, as the caller wrote it. */
  readonly path: string;
}

const VERSIONS: Readonly<Record<CallerWire, string>> = {
  'openai-chat': '(?:/v[12])?',
  'openai-responses': '(?:/v1)?',
  'anthropic-messages': '(?:/v1)?',
  'gemini-generate-content': '(?:/v1(?:beta1?|alpha)?)?',
};

interface CompiledRoute {
  readonly route: SideRoute;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** What a parameter may be; one that is not here is named with its collection. */
const PARAMETERS: Readonly<Record<string, string>> = {
  model: '(.+)',
  id: '([^/:]+)',
  item: '([^/:]+)',
  operations: '((?:models/[^/:]+/)?operations/[^/:]+)',
};

const COMPILED: readonly CompiledRoute[] = SIDE_ROUTES.map((route) => {
  const names: string[] = [];
  const path = route.path.replaceAll(/\{(\w+)\}/gu, (_all, name: string) => {
    names.push(name);
    return PARAMETERS[name] ?? `(${name}/[^/:]+)`;
  });
  return { route, names, pattern: new RegExp(`^${route.prefix ?? ''}${VERSIONS[route.wire]}(${path})$`, 'u') };
});

/**
 * What a request asks for; of several vendors with the same path, that of the caller's own form. A path that leads out of where it
 * seems to be is none.
 */
export function matchSideRoute(method: string, pathname: string, callerWire: Wire): SideMatch | undefined {
  if (leadsOut(pathname)) return undefined;
  const found = COMPILED.flatMap((compiled) => {
    const match = compiled.route.method === method ? compiled.pattern.exec(pathname) : null;
    return match === null ? [] : [{ ...compiled, match }];
  });
  const { vendor } = WIRE_FORMATS[callerWire];
  const best = found.find(({ route }) => WIRE_FORMATS[route.wire].vendor === vendor) ?? found[0];
  if (best === undefined) return undefined;
  const named = best.names.map((name, index) => [name, decodedName(best.match[index + 2] ?? '')] as const);
  return {
    route: best.route,
    model: named.find(([name]) => name === 'model')?.[1],
    ids: named.flatMap(([name, value]) => (name === 'model' || name === 'item' ? [] : [value])),
    path: best.match[1] ?? '',
  };
}

/** The methods that a path takes, where it takes others than the one that was tried. */
export function sideMethodsAt(pathname: string): readonly UpstreamMethod[] {
  if (leadsOut(pathname)) return [];
  const routes = COMPILED.filter(({ pattern }) => pattern.test(pathname));
  return [...new Set(routes.map(({ route }) => route.method))];
}

/** Also where nobody can say: servers differ in what they make of what cannot be decoded. */
function leadsOut(pathname: string): boolean {
  try {
    return STEPS_OUT.test(decodeURIComponent(pathname));
  } catch {
    return true;
  }
}

const STEPS_OUT = /(?:^|[/\\])\.{1,2}(?:[/\\]|$)|[\\\p{Cc}]/u;
