package clv

import (
	"bufio"
	"strings"
	"testing"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

func BenchmarkFitBGNBD(b *testing.B) {
	fit := func(b *testing.B, table *Counts) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FitBGNBD(table, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("CDNOW", func(b *testing.B) { fit(b, cdnow(b)) })
	b.Run("100k", func(b *testing.B) {
		fit(b, cbs(b, "data/clv/sim_pnbd_100k_cbs.csv.gz", "t_x", "T"))
	})
	b.Run("1M", func(b *testing.B) { fit(b, million(b)) })
	b.Run("100k_continuous", func(b *testing.B) {
		fit(b, cbs(b, "data/clv/sim_bgnbd_100k_cbs.csv.gz", "t_x", "T"))
	})
}

func BenchmarkFitMBGNBD(b *testing.B) {
	fit := func(b *testing.B, table *Counts) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := FitMBGNBD(table, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("CDNOW", func(b *testing.B) { fit(b, cdnow(b)) })
	b.Run("1M", func(b *testing.B) { fit(b, million(b)) })
}

func BenchmarkFitRhythm(b *testing.B) {
	table := cdnow(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FitMBGCNBD(table, 2, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBGNBDPredict(b *testing.B) {
	histories := []History{{}, {0, 0, 38.9}, {2, 30.4, 38.9}, {26, 30.9, 31}}
	b.Run("ProbAlive", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			published.ProbAlive(histories[i%len(histories)])
		}
	})
	b.Run("ExpectedOrders", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			published.ExpectedOrders(histories[i%len(histories)], 52)
		}
	})
	b.Run("Discounted", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			published.Discounted(histories[i%len(histories)], Rate{Annual: .1})
		}
	})
	b.Run("DiscountedUntil", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			published.DiscountedUntil(histories[i%len(histories)], 52, Rate{Annual: .1})
		}
	})
}

func BenchmarkCalibrationAdd(b *testing.B) {
	log := cdnowLog(b)
	b.ReportAllocs()
	for b.Loop() {
		cal := NewCalibration(CalibrationOptions{})
		for _, tx := range log {
			if err := cal.Add(tx); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(log)), "ns/line")
}

// million are the counted rows of a simulated base of a million accounts.
func million(t testing.TB) *Counts {
	t.Helper()
	table := NewCounts(Week)
	lines := bufio.NewScanner(oracle.Open(t, "data/clv/sim_pnbd_1m_cbs.csv.gz"))
	lines.Scan() // cust,x,t_x,T,zbar
	for lines.Scan() {
		f := strings.Split(lines.Text(), ",")
		v := floats(t, f[1]+" "+f[2]+" "+f[3])
		if err := table.Add(History{int(v[0]), v[1], v[2]}, 1); err != nil {
			t.Fatal(err)
		}
	}
	return table
}
