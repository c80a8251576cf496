import { withoutCallerKeys } from '../core/caller-credential.ts';

/** What a request asks for, in the one spelling that everything behind the door knows. */
export interface RequestTarget {
  readonly pathname: string;
  /** With its `?`, and without what the caller brought to open the door; empty where there is none. */
  readonly search: string;
}

/** `http://host/path`, as some clients write to what they take for a proxy. */
const ABSOLUTE = /^https?:\/\/[^/?#]*/iu;
/** A query that was encoded as part of the path. */
const QUERY = /\?|%3f/iu;
/** A version that the base URL had already: the one that the client itself adds counts. */
const REPEATED_VERSION = /^(?:\/v1(?:beta1?|alpha)?)+(?=\/v1(?:beta1?|alpha)?(?:\/|$))/u;

/**
 * Reads a request's target as tolerantly as servers do: double and trailing slashes, a base URL that ends in a version before a
 * path that begins with one, a whole address, a query whose mark was encoded.
 */
export function readTarget(target: string): RequestTarget {
  const local = target.replace(ABSOLUTE, '');
  const at = local.search(QUERY);
  const path = at < 0 ? local : local.slice(0, at);
  const query = at < 0 ? '' : local.slice(local[at] === '?' ? at + 1 : at + 3);
  return { pathname: plainPath(path), search: query === '' ? '' : withoutCallerKeys(`?${query}`) };
}

function plainPath(path: string): string {
  const single = `/${path}`.replaceAll(/\/{2,}/gu, '/').replace(REPEATED_VERSION, '');
  return single.length > 1 ? single.replace(/\/$/u, '') : single;
}
