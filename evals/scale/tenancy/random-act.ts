// One file: everything that can be asked of a gateway, a line each.

import type { Act, Principal, Thing, ThingKind, World } from './tenancy-world.ts';

type Draw = (world: World, who: Principal) => Act;

const JSON_TYPE = { 'content-type': 'application/json' };
const CLAUDE_VERSION = { 'anthropic-version': '2023-06-01' };
const NOTHING: Record<ThingKind, string> = {
  response: 'resp_none',
  file: 'file_none',
  batch: 'msgbatch_none',
  conversation: 'conv_none',
  session: 'none',
  decision: 'dec-none',
};

/** How often each is drawn: calls most, as they make what others may want to see. */
const DRAWS: readonly (readonly [weight: number, draw: Draw])[] = [
  [30, modelCall],
  [8, (world, who) => kept(world, who, 'response')],
  [5, goOn],
  [6, upload],
  [8, (world, who) => kept(world, who, 'file')],
  [4, batch],
  [6, (world, who) => kept(world, who, 'batch')],
  [
    3,
    (world, { name }) =>
      post('conversation', '/v1/conversations', { metadata: { topic: world.mark(name) } }, { makes: 'conversation' }),
  ],
  [4, (world, who) => kept(world, who, 'conversation')],
  [6, list],
  [3, foreignFile],
  [12, pageRead],
  [8, pageThing],
  [
    2,
    (world) =>
      post(
        'switch',
        '/pointsman/api/pass-through',
        { on: false, by: world.one(['page', 'command']) },
        { isOperators: true },
      ),
  ],
  [8, (world) => ({ name: 'metrics', method: 'GET', path: world.one(['/metrics', '/metrics?key=a']) })],
  [
    3,
    (world) => ({ name: 'models', method: 'GET', path: world.one(['/v1/models', '/v1/models/auto', '/healthz', '/']) }),
  ],
  [6, fault],
];
const TOTAL = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

export function randomAct(world: World, who: Principal): Act {
  let left = world.random() * TOTAL;
  for (const [weight, draw] of DRAWS) {
    left -= weight;
    if (left < 0) return draw(world, who);
  }
  return fault(world, who);
}

function post(name: string, path: string, body: object, more: Partial<Act> = {}): Act {
  return {
    name,
    method: 'POST',
    path,
    body: JSON.stringify(body),
    ...more,
    headers: { ...JSON_TYPE, ...more.headers },
  };
}

/** The words of a call, in any form: its caller's own, or such as everybody says. */
function modelCall(world: World, { name }: Principal): Act {
  const isShared = world.random() < 0.3;
  const words = isShared ? `What is ${Math.floor(world.random() * 5)} and one?` : `Say ${world.mark(name)} again`;
  const session = world.one([undefined, 'everybodys', world.mark(name), world.thing('session', name)?.id]);
  const headers = {
    ...(session === undefined ? {} : { 'x-pointsman-session': session }),
    ...(isShared || world.random() < 0.2 ? { 'x-pointsman-cache': 'exact' } : {}),
  };
  const stream = world.random() < 0.3;
  // A name of a family that nobody lists goes to its vendor as it is: names of models are their callers' words, too.
  const claude = world.one(['auto', 'claude-haiku-4-5', 'claude-haiku-4-5', `claude-haiku-${world.mark(name)}`]);
  const gpt = world.one(['auto', 'gpt-6-luna', 'gpt-6-luna', `gpt-6-${world.mark(name)}`]);
  const common = { max_tokens: 64, temperature: 0, stream, messages: [{ role: 'user', content: words }] };
  switch (world.one(['messages', 'chat', 'responses', 'count'] as const)) {
    case 'messages':
      return post(
        'messages',
        '/v1/messages',
        { ...common, model: claude },
        { headers: { ...CLAUDE_VERSION, ...headers } },
      );
    case 'chat':
      return post('chat', '/v1/chat/completions', { ...common, model: gpt }, { headers });
    case 'responses':
      return post('responses', '/v1/responses', { model: gpt, stream, input: words }, { headers, makes: 'response' });
    case 'count':
      return post(
        'count',
        '/v1/messages/count_tokens',
        { model: claude, messages: common.messages },
        { headers: CLAUDE_VERSION },
      );
  }
}

/** A response is gone on from, or a conversation. */
function goOn(world: World, { name }: Principal): Act {
  const kind = world.one(['response', 'conversation'] as const);
  const { id, wants } = wanted(world, name, kind);
  const by = kind === 'response' ? { previous_response_id: id } : { conversation: id };
  const body = { model: world.one(['auto', 'gpt-6-luna']), input: `More of ${world.mark(name)}`, ...by };
  return post(`go on from a ${kind}`, '/v1/responses', body, wants);
}

