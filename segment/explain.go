package segment

import (
	"math/big"
	"time"

	"github.com/shopspring/decimal"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/exact"
)

// ExplainOptions sets up [Explain], [ExplainChange] and [ExplainMove].
type ExplainOptions struct {
	// Unit is the smallest amount of money that can be asked for: 0.01, or 1
	// for a currency without cents. Distances of the net amount are whole
	// multiples of it. Defaults to 0.01.
	Unit decimal.Decimal
}

// Explanation is why an account has the scores it has, and what would change
// them. [Explanation.Sentences] puts it into words.
type Explanation struct {
	ID       string `json:"id"`
	Currency string `json:"currency,omitempty"`
	// AsOf is that of the account; Since that of its earlier state, zero where
	// there is none.
	AsOf  time.Time `json:"as_of,omitzero"`
	Since time.Time `json:"since,omitzero"`
	// Score is the account's score, zero for one without orders.
	Score Score `json:"score"`
	// R is in calendar days since the last order, F in orders, M in Currency.
	R Explained[int]             `json:"r"`
	F Explained[int]             `json:"f"`
	M Explained[decimal.Decimal] `json:"m"`
	// Dimensions are the model's further ones, in its order.
	Dimensions []ExplainedDimension `json:"dimensions,omitempty"`
}

// Explained is one scale of an [Explanation].
type Explained[T int | decimal.Decimal] struct {
	// Score is the score of Figure; 0 for an account without orders, and where
	// the figure of a further dimension is not known.
	Score  int `json:"score"`
	Figure T   `json:"figure"`
	// Was is the earlier score and figure; nil from [Explain].
	Was *Earlier[T] `json:"was,omitempty"`
	// Up is the nearest figure with a better score, Down the nearest one with a
	// worse score; nil where there is none, or where no account with orders
	// can have it. Without orders only F has an Up: the first order.
	Up   *CutDistance[T] `json:"up,omitempty"`
	Down *CutDistance[T] `json:"down,omitempty"`
}

// Earlier is what an account had before.
type Earlier[T int | decimal.Decimal] struct {
	Score  int `json:"score"`
	Figure T   `json:"figure"`
}

// CutDistance is how far a figure is from another score.
type CutDistance[T int | decimal.Decimal] struct {
	// Score is the score beyond the cut; it is more than one away where cuts
	// coincide.
	Score int `json:"score"`
	// Figure is the nearest one that has it, and By how far it is from the
	// present one, without a sign. For money both are exact in steps of
	// ExplainOptions.Unit from the present figure: one unit less is not enough.
	Figure T `json:"figure"`
	By     T `json:"by"`
}

// Explain tells how an account stands on the scales of the model, and how far
// it is from the next score up and down: exactly that much more raises it, and
// nothing less does. A nil opts means the defaults.
//
// It refuses, as a [*keyaccount.InputError] whose Field begins with "account.",
// what [FitRFM] refuses in an account and one in another currency than the
// model's; no model, one that does not [Model.Validate], and a unit that is not
// positive.
func Explain(model *Model, a Account, opts *ExplainOptions) (*Explanation, error) {
	unit, err := explainUnit(model, opts)
	if err != nil {
		return nil, err
	}
	one := [...]Account{a}
	if err := atRow(checkDate("account", one[:], model), 0); err != nil {
		return nil, err
	}
	return explain(model, &a, unit), nil
}

// ExplainChange is Explain for the account as it stands after, together with
// what it was before on the same model. It also refuses two accounts that are
// not the same one ([keyaccount.ErrMismatch]), and an after that lies before
// the before ([keyaccount.ErrOutOfRange]).
func ExplainChange(model *Model, before, after Account, opts *ExplainOptions) (*Explanation, error) {
	unit, err := explainUnit(model, opts)
	if err != nil {
		return nil, err
	}
	if err := checkDates([]Account{before}, []Account{after}, model); err != nil {
		return nil, atRow(err, 0)
	}
	if before.ID != after.ID {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "after.ID", Value: after.ID, Reason: "the account before is " + before.ID,
		}
	}
	e := explain(model, &after, unit)
	e.since(&before, model.Score(before))
	return e, nil
}

// ExplainMove is ExplainChange for an account of a [Migration] and the model
// that made it. An account that is not listed on one of the dates is taken to
// be without orders then.
func ExplainMove(model *Model, of *Migration, move Move, opts *ExplainOptions) (*Explanation, error) {
	if of == nil {
		return nil, &keyaccount.InputError{Kind: keyaccount.ErrMissing, Field: "of", Reason: "there is no migration to explain"}
	}
	if err := checkModel("model", model); err != nil {
		return nil, err
	}
	// A side without accounts has no date of its own; any does, since no order
	// stands on it.
	before, after := of.Before, of.After
	if before.IsZero() {
		before = after
	}
	if after.IsZero() {
		after = before
	}
	account := func(f Figures, asOf time.Time) Account {
		return Account{
			ID: move.ID, Currency: model.Currency, AsOf: asOf,
			DaysSinceLast: f.DaysSinceLast, Orders: f.Orders, Net: f.Net, Figures: f.Figures,
		}
	}
	was, is := account(move.Before, before), account(move.After, after)
	if !sameScores(model.Score(was), move.From) || !sameScores(model.Score(is), move.To) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "move.To", Value: move.To.Code(),
			Reason: "the model gives other scores to these figures; give the one that made the migration",
		}
	}
	return ExplainChange(model, was, is, opts)
}

