import { nearest } from '../../domain/nearest.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';

/** A path as documentation writes it, and how it is asked for. */
export interface DocumentedPath {
  readonly method: string;
  readonly path: string;
}

const OWN: readonly DocumentedPath[] = [
  '/v1/models',
  '/v1/models/{model}',
  '/healthz',
  '/metrics',
  '/pointsman/tail',
  '/pointsman/api/summaries/{session}',
].map((path) => ({ method: 'GET', path }));

const CALLS: readonly DocumentedPath[] = Object.values(WIRE_FORMATS).flatMap(({ callPaths }) =>
  callPaths.map((path) => ({ method: 'POST' as const, path })),
);

/** That nothing is at a path, and what near it is. */
export function nothingAt(method: string, pathname: string, others: readonly DocumentedPath[]): string {
  const known = [...CALLS, ...OWN, ...others];
  const near = nearest(
    pathname,
    known.map(({ path }) => path),
  );
  const named = known.filter(({ path }) => near.includes(path));
  const hint =
    named.length === 0
      ? `Model calls go to ${CALLS.map(({ path }) => path).join(', ')}; GET /v1/models lists the models.`
      : `Near it: ${named.map(({ method: by, path }) => `${by} ${path}`).join(', ')}.`;
  return `Nothing is at ${method} ${pathname.slice(0, 200)}. ${hint}`;
}
