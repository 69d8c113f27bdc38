#include "node/words.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS_MAX = 9, DEPTH_MAX = 4 };

static const struct row {
    const char *en, *zh;
} sentences[] = {
    /* the home */
    {"no home is named: give --home DIR or set TERRACE_HOME",
     "未指定主目录：请给出 --home 目录，或设置 TERRACE_HOME"},
    {"the path of the home is longer than % bytes, so its socket would have no address: choose a "
     "shorter --home",
     "主目录路径超过 %1 字节，套接字无法建立：请选用更短的 --home"},
    {"a node lives in % already; start it with terraced --home %, or choose another home",
     "%1 已有节点；请用 terraced --home %2 启动，或另选主目录"},
    {"% is not empty (% is there); choose an empty or a new directory",
     "%1 不是空目录（内有 %2）；请选用空目录或新目录"},
    {"terraced runs on % already (pid %); stop it first, or name another home",
     "%1 已有 terraced 在运行（进程号 %2）；请先停止，或另指主目录"},
    {"no node lives in %: terrace init --root or terrace join makes one",
     "%1 没有节点：请用 terrace init --root 或 terrace join 建立"},
    {"lock %: %", "锁定 %1：%2"},
    {"write %/lock: %", "写入 %1/lock：%2"},
    {"write %: % bytes of grants", "写入 %1：授权共 %2 字节"},
    {"a chain of % grants, 1 to % are possible", "授权链有 %1 份，应为 1 至 %2 份"},
    {"% is damaged; restore it from a backup, or join again with a new token",
     "%1 已损坏；请从备份恢复，或用新令牌重新入网"},
    {"find a free port: %", "查找空闲端口：%1"},
    {"\"%\" is no endpoint: write tcp://HOST:PORT with a port of 1-65535",
     "“%1”不是有效地址：请写成 tcp://主机:端口，端口为 1-65535"},
    {"%:1: the file is empty", "%1:1：文件是空的"},
    {"must be 64 hexadecimal digits", "须为 64 位十六进制数字"},
    {"must be a division code: 1-9 of A-Z and 0-9, in quotes",
     "须为区划代码：1-9 位大写字母或数字，加引号"},
    {"must be UTF-8 text without control characters, and not empty",
     "须为非空的 UTF-8 文字，不含控制字符"},
    {"'%' is neither required, none nor a kind of document that persons write",
     "“%1”既不是 required、none，也不是由人填写的单据种类"},
    {"must be an address that others can dial", "须为他人可以连接的地址"},
    {"must be from % to %", "须在 %1 至 %2 之间"},
    {"Unexpected key: %", "未知的键：%1"},
    {"Mapping field already seen: %", "键重复：%1"},
    /* files and keys */
    {"% is not a directory", "%1 不是目录"},
    {"% is larger than % bytes", "%1 超过 %2 字节"},
    {"path too long: %", "路径过长：%1"},
    {"open %: %", "打开 %1：%2"},
    {"open %", "打开 %1"},
    {"read %: %", "读取 %1：%2"},
    {"write %: %", "写入 %1：%2"},
    {"make %: %", "建立 %1：%2"},
    {"the passphrase is empty", "口令为空"},
    {"the passphrase is longer than % bytes", "口令超过 %1 字节"},
    {"no passphrase was typed", "没有输入口令"},
    {"the two passphrases differ", "两次输入的口令不一致"},
    {"wrong passphrase, or the seal was altered", "口令错误，或封存数据被改动"},
    {"% is missing; restore it from a backup of the home", "缺少 %1；请从主目录的备份恢复"},
    {"% may be read by others (mode %): chmod 600 %", "%1 可被他人读取（权限 %2）：chmod 600 %3"},
    {"% is damaged: % bytes instead of %", "%1 已损坏：%2 字节，应为 %3"},
    {"the keys in % are sealed under a passphrase: set TERRACE_PASSPHRASE, or the systemd "
     "credential terrace-passphrase, or start from a terminal",
     "%1 中的密钥由口令封存：请设置 TERRACE_PASSPHRASE，或 systemd 凭据 "
     "terrace-passphrase，或从终端启动"},
    {"% is there already", "%1 已存在"},
    {"the cryptographic library does not start", "密码库无法启动"},
    /* the store and the socket */
    {"% %: another process has it open; stop that terraced, or name another home (%)",
     "%1 %2：已被另一进程打开；请停止那个 terraced，或另指主目录（%3）"},
    {"% %: damaged: %; keep a copy of it, then restore a backup or join again with a new token",
     "%1 %2：已损坏：%3；请保留副本，再恢复备份，或用新令牌重新入网"},
    {"open %: its CURRENT file is missing; keep a copy of the directory, then restore a backup or "
     "join again with a new token",
     "打开 %1：缺少 CURRENT 文件；请保留目录副本，再恢复备份，或用新令牌重新入网"},
    {"another terraced answers on this home's socket: stop it first",
     "本主目录的套接字已有 terraced 应答：请先停止它"},
    {"socket %: the path is longer than % bytes", "套接字 %1：路径超过 %2 字节"},
    {"socket: %", "套接字：%1"},
    {"socket %", "套接字 %1"},
    {"start the HTTP server: %", "启动 HTTP 服务：%1"},
    {"open signals: %", "信号设置：%1"},
    {"open node %", "打开节点 %1"},
    /* links and enrolment */
    {"% is taken by another program: stop that one, or give this node another address",
     "%1 已被其他程序占用：请停掉它，或为本节点另选地址"},
    {"% may not be bound by this user: take a port above 1023",
     "当前用户无权监听 %1：请选用 1023 以上的端口"},
    {"% is no address of this machine", "%1 不是本机地址"},
    {"\"%\" is no endpoint: write tcp://ADDRESS:PORT", "“%1”不是有效地址：请写成 tcp://地址:端口"},
    {"\"%\" cannot be dialled: write tcp://ADDRESS:PORT", "“%1”无法连接：请写成 tcp://地址:端口"},
    {"bind %: %", "监听 %1：%2"},
    {"listen for enrolment", "入网端口"},
    {"listen for lower divisions", "下级连接端口"},
    {"dial %", "连接 %1"},
    {"start ZeroMQ: %", "启动 ZeroMQ：%1"},
    {"ZeroMQ option %: %", "ZeroMQ 选项 %1：%2"},
    {"this ZeroMQ cannot be made to refuse strangers", "此 ZeroMQ 无法拒绝陌生连接"},
    {"start the key check: %", "启动密钥核验：%1"},
    {"self-test of %", "%1 的自检"},
    {"without a key check", "没有密钥核验"},
    {"a stranger's key was let in: this node must not listen", "陌生密钥被放行：本节点不得监听"},
    {"the listener did not answer within % ms: does a local firewall stop this node from dialling "
     "itself?",
     "监听端 %1 毫秒内没有应答：本机防火墙是否阻止了节点连接自身？"},
    {"% does not answer at %: is terraced running there, is this address reachable from here, and "
     "is the token of that node as it is now?",
     "%1 在 %2 没有应答：那里的 terraced 在运行吗？此地址可达吗？令牌是否来自现在的节点？"},
    {"not a token: one begins with %", "不是令牌：令牌以 %1 开头"},
    {"the token is incomplete or was mistyped", "令牌不完整或有误"},
    {"the parent refused: %", "上级拒绝：%1"},
    {"the parent's answer", "上级的应答"},
    {"the parent's answer has no status", "上级的应答没有结果"},
    {"the token was made for another division than %", "该令牌不是为 %1 签发的"},
    {"no such token for %", "没有为 %1 签发过此令牌"},
    {"the token for % has expired", "%1 的令牌已过期"},
    {"the token for % was used already", "%1 的令牌已使用"},
    {"nothing was granted to who confirms", "确认方没有获得授权"},
    {"% is a member already", "%1 已是成员"},
    {"% is a member already, and not a child of %", "%1 已是成员，且不是 %2 的下级"},
    {"% is a member already: new keys for it, or a rebuild after a lost disk, need a new epoch, "
     "which an invite does not give",
     "%1 已是成员：更换密钥或磁盘损失后重建需要新任期，邀请不能给出"},
    {"a node cannot invite its own division", "节点不能邀请本级区划"},
    {"% is not granted yet itself", "%1 自身尚未获得授权"},
    {"a tree has at most % levels", "一棵树最多 %1 级"},
    {"invite", "邀请"},
    {"a name has 1 to % bytes of UTF-8 and no control characters",
     "名称为 1 至 %1 字节的 UTF-8，不含控制字符"},
    {"a kept enrolment attempt cannot be read", "一条入网尝试记录无法读取"},
    {"no division code", "缺少区划代码"},
    {"no secret", "缺少密语"},
    {"no signing key, or no proof of it", "缺少签名密钥或其证明"},
    {"no link key, or no word of the signing key for it", "缺少链路密钥，或缺少签名密钥对它的证明"},
    {"no suite of signatures is named", "未注明签名算法"},
    {"keys of suite % are not known here", "本级不支持第 %1 号签名算法"},
    {"bad endpoint", "地址无效"},
    {"the proof of the signing key does not fit", "签名密钥的证明不符"},
    {"the claimed link key is not the one of the connection", "所报链路密钥与连接不符"},
    {"% is not granted by %", "%1 不是由 %2 授权的"},
    {"the chain does not end at %", "授权链没有通向 %1"},
    {"the token came from %, the grant from %", "令牌来自 %1，授权来自 %2"},
    {"the policy in the grant is not the one in the token", "授权中的审核要求与令牌不符"},
    {"nobody can dial \"%\": set listen or advertise in config.yaml to the address at which this "
     "node is "
     "reached, and start it again",
     "无人能连接“%1”：请在 config.yaml 中把 listen 或 advertise "
     "设为可达本节点的地址，然后重新启动"},
    {"nobody can dial \"%\": set enrol or advertise_enrol in config.yaml to the address at which "
     "this node "
     "is reached, and start it again",
     "无人能连接“%1”：请在 config.yaml 中把 enrol 或 advertise_enrol "
     "设为可达本节点的地址，然后重新启动"},
    {"the grant is for another key than ours", "授权的不是我们的密钥"},
    {"the link key of % is not the one in the token", "%1 的链路密钥与令牌不符"},
    {"a chain of % grants, at most %", "授权链有 %1 份，最多 %2 份"},
    {"the chain of grants cannot be trusted", "授权链不可信"},
    {"% is no neighbour of %", "%1 不是 %2 的邻居"},
    /* operators */
    {"a user name is 1-63 letters, digits, '-', '_' or '.', without spaces",
     "用户名为 1-63 字节的文字、数字、-、_ 或 .，不含空格"},
    {"one person is maker and checker, or auditor and admin, never both sides",
     "一人可兼经办与审核，或兼审计与管理，但不得跨两类"},
    {"% is the last admin: add another one first", "%1 是最后一名管理员：请先增加另一名"},
    {"user % is there already; use user passwd", "用户 %1 已存在；请用 user passwd"},
    {"there is no user %", "没有用户 %1"},
    {"the key of user % does not change with its password", "用户 %1 的密钥不随密码改变"},
    /* what a request lacks */
    {"year: four digits", "年度为四位数字"},
    {"kind: there is no such kind", "没有这个单据种类"},
    {"division: 1-9 of A-Z 0-9", "区划码为 1-9 位大写字母或数字"},
    {"name: 1-96 bytes", "名称为 1-96 字节"},
    {"% is a document of %: name its author with --division %",
     "%1 是 %2 的单据：请用 --division %3 指明其区划"},
    {"ids: 1-1000", "ids：1 至 1000 个"},
    {"reason: 1-1000", "reason：1 至 1000 字节"},
    {"not JSON", "不是 JSON"},
    {"not a JSON object", "不是 JSON 对象"},
    {"line longer than 256 KiB", "该行超过 256 KiB"},
    {"not an object", "不是对象"},
    {"column %: %", "第 %1 列：%2"},
    {"column %", "第 %1 列"},
    {"asked %, free %", "申请 %1，可用 %2"},
    {"one of %", "取值之一：%1"},
    /* verification */
    {"ledger of %", "%1 的账本"},
    {"log of %", "%1 的日志"},
    {"log of %, lsn %", "%1 的日志，序号 %2"},
    {"log of %, behind lsn %", "%1 的日志，序号 %2 之后"},
    {"% lsn %", "%1 序号 %2"},
    {"log of %, lsn %, %", "%1 的日志，序号 %2，%3"},
    {"the block is another author's", "数据块属于其他区划"},
    {"nobody granted the epoch of the block", "数据块的任期没有授权"},
    {"lsn % to % before it are missing", "缺少之前的序号 %1 至 %2"},
    {"its epoch is an older one", "任期早于前块"},
    {"a block of the same audience is missing before it", "缺少之前同一发送范围的数据块"},
    {"the block holds another number of entries", "数据块的记录数不符"},
    {"entries_root is not the root of the entries", "Merkle 根与记录不符"},
    {"an approval covers entries that are not there", "审核签名所指的记录不存在"},
    {"the proof of an approval does not fit", "审核签名的证明不符"},
    {"an approval is signed in a suite that is not known here", "审核签名所用的算法此处不认识"},
    {"nobody signed as its maker, which the granted policy asks for",
     "缺少经办人签名，而授权的审批规定要求"},
    {"nobody signed as its checker, which the granted policy asks for",
     "缺少审核人签名，而授权的审批规定要求"},
    {"one person is maker and checker, the granted policy asks for two",
     "经办与审核是同一人，而授权的审批规定要求两人"},
    {"ledger of %: entry % after %", "%1 的账本：第 %3 条之后是第 %2 条"},
    {"commit of division %", "提交 %1 的账目"},
    {"read during a turn", "处理中读取"},
    {"read %: row \"%\" has % bytes", "读取 %1：行“%2”有 %3 字节"},
    {"open store: the path is too long", "打开存储：路径过长"},
    {"block of %, epoch %, lsn %", "%1 的数据块，任期 %2，序号 %3"},
    {"lsn % of % is not held here", "此处没有 %2 的序号 %1"},
    {"stored grant", "所存授权"},
    {"entry % of %: % of %", "%2 的第 %1 条：%4 的 %3"},
    {"a block of % has a damaged key", "%1 的一个数据块键已损坏"},
    {"another block lies in its place", "其位置上是另一个数据块"},
    {"the body of lsn % of % is damaged", "%2 序号 %1 的内容已损坏"},
    {"% stored grants lack their granter", "%1 份所存授权缺少授权方"},
    {"a head in the store cannot be read", "存储中的一个日志位置无法读取"},
    {"its ledger goes to lsn %, but the log ends at lsn %", "账本到序号 %1，日志只到序号 %2"},
    {"stored up to lsn %, replayed up to %, and the digests differ",
     "所存到序号 %1，重算到 %2，摘要不同"},
    {"% is stored, but its log does not make it", "存有 %1，而日志并未产生"},
    {"% differs from what its log says", "%1 与日志所述不符"},
    {"% is missing; its log makes it", "缺少 %1，而日志会产生它"},
    {"the list of kind % differs from what its log says", "%1 的清单与日志所述不符"},
    {"the grants held do not lead to the trust key", "所持授权不能通到信任密钥"},
    {"the block is not signed by %", "数据块不是 %1 签名的"},
    {"the body is not the one its author signed", "内容不是其区划签名的内容"},
    {"the block belongs to another tree", "数据块属于另一棵树"},
    {"indicator % (lsn %): % is on the wrong side: %", "指标 %1（序号 %2）：%3 方向不对：%4"},
    {"indicator % (lsn %) has no origin", "指标 %1（序号 %2）没有来源"},
    {"indicator % (lsn %): its origin % is missing", "指标 %1（序号 %2）：缺少来源 %3"},
    {"indicator % (lsn %): its source is missing", "指标 %1（序号 %2）：缺少资金来源"},
    {"indicator % cannot be read", "指标 %1 无法读取"},
    {"year %, fund type %: % is stored as %, the indicators add up to %",
     "年度 %1、资金性质 %2：%3 存为 %4，指标合计 %5"},
    {"year %, fund type %: sources and uses differ by %",
     "年度 %1、资金性质 %2：来源与运用相差 %3"},
    {"roll-up by % (%): % is stored as %, computed as %", "汇总 %1（%2）：%3 存为 %4，算得 %5"},
    {"prev_hash is not the hash of the block before", "prev_hash 不是前一数据块的哈希"},
    {"the maker's signature does not fit the document", "经办人签名与单据不符"},
    {"the checker's signature does not fit the document", "审核人签名与单据不符"},
    {"approved by a key that no operator of this division has in that role at this point of the "
     "log",
     "审核密钥在日志的这一处不属于本区划任何有此角色的操作员"},
    {"the replayed ledger has another digest than its author's", "重算账本的摘要与其区划不符"},
    {"% (lsn %): % is stored as %, its log says %", "%1（序号 %2）：%3 存为 %4，其日志为 %5"},
    {"% differs from what its log says", "%1 与其日志不符"},
    {"% is stored, but its log does not make it", "%1 已存，但其日志中没有"},
    {"% is missing; its log makes it", "缺少 %1；其日志中有"},
    {"source % (lsn %) names another source", "来源 %1（序号 %2）指向另一来源"},
    {"indicator % (lsn %): its origin % leads to another source",
     "指标 %1（序号 %2）：来源 %3 通向另一资金来源"},
    {"register % (lsn %) names no transfer", "登记 %1（序号 %2）没有对应的转移支付"},
    {"register % (lsn %) says %, transfer % of % (lsn %) says %",
     "登记 %1（序号 %2）为 %3，%5 的转移支付 %4（序号 %6）为 %7"},
    {"a sum is stored that no indicator adds up to", "存有一项合计，没有指标与之对应"},
    {"source % gave %, but % stands on indicators made from it",
     "来源 %1 给出 %2，由其形成的指标共 %3"},
    {"the stored sums of source % differ from %", "来源 %1 的合计与 %2 不符"},
    {"transfer % of % (lsn %) and answer % of % (lsn %) disagree: issued %, registered %, open %",
     "%2 的转移支付 %1（序号 %3）与 %5 的答复 %4（序号 %6）不符：下达 %7，登记 %8，未结 %9"},
    {"jurisdiction: % is in transit, the open transfers add up to %",
     "辖区：在途 %1，未结转移支付合计 %2"},
    {"indicator %", "指标 %1"},
    {"document %", "单据 %1"},
    {"sums of source %", "来源 %1 的合计"},
    {"sums of year and fund type %", "年度与资金性质 %1 的合计"},
    {"agency %", "单位 %1"},
    {"project %", "项目 %1"},
    {"bank account %", "银行账户 %1"},
    {"receipt %", "回单 %1"},
    {"roll-up of the jurisdiction %", "辖区汇总 %1"},
    {"roll-up %", "汇总 %1"},
    /* alarms, and why a link is refused */
    {"a sum of a jurisdiction does not fit", "辖区的一项合计超出范围"},
    {"transfer_in %/% lsn % names %, which has a node here",
     "上级补助 %1/%2 序号 %3 指向 %4，该区划在此已有节点"},
    {"it cannot be read", "无法读取"},
    {"entry % of % books nothing: %", "%2 的第 %1 条未入账：%3"},
    {"the ledger of % differs from its author's after entry %",
     "第 %2 条之后，%1 的账本与其自身所算不符"},
    {"% holds another block that ends at lsn %", "%1 持有另一个止于序号 %2 的数据块"},
    {"a cosignature of % does not verify", "%1 的副署不符"},
    {"it refuses a frame: %", "对方拒收一帧：%1"},
    {"it is connected, and has confirmed nothing of what waits for it for % s",
     "已连接，但 %1 秒来没有确认任何积压"},
    {"% holds the log of % up to lsn %, we up to %", "%1 所持 %2 的日志到序号 %3，本节点到 %4"},
    {"% holds another block at lsn % of %", "%1 在 %3 的序号 %2 处持有另一数据块"},
    {"it lost part of its own log: it is at lsn %, we hold %",
     "对方丢失部分日志：对方在序号 %1，本节点持有到 %2"},
    {"after lsn % of % a block is missing in the store", "存储中缺少 %2 序号 %1 之后的数据块"},
    {"our log is at lsn %, the root has confirmed %, and nothing new for % s",
     "本级日志到序号 %1，根节点确认到 %2，已 %3 秒没有进展"},
    {"the root holds another block at our lsn %", "根节点在本级序号 %1 处持有另一数据块"},
    {"block % of % refused: %", "拒收 %2 的数据块 %1：%3"},
    {"% signed two blocks that cannot both follow lsn %", "%1 在序号 %2 之后签了两个互斥的数据块"},
    {"grant at lsn %: %", "序号 %1 的授权：%2"},
    {"it sent more than its credit and the limits allow", "对方发送超过额度和限制"},
    {"% MiB free: below % MiB %", "剩余 %1 MiB：低于 %2 MiB，%3"},
    {"new documents are refused; free some space", "不再受理新单据；请清理磁盘"},
    {"it will soon be full; free some space", "即将用尽；请清理磁盘"},
    {"the log of % holds entries that this version does not know: start a version at least as new "
     "as the one that wrote them",
     "%1 的日志含有本版本不认识的记录：请用不低于写入时的版本启动"},
    {"entry % of %, written %, has kind % format %, unknown to this version: it and what follows "
     "wait for an upgrade",
     "%2 的第 %1 条（写于 %3）种类 %4、格式 %5 为本版本所不识：它及其后的记录须待升级"},
    {"open %: it holds \"%\", which this version does not know",
     "打开 %1：其中有“%2”，本版本不认识"},
    {"open %: written in format %, this version reads %", "打开 %1：以格式 %2 写成，本版本只读 %3"},
    {"speaks protocol % to %, we % to %", "对方的协议版本为 %1 至 %2，本机为 %3 至 %4"},
    {"answers with protocol %", "对方以协议版本 %1 应答"},
    {"connections take more than 3/4 of the descriptors there are",
     "连接占用的描述符超过总数的四分之三"},
    {"% MiB are in use, % at the start", "已用内存 %1 MiB，启动时 %2 MiB"},
    {"block % for % % was written and has not come for % s",
     "根节点为 %2 %3 写的数据块 %1 已 %4 秒未到"},
    {"the root tells of another block % than is held", "根节点所述的数据块 %1 与此处所持不同"},
    {"% is granted by % already", "%1 已由 %2 授权"},
    {"%, and again below %", "%1，而 %2 之下又有授权"},
    {"% says of %: %; what it writes goes no further than here",
     "%1 称 %2：%3；其所写到此为止，不再上送"},
    {"% holds our log up to lsn %, we up to %: this store is older than what was acknowledged; "
     "restore a newer one, or join again with a new token",
     "%1 所持本级日志到序号 %2，本级只到 "
     "%3：此存储旧于已确认的内容；请恢复较新的备份，或用新令牌重新入网"},
    {"it rejects block % of %: %", "对方拒收 %2 的数据块 %1：%3"},
    {"% heads are listed, and % logs are held here", "列出 %1 个日志位置，此处持有 %2 个日志"},
    {"head % of the list is out of order", "第 %1 个日志位置次序不对"},
    {"grant at lsn % of %: %", "%2 序号 %1 的授权：%3"},
    {"% grants in a block, at most %", "一个数据块有 %1 份授权，最多 %2 份"},
    {"% is not for % to grant", "%1 不由 %2 授权"},
    {"% not taken: % divisions are below % already", "未接受 %1：%3 之下已有 %2 个区划"},
    {"more blocks or frames a second than allowed", "每秒的数据块或帧超过限度"},
    {"more bytes a day than allowed", "每日的字节数超过限度"},
    {"entry % of % cannot be read or repeats an id", "%2 的第 %1 条无法读取，或编号重复"},
    {"its key is that of no division below", "其密钥不属于任何下级区划"},
    {"it connects too often", "连接过于频繁"},
    {"its clock differs from ours by % s", "对方时钟与本机相差 %1 秒"},
    {"no protocol version in common", "没有共同的协议版本"},
    {"a frame of blocks was lost", "丢失一帧数据块"},
    {"more was sent than credit and limits allow", "发送超过额度和限制"},
    {"silent for too long", "过久没有动静"},
    {"what was sent is not acknowledged", "已发送的内容没有得到确认"},
    /* proto/status.c */
    {"the disk or a socket failed", "磁盘或套接字出错"},
    {"stored bytes fail their own check", "所存数据未通过自身校验"},
    {"the bytes are not what they claim to be", "数据与所称不符"},
    {"larger than the limit", "超过限度"},
    {"the sender may not say this", "发送方无权这样说"},
    {"its author, key or epoch is not known here yet", "其区划、密钥或任期在此尚不可知"},
    {"something before it is missing", "缺少前面的内容"},
    {"two different blocks claim one position", "两个不同的数据块占据同一位置"},
    {"the signature does not verify", "签名不符"},
    {"no such thing here", "此处没有"},
    {"the configuration cannot be used", "配置不可用"},
    {"a key is missing or its seal does not open", "缺少密钥，或其封存打不开"},
    {"already taken by another process", "已被其他进程占用"},
    {"free space is below the floor", "剩余空间低于下限"},
    {"another writer has claimed this store", "另一进程已接管此存储"},
    {"written by a newer version", "由较新版本写成"},
    {"nobody answers there", "对方没有应答"},
    {"its time is over", "已过期"},
    {"it may be used once and was", "只能用一次，且已用过"},
    {"more than this peer may send", "超过该邻居可发送的限度"},
    {"the command line cannot be understood", "命令行无法理解"},
    /* what the JSON reader says */
    {"% near %", "%1，在 %2 附近"},
    {"invalid token", "无法识别的内容"},
    {"unexpected token", "此处不应有的内容"},
    {"'[' or '{' expected", "应为 [ 或 {"},
    {"string or '}' expected", "应为字符串或 }"},
    {"':' expected", "应为冒号"},
    {"'}' expected", "应为 }"},
    {"']' expected", "应为 ]"},
    {"end of file expected", "其后不应再有内容"},
    {"premature end of input", "内容不完整"},
    {"duplicate object key", "字段重复"},
    {"unable to decode byte %", "无法解码的字节 %1"},
    {"control character %", "控制字符 %1"},
    {"invalid escape", "无效的转义"},
    {"NUL byte in object key not supported", "字段名不得含 NUL"},
    {"\\u0000 is not allowed without JSON_ALLOW_NUL", "不得含 \\u0000"},
    {"too big integer", "整数过大"},
    {"maximum parsing depth reached", "嵌套过深"},
    /* the system's */
    {"No such file or directory", "没有此文件或目录"},
    {"Permission denied", "没有权限"},
    {"Is a directory", "是目录"},
    {"Not a directory", "不是目录"},
    {"No space left on device", "磁盘已满"},
    {"Read-only file system", "文件系统只读"},
    {"Input/output error", "读写出错"},
    {"Address already in use", "地址已被占用"},
    {"Operation not permitted", "不允许的操作"},
    {"Too many open files", "打开的文件过多"},
};

