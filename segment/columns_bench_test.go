package segment

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
)

// The figures of the issue: 10,000,000 lines of 1,000,000 accounts over three
// years, 3 % of them returns, from a fixed seed.
const (
	benchRows     = 10_000_000
	benchAccounts = 1_000_000
)

var bench10M struct {
	once    sync.Once
	account []uint32
	day     []int32
	cents   []int64
}

func benchColumns(b *testing.B) (account []uint32, day []int32, cents []int64) {
	b.Helper()
	if testing.Short() {
		b.Skip("10M rows")
	}
	g := &bench10M
	g.once.Do(func() {
		r := rand.New(rand.NewPCG(20240601, 0))
		g.account, g.day, g.cents = make([]uint32, benchRows), make([]int32, benchRows), make([]int64, benchRows)
		for i := range benchRows {
			g.account[i] = uint32(r.Uint64N(benchAccounts))
			g.day[i] = 18_993 + int32(r.Uint64N(1096)) // 2022-01-01 to 2024-12-31
			g.cents[i] = 100 + r.Int64N(50_000)
			if r.Uint64N(100) < 3 {
				g.cents[i] = -g.cents[i]
			}
		}
	})
	return g.account, g.day, g.cents
}

// BenchmarkColumns10M: aggregate and three quintile scores, as in the issue's
// table. One operation is the whole job.
func BenchmarkColumns10M(b *testing.B) {
	account, day, cents := benchColumns(b)
	workers := []int{1, 2}
	b.Run("int", func(b *testing.B) {
		columns := Columns[uint32]{Account: account, Day: day, Amount: cents, Places: 2}
		for _, w := range workers {
			b.Run("workers="+strconv.Itoa(w), func(b *testing.B) { benchJob(b, columns, w) })
		}
	})
	b.Run("string", func(b *testing.B) {
		ids := textIDs(account)
		columns := Columns[string]{Account: ids, Day: day, Amount: cents, Places: 2}
		for _, w := range workers {
			b.Run("workers="+strconv.Itoa(w), func(b *testing.B) { benchJob(b, columns, w) })
		}
	})
}

// textIDs are as a reader leaves them: every row has its own bytes.
func textIDs(account []uint32) []string {
	text, ids := make([]byte, 0, len("C999999")*len(account)), make([]string, len(account))
	for i, a := range account {
		from := len(text)
		text = strconv.AppendUint(append(text, 'C'), uint64(a), 10)
		ids[i] = unsafe.String(&text[from], len(text)-from) // never written to again
	}
	return ids
}

func benchJob[K ColumnKey](b *testing.B, columns Columns[K], workers int) {
	b.ReportAllocs()
	asOf := day("2025-01-01")
	runtime.GC()
	before := cpuTime()
	for b.Loop() {
		t, err := FoldColumns(columns, &ColumnOptions{Workers: workers})
		if err != nil {
			b.Fatal(err)
		}
		m, err := t.FitRFM(asOf, nil)
		if err != nil {
			b.Fatal(err)
		}
		if s := t.Score(m, asOf); len(s.M) != t.Len() {
			b.Fatal("scores are missing")
		}
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// cpuTime is what this process has used, in nanoseconds: the figure that a
// busy machine leaves alone.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkAddAll10M: the same lines as transactions, into a Summary.
func BenchmarkAddAll10M(b *testing.B) {
	account, days, cents := benchColumns(b)
	ids := textIDs(account)
	epoch := day("1970-01-01")
	txs := make([]keyaccount.Transaction, len(account))
	for i := range txs {
		txs[i] = keyaccount.Transaction{
			Account: ids[i], Time: epoch.AddDate(0, 0, int(days[i])), Amount: decimal.New(cents[i], -2),
		}
	}
	for _, w := range []int{1, 2} {
		b.Run("workers="+strconv.Itoa(w), func(b *testing.B) {
			b.ReportAllocs()
			runtime.GC()
			before := cpuTime()
			for b.Loop() {
				s := new(Summary)
				if err := s.AddAll(txs, &AddOptions{Workers: w}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}
