package pricing

import (
	"strconv"
	"strings"

	"github.com/keyaccount/keyaccount/internal/exact"
	"github.com/keyaccount/keyaccount/internal/label"
)

// Explain writes the price and one line for each tier that charged something,
// in Chinese where lang begins with "zh", else in English:
//
//	graduated, quantity 12: 49.00
//	  5 x 7.00 = 35.00 (tier 1: to 5)
//	  7 x 2.00 = 14.00 (tier 2: over 5)
func (b Breakdown) Explain(lang string) string {
	var s strings.Builder
	if label.Chinese(lang) {
		s.WriteString(b.Mode.chinese() + "，数量 " + exact.Text(b.Quantity) + "：" + exact.Text(b.Total))
	} else {
		s.WriteString(string(b.Mode) + ", quantity " + exact.Text(b.Quantity) + ": " + exact.Text(b.Total))
	}
	for _, n := range b.Lines {
		s.WriteString("\n  " + n.Explain(lang))
	}
	return s.String()
}

// Explain writes the line's arithmetic and its tier, such as
//
//	7 x 6.50 + 2.00 = 47.50 (tier 2: over 5 to 10)
//
// in Chinese where lang begins with "zh", else in English. All digits are
// shown as they were given; a flat fee of 0 is left out.
func (n BreakdownLine) Explain(lang string) string {
	zh := label.Chinese(lang)
	sum := exact.Text(n.Quantity) + n.packages(zh) + " x " + exact.Text(n.Unit)
	if !n.Flat.IsZero() {
		sum += " + " + exact.Text(n.Flat)
	}
	sum += " = " + exact.Text(n.Amount)
	if zh {
		return sum + "（" + n.tierChinese() + "）"
	}
	return sum + " (" + n.tierEnglish() + ")"
}

func (n BreakdownLine) packages(zh bool) string {
	switch {
	case n.PackageSize.IsZero():
		return ""
	case zh:
		return " 包（每包 " + exact.Text(n.PackageSize) + "）"
	case n.Quantity.Equal(one):
		return " package of " + exact.Text(n.PackageSize)
	}
	return " packages of " + exact.Text(n.PackageSize)
}

func (n BreakdownLine) tierEnglish() string {
	s := "tier " + strconv.Itoa(n.Tier) + ":"
	if n.From.IsPositive() {
		s += " over " + exact.Text(n.From)
	}
	if n.UpTo.Valid {
		s += " to " + exact.Text(n.UpTo.Decimal)
	} else if n.From.IsZero() {
		s += " any quantity"
	}
	return s
}

func (n BreakdownLine) tierChinese() string {
	s := "第 " + strconv.Itoa(n.Tier) + " 档："
	switch {
	case n.UpTo.Valid && n.From.IsPositive():
		return s + "超过 " + exact.Text(n.From) + " 至 " + exact.Text(n.UpTo.Decimal)
	case n.UpTo.Valid:
		return s + "至 " + exact.Text(n.UpTo.Decimal)
	case n.From.IsPositive():
		return s + "超过 " + exact.Text(n.From)
	}
	return s + "不限数量"
}

func (m Mode) chinese() string {
	switch m {
	case Graduated:
		return "分段累进计价"
	case Volume:
		return "全量阶梯计价"
	case Package:
		return "按包计价"
	}
	return string(m)
}
