package cluster

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
)

// parallel calls work once for every part from 0 to parts-1, on up to workers
// goroutines. Which goroutine does which part is left to chance; results stay
// the same because parts are cut by the data alone, each writes only to its
// own place, and whoever adds them up does so in order.
func parallel(parts, workers int, work func(part int)) {
	workers = min(workers, parts)
	if workers <= 1 {
		for p := range parts {
			work(p)
		}
		return
	}
	// A goroutine takes several parts at once: a part can be short.
	step := max(1, parts/(workers*16))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				hi := int(next.Add(int64(step)))
				for p := hi - step; p < min(hi, parts); p++ {
					work(p)
				}
				if hi >= parts {
					return
				}
			}
		})
	}
	wg.Wait()
}

// workersOf fills in the default.
func workersOf(workers int) (int, error) {
	if workers < 0 {
		return 0, outOfRange("Workers", strconv.Itoa(workers), "there cannot be fewer than none")
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return workers, nil
}
