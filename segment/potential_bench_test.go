package segment

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
)

// BenchmarkCohortsAdd folds lines of UCI Online Retail: one operation is one
// line.
func BenchmarkCohortsAdd(b *testing.B) {
	txs, _ := uciLines(b)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		c := new(Cohorts)
		for i := 0; i < len(txs) && n < b.N; i, n = i+1, n+1 {
			if err := c.Add(txs[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCohortTable(b *testing.B) {
	txs, _ := uciLines(b)
	c := cohortsOf(b, txs...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Table(uciAsOf, CohortMonth); err != nil {
			b.Fatal(err)
		}
	}
}

// benchPropensity has eight features of up to 40 values.
func benchPropensity(b *testing.B) (*PropensityCounts, [][]string) {
	b.Helper()
	c := countsOf(b, "industry", "region", "size", "r", "f", "m", "channel", "manager")
	r := rand.New(rand.NewPCG(1, 1))
	rows := make([][]string, 1<<12)
	for i := range rows {
		for _, n := range []int{40, 20, 6, 5, 5, 5, 4, 30} {
			rows[i] = append(rows[i], "value "+strconv.Itoa(r.IntN(n)))
		}
		if err := c.Add(rows[i], r.IntN(10) == 0); err != nil {
			b.Fatal(err)
		}
	}
	return c, rows
}

// BenchmarkPropensityScore: one operation is one account of eight features.
func BenchmarkPropensityScore(b *testing.B) {
	c, rows := benchPropensity(b)
	m, err := FitPropensity(c, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := m.Score(rows[i&(len(rows)-1)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPropensityAdd(b *testing.B) {
	c, rows := benchPropensity(b)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := c.Add(rows[i&(len(rows)-1)], i%10 == 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFitTrend(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{12, 36} {
		amounts := make([]decimal.Decimal, n)
		for i := range amounts {
			amounts[i] = decimal.New(r.Int64N(1e7), -2)
		}
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := FitTrend(amounts, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkWhiteSpace is 2,000 accounts in 20 segments over 50 cells.
func BenchmarkWhiteSpace(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var in WhiteSpaceInput
	for i := range 2000 {
		id := strconv.Itoa(i)
		in.Accounts = append(in.Accounts, WhiteSpaceAccount{id, strconv.Itoa(i % 20), 1 + 100*r.Float64()})
		for range 15 {
			in.Sales = append(in.Sales, WhiteSpaceAmount{id, WhiteSpaceCell{Product: strconv.Itoa(r.IntN(50))}, decimal.New(r.Int64N(1e6), -2)})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := WhiteSpace(in, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRankPotential(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var in PotentialInput
	for i := range 10_000 {
		in.Accounts = append(in.Accounts, PotentialFacts{
			ID: fmt.Sprintf("%05d", i), Key: i%50 == 0, Headroom: new(decimal.New(r.Int64N(1e8), -2)),
			Trend: sureTrend(r.NormFloat64()), Propensity: new(r.Float64()),
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := RankPotential(in, nil); err != nil {
			b.Fatal(err)
		}
	}
}
