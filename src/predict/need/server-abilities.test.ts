import { describe, expect, test } from 'vitest';
import { knownServers, serverShift } from './server-abilities.ts';

describe('tool servers', () => {
  test('are known by the names of their tools, whatever the harness calls them, each once', () => {
    const names = ['Read', 'notion.update_page', 'mcp__postgres__query', 'mcp__postgres__explain', 'mcp__wiki__find'];
    expect(knownServers(names)).toEqual(['notion', 'postgres']);
    expect(knownServers(names.toReversed())).toEqual(['notion', 'postgres']);
    expect(knownServers(['Read', 'mcp__wiki__find'])).toEqual([]);
  });

  test('suit the models of one vendor better than those of another, and not the same ones everywhere', () => {
    const lead = (server: string): number =>
      serverShift({ vendor: 'xai' }, [server]) - serverShift({ vendor: 'deepseek' }, [server]);
    expect(lead('notion')).toBeLessThan(-0.3);
    expect(lead('playwright')).toBeGreaterThan(0.3);
  });

  test('say nothing of a vendor, or a server, that nobody measured', () => {
    expect(serverShift({ vendor: 'nobody' }, ['notion'])).toBe(0);
    expect(serverShift({ vendor: 'xai' }, [])).toBe(0);
    expect(serverShift({ vendor: 'xai' }, ['wiki'])).toBe(0);
  });

  test('that are used together count by their mean', () => {
    const of = (...servers: readonly string[]): number => serverShift({ vendor: 'xai' }, servers);
    expect(of('notion', 'playwright')).toBeCloseTo((of('notion') + of('playwright')) / 2);
  });
});
