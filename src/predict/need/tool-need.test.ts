import { describe, expect, test } from 'vitest';
import { declaredPart, meanOf, type StepNeed } from '../../domain/need.ts';
import { toolTraits, withTools } from './tool-need.ts';

const NEED: StepNeed = {
  v: 1,
  kind: { ratios: [0, 1, 0, 0, 0, 0, 0], source: 'local-head' },
  size: { ratios: [0, 1, 0, 0], source: 'local-head' },
  difficulty: { ratios: [0.1, 0.3, 0.3, 0.2, 0.1], source: 'local-head' },
  stakes: { ratios: [0.6, 0.3, 0.1], source: 'local-head' },
  origin: 'person',
  grounds: ['words'],
};
const hard = ({ difficulty }: StepNeed): number => meanOf(difficulty, [1, 2, 3, 4, 5]);
const grave = ({ stakes }: StepNeed): number => meanOf(stakes, [1, 3, 10]);

test.each([
  ['mcp__github__create_issue', 'github', 'writes'],
  ['mcp__github__merge_pull_request', 'github', 'final'],
  ['mcp__postgres__query', 'postgres', 'reads'],
  ['mcp__my_files__read_text_file', 'my_files', 'reads'],
  ['notion.updatePage', 'notion', 'writes'],
  ['stripe:createRefund', 'stripe', 'final'],
  ['crm:get_settings', 'crm', 'reads'],
  ['mail__send_message', 'mail', 'final'],
  ['db__drop_table', 'db', 'final'],
  ['github__get_release', 'github', 'reads'],
  ['gitlab__list_merge_requests', 'gitlab', 'reads'],
  ['gitlab__getMergeRequest', 'gitlab', 'reads'],
  ['stripe__retrieve_charge', 'stripe', 'reads'],
  ['jira__get_comment', 'jira', 'reads'],
  ['mail__search_mail', 'mail', 'reads'],
  ['shop__get_or_create_cart', 'shop', 'writes'],
  ['shop__find_and_delete_cart', 'shop', 'final'],
  ['Read', undefined, 'reads'],
  ['Edit', undefined, 'writes'],
  ['apply_patch', undefined, 'writes'],
  ['latest_updates', undefined, 'reads'],
])('%s is a tool of %s that %s', (name, server, effect) => {
  expect(toolTraits(name)).toEqual({ server, effect });
});

describe('a step with required tools', () => {
  test('is read as it was where it needs none, or none that says anything', () => {
    expect(withTools(NEED, [])).toBe(NEED);
    expect(withTools(NEED, ['Read', 'Grep', 'mcp__wiki__search'])).toBe(NEED);
  });

  test('is the graver the less its tools can be taken back, and as grave as the gravest', () => {
    const of = (...names: readonly string[]): number => grave(withTools(NEED, names));
    expect(of('crm__find_contact')).toBe(grave(NEED));
    expect(of('crm__update_contact')).toBeGreaterThan(of('crm__find_contact'));
    expect(of('crm__delete_contact')).toBeGreaterThan(of('crm__update_contact'));
    expect(of('crm__find_contact', 'crm__delete_contact', 'crm__update_contact')).toBe(of('crm__delete_contact'));
  });

  test('is as hard as its servers’ tasks are', () => {
    const of = (...names: readonly string[]): number => hard(withTools(NEED, names));
    expect(of('mcp__postgres__query')).toBeLessThan(hard(NEED));
    expect(of('mcp__playwright__snapshot')).toBeGreaterThan(hard(NEED));
    expect(of('mcp__wiki__search')).toBe(hard(NEED));
    expect(of('mcp__postgres__query', 'mcp__playwright__snapshot')).toBe(of('mcp__playwright__snapshot'));
  });

  test('keeps what somebody declared, sums to one, and says what it stands on', () => {
    const declared = { ...NEED, stakes: declaredPart('stakes', 1) };
    const { stakes, difficulty, grounds } = withTools(declared, ['mcp__github__merge_pull_request']);
    expect(stakes).toBe(declared.stakes);
    expect(difficulty.ratios.reduce((sum, ratio) => sum + ratio, 0)).toBeCloseTo(1, 9);
    expect(grounds).toEqual(['words', 'tools']);
  });
});
