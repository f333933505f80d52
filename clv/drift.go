package clv

import (
	"errors"
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext"

	"github.com/keyaccount/keyaccount"
)

// DriftOptions tunes [CompareFits]. The zero value and nil are the defaults.
type DriftOptions struct {
	// Level is the probability under which a difference is no chance. Defaults
	// to 0.05.
	Level float64
	// Tolerance is the relative change of expected orders that matters. Defaults
	// to 0.1.
	Tolerance float64
	// Horizon is the time over which orders are expected, in the unit of the
	// fits. Defaults to a year.
	Horizon float64
	// Histories are the accounts of which they are. Defaults to a new account.
	Histories []History
}

func (o *DriftOptions) withDefaults(u Unit) (out DriftOptions, err error) {
	if o != nil {
		out = *o
	}
	if out.Level == 0 {
		out.Level = 0.05
	}
	if out.Tolerance == 0 {
		out.Tolerance = 0.1
	}
	if out.Horizon == 0 {
		out.Horizon = Year.Days() / u.Days()
	}
	if len(out.Histories) == 0 {
		out.Histories = []History{{}}
	}
	bad := func(field string, value float64, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrOutOfRange, Field: field, Value: formatFloat(value), Reason: reason}
	}
	errs := []error{
		unless(out.Level > 0 && out.Level < 1, bad("Level", out.Level, "a level must lie between 0 and 1")),
		unless(positive(out.Tolerance), bad("Tolerance", out.Tolerance, "a tolerance must be finite and positive")),
		unless(positive(out.Horizon), bad("Horizon", out.Horizon, "a horizon must be finite and positive")),
	}
	for i, h := range out.Histories {
		if p := h.problem(); p != nil {
			p.Row = i + 1
			errs = append(errs, p)
		}
	}
	return out, errors.Join(errs...)
}

// Drift is how a fit differs from an earlier one.
type Drift struct {
	Model string `json:"model"`
	Unit  Unit   `json:"unit"`
	// ChiSquare is the Wald statistic of all coordinates, d' (V1+V2)^-1 d, with
	// as many degrees of freedom as there are; P the probability of as much or
	// more where nothing has changed.
	ChiSquare float64 `json:"chi_square"`
	DF        int     `json:"df"`
	P         float64 `json:"p"`
	// Coordinates are compared one by one; they are those of
	// [Diagnostics.Coordinates].
	Coordinates []CoordinateDrift `json:"coordinates"`
	// Orders are the expected orders of each of the Histories over Horizon, and
	// Largest the position of the one with the largest relative change.
	Horizon float64       `json:"horizon"`
	Orders  []OrdersDrift `json:"orders"`
	Largest int           `json:"largest"`
	// Level and Tolerance are what the Verdict was reached by.
	Level     float64 `json:"level"`
	Tolerance float64 `json:"tolerance"`
	Verdict   Verdict `json:"verdict"`
}

// CoordinateDrift is one coordinate of both fits.
type CoordinateDrift struct {
	Name   string  `json:"name"`
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	Change float64 `json:"change"`
	// StdErr is that of the Change, Z the Change over it, P two-sided.
	StdErr float64 `json:"std_err"`
	Z      float64 `json:"z"`
	P      float64 `json:"p"`
}

// OrdersDrift is what both fits expect of one account.
type OrdersDrift struct {
	History
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Change is relative: After/Before - 1; 0 where both are 0.
	Change float64 `json:"change"`
	// StdErr is that of ln(After/Before), by the delta method.
	StdErr float64 `json:"std_err"`
}

