import { PointsmanError } from '../../domain/errors.ts';
import { isFields, type Fields } from '../../wires/shared/fields.ts';
import { memoryOwner, type Principal } from './call-context.ts';
import type { GatewayCore } from './gateway-core.ts';

/** Fields of model calls that name what a vendor keeps. OpenAI, Anthropic and Gemini API references, read 2026-11. */
const NAMING: ReadonlySet<string> = new Set(
  (
    'file_id file_ids file_uri fileUri file_name fileName uri cachedContent cached_content vector_store_ids ' +
    'conversation container container_id previous_response_id'
  ).split(' '),
);

/**
 * Items of Responses calls that stand for what the vendor keeps under their id, each with the field that would hold the content
 * itself. OpenAI, "Create a model response" and "Image generation", read 2026-11.
 */
const REFERENCES: ReadonlyMap<unknown, string | undefined> = new Map([
  ['item_reference', undefined],
  ['reasoning', 'encrypted_content'],
  ['image_generation_call', 'result'],
]);

/**
 * Callers share a vendor's account: what was made for one of them is for no other to read through a model.
 * @throws PointsmanError `not-found`
 */
export function refuseForeignReferences(core: Keepers, principal: Principal, body: Fields): void {
  if (principal.key === undefined || (core.keptIds.isEmpty && core.responseIds.isEmpty)) return;
  const owner = memoryOwner(principal);
  for (const id of new Set(namedInBody(body))) {
    if (core.responseIds.isForeign(owner, id)) throw previousNotFound(id);
    if (core.keptIds.isForeign(owner, id)) {
      throw new PointsmanError('not-found', `Nothing called "${id.slice(0, 100)}" is kept for this caller.`);
    }
  }
}

type Keepers = Pick<GatewayCore, 'keptIds' | 'responseIds'>;

/** Somebody else's, in the words that the vendor has for one that is not there. */
export function previousNotFound(id: string): PointsmanError {
  return new PointsmanError('not-found', `Previous response with id "${id.slice(0, 100)}" not found.`);
}

/** The id of a translated answer, which is ours: no vendor keeps anything under it. */
export function isIssuedHere(responseId: string): boolean {
  return /^resp_call[\da-z]+$/u.test(responseId);
}

/** It was made for somebody else. */
export function isForeign({ keptIds, responseIds }: Keepers, owner: string, id: string): boolean {
  return keptIds.isForeign(owner, id) || responseIds.isForeign(owner, id);
}

const known = new WeakMap<object, readonly string[]>();

/** What a body names. Items of a transcript come again with each of its calls, the very same objects: they are read once. */
function namedInBody(body: Fields): readonly string[] {
  const ofItem = (item: unknown): readonly string[] => {
    if (item === null || typeof item !== 'object') return [];
    let names = known.get(item);
    if (names === undefined) known.set(item, (names = namedIn(item)));
    return names;
  };
  return Object.entries(body).flatMap(([name, inner]) => [
    ...(NAMING.has(name) ? textsIn(inner) : []),
    ...(Array.isArray(inner) ? inner.flatMap(ofItem) : namedIn(inner)),
  ]);
}

function namedIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(namedIn);
  if (!isFields(value)) return [];
  const named = Object.entries(value).flatMap(([name, inner]) =>
    NAMING.has(name) ? [...textsIn(inner), ...namedIn(inner)] : namedIn(inner),
  );
  return standsForKept(value) ? [...textsIn(value['id']), ...named] : named;
}

function standsForKept(item: Fields): boolean {
  const { type } = item;
  if (!REFERENCES.has(type)) return false;
  const content = REFERENCES.get(type);
  return content === undefined || typeof item[content] !== 'string';
}

/** The name in which an address of Google's ends, without what is asked of it: `…/files/abc:download?alt=media`. */
export function nameAtEnd(address: string): string {
  const [path = ''] = address.split(/[?#]/u);
  return path.split('/').slice(-2).join('/').replace(/:\w+$/u, '');
}

/** Ids as they stand, and the names at the end of addresses. */
function textsIn(value: unknown): readonly string[] {
  const texts = [value].flat().map((one) => (isFields(one) ? one['id'] : one));
  return texts.flatMap((text) => (typeof text === 'string' ? [text, nameAtEnd(text)] : []));
}
