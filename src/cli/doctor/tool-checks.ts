import { realpathSync } from 'node:fs';
import { serverListFor } from '../../app/server-list.ts';
import type { Config } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import { openToolRegistry } from '../../tools/open-tool-registry.ts';
import { openSandbox } from '../../tools/sandbox/sandbox.ts';
import { openTokenStore } from '../../tools/sign-in/token-store.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import type { CommandIo } from '../input/command.ts';
import { fail, ok, warn, type Check } from './check.ts';

const START_LIMIT_MS = 15_000;

/** Starts the tool servers as a job would (the folder's own only with the user's leave), says which came up, ends them. */
export async function toolChecks(io: CommandIo, config: Config, gate: FolderGate): Promise<readonly Check[]> {
  let registry: ToolRegistry | undefined;
  try {
    registry = await openToolRegistry({
      workspace: io.cwd,
      env: io.env,
      signal: io.signal,
      limits: { startTimeoutMs: START_LIMIT_MS },
      serverList: serverListFor(io.cwd, config, gate),
      defaults: config.tools.defaults ?? 'always',
      tokens: openTokenStore(io.env),
    });
    return [sandboxCheck(io, config), ...registryChecks(registry)];
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    if (error.code === 'aborted') throw error;
    return [fail('tools', error.message, error.hint ?? 'Correct .mcp.json.')];
  } finally {
    await registry?.close();
  }
}

/** Which sandbox holds commands here, found as the command runner finds it. */
function sandboxCheck(io: CommandIo, config: Config): Check {
  if (config.tools.sandbox === 'off') {
    return warn('sandbox', 'switched off: commands are held by the allow list alone', 'Leave tools.sandbox out.');
  }
  const workspace = realpathSync.native(io.cwd);
  const sandbox = openSandbox({ workspace, env: io.env, closed: [], network: config.tools.network ?? false });
  sandbox.close();
  const network = config.tools.network === true ? 'with the network' : 'no network';
  if (sandbox.kind !== 'none') {
    return ok('sandbox', `${sandbox.kind}: ${network}, writes only in the workspace and temporary folders`);
  }
  return warn(
    'sandbox',
    'none: commands are held by the allow list alone, which is weaker: what they run has your rights',
    'Install bubblewrap, or let this system make user namespaces.',
  );
}

function registryChecks(registry: ToolRegistry): readonly Check[] {
  const counts = new Map<string, number>();
  for (const tool of registry.tools) counts.set(tool.server, (counts.get(tool.server) ?? 0) + 1);
  const started = [...counts].map(([server, count]) => ok(`tools ${server}`, `started, offers ${count} tools`));
  const broken = registry.unavailable.map((server) => fail(`tools ${server.server}`, server.why, server.hint));
  return [...started, ...broken];
}
