package clv

import (
	"encoding/json"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var covariateFitForm = state.Form{Schema: "keyaccount/clv.CovariateFit", Version: 1}

// covariateFitJSON is a fit with covariates in JSON: its parameters are those of
// the base and then the coefficients.
type covariateFitJSON struct {
	Schema     string       `json:"schema"`
	Version    int          `json:"version"`
	Model      string       `json:"model"`
	Unit       *Unit        `json:"unit"`
	Covariates []string     `json:"covariates"`
	Rate       []string     `json:"rate,omitempty"`
	Dropout    []string     `json:"dropout,omitempty"`
	Parameters []Parameter  `json:"parameters"`
	Ratio      *RatioTest   `json:"ratio,omitempty"`
	Fit        *Diagnostics `json:"fit"`
}

// MarshalJSON writes the base, the coefficients and the diagnostics.
func (f CovariateFit[M]) MarshalJSON() ([]byte, error) {
	unit := f.Base.TimeUnit()
	out := covariateFitJSON{
		Schema: covariateFitForm.Schema, Version: covariateFitForm.Version, Model: f.Base.Name(), Unit: &unit,
		Covariates: f.Covariates, Parameters: f.Estimates, Ratio: f.Ratio, Fit: &f.Diagnostics,
	}
	for _, c := range f.Rate {
		out.Rate = append(out.Rate, c.Covariate)
	}
	for _, c := range f.Dropout {
		out.Dropout = append(out.Dropout, c.Covariate)
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads a fit of the same model. It refuses another schema or
// version ([keyaccount.ErrVersion]), another model ([keyaccount.ErrMismatch]),
// an unknown field ([keyaccount.ErrMalformed]), coefficients of other covariates
// than it names, and what the model's Validate does. After an error the receiver
// is unchanged.
func (f *CovariateFit[M]) UnmarshalJSON(data []byte) error {
	var in covariateFitJSON
	if err := covariateFitForm.ReadJSONStrictly(data, "CovariateFit", &in); err != nil {
		return err
	}
	var m M
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
	}
	switch {
	case in.Model != m.Name():
		return fault(keyaccount.ErrMismatch, "Model", in.Model, "only a "+m.Name()+" can be read here")
	case in.Unit == nil:
		return fault(keyaccount.ErrMissing, "Unit", "", "the times of this model need a unit")
	case in.Fit == nil:
		return fault(keyaccount.ErrMissing, "Fit", "", "this is a model without its fit")
	}
	if err := checkCovariateNames(in.Covariates); err != nil {
		return err
	}
	fam := m.family()
	effects, err := CovariateOptions{Rate: in.Rate, Dropout: in.Dropout}.named().effects(in.Covariates, fam.leaving)
	if err != nil {
		return err
	}
	names := fam.parameters
	for _, e := range effects {
		names = append(names, e.name)
	}
	if len(in.Parameters) != len(names) {
		return fault(keyaccount.ErrMissing, "Parameters", "", "there must be as many as the model and its covariates have")
	}
	for i, p := range in.Parameters {
		if p.Name != names[i] {
			return fault(keyaccount.ErrMismatch, "Parameters", p.Name, "here "+names[i]+" is expected")
		}
	}
	if r := in.Ratio; r != nil && !(r.Statistic >= 0 && r.P >= 0 && r.P <= 1 && r.DegreesOfFreedom == len(effects)) {
		return fault(keyaccount.ErrMalformed, "Ratio", "", "these numbers are no test")
	}
	base := len(fam.parameters)
	read := CovariateFit[M]{
		Base:       fam.of(values(in.Parameters[:base]), *in.Unit),
		Covariates: in.Covariates, Ratio: in.Ratio, Diagnostics: *in.Fit,
	}
	if err := read.Base.Validate(); err != nil {
		return err
	}
	read.Estimates = in.Parameters
	if err := read.agree(effectsChart{fam.chart, names[base:]}); err != nil {
		return err
	}
	read.Rate, read.Dropout = coefficients(in.Covariates, effects, in.Parameters[base:])
	*f = read
	return nil
}

// named makes the lists explicit: what a file does not name is not there.
func (o CovariateOptions) named() CovariateOptions {
	if o.Rate == nil {
		o.Rate = []string{}
	}
	if o.Dropout == nil {
		o.Dropout = []string{}
	}
	return o
}