/* Words that stand alone in a cell. */
static const struct row terms[] = {
    {"down", "断开"},
    {"greeting", "握手"},
    {"live", "已连接"},
    {"held", "暂缓"},
    {"paused", "已暂停"},
    {"resumed", "已恢复"},
    {"refused", "已拒绝"},
    {"ok", "正常"},
    {"warning", "警告"},
    {"error", "错误"},
    {"yes", "是"},
    {"no", "否"},
    {"accepted", "已受理"},
    {"exists", "已存在"},
    {"draft", "待审"},
    {"rejected", "已退回"},
    {"own", "本级"},
    {"subtree", "辖区"},
    {"maker", "经办"},
    {"checker", "审核"},
    {"auditor", "审计"},
    {"admin", "管理"},
    {"this", "本单"},
    {"origin", "来源"},
    {"transferred", "对下转移"},
    {"registered_as", "登记为"},
    {"returned_as", "退回为"},
    {"settled_by", "结清于"},
    {"allocated", "分配"},
    {"released", "下达"},
    {"applied", "支付申请"},
    {"cancelled", "已撤销"},
    {"paid", "已支付"},
    {"refunded", "退款"},
    {"frozen", "冻结"},
    {"unfrozen", "解冻"},
    {"reduced", "调减"},
    {"about", "涉及"},
    {"entered", "已录入"},
    {"planned", "未批复"},
    {"approved", "已审核"},
    {"issued", "已下达"},
    {"registered", "已登记"},
    {"returned", "已退回"},
    {"pending", "待下达"},
    {"part_paid", "部分支付"},
};

