import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const howTo = path.join('docs', 'how-to');
const PAGES = [
  'README.md',
  path.join('evals', 'README.md'),
  ...readdirSync(path.join(root, howTo)).map((file) => path.join(howTo, file)),
];

interface Accepted {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly unit: string;
}

const baselines = path.join(root, 'evals', 'baselines');
const accepted: ReadonlyMap<string, Accepted> = new Map(
  readdirSync(baselines)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) =>
      Object.entries(
        JSON.parse(readFileSync(path.join(baselines, file), 'utf8')) as Readonly<Record<string, Accepted>>,
      ),
    ),
);

/** A share as prose writes it: 4.9 %, −0.7 %, 10 per cent, 2.7 points. */
const SHARE = /(?<![\w.])(?<number>[-−]?\d*\.?\d+) ?(?:%|per cent\b|points\b)/gu;
/** What somebody has chosen and nobody has measured: how sure an interval is, and what a setting allows. */
const CHOSEN = /95 % (?:interval|confidence)|within 10 %|bound of 25 %/gu;

/** A paragraph, or a row of a table, that gives shares, and the accepted figures that it names. */
interface Claim {
  readonly page: string;
  readonly text: string;
  readonly shares: readonly string[];
  readonly names: readonly string[];
}

function claimsIn(page: string, text: string): readonly Claim[] {
  const prose = text.replaceAll(/^```.*?^```$/gmsu, '');
  return prose.split(/\n\n+|\n(?=\|)/u).flatMap((part) => {
    const words = part
      .replaceAll(/`[^`]*`/gu, '…')
      .replaceAll(/\s+/gu, ' ')
      .replaceAll(CHOSEN, '');
    const shares = [...words.matchAll(SHARE)].map(({ groups }) => groups?.['number']?.replace('−', '-') ?? '');
    const names = [...part.matchAll(/`(?<name>[^`\s]+)`/gu)].map(({ groups }) => groups?.['name'] ?? '');
    return shares.length === 0 ? [] : [{ page, text: part, shares, names: names.filter((name) => accepted.has(name)) }];
  });
}

/** The shares of a claim that are neither the value nor an end of the interval of a figure which it names. */
function unheld({ shares, names }: Claim): readonly string[] {
  const held = names.flatMap((name) => {
    const { value, low, high, unit } = accepted.get(name) ?? { value: Number.NaN, unit: '' };
    const scale = unit === 'ratio' ? 100 : 1;
    return [value, low, high].flatMap((one) => (one === undefined ? [] : [one * scale]));
  });
  return shares.filter((said) => {
    const decimals = said.split('.')[1]?.length ?? 0;
    return !held.some((one) => Number(one.toFixed(decimals)) + 0 === Number(said) + 0);
  });
}

const claims = PAGES.flatMap((page) => claimsIn(page, readFileSync(path.join(root, page), 'utf8')));

describe('pages give shares by the name of an accepted figure', () => {
  test('there are claims to look at', () => {
    expect(claims.length).toBeGreaterThan(20);
  });

  test.each(claims)('$page: $text', (claim) => {
    expect(unheld(claim), `no figure that is named beside it holds this, in ${claim.page}`).toEqual([]);
  });

  test('a share without a figure, and one that has moved, are found', () => {
    const name = '`learning.promoted_better.pct`';
    expect(claimsIn('x', 'It saves 12 % of the bill.').flatMap(unheld)).toEqual(['12']);
    expect(claimsIn('x', `94.4 % are promoted (${name}).`).flatMap(unheld)).toEqual(['94.4']);
    expect(claimsIn('x', `94.5 % are promoted (${name}), with 95 % confidence.`).flatMap(unheld)).toEqual([]);
  });

  const ties = [...PAGES, path.join('docs', 'honest.md')].flatMap((page) =>
    readFileSync(path.join(root, page), 'utf8')
      .split('\n')
      .flatMap((row) => {
        const name = /`(?<name>quality\.[\w.-]+\.vs_envelope\.pct)`/u.exec(row)?.groups?.['name'];
        return name !== undefined && row.startsWith('|') ? [{ page, name, isSaid: row.includes('**a tie**') }] : [];
      }),
  );

  test.each(ties)('$page: $name is called a tie where its interval holds zero, and only there', ({ name, isSaid }) => {
    const { low = Number.NaN, high = Number.NaN } = accepted.get(name) ?? {};
    expect(isSaid).toBe(low <= 0 && high >= 0);
  });
});
