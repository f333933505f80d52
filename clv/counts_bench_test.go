package clv

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/keyaccount/keyaccount/internal/oracle"
)

func BenchmarkCountRows(b *testing.B) {
	for _, name := range []string{"sim_pnbd_100k", "sim_pnbd_1m"} {
		b.Run(name, func(b *testing.B) {
			if testing.Short() && name == "sim_pnbd_1m" {
				b.Skip("1M rows")
			}
			var rows []CountedHistory
			for _, row := range oracle.CSV(b, "data/clv/"+name+"_cbs.csv.gz") {
				v := floats(b, row["x"]+" "+row["t_x"]+" "+row["T"])
				rows = append(rows, CountedHistory{History{int(v[0]), v[1], v[2]}, 1})
			}
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			b.ReportAllocs()
			before := cpuTime()
			for b.Loop() {
				if _, err := CountRows(Week, rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
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
