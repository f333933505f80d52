package clv

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
)

// BenchmarkSpeed fits each model from the rows, one for each account in no
// order: counting them is a part of it. CPU time is that of all threads.
//
//	go test ./clv -run '^$' -bench Speed -benchtime 5x -count 3
func BenchmarkSpeed(b *testing.B) {
	for _, base := range []struct {
		name   string
		table  func(testing.TB) *Counts
		spends func(testing.TB) []SpendHistory
	}{
		{"CDNOW", cdnow, func(t testing.TB) []SpendHistory { return accountsOf(cdnowSpends(t).All()) }},
		{"100k", func(t testing.TB) *Counts {
			return cbs(t, "data/clv/sim_pnbd_100k_cbs.csv.gz", "t_x", "T")
		}, func(t testing.TB) []SpendHistory { return accountsOf(simulatedSpends(t).All()) }},
		{"1M", million, millionSpends},
	} {
		b.Run(base.name, func(b *testing.B) {
			if testing.Short() && base.name != "CDNOW" {
				b.Skip("many rows")
			}
			var rows []CountedHistory
			for _, h := range accountsOf(base.table(b).All()) {
				rows = append(rows, CountedHistory{h, 1})
			}
			for _, m := range []struct {
				name string
				fit  func(*Counts) error
			}{
				{"BG", func(t *Counts) error { _, err := FitBGNBD(t, nil); return err }},
				{"MBG", func(t *Counts) error { _, err := FitMBGNBD(t, nil); return err }},
				{"Pareto", func(t *Counts) error { _, err := FitParetoNBD(t, nil); return err }},
			} {
				b.Run(m.name, func(b *testing.B) {
					measure(b, func() error {
						table, err := CountRows(Week, rows)
						if err != nil {
							return err
						}
						return m.fit(table)
					})
				})
			}
			spends := base.spends(b)
			b.Run("GammaGamma", func(b *testing.B) {
				measure(b, func() error {
					var table SpendCounts
					for _, s := range spends {
						if err := table.Add(s, 1); err != nil {
							return err
						}
					}
					_, err := FitGammaGamma(&table, nil)
					return err
				})
			})
		})
	}
}

// accountsOf lists the accounts of a counted table, in no order.
func accountsOf[H any](table iter.Seq2[H, int64]) []H {
	var rows []H
	for h, n := range table {
		for range n {
			rows = append(rows, h)
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

func measure(b *testing.B, job func() error) {
	b.Helper()
	b.ReportAllocs()
	runtime.GC()
	before := cpuTime()
	for b.Loop() {
		if err := job(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// BenchmarkMemoryMillion reports the most that a million customers can take,
// with nothing collected until the end: the rows, the fit of them, and the
// score of each.
func BenchmarkMemoryMillion(b *testing.B) {
	if testing.Short() {
		b.Skip("1M rows")
	}
	for b.Loop() {
		held := heap()
		histories := millionHistories(b)
		b.ReportMetric(float64(heap()-held)/1e6, "MB-rows")
		percent := debug.SetGCPercent(-1)
		table := count(b, histories)
		fit, err := FitMBGNBD(table, nil)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := ScoreAll(fit, histories, &ScoreOptions{Span: 52, Rate: Rate{Annual: .1}}); err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		debug.SetGCPercent(percent)
		b.ReportMetric(float64(m.HeapAlloc-held)/1e6, "MB-peak")
	}
}
