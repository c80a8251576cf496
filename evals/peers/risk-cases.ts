import { nonEmptyLines, readRowsText } from '../../src/learn/training/outcome-row.ts';

/** A prompt that a peer's test says does or does not hold personal data. */
export interface RiskCase {
  readonly prompt: string;
  readonly holdsPersonalData: boolean;
  /** The first kind of data that the case names. */
  readonly type: string;
}

interface Row {
  readonly source: string;
  readonly prompt: string;
  readonly labels: {
    readonly expect_pii_block?: boolean;
    readonly pii_types?: readonly string[];
    readonly signal_name?: string;
    readonly expected_match?: boolean;
    readonly category?: string;
  };
}

/**
 * The cases whose label is about the words themselves and on which nothing here was trained: prompts of the plugin chain, and
 * those of the personal-data signal that are not talk about personal data.
 */
export function loadRiskCases(file: string): readonly RiskCase[] {
  return nonEmptyLines(readRowsText(file)).flatMap(([line]): readonly RiskCase[] => {
    const { source, prompt, labels } = JSON.parse(line) as Row;
    if (source.endsWith('plugin_chain_cases.json') && labels.expect_pii_block !== undefined) {
      return [{ prompt, holdsPersonalData: labels.expect_pii_block, type: labels.pii_types?.[0] ?? 'none' }];
    }
    if (!source.endsWith('embedding_signal_cases.json') || labels.signal_name !== 'pii_detected') return [];
    if (labels.expected_match === true && !/\d/u.test(prompt)) return [];
    return [{ prompt, holdsPersonalData: labels.expected_match === true, type: labels.category ?? 'other' }];
  });
}
