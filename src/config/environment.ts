import { PointsmanError } from '../domain/errors.ts';

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that the environment may give; they win over the file. */
export interface EnvironmentSettings {
  readonly policy: string | undefined;
  readonly dial: number | undefined;
  readonly budgetUsd: number | undefined;
  readonly store: string | undefined;
}

/**
 * Reads `POINTSMAN_POLICY`, `_DIAL`, `_BUDGET_USD` and `_STORE`. An empty variable counts as not set.
 * @throws PointsmanError `config-invalid` naming the variable
 */
export function parseEnvironment(env: Environment): EnvironmentSettings {
  return {
    policy: variableOf(env, 'POINTSMAN_POLICY'),
    dial: numberOf(env, 'POINTSMAN_DIAL', (value) => value >= 0 && value <= 10, 'a number from 0 to 10'),
    budgetUsd: numberOf(env, 'POINTSMAN_BUDGET_USD', (value) => value > 0 && value <= 1e6, 'an amount above 0'),
    store: variableOf(env, 'POINTSMAN_STORE'),
  };
}

export function variableOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}

function numberOf(env: Environment, name: string, holds: (value: number) => boolean, what: string): number | undefined {
  const text = variableOf(env, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && holds(value)) return value;
  throw new PointsmanError('config-invalid', `The variable ${name} is not ${what}.`, {
    mend: `Set ${name} to ${what}, or unset it.`,
    details: { variable: name },
  });
}
