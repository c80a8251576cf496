import type { Draw } from './draw.ts';

/** Places that programs act on, one or more of each kind, relative to a workspace. */
const PLACES: readonly string[] = (
  '.git/hooks/pre-commit .git/config sub/.git/hooks/post-checkout .hg/hgrc .svn/entries .jj/repo/config.toml .gitattributes ' +
  '.mcp.json pkg/.mcp.json pointsman.config.yaml my.policy.yaml .claude/settings.json .claude/agents/x.md .codex/config.toml ' +
  '.cursor/rules/x.mdc .gemini/settings.json .qwen/settings.json .opencode/agent/x.md .continue/config.json .windsurf/x .roo/x ' +
  'CLAUDE.md AGENTS.md GEMINI.md .cursorrules .github/copilot-instructions.md .husky/pre-commit .githooks/pre-push lefthook.yml ' +
  '.pre-commit-config.yaml bare/hooks/pre-receive .bashrc .zshrc .profile .envrc .npmrc .yarnrc.yml .pnp.cjs bunfig.toml .vimrc ' +
  '.ssh/authorized_keys .ssh/config .gnupg/gpg.conf .aws/credentials .docker/config.json .config/autostart/x.desktop ' +
  '.vscode/tasks.json .vscode/settings.json .idea/workspace.xml x.code-workspace .devcontainer/devcontainer.json ' +
  '.github/workflows/ci.yml .gitlab-ci.yml .circleci/config.yml Jenkinsfile azure-pipelines.yml node_modules/.bin/tsc ' +
  '.pdbrc .bazelrc _vimrc .ocamlinit .Rprofile mise.local.toml .mise/config.toml .python-version .claude-plugin/plugin.json ' +
  'lefthook-local.yml gradle/wrapper/gradle-wrapper.jar node_modules/x/index.js .venv/bin/python venv/lib/site-packages/x.pth sitecustomize.py'
).split(' ');

/** Places that belong to us: out of reach, for looking too. */
const OURS: readonly string[] = [
  '.pointsman/records.db',
  '.pointsman/jobs.db',
  '.pointsman/access-keys.json',
  '.pointsman/agents/x.md',
  'sub/.pointsman/x',
];

const INNOCENT: readonly string[] = (
  'src/index.ts README.md package.json docs/guide.md test/a.test.ts .gitignore .env Makefile lib/git.py hooks/use-state.ts ' +
  'config/app.yaml public/index.html cargo/lib.rs Cargo.toml scripts/run.sh data/x.csv .eslintrc.json .prettierrc src/arc.ts docs/version.md'
).split(' ');

/** Ways to write the same place that some disk, program or address takes for it. */
const SPELLINGS: readonly ((place: string, draw: Draw) => string)[] = [
  (place) => place,
  (place) => place.toUpperCase(),
  (place, draw) => `${draw.word()}/../${place}`,
  (place) => `./${place}`,
  (place) => `.//${place.replaceAll('/', '//./')}`,
  (place) => place.replace(/^(\.?\w+)/u, '$1\u200D'),
  (place) => place.replaceAll('/', '\\'),
  (place) => `file:///w/${place}`,
  (place) => encodeURIComponent(place),
  (place) => place.replaceAll('.', '%2E'),
  (place) => place.replaceAll('s', 'ſ'),
  (place) => `/home/me/${place}`,
  (place) => `~/${place}`,
];
/** Of our own server, which reads paths as the disk does and nothing else. */
const DISK_SPELLINGS = 6;

export type PlaceKind = 'protected' | 'ours' | 'innocent';

/** As it is usually written. */
export function barePlace(draw: Draw, kind: PlaceKind): string {
  return draw.oneOf(kind === 'protected' ? PLACES : kind === 'ours' ? OURS : INNOCENT);
}

export function drawPlace(draw: Draw, kind: PlaceKind, isOwnServer: boolean): string {
  const place = barePlace(draw, kind);
  if (kind === 'innocent') return place;
  return draw.oneOf(isOwnServer ? SPELLINGS.slice(0, DISK_SPELLINGS) : SPELLINGS)(place, draw);
}
