#include "tests/bench/payments.h"

#include <inttypes.h>
#include <stdio.h>

/* Steele, Lea, Flood 2014: as good as chance, and the same in every run. */
static uint64_t scramble(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* One of `words`, by some bits of `*chance`, which are used up. */
static const char *draw(const char *const *words, size_t count, uint64_t *chance)
{
    const size_t at = (size_t)(*chance % count);

    *chance /= count;
    return words[at];
}
#define DRAW(words, chance) draw(words, sizeof(words) / sizeof(words)[0], chance)

void payments_add(struct buf *out, const char *prefix, unsigned series, uint64_t number,
                  size_t indicators)
{
    static const char *const places[] = {"强嘎", "松盘", "江热夏", "卡孜", "边角林",
                                         "旁多", "唐古", "阿朗",   "春堆", "甘丹曲果"};
    static const char *const trades[] = {"建筑工程", "农牧民专业", "办公设备", "水利工程",
                                         "医疗器械", "汽车修理",   "粮油购销", "图书发行"};
    static const char *const forms[] = {"有限公司", "合作社", "经营部", "服务中心", "个体工商户"};
    static const char *const banks[] = {"中国农业银行股份有限公司", "中国工商银行股份有限公司",
                                        "中国建设银行股份有限公司", "西藏银行股份有限公司",
                                        "中国邮政储蓄银行股份有限公司"};
    static const char *const branches[] = {"林周县支行", "达孜区支行", "拉萨城西支行",
                                           "墨竹工卡县支行", "堆龙德庆区支行"};
    static const char *const uses[] = {
        "办公用品采购", "村道养护工程款", "饮水管网维修", "卫生室设备购置", "校舍修缮",
        "教师培训费",   "草原生态奖补",   "车辆燃油费",   "印刷费",         "取暖费"};
    static const char *const economic[] = {"30201", "30202", "30205", "30206", "30211",
                                           "30213", "30216", "30226", "31001", "31005"};
    uint64_t chance = scramble(number * PAYMENTS_SERIES_MAX + series);
    const uint64_t account = scramble(~chance) % UINT64_C(1000000000000);
    const uint64_t indicator = scramble(chance) % indicators, fen = chance % 9000000 + 100;
    char text[768];
    int size;

    chance = scramble(chance);
    size = snprintf(
        text, sizeof text,
        "{\"id\":\"%s%09" PRIu64 "\",\"fiscal_year\":2026,\"bgt_id\":\"AL%05" PRIu64
        "\",\"pay_app_amt\":\"%" PRIu64 ".%02" PRIu64 "\",\"payee_acct_name\":\"林周县%s%s%s\","
        "\"payee_acct_no\":\"6228%012" PRIu64 "\",\"payee_acct_bank_name\":\"%s%s\","
        "\"use_des\":\"%s（第%" PRIu64 "批）\",\"set_mode_code\":\"1\",\"pay_type_code\":\"1\","
        "\"dep_bgt_eco_code\":\"%s\"}\n",
        prefix, number, indicator, fen / 100, fen % 100, DRAW(places, &chance),
        DRAW(trades, &chance), DRAW(forms, &chance), account, DRAW(banks, &chance),
        DRAW(branches, &chance), DRAW(uses, &chance), number % 9973, DRAW(economic, &chance));
    buf_append(out, text, (size_t)size);
}
