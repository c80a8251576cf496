/** What a program that acts on a file makes of it: each kind runs something, or decides what is run, allowed or said. */
export type ProtectedKind =
  | 'our store'
  | 'our configuration'
  | 'tool servers'
  | 'a harness’s settings'
  | 'instructions for agents'
  | 'version control'
  | 'hooks'
  | 'a shell or tool that reads it when it starts'
  | 'keys and identities'
  | 'an editor’s tasks'
  | 'continuous integration'
  | 'installed programs'
  | 'the system';

/** Folders and files by their exact plain name, at any depth. */
const BY_NAME: Readonly<Record<ProtectedKind, string>> = {
  'our store': '.pointsman',
  'our configuration': 'pointsman.config.yaml pointsman.config.yml pointsman.config.json trusted-folders',
  'tool servers': '.mcp.json mcp.json mcp_config.json claude_desktop_config.json mcp-config.json',
  'a harness’s settings':
    '.claude .claude.json .codex .cursor .gemini .qwen .opencode opencode.json opencode.jsonc .continue .windsurf .codeium .roo ' +
    '.roomodes .kilocode .cline .clinerules .aider.conf.yml .aider.conf.yaml .amp .kiro .copilot .agents .junie .trae .goose ' +
    '.goosehints .factory .augment .zed .crush .crush.json crush.json .tabnine .amazonq .pi .hermes .openhands .sweep.yaml .serena .aiassistant ' +
    '.devin .jules .warp .qodo .codebuddy .lingma .rovodev .kode .iflow .auggie .firebender .plandex .void',
  'instructions for agents':
    'claude.md claude.local.md agents.md agent.md agents.override.md gemini.md qwen.md copilot-instructions.md .cursorrules ' +
    '.windsurfrules .rules warp.md crush.md',
  'version control': '.git .gitmodules .gitattributes .gitconfig .hg .hgrc .svn .jj .bzr .sl .pijul .fslckout _fossil_',
  hooks:
    '.husky .githooks .git-hooks .lefthook lefthook.yml lefthook.yaml .lefthook.yml .lefthook-local.yml .pre-commit-config.yaml ' +
    '.pre-commit-config.yml .pre-commit-hooks.yaml .overcommit.yml .overcommit .simple-git-hooks.json .simple-git-hooks.js ' +
    '.lintstagedrc .lintstagedrc.json',
  'a shell or tool that reads it when it starts':
    '.bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .cshrc ' +
    '.tcshrc .inputrc .login .logout config.fish fish_variables .xinitrc .xprofile .xsession .xsessionrc .pam_environment .envrc .direnvrc ' +
    '.npmrc .yarnrc .yarnrc.yml .pnpmfile.cjs .pnpmfile.mjs .pnp.cjs .pnp.loader.mjs .yarn bunfig.toml .pypirc pip.conf pip.ini uv.toml ' +
    '.condarc .gemrc .bundle .cargo .mavenrc .mvn gradlew gradlew.bat mvnw mvnw.cmd .vimrc .nvimrc .exrc .gvimrc .emacs .emacs.d ' +
    '.dir-locals.el .editrc .gdbinit .lldbinit .psqlrc .sqliterc .irbrc .pryrc .pythonrc .pythonstartup .nanorc .screenrc .tmux.conf ' +
    '.wgetrc .curlrc .netrc _netrc .tool-versions .mise.toml mise.toml .rtx.toml .asdfrc .nvmrc sitecustomize.py usercustomize.py ' +
    '.mise .rtx .renviron .rprofile .octaverc .ghci .iex.exs .sbclrc .pdbrc .ipython .jupyter .sdkmanrc .autoenv .autoenv.zsh .nvim.lua .terraformrc ' +
    '.terraform ansible.cfg .ansible.cfg devenv.nix devenv.yaml .flox .hermit .watchmanconfig .buckconfig .jvmopts .sbtopts .rspec .proverc .ssh_config ' +
    'crontab .devbox devbox.json flake.nix shell.nix autostart launchagents launchdaemons systemd',
  'keys and identities':
    '.ssh .gnupg .aws .azure .kube .docker .config .local authorized_keys known_hosts .password-store',
  'an editor’s tasks':
    '.vscode .vscode-server .idea .fleet .vs .sublime .nova .devcontainer .devcontainer.json .theia .code-workspace',
  'continuous integration':
    '.gitlab-ci.yml .gitlab-ci.yaml .gitlab .circleci .travis.yml .drone.yml .woodpecker .woodpecker.yml azure-pipelines.yml ' +
    '.azure-pipelines .appveyor.yml appveyor.yml jenkinsfile .jenkins .buildkite bitbucket-pipelines.yml .cirrus.yml .forgejo .gitea ' +
    '.semaphore .teamcity .ci cloudbuild.yaml cloudbuild.yml buildspec.yml .builds .build.yml .earthly .dagger .act .actrc codeowners',
  'installed programs':
    'node_modules .venv venv site-packages .tox .nox .direnv __pypackages__ .pnpm-store .cargo-home .rustup .deno .bun .volta .nvm .pyenv .rbenv',
  'the system': '',
};

