package segment

// Coverage is what [Rules] do on the grid of all combinations of scores.
type Coverage struct {
	// Cells is how many combinations there are.
	Cells int `json:"cells"`
	// Decided is how many of them each rule decides, in the order of the rules.
	Decided []int `json:"decided"`
	// Gaps are the combinations that no rule covers, in ascending order.
	Gaps []Cell `json:"gaps,omitempty"`
	// Overlaps are the pairs of rules that both cover something. The first of
	// the two decides there, or one before both.
	Overlaps []RuleOverlap `json:"overlaps,omitempty"`
	// Shadowed are the indices, from 0, of the rules that decide nothing.
	Shadowed []int `json:"shadowed,omitempty"`
}

// RuleOverlap is a pair of rules that both cover the Cells combinations From
// to To, corners of a box.
type RuleOverlap struct {
	// First and Then are the indices of the rules, from 0.
	First int  `json:"first"`
	Then  int  `json:"then"`
	From  Cell `json:"from"`
	To    Cell `json:"to"`
	Cells int  `json:"cells"`
}

// Disjoint reports whether the order of the rules does not matter.
func (c *Coverage) Disjoint() bool { return len(c.Overlaps) == 0 }

// Total reports whether every combination has a segment.
func (c *Coverage) Total() bool { return len(c.Gaps) == 0 }

// Coverage goes through the grid. It refuses, as [Rules.Validate] does, rules
// that cannot be read, but neither gaps nor rules without effect: those it
// reports.
func (r *Rules) Coverage() (*Coverage, error) {
	if err := r.shape(); err != nil {
		return nil, err
	}
	out := &Coverage{Cells: r.Bins.R * r.Bins.F * r.Bins.M, Decided: make([]int, len(r.Rules))}
	taken, left := make([]bool, out.Cells), out.Cells
	boxes := make([]box, len(r.Rules))
	for i := range r.Rules {
		boxes[i] = r.Rules[i].box(r.Bins)
		if left > 0 {
			boxes[i].each(func(c Cell) {
				if at := r.index(c); !taken[at] {
					taken[at] = true
					out.Decided[i]++
				}
			})
			left -= out.Decided[i]
		}
		if out.Decided[i] == 0 {
			out.Shadowed = append(out.Shadowed, i)
		}
		for j := range i {
			if both := boxes[j].and(boxes[i]); both.cells() > 0 {
				out.Overlaps = append(out.Overlaps, RuleOverlap{First: j, Then: i, From: both.from, To: both.to, Cells: both.cells()})
			}
		}
	}
	if left > 0 {
		box{Cell{1, 1, 1}, r.Bins}.each(func(c Cell) {
			if !taken[r.index(c)] {
				out.Gaps = append(out.Gaps, c)
			}
		})
	}
	return out, nil
}

func (r *Rules) index(c Cell) int { return ((c.R-1)*r.Bins.F+c.F-1)*r.Bins.M + c.M - 1 }

// box is what a rule covers: all cells from one corner to the other.
type box struct{ from, to Cell }

func (r *Rule) box(bins Cell) (b box) {
	b.from.R, b.to.R = r.R.bounds(bins.R)
	b.from.F, b.to.F = r.F.bounds(bins.F)
	b.from.M, b.to.M = r.M.bounds(bins.M)
	return b
}

func (b box) cells() int {
	return max(0, b.to.R-b.from.R+1) * max(0, b.to.F-b.from.F+1) * max(0, b.to.M-b.from.M+1)
}

func (b box) and(o box) box {
	return box{
		Cell{max(b.from.R, o.from.R), max(b.from.F, o.from.F), max(b.from.M, o.from.M)},
		Cell{min(b.to.R, o.to.R), min(b.to.F, o.to.F), min(b.to.M, o.to.M)},
	}
}

func (b box) each(visit func(Cell)) {
	for r := b.from.R; r <= b.to.R; r++ {
		for f := b.from.F; f <= b.to.F; f++ {
			for m := b.from.M; m <= b.to.M; m++ {
				visit(Cell{r, f, m})
			}
		}
	}
}
