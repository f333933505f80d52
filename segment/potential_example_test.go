package segment_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount/segment"
)

func amounts(values ...int64) []decimal.Decimal {
	out := make([]decimal.Decimal, len(values))
	for i, v := range values {
		out[i] = decimal.NewFromInt(v)
	}
	return out
}

// Who came when, and who is still there.
func ExampleCohorts() {
	c := segment.NewCohorts(segment.CohortOptions{})
	for _, tx := range sales {
		if err := c.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
	}
	table, err := c.Table(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), segment.CohortQuarter)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cohort := range table.Cohorts {
		fmt.Print(cohort.Period, " ", cohort.Size, ":")
		for _, cell := range cohort.Cells {
			fmt.Printf(" %.0f%% %s", 100*cell.Retention, cell.Net.StringFixed(2))
		}
		fmt.Println()
	}
	fmt.Println("never bought:", table.WithoutPurchase, table.OutsideNet.StringFixed(2))
	// Output:
	// 2025-Q1 3: 100% 2018.90 67% 895.50
	// 2025-Q2 0: 0% 0.00
	// never bought: 1 -19.90
}

func ExampleLifecycle() {
	amount := decimal.NewFromInt
	result, err := segment.Lifecycle([]segment.LifecycleFacts{
		{ID: "Adler", Before: amount(1000), Now: amount(1300)},
		{ID: "Birke", Before: amount(400)},
		{ID: "Cedar", Earlier: amount(80), Now: amount(90)},
		{ID: "Dorn", Now: amount(250)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range result.Stages[:4] {
		fmt.Println(s.Stage.Label("en"), s.Accounts, s.Change)
	}
	fmt.Println("all", result.Change, "retention", result.Retention)
	// Output:
	// new 1 250
	// returned 1 90
	// repeat 1 300
	// lapsed 1 -400
	// all 240 retention 0.5
}

// The slope is a median: the one large order of the second account is no trend.
func ExampleFitTrend() {
	for _, months := range [][]decimal.Decimal{
		amounts(100, 108, 115, 131, 128, 142, 150, 163),
		amounts(100, 97, 104, 99, 101, 96, 900, 102),
	} {
		t, err := segment.FitTrend(months, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.2f a month (%.2f to %.2f), sure: %.2f\n", t.Slope, t.Low, t.High, t.Sure())
	}
	// Output:
	// 8.45 a month (7.00 to 11.00), sure: 7.00
	// 0.54 a month (-1.50 to 133.33), sure: 0.00
}

// A hotel of 50 rooms beside five of 100: what look-alikes buy per room is what
// it could buy.
func ExampleWhiteSpace() {
	in := segment.WhiteSpaceInput{Accounts: []segment.WhiteSpaceAccount{{ID: "Small", Segment: "hotel", Size: 50}}}
	linen := segment.WhiteSpaceCell{Product: "linen", Region: "north"}
	for i, id := range []string{"H1", "H2", "H3", "H4", "H5"} {
		in.Accounts = append(in.Accounts, segment.WhiteSpaceAccount{ID: id, Segment: "hotel", Size: 100})
		in.Sales = append(in.Sales, segment.WhiteSpaceAmount{Account: id, WhiteSpaceCell: linen, Amount: decimal.NewFromInt(int64(1000 * i))})
	}
	in.Sales = append(in.Sales, segment.WhiteSpaceAmount{Account: "Small", WhiteSpaceCell: linen, Amount: decimal.NewFromInt(150)})
	grid, err := segment.WhiteSpace(in, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range grid.Accounts[:3] {
		fmt.Println(a.ID, a.Headroom.StringFixed(2), "-", a.Cells[0].Explain("en"))
	}
	// Output:
	// H1 3000.00 - potential 3000.00: 5 of 5 peers buy here, their level is 30; now 0
	// H2 2000.00 - potential 3000.00: 4 of 5 peers buy here, their level is 30; now 1000
	// Small 1350.00 - potential 1500.00: 4 of 5 peers buy here, their level is 30; now 150
}

// Counts of two branches are merged and sent as JSON; the model is fitted to
// all of them.
func ExampleFitPropensity() {
	north, _ := segment.NewPropensityCounts("industry", "rfm")
	south, _ := segment.NewPropensityCounts("industry", "rfm")
	for i := range 40 {
		_ = north.Add([]string{"hotel", "high"}, i%2 == 0)
		_ = south.Add([]string{"clinic", "low"}, i%10 == 0)
		_ = south.Add([]string{"clinic", "high"}, i%4 == 0)
	}
	sent, err := json.Marshal(south)
	if err != nil {
		fmt.Println(err)
		return
	}
	var received segment.PropensityCounts
	if err := json.Unmarshal(sent, &received); err != nil {
		fmt.Println(err)
		return
	}
	if err := north.Merge(&received); err != nil {
		fmt.Println(err)
		return
	}
	model, err := segment.FitPropensity(north, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	why, err := model.Explain([]string{"clinic", "high"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(why.Text("en"))
	// Output: probability 24.6 %: start -0.91; industry clinic -0.60 (14 of 80); rfm high +0.40 (30 of 80)
}

// Four figures make one ranking; each says what it contributes.
func ExampleRankPotential() {
	money := func(v int64) *decimal.Decimal { d := decimal.NewFromInt(v); return &d }
	chance := func(p float64) *float64 { return &p }
	growing, err := segment.FitTrend(amounts(100, 108, 115, 131, 128, 142, 150, 163), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := segment.RankPotential(segment.PotentialInput{
		Accounts: []segment.PotentialFacts{
			{ID: "Adler", Key: true},
			{ID: "Birke", Current: decimal.NewFromInt(9000), Headroom: money(500), Propensity: chance(0.2)},
			{ID: "Cedar", Current: decimal.NewFromInt(1100), Headroom: money(4000), Propensity: chance(0.3), Trend: growing},
		},
		Referrals: []segment.Referral{{From: "Adler", To: "Cedar"}},
	}, &segment.PotentialPolicy{
		Version:    "2025-07",
		Headroom:   segment.PotentialWeight{Weight: 4, High: 5000},
		Trend:      segment.PotentialWeight{Weight: 2, High: 10},
		Propensity: segment.PotentialWeight{Weight: 3, High: 1},
		Referral:   segment.PotentialWeight{Weight: 1, High: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range result.Accounts {
		fmt.Println(a.Explain("en"))
	}
	// Output:
	// Cedar: rank 1, score 0.650; headroom 4000: 0.40 x 0.80 = 0.320; sure growth 7: 0.20 x 0.70 = 0.140; propensity 0.3: 0.30 x 0.30 = 0.090; referred by key accounts 1: 0.10 x 1.00 = 0.100; by Adler
	// Birke: rank 2, score 0.100; headroom 500: 0.40 x 0.10 = 0.040; sure growth unknown: 0.20 x 0.00 = 0.000; propensity 0.2: 0.30 x 0.20 = 0.060; referred by key accounts 0: 0.10 x 0.00 = 0.000
}

// What the ranking of last year would have been worth: of ten accounts three
// became key.
func ExampleBackTest() {
	var cases []segment.LiftCase
	for i, became := range []bool{true, true, false, false, true, false, false, false, false, false} {
		cases = append(cases, segment.LiftCase{
			ID: string(rune('A' + i)), Score: float64(10 - i), Size: float64(i * 9 % 10), Hit: became,
		})
	}
	result, err := segment.BackTest(cases, &segment.LiftOptions{At: []int{3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := result.At[0]
	fmt.Printf("score:  precision %.2f, recall %.2f, lift %.2f (p = %.2f)\n", at.Score.Precision, at.Score.Recall, at.Score.Lift, at.PValue)
	fmt.Printf("size:   precision %.2f, recall %.2f, lift %.2f\n", at.Size.Precision, at.Size.Recall, at.Size.Lift)
	fmt.Printf("random: precision %.2f, recall %.2f, lift %.2f\n", at.Random.Precision, at.Random.Recall, at.Random.Lift)
	// Output:
	// score:  precision 0.67, recall 0.67, lift 2.22 (p = 0.18)
	// size:   precision 0.33, recall 0.33, lift 1.11
	// random: precision 0.30, recall 0.30, lift 1.00
}

func ExampleNewProfile() {
	sum := segment.NewSummary(segment.SummaryOptions{})
	var days []time.Time
	for _, tx := range sales {
		if err := sum.Add(tx); err != nil {
			fmt.Println(err)
			return
		}
		if tx.Account == "Adler" && !tx.IsReturn() {
			days = append(days, tx.Time)
		}
	}
	p, err := segment.NewProfile(segment.ProfileFacts{
		Account:   sum.Accounts(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))[0],
		OrderDays: days,
		Months:    amounts(1550, 0, 0, 0, 0, 800),
		From:      time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		Categories: []segment.CategoryAmount{
			{Category: "pumps", Amount: decimal.NewFromInt(2080)}, {Category: "seals", Amount: decimal.NewFromInt(270)},
		},
		Tier: "A",
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(p.Text("en"))
	fmt.Println(p.Reasons[0].Label("zh"))
	// Output:
	// Profile of Adler as of 2025-07-01
	// Tier A, segment -
	// Size: net 2349.90 EUR, 2 orders of 1214.95 on average
	// Cadence: twice, 157 days apart, last 11 days ago
	// Trend: +0 a month (-516.667 to +266.667)
	// Buys: pumps 89%, seals 11%; 2 categories
	// Returns: 3.3 %
	// - buys 89 % in one category
	// 单一品类占 89%
}
