package survey

import (
	"maps"
	"math"
	"slices"

	"github.com/keyaccount/keyaccount"
)

// AccountNPS is the score of one account.
type AccountNPS struct {
	Account string `json:"account"`
	NPSEstimate
}

// NPSReport is the score of each account, sorted by its identifier, and of all
// together.
type NPSReport struct {
	Accounts  []AccountNPS `json:"accounts"`
	Portfolio NPSEstimate  `json:"portfolio"`
}

// NPSByAccount estimates the Net Promoter Score of every account, and of the
// portfolio of all answers. Every answer needs an Account; the rules and errors
// of [NPS] hold otherwise. An account that nobody answered for is listed, with
// an empty estimate.
//
// An account's interval treats its answers as independent: it speaks of what
// more people like those who answered would say.
//
// The portfolio's Value gives every answer the same weight. Its uncertainty has
// the accounts as clusters: with e_c the sum of (answer - Value) over account c
// of the k accounts heard, each answer being -1, 0 or 1,
//
//	SE^2 = k / (k-1) * sum over c of (e_c / N)^2
//	NEff = N * (variance if independent) / SE^2, at most N
//
// and the interval is that of the Method for NEff answers with the same
// shares, with Student's t at k-1 degrees of freedom in place of the normal z.
// Where all answers agree nothing shows how much accounts differ, and NEff is
// that of accounts in full agreement with themselves, N^2 / sum of N_c^2. With
// only one account heard the portfolio is that account, which is a warning.
func NPSByAccount(answers []Answer, opts *NPSOptions) (NPSReport, error) {
	o, err := opts.resolve()
	if err != nil {
		return NPSReport{}, err
	}
	for i, a := range answers {
		if a.Account == "" {
			return NPSReport{}, &keyaccount.InputError{
				Kind: keyaccount.ErrMissing, Field: "Account", Row: i + 1,
				Reason: "a score by account needs the account of every answer",
			}
		}
	}
	byAccount, err := tally(answers)
	if err != nil {
		return NPSReport{}, err
	}
	report := NPSReport{Accounts: make([]AccountNPS, 0, len(byAccount))}
	clusters := make([]counts, 0, len(byAccount))
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		c := *byAccount[account]
		report.Accounts = append(report.Accounts, AccountNPS{Account: account, NPSEstimate: o.estimate(c)})
		clusters = append(clusters, c)
	}
	report.Portfolio = o.portfolio(clusters)
	return report, nil
}

// portfolio estimates the score of all clusters together, which is summed in
// the given order so that equal input gives equal bits.
func (o NPSOptions) portfolio(clusters []counts) NPSEstimate {
	var all counts
	heard := 0
	for _, c := range clusters {
		all.merge(c)
		if c.n() > 0 {
			heard++
		}
	}
	if heard < 2 {
		e := o.estimate(all)
		if heard == 1 {
			e.Warnings = append(e.Warnings, WarnOneAccount)
		}
		return e
	}
	e := o.start(all)
	n, k := float64(e.N), float64(heard)
	var residuals, sizes float64
	for _, c := range clusters {
		nc := float64(c.n())
		r := (float64(c.promoters-c.detractors) - nc*e.Value) / n
		residuals += r * r
		sizes += nc * nc
	}
	variance := k / (k - 1) * residuals
	independent := all.shares().variance() / n
	e.SE = math.Sqrt(variance)
	switch {
	case independent == 0:
		e.NEff = n * n / sizes
	case variance > independent:
		e.NEff = n * independent / variance
	}
	e.bound(all.shares(), tQuantile(o.Level, k-1))
	return e
}
