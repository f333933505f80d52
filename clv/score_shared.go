package clv

import "math"

// sharing is a model that answers with the probability that the account is
// active times what one does that is known to be: as that depends on x and T
// only, many histories share it.
type sharing interface {
	ProbAlive(h History) float64
	// ifActive is what is expected of an account that is active at the end of
	// h: orders in a span of time, and the present value of all to come; 0 for
	// a span or a rate of 0.
	ifActive(h History, span float64, rate Rate) (orders, discounted float64)
}

var (
	_ sharing = BGNBD{}
	_ sharing = MBGNBD{}
	_ sharing = ParetoNBD{}
	_ sharing = NBD{}
)

// asSharing names the models that are sharing. It does not ask for the
// interface alone, since a host's model that embeds one of these has it too,
// but may answer in its own way.
func asSharing(m OrderFlow) (s sharing, ok bool) {
	switch m.(type) {
	case BGNBD, *BGNBD, BGNBDFit, *BGNBDFit,
		MBGNBD, *MBGNBD, MBGNBDFit, *MBGNBDFit,
		ParetoNBD, *ParetoNBD, ParetoNBDFit, *ParetoNBDFit,
		NBD, *NBD, NBDFit, *NBDFit:
		s, ok = m.(sharing)
	}
	return s, ok
}

func (m BGNBD) ifActive(h History, span float64, rate Rate) (orders, discounted float64) {
	return m.outlook(h).ifActive(span, rate, m.Unit)
}

func (m MBGNBD) ifActive(h History, span float64, rate Rate) (orders, discounted float64) {
	return m.outlook(h).ifActive(span, rate, m.Unit)
}

func (m NBD) ifActive(h History, span float64, rate Rate) (orders, discounted float64) {
	return m.outlook(h).ifActive(span, rate, m.Unit)
}

func (o outlook[F]) ifActive(span float64, rate Rate, u Unit) (orders, discounted float64) {
	o.standing = 1
	return o.orders(span), o.discounted(rate, u)
}

func (m ParetoNBD) ifActive(h History, span float64, rate Rate) (orders, discounted float64) {
	f := m.flow().after(h)
	if span > 0 {
		orders = f.discounted(span, 0)
	}
	if delta := rate.PerUnit(m.Unit); delta > 0 {
		discounted = f.discounted(math.Inf(1), delta)
	}
	return orders, discounted
}

// scoreShared asks for each x and T once, then for each history.
func (o *ScoreOptions) scoreShared(m sharing, histories []CountedHistory, out []Scored, workers int) {
	var seen Counts
	var first []History // with each x and T
	place := make([]uint32, len(histories))
	for i, h := range histories {
		row := seen.row(History{Frequency: h.Frequency, Age: h.Age})
		if row.N == 0 {
			first = append(first, h.History)
			row.N = int64(len(first))
		}
		place[i] = uint32(row.N - 1)
	}
	active := make([]Scored, len(first))
	inShares(workers, len(first), func(i int) {
		active[i].ExpectedOrders, active[i].Discounted = m.ifActive(first[i], o.Span, o.Rate)
	})
	inShares(workers, len(histories), func(i int) {
		alive, a := m.ProbAlive(histories[i].History), active[place[i]]
		if alive > 0 {
			out[i] = Scored{alive, alive * a.ExpectedOrders, alive * a.Discounted}
		}
	})
}
