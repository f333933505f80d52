package clv

import (
	"cmp"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/oracle"
)

// millionLines is the simulated log of 100,000 accounts five times over, under
// five names: 1,035,005 lines of 500,000 accounts, in the order of time, as a
// host's store yields them.
func millionLines(b *testing.B) []keyaccount.Transaction {
	b.Helper()
	if testing.Short() {
		b.Skip("1M lines")
	}
	rows := oracle.CSV(b, "data/clv/sim_pnbd_100k_elog.csv.gz")
	slices.SortStableFunc(rows, func(a, b map[string]string) int { return cmp.Compare(a["date"], b["date"]) })
	out := make([]keyaccount.Transaction, 0, 5*len(rows))
	for _, row := range rows {
		at, err := time.Parse(time.DateOnly, row["date"])
		require.NoError(b, err)
		for k := range 5 {
			out = append(out, keyaccount.Transaction{
				Account: row["cust"] + "-" + strconv.Itoa(k), Time: at, Amount: decimal.RequireFromString(row["amount"]),
			})
		}
	}
	return out
}

// BenchmarkCalibrationMillion: the garbage of making the lines is collected
// before. What is left of the collector's work is to go through the lines
// themselves, once and again, as they are alive; "alone" is without it.
func BenchmarkCalibrationMillion(b *testing.B) {
	log := millionLines(b)
	end := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	run := func(name string, read func(cal *Calibration) (int, error), want int) {
		for _, alone := range []bool{false, true} {
			if alone {
				name += "/alone"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				collect := 100
				if alone {
					collect = -1
				}
				defer debug.SetGCPercent(debug.SetGCPercent(collect))
				used := int64(0)
				for b.Loop() {
					if alone || used == 0 {
						b.StopTimer()
						runtime.GC()
						b.StartTimer()
					}
					before := cpuTime()
					cal := new(Calibration)
					if err := cal.AddAll(log); err != nil {
						b.Fatal(err)
					}
					if n, err := read(cal); err != nil || n != want {
						b.Fatal(n, err)
					}
					used += cpuTime() - before
				}
				b.ReportMetric(float64(used)/float64(b.N)/1e6, "cpu-ms/op")
			})
		}
	}
	run("Accounts", func(cal *Calibration) (int, error) {
		accounts, err := cal.Accounts(end)
		return len(accounts), err
	}, 500_000)
	run("Counts", func(cal *Calibration) (int, error) {
		table, err := cal.Counts(end)
		return int(table.N()), err
	}, 500_000)
}

// BenchmarkCalibrationMemory reports what a state of a million accounts with
// two million orders keeps.
func BenchmarkCalibrationMemory(b *testing.B) {
	if testing.Short() {
		b.Skip("2M lines")
	}
	r := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	amount := decimal.New(1999, -2)
	for b.Loop() {
		held := heap()
		cal := new(Calibration)
		for i := range 2_070_000 {
			tx := keyaccount.Transaction{
				Account: "C" + strconv.Itoa(i%1_000_000), Time: start.AddDate(0, 0, r.IntN(272)), Amount: amount,
			}
			if err := cal.Add(tx); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(math.Round(float64(heap()-held)/1e6), "MB-state")
		if _, err := cal.Counts(start.AddDate(1, 0, 0)); err != nil {
			b.Fatal(err)
		}
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
