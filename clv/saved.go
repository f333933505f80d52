package clv

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"

	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

var modelForm = state.Form{Schema: "keyaccount/clv.Model", Version: 1}

// digest names data by the hash of its canonical bytes: 128 bits in hex.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// savedModel is the form of every model in a file: under a kilobyte, and some
// 1.3 kB with how it was fitted.
type savedModel struct {
	Schema     string       `json:"schema"`
	Version    int          `json:"version"`
	Model      string       `json:"model"`
	Unit       *Unit        `json:"unit,omitempty"`
	Months     int          `json:"months,omitempty"` // between the renewals of a contract
	Parameters []Parameter  `json:"parameters"`
	Fit        *Diagnostics `json:"fit,omitempty"`
}

// marshalModel writes a model; unit is nil for one without times, fit for one
// that was not fitted.
func marshalModel(name string, unit *Unit, parameters []Parameter, fit *Diagnostics) ([]byte, error) {
	return modelOf(name, unit, parameters, fit).marshal()
}

func modelOf(name string, unit *Unit, parameters []Parameter, fit *Diagnostics) savedModel {
	if fit != nil {
		parameters = fit.Estimates
	}
	return savedModel{
		Schema: modelForm.Schema, Version: modelForm.Version, Model: name, Unit: unit, Parameters: parameters, Fit: fit,
	}
}

func (in savedModel) marshal() ([]byte, error) { return json.Marshal(in) }

// unmarshalModel reads the model of the given name with these parameters, in
// this order, that was fitted in c, and says what is wrong with any other.
func unmarshalModel(data []byte, name string, hasUnit bool, parameters []string, c coordinates) (values []float64, in savedModel, err error) {
	if err := modelForm.ReadJSONStrictly(data, name, &in); err != nil {
		return nil, in, err
	}
	values, err = in.values(name, hasUnit, parameters, c)
	return values, in, err
}

// values returns the parameters of the model of this name.
func (in *savedModel) values(name string, hasUnit bool, parameters []string, c coordinates) (values []float64, err error) {
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
	}
	switch {
	case in.Model != name:
		return nil, fault(keyaccount.ErrMismatch, "Model", in.Model, "only a "+name+" can be read here")
	case hasUnit && in.Unit == nil:
		return nil, fault(keyaccount.ErrMissing, "Unit", "", "the times of this model need a unit")
	case !hasUnit && in.Unit != nil:
		return nil, fault(keyaccount.ErrMalformed, "Unit", in.Unit.String(), "this model has no unit of time")
	case in.Months != 0:
		return nil, fault(keyaccount.ErrMalformed, "Months", strconv.Itoa(in.Months), "this model has no renewals")
	case len(in.Parameters) != len(parameters):
		return nil, fault(keyaccount.ErrMissing, "Parameters", "", "a "+name+" needs other parameters")
	}
	for i, p := range in.Parameters {
		if p.Name != parameters[i] {
			return nil, fault(keyaccount.ErrMismatch, "Parameters", p.Name, "here "+parameters[i]+" is expected")
		}
		values = append(values, p.Value)
	}
	if in.Fit != nil {
		in.Fit.Estimates = in.Parameters
		if err := in.Fit.agree(c); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// diagnostics returns how the model was fitted, or says that it was not.
func (in *savedModel) diagnostics() (Diagnostics, error) {
	if in.Fit == nil {
		return Diagnostics{}, &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Fit", Reason: "this is a model without its fit",
		}
	}
	return *in.Fit, nil
}

// agree refuses what no fit in these coordinates can have reported: what check
// does, and parts that contradict each other.
func (d *Diagnostics) agree(c coordinates) error {
	if err := d.check(len(d.Estimates)); err != nil {
		return err
	}
	fault := func(kind error, field, value, reason string) error {
		return &keyaccount.InputError{Kind: kind, Field: field, Value: value, Reason: reason}
	}
	names, p := c.names(), c.parameters(values(d.Coordinates))
	for i, at := range d.Coordinates {
		v := d.Estimates[i]
		switch {
		case at.Name != names[i]:
			return fault(keyaccount.ErrMismatch, "Coordinates", at.Name, "here "+names[i]+" is expected")
		case !(math.Abs(p[i]-v.Value) <= 1e-6*math.Abs(v.Value)):
			return fault(keyaccount.ErrMalformed, "Coordinates", formatFloat(p[i]), "by its coordinates, this is "+v.Name)
		case !(at.StdErr >= 0 && v.StdErr >= 0):
			return fault(keyaccount.ErrMalformed, "StdErr", v.Name, "a standard error is not negative")
		}
	}
	if _, ok := factorOf(d.Covariance); !ok {
		return fault(keyaccount.ErrMalformed, "Covariance", "", "a covariance is positive definite")
	}
	return nil
}

// check refuses what no fit can have reported.
func (d *Diagnostics) check(parameters int) error {
	fault := func(field, reason string) error {
		return &keyaccount.InputError{Kind: keyaccount.ErrMalformed, Field: field, Reason: reason}
	}
	switch {
	case len(d.Coordinates) != parameters, len(d.Covariance) != parameters:
		return fault("Fit", "a fit has as many coordinates, and rows of their covariance, as parameters")
	case d.N < 1:
		return fault("N", "a fit is of one account or more")
	}
	for i, row := range d.Covariance {
		if len(row) != parameters {
			return fault("Covariance", "a covariance is square")
		}
		for j, v := range row {
			if v != d.Covariance[j][i] || i == j && !positive(v) || v*v > d.Covariance[i][i]*d.Covariance[j][j] || math.IsNaN(v) {
				return fault("Covariance", "these numbers are no covariance")
			}
		}
	}
	return nil
}