func explainUnit(model *Model, opts *ExplainOptions) (decimal.Decimal, error) {
	if err := checkModel("model", model); err != nil {
		return decimal.Decimal{}, err
	}
	unit := decimal.New(1, -2)
	if opts != nil && opts.Unit.Sign() != 0 {
		unit = opts.Unit
	}
	if unit.Sign() < 0 || !exact.InRange(unit) {
		return unit, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Unit", Value: exact.Text(unit), Reason: "a unit of money is more than 0",
		}
	}
	return unit, nil
}

func explain(m *Model, a *Account, unit decimal.Decimal) *Explanation {
	e := &Explanation{ID: a.ID, Currency: a.Currency, AsOf: a.AsOf, Score: m.Score(*a)}
	e.R.Score, e.R.Figure = e.Score.R, a.DaysSinceLast
	e.F.Score, e.F.Figure = e.Score.F, a.Orders
	e.M.Score, e.M.Figure = e.Score.M, a.Net
	e.Dimensions = m.explainDimensions(a, e.Score)
	with := func(f Figures) Score {
		return m.Score(Account{Currency: a.Currency, DaysSinceLast: f.DaysSinceLast, Orders: f.Orders, Net: f.Net})
	}
	if !a.HasOrders() {
		e.F.Up = &CutDistance[int]{Score: with(Figures{Orders: 1}).F, Figure: 1, By: 1}
		return e
	}
	days := func(at int) *CutDistance[int] {
		return &CutDistance[int]{Score: with(Figures{Orders: 1, DaysSinceLast: at}).R, Figure: at, By: max(at-a.DaysSinceLast, a.DaysSinceLast-at)}
	}
	// A nested model's cuts of orders are those of the recency score the
	// account has, and its cuts of money those of both.
	orders := func(at int) *CutDistance[int] {
		score := with(Figures{Orders: at, DaysSinceLast: a.DaysSinceLast}).F
		return &CutDistance[int]{Score: score, Figure: at, By: max(at-a.Orders, a.Orders-at)}
	}
	frequency, monetary := m.frequency(e.Score.R), m.monetary(e.Score.R, e.Score.F)
	// Fewer days are better.
	if at, ok := below(m.Recency.Cuts, a.DaysSinceLast); ok && at >= 0 {
		e.R.Up = days(at)
	}
	if at, ok := above(m.Recency.Cuts, a.DaysSinceLast); ok {
		e.R.Down = days(at)
	}
	if at, ok := above(frequency, a.Orders); ok {
		e.F.Up = orders(at)
	}
	if at, ok := below(frequency, a.Orders); ok && at >= 1 {
		e.F.Down = orders(at)
	}
	e.M.Down, e.M.Up = around(monetary, a.Net, unit, func(at decimal.Decimal) int {
		return with(Figures{Orders: a.Orders, DaysSinceLast: a.DaysSinceLast, Net: at}).M
	})
	return e
}

// around returns the nearest values below x and above it that are on the other
// side of a cut, in whole units, and their scores; nil where there is no cut.
func around(
	cuts []Cut[decimal.Decimal], x, unit decimal.Decimal, score func(decimal.Decimal) int,
) (below, above *CutDistance[decimal.Decimal]) {
	n := beyond(x, cuts, compareNet)
	if n < len(cuts) {
		c := cuts[n]
		by := unitsTo(c, x, unit, !c.OrEqual)
		at := x.Add(by)
		above = &CutDistance[decimal.Decimal]{Score: score(at), Figure: at, By: by}
	}
	if n > 0 {
		c := cuts[n-1]
		c.Value = c.Value.Neg()
		by := unitsTo(c, x.Neg(), unit, c.OrEqual)
		at := x.Sub(by)
		below = &CutDistance[decimal.Decimal]{Score: score(at), Figure: at, By: by}
	}
	return below, above
}

// above returns the smallest number that is beyond a cut that x is not beyond.
func above(cuts []Cut[int], x int) (int, bool) {
	n := beyond(x, cuts, compareCount)
	if n == len(cuts) {
		return 0, false
	}
	c := cuts[n]
	if c.OrEqual {
		return c.Value, true
	}
	return c.Value + 1, c.Value+1 > c.Value // false where no int is beyond it
}

// below returns the greatest number that is not beyond a cut that x is beyond.
func below(cuts []Cut[int], x int) (int, bool) {
	n := beyond(x, cuts, compareCount)
	if n == 0 {
		return 0, false
	}
	c := cuts[n-1]
	if !c.OrEqual {
		return c.Value, true
	}
	return c.Value - 1, c.Value-1 < c.Value
}

// unitsTo returns the smallest positive multiple of unit that brings net up to
// the cut, or past it where it must be greater.
func unitsTo(c Cut[decimal.Decimal], net, unit decimal.Decimal, past bool) decimal.Decimal {
	over := decimal.New(int64(max(c.Over, 1)), 0)
	gap, step := decimal.RescalePair(c.Value.Sub(net.Mul(over)), unit.Mul(over))
	rest := new(big.Int)
	n, _ := new(big.Int).DivMod(gap.Coefficient(), step.Coefficient(), rest)
	if past || rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return unit.Mul(decimal.NewFromBigInt(n, 0))
}

func (e *Explanation) since(was *Account, s Score) {
	e.Since = was.AsOf
	e.R.Was = &Earlier[int]{Score: s.R, Figure: was.DaysSinceLast}
	e.F.Was = &Earlier[int]{Score: s.F, Figure: was.Orders}
	e.M.Was = &Earlier[decimal.Decimal]{Score: s.M, Figure: was.Net}
	for i := range e.Dimensions {
		d := &e.Dimensions[i]
		v, _ := was.figure(d.Name)
		d.Was = &Earlier[decimal.Decimal]{Score: int(s.Dimensions[i]), Figure: v}
	}
}
