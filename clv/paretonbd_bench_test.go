package clv

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

func BenchmarkFitParetoNBD(b *testing.B) {
	fit := func(b *testing.B, table *Counts) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FitParetoNBD(table, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("CDNOW", func(b *testing.B) { fit(b, cdnow(b)) })
	b.Run("100k", func(b *testing.B) {
		fit(b, cbs(b, "data/clv/sim_pnbd_100k_cbs.csv.gz", "t_x", "T"))
	})
	b.Run("100k_continuous", func(b *testing.B) {
		fit(b, cbs(b, "data/clv/sim_bgnbd_100k_cbs.csv.gz", "t_x", "T"))
	})
}

// millionHistories reads the histories of a million simulated accounts.
func millionHistories(tb testing.TB) []History {
	tb.Helper()
	in := csv.NewReader(oracle.Open(tb, "data/clv/sim_pnbd_1m_cbs.csv.gz"))
	in.ReuseRecord = true
	row, err := in.Read()
	require.NoError(tb, err)
	require.Equal(tb, []string{"cust", "x", "t_x", "T", "zbar"}, row)
	histories := make([]History, 0, 1e6)
	for row, err = in.Read(); err == nil; row, err = in.Read() {
		x, notX := strconv.Atoi(row[1])
		recency, notRecency := strconv.ParseFloat(row[2], 64)
		age, notAge := strconv.ParseFloat(row[3], 64)
		if err := errors.Join(notX, notRecency, notAge); err != nil {
			tb.Fatal(err)
		}
		histories = append(histories, History{x, recency, age})
	}
	require.ErrorIs(tb, err, io.EOF)
	return histories
}

func count(tb testing.TB, histories []History) *Counts {
	tb.Helper()
	table := NewCounts(Week)
	for _, h := range histories {
		if err := table.Add(h, 1); err != nil {
			tb.Fatal(err)
		}
	}
	return table
}

func BenchmarkParetoNBDPredict(b *testing.B) {
	m := ParetoNBD{R: .553, Alpha: 10.58, S: .606, Beta: 11.67}
	histories := []History{{}, {0, 0, 38.9}, {2, 30.4, 38.9}, {26, 30.9, 31}}
	run := func(name string, ask func(h History)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ask(histories[i%len(histories)])
			}
		})
	}
	run("ProbAlive", func(h History) { m.ProbAlive(h) })
	run("ExpectedOrders", func(h History) { m.ExpectedOrders(h, 52) })
	run("Discounted", func(h History) { m.Discounted(h, Rate{Annual: .15}) })
	run("OrderDistribution20", func(h History) { m.OrderDistribution(h, 52, 20) })
}
