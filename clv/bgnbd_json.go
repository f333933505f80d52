package clv

import (
	"github.com/keyaccount/keyaccount"
	"github.com/keyaccount/keyaccount/internal/state"
)

// fitJSON has the fields of a [BGNBDFit] with the model's own, all at one
// level, and no methods: the embedded model would lend the fit its reading.
type fitJSON struct {
	R             float64     `json:"r"`
	Alpha         float64     `json:"alpha"`
	A             float64     `json:"a"`
	B             float64     `json:"b"`
	StdErr        BGNBDStdErr `json:"std_err"`
	LogLikelihood float64     `json:"log_likelihood"`
	AIC           float64     `json:"aic"`
	BIC           float64     `json:"bic"`
	N             int64       `json:"n"`
	Iterations    int         `json:"iterations"`
	GradNorm      float64     `json:"grad_norm"`
	Status        *Status     `json:"status"`
}

func (f *fitJSON) model() (BGNBD, error) {
	m := BGNBD{R: f.R, Alpha: f.Alpha, A: f.A, B: f.B}
	return m, m.Validate()
}

// UnmarshalJSON reads a model, or the model of a saved [BGNBDFit]. It refuses
// a field that neither has, with [keyaccount.ErrMalformed], and a model that
// [BGNBD.Validate] does, as one with a parameter left out. After an error the
// receiver is unchanged.
//
// A struct that embeds a BGNBD is read by this method as well, and needs its
// own or a named field.
func (m *BGNBD) UnmarshalJSON(data []byte) error {
	var in fitJSON
	if err := state.ReadJSONStrictly(data, "BGNBD", &in); err != nil {
		return err
	}
	read, err := in.model()
	if err != nil {
		return err
	}
	*m = read
	return nil
}

// UnmarshalJSON reads a fit as strictly as [BGNBD.UnmarshalJSON] does a model.
// One without a status is refused with [keyaccount.ErrMissing]: a bare model
// would otherwise be a fit that converged.
func (f *BGNBDFit) UnmarshalJSON(data []byte) error {
	var in fitJSON
	if err := state.ReadJSONStrictly(data, "BGNBDFit", &in); err != nil {
		return err
	}
	m, err := in.model()
	if err != nil {
		return err
	}
	if in.Status == nil {
		return &keyaccount.InputError{
			Kind: keyaccount.ErrMissing, Field: "Status", Reason: "a fit says how it ended; read a model without one into a BGNBD",
		}
	}
	*f = BGNBDFit{
		BGNBD: m, StdErr: in.StdErr, LogLikelihood: in.LogLikelihood, AIC: in.AIC, BIC: in.BIC,
		N: in.N, Iterations: in.Iterations, GradNorm: in.GradNorm, Status: *in.Status,
	}
	return nil
}
