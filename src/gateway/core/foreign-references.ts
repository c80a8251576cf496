import { PointsmanError } from '../../domain/errors.ts';
import { isFields, type Fields } from '../../wires/shared/fields.ts';
import { memoryOwner, type Principal } from './call-context.ts';
import type { GatewayCore } from './gateway-core.ts';

/** Fields of model calls that name what a vendor keeps. OpenAI, Anthropic and Gemini API references, read 2026-11. */
const NAMING: ReadonlySet<string> = new Set(
  'file_id file_ids file_uri fileUri uri cachedContent cached_content vector_store_ids conversation container'.split(
    ' ',
  ),
);

/**
 * Callers share a vendor's account: what was made for one of them is for no other to read through a model.
 * @throws PointsmanError `not-found`
 */
export function refuseForeignReferences(core: Pick<GatewayCore, 'keptIds'>, principal: Principal, body: Fields): void {
  if (principal.key === undefined || core.keptIds.isEmpty) return;
  const owner = memoryOwner(principal);
  const foreign = [...new Set(namedInBody(body))].find((id) => core.keptIds.isForeign(owner, id));
  if (foreign !== undefined) {
    throw new PointsmanError('not-found', `Nothing called "${foreign.slice(0, 100)}" is kept for this caller.`);
  }
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
  return Object.entries(value).flatMap(([name, inner]) =>
    NAMING.has(name) ? [...textsIn(inner), ...namedIn(inner)] : namedIn(inner),
  );
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