/* --- finding the row --- */

struct slots {
    struct bytes at[SLOTS_MAX];
};

/* Each '%' takes as little as it can, and something; only behind a ": " may it take another
 * sentence. */
static bool match(const char *pattern, const char *text, const char *end, struct slots *slots,
                  size_t count)
{
    const char *begin = pattern;

    while (*pattern != '\0' && *pattern != '%') {
        if (text == end || *pattern++ != *text++) {
            return false;
        }
    }
    if (*pattern == '\0') {
        return text == end;
    }
    assert(count < SLOTS_MAX);
    const bool sentence = pattern - begin >= 2 && pattern[-2] == ':' && pattern[-1] == ' ';

    for (const char *to = text + 1; to <= end; to++) {
        if (!sentence && to - text >= 2 && to[-2] == ':' && to[-1] == ' ') {
            return false;
        }
        slots->at[count] = bytes_of(text, (size_t)(to - text));
        if (match(pattern + 1, to, end, slots, count + 1)) {
            return true;
        }
    }
    return false;
}

/* --- saying it --- */

struct sentence {
    char *out;
    size_t size;
};

static void say(struct sentence *sentence, struct bytes text)
{
    const size_t room = WORDS_BYTES_MAX - 1 - sentence->size;
    size_t size = text.size;

    if (size > room) {
        size = room;
        while (size > 0 && (text.data[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    memcpy(sentence->out + sentence->size, text.data, size);
    sentence->size += size;
    sentence->out[sentence->size] = '\0';
}

static void translate(struct sentence *sentence, struct bytes text, int depth);

static void say_row(struct sentence *sentence, const char *zh, const struct slots *slots, int depth)
{
    while (*zh != '\0') {
        const size_t plain = strcspn(zh, "%");

        say(sentence, bytes_of(zh, plain));
        zh += plain;
        if (*zh == '%') {
            translate(sentence, slots->at[zh[1] - '1'], depth + 1);
            zh += 2;
        }
    }
}

/* What has no row is taken apart where err_wrap joined it. */
static void translate_parts(struct sentence *sentence, struct bytes text, int depth)
{
    const uint8_t *joint = memmem(text.data, text.size, ": ", 2);
    const size_t begin = sentence->size;

    if (joint == NULL || depth >= DEPTH_MAX) {
        say(sentence, text);
        return;
    }
    const struct bytes front = bytes_of(text.data, (size_t)(joint - text.data));
    const struct bytes back = bytes_of(joint + 2, text.size - front.size - 2);

    translate(sentence, front, DEPTH_MAX);
    say(sentence, bytes_text("："));
    const size_t middle = sentence->size;
    translate(sentence, back, depth + 1);
    if (sentence->size - middle == back.size &&
        memcmp(sentence->out + middle, back.data, back.size) == 0 &&
        memcmp(sentence->out + begin, front.data, front.size) == 0) {
        sentence->size = begin; /* nothing of it is known: as it was */
        say(sentence, text);
    }
}

static void translate(struct sentence *sentence, struct bytes text, int depth)
{
    const char *begin = (const char *)text.data, *end = begin + text.size;
    struct slots slots;

    if (text.size == 0) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(sentences) && depth <= DEPTH_MAX; i++) {
        if (match(sentences[i].en, begin, end, &slots, 0)) {
            say_row(sentence, sentences[i].zh, &slots, depth);
            return;
        }
    }
    translate_parts(sentence, text, depth);
}

const char *words_in(enum language language, char out[WORDS_BYTES_MAX], const char *english)
{
    struct sentence sentence = {out, 0};

    if (language != LANGUAGE_ZH) {
        return english;
    }
    out[0] = '\0';
    translate(&sentence, bytes_text(english), 0);
    return out;
}

const char *words_term(enum language language, const char *english)
{
    for (size_t i = 0; language == LANGUAGE_ZH && i < COUNT_OF(terms); i++) {
        if (strcmp(terms[i].en, english) == 0) {
            return terms[i].zh;
        }
    }
    return english;
}

enum language words_language(const char *lc_all, const char *lc_messages, const char *lang)
{
    const char *const settings[] = {lc_all, lc_messages, lang};

    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        if (settings[i] != NULL && settings[i][0] != '\0') {
            return strncmp(settings[i], "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
        }
    }
    return LANGUAGE_EN;
}
