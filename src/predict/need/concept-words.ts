/**
 * What words stand for, across the languages that people write to agents in: one line per concept, stems of its words in
 * English, German, Spanish, French, Portuguese, Italian, Dutch, Polish, Russian, Turkish, Vietnamese, Hindi (both scripts),
 * Arabic, Chinese, Japanese and Korean. A stem that ends in `*` stands for every word that starts with it; scripts without
 * spaces, and Korean, are searched anywhere in the text. So a model that was shown `timeout` in English knows it in Turkish.
 */
export const CONCEPT_WORDS: Readonly<Record<string, string>> = {
  fix: 'fix* repair* mend* behebe* behoben beheb* repariere* korrigier* fixe* arregl* corrig* corrij* soluciona* répar* réglé régler conserta* arruma* aggiusta* sistema* corregg* repareer* herstel* napraw* popraw* исправ* почин* поправ* düzelt* onar* sửa ठीक theek sahi صلح* أصلح* اصلح* عدّل 修复 修正 修好 修一下 改好 直して 直す 修理 治して 고쳐 고치 수정',
  add: 'add* append insert* hinzu* ergänz* einfüg* füge añad* agreg* pon mete ajout* rajout* mets adiciona* acrescent* coloca* põe aggiung* metti inserisc* voeg toevoeg* dodaj* dopisz* wstaw* добав* вставь ekle* thêm जोड़* jod jodo daal* أضف اضف ضيف زود 添加 加上 加个 加一 增加 新增 追加 足して 付けて 入れて 추가 넣어 붙여',
  change:
    'chang* alter* adjust* tweak* ändern änder* anpass* umstell* setz* cambi* modific* ajust* chang* modifi* mud* altera* troc* imposta* wijzig* aanpass* verander* zmień zmieni* ustaw* измен* поменя* замени* сделай değiştir* ayarla* yap đổi thay बदल* badal* kar غيّر غير* بدل* 改成 改为 改一下 调整 换成 変え 変更 にして 바꿔 변경 바꾸',
  rename:
    'renam* umbenenn* umbenannt renombra* renomm* renomei* rinomin* hernoem* переимен* zmień-nazwę przemian* adını yeniden-adlandır* đổi-tên 重命名 改名 リネーム 名前を変 이름을 이름변경',
  remove:
    'remov* delet* drop* strip* lösch* entfern* wegwerf* raus elimin* borra* quita* supprim* enlèv* vire retir* remov* apag* tira* exclu* rimuov* togli* cancell* verwijder* usuń usuw* skasuj wywal* удал* убери убрать выкин* sil* kaldır* çıkar* xóa bỏ हटा* hata* delete احذف امسح شيل 删除 删掉 去掉 移除 削除 消して 外して 삭제 지워 빼줘 제거',
  move: 'move* mov* relocat* verschieb* déplac* spost* verplaats* przenieś przeni* перенес* перемест* taşı* chuyển انقل 移到 移动 挪 移して 移動 옮겨 이동',
  build:
    'implement* build* creat* make develop* bau* erstell* umsetz* implementier* implement* crea* constru* hacer haz créer crée faire fais développ* construi* cria* faz* faça desenvolv* crea* costrui* fai realizza* bouw* maak* zrób stwórz zbuduj zaimplement* реализ* сделать создай напиши разработ* oluştur* geliştir* tạo làm viết बना* bana* banao انشئ أنشئ اعمل ابني سوّي 实现 创建 开发 做一个 写一个 搭建 作って 作成 実装 作る 만들어 구현 생성 개발',
  refactor:
    'refactor* restructur* rework* simplif* clean* aufräum* umbau* refaktor* vereinfach* limpi* simplific* nettoy* refactoris* refator* limp* rifattorizz* semplific* opschon* uprość posprzątaj рефактор* упрост* sadeleştir* temizle* 重构 整理 精简 リファクタ 整理して 綺麗に 리팩터 리팩토 정리',
  migrate:
    'migrat* port portier* umzieh* umstieg migrier* migra* migr* przejście migruj мигр* перенос* перевест* taşıma geçiş* di-chuyển ترحيل انقل 迁移 移植 搬到 移行 마이그레이션 이전 이관',
  convert:
    'convert* transform* turn umwandel* konvertier* convier* convert* transforma* convert* zamień przekonwert* конверт* преобраз* dönüştür* çevir* chuyển حوّل حول 转换 转成 変換 변환',
  format:
    'format* indent* whitespace einrück* formatier* formate* mise-en-forme sangr* einheitlich sformat* отформат* biçim* định-dạng تنسيق 格式化 格式 缩进 整形 インデント 포맷 들여쓰기',
  revert:
    'revert* undo rollback roll-back rückgängig zurücksetz* deshac* deshaz* revierte annul* reverte* desfaz* annulla* ripristin* terugdraai* cofnij przywróć откат* отмени geri-al* hoàn-tác undo تراجع رجّع 回滚 撤销 还原 恢复 戻して 元に戻 되돌려 롤백',
  upgrade:
    'upgrad* update* bump* aktualisier* hochzieh* actualiz* mett* mettre-à-jour atualiz* aggiorn* bijwerk* zaktualizuj podnieś обнов* güncelle* yükselt* cập-nhật nâng-cấp حدّث حدث 升级 更新 アップデート 上げて アップグレード 업데이트 업그레이드 올려',
  configure:
    'configur* set-up setup einricht* konfigurier* configur* paramétr* imposta* instel* skonfiguruj настро* ayar* kur* cấu-hình إعداد 配置 设置 设定 設定 구성 설정',
  deploy:
    'deploy* release* rollout roll-out ship* ausroll* veröffentlich* despleg* publica* déploi* déploy* mise-en-ligne mise-en-prod implant* subir publica* rilasci* uitrol* wdroż* wypuść wdraż* деплой* выкат* раскат* yayınla* canlıya triển-khai نشر 部署 上线 发布 デプロイ リリース 本番反映 배포 릴리스 출시',
  run: 'run start execut* launch* ausführ* laufen starte* ejecut* corre* lanza* lanc* exécut* roda* execut* esegui* lancia* draai* uruchom* odpal* запуст* прогон* çalıştır* chạy चला* chala* run شغّل شغل 运行 跑一下 跑一遍 执行 启动 実行 走らせ 回して 流して 실행 돌려',
  test: 'test* spec* prüf* teste* prueba* probar test* tests teste* testar prova* verifica* testy przetest* тест* протест* sınama test* kiểm-thử kiểm-tra टेस्ट जांच اختبار* اختبر* 测试 单测 用例 テスト 試験 테스트 시험',
  verify:
    'verif* validat* check* confirm* ensure whether prüfe* überprüf* nachprüf* stimmt kontrollier* comprob* verific* valida* revisa* vérifi* valid* contrôl* confirm* verific* confere* valida* controll* controleer* sprawdź sprawdz* zweryfikuj провер* убедись сверь doğrula* kontrol* xác-minh kiểm जाँच check تحقق تأكد 检查 验证 核对 确认 校验 確認 検証 確かめ チェック 확인 검증 체크',
  review:
    'review* critique audit* look-over read-through feedback drüberschau* drüber begutacht* durchseh* revis* audit* reli* relis relire relecture revê* revis* audita* rived* recension* nakijk* nakijken beoordeel* zrecenzuj przejrzyj рецен* ревью посмотри глянь gözden incele* bak* đánh-giá xem देख* dekh* راجع مراجعة شوف 审查 评审 审一下 看看 看一下 审阅 レビュー 見て 査読 監査 指摘 리뷰 검토 봐줘 봐 감사',
  opinion:
    'opinion think objection* thoughts okay acceptable meinung meinst findest passt opin* crees parece pens* avis trouves acha pare* pensi vind* sądzisz myślisz думаешь мнение нормально sence nghĩ रأيك رأي 觉得 意见 行不行 可以吗 どう思 問題ない いいかな 大丈夫 어때 생각 괜찮',
  approve:
    'approv* allow* permit block* merge lgtm accept* reject* freigeb* erlaub* genehmig* abnehm* aprob* permit* rechaz* approuv* autoris* accept* aprova* aceita* approva* goedkeur* zatwierdź odrzuć одобр* разреш* принять onayla* izin duyệt موافق اعتمد 批准 允许 通过 合并 承認 許可 マージ 승인 허용 머지',
  grade:
    'grad* score* rate rubric judge* bewert* note* benot* califica* puntú* puntua* note* noter barème avali* valuta* punteggio beoordel* oceń ocena оцен* балл* puan* değerlendir* chấm قيّم 打分 评分 评价 採点 評価 채점 평가 점수',
  compare:
    'compar* versus vs difference* unterschied* vergleich* diferencia* différence* compar* diferença* confront* differenz* vergelijk* verschil* porówn* różnic* сравн* разниц* отлич* karşılaştır* fark* so-sánh khác فرق قارن 对比 比较 区别 差异 比較 違い 비교 차이',
  find: 'find* where search* locate grep wo finde* such* dónde donde busca* encuentra* où trouv* cherch* onde ach* procur* busc* dove trova* cerca* waar zoek* gdzie znajd* szukaj где найд* найти поищи nerede bul* ara* ở-đâu tìm कहाँ kahan kaha dhundh* أين وين فين ابحث لاقي 在哪 哪里 哪儿 查找 找出 找到 找一下 搜索 どこ 探して 見つけ 検索 어디 찾아 찾기 검색',
  show: 'show list* print display* zeig* liste* auflist* muestra* enseña* lista* montre* affich* liste* mostra* exibe elenca* toon* pokaż wypisz wyświetl покаж* вывед* список göster* listele* liệt-kê hiện दिखा* dikha* اعرض ورّيني 显示 列出 展示 列一下 表示 一覧 見せて 출력 보여 목록 나열',
  explain:
    'explain* describ* understand* walk* meaning means erklär* versteh* bedeutet explica* entiend* significa expliqu* comprend* signifie explica* entend* spiega* capire uitleg* wyjaśnij wytłumacz объясн* поним* означает açıkla* anla* anlamı giải-thích hiểu समझा* samjha* matlab اشرح يعني معنى 解释 说明 讲讲 什么意思 説明 教えて 意味 解説 설명 알려줘 뜻',
  what: 'what was qué que quel* quoi o-que qual cosa quale wat co jaki* что какой какая какие ne nedir gì क्या kya kaunsa ما ماذا ايش 什么 哪个 哪些 何 どの どれ 뭐 무엇 어떤',
  why: 'why reason* cause warum wieso weshalb ursache grund por-qué porqué causa pourquoi raison porque por-que perché motivo waarom dlaczego czemu powód почему зачем причин* neden niye sebeb* tại-sao vì-sao sao क्यों kyu kyun kyon لماذا ليش ليه سبب 为什么 为啥 怎么会 原因 なぜ なんで どうして 原因 왜 이유 원인',
  how: 'how wie cómo comment como come hoe jak как nasıl làm-sao thế-nào कैसे kaise كيف شلون ازاي 怎么 如何 怎样 どうやって どうすれば 方法 어떻게 방법',
  should:
    'should shall better recommend* advis* sollte* soll empfehl* besser debería* conviene recomiend* devr* faut-il vaut recommand* conseill* deveria* vale recomend* dovre* convien* consigli* moet beter powinien lepiej warto polec* стоит лучше совет* следует gerek* mı daha-iyi öner* nên चाहिए chahiye behtar يجب أفضل احسن تنصح 应该 建议 推荐 好还是 哪个好 还是 すべき がいい おすすめ べきか 좋을까 추천 나을까 해야',
  plan: 'plan* roadmap strategy approach steps phase* milestone* schedul* order planen planung vorgehen strategie ablauf reihenfolge planific* estrategia pasos orden étap* stratégie plan* ordre planej* passos ordem estratégia pianific* passi ordine aanpak stappen kroki kolejność strategi* план* стратег* этап* порядок plan* adım* sıra kế-hoạch bước योजना plan خطة خطوات 计划 规划 方案 步骤 顺序 策略 计划书 計画 手順 方針 順番 段取り 계획 단계 순서 방안 전략',
  design:
    'design* architect* model* propos* sketch* entwurf entwirf entwerf* konzept* diseñ* propón propon* arquitect* conçois concev* conception propos* desenh* projet* arquitet* progett* disegn* ontwerp* ontwerpen zaprojektuj projekt* architektur* спроект* архитект* предлож* tasarla* mimari thiết-kế kiến-trúc डिज़ाइन design صمم تصميم اقترح 设计 架构 提议 拆分 设计一下 設計 アーキテクチャ 構成 案を 提案 설계 아키텍처 구조 제안',
  options:
    'option* alternative* trade-off* tradeoff* pros cons decide decision choose variant* entscheid* abwäg* möglichkeit* opcion* alternativa* decid* compromis choix choisi* décid* opç* decid* scelt* opzion* keuze kies wybór wybierz opcj* выбор* вариант* решить seçenek* seç* karar lựa-chọn خيار* قرار 选择 选型 取舍 利弊 选哪 決め 選ぶ 選択 候補 メリット 선택 결정 장단점 대안',
  estimate:
    'estimat* effort how-long schätz* aufwand estima* esfuerzo estim* stima* inschat* oszac* wycen* оцени-срок* трудо* tahmin* ước-tính تقدير 估算 估计 工期 見積 工数 견적 추정',
  summarize:
    'summar* tl;dr tldr recap condens* digest* gist zusammenfass* fasse kurzfass* resum* résum* synthès* synthét* resumo resuma riassun* sintesi samenvat* streść podsum* резюм* кратко итог* özet* tóm-tắt सारांश summary saransh لخص* ملخص* 总结 摘要 概括 归纳 小结 要約 まとめ 概要 요약 정리해',
  shorten:
    'short* brief* sentence* bullet* kürz* kurz satz sätz* stichpunkt* breve corto frase* líneas court* phrase* puces curt* frases breve frasi punti kort* zin krótk* zdani* пункт* коротк* предлож* kısa* cümle* madde* ngắn câu छोटा chhota line mein قصير سطر جملة 一句话 简短 几句 要点 一行 一言 箇条書き 短く 行で 文で 한줄 한 문장 짧게 간단히',
  commitMessage:
    'commit* commit-message changelog* release-notes pr-description commitnachricht änderungsprotokoll mensaje-de-commit notas mensagem-de-commit messaggio-di-commit opis-pr коммит* журнал 提交信息 提交说明 变更日志 发布说明 周报 日报 コミットメッセージ リリースノート 変更履歴 週報 日報 커밋 변경사항 릴리스노트',
  title:
    'title* heading* headline* titel* überschrift* título* titre* titolo* tytuł* заголов* назван* başlık* tiêu-đề عنوان 标题 起名 题目 タイトル 題名 見出し 제목',
  notes:
    'meeting* minutes notes transcript* protokoll* sitzung* notiz* reunión acta* notas réunion compte-rendu notes reunião ata verbale riunione vergadering notulen spotkani* notatk* встреч* протокол* заметк* toplantı* not* cuộc-họp biên-bản मीटिंग meeting اجتماع محضر 会议 纪要 笔记 会議 議事録 メモ 회의 회의록 메모',
  write:
    'write* draft* compose* schreib* verfass* entwurf escrib* redact* écri* rédig* escrev* redij* scriv* schrijf* napisz напиши* написать составь yaz* viết लिख* likh* اكتب 写 起草 撰写 書いて 作文 써줘 작성',
  mail: 'mail* email* e-mail letter* reply message* brief antwort* schreiben correo* carta* respuesta courriel lettre* réponse carta* resposta lettera* risposta brief antwoord list* wiadomość odpowiedź письм* ответ* mektup* e-posta yanıt* thư मेल رسالة بريد رد 邮件 回信 信 メール 手紙 返信 메일 편지 답장',
  translate:
    'translat* english german french spanish übersetz* englisch deutsch traduc* inglés español tradui* anglais français traduz* inglês português tradu* inglese vertal* engels przetłumacz angielsk* перевед* перевод английск* çevir* ingilizce dịch tiếng-anh अनुवाद translate angrezi ترجم* الإنجليزية 翻译 英文 中文 翻成 訳して 翻訳 英語 日本語 번역 영어로 한국어',
  thanks:
    'thank* thx great nice cool perfect awesome danke super gracias genial perfecto merci parfait obrigad* valeu grazie perfetto bedankt dzięk* спасибо круто teşekkür* sağol cảm-ơn धन्यवाद shukriya dhanyavad شكرا 谢谢 多谢 辛苦 ありがとう 助かり 고마워 감사합니다',
  greet:
    'hi hello hey hallo hola bonjour salut olá oi ciao hoi cześć привет merhaba selam chào नमस्ते namaste مرحبا السلام 你好 こんにちは 안녕',
  yes: 'yes yeah yep ok okay sure go ja jo klar mach sí si dale vale venga oui ouais vas-y sim pode bora sì vai doe tak dawaj да давай ага evet tamam hadi vâng được हाँ haan ha नعم ايوه تمام 好 好的 可以 行 嗯 对 はい うん お願い 了解 네 응 그래 좋아',
  no: "no nope don't stop wait cancel nein nicht stopp halt warte para espera non arrête attends não pare espera fermo aspetta nee niet nie stój czekaj нет не стоп подожди hayır dur bekle không dừng नहीं nahi mat ruk لا وقف 不要 别 不用 停 等等 いいえ やめて 待って 違う 아니 멈춰 하지마",
  goOn: 'continue proceed next resume weiter fahr sigue continúa continue continuer suite continua segue próximo avanti ga-door verder dalej kontynuuj продолж* дальше devam* sıradaki tiếp जारी aage chalu كمّل كمل استمر 继续 接着 下一个 往下 続けて 次 進めて 계속 다음 진행',
  same: 'same likewise again too also other rest genauso gleiche auch nochmal restlichen igual mismo también otra resto pareil même aussi reste mesmo também outra resto stesso anche altri zelfde ook tak-samo też reszt* также тоже же остальн* aynı de-ayrıca diğer* giống cũng वही same bhi نفس كمان ايضا 同样 一样 也 其他 其余 同じ 他も 残り 同様 똑같 같은 나머지 도',
  investigate:
    'investigat* diagnos* debug* trace root figure-out look-into track-down untersuch* herausfind* nachgeh* fehlersuche investiga* averigua* depura* diagnostic* enquêt* débog* cherche-pourquoi investig* descobr* depur* indag* scopri* uitzoek* zbadaj ustal debuguj расслед* разбер* выясн* отлад* araştır* bul-neden điều-tra tìm-hiểu पता pata debug kar حقق شخّص 排查 调查 定位 诊断 查一下 查原因 弄清 調べて 調査 特定 切り分け デバッグ 원인 조사 디버그 추적 파악',
  reproduce:
    'reproduc* repro reproduzier* nachstell* reproduc* reproduir* reproduz* riprodu* odtwórz воспроиз* tekrar-üret* tái-hiện 复现 重现 再現 재현',
  prove:
    'prove* proof* invariant* formal* theorem* lemma correctness beweis* nachweis* formell demuestra* demostr* prueba-que invariante prouv* démontr* preuve prov* demonstr* dimostr* bewijs* udowodnij dowód доказ* инвариант* kanıtla* ispat chứng-minh اثبت برهان 证明 不变量 形式化 证一下 証明 不変条件 形式 증명 불변',
  measure:
    'measur* benchmark* profil* latenc* throughput* metric* mess* messung durchsatz mid* rendimiento mesur* débit med* desempenho misur* prestazion* meet* zmierz wydajno* измер* профил* производ* ölç* performans đo हिसाब قياس قِس 基准 性能 压测 测量 延迟 吞吐 計測 性能 ベンチ 測って プロファイル 측정 성능 벤치',
  optimize:
    'optimi* faster speed* quick* slow* schnell* langsam* beschleunig* rápid* lent* optimiz* aceler* rapide lent* accélér* rápid* lent* acelera* veloc* lent* snel* traag szybk* woln* przyspiesz ускор* медлен* тормоз* быстр* hızlan* hızlı yavaş* nhanh chậm तेज slow tez سريع بطيء بطيئ* 优化 加速 太慢 很慢 慢 快一点 高速化 遅い 重い 早く 速く 느려 느린 빠르게 최적화',
  count:
    'count* how-many number-of sum total* average* zähl* wieviel* anzahl summe cuent* cuánt* total suma compt* combien somme cont* quant* soma cont* quant* somma tel* hoeveel policz ile suma посчита* сколько сумм* say* kaç toplam đếm bao-nhiêu गिन* kitne total kitna كم عدد احسب مجموع 多少 数一下 统计 计算 合计 几个 数えて いくつ 合計 件数 何件 몇 개수 합계 세어',
  generate:
    'generat* random* sample-data dummy seed* erzeug* generier* genera* génèr* gera* gera* genereer* wygeneruj сгенерир* üret* ولّد 生成 随机 造数据 生成して ダミー 생성 더미',
  bug: 'bug* defect* broken wrong incorrect issue* problem* fehler* falsch kaputt problema* error* mal roto bogue* faux cassé* problème* defeito errado quebr* sbagliat* rott* fout* kapot błąd błęd* zepsut* źle баг* ошибк* сломал* неправ* hata* bozuk yanlış lỗi sai hỏng गलत galat bug kharab خطأ غلط مشكلة خربان 错误 不对 坏了 有问题 报错 バグ おかしい 不具合 間違 壊れ 버그 오류 잘못 이상 문제',
  failing:
    'fail* error* exception* traceback undefined null refused denied fehlgeschlagen schlägt scheitert falla* fallo échou* échec plante falh* fallisc* fallit* faalt mislukt pada nie-działa padł падает упал* не-работает çalışmıyor başarısız hata-veriyor thất-bại không-chạy fail nahi-chal فشل يفشل ما-يشتغل 失败 报错 不行 跑不起来 失敗 エラー 落ちる 動かない 실패 에러 안돼 안됨 안 돼',
  crash:
    'crash* segfault* panic* abort* core-dump oom killed abstürz* absturz* cuelga bloquea se-cae plant* plantage trava* crasha* vastlop* crashuje wywala* падени* краш* çöküyor çök* sập क्रैश crash ينهار كراش 崩溃 闪退 宕机 段错误 挂了 クラッシュ 落ち 異常終了 크래시 죽어 다운',
  hang: 'hang* freez* stuck deadlock* block* stall* timeout* hängt bleibt-hängen einfrier* blockier* congela* atasca* bloquea* fige* bloqu* gèle trava* congela* blocca* hangt vastzit zawiesza* wisi завис* виснет блокир* дедлок* takıl* donu* kilitlen* treo đơ अटक* hang atak يعلق تعليق 卡住 卡死 死锁 超时 挂起 固まる ハング デッドロック タイムアウト 止まる 멈춤 멈춰 데드락 타임아웃 먹통',
  leak: 'leak* rss heap memory oom garbage speicher* leck* fuga* memoria fuite* mémoire vazamento* memória perdita memoria lek* geheugen wyciek* pamię* утеч* памят* bellek sızıntı rò-rỉ bộ-nhớ मेमोरी memory تسريب ذاكرة 泄漏 泄露 内存 メモリ リーク 메모리 누수',
  race: 'race* concurren* thread* parallel* atomic* mutex* lock* semaphore* async* nebenläufig* gleichzeitig* sperr* concurren* hilo* simultán* paralel* bloqueo concurren* simultan* verrou* parallèl* concorrên* simultân* concorren* gelijktijdig* współbież* równoleg* wątk* blokad* гонк* конкурент* поток* параллел* одновремен* блокиров* eşzamanlı* yarış* kilit* đồng-thời luồng تزامن متوازي قفل 并发 竞态 竞争 线程 同时 锁 原子 競合 並行 同時 排他 ロック スレッド 非同期 동시성 동시에 경쟁 스레드 락 잠금',
  sometimes:
    'sometimes intermittent* flak* occasional* rarely random* once-in manchmal sporadisch gelegentlich selten ab-und-zu veces intermitente* aleatori* parfois aléatoir* intermittent* às-vezes vezes intermitente* volte saltuari* soms af-en-toe czasem czasami losowo sporadycz* иногда изредка случайн* плава* bazen ara-sıra rastgele đôi-khi thỉnh-thoảng कभी kabhi kabhi-kabhi أحيانا احيانا مرات 偶尔 有时 偶发 时不时 随机 間欠 たまに 時々 ときどき まれに 回に1回 가끔 간헐 때때로 랜덤',
  security:
    'secur* vulnerab* exploit* attack* inject* xss csrf ssrf threat* escal* sicherheit* angriff* schwachstell* lücke* segurid* vulnerab* ataque* sécurit* vulnérab* attaqu* faille* seguranç* vulnerab* ataque* sicurezza attacc* beveilig* aanval* bezpiecz* atak* podatn* безопас* уязв* атак* güvenlik* saldırı* bảo-mật tấn-công सुरक्षा security أمان امن ثغرة هجوم 安全 漏洞 攻击 注入 越权 セキュリティ 脆弱 攻撃 보안 취약 공격',
  access:
    'auth* permission* privilege* role* access* login* token* session* session oauth saml sso jwt rls tenant* berechtig* zugriff* anmeld* rolle* mandant* permiso* acceso* rol* autentic* inquilino* droit* accès connexion rôle* permiss* acesso* login papel permess* accesso rechten toegang inlog* uprawn* dostęp* logowan* ролей доступ* прав* авторизац* вход yetki* erişim* giriş* rol quyền đăng-nhập अनुमति login صلاحي* دخول تسجيل 权限 登录 认证 授权 角色 租户 令牌 認証 権限 ログイン 認可 テナント 권한 로그인 인증 접근 테넌트',
  secret:
    'password* secret* credential* key* certificate* encrypt* decrypt* crypt* hash* sign* nonce hmac aes tls passwort* geheim* verschlüssel* zertifikat* schlüssel* contraseña* clave* cifr* firma* mot-de-passe clé* chiffr* certificat* senha* chave* criptograf* assinatur* chiave crittograf* wachtwoord sleutel versleutel* hasł* klucz* szyfr* podpis* парол* ключ* шифр* подпис* секрет* şifre* anahtar* imza* mật-khẩu khóa mã-hóa पासवर्ड password كلمة-السر مفتاح تشفير 密码 密钥 证书 加密 解密 签名 哈希 パスワード 秘密鍵 鍵 証明書 暗号 署名 비밀번호 키 인증서 암호 서명',
  money:
    'pay* payment* price* pricing billing invoice* refund* charge* ledger balance* account* bank* tax* vat interest* payout* currency money rechnung* zahlung* preis* konto* buchung* steuer* betrag* geld rabatt* pago* factura* precio* cobr* saldo* impuesto* dinero iva reembols* paiement* facture* prix compte* solde* taxe* tva argent rembours* pagament* fatura* preço* cobr* saldo* imposto* dinheiro estorno* fattur* prezz* saldo tass* soldi rimbors* betaling* factuur prijs belasting płatn* faktur* cen* saldo podat* pieni* zwrot* плат* счет* счёт* цен* баланс* налог* деньги возврат* оплат* ödeme* fatura* fiyat* bakiye* vergi* para iade* thanh-toán hóa-đơn giá tiền thuế भुगतान paisa payment paise दाम دفع فاتورة سعر رصيد ضريبة فلوس مبلغ 支付 付款 退款 账单 价格 余额 税 发票 金额 钱 对账 分账 支払 決済 請求 価格 残高 税 返金 金額 口座 결제 환불 청구 가격 잔액 세금 금액 정산',
  personal:
    'customer* user-data personal gdpr privacy pii consent anonymi* kunden* personenbezogen* datenschutz dsgvo cliente* datos-personales privacidad client* données-personnelles rgpd cliente* dados-pessoais lgpd client* dati-personali klant* privacy klient* dane-osobowe rodo клиент* персональн* müşteri* kişisel kvkk khách-hàng ग्राहक customer عميل زبون خصوصية 客户 用户数据 隐私 个人信息 顧客 個人情報 プライバシー 고객 개인정보',
  health:
    'patient* medic* dose* dosage clinic* hospital* drug* diagnos* insulin allerg* pharma* arzt ärzt* krank* medikament* dosis paciente* médic* dosis medicament* hospital* clínic* patient* médic* dose* médicament* hôpital paciente* médic* dose remédio* hospital pazient* farmac* dosaggio ziekenhuis patiënt* pacjent* lek* dawk* szpital* пациент* доз* лекарств* больниц* врач* hasta* ilaç* doz* hastane bệnh-nhân thuốc liều मरीज dawai mariz مريض دواء جرعة مستشفى 患者 药 剂量 医院 病人 医疗 患者 薬 投与 用量 病院 医療 환자 약 용량 병원 의료',
  legal:
    'legal* law* contract* lawyer liab* licen* complian* regulat* audit* court clause* recht* vertrag* gesetz* haftung* klausel* anwalt kündig* legal* ley contrato* cláusula* abogad* loi contrat* juridi* clause* avocat licenciement lei contrato* cláusula* jurídic* advogad* legge contratt* clausol* avvocat* contract wet juridisch umow* praw* klauzul* prawnik закон* договор* юрид* юрист* yasa* sözleşme* hukuk* avukat luật hợp-đồng pháp कानून contract kanoon قانون عقد محامي 法律 合同 条款 合规 律师 法規 契約 法律 条項 弁護士 규정 계약 법률 조항 변호사',
  production:
    'prod production live customers-see outage incident* on-call downtime produktion* produktiv* livesystem ausfall störung producción vivo caída en-ligne panne incident* produção ar fora-do-ar produzione guasto productie storing produkcj* produkcyj* awari* прод* продакшен* боев* авари* инцидент* canlı* üretim kesinti production sản-xuất sự-cố प्रोडक्शन prod live إنتاج الانتاج برودكشن 生产 线上 正式环境 故障 事故 本番 障害 稼働中 운영 프로덕션 장애 라이브',
  backup:
    'backup* restor* recover* disaster snapshot* replic* failover* sicherung* wiederherstell* copia-de-seguridad respaldo* restaur* recuper* sauvegard* restaur* récupér* backup* restaur* recuper* ripristin* back-up kopi* przywróc* odzysk* бэкап* резервн* восстанов* репликац* yedek* geri-yükle* kurtar* sao-lưu khôi-phục बैकअप backup نسخة-احتياطية استعادة 备份 恢复 容灾 主从 复制 バックアップ 復元 復旧 フェイルオーバー 백업 복구 복원',
  dataLoss:
    'lose losing lost corrupt* truncat* overwrit* irreversib* verlier* verlust* datenverlust zerstör* überschr* pierd* pérdida corromp* perd* perte* corromp* écras* perd* corromp* perd* corrott* verlies* kwijt utrat* stracić uszkodz* потер* поврежд* теря* kaybol* kayıp bozul* mất dữ-liệu-mất खो gayab kho ضاع فقدان 丢失 丢数据 损坏 覆盖 消えた 失われ 破損 消失 欠落 유실 손실 손상 사라',
  database:
    'database* postgres* mysql* sqlite* mongo* redis* oracle sql quer* join* table* row* index* schema* select datenbank* abfrage* tabelle* zeile* spalte* base-de-datos consulta* tabla* fila* base-de-données requêt* ligne* banco consulta* tabela* linha* database tabell* righ* query baza* zapytan* wiersz* баз* запрос* таблиц* строк* veritabanı sorgu* tablo* satır* cơ-sở-dữ-liệu truy-vấn bảng डेटाबेस query table قاعدة استعلام جدول 数据库 查询 表 索引 字段 データベース クエリ テーブル インデックス 행 쿼리 테이블 디비 데이터베이스 인덱스',
  transaction:
    'transaction* consisten* isolation idempot* exactly-once duplicat* double* doppelt* transakt* idempotent* konsisten* transacc* consisten* duplicad* doble* cohéren* doublon* deux-fois transaç* duplic* consist* transazion* doppi* coeren* dubbel* transakc* podwójn* spójn* транзак* дубл* двойн* согласован* işlem* çift* tutarlı* giao-dịch trùng नक़ल duplicate dobara معاملة مكرر تكرار 事务 一致性 幂等 重复 双写 トランザクション 整合性 冪等 二重 重複 트랜잭션 중복 일관성 멱등',
  distributed:
    'distribut* consensus raft paxos replica* partition* shard* cluster* leader quorum crdt sync* eventual* verteilt* synchron* clúster distribuid* réparti* synchronis* sincroniz* distribuit* gedistribueerd rozprosz* synchroniz* распредел* синхрон* кластер* dağıtık* senkron* küme* phân-tán đồng-bộ موزع مزامنة 分布式 集群 同步 分片 共识 多活 分散 同期 クラスタ レプリカ 분산 동기화 클러스터 샤딩',
  server:
    'server* kubernetes k8s docker* container* nginx terraform* helm pod* node* ingress dns load-balancer cloud aws servidor* contenedor* serveur* conteneur* contêiner* contenitor* kontener* serwer* сервер* контейнер* sunucu* konteyner* máy-chủ सर्वर server خادم سيرفر 服务器 容器 集群 服务 サーバ コンテナ クラウド 서버 컨테이너 클라우드',
  network:
    'network* tcp udp packet* mtu vpn firewall* proxy socket* http* netzwerk* verbindung* red conexión* réseau* connexion* rede* conexão* rete conness* netwerk sieć sieci połączen* сет* соединен* пакет* ağ bağlantı* mạng kết-nối नेटवर्क network شبكة اتصال 网络 连接 防火墙 代理 ネットワーク 接続 通信 네트워크 연결 통신 방화벽',
  cache: 'cache* caching ttl zwischenspeicher* caché antémémoire önbellek* кэш* кеш* bộ-đệm كاش 缓存 キャッシュ 캐시',
  queue:
    "queue* kafka rabbit* event* stream* worker* consumer* warteschlange* ereignis* cola* evento* file-d'attente événement* fila* evento* coda code evento* wachtrij kolejk* zdarzen* очеред* событ* kuyruk* olay* hàng-đợi طابور حدث 队列 消息 事件 消费 キュー イベント メッセージ 큐 이벤트 메시지",
  compiler:
    'compiler* optimizer* pass ir ssa llvm codegen ast register-alloc* jit vm interpreter* linker* übersetzer compilador* compilateur* compilatore kompilator* компилятор* derleyici* trình-biên-dịch 编译器 优化器 虚拟机 コンパイラ 最適化パス 컴파일러',
  kernel:
    'kernel* driver* interrupt* isr dma mmu syscall* ebpf bootloader* treiber* unterbrech* núcleo controlador* noyau pilote* interruption* driver interrup* kernel* sterownik* przerwan* ядр* драйвер* прерыван* çekirdek sürücü* kesme nhân 内核 驱动 中断 引导 カーネル ドライバ 割り込み 커널 드라이버 인터럽트',
  embedded:
    'firmware* embedded mcu stm32* esp32 avr rtos uart i2c spi can plc sensor* motor* actuator* watchdog eingebettet* steuerung* antrieb* motor* sensor* embebid* actuador* embarqu* moteur* capteur* embarcad* sensor* motor* sensori motore wbudowan* silnik* czujnik* прошивк* датчик* двигател* контроллер* gömülü sensör* cihaz nhúng cảm-biến सेंसर sensor مستشعر محرك 固件 单片机 嵌入式 传感器 电机 ファームウェア 組込 センサ モータ マイコン 펌웨어 임베디드 센서 모터',
  safety:
    'safety* interlock* emergency brake* hazard* fail-safe sil injur* not-aus notaus sicherheitskreis bremse* gefahr* gefährlich* seguridad-funcional freno* emergencia peligr* frein* urgence danger* sûreté freio* emergência perig* freno emergenza pericol* rem noodstop gevaar* hamulec awaryjn* niebezpiecz* тормоз* авар* опасн* fren* acil tehlike* phanh khẩn-cấp nguy-hiểm खतर* khatra خطر خطير فرامل طوارئ 急停 刹车 危险 联锁 非常停止 ブレーキ 危険 安全装置 비상 브레이크 위험',
  gpu: 'gpu* cuda* shader* simd vectoriz* warp* webgpu opencl vulkan кернел* шейдер* 显卡 着色器 シェーダ 셰이더',
  learning:
    'train* model* neural* loss gradient* epoch* dataset* classifier* llm embedding* finetun* transformer* trainier* lernrate entrena* modelo* entraîn* modèle* trein* modelo* addestr* modell* uczeni* model* обуч* модел* нейрос* eğit* öğren* huấn-luyện mô-hình ट्रेन* training نموذج تدريب 训练 模型 损失 梯度 数据集 学習 モデル 損失 データセット 학습 모델 손실 데이터셋',
  statistics:
    'statist* regression bayes* variance confound* p-value causal* survival sample* distribut* significan* statistik* stichprobe* verteilung* estadíst* muestra* statistiq* échantillon* estatíst* amostra* statistic* campion* statystyk* próbk* статист* выборк* распредел* istatist* örneklem* thống-kê सांख्यिकी إحصاء 统计 回归 显著 因果 样本 統計 回帰 有意 標本 통계 회귀 유의',
  maths:
    'equation* integral* matrix* eigen* solver* numeric* converge* precision float* rounding fft optimiz* gleichung* numerisch* konverg* genauigkeit rundung* ecuación* convergen* precisión redonde* équation* converg* précision arrond* equaç* converg* precisão arredond* equazion* precision* arrotond* vergelijking afrond* równan* zbieżn* zaokrągl* уравнен* сходим* округл* точност* denklem* yakınsa* yuvarla* phương-trình làm-tròn गणित round معادلة تقريب 方程 收敛 精度 舍入 矩阵 数值 方程式 収束 精度 丸め 行列 방정식 수렴 정밀도 반올림 행렬',
  algorithm:
    'algorithm* complexity dynamic-programming graph* heuristic* schedul* solver optimal* constraint* np-hard algorithmus algoritm* graphe* algorithme* grafo* harmonogram* алгоритм* граф* расписан* algoritma* çizelge* thuật-toán लगोरिथ्म خوارزمية 算法 复杂度 调度 最优 约束 アルゴリズム 最適 制約 スケジュール 알고리즘 최적 제약 스케줄',
  parser:
    'pars* grammar* lexer* token* regex* regexp* pattern* parsen ausdruck* gramát* analis* grammaire* analys* gramát* expressão grammatic* wyrażen* парс* регуляр* граммат* ayrıştır* düzenli-ifade phân-tích-cú-pháp regex पार्स تحليل 解析 正则 语法 パース 正規表現 構文 파싱 정규식 파서',
  time: 'date* time* timezone* dst clock* calendar utc cron datum* uhrzeit* zeitzone* sommerzeit fecha* hora* zona-horaria date* heure* fuseau* data* hora* fuso* data* orario* fuso tijdzone datum dat* godzin* strefa* дат* врем* часов* tarih* saat* ngày giờ múi-giờ तारीख tarikh time samay تاريخ وقت توقيت 日期 时间 时区 夏令时 日付 時刻 タイムゾーン 時間 날짜 시간 타임존',
  encoding:
    'encod* unicode utf-8 utf8 charset umlaut* mojibake bom zeichen* kodier* acento* codific* caract* accent* encodag* acent* codific* caratter* codif* znak* kodowan* кодиров* символ* кракозябр* karakter* kodlama ký-tự mã-hóa-ký-tự ترميز حروف 乱码 编码 字符 文字化け 文字コード エンコード 인코딩 글자깨짐 깨져',
  looks:
    'button* colo* css style* icon* margin* padding font* align* layout width height dark hover modal* menu* knopf schaltfläche* farb* schrift* abstand* ausricht* botón* color* fuente* icono* margen* bouton* couleur* police* icône* marge* botão cor* cores fonte* ícone* margem pulsant* colore* carattere icon* margin* knop kleur* lettertype przycisk* kolor* czcionk* ikon* кнопк* цвет* шрифт* иконк* отступ* düğme* buton* renk* yazı-tipi simge* nút màu phông बटन rang button color زر لون خط أيقونة 按钮 颜色 样式 字体 图标 间距 居中 边距 ボタン 色 フォント 余白 アイコン 中央 見た目 버튼 색 글꼴 아이콘 여백 가운데',
  page: 'page* screen* form* header* footer* sidebar dialog* view* widget* seite* bildschirm* formular* kopfzeile fußzeile página* pantalla* formulario* page* écran* formulaire* página* tela* formulário* pagina* schermat* modulo scherm* formulier stron* ekran* formularz* страниц* экран* форм* sayfa* ekran* form* trang màn-hình पेज page screen صفحة شاشة 页面 界面 表单 弹窗 画面 ページ フォーム ヘッダ 화면 페이지 폼',
  label:
    'label* text wording caption* typo* spelling tippfehler rechtschreib* beschriftung* text etiqueta* texto errata* ortograf* libellé* texte faute* orthograph* rótulo* texto erro-de-digitação etichett* testo refuso tekst* literówk* опечатк* текст* надпис* yazım* etiket* metin* chính-tả chữ टाइपो typo إملائي نص 错别字 文案 拼写 标签 文字 誤字 文言 ラベル 文面 表記 오타 문구 라벨 글자',
  docs: 'readme* docs documentation comment* docstring* manual* doku* kommentar* anleitung* document* comentario* manual doc* commentaire* document* comentário* document* comment* documentatie dokument* komentarz* документ* коммент* belge* yorum* dokü* tài-liệu chú-thích दस्तावेज docs تعليق توثيق 文档 注释 说明书 手册 ドキュメント 説明書 コメント マニュアル 문서 주석 설명서',
  file: 'file* folder* director* path* datei* ordner* pfad* archivo* carpeta* fichero* fichier* dossier* arquivo* pasta* cartella* map bestand* plik* folder* katalog* файл* папк* dosya* klasör* tệp thư-mục फ़ाइल file folder ملف مجلد 文件 目录 文件夹 路径 ファイル フォルダ 파일 폴더 경로',
  name: 'variable* name* identifier* constant* variabl* name* bezeichner* konstant* nombre* variable* constante* nom* variable* nome* variável constante* variabil* nazw* zmienn* переменн* имя имен* конст* ad adı değişken* sabit biến tên नाम naam اسم متغير 变量 名字 命名 常量 変数 名前 定数 변수 이름 상수',
  lint: 'lint* eslint warning* unused import* prettier semicolon* warnung* unbenutzt* advertencia* sin-usar avertiss* inutilis* aviso* não-usad* avvis* inutilizz* ostrzeż* nieużyw* предупрежд* неиспольз* uyarı* kullanılmayan cảnh-báo चेतावनी تحذير 警告 未使用 导入 警告 未使用 インポート 경고 미사용 임포트',
  log: 'log* logs logging stdout console protokollier* logausgabe registro* journal* registro* log* dziennik* лог* журнал* günlük* kayıt* nhật-ký लॉग سجل لوج 日志 ログ 로그',
  setting:
    'config* setting* flag* env variable* yaml json ini toml limit* option einstellung* konfigurat* ajuste* configuración réglag* configuration configuraç* ajuste* impostazion* configurazion* instelling* ustawien* konfig* настройк* конфиг* параметр* ayar* yapılandır* thiết-lập सेटिंग setting إعدادات ضبط 配置 参数 开关 设置 設定 パラメータ 설정 옵션',
  package:
    'package* dependenc* librar* version* npm pip cargo maven lockfile paket* abhängig* bibliothek* version* paquete* dependencia* librería* versión paquet* dépendance* bibliothèque* pacote* dependência* biblioteca* versão pacchett* dipendenz* libreri* versione pakket* versie pakiet* zależno* bibliotek* wersj* пакет* зависим* библиотек* верси* paket* bağımlılık* kütüphane* sürüm* gói thư-viện phiên-bản पैकेज package version مكتبة حزمة إصدار 依赖 版本 包 库 パッケージ 依存 バージョン ライブラリ 패키지 의존 버전 라이브러리',
  ci: 'ci pipeline* build* workflow* github-action* jenkins gitlab makefile compil* pipeline* bauen compil* compila* compil* compil* kompil* budow* сборк* пайплайн* собир* derle* yapı biên-dịch बिल्ड build بناء 构建 流水线 编译 ビルド パイプライン コンパイル 빌드 파이프라인 컴파일',
  suite:
    'suite* coverage* unit integration e2e regression* mock* fixture* assert* testsuite* testabdeckung einheitentest* cobertura unitari* couverture unitaire* cobertura unitári* copertura unitari* dekking pokryci* jednostk* покрыт* юнит* birim* kapsam* độ-phủ đơn-vị تغطية 覆盖率 单元测试 集成测试 回归 カバレッジ 単体 結合 回帰 커버리지 단위 통합 회귀',
  edge: 'edge-case* edge corner boundary bound* empty null zero negative limit* grenzfall* grenzfäll* randfall* randfäll* leer* límite* borde* vací* cas-limite* limite* vide* caso-limite borda* vazi* limite vuot* randgeval* brzegow* pust* граничн* крайн* пуст* sınır* boş biên rỗng حدود فارغ 边界 空值 极端 异常情况 境界 空 例外 極端 경계 빈 예외',
  change_set:
    'diff* pull-request pr patch* merge-request mr branch* änderung* zweig cambios rama* parche* changement* branche* correctif alteraç* ramo modific* ramo wijziging* zmian* gałąź изменени* ветк* патч* değişiklik* dal thay-đổi nhánh बदलाव تغييرات فرع 改动 变更 补丁 分支 这个pr 差分 変更点 ブランチ 変更 변경 브랜치 패치 피알',
  code: 'code* function* class* method* module* script* component* funktion* klasse* modul* skript* komponente* función* clase* módulo* guion componente* fonction* classe* module* composant* função classe* módulo* componente* funzion* classe* modul* functie* funkcj* klas* moduł* skrypt* функц* класс* модул* скрипт* компонент* код* işlev* fonksiyon* sınıf* modül* kod* hàm lớp mã कोड function code كود دالة صنف 代码 函数 类 模块 脚本 组件 コード 関数 クラス モジュール スクリプト 코드 함수 클래스 모듈 스크립트',
  report:
    'report* paper* article* thesis essay bericht* artikel* studie* informe* artículo* rapport* article* étude* relatório* artigo* rapport* relazion* articol* verslag artykuł* raport* отчет* отчёт* стать* rapor* makale* báo-cáo bài रिपोर्ट report تقرير مقال 报告 论文 文章 レポート 報告 論文 記事 보고서 논문 기사',
  sheet:
    'excel spreadsheet* sheet* csv column* cell* pivot formula* tabellen* spalte* zelle* formel* hoja* columna* celda* fórmula* feuille* colonne* cellule* formule* planilha* coluna* célula* fórmula* foglio colonn* cell* formul* kolom* kolumn* komór* arkusz* столб* ячей* формул* таблиц* sütun* hücre* formül* cột ô công-thức एक्सेल column sheet عمود خلية 表格 单元格 列 公式 エクセル 列 セル 数式 엑셀 열 셀 수식',
  chart:
    'chart* plot* graph figure* diagram* dashboard* grafik* diagramm* abbild* gráfic* figura* graphique* figure* gráfic* figura* grafic* figur* grafiek wykres* график* диаграм* grafik* biểu-đồ ग्राफ chart رسم مخطط 图表 图 曲线 柱状图 グラフ 図 チャート 그래프 차트 그림',
  game: 'game* player* level* enemy unity godot sprite* spiel* spieler* juego* jugador* jeu* joueur* jogo* jogador* gioco* giocator* spel* gra gry gracz* игр* игрок* oyun* oyuncu trò-chơi खेल game لعبة لاعب 游戏 玩家 关卡 ゲーム プレイヤー 게임 플레이어',
  mobile:
    'app apps android ios iphone swift kotlin flutter react-native handy mobil* móvil aplicación mobile application celular aplicativo cellulare applicazion* telefoon telefon* aplikacj* приложен* телефон* uygulama* telefon* ứng-dụng điện-thoại ऐप app mobile تطبيق جوال 手机 应用 小程序 アプリ スマホ 앱 모바일',
  all: 'all every each whole entire across throughout alle* jede* ganz* überall sämtlich* todo* todas cada tous toutes chaque tout partout todo* todas cada tutti tutte ogni wszystk* każd* cał* все всех кажд* весь все-файлы bütün tüm her tất-cả mọi सभी sab sabhi har كل جميع 所有 全部 每个 整个 全て すべて 全部 各 全体 모든 전체 모두 각',
  only: 'just only single simply merely quick* tiny small little nur bloß einfach kurz klein* solo sólo simplemente pequeñ* rápid* juste seulement simplement petit* só apenas simples pequen* solo soltanto semplic* piccol* alleen even tylko prost* mał* szybk* только просто маленьк* быстро sadece basit küçük chỉ nhỏ सिर्फ bas sirf chhota فقط بس بسيط صغير 只 仅 就 简单 小 だけ のみ ちょっと 簡単 小さ 만 간단 조금 작은 그냥',
  careful:
    'careful* exact* precis* correct* rigor* thorough* guarantee* must strictly never safe* sorgfält* genau* exakt* garantier* darf-nicht niemals unbedingt cuidad* exact* garantiz* nunca debe soigneu* exact* garanti* jamais doit cuidado* exat* garant* nunca deve attent* esatt* garanti* mai deve zorgvuldig nooit precies dokładn* nigdy musi gwarant* точн* гаранти* никогда должн* аккуратн* dikkat* kesin* asla garanti* mutlaka cẩn-thận chính-xác không-bao-giờ đảm-bảo ध्यान dhyan kabhi-nahi بدقة أبدا ضمان لازم 必须 保证 绝对 精确 仔细 严格 不能 必ず 絶対 正確 確実 慎重 保証 반드시 절대 정확 꼼꼼 보장',
  without:
    'without unless except instead ohne außer statt sin excepto sans sauf sem exceto senza tranne zonder bez oprócz без кроме -sız olmadan không-có बिना bina بدون بلا 不用 没有 除了 なしで 以外 せずに 없이 제외',
  keep: 'keep* preserve* compatib* unchanged backward* existing behalt* erhalten kompatib* bestehend* mantén mantene* conserva* compatib* existente* garde* conserv* rétrocompat* existant* mant* preserv* compat* existente* manten* compat* esistent* behoud* zachow* zgodn* istniejąc* сохран* совмест* существ* koru* uyumlu* mevcut giữ tương-thích रखना rakhna حافظ متوافق 保留 保持 兼容 现有 维持 互換 既存 そのまま 維持 유지 호환 기존 그대로',
  big: 'million* billion* thousand* large* huge gb tb terabyte* scale* million* milliard* groß* riesig* skalier* millon* grand* énorm* échelle millões grand* escala milion* grand* scala groot* duż* milion* большо* миллион* масштаб* milyon* büyük* triệu lớn लाख lakh crore ملايين مليون كبير 百万 亿 万 大量 海量 高并发 百万 億 大量 大規模 백만 억 대량 대규모',
  legacy:
    'legacy old outdated cobol fortran vb6 undocumented inherited altsystem alt* veraltet* hereda* antigu* viejo* ancien* vieux hérit* legado antig* velh* vecchi* ereditat* oud* star* przestarz* стар* легаси унаслед* eski* miras cũ kế-thừa पुराना purana قديم 老 旧 遗留 古い レガシー 旧 昔の 레거시 오래된 옛날',
  scratch:
    'scratch greenfield brand-new whole-new neu* von-grund cero nuev* zéro nouveau* nouvelle* zero nov* zero nuov* nieuw* zera now* нул* нов* sıfırdan yeni* đầu mới नया naya جديد صفر 从零 全新 新的 ゼロから 新規 新しい 처음부터 새로운 신규',
  load: 'load peak traffic concurrent-users under-load last spitzenlast carga pico charge pic carga pico carico picco belasting obciąż* нагрузк* yük* trafik tải ضغط حمل 压力 高峰 流量 负载 負荷 ピーク 高負荷 부하 트래픽 피크',
  zero_downtime:
    'downtime zero-downtime rolling canary feature-flag cutover ausfallfrei stillstand ohne-ausfall interrupción sin-parar interruption sans-coupure sem-parar indisponib* senza-interruzion* przestoj* простоя kesintisiz ngừng بدون-توقف 停机 不停机 平滑 灰度 停止 無停止 ダウンタイム 切替 무중단 중단 없이',
  first:
    "first then after before finally zuerst dann danach erst primero luego después antes d'abord ensuite puis après avant primeiro depois antes prima poi dopo eerst daarna najpierw potem сначала потом затем önce sonra trước sau-đó पहले pehle phir फिर أولا ثم بعدين قبل 先 然后 再 之后 最后 まず それから 先に その後 먼저 그다음 그리고 나서",
  condition:
    'if when while unless wenn falls sobald cuando mientras si quand lorsque pendant quando enquanto se mentre als terwijl jeśli gdy kiedy podczas если когда пока eğer -ince iken nếu khi अगर agar jab जब إذا لما عندما 如果 当 时候 もし 場合 とき 時に 경우 만약 때',
};
