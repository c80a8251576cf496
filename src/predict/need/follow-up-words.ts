/** Words that take up what stands before them, in the languages that people write to agents in: yes, go on, the same again. */
const MARKS = `yes yeah yep yup ya y retry rerun ok okay okey k sure fine agreed approved lgtm perfect great good correct exactly right absolutely
  definitely go ahead proceed continue going resume carry onwards next again more same too also likewise ditto it do
  ja jo jap jawohl klar genau passt einverstanden weiter weitermachen mach machs machen los gerne okej gleiche dasselbe ebenso nochmal nochmals auch
  fortfahren
  sí si dale vale venga adelante sigue seguí continúa continua hazlo hacelo procede claro perfecto acuerdo mismo misma igual también listo
  oui ouais ok vas-y vas allez allons-y fais-le continue poursuis entendu parfait accord pareil même idem aussi
  sim pode manda vai bora continue continua prossiga faz faça segue beleza certo isso mesmo igual também
  sì vai procedi continua prosegui avanti fallo perfetto bene stesso uguale certo pure anche
  ja doe doen ga door verder prima akkoord hetzelfde zelfde graag ook
  tak dobra dobrze zgoda dalej kontynuuj rób zrób dawaj jasne samo też
  да ага давай хорошо ладно окей продолжай дальше сделай делай согласен конечно верно самое тоже также
  evet tamam aynısını olur devam et yap aynısı aynı tabii onaylıyorum hadi
  có được vâng ừ làm đi tiếp tục tương tự như đồng ý ok nhé
  haan ha han hanji theek thik sahi karo kar do kardo aage badho chalu jaari same bhi हाँ हां जी ठीक करो कर दो जारी रखो आगे बढ़ो वही भी
  نعم أجل ايوه أيوه تمام حسنا حسناً استمر تابع كمل أكمل موافق نفس الشيء كذلك اعملها افعلها`;

/** Words that say nothing by themselves beside those. */
const FILLERS = `please pls keep once more make ones too you with that this those these them the a to for on in of and then now just all both one two three
  four other others rest remaining too also as well well sounds looks so let's lets let us i we it's its that's thats be once more time try
  up work thing things here there cool nice alright all-right much very
  bitte für die den das der dem es so und auch alle beide zwei drei anderen andere rest restlichen übrigen jetzt dann dir gut mal nur hier
  por favor con los las el la lo de demás otros otras dos tres resto también ahora todo todos así eso entonces que y para
  s'il te plaît plait vous pour les le la l' des du d' de autres deux trois reste aussi maintenant tout tous ça comme et avec qu
  por os as o a com outros outras dois três resto também agora tudo todos assim então ir ver para e pra
  per favore gli le i il lo di altri altre due tre resto anche ora tutto tutti così e con va dai
  alstublieft graag je de het andere twee drie rest ook nu alles maar zo en voor
  proszę dla reszty pozostałych dwóch trzech też teraz wszystko i to tak z samo
  пожалуйста для же остальных двух трёх трех тоже теперь всё все это с и то так
  lütfen diğerleri diğer için de da iki üç kalan şimdi hepsi bunu öyle kalanlar
  cho hai ba cái còn lại những kia với cũng bây giờ tất cả vậy thế  
  hai hain baaki dono sab ke liye ko abhi ji kripya है हैं बाकी दोनों सब के लिए को अभी 
  من فضلك للباقي الباقي للبقية مع هذا ذلك الآن كل على إلى و في`;

/** The same of scripts without spaces between words, and of Korean: what a run of them may be made of. */
const MARKED_RUNS = `好的 好 可以 行 嗯 对 没问题 同意 继续 接着 下一步 做吧 开始吧 一样 同样 照做 也这样 はい うん ええ 了解 お願いします お願い 続けて 続き 進めて やって いいよ いいです
  オーケー 同じ 同様 次 네 예 응 그래 좋아 좋아요 계속 진행 해줘 해주세요 해 똑같이 똑같 같은 마찬가지 다음`;
const FILLING_RUNS = `吧 了 请 的 地 其他 其余 剩下 剩余 那 两个 三个 也 都 都 就 这样 这么 做 弄 按 对 それで そのまま で の も 残り 他 二つ 三つ ください 下さい に よう を って て
  ね よ ように 全部 나머지 도 두 개 세 개 로 으로 게 는 은 를 을 좀 주세요 줘 요 다른 것 것도 전부 하게 하고 이렇게 그렇게 대로 해`;

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/u));
export const FOLLOW_UP_WORDS: { readonly marks: ReadonlySet<string>; readonly fillers: ReadonlySet<string> } = {
  marks: words(MARKS),
  fillers: words(FILLERS),
};
export const FOLLOW_UP_RUNS: { readonly marks: ReadonlySet<string>; readonly fillers: ReadonlySet<string> } = {
  marks: words(MARKED_RUNS),
  fillers: words(FILLING_RUNS),
};
