/** A slash, also as it stands in JSON and inside a url. */
const slash = String.raw`(?:\\{0,4}\/|%2[Ff])`;
/** Between a name and its value, in a connection string, a url or JSON. */
const separator = String.raw`(?:%3[Dd]|(?:\\{0,4}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,4}["'])?)`;
/** What follows an exact length: no more of the same. */
const end = '(?![A-Za-z0-9])';

/**
 * Forms of keys and tokens that their vendors begin with letters of their own, so that nothing else looks like them: as the vendors write them and
 * as public lists of scanners have them (read 2026-11-30). None is anchored; a key begins where no letter or digit stands before it.
 */
const forms: Readonly<Record<string, readonly string[]>> = {
  clouds: [
    String.raw`A(?:BIA|CCA|3T[A-Z0-9])[A-Z0-9]{16}${end}`,
    String.raw`ABSK[A-Za-z0-9+/]{80,}={0,2}`,
    String.raw`bedrock-api-key-[A-Za-z0-9+/]{20,}={0,2}`,
    // Of Google: access, refresh, client secret, key.
    String.raw`ya29\.(?:[a-z]\.)?[\w-]{20,}`,
    String.raw`1${slash}{2}0[\w-]{40,}`,
    String.raw`GOCSPX-[\w-]{20,}`,
    String.raw`AQ\.Ab[\w-]{40,}`,
    // Of Azure: a key of a connection string, the signature of a shared access, a client secret.
    String.raw`(?:[Aa]ccount|[Ss]hared[Aa]ccess)[Kk]ey${separator}[A-Za-z0-9+/%]{40,}={0,2}`,
    String.raw`sig=(?:[A-Za-z0-9+/]|%2[BbFf]){40,}(?:=|%3[Dd])`,
    String.raw`[A-Za-z0-9_~.]{3}\dQ~[\w~.-]{31,34}`,
    String.raw`do[opr]_v1_[a-f0-9]{32,}`,
    String.raw`LTAI[A-Za-z0-9]{16,20}${end}`,
    String.raw`AKID[A-Za-z0-9]{32}${end}`,
    String.raw`AQVN[\w-]{35,}`,
    String.raw`bce-v3${slash}ALTAK-[A-Za-z0-9]{10,}${slash}[a-f0-9]{40}`,
    String.raw`v1\.0-[a-f0-9]{24}-[a-f0-9]{140,}`,
    String.raw`HRKU-AA[\w-]{50,}`,
    String.raw`fo1_[\w-]{43}`,
    String.raw`fm[12][ar]?_[A-Za-z0-9+/]{100,}={0,3}`,
    String.raw`nfp_[A-Za-z0-9]{36,}`,
    String.raw`tk-us-[\w-]{48}`,
    String.raw`sha256~[\w-]{43}`,
  ],
  models: [
    String.raw`gsk_[A-Za-z0-9]{40,}`,
    String.raw`xai-[A-Za-z0-9]{60,}`,
    String.raw`pplx-[A-Za-z0-9]{40,}`,
    String.raw`r8_[A-Za-z0-9]{36,}`,
    String.raw`fw_3Z[A-Za-z0-9]{18,}`,
    String.raw`nvapi-[\w-]{40,}`,
    String.raw`csk-[a-z0-9]{40,}`,
    String.raw`esecret_[A-Za-z0-9]{20,}`,
    String.raw`api_org_[A-Za-z]{34}${end}`,
    String.raw`jina_[A-Za-z0-9_-]{50,}`,
    String.raw`pcsk_\w{50,}`,
    String.raw`tvly-(?:dev-|prod-)?[A-Za-z0-9]{24,}`,
    String.raw`fc-[a-f0-9]{32}${end}`,
    String.raw`e2b_[a-f0-9]{40}${end}`,
    String.raw`bb_(?:live|test)_[\w-]{20,}`,
    String.raw`apify_api_[A-Za-z0-9]{30,}`,
    String.raw`lsv2_[a-z]{2}_[a-f0-9]{32}_[a-f0-9]{8,}`,
  ],
  code: [
    String.raw`gl(?:dt|rt|rtr|ptt|ft|imt|agent|oas|soat|cbt|ffct)-[\w-]{20,}`,
    String.raw`GR1348941[\w-]{20,}`,
    String.raw`pypi-AgE[\w-]{50,}`,
    String.raw`rubygems_[a-f0-9]{48}`,
    String.raw`oy2[a-z0-9]{43}${end}`,
    String.raw`cio[A-Za-z0-9]{32}${end}`,
    String.raw`CLOJARS_[A-Za-z0-9]{60}`,
    String.raw`dckr_[op]at_[\w-]{20,}`,
    String.raw`AKCp[A-Za-z0-9]{60,}`,
    String.raw`cmVmdGtu[A-Za-z0-9]{50,}`,
    String.raw`AT(?:ATT|CTT)3[\w=-]{60,}`,
    String.raw`ATBB[A-Za-z0-9]{28,}`,
    String.raw`CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}`,
    String.raw`bk[a-z]{2}_[a-f0-9]{40}${end}`,
    String.raw`sq[uap]_[a-f0-9]{40}${end}`,
    String.raw`sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}${end}`,
    String.raw`PMAK-[a-fA-F0-9]{24}-[a-fA-F0-9]{34}`,
    String.raw`pul-[a-f0-9]{40}${end}`,
    String.raw`pn[ub]_[A-Za-z0-9]{36}${end}`,
    String.raw`API-[A-Z0-9]{26}${end}`,
    String.raw`pat\.[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}`,
    String.raw`sat\.[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}`,
    String.raw`atlasv1\.[\w=-]{60,}`,
    String.raw`hv[sbr]\.[\w-]{60,}`,
    String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}`,
    String.raw`AGE-SECRET-KEY-1[A-Z0-9]{58}`,
    String.raw`ops_eyJ[\w+/-]{200,}={0,3}`,
    String.raw`A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}`,
    String.raw`tskey-[a-z]{3,10}-[\w-]{20,}`,
  ],
  data: [
    String.raw`dapi[a-f0-9]{32}(?:-\d)?${end}`,
    String.raw`pscale_(?:tkn|oauth|pw)_[\w=.-]{32,}`,
    String.raw`sbp_[a-f0-9]{40}${end}`,
    String.raw`sb_secret_[\w-]{20,}`,
    String.raw`napi_[a-z0-9]{40,}`,
    String.raw`4b1d[A-Za-z0-9]{38}${end}`,
    String.raw`pat[A-Za-z0-9]{14}\.[a-f0-9]{64}`,
    String.raw`00D[A-Za-z0-9]{12,15}![\w.]{80,}`,
    String.raw`gl(?:sa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|c_[A-Za-z0-9+/]{32,}={0,3})`,
    String.raw`NR(?:AK|II|RA)-[A-Za-z0-9-]{27,}`,
    String.raw`dt0[a-z]\d\d\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}`,
    String.raw`sntry[su]_[\w+/=-]{40,}`,
  ],
  messages: [
    String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
    String.raw`xapp-\d-[A-Z0-9]{6,}-\d{6,}-[a-z0-9]{20,}`,
    String.raw`hooks\.slack\.com${slash}(?:services|workflows|triggers)${slash}(?:[A-Za-z0-9+]|${slash}){30,}`,
    String.raw`webhook\.office\.com${slash}webhookb2${slash}[\w@-]{36,}`,
    String.raw`discord(?:app)?\.com${slash}api${slash}webhooks${slash}\d{17,20}${slash}[\w-]{50,}`,
    String.raw`hooks\.zapier\.com${slash}hooks${slash}catch${slash}(?:\w|${slash}){10,}`,
    // The id of a bot in base64, which holds digits alone.
    String.raw`[MNO][DTjz][\w-]{22,24}\.[\w-]{6}\.[\w-]{27,}`,
    String.raw`\d{8,10}(?::|%3[Aa])AA[\w-]{33}${end}`,
    String.raw`SK[a-f0-9]{32}${end}`,
    String.raw`[a-f0-9]{32}-us\d{1,2}${end}`,
    String.raw`x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}`,
    String.raw`re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}${end}`,
    String.raw`EAA[MC][A-Za-z0-9]{100,}`,
  ],
  business: [
    String.raw`rk_(?:live|test|prod)_[A-Za-z0-9]{10,}`,
    String.raw`whsec_[A-Za-z0-9+/]{24,}={0,2}`,
    String.raw`shp(?:at|ca|pa|ss|ua)_[a-fA-F0-9]{32}`,
    String.raw`sq0[a-z]{3}-[\w-]{22,}`,
    String.raw`access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}`,
    String.raw`access-(?:sandbox|development|production)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}`,
    String.raw`shippo_(?:live|test)_[a-fA-F0-9]{40}`,
    String.raw`duffel_(?:test|live)_[\w=-]{40,}`,
    String.raw`EZ[AT]K[A-Za-z0-9]{54}`,
    String.raw`FLWSECK(?:_TEST)?-[a-zA-Z0-9]{12,}`,
    String.raw`pat-(?:na|eu|ap)\d-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}`,
    String.raw`lin_(?:api|oauth)_[A-Za-z0-9]{32,}`,
    String.raw`ntn_[A-Za-z0-9]{40,}`,
    String.raw`secret_[A-Za-z0-9]{43}${end}`,
    String.raw`fig[a-z]_[\w-]{40,}`,
    String.raw`sl\.(?:u\.)?[\w-]{100,}`,
    String.raw`tfp_[\w.=-]{40,}`,
    String.raw`rdme_[a-z0-9]{70}`,
    String.raw`fio-u-[\w=-]{64}`,
    String.raw`ico-[A-Za-z0-9]{32}${end}`,
    String.raw`sm_[aps]at_[A-Za-z0-9]{16}${end}`,
    String.raw`p8e-[a-z0-9]{32}${end}`,
    String.raw`CFPAT-[\w-]{40,}`,
    String.raw`sk\.eyJ[\w-]{20,}\.[\w-]{20,}`,
  ],
};

/** All of them as one alternation, to stand behind whatever says where a key may begin. By their first letter, as a text is searched faster so. */
export const VENDOR_KEYS: string = byFirstLetter(Object.values(forms).flat()).join('|');

function byFirstLetter(all: readonly string[]): readonly string[] {
  const groups = Map.groupBy(all, (form) => /^[A-Za-z0-9](?![{?*+])/u.exec(form)?.[0]);
  return [...groups].flatMap(([letter, group]) =>
    letter === undefined ? group : [`${letter}(?:${group.map((form) => form.slice(1)).join('|')})`],
  );
}
