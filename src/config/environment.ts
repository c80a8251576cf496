import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { LOG_LEVELS, isLogLevel, type LogLevel } from '../domain/log.ts';

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

/**
 * Reads `POINTSMAN_LOG`.
 * @throws PointsmanError `config-invalid`
 */
export function logLevelOf(env: Environment): LogLevel | undefined {
  const text = variableOf(env, 'POINTSMAN_LOG');
  if (text === undefined || isLogLevel(text)) return text;
  throw new PointsmanError('config-invalid', 'The variable POINTSMAN_LOG is not a log level.', {
    hint: `Set it to ${LOG_LEVELS.join(', ')}, or unset it.`,
    details: { variable: 'POINTSMAN_LOG' },
  });
}

const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE)$/u;

/** The values of variables whose names say that they are secret, as `GEMINI_API_KEY`. */
export function secretsInEnvironment(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (value !== undefined && SECRET_NAME.test(name) ? [value] : []));
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
    hint: `Set ${name} to ${what}, or unset it.`,
    details: { variable: name },
  });
}
