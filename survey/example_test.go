package survey_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/keyaccount/keyaccount/survey"
)

func ExampleNPS() {
	answers := []survey.Answer{
		{State: survey.Answered, Score: 10},
		{State: survey.Answered, Score: 9},
		{State: survey.Answered, Score: 9},
		{State: survey.Answered, Score: 8},
		{State: survey.Answered, Score: 7},
		{State: survey.Answered, Score: 6},
		{State: survey.Refused}, // not in the denominator
	}
	nps, err := survey.NPS(answers, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f [%.2f, %.2f] from %d answers, %d missing\n", nps.Value, nps.Low, nps.High, nps.N, nps.Missing)
	// Output:
	// 0.33 [-0.31, 0.75] from 6 answers, 1 missing
}

// Five promoters out of five are good news, not certainty.
func ExampleNPSFromCounts() {
	for _, m := range []survey.Method{survey.Score, survey.AdjustedWald, survey.Wald} {
		nps, err := survey.NPSFromCounts(0, 0, 5, &survey.NPSOptions{Method: m})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-13v [%.2f, %.2f] %v\n", m, nps.Low, nps.High, nps.Warnings)
	}
	// Output:
	// score         [0.13, 1.00] []
	// adjusted_wald [0.17, 1.00] []
	// wald          [1.00, 1.00] [wald_small_n]
}

func ExampleNPSByAccount() {
	var answers []survey.Answer
	for _, a := range []struct {
		account string
		scores  []int
	}{{"ACME", []int{9, 10, 9, 10}}, {"Binhai", []int{3, 6, 5, 7}}, {"Corvus", []int{9, 8}}} {
		for _, s := range a.scores {
			answers = append(answers, survey.Answer{Account: a.account, State: survey.Answered, Score: s})
		}
	}
	report, err := survey.NPSByAccount(answers, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range report.Accounts {
		fmt.Printf("%-9s %+.2f [%+.2f, %+.2f] n=%d\n", a.Account, a.Value, a.Low, a.High, a.N)
	}
	p := report.Portfolio
	fmt.Printf("portfolio %+.2f [%+.2f, %+.2f] n=%d, worth %.1f independent answers\n", p.Value, p.Low, p.High, p.N, p.NEff)
	// Output:
	// ACME      +1.00 [+0.02, +1.00] n=4
	// Binhai    -0.75 [-0.95, +0.11] n=4
	// Corvus    +0.50 [-0.49, +0.91] n=2
	// portfolio +0.20 [-0.92, +0.96] n=10, worth 2.0 independent answers
}

func ExampleNPS_empty() {
	nps, err := survey.NPS(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nps.Empty(), nps.Warnings[0].Label("en"), nps.Warnings[0].Label("zh"))
	_ = json.NewEncoder(os.Stdout).Encode(nps.Estimate)
	// Output:
	// true nobody answered 没有人作答
	// {"value":0,"se":0,"low":-1,"high":1,"level":0.95,"method":"score","n":0,"n_eff":0,"missing":0,"warnings":["no_answers"]}
}
