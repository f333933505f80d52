package segment_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/segment"
)

var keyAccountCriteria = segment.CriteriaPolicy{
	Version: "2026-1",
	Missing: segment.MissingWorst,
	Criteria: []segment.Criterion{
		{Name: "margin", Text: keyaccount.Text{En: "margin", Zh: "毛利"}, Unit: "kEUR a year", Direction: segment.Benefit, Weight: 50, Lo: 0, Hi: 400},
		{Name: "growth", Text: keyaccount.Text{En: "growth", Zh: "增长"}, Unit: "% a year", Direction: segment.Benefit, Weight: 20, Lo: -20, Hi: 30},
		{Name: "payment", Text: keyaccount.Text{En: "payment delay", Zh: "付款延迟"}, Unit: "days", Direction: segment.Cost, Weight: 30, Lo: 0, Hi: 90},
	},
}

var keyAccountCandidates = []segment.Alternative{
	{ID: "Adler", Values: []float64{320, 5, 60}},
	{ID: "Birke", Values: []float64{180, 25, 0}},
	{ID: "Cedar", Values: []float64{240, -10, 15}},
	{ID: "Dorn", Values: []float64{90, 10, math.NaN()}},
}

func ExampleRankSPOTIS() {
	rank, err := segment.RankSPOTIS(keyAccountCriteria, keyAccountCandidates)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range rank.Accounts {
		fmt.Printf("%d. %s %.3f =", a.Rank, a.ID, a.Score)
		for _, c := range a.Points {
			fmt.Printf(" %s %.3f", c.Criterion, c.Points)
			if c.Treatment != "" {
				fmt.Printf(" (%s)", c.Treatment)
			}
		}
		fmt.Println()
	}
	// Output:
	// 1. Birke 0.295 = margin 0.275 growth 0.020 payment 0.000
	// 2. Adler 0.400 = margin 0.100 growth 0.100 payment 0.200
	// 3. Cedar 0.410 = margin 0.200 growth 0.160 payment 0.050
	// 4. Dorn 0.768 = margin 0.388 growth 0.080 payment 0.300 (missing)
}

