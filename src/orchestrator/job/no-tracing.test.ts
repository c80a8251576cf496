import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { RunnableLambda } from '@langchain/core/runnables';
import { expect, test, vi } from 'vitest';
import { fine, openTestBed } from '../../testing/internal/test-bed.ts';

test("a job tells no tracing service of itself, even where the environment asks LangChain's calls to be traced", async () => {
  const posted: string[] = [];
  const service = createServer((request, response) => {
    posted.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  for (const prefix of ['LANGSMITH', 'LANGCHAIN']) {
    vi.stubEnv(`${prefix}_TRACING_V2`, 'true');
    vi.stubEnv(`${prefix}_ENDPOINT`, url);
    vi.stubEnv(`${prefix}_API_KEY`, 'no-real-key-0001');
  }
  const testBed = await openTestBed({ words: (asked) => fine(asked) });
  try {
    const report = await testBed.pointsman.runJob({ task: 'Do one thing.', workspace: testBed.workspace });
    expect(report.status).toBe('done');
    // The service is there, and anything else that LangChain runs here would reach it.
    const reported = posted.length;
    await RunnableLambda.from(() => 'x').invoke('y');
    for (let tries = 0; tries < 100 && posted.length === reported; tries += 1) await setTimeout(50);
    expect(posted.slice(0, reported)).toEqual([]);
    expect(posted).not.toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    await testBed.close();
    service.closeAllConnections();
    service.close();
  }
});
