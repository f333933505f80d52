package cluster

import (
	"math"
	"slices"
)

// minChunk is how many rows are summed up before anything else is added to
// the sum. It depends on nothing but the data, which makes results the same
// for any number of workers.
const minChunk = 256

// chunks calls work for every chunk of size rows, from row lo to before hi.
func (s *space) chunks(workers, size int, work func(chunk, lo, hi int)) {
	parallel(chunkCount(s.n, size), workers, func(c int) {
		work(c, c*size, min((c+1)*size, s.n))
	})
}

func chunkCount(n, size int) int { return (n + size - 1) / size }

// lloyd alternates between assigning rows and moving centres (Lloyd 1982),
// and leaves out the rows that cannot have changed sides.
//
// With u the distance of a row to its own centre and l that to the second
// nearest, the row stays as long as its centre has moved by p and any other by
// q at most, with p + q < l - u (Hamerly 2010). Only l - u is kept, together
// with the path p + q that its cluster had behind it at that time, so that
// nothing is written for a row that stays. Every bound is padded by more than
// rounding can do to it: the labels of each iteration are those of the plain
// algorithm, bit for bit.
type lloyd struct {
	*space

	k, workers, size int
	pad              float64
	centres          []float64

	labels []int32
	margin []float64 // l - u, plus the path of the row's cluster when measured
	path   []float64 // by cluster: how far it and the others have moved
	limit  []float64 // path, padded

	sums  []float64 // by chunk and cluster: the sum of its rows
	count []int32   // likewise: how many
	same  []int32   // likewise: a row that all others equal, or none, or mixed
	moved []int32   // by chunk: how many rows changed sides

	scans []int64 // by chunk: how many times a row was compared with all centres
	sizes []int   // by cluster

	next   []float64 // like centres, while they are computed
	shifts []float64 // by cluster: how far its centre moves
	equal  []int32   // by cluster: as same
}

const (
	none  = -1
	mixed = -2
)

func newLloyd(s *space, k, workers, maxIterations int) *lloyd {
	size := max(minChunk, 4*k)
	chunks := chunkCount(s.n, size)
	return &lloyd{
		space: s, k: k, workers: workers, size: size,
		pad:     0x1p-40 + (float64(s.d)+float64(maxIterations))*0x1p-50,
		centres: make([]float64, k*s.d),
		labels:  make([]int32, s.n), margin: make([]float64, s.n),
		path: make([]float64, k), limit: make([]float64, k),
		sums: make([]float64, chunks*k*s.d), count: make([]int32, chunks*k), same: make([]int32, chunks*k),
		moved: make([]int32, chunks), sizes: make([]int, k), scans: make([]int64, chunks),
		next: make([]float64, k*s.d), shifts: make([]float64, k), equal: make([]int32, k),
	}
}

// run iterates from the start centres, which it copies.
func (l *lloyd) run(start []float64, maxIterations int, tolerance float64) (iterations int, status Status) {
	copy(l.centres, start)
	clear(l.path)
	clear(l.limit)
	clear(l.labels)
	for i := range l.margin {
		l.margin[i] = math.Inf(-1)
	}
	for c := range l.moved {
		l.moved[c] = none // no sums yet
	}
	shift := math.Inf(1)
	for iterations = 1; ; iterations++ {
		moved := l.assign()
		switch {
		case iterations > 1 && (moved == 0 || shift <= tolerance && !slices.Contains(l.sizes, 0)):
			return iterations, Converged
		case iterations == maxIterations:
			return iterations, IterationLimit
		}
		l.fillEmpty()
		shift = l.update()
	}
}

// assign gives every row to its nearest centre and brings sizes up to date. It returns how many rows changed sides.
func (l *lloyd) assign() int {
	l.chunks(l.workers, l.size, l.assignChunk)
	total := 0
	clear(l.sizes)
	for c := range l.moved {
		total += int(l.moved[c])
		for a, n := range l.count[c*l.k : (c+1)*l.k] {
			l.sizes[a] += int(n)
		}
	}
	return total
}

func (l *lloyd) assignChunk(c, lo, hi int) {
	first := l.moved[c] == none
	near, far := 1+l.pad, 1-l.pad
	moved := int32(0)
	scans := 0
	labels, margin, limit := l.labels[lo:hi], l.margin[lo:hi], l.limit
	for i, a := range labels {
		if margin[i] > limit[a] {
			continue
		}
		scans++
		at, best, second := nearestTwo(l.row(lo+i), l.centres)
		margin[i] = l.path[at] + (math.Sqrt(second)*far - math.Sqrt(best)*near)
		if int32(at) != a {
			labels[i] = int32(at)
			moved++
		}
	}
	l.moved[c] = moved
	l.scans[c] += int64(scans)
	if first || moved > 0 {
		l.sumChunk(c, lo, hi)
	}
}

