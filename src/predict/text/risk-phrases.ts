/**
 * Phrases that ask a model to set its rules aside, in the languages that people write to agents in, and forms in which data
 * about a person stand in words. Each needs two things close to one another (a verb and whose rules; a cue and digits), so
 * that "ignore the lint rule" or "validate the SSN field" are ordinary work.
 */
export const JAILBREAK_PHRASES: readonly RegExp[] = [
  // English: whose rules are set aside.
  /\b(?:ignore|disregard|forget|override|bypass|skip)\b[^.\n]{0,24}\b(?:(?:previous|prior|earlier|preceding|original|initial) (?:instructions|rules|prompts?|directions|guidelines)|instructions (?:above|before)|your (?:own )?(?:\w{1,20} )?(?:instructions|rules|guidelines|polic(?:y|ies)|moderation|training|restrictions|filters|programming)|everything your (?:developers|creators?) )/iu,
  /\b(?:ignore|disregard|forget) (?:all |any )?(?:of )?(?:the |your |these |those )(?:instructions|rules|prompts?) (?:above|before|you)/iu,
  /\b(?:do not|don't|stop) follow(?:ing)? the rules of your\b|\bwithout applying your polic/iu,
  // What it was told in secret.
  /\b(?:print|show|reveal|repeat|output|display|give|tell|leak)\b[^.\n]{0,24}\b(?:your|the) (?:hidden |secret |initial |confidential |original |full ){0,4}(?:(?:system )?prompt\b(?! (?:of|file|template|for|in|is))|(?:hidden|secret|confidential|initial) (?:instructions|prompt|configuration))/iu,
  /\b(?:confidential|secret|hidden) instructions (?:that )?you (?:were|have been|got)|\bwhat(?:'s| is) (?:in )?your system prompt|\b(?:repeat|print)[^.\n]{0,20}(?:everything|the text) (?:above|before this)[^.\n]{0,30}(?:"you are"|line|message|prompt)?$/iu,
  // Somebody without rules.
  /\b(?:you are|you're|act as|pretend|roleplay|respond as|behave as|an? (?:evil )?ai|assistant|ai:? one|version of yourself)\b[^.\n]{0,60}\b(?:without|no|has no|have no|free (?:of|from)|not bound by) (?:any |all |content |more )?(?:rules|limits|restrictions|filters?|ethics|guardrails|censorship|guidelines|polic(?:y|ies)|morals)\b/iu,
  /\b(?:unrestricted|uncensored|unfiltered|jailbroken) (?:mode|version|ai|twin|assistant|model|persona|self|you)\b|\bjailbot\b|\bdo anything now\b|\bsafe_mode ?= ?(?:false|0|off)/iu,
  /\b(?:developer|god) mode\b[^.\n]{0,12}\b(?:enabled|activated|is on)\b|\byou are (?:now )?in (?:developer|god) mode\b|\bfilters are off\b[^\n]{0,30}\bconfirm/iu,
  /\b(?:you (?:must|may|can|will) never refuse|never refuse (?:anything|a request|any)|believes? that everything is allowed|refusing is against|so never refuse|comply with (?:all|any|every) requests?|waive all safety|override safety|restrictions have been (?:removed|uninstalled|lifted))/iu,
  /\b(?:build|make|cook|construct|synthesi[sz]e|produce)\b[^.\n]{0,14}\b(?:pipe bombs?|a bomb(?![-\w])|nerve (?:agent|gas)|meth(?:amphetamine)?|napalm|explosives)\b/iu,
  // German
  /(?:ignorier|vergiss|missacht|umgeh)\w{0,20}[^.\n]{0,30}(?:(?:bisherig|vorherig|früher|obig)\w{0,20} (?:anweisung|regel|vorgab|instruktion)\w{0,20}|deine (?:\w{1,20} )?(?:richtlinien|regeln|vorgaben|anweisungen|beschränkungen))/iu,
  /(?:\bKI|bist du|tu so|sei|spiel\w{0,20})[^.\n]{0,50}(?:ohne|keine) (?:\w{1,20} )?(?:regeln|verbote|filter|grenzen|einschränkungen|zensur)|entwicklermodus[^\n]{0,30}filter|system-?prompt[^.\n]{0,10}(?:aus\b|an\b|zeig)|(?:zeig|gib|nenn)\w{0,20}[^.\n]{0,30}(?:deinen? system-?prompt|was man dir vor)|der nie etwas ablehnt|wie man[^.\n]{0,10}bombe/iu,
  // Spanish, Portuguese, Italian, French
  /(?:ignor|olvid|esque[cç]|dimentic|oubli)\p{L}{0,20}[^.\n]{0,24}(?:instru[cç]\p{L}{1,20}|istruzioni|consignes|reglas|regole|règles|regras|diretrizes|directrices|linee guida)(?: (?:anterior\p{L}{0,20}|previ\p{L}{0,20}|precedent\p{L}{0,20}|précédent\p{L}{0,20}|[^.\n]{0,30}(?:filtr|advertenc|avisos|restri|tout)))/iu,
  /(?:olvida|esqueça|dimentica|oublie) (?:tus|suas|tuas|le tue|tes) (?:reglas|regras|regole|règles|consignes|diretrizes|directrices)/iu,
  /(?:\bIA\b|finge|finja|fai finta|fais semblant|eres|você é|sei un|tu es)[^.\n]{0,50}(?:sin|sem|senza|sans|não tem|no tienes|n'avoir|non avere)(?: \p{L}{1,20})? (?:l[ií]mites?|limiti|reglas|regras|regole|règles?|filtros?|filtri|filtres?|restric?ç?\p{L}{1,20}|restrizioni|limite|avisos)/iu,
  /(?:modo desarrollador|modo (?:de )?desenvolvedor|mode développeur|modalità sviluppatore)[^.\n]{0,40}(?:censur|filtr|confirm)/iu,
  /(?:muestra|mostre|mostra|mostrami|affiche|montre|repite|répète|repita)[^.\n]{0,40}(?:(?:tu|seu|teu|il tuo|ton) prompt|instruc\p{L}{1,20} que te dieron|ce qu'on t'a dit)/iu,
  /(?:fabricar|fabriquer|costruire|construir|fazer)[^.\n]{0,10}(?:explosiv|bomb|une arme)/iu,
  // Dutch, Polish, Russian, Turkish, Vietnamese
  /(?:negeer|vergeet)[^.\n]{0,24}(?:vorige|eerdere|je) (?:\p{L}{1,20} )?(?:instructies|regels|richtlijnen)|(?:doe alsof|je bent)[^.\n]{0,30}(?:geen|zonder) (?:regels|filters|grenzen)|(?:toon|laat)[^.\n]{0,16}je systeemprompt/iu,
  /(?:zignoruj|zapomnij|pomiń)[^.\n]{0,24}(?:poprzedni\p{L}{0,20}|wcześniejsz\p{L}{0,20}|swoje|swoich) (?:instrukcj|zasad|polece|regu)\p{L}{0,20}|(?:\bAI|udawaj)[^.\n]{0,30}(?:bez|nie masz) (?:żadnych )?(?:zasad|filtr|ogranicze)|pokaż[^.\n]{0,14}prompt systemow/iu,
  /(?:игнорируй|забудь|отбрось)[^.\n]{0,24}(?:(?:предыдущие|прежние|прошлые) (?:инструкции|указания|правила)|свои (?:ограничения|правила|инструкции))|(?:ии|притворись)[^.\n]{0,40}(?:без правил|без ограничений|без фильтров|фильтров нет|ограничений нет)|режим разработчика[^.\n]{0,30}(?:цензур|фильтр)|(?:выведи|покажи)[^.\n]{0,14}системный промпт|как сделать бомбу/iu,
  /(?:önceki|yukarıdaki)[^.\n]{0,14}(?:talimat|kural)\p{L}{0,20}[^.\n]{0,16}(?:yok say|unut|görmezden)|kuralsız bir yapay zek|kısıtlaman? yokmuş gibi|bomba yapım/iu,
  /bỏ qua (?:mọi|tất cả|các)[^.\n]{0,12}(?:hướng dẫn|chỉ dẫn|quy tắc) (?:trước|trên)|không có (?:luật lệ|giới hạn|bộ lọc)[^\n]{0,40}(?:trả lời|chỉ tôi|mọi thứ)|in ra prompt hệ thống|cách làm bom/iu,
  // Hindi in both scripts, Arabic
  /(?:pichle|purane|pehle ke)[^.\n]{0,16}(?:instructions?|rules|nirdesh)[^.\n]{0,12}(?:ignore|bhool|bhul)|(?:पिछले|पहले के)[^।\n]{0,12}(?:निर्देश|नियम)[^।\n]{0,10}(?:भूल|अनदेखा)|बिना नियमों (?:वाले|की|का)|(?:apna|apni|अपना) (?:system|सिस्टम) (?:prompt|प्रॉम्प्ट) (?:dikha|दिखा)/iu,
  /(?:تجاهل|انس)[^.\n]{0,14}(?:التعليمات|القواعد|الأوامر) (?:السابقة|أعلاه)|ذكاء بلا قواعد|(?:تظاهر|كأن)[^.\n]{0,14}لا قيود|تعليمات النظام الخاصة بك|كيف تصنع قنبلة/u,
  // Chinese, Japanese, Korean
  /(?:忽略|无视|忘掉|忘记)[^。\n]{0,6}(?:之前|以上|前面|先前|所有|你的)[^。\n]{0,8}(?:指令|指示|规则|限制|提示)|没有任何限制的|假装没有(?:过滤|限制)|开发者模式[^。\n]{0,6}(?:关闭|解除|审查)|系统提示词?[^。\n]{0,4}(?:原样|输出|显示)|怎么(?:做|造)炸弹/u,
  /(?:これまで|以前|上記|前)の(?:指示|命令|ルール)[^。\n]{0,8}(?:無視|忘れ)|(?:制限|ルール|規制)の(?:ない|無い)AI|フィルターがないふり|システムプロンプトを(?:表示|出力|見せ)|爆弾の作り方/u,
  /이전[^.\n]{0,8}(?:지시|명령|규칙)[^.\n]{0,8}무시|규칙 없는 AI|제한이? 없는 척|시스템 프롬프트[^.\n]{0,6}(?:그대로|출력|보여)|폭탄 만드는/u,
];

/** A cue of whose number it is, and a number soon behind it. */
const ID_CUE =
  /(?:\bssn\b|social security|passport|driver'?s licen[cs]e|tax id|\bDNI\b|\bNIE\b|\bCPF\b|\bbsn\b|\bPESEL\b|\baadhaar\b|steuer-?id|ausweis|codice fiscale|sécurité sociale|TC kimlik|căn cước|паспорт|снилс|\bинн\b|رقم (?:الهوية|هويتي)|身份证|护照|マイナンバー|주민(?:등록)?번호|medical record|patient id)/iu;
const ID_NUMBER = /(?=(?:[^\n\d]{0,6}\d){6})[A-Z]{0,2}\d[\dA-Z .\-/]{5,24}/u;
const ID_CODE = /\b[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]\b/u;
const PHONE =
  /(?:phone|mobile|call (?:him|her|me)|telefon\p{L}{0,20}|teléfono|téléphone|celular|cellulare|telefoon|телефон|电话|手机|電話|전화|هاتف|số điện thoại)[^\n\d]{0,18}\+?\d[\d ()-]{7,}|\+\d{1,3}[ -]?\d{2,4}[ -]\d{3}[\d -]{2,}/iu;
const BORN =
  /(?:\bborn\b|date of birth|birth ?date|\bdob\b|geb(?:\.|oren|urtsdatum)|naci(?:d[oa]|miento)|nasc(?:id[oa]|imento|ita)|naissance|\bnat[oa] il|né(?:e)? le|urodz|рожд|doğum|ngày sinh|出生|生年月日|생년월일)[^\n\d]{0,16}\d{1,4}[./\- ](?:\d{1,2}|\p{L}{1,20})[./\- ]\d{2,4}/iu;
const PATIENT =
  /(?:\bpatient(?:in)?\b|paciente|paziente|pacjent|пациент|\bhasta\b|bệnh nhân|患者|환자|मरीज़|المريض)[^\n]{0,40}?(?:\d{2}(?: ?(?:years|jahre|años|ans|anos|anni|jaar|lat|лет|года|yaş|tuổi|岁|歳|세|سنة)|,)|उम्र \d)/iu;
const ADDRESS =
  /(?:\blives? (?:at|in)\b|i live|wohn\p{L}{0,20} in|vivo en|j'habite|moro n|abito|mieszkam|живу|adresim|地址|住所|주소)[^\n]{0,30}\d/iu;
const STREET =
  /\b\d{1,5} \p{Lu}\p{L}{1,20} (?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Close|Square)\b|\p{Lu}\p{L}{1,40}(?:weg|straße|str\.|gasse|allee|straat) \d|\b\d{1,4},? (?:rue|avenue|boulevard) \p{L}|\b(?:[Cc]alle|[Aa]venida|[Rr]ua|Via) \p{Lu}\p{L}{1,20}[^\n]{0,20}\d/u;
const REACH = /\b(?:call|reach|contact)\b[^\n]{0,70}?(?<!\d)\d{3}[-. ]\d{3,4}[-. ]\d{3,4}\b/iu;
const CARD = /\b(?:credit |debit |payment )?card\b[^\n]{0,24}(?:\d{4}[ -]?){3}\d{4}\b|\bcard\b[^\n]{0,40}\bcvc\b/iu;
const MAIL =
  /\b\p{L}[\p{L}\d-]{0,40}\.\p{L}{1,40}@(?!(?:example|localhost|users\.noreply))[\w-]{1,60}\.[\w-]{2,60}\b|\b(?:my|her|his|contact me|reach me)\b[^\n]{0,24}[\w.-]{1,64}@[\w-]{1,60}\.\w{1,20}/iu;

/** What data about a person some words hold by their form, in words for people; `undefined`: none that is known. */
export function personalDataIn(text: string): string | undefined {
  const cue = ID_CUE.exec(text);
  if (cue !== null && ID_NUMBER.test(text.slice(cue.index, cue.index + cue[0].length + 44)))
    return 'an identity number';
  if (ID_CODE.test(text)) return 'an identity number';
  if (BORN.test(text)) return 'a date of birth';
  if (PATIENT.test(text)) return 'a patient and an age';
  if (PHONE.test(text) || REACH.test(text)) return 'a telephone number';
  if (ADDRESS.test(text) || STREET.test(text)) return 'where somebody lives';
  if (CARD.test(text)) return 'a payment card';
  if (MAIL.test(text)) return 'an address of electronic mail with a name in it';
  return undefined;
}
