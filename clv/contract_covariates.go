package clv

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/keyaccount/keyaccount"
)

// MaxCovariates is the most that a contract model takes.
const MaxCovariates = maxParameters - contractParameters

// Effect is what one more unit of a covariate does to the logit of the mean
// risk of being lost: e^Value multiplies its odds.
type Effect struct {
	Name  string
	Value float64
}

// SBGCovariates is an [SBG] whose mean risk depends on what is known of a
// contract from its start, such as its channel or its size:
//
//	logit phi(x) = logit A/(A+B) + sum of effects x
//	a(x) = kappa phi(x),  b(x) = kappa (1-phi(x)),  kappa = A+B
//
// Contracts with the same covariates differ by as much whatever these are: the
// precision kappa is common, or effects on mean and precision could hardly be
// told apart. It is immutable, and safe for concurrent use.
type SBGCovariates struct {
	// Base is the model of a contract whose covariates are all 0.
	Base SBG
	// Effects are one for each covariate, in their order.
	Effects []Effect
}

// BdWCovariates is a [BdW] whose mean risk depends on covariates, as that of
// [SBGCovariates] does. The shape C is common.
type BdWCovariates struct {
	// Base is the model of a contract whose covariates are all 0.
	Base BdW
	// Effects are one for each covariate, in their order.
	Effects []Effect
}

// Name returns "sBG with covariates".
func (SBGCovariates) Name() string { return "sBG with covariates" }

// Name returns "BdW with covariates".
func (BdWCovariates) Name() string { return "BdW with covariates" }

// Parameters returns a, b and the effects by their names.
func (m SBGCovariates) Parameters() []Parameter { return withEffects(m.Base, m.Effects) }

// Parameters returns a, b, c and the effects by their names.
func (m BdWCovariates) Parameters() []Parameter { return withEffects(m.Base, m.Effects) }

func withEffects(base Model, effects []Effect) []Parameter {
	p := base.Parameters()
	for _, e := range effects {
		p = append(p, Parameter{Name: e.Name, Value: e.Value})
	}
	return p
}

// Validate reports what [SBG.Validate] does of Base, more than MaxCovariates
// effects, an effect that is not finite, and one without a name, with the name
// of a parameter, or with that of another effect.
func (m SBGCovariates) Validate() error { return validEffects(m.Base, m.Effects) }

// Validate reports what [BdW.Validate] does of Base, and what
// [SBGCovariates.Validate] does of the effects.
func (m BdWCovariates) Validate() error { return validEffects(m.Base, m.Effects) }

func validEffects(base Model, effects []Effect) error {
	names := make([]string, len(effects))
	err := base.Validate()
	for i, e := range effects {
		names[i] = e.Name
		if !isFinite(e.Value) {
			err = errors.Join(err, badHistory(e.Name, formatFloat(e.Value), "an effect must be finite"))
		}
	}
	return errors.Join(err, checkNames(names))
}

// checkNames refuses names of covariates that cannot be told apart.
func checkNames(names []string) error {
	if len(names) > MaxCovariates {
		return badHistory("Effects", strconv.Itoa(len(names)), "there are more covariates than "+strconv.Itoa(MaxCovariates))
	}
	for i, name := range names {
		switch {
		case name == "", slices.Contains(bdwNames(), name), slices.Contains(bdwChart().names(), name):
			return badHistory("Name", name, "a covariate needs a name that no parameter has")
		case slices.Contains(names[:i], name):
			return &keyaccount.InputError{
				Kind: keyaccount.ErrDuplicate, Field: "Name", Value: name, Reason: "two covariates have it",
			}
		}
	}
	return nil
}

// With returns the model of contracts with these covariates, one for each
// effect. It refuses what Validate does, another number of covariates
// ([keyaccount.ErrMismatch]), and one that is not finite or takes the mean risk
// to 0 or 1 ([keyaccount.ErrOutOfRange]).
func (m SBGCovariates) With(covariates ...float64) (SBG, error) {
	a, b, err := shifted(m, m.Base.A, m.Base.B, m.Effects, covariates)
	if err != nil {
		return SBG{}, err
	}
	out := m.Base
	out.A, out.B = a, b
	return out, nil
}

// With returns the model of contracts with these covariates, and fails, as
// [SBGCovariates.With] does.
func (m BdWCovariates) With(covariates ...float64) (BdW, error) {
	a, b, err := shifted(m, m.Base.A, m.Base.B, m.Effects, covariates)
	if err != nil {
		return BdW{}, err
	}
	out := m.Base
	out.A, out.B = a, b
	return out, nil
}

func shifted(m Model, a, b float64, effects []Effect, covariates []float64) (float64, float64, error) {
	if err := m.Validate(); err != nil {
		return 0, 0, err
	}
	names := make([]string, len(effects))
	for i, e := range effects {
		names[i] = e.Name
	}
	x, bad := checkValues(names, covariates)
	if bad != nil {
		return 0, 0, bad
	}
	var shift float64
	for i, e := range effects {
		shift += e.Value * x[i]
	}
	a, b = shiftMean(a, b, shift)
	if !positive(a) || !positive(b) {
		return 0, 0, badHistory("Covariates", formatFloat(shift), "they take the mean risk to 0 or 1")
	}
	return a, b, nil
}

// shiftMean moves the logit of the mean of a beta distribution.
func shiftMean(a, b, shift float64) (float64, float64) {
	u, precision := math.Log(a)-math.Log(b)+shift, a+b
	return precision * logistic(u), precision * logistic(-u)
}