// nearestTwo returns the nearest centre and the squared distances to it and to
// the second nearest, which is infinite where there is none. Of equally near
// centres it takes the one whose coordinates come first in lexicographic
// order, which does not depend on how the centres are numbered.
func nearestTwo(row, centres []float64) (at int, best, second float64) {
	best, second = math.Inf(1), math.Inf(1)
	d := len(row)
	for c, left := 0, centres; len(left) >= d; c++ {
		centre := left[:d]
		left = left[d:]
		var d2 float64
		if d == 3 { // recency, frequency, monetary
			x, y, z := row[0]-centre[0], row[1]-centre[1], row[2]-centre[2]
			d2 = float64(x*x) + float64(y*y) + float64(z*z)
		} else {
			d2 = sqDist(row, centre)
		}
		if d2 > second {
			continue
		}
		if d2 < best || d2 == best && slices.Compare(centre, centres[at*d:at*d+d]) < 0 {
			second, best, at = best, d2, c
		} else {
			second = d2
		}
	}
	return at, best, second
}

// sumChunk adds up the rows of a chunk by cluster, in the order of the rows.
func (l *lloyd) sumChunk(c, lo, hi int) {
	d := l.d
	sums, count, same := l.sums[c*l.k*d:(c+1)*l.k*d], l.count[c*l.k:(c+1)*l.k], l.same[c*l.k:(c+1)*l.k]
	clear(sums)
	clear(count)
	for a := range same {
		same[a] = none
	}
	for i := lo; i < hi; i++ {
		a := int(l.labels[i])
		row := l.row(i)
		sum := sums[a*d : a*d+d]
		for j, v := range row {
			sum[j] += v
		}
		count[a]++
		switch s := same[a]; {
		case s == none:
			same[a] = int32(i)
		case s >= 0 && !equalRows(row, l.row(int(s))):
			same[a] = mixed
		}
	}
}

// update moves every centre to the mean of its rows, and returns how far the
// one that moved most has gone. The mean of equal rows is exactly that row,
// whatever their sum rounds to.
func (l *lloyd) update() float64 {
	d := l.d
	next, shifts, same := l.next, l.shifts, l.equal
	clear(next)
	for a := range same {
		same[a] = none
	}
	for c := range l.moved {
		for j, v := range l.sums[c*l.k*d : (c+1)*l.k*d] {
			next[j] += v
		}
		for a, s := range l.same[c*l.k : (c+1)*l.k] {
			switch t := same[a]; {
			case s == none || t == mixed:
			case t == none || s == mixed:
				same[a] = s
			case !equalRows(l.row(int(s)), l.row(int(t))):
				same[a] = mixed
			}
		}
	}
	var most, second float64
	for a := range shifts {
		centre := next[a*d : a*d+d]
		if same[a] >= 0 {
			copy(centre, l.row(int(same[a])))
		} else {
			n := float64(l.sizes[a])
			for j := range centre {
				centre[j] /= n
			}
		}
		shifts[a] = math.Sqrt(sqDist(centre, l.centres[a*d:a*d+d]))
		if shifts[a] > most {
			most, second = shifts[a], most
		} else {
			second = max(second, shifts[a])
		}
	}
	for a, s := range shifts {
		others := most
		if s == most {
			others = second
		}
		l.path[a] += (s + others) * (1 + l.pad)
		l.limit[a] = l.path[a] * (1 + l.pad)
	}
	copy(l.centres, next)
	return most
}

// fillEmpty gives every empty cluster the row that is farthest from its own
// centre, the first of equally far ones, out of a cluster that has others.
// There is one, at a distance above zero, since there are at least k distinct
// rows.
func (l *lloyd) fillEmpty() {
	for e := range l.sizes {
		if l.sizes[e] > 0 {
			continue
		}
		far, at := -1.0, 0
		dist, rows := make([]float64, len(l.moved)), make([]int, len(l.moved))
		l.chunks(l.workers, l.size, func(c, lo, hi int) {
			dist[c] = -1
			for i := lo; i < hi; i++ {
				a := int(l.labels[i])
				if l.sizes[a] < 2 {
					continue
				}
				if d2 := sqDist(l.row(i), l.centres[a*l.d:(a+1)*l.d]); d2 > dist[c] {
					dist[c], rows[c] = d2, i
				}
			}
		})
		for c := range dist {
			if dist[c] > far {
				far, at = dist[c], rows[c]
			}
		}
		from := l.labels[at]
		l.labels[at] = int32(e)
		l.margin[at] = math.Inf(-1) // measure it again
		l.sizes[from]--
		l.sizes[e]++
		c := at / l.size
		l.sumChunk(c, c*l.size, min((c+1)*l.size, l.n))
	}
}

// within returns each cluster's sum of squared distances to its centre.
func (l *lloyd) within() []float64 {
	parts := make([]float64, len(l.moved)*l.k)
	l.chunks(l.workers, l.size, func(c, lo, hi int) {
		part := parts[c*l.k : (c+1)*l.k]
		for i := lo; i < hi; i++ {
			a := int(l.labels[i])
			part[a] += sqDist(l.row(i), l.centres[a*l.d:(a+1)*l.d])
		}
	})
	out := make([]float64, l.k)
	for i, v := range parts {
		out[i%l.k] += v
	}
	return out
}