// CompareFits tells whether the accounts have come to behave otherwise between
// two fits of one model, such as of two years or two regions. The fits must be
// of different accounts or periods: their errors are taken to be independent,
// as they are not where data overlap.
//
// It refuses a fit that is missing or invalid, fits of different models, in
// different units or with different coordinates ([keyaccount.ErrMismatch]),
// and options that are out of range. An expectation of 0 in one fit alone,
// or a covariance that cannot be inverted, is [keyaccount.ErrOutOfRange].
func CompareFits(before, after Fitted, opts *DriftOptions) (*Drift, error) {
	if err := checkFits(before, after); err != nil {
		return nil, err
	}
	o, err := opts.withDefaults(before.TimeUnit())
	if err != nil {
		return nil, err
	}
	a, b := before.Report(), after.Report()
	n := len(a.Coordinates)
	d := &Drift{
		Model: before.Name(), Unit: before.TimeUnit(), DF: n, Horizon: o.Horizon, Level: o.Level, Tolerance: o.Tolerance,
	}
	z, correlation := mat.NewVecDense(n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		x, y := a.Coordinates[i], b.Coordinates[i]
		c := CoordinateDrift{Name: x.Name, Before: x.Value, After: y.Value, Change: y.Value - x.Value}
		c.StdErr = math.Sqrt(a.Covariance[i][i] + b.Covariance[i][i])
		c.Z = c.Change / c.StdErr
		c.P = math.Erfc(math.Abs(c.Z) / math.Sqrt2)
		d.Coordinates = append(d.Coordinates, c)
		z.SetVec(i, c.Z)
		for j := range i + 1 {
			correlation.SetSym(i, j, (a.Covariance[i][j]+b.Covariance[i][j])/c.StdErr/d.Coordinates[j].StdErr)
		}
	}
	var factor mat.Cholesky
	var solved mat.VecDense
	ok := factor.Factorize(correlation) && factor.SolveVecTo(&solved, z) == nil
	if ok {
		d.ChiSquare = mat.Dot(z, &solved)
	}
	if !ok || !(d.ChiSquare >= 0) || math.IsInf(d.ChiSquare, 1) {
		return nil, &keyaccount.InputError{
			Kind: keyaccount.ErrOutOfRange, Field: "Covariance", Reason: "the joint covariance of the fits cannot be inverted",
		}
	}
	d.P = mathext.GammaIncRegComp(float64(n)/2, d.ChiSquare/2) // Abramowitz and Stegun 26.4.19
	for i, h := range o.Histories {
		c, err := ordersDrift(before, after, h, o.Horizon)
		if err != nil {
			err.Row = i + 1
			return nil, err
		}
		d.Orders = append(d.Orders, c)
		if math.Abs(c.Change) > math.Abs(d.Orders[d.Largest].Change) {
			d.Largest = i
		}
	}
	d.Verdict = d.verdict()
	return d, nil
}

func checkFits(before, after Fitted) error {
	for i, f := range []Fitted{before, after} {
		field := [...]string{"before", "after"}[i]
		report, err := reportOf(f, field)
		if err != nil {
			return err
		}
		if err := f.Validate(); err != nil {
			return err
		}
		if err := report.check(len(f.Parameters())); err != nil {
			return err
		}
	}
	if before.Name() != after.Name() {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMismatch, Field: "after", Value: after.Name(), Reason: "the fit before is a " + before.Name(),
		}
	}
	if before.TimeUnit() != after.TimeUnit() {
		return unitMismatch(after.TimeUnit(), before.TimeUnit())
	}
	a, b := before.Report().Coordinates, after.Report().Coordinates
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i].Name != b[i].Name {
			return &keyaccount.InputError{
				Kind: keyaccount.ErrMismatch, Field: "Coordinates", Row: i + 1, Value: strconv.Itoa(len(b)),
				Reason: "the fits were made in other coordinates",
			}
		}
	}
	return nil
}

// ordersDrift compares the expected orders of one account. Their log is close
// to linear in the coordinates, so its error is that of both gradients.
func ordersDrift(before, after Fitted, h History, horizon float64) (OrdersDrift, *keyaccount.InputError) {
	d := OrdersDrift{History: h, Before: before.ExpectedOrders(h, horizon), After: after.ExpectedOrders(h, horizon)}
	if d.Before == 0 && d.After == 0 {
		return d, nil
	}
	if !positive(d.Before) || !positive(d.After) {
		return d, badHistory("ExpectedOrders", formatFloat(d.After), "before it was "+formatFloat(d.Before)+": there is no ratio of these")
	}
	d.Change = d.After/d.Before - 1
	d.StdErr = math.Hypot(logOrdersStdErr(before, h, horizon), logOrdersStdErr(after, h, horizon))
	if math.IsInf(d.Change, 1) || math.IsNaN(d.StdErr) || math.IsInf(d.StdErr, 1) {
		return d, badHistory("ExpectedOrders", formatFloat(d.After), "the ratio to "+formatFloat(d.Before)+", or its error, is beyond the range of a float64")
	}
	return d, nil
}

// logOrdersStdErr is the standard error of the log of expected orders, with a
// gradient by central differences over a thousandth of a standard error.
func logOrdersStdErr(f Fitted, h History, horizon float64) float64 {
	r := f.Report()
	n := len(r.Coordinates)
	at, gradient := values(r.Coordinates), make([]float64, n)
	for i, centre := range at {
		step := math.Sqrt(r.Covariance[i][i]) * 1e-3
		at[i] = centre + step
		up := math.Log(f.at(at).ExpectedOrders(h, horizon))
		at[i] = centre - step
		down := math.Log(f.at(at).ExpectedOrders(h, horizon))
		at[i] = centre
		gradient[i] = (up - down) / (2 * step)
	}
	variance := 0.0
	for i := range n {
		for j := range n {
			variance += gradient[i] * r.Covariance[i][j] * gradient[j]
		}
	}
	return math.Sqrt(max(variance, 0))
}
