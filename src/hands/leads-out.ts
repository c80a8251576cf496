import { toPointsmanError } from '../domain/errors.ts';
import { confinePath } from '../tools/confine-path.ts';

/** Why a file that a harness writes is not its to write; `undefined`: it is. */
export function leadsOut(workspace: string, file: string): string | undefined {
  try {
    confinePath(workspace, file);
    return undefined;
  } catch (thrown) {
    return `It wrote outside the workspace: ${toPointsmanError(thrown).message}`;
  }
}
