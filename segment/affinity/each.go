package affinity

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// workers resolves an option of that name: 0 stands for one for each
// processor.
func workers(n int) (int, error) {
	switch {
	case n < 0:
		return 0, outOfRange("Workers", strconv.Itoa(n), "there can be no fewer than none")
	case n == 0:
		n = runtime.GOMAXPROCS(0)
	}
	return min(n, maxWorkers), nil
}

const maxWorkers = 256

// each calls do once for every i from 0 to n-1, from the given number of
// goroutines. Which of them gets which i is left to chance: do must write only
// to places of its own i, or of its own worker.
func each(n, workers int, do func(worker, i int)) {
	workers = min(workers, n)
	if workers <= 1 {
		for i := range n {
			do(0, i)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(w, i)
			}
		})
	}
	all.Wait()
}
