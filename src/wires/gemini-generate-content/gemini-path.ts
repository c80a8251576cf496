import { decodedName } from '../../domain/ids.ts';
import type { AddressedCall } from '../shared/wire-format.ts';

/**
 * `/v1beta/models/MODEL:METHOD`, as the Gemini API writes it, or behind a project and a publisher, as Vertex AI does. Gemini API
 * and Vertex AI REST references, read 2026-11.
 */
const CALL_PATH =
  /^(?:\/v1(?:beta1?|alpha)?)?(?:\/projects\/[^/]+\/locations\/[^/]+)?(?:\/publishers\/[^/]+)?\/(models|tunedModels)\/(.+):(generateContent|streamGenerateContent|countTokens)$/u;

const TUNED = 'tunedModels';

export interface GeminiPath {
  readonly model: string;
  readonly method: 'generateContent' | 'streamGenerateContent' | 'countTokens';
}

/** What a path asks for; `undefined`: it is none of this format. */
export function readGeminiPath(pathname: string): GeminiPath | undefined {
  const match = CALL_PATH.exec(pathname);
  if (match === null) return undefined;
  const name = decodedName(match[2] ?? '');
  // A tuned model is called by its collection: `models/x` is another than `tunedModels/x`.
  const model = match[1] === TUNED ? `${TUNED}/${name}` : name;
  return { model, method: match[3] as GeminiPath['method'] };
}

/** Whether a stream is wanted as server-sent events and not as one list. */
export function wantsEvents(search: string): boolean {
  return queryOf(search).get('alt') === 'sse';
}

/** Path and query of a call. Streams are asked for as events, whatever form their caller wants. */
export function geminiPath(baseUrl: string, { model, isStream, search }: AddressedCall): string {
  const query = queryOf(search);
  query.delete('alt');
  if (isStream) query.set('alt', 'sse');
  const text = query.toString();
  const path = `${modelPath(baseUrl, model)}:${isStream ? 'streamGenerateContent' : 'generateContent'}`;
  return text === '' ? path : `${path}?${text}`;
}

export function geminiCountPath(baseUrl: string, { model, search }: Omit<AddressedCall, 'isStream'>): string {
  const text = queryOf(search).toString();
  const path = `${modelPath(baseUrl, model)}:countTokens`;
  return text === '' ? path : `${path}?${text}`;
}

/** Where the base URL has a path of its own, that is where the version stands; Google's OpenAI form lies below it. */
export function geminiResourcePath(baseUrl: string, path: string): string {
  const base = new URL(baseUrl).pathname.replace(/\/+$/u, '').replace(/\/openai$/u, '');
  return (base === '' ? '/v1beta' : base) + path;
}

function modelPath(baseUrl: string, model: string): string {
  const collection = model.startsWith(`${TUNED}/`) ? '' : 'models/';
  return geminiResourcePath(baseUrl, `/${collection}${model.split('/').map(encodeURIComponent).join('/')}`);
}

function queryOf(search: string): URLSearchParams {
  return new URLSearchParams(search);
}
