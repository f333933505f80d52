package main

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

// texts gives what people read in their language; the English text is the key.
type texts struct{ lang string }

func (t texts) get(en string) string {
	if t.lang == "zh" {
		if zh, ok := chinese[en]; ok {
			return zh
		}
	}
	return en
}

func (t texts) money(currency string) string {
	if currency == "" {
		return t.get("revenue")
	}
	return t.get("revenue") + ", " + currency
}

var chinese = map[string]string{
	"key-account review": "大客户复盘",
	"as of":              "截至",
	"An invented company, to show the review. Yours: -transactions FILE": "虚构的示例公司。复盘您自己的数据：-transactions 文件",
	"accounts":                              "客户",
	"buyers":                                "购买客户",
	"return-only":                           "仅退货",
	"orders":                                "订单",
	"lines":                                 "行",
	"gross":                                 "毛销售额",
	"returns":                               "退货",
	"net":                                   "净销售额",
	"revenue":                               "销售额",
	"What to look at":                       "需要关注",
	"Nothing stands out.":                   "没有突出的问题。",
	"Largest accounts":                      "最大客户",
	"account":                               "客户",
	"class":                                 "等级",
	"share":                                 "占比",
	"expected":                              "预期",
	"P(alive)":                              "活跃概率",
	"level":                                 "服务级别",
	"service":                               "服务量",
	"days since last order":                 "距上次订单天数",
	"Grades":                                "客户分级",
	"Pareto curve":                          "帕累托曲线",
	"RFM map":                               "RFM 分布图",
	"Value per account":                     "客户价值",
	"Dependency":                            "客户依赖度",
	"Receivables":                           "应收账款",
	"Prices":                                "价格",
	"Health":                                "客户健康度",
	"Service plan":                          "服务计划",
	"All accounts":                          "全部客户",
	"What became of the rows":               "数据行去向",
	"file":                                  "文件",
	"rows":                                  "行数",
	"used":                                  "已用",
	"left out":                              "未用",
	"no account":                            "无客户编号",
	"outside the period":                    "在期间之外",
	"other currency":                        "其他币种",
	"malformed":                             "格式错误",
	"accounts, largest first":               "客户（从大到小）",
	"share of positive net revenue, %":      "正净销售额占比（%）",
	"recency score (5 = bought lately)":     "近度得分（5 = 最近购买）",
	"frequency score (5 = often)":           "频度得分（5 = 频繁）",
	"accounts by recency and frequency":     "按近度与频度的客户数",
	"expected revenue in the next %d weeks": "未来 %d 周预期销售额",
	"largest accounts that leave":           "流失的最大客户数",
	"share of positive net revenue lost, %": "损失的正净销售额占比（%）",
	"what if the largest accounts leave":    "若最大客户流失",
	"NPS with its 95 % interval":            "NPS 及其 95% 区间",
	"NPS per account":                       "各客户 NPS",
	"effective number of accounts":          "有效客户数",
	"largest account":                       "最大客户",
	"top 5":                                 "前五大",
	"outstanding":                           "未收",
	"overdue":                               "逾期",
	"oldest, days":                          "最长逾期天数",
	"open invoices":                         "未结发票",
	"book price":                            "价目表价",
	"paid":                                  "实付",
	"discount":                              "折扣",
	"How the book prices the largest line":  "价目表如何计算最大一行",
	"answers":                               "答复",
	"interval":                              "区间",
	"promoters":                             "推荐者",
	"passives":                              "中立者",
	"detractors":                            "贬损者",
	"Net revenue of accounts with a negative score": "得分为负的客户净销售额",
	"capacity":       "容量",
	"floor":          "下限",
	"cap":            "上限",
	"granted":        "分配",
	"not handed out": "未分配",
	"No service policy was given: the shares follow the value of the accounts alone.": "未提供服务政策：以下份额仅按客户价值分配。",
	"order flow model": "订单流模型",
	"expected orders":  "预期订单",
	"Scores run from 1 to %d; %d is best. The number in a cell counts accounts.": "得分从 1 到 %d，%d 为最佳。格内数字为客户数。",
	"The first %d of %d accounts; review.json has them all.":                     "显示前 %d 个，共 %d 个客户；全部见 review.json。",
	"ids written like 17850.0 were read as 17850":                                "形如 17850.0 的编号按 17850 读取",
	"nobody gave a score":          "无人评分",
	"account without transactions": "无交易的客户",
	"read from":                    "读取的列",
	"Segments":                     "客户分群",
	"segment":                      "分群",
	"what to do":                   "对策",
	"none":                         "无",
	"no estimate":                  "无估计",
}

// percent writes a share with one decimal.
func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// likely writes a probability; only certainty is 100 %.
func likely(p float64) string {
	switch {
	case p < 1 && p >= 0.995:
		return ">99 %"
	case p > 0 && p < 0.005:
		return "<1 %"
	}
	return strconv.FormatFloat(100*p, 'f', 0, 64) + " %"
}

// whole writes money without decimals, digits grouped by three.
func whole(d decimal.Decimal) string { return group(d.RoundBank(0).StringFixed(0)) }

func wholeFloat(f float64) string { return group(strconv.FormatFloat(math.Round(f), 'f', 0, 64)) }

func grouped(n int) string { return group(strconv.Itoa(n)) }

func group(digits string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	if digits == "0" {
		return "0"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// places writes a decimal with the places it has.
func places(d decimal.Decimal) string { return d.StringFixed(max(0, -d.Exponent())) }

// count writes 1 account, 2 accounts.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// thousands writes an axis value: 250k, 1.5M.
func thousands(f float64) string {
	switch a := math.Abs(f); {
	case a >= 1e6:
		return strconv.FormatFloat(math.Round(f/1e4)/100, 'f', -1, 64) + "M"
	case a >= 1e3:
		return strconv.FormatFloat(math.Round(f/100)/10, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// calm replaces control characters, which could move the cursor of a terminal.
func calm(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
}

// short cuts a name to at most n characters.
func short(name string, n int) string {
	name = calm(name)
	r := []rune(name)
	if len(r) <= n {
		return name
	}
	return string(r[:n-1]) + "…"
}
