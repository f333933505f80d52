package segment

// axes is how many scales there can be: R, F, M and the further dimensions.
const axes = 3 + MaxDimensions

// point is a combination of levels. On an axis that is not used it is 0.
type point [axes]int8

func (p point) cell() Cell {
	return Cell{R: int(p[0]), F: int(p[1]), M: int(p[2]), Dimensions: DimensionScores(p[3:])}
}

// box is what a rule covers: all points from one corner to the other.
type box struct{ from, to point }

func (r *Rules) box(rule *Rule) (b box) {
	set := func(axis, low, high int) { b.from[axis], b.to[axis] = int8(low), int8(high) }
	for i, x := range [...]struct {
		span Span
		bins int
	}{{rule.R, r.Bins.R}, {rule.F, r.Bins.F}, {rule.M, r.Bins.M}} {
		low, high := x.span.bounds(x.bins)
		set(i, low, high)
	}
	for i, name := range r.Dimensions {
		if l, asks := rule.Dimensions[name]; asks {
			set(3+i, l[0], l[1])
		} else {
			set(3+i, 0, int(r.Bins.Dimensions[i])) // 0 is not known
		}
	}
	return b
}

func (b *box) size(axis int) int { return max(0, int(b.to[axis])-int(b.from[axis])+1) }

func (b *box) cells() int {
	n := 1
	for i := range axes {
		n *= b.size(i)
	}
	return n
}

func (b *box) and(o *box) (both box) {
	for i := range axes {
		both.from[i], both.to[i] = max(b.from[i], o.from[i]), min(b.to[i], o.to[i])
	}
	return both
}

// ruleGrid numbers all points of the rules, the last axis running fastest.
type ruleGrid struct {
	all    box
	used   int // axes
	stride [axes]int
	cells  int
}

// grid returns that of rules whose shape is sound.
func (r *Rules) grid() *ruleGrid {
	g := &ruleGrid{all: r.box(new(Rule)), used: 3 + len(r.Dimensions), cells: 1}
	for i := g.used - 1; i >= 0; i-- {
		g.stride[i] = g.cells
		g.cells *= g.all.size(i)
	}
	return g
}

// each visits the points of a box in ascending order, with their numbers.
func (g *ruleGrid) each(b *box, visit func(at int, p point)) {
	if b.cells() == 0 {
		return
	}
	p, at := b.from, 0
	for i := range g.used {
		at += int(p[i]-g.all.from[i]) * g.stride[i]
	}
	for {
		visit(at, p)
		i := g.used - 1
		for ; i >= 0 && p[i] == b.to[i]; i-- {
			at -= int(p[i]-b.from[i]) * g.stride[i]
			p[i] = b.from[i]
		}
		if i < 0 {
			return
		}
		p[i]++
		at += g.stride[i]
	}
}
