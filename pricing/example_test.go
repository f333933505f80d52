package pricing_test

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/pricing"
)

func ladder(mode pricing.Mode) pricing.Ladder {
	bound := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.NewFromInt(n)) }
	return pricing.Ladder{Mode: mode, Tiers: []pricing.Tier{
		{UpTo: bound(5), Unit: decimal.RequireFromString("7.00")},
		{UpTo: bound(10), Unit: decimal.RequireFromString("6.50"), Flat: decimal.RequireFromString("2.00")},
		{Unit: decimal.RequireFromString("6.00")},
	}}
}

func ExampleLadder_Price() {
	for _, mode := range []pricing.Mode{pricing.Graduated, pricing.Volume} {
		b, err := ladder(mode).Price(decimal.NewFromInt(7))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(b.Explain("en"))
	}
	// Output:
	// graduated, quantity 7: 50.00
	//   5 x 7.00 = 35.00 (tier 1: to 5)
	//   2 x 6.50 + 2.00 = 15.00 (tier 2: over 5 to 10)
	// volume, quantity 7: 47.50
	//   7 x 6.50 + 2.00 = 47.50 (tier 2: over 5 to 10)
}

func ExampleBreakdown_Explain() {
	b, err := ladder(pricing.Volume).Price(decimal.NewFromInt(12))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Explain("zh"))
	// Output:
	// 全量阶梯计价，数量 12：72.00
	//   12 x 6.00 = 72.00（第 3 档：超过 10）
}

// Ten units cost 67.00, but eleven cost 66.00.
func ExampleLadder_Inversions() {
	cliffs, err := ladder(pricing.Volume).Inversions(decimal.NewFromInt(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range cliffs {
		fmt.Printf("%s to %s units: %s cost %s, up to %s less\n", c.From, c.To, c.Buy, c.Pays.StringFixed(2), c.Saving.StringFixed(2))
	}
	// Output:
	// 10 to 10 units: 11 cost 66.00, up to 1.00 less
}

func ExampleLadder_Validate() {
	var l pricing.Ladder
	text := `{"mode": "volume", "tiers": [{"up_to": 10, "unit": "2"}, {"up_to": 10, "unit": "-1"}]}`
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(l.Validate())
	// Output:
	// keyaccount: row 2: UpTo "10": the last tier must have no upper bound, or larger quantities have no price
	// keyaccount: row 2: Unit "-1": a price is not negative
}
