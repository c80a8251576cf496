// pointsman in opencode: its MCP server, three commands, and what came of a session's changes. For ~/.config/opencode/plugins.
import { spawn } from 'node:child_process';

const COMMANDS = {
  'pointsman-spend': {
    description: 'What was spent, by day, project, model, harness or session: --by project, --since 7d',
    template:
      'What was spent, counted once over jobs, gateway calls and the logs of other clients:\n\n!`npx -y pointsman spend $ARGUMENTS`\n\n' +
      'Show the table as it is. Then say in two sentences at most what stands out. A figure that is called modelled or unknown stays called so.',
  },
  'pointsman-replay': {
    description: 'What routing would have saved, or lost, on the sessions recorded on this machine: --since 30d',
    template:
      'Call the tool replay_sessions of the MCP server pointsman ($ARGUMENTS). Show its verdict first, word for word, then the table. ' +
      'Where the interval holds zero, say that nothing is known. Do not call a modelled figure a saving that was made.',
  },
  'pointsman-explain': {
    description:
      'Why the latest step went to its model, with the candidates in dollars: DECISION, then a model: why not that one',
    template:
      'Call explain_decision of the MCP server pointsman for the decision named in "$ARGUMENTS" (a second word is a model: pass it as whyNot). ' +
      'Without one, find the latest: "npx -y pointsman session --json" names the last decision of the latest session that came through ' +
      'the gateway. Show the table as it comes, then one sentence.',
  },
};

/**
 * What is sent holds the newest messages alone, and of long words the beginning, which says what a command is, and the end, where
 * results of tests stand.
 */
const NEWEST_MESSAGES = 100;
const FIRST_CHARACTERS = 1000;
const LAST_CHARACTERS = 3000;
const MOST_BYTES = 900_000;

function shortened(value) {
  if (typeof value === 'string' && value.length > FIRST_CHARACTERS + LAST_CHARACTERS)
    return `${value.slice(0, FIRST_CHARACTERS)}\n…\n${value.slice(-LAST_CHARACTERS)}`;
  if (Array.isArray(value)) return value.slice(0, 100).map(shortened);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

/** The session as `opencode export` prints one, cut from its beginning to what a hook reads. */
function eventOf(info, messages) {
  for (let rest = messages.slice(-NEWEST_MESSAGES).map(shortened); ; rest = rest.slice(Math.ceil(rest.length / 2))) {
    const event = {
      hook_event_name: 'Stop',
      session_id: info.id,
      transcript: { info: shortened(info), messages: rest },
    };
    const text = JSON.stringify(event);
    if (rest.length < 2 || Buffer.byteLength(text) <= MOST_BYTES) return text;
  }
}

/** Another process goes on, which outlives opencode; where there is no pointsman, nothing is reported. */
function report(text, cwd) {
  const child = spawn('npx', ['-y', 'pointsman', 'hook'], {
    cwd,
    detached: true,
    shell: process.platform === 'win32',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.stdin.end(text);
  child.unref();
}

export const Pointsman = async ({ client, directory }) => ({
  config: async (config) => {
    config.mcp = { pointsman: { type: 'local', command: ['npx', '-y', 'pointsman', 'mcp'] }, ...config.mcp };
    config.command = { ...COMMANDS, ...config.command };
  },
  event: async ({ event }) => {
    if (event.type !== 'session.idle') return;
    try {
      const path = { id: event.properties.sessionID };
      const [info, messages] = await Promise.all([client.session.get({ path }), client.session.messages({ path })]);
      if (info.data !== undefined && messages.data !== undefined) report(eventOf(info.data, messages.data), directory);
    } catch {
      // What cannot be reported is not worth a session.
    }
  },
});
