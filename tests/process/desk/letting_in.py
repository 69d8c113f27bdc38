"""letting_in - a city's admin and auditor: who is there, what programs have been given, who asked what; every table,
every refusal and every help in both languages."""
from desk.common import LANGUAGES, answer, need, run, says

CITY = "540100"
ADMIN, AUDITOR, MAKER = "旺堆", "白玛", "卓玛"


def engage(city):
    need(run(city, "user", "add", ADMIN, "--role", "admin", password_of=ADMIN).returncode == 0, "an admin")
    for name, role in ((AUDITOR, "auditor"), (MAKER, "maker")):
        city.tree.env["TERRACE_NEW_PASSWORD"] = f"password-of-{name}"
        says(city, 0, [name], "user", "add", name, "--role", role, person=ADMIN)


def help_is_there(city):
    for language, words in (("en", ["who is logged in", "tokens of programs", "who asked what"]),
                            ("zh", ["列出登录会话", "程序令牌", "审计记录"])):
        for command, word in zip(("sessions", "token", "audit"), words):
            says(city, 0, [word], command, "--help", language=language)
        says(city, 0, words, "--help", language=language)


def who_is_there(city):
    for language, title in (("en", "last used"), ("zh", "最近使用")):
        says(city, 0, [title, ADMIN], "sessions", person=ADMIN, language=language)
    for language, words in (("en", "There is no session 9999"), ("zh", "没有会话 9999")):
        says(city, 1, [words], "sessions", "--end", "9999", person=ADMIN, language=language)
    says(city, 2, ["terrace sessions"], "sessions", "--end", "x", person=ADMIN)


def a_program_is_let_in_and_sent_away(city):
    for language, shown, gone in (("en", "shown this once", "is revoked"), ("zh", "只显示这一次", "已吊销")):
        made = says(city, 0, ["tk_", shown], "token", "add", "报表", "--days", "30", person=MAKER, language=language)
        need(made.out.startswith("tk_") and made.out.count("\n") == 1, f"more than a token on stdout: {made.out}")
        says(city, 0, ["报表", MAKER], "token", "list", person=ADMIN, language=language)
        says(city, 0, [gone], "token", "revoke", "报表", person=ADMIN, language=language)
    for language, beyond in (("en", "approving takes a person's key"), ("zh", "审核须用本人密钥")):
        says(city, 1, [beyond], "token", "add", "x", "--role", "checker", person=MAKER, language=language)


def who_asked_what(city):
    says(city, 1, [], "get", "NONE-7")
    for language, words in (("en", ["/documents/NONE-7", "this machine", "login"]),
                            ("zh", ["/documents/NONE-7", "本机", "登录"])):
        says(city, 0, words, "audit", person=AUDITOR, language=language)
    for language, whole in (("en", "The chain of accesses is whole"), ("zh", "审计链完整")):
        says(city, 0, [whole], "audit", "--verify", person=AUDITOR, language=language)
    says(city, 1, [], "audit", person=MAKER)
    need(answer(city, 0, "audit", "--verify", person=AUDITOR)["ok"], "the chain is not whole")


def a_lock_is_told(city):
    for _ in range(10):
        run(city, "status", person="nobody")
    for language, words in (("en", "wait a minute"), ("zh", "请等待一分钟")):
        need(language in LANGUAGES, language)
        says(city, 1, [words], "status", person="nobody", language=language)


def walk(tree):
    city = tree[CITY]
    engage(city)
    help_is_there(city)
    who_is_there(city)
    a_program_is_let_in_and_sent_away(city)
    who_asked_what(city)
    a_lock_is_told(city)
