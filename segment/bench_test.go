package segment

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
)

// BenchmarkSummaryAdd folds lines of UCI Online Retail: one operation is one
// line.
func BenchmarkSummaryAdd(b *testing.B) {
	txs, _ := uciLines(b)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		s := new(Summary)
		for i := 0; i < len(txs) && n < b.N; i, n = i+1, n+1 {
			if err := s.Add(txs[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkSummaryUnmarshalBinary reads a state of 100,000 accounts, light and
// with all that is collected short of the lines.
func BenchmarkSummaryUnmarshalBinary(b *testing.B) {
	for _, o := range []SummaryOptions{{}, {Periods: ByMonth, OrderDays: true, Categories: new(CategoryOptions)}} {
		b.Run(o.Periods.String(), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			s := NewSummary(o)
			for i := range 300_000 {
				tx := line(strconv.Itoa(i%100_000), strconv.Itoa(i), "2025-01-01", "1", "10.50")
				tx.Time, tx.Product = tx.Time.AddDate(0, 0, r.IntN(365)), strconv.Itoa(i%7)
				if err := s.Add(tx); err != nil {
					b.Fatal(err)
				}
			}
			data := bytesOf(b, s)
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := NewSummary(o).UnmarshalBinary(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFitRFM(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		accounts := spreadAccounts(n)
		for _, o := range []RFMOptions{{}, {Rule: MidRank}, {Rule: NaturalBreaks}, {Nested: true}} {
			name := strconv.Itoa(n) + "/" + o.Rule.String()
			if o.Nested {
				name += "/nested"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := FitRFM(accounts, &o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// spreadAccounts have IDs in order, as a Summary gives them, and amounts to
// the cent that are hardly ever equal.
func spreadAccounts(n int) []Account {
	r := rand.New(rand.NewPCG(1, 1))
	accounts := make([]Account, n)
	for i := range accounts {
		accounts[i] = Account{
			ID: fmt.Sprintf("A%07d", i), AsOf: uciAsOf, Currency: "EUR",
			DaysSinceLast: r.IntN(730), Orders: 1 + int(r.ExpFloat64()*8), Net: decimal.New(int64(r.ExpFloat64()*2e6)-20_000, -2),
		}
	}
	return accounts
}

func BenchmarkScore(b *testing.B) {
	accounts := randomAccounts(rand.New(rand.NewPCG(1, 1)), 1<<10)
	m, err := FitRFM(accounts, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = m.Score(accounts[i&(len(accounts)-1)])
	}
}

// BenchmarkScoreDimensions is BenchmarkScore with two further dimensions, and
// rules that ask for one.
func BenchmarkScoreDimensions(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	accounts := withFigures(r, randomAccounts(r, 1<<10))
	m, err := FitRFM(accounts, &RFMOptions{Rules: delayRules(), Dimensions: []Dimension{{Name: "margin"}, {Name: "delay", LowerBetter: true}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_ = m.Score(accounts[i&(len(accounts)-1)])
	}
}

func BenchmarkABC(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		accounts := spreadAccounts(n)
		for _, o := range []ABCOptions{{}, {Computed: true}} {
			b.Run(strconv.Itoa(n)+"/computed="+strconv.FormatBool(o.Computed), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := ABC(accounts, &o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkTiers(b *testing.B) {
	accounts := spreadAccounts(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Tiers(accounts, nil); err != nil {
			b.Fatal(err)
		}
	}
}