// How much more may a criterion count before the top changes?
func ExampleTopSensitivity() {
	s, err := segment.TopSensitivity(segment.MethodSPOTIS, keyAccountCriteria, keyAccountCandidates, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("top:", s.Top)
	f := s.Smallest
	fmt.Printf("%s: weight %.3f%+.3f, %s passes %s\n", f.Criterion, f.Weight-f.Change, f.Change, f.Rises, f.Falls)
	for _, c := range s.Criteria {
		fmt.Println(c.Criterion, "up:", c.Up != nil, "down:", c.Down != nil)
	}
	// Output:
	// top: [Birke Adler]
	// payment: weight 0.300+0.014, Cedar passes Adler
	// margin up: true down: true
	// growth up: true down: true
	// payment up: true down: false
}

// Under TOPSIS the order of two accounts can depend on a third; under fixed
// bounds it cannot.
func ExampleCheckRemovals() {
	policy := segment.CriteriaPolicy{Criteria: []segment.Criterion{
		{Name: "revenue", Direction: segment.Benefit, Weight: 1, Hi: 10}, {Name: "potential", Direction: segment.Benefit, Weight: 1, Hi: 100},
	}}
	accounts := []segment.Alternative{
		{ID: "Adler", Values: []float64{10, 12}},
		{ID: "Birke", Values: []float64{8, 30}},
		{ID: "Cedar", Values: []float64{0, 0}},
		{ID: "Dorn", Values: []float64{1, 100}},
	}
	for _, method := range []segment.RankMethod{segment.MethodTOPSIS, segment.MethodSPOTIS} {
		check, err := segment.CheckRemovals(method, policy, accounts)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(method, "invariant:", check.Invariant())
		for _, v := range check.Reversals {
			fmt.Printf("without %s, %s passes %s\n", v.Removed, v.Rises, v.Falls)
		}
	}
	// Output:
	// topsis invariant: false
	// without Birke, Adler passes Dorn
	// without Adler, Birke passes Dorn
	// without Cedar, Adler passes Birke
	// spotis invariant: true
}

// Judgements become weights; the pair that contradicts the others most is
// named with the value they imply.
func ExampleWeighAHP() {
	judged, err := segment.NewPairwise([]string{"margin", "growth", "payment"}, []segment.Judgement{
		{A: "margin", B: "growth", Ratio: 3},
		{A: "margin", B: "payment", Ratio: 2},
		{A: "growth", B: "payment", Ratio: 3},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = segment.WeighAHP(*judged, nil)
	fmt.Println(errors.Is(err, segment.ErrInconsistent))
	fmt.Println(err)

	judged.Matrix[1][2], judged.Matrix[2][1] = 2./3, 3./2
	ahp, err := segment.WeighAHP(*judged, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := keyAccountCriteria.WithWeights("2026-2", ahp.Weights)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range policy.Criteria {
		fmt.Printf("%s %.3f\n", c.Label("zh"), c.Weight)
	}
	fmt.Printf("%s, consistency ratio %.3f\n", ahp.Method, ahp.ConsistencyRatio)
	// Output:
	// true
	// segment: inconsistent judgements: ratio 0.221 is above 0.1; "margin" : "growth" is judged 3, the other judgements imply 0.667
	// 毛利 0.545
	// 增长 0.182
	// 付款延迟 0.273
	// ahp_eigenvector, consistency ratio 0.000
}

// Three departments score strategic fit without looking at each other.
func ExampleCombineRaters() {
	panel, err := segment.CombineRaters([]string{"Adler", "Birke", "Cedar", "Dorn"}, []segment.Rater{
		{Name: "sales", Scores: []float64{9, 7, 4, 2}},
		{Name: "engineering", Scores: []float64{8, 8, 5, 3}},
		{Name: "finance", Scores: []float64{2, 5, 6, 7}},
	}, &segment.RatersOptions{Rule: segment.CombineMedian})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range panel.Accounts {
		fmt.Println(a.ID, a.Value, "from", a.Low, "to", a.High)
	}
	fmt.Printf("W %.2f, p %.2f; outlier: %s\n", panel.Agreement.W, panel.Agreement.P, panel.Outlier)
	// Output:
	// Adler 8 from 2 to 9
	// Birke 7 from 5 to 8
	// Cedar 5 from 4 to 6
	// Dorn 3 from 2 to 7
	// W 0.10, p 0.82; outlier: finance
}

func ExamplePlacePortfolio() {
	policy := segment.PortfolioPolicy{
		Version:        "2026-1",
		Attractiveness: keyAccountCriteria,
		Strength: segment.CriteriaPolicy{Criteria: []segment.Criterion{
			{Name: "share", Text: keyaccount.Text{En: "share of wallet", Zh: "采购份额"}, Direction: segment.Benefit, Weight: 2, Hi: 1},
			{Name: "relation", Text: keyaccount.Text{En: "relation", Zh: "关系"}, Direction: segment.Benefit, Weight: 1, Hi: 5},
		}},
	}
	matrix, err := segment.PlacePortfolio(policy, keyAccountCandidates, []segment.Alternative{
		{ID: "Adler", Values: []float64{0.7, 4}},
		{ID: "Birke", Values: []float64{0.2, 2}},
		{ID: "Cedar", Values: []float64{0.5, 3}},
		{ID: "Dorn", Values: []float64{0.9, 5}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range matrix.Accounts {
		fmt.Println(a.ID, a.Quadrant.Label("en"), a.Quadrant.Label("zh"))
	}
	fmt.Println(policy.Explain(matrix.Accounts[2], "en"))
	// Output:
	// Adler key account 关键客户
	// Cedar key account 关键客户
	// Birke key development account 重点发展客户
	// Dorn maintenance account 维持型客户
	// Birke: key development account; attractiveness 0.71 (high, cut-off 0.50), carried by payment delay, lacking most in margin; strength 0.27 (low, cut-off 0.50), carried by share of wallet, lacking most in share of wallet
}
