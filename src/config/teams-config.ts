import { nanoFromUsd, type NanoUsd } from '../domain/money.ts';
import type { TeamFile } from './config-file.ts';
import type { Config } from './config.ts';

export function resolveTeams(teams: Readonly<Record<string, TeamFile>> | undefined): Pick<Config, 'teams'> {
  if (teams === undefined) return {};
  const amount = (usd: number | undefined): NanoUsd | undefined => (usd === undefined ? undefined : nanoFromUsd(usd));
  const limits = Object.entries(teams).map(
    ([team, { budgetUsd, dayUsd, weekUsd, monthUsd }]) =>
      [
        team,
        { day: amount(dayUsd), week: amount(weekUsd), month: amount(monthUsd), total: amount(budgetUsd) },
      ] as const,
  );
  return { teams: new Map(limits) };
}
