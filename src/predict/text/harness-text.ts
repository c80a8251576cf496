import type { HarnessTask } from '../../domain/call.ts';

/** Only the start of a text is looked at: a harness opens with its order, and a person who quotes one opens with words. */
const HEAD_CHARS = 1200;

/** An opening, the whole text or the first lines of it, that only a harness writes. */
type TaskOpening = readonly [HarnessTask, RegExp];

/** A task of nothing but names: nobody tells an agent so in the middle of work. */
const NAMES_SESSIONS =
  /^\W*You (?:(?:name|title|label)|(?:give|write) (?:names|titles|labels) (?:to|for)|are naming)\b[^\n]{0,60}\b(?:session|conversation|chat|thread)s?(?=\s*(?:[.,:;!\n]|$)| (?:by|from|with|based|using|of|for|so|after)\b)/iu;

/**
 * Orders that harnesses put where a person's words stand. Read on 2026-11-29 from claude-code 2.1.332, codex 0.171, opencode
 * 1.18, qwen-code 0.24, gemini-cli 0.61, pi 0.73 and the public sources of cline, continue, copilot, crush, goose, zed, Open WebUI.
 */
const ORDERS: readonly TaskOpening[] = [
  [
    'compaction',
    /\bYour task is to create a (?:comprehensive,? )?detailed summary of (?:the|this|our) (?:entire )?(?:conversation|recent)/iu,
  ],
  ['compaction', /\bYour task is to create a (?:comprehensive,? )?detailed summary of the RECENT portion/u],
  ['compaction', /^\W*CRITICAL: Respond with TEXT ONLY\s*(?:[.!\n]|$)/u],
  ['compaction', /^\W*You are performing a CONTEXT CHECKPOINT COMPACTION/u],
  ['compaction', /^\W*Provide a detailed (?:prompt|summary) for continuing our conversation/iu],
  ['compaction', /^\W*Provide a detailed summary of our conversation above/iu],
  ['compaction', /^\W*(?:Create a new|Update the) anchored summary (?:from|below)/iu],
  ['compaction', /\bgenerate (?:the|an|a new) (?:updated )?<state_snapshot>/iu],
  [
    'compaction',
    /^\W*(?:The (?:messages|conversation)[^\n]{0,60} (?:are|is) a conversation to summarize(?=\s*(?:[.,:;\n]|$))|Create a structured context checkpoint summary)/iu,
  ],
  ['compaction', /\bThe current conversation is rapidly running out of context\b/u],
  ['digest', /^\[SUGGESTION MODE\b/u],
  [
    'digest',
    /^\W*The (?:user|person) (?:stepped away|has been away|is back|is coming back|comes back)\b[^]{0,160}\b(?:recap|summar\w+|remind|words|sentences?)\b/iu,
  ],
  ['digest', /^Describe (?:the agent's|your) most recent action in \d/u],
  ['digest', /^You are now acting as the memory extraction sub-?agent\b/u],
  ['digest', /^Write a short summary label describing what these tool calls accomplished\b/u],
  ['digest', /^Summari[sz]e the following (?:tool output|portion of)\b/u],
  ['digest', /^Summari[sz]e this portion of a [\w ]{1,30} session transcript\b/u],
  ['digest', /^Summari[sz]e the user's primary intent or goal in this conversation in ONE sentence\b/u],
  ['digest', /^Summari[sz]e what was done in this conversation\. Write like a pull request description\b/u],
  ['digest', /^Web page content:\s*\n---\n/u],
  ['digest', /^### Task:\s*\nSuggest \d/u],
  ['title', /^### Task:\s*\nGenerate [^\n]{0,60}\btitle\b/u],
  ['probe', /\bAnalyze \*only\* the content and structure of your immediately preceding response\b/u],
];

/** The same in any wording, known by what it is about: what stands above goes, and an account of it is to be written; a name is wanted. */
const GUESSED_ORDERS: readonly TaskOpening[] = [
  [
    'compaction',
    /^(?![^\n]{0,200}\b(?:db|database|tables?|pages?|chars|characters|customers?|the users)\b)[^\n]{0,80}\b(?:conversation|messages?|transcript|context|session|space|history)\b[^\n]{0,100}\b(?:about to be|will be|is being|are being|must be|running (?:out|low))\b[^\n]{0,60}\b(?:cut|dropped|truncated|removed|discarded|cleared|compacted|replaced|space|context|room)\b[^]{0,300}\b(?:account|summary|summari[sz]e|note)\b/iu,
  ],
  [
    'compaction',
    /^[^\n]{0,200}\b(?:account|summary|handoff|snapshot)\b[^\n]{0,80}\b(?:conversation|session|transcript)\b[^]{0,600}<(?:analysis|summary|state_snapshot)>/iu,
  ],
  [
    'compaction',
    /^\W*(?:(?:please|briefly|now) )*(?:summari[sz]e|condense|compact|compress)\b[^\n]{0,30}\b(?:(?:this|our|the)(?: (?:partial|entire|whole|full|above|current|earlier|previous|conversation|chat|session))?|above) (?:conversation|session|chat history|transcript|history)\b(?=[^\S\n]*(?:[.,:;–—\n]|$)| (?:so far|above|about|for|into|until|up to|to date|to continue|now)\b)[^]{0,240}\b(?:(?:another|next|new) (?:agent|assistant|model|session)|to continue|continues? without|continuity|pick up|resume|(?:earlier|older|previous) (?:messages|parts))\b/iu,
  ],
  [
    'compaction',
    /^\W*(?:(?:please|briefly|now) )*(?:summari[sz]e|condense|compact|compress)\b[^\n]{0,30}\b(?:conversation (?:above|so far)|above conversation)\b[^]{0,240}\b(?:keep|include|preserve|retain)\b/iu,
  ],
  [
    'compaction',
    /^\W*(?:You|Your|This conversation|We)\b(?! (?:should|could|can|need)\b)[^\n]{0,40}\bcontext (?:limit|window|length|budget)(?=\s*(?:[.,:;!\n–—-]|$)| (?:is|was|has|will|limit|and|so|soon|now)\b)[^]{0,120}[.:;!,\n–—-]\s*(?:(?:please|now|briefly|then) )*(?:summari[sz]e|(?:write|create|produce|provide|prepare|give|generate|output)\b[^\n]{0,40}\b(?:summary|hand-?off))\b(?! (?:job|page|line|button|component)s?\b)/iu,
  ],
  [
    'compaction',
    /^\W*(?:Before|As|Since|Because) the (?:history|context|conversation|earlier messages)\b[^\n]{0,40}\b(?:cleared|cut|dropped|removed|compacted|reset|truncated)\b[^\n]{0,20}, ?(?:please )?(?:record|write|summari[sz]e|note|save)\b[^\n]{0,60}\b(?:task|work|progress|goal|decisions|everything|conversation|session|summary|hand-?off|so far|what (?:was|has|is|you|we|remains))\b(?! (?:bar|indicator|list|queue|table|page|item|button)s?\b)/iu,
  ],
  [
    'compaction',
    /^\W*(?:Write|Create|Produce|Generate|Provide) an? (?:[\w-]+ )?(?:continuation|hand-?off|resumption) (?:prompt|note|summary|brief|message)\b(?! (?:page|component|template|view|feature|form|button|field)s?\b)[^\n]{0,120}\b(?:(?:this|our|the)(?: (?:entire|whole|full|current))? (?:session|conversation|context)(?=\s*(?:[.,:;!)\n]|$)| (?:so|that|for|above|and|to|in|with|up|until|state)\b)|next agent\b)/iu,
  ],
  [
    'title',
    /^\W*(?:Please )?(?:generate|write|create|suggest|give me|come up with|reply with|provide)\b[^\n]{0,40}\btitle\b(?! (?:tag|bar|page|field|column|attribute))[^\n]{0,40} (?:for|of) (?:this|our|the following|the above|the) (?:conversation|chat|thread|session|following content|exchange)\b(?=\s*(?:$|[\n.,:;!(<{])| (?:in \d|with|that|using|based)\b)/iu,
  ],
  [
    'topic',
    /^\W*(?:Decide|Determine|Detect|Analy[sz]e|Judge|Compare)\b[^\n]{0,80}\b(?:message|query|prompt|question|input|request|turn|user|conversation)s?\b[^\n]{0,100}\b(?:new|another|different) (?:(?:conversation|chat) )?(?:topic|subject|matter|conversation)\b/iu,
  ],
  [
    'title',
    /^\W*Summari[sz]e (?:this|the|our) (?:conversation|chat|session|thread) in (?:\d|a few|up to|at most|no more|two|three|four|five)[^\n]{0,20}\bwords?\b/iu,
  ],
  [
    'title',
    /^\W*What (?:would be|is) an? (?:good|fitting|short) (?:name|title) for this (?:session|chat|conversation|thread)\b[^\n]{0,10}\s(?:Reply|Answer|Respond|Output)\b/iu,
  ],
  ['title', NAMES_SESSIONS],
];

/**
 * Words that order work on something: a file by its name, a fault to be found, one more thing to do. A guess is not made against
 * them: a person who is taken for a harness gets the cheapest model and loses the step.
 */
const ASKS_FOR_WORK =
  /(?:^\W*|[.;:,!\n–—-]\s*|\b(?:and|then|please) )(?:fix|implement|build|refactor|debug|deploy|rename|migrate|reroute|(?:commit|push|e?mail|send|log) (?:it|them|him|her)|add (?:a|an)|find out)\b|\band (?:check|verify|test) (?:it|that|them|this)\b|\b(?:find out why|readme|changelog|kafka|rabbitmq|mqtt|consumers?|producers?|partitions?|cookies?|component|rendered)\b/iu;

/** Summaries and notices that stand in a person's place when a harness goes on with a conversation that it cut or resumed. */
const CONTEXT_MARKS: readonly RegExp[] = [
  /^\W*(?:This|The) (?:session|conversation|chat) (?:is (?:being )?continued from|continues) (?:an? (?:previous|earlier)|another)\b/iu,
  /^\W*\[?(?:Notes|Summary|State) (?:from|of) (?:the )?(?:part|earlier|previous)\b[^\n]{0,60}\b(?:conversation|session|context)\b/iu,
  /^\s*<(?:restored|previous|compacted|carried)_[a-z_]{2,20}>/u,
  /^\W*Another language model started to solve this problem and produced a summary\b/u,
  /^\W*The conversation history before this point was compacted into the following summary\b/u,
  /^\W*The following is a summary of a branch that this conversation came back from\b/u,
  /^\s*<(?:state_snapshot|conversation-summary|conversation_summary|context-summary)>/u,
  // The bare tag is one of HTML's as well.
  /^\s*<summary>\s*\n(?!\s*<)/u,
  /^\W*\[(?:Conversation|Context) (?:summary|compacted|checkpoint)\b[^\]\n]{0,80}\]/iu,
  // A heading, not the subject of somebody's sentence.
  /^\W*(?:Context|Notes|State) from (?:earlier|before)(?: (?:in|of) (?:this|the) (?:conversation|session))?[ \])*]*(?::|\n)/iu,
  /^\W*(?:The )?(?:earlier|previous|older) part of this conversation\b[^\n]{0,30}\b(?:was|were|has been|have been) (?:summari[sz]ed|removed|condensed|compacted|dropped)\b/iu,
  /^\W*(?:The )?(?:earlier|previous|older) (?:messages|turns)\b[^\n]{0,30}\b(?:was|were|has been|have been) (?:summari[sz]ed|removed|condensed|compacted|dropped)(?:[\]):*]+\s*\n|[^\n]{0,20}\bto (?:save|free|fit|reduce|stay|make)\b[^\n]{0,30}\b(?:context|tokens?|window)\b|[^\n]{0,60}\b(?:summary|account) (?:follows|below)\b)/iu,
  /^\W*(?:Conversation|Session|Context) summary ?(?:\([^)\n]{0,40}\)|:)?[^\S\n]*\n(?!should\b|must\b|is\b|does\b)/iu,
  /^I spoke to you previously about a number of things\b/u,
];

/** Other texts of a harness in a person's place: its first words, its reminders, what it says when a turn is taken up again. */
const NOTICES: readonly RegExp[] = [
  /^\[Request interrupted by user/u,
  /^Caveat: The messages below were generated by the user while running local commands\b/u,
  /^Continue (?:the conversation )?from where (?:you|we|it) left (?:it )?off\b(?:[^\n]{0,120}without asking[^\n]*)?\.?$/u,
  /^Continue if you have next steps, or stop and ask for clarification\b/u,
  /^(?:This is the (?:Gemini CLI|Qwen Code)\. We are setting up the context for our chat\b)/u,
  /^Got it\. Thanks for the (?:additional )?context!$/u,
  /^# AGENTS\.md instructions\s*(?:for\b|\n|$)/u,
  /^(?:Stop|PreToolUse|PostToolUse|SubagentStop|UserPromptSubmit)(?::\w+)? hook (?:feedback|blocking error|additional context)\s*(?:[:(\n]|from\b|for\b|$)/u,
  /^(?:Please continue\.|\[TASK RESUMPTION\])[^\n]{0,20}$/u,
  /^\[ERROR\] You did not use a tool in your previous response\b/u,
  /^You have not (?:used|called) (?:a|any) tools?\b[^\n]{0,80}$/u,
  /^(?:System|Exec) (?:reminder|notice|event)s?:/iu,
  /^(?:<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>|(?:\[[^\]\n]{0,60}\] )?OpenClaw runtime context\b)/u,
  /^\[Internal task completion event\]/u,
  /^Read HEARTBEAT\.md if it exists\b(?! and\b)/u,
  /^Attached (?:image|file)\(s\) from tool result:/iu,
  /^(?:Tool|The tool) (?:returned|result)[^\n]{0,40}\b(?:image|attachment)s?\b[^\n]{0,40}:?$/iu,
];

/** System texts that give a model a task beside the conversation. They need not stand at the start: a preamble may. */
const SYSTEM_ORDERS: readonly TaskOpening[] = [
  ['safety-check', /\bYou are a security monitor for autonomous AI coding agents\b/u],
  ['safety-check', /\bYou are judging one planned coding-agent action\b/u],
  [
    'safety-check',
    /\b(?:classify|evaluate|assess|judge|decide|determine|review|check)\b[^\n]{0,120}\b(?:command|action|tool call|tool use)s?\b[^\n]{0,120}\b(?:safe|unsafe|dangerous|malicious|harmful|block(?:ed)?|allow(?:ed)?|approv\w+|den(?:y|ied)|risk\w*)\b/iu,
  ],
  [
    'safety-check',
    /\b(?:command|action|tool call)s?\b[^\n]{0,80}\b(?:(?:may|can|should) (?:be )?run\b[^\n]{0,40}\b(?:without|automatically)|damage|harm|destroy)\b[^]{0,160}\b(?:yes(?: or |\/|, ?)no|true or false|safe|unsafe|allow|block|deny|approve)\b/iu,
  ],
  ['topic', /\b(?:isNewTopic|new conversation topic|detect (?:whether|if) [^\n]{0,60}\btopic)\b/iu],
  ['compaction', /\btasked with summarizing conversations\b/iu],
  ['compaction', /\bcontext summari[sz]ation assistant\b/iu],
  ['compaction', /\b(?:summari[sz]es|distilling) (?:internal )?chat history\b/iu],
  [
    'compaction',
    /\b(?:compact|compress|condense)\w*\b[^\n]{0,80}\b(?:conversation|chat history|transcript|context)s?\b[^\n]{0,160}\b(?:continu|resum|another (?:agent|assistant|model|LLM))/iu,
  ],
  ['title', /\btitle generator\b/iu],
  ['title', NAMES_SESSIONS],
  [
    'title',
    /\bYou (?:produce|write|create|make|generate) (?:[\w-]+ )?(?:thread|session|chat|conversation) (?:titles|names)\b/iu,
  ],
  ['title', /\bYou are naming a [\w ]{0,20}(?:session|conversation|chat|thread)\b/u],
  [
    'title',
    /\b(?:generate|write|create|come up with|produce|craft\w*|provide|give|reply with|output)\b[^\n]{0,80}\b(?:titles?|(?:short|concise) names?)\b(?! and (?:an?|the)\b)[^\n]{0,120}\b(?:conversation|session|chat\w*|thread|task|exchange|message)s?\b/iu,
  ],
  [
    'title',
    /\b(?:conversation|session|chat\w*|thread)s?\b[^\n]{0,120}\b(?:generate|write|create|produce|provide|give|reply with|output)(?: (?:it|me|us))?\s+(?:(?:an?|the|its|one|only|just|short|concise|brief|descriptive|clear|suitable|good|fitting|up|to|[\d–-]+|[\w-]*words?),?\s+){0,6}titles?\b(?! and (?:an?|the)\b)/iu,
  ],
  ['probe', /\bdiagnostic agent\b[^\n]{0,120}\b(?:stuck|loop)\b/iu],
  ['probe', /\bspecialized Task Routing AI\b/u],
  ['digest', /\bYou are evaluating a (?:[\w-]+ )?hook\b/u],
  ['digest', /\bYou are selecting memories that will be useful\b/u],
  ['digest', /\bYou are a date\/time parser\b/u],
  ['digest', /\bYou are a background observer paired with the agent\b/u],
  [
    'digest',
    /\b(?:pull request|PR) (?:title|description)s?\b[^\n]{0,80}\bfrom (?:the|this) (?:diff|conversation|session)\b/iu,
  ],
];

/** System texts of sub-agents: they have tools and a transcript of their own, and another agent wrote their first message. */
const SUB_AGENT =
  /\b(?:cc_is_subagent=true|You are an agent for Claude Code\b|You are an? [^.\n]{0,60}\b(?:specialist|agent) for Claude Code\b|You are (?:a|an|the) (?:[\w-]+ )?sub-?agent\b|You are a worker agent executing a task assigned by)/u;

/** A system text that only asks for a text about a conversation has no tools; one with tools is only known by its exact words. */
const EXACT_WITH_TOOLS: ReadonlySet<HarnessTask> = new Set(['safety-check']);

export const SYSTEM_CHARS = 4000;

/** What is checked is a program's, and the answer is a word that a program reads: a tutor or a lawyer weighs actions, too. */
const OF_A_PROGRAM = /\b(?:shell|bash|terminal|coding|agents?|sandbox\w*|tools?|commands?)\b/iu;
const VERDICT =
  /\b(?:answer|respond|reply|output|return|classify|say|verdict|decision)\b[^\n]{0,80}\b(?:yes|no|true|false|safe|unsafe|dangerous|allow\w*|block\w*|den(?:y|ied)|approve\w*|json|low|medium|high|risk\w*)\b/iu;

function asksForVerdict(head: string): boolean {
  return OF_A_PROGRAM.test(head) && VERDICT.test(head);
}

/** What a harness has a model do by its system text; `undefined`: the agent's own work, or nothing that is known. Pure. */
export function systemOrder(system: string, hasTools: boolean): HarnessTask | undefined {
  const head = system.slice(0, SYSTEM_CHARS);
  const order = SYSTEM_ORDERS.find(([task, shape], index) => {
    const isExact = index < 2;
    if (task === 'safety-check' && !isExact && !asksForVerdict(head)) return false;
    return (!hasTools || (EXACT_WITH_TOOLS.has(task) && isExact)) && shape.test(head);
  })?.[0];
  return order ?? (SUB_AGENT.test(head) ? 'sub-agent' : undefined);
}

/** What a harness orders with this text in a person's place; `undefined`: nothing that is known. Linear in the start. Pure. */
export function harnessOrder(text: string): HarnessTask | undefined {
  const head = text.slice(0, HEAD_CHARS);
  // What is left of a cut conversation tells of the cut in the words of its order.
  if (isContextMark(head)) return undefined;
  const exact = ORDERS.find(([, opening]) => opening.test(head));
  if (exact !== undefined) return exact[0];
  return ASKS_FOR_WORK.test(head) ? undefined : GUESSED_ORDERS.find(([, opening]) => opening.test(head))?.[0];
}

/** Whether a harness says with it that a person asks something beside the conversation (claude-code 2.1.330, observed 2026-11-29). */
export function isSideQuestion(text: string): boolean {
  return /^\s*(?:<system-reminder>\s*)?This is a side question from the user\b/u.test(text.slice(0, HEAD_CHARS));
}

/** Whether the text sums up a conversation that was cut before it: what comes after goes on with the same work. Pure. */
export function isContextMark(text: string): boolean {
  const head = text.slice(0, HEAD_CHARS);
  return CONTEXT_MARKS.some((mark) => mark.test(head));
}

/** Whether a text that stands in a person's place is a harness's. Pure. */
export function isHarnessText(text: string): boolean {
  const head = text.trimStart().slice(0, HEAD_CHARS);
  return harnessOrder(head) !== undefined || isContextMark(head) || NOTICES.some((notice) => notice.test(head));
}
