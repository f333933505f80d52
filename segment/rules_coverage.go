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
	g := r.grid()
	out := &Coverage{Cells: g.cells, Decided: make([]int, len(r.Rules))}
	taken, left := make([]bool, g.cells), g.cells
	boxes := make([]box, len(r.Rules))
	for i := range r.Rules {
		boxes[i] = r.box(&r.Rules[i])
		if left > 0 {
			g.each(&boxes[i], func(at int, _ point) {
				if !taken[at] {
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
			if both := boxes[j].and(&boxes[i]); both.cells() > 0 {
				out.Overlaps = append(out.Overlaps, RuleOverlap{
					First: j, Then: i, From: both.from.cell(), To: both.to.cell(), Cells: both.cells(),
				})
			}
		}
	}
	if left > 0 {
		out.Gaps = make([]Cell, 0, left)
		g.each(&g.all, func(at int, p point) {
			if !taken[at] {
				out.Gaps = append(out.Gaps, p.cell())
			}
		})
	}
	return out, nil
}
