import { describe, expect, test } from 'vitest';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { isOwnPlace, traceHeaders } from './trace-headers.ts';

const CALLER = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const at = (baseUrl: string): ConfiguredEndpoint => ({ id: 'x', baseUrl }) as unknown as ConfiguredEndpoint;

describe('the context of a trace', () => {
  test.each([
    ['http://127.0.0.1:8000/v1', true],
    ['http://localhost:11434/v1', true],
    ['http://[::1]:8000', true],
    ['http://10.4.2.1', true],
    ['http://172.16.0.9', true],
    ['http://172.32.0.9', false],
    ['http://192.168.1.4:8080', true],
    ['http://[fd12:3456::1]/v1', true],
    ['http://[2001:db8::1]/v1', false],
    ['http://vllm:8000/v1', true],
    ['https://models.corp.internal/v1', true],
    ['https://gpu.lan/v1', true],
    ['https://api.anthropic.com', false],
    ['https://api.openai.com/v1', false],
    ['https://10.example.com', false],
    ['https://localhost.example.com', false],
    ['https://8.8.8.8/v1', false],
    ['no address', false],
  ])('%s is its user’s own: %s', (url, isOwn) => {
    expect(isOwnPlace(url)).toBe(isOwn);
  });

  test('goes to no vendor', () => {
    expect(
      traceHeaders({ traceparent: CALLER, tracestate: 'acme=1' }, at('https://api.openai.com/v1'), undefined),
    ).toEqual({});
  });

  test('passes as the caller sent it while nothing of ours is traced', () => {
    const headers = { traceparent: CALLER, tracestate: 'acme=1' };
    expect(traceHeaders(headers, at('http://127.0.0.1:8000/v1'), undefined)).toEqual(headers);
  });

  test('names our own span where there is one, beside what the caller stated', () => {
    const ours = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '1111111111111111', isSampled: false };
    expect(traceHeaders({ traceparent: CALLER, tracestate: 'acme=1' }, at('http://vllm:8000'), ours)).toEqual({
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-00',
      tracestate: 'acme=1',
    });
    // A state without a parent belongs to nothing.
    expect(traceHeaders({ traceparent: 'x', tracestate: 'acme=1' }, at('http://vllm:8000'), ours)).toEqual({
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-00',
    });
  });
});
