import { createHash } from 'node:crypto';

const NAME_SHAPE = /^[A-Za-z0-9_-]{1,64}$/u;

/** A namespaced tool as one function name that every vendor takes; the same pair always gives the same name. */
export function joinToolName(namespace: string, name: string): string {
  const joined = `${namespace}__${name}`;
  if (NAME_SHAPE.test(joined)) return joined;
  const safe = joined.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, 50);
  return `${safe}_${digest(joined, 12)}`;
}

function digest(text: string, chars: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, chars);
}
