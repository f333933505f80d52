package cluster

// partition is a space divided by labels, which are numbered without gaps, and
// the means of the parts.
type partition struct {
	*lloyd

	number []int // the label of each part
	k0     int   // labels before
}

func newPartition(x Matrix, labels []int, workers int) (*partition, error) {
	workers, err := workersOf(workers)
	if err != nil {
		return nil, err
	}
	s, err := newSpace(x, nil)
	if err != nil {
		return nil, err
	}
	k, err := checkLabels(labels, s.n)
	if err != nil {
		return nil, err
	}
	compact, number, sizes, err := compactLabels(labels, k)
	if err != nil {
		return nil, err
	}
	return s.partition(compact, number, sizes, k, workers), nil
}

func (s *space) partition(compact []int32, number, sizes []int, k0, workers int) *partition {
	l := newLloyd(s, len(sizes), workers, 1)
	l.labels, l.sizes = compact, sizes
	l.chunks(workers, l.size, l.sumChunk)
	l.update()
	return &partition{lloyd: l, number: number, k0: k0}
}
