import { PointsmanError } from '../../domain/errors.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';

/**
 * Holds a tool's policy to the ids of those that are loaded: a file would be one that the model may have written, or one that is not its to read.
 * @throws PointsmanError `not-found` with the ids that there are
 */
export function requirePolicyId(
  pointsman: Pick<Pointsman, 'policies'>,
  policy: string | undefined,
  tool: string,
): void {
  if (policy === undefined || pointsman.policies.some(({ id }) => id === policy)) return;
  throw new PointsmanError('not-found', `${tool} takes a policy by its id.`, {
    hint: `Known: ${pointsman.policies.map(({ id }) => id).join(', ')}.`,
  });
}

/** Rules of rivals have names as policies do; what names a file has a path or its ending. */
const NAMES_FILE = /[/\\]|\.ya?ml$/u;

/**
 * The same for a list that may name rivals' rules as well, which are known elsewhere.
 * @throws PointsmanError `not-found`
 */
export function refusePolicyFiles(names: readonly string[], tool: string): void {
  if (!names.some((name) => NAMES_FILE.test(name))) return;
  throw new PointsmanError('not-found', `${tool} takes policies by their ids.`, {
    hint: 'The command `pointsman replay --policy FILE` takes files.',
  });
}