const BY_PLAIN_NAME: ReadonlyMap<string, ProtectedKind> = new Map(
  Object.entries(BY_NAME).flatMap(([kind, names]) =>
    names
      .split(' ')
      .filter((name) => name !== '')
      .map((name): [string, ProtectedKind] => [name, kind as ProtectedKind]),
  ),
);

/** Every exact name, for whoever looks for what a pattern could stand for. */
export const protectedNames: readonly string[] = [...BY_PLAIN_NAME.keys()];

/** What no single name tells: endings, families of names, a name inside another. On plain names joined by slashes. */
const BY_SHAPE: readonly (readonly [RegExp, ProtectedKind])[] = [
  [/\.policy\.ya?ml$/u, 'our configuration'],
  [
    /(?:^|\/)\.github\/(?:workflows|actions|copilot|agents|prompts|instructions|chatmodes|dependabot\.ya?ml|codeowners)(?:\/|$)/u,
    'continuous integration',
  ],
  // The folder itself: what is moved there, or is named beside it, may become any of these.
  [/(?:^|\/)\.github\/?$/u, 'continuous integration'],
  [/(?:^|\/)\.(?:zsh|bash|fish)[\w.-]*$/u, 'a shell or tool that reads it when it starts'],
  // The trade's habit: `.pdbrc`, `_vimrc`, `.ocamlinit` are run or obeyed by the program of that name. Those of linters are known.
  [
    /(?:^|\/)[._](?!(?:eslint|prettier|babel|stylelint|swc|nyc|c8|browserslist|commitlint|release|mocha|postcss|markdownlint|remark|jshint|jscs|jsbeautify|tslint|docker|depcheck|knip|secretlint|textlint|htmlhint|size-limit|auto)rc(?:[./]|$))[a-z\d][\w-]*rc(?:\.(?:local|js|cjs|mjs|ts|lua|py|zsh|bash|sh|toml|ya?ml|json|d))?(?:\/|$)/u,
    'a shell or tool that reads it when it starts',
  ],
  [/(?:^|\/)\.[a-z]+init$/u, 'a shell or tool that reads it when it starts'],
  [/(?:^|\/)\.?(?:mise|rtx)(?:\.[\w-]+)*\.toml$/u, 'a shell or tool that reads it when it starts'],
  [/(?:^|\/)\.[\w-]+-version$/u, 'a shell or tool that reads it when it starts'],
  [/(?:^|\/)\.?lefthook(?:-local)?\.(?:ya?ml|toml|json)$/u, 'hooks'],
  [/(?:^|\/)\.[a-z]+-plugin(?:\/|$)/u, 'a harness’s settings'],
  [/(?:^|\/)gradle\/wrapper(?:\/|$)/u, 'installed programs'],
  [/\.(?:code-workspace|sublime-project|sublime-build)$/u, 'an editor’s tasks'],
  [/(?:^|\/)\.?lint-staged\.config\.[cm]?[jt]s$/u, 'hooks'],
  [/(?:^|\/)\.(?:env\.schema|aiderignore|aider[\w.-]*)$/u, 'a harness’s settings'],
  [/(?:^|\/)site-packages\/|\.pth$/u, 'installed programs'],
  [/(?:^|\/)vendor\/bin(?:\/|$)/u, 'installed programs'],
  // A bare repository: what git takes for one needs no .git in its path.
  [
    /(?:^|\/)hooks\/(?:applypatch-msg|pre-|post-|commit-msg|prepare-commit-msg|update$|push-to-checkout|fsmonitor|reference-transaction|proc-receive|sendemail)/u,
    'hooks',
  ],
  [/^\/(?:etc|boot|usr|bin|sbin|lib|lib64|opt|dev|proc|sys|system|library|windows)(?:\/|$)/u, 'the system'],
];

/** A place that changing is a decision of its own, whichever tool does it. */
export interface Protection {
  readonly kind: ProtectedKind;
  /** The name that tells, as it was written. */
  readonly name: string;
}

/**
 * Whether a path, as written or as resolved, leads to or into something of a protected kind. By names only: where it really
 * leads through links is the caller's to find out, and to ask about as well. Pure.
 */
export function protectionOf(path: string): Protection | undefined {
  const names = path.split(/[\\/]/u);
  const plain = names.map(plainName);
  for (const [index, name] of plain.entries()) {
    const kind = BY_PLAIN_NAME.get(name);
    if (kind !== undefined) return { kind, name: names[index] ?? name };
  }
  const whole = plain.join('/');
  const kind = BY_SHAPE.find(([shape]) => shape.test(whole))?.[1];
  return kind === undefined ? undefined : { kind, name: names.at(-1) ?? '' };
}

/**
 * A name as the most forgiving disk reads it: case, width and composition do not count, nor do characters without a width
 * (HFS+), dots and blanks at the end, a stream after a colon, and `git~1` is the short name of `.git` (NTFS).
 */
export function plainName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '')
    .toLowerCase()
    .replace(/(?<=.):.*$/u, '')
    .replace(/(?<=[^.\s])[.\s]+$/u, '')
    .trimStart();
  return plain.replace(/^git~\d+$/u, '.git');
}
