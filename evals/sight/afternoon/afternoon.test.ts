import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decide } from '../../../src/router/decide.ts';
import { explainDecision } from '../../../src/router/explain/explain.ts';
import { aDecideInput, aForecastStep } from '../../../src/testing/decision-builders.ts';
import { ROOT } from '../../../src/testing/internal/newcomer/copy-of-tree.ts';
import { aModel } from '../../../src/testing/model-builders.ts';
import { DEFECTS } from './defects.ts';

const home = mkdtempSync(path.join(os.tmpdir(), 'pointsman-afternoon-'));
let vendor: Server;
let arrived = 0;
beforeAll(async () => {
  vendor = createServer((_request, response) => {
    arrived += 1;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => vendor.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => vendor.close(resolve));
  rmSync(home, { recursive: true, force: true });
});

/** One command of the sources, as a newcomer types it in an empty folder. */
async function pointsman(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const url = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [path.join(ROOT, 'src/cli/main.ts'), ...args], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      NO_COLOR: '1',
      ANTHROPIC_API_KEY: 'sk-ant-oat01-of-nobody',
      POINTSMAN_ANTHROPIC_BASE_URL: url,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

describe('what a newcomer once met', () => {
  test('are twenty-two defects, each held by tests that are there', () => {
    expect(DEFECTS.map(({ number }) => number)).toEqual(Array.from({ length: 22 }, (_, index) => index + 1));
    const missing = DEFECTS.flatMap(({ number, heldBy }) =>
      heldBy.flatMap(([file, ...names]) => {
        const text = readFileSync(path.join(ROOT, file), 'utf8');
        const tests = text.matchAll(
          /\b(?:test|describe)[\w.]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\(\s*(['"`])(.*?)\1,/gu,
        );
        // The names of tables stand behind their rows.
        const named = [...tests]
          .map(([, , name = '']) => name)
          .concat(text.match(/(?<=\]\)\(\s*['"`]).*(?=['"`],)/gu) ?? []);
        const isThere = (name: string): boolean => named.some((one) => one.startsWith(name));
        return (names.length === 0 ? ['a name'] : names)
          .filter((name) => !isThere(name))
          .map((name) => `${number}: ${file}: ${name}`);
      }),
    );
    expect(missing).toEqual([]);
  });

  test.each(['run x', 'plan x --ask', 'serve --port 0', 'doctor'])(
    'a subscription token leaves by no command: %s',
    async (line) => {
      arrived = 0;
      const { code, said } = await pointsman(...line.split(' '));
      expect(said.replaceAll(/\s+/gu, ' ')).toContain('has a subscription token (from env ANTHROPIC_API_KEY)');
      expect(code).not.toBe(0);
      expect(arrived).toBe(0);
    },
  );

  test('what a failure is taken to cost is called no cost', () => {
    const input = aDecideInput({ models: [aModel()], forecast: [aForecastStep('code', { probabilityRatio: 1 })] });
    const text = explainDecision(decide(input), input);
    expect(text).toMatch(/Bill and likely failures of the steps that may follow come to \$/u);
    expect(text).not.toMatch(/expected to cost/u);
  });
});
