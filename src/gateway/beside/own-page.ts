import { PointsmanError } from '../../domain/errors.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { memoryOwner } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { SideTarget } from './find-endpoint.ts';
import type { SideCall } from './side-call.ts';
import type { SideRoute } from './side-routes.ts';

/** What an answer speaks of: one thing that the vendor keeps, or a page of a list of them. */
export interface ListPage {
  readonly said: Fields;
  /** The query that it answers, with its `?`. */
  readonly search: string;
  readonly rows: readonly Fields[];
  /** Those that the caller may see. */
  readonly seen: readonly Fields[];
}

type Turn = (search: string) => Promise<ListPage>;

/** Of a list that others fill, before its caller has to ask for larger ones. */
const MAX_PAGES = 100;
/** Under what field a page names the one behind it, and how that is asked for. Google's and Anthropic's API references, read 2026-11. */
const TOKENS = [
  ['nextPageToken', 'pageToken'],
  ['next_page', 'page'],
] as const;

/** Who shares a vendor's account with others sees its own rows alone. */
export function readPage(
  core: GatewayCore,
  { match, principal, search }: SideCall,
  { endpoint }: SideTarget,
  said: Fields,
): ListPage {
  const { lists } = match.route;
  const rows = lists === undefined ? [said] : listIn(said[lists]).map(fieldsIn);
  const owner = memoryOwner(principal);
  const isOwn = (row: Fields): boolean => core.keptIds.issuerOf(owner, idOf(row) ?? '') === endpoint.id;
  const isFiltered = lists !== undefined && principal.key !== undefined;
  return { said, search, rows, seen: isFiltered ? rows.filter(isOwn) : rows };
}

/**
 * The first page from `first` on that holds something of the caller's, for clients take an empty page for the last; where there is
 * none, an empty one that says so. A token stands only where something is behind it: Google's SDK (3.3) expects that.
 * @throws PointsmanError `request-invalid` past `MAX_PAGES`
 */
export async function ownPage(first: ListPage, route: SideRoute, turn: Turn): Promise<ListPage> {
  const isOthers = first.seen.length === 0 && first.rows.length > 0;
  const page = isOthers ? ((await nextOwn(first, route, turn)) ?? asLast(first)) : first;
  const token = tokenOf(page.said);
  if (token === undefined) return page;
  const next = await nextOwn(page, route, turn);
  if (next === undefined) return asLast(page);
  return { ...page, said: { ...page.said, [token.field]: new URLSearchParams(next.search).get(token.query) } };
}

async function nextOwn(from: ListPage, route: SideRoute, turn: Turn): Promise<ListPage | undefined> {
  let page = from;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const search = followingSearch(page, route);
    if (search === undefined) return undefined;
    page = await turn(search);
    if (page.seen.length > 0) return page;
  }
  throw new PointsmanError('request-invalid', `Nothing on ${MAX_PAGES} pages of this list is this caller’s.`, {
    hint: 'Ask for larger pages.',
  });
}

/** Nothing of the caller's is behind it, in whichever way the vendor says that. */
function asLast(page: ListPage): ListPage {
  const { nextPageToken: _none, ...said } = page.said;
  const ends = { has_more: false, next_page: null };
  const shown = Object.fromEntries(Object.entries(ends).filter(([name]) => name in said));
  return { ...page, said: { ...said, ...shown } };
}

/** The cursors of a page, as they are for the rows that are left of it. */
export function pageEnds({ said, rows, seen }: ListPage): Fields {
  if (seen.length === rows.length) return {};
  const ends = { first_id: idOf(seen[0]) ?? null, last_id: idOf(seen.at(-1)) ?? null };
  return Object.fromEntries(Object.entries(ends).filter(([name]) => name in said));
}

/** The query of the page behind this one; `undefined`: it is the last. */
function followingSearch({ said, search, rows }: ListPage, { cursorSuffix = '' }: SideRoute): string | undefined {
  const query = new URLSearchParams(search);
  const token = tokenOf(said);
  if (token !== undefined) query.set(token.query, token.value);
  else {
    const isBackward = query.has(`before${cursorSuffix}`);
    const cursor = idOf(isBackward ? rows[0] : rows.at(-1));
    if (said['has_more'] !== true || cursor === undefined) return undefined;
    query.set(`${isBackward ? 'before' : 'after'}${cursorSuffix}`, cursor);
  }
  return `?${query.toString()}`;
}

interface PageToken {
  readonly field: string;
  readonly query: string;
  readonly value: string;
}

function tokenOf(said: Fields): PageToken | undefined {
  return TOKENS.flatMap(([field, query]) => {
    const value = textIn(said[field]) ?? '';
    return value === '' ? [] : [{ field, query, value }];
  })[0];
}

function idOf(row: Fields | undefined): string | undefined {
  return textIn(row?.['id']) ?? textIn(row?.['name']);
}
