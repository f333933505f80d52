package segment

import (
	"maps"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// SetFigure gives every account the figure of that name, and takes it away
// where it is not known: [Length], [Breadth], or what the host knows of the
// account. It replaces Account.Figures, so that copies of an account keep
// theirs.
func SetFigure(accounts []Account, name string, of func(Account) (value decimal.Decimal, known bool)) {
	for i := range accounts {
		a := &accounts[i]
		v, known := of(*a)
		if _, had := a.Figures[name]; !known && !had {
			continue
		}
		figures := make(map[string]decimal.Decimal, len(a.Figures)+1)
		maps.Copy(figures, a.Figures)
		if known {
			figures[name] = v
		} else {
			delete(figures, name)
		}
		a.Figures = figures
	}
}

// Length is the calendar days from an account's first order to its last, in
// the location of these times; not known without orders. With it as a
// dimension a Model is what the literature calls LRFM (Chang and Tsay,
// Integrating of SOM and K-Means in Data Mining Clustering, 2004).
func Length(a Account) (days decimal.Decimal, known bool) {
	if !a.HasOrders() {
		return decimal.Decimal{}, false
	}
	return decimal.NewFromInt(int64(dayNumber(a.LastOrder) - dayNumber(a.FirstOrder))), true
}

// Breadth is the number of categories in which an account has orders; not
// known without orders, or where the [Summary] did not collect them.
func Breadth(a Account) (categories decimal.Decimal, known bool) {
	if !a.HasOrders() || a.Detail == nil || a.Detail.Breadth == nil {
		return decimal.Decimal{}, false
	}
	return decimal.NewFromInt(int64(*a.Detail.Breadth)), true
}

// figure returns a further figure of an account with orders. What the others
// have takes no part.
func (a *Account) figure(name string) (v decimal.Decimal, known bool) {
	if !a.HasOrders() {
		return decimal.Decimal{}, false
	}
	v, known = a.Figures[name]
	return v, known
}

func (a *Account) checkFigure(row int, name string) error {
	if v := a.Figures[name]; !exact.InRange(v) {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Figures." + name, Row: row, Value: exact.Text(v),
			Reason: "too many decimal places, or too high a power of ten",
		}
	}
	return nil
}

// Figures are what a [Model] looks at, as in [Account].
type Figures struct {
	DaysSinceLast int             `json:"days_since_last"`
	Orders        int             `json:"orders"`
	Net           decimal.Decimal `json:"net"`
	// Figures are those of the Model's further dimensions, by name.
	Figures map[string]decimal.Decimal `json:"figures,omitempty"`
}

// figures returns what the model looks at; nothing of no account.
func (m *Model) figures(a *Account) (f Figures) {
	if a == nil {
		return f
	}
	f = Figures{DaysSinceLast: a.DaysSinceLast, Orders: a.Orders, Net: a.Net}
	for i := range m.Dimensions {
		name := m.Dimensions[i].Name
		v, known := a.Figures[name]
		if !known {
			continue
		}
		if f.Figures == nil {
			f.Figures = make(map[string]decimal.Decimal, len(m.Dimensions))
		}
		f.Figures[name] = v
	}
	return f
}
