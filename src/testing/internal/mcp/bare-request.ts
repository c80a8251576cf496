/** The newest revision, as it stands in requests. */
export const NEWEST_REVISION = '2026-07-28';
/** What a client says that can follow tasks. */
export const FOLLOWS_TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

type Answered = Readonly<Record<string, unknown>>;

/** One request of the newest revision without a client: a package that knows tasks is not at hand. The whole answer, result or error. */
export async function sendBareRequest(
  { url, token, capabilities }: { readonly url: string; readonly token: string; readonly capabilities: object },
  method: string,
  params: object,
): Promise<Answered> {
  const { name, taskId } = params as { readonly name?: string; readonly taskId?: string };
  const named = taskId ?? name;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': NEWEST_REVISION,
      'mcp-method': method,
      ...(named === undefined ? {} : { 'mcp-name': named }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': NEWEST_REVISION,
          'io.modelcontextprotocol/clientInfo': { name: 'bare', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        },
      },
    }),
  });
  const text = await response.text();
  const line = text.startsWith('{') ? text : (/^data: (.*)$/mu.exec(text)?.[1] ?? '');
  return JSON.parse(line) as Answered;
}
