#include "node/api/messages.h"

#include <assert.h>

static const struct api_message messages[API_ERRORS] = {
    [API_NO_SUCH_PATH] = {"no_such_path", 404, "the API has no such address", "接口没有这个地址"},
    [API_METHOD] = {"wrong_method", 405, "this address takes another method",
                    "这个地址不接受这种请求方法"},
    [API_BAD_REQUEST] = {"bad_request", 400, "the request cannot be read", "请求内容无法识别"},
    [API_TOO_LARGE] = {"too_large", 413, "at most 8 MiB of documents in one post",
                       "一次提交最多 8 MiB"},
    [API_TOO_MANY_DOCUMENTS] = {"too_many_documents", 413, "at most 1,000 documents in one post",
                                "一次提交最多 1000 份单据"},
    [API_STRANGER] = {"not_allowed", 403,
                      "only the user who runs the node, and root, may use its socket",
                      "只有运行节点的用户和 root 可以使用此套接字"},
    [API_NEEDS_LOGIN] = {"needs_login", 401,
                         "a person must act here: name one with --as USER, and log in again when "
                         "a session has expired",
                         "此操作须由本人办理：请用 --as 用户名；会话过期请重新登录"},
    [API_WRONG_PASSWORD] = {"wrong_password", 403, "wrong user name or password",
                            "用户名或密码不正确"},
    [API_ACCOUNT_LOCKED] = {"account_locked", 403,
                            "ten wrong passwords in a row: wait a minute and try again",
                            "连续十次密码错误：请等待一分钟后再试"},
    [API_NEEDS_ROLE] = {"needs_role", 403, "this user does not have the role for it",
                        "该用户没有办理此事的角色"},
    [API_SHORT_PASSWORD] = {"short_password", 400, "a password has 8 characters at least",
                            "密码至少 8 个字符"},
    [API_NOT_FOUND] = {"not_found", 404, "there is no such thing here", "本节点没有此项"},
    [API_NOT_BELOW_YOU] = {"not_below_you", 409, "this division is not this node's own or below it",
                           "该区划不是本级，也不在本级之下"},
    [API_REFUSED] = {"refused", 409, "the node refuses this", "节点拒绝此操作"},
    [API_STOPPING] = {"stopping", 503,
                      "the node is stopping; whether it did this is not known, so ask again later",
                      "节点正在停止；是否已办成未知，请稍后再查"},
    [API_STORE_FAILED] = {"store_failed", 500,
                          "the store failed and nothing was accepted; see the node's log and run "
                          "terrace doctor",
                          "存储出错，未受理任何内容；请查看节点日志并运行 terrace doctor"},
    [API_NOT_READY] = {"not_ready", 503, "the node does not take new documents now",
                       "节点目前不受理新单据"},
};

const struct api_message *api_message(enum api_error error)
{
    assert(error < API_ERRORS);
    return &messages[error];
}