function upload(world: World, { name }: Principal): Act {
  const form = new FormData();
  form.set('purpose', 'user_data');
  form.set('file', new Blob([`Words ${world.mark(name)}`]), `${world.mark(name)}.txt`);
  const headers = world.random() < 0.5 ? CLAUDE_VERSION : {};
  return { name: 'upload', method: 'POST', path: '/v1/files', body: form, headers, makes: 'file' };
}

function batch(world: World, { name }: Principal): Act {
  const params = { model: 'claude-haiku-4-5', max_tokens: 9, messages: [{ role: 'user', content: world.mark(name) }] };
  const body = { requests: [{ custom_id: world.mark(name), params }] };
  return post('batch', '/v1/messages/batches', body, { headers: CLAUDE_VERSION, makes: 'batch' });
}

/** What a vendor keeps, read or taken away. */
function kept(world: World, { name }: Principal, kind: 'response' | 'file' | 'batch' | 'conversation'): Act {
  const { id, wants } = wanted(world, name, kind);
  const places = {
    response: [`/v1/responses/${id}`, `/v1/responses/${id}/input_items`],
    file: [`/v1/files/${id}`, `/v1/files/${id}/content`],
    batch: [`/v1/messages/batches/${id}`, `/v1/messages/batches/${id}/results`],
    conversation: [`/v1/conversations/${id}`, `/v1/conversations/${id}/items`],
  }[kind];
  const headers = kind === 'batch' || (kind === 'file' && world.random() < 0.5) ? CLAUDE_VERSION : {};
  if (world.random() < 0.1)
    return { name: `delete a ${kind}`, method: 'DELETE', path: places[0] ?? '/', headers, ...wants };
  return { name: `read a ${kind}`, method: 'GET', path: world.one(places), headers, ...wants };
}

function list(world: World): Act {
  const [path, headers] = world.one([
    ['/v1/files', {}],
    ['/v1/files', CLAUDE_VERSION],
    ['/v1/messages/batches', CLAUDE_VERSION],
  ] as const);
  return { name: 'list', method: 'GET', path, headers };
}

/** A file or a container is named inside of a call. */
function foreignFile(world: World, { name }: Principal): Act {
  const { id, wants } = wanted(world, name, 'file');
  const input = [
    {
      role: 'user',
      content: [
        { type: 'input_file', file_id: id },
        { type: 'input_text', text: 'Read it' },
      ],
    },
  ];
  return post('name a file', '/v1/responses', { model: 'gpt-6-luna', input }, wants);
}

function pageRead(world: World, { name }: Principal): Act {
  const others = world.thing('session', name)?.id ?? '';
  const route = world.one(['status', 'overview', 'calls', 'sessions', 'health', 'pauses', 'policies', 'effect']);
  const query = world.one([
    '',
    '?days=3660',
    `?key=${others}`,
    `?text=${encodeURIComponent(others)}`,
    '?limit=200',
    '?offset=1',
    '?model=gpt-6-luna',
  ]);
  return { name: `page ${route}`, method: 'GET', path: `/pointsman/api/${route}${query}` };
}

function pageThing(world: World, { name }: Principal): Act {
  const route = world.one(['sessions', 'summaries', 'decisions', 'why-not', 'replays'] as const);
  const { id, wants } = wanted(world, name, route === 'sessions' || route === 'summaries' ? 'session' : 'decision');
  const query = world.one(['', '?model=claude-haiku-4-5', '?dial=3']);
  return {
    name: `page ${route}`,
    method: 'GET',
    path: `/pointsman/api/${route}/${encodeURIComponent(id)}${query}`,
    ...wants,
  };
}

/** What is wrong in a way of its own, and answered with an error that says so. */
function fault(world: World, { name }: Principal): Act {
  const word = world.mark(name);
  return world.one([
    post('fault', '/v1/messages', { model: `no-such-${word}`, max_tokens: 1, messages: [] }),
    { name: 'fault', method: 'POST', path: '/v1/responses', headers: JSON_TYPE, body: `{"model": "${word}` } as const,
    { name: 'fault', method: 'GET', path: `/v1/nothing/${word}` } as const,
    { name: 'fault', method: 'GET', path: `/pointsman/api/${word}` } as const,
    post('fault', '/v1/chat/completions', { model: 'gpt-6-luna', model_name: word, messages: 'none' }),
    post('fault', '/pointsman/api/login', { token: `pm-${word}` }),
    { name: 'fault', method: 'DELETE', path: `/v1/files/${word}` } as const,
  ]);
}

interface Wanted {
  readonly id: string;
  readonly wants: { readonly wants?: Thing };
}

function wanted(world: World, asker: string, kind: ThingKind): Wanted {
  const thing = world.thing(kind, asker);
  return { id: thing?.id ?? NOTHING[kind], wants: thing === undefined ? {} : { wants: thing } };
}
