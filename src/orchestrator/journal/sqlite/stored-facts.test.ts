import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { asId, type DecisionId, type JobId } from '../../../domain/ids.ts';
import type { JsonValue } from '../../../domain/json.ts';
import { aDecideInput } from '../../../testing/decision-builders.ts';
import { aDecision, aStepRecord } from '../../../testing/record-builders.ts';
import { openStoredFacts } from './stored-facts.ts';

const job = asId<JobId>('job-1');
const { models, policy } = aDecideInput();

function aRoute(name: string): JsonValue {
  const decisionId = asId<DecisionId>(name);
  const input = aDecideInput({ decisionId, models, policy });
  const record = aStepRecord({ input, decision: aDecision({ decisionId }) });
  return JSON.parse(JSON.stringify(record)) as JsonValue;
}

function bodies(database: DatabaseSync, table: 'fact' | 'part'): readonly string[] {
  const column = table === 'fact' ? 'value' : 'body';
  return database
    .prepare(`SELECT ${column} AS text FROM ${table}`)
    .all()
    .map((row) => String(row['text']));
}

describe('the facts of a journal', () => {
  test('hold what decisions share once, and read as they were, also in a process that did not write them', () => {
    const database = new DatabaseSync(':memory:');
    const facts = openStoredFacts(database);
    const routes = ['route/a/0', 'route/b/0', 'route/c/0'].map((key) => [key, aRoute(key)] as const);
    for (const [key, route] of routes) expect(facts.add(job, key, route)).toBe(true);
    for (const body of bodies(database, 'fact')) expect(body).not.toContain(JSON.stringify(models));
    expect(bodies(database, 'part').filter((body) => body === JSON.stringify(models))).toHaveLength(1);

    const again = openStoredFacts(database);
    for (const [key, route] of routes) expect(JSON.stringify(again.read(job, key))).toBe(JSON.stringify(route));
    expect(again.add(job, 'route/a/0', aRoute('other'))).toBe(false);
    expect(again.add(job, 'route/d/0', aRoute('route/d/0'))).toBe(true);
    expect(bodies(database, 'part').filter((body) => body === JSON.stringify(models))).toHaveLength(1);
    expect(again.read(job, 'route/a/0')).toEqual(routes[0]?.[1]);
  });

  test('that a journal of before stored whole are read as they are', () => {
    const database = new DatabaseSync(':memory:');
    database.exec(
      'CREATE TABLE fact (job_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job_id, key)) STRICT',
    );
    const route = aRoute('route/a/0');
    const old = database.prepare('INSERT INTO fact VALUES (?, ?, ?)');
    old.run(job, 'route/a/0', JSON.stringify(route));
    old.run(job, 'route/b/0', 'null');
    const facts = openStoredFacts(database);
    expect(facts.read(job, 'route/a/0')).toEqual(route);
    expect(facts.read(job, 'route/b/0')).toBeNull();
    expect(facts.names(job, 'route/')).toEqual(['route/a/0', 'route/b/0']);
  });

  test('are never read without their parts', () => {
    const database = new DatabaseSync(':memory:');
    const facts = openStoredFacts(database);
    facts.add(job, 'route/a/0', aRoute('route/a/0'));
    database.exec('DELETE FROM part');
    expect(() => facts.read(job, 'route/a/0')).toThrow(expect.objectContaining({ code: 'record-unreadable' }) as Error);
  });

  test('that cannot be added leave no part behind, and are added with all of them later', () => {
    const database = new DatabaseSync(':memory:');
    const facts = openStoredFacts(database);
    database.exec("CREATE TRIGGER full BEFORE INSERT ON fact BEGIN SELECT RAISE(ABORT, 'full'); END");
    expect(() => facts.add(job, 'route/a/0', aRoute('route/a/0'))).toThrow(/full/u);
    expect(bodies(database, 'part')).toEqual([]);
    database.exec('DROP TRIGGER full');
    expect(facts.add(job, 'route/a/0', aRoute('route/a/0'))).toBe(true);
    expect(facts.read(job, 'route/a/0')).toEqual(aRoute('route/a/0'));
  });
});
