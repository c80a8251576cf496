import { literalPattern } from '../../trust/literal-pattern.ts';
import type { JobRequest } from '../model/job-request.ts';

interface Move {
  readonly from: string;
  readonly to: string;
}

/** What is asked for, where the job works: a task that names its user's folder means the copy. Pure. */
export function requestInCopy(request: JobRequest, workspace: string): JobRequest {
  const move = { from: request.workspace, to: workspace };
  return { ...request, workspace, task: namedFor(request.task, move) };
}

/** The same with the folder named otherwise, wherever it stands in a text. Pure. */
export function namedFor<Value>(value: Value, { from, to }: Move): Value {
  if (from === to) return value;
  const pattern = new RegExp(`(?<![\\w./-])${literalPattern(from)}(?![\\w-]|\\.\\w)`, 'gu');
  const named = (inner: unknown): unknown => {
    if (typeof inner === 'string') return inner.includes(from) ? inner.replace(pattern, () => to) : inner;
    if (Array.isArray(inner)) return inner.map(named);
    if (typeof inner !== 'object' || inner === null || Object.getPrototypeOf(inner) !== Object.prototype) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, named(one)]));
  };
  return named(value) as Value;
}
