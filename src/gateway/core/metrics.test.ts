import { describe, expect, test } from 'vitest';
import { createScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE } from '../../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd, openGatewayKit } from '../../testing/internal/gateway-test.ts';
import { createMetrics } from './metrics.ts';

describe('figures of calls', () => {
  test('are told apart by model, endpoint, access key and harness; no token, no made-up client', async () => {
    const server = closeAtEnd(await createScriptedServer({ models: [CLAUDE, CHAT], script: () => ({ text: 'fine' }) }));
    const { key, token } = anAccessKey({ name: 'team "a"' });
    const other = anAccessKey({ name: 'team b' });
    const kit = await openGatewayKit({
      upstreamUrl: server.url,
      models: [CLAUDE, CHAT],
      deps: { accessKeys: [key, other.key], metricsToken: 'for-prometheus' },
    });
    const ask = async (model: string, agent: string): Promise<void> => {
      const body = { model, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
      const answer = await kit.post('/v1/messages', body, { authorization: `Bearer ${token}`, 'user-agent': agent });
      expect(answer.status).toBe(200);
      await answer.text();
    };
    await ask(CLAUDE.id, 'claude-cli/2.1.332 (external, cli)');
    await ask(CLAUDE.id, 'claude-cli/2.1.333 (external, cli)');
    await ask(CHAT.id, 'my-own-client-7/1');
    const metricsOf = async (shown: string): Promise<string> => {
      const answer = await fetch(`${kit.url}/metrics`, { headers: { authorization: `Bearer ${shown}` } });
      return answer.status === 200 ? answer.text() : String(answer.status);
    };
    const metrics = await metricsOf('for-prometheus');
    const claude = 'model="claude-opus-test",endpoint="anthropic",key="team _a_",harness="claude-code"';
    const chat = 'model="chat-test",endpoint="chat",key="team _a_",harness="other"';
    expect(metrics).toContain(`pointsman_calls_total{wire="anthropic-messages",status="200",${claude}} 2`);
    expect(metrics).toContain(`pointsman_calls_total{wire="anthropic-messages",status="200",${chat}} 1`);
    expect(metrics).toMatch(new RegExp(`^pointsman_billed_nano_usd_total\\{${claude}\\} [1-9]`, 'mu'));
    expect(metrics).toMatch(new RegExp(`^pointsman_tokens_total\\{bucket="output",${chat}\\} [1-9]`, 'mu'));
    expect(metrics).not.toContain(token);
    expect(metrics).not.toContain('my-own-client');

    // Who has a key sees what came with it, and nothing of others in any sum; the token opens nothing else.
    expect(await metricsOf(token)).toContain(claude);
    const seen = (await metricsOf(other.token)).split('\n').filter((line) => /^[a-z]/u.test(line));
    expect(seen.filter((line) => !line.startsWith('pointsman_circuit_state'))).toEqual([]);
    // Counted under one name, two keys cannot be told apart.
    kit.gateway.reload({ accessKeys: [key, anAccessKey({ name: 'team "a"' }).key, other.key] });
    expect(await metricsOf(token)).not.toContain(claude);
    expect(await metricsOf('for-somebody')).toBe('401');
    const models = await fetch(`${kit.url}/v1/models`, { headers: { authorization: 'Bearer for-prometheus' } });
    expect(models.status).toBe(401);
  });

  test('have no more series than 2,000, however many models are named; nothing is lost from the sum', () => {
    const metrics = createMetrics();
    for (let index = 0; index < 5000; index++)
      metrics.count('pointsman_calls_total', {
        wire: 'w',
        status: index % 2 === 0 ? '200' : '404',
        model: `m${index}`,
      });
    const lines = metrics
      .render([])
      .split('\n')
      .filter((line) => line.startsWith('pointsman_calls_total{'));
    // Two more of what others share by status.
    expect(lines).toHaveLength(2002);
    expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(5000);
    expect(lines).toContain('pointsman_calls_total{wire="w",status="200",model="other"} 1500');
  });
});
