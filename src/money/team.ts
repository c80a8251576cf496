import { PointsmanError } from '../domain/errors.ts';
import { accountOf, type BudgetLimits, type Charge } from './ledger.ts';

/** A place in an organisation: `organisation`, `organisation/team` or `organisation/team/project`. */
export type TeamPath = string;

/** What may be spent at each place; one that is not named has no limit of its own. */
export type TeamLimits = ReadonlyMap<TeamPath, BudgetLimits>;

const MOST_LEVELS = 3;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,59}$/u;

export function isTeamPath(text: string): boolean {
  const names = text.split('/');
  return names.length <= MOST_LEVELS && names.every((name) => NAME.test(name));
}

/** @throws PointsmanError `request-invalid` */
export function parseTeam(text: string): TeamPath {
  if (isTeamPath(text)) return text;
  throw new PointsmanError('request-invalid', `"${text}" is no team.`, {
    hint: 'It is ORGANISATION, ORGANISATION/TEAM or ORGANISATION/TEAM/PROJECT, of letters, digits, dots, dashes and underscores.',
  });
}

/** A place and those above it, the highest first. */
export function levelsOf(team: TeamPath): readonly TeamPath[] {
  const names = team.split('/');
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Who else pays for what is charged to a place: all of them are reserved at once, or none is. */
export function teamCharges(team: TeamPath | undefined, limits: TeamLimits): readonly Charge[] {
  const places = team === undefined ? [] : levelsOf(team);
  return places.map((place) => ({ account: accountOf('team', place), limits: limits.get(place) ?? {} }));
}
